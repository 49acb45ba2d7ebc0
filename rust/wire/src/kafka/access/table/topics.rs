//! Topics: what exists, making and removing them, and where their records begin and end.

use super::super::build::{by_topic, special, topics};
use super::super::{ApiKey, Operation, Row};

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row { key: ApiKey::LIST_OFFSETS, versions: (1, 11), access: by_topic(&[],
        topics(Operation::Describe, "Name", "PartitionIndex")) },
    Row { key: ApiKey::METADATA, versions: (0, 13), access: special(
        "Describe on each topic; Create where the request would make one",
        "29 per topic that is named; left out of a listing", &["Topics.Name", "Topics.TopicId"]) },
    Row { key: ApiKey::CREATE_TOPICS, versions: (2, 7), access: special(
        "Create on the cluster or on each topic; DescribeConfigs to see their settings in the answer",
        "29 per topic", &["Topics.Name"]) },
    Row { key: ApiKey::DELETE_TOPICS, versions: (1, 6), access: special(
        "Delete on the cluster or on each topic; Describe decides whether an answer tells name and existence",
        "29 per topic; an id without Describe gets no name",
        &["TopicNames", "Topics.Name", "Topics.TopicId"]) },
    Row { key: ApiKey::DELETE_RECORDS, versions: (0, 2), access: by_topic(&[],
        topics(Operation::Delete, "Name", "PartitionIndex")) },
    Row { key: ApiKey::CREATE_PARTITIONS, versions: (0, 3), access: special(
        "Alter on each topic", "29 per topic", &["Topics.Name"]) },
    Row { key: ApiKey::DESCRIBE_PRODUCERS, versions: (0, 0), access: special(
        "Read on each topic, once its name is valid", "29 per partition", &["Topics.Name"]) },
    Row { key: ApiKey::DESCRIBE_TOPIC_PARTITIONS, versions: (0, 0), access: special(
        "Describe on each topic",
        "29 per topic that is named; left out of a listing and of its cursor",
        &["Topics.Name", "Cursor.TopicName"]) },
];
