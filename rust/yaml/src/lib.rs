//! The plain part of YAML 1.2, in which bundles of thousands of documents are written: mappings and lists in
//! blocks, words, numbers, dates, simple quotes, and brackets within a line.
//!
//! It doesn't say what is wrong with a text. What is refused here may be right all the same: then a reader that
//! knows YAML whole reads it, and says what is wrong and where. What is read here, that one reads alike.
#![forbid(unsafe_code)]

mod block;
mod inline;

/// Longest text that is read.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Neither blocks nor brackets nest deeper.
pub const DEPTH_MAX: usize = 16;
/// Entries of one mapping.
pub const ENTRIES_MAX: usize = 256;

/// What a document, or a part of it, says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing, or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number without a sign.
    Integer(u64),
    /// Digits as in `2027-01-31`; perhaps no day of any month.
    Date(String),
    /// Any other word, and what is in quotes.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// A mapping, in its order; no key stands twice.
    Mapping(Vec<(String, Value)>),
}

/// A document that is a mapping, and the line of its first key, from 0; that key begins its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What it says.
    pub value: Value,
    /// Lines before its first key.
    pub line: usize,
}

/// Read one document; it may begin with `---`. `None`: somebody else must read it.
pub fn read(text: &str) -> Option<Document> {
    let is_plain = text.len() <= TEXT_BYTES_MAX && text.chars().all(is_plain);
    if is_plain { block::read(text) } else { None }
}

/// Neither a control nor a mark of order, nor a break of lines that not everybody counts as such.
fn is_plain(character: char) -> bool {
    match character {
        '\n' => true,
        '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => false,
        other => !other.is_control(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_text_is_too_odd(
            any in "[\\PC\n]{0,60}",
            lines in prop::collection::vec("[ -]{0,4}[a-c'\"\\[{]{0,2}:? ?[\\PC]{0,6}[\\]}'\",#é]{0,2}", 0..6),
        ) {
            let _ = (read(&any), read(&lines.join("\n")));
        }
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn mapping<const N: usize>(entries: [(&str, Value); N]) -> Value {
        Value::Mapping(entries.map(|(key, value)| (key.to_owned(), value)).into())
    }

    #[test]
    fn a_document_is_what_its_lines_say() {
        let read = read(
            "---\n# whose\nkind: Grant\nid: 'a: b' # c\non:\n- \"stream:*\"\n- x\nrequires:\n  mfa: true\n\n  \
             age: 7\nlimits: {k: [15m, 10.0.0.0/8], l: {}}\ncredentials:\n  - id: c\n    until: 2027-01-31\n  - id:",
        )
        .unwrap();
        let expected = mapping([
            ("kind", text("Grant")),
            ("id", text("a: b")),
            ("on", Value::List(vec![text("stream:*"), text("x")])),
            (
                "requires",
                mapping([("mfa", Value::Bool(true)), ("age", Value::Integer(7))]),
            ),
            (
                "limits",
                mapping([
                    ("k", Value::List(vec![text("15m"), text("10.0.0.0/8")])),
                    ("l", mapping([])),
                ]),
            ),
            (
                "credentials",
                Value::List(vec![
                    mapping([
                        ("id", text("c")),
                        ("until", Value::Date("2027-01-31".to_owned())),
                    ]),
                    mapping([("id", Value::Null)]),
                ]),
            ),
        ]);
        assert_eq!(read.value, expected);
        assert_eq!(read.line, 2);
    }

    #[test]
    fn what_may_be_meant_otherwise_is_not_read() {
        for text in [
            "",
            "# nothing",
            "a",
            "- a",
            " a: b",
            "a: b\n---\na: c",
            "a: b\n  c",
            "a: b\n c: d",
            "a:\n    b: c\n  d: e",
            "a: b\na: c",
            "a: {b: c, b: d}",
            "a: True",
            "a: 017",
            "a: 1.5",
            "a: 12:30",
            "a: -1",
            "a: *b",
            "a: &b c",
            "a: !b c",
            "a: |\n  b",
            "a: b: c",
            "a: 'b''c'",
            "a: \"b\\n\"",
            "a: 'b' c",
            "a: 'b'# c",
            "a: [b",
            "a: [b: c]",
            "a: [b,]",
            "<<: b",
            "? a",
            "a:\tb",
            "a: b\r\n",
            "a: \u{2028}b",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
