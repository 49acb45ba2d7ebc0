//! Streams that any rule of a question can allow: the classes of all others don't matter.

use std::collections::{BTreeSet, HashMap};

use cedar_policy::ResourceConstraint;
use serde_json::Value;
use streamward_policy::Stream;

use crate::document::Version;
use crate::rule::ReadyRule;

/// Names that some permitting rule of the newer version can speak of.
///
/// What is not among them is denied whatever it carries, so its declaration is left out of the
/// question. A prefix is never left out.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    everything: bool,
    names: BTreeSet<String>,
    prefixes: Vec<String>,
}

impl Reach {
    pub fn of<'a>(version: &Version, permits: impl Iterator<Item = &'a ReadyRule>) -> Self {
        let mut reach = Self::default();
        let mut carrying: HashMap<&str, Vec<&Stream>> = HashMap::new();
        for stream in &version.policy.streams {
            for class in &stream.classes {
                carrying.entry(class).or_default().push(stream);
            }
        }
        for rule in permits {
            reach.add(rule, &carrying);
        }
        reach
    }

    fn add(&mut self, rule: &ReadyRule, carrying: &HashMap<&str, Vec<&Stream>>) {
        match rule.policy.resource_constraint() {
            ResourceConstraint::Eq(uid) => {
                self.names.insert(uid.id().unescaped().to_owned());
                return;
            }
            ResourceConstraint::In(uid) | ResourceConstraint::IsIn(_, uid) => {
                let name = uid.id().unescaped();
                match uid.type_name().basename() {
                    "Namespace" => self.prefixes.push(name.to_owned()),
                    "DataClass" => self.carriers(carrying.get(name)),
                    _ => self.everything = true,
                }
                return;
            }
            ResourceConstraint::Any | ResourceConstraint::Is(_) => {}
        }
        let conditions = rule.tree.get("conditions").and_then(Value::as_array);
        let mut conditions = conditions.into_iter().flatten().filter(|it| {
            let kind = it.get("kind").and_then(Value::as_str);
            kind == Some("when")
        });
        match conditions.find_map(|it| it.get("body").and_then(beginning)) {
            Some(prefix) => self.prefixes.push(prefix),
            None => self.everything = true,
        }
    }

    /// Those that a declaration gives a class, by name or by prefix.
    fn carriers(&mut self, declared: Option<&Vec<&Stream>>) {
        for stream in declared.into_iter().flatten() {
            self.names.extend(stream.name.clone());
            self.prefixes.extend(stream.prefix.clone());
        }
    }

    pub fn holds(&self, stream: &Stream) -> bool {
        let Some(name) = &stream.name else {
            return true;
        };
        let begins = |prefix: &String| name.starts_with(prefix);
        self.everything || self.names.contains(name) || self.prefixes.iter().any(begins)
    }
}

/// What a condition asks every name to begin with.
fn beginning(body: &Value) -> Option<String> {
    if let Some(both) = body.get("&&") {
        let mut sides = ["left", "right"].into_iter();
        return sides.find_map(|side| both.get(side).and_then(beginning));
    }
    let of = body.pointer("/like/left/.")?;
    let of_resource = of.pointer("/left/Var").and_then(Value::as_str) == Some("resource");
    let of_name = of.get("attr").and_then(Value::as_str) == Some("name");
    let pattern = body.pointer("/like/pattern").and_then(Value::as_array)?;
    let literals = pattern
        .iter()
        .map_while(|part| part.get("Literal").and_then(Value::as_str));
    (of_resource && of_name).then(|| literals.collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn only_a_pattern_that_must_hold_bounds_the_names() {
        let asked = |condition: &str| {
            let text = format!("permit (principal, action, resource) when {{ {condition} }};");
            let policy = cedar_policy::Policy::parse(None, text).unwrap();
            let tree = policy.to_json().unwrap();
            beginning(tree.pointer("/conditions/0/body").unwrap())
        };
        let pattern = "resource.name like \"pay*x*\"";
        assert_eq!(asked(pattern).as_deref(), Some("pay"));
        let both = format!("context.tls && {pattern}");
        assert_eq!(asked(&both).as_deref(), Some("pay"));
        for open in [format!("context.tls || {pattern}"), format!("!({pattern})")] {
            assert_eq!(asked(&open), None, "{open}");
        }
        assert_eq!(asked("context.mechanism like \"pay*\""), None);
    }
}
