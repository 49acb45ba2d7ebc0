//! The log beside its journal: how it grows, goes on after a crash, changes its key and lets go of
//! old entries.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![allow(clippy::disallowed_methods, reason = "a test waits for others")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, SystemTime};

use streamward_audit::log::prove::{check, newest, prove};
use streamward_audit::log::verify::{Report, Trust, verify};
use streamward_audit::log::{Algorithm, Keys, Sequencer, SigningKey, VerifierKey};
use streamward_audit::{AuditError, Batch, Journal, Options, declare_origin};

const ORIGIN: &str = "example.com/log";
const DIRECTORY: &str = "STREAMWARD_LOG_KILL_TEST";
/// How often the writer is killed; `make crash` sets more.
const ROUNDS: &str = "STREAMWARD_KILL_ROUNDS";

fn open(directory: &Path, keys: Keys) -> (Journal, Sequencer) {
    open_with(directory, keys, Options::default())
}

fn open_with(directory: &Path, keys: Keys, options: Options) -> (Journal, Sequencer) {
    declare_origin(directory, ORIGIN).unwrap();
    let (journal, _) = Journal::open(directory, options).unwrap();
    let sequencer = Sequencer::open(&journal, directory, keys).unwrap();
    (journal, sequencer)
}

fn own(directory: &Path) -> SigningKey {
    SigningKey::of_directory(directory, ORIGIN).unwrap()
}

fn write(journal: &Journal, count: usize, entry: &[u8]) {
    let mut batch = Batch::new();
    for _ in 0..count {
        batch.entry(entry).unwrap();
    }
    let position = journal.write(&mut batch).unwrap().position;
    let (sender, receiver) = mpsc::channel();
    journal.when_durable(
        position,
        Box::new(move |result| sender.send(result).unwrap()),
    );
    receiver.recv().unwrap().unwrap();
}

fn close(journal: Journal, sequencer: &Sequencer) {
    sequencer.close().unwrap();
    journal.close().unwrap();
}

fn trust(key: &VerifierKey) -> Trust {
    Trust {
        keys: vec![key.clone()],
        ..Trust::default()
    }
}

fn verified(directory: &Path, key: &VerifierKey) -> Report {
    verify(directory, &trust(key), true).unwrap()
}

fn eventually(mut holds: impl FnMut() -> bool) -> bool {
    (0..1000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        holds()
    })
}

#[test]
fn entries_get_their_checkpoint_without_being_asked() {
    let directory = tempfile::tempdir().unwrap();
    let (journal, sequencer) = open(directory.path(), Keys::only(own(directory.path())));
    for size in 1..=3 {
        journal.record(b"{}").unwrap();
        assert!(eventually(|| sequencer.progress().size == size));
        assert_eq!(newest(directory.path()).unwrap().1.size, size);
    }
    assert!(eventually(|| sequencer.progress().behind.is_zero()));
    close(journal, &sequencer);
}

#[test]
fn while_tiles_cannot_be_written_entries_wait_in_the_journal() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let (journal, sequencer) = open(path, Keys::only(own(path)));
    write(&journal, 300, b"{}");
    assert!(eventually(|| sequencer.progress().size == 300));
    // Whoever runs the tests may write everywhere: a file in the way stops them nevertheless.
    fs::remove_dir_all(path.join("tile.new")).unwrap();
    fs::write(path.join("tile.new"), b"").unwrap();
    write(&journal, 300, b"{}");
    assert!(eventually(|| sequencer.progress().error.is_some()));
    let progress = sequencer.progress();
    assert!(progress.error.unwrap().contains("tile.new"));
    assert!(progress.size == 300 && !progress.behind.is_zero());
    journal.health().unwrap();
    assert_eq!(verified(path, own(path).public()).waiting, 300);

    fs::remove_file(path.join("tile.new")).unwrap();
    assert!(eventually(|| sequencer.progress().size == 600));
    assert!(eventually(|| sequencer.progress().error.is_none()));
    close(journal, &sequencer);
    assert_eq!(verified(path, own(path).public()).size, 600);
}

#[test]
fn a_log_goes_on_where_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let key = own(path).public().clone();
    let mut size = 0;
    for count in [1, 254, 1, 1, 300, 511] {
        let (journal, sequencer) = open(path, Keys::only(own(path)));
        assert_eq!(sequencer.found_behind(), 0);
        write(&journal, count, b"{}");
        close(journal, &sequencer);
        size += count as u64;
        let report = verified(path, &key);
        assert_eq!((report.size, report.journal), (size, Some(size)));
    }
    let proof = serde_json::to_vec(&prove(path, 700).unwrap()).unwrap();
    let proved = check(&proof, std::slice::from_ref(&key), &[]).unwrap();
    assert_eq!((proved.index, proved.leaf.as_str()), (700, "{}"));
    let other = SigningKey::generate(ORIGIN, Algorithm::Ed25519).unwrap();
    check(&proof, &[other.public().clone()], &[]).unwrap_err();
    assert!(matches!(prove(path, size), Err(AuditError::Invalid { .. })));
}

