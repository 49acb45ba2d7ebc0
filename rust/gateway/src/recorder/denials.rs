//! Refusals: the first of its kind entered at once, its repeats counted into one entry a second.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::Value;
use streamward_audit::{AuditError, Batch};

use super::{Deed, Key, Recorder, lock};
use crate::entry::Class;

/// Kinds of refusal that are counted at most at one time.
pub const DENIALS_MAX: usize = 50_000;
/// New kinds of refusal that get an entry of their own, per principal and second; more are counted together.
pub const DENIALS_NEW_PER_SECOND: u32 = 200;
/// Entries of repeats in one write.
const DENIALS_PER_WRITE: usize = 500;
/// A refusal that did not repeat for this long is a new one when it comes again.
const DENIAL_QUIET_MILLISECONDS: i64 = 60_000;

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

/// Kinds of refusal that were entered lately.
#[derive(Debug, Default)]
pub(super) struct Denials {
    kinds: HashMap<Key, Denial>,
    new_this_second: HashMap<Arc<str>, u32>,
}

impl Recorder {
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
            entry = entry.resource(deed.resource.kind.name(), "*");
        }
        let caller = deed.caller;
        let entry = self.apart(entry, &caller.peer, &caller.principal, now)?;
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

    /// Enters how often each refusal was repeated since the last time.
    pub(super) fn roll_up_denials(&self, now: i64) -> Result<(), AuditError> {
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
}
