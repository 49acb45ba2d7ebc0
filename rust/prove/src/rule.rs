//! One rule, made ready for a question.

use cedar_policy::{
    ActionConstraint, Effect, EntityUid, Policy, PolicyId, PrincipalConstraint, ResourceConstraint,
};
use serde_json::{Value, json};
use streamward_policy::{Action, PrincipalKind, ResourceKind};

use crate::error::{ProveError, one_line};
use crate::expression::{all, any, has, name_begins};
use crate::mentions::Mentions;
use crate::renaming::older;

/// Whom the head of a rule speaks of, in the names of its own version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Head {
    /// Anybody, or somebody whom only the solver can tell.
    Anybody,
    /// One principal.
    Itself(String),
    /// Whoever has a role.
    Role(String),
    /// Whoever belongs to a tenant.
    Tenant(String),
}

impl Head {
    fn of(policy: &Policy) -> Self {
        let uid = match policy.principal_constraint() {
            PrincipalConstraint::Any | PrincipalConstraint::Is(_) => return Self::Anybody,
            PrincipalConstraint::Eq(uid)
            | PrincipalConstraint::In(uid)
            | PrincipalConstraint::IsIn(_, uid) => uid,
        };
        let name = uid.id().unescaped().to_owned();
        match uid.type_name().basename() {
            "User" | "Service" => Self::Itself(name),
            "Role" => Self::Role(name),
            "Tenant" => Self::Tenant(name),
            _ => Self::Anybody,
        }
    }
}

/// A rule with what it speaks of.
#[derive(Debug)]
pub(crate) struct ReadyRule {
    pub id: String,
    pub head: Head,
    pub policy: Policy,
    pub tree: Value,
    pub mentions: Mentions,
    pub permits: bool,
    /// It reads what no request carries.
    pub looks_elsewhere: bool,
}

impl ReadyRule {
    /// Parse a rule; that of an older version speaks of the older names.
    pub fn new(rule: &streamward_policy::Rule, is_older: bool) -> Result<Self, ProveError> {
        let bad = |error: &dyn std::error::Error| {
            ProveError::NotCovered(format!("rule `{}`: {}", rule.id, one_line(error)))
        };
        let id = PolicyId::new(&rule.id);
        let policy = Policy::parse(Some(id.clone()), &rule.cedar).map_err(|it| bad(&it))?;
        let head = Head::of(&policy);
        let mut tree = policy.to_json().map_err(|it| bad(&it))?;
        if is_older {
            tree = older(&tree);
        }
        if !rule.slices.is_empty() {
            narrow(&mut tree, &rule.slices);
        }
        let policy = Policy::from_json(Some(id), tree.clone()).map_err(|it| bad(&it))?;
        let mut mentions = Mentions::default();
        mentions.add(&tree);
        Ok(Self {
            id: rule.id.clone(),
            head,
            permits: policy.effect() == Effect::Permit,
            looks_elsewhere: streamward_policy::looks_into_named_entity(&tree),
            policy,
            tree,
            mentions,
        })
    }

    /// Whether its head can fit a request of these types.
    pub fn fits(&self, principal: PrincipalKind, action: Action, resource: ResourceKind) -> bool {
        let of_type = |uid: &EntityUid, name: &str| {
            uid.type_name().to_string() == format!("Streamward::{name}")
        };
        let is_principal = match self.policy.principal_constraint() {
            PrincipalConstraint::Eq(uid) => of_type(&uid, principal.name()),
            PrincipalConstraint::Is(kind) | PrincipalConstraint::IsIn(kind, _) => {
                kind.to_string() == format!("Streamward::{}", principal.name())
            }
            PrincipalConstraint::Any | PrincipalConstraint::In(_) => true,
        };
        let is_resource = match self.policy.resource_constraint() {
            ResourceConstraint::Eq(uid) => of_type(&uid, resource.name()),
            ResourceConstraint::Is(kind) | ResourceConstraint::IsIn(kind, _) => {
                kind.to_string() == format!("Streamward::{}", resource.name())
            }
            ResourceConstraint::Any | ResourceConstraint::In(_) => true,
        };
        is_principal && is_resource && self.acts(action)
    }

    fn acts(&self, action: Action) -> bool {
        let is = |uid: &EntityUid| uid.id().unescaped() == action.name();
        match self.policy.action_constraint() {
            ActionConstraint::Any => true,
            ActionConstraint::Eq(uid) => is(&uid),
            ActionConstraint::In(uids) => uids.iter().any(is),
        }
    }

    /// The same rule where further conditions are asked first.
    pub fn only_where(&self, conditions: &[Value]) -> Result<Policy, ProveError> {
        let mut tree = self.tree.clone();
        let first = conditions
            .iter()
            .map(|it| json!({"kind": "when", "body": it}));
        if let Some(Value::Array(own)) = tree.get_mut("conditions") {
            let own = std::mem::take(own);
            tree["conditions"] = first.chain(own).collect();
        }
        Policy::from_json(Some(PolicyId::new(&self.id)), tree)
            .map_err(|error| ProveError::NotCovered(one_line(&error)))
    }
}

/// A rule of slices is asked for names that begin like one of them, and never for a cluster.
fn narrow(tree: &mut Value, slices: &[String]) {
    let begins = any(slices.iter().map(|it| name_begins(it)).collect());
    let body = all(vec![has("resource", "name"), begins]);
    if let Some(Value::Array(conditions)) = tree.get_mut("conditions") {
        conditions.insert(0, json!({"kind": "when", "body": body}));
    }
}

/// A rule that forbids everything for which the condition does not hold.
pub(crate) fn require(id: &str, condition: &Value) -> Result<Policy, ProveError> {
    let tree = json!({"effect": "forbid", "principal": {"op": "All"}, "action": {"op": "All"},
        "resource": {"op": "All"}, "conditions": [{"kind": "unless", "body": condition}]});
    Policy::from_json(Some(PolicyId::new(id)), tree)
        .map_err(|error| ProveError::NotCovered(one_line(&error)))
}
