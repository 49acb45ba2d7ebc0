//! Topics and partitions as a request lists them.

use crate::session::cold::Naming;

/// From where, and how much, a partition is fetched: the fields that a consumer sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The leader epoch that the client knows; -1: none.
    pub current_leader_epoch: i32,
    /// The first offset that is asked for.
    pub fetch_offset: i64,
    /// The epoch of the last record that it has; -1: none.
    pub last_fetched_epoch: i32,
    /// The earliest offset that a follower has; -1 from consumers.
    pub log_start_offset: i64,
    /// The most bytes to get.
    pub bytes_max: i32,
}

impl Default for Position {
    fn default() -> Self {
        Self {
            current_leader_epoch: -1,
            fetch_offset: 0,
            last_fetched_epoch: -1,
            log_start_offset: -1,
            bytes_max: 0,
        }
    }
}

/// One partition of a request.
#[derive(Clone, Copy, Debug)]
pub struct Listed {
    /// Which.
    pub index: i32,
    /// From where, and how much.
    pub position: Position,
}

/// One topic of a request.
#[derive(Debug)]
pub struct Topic<'a, P> {
    /// How the request names it.
    pub naming: Naming<'a>,
    /// Its partitions.
    pub partitions: Vec<P>,
}

impl<P> Topic<'_, P> {
    pub(super) const fn unnamed() -> Self {
        Self {
            naming: Naming::Name(""),
            partitions: Vec::new(),
        }
    }
}
