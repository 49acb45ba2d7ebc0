//! Appends to the last segment. Everything here runs under the journal's one lock.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::batch::{Batch, Written};
use crate::error::AuditError;
use crate::layout;
use crate::mark::Mark;
use crate::pending::Pending;
use crate::recover::Scan;
use crate::storage::{Segment, Storage};

/// What a probe writes and takes back: as much as one large entry with its links.
const PROBE_BYTES: usize = 128 * 1024;
/// How much of a segment is written at a time when it is opened.
const CHUNK_BYTES: usize = 1024 * 1024;

#[derive(Debug)]
pub(crate) struct Writer {
    storage: Arc<dyn Storage>,
    directory: PathBuf,
    origin_crc: u32,
    segment_bytes_max: u64,
    file: Arc<dyn Segment>,
    /// The index of the segment's first entry.
    first: u64,
    /// Where the segment's last good frame ends.
    length: u64,
    pub(crate) position: u64,
    pub(crate) entries: u64,
    pending: Pending,
    /// A failed write may have left bytes behind `length`.
    tail_dirty: bool,
    failure: Option<AuditError>,
    poisoned: bool,
    closed: bool,
}

/// What an fsync makes durable.
pub(crate) struct Snapshot {
    pub(crate) file: Arc<dyn Segment>,
    pub(crate) mark: Mark,
    pub(crate) position: u64,
    pub(crate) entries: u64,
}

