//! What the generated table holds.
#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use std::collections::HashSet;

use streamward_wire::kafka::{
    ApiKey, Direction, Entity, Field, FieldId, Kind, Schema, api, apis, error, error_code,
    error_name, field, schema,
};

#[test]
fn it_holds_what_a_broker_of_kafka_4_3_1_serves() {
    let served: Vec<_> = apis().iter().filter(|api| api.broker_listener).collect();
    let stable: i32 = served
        .iter()
        .map(|api| i32::from(api.versions.1) - i32::from(api.versions.0) + 1)
        .sum();
    let unstable: Vec<_> = apis()
        .iter()
        .filter(|api| api.unstable_version.is_some())
        .collect();
    assert_eq!((apis().len(), served.len(), stable), (89, 77, 277));
    assert_eq!(unstable.len(), 1);
    assert_eq!(unstable[0].key, ApiKey::INIT_PRODUCER_ID);
    assert_eq!(unstable[0].unstable_version, Some(6));
}

#[test]
fn a_version_that_is_not_served_has_no_schema() {
    for api in apis() {
        for direction in [Direction::Request, Direction::Response] {
            assert!(schema(api.key, api.versions.0, direction).is_some());
            assert!(schema(api.key, api.versions.1, direction).is_some());
            for version in [api.versions.0 - 1, api.versions.1 + 1, i16::MIN, i16::MAX] {
                assert!(schema(api.key, version, direction).is_none());
            }
        }
    }
    assert!(schema(ApiKey(-1), 0, Direction::Request).is_none());
    assert!(schema(ApiKey(7), 0, Direction::Request).is_none());
}

#[test]
fn keys_and_errors_have_their_names() {
    assert_eq!(ApiKey::PRODUCE.name(), "Produce");
    assert_eq!(ApiKey(4).name(), "LeaderAndIsr");
    assert_eq!(ApiKey(9_999).name(), "Unknown");
    assert_eq!(api(ApiKey::FETCH).unwrap().versions, (4, 18));
    assert_eq!(error_code("TOPIC_AUTHORIZATION_FAILED"), Some(29));
    assert_eq!(error_code("NO_SUCH_ERROR"), None);
    assert_eq!(
        error_name(error::KAFKA_STORAGE_ERROR),
        "KAFKA_STORAGE_ERROR"
    );
    assert_eq!(error_name(9_999), "UNKNOWN");
}

#[test]
fn a_field_is_found_by_its_constant() {
    let fetch = schema(ApiKey::FETCH, 18, Direction::Response).unwrap();
    let responses = fetch.field("Responses").unwrap().structure().unwrap();
    let partitions = responses.field("Partitions").unwrap().structure().unwrap();
    let records = partitions.field("Records").unwrap();
    assert_eq!(
        records.id,
        field::FETCH_RESPONSE_RESPONSES_PARTITIONS_RECORDS
    );
    assert_eq!(records.kind, Kind::Records);
    assert!(records.nullable);
    let produce = schema(ApiKey::PRODUCE, 12, Direction::Request).unwrap();
    let topic = produce
        .field("TopicData")
        .unwrap()
        .structure()
        .unwrap()
        .field("Name")
        .unwrap();
    assert_eq!(topic.entity, Some(Entity::TopicName));
}

#[test]
fn ids_and_names_are_unique_in_a_message_and_tags_ascend() {
    for whole in support::schemas() {
        let mut ids = HashSet::new();
        check(whole, &mut ids);
    }
}

fn check(schema: &'static Schema, ids: &mut HashSet<FieldId>) {
    let names: HashSet<_> = schema.all().map(|field| field.name).collect();
    assert_eq!(names.len(), schema.all().count(), "{}", schema.name);
    assert!(schema.tagged.is_empty() || schema.flexible);
    assert!(schema.tagged.is_sorted_by(|one, next| one.tag < next.tag));
    for field in schema.all() {
        assert!(ids.insert(field.id));
        field
            .structure()
            .into_iter()
            .for_each(|inner| check(inner, ids));
    }
}

/// A string field whose name ends in one of these names a resource; Kafka marks it, or it is here.
#[test]
fn the_names_of_topics_groups_and_transactions_are_marked() {
    const NAMES: [&str; 6] = [
        "Topic",
        "TopicName",
        "TopicNames",
        "GroupId",
        "GroupsNames",
        "TransactionalId",
    ];
    let mut unmarked = HashSet::new();
    for whole in support::schemas().filter(|schema| api(schema.key).unwrap().broker_listener) {
        unmarked_fields(whole, whole, &NAMES, &mut unmarked);
    }
    let mut unmarked: Vec<_> = unmarked.into_iter().collect();
    unmarked.sort_unstable();
    assert_eq!(unmarked, UNMARKED);
}

fn unmarked_fields(
    whole: &'static Schema,
    schema: &'static Schema,
    names: &[&str],
    found: &mut HashSet<(&'static str, &'static str)>,
) {
    let unmarked = |field: &&Field| {
        field.kind == Kind::Str && field.entity.is_none() && names.contains(&field.name)
    };
    found.extend(
        schema
            .all()
            .filter(unmarked)
            .map(|field| (whole.name, field.name)),
    );
    let inner = schema.all().filter_map(Field::structure);
    inner.for_each(|inner| unmarked_fields(whole, inner, names, found));
}

/// Whoever decides these APIs cannot go by the entity type.
const UNMARKED: &[(&str, &str)] = &[
    ("DeleteShareGroupState", "GroupId"),
    ("InitializeShareGroupState", "GroupId"),
    ("ReadShareGroupState", "GroupId"),
    ("ReadShareGroupStateSummary", "GroupId"),
    ("WriteShareGroupState", "GroupId"),
];
