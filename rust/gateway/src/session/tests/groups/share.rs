//! Share groups: heartbeats and offsets.

use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use super::super::messages::{Names, naming};
use super::super::{codes, script};
use super::fill_groups;

const OK: Names<'_> = Names {
    topics: &["ok.a"],
    groups: &["ok.g"],
    transactional_id: "",
};

#[test]
fn a_members_name_is_looked_at_between_group_and_topics() {
    let heartbeat = |names| naming(ApiKey::SHARE_GROUP_HEARTBEAT, 1, names);
    let both = Names {
        topics: &["no.a"],
        groups: &["no.g"],
        ..OK
    };
    let no_topic = Names {
        topics: &["ok.a", "no.a"],
        ..OK
    };
    script()
        .request(&heartbeat(both).with("MemberId", ""))
        .refuses(&[":30"]);
    script()
        .request(&heartbeat(no_topic).with("MemberId", ""))
        .refuses(&[":42"]);
    let long = "m".repeat(37);
    script()
        .request(&heartbeat(OK).with("MemberId", long.as_str()))
        .refuses(&[":42"]);
    script().request(&heartbeat(no_topic)).refuses(&[":29"]);
    let longest = "m".repeat(36);
    script()
        .request(&heartbeat(OK).with("MemberId", longest.as_str()))
        .forwards();
}

fn share_offsets(answer: &mut Struct, topics: &[&str]) {
    fill_groups(answer, &["ok.g"]);
    let group = answer.array_mut("Groups").unwrap()[0]
        .as_struct_mut()
        .unwrap();
    let topics = topics.iter().map(|name| {
        let mut topic = group.element("Topics");
        topic.set("TopicName", *name).set("TopicId", [7; 16]);
        topic
    });
    let topics: Vec<Struct> = topics.collect();
    group.set("Topics", topics);
}

fn topics_of(holder: &Struct, list: &str) -> Vec<String> {
    let topics = holder.structs(list);
    topics
        .map(|it| it.str("TopicName").unwrap().to_owned())
        .collect()
}

#[test]
fn offsets_of_share_groups_are_shown_by_topic() {
    for version in 0..=1 {
        let mut script = script();
        let names = Names {
            topics: &["no.a", "see.a"],
            ..OK
        };
        script.request(&naming(
            ApiKey::DESCRIBE_SHARE_GROUP_OFFSETS,
            version,
            names,
        ));
        script.rewrites(|request| {
            let group = request.structs("Groups").next().unwrap();
            assert_eq!(topics_of(group, "Topics"), ["see.a"]);
        });
        script.broker(|answer| share_offsets(answer, &["see.a"]));
        script.answers(|answer| {
            assert_eq!(codes(answer), ["ok.g/no.a/0:29"]);
            let group = answer.structs("Groups").next().unwrap();
            assert_eq!(topics_of(group, "Topics"), ["see.a", "no.a"]);
            let refused = group.structs("Topics").nth(1).unwrap();
            assert_eq!(refused.uuid("TopicId"), [0; 16]);
            let partition = refused.structs("Partitions").next().unwrap();
            assert_eq!(partition.int("StartOffset"), -1);
            assert_eq!(partition.str("ErrorMessage"), error::error_message(29));
        });
    }
}

#[test]
fn all_offsets_of_a_share_group_leave_out_what_may_not_be_seen() {
    for version in 0..=1 {
        let mut script = script();
        let mut request = naming(ApiKey::DESCRIBE_SHARE_GROUP_OFFSETS, version, OK);
        let groups = request.body.array_mut("Groups").unwrap();
        groups[0]
            .as_struct_mut()
            .unwrap()
            .set("Topics", Value::Null);
        script.request(&request).forwards();
        script.broker(|answer| share_offsets(answer, &["ok.a", "no.a", "see.a"]));
        script.answers(|answer| {
            let group = answer.structs("Groups").next().unwrap();
            assert_eq!(topics_of(group, "Topics"), ["ok.a", "see.a"]);
        });
        assert!(script.log("denied").is_empty());
    }
}

#[test]
fn offsets_of_a_share_group_are_changed_for_topics_that_may_be_read() {
    let names = Names {
        topics: &["ok.a", "see.a"],
        ..OK
    };
    for (key, expected) in [
        (ApiKey::ALTER_SHARE_GROUP_OFFSETS, "see.a/0:29"),
        (ApiKey::DELETE_SHARE_GROUP_OFFSETS, "see.a:29"),
    ] {
        let mut script = script();
        script.request(&naming(key, 0, names));
        script.rewrites(|request| assert_eq!(topics_of(request, "Topics"), ["ok.a"]));
        script.broker(|answer| {
            let mut topic = answer.element("Responses");
            topic.set("TopicName", "ok.a").set("TopicId", [1; 16]);
            answer.set("Responses", vec![topic]);
        });
        script.answers(|answer| {
            assert_eq!(codes(answer), [expected]);
            assert_eq!(topics_of(answer, "Responses"), ["see.a", "ok.a"]);
            let refused = answer.structs("Responses").next().unwrap();
            assert_eq!(refused.uuid("TopicId"), [0; 16]);
            assert!(refused.to_json().contains("Topic authorization failed."));
        });
        let denied = Names {
            topics: &["no.a"],
            ..OK
        };
        script.request(&naming(key, 0, denied));
        script.rewrites(|request| assert!(request.array("Topics").is_empty()));
        script.broker(|_| ());
        let no_group = Names {
            groups: &["no.g"],
            ..OK
        };
        script.request(&naming(key, 0, no_group));
        script.replies(|answer| {
            assert_eq!(answer.str("ErrorMessage"), error::error_message(30));
        });
    }
}
