//! What a rule asks of the circumstances, clause by clause, so that a denial can say which one does not hold.
//!
//! A rule may name its clauses for people: `@requires("mfa_max_age: 15m; tls_min: 1.3")`, one name for each
//! clause that reads nothing but the context, in their order. A clause without a name goes by what it reads.

use std::collections::{BTreeSet, HashSet};

use cedar_policy::{Authorizer, Effect, Entities, Policy, PolicyId, PolicySet, Request};
use serde_json::{Value, json};

/// The annotation that names clauses.
pub(crate) const ANNOTATION: &str = "requires";
/// Rules that a denial speaks of.
const RULES_NAMED_MAX: usize = 3;
/// Rules that are looked at for it.
const RULES_ASKED_MAX: usize = 32;

/// One clause that reads nothing but the context.
#[derive(Debug)]
struct Clause {
    name: String,
    /// The clause as a rule for everybody.
    policy: Policy,
}

/// A rule that permits, taken apart.
#[derive(Debug)]
pub(crate) struct Conditions {
    rule: String,
    /// Its head, and the clauses that read more than the context.
    rest: Policy,
    clauses: Vec<Clause>,
}

impl Conditions {
    /// `None`: the rule forbids, or asks nothing of the circumstances alone.
    pub fn of(policy: &Policy, tree: &Value) -> Option<Self> {
        if policy.effect() != Effect::Permit {
            return None;
        }
        let clauses = tree.get("conditions")?.as_array()?;
        let (of_context, rest): (Vec<Value>, Vec<Value>) =
            clauses.iter().cloned().partition(reads_context_alone);
        if of_context.is_empty() {
            return None;
        }
        let mut head = tree.clone();
        head.as_object_mut()?
            .insert("conditions".to_owned(), Value::Array(rest));
        let names = policy.annotation(ANNOTATION);
        let names: Vec<&str> = names.map_or_else(Vec::new, |names| names.split("; ").collect());
        let is_named = names.len() == of_context.len();
        let clause = |(place, clause): (usize, Value)| {
            let name = names.get(place).filter(|_| is_named);
            Some(Clause {
                name: name.map_or_else(|| attributes(&clause), |name| (*name).to_owned()),
                policy: parsed(&for_everybody(&clause))?,
            })
        };
        Some(Self {
            rule: policy.id().to_string(),
            rest: parsed(&head)?,
            clauses: of_context
                .into_iter()
                .enumerate()
                .map(clause)
                .collect::<Option<_>>()?,
        })
    }

    fn add_to(&self, place: usize, policies: &mut PolicySet) -> Option<()> {
        policies.add(self.rest.new_id(id(place, None))).ok()?;
        for (clause, it) in self.clauses.iter().enumerate() {
            policies
                .add(it.policy.new_id(id(place, Some(clause))))
                .ok()?;
        }
        Some(())
    }

    /// What does not hold, given everything that does. `None`: the rule speaks of something else.
    fn missed(&self, place: usize, holds: &HashSet<&PolicyId>) -> Option<String> {
        if !holds.contains(&id(place, None)) {
            return None;
        }
        let clauses = self.clauses.iter().enumerate();
        let missed = clauses.filter(|(clause, _)| !holds.contains(&id(place, Some(*clause))));
        let missed: Vec<_> = missed.map(|(_, it)| format!("`{}`", it.name)).collect();
        (!missed.is_empty()).then(|| format!("`{}` requires {}", self.rule, missed.join(", ")))
    }
}

/// The rules that would allow a request if more of what they ask of the circumstances held; empty: none.
pub(crate) fn missed(
    authorizer: &Authorizer,
    request: &Request,
    entities: &Entities,
    conditions: &[&Conditions],
) -> String {
    let mut policies = PolicySet::new();
    let asked = conditions.iter().take(RULES_ASKED_MAX).enumerate();
    for (place, it) in asked.clone() {
        if it.add_to(place, &mut policies).is_none() {
            return String::new();
        }
    }
    let answer = authorizer.is_authorized(request, &policies, entities);
    let holds: HashSet<&PolicyId> = answer.diagnostics().reason().collect();
    let mut missed: Vec<_> = asked
        .filter_map(|(place, it)| it.missed(place, &holds))
        .collect();
    missed.sort_unstable();
    missed.truncate(RULES_NAMED_MAX);
    missed.join("; ")
}

fn id(place: usize, clause: Option<usize>) -> PolicyId {
    match clause {
        Some(clause) => PolicyId::new(format!("{place}/{clause}")),
        None => PolicyId::new(format!("{place}")),
    }
}

fn parsed(tree: &Value) -> Option<Policy> {
    Policy::from_json(None, tree.clone()).ok()
}

fn for_everybody(clause: &Value) -> Value {
    json!({"effect": "permit", "principal": {"op": "All"}, "action": {"op": "All"},
        "resource": {"op": "All"}, "conditions": [clause]})
}

pub(crate) fn reads_context_alone(clause: &Value) -> bool {
    let mut variables = BTreeSet::new();
    find(clause, "Var", &mut variables);
    variables == BTreeSet::from(["context"])
}

/// The attributes that a clause reads, as its name.
fn attributes(clause: &Value) -> String {
    let mut names = BTreeSet::new();
    find(clause, "attr", &mut names);
    names.into_iter().collect::<Vec<_>>().join(", ")
}

fn find<'a>(tree: &'a Value, field: &str, found: &mut BTreeSet<&'a str>) {
    match tree {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str().filter(|_| name == field) {
                    Some(text) => drop(found.insert(text)),
                    None => find(value, field, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| find(value, field, found)),
        _ => {}
    }
}
