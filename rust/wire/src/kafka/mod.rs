//! Apache Kafka's protocol, driven by the schemas that Kafka publishes.

pub mod access;
mod api;
pub mod batch;
mod decode;
mod encode;
pub mod error;
mod header;
mod json;
mod parts;
mod read;
mod schema;
mod spec;
mod stream;
#[rustfmt::skip]
#[allow(clippy::unreadable_literal, missing_docs, reason = "generated: numbers and names are Kafka's")]
mod table;
mod value;
mod walk;

pub use api::{Api, ApiKey, Direction, api, apis};
pub use error::{error_code, error_name};
pub use header::{
    RequestHeader, request_header, response_body_at, write_request, write_request_in_parts,
    write_response, write_response_in_parts,
};
pub use json::uuid_text;
pub use parts::{PART_BYTES_MIN, Parts};
pub use schema::{Field, Schema, schema};
pub use spec::{Entity, FieldId, Kind};
pub use stream::{Progress, Stream};
pub use table::field;
pub use value::{Struct, Value};
pub use walk::{Leaf, Visitor, walk};
