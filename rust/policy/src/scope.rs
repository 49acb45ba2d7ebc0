//! The head of a rule: which principals, actions and resources it may speak of.

use std::collections::HashSet;

use cedar_policy::{ActionConstraint, EntityUid, PrincipalConstraint, ResourceConstraint};

/// The head of one rule, taken out once.
#[derive(Debug)]
pub(crate) struct Scope {
    pub principal: PrincipalConstraint,
    action: ActionConstraint,
    resource: ResourceConstraint,
}

impl Scope {
    pub fn of(policy: &cedar_policy::Policy) -> Self {
        Self {
            principal: policy.principal_constraint(),
            action: policy.action_constraint(),
            resource: policy.resource_constraint(),
        }
    }

    /// Whether it may speak of a principal, given by itself and all that it is in.
    pub fn covers(&self, lineage: &HashSet<EntityUid>) -> bool {
        match &self.principal {
            PrincipalConstraint::Any => true,
            PrincipalConstraint::Is(kind) => lineage.iter().any(|it| it.type_name() == kind),
            PrincipalConstraint::Eq(uid)
            | PrincipalConstraint::In(uid)
            | PrincipalConstraint::IsIn(_, uid) => lineage.contains(uid),
        }
    }

    /// Whether it names the action, or any. No action of the schema is in another.
    pub fn acts(&self, action: &EntityUid) -> bool {
        match &self.action {
            ActionConstraint::Any => true,
            ActionConstraint::Eq(uid) => uid == action,
            ActionConstraint::In(uids) => uids.contains(action),
        }
    }

    /// Whether it may speak of the resource. What a resource is in is left to Cedar.
    pub fn speaks_of(&self, resource: &EntityUid) -> bool {
        match &self.resource {
            ResourceConstraint::Any | ResourceConstraint::In(_) => true,
            ResourceConstraint::Eq(uid) => uid == resource,
            ResourceConstraint::Is(kind) | ResourceConstraint::IsIn(kind, _) => {
                kind == resource.type_name()
            }
        }
    }

    /// Whether it may speak of some resource of a type, given by its whole name.
    pub fn speaks_of_type(&self, name: &str) -> bool {
        match &self.resource {
            ResourceConstraint::Any | ResourceConstraint::In(_) => true,
            ResourceConstraint::Eq(uid) => uid.type_name().to_string() == name,
            ResourceConstraint::Is(kind) | ResourceConstraint::IsIn(kind, _) => {
                kind.to_string() == name
            }
        }
    }

    /// The only resource that it may speak of, where its head names one.
    pub fn only_resource(&self) -> Option<&EntityUid> {
        match &self.resource {
            ResourceConstraint::Eq(uid) => Some(uid),
            _ => None,
        }
    }
}
