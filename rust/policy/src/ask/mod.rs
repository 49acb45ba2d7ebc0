//! Questions about all requests at once: who may, what may, under which circumstances, and what
//! differs between two policies.
//!
//! Rules are evaluated with the entities of a request and open circumstances; what remains of them
//! is searched over the values that make a difference. Every search is exact or says that it isn't.

mod answer;
mod beside;
mod bounds;
mod circumstances;
mod compare;
mod difference;
mod domain;
mod expression;
mod flip;
mod index;
mod pair;
mod partial;
mod question;
mod rule;
mod search;
mod side;
mod universe;
mod value;
mod verdict;
mod witnesses;

pub(crate) use beside::Beside;
pub use circumstances::context_attributes;
pub(crate) use circumstances::{Attribute, Circumstances, Slot};
pub(crate) use flip::{Flip, flips};
pub(crate) use index::Index;
pub(crate) use value::Value;
