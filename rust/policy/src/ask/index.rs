//! The rules of a policy, prepared for questions that leave the circumstances open.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::ask::circumstances::{Attribute, Circumstances, Slot};
use crate::ask::expression::Expression;
use crate::ask::partial::{Outcome, Thing, Things, evaluate, names_any, residual};
use crate::ask::rule::{Cover, Prepared, Reading, prepared};
use crate::ask::search::Condition;
use crate::ask::value::{Uid, Value};
use crate::entities::KnownPrincipal;
use crate::policy::Policy;
use crate::request::{Action, Resource, ResourceKind};

/// Residual conditions that are kept; more are made anew.
const CONDITIONS_KEPT_MAX: usize = 200_000;

/// All rules of a policy, and the entities that they speak of.
#[derive(Debug)]
pub(crate) struct Index {
    pub rules: Vec<Prepared>,
    by_principal: HashMap<Uid, Vec<usize>>,
    any_principal: Vec<usize>,
    pub principals: HashMap<String, Thing>,
    actions: Vec<Uid>,
    /// What is known of every request: the environment.
    pub lasting: Circumstances,
    /// The same for a request on the day that is asked about.
    pub settled: Circumstances,
    /// Conditions without entities, one for each rule that has such.
    plain: Vec<Option<Arc<Condition>>>,
    made: Mutex<Conditions>,
}

/// Conditions that were made, so that equal ones are one.
#[derive(Debug, Default)]
struct Conditions {
    by_expression: HashMap<Expression, Arc<Condition>>,
    count: usize,
}

impl Index {
    pub fn new(policy: &Policy) -> Self {
        let mut index = Self {
            rules: Vec::new(),
            by_principal: HashMap::new(),
            any_principal: Vec::new(),
            principals: policy
                .known_principals()
                .map(|(id, known)| (id.clone(), policy.thing_of_known(id, known, &[])))
                .collect(),
            actions: Action::ALL
                .map(|it| Uid::new("Streamward::Action", it.name()))
                .into(),
            lasting: Circumstances::default(),
            settled: Circumstances::default(),
            plain: Vec::new(),
            made: Mutex::default(),
        };
        let environment = Slot::Known(Value::text(policy.environment()));
        index.lasting.set(Attribute::ENVIRONMENT, environment);
        index.settled = index.lasting.clone();
        let today = Slot::Known(Value::Long(0));
        index.settled.set(Attribute::DAY, today);
        for (rule, namespaces) in policy.compiled_rules() {
            let slices = namespaces.into_iter().map(namespace).collect();
            let last_day = policy.beside().last_days.get(&rule.id).copied();
            let rule = prepared(rule, slices, last_day);
            let place = index.rules.len();
            match rule.principal.key() {
                Some(uid) => index
                    .by_principal
                    .entry(uid.clone())
                    .or_default()
                    .push(place),
                None => index.any_principal.push(place),
            }
            let is_plain = !rule.reads.contains(Reading::ENTITIES)
                && !rule.reads.contains(Reading::ENVIRONMENT);
            let plain = is_plain.then(|| index.interned(rule.condition.clone()));
            index.plain.push(plain);
            index.rules.push(rule);
        }
        index
    }

    pub fn action(&self, action: Action) -> &Uid {
        &self.actions[action as usize]
    }

