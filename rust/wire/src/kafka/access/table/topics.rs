//! Topics: what exists, making and removing them, and where their records begin and end.

use super::super::build::{bare_topics, by_topic, refused, special, topics};
use super::super::{ApiKey, Operation, Row};

const UNDECIDED: &str = "not decided yet";

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
    Row { key: ApiKey::DELETE_TOPICS, versions: (1, 5), access: by_topic(&[],
        bare_topics(Operation::Delete, "TopicNames", "Responses")) },
    refused(ApiKey::DELETE_TOPICS, (6, 6), "names topics by id, which a denial must not tell"),
    Row { key: ApiKey::DELETE_RECORDS, versions: (0, 2), access: by_topic(&[],
        topics(Operation::Delete, "Name", "PartitionIndex")) },
    Row { key: ApiKey::CREATE_PARTITIONS, versions: (0, 3), access: by_topic(&[],
        bare_topics(Operation::Alter, "Topics", "Results")) },
    refused(ApiKey::DESCRIBE_PRODUCERS, (0, 0), UNDECIDED),
    refused(ApiKey::DESCRIBE_TOPIC_PARTITIONS, (0, 0), UNDECIDED),
];
