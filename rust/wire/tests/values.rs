//! The tree of values.
#![allow(clippy::unwrap_used, reason = "tests")]

use streamward_wire::WireError;
use streamward_wire::kafka::{ApiKey, Direction, Struct, Value, schema, uuid_text};

fn new(key: ApiKey, version: i16, direction: Direction) -> Struct {
    Struct::new(schema(key, version, direction).unwrap())
}

fn refusal(given: &Struct) -> &'static str {
    let mut out = vec![1, 2];
    match given.encode(&mut out) {
        Err(WireError::Unwritable { reason, .. }) => {
            assert_eq!(out, [1, 2], "a refused message leaves nothing behind");
            reason
        }
        _ => "none",
    }
}

#[test]
fn a_new_structure_holds_kafkas_defaults() {
    let fetch = new(ApiKey::FETCH, 18, Direction::Request);
    assert_eq!(fetch.int("MaxBytes"), 0x7fff_ffff);
    assert_eq!(fetch.get("ClusterId"), &Value::Null);
    assert_eq!(fetch.str("RackId"), Some(""));
    let partition = fetch.element("Topics").element("Partitions");
    assert_eq!(partition.int("HighWatermark"), i64::MAX);
    let metadata = new(ApiKey::METADATA, 12, Direction::Request);
    assert!(metadata.bool("AllowAutoTopicCreation"));
    let cursor = new(ApiKey::DESCRIBE_TOPIC_PARTITIONS, 0, Direction::Request);
    assert_eq!(cursor.get("Cursor"), &Value::Null);
}

#[test]
fn a_field_that_the_version_lacks_is_null_and_ignores_what_is_set() {
    let mut fetch = new(ApiKey::FETCH, 12, Direction::Request);
    assert!(!fetch.has("ReplicaState"));
    let before = fetch.clone();
    fetch.set("ReplicaState", 5);
    assert_eq!(fetch, before);
    assert_eq!(fetch.get("ReplicaState"), &Value::Null);
    assert!(fetch.get_mut("ReplicaState").is_none());
    assert!(fetch.array("Nothing").is_empty() && fetch.array_mut("Nothing").is_none());
    assert_eq!(fetch.element("Nothing").int("Anything"), 0);
}

#[test]
fn a_value_that_does_not_fit_is_refused() {
    let heartbeat = || new(ApiKey::HEARTBEAT, 0, Direction::Request);
    assert_eq!(
        refusal(heartbeat().set("GroupId", None::<&str>)),
        "it may not be null"
    );
    assert_eq!(
        refusal(heartbeat().set("GroupId", 5)),
        "it is not an integer"
    );
    assert_eq!(
        refusal(heartbeat().set("GroupId", "x".repeat(32_768))),
        "it is too long"
    );
    assert_eq!(
        refusal(heartbeat().set("GenerationId", 1_i64 << 31)),
        "it is out of range"
    );
    assert_eq!(
        refusal(heartbeat().set("GenerationId", true)),
        "it is of another type"
    );
    let metadata = || new(ApiKey::METADATA, 9, Direction::Request);
    assert_eq!(refusal(metadata().set("Topics", 1)), "it is not an array");
    let wrong = vec![Value::Int(1)];
    assert_eq!(
        refusal(metadata().set("Topics", wrong)),
        "an element is not a structure"
    );
    let other = vec![new(ApiKey::METADATA, 8, Direction::Request).element("Topics")];
    let reason = "it is a structure of another message or version";
    assert_eq!(refusal(metadata().set("Topics", other)), reason);
    assert_eq!(refusal(&metadata()), "none");
}

#[test]
fn what_may_be_secret_is_not_in_the_debug_form() {
    let mut sasl = new(ApiKey::SASL_AUTHENTICATE, 2, Direction::Request);
    sasl.set("AuthBytes", bytes::Bytes::from_static(b"hunter2"));
    assert_eq!(format!("{sasl:?}"), "Struct(SaslAuthenticate v2)");
    assert_eq!(format!("{:?}", sasl.get("AuthBytes")), "Bytes(7 bytes)");
    assert_eq!(format!("{:?}", Value::from("hunter2")), "Str(7 bytes)");
    assert_eq!(sasl.to_json(), r#"{"AuthBytes":{"bytes":7}}"#);
}

#[test]
fn json_is_json() {
    let mut metadata = new(ApiKey::METADATA, 12, Direction::Request);
    let mut topic = metadata.element("Topics");
    topic.set("Name", "a\"\\\n✓").set("TopicId", [0xff_u8; 16]);
    metadata.set("Topics", vec![topic]);
    assert_eq!(
        Value::Struct(metadata).to_json(),
        "{\"Topics\":[{\"TopicId\":\"_____________________w\",\"Name\":\"a\\\"\\\\\\u000a✓\"}],\
         \"AllowAutoTopicCreation\":true,\"IncludeTopicAuthorizedOperations\":false}"
    );
    assert_eq!(uuid_text([0; 16]), "AAAAAAAAAAAAAAAAAAAAAA");
    assert_eq!(uuid_text(1_u128.to_be_bytes()), "AAAAAAAAAAAAAAAAAAAAAQ");
}

#[test]
fn a_value_takes_what_the_limit_says() {
    assert_eq!(size_of::<Value>(), 56, "see `Limits::values_max`");
}
