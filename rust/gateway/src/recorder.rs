//! Writes down what happens, before its answer leaves: accesses and what they moved, refusals,
//! attempts to prove an identity.
//!
//! A running access costs one small frame per response; an entry opens it and an entry a second rolls
//! it up. INVARIANT: a range is in a journal frame before it is in a roll-up, and the roll-up's own
//! frame comes after it; `gate` keeps the writer of ranges and the roller apart.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use serde_json::{Value, json};
use streamward_audit::{AuditError, Batch, Journal, PendingAccess, Range, State};
use streamward_policy::{Action, Decision, Resource, ResourceKind};

use crate::caller::{Caller, Peer};
use crate::entry::{Class, Entry};

/// Running accesses found by name at most; above it the table starts anew, and so do accesses.
pub const ACCESSES_MAX: usize = 100_000;
/// An access is opened anew after this long, so that the log shows who still reads.
pub const ACCESS_AGE_MAX_MILLISECONDS: i64 = 3_600_000;
/// Kinds of refusal that are counted at most at one time.
pub const DENIALS_MAX: usize = 50_000;
/// New kinds of refusal that get an entry of their own, per principal and second; more are counted together.
pub const DENIALS_NEW_PER_SECOND: u32 = 200;
/// Entries of repeats in one write.
const DENIALS_PER_WRITE: usize = 500;
/// New accesses that get an entry of their own, per principal and second; of more, those that move no records
/// are entered together.
pub const ACCESSES_NEW_PER_SECOND: u32 = 2_000;
/// A refusal that did not repeat for this long is a new one when it comes again.
const DENIAL_QUIET_MILLISECONDS: i64 = 60_000;
/// Offset ranges in one entry, so that it stays below the size of a leaf.
const RANGES_PER_ENTRY: usize = 400;

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
            .with("api", self.api)
            .with("api_version", self.api_version);
        if self.resource.kind == ResourceKind::Stream {
            entry = entry.with("classes", self.classes.to_vec());
        }
        entry
    }
}

/// A running access: allowed, entered, and counted until its next roll-up.
#[derive(Debug)]
pub struct Access {
    /// Joins its entries and frames; `None` where it could not be entered.
    pub id: Option<u64>,
    /// The journal's position after its opening entry; no answer leaves before that is durable.
    pub opened_position: u64,
    /// When it was opened.
    pub opened_milliseconds: i64,
    /// The stream, or other resource.
    pub name: Arc<str>,
    key: Key,
    policy_version: String,
    caller: Caller,
    classes: Vec<String>,
    moved: Mutex<Moved>,
}

impl Access {
    fn new(deed: &Deed<'_>, id: Option<u64>, opened_position: u64, now: i64) -> Self {
        let key = deed.key();
        Self {
            id,
            opened_position,
            opened_milliseconds: now,
            name: key.name.clone(),
            key,
            policy_version: deed.policy_version.to_owned(),
            caller: deed.caller.clone(),
            classes: deed.classes.to_vec(),
            moved: Mutex::default(),
        }
    }

    /// Is it of somebody who writes to a stream?
    pub fn writes(&self) -> bool {
        self.key.action == Action::Write
    }
}

#[derive(Debug, Default)]
struct Moved {
    ranges: BTreeMap<i32, Vec<Range>>,
    queued: bool,
    last_milliseconds: i64,
}

impl Moved {
    /// Adds a range, joined with the last one where it goes on from there.
    fn add(&mut self, range: Range) {
        let ranges = self.ranges.entry(range.partition).or_default();
        if let Some(last) = ranges.last_mut()
            && last.state == range.state
            && ((range.first >= 0 && last.last.checked_add(1) == Some(range.first))
                || (range.first < 0 && last.first < 0))
        {
            last.last = range.last;
            last.records = last.records.saturating_add(range.records);
            last.bytes = last.bytes.saturating_add(range.bytes);
            return;
        }
        ranges.push(range);
    }
}

#[derive(Debug)]
struct Denial {
    repeats: u64,
    last_milliseconds: i64,
    position: u64,
    /// What decided it; another cause is another refusal.
    rules: Vec<String>,
    policy_version: String,
    template: Arc<Value>,
}

impl Denial {
    fn is_for(&self, deed: &Deed<'_>) -> bool {
        self.policy_version == deed.policy_version && self.rules == deed.decision.rules
    }

