//! Bytes to frames to messages, for each broker protocol. Sans-io: no socket, clock or lock.
//!
//! Every length that a peer sends is checked against the bytes that remain and against
//! [`Limits`] before anything is allocated. Nothing in here panics on a peer's bytes.

mod error;
pub mod frame;
pub mod kafka;
mod limits;
pub mod proxy;

pub use error::WireError;
pub use limits::Limits;
