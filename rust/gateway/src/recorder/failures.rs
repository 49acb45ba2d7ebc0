//! Failed attempts to prove an identity: entered one by one up to a bound, counted by source above it.
//!
//! SECURITY: whoever fails has proved nothing, so how often it fails must not decide how fast the log grows.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::Ordering;

use streamward_audit::{AuditError, Batch};

use super::{Recorder, lock};
use crate::caller::Peer;
use crate::entry::{Class, Entry};

/// Failed attempts from one address that get an entry of their own, per second; more are counted.
pub const FAILURES_PER_SOURCE_AND_SECOND: u32 = 20;
/// And from all addresses together.
pub const FAILURES_PER_SECOND: u32 = 200;
/// Addresses for which attempts are counted at one time; those of more are counted as of nobody.
pub const FAILURE_SOURCES_MAX: usize = 1_000;
/// Entries of counts in one write.
const FAILURES_PER_WRITE: usize = 500;
/// What the entry of a count says to a person.
const COUNTED: &str = "more failed attempts than are entered one by one";

/// One failed attempt, as the peer described itself; nothing of it is proved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failure<'a> {
    pub(super) claimed: &'a str,
    pub(super) mechanism: &'a str,
    pub(super) reason: &'a str,
}

/// Failed attempts since the last roll-up.
#[derive(Debug, Default)]
pub(super) struct Failures {
    entered: u32,
    /// No more addresses than `entered`.
    entered_by_source: HashMap<IpAddr, u32>,
    /// By address, and under `None` what came from more addresses than are told apart.
    counted: HashMap<Option<IpAddr>, u64>,
}

impl Failures {
    /// Takes a place among those that are entered one by one, if one is left.
    fn take_place(&mut self, source: IpAddr) -> bool {
        if self.entered >= FAILURES_PER_SECOND {
            return false;
        }
        let from_source = self.entered_by_source.entry(source).or_default();
        if *from_source >= FAILURES_PER_SOURCE_AND_SECOND {
            return false;
        }
        *from_source += 1;
        self.entered += 1;
        true
    }

    fn count(&mut self, source: Option<IpAddr>, attempts: u64) {
        let sources = self.counted.len() - usize::from(self.counted.contains_key(&None));
        let kept = self.counted.contains_key(&source) || sources < FAILURE_SOURCES_MAX;
        let count = self.counted.entry(source.filter(|_| kept)).or_default();
        *count = count.saturating_add(attempts);
    }

    /// Begins another second; returns what was counted in the last.
    fn take(&mut self) -> Vec<(Option<IpAddr>, u64)> {
        self.entered = 0;
        self.entered_by_source.clear();
        std::mem::take(&mut self.counted).into_iter().collect()
    }
}

impl Recorder {
    /// Enters a failed attempt, or counts it where too many are; position 0 if so, for nothing waits for a count.
    pub(super) fn authentication_failed(
        &self,
        peer: &Peer,
        failure: Failure<'_>,
        now: i64,
    ) -> Result<u64, AuditError> {
        self.counts
            .authentication_failures
            .fetch_add(1, Ordering::Relaxed);
        let source = peer.address.ip();
        let mut failures = lock(&self.failures);
        if !failures.take_place(source) {
            failures.count(Some(source), 1);
            return Ok(0);
        }
        drop(failures);
        let entry = attempt(now)
            .peer(peer)
            .with("principal", failure.claimed)
            .with("mechanism", failure.mechanism)
            .with("reason", failure.reason);
        let written = self.write_entry(entry);
        // It failed all the same: the log learns of it as soon as it takes entries again.
        written.inspect_err(|_| lock(&self.failures).count(Some(source), 1))
    }

    /// Enters how many attempts failed beyond those that have an entry of their own.
    pub(super) fn roll_up_failures(&self, now: i64) -> Result<(), AuditError> {
        let counted = lock(&self.failures).take();
        for (done, chunk) in counted.chunks(FAILURES_PER_WRITE).enumerate() {
            if let Err(error) = self.enter_counted(chunk, now) {
                let mut failures = lock(&self.failures);
                for (source, attempts) in &counted[done * FAILURES_PER_WRITE..] {
                    failures.count(*source, *attempts);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    fn enter_counted(&self, counted: &[(Option<IpAddr>, u64)], now: i64) -> Result<(), AuditError> {
        let mut batch = Batch::new();
        for (source, attempts) in counted {
            let mut entry = attempt(now)
                .with("count", *attempts)
                .with("reason", COUNTED);
            if let Some(source) = source {
                entry = entry.source(*source);
            }
            batch.entry(&entry.into_leaf()?)?;
        }
        self.journal.write(&mut batch).map(drop)
    }
}

fn attempt(now: i64) -> Entry {
    Entry::new("authentication", Class::Authentication, (1, "Logon"), now).failed(3)
}
