//! Turns durable entries of the journal into leaves, tiles and checkpoints, off everybody's path.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use crate::error::AuditError;
use crate::journal::Journal;
use crate::locks::lock;
use crate::log::checkpoint::Checkpoint;
use crate::log::key::Keys;
use crate::log::note::VerifierKey;
use crate::log::resume::{Resumed, resume};
use crate::log::retention;
use crate::log::store::{Posix, Store};
use crate::log::tiles::{self, CHECKPOINT, Kind, ROTATIONS, Tile, VKEY};
use crate::log::tree::{Edge, TILE_WIDTH, leaf_hash};
use crate::origin;
use crate::reader::Reader;

/// How often the journal is looked at; with the work itself, a checkpoint is at most a second behind.
const INTERVAL: Duration = Duration::from_millis(400);
/// Entries that are read at one time.
const READ_ENTRIES: usize = 4096;
/// A checkpoint is published after so many entries, however many more there are.
const PUBLISH_ENTRIES: u64 = 65_536;

/// How far the log is behind the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Entries that a checkpoint covers.
    pub size: u64,
    /// Checkpoints published since it was opened.
    pub checkpoints: u64,
    /// How long the oldest entry without a checkpoint may have been waiting; zero where there is none.
    pub behind: Duration,
    /// Why it can't go on, if it can't; it is tried again.
    pub error: Option<String>,
}

/// What the thread and those who ask share.
#[derive(Debug)]
struct Shared {
    size: AtomicU64,
    checkpoints: AtomicU64,
    stop: AtomicBool,
    /// The entry that names both keys, until a checkpoint of both covers it; the largest number: none.
    rotated: AtomicU64,
    /// Below which entries are to be removed, once a checkpoint covers the entry that says so.
    prune: Mutex<Option<(u64, u64)>>,
    /// When everything that was durable then had its checkpoint.
    caught_up: Mutex<Instant>,
    error: Mutex<Option<String>>,
}

/// The only writer of a log's tiles and checkpoints; ends when it is dropped.
#[derive(Debug)]
pub struct Sequencer {
    shared: Arc<Shared>,
    journal: Journal,
    thread: Mutex<Option<JoinHandle<()>>>,
    behind: u64,
    rotation: Option<(VerifierKey, VerifierKey)>,
    directory: PathBuf,
}

impl Sequencer {
    /// Continues the log beside `journal`, whose lock makes this the only writer.
    ///
    /// Errors: `Log` where what is published is damaged, or is more than the journal has; `Key`; `Io`.
    pub fn open(journal: &Journal, directory: &Path, keys: Keys) -> Result<Self, AuditError> {
        let origin = origin::origin(directory)?;
        let plan = Plan {
            directory: directory.to_path_buf(),
            origin,
            keys,
        };
        let (tail, rotating) = plan.open()?;
        plan.keep_verifier_key()?;
        let rotation = plan.keys.previous.as_ref().filter(|_| rotating);
        let rotation =
            rotation.map(|key| (key.public().clone(), plan.keys.current.public().clone()));
        let shared = Arc::new(Shared {
            size: AtomicU64::new(tail.published),
            checkpoints: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            rotated: AtomicU64::new(u64::MAX),
            prune: Mutex::new(None),
            caught_up: Mutex::new(now()),
            error: Mutex::new(None),
        });
        let behind = journal.entries().saturating_sub(tail.published);
        let runner = Runner {
            shared: Arc::clone(&shared),
            // Holds the directory's lock until the last tile is written.
            journal: journal.clone(),
            tail: Some(tail),
            plan,
        };
        let thread = thread::Builder::new()
            .name("log-sequencer".into())
            .spawn(move || runner.run())
            .map_err(|source| AuditError::io("start the sequencer of", directory, source))?;
        Ok(Self {
            shared,
            journal: journal.clone(),
            thread: Mutex::new(Some(thread)),
            behind,
            rotation,
            directory: directory.to_path_buf(),
        })
    }

    /// Entries that had no checkpoint when it was opened.
    pub fn found_behind(&self) -> u64 {
        self.behind
    }

    /// Where the log changes over to another key: both, which an entry must name.
    pub fn rotation(&self) -> Option<(&VerifierKey, &VerifierKey)> {
        self.rotation.as_ref().map(|(from, to)| (from, to))
    }

    /// Says which entry names both keys: the first checkpoint that covers it is kept.
    pub fn rotation_entered(&self, entry: u64) {
        self.shared.rotated.store(entry, Ordering::Release);
    }

