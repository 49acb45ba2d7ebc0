//! The access table against Kafka's schemas: every API and version that a broker serves is decided or left
//! out for a reason, and so is every field of a request that names something.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::collections::BTreeSet;

use streamward_wire::kafka::access::{self, Access, Governed, Row};
use streamward_wire::kafka::{ApiKey, Direction, Entity, Field, Kind, Schema, api, apis, schema};

/// APIs of a broker's listener that are refused and not advertised.
const NOT_SERVED: &[(&str, &[ApiKey])] = &[
    (
        "brokers ask it of brokers",
        &[
            ApiKey::WRITE_TXN_MARKERS,
            ApiKey::INITIALIZE_SHARE_GROUP_STATE,
            ApiKey::READ_SHARE_GROUP_STATE,
            ApiKey::WRITE_SHARE_GROUP_STATE,
            ApiKey::DELETE_SHARE_GROUP_STATE,
            ApiKey::READ_SHARE_GROUP_STATE_SUMMARY,
        ],
    ),
    (
        "would be decided by the gateway's own identity",
        &[
            ApiKey::DESCRIBE_ACLS,
            ApiKey::CREATE_ACLS,
            ApiKey::DELETE_ACLS,
            ApiKey::CREATE_DELEGATION_TOKEN,
            ApiKey::RENEW_DELEGATION_TOKEN,
            ApiKey::EXPIRE_DELEGATION_TOKEN,
            ApiKey::DESCRIBE_DELEGATION_TOKEN,
            ApiKey::DESCRIBE_CLIENT_QUOTAS,
            ApiKey::ALTER_CLIENT_QUOTAS,
            ApiKey::DESCRIBE_USER_SCRAM_CREDENTIALS,
            ApiKey::ALTER_USER_SCRAM_CREDENTIALS,
        ],
    ),
    (
        "the operator's, at the brokers themselves",
        &[
            ApiKey::ALTER_CONFIGS,
            ApiKey::ALTER_REPLICA_LOG_DIRS,
            ApiKey::DESCRIBE_LOG_DIRS,
            ApiKey::ELECT_LEADERS,
            ApiKey::INCREMENTAL_ALTER_CONFIGS,
            ApiKey::ALTER_PARTITION_REASSIGNMENTS,
            ApiKey::LIST_PARTITION_REASSIGNMENTS,
            ApiKey::DESCRIBE_QUORUM,
            ApiKey::UPDATE_FEATURES,
            ApiKey::UNREGISTER_BROKER,
            ApiKey::ADD_RAFT_VOTER,
            ApiKey::REMOVE_RAFT_VOTER,
            ApiKey::LIST_CONFIG_RESOURCES,
        ],
    ),
    (
        "not decided yet",
        &[
            ApiKey::OFFSET_DELETE,
            ApiKey::DESCRIBE_PRODUCERS,
            ApiKey::DESCRIBE_TRANSACTIONS,
            ApiKey::LIST_TRANSACTIONS,
            ApiKey::DESCRIBE_TOPIC_PARTITIONS,
        ],
    ),
    (
        "a compressed body that nobody decides",
        &[ApiKey::GET_TELEMETRY_SUBSCRIPTIONS, ApiKey::PUSH_TELEMETRY],
    ),
    (
        "share and streams groups are not decided yet",
        &[
            ApiKey::SHARE_GROUP_HEARTBEAT,
            ApiKey::SHARE_GROUP_DESCRIBE,
            ApiKey::SHARE_FETCH,
            ApiKey::SHARE_ACKNOWLEDGE,
            ApiKey::STREAMS_GROUP_HEARTBEAT,
            ApiKey::STREAMS_GROUP_DESCRIBE,
            ApiKey::DESCRIBE_SHARE_GROUP_OFFSETS,
            ApiKey::ALTER_SHARE_GROUP_OFFSETS,
            ApiKey::DELETE_SHARE_GROUP_OFFSETS,
        ],
    ),
];

