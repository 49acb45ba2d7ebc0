//! The tree over the records of a batch (RFC 9162, section 2.1), small enough that paths stay short.

use aws_lc_rs::digest;

/// A node, or the digest of a record.
pub type Hash = [u8; HASH_BYTES];
/// Bytes of a node.
pub const HASH_BYTES: usize = 32;
/// Records under one signature; a batch of more has several trees. A path has at most eight nodes.
pub const TREE_LEAVES_MAX: usize = 256;
/// Nodes of the longest path.
pub const PATH_NODES_MAX: usize = TREE_LEAVES_MAX.ilog2() as usize;

const NODE: u8 = 1;

/// The node above these two.
pub fn node(left: &Hash, right: &Hash) -> Hash {
    // In one call: a context that is fed and finished costs as much again as so short a hash.
    let mut bytes = [NODE; 1 + 2 * HASH_BYTES];
    let (_, both) = bytes.split_at_mut(1);
    let (first, second) = both.split_at_mut(HASH_BYTES);
    first.copy_from_slice(left);
    second.copy_from_slice(right);
    hash_of(&bytes)
}

/// The digest of these bytes.
pub fn hash_of(bytes: &[u8]) -> Hash {
    to_hash(&digest::digest(&digest::SHA256, bytes))
}

pub fn to_hash(digest: &digest::Digest) -> Hash {
    let mut hash = Hash::default();
    hash.copy_from_slice(digest.as_ref());
    hash
}

/// Is this node the last of its level, and has none beside it? It stands on the next level as it is.
pub const fn is_alone(at: u64, last: u64) -> bool {
    at & 1 == 0 && at == last
}

/// How many nodes lie beside the way up from a leaf of a tree of so many.
pub fn path_nodes(index: usize, size: usize) -> usize {
    let (mut at, mut last, mut nodes) = (index as u64, size.saturating_sub(1) as u64, 0);
    while last > 0 {
        nodes += usize::from(!is_alone(at, last));
        at >>= 1;
        last >>= 1;
    }
    nodes
}

/// The nodes of one tree, level by level from its leaves; good for one tree after the other.
#[derive(Debug, Default)]
pub struct Tree {
    nodes: Vec<Hash>,
    /// Where each level begins and ends among the nodes.
    levels: Vec<(usize, usize)>,
}

impl Tree {
    /// Builds the tree over these leaves; gives its root.
    pub fn build(&mut self, leaves: &[Hash]) -> Hash {
        self.nodes.clear();
        self.levels.clear();
        self.nodes.extend_from_slice(leaves);
        let (mut start, mut end) = (0, leaves.len());
        while end - start > 1 {
            self.levels.push((start, end));
            for at in (start..end).step_by(2) {
                let (Some(left), right) = (self.nodes.get(at), self.nodes.get(at + 1)) else {
                    break;
                };
                // One without a neighbour stands on the next level as it is.
                let up = match right.filter(|_| at + 1 < end) {
                    Some(right) => node(left, right),
                    None => *left,
                };
                self.nodes.push(up);
            }
            (start, end) = (end, self.nodes.len());
        }
        self.nodes.last().copied().unwrap_or_default()
    }

    /// The nodes beside the way from a leaf up.
    pub fn path(&self, leaf: usize) -> impl Iterator<Item = &Hash> {
        let beside = self.levels.iter().scan(leaf, |at, (start, end)| {
            let place = start + (*at ^ 1);
            *at >>= 1;
            Some(self.nodes.get(place).filter(|_| place < *end))
        });
        beside.flatten()
    }
}

/// The root of a tree of so many leaves in which this leaf has this path (RFC 9162, section 2.1.3.2).
/// `None`: there is no such path.
pub fn root_of<'h>(
    leaf: Hash,
    index: u64,
    size: u64,
    path: impl IntoIterator<Item = &'h Hash>,
) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut at, mut last, mut root) = (index, size - 1, leaf);
    for beside in path {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            root = node(beside, &root);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            root = node(&root, beside);
        }
        at >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(count: usize) -> Vec<Hash> {
        let leaf = |index: usize| digest::digest(&digest::SHA256, &index.to_be_bytes());
        let leaves = (0..count).map(leaf);
        leaves.map(|it| it.as_ref().try_into().unwrap()).collect()
    }

    /// As RFC 9162, section 2.1.1 defines it.
    fn defined(leaves: &[Hash]) -> Hash {
        if let [one] = leaves {
            return *one;
        }
        let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
        node(&defined(left), &defined(right))
    }

    #[test]
    fn the_root_is_that_of_the_standard_and_every_path_leads_to_it() {
        let mut tree = Tree::default();
        for count in (1..=40).chain([127, 128, 129, 255, TREE_LEAVES_MAX]) {
            let leaves = leaves(count);
            let root = tree.build(&leaves);
            assert_eq!(root, defined(&leaves), "{count}");
            for (index, leaf) in leaves.iter().enumerate() {
                let path: Vec<Hash> = tree.path(index).copied().collect();
                assert!(path.len() <= PATH_NODES_MAX && path.len() == path_nodes(index, count));
                let found = root_of(*leaf, index as u64, count as u64, &path);
                assert_eq!(found, Some(root), "{index} of {count}");
                let elsewhere = root_of(*leaf, index as u64 ^ 1, count as u64, &path);
                assert!(count == 1 || elsewhere != Some(root));
            }
        }
    }

    #[test]
    fn a_path_that_is_too_long_or_too_short_leads_nowhere() {
        let leaves = leaves(5);
        let mut tree = Tree::default();
        tree.build(&leaves);
        let mut path: Vec<Hash> = tree.path(1).copied().collect();
        path.push(leaves[0]);
        assert_eq!(root_of(leaves[1], 1, 5, &path), None);
        assert_eq!(root_of(leaves[1], 1, 5, &path[..2]), None);
        assert_eq!(root_of(leaves[1], 5, 5, &path[..3]), None);
        assert_eq!(root_of(leaves[0], 0, 0, &[]), None);
    }
}
