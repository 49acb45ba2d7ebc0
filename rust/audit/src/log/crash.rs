//! A disk that fails at any of its calls and then loses its power, and the log on top of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::error::AuditError;
use crate::locks::lock;
use crate::log::checkpoint::Checkpoint;
use crate::log::key::{Keys, SigningKey};
use crate::log::note::Algorithm;
use crate::log::resume::resume;
use crate::log::sequencer::Tail;
use crate::log::store::Posix;
use crate::log::verify::{Trust, verify};
use crate::reader::Reader;
use crate::storage::{Disk, Segment, Storage};
use crate::{Batch, Journal, Options, declare_origin};

const NAME: &str = "example.com/log";

#[derive(Debug, Default)]
struct State {
    /// Calls that still work.
    left: usize,
    calls: usize,
    /// What was written and is not fsynced: by staging name.
    unsynced: BTreeSet<PathBuf>,
    /// Names that were given since their directory was last fsynced, and what bore them before.
    renamed: BTreeMap<PathBuf, Option<Vec<u8>>>,
}

/// Works for so many calls, and never again.
#[derive(Clone, Debug)]
struct Dying(Arc<Mutex<State>>);

#[derive(Debug)]
struct DyingFile {
    disk: Dying,
    path: PathBuf,
    file: Arc<dyn Segment>,
}

impl Dying {
    fn after(calls: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            left: calls,
            ..State::default()
        })))
    }

    fn call(&self) -> io::Result<()> {
        let mut state = lock(&self.0);
        state.calls += 1;
        if state.left == 0 {
            return Err(io::Error::from_raw_os_error(5));
        }
        state.left -= 1;
        Ok(())
    }

    /// What was not fsynced is empty; names that were not are given or not, as `kept` says.
    fn cut_power(&self, kept: u64) {
        let state = lock(&self.0);
        for path in &state.unsynced {
            if path.exists() {
                fs::write(path, b"").unwrap();
            }
        }
        for (number, (path, before)) in state.renamed.iter().enumerate() {
            if kept >> (number % 64) & 1 == 1 {
                continue;
            }
            match before {
                Some(bytes) => fs::write(path, bytes).unwrap(),
                None => fs::remove_file(path).unwrap(),
            }
        }
    }
}

impl Storage for Dying {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn Segment>> {
        self.call()?;
        Ok(Arc::new(DyingFile {
            disk: self.clone(),
            path: path.into(),
            file: Disk.open(path)?,
        }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.call()?;
        let before = fs::read(to).ok();
        Disk.rename(from, to)?;
        let mut state = lock(&self.0);
        if state.unsynced.remove(from) {
            state.unsynced.insert(to.into());
        }
        state.renamed.entry(to.into()).or_insert(before);
        Ok(())
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        self.call()?;
        let mut state = lock(&self.0);
        state.renamed.retain(|name, _| name.parent() != Some(path));
        Ok(())
    }
}

impl Segment for DyingFile {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.disk.call()?;
        lock(&self.disk.0).unsynced.insert(self.path.clone());
        // A short write now and then.
        let take = bytes.len().min(5000);
        self.file.write_at(&bytes[..take], offset)
    }

    fn truncate(&self, bytes: u64) -> io::Result<()> {
        self.disk.call()?;
        self.file.truncate(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.call()?;
        lock(&self.disk.0).unsynced.remove(&self.path);
        Ok(())
    }
}

/// A journal of `entries`, in parts that become durable one after another.
fn journal(directory: &Path, parts: &[u64]) {
    let (journal, _) = Journal::open(directory, Options::default()).unwrap();
    for part in parts {
        let mut batch = Batch::new();
        for _ in 1..*part {
            batch.entry(&[b'x'; 100]).unwrap();
        }
        journal.write(&mut batch).unwrap();
        journal.record(b"{}").unwrap();
    }
    journal.close().unwrap();
}

fn open(store: Posix, directory: &Path, keys: &Keys) -> Result<Tail, AuditError> {
    store.clean()?;
    let resumed = resume(&store, keys, NAME)?;
    let reader = Reader::open_at(directory, resumed.edge.size())?;
    Ok(Tail::new(
        Box::new(store),
        reader,
        resumed.edge,
        resumed.bundle,
    ))
}

/// Publishes after each of these sizes; the last checkpoint that was published.
fn work(
    tail: &mut Tail,
    sizes: &[u64],
    keys: &Keys,
    last: &mut Option<Vec<u8>>,
) -> Result<(), AuditError> {
    for size in sizes {
        let missing = size.saturating_sub(tail.edge().size());
        while tail.edge().size() < *size
            && tail.append_at_most(usize::try_from(missing).unwrap_or(usize::MAX))?
        {}
        if tail.publish(NAME, keys, u64::MAX)? {
            let checkpoint = Checkpoint {
                origin: NAME.into(),
                size: tail.edge().size(),
                root: tail.edge().root(),
            };
            *last = Some(keys.sign(checkpoint.text()).to_string().into_bytes());
        }
    }
    Ok(())
}

/// Fails at the `calls`-th call, cuts the power, goes on with a disk that works, and verifies.
/// True where all was done before.
fn die_and_recover(prepared: &Path, calls: usize, kept: u64) -> bool {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    fs::create_dir(path.join("journal")).unwrap();
    for name in ["origin", "durable", "journal/00000000000000000000.swj"] {
        fs::copy(prepared.join(name), path.join(name)).unwrap();
    }
    let key = SigningKey::generate(NAME, Algorithm::Ed25519).unwrap();
    let mut trust = Trust {
        keys: vec![key.public().clone()],
        ..Trust::default()
    };
    let keys = Keys::only(key);
    let disk = Dying::after(calls);
    let (mut last, sizes) = (None, [3, 256, 259, 300, 600, 700]);
    let mut tail = open(Posix::on(Arc::new(disk.clone()), path), path, &keys).unwrap();
    let survived = work(&mut tail, &sizes, &keys, &mut last).is_ok();
    drop(tail);
    disk.cut_power(kept);

    if let Some(note) = last {
        trust.checkpoints.push(note);
        // What was published is there as it was, before anything is mended.
        verify(path, &trust, true).unwrap_or_else(|error| panic!("{calls}: {error}"));
    }
    let mut tail = open(Posix::new(path), path, &keys)
        .unwrap_or_else(|error| panic!("after {calls} calls: {error}"));
    work(&mut tail, &[u64::MAX], &keys, &mut None).unwrap();
    let report = verify(path, &trust, true).unwrap_or_else(|error| panic!("{calls}: {error}"));
    assert_eq!((report.size, report.waiting), (700, 0));
    survived
}

#[test]
fn whatever_call_fails_and_whatever_is_lost_no_published_leaf_changes() {
    let prepared = tempfile::tempdir().unwrap();
    declare_origin(prepared.path(), NAME).unwrap();
    journal(prepared.path(), &[300, 400]);
    // Every third call; with the shifts of the calls before it, all kinds of calls come by.
    let rounds = (0..).step_by(3).find(|calls| {
        let kept = (*calls as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        die_and_recover(prepared.path(), *calls, kept)
    });
    assert!(rounds.unwrap() > 100, "the disk was hardly called");
}
