//! Why a schema can't be used, and why a value is refused.

use std::fmt;

use crate::limits::{ERROR_BYTES_MAX, SCHEMA_TYPES_MAX};

/// A schema that can't be compiled: what is wrong, and on which line of which text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SchemaError {
    /// In the user's words.
    pub what: String,
    /// The name of the reference in which it stands; `None`: the schema itself.
    pub reference: Option<String>,
    /// Counted from 1.
    pub line: u32,
}

impl SchemaError {
    /// What it says is cut off behind some length: it may quote names of any length.
    pub(crate) fn new(what: impl Into<String>, line: u32) -> Self {
        let mut what = what.into();
        let most = what.len().min(ERROR_BYTES_MAX);
        let end = (0..=most).rev().find(|at| what.is_char_boundary(*at));
        what.truncate(end.unwrap_or(0));
        Self {
            what,
            reference: None,
            line,
        }
    }

    /// There are more types and fields than are compiled.
    pub(crate) fn too_many_types(line: u32) -> Self {
        let what = format!("the schema has more than {SCHEMA_TYPES_MAX} types and fields");
        Self::new(what, line)
    }

    pub(crate) fn within(mut self, reference: &str) -> Self {
        if self.reference.is_none() {
            self.reference = Some(reference.to_owned());
        }
        self
    }
}

impl fmt::Display for SchemaError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reference {
            Some(name) => write!(formatter, "{} (`{name}`, line {})", self.what, self.line),
            None => write!(formatter, "{} (line {})", self.what, self.line),
        }
    }
}

/// What is wrong with a value. None of them holds a byte of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Reason {
    /// It ends within something.
    #[error("it ends too early")]
    Truncated,
    /// It goes on after its end.
    #[error("bytes follow after its end")]
    Trailing,
    /// More bytes than a limit allows.
    #[error("it is larger than the limit")]
    TooLarge,
    /// Deeper than a limit allows.
    #[error("it nests deeper than the limit")]
    TooDeep,
    /// More values than a limit allows.
    #[error("it has more elements than the limit")]
    TooManyElements,
    /// A JSON Schema asks for more work than a limit allows.
    #[error("validating it takes more steps than the limit")]
    TooManySteps,
    /// A number of variable length that could be shorter.
    #[error("a number is not in its shortest form")]
    NotCanonical,
    /// A number that its type can't hold.
    #[error("a number is out of range")]
    OutOfRange,
    /// A length below zero or beyond the end.
    #[error("a length leads beyond its end")]
    Length,
    /// Text that is none.
    #[error("a text is not UTF-8")]
    NotUtf8,
    /// A truth value that is neither.
    #[error("a boolean is neither 0 nor 1")]
    NotBoolean,
    /// An index of no branch of a union.
    #[error("a union has no such branch")]
    NoBranch,
    /// An index of no symbol, or an unknown number of a closed enumeration.
    #[error("an enumeration has no such symbol")]
    NoSymbol,
    /// The size that a block announces isn't that of its items.
    #[error("the size of a block is wrong")]
    BlockSize,
    /// A key, or a field that may stand once, stands twice.
    #[error("a key or field stands twice")]
    Duplicate,
    /// A field that the schema doesn't declare.
    #[error("a field is not declared")]
    Undeclared,
    /// A field that the schema requires.
    #[error("a required field is missing")]
    Missing,
    /// Another type than the schema declares.
    #[error("it has another type than declared")]
    WrongType,
    /// Not the syntax of its format.
    #[error("it is malformed")]
    Malformed,
    /// A constraint of a JSON Schema that doesn't hold.
    #[error("`{0}` of the schema does not hold")]
    Constraint(&'static str),
    /// It isn't framed as in Confluent's wire format.
    #[error("it does not start with a schema id of a registry")]
    NotFramed,
    /// The schema id in front of it isn't one that its stream may carry.
    #[error("its schema id is not one of the stream's")]
    UnknownSchema,
    /// The indexes in front of a Protobuf value name no message, or another one.
    #[error("its message index is not that of the stream's message")]
    UnknownMessage,
    /// A pattern of an injection.
    #[error("it holds a pattern of {0} injection")]
    Injection(&'static str),
    /// A mask that can't be put on what stands there.
    #[error("a mask does not fit its type")]
    Unmaskable,
}

/// A value that is refused: why, at which byte, and in which field of the schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Invalid {
    /// Why.
    pub reason: Reason,
    /// Offset into the value.
    pub at: usize,
    /// Names of declared fields, outermost first; empty: the value itself.
    pub path: Vec<Box<str>>,
}

impl Invalid {
    pub(crate) fn new(reason: Reason, at: usize) -> Self {
        Self {
            reason,
            at,
            path: Vec::new(),
        }
    }

    /// The same, seen from outside of a declared field.
    pub(crate) fn inside(mut self, field: &str) -> Self {
        self.path.insert(0, field.into());
        self
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.reason)?;
        if !self.path.is_empty() {
            write!(formatter, " in `{}`", self.path.join("."))?;
        }
        write!(formatter, " at byte {}", self.at)
    }
}
