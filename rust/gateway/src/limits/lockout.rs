//! Who guesses passwords has to wait, longer each time: counted for each source, and for each source and name.
//!
//! SECURITY: a lock-out that counts a name alone lets anybody lock out anybody. Here it is always the source that
//! waits: a principal that calls from another one, or proves itself by something else than a password, is never
//! looked at; and one that has proved itself from a source is not held to what others there do.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Deserialize;

use super::source::source_of;
use crate::metrics::{Counter, Gauge};

/// Failures that are told apart at one time, and as many successes; of more, none is counted.
pub const TRACKED_MAX: usize = 20_000;
/// The first wait.
const FIRST_MILLISECONDS: u64 = 1_000;
/// Failures are forgotten after this time without another one.
const FORGOTTEN_MILLISECONDS: i64 = 900_000;
/// A source from which a principal has proved itself is its own for this long.
const PROVED_MILLISECONDS: i64 = 86_400_000;
/// How long after making room it is done again.
const SWEEP_MILLISECONDS: i64 = 1_000;

/// When somebody who guesses has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LockoutLimits {
    /// Failures of one source and name without a wait.
    pub failures: u32,
    /// Failures of one source without a wait, whatever the names.
    pub source_failures: u32,
    /// The longest wait.
    pub milliseconds_max: u64,
}

impl Default for LockoutLimits {
    fn default() -> Self {
        Self {
            failures: 5,
            source_failures: 100,
            milliseconds_max: 60_000,
        }
    }
}

#[derive(Debug, Default)]
struct Failures {
    count: u32,
    last_milliseconds: i64,
    until_milliseconds: i64,
}

impl Failures {
    fn is_forgotten(&self, now: i64) -> bool {
        now.saturating_sub(self.last_milliseconds) >= FORGOTTEN_MILLISECONDS
    }
}

/// A source, and the name that was tried; without one, all of that source.
type Key = (IpAddr, Option<Box<str>>);

#[derive(Debug, Default)]
struct Table {
    failures: HashMap<Key, Failures>,
    proved: HashMap<(IpAddr, Box<str>), i64>,
    swept_milliseconds: i64,
}

/// Failed attempts of all listeners.
#[derive(Debug, Default)]
pub struct Lockouts {
    table: Mutex<Table>,
    /// Attempts that were refused unlooked at.
    pub refused: Counter,
    /// Failures that are remembered.
    pub tracked: Gauge,
}

/// How long the next failures make somebody wait.
fn wait(count: u32, free: u32, limits: &LockoutLimits) -> u64 {
    let beyond = count.saturating_sub(free);
    let Some(doublings) = beyond.checked_sub(1) else {
        return 0;
    };
    let factor = 1_u64.checked_shl(doublings).unwrap_or(u64::MAX);
    FIRST_MILLISECONDS
        .saturating_mul(factor)
        .min(limits.milliseconds_max)
}

impl Lockouts {
    /// May this name be tried from this address now? Else the milliseconds that are left to wait.
    pub fn check(&self, address: IpAddr, name: &str, now: i64) -> Result<(), i64> {
        let source = source_of(address);
        let table = self.lock();
        let until = |key: &Key| {
            table
                .failures
                .get(key)
                .map_or(0, |it| it.until_milliseconds)
        };
        let mut until_milliseconds = until(&(source, Some(name.into())));
        let proved = table.proved.get(&(source, name.into()));
        if proved.is_none_or(|at| now.saturating_sub(*at) >= PROVED_MILLISECONDS) {
            until_milliseconds = until_milliseconds.max(until(&(source, None)));
        }
        drop(table);
        let left = until_milliseconds.saturating_sub(now);
        if left <= 0 {
            return Ok(());
        }
        self.refused.add_one();
        Err(left)
    }

    /// This name was tried from this address, in vain.
    pub fn failed(&self, address: IpAddr, name: &str, limits: &LockoutLimits, now: i64) {
        let source = source_of(address);
        let mut table = self.lock();
        table.count((source, Some(name.into())), limits.failures, limits, now);
        table.count((source, None), limits.source_failures, limits, now);
        self.tracked.set(table.failures.len() as u64);
    }

