//! The journal as its users see it.
#![allow(clippy::unwrap_used, clippy::large_stack_arrays, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "a test waits for a thread")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use streamward_audit::{AuditError, Batch, Journal, Options, PendingAccess, Range, Reader, State};

fn open(directory: &Path) -> (Journal, streamward_audit::Recovered) {
    Journal::open(directory, Options::default()).unwrap()
}

fn small_segments(directory: &Path) -> (Journal, streamward_audit::Recovered) {
    let options = Options {
        segment_bytes_max: 2_000,
        ..Options::default()
    };
    Journal::open(directory, options).unwrap()
}

fn range(partition: i32, first: i64, last: i64) -> Range {
    let records = u32::try_from(last - first + 1).unwrap();
    Range {
        partition,
        first,
        last,
        records,
        bytes: 100,
        state: State::Readable,
    }
}

fn wait(journal: &Journal, position: u64) -> Result<(), AuditError> {
    let (sender, receiver) = mpsc::channel();
    journal.when_durable(
        position,
        Box::new(move |result| sender.send(result).unwrap()),
    );
    receiver.recv_timeout(Duration::from_secs(10)).unwrap()
}

fn all(directory: &Path) -> Vec<(u64, Vec<u8>)> {
    Reader::open(directory, "")
        .unwrap()
        .read(usize::MAX)
        .unwrap()
}

fn segments(directory: &Path) -> usize {
    fs::read_dir(directory.join("journal")).unwrap().count()
}

#[test]
fn entries_come_back_in_order_with_their_indices() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, recovered) = open(directory.path());
    assert_eq!((recovered.entries, recovered.torn_bytes), (0, 0));
    for index in 0..10u64 {
        assert_eq!(
            journal.record(format!("entry {index}").as_bytes()).unwrap(),
            index
        );
    }
    let read = all(directory.path());
    assert_eq!(read.len(), 10);
    assert_eq!(read[7], (7, b"entry 7".to_vec()));
    journal.close().unwrap();
    let (journal, recovered) = open(directory.path());
    assert_eq!(recovered.entries, 10);
    assert_eq!(journal.record(b"again").unwrap(), 10);
    assert_eq!(all(directory.path())[10], (10, b"again".to_vec()));
}

#[test]
fn everything_is_for_the_owner_only() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("audit");
    let (journal, _) = open(&log);
    journal.record(b"x").unwrap();
    let mode = |path: &str| fs::metadata(log.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("journal")), (0o700, 0o700));
    for file in [
        "LOCK",
        "origin",
        "durable",
        "journal/00000000000000000000.swj",
    ] {
        assert_eq!(mode(file), 0o600, "{file}");
    }
}

#[test]
fn a_second_writer_is_refused_with_the_pid_of_the_first() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = open(directory.path());
    let error = Journal::open(directory.path(), Options::default()).unwrap_err();
    assert!(matches!(error, AuditError::Locked { pid, .. } if pid == std::process::id()));
    assert_eq!(error.code(), "journal.locked");
    let clone = journal.clone();
    journal.close().unwrap();
    open(directory.path());
    assert!(matches!(clone.record(b"x"), Err(AuditError::Closed)));
}

#[test]
fn a_batch_is_numbered_as_a_whole_and_reused() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = open(directory.path());
    let mut batch = Batch::new();
    batch.entry(b"a").unwrap();
    batch.entry(b"b").unwrap();
    let first = journal.write(&mut batch).unwrap();
    assert!(batch.is_empty());
    batch.range(1, &range(0, 0, 9));
    let second = journal.write(&mut batch).unwrap();
    assert_eq!(
        (first.first_entry_index, second.first_entry_index),
        (Some(0), None)
    );
    assert!(second.position > first.position);
    wait(&journal, second.position).unwrap();
    assert_eq!(journal.durable_position(), second.position);
    assert_eq!(journal.entries(), 2);
}

#[test]
fn what_nobody_waits_for_becomes_durable_within_the_group() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = open(directory.path());
    let mut batch = Batch::new();
    batch.entry(b"a").unwrap();
    let written = journal.write(&mut batch).unwrap();
    let found = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        journal.durable_position() == written.position
    });
    assert!(found);
    assert_eq!(all(directory.path()).len(), 1);
}