    /// The entry below which all were written before `kept_since`, whole segments only; `None`:
    /// there is nothing to remove. Errors: `Io`.
    pub fn prunable(&self, kept_since: SystemTime) -> Result<Option<u64>, AuditError> {
        let size = self.shared.size.load(Ordering::Acquire);
        let below = retention::prunable(&self.directory, size, kept_since)?;
        let first = retention::first_kept(&self.directory, size);
        Ok((below > first).then_some(below))
    }

    /// Removes the entries below `below` soon, after a checkpoint covers the entry `said`, which
    /// tells so. Their hashes stay, so that every proof of the rest does.
    pub fn prune(&self, below: u64, said: u64) {
        *lock(&self.shared.prune) = Some((below, said));
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        let size = self.shared.size.load(Ordering::Acquire);
        let behind = if self.journal.entries() > size {
            lock(&self.shared.caught_up).elapsed()
        } else {
            Duration::ZERO
        };
        Progress {
            size,
            checkpoints: self.shared.checkpoints.load(Ordering::Relaxed),
            behind,
            error: lock(&self.shared.error).clone(),
        }
    }

    /// Covers all that is durable with a last checkpoint, and ends. Close the journal afterwards.
    ///
    /// Errors: `Log` where that did not work; nothing is lost, the next start does it.
    pub fn close(&self) -> Result<(), AuditError> {
        self.end();
        match lock(&self.shared.error).take() {
            Some(what) => Err(AuditError::log(CHECKPOINT, what)),
            None => Ok(()),
        }
    }