    /// The entry that counts its repeats.
    fn counted(template: &Value, repeats: u64, now: i64) -> Result<Vec<u8>, AuditError> {
        let mut event = template.clone();
        event["time"] = now.into();
        event["streaming"]["count"] = repeats.into();
        streamward_audit::leaf::canonical(&event)
    }
}

/// Repeats of a refusal that are about to be entered.
struct Repeated {
    key: Key,
    repeats: u64,
    template: Arc<Value>,
}

#[derive(Debug, Default)]
struct Denials {
    kinds: HashMap<Key, Denial>,
    new_this_second: HashMap<Arc<str>, u32>,
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
}

#[derive(Debug, Default)]
struct Accesses {
    by_key: HashMap<Key, Arc<Access>>,
    new_this_second: HashMap<Arc<str>, u32>,
}

impl Accesses {
    fn running(&self, key: &Key, deed: &Deed<'_>, now: i64) -> Option<Arc<Access>> {
        let access = self.by_key.get(key)?;
        let holds = access.policy_version == deed.policy_version
            && now - access.opened_milliseconds < ACCESS_AGE_MAX_MILLISECONDS;
        holds.then(|| access.clone())
    }

    /// What moves records is exact, however much of it there is.
    fn is_one_too_many(&mut self, deed: &Deed<'_>) -> bool {
        let principal = deed.caller.principal.clone();
        let new = self.new_this_second.entry(principal).or_default();
        *new = new.saturating_add(1);
        let moves_records = deed.resource.kind == ResourceKind::Stream
            && matches!(deed.action, Action::Read | Action::Write);
        *new > ACCESSES_NEW_PER_SECOND && !moves_records
    }
}

/// The only door from the byte path to the journal.
#[derive(Debug)]
pub struct Recorder {
    journal: Journal,
    gate: RwLock<()>,
    accesses: Mutex<Accesses>,
    running: Mutex<Vec<Arc<Access>>>,
    denials: Mutex<Denials>,
    gap: Mutex<Gap>,
    next_access: AtomicU64,
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
            gap: Mutex::default(),
            next_access,
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

    /// Enters one attempt to prove an identity.
    pub fn authentication(
        &self,
        peer: &Peer,
        outcome: Result<&Caller, (&str, &str, &str)>,
        now: i64,
    ) -> Result<u64, AuditError> {
        let entry = Entry::new("authentication", Class::Authentication, (1, "Logon"), now);
        match outcome {
            Ok(caller) => self.write_entry(entry.caller(caller)),
            Err((claimed, mechanism, reason)) => {
                self.counts
                    .authentication_failures
                    .fetch_add(1, Ordering::Relaxed);
                self.write_entry(
                    entry
                        .peer(peer)
                        .failed(3)
                        .with("principal", claimed)
                        .with("mechanism", mechanism)
                        .with("reason", reason),
                )
            }
        }
    }

    /// The running access of this deed; opened, with an entry, if there is none under this policy.
    pub fn access(&self, deed: &Deed<'_>, now: i64) -> Result<Arc<Access>, AuditError> {
        let mut key = deed.key();
        let mut accesses = lock(&self.accesses);
        if let Some(access) = accesses.running(&key, deed, now) {
            return Ok(access);
        }
        if accesses.is_one_too_many(deed) {
            // SECURITY: a caller that looks for made-up names under a prefix of its own can't fill the log.
            key.name = "*".into();
            if let Some(access) = accesses.running(&key, deed, now) {
                return Ok(access);
            }
        }
        if accesses.by_key.len() >= ACCESSES_MAX {
            // Whoever holds one goes on with it, and it is rolled up; the next to ask opens it anew.
            accesses.by_key.clear();
        }
        let id = self.next_access.fetch_add(1, Ordering::Relaxed);
        let (class, activity) = match (deed.resource.kind, deed.action) {
            (ResourceKind::Stream, Action::Write) => (Class::DatastoreActivity, (2, "Update")),
            (ResourceKind::Stream, Action::Read) => (Class::DatastoreActivity, (1, "Read")),
            (ResourceKind::Stream, _) => (Class::DatastoreActivity, (99, "Other")),
            _ => (Class::ApiActivity, (99, "Other")),
        };
        let mut entry = deed
            .entry("access_opened", class, activity, now)
            .with("access", id.to_string());
        if &*key.name != deed.resource.name {
            entry = entry.with(
                "resource",
                json!({"type": deed.resource.kind.name(), "name": "*"}),
            );
        }
        let mut batch = Batch::new();
        batch.entry(&entry.into_leaf()?)?;
        batch.access(id, 0);
        let position = self.journal.write(&mut batch)?.position;
        self.counts.accesses_opened.fetch_add(1, Ordering::Relaxed);
        let access = Arc::new(Access::new(deed, Some(id), position, now));
        accesses.by_key.insert(key, access.clone());
        Ok(access)
    }

