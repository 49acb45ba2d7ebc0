//! A tree of values as JSON text, for people to read.

use std::fmt::Write;

use super::value::{Struct, Value};

impl Value {
    /// The value as JSON. UUIDs are in Kafka's text form. Of bytes only the length is shown, since
    /// they may be credentials or payload; texts are shown, and may be secret too.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        write_value(&mut out, self);
        out
    }
}

impl Struct {
    /// The structure as a JSON object; see [`Value::to_json`].
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        write_struct(&mut out, self);
        out
    }
}

fn write_value(out: &mut String, value: &Value) {
    match value {
        Value::Bool(held) => out.push_str(if *held { "true" } else { "false" }),
        Value::Int(held) => display(out, held),
        Value::Float(held) if held.is_finite() => display(out, held),
        Value::Null | Value::Float(_) => out.push_str("null"),
        Value::Uuid(held) => write_text(out, &uuid_text(*held)),
        Value::Str(held) => write_text(out, held),
        Value::Bytes(held) => display(out, format_args!("{{\"bytes\":{}}}", held.len())),
        Value::Array(values) => {
            out.push('[');
            for (index, value) in values.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                write_value(out, value);
            }
            out.push(']');
        }
        Value::Struct(held) => write_struct(out, held),
    }
}

fn write_struct(out: &mut String, held: &Struct) {
    out.push('{');
    for (index, (field, value)) in held.schema.all().zip(&held.values).enumerate() {
        out.push_str(if index == 0 { "" } else { "," });
        write_text(out, field.name);
        out.push(':');
        write_value(out, value);
    }
    out.push('}');
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if control < ' ' => display(out, format_args!("\\u{:04x}", control as u32)),
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Writing to a `String` cannot fail.
fn display(out: &mut String, value: impl std::fmt::Display) {
    let _ = write!(out, "{value}");
}

/// A UUID as Kafka prints it: base64 for URLs, without padding, 22 characters.
pub fn uuid_text(uuid: [u8; 16]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits = u128::from_be_bytes(uuid);
    // 128 bits are 21 groups of six and a last one of two, which stands at the upper end of six.
    (0..22)
        .map(|group| {
            if group < 21 {
                bits >> (122 - 6 * group)
            } else {
                bits << 4
            }
        })
        .map(|six| char::from(ALPHABET[usize::try_from(six & 63).unwrap_or(0)]))
        .collect()
}
