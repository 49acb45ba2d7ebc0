//! What each request asks for: one row for every API and range of versions that the gateway decides.
//!
//! A row says which operation on which resource each named field of the request needs, and how a
//! denial shows in the answer, as Kafka's own authorizer shows it (`KafkaApis`, `AuthHelper`). An API
//! or version without a row is refused and is not advertised.

use super::ApiKey;

/// Kafka's operations (`org.apache.kafka.common.acl.AclOperation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Consume, join, commit.
    Read,
    /// Produce.
    Write,
    /// Make a topic.
    Create,
    /// Remove a topic, records, a group.
    Delete,
    /// Change partitions.
    Alter,
    /// See that it is there.
    Describe,
    /// See its settings.
    DescribeConfigs,
    /// Change its settings.
    AlterConfigs,
    /// Get a producer id without a transactional id.
    IdempotentWrite,
}

/// What a field names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resource {
    /// A topic.
    Topic,
    /// A group of consumers.
    Group,
    /// A transactional id.
    TransactionalId,
    /// The cluster as a whole.
    Cluster,
}

impl Resource {
    /// The error with which Kafka answers a denial on this kind of resource.
    pub const fn denial_code(self) -> i16 {
        match self {
            Self::Topic => 29,
            Self::Group => 30,
            Self::Cluster => 31,
            Self::TransactionalId => 53,
        }
    }
}

/// How a request is decided.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "a few rows in a static table; a box can't stand in one"
)]
pub enum Access {
    /// Nothing is asked of anybody's resource; the reason says why.
    Exempt(&'static str),
    /// The gateway answers; a broker never sees it.
    Local(&'static str),
    /// Each check must hold.
    Governed(Governed),
    /// Decided by code of its own in the gateway; the text says what is asked.
    Special(&'static str),
}

/// The checks of a governed request, in Kafka's order.
#[derive(Debug)]
pub struct Governed {
    /// Resources that the whole request stands on.
    pub whole: &'static [Whole],
    /// Topics, decided one by one.
    pub topics: Option<Topics>,
    /// Groups, decided one by one.
    pub groups: Option<Entities>,
}

/// One resource on which the whole request stands.
#[derive(Debug)]
pub struct Whole {
    /// What is asked.
    pub operation: Operation,
    /// Of what.
    pub resource: Resource,
    /// The field that names it; empty for the cluster. A null name is not checked.
    pub field: &'static str,
    /// Where the denial shows.
    pub shape: Shape,
}

/// Where the denial of a whole request shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// In the error code at the top of the answer.
    Top,
    /// In every partition that the request names.
    EveryTopic,
}

/// Topics that a request names, each decided for itself.
#[derive(Debug)]
pub struct Topics {
    /// What is asked.
    pub operation: Operation,
    /// The request's array of topics (structures, or plain names).
    pub list: &'static str,
    /// The field of an element that holds the name.
    pub name: &'static str,
    /// The partitions of an element, if it has any.
    pub partitions: Option<Partitions>,
    /// The answer's array.
    pub answer: &'static str,
    /// The field of an answer's element that holds the name.
    pub answer_name: &'static str,
}

/// Partitions inside a topic of a request and of its answer.
#[derive(Debug)]
pub struct Partitions {
    /// The request's array (structures, or plain numbers).
    pub list: &'static str,
    /// The field that holds the number.
    pub index: &'static str,
    /// The answer's array.
    pub answer: &'static str,
    /// The field of the answer that holds the number.
    pub answer_index: &'static str,
    /// The field of the answer that holds the error.
    pub error: &'static str,
}

/// Names in a plain array, each decided for itself.
#[derive(Debug)]
pub struct Entities {
    /// What is asked.
    pub operation: Operation,
    /// The request's array of names.
    pub list: &'static str,
    /// The answer's array.
    pub answer: &'static str,
    /// The field of an answer's element that holds the name.
    pub answer_name: &'static str,
}

/// One row: an API in a range of versions.
#[derive(Debug)]
pub struct Row {
    /// Which API.
    pub key: ApiKey,
    /// From and to, inclusive.
    pub versions: (i16, i16),
    /// How it is decided.
    pub access: Access,
}

/// The row that decides this API and version; `None`: refuse.
pub fn row(key: ApiKey, version: i16) -> Option<&'static Row> {
    ROWS.iter()
        .find(|row| row.key == key && row.versions.0 <= version && version <= row.versions.1)
}

/// The versions of an API that any row decides, as `(lowest, highest)`.
pub fn versions(key: ApiKey) -> Option<(i16, i16)> {
    let mut rows = ROWS
        .iter()
        .filter(|row| row.key == key)
        .map(|row| row.versions);
    let first = rows.next()?;
    Some(rows.fold(first, |all, next| (all.0.min(next.0), all.1.max(next.1))))
}

/// Every row, by API key.
pub fn rows() -> &'static [Row] {
    ROWS
}

