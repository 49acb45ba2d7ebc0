//! Writes down what happens, before its answer leaves: accesses and what they moved, refusals,
//! attempts to prove an identity.
//!
//! A running access costs one small frame per response; an entry opens it and an entry a second rolls
//! it up. INVARIANT: a range is in a journal frame before it is in a roll-up, and the roll-up's own
//! frame comes after it; `gate` keeps the writer of ranges and the roller apart.

mod accesses;
mod apart;
mod denials;
mod failures;
mod gap;
mod grants;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use streamward_audit::{AuditError, Batch, Journal};
use streamward_policy::{Action, Decision, Resource, ResourceKind};

use crate::caller::{Caller, Peer};
use crate::entry::{Class, Entry};
use crate::metrics::{Counters, Proof, Unentered};

#[cfg(test)]
pub use self::accesses::ACCESSES_NEW_PER_SECOND;
pub use self::accesses::{ACCESS_AGE_MAX_MILLISECONDS, Access};
#[cfg(test)]
pub use self::denials::DENIALS_NEW_PER_SECOND;

pub use self::grants::GrantedKeys;

use self::accesses::Accesses;
use self::denials::Denials;
use self::failures::{Failure, Failures};
use self::gap::Gap;

/// Roles in one entry, so that it stays below the size of a leaf.
const ROLES_PER_ENTRY: usize = 200;

/// Identity × resource × action, from one address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    principal: Arc<str>,
    credential: Arc<str>,
    source: IpAddr,
    action: Action,
    kind: ResourceKind,
    name: Arc<str>,
}

/// What is asked of the recorder: who did what to which resource, and what the policy said.
#[derive(Debug)]
pub struct Deed<'a> {
    /// Who.
    pub caller: &'a Caller,
    /// By which request.
    pub api: &'static str,
    /// Its version.
    pub api_version: i16,
    /// The operation.
    pub action: Action,
    /// Which resource.
    pub resource: Resource<'a>,
    /// What the policy said.
    pub decision: &'a Decision,
    /// The policy that said so.
    pub policy_version: &'a str,
    /// The data classes of the stream.
    pub classes: &'a [String],
}

impl Deed<'_> {
    fn key(&self) -> Key {
        Key {
            principal: self.caller.principal.clone(),
            credential: self.caller.credential.clone(),
            source: self.caller.peer.address.ip(),
            action: self.action,
            kind: self.resource.kind,
            name: self.resource.name.into(),
        }
    }

    fn entry(&self, kind: &str, class: Class, activity: (u32, &str), now: i64) -> Entry {
        let mut entry = Entry::new(kind, class, activity, now)
            .caller(self.caller)
            .decision(
                self.action,
                self.resource,
                self.decision,
                self.policy_version,
            )
            .request(self.api, self.api_version);
        if self.resource.kind == ResourceKind::Stream {
            entry = entry.with("classes", self.classes.to_vec());
        }
        entry
    }
}

/// Numbers for status and metrics.
#[derive(Debug, Default)]
pub struct Counts {
    /// Refusals, repeats included.
    pub denied: AtomicU64,
    /// Accesses opened.
    pub accesses_opened: AtomicU64,
    /// Attempts to prove an identity that failed.
    pub authentication_failures: AtomicU64,
    /// Records whose delivery or acknowledgement was recorded: read.
    pub records_read: AtomicU64,
    /// And written.
    pub records_written: AtomicU64,
    /// Proofs of identity that held.
    pub proved: Counters<Proof>,
    /// And those that did not.
    pub not_proved: Counters<Proof>,
    /// What was served without an entry.
    pub unentered: Counters<Unentered>,
}

/// The only door from the byte path to the journal.
#[derive(Debug)]
pub struct Recorder {
    journal: Journal,
    gate: RwLock<()>,
    accesses: Mutex<Accesses>,
    running: Mutex<Vec<Arc<Access>>>,
    denials: Mutex<Denials>,
    failures: Mutex<Failures>,
    gap: Mutex<Gap>,
    next_access: AtomicU64,
    /// Addresses are kept apart from the entries, so that they can be erased.
    addresses_apart: AtomicBool,
    /// Numbers for status and metrics.
    pub counts: Counts,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Recorder {
    /// Records into `journal`; `access_first` is the first number that no access in it has used.
    pub fn new(journal: Journal, access_first: u64) -> Self {
        let next_access = AtomicU64::new(access_first);
        Self {
            journal,
            gate: RwLock::new(()),
            accesses: Mutex::default(),
            running: Mutex::default(),
            denials: Mutex::default(),
            failures: Mutex::default(),
            gap: Mutex::default(),
            next_access,
            addresses_apart: AtomicBool::new(false),
            counts: Counts::default(),
        }
    }

    /// The journal below.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Writes one entry; returns the position that must be durable before anything rests on it.
    pub fn write_entry(&self, entry: Entry) -> Result<u64, AuditError> {
        let mut batch = Batch::new();
        batch.entry(&entry.into_leaf()?)?;
        Ok(self.journal.write(&mut batch)?.position)
    }

    /// Enters one attempt to prove an identity. Of more failed ones than are entered one by one it only counts
    /// the rest, for which nothing need be durable: the position is 0.
    pub fn authentication(
        &self,
        peer: &Peer,
        outcome: Result<&Caller, (&str, &str, &str)>,
        now: i64,
    ) -> Result<u64, AuditError> {
        match outcome {
            Ok(caller) => {
                let proof = Proof::named(caller.mechanism.name());
                self.counts.proved.of(proof).add_one();
                let entry = Entry::new("authentication", Class::Authentication, (1, "Logon"), now);
                let mut batch = Batch::new();
                let entry = self.apart(entry.caller(caller), peer, &caller.principal, now)?;
                batch.entry(&entry.into_leaf()?)?;
                for roles in caller.roles.chunks(ROLES_PER_ENTRY) {
                    let entry = authorized(caller, roles, now);
                    let entry = self.apart(entry, peer, &caller.principal, now)?;
                    batch.entry(&entry.into_leaf()?)?;
                }
                Ok(self.journal.write(&mut batch)?.position)
            }
            Err((claimed, mechanism, reason)) => {
                self.counts.not_proved.of(Proof::named(mechanism)).add_one();
                let failure = Failure {
                    claimed,
                    mechanism,
                    reason,
                };
                self.authentication_failed(peer, failure, now)
            }
        }
    }

    /// Once a second: enters what the running accesses moved, how often refusals were repeated and
    /// how many more attempts to prove an identity failed.
    pub fn roll_up(&self, now: i64) -> Result<(), AuditError> {
        lock(&self.accesses).new_this_second.clear();
        let gap = self.enter_gap(now);
        let accesses = self.roll_up_accesses(now);
        let failures = self.roll_up_failures(now);
        gap.and(accesses)
            .and(failures)
            .and(self.roll_up_denials(now))
    }
}

/// What the proof gave this session beside what its principal has.
fn authorized(caller: &Caller, roles: &[String], now: i64) -> Entry {
    let activity = (1, "Assign Privileges");
    Entry::new("session_authorized", Class::AuthorizeSession, activity, now)
        .caller(caller)
        .session(caller)
        .privileges(roles)
}
