//! Figures for operators: what connections, requests, the log and the brokers did, counted where it
//! happens and written out when somebody asks.
//!
//! To count costs a few nanoseconds and neither allocates nor waits; all formatting happens in a scrape.
//! Labels have values that are known beforehand, so that no peer makes figures.
//!
//! To add one: a constant in `catalogue`, a field here or in [`ListenerMetrics`], a line in `crate::scrape`.
//! Another reason or outcome of something that is counted already is one more line in `label`.

pub mod catalogue;
pub mod family;
pub mod label;
mod listener;
pub mod process;
mod published;
pub mod text;
pub mod value;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

pub use self::catalogue::reference;
pub use self::label::{
    Decision, Ended, Limit, Lookup, Mute, Outcome, Proof, Refusal, Side, Source, Timeout,
    TlsFailure, Unentered,
};
pub use self::listener::{ListenerMetrics, Meter};
pub use self::published::Published;
pub use self::text::{Format, Text};
pub use self::value::{Counter, Counters, Gauge, Histogram};

/// Nanoseconds of opening a connection to a broker.
const DIAL_BOUNDS: &[u64] = &[
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    1_000_000_000,
    5_000_000_000,
    10_000_000_000,
];
/// Nanoseconds of putting a snapshot in force.
const APPLY_BOUNDS: &[u64] = &[
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    10_000_000_000,
];

/// The figures of one cluster.
#[derive(Debug)]
pub struct ClusterMetrics {
    /// Did a broker answer when the cluster was last asked?
    reachable: AtomicBool,
    /// Connections that were opened, or not.
    pub dials: Counters<Outcome>,
    /// How long that took where it succeeded.
    pub dial_duration: Histogram,
}

impl Default for ClusterMetrics {
    fn default() -> Self {
        Self {
            reachable: AtomicBool::new(false),
            dials: Counters::default(),
            dial_duration: Histogram::new(DIAL_BOUNDS),
        }
    }
}

impl ClusterMetrics {
    /// A broker answered, or none did.
    pub fn answered(&self, reachable: bool) {
        self.reachable.store(reachable, Ordering::Relaxed);
    }

    /// Did a broker answer when the cluster was last asked?
    pub fn is_reachable(&self) -> bool {
        self.reachable.load(Ordering::Relaxed)
    }
}

/// Figures of what is in force.
#[derive(Debug)]
pub struct SnapshotMetrics {
    /// When it came into force (ms since 1970).
    pub applied_milliseconds: Gauge,
    /// Snapshots after the first.
    pub applies: Counters<Outcome>,
    /// How long they took.
    pub apply_duration: Histogram,
}

impl SnapshotMetrics {
    /// Another one is in force (ms since 1970).
    pub fn applied(&self, now: i64) {
        self.applied_milliseconds
            .set(u64::try_from(now).unwrap_or(0));
    }
}

impl Default for SnapshotMetrics {
    fn default() -> Self {
        Self {
            applied_milliseconds: Gauge::default(),
            applies: Counters::default(),
            apply_duration: Histogram::new(APPLY_BOUNDS),
        }
    }
}

/// Figures of decisions.
#[derive(Debug, Default)]
pub struct DecisionMetrics {
    /// Where answers came from.
    pub lookups: Counters<Lookup>,
    /// Decisions in which a rule failed.
    pub errors: Counter,
}

/// All figures of a gateway but those of clusters, the journal and the recorder, which keep their own.
#[derive(Debug, Default)]
pub struct Metrics {
    listeners: BTreeMap<String, Arc<ListenerMetrics>>,
    /// What is in force.
    pub snapshot: SnapshotMetrics,
    /// Decisions.
    pub decisions: DecisionMetrics,
    published: Mutex<Published>,
}

impl Metrics {
    /// All zero, for these listeners; which there are doesn't change while a gateway runs.
    pub fn new<'a>(listeners: impl Iterator<Item = &'a str>) -> Self {
        Self {
            listeners: listeners
                .map(|it| (it.to_owned(), Arc::default()))
                .collect(),
            ..Self::default()
        }
    }

    /// Takes over figures that are counted elsewhere.
    pub fn publish(&self, figures: Published) {
        *self
            .published
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = figures;
    }

    /// Figures that are counted elsewhere.
    pub fn published(&self) -> Published {
        self.published
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The figures of a listener; of one that nobody declared, figures that nobody sees.
    pub fn listener(&self, name: &str) -> Arc<ListenerMetrics> {
        self.listeners.get(name).cloned().unwrap_or_default()
    }

    /// Every listener by name.
    pub fn listeners(&self) -> impl Iterator<Item = (&str, &ListenerMetrics)> {
        self.listeners
            .iter()
            .map(|(name, it)| (name.as_str(), &**it))
    }
}