#[test]
fn a_position_that_was_never_written_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = open(directory.path());
    assert!(matches!(wait(&journal, 1), Err(AuditError::Invalid { .. })));
}

#[test]
fn entries_have_a_limit_and_links_must_point_into_the_batch() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = open(directory.path());
    let mut batch = Batch::new();
    assert!(matches!(
        batch.entry(&[b'x'; 65_536]),
        Err(AuditError::TooLarge { .. })
    ));
    assert!(matches!(batch.entry(b""), Err(AuditError::Invalid { .. })));
    batch.entry(&[b'x'; 65_535]).unwrap();
    batch.access(1, 1);
    assert!(matches!(
        journal.write(&mut batch),
        Err(AuditError::Invalid { .. })
    ));
    assert!(batch.is_empty());
    assert_eq!(journal.record(&[b'x'; 65_535]).unwrap(), 0);
    journal.health().unwrap();
}

/// Writes an access with three ranges, of which a roll-up covers the first.
fn run_an_access(journal: &Journal, access: u64) {
    let mut batch = Batch::new();
    batch.entry(b"opened").unwrap();
    batch.access(access, 0);
    batch.range(access, &range(0, 0, 9));
    journal.write(&mut batch).unwrap();
    batch.entry(b"other").unwrap();
    batch.entry(b"rolled up").unwrap();
    batch.rolled(access, 1);
    batch.range(access, &range(0, 10, 19));
    batch.range(access, &range(1, 5, 5));
    batch.range(access, &range(0, 20, 29));
    journal.write(&mut batch).unwrap();
}

fn expected(access: u64) -> PendingAccess {
    let joined = Range {
        records: 20,
        bytes: 200,
        ..range(0, 10, 29)
    };
    PendingAccess {
        access,
        opened_entry: Some(b"opened".to_vec()),
        ranges: vec![joined, range(1, 5, 5)],
    }
}

#[test]
fn ranges_without_a_roll_up_are_pending_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = open(directory.path());
    run_an_access(&journal, 7);
    drop(journal);
    let (journal, recovered) = open(directory.path());
    assert_eq!(recovered.pending, vec![expected(7)]);
    assert!(recovered.access_first > 7);
    let mut batch = Batch::new();
    batch.entry(b"rolled up after the crash").unwrap();
    batch.rolled(7, 0);
    journal.write(&mut batch).unwrap();
    drop(journal);
    assert!(open(directory.path()).1.pending.is_empty());
}

#[test]
fn pending_ranges_outlive_many_segments() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = small_segments(directory.path());
    run_an_access(&journal, 7);
    let mut batch = Batch::new();
    batch.entry(b"idle").unwrap();
    batch.access(8, 0);
    let idle = journal
        .write(&mut batch)
        .unwrap()
        .first_entry_index
        .unwrap();
    for _ in 0..20 {
        journal.record(&[b'x'; 1_000]).unwrap();
    }
    assert!(segments(directory.path()) > 5);
    batch.range(8, &range(3, 0, 0));
    journal.write(&mut batch).unwrap();
    journal.close().unwrap();
    let (_journal, recovered) = small_segments(directory.path());
    let late = PendingAccess {
        access: 8,
        opened_entry: Some(b"idle".to_vec()),
        ranges: vec![range(3, 0, 0)],
    };
    assert_eq!(recovered.pending, vec![expected(7), late]);
    let read = all(directory.path());
    assert_eq!(read[usize::try_from(idle).unwrap()].1, b"idle");
    assert_eq!(read.len(), 24);
}

#[test]
fn a_cursor_continues_where_it_was_taken() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = small_segments(directory.path());
    for index in 0..30u64 {
        journal.record(format!("{index:0300}").as_bytes()).unwrap();
    }
    let mut reader = Reader::open(directory.path(), "").unwrap();
    assert_eq!(reader.cursor(), "");
    for index in 0..30u64 {
        let read = reader.read(1).unwrap();
        assert_eq!(read, vec![(index, format!("{index:0300}").into_bytes())]);
        reader = Reader::open(directory.path(), &reader.cursor()).unwrap();
    }
    assert!(reader.read(1).unwrap().is_empty());
    journal.record(b"new").unwrap();
    assert_eq!(reader.read(9).unwrap(), vec![(30, b"new".to_vec())]);
}

