//! The schemas of registries that are at hand: asked for by their ids, kept for as long as they may be, and
//! bounded so that no client can make the gateway ask a registry more than that.

mod answer;
mod asked;
mod known;

use std::collections::HashSet;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use streamward_schema::{Format, Schema, SchemaId};

pub use self::answer::{Told, read};
use self::asked::{Asked, Retry, Vain};
use self::known::Store;

/// Ids that are asked for on behalf of one request or answer; more than that at once are told to come again.
pub const ASKED_MAX: usize = 16;
/// Schemas that are compiled at one time, each in a thread.
pub const COMPILING_MAX: usize = 2;

/// A registry as a bundle declares it.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Registry {
    /// By which it is asked for.
    pub name: String,
    /// Of its document: what was answered by another registry of this name is of no use.
    pub digest: String,
}

/// The subjects of a registry whose schemas a stream may carry.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Registered {
    /// The registry.
    pub registry: Arc<Registry>,
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
    pub id: SchemaId,
}

impl SchemaNeed {
    /// The question that Python answers.
    pub fn question(&self) -> Vec<u8> {
        let registry = &self.of.registry;
        let mut question = serde_json::json!({
            "type": "schema", "registry": registry.name, "digest": registry.digest, "subjects": self.of.subjects,
        });
        match self.id {
            SchemaId::Number(number) => question["id"] = number.into(),
            SchemaId::Guid(_) => question["guid"] = self.id.to_string().into(),
        }
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

#[derive(Default)]
struct Held {
    known: Store,
    asked: Asked,
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
pub struct Schemas {
    /// Numbers for metrics.
    pub counts: SchemaCounts,
    held: Mutex<Held>,
    /// One question at a time for each of these, so that many connections ask for one schema once.
    pub turns: [tokio::sync::Mutex<()>; 16],
    /// And for each of these, so that a principal has one at a time.
    pub askers: [tokio::sync::Mutex<()>; 32],
    /// Places for schemas that are being compiled.
    pub compiling: Arc<tokio::sync::Semaphore>,
}

impl Default for Schemas {
    fn default() -> Self {
        Self {
            counts: SchemaCounts::default(),
            held: Mutex::default(),
            turns: Default::default(),
            askers: Default::default(),
            compiling: Arc::new(tokio::sync::Semaphore::new(COMPILING_MAX)),
        }
    }
}

/// Where schemas are looked for, on whose behalf, and when.
#[derive(Clone, Copy)]
pub struct LookUp<'l> {
    /// Those at hand.
    pub schemas: &'l Schemas,
    /// The principal whose records or answer it is.
    pub asker: &'l Arc<str>,
    /// Milliseconds since 1970.
    pub now: i64,
}

impl LookUp<'_> {
    /// What is known of an id. Never goes anywhere to look for it.
    pub fn find(&self, need: &SchemaNeed) -> FoundSchema {
        lock(&self.schemas.held).find(need, self.asker, self.now)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Schemas {
    /// What is known of an id, on behalf of this principal.
    pub fn find(&self, need: &SchemaNeed, asker: &Arc<str>, now: i64) -> FoundSchema {
        lock(&self.held).find(need, asker, now)
    }

    /// Ids about which something is remembered.
    pub fn kept(&self) -> usize {
        let held = lock(&self.held);
        held.known.len() + held.asked.len()
    }

    /// Forgets what is about other streams, or about registries that are no longer declared so.
    pub fn retain(&self, declared: &HashSet<Arc<Registered>>) {
        let mut held = lock(&self.held);
        held.known.retain(declared);
        held.asked.retain(declared);
    }

    /// Takes over what was told of an id, to a question on behalf of this principal.
    pub fn learn(&self, need: &SchemaNeed, asker: &Arc<str>, told: Told, now: i64) {
        use std::sync::atomic::Ordering::Relaxed;
        let mut held = lock(&self.held);
        let told = held.held_to_known(need, told);
        let counted = match &told {
            Told::Schema(..) => &self.counts.known,
            Told::Unknown | Told::Unusable(_) => &self.counts.unknown,
            Told::Trouble(_) | Told::Unreachable(_) => &self.counts.unanswered,
        };
        counted.fetch_add(1, Relaxed);
        held.take(need, asker, told, now);
    }
}

impl Held {
    fn find(&mut self, need: &SchemaNeed, asker: &Arc<str>, now: i64) -> FoundSchema {
        if matches!(need.id, SchemaId::Number(number) if i32::try_from(number).is_err()) {
            // Registries count in Java's `int`, and answer oddly to more.
            return FoundSchema::Refused(answer::UNKNOWN);
        }
        let unreachable = self.asked.is_unreachable(&need.of.registry, now);
        if let Some(known) = self.known.get(need) {
            let waits = unreachable || known.retry.is_some_and(|it| now < it.at);
            let serves = now < known.fresh_until || waits && now < known.usable_until;
            return match (serves, waits) {
                (true, _) => FoundSchema::Known(known.schema.clone()),
                (false, true) => FoundSchema::Trouble,
                // It was asked for before, so nobody has more asked for by it.
                (false, false) => FoundSchema::NotThere,
            };
        }
        match self.asked.get(need, now) {
            Some(Vain::Refused(why, _)) => FoundSchema::Refused(why),
            Some(Vain::Trouble(_)) => FoundSchema::Trouble,
            None if unreachable || !self.asked.may_ask(asker, &need.of, now) => {
                FoundSchema::Trouble
            }
            None => FoundSchema::NotThere,
        }
    }

    /// SECURITY: what stands under an id never changes. Whoever answers for a registry could otherwise put a schema that
    /// takes anything in the place of one that records are held to.
    fn held_to_known(&mut self, need: &SchemaNeed, told: Told) -> Told {
        match &told {
            Told::Schema(_, digest) if self.known.contradicts(need, digest) => {
                self.asked.reached(&need.of.registry);
                let (registry, id) = (&*need.of.registry.name, need.id);
                let error = "another schema than the one that stands under this id";
                tracing::warn!(schema_registry = registry, schema_id = %id, error, "a schema that can't be enforced");
                Told::Trouble(error.to_owned())
            }
            _ => told,
        }
    }

    fn take(&mut self, need: &SchemaNeed, asker: &Arc<str>, told: Told, now: i64) {
        let registry = &need.of.registry;
        let refused = match told {
            Told::Unreachable(_) => {
                // Nothing is said of the id, so nobody pays for it.
                self.asked.unreachable(registry, now);
                return;
            }
            Told::Schema(schema, digest) => {
                self.asked.reached(registry);
                self.asked.forget(need);
                if self.known.insert(need, (schema, digest), now) {
                    self.asked.charge(asker, &need.of, now);
                }
                return;
            }
            Told::Unknown => Some(answer::UNKNOWN),
            Told::Unusable(why) => Some(why),
            Told::Trouble(_) => None,
        };
        if refused.is_some() {
            self.asked.reached(registry);
        }
        // What stands under an id never changes: where there was a schema, only `unknown` is an answer.
        if refused != Some(answer::UNKNOWN)
            && let Some(known) = self.known.get_mut(need)
        {
            known.retry = Some(Retry::after(known.retry, now));
            return;
        }
        self.known.remove(need);
        self.asked.charge(asker, &need.of, now);
        match refused {
            Some(why) => self.asked.refuse(need, why, now),
            None => self.asked.trouble(need, now),
        }
    }
}

#[cfg(test)]
mod tests;
