//! Protobuf: `.proto` text (proto2 and proto3) and the wire format.

mod describe;
mod link;
mod parse;
mod scalar;
mod token;
mod types;
mod walk;
mod wellknown;

pub(crate) use link::compile;
pub(crate) use types::Compiled;
