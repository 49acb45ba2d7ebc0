//! The data keys that are at hand: made ahead of need, kept as long as they may be, and forgotten when that is over.
//!
//! INVARIANT: a key that seals is this gateway's alone, so that its counter of nonces is the only one.

mod answer;
mod need;

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use self::need::{KeyNeed, hex};

use crate::buffers::Buffers;

use streamward_records::{DataKey, FoundKey, Keys, Kid, KnownKey, KnownKeys, Scratch};

/// Keys of others that are kept at one time; beyond that, the one that is to be forgotten soonest makes room.
pub const OPENING_KEYS_MAX: usize = 10_000;
/// How long it is remembered that nobody knows a key (ms).
pub const UNKNOWN_MILLISECONDS: i64 = 30_000;
/// Keys that nobody knows which are asked for on behalf of one stream, within [`UNKNOWN_MILLISECONDS`].
pub const UNKNOWN_ASKED_MAX: usize = 32;
/// Keys of which facts are asked for on behalf of one request; more than that at once are told to come again.
pub const FACTS_ASKED_MAX: usize = 16;
/// Without an answer, so long (ms) nothing is asked again.
pub const RETRY_MILLISECONDS: i64 = 1_000;
/// Whoever makes a key ahead of need has so long (ms); a connection that ends before it asks leaves it to the next.
pub const UNDERWAY_MILLISECONDS: i64 = 30_000;
/// Buffers that are kept for the next batch.
const SCRATCHES_MAX: usize = 16;
/// A key is due when this many tenths of its records are sealed.
const DUE_TENTHS: u64 = 8;

struct Sealing {
    key: Arc<DataKey>,
    /// From then on (ms since 1970) it no longer seals.
    expires: i64,
    /// From then on another is made.
    refresh: i64,
}

enum Opening {
    Known { key: Arc<DataKey>, until: i64 },
    Unknown { until: i64 },
}

impl Opening {
    const fn until(&self) -> i64 {
        match self {
            Self::Known { until, .. } | Self::Unknown { until } => *until,
        }
    }
}

#[derive(Default)]
struct Held {
    sealing: HashMap<Arc<str>, Sealing>,
    deterministic: HashMap<Arc<str>, Sealing>,
    opening: HashMap<Kid, Opening>,
    /// What is known of keys, and until when it is taken for true.
    facts: HashMap<Kid, (KnownKey, i64)>,
    /// Keys that nobody knows, and until when that is taken for true. Whoever names many makes no other forgotten.
    unknown: HashMap<Kid, i64>,
    /// Keys of which facts were asked for on behalf of a stream, and that turned out to be none of anybody's.
    asked: HashMap<Arc<str>, Asked>,
    /// Until when nothing is asked again, because there was no answer.
    unanswered: HashMap<KeyNeed, i64>,
    /// Those that are being made ahead of need, and until when nobody else makes them.
    underway: HashMap<KeyNeed, i64>,
    /// Grows when keys are forgotten: what was asked before is not learnt after.
    forgotten: u64,
}

/// What was asked for on behalf of one stream since then.
struct Asked {
    since: i64,
    kids: Vec<Kid>,
}

impl Asked {
    const fn is_over(&self, now: i64) -> bool {
        now >= self.since.saturating_add(UNKNOWN_MILLISECONDS)
    }
}

/// Numbers for metrics.
#[derive(Debug, Default)]
pub struct KeyCounts {
    /// Records that were opened.
    pub opened: AtomicU64,
    /// Records that were sealed.
    pub sealed: AtomicU64,
    /// Partitions that were refused, and records that were marked, on read.
    pub refused_read: AtomicU64,
    /// And on write.
    pub refused_write: AtomicU64,
    /// Keys that were asked for, with an answer.
    pub answered: AtomicU64,
    /// And without one.
    pub unanswered: AtomicU64,
}

