//! The thread that makes written bytes durable, in groups.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::error::AuditError;
use crate::figures::{Counts, Figures};
use crate::growth::Counted;
use crate::locks::lock;
use crate::mark::MarkFile;
use crate::openings::Openings;
use crate::writer::Writer;

/// How often a journal whose last write failed finds out whether writing works again.
const PROBE_INTERVAL: Duration = Duration::from_millis(250);

const WORKS: u8 = 0;
const FAILS: u8 = 1;
const POISONED: u8 = 2;

/// Called once, on the sync thread.
pub(crate) type Wake = Box<dyn FnOnce(Result<(), AuditError>) + Send>;

#[derive(Default)]
struct Requests {
    waiters: Vec<(u64, Wake)>,
    closing: bool,
    closed: bool,
}

/// What writers, waiters and the sync thread share.
pub(crate) struct Shared {
    writer: Mutex<Writer>,
    requests: Mutex<Requests>,
    /// Rung when there are bytes to sync and the thread may not know, or somebody waits.
    bell: Condvar,
    /// Something was written, or failed to be, since the thread last looked.
    dirty: AtomicBool,
    written: AtomicU64,
    durable: AtomicU64,
    entries: AtomicU64,
    state: AtomicU8,
    mark: MarkFile,
    counted: Counted,
    /// INVARIANT: durable before the entries that name them.
    pub(crate) openings: Openings,
    group_commit: Duration,
    counts: Counts,
}

impl Shared {
    pub(crate) fn new(
        writer: Writer,
        openings: Openings,
        (mark, counted): (MarkFile, Counted),
        group_commit: Duration,
    ) -> Self {
        Self {
            written: AtomicU64::new(writer.position),
            durable: AtomicU64::new(writer.position),
            entries: AtomicU64::new(writer.entries),
            writer: Mutex::new(writer),
            requests: Mutex::default(),
            bell: Condvar::new(),
            dirty: AtomicBool::new(false),
            state: AtomicU8::new(WORKS),
            mark,
            counted,
            openings,
            group_commit,
            counts: Counts::default(),
        }
    }

