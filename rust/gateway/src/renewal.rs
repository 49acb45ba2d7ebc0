//! Certificates, keys, lists of revoked certificates and other materials that are read anew while everything runs.
//!
//! What belongs together is taken together or not at all; what can't be used leaves what was there in force.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use crate::entry::{Class, Entry};
use crate::error::GatewayError;
use crate::io::tls::{Configurations, list_facts};
use crate::snapshot::Snapshot;

/// What became of materials that were read anew.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Renewal {
    /// References whose bytes are in force now.
    pub renewed: Vec<String>,
    /// Those that nobody has any more: what needs them fails until there are bytes again.
    pub withheld: Vec<String>,
    /// Those whose bytes can't be used; what was there before stays.
    pub refused: Vec<Unusable>,
}

/// Materials that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unusable {
    /// References that belong together.
    pub references: Vec<String>,
    /// What is wrong.
    pub what: String,
}

/// Takes of the materials what can be used. `None`: nothing is new.
pub fn renew(
    in_force: &Snapshot,
    mut offered: HashMap<String, Vec<u8>>,
    now_milliseconds: i64,
) -> (Option<(Snapshot, Configurations)>, Renewal) {
    offered.retain(|reference, bytes| {
        let before = in_force.materials.get(reference);
        before.is_some_and(|before| before != bytes)
    });
    let mut renewal = Renewal::default();
    let gone: Vec<String> = offered
        .iter()
        .filter(|(_, bytes)| bytes.is_empty())
        .map(|(reference, _)| reference.clone())
        .collect();
    let mut taken = withhold(in_force, gone, &mut renewal);
    offered.retain(|_, bytes| !bytes.is_empty());
    for group in groups(in_force) {
        let part: HashMap<String, Vec<u8>> = group
            .iter()
            .filter_map(|it| offered.remove_entry(*it))
            .collect();
        if part.is_empty() {
            continue;
        }
        let mut references: Vec<String> = part.keys().cloned().collect();
        references.sort();
        let before = taken.as_ref().map_or(in_force, |(snapshot, _)| snapshot);
        match usable(before, part, now_milliseconds) {
            Ok(now) => {
                taken = Some(now);
                renewal.renewed.extend(references);
            }
            Err(error) => renewal.refused.push(Unusable {
                references,
                what: error.to_string(),
            }),
        }
    }
    (taken, renewal)
}

/// Takes away what has ended, by itself: that something else can't be used must not keep it in force.
fn withhold(
    in_force: &Snapshot,
    gone: Vec<String>,
    renewal: &mut Renewal,
) -> Option<(Snapshot, Configurations)> {
    if gone.is_empty() {
        return None;
    }
    let after = in_force.without(&gone);
    let mut withheld: Vec<String> = gone
        .into_iter()
        .filter(|it| after.materials.is_withheld(it))
        .collect();
    withheld.sort();
    if withheld.is_empty() {
        return None;
    }
    match Configurations::build(&after) {
        Ok(configurations) => {
            renewal.withheld = withheld;
            Some((after, configurations))
        }
        Err(error) => {
            renewal.refused.push(Unusable {
                references: withheld,
                what: error.to_string(),
            });
            None
        }
    }
}

fn usable(
    before: &Snapshot,
    part: HashMap<String, Vec<u8>>,
    now_milliseconds: i64,
) -> Result<(Snapshot, Configurations), GatewayError> {
    let lists: BTreeSet<&String> = before
        .identity
        .authorities
        .iter()
        .flat_map(|it| &it.crls)
        .filter(|it| part.contains_key(*it))
        .collect();
    let lists: Vec<String> = lists.into_iter().cloned().collect();
    let after = before.with_renewed(part)?;
    // With one that was withheld there is nothing to compare.
    let lists = lists.into_iter();
    for reference in lists.filter(|it| !before.materials.is_withheld(it)) {
        not_older(before, &after, &reference, now_milliseconds)?;
    }
    let configurations = Configurations::build(&after)?;
    Ok((after, configurations))
}

/// SECURITY: an older list that somebody puts back would bring back what was revoked since.
fn not_older(
    before: &Snapshot,
    after: &Snapshot,
    reference: &str,
    now_milliseconds: i64,
) -> Result<(), GatewayError> {
    let wrong = |what: &str| {
        Err(GatewayError::Tls {
            reference: reference.to_owned(),
            what: what.to_owned(),
        })
    };
    let (old, new) = (
        list_facts(before, reference)?,
        list_facts(after, reference)?,
    );
    if new.next_update_milliseconds <= now_milliseconds {
        return wrong("the new list of revoked certificates has expired already");
    }
    if new.this_update_milliseconds < old.this_update_milliseconds {
        return wrong("the new list of revoked certificates is older than the one in force");
    }
    Ok(())
}

/// References that belong together: a certificate and its key; all others stand alone.
fn groups(snapshot: &Snapshot) -> Vec<Vec<&String>> {
    let listeners = snapshot.listeners.iter().filter_map(|it| it.tls.as_ref());
    let listeners = listeners.map(|tls| vec![&tls.certificate, &tls.key]);
    let clusters = snapshot.clusters.iter().filter_map(|it| it.tls.as_ref());
    let clusters = clusters.map(|tls| tls.certificate.iter().chain(&tls.key).collect());
    let alone = snapshot.materials.keys().map(|reference| vec![reference]);
    let mut groups: Vec<Vec<&String>> = listeners.chain(clusters).collect();
    let paired: BTreeSet<&String> = groups.iter().flatten().copied().collect();
    groups.extend(alone.filter(|group| group.iter().all(|it| !paired.contains(it))));
    groups
}

/// One entry for what is in force anew, and one for each group that can't be used.
pub fn entries(renewal: &Renewal, snapshot: &Snapshot, now_milliseconds: i64) -> Vec<Entry> {
    let entry = |references: &[String], reason: String| {
        Entry::new(
            "materials",
            Class::ConfigStateChange,
            (1, "Log"),
            now_milliseconds,
        )
        .with("environment", &*snapshot.environment)
        .with("materials", references.to_vec())
        .with("reason", reason)
    };
    let renewed = Some(&renewal.renewed).filter(|it| !it.is_empty());
    let renewed = renewed.map(|it| entry(it, "read anew, and in force".to_owned()));
    let withheld = Some(&renewal.withheld).filter(|it| !it.is_empty());
    let withheld =
        withheld.map(|it| entry(it, "nobody has them any more, and withheld".to_owned()));
    let refused = renewal.refused.iter().map(|it| {
        let reason = format!("{}; what was there before stays in force", it.what);
        entry(&it.references, reason).failed(4)
    });
    renewed.into_iter().chain(withheld).chain(refused).collect()
}
