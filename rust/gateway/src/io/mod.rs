//! Sockets, TLS, timers and the clock: the only place that knows them.

pub mod beat;
pub mod broker;
pub mod buffer;
pub mod clock;
pub mod connection;
pub mod dead_letters;
pub mod grants;
mod groups;
pub mod http;
mod idle;
mod keys;
pub mod listener;
pub mod login;
pub mod metering;
pub mod output;
pub mod passwords;
pub mod probe;
mod proxy;
pub mod questions;
mod read_ahead;
mod renewal;
mod schemas;
pub mod tls;
mod tokens;
mod topics;
pub mod trust;
mod waiting;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize};

use streamward_identity::token::TokenKeys;
use tokio::sync::{Semaphore, watch};

use self::questions::Questions;
use crate::cluster::Cluster;
use crate::data_keys::DataKeys;
use crate::limits::Ledger;
use crate::metrics::Metrics;
use crate::recorder::Recorder;
use crate::schemas::Schemas;
use crate::snapshot::Snapshot;

/// What is in force now.
#[derive(Clone)]
pub struct Current {
    /// Rights, identities, containment.
    pub snapshot: Arc<Snapshot>,
    /// TLS of listeners and towards clusters.
    pub tls: Arc<tls::Configurations>,
    /// Keys of token issuers, as they were supplied last.
    pub token_keys: Arc<TokenKeys>,
    /// No new requests are taken.
    pub draining: bool,
}

/// What all connections share.
pub struct Shared {
    /// What is in force; connections wake when it changes.
    pub current: watch::Sender<Current>,
    /// What is known of the brokers, by cluster.
    pub clusters: HashMap<String, Arc<Cluster>>,
    /// The door to the journal.
    pub recorder: Arc<Recorder>,
    /// What turns the journal's entries into a log that anyone can check.
    pub log: streamward_audit::log::Sequencer,
    /// Figures.
    pub metrics: Arc<Metrics>,
    /// When the event loop last turned (ms since 1970).
    pub beat: AtomicI64,
    /// Checks of passwords.
    pub passwords: passwords::Passwords,
    /// The data keys that are at hand.
    pub keys: Arc<DataKeys>,
    /// Copies of what was refused, on their way.
    pub burials: dead_letters::Burials,
    /// The schemas of registries that are at hand.
    pub schemas: Arc<Schemas>,
    /// What whoever runs the gateway is asked.
    pub questions: Arc<Questions>,
    /// Places of questions for keys of programs.
    pub granting: Semaphore,
    /// What all connections together use.
    pub ledger: Arc<Ledger>,
    /// Numbers the connections.
    pub next_connection: AtomicU64,
    /// Connections that are open.
    pub connections: AtomicUsize,
    /// Connections that were refused because there were too many.
    pub connections_refused: AtomicU64,
}
