//! Names with which to ask whether somebody may do something to *any* stream at all.

use std::collections::BTreeSet;

use cedar_policy::Effect;
use serde_json::Value;

use crate::scope::Scope;

/// What one rule has to say to that question.
#[derive(Debug, Default)]
pub(crate) struct Probes {
    /// Whether it allows something to some stream, perhaps.
    pub permits: bool,
    /// Every stream that it names, and names in every prefix that it looks for.
    pub names: Vec<String>,
    /// Whether it may allow something to a stream that it does not name.
    pub is_open: bool,
}

/// No topic can have it in its name, so that no rule speaks of a name with it unless it speaks of
/// all names that begin like it.
const UNNAMED: char = '\u{1}';

impl Probes {
    pub fn of(policy: &cedar_policy::Policy, scope: &Scope, tree: &Value) -> Self {
        let kind = "Streamward::Stream";
        let only = scope.only_resource();
        let permits = policy.effect() == Effect::Permit && scope.speaks_of_type(kind);
        if !permits {
            return Self::default();
        }
        if let Some(uid) = only {
            return Self {
                permits,
                names: vec![uid.id().unescaped().to_owned()],
                is_open: false,
            };
        }
        let mut found = BTreeSet::new();
        walk(tree, &mut found);
        found.insert(String::new());
        // The first of a prefix may be denied by its name; another name of the prefix is not.
        let names = found
            .into_iter()
            .flat_map(|name| [format!("{name}{UNNAMED}"), name]);
        Self {
            permits,
            names: names.filter(|name| !name.is_empty()).collect(),
            is_open: !is_bound_to_names(tree),
        }
    }
}

/// Whether a rule holds only for names that fit a pattern in it.
fn is_bound_to_names(tree: &Value) -> bool {
    let conditions = tree.get("conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().any(|condition| {
        condition.get("kind").and_then(Value::as_str) == Some("when")
            && condition.get("body").is_some_and(asks_for_a_name)
    })
}

fn asks_for_a_name(body: &Value) -> bool {
    if let Some(both) = body.get("&&") {
        let mut sides = ["left", "right"].into_iter();
        return sides.any(|side| both.get(side).is_some_and(asks_for_a_name));
    }
    let looked_at = body.pointer("/like/left/.");
    looked_at.is_some_and(|it| {
        it.pointer("/left/Var").and_then(Value::as_str) == Some("resource")
            && it.get("attr").and_then(Value::as_str) == Some("name")
    })
}

fn walk(tree: &Value, names: &mut BTreeSet<String>) {
    match tree {
        Value::Object(fields) => {
            if let (Some(Value::String(kind)), Some(Value::String(id))) =
                (fields.get("type"), fields.get("id"))
                && matches!(
                    kind.as_str(),
                    "Streamward::Stream" | "Streamward::Namespace"
                )
            {
                names.insert(id.clone());
            }
            if let Some(Value::Array(pattern)) = fields.get("pattern") {
                names.insert(beginning(pattern));
            }
            fields.values().for_each(|field| walk(field, names));
        }
        Value::Array(values) => values.iter().for_each(|value| walk(value, names)),
        _ => {}
    }
}

/// What a `like` pattern asks a text to begin with.
fn beginning(pattern: &[Value]) -> String {
    let literals = pattern
        .iter()
        .map_while(|part| part.get("Literal").and_then(Value::as_str));
    literals.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probes(rule: &str) -> Probes {
        let policy: cedar_policy::Policy = rule.parse().unwrap();
        Probes::of(&policy, &Scope::of(&policy), &policy.to_json().unwrap())
    }

    #[test]
    fn a_stream_that_a_rule_is_about_is_all_that_is_asked() {
        let found =
            probes(r#"permit (principal, action, resource == Streamward::Stream::"orders");"#);
        assert!(found.permits && !found.is_open);
        assert_eq!(found.names, ["orders"]);
    }

    #[test]
    fn a_namespace_is_asked_with_all_that_is_declared() {
        let rule = r#"permit (principal, action, resource in Streamward::Namespace::"fraud.");"#;
        let found = probes(rule);
        assert!(found.is_open);
        assert_eq!(found.names, ["\u{1}", "fraud.\u{1}", "fraud."]);
    }

    #[test]
    fn a_pattern_is_asked_with_its_beginning_and_more() {
        let rule = r#"permit (principal, action, resource is Streamward::Stream)
            when { context.tls && resource.name like "pay*" };"#;
        let found = probes(rule);
        assert!(!found.is_open);
        assert_eq!(found.names, ["\u{1}", "pay\u{1}", "pay"]);
        assert!(probes(&rule.replace("&&", "||")).is_open);
        assert!(probes(&rule.replace("when", "unless")).is_open);
    }

    #[test]
    fn what_allows_nothing_to_streams_asks_nothing() {
        for rule in [
            "forbid (principal, action, resource);",
            "permit (principal, action, resource is Streamward::Group);",
            r#"permit (principal, action, resource == Streamward::Group::"a");"#,
        ] {
            assert!(!probes(rule).permits, "{rule}");
        }
    }
}
