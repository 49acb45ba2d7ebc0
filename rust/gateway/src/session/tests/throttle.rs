//! What is spent, what a client is told, and until when its connection is muted.

use serde_json::{Value as Json, json};
use streamward_wire::kafka::{ApiKey, Direction, Struct, Value, access, schema};

use super::messages::{Names, naming, topic_id};
use super::{Ask, Close, Script, Verdict, ask, batch, by, document};

const OK: Names<'_> = Names {
    topics: &["ok.a"],
    groups: &["ok.g"],
    transactional_id: "ok.t",
};
const NO: Names<'_> = Names {
    topics: &["no.a"],
    groups: &["no.g"],
    ..OK
};

fn quota(limits: &Json) -> Json {
    let mut quota = json!({
        "id": "alice", "to": ["principal:alice"], "shared": false,
        "produce_bytes_per_second": null, "fetch_bytes_per_second": null,
        "requests_per_second": null, "connections_max": null, "burst_milliseconds": 0});
    for (name, value) in limits.as_object().unwrap() {
        quota[name] = value.clone();
    }
    let mut document = document();
    document["quotas"] = json!([quota]);
    document
}

fn under(limits: &Json) -> Script {
    by("alice", &quota(limits))
}

/// Of how many milliseconds the answer speaks.
fn told(script: &mut Script) -> i64 {
    let mut told = -1;
    script.answers(|answer| told = answer.int("ThrottleTimeMs"));
    told
}

fn muted_for(script: &Script) -> i64 {
    script.session.muted_until(script.now).unwrap_or(script.now) - script.now
}

fn records(batches: u32) -> Vec<u8> {
    (0..batches).flat_map(|_| batch(0, 2, 0)).collect()
}

fn produce(version: i16, acks: i64, batches: u32) -> Ask {
    let records = bytes::Bytes::from(records(batches));
    ask(ApiKey::PRODUCE, version, |it| {
        let mut topic = it.element("TopicData");
        topic.set("Name", "ok.a").set("TopicId", topic_id("ok.a"));
        let mut partition = topic.element("PartitionData");
        partition.set("Records", records);
        topic.set("PartitionData", vec![Value::Struct(partition)]);
        it.set("Acks", acks)
            .set("TopicData", vec![Value::Struct(topic)]);
    })
}

#[test]
fn every_answer_that_has_a_place_for_it_tells_its_client_to_wait() {
    let mut spoken = 0;
    for row in access::rows() {
        let mut script = under(&json!({"requests_per_second": 1}));
        for version in row.versions.0..=row.versions.1 {
            // What was spent on the last one is paid off.
            script.now += 1_000_000;
            script.request(&naming(row.key, version, OK));
            let Some((key, of_broker)) = script.asked_of_broker() else {
                continue;
            };
            let name = row.key.name();
            let answer = schema(row.key, version, Direction::Response).unwrap();
            let number = script.last_correlation_id();
            script.broker_answers(key, of_broker, number, |_| ());
            if !script.is_answered() {
                // The broker is asked more; another script goes on.
                script = under(&json!({"requests_per_second": 1}));
                continue;
            }
            if answer.field("ThrottleTimeMs").is_some() {
                assert_eq!(told(&mut script), 1_000, "{name} {version}");
                spoken += 1;
            }
            assert_eq!(muted_for(&script), 1_000, "{name} {version}");
        }
    }
    assert!(spoken > 100, "{spoken}");
}

#[test]
fn what_is_produced_is_paid_for_by_bytes() {
    for version in 3..=13 {
        let mut script = under(&json!({"produce_bytes_per_second": 1_000}));
        let request = produce(version, -1, 40);
        let bytes = i64::try_from(request.frame(1).len() + 4).unwrap();
        script.request(&request).forwards();
        assert_eq!(muted_for(&script), 0, "it is answered first");
        script.broker(|_| ());
        assert_eq!(told(&mut script), bytes);
        assert_eq!(muted_for(&script), bytes);
        script.now += bytes;
        script.session.unmute(script.now);
        assert!(!script.session.is_muted());
    }
}

#[test]
fn without_acknowledgement_the_connection_is_only_muted() {
    let mut script = under(&json!({"produce_bytes_per_second": 1_000}));
    let request = produce(9, 0, 40);
    let bytes = i64::try_from(request.frame(1).len() + 4).unwrap();
    script.request(&request).forwards();
    assert_eq!(script.session.in_flight(), 0);
    assert_eq!(muted_for(&script), bytes);
}

