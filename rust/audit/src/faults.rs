//! A disk that fails on demand, and the journal on top of it.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::test_runner::Config;

use crate::locks::lock;
use crate::storage::{Disk, Segment, Storage};
use crate::{AuditError, Batch, Journal, Options, Range, Reader, Recovered, State};

const PAGE_BYTES: usize = 4096;

#[derive(Default)]
struct Faults {
    /// Bytes until the disk is full; none: never.
    space: Option<usize>,
    /// A write takes at most this many bytes.
    write_bytes_max: Option<usize>,
    fail_sync: bool,
    fail_truncate: bool,
    fail_create: bool,
    writes: usize,
    /// Called once, right after a sync has taken what was there.
    after_sync: Option<Box<dyn FnOnce() + Send>>,
    /// What would be there after a power cut.
    durable: HashMap<PathBuf, Vec<u8>>,
}

#[derive(Clone, Default)]
struct BadDisk(Arc<Mutex<Faults>>);

struct BadSegment {
    disk: BadDisk,
    path: Mutex<PathBuf>,
    file: Arc<dyn Segment>,
}

impl fmt::Debug for BadDisk {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BadDisk")
    }
}

impl fmt::Debug for BadSegment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BadSegment")
    }
}

fn eio() -> io::Error {
    io::Error::from_raw_os_error(5)
}

