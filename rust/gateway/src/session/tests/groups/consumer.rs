//! The heartbeat of KIP-848.

use streamward_wire::kafka::{ApiKey, Struct, Value};

use super::super::messages::{Names, naming};
use super::super::{Ask, Script, ask, by, document, quarantine, script};
use crate::cluster::{IDS_AGE_MAX_MILLISECONDS, LISTING_AGE_MAX_MILLISECONDS};

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

/// Topics that are there.
const THERE: &[&str] = &[
    "__consumer_offsets",
    "no.a",
    "ok.a",
    "ok.b",
    "other",
    "see.a",
];

/// A heartbeat that says nothing new.
fn alive(epoch: i64) -> Ask {
    ask(ApiKey::CONSUMER_GROUP_HEARTBEAT, 1, |it| {
        it.set("GroupId", "ok.g")
            .set("MemberId", "member")
            .set("MemberEpoch", epoch);
    })
}

/// A heartbeat that says everything, as members do that join and those that were asked to.
fn whole(epoch: i64, pattern: &str) -> Ask {
    alive(epoch)
        .with("RebalanceTimeoutMs", 60_000)
        .with("SubscribedTopicNames", Vec::<Value>::new())
        .with("SubscribedTopicRegex", pattern)
        .with("TopicPartitions", Vec::<Value>::new())
}

fn names(request: &Struct) -> Vec<&str> {
    let names = request.array("SubscribedTopicNames").iter();
    names.filter_map(Value::as_str).collect()
}

/// Somebody who has subscribed by a pattern.
fn subscribed(pattern: &str) -> Script {
    let mut script = script();
    script.request(&whole(0, pattern)).lists(Some(THERE));
    script.rewrites(|_| ());
    script.broker(|_| ());
    script
}

#[test]
fn a_pattern_is_resolved_with_the_rights_of_the_member_that_has_it() {
    for (principal, expected) in [
        ("alice", vec!["ok.a", "ok.b", "see.a"]),
        ("root", vec!["no.a", "ok.a", "ok.b", "see.a"]),
    ] {
        let mut script = by(principal, &document());
        script.request(&whole(0, r"..+\..")).lists(Some(THERE));
        script.rewrites(|request| {
            assert_eq!(names(request), expected);
            // The coordinator never gets a pattern.
            assert_eq!(request.str("SubscribedTopicRegex"), Some(""));
            assert_eq!(request.int("RebalanceTimeoutMs"), 60_000);
            assert!(!request.get("TopicPartitions").is_null());
        });
        // What a pattern does not find is no refusal.
        assert!(script.log("denied").is_empty());
    }
}

#[test]
fn names_and_a_pattern_are_subscribed_together() {
    let mut script = script();
    let request = whole(0, "see.*").with("SubscribedTopicNames", vec![Value::from("ok.new")]);
    script.request(&request).lists(Some(THERE));
    script.rewrites(|request| assert_eq!(names(request), ["ok.new", "see.a"]));
    let request = whole(0, "see.*").with("SubscribedTopicNames", vec![Value::from("no.a")]);
    script.broker(|_| ());
    script.request(&request).refuses(&[":29"]);
}

#[test]
fn a_member_that_is_alive_says_nothing_new_until_topics_appear() {
    let mut script = subscribed("ok.*");
    script.request(&alive(1)).forwards();
    script.broker(|_| ());
    script.now += LISTING_AGE_MAX_MILLISECONDS;
    script.request(&alive(1)).lists(Some(THERE));
    // What waited goes on as it came.
    script.rewrites(|request| assert!(request.get("SubscribedTopicNames").is_null()));
    script.broker(|_| ());
    script.now += LISTING_AGE_MAX_MILLISECONDS;
    script
        .request(&alive(1))
        .lists(Some(&["ok.a", "ok.c", "no.c"]));
    script.rewrites(|request| {
        assert_eq!(names(request), ["ok.a", "ok.c"]);
        assert!(request.get("SubscribedTopicRegex").is_null());
        assert_eq!(request.int("RebalanceTimeoutMs"), -1);
    });
}

#[test]
fn who_joins_finds_what_has_just_been_made() {
    let mut script = subscribed("ok.*");
    script.now += IDS_AGE_MAX_MILLISECONDS;
    script.request(&alive(1)).forwards();
    script.broker(|_| ());
    script
        .request(&whole(0, "ok.*"))
        .lists(Some(&["ok.new"]))
        .rewrites(|request| assert_eq!(names(request), ["ok.new"]));
}

#[test]
fn a_change_of_rights_shows_in_the_next_heartbeat() {
    let mut script = subscribed("..\\.a");
    assert!(script.apply(&quarantine("ok.a")).is_ok());
    script.request(&alive(1));
    script.rewrites(|request| assert!(names(request).is_empty()));
    script.broker(|_| ());
    assert!(script.apply(&document()).is_ok());
    script.request(&alive(1));
    script.rewrites(|request| assert_eq!(names(request), ["ok.a"]));
}

#[test]
fn what_a_coordinator_did_not_take_is_told_again() {
    let mut script = script();
    script.request(&whole(0, "ok.a")).lists(Some(THERE));
    script.broker(|answer| {
        answer.set("ErrorCode", 14);
    });
    script.request(&alive(1));
    script.rewrites(|request| assert_eq!(names(request), ["ok.a"]));
    script.broker(|_| ());
    script.request(&alive(1)).forwards();
}

