//! A directory that was handed on may hold anything: what is no file is refused by its name, and nobody waits for it.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use streamward_audit::log::verify::{Trust, verify};
use streamward_audit::log::{Keys, Sequencer, SigningKey};
use streamward_audit::{Journal, Options, Reader, declare_origin};

const ORIGIN: &str = "example.com/strange";

fn log() -> (tempfile::TempDir, Trust) {
    let folder = tempfile::tempdir().unwrap();
    declare_origin(folder.path(), ORIGIN).unwrap();
    let (journal, _) = Journal::open(folder.path(), Options::default()).unwrap();
    let current = SigningKey::of_directory(folder.path(), ORIGIN).unwrap();
    let keys = vec![current.public().clone()];
    let previous = None;
    let sequencer = Sequencer::open(&journal, folder.path(), Keys { current, previous }).unwrap();
    for number in 0..300 {
        journal
            .record(format!(r#"{{"entry":"{number}"}}"#).as_bytes())
            .unwrap();
    }
    drop(journal);
    sequencer.close().unwrap();
    let trust = Trust {
        keys,
        ..Trust::default()
    };
    (folder, trust)
}

/// What both readers say, unless one of them waits for ever.
fn told(folder: &Path, trust: Trust) -> (Option<String>, Option<String>) {
    let (sender, receiver) = mpsc::channel();
    let folder = folder.to_path_buf();
    thread::spawn(move || {
        let verified = verify(&folder, &trust, true).err();
        let read = Reader::open(&folder, "").and_then(|mut reader| reader.read(usize::MAX));
        let text = |error: streamward_audit::AuditError| error.to_string();
        sender.send((verified.map(text), read.err().map(text)))
    });
    receiver.recv_timeout(Duration::from_secs(60)).unwrap()
}

#[test]
fn what_is_no_file_is_refused_and_nobody_waits() {
    let segment = "journal/00000000000000000000.swj";
    let of_the_log = [
        "checkpoint",
        "tile/0/000",
        "tile/entries/000",
        segment,
        "origin",
        "durable",
    ];
    for name in of_the_log {
        for instead in ["pipe", "device", "folder"] {
            let (folder, trust) = log();
            let path = folder.path().join(name);
            fs::remove_file(&path).unwrap();
            match instead {
                "pipe" => assert!(
                    Command::new("mkfifo")
                        .arg(&path)
                        .status()
                        .unwrap()
                        .success()
                ),
                "device" => std::os::unix::fs::symlink("/dev/zero", &path).unwrap(),
                _ => fs::create_dir(&path).unwrap(),
            }

            let (verified, read) = told(folder.path(), trust);

            let of_journal = !matches!(name, "checkpoint" | "tile/0/000" | "tile/entries/000");
            let verified = verified.unwrap();
            assert!(verified.contains(name), "{instead} as {name}: {verified}");
            assert_eq!(read.is_some(), of_journal, "{instead} as {name}: {read:?}");
        }
    }
}

#[test]
fn a_segment_that_no_writer_began_is_named() {
    let (folder, trust) = log();
    let journal = folder.path().join("journal");
    let copied = journal.join("00000000000000000100.swj");
    fs::copy(journal.join("00000000000000000000.swj"), copied).unwrap();

    let (verified, _) = told(folder.path(), trust);

    let verified = verified.unwrap();
    assert!(verified.contains("00000000000000000100.swj"), "{verified}");
}
