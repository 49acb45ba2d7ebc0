//! Where a log goes on: its last checkpoint, and the tiles at its right edge.

use crate::error::AuditError;
use crate::log::checkpoint::Checkpoint;
use crate::log::key::Keys;
use crate::log::note::{NOTE_BYTES_MAX, Note, Signed};
use crate::log::store::Store;
use crate::log::tiles::{self, CHECKPOINT, Kind, ROTATIONS, Tile};
use crate::log::tree::{Edge, Hash, TILE_WIDTH, leaf_hash, level_width};

/// A log as its checkpoint says it is.
#[derive(Debug, Default)]
pub(crate) struct Resumed {
    pub(crate) edge: Edge,
    /// The entries of the bundle that is not full, as they lie in it.
    pub(crate) bundle: Vec<u8>,
    /// True where the previous key signed the checkpoint, and none is kept that both signed.
    pub(crate) rotating: bool,
}

/// Reads the last checkpoint and what lies at the right edge of its tree, and checks that they fit.
///
/// Errors: `Log` with the place, `Key` where another key signed it.
pub(crate) fn resume(store: &dyn Store, keys: &Keys, origin: &str) -> Result<Resumed, AuditError> {
    let Some(bytes) = store.read(CHECKPOINT, NOTE_BYTES_MAX)? else {
        return Ok(Resumed::default());
    };
    let note =
        Note::parse(&bytes).map_err(|error| AuditError::log(CHECKPOINT, error.to_string()))?;
    let checkpoint =
        Checkpoint::of(&note).map_err(|error| AuditError::log(CHECKPOINT, error.to_string()))?;
    if checkpoint.origin != origin {
        let what = format!(
            "it is of the log `{}`, not of `{origin}`",
            checkpoint.origin
        );
        return Err(AuditError::log(CHECKPOINT, what));
    }
    let rotating = signed_by_previous(&note, keys)? && !is_rotation_kept(store, keys)?;
    let mut levels = Vec::new();
    for level in 0.. {
        let width = level_width(checkpoint.size, level);
        if width == 0 {
            break;
        }
        let tile = Tile::of(
            Kind::Hashes(level),
            width / TILE_WIDTH as u64,
            checkpoint.size,
        );
        let whole = tile.width == 0;
        levels.push(if whole {
            Vec::new()
        } else {
            tiles::hashes(store, &tile)?
        });
    }
    let bundle = last_bundle(
        store,
        &checkpoint,
        levels.first().map_or(&[], Vec::as_slice),
    )?;
    let edge = Edge::resume(checkpoint.size, levels);
    if edge.root() != checkpoint.root {
        let what = format!(
            "its root is not that of the {} leaves whose hashes are in `tile`",
            checkpoint.size
        );
        return Err(AuditError::log(CHECKPOINT, what));
    }
    Ok(Resumed {
        edge,
        bundle,
        rotating,
    })
}

fn signed_by_previous(note: &Note, keys: &Keys) -> Result<bool, AuditError> {
    let forged = || AuditError::log(CHECKPOINT, "its signature does not hold");
    let previous = keys.previous.as_ref();
    match (
        note.verify(keys.current.public()),
        previous.map(|key| note.verify(key.public())),
    ) {
        (Signed::Forged, _) | (_, Some(Signed::Forged)) => Err(forged()),
        (_, Some(Signed::Valid(_))) => Ok(true),
        (Signed::Valid(_), _) => Ok(false),
        (Signed::Absent, _) => Err(AuditError::Key {
            what: format!(
                "the log's checkpoint is not signed by `{}`: declare the key that signed it as \
                 `previous_key`, or begin a new log in another directory",
                keys.current.public()
            ),
        }),
    }
}

/// True where a checkpoint is kept by which whoever trusts the previous key finds the one in force.
fn is_rotation_kept(store: &dyn Store, keys: &Keys) -> Result<bool, AuditError> {
    let Some(previous) = &keys.previous else {
        return Ok(false);
    };
    for name in store.list(ROTATIONS)? {
        let bytes = store.read(&format!("{ROTATIONS}/{name}"), NOTE_BYTES_MAX)?;
        let Some(note) = bytes.and_then(|bytes| Note::parse(&bytes).ok()) else {
            continue;
        };
        let both = [previous, &keys.current].map(|key| note.verify(key.public()));
        if both.iter().all(|one| matches!(one, Signed::Valid(_))) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The bundle that is not full, whose entries must hash to `hashes`.
fn last_bundle(
    store: &dyn Store,
    checkpoint: &Checkpoint,
    hashes: &[Hash],
) -> Result<Vec<u8>, AuditError> {
    if hashes.is_empty() {
        return Ok(Vec::new());
    }
    let index = checkpoint.size / TILE_WIDTH as u64;
    let tile = Tile::of(Kind::Entries, index, checkpoint.size);
    let damaged = |what: &str| AuditError::log(tile.path(), what);
    let bytes = tiles::read(store, &tile)?.ok_or_else(|| damaged("it is missing"))?;
    let entries = tiles::parse_bundle(&bytes, tile.width)
        .ok_or_else(|| damaged("it does not hold the entries that the checkpoint covers"))?;
    if let Some(at) = entries
        .iter()
        .zip(hashes)
        .position(|(entry, hash)| leaf_hash(entry) != *hash)
    {
        let entry = index * TILE_WIDTH as u64 + at as u64;
        return Err(damaged(&format!(
            "entry {entry} is not the one that was logged"
        )));
    }
    let mut bundle = Vec::with_capacity(bytes.len());
    for entry in entries {
        tiles::put_entry(&mut bundle, entry)?;
    }
    Ok(bundle)
}
