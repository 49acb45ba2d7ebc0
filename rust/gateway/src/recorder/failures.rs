//! Failed attempts to prove an identity: entered one by one up to a bound, counted by source above it.
//!
//! SECURITY: whoever fails has proved nothing, so how often it fails must not decide how fast the log grows.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use streamward_audit::{AuditError, Batch};

use super::{Recorder, lock};
use crate::caller::Peer;
use crate::entry::{Class, Entry, unproved};
use crate::limits::source_of;

/// Failed attempts from one source (an address, or a /64 of IPv6) that get an entry of their own, per second; more are counted.
pub const FAILURES_PER_SOURCE_AND_SECOND: u32 = 20;
/// And from all addresses together.
pub const FAILURES_PER_SECOND: u32 = 200;
/// Sources for which attempts are counted at one time; those of more are counted as of nobody.
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

/// Where failed attempts come in, and from where.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Origin {
    environment: Arc<str>,
    listener: Arc<str>,
    /// `None`: from more sources than are told apart.
    source: Option<IpAddr>,
}

impl Origin {
    fn of(peer: &Peer) -> Self {
        Self {
            environment: peer.environment.clone(),
            listener: peer.listener.clone(),
            source: Some(source_of(peer.address.ip())),
        }
    }
}

/// Failed attempts since the last roll-up.
#[derive(Debug, Default)]
pub(super) struct Failures {
    entered: u32,
    /// No more sources than `entered`.
    entered_by_source: HashMap<IpAddr, u32>,
    counted: HashMap<Origin, u64>,
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

    fn count(&mut self, origin: Origin, attempts: u64) {
        let kept = self.counted.contains_key(&origin) || self.counted.len() < FAILURE_SOURCES_MAX;
        let source = origin.source.filter(|_| kept);
        let count = self.counted.entry(Origin { source, ..origin });
        let count = count.or_default();
        *count = count.saturating_add(attempts);
    }

    /// Begins another second; returns what was counted in the last.
    fn take(&mut self) -> Vec<(Origin, u64)> {
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
        let origin = Origin::of(peer);
        let mut failures = lock(&self.failures);
        if !failures.take_place(origin.source.unwrap_or_else(|| peer.address.ip())) {
            failures.count(origin, 1);
            return Ok(0);
        }
        drop(failures);
        let entry = attempt(now)
            .subject(unproved(failure.claimed), &peer.listener)
            .peer(peer)
            .with("principal", failure.claimed)
            .with("mechanism", failure.mechanism)
            .with("reason", failure.reason);
        let written = self
            .apart(entry, peer, failure.claimed, now)
            .and_then(|entry| self.write_entry(entry));
        // It failed all the same: the log learns of it as soon as it takes entries again.
        written.inspect_err(|_| lock(&self.failures).count(origin, 1))
    }

    /// Enters how many attempts failed beyond those that have an entry of their own.
    pub(super) fn roll_up_failures(&self, now: i64) -> Result<(), AuditError> {
        let counted = lock(&self.failures).take();
        for (done, chunk) in counted.chunks(FAILURES_PER_WRITE).enumerate() {
            if let Err(error) = self.enter_counted(chunk, now) {
                let mut failures = lock(&self.failures);
                for (origin, attempts) in &counted[done * FAILURES_PER_WRITE..] {
                    failures.count(origin.clone(), *attempts);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    fn enter_counted(&self, counted: &[(Origin, u64)], now: i64) -> Result<(), AuditError> {
        let mut batch = Batch::new();
        for (origin, attempts) in counted {
            let mut entry = attempt(now)
                .subject(unproved("*"), &origin.listener)
                .with("environment", &*origin.environment)
                .with("listener", &*origin.listener)
                .with("count", *attempts)
                .with("reason", COUNTED);
            if let Some(source) = origin.source {
                entry = entry.source(source);
                if self.addresses_apart.load(Ordering::Relaxed) {
                    entry = entry.withheld(&self.commit_address(source, "*", now)?);
                }
            }
            batch.entry(&entry.into_leaf()?)?;
        }
        self.journal.write(&mut batch).map(drop)
    }
}

fn attempt(now: i64) -> Entry {
    Entry::new("authentication", Class::Authentication, (1, "Logon"), now).failed(3)
}
