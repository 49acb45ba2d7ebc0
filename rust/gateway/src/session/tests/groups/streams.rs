//! Streams groups: heartbeats.

use serde_json::{Value as Json, json};
use streamward_wire::kafka::{ApiKey, Direction, Struct, Value, schema};

use super::super::{Ask, Script, ask, by, document, script};
use crate::cluster::{IDS_AGE_MAX_MILLISECONDS, LISTING_AGE_MAX_MILLISECONDS};

/// `alice` may make what is called `ok.made.…` and nothing else.
fn restricted() -> Json {
    let mut document = document();
    let rules = document["policy"]["rules"].as_array_mut().unwrap();
    rules.push(json!({"id": "deny:create", "source": "x:1", "slices": [], "cedar":
        "forbid(principal == Streamward::Service::\"alice\", action == Streamward::Action::\"Create\", \
         resource is Streamward::Stream) unless { resource.name like \"ok.made.*\" };"}));
    document
}

/// Names of a topology with one part.
#[derive(Clone, Copy, Default)]
struct Topics<'a> {
    sources: &'a [&'a str],
    sinks: &'a [&'a str],
    repartitions: &'a [&'a str],
    changelogs: &'a [&'a str],
    patterns: &'a [&'a str],
}

fn set(subtopology: &mut Struct, list: &str, names: &[&str]) {
    let blank = subtopology.element(list);
    let elements = names.iter().map(|name| {
        if !blank.has("Name") {
            return Value::from(*name);
        }
        let mut info = blank.clone();
        info.set("Name", *name);
        Value::Struct(info)
    });
    let elements: Vec<Value> = elements.collect();
    subtopology.set(list, elements);
}

fn fill_topology(holder: &mut Struct, topics: Topics<'_>) {
    let mut topology = holder.element("Topology");
    let mut subtopology = topology.element("Subtopologies");
    set(&mut subtopology, "SourceTopics", topics.sources);
    set(&mut subtopology, "RepartitionSinkTopics", topics.sinks);
    set(
        &mut subtopology,
        "RepartitionSourceTopics",
        topics.repartitions,
    );
    set(&mut subtopology, "StateChangelogTopics", topics.changelogs);
    set(&mut subtopology, "SourceTopicRegex", topics.patterns);
    topology.set("Subtopologies", vec![subtopology]);
    holder.set("Topology", topology);
}

fn alive(epoch: i64) -> Ask {
    ask(ApiKey::STREAMS_GROUP_HEARTBEAT, 0, |it| {
        it.set("GroupId", "ok.app")
            .set("MemberId", "member")
            .set("MemberEpoch", epoch);
    })
}

fn joining(topics: Topics<'_>) -> Ask {
    let mut request = alive(0);
    fill_topology(&mut request.body, topics);
    request
}

/// Then: it wants to know what the coordinator has of the group. When: this, or there is no such group.
fn described(script: &mut Script, topics: Option<Topics<'_>>) {
    let answers = schema(ApiKey::STREAMS_GROUP_DESCRIBE, 0, Direction::Response).unwrap();
    let mut group = Struct::new(answers).element("Groups");
    match topics {
        Some(topics) => fill_topology(&mut group, topics),
        None => {
            group.set("ErrorCode", 69);
        }
    }
    script.describes("ok.app", Some(group));
}

fn statuses(answer: &Struct) -> Vec<(i64, String)> {
    let statuses = answer.structs("Status");
    let all = statuses.map(|it| (it.int("StatusCode"), it.str("StatusDetail").unwrap().into()));
    all.collect()
}

#[test]
fn every_topic_of_a_topology_must_be_visible() {
    let no: &[&str] = &["ok.a", "no.a"];
    for topics in [
        Topics {
            sources: no,
            ..Topics::default()
        },
        Topics {
            sinks: no,
            ..Topics::default()
        },
        Topics {
            repartitions: no,
            ..Topics::default()
        },
        Topics {
            changelogs: no,
            ..Topics::default()
        },
    ] {
        let mut script = script();
        script.request(&joining(topics)).refuses(&[":29"]);
        assert_eq!(script.deeds("denied"), ["Describe no.a"]);
    }
}

#[test]
fn a_topology_is_looked_at_in_a_brokers_order() {
    let topics = Topics {
        sources: &["no.a", "__consumer_offsets", "a b"],
        changelogs: &["__transaction_state"],
        ..Topics::default()
    };
    let mut root = by("root", &document());
    root.request(&joining(topics)).refuses(&[":130"]);
    root.replies(|answer| {
        let text = "Use of Kafka internal topics __consumer_offsets,__transaction_state in a Kafka Streams \
                    topology is prohibited.";
        assert_eq!(answer.str("ErrorMessage"), Some(text));
    });
    let topics = Topics {
        sources: &["no.a", "a b", ".."],
        ..Topics::default()
    };
    root.request(&joining(topics)).refuses(&[":130"]);
    root.replies(|answer| {
        let text = "Topic names a b,.. are not valid topic names.";
        assert_eq!(answer.str("ErrorMessage"), Some(text));
    });
    let topics = Topics {
        patterns: &[".*"],
        ..Topics::default()
    };
    root.request(&joining(topics)).refuses(&[":42"]);
    root.request(&joining(Topics::default()).with("GroupId", "x"))
        .forwards();
}