impl Storage for BadDisk {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn Segment>> {
        if lock(&self.0).fail_create {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let (disk, file) = (self.clone(), Disk.open(path)?);
        Ok(Arc::new(BadSegment {
            disk,
            path: Mutex::new(path.into()),
            file,
        }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        Disk.rename(from, to)?;
        let mut faults = lock(&self.0);
        let image = faults.durable.remove(from).unwrap_or_default();
        faults.durable.insert(to.into(), image);
        Ok(())
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        Disk.sync_directory(path)
    }
}

impl Segment for BadSegment {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut faults = lock(&self.disk.0);
        faults.writes += 1;
        let take = bytes
            .len()
            .min(faults.write_bytes_max.unwrap_or(usize::MAX));
        let take = take.min(faults.space.unwrap_or(usize::MAX));
        if take == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        faults.space = faults.space.map(|space| space - take);
        self.file.write_at(&bytes[..take], offset)
    }

    fn truncate(&self, bytes: u64) -> io::Result<()> {
        if lock(&self.disk.0).fail_truncate {
            return Err(eio());
        }
        self.file.truncate(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        let mut faults = lock(&self.disk.0);
        if faults.fail_sync {
            return Err(eio());
        }
        let mut path = lock(&self.path);
        if !path.exists() {
            // It was staged, and has its name now.
            let journal = path.parent().unwrap();
            let mut names: Vec<_> = fs::read_dir(journal)
                .unwrap()
                .map(|file| file.unwrap().path())
                .collect();
            names.sort();
            *path = names.pop().unwrap();
        }
        faults.durable.insert(path.clone(), fs::read(&*path)?);
        let after = faults.after_sync.take();
        drop((faults, path));
        if let Some(after) = after {
            after();
        }
        Ok(())
    }
}

impl BadDisk {
    fn set(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut lock(&self.0));
    }

    fn open_journal(&self, directory: &Path, options: &Options) -> (Journal, Recovered) {
        Journal::open_on(Arc::new(self.clone()), directory, options).unwrap()
    }

    /// Of what was not synced, some pages got to the disk (`kept` says which) and some did not.
    fn cut_power(&self, directory: &Path, kept: u64) {
        let faults = lock(&self.0);
        for file in fs::read_dir(directory.join("journal")).unwrap() {
            let path = file.unwrap().path();
            let mut bytes = fs::read(&path).unwrap();
            let durable = faults.durable.get(&path).cloned().unwrap_or_default();
            for (page, chunk) in bytes.chunks_mut(PAGE_BYTES).enumerate() {
                if kept >> (page % 64) & 1 == 0 {
                    let old = durable.get(page * PAGE_BYTES..).unwrap_or_default();
                    let known = old.len().min(chunk.len());
                    chunk[..known].copy_from_slice(&old[..known]);
                    chunk[known..].fill(0);
                }
            }
            if kept & 1 << 63 == 0 {
                bytes.truncate(durable.len().max(bytes.len() / 2));
            }
            fs::write(&path, bytes).unwrap();
        }
    }
}

fn slow() -> Options {
    Options {
        group_commit: Duration::from_secs(600),
        ..Options::default()
    }
}

fn write(journal: &Journal, entry: &[u8]) -> Result<u64, AuditError> {
    let mut batch = Batch::new();
    batch.entry(entry).unwrap();
    journal.write(&mut batch).map(|written| written.position)
}

fn wait(journal: &Journal, position: u64) -> Result<(), AuditError> {
    let (sender, receiver) = mpsc::channel();
    journal.when_durable(
        position,
        Box::new(move |result| sender.send(result).unwrap()),
    );
    receiver.recv_timeout(Duration::from_secs(10)).unwrap()
}

fn read(directory: &Path) -> Vec<(u64, Vec<u8>)> {
    Reader::open(directory, "")
        .unwrap()
        .read(usize::MAX)
        .unwrap()
}

fn eventually(mut holds: impl FnMut() -> bool) -> bool {
    (0..3_000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        holds()
    })
}

#[test]
fn a_batch_is_one_write() {
    let (directory, disk) = (tempfile::tempdir().unwrap(), BadDisk::default());
    let (journal, _) = disk.open_journal(directory.path(), &slow());
    disk.set(|faults| faults.writes = 0);
    let mut batch = Batch::new();
    for _ in 0..100 {
        batch.entry(b"entry").unwrap();
    }
    journal.write(&mut batch).unwrap();
    disk.set(|faults| assert_eq!(faults.writes, 1));
}

#[test]
fn a_short_write_is_continued() {
    let (directory, disk) = (tempfile::tempdir().unwrap(), BadDisk::default());
    let (journal, _) = disk.open_journal(directory.path(), &slow());
    disk.set(|faults| faults.write_bytes_max = Some(3));
    assert_eq!(journal.record(b"in pieces").unwrap(), 0);
    assert_eq!(read(directory.path()), vec![(0, b"in pieces".to_vec())]);
}

#[test]
fn a_full_disk_takes_nothing_of_the_batch_and_works_again_with_space() {
    let (directory, disk) = (tempfile::tempdir().unwrap(), BadDisk::default());
    let (journal, _) = disk.open_journal(directory.path(), &slow());
    assert_eq!(journal.record(b"before").unwrap(), 0);
    let segment = directory.path().join("journal/00000000000000000000.swj");
    let size = fs::metadata(&segment).unwrap().len();
    disk.set(|faults| faults.space = Some(30));
    let mut batch = Batch::new();
    batch.entry(b"whole in the space").unwrap();
    batch.entry(b"cut").unwrap();
    assert!(matches!(
        journal.write(&mut batch),
        Err(AuditError::Io { .. })
    ));
    assert_eq!(fs::metadata(&segment).unwrap().len(), size);
    assert!(matches!(journal.health(), Err(AuditError::Io { .. })));
    disk.set(|faults| faults.space = None);
    assert_eq!(journal.record(b"after").unwrap(), 1);
    journal.health().unwrap();
    let expected = vec![(0, b"before".to_vec()), (1, b"after".to_vec())];
    assert_eq!(read(directory.path()), expected);
}

#[test]
fn health_returns_without_a_write() {
    let (directory, disk) = (tempfile::tempdir().unwrap(), BadDisk::default());
    let (journal, _) = disk.open_journal(directory.path(), &slow());
    disk.set(|faults| faults.space = Some(0));
    write(&journal, b"refused").unwrap_err();
    std::thread::sleep(Duration::from_millis(600));
    journal.health().unwrap_err();
    disk.set(|faults| faults.space = None);
    assert!(eventually(|| journal.health().is_ok()));
    assert_eq!(journal.record(b"x").unwrap(), 0);
    assert_eq!(read(directory.path()).len(), 1);
}

#[test]
fn nothing_is_written_behind_bytes_that_could_not_be_taken_back() {
    let (directory, disk) = (tempfile::tempdir().unwrap(), BadDisk::default());
    let (journal, _) = disk.open_journal(directory.path(), &slow());
    disk.set(|faults| (faults.space, faults.fail_truncate) = (Some(20), true));
    write(&journal, b"torn, and it stays").unwrap_err();
    disk.set(|faults| faults.space = None);
    write(&journal, b"refused").unwrap_err();
    disk.set(|faults| faults.fail_truncate = false);
    assert_eq!(journal.record(b"good").unwrap(), 0);
    assert_eq!(read(directory.path()), vec![(0, b"good".to_vec())]);
}

#[test]
fn after_a_failed_fsync_all_is_refused_until_the_journal_is_opened_again() {
    let (directory, disk) = (tempfile::tempdir().unwrap(), BadDisk::default());
    let (journal, _) = disk.open_journal(directory.path(), &slow());
    let durable = write(&journal, b"durable").unwrap();
    wait(&journal, durable).unwrap();
    let lost = write(&journal, b"not durable").unwrap();
    disk.set(|faults| faults.fail_sync = true);
    assert!(matches!(
        wait(&journal, lost),
        Err(AuditError::Poisoned { .. })
    ));
    disk.set(|faults| faults.fail_sync = false);
    assert!(matches!(
        wait(&journal, lost),
        Err(AuditError::Poisoned { .. })
    ));
    assert!(matches!(
        write(&journal, b"refused"),
        Err(AuditError::Poisoned { .. })
    ));
    assert!(matches!(journal.health(), Err(AuditError::Poisoned { .. })));
    wait(&journal, durable).unwrap();
    assert_eq!(read(directory.path()).len(), 1);
    assert!(matches!(journal.close(), Err(AuditError::Poisoned { .. })));
    // The bytes are still in the page cache: opening writes them anew before it trusts an fsync.
    disk.set(|faults| faults.writes = 0);
    let (journal, recovered) = disk.open_journal(directory.path(), &slow());
    disk.set(|faults| assert!(faults.writes > 0));
    assert_eq!(recovered.entries, 2);
    assert_eq!(journal.record(b"again").unwrap(), 2);
    assert_eq!(read(directory.path()).len(), 3);
}

#[test]
fn what_an_entry_commits_to_is_durable_before_the_entry() {
    let (directory, disk) = (tempfile::tempdir().unwrap(), BadDisk::default());
    let (journal, _) = disk.open_journal(directory.path(), &slow());
    for address in ["10.0.0.1", "10.0.0.2"] {
        let committed = journal.commit("ip", address, "alice", 0).unwrap();
        let position = write(&journal, committed.as_str().as_bytes()).unwrap();
        wait(&journal, position).unwrap();

        let openings = directory.path().join("openings/00000000000000000000.swo");
        let durable = lock(&disk.0).durable[&openings].clone();
        assert_eq!(durable, fs::read(&openings).unwrap());
        assert!(
            durable
                .windows(address.len())
                .any(|it| it == address.as_bytes())
        );
    }
    disk.set(|faults| faults.fail_sync = true);
    journal.commit("ip", "10.0.0.3", "alice", 0).unwrap();
    let position = write(&journal, b"not durable").unwrap();
    assert!(matches!(
        wait(&journal, position),
        Err(AuditError::Poisoned { .. })
    ));
}

#[test]
fn a_value_for_which_there_is_no_room_is_refused_and_the_next_one_is_whole() {
    let (directory, disk) = (tempfile::tempdir().unwrap(), BadDisk::default());
    let (journal, _) = disk.open_journal(directory.path(), &slow());
    let first = journal.commit("ip", "10.0.0.1", "alice", 0).unwrap();
    disk.set(|faults| faults.space = Some(30));
    assert!(matches!(
        journal.commit("ip", "10.0.0.2", "alice", 0),
        Err(AuditError::Io { .. })
    ));
    disk.set(|faults| faults.space = None);
    let next = journal.commit("ip", "10.0.0.3", "alice", 0).unwrap();

    let text = fs::read(directory.path().join("openings/00000000000000000000.swo")).unwrap();
    assert!(first.as_str().starts_with("committed:0:"));
    let half = text.len() / 2;
    assert!(next.as_str().starts_with(&format!("committed:{half}:")));
}

#[test]
fn waiters_of_one_fsync_fail_together() {
    let (directory, disk) = (tempfile::tempdir().unwrap(), BadDisk::default());
    let (journal, _) = disk.open_journal(directory.path(), &slow());
    disk.set(|faults| faults.fail_sync = true);
    let position = write(&journal, b"x").unwrap();
    let (sender, receiver) = mpsc::channel();
    for _ in 0..5 {
        let sender = sender.clone();
        journal.when_durable(
            position,
            Box::new(move |result| sender.send(result).unwrap()),
        );
    }
    for _ in 0..5 {
        assert!(
            receiver
                .recv_timeout(Duration::from_secs(10))
                .unwrap()
                .is_err()
        );
    }
}

#[test]
fn a_waiter_that_panics_harms_nobody_else() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(directory.path(), slow()).unwrap();
    let position = write(&journal, b"x").unwrap();
    journal.when_durable(position, Box::new(|_| panic!("a waiter's own fault")));
    assert_eq!(journal.record(b"y").unwrap(), 1);
}

