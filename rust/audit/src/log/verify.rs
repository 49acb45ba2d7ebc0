//! Recomputes a whole log from its entries and says where it is not what was published.

use std::path::Path;

use serde::Serialize;

use crate::error::AuditError;
use crate::log::checkpoint::{Checkpoint, encode_hash};
use crate::log::note::{Note, Signed, VerifierKey};
use crate::log::prove::{self, read_checkpoint, signer};
use crate::log::store::{Posix, Store};
use crate::log::tiles::{CHECKPOINT, ROTATIONS, WITNESSED};
use crate::log::tree::Hash;
use crate::log::walk::{Found, Marks, walk};

/// What whoever verifies has got from elsewhere than the directory.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Public keys of the log; at least one.
    pub keys: Vec<VerifierKey>,
    /// Checkpoints seen before, or got from a witness, as signed notes.
    pub checkpoints: Vec<Vec<u8>>,
    /// Witnesses, each of which must have cosigned a checkpoint that this log continues.
    pub witnesses: Vec<VerifierKey>,
}

/// That a witness saw a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Witnessed {
    /// The witness.
    pub name: String,
    /// How many leaves its tree has.
    pub size: u64,
    /// When it saw it: seconds since 1970.
    pub seconds: u64,
}

/// What was verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The log.
    pub origin: String,
    /// Entries that the checkpoint covers.
    pub size: u64,
    /// Its root, in base64.
    pub root: String,
    /// The key that signed it.
    pub signed_by: String,
    /// The first entry that is still there; those before were pruned, their hashes are there.
    pub first: u64,
    /// Tiles that were recomputed and compared.
    pub tiles: u64,
    /// Entries of the journal that were compared; `None`: there is no journal.
    pub journal: Option<u64>,
    /// Entries of the journal that no checkpoint covers yet.
    pub waiting: u64,
    /// Entries that say that something may be in no entry (the first 1,000): it holds, and is not all.
    pub gaps: Vec<u64>,
    /// Sizes of trusted checkpoints that this log continues.
    pub continues: Vec<u64>,
    /// Changes of key between a trusted one and that which signed.
    pub rotations: usize,
    /// Witnesses that saw this log.
    pub witnesses: Vec<Witnessed>,
}

/// A root that the log must have had at some size, and where that is said.
struct Claim {
    checkpoint: Checkpoint,
    from: String,
}

/// Verifies a directory, offline. `with_journal`: also that the journal says the same, where there is one.
///
/// Errors: `Log` names the first place that is not what was published; `Invalid` where what is
/// trusted is not what it should be; `Io`.
pub fn verify(directory: &Path, trust: &Trust, with_journal: bool) -> Result<Report, AuditError> {
    let store = Posix::new(directory);
    let Some((note, checkpoint)) = read_checkpoint(&store, CHECKPOINT)? else {
        return Err(AuditError::log(CHECKPOINT, "it is missing"));
    };
    let rotations = rotation_notes(&store)?;
    let mut claims = trusted(trust, &checkpoint)?;
    let witnesses = witnessed(&store, trust, &note, &checkpoint, &mut claims)?;
    if rotations.is_empty() {
        signer(&note, &checkpoint, &trust.keys)?;
    }
    for (note, kept) in &rotations {
        let from = format!("{ROTATIONS}/{:020}", kept.size);
        if trust
            .keys
            .iter()
            .any(|key| note.verify(key) != Signed::Absent)
        {
            signer(note, kept, &trust.keys)?;
            claims.push(Claim {
                checkpoint: kept.clone(),
                from,
            });
        }
    }
    for claim in &claims {
        no_rollback(claim, &checkpoint)?;
    }
    let sizes = claims.iter().map(|claim| claim.checkpoint.size);
    let sizes = sizes.chain(rotations.iter().map(|(_, kept)| kept.size));
    let mut marks = Marks::new(sizes.collect());
    let found = walk(&store, directory, checkpoint.size, &mut marks, with_journal)?;
    for claim in &claims {
        same_root(
            claim,
            &marks,
            "the log was rewritten, or shows others another view",
        )?;
    }
    let (keys, changes) = chain(trust, &rotations, &marks, &found);
    let signed_by = signer(&note, &checkpoint, &keys)?;
    if found.root != checkpoint.root {
        let what = format!(
            "its root is not that of the {} entries that are there",
            checkpoint.size
        );
        return Err(AuditError::log(CHECKPOINT, what));
    }
    Ok(Report {
        origin: checkpoint.origin.clone(),
        size: checkpoint.size,
        root: encode_hash(&checkpoint.root),
        signed_by: signed_by.to_string(),
        first: found.first,
        tiles: found.tiles,
        journal: found.journal,
        waiting: found.waiting,
        gaps: found.gaps,
        continues: claims.iter().map(|claim| claim.checkpoint.size).collect(),
        rotations: changes,
        witnesses,
    })
}

