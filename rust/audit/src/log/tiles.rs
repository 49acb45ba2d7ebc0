//! The files of a log: C2SP tlog-tiles.

use std::fmt::Write;

use crate::error::AuditError;
use crate::frame::ENTRY_BYTES_MAX;
use crate::log::proof::Nodes;
use crate::log::store::Store;
use crate::log::tree::{Hash, TILE_HEIGHT, TILE_WIDTH, level_width, root_over};

/// The name of the checkpoint.
pub(crate) const CHECKPOINT: &str = "checkpoint";
/// A copy of the public key, for people; whoever verifies must have got it from elsewhere.
pub(crate) const VKEY: &str = "vkey";
/// Where the newest checkpoint is kept that each witness has cosigned.
pub(crate) const WITNESSED: &str = "witnessed";
/// Where checkpoints are kept that two keys signed, by the size of their tree.
pub(crate) const ROTATIONS: &str = "rotations";
pub(crate) const TILE_BYTES_MAX: usize = TILE_WIDTH * 32;
pub(crate) const BUNDLE_BYTES_MAX: usize = TILE_WIDTH * (2 + ENTRY_BYTES_MAX);

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Hashes of this level.
    Hashes(u32),
    /// The entries themselves.
    Entries,
}

/// One tile of a tree of a certain size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tile {
    pub(crate) kind: Kind,
    pub(crate) index: u64,
    /// From 1 to 256.
    pub(crate) width: usize,
}

impl Tile {
    /// The tile as it is in a tree of `size` leaves.
    pub(crate) fn of(kind: Kind, index: u64, size: u64) -> Self {
        let level = match kind {
            Kind::Hashes(level) => level,
            Kind::Entries => 0,
        };
        let there = level_width(size, level).saturating_sub(index << TILE_HEIGHT);
        let width = usize::try_from(there).map_or(TILE_WIDTH, |there| there.min(TILE_WIDTH));
        Self { kind, index, width }
    }

    /// Its path, such as `tile/0/x001/067.p/5`.
    pub(crate) fn path(&self) -> String {
        let mut path = self.full_path();
        if self.width < TILE_WIDTH {
            let _ = write!(path, ".p/{}", self.width);
        }
        path
    }

    /// Where its partial versions lie.
    pub(crate) fn partials(&self) -> String {
        format!("{}.p", self.full_path())
    }

    pub(crate) fn full_path(&self) -> String {
        let mut path = match self.kind {
            Kind::Hashes(level) => format!("tile/{level}/"),
            Kind::Entries => "tile/entries/".to_owned(),
        };
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for group in groups.iter().skip(1).rev() {
            let _ = write!(path, "x{group:03}/");
        }
        let _ = write!(path, "{:03}", groups[0]);
        path
    }
}

pub(crate) fn tile_bytes(hashes: &[Hash]) -> &[u8] {
    hashes.as_flattened()
}

/// The hashes of a tile; a longer one, which a larger tree has, is cut to `width`.
pub(crate) fn parse_tile(bytes: &[u8], width: usize) -> Option<Vec<Hash>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    (rest.is_empty() && hashes.len() <= TILE_WIDTH)
        .then(|| hashes.get(..width).map(<[Hash]>::to_vec))?
}

/// Adds an entry to a bundle: length u16 big-endian, then its bytes.
pub(crate) fn put_entry(bundle: &mut Vec<u8>, leaf: &[u8]) -> Result<(), AuditError> {
    let length = u16::try_from(leaf.len()).map_err(|_| AuditError::TooLarge {
        bytes: leaf.len(),
        bytes_max: ENTRY_BYTES_MAX,
    })?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(leaf);
    Ok(())
}

/// The first `width` entries of a bundle; none where it has fewer, or is not one.
pub(crate) fn parse_bundle(bytes: &[u8], width: usize) -> Option<Vec<&[u8]>> {
    let (mut entries, mut rest) = (Vec::with_capacity(width.min(TILE_WIDTH)), bytes);
    while !rest.is_empty() {
        let (length, behind) = rest.split_first_chunk::<2>()?;
        let (entry, behind) = behind.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        if entries.len() == TILE_WIDTH {
            return None;
        }
        entries.push(entry);
        rest = behind;
    }
    (entries.len() >= width).then(|| {
        entries.truncate(width);
        entries
    })
}

/// Reads a tile's file; where a larger tree has replaced it by the full one, that.
pub(crate) fn read(store: &dyn Store, tile: &Tile) -> Result<Option<Vec<u8>>, AuditError> {
    let bytes_max = match tile.kind {
        Kind::Hashes(_) => TILE_BYTES_MAX,
        Kind::Entries => BUNDLE_BYTES_MAX,
    };
    let found = store.read(&tile.path(), bytes_max)?;
    if found.is_some() || tile.width == TILE_WIDTH {
        return Ok(found);
    }
    store.read(&tile.full_path(), bytes_max)
}

