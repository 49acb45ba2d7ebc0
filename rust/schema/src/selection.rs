//! Which fields are looked for: paths of names, through arrays as if they weren't there.

use std::collections::HashMap;

use crate::error::Reason;

/// The name that stands for every key of a map.
const ANY: &str = "*";

/// Why a set of paths can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// A path of no names.
    #[error("a path must name a field")]
    Empty,
    /// The same path twice.
    #[error("the path `{0}` stands twice")]
    Repeated(String),
    /// `*` beside a name: it would not be clear which of them counts.
    #[error("the path `{0}` stands beside one with `*` in its place")]
    Ambiguous(String),
}

#[derive(Debug, Default)]
struct Node {
    children: HashMap<Box<str>, u32>,
    any: Option<u32>,
    rule: Option<u32>,
}

/// Paths of fields, each with the number under which it is told.
#[derive(Debug, Default)]
pub struct Selection(Vec<Node>);

impl Selection {
    /// Each path gets the number of its place in the list.
    ///
    /// # Errors
    /// `SelectionError` for paths that can't be told apart.
    pub fn new<P, S>(paths: impl IntoIterator<Item = P>) -> Result<Self, SelectionError>
    where
        P: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        let mut selection = Self(vec![Node::default()]);
        for (rule, path) in (0u32..).zip(paths) {
            selection.add(rule, path)?;
        }
        Ok(selection)
    }

    fn add<S: AsRef<str>>(
        &mut self,
        rule: u32,
        path: impl IntoIterator<Item = S>,
    ) -> Result<(), SelectionError> {
        let mut at = 0usize;
        let mut told = String::new();
        for name in path {
            let name = name.as_ref();
            if !told.is_empty() {
                told.push('.');
            }
            told.push_str(name);
            at = self.step(at, name, &told)?;
        }
        match self.0.get_mut(at) {
            _ if told.is_empty() => Err(SelectionError::Empty),
            Some(node) if node.rule.is_none() => {
                node.rule = Some(rule);
                Ok(())
            }
            _ => Err(SelectionError::Repeated(told)),
        }
    }

    fn step(&mut self, at: usize, name: &str, told: &str) -> Result<usize, SelectionError> {
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        let Some(node) = self.0.get_mut(at) else {
            return Err(SelectionError::Empty);
        };
        // SECURITY: a name beside `*` would take its subtree out of what `*` covers.
        if (name == ANY && !node.children.is_empty()) || (name != ANY && node.any.is_some()) {
            return Err(SelectionError::Ambiguous(told.to_owned()));
        }
        let child = if name == ANY {
            *node.any.get_or_insert(next)
        } else {
            *node.children.entry(name.into()).or_insert(next)
        };
        if child == next {
            self.0.push(Node::default());
        }
        Ok(child as usize)
    }

    /// Where a walk begins.
    pub(crate) fn root(&self) -> At<'_> {
        match self.0.len() {
            0 | 1 => At(None),
            _ => At(Some((self, 0))),
        }
    }
}

/// A place in the paths during a walk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'s>(Option<(&'s Selection, u32)>);

impl<'s> At<'s> {
    /// Nothing below is looked for.
    pub const NOWHERE: Self = Self(None);

    fn node(self) -> Option<&'s Node> {
        let (selection, at) = self.0?;
        selection.0.get(at as usize)
    }

    /// The place of a field or key below.
    pub fn child(self, name: &str) -> Self {
        let (Some((selection, _)), Some(node)) = (self.0, self.node()) else {
            return Self(None);
        };
        let next = node.any.or_else(|| node.children.get(name).copied());
        Self(next.map(|next| (selection, next)))
    }

    /// The number of the path that ends here.
    pub fn rule(self) -> Option<u32> {
        self.node()?.rule
    }

    /// A single value stands here: fields that are looked for below can't be told from the rest of it.
    pub fn nothing_below(self) -> Result<(), Reason> {
        if self.is_nowhere() {
            Ok(())
        } else {
            Err(Reason::Unmaskable)
        }
    }

    /// Whether anything here or below is looked for.
    pub fn is_nowhere(self) -> bool {
        self.0.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_covers_every_key_and_stands_alone() {
        let selection = Selection::new([vec!["a", "*", "x"], vec!["b"]]).unwrap();
        let at = selection.root().child("a");
        assert_eq!(at.child("k").child("x").rule(), Some(0));
        assert_eq!(at.child("k").child("y").rule(), None);
        assert_eq!(selection.root().child("b").rule(), Some(1));
        for paths in [
            [vec!["a", "*"], vec!["a", "b"]],
            [vec!["a", "b"], vec!["a", "*"]],
        ] {
            assert!(matches!(
                Selection::new(paths),
                Err(SelectionError::Ambiguous(_))
            ));
        }
        assert!(matches!(
            Selection::new([vec!["a"], vec!["a"]]),
            Err(SelectionError::Repeated(_))
        ));
        assert_eq!(
            Selection::new([Vec::<&str>::new()]).unwrap_err(),
            SelectionError::Empty
        );
    }
}
