//! What is done to sealed records by somebody who holds the broker, its disks, or a producer's rights: each row is
//! refused, for a reason of its own, and marked where the stream asks for that.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::panic,
    reason = "tests"
)]

#[path = "../common/mod.rs"]
mod common;

mod batches;
mod forge;
mod places;
mod values;
