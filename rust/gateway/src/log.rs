//! The transparency log beside the journal: with which keys, and what a change of key enters.

use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use streamward_audit::log::{Keys, Sequencer, SigningKey};
use streamward_audit::{AuditError, Journal, Options, Recovered, declare_origin};

use crate::entry::{Class, Entry};
use crate::error::GatewayError;
use crate::snapshot::Snapshot;

/// How checkpoints are signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSection {
    /// The log's name in its checkpoints, for a log that has none yet; `None`: one is made.
    #[serde(default)]
    pub origin: Option<String>,
    /// Reference to the key; `None`: one is made beside the log, except in production.
    #[serde(default)]
    pub key: Option<String>,
    /// Reference to the key before it, which signs too while it is declared.
    #[serde(default)]
    pub previous_key: Option<String>,
    /// How long entries are kept at least, in milliseconds; `None`: for ever.
    #[serde(default)]
    pub retention_milliseconds: Option<u64>,
    /// What entries only commit to, so that it can be erased: nothing, or `address`.
    #[serde(default)]
    pub erasable: Vec<Erasable>,
    /// How long what they commit to is kept, in milliseconds; `None`: as long as entries.
    #[serde(default)]
    pub erasable_retention_milliseconds: Option<u64>,
}

/// What can be kept apart from the entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Erasable {
    /// The address that a client connected from.
    Address,
}

impl LogSection {
    /// Whether entries only commit to addresses.
    pub fn addresses_apart(&self) -> bool {
        self.erasable.contains(&Erasable::Address)
    }

    /// True where the difference can't come into force while a gateway runs.
    pub fn needs_restart(&self, other: &Self) -> bool {
        let keys = |it: &Self| (it.origin.clone(), it.key.clone(), it.previous_key.clone());
        keys(self) != keys(other)
    }
}

/// Opens the journal for writing, and the log beside it.
pub fn open(
    directory: &Path,
    snapshot: &Snapshot,
) -> Result<(Journal, Recovered, Sequencer), GatewayError> {
    if let Some(origin) = &snapshot.log.origin {
        declare_origin(directory, origin)?;
    }
    let (journal, recovered) = Journal::open(directory, Options::default())?;
    let name = streamward_audit::origin(directory)?;
    let sequencer = Sequencer::open(&journal, directory, keys(directory, &name, snapshot)?)?;
    Ok((journal, recovered, sequencer))
}

fn keys(directory: &Path, origin: &str, snapshot: &Snapshot) -> Result<Keys, GatewayError> {
    let named = |reference: &String| -> Result<SigningKey, GatewayError> {
        let bytes = snapshot.material(reference)?;
        let key = SigningKey::from_pkcs8(origin, bytes);
        Ok(key.map_err(|error| AuditError::Key {
            what: format!("`{reference}`: {error}"),
        })?)
    };
    let current = match &snapshot.log.key {
        Some(reference) => named(reference)?,
        None if &*snapshot.environment == "production" => {
            return Err(GatewayError::Snapshot {
                what: "in production the log needs a declared key to sign its checkpoints".into(),
            });
        }
        None => SigningKey::of_directory(directory, origin)?,
    };
    let previous = snapshot.log.previous_key.as_ref().map(named).transpose()?;
    Ok(Keys { current, previous })
}

/// Removes what is older than the bundle wants to keep, and enters that it does.
pub fn prune(
    journal: &Journal,
    sequencer: &Sequencer,
    snapshot: &Snapshot,
    now: i64,
) -> Result<(), GatewayError> {
    prune_openings(journal, snapshot, now)?;
    let Some(retention) = snapshot.log.retention_milliseconds else {
        return Ok(());
    };
    let kept_since = u64::try_from(now).unwrap_or(0).saturating_sub(retention);
    let kept_since = SystemTime::UNIX_EPOCH + Duration::from_millis(kept_since);
    let Some(below) = sequencer.prunable(kept_since)? else {
        return Ok(());
    };
    let activity = (99, "Other");
    let entry = Entry::new("log_pruned", Class::ApplicationLifecycle, activity, now)
        .with("environment", &*snapshot.environment)
        .with("reason", "entries older than the bundle keeps were removed")
        .with("pruned_below", below.to_string());
    sequencer.prune(below, journal.record(&entry.into_leaf()?)?);
    Ok(())
}

/// Lets go of what entries commit to, where it is older than the bundle wants to keep it, and enters that.
fn prune_openings(journal: &Journal, snapshot: &Snapshot, now: i64) -> Result<(), GatewayError> {
    let log = &snapshot.log;
    let ages = [
        log.erasable_retention_milliseconds,
        log.retention_milliseconds,
    ];
    let Some(retention) = ages.into_iter().flatten().min() else {
        return Ok(());
    };
    let since = now.saturating_sub(i64::try_from(retention).unwrap_or(i64::MAX));
    // What is entered first and not done yet is done the next time.
    if let Some(below) = journal.openings_prunable(since, now)? {
        let entry = Entry::new("erased", Class::ApplicationLifecycle, (99, "Other"), now)
            .with("environment", &*snapshot.environment)
            .with(
                "reason",
                "openings older than the bundle keeps were removed",
            )
            .with("openings_below", below.to_string());
        journal.record(&entry.into_leaf()?)?;
        journal.prune_openings(below)?;
    }
    Ok(())
}

/// Enters that the log changes over from one key to another, so that both are named under both.
pub fn enter_rotation(
    journal: &Journal,
    sequencer: &Sequencer,
    snapshot: &Snapshot,
    now: i64,
) -> Result<(), GatewayError> {
    let Some((from, to)) = sequencer.rotation() else {
        return Ok(());
    };
    let entry = Entry::new("log_key", Class::ConfigStateChange, (1, "Log"), now)
        .with("environment", &*snapshot.environment)
        .with(
            "reason",
            "checkpoints are signed with another key from now on",
        )
        .with("previous_log_key", from.to_string())
        .with("log_key", to.to_string());
    sequencer.rotation_entered(journal.record(&entry.into_leaf()?)?);
    Ok(())
}