impl Writer {
    /// Continues a scanned segment. Returns when all of it is durable.
    pub(crate) fn resume(
        storage: Arc<dyn Storage>,
        directory: &Path,
        origin_crc: u32,
        segment_bytes_max: u64,
        scan: Scan,
    ) -> Result<Self, AuditError> {
        let path = layout::segment_path(directory, scan.first);
        let failed = |what| {
            let path = path.clone();
            move |source| AuditError::io(what, &path, source)
        };
        let file = storage.open(&path).map_err(failed("open"))?;
        // After a failed fsync the kernel shows pages that it will never write. Writing the same
        // bytes again makes it try again, so that the fsync below means what it says.
        for (position, chunk) in scan.bytes[..scan.length].chunks(CHUNK_BYTES).enumerate() {
            let offset = (position * CHUNK_BYTES) as u64;
            file.write_all_at(chunk, offset).map_err(failed("write"))?;
        }
        file.truncate(scan.length as u64)
            .map_err(failed("truncate"))?;
        file.sync().map_err(failed("fsync"))?;
        let parent = layout::journal_directory(directory);
        storage
            .sync_directory(&parent)
            .map_err(|source| AuditError::io("fsync", &parent, source))?;
        Ok(Self {
            storage,
            directory: directory.to_path_buf(),
            origin_crc,
            segment_bytes_max,
            file,
            first: scan.first,
            length: scan.length as u64,
            position: 0,
            entries: scan.entries,
            pending: scan.pending,
            tail_dirty: false,
            failure: None,
            poisoned: false,
            closed: false,
        })
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark {
            segment: self.first,
            offset: self.length,
        }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            file: Arc::clone(&self.file),
            mark: self.mark(),
            position: self.position,
            entries: self.entries,
        }
    }

    pub(crate) fn failure(&self) -> Option<AuditError> {
        self.failure.clone()
    }

    pub(crate) fn close(&mut self) {
        self.closed = true;
    }

    fn path(&self) -> PathBuf {
        layout::segment_path(&self.directory, self.first)
    }

    fn check_open(&self) -> Result<(), AuditError> {
        match &self.failure {
            _ if self.closed => Err(AuditError::Closed),
            Some(failure) if self.poisoned => Err(failure.clone()),
            _ => Ok(()),
        }
    }

    /// Writes the batch whole or, as far as anyone can see later, not at all.
    pub(crate) fn write(&mut self, batch: &mut Batch) -> Result<Written, AuditError> {
        self.check_open()?;
        if let Err(error) = self.pending.link(batch, self.entries) {
            self.pending.forget_introductions();
            return Err(error);
        }
        self.repair()
            .and_then(|()| self.append(&batch.bytes))
            .inspect_err(|error| {
                self.failure = Some(error.clone());
                self.pending.forget_introductions();
            })?;
        self.failure = None;
        self.pending.apply(&batch.notes, self.entries);
        let first = self.entries;
        self.entries += batch.entries as u64;
        Ok(Written {
            position: self.position,
            first_entry_index: (batch.entries > 0).then_some(first),
        })
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), AuditError> {
        if let Err(source) = self.file.write_all_at(bytes, self.length) {
            self.tail_dirty = true;
            // If this fails, the next write tries it before anything else.
            let _ = self.repair();
            return Err(AuditError::io("write", &self.path(), source));
        }
        self.length += bytes.len() as u64;
        self.position += bytes.len() as u64;
        Ok(())
    }

    /// Takes back what a failed write left behind the last good frame.
    fn repair(&mut self) -> Result<(), AuditError> {
        if self.tail_dirty {
            let cut = self.file.truncate(self.length);
            cut.map_err(|source| AuditError::io("truncate", &self.path(), source))?;
            self.tail_dirty = false;
        }
        Ok(())
    }

    /// After a failed write: finds out whether writing works again. True where it does.
    pub(crate) fn probe(&mut self) -> bool {
        if self.failure.is_none() || self.poisoned {
            return !self.poisoned;
        }
        let works = self.repair().is_ok() && {
            // Zeros are no frame: whoever finds them after a crash cuts them off.
            self.tail_dirty = true;
            let written = self
                .file
                .write_all_at(&vec![0; PROBE_BYTES], self.length)
                .is_ok();
            self.repair().is_ok() && written
        };
        if works {
            self.failure = None;
        }
        works
    }

    /// An fsync failed: nothing that is not yet durable can be trusted to become so.
    pub(crate) fn poison(&mut self, source: io::Error) -> AuditError {
        let error = AuditError::Poisoned {
            path: self.path(),
            source: Arc::new(source),
        };
        self.failure = Some(error.clone());
        self.poisoned = true;
        error
    }

    /// True once the segment should be closed. A segment without an entry can't be: the next one
    /// would have its name.
    pub(crate) fn is_full(&self) -> bool {
        self.length >= self.segment_bytes_max && self.entries > self.first && !self.poisoned
    }

    /// Closes the segment and begins the next; both are durable when it returns.
    ///
    /// Holds the lock over the fsyncs, once per segment: so whatever is on disk, a segment that
    /// is not the last is whole. `Io`: the old segment goes on. `Poisoned`: nothing does.
    pub(crate) fn roll(&mut self) -> Result<(), AuditError> {
        self.repair()?;
        if let Err(source) = self.file.sync() {
            return Err(self.poison(source));
        }
        let mut bytes = layout::header(self.origin_crc, self.entries).to_vec();
        self.pending.carry(&mut bytes);
        let file = self
            .stage(&bytes)
            .inspect_err(|_| self.pending.forget_introductions())?;
        self.first = self.entries;
        self.length = bytes.len() as u64;
        self.file = file;
        // The new name is visible, so there is no way back to the old segment.
        let parent = layout::journal_directory(&self.directory);
        self.storage
            .sync_directory(&parent)
            .map_err(|source| self.poison(source))
    }

    fn stage(&self, bytes: &[u8]) -> Result<Arc<dyn Segment>, AuditError> {
        stage(&*self.storage, &self.directory, self.entries, bytes)
    }
}

/// Makes a segment that is complete and durable before it gets its name.
fn stage(
    storage: &dyn Storage,
    directory: &Path,
    first: u64,
    bytes: &[u8],
) -> Result<Arc<dyn Segment>, AuditError> {
    let staging = layout::staging_path(directory);
    let prepare = || {
        let file = storage.open(&staging)?;
        file.truncate(0)?;
        file.write_all_at(bytes, 0)?;
        file.sync()?;
        storage.rename(&staging, &layout::segment_path(directory, first))?;
        Ok(file)
    };
    prepare().map_err(|source| AuditError::io("create", &staging, source))
}

/// The first segment of a log.
pub(crate) fn create_first(
    storage: &dyn Storage,
    directory: &Path,
    origin_crc: u32,
) -> Result<(), AuditError> {
    stage(storage, directory, 0, &layout::header(origin_crc, 0)).map(|_| ())
}