    /// Enters a refusal, or counts it if the same was entered lately. Returns the position that must be
    /// durable before the answer leaves.
    pub fn denied(&self, deed: &Deed<'_>, now: i64) -> Result<u64, AuditError> {
        self.counts.denied.fetch_add(1, Ordering::Relaxed);
        let mut denials = lock(&self.denials);
        let mut key = deed.key();
        if !denials.kinds.contains_key(&key) {
            let new = denials
                .new_this_second
                .entry(key.principal.clone())
                .or_default();
            *new += 1;
            if *new > DENIALS_NEW_PER_SECOND || denials.kinds.len() >= DENIALS_MAX {
                // SECURITY: a caller that asks for random names can't fill the log: counted together.
                key.name = "*".into();
            }
        }
        if let Some(denial) = denials.kinds.get_mut(&key)
            && (denial.is_for(deed) || &*key.name == "*")
        {
            denial.repeats += 1;
            denial.last_milliseconds = now;
            return Ok(denial.position);
        }
        let mut entry = deed
            .entry("denied", Class::ApiActivity, (99, "Other"), now)
            .failed(2);
        if &*key.name != deed.resource.name {
            entry = entry.with(
                "resource",
                json!({"type": deed.resource.kind.name(), "name": "*"}),
            );
        }
        let leaf = entry.with("count", 1).into_leaf()?;
        let template = Arc::new(serde_json::from_slice(&leaf).unwrap_or_default());
        let mut batch = Batch::new();
        if let Some(before) = denials.kinds.get(&key).filter(|it| it.repeats > 0) {
            batch.entry(&Denial::counted(&before.template, before.repeats, now)?)?;
        }
        batch.entry(&leaf)?;
        let position = self.journal.write(&mut batch)?.position;
        denials.kinds.insert(
            key,
            Denial {
                repeats: 0,
                last_milliseconds: now,
                position,
                rules: deed.decision.rules.clone(),
                policy_version: deed.policy_version.to_owned(),
                template,
            },
        );
        Ok(position)
    }

    /// Writes what one turn of a connection moved, as one write, and counts it towards the roll-ups.
    /// On an error nothing of it may reach the client.
    pub fn moved(
        &self,
        staged: &mut Vec<(Arc<Access>, Range)>,
        batch: &mut Batch,
        now: i64,
    ) -> Result<u64, AuditError> {
        for (access, range) in staged.iter() {
            if let Some(id) = access.id {
                batch.range(id, range);
            }
        }
        let _gate = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        let position = self.journal.write(batch)?.position;
        for (access, range) in staged.drain(..) {
            if access.id.is_none() {
                lock(&self.gap).add(&range);
                continue;
            }
            let counter = match access.key.action {
                Action::Write => &self.counts.records_written,
                _ => &self.counts.records_read,
            };
            counter.fetch_add(range.records.into(), Ordering::Relaxed);
            let mut moved = lock(&access.moved);
            moved.add(range);
            moved.last_milliseconds = now;
            let queue = !std::mem::replace(&mut moved.queued, true);
            drop(moved);
            if queue {
                lock(&self.running).push(access);
            }
        }
        Ok(position)
    }

    /// Once a second: enters what the running accesses moved and how often refusals were repeated.
    pub fn roll_up(&self, now: i64) -> Result<(), AuditError> {
        lock(&self.accesses).new_this_second.clear();
        let gap = self.enter_gap(now);
        let accesses = self.roll_up_accesses(now);
        gap.and(accesses).and(self.roll_up_denials(now))
    }

    fn roll_up_accesses(&self, now: i64) -> Result<(), AuditError> {
        let running = std::mem::take(&mut *lock(&self.running));
        for (done, access) in running.iter().enumerate() {
            let _gate = self.gate.write().unwrap_or_else(PoisonError::into_inner);
            let mut moved = lock(&access.moved);
            moved.queued = false;
            let ranges: Vec<Range> = std::mem::take(&mut moved.ranges)
                .into_values()
                .flatten()
                .collect();
            drop(moved);
            if let Err(error) = self.enter_ranges(access, &ranges, now) {
                let mut moved = lock(&access.moved);
                for range in ranges {
                    moved.add(range);
                }
                moved.queued = true;
                drop(moved);
                lock(&self.running).extend_from_slice(&running[done..]);
                return Err(error);
            }
        }
        Ok(())
    }