#[test]
fn without_room_for_the_next_segment_the_old_one_goes_on() {
    let (directory, disk) = (tempfile::tempdir().unwrap(), BadDisk::default());
    let options = Options {
        segment_bytes_max: 100,
        ..slow()
    };
    let (journal, _) = disk.open_journal(directory.path(), &options);
    let segments = || {
        fs::read_dir(directory.path().join("journal"))
            .unwrap()
            .count()
    };
    disk.set(|faults| faults.fail_create = true);
    for index in 0..5 {
        assert_eq!(journal.record(&[b'x'; 90]).unwrap(), index);
    }
    assert_eq!(segments(), 1);
    disk.set(|faults| faults.fail_create = false);
    for index in 5..8 {
        assert_eq!(journal.record(&[b'x'; 90]).unwrap(), index);
    }
    assert!(eventually(|| segments() > 2));
    assert_eq!(read(directory.path()).len(), 8);
}

#[test]
fn a_segment_is_whole_on_disk_before_the_next_has_its_name() {
    let (directory, disk) = (tempfile::tempdir().unwrap(), BadDisk::default());
    let options = Options {
        segment_bytes_max: 100,
        ..slow()
    };
    let (journal, _) = disk.open_journal(directory.path(), &options);
    let late = journal.clone();
    // Written between the fsync that a waiter asked for and the end of the segment.
    disk.set(|faults| {
        faults.after_sync = Some(Box::new(move || assert!(write(&late, b"late").is_ok())));
    });
    assert_eq!(journal.record(&[b'x'; 90]).unwrap(), 0);
    let next = directory.path().join("journal/00000000000000000002.swj");
    assert!(eventually(|| next.exists()));
    disk.set(|faults| faults.fail_sync = true);
    drop(journal);
    disk.set(|faults| faults.fail_sync = false);
    disk.cut_power(directory.path(), 0);
    let (_journal, recovered) = disk.open_journal(directory.path(), &options);
    assert_eq!(recovered.entries, 2);
    assert_eq!(read(directory.path())[1], (1, b"late".to_vec()));
}