/// Versions of a decided API that are not.
const VERSIONS_NOT_SERVED: &[(ApiKey, (i16, i16), &str)] = &[
    (
        ApiKey::FIND_COORDINATOR,
        (6, 6),
        "coordinators of share groups",
    ),
    (
        ApiKey::SASL_HANDSHAKE,
        (0, 0),
        "tokens without a Kafka header follow it",
    ),
    (
        ApiKey::DELETE_TOPICS,
        (6, 6),
        "names topics by id, which a denial must not tell",
    ),
    (
        ApiKey::ADD_PARTITIONS_TO_TXN,
        (4, 5),
        "brokers ask it of brokers",
    ),
];

/// Fields that code of its own decides, by API; its tests are those of the gateway's sessions.
const REVIEWED: &[(ApiKey, &[&str])] = &[
    (
        ApiKey::PRODUCE,
        &["TransactionalId", "TopicData.Name", "TopicData.TopicId"],
    ),
    (ApiKey::FETCH, &["Topics.Topic", "Topics.TopicId"]),
    (ApiKey::METADATA, &["Topics.Name", "Topics.TopicId"]),
    (
        ApiKey::OFFSET_FETCH,
        &[
            "GroupId",
            "Topics.Name",
            "Groups.GroupId",
            "Groups.Topics.Name",
            "Groups.Topics.TopicId",
        ],
    ),
    (ApiKey::FIND_COORDINATOR, &["Key", "CoordinatorKeys"]),
    (ApiKey::CREATE_TOPICS, &["Topics.Name"]),
    (ApiKey::INIT_PRODUCER_ID, &["TransactionalId"]),
    (
        ApiKey::ADD_PARTITIONS_TO_TXN,
        &["V3AndBelowTransactionalId", "V3AndBelowTopics.Name"],
    ),
    (ApiKey::DESCRIBE_CONFIGS, &["Resources.ResourceName"]),
    (
        ApiKey::CONSUMER_GROUP_HEARTBEAT,
        &["GroupId", "SubscribedTopicNames", "SubscribedTopicRegex"],
    ),
    (ApiKey::CONSUMER_GROUP_DESCRIBE, &["GroupIds"]),
];

/// Texts and ids of requests that name nothing that anybody is granted.
const EXEMPT: &[(&str, &str)] = &[
    (
        "Fetch.ForgottenTopicsData.Topic",
        "outside a session, where every fetch is put, nothing is forgotten",
    ),
    ("Fetch.ForgottenTopicsData.TopicId", "as the name"),
    (
        "ConsumerGroupHeartbeat.TopicPartitions.TopicId",
        "what the member holds, which only the coordinator gave it",
    ),
    ("Fetch.ClusterId", "sent by followers, which are refused"),
    ("ReplicaDirectoryId", "sent by followers, which are refused"),
    ("RackId", "a place"),
    (
        "MemberId",
        "the coordinator's word, inside a group that is decided",
    ),
    ("GroupInstanceId", "a member inside a group that is decided"),
    ("InstanceId", "a member inside a group that is decided"),
    ("ServerAssignor", "a way to assign"),
    ("ProtocolType", "a way to assign"),
    ("ProtocolName", "a way to assign"),
    ("JoinGroup.Protocols.Name", "a way to assign"),
    ("Reason", "for a person"),
    ("StatesFilter", "a state"),
    ("TypesFilter", "a type of group"),
    ("CommittedMetadata", "the member's own note"),
    (
        "CreateTopics.Topics.Configs.Name",
        "a setting of a topic that is decided",
    ),
    (
        "CreateTopics.Topics.Configs.Value",
        "a setting of a topic that is decided",
    ),
    (
        "ConfigurationKeys",
        "a setting of a resource that is decided",
    ),
];

