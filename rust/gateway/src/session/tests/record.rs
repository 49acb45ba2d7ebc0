//! What the log says, when, and what happens when it can't be written.

use std::sync::Arc;

use streamward_wire::kafka::{ApiKey, Struct};

use super::messages::{Names, naming, topic_id};
use super::{Close, NOW, Script, batch, by, document, log_in, quarantine, script, session};
use crate::recorder::{ACCESSES_NEW_PER_SECOND, DENIALS_NEW_PER_SECOND};

const OK: Names<'_> = Names {
    topics: &["ok.a"],
    groups: &["ok.g"],
    transactional_id: "ok.t",
};
const NO: Names<'_> = Names {
    topics: &["no.a"],
    ..OK
};

fn deliver(answer: &mut Struct, records: bytes::Bytes) {
    let mut topic = answer.element("Responses");
    topic.set("Topic", "ok.a").set("TopicId", topic_id("ok.a"));
    let mut partition = topic.element("Partitions");
    partition.set("Records", records);
    topic.set("Partitions", vec![partition]);
    answer.set("Responses", vec![topic]);
}

#[test]
fn a_denial_is_entered_once_and_its_repeats_are_counted() {
    let mut script = script();
    for _ in 0..5 {
        script
            .request(&naming(ApiKey::FETCH, 12, NO))
            .refuses(&["no.a/0:29"]);
    }
    let log = script.log("denied");
    assert_eq!(log.len(), 1);
    assert_eq!(
        (&log[0]["count"], &log[0]["decision"]),
        (&1.into(), &"deny".into())
    );
    assert_eq!(
        (&log[0]["api"], &log[0]["rules"][0]),
        (&"Fetch".into(), &"default".into())
    );
    script.recorder.roll_up(script.now).unwrap();
    script.recorder.roll_up(script.now).unwrap();
    let log = script.log("denied");
    assert_eq!(log.len(), 2);
    assert_eq!(log[1]["count"], 4);
}

#[test]
fn a_refusal_waits_until_it_is_on_disk() {
    let mut script = script();
    let before = script.session.durable_before_answer();
    script.request(&naming(ApiKey::FETCH, 12, NO));
    assert!(script.session.durable_before_answer() > before);
}

#[test]
fn a_repeated_refusal_on_another_connection_waits_for_the_first_entry() {
    let mut one = script();
    one.request(&naming(ApiKey::FETCH, 12, NO));
    let mut other = session(&one.snapshot, &one.cluster, &one.recorder);
    log_in(&mut other, &one.snapshot, "alice");
    drop(other.on_request(&mut naming(ApiKey::FETCH, 12, NO).frame(1), NOW));
    assert!(other.durable_before_answer() >= one.session.durable_before_answer());
}

#[test]
fn an_access_is_opened_once_and_waits_until_that_is_on_disk() {
    let mut script = script();
    let before = script.session.durable_before_answer();
    for _ in 0..3 {
        script.request(&naming(ApiKey::FETCH, 12, OK)).forwards();
    }
    assert!(script.session.durable_before_answer() > before);
    let log = script.log("access_opened");
    assert_eq!(log.len(), 1);
    assert_eq!(log[0]["classes"][0], "cardholder");
    assert_eq!(log[0]["rules"][0], "grant:streams");
}

#[test]
fn an_access_opens_anew_after_an_hour_and_under_another_policy() {
    let mut script = script();
    script.request(&naming(ApiKey::FETCH, 12, OK)).forwards();
    script.now += 3_600_000;
    script.request(&naming(ApiKey::FETCH, 12, OK)).forwards();
    assert_eq!(script.log("access_opened").len(), 2);
    let mut next = document();
    next["policy"]["version"] = "sha256:2".into();
    script.apply(&next).unwrap();
    script.request(&naming(ApiKey::FETCH, 12, OK)).forwards();
    let log = script.log("access_opened");
    assert_eq!(log.len(), 3);
    assert_eq!(log[2]["policy_version"], "sha256:2");
}

