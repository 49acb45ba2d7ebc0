//! The record: a journal of what happened, written before an answer leaves, and its reader.
//!
//! One [`Journal`] writes a directory; any number of [`Reader`]s follow it without locks. *Written*
//! means handed to the kernel (survives `kill -9`), *durable* means fsynced (survives power loss).
#![forbid(unsafe_code)]

mod batch;
mod error;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests"
)]
mod faults;
mod figures;
mod frame;
mod growth;
mod journal;
mod layout;
pub mod leaf;
mod locks;
pub mod log;
mod mark;
mod openings;
mod origin;
mod pending;
mod reader;
mod recover;
mod running;
mod storage;
mod sync;
mod writer;

pub use batch::{Batch, Written};
pub use error::AuditError;
pub use figures::{Figures, SYNC_BOUNDS};
pub use frame::{ENTRY_BYTES_MAX, Range, State};
pub use journal::{Journal, Options, Recovered};
pub use openings::{Commitment, OpeningsLost, VALUE_BYTES_MAX, opening_frames, opening_payload};
pub use origin::{declare_origin, origin};
pub use pending::PendingAccess;
pub use reader::Reader;
pub use running::Ended;
