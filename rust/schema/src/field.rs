//! A field's content, as it is shown to whoever looks for it or replaces it.

use std::borrow::Cow;

use crate::error::Reason;

/// What a single value can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeafType {
    /// Text.
    Text,
    /// Text that holds a UUID.
    Uuid,
    /// Bytes of any length.
    Bytes,
    /// Bytes of this length.
    Fixed(u32),
    /// An unscaled decimal, in two's complement.
    Decimal,
    /// A whole number of at most this many bits, and whether it may be negative.
    Integer {
        /// 32 or 64, or 128 where JSON bounds nothing.
        bits: u8,
        /// Whether it may be negative.
        signed: bool,
    },
    /// Days since 1970-01-01.
    Date,
    /// Time since 1970-01-01T00:00Z in units of which so many make a second.
    Timestamp {
        /// 1,000, 1,000,000 or 1,000,000,000.
        per_second: i64,
    },
    /// A binary floating-point number.
    Real,
    /// A decimal number of JSON, whole or not.
    Number,
    /// True or false.
    Boolean,
    /// One of declared symbols.
    Enumeration,
}

/// The content of a single value.
#[derive(Debug, Clone, PartialEq)]
pub enum Content<'v> {
    /// Of `Text` and `Uuid`, and the literal of a JSON number.
    Text(Cow<'v, str>),
    /// Of `Bytes`, `Fixed` and `Decimal`.
    Bytes(Cow<'v, [u8]>),
    /// Of `Integer`, `Date`, `Timestamp`; the index or number of an `Enumeration`.
    Integer(i128),
    /// Of `Real`.
    Real(f64),
    /// Of `Boolean`.
    Boolean(bool),
}

/// A single value that was looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf<'v> {
    /// Its type.
    pub kind: LeafType,
    /// Its content.
    pub content: Content<'v>,
    /// Offset of its encoding.
    pub at: usize,
}

/// Looks at fields of a value, and may replace them.
pub trait Visit {
    /// Whether it wants to see every text.
    fn wants_text(&self) -> bool {
        false
    }

    /// A text anywhere in the value, unescaped; keys too.
    ///
    /// # Errors
    /// Refuses the value.
    fn text(&mut self, _text: &str) -> Result<(), Reason> {
        Ok(())
    }

    /// A field that the selection names with this number; `Some` takes its place, and must be content
    /// of the same type.
    ///
    /// # Errors
    /// Refuses the value.
    fn leaf(&mut self, rule: u32, leaf: &Leaf<'_>) -> Result<Option<Content<'static>>, Reason>;

    /// Something else than a single value stands where the selection names one.
    ///
    /// # Errors
    /// Refuses the value.
    fn other(&mut self, _rule: u32) -> Result<(), Reason> {
        Err(Reason::Unmaskable)
    }
}

/// Looks at nothing.
pub(crate) struct Nothing;

impl Visit for Nothing {
    fn leaf(&mut self, _: u32, _: &Leaf<'_>) -> Result<Option<Content<'static>>, Reason> {
        Ok(None)
    }
}
