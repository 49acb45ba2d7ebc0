//! Decisions that were made before, by everything that they depend on.

use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use hashbrown::HashTable;

use crate::attributes::{Begins, TEXTS, Texts};
use crate::networks::NetworkSet;
use crate::request::{Action, Decision, Mechanism, ResourceKind};

/// Independent parts, so that connections rarely wait for one another.
const SHARDS: usize = 16;
/// Entries in one generation of one shard; a shard holds two, the memo 65,536.
const GENERATION_ENTRIES_MAX: usize = 2048;
/// Longer names or texts are decided anew each time: an entry has a bounded size.
const TEXT_BYTES_MAX: usize = 1024;

/// What a decision depends on, borrowed: a look-up allocates nothing. What the rules of the slice
/// do not read is left out, so that it makes no difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key<'a> {
    pub principal: &'a str,
    pub name: &'a str,
    pub texts: Texts<'a>,
    /// Asserted by the proof; they stand in the heads of rules.
    pub roles: &'a Arc<[String]>,
    pub tenant: Option<&'a str>,
    pub values: Values,
}

impl Key<'_> {
    fn text_bytes(&self) -> usize {
        let texts = self.texts.iter().chain([&self.tenant]);
        let bytes: usize = texts.flatten().map(|text| text.len()).sum();
        bytes + self.name.len()
    }
}

/// The parts of a key that are not text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Values {
    pub action: Action,
    pub kind: ResourceKind,
    pub tls: Option<bool>,
    pub mechanism: Option<Mechanism>,
    pub mfa: Option<bool>,
    pub source: Option<IpAddr>,
    pub networks: NetworkSet,
    pub begins: Begins,
}

#[derive(Debug)]
struct Entry {
    hash: u64,
    principal: Box<str>,
    name: Box<str>,
    texts: [Option<Box<str>>; TEXTS.len()],
    roles: Arc<[String]>,
    tenant: Option<Box<str>>,
    values: Values,
    /// First and end of the time for which it was made; `None`: for ever.
    span: Option<(i64, i64)>,
    decision: Arc<Decision>,
}

impl Entry {
    fn key(&self) -> Key<'_> {
        Key {
            principal: &self.principal,
            name: &self.name,
            texts: self.texts.each_ref().map(Option::as_deref),
            roles: &self.roles,
            tenant: self.tenant.as_deref(),
            values: self.values,
        }
    }

    /// A clock can be set back, so the time before the span counts as well.
    fn holds_at(&self, now_milliseconds: i64) -> bool {
        self.span
            .is_none_or(|(first, end)| first <= now_milliseconds && now_milliseconds < end)
    }
}

/// When a generation is full it becomes the old one, and the one before it goes.
#[derive(Debug, Default)]
struct Shard {
    current: HashTable<Entry>,
    old: HashTable<Entry>,
}

/// A bounded table of decisions.
#[derive(Debug)]
pub(crate) struct Memo {
    hasher: RandomState,
    shards: [RwLock<Shard>; SHARDS],
}

impl Memo {
    pub fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            shards: Default::default(),
        }
    }

    /// The hash of a key: random per process, because names come from peers.
    pub fn hash(&self, key: &Key<'_>) -> u64 {
        self.hasher.hash_one(key)
    }

    pub fn get(&self, hash: u64, key: &Key<'_>, now_milliseconds: i64) -> Option<Arc<Decision>> {
        let shard = self
            .shard(hash)
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let same = |entry: &Entry| entry.hash == hash && entry.key() == *key;
        let entry = shard
            .current
            .find(hash, same)
            .or_else(|| shard.old.find(hash, same))?;
        entry
            .holds_at(now_milliseconds)
            .then(|| Arc::clone(&entry.decision))
    }

    pub fn put(
        &self,
        hash: u64,
        key: &Key<'_>,
        span: Option<(i64, i64)>,
        decision: &Arc<Decision>,
    ) {
        if key.text_bytes() > TEXT_BYTES_MAX {
            return;
        }
        let entry = Entry {
            hash,
            principal: key.principal.into(),
            name: key.name.into(),
            texts: key.texts.map(|text| text.map(Into::into)),
            roles: Arc::clone(key.roles),
            tenant: key.tenant.map(Into::into),
            values: key.values,
            span,
            decision: Arc::clone(decision),
        };
        let mut shard = self
            .shard(hash)
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(present) = shard
            .current
            .find_mut(hash, |it| it.hash == hash && it.key() == *key)
        {
            *present = entry;
            return;
        }
        if shard.current.len() >= GENERATION_ENTRIES_MAX {
            shard.old = std::mem::take(&mut shard.current);
        }
        shard.current.insert_unique(hash, entry, |entry| entry.hash);
    }

    fn shard(&self, hash: u64) -> &RwLock<Shard> {
        // The table uses the low and the highest bits; these are in between.
        &self.shards[(hash >> 40) as usize % SHARDS]
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        let count = |shard: &RwLock<Shard>| {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            shard.current.len() + shard.old.len()
        };
        self.shards.iter().map(count).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    static NO_ROLES: LazyLock<Arc<[String]>> = LazyLock::new(Arc::default);

    fn key(name: &str) -> Key<'_> {
        Key {
            principal: "alice",
            name,
            texts: [None; TEXTS.len()],
            roles: &NO_ROLES,
            tenant: None,
            values: Values {
                action: Action::Read,
                kind: ResourceKind::Stream,
                tls: None,
                mechanism: None,
                mfa: None,
                source: None,
                networks: 0,
                begins: [None; 3],
            },
        }
    }

    fn decision(reason: &str) -> Arc<Decision> {
        Arc::new(Decision {
            allowed: false,
            rules: Vec::new(),
            errors: Vec::new(),
            reason: reason.to_owned(),
            valid_until_milliseconds: None,
        })
    }

    #[test]
    fn the_memo_is_bounded_whatever_peers_ask() {
        let memo = Memo::new();
        let decision = decision("x");
        let bound = 2 * SHARDS * GENERATION_ENTRIES_MAX;
        for index in 0..2 * bound {
            let name = index.to_string();
            memo.put(memo.hash(&key(&name)), &key(&name), None, &decision);
        }
        assert!(memo.len() <= bound, "{}", memo.len());
        assert!(memo.len() > bound / 4, "{}", memo.len());
        let long = "n".repeat(TEXT_BYTES_MAX + 1);
        memo.put(memo.hash(&key(&long)), &key(&long), None, &decision);
        assert!(memo.get(memo.hash(&key(&long)), &key(&long), 0).is_none());
    }

    #[test]
    fn an_entry_holds_within_its_span_and_is_replaced_after_it() {
        let memo = Memo::new();
        let hash = memo.hash(&key("a"));
        memo.put(hash, &key("a"), Some((100, 200)), &decision("first"));
        assert!(memo.get(hash, &key("a"), 99).is_none());
        assert!(memo.get(hash, &key("a"), 100).is_some());
        assert!(memo.get(hash, &key("a"), 199).is_some());
        assert!(memo.get(hash, &key("a"), 200).is_none());
        memo.put(hash, &key("a"), Some((200, 300)), &decision("second"));
        let reason = memo.get(hash, &key("a"), 200).map(|it| it.reason.clone());
        assert_eq!(reason.as_deref(), Some("second"));
        assert_eq!(memo.len(), 1);
    }
}
