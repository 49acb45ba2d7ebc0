//! Proofs over all requests: what a policy can never allow, shown by symbolic analysis of Cedar.
//!
//! The rules are compiled to SMT-LIB as they are. What the gateway puts around them (who is in
//! which role, which names belong to which class, which address is in which network) is stated as
//! further conditions in Cedar's own expressions, so that the solver looks through exactly those
//! requests that the evaluator can be asked. The solver itself is the caller's.
#![forbid(unsafe_code)]

mod addresses;
mod batch;
mod claim;
mod context;
mod document;
mod error;
mod expression;
mod mentions;
mod principals;
mod prover;
mod reach;
mod renaming;
mod resources;
mod rule;
mod solver;
mod witness;

pub use claim::{Claim, Verdict};
pub use document::{DOCUMENT_BYTES_MAX, Version};
pub use error::ProveError;
pub use prover::Prover;
pub use solver::{Answer, Solve};
