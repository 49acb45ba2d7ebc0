//! Measures the journal on this machine's disk: `cargo run --release --example throughput [DIR]`.
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

use streamward_audit::{Batch, Journal, Options, Range, Reader, State};

const ENTRY_BYTES: usize = 600;
const SPAN: Duration = Duration::from_secs(2);
const READ_ENTRIES: usize = 200_000;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Records entries from `threads` threads, each of which waits until its entry is durable.
fn durable_entries(journal: &Journal, threads: usize) -> Outcome<f64> {
    let started = Instant::now();
    let workers: Vec<_> = (0..threads)
        .map(|_| {
            let journal = journal.clone();
            std::thread::spawn(move || -> Outcome<u64> {
                let mut count = 0;
                while started.elapsed() < SPAN {
                    journal.record(&[b'x'; ENTRY_BYTES])?;
                    count += 1;
                }
                Ok(count)
            })
        })
        .collect();
    let mut total = 0;
    for worker in workers {
        total += worker.join().map_err(|_| "a thread ended early")??;
    }
    Ok(total as f64 / started.elapsed().as_secs_f64())
}

/// One thread that writes entries and waits once for every `group` of them.
fn grouped_entries(journal: &Journal, group: usize) -> Outcome<f64> {
    let (started, mut count, mut batch) = (Instant::now(), 0u64, Batch::new());
    let (sender, receiver) = mpsc::channel();
    while started.elapsed() < SPAN {
        for _ in 0..group {
            batch.entry(&[b'x'; ENTRY_BYTES])?;
            count += 1;
        }
        let (position, sender) = (journal.write(&mut batch)?.position, sender.clone());
        journal.when_durable(position, Box::new(move |result| drop(sender.send(result))));
        receiver.recv()??;
    }
    Ok(count as f64 / started.elapsed().as_secs_f64())
}

/// Nanoseconds of staging and writing one range frame: median and 99th percentile.
fn range_write(journal: &Journal) -> Outcome<(u128, u128)> {
    let mut batch = Batch::new();
    let mut times = Vec::new();
    for first in 0..200_000 {
        let started = Instant::now();
        let range = Range {
            partition: 1,
            first,
            last: first,
            records: 1,
            bytes: 1,
            state: State::Readable,
        };
        batch.range(7, &range);
        journal.write(&mut batch)?;
        times.push(started.elapsed().as_nanos());
    }
    times.sort_unstable();
    Ok((times[times.len() / 2], times[times.len() * 99 / 100]))
}

fn read_entries(directory: &Path, journal: &Journal) -> Outcome<f64> {
    let mut batch = Batch::new();
    for _ in 0..READ_ENTRIES / 100 {
        for _ in 0..100 {
            batch.entry(&[b'x'; ENTRY_BYTES])?;
        }
        journal.write(&mut batch)?;
    }
    journal.record(b"last")?;
    let mut reader = Reader::open(directory, "")?;
    let (started, mut count) = (Instant::now(), 0);
    loop {
        match reader.read(1000)?.len() {
            0 => return Ok(f64::from(count) / started.elapsed().as_secs_f64()),
            read => count += u32::try_from(read)?,
        }
    }
}

fn main() -> Outcome<()> {
    let parent = std::env::args_os()
        .nth(1)
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let directory = tempfile::tempdir_in(parent)?;
    let (journal, _) = Journal::open(directory.path(), Options::default())?;
    for threads in [1, 8] {
        let rate = durable_entries(&journal, threads)?;
        println!("{threads} threads, each entry durable: {rate:.0} entries/s");
    }
    let rate = grouped_entries(&journal, 100)?;
    println!("1 thread, batches of 100 durable: {rate:.0} entries/s");
    let (median, high) = range_write(&journal)?;
    println!("write of one range frame: median {median} ns, 99th percentile {high} ns");
    println!(
        "reader: {:.0} entries/s",
        read_entries(directory.path(), &journal)?
    );
    journal.close()?;
    Ok(())
}
