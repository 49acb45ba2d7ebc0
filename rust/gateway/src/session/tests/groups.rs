//! Groups: coordinators, offsets, listings, the heartbeat of KIP-848.

use streamward_wire::kafka::{ApiKey, Struct, Value};

use super::messages::{Names, naming};
use super::{Ask, ask, by, codes, document, script};

fn find(version: i16, kind: i64, keys: &[&str]) -> Ask {
    ask(ApiKey::FIND_COORDINATOR, version, |it| {
        it.set("Key", keys[0]).set("KeyType", kind);
        let keys = keys.iter().map(|key| Value::from(*key));
        it.set("CoordinatorKeys", keys.collect::<Vec<_>>());
    })
}

#[test]
fn a_coordinator_is_found_by_key() {
    for (kind, code) in [(0, 30), (1, 53), (2, 31)] {
        for version in 1..=3 {
            let mut script = script();
            script
                .request(&find(version, kind, &["no.x"]))
                .refuses(&[&format!(":{code}")]);
            script.replies(|answer| assert_eq!(answer.int("NodeId"), -1));
        }
    }
    for version in 4..=5 {
        let mut script = script();
        script.request(&find(version, 0, &["no.x", "ok.x"]));
        script.rewrites(|request| assert_eq!(request.array("CoordinatorKeys").len(), 1));
        script.broker(|answer| {
            let mut found = answer.element("Coordinators");
            found
                .set("Key", "ok.x")
                .set("NodeId", 1)
                .set("Host", "b1")
                .set("Port", 9092);
            answer.set("Coordinators", vec![found]);
        });
        script.answers(|answer| {
            assert_eq!(codes(answer), ["no.x:30"]);
            let found = answer.structs("Coordinators").next().unwrap();
            assert_eq!(
                (found.str("Host"), found.int("Port")),
                (Some("gw.example.com"), 19094)
            );
        });
    }
}

fn offsets(group: &mut Struct, topics: &[&str]) {
    let list = topics.iter().map(|name| {
        let mut topic = group.element("Topics");
        topic
            .set("Name", *name)
            .set("TopicId", super::messages::topic_id(name));
        let mut partition = topic.element("Partitions");
        partition.set("CommittedOffset", 5).set("Metadata", "");
        topic.set("Partitions", vec![partition]);
        topic
    });
    let list: Vec<Struct> = list.collect();
    group.set("Topics", list);
}

/// Names or ids of the topics of an answer, with their first offsets.
fn seen(group: &Struct) -> Vec<(String, i64)> {
    let topics = group.structs("Topics").map(|topic| {
        let name = match topic.str("Name") {
            Some(name) => name.to_owned(),
            None => format!("#{}", topic.uuid("TopicId")[0]),
        };
        let offset = topic
            .structs("Partitions")
            .next()
            .unwrap()
            .int("CommittedOffset");
        (name, offset)
    });
    topics.collect()
}

#[test]
fn offsets_of_all_topics_leave_out_what_may_not_be_seen() {
    for version in 2..=10 {
        let mut script = script();
        let request = ask(ApiKey::OFFSET_FETCH, version, |it| {
            it.set("GroupId", "ok.g").set("Topics", Value::Null);
            let mut group = it.element("Groups");
            group.set("GroupId", "ok.g").set("Topics", Value::Null);
            it.set("Groups", vec![group]);
        });
        script.request(&request).forwards();
        script.broker(|answer| {
            if answer.has("Groups") {
                let mut group = answer.element("Groups");
                group.set("GroupId", "ok.g");
                offsets(&mut group, &["ok.a", "no.a", "see.a"]);
                answer.set("Groups", vec![group]);
            } else {
                offsets(answer, &["ok.a", "no.a", "see.a"]);
            }
        });
        script.answers(|answer| {
            let group = answer.structs("Groups").next().unwrap_or(answer);
            let names = if version == 10 {
                ["#1", "#4"]
            } else {
                ["ok.a", "see.a"]
            };
            assert_eq!(seen(group), names.map(|name| (name.to_owned(), 5)));
        });
        // What is left out of a listing is no refusal.
        assert!(script.log("denied").is_empty());
    }
}

#[test]
fn offsets_of_named_topics_are_refused_by_topic() {
    for version in 1..=10 {
        let names = Names {
            topics: &["ok.a", "no.a"],
            groups: &["ok.g"],
            transactional_id: "",
        };
        let mut script = script();
        script.request(&naming(ApiKey::OFFSET_FETCH, version, names));
        script.rewrites(|request| {
            let group = request.structs("Groups").next().unwrap_or(request);
            assert_eq!(group.array("Topics").len(), 1);
        });
        script.broker(|answer| {
            if answer.has("Groups") {
                let mut group = answer.element("Groups");
                group.set("GroupId", "ok.g");
                answer.set("Groups", vec![group]);
            }
        });
        let expected = match version {
            10 => "ok.g/#3/0:29",
            8 | 9 => "ok.g/no.a/0:29",
            _ => "no.a/0:29",
        };
        script.answers(|answer| assert_eq!(codes(answer), [expected]));
    }
}

#[test]
fn offsets_of_a_denied_group_are_refused_where_the_version_has_a_place_for_it() {
    for version in 1..=10 {
        let names = Names {
            topics: &["ok.a"],
            groups: &["no.g"],
            transactional_id: "",
        };
        let expected = match version {
            1 => "ok.a/0:30",
            2..=7 => ":30",
            _ => "no.g:30",
        };
        script()
            .request(&naming(ApiKey::OFFSET_FETCH, version, names))
            .refuses(&[expected]);
    }
}

