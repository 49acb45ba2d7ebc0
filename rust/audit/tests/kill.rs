//! What was acknowledged survives `kill -9`.
#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test waits for its child process"
)]

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use streamward_audit::{Batch, Journal, Options, Range, Reader, State};

const DIRECTORY: &str = "STREAMWARD_AUDIT_KILL_TEST";
const ROUNDS: u64 = 20;

/// The child: appends, and prints an index once its entry is written.
#[test]
#[ignore = "runs in a child process of the test below"]
fn append_until_killed() {
    let Ok(directory) = std::env::var(DIRECTORY) else {
        return;
    };
    let options = Options {
        segment_bytes_max: 20_000,
        ..Options::default()
    };
    let (journal, recovered) = Journal::open(Path::new(&directory), options).unwrap();
    let mut out = std::io::stderr().lock();
    let mut batch = Batch::new();
    for n in 0.. {
        let access = recovered.access_first + n;
        let next = journal.entries();
        journal
            .commit("ip", &format!("value {next}"), "s", 0)
            .unwrap();
        batch
            .entry(format!("entry {next:0300}").as_bytes())
            .unwrap();
        batch.access(access, 0);
        let range = Range {
            partition: 0,
            first: 5,
            last: 5,
            records: 1,
            bytes: 9,
            state: State::Readable,
        };
        batch.range(access, &range);
        let written = journal.write(&mut batch).unwrap();
        writeln!(
            out,
            "written {} {access}",
            written.first_entry_index.unwrap()
        )
        .unwrap();
    }
}

#[test]
fn nothing_acknowledged_is_missing_after_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let mut acknowledged = 0u64;
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "append_until_killed", "--ignored", "--nocapture"])
            .env(DIRECTORY, directory.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap());
        let (first, writing) = mpsc::channel();
        let reader = std::thread::spawn(move || {
            lines
                .lines()
                .map_while(Result::ok)
                .filter(|l| l.starts_with("written"))
                .inspect(|_| _ = first.send(()))
                .collect()
        });
        writing.recv().unwrap();
        std::thread::sleep(Duration::from_millis(round * 37 % 60));
        child.kill().unwrap();
        child.wait().unwrap();
        // A line that the kill cut short acknowledged nothing.
        let printed: Vec<String> = reader.join().unwrap();
        let whole: Vec<(u64, u64)> = printed
            .iter()
            .filter_map(|line| {
                let mut numbers = line.split(' ').skip(1).map(str::parse);
                Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
            })
            .collect();
        let (journal, recovered) = Journal::open(directory.path(), Options::default()).unwrap();
        let whole = &whole[..whole.len().saturating_sub(1)];
        if let Some((index, access)) = whole.last() {
            acknowledged = acknowledged.max(index + 1);
            assert!(recovered.pending.iter().any(|p| {
                p.access == *access
                    && p.opened_entry.as_deref() == Some(format!("entry {index:0300}").as_bytes())
            }));
        }
        assert!(
            recovered.entries >= acknowledged,
            "{} < {acknowledged}",
            recovered.entries
        );
        let mut batch = Batch::new();
        let value = format!("value {}", recovered.entries);
        journal.commit("ip", &value, "s", 0).unwrap();
        batch
            .entry(format!("entry {:0300}", recovered.entries).as_bytes())
            .unwrap();
        for pending in &recovered.pending {
            batch.rolled(pending.access, 0);
        }
        journal.write(&mut batch).unwrap();
        journal.close().unwrap();
    }
    assert!(
        acknowledged > ROUNDS,
        "the children hardly wrote: {acknowledged}"
    );
    let mut reader = Reader::open(directory.path(), "").unwrap();
    let mut next = 0u64;
    loop {
        let read = reader.read(1000).unwrap();
        if read.is_empty() {
            break;
        }
        for (index, entry) in read {
            assert_eq!(
                (index, entry),
                (next, format!("entry {next:0300}").into_bytes())
            );
            next += 1;
        }
    }
    assert!(next >= acknowledged);
    let opened = opened(directory.path());
    for entry in 0..next {
        assert!(
            opened.contains(&entry.to_string()),
            "{entry} commits to nothing"
        );
    }
}

/// Every value that the openings beside the journal hold.
fn opened(directory: &Path) -> HashSet<String> {
    let files = std::fs::read_dir(directory.join("openings")).unwrap();
    let texts = files.map(|file| std::fs::read(file.unwrap().path()).unwrap());
    texts
        .flat_map(|bytes| {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let values = text.split("\"value\":\"value ").skip(1);
            values
                .filter_map(|rest| rest.split_once('"').map(|(value, _)| value.to_owned()))
                .collect::<Vec<_>>()
        })
        .collect()
}
