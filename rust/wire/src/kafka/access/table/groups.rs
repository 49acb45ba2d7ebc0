//! Groups of consumers, share groups and streams groups.

use super::super::build::{by_group, by_topic, governed, group, special, topics};
use super::super::{ApiKey, Entities, Operation, Resource, Row, Shape, Whole};

const READ_GROUP: &[Whole] = &[group(Operation::Read)];

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row { key: ApiKey::OFFSET_COMMIT, versions: (2, 10), access: by_topic(
        &[Whole { operation: Operation::Read, resource: Resource::Group, field: "GroupId", shape: Shape::EveryTopic }],
        topics(Operation::Read, "Name", "PartitionIndex")) },
    Row { key: ApiKey::OFFSET_FETCH, versions: (1, 10), access: special(
        "Describe on each group and on each topic", "30 per group, 29 per partition",
        &["GroupId", "Topics.Name", "Groups.GroupId", "Groups.Topics.Name", "Groups.Topics.TopicId"]) },
    Row { key: ApiKey::FIND_COORDINATOR, versions: (0, 6), access: special(
        "Describe on each group or transactional id; ClusterAction on the cluster for a share group's state",
        "30 or 53 per key; 31 for all", &["Key", "CoordinatorKeys"]) },
    Row { key: ApiKey::JOIN_GROUP, versions: (0, 9), access: governed(READ_GROUP) },
    Row { key: ApiKey::HEARTBEAT, versions: (0, 4), access: governed(READ_GROUP) },
    Row { key: ApiKey::LEAVE_GROUP, versions: (0, 5), access: governed(READ_GROUP) },
    Row { key: ApiKey::SYNC_GROUP, versions: (0, 5), access: governed(READ_GROUP) },
    Row { key: ApiKey::DESCRIBE_GROUPS, versions: (0, 6), access: by_group(Entities {
        operation: Operation::Describe, list: "Groups", answer: "Groups", answer_name: "GroupId" }) },
    Row { key: ApiKey::LIST_GROUPS, versions: (0, 5), access: special(
        "groups without Describe are left out of the answer", "left out", &[]) },
    Row { key: ApiKey::DELETE_GROUPS, versions: (0, 2), access: by_group(Entities {
        operation: Operation::Delete, list: "GroupsNames", answer: "Results", answer_name: "GroupId" }) },
    Row { key: ApiKey::OFFSET_DELETE, versions: (0, 0), access: special(
        "Delete on the group, Read on each topic", "30 at the top, 29 per partition",
        &["GroupId", "Topics.Name"]) },
    Row { key: ApiKey::CONSUMER_GROUP_HEARTBEAT, versions: (0, 1), access: special(
        "Read on the group and Describe on every topic named; a regular expression finds what may be described",
        "30 or 29 at the top, or left out", &["GroupId", "SubscribedTopicNames", "SubscribedTopicRegex"]) },
    Row { key: ApiKey::CONSUMER_GROUP_DESCRIBE, versions: (0, 1), access: special(
        "Describe on each group and on every topic of its members", "30 or 29 per group", &["GroupIds"]) },
    Row { key: ApiKey::SHARE_GROUP_HEARTBEAT, versions: (1, 1), access: special(
        "Read on the group and Describe on every topic named", "30 or 29 at the top",
        &["GroupId", "SubscribedTopicNames"]) },
    Row { key: ApiKey::SHARE_GROUP_DESCRIBE, versions: (1, 1), access: special(
        "Describe on each group and on every topic of its members", "30 or 29 per group", &["GroupIds"]) },
    Row { key: ApiKey::STREAMS_GROUP_HEARTBEAT, versions: (0, 0), access: special(
        "Read on the group and Describe on every topic of its topology; Create on the cluster or on each topic \
         that is to be made",
        "30 or 29 at the top; a status that says which topics may not be made",
        &["GroupId", "Topology.Subtopologies.SourceTopics", "Topology.Subtopologies.SourceTopicRegex",
          "Topology.Subtopologies.RepartitionSinkTopics", "Topology.Subtopologies.RepartitionSourceTopics.Name",
          "Topology.Subtopologies.StateChangelogTopics.Name"]) },
    Row { key: ApiKey::STREAMS_GROUP_DESCRIBE, versions: (0, 0), access: special(
        "Describe on each group and on every topic of its topology", "30 or 29 per group", &["GroupIds"]) },
    Row { key: ApiKey::DESCRIBE_SHARE_GROUP_OFFSETS, versions: (0, 1), access: special(
        "Describe on each group and on each topic", "30 per group, 29 per partition",
        &["Groups.GroupId", "Groups.Topics.TopicName"]) },
    Row { key: ApiKey::ALTER_SHARE_GROUP_OFFSETS, versions: (0, 0), access: special(
        "Read on the group and on each topic", "30 at the top, 29 per partition",
        &["GroupId", "Topics.TopicName"]) },
    Row { key: ApiKey::DELETE_SHARE_GROUP_OFFSETS, versions: (0, 0), access: special(
        "Delete on the group, Read on each topic", "30 at the top, 29 per topic",
        &["GroupId", "Topics.TopicName"]) },
];