/// The data keys of a gateway.
#[derive(Default)]
pub struct DataKeys {
    /// Numbers for metrics.
    pub counts: KeyCounts,
    /// Of the size of requests and answers that are sealed and opened.
    pub buffers: Arc<Buffers>,
    held: Mutex<Held>,
    scratches: Mutex<Vec<Scratch>>,
    /// One question at a time for each of these, so that many connections ask for one key once.
    pub turns: [tokio::sync::Mutex<()>; 16],
}

impl std::fmt::Debug for DataKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("DataKeys(***)")
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl DataKeys {
    /// The key that seals values of this ring; `None`: it must be asked for.
    pub fn sealing(&self, ring: &str, now: i64) -> Option<Arc<DataKey>> {
        let held = lock(&self.held);
        let found = held.sealing.get(ring).filter(|it| now < it.expires)?;
        (found.key.sealed() < found.key.records_max()).then(|| found.key.clone())
    }

    /// The key that seals keys of records of this ring; `None`: it must be asked for.
    pub fn deterministic(&self, ring: &str, now: i64) -> Option<Arc<DataKey>> {
        let held = lock(&self.held);
        let found = held.deterministic.get(ring).filter(|it| now < it.expires)?;
        Some(found.key.clone())
    }

    /// Is it time to make the next key of this ring, and does nobody do so yet? Who is told so must ask.
    pub fn is_due(&self, ring: &str, now: i64) -> Option<KeyNeed> {
        let mut held = lock(&self.held);
        let found = held.sealing.get(ring)?;
        let sealed = found.key.sealed();
        if now < found.refresh && sealed < found.key.records_max() / 10 * DUE_TENTHS {
            return None;
        }
        let need = KeyNeed::Seal(ring.into());
        if held.unanswered.get(&need).is_some_and(|until| now < *until) {
            return None;
        }
        if held.underway.get(&need).is_some_and(|until| now < *until) {
            return None;
        }
        let until = now.saturating_add(UNDERWAY_MILLISECONDS);
        held.underway.insert(need.clone(), until);
        Some(need)
    }

    /// Is this key still to be asked for? Not where it is at hand, or where there was no answer a moment ago.
    pub fn lacks(&self, need: &KeyNeed, now: i64) -> bool {
        let missing = match need {
            KeyNeed::Seal(ring) => self.sealing(ring, now).is_none(),
            KeyNeed::Deterministic(ring) => self.deterministic(ring, now).is_none(),
            KeyNeed::Open(kid) => matches!(self.at(now).find(kid), FoundKey::NotThere),
            KeyNeed::Facts(kid) => self.at(now).known(kid) == KnownKey::NotThere,
        };
        let held = lock(&self.held);
        missing && held.unanswered.get(need).is_none_or(|until| *until <= now)
    }

    /// The facts among these that may be asked for on behalf of a stream.
    ///
    /// SECURITY: whoever may write to a stream may name any key in an envelope; nobody is asked for all of them.
    pub fn facts_of(&self, stream: &Arc<str>, kids: Vec<Kid>, now: i64) -> Vec<KeyNeed> {
        let mut held = lock(&self.held);
        let held = &mut *held;
        if held.asked.len() >= OPENING_KEYS_MAX {
            held.asked.retain(|_, asked| !asked.is_over(now));
        }
        if held.asked.len() >= OPENING_KEYS_MAX && !held.asked.contains_key(stream) {
            return Vec::new();
        }
        let anew = || Asked {
            since: now,
            kids: Vec::new(),
        };
        let asked = held.asked.entry(stream.clone()).or_insert_with(anew);
        if asked.is_over(now) {
            *asked = anew();
        }
        asked.kids.retain(|kid| !held.facts.contains_key(kid));
        let mut may_ask = |kid: &Kid| {
            if asked.kids.contains(kid) {
                return true;
            }
            let may = asked.kids.len() < UNKNOWN_ASKED_MAX;
            if may {
                asked.kids.push(*kid);
            }
            may
        };
        let kids = kids.into_iter().filter(|kid| may_ask(kid));
        kids.take(FACTS_ASKED_MAX).map(KeyNeed::Facts).collect()
    }

    /// What is asked from now on counts only until keys are forgotten again.
    pub fn begin(&self) -> u64 {
        lock(&self.held).forgotten
    }

    /// The keys as they are at this moment, for envelopes to select among.
    pub const fn at(&self, now: i64) -> KeysNow<'_> {
        KeysNow { keys: self, now }
    }

    /// Forgets all keys of a ring; of an empty name, of all rings.
    pub fn forget(&self, ring: &str) {
        self.retain(|it| !ring.is_empty() && it != ring);
    }

    /// Forgets the keys of all rings but these.
    pub fn retain(&self, keeps: impl Fn(&str) -> bool) {
        let mut held = lock(&self.held);
        held.forgotten += 1;
        held.sealing.retain(|ring, _| keeps(ring));
        held.deterministic.retain(|ring, _| keeps(ring));
        held.opening.retain(|_, opening| match opening {
            Opening::Known { key, .. } => keeps(key.ring()),
            Opening::Unknown { .. } => false,
        });
        held.unknown.clear();
        held.asked.clear();
        held.facts.retain(|_, (known, _)| match known {
            KnownKey::Of { ring, .. } => keeps(ring),
            KnownKey::Unknown | KnownKey::NotThere => false,
        });
    }

    /// Buffers for one batch.
    pub fn scratch(&self) -> Scratch {
        lock(&self.scratches).pop().unwrap_or_default()
    }

    /// Takes them back.
    pub fn put_back(&self, mut scratch: Scratch) {
        scratch.give_back();
        let mut scratches = lock(&self.scratches);
        if scratches.len() < SCRATCHES_MAX {
            scratches.push(scratch);
        }
    }
}

