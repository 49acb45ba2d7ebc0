//! Removing topics, by name and by id.

use serde_json::json;
use streamward_wire::kafka::{ApiKey, Struct, Value};

use super::{Ask, Script, ask, by, codes, document, id, script};

/// A name, or an id by its byte.
fn delete(targets: &[(Option<&str>, u8)]) -> Ask {
    ask(ApiKey::DELETE_TOPICS, 6, |it| {
        let topics = targets.iter().map(|(name, byte)| {
            let mut topic = it.element("Topics");
            topic.set("Name", *name).set("TopicId", id(*byte));
            Value::Struct(topic)
        });
        let topics: Vec<Value> = topics.collect();
        it.set("Topics", topics);
    })
}

fn delete_names(version: i16, names: &[&str]) -> Ask {
    ask(ApiKey::DELETE_TOPICS, version, |it| {
        let names = names.iter().map(|name| Value::from(*name));
        it.set("TopicNames", names.collect::<Vec<_>>());
    })
}

fn removed(answer: &mut Struct, topics: &[(&str, u8, i16)]) {
    let list = topics.iter().map(|(name, byte, code)| {
        let mut entry = answer.element("Responses");
        entry
            .set("Name", *name)
            .set("TopicId", id(*byte))
            .set("ErrorCode", *code);
        Value::Struct(entry)
    });
    let list: Vec<Value> = list.collect();
    answer.set("Responses", list);
}

fn exist(script: &mut Script, topics: &[(Option<&str>, u8, i16)]) {
    script.told(|answer| {
        let list = topics.iter().map(|(name, byte, code)| {
            let mut entry = answer.element("Topics");
            entry
                .set("Name", *name)
                .set("TopicId", id(*byte))
                .set("ErrorCode", *code);
            Value::Struct(entry)
        });
        let list: Vec<Value> = list.collect();
        answer.set("Topics", list);
    });
}

#[test]
fn what_is_removed_is_forgotten() {
    let mut script = script();
    script
        .request(&delete(&[(None, 1), (Some("ok.b"), 0)]))
        .forwards();
    script.broker(|answer| removed(answer, &[("ok.a", 1, 0), ("ok.b", 2, 0)]));
    script.answers(|answer| assert_eq!(codes(answer), Vec::<String>::new()));
    assert_eq!(script.cluster.topic(&id(1)), None);
    assert_eq!(script.cluster.topic(&id(2)), None);
    let mut script = super::script();
    script
        .request(&delete_names(1, &["ok.a", "ok.b"]))
        .forwards();
    script.broker(|answer| removed(answer, &[("ok.a", 0, 0), ("ok.b", 0, 7)]));
    script.answers(|answer| assert_eq!(codes(answer), ["ok.b:7"]));
    assert_eq!(script.cluster.topic(&id(1)), None);
    assert_eq!(script.cluster.topic(&id(2)).as_deref(), Some("ok.b"));
}

#[test]
fn a_denied_name_tells_no_id_and_a_denied_id_no_name() {
    let mut script = script();
    script.request(&delete(&[(Some("no.a"), 0), (None, 3), (None, 1)]));
    script.rewrites(|request| assert_eq!(request.array("Topics").len(), 1));
    script.broker(|answer| removed(answer, &[("ok.a", 1, 0)]));
    script.answers(|answer| {
        assert_eq!(codes(answer), ["no.a:29", "#3:29"]);
        let texts = answer
            .structs("Responses")
            .filter_map(|it| it.str("ErrorMessage"));
        assert_eq!(
            texts.collect::<Vec<_>>(),
            ["Topic authorization failed."; 2]
        );
        assert_eq!(answer.to_json().matches("no.a").count(), 1);
    });
}

#[test]
fn an_id_that_may_be_described_keeps_its_name_in_a_refusal() {
    let mut script = script();
    script
        .request(&delete(&[(None, 4)]))
        .refuses(&["see.a/#4:29"]);
}

#[test]
fn of_a_name_that_may_be_described_existence_is_told() {
    for version in 1..=6 {
        let mut script = script();
        script.request(&if version == 6 {
            delete(&[(Some("see.a"), 0), (Some("see.none"), 0), (Some("ok.a"), 0)])
        } else {
            delete_names(version, &["see.a", "see.none", "ok.a"])
        });
        script.asks(ApiKey::CREATE_PARTITIONS, |request| {
            assert!(request.bool("ValidateOnly"));
            assert_eq!(request.array("Topics").len(), 2);
        });
        script.told(|answer| {
            let results = [("see.a", 37), ("see.none", 3)].map(|(name, code)| {
                let mut result = answer.element("Results");
                result.set("Name", name).set("ErrorCode", code);
                Value::Struct(result)
            });
            answer.set("Results", results.to_vec());
        });
        script.asks(ApiKey::DELETE_TOPICS, |request| {
            let json = request.to_json();
            assert!(json.contains("ok.a") && !json.contains("see."), "{json}");
        });
        script.told(|answer| removed(answer, &[("ok.a", 0, 0)]));
        script.answers(|answer| assert_eq!(codes(answer), ["see.a:29", "see.none:3"]));
    }
}

#[test]
fn an_id_that_nobody_here_knows_is_looked_up_and_then_decided() {
    let mut script = script();
    script.request(&delete(&[(None, 50), (None, 51), (None, 52)]));
    script.asks(ApiKey::METADATA, |request| {
        assert_eq!(request.array("Topics").len(), 3);
    });
    exist(
        &mut script,
        &[
            (Some("ok.new"), 50, 0),
            (Some("no.new"), 51, 0),
            (None, 52, 100),
        ],
    );
    script.asks(ApiKey::DELETE_TOPICS, |request| {
        let ids: Vec<_> = request
            .structs("Topics")
            .map(|it| it.uuid("TopicId"))
            .collect();
        assert_eq!(ids, [id(50)]);
    });
    script.told(|answer| removed(answer, &[("ok.new", 50, 0)]));
    script.answers(|answer| {
        assert_eq!(codes(answer), ["#51:29", "#52:100"]);
        assert!(!answer.to_json().contains("no.new"));
    });
}

#[test]
fn what_is_asked_wrongly_is_answered_as_kafka_does_and_never_forwarded() {
    let mut script = by("root", &document());
    script.request(&delete(&[
        (Some("no.a"), 0),
        (Some("no.a"), 0),
        (None, 1),
        (None, 1),
        (None, 0),
        (Some("ok.b"), 2),
    ]));
    script.refuses(&[":42", "ok.b/#2:42", "no.a:42", "#1:42"]);
    script.replies(|answer| {
        let texts = answer
            .structs("Responses")
            .map(|it| it.str("ErrorMessage").unwrap());
        assert_eq!(
            texts.collect::<Vec<_>>(),
            [
                "Neither topic name nor id were specified.",
                "You may not specify both topic name and topic id.",
                "Duplicate topic name.",
                "Duplicate topic id.",
            ]
        );
    });
}

#[test]
fn whoever_may_delete_on_the_cluster_removes_any_topic() {
    let mut document = document();
    document["policy"]["rules"] = json!([{
        "id": "grant:delete", "source": "x:1", "slices": [],
        "cedar": "permit(principal, action == Streamward::Action::\"Delete\", resource is Streamward::Cluster);"}]);
    for version in 1..=5 {
        let mut script = by("alice", &document);
        script.request(&delete_names(version, &["any"])).forwards();
        assert_eq!(script.deeds("access_opened"), ["Delete main"]);
    }
    by("alice", &document)
        .request(&delete(&[(None, 3)]))
        .forwards();
}
