//! The data keys that are at hand: made ahead of need, kept as long as they may be, and forgotten when that is over.
//!
//! INVARIANT: a key that seals is this gateway's alone, so that its counter of nonces is the only one.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use streamward_records::{DataKey, FoundKey, KEY_BYTES, Keys, Kid, Scratch};
use zeroize::Zeroizing;

/// Keys of others that are kept at one time; beyond that, the one that is to be forgotten soonest makes room.
pub const OPENING_KEYS_MAX: usize = 10_000;
/// How long it is remembered that nobody knows a key (ms).
pub const UNKNOWN_MILLISECONDS: i64 = 30_000;
/// Without an answer, so long (ms) nothing is asked again.
pub const RETRY_MILLISECONDS: i64 = 1_000;
/// Buffers that are kept for the next batch.
const SCRATCHES_MAX: usize = 16;
/// A key is due when this many tenths of its records are sealed.
const DUE_TENTHS: u64 = 8;

/// A key that must be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeyNeed {
    /// One to seal values with, for this ring.
    Seal(Arc<str>),
    /// The one that seals keys of records, of this ring.
    Deterministic(Arc<str>),
    /// One that an envelope names.
    Open(Kid),
}

impl KeyNeed {
    /// The question that Python answers.
    pub fn question(&self) -> Vec<u8> {
        let question = match self {
            Self::Seal(ring) => serde_json::json!({"type": "data_key", "ring": &**ring}),
            Self::Deterministic(ring) => serde_json::json!({
                "type": "deterministic_key", "ring": &**ring, "bytes": KEY_BYTES,
            }),
            Self::Open(kid) => serde_json::json!({"type": "open_key", "kid": hex(kid)}),
        };
        question.to_string().into_bytes()
    }
}

/// A kid in hexadecimal digits.
pub fn hex(kid: &Kid) -> String {
    format!("{:032x}", u128::from_be_bytes(*kid))
}

fn from_hex(text: &str) -> Option<Kid> {
    let mut kid = Kid::default();
    if text.len() != kid.len() * 2 || !text.bytes().all(|it| it.is_ascii_hexdigit()) {
        return None;
    }
    for (place, byte) in kid.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(place * 2..place * 2 + 2)?, 16).ok()?;
    }
    Some(kid)
}

/// What Python answers. Fields that a question's answer does not have are `None`.
#[derive(Default, Deserialize)]
struct KeyAnswer {
    kid: Option<String>,
    ring: Option<String>,
    ring_version: Option<u32>,
    key: Option<Zeroizing<String>>,
    records_max: Option<u64>,
    expires: Option<i64>,
    refresh: Option<i64>,
    until: Option<i64>,
    #[serde(default)]
    unknown: bool,
    error: Option<String>,
}

