//! Proofs of RFC 6962, sections 2.1.1 and 2.1.2: made from a tree's nodes, checked without it.

use crate::error::AuditError;
use crate::log::tree::{Hash, node_hash, split};

/// More hashes than a proof in any tree of 2^64 leaves has.
pub const PROOF_HASHES_MAX: usize = 64;

/// Where the hashes of complete subtrees come from.
pub(crate) trait Nodes {
    /// The root of the leaves `[index << height, (index + 1) << height)`.
    fn node(&mut self, height: u32, index: u64) -> Result<Hash, AuditError>;

    /// The root of the leaves `[first, end)`, of which `first` is where RFC 6962 may cut.
    fn root(&mut self, first: u64, end: u64) -> Result<Hash, AuditError> {
        let size = end - first;
        if size.is_power_of_two() {
            let height = size.trailing_zeros();
            return self.node(height, first >> height);
        }
        let middle = first + split(size);
        Ok(node_hash(
            &self.root(first, middle)?,
            &self.root(middle, end)?,
        ))
    }
}

/// The hashes that lead from leaf `index` to the root of a tree of `size` leaves, nearest first.
pub(crate) fn inclusion(
    nodes: &mut impl Nodes,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, AuditError> {
    let (mut first, mut end, mut path) = (0, size, Vec::new());
    while end - first > 1 {
        let middle = first + split(end - first);
        if index < middle {
            path.push(nodes.root(middle, end)?);
            end = middle;
        } else {
            path.push(nodes.root(first, middle)?);
            first = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The hashes that show that the tree of `size` leaves begins with that of `old` leaves.
///
/// `old` must be at least 1 and at most `size`.
pub(crate) fn consistency(
    nodes: &mut impl Nodes,
    old: u64,
    size: u64,
) -> Result<Vec<Hash>, AuditError> {
    let (mut first, mut end, mut path) = (0, size, Vec::new());
    while old != end {
        let middle = first + split(end - first);
        if old <= middle {
            path.push(nodes.root(middle, end)?);
            end = middle;
        } else {
            path.push(nodes.root(first, middle)?);
            first = middle;
        }
    }
    // The part of the old tree at which the two trees meet; all of it where both begin there.
    if first > 0 {
        path.push(nodes.root(first, end)?);
    }
    path.reverse();
    Ok(path)
}

/// True where `path` leads from the leaf with this hash and index to `root` (RFC 9162, 2.1.3.2).
pub fn included(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// True where `path` shows that the tree with `root` begins with that of `old_root` (RFC 9162, 2.1.4.2).
///
/// Every tree begins with the empty one; its proof is empty.
pub fn consistent(old: (u64, &Hash), new: (u64, &Hash), path: &[Hash]) -> bool {
    let ((old_size, old_root), (size, root)) = (old, new);
    if old_size == 0 || old_size == size {
        return path.is_empty() && (old_size == 0 || old_root == root);
    }
    if old_size > size {
        return false;
    }
    // A complete old tree is itself the first hash, and is left out of the path.
    let (start, rest) = if old_size.is_power_of_two() {
        (old_root, path)
    } else {
        match path.split_first() {
            Some((first, rest)) => (first, rest),
            None => return false,
        }
    };
    let shift = (old_size - 1).trailing_ones();
    let (mut node, mut last) = ((old_size - 1) >> shift, (size - 1) >> shift);
    let (mut old_hash, mut hash) = (*start, *start);
    for sibling in rest {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && hash == *root
}

#[cfg(test)]
mod tests {
    use super::{Nodes, consistency, consistent, included, inclusion};
    use crate::error::AuditError;
    use crate::log::tree::tests::{INPUTS, ROOTS, hash, leaves, reference_root};
    use crate::log::tree::{Hash, leaf_hash};

    struct Memory(Vec<Hash>);

    impl Nodes for Memory {
        fn node(&mut self, height: u32, index: u64) -> Result<Hash, AuditError> {
            let width = 1usize << height;
            let first = usize::try_from(index).unwrap() * width;
            Ok(reference_root(&self.0[first..first + width]))
        }
    }

    fn published() -> Memory {
        Memory(INPUTS.iter().map(|input| leaf_hash(input)).collect())
    }

    fn hashes(hex: &[&str]) -> Vec<Hash> {
        hex.iter().map(|text| hash(text)).collect()
    }

    /// Inclusion: leaf, size, path (the proofs that RFC 6962 implementations test with).
    #[test]
    fn inclusion_proofs_are_the_published_ones() {
        let cases: [(u64, u64, &[&str]); 4] = [
            (0, 1, &[]),
            (
                0,
                8,
                &[
                    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
                ],
            ),
            (
                5,
                8,
                &[
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                ],
            ),
            (
                2,
                3,
                &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
            ),
        ];
        let mut nodes = published();
        for (index, size, path) in cases {
            let path = hashes(path);
            assert_eq!(inclusion(&mut nodes, index, size).unwrap(), path);
            let root = hash(ROOTS[usize::try_from(size).unwrap()]);
            let leaf = leaf_hash(INPUTS[usize::try_from(index).unwrap()]);
            assert!(included(&leaf, index, size, &path, &root));
        }
    }

    #[test]
    fn consistency_proofs_are_the_published_ones() {
        let cases: [(u64, u64, &[&str]); 4] = [
            (1, 1, &[]),
            (
                1,
                8,
                &[
                    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
                ],
            ),
            (
                6,
                8,
                &[
                    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                ],
            ),
            (
                2,
                5,
                &[
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                ],
            ),
        ];
        let mut nodes = published();
        let root = |size: u64| hash(ROOTS[usize::try_from(size).unwrap()]);
        for (old, size, path) in cases {
            let path = hashes(path);
            assert_eq!(consistency(&mut nodes, old, size).unwrap(), path);
            assert!(consistent((old, &root(old)), (size, &root(size)), &path));
        }
    }

    #[test]
    fn every_proof_of_every_small_tree_holds_and_no_altered_one_does() {
        let all = leaves(40);
        let roots: Vec<Hash> = (0..=all.len()).map(|n| reference_root(&all[..n])).collect();
        let mut nodes = Memory(all.clone());
        for size in 1..=all.len() as u64 {
            let root = roots[usize::try_from(size).unwrap()];
            for index in 0..size {
                let path = inclusion(&mut nodes, index, size).unwrap();
                let leaf = all[usize::try_from(index).unwrap()];
                assert!(included(&leaf, index, size, &path, &root));
                assert!(!included(&leaf, index + 1, size, &path, &root));
                assert!(!included(&root, index, size, &path, &leaf) || size == 1);
                for at in 0..path.len() {
                    let mut bad = path.clone();
                    bad[at][0] ^= 1;
                    assert!(!included(&leaf, index, size, &bad, &root));
                    bad.remove(at);
                    assert!(!included(&leaf, index, size, &bad, &root));
                }
            }
            for old in 1..=size {
                let path = consistency(&mut nodes, old, size).unwrap();
                let old_root = roots[usize::try_from(old).unwrap()];
                assert!(consistent((old, &old_root), (size, &root), &path));
                assert!(!consistent((old, &leaf_hash(b"x")), (size, &root), &path));
                assert!(!consistent(
                    (old, &old_root),
                    (size, &leaf_hash(b"x")),
                    &path
                ));
                for at in 0..path.len() {
                    let mut bad = path.clone();
                    bad[at][31] ^= 1;
                    assert!(!consistent((old, &old_root), (size, &root), &bad));
                    bad.remove(at);
                    assert!(!consistent((old, &old_root), (size, &root), &bad));
                }
                let mut long = path.clone();
                long.push(root);
                assert!(!consistent((old, &old_root), (size, &root), &long));
            }
        }
    }

    #[test]
    fn a_proof_for_sizes_that_cannot_be_is_refused() {
        let (one, two) = (leaf_hash(b"1"), leaf_hash(b"2"));
        assert!(!included(&one, 1, 1, &[], &one));
        assert!(!included(&one, 0, 0, &[], &one));
        assert!(!included(&one, u64::MAX - 1, u64::MAX, &[], &one));
        assert!(!consistent((2, &one), (1, &two), &[]));
        assert!(!consistent((3, &one), (7, &two), &[]));
        assert!(!consistent((u64::MAX - 1, &one), (u64::MAX, &two), &[one]));
        assert!(consistent((0, &one), (7, &two), &[]));
    }
}
