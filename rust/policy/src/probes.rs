//! Names with which to ask whether somebody may do something to *any* stream at all.

use std::collections::BTreeSet;

use serde_json::Value;

/// Adds to `names` every stream that a rule names, and one name in every prefix that it looks for.
///
/// Together with the declared streams and namespaces, a rule that allows something to some stream
/// allows it to one of these, or reads more of the name than where it begins.
pub(crate) fn collect(policy: &cedar_policy::Policy, names: &mut BTreeSet<String>) {
    if let Ok(tree) = policy.to_json() {
        walk(&tree, names);
    }
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

    fn probes(rule: &str) -> Vec<String> {
        let mut names = BTreeSet::new();
        collect(&rule.parse().unwrap(), &mut names);
        names.into_iter().collect()
    }

    #[test]
    fn streams_and_namespaces_that_a_rule_names_are_asked() {
        let rule = r#"permit (principal, action, resource == Streamward::Stream::"orders");"#;
        assert_eq!(probes(rule), ["orders"]);
        let rule = r#"permit (principal, action, resource in Streamward::Namespace::"fraud.");"#;
        assert_eq!(probes(rule), ["fraud."]);
    }

    #[test]
    fn a_pattern_is_asked_with_its_beginning() {
        let rule = r#"permit (principal, action, resource) when { resource.name like "pay*" };"#;
        assert_eq!(probes(rule), ["pay"]);
    }
}
