//! Every row of the access table at its lowest and highest version: allowed, denied, denied in part.

use streamward_wire::kafka::ApiKey;

use super::messages::{Names, naming};
use super::{Script, ask, by, codes, document, knows_topics, script};

const OK: Names<'_> = Names {
    topics: &["ok.a"],
    groups: &["ok.g"],
    transactional_id: "ok.t",
};

/// APIs whose requests name topics one by one: both versions, and how an answer names topic and partition.
const BY_TOPIC: [(ApiKey, i16, i16); 7] = [
    (ApiKey::LIST_OFFSETS, 1, 11),
    (ApiKey::OFFSET_COMMIT, 2, 9),
    (ApiKey::OFFSET_FOR_LEADER_EPOCH, 2, 4),
    (ApiKey::TXN_OFFSET_COMMIT, 0, 5),
    (ApiKey::DELETE_RECORDS, 0, 2),
    (ApiKey::PRODUCE, 3, 12),
    (ApiKey::FETCH, 4, 12),
];

/// Everything with a row that no other test of this file leaves out.
const EVERY: [(ApiKey, i16, i16); 38] = [
    (ApiKey::PRODUCE, 3, 13),
    (ApiKey::FETCH, 4, 18),
    (ApiKey::LIST_OFFSETS, 1, 11),
    (ApiKey::METADATA, 0, 13),
    (ApiKey::OFFSET_COMMIT, 2, 10),
    (ApiKey::OFFSET_FETCH, 1, 10),
    (ApiKey::FIND_COORDINATOR, 0, 6),
    (ApiKey::JOIN_GROUP, 0, 9),
    (ApiKey::HEARTBEAT, 0, 4),
    (ApiKey::LEAVE_GROUP, 0, 5),
    (ApiKey::SYNC_GROUP, 0, 5),
    (ApiKey::DESCRIBE_GROUPS, 0, 6),
    (ApiKey::CREATE_TOPICS, 2, 7),
    (ApiKey::DELETE_TOPICS, 1, 6),
    (ApiKey::DESCRIBE_TOPIC_PARTITIONS, 0, 0),
    (ApiKey::DESCRIBE_PRODUCERS, 0, 0),
    (ApiKey::DESCRIBE_TRANSACTIONS, 0, 0),
    (ApiKey::DELETE_RECORDS, 0, 2),
    (ApiKey::INIT_PRODUCER_ID, 0, 5),
    (ApiKey::OFFSET_FOR_LEADER_EPOCH, 2, 4),
    (ApiKey::ADD_PARTITIONS_TO_TXN, 0, 3),
    (ApiKey::ADD_OFFSETS_TO_TXN, 0, 4),
    (ApiKey::END_TXN, 0, 5),
    (ApiKey::TXN_OFFSET_COMMIT, 0, 5),
    (ApiKey::DESCRIBE_CONFIGS, 1, 4),
    (ApiKey::CREATE_PARTITIONS, 0, 3),
    (ApiKey::DELETE_GROUPS, 0, 2),
    (ApiKey::CONSUMER_GROUP_HEARTBEAT, 0, 1),
    (ApiKey::CONSUMER_GROUP_DESCRIBE, 0, 1),
    (ApiKey::DESCRIBE_CLUSTER, 0, 2),
    (ApiKey::OFFSET_DELETE, 0, 0),
    (ApiKey::SHARE_GROUP_HEARTBEAT, 1, 1),
    (ApiKey::SHARE_GROUP_DESCRIBE, 1, 1),
    (ApiKey::STREAMS_GROUP_DESCRIBE, 0, 0),
    (ApiKey::STREAMS_GROUP_HEARTBEAT, 0, 0),
    (ApiKey::DESCRIBE_SHARE_GROUP_OFFSETS, 0, 1),
    (ApiKey::ALTER_SHARE_GROUP_OFFSETS, 0, 0),
    (ApiKey::DELETE_SHARE_GROUP_OFFSETS, 0, 0),
];

fn each(key: ApiKey, first: i16, last: i16, names: Names<'_>, check: impl Fn(&mut Script)) {
    for version in first..=last {
        let mut script = script();
        knows_topics(&mut script.session);
        script.request(&naming(key, version, names));
        check(&mut script);
    }
}

