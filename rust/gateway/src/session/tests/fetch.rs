//! Fetch outside sessions: what is disclosed, and rights that end while a fetch waits.

use streamward_wire::kafka::{self, ApiKey, Struct, Value};

use super::messages::{Names, naming, topic_id};
use super::{
    Ask, Close, Script, ask, batch, by, codes, document, opened, quarantine, response_frame, script,
};

const OK: Names<'_> = Names {
    topics: &["ok.a"],
    groups: &["ok.g"],
    transactional_id: "ok.t",
};

fn fetch(version: i16, topics: &[&str]) -> Ask {
    naming(ApiKey::FETCH, version, Names { topics, ..OK }).with("MaxWaitMs", 30_000)
}

/// The records of one topic's partitions.
pub fn deliver(answer: &mut Struct, topic: &str, partitions: &[Vec<u8>]) {
    let mut entry = answer.element("Responses");
    entry.set("Topic", topic).set("TopicId", topic_id(topic));
    let list = partitions.iter().enumerate().map(|(index, records)| {
        let mut partition = entry.element("Partitions");
        partition.set("PartitionIndex", i64::try_from(index).unwrap());
        partition.set("Records", bytes::Bytes::from(records.clone()));
        partition
    });
    let list: Vec<Struct> = list.collect();
    entry.set("Partitions", list);
    let mut topics = answer.array("Responses").to_vec();
    topics.push(Value::Struct(entry));
    answer.set("Responses", topics);
}

#[test]
fn followers_are_refused() {
    for version in 4..=14 {
        let mut script = by("root", &document());
        script
            .request(&fetch(version, &["ok.a"]).with("ReplicaId", 1))
            .refuses(&[if version < 13 { "ok.a/0:29" } else { "#1/0:29" }]);
    }
    for version in 15..=18 {
        let mut request = fetch(version, &["ok.a"]);
        let mut state = request.body.element("ReplicaState");
        state.set("ReplicaId", 1);
        request.body.set("ReplicaState", state);
        by("root", &document())
            .request(&request)
            .refuses(&["#1/0:29"]);
    }
}

#[test]
fn the_offsets_whose_bytes_leave_are_recorded() {
    let (one, two) = (batch(100, 5, 0), batch(105, 3, 0x02));
    let control = batch(108, 1, 0x30);
    for version in 4..=18 {
        let mut script = script();
        script.request(&fetch(version, &["ok.a"])).forwards();
        let both = [one.as_ref(), two.as_ref(), control.as_ref()].concat();
        let cut = [one.as_ref(), &two[..62]].concat();
        let crumb = [one.as_ref(), &two[..40]].concat();
        script.broker(|answer| {
            deliver(answer, "ok.a", &[both.clone(), cut, crumb, Vec::new()]);
        });
        script.passes();
        // Control records are nobody's data, but their offsets left; of a batch cut short too.
        let expected = ["0 100-108 8", "1 100-107 8", "2 100-104 5"];
        assert_eq!(script.ranges(), expected);
        let rolled = script.log("access_rollup");
        assert_eq!(rolled[0]["ranges"][0]["bytes"], both.len().to_string());
        assert_eq!(
            rolled[0]["ranges"][1]["bytes"],
            (one.len() + 62).to_string()
        );
    }
}

#[test]
fn records_that_cannot_be_read_count_as_unknown() {
    let mut old = batch(100, 5, 0).to_vec();
    old[16] = 1;
    let mut script = script();
    script.request(&fetch(12, &["ok.a"])).forwards();
    script
        .broker(|answer| deliver(answer, "ok.a", &[old]))
        .passes();
    assert_eq!(script.ranges(), ["0 unknown-unknown 0"]);
}

#[test]
fn offsets_that_did_not_leave_are_in_no_range() {
    let (one, two) = (batch(100, 5, 0), batch(200, 3, 0));
    let mut old = batch(300, 5, 0).to_vec();
    old[16] = 1;
    for version in [4, 12, 13, 18] {
        let mut script = script();
        script.request(&fetch(version, &["ok.a"])).forwards();
        // Compaction left a hole; behind it are bytes that nobody can read.
        let holes = [one.as_ref(), two.as_ref()].concat();
        let odd = [one.as_ref(), &old].concat();
        script.broker(|answer| deliver(answer, "ok.a", &[holes.clone(), odd.clone()]));
        script.passes();
        let expected = [
            "0 100-104 5",
            "0 200-202 3",
            "1 100-104 5",
            "1 unknown-unknown 0",
        ];
        assert_eq!(script.ranges(), expected);
        let rolled = script.log("access_rollup");
        let bytes: usize = (0..2)
            .map(|at| rolled[0]["ranges"][at]["bytes"].as_str().unwrap())
            .map(|text| text.parse::<usize>().unwrap())
            .sum();
        assert_eq!(bytes, holes.len());
    }
}