const fn group(operation: Operation) -> Whole {
    Whole {
        operation,
        resource: Resource::Group,
        field: "GroupId",
        shape: Shape::Top,
    }
}

const fn transactional_id(shape: Shape) -> Whole {
    Whole {
        operation: Operation::Write,
        resource: Resource::TransactionalId,
        field: "TransactionalId",
        shape,
    }
}

const fn governed(whole: &'static [Whole]) -> Access {
    Access::Governed(Governed {
        whole,
        topics: None,
        groups: None,
    })
}

const fn by_topic(whole: &'static [Whole], topics: Topics) -> Access {
    Access::Governed(Governed {
        whole,
        topics: Some(topics),
        groups: None,
    })
}

/// Topics of the commonest form: the same names in request and answer.
const fn topics(operation: Operation, name: &'static str, index: &'static str) -> Topics {
    Topics {
        operation,
        list: "Topics",
        name,
        partitions: Some(Partitions {
            list: "Partitions",
            index,
            answer: "Partitions",
            answer_index: index,
            error: "ErrorCode",
        }),
        answer: "Topics",
        answer_name: name,
    }
}

/// Topics that an administrator names, without partitions.
const fn bare_topics(operation: Operation, list: &'static str, answer: &'static str) -> Topics {
    Topics {
        operation,
        list,
        name: "Name",
        partitions: None,
        answer,
        answer_name: "Name",
    }
}

const READ_GROUP: &[Whole] = &[group(Operation::Read)];

