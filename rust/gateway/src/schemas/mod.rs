//! The schemas of registries that are at hand: asked for by their ids, kept for as long as they may be, and
//! bounded so that no client can make the gateway ask a registry more than that.

mod answer;

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use streamward_schema::{Format, Schema};

pub use self::answer::{Told, read};

/// Schemas that are kept at one time; beyond that, the one that is asked for soonest makes room.
pub const SCHEMAS_MAX: usize = 1_000;
/// Bytes of their texts.
pub const SCHEMA_TEXT_BYTES_MAX: usize = 64 << 20;
/// Unknown ids that are asked for on behalf of one stream, within the time for which they are remembered.
pub const UNKNOWN_ASKED_MAX: u32 = 32;
/// Ids that are asked for on behalf of one request or answer; more than that at once are told to come again.
pub const ASKED_MAX: usize = 16;
/// Without an answer, so long (ms) nothing is asked again.
pub const RETRY_MILLISECONDS: i64 = 5_000;

/// The subjects of a registry whose schemas a stream may carry.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Registered {
    /// The registry, by name.
    pub registry: String,
    /// A schema must be registered under one of them.
    pub subjects: Vec<String>,
    /// What values are written in.
    pub format: Format,
    /// Are fields of Protobuf messages taken that are not declared?
    pub admit_undeclared: bool,
    /// For how long (ms) an id that is known is not asked for again.
    pub cache_milliseconds: i64,
    /// And one that isn't.
    pub unknown_milliseconds: i64,
    /// For how much longer a known id serves while the registry gives no answer.
    pub stale_milliseconds: i64,
}

/// A schema that must be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SchemaNeed {
    /// Under which subjects.
    pub of: Arc<Registered>,
    /// Its id.
    pub id: u32,
}

impl SchemaNeed {
    /// The question that Python answers.
    pub fn question(&self) -> Vec<u8> {
        let question = serde_json::json!({
            "type": "schema", "registry": self.of.registry, "subjects": self.of.subjects, "id": self.id,
        });
        question.to_string().into_bytes()
    }
}

/// What is known of an id.
#[derive(Clone, Debug)]
pub enum FoundSchema {
    /// Values with it are of this schema.
    Known(Arc<Schema>),
    /// It isn't registered under the stream's subjects, or its schema can't be used; why, for a producer.
    Refused(&'static str),
    /// It must be asked for.
    NotThere,
    /// It can't be said now; later it may.
    Trouble,
}

enum Kept {
    Known {
        schema: Arc<Schema>,
        bytes: usize,
        fresh_until: i64,
        usable_until: i64,
    },
    Refused {
        why: &'static str,
        until: i64,
    },
}

impl Kept {
    const fn until(&self) -> i64 {
        match self {
            Self::Known { fresh_until, .. } => *fresh_until,
            Self::Refused { until, .. } => *until,
        }
    }