#[test]
fn whoever_may_make_any_topic_needs_no_question() {
    let topics = Topics {
        sources: &["ok.a"],
        changelogs: &["ok.changelog"],
        ..Topics::default()
    };
    let mut root = by("root", &document());
    root.request(&joining(topics)).lists(Some(&["ok.a"]));
    root.rewrites(|request| assert!(!request.get("Topology").is_null()));
    // That the coordinator makes a topic is entered as the caller's deed.
    assert!(
        root.deeds("access_opened")
            .contains(&"Create main".to_owned())
    );
    root.broker(|_| ());
    root.now += LISTING_AGE_MAX_MILLISECONDS;
    root.request(&alive(1)).forwards();
}

#[test]
fn a_member_that_may_not_make_missing_topics_waits_for_them() {
    let topics = Topics {
        sources: &["ok.a"],
        repartitions: &["ok.made.r"],
        changelogs: &["ok.changelog"],
        ..Topics::default()
    };
    let mut script = by("alice", &restricted());
    script.request(&joining(topics));
    described(&mut script, None);
    script.lists(Some(&["ok.a"]));
    script.replies(|answer| {
        assert_eq!((answer.int("ErrorCode"), answer.int("MemberEpoch")), (0, 1));
        assert_eq!(answer.str("MemberId"), Some("member"));
        assert!(answer.int("HeartbeatIntervalMs") > 0 && !answer.get("ActiveTasks").is_null());
        let detail = "Internal topics are missing: ok.changelog, ok.made.r; \
                      Unauthorized to CREATE on topics ok.changelog.";
        assert_eq!(statuses(answer), [(3, detail.to_owned())]);
    });
    assert_eq!(script.deeds("denied"), ["Create ok.changelog"]);
    script.request(&alive(1));
    script.replies(|answer| {
        assert_eq!(statuses(answer)[0].0, 3);
        assert!(answer.get("ActiveTasks").is_null());
    });
    // Somebody makes the topic; what the member may make itself its coordinator makes.
    script.now += LISTING_AGE_MAX_MILLISECONDS;
    script
        .request(&alive(1))
        .lists(Some(&["ok.a", "ok.changelog"]));
    script.refuses(&[":110"]);
    script.request(&joining(topics)).forwards();
    script.broker(|_| ());
    script.request(&alive(1)).forwards();
}

#[test]
fn a_right_to_make_the_topics_is_enough() {
    let topics = Topics {
        changelogs: &["ok.made.c"],
        ..Topics::default()
    };
    let mut script = by("alice", &restricted());
    script.request(&joining(topics));
    described(&mut script, None);
    script.lists(Some(&[]));
    script.rewrites(|_| ());
    assert!(
        script
            .deeds("access_opened")
            .contains(&"Create ok.made.c".to_owned())
    );
}

#[test]
fn missing_sources_are_told_first() {
    let topics = Topics {
        sources: &["ok.a", "ok.b", "ok.c", "ok.d", "ok.e"],
        changelogs: &["ok.changelog"],
        ..Topics::default()
    };
    let mut script = by("alice", &restricted());
    script.request(&joining(topics));
    described(&mut script, None);
    script.lists(Some(&["ok.a"]));
    script.replies(|answer| {
        let detail = "Source topics ok.b, ok.c, ok.d and 1 additional topics are missing.";
        assert_eq!(statuses(answer), [(1, detail.to_owned())]);
    });
}

#[test]
fn nobody_is_kept_waiting_for_topics_that_have_just_been_made() {
    let topics = Topics {
        sources: &["ok.a"],
        changelogs: &["ok.changelog"],
        ..Topics::default()
    };
    let mut script = by("alice", &restricted());
    script.request(&joining(topics));
    described(&mut script, None);
    script.lists(Some(&["ok.a"]));
    script.replies(|answer| assert_eq!(statuses(answer)[0].0, 3));
    script.now += IDS_AGE_MAX_MILLISECONDS;
    script
        .request(&alive(1))
        .lists(Some(&["ok.a", "ok.changelog"]))
        .refuses(&[":110"]);
}

#[test]
fn a_groups_topology_counts_whatever_a_member_says() {
    let groups = Topics {
        changelogs: &["ok.changelog"],
        ..Topics::default()
    };
    let harmless = Topics {
        sources: &["ok.a"],
        ..Topics::default()
    };
    for request in [joining(harmless), alive(7)] {
        let mut script = by("alice", &restricted());
        script.request(&request);
        described(&mut script, Some(groups));
        script.lists(Some(&["ok.a"]));
        script.replies(|answer| assert_eq!(statuses(answer)[0].0, 3));
        script.now += LISTING_AGE_MAX_MILLISECONDS;
        script.request(&request).lists(None).refuses(&[":15"]);
        script.request(&alive(-1)).forwards();
    }
}

#[test]
fn a_coordinator_that_says_nothing_of_a_group_gets_no_member() {
    let topics = Topics {
        changelogs: &["ok.changelog"],
        ..Topics::default()
    };
    let mut script = by("alice", &restricted());
    script.request(&joining(topics)).describes("ok.app", None);
    script.refuses(&[":15"]);
    let answers = schema(ApiKey::STREAMS_GROUP_DESCRIBE, 0, Direction::Response).unwrap();
    let mut group = Struct::new(answers).element("Groups");
    group.set("ErrorCode", 16);
    script.request(&alive(3)).describes("ok.app", Some(group));
    script.refuses(&[":16"]);
}