#[test]
fn records_of_a_topic_that_was_not_asked_for_end_the_connection() {
    for version in [4, 12, 13, 18] {
        for topics in [&["ok.a"][..], &["ok.a", "no.a"][..]] {
            let mut script = script();
            script.request(&fetch(version, topics));
            script.broker(|answer| deliver(answer, "ok.b", &[batch(0, 1, 0).to_vec()]));
            script.closes();
            assert!(script.ranges().is_empty());
        }
    }
}

#[test]
fn a_session_that_was_not_asked_for_ends_the_connection() {
    for topics in [&["ok.a"][..], &["ok.a", "no.a"][..]] {
        let mut script = script();
        script.request(&fetch(12, topics));
        script.broker(|answer| {
            answer.set("SessionId", 5);
        });
        script.closes();
    }
}

#[test]
fn a_fetch_in_part_waits_as_long_as_the_client_says() {
    let mut script = script();
    script.request(&fetch(12, &["no.a", "ok.a"]));
    script.rewrites(|request| {
        assert_eq!(request.int("MaxWaitMs"), 30_000);
        assert_eq!(request.int("SessionEpoch"), -1);
    });
    script.broker(|answer| deliver(answer, "ok.a", &[batch(3, 2, 0).to_vec()]));
    script.answers(|answer| assert_eq!(codes(answer), ["no.a/0:29"]));
    assert_eq!(script.ranges(), ["0 3-4 2"]);
}

#[test]
fn a_quarantine_answers_a_waiting_fetch_at_once_and_drops_what_comes_later() {
    for (version, refused) in [
        (4, "ok.a/0:29"),
        (12, "ok.a/0:29"),
        (13, "#1/0:29"),
        (18, "#1/0:29"),
    ] {
        let mut script = script();
        script
            .request(&fetch(version, &["ok.a", "ok.b"]))
            .forwards();
        let answers = script.apply(&quarantine("ok.a")).unwrap();
        assert_eq!(answers.len(), 1);
        let (correlation_id, answer) = opened(ApiKey::FETCH, version, &answers[0]);
        assert_eq!(correlation_id, script.last_correlation_id());
        assert_eq!(codes(&answer), [refused]);
        assert_eq!(script.deeds("denied"), ["Read ok.a"]);
        script.broker(|answer| deliver(answer, "ok.a", &[batch(0, 1, 0).to_vec()]));
        script.drops();
        assert!(script.ranges().is_empty());
        // And the connection goes on.
        script.request(&fetch(version, &["ok.b"])).forwards();
        script
            .broker(|answer| deliver(answer, "ok.b", &[batch(0, 1, 0).to_vec()]))
            .passes();
        assert_eq!(script.ranges(), ["0 0-0 1"]);
    }
}

#[test]
fn a_quarantine_of_another_topic_lets_a_waiting_fetch_wait() {
    let mut script = script();
    script.request(&fetch(12, &["ok.a"])).forwards();
    assert!(script.apply(&quarantine("ok.b")).unwrap().is_empty());
    script.broker(|answer| deliver(answer, "ok.a", &[batch(0, 1, 0).to_vec()]));
    script.answers(|answer| assert!(codes(answer).is_empty()));
    assert_eq!(script.ranges(), ["0 0-0 1"]);
}

#[test]
fn a_fetch_behind_another_request_is_decided_again_before_it_is_released() {
    let mut script = script();
    let first = ask(ApiKey::LIST_GROUPS, 4, |_| ());
    script.request(&first).forwards();
    script.request(&fetch(12, &["ok.a"])).forwards();
    assert!(script.apply(&quarantine("ok.a")).unwrap().is_empty());
    script.broker_answers(ApiKey::LIST_GROUPS, 4, 1, |_| ());
    script.broker(|answer| deliver(answer, "ok.a", &[batch(0, 1, 0).to_vec()]));
    script.answers(|answer| {
        assert_eq!(codes(answer), ["ok.a/0:29"]);
        let topic = answer.structs("Responses").next().unwrap();
        let partition = topic.structs("Partitions").next().unwrap();
        assert!(partition.bytes("Records").unwrap().is_empty());
    });
    assert!(script.ranges().is_empty());
}

#[test]
fn a_rule_of_time_that_ends_while_a_fetch_waits_withholds_the_records() {
    let mut document = document();
    document["policy"]["rules"] = serde_json::json!([{
        "id": "grant:night", "source": "x:1", "slices": [],
        "cedar": "permit(principal, action, resource is Streamward::Stream) when { context.hour == 0 };"}]);
    let mut script = by("alice", &document);
    script.request(&fetch(12, &["ok.a"])).forwards();
    script.now += 3_600_000;
    script.broker(|answer| deliver(answer, "ok.a", &[batch(0, 1, 0).to_vec()]));
    script.answers(|answer| assert_eq!(codes(answer), ["ok.a/0:29"]));
    assert!(script.ranges().is_empty());
}

