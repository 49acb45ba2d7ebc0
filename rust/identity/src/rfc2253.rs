//! The subject of a certificate as Java's `X500Principal.getName()` writes it, and so as Kafka's mapping rules see it.
//!
//! It is RFC 2253 with three turns of its own: `=` and `#` get a backslash wherever they stand, every leading and
//! trailing blank gets one, and attributes beyond those of the RFC are `1.2.3=#` with the DER of the value in hex.

use std::fmt::Write;

use x509_parser::der_parser::asn1_rs::{Any, Class};
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// Tags of the strings that Java decodes: UTF8, Printable, T61, IA5, General, BMP.
const STRINGS: [u32; 6] = [12, 19, 20, 22, 27, 30];

/// `None`: a value is not text where Java takes it as such; no rule is then applied.
pub fn name(name: &X509Name<'_>) -> Option<String> {
    let mut parts = Vec::new();
    for relative in name.iter_rdn() {
        let attributes: Option<Vec<_>> = relative.iter().map(attribute).collect();
        parts.push(attributes?.join("+"));
    }
    parts.reverse();
    Some(parts.join(","))
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> Option<String> {
    let number = attribute.attr_type().to_id_string();
    let value = attribute.attr_value();
    let Some(keyword) = crate::certificate::keyword(&number) else {
        return Some(format!("{number}=#{}", der_hex(value)?));
    };
    if !STRINGS.contains(&value.header.tag().0) {
        return Some(format!("{keyword}=#{}", der_hex(value)?));
    }
    let text = std::str::from_utf8(value.data).ok()?;
    Some(format!("{keyword}={}", escaped(text)))
}

/// The value with its tag and length.
fn der_hex(value: &Any<'_>) -> Option<String> {
    let tag = u8::try_from(value.header.tag().0)
        .ok()
        .filter(|tag| *tag < 31)?;
    let class = match value.header.class() {
        Class::Universal => 0,
        Class::Application => 0x40,
        Class::ContextSpecific => 0x80,
        Class::Private => 0xc0,
    };
    let constructed = u8::from(value.header.is_constructed()) << 5;
    let mut der = vec![class | constructed | tag];
    let length = u32::try_from(value.data.len()).ok()?;
    let bytes = length.to_be_bytes();
    match length {
        0..0x80 => der.push(bytes[3]),
        0x80..0x100 => der.extend([0x81, bytes[3]]),
        0x100..0x1_0000 => der.extend([0x82, bytes[2], bytes[3]]),
        _ => return None,
    }
    der.extend_from_slice(value.data);
    let mut hex = String::with_capacity(2 * der.len());
    for byte in der {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    Some(hex)
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 2);
    for character in text.chars() {
        match character {
            ',' | '=' | '+' | '<' | '>' | '#' | ';' | '"' | '\\' => {
                escaped.extend(['\\', character]);
            }
            '\0' => escaped.push_str("\\00"),
            _ => escaped.push(character),
        }
    }
    let blank = |it: char| matches!(it, ' ' | '\r');
    let trimmed = escaped.trim_start_matches(blank);
    let leading = escaped.len() - trimmed.len();
    let ends = leading + trimmed.trim_end_matches(blank).len();
    let mut whole = String::with_capacity(escaped.len() + 2);
    for (at, character) in escaped.char_indices() {
        if at < leading || at >= ends {
            whole.push('\\');
        }
        whole.push(character);
    }
    whole
}

#[cfg(test)]
mod tests {
    use x509_parser::prelude::FromDer;

    use super::*;

    /// Subjects in DER, and what Java 17 calls them; both in hex.
    const OF_JAVA: &str = include_str!("../tests/fixtures/subjects-of-java.tsv");

    fn bytes(hex: &str) -> Vec<u8> {
        let digits = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(digits).collect()
    }

    #[test]
    fn a_subject_is_written_as_java_writes_it() {
        let mut compared = 0;
        for line in OF_JAVA.lines() {
            let (der, expected) = line.split_once('\t').unwrap();
            let der = bytes(der);
            let (_, subject) = X509Name::from_der(&der).unwrap();
            let expected = String::from_utf8(bytes(expected)).unwrap();
            assert_eq!(name(&subject), Some(expected));
            compared += 1;
        }
        assert!(compared > 15);
    }
}
