//! Accesses that run: opened by an entry, what they move written in small frames, rolled up each second.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use streamward_audit::{AuditError, Batch, PendingAccess, Range, State};
use streamward_policy::{Action, ResourceKind};

use super::{Deed, Key, Recorder, lock};
use crate::caller::Caller;
use crate::entry::{Class, Entry};

/// Running accesses found by name at most; above it the table starts anew, and so do accesses.
pub const ACCESSES_MAX: usize = 100_000;
/// An access is opened anew after this long, so that the log shows who still reads.
pub const ACCESS_AGE_MAX_MILLISECONDS: i64 = 3_600_000;
/// New accesses that get an entry of their own, per principal and second; of more, those that move no records
/// are entered together.
pub const ACCESSES_NEW_PER_SECOND: u32 = 2_000;
/// Offset ranges in one entry, so that it stays below the size of a leaf.
const RANGES_PER_ENTRY: usize = 400;

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
    pub(super) fn new(deed: &Deed<'_>, id: Option<u64>, opened_position: u64, now: i64) -> Self {
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
    /// When the first and the last of it moved (ms since 1970); `None` while there is nothing.
    interval: Option<(i64, i64)>,
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

    /// Something of it moved at this time, or between these.
    fn covers(&mut self, (first, last): (i64, i64)) {
        let (start, end) = self.interval.unwrap_or((first, last));
        self.interval = Some((start.min(first), end.max(last)));
    }
}

/// Accesses by what they are of, so that the next request finds its own.
#[derive(Debug, Default)]
pub(super) struct Accesses {
    by_key: HashMap<Key, Arc<Access>>,
    pub(super) new_this_second: HashMap<Arc<str>, u32>,
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

impl Recorder {
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
            (ResourceKind::Stream, Action::Write) => (Class::DatastoreActivity, (5, "Write")),
            (ResourceKind::Stream, Action::Read) => (Class::DatastoreActivity, (1, "Read")),
            (ResourceKind::Stream, _) => (Class::DatastoreActivity, (99, "Other")),
            _ => (Class::ApiActivity, (99, "Other")),
        };
        let mut entry = deed
            .entry("access_opened", class, activity, now)
            .with("access", id.to_string());
        if &*key.name != deed.resource.name {
            entry = entry.resource(deed.resource.kind.name(), "*");
        }
        let caller = deed.caller;
        let entry = self.apart(entry, &caller.peer, &caller.principal, now)?;
        let mut batch = Batch::new();
        batch.entry(&entry.into_leaf()?)?;
        batch.access(id, 0);
        let position = self.journal.write(&mut batch)?.position;
        self.counts.accesses_opened.fetch_add(1, Ordering::Relaxed);
        let access = Arc::new(Access::new(deed, Some(id), position, now));
        accesses.by_key.insert(key, access.clone());
        Ok(access)
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
            moved.covers((now, now));
            let queue = !std::mem::replace(&mut moved.queued, true);
            drop(moved);
            if queue {
                lock(&self.running).push(access);
            }
        }
        Ok(position)
    }

    /// Enters what the running accesses moved since the last time.
    pub(super) fn roll_up_accesses(&self, now: i64) -> Result<(), AuditError> {
        let running = std::mem::take(&mut *lock(&self.running));
        for (done, access) in running.iter().enumerate() {
            let _gate = self.gate.write().unwrap_or_else(PoisonError::into_inner);
            let mut moved = lock(&access.moved);
            moved.queued = false;
            let ranges: Vec<Range> = std::mem::take(&mut moved.ranges)
                .into_values()
                .flatten()
                .collect();
            let interval = moved.interval.take().unwrap_or((now, now));
            drop(moved);
            if let Err(error) = self.enter_ranges(access, &ranges, interval, now) {
                let mut moved = lock(&access.moved);
                for range in ranges {
                    moved.add(range);
                }
                moved.covers(interval);
                moved.queued = true;
                drop(moved);
                lock(&self.running).extend_from_slice(&running[done..]);
                return Err(error);
            }
        }
        Ok(())
    }

    fn enter_ranges(
        &self,
        access: &Access,
        ranges: &[Range],
        (start, end): (i64, i64),
        now: i64,
    ) -> Result<(), AuditError> {
        let Some(id) = access.id else { return Ok(()) };
        let mut batch = Batch::new();
        for chunk in entries_of(ranges) {
            let (activity, kind) = match access.key.action {
                Action::Write => ((5, "Write"), "write"),
                _ => ((1, "Read"), "read"),
            };
            let entry = Entry::new("access_rollup", Class::DatastoreActivity, activity, now)
                .caller(&access.caller)
                .interval(start, end)
                .with("action", access.key.action.name())
                .resource(access.key.kind.name(), &access.name)
                .with("classes", access.classes.clone())
                .with("policy_version", access.policy_version.as_str())
                .with("decision", "allow")
                .with("access", id.to_string())
                .with(
                    "reason",
                    format!("{kind} since the last entry of this access"),
                );
            let caller = &access.caller;
            let entry = self.apart(entry, &caller.peer, &caller.principal, now)?;
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

    /// Enters what a crash left without a roll-up, from the frames that the journal still held.
    pub fn enter_recovered(&self, pending: &[PendingAccess], now: i64) -> Result<(), AuditError> {
        for access in pending {
            let opened: Value = access
                .opened_entry
                .as_deref()
                .and_then(|leaf| serde_json::from_slice(leaf).ok())
                .unwrap_or_default();
            let mut batch = Batch::new();
            // No frame says when: some time between the opening of the access and now.
            let start = opened["time"].as_i64().unwrap_or(now);
            let activity = match opened["streaming"]["action"].as_str() {
                Some("Write") => (5, "Write"),
                Some("Read") => (1, "Read"),
                _ => (99, "Other"),
            };
            for chunk in entries_of(&access.ranges) {
                let mut entry =
                    Entry::new("access_rollup", Class::DatastoreActivity, activity, now)
                        .actor_of(&opened)
                        .interval(start.min(now), now)
                        .with("access", access.access.to_string())
                        .with("reason", "recovered from the journal after a crash");
                if activity.0 != 5 {
                    // A range is in the journal before its bytes are on the socket. What was written is in
                    // it once the broker has it.
                    entry = entry.with("bound", "upper");
                }
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

/// The ranges in as many parts as they need entries; the state of an entry is that of all its ranges.
fn entries_of(ranges: &[Range]) -> impl Iterator<Item = &[Range]> {
    ranges
        .chunk_by(|one, next| one.state == next.state)
        .flat_map(|alike| alike.chunks(RANGES_PER_ENTRY))
}

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
