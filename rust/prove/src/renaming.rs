//! Two versions in one question: names of the older one get names of their own, since the same
//! role has other members in it and the same stream other classes.

use serde_json::{Map, Value};

/// Stands before every name of the older version. No name can hold it.
pub(crate) const OLDER: &str = "\u{1}older:";

/// Attributes whose values differ between versions, and what the schema calls the older ones.
pub(crate) const ATTRIBUTES: [(&str, &str); 4] = [
    ("classes", "older_classes"),
    ("level", "older_level"),
    ("networks", "older_networks"),
    ("environment", "older_environment"),
];

const TYPES: [&str; 4] = [
    "Streamward::Role",
    "Streamward::Tenant",
    "Streamward::Namespace",
    "Streamward::DataClass",
];

fn renamed(name: &str) -> Option<&'static str> {
    let found = ATTRIBUTES.iter().find(|(new, _)| *new == name);
    found.map(|(_, older)| *older)
}

/// A rule of the older version, about the older names.
pub(crate) fn older(tree: &Value) -> Value {
    match tree {
        Value::Array(items) => Value::Array(items.iter().map(older).collect()),
        Value::Object(fields) => Value::Object(older_fields(fields)),
        other => other.clone(),
    }
}

fn older_fields(fields: &Map<String, Value>) -> Map<String, Value> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let is_entity = text("type").is_some_and(|kind| TYPES.contains(&kind));
    let mut changed = Map::new();
    for (name, value) in fields {
        let value = match (name.as_str(), value) {
            ("id", Value::String(id)) if is_entity => Value::String(format!("{OLDER}{id}")),
            ("attr", Value::String(attribute)) => {
                let attribute = renamed(attribute).unwrap_or(attribute);
                Value::String(attribute.to_owned())
            }
            ("Record", Value::Object(record)) => {
                let renamed = record.iter().map(|(name, value)| {
                    let name = renamed(name).unwrap_or(name);
                    (name.to_owned(), older(value))
                });
                Value::Object(renamed.collect())
            }
            _ => older(value),
        };
        changed.insert(name.clone(), value);
    }
    changed
}

/// The schema in which both versions can be spoken of.
pub(crate) fn schema_of_both(mut schema: Value) -> Option<Value> {
    let stream = schema.pointer_mut("/Streamward/entityTypes/Stream/shape/attributes")?;
    add(stream)?;
    let context = schema.pointer_mut("/Streamward/commonTypes/Context/attributes")?;
    add(context)?;
    Some(schema)
}

fn add(attributes: &mut Value) -> Option<()> {
    let attributes = attributes.as_object_mut()?;
    for (new, older) in ATTRIBUTES {
        if let Some(described) = attributes.get(new).cloned() {
            attributes.insert(older.to_owned(), described);
        }
    }
    Some(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_older_version_are_told_apart() {
        let rule = r#"permit (principal in Streamward::Role::"a", action,
            resource in Streamward::DataClass::"c")
            when { resource.level > 1 && resource.name like "level*" && context.networks.contains("level")
                && principal in Streamward::User::"u" && {level: 1}.level == 1 };"#;
        let tree = cedar_policy::Policy::parse(None, rule)
            .unwrap()
            .to_json()
            .unwrap();
        let policy = cedar_policy::Policy::from_json(None, older(&tree)).unwrap();
        let text = policy.to_string();
        for expected in [
            "Streamward::Role::\"\\u{1}older:a\"",
            "Streamward::DataClass::\"\\u{1}older:c\"",
            "older_level",
            "older_networks",
            "Streamward::User::\"u\"",
            "like \"level*\"",
            "contains(\"level\")",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
    }
}
