//! The rules of a policy in the words of Kafka's ACLs, where those can say the same.
//!
//! A rule whose condition reads more than where a name begins is no ACL, and stands in no listing.

use std::collections::HashSet;

use cedar_policy::{ActionConstraint, Effect, EntityUid, PrincipalConstraint, ResourceConstraint};
use serde_json::Value;

use crate::entities::KnownPrincipal;
use crate::request::{Action, ResourceKind};
use crate::section::Stream;

/// ACLs in one listing; what would come after them is left out.
pub const ACLS_MAX: usize = 100_000;

/// One right of one principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acl {
    /// Id of the principal; `None`: everybody.
    pub principal: Option<String>,
    /// What kind of thing.
    pub kind: ResourceKind,
    /// Its name, or what its name begins with; empty for the cluster.
    pub name: String,
    /// Whether `name` is only the beginning.
    pub prefixed: bool,
    /// What may be done to it; `None`: everything.
    pub action: Option<Action>,
    /// Whether it is allowed or forbidden.
    pub allows: bool,
}

/// A principal with all that it belongs to.
pub(crate) struct Member {
    pub uid: EntityUid,
    pub parents: HashSet<EntityUid>,
}

impl Member {
    pub fn of(principal: &KnownPrincipal) -> Self {
        let (uid, _, parents) = principal.entity.clone().into_inner();
        Self { uid, parents }
    }
}

/// Names of one kind.
struct Names {
    kind: ResourceKind,
    name: String,
    prefixed: bool,
}

impl Names {
    fn all(kind: ResourceKind) -> Self {
        let prefixed = kind != ResourceKind::Cluster;
        Self {
            kind,
            name: String::new(),
            prefixed,
        }
    }
}

/// The ACLs of one rule; none where an ACL can't say it.
pub(crate) fn of(
    policy: &cedar_policy::Policy,
    members: &[Member],
    streams: &[Stream],
) -> Vec<Acl> {
    let expressed = || {
        let condition = condition(&policy.to_json().ok()?)?;
        let principals = principals(&policy.principal_constraint(), members);
        let actions = actions(policy.action_constraint());
        let names = names(&policy.resource_constraint(), &condition, streams)?;
        Some((principals, actions, names))
    };
    let Some((principals, actions, names)) = expressed() else {
        return Vec::new();
    };
    let allows = policy.effect() == Effect::Permit;
    let mut acls = Vec::new();
    for principal in &principals {
        for names in &names {
            for action in &actions {
                if acls.len() >= ACLS_MAX {
                    return acls;
                }
                acls.push(Acl {
                    principal: principal.clone(),
                    kind: names.kind,
                    name: names.name.clone(),
                    prefixed: names.prefixed,
                    action: *action,
                    allows,
                });
            }
        }
    }
    acls
}

/// What the rule's condition asks a name to begin with, empty where it has none; `None`: it asks for something
/// else.
fn condition(rule: &Value) -> Option<String> {
    let conditions = rule.get("conditions").and_then(Value::as_array);
    match conditions.map_or(&[][..], Vec::as_slice) {
        [] => Some(String::new()),
        [only] if only.get("kind").and_then(Value::as_str) == Some("when") => {
            prefix(only.get("body")?)
        }
        _ => None,
    }
}

/// `resource.name like "prefix*"`.
fn prefix(body: &Value) -> Option<String> {
    let like = body.get("like")?;
    let name = like.get("left")?.get(".")?;
    let of_resource = name.get("left")?.get("Var")?.as_str()? == "resource";
    if !of_resource || name.get("attr")?.as_str()? != "name" || body.as_object()?.len() != 1 {
        return None;
    }
    let (last, literals) = like.get("pattern")?.as_array()?.split_last()?;
    if last.as_str() != Some("Wildcard") {
        return None;
    }
    literals
        .iter()
        .map(|part| part.get("Literal").and_then(Value::as_str))
        .collect()
}

/// Everyone to whom the rule applies; a role or a tenant is its members.
fn principals(constraint: &PrincipalConstraint, members: &[Member]) -> Vec<Option<String>> {
    let of = |fits: &dyn Fn(&Member) -> bool| {
        let ids = members.iter().filter(|it| fits(it));
        ids.map(|it| Some(it.uid.id().unescaped().to_owned()))
            .collect()
    };
    let within =
        |member: &Member, group: &EntityUid| member.uid == *group || member.parents.contains(group);
    match constraint {
        PrincipalConstraint::Any => vec![None],
        PrincipalConstraint::Eq(uid) => of(&|it| it.uid == *uid),
        PrincipalConstraint::In(group) => of(&|it| within(it, group)),
        PrincipalConstraint::Is(kind) => of(&|it| it.uid.type_name() == kind),
        PrincipalConstraint::IsIn(kind, group) => {
            of(&|it| it.uid.type_name() == kind && within(it, group))
        }
    }
}

fn actions(constraint: ActionConstraint) -> Vec<Option<Action>> {
    let uids = match constraint {
        ActionConstraint::Any => return vec![None],
        ActionConstraint::Eq(uid) => vec![uid],
        ActionConstraint::In(uids) => uids,
    };
    let actions = uids
        .iter()
        .filter_map(|it| it.id().unescaped().parse().ok());
    actions.map(Some).collect()
}