#[rustfmt::skip]
static ROWS: &[Row] = &[
    Row { key: ApiKey::PRODUCE, versions: (3, 13), access: Access::Special(
        "Write on each topic; Write on the transactional id where a batch is transactional") },
    Row { key: ApiKey::FETCH, versions: (4, 18), access: Access::Special(
        "Read on each topic, again before a long poll is released; followers are refused") },
    Row { key: ApiKey::LIST_OFFSETS, versions: (1, 11), access: by_topic(&[],
        topics(Operation::Describe, "Name", "PartitionIndex")) },
    Row { key: ApiKey::METADATA, versions: (0, 13), access: Access::Special(
        "Describe on each topic; Create where the request would make one") },
    Row { key: ApiKey::OFFSET_COMMIT, versions: (2, 10), access: by_topic(
        &[Whole { operation: Operation::Read, resource: Resource::Group, field: "GroupId", shape: Shape::EveryTopic }],
        topics(Operation::Read, "Name", "PartitionIndex")) },
    Row { key: ApiKey::OFFSET_FETCH, versions: (1, 10), access: Access::Special(
        "Describe on each group and on each topic") },
    Row { key: ApiKey::FIND_COORDINATOR, versions: (0, 5), access: Access::Special(
        "Describe on each group or transactional id") },
    Row { key: ApiKey::JOIN_GROUP, versions: (0, 9), access: governed(READ_GROUP) },
    Row { key: ApiKey::HEARTBEAT, versions: (0, 4), access: governed(READ_GROUP) },
    Row { key: ApiKey::LEAVE_GROUP, versions: (0, 5), access: governed(READ_GROUP) },
    Row { key: ApiKey::SYNC_GROUP, versions: (0, 5), access: governed(READ_GROUP) },
    Row { key: ApiKey::DESCRIBE_GROUPS, versions: (0, 6), access: Access::Governed(Governed {
        whole: &[], topics: None, groups: Some(Entities {
            operation: Operation::Describe, list: "Groups", answer: "Groups", answer_name: "GroupId" }) }) },
    Row { key: ApiKey::LIST_GROUPS, versions: (0, 5), access: Access::Special(
        "groups without Describe are left out of the answer") },
    Row { key: ApiKey::SASL_HANDSHAKE, versions: (1, 1), access: Access::Local("says who is calling") },
    Row { key: ApiKey::API_VERSIONS, versions: (0, 4), access: Access::Local("what the gateway decides") },
    Row { key: ApiKey::CREATE_TOPICS, versions: (2, 7), access: Access::Special(
        "Create on the cluster or on each topic; DescribeConfigs to see their settings in the answer") },
    Row { key: ApiKey::DELETE_TOPICS, versions: (1, 5), access: by_topic(&[],
        bare_topics(Operation::Delete, "TopicNames", "Responses")) },
    Row { key: ApiKey::DELETE_RECORDS, versions: (0, 2), access: by_topic(&[],
        topics(Operation::Delete, "Name", "PartitionIndex")) },
    Row { key: ApiKey::INIT_PRODUCER_ID, versions: (0, 5), access: Access::Special(
        "Write on the transactional id; without one IdempotentWrite on the cluster or Write on any stream") },
    Row { key: ApiKey::OFFSET_FOR_LEADER_EPOCH, versions: (2, 4), access: by_topic(&[],
        topics(Operation::Describe, "Topic", "Partition")) },
    Row { key: ApiKey::ADD_PARTITIONS_TO_TXN, versions: (0, 3), access: Access::Special(
        "Write on the transactional id and on each topic, all or nothing") },
    Row { key: ApiKey::ADD_OFFSETS_TO_TXN, versions: (0, 4), access: governed(
        &[transactional_id(Shape::Top), group(Operation::Read)]) },
    Row { key: ApiKey::END_TXN, versions: (0, 5), access: governed(&[transactional_id(Shape::Top)]) },
    Row { key: ApiKey::TXN_OFFSET_COMMIT, versions: (0, 5), access: by_topic(
        &[transactional_id(Shape::EveryTopic),
          Whole { operation: Operation::Read, resource: Resource::Group, field: "GroupId", shape: Shape::EveryTopic }],
        topics(Operation::Read, "Name", "PartitionIndex")) },
    Row { key: ApiKey::DESCRIBE_CONFIGS, versions: (1, 4), access: Access::Special(
        "DescribeConfigs on each topic; other kinds of resource are refused") },
    Row { key: ApiKey::SASL_AUTHENTICATE, versions: (0, 2), access: Access::Local("says who is calling") },
    Row { key: ApiKey::CREATE_PARTITIONS, versions: (0, 3), access: by_topic(&[],
        bare_topics(Operation::Alter, "Topics", "Results")) },
    Row { key: ApiKey::DELETE_GROUPS, versions: (0, 2), access: Access::Governed(Governed {
        whole: &[], topics: None, groups: Some(Entities {
            operation: Operation::Delete, list: "GroupsNames", answer: "Results", answer_name: "GroupId" }) }) },
    Row { key: ApiKey::DESCRIBE_CLUSTER, versions: (0, 2), access: Access::Special(
        "never denied by a broker; its addresses are the gateway's") },
    Row { key: ApiKey::CONSUMER_GROUP_HEARTBEAT, versions: (0, 1), access: Access::Special(
        "Read on the group and Describe on every topic named; subscriptions by regular expression are refused") },
    Row { key: ApiKey::CONSUMER_GROUP_DESCRIBE, versions: (0, 1), access: Access::Special(
        "Describe on each group and on every topic of its members") },
];
