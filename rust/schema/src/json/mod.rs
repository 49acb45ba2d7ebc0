//! JSON values and JSON Schema.

mod assert;
mod canonical;
mod check;
mod compile;
mod describe;
mod document;
mod evaluate;
mod format;
mod number;
mod order;
mod parse;
mod pattern;
mod reference;
mod rules;
mod shape;
mod structure;
mod tree;
mod walk;
mod words;

pub(crate) use compile::compile;
pub(crate) use rules::Compiled;
pub(crate) use tree::{Kind, Node, Tree};
