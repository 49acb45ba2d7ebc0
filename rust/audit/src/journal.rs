//! The journal's public face.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, UNIX_EPOCH};

use crate::batch::{Batch, Written};
use crate::error::AuditError;
use crate::figures::Figures;
use crate::growth::Counted;
use crate::layout;
use crate::locks::lock;
use crate::mark::MarkFile;
use crate::openings::{Commitment, Openings, OpeningsLost};
use crate::origin;
use crate::pending::PendingAccess;
use crate::recover;
use crate::running::{self, Ended};
use crate::storage::{Disk, Storage};
use crate::sync::Shared;
use crate::writer::{self, Writer};

/// Access ids that each entry of the log makes room for, as a power of two: so no two runs of a
/// writer give out the same id.
const ACCESS_BITS: u32 = 20;

/// How a journal writes.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// A segment is closed once it has passed this size.
    pub segment_bytes_max: u64,
    /// The longest that written bytes wait for their fsync where nobody waits for them.
    pub group_commit: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes_max: 64 * 1024 * 1024,
            group_commit: Duration::from_millis(50),
        }
    }
}

/// What a journal held when it was opened.
#[derive(Clone, Debug, Default)]
pub struct Recovered {
    /// Bytes of an unfinished write that were cut off.
    pub torn_bytes: u64,
    /// How the last writer ended.
    pub ended: Ended,
    /// When something last became durable, at the latest then (ms since 1970); `None`: nobody knows.
    pub last_durable_milliseconds: Option<i64>,
    /// How many entries the log has, which is the index of the next.
    pub entries: u64,
    /// The first id for this run's accesses; none at or above it was ever used.
    pub access_first: u64,
    /// Accesses with ranges that no roll-up covers: enter these first.
    pub pending: Vec<PendingAccess>,
    /// What entries commit to and may not be there any more: enter that, too.
    pub openings_lost: Option<OpeningsLost>,
}

/// The only writer of a directory; clones share it. It closes when the last one is dropped.
#[derive(Clone)]
pub struct Journal {
    inner: Arc<Inner>,
}

struct Inner {
    directory: PathBuf,
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Held until the journal is closed.
    lock: Mutex<Option<File>>,
    /// Until it is, whoever opens the journal next finds out about it too.
    power_loss_is_entered: AtomicBool,
}

impl Journal {
    /// Opens a log directory for writing: creates what is missing, takes the lock, cuts a torn tail
    /// and fsyncs what is there.
    ///
    /// Errors: `Locked` where another writer has it, `Damaged` with the place, `Io`.
    pub fn open(directory: &Path, options: Options) -> Result<(Self, Recovered), AuditError> {
        Self::open_on(Arc::new(Disk), directory, &options)
    }

    pub(crate) fn open_on(
        storage: Arc<dyn Storage>,
        directory: &Path,
        options: &Options,
    ) -> Result<(Self, Recovered), AuditError> {
        layout::create_directories(directory)?;
        let lock = layout::lock(directory)?;
        recover::remove_staging(directory)?;
        let segments = layout::segments(directory)?;
        let origin_crc = match (origin::origin_crc(directory)?, segments.last()) {
            (Some(crc), _) => crc,
            (None, None) => origin::create_origin(directory)?,
            (None, Some(last)) => {
                return Err(AuditError::damaged(
                    *last,
                    0,
                    "the log has lost its file `origin`",
                ));
            }
        };
        let ended = running::last(directory)?;
        let last_durable_milliseconds = changed_milliseconds(&layout::mark_path(directory));
        let mark = MarkFile::create(directory)?;
        let last = segments.last().copied().unwrap_or(0);
        if segments.is_empty() {
            if let Some(mark) = mark.read() {
                return Err(AuditError::damaged(
                    mark.segment,
                    0,
                    "all segments are missing",
                ));
            }
            writer::create_first(&*storage, directory, origin_crc)?;
        }
        let scan = recover::scan(directory, last, origin_crc, mark.read())?;
        let (openings, openings_lost) =
            Openings::resume(Arc::clone(&storage), directory, scan.entries, ended)?;
        let recovered = Recovered {
            torn_bytes: (scan.bytes.len() - scan.length) as u64,
            ended,
            last_durable_milliseconds,
            entries: scan.entries,
            access_first: scan.entries << ACCESS_BITS,
            pending: recover::with_leaves(directory, &scan),
            openings_lost,
        };
        let size = options
            .segment_bytes_max
            .min(layout::SEGMENT_FILE_BYTES_MAX / 2);
        let writer = Writer::resume(storage, directory, origin_crc, size, scan)?;
        mark.write(writer.mark())
            .and_then(|()| mark.sync())
            .map_err(|source| AuditError::io("write", &layout::mark_path(directory), source))?;
        let counted = Counted::create(directory, writer.entries)?;
        if ended != Ended::PowerLost {
            running::begin(directory)?;
        }
        let shared = Arc::new(Shared::new(
            writer,
            openings,
            (mark, counted),
            options.group_commit,
        ));
        let runner = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("journal-sync".into())
            .spawn(move || runner.run())
            .map_err(|source| AuditError::io("start the sync thread of", directory, source))?;
        let inner = Inner {
            directory: directory.to_path_buf(),
            shared,
            thread: Mutex::new(Some(thread)),
            lock: Mutex::new(Some(lock)),
            power_loss_is_entered: AtomicBool::new(ended != Ended::PowerLost),
        };
        Ok((
            Self {
                inner: Arc::new(inner),
            },
            recovered,
        ))
    }