#[test]
fn entries_that_a_journal_alone_got_follow() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    declare_origin(path, ORIGIN).unwrap();
    let (journal, _) = Journal::open(path, Options::default()).unwrap();
    write(&journal, 1000, b"{}");
    journal.close().unwrap();
    let (journal, sequencer) = open(path, Keys::only(own(path)));
    assert_eq!(sequencer.found_behind(), 1000);
    close(journal, &sequencer);
    assert_eq!(verified(path, own(path).public()).size, 1000);
}

#[test]
fn a_log_that_does_not_fit_its_journal_or_its_key_is_not_continued() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let (journal, sequencer) = open(path, Keys::only(own(path)));
    write(&journal, 300, b"{}");
    close(journal, &sequencer);

    let (journal, _) = Journal::open(path, Options::default()).unwrap();
    let stranger = SigningKey::generate(ORIGIN, Algorithm::Ed25519).unwrap();
    let error = Sequencer::open(&journal, path, Keys::only(stranger)).unwrap_err();
    assert_eq!(error.code(), "log.key");
    let mut tile = fs::read(path.join("tile/0/001.p/44")).unwrap();
    tile[0] ^= 1;
    fs::write(path.join("tile/0/001.p/44"), &tile).unwrap();
    let error = Sequencer::open(&journal, path, Keys::only(own(path))).unwrap_err();
    assert_eq!(error.code(), "log.damaged");
    tile[0] ^= 1;
    fs::write(path.join("tile/0/001.p/44"), &tile).unwrap();
    journal.close().unwrap();

    // The journal was put back to an earlier state: the log would fork.
    for name in ["journal", "durable"] {
        let _ = fs::remove_dir_all(path.join(name)).or_else(|_| fs::remove_file(path.join(name)));
    }
    let (journal, _) = Journal::open(path, Options::default()).unwrap();
    write(&journal, 200, b"{}");
    journal.record(b"{}").unwrap();
    let error = Sequencer::open(&journal, path, Keys::only(own(path))).unwrap_err();
    assert!(error.to_string().contains("ends before"), "{error}");
    assert!(declare_origin(path, "example.com/other").is_err());
}

#[test]
fn a_change_of_key_leads_from_the_key_that_is_known_to_the_new_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let (journal, sequencer) = open(path, Keys::only(own(path)));
    write(&journal, 300, b"{}");
    close(journal, &sequencer);
    let before = fs::read(path.join("checkpoint")).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let keys = Keys {
        current: own(folder.path()),
        previous: Some(own(path)),
    };
    let (old, new) = (
        own(path).public().clone(),
        own(folder.path()).public().clone(),
    );
    let (journal, sequencer) = open(path, keys);
    assert_eq!(sequencer.rotation(), Some((&old, &new)));
    let entry = format!(
        r#"{{"streaming":{{"kind":"log_key","log_key":"{new}","previous_log_key":"{old}"}}}}"#
    );
    sequencer.rotation_entered(journal.record(entry.as_bytes()).unwrap());
    close(journal, &sequencer);
    // Both sign while both are declared, then only the new one.
    assert_eq!(verified(path, &old).signed_by, old.to_string());
    let (journal, sequencer) = open(path, Keys::only(own(folder.path())));
    assert_eq!(sequencer.rotation(), None);
    write(&journal, 300, b"{}");
    close(journal, &sequencer);

    let report = verify(
        path,
        &Trust {
            keys: vec![old.clone()],
            checkpoints: vec![before],
            ..Trust::default()
        },
        true,
    )
    .unwrap();
    assert_eq!((report.signed_by, report.rotations), (new.to_string(), 1));
    assert_eq!(report.continues, [300, 301]);
    assert_eq!(verified(path, &new).rotations, 0);
    fs::remove_dir_all(path.join("rotations")).unwrap();
    verify(path, &trust(&old), true).unwrap_err();
}

