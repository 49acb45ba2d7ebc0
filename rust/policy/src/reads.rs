//! Which attributes of the context a rule reads: what a memoised decision depends on.

use serde_json::Value;

use crate::attributes::{AGES, TEXTS};
use crate::span::{AgeTurns, Turns};

/// A set of attributes of the context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Reads(u32);

impl Reads {
    pub const SOURCE: Self = Self(1);
    pub const NETWORKS: Self = Self(1 << 1);
    pub const TLS: Self = Self(1 << 2);
    pub const MECHANISM: Self = Self(1 << 3);
    pub const MFA: Self = Self(1 << 4);
    pub const HOUR: Self = Self(1 << 5);
    pub const MINUTE: Self = Self(1 << 6);
    pub const WEEKDAY: Self = Self(1 << 7);
    const TEXTS_AT: usize = 8;
    const AGES_AT: usize = Self::TEXTS_AT + TEXTS.len();
    pub const ALL: Self = Self((1 << (Self::AGES_AT + AGES.len())) - 1);

    /// The text of this place in [`TEXTS`].
    pub fn text(place: usize) -> Self {
        Self(1 << (Self::TEXTS_AT + place))
    }

    /// The age of this place in [`AGES`].
    pub fn age(place: usize) -> Self {
        Self(1 << (Self::AGES_AT + place))
    }

    pub fn contain(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn of_attribute(name: &str) -> Self {
        match name {
            "source" => Self::SOURCE,
            "networks" => Self::NETWORKS,
            "tls" => Self::TLS,
            "mechanism" => Self::MECHANISM,
            "mfa" => Self::MFA,
            "hour" => Self::HOUR,
            "minute" => Self::MINUTE,
            "weekday" => Self::WEEKDAY,
            // The same for as long as the policy is in force.
            "environment" => Self::default(),
            _ => {
                let text = TEXTS.iter().position(|it| *it == name).map(Self::text);
                text.or_else(|| age_named(name).map(Self::age))
                    .unwrap_or(Self::ALL)
            }
        }
    }
}

fn age_named(name: &str) -> Option<usize> {
    AGES.iter().position(|it| *it == name)
}

/// What a look at the JSON form of a rule finds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Findings {
    pub reads: Reads,
    /// When what it says of ages can turn over.
    pub turns: AgeTurns,
    /// An operator looks into an entity that the rule names. Decisions are made with the entities
    /// of the request alone, so it would find nothing there, and a `forbid` would not apply.
    pub looks_into_literal: bool,
}

/// Whether a rule, in its JSON form, reads an entity that it names: no request carries one, so that
/// the rule would fail, or find nothing.
pub fn looks_into_named_entity(rule: &Value) -> bool {
    look(rule).looks_into_literal
}

/// Look through the JSON form of a rule. Whatever is not an attribute of the context by its name
/// (the whole context in a comparison, for one) counts as reading everything.
pub(crate) fn look(rule: &Value) -> Findings {
    let mut findings = Findings::default();
    walk(rule, &mut findings);
    findings
}

fn walk(value: &Value, findings: &mut Findings) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, findings)),
        Value::Object(fields) => {
            if is_context(value) {
                findings.read_everything();
            }
            for (operator, operands) in fields {
                walk_operator(operator, operands, findings);
            }
        }
        _ => {}
    }
}

fn walk_operator(operator: &str, operands: &Value, findings: &mut Findings) {
    if matches!(operator, "<" | "<=" | ">" | ">=" | "==" | "!=")
        && let Some((age, seconds)) = age_compared(operands)
    {
        findings.reads = findings.reads.and(Reads::age(age));
        findings.turns[age].compare(seconds);
        return;
    }
    let left = operands.get("left");
    if matches!(operator, "." | "has") && left.is_some_and(is_context) {
        let attribute = operands.get("attr").and_then(Value::as_str);
        let reads = attribute.map_or(Reads::ALL, Reads::of_attribute);
        if reads == Reads::ALL {
            findings.read_everything();
        }
        findings.reads = findings.reads.and(reads);
        // Whether it is known does not depend on the time.
        if operator == "."
            && let Some(age) = attribute.and_then(age_named)
        {
            findings.turns[age].use_anyhow();
        }
        return;
    }
    let looks_into = matches!(operator, "." | "has" | "in" | "is" | "getTag" | "hasTag");
    findings.looks_into_literal |= looks_into && left.is_some_and(mentions_entity);
    walk(operands, findings);
}

