//! One pass over all entries of a log: recomputes every tile, and compares it with the file.

use std::path::Path;

use serde_json::Value;

use crate::error::AuditError;
use crate::layout;
use crate::log::note::{Algorithm, VerifierKey};
use crate::log::store::Store;
use crate::log::tiles::{self, BUNDLE_BYTES_MAX, Kind, TILE_BYTES_MAX, Tile};
use crate::log::tree::{Edge, Hash, TILE_WIDTH, leaf_hash, root_over};
use crate::reader::Reader;

/// Entries of the journal that are read at one time.
const READ_ENTRIES: usize = 4096;

/// Gaps that are named.
const GAPS_MAX: usize = 1_000;

/// Sizes at which the root is wanted, and the roots.
#[derive(Debug, Default)]
pub(crate) struct Marks(Vec<(u64, Option<Hash>)>);

impl Marks {
    pub(crate) fn new(mut sizes: Vec<u64>) -> Self {
        sizes.sort_unstable();
        sizes.dedup();
        Self(sizes.into_iter().map(|size| (size, None)).collect())
    }

    pub(crate) fn root(&self, size: u64) -> Option<Hash> {
        let at = self.0.binary_search_by_key(&size, |(size, _)| *size).ok()?;
        self.0.get(at)?.1
    }

    fn pass(&mut self, edge: &Edge) {
        if let Ok(at) = self.0.binary_search_by_key(&edge.size(), |(size, _)| *size) {
            self.0[at].1 = Some(edge.root());
        }
    }
}

/// An entry that names a key and the one after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyChange {
    pub(crate) entry: u64,
    pub(crate) from: VerifierKey,
    pub(crate) to: VerifierKey,
}

/// What a pass found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) root: Hash,
    pub(crate) first: u64,
    pub(crate) tiles: u64,
    pub(crate) journal: Option<u64>,
    pub(crate) waiting: u64,
    pub(crate) key_changes: Vec<KeyChange>,
    /// Entries that say that something may be in none; the first of them.
    pub(crate) gaps: Vec<u64>,
    /// The highest number below which an entry says that entries were pruned.
    pruned: u64,
}

/// Recomputes the tree of `size` leaves. Errors: `Log` with the first place that differs; `Io`.
pub(crate) fn walk(
    store: &dyn Store,
    directory: &Path,
    size: u64,
    marks: &mut Marks,
    with_journal: bool,
) -> Result<Found, AuditError> {
    let mut walk = Walk {
        store,
        size,
        edge: Edge::default(),
        found: Found::default(),
        journal: Beside::open(directory, with_journal)?,
    };
    marks.pass(&walk.edge);
    for index in 0..size.div_ceil(TILE_WIDTH as u64) {
        walk.bundle(index, marks)?;
    }
    walk.partial_tiles()?;
    walk.found.root = walk.edge.root();
    if walk.found.pruned < walk.found.first {
        let tile = Tile::of(Kind::Entries, 0, size);
        let what = format!(
            "the entries before {} are missing, and no entry says that they were pruned",
            walk.found.first
        );
        return Err(AuditError::log(tile.path(), what));
    }
    if let Some(journal) = walk.journal {
        walk.found.journal = Some(journal.compared);
        walk.found.waiting = journal.rest(directory, size)?;
    }
    Ok(walk.found)
}

struct Walk<'a> {
    store: &'a dyn Store,
    size: u64,
    edge: Edge,
    found: Found,
    journal: Option<Beside>,
}

