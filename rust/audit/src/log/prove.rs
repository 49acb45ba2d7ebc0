//! Proofs that need nothing but the log's public key: made from a directory, checked anywhere.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::AuditError;
use crate::log::checkpoint::{Checkpoint, decode_hash, encode_hash};
use crate::log::note::{NOTE_BYTES_MAX, Note, Signed, VerifierKey};
use crate::log::proof::{PROOF_HASHES_MAX, consistency, included, inclusion};
use crate::log::store::{Posix, Store};
use crate::log::tiles::{self, CHECKPOINT, Kind, Tile, TileNodes, VKEY, WITNESSED};
use crate::log::tree::{TILE_WIDTH, leaf_hash};
use crate::log::verify::Witnessed;

const FORMAT: u32 = 1;
/// A longer document is no proof.
const PROOF_BYTES_MAX: usize = 1024 * 1024;

/// That an entry is in a log, as one JSON document. Numbers are texts, hashes base64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryProof {
    format: u32,
    /// The entry's number, from 0.
    pub index: String,
    /// The entry, byte for byte.
    pub leaf: String,
    /// The hashes from the leaf's sibling up to the root's child (RFC 6962, section 2.1.1).
    pub inclusion: Vec<String>,
    /// The signed checkpoint, with cosignatures where a witness has seen it.
    pub checkpoint: String,
    /// The keys that the log says are its own: to be compared with one that is known.
    pub keys: Vec<String>,
}

/// What a proof shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proved {
    /// The log.
    pub origin: String,
    /// The entry's number.
    pub index: u64,
    /// The size of the tree that it is in.
    pub size: u64,
    /// The entry.
    pub leaf: String,
    /// The key that signed the checkpoint.
    pub signed_by: String,
    /// The witnesses that saw it.
    pub witnesses: Vec<Witnessed>,
}

/// The newest checkpoint of a directory. Errors: `Log` where there is none or it has another form; `Io`.
pub fn newest(directory: &Path) -> Result<(Note, Checkpoint), AuditError> {
    read_checkpoint(&Posix::new(directory), CHECKPOINT)?
        .ok_or_else(|| AuditError::log(CHECKPOINT, "there is none yet"))
}

/// Reads a checkpoint; its signatures are not looked at.
pub(crate) fn read_checkpoint(
    store: &dyn Store,
    name: &str,
) -> Result<Option<(Note, Checkpoint)>, AuditError> {
    let Some(bytes) = store.read(name, NOTE_BYTES_MAX)? else {
        return Ok(None);
    };
    let damaged = |error: AuditError| AuditError::log(name, error.to_string());
    let note = Note::parse(&bytes).map_err(damaged)?;
    let checkpoint = Checkpoint::of(&note).map_err(damaged)?;
    Ok(Some((note, checkpoint)))
}

/// The newest checkpoints that witnesses have cosigned.
pub(crate) fn witnessed(store: &dyn Store) -> Result<Vec<(Note, Checkpoint)>, AuditError> {
    let mut all = Vec::new();
    for name in store.list(WITNESSED)? {
        if name.starts_with('.') {
            // What a crash left of one that was being written.
            continue;
        }
        all.extend(read_checkpoint(store, &format!("{WITNESSED}/{name}"))?);
    }
    Ok(all)
}

/// Proves that an entry is in the log, under a witnessed checkpoint where one covers it.
///
/// Errors: `Invalid` where no checkpoint covers it yet; `Log` where it was pruned, or is damaged.
pub fn prove(directory: &Path, index: u64) -> Result<EntryProof, AuditError> {
    let store = Posix::new(directory);
    let (mut note, mut checkpoint) = newest(directory)?;
    let seen = witnessed(&store)?.into_iter();
    let covering = seen.filter(|(_, seen)| index < seen.size && seen.size <= checkpoint.size);
    if let Some(best) = covering.max_by_key(|(_, seen)| seen.size) {
        (note, checkpoint) = best;
    }
    if index >= checkpoint.size {
        let what = format!(
            "no checkpoint covers entry {index} yet: the newest covers {} entries",
            checkpoint.size
        );
        return Err(AuditError::Invalid { what });
    }
    let leaf = entry(&store, index, checkpoint.size)?;
    let mut nodes = TileNodes::new(&store, checkpoint.size);
    let path = inclusion(&mut nodes, index, checkpoint.size)?;
    let hash = leaf_hash(&leaf);
    if !included(&hash, index, checkpoint.size, &path, &checkpoint.root) {
        let tile = Tile::of(Kind::Entries, index / TILE_WIDTH as u64, checkpoint.size);
        let what = format!("entry {index} does not lead to the checkpoint: run `audit verify`");
        return Err(AuditError::log(tile.path(), what));
    }
    let key = store.read(VKEY, NOTE_BYTES_MAX)?.unwrap_or_default();
    Ok(EntryProof {
        format: FORMAT,
        index: index.to_string(),
        leaf: String::from_utf8(leaf)
            .map_err(|_| AuditError::log(format!("entry {index}"), "it is not UTF-8"))?,
        inclusion: path.iter().map(encode_hash).collect(),
        checkpoint: note.to_string(),
        keys: String::from_utf8_lossy(&key)
            .lines()
            .map(str::to_owned)
            .collect(),
    })
}

