//! Values of JSON, so that equal ones are equal bytes.

use super::number::Decimal;
use super::tree::{Kind, Node};

/// One text for all that JSON Schema takes for equal: keys sorted, numbers by value, no escapes.
pub(super) fn canonical(node: Node<'_, '_>) -> Vec<u8> {
    let mut text = Vec::new();
    write(node, &mut text);
    text
}

fn write(node: Node<'_, '_>, into: &mut Vec<u8>) {
    match node.kind() {
        Kind::Number => match Decimal::parse(node.raw()) {
            Some(number) => into.extend(number.canonical().bytes()),
            None => into.extend(node.raw().bytes()),
        },
        Kind::Text => text(&node.text().unwrap_or_default(), into),
        Kind::Array => {
            into.push(b'[');
            for item in node.items() {
                write(item, into);
                into.push(b',');
            }
            into.push(b']');
        }
        Kind::Object => {
            let mut members: Vec<_> = node
                .members()
                .map(|(key, value)| (key.text().unwrap_or_default(), value))
                .collect();
            members.sort_by(|one, other| one.0.cmp(&other.0));
            into.push(b'{');
            for (key, value) in members {
                text(&key, into);
                write(value, into);
            }
            into.push(b'}');
        }
        Kind::Null => into.push(b'n'),
        Kind::True => into.push(b't'),
        Kind::False => into.push(b'f'),
    }
}

/// The length in front keeps texts apart from each other and from everything else.
fn text(content: &str, into: &mut Vec<u8>) {
    into.extend(format!("\"{}:", content.len()).bytes());
    into.extend(content.bytes());
}
