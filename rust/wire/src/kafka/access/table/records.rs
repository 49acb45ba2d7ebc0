//! Writing and reading records.

use super::super::build::{refused, special};
use super::super::{ApiKey, Row};

const UNDECIDED: &str = "not decided yet";

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row { key: ApiKey::PRODUCE, versions: (3, 13), access: special(
        "Write on each topic; Write on the transactional id where a batch is transactional",
        "29 or 53 per partition", &["TransactionalId", "TopicData.Name", "TopicData.TopicId"]) },
    Row { key: ApiKey::FETCH, versions: (4, 18), access: special(
        "Read on each topic, again before a long poll is released; followers are refused",
        "29 per partition", &["Topics.Topic", "Topics.TopicId"]) },
    Row { key: ApiKey::OFFSET_FOR_LEADER_EPOCH, versions: (2, 4), access: special(
        "ClusterAction on the cluster, or Describe on each topic", "29 per partition",
        &["Topics.Topic"]) },
    refused(ApiKey::SHARE_FETCH, (1, 2), UNDECIDED),
    refused(ApiKey::SHARE_ACKNOWLEDGE, (1, 2), UNDECIDED),
];
