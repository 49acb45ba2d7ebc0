//! `Metadata` and `DescribeCluster`: what exists, and where.

use streamward_wire::kafka::{ApiKey, Struct, Value};

use super::messages::{Names, naming};
use super::{Ask, ask, by, codes, document, id, quarantine, script};

fn of(version: i16, topics: &[&str]) -> Ask {
    let names = Names {
        topics,
        groups: &["ok.g"],
        transactional_id: "",
    };
    naming(ApiKey::METADATA, version, names).with("AllowAutoTopicCreation", false)
}

fn of_all(version: i16) -> Ask {
    ask(ApiKey::METADATA, version, |it| {
        if version > 0 {
            it.set("Topics", Value::Null);
        }
    })
}

fn topics(answer: &mut Struct, names: &[(&str, u8)]) {
    let list = names.iter().map(|(name, byte)| {
        let mut topic = answer.element("Topics");
        topic.set("Name", *name).set("TopicId", id(*byte));
        topic
    });
    let list: Vec<Struct> = list.collect();
    answer.set("Topics", list);
}

fn listed(answer: &Struct) -> Vec<Option<&str>> {
    answer.structs("Topics").map(|it| it.str("Name")).collect()
}

#[test]
fn a_listing_of_all_topics_leaves_out_what_may_not_be_seen() {
    for version in 0..=13 {
        let mut script = script();
        script.request(&of_all(version)).forwards();
        script.broker(|answer| topics(answer, &[("ok.a", 1), ("no.a", 3), ("see.a", 4)]));
        script.answers(|answer| {
            assert_eq!(listed(answer), [Some("ok.a"), Some("see.a")]);
            assert!(!answer.to_json().contains("no.a"));
        });
        assert!(script.log("denied").is_empty());
        assert_eq!(
            script.deeds("access_opened"),
            ["Describe ok.a", "Describe see.a"]
        );
    }
}

#[test]
fn a_topic_denied_by_name_gets_no_id() {
    for version in 0..=13 {
        let mut script = script();
        script.request(&of(version, &["no.a", "ok.a"]));
        script.rewrites(|request| assert_eq!(request.array("Topics").len(), 1));
        script.broker(|answer| topics(answer, &[("ok.a", 1)]));
        script.answers(|answer| {
            assert_eq!(codes(answer), ["no.a:29"]);
            assert_eq!(
                answer.structs("Topics").last().unwrap().uuid("TopicId"),
                [0; 16]
            );
        });
    }
}

#[test]
fn with_every_topic_denied_the_answer_still_tells_the_brokers_and_nothing_else() {
    for version in 0..=13 {
        let mut script = script();
        script.request(&of(version, &["no.a"]));
        script.rewrites(|request| {
            assert_eq!(request.array("Topics").len(), 0);
            // No list at all would ask for everything.
            assert!(!request.get("Topics").is_null());
        });
        // Version 0 has no way to ask for none, so the broker lists all.
        script.broker(|answer| {
            if version == 0 {
                topics(answer, &[("secret", 9), ("ok.a", 1)]);
            }
        });
        script.answers(|answer| {
            assert_eq!(codes(answer), ["no.a:29"]);
            assert_eq!(answer.array("Topics").len(), 1);
        });
    }
}

#[test]
fn a_topic_denied_by_id_gets_no_name() {
    for version in 12..=13 {
        let mut script = script();
        let request = ask(ApiKey::METADATA, version, |it| {
            let mut topic = it.element("Topics");
            topic.set("TopicId", id(3)).set("Name", Value::Null);
            it.set("Topics", vec![topic]);
        });
        script.request(&request).forwards();
        script.broker(|answer| topics(answer, &[("no.a", 3)]));
        script.answers(|answer| {
            assert_eq!(codes(answer), ["#3:29"]);
            assert_eq!(listed(answer), [None]);
        });
    }
}

#[test]
fn an_allowed_name_does_not_lend_its_right_to_an_id_beside_it() {
    let mut script = script();
    let request = ask(ApiKey::METADATA, 12, |it| {
        let mut topic = it.element("Topics");
        topic.set("TopicId", id(3)).set("Name", "ok.a");
        it.set("Topics", vec![topic]);
    });
    script.request(&request);
    // The broker goes by the id.
    script.broker(|answer| topics(answer, &[("no.a", 3)]));
    script.answers(|answer| assert!(!answer.to_json().contains("no.a")));
}