/// The checkpoints that were given, which must be of this log and hold.
fn trusted(trust: &Trust, here: &Checkpoint) -> Result<Vec<Claim>, AuditError> {
    let mut claims = Vec::new();
    for (number, bytes) in trust.checkpoints.iter().enumerate() {
        let from = format!("trusted checkpoint {}", number + 1);
        let named = |error: AuditError| AuditError::Invalid {
            what: format!("{from}: {error}"),
        };
        let note = Note::parse(bytes).map_err(named)?;
        let checkpoint = Checkpoint::of(&note).map_err(named)?;
        if checkpoint.origin != here.origin {
            let what = format!(
                "it is of the log `{}`, not of `{}`",
                here.origin, checkpoint.origin
            );
            return Err(AuditError::log(CHECKPOINT, what));
        }
        let by_witness = trust
            .witnesses
            .iter()
            .any(|key| matches!(note.verify(key), Signed::Valid(_)));
        if !by_witness {
            signer(&note, &checkpoint, &trust.keys).map_err(named)?;
        }
        claims.push(Claim { checkpoint, from });
    }
    Ok(claims)
}

/// For each witness the largest checkpoint that it cosigned: here, or among those that were given.
fn witnessed(
    store: &dyn Store,
    trust: &Trust,
    newest: &Note,
    here: &Checkpoint,
    claims: &mut Vec<Claim>,
) -> Result<Vec<Witnessed>, AuditError> {
    if trust.witnesses.is_empty() {
        return Ok(Vec::new());
    }
    let mut notes = vec![(newest.clone(), here.clone())];
    notes.extend(prove::witnessed(store)?);
    for bytes in &trust.checkpoints {
        let note = Note::parse(bytes)?;
        notes.push((note.clone(), Checkpoint::of(&note)?));
    }
    let mut all = Vec::new();
    for key in &trust.witnesses {
        let mut best: Option<(Witnessed, &Checkpoint)> = None;
        for (note, checkpoint) in &notes {
            let seconds = match note.verify(key) {
                Signed::Valid(Some(seconds)) if checkpoint.origin == here.origin => seconds,
                Signed::Forged => {
                    let what = format!("the cosignature of `{}` does not hold", key.name());
                    return Err(AuditError::log(WITNESSED, what));
                }
                _ => continue,
            };
            if best
                .as_ref()
                .is_none_or(|(seen, _)| seen.size < checkpoint.size)
            {
                let (name, size) = (key.name().to_owned(), checkpoint.size);
                let seen = Witnessed {
                    name,
                    size,
                    seconds,
                };
                best = Some((seen, checkpoint));
            }
        }
        let Some((seen, checkpoint)) = best else {
            let what = format!(
                "no checkpoint that the witness `{}` cosigned is there",
                key.name()
            );
            return Err(AuditError::log(WITNESSED, what));
        };
        claims.push(Claim {
            checkpoint: checkpoint.clone(),
            from: format!("the checkpoint that `{}` cosigned", key.name()),
        });
        all.push(seen);
    }
    Ok(all)
}

fn no_rollback(claim: &Claim, here: &Checkpoint) -> Result<(), AuditError> {
    if claim.checkpoint.size <= here.size {
        return Ok(());
    }
    let what = format!(
        "it covers {} entries, and {} covers {}: the log was rolled back, or its end was cut off",
        here.size, claim.from, claim.checkpoint.size
    );
    Err(AuditError::log(CHECKPOINT, what))
}

fn same_root(claim: &Claim, marks: &Marks, why: &str) -> Result<(), AuditError> {
    let size = claim.checkpoint.size;
    if marks.root(size) == Some(claim.checkpoint.root) {
        return Ok(());
    }
    let what = format!(
        "the first {size} entries are not those of {}: {why}",
        claim.from
    );
    Err(AuditError::log("tile/entries", what))
}

fn rotation_notes(store: &dyn Store) -> Result<Vec<(Note, Checkpoint)>, AuditError> {
    let mut notes = Vec::new();
    for name in store.list(ROTATIONS)? {
        notes.extend(read_checkpoint(store, &format!("{ROTATIONS}/{name}"))?);
    }
    notes.sort_by_key(|(_, checkpoint)| checkpoint.size);
    Ok(notes)
}

/// The keys that are trusted, and those to which they handed over: in an entry that names both, under
/// a checkpoint that both signed.
fn chain(
    trust: &Trust,
    rotations: &[(Note, Checkpoint)],
    marks: &Marks,
    found: &Found,
) -> (Vec<VerifierKey>, usize) {
    let mut keys = trust.keys.clone();
    let valid = |note: &Note, key: &VerifierKey| matches!(note.verify(key), Signed::Valid(_));
    let mut changes = 0;
    for (note, kept) in rotations {
        let stands: Option<Hash> = marks.root(kept.size);
        let handed_over = found.key_changes.iter().find(|change| {
            change.entry < kept.size
                && keys.contains(&change.from)
                && !keys.contains(&change.to)
                && valid(note, &change.from)
                && valid(note, &change.to)
        });
        if let Some(change) = handed_over
            && stands == Some(kept.root)
        {
            keys.push(change.to.clone());
            changes += 1;
        }
    }
    (keys, changes)
}