#[test]
fn what_was_pruned_leaves_hashes_that_prove_the_rest() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let key = own(path).public().clone();
    let options = Options {
        segment_bytes_max: 20_000,
        ..Options::default()
    };
    let (journal, sequencer) = open_with(path, Keys::only(own(path)), options);
    for _ in 0..20 {
        write(&journal, 99, &[b'x'; 100]);
        journal.record(b"{}").unwrap();
    }
    assert!(eventually(|| sequencer.progress().size == journal.entries()));
    let long_ago = SystemTime::now() - Duration::from_secs(3600);
    assert_eq!(sequencer.prunable(long_ago).unwrap(), None);
    let before = fs::read(path.join("checkpoint")).unwrap();
    let below = sequencer.prunable(SystemTime::now() + Duration::from_secs(60));
    let below = below.unwrap().unwrap();
    assert!(below >= 1024 && below.is_multiple_of(256), "{below}");

    let entry = format!(r#"{{"streaming":{{"kind":"log_pruned","pruned_below":"{below}"}}}}"#);
    sequencer.prune(below, journal.record(entry.as_bytes()).unwrap());
    assert!(eventually(|| !path.join("tile/entries/000").exists()));
    assert!(eventually(|| !path
        .join("journal/00000000000000000000.swj")
        .exists()));
    close(journal, &sequencer);

    let (journal, sequencer) = open(path, Keys::only(own(path)));
    write(&journal, 600, b"{}");
    close(journal, &sequencer);
    let trusted = Trust {
        checkpoints: vec![before],
        ..trust(&key)
    };
    let report = verify(path, &trusted, true).unwrap();
    assert_eq!((report.first, report.size), (below, 2601));
    prove(path, 0).unwrap_err();
    let proof = serde_json::to_vec(&prove(path, below).unwrap()).unwrap();
    check(&proof, std::slice::from_ref(&key), &[]).unwrap();
    // More than the entry says is missing.
    let next = format!("tile/entries/{:03}", below / 256);
    fs::remove_file(path.join(next)).unwrap();
    let error = verify(path, &trusted, true).unwrap_err();
    assert!(error.to_string().contains("no entry says"), "{error}");
}

/// The child: appends, and prints an index once its entry is durable.
#[test]
#[ignore = "runs in a child process of the test below"]
fn append_until_killed() {
    let Ok(directory) = std::env::var(DIRECTORY) else {
        return;
    };
    let options = Options {
        segment_bytes_max: 200_000,
        ..Options::default()
    };
    let path = Path::new(&directory);
    let (journal, _sequencer) = open_with(path, Keys::only(own(path)), options);
    let mut out = std::io::stderr().lock();
    loop {
        write(
            &journal,
            40,
            format!("entry {:0300}", journal.entries()).as_bytes(),
        );
        let index = journal.record(b"{}").unwrap();
        writeln!(out, "durable {index}").unwrap();
    }
}

fn kill_a_writer(directory: &Path, after: Duration) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "append_until_killed", "--ignored", "--nocapture"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap());
    let (working, works) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let durable = lines.lines().map_while(Result::ok);
        let durable = durable.filter_map(|line| line.strip_prefix("durable ")?.parse().ok());
        // What the kill cut short acknowledged nothing.
        let durable = durable.inspect(|_| {
            // Nobody listens any more once it is known to work.
            let _ = working.send(());
        });
        let all: Vec<u64> = durable.collect();
        all.iter().rev().nth(1).copied().unwrap_or(0)
    });
    // However slow the machine is: it writes before it is killed.
    for _ in 0..3 {
        works.recv_timeout(Duration::from_secs(60)).unwrap();
    }
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

/// Kills the writers of one log, and verifies it each time.
fn kill_writers(rounds: std::ops::Range<u64>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    declare_origin(path, ORIGIN).unwrap();
    let key = own(path).public().clone();
    let (mut seen, mut acknowledged) = (trust(&key), 0);
    for round in rounds {
        let after = Duration::from_millis(30 + round * 197 % 1100);
        acknowledged = acknowledged.max(kill_a_writer(path, after));
        if let Ok(note) = fs::read(path.join("checkpoint")) {
            // As it lies there, and against every checkpoint that was ever seen of it.
            verify(path, &seen, false).unwrap();
            seen.checkpoints.push(note);
        }
    }
    let (journal, sequencer) = open(path, Keys::only(own(path)));
    close(journal, &sequencer);
    let report = verify(path, &seen, true).unwrap();
    assert!(report.size > acknowledged, "{acknowledged}");
}

#[test]
fn whenever_the_writer_is_killed_its_log_holds_and_goes_on() {
    let rounds = std::env::var(ROUNDS).ok();
    let rounds: u64 = rounds.and_then(|rounds| rounds.parse().ok()).unwrap_or(10);
    for first in (0..rounds).step_by(10) {
        kill_writers(first..rounds.min(first + 10));
    }
}
