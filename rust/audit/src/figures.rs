//! What a journal did, for those who watch it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Upper bounds, inclusive and in nanoseconds, under which the lengths of fsyncs are counted.
pub const SYNC_BOUNDS: [u64; 13] = [
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    1_000_000_000,
    5_000_000_000,
];

/// What a journal did since it was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Bytes written.
    pub written_bytes: u64,
    /// Of those, bytes that are durable.
    pub durable_bytes: u64,
    /// Writes that failed.
    pub write_failures: u64,
    /// Fsyncs under each of [`SYNC_BOUNDS`] and not under the one before; the last: above all.
    pub syncs: [u64; SYNC_BOUNDS.len() + 1],
    /// How long they took altogether, in nanoseconds.
    pub sync_nanoseconds: u64,
}

/// Counts while the journal works.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    write_failures: AtomicU64,
    syncs: [AtomicU64; SYNC_BOUNDS.len() + 1],
    sync_nanoseconds: AtomicU64,
}

impl Counts {
    pub(crate) fn write_failed(&self) {
        self.write_failures.fetch_add(1, Ordering::Relaxed);
    }

    /// Times an fsync.
    #[allow(
        clippy::disallowed_methods,
        reason = "measures the disk, decides nothing"
    )]
    pub(crate) fn timed<T>(&self, sync: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let result = sync();
        let nanoseconds = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let bucket = SYNC_BOUNDS.partition_point(|bound| *bound < nanoseconds);
        self.syncs[bucket].fetch_add(1, Ordering::Relaxed);
        self.sync_nanoseconds
            .fetch_add(nanoseconds, Ordering::Relaxed);
        result
    }

    pub(crate) fn read(&self, written_bytes: u64, durable_bytes: u64) -> Figures {
        let number = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Figures {
            written_bytes: written_bytes.max(durable_bytes),
            durable_bytes,
            write_failures: number(&self.write_failures),
            syncs: std::array::from_fn(|bucket| number(&self.syncs[bucket])),
            sync_nanoseconds: number(&self.sync_nanoseconds),
        }
    }
}