impl Walk<'_> {
    /// One bundle, its tile of hashes, and the tiles above that it fills.
    fn bundle(&mut self, index: u64, marks: &mut Marks) -> Result<(), AuditError> {
        let tile = Tile::of(Kind::Entries, index, self.size);
        let recorded = Tile::of(Kind::Hashes(0), index, self.size);
        let hashes = match tiles::read(self.store, &tile)? {
            Some(bytes) => self.entries(&tile, &recorded, &bytes)?,
            // Pruned bundles are the oldest ones, and their hashes stay.
            None if self.found.first == self.edge.size() && tile.width == TILE_WIDTH => {
                self.found.first += TILE_WIDTH as u64;
                tiles::hashes(self.store, &recorded)?
            }
            None => return Err(AuditError::log(tile.path(), "it is missing")),
        };
        self.found.tiles += 1;
        for hash in &hashes {
            let (store, found) = (self.store, &mut self.found);
            self.edge.push(*hash, |level, index, hashes| {
                found.tiles += 1;
                if level == 0 {
                    return Ok(());
                }
                same_hashes(store, level, index, hashes)
            })?;
            marks.pass(&self.edge);
        }
        self.partials(&recorded, tiles::tile_bytes(&hashes), TILE_BYTES_MAX)
    }

    /// The hashes of a bundle's entries, compared with the tile that records them.
    fn entries(
        &mut self,
        tile: &Tile,
        recorded: &Tile,
        bytes: &[u8],
    ) -> Result<Vec<Hash>, AuditError> {
        let first = tile.index * TILE_WIDTH as u64;
        let entries = tiles::parse_bundle(bytes, tile.width).ok_or_else(|| {
            let what = format!(
                "it does not hold the {} entries from {first} on",
                tile.width
            );
            AuditError::log(tile.path(), what)
        })?;
        let hashes: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        let known = tiles::hashes(self.store, recorded)?;
        let pairs = hashes.iter().zip(&known);
        if let Some(at) = pairs.clone().position(|(here, known)| here != known) {
            let altered = self.is_recorded_above(recorded, &known);
            let entry = first + at as u64;
            return Err(if altered {
                AuditError::log(
                    tile.path(),
                    format!("entry {entry} is not the one that was logged"),
                )
            } else {
                AuditError::log(
                    recorded.path(),
                    format!("its hash {at} is not that of entry {entry}"),
                )
            });
        }
        for (entry, leaf) in (first..).zip(&entries) {
            if let Some(journal) = &mut self.journal {
                journal.compare(entry, leaf)?;
            }
            self.found.note(entry, leaf);
        }
        self.partials(tile, bytes, BUNDLE_BYTES_MAX)?;
        Ok(hashes)
    }

    /// True unless the level above says that the tile of hashes is the one that was altered.
    fn is_recorded_above(&self, recorded: &Tile, known: &[Hash]) -> bool {
        if recorded.width < TILE_WIDTH {
            return true;
        }
        let above = Tile::of(
            Kind::Hashes(1),
            recorded.index / TILE_WIDTH as u64,
            self.size,
        );
        let at = usize::try_from(recorded.index % TILE_WIDTH as u64).unwrap_or(0);
        let above = tiles::hashes(self.store, &above).ok();
        above.is_none_or(|above| above.get(at) == Some(&root_over(known)))
    }

    /// Each partial version that an earlier checkpoint needed begins as the tile does now.
    fn partials(&self, tile: &Tile, bytes: &[u8], bytes_max: usize) -> Result<(), AuditError> {
        for name in self.store.list(&tile.partials())? {
            let width = name
                .parse()
                .ok()
                .filter(|width| (1..tile.width).contains(width));
            let Some(width) = width else {
                continue;
            };
            let partial = Tile { width, ..*tile };
            let Some(found) = self.store.read(&partial.path(), bytes_max)? else {
                continue;
            };
            let whole = match tile.kind {
                Kind::Hashes(_) => found.len() == width * 32,
                Kind::Entries => {
                    tiles::parse_bundle(&found, width + 1).is_none()
                        && tiles::parse_bundle(&found, width).is_some()
                }
            };
            if !whole || !bytes.starts_with(&found) {
                let what = "it is not how the tile was when it had this width";
                return Err(AuditError::log(partial.path(), what));
            }
        }
        Ok(())
    }

    /// The tiles at the right edge above level 0.
    fn partial_tiles(&mut self) -> Result<(), AuditError> {
        for (level, index, hashes) in self.edge.partial().filter(|(level, ..)| *level > 0) {
            self.found.tiles += 1;
            same_hashes(self.store, level, index, hashes)?;
            let kind = Kind::Hashes(level);
            let tile = Tile::of(kind, index, self.size);
            self.partials(&tile, tiles::tile_bytes(hashes), TILE_BYTES_MAX)?;
        }
        Ok(())
    }
}