#[test]
fn a_cursor_that_is_no_place_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = open(directory.path());
    journal.record(b"one").unwrap();
    journal.record(b"two").unwrap();
    for cursor in [
        "x",
        "0:32",
        "0:32:0:0",
        "0:32:1",
        "0:33:0",
        "0:44:2",
        "0:9999:9",
        "5:32:5",
        "0:-1:0",
        "0:99999999999999999999999:0",
    ] {
        let refused = Reader::open(directory.path(), cursor);
        assert!(
            matches!(refused, Err(AuditError::Cursor { .. })),
            "{cursor}"
        );
    }
    assert_eq!(
        Reader::open(directory.path(), "0:32:0")
            .unwrap()
            .read(9)
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        Reader::open(directory.path(), "0:44:1")
            .unwrap()
            .read(9)
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn a_reader_without_a_journal_waits_for_one() {
    let directory = tempfile::tempdir().unwrap();
    let mut reader = Reader::open(directory.path(), "").unwrap();
    assert!(reader.read(1).unwrap().is_empty());
    let (journal, _) = open(directory.path());
    journal.record(b"x").unwrap();
    assert_eq!(reader.read(1).unwrap(), vec![(0, b"x".to_vec())]);
}

#[test]
fn a_reader_follows_a_live_writer_through_its_segments() {
    const ENTRIES: u64 = 2_000;
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = small_segments(directory.path());
    let writer = std::thread::spawn(move || {
        let mut batch = Batch::new();
        for index in 0..ENTRIES {
            batch
                .entry(format!("entry {index:0100}").as_bytes())
                .unwrap();
            batch.range(1, &range(0, 0, 0));
            if index % 7 == 0 {
                let position = journal.write(&mut batch).unwrap().position;
                wait(&journal, position).unwrap();
            }
        }
        journal.write(&mut batch).unwrap();
        journal.close().unwrap();
    });
    let mut reader = Reader::open(directory.path(), "").unwrap();
    let mut next = 0;
    while next < ENTRIES {
        let read = reader.read(100).unwrap();
        if read.is_empty() {
            std::thread::sleep(Duration::from_millis(1));
        }
        for (index, entry) in read {
            assert_eq!(
                (index, entry),
                (next, format!("entry {next:0100}").into_bytes())
            );
            next += 1;
        }
    }
    writer.join().unwrap();
    assert!(segments(directory.path()) > 5);
}

#[test]
fn threads_get_indices_that_match_what_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = small_segments(directory.path());
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let journal = journal.clone();
            std::thread::spawn(move || {
                (0..50)
                    .map(|n| {
                        let entry = format!("{thread} {n}").into_bytes();
                        (journal.record(&entry).unwrap(), entry)
                    })
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    let mut recorded: Vec<_> = threads
        .into_iter()
        .flat_map(|t| t.join().unwrap())
        .collect();
    recorded.sort();
    assert_eq!(recorded, all(directory.path()));
}

#[test]
fn a_missing_origin_or_segment_is_damage() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, _) = small_segments(directory.path());
    for _ in 0..20 {
        journal.record(&[b'x'; 500]).unwrap();
    }
    journal.close().unwrap();
    let mut names: Vec<_> = fs::read_dir(directory.path().join("journal"))
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    names.sort();
    fs::rename(&names[1], directory.path().join("aside")).unwrap();
    let mut reader = Reader::open(directory.path(), "").unwrap();
    assert!(!reader.read(100).unwrap().is_empty());
    assert!(matches!(reader.read(100), Err(AuditError::Damaged { .. })));
    fs::rename(directory.path().join("aside"), &names[1]).unwrap();
    fs::remove_file(names.last().unwrap()).unwrap();
    let error = Journal::open(directory.path(), Options::default()).unwrap_err();
    assert!(
        error.to_string().contains("the segment is missing"),
        "{error}"
    );
    fs::write(
        directory.path().join("origin"),
        "streamward/0000000000000000\n",
    )
    .unwrap();
    let error = Journal::open(directory.path(), Options::default()).unwrap_err();
    assert!(error.to_string().contains("another origin"), "{error}");
    fs::remove_file(directory.path().join("origin")).unwrap();
    assert!(matches!(
        Journal::open(directory.path(), Options::default()),
        Err(AuditError::Damaged { .. })
    ));
}
