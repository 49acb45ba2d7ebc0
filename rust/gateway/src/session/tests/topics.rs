//! Making topics and partitions, and looking at producers.

use serde_json::json;
use streamward_wire::kafka::{ApiKey, Struct, Value};

use super::messages::{Names, naming};
use super::{Ask, ask, by, codes, document, script};

fn create(version: i16, topics: &[&str]) -> Ask {
    let names = Names {
        topics,
        groups: &["ok.g"],
        transactional_id: "ok.t",
    };
    naming(ApiKey::CREATE_TOPICS, version, names)
}

#[test]
fn topics_are_created_one_by_one() {
    for version in 2..=7 {
        let mut script = script();
        script.request(&create(version, &["no.a", "ok.a"]));
        script.rewrites(|request| assert_eq!(request.array("Topics").len(), 1));
        script.broker(|_| ());
        script.answers(|answer| assert_eq!(codes(answer), ["no.a:29"]));
    }
}

#[test]
fn settings_of_a_new_topic_are_hidden_from_who_may_not_see_them() {
    let mut document = document();
    document["policy"]["rules"] = serde_json::json!([{
        "id": "grant:create", "source": "x:1", "slices": [],
        "cedar": "permit(principal, action == Streamward::Action::\"Create\", resource is Streamward::Stream);"}]);
    let mut script = by("alice", &document);
    script.request(&create(7, &["ok.a"])).forwards();
    script.broker(|answer| {
        let mut topic = answer.element("Topics");
        topic
            .set("Name", "ok.a")
            .set("NumPartitions", 3)
            .set("TopicId", [8; 16]);
        answer.set("Topics", vec![topic]);
    });
    script.answers(|answer| {
        let topic = answer.structs("Topics").next().unwrap();
        assert_eq!(topic.int("TopicConfigErrorCode"), 29);
        assert_eq!(topic.int("NumPartitions"), -1);
        assert_eq!(*topic.get("Configs"), Value::Array(Vec::new()));
    });
    assert_eq!(script.cluster.topic(&[8; 16]).as_deref(), Some("ok.a"));
}

fn text(of: &Struct) -> Vec<(&str, Option<&str>)> {
    let list = ["Topics", "Results"]
        .into_iter()
        .flat_map(|it| of.structs(it));
    list.map(|it| (it.str("Name").unwrap(), it.str("ErrorMessage")))
        .collect()
}

#[test]
fn a_refusal_to_make_a_topic_says_what_kafka_says() {
    let mut script = script();
    script.request(&create(7, &["no.a", "no.b", "no.a", "__cluster_metadata"]));
    script.refuses(&["no.a:42", "no.b:29", "__cluster_metadata:42"]);
    script.replies(|answer| {
        assert_eq!(
            text(answer),
            [
                ("no.a", Some("Duplicate topic name.")),
                ("no.b", Some("Authorization failed.")),
                (
                    "__cluster_metadata",
                    Some("Creation of internal topic __cluster_metadata is prohibited.")
                ),
            ]
        );
    });
}

#[test]
fn an_allowed_name_that_stands_there_twice_is_the_brokers_business() {
    let mut script = script();
    script.request(&create(7, &["ok.a", "ok.a"])).forwards();
}

#[test]
fn whoever_may_create_on_the_cluster_makes_any_topic() {
    let mut document = document();
    document["policy"]["rules"] = json!([{
        "id": "grant:create", "source": "x:1", "slices": [],
        "cedar": "permit(principal, action == Streamward::Action::\"Create\", resource is Streamward::Cluster);"}]);
    for version in 2..=7 {
        let mut script = by("alice", &document);
        script
            .request(&create(version, &["any", "other"]))
            .forwards();
        assert_eq!(script.deeds("access_opened"), ["Create main"]);
        assert!(script.log("denied").is_empty());
    }
}

