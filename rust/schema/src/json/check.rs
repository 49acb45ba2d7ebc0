//! What a JSON Schema declares at a path, and whether masked content would still be of it.

use std::collections::HashSet;

use super::rules::{Assertion, Compiled, Rule, RuleId, types};
use super::tree::Tree;
use crate::field::LeafType;
use crate::limits::Limits;
use crate::schema::Found;

impl Compiled {
    /// What stands at a path: `*` for properties that have no name of their own; arrays are looked
    /// through, and every alternative counts.
    pub fn at(&self, path: &[&str]) -> Found {
        let mut here = vec![self.root];
        for name in path {
            here = self.below(&here, name);
        }
        self.found(&here)
    }

    fn found(&self, ids: &[RuleId]) -> Found {
        let mut bits = 0;
        let mut found = Found::default();
        for id in ids {
            let entries = self.entries(*id);
            // A list of values: the mask is put on each.
            if entries.is_empty() {
                bits |= self.types(*id);
            }
            for entry in &entries {
                bits |= self.types(*entry);
            }
            found.rules.extend(if entries.is_empty() {
                vec![*id]
            } else {
                entries
            });
        }
        found.nested = bits & (types::OBJECT | types::ARRAY) != 0;
        for (bit, kind) in [
            (types::BOOLEAN, LeafType::Boolean),
            (types::NUMBER | types::INTEGER, LeafType::Number),
            (types::TEXT, LeafType::Text),
        ] {
            if bits & bit != 0 {
                found.kinds.push(kind);
            }
        }
        found
    }

    /// All rules that look at the same value as this one, itself first; those of `not` and `if` don't
    /// say what a value is.
    pub(super) fn same_value(&self, id: RuleId) -> Vec<RuleId> {
        self.same_value_beside(id, &mut HashSet::new())
    }

    /// Those of them that were not seen before.
    fn same_value_beside(&self, id: RuleId, seen: &mut HashSet<RuleId>) -> Vec<RuleId> {
        let mut all = Vec::new();
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            all.push(id);
            if let Some(rule) = self.rule(id) {
                let branches = rule
                    .condition
                    .iter()
                    .flat_map(|(_, then, otherwise)| [then, otherwise]);
                open.extend(branches.flatten());
                open.extend(rule.reference.iter().chain(&rule.all));
                open.extend(rule.any.iter().chain(&rule.one));
            }
        }
        all
    }

    pub(super) fn types(&self, id: RuleId) -> u8 {
        self.types.get(id as usize).copied().unwrap_or(0)
    }

    /// What a value of a rule may be, once that is known of those that look at the same value.
    pub(super) fn types_of(rule: &Rule, known: impl Fn(RuleId) -> u8) -> u8 {
        if rule.never {
            return 0;
        }
        let inner = rule.reference.iter().chain(&rule.all);
        let mut bits = inner.fold(rule.types, |bits, id| bits & known(*id));
        for alternatives in [&rule.any, &rule.one] {
            if !alternatives.is_empty() {
                bits &= alternatives
                    .iter()
                    .fold(0, |either, id| either | known(*id));
            }
        }
        let values = rule.asserted.iter().find_map(|assertion| match assertion {
            Assertion::Values(_, values) => Some(values.listed()),
            _ => None,
        });
        match values {
            Some(values) => {
                let listed = values.iter();
                bits & listed.fold(0, |bits, text| bits | type_of_text(text))
            }
            None => bits,
        }
    }

    /// The rules of what stands in arrays, as deep as arrays go.
    fn entries(&self, id: RuleId) -> Vec<RuleId> {
        let mut entries = Vec::new();
        let mut open = vec![id];
        let mut seen = HashSet::new();
        while let Some(id) = open.pop() {
            for same in self.same_value_beside(id, &mut seen) {
                let array = self.rule(same).and_then(|rule| rule.array.as_ref());
                let inner = array
                    .into_iter()
                    .flat_map(|array| array.prefix.iter().chain(&array.items));
                for entry in inner.copied() {
                    open.push(entry);
                    if self.types(entry) & types::ARRAY == 0 {
                        entries.push(entry);
                    }
                }
            }
        }
        entries
    }

    fn below(&self, ids: &[RuleId], name: &str) -> Vec<RuleId> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        for id in ids {
            let mut holders = self.entries(*id);
            holders.push(*id);
            let holders = holders.into_iter();
            for same in holders.flat_map(|id| self.same_value_beside(id, &mut seen)) {
                let Some(object) = self.rule(same).and_then(|rule| rule.object.as_ref()) else {
                    continue;
                };
                if name == "*" {
                    // It stands for the names that are declared too.
                    found.extend(object.properties.values());
                    found.extend(object.others(|id| self.rule(id)));
                }
                let named = object.properties.get(name).copied();
                let matching = object
                    .patterns
                    .iter()
                    .filter(|(expression, _)| name == "*" || expression.is_match(name))
                    .map(|(_, id)| *id);
                let before = found.len();
                found.extend(named);
                found.extend(matching);
                let open = object.additional.filter(|id| {
                    found.len() == before && self.rule(*id).is_some_and(|rule| !rule.never)
                });
                found.extend(open);
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether masked content, written as JSON, is what these rules ask for.
    pub fn admits(&self, rules: &[RuleId], masked: &str) -> bool {
        let Ok(tree) = Tree::parse(masked.as_bytes(), &Limits::default()) else {
            return false;
        };
        rules
            .iter()
            .all(|id| self.evaluate(*id, tree.root()).is_ok())
    }
}

/// Of a canonical text.
fn type_of_text(text: &[u8]) -> u8 {
    match text.first() {
        Some(b'n') => types::NULL,
        Some(b't' | b'f') => types::BOOLEAN,
        Some(b'"') => types::TEXT,
        Some(b'[') => types::ARRAY,
        Some(b'{') => types::OBJECT,
        _ => types::NUMBER | types::INTEGER,
    }
}
