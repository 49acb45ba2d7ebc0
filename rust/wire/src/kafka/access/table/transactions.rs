//! Producer ids and transactions.

use super::super::build::{by_topic, governed, group, special, topics, transactional_id};
use super::super::{ApiKey, Operation, Resource, Row, Shape, Whole};

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row { key: ApiKey::INIT_PRODUCER_ID, versions: (0, 5), access: special(
        "Write on the transactional id; without one IdempotentWrite on the cluster or Write on any stream",
        "53 or 31 at the top", &["TransactionalId"]) },
    Row { key: ApiKey::ADD_PARTITIONS_TO_TXN, versions: (0, 3), access: special(
        "Write on the transactional id and on each topic, all or nothing",
        "53 or 29 per partition, 55 on the others",
        &["V3AndBelowTransactionalId", "V3AndBelowTopics.Name"]) },
    Row { key: ApiKey::ADD_OFFSETS_TO_TXN, versions: (0, 4), access: governed(
        &[transactional_id(Shape::Top), group(Operation::Read)]) },
    Row { key: ApiKey::END_TXN, versions: (0, 5), access: governed(&[transactional_id(Shape::Top)]) },
    Row { key: ApiKey::TXN_OFFSET_COMMIT, versions: (0, 5), access: by_topic(
        &[transactional_id(Shape::EveryTopic),
          Whole { operation: Operation::Read, resource: Resource::Group, field: "GroupId", shape: Shape::EveryTopic }],
        topics(Operation::Read, "Name", "PartitionIndex")) },
    Row { key: ApiKey::DESCRIBE_TRANSACTIONS, versions: (0, 0), access: special(
        "Describe on each transactional id; topics without Describe are left out of the answer",
        "53 per transactional id", &["TransactionalIds"]) },
    Row { key: ApiKey::LIST_TRANSACTIONS, versions: (0, 2), access: special(
        "transactional ids without Describe are left out of the answer", "left out", &[]) },
];