#[test]
fn a_revocation_ends_the_connection() {
    let mut script = script();
    script.request(&fetch(12, &["ok.a"])).forwards();
    let mut document = document();
    document["overlay"] = serde_json::json!({"epoch": 2, "quarantined": [], "revoked": [
        {"containment": "c-7", "principal": "alice", "credential": null, "expires": null}]});
    let close = script.apply(&document).unwrap_err();
    assert!(matches!(close, Close::Revoked { reason } if reason.contains("c-7")));
}

#[test]
fn leaders_that_the_broker_hints_at_have_the_gateways_addresses() {
    for version in 16..=18 {
        let mut script = script();
        script.request(&fetch(version, &["ok.a"])).forwards();
        script.broker(|answer| {
            deliver(answer, "ok.a", &[batch(0, 1, 0).to_vec()]);
            let nodes = [0, 9].map(|number| {
                let mut node = answer.element("NodeEndpoints");
                node.set("NodeId", number)
                    .set("Host", "b0.internal")
                    .set("Port", 9092);
                Value::Struct(node)
            });
            answer.set("NodeEndpoints", nodes.to_vec());
        });
        script.answers(|answer| {
            let places = answer.structs("NodeEndpoints").map(|it| it.str("Host"));
            assert_eq!(places.collect::<Vec<_>>(), [Some("gw.example.com")]);
        });
        assert_eq!(script.ranges(), ["0 0-0 1"]);
    }
}

/// A frame with its length, and a thousand batches of two records in it.
pub fn large_answer(version: i16, topic: &str, correlation_id: i32) -> Vec<u8> {
    let records: Vec<u8> = (0..1_000).flat_map(|it| batch(it * 2, 2, 0)).collect();
    let of = kafka::schema(ApiKey::FETCH, version, kafka::Direction::Response).unwrap();
    let mut answer = Struct::new(of);
    deliver(&mut answer, topic, &[records.clone(), Vec::new(), records]);
    let frame = response_frame(ApiKey::FETCH, version, correlation_id, &answer);
    let length = u32::try_from(frame.len()).unwrap().to_be_bytes();
    [&length[..], &frame].concat()
}

/// What leaves of an answer that arrives in pieces.
pub fn through(script: &mut Script, answer: &[u8], piece: usize) -> Result<Vec<u8>, Close> {
    let (mut unparsed, mut left) = (Vec::new(), Vec::new());
    for arrived in answer.chunks(piece) {
        unparsed.extend_from_slice(arrived);
        if !script.session.is_streaming() {
            script.session.begins_stream(&unparsed, script.now)?;
        }
        while script.session.is_streaming() {
            let released = script.session.stream(&mut unparsed)?;
            if released == 0 {
                break;
            }
            left.extend(unparsed.drain(..released));
            // Nothing leaves that is not written.
            script.commit();
        }
    }
    Ok(left)
}

#[test]
fn a_large_answer_goes_through_in_any_pieces_and_all_of_it_is_recorded() {
    for version in [4, 12, 13, 18] {
        for piece in [1, 7, 61, 71, 1_000, 65_537, usize::MAX] {
            let mut script = script();
            script.request(&fetch(version, &["ok.a"])).forwards();
            let answer = large_answer(version, "ok.a", script.last_correlation_id());
            assert!(
                through(&mut script, &answer, piece).unwrap() == answer,
                "{version} {piece}"
            );
            assert_eq!(script.session.in_flight(), 0);
            assert_eq!(script.ranges(), ["0 0-1999 2000", "2 0-1999 2000"]);
        }
    }
}

#[test]
fn a_large_answer_of_a_topic_that_was_not_asked_for_does_not_get_through() {
    for version in [4, 12, 13, 18] {
        let mut script = script();
        script.request(&fetch(version, &["ok.a"])).forwards();
        let answer = large_answer(version, "ok.b", script.last_correlation_id());
        assert!(through(&mut script, &answer, 1_000).is_err());
        assert!(script.ranges().is_empty());
    }
}

#[test]
fn a_quarantine_ends_a_large_answer_where_it_is() {
    let mut script = script();
    script.request(&fetch(12, &["ok.a"])).forwards();
    let answer = large_answer(12, "ok.a", script.last_correlation_id());
    let part = through(&mut script, &answer[..1_000], 100).unwrap();
    assert!(!part.is_empty() && script.session.is_streaming());
    assert!(matches!(
        script.apply(&quarantine("ok.a")),
        Err(Close::Revoked { .. })
    ));
    assert_eq!(script.deeds("denied"), ["Read ok.a"]);
    // What left before is in the log.
    assert_eq!(script.ranges().len(), 1);
}
