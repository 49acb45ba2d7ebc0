//! What a listener serves although nothing can be recorded: counted, and entered as one gap later.

use std::sync::Arc;

use streamward_audit::{AuditError, OpeningsLost, Range};

use super::{Access, Deed, Recorder, lock};
use crate::entry::{Class, Entry};
use crate::metrics::Unentered;

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

    pub(super) fn add(&mut self, range: &Range) {
        self.records = self.records.saturating_add(range.records.into());
        self.bytes = self.bytes.saturating_add(range.bytes);
    }
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
        self.counts.unentered.of(Unentered::Access).add_one();
        let mut gap = lock(&self.gap);
        gap.begin(why, now);
        gap.accesses = gap.accesses.saturating_add(1);
        Arc::new(Access::new(deed, None, 0, now))
    }

    /// A refusal that could not be entered.
    pub fn unentered_denial(&self, why: &str, now: i64) {
        self.counts.unentered.of(Unentered::Denial).add_one();
        let mut gap = lock(&self.gap);
        gap.begin(why, now);
        gap.denials = gap.denials.saturating_add(1);
    }

    /// A proof of identity that could not be entered.
    pub fn unentered_authentication(&self, why: &str, now: i64) {
        self.counts
            .unentered
            .of(Unentered::Authentication)
            .add_one();
        let mut gap = lock(&self.gap);
        gap.begin(why, now);
        gap.authentications = gap.authentications.saturating_add(1);
    }

    /// What was served without a record and is not entered yet.
    #[cfg(test)]
    pub fn unrecorded(&self) -> Gap {
        lock(&self.gap).clone()
    }

    /// Enters that openings which entries name may not be there, so that nobody takes them for removed.
    pub fn enter_openings_lost(&self, lost: &OpeningsLost, now: i64) -> Result<(), AuditError> {
        let reason = format!(
            "the last writer did not end by itself: what entries commit to at these places may not be there; \
             {} bytes that are no opening stay where they are",
            lost.bytes
        );
        let entry = Entry::new("lifecycle", Class::ApplicationLifecycle, (99, "Other"), now)
            .failed(3)
            .with("reason", reason)
            .with("openings_from", lost.from.to_string())
            .with("openings_below", lost.below.to_string());
        self.write_entry(entry).map(drop)
    }

    /// Enters that the machine went down: what moved after the last fsync may be in no entry. Durable when it
    /// returns.
    pub fn enter_power_loss(&self, since: i64, now: i64) -> Result<(), AuditError> {
        let reason = "the machine went down: what running accesses moved in the last moments before it \
                      may be in no entry";
        let entry = Entry::new("gap", Class::ApplicationLifecycle, (99, "Other"), now)
            .failed(4)
            .interval(since.min(now), now)
            .with("reason", reason)
            .with("records", "unknown");
        self.journal.record(&entry.into_leaf()?).map(drop)
    }

    /// Enters the gap as soon as the journal takes entries again.
    pub(super) fn enter_gap(&self, now: i64) -> Result<(), AuditError> {
        let mut gap = lock(&self.gap);
        let Some(since) = gap.since_milliseconds else {
            return Ok(());
        };
        let entry = Entry::new("gap", Class::ApplicationLifecycle, (99, "Other"), now)
            .failed(4)
            .interval(since.min(now), now)
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
