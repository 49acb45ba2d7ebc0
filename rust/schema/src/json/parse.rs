//! From bytes to a `Tree`, within limits.

use std::collections::HashSet;

use super::number::Decimal;
use super::tree::{Entry, Kind, Tree, escaped};
use crate::error::{Invalid, Reason};
use crate::limits::{Limits, NUMBER_BYTES_MAX};

/// Up to so many names, each is compared with each.
const COMPARED_NAMES_MAX: usize = 16;

pub(super) struct Parser<'v> {
    text: &'v str,
    at: usize,
    depth_left: usize,
    elements_left: usize,
    entries: Vec<Entry>,
}

impl<'v> Parser<'v> {
    pub fn new(bytes: &'v [u8], limits: &Limits) -> Result<Self, Invalid> {
        if bytes.len() > limits.value_bytes_max || u32::try_from(bytes.len()).is_err() {
            return Err(Invalid::new(Reason::TooLarge, 0));
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|error| Invalid::new(Reason::NotUtf8, error.valid_up_to()))?;
        Ok(Self {
            text,
            at: 0,
            depth_left: limits.depth_max,
            elements_left: limits.elements_max,
            entries: Vec::new(),
        })
    }

    pub fn document(mut self) -> Result<Tree<'v>, Invalid> {
        self.blanks();
        self.value()?;
        self.blanks();
        if self.at < self.text.len() {
            return self.fail(Reason::Trailing);
        }
        Ok(Tree::new(self.text, self.entries))
    }

    fn fail<T>(&self, reason: Reason) -> Result<T, Invalid> {
        let ended = self.at >= self.text.len() && reason == Reason::Malformed;
        let reason = if ended { Reason::Truncated } else { reason };
        Err(Invalid::new(reason, self.at))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), Invalid> {
        if self.peek() != Some(byte) {
            return self.fail(Reason::Malformed);
        }
        self.at += 1;
        Ok(())
    }

    /// Adds a node whose end isn't known yet.
    fn open(&mut self, kind: Kind) -> Result<usize, Invalid> {
        self.elements_left = match self.elements_left.checked_sub(1) {
            Some(left) => left,
            None => return self.fail(Reason::TooManyElements),
        };
        let index = self.entries.len();
        self.entries.push(Entry {
            kind,
            escaped: false,
            start: offset(self.at),
            end: 0,
            next: 0,
        });
        Ok(index)
    }

    fn close(&mut self, index: usize) {
        let next = offset(self.entries.len());
        if let Some(entry) = self.entries.get_mut(index) {
            entry.end = offset(self.at);
            entry.next = next;
        }
    }

    fn value(&mut self) -> Result<(), Invalid> {
        match self.peek() {
            Some(b'{') => self.nested(Kind::Object),
            Some(b'[') => self.nested(Kind::Array),
            Some(b'"') => self.string().map(|_| ()),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'n') => self.word("null", Kind::Null),
            Some(b't') => self.word("true", Kind::True),
            Some(b'f') => self.word("false", Kind::False),
            _ => self.fail(Reason::Malformed),
        }
    }

    fn word(&mut self, word: &str, kind: Kind) -> Result<(), Invalid> {
        let index = self.open(kind)?;
        let rest = self.text.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word) {
            return self.fail(Reason::Malformed);
        }
        self.at += word.len();
        self.close(index);
        Ok(())
    }

    fn nested(&mut self, kind: Kind) -> Result<(), Invalid> {
        self.depth_left = match self.depth_left.checked_sub(1) {
            Some(left) => left,
            None => return self.fail(Reason::TooDeep),
        };
        let index = self.open(kind)?;
        self.at += 1;
        self.blanks();
        if kind == Kind::Object {
            self.members()?;
        } else {
            self.items()?;
        }
        self.close(index);
        self.depth_left += 1;
        Ok(())
    }

    fn items(&mut self) -> Result<(), Invalid> {
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.blanks();
            self.value()?;
            self.blanks();
            if self.peek() != Some(b',') {
                return self.expect(b']');
            }
            self.at += 1;
        }
    }

    fn members(&mut self) -> Result<(), Invalid> {
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        let mut names = Names::default();
        loop {
            self.blanks();
            if self.peek() != Some(b'"') {
                return self.fail(Reason::Malformed);
            }
            let key = self.string()?;
            if !names.add(self, key) {
                return self.fail(Reason::Duplicate);
            }
            self.blanks();
            self.expect(b':')?;
            self.blanks();
            self.value()?;
            self.blanks();
            if self.peek() != Some(b',') {
                return self.expect(b'}');
            }
            self.at += 1;
        }
    }

    fn string(&mut self) -> Result<usize, Invalid> {
        let index = self.open(Kind::Text)?;
        self.at += 1;
        let mut has_escape = false;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => {
                    has_escape = true;
                    let escape = self.text.get(self.at + 1..).unwrap_or_default();
                    match escaped(escape) {
                        Some((_, length)) => self.at += 1 + length,
                        None => return self.fail(Reason::Malformed),
                    }
                }
                None | Some(0..=0x1f) => return self.fail(Reason::Malformed),
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        self.close(index);
        if let Some(entry) = self.entries.get_mut(index) {
            entry.escaped = has_escape;
        }
        Ok(index)
    }

    fn digits(&mut self) -> Result<(), Invalid> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start {
            return self.fail(Reason::Malformed);
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Invalid> {
        let index = self.open(Kind::Number)?;
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        let raised = matches!(self.peek(), Some(b'e' | b'E'));
        if raised {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let literal = self.text.get(start..self.at).unwrap_or_default();
        // SECURITY: what isn't read exactly would be compared by its spelling.
        let read = !raised || Decimal::parse(literal).is_some();
        if literal.len() > NUMBER_BYTES_MAX || !read {
            return self.fail(Reason::OutOfRange);
        }
        self.close(index);
        Ok(())
    }

    /// The content of the text at an index.
    fn content(&self, index: usize) -> String {
        let Some(entry) = self.entries.get(index) else {
            return String::new();
        };
        let inner = (entry.start as usize + 1)..(entry.end as usize).saturating_sub(1);
        let inner = self.text.get(inner).unwrap_or_default();
        if entry.escaped {
            super::tree::unescape(inner)
        } else {
            inner.to_owned()
        }
    }

    /// Whether the texts at two indexes are the same once unescaped.
    fn same(&self, one: usize, other: usize) -> bool {
        let (Some(left), Some(right)) = (self.entries.get(one), self.entries.get(other)) else {
            return false;
        };
        if left.escaped || right.escaped {
            return self.content(one) == self.content(other);
        }
        let bytes = self.text.as_bytes();
        bytes.get(left.start as usize..left.end as usize)
            == bytes.get(right.start as usize..right.end as usize)
    }
}

/// The names of one object so far.
#[derive(Default)]
struct Names {
    few: Vec<usize>,
    many: HashSet<String>,
}

impl Names {
    /// Whether the name is new.
    fn add(&mut self, parser: &Parser<'_>, key: usize) -> bool {
        if self.many.is_empty() && self.few.len() < COMPARED_NAMES_MAX {
            let known = self.few.iter().any(|other| parser.same(*other, key));
            self.few.push(key);
            return !known;
        }
        if self.many.is_empty() {
            self.many = self
                .few
                .iter()
                .map(|index| parser.content(*index))
                .collect();
        }
        self.many.insert(parser.content(key))
    }
}

/// The length was checked when the parser was made.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