#[test]
fn what_is_allowed_is_forwarded_as_it_came_in_every_version() {
    for (key, first, last) in EVERY {
        each(key, first, last, OK, |script| {
            script.forwards();
        });
    }
}

#[test]
fn what_is_denied_never_reaches_the_broker_in_any_version() {
    let no = Names {
        topics: &["no.a"],
        groups: &["no.g"],
        transactional_id: "no.t",
    };
    for (key, first, last) in EVERY {
        // A broker denies DescribeCluster to nobody; Metadata of nothing still needs the brokers.
        if [ApiKey::DESCRIBE_CLUSTER, ApiKey::METADATA].contains(&key) {
            continue;
        }
        each(key, first, last, no, |script| {
            script.forwards_nothing();
            script.replies(|answer| assert_ne!(codes(answer), Vec::<String>::new()));
            assert!(!script.log("denied").is_empty());
        });
    }
}

#[test]
fn somebody_without_a_grant_gets_nothing_at_all() {
    for (key, first, last) in EVERY {
        for version in [first, last] {
            if [ApiKey::DESCRIBE_CLUSTER, ApiKey::METADATA].contains(&key) {
                continue;
            }
            let mut script = by("mallory", &document());
            script.request(&naming(key, version, OK)).forwards_nothing();
        }
    }
}

#[test]
fn a_denied_topic_is_refused_by_its_partitions() {
    let names = Names {
        topics: &["no.a"],
        ..OK
    };
    for (key, first, last) in BY_TOPIC {
        each(key, first, last, names, |script| {
            script.refuses(&["no.a/0:29"]);
            assert_eq!(script.log("denied").len(), 1);
        });
    }
    for (key, version) in [(ApiKey::DELETE_TOPICS, 6), (ApiKey::CREATE_PARTITIONS, 3)] {
        each(key, version, version, names, |script| {
            script.refuses(&["no.a:29"]);
        });
    }
}

#[test]
fn of_several_topics_the_broker_gets_those_that_are_allowed() {
    let names = Names {
        topics: &["no.a", "ok.a", "no.b", "ok.b"],
        ..OK
    };
    for (key, first, last) in BY_TOPIC {
        each(key, first, last, names, |script| {
            script.rewrites(|request| {
                let lists = ["Topics", "TopicData"].map(|list| request.array(list).len());
                assert_eq!(lists.iter().sum::<usize>(), 2, "{}", key.name());
                let json = request.to_json();
                assert!(json.contains("ok.a") && json.contains("ok.b") && !json.contains("no."));
            });
            script.broker(|_| ());
            script.answers(|answer| assert_eq!(codes(answer), ["no.a/0:29", "no.b/0:29"]));
        });
    }
}

#[test]
fn a_topic_is_refused_by_the_name_that_the_request_gave() {
    for (key, version) in [
        (ApiKey::PRODUCE, 13),
        (ApiKey::FETCH, 13),
        (ApiKey::FETCH, 18),
    ] {
        let topics = ["no.a", "of.nobody", "ok.a"];
        each(
            key,
            version,
            version,
            Names {
                topics: &topics,
                ..OK
            },
            |script| {
                script.rewrites(|request| {
                    let list = if key == ApiKey::FETCH {
                        "Topics"
                    } else {
                        "TopicData"
                    };
                    assert_eq!(
                        request.structs(list).next().unwrap().uuid("TopicId"),
                        [1; 16]
                    );
                    assert_eq!(request.array(list).len(), 1);
                });
                script.broker(|_| ());
                script.answers(|answer| assert_eq!(codes(answer), ["#3/0:29", "#99/0:100"]));
            },
        );
    }
    let topics = ["no.a", "of.nobody"];
    each(
        ApiKey::OFFSET_COMMIT,
        10,
        10,
        Names {
            topics: &topics,
            ..OK
        },
        |script| {
            script.refuses(&["#3/0:29", "#99/0:100"]);
        },
    );
}

#[test]
fn an_id_of_nobody_is_refused_even_to_whoever_may_do_anything() {
    let names = Names {
        topics: &["of.nobody"],
        ..OK
    };
    for (key, version) in [
        (ApiKey::PRODUCE, 13),
        (ApiKey::FETCH, 18),
        (ApiKey::OFFSET_COMMIT, 10),
    ] {
        let mut script = by("root", &document());
        knows_topics(&mut script.session);
        script.request(&naming(key, version, names));
        script.refuses(&["#99/0:100"]);
    }
}