    pub(crate) fn durable(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    pub(crate) fn entries(&self) -> u64 {
        self.entries.load(Ordering::Acquire)
    }

    pub(crate) fn figures(&self) -> Figures {
        let durable = self.durable();
        self.counts
            .read(self.written.load(Ordering::Acquire), durable)
    }

    pub(crate) fn health(&self) -> Result<(), AuditError> {
        if self.state.load(Ordering::Acquire) == WORKS {
            return Ok(());
        }
        lock(&self.writer).failure().map_or(Ok(()), Err)
    }

    /// Runs `write` under the lock and tells the sync thread.
    pub(crate) fn write<T>(
        &self,
        write: impl FnOnce(&mut Writer) -> Result<T, AuditError>,
    ) -> Result<T, AuditError> {
        let mut writer = lock(&self.writer);
        let result = write(&mut writer);
        if result.is_err() {
            self.counts.write_failed();
        }
        self.written.store(writer.position, Ordering::Release);
        self.entries.store(writer.entries, Ordering::Release);
        self.note_failure(&writer);
        drop(writer);
        if !self.dirty.swap(true, Ordering::AcqRel) {
            let _requests = lock(&self.requests);
            self.bell.notify_one();
        }
        result
    }

    fn note_failure(&self, writer: &Writer) {
        let state = match writer.failure() {
            None => WORKS,
            Some(AuditError::Poisoned { .. }) => POISONED,
            Some(_) => FAILS,
        };
        self.state.store(state, Ordering::Release);
    }

    pub(crate) fn when_durable(&self, position: u64, wake: Wake) {
        let refused = if position <= self.durable() {
            Ok(())
        } else if position > self.written.load(Ordering::Acquire) {
            Err(AuditError::Invalid {
                what: format!("nothing is written up to {position}"),
            })
        } else {
            let mut requests = lock(&self.requests);
            if !requests.closed {
                requests.waiters.push((position, wake));
                self.bell.notify_one();
                return;
            }
            drop(requests);
            // The last fsync may have come between the two looks.
            if position <= self.durable() {
                Ok(())
            } else {
                Err(AuditError::Closed)
            }
        };
        wake(refused);
    }

    /// No more writes; the sync thread ends after a last fsync.
    pub(crate) fn close(&self) {
        lock(&self.writer).close();
        lock(&self.requests).closing = true;
        self.bell.notify_one();
    }

    /// Err where something written did not become durable.
    pub(crate) fn outcome(&self) -> Result<(), AuditError> {
        if self.durable() >= self.written.load(Ordering::Acquire) {
            return Ok(());
        }
        Err(lock(&self.writer).failure().unwrap_or(AuditError::Closed))
    }

    /// The body of the sync thread.
    pub(crate) fn run(&self) {
        loop {
            let closing = self.wait();
            // SECURITY: answers wait for this thread. Where it can't go on, nothing is taken for durable any more, and
            // everybody is told.
            let result = catch_unwind(AssertUnwindSafe(|| self.sync()))
                .unwrap_or_else(|_| Err(self.poison(std::io::Error::other("it panicked"))));
            self.answer(&result, closing);
            if closing {
                return;
            }
        }
    }

    /// Returns when there is something to do; true where it is the last time.
    fn wait(&self) -> bool {
        let urgent = |requests: &Requests| !requests.waiters.is_empty() || requests.closing;
        let mut requests = lock(&self.requests);
        let state = self.state.load(Ordering::Acquire);
        if state == FAILS {
            requests = self
                .bell
                .wait_timeout_while(requests, PROBE_INTERVAL, |requests| !urgent(requests))
                .map_or_else(|error| error.into_inner().0, |(requests, _)| requests);
            return requests.closing;
        }
        requests = self
            .bell
            .wait_while(requests, |requests| {
                let work = state == WORKS && self.dirty.load(Ordering::Acquire);
                !urgent(requests) && !work
            })
            .unwrap_or_else(PoisonError::into_inner);
        if !urgent(&requests) {
            requests = self
                .bell
                .wait_timeout_while(requests, self.group_commit, |requests| !urgent(requests))
                .map_or_else(|error| error.into_inner().0, |(requests, _)| requests);
        }
        requests.closing
    }

    /// One fsync for all that is written, then the next segment where this one is full.
    fn sync(&self) -> Result<(), AuditError> {
        self.dirty.store(false, Ordering::Release);
        let (snapshot, full) = {
            let mut writer = lock(&self.writer);
            if self.state.load(Ordering::Acquire) != WORKS {
                writer.probe();
                self.note_failure(&writer);
            }
            if let Some(error @ AuditError::Poisoned { .. }) = writer.failure() {
                return Err(error);
            }
            (writer.snapshot(), writer.is_full())
        };
        if snapshot.position > self.durable() {
            let openings = || self.openings.sync();
            if let Err(source) =
                openings().and_then(|()| self.counts.timed(|| snapshot.file.sync()))
            {
                return Err(self.poison(source));
            }
            self.durable.store(snapshot.position, Ordering::Release);
            self.publish(|mark| mark.write(snapshot.mark));
            self.publish(|_| self.counted.tell(snapshot.entries));
        }
        if full { self.roll() } else { Ok(()) }
    }

    fn poison(&self, source: std::io::Error) -> AuditError {
        tracing::error!(error = %source, "an fsync of the journal failed, it refuses from now on");
        let mut writer = lock(&self.writer);
        let error = writer.poison(source);
        self.note_failure(&writer);
        error
    }

    fn roll(&self) -> Result<(), AuditError> {
        let mut writer = lock(&self.writer);
        // What was entered since the last fsync becomes durable with the segment.
        if let Err(source) = self.openings.sync() {
            let error = writer.poison(source);
            self.note_failure(&writer);
            return Err(error);
        }
        match writer.roll() {
            Ok(()) => {}
            Err(error @ AuditError::Poisoned { .. }) => {
                self.note_failure(&writer);
                return Err(error);
            }
            Err(error) => {
                tracing::warn!(%error, "cannot begin the next segment, the old one goes on");
                return Ok(());
            }
        }
        self.durable.store(writer.position, Ordering::Release);
        let (mark, entries) = (writer.mark(), writer.entries);
        drop(writer);
        self.publish(|file| file.write(mark).and_then(|()| file.sync()));
        self.publish(|_| self.counted.tell(entries));
        Ok(())
    }

    /// Readers that miss a mark only lag.
    fn publish(&self, write: impl FnOnce(&MarkFile) -> std::io::Result<()>) {
        if let Err(error) = write(&self.mark) {
            tracing::warn!(%error, "cannot tell readers how far the journal is durable");
        }
    }

    /// Wakes all whom the fsync answers, together and outside the locks.
    fn answer(&self, result: &Result<(), AuditError>, closing: bool) {
        let durable = self.durable();
        let mut requests = lock(&self.requests);
        requests.closed |= closing;
        let done: Vec<_> = requests
            .waiters
            .extract_if(.., |(position, _)| {
                *position <= durable || closing || result.is_err()
            })
            .collect();
        drop(requests);
        for (position, wake) in done {
            let answer = match result {
                _ if position <= durable => Ok(()),
                Err(error) => Err(error.clone()),
                Ok(()) => Err(AuditError::Closed),
            };
            // A waiter's panic must not end the thread that all others wait for.
            if catch_unwind(AssertUnwindSafe(|| wake(answer))).is_err() {
                tracing::error!("a waiter of the journal panicked");
            }
        }
        if closing {
            self.publish(MarkFile::sync);
        }
    }
}
