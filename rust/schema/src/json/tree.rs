//! JSON text (RFC 8259) as a flat list of nodes over the borrowed bytes: a name that stands twice, a
//! lone surrogate, or a number of endless length is refused, because two readers would see two values.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::parse::Parser;
use crate::error::{Invalid, SchemaError};
use crate::limits::{Limits, SCHEMA_BYTES_MAX, SCHEMA_DEPTH_MAX};

/// What stands at a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    False,
    True,
    Number,
    Text,
    Array,
    Object,
}

/// One value: where it lies, and where the next one that isn't within it is in the list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub kind: Kind,
    /// Whether a text holds an escape.
    pub escaped: bool,
    pub start: u32,
    pub end: u32,
    pub next: u32,
}

/// A JSON document.
#[derive(Debug)]
pub(crate) struct Tree<'v> {
    pub(super) text: &'v str,
    pub(super) entries: Vec<Entry>,
    /// Where lines end; found when it is first asked for.
    line_ends: OnceCell<Vec<usize>>,
}

impl<'v> Tree<'v> {
    /// # Errors
    /// Says why the bytes are no JSON within the limits.
    pub fn parse(bytes: &'v [u8], limits: &Limits) -> Result<Self, Invalid> {
        Parser::new(bytes, limits)?.document()
    }

    /// The text of a schema, which is JSON.
    ///
    /// # Errors
    /// `SchemaError` says why it is none, and on which line.
    pub fn of_schema(text: &'v str) -> Result<Self, SchemaError> {
        let limits = Limits {
            value_bytes_max: SCHEMA_BYTES_MAX,
            depth_max: SCHEMA_DEPTH_MAX,
            ..Limits::default()
        };
        Self::parse(text.as_bytes(), &limits).map_err(|invalid| {
            let before = text.get(..invalid.at).unwrap_or_default();
            let line = u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX);
            SchemaError::new(format!("no JSON: {}", invalid.reason), line)
        })
    }

    pub(super) fn new(text: &'v str, entries: Vec<Entry>) -> Self {
        Self {
            text,
            entries,
            line_ends: OnceCell::new(),
        }
    }

    pub fn root(&self) -> Node<'_, 'v> {
        self.node(0)
    }

    /// The value of this number.
    pub fn node(&self, at: u32) -> Node<'_, 'v> {
        Node { tree: self, at }
    }

    /// The line of an offset, from 1.
    pub fn line(&self, at: usize) -> u32 {
        let ends = self.line_ends.get_or_init(|| {
            let ends = self.text.match_indices('\n');
            ends.map(|(end, _)| end).collect()
        });
        let lines = ends.partition_point(|end| *end < at);
        u32::try_from(lines + 1).unwrap_or(u32::MAX)
    }
}

/// A value within a document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node<'t, 'v> {
    tree: &'t Tree<'v>,
    at: u32,
}

impl<'t, 'v> Node<'t, 'v> {
    fn entry(self) -> Entry {
        const NOTHING: Entry = Entry {
            kind: Kind::Null,
            escaped: false,
            start: 0,
            end: 0,
            next: 0,
        };
        let found = self.tree.entries.get(self.at as usize);
        found.copied().unwrap_or(NOTHING)
    }

    /// Its number in the document: the same node has the same.
    pub fn index(self) -> u32 {
        self.at
    }

    pub fn kind(self) -> Kind {
        self.entry().kind
    }

    pub fn start(self) -> usize {
        self.entry().start as usize
    }

    pub fn end(self) -> usize {
        self.entry().end as usize
    }

    pub fn line(self) -> u32 {
        self.tree.line(self.start())
    }

    /// As it lies in the text.
    pub fn raw(self) -> &'v str {
        let entry = self.entry();
        self.tree
            .text
            .get(entry.start as usize..entry.end as usize)
            .unwrap_or_default()
    }

    /// The content of a text; `None` for everything else.
    pub fn text(self) -> Option<Cow<'v, str>> {
        let entry = self.entry();
        if entry.kind != Kind::Text {
            return None;
        }
        let raw = self.raw();
        let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
        Some(if entry.escaped {
            Cow::Owned(unescape(inner))
        } else {
            Cow::Borrowed(inner)
        })
    }

    /// The entries of an array; nothing for everything else.
    pub fn items(self) -> Items<'t, 'v> {
        let entry = self.entry();
        let here = entry.kind == Kind::Array;
        Items {
            tree: self.tree,
            at: self.at + 1,
            end: if here { entry.next } else { 0 },
        }
    }

    /// The members of an object; nothing for everything else.
    pub fn members(self) -> Members<'t, 'v> {
        let entry = self.entry();
        let here = entry.kind == Kind::Object;
        Members(Items {
            tree: self.tree,
            at: self.at + 1,
            end: if here { entry.next } else { 0 },
        })
    }

    /// The member of this name.
    pub fn get(self, name: &str) -> Option<Node<'t, 'v>> {
        self.members()
            .find(|(key, _)| key.text().is_some_and(|text| text == name))
            .map(|(_, value)| value)
    }

    /// The text of the member of this name.
    pub fn get_text(self, name: &str) -> Option<Cow<'v, str>> {
        self.get(name)?.text()
    }
}

/// Entries of an array, in order.
#[derive(Debug, Clone)]
pub(crate) struct Items<'t, 'v> {
    tree: &'t Tree<'v>,
    at: u32,
    end: u32,
}

impl<'t, 'v> Iterator for Items<'t, 'v> {
    type Item = Node<'t, 'v>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let node = Node {
            tree: self.tree,
            at: self.at,
        };
        self.at = node.entry().next;
        Some(node)
    }
}

/// Members of an object, in order: key and value.
#[derive(Debug, Clone)]
pub(crate) struct Members<'t, 'v>(Items<'t, 'v>);

impl<'t, 'v> Iterator for Members<'t, 'v> {
    type Item = (Node<'t, 'v>, Node<'t, 'v>);

    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.next()?, self.0.next()?))
    }
}

/// The content of a text whose escapes were checked when it was parsed.
pub(super) fn unescape(inner: &str) -> String {
    let mut result = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        result.push_str(rest.get(..at).unwrap_or_default());
        let escape = rest.get(at + 1..).unwrap_or_default();
        let (character, length) = escaped(escape).unwrap_or((char::REPLACEMENT_CHARACTER, 1));
        result.push(character);
        rest = escape.get(length..).unwrap_or_default();
    }
    result.push_str(rest);
    result
}

/// What the characters behind a `\` stand for, and how many of them there are.
pub(super) fn escaped(escape: &str) -> Option<(char, usize)> {
    let simple = match escape.bytes().next()? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode(escape),
        _ => return None,
    };
    Some((simple, 1))
}

fn unicode(escape: &str) -> Option<(char, usize)> {
    let first = digits(escape.get(1..5)?)?;
    if !(0xd800..0xe000).contains(&first) {
        return Some((char::from_u32(first)?, 5));
    }
    let low = digits(escape.get(5..)?.strip_prefix("\\u")?.get(..4)?)?;
    if first >= 0xdc00 || !(0xdc00..0xe000).contains(&low) {
        return None;
    }
    let character = 0x1_0000 + ((first - 0xd800) << 10) + (low - 0xdc00);
    Some((char::from_u32(character)?, 11))
}

fn digits(text: &str) -> Option<u32> {
    let all = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if all {
        u32::from_str_radix(text, 16).ok()
    } else {
        None
    }
}
