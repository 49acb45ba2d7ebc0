//! Cedar expressions in their JSON form, so that no name is ever pasted into text.

use serde_json::{Map, Value, json};

pub(crate) fn var(name: &str) -> Value {
    json!({"Var": name})
}

pub(crate) fn literal(value: impl Into<Value>) -> Value {
    json!({"Value": value.into()})
}

/// An entity of ours, by the name of its type without namespace.
pub(crate) fn entity(kind: &str, id: &str) -> Value {
    json!({"Value": {"__entity": {"type": format!("Streamward::{kind}"), "id": id}}})
}

pub(crate) fn attribute(of: &str, name: &str) -> Value {
    json!({".": {"left": var(of), "attr": name}})
}

pub(crate) fn has(of: &str, name: &str) -> Value {
    json!({"has": {"left": var(of), "attr": name}})
}

/// An operator over operands that are moved into it, not copied.
fn node<const N: usize>(operator: &str, operands: [(&str, Value); N]) -> Value {
    let operands = operands
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    let operands = Value::Object(operands.collect());
    Value::Object(Map::from_iter([(operator.to_owned(), operands)]))
}

fn binary(operator: &str, left: Value, right: Value) -> Value {
    node(operator, [("left", left), ("right", right)])
}

pub(crate) fn equal(left: Value, right: Value) -> Value {
    binary("==", left, right)
}

pub(crate) fn within(left: Value, right: Value) -> Value {
    binary("in", left, right)
}

pub(crate) fn at_least(left: Value, number: i64) -> Value {
    binary(">=", left, literal(number))
}

pub(crate) fn at_most(left: Value, number: i64) -> Value {
    binary("<=", left, literal(number))
}

pub(crate) fn contains(set: Value, item: Value) -> Value {
    binary("contains", set, item)
}

pub(crate) fn contains_all(set: Value, items: Value) -> Value {
    binary("containsAll", set, items)
}

pub(crate) fn is_empty(set: Value) -> Value {
    node("isEmpty", [("arg", set)])
}

pub(crate) fn not(argument: Value) -> Value {
    node("!", [("arg", argument)])
}

pub(crate) fn choice(condition: Value, yes: Value, no: Value) -> Value {
    node(
        "if-then-else",
        [("if", condition), ("then", yes), ("else", no)],
    )
}

/// A set of strings; Cedar has no type for one without items.
pub(crate) fn strings<'a>(items: impl Iterator<Item = &'a str>) -> Value {
    json!({"Set": items.map(literal).collect::<Vec<_>>()})
}

/// The name of the resource begins like this. Clusters have no such name.
pub(crate) fn name_begins(prefix: &str) -> Value {
    json!({"like": {"left": attribute("resource", "name"),
        "pattern": [{"Literal": prefix}, "Wildcard"]}})
}

pub(crate) fn address(text: &str) -> Value {
    json!({"ip": [literal(text)]})
}

/// Balanced, so that thousands of alternatives nest a dozen deep.
fn tree(operator: &str, mut items: Vec<Value>, empty: bool) -> Value {
    if items.is_empty() {
        return literal(empty);
    }
    while items.len() > 1 {
        let mut next = Vec::with_capacity(items.len().div_ceil(2));
        let mut rest = items.into_iter();
        while let Some(left) = rest.next() {
            next.push(match rest.next() {
                Some(right) => binary(operator, left, right),
                None => left,
            });
        }
        items = next;
    }
    items.remove(0)
}

pub(crate) fn any(items: Vec<Value>) -> Value {
    tree("||", items, false)
}

pub(crate) fn all(items: Vec<Value>) -> Value {
    tree("&&", items, true)
}
