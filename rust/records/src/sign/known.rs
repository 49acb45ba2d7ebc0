//! What is known of a tree while its records are verified one after the other: neighbours share most of their ways to
//! the root.

use super::tree::{Hash, is_alone, node};

/// Nodes of one tree that were found to lead to its root, so that a way is hashed only as far as it is new.
///
/// SECURITY: this knows of hashes alone, and trusts nobody: a node counts as leading to the root only where it is the
/// one that was hashed before, at the same place of a tree of the same size, and where all that is beside the rest of its
/// way is the same as well, byte for byte. Who signed the root is asked behind it, as if all had been hashed anew.
#[derive(Debug, Default)]
pub struct Known {
    size: u64,
    root: Hash,
    /// The leaves, and behind them each further level, which is half as wide.
    nodes: Vec<Option<Hash>>,
    /// What the last way passed: level, place, node.
    way: Vec<(u32, u64, Hash)>,
    way_size: u64,
}

impl Known {
    /// As [`super::tree::root_of`]: the root of a tree of so many leaves in which this leaf has this path.
    pub fn root_of<'h>(
        &mut self,
        leaf: Hash,
        index: u64,
        size: u64,
        mut path: impl Iterator<Item = &'h Hash> + Clone,
    ) -> Option<Hash> {
        self.way.clear();
        self.way_size = size;
        if index >= size {
            return None;
        }
        let (mut at, mut last, mut level, mut up) = (index, size - 1, 0, leaf);
        loop {
            if size == self.size
                && self.node(level, at) == Some(&up)
                && self.leads(level, at, path.clone())
            {
                return Some(self.root);
            }
            self.way.push((level, at, up));
            if last == 0 {
                break;
            }
            if !is_alone(at, last) {
                let beside = path.next()?;
                self.way.push((level, at ^ 1, *beside));
                up = if at & 1 == 1 {
                    node(beside, &up)
                } else {
                    node(&up, beside)
                };
            }
            at >>= 1;
            last >>= 1;
            level += 1;
        }
        path.next().is_none().then_some(up)
    }

    /// There was no way to walk.
    pub fn no_way(&mut self) {
        self.way.clear();
    }

    /// Remembers the way that was walked last, and that it led to this root.
    pub fn keep(&mut self, root: &Hash) {
        if self.way.is_empty() {
            return;
        }
        if self.way_size != self.size || *root != self.root {
            self.size = self.way_size;
            self.root = *root;
            self.nodes.clear();
            let places = usize::try_from(self.size.next_power_of_two() * 2).unwrap_or(0);
            self.nodes.resize(places, None);
        }
        for (level, at, node) in &self.way {
            let place = place(self.size, *level, *at);
            if let Some(known) = place.and_then(|it| self.nodes.get_mut(it)) {
                *known = Some(*node);
            }
        }
    }

    fn node(&self, level: u32, at: u64) -> Option<&Hash> {
        self.nodes.get(place(self.size, level, at)?)?.as_ref()
    }

    /// Is what lies beside the rest of the way known, all of it, and the same?
    fn leads<'h>(&self, level: u32, at: u64, mut path: impl Iterator<Item = &'h Hash>) -> bool {
        let (mut level, mut at, mut last) = (level, at, (self.size - 1) >> level);
        while last > 0 {
            if !is_alone(at, last) {
                let known = self.node(level, at ^ 1);
                if known.is_none() || known != path.next() {
                    return false;
                }
            }
            at >>= 1;
            last >>= 1;
            level += 1;
        }
        path.next().is_none()
    }
}