impl KeyAnswer {
    fn data_key(&self, kid: Kid, ring: &str, records_max: u64) -> Result<Arc<DataKey>, String> {
        let text = self.key.as_ref().ok_or("the answer has no key")?;
        let bytes = STANDARD.decode(text.as_bytes());
        let bytes = Zeroizing::new(bytes.map_err(|_| "the key is not base64")?);
        let version = self.ring_version.ok_or("the answer has no ring version")?;
        let key = DataKey::new(kid, ring.into(), version, &bytes, records_max);
        key.map(Arc::new)
            .ok_or_else(|| format!("the key is not of {KEY_BYTES} bytes"))
    }
}

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
    /// Until when nothing is asked again, because there was no answer.
    unanswered: HashMap<KeyNeed, i64>,
    /// Those that are being made ahead of need.
    underway: HashSet<KeyNeed>,
    /// Grows when keys are forgotten: what was asked before is not learnt after.
    forgotten: u64,
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
        held.underway.insert(need.clone()).then_some(need)
    }

    /// Is this key still to be asked for? Not where it is at hand, or where there was no answer a moment ago.
    pub fn lacks(&self, need: &KeyNeed, now: i64) -> bool {
        let missing = match need {
            KeyNeed::Seal(ring) => self.sealing(ring, now).is_none(),
            KeyNeed::Deterministic(ring) => self.deterministic(ring, now).is_none(),
            KeyNeed::Open(kid) => matches!(self.at(now).find(kid), FoundKey::NotThere),
        };
        let held = lock(&self.held);
        missing && held.unanswered.get(need).is_none_or(|until| *until <= now)
    }

    /// What is asked from now on counts only until keys are forgotten again.
    pub fn begin(&self) -> u64 {
        lock(&self.held).forgotten
    }

    /// Takes over the answer to a question that began then. `Err`: what is wrong, for the log.
    pub fn learn(
        &self,
        need: &KeyNeed,
        answer: Option<&[u8]>,
        begun: u64,
        now: i64,
    ) -> Result<(), String> {
        let outcome = match answer {
            None => Err("no answer in time".to_owned()),
            Some(bytes) => serde_json::from_slice::<KeyAnswer>(bytes)
                // The text of this error could quote the answer.
                .map_err(|_| "an answer that can't be read".to_owned())
                .and_then(|answer| self.take(need, &answer, begun, now)),
        };
        let counted = match outcome {
            Ok(()) => &self.counts.answered,
            Err(_) => &self.counts.unanswered,
        };
        counted.fetch_add(1, Ordering::Relaxed);
        let mut held = lock(&self.held);
        held.underway.remove(need);
        if outcome.is_err() {
            if held.unanswered.len() >= OPENING_KEYS_MAX {
                held.unanswered.retain(|_, until| now < *until);
            }
            if held.unanswered.len() < OPENING_KEYS_MAX {
                let until = now.saturating_add(RETRY_MILLISECONDS);
                held.unanswered.insert(need.clone(), until);
            }
        } else {
            held.unanswered.remove(need);
        }
        outcome
    }

    fn take(&self, need: &KeyNeed, answer: &KeyAnswer, begun: u64, now: i64) -> Result<(), String> {
        if let Some(error) = &answer.error {
            return Err(error.clone());
        }
        match need {
            KeyNeed::Seal(ring) => {
                let kid = answer.kid.as_deref().and_then(from_hex);
                let kid = kid.ok_or("the answer has no kid")?;
                let records_max = answer
                    .records_max
                    .ok_or("the answer has no `records_max`")?;
                let expires = answer.expires.ok_or("the answer has no `expires`")?;
                let key = answer.data_key(kid, ring, records_max)?;
                let refresh = answer.refresh.unwrap_or(expires).min(expires);
                let mut held = lock(&self.held);
                if held.forgotten == begun {
                    let opening = Opening::Known {
                        key: key.clone(),
                        until: expires,
                    };
                    held.make_room(now);
                    held.opening.insert(kid, opening);
                    held.sealing.insert(
                        ring.clone(),
                        Sealing {
                            key,
                            expires,
                            refresh,
                        },
                    );
                }
            }
            KeyNeed::Deterministic(ring) => {
                let kid = answer.kid.as_deref().and_then(from_hex);
                let kid = kid.ok_or("the answer has no kid")?;
                let key = answer.data_key(kid, ring, u64::MAX)?;
                let expires = answer.expires.unwrap_or(i64::MAX);
                let mut held = lock(&self.held);
                if held.forgotten == begun {
                    let refresh = expires;
                    held.deterministic.insert(
                        ring.clone(),
                        Sealing {
                            key,
                            expires,
                            refresh,
                        },
                    );
                }
            }
            KeyNeed::Open(kid) => {
                let opening = if answer.unknown {
                    Opening::Unknown {
                        until: now.saturating_add(UNKNOWN_MILLISECONDS),
                    }
                } else {
                    let ring = answer.ring.as_deref().ok_or("the answer has no ring")?;
                    let until = answer.until.ok_or("the answer has no `until`")?;
                    let key = answer.data_key(*kid, ring, 0)?;
                    Opening::Known { key, until }
                };
                let mut held = lock(&self.held);
                if held.forgotten == begun {
                    held.make_room(now);
                    held.opening.insert(*kid, opening);
                }
            }
        }
        Ok(())
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
    fn make_room(&mut self, now: i64) {
        if self.opening.len() < OPENING_KEYS_MAX {
            return;
        }
        self.opening.retain(|_, opening| now < opening.until());
        if self.opening.len() < OPENING_KEYS_MAX {
            return;
        }
        let soonest = self
            .opening
            .iter()
            .min_by_key(|(_, opening)| opening.until());
        if let Some(kid) = soonest.map(|(kid, _)| *kid) {
            self.opening.remove(&kid);
        }
    }
}