#[test]
fn a_right_that_ends_while_the_broker_works_withholds_the_topic_in_every_version() {
    for version in 0..=13 {
        let mut script = script();
        script.request(&of(version, &["ok.a"])).forwards();
        script.apply(&quarantine("ok.a")).unwrap();
        script.broker(|answer| {
            topics(answer, &[("ok.a", 1)]);
            let topic = answer.array_mut("Topics").unwrap()[0]
                .as_struct_mut()
                .unwrap();
            let partition = topic.element("Partitions");
            topic.set("Partitions", vec![partition]);
        });
        script.answers(|answer| {
            assert_eq!(codes(answer), ["ok.a:29"]);
            let topic = answer.structs("Topics").next().unwrap();
            assert!(topic.array("Partitions").is_empty());
            assert_eq!(topic.uuid("TopicId"), [0; 16]);
        });
    }
}

#[test]
fn who_may_not_create_never_makes_a_topic_by_asking_for_it() {
    for version in 0..=13 {
        let mut script = script();
        // May be described, not created.
        let names = Names {
            topics: &["see.a"],
            groups: &["ok.g"],
            transactional_id: "",
        };
        script.request(&naming(ApiKey::METADATA, version, names));
        script.rewrites(|request| {
            // Below version 4 the broker creates without being asked.
            assert!(request.has("AllowAutoTopicCreation"), "version {version}");
            assert!(!request.bool("AllowAutoTopicCreation"), "version {version}");
            assert_eq!(
                request.structs("Topics").next().unwrap().str("Name"),
                Some("see.a")
            );
        });
        let upstream = version.max(4);
        let correlation_id = script.last_correlation_id();
        script.broker_answers(ApiKey::METADATA, upstream, correlation_id, |answer| {
            topics(answer, &[("see.a", 4)]);
            let mut broker = answer.element("Brokers");
            broker.set("NodeId", 1).set("Host", "b1").set("Port", 9092);
            answer.set("Brokers", vec![broker]);
        });
        script.answers(|answer| {
            assert_eq!(listed(answer), [Some("see.a")]);
            let broker = answer.structs("Brokers").next().unwrap();
            assert_eq!(broker.str("Host"), Some("gw.example.com"));
        });
    }
}

#[test]
fn who_may_create_makes_a_topic_by_asking_for_it() {
    for version in 0..=13 {
        let names = Names {
            topics: &["ok.new"],
            groups: &["ok.g"],
            transactional_id: "",
        };
        script()
            .request(&naming(ApiKey::METADATA, version, names))
            .forwards();
    }
}

fn brokers(answer: &mut Struct, id: &str) {
    let list = [0, 1, 2, 3, 7].map(|number| {
        let mut broker = answer.element("Brokers");
        broker
            .set(id, number)
            .set("Host", "10.0.0.9")
            .set("Port", 9092);
        broker
    });
    answer.set("Brokers", list.to_vec());
}

#[test]
fn brokers_have_the_gateways_addresses_and_those_without_one_are_left_out() {
    for (key, last, id) in [
        (ApiKey::METADATA, 13, "NodeId"),
        (ApiKey::DESCRIBE_CLUSTER, 2, "BrokerId"),
    ] {
        for version in 0..=last {
            let mut script = script();
            script.request(&if key == ApiKey::METADATA {
                of_all(version)
            } else {
                ask(key, version, |_| ())
            });
            script.forwards().broker(|answer| brokers(answer, id));
            script.answers(|answer| {
                let places = answer.structs("Brokers");
                let places: Vec<_> = places
                    .map(|it| (it.int(id), it.str("Host").unwrap(), it.int("Port")))
                    .collect();
                let host = "gw.example.com";
                assert_eq!(
                    places,
                    [(0, host, 19093), (1, host, 19094), (2, host, 19095)]
                );
                assert!(!answer.to_json().contains("10.0.0.9"));
            });
            assert_eq!(script.cluster.node(7).unwrap().host, "10.0.0.9");
        }
    }
}

#[test]
fn operations_are_the_callers_not_the_gateways() {
    let all = 0x7fff;
    for (principal, expected) in [("alice", 0), ("root", 1 << 5 | 1 << 7 | 0x1f << 8)] {
        let mut script = by(principal, &document());
        script
            .request(&ask(ApiKey::DESCRIBE_CLUSTER, 2, |_| ()))
            .forwards();
        script.broker(|answer| {
            answer.set("ClusterAuthorizedOperations", all);
        });
        script.answers(|answer| {
            assert_eq!(answer.int("ClusterAuthorizedOperations"), expected);
        });
    }
    let mut script = script();
    script.request(&of_all(13)).forwards();
    script.broker(|answer| {
        topics(answer, &[("see.a", 4)]);
        let topic = answer.array_mut("Topics").unwrap()[0]
            .as_struct_mut()
            .unwrap();
        topic.set("TopicAuthorizedOperations", all);
    });
    script.answers(|answer| {
        let topic = answer.structs("Topics").next().unwrap();
        assert_eq!(topic.int("TopicAuthorizedOperations"), 1 << 8);
    });
}
