//! Frames staged for one write.

use crate::error::AuditError;
use crate::frame::{self, ENTRY_BYTES_MAX, Range};

/// What the journal must know about a staged frame besides its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Note {
    Access { access: u64, at: usize, nth: usize },
    Range { access: u64, range: Range },
    Rolled { access: u64, at: usize, nth: usize },
}

/// Where a batch lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// The position behind the batch, for [`crate::Journal::when_durable`].
    pub position: u64,
    /// The index of the batch's first entry; none where it has no entries.
    pub first_entry_index: Option<u64>,
}

/// A reusable buffer of frames that [`crate::Journal::write`] writes with one system call.
///
/// The ids of accesses must not repeat in a log: count from [`crate::Recovered::access_first`].
#[derive(Debug, Default)]
pub struct Batch {
    pub(crate) bytes: Vec<u8>,
    pub(crate) notes: Vec<Note>,
    pub(crate) entries: usize,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stages an entry: a canonical JSON leaf of 1 to 65,535 bytes.
    pub fn entry(&mut self, json: &[u8]) -> Result<(), AuditError> {
        if json.is_empty() {
            return Err(AuditError::Invalid {
                what: "an entry can't be empty".into(),
            });
        }
        if json.len() > ENTRY_BYTES_MAX {
            return Err(AuditError::TooLarge {
                bytes: json.len(),
                bytes_max: ENTRY_BYTES_MAX,
            });
        }
        frame::put_entry(&mut self.bytes, json);
        self.entries += 1;
        Ok(())
    }

    /// Says that the `entry_in_batch`-th entry staged here (from 0) opened `access`.
    pub fn access(&mut self, access: u64, entry_in_batch: usize) {
        let at = self.bytes.len();
        frame::put_access(&mut self.bytes, access, 0);
        self.notes.push(Note::Access {
            access,
            at,
            nth: entry_in_batch,
        });
    }

    /// Stages what a running access moved.
    pub fn range(&mut self, access: u64, range: &Range) {
        frame::put_range(&mut self.bytes, access, range);
        self.notes.push(Note::Range {
            access,
            range: *range,
        });
    }

    /// Says that every range of `access` staged or written before is in the `entry_in_batch`-th
    /// entry staged here.
    pub fn rolled(&mut self, access: u64, entry_in_batch: usize) {
        let at = self.bytes.len();
        frame::put_rolled(&mut self.bytes, access, 0);
        self.notes.push(Note::Rolled {
            access,
            at,
            nth: entry_in_batch,
        });
    }

    /// How many entries are staged: what `entry_in_batch` of the next entry will be.
    pub fn entries(&self) -> usize {
        self.entries
    }

    /// How many bytes are staged.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// True where nothing is staged.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Drops what is staged and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.notes.clear();
        self.entries = 0;
    }
}