/// Where a node stands among all of a tree of so many leaves.
fn place(size: u64, level: u32, at: u64) -> Option<usize> {
    let all = size.next_power_of_two() * 2;
    usize::try_from(all - (all >> level) + at).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tree::{TREE_LEAVES_MAX, Tree, hash_of, root_of};
    use super::*;

    fn leaves(count: usize, of: u8) -> Vec<Hash> {
        let leaf = |index: usize| hash_of(&[&[of][..], &index.to_be_bytes()].concat());
        (0..count).map(leaf).collect()
    }

    #[derive(Clone, Debug)]
    enum Change {
        Nothing,
        Leaf,
        Node(prop::sample::Index, u8),
        Swapped(prop::sample::Index, prop::sample::Index),
        Shorter,
        Longer,
        Index(u64),
        Size(u64),
        /// The leaf and the path of a record of another tree.
        Moved,
    }

    fn changes() -> impl Strategy<Value = Change> {
        use prop::sample::Index;
        prop_oneof![
            4 => Just(Change::Nothing),
            1 => Just(Change::Leaf),
            1 => (any::<Index>(), 0..32_u8).prop_map(|(at, byte)| Change::Node(at, byte)),
            1 => (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Change::Swapped(a, b)),
            1 => Just(Change::Shorter),
            1 => Just(Change::Longer),
            1 => (0..=TREE_LEAVES_MAX as u64).prop_map(Change::Index),
            1 => (0..=TREE_LEAVES_MAX as u64).prop_map(Change::Size),
            1 => Just(Change::Moved),
        ]
    }

    proptest! {
        #[test]
        fn what_is_known_changes_no_answer(
            count in 1..=TREE_LEAVES_MAX,
            steps in prop::collection::vec((any::<prop::sample::Index>(), changes(), any::<bool>()), 1..40),
        ) {
            let trees = [1, 2].map(|of| {
                let (leaves, mut tree) = (leaves(count, of), Tree::default());
                tree.build(&leaves);
                (leaves, tree)
            });
            let mut known = Known::default();
            for (at, change, keep) in steps {
                let (leaves, tree) = &trees[usize::from(matches!(change, Change::Moved))];
                let at = at.index(count);
                let (mut leaf, mut index, mut size) = (leaves[at], at as u64, count as u64);
                let mut path: Vec<Hash> = tree.path(at).copied().collect();
                match change {
                    Change::Node(at, byte) if !path.is_empty() => {
                        let at = at.index(path.len());
                        path[at][usize::from(byte)] ^= 1;
                    }
                    Change::Swapped(a, b) if !path.is_empty() => {
                        let (a, b) = (a.index(path.len()), b.index(path.len()));
                        path.swap(a, b);
                    }
                    Change::Leaf => leaf = trees[1].0[at],
                    Change::Shorter => drop(path.pop()),
                    Change::Longer => path.push(leaf),
                    Change::Index(other) => index = other,
                    Change::Size(other) => size = other,
                    Change::Nothing | Change::Moved | Change::Node(..) | Change::Swapped(..) => {}
                }
                let expected = root_of(leaf, index, size, &path);
                let found = known.root_of(leaf, index, size, path.iter());
                prop_assert_eq!(found, expected, "{} of {} after {:?}", index, size, change);
                // Whatever root is kept, honest or not.
                if let Some(root) = found.filter(|_| keep) {
                    known.keep(&root);
                }
            }
        }
    }

    #[test]
    fn a_tree_is_hashed_once_however_many_of_its_records_are_verified() {
        for count in [1, 2, 3, 100, TREE_LEAVES_MAX] {
            let leaves = leaves(count, 1);
            let (mut tree, mut known) = (Tree::default(), Known::default());
            let root = tree.build(&leaves);
            let mut hashed = 0;
            for (index, leaf) in leaves.iter().enumerate() {
                let path: Vec<Hash> = tree.path(index).copied().collect();
                let found = known.root_of(*leaf, index as u64, count as u64, path.iter());
                assert_eq!(found, Some(root));
                let beside = |it: &&(u32, u64, Hash)| it.1 != index as u64 >> it.0;
                hashed += known.way.iter().filter(beside).count();
                known.keep(&root);
            }
            assert!(hashed < count, "{hashed} of {count}");
        }
    }
}