#[test]
fn a_denied_group_is_refused_at_the_top_of_group_requests() {
    let names = Names {
        groups: &["no.g"],
        ..OK
    };
    for (key, first, last) in [
        (ApiKey::JOIN_GROUP, 0, 9),
        (ApiKey::HEARTBEAT, 0, 4),
        (ApiKey::LEAVE_GROUP, 0, 5),
        (ApiKey::SYNC_GROUP, 0, 5),
        (ApiKey::ADD_OFFSETS_TO_TXN, 0, 4),
        (ApiKey::CONSUMER_GROUP_HEARTBEAT, 0, 1),
        (ApiKey::OFFSET_DELETE, 0, 0),
        (ApiKey::SHARE_GROUP_HEARTBEAT, 1, 1),
        (ApiKey::STREAMS_GROUP_HEARTBEAT, 0, 0),
        (ApiKey::ALTER_SHARE_GROUP_OFFSETS, 0, 0),
        (ApiKey::DELETE_SHARE_GROUP_OFFSETS, 0, 0),
    ] {
        each(key, first, last, names, |script| {
            script.refuses(&[":30"]);
        });
    }
}

#[test]
fn a_denied_group_refuses_every_partition_of_its_offsets() {
    let names = Names {
        topics: &["ok.a", "no.a"],
        groups: &["no.g"],
        ..OK
    };
    for (key, version) in [(ApiKey::OFFSET_COMMIT, 9), (ApiKey::TXN_OFFSET_COMMIT, 5)] {
        each(key, version, version, names, |script| {
            script.refuses(&["ok.a/0:30", "no.a/0:30"]);
            // The group is asked first; that a topic exists or is denied plays no part.
            assert_eq!(script.deeds("denied"), ["Read no.g"]);
        });
    }
}

#[test]
fn several_groups_are_decided_one_by_one() {
    let names = Names {
        groups: &["no.g", "ok.g"],
        ..OK
    };
    for (key, first, last, list) in [
        (ApiKey::DESCRIBE_GROUPS, 0, 6, "Groups"),
        (ApiKey::DELETE_GROUPS, 0, 2, "GroupsNames"),
        (ApiKey::CONSUMER_GROUP_DESCRIBE, 0, 1, "GroupIds"),
        (ApiKey::SHARE_GROUP_DESCRIBE, 1, 1, "GroupIds"),
        (ApiKey::STREAMS_GROUP_DESCRIBE, 0, 0, "GroupIds"),
        (ApiKey::DESCRIBE_SHARE_GROUP_OFFSETS, 0, 1, "Groups"),
    ] {
        each(key, first, last, names, |script| {
            script.rewrites(|request| assert_eq!(request.array(list).len(), 1));
            script.broker(|_| ());
            script.answers(|answer| assert_eq!(codes(answer), ["no.g:30"]));
        });
    }
}

#[test]
fn what_has_no_row_ends_the_connection() {
    for (key, version) in [
        (ApiKey::ADD_PARTITIONS_TO_TXN, 4),
        (ApiKey::ADD_PARTITIONS_TO_TXN, 5),
        (ApiKey::WRITE_SHARE_GROUP_STATE, 1),
        (ApiKey::READ_SHARE_GROUP_STATE, 0),
        (ApiKey::VOTE, 2),
        (ApiKey::FETCH_SNAPSHOT, 1),
        (ApiKey::BROKER_REGISTRATION, 4),
        (ApiKey::ENVELOPE, 0),
        (ApiKey::UPDATE_RAFT_VOTER, 0),
    ] {
        let mut script = by("root", &document());
        script.request(&ask(key, version, |_| ()));
        assert!(matches!(script.closes(), super::Close::NotServed { .. }));
    }
    let mut script = by("root", &document());
    script.raw(vec![0x7f, 0xff, 0, 0, 0, 0, 0, 1, 0xff, 0xff]);
    assert!(matches!(
        script.closes(),
        super::Close::NotServed {
            key: 0x7fff,
            version: 0
        }
    ));
}