impl Findings {
    fn read_everything(&mut self) {
        self.reads = Reads::ALL;
        self.turns.iter_mut().for_each(Turns::use_anyhow);
    }
}

/// An age of the context beside a number: its place in [`AGES`], and the number.
fn age_compared(operands: &Value) -> Option<(usize, i64)> {
    let age = |value: &Value| {
        let access = value.get(".")?;
        let of_context = access.get("left").is_some_and(is_context);
        let attribute = access.get("attr").filter(|_| of_context)?;
        age_named(attribute.as_str()?)
    };
    let number = |value: &Value| value.get("Value")?.as_i64();
    let (left, right) = (operands.get("left")?, operands.get("right")?);
    let straight = age(left).zip(number(right));
    straight.or_else(|| age(right).zip(number(left)))
}

fn is_context(value: &Value) -> bool {
    value.get("Var").and_then(Value::as_str) == Some("context")
}

fn mentions_entity(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(mentions_entity),
        Value::Object(fields) => {
            fields.contains_key("__entity") || fields.values().any(mentions_entity)
        }
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    fn found(condition: &str) -> Findings {
        let text = format!("permit (principal, action, resource) when {{ {condition} }};");
        look(
            &cedar_policy::Policy::parse(None, text)
                .unwrap()
                .to_json()
                .unwrap(),
        )
    }

    #[test]
    fn attributes_by_name_are_told_apart() {
        assert_eq!(found("context.hour >= 9").reads, Reads::HOUR);
        let both = found("context.tls && context.networks.contains(\"office\")").reads;
        assert_eq!(both, Reads::TLS.and(Reads::NETWORKS));
        let has = found("context has device_posture && context.device_posture == \"ok\"");
        assert_eq!(has.reads, Reads::text(4));
        assert_eq!(found("context[\"weekday\"] < 6").reads, Reads::WEEKDAY);
        assert_eq!(
            found("context.environment == \"production\"").reads,
            Reads::default()
        );
        assert_eq!(
            found("context.source.isInRange(ip(\"10.0.0.0/8\"))").reads,
            Reads::SOURCE
        );
    }

    #[test]
    fn comparisons_of_an_age_with_a_number_say_when_they_turn() {
        let expected = |compared: &[i64], anyhow: bool| {
            let mut turns = Turns::default();
            for seconds in compared {
                turns.compare(*seconds);
            }
            if anyhow {
                turns.use_anyhow();
            }
            [Turns::default(), Turns::default(), turns]
        };
        for (condition, turns) in [
            ("context has mfa_age", expected(&[], false)),
            (
                "context has mfa_age && context.mfa_age <= 900",
                expected(&[900], false),
            ),
            (
                "context has mfa_age && 60 > context[\"mfa_age\"] && context.mfa_age != 5",
                expected(&[60, 5], false),
            ),
            ("context.mfa_age + 1 < 60", expected(&[], true)),
            ("context.mfa_age < context.mfa_age", expected(&[], true)),
        ] {
            let found = found(condition);
            assert_eq!(found.reads, Reads::age(2), "{condition}");
            assert_eq!(found.turns, turns, "{condition}");
        }
        let mut everything = [Turns::default(), Turns::default(), Turns::default()];
        everything.iter_mut().for_each(Turns::use_anyhow);
        assert_eq!(found("context == {}").turns, everything);
    }

    #[test]
    fn any_other_use_of_the_context_reads_everything() {
        for condition in [
            "context == {}",
            "{\"left\": context, \"attr\": \"hour\"} == {}",
            "[context].contains(context)",
            "(if context.tls then context else context).hour == 1",
            "context.unheard_of",
        ] {
            assert_eq!(found(condition).reads, Reads::ALL, "{condition}");
        }
    }

    #[test]
    fn looking_into_a_named_entity_is_found() {
        assert!(found("Streamward::Role::\"a\" in Streamward::Role::\"b\"").looks_into_literal);
        assert!(found("Streamward::Stream::\"a\".level == 3").looks_into_literal);
        assert!(found("Streamward::Stream::\"a\" has level").looks_into_literal);
        let choice = "(if context.tls then User::\"a\" else User::\"b\") in Role::\"c\"";
        assert!(found(choice).looks_into_literal);
        assert!(!found("principal in Streamward::Role::\"b\"").looks_into_literal);
        assert!(!found("[Role::\"a\"].contains(principal)").looks_into_literal);
    }
}
