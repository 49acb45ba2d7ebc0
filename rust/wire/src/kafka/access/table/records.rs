//! Writing and reading records.

use super::super::build::special;
use super::super::{ApiKey, Row};

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row { key: ApiKey::PRODUCE, versions: (3, 13), access: special(
        "Write on each topic; Write on the transactional id where a batch is transactional",
        "29 or 53 per partition", &["TransactionalId", "TopicData.Name", "TopicData.TopicId"]) },
    Row { key: ApiKey::FETCH, versions: (4, 18), access: special(
        "Read on each topic of the request or session, again before a long poll is released; followers are refused",
        "29 per partition", &["Topics.Topic", "Topics.TopicId"]) },
    Row { key: ApiKey::OFFSET_FOR_LEADER_EPOCH, versions: (2, 4), access: special(
        "ClusterAction on the cluster, or Describe on each topic", "29 per partition",
        &["Topics.Topic"]) },
    Row { key: ApiKey::SHARE_FETCH, versions: (1, 2), access: special(
        "Read on the group and on each topic of the share session, again before records are released",
        "30 at the top, 29 per partition", &["GroupId", "Topics.TopicId"]) },
    Row { key: ApiKey::SHARE_ACKNOWLEDGE, versions: (1, 2), access: special(
        "Read on the group and on each topic", "30 at the top, 29 per partition", &["GroupId", "Topics.TopicId"]) },
];
