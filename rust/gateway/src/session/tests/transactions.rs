//! Producer ids and transactions.

use streamward_wire::kafka::{ApiKey, Struct, Value};

use super::messages::{Names, naming};
use super::{Ask, ask, batch, by, codes, document, script};

const OK: Names<'_> = Names {
    topics: &["ok.a"],
    groups: &["ok.g"],
    transactional_id: "ok.t",
};
const NO: Names<'_> = Names {
    transactional_id: "no.t",
    ..OK
};

#[test]
fn a_denied_transactional_id_is_refused_at_the_top() {
    for (key, last) in [
        (ApiKey::INIT_PRODUCER_ID, 5),
        (ApiKey::ADD_OFFSETS_TO_TXN, 4),
        (ApiKey::END_TXN, 5),
    ] {
        for version in 0..=last {
            script()
                .request(&naming(key, version, NO))
                .refuses(&[":53"]);
        }
    }
}

#[test]
fn a_denied_transactional_id_refuses_every_partition() {
    let names = Names {
        topics: &["ok.a", "no.a"],
        ..NO
    };
    let expected = ["ok.a/0:53", "no.a/0:53"];
    for version in 0..=3 {
        let request = naming(ApiKey::ADD_PARTITIONS_TO_TXN, version, names);
        script().request(&request).refuses(&expected);
        let request = naming(ApiKey::TXN_OFFSET_COMMIT, version, names);
        script().request(&request).refuses(&expected);
    }
    for version in 3..=12 {
        let mut request = naming(ApiKey::PRODUCE, version, names);
        for topic in request.body.array_mut("TopicData").unwrap() {
            let topic = topic.as_struct_mut().unwrap();
            let partitions = topic.array_mut("PartitionData").unwrap();
            partitions[0]
                .as_struct_mut()
                .unwrap()
                .set("Records", batch(0, 1, 0x10));
        }
        script().request(&request).refuses(&expected);
    }
}

#[test]
fn a_transactional_batch_without_a_transactional_id_is_refused() {
    let mut request = naming(ApiKey::PRODUCE, 9, OK).with("TransactionalId", Value::Null);
    let topic = request.body.array_mut("TopicData").unwrap()[0]
        .as_struct_mut()
        .unwrap();
    let partitions = topic.array_mut("PartitionData").unwrap();
    partitions[0]
        .as_struct_mut()
        .unwrap()
        .set("Records", batch(0, 1, 0x10));
    script().request(&request).refuses(&["ok.a/0:53"]);
}

#[test]
fn partitions_enter_a_transaction_all_or_none() {
    let names = Names {
        topics: &["ok.a", "no.a", "ok.b"],
        ..OK
    };
    for version in 0..=3 {
        let request = naming(ApiKey::ADD_PARTITIONS_TO_TXN, version, names);
        let mut script = script();
        script.request(&request);
        // What never enters a transaction keeps out the others.
        script.rewrites(|request| {
            let topics = request.structs("V3AndBelowTopics");
            let names: Vec<_> = topics.map(|it| it.str("Name").unwrap()).collect();
            assert_eq!(names, ["ok.a", "ok.b", "__consumer_offsets"]);
        });
        script.broker(|answer| {
            added(
                answer,
                &[("ok.a", 55), ("ok.b", 3), ("__consumer_offsets", 29)],
            );
        });
        script.answers(|answer| {
            assert_eq!(codes(answer), ["ok.a/0:55", "ok.b/0:3", "no.a/0:29"]);
        });
    }
}

fn added(answer: &mut Struct, topics: &[(&str, i16)]) {
    let results = topics.iter().map(|(name, code)| {
        let mut topic = answer.element("ResultsByTopicV3AndBelow");
        let mut partition = topic.element("ResultsByPartition");
        partition.set("PartitionErrorCode", *code);
        topic
            .set("Name", *name)
            .set("ResultsByPartition", vec![partition]);
        Value::Struct(topic)
    });
    let results: Vec<Value> = results.collect();
    answer.set("ResultsByTopicV3AndBelow", results);
}

#[test]
fn nothing_is_in_a_transaction_beside_what_is_denied_whatever_the_broker_says() {
    let names = Names {
        topics: &["ok.a", "no.a"],
        ..OK
    };
    let mut script = script();
    script.request(&naming(ApiKey::ADD_PARTITIONS_TO_TXN, 3, names));
    script.broker(|answer| added(answer, &[("ok.a", 0), ("__consumer_offsets", 0)]));
    script.answers(|answer| assert_eq!(codes(answer), ["ok.a/0:55", "no.a/0:29"]));
}

#[test]
fn a_denied_topic_that_stands_there_twice_is_answered_once() {
    let names = Names {
        topics: &["no.a", "no.a"],
        ..OK
    };
    let request = naming(ApiKey::ADD_PARTITIONS_TO_TXN, 3, names);
    script().request(&request).refuses(&["no.a/0:29"]);
}

#[test]
fn with_every_topic_denied_nothing_is_attempted() {
    let names = Names {
        topics: &["no.a", "no.b"],
        ..OK
    };
    for version in 0..=3 {
        let request = naming(ApiKey::ADD_PARTITIONS_TO_TXN, version, names);
        script()
            .request(&request)
            .refuses(&["no.a/0:29", "no.b/0:29"]);
    }
}

