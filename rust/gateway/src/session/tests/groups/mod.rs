//! Groups: coordinators, offsets, listings; and, in files of their own, descriptions and newer protocols.

use streamward_wire::kafka::{ApiKey, Struct, Value, error};

mod consumer;
mod describe;
mod share;
mod streams;

use super::messages::{self, Names, naming};
use super::{Ask, Script, ask, by, codes, document, id, knows_topics, script};

fn find(version: i16, kind: i64, keys: &[&str]) -> Ask {
    ask(ApiKey::FIND_COORDINATOR, version, |it| {
        it.set("Key", keys[0]).set("KeyType", kind);
        let keys = keys.iter().map(|key| Value::from(*key));
        it.set("CoordinatorKeys", keys.collect::<Vec<_>>());
    })
}

#[test]
fn a_coordinator_is_found_by_key() {
    for (kind, code) in [(0, 30), (1, 53), (2, 42), (3, 42)] as [(i64, i16); 4] {
        for version in 1..=3 {
            let mut script = script();
            script
                .request(&find(version, kind, &["no.x"]))
                .refuses(&[&format!(":{code}")]);
            script.replies(|answer| {
                assert_eq!(answer.int("NodeId"), -1);
                assert_eq!(answer.str("ErrorMessage"), error::error_message(code));
            });
        }
    }
    for version in 4..=6 {
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
            let found = answer.structs("Coordinators").nth(1).unwrap();
            assert_eq!(
                (found.str("Host"), found.int("Port")),
                (Some("gw.example.com"), 19094)
            );
        });
    }
}

#[test]
fn coordinators_come_in_the_order_of_their_keys() {
    let mut script = script();
    script.request(&find(6, 0, &["ok.x", "no.y", "ok.z"]));
    script.broker(|answer| {
        let found = ["ok.x", "ok.z"].map(|key| {
            let mut found = answer.element("Coordinators");
            found.set("Key", key).set("NodeId", 1).set("Host", "b1");
            found
        });
        answer.set("Coordinators", found.to_vec());
    });
    script.answers(|answer| {
        let keys: Vec<_> = answer
            .structs("Coordinators")
            .map(|it| it.str("Key"))
            .collect();
        assert_eq!(keys, [Some("ok.x"), Some("no.y"), Some("ok.z")]);
        let text = answer
            .structs("Coordinators")
            .nth(1)
            .unwrap()
            .str("ErrorMessage");
        assert_eq!(text, Some(""));
    });
}

#[test]
fn the_state_of_a_share_group_is_the_brokers() {
    let key = "ok.g:AAAAAAAAAAAAAAAAAAAAAA:0";
    script()
        .request(&find(5, 2, &[key]))
        .refuses(&[&format!("{key}:42")]);
    let mut alice = script();
    alice
        .request(&find(6, 2, &[key]))
        .refuses(&[&format!("{key}:31")]);
    alice.replies(|answer| {
        let text = answer
            .structs("Coordinators")
            .next()
            .unwrap()
            .str("ErrorMessage");
        assert_eq!(text, error::error_message(31));
    });
    by("root", &document())
        .request(&find(6, 2, &[key]))
        .forwards();
    script()
        .request(&find(6, 9, &[key]))
        .refuses(&[&format!("{key}:42")]);
}