#[derive(Clone, Debug)]
enum Act {
    Entry(usize),
    Range,
    Wait,
    Full(usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => (1usize..3000).prop_map(Act::Entry),
        3 => Just(Act::Range),
        2 => Just(Act::Wait),
        1 => (0usize..4000).prop_map(Act::Full),
    ];
    proptest::collection::vec(act, 1..40)
}

/// Plays the acts; returns all entries written and how many of them were durable.
fn play(journal: &Journal, disk: &BadDisk, acts: &[Act]) -> (Vec<Vec<u8>>, usize) {
    let (mut entries, mut durable, mut position) = (Vec::new(), 0, 0);
    let range = Range {
        partition: 0,
        first: 1,
        last: 1,
        records: 1,
        bytes: 1,
        state: State::Readable,
    };
    for act in acts {
        let mut batch = Batch::new();
        match act {
            Act::Entry(size) => {
                let entry = format!("{:0size$}", entries.len()).into_bytes();
                batch.entry(&entry).unwrap();
                position = journal.write(&mut batch).unwrap().position;
                entries.push(entry);
            }
            Act::Range => {
                batch.range(1, &range);
                position = journal.write(&mut batch).unwrap().position;
            }
            Act::Wait => {
                wait(journal, position).unwrap();
                durable = entries.len();
            }
            Act::Full(space) => {
                disk.set(|faults| faults.space = Some(*space));
                batch.entry(&[b'x'; 5000]).unwrap();
                journal.write(&mut batch).unwrap_err();
                disk.set(|faults| faults.space = None);
            }
        }
    }
    (entries, durable)
}

proptest! {
    #![proptest_config(Config { cases: 60, ..Config::default() })]

    #[test]
    fn a_power_cut_takes_nothing_durable_and_invents_nothing(acts in acts(), kept in any::<u64>()) {
        let (directory, disk) = (tempfile::tempdir().unwrap(), BadDisk::default());
        let options = Options { segment_bytes_max: 20_000, ..slow() };
        let (journal, _) = disk.open_journal(directory.path(), &options);
        let (entries, durable) = play(&journal, &disk, &acts);
        // From here nothing is synced any more, as if the machine had stopped.
        disk.set(|faults| faults.fail_sync = true);
        drop(journal);
        disk.set(|faults| faults.fail_sync = false);
        disk.cut_power(directory.path(), kept);

        let (journal, recovered) = disk.open_journal(directory.path(), &options);
        let after = read(directory.path());
        assert_eq!(after.len() as u64, recovered.entries);
        assert!(after.len() >= durable, "{} of {durable} durable entries", after.len());
        for (position, (index, entry)) in after.iter().enumerate() {
            assert_eq!((*index, entry), (position as u64, &entries[position]));
        }
        assert_eq!(journal.record(b"next").unwrap(), recovered.entries);
    }
}
