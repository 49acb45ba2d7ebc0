//! What is learnt from the answers to questions for keys.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use streamward_records::{DataKey, KEY_BYTES, Kid, KnownKey};
use zeroize::Zeroizing;

use super::need::from_hex;
use super::{
    DataKeys, KeyNeed, OPENING_KEYS_MAX, Opening, RETRY_MILLISECONDS, Sealing,
    UNKNOWN_MILLISECONDS, lock,
};

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
    purpose: Option<String>,
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

impl KeyAnswer {
    /// What is known of a key, and until when.
    fn facts(&self, now: i64) -> Result<(KnownKey, i64), String> {
        if self.unknown {
            return Ok((KnownKey::Unknown, now.saturating_add(UNKNOWN_MILLISECONDS)));
        }
        let ring = self.ring.as_deref().ok_or("the answer has no ring")?;
        let until = self.until.ok_or("the answer has no `until`")?;
        let deterministic = match self.purpose.as_deref() {
            Some("data") => false,
            Some("deterministic") => true,
            _ => return Err("the answer has no purpose".to_owned()),
        };
        let ring = ring.into();
        Ok((
            KnownKey::Of {
                ring,
                deterministic,
            },
            until,
        ))
    }
}

impl DataKeys {
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
            KeyNeed::Facts(kid) => {
                let (known, until) = answer.facts(now)?;
                let mut held = lock(&self.held);
                if held.forgotten == begun {
                    held.learn_facts(*kid, known, until, now);
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
}
