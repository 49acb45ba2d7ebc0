//! Signed records: what is signed verifies, alone and together; what was changed, moved or repeated does not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::semicolon_if_nothing_returned,
    clippy::too_many_lines,
    reason = "tests"
)]

#[path = "../common/mod.rs"]
mod common;

mod attacks;
mod bounds;
mod combined;
mod golden;
mod neighbours;
mod round_trip;
mod stream;
mod together;
mod unstable;
