//! Schemas that are at hand: bounded in number and memory, so that no stream's take the place of another's.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use streamward_schema::Schema;

use super::answer::TextDigest;
use super::asked::Retry;
use super::{Registered, SchemaNeed};

/// Schemas that are kept at one time.
pub const SCHEMAS_MAX: usize = 1_000;
/// Bytes that they may take, as [`Schema::memory_bytes`] estimates them.
pub const SCHEMA_MEMORY_BYTES_MAX: usize = 64 << 20;

pub(super) struct Known {
    pub schema: Arc<Schema>,
    pub digest: TextDigest,
    pub fresh_until: i64,
    pub usable_until: i64,
    /// It had to be asked for again, and there was no answer.
    pub retry: Option<Retry>,
    /// When it was last looked for, as a count.
    used: u64,
    bytes: usize,
}

#[derive(Default)]
pub(super) struct Store {
    kept: HashMap<SchemaNeed, Known>,
    bytes: usize,
    used: u64,
}

impl Store {
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    pub fn get(&mut self, need: &SchemaNeed) -> Option<&Known> {
        let known = self.kept.get_mut(need)?;
        self.used += 1;
        known.used = self.used;
        Some(known)
    }

    pub fn get_mut(&mut self, need: &SchemaNeed) -> Option<&mut Known> {
        self.kept.get_mut(need)
    }

    /// Keeps a schema; whether others had to make room for it.
    pub fn insert(
        &mut self,
        need: &SchemaNeed,
        (schema, digest): (Arc<Schema>, TextDigest),
        now: i64,
    ) -> bool {
        self.remove(need);
        let fresh_until = now.saturating_add(need.of.cache_milliseconds);
        let bytes = schema.memory_bytes();
        self.used += 1;
        self.bytes += bytes;
        let known = Known {
            schema,
            digest,
            fresh_until,
            usable_until: fresh_until.saturating_add(need.of.stale_milliseconds),
            retry: None,
            used: self.used,
            bytes,
        };
        self.kept.insert(need.clone(), known);
        let mut displaced = false;
        while self.kept.len() > SCHEMAS_MAX || self.bytes > SCHEMA_MEMORY_BYTES_MAX {
            let Some(least) = self.dispensable() else {
                break;
            };
            self.remove(&least);
            displaced = true;
        }
        displaced
    }

    /// SECURITY: of the stream that takes up the most, what was not looked for the longest: whoever has many versions
    /// asked for displaces those of that stream, and of no other that takes up less.
    fn dispensable(&self) -> Option<SchemaNeed> {
        let by_bytes = self.bytes > SCHEMA_MEMORY_BYTES_MAX;
        let mut taken: HashMap<&Registered, usize> = HashMap::new();
        for (need, known) in &self.kept {
            *taken.entry(&*need.of).or_default() += if by_bytes { known.bytes } else { 1 };
        }
        let (most, _) = taken.into_iter().max_by_key(|(_, taken)| *taken)?;
        let of_it = self.kept.iter().filter(|(need, _)| *need.of == *most);
        let (need, _) = of_it.min_by_key(|(_, known)| known.used)?;
        Some(need.clone())
    }

    /// Is another schema known under this id than the one that this digest names?
    pub fn contradicts(&self, need: &SchemaNeed, digest: &TextDigest) -> bool {
        let known = self.kept.get(need);
        known.is_some_and(|known| known.digest != *digest)
    }

    pub fn remove(&mut self, need: &SchemaNeed) {
        if let Some(known) = self.kept.remove(need) {
            self.bytes -= known.bytes;
        }
    }

    /// Keeps only those of these streams.
    pub fn retain(&mut self, declared: &HashSet<Arc<Registered>>) {
        self.kept.retain(|need, _| declared.contains(&need.of));
        self.bytes = self.kept.values().map(|known| known.bytes).sum();
    }
}
