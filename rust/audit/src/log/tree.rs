//! The Merkle tree of RFC 6962, section 2.1, grown leaf by leaf and cut into tiles.

use aws_lc_rs::digest::{Context, SHA256, digest};

/// How many hashes a full tile has.
pub const TILE_WIDTH: usize = 256;
/// How many levels of the tree lie between one level of tiles and the next.
pub(crate) const TILE_HEIGHT: u32 = 8;

/// A SHA-256 hash.
pub type Hash = [u8; 32];

fn finish(context: Context) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// The SHA-256 of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

/// The hash of an entry: SHA-256 over a zero byte and the entry.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&[0]);
    context.update(leaf);
    finish(context)
}

/// The hash of two subtrees: SHA-256 over a one byte and both hashes.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(left);
    bytes[33..].copy_from_slice(right);
    sha256(&bytes)
}

/// The root of a tree without leaves.
pub fn empty_root() -> Hash {
    sha256(&[])
}

/// The largest power of two below `size`, which must be at least 2: where RFC 6962 cuts a tree.
pub(crate) fn split(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}

/// The root over hashes of subtrees that are all of one size.
pub(crate) fn root_over(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => empty_root(),
        [one] => *one,
        [left, right] => node_hash(left, right),
        many => {
            let (left, right) = many.split_at(many.len().next_power_of_two() / 2);
            node_hash(&root_over(left), &root_over(right))
        }
    }
}

/// How many hashes level `level` of tiles has in a tree of `size` leaves.
pub(crate) fn level_width(size: u64, level: u32) -> u64 {
    size.checked_shr(TILE_HEIGHT * level).unwrap_or(0)
}

/// The right edge of a growing tree: of each level of tiles, the hashes of the one that is not full.
#[derive(Clone, Debug, Default)]
pub struct Edge {
    size: u64,
    levels: Vec<Vec<Hash>>,
}

impl Edge {
    /// The edge of a tree of `size` leaves; `levels` must hold [`level_width`] modulo 256 hashes each.
    pub(crate) fn resume(size: u64, levels: Vec<Vec<Hash>>) -> Self {
        Self { size, levels }
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds the hash of a leaf. `full` gets each tile that it fills: level, index, hashes.
    pub fn push<E>(
        &mut self,
        leaf: Hash,
        mut full: impl FnMut(u32, u64, &[Hash]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut carried = leaf;
        self.size += 1;
        for level in 0.. {
            if self.levels.len() <= level as usize {
                self.levels.push(Vec::with_capacity(TILE_WIDTH));
            }
            let tile = &mut self.levels[level as usize];
            tile.push(carried);
            if tile.len() < TILE_WIDTH {
                break;
            }
            full(level, level_width(self.size, level + 1) - 1, tile)?;
            carried = root_over(tile);
            tile.clear();
        }
        Ok(())
    }

    /// The tiles that are neither full nor empty: level, index, hashes.
    pub fn partial(&self) -> impl Iterator<Item = (u32, u64, &[Hash])> {
        self.levels
            .iter()
            .zip(0u32..)
            .filter(|(tile, _)| !tile.is_empty())
            .map(|(tile, level)| (level, level_width(self.size, level + 1), tile.as_slice()))
    }

    /// The root of the tree as it is now.
    pub fn root(&self) -> Hash {
        let mut right: Option<Hash> = None;
        for tile in &self.levels {
            let mut end = tile.len();
            // Complete subtrees from the right to the left, each twice as large or larger.
            while end > 0 {
                let start = end - (1 << end.trailing_zeros());
                let peak = root_over(&tile[start..end]);
                right = Some(right.map_or(peak, |right| node_hash(&peak, &right)));
                end = start;
            }
        }
        right.unwrap_or_else(empty_root)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Edge, Hash, empty_root, leaf_hash, level_width, node_hash, root_over, split};

    /// The inputs that the published vectors of RFC 6962 implementations share.
    pub(crate) const INPUTS: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    /// Their roots, by the number of leaves (transparency-dev/merkle, `testonly/constants.go`).
    pub(crate) const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    pub(crate) fn hash(hex: &str) -> Hash {
        let mut hash = [0; 32];
        for (at, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap();
        }
        hash
    }

    /// MTH as RFC 6962 defines it, for comparison.
    pub(crate) fn reference_root(leaves: &[Hash]) -> Hash {
        match leaves.len() {
            0 => empty_root(),
            1 => leaves[0],
            size => {
                let at = usize::try_from(split(size as u64)).unwrap();
                let (left, right) = leaves.split_at(at);
                node_hash(&reference_root(left), &reference_root(right))
            }
        }
    }

    pub(crate) fn leaves(count: u64) -> Vec<Hash> {
        (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    #[test]
    fn the_roots_are_the_published_ones() {
        let mut edge = Edge::default();
        assert_eq!(edge.root(), hash(ROOTS[0]));
        for (input, root) in INPUTS.iter().zip(&ROOTS[1..]) {
            edge.push(leaf_hash(input), |_, _, _| Ok::<_, ()>(()))
                .unwrap();
            assert_eq!(edge.root(), hash(root));
        }
    }

    #[test]
    fn tiles_fill_at_every_level_and_the_root_stays_that_of_the_definition() {
        let all = leaves(66_000);
        let (mut edge, mut tiles) = (Edge::default(), Vec::new());
        for (at, leaf) in all.iter().enumerate() {
            edge.push(*leaf, |level, index, hashes| {
                tiles.push((level, index, root_over(hashes)));
                Ok::<_, ()>(())
            })
            .unwrap();
            let size = at as u64 + 1;
            if [1, 2, 3, 255, 256, 257, 511, 513, 65_535, 65_536, 65_537].contains(&size) {
                assert_eq!(edge.root(), reference_root(&all[..=at]), "{size}");
            }
        }
        assert_eq!(edge.root(), reference_root(&all));
        assert_eq!(tiles.iter().filter(|(level, ..)| *level == 0).count(), 257);
        let upper: Vec<_> = tiles.iter().filter(|(level, ..)| *level == 1).collect();
        assert_eq!(upper, [&(1, 0, reference_root(&all[..65_536]))]);
        let partial: Vec<_> = edge.partial().map(|(l, n, h)| (l, n, h.len())).collect();
        assert_eq!(partial, [(0, 257, 208), (1, 1, 1), (2, 0, 1)]);
        assert_eq!(level_width(66_000, 1), 257);
    }
}
