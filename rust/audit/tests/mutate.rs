//! Whatever happens to the bytes of a journal: reported or a torn tail, never other entries.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![allow(
    clippy::cast_possible_truncation,
    reason = "small numbers, small tests"
)]
#![allow(clippy::disallowed_methods, reason = "the rounds are bounded by time")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use proptest::prelude::{any, proptest};
use proptest::test_runner::Config;
use streamward_audit::{AuditError, Batch, Journal, Options, Range, Reader, State};
use tempfile::TempDir;

const ENTRIES: u64 = 40;

fn entry(index: u64) -> Vec<u8> {
    format!(
        "{{\"entry\":{index},\"filler\":\"{:01$}\"}}",
        0,
        (index as usize * 37) % 400
    )
    .into_bytes()
}

/// A journal of a few segments with every kind of frame; written once, then copied.
fn journal(directory: &Path) -> Vec<PathBuf> {
    static ORIGINAL: LazyLock<TempDir> = LazyLock::new(|| {
        let directory = tempfile::tempdir().unwrap();
        write_journal(directory.path());
        directory
    });
    fs::create_dir(directory.join("journal")).unwrap();
    for folder in ["", "journal"] {
        for file in fs::read_dir(ORIGINAL.path().join(folder)).unwrap() {
            let path = file.unwrap().path();
            if path.is_file() {
                let copy = directory.join(folder).join(path.file_name().unwrap());
                fs::copy(&path, copy).unwrap();
            }
        }
    }
    segments(directory)
}

fn segments(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(directory.join("journal"))
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() > 3);
    paths
}

fn write_journal(directory: &Path) {
    let options = Options {
        segment_bytes_max: 3_000,
        ..Options::default()
    };
    let (journal, _) = Journal::open(directory, options).unwrap();
    let mut batch = Batch::new();
    for index in 0..ENTRIES {
        batch.entry(&entry(index)).unwrap();
        batch.access(index, 0);
        let offset = index.cast_signed();
        let range = Range {
            partition: 3,
            first: offset,
            last: offset + 5,
            records: 6,
            bytes: 600,
            state: State::Masked,
        };
        batch.range(index, &range);
        batch.rolled(index / 2, 0);
        let position = journal.write(&mut batch).unwrap().position;
        let (sender, receiver) = std::sync::mpsc::channel();
        journal.when_durable(
            position,
            Box::new(move |result| sender.send(result).unwrap()),
        );
        receiver.recv().unwrap().unwrap();
    }
    journal.close().unwrap();
}

/// Reads to the end: the number of entries, all of them right, and the error met.
fn read(directory: &Path) -> (u64, Option<AuditError>) {
    let mut reader = match Reader::open(directory, "") {
        Ok(reader) => reader,
        Err(error) => return (0, Some(error)),
    };
    let mut next = 0;
    loop {
        match reader.read(7) {
            Err(error) => return (next, Some(error)),
            Ok(read) if read.is_empty() => return (next, None),
            Ok(read) => {
                for (index, leaf) in read {
                    assert_eq!((index, leaf), (next, entry(next)), "a wrong entry was read");
                    next += 1;
                }
            }
        }
    }
}

/// With the writer's mark, any change before it is damage: nothing counts as a torn tail.
fn check_with_mark(directory: &Path) {
    let (entries, error) = read(directory);
    assert!(
        matches!(error, Some(AuditError::Damaged { .. })),
        "{entries} entries, {error:?}"
    );
}

/// Without it, a change of the last frames may look like a torn tail.
fn check_without_mark(directory: &Path, in_last_segment: bool) {
    fs::remove_file(directory.join("durable")).unwrap();
    let (entries, error) = read(directory);
    match error {
        Some(AuditError::Damaged { .. }) => {}
        None if in_last_segment => assert!(entries <= ENTRIES),
        other => panic!("{entries} entries, {other:?}"),
    }
    if let Ok((journal, recovered)) = Journal::open(directory, Options::default()) {
        assert!(recovered.entries <= ENTRIES);
        drop(journal);
        let (entries, error) = read(directory);
        assert!(error.is_some() || entries == recovered.entries);
    }
}

