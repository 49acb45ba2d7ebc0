//! The journal's public face.

use std::path::Path;
use std::time::Duration;

use crate::batch::Batch;
use crate::error::AuditError;
use crate::frame::Range;

/// How a journal writes.
#[derive(Clone, Debug)]
pub struct Options {
    /// A segment is closed once it has passed this size.
    pub segment_bytes_max: u64,
    /// The longest that written bytes wait for their fsync where nobody waits for them.
    pub group_commit: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_bytes_max: 64 * 1024 * 1024, group_commit: Duration::from_millis(50) }
    }
}

/// What a journal held when it was opened.
#[derive(Clone, Debug, Default)]
pub struct Recovered {
    /// Bytes of an unfinished write that were cut off.
    pub torn_bytes: u64,
    /// How many entries the log has, which is the index of the next.
    pub entries: u64,
    /// The first id for this run's accesses; none at or above it was ever used.
    pub access_first: u64,
    /// Accesses with ranges that no roll-up covers: enter these first.
    pub pending: Vec<PendingAccess>,
}

/// An access that was running when the last writer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingAccess {
    /// Its id, to be used in [`Batch::rolled`] when its roll-up is entered.
    pub access: u64,
    /// The leaf of its `access_opened` entry; none where that was pruned or lost.
    pub opened_entry: Option<Vec<u8>>,
    /// What it moved since its last roll-up; neighbours joined.
    pub ranges: Vec<Range>,
}

/// Where a batch lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// The position behind the batch, for [`Journal::when_durable`].
    pub position: u64,
    /// The index of the batch's first entry; none where it has no entries.
    pub first_entry_index: Option<u64>,
}

/// The only writer of a directory; clones share it.
#[derive(Clone)]
pub struct Journal {}

#[allow(missing_docs, unused_variables, clippy::todo, clippy::unused_self)]
impl Journal {
    pub fn open(directory: &Path, options: Options) -> Result<(Self, Recovered), AuditError> {
        todo!()
    }
    pub fn write(&self, batch: &mut Batch) -> Result<Written, AuditError> {
        todo!()
    }
    pub fn durable_position(&self) -> u64 {
        todo!()
    }
    pub fn when_durable(
        &self,
        position: u64,
        wake: Box<dyn FnOnce(Result<(), AuditError>) + Send>,
    ) {
        todo!()
    }
    pub fn record(&self, entry: &[u8]) -> Result<u64, AuditError> {
        todo!()
    }
    pub fn health(&self) -> Result<(), AuditError> {
        todo!()
    }
    pub fn entries(&self) -> u64 {
        todo!()
    }
    pub fn close(self) -> Result<(), AuditError> {
        todo!()
    }
}
