//! `DescribeAcls`: the policy, as far as Kafka's ACLs can say it.

use std::collections::BTreeMap;

use streamward_policy::{Acl, Action, ResourceKind};
use streamward_wire::kafka::{Struct, Value, error};

use super::cluster::refuse_at_the_top;
use crate::session::{Close, Head, Session};

/// Kafka's name of the cluster as a resource.
const CLUSTER: &str = "kafka-cluster";
/// Any host: what depends on where a caller is no ACL says.
const HOST: &str = "*";

/// Kafka's `ANY` in every filter.
const ANY: i64 = 1;
/// Kafka's `PatternType`.
const MATCH: i64 = 2;
const LITERAL: i64 = 3;
const PREFIXED: i64 = 4;
/// Kafka's `AclOperation.ALL`.
const ALL: i64 = 2;
/// Kafka's `AclPermissionType`.
const DENY: i64 = 2;
const ALLOW: i64 = 3;

/// One ACL in Kafka's words.
struct Binding<'a> {
    resource_type: i64,
    name: &'a str,
    pattern: i64,
    principal: String,
    operation: i64,
    permission: i64,
}

impl<'a> Binding<'a> {
    /// `None`: an action that Kafka does not know.
    fn of(acl: &'a Acl) -> Option<Self> {
        let operation = acl.action.map_or(Some(ALL), operation)?;
        let (resource_type, name) = match acl.kind {
            ResourceKind::Stream => (2, acl.name.as_str()),
            ResourceKind::Group => (3, acl.name.as_str()),
            ResourceKind::Cluster => (4, CLUSTER),
            ResourceKind::Transaction => (5, acl.name.as_str()),
        };
        let everything = acl.prefixed && name.is_empty();
        Some(Self {
            resource_type,
            name: if everything { "*" } else { name },
            pattern: if acl.prefixed && !everything {
                PREFIXED
            } else {
                LITERAL
            },
            principal: format!("User:{}", acl.principal.as_deref().unwrap_or("*")),
            operation,
            permission: if acl.allows { ALLOW } else { DENY },
        })
    }

    /// As `AclBindingFilter.matches`.
    fn fits(&self, filter: &Struct) -> bool {
        let is = |field: &str, value: i64| [ANY, value].contains(&filter.int(field));
        let text = |field: &str, value: &str| filter.str(field).is_none_or(|it| it == value);
        is("ResourceTypeFilter", self.resource_type)
            && self.named_by(filter)
            && text("PrincipalFilter", &self.principal)
            && text("HostFilter", HOST)
            && is("Operation", self.operation)
            && is("PermissionType", self.permission)
    }

    /// As `ResourcePatternFilter.matches`.
    fn named_by(&self, filter: &Struct) -> bool {
        let pattern = filter.int("PatternTypeFilter");
        if ![ANY, MATCH, self.pattern].contains(&pattern) {
            return false;
        }
        let Some(name) = filter.str("ResourceNameFilter") else {
            return true;
        };
        if pattern != MATCH {
            return name == self.name;
        }
        if self.pattern == PREFIXED {
            name.starts_with(self.name)
        } else {
            name == self.name || self.name == "*"
        }
    }
}

/// Kafka's `AclOperation` of an action.
const fn operation(action: Action) -> Option<i64> {
    Some(match action {
        Action::Read => 3,
        Action::Write => 4,
        Action::Create => 5,
        Action::Delete => 6,
        Action::Alter => 7,
        Action::Describe => 8,
        Action::ClusterAction => 9,
        Action::DescribeConfigs => 10,
        Action::AlterConfigs => 11,
        Action::IdempotentWrite => 12,
        Action::TwoPhaseCommit => 15,
        Action::Contain
        | Action::Reload
        | Action::Inspect
        | Action::ManageCredentials
        | Action::Apply
        | Action::Erase
        | Action::ManageKeys => return None,
    })
}

impl Session {
    /// The rules of the policy that an ACL can say, as the filter of the request asks for them.
    pub(super) fn describe_acls(&self, head: &Head, request: &Struct) -> Result<Struct, Close> {
        let mut answer = head.response()?;
        let unknown = [
            "ResourceTypeFilter",
            "PatternTypeFilter",
            "Operation",
            "PermissionType",
        ]
        .into_iter()
        .any(|field| request.int(field) < ANY);
        if unknown {
            refuse_at_the_top(&mut answer, error::INVALID_REQUEST);
            return Ok(answer);
        }
        let acls = self.snapshot.policy.acls();
        let bindings = acls.iter().filter_map(Binding::of);
        let mut resources: BTreeMap<(i64, &str, i64), Vec<Binding<'_>>> = BTreeMap::new();
        for binding in bindings.filter(|it| it.fits(request)) {
            let resource = (binding.resource_type, binding.name, binding.pattern);
            resources.entry(resource).or_default().push(binding);
        }
        let resources = resources.into_iter().map(|((kind, name, pattern), acls)| {
            let mut resource = answer.element("Resources");
            let acls = acls.into_iter().map(|acl| entry(&resource, acl));
            let acls: Vec<Value> = acls.collect();
            resource
                .set("ResourceType", kind)
                .set("ResourceName", name)
                .set("PatternType", pattern)
                .set("Acls", acls);
            Value::Struct(resource)
        });
        let resources: Vec<Value> = resources.collect();
        answer.set("Resources", resources);
        Ok(answer)
    }
}

fn entry(resource: &Struct, acl: Binding<'_>) -> Value {
    let mut entry = resource.element("Acls");
    entry
        .set("Principal", acl.principal)
        .set("Host", HOST)
        .set("Operation", acl.operation)
        .set("PermissionType", acl.permission);
    Value::Struct(entry)
}
