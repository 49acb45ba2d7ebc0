//! What operators ask of the cluster as a whole, and of settings.

use super::super::build::{cluster, governed, special};
use super::super::{ApiKey, Operation, Partitions, Row, Shape, Topics, Whole};

const ALTER: &[Whole] = &[cluster(Operation::Alter, Shape::Top)];
const DESCRIBE: &[Whole] = &[cluster(Operation::Describe, Shape::Top)];
const DESCRIBE_CONFIGS: &[Whole] = &[cluster(Operation::DescribeConfigs, Shape::Top)];
const PER_RESOURCE: &str = "31, 29 or 30 per resource";
const CONFIGS: &[&str] = &["Resources.ResourceName"];

/// How `ElectLeaders` names partitions.
static ELECTIONS: Topics = Topics {
    operation: Operation::Alter,
    list: "TopicPartitions",
    name: "Topic",
    partitions: Some(Partitions {
        list: "Partitions",
        index: "",
        answer: "PartitionResult",
        answer_index: "PartitionId",
        error: "ErrorCode",
    }),
    answer: "ReplicaElectionResults",
    answer_name: "Topic",
};

/// How `AlterPartitionReassignments` does.
static REASSIGNMENTS: Topics = Topics {
    operation: Operation::Alter,
    list: "Topics",
    name: "Name",
    partitions: Some(Partitions {
        list: "Partitions",
        index: "PartitionIndex",
        answer: "Partitions",
        answer_index: "PartitionIndex",
        error: "ErrorCode",
    }),
    answer: "Responses",
    answer_name: "Name",
};

/// How `ListPartitionReassignments` does; its answer has no error but the one at the top.
static ONGOING: Topics = Topics {
    operation: Operation::Describe,
    list: "Topics",
    name: "Name",
    partitions: Some(Partitions {
        list: "PartitionIndexes",
        index: "",
        answer: "Partitions",
        answer_index: "PartitionIndex",
        error: "",
    }),
    answer: "Topics",
    answer_name: "Name",
};

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row { key: ApiKey::WRITE_TXN_MARKERS, versions: (1, 2), access: special(
        "Alter or ClusterAction Cluster", "31 per partition", &["Markers.Topics.Name"]) },
    Row { key: ApiKey::DESCRIBE_CONFIGS, versions: (1, 4), access: special(
        "DescribeConfigs Cluster for brokers, their loggers and client metrics; DescribeConfigs on each topic and \
         group; addresses of brokers are withheld", PER_RESOURCE, CONFIGS) },
    Row { key: ApiKey::ALTER_CONFIGS, versions: (0, 2), access: special(
        "AlterConfigs Cluster for brokers and client metrics; AlterConfigs on each topic and group",
        PER_RESOURCE, CONFIGS) },
    Row { key: ApiKey::ALTER_REPLICA_LOG_DIRS, versions: (1, 2), access: special(
        "Alter Cluster", "31 per partition", &["Dirs.Topics.Name"]) },
    Row { key: ApiKey::DESCRIBE_LOG_DIRS, versions: (1, 5), access: governed(DESCRIBE) },
    Row { key: ApiKey::ELECT_LEADERS, versions: (0, 2), access: governed(
        &[cluster(Operation::Alter, Shape::TopAndEvery(&ELECTIONS))]) },
    Row { key: ApiKey::INCREMENTAL_ALTER_CONFIGS, versions: (0, 1), access: special(
        "AlterConfigs Cluster for brokers, their loggers and client metrics; AlterConfigs on each topic and group",
        PER_RESOURCE, CONFIGS) },
    Row { key: ApiKey::ALTER_PARTITION_REASSIGNMENTS, versions: (0, 1), access: governed(
        &[cluster(Operation::Alter, Shape::TopAndEvery(&REASSIGNMENTS))]) },
    Row { key: ApiKey::LIST_PARTITION_REASSIGNMENTS, versions: (0, 0), access: governed(
        &[cluster(Operation::Describe, Shape::TopAndEvery(&ONGOING))]) },
    Row { key: ApiKey::DESCRIBE_QUORUM, versions: (0, 2), access: special(
        "Describe Cluster; addresses of controllers are left out", "31 at the top", &["Topics.TopicName"]) },
    Row { key: ApiKey::UPDATE_FEATURES, versions: (0, 2), access: governed(ALTER) },
    Row { key: ApiKey::DESCRIBE_CLUSTER, versions: (0, 2), access: special(
        "never denied by a broker; its addresses are the gateway's, and operations the caller's",
        "never denied", &[]) },
    Row { key: ApiKey::UNREGISTER_BROKER, versions: (0, 0), access: governed(ALTER) },
    Row { key: ApiKey::LIST_CONFIG_RESOURCES, versions: (0, 1), access: governed(DESCRIBE_CONFIGS) },
    Row { key: ApiKey::ADD_RAFT_VOTER, versions: (0, 1), access: governed(ALTER) },
    Row { key: ApiKey::REMOVE_RAFT_VOTER, versions: (0, 0), access: governed(ALTER) },
];