/// A tile above level 0 must record the roots of the tiles below it.
fn same_hashes(
    store: &dyn Store,
    level: u32,
    index: u64,
    hashes: &[Hash],
) -> Result<(), AuditError> {
    let tile = Tile {
        kind: Kind::Hashes(level),
        index,
        width: hashes.len(),
    };
    let known = tiles::hashes(store, &tile)?;
    let Some(at) = hashes
        .iter()
        .zip(&known)
        .position(|(here, known)| here != known)
    else {
        return Ok(());
    };
    let below = index * TILE_WIDTH as u64 + at as u64;
    let entries = 1u64 << (8 * level);
    let (first, last) = (below * entries, (below + 1) * entries - 1);
    let what = format!(
        "its hash {at} is not that of the entries {first} to {last}: they, or this tile, were altered"
    );
    Err(AuditError::log(tile.path(), what))
}

impl Found {
    /// Remembers what an entry says about the log itself.
    fn note(&mut self, entry: u64, leaf: &[u8]) {
        // Few entries do: the rest is not worth reading as JSON.
        let about_it = memchr::memmem::find_iter(leaf, br#""kind":""#).any(|at| {
            let kind = leaf.get(at + br#""kind":""#.len()..).unwrap_or_default();
            kind.starts_with(b"log_") || kind.starts_with(b"gap\"")
        });
        if !about_it {
            return;
        }
        let Ok(event) = serde_json::from_slice::<Value>(leaf) else {
            return;
        };
        let Some(streaming) = event.get("streaming") else {
            return;
        };
        let text = |field: &str| streaming.get(field).and_then(Value::as_str);
        match text("kind") {
            Some("log_key") => {
                let key = |field| text(field)?.parse::<VerifierKey>().ok();
                let log_key = |key: &VerifierKey| key.algorithm() == Algorithm::Ed25519;
                if let (Some(from), Some(to)) = (
                    key("previous_log_key").filter(log_key),
                    key("log_key").filter(log_key),
                ) {
                    self.key_changes.push(KeyChange { entry, from, to });
                }
            }
            Some("gap") if self.gaps.len() < GAPS_MAX => self.gaps.push(entry),
            Some("log_pruned") => {
                let below = text("pruned_below").and_then(|below| below.parse().ok());
                self.pruned = self.pruned.max(below.unwrap_or(0).min(entry));
            }
            _ => {}
        }
    }
}

/// The journal, read beside the log.
struct Beside {
    reader: Reader,
    /// The journal's oldest entry that is still there.
    first: u64,
    read: std::vec::IntoIter<(u64, Vec<u8>)>,
    compared: u64,
}

impl Beside {
    fn open(directory: &Path, wanted: bool) -> Result<Option<Self>, AuditError> {
        if !wanted {
            return Ok(None);
        }
        let segments = layout::segments(directory)?;
        let Some(first) = segments.first().copied() else {
            return Ok(None);
        };
        Ok(Some(Self {
            reader: Reader::open_at(directory, first)?,
            first,
            read: Vec::new().into_iter(),
            compared: 0,
        }))
    }

    fn next(&mut self) -> Result<Option<(u64, Vec<u8>)>, AuditError> {
        if let Some(entry) = self.read.next() {
            return Ok(Some(entry));
        }
        self.read = self.reader.read(READ_ENTRIES)?.into_iter();
        Ok(self.read.next())
    }

    fn compare(&mut self, entry: u64, leaf: &[u8]) -> Result<(), AuditError> {
        if entry < self.first {
            return Ok(());
        }
        let mut next = self.next()?;
        // Of what was pruned here, the journal may still have some.
        while next.as_ref().is_some_and(|(index, _)| *index < entry) {
            next = self.next()?;
        }
        match next {
            Some((index, found)) if index == entry && found == leaf => {
                self.compared += 1;
                Ok(())
            }
            Some(_) => {
                let what = format!("entry {entry} is another one than in the log");
                Err(AuditError::log("journal", what))
            }
            None => {
                let what = format!("it ends before entry {entry}, which the log has");
                Err(AuditError::log("journal", what))
            }
        }
    }

    /// How many entries there are that the log does not have yet.
    fn rest(mut self, directory: &Path, size: u64) -> Result<u64, AuditError> {
        let mut waiting = 0;
        while let Some((index, _)) = self.next()? {
            waiting += u64::from(index >= size);
        }
        let (last, next) = self.reader.place();
        let segments = layout::segments(directory)?;
        // A writer that was killed may have begun the one that comes next, and no other.
        match segments.iter().find(|it| **it > last && **it != next) {
            None => Ok(waiting),
            Some(stray) => Err(AuditError::damaged(
                *stray,
                0,
                "it is not the segment that comes after the last entry",
            )),
        }
    }
}
