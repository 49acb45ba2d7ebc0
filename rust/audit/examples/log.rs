//! Measures the log on this machine's disk: `cargo run --release --example log [DIR [ENTRIES]]`.
//!
//! Entries of 600 bytes are appended in groups that are durable before the next one, while the
//! sequencer turns them into tiles and checkpoints; then all of it is verified. Prints one JSON object.
#![allow(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "it prints rates"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "it measures time"
)]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::json;
use streamward_audit::log::verify::{Trust, verify};
use streamward_audit::log::{Keys, Sequencer, SigningKey};
use streamward_audit::{Batch, Journal, Options, declare_origin};

const ORIGIN: &str = "example.com/bench";
const ENTRY_BYTES: usize = 600;
const GROUP: u64 = 500;
/// Groups on their way to the disk at one time.
const GROUPS_IN_FLIGHT: usize = 8;
/// What Linux counts the time of processes in.
const TICKS_PER_SECOND: f64 = 100.0;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Seconds of CPU that this process has used.
fn cpu_seconds() -> Outcome<f64> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    let fields = text.rsplit(") ").next().unwrap_or_default().split(' ');
    let ticks: Vec<u64> = fields.skip(11).take(2).flat_map(str::parse).collect();
    Ok(ticks.iter().sum::<u64>() as f64 / TICKS_PER_SECOND)
}

fn append(journal: &Journal, entries: u64) -> Outcome<()> {
    let (sender, receiver) = mpsc::channel();
    let mut batch = Batch::new();
    let mut leaf = vec![b'x'; ENTRY_BYTES];
    let groups = entries.div_ceil(GROUP);
    for group in 0..groups {
        for at in 0..GROUP {
            leaf[..20].copy_from_slice(format!("{:020}", group * GROUP + at).as_bytes());
            batch.entry(&leaf)?;
        }
        let (position, sender) = (journal.write(&mut batch)?.position, sender.clone());
        journal.when_durable(position, Box::new(move |result| drop(sender.send(result))));
        if group >= GROUPS_IN_FLIGHT as u64 {
            receiver.recv()??;
        }
    }
    for _ in 0..groups.min(GROUPS_IN_FLIGHT as u64) {
        receiver.recv()??;
    }
    Ok(())
}

fn grow(directory: &Path, entries: u64) -> Outcome<serde_json::Value> {
    let (journal, _) = Journal::open(directory, Options::default())?;
    let keys = Keys::only(SigningKey::of_directory(directory, ORIGIN)?);
    let sequencer = Sequencer::open(&journal, directory, keys)?;
    let (started, cpu) = (Instant::now(), cpu_seconds()?);
    append(&journal, entries)?;
    let durable = started.elapsed();
    let behind = sequencer.progress();
    while sequencer.progress().size < journal.entries() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let covered = started.elapsed();
    let cpu = cpu_seconds()? - cpu;
    let checkpoints = sequencer.progress().checkpoints;
    sequencer.close()?;
    let total = journal.entries() as f64;
    journal.close()?;
    Ok(json!({
        "entries": total,
        "durable_per_second": (total / durable.as_secs_f64()).round(),
        "checkpointed_per_second": (total / covered.as_secs_f64()).round(),
        "waiting_at_the_end": total - behind.size as f64,
        "checkpoints": checkpoints,
        "cpu_seconds_per_million": cpu / total * 1e6,
    }))
}

fn main() -> Outcome<()> {
    let mut words = std::env::args_os().skip(1);
    let parent = words.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let entries = words.next().and_then(|it| it.to_str()?.parse().ok());
    let directory = tempfile::tempdir_in(parent)?;
    declare_origin(directory.path(), ORIGIN)?;
    let mut figures = grow(directory.path(), entries.unwrap_or(1_000_000))?;
    let key = SigningKey::of_directory(directory.path(), ORIGIN)?;
    let trust = Trust {
        keys: vec![key.public().clone()],
        ..Trust::default()
    };
    for (name, with_journal) in [
        ("verify_seconds", false),
        ("verify_with_journal_seconds", true),
    ] {
        let started = Instant::now();
        verify(directory.path(), &trust, with_journal)?;
        figures[name] = started.elapsed().as_secs_f64().into();
    }
    println!("{figures}");
    Ok(())
}