fn offsets(group: &mut Struct, topics: &[&str]) {
    let list = topics.iter().map(|name| {
        let mut topic = group.element("Topics");
        topic
            .set("Name", *name)
            .set("TopicId", messages::topic_id(name));
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
        knows_topics(&mut script.session);
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
fn groups_come_in_the_order_of_the_request() {
    let names = Names {
        topics: &["ok.a"],
        groups: &["ok.g", "no.g", "ok.h"],
        transactional_id: "",
    };
    for (key, version) in [
        (ApiKey::OFFSET_FETCH, 8),
        (ApiKey::OFFSET_FETCH, 10),
        (ApiKey::DESCRIBE_SHARE_GROUP_OFFSETS, 1),
    ] {
        let mut script = script();
        script.request(&naming(key, version, names));
        script.broker(|answer| fill_groups(answer, &["ok.g", "ok.h"]));
        script.answers(|answer| assert_eq!(group_ids(answer), ["ok.g", "no.g", "ok.h"]));
    }
    // What is refused comes first here, as a broker has it.
    for (key, version) in [
        (ApiKey::DESCRIBE_GROUPS, 6),
        (ApiKey::CONSUMER_GROUP_DESCRIBE, 1),
        (ApiKey::SHARE_GROUP_DESCRIBE, 1),
        (ApiKey::STREAMS_GROUP_DESCRIBE, 0),
    ] {
        let mut script = script();
        script.request(&naming(key, version, names));
        script.broker(|answer| fill_groups(answer, &["ok.g", "ok.h"]));
        script.answers(|answer| assert_eq!(group_ids(answer), ["no.g", "ok.g", "ok.h"]));
    }
}

fn fill_groups(answer: &mut Struct, names: &[&str]) {
    let groups = names.iter().map(|name| {
        let mut group = answer.element("Groups");
        group.set("GroupId", *name);
        group
    });
    let groups: Vec<Struct> = groups.collect();
    answer.set("Groups", groups);
}

fn group_ids(answer: &Struct) -> Vec<&str> {
    let groups = answer.structs("Groups");
    groups.filter_map(|it| it.str("GroupId")).collect()
}

#[test]
fn an_error_of_the_group_speaks_for_all_its_topics() {
    let names = Names {
        topics: &["ok.a", "no.a"],
        groups: &["ok.g"],
        transactional_id: "",
    };
    for version in 2..=10 {
        let mut script = script();
        script.request(&naming(ApiKey::OFFSET_FETCH, version, names));
        script.broker(|answer| {
            answer.set("ErrorCode", 25);
            fill_groups(answer, &["ok.g"]);
            if let Some(list) = answer.array_mut("Groups") {
                let group = list[0].as_struct_mut().unwrap();
                group.set("ErrorCode", 25);
            }
        });
        let expected = if version < 8 { ":25" } else { "ok.g:25" };
        script.answers(|answer| assert_eq!(codes(answer), [expected]));
    }
    for key in [
        ApiKey::OFFSET_DELETE,
        ApiKey::ALTER_SHARE_GROUP_OFFSETS,
        ApiKey::DELETE_SHARE_GROUP_OFFSETS,
    ] {
        let mut script = script();
        script.request(&naming(key, 0, names));
        script.broker(|answer| {
            answer.set("ErrorCode", 69);
        });
        script.answers(|answer| assert_eq!(codes(answer), [":69"]));
    }
}

#[test]
fn offsets_are_deleted_of_topics_that_may_be_read() {
    let names = Names {
        topics: &["see.a", "ok.a", "no.a"],
        groups: &["ok.g"],
        transactional_id: "",
    };
    let mut script = script();
    script.request(&naming(ApiKey::OFFSET_DELETE, 0, names));
    script.rewrites(|request| assert_eq!(topic_names(request), ["ok.a"]));
    script.broker(|answer| {
        let mut topic = answer.element("Topics");
        topic.set("Name", "ok.a");
        answer.set("Topics", vec![topic]);
    });
    script.answers(|answer| {
        assert_eq!(codes(answer), ["see.a/0:29", "no.a/0:29"]);
        assert_eq!(topic_names(answer), ["see.a", "no.a", "ok.a"]);
    });
    let names = Names {
        topics: &["no.a"],
        ..names
    };
    // The coordinator still says whether the group is there.
    script.request(&naming(ApiKey::OFFSET_DELETE, 0, names));
    script.rewrites(|request| assert_eq!(topic_names(request), Vec::<&str>::new()));
}

fn topic_names(holder: &Struct) -> Vec<&str> {
    let topics = holder.structs("Topics");
    topics.filter_map(|it| it.str("Name")).collect()
}

#[test]
fn a_group_that_is_named_twice_is_refused_once() {
    let names = Names {
        topics: &[],
        groups: &["no.g", "no.g", "no.h"],
        transactional_id: "",
    };
    for version in 0..=2 {
        let request = naming(ApiKey::DELETE_GROUPS, version, names);
        script().request(&request).refuses(&["no.g:30", "no.h:30"]);
    }
}

#[test]
fn a_refused_member_of_a_classic_group_has_no_protocol() {
    let names = Names {
        topics: &[],
        groups: &["no.g"],
        transactional_id: "",
    };
    for version in 0..=9 {
        script()
            .request(&naming(ApiKey::JOIN_GROUP, version, names))
            .replies(|answer| {
                assert_eq!(
                    (answer.int("ErrorCode"), answer.int("GenerationId")),
                    (30, -1)
                );
                let protocol = (version < 7).then_some("");
                assert_eq!(answer.str("ProtocolName"), protocol);
            });
    }
    // A broker looks at the form first.
    let request = naming(ApiKey::SYNC_GROUP, 5, names);
    script().request(&request).refuses(&[":30"]);
    let request = request.with("ProtocolName", Value::Null);
    let check = |mut script: Script| {
        script.request(&request).refuses(&[":23"]);
    };
    check(script());
    check(by("root", &document()));
}

#[test]
fn an_id_is_looked_up_before_it_is_called_unknown() {
    let names = Names {
        topics: &["of.nobody"],
        groups: &["ok.g"],
        transactional_id: "",
    };
    for key in [ApiKey::OFFSET_COMMIT, ApiKey::OFFSET_FETCH] {
        let mut script = script();
        script.undecided(&naming(key, 10, names));
        script.resolves(&[("ok.new", 99)]).rewrites(|_| ());
        script.broker(|_| ());
        // Whoever asks for what is not there makes nobody ask brokers all the time.
        let mut request = naming(key, 10, names);
        let body = &mut request.body;
        let holder = if body.has("Groups") {
            body.array_mut("Groups").unwrap()[0]
                .as_struct_mut()
                .unwrap()
        } else {
            body
        };
        let topics = holder.array_mut("Topics").unwrap();
        topics[0].as_struct_mut().unwrap().set("TopicId", id(98));
        script.request(&request);
        if key == ApiKey::OFFSET_COMMIT {
            script.refuses(&["#98/0:100"]);
        } else {
            script.rewrites(|_| ());
        }
    }
}

#[test]
fn a_topic_that_is_named_twice_is_answered_once() {
    let names = Names {
        topics: &["no.a", "ok.a", "no.a", "ok.a"],
        groups: &["ok.g"],
        transactional_id: "",
    };
    for (key, version) in [(ApiKey::OFFSET_COMMIT, 9), (ApiKey::OFFSET_DELETE, 0)] {
        let mut script = script();
        script.request(&naming(key, version, names));
        script.broker(|answer| {
            let mut topic = answer.element("Topics");
            let partition = topic.element("Partitions");
            topic.set("Name", "ok.a").set("Partitions", vec![partition]);
            answer.set("Topics", vec![topic.clone(), topic]);
        });
        script.answers(|answer| {
            assert_eq!(topic_names(answer), ["no.a", "ok.a"]);
            let partitions = answer
                .structs("Topics")
                .map(|it| it.array("Partitions").len());
            assert_eq!(partitions.collect::<Vec<_>>(), [2, 2]);
        });
    }
}