#[test]
fn a_member_from_another_connection_is_asked_once_to_say_everything() {
    let mut script = script();
    script.request(&alive(3)).forwards();
    script.broker(|answer| {
        answer.set("MemberEpoch", 3);
    });
    script.answers(|answer| {
        assert_eq!(answer.int("ErrorCode"), 14);
        assert_eq!(answer.int("MemberEpoch"), 0);
    });
    script.request(&whole(3, "ok.a")).lists(Some(THERE));
    script.rewrites(|request| assert_eq!(names(request), ["ok.a"]));
    script.broker(|_| ());
    script.request(&alive(3)).forwards();
    // One that says nothing more stays with what the coordinator has of it.
    let stubborn = alive(3).with("MemberId", "stubborn");
    script.broker(|_| ());
    script.request(&stubborn).forwards();
    script.broker(|_| ());
    script.answers(|answer| assert_eq!(answer.int("ErrorCode"), 14));
    script.request(&stubborn).forwards();
    script.broker(|_| ());
    script.answers(|answer| assert_eq!(answer.int("ErrorCode"), 0));
    // One that its coordinator doesn't know learns it.
    script
        .request(&alive(3).with("MemberId", "stranger"))
        .forwards();
    script.broker(|answer| {
        answer.set("ErrorCode", 25);
    });
    script.answers(|answer| assert_eq!(answer.int("ErrorCode"), 25));
    let patterned = alive(3)
        .with("MemberId", "stubborn")
        .with("SubscribedTopicRegex", ".*");
    script.request(&patterned);
    script.rewrites(|request| assert_eq!(request.str("SubscribedTopicRegex"), Some("")));
}

#[test]
fn a_member_that_subscribes_by_name_is_forwarded_as_it_is() {
    let mut script = script();
    let request = alive(0)
        .with("RebalanceTimeoutMs", 60_000)
        .with("SubscribedTopicNames", vec![Value::from("ok.a")]);
    script.request(&request).forwards();
    script.broker(|_| ());
    script.request(&alive(1)).forwards();
}

#[test]
fn a_pattern_that_is_given_up_leaves_the_names() {
    let mut script = subscribed("ok.*");
    script.request(&alive(1).with("SubscribedTopicRegex", ""));
    script.rewrites(|request| assert!(names(request).is_empty()));
    script.broker(|_| ());
    script.request(&alive(1)).forwards();
    script.broker(|_| ());
    let named = alive(1).with("SubscribedTopicNames", vec![Value::from("ok.b")]);
    script.request(&named);
    script.rewrites(|request| assert_eq!(names(request), ["ok.b"]));
}

#[test]
fn a_member_that_leaves_takes_no_pattern_with_it() {
    let mut script = subscribed("ok.*");
    script.request(&alive(-1)).forwards();
    script.broker(|_| ());
    script.request(&alive(-1).with("SubscribedTopicRegex", ".*"));
    script.rewrites(|request| assert_eq!(request.str("SubscribedTopicRegex"), Some("")));
    script.broker(|_| ());
    script.request(&alive(1)).forwards();
    script.broker(|_| ());
    script.answers(|answer| assert_eq!(answer.int("ErrorCode"), 14));
}

#[test]
fn while_nobody_knows_the_topics_members_live_on_and_none_joins() {
    let mut script = script();
    script
        .request(&whole(0, "ok.*"))
        .lists(None)
        .refuses(&[":15"]);
    let mut script = subscribed("ok.*");
    script.now += LISTING_AGE_MAX_MILLISECONDS;
    script.request(&alive(1)).lists(None);
    script.rewrites(|request| assert!(request.get("SubscribedTopicNames").is_null()));
    script.broker(|_| ());
    // New names don't replace those of the pattern.
    let named = alive(1).with("SubscribedTopicNames", vec![Value::from("ok.new")]);
    script.request(&named).lists(None);
    script.rewrites(|request| assert!(request.get("SubscribedTopicNames").is_null()));
    script.broker(|_| ());
    script.request(&alive(1)).lists(Some(THERE));
    script.rewrites(|request| assert_eq!(names(request), ["ok.a", "ok.b", "ok.new"]));
}

#[test]
fn what_waits_for_the_topics_is_answered_in_its_turn() {
    let mut script = script();
    script.request(&alive(0)).forwards();
    let first = script.last_correlation_id();
    script
        .request(&whole(0, "ok.*"))
        .lists(None)
        .forwards_nothing();
    assert!(script.session.next_local().is_none());
    script.broker_answers(ApiKey::CONSUMER_GROUP_HEARTBEAT, 1, first, |_| ());
    assert!(script.session.next_local().is_some());
}

#[test]
fn what_is_no_pattern_is_refused_as_a_coordinator_does() {
    let mut script = by("root", &document());
    script.request(&whole(0, "[a")).refuses(&[":128"]);
    script.replies(|answer| {
        assert_eq!(
            answer.str("ErrorMessage"),
            Some("SubscribedTopicRegex `[a` is not a valid regular expression: missing closing ].")
        );
    });
}

#[test]
fn the_members_of_one_connection_are_bounded() {
    let mut script = script();
    for number in 0..1_000 {
        let name = format!("member-{number}");
        script.request(&whole(0, "ok.*").with("MemberId", name.as_str()));
        if number == 0 {
            script.lists(Some(THERE));
        }
        script.rewrites(|_| ());
        script.broker(|_| ());
    }
    script
        .request(&alive(1).with("MemberId", "member-0"))
        .forwards();
    script.broker(|_| ());
    script.answers(|answer| assert_eq!(answer.int("ErrorCode"), 14));
    script
        .request(&alive(1).with("MemberId", "member-999"))
        .forwards();
}
