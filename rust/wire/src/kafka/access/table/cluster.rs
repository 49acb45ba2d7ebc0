//! What operators ask of the cluster as a whole, and of settings.

use super::super::build::{refused, special};
use super::super::{ApiKey, Row};

const UNDECIDED: &str = "not decided yet";

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row { key: ApiKey::DESCRIBE_CONFIGS, versions: (1, 4), access: special(
        "DescribeConfigs on each topic; other kinds of resource are refused",
        "29 or 30 per resource", &["Resources.ResourceName"]) },
    Row { key: ApiKey::DESCRIBE_CLUSTER, versions: (0, 2), access: special(
        "never denied by a broker; its addresses are the gateway's", "never denied", &[]) },
    refused(ApiKey::WRITE_TXN_MARKERS, (1, 2), UNDECIDED),
    refused(ApiKey::ALTER_CONFIGS, (0, 2), UNDECIDED),
    refused(ApiKey::ALTER_REPLICA_LOG_DIRS, (1, 2), UNDECIDED),
    refused(ApiKey::DESCRIBE_LOG_DIRS, (1, 5), UNDECIDED),
    refused(ApiKey::ELECT_LEADERS, (0, 2), UNDECIDED),
    refused(ApiKey::INCREMENTAL_ALTER_CONFIGS, (0, 1), UNDECIDED),
    refused(ApiKey::ALTER_PARTITION_REASSIGNMENTS, (0, 1), UNDECIDED),
    refused(ApiKey::LIST_PARTITION_REASSIGNMENTS, (0, 0), UNDECIDED),
    refused(ApiKey::DESCRIBE_QUORUM, (0, 2), UNDECIDED),
    refused(ApiKey::UPDATE_FEATURES, (0, 2), UNDECIDED),
    refused(ApiKey::UNREGISTER_BROKER, (0, 0), UNDECIDED),
    refused(ApiKey::ADD_RAFT_VOTER, (0, 1), UNDECIDED),
    refused(ApiKey::REMOVE_RAFT_VOTER, (0, 0), UNDECIDED),
    refused(ApiKey::LIST_CONFIG_RESOURCES, (0, 1), UNDECIDED),
];
