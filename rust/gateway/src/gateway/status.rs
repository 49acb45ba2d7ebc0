//! What a gateway tells about itself.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::snapshot::BundleVersion;

/// What is going on, for people and metrics.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// `running`, `draining` or `stopped`.
    pub state: &'static str,
    /// The bundle in force.
    pub bundle: String,
    /// Which applied version of it; `None`: the folder as it was read.
    pub version: Option<BundleVersion>,
    /// Its policy.
    pub policy_version: String,
    /// The containment in force.
    pub overlay_epoch: u64,
    /// Bound addresses.
    pub listeners: Vec<ListenerStatus>,
    /// Open connections.
    pub connections: usize,
    /// Connections refused because there were too many.
    pub connections_refused: u64,
    /// Entries of the log.
    pub entries: u64,
    /// Requests refused.
    pub denied: u64,
    /// Accesses opened.
    pub accesses_opened: u64,
    /// Failed attempts to prove an identity.
    pub authentication_failures: u64,
    /// Records delivered.
    pub records_read: u64,
    /// Records acknowledged.
    pub records_written: u64,
    /// Clusters and whether they have answered.
    pub clusters: Vec<ClusterStatus>,
    /// Why the journal can't be written, if it can't.
    pub journal_error: Option<String>,
    /// Entries that a signed checkpoint covers.
    pub log_size: u64,
    /// Why the log can't keep up with the journal, if it can't.
    pub log_error: Option<String>,
    /// Requests by what became of them.
    pub requests: BTreeMap<&'static str, u64>,
    /// Bytes of clients, in and out.
    pub bytes: BTreeMap<&'static str, u64>,
    /// May clients come? And what is missing, if not.
    pub ready: bool,
    /// What is missing.
    pub missing: Vec<String>,
    /// Where figures are served over the network; `null`: only at the control door.
    pub metrics: Option<String>,
}

/// One bound address.
#[derive(Clone, Debug, Serialize)]
pub struct ListenerStatus {
    /// The listener's name.
    pub name: String,
    /// The address.
    pub address: String,
    /// The broker behind it; `null`: any.
    pub node: Option<i32>,
    /// Does it grant data keys, and speak no Kafka?
    pub grants: bool,
}

/// One cluster.
#[derive(Clone, Debug, Serialize)]
pub struct ClusterStatus {
    /// Its name.
    pub name: String,
    /// Did a broker answer when it was last asked?
    pub reachable: bool,
}