/// The keys at one moment.
#[derive(Clone, Copy, Debug)]
pub struct KeysNow<'k> {
    keys: &'k DataKeys,
    now: i64,
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
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000;

    fn made(kid: &str, expires: i64, refresh: i64, records_max: u64) -> Vec<u8> {
        serde_json::json!({
            "kid": kid, "key": STANDARD.encode([7; 32]), "ring_version": 3,
            "records_max": records_max, "expires": expires, "refresh": refresh,
        })
        .to_string()
        .into_bytes()
    }

    fn learnt(keys: &DataKeys, need: &KeyNeed, answer: &[u8]) {
        keys.learn(need, Some(answer), keys.begin(), NOW).unwrap();
    }

    #[test]
    fn a_key_is_made_ahead_of_need_by_one_and_serves_until_its_end() {
        let (keys, seal) = (DataKeys::default(), KeyNeed::Seal("r".into()));
        assert!(keys.sealing("r", NOW).is_none() && keys.lacks(&seal, NOW));
        learnt(
            &keys,
            &seal,
            &made(&"0a".repeat(16), NOW + 100, NOW + 80, 1 << 20),
        );
        assert!(keys.sealing("r", NOW + 99).is_some() && !keys.lacks(&seal, NOW));
        assert_eq!(keys.is_due("r", NOW + 79), None);
        assert_eq!(keys.is_due("r", NOW + 80), Some(seal.clone()));
        assert_eq!(keys.is_due("r", NOW + 80), None);
        // There is no answer: the key serves on, and another attempt follows.
        keys.learn(&seal, None, keys.begin(), NOW + 80).unwrap_err();
        assert!(keys.sealing("r", NOW + 99).is_some());
        assert_eq!(keys.is_due("r", NOW + 81), None);
        assert_eq!(keys.is_due("r", NOW + 80 + RETRY_MILLISECONDS), Some(seal));
        assert!(keys.sealing("r", NOW + 100).is_none());
        let FoundKey::Key(own) = keys.at(NOW).find(&[10; 16]) else {
            panic!()
        };
        assert_eq!((own.ring_version(), own.records_max()), (3, 1 << 20));
    }

    #[test]
    fn what_is_forgotten_is_not_learnt_from_an_earlier_question() {
        let (keys, seal) = (DataKeys::default(), KeyNeed::Seal("r".into()));
        let answer = made(&"0a".repeat(16), NOW + 100, NOW + 80, 9);
        let begun = keys.begin();
        keys.forget("r");
        keys.learn(&seal, Some(&answer), begun, NOW).unwrap();
        assert!(keys.sealing("r", NOW).is_none());
        learnt(&keys, &seal, &answer);
        keys.retain(|ring| ring == "r");
        assert!(keys.sealing("r", NOW).is_some());
        keys.forget("other");
        assert!(keys.sealing("r", NOW).is_some());
        keys.forget("");
        assert!(keys.sealing("r", NOW).is_none());
        assert!(matches!(keys.at(NOW).find(&[10; 16]), FoundKey::NotThere));
    }

    #[test]
    fn a_key_that_nobody_knows_is_asked_for_once() {
        let (keys, open) = (DataKeys::default(), KeyNeed::Open([9; 16]));
        assert!(keys.lacks(&open, NOW));
        learnt(&keys, &open, br#"{"unknown": true}"#);
        assert!(!keys.lacks(&open, NOW));
        assert!(matches!(keys.at(NOW).find(&[9; 16]), FoundKey::Unknown));
        assert!(keys.lacks(&open, NOW + UNKNOWN_MILLISECONDS));
    }

    #[test]
    fn an_answer_that_is_none_is_trouble_and_tells_no_key() {
        let keys = DataKeys::default();
        let key = STANDARD.encode([7; 32]);
        let answers = [
            String::new(),
            "{}".into(),
            r#"{"error": "Vault is sealed"}"#.into(),
            format!(
                r#"{{"kid": "zz", "key": "{key}", "ring_version": 1, "records_max": 1, "expires": 1}}"#
            ),
            format!(
                r#"{{"kid": "{}", "key": "AAAA", "ring_version": 1, "records_max": 1, "expires": 1}}"#,
                "0a".repeat(16)
            ),
            format!(
                r#"{{"kid": "{}", "key": "{key}", "ring_version": 1}}"#,
                "0a".repeat(16)
            ),
            format!(r#"{{"key": "{key}", "key": "{key}"}}"#),
        ];
        for answer in answers {
            for need in [KeyNeed::Seal("r".into()), KeyNeed::Open([9; 16])] {
                let what = keys
                    .learn(&need, Some(answer.as_bytes()), keys.begin(), NOW)
                    .unwrap_err();
                assert!(!what.contains(&key), "{what}");
                assert!(!keys.lacks(&need, NOW) && keys.lacks(&need, NOW + RETRY_MILLISECONDS));
            }
        }
    }
}
