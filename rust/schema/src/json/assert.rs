//! Whether a value is as single words of a JSON Schema ask.

use super::canonical::canonical;
use super::evaluate::refuse;
use super::number::Decimal;
use super::rules::Assertion;
use super::tree::{Kind, Node};
use crate::error::{Invalid, Reason};
use crate::limits::STEP_BYTES;

/// How many steps it takes, where it looks at all of what stands there.
pub(super) fn steps(assertion: &Assertion, node: Node<'_, '_>) -> usize {
    let bytes = node.end().saturating_sub(node.start());
    match assertion {
        Assertion::Values(..) => bytes / STEP_BYTES,
        _ if node.kind() != Kind::Text => 0,
        Assertion::LengthMin(_) | Assertion::LengthMax(_) | Assertion::Format(_) => {
            bytes / STEP_BYTES
        }
        Assertion::Pattern(pattern) => pattern.steps(bytes),
        _ => 0,
    }
}

pub(super) fn holds(assertion: &Assertion, node: Node<'_, '_>) -> Result<(), Invalid> {
    let word = match assertion {
        Assertion::Values(word, values) => {
            if values.contains(&canonical(node)) {
                return Ok(());
            }
            *word
        }
        Assertion::Minimum(_)
        | Assertion::Maximum(_)
        | Assertion::Above(_)
        | Assertion::Below(_)
        | Assertion::MultipleOf(_) => return number_holds(assertion, node),
        _ => return text_holds(assertion, node),
    };
    refuse(Reason::Constraint(word), node)
}

fn number_holds(assertion: &Assertion, node: Node<'_, '_>) -> Result<(), Invalid> {
    if node.kind() != Kind::Number {
        return Ok(());
    }
    let Some(number) = Decimal::parse(node.raw()) else {
        return refuse(Reason::OutOfRange, node);
    };
    let (holds, word) = match assertion {
        Assertion::Minimum(bound) => (number >= *bound, "minimum"),
        Assertion::Maximum(bound) => (number <= *bound, "maximum"),
        Assertion::Above(bound) => (number > *bound, "exclusiveMinimum"),
        Assertion::Below(bound) => (number < *bound, "exclusiveMaximum"),
        Assertion::MultipleOf(divisor) => (number.is_multiple_of(divisor), "multipleOf"),
        _ => (true, ""),
    };
    if holds {
        return Ok(());
    }
    refuse(Reason::Constraint(word), node)
}

fn text_holds(assertion: &Assertion, node: Node<'_, '_>) -> Result<(), Invalid> {
    let Some(text) = node.text() else {
        return Ok(());
    };
    let length = || u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
    let (holds, word) = match assertion {
        Assertion::LengthMin(least) => (length() >= *least, "minLength"),
        Assertion::LengthMax(most) => (length() <= *most, "maxLength"),
        Assertion::Pattern(expression) => (expression.is_match(&text), "pattern"),
        Assertion::Format(format) => (format.holds(&text), "format"),
        _ => (true, ""),
    };
    if holds {
        return Ok(());
    }
    refuse(Reason::Constraint(word), node)
}