#[test]
fn several_groups_offsets_are_decided_by_group() {
    let names = Names {
        topics: &["ok.a"],
        groups: &["no.g", "ok.g"],
        transactional_id: "",
    };
    let mut script = script();
    script.request(&naming(ApiKey::OFFSET_FETCH, 9, names));
    script.rewrites(|request| assert_eq!(request.array("Groups").len(), 1));
    script.broker(|answer| {
        let mut group = answer.element("Groups");
        group.set("GroupId", "ok.g");
        answer.set("Groups", vec![group]);
    });
    script.answers(|answer| assert_eq!(codes(answer), ["no.g:30"]));
}

#[test]
fn a_listing_of_groups_leaves_out_what_may_not_be_seen() {
    for version in 0..=5 {
        let mut script = script();
        script
            .request(&ask(ApiKey::LIST_GROUPS, version, |_| ()))
            .forwards();
        script.broker(|answer| {
            let groups = ["ok.g", "no.g"].map(|name| {
                let mut group = answer.element("Groups");
                group.set("GroupId", name);
                group
            });
            answer.set("Groups", groups.to_vec());
        });
        script.answers(|answer| {
            let names: Vec<_> = answer
                .structs("Groups")
                .map(|it| it.str("GroupId"))
                .collect();
            assert_eq!(names, [Some("ok.g")]);
        });
        assert!(script.log("denied").is_empty());
    }
}

#[test]
fn who_may_describe_the_cluster_sees_all_groups() {
    let mut document = document();
    document["policy"]["rules"] = serde_json::json!([{
        "id": "grant:cluster", "source": "x:1", "slices": [],
        "cedar": "permit(principal, action == Streamward::Action::\"Describe\", resource is Streamward::Cluster);"}]);
    let mut script = by("alice", &document);
    script
        .request(&ask(ApiKey::LIST_GROUPS, 5, |_| ()))
        .forwards();
    script.broker(|answer| {
        let mut group = answer.element("Groups");
        group.set("GroupId", "no.g");
        answer.set("Groups", vec![group]);
    });
    script.answers(|answer| assert_eq!(answer.array("Groups").len(), 1));
    assert_eq!(script.deeds("access_opened"), ["Describe main"]);
}

#[test]
fn a_heartbeat_with_any_denied_topic_is_refused_whole() {
    for version in 0..=1 {
        let names = Names {
            topics: &["ok.a", "no.a"],
            groups: &["ok.g"],
            transactional_id: "",
        };
        let request = naming(ApiKey::CONSUMER_GROUP_HEARTBEAT, version, names);
        script().request(&request).refuses(&[":29"]);
    }
}

#[test]
fn a_subscription_by_regular_expression_is_refused() {
    let names = Names {
        topics: &["ok.a"],
        groups: &["ok.g"],
        transactional_id: "",
    };
    let request = naming(ApiKey::CONSUMER_GROUP_HEARTBEAT, 1, names);
    let request = request.with("SubscribedTopicRegex", ".*");
    by("root", &document()).request(&request).refuses(&[":128"]);
}

#[test]
fn a_description_of_a_group_with_any_denied_topic_is_replaced_whole() {
    for version in 0..=1 {
        let mut script = script();
        let request = ask(ApiKey::CONSUMER_GROUP_DESCRIBE, version, |it| {
            it.set("GroupIds", vec![Value::from("ok.g"), Value::from("ok.h")]);
        });
        script.request(&request).forwards();
        script.broker(|answer| {
            let groups = [("ok.g", "ok.a"), ("ok.h", "no.a")].map(|(name, topic)| {
                let mut group = answer.element("Groups");
                let mut member = group.element("Members");
                let mut assignment = member.element("Assignment");
                let mut partitions = assignment.element("TopicPartitions");
                partitions.set("TopicName", topic);
                assignment.set("TopicPartitions", vec![partitions]);
                member.set("Assignment", assignment);
                group.set("GroupId", name).set("Members", vec![member]);
                group
            });
            answer.set("Groups", groups.to_vec());
        });
        script.answers(|answer| {
            assert_eq!(codes(answer), ["ok.h:29"]);
            assert!(!answer.to_json().contains("no.a"));
        });
    }
}

/// Read, delete, describe, describe settings, alter settings: `AclOperation` as bits.
const ALL_OF_A_GROUP: i64 = 1 << 3 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 11;

#[test]
fn operations_on_a_group_are_the_callers_not_the_gateways() {
    for (key, version, list) in [
        (ApiKey::DESCRIBE_GROUPS, 3, "Groups"),
        (ApiKey::DESCRIBE_GROUPS, 6, "Groups"),
        (ApiKey::CONSUMER_GROUP_DESCRIBE, 1, "GroupIds"),
    ] {
        let mut script = script();
        let request = ask(key, version, |it| {
            it.set("IncludeAuthorizedOperations", true)
                .set(list, vec![Value::from("ok.g")]);
        });
        script.request(&request).forwards();
        script.broker(|answer| {
            let mut group = answer.element("Groups");
            group
                .set("GroupId", "ok.g")
                .set("AuthorizedOperations", 0x7fff);
            answer.set("Groups", vec![group]);
        });
        script.answers(|answer| {
            let group = answer.structs("Groups").next().unwrap();
            assert_eq!(group.int("AuthorizedOperations"), ALL_OF_A_GROUP);
        });
    }
}
