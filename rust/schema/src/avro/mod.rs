//! Avro 1.12: schemas and the binary encoding.

mod describe;
mod parse;
mod types;
mod walk;

pub(crate) use parse::compile;
pub(crate) use types::Compiled;