impl Held {
    /// Learns what is known of a key. Beyond the limit, what is to be asked for anew soonest makes room.
    fn learn_facts(&mut self, kid: Kid, known: KnownKey, until: i64, now: i64) {
        if known == KnownKey::Unknown {
            self.facts.remove(&kid);
            make_room_in(&mut self.unknown, |until| *until, now);
            self.unknown.insert(kid, until);
        } else {
            self.unknown.remove(&kid);
            make_room_in(&mut self.facts, |(_, until)| *until, now);
            self.facts.insert(kid, (known, until));
        }
    }

    fn make_room(&mut self, now: i64) {
        make_room_in(&mut self.opening, Opening::until, now);
    }
}

/// Makes room for one more: what is over goes, or what is over soonest.
fn make_room_in<T>(map: &mut HashMap<Kid, T>, until: impl Fn(&T) -> i64, now: i64) {
    if map.len() < OPENING_KEYS_MAX {
        return;
    }
    map.retain(|_, it| now < until(it));
    if map.len() < OPENING_KEYS_MAX {
        return;
    }
    let soonest = map.iter().min_by_key(|(_, it)| until(it));
    if let Some(kid) = soonest.map(|(kid, _)| *kid) {
        map.remove(&kid);
    }
}

/// The keys at one moment.
#[derive(Clone, Copy, Debug)]
pub struct KeysNow<'k> {
    keys: &'k DataKeys,
    now: i64,
}

impl KnownKeys for KeysNow<'_> {
    fn known(&self, kid: &Kid) -> KnownKey {
        let held = lock(&self.keys.held);
        if held.unknown.get(kid).is_some_and(|until| self.now < *until) {
            return KnownKey::Unknown;
        }
        let found = held.facts.get(kid).filter(|(_, until)| self.now < *until);
        found.map_or(KnownKey::NotThere, |(known, _)| known.clone())
    }
}

impl Keys for KeysNow<'_> {
    fn find(&self, kid: &Kid) -> FoundKey {
        let held = lock(&self.keys.held);
        let own = held.deterministic.values();
        if let Some(own) = own.map(|it| &it.key).find(|key| key.kid() == kid) {
            return FoundKey::Key(own.clone());
        }
        match held.opening.get(kid).filter(|it| self.now < it.until()) {
            Some(Opening::Known { key, .. }) => FoundKey::Key(key.clone()),
            Some(Opening::Unknown { .. }) => FoundKey::Unknown,
            None => FoundKey::NotThere,
        }
    }
}

#[cfg(test)]
mod tests;
