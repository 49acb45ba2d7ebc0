//! Descriptions of groups, of each kind.

use streamward_wire::kafka::{ApiKey, Struct, Value};

use super::super::{ask, codes, script};

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
            let hidden = answer.structs("Groups").nth(1).unwrap();
            assert_eq!(hidden.array("Members").len(), 0);
            assert!(
                hidden
                    .str("ErrorMessage")
                    .unwrap()
                    .starts_with("The group has described")
            );
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

fn described(key: ApiKey, version: i16, groups: &[&str], fill: impl FnOnce(&mut Struct)) -> Struct {
    let mut script = script();
    let ids = groups.iter().map(|name| Value::from(*name));
    let ids: Vec<Value> = ids.collect();
    script.request(&ask(key, version, |it| {
        it.set("GroupIds", ids);
    }));
    script.forwards();
    script.broker(fill);
    let mut seen = None;
    script.answers(|answer| seen = Some(answer.clone()));
    seen.unwrap()
}

#[test]
fn a_description_of_a_share_group_with_any_denied_topic_is_replaced_whole() {
    let answer = described(
        ApiKey::SHARE_GROUP_DESCRIBE,
        1,
        &["ok.g", "ok.h"],
        |answer| {
            let groups = [("ok.g", "see.a"), ("ok.h", "no.a")].map(|(name, topic)| {
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
        },
    );
    assert_eq!(codes(&answer), ["ok.h:29"]);
    assert!(answer.to_json().contains("see.a") && !answer.to_json().contains("no.a"));
}

#[test]
fn a_description_of_a_streams_group_is_replaced_for_any_topic_of_its_topology() {
    let lists = [
        "SourceTopics",
        "RepartitionSinkTopics",
        "StateChangelogTopics",
        "RepartitionSourceTopics",
    ];
    for (list, topic) in lists
        .into_iter()
        .flat_map(|it| [(it, "no.a"), (it, "see.a")])
    {
        let answer = described(ApiKey::STREAMS_GROUP_DESCRIBE, 0, &["ok.g"], |answer| {
            let mut group = answer.element("Groups");
            let mut topology = group.element("Topology");
            let mut subtopology = topology.element("Subtopologies");
            let mut info = subtopology.element(list);
            info.set("Name", topic);
            let value = if info.has("Name") {
                Value::Struct(info)
            } else {
                Value::from(topic)
            };
            subtopology.set(list, vec![value]);
            topology.set("Subtopologies", vec![subtopology]);
            group.set("GroupId", "ok.g").set("Topology", topology);
            answer.set("Groups", vec![group]);
        });
        let group = answer.structs("Groups").next().unwrap();
        if topic == "see.a" {
            assert!(codes(&answer).is_empty() && !group.get("Topology").is_null());
            continue;
        }
        assert_eq!(codes(&answer), ["ok.g:29"], "{list}");
        assert!(group.get("Topology").is_null() && !answer.to_json().contains("no.a"));
        let text = group.str("ErrorMessage").unwrap();
        assert!(text.starts_with("The described group uses topics"));
    }
}

#[test]
fn names_that_a_member_subscribed_to_are_shown_to_whom_they_are_visible() {
    let answer = described(ApiKey::CONSUMER_GROUP_DESCRIBE, 1, &["ok.g"], |answer| {
        let mut group = answer.element("Groups");
        let mut member = group.element("Members");
        let names = ["ok.a", "no.a", "see.a"].map(Value::from);
        member.set("SubscribedTopicNames", names.to_vec());
        group.set("GroupId", "ok.g").set("Members", vec![member]);
        answer.set("Groups", vec![group]);
    });
    assert!(codes(&answer).is_empty());
    let group = answer.structs("Groups").next().unwrap();
    let member = group.structs("Members").next().unwrap();
    let names: Vec<_> = member
        .array("SubscribedTopicNames")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(names, ["ok.a", "see.a"]);
}