    /// Writes all staged frames with one system call and returns the position behind them.
    ///
    /// The batch is empty afterwards in any case. On an error nothing of it counts as written:
    /// `Io` may pass (each write tries anew), `Poisoned` and `Closed` won't, `Invalid` where a
    /// staged frame refers to an entry that is not in the batch.
    pub fn write(&self, batch: &mut Batch) -> Result<Written, AuditError> {
        let result = self.inner.shared.write(|writer| writer.write(batch));
        batch.clear();
        result
    }

    /// Everything written before this position is durable.
    pub fn durable_position(&self) -> u64 {
        self.inner.shared.durable()
    }

    /// Asks for an fsync now and calls `wake` once `position` is durable or can't become so.
    ///
    /// `wake` runs on the sync thread (or at once on this one where the answer is known): it must
    /// be short and never wait for the journal.
    pub fn when_durable(
        &self,
        position: u64,
        wake: Box<dyn FnOnce(Result<(), AuditError>) + Send>,
    ) {
        self.inner.shared.when_durable(position, wake);
    }

    /// Writes one entry, waits until it is durable, and returns its index.
    pub fn record(&self, entry: &[u8]) -> Result<u64, AuditError> {
        let mut batch = Batch::new();
        batch.entry(entry)?;
        let written = self.write(&mut batch)?;
        let (sender, receiver) = mpsc::sync_channel(1);
        self.when_durable(
            written.position,
            Box::new(move |result| {
                // The receiver waits below for as long as this can be called.
                let _ = sender.send(result);
            }),
        );
        receiver.recv().unwrap_or(Err(AuditError::Closed))?;
        written.first_entry_index.ok_or(AuditError::Closed)
    }

    /// Keeps a value apart from the leaf that is to say it; what stands in the leaf instead. The value is
    /// written before this returns, and durable before an entry that is written afterwards.
    ///
    /// Errors: `TooLarge`, `Io`.
    pub fn commit(
        &self,
        field: &str,
        value: &str,
        subject: &str,
        now_milliseconds: i64,
    ) -> Result<Commitment, AuditError> {
        let openings = &self.inner.shared.openings;
        openings.commit(field, value, subject, now_milliseconds)
    }

    /// Erases the values that were kept at these places; how many there were. Enter first that it is done.
    pub fn erase(&self, places: &[u64]) -> Result<usize, AuditError> {
        self.inner.shared.openings.erase(places)
    }

    /// The first place of a value that is left if those kept before `since` go, by whole files; none where none
    /// can go. Both times in ms since 1970.
    pub fn openings_prunable(&self, since: i64, now: i64) -> Result<Option<u64>, AuditError> {
        self.inner.shared.openings.prunable(since, now)
    }

    /// Lets go of the values kept below this place. Enter first that it is done.
    pub fn prune_openings(&self, below: u64) -> Result<(), AuditError> {
        self.inner.shared.openings.prune(below)
    }

    /// What a machine that went down may have taken with it is entered, and durable. Until this is called the
    /// directory keeps saying that it did.
    pub fn power_loss_entered(&self) -> Result<(), AuditError> {
        if !self
            .inner
            .power_loss_is_entered
            .swap(true, Ordering::AcqRel)
        {
            running::begin(&self.inner.directory)?;
        }
        Ok(())
    }

    /// Err while writes fail: `Io` may pass by itself (tried 4 times a second), `Poisoned` lasts
    /// until the journal is opened again.
    pub fn health(&self) -> Result<(), AuditError> {
        self.inner.shared.health()
    }

    /// What it did since it was opened.
    pub fn figures(&self) -> Figures {
        self.inner.shared.figures()
    }

    /// How many entries the log has.
    pub fn entries(&self) -> u64 {
        self.inner.shared.entries()
    }

    /// Ends writing for all clones, after a last fsync, and gives the lock back.
    ///
    /// Errors: where something written could not be made durable.
    pub fn close(self) -> Result<(), AuditError> {
        self.inner.stop();
        self.inner.shared.outcome()
    }
}

impl Inner {
    fn stop(&self) {
        self.shared.close();
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread.filter(|t| t.thread().id() != thread::current().id()) {
            // It catches its waiters' panics and has none of its own.
            let _ = thread.join();
        }
        let mut held = lock(&self.lock);
        let entered = self.power_loss_is_entered.load(Ordering::Acquire);
        if held.is_some() && entered && self.shared.outcome().is_ok() {
            running::end(&self.directory);
        }
        held.take();
    }
}

fn changed_milliseconds(path: &Path) -> Option<i64> {
    let changed = std::fs::metadata(path).ok()?.modified().ok()?;
    let since = changed.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Journal")
            .field("entries", &self.entries())
            .finish_non_exhaustive()
    }
}