    const fn bytes(&self) -> usize {
        match self {
            Self::Known { bytes, .. } => *bytes,
            Self::Refused { .. } => 0,
        }
    }
}

/// How often something unknown was asked for.
struct Asked {
    since: i64,
    times: u32,
}

#[derive(Default)]
struct Held {
    kept: HashMap<SchemaNeed, Kept>,
    bytes: usize,
    /// Until when nothing is asked again, because there was no answer.
    unanswered: HashMap<Arc<Registered>, i64>,
    asked: HashMap<Arc<Registered>, Asked>,
    /// Grows when schemas are forgotten: what was asked before is not learnt after.
    forgotten: u64,
}

/// Numbers for metrics.
#[derive(Debug, Default)]
pub struct SchemaCounts {
    /// Ids that were asked for, and are of the stream.
    pub known: AtomicU64,
    /// Are not.
    pub unknown: AtomicU64,
    /// Without an answer.
    pub unanswered: AtomicU64,
    /// Partitions that were refused on write, by their contract.
    pub refused_write: AtomicU64,
    /// Partitions that were refused, and records that were marked, on read.
    pub refused_read: AtomicU64,
}

/// The schemas of registries that a gateway has at hand.
#[derive(Default)]
pub struct Schemas {
    /// Numbers for metrics.
    pub counts: SchemaCounts,
    held: Mutex<Held>,
    /// One question at a time for each of these, so that many connections ask for one schema once.
    pub turns: [tokio::sync::Mutex<()>; 16],
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Schemas {
    /// What is known of an id. Never goes anywhere to look for it.
    pub fn find(&self, need: &SchemaNeed, now: i64) -> FoundSchema {
        lock(&self.held).find(need, now)
    }

    /// Schemas that are at hand.
    pub fn kept(&self) -> usize {
        lock(&self.held).kept.len()
    }

    /// What is asked from now on counts only until schemas are forgotten again.
    pub fn begin(&self) -> u64 {
        lock(&self.held).forgotten
    }

    /// Forgets all of them: another bundle may mean other registries by the same names.
    pub fn forget(&self) {
        let mut held = lock(&self.held);
        let forgotten = held.forgotten + 1;
        *held = Held {
            forgotten,
            ..Held::default()
        };
    }

    /// Takes over what was told of an id, to a question that began then.
    pub fn learn(&self, need: &SchemaNeed, told: Told, begun: u64, now: i64) {
        use std::sync::atomic::Ordering::Relaxed;
        let counted = match &told {
            Told::Schema(..) => &self.counts.known,
            Told::Refused(_) => &self.counts.unknown,
            Told::Nothing(_) => &self.counts.unanswered,
        };
        counted.fetch_add(1, Relaxed);
        let mut held = lock(&self.held);
        if held.forgotten == begun {
            held.take(need, told, now);
        }
    }
}

impl Held {
    fn find(&self, need: &SchemaNeed, now: i64) -> FoundSchema {
        if i32::try_from(need.id).is_err() {
            // Registries count in Java's `int`, and answer oddly to more.
            return FoundSchema::Refused(answer::UNKNOWN);
        }
        let silent = self
            .unanswered
            .get(&need.of)
            .is_some_and(|until| now < *until);
        match self.kept.get(need) {
            Some(Kept::Known {
                schema,
                fresh_until,
                usable_until,
                ..
            }) => {
                let serves = now < *fresh_until || silent && now < *usable_until;
                match (serves, silent) {
                    (true, _) => FoundSchema::Known(schema.clone()),
                    (false, true) => FoundSchema::Trouble,
                    (false, false) => FoundSchema::NotThere,
                }
            }
            Some(Kept::Refused { why, until }) if now < *until => FoundSchema::Refused(why),
            _ if silent || self.has_asked_enough(&need.of, now) => FoundSchema::Trouble,
            _ => FoundSchema::NotThere,
        }
    }

    /// SECURITY: whoever may write to a stream may put any id in front of a value; a registry isn't asked
    /// for all of them.
    fn has_asked_enough(&self, of: &Arc<Registered>, now: i64) -> bool {
        self.asked.get(of).is_some_and(|asked| {
            asked.times >= UNKNOWN_ASKED_MAX
                && now < asked.since.saturating_add(of.unknown_milliseconds)
        })
    }

    fn take(&mut self, need: &SchemaNeed, told: Told, now: i64) {
        let of = &need.of;
        let kept = match told {
            Told::Nothing(_) => {
                let until = now.saturating_add(RETRY_MILLISECONDS);
                self.unanswered.insert(of.clone(), until);
                return;
            }
            Told::Schema(schema, bytes) => {
                let fresh_until = now.saturating_add(of.cache_milliseconds);
                Kept::Known {
                    schema,
                    bytes,
                    fresh_until,
                    usable_until: fresh_until.saturating_add(of.stale_milliseconds),
                }
            }
            Told::Refused(why) => {
                let asked = self.asked.entry(of.clone()).or_insert(Asked {
                    since: now,
                    times: 0,
                });
                if now >= asked.since.saturating_add(of.unknown_milliseconds) {
                    *asked = Asked {
                        since: now,
                        times: 0,
                    };
                }
                asked.times += 1;
                let until = now.saturating_add(of.unknown_milliseconds);
                Kept::Refused { why, until }
            }
        };
        self.unanswered.remove(of);
        self.remove(need);
        self.make_room(kept.bytes(), now);
        self.bytes += kept.bytes();
        self.kept.insert(need.clone(), kept);
    }

    fn remove(&mut self, need: &SchemaNeed) {
        if let Some(kept) = self.kept.remove(need) {
            self.bytes -= kept.bytes();
        }
    }

    fn is_full(&self, bytes: usize) -> bool {
        self.kept.len() >= SCHEMAS_MAX || self.bytes + bytes > SCHEMA_TEXT_BYTES_MAX
    }

    fn make_room(&mut self, bytes: usize, now: i64) {
        if self.is_full(bytes) {
            self.kept.retain(|_, it| now < it.until() || it.bytes() > 0);
        }
        while self.is_full(bytes) {
            let soonest = self.kept.iter().min_by_key(|(_, it)| it.until());
            let Some(need) = soonest.map(|(need, _)| need.clone()) else {
                return;
            };
            self.remove(&need);
        }
    }
}

#[cfg(test)]
mod tests;