#[test]
fn partitions_are_refused_before_what_the_broker_says() {
    for version in 0..=3 {
        let names = Names {
            topics: &["no.a", "ok.a", "no.b", "no.b"],
            groups: &["ok.g"],
            transactional_id: "ok.t",
        };
        let mut script = script();
        script.request(&naming(ApiKey::CREATE_PARTITIONS, version, names));
        script.rewrites(|request| assert_eq!(request.array("Topics").len(), 1));
        script.broker(|answer| {
            let mut topic = answer.element("Results");
            topic.set("Name", "ok.a").set("ErrorCode", 37);
            answer.set("Results", vec![topic]);
        });
        script.answers(|answer| {
            assert_eq!(codes(answer), ["no.a:29", "no.b:42", "ok.a:37"]);
            assert_eq!(
                text(answer)[..2],
                [("no.a", None), ("no.b", Some("Duplicate topic name."))]
            );
        });
    }
}

fn producers_of(topics: &[&str]) -> Ask {
    ask(ApiKey::DESCRIBE_PRODUCERS, 0, |it| {
        let topics = topics.iter().map(|name| {
            let mut topic = it.element("Topics");
            topic
                .set("Name", *name)
                .set("PartitionIndexes", vec![Value::Int(0)]);
            Value::Struct(topic)
        });
        let topics: Vec<Value> = topics.collect();
        it.set("Topics", topics);
    })
}

#[test]
fn producers_are_described_in_the_order_of_the_request() {
    let mut script = script();
    script.request(&producers_of(&["no.a", "ok.a", "a b", "ok.b"]));
    script.rewrites(|request| {
        let names: Vec<_> = request.structs("Topics").map(|it| it.str("Name")).collect();
        assert_eq!(names, [Some("ok.a"), Some("ok.b")]);
    });
    script.broker(|answer| {
        let topics = ["ok.a", "ok.b"].map(|name| {
            let mut topic = answer.element("Topics");
            topic.set("Name", name);
            topic
        });
        answer.set("Topics", topics.to_vec());
    });
    script.answers(|answer| {
        let names: Vec<_> = answer
            .structs("Topics")
            .map(|it| it.str("Name").unwrap())
            .collect();
        assert_eq!(names, ["no.a", "ok.a", "a b", "ok.b"]);
        assert_eq!(codes(answer), ["no.a/0:29", "a b/0:17"]);
        let partitions = answer
            .structs("Topics")
            .flat_map(|it| it.structs("Partitions"));
        let texts: Vec<_> = partitions
            .map(|it| it.str("ErrorMessage").unwrap())
            .collect();
        assert_eq!(texts[0], "Topic authorization failed.");
        assert!(
            texts[1].starts_with("Topic name is invalid: 'a b'"),
            "{}",
            texts[1]
        );
    });
    assert_eq!(script.deeds("denied"), ["Read no.a"]);
}

#[test]
fn whoever_acts_for_a_broker_may_ask_for_the_epochs_of_any_topic() {
    let mut document = document();
    document["policy"]["rules"] = json!([{
        "id": "grant:act", "source": "x:1", "slices": [],
        "cedar": "permit(principal, action == Streamward::Action::\"ClusterAction\", resource is Streamward::Cluster);"}]);
    for version in 2..=4 {
        let names = Names {
            topics: &["any"],
            groups: &["g"],
            transactional_id: "t",
        };
        let request = naming(ApiKey::OFFSET_FOR_LEADER_EPOCH, version, names);
        by("alice", &document).request(&request).forwards();
        script().request(&request).refuses(&["any/0:29"]);
    }
}

#[test]
fn records_of_a_topic_that_stands_there_twice_are_refused_once() {
    for version in 0..=2 {
        let names = Names {
            topics: &["no.a", "ok.a", "no.a", "no.b"],
            groups: &["g"],
            transactional_id: "t",
        };
        let mut script = script();
        script.request(&naming(ApiKey::DELETE_RECORDS, version, names));
        script.broker(|_| ());
        script.answers(|answer| {
            assert_eq!(codes(answer), ["no.a/0:29", "no.b/0:29"]);
            let partitions = answer
                .structs("Topics")
                .flat_map(|it| it.structs("Partitions"));
            assert!(
                partitions
                    .into_iter()
                    .all(|it| it.int("LowWatermark") == -1)
            );
        });
    }
}
