//! What a writer that did not end by itself left behind: entered before anything else is.

use std::path::Path;

use streamward_audit::{Ended, Journal, Options, Recovered};

use crate::entry::{Class, Entry};
use crate::error::GatewayError;
use crate::io::clock::now_milliseconds;
use crate::recorder::Recorder;

/// Opens a log for a command that writes to it while no gateway runs, and enters what a crash left.
///
/// Errors: `Audit` where another writer has it, or it can't be read or written.
pub fn open_journal(directory: &Path) -> Result<Journal, GatewayError> {
    let (journal, recovered) = Journal::open(directory, Options::default())?;
    let recorder = Recorder::new(journal, recovered.access_first);
    enter(&recorder, &recovered, 0, None)?;
    Ok(recorder.journal().clone())
}

/// Enters what the journal held, and what may be lost; `behind`: entries without a checkpoint.
pub(crate) fn enter(
    recorder: &Recorder,
    recovered: &Recovered,
    behind: u64,
    environment: Option<&str>,
) -> Result<(), GatewayError> {
    let now = now_milliseconds();
    if recovered.torn_bytes > 0 || !recovered.pending.is_empty() || behind > 0 {
        let reason = format!(
            "recovered: {} torn bytes cut, {} accesses without a roll-up, {behind} entries without \
             a checkpoint",
            recovered.torn_bytes,
            recovered.pending.len()
        );
        let mut entry = Entry::new("lifecycle", Class::ApplicationLifecycle, (99, "Other"), now);
        if let Some(environment) = environment {
            entry = entry.with("environment", environment);
        }
        recorder.write_entry(entry.with("reason", reason))?;
        recorder.enter_recovered(&recovered.pending, now)?;
    }
    if let Some(lost) = &recovered.openings_lost {
        recorder.enter_openings_lost(lost, now)?;
    }
    if recovered.ended == Ended::PowerLost {
        let since = recovered.last_durable_milliseconds.unwrap_or(now);
        recorder.enter_power_loss(since, now)?;
        recorder.journal().power_loss_entered()?;
    }
    Ok(())
}