/// A request to Produce whose one batch is transactional.
fn transactional(version: i16, names: Names<'_>) -> Ask {
    let mut request = naming(ApiKey::PRODUCE, version, names);
    for topic in request.body.array_mut("TopicData").unwrap() {
        let topic = topic.as_struct_mut().unwrap();
        let partitions = topic.array_mut("PartitionData").unwrap();
        let partition = partitions[0].as_struct_mut().unwrap();
        partition.set("Records", batch(0, 1, 0x10));
    }
    request
}

/// From these versions on brokers add partitions and offsets to a transaction by themselves, so that the
/// requests which did are never seen (KIP-890).
#[test]
fn the_second_generation_of_transactions_asks_what_the_first_did() {
    for version in 12..=13 {
        let expected = if version == 12 {
            "ok.a/0:53"
        } else {
            "#1/0:53"
        };
        let mut denied = script();
        denied
            .request(&transactional(version, NO))
            .refuses(&[expected]);
        assert_eq!(denied.deeds("denied"), ["Write no.t"]);
        let mut allowed = script();
        allowed.request(&transactional(version, OK)).forwards();
        assert_eq!(allowed.deeds("access_opened"), ["Write ok.t", "Write ok.a"]);
    }
    let mut denied = script();
    denied.request(&naming(ApiKey::TXN_OFFSET_COMMIT, 5, NO));
    denied.refuses(&["ok.a/0:53"]);
    let mut group = script();
    let names = Names {
        groups: &["no.g"],
        ..OK
    };
    group.request(&naming(ApiKey::TXN_OFFSET_COMMIT, 5, names));
    group.refuses(&["ok.a/0:30"]);
    let mut allowed = script();
    allowed
        .request(&naming(ApiKey::TXN_OFFSET_COMMIT, 5, OK))
        .forwards();
    let expected = ["Write ok.t", "Read ok.g", "Read ok.a"];
    assert_eq!(allowed.deeds("access_opened"), expected);
}

fn states(answer: &mut Struct, states: &[(&str, &[&str])]) {
    let list = states.iter().map(|(id, topics)| {
        let mut state = answer.element("TransactionStates");
        state.set("TransactionalId", *id);
        let topics = topics.iter().map(|name| {
            let mut topic = state.element("Topics");
            topic.set("Topic", *name);
            Value::Struct(topic)
        });
        let topics: Vec<Value> = topics.collect();
        state.set("Topics", topics);
        Value::Struct(state)
    });
    let list: Vec<Value> = list.collect();
    answer.set("TransactionStates", list);
}

#[test]
fn transactions_are_described_in_order_and_without_topics_that_may_not_be() {
    let mut script = script();
    let request = ask(ApiKey::DESCRIBE_TRANSACTIONS, 0, |it| {
        let ids = ["no.t", "ok.t", "no.u", "ok.u"].map(Value::from);
        it.set("TransactionalIds", ids.to_vec());
    });
    script.request(&request);
    script.rewrites(|request| assert_eq!(request.array("TransactionalIds").len(), 2));
    script.broker(|answer| states(answer, &[("ok.t", &["ok.a", "no.a"]), ("ok.u", &[])]));
    script.answers(|answer| {
        let ids = answer
            .structs("TransactionStates")
            .map(|it| it.str("TransactionalId").unwrap());
        assert_eq!(ids.collect::<Vec<_>>(), ["no.t", "ok.t", "no.u", "ok.u"]);
        assert_eq!(codes(answer), ["no.t:53", "no.u:53"]);
        let json = answer.to_json();
        assert!(json.contains("ok.a") && !json.contains("no.a"), "{json}");
    });
}

#[test]
fn transactions_are_listed_as_far_as_they_may_be_seen() {
    for version in 0..=2 {
        let mut script = script();
        let request = ask(ApiKey::LIST_TRANSACTIONS, version, |it| {
            it.set("TransactionalIdPattern", ".*")
                .set("DurationFilter", 5);
        });
        script.request(&request).forwards();
        script.broker(|answer| {
            let list = ["ok.t", "no.t"].map(|id| {
                let mut state = answer.element("TransactionStates");
                state.set("TransactionalId", id);
                state
            });
            answer.set("TransactionStates", list.to_vec());
        });
        script.answers(|answer| {
            let json = answer.to_json();
            assert!(json.contains("ok.t") && !json.contains("no.t"), "{json}");
        });
        assert!(script.log("denied").is_empty());
    }
}

#[test]
fn a_producer_id_without_a_transaction_is_for_whoever_may_write_somewhere() {
    for version in 0..=5 {
        let request = ask(ApiKey::INIT_PRODUCER_ID, version, |it| {
            it.set("TransactionalId", Value::Null);
        });
        script().request(&request).forwards();
        let mut stranger = by("mallory", &document());
        stranger.request(&request).refuses(&[":31"]);
        stranger.replies(|answer| assert_eq!(answer.int("ProducerId"), -1));
    }
}