#[test]
fn a_large_request_is_paid_for_as_it_begins_and_mutes_once_it_is_through() {
    for acks in [0, -1] {
        let frame = produce(9, acks, 2_000).frame(1);
        let length = u32::try_from(frame.len()).unwrap().to_be_bytes();
        let framed = [&length[..], &frame].concat();
        let mut script = under(&json!({"produce_bytes_per_second": 10_000}));
        let now = script.now;
        assert!(script.session.begins_receiving(&framed, now).unwrap());
        assert!(!script.session.is_muted(), "the rest of it is read on");
        let released = script.session.receive(&framed, now).unwrap();
        assert_eq!(released, framed.len());
        let wait = i64::try_from(framed.len().div_ceil(10)).unwrap();
        if acks == 0 {
            assert_eq!(muted_for(&script), wait);
            continue;
        }
        assert!(!script.session.is_muted());
        script.broker_answers(ApiKey::PRODUCE, 9, 1, |_| ());
        assert_eq!(muted_for(&script), wait);
    }
}

fn deliver(answer: &mut Struct, batches: u32) {
    let mut topic = answer.element("Responses");
    topic.set("Topic", "ok.a").set("TopicId", topic_id("ok.a"));
    let mut partition = topic.element("Partitions");
    partition.set("Records", bytes::Bytes::from(records(batches)));
    topic.set("Partitions", vec![Value::Struct(partition)]);
    answer.set("Responses", vec![Value::Struct(topic)]);
}

#[test]
fn what_is_fetched_is_paid_for_by_the_bytes_of_the_answer() {
    for version in 4..=18 {
        let mut script = under(&json!({"fetch_bytes_per_second": 1_000}));
        script
            .request(&naming(ApiKey::FETCH, version, OK))
            .forwards();
        script.broker(|answer| deliver(answer, 30));
        let wait = told(&mut script);
        assert!((2_130..2_500).contains(&wait), "{version}: {wait}");
        assert_eq!(muted_for(&script), wait);
    }
}

#[test]
fn a_large_answer_tells_its_client_to_wait_although_it_is_let_through_as_it_arrives() {
    for version in 4..=18 {
        let mut script = under(&json!({"fetch_bytes_per_second": 10_000}));
        script
            .request(&naming(ApiKey::FETCH, version, OK))
            .forwards();
        let mut answer = Struct::new(schema(ApiKey::FETCH, version, Direction::Response).unwrap());
        deliver(&mut answer, 2_000);
        let frame = super::response_frame(ApiKey::FETCH, version, 1, &answer);
        let length = u32::try_from(frame.len()).unwrap().to_be_bytes();
        let mut framed = [&length[..], &frame].concat();
        let now = script.now;
        assert!(script.session.begins_stream(&framed, now).unwrap());
        let released = script.session.stream(&mut framed).unwrap();
        assert_eq!(released, framed.len());
        let (_, seen) = super::opened(ApiKey::FETCH, version, &framed);
        let wait = i64::try_from(framed.len().div_ceil(10)).unwrap();
        assert_eq!(seen.int("ThrottleTimeMs"), wait);
        assert_eq!(muted_for(&script), wait);
    }
}

#[test]
fn the_brokers_own_time_is_kept_where_it_is_longer() {
    for (of_broker, expected) in [(0, 1_000), (999, 1_000), (5_000, 5_000)] {
        let mut script = under(&json!({"requests_per_second": 1}));
        script.request(&naming(ApiKey::HEARTBEAT, 4, OK)).forwards();
        script.broker(|it| {
            it.set("ThrottleTimeMs", of_broker);
        });
        assert_eq!(told(&mut script), expected);
        assert_eq!(muted_for(&script), 1_000, "the broker mutes for its own");
    }
}

#[test]
fn within_the_burst_nobody_hears_of_it() {
    let limits = json!({"requests_per_second": 2, "burst_milliseconds": 2_000});
    let mut script = under(&limits);
    for _ in 0..4 {
        script.request(&naming(ApiKey::HEARTBEAT, 4, OK)).forwards();
        script.broker(|_| ()).passes();
        assert_eq!(told(&mut script), 0);
        assert!(!script.session.is_muted());
    }
    script.request(&naming(ApiKey::HEARTBEAT, 4, OK)).forwards();
    script.broker(|_| ());
    assert_eq!(told(&mut script), 500);
}

#[test]
fn a_refusal_costs_as_much_and_keeps_its_turn() {
    let mut script = under(&json!({"requests_per_second": 1}));
    script.request(&naming(ApiKey::HEARTBEAT, 4, OK)).forwards();
    script
        .request(&naming(ApiKey::HEARTBEAT, 4, NO))
        .forwards_nothing();
    assert_eq!(muted_for(&script), 2_000);
    assert!(script.session.next_local().is_none(), "not its turn yet");
    script.broker_answers(ApiKey::HEARTBEAT, 4, 1, |_| ());
    let framed = script.session.next_local().unwrap();
    let (correlation_id, answer) = super::opened(ApiKey::HEARTBEAT, 4, &framed);
    assert_eq!((correlation_id, answer.int("ErrorCode")), (2, 30));
    assert_eq!(answer.int("ThrottleTimeMs"), 2_000);
}