    /// Rules whose heads speak of a principal, or may by what its token says, in their order.
    pub fn rules_of(&self, principal: &Thing) -> Vec<usize> {
        let itself = std::iter::once(&principal.uid);
        let own = itself
            .chain(&principal.ancestors)
            .chain(principal.by_groups.keys())
            .filter_map(|uid| self.by_principal.get(uid))
            .flatten();
        let all = own.chain(&self.any_principal).copied();
        let mut found: Vec<usize> = all
            .filter(|place| self.rules[*place].speaks_of_principal(principal) != Cover::Never)
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// What a rule still asks, once the entities are put in.
    pub fn condition(
        &self,
        place: usize,
        things: Things<'_>,
        settled: &Circumstances,
    ) -> Arc<Condition> {
        let rule = &self.rules[place];
        let by_groups = match rule.speaks_of_principal(things.principal) {
            Cover::ByGroups(groups) => Some(names_any(&groups)),
            Cover::Always | Cover::Never => None,
        };
        let lasts = rule.lasts().map(|it| match evaluate(&it, None, settled) {
            Outcome::Known(value) => Expression::Literal(value),
            _ => it,
        });
        if let (Some(plain), None, None) = (&self.plain[place], &by_groups, &lasts) {
            return Arc::clone(plain);
        }
        let own = residual(&rule.condition, things, settled);
        let parts = lasts.into_iter().chain(by_groups).chain([own]);
        self.interned(parts.fold(Expression::Literal(Value::Bool(true)), both))
    }

    fn interned(&self, expression: Expression) -> Arc<Condition> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = made.by_expression.get(&expression) {
            return Arc::clone(found);
        }
        made.count += 1;
        let condition = Arc::new(Condition::new(expression.clone(), made.count));
        if made.by_expression.len() < CONDITIONS_KEPT_MAX {
            made.by_expression
                .insert(expression, Arc::clone(&condition));
        }
        condition
    }
}

/// Both, where neither says everything.
fn both(one: Expression, other: Expression) -> Expression {
    let truth = |it: &Expression| match it {
        Expression::Literal(Value::Bool(it)) => Some(*it),
        _ => None,
    };
    match (truth(&one), truth(&other)) {
        (Some(true), _) => other,
        (_, Some(true)) => one,
        // What fails after it is never asked.
        (Some(false), _) => Expression::Literal(Value::Bool(false)),
        (None, Some(false)) if !one.may_fail() => Expression::Literal(Value::Bool(false)),
        _ => Expression::And(Box::new(one), Box::new(other)),
    }
}

fn namespace(prefix: &str) -> Uid {
    Uid::new("Streamward::Namespace", prefix)
}

/// The entity of a principal, with all that it is in.
fn thing_of_holder(known: &KnownPrincipal) -> Thing {
    let itself = known.entity.uid();
    let ancestors = known.lineage.iter().filter(|uid| **uid != itself);
    Thing {
        ancestors: ancestors.map(Uid::of).collect(),
        uid: Uid::of(&itself),
        attributes: Vec::new(),
        by_groups: HashMap::new(),
    }
}

impl Policy {
    /// The entity of a principal in these roles, with what its token may say of it beside.
    pub(crate) fn thing_of_known(
        &self,
        id: &str,
        known: &KnownPrincipal,
        roles: &[String],
    ) -> Thing {
        let known = &self.holder(known, roles);
        let mut thing = thing_of_holder(known);
        for (group, roles) in self.beside().groups_of(id) {
            let group: Arc<str> = group.into();
            let holder = self.holder(known, roles);
            let asserted = holder.lineage.difference(&known.lineage).map(Uid::of);
            for uid in asserted {
                let groups = thing.by_groups.entry(uid).or_default();
                groups.insert(Arc::clone(&group));
            }
        }
        thing
    }

    /// The entity of a resource, with all that it is in.
    pub(crate) fn thing_of_resource(&self, resource: Resource<'_>) -> Thing {
        let kind = resource.kind;
        let mut ancestors: HashSet<Uid> = HashSet::new();
        let mut attributes = Vec::new();
        if kind != ResourceKind::Cluster {
            ancestors.extend(self.namespaces_of(resource).map(namespace));
            attributes.push(("name", Value::text(resource.name)));
        }
        if kind == ResourceKind::Stream {
            let facts = self.stream(resource.name);
            let classes = facts.classes.iter();
            ancestors.extend(
                classes
                    .clone()
                    .map(|it| Uid::new("Streamward::DataClass", it)),
            );
            let classes = classes.map(|it| Value::text(it)).collect();
            attributes.push(("classes", Value::Set(classes)));
            attributes.push(("level", Value::Long(facts.level as i64)));
        }
        Thing {
            uid: Uid::new(&format!("Streamward::{}", kind.name()), resource.name),
            ancestors,
            attributes,
            by_groups: HashMap::new(),
        }
    }
}
