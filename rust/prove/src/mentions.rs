//! What expressions speak of: entities by name, and attributes.

use std::collections::BTreeSet;

use serde_json::Value;

/// Names and attributes that the answer can depend on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mentions {
    /// (type without namespace, id)
    pub entities: BTreeSet<(String, String)>,
    /// Attributes of the context, by their names.
    pub context: BTreeSet<String>,
    /// Attributes of anything else.
    pub attributes: BTreeSet<String>,
    /// Texts given to `ip(…)`.
    pub addresses: BTreeSet<String>,
    /// The context as a whole, in whatever operator: everything counts as read.
    pub whole_context: bool,
    /// The action stands in a condition.
    pub action: bool,
    /// An operator that can fail at run time.
    pub can_fail: bool,
}

/// Operators that overflow; strict validation leaves no other failure.
const CAN_FAIL: [&str; 6] = ["+", "-", "*", "neg", "offset", "durationSince"];

impl Mentions {
    pub fn add(&mut self, tree: &Value) {
        match tree {
            Value::Array(items) => items.iter().for_each(|item| self.add(item)),
            Value::Object(fields) => {
                let text = |name: &str| fields.get(name).and_then(Value::as_str);
                if let (Some(kind), Some(id)) = (text("type"), text("id")) {
                    let kind = kind.strip_prefix("Streamward::").unwrap_or(kind);
                    self.entities.insert((kind.to_owned(), id.to_owned()));
                }
                self.whole_context |= text("Var") == Some("context");
                self.action |= text("Var") == Some("action");
                for (operator, operands) in fields {
                    self.add_operator(operator, operands);
                }
            }
            _ => {}
        }
    }

    fn add_operator(&mut self, operator: &str, operands: &Value) {
        self.can_fail |= CAN_FAIL.contains(&operator);
        if matches!(operator, "." | "has")
            && let (Some(left), Some(name)) = (operands.get("left"), operands.get("attr"))
            && let Some(name) = name.as_str()
        {
            if left.get("Var").and_then(Value::as_str) == Some("context") {
                self.context.insert(name.to_owned());
                return;
            }
            self.attributes.insert(name.to_owned());
        }
        if operator == "ip"
            && let Some(text) = operands.pointer("/0/Value").and_then(Value::as_str)
        {
            self.addresses.insert(text.to_owned());
        }
        self.add(operands);
    }

    pub fn join(&mut self, other: &Self) {
        self.entities.extend(other.entities.iter().cloned());
        self.context.extend(other.context.iter().cloned());
        self.attributes.extend(other.attributes.iter().cloned());
        self.addresses.extend(other.addresses.iter().cloned());
        self.whole_context |= other.whole_context;
        self.action |= other.action;
        self.can_fail |= other.can_fail;
    }

    /// The ids of a type.
    pub fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        let same = self.entities.iter().filter(move |(it, _)| it == kind);
        same.map(|(_, id)| id.as_str())
    }

    /// Whether an attribute of the context may be read.
    pub fn reads(&self, name: &str) -> bool {
        self.whole_context || self.context.contains(name)
    }

    /// Whether an attribute of something else than the context may be read.
    pub fn looks_at(&self, name: &str) -> bool {
        self.attributes.contains(name)
    }
}