fn served(row: &Row) -> impl Iterator<Item = &'static Schema> {
    let key = row.key;
    (row.versions.0..=row.versions.1)
        .map(move |version| schema(key, version, Direction::Request).unwrap())
}

/// Fields that may name something: those with such an entity type, every text, and every id.
fn names(of: &'static Schema, path: &str, found: &mut Vec<(String, &'static Field)>) {
    for field in of.all() {
        let path = format!("{path}{}", field.name);
        if let Some(inner) = field.structure() {
            names(inner, &format!("{path}."), found);
        } else if matches!(field.kind, Kind::Str | Kind::Uuid) {
            found.push((path, field));
        }
    }
}

fn governs(governed: &Governed, path: &str) -> bool {
    governed.whole.iter().any(|whole| whole.field == path)
        || governed
            .groups
            .as_ref()
            .is_some_and(|groups| groups.list == path)
        || governed.topics.as_ref().is_some_and(|topics| {
            path == topics.list
                || path == format!("{}.{}", topics.list, topics.name)
                || path == format!("{}.TopicId", topics.list)
        })
}

fn reviewed(key: ApiKey) -> &'static [&'static str] {
    let found = REVIEWED.iter().find(|(of, _)| *of == key);
    found.map_or(&[], |(_, paths)| paths)
}

fn exempt(key: ApiKey, path: &str) -> bool {
    let qualified = format!("{}.{path}", key.name());
    let last = path.rsplit('.').next().unwrap();
    EXEMPT
        .iter()
        .any(|(name, _)| *name == qualified || *name == last)
}

#[test]
fn every_field_that_names_something_is_decided() {
    let mut missing = BTreeSet::new();
    for row in access::rows() {
        if matches!(row.access, Access::Local(_)) {
            continue;
        }
        for of in served(row) {
            let mut found = Vec::new();
            names(of, "", &mut found);
            for (path, field) in found {
                let decided = match &row.access {
                    Access::Governed(governed) => governs(governed, &path),
                    _ => reviewed(row.key).contains(&path.as_str()),
                };
                // What Kafka marks as a name of ours is never exempt by a name alone.
                let ours = matches!(
                    field.entity,
                    Some(Entity::TopicName | Entity::GroupId | Entity::TransactionalId)
                );
                let qualified = format!("{}.{path}", row.key.name());
                let excused = if ours {
                    EXEMPT.iter().any(|(name, _)| *name == qualified)
                } else {
                    exempt(row.key, &path)
                };
                if !decided && !excused {
                    missing.insert(qualified);
                }
            }
        }
    }
    assert_eq!(missing, BTreeSet::new());
}

#[test]
fn what_is_reviewed_left_out_or_exempt_exists() {
    for key in NOT_SERVED.iter().flat_map(|(_, keys)| *keys) {
        assert!(api(*key).unwrap().broker_listener, "{}", key.name());
    }
    let mut paths = BTreeSet::new();
    for row in access::rows() {
        for of in served(row) {
            let mut found = Vec::new();
            names(of, "", &mut found);
            for (path, _) in found {
                paths.insert(path.rsplit('.').next().unwrap().to_owned());
                paths.insert(format!("{}.{path}", row.key.name()));
            }
        }
    }
    for (key, list) in REVIEWED {
        for path in *list {
            assert!(
                paths.contains(&format!("{}.{path}", key.name())),
                "{} {path}",
                key.name()
            );
        }
    }
    for (name, reason) in EXEMPT {
        assert!(paths.contains(*name), "{name}");
        assert!(!reason.is_empty());
    }
}

#[test]
fn every_version_that_a_broker_serves_is_decided_or_left_out_for_a_reason() {
    for api in apis().iter().filter(|api| api.broker_listener) {
        let left_out = NOT_SERVED.iter().any(|(_, keys)| keys.contains(&api.key));
        assert_eq!(
            access::versions(api.key).is_none(),
            left_out,
            "{}",
            api.name
        );
        if left_out {
            continue;
        }
        for version in api.versions.0..=api.versions.1 {
            let excused = VERSIONS_NOT_SERVED.iter().any(|(key, versions, _)| {
                *key == api.key && versions.0 <= version && version <= versions.1
            });
            let decided = access::row(api.key, version).is_some();
            assert_eq!(decided, !excused, "{} {version}", api.name);
        }
    }
}

