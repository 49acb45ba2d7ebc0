//! Inside a value: validate it against a schema, find its fields, mask them (Avro, Protobuf, JSON).
//!
//! A schema is compiled once, within bounds, and is then asked about borrowed bytes that a peer sent.
//! Nothing here allocates by a length that stands in a value, recurses deeper than a limit, or tells
//! what a value holds: errors name fields of the schema and offsets, never content.

mod avro;
mod confluent;
mod date;
mod declared;
mod disguise;
mod edit;
mod error;
mod field;
mod hash;
mod injection;
mod json;
mod limits;
mod mask;
mod pass;
mod protobuf;
mod schema;
mod selection;
mod varint;

pub use confluent::{Framed, Named, SchemaId, unframe, unframe_header};
pub use declared::Declared;
pub use error::{Invalid, Reason, SchemaError};
pub use field::{Content, Leaf, LeafType, Visit};
pub use hash::{HashDomain, HashSecret};
pub use injection::{Pattern, Patterns};
pub use limits::{
    ERROR_BYTES_MAX, EVALUATION_DEPTH_MAX, EVALUATIONS_MAX, Limits, NUMBER_BYTES_MAX,
    PATTERN_BYTES_MAX, PATTERN_TEXT_BYTES_MAX, SCHEMA_BYTES_MAX, SCHEMA_CONSTANT_BYTES_MAX,
    SCHEMA_DEPTH_MAX, SCHEMA_NAME_BYTES_MAX, SCHEMA_PATTERN_BYTES_MAX, SCHEMA_PATTERNS_MAX,
    SCHEMA_REFERENCES_MAX, SCHEMA_STEPS_MAX, SCHEMA_SYMBOLS_MAX, SCHEMA_TEXT_BYTES_MAX,
    SCHEMA_TYPES_MAX, VALUE_BYTES_MAX, VALUE_DEPTH_MAX, VALUE_ELEMENTS_MAX,
};
pub use mask::{HASH_BYTES, KEPT_CHARACTERS, Mask, Masker};
pub use schema::{Format, Reference, Schema};
pub use selection::{Selection, SelectionError};