#[test]
fn to_produce_is_not_slowed_down_by_what_was_fetched() {
    let mut script = under(&json!({"fetch_bytes_per_second": 1}));
    script.request(&naming(ApiKey::FETCH, 12, OK)).forwards();
    script.broker(|answer| deliver(answer, 3));
    assert!(told(&mut script) > 200_000);
    script.request(&produce(9, -1, 1)).forwards();
    script.broker(|_| ());
    assert_eq!(told(&mut script), 0);
}

#[test]
fn nobody_waits_longer_than_the_longest_wait() {
    let mut document = quota(&json!({"produce_bytes_per_second": 1}));
    document["limits"] = json!({"throttle_milliseconds_max": 7_000});
    let mut script = by("alice", &document);
    script.request(&produce(9, -1, 1_000)).forwards();
    script.broker(|_| ());
    assert_eq!(told(&mut script), 7_000);
}

#[test]
fn who_is_muted_still_loses_its_rights_at_once() {
    let mut script = under(&json!({"requests_per_second": 1}));
    script.request(&naming(ApiKey::HEARTBEAT, 4, OK)).forwards();
    script.broker(|_| ());
    assert!(script.session.is_muted());
    let mut revoked = quota(&json!({"requests_per_second": 1}));
    revoked["overlay"] = json!({"epoch": 2, "quarantined": [], "revoked": [
        {"containment": "c-1", "principal": "alice", "credential": null, "expires": null}]});
    let closed = script.apply(&revoked).unwrap_err();
    assert!(matches!(closed, Close::Revoked { .. }), "{closed}");
}

#[test]
fn another_quota_holds_for_an_open_connection_at_once() {
    let mut script = under(&json!({}));
    script.request(&produce(9, -1, 100)).forwards();
    script.broker(|_| ());
    assert_eq!(told(&mut script), 0);
    script
        .apply(&quota(&json!({"produce_bytes_per_second": 1_000})))
        .unwrap();
    script.request(&produce(9, -1, 100)).forwards();
    script.broker(|_| ());
    assert!(told(&mut script) > 5_000);
    script.apply(&quota(&json!({}))).unwrap();
    script.request(&produce(9, -1, 100)).forwards();
    script.broker(|_| ());
    assert_eq!(told(&mut script), 0);
}

#[test]
fn a_request_names_only_so_many_resources() {
    let mut document = document();
    document["listeners"][0]["limits"]["names_max"] = json!(3);
    let mut script = by("alice", &document);
    let three = Names {
        topics: &["ok.a", "ok.b", "no.a"],
        ..OK
    };
    let four = Names {
        topics: &["ok.a", "ok.b", "no.a", "see.a"],
        ..OK
    };
    script.request(&naming(ApiKey::PRODUCE, 9, three));
    assert!(!matches!(script.verdict(), Verdict::Close(_)));
    script.request(&naming(ApiKey::PRODUCE, 9, four));
    assert_eq!(script.closes(), Close::OverLimit { limit: "names_max" });
}

#[test]
fn bytes_in_flight_are_bounded_and_one_request_is_never_too_large() {
    let mut document = document();
    document["listeners"][0]["limits"]["in_flight_bytes_max"] = json!(5_000);
    let mut script = by("alice", &document);
    let large = produce(9, -1, 60);
    assert!(large.frame(1).len() < 5_000 && large.frame(1).len() * 2 > 5_000);
    script.request(&large).forwards();
    assert!(script.session.has_room());
    script.request(&large).forwards();
    assert!(!script.session.has_room());
    script.broker_answers(ApiKey::PRODUCE, 9, 1, |_| ());
    assert!(script.session.has_room());
}

#[test]
fn elements_and_tagged_fields_of_a_request_are_bounded_by_the_listener() {
    for (limit, value) in [("array_elements_max", 1), ("values_max", 3)] {
        let mut document = document();
        document["listeners"][0]["limits"][limit] = json!(value);
        let mut script = by("alice", &document);
        let two = Names {
            topics: &["ok.a", "ok.b"],
            ..OK
        };
        script.request(&naming(ApiKey::METADATA, 9, two));
        let closed = script.closes().to_string();
        assert!(closed.contains(limit), "{closed}");
    }
    let mut document = document();
    document["listeners"][0]["limits"]["tagged_fields_max"] = json!(0);
    let mut script = by("alice", &document);
    let mut frame = naming(ApiKey::METADATA, 9, OK).frame(1);
    // The message ends with the count of its tagged fields.
    assert_eq!(frame.pop(), Some(0));
    frame.extend([1, 50, 0]);
    script.raw(frame);
    let closed = script.closes().to_string();
    assert!(closed.contains("tagged_fields_max"), "{closed}");
}