    fn enter_ranges(&self, access: &Access, ranges: &[Range], now: i64) -> Result<(), AuditError> {
        let Some(id) = access.id else { return Ok(()) };
        let mut batch = Batch::new();
        for chunk in ranges.chunks(RANGES_PER_ENTRY) {
            let (activity, kind) = match access.key.action {
                Action::Write => ((2, "Update"), "write"),
                _ => ((1, "Read"), "read"),
            };
            let entry = Entry::new("access_rollup", Class::DatastoreActivity, activity, now)
                .caller(&access.caller)
                .with("action", access.key.action.name())
                .with(
                    "resource",
                    json!({"type": access.key.kind.name(), "name": &*access.name}),
                )
                .with("classes", access.classes.clone())
                .with("policy_version", access.policy_version.as_str())
                .with("decision", "allow")
                .with("access", id.to_string())
                .with(
                    "reason",
                    format!("{kind} since the last entry of this access"),
                );
            batch.entry(&with_ranges(entry, chunk).into_leaf()?)?;
        }
        self.settle(id, &mut batch)
    }

    /// Writes the roll-up entries of one access and, behind the last, the frame that settles its ranges: a
    /// batch that a crash tears in two enters a range twice rather than never.
    fn settle(&self, access: u64, batch: &mut Batch) -> Result<(), AuditError> {
        if let Some(last) = batch.entries().checked_sub(1) {
            batch.rolled(access, last);
            self.journal.write(batch)?;
        }
        Ok(())
    }

    fn roll_up_denials(&self, now: i64) -> Result<(), AuditError> {
        let repeated = self.take_repeats();
        for (done, chunk) in repeated.chunks(DENIALS_PER_WRITE).enumerate() {
            if let Err(error) = self.enter_repeats(chunk, now) {
                self.give_back_repeats(&repeated[done * DENIALS_PER_WRITE..]);
                return Err(error);
            }
        }
        lock(&self.denials).kinds.retain(|_, denial| {
            denial.repeats > 0 || now - denial.last_milliseconds < DENIAL_QUIET_MILLISECONDS
        });
        Ok(())
    }

    /// Nothing is written under the lock that every refusal takes.
    fn take_repeats(&self) -> Vec<Repeated> {
        let mut denials = lock(&self.denials);
        denials.new_this_second.clear();
        let repeated = denials.kinds.iter_mut().filter(|(_, it)| it.repeats > 0);
        let taken = repeated.map(|(key, denial)| Repeated {
            key: key.clone(),
            repeats: std::mem::take(&mut denial.repeats),
            template: denial.template.clone(),
        });
        taken.collect()
    }

    fn enter_repeats(&self, repeated: &[Repeated], now: i64) -> Result<(), AuditError> {
        let mut batch = Batch::new();
        for denial in repeated {
            batch.entry(&Denial::counted(&denial.template, denial.repeats, now)?)?;
        }
        self.journal.write(&mut batch).map(drop)
    }

    fn give_back_repeats(&self, repeated: &[Repeated]) {
        let mut denials = lock(&self.denials);
        for denial in repeated {
            if let Some(kept) = denials.kinds.get_mut(&denial.key) {
                kept.repeats = kept.repeats.saturating_add(denial.repeats);
            }
        }
    }

    /// Enters what a crash left without a roll-up, from the frames that the journal still held.
    pub fn enter_recovered(&self, pending: &[PendingAccess], now: i64) -> Result<(), AuditError> {
        for access in pending {
            let opened: Value = access
                .opened_entry
                .as_deref()
                .and_then(|leaf| serde_json::from_slice(leaf).ok())
                .unwrap_or_default();
            let mut batch = Batch::new();
            for chunk in access.ranges.chunks(RANGES_PER_ENTRY) {
                let mut entry = Entry::new(
                    "access_rollup",
                    Class::DatastoreActivity,
                    (99, "Other"),
                    now,
                )
                .with("access", access.access.to_string())
                .with("reason", "recovered from the journal after a crash");
                if let Some(fields) = opened["streaming"].as_object() {
                    for name in INHERITED {
                        if let Some(value) = fields.get(*name) {
                            entry = entry.with(name, value.clone());
                        }
                    }
                }
                batch.entry(&with_ranges(entry, chunk).into_leaf()?)?;
            }
            self.settle(access.access, &mut batch)?;
        }
        Ok(())
    }

