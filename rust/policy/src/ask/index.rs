//! The rules of a policy, prepared for questions that leave the circumstances open.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::ask::circumstances::{Attribute, Circumstances, Slot};
use crate::ask::expression::Expression;
use crate::ask::partial::{Thing, Things, residual};
use crate::ask::rule::{Prepared, Reading, prepared};
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
            principals: policy.known_principals().map(thing_of_principal).collect(),
            actions: Action::ALL
                .map(|it| Uid::new("Streamward::Action", it.name()))
                .into(),
            settled: Circumstances::default(),
            plain: Vec::new(),
            made: Mutex::default(),
        };
        let environment = Slot::Known(Value::text(policy.environment()));
        index.settled.set(Attribute::ENVIRONMENT, environment);
        for (rule, namespaces) in policy.compiled_rules() {
            let slices = namespaces.into_iter().map(namespace).collect();
            let rule = prepared(rule, slices);
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

    /// Rules whose heads speak of a principal, in their order.
    pub fn rules_of(&self, principal: &Thing) -> Vec<usize> {
        let itself = std::iter::once(&principal.uid);
        let own = itself
            .chain(&principal.ancestors)
            .filter_map(|uid| self.by_principal.get(uid))
            .flatten();
        let all = own.chain(&self.any_principal).copied();
        let mut found: Vec<usize> = all
            .filter(|place| self.rules[*place].speaks_of_principal(principal))
            .collect();
        found.sort_unstable();
        found
    }

    /// What a rule still asks, once the entities are put in.
    pub fn condition(
        &self,
        place: usize,
        things: Things<'_>,
        settled: &Circumstances,
    ) -> Arc<Condition> {
        if let Some(plain) = &self.plain[place] {
            return Arc::clone(plain);
        }
        self.interned(residual(&self.rules[place].condition, things, settled))
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

fn namespace(prefix: &str) -> Uid {
    Uid::new("Streamward::Namespace", prefix)
}

fn thing_of_principal((id, known): (&String, &KnownPrincipal)) -> (String, Thing) {
    (id.clone(), thing_of_holder(known))
}

/// The entity of a principal, with all that it is in.
pub(crate) fn thing_of_holder(known: &KnownPrincipal) -> Thing {
    let itself = known.entity.uid();
    let ancestors = known.lineage.iter().filter(|uid| **uid != itself);
    Thing {
        ancestors: ancestors.map(Uid::of).collect(),
        uid: Uid::of(&itself),
        attributes: Vec::new(),
    }
}

impl Policy {
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
        }
    }
}