#[test]
fn ranges_of_one_access_are_joined_where_they_follow_each_other() {
    let mut script = script();
    for base in [0, 5, 20] {
        script.request(&naming(ApiKey::FETCH, 12, OK)).forwards();
        script
            .broker(|answer| deliver(answer, batch(base, 5, 0)))
            .passes()
            .commit();
    }
    assert_eq!(script.ranges(), ["0 0-9 10", "0 20-24 5"]);
    // What was rolled up is not rolled up again.
    assert_eq!(script.ranges().len(), 2);
}

#[test]
fn a_strict_listener_waits_for_its_ranges_too() {
    for (durability, waits) in [("grouped", false), ("strict", true)] {
        let mut document = document();
        document["listeners"][0]["durability"] = durability.into();
        let mut script = by("alice", &document);
        script.request(&naming(ApiKey::FETCH, 12, OK)).forwards();
        let before = script.session.durable_before_answer();
        script
            .broker(|answer| deliver(answer, batch(0, 5, 0)))
            .passes()
            .commit();
        assert_eq!(script.session.durable_before_answer() > before, waits);
    }
}

#[test]
fn what_cannot_be_recorded_is_refused_with_an_error_that_may_pass() {
    for (key, version, refused) in [
        (ApiKey::PRODUCE, 9, "ok.a/0:56"),
        (ApiKey::PRODUCE, 13, "#1/0:56"),
        (ApiKey::FETCH, 4, "ok.a/0:56"),
        (ApiKey::FETCH, 18, "#1/0:56"),
        (ApiKey::JOIN_GROUP, 9, ":15"),
        (ApiKey::HEARTBEAT, 4, ":15"),
        (ApiKey::END_TXN, 5, ":15"),
    ] {
        let mut script = script();
        script.break_journal();
        script
            .request(&naming(key, version, OK))
            .forwards_nothing()
            .refuses(&[refused]);
    }
    for (key, version) in [(ApiKey::METADATA, 12), (ApiKey::DELETE_TOPICS, 5)] {
        let mut script = script();
        script.break_journal().request(&naming(key, version, OK));
        assert!(matches!(script.closes(), Close::Unrecorded { .. }));
    }
    let mut script = script();
    let silent = naming(ApiKey::PRODUCE, 9, OK).with("Acks", 0);
    script.break_journal().request(&silent);
    assert!(matches!(script.closes(), Close::Unrecorded { .. }));
}

#[test]
fn what_was_disclosed_and_cannot_be_recorded_does_not_leave() {
    let mut script = script();
    script.request(&naming(ApiKey::FETCH, 12, OK)).forwards();
    script.break_journal();
    script
        .broker(|answer| deliver(answer, batch(0, 5, 0)))
        .passes();
    assert!(matches!(
        script.session.commit(NOW),
        Err(Close::Unrecorded { .. })
    ));
}

#[test]
fn a_listener_that_serves_on_counts_what_it_could_not_record() {
    let mut document = document();
    document["listeners"][0]["unrecorded"] = "serve".into();
    let mut script = by("alice", &document);
    script.break_journal();
    script.request(&naming(ApiKey::FETCH, 12, OK)).forwards();
    script
        .broker(|answer| deliver(answer, batch(0, 5, 0)))
        .passes()
        .commit();
    script
        .request(&naming(ApiKey::FETCH, 12, NO))
        .refuses(&["no.a/0:29"]);
    let gap = script.recorder.unrecorded();
    assert_eq!((gap.accesses, gap.denials, gap.records), (1, 1, 5));
}

#[test]
fn a_caller_that_asks_for_made_up_names_cannot_fill_the_log_or_the_memory() {
    let mut script = script();
    let names: Vec<String> = (0..2_000).map(|number| format!("no.{number}")).collect();
    for name in &names {
        let topics = [name.as_str()];
        let request = naming(
            ApiKey::LIST_OFFSETS,
            5,
            Names {
                topics: &topics,
                ..OK
            },
        );
        script.request(&request).forwards_nothing();
    }
    script.recorder.roll_up(script.now).unwrap();
    let log = script.log("denied");
    assert!(
        log.len() <= DENIALS_NEW_PER_SECOND as usize + 2,
        "{}",
        log.len()
    );
    let counted: u64 = log.iter().map(|it| it["count"].as_u64().unwrap()).sum();
    assert_eq!(counted, 2_000);
    assert!(log.iter().any(|it| it["resource"]["name"] == "*"));
}

