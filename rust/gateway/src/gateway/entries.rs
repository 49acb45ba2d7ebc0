//! What a gateway enters of itself: that it starts and stops, and which policy is in force.

use streamward_audit::Recovered;
use streamward_audit::log::Sequencer;

use crate::entry::{Class, Entry};
use crate::error::GatewayError;
use crate::io::clock::now_milliseconds;
use crate::log;
use crate::recorder::Recorder;
use crate::recovery;
use crate::snapshot::Snapshot;

pub(super) fn lifecycle(
    snapshot: &Snapshot,
    activity: (u32, &str),
    reason: &str,
    now: i64,
) -> Entry {
    Entry::new("lifecycle", Class::ApplicationLifecycle, activity, now)
        .with("environment", &*snapshot.environment)
        .with("policy_version", snapshot.policy.version())
        .with("reason", reason)
}

pub(super) fn policy_entry(snapshot: &Snapshot) -> Entry {
    let version = match &snapshot.version {
        Some(it) => format!("version {} ({}) of ", it.number, it.content),
        None => String::new(),
    };
    Entry::new(
        "policy_applied",
        Class::ConfigStateChange,
        (1, "Log"),
        now_milliseconds(),
    )
    .with("environment", &*snapshot.environment)
    .with("policy_version", snapshot.policy.version())
    .with(
        "reason",
        format!("{version}bundle `{}` is in force", snapshot.bundle),
    )
}

pub(super) fn enter_start(
    recorder: &Recorder,
    snapshot: &Snapshot,
    recovered: &Recovered,
    sequencer: &Sequencer,
) -> Result<(), GatewayError> {
    let behind = sequencer.found_behind();
    recovery::enter(recorder, recovered, behind, Some(&snapshot.environment))?;
    let now = now_milliseconds();
    recorder.write_entry(lifecycle(snapshot, (3, "Start"), "started", now))?;
    let journal = recorder.journal();
    journal.record(&policy_entry(snapshot).into_leaf()?)?;
    log::enter_rotation(journal, sequencer, snapshot, now)
}