/// The names for which the rule is meant; `None`: no ACL names them.
fn names(constraint: &ResourceConstraint, prefix: &str, streams: &[Stream]) -> Option<Vec<Names>> {
    let mut names = match constraint {
        ResourceConstraint::Any => ResourceKind::ALL.map(Names::all).into(),
        ResourceConstraint::Is(kind) => vec![Names::all(kind_of(kind.basename())?)],
        ResourceConstraint::Eq(uid) => {
            let kind = kind_of(uid.type_name().basename())?;
            let name = uid.id().unescaped().to_owned();
            vec![Names {
                kind,
                name,
                prefixed: false,
            }]
        }
        ResourceConstraint::In(group) => inside(group, &ResourceKind::ALL, streams)?,
        ResourceConstraint::IsIn(kind, group) => {
            inside(group, &[kind_of(kind.basename())?], streams)?
        }
    };
    if !prefix.is_empty() {
        // Two conditions on a name are one only where the first holds of every name.
        if !names.iter().all(|it| it.prefixed && it.name.is_empty()) {
            return None;
        }
        for it in &mut names {
            prefix.clone_into(&mut it.name);
        }
    }
    Some(names)
}

/// What is in a namespace, or carries a data class.
fn inside(group: &EntityUid, kinds: &[ResourceKind], streams: &[Stream]) -> Option<Vec<Names>> {
    let id = group.id().unescaped();
    match group.type_name().basename() {
        "Namespace" => {
            let kinds = kinds.iter().filter(|it| **it != ResourceKind::Cluster);
            let names = kinds.map(|kind| Names {
                kind: *kind,
                name: id.to_owned(),
                prefixed: true,
            });
            Some(names.collect())
        }
        "DataClass" if kinds.contains(&ResourceKind::Stream) => {
            let carry = streams
                .iter()
                .filter(|it| it.classes.iter().any(|it| it == id));
            let names = carry.filter_map(|stream| {
                Some(Names {
                    kind: ResourceKind::Stream,
                    name: stream.name.clone().or_else(|| stream.prefix.clone())?,
                    prefixed: stream.name.is_none(),
                })
            });
            Some(names.collect())
        }
        _ => None,
    }
}

fn kind_of(name: &str) -> Option<ResourceKind> {
    name.parse().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    fn said(rule: &str) -> Vec<String> {
        let uid = |text: &str| text.parse::<EntityUid>().unwrap();
        let member = |text: &str, role: &str| Member {
            uid: uid(text),
            parents: HashSet::from([uid(role)]),
        };
        let members = [
            member(
                "Streamward::Service::\"api\"",
                "Streamward::Role::\"writer\"",
            ),
            member("Streamward::User::\"ann\"", "Streamward::Role::\"reader\""),
        ];
        let streams = [Stream {
            name: None,
            prefix: Some("cards.".into()),
            classes: vec!["cardholder".into()],
        }];
        let acls = of(&rule.parse().unwrap(), &members, &streams);
        let line = |acl: Acl| {
            let who = acl.principal.unwrap_or_else(|| "*".into());
            let what = acl.action.map_or("All", Action::name);
            let (verb, star) = (
                if acl.allows { "may" } else { "must not" },
                if acl.prefixed { "*" } else { "" },
            );
            format!("{who} {verb} {what} {}:{}{star}", acl.kind.name(), acl.name)
        };
        acls.into_iter().map(line).collect()
    }

    #[test]
    fn a_grant_is_the_acls_of_those_to_whom_it_is_given() {
        let rule = r#"permit (principal in Streamward::Role::"writer",
            action in [Streamward::Action::"Write", Streamward::Action::"Describe"],
            resource == Streamward::Stream::"orders");"#;
        assert_eq!(
            said(rule),
            [
                "api may Write Stream:orders",
                "api may Describe Stream:orders"
            ]
        );
        let rule = r#"forbid (principal == Streamward::User::"ann", action, resource is Streamward::Group)
            when { resource.name like "fraud.*" };"#;
        assert_eq!(said(rule), ["ann must not All Group:fraud.*"]);
        let rule = r#"permit (principal is Streamward::Service, action == Streamward::Action::"Alter",
            resource is Streamward::Cluster);"#;
        assert_eq!(said(rule), ["api may Alter Cluster:"]);
    }

    #[test]
    fn a_class_and_a_namespace_are_the_names_in_them() {
        let rule = r#"permit (principal, action == Streamward::Action::"Read",
            resource in Streamward::DataClass::"cardholder");"#;
        assert_eq!(said(rule), ["* may Read Stream:cards.*"]);
        let rule = r#"permit (principal, action == Streamward::Action::"Read",
            resource is Streamward::Stream in Streamward::Namespace::"pay.");"#;
        assert_eq!(said(rule), ["* may Read Stream:pay.*"]);
    }

    #[test]
    fn what_no_acl_can_say_is_left_out() {
        for condition in [
            "when { context.tls }",
            "unless { resource.name like \"a*\" }",
            "when { resource.name like \"*a\" }",
            "when { resource.name like \"a*b\" }",
            "when { resource.name == \"a\" }",
            "when { resource.name like \"a*\" } when { context.mfa }",
        ] {
            let rule =
                format!("permit (principal, action, resource is Streamward::Stream) {condition};");
            assert_eq!(said(&rule), Vec::<String>::new(), "{condition}");
        }
        let both = r#"permit (principal, action, resource == Streamward::Stream::"b")
            when { resource.name like "a*" };"#;
        assert_eq!(said(both), Vec::<String>::new());
    }
}