    /// Whoever this is has proved it: what was tried in its name from there is forgotten.
    pub fn proved(&self, address: IpAddr, name: &str, now: i64) {
        let source = source_of(address);
        let mut table = self.lock();
        table.failures.remove(&(source, Some(name.into())));
        table.make_room(now);
        if table.proved.len() < TRACKED_MAX || table.proved.contains_key(&(source, name.into())) {
            table.proved.insert((source, name.into()), now);
        }
        self.tracked.set(table.failures.len() as u64);
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn count(&mut self, key: Key, free: u32, limits: &LockoutLimits, now: i64) {
        self.make_room(now);
        let full = self.failures.len() >= TRACKED_MAX;
        let failures = match self.failures.entry(key) {
            Entry::Occupied(entry) => entry.into_mut(),
            // SECURITY: whoever fills the table must not make one lock for all others of it.
            Entry::Vacant(_) if full => return,
            Entry::Vacant(entry) => entry.insert(Failures::default()),
        };
        if failures.is_forgotten(now) {
            failures.count = 0;
        }
        failures.count = failures.count.saturating_add(1);
        failures.last_milliseconds = now;
        let wait = i64::try_from(wait(failures.count, free, limits)).unwrap_or(i64::MAX);
        failures.until_milliseconds = now.saturating_add(wait);
    }

    /// Lets go of what is forgotten, where there is much of it.
    fn make_room(&mut self, now: i64) {
        let full = self.failures.len() >= TRACKED_MAX || self.proved.len() >= TRACKED_MAX;
        if !full || now.saturating_sub(self.swept_milliseconds) < SWEEP_MILLISECONDS {
            return;
        }
        self.swept_milliseconds = now;
        self.failures.retain(|_, it| !it.is_forgotten(now));
        self.proved
            .retain(|_, at| now.saturating_sub(*at) < PROVED_MILLISECONDS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_767_571_200_000;
    const LIMITS: LockoutLimits = LockoutLimits {
        failures: 2,
        source_failures: 4,
        milliseconds_max: 8_000,
    };

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn fail(lockouts: &Lockouts, from: &str, name: &str, times: u32) {
        for _ in 0..times {
            lockouts.failed(address(from), name, &LIMITS, NOW);
        }
    }

    #[test]
    fn who_guesses_waits_longer_each_time() {
        let lockouts = Lockouts::default();
        let from = address("192.0.2.1");
        let waits: Vec<i64> = (0..8)
            .map(|_| {
                lockouts.failed(
                    from,
                    "alice",
                    &LockoutLimits {
                        source_failures: 99,
                        ..LIMITS
                    },
                    NOW,
                );
                lockouts.check(from, "alice", NOW).err().unwrap_or(0)
            })
            .collect();
        assert_eq!(waits, [0, 0, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
        assert!(lockouts.check(from, "alice", NOW + 8_000).is_ok());
        assert_eq!(lockouts.refused.get(), 6);
    }

    #[test]
    fn a_name_is_never_locked_elsewhere() {
        let lockouts = Lockouts::default();
        fail(&lockouts, "192.0.2.1", "alice", 50);
        assert!(lockouts.check(address("192.0.2.1"), "alice", NOW).is_err());
        assert!(lockouts.check(address("192.0.2.2"), "alice", NOW).is_ok());
        // A /64 of IPv6 is one source.
        fail(&lockouts, "2001:db8::1", "alice", 3);
        assert!(
            lockouts
                .check(address("2001:db8::2"), "alice", NOW)
                .is_err()
        );
        assert!(
            lockouts
                .check(address("2001:db8:0:1::1"), "alice", NOW)
                .is_ok()
        );
    }

    #[test]
    fn a_source_that_tries_many_names_waits_for_all_but_those_that_proved_themselves_there() {
        let lockouts = Lockouts::default();
        let from = address("192.0.2.1");
        lockouts.proved(from, "alice", NOW);
        for name in ["a", "b", "c", "d", "e"] {
            fail(&lockouts, "192.0.2.1", name, 1);
        }
        assert!(lockouts.check(from, "bob", NOW).is_err());
        assert!(lockouts.check(from, "alice", NOW).is_ok());
        assert!(
            lockouts
                .check(from, "alice", NOW + PROVED_MILLISECONDS)
                .is_ok()
        );
        assert!(lockouts.check(address("192.0.2.2"), "bob", NOW).is_ok());
    }

    #[test]
    fn a_success_forgets_what_was_tried_in_its_name_and_nothing_else() {
        let lockouts = Lockouts::default();
        let from = address("192.0.2.1");
        fail(&lockouts, "192.0.2.1", "alice", 3);
        lockouts.proved(from, "alice", NOW);
        assert!(lockouts.check(from, "alice", NOW).is_ok());
        fail(&lockouts, "192.0.2.1", "mallory", 2);
        assert!(
            lockouts.check(from, "mallory", NOW).is_err(),
            "five from this source"
        );
    }

    #[test]
    fn failures_are_forgotten() {
        let lockouts = Lockouts::default();
        let from = address("192.0.2.1");
        fail(&lockouts, "192.0.2.1", "alice", 4);
        let later = NOW + FORGOTTEN_MILLISECONDS;
        lockouts.failed(from, "alice", &LIMITS, later);
        assert!(lockouts.check(from, "alice", later).is_ok());
    }

    #[test]
    fn memory_is_bounded_and_who_fills_it_locks_nobody_out() {
        let lockouts = Lockouts::default();
        for number in 0..u32::try_from(TRACKED_MAX).unwrap() {
            let from = IpAddr::V4(number.into());
            lockouts.failed(from, "x", &LIMITS, NOW);
            lockouts.proved(from, "y", NOW);
        }
        fail(&lockouts, "203.0.113.1", "alice", 50);
        assert!(lockouts.check(address("203.0.113.1"), "alice", NOW).is_ok());
        {
            let table = lockouts.lock();
            assert!(table.failures.len() <= TRACKED_MAX && table.proved.len() <= TRACKED_MAX);
        }
        // What is forgotten makes room.
        let later = NOW + FORGOTTEN_MILLISECONDS;
        for _ in 0..3 {
            lockouts.failed(address("203.0.113.1"), "alice", &LIMITS, later);
        }
        assert!(
            lockouts
                .check(address("203.0.113.1"), "alice", later)
                .is_err()
        );
    }
}