#[test]
fn a_caller_that_looks_for_made_up_names_of_its_own_cannot_fill_the_log_either() {
    let mut script = script();
    let most = ACCESSES_NEW_PER_SECOND as usize;
    let names: Vec<String> = (0..most + 50)
        .map(|number| format!("ok.{number}"))
        .collect();
    let topics: Vec<&str> = names.iter().map(String::as_str).collect();
    let all = Names {
        topics: &topics,
        ..OK
    };
    script
        .request(&naming(ApiKey::LIST_OFFSETS, 5, all))
        .forwards();
    let opened = script.deeds("access_opened");
    assert_eq!(opened.len(), most + 1);
    assert_eq!(opened.last().unwrap(), "Describe *");
    // What moves records is entered by its name all the same.
    script.request(&naming(ApiKey::FETCH, 12, OK)).forwards();
    assert_eq!(script.deeds("access_opened").last().unwrap(), "Read ok.a");
}

#[test]
fn a_refusal_for_another_reason_is_another_refusal() {
    let mut script = by("root", &quarantine("no.a"));
    for _ in 0..3 {
        script
            .request(&naming(ApiKey::FETCH, 12, NO))
            .refuses(&["no.a/0:29"]);
    }
    let mut next = document();
    next["policy"]["rules"] = serde_json::json!([]);
    script.apply(&next).unwrap();
    script
        .request(&naming(ApiKey::FETCH, 12, NO))
        .refuses(&["no.a/0:29"]);
    let log = script.log("denied");
    let told: Vec<_> = log
        .iter()
        .map(|it| (it["rules"][0].clone(), it["count"].clone()))
        .collect();
    let contained = "containment:c-1";
    let expected = [(contained, 1), (contained, 2), ("default", 1)];
    assert_eq!(
        told,
        expected.map(|(rule, count)| (rule.into(), count.into()))
    );
}

#[test]
fn an_absurd_name_is_denied_and_entered_in_few_words() {
    let name = format!("ok.{}", "\u{1}".repeat(30_000));
    for names in [
        Names {
            topics: &[&name],
            ..OK
        },
        Names {
            groups: &[&name],
            ..OK
        },
    ] {
        let mut script = script();
        script
            .request(&naming(ApiKey::OFFSET_COMMIT, 9, names))
            .forwards_nothing();
        script.replies(|_| ());
        let log = script.log("denied");
        assert_eq!(log.len(), 1);
        assert!(log[0].to_string().len() < 10_000);
    }
}

#[test]
fn a_crash_between_the_entries_of_one_roll_up_loses_nothing() {
    // More ranges than one entry holds: the frame that settles them stands behind the last entry.
    let directory = tempfile::tempdir().unwrap();
    let options = streamward_audit::Options::default();
    let (journal, _) = streamward_audit::Journal::open(directory.path(), options).unwrap();
    let recorder = Arc::new(crate::recorder::Recorder::new(journal, 1));
    let mut script: Script = super::script_on(&document(), recorder, directory);
    log_in(&mut script.session, &script.snapshot.clone(), "alice");
    for number in 0..500 {
        script.request(&naming(ApiKey::FETCH, 12, OK)).forwards();
        script
            .broker(|answer| deliver(answer, batch(number * 10, 5, 0)))
            .passes()
            .commit();
    }
    script.recorder.roll_up(script.now).unwrap();
    script.break_journal();
    let path = script
        .directory
        .path()
        .join("journal/00000000000000000000.swj");
    let bytes = std::fs::read(&path).unwrap();
    let marks = super::record::rolled_frames(&bytes);
    assert_eq!(marks.len(), 1, "one frame settles all the ranges");
    assert!(marks[0] > bytes.len() - 100);
}

/// Where the frames of kind 4 stand in a segment.
pub fn rolled_frames(bytes: &[u8]) -> Vec<usize> {
    let (mut at, mut found) = (32, Vec::new());
    while at + 9 <= bytes.len() {
        let length = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        if bytes[at + 8] == 4 {
            found.push(at);
        }
        at += 8 + length;
    }
    found
}
