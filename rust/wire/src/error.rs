//! What can be wrong with a peer's bytes, or with a message that we are asked to write.

/// Why bytes are not a message, or why a message cannot be written.
///
/// `at` is the offset in the input that was given, in bytes; `field` is Kafka's own field name.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum WireError {
    /// The input ends before the value does.
    #[error("`{field}` at byte {at} needs {needed} more bytes than the message has")]
    Truncated {
        /// The field that was being read.
        field: &'static str,
        /// Where it begins.
        at: usize,
        /// How many bytes are missing, at least.
        needed: usize,
    },
    /// The message ended, and bytes are left.
    #[error("{left} bytes are left after the end of the message at byte {at}")]
    Trailing {
        /// Where the message ended.
        at: usize,
        /// How many bytes follow.
        left: usize,
    },
    /// A length or count is negative where that has no meaning.
    #[error("`{field}` at byte {at} has length {length}, which has no meaning there")]
    InvalidLength {
        /// The field that was being read.
        field: &'static str,
        /// Where it begins.
        at: usize,
        /// The length as sent.
        length: i64,
    },
    /// A length or count is over a limit of [`crate::Limits`].
    #[error("`{field}` at byte {at} asks for {value}, but `{limit}` is {max}")]
    OverLimit {
        /// The field that was being read.
        field: &'static str,
        /// Where it begins.
        at: usize,
        /// Which limit.
        limit: &'static str,
        /// What was asked for.
        value: usize,
        /// What is allowed.
        max: usize,
    },
    /// Null where the schema does not allow null.
    #[error("`{field}` at byte {at} is null, but may not be null in this version")]
    UnexpectedNull {
        /// The field that was being read.
        field: &'static str,
        /// Where it begins.
        at: usize,
    },
    /// A string that is not UTF-8.
    #[error("`{field}` at byte {at} is not UTF-8")]
    InvalidUtf8 {
        /// The field that was being read.
        field: &'static str,
        /// Where it begins.
        at: usize,
    },
    /// A variable-length integer that is longer than its type allows.
    #[error("`{field}` at byte {at} is a varint that is too long")]
    InvalidVarint {
        /// The field that was being read.
        field: &'static str,
        /// Where it begins.
        at: usize,
    },
    /// Tags must ascend, so that none comes twice.
    #[error("tag {tag} at byte {at} comes after tag {previous}")]
    TagOrder {
        /// Where the tag begins.
        at: usize,
        /// The tag.
        tag: u32,
        /// The tag before it.
        previous: u32,
    },
    /// A tagged field that is longer or shorter than it says.
    #[error("tagged field `{field}` ends at byte {at}, but its size says byte {expected}")]
    TagSize {
        /// The field.
        field: &'static str,
        /// Where its value ended.
        at: usize,
        /// Where its size says that it ends.
        expected: usize,
    },
    /// No such API or version.
    #[error("api {key} has no version {version}")]
    UnknownApi {
        /// The API key.
        key: i16,
        /// The version.
        version: i16,
    },
    /// A record batch of a format that is not served (only magic 2 is).
    #[error("record batch at byte {at} has magic {magic}, only 2 is served")]
    BatchMagic {
        /// Where the batch begins.
        at: usize,
        /// The magic byte.
        magic: i8,
    },
    /// A record batch whose header contradicts itself.
    #[error("record batch at byte {at} has `{field}` {value}, which has no meaning")]
    BatchHeader {
        /// Where the batch begins.
        at: usize,
        /// The header field.
        field: &'static str,
        /// Its value.
        value: i64,
    },
    /// We were asked to write a value that the field cannot hold.
    #[error("`{field}` cannot hold the given value: {reason}")]
    Unwritable {
        /// The field.
        field: &'static str,
        /// What is wrong with the value.
        reason: &'static str,
    },
    /// A visitor stopped the walk, for a reason of its own.
    #[error("the walk was stopped: {reason}")]
    Stopped {
        /// The visitor's reason.
        reason: &'static str,
    },
}
