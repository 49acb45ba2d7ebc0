//! The bytes that a snapshot's references name: certificates, keys, passwords, tokens.

use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;

/// Reference → bytes; none are withheld: what needs them fails until there are some. Never shown.
#[derive(Clone, Default)]
pub struct Materials(HashMap<String, Vec<u8>>);

impl Materials {
    /// Nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Did the secret's lease end, so that it may not be used any more?
    #[must_use]
    pub fn is_withheld(&self, reference: &str) -> bool {
        self.0.get(reference).is_some_and(Vec::is_empty)
    }

    /// These, but of what is withheld now and `kept` names, the bytes of before.
    #[must_use]
    pub fn keeping<'k>(mut self, before: &Self, kept: impl Iterator<Item = &'k str>) -> Self {
        for reference in kept {
            if self.is_withheld(reference)
                && let Some(bytes) = before.0.get(reference)
            {
                self.0.insert(reference.to_owned(), bytes.clone());
            }
        }
        self
    }
}

impl fmt::Debug for Materials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hidden = self.0.keys().map(|reference| (reference, "***"));
        f.debug_map().entries(hidden).finish()
    }
}

impl Deref for Materials {
    type Target = HashMap<String, Vec<u8>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<HashMap<String, Vec<u8>>> for Materials {
    fn from(materials: HashMap<String, Vec<u8>>) -> Self {
        Self(materials)
    }
}

impl<const N: usize> From<[(String, Vec<u8>); N]> for Materials {
    fn from(materials: [(String, Vec<u8>); N]) -> Self {
        Self(materials.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_never_shown() {
        let materials = Materials::from([("file:key".to_owned(), b"canary".to_vec())]);
        let shown = format!("{materials:?} {materials:#?}");
        assert!(shown.contains("file:key") && shown.contains("***"));
        assert!(!shown.contains("canary") && !shown.contains("99")); // nor as numbers
    }

    #[test]
    fn what_is_withheld_is_kept_only_where_asked() {
        let [kept, other] = ["file:a", "file:b"].map(str::to_owned);
        let full = [(kept.clone(), vec![1]), (other.clone(), vec![2])];
        let before = Materials::from(full);
        let now = Materials::from([(kept.clone(), vec![]), (other.clone(), vec![])]);
        let now = now.keeping(&before, std::iter::once(kept.as_str()));
        assert!(!now.is_withheld(&kept) && now.is_withheld(&other));
    }
}