/// An entry of a tree of `size` leaves.
fn entry(store: &dyn Store, index: u64, size: u64) -> Result<Vec<u8>, AuditError> {
    let tile = Tile::of(Kind::Entries, index / TILE_WIDTH as u64, size);
    let damaged = |what: &str| AuditError::log(tile.path(), what);
    let bytes =
        tiles::read(store, &tile)?.ok_or_else(|| damaged("it is missing, or was pruned"))?;
    let entries = tiles::parse_bundle(&bytes, tile.width)
        .ok_or_else(|| damaged("it is not a bundle of entries"))?;
    let at = usize::try_from(index % TILE_WIDTH as u64).unwrap_or(TILE_WIDTH);
    let leaf = entries.get(at).ok_or_else(|| damaged("it is too short"))?;
    Ok(leaf.to_vec())
}

/// The hashes that show a witness that the newest checkpoint continues its tree of `old` leaves, in base64.
///
/// `size` is that of the checkpoint. Errors: `Invalid` where `old` is larger; `Log`.
pub fn prove_consistency(directory: &Path, old: u64, size: u64) -> Result<Vec<String>, AuditError> {
    if old > size {
        let what = format!("a tree of {old} leaves can't continue in one of {size}");
        return Err(AuditError::Invalid { what });
    }
    if old == 0 {
        return Ok(Vec::new());
    }
    let store = Posix::new(directory);
    let path = consistency(&mut TileNodes::new(&store, size), old, size)?;
    Ok(path.iter().map(encode_hash).collect())
}

/// Checks a proof with the log's public keys; every witness named must have cosigned.
///
/// Errors: `Invalid` where the document is no proof; `Log` where it does not hold.
pub fn check(
    document: &[u8],
    keys: &[VerifierKey],
    witnesses: &[VerifierKey],
) -> Result<Proved, AuditError> {
    let refused = |what: String| AuditError::Invalid {
        what: format!("this is not a proof of an entry: {what}"),
    };
    if document.len() > PROOF_BYTES_MAX {
        return Err(refused("it is too long".into()));
    }
    let proof: EntryProof =
        serde_json::from_slice(document).map_err(|error| refused(error.to_string()))?;
    if proof.format != FORMAT || proof.inclusion.len() > PROOF_HASHES_MAX {
        return Err(refused("its format is unknown".into()));
    }
    let index = proof.index.parse();
    let index: u64 = index.map_err(|_| refused("its index is not a number".into()))?;
    let path: Option<Vec<_>> = proof.inclusion.iter().map(|it| decode_hash(it)).collect();
    let path = path.ok_or_else(|| refused("a hash is not base64".into()))?;
    let note = Note::parse(proof.checkpoint.as_bytes())?;
    let checkpoint = Checkpoint::of(&note)?;
    let signed_by = signer(&note, &checkpoint, keys)?;
    let witnesses = cosigners(&note, &checkpoint, witnesses)?;
    let hash = leaf_hash(proof.leaf.as_bytes());
    if !included(&hash, index, checkpoint.size, &path, &checkpoint.root) {
        let what = "it is not in the tree that the checkpoint signs";
        return Err(AuditError::log(format!("entry {index}"), what));
    }
    Ok(Proved {
        origin: checkpoint.origin,
        index,
        size: checkpoint.size,
        leaf: proof.leaf,
        signed_by: signed_by.to_string(),
        witnesses,
    })
}

/// The first of these keys whose signature holds; none may be forged.
pub(crate) fn signer<'a>(
    note: &Note,
    checkpoint: &Checkpoint,
    keys: &'a [VerifierKey],
) -> Result<&'a VerifierKey, AuditError> {
    let mut found = None;
    for key in keys {
        match note.verify(key) {
            Signed::Forged => {
                let what = format!("its signature by `{}` does not hold", key.name());
                return Err(AuditError::log(CHECKPOINT, what));
            }
            Signed::Valid(_) if key.name() == checkpoint.origin => {
                found = found.or(Some(key));
            }
            _ => {}
        }
    }
    found.ok_or_else(|| AuditError::log(CHECKPOINT, "none of the keys that you trust signed it"))
}

fn cosigners(
    note: &Note,
    checkpoint: &Checkpoint,
    witnesses: &[VerifierKey],
) -> Result<Vec<Witnessed>, AuditError> {
    let each = witnesses.iter().map(|key| {
        let Signed::Valid(Some(seconds)) = note.verify(key) else {
            let what = format!("the witness `{}` has not cosigned it", key.name());
            return Err(AuditError::log(CHECKPOINT, what));
        };
        Ok(Witnessed {
            name: key.name().to_owned(),
            size: checkpoint.size,
            seconds,
        })
    });
    each.collect()
}
