//! Prefixes of names, nested by their beginnings.

/// Prefixes in order, each with the next shorter one that it starts with.
#[derive(Debug)]
pub(crate) struct Prefixes {
    sorted: Vec<String>,
    parents: Vec<Option<usize>>,
}

impl Prefixes {
    /// Take the prefixes in any order; the second of two equal ones is returned as the error.
    pub fn new(prefixes: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut sorted: Vec<String> = prefixes.into_iter().collect();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(pair[1].clone());
        }
        let mut parents: Vec<Option<usize>> = Vec::with_capacity(sorted.len());
        for (index, prefix) in sorted.iter().enumerate() {
            let before = index.checked_sub(1);
            parents.push(climb(&sorted, &parents, before, prefix));
        }
        Ok(Self { sorted, parents })
    }

    /// Index of a declared prefix.
    pub fn index_of(&self, prefix: &str) -> Option<usize> {
        self.sorted
            .binary_search_by(|candidate| candidate.as_str().cmp(prefix))
            .ok()
    }

    /// The longest prefix that a name starts with.
    ///
    /// Whatever sorts between a prefix of the name and the name itself starts with that prefix too,
    /// so the longest one is the greatest that sorts before the name, or one that it starts with.
    pub fn longest(&self, name: &str) -> Option<usize> {
        let after = self
            .sorted
            .partition_point(|prefix| prefix.as_str() <= name);
        climb(&self.sorted, &self.parents, after.checked_sub(1), name)
    }

    /// A prefix and all that it starts with, longest first.
    pub fn chain(&self, from: Option<usize>) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(from, |&index| self.parents[index])
    }

    pub fn get(&self, index: usize) -> &str {
        &self.sorted[index]
    }

    pub fn len(&self) -> usize {
        self.sorted.len()
    }
}

/// The first of a prefix and its parents that `name` starts with.
fn climb(
    sorted: &[String],
    parents: &[Option<usize>],
    from: Option<usize>,
    name: &str,
) -> Option<usize> {
    std::iter::successors(from, |&index| parents[index])
        .find(|&index| name.starts_with(sorted[index].as_str()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_equal_prefix_is_refused() {
        assert_eq!(
            Prefixes::new(["a.".to_owned(), "a.".to_owned()]).unwrap_err(),
            "a."
        );
    }

    proptest! {
        #[test]
        fn the_chain_holds_exactly_the_prefixes_of_a_name(
            prefixes in prop::collection::btree_set("[ab.]{0,4}", 0..12), name in "[ab.]{0,6}",
        ) {
            let table = Prefixes::new(prefixes.iter().cloned()).unwrap();
            let found: Vec<_> = table.chain(table.longest(&name)).map(|it| table.get(it)).collect();
            let mut expected: Vec<_> =
                prefixes.iter().map(String::as_str).filter(|it| name.starts_with(it)).collect();
            expected.reverse();
            prop_assert_eq!(found, expected);
        }
    }
}
