//! What may go: bundles of entries and segments of the journal that are old enough. Hashes stay.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use crate::error::AuditError;
use crate::layout;
use crate::log::store::Store;
use crate::log::tiles::{Kind, Tile};
use crate::log::tree::TILE_WIDTH;

const WIDTH: u64 = TILE_WIDTH as u64;

fn bundle(index: u64) -> Tile {
    Tile {
        kind: Kind::Entries,
        index,
        width: TILE_WIDTH,
    }
}

/// The first entry whose bundle is there; bundles are removed oldest first.
pub(crate) fn first_kept(directory: &Path, size: u64) -> u64 {
    let there = |index: u64| directory.join(bundle(index).full_path()).exists();
    let (mut low, mut high) = (0, size / WIDTH);
    while low < high {
        let middle = u64::midpoint(low, high);
        if there(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low * WIDTH
}

/// The entry below which all are in closed segments that were last written before `kept_since`, and
/// under a checkpoint of `size` leaves; a multiple of 256. Errors: `Io`.
pub(crate) fn prunable(
    directory: &Path,
    size: u64,
    kept_since: SystemTime,
) -> Result<u64, AuditError> {
    let mut below = 0;
    for pair in layout::segments(directory)?.windows(2) {
        let path = layout::segment_path(directory, pair[0]);
        let written = fs::metadata(&path).and_then(|found| found.modified());
        let written = written.map_err(|source| AuditError::io("look at", &path, source))?;
        if written >= kept_since || pair[1] > size {
            break;
        }
        below = pair[1];
    }
    Ok(below / WIDTH * WIDTH)
}

/// Removes the bundles and segments all of whose entries are below `below`, the oldest first: whatever
/// a crash leaves, what is missing is one piece at the beginning. Errors: `Io`.
pub(crate) fn prune(
    store: &mut dyn Store,
    directory: &Path,
    below: u64,
    from: u64,
) -> Result<(), AuditError> {
    for index in from / WIDTH..below / WIDTH {
        store.remove(&bundle(index).full_path())?;
    }
    for pair in layout::segments(directory)?.windows(2) {
        if pair[1] > below {
            break;
        }
        let path = layout::segment_path(directory, pair[0]);
        fs::remove_file(&path).map_err(|source| AuditError::io("remove", &path, source))?;
    }
    Ok(())
}