    /// Forgets running accesses, so that each opens anew under the policy that is now in force.
    pub fn policy_changed(&self) {
        lock(&self.accesses).by_key.clear();
    }
}

/// What a recovered roll-up takes over from the entry that opened its access.
const INHERITED: &[&str] = &[
    "action",
    "classes",
    "cluster",
    "credential",
    "decision",
    "environment",
    "listener",
    "mechanism",
    "policy_version",
    "principal",
    "resource",
    "tenant",
];

fn with_ranges(entry: Entry, ranges: &[Range]) -> Entry {
    let offset = |offset: i64| {
        if offset < 0 {
            "unknown".to_owned()
        } else {
            offset.to_string()
        }
    };
    let list: Vec<Value> = ranges
        .iter()
        .map(|range| {
            json!({
                "partition": range.partition,
                "first": offset(range.first),
                "last": offset(range.last),
                "records": range.records.to_string(),
                "bytes": range.bytes.to_string(),
            })
        })
        .collect();
    let state = match ranges.first().map(|range| range.state) {
        Some(State::Masked) => "masked",
        Some(State::Ciphertext) => "ciphertext",
        _ => "readable",
    };
    entry.with("ranges", list).with("state", state)
}

impl Recorder {
    /// Counts what a listener that serves on moved while nothing could be recorded.
    pub fn gap(&self, moved: impl Iterator<Item = (Arc<Access>, Range)>, why: &str, now: i64) {
        let mut gap = lock(&self.gap);
        gap.begin(why, now);
        for (_, range) in moved {
            gap.add(&range);
        }
    }

    /// An access that is served although it could not be entered; what it moves counts towards the gap.
    pub fn unentered_access(&self, deed: &Deed<'_>, why: &str, now: i64) -> Arc<Access> {
        let mut gap = lock(&self.gap);
        gap.begin(why, now);
        gap.accesses = gap.accesses.saturating_add(1);
        Arc::new(Access::new(deed, None, 0, now))
    }

    /// A refusal that could not be entered.
    pub fn unentered_denial(&self, why: &str, now: i64) {
        let mut gap = lock(&self.gap);
        gap.begin(why, now);
        gap.denials = gap.denials.saturating_add(1);
    }

    /// A proof of identity that could not be entered.
    pub fn unentered_authentication(&self, why: &str, now: i64) {
        let mut gap = lock(&self.gap);
        gap.begin(why, now);
        gap.authentications = gap.authentications.saturating_add(1);
    }

    /// What was served without a record and is not entered yet.
    #[cfg(test)]
    pub fn unrecorded(&self) -> Gap {
        lock(&self.gap).clone()
    }

    /// Enters the gap as soon as the journal takes entries again.
    fn enter_gap(&self, now: i64) -> Result<(), AuditError> {
        let mut gap = lock(&self.gap);
        let Some(since) = gap.since_milliseconds else {
            return Ok(());
        };
        let entry = Entry::new("gap", Class::ApplicationLifecycle, (99, "Other"), now)
            .failed(4)
            .with(
                "reason",
                format!("served without a record since {since}: {}", gap.why),
            )
            .with("authentications", gap.authentications.to_string())
            .with("accesses", gap.accesses.to_string())
            .with("denials", gap.denials.to_string())
            .with("records", gap.records.to_string())
            .with("bytes", gap.bytes.to_string());
        self.write_entry(entry)?;
        *gap = Gap::default();
        Ok(())
    }
}

/// What was served without a record.
#[derive(Clone, Debug, Default)]
pub struct Gap {
    since_milliseconds: Option<i64>,
    /// Proofs of identity that were not entered.
    pub authentications: u64,
    /// Accesses that were not.
    pub accesses: u64,
    /// Refusals that were not.
    pub denials: u64,
    /// Records that moved.
    pub records: u64,
    /// Their bytes.
    pub bytes: u64,
    why: String,
}

impl Gap {
    fn begin(&mut self, why: &str, now: i64) {
        self.since_milliseconds.get_or_insert(now);
        why.clone_into(&mut self.why);
    }

    fn add(&mut self, range: &Range) {
        self.records = self.records.saturating_add(range.records.into());
        self.bytes = self.bytes.saturating_add(range.bytes);
    }
}
