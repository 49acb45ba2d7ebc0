//! Replacements within a value: what they change is spliced, everything else is copied as it lies.

use std::ops::Range;

/// Other bytes for a range of the value.
#[derive(Debug)]
pub(crate) struct Edit {
    pub range: Range<usize>,
    pub with: Vec<u8>,
}

/// Replacements, in any order; ranges don't overlap.
#[derive(Debug, Default)]
pub(crate) struct Edits(Vec<Edit>);

impl Edits {
    pub fn push(&mut self, range: Range<usize>, with: Vec<u8>) {
        self.0.push(Edit { range, with });
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are: a mark for `growth_since`.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// By how many bytes those after a mark lengthen the value.
    pub fn growth_since(&self, mark: usize) -> isize {
        self.0.iter().skip(mark).fold(0isize, |sum, edit| {
            sum.saturating_add_unsigned(edit.with.len())
                .saturating_sub_unsigned(edit.range.len())
        })
    }

    /// The value with all of them done.
    pub fn apply(mut self, value: &[u8]) -> Vec<u8> {
        self.0.sort_by_key(|edit| edit.range.start);
        let grown = self.growth_since(0);
        let mut result = Vec::with_capacity(value.len().saturating_add_signed(grown));
        let mut copied = 0;
        for edit in self.0 {
            result.extend_from_slice(value.get(copied..edit.range.start).unwrap_or_default());
            result.extend_from_slice(&edit.with);
            copied = edit.range.end;
        }
        result.extend_from_slice(value.get(copied..).unwrap_or_default());
        result
    }
}
