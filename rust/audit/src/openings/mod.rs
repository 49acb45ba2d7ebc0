//! What personal data the leaves commit to, kept apart from them so that it can be erased.
//!
//! A leaf says `committed:PLACE:HASH` where the value would stand; the opening at that place of
//! `openings/` holds the value and the salt. `docs/reference/erasing.md` is the contract.
//!
//! INVARIANT: a place is given out once. A run of the writer begins a file of its own, behind every place that
//! any run before it can have given out; a file of an earlier run is never written to, except to erase.

mod erase;
mod files;
mod form;
#[cfg(test)]
mod tests;

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use self::files::{FILE_PLACES, Files, next_file};
use self::form::{OPENING_BYTES_MAX, Opening, commitment, framed, whole};
use crate::error::AuditError;
use crate::locks::lock;
use crate::running::Ended;
use crate::storage::{Segment, Storage};

pub use self::form::{VALUE_BYTES_MAX, opening_frames, opening_payload};

/// A file of openings is closed once it has passed this size: what goes, goes by whole files.
const FILE_BYTES_MAX: u64 = FILE_PLACES / 2;
/// And once its first opening is this old: so an opening goes at most this much later than it is kept.
pub(crate) const FILE_AGE_MAX_MILLISECONDS: i64 = 3_600_000;
const SALT_BYTES: usize = 32;

/// Stands in a leaf for a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitment(String);

impl Commitment {
    /// As the leaf has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Places whose openings a machine that went down may have taken with it, though entries name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpeningsLost {
    /// The first such place.
    pub from: u64,
    /// The first place behind them.
    pub below: u64,
    /// How many bytes lie there that are no opening.
    pub bytes: u64,
}

/// The writer of the openings of one log.
#[derive(Debug)]
pub(crate) struct Openings {
    files: Files,
    end: Mutex<End>,
    /// Erasing and pruning, one at a time; neither keeps a value from being committed to.
    upkeep: Mutex<()>,
    /// Something was written since the last fsync.
    dirty: AtomicBool,
}

/// The file being written; none until there is something to write.
#[derive(Debug, Default)]
struct End {
    file: Option<Arc<dyn Segment>>,
    first: u64,
    length: u64,
    tail_dirty: bool,
    /// When its first and its newest opening were written.
    began: i64,
    newest: i64,
    /// Where the next file begins.
    next: u64,
}

impl End {
    fn is_over(&self, now: i64) -> bool {
        let age = now.saturating_sub(self.began).saturating_abs();
        self.file.is_none() || self.length >= FILE_BYTES_MAX || age >= FILE_AGE_MAX_MILLISECONDS
    }
}

impl Openings {
    /// Goes on behind what is there, which stays as it is; what of it is lost, if the last writer was.
    ///
    /// `entries` is how many the log has. Makes durable what a writer that was killed had only written.
    pub(crate) fn resume(
        storage: Arc<dyn Storage>,
        log: &Path,
        entries: u64,
        ended: Ended,
    ) -> Result<(Self, Option<OpeningsLost>), AuditError> {
        let files = Files::of(storage, log);
        let mut end = End {
            // Where nothing says how far places were given out, they begin where no log ever came by itself.
            next: files
                .next()
                .unwrap_or_else(|| next_file(entries.saturating_mul(FILE_PLACES))),
            ..End::default()
        };
        let mut lost = None;
        if let Some(first) = files.list()?.last().copied() {
            let bytes = files.read(first)?.unwrap_or_default();
            let (length, good) = (bytes.len() as u64, whole(&bytes) as u64);
            end.next = end.next.max(next_file(first.saturating_add(length.max(1))));
            if ended != Ended::Closed {
                let path = files.path(first);
                let synced = files.open(first, true).and_then(|file| file.sync_data());
                synced.map_err(|source| AuditError::io("fsync", &path, source))?;
            }
            if ended == Ended::PowerLost || (ended == Ended::Killed && good < length) {
                lost = Some(OpeningsLost {
                    from: first + good,
                    below: end.next,
                    bytes: length - good,
                });
            }
        }
        let openings = Self {
            files,
            end: Mutex::new(end),
            upkeep: Mutex::default(),
            dirty: AtomicBool::new(false),
        };
        Ok((openings, lost))
    }

    /// Writes an opening; what stands for the value in a leaf that is written after this.
    ///
    /// Errors: `TooLarge` for a value that is too long, `Invalid`, `Io`.
    pub(crate) fn commit(
        &self,
        field: &str,
        value: &str,
        subject: &str,
        now_milliseconds: i64,
    ) -> Result<Commitment, AuditError> {
        let mut salt = [0; SALT_BYTES];
        rand::fill(&mut salt).map_err(|_| AuditError::Invalid {
            what: "the system gives no random numbers".into(),
        })?;
        let opening = Opening {
            field: field.into(),
            salt: URL_SAFE_NO_PAD.encode(salt),
            subject: subject.into(),
            time: now_milliseconds,
            value: value.into(),
        };
        let payload = serde_json::to_vec(&opening).map_err(|error| AuditError::Invalid {
            what: error.to_string(),
        })?;
        if value.len() > VALUE_BYTES_MAX || payload.len() > OPENING_BYTES_MAX {
            return Err(AuditError::TooLarge {
                bytes: value.len(),
                bytes_max: VALUE_BYTES_MAX,
            });
        }
        let place = self.append(&framed(&payload), now_milliseconds)?;
        let hash = commitment(&salt, field, value);
        Ok(Commitment(format!("committed:{place}:{hash}")))
    }

    fn append(&self, bytes: &[u8], now: i64) -> Result<u64, AuditError> {
        let mut end = lock(&self.end);
        if end.is_over(now) {
            self.begin(&mut end, now)?;
        }
        let path = self.files.path(end.first);
        let failed = |source| AuditError::io("write", &path, source);
        let Some(file) = end.file.clone() else {
            return Err(AuditError::Closed);
        };
        if end.tail_dirty {
            file.truncate(end.length).map_err(failed)?;
            end.tail_dirty = false;
        }
        if let Err(source) = file.write_all_at(bytes, end.length) {
            end.tail_dirty = true;
            return Err(failed(source));
        }
        self.dirty.store(true, Ordering::Release);
        let place = end.first + end.length;
        end.length += bytes.len() as u64;
        end.newest = end.newest.max(now);
        Ok(place)
    }

    /// Begins the next file; the one before is durable, as the name of this one is.
    fn begin(&self, end: &mut End, now: i64) -> Result<(), AuditError> {
        let first = end.next;
        let create = || -> io::Result<Arc<dyn Segment>> {
            if let Some(before) = &end.file {
                before.sync()?;
            }
            self.files.create(first)
        };
        let created = create();
        let path = self.files.path(first);
        let file = created.map_err(|source| AuditError::io("create", &path, source))?;
        *end = End {
            file: Some(file),
            first,
            began: now,
            newest: now,
            next: first.saturating_add(FILE_PLACES),
            ..End::default()
        };
        Ok(())
    }

    /// Makes durable what was written; nothing to do where nothing was.
    pub(crate) fn sync(&self) -> io::Result<()> {
        if !self.dirty.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let file = lock(&self.end).file.clone();
        let synced = file.map_or(Ok(()), |file| file.sync());
        synced.inspect_err(|_| self.dirty.store(true, Ordering::Release))
    }
}
