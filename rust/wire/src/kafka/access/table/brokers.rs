//! What brokers and controllers ask of each other. A gateway stands in front of clients.

use super::super::{ApiKey, Row, build::refused};

const BROKERS: &str = "broker to broker: brokers ask it of each other";
const CONTROLLERS: &str = "broker to broker: controllers and brokers ask it of each other";

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    refused(ApiKey::VOTE, (0, 2), CONTROLLERS),
    refused(ApiKey::BEGIN_QUORUM_EPOCH, (0, 1), CONTROLLERS),
    refused(ApiKey::END_QUORUM_EPOCH, (0, 1), CONTROLLERS),
    refused(ApiKey::ALTER_PARTITION, (2, 3), CONTROLLERS),
    refused(ApiKey::ENVELOPE, (0, 0), CONTROLLERS),
    refused(ApiKey::FETCH_SNAPSHOT, (0, 1), CONTROLLERS),
    refused(ApiKey::BROKER_REGISTRATION, (0, 4), CONTROLLERS),
    refused(ApiKey::BROKER_HEARTBEAT, (0, 2), CONTROLLERS),
    refused(ApiKey::ALLOCATE_PRODUCER_IDS, (0, 0), CONTROLLERS),
    refused(ApiKey::CONTROLLER_REGISTRATION, (0, 0), CONTROLLERS),
    refused(ApiKey::ASSIGN_REPLICAS_TO_DIRS, (0, 0), CONTROLLERS),
    refused(ApiKey::UPDATE_RAFT_VOTER, (0, 0), CONTROLLERS),
    refused(ApiKey::ADD_PARTITIONS_TO_TXN, (4, 5), BROKERS),
    refused(ApiKey::INITIALIZE_SHARE_GROUP_STATE, (0, 0), BROKERS),
    refused(ApiKey::READ_SHARE_GROUP_STATE, (0, 0), BROKERS),
    refused(ApiKey::WRITE_SHARE_GROUP_STATE, (0, 1), BROKERS),
    refused(ApiKey::DELETE_SHARE_GROUP_STATE, (0, 0), BROKERS),
    refused(ApiKey::READ_SHARE_GROUP_STATE_SUMMARY, (0, 1), BROKERS),
];
