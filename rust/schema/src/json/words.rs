//! Single words of a JSON Schema: what they assert of a value by itself.

use super::canonical::canonical;
use super::compile::Linker;
use super::format::Format;
use super::number::Decimal;
use super::pattern::{self, Pattern};
use super::rules::{Assertion, Values, types};
use super::tree::{Kind, Members, Node};
use crate::error::SchemaError;
use crate::limits::{SCHEMA_CONSTANT_BYTES_MAX, SCHEMA_PATTERN_BYTES_MAX, SCHEMA_PATTERNS_MAX};

impl Linker<'_, '_> {
    pub(super) fn assertion(
        &mut self,
        word: &str,
        value: Node<'_, '_>,
    ) -> Result<Option<Assertion>, SchemaError> {
        Ok(Some(match word {
            "enum" if value.kind() == Kind::Array => {
                let values = value.items().map(|item| self.constant(item));
                Assertion::Values("enum", Values::new(values.collect::<Result<_, _>>()?))
            }
            "enum" => return fail(value, "`enum` must be a list"),
            "const" => Assertion::Values("const", Values::new(vec![self.constant(value)?])),
            "minimum" => Assertion::Minimum(number(value)?),
            "maximum" => Assertion::Maximum(number(value)?),
            "exclusiveMinimum" => Assertion::Above(number(value)?),
            "exclusiveMaximum" => Assertion::Below(number(value)?),
            "multipleOf" => {
                let divisor = number(value)?;
                if !divisor.is_above_zero() || divisor.mantissa().is_none() {
                    return fail(
                        value,
                        "`multipleOf` must be above 0 and have at most 18 digits",
                    );
                }
                Assertion::MultipleOf(divisor)
            }
            "minLength" => Assertion::LengthMin(count(value)?),
            "maxLength" => Assertion::LengthMax(count(value)?),
            "pattern" => {
                let expression = value.text().unwrap_or_default();
                Assertion::Pattern(self.pattern(value, &expression)?)
            }
            "format" => match Format::of_name(&value.text().unwrap_or_default()) {
                Some(format) => Assertion::Format(format),
                None => return Ok(None),
            },
            _ => return Ok(None),
        }))
    }

    fn constant(&mut self, value: Node<'_, '_>) -> Result<Vec<u8>, SchemaError> {
        let text = canonical(value);
        let Some(left) = self.constant_bytes_left.checked_sub(text.len()) else {
            let what = format!("its constants take more than {SCHEMA_CONSTANT_BYTES_MAX} bytes");
            return fail(value, what);
        };
        self.constant_bytes_left = left;
        Ok(text)
    }

    pub(super) fn pattern(
        &mut self,
        at: Node<'_, '_>,
        expression: &str,
    ) -> Result<Pattern, SchemaError> {
        if let Some(known) = self.patterns.get(expression) {
            return Ok(known.clone());
        }
        if self.patterns.len() >= SCHEMA_PATTERNS_MAX {
            let what = format!("the schema has more than {SCHEMA_PATTERNS_MAX} patterns");
            return fail(at, what);
        }
        let compiled = pattern::compile(expression);
        let compiled = compiled.map_err(|what| SchemaError::new(what, at.line()))?;
        self.pattern_bytes += compiled.bytes;
        if self.pattern_bytes > SCHEMA_PATTERN_BYTES_MAX {
            let what = format!("its patterns take more than {SCHEMA_PATTERN_BYTES_MAX} bytes");
            return fail(at, what);
        }
        self.patterns
            .insert(expression.to_owned(), compiled.clone());
        Ok(compiled)
    }
}

pub(super) fn types_of(value: Node<'_, '_>) -> Result<u8, SchemaError> {
    let one = |node: Node<'_, '_>| {
        let name = node.text().unwrap_or_default();
        match types::of_name(&name) {
            Some(bits) => Ok(bits),
            None => fail(node, format!("there is no type `{name}`")),
        }
    };
    if value.kind() != Kind::Array {
        return one(value);
    }
    value
        .items()
        .try_fold(0, |bits, item| Ok(bits | one(item)?))
}

pub(super) fn members<'t, 'v>(value: Node<'t, 'v>) -> Result<Members<'t, 'v>, SchemaError> {
    if value.kind() != Kind::Object {
        return fail(value, "an object is missing");
    }
    Ok(value.members())
}

pub(super) fn texts(value: Node<'_, '_>) -> Result<Vec<String>, SchemaError> {
    if value.kind() != Kind::Array {
        return fail(value, "a list of names is missing");
    }
    value
        .items()
        .map(|item| match item.text() {
            Some(text) => Ok(text.into_owned()),
            None => fail(item, "a name is missing"),
        })
        .collect()
}

pub(super) fn number(value: Node<'_, '_>) -> Result<Decimal, SchemaError> {
    let decimal = if value.kind() == Kind::Number {
        Decimal::parse(value.raw())
    } else {
        None
    };
    match decimal {
        Some(decimal) => Ok(decimal),
        None => fail(value, "a number is missing"),
    }
}

pub(super) fn count(value: Node<'_, '_>) -> Result<u64, SchemaError> {
    let whole = value.raw().parse().ok();
    match whole.filter(|_| value.kind() == Kind::Number) {
        Some(count) => Ok(count),
        None => fail(value, "a whole number of 0 or more is missing"),
    }
}

pub(super) fn fail<T>(node: Node<'_, '_>, what: impl Into<String>) -> Result<T, SchemaError> {
    Err(SchemaError::new(what, node.line()))
}
