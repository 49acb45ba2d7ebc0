//! What the caller was allowed to fetch, and what the broker was asked for it.

use std::sync::Arc;

use crate::recorder::Access;
use crate::session::sealing::Form;

/// A topic that is being fetched.
#[derive(Debug)]
pub struct Fetching {
    /// Its name.
    pub name: Arc<str>,
    /// Its id, where the request names it so.
    pub id: [u8; 16],
    /// What counts its records.
    pub access: Option<Arc<Access>>,
    /// How its records leave.
    pub form: Form,
    /// Its partitions, of a fetch without a session.
    pub partitions: Vec<i32>,
}

/// The topics that may be fetched, for as long as the decision holds.
#[derive(Debug)]
pub struct Admitted {
    /// In the order of the request or of the session.
    pub topics: Vec<Fetching>,
    /// Was anything refused?
    pub in_part: bool,
    pub(super) epoch: u64,
    pub(super) valid_until: i64,
}

impl Admitted {
    /// Are the decisions that it rests on those of now?
    pub fn holds(&self, epoch: u64, now: i64) -> bool {
        self.epoch == epoch && now < self.valid_until
    }
}

/// What the broker was asked for in a client's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The changes, in the broker's session of this id.
    Incremental(i32),
    /// All of it, in a session to be opened; this count tells it from others.
    Full(u64),
    /// All of it, outside any session.
    Sessionless,
}
