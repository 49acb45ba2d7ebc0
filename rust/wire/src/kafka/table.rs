//! Every message of Kafka 4.3.1, as facts. Generated, do not edit:
//! `python tools/kafka_schemas.py --from-maven`

use super::api::{Api, ApiKey};
use super::spec::Entity::{BrokerId, GroupId, ProducerId, TopicName, TransactionalId};
use super::spec::Kind::{
    Bool, Bytes, Float64, Int8, Int16, Int32, Int64, Records, Str, Struct, Uint16, Uuid,
};
use super::spec::{LATER as X, Message, row as r};

/// The keys that Kafka names.
impl ApiKey {
    /// `Produce`.
    pub const PRODUCE: Self = Self(0);
    /// `Fetch`.
    pub const FETCH: Self = Self(1);
    /// `ListOffsets`.
    pub const LIST_OFFSETS: Self = Self(2);
    /// `Metadata`.
    pub const METADATA: Self = Self(3);
    /// `LeaderAndIsr`.
    pub const LEADER_AND_ISR: Self = Self(4);
    /// `StopReplica`.
    pub const STOP_REPLICA: Self = Self(5);
    /// `UpdateMetadata`.
    pub const UPDATE_METADATA: Self = Self(6);
    /// `ControlledShutdown`.
    pub const CONTROLLED_SHUTDOWN: Self = Self(7);
    /// `OffsetCommit`.
    pub const OFFSET_COMMIT: Self = Self(8);
    /// `OffsetFetch`.
    pub const OFFSET_FETCH: Self = Self(9);
    /// `FindCoordinator`.
    pub const FIND_COORDINATOR: Self = Self(10);
    /// `JoinGroup`.
    pub const JOIN_GROUP: Self = Self(11);
    /// `Heartbeat`.
    pub const HEARTBEAT: Self = Self(12);
    /// `LeaveGroup`.
    pub const LEAVE_GROUP: Self = Self(13);
    /// `SyncGroup`.
    pub const SYNC_GROUP: Self = Self(14);
    /// `DescribeGroups`.
    pub const DESCRIBE_GROUPS: Self = Self(15);
    /// `ListGroups`.
    pub const LIST_GROUPS: Self = Self(16);
    /// `SaslHandshake`.
    pub const SASL_HANDSHAKE: Self = Self(17);
    /// `ApiVersions`.
    pub const API_VERSIONS: Self = Self(18);
    /// `CreateTopics`.
    pub const CREATE_TOPICS: Self = Self(19);
    /// `DeleteTopics`.
    pub const DELETE_TOPICS: Self = Self(20);
    /// `DeleteRecords`.
    pub const DELETE_RECORDS: Self = Self(21);
    /// `InitProducerId`.
    pub const INIT_PRODUCER_ID: Self = Self(22);
    /// `OffsetForLeaderEpoch`.
    pub const OFFSET_FOR_LEADER_EPOCH: Self = Self(23);
    /// `AddPartitionsToTxn`.
    pub const ADD_PARTITIONS_TO_TXN: Self = Self(24);
    /// `AddOffsetsToTxn`.
    pub const ADD_OFFSETS_TO_TXN: Self = Self(25);
    /// `EndTxn`.
    pub const END_TXN: Self = Self(26);
    /// `WriteTxnMarkers`.
    pub const WRITE_TXN_MARKERS: Self = Self(27);
    /// `TxnOffsetCommit`.
    pub const TXN_OFFSET_COMMIT: Self = Self(28);
    /// `DescribeAcls`.
    pub const DESCRIBE_ACLS: Self = Self(29);
    /// `CreateAcls`.
    pub const CREATE_ACLS: Self = Self(30);
    /// `DeleteAcls`.
    pub const DELETE_ACLS: Self = Self(31);
    /// `DescribeConfigs`.
    pub const DESCRIBE_CONFIGS: Self = Self(32);
    /// `AlterConfigs`.
    pub const ALTER_CONFIGS: Self = Self(33);
    /// `AlterReplicaLogDirs`.
    pub const ALTER_REPLICA_LOG_DIRS: Self = Self(34);
    /// `DescribeLogDirs`.
    pub const DESCRIBE_LOG_DIRS: Self = Self(35);
    /// `SaslAuthenticate`.
    pub const SASL_AUTHENTICATE: Self = Self(36);
    /// `CreatePartitions`.
    pub const CREATE_PARTITIONS: Self = Self(37);
    /// `CreateDelegationToken`.
    pub const CREATE_DELEGATION_TOKEN: Self = Self(38);
    /// `RenewDelegationToken`.
    pub const RENEW_DELEGATION_TOKEN: Self = Self(39);
    /// `ExpireDelegationToken`.
    pub const EXPIRE_DELEGATION_TOKEN: Self = Self(40);
    /// `DescribeDelegationToken`.
    pub const DESCRIBE_DELEGATION_TOKEN: Self = Self(41);
    /// `DeleteGroups`.
    pub const DELETE_GROUPS: Self = Self(42);
    /// `ElectLeaders`.
    pub const ELECT_LEADERS: Self = Self(43);
    /// `IncrementalAlterConfigs`.
    pub const INCREMENTAL_ALTER_CONFIGS: Self = Self(44);
    /// `AlterPartitionReassignments`.
    pub const ALTER_PARTITION_REASSIGNMENTS: Self = Self(45);
    /// `ListPartitionReassignments`.
    pub const LIST_PARTITION_REASSIGNMENTS: Self = Self(46);
    /// `OffsetDelete`.
    pub const OFFSET_DELETE: Self = Self(47);
    /// `DescribeClientQuotas`.
    pub const DESCRIBE_CLIENT_QUOTAS: Self = Self(48);
    /// `AlterClientQuotas`.
    pub const ALTER_CLIENT_QUOTAS: Self = Self(49);
    /// `DescribeUserScramCredentials`.
    pub const DESCRIBE_USER_SCRAM_CREDENTIALS: Self = Self(50);
    /// `AlterUserScramCredentials`.
    pub const ALTER_USER_SCRAM_CREDENTIALS: Self = Self(51);
    /// `Vote`.
    pub const VOTE: Self = Self(52);
    /// `BeginQuorumEpoch`.
    pub const BEGIN_QUORUM_EPOCH: Self = Self(53);
    /// `EndQuorumEpoch`.
    pub const END_QUORUM_EPOCH: Self = Self(54);
    /// `DescribeQuorum`.
    pub const DESCRIBE_QUORUM: Self = Self(55);
    /// `AlterPartition`.
    pub const ALTER_PARTITION: Self = Self(56);
    /// `UpdateFeatures`.
    pub const UPDATE_FEATURES: Self = Self(57);
    /// `Envelope`.
    pub const ENVELOPE: Self = Self(58);
    /// `FetchSnapshot`.
    pub const FETCH_SNAPSHOT: Self = Self(59);
    /// `DescribeCluster`.
    pub const DESCRIBE_CLUSTER: Self = Self(60);
    /// `DescribeProducers`.
    pub const DESCRIBE_PRODUCERS: Self = Self(61);
    /// `BrokerRegistration`.
    pub const BROKER_REGISTRATION: Self = Self(62);
    /// `BrokerHeartbeat`.
    pub const BROKER_HEARTBEAT: Self = Self(63);
    /// `UnregisterBroker`.
    pub const UNREGISTER_BROKER: Self = Self(64);
    /// `DescribeTransactions`.
    pub const DESCRIBE_TRANSACTIONS: Self = Self(65);
    /// `ListTransactions`.
    pub const LIST_TRANSACTIONS: Self = Self(66);
    /// `AllocateProducerIds`.
    pub const ALLOCATE_PRODUCER_IDS: Self = Self(67);
    /// `ConsumerGroupHeartbeat`.
    pub const CONSUMER_GROUP_HEARTBEAT: Self = Self(68);
    /// `ConsumerGroupDescribe`.
    pub const CONSUMER_GROUP_DESCRIBE: Self = Self(69);
    /// `ControllerRegistration`.
    pub const CONTROLLER_REGISTRATION: Self = Self(70);
    /// `GetTelemetrySubscriptions`.
    pub const GET_TELEMETRY_SUBSCRIPTIONS: Self = Self(71);
    /// `PushTelemetry`.
    pub const PUSH_TELEMETRY: Self = Self(72);
    /// `AssignReplicasToDirs`.
    pub const ASSIGN_REPLICAS_TO_DIRS: Self = Self(73);
    /// `ListConfigResources`.
    pub const LIST_CONFIG_RESOURCES: Self = Self(74);
    /// `DescribeTopicPartitions`.
    pub const DESCRIBE_TOPIC_PARTITIONS: Self = Self(75);
    /// `ShareGroupHeartbeat`.
    pub const SHARE_GROUP_HEARTBEAT: Self = Self(76);
    /// `ShareGroupDescribe`.
    pub const SHARE_GROUP_DESCRIBE: Self = Self(77);
    /// `ShareFetch`.
    pub const SHARE_FETCH: Self = Self(78);
    /// `ShareAcknowledge`.
    pub const SHARE_ACKNOWLEDGE: Self = Self(79);
    /// `AddRaftVoter`.
    pub const ADD_RAFT_VOTER: Self = Self(80);
    /// `RemoveRaftVoter`.
    pub const REMOVE_RAFT_VOTER: Self = Self(81);
    /// `UpdateRaftVoter`.
    pub const UPDATE_RAFT_VOTER: Self = Self(82);
    /// `InitializeShareGroupState`.
    pub const INITIALIZE_SHARE_GROUP_STATE: Self = Self(83);
    /// `ReadShareGroupState`.
    pub const READ_SHARE_GROUP_STATE: Self = Self(84);
    /// `WriteShareGroupState`.
    pub const WRITE_SHARE_GROUP_STATE: Self = Self(85);
    /// `DeleteShareGroupState`.
    pub const DELETE_SHARE_GROUP_STATE: Self = Self(86);
    /// `ReadShareGroupStateSummary`.
    pub const READ_SHARE_GROUP_STATE_SUMMARY: Self = Self(87);
    /// `StreamsGroupHeartbeat`.
    pub const STREAMS_GROUP_HEARTBEAT: Self = Self(88);
    /// `StreamsGroupDescribe`.
    pub const STREAMS_GROUP_DESCRIBE: Self = Self(89);
    /// `DescribeShareGroupOffsets`.
    pub const DESCRIBE_SHARE_GROUP_OFFSETS: Self = Self(90);
    /// `AlterShareGroupOffsets`.
    pub const ALTER_SHARE_GROUP_OFFSETS: Self = Self(91);
    /// `DeleteShareGroupOffsets`.
    pub const DELETE_SHARE_GROUP_OFFSETS: Self = Self(92);
}

/// Keys that Kafka no longer serves at any version.
pub(super) static REMOVED: [(i16, &str); 4] =
    [(4, "LeaderAndIsr"), (5, "StopReplica"), (6, "UpdateMetadata"), (7, "ControlledShutdown")];

pub(super) static APIS: [Api; 89] = [
    Api {
        key: ApiKey::PRODUCE,
        name: "Produce",
        versions: (3, 13),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(9, X, &[
            r(0, "TransactionalId", Str, 3, X).null(3, X).null_default().of(TransactionalId),
            r(1, "Acks", Int16, 0, X),
            r(2, "TimeoutMs", Int32, 0, X),
            r(3, "TopicData", Struct, 0, X).array().fields(&[
                r(4, "Name", Str, 0, 12).ignorable().of(TopicName),
                r(5, "TopicId", Uuid, 13, X).ignorable(),
                r(6, "PartitionData", Struct, 0, X).array().fields(&[
                    r(7, "Index", Int32, 0, X),
                    r(8, "Records", Records, 0, X).null(0, X),
                ]),
            ]),
        ]),
        response: Message::new(9, X, &[
            r(9, "Responses", Struct, 0, X).array().fields(&[
                r(10, "Name", Str, 0, 12).ignorable().of(TopicName),
                r(11, "TopicId", Uuid, 13, X).ignorable(),
                r(12, "PartitionResponses", Struct, 0, X).array().fields(&[
                    r(13, "Index", Int32, 0, X),
                    r(14, "ErrorCode", Int16, 0, X),
                    r(15, "BaseOffset", Int64, 0, X),
                    r(16, "LogAppendTimeMs", Int64, 2, X).int(-1).ignorable(),
                    r(17, "LogStartOffset", Int64, 5, X).int(-1).ignorable(),
                    r(18, "RecordErrors", Struct, 8, X).array().ignorable().fields(&[
                        r(19, "BatchIndex", Int32, 8, X),
                        r(20, "BatchIndexErrorMessage", Str, 8, X).null(8, X).null_default(),
                    ]),
                    r(21, "ErrorMessage", Str, 8, X).null(8, X).null_default().ignorable(),
                    r(22, "CurrentLeader", Struct, 10, X).tag(0, 10, X).fields(&[
                        r(23, "LeaderId", Int32, 10, X).int(-1).of(BrokerId),
                        r(24, "LeaderEpoch", Int32, 10, X).int(-1),
                    ]),
                ]),
            ]),
            r(25, "ThrottleTimeMs", Int32, 1, X).ignorable(),
            r(26, "NodeEndpoints", Struct, 10, X).array().tag(0, 10, X).fields(&[
                r(27, "NodeId", Int32, 10, X).of(BrokerId),
                r(28, "Host", Str, 10, X),
                r(29, "Port", Int32, 10, X),
                r(30, "Rack", Str, 10, X).null(10, X).null_default(),
            ]),
        ]),
    },
    Api {
        key: ApiKey::FETCH,
        name: "Fetch",
        versions: (4, 18),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(12, X, &[
            r(31, "ClusterId", Str, 12, X).null(12, X).tag(0, 12, X).null_default().ignorable(),
            r(32, "ReplicaId", Int32, 0, 14).int(-1).of(BrokerId),
            r(33, "ReplicaState", Struct, 15, X).tag(1, 15, X).fields(&[
                r(34, "ReplicaId", Int32, 15, X).int(-1).of(BrokerId),
                r(35, "ReplicaEpoch", Int64, 15, X).int(-1),
            ]),
            r(36, "MaxWaitMs", Int32, 0, X),
            r(37, "MinBytes", Int32, 0, X),
            r(38, "MaxBytes", Int32, 3, X).int(2147483647).ignorable(),
            r(39, "IsolationLevel", Int8, 4, X).ignorable(),
            r(40, "SessionId", Int32, 7, X).ignorable(),
            r(41, "SessionEpoch", Int32, 7, X).int(-1).ignorable(),
            r(42, "Topics", Struct, 0, X).array().fields(&[
                r(43, "Topic", Str, 0, 12).ignorable().of(TopicName),
                r(44, "TopicId", Uuid, 13, X).ignorable(),
                r(45, "Partitions", Struct, 0, X).array().fields(&[
                    r(46, "Partition", Int32, 0, X),
                    r(47, "CurrentLeaderEpoch", Int32, 9, X).int(-1).ignorable(),
                    r(48, "FetchOffset", Int64, 0, X),
                    r(49, "LastFetchedEpoch", Int32, 12, X).int(-1),
                    r(50, "LogStartOffset", Int64, 5, X).int(-1).ignorable(),
                    r(51, "PartitionMaxBytes", Int32, 0, X),
                    r(52, "ReplicaDirectoryId", Uuid, 17, X).tag(0, 17, X).ignorable(),
                    r(53, "HighWatermark", Int64, 18, X).tag(1, 18, X).int(9223372036854775807).ignorable(),
                ]),
            ]),
            r(54, "ForgottenTopicsData", Struct, 7, X).array().fields(&[
                r(55, "Topic", Str, 7, 12).ignorable().of(TopicName),
                r(56, "TopicId", Uuid, 13, X).ignorable(),
                r(57, "Partitions", Int32, 7, X).array(),
            ]),
            r(58, "RackId", Str, 11, X).ignorable(),
        ]),
        response: Message::new(12, X, &[
            r(59, "ThrottleTimeMs", Int32, 1, X).ignorable(),
            r(60, "ErrorCode", Int16, 7, X).ignorable(),
            r(61, "SessionId", Int32, 7, X),
            r(62, "Responses", Struct, 0, X).array().fields(&[
                r(63, "Topic", Str, 0, 12).ignorable().of(TopicName),
                r(64, "TopicId", Uuid, 13, X).ignorable(),
                r(65, "Partitions", Struct, 0, X).array().fields(&[
                    r(66, "PartitionIndex", Int32, 0, X),
                    r(67, "ErrorCode", Int16, 0, X),
                    r(68, "HighWatermark", Int64, 0, X),
                    r(69, "LastStableOffset", Int64, 4, X).int(-1).ignorable(),
                    r(70, "LogStartOffset", Int64, 5, X).int(-1).ignorable(),
                    r(71, "DivergingEpoch", Struct, 12, X).tag(0, 12, X).fields(&[
                        r(72, "Epoch", Int32, 12, X).int(-1),
                        r(73, "EndOffset", Int64, 12, X).int(-1),
                    ]),
                    r(74, "CurrentLeader", Struct, 12, X).tag(1, 12, X).fields(&[
                        r(75, "LeaderId", Int32, 12, X).int(-1).of(BrokerId),
                        r(76, "LeaderEpoch", Int32, 12, X).int(-1),
                    ]),
                    r(77, "SnapshotId", Struct, 12, X).tag(2, 12, X).fields(&[
                        r(78, "EndOffset", Int64, 0, X).int(-1),
                        r(79, "Epoch", Int32, 0, X).int(-1),
                    ]),
                    r(80, "AbortedTransactions", Struct, 4, X).array().null(4, X).ignorable().fields(&[
                        r(81, "ProducerId", Int64, 4, X).of(ProducerId),
                        r(82, "FirstOffset", Int64, 4, X),
                    ]),
                    r(83, "PreferredReadReplica", Int32, 11, X).int(-1).of(BrokerId),
                    r(84, "Records", Records, 0, X).null(0, X),
                ]),
            ]),
            r(85, "NodeEndpoints", Struct, 16, X).array().tag(0, 16, X).fields(&[
                r(86, "NodeId", Int32, 16, X).of(BrokerId),
                r(87, "Host", Str, 16, X),
                r(88, "Port", Int32, 16, X),
                r(89, "Rack", Str, 16, X).null(16, X).null_default(),
            ]),
        ]),
    },
    Api {
        key: ApiKey::LIST_OFFSETS,
        name: "ListOffsets",
        versions: (1, 11),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(6, X, &[
            r(90, "ReplicaId", Int32, 0, X).of(BrokerId),
            r(91, "IsolationLevel", Int8, 2, X),
            r(92, "Topics", Struct, 0, X).array().fields(&[
                r(93, "Name", Str, 0, X).of(TopicName),
                r(94, "Partitions", Struct, 0, X).array().fields(&[
                    r(95, "PartitionIndex", Int32, 0, X),
                    r(96, "CurrentLeaderEpoch", Int32, 4, X).int(-1).ignorable(),
                    r(97, "Timestamp", Int64, 0, X),
                ]),
            ]),
            r(98, "TimeoutMs", Int32, 10, X).ignorable(),
        ]),
        response: Message::new(6, X, &[
            r(99, "ThrottleTimeMs", Int32, 2, X).ignorable(),
            r(100, "Topics", Struct, 0, X).array().fields(&[
                r(101, "Name", Str, 0, X).of(TopicName),
                r(102, "Partitions", Struct, 0, X).array().fields(&[
                    r(103, "PartitionIndex", Int32, 0, X),
                    r(104, "ErrorCode", Int16, 0, X),
                    r(105, "Timestamp", Int64, 1, X).int(-1),
                    r(106, "Offset", Int64, 1, X).int(-1),
                    r(107, "LeaderEpoch", Int32, 4, X).int(-1),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::METADATA,
        name: "Metadata",
        versions: (0, 13),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(9, X, &[
            r(108, "Topics", Struct, 0, X).array().null(1, X).fields(&[
                r(109, "TopicId", Uuid, 10, X).ignorable(),
                r(110, "Name", Str, 0, X).null(10, X).of(TopicName),
            ]),
            r(111, "AllowAutoTopicCreation", Bool, 4, X).true_default(),
            r(112, "IncludeClusterAuthorizedOperations", Bool, 8, 10),
            r(113, "IncludeTopicAuthorizedOperations", Bool, 8, X),
        ]),
        response: Message::new(9, X, &[
            r(114, "ThrottleTimeMs", Int32, 3, X).ignorable(),
            r(115, "Brokers", Struct, 0, X).array().fields(&[
                r(116, "NodeId", Int32, 0, X).of(BrokerId),
                r(117, "Host", Str, 0, X),
                r(118, "Port", Int32, 0, X),
                r(119, "Rack", Str, 1, X).null(1, X).null_default().ignorable(),
            ]),
            r(120, "ClusterId", Str, 2, X).null(2, X).null_default().ignorable(),
            r(121, "ControllerId", Int32, 1, X).int(-1).ignorable().of(BrokerId),
            r(122, "Topics", Struct, 0, X).array().fields(&[
                r(123, "ErrorCode", Int16, 0, X),
                r(124, "Name", Str, 0, X).null(12, X).of(TopicName),
                r(125, "TopicId", Uuid, 10, X).ignorable(),
                r(126, "IsInternal", Bool, 1, X).ignorable(),
                r(127, "Partitions", Struct, 0, X).array().fields(&[
                    r(128, "ErrorCode", Int16, 0, X),
                    r(129, "PartitionIndex", Int32, 0, X),
                    r(130, "LeaderId", Int32, 0, X).of(BrokerId),
                    r(131, "LeaderEpoch", Int32, 7, X).int(-1).ignorable(),
                    r(132, "ReplicaNodes", Int32, 0, X).array().of(BrokerId),
                    r(133, "IsrNodes", Int32, 0, X).array().of(BrokerId),
                    r(134, "OfflineReplicas", Int32, 5, X).array().ignorable().of(BrokerId),
                ]),
                r(135, "TopicAuthorizedOperations", Int32, 8, X).int(-2147483648),
            ]),
            r(136, "ClusterAuthorizedOperations", Int32, 8, 10).int(-2147483648),
            r(137, "ErrorCode", Int16, 13, X).ignorable(),
        ]),
    },
    Api {
        key: ApiKey::OFFSET_COMMIT,
        name: "OffsetCommit",
        versions: (2, 10),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(8, X, &[
            r(138, "GroupId", Str, 0, X).of(GroupId),
            r(139, "GenerationIdOrMemberEpoch", Int32, 1, X).int(-1).ignorable(),
            r(140, "MemberId", Str, 1, X).ignorable(),
            r(141, "GroupInstanceId", Str, 7, X).null(7, X).null_default(),
            r(142, "RetentionTimeMs", Int64, 2, 4).int(-1).ignorable(),
            r(143, "Topics", Struct, 0, X).array().fields(&[
                r(144, "Name", Str, 0, 9).ignorable().of(TopicName),
                r(145, "TopicId", Uuid, 10, X).ignorable(),
                r(146, "Partitions", Struct, 0, X).array().fields(&[
                    r(147, "PartitionIndex", Int32, 0, X),
                    r(148, "CommittedOffset", Int64, 0, X),
                    r(149, "CommittedLeaderEpoch", Int32, 6, X).int(-1).ignorable(),
                    r(150, "CommittedMetadata", Str, 0, X).null(0, X),
                ]),
            ]),
        ]),
        response: Message::new(8, X, &[
            r(151, "ThrottleTimeMs", Int32, 3, X).ignorable(),
            r(152, "Topics", Struct, 0, X).array().fields(&[
                r(153, "Name", Str, 0, 9).ignorable().of(TopicName),
                r(154, "TopicId", Uuid, 10, X).ignorable(),
                r(155, "Partitions", Struct, 0, X).array().fields(&[
                    r(156, "PartitionIndex", Int32, 0, X),
                    r(157, "ErrorCode", Int16, 0, X),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::OFFSET_FETCH,
        name: "OffsetFetch",
        versions: (1, 10),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(6, X, &[
            r(158, "GroupId", Str, 0, 7).of(GroupId),
            r(159, "Topics", Struct, 0, 7).array().null(2, 7).fields(&[
                r(160, "Name", Str, 0, 7).of(TopicName),
                r(161, "PartitionIndexes", Int32, 0, 7).array(),
            ]),
            r(162, "Groups", Struct, 8, X).array().fields(&[
                r(163, "GroupId", Str, 8, X).of(GroupId),
                r(164, "MemberId", Str, 9, X).null(9, X).null_default().ignorable(),
                r(165, "MemberEpoch", Int32, 9, X).int(-1).ignorable(),
                r(166, "Topics", Struct, 8, X).array().null(8, X).fields(&[
                    r(167, "Name", Str, 8, 9).ignorable().of(TopicName),
                    r(168, "TopicId", Uuid, 10, X).ignorable(),
                    r(169, "PartitionIndexes", Int32, 8, X).array(),
                ]),
            ]),
            r(170, "RequireStable", Bool, 7, X),
        ]),
        response: Message::new(6, X, &[
            r(171, "ThrottleTimeMs", Int32, 3, X).ignorable(),
            r(172, "Topics", Struct, 0, 7).array().fields(&[
                r(173, "Name", Str, 0, 7).of(TopicName),
                r(174, "Partitions", Struct, 0, 7).array().fields(&[
                    r(175, "PartitionIndex", Int32, 0, 7),
                    r(176, "CommittedOffset", Int64, 0, 7),
                    r(177, "CommittedLeaderEpoch", Int32, 5, 7).int(-1).ignorable(),
                    r(178, "Metadata", Str, 0, 7).null(0, 7),
                    r(179, "ErrorCode", Int16, 0, 7),
                ]),
            ]),
            r(180, "ErrorCode", Int16, 2, 7).ignorable(),
            r(181, "Groups", Struct, 8, X).array().fields(&[
                r(182, "GroupId", Str, 8, X).of(GroupId),
                r(183, "Topics", Struct, 8, X).array().fields(&[
                    r(184, "Name", Str, 8, 9).ignorable().of(TopicName),
                    r(185, "TopicId", Uuid, 10, X).ignorable(),
                    r(186, "Partitions", Struct, 8, X).array().fields(&[
                        r(187, "PartitionIndex", Int32, 8, X),
                        r(188, "CommittedOffset", Int64, 8, X),
                        r(189, "CommittedLeaderEpoch", Int32, 8, X).int(-1).ignorable(),
                        r(190, "Metadata", Str, 8, X).null(8, X),
                        r(191, "ErrorCode", Int16, 8, X),
                    ]),
                ]),
                r(192, "ErrorCode", Int16, 8, X),
            ]),
        ]),
    },
    Api {
        key: ApiKey::FIND_COORDINATOR,
        name: "FindCoordinator",
        versions: (0, 6),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(3, X, &[
            r(193, "Key", Str, 0, 3),
            r(194, "KeyType", Int8, 1, X),
            r(195, "CoordinatorKeys", Str, 4, X).array(),
        ]),
        response: Message::new(3, X, &[
            r(196, "ThrottleTimeMs", Int32, 1, X).ignorable(),
            r(197, "ErrorCode", Int16, 0, 3),
            r(198, "ErrorMessage", Str, 1, 3).null(1, 3).ignorable(),
            r(199, "NodeId", Int32, 0, 3).of(BrokerId),
            r(200, "Host", Str, 0, 3),
            r(201, "Port", Int32, 0, 3),
            r(202, "Coordinators", Struct, 4, X).array().fields(&[
                r(203, "Key", Str, 4, X),
                r(204, "NodeId", Int32, 4, X).of(BrokerId),
                r(205, "Host", Str, 4, X),
                r(206, "Port", Int32, 4, X),
                r(207, "ErrorCode", Int16, 4, X),
                r(208, "ErrorMessage", Str, 4, X).null(4, X).ignorable(),
            ]),
        ]),
    },
    Api {
        key: ApiKey::JOIN_GROUP,
        name: "JoinGroup",
        versions: (0, 9),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(6, X, &[
            r(209, "GroupId", Str, 0, X).of(GroupId),
            r(210, "SessionTimeoutMs", Int32, 0, X),
            r(211, "RebalanceTimeoutMs", Int32, 1, X).int(-1).ignorable(),
            r(212, "MemberId", Str, 0, X),
            r(213, "GroupInstanceId", Str, 5, X).null(5, X).null_default(),
            r(214, "ProtocolType", Str, 0, X),
            r(215, "Protocols", Struct, 0, X).array().fields(&[
                r(216, "Name", Str, 0, X),
                r(217, "Metadata", Bytes, 0, X),
            ]),
            r(218, "Reason", Str, 8, X).null(8, X).null_default().ignorable(),
        ]),
        response: Message::new(6, X, &[
            r(219, "ThrottleTimeMs", Int32, 2, X).ignorable(),
            r(220, "ErrorCode", Int16, 0, X),
            r(221, "GenerationId", Int32, 0, X).int(-1),
            r(222, "ProtocolType", Str, 7, X).null(7, X).null_default().ignorable(),
            r(223, "ProtocolName", Str, 0, X).null(7, X),
            r(224, "Leader", Str, 0, X),
            r(225, "SkipAssignment", Bool, 9, X),
            r(226, "MemberId", Str, 0, X),
            r(227, "Members", Struct, 0, X).array().fields(&[
                r(228, "MemberId", Str, 0, X),
                r(229, "GroupInstanceId", Str, 5, X).null(5, X).null_default().ignorable(),
                r(230, "Metadata", Bytes, 0, X),
            ]),
        ]),
    },
    Api {
        key: ApiKey::HEARTBEAT,
        name: "Heartbeat",
        versions: (0, 4),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(4, X, &[
            r(231, "GroupId", Str, 0, X).of(GroupId),
            r(232, "GenerationId", Int32, 0, X),
            r(233, "MemberId", Str, 0, X),
            r(234, "GroupInstanceId", Str, 3, X).null(3, X).null_default(),
        ]),
        response: Message::new(4, X, &[
            r(235, "ThrottleTimeMs", Int32, 1, X).ignorable(),
            r(236, "ErrorCode", Int16, 0, X),
        ]),
    },
    Api {
        key: ApiKey::LEAVE_GROUP,
        name: "LeaveGroup",
        versions: (0, 5),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(4, X, &[
            r(237, "GroupId", Str, 0, X).of(GroupId),
            r(238, "MemberId", Str, 0, 2),
            r(239, "Members", Struct, 3, X).array().fields(&[
                r(240, "MemberId", Str, 3, X),
                r(241, "GroupInstanceId", Str, 3, X).null(3, X).null_default(),
                r(242, "Reason", Str, 5, X).null(5, X).null_default().ignorable(),
            ]),
        ]),
        response: Message::new(4, X, &[
            r(243, "ThrottleTimeMs", Int32, 1, X).ignorable(),
            r(244, "ErrorCode", Int16, 0, X),
            r(245, "Members", Struct, 3, X).array().fields(&[
                r(246, "MemberId", Str, 3, X),
                r(247, "GroupInstanceId", Str, 3, X).null(3, X),
                r(248, "ErrorCode", Int16, 3, X),
            ]),
        ]),
    },
    Api {
        key: ApiKey::SYNC_GROUP,
        name: "SyncGroup",
        versions: (0, 5),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(4, X, &[
            r(249, "GroupId", Str, 0, X).of(GroupId),
            r(250, "GenerationId", Int32, 0, X),
            r(251, "MemberId", Str, 0, X),
            r(252, "GroupInstanceId", Str, 3, X).null(3, X).null_default(),
            r(253, "ProtocolType", Str, 5, X).null(5, X).null_default().ignorable(),
            r(254, "ProtocolName", Str, 5, X).null(5, X).null_default().ignorable(),
            r(255, "Assignments", Struct, 0, X).array().fields(&[
                r(256, "MemberId", Str, 0, X),
                r(257, "Assignment", Bytes, 0, X),
            ]),
        ]),
        response: Message::new(4, X, &[
            r(258, "ThrottleTimeMs", Int32, 1, X).ignorable(),
            r(259, "ErrorCode", Int16, 0, X),
            r(260, "ProtocolType", Str, 5, X).null(5, X).null_default().ignorable(),
            r(261, "ProtocolName", Str, 5, X).null(5, X).null_default().ignorable(),
            r(262, "Assignment", Bytes, 0, X),
        ]),
    },
    Api {
        key: ApiKey::DESCRIBE_GROUPS,
        name: "DescribeGroups",
        versions: (0, 6),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(5, X, &[
            r(263, "Groups", Str, 0, X).array().of(GroupId),
            r(264, "IncludeAuthorizedOperations", Bool, 3, X),
        ]),
        response: Message::new(5, X, &[
            r(265, "ThrottleTimeMs", Int32, 1, X).ignorable(),
            r(266, "Groups", Struct, 0, X).array().fields(&[
                r(267, "ErrorCode", Int16, 0, X),
                r(268, "ErrorMessage", Str, 6, X).null(6, X).null_default(),
                r(269, "GroupId", Str, 0, X).of(GroupId),
                r(270, "GroupState", Str, 0, X),
                r(271, "ProtocolType", Str, 0, X),
                r(272, "ProtocolData", Str, 0, X),
                r(273, "Members", Struct, 0, X).array().fields(&[
                    r(274, "MemberId", Str, 0, X),
                    r(275, "GroupInstanceId", Str, 4, X).null(4, X).null_default().ignorable(),
                    r(276, "ClientId", Str, 0, X),
                    r(277, "ClientHost", Str, 0, X),
                    r(278, "MemberMetadata", Bytes, 0, X),
                    r(279, "MemberAssignment", Bytes, 0, X),
                ]),
                r(280, "AuthorizedOperations", Int32, 3, X).int(-2147483648),
            ]),
        ]),
    },
    Api {
        key: ApiKey::LIST_GROUPS,
        name: "ListGroups",
        versions: (0, 5),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(3, X, &[
            r(281, "StatesFilter", Str, 4, X).array(),
            r(282, "TypesFilter", Str, 5, X).array(),
        ]),
        response: Message::new(3, X, &[
            r(283, "ThrottleTimeMs", Int32, 1, X).ignorable(),
            r(284, "ErrorCode", Int16, 0, X),
            r(285, "Groups", Struct, 0, X).array().fields(&[
                r(286, "GroupId", Str, 0, X).of(GroupId),
                r(287, "ProtocolType", Str, 0, X),
                r(288, "GroupState", Str, 4, X).ignorable(),
                r(289, "GroupType", Str, 5, X).ignorable(),
            ]),
        ]),
    },
    Api {
        key: ApiKey::SASL_HANDSHAKE,
        name: "SaslHandshake",
        versions: (0, 1),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, -1, &[
            r(290, "Mechanism", Str, 0, X),
        ]),
        response: Message::new(0, -1, &[
            r(291, "ErrorCode", Int16, 0, X),
            r(292, "Mechanisms", Str, 0, X).array(),
        ]),
    },
    Api {
        key: ApiKey::API_VERSIONS,
        name: "ApiVersions",
        versions: (0, 4),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(3, X, &[
            r(293, "ClientSoftwareName", Str, 3, X).ignorable(),
            r(294, "ClientSoftwareVersion", Str, 3, X).ignorable(),
        ]),
        response: Message::new(3, X, &[
            r(295, "ErrorCode", Int16, 0, X),
            r(296, "ApiKeys", Struct, 0, X).array().fields(&[
                r(297, "ApiKey", Int16, 0, X),
                r(298, "MinVersion", Int16, 0, X),
                r(299, "MaxVersion", Int16, 0, X),
            ]),
            r(300, "ThrottleTimeMs", Int32, 1, X).ignorable(),
            r(301, "SupportedFeatures", Struct, 3, X).array().tag(0, 3, X).ignorable().fields(&[
                r(302, "Name", Str, 3, X),
                r(303, "MinVersion", Int16, 3, X),
                r(304, "MaxVersion", Int16, 3, X),
            ]),
            r(305, "FinalizedFeaturesEpoch", Int64, 3, X).tag(1, 3, X).int(-1).ignorable(),
            r(306, "FinalizedFeatures", Struct, 3, X).array().tag(2, 3, X).ignorable().fields(&[
                r(307, "Name", Str, 3, X),
                r(308, "MaxVersionLevel", Int16, 3, X),
                r(309, "MinVersionLevel", Int16, 3, X),
            ]),
            r(310, "ZkMigrationReady", Bool, 3, X).tag(3, 3, X).ignorable(),
        ]),
    },
    Api {
        key: ApiKey::CREATE_TOPICS,
        name: "CreateTopics",
        versions: (2, 7),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(5, X, &[
            r(311, "Topics", Struct, 0, X).array().fields(&[
                r(312, "Name", Str, 0, X).of(TopicName),
                r(313, "NumPartitions", Int32, 0, X),
                r(314, "ReplicationFactor", Int16, 0, X),
                r(315, "Assignments", Struct, 0, X).array().fields(&[
                    r(316, "PartitionIndex", Int32, 0, X),
                    r(317, "BrokerIds", Int32, 0, X).array().of(BrokerId),
                ]),
                r(318, "Configs", Struct, 0, X).array().fields(&[
                    r(319, "Name", Str, 0, X),
                    r(320, "Value", Str, 0, X).null(0, X),
                ]),
            ]),
            r(321, "timeoutMs", Int32, 0, X).int(60000),
            r(322, "validateOnly", Bool, 1, X),
        ]),
        response: Message::new(5, X, &[
            r(323, "ThrottleTimeMs", Int32, 2, X).ignorable(),
            r(324, "Topics", Struct, 0, X).array().fields(&[
                r(325, "Name", Str, 0, X).of(TopicName),
                r(326, "TopicId", Uuid, 7, X).ignorable(),
                r(327, "ErrorCode", Int16, 0, X),
                r(328, "ErrorMessage", Str, 1, X).null(0, X).ignorable(),
                r(329, "TopicConfigErrorCode", Int16, 5, X).tag(0, 5, X).ignorable(),
                r(330, "NumPartitions", Int32, 5, X).int(-1).ignorable(),
                r(331, "ReplicationFactor", Int16, 5, X).int(-1).ignorable(),
                r(332, "Configs", Struct, 5, X).array().null(5, X).ignorable().fields(&[
                    r(333, "Name", Str, 5, X),
                    r(334, "Value", Str, 5, X).null(5, X),
                    r(335, "ReadOnly", Bool, 5, X),
                    r(336, "ConfigSource", Int8, 5, X).int(-1).ignorable(),
                    r(337, "IsSensitive", Bool, 5, X),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::DELETE_TOPICS,
        name: "DeleteTopics",
        versions: (1, 6),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(4, X, &[
            r(338, "Topics", Struct, 6, X).array().fields(&[
                r(339, "Name", Str, 6, X).null(6, X).null_default().of(TopicName),
                r(340, "TopicId", Uuid, 6, X),
            ]),
            r(341, "TopicNames", Str, 0, 5).array().ignorable().of(TopicName),
            r(342, "TimeoutMs", Int32, 0, X),
        ]),
        response: Message::new(4, X, &[
            r(343, "ThrottleTimeMs", Int32, 1, X).ignorable(),
            r(344, "Responses", Struct, 0, X).array().fields(&[
                r(345, "Name", Str, 0, X).null(6, X).of(TopicName),
                r(346, "TopicId", Uuid, 6, X).ignorable(),
                r(347, "ErrorCode", Int16, 0, X),
                r(348, "ErrorMessage", Str, 5, X).null(5, X).null_default().ignorable(),
            ]),
        ]),
    },
    Api {
        key: ApiKey::DELETE_RECORDS,
        name: "DeleteRecords",
        versions: (0, 2),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(2, X, &[
            r(349, "Topics", Struct, 0, X).array().fields(&[
                r(350, "Name", Str, 0, X).of(TopicName),
                r(351, "Partitions", Struct, 0, X).array().fields(&[
                    r(352, "PartitionIndex", Int32, 0, X),
                    r(353, "Offset", Int64, 0, X),
                ]),
            ]),
            r(354, "TimeoutMs", Int32, 0, X),
        ]),
        response: Message::new(2, X, &[
            r(355, "ThrottleTimeMs", Int32, 0, X),
            r(356, "Topics", Struct, 0, X).array().fields(&[
                r(357, "Name", Str, 0, X).of(TopicName),
                r(358, "Partitions", Struct, 0, X).array().fields(&[
                    r(359, "PartitionIndex", Int32, 0, X),
                    r(360, "LowWatermark", Int64, 0, X),
                    r(361, "ErrorCode", Int16, 0, X),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::INIT_PRODUCER_ID,
        name: "InitProducerId",
        versions: (0, 5),
        unstable_version: Some(6),
        broker_listener: true,
        request: Message::new(2, X, &[
            r(362, "TransactionalId", Str, 0, X).null(0, X).of(TransactionalId),
            r(363, "TransactionTimeoutMs", Int32, 0, X),
            r(364, "ProducerId", Int64, 3, X).int(-1).of(ProducerId),
            r(365, "ProducerEpoch", Int16, 3, X).int(-1),
            r(366, "Enable2Pc", Bool, 6, X),
            r(367, "KeepPreparedTxn", Bool, 6, X),
        ]),
        response: Message::new(2, X, &[
            r(368, "ThrottleTimeMs", Int32, 0, X).ignorable(),
            r(369, "ErrorCode", Int16, 0, X),
            r(370, "ProducerId", Int64, 0, X).int(-1).of(ProducerId),
            r(371, "ProducerEpoch", Int16, 0, X),
            r(372, "OngoingTxnProducerId", Int64, 6, X).int(-1).of(ProducerId),
            r(373, "OngoingTxnProducerEpoch", Int16, 6, X).int(-1),
        ]),
    },
    Api {
        key: ApiKey::OFFSET_FOR_LEADER_EPOCH,
        name: "OffsetForLeaderEpoch",
        versions: (2, 4),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(4, X, &[
            r(374, "ReplicaId", Int32, 3, X).int(-2).ignorable().of(BrokerId),
            r(375, "Topics", Struct, 0, X).array().fields(&[
                r(376, "Topic", Str, 0, X).of(TopicName),
                r(377, "Partitions", Struct, 0, X).array().fields(&[
                    r(378, "Partition", Int32, 0, X),
                    r(379, "CurrentLeaderEpoch", Int32, 2, X).int(-1).ignorable(),
                    r(380, "LeaderEpoch", Int32, 0, X),
                ]),
            ]),
        ]),
        response: Message::new(4, X, &[
            r(381, "ThrottleTimeMs", Int32, 2, X).ignorable(),
            r(382, "Topics", Struct, 0, X).array().fields(&[
                r(383, "Topic", Str, 0, X).of(TopicName),
                r(384, "Partitions", Struct, 0, X).array().fields(&[
                    r(385, "ErrorCode", Int16, 0, X),
                    r(386, "Partition", Int32, 0, X),
                    r(387, "LeaderEpoch", Int32, 1, X).int(-1).ignorable(),
                    r(388, "EndOffset", Int64, 0, X).int(-1),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::ADD_PARTITIONS_TO_TXN,
        name: "AddPartitionsToTxn",
        versions: (0, 5),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(3, X, &[
            r(389, "Transactions", Struct, 4, X).array().fields(&[
                r(390, "TransactionalId", Str, 4, X).of(TransactionalId),
                r(391, "ProducerId", Int64, 4, X).of(ProducerId),
                r(392, "ProducerEpoch", Int16, 4, X),
                r(393, "VerifyOnly", Bool, 4, X),
                r(394, "Topics", Struct, 4, X).array().fields(&[
                    r(395, "Name", Str, 0, X).of(TopicName),
                    r(396, "Partitions", Int32, 0, X).array(),
                ]),
            ]),
            r(397, "V3AndBelowTransactionalId", Str, 0, 3).of(TransactionalId),
            r(398, "V3AndBelowProducerId", Int64, 0, 3).of(ProducerId),
            r(399, "V3AndBelowProducerEpoch", Int16, 0, 3),
            r(400, "V3AndBelowTopics", Struct, 0, 3).array().fields(&[
                r(401, "Name", Str, 0, X).of(TopicName),
                r(402, "Partitions", Int32, 0, X).array(),
            ]),
        ]),
        response: Message::new(3, X, &[
            r(403, "ThrottleTimeMs", Int32, 0, X),
            r(404, "ErrorCode", Int16, 4, X).ignorable(),
            r(405, "ResultsByTransaction", Struct, 4, X).array().fields(&[
                r(406, "TransactionalId", Str, 4, X).of(TransactionalId),
                r(407, "TopicResults", Struct, 4, X).array().fields(&[
                    r(408, "Name", Str, 0, X).of(TopicName),
                    r(409, "ResultsByPartition", Struct, 0, X).array().fields(&[
                        r(410, "PartitionIndex", Int32, 0, X),
                        r(411, "PartitionErrorCode", Int16, 0, X),
                    ]),
                ]),
            ]),
            r(412, "ResultsByTopicV3AndBelow", Struct, 0, 3).array().fields(&[
                r(413, "Name", Str, 0, X).of(TopicName),
                r(414, "ResultsByPartition", Struct, 0, X).array().fields(&[
                    r(415, "PartitionIndex", Int32, 0, X),
                    r(416, "PartitionErrorCode", Int16, 0, X),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::ADD_OFFSETS_TO_TXN,
        name: "AddOffsetsToTxn",
        versions: (0, 4),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(3, X, &[
            r(417, "TransactionalId", Str, 0, X).of(TransactionalId),
            r(418, "ProducerId", Int64, 0, X).of(ProducerId),
            r(419, "ProducerEpoch", Int16, 0, X),
            r(420, "GroupId", Str, 0, X).of(GroupId),
        ]),
        response: Message::new(3, X, &[
            r(421, "ThrottleTimeMs", Int32, 0, X),
            r(422, "ErrorCode", Int16, 0, X),
        ]),
    },
    Api {
        key: ApiKey::END_TXN,
        name: "EndTxn",
        versions: (0, 5),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(3, X, &[
            r(423, "TransactionalId", Str, 0, X).of(TransactionalId),
            r(424, "ProducerId", Int64, 0, X).of(ProducerId),
            r(425, "ProducerEpoch", Int16, 0, X),
            r(426, "Committed", Bool, 0, X),
        ]),
        response: Message::new(3, X, &[
            r(427, "ThrottleTimeMs", Int32, 0, X),
            r(428, "ErrorCode", Int16, 0, X),
            r(429, "ProducerId", Int64, 5, X).int(-1).ignorable().of(ProducerId),
            r(430, "ProducerEpoch", Int16, 5, X).int(-1).ignorable(),
        ]),
    },
    Api {
        key: ApiKey::WRITE_TXN_MARKERS,
        name: "WriteTxnMarkers",
        versions: (1, 2),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(1, X, &[
            r(431, "Markers", Struct, 0, X).array().fields(&[
                r(432, "ProducerId", Int64, 0, X).of(ProducerId),
                r(433, "ProducerEpoch", Int16, 0, X),
                r(434, "TransactionResult", Bool, 0, X),
                r(435, "Topics", Struct, 0, X).array().fields(&[
                    r(436, "Name", Str, 0, X).of(TopicName),
                    r(437, "PartitionIndexes", Int32, 0, X).array(),
                ]),
                r(438, "CoordinatorEpoch", Int32, 0, X),
                r(439, "TransactionVersion", Int8, 2, X).ignorable(),
            ]),
        ]),
        response: Message::new(1, X, &[
            r(440, "Markers", Struct, 0, X).array().fields(&[
                r(441, "ProducerId", Int64, 0, X).of(ProducerId),
                r(442, "Topics", Struct, 0, X).array().fields(&[
                    r(443, "Name", Str, 0, X).of(TopicName),
                    r(444, "Partitions", Struct, 0, X).array().fields(&[
                        r(445, "PartitionIndex", Int32, 0, X),
                        r(446, "ErrorCode", Int16, 0, X),
                    ]),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::TXN_OFFSET_COMMIT,
        name: "TxnOffsetCommit",
        versions: (0, 5),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(3, X, &[
            r(447, "TransactionalId", Str, 0, X).of(TransactionalId),
            r(448, "GroupId", Str, 0, X).of(GroupId),
            r(449, "ProducerId", Int64, 0, X).of(ProducerId),
            r(450, "ProducerEpoch", Int16, 0, X),
            r(451, "GenerationId", Int32, 3, X).int(-1),
            r(452, "MemberId", Str, 3, X),
            r(453, "GroupInstanceId", Str, 3, X).null(3, X).null_default(),
            r(454, "Topics", Struct, 0, X).array().fields(&[
                r(455, "Name", Str, 0, X).of(TopicName),
                r(456, "Partitions", Struct, 0, X).array().fields(&[
                    r(457, "PartitionIndex", Int32, 0, X),
                    r(458, "CommittedOffset", Int64, 0, X),
                    r(459, "CommittedLeaderEpoch", Int32, 2, X).int(-1).ignorable(),
                    r(460, "CommittedMetadata", Str, 0, X).null(0, X),
                ]),
            ]),
        ]),
        response: Message::new(3, X, &[
            r(461, "ThrottleTimeMs", Int32, 0, X),
            r(462, "Topics", Struct, 0, X).array().fields(&[
                r(463, "Name", Str, 0, X).of(TopicName),
                r(464, "Partitions", Struct, 0, X).array().fields(&[
                    r(465, "PartitionIndex", Int32, 0, X),
                    r(466, "ErrorCode", Int16, 0, X),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::DESCRIBE_ACLS,
        name: "DescribeAcls",
        versions: (1, 3),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(2, X, &[
            r(467, "ResourceTypeFilter", Int8, 0, X),
            r(468, "ResourceNameFilter", Str, 0, X).null(0, X),
            r(469, "PatternTypeFilter", Int8, 1, X).int(3),
            r(470, "PrincipalFilter", Str, 0, X).null(0, X),
            r(471, "HostFilter", Str, 0, X).null(0, X),
            r(472, "Operation", Int8, 0, X),
            r(473, "PermissionType", Int8, 0, X),
        ]),
        response: Message::new(2, X, &[
            r(474, "ThrottleTimeMs", Int32, 0, X),
            r(475, "ErrorCode", Int16, 0, X),
            r(476, "ErrorMessage", Str, 0, X).null(0, X),
            r(477, "Resources", Struct, 0, X).array().fields(&[
                r(478, "ResourceType", Int8, 0, X),
                r(479, "ResourceName", Str, 0, X),
                r(480, "PatternType", Int8, 1, X).int(3),
                r(481, "Acls", Struct, 0, X).array().fields(&[
                    r(482, "Principal", Str, 0, X),
                    r(483, "Host", Str, 0, X),
                    r(484, "Operation", Int8, 0, X),
                    r(485, "PermissionType", Int8, 0, X),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::CREATE_ACLS,
        name: "CreateAcls",
        versions: (1, 3),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(2, X, &[
            r(486, "Creations", Struct, 0, X).array().fields(&[
                r(487, "ResourceType", Int8, 0, X),
                r(488, "ResourceName", Str, 0, X),
                r(489, "ResourcePatternType", Int8, 1, X).int(3),
                r(490, "Principal", Str, 0, X),
                r(491, "Host", Str, 0, X),
                r(492, "Operation", Int8, 0, X),
                r(493, "PermissionType", Int8, 0, X),
            ]),
        ]),
        response: Message::new(2, X, &[
            r(494, "ThrottleTimeMs", Int32, 0, X),
            r(495, "Results", Struct, 0, X).array().fields(&[
                r(496, "ErrorCode", Int16, 0, X),
                r(497, "ErrorMessage", Str, 0, X).null(0, X),
            ]),
        ]),
    },
    Api {
        key: ApiKey::DELETE_ACLS,
        name: "DeleteAcls",
        versions: (1, 3),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(2, X, &[
            r(498, "Filters", Struct, 0, X).array().fields(&[
                r(499, "ResourceTypeFilter", Int8, 0, X),
                r(500, "ResourceNameFilter", Str, 0, X).null(0, X),
                r(501, "PatternTypeFilter", Int8, 1, X).int(3),
                r(502, "PrincipalFilter", Str, 0, X).null(0, X),
                r(503, "HostFilter", Str, 0, X).null(0, X),
                r(504, "Operation", Int8, 0, X),
                r(505, "PermissionType", Int8, 0, X),
            ]),
        ]),
        response: Message::new(2, X, &[
            r(506, "ThrottleTimeMs", Int32, 0, X),
            r(507, "FilterResults", Struct, 0, X).array().fields(&[
                r(508, "ErrorCode", Int16, 0, X),
                r(509, "ErrorMessage", Str, 0, X).null(0, X),
                r(510, "MatchingAcls", Struct, 0, X).array().fields(&[
                    r(511, "ErrorCode", Int16, 0, X),
                    r(512, "ErrorMessage", Str, 0, X).null(0, X),
                    r(513, "ResourceType", Int8, 0, X),
                    r(514, "ResourceName", Str, 0, X),
                    r(515, "PatternType", Int8, 1, X).int(3),
                    r(516, "Principal", Str, 0, X),
                    r(517, "Host", Str, 0, X),
                    r(518, "Operation", Int8, 0, X),
                    r(519, "PermissionType", Int8, 0, X),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::DESCRIBE_CONFIGS,
        name: "DescribeConfigs",
        versions: (1, 4),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(4, X, &[
            r(520, "Resources", Struct, 0, X).array().fields(&[
                r(521, "ResourceType", Int8, 0, X),
                r(522, "ResourceName", Str, 0, X),
                r(523, "ConfigurationKeys", Str, 0, X).array().null(0, X),
            ]),
            r(524, "IncludeSynonyms", Bool, 1, X),
            r(525, "IncludeDocumentation", Bool, 3, X),
        ]),
        response: Message::new(4, X, &[
            r(526, "ThrottleTimeMs", Int32, 0, X),
            r(527, "Results", Struct, 0, X).array().fields(&[
                r(528, "ErrorCode", Int16, 0, X),
                r(529, "ErrorMessage", Str, 0, X).null(0, X),
                r(530, "ResourceType", Int8, 0, X),
                r(531, "ResourceName", Str, 0, X),
                r(532, "Configs", Struct, 0, X).array().fields(&[
                    r(533, "Name", Str, 0, X),
                    r(534, "Value", Str, 0, X).null(0, X),
                    r(535, "ReadOnly", Bool, 0, X),
                    r(536, "ConfigSource", Int8, 1, X).int(-1).ignorable(),
                    r(537, "IsSensitive", Bool, 0, X),
                    r(538, "Synonyms", Struct, 1, X).array().ignorable().fields(&[
                        r(539, "Name", Str, 1, X),
                        r(540, "Value", Str, 1, X).null(0, X),
                        r(541, "Source", Int8, 1, X),
                    ]),
                    r(542, "ConfigType", Int8, 3, X).ignorable(),
                    r(543, "Documentation", Str, 3, X).null(0, X).ignorable(),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::ALTER_CONFIGS,
        name: "AlterConfigs",
        versions: (0, 2),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(2, X, &[
            r(544, "Resources", Struct, 0, X).array().fields(&[
                r(545, "ResourceType", Int8, 0, X),
                r(546, "ResourceName", Str, 0, X),
                r(547, "Configs", Struct, 0, X).array().fields(&[
                    r(548, "Name", Str, 0, X),
                    r(549, "Value", Str, 0, X).null(0, X),
                ]),
            ]),
            r(550, "ValidateOnly", Bool, 0, X),
        ]),
        response: Message::new(2, X, &[
            r(551, "ThrottleTimeMs", Int32, 0, X),
            r(552, "Responses", Struct, 0, X).array().fields(&[
                r(553, "ErrorCode", Int16, 0, X),
                r(554, "ErrorMessage", Str, 0, X).null(0, X),
                r(555, "ResourceType", Int8, 0, X),
                r(556, "ResourceName", Str, 0, X),
            ]),
        ]),
    },
    Api {
        key: ApiKey::ALTER_REPLICA_LOG_DIRS,
        name: "AlterReplicaLogDirs",
        versions: (1, 2),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(2, X, &[
            r(557, "Dirs", Struct, 0, X).array().fields(&[
                r(558, "Path", Str, 0, X),
                r(559, "Topics", Struct, 0, X).array().fields(&[
                    r(560, "Name", Str, 0, X).of(TopicName),
                    r(561, "Partitions", Int32, 0, X).array(),
                ]),
            ]),
        ]),
        response: Message::new(2, X, &[
            r(562, "ThrottleTimeMs", Int32, 0, X),
            r(563, "Results", Struct, 0, X).array().fields(&[
                r(564, "TopicName", Str, 0, X).of(TopicName),
                r(565, "Partitions", Struct, 0, X).array().fields(&[
                    r(566, "PartitionIndex", Int32, 0, X),
                    r(567, "ErrorCode", Int16, 0, X),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::DESCRIBE_LOG_DIRS,
        name: "DescribeLogDirs",
        versions: (1, 5),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(2, X, &[
            r(568, "Topics", Struct, 0, X).array().null(0, X).fields(&[
                r(569, "Topic", Str, 0, X).of(TopicName),
                r(570, "Partitions", Int32, 0, X).array(),
            ]),
        ]),
        response: Message::new(2, X, &[
            r(571, "ThrottleTimeMs", Int32, 0, X),
            r(572, "ErrorCode", Int16, 3, X).ignorable(),
            r(573, "Results", Struct, 0, X).array().fields(&[
                r(574, "ErrorCode", Int16, 0, X),
                r(575, "LogDir", Str, 0, X),
                r(576, "Topics", Struct, 0, X).array().fields(&[
                    r(577, "Name", Str, 0, X).of(TopicName),
                    r(578, "Partitions", Struct, 0, X).array().fields(&[
                        r(579, "PartitionIndex", Int32, 0, X),
                        r(580, "PartitionSize", Int64, 0, X),
                        r(581, "OffsetLag", Int64, 0, X),
                        r(582, "IsFutureKey", Bool, 0, X),
                    ]),
                ]),
                r(583, "TotalBytes", Int64, 4, X).int(-1).ignorable(),
                r(584, "UsableBytes", Int64, 4, X).int(-1).ignorable(),
                r(585, "IsCordoned", Bool, 5, X).ignorable(),
            ]),
        ]),
    },
    Api {
        key: ApiKey::SASL_AUTHENTICATE,
        name: "SaslAuthenticate",
        versions: (0, 2),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(2, X, &[
            r(586, "AuthBytes", Bytes, 0, X),
        ]),
        response: Message::new(2, X, &[
            r(587, "ErrorCode", Int16, 0, X),
            r(588, "ErrorMessage", Str, 0, X).null(0, X),
            r(589, "AuthBytes", Bytes, 0, X),
            r(590, "SessionLifetimeMs", Int64, 1, X).ignorable(),
        ]),
    },
    Api {
        key: ApiKey::CREATE_PARTITIONS,
        name: "CreatePartitions",
        versions: (0, 3),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(2, X, &[
            r(591, "Topics", Struct, 0, X).array().fields(&[
                r(592, "Name", Str, 0, X).of(TopicName),
                r(593, "Count", Int32, 0, X),
                r(594, "Assignments", Struct, 0, X).array().null(0, X).fields(&[
                    r(595, "BrokerIds", Int32, 0, X).array().of(BrokerId),
                ]),
            ]),
            r(596, "TimeoutMs", Int32, 0, X),
            r(597, "ValidateOnly", Bool, 0, X),
        ]),
        response: Message::new(2, X, &[
            r(598, "ThrottleTimeMs", Int32, 0, X),
            r(599, "Results", Struct, 0, X).array().fields(&[
                r(600, "Name", Str, 0, X).of(TopicName),
                r(601, "ErrorCode", Int16, 0, X),
                r(602, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
            ]),
        ]),
    },
    Api {
        key: ApiKey::CREATE_DELEGATION_TOKEN,
        name: "CreateDelegationToken",
        versions: (1, 3),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(2, X, &[
            r(603, "OwnerPrincipalType", Str, 3, X).null(3, X),
            r(604, "OwnerPrincipalName", Str, 3, X).null(3, X),
            r(605, "Renewers", Struct, 0, X).array().fields(&[
                r(606, "PrincipalType", Str, 0, X),
                r(607, "PrincipalName", Str, 0, X),
            ]),
            r(608, "MaxLifetimeMs", Int64, 0, X),
        ]),
        response: Message::new(2, X, &[
            r(609, "ErrorCode", Int16, 0, X),
            r(610, "PrincipalType", Str, 0, X),
            r(611, "PrincipalName", Str, 0, X),
            r(612, "TokenRequesterPrincipalType", Str, 3, X),
            r(613, "TokenRequesterPrincipalName", Str, 3, X),
            r(614, "IssueTimestampMs", Int64, 0, X),
            r(615, "ExpiryTimestampMs", Int64, 0, X),
            r(616, "MaxTimestampMs", Int64, 0, X),
            r(617, "TokenId", Str, 0, X),
            r(618, "Hmac", Bytes, 0, X),
            r(619, "ThrottleTimeMs", Int32, 0, X),
        ]),
    },
    Api {
        key: ApiKey::RENEW_DELEGATION_TOKEN,
        name: "RenewDelegationToken",
        versions: (1, 2),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(2, X, &[
            r(620, "Hmac", Bytes, 0, X),
            r(621, "RenewPeriodMs", Int64, 0, X),
        ]),
        response: Message::new(2, X, &[
            r(622, "ErrorCode", Int16, 0, X),
            r(623, "ExpiryTimestampMs", Int64, 0, X),
            r(624, "ThrottleTimeMs", Int32, 0, X),
        ]),
    },
    Api {
        key: ApiKey::EXPIRE_DELEGATION_TOKEN,
        name: "ExpireDelegationToken",
        versions: (1, 2),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(2, X, &[
            r(625, "Hmac", Bytes, 0, X),
            r(626, "ExpiryTimePeriodMs", Int64, 0, X),
        ]),
        response: Message::new(2, X, &[
            r(627, "ErrorCode", Int16, 0, X),
            r(628, "ExpiryTimestampMs", Int64, 0, X),
            r(629, "ThrottleTimeMs", Int32, 0, X),
        ]),
    },
    Api {
        key: ApiKey::DESCRIBE_DELEGATION_TOKEN,
        name: "DescribeDelegationToken",
        versions: (1, 3),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(2, X, &[
            r(630, "Owners", Struct, 0, X).array().null(0, X).fields(&[
                r(631, "PrincipalType", Str, 0, X),
                r(632, "PrincipalName", Str, 0, X),
            ]),
        ]),
        response: Message::new(2, X, &[
            r(633, "ErrorCode", Int16, 0, X),
            r(634, "Tokens", Struct, 0, X).array().fields(&[
                r(635, "PrincipalType", Str, 0, X),
                r(636, "PrincipalName", Str, 0, X),
                r(637, "TokenRequesterPrincipalType", Str, 3, X),
                r(638, "TokenRequesterPrincipalName", Str, 3, X),
                r(639, "IssueTimestamp", Int64, 0, X),
                r(640, "ExpiryTimestamp", Int64, 0, X),
                r(641, "MaxTimestamp", Int64, 0, X),
                r(642, "TokenId", Str, 0, X),
                r(643, "Hmac", Bytes, 0, X),
                r(644, "Renewers", Struct, 0, X).array().fields(&[
                    r(645, "PrincipalType", Str, 0, X),
                    r(646, "PrincipalName", Str, 0, X),
                ]),
            ]),
            r(647, "ThrottleTimeMs", Int32, 0, X),
        ]),
    },
    Api {
        key: ApiKey::DELETE_GROUPS,
        name: "DeleteGroups",
        versions: (0, 2),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(2, X, &[
            r(648, "GroupsNames", Str, 0, X).array().of(GroupId),
        ]),
        response: Message::new(2, X, &[
            r(649, "ThrottleTimeMs", Int32, 0, X),
            r(650, "Results", Struct, 0, X).array().fields(&[
                r(651, "GroupId", Str, 0, X).of(GroupId),
                r(652, "ErrorCode", Int16, 0, X),
            ]),
        ]),
    },
    Api {
        key: ApiKey::ELECT_LEADERS,
        name: "ElectLeaders",
        versions: (0, 2),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(2, X, &[
            r(653, "ElectionType", Int8, 1, X),
            r(654, "TopicPartitions", Struct, 0, X).array().null(0, X).fields(&[
                r(655, "Topic", Str, 0, X).of(TopicName),
                r(656, "Partitions", Int32, 0, X).array(),
            ]),
            r(657, "TimeoutMs", Int32, 0, X).int(60000),
        ]),
        response: Message::new(2, X, &[
            r(658, "ThrottleTimeMs", Int32, 0, X),
            r(659, "ErrorCode", Int16, 1, X),
            r(660, "ReplicaElectionResults", Struct, 0, X).array().fields(&[
                r(661, "Topic", Str, 0, X).of(TopicName),
                r(662, "PartitionResult", Struct, 0, X).array().fields(&[
                    r(663, "PartitionId", Int32, 0, X),
                    r(664, "ErrorCode", Int16, 0, X),
                    r(665, "ErrorMessage", Str, 0, X).null(0, X),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::INCREMENTAL_ALTER_CONFIGS,
        name: "IncrementalAlterConfigs",
        versions: (0, 1),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(1, X, &[
            r(666, "Resources", Struct, 0, X).array().fields(&[
                r(667, "ResourceType", Int8, 0, X),
                r(668, "ResourceName", Str, 0, X),
                r(669, "Configs", Struct, 0, X).array().fields(&[
                    r(670, "Name", Str, 0, X),
                    r(671, "ConfigOperation", Int8, 0, X),
                    r(672, "Value", Str, 0, X).null(0, X),
                ]),
            ]),
            r(673, "ValidateOnly", Bool, 0, X),
        ]),
        response: Message::new(1, X, &[
            r(674, "ThrottleTimeMs", Int32, 0, X),
            r(675, "Responses", Struct, 0, X).array().fields(&[
                r(676, "ErrorCode", Int16, 0, X),
                r(677, "ErrorMessage", Str, 0, X).null(0, X),
                r(678, "ResourceType", Int8, 0, X),
                r(679, "ResourceName", Str, 0, X),
            ]),
        ]),
    },
    Api {
        key: ApiKey::ALTER_PARTITION_REASSIGNMENTS,
        name: "AlterPartitionReassignments",
        versions: (0, 1),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(680, "TimeoutMs", Int32, 0, X).int(60000),
            r(681, "AllowReplicationFactorChange", Bool, 1, X).true_default(),
            r(682, "Topics", Struct, 0, X).array().fields(&[
                r(683, "Name", Str, 0, X).of(TopicName),
                r(684, "Partitions", Struct, 0, X).array().fields(&[
                    r(685, "PartitionIndex", Int32, 0, X),
                    r(686, "Replicas", Int32, 0, X).array().null(0, X).null_default().of(BrokerId),
                ]),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(687, "ThrottleTimeMs", Int32, 0, X),
            r(688, "AllowReplicationFactorChange", Bool, 1, X).true_default().ignorable(),
            r(689, "ErrorCode", Int16, 0, X),
            r(690, "ErrorMessage", Str, 0, X).null(0, X),
            r(691, "Responses", Struct, 0, X).array().fields(&[
                r(692, "Name", Str, 0, X).of(TopicName),
                r(693, "Partitions", Struct, 0, X).array().fields(&[
                    r(694, "PartitionIndex", Int32, 0, X),
                    r(695, "ErrorCode", Int16, 0, X),
                    r(696, "ErrorMessage", Str, 0, X).null(0, X),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::LIST_PARTITION_REASSIGNMENTS,
        name: "ListPartitionReassignments",
        versions: (0, 0),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(697, "TimeoutMs", Int32, 0, X).int(60000),
            r(698, "Topics", Struct, 0, X).array().null(0, X).null_default().fields(&[
                r(699, "Name", Str, 0, X).of(TopicName),
                r(700, "PartitionIndexes", Int32, 0, X).array(),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(701, "ThrottleTimeMs", Int32, 0, X),
            r(702, "ErrorCode", Int16, 0, X),
            r(703, "ErrorMessage", Str, 0, X).null(0, X),
            r(704, "Topics", Struct, 0, X).array().fields(&[
                r(705, "Name", Str, 0, X).of(TopicName),
                r(706, "Partitions", Struct, 0, X).array().fields(&[
                    r(707, "PartitionIndex", Int32, 0, X),
                    r(708, "Replicas", Int32, 0, X).array().of(BrokerId),
                    r(709, "AddingReplicas", Int32, 0, X).array().of(BrokerId),
                    r(710, "RemovingReplicas", Int32, 0, X).array().of(BrokerId),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::OFFSET_DELETE,
        name: "OffsetDelete",
        versions: (0, 0),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, -1, &[
            r(711, "GroupId", Str, 0, X).of(GroupId),
            r(712, "Topics", Struct, 0, X).array().fields(&[
                r(713, "Name", Str, 0, X).of(TopicName),
                r(714, "Partitions", Struct, 0, X).array().fields(&[
                    r(715, "PartitionIndex", Int32, 0, X),
                ]),
            ]),
        ]),
        response: Message::new(0, -1, &[
            r(716, "ErrorCode", Int16, 0, X),
            r(717, "ThrottleTimeMs", Int32, 0, X).ignorable(),
            r(718, "Topics", Struct, 0, X).array().fields(&[
                r(719, "Name", Str, 0, X).of(TopicName),
                r(720, "Partitions", Struct, 0, X).array().fields(&[
                    r(721, "PartitionIndex", Int32, 0, X),
                    r(722, "ErrorCode", Int16, 0, X),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::DESCRIBE_CLIENT_QUOTAS,
        name: "DescribeClientQuotas",
        versions: (0, 1),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(1, X, &[
            r(723, "Components", Struct, 0, X).array().fields(&[
                r(724, "EntityType", Str, 0, X),
                r(725, "MatchType", Int8, 0, X),
                r(726, "Match", Str, 0, X).null(0, X),
            ]),
            r(727, "Strict", Bool, 0, X),
        ]),
        response: Message::new(1, X, &[
            r(728, "ThrottleTimeMs", Int32, 0, X),
            r(729, "ErrorCode", Int16, 0, X),
            r(730, "ErrorMessage", Str, 0, X).null(0, X),
            r(731, "Entries", Struct, 0, X).array().null(0, X).fields(&[
                r(732, "Entity", Struct, 0, X).array().fields(&[
                    r(733, "EntityType", Str, 0, X),
                    r(734, "EntityName", Str, 0, X).null(0, X),
                ]),
                r(735, "Values", Struct, 0, X).array().fields(&[
                    r(736, "Key", Str, 0, X),
                    r(737, "Value", Float64, 0, X),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::ALTER_CLIENT_QUOTAS,
        name: "AlterClientQuotas",
        versions: (0, 1),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(1, X, &[
            r(738, "Entries", Struct, 0, X).array().fields(&[
                r(739, "Entity", Struct, 0, X).array().fields(&[
                    r(740, "EntityType", Str, 0, X),
                    r(741, "EntityName", Str, 0, X).null(0, X),
                ]),
                r(742, "Ops", Struct, 0, X).array().fields(&[
                    r(743, "Key", Str, 0, X),
                    r(744, "Value", Float64, 0, X),
                    r(745, "Remove", Bool, 0, X),
                ]),
            ]),
            r(746, "ValidateOnly", Bool, 0, X),
        ]),
        response: Message::new(1, X, &[
            r(747, "ThrottleTimeMs", Int32, 0, X),
            r(748, "Entries", Struct, 0, X).array().fields(&[
                r(749, "ErrorCode", Int16, 0, X),
                r(750, "ErrorMessage", Str, 0, X).null(0, X),
                r(751, "Entity", Struct, 0, X).array().fields(&[
                    r(752, "EntityType", Str, 0, X),
                    r(753, "EntityName", Str, 0, X).null(0, X),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::DESCRIBE_USER_SCRAM_CREDENTIALS,
        name: "DescribeUserScramCredentials",
        versions: (0, 0),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(754, "Users", Struct, 0, X).array().null(0, X).fields(&[
                r(755, "Name", Str, 0, X),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(756, "ThrottleTimeMs", Int32, 0, X),
            r(757, "ErrorCode", Int16, 0, X),
            r(758, "ErrorMessage", Str, 0, X).null(0, X),
            r(759, "Results", Struct, 0, X).array().fields(&[
                r(760, "User", Str, 0, X),
                r(761, "ErrorCode", Int16, 0, X),
                r(762, "ErrorMessage", Str, 0, X).null(0, X),
                r(763, "CredentialInfos", Struct, 0, X).array().fields(&[
                    r(764, "Mechanism", Int8, 0, X),
                    r(765, "Iterations", Int32, 0, X),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::ALTER_USER_SCRAM_CREDENTIALS,
        name: "AlterUserScramCredentials",
        versions: (0, 0),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(766, "Deletions", Struct, 0, X).array().fields(&[
                r(767, "Name", Str, 0, X),
                r(768, "Mechanism", Int8, 0, X),
            ]),
            r(769, "Upsertions", Struct, 0, X).array().fields(&[
                r(770, "Name", Str, 0, X),
                r(771, "Mechanism", Int8, 0, X),
                r(772, "Iterations", Int32, 0, X),
                r(773, "Salt", Bytes, 0, X),
                r(774, "SaltedPassword", Bytes, 0, X),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(775, "ThrottleTimeMs", Int32, 0, X),
            r(776, "Results", Struct, 0, X).array().fields(&[
                r(777, "User", Str, 0, X),
                r(778, "ErrorCode", Int16, 0, X),
                r(779, "ErrorMessage", Str, 0, X).null(0, X),
            ]),
        ]),
    },
    Api {
        key: ApiKey::VOTE,
        name: "Vote",
        versions: (0, 2),
        unstable_version: None,
        broker_listener: false,
        request: Message::new(0, X, &[
            r(780, "ClusterId", Str, 0, X).null(0, X).null_default(),
            r(781, "VoterId", Int32, 1, X).int(-1).ignorable().of(BrokerId),
            r(782, "Topics", Struct, 0, X).array().fields(&[
                r(783, "TopicName", Str, 0, X).of(TopicName),
                r(784, "Partitions", Struct, 0, X).array().fields(&[
                    r(785, "PartitionIndex", Int32, 0, X),
                    r(786, "ReplicaEpoch", Int32, 0, X),
                    r(787, "ReplicaId", Int32, 0, X).of(BrokerId),
                    r(788, "ReplicaDirectoryId", Uuid, 1, X).ignorable(),
                    r(789, "VoterDirectoryId", Uuid, 1, X).ignorable(),
                    r(790, "LastOffsetEpoch", Int32, 0, X),
                    r(791, "LastOffset", Int64, 0, X),
                    r(792, "PreVote", Bool, 2, X),
                ]),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(793, "ErrorCode", Int16, 0, X),
            r(794, "Topics", Struct, 0, X).array().fields(&[
                r(795, "TopicName", Str, 0, X).of(TopicName),
                r(796, "Partitions", Struct, 0, X).array().fields(&[
                    r(797, "PartitionIndex", Int32, 0, X),
                    r(798, "ErrorCode", Int16, 0, X),
                    r(799, "LeaderId", Int32, 0, X).of(BrokerId),
                    r(800, "LeaderEpoch", Int32, 0, X),
                    r(801, "VoteGranted", Bool, 0, X),
                ]),
            ]),
            r(802, "NodeEndpoints", Struct, 1, X).array().tag(0, 1, X).fields(&[
                r(803, "NodeId", Int32, 1, X).of(BrokerId),
                r(804, "Host", Str, 1, X),
                r(805, "Port", Uint16, 1, X),
            ]),
        ]),
    },
    Api {
        key: ApiKey::BEGIN_QUORUM_EPOCH,
        name: "BeginQuorumEpoch",
        versions: (0, 1),
        unstable_version: None,
        broker_listener: false,
        request: Message::new(1, X, &[
            r(806, "ClusterId", Str, 0, X).null(0, X).null_default(),
            r(807, "VoterId", Int32, 1, X).int(-1).ignorable().of(BrokerId),
            r(808, "Topics", Struct, 0, X).array().fields(&[
                r(809, "TopicName", Str, 0, X).of(TopicName),
                r(810, "Partitions", Struct, 0, X).array().fields(&[
                    r(811, "PartitionIndex", Int32, 0, X),
                    r(812, "VoterDirectoryId", Uuid, 1, X).ignorable(),
                    r(813, "LeaderId", Int32, 0, X).of(BrokerId),
                    r(814, "LeaderEpoch", Int32, 0, X),
                ]),
            ]),
            r(815, "LeaderEndpoints", Struct, 1, X).array().ignorable().fields(&[
                r(816, "Name", Str, 1, X),
                r(817, "Host", Str, 1, X),
                r(818, "Port", Uint16, 1, X),
            ]),
        ]),
        response: Message::new(1, X, &[
            r(819, "ErrorCode", Int16, 0, X),
            r(820, "Topics", Struct, 0, X).array().fields(&[
                r(821, "TopicName", Str, 0, X).of(TopicName),
                r(822, "Partitions", Struct, 0, X).array().fields(&[
                    r(823, "PartitionIndex", Int32, 0, X),
                    r(824, "ErrorCode", Int16, 0, X),
                    r(825, "LeaderId", Int32, 0, X).of(BrokerId),
                    r(826, "LeaderEpoch", Int32, 0, X),
                ]),
            ]),
            r(827, "NodeEndpoints", Struct, 1, X).array().tag(0, 1, X).fields(&[
                r(828, "NodeId", Int32, 1, X).of(BrokerId),
                r(829, "Host", Str, 1, X),
                r(830, "Port", Uint16, 1, X),
            ]),
        ]),
    },
    Api {
        key: ApiKey::END_QUORUM_EPOCH,
        name: "EndQuorumEpoch",
        versions: (0, 1),
        unstable_version: None,
        broker_listener: false,
        request: Message::new(1, X, &[
            r(831, "ClusterId", Str, 0, X).null(0, X).null_default(),
            r(832, "Topics", Struct, 0, X).array().fields(&[
                r(833, "TopicName", Str, 0, X).of(TopicName),
                r(834, "Partitions", Struct, 0, X).array().fields(&[
                    r(835, "PartitionIndex", Int32, 0, X),
                    r(836, "LeaderId", Int32, 0, X).of(BrokerId),
                    r(837, "LeaderEpoch", Int32, 0, X),
                    r(838, "PreferredSuccessors", Int32, 0, 0).array().ignorable(),
                    r(839, "PreferredCandidates", Struct, 1, X).array().ignorable().fields(&[
                        r(840, "CandidateId", Int32, 1, X).of(BrokerId),
                        r(841, "CandidateDirectoryId", Uuid, 1, X),
                    ]),
                ]),
            ]),
            r(842, "LeaderEndpoints", Struct, 1, X).array().ignorable().fields(&[
                r(843, "Name", Str, 1, X),
                r(844, "Host", Str, 1, X),
                r(845, "Port", Uint16, 1, X),
            ]),
        ]),
        response: Message::new(1, X, &[
            r(846, "ErrorCode", Int16, 0, X),
            r(847, "Topics", Struct, 0, X).array().fields(&[
                r(848, "TopicName", Str, 0, X).of(TopicName),
                r(849, "Partitions", Struct, 0, X).array().fields(&[
                    r(850, "PartitionIndex", Int32, 0, X),
                    r(851, "ErrorCode", Int16, 0, X),
                    r(852, "LeaderId", Int32, 0, X).of(BrokerId),
                    r(853, "LeaderEpoch", Int32, 0, X),
                ]),
            ]),
            r(854, "NodeEndpoints", Struct, 1, X).array().tag(0, 1, X).fields(&[
                r(855, "NodeId", Int32, 1, X).of(BrokerId),
                r(856, "Host", Str, 1, X),
                r(857, "Port", Uint16, 1, X),
            ]),
        ]),
    },
    Api {
        key: ApiKey::DESCRIBE_QUORUM,
        name: "DescribeQuorum",
        versions: (0, 2),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(858, "Topics", Struct, 0, X).array().fields(&[
                r(859, "TopicName", Str, 0, X).of(TopicName),
                r(860, "Partitions", Struct, 0, X).array().fields(&[
                    r(861, "PartitionIndex", Int32, 0, X),
                ]),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(862, "ErrorCode", Int16, 0, X),
            r(863, "ErrorMessage", Str, 2, X).null(2, X).ignorable(),
            r(864, "Topics", Struct, 0, X).array().fields(&[
                r(865, "TopicName", Str, 0, X).of(TopicName),
                r(866, "Partitions", Struct, 0, X).array().fields(&[
                    r(867, "PartitionIndex", Int32, 0, X),
                    r(868, "ErrorCode", Int16, 0, X),
                    r(869, "ErrorMessage", Str, 2, X).null(2, X).ignorable(),
                    r(870, "LeaderId", Int32, 0, X).of(BrokerId),
                    r(871, "LeaderEpoch", Int32, 0, X),
                    r(872, "HighWatermark", Int64, 0, X),
                    r(873, "CurrentVoters", Struct, 0, X).array().fields(&[
                        r(874, "ReplicaId", Int32, 0, X).of(BrokerId),
                        r(875, "ReplicaDirectoryId", Uuid, 2, X),
                        r(876, "LogEndOffset", Int64, 0, X),
                        r(877, "LastFetchTimestamp", Int64, 1, X).int(-1).ignorable(),
                        r(878, "LastCaughtUpTimestamp", Int64, 1, X).int(-1).ignorable(),
                    ]),
                    r(879, "Observers", Struct, 0, X).array().fields(&[
                        r(880, "ReplicaId", Int32, 0, X).of(BrokerId),
                        r(881, "ReplicaDirectoryId", Uuid, 2, X),
                        r(882, "LogEndOffset", Int64, 0, X),
                        r(883, "LastFetchTimestamp", Int64, 1, X).int(-1).ignorable(),
                        r(884, "LastCaughtUpTimestamp", Int64, 1, X).int(-1).ignorable(),
                    ]),
                ]),
            ]),
            r(885, "Nodes", Struct, 2, X).array().fields(&[
                r(886, "NodeId", Int32, 2, X).of(BrokerId),
                r(887, "Listeners", Struct, 2, X).array().fields(&[
                    r(888, "Name", Str, 2, X),
                    r(889, "Host", Str, 2, X),
                    r(890, "Port", Uint16, 2, X),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::ALTER_PARTITION,
        name: "AlterPartition",
        versions: (2, 3),
        unstable_version: None,
        broker_listener: false,
        request: Message::new(0, X, &[
            r(891, "BrokerId", Int32, 0, X).of(BrokerId),
            r(892, "BrokerEpoch", Int64, 0, X).int(-1),
            r(893, "Topics", Struct, 0, X).array().fields(&[
                r(894, "TopicId", Uuid, 2, X).ignorable(),
                r(895, "Partitions", Struct, 0, X).array().fields(&[
                    r(896, "PartitionIndex", Int32, 0, X),
                    r(897, "LeaderEpoch", Int32, 0, X),
                    r(898, "NewIsr", Int32, 0, 2).array().of(BrokerId),
                    r(899, "NewIsrWithEpochs", Struct, 3, X).array().fields(&[
                        r(900, "BrokerId", Int32, 3, X).of(BrokerId),
                        r(901, "BrokerEpoch", Int64, 3, X).int(-1),
                    ]),
                    r(902, "LeaderRecoveryState", Int8, 1, X),
                    r(903, "PartitionEpoch", Int32, 0, X),
                ]),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(904, "ThrottleTimeMs", Int32, 0, X),
            r(905, "ErrorCode", Int16, 0, X),
            r(906, "Topics", Struct, 0, X).array().fields(&[
                r(907, "TopicId", Uuid, 2, X).ignorable(),
                r(908, "Partitions", Struct, 0, X).array().fields(&[
                    r(909, "PartitionIndex", Int32, 0, X),
                    r(910, "ErrorCode", Int16, 0, X),
                    r(911, "LeaderId", Int32, 0, X).of(BrokerId),
                    r(912, "LeaderEpoch", Int32, 0, X),
                    r(913, "Isr", Int32, 0, X).array().of(BrokerId),
                    r(914, "LeaderRecoveryState", Int8, 1, X).ignorable(),
                    r(915, "PartitionEpoch", Int32, 0, X),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::UPDATE_FEATURES,
        name: "UpdateFeatures",
        versions: (0, 2),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(916, "timeoutMs", Int32, 0, X).int(60000),
            r(917, "FeatureUpdates", Struct, 0, X).array().fields(&[
                r(918, "Feature", Str, 0, X),
                r(919, "MaxVersionLevel", Int16, 0, X),
                r(920, "AllowDowngrade", Bool, 0, 0),
                r(921, "UpgradeType", Int8, 1, X).int(1),
            ]),
            r(922, "ValidateOnly", Bool, 1, X),
        ]),
        response: Message::new(0, X, &[
            r(923, "ThrottleTimeMs", Int32, 0, X),
            r(924, "ErrorCode", Int16, 0, X),
            r(925, "ErrorMessage", Str, 0, X).null(0, X),
            r(926, "Results", Struct, 0, 1).array().ignorable().fields(&[
                r(927, "Feature", Str, 0, X),
                r(928, "ErrorCode", Int16, 0, X),
                r(929, "ErrorMessage", Str, 0, X).null(0, X),
            ]),
        ]),
    },
    Api {
        key: ApiKey::ENVELOPE,
        name: "Envelope",
        versions: (0, 0),
        unstable_version: None,
        broker_listener: false,
        request: Message::new(0, X, &[
            r(930, "RequestData", Bytes, 0, X),
            r(931, "RequestPrincipal", Bytes, 0, X).null(0, X),
            r(932, "ClientHostAddress", Bytes, 0, X),
        ]),
        response: Message::new(0, X, &[
            r(933, "ResponseData", Bytes, 0, X).null(0, X).null_default(),
            r(934, "ErrorCode", Int16, 0, X),
        ]),
    },
    Api {
        key: ApiKey::FETCH_SNAPSHOT,
        name: "FetchSnapshot",
        versions: (0, 1),
        unstable_version: None,
        broker_listener: false,
        request: Message::new(0, X, &[
            r(935, "ClusterId", Str, 0, X).null(0, X).tag(0, 0, X).null_default(),
            r(936, "ReplicaId", Int32, 0, X).int(-1).of(BrokerId),
            r(937, "MaxBytes", Int32, 0, X).int(2147483647),
            r(938, "Topics", Struct, 0, X).array().fields(&[
                r(939, "Name", Str, 0, X).of(TopicName),
                r(940, "Partitions", Struct, 0, X).array().fields(&[
                    r(941, "Partition", Int32, 0, X),
                    r(942, "CurrentLeaderEpoch", Int32, 0, X),
                    r(943, "SnapshotId", Struct, 0, X).fields(&[
                        r(944, "EndOffset", Int64, 0, X),
                        r(945, "Epoch", Int32, 0, X),
                    ]),
                    r(946, "Position", Int64, 0, X),
                    r(947, "ReplicaDirectoryId", Uuid, 1, X).tag(0, 1, X).ignorable(),
                ]),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(948, "ThrottleTimeMs", Int32, 0, X).ignorable(),
            r(949, "ErrorCode", Int16, 0, X),
            r(950, "Topics", Struct, 0, X).array().fields(&[
                r(951, "Name", Str, 0, X).of(TopicName),
                r(952, "Partitions", Struct, 0, X).array().fields(&[
                    r(953, "Index", Int32, 0, X),
                    r(954, "ErrorCode", Int16, 0, X),
                    r(955, "SnapshotId", Struct, 0, X).fields(&[
                        r(956, "EndOffset", Int64, 0, X),
                        r(957, "Epoch", Int32, 0, X),
                    ]),
                    r(958, "CurrentLeader", Struct, 0, X).tag(0, 0, X).fields(&[
                        r(959, "LeaderId", Int32, 0, X).of(BrokerId),
                        r(960, "LeaderEpoch", Int32, 0, X),
                    ]),
                    r(961, "Size", Int64, 0, X),
                    r(962, "Position", Int64, 0, X),
                    r(963, "UnalignedRecords", Records, 0, X),
                ]),
            ]),
            r(964, "NodeEndpoints", Struct, 1, X).array().tag(0, 1, X).fields(&[
                r(965, "NodeId", Int32, 1, X).of(BrokerId),
                r(966, "Host", Str, 1, X),
                r(967, "Port", Uint16, 1, X),
            ]),
        ]),
    },
    Api {
        key: ApiKey::DESCRIBE_CLUSTER,
        name: "DescribeCluster",
        versions: (0, 2),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(968, "IncludeClusterAuthorizedOperations", Bool, 0, X),
            r(969, "EndpointType", Int8, 1, X).int(1),
            r(970, "IncludeFencedBrokers", Bool, 2, X),
        ]),
        response: Message::new(0, X, &[
            r(971, "ThrottleTimeMs", Int32, 0, X),
            r(972, "ErrorCode", Int16, 0, X),
            r(973, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
            r(974, "EndpointType", Int8, 1, X).int(1),
            r(975, "ClusterId", Str, 0, X),
            r(976, "ControllerId", Int32, 0, X).int(-1).of(BrokerId),
            r(977, "Brokers", Struct, 0, X).array().fields(&[
                r(978, "BrokerId", Int32, 0, X).of(BrokerId),
                r(979, "Host", Str, 0, X),
                r(980, "Port", Int32, 0, X),
                r(981, "Rack", Str, 0, X).null(0, X).null_default(),
                r(982, "IsFenced", Bool, 2, X),
            ]),
            r(983, "ClusterAuthorizedOperations", Int32, 0, X).int(-2147483648),
        ]),
    },
    Api {
        key: ApiKey::DESCRIBE_PRODUCERS,
        name: "DescribeProducers",
        versions: (0, 0),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(984, "Topics", Struct, 0, X).array().fields(&[
                r(985, "Name", Str, 0, X).of(TopicName),
                r(986, "PartitionIndexes", Int32, 0, X).array(),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(987, "ThrottleTimeMs", Int32, 0, X),
            r(988, "Topics", Struct, 0, X).array().fields(&[
                r(989, "Name", Str, 0, X).of(TopicName),
                r(990, "Partitions", Struct, 0, X).array().fields(&[
                    r(991, "PartitionIndex", Int32, 0, X),
                    r(992, "ErrorCode", Int16, 0, X),
                    r(993, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
                    r(994, "ActiveProducers", Struct, 0, X).array().fields(&[
                        r(995, "ProducerId", Int64, 0, X).of(ProducerId),
                        r(996, "ProducerEpoch", Int32, 0, X),
                        r(997, "LastSequence", Int32, 0, X).int(-1),
                        r(998, "LastTimestamp", Int64, 0, X).int(-1),
                        r(999, "CoordinatorEpoch", Int32, 0, X),
                        r(1000, "CurrentTxnStartOffset", Int64, 0, X).int(-1),
                    ]),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::BROKER_REGISTRATION,
        name: "BrokerRegistration",
        versions: (0, 4),
        unstable_version: None,
        broker_listener: false,
        request: Message::new(0, X, &[
            r(1001, "BrokerId", Int32, 0, X).of(BrokerId),
            r(1002, "ClusterId", Str, 0, X),
            r(1003, "IncarnationId", Uuid, 0, X),
            r(1004, "Listeners", Struct, 0, X).array().fields(&[
                r(1005, "Name", Str, 0, X),
                r(1006, "Host", Str, 0, X),
                r(1007, "Port", Uint16, 0, X),
                r(1008, "SecurityProtocol", Int16, 0, X),
            ]),
            r(1009, "Features", Struct, 0, X).array().fields(&[
                r(1010, "Name", Str, 0, X),
                r(1011, "MinSupportedVersion", Int16, 0, X),
                r(1012, "MaxSupportedVersion", Int16, 0, X),
            ]),
            r(1013, "Rack", Str, 0, X).null(0, X),
            r(1014, "IsMigratingZkBroker", Bool, 1, X),
            r(1015, "LogDirs", Uuid, 2, X).array().ignorable(),
            r(1016, "PreviousBrokerEpoch", Int64, 3, X).int(-1).ignorable(),
        ]),
        response: Message::new(0, X, &[
            r(1017, "ThrottleTimeMs", Int32, 0, X),
            r(1018, "ErrorCode", Int16, 0, X),
            r(1019, "BrokerEpoch", Int64, 0, X).int(-1),
        ]),
    },
    Api {
        key: ApiKey::BROKER_HEARTBEAT,
        name: "BrokerHeartbeat",
        versions: (0, 2),
        unstable_version: None,
        broker_listener: false,
        request: Message::new(0, X, &[
            r(1020, "BrokerId", Int32, 0, X).of(BrokerId),
            r(1021, "BrokerEpoch", Int64, 0, X).int(-1),
            r(1022, "CurrentMetadataOffset", Int64, 0, X),
            r(1023, "WantFence", Bool, 0, X),
            r(1024, "WantShutDown", Bool, 0, X),
            r(1025, "OfflineLogDirs", Uuid, 1, X).array().tag(0, 1, X),
            r(1026, "CordonedLogDirs", Uuid, 2, X).array().null(2, X).tag(1, 2, X).null_default(),
        ]),
        response: Message::new(0, X, &[
            r(1027, "ThrottleTimeMs", Int32, 0, X),
            r(1028, "ErrorCode", Int16, 0, X),
            r(1029, "IsCaughtUp", Bool, 0, X),
            r(1030, "IsFenced", Bool, 0, X).true_default(),
            r(1031, "ShouldShutDown", Bool, 0, X),
        ]),
    },
    Api {
        key: ApiKey::UNREGISTER_BROKER,
        name: "UnregisterBroker",
        versions: (0, 0),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1032, "BrokerId", Int32, 0, X).of(BrokerId),
        ]),
        response: Message::new(0, X, &[
            r(1033, "ThrottleTimeMs", Int32, 0, X),
            r(1034, "ErrorCode", Int16, 0, X),
            r(1035, "ErrorMessage", Str, 0, X).null(0, X),
        ]),
    },
    Api {
        key: ApiKey::DESCRIBE_TRANSACTIONS,
        name: "DescribeTransactions",
        versions: (0, 0),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1036, "TransactionalIds", Str, 0, X).array().of(TransactionalId),
        ]),
        response: Message::new(0, X, &[
            r(1037, "ThrottleTimeMs", Int32, 0, X),
            r(1038, "TransactionStates", Struct, 0, X).array().fields(&[
                r(1039, "ErrorCode", Int16, 0, X),
                r(1040, "TransactionalId", Str, 0, X).of(TransactionalId),
                r(1041, "TransactionState", Str, 0, X),
                r(1042, "TransactionTimeoutMs", Int32, 0, X),
                r(1043, "TransactionStartTimeMs", Int64, 0, X),
                r(1044, "ProducerId", Int64, 0, X).of(ProducerId),
                r(1045, "ProducerEpoch", Int16, 0, X),
                r(1046, "Topics", Struct, 0, X).array().fields(&[
                    r(1047, "Topic", Str, 0, X).of(TopicName),
                    r(1048, "Partitions", Int32, 0, X).array(),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::LIST_TRANSACTIONS,
        name: "ListTransactions",
        versions: (0, 2),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1049, "StateFilters", Str, 0, X).array(),
            r(1050, "ProducerIdFilters", Int64, 0, X).array().of(ProducerId),
            r(1051, "DurationFilter", Int64, 1, X).int(-1),
            r(1052, "TransactionalIdPattern", Str, 2, X).null(2, X).null_default(),
        ]),
        response: Message::new(0, X, &[
            r(1053, "ThrottleTimeMs", Int32, 0, X),
            r(1054, "ErrorCode", Int16, 0, X),
            r(1055, "UnknownStateFilters", Str, 0, X).array(),
            r(1056, "TransactionStates", Struct, 0, X).array().fields(&[
                r(1057, "TransactionalId", Str, 0, X).of(TransactionalId),
                r(1058, "ProducerId", Int64, 0, X).of(ProducerId),
                r(1059, "TransactionState", Str, 0, X),
            ]),
        ]),
    },
    Api {
        key: ApiKey::ALLOCATE_PRODUCER_IDS,
        name: "AllocateProducerIds",
        versions: (0, 0),
        unstable_version: None,
        broker_listener: false,
        request: Message::new(0, X, &[
            r(1060, "BrokerId", Int32, 0, X).of(BrokerId),
            r(1061, "BrokerEpoch", Int64, 0, X).int(-1),
        ]),
        response: Message::new(0, X, &[
            r(1062, "ThrottleTimeMs", Int32, 0, X),
            r(1063, "ErrorCode", Int16, 0, X),
            r(1064, "ProducerIdStart", Int64, 0, X).of(ProducerId),
            r(1065, "ProducerIdLen", Int32, 0, X),
        ]),
    },
    Api {
        key: ApiKey::CONSUMER_GROUP_HEARTBEAT,
        name: "ConsumerGroupHeartbeat",
        versions: (0, 1),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1066, "GroupId", Str, 0, X).of(GroupId),
            r(1067, "MemberId", Str, 0, X),
            r(1068, "MemberEpoch", Int32, 0, X),
            r(1069, "InstanceId", Str, 0, X).null(0, X).null_default(),
            r(1070, "RackId", Str, 0, X).null(0, X).null_default(),
            r(1071, "RebalanceTimeoutMs", Int32, 0, X).int(-1),
            r(1072, "SubscribedTopicNames", Str, 0, X).array().null(0, X).null_default().of(TopicName),
            r(1073, "SubscribedTopicRegex", Str, 1, X).null(1, X).null_default(),
            r(1074, "ServerAssignor", Str, 0, X).null(0, X).null_default(),
            r(1075, "TopicPartitions", Struct, 0, X).array().null(0, X).null_default().fields(&[
                r(1076, "TopicId", Uuid, 0, X),
                r(1077, "Partitions", Int32, 0, X).array(),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(1078, "ThrottleTimeMs", Int32, 0, X),
            r(1079, "ErrorCode", Int16, 0, X),
            r(1080, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
            r(1081, "MemberId", Str, 0, X).null(0, X).null_default(),
            r(1082, "MemberEpoch", Int32, 0, X),
            r(1083, "HeartbeatIntervalMs", Int32, 0, X),
            r(1084, "Assignment", Struct, 0, X).null(0, X).null_default().fields(&[
                r(1085, "TopicPartitions", Struct, 0, X).array().fields(&[
                    r(1086, "TopicId", Uuid, 0, X),
                    r(1087, "Partitions", Int32, 0, X).array(),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::CONSUMER_GROUP_DESCRIBE,
        name: "ConsumerGroupDescribe",
        versions: (0, 1),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1088, "GroupIds", Str, 0, X).array().of(GroupId),
            r(1089, "IncludeAuthorizedOperations", Bool, 0, X),
        ]),
        response: Message::new(0, X, &[
            r(1090, "ThrottleTimeMs", Int32, 0, X),
            r(1091, "Groups", Struct, 0, X).array().fields(&[
                r(1092, "ErrorCode", Int16, 0, X),
                r(1093, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
                r(1094, "GroupId", Str, 0, X).of(GroupId),
                r(1095, "GroupState", Str, 0, X),
                r(1096, "GroupEpoch", Int32, 0, X),
                r(1097, "AssignmentEpoch", Int32, 0, X),
                r(1098, "AssignorName", Str, 0, X),
                r(1099, "Members", Struct, 0, X).array().fields(&[
                    r(1100, "MemberId", Str, 0, X),
                    r(1101, "InstanceId", Str, 0, X).null(0, X).null_default(),
                    r(1102, "RackId", Str, 0, X).null(0, X).null_default(),
                    r(1103, "MemberEpoch", Int32, 0, X),
                    r(1104, "ClientId", Str, 0, X),
                    r(1105, "ClientHost", Str, 0, X),
                    r(1106, "SubscribedTopicNames", Str, 0, X).array().of(TopicName),
                    r(1107, "SubscribedTopicRegex", Str, 0, X).null(0, X).null_default(),
                    r(1108, "Assignment", Struct, 0, X).fields(&[
                        r(1109, "TopicPartitions", Struct, 0, X).array().fields(&[
                            r(1110, "TopicId", Uuid, 0, X),
                            r(1111, "TopicName", Str, 0, X).of(TopicName),
                            r(1112, "Partitions", Int32, 0, X).array(),
                        ]),
                    ]),
                    r(1113, "TargetAssignment", Struct, 0, X).fields(&[
                        r(1114, "TopicPartitions", Struct, 0, X).array().fields(&[
                            r(1115, "TopicId", Uuid, 0, X),
                            r(1116, "TopicName", Str, 0, X).of(TopicName),
                            r(1117, "Partitions", Int32, 0, X).array(),
                        ]),
                    ]),
                    r(1118, "MemberType", Int8, 1, X).int(-1).ignorable(),
                ]),
                r(1119, "AuthorizedOperations", Int32, 0, X).int(-2147483648),
            ]),
        ]),
    },
    Api {
        key: ApiKey::CONTROLLER_REGISTRATION,
        name: "ControllerRegistration",
        versions: (0, 0),
        unstable_version: None,
        broker_listener: false,
        request: Message::new(0, X, &[
            r(1120, "ControllerId", Int32, 0, X),
            r(1121, "IncarnationId", Uuid, 0, X),
            r(1122, "ZkMigrationReady", Bool, 0, X),
            r(1123, "Listeners", Struct, 0, X).array().fields(&[
                r(1124, "Name", Str, 0, X),
                r(1125, "Host", Str, 0, X),
                r(1126, "Port", Uint16, 0, X),
                r(1127, "SecurityProtocol", Int16, 0, X),
            ]),
            r(1128, "Features", Struct, 0, X).array().fields(&[
                r(1129, "Name", Str, 0, X),
                r(1130, "MinSupportedVersion", Int16, 0, X),
                r(1131, "MaxSupportedVersion", Int16, 0, X),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(1132, "ThrottleTimeMs", Int32, 0, X),
            r(1133, "ErrorCode", Int16, 0, X),
            r(1134, "ErrorMessage", Str, 0, X).null(0, X),
        ]),
    },
    Api {
        key: ApiKey::GET_TELEMETRY_SUBSCRIPTIONS,
        name: "GetTelemetrySubscriptions",
        versions: (0, 0),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1135, "ClientInstanceId", Uuid, 0, X),
        ]),
        response: Message::new(0, X, &[
            r(1136, "ThrottleTimeMs", Int32, 0, X),
            r(1137, "ErrorCode", Int16, 0, X),
            r(1138, "ClientInstanceId", Uuid, 0, X),
            r(1139, "SubscriptionId", Int32, 0, X),
            r(1140, "AcceptedCompressionTypes", Int8, 0, X).array(),
            r(1141, "PushIntervalMs", Int32, 0, X),
            r(1142, "TelemetryMaxBytes", Int32, 0, X),
            r(1143, "DeltaTemporality", Bool, 0, X),
            r(1144, "RequestedMetrics", Str, 0, X).array(),
        ]),
    },
    Api {
        key: ApiKey::PUSH_TELEMETRY,
        name: "PushTelemetry",
        versions: (0, 0),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1145, "ClientInstanceId", Uuid, 0, X),
            r(1146, "SubscriptionId", Int32, 0, X),
            r(1147, "Terminating", Bool, 0, X),
            r(1148, "CompressionType", Int8, 0, X),
            r(1149, "Metrics", Bytes, 0, X),
        ]),
        response: Message::new(0, X, &[
            r(1150, "ThrottleTimeMs", Int32, 0, X),
            r(1151, "ErrorCode", Int16, 0, X),
        ]),
    },
    Api {
        key: ApiKey::ASSIGN_REPLICAS_TO_DIRS,
        name: "AssignReplicasToDirs",
        versions: (0, 0),
        unstable_version: None,
        broker_listener: false,
        request: Message::new(0, X, &[
            r(1152, "BrokerId", Int32, 0, X).of(BrokerId),
            r(1153, "BrokerEpoch", Int64, 0, X).int(-1),
            r(1154, "Directories", Struct, 0, X).array().fields(&[
                r(1155, "Id", Uuid, 0, X),
                r(1156, "Topics", Struct, 0, X).array().fields(&[
                    r(1157, "TopicId", Uuid, 0, X),
                    r(1158, "Partitions", Struct, 0, X).array().fields(&[
                        r(1159, "PartitionIndex", Int32, 0, X),
                    ]),
                ]),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(1160, "ThrottleTimeMs", Int32, 0, X),
            r(1161, "ErrorCode", Int16, 0, X),
            r(1162, "Directories", Struct, 0, X).array().fields(&[
                r(1163, "Id", Uuid, 0, X),
                r(1164, "Topics", Struct, 0, X).array().fields(&[
                    r(1165, "TopicId", Uuid, 0, X),
                    r(1166, "Partitions", Struct, 0, X).array().fields(&[
                        r(1167, "PartitionIndex", Int32, 0, X),
                        r(1168, "ErrorCode", Int16, 0, X),
                    ]),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::LIST_CONFIG_RESOURCES,
        name: "ListConfigResources",
        versions: (0, 1),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1169, "ResourceTypes", Int8, 1, X).array(),
        ]),
        response: Message::new(0, X, &[
            r(1170, "ThrottleTimeMs", Int32, 0, X),
            r(1171, "ErrorCode", Int16, 0, X),
            r(1172, "ConfigResources", Struct, 0, X).array().fields(&[
                r(1173, "ResourceName", Str, 0, X),
                r(1174, "ResourceType", Int8, 1, X).int(16).ignorable(),
            ]),
        ]),
    },
    Api {
        key: ApiKey::DESCRIBE_TOPIC_PARTITIONS,
        name: "DescribeTopicPartitions",
        versions: (0, 0),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1175, "Topics", Struct, 0, X).array().fields(&[
                r(1176, "Name", Str, 0, X).of(TopicName),
            ]),
            r(1177, "ResponsePartitionLimit", Int32, 0, X).int(2000),
            r(1178, "Cursor", Struct, 0, X).null(0, X).null_default().fields(&[
                r(1179, "TopicName", Str, 0, X).of(TopicName),
                r(1180, "PartitionIndex", Int32, 0, X),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(1181, "ThrottleTimeMs", Int32, 0, X).ignorable(),
            r(1182, "Topics", Struct, 0, X).array().fields(&[
                r(1183, "ErrorCode", Int16, 0, X),
                r(1184, "Name", Str, 0, X).null(0, X).of(TopicName),
                r(1185, "TopicId", Uuid, 0, X).ignorable(),
                r(1186, "IsInternal", Bool, 0, X).ignorable(),
                r(1187, "Partitions", Struct, 0, X).array().fields(&[
                    r(1188, "ErrorCode", Int16, 0, X),
                    r(1189, "PartitionIndex", Int32, 0, X),
                    r(1190, "LeaderId", Int32, 0, X).of(BrokerId),
                    r(1191, "LeaderEpoch", Int32, 0, X).int(-1).ignorable(),
                    r(1192, "ReplicaNodes", Int32, 0, X).array().of(BrokerId),
                    r(1193, "IsrNodes", Int32, 0, X).array().of(BrokerId),
                    r(1194, "EligibleLeaderReplicas", Int32, 0, X).array().null(0, X).null_default().of(BrokerId),
                    r(1195, "LastKnownElr", Int32, 0, X).array().null(0, X).null_default().of(BrokerId),
                    r(1196, "OfflineReplicas", Int32, 0, X).array().ignorable().of(BrokerId),
                ]),
                r(1197, "TopicAuthorizedOperations", Int32, 0, X).int(-2147483648),
            ]),
            r(1198, "NextCursor", Struct, 0, X).null(0, X).null_default().fields(&[
                r(1199, "TopicName", Str, 0, X).of(TopicName),
                r(1200, "PartitionIndex", Int32, 0, X),
            ]),
        ]),
    },
    Api {
        key: ApiKey::SHARE_GROUP_HEARTBEAT,
        name: "ShareGroupHeartbeat",
        versions: (1, 1),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1201, "GroupId", Str, 0, X).of(GroupId),
            r(1202, "MemberId", Str, 0, X),
            r(1203, "MemberEpoch", Int32, 0, X),
            r(1204, "RackId", Str, 0, X).null(0, X).null_default(),
            r(1205, "SubscribedTopicNames", Str, 0, X).array().null(0, X).null_default().of(TopicName),
        ]),
        response: Message::new(0, X, &[
            r(1206, "ThrottleTimeMs", Int32, 0, X),
            r(1207, "ErrorCode", Int16, 0, X),
            r(1208, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
            r(1209, "MemberId", Str, 0, X).null(0, X).null_default(),
            r(1210, "MemberEpoch", Int32, 0, X),
            r(1211, "HeartbeatIntervalMs", Int32, 0, X),
            r(1212, "Assignment", Struct, 0, X).null(0, X).null_default().fields(&[
                r(1213, "TopicPartitions", Struct, 0, X).array().fields(&[
                    r(1214, "TopicId", Uuid, 0, X),
                    r(1215, "Partitions", Int32, 0, X).array(),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::SHARE_GROUP_DESCRIBE,
        name: "ShareGroupDescribe",
        versions: (1, 1),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1216, "GroupIds", Str, 0, X).array().of(GroupId),
            r(1217, "IncludeAuthorizedOperations", Bool, 0, X),
        ]),
        response: Message::new(0, X, &[
            r(1218, "ThrottleTimeMs", Int32, 0, X),
            r(1219, "Groups", Struct, 0, X).array().fields(&[
                r(1220, "ErrorCode", Int16, 0, X),
                r(1221, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
                r(1222, "GroupId", Str, 0, X).of(GroupId),
                r(1223, "GroupState", Str, 0, X),
                r(1224, "GroupEpoch", Int32, 0, X),
                r(1225, "AssignmentEpoch", Int32, 0, X),
                r(1226, "AssignorName", Str, 0, X),
                r(1227, "Members", Struct, 0, X).array().fields(&[
                    r(1228, "MemberId", Str, 0, X),
                    r(1229, "RackId", Str, 0, X).null(0, X).null_default(),
                    r(1230, "MemberEpoch", Int32, 0, X),
                    r(1231, "ClientId", Str, 0, X),
                    r(1232, "ClientHost", Str, 0, X),
                    r(1233, "SubscribedTopicNames", Str, 0, X).array().of(TopicName),
                    r(1234, "Assignment", Struct, 0, X).fields(&[
                        r(1235, "TopicPartitions", Struct, 0, X).array().fields(&[
                            r(1236, "TopicId", Uuid, 0, X),
                            r(1237, "TopicName", Str, 0, X).of(TopicName),
                            r(1238, "Partitions", Int32, 0, X).array(),
                        ]),
                    ]),
                ]),
                r(1239, "AuthorizedOperations", Int32, 0, X).int(-2147483648),
            ]),
        ]),
    },
    Api {
        key: ApiKey::SHARE_FETCH,
        name: "ShareFetch",
        versions: (1, 2),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1240, "GroupId", Str, 0, X).null(0, X).null_default().of(GroupId),
            r(1241, "MemberId", Str, 0, X).null(0, X),
            r(1242, "ShareSessionEpoch", Int32, 0, X),
            r(1243, "MaxWaitMs", Int32, 0, X),
            r(1244, "MinBytes", Int32, 0, X),
            r(1245, "MaxBytes", Int32, 0, X).int(2147483647),
            r(1246, "MaxRecords", Int32, 1, X),
            r(1247, "BatchSize", Int32, 1, X),
            r(1248, "ShareAcquireMode", Int8, 2, X).ignorable(),
            r(1249, "IsRenewAck", Bool, 2, X),
            r(1250, "Topics", Struct, 0, X).array().fields(&[
                r(1251, "TopicId", Uuid, 0, X),
                r(1252, "Partitions", Struct, 0, X).array().fields(&[
                    r(1253, "PartitionIndex", Int32, 0, X),
                    r(1254, "PartitionMaxBytes", Int32, 0, 0),
                    r(1255, "AcknowledgementBatches", Struct, 0, X).array().fields(&[
                        r(1256, "FirstOffset", Int64, 0, X),
                        r(1257, "LastOffset", Int64, 0, X),
                        r(1258, "AcknowledgeTypes", Int8, 0, X).array(),
                    ]),
                ]),
            ]),
            r(1259, "ForgottenTopicsData", Struct, 0, X).array().fields(&[
                r(1260, "TopicId", Uuid, 0, X),
                r(1261, "Partitions", Int32, 0, X).array(),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(1262, "ThrottleTimeMs", Int32, 0, X),
            r(1263, "ErrorCode", Int16, 0, X),
            r(1264, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
            r(1265, "AcquisitionLockTimeoutMs", Int32, 1, X),
            r(1266, "Responses", Struct, 0, X).array().fields(&[
                r(1267, "TopicId", Uuid, 0, X),
                r(1268, "Partitions", Struct, 0, X).array().fields(&[
                    r(1269, "PartitionIndex", Int32, 0, X),
                    r(1270, "ErrorCode", Int16, 0, X),
                    r(1271, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
                    r(1272, "AcknowledgeErrorCode", Int16, 0, X),
                    r(1273, "AcknowledgeErrorMessage", Str, 0, X).null(0, X).null_default(),
                    r(1274, "CurrentLeader", Struct, 0, X).fields(&[
                        r(1275, "LeaderId", Int32, 0, X),
                        r(1276, "LeaderEpoch", Int32, 0, X),
                    ]),
                    r(1277, "Records", Records, 0, X).null(0, 0),
                    r(1278, "AcquiredRecords", Struct, 0, X).array().fields(&[
                        r(1279, "FirstOffset", Int64, 0, X),
                        r(1280, "LastOffset", Int64, 0, X),
                        r(1281, "DeliveryCount", Int16, 0, X),
                    ]),
                ]),
            ]),
            r(1282, "NodeEndpoints", Struct, 0, X).array().fields(&[
                r(1283, "NodeId", Int32, 0, X).of(BrokerId),
                r(1284, "Host", Str, 0, X),
                r(1285, "Port", Int32, 0, X),
                r(1286, "Rack", Str, 0, X).null(0, X).null_default(),
            ]),
        ]),
    },
    Api {
        key: ApiKey::SHARE_ACKNOWLEDGE,
        name: "ShareAcknowledge",
        versions: (1, 2),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1287, "GroupId", Str, 0, X).null(0, X).null_default().of(GroupId),
            r(1288, "MemberId", Str, 0, X).null(0, X),
            r(1289, "ShareSessionEpoch", Int32, 0, X),
            r(1290, "IsRenewAck", Bool, 2, X),
            r(1291, "Topics", Struct, 0, X).array().fields(&[
                r(1292, "TopicId", Uuid, 0, X),
                r(1293, "Partitions", Struct, 0, X).array().fields(&[
                    r(1294, "PartitionIndex", Int32, 0, X),
                    r(1295, "AcknowledgementBatches", Struct, 0, X).array().fields(&[
                        r(1296, "FirstOffset", Int64, 0, X),
                        r(1297, "LastOffset", Int64, 0, X),
                        r(1298, "AcknowledgeTypes", Int8, 0, X).array(),
                    ]),
                ]),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(1299, "ThrottleTimeMs", Int32, 0, X),
            r(1300, "ErrorCode", Int16, 0, X),
            r(1301, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
            r(1302, "AcquisitionLockTimeoutMs", Int32, 2, X).ignorable(),
            r(1303, "Responses", Struct, 0, X).array().fields(&[
                r(1304, "TopicId", Uuid, 0, X),
                r(1305, "Partitions", Struct, 0, X).array().fields(&[
                    r(1306, "PartitionIndex", Int32, 0, X),
                    r(1307, "ErrorCode", Int16, 0, X),
                    r(1308, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
                    r(1309, "CurrentLeader", Struct, 0, X).fields(&[
                        r(1310, "LeaderId", Int32, 0, X),
                        r(1311, "LeaderEpoch", Int32, 0, X),
                    ]),
                ]),
            ]),
            r(1312, "NodeEndpoints", Struct, 0, X).array().fields(&[
                r(1313, "NodeId", Int32, 0, X).of(BrokerId),
                r(1314, "Host", Str, 0, X),
                r(1315, "Port", Int32, 0, X),
                r(1316, "Rack", Str, 0, X).null(0, X).null_default(),
            ]),
        ]),
    },
    Api {
        key: ApiKey::ADD_RAFT_VOTER,
        name: "AddRaftVoter",
        versions: (0, 1),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1317, "ClusterId", Str, 0, X).null(0, X),
            r(1318, "TimeoutMs", Int32, 0, X),
            r(1319, "VoterId", Int32, 0, X),
            r(1320, "VoterDirectoryId", Uuid, 0, X),
            r(1321, "Listeners", Struct, 0, X).array().fields(&[
                r(1322, "Name", Str, 0, X),
                r(1323, "Host", Str, 0, X),
                r(1324, "Port", Uint16, 0, X),
            ]),
            r(1325, "AckWhenCommitted", Bool, 1, X).true_default(),
        ]),
        response: Message::new(0, X, &[
            r(1326, "ThrottleTimeMs", Int32, 0, X),
            r(1327, "ErrorCode", Int16, 0, X),
            r(1328, "ErrorMessage", Str, 0, X).null(0, X).ignorable(),
        ]),
    },
    Api {
        key: ApiKey::REMOVE_RAFT_VOTER,
        name: "RemoveRaftVoter",
        versions: (0, 0),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1329, "ClusterId", Str, 0, X).null(0, X),
            r(1330, "VoterId", Int32, 0, X),
            r(1331, "VoterDirectoryId", Uuid, 0, X),
        ]),
        response: Message::new(0, X, &[
            r(1332, "ThrottleTimeMs", Int32, 0, X),
            r(1333, "ErrorCode", Int16, 0, X),
            r(1334, "ErrorMessage", Str, 0, X).null(0, X).ignorable(),
        ]),
    },
    Api {
        key: ApiKey::UPDATE_RAFT_VOTER,
        name: "UpdateRaftVoter",
        versions: (0, 0),
        unstable_version: None,
        broker_listener: false,
        request: Message::new(0, X, &[
            r(1335, "ClusterId", Str, 0, X).null(0, X),
            r(1336, "CurrentLeaderEpoch", Int32, 0, X),
            r(1337, "VoterId", Int32, 0, X),
            r(1338, "VoterDirectoryId", Uuid, 0, X),
            r(1339, "Listeners", Struct, 0, X).array().fields(&[
                r(1340, "Name", Str, 0, X),
                r(1341, "Host", Str, 0, X),
                r(1342, "Port", Uint16, 0, X),
            ]),
            r(1343, "KRaftVersionFeature", Struct, 0, X).fields(&[
                r(1344, "MinSupportedVersion", Int16, 0, X),
                r(1345, "MaxSupportedVersion", Int16, 0, X),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(1346, "ThrottleTimeMs", Int32, 0, X),
            r(1347, "ErrorCode", Int16, 0, X),
            r(1348, "CurrentLeader", Struct, 0, X).tag(0, 0, X).fields(&[
                r(1349, "LeaderId", Int32, 0, X).int(-1).of(BrokerId),
                r(1350, "LeaderEpoch", Int32, 0, X).int(-1),
                r(1351, "Host", Str, 0, X),
                r(1352, "Port", Int32, 0, X),
            ]),
        ]),
    },
    Api {
        key: ApiKey::INITIALIZE_SHARE_GROUP_STATE,
        name: "InitializeShareGroupState",
        versions: (0, 0),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1353, "GroupId", Str, 0, X),
            r(1354, "Topics", Struct, 0, X).array().fields(&[
                r(1355, "TopicId", Uuid, 0, X),
                r(1356, "Partitions", Struct, 0, X).array().fields(&[
                    r(1357, "Partition", Int32, 0, X),
                    r(1358, "StateEpoch", Int32, 0, X),
                    r(1359, "StartOffset", Int64, 0, X),
                ]),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(1360, "Results", Struct, 0, X).array().fields(&[
                r(1361, "TopicId", Uuid, 0, X),
                r(1362, "Partitions", Struct, 0, X).array().fields(&[
                    r(1363, "Partition", Int32, 0, X),
                    r(1364, "ErrorCode", Int16, 0, X),
                    r(1365, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::READ_SHARE_GROUP_STATE,
        name: "ReadShareGroupState",
        versions: (0, 0),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1366, "GroupId", Str, 0, X),
            r(1367, "Topics", Struct, 0, X).array().fields(&[
                r(1368, "TopicId", Uuid, 0, X),
                r(1369, "Partitions", Struct, 0, X).array().fields(&[
                    r(1370, "Partition", Int32, 0, X),
                    r(1371, "LeaderEpoch", Int32, 0, X),
                ]),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(1372, "Results", Struct, 0, X).array().fields(&[
                r(1373, "TopicId", Uuid, 0, X),
                r(1374, "Partitions", Struct, 0, X).array().fields(&[
                    r(1375, "Partition", Int32, 0, X),
                    r(1376, "ErrorCode", Int16, 0, X),
                    r(1377, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
                    r(1378, "StateEpoch", Int32, 0, X),
                    r(1379, "StartOffset", Int64, 0, X),
                    r(1380, "StateBatches", Struct, 0, X).array().fields(&[
                        r(1381, "FirstOffset", Int64, 0, X),
                        r(1382, "LastOffset", Int64, 0, X),
                        r(1383, "DeliveryState", Int8, 0, X),
                        r(1384, "DeliveryCount", Int16, 0, X),
                    ]),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::WRITE_SHARE_GROUP_STATE,
        name: "WriteShareGroupState",
        versions: (0, 1),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1385, "GroupId", Str, 0, X),
            r(1386, "Topics", Struct, 0, X).array().fields(&[
                r(1387, "TopicId", Uuid, 0, X),
                r(1388, "Partitions", Struct, 0, X).array().fields(&[
                    r(1389, "Partition", Int32, 0, X),
                    r(1390, "StateEpoch", Int32, 0, X),
                    r(1391, "LeaderEpoch", Int32, 0, X),
                    r(1392, "StartOffset", Int64, 0, X),
                    r(1393, "DeliveryCompleteCount", Int32, 1, X).int(-1).ignorable(),
                    r(1394, "StateBatches", Struct, 0, X).array().fields(&[
                        r(1395, "FirstOffset", Int64, 0, X),
                        r(1396, "LastOffset", Int64, 0, X),
                        r(1397, "DeliveryState", Int8, 0, X),
                        r(1398, "DeliveryCount", Int16, 0, X),
                    ]),
                ]),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(1399, "Results", Struct, 0, X).array().fields(&[
                r(1400, "TopicId", Uuid, 0, X),
                r(1401, "Partitions", Struct, 0, X).array().fields(&[
                    r(1402, "Partition", Int32, 0, X),
                    r(1403, "ErrorCode", Int16, 0, X),
                    r(1404, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::DELETE_SHARE_GROUP_STATE,
        name: "DeleteShareGroupState",
        versions: (0, 0),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1405, "GroupId", Str, 0, X),
            r(1406, "Topics", Struct, 0, X).array().fields(&[
                r(1407, "TopicId", Uuid, 0, X),
                r(1408, "Partitions", Struct, 0, X).array().fields(&[
                    r(1409, "Partition", Int32, 0, X),
                ]),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(1410, "Results", Struct, 0, X).array().fields(&[
                r(1411, "TopicId", Uuid, 0, X),
                r(1412, "Partitions", Struct, 0, X).array().fields(&[
                    r(1413, "Partition", Int32, 0, X),
                    r(1414, "ErrorCode", Int16, 0, X),
                    r(1415, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::READ_SHARE_GROUP_STATE_SUMMARY,
        name: "ReadShareGroupStateSummary",
        versions: (0, 1),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1416, "GroupId", Str, 0, X),
            r(1417, "Topics", Struct, 0, X).array().fields(&[
                r(1418, "TopicId", Uuid, 0, X),
                r(1419, "Partitions", Struct, 0, X).array().fields(&[
                    r(1420, "Partition", Int32, 0, X),
                    r(1421, "LeaderEpoch", Int32, 0, X),
                ]),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(1422, "Results", Struct, 0, X).array().fields(&[
                r(1423, "TopicId", Uuid, 0, X),
                r(1424, "Partitions", Struct, 0, X).array().fields(&[
                    r(1425, "Partition", Int32, 0, X),
                    r(1426, "ErrorCode", Int16, 0, X),
                    r(1427, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
                    r(1428, "StateEpoch", Int32, 0, X),
                    r(1429, "LeaderEpoch", Int32, 0, X),
                    r(1430, "StartOffset", Int64, 0, X),
                    r(1431, "DeliveryCompleteCount", Int32, 1, X).int(-1).ignorable(),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::STREAMS_GROUP_HEARTBEAT,
        name: "StreamsGroupHeartbeat",
        versions: (0, 0),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1432, "GroupId", Str, 0, X).of(GroupId),
            r(1433, "MemberId", Str, 0, X),
            r(1434, "MemberEpoch", Int32, 0, X),
            r(1435, "EndpointInformationEpoch", Int32, 0, X),
            r(1436, "InstanceId", Str, 0, X).null(0, X).null_default(),
            r(1437, "RackId", Str, 0, X).null(0, X).null_default(),
            r(1438, "RebalanceTimeoutMs", Int32, 0, X).int(-1),
            r(1439, "Topology", Struct, 0, X).null(0, X).null_default().fields(&[
                r(1440, "Epoch", Int32, 0, X),
                r(1441, "Subtopologies", Struct, 0, X).array().fields(&[
                    r(1442, "SubtopologyId", Str, 0, X),
                    r(1443, "SourceTopics", Str, 0, X).array().of(TopicName),
                    r(1444, "SourceTopicRegex", Str, 0, X).array(),
                    r(1445, "StateChangelogTopics", Struct, 0, X).array().fields(&[
                        r(1446, "Name", Str, 0, X).of(TopicName),
                        r(1447, "Partitions", Int32, 0, X),
                        r(1448, "ReplicationFactor", Int16, 0, X),
                        r(1449, "TopicConfigs", Struct, 0, X).array().fields(&[
                            r(1450, "Key", Str, 0, X),
                            r(1451, "Value", Str, 0, X),
                        ]),
                    ]),
                    r(1452, "RepartitionSinkTopics", Str, 0, X).array().of(TopicName),
                    r(1453, "RepartitionSourceTopics", Struct, 0, X).array().fields(&[
                        r(1454, "Name", Str, 0, X).of(TopicName),
                        r(1455, "Partitions", Int32, 0, X),
                        r(1456, "ReplicationFactor", Int16, 0, X),
                        r(1457, "TopicConfigs", Struct, 0, X).array().fields(&[
                            r(1458, "Key", Str, 0, X),
                            r(1459, "Value", Str, 0, X),
                        ]),
                    ]),
                    r(1460, "CopartitionGroups", Struct, 0, X).array().fields(&[
                        r(1461, "SourceTopics", Int16, 0, X).array(),
                        r(1462, "SourceTopicRegex", Int16, 0, X).array(),
                        r(1463, "RepartitionSourceTopics", Int16, 0, X).array(),
                    ]),
                ]),
            ]),
            r(1464, "ActiveTasks", Struct, 0, X).array().null(0, X).null_default().fields(&[
                r(1465, "SubtopologyId", Str, 0, X),
                r(1466, "Partitions", Int32, 0, X).array(),
            ]),
            r(1467, "StandbyTasks", Struct, 0, X).array().null(0, X).null_default().fields(&[
                r(1468, "SubtopologyId", Str, 0, X),
                r(1469, "Partitions", Int32, 0, X).array(),
            ]),
            r(1470, "WarmupTasks", Struct, 0, X).array().null(0, X).null_default().fields(&[
                r(1471, "SubtopologyId", Str, 0, X),
                r(1472, "Partitions", Int32, 0, X).array(),
            ]),
            r(1473, "ProcessId", Str, 0, X).null(0, X).null_default(),
            r(1474, "UserEndpoint", Struct, 0, X).null(0, X).null_default().fields(&[
                r(1475, "Host", Str, 0, X),
                r(1476, "Port", Uint16, 0, X),
            ]),
            r(1477, "ClientTags", Struct, 0, X).array().null(0, X).null_default().fields(&[
                r(1478, "Key", Str, 0, X),
                r(1479, "Value", Str, 0, X),
            ]),
            r(1480, "TaskOffsets", Struct, 0, X).array().null(0, X).null_default().fields(&[
                r(1481, "SubtopologyId", Str, 0, X),
                r(1482, "Partition", Int32, 0, X),
                r(1483, "Offset", Int64, 0, X),
            ]),
            r(1484, "TaskEndOffsets", Struct, 0, X).array().null(0, X).null_default().fields(&[
                r(1485, "SubtopologyId", Str, 0, X),
                r(1486, "Partition", Int32, 0, X),
                r(1487, "Offset", Int64, 0, X),
            ]),
            r(1488, "ShutdownApplication", Bool, 0, X),
        ]),
        response: Message::new(0, X, &[
            r(1489, "ThrottleTimeMs", Int32, 0, X),
            r(1490, "ErrorCode", Int16, 0, X),
            r(1491, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
            r(1492, "MemberId", Str, 0, X),
            r(1493, "MemberEpoch", Int32, 0, X),
            r(1494, "HeartbeatIntervalMs", Int32, 0, X),
            r(1495, "AcceptableRecoveryLag", Int32, 0, X),
            r(1496, "TaskOffsetIntervalMs", Int32, 0, X),
            r(1497, "Status", Struct, 0, X).array().null(0, X).fields(&[
                r(1498, "StatusCode", Int8, 0, X),
                r(1499, "StatusDetail", Str, 0, X),
            ]),
            r(1500, "ActiveTasks", Struct, 0, X).array().null(0, X).null_default().fields(&[
                r(1501, "SubtopologyId", Str, 0, X),
                r(1502, "Partitions", Int32, 0, X).array(),
            ]),
            r(1503, "StandbyTasks", Struct, 0, X).array().null(0, X).null_default().fields(&[
                r(1504, "SubtopologyId", Str, 0, X),
                r(1505, "Partitions", Int32, 0, X).array(),
            ]),
            r(1506, "WarmupTasks", Struct, 0, X).array().null(0, X).null_default().fields(&[
                r(1507, "SubtopologyId", Str, 0, X),
                r(1508, "Partitions", Int32, 0, X).array(),
            ]),
            r(1509, "EndpointInformationEpoch", Int32, 0, X),
            r(1510, "PartitionsByUserEndpoint", Struct, 0, X).array().null(0, X).null_default().fields(&[
                r(1511, "UserEndpoint", Struct, 0, X).fields(&[
                    r(1512, "Host", Str, 0, X),
                    r(1513, "Port", Uint16, 0, X),
                ]),
                r(1514, "ActivePartitions", Struct, 0, X).array().fields(&[
                    r(1515, "Topic", Str, 0, X).of(TopicName),
                    r(1516, "Partitions", Int32, 0, X).array(),
                ]),
                r(1517, "StandbyPartitions", Struct, 0, X).array().fields(&[
                    r(1518, "Topic", Str, 0, X).of(TopicName),
                    r(1519, "Partitions", Int32, 0, X).array(),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::STREAMS_GROUP_DESCRIBE,
        name: "StreamsGroupDescribe",
        versions: (0, 0),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1520, "GroupIds", Str, 0, X).array().of(GroupId),
            r(1521, "IncludeAuthorizedOperations", Bool, 0, X),
        ]),
        response: Message::new(0, X, &[
            r(1522, "ThrottleTimeMs", Int32, 0, X),
            r(1523, "Groups", Struct, 0, X).array().fields(&[
                r(1524, "ErrorCode", Int16, 0, X),
                r(1525, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
                r(1526, "GroupId", Str, 0, X).of(GroupId),
                r(1527, "GroupState", Str, 0, X),
                r(1528, "GroupEpoch", Int32, 0, X),
                r(1529, "AssignmentEpoch", Int32, 0, X),
                r(1530, "Topology", Struct, 0, X).null(0, X).null_default().fields(&[
                    r(1531, "Epoch", Int32, 0, X),
                    r(1532, "Subtopologies", Struct, 0, X).array().null(0, X).null_default().fields(&[
                        r(1533, "SubtopologyId", Str, 0, X),
                        r(1534, "SourceTopics", Str, 0, X).array().of(TopicName),
                        r(1535, "RepartitionSinkTopics", Str, 0, X).array().of(TopicName),
                        r(1536, "StateChangelogTopics", Struct, 0, X).array().fields(&[
                            r(1537, "Name", Str, 0, X).of(TopicName),
                            r(1538, "Partitions", Int32, 0, X),
                            r(1539, "ReplicationFactor", Int16, 0, X),
                            r(1540, "TopicConfigs", Struct, 0, X).array().fields(&[
                                r(1541, "Key", Str, 0, X),
                                r(1542, "Value", Str, 0, X),
                            ]),
                        ]),
                        r(1543, "RepartitionSourceTopics", Struct, 0, X).array().fields(&[
                            r(1544, "Name", Str, 0, X).of(TopicName),
                            r(1545, "Partitions", Int32, 0, X),
                            r(1546, "ReplicationFactor", Int16, 0, X),
                            r(1547, "TopicConfigs", Struct, 0, X).array().fields(&[
                                r(1548, "Key", Str, 0, X),
                                r(1549, "Value", Str, 0, X),
                            ]),
                        ]),
                    ]),
                ]),
                r(1550, "Members", Struct, 0, X).array().fields(&[
                    r(1551, "MemberId", Str, 0, X),
                    r(1552, "MemberEpoch", Int32, 0, X),
                    r(1553, "InstanceId", Str, 0, X).null(0, X).null_default(),
                    r(1554, "RackId", Str, 0, X).null(0, X).null_default(),
                    r(1555, "ClientId", Str, 0, X),
                    r(1556, "ClientHost", Str, 0, X),
                    r(1557, "TopologyEpoch", Int32, 0, X),
                    r(1558, "ProcessId", Str, 0, X),
                    r(1559, "UserEndpoint", Struct, 0, X).null(0, X).null_default().fields(&[
                        r(1560, "Host", Str, 0, X),
                        r(1561, "Port", Uint16, 0, X),
                    ]),
                    r(1562, "ClientTags", Struct, 0, X).array().fields(&[
                        r(1563, "Key", Str, 0, X),
                        r(1564, "Value", Str, 0, X),
                    ]),
                    r(1565, "TaskOffsets", Struct, 0, X).array().fields(&[
                        r(1566, "SubtopologyId", Str, 0, X),
                        r(1567, "Partition", Int32, 0, X),
                        r(1568, "Offset", Int64, 0, X),
                    ]),
                    r(1569, "TaskEndOffsets", Struct, 0, X).array().fields(&[
                        r(1570, "SubtopologyId", Str, 0, X),
                        r(1571, "Partition", Int32, 0, X),
                        r(1572, "Offset", Int64, 0, X),
                    ]),
                    r(1573, "Assignment", Struct, 0, X).fields(&[
                        r(1574, "ActiveTasks", Struct, 0, X).array().fields(&[
                            r(1575, "SubtopologyId", Str, 0, X),
                            r(1576, "Partitions", Int32, 0, X).array(),
                        ]),
                        r(1577, "StandbyTasks", Struct, 0, X).array().fields(&[
                            r(1578, "SubtopologyId", Str, 0, X),
                            r(1579, "Partitions", Int32, 0, X).array(),
                        ]),
                        r(1580, "WarmupTasks", Struct, 0, X).array().fields(&[
                            r(1581, "SubtopologyId", Str, 0, X),
                            r(1582, "Partitions", Int32, 0, X).array(),
                        ]),
                    ]),
                    r(1583, "TargetAssignment", Struct, 0, X).fields(&[
                        r(1584, "ActiveTasks", Struct, 0, X).array().fields(&[
                            r(1585, "SubtopologyId", Str, 0, X),
                            r(1586, "Partitions", Int32, 0, X).array(),
                        ]),
                        r(1587, "StandbyTasks", Struct, 0, X).array().fields(&[
                            r(1588, "SubtopologyId", Str, 0, X),
                            r(1589, "Partitions", Int32, 0, X).array(),
                        ]),
                        r(1590, "WarmupTasks", Struct, 0, X).array().fields(&[
                            r(1591, "SubtopologyId", Str, 0, X),
                            r(1592, "Partitions", Int32, 0, X).array(),
                        ]),
                    ]),
                    r(1593, "IsClassic", Bool, 0, X),
                ]),
                r(1594, "AuthorizedOperations", Int32, 0, X).int(-2147483648),
            ]),
        ]),
    },
    Api {
        key: ApiKey::DESCRIBE_SHARE_GROUP_OFFSETS,
        name: "DescribeShareGroupOffsets",
        versions: (0, 1),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1595, "Groups", Struct, 0, X).array().fields(&[
                r(1596, "GroupId", Str, 0, X).of(GroupId),
                r(1597, "Topics", Struct, 0, X).array().null(0, X).fields(&[
                    r(1598, "TopicName", Str, 0, X).of(TopicName),
                    r(1599, "Partitions", Int32, 0, X).array(),
                ]),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(1600, "ThrottleTimeMs", Int32, 0, X),
            r(1601, "Groups", Struct, 0, X).array().fields(&[
                r(1602, "GroupId", Str, 0, X).of(GroupId),
                r(1603, "Topics", Struct, 0, X).array().fields(&[
                    r(1604, "TopicName", Str, 0, X).of(TopicName),
                    r(1605, "TopicId", Uuid, 0, X),
                    r(1606, "Partitions", Struct, 0, X).array().fields(&[
                        r(1607, "PartitionIndex", Int32, 0, X),
                        r(1608, "StartOffset", Int64, 0, X),
                        r(1609, "LeaderEpoch", Int32, 0, X),
                        r(1610, "Lag", Int64, 1, X).int(-1).ignorable(),
                        r(1611, "ErrorCode", Int16, 0, X),
                        r(1612, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
                    ]),
                ]),
                r(1613, "ErrorCode", Int16, 0, X),
                r(1614, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
            ]),
        ]),
    },
    Api {
        key: ApiKey::ALTER_SHARE_GROUP_OFFSETS,
        name: "AlterShareGroupOffsets",
        versions: (0, 0),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1615, "GroupId", Str, 0, X).of(GroupId),
            r(1616, "Topics", Struct, 0, X).array().fields(&[
                r(1617, "TopicName", Str, 0, X).of(TopicName),
                r(1618, "Partitions", Struct, 0, X).array().fields(&[
                    r(1619, "PartitionIndex", Int32, 0, X),
                    r(1620, "StartOffset", Int64, 0, X),
                ]),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(1621, "ThrottleTimeMs", Int32, 0, X),
            r(1622, "ErrorCode", Int16, 0, X),
            r(1623, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
            r(1624, "Responses", Struct, 0, X).array().fields(&[
                r(1625, "TopicName", Str, 0, X).of(TopicName),
                r(1626, "TopicId", Uuid, 0, X),
                r(1627, "Partitions", Struct, 0, X).array().fields(&[
                    r(1628, "PartitionIndex", Int32, 0, X),
                    r(1629, "ErrorCode", Int16, 0, X),
                    r(1630, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
                ]),
            ]),
        ]),
    },
    Api {
        key: ApiKey::DELETE_SHARE_GROUP_OFFSETS,
        name: "DeleteShareGroupOffsets",
        versions: (0, 0),
        unstable_version: None,
        broker_listener: true,
        request: Message::new(0, X, &[
            r(1631, "GroupId", Str, 0, X).of(GroupId),
            r(1632, "Topics", Struct, 0, X).array().fields(&[
                r(1633, "TopicName", Str, 0, X).of(TopicName),
            ]),
        ]),
        response: Message::new(0, X, &[
            r(1634, "ThrottleTimeMs", Int32, 0, X),
            r(1635, "ErrorCode", Int16, 0, X),
            r(1636, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
            r(1637, "Responses", Struct, 0, X).array().fields(&[
                r(1638, "TopicName", Str, 0, X).of(TopicName),
                r(1639, "TopicId", Uuid, 0, X),
                r(1640, "ErrorCode", Int16, 0, X),
                r(1641, "ErrorMessage", Str, 0, X).null(0, X).null_default(),
            ]),
        ]),
    },
];

#[cfg(test)]
pub(super) static REQUEST_HEADER: Message = Message::new(2, X, &[
    r(1642, "RequestApiKey", Int16, 0, X),
    r(1643, "RequestApiVersion", Int16, 0, X),
    r(1644, "CorrelationId", Int32, 0, X),
    r(1645, "ClientId", Str, 1, X).null(1, X).flexible(0, -1),
]);

#[cfg(test)]
pub(super) static RESPONSE_HEADER: Message = Message::new(1, X, &[
    r(1646, "CorrelationId", Int32, 0, X),
]);

/// One constant for each place in each message that holds a field.
pub mod field {
    use crate::kafka::FieldId as F;

    pub const PRODUCE_REQUEST_TRANSACTIONAL_ID: F = F(0);
    pub const PRODUCE_REQUEST_ACKS: F = F(1);
    pub const PRODUCE_REQUEST_TIMEOUT_MS: F = F(2);
    pub const PRODUCE_REQUEST_TOPIC_DATA: F = F(3);
    pub const PRODUCE_REQUEST_TOPIC_DATA_NAME: F = F(4);
    pub const PRODUCE_REQUEST_TOPIC_DATA_TOPIC_ID: F = F(5);
    pub const PRODUCE_REQUEST_TOPIC_DATA_PARTITION_DATA: F = F(6);
    pub const PRODUCE_REQUEST_TOPIC_DATA_PARTITION_DATA_INDEX: F = F(7);
    pub const PRODUCE_REQUEST_TOPIC_DATA_PARTITION_DATA_RECORDS: F = F(8);
    pub const PRODUCE_RESPONSE_RESPONSES: F = F(9);
    pub const PRODUCE_RESPONSE_RESPONSES_NAME: F = F(10);
    pub const PRODUCE_RESPONSE_RESPONSES_TOPIC_ID: F = F(11);
    pub const PRODUCE_RESPONSE_RESPONSES_PARTITION_RESPONSES: F = F(12);
    pub const PRODUCE_RESPONSE_RESPONSES_PARTITION_RESPONSES_INDEX: F = F(13);
    pub const PRODUCE_RESPONSE_RESPONSES_PARTITION_RESPONSES_ERROR_CODE: F = F(14);
    pub const PRODUCE_RESPONSE_RESPONSES_PARTITION_RESPONSES_BASE_OFFSET: F = F(15);
    pub const PRODUCE_RESPONSE_RESPONSES_PARTITION_RESPONSES_LOG_APPEND_TIME_MS: F = F(16);
    pub const PRODUCE_RESPONSE_RESPONSES_PARTITION_RESPONSES_LOG_START_OFFSET: F = F(17);
    pub const PRODUCE_RESPONSE_RESPONSES_PARTITION_RESPONSES_RECORD_ERRORS: F = F(18);
    pub const PRODUCE_RESPONSE_RESPONSES_PARTITION_RESPONSES_RECORD_ERRORS_BATCH_INDEX: F = F(19);
    pub const PRODUCE_RESPONSE_RESPONSES_PARTITION_RESPONSES_RECORD_ERRORS_BATCH_INDEX_ERROR_MESSAGE: F = F(20);
    pub const PRODUCE_RESPONSE_RESPONSES_PARTITION_RESPONSES_ERROR_MESSAGE: F = F(21);
    pub const PRODUCE_RESPONSE_RESPONSES_PARTITION_RESPONSES_CURRENT_LEADER: F = F(22);
    pub const PRODUCE_RESPONSE_RESPONSES_PARTITION_RESPONSES_CURRENT_LEADER_LEADER_ID: F = F(23);
    pub const PRODUCE_RESPONSE_RESPONSES_PARTITION_RESPONSES_CURRENT_LEADER_LEADER_EPOCH: F = F(24);
    pub const PRODUCE_RESPONSE_THROTTLE_TIME_MS: F = F(25);
    pub const PRODUCE_RESPONSE_NODE_ENDPOINTS: F = F(26);
    pub const PRODUCE_RESPONSE_NODE_ENDPOINTS_NODE_ID: F = F(27);
    pub const PRODUCE_RESPONSE_NODE_ENDPOINTS_HOST: F = F(28);
    pub const PRODUCE_RESPONSE_NODE_ENDPOINTS_PORT: F = F(29);
    pub const PRODUCE_RESPONSE_NODE_ENDPOINTS_RACK: F = F(30);
    pub const FETCH_REQUEST_CLUSTER_ID: F = F(31);
    pub const FETCH_REQUEST_REPLICA_ID: F = F(32);
    pub const FETCH_REQUEST_REPLICA_STATE: F = F(33);
    pub const FETCH_REQUEST_REPLICA_STATE_REPLICA_ID: F = F(34);
    pub const FETCH_REQUEST_REPLICA_STATE_REPLICA_EPOCH: F = F(35);
    pub const FETCH_REQUEST_MAX_WAIT_MS: F = F(36);
    pub const FETCH_REQUEST_MIN_BYTES: F = F(37);
    pub const FETCH_REQUEST_MAX_BYTES: F = F(38);
    pub const FETCH_REQUEST_ISOLATION_LEVEL: F = F(39);
    pub const FETCH_REQUEST_SESSION_ID: F = F(40);
    pub const FETCH_REQUEST_SESSION_EPOCH: F = F(41);
    pub const FETCH_REQUEST_TOPICS: F = F(42);
    pub const FETCH_REQUEST_TOPICS_TOPIC: F = F(43);
    pub const FETCH_REQUEST_TOPICS_TOPIC_ID: F = F(44);
    pub const FETCH_REQUEST_TOPICS_PARTITIONS: F = F(45);
    pub const FETCH_REQUEST_TOPICS_PARTITIONS_PARTITION: F = F(46);
    pub const FETCH_REQUEST_TOPICS_PARTITIONS_CURRENT_LEADER_EPOCH: F = F(47);
    pub const FETCH_REQUEST_TOPICS_PARTITIONS_FETCH_OFFSET: F = F(48);
    pub const FETCH_REQUEST_TOPICS_PARTITIONS_LAST_FETCHED_EPOCH: F = F(49);
    pub const FETCH_REQUEST_TOPICS_PARTITIONS_LOG_START_OFFSET: F = F(50);
    pub const FETCH_REQUEST_TOPICS_PARTITIONS_PARTITION_MAX_BYTES: F = F(51);
    pub const FETCH_REQUEST_TOPICS_PARTITIONS_REPLICA_DIRECTORY_ID: F = F(52);
    pub const FETCH_REQUEST_TOPICS_PARTITIONS_HIGH_WATERMARK: F = F(53);
    pub const FETCH_REQUEST_FORGOTTEN_TOPICS_DATA: F = F(54);
    pub const FETCH_REQUEST_FORGOTTEN_TOPICS_DATA_TOPIC: F = F(55);
    pub const FETCH_REQUEST_FORGOTTEN_TOPICS_DATA_TOPIC_ID: F = F(56);
    pub const FETCH_REQUEST_FORGOTTEN_TOPICS_DATA_PARTITIONS: F = F(57);
    pub const FETCH_REQUEST_RACK_ID: F = F(58);
    pub const FETCH_RESPONSE_THROTTLE_TIME_MS: F = F(59);
    pub const FETCH_RESPONSE_ERROR_CODE: F = F(60);
    pub const FETCH_RESPONSE_SESSION_ID: F = F(61);
    pub const FETCH_RESPONSE_RESPONSES: F = F(62);
    pub const FETCH_RESPONSE_RESPONSES_TOPIC: F = F(63);
    pub const FETCH_RESPONSE_RESPONSES_TOPIC_ID: F = F(64);
    pub const FETCH_RESPONSE_RESPONSES_PARTITIONS: F = F(65);
    pub const FETCH_RESPONSE_RESPONSES_PARTITIONS_PARTITION_INDEX: F = F(66);
    pub const FETCH_RESPONSE_RESPONSES_PARTITIONS_ERROR_CODE: F = F(67);
    pub const FETCH_RESPONSE_RESPONSES_PARTITIONS_HIGH_WATERMARK: F = F(68);
    pub const FETCH_RESPONSE_RESPONSES_PARTITIONS_LAST_STABLE_OFFSET: F = F(69);
    pub const FETCH_RESPONSE_RESPONSES_PARTITIONS_LOG_START_OFFSET: F = F(70);
    pub const FETCH_RESPONSE_RESPONSES_PARTITIONS_DIVERGING_EPOCH: F = F(71);
    pub const FETCH_RESPONSE_RESPONSES_PARTITIONS_DIVERGING_EPOCH_EPOCH: F = F(72);
    pub const FETCH_RESPONSE_RESPONSES_PARTITIONS_DIVERGING_EPOCH_END_OFFSET: F = F(73);
    pub const FETCH_RESPONSE_RESPONSES_PARTITIONS_CURRENT_LEADER: F = F(74);
    pub const FETCH_RESPONSE_RESPONSES_PARTITIONS_CURRENT_LEADER_LEADER_ID: F = F(75);
    pub const FETCH_RESPONSE_RESPONSES_PARTITIONS_CURRENT_LEADER_LEADER_EPOCH: F = F(76);
    pub const FETCH_RESPONSE_RESPONSES_PARTITIONS_SNAPSHOT_ID: F = F(77);
    pub const FETCH_RESPONSE_RESPONSES_PARTITIONS_SNAPSHOT_ID_END_OFFSET: F = F(78);
    pub const FETCH_RESPONSE_RESPONSES_PARTITIONS_SNAPSHOT_ID_EPOCH: F = F(79);
    pub const FETCH_RESPONSE_RESPONSES_PARTITIONS_ABORTED_TRANSACTIONS: F = F(80);
    pub const FETCH_RESPONSE_RESPONSES_PARTITIONS_ABORTED_TRANSACTIONS_PRODUCER_ID: F = F(81);
    pub const FETCH_RESPONSE_RESPONSES_PARTITIONS_ABORTED_TRANSACTIONS_FIRST_OFFSET: F = F(82);
    pub const FETCH_RESPONSE_RESPONSES_PARTITIONS_PREFERRED_READ_REPLICA: F = F(83);
    pub const FETCH_RESPONSE_RESPONSES_PARTITIONS_RECORDS: F = F(84);
    pub const FETCH_RESPONSE_NODE_ENDPOINTS: F = F(85);
    pub const FETCH_RESPONSE_NODE_ENDPOINTS_NODE_ID: F = F(86);
    pub const FETCH_RESPONSE_NODE_ENDPOINTS_HOST: F = F(87);
    pub const FETCH_RESPONSE_NODE_ENDPOINTS_PORT: F = F(88);
    pub const FETCH_RESPONSE_NODE_ENDPOINTS_RACK: F = F(89);
    pub const LIST_OFFSETS_REQUEST_REPLICA_ID: F = F(90);
    pub const LIST_OFFSETS_REQUEST_ISOLATION_LEVEL: F = F(91);
    pub const LIST_OFFSETS_REQUEST_TOPICS: F = F(92);
    pub const LIST_OFFSETS_REQUEST_TOPICS_NAME: F = F(93);
    pub const LIST_OFFSETS_REQUEST_TOPICS_PARTITIONS: F = F(94);
    pub const LIST_OFFSETS_REQUEST_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(95);
    pub const LIST_OFFSETS_REQUEST_TOPICS_PARTITIONS_CURRENT_LEADER_EPOCH: F = F(96);
    pub const LIST_OFFSETS_REQUEST_TOPICS_PARTITIONS_TIMESTAMP: F = F(97);
    pub const LIST_OFFSETS_REQUEST_TIMEOUT_MS: F = F(98);
    pub const LIST_OFFSETS_RESPONSE_THROTTLE_TIME_MS: F = F(99);
    pub const LIST_OFFSETS_RESPONSE_TOPICS: F = F(100);
    pub const LIST_OFFSETS_RESPONSE_TOPICS_NAME: F = F(101);
    pub const LIST_OFFSETS_RESPONSE_TOPICS_PARTITIONS: F = F(102);
    pub const LIST_OFFSETS_RESPONSE_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(103);
    pub const LIST_OFFSETS_RESPONSE_TOPICS_PARTITIONS_ERROR_CODE: F = F(104);
    pub const LIST_OFFSETS_RESPONSE_TOPICS_PARTITIONS_TIMESTAMP: F = F(105);
    pub const LIST_OFFSETS_RESPONSE_TOPICS_PARTITIONS_OFFSET: F = F(106);
    pub const LIST_OFFSETS_RESPONSE_TOPICS_PARTITIONS_LEADER_EPOCH: F = F(107);
    pub const METADATA_REQUEST_TOPICS: F = F(108);
    pub const METADATA_REQUEST_TOPICS_TOPIC_ID: F = F(109);
    pub const METADATA_REQUEST_TOPICS_NAME: F = F(110);
    pub const METADATA_REQUEST_ALLOW_AUTO_TOPIC_CREATION: F = F(111);
    pub const METADATA_REQUEST_INCLUDE_CLUSTER_AUTHORIZED_OPERATIONS: F = F(112);
    pub const METADATA_REQUEST_INCLUDE_TOPIC_AUTHORIZED_OPERATIONS: F = F(113);
    pub const METADATA_RESPONSE_THROTTLE_TIME_MS: F = F(114);
    pub const METADATA_RESPONSE_BROKERS: F = F(115);
    pub const METADATA_RESPONSE_BROKERS_NODE_ID: F = F(116);
    pub const METADATA_RESPONSE_BROKERS_HOST: F = F(117);
    pub const METADATA_RESPONSE_BROKERS_PORT: F = F(118);
    pub const METADATA_RESPONSE_BROKERS_RACK: F = F(119);
    pub const METADATA_RESPONSE_CLUSTER_ID: F = F(120);
    pub const METADATA_RESPONSE_CONTROLLER_ID: F = F(121);
    pub const METADATA_RESPONSE_TOPICS: F = F(122);
    pub const METADATA_RESPONSE_TOPICS_ERROR_CODE: F = F(123);
    pub const METADATA_RESPONSE_TOPICS_NAME: F = F(124);
    pub const METADATA_RESPONSE_TOPICS_TOPIC_ID: F = F(125);
    pub const METADATA_RESPONSE_TOPICS_IS_INTERNAL: F = F(126);
    pub const METADATA_RESPONSE_TOPICS_PARTITIONS: F = F(127);
    pub const METADATA_RESPONSE_TOPICS_PARTITIONS_ERROR_CODE: F = F(128);
    pub const METADATA_RESPONSE_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(129);
    pub const METADATA_RESPONSE_TOPICS_PARTITIONS_LEADER_ID: F = F(130);
    pub const METADATA_RESPONSE_TOPICS_PARTITIONS_LEADER_EPOCH: F = F(131);
    pub const METADATA_RESPONSE_TOPICS_PARTITIONS_REPLICA_NODES: F = F(132);
    pub const METADATA_RESPONSE_TOPICS_PARTITIONS_ISR_NODES: F = F(133);
    pub const METADATA_RESPONSE_TOPICS_PARTITIONS_OFFLINE_REPLICAS: F = F(134);
    pub const METADATA_RESPONSE_TOPICS_TOPIC_AUTHORIZED_OPERATIONS: F = F(135);
    pub const METADATA_RESPONSE_CLUSTER_AUTHORIZED_OPERATIONS: F = F(136);
    pub const METADATA_RESPONSE_ERROR_CODE: F = F(137);
    pub const OFFSET_COMMIT_REQUEST_GROUP_ID: F = F(138);
    pub const OFFSET_COMMIT_REQUEST_GENERATION_ID_OR_MEMBER_EPOCH: F = F(139);
    pub const OFFSET_COMMIT_REQUEST_MEMBER_ID: F = F(140);
    pub const OFFSET_COMMIT_REQUEST_GROUP_INSTANCE_ID: F = F(141);
    pub const OFFSET_COMMIT_REQUEST_RETENTION_TIME_MS: F = F(142);
    pub const OFFSET_COMMIT_REQUEST_TOPICS: F = F(143);
    pub const OFFSET_COMMIT_REQUEST_TOPICS_NAME: F = F(144);
    pub const OFFSET_COMMIT_REQUEST_TOPICS_TOPIC_ID: F = F(145);
    pub const OFFSET_COMMIT_REQUEST_TOPICS_PARTITIONS: F = F(146);
    pub const OFFSET_COMMIT_REQUEST_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(147);
    pub const OFFSET_COMMIT_REQUEST_TOPICS_PARTITIONS_COMMITTED_OFFSET: F = F(148);
    pub const OFFSET_COMMIT_REQUEST_TOPICS_PARTITIONS_COMMITTED_LEADER_EPOCH: F = F(149);
    pub const OFFSET_COMMIT_REQUEST_TOPICS_PARTITIONS_COMMITTED_METADATA: F = F(150);
    pub const OFFSET_COMMIT_RESPONSE_THROTTLE_TIME_MS: F = F(151);
    pub const OFFSET_COMMIT_RESPONSE_TOPICS: F = F(152);
    pub const OFFSET_COMMIT_RESPONSE_TOPICS_NAME: F = F(153);
    pub const OFFSET_COMMIT_RESPONSE_TOPICS_TOPIC_ID: F = F(154);
    pub const OFFSET_COMMIT_RESPONSE_TOPICS_PARTITIONS: F = F(155);
    pub const OFFSET_COMMIT_RESPONSE_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(156);
    pub const OFFSET_COMMIT_RESPONSE_TOPICS_PARTITIONS_ERROR_CODE: F = F(157);
    pub const OFFSET_FETCH_REQUEST_GROUP_ID: F = F(158);
    pub const OFFSET_FETCH_REQUEST_TOPICS: F = F(159);
    pub const OFFSET_FETCH_REQUEST_TOPICS_NAME: F = F(160);
    pub const OFFSET_FETCH_REQUEST_TOPICS_PARTITION_INDEXES: F = F(161);
    pub const OFFSET_FETCH_REQUEST_GROUPS: F = F(162);
    pub const OFFSET_FETCH_REQUEST_GROUPS_GROUP_ID: F = F(163);
    pub const OFFSET_FETCH_REQUEST_GROUPS_MEMBER_ID: F = F(164);
    pub const OFFSET_FETCH_REQUEST_GROUPS_MEMBER_EPOCH: F = F(165);
    pub const OFFSET_FETCH_REQUEST_GROUPS_TOPICS: F = F(166);
    pub const OFFSET_FETCH_REQUEST_GROUPS_TOPICS_NAME: F = F(167);
    pub const OFFSET_FETCH_REQUEST_GROUPS_TOPICS_TOPIC_ID: F = F(168);
    pub const OFFSET_FETCH_REQUEST_GROUPS_TOPICS_PARTITION_INDEXES: F = F(169);
    pub const OFFSET_FETCH_REQUEST_REQUIRE_STABLE: F = F(170);
    pub const OFFSET_FETCH_RESPONSE_THROTTLE_TIME_MS: F = F(171);
    pub const OFFSET_FETCH_RESPONSE_TOPICS: F = F(172);
    pub const OFFSET_FETCH_RESPONSE_TOPICS_NAME: F = F(173);
    pub const OFFSET_FETCH_RESPONSE_TOPICS_PARTITIONS: F = F(174);
    pub const OFFSET_FETCH_RESPONSE_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(175);
    pub const OFFSET_FETCH_RESPONSE_TOPICS_PARTITIONS_COMMITTED_OFFSET: F = F(176);
    pub const OFFSET_FETCH_RESPONSE_TOPICS_PARTITIONS_COMMITTED_LEADER_EPOCH: F = F(177);
    pub const OFFSET_FETCH_RESPONSE_TOPICS_PARTITIONS_METADATA: F = F(178);
    pub const OFFSET_FETCH_RESPONSE_TOPICS_PARTITIONS_ERROR_CODE: F = F(179);
    pub const OFFSET_FETCH_RESPONSE_ERROR_CODE: F = F(180);
    pub const OFFSET_FETCH_RESPONSE_GROUPS: F = F(181);
    pub const OFFSET_FETCH_RESPONSE_GROUPS_GROUP_ID: F = F(182);
    pub const OFFSET_FETCH_RESPONSE_GROUPS_TOPICS: F = F(183);
    pub const OFFSET_FETCH_RESPONSE_GROUPS_TOPICS_NAME: F = F(184);
    pub const OFFSET_FETCH_RESPONSE_GROUPS_TOPICS_TOPIC_ID: F = F(185);
    pub const OFFSET_FETCH_RESPONSE_GROUPS_TOPICS_PARTITIONS: F = F(186);
    pub const OFFSET_FETCH_RESPONSE_GROUPS_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(187);
    pub const OFFSET_FETCH_RESPONSE_GROUPS_TOPICS_PARTITIONS_COMMITTED_OFFSET: F = F(188);
    pub const OFFSET_FETCH_RESPONSE_GROUPS_TOPICS_PARTITIONS_COMMITTED_LEADER_EPOCH: F = F(189);
    pub const OFFSET_FETCH_RESPONSE_GROUPS_TOPICS_PARTITIONS_METADATA: F = F(190);
    pub const OFFSET_FETCH_RESPONSE_GROUPS_TOPICS_PARTITIONS_ERROR_CODE: F = F(191);
    pub const OFFSET_FETCH_RESPONSE_GROUPS_ERROR_CODE: F = F(192);
    pub const FIND_COORDINATOR_REQUEST_KEY: F = F(193);
    pub const FIND_COORDINATOR_REQUEST_KEY_TYPE: F = F(194);
    pub const FIND_COORDINATOR_REQUEST_COORDINATOR_KEYS: F = F(195);
    pub const FIND_COORDINATOR_RESPONSE_THROTTLE_TIME_MS: F = F(196);
    pub const FIND_COORDINATOR_RESPONSE_ERROR_CODE: F = F(197);
    pub const FIND_COORDINATOR_RESPONSE_ERROR_MESSAGE: F = F(198);
    pub const FIND_COORDINATOR_RESPONSE_NODE_ID: F = F(199);
    pub const FIND_COORDINATOR_RESPONSE_HOST: F = F(200);
    pub const FIND_COORDINATOR_RESPONSE_PORT: F = F(201);
    pub const FIND_COORDINATOR_RESPONSE_COORDINATORS: F = F(202);
    pub const FIND_COORDINATOR_RESPONSE_COORDINATORS_KEY: F = F(203);
    pub const FIND_COORDINATOR_RESPONSE_COORDINATORS_NODE_ID: F = F(204);
    pub const FIND_COORDINATOR_RESPONSE_COORDINATORS_HOST: F = F(205);
    pub const FIND_COORDINATOR_RESPONSE_COORDINATORS_PORT: F = F(206);
    pub const FIND_COORDINATOR_RESPONSE_COORDINATORS_ERROR_CODE: F = F(207);
    pub const FIND_COORDINATOR_RESPONSE_COORDINATORS_ERROR_MESSAGE: F = F(208);
    pub const JOIN_GROUP_REQUEST_GROUP_ID: F = F(209);
    pub const JOIN_GROUP_REQUEST_SESSION_TIMEOUT_MS: F = F(210);
    pub const JOIN_GROUP_REQUEST_REBALANCE_TIMEOUT_MS: F = F(211);
    pub const JOIN_GROUP_REQUEST_MEMBER_ID: F = F(212);
    pub const JOIN_GROUP_REQUEST_GROUP_INSTANCE_ID: F = F(213);
    pub const JOIN_GROUP_REQUEST_PROTOCOL_TYPE: F = F(214);
    pub const JOIN_GROUP_REQUEST_PROTOCOLS: F = F(215);
    pub const JOIN_GROUP_REQUEST_PROTOCOLS_NAME: F = F(216);
    pub const JOIN_GROUP_REQUEST_PROTOCOLS_METADATA: F = F(217);
    pub const JOIN_GROUP_REQUEST_REASON: F = F(218);
    pub const JOIN_GROUP_RESPONSE_THROTTLE_TIME_MS: F = F(219);
    pub const JOIN_GROUP_RESPONSE_ERROR_CODE: F = F(220);
    pub const JOIN_GROUP_RESPONSE_GENERATION_ID: F = F(221);
    pub const JOIN_GROUP_RESPONSE_PROTOCOL_TYPE: F = F(222);
    pub const JOIN_GROUP_RESPONSE_PROTOCOL_NAME: F = F(223);
    pub const JOIN_GROUP_RESPONSE_LEADER: F = F(224);
    pub const JOIN_GROUP_RESPONSE_SKIP_ASSIGNMENT: F = F(225);
    pub const JOIN_GROUP_RESPONSE_MEMBER_ID: F = F(226);
    pub const JOIN_GROUP_RESPONSE_MEMBERS: F = F(227);
    pub const JOIN_GROUP_RESPONSE_MEMBERS_MEMBER_ID: F = F(228);
    pub const JOIN_GROUP_RESPONSE_MEMBERS_GROUP_INSTANCE_ID: F = F(229);
    pub const JOIN_GROUP_RESPONSE_MEMBERS_METADATA: F = F(230);
    pub const HEARTBEAT_REQUEST_GROUP_ID: F = F(231);
    pub const HEARTBEAT_REQUEST_GENERATION_ID: F = F(232);
    pub const HEARTBEAT_REQUEST_MEMBER_ID: F = F(233);
    pub const HEARTBEAT_REQUEST_GROUP_INSTANCE_ID: F = F(234);
    pub const HEARTBEAT_RESPONSE_THROTTLE_TIME_MS: F = F(235);
    pub const HEARTBEAT_RESPONSE_ERROR_CODE: F = F(236);
    pub const LEAVE_GROUP_REQUEST_GROUP_ID: F = F(237);
    pub const LEAVE_GROUP_REQUEST_MEMBER_ID: F = F(238);
    pub const LEAVE_GROUP_REQUEST_MEMBERS: F = F(239);
    pub const LEAVE_GROUP_REQUEST_MEMBERS_MEMBER_ID: F = F(240);
    pub const LEAVE_GROUP_REQUEST_MEMBERS_GROUP_INSTANCE_ID: F = F(241);
    pub const LEAVE_GROUP_REQUEST_MEMBERS_REASON: F = F(242);
    pub const LEAVE_GROUP_RESPONSE_THROTTLE_TIME_MS: F = F(243);
    pub const LEAVE_GROUP_RESPONSE_ERROR_CODE: F = F(244);
    pub const LEAVE_GROUP_RESPONSE_MEMBERS: F = F(245);
    pub const LEAVE_GROUP_RESPONSE_MEMBERS_MEMBER_ID: F = F(246);
    pub const LEAVE_GROUP_RESPONSE_MEMBERS_GROUP_INSTANCE_ID: F = F(247);
    pub const LEAVE_GROUP_RESPONSE_MEMBERS_ERROR_CODE: F = F(248);
    pub const SYNC_GROUP_REQUEST_GROUP_ID: F = F(249);
    pub const SYNC_GROUP_REQUEST_GENERATION_ID: F = F(250);
    pub const SYNC_GROUP_REQUEST_MEMBER_ID: F = F(251);
    pub const SYNC_GROUP_REQUEST_GROUP_INSTANCE_ID: F = F(252);
    pub const SYNC_GROUP_REQUEST_PROTOCOL_TYPE: F = F(253);
    pub const SYNC_GROUP_REQUEST_PROTOCOL_NAME: F = F(254);
    pub const SYNC_GROUP_REQUEST_ASSIGNMENTS: F = F(255);
    pub const SYNC_GROUP_REQUEST_ASSIGNMENTS_MEMBER_ID: F = F(256);
    pub const SYNC_GROUP_REQUEST_ASSIGNMENTS_ASSIGNMENT: F = F(257);
    pub const SYNC_GROUP_RESPONSE_THROTTLE_TIME_MS: F = F(258);
    pub const SYNC_GROUP_RESPONSE_ERROR_CODE: F = F(259);
    pub const SYNC_GROUP_RESPONSE_PROTOCOL_TYPE: F = F(260);
    pub const SYNC_GROUP_RESPONSE_PROTOCOL_NAME: F = F(261);
    pub const SYNC_GROUP_RESPONSE_ASSIGNMENT: F = F(262);
    pub const DESCRIBE_GROUPS_REQUEST_GROUPS: F = F(263);
    pub const DESCRIBE_GROUPS_REQUEST_INCLUDE_AUTHORIZED_OPERATIONS: F = F(264);
    pub const DESCRIBE_GROUPS_RESPONSE_THROTTLE_TIME_MS: F = F(265);
    pub const DESCRIBE_GROUPS_RESPONSE_GROUPS: F = F(266);
    pub const DESCRIBE_GROUPS_RESPONSE_GROUPS_ERROR_CODE: F = F(267);
    pub const DESCRIBE_GROUPS_RESPONSE_GROUPS_ERROR_MESSAGE: F = F(268);
    pub const DESCRIBE_GROUPS_RESPONSE_GROUPS_GROUP_ID: F = F(269);
    pub const DESCRIBE_GROUPS_RESPONSE_GROUPS_GROUP_STATE: F = F(270);
    pub const DESCRIBE_GROUPS_RESPONSE_GROUPS_PROTOCOL_TYPE: F = F(271);
    pub const DESCRIBE_GROUPS_RESPONSE_GROUPS_PROTOCOL_DATA: F = F(272);
    pub const DESCRIBE_GROUPS_RESPONSE_GROUPS_MEMBERS: F = F(273);
    pub const DESCRIBE_GROUPS_RESPONSE_GROUPS_MEMBERS_MEMBER_ID: F = F(274);
    pub const DESCRIBE_GROUPS_RESPONSE_GROUPS_MEMBERS_GROUP_INSTANCE_ID: F = F(275);
    pub const DESCRIBE_GROUPS_RESPONSE_GROUPS_MEMBERS_CLIENT_ID: F = F(276);
    pub const DESCRIBE_GROUPS_RESPONSE_GROUPS_MEMBERS_CLIENT_HOST: F = F(277);
    pub const DESCRIBE_GROUPS_RESPONSE_GROUPS_MEMBERS_MEMBER_METADATA: F = F(278);
    pub const DESCRIBE_GROUPS_RESPONSE_GROUPS_MEMBERS_MEMBER_ASSIGNMENT: F = F(279);
    pub const DESCRIBE_GROUPS_RESPONSE_GROUPS_AUTHORIZED_OPERATIONS: F = F(280);
    pub const LIST_GROUPS_REQUEST_STATES_FILTER: F = F(281);
    pub const LIST_GROUPS_REQUEST_TYPES_FILTER: F = F(282);
    pub const LIST_GROUPS_RESPONSE_THROTTLE_TIME_MS: F = F(283);
    pub const LIST_GROUPS_RESPONSE_ERROR_CODE: F = F(284);
    pub const LIST_GROUPS_RESPONSE_GROUPS: F = F(285);
    pub const LIST_GROUPS_RESPONSE_GROUPS_GROUP_ID: F = F(286);
    pub const LIST_GROUPS_RESPONSE_GROUPS_PROTOCOL_TYPE: F = F(287);
    pub const LIST_GROUPS_RESPONSE_GROUPS_GROUP_STATE: F = F(288);
    pub const LIST_GROUPS_RESPONSE_GROUPS_GROUP_TYPE: F = F(289);
    pub const SASL_HANDSHAKE_REQUEST_MECHANISM: F = F(290);
    pub const SASL_HANDSHAKE_RESPONSE_ERROR_CODE: F = F(291);
    pub const SASL_HANDSHAKE_RESPONSE_MECHANISMS: F = F(292);
    pub const API_VERSIONS_REQUEST_CLIENT_SOFTWARE_NAME: F = F(293);
    pub const API_VERSIONS_REQUEST_CLIENT_SOFTWARE_VERSION: F = F(294);
    pub const API_VERSIONS_RESPONSE_ERROR_CODE: F = F(295);
    pub const API_VERSIONS_RESPONSE_API_KEYS: F = F(296);
    pub const API_VERSIONS_RESPONSE_API_KEYS_API_KEY: F = F(297);
    pub const API_VERSIONS_RESPONSE_API_KEYS_MIN_VERSION: F = F(298);
    pub const API_VERSIONS_RESPONSE_API_KEYS_MAX_VERSION: F = F(299);
    pub const API_VERSIONS_RESPONSE_THROTTLE_TIME_MS: F = F(300);
    pub const API_VERSIONS_RESPONSE_SUPPORTED_FEATURES: F = F(301);
    pub const API_VERSIONS_RESPONSE_SUPPORTED_FEATURES_NAME: F = F(302);
    pub const API_VERSIONS_RESPONSE_SUPPORTED_FEATURES_MIN_VERSION: F = F(303);
    pub const API_VERSIONS_RESPONSE_SUPPORTED_FEATURES_MAX_VERSION: F = F(304);
    pub const API_VERSIONS_RESPONSE_FINALIZED_FEATURES_EPOCH: F = F(305);
    pub const API_VERSIONS_RESPONSE_FINALIZED_FEATURES: F = F(306);
    pub const API_VERSIONS_RESPONSE_FINALIZED_FEATURES_NAME: F = F(307);
    pub const API_VERSIONS_RESPONSE_FINALIZED_FEATURES_MAX_VERSION_LEVEL: F = F(308);
    pub const API_VERSIONS_RESPONSE_FINALIZED_FEATURES_MIN_VERSION_LEVEL: F = F(309);
    pub const API_VERSIONS_RESPONSE_ZK_MIGRATION_READY: F = F(310);
    pub const CREATE_TOPICS_REQUEST_TOPICS: F = F(311);
    pub const CREATE_TOPICS_REQUEST_TOPICS_NAME: F = F(312);
    pub const CREATE_TOPICS_REQUEST_TOPICS_NUM_PARTITIONS: F = F(313);
    pub const CREATE_TOPICS_REQUEST_TOPICS_REPLICATION_FACTOR: F = F(314);
    pub const CREATE_TOPICS_REQUEST_TOPICS_ASSIGNMENTS: F = F(315);
    pub const CREATE_TOPICS_REQUEST_TOPICS_ASSIGNMENTS_PARTITION_INDEX: F = F(316);
    pub const CREATE_TOPICS_REQUEST_TOPICS_ASSIGNMENTS_BROKER_IDS: F = F(317);
    pub const CREATE_TOPICS_REQUEST_TOPICS_CONFIGS: F = F(318);
    pub const CREATE_TOPICS_REQUEST_TOPICS_CONFIGS_NAME: F = F(319);
    pub const CREATE_TOPICS_REQUEST_TOPICS_CONFIGS_VALUE: F = F(320);
    pub const CREATE_TOPICS_REQUEST_TIMEOUT_MS: F = F(321);
    pub const CREATE_TOPICS_REQUEST_VALIDATE_ONLY: F = F(322);
    pub const CREATE_TOPICS_RESPONSE_THROTTLE_TIME_MS: F = F(323);
    pub const CREATE_TOPICS_RESPONSE_TOPICS: F = F(324);
    pub const CREATE_TOPICS_RESPONSE_TOPICS_NAME: F = F(325);
    pub const CREATE_TOPICS_RESPONSE_TOPICS_TOPIC_ID: F = F(326);
    pub const CREATE_TOPICS_RESPONSE_TOPICS_ERROR_CODE: F = F(327);
    pub const CREATE_TOPICS_RESPONSE_TOPICS_ERROR_MESSAGE: F = F(328);
    pub const CREATE_TOPICS_RESPONSE_TOPICS_TOPIC_CONFIG_ERROR_CODE: F = F(329);
    pub const CREATE_TOPICS_RESPONSE_TOPICS_NUM_PARTITIONS: F = F(330);
    pub const CREATE_TOPICS_RESPONSE_TOPICS_REPLICATION_FACTOR: F = F(331);
    pub const CREATE_TOPICS_RESPONSE_TOPICS_CONFIGS: F = F(332);
    pub const CREATE_TOPICS_RESPONSE_TOPICS_CONFIGS_NAME: F = F(333);
    pub const CREATE_TOPICS_RESPONSE_TOPICS_CONFIGS_VALUE: F = F(334);
    pub const CREATE_TOPICS_RESPONSE_TOPICS_CONFIGS_READ_ONLY: F = F(335);
    pub const CREATE_TOPICS_RESPONSE_TOPICS_CONFIGS_CONFIG_SOURCE: F = F(336);
    pub const CREATE_TOPICS_RESPONSE_TOPICS_CONFIGS_IS_SENSITIVE: F = F(337);
    pub const DELETE_TOPICS_REQUEST_TOPICS: F = F(338);
    pub const DELETE_TOPICS_REQUEST_TOPICS_NAME: F = F(339);
    pub const DELETE_TOPICS_REQUEST_TOPICS_TOPIC_ID: F = F(340);
    pub const DELETE_TOPICS_REQUEST_TOPIC_NAMES: F = F(341);
    pub const DELETE_TOPICS_REQUEST_TIMEOUT_MS: F = F(342);
    pub const DELETE_TOPICS_RESPONSE_THROTTLE_TIME_MS: F = F(343);
    pub const DELETE_TOPICS_RESPONSE_RESPONSES: F = F(344);
    pub const DELETE_TOPICS_RESPONSE_RESPONSES_NAME: F = F(345);
    pub const DELETE_TOPICS_RESPONSE_RESPONSES_TOPIC_ID: F = F(346);
    pub const DELETE_TOPICS_RESPONSE_RESPONSES_ERROR_CODE: F = F(347);
    pub const DELETE_TOPICS_RESPONSE_RESPONSES_ERROR_MESSAGE: F = F(348);
    pub const DELETE_RECORDS_REQUEST_TOPICS: F = F(349);
    pub const DELETE_RECORDS_REQUEST_TOPICS_NAME: F = F(350);
    pub const DELETE_RECORDS_REQUEST_TOPICS_PARTITIONS: F = F(351);
    pub const DELETE_RECORDS_REQUEST_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(352);
    pub const DELETE_RECORDS_REQUEST_TOPICS_PARTITIONS_OFFSET: F = F(353);
    pub const DELETE_RECORDS_REQUEST_TIMEOUT_MS: F = F(354);
    pub const DELETE_RECORDS_RESPONSE_THROTTLE_TIME_MS: F = F(355);
    pub const DELETE_RECORDS_RESPONSE_TOPICS: F = F(356);
    pub const DELETE_RECORDS_RESPONSE_TOPICS_NAME: F = F(357);
    pub const DELETE_RECORDS_RESPONSE_TOPICS_PARTITIONS: F = F(358);
    pub const DELETE_RECORDS_RESPONSE_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(359);
    pub const DELETE_RECORDS_RESPONSE_TOPICS_PARTITIONS_LOW_WATERMARK: F = F(360);
    pub const DELETE_RECORDS_RESPONSE_TOPICS_PARTITIONS_ERROR_CODE: F = F(361);
    pub const INIT_PRODUCER_ID_REQUEST_TRANSACTIONAL_ID: F = F(362);
    pub const INIT_PRODUCER_ID_REQUEST_TRANSACTION_TIMEOUT_MS: F = F(363);
    pub const INIT_PRODUCER_ID_REQUEST_PRODUCER_ID: F = F(364);
    pub const INIT_PRODUCER_ID_REQUEST_PRODUCER_EPOCH: F = F(365);
    pub const INIT_PRODUCER_ID_REQUEST_ENABLE2_PC: F = F(366);
    pub const INIT_PRODUCER_ID_REQUEST_KEEP_PREPARED_TXN: F = F(367);
    pub const INIT_PRODUCER_ID_RESPONSE_THROTTLE_TIME_MS: F = F(368);
    pub const INIT_PRODUCER_ID_RESPONSE_ERROR_CODE: F = F(369);
    pub const INIT_PRODUCER_ID_RESPONSE_PRODUCER_ID: F = F(370);
    pub const INIT_PRODUCER_ID_RESPONSE_PRODUCER_EPOCH: F = F(371);
    pub const INIT_PRODUCER_ID_RESPONSE_ONGOING_TXN_PRODUCER_ID: F = F(372);
    pub const INIT_PRODUCER_ID_RESPONSE_ONGOING_TXN_PRODUCER_EPOCH: F = F(373);
    pub const OFFSET_FOR_LEADER_EPOCH_REQUEST_REPLICA_ID: F = F(374);
    pub const OFFSET_FOR_LEADER_EPOCH_REQUEST_TOPICS: F = F(375);
    pub const OFFSET_FOR_LEADER_EPOCH_REQUEST_TOPICS_TOPIC: F = F(376);
    pub const OFFSET_FOR_LEADER_EPOCH_REQUEST_TOPICS_PARTITIONS: F = F(377);
    pub const OFFSET_FOR_LEADER_EPOCH_REQUEST_TOPICS_PARTITIONS_PARTITION: F = F(378);
    pub const OFFSET_FOR_LEADER_EPOCH_REQUEST_TOPICS_PARTITIONS_CURRENT_LEADER_EPOCH: F = F(379);
    pub const OFFSET_FOR_LEADER_EPOCH_REQUEST_TOPICS_PARTITIONS_LEADER_EPOCH: F = F(380);
    pub const OFFSET_FOR_LEADER_EPOCH_RESPONSE_THROTTLE_TIME_MS: F = F(381);
    pub const OFFSET_FOR_LEADER_EPOCH_RESPONSE_TOPICS: F = F(382);
    pub const OFFSET_FOR_LEADER_EPOCH_RESPONSE_TOPICS_TOPIC: F = F(383);
    pub const OFFSET_FOR_LEADER_EPOCH_RESPONSE_TOPICS_PARTITIONS: F = F(384);
    pub const OFFSET_FOR_LEADER_EPOCH_RESPONSE_TOPICS_PARTITIONS_ERROR_CODE: F = F(385);
    pub const OFFSET_FOR_LEADER_EPOCH_RESPONSE_TOPICS_PARTITIONS_PARTITION: F = F(386);
    pub const OFFSET_FOR_LEADER_EPOCH_RESPONSE_TOPICS_PARTITIONS_LEADER_EPOCH: F = F(387);
    pub const OFFSET_FOR_LEADER_EPOCH_RESPONSE_TOPICS_PARTITIONS_END_OFFSET: F = F(388);
    pub const ADD_PARTITIONS_TO_TXN_REQUEST_TRANSACTIONS: F = F(389);
    pub const ADD_PARTITIONS_TO_TXN_REQUEST_TRANSACTIONS_TRANSACTIONAL_ID: F = F(390);
    pub const ADD_PARTITIONS_TO_TXN_REQUEST_TRANSACTIONS_PRODUCER_ID: F = F(391);
    pub const ADD_PARTITIONS_TO_TXN_REQUEST_TRANSACTIONS_PRODUCER_EPOCH: F = F(392);
    pub const ADD_PARTITIONS_TO_TXN_REQUEST_TRANSACTIONS_VERIFY_ONLY: F = F(393);
    pub const ADD_PARTITIONS_TO_TXN_REQUEST_TRANSACTIONS_TOPICS: F = F(394);
    pub const ADD_PARTITIONS_TO_TXN_REQUEST_TRANSACTIONS_TOPICS_NAME: F = F(395);
    pub const ADD_PARTITIONS_TO_TXN_REQUEST_TRANSACTIONS_TOPICS_PARTITIONS: F = F(396);
    pub const ADD_PARTITIONS_TO_TXN_REQUEST_V3_AND_BELOW_TRANSACTIONAL_ID: F = F(397);
    pub const ADD_PARTITIONS_TO_TXN_REQUEST_V3_AND_BELOW_PRODUCER_ID: F = F(398);
    pub const ADD_PARTITIONS_TO_TXN_REQUEST_V3_AND_BELOW_PRODUCER_EPOCH: F = F(399);
    pub const ADD_PARTITIONS_TO_TXN_REQUEST_V3_AND_BELOW_TOPICS: F = F(400);
    pub const ADD_PARTITIONS_TO_TXN_REQUEST_V3_AND_BELOW_TOPICS_NAME: F = F(401);
    pub const ADD_PARTITIONS_TO_TXN_REQUEST_V3_AND_BELOW_TOPICS_PARTITIONS: F = F(402);
    pub const ADD_PARTITIONS_TO_TXN_RESPONSE_THROTTLE_TIME_MS: F = F(403);
    pub const ADD_PARTITIONS_TO_TXN_RESPONSE_ERROR_CODE: F = F(404);
    pub const ADD_PARTITIONS_TO_TXN_RESPONSE_RESULTS_BY_TRANSACTION: F = F(405);
    pub const ADD_PARTITIONS_TO_TXN_RESPONSE_RESULTS_BY_TRANSACTION_TRANSACTIONAL_ID: F = F(406);
    pub const ADD_PARTITIONS_TO_TXN_RESPONSE_RESULTS_BY_TRANSACTION_TOPIC_RESULTS: F = F(407);
    pub const ADD_PARTITIONS_TO_TXN_RESPONSE_RESULTS_BY_TRANSACTION_TOPIC_RESULTS_NAME: F = F(408);
    pub const ADD_PARTITIONS_TO_TXN_RESPONSE_RESULTS_BY_TRANSACTION_TOPIC_RESULTS_RESULTS_BY_PARTITION: F = F(409);
    pub const ADD_PARTITIONS_TO_TXN_RESPONSE_RESULTS_BY_TRANSACTION_TOPIC_RESULTS_RESULTS_BY_PARTITION_PARTITION_INDEX: F = F(410);
    pub const ADD_PARTITIONS_TO_TXN_RESPONSE_RESULTS_BY_TRANSACTION_TOPIC_RESULTS_RESULTS_BY_PARTITION_PARTITION_ERROR_CODE: F = F(411);
    pub const ADD_PARTITIONS_TO_TXN_RESPONSE_RESULTS_BY_TOPIC_V3_AND_BELOW: F = F(412);
    pub const ADD_PARTITIONS_TO_TXN_RESPONSE_RESULTS_BY_TOPIC_V3_AND_BELOW_NAME: F = F(413);
    pub const ADD_PARTITIONS_TO_TXN_RESPONSE_RESULTS_BY_TOPIC_V3_AND_BELOW_RESULTS_BY_PARTITION: F = F(414);
    pub const ADD_PARTITIONS_TO_TXN_RESPONSE_RESULTS_BY_TOPIC_V3_AND_BELOW_RESULTS_BY_PARTITION_PARTITION_INDEX: F = F(415);
    pub const ADD_PARTITIONS_TO_TXN_RESPONSE_RESULTS_BY_TOPIC_V3_AND_BELOW_RESULTS_BY_PARTITION_PARTITION_ERROR_CODE: F = F(416);
    pub const ADD_OFFSETS_TO_TXN_REQUEST_TRANSACTIONAL_ID: F = F(417);
    pub const ADD_OFFSETS_TO_TXN_REQUEST_PRODUCER_ID: F = F(418);
    pub const ADD_OFFSETS_TO_TXN_REQUEST_PRODUCER_EPOCH: F = F(419);
    pub const ADD_OFFSETS_TO_TXN_REQUEST_GROUP_ID: F = F(420);
    pub const ADD_OFFSETS_TO_TXN_RESPONSE_THROTTLE_TIME_MS: F = F(421);
    pub const ADD_OFFSETS_TO_TXN_RESPONSE_ERROR_CODE: F = F(422);
    pub const END_TXN_REQUEST_TRANSACTIONAL_ID: F = F(423);
    pub const END_TXN_REQUEST_PRODUCER_ID: F = F(424);
    pub const END_TXN_REQUEST_PRODUCER_EPOCH: F = F(425);
    pub const END_TXN_REQUEST_COMMITTED: F = F(426);
    pub const END_TXN_RESPONSE_THROTTLE_TIME_MS: F = F(427);
    pub const END_TXN_RESPONSE_ERROR_CODE: F = F(428);
    pub const END_TXN_RESPONSE_PRODUCER_ID: F = F(429);
    pub const END_TXN_RESPONSE_PRODUCER_EPOCH: F = F(430);
    pub const WRITE_TXN_MARKERS_REQUEST_MARKERS: F = F(431);
    pub const WRITE_TXN_MARKERS_REQUEST_MARKERS_PRODUCER_ID: F = F(432);
    pub const WRITE_TXN_MARKERS_REQUEST_MARKERS_PRODUCER_EPOCH: F = F(433);
    pub const WRITE_TXN_MARKERS_REQUEST_MARKERS_TRANSACTION_RESULT: F = F(434);
    pub const WRITE_TXN_MARKERS_REQUEST_MARKERS_TOPICS: F = F(435);
    pub const WRITE_TXN_MARKERS_REQUEST_MARKERS_TOPICS_NAME: F = F(436);
    pub const WRITE_TXN_MARKERS_REQUEST_MARKERS_TOPICS_PARTITION_INDEXES: F = F(437);
    pub const WRITE_TXN_MARKERS_REQUEST_MARKERS_COORDINATOR_EPOCH: F = F(438);
    pub const WRITE_TXN_MARKERS_REQUEST_MARKERS_TRANSACTION_VERSION: F = F(439);
    pub const WRITE_TXN_MARKERS_RESPONSE_MARKERS: F = F(440);
    pub const WRITE_TXN_MARKERS_RESPONSE_MARKERS_PRODUCER_ID: F = F(441);
    pub const WRITE_TXN_MARKERS_RESPONSE_MARKERS_TOPICS: F = F(442);
    pub const WRITE_TXN_MARKERS_RESPONSE_MARKERS_TOPICS_NAME: F = F(443);
    pub const WRITE_TXN_MARKERS_RESPONSE_MARKERS_TOPICS_PARTITIONS: F = F(444);
    pub const WRITE_TXN_MARKERS_RESPONSE_MARKERS_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(445);
    pub const WRITE_TXN_MARKERS_RESPONSE_MARKERS_TOPICS_PARTITIONS_ERROR_CODE: F = F(446);
    pub const TXN_OFFSET_COMMIT_REQUEST_TRANSACTIONAL_ID: F = F(447);
    pub const TXN_OFFSET_COMMIT_REQUEST_GROUP_ID: F = F(448);
    pub const TXN_OFFSET_COMMIT_REQUEST_PRODUCER_ID: F = F(449);
    pub const TXN_OFFSET_COMMIT_REQUEST_PRODUCER_EPOCH: F = F(450);
    pub const TXN_OFFSET_COMMIT_REQUEST_GENERATION_ID: F = F(451);
    pub const TXN_OFFSET_COMMIT_REQUEST_MEMBER_ID: F = F(452);
    pub const TXN_OFFSET_COMMIT_REQUEST_GROUP_INSTANCE_ID: F = F(453);
    pub const TXN_OFFSET_COMMIT_REQUEST_TOPICS: F = F(454);
    pub const TXN_OFFSET_COMMIT_REQUEST_TOPICS_NAME: F = F(455);
    pub const TXN_OFFSET_COMMIT_REQUEST_TOPICS_PARTITIONS: F = F(456);
    pub const TXN_OFFSET_COMMIT_REQUEST_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(457);
    pub const TXN_OFFSET_COMMIT_REQUEST_TOPICS_PARTITIONS_COMMITTED_OFFSET: F = F(458);
    pub const TXN_OFFSET_COMMIT_REQUEST_TOPICS_PARTITIONS_COMMITTED_LEADER_EPOCH: F = F(459);
    pub const TXN_OFFSET_COMMIT_REQUEST_TOPICS_PARTITIONS_COMMITTED_METADATA: F = F(460);
    pub const TXN_OFFSET_COMMIT_RESPONSE_THROTTLE_TIME_MS: F = F(461);
    pub const TXN_OFFSET_COMMIT_RESPONSE_TOPICS: F = F(462);
    pub const TXN_OFFSET_COMMIT_RESPONSE_TOPICS_NAME: F = F(463);
    pub const TXN_OFFSET_COMMIT_RESPONSE_TOPICS_PARTITIONS: F = F(464);
    pub const TXN_OFFSET_COMMIT_RESPONSE_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(465);
    pub const TXN_OFFSET_COMMIT_RESPONSE_TOPICS_PARTITIONS_ERROR_CODE: F = F(466);
    pub const DESCRIBE_ACLS_REQUEST_RESOURCE_TYPE_FILTER: F = F(467);
    pub const DESCRIBE_ACLS_REQUEST_RESOURCE_NAME_FILTER: F = F(468);
    pub const DESCRIBE_ACLS_REQUEST_PATTERN_TYPE_FILTER: F = F(469);
    pub const DESCRIBE_ACLS_REQUEST_PRINCIPAL_FILTER: F = F(470);
    pub const DESCRIBE_ACLS_REQUEST_HOST_FILTER: F = F(471);
    pub const DESCRIBE_ACLS_REQUEST_OPERATION: F = F(472);
    pub const DESCRIBE_ACLS_REQUEST_PERMISSION_TYPE: F = F(473);
    pub const DESCRIBE_ACLS_RESPONSE_THROTTLE_TIME_MS: F = F(474);
    pub const DESCRIBE_ACLS_RESPONSE_ERROR_CODE: F = F(475);
    pub const DESCRIBE_ACLS_RESPONSE_ERROR_MESSAGE: F = F(476);
    pub const DESCRIBE_ACLS_RESPONSE_RESOURCES: F = F(477);
    pub const DESCRIBE_ACLS_RESPONSE_RESOURCES_RESOURCE_TYPE: F = F(478);
    pub const DESCRIBE_ACLS_RESPONSE_RESOURCES_RESOURCE_NAME: F = F(479);
    pub const DESCRIBE_ACLS_RESPONSE_RESOURCES_PATTERN_TYPE: F = F(480);
    pub const DESCRIBE_ACLS_RESPONSE_RESOURCES_ACLS: F = F(481);
    pub const DESCRIBE_ACLS_RESPONSE_RESOURCES_ACLS_PRINCIPAL: F = F(482);
    pub const DESCRIBE_ACLS_RESPONSE_RESOURCES_ACLS_HOST: F = F(483);
    pub const DESCRIBE_ACLS_RESPONSE_RESOURCES_ACLS_OPERATION: F = F(484);
    pub const DESCRIBE_ACLS_RESPONSE_RESOURCES_ACLS_PERMISSION_TYPE: F = F(485);
    pub const CREATE_ACLS_REQUEST_CREATIONS: F = F(486);
    pub const CREATE_ACLS_REQUEST_CREATIONS_RESOURCE_TYPE: F = F(487);
    pub const CREATE_ACLS_REQUEST_CREATIONS_RESOURCE_NAME: F = F(488);
    pub const CREATE_ACLS_REQUEST_CREATIONS_RESOURCE_PATTERN_TYPE: F = F(489);
    pub const CREATE_ACLS_REQUEST_CREATIONS_PRINCIPAL: F = F(490);
    pub const CREATE_ACLS_REQUEST_CREATIONS_HOST: F = F(491);
    pub const CREATE_ACLS_REQUEST_CREATIONS_OPERATION: F = F(492);
    pub const CREATE_ACLS_REQUEST_CREATIONS_PERMISSION_TYPE: F = F(493);
    pub const CREATE_ACLS_RESPONSE_THROTTLE_TIME_MS: F = F(494);
    pub const CREATE_ACLS_RESPONSE_RESULTS: F = F(495);
    pub const CREATE_ACLS_RESPONSE_RESULTS_ERROR_CODE: F = F(496);
    pub const CREATE_ACLS_RESPONSE_RESULTS_ERROR_MESSAGE: F = F(497);
    pub const DELETE_ACLS_REQUEST_FILTERS: F = F(498);
    pub const DELETE_ACLS_REQUEST_FILTERS_RESOURCE_TYPE_FILTER: F = F(499);
    pub const DELETE_ACLS_REQUEST_FILTERS_RESOURCE_NAME_FILTER: F = F(500);
    pub const DELETE_ACLS_REQUEST_FILTERS_PATTERN_TYPE_FILTER: F = F(501);
    pub const DELETE_ACLS_REQUEST_FILTERS_PRINCIPAL_FILTER: F = F(502);
    pub const DELETE_ACLS_REQUEST_FILTERS_HOST_FILTER: F = F(503);
    pub const DELETE_ACLS_REQUEST_FILTERS_OPERATION: F = F(504);
    pub const DELETE_ACLS_REQUEST_FILTERS_PERMISSION_TYPE: F = F(505);
    pub const DELETE_ACLS_RESPONSE_THROTTLE_TIME_MS: F = F(506);
    pub const DELETE_ACLS_RESPONSE_FILTER_RESULTS: F = F(507);
    pub const DELETE_ACLS_RESPONSE_FILTER_RESULTS_ERROR_CODE: F = F(508);
    pub const DELETE_ACLS_RESPONSE_FILTER_RESULTS_ERROR_MESSAGE: F = F(509);
    pub const DELETE_ACLS_RESPONSE_FILTER_RESULTS_MATCHING_ACLS: F = F(510);
    pub const DELETE_ACLS_RESPONSE_FILTER_RESULTS_MATCHING_ACLS_ERROR_CODE: F = F(511);
    pub const DELETE_ACLS_RESPONSE_FILTER_RESULTS_MATCHING_ACLS_ERROR_MESSAGE: F = F(512);
    pub const DELETE_ACLS_RESPONSE_FILTER_RESULTS_MATCHING_ACLS_RESOURCE_TYPE: F = F(513);
    pub const DELETE_ACLS_RESPONSE_FILTER_RESULTS_MATCHING_ACLS_RESOURCE_NAME: F = F(514);
    pub const DELETE_ACLS_RESPONSE_FILTER_RESULTS_MATCHING_ACLS_PATTERN_TYPE: F = F(515);
    pub const DELETE_ACLS_RESPONSE_FILTER_RESULTS_MATCHING_ACLS_PRINCIPAL: F = F(516);
    pub const DELETE_ACLS_RESPONSE_FILTER_RESULTS_MATCHING_ACLS_HOST: F = F(517);
    pub const DELETE_ACLS_RESPONSE_FILTER_RESULTS_MATCHING_ACLS_OPERATION: F = F(518);
    pub const DELETE_ACLS_RESPONSE_FILTER_RESULTS_MATCHING_ACLS_PERMISSION_TYPE: F = F(519);
    pub const DESCRIBE_CONFIGS_REQUEST_RESOURCES: F = F(520);
    pub const DESCRIBE_CONFIGS_REQUEST_RESOURCES_RESOURCE_TYPE: F = F(521);
    pub const DESCRIBE_CONFIGS_REQUEST_RESOURCES_RESOURCE_NAME: F = F(522);
    pub const DESCRIBE_CONFIGS_REQUEST_RESOURCES_CONFIGURATION_KEYS: F = F(523);
    pub const DESCRIBE_CONFIGS_REQUEST_INCLUDE_SYNONYMS: F = F(524);
    pub const DESCRIBE_CONFIGS_REQUEST_INCLUDE_DOCUMENTATION: F = F(525);
    pub const DESCRIBE_CONFIGS_RESPONSE_THROTTLE_TIME_MS: F = F(526);
    pub const DESCRIBE_CONFIGS_RESPONSE_RESULTS: F = F(527);
    pub const DESCRIBE_CONFIGS_RESPONSE_RESULTS_ERROR_CODE: F = F(528);
    pub const DESCRIBE_CONFIGS_RESPONSE_RESULTS_ERROR_MESSAGE: F = F(529);
    pub const DESCRIBE_CONFIGS_RESPONSE_RESULTS_RESOURCE_TYPE: F = F(530);
    pub const DESCRIBE_CONFIGS_RESPONSE_RESULTS_RESOURCE_NAME: F = F(531);
    pub const DESCRIBE_CONFIGS_RESPONSE_RESULTS_CONFIGS: F = F(532);
    pub const DESCRIBE_CONFIGS_RESPONSE_RESULTS_CONFIGS_NAME: F = F(533);
    pub const DESCRIBE_CONFIGS_RESPONSE_RESULTS_CONFIGS_VALUE: F = F(534);
    pub const DESCRIBE_CONFIGS_RESPONSE_RESULTS_CONFIGS_READ_ONLY: F = F(535);
    pub const DESCRIBE_CONFIGS_RESPONSE_RESULTS_CONFIGS_CONFIG_SOURCE: F = F(536);
    pub const DESCRIBE_CONFIGS_RESPONSE_RESULTS_CONFIGS_IS_SENSITIVE: F = F(537);
    pub const DESCRIBE_CONFIGS_RESPONSE_RESULTS_CONFIGS_SYNONYMS: F = F(538);
    pub const DESCRIBE_CONFIGS_RESPONSE_RESULTS_CONFIGS_SYNONYMS_NAME: F = F(539);
    pub const DESCRIBE_CONFIGS_RESPONSE_RESULTS_CONFIGS_SYNONYMS_VALUE: F = F(540);
    pub const DESCRIBE_CONFIGS_RESPONSE_RESULTS_CONFIGS_SYNONYMS_SOURCE: F = F(541);
    pub const DESCRIBE_CONFIGS_RESPONSE_RESULTS_CONFIGS_CONFIG_TYPE: F = F(542);
    pub const DESCRIBE_CONFIGS_RESPONSE_RESULTS_CONFIGS_DOCUMENTATION: F = F(543);
    pub const ALTER_CONFIGS_REQUEST_RESOURCES: F = F(544);
    pub const ALTER_CONFIGS_REQUEST_RESOURCES_RESOURCE_TYPE: F = F(545);
    pub const ALTER_CONFIGS_REQUEST_RESOURCES_RESOURCE_NAME: F = F(546);
    pub const ALTER_CONFIGS_REQUEST_RESOURCES_CONFIGS: F = F(547);
    pub const ALTER_CONFIGS_REQUEST_RESOURCES_CONFIGS_NAME: F = F(548);
    pub const ALTER_CONFIGS_REQUEST_RESOURCES_CONFIGS_VALUE: F = F(549);
    pub const ALTER_CONFIGS_REQUEST_VALIDATE_ONLY: F = F(550);
    pub const ALTER_CONFIGS_RESPONSE_THROTTLE_TIME_MS: F = F(551);
    pub const ALTER_CONFIGS_RESPONSE_RESPONSES: F = F(552);
    pub const ALTER_CONFIGS_RESPONSE_RESPONSES_ERROR_CODE: F = F(553);
    pub const ALTER_CONFIGS_RESPONSE_RESPONSES_ERROR_MESSAGE: F = F(554);
    pub const ALTER_CONFIGS_RESPONSE_RESPONSES_RESOURCE_TYPE: F = F(555);
    pub const ALTER_CONFIGS_RESPONSE_RESPONSES_RESOURCE_NAME: F = F(556);
    pub const ALTER_REPLICA_LOG_DIRS_REQUEST_DIRS: F = F(557);
    pub const ALTER_REPLICA_LOG_DIRS_REQUEST_DIRS_PATH: F = F(558);
    pub const ALTER_REPLICA_LOG_DIRS_REQUEST_DIRS_TOPICS: F = F(559);
    pub const ALTER_REPLICA_LOG_DIRS_REQUEST_DIRS_TOPICS_NAME: F = F(560);
    pub const ALTER_REPLICA_LOG_DIRS_REQUEST_DIRS_TOPICS_PARTITIONS: F = F(561);
    pub const ALTER_REPLICA_LOG_DIRS_RESPONSE_THROTTLE_TIME_MS: F = F(562);
    pub const ALTER_REPLICA_LOG_DIRS_RESPONSE_RESULTS: F = F(563);
    pub const ALTER_REPLICA_LOG_DIRS_RESPONSE_RESULTS_TOPIC_NAME: F = F(564);
    pub const ALTER_REPLICA_LOG_DIRS_RESPONSE_RESULTS_PARTITIONS: F = F(565);
    pub const ALTER_REPLICA_LOG_DIRS_RESPONSE_RESULTS_PARTITIONS_PARTITION_INDEX: F = F(566);
    pub const ALTER_REPLICA_LOG_DIRS_RESPONSE_RESULTS_PARTITIONS_ERROR_CODE: F = F(567);
    pub const DESCRIBE_LOG_DIRS_REQUEST_TOPICS: F = F(568);
    pub const DESCRIBE_LOG_DIRS_REQUEST_TOPICS_TOPIC: F = F(569);
    pub const DESCRIBE_LOG_DIRS_REQUEST_TOPICS_PARTITIONS: F = F(570);
    pub const DESCRIBE_LOG_DIRS_RESPONSE_THROTTLE_TIME_MS: F = F(571);
    pub const DESCRIBE_LOG_DIRS_RESPONSE_ERROR_CODE: F = F(572);
    pub const DESCRIBE_LOG_DIRS_RESPONSE_RESULTS: F = F(573);
    pub const DESCRIBE_LOG_DIRS_RESPONSE_RESULTS_ERROR_CODE: F = F(574);
    pub const DESCRIBE_LOG_DIRS_RESPONSE_RESULTS_LOG_DIR: F = F(575);
    pub const DESCRIBE_LOG_DIRS_RESPONSE_RESULTS_TOPICS: F = F(576);
    pub const DESCRIBE_LOG_DIRS_RESPONSE_RESULTS_TOPICS_NAME: F = F(577);
    pub const DESCRIBE_LOG_DIRS_RESPONSE_RESULTS_TOPICS_PARTITIONS: F = F(578);
    pub const DESCRIBE_LOG_DIRS_RESPONSE_RESULTS_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(579);
    pub const DESCRIBE_LOG_DIRS_RESPONSE_RESULTS_TOPICS_PARTITIONS_PARTITION_SIZE: F = F(580);
    pub const DESCRIBE_LOG_DIRS_RESPONSE_RESULTS_TOPICS_PARTITIONS_OFFSET_LAG: F = F(581);
    pub const DESCRIBE_LOG_DIRS_RESPONSE_RESULTS_TOPICS_PARTITIONS_IS_FUTURE_KEY: F = F(582);
    pub const DESCRIBE_LOG_DIRS_RESPONSE_RESULTS_TOTAL_BYTES: F = F(583);
    pub const DESCRIBE_LOG_DIRS_RESPONSE_RESULTS_USABLE_BYTES: F = F(584);
    pub const DESCRIBE_LOG_DIRS_RESPONSE_RESULTS_IS_CORDONED: F = F(585);
    pub const SASL_AUTHENTICATE_REQUEST_AUTH_BYTES: F = F(586);
    pub const SASL_AUTHENTICATE_RESPONSE_ERROR_CODE: F = F(587);
    pub const SASL_AUTHENTICATE_RESPONSE_ERROR_MESSAGE: F = F(588);
    pub const SASL_AUTHENTICATE_RESPONSE_AUTH_BYTES: F = F(589);
    pub const SASL_AUTHENTICATE_RESPONSE_SESSION_LIFETIME_MS: F = F(590);
    pub const CREATE_PARTITIONS_REQUEST_TOPICS: F = F(591);
    pub const CREATE_PARTITIONS_REQUEST_TOPICS_NAME: F = F(592);
    pub const CREATE_PARTITIONS_REQUEST_TOPICS_COUNT: F = F(593);
    pub const CREATE_PARTITIONS_REQUEST_TOPICS_ASSIGNMENTS: F = F(594);
    pub const CREATE_PARTITIONS_REQUEST_TOPICS_ASSIGNMENTS_BROKER_IDS: F = F(595);
    pub const CREATE_PARTITIONS_REQUEST_TIMEOUT_MS: F = F(596);
    pub const CREATE_PARTITIONS_REQUEST_VALIDATE_ONLY: F = F(597);
    pub const CREATE_PARTITIONS_RESPONSE_THROTTLE_TIME_MS: F = F(598);
    pub const CREATE_PARTITIONS_RESPONSE_RESULTS: F = F(599);
    pub const CREATE_PARTITIONS_RESPONSE_RESULTS_NAME: F = F(600);
    pub const CREATE_PARTITIONS_RESPONSE_RESULTS_ERROR_CODE: F = F(601);
    pub const CREATE_PARTITIONS_RESPONSE_RESULTS_ERROR_MESSAGE: F = F(602);
    pub const CREATE_DELEGATION_TOKEN_REQUEST_OWNER_PRINCIPAL_TYPE: F = F(603);
    pub const CREATE_DELEGATION_TOKEN_REQUEST_OWNER_PRINCIPAL_NAME: F = F(604);
    pub const CREATE_DELEGATION_TOKEN_REQUEST_RENEWERS: F = F(605);
    pub const CREATE_DELEGATION_TOKEN_REQUEST_RENEWERS_PRINCIPAL_TYPE: F = F(606);
    pub const CREATE_DELEGATION_TOKEN_REQUEST_RENEWERS_PRINCIPAL_NAME: F = F(607);
    pub const CREATE_DELEGATION_TOKEN_REQUEST_MAX_LIFETIME_MS: F = F(608);
    pub const CREATE_DELEGATION_TOKEN_RESPONSE_ERROR_CODE: F = F(609);
    pub const CREATE_DELEGATION_TOKEN_RESPONSE_PRINCIPAL_TYPE: F = F(610);
    pub const CREATE_DELEGATION_TOKEN_RESPONSE_PRINCIPAL_NAME: F = F(611);
    pub const CREATE_DELEGATION_TOKEN_RESPONSE_TOKEN_REQUESTER_PRINCIPAL_TYPE: F = F(612);
    pub const CREATE_DELEGATION_TOKEN_RESPONSE_TOKEN_REQUESTER_PRINCIPAL_NAME: F = F(613);
    pub const CREATE_DELEGATION_TOKEN_RESPONSE_ISSUE_TIMESTAMP_MS: F = F(614);
    pub const CREATE_DELEGATION_TOKEN_RESPONSE_EXPIRY_TIMESTAMP_MS: F = F(615);
    pub const CREATE_DELEGATION_TOKEN_RESPONSE_MAX_TIMESTAMP_MS: F = F(616);
    pub const CREATE_DELEGATION_TOKEN_RESPONSE_TOKEN_ID: F = F(617);
    pub const CREATE_DELEGATION_TOKEN_RESPONSE_HMAC: F = F(618);
    pub const CREATE_DELEGATION_TOKEN_RESPONSE_THROTTLE_TIME_MS: F = F(619);
    pub const RENEW_DELEGATION_TOKEN_REQUEST_HMAC: F = F(620);
    pub const RENEW_DELEGATION_TOKEN_REQUEST_RENEW_PERIOD_MS: F = F(621);
    pub const RENEW_DELEGATION_TOKEN_RESPONSE_ERROR_CODE: F = F(622);
    pub const RENEW_DELEGATION_TOKEN_RESPONSE_EXPIRY_TIMESTAMP_MS: F = F(623);
    pub const RENEW_DELEGATION_TOKEN_RESPONSE_THROTTLE_TIME_MS: F = F(624);
    pub const EXPIRE_DELEGATION_TOKEN_REQUEST_HMAC: F = F(625);
    pub const EXPIRE_DELEGATION_TOKEN_REQUEST_EXPIRY_TIME_PERIOD_MS: F = F(626);
    pub const EXPIRE_DELEGATION_TOKEN_RESPONSE_ERROR_CODE: F = F(627);
    pub const EXPIRE_DELEGATION_TOKEN_RESPONSE_EXPIRY_TIMESTAMP_MS: F = F(628);
    pub const EXPIRE_DELEGATION_TOKEN_RESPONSE_THROTTLE_TIME_MS: F = F(629);
    pub const DESCRIBE_DELEGATION_TOKEN_REQUEST_OWNERS: F = F(630);
    pub const DESCRIBE_DELEGATION_TOKEN_REQUEST_OWNERS_PRINCIPAL_TYPE: F = F(631);
    pub const DESCRIBE_DELEGATION_TOKEN_REQUEST_OWNERS_PRINCIPAL_NAME: F = F(632);
    pub const DESCRIBE_DELEGATION_TOKEN_RESPONSE_ERROR_CODE: F = F(633);
    pub const DESCRIBE_DELEGATION_TOKEN_RESPONSE_TOKENS: F = F(634);
    pub const DESCRIBE_DELEGATION_TOKEN_RESPONSE_TOKENS_PRINCIPAL_TYPE: F = F(635);
    pub const DESCRIBE_DELEGATION_TOKEN_RESPONSE_TOKENS_PRINCIPAL_NAME: F = F(636);
    pub const DESCRIBE_DELEGATION_TOKEN_RESPONSE_TOKENS_TOKEN_REQUESTER_PRINCIPAL_TYPE: F = F(637);
    pub const DESCRIBE_DELEGATION_TOKEN_RESPONSE_TOKENS_TOKEN_REQUESTER_PRINCIPAL_NAME: F = F(638);
    pub const DESCRIBE_DELEGATION_TOKEN_RESPONSE_TOKENS_ISSUE_TIMESTAMP: F = F(639);
    pub const DESCRIBE_DELEGATION_TOKEN_RESPONSE_TOKENS_EXPIRY_TIMESTAMP: F = F(640);
    pub const DESCRIBE_DELEGATION_TOKEN_RESPONSE_TOKENS_MAX_TIMESTAMP: F = F(641);
    pub const DESCRIBE_DELEGATION_TOKEN_RESPONSE_TOKENS_TOKEN_ID: F = F(642);
    pub const DESCRIBE_DELEGATION_TOKEN_RESPONSE_TOKENS_HMAC: F = F(643);
    pub const DESCRIBE_DELEGATION_TOKEN_RESPONSE_TOKENS_RENEWERS: F = F(644);
    pub const DESCRIBE_DELEGATION_TOKEN_RESPONSE_TOKENS_RENEWERS_PRINCIPAL_TYPE: F = F(645);
    pub const DESCRIBE_DELEGATION_TOKEN_RESPONSE_TOKENS_RENEWERS_PRINCIPAL_NAME: F = F(646);
    pub const DESCRIBE_DELEGATION_TOKEN_RESPONSE_THROTTLE_TIME_MS: F = F(647);
    pub const DELETE_GROUPS_REQUEST_GROUPS_NAMES: F = F(648);
    pub const DELETE_GROUPS_RESPONSE_THROTTLE_TIME_MS: F = F(649);
    pub const DELETE_GROUPS_RESPONSE_RESULTS: F = F(650);
    pub const DELETE_GROUPS_RESPONSE_RESULTS_GROUP_ID: F = F(651);
    pub const DELETE_GROUPS_RESPONSE_RESULTS_ERROR_CODE: F = F(652);
    pub const ELECT_LEADERS_REQUEST_ELECTION_TYPE: F = F(653);
    pub const ELECT_LEADERS_REQUEST_TOPIC_PARTITIONS: F = F(654);
    pub const ELECT_LEADERS_REQUEST_TOPIC_PARTITIONS_TOPIC: F = F(655);
    pub const ELECT_LEADERS_REQUEST_TOPIC_PARTITIONS_PARTITIONS: F = F(656);
    pub const ELECT_LEADERS_REQUEST_TIMEOUT_MS: F = F(657);
    pub const ELECT_LEADERS_RESPONSE_THROTTLE_TIME_MS: F = F(658);
    pub const ELECT_LEADERS_RESPONSE_ERROR_CODE: F = F(659);
    pub const ELECT_LEADERS_RESPONSE_REPLICA_ELECTION_RESULTS: F = F(660);
    pub const ELECT_LEADERS_RESPONSE_REPLICA_ELECTION_RESULTS_TOPIC: F = F(661);
    pub const ELECT_LEADERS_RESPONSE_REPLICA_ELECTION_RESULTS_PARTITION_RESULT: F = F(662);
    pub const ELECT_LEADERS_RESPONSE_REPLICA_ELECTION_RESULTS_PARTITION_RESULT_PARTITION_ID: F = F(663);
    pub const ELECT_LEADERS_RESPONSE_REPLICA_ELECTION_RESULTS_PARTITION_RESULT_ERROR_CODE: F = F(664);
    pub const ELECT_LEADERS_RESPONSE_REPLICA_ELECTION_RESULTS_PARTITION_RESULT_ERROR_MESSAGE: F = F(665);
    pub const INCREMENTAL_ALTER_CONFIGS_REQUEST_RESOURCES: F = F(666);
    pub const INCREMENTAL_ALTER_CONFIGS_REQUEST_RESOURCES_RESOURCE_TYPE: F = F(667);
    pub const INCREMENTAL_ALTER_CONFIGS_REQUEST_RESOURCES_RESOURCE_NAME: F = F(668);
    pub const INCREMENTAL_ALTER_CONFIGS_REQUEST_RESOURCES_CONFIGS: F = F(669);
    pub const INCREMENTAL_ALTER_CONFIGS_REQUEST_RESOURCES_CONFIGS_NAME: F = F(670);
    pub const INCREMENTAL_ALTER_CONFIGS_REQUEST_RESOURCES_CONFIGS_CONFIG_OPERATION: F = F(671);
    pub const INCREMENTAL_ALTER_CONFIGS_REQUEST_RESOURCES_CONFIGS_VALUE: F = F(672);
    pub const INCREMENTAL_ALTER_CONFIGS_REQUEST_VALIDATE_ONLY: F = F(673);
    pub const INCREMENTAL_ALTER_CONFIGS_RESPONSE_THROTTLE_TIME_MS: F = F(674);
    pub const INCREMENTAL_ALTER_CONFIGS_RESPONSE_RESPONSES: F = F(675);
    pub const INCREMENTAL_ALTER_CONFIGS_RESPONSE_RESPONSES_ERROR_CODE: F = F(676);
    pub const INCREMENTAL_ALTER_CONFIGS_RESPONSE_RESPONSES_ERROR_MESSAGE: F = F(677);
    pub const INCREMENTAL_ALTER_CONFIGS_RESPONSE_RESPONSES_RESOURCE_TYPE: F = F(678);
    pub const INCREMENTAL_ALTER_CONFIGS_RESPONSE_RESPONSES_RESOURCE_NAME: F = F(679);
    pub const ALTER_PARTITION_REASSIGNMENTS_REQUEST_TIMEOUT_MS: F = F(680);
    pub const ALTER_PARTITION_REASSIGNMENTS_REQUEST_ALLOW_REPLICATION_FACTOR_CHANGE: F = F(681);
    pub const ALTER_PARTITION_REASSIGNMENTS_REQUEST_TOPICS: F = F(682);
    pub const ALTER_PARTITION_REASSIGNMENTS_REQUEST_TOPICS_NAME: F = F(683);
    pub const ALTER_PARTITION_REASSIGNMENTS_REQUEST_TOPICS_PARTITIONS: F = F(684);
    pub const ALTER_PARTITION_REASSIGNMENTS_REQUEST_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(685);
    pub const ALTER_PARTITION_REASSIGNMENTS_REQUEST_TOPICS_PARTITIONS_REPLICAS: F = F(686);
    pub const ALTER_PARTITION_REASSIGNMENTS_RESPONSE_THROTTLE_TIME_MS: F = F(687);
    pub const ALTER_PARTITION_REASSIGNMENTS_RESPONSE_ALLOW_REPLICATION_FACTOR_CHANGE: F = F(688);
    pub const ALTER_PARTITION_REASSIGNMENTS_RESPONSE_ERROR_CODE: F = F(689);
    pub const ALTER_PARTITION_REASSIGNMENTS_RESPONSE_ERROR_MESSAGE: F = F(690);
    pub const ALTER_PARTITION_REASSIGNMENTS_RESPONSE_RESPONSES: F = F(691);
    pub const ALTER_PARTITION_REASSIGNMENTS_RESPONSE_RESPONSES_NAME: F = F(692);
    pub const ALTER_PARTITION_REASSIGNMENTS_RESPONSE_RESPONSES_PARTITIONS: F = F(693);
    pub const ALTER_PARTITION_REASSIGNMENTS_RESPONSE_RESPONSES_PARTITIONS_PARTITION_INDEX: F = F(694);
    pub const ALTER_PARTITION_REASSIGNMENTS_RESPONSE_RESPONSES_PARTITIONS_ERROR_CODE: F = F(695);
    pub const ALTER_PARTITION_REASSIGNMENTS_RESPONSE_RESPONSES_PARTITIONS_ERROR_MESSAGE: F = F(696);
    pub const LIST_PARTITION_REASSIGNMENTS_REQUEST_TIMEOUT_MS: F = F(697);
    pub const LIST_PARTITION_REASSIGNMENTS_REQUEST_TOPICS: F = F(698);
    pub const LIST_PARTITION_REASSIGNMENTS_REQUEST_TOPICS_NAME: F = F(699);
    pub const LIST_PARTITION_REASSIGNMENTS_REQUEST_TOPICS_PARTITION_INDEXES: F = F(700);
    pub const LIST_PARTITION_REASSIGNMENTS_RESPONSE_THROTTLE_TIME_MS: F = F(701);
    pub const LIST_PARTITION_REASSIGNMENTS_RESPONSE_ERROR_CODE: F = F(702);
    pub const LIST_PARTITION_REASSIGNMENTS_RESPONSE_ERROR_MESSAGE: F = F(703);
    pub const LIST_PARTITION_REASSIGNMENTS_RESPONSE_TOPICS: F = F(704);
    pub const LIST_PARTITION_REASSIGNMENTS_RESPONSE_TOPICS_NAME: F = F(705);
    pub const LIST_PARTITION_REASSIGNMENTS_RESPONSE_TOPICS_PARTITIONS: F = F(706);
    pub const LIST_PARTITION_REASSIGNMENTS_RESPONSE_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(707);
    pub const LIST_PARTITION_REASSIGNMENTS_RESPONSE_TOPICS_PARTITIONS_REPLICAS: F = F(708);
    pub const LIST_PARTITION_REASSIGNMENTS_RESPONSE_TOPICS_PARTITIONS_ADDING_REPLICAS: F = F(709);
    pub const LIST_PARTITION_REASSIGNMENTS_RESPONSE_TOPICS_PARTITIONS_REMOVING_REPLICAS: F = F(710);
    pub const OFFSET_DELETE_REQUEST_GROUP_ID: F = F(711);
    pub const OFFSET_DELETE_REQUEST_TOPICS: F = F(712);
    pub const OFFSET_DELETE_REQUEST_TOPICS_NAME: F = F(713);
    pub const OFFSET_DELETE_REQUEST_TOPICS_PARTITIONS: F = F(714);
    pub const OFFSET_DELETE_REQUEST_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(715);
    pub const OFFSET_DELETE_RESPONSE_ERROR_CODE: F = F(716);
    pub const OFFSET_DELETE_RESPONSE_THROTTLE_TIME_MS: F = F(717);
    pub const OFFSET_DELETE_RESPONSE_TOPICS: F = F(718);
    pub const OFFSET_DELETE_RESPONSE_TOPICS_NAME: F = F(719);
    pub const OFFSET_DELETE_RESPONSE_TOPICS_PARTITIONS: F = F(720);
    pub const OFFSET_DELETE_RESPONSE_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(721);
    pub const OFFSET_DELETE_RESPONSE_TOPICS_PARTITIONS_ERROR_CODE: F = F(722);
    pub const DESCRIBE_CLIENT_QUOTAS_REQUEST_COMPONENTS: F = F(723);
    pub const DESCRIBE_CLIENT_QUOTAS_REQUEST_COMPONENTS_ENTITY_TYPE: F = F(724);
    pub const DESCRIBE_CLIENT_QUOTAS_REQUEST_COMPONENTS_MATCH_TYPE: F = F(725);
    pub const DESCRIBE_CLIENT_QUOTAS_REQUEST_COMPONENTS_MATCH: F = F(726);
    pub const DESCRIBE_CLIENT_QUOTAS_REQUEST_STRICT: F = F(727);
    pub const DESCRIBE_CLIENT_QUOTAS_RESPONSE_THROTTLE_TIME_MS: F = F(728);
    pub const DESCRIBE_CLIENT_QUOTAS_RESPONSE_ERROR_CODE: F = F(729);
    pub const DESCRIBE_CLIENT_QUOTAS_RESPONSE_ERROR_MESSAGE: F = F(730);
    pub const DESCRIBE_CLIENT_QUOTAS_RESPONSE_ENTRIES: F = F(731);
    pub const DESCRIBE_CLIENT_QUOTAS_RESPONSE_ENTRIES_ENTITY: F = F(732);
    pub const DESCRIBE_CLIENT_QUOTAS_RESPONSE_ENTRIES_ENTITY_ENTITY_TYPE: F = F(733);
    pub const DESCRIBE_CLIENT_QUOTAS_RESPONSE_ENTRIES_ENTITY_ENTITY_NAME: F = F(734);
    pub const DESCRIBE_CLIENT_QUOTAS_RESPONSE_ENTRIES_VALUES: F = F(735);
    pub const DESCRIBE_CLIENT_QUOTAS_RESPONSE_ENTRIES_VALUES_KEY: F = F(736);
    pub const DESCRIBE_CLIENT_QUOTAS_RESPONSE_ENTRIES_VALUES_VALUE: F = F(737);
    pub const ALTER_CLIENT_QUOTAS_REQUEST_ENTRIES: F = F(738);
    pub const ALTER_CLIENT_QUOTAS_REQUEST_ENTRIES_ENTITY: F = F(739);
    pub const ALTER_CLIENT_QUOTAS_REQUEST_ENTRIES_ENTITY_ENTITY_TYPE: F = F(740);
    pub const ALTER_CLIENT_QUOTAS_REQUEST_ENTRIES_ENTITY_ENTITY_NAME: F = F(741);
    pub const ALTER_CLIENT_QUOTAS_REQUEST_ENTRIES_OPS: F = F(742);
    pub const ALTER_CLIENT_QUOTAS_REQUEST_ENTRIES_OPS_KEY: F = F(743);
    pub const ALTER_CLIENT_QUOTAS_REQUEST_ENTRIES_OPS_VALUE: F = F(744);
    pub const ALTER_CLIENT_QUOTAS_REQUEST_ENTRIES_OPS_REMOVE: F = F(745);
    pub const ALTER_CLIENT_QUOTAS_REQUEST_VALIDATE_ONLY: F = F(746);
    pub const ALTER_CLIENT_QUOTAS_RESPONSE_THROTTLE_TIME_MS: F = F(747);
    pub const ALTER_CLIENT_QUOTAS_RESPONSE_ENTRIES: F = F(748);
    pub const ALTER_CLIENT_QUOTAS_RESPONSE_ENTRIES_ERROR_CODE: F = F(749);
    pub const ALTER_CLIENT_QUOTAS_RESPONSE_ENTRIES_ERROR_MESSAGE: F = F(750);
    pub const ALTER_CLIENT_QUOTAS_RESPONSE_ENTRIES_ENTITY: F = F(751);
    pub const ALTER_CLIENT_QUOTAS_RESPONSE_ENTRIES_ENTITY_ENTITY_TYPE: F = F(752);
    pub const ALTER_CLIENT_QUOTAS_RESPONSE_ENTRIES_ENTITY_ENTITY_NAME: F = F(753);
    pub const DESCRIBE_USER_SCRAM_CREDENTIALS_REQUEST_USERS: F = F(754);
    pub const DESCRIBE_USER_SCRAM_CREDENTIALS_REQUEST_USERS_NAME: F = F(755);
    pub const DESCRIBE_USER_SCRAM_CREDENTIALS_RESPONSE_THROTTLE_TIME_MS: F = F(756);
    pub const DESCRIBE_USER_SCRAM_CREDENTIALS_RESPONSE_ERROR_CODE: F = F(757);
    pub const DESCRIBE_USER_SCRAM_CREDENTIALS_RESPONSE_ERROR_MESSAGE: F = F(758);
    pub const DESCRIBE_USER_SCRAM_CREDENTIALS_RESPONSE_RESULTS: F = F(759);
    pub const DESCRIBE_USER_SCRAM_CREDENTIALS_RESPONSE_RESULTS_USER: F = F(760);
    pub const DESCRIBE_USER_SCRAM_CREDENTIALS_RESPONSE_RESULTS_ERROR_CODE: F = F(761);
    pub const DESCRIBE_USER_SCRAM_CREDENTIALS_RESPONSE_RESULTS_ERROR_MESSAGE: F = F(762);
    pub const DESCRIBE_USER_SCRAM_CREDENTIALS_RESPONSE_RESULTS_CREDENTIAL_INFOS: F = F(763);
    pub const DESCRIBE_USER_SCRAM_CREDENTIALS_RESPONSE_RESULTS_CREDENTIAL_INFOS_MECHANISM: F = F(764);
    pub const DESCRIBE_USER_SCRAM_CREDENTIALS_RESPONSE_RESULTS_CREDENTIAL_INFOS_ITERATIONS: F = F(765);
    pub const ALTER_USER_SCRAM_CREDENTIALS_REQUEST_DELETIONS: F = F(766);
    pub const ALTER_USER_SCRAM_CREDENTIALS_REQUEST_DELETIONS_NAME: F = F(767);
    pub const ALTER_USER_SCRAM_CREDENTIALS_REQUEST_DELETIONS_MECHANISM: F = F(768);
    pub const ALTER_USER_SCRAM_CREDENTIALS_REQUEST_UPSERTIONS: F = F(769);
    pub const ALTER_USER_SCRAM_CREDENTIALS_REQUEST_UPSERTIONS_NAME: F = F(770);
    pub const ALTER_USER_SCRAM_CREDENTIALS_REQUEST_UPSERTIONS_MECHANISM: F = F(771);
    pub const ALTER_USER_SCRAM_CREDENTIALS_REQUEST_UPSERTIONS_ITERATIONS: F = F(772);
    pub const ALTER_USER_SCRAM_CREDENTIALS_REQUEST_UPSERTIONS_SALT: F = F(773);
    pub const ALTER_USER_SCRAM_CREDENTIALS_REQUEST_UPSERTIONS_SALTED_PASSWORD: F = F(774);
    pub const ALTER_USER_SCRAM_CREDENTIALS_RESPONSE_THROTTLE_TIME_MS: F = F(775);
    pub const ALTER_USER_SCRAM_CREDENTIALS_RESPONSE_RESULTS: F = F(776);
    pub const ALTER_USER_SCRAM_CREDENTIALS_RESPONSE_RESULTS_USER: F = F(777);
    pub const ALTER_USER_SCRAM_CREDENTIALS_RESPONSE_RESULTS_ERROR_CODE: F = F(778);
    pub const ALTER_USER_SCRAM_CREDENTIALS_RESPONSE_RESULTS_ERROR_MESSAGE: F = F(779);
    pub const VOTE_REQUEST_CLUSTER_ID: F = F(780);
    pub const VOTE_REQUEST_VOTER_ID: F = F(781);
    pub const VOTE_REQUEST_TOPICS: F = F(782);
    pub const VOTE_REQUEST_TOPICS_TOPIC_NAME: F = F(783);
    pub const VOTE_REQUEST_TOPICS_PARTITIONS: F = F(784);
    pub const VOTE_REQUEST_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(785);
    pub const VOTE_REQUEST_TOPICS_PARTITIONS_REPLICA_EPOCH: F = F(786);
    pub const VOTE_REQUEST_TOPICS_PARTITIONS_REPLICA_ID: F = F(787);
    pub const VOTE_REQUEST_TOPICS_PARTITIONS_REPLICA_DIRECTORY_ID: F = F(788);
    pub const VOTE_REQUEST_TOPICS_PARTITIONS_VOTER_DIRECTORY_ID: F = F(789);
    pub const VOTE_REQUEST_TOPICS_PARTITIONS_LAST_OFFSET_EPOCH: F = F(790);
    pub const VOTE_REQUEST_TOPICS_PARTITIONS_LAST_OFFSET: F = F(791);
    pub const VOTE_REQUEST_TOPICS_PARTITIONS_PRE_VOTE: F = F(792);
    pub const VOTE_RESPONSE_ERROR_CODE: F = F(793);
    pub const VOTE_RESPONSE_TOPICS: F = F(794);
    pub const VOTE_RESPONSE_TOPICS_TOPIC_NAME: F = F(795);
    pub const VOTE_RESPONSE_TOPICS_PARTITIONS: F = F(796);
    pub const VOTE_RESPONSE_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(797);
    pub const VOTE_RESPONSE_TOPICS_PARTITIONS_ERROR_CODE: F = F(798);
    pub const VOTE_RESPONSE_TOPICS_PARTITIONS_LEADER_ID: F = F(799);
    pub const VOTE_RESPONSE_TOPICS_PARTITIONS_LEADER_EPOCH: F = F(800);
    pub const VOTE_RESPONSE_TOPICS_PARTITIONS_VOTE_GRANTED: F = F(801);
    pub const VOTE_RESPONSE_NODE_ENDPOINTS: F = F(802);
    pub const VOTE_RESPONSE_NODE_ENDPOINTS_NODE_ID: F = F(803);
    pub const VOTE_RESPONSE_NODE_ENDPOINTS_HOST: F = F(804);
    pub const VOTE_RESPONSE_NODE_ENDPOINTS_PORT: F = F(805);
    pub const BEGIN_QUORUM_EPOCH_REQUEST_CLUSTER_ID: F = F(806);
    pub const BEGIN_QUORUM_EPOCH_REQUEST_VOTER_ID: F = F(807);
    pub const BEGIN_QUORUM_EPOCH_REQUEST_TOPICS: F = F(808);
    pub const BEGIN_QUORUM_EPOCH_REQUEST_TOPICS_TOPIC_NAME: F = F(809);
    pub const BEGIN_QUORUM_EPOCH_REQUEST_TOPICS_PARTITIONS: F = F(810);
    pub const BEGIN_QUORUM_EPOCH_REQUEST_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(811);
    pub const BEGIN_QUORUM_EPOCH_REQUEST_TOPICS_PARTITIONS_VOTER_DIRECTORY_ID: F = F(812);
    pub const BEGIN_QUORUM_EPOCH_REQUEST_TOPICS_PARTITIONS_LEADER_ID: F = F(813);
    pub const BEGIN_QUORUM_EPOCH_REQUEST_TOPICS_PARTITIONS_LEADER_EPOCH: F = F(814);
    pub const BEGIN_QUORUM_EPOCH_REQUEST_LEADER_ENDPOINTS: F = F(815);
    pub const BEGIN_QUORUM_EPOCH_REQUEST_LEADER_ENDPOINTS_NAME: F = F(816);
    pub const BEGIN_QUORUM_EPOCH_REQUEST_LEADER_ENDPOINTS_HOST: F = F(817);
    pub const BEGIN_QUORUM_EPOCH_REQUEST_LEADER_ENDPOINTS_PORT: F = F(818);
    pub const BEGIN_QUORUM_EPOCH_RESPONSE_ERROR_CODE: F = F(819);
    pub const BEGIN_QUORUM_EPOCH_RESPONSE_TOPICS: F = F(820);
    pub const BEGIN_QUORUM_EPOCH_RESPONSE_TOPICS_TOPIC_NAME: F = F(821);
    pub const BEGIN_QUORUM_EPOCH_RESPONSE_TOPICS_PARTITIONS: F = F(822);
    pub const BEGIN_QUORUM_EPOCH_RESPONSE_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(823);
    pub const BEGIN_QUORUM_EPOCH_RESPONSE_TOPICS_PARTITIONS_ERROR_CODE: F = F(824);
    pub const BEGIN_QUORUM_EPOCH_RESPONSE_TOPICS_PARTITIONS_LEADER_ID: F = F(825);
    pub const BEGIN_QUORUM_EPOCH_RESPONSE_TOPICS_PARTITIONS_LEADER_EPOCH: F = F(826);
    pub const BEGIN_QUORUM_EPOCH_RESPONSE_NODE_ENDPOINTS: F = F(827);
    pub const BEGIN_QUORUM_EPOCH_RESPONSE_NODE_ENDPOINTS_NODE_ID: F = F(828);
    pub const BEGIN_QUORUM_EPOCH_RESPONSE_NODE_ENDPOINTS_HOST: F = F(829);
    pub const BEGIN_QUORUM_EPOCH_RESPONSE_NODE_ENDPOINTS_PORT: F = F(830);
    pub const END_QUORUM_EPOCH_REQUEST_CLUSTER_ID: F = F(831);
    pub const END_QUORUM_EPOCH_REQUEST_TOPICS: F = F(832);
    pub const END_QUORUM_EPOCH_REQUEST_TOPICS_TOPIC_NAME: F = F(833);
    pub const END_QUORUM_EPOCH_REQUEST_TOPICS_PARTITIONS: F = F(834);
    pub const END_QUORUM_EPOCH_REQUEST_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(835);
    pub const END_QUORUM_EPOCH_REQUEST_TOPICS_PARTITIONS_LEADER_ID: F = F(836);
    pub const END_QUORUM_EPOCH_REQUEST_TOPICS_PARTITIONS_LEADER_EPOCH: F = F(837);
    pub const END_QUORUM_EPOCH_REQUEST_TOPICS_PARTITIONS_PREFERRED_SUCCESSORS: F = F(838);
    pub const END_QUORUM_EPOCH_REQUEST_TOPICS_PARTITIONS_PREFERRED_CANDIDATES: F = F(839);
    pub const END_QUORUM_EPOCH_REQUEST_TOPICS_PARTITIONS_PREFERRED_CANDIDATES_CANDIDATE_ID: F = F(840);
    pub const END_QUORUM_EPOCH_REQUEST_TOPICS_PARTITIONS_PREFERRED_CANDIDATES_CANDIDATE_DIRECTORY_ID: F = F(841);
    pub const END_QUORUM_EPOCH_REQUEST_LEADER_ENDPOINTS: F = F(842);
    pub const END_QUORUM_EPOCH_REQUEST_LEADER_ENDPOINTS_NAME: F = F(843);
    pub const END_QUORUM_EPOCH_REQUEST_LEADER_ENDPOINTS_HOST: F = F(844);
    pub const END_QUORUM_EPOCH_REQUEST_LEADER_ENDPOINTS_PORT: F = F(845);
    pub const END_QUORUM_EPOCH_RESPONSE_ERROR_CODE: F = F(846);
    pub const END_QUORUM_EPOCH_RESPONSE_TOPICS: F = F(847);
    pub const END_QUORUM_EPOCH_RESPONSE_TOPICS_TOPIC_NAME: F = F(848);
    pub const END_QUORUM_EPOCH_RESPONSE_TOPICS_PARTITIONS: F = F(849);
    pub const END_QUORUM_EPOCH_RESPONSE_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(850);
    pub const END_QUORUM_EPOCH_RESPONSE_TOPICS_PARTITIONS_ERROR_CODE: F = F(851);
    pub const END_QUORUM_EPOCH_RESPONSE_TOPICS_PARTITIONS_LEADER_ID: F = F(852);
    pub const END_QUORUM_EPOCH_RESPONSE_TOPICS_PARTITIONS_LEADER_EPOCH: F = F(853);
    pub const END_QUORUM_EPOCH_RESPONSE_NODE_ENDPOINTS: F = F(854);
    pub const END_QUORUM_EPOCH_RESPONSE_NODE_ENDPOINTS_NODE_ID: F = F(855);
    pub const END_QUORUM_EPOCH_RESPONSE_NODE_ENDPOINTS_HOST: F = F(856);
    pub const END_QUORUM_EPOCH_RESPONSE_NODE_ENDPOINTS_PORT: F = F(857);
    pub const DESCRIBE_QUORUM_REQUEST_TOPICS: F = F(858);
    pub const DESCRIBE_QUORUM_REQUEST_TOPICS_TOPIC_NAME: F = F(859);
    pub const DESCRIBE_QUORUM_REQUEST_TOPICS_PARTITIONS: F = F(860);
    pub const DESCRIBE_QUORUM_REQUEST_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(861);
    pub const DESCRIBE_QUORUM_RESPONSE_ERROR_CODE: F = F(862);
    pub const DESCRIBE_QUORUM_RESPONSE_ERROR_MESSAGE: F = F(863);
    pub const DESCRIBE_QUORUM_RESPONSE_TOPICS: F = F(864);
    pub const DESCRIBE_QUORUM_RESPONSE_TOPICS_TOPIC_NAME: F = F(865);
    pub const DESCRIBE_QUORUM_RESPONSE_TOPICS_PARTITIONS: F = F(866);
    pub const DESCRIBE_QUORUM_RESPONSE_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(867);
    pub const DESCRIBE_QUORUM_RESPONSE_TOPICS_PARTITIONS_ERROR_CODE: F = F(868);
    pub const DESCRIBE_QUORUM_RESPONSE_TOPICS_PARTITIONS_ERROR_MESSAGE: F = F(869);
    pub const DESCRIBE_QUORUM_RESPONSE_TOPICS_PARTITIONS_LEADER_ID: F = F(870);
    pub const DESCRIBE_QUORUM_RESPONSE_TOPICS_PARTITIONS_LEADER_EPOCH: F = F(871);
    pub const DESCRIBE_QUORUM_RESPONSE_TOPICS_PARTITIONS_HIGH_WATERMARK: F = F(872);
    pub const DESCRIBE_QUORUM_RESPONSE_TOPICS_PARTITIONS_CURRENT_VOTERS: F = F(873);
    pub const DESCRIBE_QUORUM_RESPONSE_TOPICS_PARTITIONS_CURRENT_VOTERS_REPLICA_ID: F = F(874);
    pub const DESCRIBE_QUORUM_RESPONSE_TOPICS_PARTITIONS_CURRENT_VOTERS_REPLICA_DIRECTORY_ID: F = F(875);
    pub const DESCRIBE_QUORUM_RESPONSE_TOPICS_PARTITIONS_CURRENT_VOTERS_LOG_END_OFFSET: F = F(876);
    pub const DESCRIBE_QUORUM_RESPONSE_TOPICS_PARTITIONS_CURRENT_VOTERS_LAST_FETCH_TIMESTAMP: F = F(877);
    pub const DESCRIBE_QUORUM_RESPONSE_TOPICS_PARTITIONS_CURRENT_VOTERS_LAST_CAUGHT_UP_TIMESTAMP: F = F(878);
    pub const DESCRIBE_QUORUM_RESPONSE_TOPICS_PARTITIONS_OBSERVERS: F = F(879);
    pub const DESCRIBE_QUORUM_RESPONSE_TOPICS_PARTITIONS_OBSERVERS_REPLICA_ID: F = F(880);
    pub const DESCRIBE_QUORUM_RESPONSE_TOPICS_PARTITIONS_OBSERVERS_REPLICA_DIRECTORY_ID: F = F(881);
    pub const DESCRIBE_QUORUM_RESPONSE_TOPICS_PARTITIONS_OBSERVERS_LOG_END_OFFSET: F = F(882);
    pub const DESCRIBE_QUORUM_RESPONSE_TOPICS_PARTITIONS_OBSERVERS_LAST_FETCH_TIMESTAMP: F = F(883);
    pub const DESCRIBE_QUORUM_RESPONSE_TOPICS_PARTITIONS_OBSERVERS_LAST_CAUGHT_UP_TIMESTAMP: F = F(884);
    pub const DESCRIBE_QUORUM_RESPONSE_NODES: F = F(885);
    pub const DESCRIBE_QUORUM_RESPONSE_NODES_NODE_ID: F = F(886);
    pub const DESCRIBE_QUORUM_RESPONSE_NODES_LISTENERS: F = F(887);
    pub const DESCRIBE_QUORUM_RESPONSE_NODES_LISTENERS_NAME: F = F(888);
    pub const DESCRIBE_QUORUM_RESPONSE_NODES_LISTENERS_HOST: F = F(889);
    pub const DESCRIBE_QUORUM_RESPONSE_NODES_LISTENERS_PORT: F = F(890);
    pub const ALTER_PARTITION_REQUEST_BROKER_ID: F = F(891);
    pub const ALTER_PARTITION_REQUEST_BROKER_EPOCH: F = F(892);
    pub const ALTER_PARTITION_REQUEST_TOPICS: F = F(893);
    pub const ALTER_PARTITION_REQUEST_TOPICS_TOPIC_ID: F = F(894);
    pub const ALTER_PARTITION_REQUEST_TOPICS_PARTITIONS: F = F(895);
    pub const ALTER_PARTITION_REQUEST_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(896);
    pub const ALTER_PARTITION_REQUEST_TOPICS_PARTITIONS_LEADER_EPOCH: F = F(897);
    pub const ALTER_PARTITION_REQUEST_TOPICS_PARTITIONS_NEW_ISR: F = F(898);
    pub const ALTER_PARTITION_REQUEST_TOPICS_PARTITIONS_NEW_ISR_WITH_EPOCHS: F = F(899);
    pub const ALTER_PARTITION_REQUEST_TOPICS_PARTITIONS_NEW_ISR_WITH_EPOCHS_BROKER_ID: F = F(900);
    pub const ALTER_PARTITION_REQUEST_TOPICS_PARTITIONS_NEW_ISR_WITH_EPOCHS_BROKER_EPOCH: F = F(901);
    pub const ALTER_PARTITION_REQUEST_TOPICS_PARTITIONS_LEADER_RECOVERY_STATE: F = F(902);
    pub const ALTER_PARTITION_REQUEST_TOPICS_PARTITIONS_PARTITION_EPOCH: F = F(903);
    pub const ALTER_PARTITION_RESPONSE_THROTTLE_TIME_MS: F = F(904);
    pub const ALTER_PARTITION_RESPONSE_ERROR_CODE: F = F(905);
    pub const ALTER_PARTITION_RESPONSE_TOPICS: F = F(906);
    pub const ALTER_PARTITION_RESPONSE_TOPICS_TOPIC_ID: F = F(907);
    pub const ALTER_PARTITION_RESPONSE_TOPICS_PARTITIONS: F = F(908);
    pub const ALTER_PARTITION_RESPONSE_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(909);
    pub const ALTER_PARTITION_RESPONSE_TOPICS_PARTITIONS_ERROR_CODE: F = F(910);
    pub const ALTER_PARTITION_RESPONSE_TOPICS_PARTITIONS_LEADER_ID: F = F(911);
    pub const ALTER_PARTITION_RESPONSE_TOPICS_PARTITIONS_LEADER_EPOCH: F = F(912);
    pub const ALTER_PARTITION_RESPONSE_TOPICS_PARTITIONS_ISR: F = F(913);
    pub const ALTER_PARTITION_RESPONSE_TOPICS_PARTITIONS_LEADER_RECOVERY_STATE: F = F(914);
    pub const ALTER_PARTITION_RESPONSE_TOPICS_PARTITIONS_PARTITION_EPOCH: F = F(915);
    pub const UPDATE_FEATURES_REQUEST_TIMEOUT_MS: F = F(916);
    pub const UPDATE_FEATURES_REQUEST_FEATURE_UPDATES: F = F(917);
    pub const UPDATE_FEATURES_REQUEST_FEATURE_UPDATES_FEATURE: F = F(918);
    pub const UPDATE_FEATURES_REQUEST_FEATURE_UPDATES_MAX_VERSION_LEVEL: F = F(919);
    pub const UPDATE_FEATURES_REQUEST_FEATURE_UPDATES_ALLOW_DOWNGRADE: F = F(920);
    pub const UPDATE_FEATURES_REQUEST_FEATURE_UPDATES_UPGRADE_TYPE: F = F(921);
    pub const UPDATE_FEATURES_REQUEST_VALIDATE_ONLY: F = F(922);
    pub const UPDATE_FEATURES_RESPONSE_THROTTLE_TIME_MS: F = F(923);
    pub const UPDATE_FEATURES_RESPONSE_ERROR_CODE: F = F(924);
    pub const UPDATE_FEATURES_RESPONSE_ERROR_MESSAGE: F = F(925);
    pub const UPDATE_FEATURES_RESPONSE_RESULTS: F = F(926);
    pub const UPDATE_FEATURES_RESPONSE_RESULTS_FEATURE: F = F(927);
    pub const UPDATE_FEATURES_RESPONSE_RESULTS_ERROR_CODE: F = F(928);
    pub const UPDATE_FEATURES_RESPONSE_RESULTS_ERROR_MESSAGE: F = F(929);
    pub const ENVELOPE_REQUEST_REQUEST_DATA: F = F(930);
    pub const ENVELOPE_REQUEST_REQUEST_PRINCIPAL: F = F(931);
    pub const ENVELOPE_REQUEST_CLIENT_HOST_ADDRESS: F = F(932);
    pub const ENVELOPE_RESPONSE_RESPONSE_DATA: F = F(933);
    pub const ENVELOPE_RESPONSE_ERROR_CODE: F = F(934);
    pub const FETCH_SNAPSHOT_REQUEST_CLUSTER_ID: F = F(935);
    pub const FETCH_SNAPSHOT_REQUEST_REPLICA_ID: F = F(936);
    pub const FETCH_SNAPSHOT_REQUEST_MAX_BYTES: F = F(937);
    pub const FETCH_SNAPSHOT_REQUEST_TOPICS: F = F(938);
    pub const FETCH_SNAPSHOT_REQUEST_TOPICS_NAME: F = F(939);
    pub const FETCH_SNAPSHOT_REQUEST_TOPICS_PARTITIONS: F = F(940);
    pub const FETCH_SNAPSHOT_REQUEST_TOPICS_PARTITIONS_PARTITION: F = F(941);
    pub const FETCH_SNAPSHOT_REQUEST_TOPICS_PARTITIONS_CURRENT_LEADER_EPOCH: F = F(942);
    pub const FETCH_SNAPSHOT_REQUEST_TOPICS_PARTITIONS_SNAPSHOT_ID: F = F(943);
    pub const FETCH_SNAPSHOT_REQUEST_TOPICS_PARTITIONS_SNAPSHOT_ID_END_OFFSET: F = F(944);
    pub const FETCH_SNAPSHOT_REQUEST_TOPICS_PARTITIONS_SNAPSHOT_ID_EPOCH: F = F(945);
    pub const FETCH_SNAPSHOT_REQUEST_TOPICS_PARTITIONS_POSITION: F = F(946);
    pub const FETCH_SNAPSHOT_REQUEST_TOPICS_PARTITIONS_REPLICA_DIRECTORY_ID: F = F(947);
    pub const FETCH_SNAPSHOT_RESPONSE_THROTTLE_TIME_MS: F = F(948);
    pub const FETCH_SNAPSHOT_RESPONSE_ERROR_CODE: F = F(949);
    pub const FETCH_SNAPSHOT_RESPONSE_TOPICS: F = F(950);
    pub const FETCH_SNAPSHOT_RESPONSE_TOPICS_NAME: F = F(951);
    pub const FETCH_SNAPSHOT_RESPONSE_TOPICS_PARTITIONS: F = F(952);
    pub const FETCH_SNAPSHOT_RESPONSE_TOPICS_PARTITIONS_INDEX: F = F(953);
    pub const FETCH_SNAPSHOT_RESPONSE_TOPICS_PARTITIONS_ERROR_CODE: F = F(954);
    pub const FETCH_SNAPSHOT_RESPONSE_TOPICS_PARTITIONS_SNAPSHOT_ID: F = F(955);
    pub const FETCH_SNAPSHOT_RESPONSE_TOPICS_PARTITIONS_SNAPSHOT_ID_END_OFFSET: F = F(956);
    pub const FETCH_SNAPSHOT_RESPONSE_TOPICS_PARTITIONS_SNAPSHOT_ID_EPOCH: F = F(957);
    pub const FETCH_SNAPSHOT_RESPONSE_TOPICS_PARTITIONS_CURRENT_LEADER: F = F(958);
    pub const FETCH_SNAPSHOT_RESPONSE_TOPICS_PARTITIONS_CURRENT_LEADER_LEADER_ID: F = F(959);
    pub const FETCH_SNAPSHOT_RESPONSE_TOPICS_PARTITIONS_CURRENT_LEADER_LEADER_EPOCH: F = F(960);
    pub const FETCH_SNAPSHOT_RESPONSE_TOPICS_PARTITIONS_SIZE: F = F(961);
    pub const FETCH_SNAPSHOT_RESPONSE_TOPICS_PARTITIONS_POSITION: F = F(962);
    pub const FETCH_SNAPSHOT_RESPONSE_TOPICS_PARTITIONS_UNALIGNED_RECORDS: F = F(963);
    pub const FETCH_SNAPSHOT_RESPONSE_NODE_ENDPOINTS: F = F(964);
    pub const FETCH_SNAPSHOT_RESPONSE_NODE_ENDPOINTS_NODE_ID: F = F(965);
    pub const FETCH_SNAPSHOT_RESPONSE_NODE_ENDPOINTS_HOST: F = F(966);
    pub const FETCH_SNAPSHOT_RESPONSE_NODE_ENDPOINTS_PORT: F = F(967);
    pub const DESCRIBE_CLUSTER_REQUEST_INCLUDE_CLUSTER_AUTHORIZED_OPERATIONS: F = F(968);
    pub const DESCRIBE_CLUSTER_REQUEST_ENDPOINT_TYPE: F = F(969);
    pub const DESCRIBE_CLUSTER_REQUEST_INCLUDE_FENCED_BROKERS: F = F(970);
    pub const DESCRIBE_CLUSTER_RESPONSE_THROTTLE_TIME_MS: F = F(971);
    pub const DESCRIBE_CLUSTER_RESPONSE_ERROR_CODE: F = F(972);
    pub const DESCRIBE_CLUSTER_RESPONSE_ERROR_MESSAGE: F = F(973);
    pub const DESCRIBE_CLUSTER_RESPONSE_ENDPOINT_TYPE: F = F(974);
    pub const DESCRIBE_CLUSTER_RESPONSE_CLUSTER_ID: F = F(975);
    pub const DESCRIBE_CLUSTER_RESPONSE_CONTROLLER_ID: F = F(976);
    pub const DESCRIBE_CLUSTER_RESPONSE_BROKERS: F = F(977);
    pub const DESCRIBE_CLUSTER_RESPONSE_BROKERS_BROKER_ID: F = F(978);
    pub const DESCRIBE_CLUSTER_RESPONSE_BROKERS_HOST: F = F(979);
    pub const DESCRIBE_CLUSTER_RESPONSE_BROKERS_PORT: F = F(980);
    pub const DESCRIBE_CLUSTER_RESPONSE_BROKERS_RACK: F = F(981);
    pub const DESCRIBE_CLUSTER_RESPONSE_BROKERS_IS_FENCED: F = F(982);
    pub const DESCRIBE_CLUSTER_RESPONSE_CLUSTER_AUTHORIZED_OPERATIONS: F = F(983);
    pub const DESCRIBE_PRODUCERS_REQUEST_TOPICS: F = F(984);
    pub const DESCRIBE_PRODUCERS_REQUEST_TOPICS_NAME: F = F(985);
    pub const DESCRIBE_PRODUCERS_REQUEST_TOPICS_PARTITION_INDEXES: F = F(986);
    pub const DESCRIBE_PRODUCERS_RESPONSE_THROTTLE_TIME_MS: F = F(987);
    pub const DESCRIBE_PRODUCERS_RESPONSE_TOPICS: F = F(988);
    pub const DESCRIBE_PRODUCERS_RESPONSE_TOPICS_NAME: F = F(989);
    pub const DESCRIBE_PRODUCERS_RESPONSE_TOPICS_PARTITIONS: F = F(990);
    pub const DESCRIBE_PRODUCERS_RESPONSE_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(991);
    pub const DESCRIBE_PRODUCERS_RESPONSE_TOPICS_PARTITIONS_ERROR_CODE: F = F(992);
    pub const DESCRIBE_PRODUCERS_RESPONSE_TOPICS_PARTITIONS_ERROR_MESSAGE: F = F(993);
    pub const DESCRIBE_PRODUCERS_RESPONSE_TOPICS_PARTITIONS_ACTIVE_PRODUCERS: F = F(994);
    pub const DESCRIBE_PRODUCERS_RESPONSE_TOPICS_PARTITIONS_ACTIVE_PRODUCERS_PRODUCER_ID: F = F(995);
    pub const DESCRIBE_PRODUCERS_RESPONSE_TOPICS_PARTITIONS_ACTIVE_PRODUCERS_PRODUCER_EPOCH: F = F(996);
    pub const DESCRIBE_PRODUCERS_RESPONSE_TOPICS_PARTITIONS_ACTIVE_PRODUCERS_LAST_SEQUENCE: F = F(997);
    pub const DESCRIBE_PRODUCERS_RESPONSE_TOPICS_PARTITIONS_ACTIVE_PRODUCERS_LAST_TIMESTAMP: F = F(998);
    pub const DESCRIBE_PRODUCERS_RESPONSE_TOPICS_PARTITIONS_ACTIVE_PRODUCERS_COORDINATOR_EPOCH: F = F(999);
    pub const DESCRIBE_PRODUCERS_RESPONSE_TOPICS_PARTITIONS_ACTIVE_PRODUCERS_CURRENT_TXN_START_OFFSET: F = F(1000);
    pub const BROKER_REGISTRATION_REQUEST_BROKER_ID: F = F(1001);
    pub const BROKER_REGISTRATION_REQUEST_CLUSTER_ID: F = F(1002);
    pub const BROKER_REGISTRATION_REQUEST_INCARNATION_ID: F = F(1003);
    pub const BROKER_REGISTRATION_REQUEST_LISTENERS: F = F(1004);
    pub const BROKER_REGISTRATION_REQUEST_LISTENERS_NAME: F = F(1005);
    pub const BROKER_REGISTRATION_REQUEST_LISTENERS_HOST: F = F(1006);
    pub const BROKER_REGISTRATION_REQUEST_LISTENERS_PORT: F = F(1007);
    pub const BROKER_REGISTRATION_REQUEST_LISTENERS_SECURITY_PROTOCOL: F = F(1008);
    pub const BROKER_REGISTRATION_REQUEST_FEATURES: F = F(1009);
    pub const BROKER_REGISTRATION_REQUEST_FEATURES_NAME: F = F(1010);
    pub const BROKER_REGISTRATION_REQUEST_FEATURES_MIN_SUPPORTED_VERSION: F = F(1011);
    pub const BROKER_REGISTRATION_REQUEST_FEATURES_MAX_SUPPORTED_VERSION: F = F(1012);
    pub const BROKER_REGISTRATION_REQUEST_RACK: F = F(1013);
    pub const BROKER_REGISTRATION_REQUEST_IS_MIGRATING_ZK_BROKER: F = F(1014);
    pub const BROKER_REGISTRATION_REQUEST_LOG_DIRS: F = F(1015);
    pub const BROKER_REGISTRATION_REQUEST_PREVIOUS_BROKER_EPOCH: F = F(1016);
    pub const BROKER_REGISTRATION_RESPONSE_THROTTLE_TIME_MS: F = F(1017);
    pub const BROKER_REGISTRATION_RESPONSE_ERROR_CODE: F = F(1018);
    pub const BROKER_REGISTRATION_RESPONSE_BROKER_EPOCH: F = F(1019);
    pub const BROKER_HEARTBEAT_REQUEST_BROKER_ID: F = F(1020);
    pub const BROKER_HEARTBEAT_REQUEST_BROKER_EPOCH: F = F(1021);
    pub const BROKER_HEARTBEAT_REQUEST_CURRENT_METADATA_OFFSET: F = F(1022);
    pub const BROKER_HEARTBEAT_REQUEST_WANT_FENCE: F = F(1023);
    pub const BROKER_HEARTBEAT_REQUEST_WANT_SHUT_DOWN: F = F(1024);
    pub const BROKER_HEARTBEAT_REQUEST_OFFLINE_LOG_DIRS: F = F(1025);
    pub const BROKER_HEARTBEAT_REQUEST_CORDONED_LOG_DIRS: F = F(1026);
    pub const BROKER_HEARTBEAT_RESPONSE_THROTTLE_TIME_MS: F = F(1027);
    pub const BROKER_HEARTBEAT_RESPONSE_ERROR_CODE: F = F(1028);
    pub const BROKER_HEARTBEAT_RESPONSE_IS_CAUGHT_UP: F = F(1029);
    pub const BROKER_HEARTBEAT_RESPONSE_IS_FENCED: F = F(1030);
    pub const BROKER_HEARTBEAT_RESPONSE_SHOULD_SHUT_DOWN: F = F(1031);
    pub const UNREGISTER_BROKER_REQUEST_BROKER_ID: F = F(1032);
    pub const UNREGISTER_BROKER_RESPONSE_THROTTLE_TIME_MS: F = F(1033);
    pub const UNREGISTER_BROKER_RESPONSE_ERROR_CODE: F = F(1034);
    pub const UNREGISTER_BROKER_RESPONSE_ERROR_MESSAGE: F = F(1035);
    pub const DESCRIBE_TRANSACTIONS_REQUEST_TRANSACTIONAL_IDS: F = F(1036);
    pub const DESCRIBE_TRANSACTIONS_RESPONSE_THROTTLE_TIME_MS: F = F(1037);
    pub const DESCRIBE_TRANSACTIONS_RESPONSE_TRANSACTION_STATES: F = F(1038);
    pub const DESCRIBE_TRANSACTIONS_RESPONSE_TRANSACTION_STATES_ERROR_CODE: F = F(1039);
    pub const DESCRIBE_TRANSACTIONS_RESPONSE_TRANSACTION_STATES_TRANSACTIONAL_ID: F = F(1040);
    pub const DESCRIBE_TRANSACTIONS_RESPONSE_TRANSACTION_STATES_TRANSACTION_STATE: F = F(1041);
    pub const DESCRIBE_TRANSACTIONS_RESPONSE_TRANSACTION_STATES_TRANSACTION_TIMEOUT_MS: F = F(1042);
    pub const DESCRIBE_TRANSACTIONS_RESPONSE_TRANSACTION_STATES_TRANSACTION_START_TIME_MS: F = F(1043);
    pub const DESCRIBE_TRANSACTIONS_RESPONSE_TRANSACTION_STATES_PRODUCER_ID: F = F(1044);
    pub const DESCRIBE_TRANSACTIONS_RESPONSE_TRANSACTION_STATES_PRODUCER_EPOCH: F = F(1045);
    pub const DESCRIBE_TRANSACTIONS_RESPONSE_TRANSACTION_STATES_TOPICS: F = F(1046);
    pub const DESCRIBE_TRANSACTIONS_RESPONSE_TRANSACTION_STATES_TOPICS_TOPIC: F = F(1047);
    pub const DESCRIBE_TRANSACTIONS_RESPONSE_TRANSACTION_STATES_TOPICS_PARTITIONS: F = F(1048);
    pub const LIST_TRANSACTIONS_REQUEST_STATE_FILTERS: F = F(1049);
    pub const LIST_TRANSACTIONS_REQUEST_PRODUCER_ID_FILTERS: F = F(1050);
    pub const LIST_TRANSACTIONS_REQUEST_DURATION_FILTER: F = F(1051);
    pub const LIST_TRANSACTIONS_REQUEST_TRANSACTIONAL_ID_PATTERN: F = F(1052);
    pub const LIST_TRANSACTIONS_RESPONSE_THROTTLE_TIME_MS: F = F(1053);
    pub const LIST_TRANSACTIONS_RESPONSE_ERROR_CODE: F = F(1054);
    pub const LIST_TRANSACTIONS_RESPONSE_UNKNOWN_STATE_FILTERS: F = F(1055);
    pub const LIST_TRANSACTIONS_RESPONSE_TRANSACTION_STATES: F = F(1056);
    pub const LIST_TRANSACTIONS_RESPONSE_TRANSACTION_STATES_TRANSACTIONAL_ID: F = F(1057);
    pub const LIST_TRANSACTIONS_RESPONSE_TRANSACTION_STATES_PRODUCER_ID: F = F(1058);
    pub const LIST_TRANSACTIONS_RESPONSE_TRANSACTION_STATES_TRANSACTION_STATE: F = F(1059);
    pub const ALLOCATE_PRODUCER_IDS_REQUEST_BROKER_ID: F = F(1060);
    pub const ALLOCATE_PRODUCER_IDS_REQUEST_BROKER_EPOCH: F = F(1061);
    pub const ALLOCATE_PRODUCER_IDS_RESPONSE_THROTTLE_TIME_MS: F = F(1062);
    pub const ALLOCATE_PRODUCER_IDS_RESPONSE_ERROR_CODE: F = F(1063);
    pub const ALLOCATE_PRODUCER_IDS_RESPONSE_PRODUCER_ID_START: F = F(1064);
    pub const ALLOCATE_PRODUCER_IDS_RESPONSE_PRODUCER_ID_LEN: F = F(1065);
    pub const CONSUMER_GROUP_HEARTBEAT_REQUEST_GROUP_ID: F = F(1066);
    pub const CONSUMER_GROUP_HEARTBEAT_REQUEST_MEMBER_ID: F = F(1067);
    pub const CONSUMER_GROUP_HEARTBEAT_REQUEST_MEMBER_EPOCH: F = F(1068);
    pub const CONSUMER_GROUP_HEARTBEAT_REQUEST_INSTANCE_ID: F = F(1069);
    pub const CONSUMER_GROUP_HEARTBEAT_REQUEST_RACK_ID: F = F(1070);
    pub const CONSUMER_GROUP_HEARTBEAT_REQUEST_REBALANCE_TIMEOUT_MS: F = F(1071);
    pub const CONSUMER_GROUP_HEARTBEAT_REQUEST_SUBSCRIBED_TOPIC_NAMES: F = F(1072);
    pub const CONSUMER_GROUP_HEARTBEAT_REQUEST_SUBSCRIBED_TOPIC_REGEX: F = F(1073);
    pub const CONSUMER_GROUP_HEARTBEAT_REQUEST_SERVER_ASSIGNOR: F = F(1074);
    pub const CONSUMER_GROUP_HEARTBEAT_REQUEST_TOPIC_PARTITIONS: F = F(1075);
    pub const CONSUMER_GROUP_HEARTBEAT_REQUEST_TOPIC_PARTITIONS_TOPIC_ID: F = F(1076);
    pub const CONSUMER_GROUP_HEARTBEAT_REQUEST_TOPIC_PARTITIONS_PARTITIONS: F = F(1077);
    pub const CONSUMER_GROUP_HEARTBEAT_RESPONSE_THROTTLE_TIME_MS: F = F(1078);
    pub const CONSUMER_GROUP_HEARTBEAT_RESPONSE_ERROR_CODE: F = F(1079);
    pub const CONSUMER_GROUP_HEARTBEAT_RESPONSE_ERROR_MESSAGE: F = F(1080);
    pub const CONSUMER_GROUP_HEARTBEAT_RESPONSE_MEMBER_ID: F = F(1081);
    pub const CONSUMER_GROUP_HEARTBEAT_RESPONSE_MEMBER_EPOCH: F = F(1082);
    pub const CONSUMER_GROUP_HEARTBEAT_RESPONSE_HEARTBEAT_INTERVAL_MS: F = F(1083);
    pub const CONSUMER_GROUP_HEARTBEAT_RESPONSE_ASSIGNMENT: F = F(1084);
    pub const CONSUMER_GROUP_HEARTBEAT_RESPONSE_ASSIGNMENT_TOPIC_PARTITIONS: F = F(1085);
    pub const CONSUMER_GROUP_HEARTBEAT_RESPONSE_ASSIGNMENT_TOPIC_PARTITIONS_TOPIC_ID: F = F(1086);
    pub const CONSUMER_GROUP_HEARTBEAT_RESPONSE_ASSIGNMENT_TOPIC_PARTITIONS_PARTITIONS: F = F(1087);
    pub const CONSUMER_GROUP_DESCRIBE_REQUEST_GROUP_IDS: F = F(1088);
    pub const CONSUMER_GROUP_DESCRIBE_REQUEST_INCLUDE_AUTHORIZED_OPERATIONS: F = F(1089);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_THROTTLE_TIME_MS: F = F(1090);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS: F = F(1091);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_ERROR_CODE: F = F(1092);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_ERROR_MESSAGE: F = F(1093);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_GROUP_ID: F = F(1094);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_GROUP_STATE: F = F(1095);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_GROUP_EPOCH: F = F(1096);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_ASSIGNMENT_EPOCH: F = F(1097);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_ASSIGNOR_NAME: F = F(1098);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS: F = F(1099);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_MEMBER_ID: F = F(1100);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_INSTANCE_ID: F = F(1101);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_RACK_ID: F = F(1102);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_MEMBER_EPOCH: F = F(1103);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_CLIENT_ID: F = F(1104);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_CLIENT_HOST: F = F(1105);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_SUBSCRIBED_TOPIC_NAMES: F = F(1106);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_SUBSCRIBED_TOPIC_REGEX: F = F(1107);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_ASSIGNMENT: F = F(1108);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_ASSIGNMENT_TOPIC_PARTITIONS: F = F(1109);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_ASSIGNMENT_TOPIC_PARTITIONS_TOPIC_ID: F = F(1110);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_ASSIGNMENT_TOPIC_PARTITIONS_TOPIC_NAME: F = F(1111);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_ASSIGNMENT_TOPIC_PARTITIONS_PARTITIONS: F = F(1112);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TARGET_ASSIGNMENT: F = F(1113);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TARGET_ASSIGNMENT_TOPIC_PARTITIONS: F = F(1114);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TARGET_ASSIGNMENT_TOPIC_PARTITIONS_TOPIC_ID: F = F(1115);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TARGET_ASSIGNMENT_TOPIC_PARTITIONS_TOPIC_NAME: F = F(1116);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TARGET_ASSIGNMENT_TOPIC_PARTITIONS_PARTITIONS: F = F(1117);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_MEMBER_TYPE: F = F(1118);
    pub const CONSUMER_GROUP_DESCRIBE_RESPONSE_GROUPS_AUTHORIZED_OPERATIONS: F = F(1119);
    pub const CONTROLLER_REGISTRATION_REQUEST_CONTROLLER_ID: F = F(1120);
    pub const CONTROLLER_REGISTRATION_REQUEST_INCARNATION_ID: F = F(1121);
    pub const CONTROLLER_REGISTRATION_REQUEST_ZK_MIGRATION_READY: F = F(1122);
    pub const CONTROLLER_REGISTRATION_REQUEST_LISTENERS: F = F(1123);
    pub const CONTROLLER_REGISTRATION_REQUEST_LISTENERS_NAME: F = F(1124);
    pub const CONTROLLER_REGISTRATION_REQUEST_LISTENERS_HOST: F = F(1125);
    pub const CONTROLLER_REGISTRATION_REQUEST_LISTENERS_PORT: F = F(1126);
    pub const CONTROLLER_REGISTRATION_REQUEST_LISTENERS_SECURITY_PROTOCOL: F = F(1127);
    pub const CONTROLLER_REGISTRATION_REQUEST_FEATURES: F = F(1128);
    pub const CONTROLLER_REGISTRATION_REQUEST_FEATURES_NAME: F = F(1129);
    pub const CONTROLLER_REGISTRATION_REQUEST_FEATURES_MIN_SUPPORTED_VERSION: F = F(1130);
    pub const CONTROLLER_REGISTRATION_REQUEST_FEATURES_MAX_SUPPORTED_VERSION: F = F(1131);
    pub const CONTROLLER_REGISTRATION_RESPONSE_THROTTLE_TIME_MS: F = F(1132);
    pub const CONTROLLER_REGISTRATION_RESPONSE_ERROR_CODE: F = F(1133);
    pub const CONTROLLER_REGISTRATION_RESPONSE_ERROR_MESSAGE: F = F(1134);
    pub const GET_TELEMETRY_SUBSCRIPTIONS_REQUEST_CLIENT_INSTANCE_ID: F = F(1135);
    pub const GET_TELEMETRY_SUBSCRIPTIONS_RESPONSE_THROTTLE_TIME_MS: F = F(1136);
    pub const GET_TELEMETRY_SUBSCRIPTIONS_RESPONSE_ERROR_CODE: F = F(1137);
    pub const GET_TELEMETRY_SUBSCRIPTIONS_RESPONSE_CLIENT_INSTANCE_ID: F = F(1138);
    pub const GET_TELEMETRY_SUBSCRIPTIONS_RESPONSE_SUBSCRIPTION_ID: F = F(1139);
    pub const GET_TELEMETRY_SUBSCRIPTIONS_RESPONSE_ACCEPTED_COMPRESSION_TYPES: F = F(1140);
    pub const GET_TELEMETRY_SUBSCRIPTIONS_RESPONSE_PUSH_INTERVAL_MS: F = F(1141);
    pub const GET_TELEMETRY_SUBSCRIPTIONS_RESPONSE_TELEMETRY_MAX_BYTES: F = F(1142);
    pub const GET_TELEMETRY_SUBSCRIPTIONS_RESPONSE_DELTA_TEMPORALITY: F = F(1143);
    pub const GET_TELEMETRY_SUBSCRIPTIONS_RESPONSE_REQUESTED_METRICS: F = F(1144);
    pub const PUSH_TELEMETRY_REQUEST_CLIENT_INSTANCE_ID: F = F(1145);
    pub const PUSH_TELEMETRY_REQUEST_SUBSCRIPTION_ID: F = F(1146);
    pub const PUSH_TELEMETRY_REQUEST_TERMINATING: F = F(1147);
    pub const PUSH_TELEMETRY_REQUEST_COMPRESSION_TYPE: F = F(1148);
    pub const PUSH_TELEMETRY_REQUEST_METRICS: F = F(1149);
    pub const PUSH_TELEMETRY_RESPONSE_THROTTLE_TIME_MS: F = F(1150);
    pub const PUSH_TELEMETRY_RESPONSE_ERROR_CODE: F = F(1151);
    pub const ASSIGN_REPLICAS_TO_DIRS_REQUEST_BROKER_ID: F = F(1152);
    pub const ASSIGN_REPLICAS_TO_DIRS_REQUEST_BROKER_EPOCH: F = F(1153);
    pub const ASSIGN_REPLICAS_TO_DIRS_REQUEST_DIRECTORIES: F = F(1154);
    pub const ASSIGN_REPLICAS_TO_DIRS_REQUEST_DIRECTORIES_ID: F = F(1155);
    pub const ASSIGN_REPLICAS_TO_DIRS_REQUEST_DIRECTORIES_TOPICS: F = F(1156);
    pub const ASSIGN_REPLICAS_TO_DIRS_REQUEST_DIRECTORIES_TOPICS_TOPIC_ID: F = F(1157);
    pub const ASSIGN_REPLICAS_TO_DIRS_REQUEST_DIRECTORIES_TOPICS_PARTITIONS: F = F(1158);
    pub const ASSIGN_REPLICAS_TO_DIRS_REQUEST_DIRECTORIES_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(1159);
    pub const ASSIGN_REPLICAS_TO_DIRS_RESPONSE_THROTTLE_TIME_MS: F = F(1160);
    pub const ASSIGN_REPLICAS_TO_DIRS_RESPONSE_ERROR_CODE: F = F(1161);
    pub const ASSIGN_REPLICAS_TO_DIRS_RESPONSE_DIRECTORIES: F = F(1162);
    pub const ASSIGN_REPLICAS_TO_DIRS_RESPONSE_DIRECTORIES_ID: F = F(1163);
    pub const ASSIGN_REPLICAS_TO_DIRS_RESPONSE_DIRECTORIES_TOPICS: F = F(1164);
    pub const ASSIGN_REPLICAS_TO_DIRS_RESPONSE_DIRECTORIES_TOPICS_TOPIC_ID: F = F(1165);
    pub const ASSIGN_REPLICAS_TO_DIRS_RESPONSE_DIRECTORIES_TOPICS_PARTITIONS: F = F(1166);
    pub const ASSIGN_REPLICAS_TO_DIRS_RESPONSE_DIRECTORIES_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(1167);
    pub const ASSIGN_REPLICAS_TO_DIRS_RESPONSE_DIRECTORIES_TOPICS_PARTITIONS_ERROR_CODE: F = F(1168);
    pub const LIST_CONFIG_RESOURCES_REQUEST_RESOURCE_TYPES: F = F(1169);
    pub const LIST_CONFIG_RESOURCES_RESPONSE_THROTTLE_TIME_MS: F = F(1170);
    pub const LIST_CONFIG_RESOURCES_RESPONSE_ERROR_CODE: F = F(1171);
    pub const LIST_CONFIG_RESOURCES_RESPONSE_CONFIG_RESOURCES: F = F(1172);
    pub const LIST_CONFIG_RESOURCES_RESPONSE_CONFIG_RESOURCES_RESOURCE_NAME: F = F(1173);
    pub const LIST_CONFIG_RESOURCES_RESPONSE_CONFIG_RESOURCES_RESOURCE_TYPE: F = F(1174);
    pub const DESCRIBE_TOPIC_PARTITIONS_REQUEST_TOPICS: F = F(1175);
    pub const DESCRIBE_TOPIC_PARTITIONS_REQUEST_TOPICS_NAME: F = F(1176);
    pub const DESCRIBE_TOPIC_PARTITIONS_REQUEST_RESPONSE_PARTITION_LIMIT: F = F(1177);
    pub const DESCRIBE_TOPIC_PARTITIONS_REQUEST_CURSOR: F = F(1178);
    pub const DESCRIBE_TOPIC_PARTITIONS_REQUEST_CURSOR_TOPIC_NAME: F = F(1179);
    pub const DESCRIBE_TOPIC_PARTITIONS_REQUEST_CURSOR_PARTITION_INDEX: F = F(1180);
    pub const DESCRIBE_TOPIC_PARTITIONS_RESPONSE_THROTTLE_TIME_MS: F = F(1181);
    pub const DESCRIBE_TOPIC_PARTITIONS_RESPONSE_TOPICS: F = F(1182);
    pub const DESCRIBE_TOPIC_PARTITIONS_RESPONSE_TOPICS_ERROR_CODE: F = F(1183);
    pub const DESCRIBE_TOPIC_PARTITIONS_RESPONSE_TOPICS_NAME: F = F(1184);
    pub const DESCRIBE_TOPIC_PARTITIONS_RESPONSE_TOPICS_TOPIC_ID: F = F(1185);
    pub const DESCRIBE_TOPIC_PARTITIONS_RESPONSE_TOPICS_IS_INTERNAL: F = F(1186);
    pub const DESCRIBE_TOPIC_PARTITIONS_RESPONSE_TOPICS_PARTITIONS: F = F(1187);
    pub const DESCRIBE_TOPIC_PARTITIONS_RESPONSE_TOPICS_PARTITIONS_ERROR_CODE: F = F(1188);
    pub const DESCRIBE_TOPIC_PARTITIONS_RESPONSE_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(1189);
    pub const DESCRIBE_TOPIC_PARTITIONS_RESPONSE_TOPICS_PARTITIONS_LEADER_ID: F = F(1190);
    pub const DESCRIBE_TOPIC_PARTITIONS_RESPONSE_TOPICS_PARTITIONS_LEADER_EPOCH: F = F(1191);
    pub const DESCRIBE_TOPIC_PARTITIONS_RESPONSE_TOPICS_PARTITIONS_REPLICA_NODES: F = F(1192);
    pub const DESCRIBE_TOPIC_PARTITIONS_RESPONSE_TOPICS_PARTITIONS_ISR_NODES: F = F(1193);
    pub const DESCRIBE_TOPIC_PARTITIONS_RESPONSE_TOPICS_PARTITIONS_ELIGIBLE_LEADER_REPLICAS: F = F(1194);
    pub const DESCRIBE_TOPIC_PARTITIONS_RESPONSE_TOPICS_PARTITIONS_LAST_KNOWN_ELR: F = F(1195);
    pub const DESCRIBE_TOPIC_PARTITIONS_RESPONSE_TOPICS_PARTITIONS_OFFLINE_REPLICAS: F = F(1196);
    pub const DESCRIBE_TOPIC_PARTITIONS_RESPONSE_TOPICS_TOPIC_AUTHORIZED_OPERATIONS: F = F(1197);
    pub const DESCRIBE_TOPIC_PARTITIONS_RESPONSE_NEXT_CURSOR: F = F(1198);
    pub const DESCRIBE_TOPIC_PARTITIONS_RESPONSE_NEXT_CURSOR_TOPIC_NAME: F = F(1199);
    pub const DESCRIBE_TOPIC_PARTITIONS_RESPONSE_NEXT_CURSOR_PARTITION_INDEX: F = F(1200);
    pub const SHARE_GROUP_HEARTBEAT_REQUEST_GROUP_ID: F = F(1201);
    pub const SHARE_GROUP_HEARTBEAT_REQUEST_MEMBER_ID: F = F(1202);
    pub const SHARE_GROUP_HEARTBEAT_REQUEST_MEMBER_EPOCH: F = F(1203);
    pub const SHARE_GROUP_HEARTBEAT_REQUEST_RACK_ID: F = F(1204);
    pub const SHARE_GROUP_HEARTBEAT_REQUEST_SUBSCRIBED_TOPIC_NAMES: F = F(1205);
    pub const SHARE_GROUP_HEARTBEAT_RESPONSE_THROTTLE_TIME_MS: F = F(1206);
    pub const SHARE_GROUP_HEARTBEAT_RESPONSE_ERROR_CODE: F = F(1207);
    pub const SHARE_GROUP_HEARTBEAT_RESPONSE_ERROR_MESSAGE: F = F(1208);
    pub const SHARE_GROUP_HEARTBEAT_RESPONSE_MEMBER_ID: F = F(1209);
    pub const SHARE_GROUP_HEARTBEAT_RESPONSE_MEMBER_EPOCH: F = F(1210);
    pub const SHARE_GROUP_HEARTBEAT_RESPONSE_HEARTBEAT_INTERVAL_MS: F = F(1211);
    pub const SHARE_GROUP_HEARTBEAT_RESPONSE_ASSIGNMENT: F = F(1212);
    pub const SHARE_GROUP_HEARTBEAT_RESPONSE_ASSIGNMENT_TOPIC_PARTITIONS: F = F(1213);
    pub const SHARE_GROUP_HEARTBEAT_RESPONSE_ASSIGNMENT_TOPIC_PARTITIONS_TOPIC_ID: F = F(1214);
    pub const SHARE_GROUP_HEARTBEAT_RESPONSE_ASSIGNMENT_TOPIC_PARTITIONS_PARTITIONS: F = F(1215);
    pub const SHARE_GROUP_DESCRIBE_REQUEST_GROUP_IDS: F = F(1216);
    pub const SHARE_GROUP_DESCRIBE_REQUEST_INCLUDE_AUTHORIZED_OPERATIONS: F = F(1217);
    pub const SHARE_GROUP_DESCRIBE_RESPONSE_THROTTLE_TIME_MS: F = F(1218);
    pub const SHARE_GROUP_DESCRIBE_RESPONSE_GROUPS: F = F(1219);
    pub const SHARE_GROUP_DESCRIBE_RESPONSE_GROUPS_ERROR_CODE: F = F(1220);
    pub const SHARE_GROUP_DESCRIBE_RESPONSE_GROUPS_ERROR_MESSAGE: F = F(1221);
    pub const SHARE_GROUP_DESCRIBE_RESPONSE_GROUPS_GROUP_ID: F = F(1222);
    pub const SHARE_GROUP_DESCRIBE_RESPONSE_GROUPS_GROUP_STATE: F = F(1223);
    pub const SHARE_GROUP_DESCRIBE_RESPONSE_GROUPS_GROUP_EPOCH: F = F(1224);
    pub const SHARE_GROUP_DESCRIBE_RESPONSE_GROUPS_ASSIGNMENT_EPOCH: F = F(1225);
    pub const SHARE_GROUP_DESCRIBE_RESPONSE_GROUPS_ASSIGNOR_NAME: F = F(1226);
    pub const SHARE_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS: F = F(1227);
    pub const SHARE_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_MEMBER_ID: F = F(1228);
    pub const SHARE_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_RACK_ID: F = F(1229);
    pub const SHARE_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_MEMBER_EPOCH: F = F(1230);
    pub const SHARE_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_CLIENT_ID: F = F(1231);
    pub const SHARE_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_CLIENT_HOST: F = F(1232);
    pub const SHARE_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_SUBSCRIBED_TOPIC_NAMES: F = F(1233);
    pub const SHARE_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_ASSIGNMENT: F = F(1234);
    pub const SHARE_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_ASSIGNMENT_TOPIC_PARTITIONS: F = F(1235);
    pub const SHARE_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_ASSIGNMENT_TOPIC_PARTITIONS_TOPIC_ID: F = F(1236);
    pub const SHARE_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_ASSIGNMENT_TOPIC_PARTITIONS_TOPIC_NAME: F = F(1237);
    pub const SHARE_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_ASSIGNMENT_TOPIC_PARTITIONS_PARTITIONS: F = F(1238);
    pub const SHARE_GROUP_DESCRIBE_RESPONSE_GROUPS_AUTHORIZED_OPERATIONS: F = F(1239);
    pub const SHARE_FETCH_REQUEST_GROUP_ID: F = F(1240);
    pub const SHARE_FETCH_REQUEST_MEMBER_ID: F = F(1241);
    pub const SHARE_FETCH_REQUEST_SHARE_SESSION_EPOCH: F = F(1242);
    pub const SHARE_FETCH_REQUEST_MAX_WAIT_MS: F = F(1243);
    pub const SHARE_FETCH_REQUEST_MIN_BYTES: F = F(1244);
    pub const SHARE_FETCH_REQUEST_MAX_BYTES: F = F(1245);
    pub const SHARE_FETCH_REQUEST_MAX_RECORDS: F = F(1246);
    pub const SHARE_FETCH_REQUEST_BATCH_SIZE: F = F(1247);
    pub const SHARE_FETCH_REQUEST_SHARE_ACQUIRE_MODE: F = F(1248);
    pub const SHARE_FETCH_REQUEST_IS_RENEW_ACK: F = F(1249);
    pub const SHARE_FETCH_REQUEST_TOPICS: F = F(1250);
    pub const SHARE_FETCH_REQUEST_TOPICS_TOPIC_ID: F = F(1251);
    pub const SHARE_FETCH_REQUEST_TOPICS_PARTITIONS: F = F(1252);
    pub const SHARE_FETCH_REQUEST_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(1253);
    pub const SHARE_FETCH_REQUEST_TOPICS_PARTITIONS_PARTITION_MAX_BYTES: F = F(1254);
    pub const SHARE_FETCH_REQUEST_TOPICS_PARTITIONS_ACKNOWLEDGEMENT_BATCHES: F = F(1255);
    pub const SHARE_FETCH_REQUEST_TOPICS_PARTITIONS_ACKNOWLEDGEMENT_BATCHES_FIRST_OFFSET: F = F(1256);
    pub const SHARE_FETCH_REQUEST_TOPICS_PARTITIONS_ACKNOWLEDGEMENT_BATCHES_LAST_OFFSET: F = F(1257);
    pub const SHARE_FETCH_REQUEST_TOPICS_PARTITIONS_ACKNOWLEDGEMENT_BATCHES_ACKNOWLEDGE_TYPES: F = F(1258);
    pub const SHARE_FETCH_REQUEST_FORGOTTEN_TOPICS_DATA: F = F(1259);
    pub const SHARE_FETCH_REQUEST_FORGOTTEN_TOPICS_DATA_TOPIC_ID: F = F(1260);
    pub const SHARE_FETCH_REQUEST_FORGOTTEN_TOPICS_DATA_PARTITIONS: F = F(1261);
    pub const SHARE_FETCH_RESPONSE_THROTTLE_TIME_MS: F = F(1262);
    pub const SHARE_FETCH_RESPONSE_ERROR_CODE: F = F(1263);
    pub const SHARE_FETCH_RESPONSE_ERROR_MESSAGE: F = F(1264);
    pub const SHARE_FETCH_RESPONSE_ACQUISITION_LOCK_TIMEOUT_MS: F = F(1265);
    pub const SHARE_FETCH_RESPONSE_RESPONSES: F = F(1266);
    pub const SHARE_FETCH_RESPONSE_RESPONSES_TOPIC_ID: F = F(1267);
    pub const SHARE_FETCH_RESPONSE_RESPONSES_PARTITIONS: F = F(1268);
    pub const SHARE_FETCH_RESPONSE_RESPONSES_PARTITIONS_PARTITION_INDEX: F = F(1269);
    pub const SHARE_FETCH_RESPONSE_RESPONSES_PARTITIONS_ERROR_CODE: F = F(1270);
    pub const SHARE_FETCH_RESPONSE_RESPONSES_PARTITIONS_ERROR_MESSAGE: F = F(1271);
    pub const SHARE_FETCH_RESPONSE_RESPONSES_PARTITIONS_ACKNOWLEDGE_ERROR_CODE: F = F(1272);
    pub const SHARE_FETCH_RESPONSE_RESPONSES_PARTITIONS_ACKNOWLEDGE_ERROR_MESSAGE: F = F(1273);
    pub const SHARE_FETCH_RESPONSE_RESPONSES_PARTITIONS_CURRENT_LEADER: F = F(1274);
    pub const SHARE_FETCH_RESPONSE_RESPONSES_PARTITIONS_CURRENT_LEADER_LEADER_ID: F = F(1275);
    pub const SHARE_FETCH_RESPONSE_RESPONSES_PARTITIONS_CURRENT_LEADER_LEADER_EPOCH: F = F(1276);
    pub const SHARE_FETCH_RESPONSE_RESPONSES_PARTITIONS_RECORDS: F = F(1277);
    pub const SHARE_FETCH_RESPONSE_RESPONSES_PARTITIONS_ACQUIRED_RECORDS: F = F(1278);
    pub const SHARE_FETCH_RESPONSE_RESPONSES_PARTITIONS_ACQUIRED_RECORDS_FIRST_OFFSET: F = F(1279);
    pub const SHARE_FETCH_RESPONSE_RESPONSES_PARTITIONS_ACQUIRED_RECORDS_LAST_OFFSET: F = F(1280);
    pub const SHARE_FETCH_RESPONSE_RESPONSES_PARTITIONS_ACQUIRED_RECORDS_DELIVERY_COUNT: F = F(1281);
    pub const SHARE_FETCH_RESPONSE_NODE_ENDPOINTS: F = F(1282);
    pub const SHARE_FETCH_RESPONSE_NODE_ENDPOINTS_NODE_ID: F = F(1283);
    pub const SHARE_FETCH_RESPONSE_NODE_ENDPOINTS_HOST: F = F(1284);
    pub const SHARE_FETCH_RESPONSE_NODE_ENDPOINTS_PORT: F = F(1285);
    pub const SHARE_FETCH_RESPONSE_NODE_ENDPOINTS_RACK: F = F(1286);
    pub const SHARE_ACKNOWLEDGE_REQUEST_GROUP_ID: F = F(1287);
    pub const SHARE_ACKNOWLEDGE_REQUEST_MEMBER_ID: F = F(1288);
    pub const SHARE_ACKNOWLEDGE_REQUEST_SHARE_SESSION_EPOCH: F = F(1289);
    pub const SHARE_ACKNOWLEDGE_REQUEST_IS_RENEW_ACK: F = F(1290);
    pub const SHARE_ACKNOWLEDGE_REQUEST_TOPICS: F = F(1291);
    pub const SHARE_ACKNOWLEDGE_REQUEST_TOPICS_TOPIC_ID: F = F(1292);
    pub const SHARE_ACKNOWLEDGE_REQUEST_TOPICS_PARTITIONS: F = F(1293);
    pub const SHARE_ACKNOWLEDGE_REQUEST_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(1294);
    pub const SHARE_ACKNOWLEDGE_REQUEST_TOPICS_PARTITIONS_ACKNOWLEDGEMENT_BATCHES: F = F(1295);
    pub const SHARE_ACKNOWLEDGE_REQUEST_TOPICS_PARTITIONS_ACKNOWLEDGEMENT_BATCHES_FIRST_OFFSET: F = F(1296);
    pub const SHARE_ACKNOWLEDGE_REQUEST_TOPICS_PARTITIONS_ACKNOWLEDGEMENT_BATCHES_LAST_OFFSET: F = F(1297);
    pub const SHARE_ACKNOWLEDGE_REQUEST_TOPICS_PARTITIONS_ACKNOWLEDGEMENT_BATCHES_ACKNOWLEDGE_TYPES: F = F(1298);
    pub const SHARE_ACKNOWLEDGE_RESPONSE_THROTTLE_TIME_MS: F = F(1299);
    pub const SHARE_ACKNOWLEDGE_RESPONSE_ERROR_CODE: F = F(1300);
    pub const SHARE_ACKNOWLEDGE_RESPONSE_ERROR_MESSAGE: F = F(1301);
    pub const SHARE_ACKNOWLEDGE_RESPONSE_ACQUISITION_LOCK_TIMEOUT_MS: F = F(1302);
    pub const SHARE_ACKNOWLEDGE_RESPONSE_RESPONSES: F = F(1303);
    pub const SHARE_ACKNOWLEDGE_RESPONSE_RESPONSES_TOPIC_ID: F = F(1304);
    pub const SHARE_ACKNOWLEDGE_RESPONSE_RESPONSES_PARTITIONS: F = F(1305);
    pub const SHARE_ACKNOWLEDGE_RESPONSE_RESPONSES_PARTITIONS_PARTITION_INDEX: F = F(1306);
    pub const SHARE_ACKNOWLEDGE_RESPONSE_RESPONSES_PARTITIONS_ERROR_CODE: F = F(1307);
    pub const SHARE_ACKNOWLEDGE_RESPONSE_RESPONSES_PARTITIONS_ERROR_MESSAGE: F = F(1308);
    pub const SHARE_ACKNOWLEDGE_RESPONSE_RESPONSES_PARTITIONS_CURRENT_LEADER: F = F(1309);
    pub const SHARE_ACKNOWLEDGE_RESPONSE_RESPONSES_PARTITIONS_CURRENT_LEADER_LEADER_ID: F = F(1310);
    pub const SHARE_ACKNOWLEDGE_RESPONSE_RESPONSES_PARTITIONS_CURRENT_LEADER_LEADER_EPOCH: F = F(1311);
    pub const SHARE_ACKNOWLEDGE_RESPONSE_NODE_ENDPOINTS: F = F(1312);
    pub const SHARE_ACKNOWLEDGE_RESPONSE_NODE_ENDPOINTS_NODE_ID: F = F(1313);
    pub const SHARE_ACKNOWLEDGE_RESPONSE_NODE_ENDPOINTS_HOST: F = F(1314);
    pub const SHARE_ACKNOWLEDGE_RESPONSE_NODE_ENDPOINTS_PORT: F = F(1315);
    pub const SHARE_ACKNOWLEDGE_RESPONSE_NODE_ENDPOINTS_RACK: F = F(1316);
    pub const ADD_RAFT_VOTER_REQUEST_CLUSTER_ID: F = F(1317);
    pub const ADD_RAFT_VOTER_REQUEST_TIMEOUT_MS: F = F(1318);
    pub const ADD_RAFT_VOTER_REQUEST_VOTER_ID: F = F(1319);
    pub const ADD_RAFT_VOTER_REQUEST_VOTER_DIRECTORY_ID: F = F(1320);
    pub const ADD_RAFT_VOTER_REQUEST_LISTENERS: F = F(1321);
    pub const ADD_RAFT_VOTER_REQUEST_LISTENERS_NAME: F = F(1322);
    pub const ADD_RAFT_VOTER_REQUEST_LISTENERS_HOST: F = F(1323);
    pub const ADD_RAFT_VOTER_REQUEST_LISTENERS_PORT: F = F(1324);
    pub const ADD_RAFT_VOTER_REQUEST_ACK_WHEN_COMMITTED: F = F(1325);
    pub const ADD_RAFT_VOTER_RESPONSE_THROTTLE_TIME_MS: F = F(1326);
    pub const ADD_RAFT_VOTER_RESPONSE_ERROR_CODE: F = F(1327);
    pub const ADD_RAFT_VOTER_RESPONSE_ERROR_MESSAGE: F = F(1328);
    pub const REMOVE_RAFT_VOTER_REQUEST_CLUSTER_ID: F = F(1329);
    pub const REMOVE_RAFT_VOTER_REQUEST_VOTER_ID: F = F(1330);
    pub const REMOVE_RAFT_VOTER_REQUEST_VOTER_DIRECTORY_ID: F = F(1331);
    pub const REMOVE_RAFT_VOTER_RESPONSE_THROTTLE_TIME_MS: F = F(1332);
    pub const REMOVE_RAFT_VOTER_RESPONSE_ERROR_CODE: F = F(1333);
    pub const REMOVE_RAFT_VOTER_RESPONSE_ERROR_MESSAGE: F = F(1334);
    pub const UPDATE_RAFT_VOTER_REQUEST_CLUSTER_ID: F = F(1335);
    pub const UPDATE_RAFT_VOTER_REQUEST_CURRENT_LEADER_EPOCH: F = F(1336);
    pub const UPDATE_RAFT_VOTER_REQUEST_VOTER_ID: F = F(1337);
    pub const UPDATE_RAFT_VOTER_REQUEST_VOTER_DIRECTORY_ID: F = F(1338);
    pub const UPDATE_RAFT_VOTER_REQUEST_LISTENERS: F = F(1339);
    pub const UPDATE_RAFT_VOTER_REQUEST_LISTENERS_NAME: F = F(1340);
    pub const UPDATE_RAFT_VOTER_REQUEST_LISTENERS_HOST: F = F(1341);
    pub const UPDATE_RAFT_VOTER_REQUEST_LISTENERS_PORT: F = F(1342);
    pub const UPDATE_RAFT_VOTER_REQUEST_K_RAFT_VERSION_FEATURE: F = F(1343);
    pub const UPDATE_RAFT_VOTER_REQUEST_K_RAFT_VERSION_FEATURE_MIN_SUPPORTED_VERSION: F = F(1344);
    pub const UPDATE_RAFT_VOTER_REQUEST_K_RAFT_VERSION_FEATURE_MAX_SUPPORTED_VERSION: F = F(1345);
    pub const UPDATE_RAFT_VOTER_RESPONSE_THROTTLE_TIME_MS: F = F(1346);
    pub const UPDATE_RAFT_VOTER_RESPONSE_ERROR_CODE: F = F(1347);
    pub const UPDATE_RAFT_VOTER_RESPONSE_CURRENT_LEADER: F = F(1348);
    pub const UPDATE_RAFT_VOTER_RESPONSE_CURRENT_LEADER_LEADER_ID: F = F(1349);
    pub const UPDATE_RAFT_VOTER_RESPONSE_CURRENT_LEADER_LEADER_EPOCH: F = F(1350);
    pub const UPDATE_RAFT_VOTER_RESPONSE_CURRENT_LEADER_HOST: F = F(1351);
    pub const UPDATE_RAFT_VOTER_RESPONSE_CURRENT_LEADER_PORT: F = F(1352);
    pub const INITIALIZE_SHARE_GROUP_STATE_REQUEST_GROUP_ID: F = F(1353);
    pub const INITIALIZE_SHARE_GROUP_STATE_REQUEST_TOPICS: F = F(1354);
    pub const INITIALIZE_SHARE_GROUP_STATE_REQUEST_TOPICS_TOPIC_ID: F = F(1355);
    pub const INITIALIZE_SHARE_GROUP_STATE_REQUEST_TOPICS_PARTITIONS: F = F(1356);
    pub const INITIALIZE_SHARE_GROUP_STATE_REQUEST_TOPICS_PARTITIONS_PARTITION: F = F(1357);
    pub const INITIALIZE_SHARE_GROUP_STATE_REQUEST_TOPICS_PARTITIONS_STATE_EPOCH: F = F(1358);
    pub const INITIALIZE_SHARE_GROUP_STATE_REQUEST_TOPICS_PARTITIONS_START_OFFSET: F = F(1359);
    pub const INITIALIZE_SHARE_GROUP_STATE_RESPONSE_RESULTS: F = F(1360);
    pub const INITIALIZE_SHARE_GROUP_STATE_RESPONSE_RESULTS_TOPIC_ID: F = F(1361);
    pub const INITIALIZE_SHARE_GROUP_STATE_RESPONSE_RESULTS_PARTITIONS: F = F(1362);
    pub const INITIALIZE_SHARE_GROUP_STATE_RESPONSE_RESULTS_PARTITIONS_PARTITION: F = F(1363);
    pub const INITIALIZE_SHARE_GROUP_STATE_RESPONSE_RESULTS_PARTITIONS_ERROR_CODE: F = F(1364);
    pub const INITIALIZE_SHARE_GROUP_STATE_RESPONSE_RESULTS_PARTITIONS_ERROR_MESSAGE: F = F(1365);
    pub const READ_SHARE_GROUP_STATE_REQUEST_GROUP_ID: F = F(1366);
    pub const READ_SHARE_GROUP_STATE_REQUEST_TOPICS: F = F(1367);
    pub const READ_SHARE_GROUP_STATE_REQUEST_TOPICS_TOPIC_ID: F = F(1368);
    pub const READ_SHARE_GROUP_STATE_REQUEST_TOPICS_PARTITIONS: F = F(1369);
    pub const READ_SHARE_GROUP_STATE_REQUEST_TOPICS_PARTITIONS_PARTITION: F = F(1370);
    pub const READ_SHARE_GROUP_STATE_REQUEST_TOPICS_PARTITIONS_LEADER_EPOCH: F = F(1371);
    pub const READ_SHARE_GROUP_STATE_RESPONSE_RESULTS: F = F(1372);
    pub const READ_SHARE_GROUP_STATE_RESPONSE_RESULTS_TOPIC_ID: F = F(1373);
    pub const READ_SHARE_GROUP_STATE_RESPONSE_RESULTS_PARTITIONS: F = F(1374);
    pub const READ_SHARE_GROUP_STATE_RESPONSE_RESULTS_PARTITIONS_PARTITION: F = F(1375);
    pub const READ_SHARE_GROUP_STATE_RESPONSE_RESULTS_PARTITIONS_ERROR_CODE: F = F(1376);
    pub const READ_SHARE_GROUP_STATE_RESPONSE_RESULTS_PARTITIONS_ERROR_MESSAGE: F = F(1377);
    pub const READ_SHARE_GROUP_STATE_RESPONSE_RESULTS_PARTITIONS_STATE_EPOCH: F = F(1378);
    pub const READ_SHARE_GROUP_STATE_RESPONSE_RESULTS_PARTITIONS_START_OFFSET: F = F(1379);
    pub const READ_SHARE_GROUP_STATE_RESPONSE_RESULTS_PARTITIONS_STATE_BATCHES: F = F(1380);
    pub const READ_SHARE_GROUP_STATE_RESPONSE_RESULTS_PARTITIONS_STATE_BATCHES_FIRST_OFFSET: F = F(1381);
    pub const READ_SHARE_GROUP_STATE_RESPONSE_RESULTS_PARTITIONS_STATE_BATCHES_LAST_OFFSET: F = F(1382);
    pub const READ_SHARE_GROUP_STATE_RESPONSE_RESULTS_PARTITIONS_STATE_BATCHES_DELIVERY_STATE: F = F(1383);
    pub const READ_SHARE_GROUP_STATE_RESPONSE_RESULTS_PARTITIONS_STATE_BATCHES_DELIVERY_COUNT: F = F(1384);
    pub const WRITE_SHARE_GROUP_STATE_REQUEST_GROUP_ID: F = F(1385);
    pub const WRITE_SHARE_GROUP_STATE_REQUEST_TOPICS: F = F(1386);
    pub const WRITE_SHARE_GROUP_STATE_REQUEST_TOPICS_TOPIC_ID: F = F(1387);
    pub const WRITE_SHARE_GROUP_STATE_REQUEST_TOPICS_PARTITIONS: F = F(1388);
    pub const WRITE_SHARE_GROUP_STATE_REQUEST_TOPICS_PARTITIONS_PARTITION: F = F(1389);
    pub const WRITE_SHARE_GROUP_STATE_REQUEST_TOPICS_PARTITIONS_STATE_EPOCH: F = F(1390);
    pub const WRITE_SHARE_GROUP_STATE_REQUEST_TOPICS_PARTITIONS_LEADER_EPOCH: F = F(1391);
    pub const WRITE_SHARE_GROUP_STATE_REQUEST_TOPICS_PARTITIONS_START_OFFSET: F = F(1392);
    pub const WRITE_SHARE_GROUP_STATE_REQUEST_TOPICS_PARTITIONS_DELIVERY_COMPLETE_COUNT: F = F(1393);
    pub const WRITE_SHARE_GROUP_STATE_REQUEST_TOPICS_PARTITIONS_STATE_BATCHES: F = F(1394);
    pub const WRITE_SHARE_GROUP_STATE_REQUEST_TOPICS_PARTITIONS_STATE_BATCHES_FIRST_OFFSET: F = F(1395);
    pub const WRITE_SHARE_GROUP_STATE_REQUEST_TOPICS_PARTITIONS_STATE_BATCHES_LAST_OFFSET: F = F(1396);
    pub const WRITE_SHARE_GROUP_STATE_REQUEST_TOPICS_PARTITIONS_STATE_BATCHES_DELIVERY_STATE: F = F(1397);
    pub const WRITE_SHARE_GROUP_STATE_REQUEST_TOPICS_PARTITIONS_STATE_BATCHES_DELIVERY_COUNT: F = F(1398);
    pub const WRITE_SHARE_GROUP_STATE_RESPONSE_RESULTS: F = F(1399);
    pub const WRITE_SHARE_GROUP_STATE_RESPONSE_RESULTS_TOPIC_ID: F = F(1400);
    pub const WRITE_SHARE_GROUP_STATE_RESPONSE_RESULTS_PARTITIONS: F = F(1401);
    pub const WRITE_SHARE_GROUP_STATE_RESPONSE_RESULTS_PARTITIONS_PARTITION: F = F(1402);
    pub const WRITE_SHARE_GROUP_STATE_RESPONSE_RESULTS_PARTITIONS_ERROR_CODE: F = F(1403);
    pub const WRITE_SHARE_GROUP_STATE_RESPONSE_RESULTS_PARTITIONS_ERROR_MESSAGE: F = F(1404);
    pub const DELETE_SHARE_GROUP_STATE_REQUEST_GROUP_ID: F = F(1405);
    pub const DELETE_SHARE_GROUP_STATE_REQUEST_TOPICS: F = F(1406);
    pub const DELETE_SHARE_GROUP_STATE_REQUEST_TOPICS_TOPIC_ID: F = F(1407);
    pub const DELETE_SHARE_GROUP_STATE_REQUEST_TOPICS_PARTITIONS: F = F(1408);
    pub const DELETE_SHARE_GROUP_STATE_REQUEST_TOPICS_PARTITIONS_PARTITION: F = F(1409);
    pub const DELETE_SHARE_GROUP_STATE_RESPONSE_RESULTS: F = F(1410);
    pub const DELETE_SHARE_GROUP_STATE_RESPONSE_RESULTS_TOPIC_ID: F = F(1411);
    pub const DELETE_SHARE_GROUP_STATE_RESPONSE_RESULTS_PARTITIONS: F = F(1412);
    pub const DELETE_SHARE_GROUP_STATE_RESPONSE_RESULTS_PARTITIONS_PARTITION: F = F(1413);
    pub const DELETE_SHARE_GROUP_STATE_RESPONSE_RESULTS_PARTITIONS_ERROR_CODE: F = F(1414);
    pub const DELETE_SHARE_GROUP_STATE_RESPONSE_RESULTS_PARTITIONS_ERROR_MESSAGE: F = F(1415);
    pub const READ_SHARE_GROUP_STATE_SUMMARY_REQUEST_GROUP_ID: F = F(1416);
    pub const READ_SHARE_GROUP_STATE_SUMMARY_REQUEST_TOPICS: F = F(1417);
    pub const READ_SHARE_GROUP_STATE_SUMMARY_REQUEST_TOPICS_TOPIC_ID: F = F(1418);
    pub const READ_SHARE_GROUP_STATE_SUMMARY_REQUEST_TOPICS_PARTITIONS: F = F(1419);
    pub const READ_SHARE_GROUP_STATE_SUMMARY_REQUEST_TOPICS_PARTITIONS_PARTITION: F = F(1420);
    pub const READ_SHARE_GROUP_STATE_SUMMARY_REQUEST_TOPICS_PARTITIONS_LEADER_EPOCH: F = F(1421);
    pub const READ_SHARE_GROUP_STATE_SUMMARY_RESPONSE_RESULTS: F = F(1422);
    pub const READ_SHARE_GROUP_STATE_SUMMARY_RESPONSE_RESULTS_TOPIC_ID: F = F(1423);
    pub const READ_SHARE_GROUP_STATE_SUMMARY_RESPONSE_RESULTS_PARTITIONS: F = F(1424);
    pub const READ_SHARE_GROUP_STATE_SUMMARY_RESPONSE_RESULTS_PARTITIONS_PARTITION: F = F(1425);
    pub const READ_SHARE_GROUP_STATE_SUMMARY_RESPONSE_RESULTS_PARTITIONS_ERROR_CODE: F = F(1426);
    pub const READ_SHARE_GROUP_STATE_SUMMARY_RESPONSE_RESULTS_PARTITIONS_ERROR_MESSAGE: F = F(1427);
    pub const READ_SHARE_GROUP_STATE_SUMMARY_RESPONSE_RESULTS_PARTITIONS_STATE_EPOCH: F = F(1428);
    pub const READ_SHARE_GROUP_STATE_SUMMARY_RESPONSE_RESULTS_PARTITIONS_LEADER_EPOCH: F = F(1429);
    pub const READ_SHARE_GROUP_STATE_SUMMARY_RESPONSE_RESULTS_PARTITIONS_START_OFFSET: F = F(1430);
    pub const READ_SHARE_GROUP_STATE_SUMMARY_RESPONSE_RESULTS_PARTITIONS_DELIVERY_COMPLETE_COUNT: F = F(1431);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_GROUP_ID: F = F(1432);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_MEMBER_ID: F = F(1433);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_MEMBER_EPOCH: F = F(1434);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_ENDPOINT_INFORMATION_EPOCH: F = F(1435);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_INSTANCE_ID: F = F(1436);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_RACK_ID: F = F(1437);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_REBALANCE_TIMEOUT_MS: F = F(1438);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY: F = F(1439);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_EPOCH: F = F(1440);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_SUBTOPOLOGIES: F = F(1441);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_SUBTOPOLOGIES_SUBTOPOLOGY_ID: F = F(1442);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_SUBTOPOLOGIES_SOURCE_TOPICS: F = F(1443);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_SUBTOPOLOGIES_SOURCE_TOPIC_REGEX: F = F(1444);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_SUBTOPOLOGIES_STATE_CHANGELOG_TOPICS: F = F(1445);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_SUBTOPOLOGIES_STATE_CHANGELOG_TOPICS_NAME: F = F(1446);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_SUBTOPOLOGIES_STATE_CHANGELOG_TOPICS_PARTITIONS: F = F(1447);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_SUBTOPOLOGIES_STATE_CHANGELOG_TOPICS_REPLICATION_FACTOR: F = F(1448);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_SUBTOPOLOGIES_STATE_CHANGELOG_TOPICS_TOPIC_CONFIGS: F = F(1449);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_SUBTOPOLOGIES_STATE_CHANGELOG_TOPICS_TOPIC_CONFIGS_KEY: F = F(1450);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_SUBTOPOLOGIES_STATE_CHANGELOG_TOPICS_TOPIC_CONFIGS_VALUE: F = F(1451);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_SUBTOPOLOGIES_REPARTITION_SINK_TOPICS: F = F(1452);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_SUBTOPOLOGIES_REPARTITION_SOURCE_TOPICS: F = F(1453);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_SUBTOPOLOGIES_REPARTITION_SOURCE_TOPICS_NAME: F = F(1454);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_SUBTOPOLOGIES_REPARTITION_SOURCE_TOPICS_PARTITIONS: F = F(1455);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_SUBTOPOLOGIES_REPARTITION_SOURCE_TOPICS_REPLICATION_FACTOR: F = F(1456);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_SUBTOPOLOGIES_REPARTITION_SOURCE_TOPICS_TOPIC_CONFIGS: F = F(1457);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_SUBTOPOLOGIES_REPARTITION_SOURCE_TOPICS_TOPIC_CONFIGS_KEY: F = F(1458);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_SUBTOPOLOGIES_REPARTITION_SOURCE_TOPICS_TOPIC_CONFIGS_VALUE: F = F(1459);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_SUBTOPOLOGIES_COPARTITION_GROUPS: F = F(1460);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_SUBTOPOLOGIES_COPARTITION_GROUPS_SOURCE_TOPICS: F = F(1461);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_SUBTOPOLOGIES_COPARTITION_GROUPS_SOURCE_TOPIC_REGEX: F = F(1462);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_SUBTOPOLOGIES_COPARTITION_GROUPS_REPARTITION_SOURCE_TOPICS: F = F(1463);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_ACTIVE_TASKS: F = F(1464);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_ACTIVE_TASKS_SUBTOPOLOGY_ID: F = F(1465);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_ACTIVE_TASKS_PARTITIONS: F = F(1466);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_STANDBY_TASKS: F = F(1467);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_STANDBY_TASKS_SUBTOPOLOGY_ID: F = F(1468);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_STANDBY_TASKS_PARTITIONS: F = F(1469);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_WARMUP_TASKS: F = F(1470);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_WARMUP_TASKS_SUBTOPOLOGY_ID: F = F(1471);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_WARMUP_TASKS_PARTITIONS: F = F(1472);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_PROCESS_ID: F = F(1473);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_USER_ENDPOINT: F = F(1474);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_USER_ENDPOINT_HOST: F = F(1475);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_USER_ENDPOINT_PORT: F = F(1476);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_CLIENT_TAGS: F = F(1477);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_CLIENT_TAGS_KEY: F = F(1478);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_CLIENT_TAGS_VALUE: F = F(1479);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TASK_OFFSETS: F = F(1480);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TASK_OFFSETS_SUBTOPOLOGY_ID: F = F(1481);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TASK_OFFSETS_PARTITION: F = F(1482);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TASK_OFFSETS_OFFSET: F = F(1483);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TASK_END_OFFSETS: F = F(1484);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TASK_END_OFFSETS_SUBTOPOLOGY_ID: F = F(1485);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TASK_END_OFFSETS_PARTITION: F = F(1486);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_TASK_END_OFFSETS_OFFSET: F = F(1487);
    pub const STREAMS_GROUP_HEARTBEAT_REQUEST_SHUTDOWN_APPLICATION: F = F(1488);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_THROTTLE_TIME_MS: F = F(1489);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_ERROR_CODE: F = F(1490);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_ERROR_MESSAGE: F = F(1491);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_MEMBER_ID: F = F(1492);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_MEMBER_EPOCH: F = F(1493);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_HEARTBEAT_INTERVAL_MS: F = F(1494);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_ACCEPTABLE_RECOVERY_LAG: F = F(1495);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_TASK_OFFSET_INTERVAL_MS: F = F(1496);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_STATUS: F = F(1497);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_STATUS_STATUS_CODE: F = F(1498);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_STATUS_STATUS_DETAIL: F = F(1499);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_ACTIVE_TASKS: F = F(1500);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_ACTIVE_TASKS_SUBTOPOLOGY_ID: F = F(1501);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_ACTIVE_TASKS_PARTITIONS: F = F(1502);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_STANDBY_TASKS: F = F(1503);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_STANDBY_TASKS_SUBTOPOLOGY_ID: F = F(1504);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_STANDBY_TASKS_PARTITIONS: F = F(1505);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_WARMUP_TASKS: F = F(1506);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_WARMUP_TASKS_SUBTOPOLOGY_ID: F = F(1507);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_WARMUP_TASKS_PARTITIONS: F = F(1508);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_ENDPOINT_INFORMATION_EPOCH: F = F(1509);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_PARTITIONS_BY_USER_ENDPOINT: F = F(1510);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_PARTITIONS_BY_USER_ENDPOINT_USER_ENDPOINT: F = F(1511);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_PARTITIONS_BY_USER_ENDPOINT_USER_ENDPOINT_HOST: F = F(1512);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_PARTITIONS_BY_USER_ENDPOINT_USER_ENDPOINT_PORT: F = F(1513);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_PARTITIONS_BY_USER_ENDPOINT_ACTIVE_PARTITIONS: F = F(1514);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_PARTITIONS_BY_USER_ENDPOINT_ACTIVE_PARTITIONS_TOPIC: F = F(1515);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_PARTITIONS_BY_USER_ENDPOINT_ACTIVE_PARTITIONS_PARTITIONS: F = F(1516);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_PARTITIONS_BY_USER_ENDPOINT_STANDBY_PARTITIONS: F = F(1517);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_PARTITIONS_BY_USER_ENDPOINT_STANDBY_PARTITIONS_TOPIC: F = F(1518);
    pub const STREAMS_GROUP_HEARTBEAT_RESPONSE_PARTITIONS_BY_USER_ENDPOINT_STANDBY_PARTITIONS_PARTITIONS: F = F(1519);
    pub const STREAMS_GROUP_DESCRIBE_REQUEST_GROUP_IDS: F = F(1520);
    pub const STREAMS_GROUP_DESCRIBE_REQUEST_INCLUDE_AUTHORIZED_OPERATIONS: F = F(1521);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_THROTTLE_TIME_MS: F = F(1522);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS: F = F(1523);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_ERROR_CODE: F = F(1524);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_ERROR_MESSAGE: F = F(1525);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_GROUP_ID: F = F(1526);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_GROUP_STATE: F = F(1527);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_GROUP_EPOCH: F = F(1528);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_ASSIGNMENT_EPOCH: F = F(1529);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_TOPOLOGY: F = F(1530);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_TOPOLOGY_EPOCH: F = F(1531);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_TOPOLOGY_SUBTOPOLOGIES: F = F(1532);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_TOPOLOGY_SUBTOPOLOGIES_SUBTOPOLOGY_ID: F = F(1533);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_TOPOLOGY_SUBTOPOLOGIES_SOURCE_TOPICS: F = F(1534);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_TOPOLOGY_SUBTOPOLOGIES_REPARTITION_SINK_TOPICS: F = F(1535);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_TOPOLOGY_SUBTOPOLOGIES_STATE_CHANGELOG_TOPICS: F = F(1536);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_TOPOLOGY_SUBTOPOLOGIES_STATE_CHANGELOG_TOPICS_NAME: F = F(1537);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_TOPOLOGY_SUBTOPOLOGIES_STATE_CHANGELOG_TOPICS_PARTITIONS: F = F(1538);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_TOPOLOGY_SUBTOPOLOGIES_STATE_CHANGELOG_TOPICS_REPLICATION_FACTOR: F = F(1539);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_TOPOLOGY_SUBTOPOLOGIES_STATE_CHANGELOG_TOPICS_TOPIC_CONFIGS: F = F(1540);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_TOPOLOGY_SUBTOPOLOGIES_STATE_CHANGELOG_TOPICS_TOPIC_CONFIGS_KEY: F = F(1541);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_TOPOLOGY_SUBTOPOLOGIES_STATE_CHANGELOG_TOPICS_TOPIC_CONFIGS_VALUE: F = F(1542);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_TOPOLOGY_SUBTOPOLOGIES_REPARTITION_SOURCE_TOPICS: F = F(1543);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_TOPOLOGY_SUBTOPOLOGIES_REPARTITION_SOURCE_TOPICS_NAME: F = F(1544);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_TOPOLOGY_SUBTOPOLOGIES_REPARTITION_SOURCE_TOPICS_PARTITIONS: F = F(1545);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_TOPOLOGY_SUBTOPOLOGIES_REPARTITION_SOURCE_TOPICS_REPLICATION_FACTOR: F = F(1546);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_TOPOLOGY_SUBTOPOLOGIES_REPARTITION_SOURCE_TOPICS_TOPIC_CONFIGS: F = F(1547);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_TOPOLOGY_SUBTOPOLOGIES_REPARTITION_SOURCE_TOPICS_TOPIC_CONFIGS_KEY: F = F(1548);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_TOPOLOGY_SUBTOPOLOGIES_REPARTITION_SOURCE_TOPICS_TOPIC_CONFIGS_VALUE: F = F(1549);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS: F = F(1550);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_MEMBER_ID: F = F(1551);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_MEMBER_EPOCH: F = F(1552);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_INSTANCE_ID: F = F(1553);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_RACK_ID: F = F(1554);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_CLIENT_ID: F = F(1555);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_CLIENT_HOST: F = F(1556);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TOPOLOGY_EPOCH: F = F(1557);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_PROCESS_ID: F = F(1558);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_USER_ENDPOINT: F = F(1559);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_USER_ENDPOINT_HOST: F = F(1560);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_USER_ENDPOINT_PORT: F = F(1561);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_CLIENT_TAGS: F = F(1562);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_CLIENT_TAGS_KEY: F = F(1563);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_CLIENT_TAGS_VALUE: F = F(1564);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TASK_OFFSETS: F = F(1565);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TASK_OFFSETS_SUBTOPOLOGY_ID: F = F(1566);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TASK_OFFSETS_PARTITION: F = F(1567);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TASK_OFFSETS_OFFSET: F = F(1568);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TASK_END_OFFSETS: F = F(1569);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TASK_END_OFFSETS_SUBTOPOLOGY_ID: F = F(1570);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TASK_END_OFFSETS_PARTITION: F = F(1571);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TASK_END_OFFSETS_OFFSET: F = F(1572);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_ASSIGNMENT: F = F(1573);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_ASSIGNMENT_ACTIVE_TASKS: F = F(1574);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_ASSIGNMENT_ACTIVE_TASKS_SUBTOPOLOGY_ID: F = F(1575);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_ASSIGNMENT_ACTIVE_TASKS_PARTITIONS: F = F(1576);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_ASSIGNMENT_STANDBY_TASKS: F = F(1577);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_ASSIGNMENT_STANDBY_TASKS_SUBTOPOLOGY_ID: F = F(1578);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_ASSIGNMENT_STANDBY_TASKS_PARTITIONS: F = F(1579);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_ASSIGNMENT_WARMUP_TASKS: F = F(1580);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_ASSIGNMENT_WARMUP_TASKS_SUBTOPOLOGY_ID: F = F(1581);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_ASSIGNMENT_WARMUP_TASKS_PARTITIONS: F = F(1582);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TARGET_ASSIGNMENT: F = F(1583);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TARGET_ASSIGNMENT_ACTIVE_TASKS: F = F(1584);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TARGET_ASSIGNMENT_ACTIVE_TASKS_SUBTOPOLOGY_ID: F = F(1585);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TARGET_ASSIGNMENT_ACTIVE_TASKS_PARTITIONS: F = F(1586);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TARGET_ASSIGNMENT_STANDBY_TASKS: F = F(1587);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TARGET_ASSIGNMENT_STANDBY_TASKS_SUBTOPOLOGY_ID: F = F(1588);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TARGET_ASSIGNMENT_STANDBY_TASKS_PARTITIONS: F = F(1589);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TARGET_ASSIGNMENT_WARMUP_TASKS: F = F(1590);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TARGET_ASSIGNMENT_WARMUP_TASKS_SUBTOPOLOGY_ID: F = F(1591);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_TARGET_ASSIGNMENT_WARMUP_TASKS_PARTITIONS: F = F(1592);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_MEMBERS_IS_CLASSIC: F = F(1593);
    pub const STREAMS_GROUP_DESCRIBE_RESPONSE_GROUPS_AUTHORIZED_OPERATIONS: F = F(1594);
    pub const DESCRIBE_SHARE_GROUP_OFFSETS_REQUEST_GROUPS: F = F(1595);
    pub const DESCRIBE_SHARE_GROUP_OFFSETS_REQUEST_GROUPS_GROUP_ID: F = F(1596);
    pub const DESCRIBE_SHARE_GROUP_OFFSETS_REQUEST_GROUPS_TOPICS: F = F(1597);
    pub const DESCRIBE_SHARE_GROUP_OFFSETS_REQUEST_GROUPS_TOPICS_TOPIC_NAME: F = F(1598);
    pub const DESCRIBE_SHARE_GROUP_OFFSETS_REQUEST_GROUPS_TOPICS_PARTITIONS: F = F(1599);
    pub const DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_THROTTLE_TIME_MS: F = F(1600);
    pub const DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_GROUPS: F = F(1601);
    pub const DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_GROUPS_GROUP_ID: F = F(1602);
    pub const DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_GROUPS_TOPICS: F = F(1603);
    pub const DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_GROUPS_TOPICS_TOPIC_NAME: F = F(1604);
    pub const DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_GROUPS_TOPICS_TOPIC_ID: F = F(1605);
    pub const DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_GROUPS_TOPICS_PARTITIONS: F = F(1606);
    pub const DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_GROUPS_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(1607);
    pub const DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_GROUPS_TOPICS_PARTITIONS_START_OFFSET: F = F(1608);
    pub const DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_GROUPS_TOPICS_PARTITIONS_LEADER_EPOCH: F = F(1609);
    pub const DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_GROUPS_TOPICS_PARTITIONS_LAG: F = F(1610);
    pub const DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_GROUPS_TOPICS_PARTITIONS_ERROR_CODE: F = F(1611);
    pub const DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_GROUPS_TOPICS_PARTITIONS_ERROR_MESSAGE: F = F(1612);
    pub const DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_GROUPS_ERROR_CODE: F = F(1613);
    pub const DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_GROUPS_ERROR_MESSAGE: F = F(1614);
    pub const ALTER_SHARE_GROUP_OFFSETS_REQUEST_GROUP_ID: F = F(1615);
    pub const ALTER_SHARE_GROUP_OFFSETS_REQUEST_TOPICS: F = F(1616);
    pub const ALTER_SHARE_GROUP_OFFSETS_REQUEST_TOPICS_TOPIC_NAME: F = F(1617);
    pub const ALTER_SHARE_GROUP_OFFSETS_REQUEST_TOPICS_PARTITIONS: F = F(1618);
    pub const ALTER_SHARE_GROUP_OFFSETS_REQUEST_TOPICS_PARTITIONS_PARTITION_INDEX: F = F(1619);
    pub const ALTER_SHARE_GROUP_OFFSETS_REQUEST_TOPICS_PARTITIONS_START_OFFSET: F = F(1620);
    pub const ALTER_SHARE_GROUP_OFFSETS_RESPONSE_THROTTLE_TIME_MS: F = F(1621);
    pub const ALTER_SHARE_GROUP_OFFSETS_RESPONSE_ERROR_CODE: F = F(1622);
    pub const ALTER_SHARE_GROUP_OFFSETS_RESPONSE_ERROR_MESSAGE: F = F(1623);
    pub const ALTER_SHARE_GROUP_OFFSETS_RESPONSE_RESPONSES: F = F(1624);
    pub const ALTER_SHARE_GROUP_OFFSETS_RESPONSE_RESPONSES_TOPIC_NAME: F = F(1625);
    pub const ALTER_SHARE_GROUP_OFFSETS_RESPONSE_RESPONSES_TOPIC_ID: F = F(1626);
    pub const ALTER_SHARE_GROUP_OFFSETS_RESPONSE_RESPONSES_PARTITIONS: F = F(1627);
    pub const ALTER_SHARE_GROUP_OFFSETS_RESPONSE_RESPONSES_PARTITIONS_PARTITION_INDEX: F = F(1628);
    pub const ALTER_SHARE_GROUP_OFFSETS_RESPONSE_RESPONSES_PARTITIONS_ERROR_CODE: F = F(1629);
    pub const ALTER_SHARE_GROUP_OFFSETS_RESPONSE_RESPONSES_PARTITIONS_ERROR_MESSAGE: F = F(1630);
    pub const DELETE_SHARE_GROUP_OFFSETS_REQUEST_GROUP_ID: F = F(1631);
    pub const DELETE_SHARE_GROUP_OFFSETS_REQUEST_TOPICS: F = F(1632);
    pub const DELETE_SHARE_GROUP_OFFSETS_REQUEST_TOPICS_TOPIC_NAME: F = F(1633);
    pub const DELETE_SHARE_GROUP_OFFSETS_RESPONSE_THROTTLE_TIME_MS: F = F(1634);
    pub const DELETE_SHARE_GROUP_OFFSETS_RESPONSE_ERROR_CODE: F = F(1635);
    pub const DELETE_SHARE_GROUP_OFFSETS_RESPONSE_ERROR_MESSAGE: F = F(1636);
    pub const DELETE_SHARE_GROUP_OFFSETS_RESPONSE_RESPONSES: F = F(1637);
    pub const DELETE_SHARE_GROUP_OFFSETS_RESPONSE_RESPONSES_TOPIC_NAME: F = F(1638);
    pub const DELETE_SHARE_GROUP_OFFSETS_RESPONSE_RESPONSES_TOPIC_ID: F = F(1639);
    pub const DELETE_SHARE_GROUP_OFFSETS_RESPONSE_RESPONSES_ERROR_CODE: F = F(1640);
    pub const DELETE_SHARE_GROUP_OFFSETS_RESPONSE_RESPONSES_ERROR_MESSAGE: F = F(1641);
    pub const REQUEST_HEADER_REQUEST_API_KEY: F = F(1642);
    pub const REQUEST_HEADER_REQUEST_API_VERSION: F = F(1643);
    pub const REQUEST_HEADER_CORRELATION_ID: F = F(1644);
    pub const REQUEST_HEADER_CLIENT_ID: F = F(1645);
    pub const RESPONSE_HEADER_CORRELATION_ID: F = F(1646);
}
