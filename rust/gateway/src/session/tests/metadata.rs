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

fn creating(version: i16, topics: &[&str]) -> Ask {
    let names = Names {
        topics,
        groups: &["ok.g"],
        transactional_id: "",
    };
    naming(ApiKey::METADATA, version, names)
}

fn missing(answer: &mut Struct, names: &[(&str, i16)]) {
    let list = names.iter().map(|(name, code)| {
        let mut topic = answer.element("Topics");
        topic.set("Name", *name).set("ErrorCode", *code);
        topic
    });
    let list: Vec<Struct> = list.collect();
    answer.set("Topics", list);
}

#[test]
fn who_may_not_create_never_makes_a_topic_by_asking_for_it() {
    for version in 0..=13 {
        let mut script = script();
        // May be described, not created.
        script.request(&creating(version, &["see.a", "see.new", "no.a"]));
        script.asks(ApiKey::METADATA, |request| {
            // Below version 4 the broker creates without being asked.
            assert!(request.has("AllowAutoTopicCreation"), "version {version}");
            assert!(!request.bool("AllowAutoTopicCreation"), "version {version}");
            let names: Vec<_> = request.structs("Topics").map(|it| it.str("Name")).collect();
            assert_eq!(names, [Some("see.a"), Some("see.new")]);
        });
        script.told(|answer| {
            missing(answer, &[("see.a", 0), ("see.new", 3)]);
            let mut broker = answer.element("Brokers");
            broker.set("NodeId", 1).set("Host", "b1").set("Port", 9092);
            answer.set("Brokers", vec![broker]);
        });
        script.answers(|answer| {
            let names = [Some("see.a"), Some("see.new"), Some("no.a")];
            assert_eq!(listed(answer), names);
            assert_eq!(codes(answer), ["see.new:29", "no.a:29"]);
            let broker = answer.structs("Brokers").next().unwrap();
            assert_eq!(broker.str("Host"), Some("gw.example.com"));
        });
        assert_eq!(script.deeds("denied"), ["Describe no.a", "Create see.new"]);
    }
}

#[test]
fn of_several_topics_those_are_made_that_may_be() {
    for version in 0..=13 {
        let mut script = script();
        script.request(&creating(version, &["see.new", "ok.new", "ok.a"]));
        script.asks(ApiKey::METADATA, |request| {
            assert!(!request.bool("AllowAutoTopicCreation"));
        });
        script.told(|answer| {
            missing(answer, &[("see.new", 3), ("ok.new", 3), ("ok.a", 0)]);
        });
        script.asks(ApiKey::METADATA, |request| {
            assert!(request.bool("AllowAutoTopicCreation"));
            let names: Vec<_> = request.structs("Topics").map(|it| it.str("Name")).collect();
            assert_eq!(names, [Some("ok.new")]);
        });
        script.told(|answer| missing(answer, &[("ok.new", 5)]));
        script.answers(|answer| assert_eq!(codes(answer), ["see.new:29", "ok.new:5"]));
    }
}

#[test]
fn where_brokers_make_no_topics_a_missing_one_is_unknown() {
    let mut script = script();
    script.cluster.learn_auto_creates(Some(false));
    script.request(&creating(13, &["see.new"]));
    script.asks(ApiKey::METADATA, |_| ());
    script.told(|answer| missing(answer, &[("see.new", 3)]));
    script.answers(|answer| assert_eq!(codes(answer), ["see.new:3"]));
    assert!(script.log("denied").is_empty());
}

#[test]
fn nothing_overtakes_a_question() {
    let mut script = script();
    script.request(&creating(13, &["see.new"]));
    script.asks(ApiKey::METADATA, |_| ());
    assert!(!script.session.has_room());
    script.told(|answer| missing(answer, &[("see.new", 3)]));
    assert!(script.session.has_room());
}

#[test]
fn a_topic_named_in_a_way_that_its_version_lacks_is_refused() {
    for (version, name, byte, code) in [
        (11, None, 0, 42),
        (10, Some("ok.a"), 1, 42),
        (13, None, 0, -1),
    ] {
        let request = ask(ApiKey::METADATA, version, |it| {
            let mut topic = it.element("Topics");
            topic.set("TopicId", id(byte)).set("Name", name);
            it.set("Topics", vec![topic]);
        });
        let mut script = script();
        script.request(&request).replies(|answer| {
            let topic = answer.structs("Topics").next().unwrap();
            assert_eq!(topic.int("ErrorCode"), code);
            assert_eq!(topic.str("Name"), Some(name.unwrap_or_default()));
        });
    }
}

#[test]
fn beside_ids_names_play_no_part() {
    let mut script = script();
    let request = ask(ApiKey::METADATA, 13, |it| {
        let topics = [(None, 1), (Some("no.a"), 0)].map(|(name, byte)| {
            let mut topic = it.element("Topics");
            topic.set("TopicId", id(byte)).set("Name", name);
            Value::Struct(topic)
        });
        it.set("Topics", topics.to_vec());
    });
    script.request(&request).rewrites(|request| {
        assert_eq!(request.array("Topics").len(), 1);
    });
    script.broker(|answer| topics(answer, &[("ok.a", 1)]));
    script.answers(|answer| assert_eq!(listed(answer), [Some("ok.a")]));
}

#[test]
fn a_denied_name_that_stands_there_twice_is_answered_once() {
    let mut script = script();
    script.request(&of(13, &["no.a", "no.a"]));
    script.broker(|_| ());
    script.answers(|answer| assert_eq!(codes(answer), ["no.a:29"]));
}

#[test]
fn a_controller_without_an_address_here_is_replaced_by_a_broker_with_one() {
    for (controller, expected) in [(7, 0), (2, 2), (-1, -1)] {
        let mut script = script();
        script.request(&of_all(13)).forwards();
        script.broker(|answer| {
            brokers(answer, "NodeId");
            answer.set("ControllerId", controller);
        });
        script.answers(|answer| assert_eq!(answer.int("ControllerId"), expected));
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
fn operations_on_the_cluster_are_for_whoever_may_describe_it() {
    let mut document = document();
    document["policy"]["rules"] = serde_json::json!([{
        "id": "grant:create", "source": "x:1", "slices": [],
        "cedar": "permit(principal, action == Streamward::Action::\"Create\", resource is Streamward::Cluster);"}]);
    for (key, version) in [(ApiKey::DESCRIBE_CLUSTER, 2), (ApiKey::METADATA, 8)] {
        let mut script = by("alice", &document);
        script.request(&ask(key, version, |it| {
            it.set("Topics", Value::Null);
        }));
        script.broker(|answer| {
            answer.set("ClusterAuthorizedOperations", 0x1fff);
        });
        script.answers(|answer| assert_eq!(answer.int("ClusterAuthorizedOperations"), 0));
        assert_eq!(script.deeds("denied"), ["Describe main"]);
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