/// The hashes of a tile. Errors: `Log` where it is missing or has another form.
pub(crate) fn hashes(store: &dyn Store, tile: &Tile) -> Result<Vec<Hash>, AuditError> {
    let bytes = read(store, tile)?.ok_or_else(|| AuditError::log(tile.path(), "it is missing"))?;
    parse_tile(&bytes, tile.width).ok_or_else(|| {
        let what = format!("it does not hold {} hashes", tile.width);
        AuditError::log(tile.path(), what)
    })
}

/// The nodes of the tree of `size` leaves that a store holds.
#[derive(Debug)]
pub(crate) struct TileNodes<'a> {
    store: &'a dyn Store,
    size: u64,
    /// The tiles that were used last; a proof needs few.
    held: Vec<(Tile, Vec<Hash>)>,
}

impl<'a> TileNodes<'a> {
    const HELD_MAX: usize = 64;

    pub(crate) fn new(store: &'a dyn Store, size: u64) -> Self {
        Self {
            store,
            size,
            held: Vec::new(),
        }
    }
}

impl Nodes for TileNodes<'_> {
    fn node(&mut self, height: u32, index: u64) -> Result<Hash, AuditError> {
        let (level, above) = (height / TILE_HEIGHT, height % TILE_HEIGHT);
        let first = index << above;
        let tile = Tile::of(Kind::Hashes(level), first >> TILE_HEIGHT, self.size);
        let at = self.held.iter().position(|(held, _)| *held == tile);
        let at = if let Some(at) = at {
            at
        } else {
            if self.held.len() >= Self::HELD_MAX {
                self.held.remove(0);
            }
            self.held.push((tile, hashes(self.store, &tile)?));
            self.held.len() - 1
        };
        let start = usize::try_from(first % TILE_WIDTH as u64).unwrap_or(0);
        let wanted = self.held[at].1.get(start..start + (1 << above));
        wanted
            .map(root_over)
            .ok_or_else(|| AuditError::log(tile.path(), "it is too short for this tree"))
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Tile, parse_bundle, parse_tile, put_entry};

    #[test]
    fn paths_are_those_of_the_specification() {
        let path = |kind, index, width| Tile { kind, index, width }.path();
        assert_eq!(path(Kind::Hashes(0), 0, 256), "tile/0/000");
        assert_eq!(
            path(Kind::Hashes(1), 1_234_067, 256),
            "tile/1/x001/x234/067"
        );
        assert_eq!(path(Kind::Entries, 999, 5), "tile/entries/999.p/5");
        assert_eq!(path(Kind::Entries, 1000, 256), "tile/entries/x001/000");
    }

    /// The example of the specification: a tree of 70,000 leaves.
    #[test]
    fn widths_are_those_of_the_specification() {
        let width = |level, index| Tile::of(Kind::Hashes(level), index, 70_000).width;
        assert_eq!((width(0, 272), width(0, 273)), (256, 112));
        assert_eq!((width(1, 0), width(1, 1), width(2, 0)), (256, 17, 1));
        assert_eq!(Tile::of(Kind::Hashes(1), 0, 256).width, 1);
        assert_eq!(Tile::of(Kind::Hashes(9), 0, 256).width, 0);
    }

    #[test]
    fn bundles_are_read_as_written_and_nothing_else_is() {
        let mut bundle = Vec::new();
        put_entry(&mut bundle, b"one").unwrap();
        put_entry(&mut bundle, &vec![b'x'; 65_535]).unwrap();
        assert_eq!(parse_bundle(&bundle, 2).unwrap()[0], b"one");
        assert_eq!(parse_bundle(&bundle, 1).unwrap(), [b"one"]);
        assert!(parse_bundle(&bundle, 3).is_none());
        assert!(parse_bundle(&bundle[..bundle.len() - 1], 1).is_none());
        assert!(parse_bundle(&vec![0; 2 * 257], 256).is_none());
        put_entry(&mut bundle, &vec![b'x'; 65_536]).unwrap_err();
    }

    #[test]
    fn tiles_are_whole_hashes() {
        assert!(parse_tile(&[0; 33], 1).is_none());
        assert!(parse_tile(&[0; 32], 2).is_none());
        assert!(parse_tile(&[0; 257 * 32], 1).is_none());
        assert_eq!(parse_tile(&[0; 64], 1).unwrap().len(), 1);
    }
}