#[test]
fn nothing_is_decided_that_cannot_be_read() {
    for row in access::rows() {
        let api = api(row.key).unwrap();
        assert!(api.broker_listener, "{}", api.name);
        assert!(row.versions.0 <= row.versions.1);
        assert!(api.versions.0 <= row.versions.0, "{}", api.name);
        assert!(row.versions.1 <= api.versions.1, "{}", api.name);
        for direction in [Direction::Request, Direction::Response] {
            for version in row.versions.0..=row.versions.1 {
                assert!(schema(row.key, version, direction).is_some());
            }
        }
    }
}

#[test]
fn one_row_decides_each_version_and_the_lowest_and_highest_are_served() {
    for row in access::rows() {
        for version in row.versions.0..=row.versions.1 {
            let rows = access::rows().iter().filter(|it| {
                it.key == row.key && it.versions.0 <= version && version <= it.versions.1
            });
            assert_eq!(rows.count(), 1, "{} {version}", row.key.name());
        }
        let (lowest, highest) = access::versions(row.key).unwrap();
        assert!(access::row(row.key, lowest).is_some() && access::row(row.key, highest).is_some());
        assert!(access::row(row.key, lowest - 1).is_none());
        assert!(access::row(row.key, highest + 1).is_none());
    }
}

#[test]
fn what_a_row_names_is_in_the_schemas_of_all_its_versions() {
    for row in access::rows() {
        let Access::Governed(governed) = &row.access else {
            continue;
        };
        let answers = (row.versions.0..=row.versions.1)
            .map(|version| schema(row.key, version, Direction::Response).unwrap());
        for (request, answer) in served(row).zip(answers) {
            let at = format!("{} {}", row.key.name(), request.version);
            for whole in governed.whole {
                let field = request.field(whole.field).expect(&at);
                // A null name would be asked of nobody.
                assert!(!field.nullable, "{at}: {}", whole.field);
                if whole.shape == access::Shape::Top {
                    assert!(answer.field("ErrorCode").is_some(), "{at}");
                }
            }
            if let Some(topics) = &governed.topics {
                let list = request.field(topics.list).expect(&at);
                let named = |of: &Schema, name: &str| {
                    of.field(name).is_some() || of.field("TopicId").is_some()
                };
                if let Some(element) = list.structure() {
                    assert!(named(element, topics.name), "{at}");
                }
                let element = answer
                    .field(topics.answer)
                    .and_then(Field::structure)
                    .expect(&at);
                assert!(named(element, topics.answer_name), "{at}");
                let Some(partitions) = &topics.partitions else {
                    assert!(element.field("ErrorCode").is_some(), "{at}");
                    continue;
                };
                let partition = element
                    .field(partitions.answer)
                    .and_then(Field::structure)
                    .expect(&at);
                assert!(partition.field(partitions.answer_index).is_some(), "{at}");
                assert!(partition.field(partitions.error).is_some(), "{at}");
                let asked = list
                    .structure()
                    .and_then(|it| it.field(partitions.list))
                    .expect(&at);
                if let Some(asked) = asked.structure() {
                    assert!(asked.field(partitions.index).is_some(), "{at}");
                }
            }
            if let Some(groups) = &governed.groups {
                assert!(request.field(groups.list).expect(&at).array, "{at}");
                let element = answer
                    .field(groups.answer)
                    .and_then(Field::structure)
                    .expect(&at);
                assert!(element.field(groups.answer_name).is_some(), "{at}");
                assert!(element.field("ErrorCode").is_some(), "{at}");
            }
        }
    }
}
