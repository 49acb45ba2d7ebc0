//! The transparency log over the journal's entries: a Merkle tree that anyone can check.
//!
//! An RFC 6962 tree whose leaves are the entries, laid out as C2SP tlog-tiles with signed checkpoints
//! (`docs/reference/log.md`). The journal says what happened; the log proves that it stays so.

pub mod checkpoint;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests"
)]
mod crash;
pub mod key;
pub mod note;
pub mod proof;
pub mod prove;
pub(crate) mod resume;
mod retention;
pub mod sequencer;
pub mod store;
pub(crate) mod tiles;
pub mod tree;
pub mod verify;
mod walk;

pub use checkpoint::{Checkpoint, encode_hash};
pub use key::{Keys, SigningKey};
pub use note::{Algorithm, Note, Signed, VerifierKey};
pub use sequencer::{Progress, Sequencer};