    fn end(&self) {
        self.shared.stop.store(true, Ordering::Release);
        if let Some(thread) = lock(&self.thread).take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

impl Drop for Sequencer {
    fn drop(&mut self) {
        self.end();
    }
}

#[allow(clippy::disallowed_methods, reason = "measures a lag, decides nothing")]
fn now() -> Instant {
    Instant::now()
}

/// What it takes to continue the log, again after a failure.
struct Plan {
    directory: PathBuf,
    origin: String,
    keys: Keys,
}

impl Plan {
    fn open(&self) -> Result<(Tail, bool), AuditError> {
        let store = Posix::new(&self.directory);
        store.clean()?;
        let Resumed {
            edge,
            bundle,
            rotating,
        } = resume(&store, &self.keys, &self.origin)?;
        let reader = Reader::open_at(&self.directory, edge.size())?;
        let tail = Tail::new(Box::new(store), reader, edge, bundle);
        Ok((tail, rotating))
    }

    /// For people and tools; whoever verifies must have got it from elsewhere.
    fn keep_verifier_key(&self) -> Result<(), AuditError> {
        let mut store = Posix::new(&self.directory);
        store.put(VKEY, format!("{}\n", self.keys.current.public()).as_bytes())?;
        store.commit()
    }
}

/// The thread.
struct Runner {
    shared: Arc<Shared>,
    journal: Journal,
    plan: Plan,
    tail: Option<Tail>,
}

impl Runner {
    fn run(mut self) {
        loop {
            let stop = self.shared.stop.load(Ordering::Acquire);
            let begun = now();
            match self.pass() {
                Ok(()) => {
                    *lock(&self.shared.caught_up) = begun;
                    *lock(&self.shared.error) = None;
                }
                Err(error) => {
                    // What is half written is no part of the log: the last checkpoint is its end.
                    self.tail = None;
                    let text = with_cause(&error);
                    let mut told = lock(&self.shared.error);
                    if told.as_ref() != Some(&text) {
                        tracing::error!(error = text, "the log can't keep up with the journal");
                    }
                    *told = Some(text);
                }
            }
            if stop {
                return;
            }
            thread::park_timeout(INTERVAL);
        }
    }

    fn pass(&mut self) -> Result<(), AuditError> {
        let tail = match &mut self.tail {
            Some(tail) => tail,
            lost => lost.insert(self.plan.open()?.0),
        };
        let wanted = *lock(&self.shared.prune);
        if let Some((below, said)) = wanted.filter(|(_, said)| *said < tail.published) {
            tail.prune(&self.plan.directory, below)?;
            tracing::info!(below, said, "old entries were removed from the log");
            *lock(&self.shared.prune) = None;
        }
        if self.journal.entries() == tail.published {
            return Ok(());
        }
        loop {
            let more = tail.append()?;
            let rotated = self.shared.rotated.load(Ordering::Acquire);
            if (!more || tail.waiting() >= PUBLISH_ENTRIES)
                && tail.publish(&self.plan.origin, &self.plan.keys, rotated)?
            {
                self.shared.checkpoints.fetch_add(1, Ordering::Relaxed);
                self.shared.size.store(tail.published, Ordering::Release);
                if rotated < tail.published {
                    self.shared.rotated.store(u64::MAX, Ordering::Release);
                }
            }
            if !more {
                return Ok(());
            }
        }
    }
}

fn with_cause(error: &AuditError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// The end of the log, growing.
#[derive(Debug)]
pub(crate) struct Tail {
    store: Box<dyn Store>,
    reader: Reader,
    edge: Edge,
    bundle: Vec<u8>,
    published: u64,
    /// Tiles that are full since the last checkpoint, whose partial versions can go.
    filled: Vec<Tile>,
}

impl Tail {
    pub(crate) fn new(store: Box<dyn Store>, reader: Reader, edge: Edge, bundle: Vec<u8>) -> Self {
        Self {
            store,
            reader,
            published: edge.size(),
            edge,
            bundle,
            filled: Vec::new(),
        }
    }

    fn prune(&mut self, directory: &Path, below: u64) -> Result<(), AuditError> {
        let from = retention::first_kept(directory, self.published);
        retention::prune(&mut *self.store, directory, below, from)
    }

    /// The tree as it is, published or not.
    #[cfg(test)]
    pub(crate) fn edge(&self) -> &Edge {
        &self.edge
    }

    fn waiting(&self) -> u64 {
        self.edge.size() - self.published
    }

    /// Adds the next entries that are durable; false where there are none for now.
    fn append(&mut self) -> Result<bool, AuditError> {
        self.append_at_most(READ_ENTRIES)
    }

    pub(crate) fn append_at_most(&mut self, entries_max: usize) -> Result<bool, AuditError> {
        let entries = self.reader.read(entries_max)?;
        for (index, leaf) in &entries {
            if *index != self.edge.size() {
                let what = format!("entry {} is expected, {index} is there", self.edge.size());
                return Err(AuditError::log("journal", what));
            }
            self.add(leaf)?;
        }
        Ok(!entries.is_empty())
    }

    fn add(&mut self, leaf: &[u8]) -> Result<(), AuditError> {
        tiles::put_entry(&mut self.bundle, leaf)?;
        let (store, filled) = (&mut self.store, &mut self.filled);
        self.edge.push(leaf_hash(leaf), |level, index, hashes| {
            let tile = Tile {
                kind: Kind::Hashes(level),
                index,
                width: TILE_WIDTH,
            };
            filled.push(tile);
            store.put(&tile.path(), tiles::tile_bytes(hashes))
        })?;
        if self.edge.size().is_multiple_of(TILE_WIDTH as u64) {
            let index = self.edge.size() / TILE_WIDTH as u64 - 1;
            let tile = Tile {
                kind: Kind::Entries,
                index,
                width: TILE_WIDTH,
            };
            self.store.put(&tile.path(), &self.bundle)?;
            self.filled.push(tile);
            self.bundle.clear();
        }
        Ok(())
    }

    /// Makes all tiles durable, then the checkpoint that covers them; false where there is nothing new.
    ///
    /// A checkpoint that covers the entry `rotated` is kept for those who trust the previous key.
    pub(crate) fn publish(
        &mut self,
        origin: &str,
        keys: &Keys,
        rotated: u64,
    ) -> Result<bool, AuditError> {
        if self.waiting() == 0 {
            return Ok(false);
        }
        let size = self.edge.size();
        for (level, index, hashes) in self.edge.partial() {
            let tile = Tile {
                kind: Kind::Hashes(level),
                index,
                width: hashes.len(),
            };
            if tile != Tile::of(tile.kind, index, self.published) {
                self.store.put(&tile.path(), tiles::tile_bytes(hashes))?;
            }
        }
        if !self.bundle.is_empty() {
            let tile = Tile::of(Kind::Entries, size / TILE_WIDTH as u64, size);
            self.store.put(&tile.path(), &self.bundle)?;
        }
        let checkpoint = Checkpoint {
            origin: origin.to_owned(),
            size,
            root: self.edge.root(),
        };
        let note = keys.sign(checkpoint.text()).to_string();
        if rotated < size {
            let name = format!("{ROTATIONS}/{size:020}");
            self.store.put(&name, note.as_bytes())?;
        }
        self.store.commit()?;
        self.store.put(CHECKPOINT, note.as_bytes())?;
        self.store.commit()?;
        self.published = size;
        for tile in std::mem::take(&mut self.filled) {
            if let Err(error) = self.store.remove(&tile.partials()) {
                tracing::warn!(%error, "a partial tile that is not needed any more stays");
            }
        }
        Ok(true)
    }
}