proptest! {
    #![proptest_config(Config { cases: 150, ..Config::default() })]

    #[test]
    fn a_flipped_bit_is_reported(segment in any::<usize>(), at in any::<usize>(), bit in 0u8..8) {
        let directory = tempfile::tempdir().unwrap();
        let paths = journal(directory.path());
        let segment = segment % paths.len();
        let mut bytes = fs::read(&paths[segment]).unwrap();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        fs::write(&paths[segment], bytes).unwrap();
        check_with_mark(directory.path());
        // Damage in a frame that is not an entry is the only kind that an open may not meet.
        if segment + 1 == paths.len() {
            let opened = Journal::open(directory.path(), Options::default());
            assert!(matches!(opened, Err(AuditError::Damaged { .. })));
        }
        check_without_mark(directory.path(), segment + 1 == paths.len());
    }

    #[test]
    fn a_truncated_segment_is_reported(segment in any::<usize>(), length in any::<usize>()) {
        let directory = tempfile::tempdir().unwrap();
        let paths = journal(directory.path());
        let segment = segment % paths.len();
        let bytes = fs::read(&paths[segment]).unwrap();
        fs::write(&paths[segment], &bytes[..length % bytes.len()]).unwrap();
        let (entries, error) = read(directory.path());
        // Ranges cut off cleanly at the end of a closed segment take no entry with them.
        let clean = segment + 1 < paths.len() && entries == ENTRIES && error.is_none();
        assert!(clean || matches!(error, Some(AuditError::Damaged { .. })), "{entries} {error:?}");
    }
}

#[test]
fn without_a_mark_only_the_last_frame_may_be_torn() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = Journal::open(directory.path(), Options::default()).unwrap();
    for index in 0..ENTRIES {
        journal.record(&entry(index)).unwrap();
    }
    journal.close().unwrap();
    let path = directory.path().join("journal/00000000000000000000.swj");
    let bytes = fs::read(&path).unwrap();
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    fs::write(&path, flipped).unwrap();
    fs::remove_file(directory.path().join("durable")).unwrap();
    assert!(matches!(
        read(directory.path()).1,
        Some(AuditError::Damaged { .. })
    ));
    let opened = Journal::open(directory.path(), Options::default());
    assert!(matches!(opened, Err(AuditError::Damaged { .. })));
    // The refused open has left the empty file of a mark behind, which says nothing.
    fs::write(&path, &bytes[..bytes.len() - 3]).unwrap();
    assert!(matches!(read(directory.path()), (39, None)));
    let (journal, recovered) = Journal::open(directory.path(), Options::default()).unwrap();
    assert_eq!(recovered.entries, ENTRIES - 1);
    assert_eq!(
        recovered.torn_bytes,
        9 + entry(ENTRIES - 1).len() as u64 - 3
    );
    assert_eq!(journal.record(&entry(ENTRIES - 1)).unwrap(), ENTRIES - 1);
    assert!(matches!(read(directory.path()), (ENTRIES, None)));
}

#[test]
fn every_byte_of_a_header_counts() {
    let directory = tempfile::tempdir().unwrap();
    let paths = journal(directory.path());
    for path in [&paths[0], paths.last().unwrap()] {
        let bytes = fs::read(path).unwrap();
        for at in 0..32 {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            fs::write(path, changed).unwrap();
            assert!(
                matches!(read(directory.path()).1, Some(AuditError::Damaged { .. })),
                "{at}"
            );
        }
        fs::write(path, bytes).unwrap();
    }
    assert!(matches!(read(directory.path()), (ENTRIES, None)));
}

/// A small generator, so that a failing round can be named by its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).unwrap()
    }
}

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    let (at, other) = (random.below(bytes.len()), random.below(bytes.len()));
    let size = random.below(200).min(bytes.len() - at.max(other));
    match random.below(7) {
        0 => bytes[at] = random.below(256) as u8,
        1 => bytes.truncate(at),
        2 => bytes.extend_from_within(at..at + size),
        3 => bytes.copy_within(at..at + size, other),
        4 => bytes[at..at + size].fill(0),
        5 => drop(bytes.drain(at..at + size)),
        _ => {
            let noise: Vec<u8> = (0..size).map(|_| random.below(256) as u8).collect();
            drop(bytes.splice(at..at, noise));
        }
    }
}

#[test]
fn mutated_journals_never_panic_and_never_yield_other_entries() {
    let original = tempfile::tempdir().unwrap();
    let paths = journal(original.path());
    let names = ["origin", "durable"].map(|name| original.path().join(name));
    let files: Vec<_> = paths
        .iter()
        .chain(&names)
        .map(|p| (p, fs::read(p).unwrap()))
        .collect();
    let started = Instant::now();
    let (mut rounds, mut seed) = (0u64, 1u64);
    while started.elapsed() < Duration::from_secs(3) {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let mut random = Random(seed | 1);
        let (path, bytes) = &files[random.below(files.len())];
        let mut changed = bytes.clone();
        for _ in 0..=random.below(3) {
            if !changed.is_empty() {
                mutate(&mut changed, &mut random);
            }
        }
        if random.below(2) == 0 {
            let _ = fs::remove_file(original.path().join("durable"));
        }
        fs::write(path, changed).unwrap();
        read(original.path());
        if let Ok((journal, recovered)) = Journal::open(original.path(), Options::default()) {
            assert!(recovered.entries <= ENTRIES, "seed {seed}");
            drop(journal);
            read(original.path());
        }
        for (path, bytes) in &files {
            fs::write(path, bytes).unwrap();
        }
        rounds += 1;
    }
    assert!(rounds > 20, "only {rounds} rounds");
}
