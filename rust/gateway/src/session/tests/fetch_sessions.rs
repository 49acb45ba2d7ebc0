//! Fetch sessions (KIP-227): what the client holds, what the broker is asked, and a policy that changes.

use serde_json::Value as Json;
use streamward_wire::kafka::{ApiKey, Struct, Value};

use super::fetch::{deliver, large_answer, through};
use super::messages::topic_id;
use super::{
    Ask, Script, TOPICS, ask, batch, by, codes, document, open_request, opened, quarantine, script,
};
use crate::session::fetch::SESSION_PARTITIONS_MAX;

/// The broker's session in these tests.
const UPSTREAM: i32 = 7_777;

/// Topics with these partitions, from this offset.
type Listed<'a> = &'a [(&'a str, &'a [i32], i64)];

/// A fetch in a session.
fn fetch(version: i16, (id, epoch): (i64, i64), topics: Listed<'_>) -> Ask {
    ask(ApiKey::FETCH, version, |body| {
        body.set("SessionId", Value::Int(id))
            .set("SessionEpoch", Value::Int(epoch))
            .set("MaxWaitMs", 30_000);
        let list = topics.iter().map(|(name, partitions, offset)| {
            let mut topic = body.element("Topics");
            topic.set("Topic", *name).set("TopicId", topic_id(name));
            let partitions = partitions.iter().map(|index| {
                let mut partition = topic.element("Partitions");
                partition
                    .set("Partition", *index)
                    .set("FetchOffset", *offset)
                    .set("PartitionMaxBytes", 1_000);
                partition
            });
            let partitions: Vec<Struct> = partitions.collect();
            topic.set("Partitions", partitions);
            topic
        });
        let list: Vec<Struct> = list.collect();
        body.set("Topics", list);
    })
}

/// The same, with topics that are not to be fetched any more.
fn forgetting(mut ask: Ask, topics: &[(&str, &[i32])]) -> Ask {
    let list = topics.iter().map(|(name, partitions)| {
        let mut topic = ask.body.element("ForgottenTopicsData");
        topic.set("Topic", *name).set("TopicId", topic_id(name));
        let partitions: Vec<Value> = partitions.iter().map(|it| Value::from(*it)).collect();
        topic.set("Partitions", partitions);
        topic
    });
    let list: Vec<Struct> = list.collect();
    ask.body.set("ForgottenTopicsData", list);
    ask
}

/// What a broker gets: its session, its place in it, topics with partitions and offsets.
fn shown(request: &Struct) -> (i64, i64, Vec<String>) {
    let mut listed = Vec::new();
    for topic in request.structs("Topics") {
        let name = topic.str("Topic").map_or_else(
            || {
                let known = TOPICS.iter().find(|it| [it.1; 16] == topic.uuid("TopicId"));
                known.map_or("?", |it| it.0).to_owned()
            },
            str::to_owned,
        );
        for partition in topic.structs("Partitions") {
            let (index, offset) = (partition.int("Partition"), partition.int("FetchOffset"));
            listed.push(format!("{name}/{index}@{offset}"));
        }
    }
    for topic in request.structs("ForgottenTopicsData") {
        let known = TOPICS
            .iter()
            .find(|it| topic.str("Topic") == Some(it.0) || [it.1; 16] == topic.uuid("TopicId"));
        for partition in topic.array("Partitions") {
            let (name, index) = (known.map_or("?", |it| it.0), partition.as_int().unwrap());
            listed.push(format!("-{name}/{index}"));
        }
    }
    let (id, epoch) = (request.int("SessionId"), request.int("SessionEpoch"));
    (id, epoch, listed)
}

/// A session with these topics, as the client sees it: its id.
fn open(script: &mut Script, version: i16, topics: Listed<'_>) -> i64 {
    script.request(&fetch(version, (0, 0), topics));
    script.broker(|answer| {
        answer.set("SessionId", UPSTREAM);
    });
    let mut id = 0;
    script.answers(|answer| id = answer.int("SessionId"));
    assert!(id > 0);
    id
}

/// What the broker got, after a `forwards`.
fn forwarded(script: &mut Script) -> (i64, i64, Vec<String>) {
    script.forwards();
    shown(&open_request(script.forwarded()))
}

fn rewritten(script: &mut Script) -> (i64, i64, Vec<String>) {
    let mut seen = None;
    script.rewrites(|request| seen = Some(shown(request)));
    seen.unwrap()
}

/// The broker's answer to a request in its session `id`.
fn answered(script: &mut Script, id: i32) -> (i64, Vec<String>) {
    script.broker(|answer| {
        answer.set("SessionId", id);
    });
    let mut seen = None;
    script.answers(|answer| seen = Some((answer.int("SessionId"), codes(answer))));
    seen.unwrap()
}

#[test]
fn a_session_lists_its_partitions_once_and_then_only_changes() {
    for version in 7..=18 {
        let mut script = script();
        let first = fetch(version, (0, 0), &[("ok.a", &[0, 1], 5), ("ok.b", &[0], 5)]);
        script.request(&first);
        assert_eq!(
            forwarded(&mut script),
            (
                0,
                0,
                vec!["ok.a/0@5".into(), "ok.a/1@5".into(), "ok.b/0@5".into()]
            )
        );
        script.broker(|answer| {
            answer.set("SessionId", UPSTREAM);
            deliver(answer, "ok.a", &[batch(5, 2, 0).to_vec()]);
        });
        let mut id = 0;
        script
            .passes()
            .answers(|answer| id = answer.int("SessionId"));
        assert!(id > 0 && id != i64::from(UPSTREAM));
        assert_eq!(script.ranges(), ["0 5-6 2"]);
        // What the broker has counted itself is not told again, and topics need not be named to be read.
        for (epoch, listed) in [(1, &[("ok.a", &[0][..], 7)][..]), (2, &[]), (3, &[])] {
            script.request(&fetch(version, (id, epoch), listed));
            let expected: Vec<String> = listed.iter().map(|_| "ok.a/0@7".into()).collect();
            let ticket = (i64::from(UPSTREAM), epoch, expected);
            assert_eq!(forwarded(&mut script), ticket);
            script.broker(|answer| {
                answer.set("SessionId", UPSTREAM);
                deliver(answer, "ok.b", &[batch(epoch, 1, 0).to_vec()]);
            });
            script
                .passes()
                .answers(|answer| assert_eq!(answer.int("SessionId"), id));
        }
        assert_eq!(script.ranges(), ["0 5-6 2", "0 1-3 3"]);
    }
}

#[test]
fn a_client_that_ends_its_session_ends_the_brokers() {
    let mut script = script();
    let id = open(&mut script, 12, &[("ok.a", &[0], 0)]);
    script.request(&fetch(12, (id, -1), &[]));
    assert_eq!(forwarded(&mut script), (i64::from(UPSTREAM), -1, vec![]));
    assert_eq!(answered(&mut script, 0), (0, vec![]));
    script.request(&fetch(12, (id, 1), &[])).refuses(&[":70"]);
    // One that opens another ends the first as well.
    let id = open(&mut script, 12, &[("ok.a", &[0], 0)]);
    script.request(&fetch(12, (id, 0), &[("ok.b", &[0], 0)]));
    assert_eq!(
        forwarded(&mut script),
        (i64::from(UPSTREAM), 0, vec!["ok.b/0@0".into()])
    );
}

#[test]
fn a_session_that_forgets_all_its_partitions_ends() {
    let mut script = script();
    let id = open(&mut script, 13, &[("ok.a", &[0, 1], 0)]);
    let forget = |epoch, partitions: &'static [i32]| {
        forgetting(fetch(13, (id, epoch), &[]), &[("ok.a", partitions)])
    };
    script.request(&forget(1, &[0]));
    assert_eq!(forwarded(&mut script).1, 1);
    assert_eq!(answered(&mut script, UPSTREAM), (id, vec![]));
    script.request(&forget(2, &[1]));
    assert_eq!(forwarded(&mut script).1, -1);
    assert_eq!(answered(&mut script, 0), (0, vec![]));
    script.request(&fetch(13, (id, 3), &[])).refuses(&[":70"]);
}

#[test]
fn epochs_are_used_once_and_in_order() {
    let mut script = script();
    let id = open(&mut script, 12, &[("ok.a", &[0], 0)]);
    for wrong in [2, 3, i64::from(i32::MAX), -2] {
        let request = fetch(12, (id, wrong), &[]);
        script.request(&request).refuses(&[":71"]);
    }
    script.request(&fetch(12, (id, 1), &[])).forwards();
    // A replay, also while the first is under way, which makes it wait for its turn.
    script.request(&fetch(12, (id, 1), &[])).forwards_nothing();
    script.broker_answers(
        ApiKey::FETCH,
        12,
        script.last_correlation_id() - 1,
        |answer| {
            answer.set("SessionId", UPSTREAM);
        },
    );
    let replayed = script.session.next_local().unwrap();
    assert_eq!(codes(&opened(ApiKey::FETCH, 12, &replayed).1), [":71"]);
    script.request(&fetch(12, (id, 2), &[])).forwards();
}

#[test]
fn sessions_of_others_and_of_brokers_are_not_found() {
    let mut one = script();
    let id = open(&mut one, 12, &[("ok.a", &[0], 0)]);
    let mut other = script();
    for id in [id, i64::from(UPSTREAM), 0, -1] {
        other.request(&fetch(12, (id, 1), &[])).refuses(&[":70"]);
    }
    one.request(&fetch(12, (i64::from(UPSTREAM), 1), &[]))
        .refuses(&[":70"]);
}

#[test]
fn a_session_keeps_to_names_or_to_ids() {
    for (opened, other) in [(12, 13), (13, 12)] {
        let mut script = script();
        let id = open(&mut script, opened, &[("ok.a", &[0], 0)]);
        script
            .request(&fetch(other, (id, 1), &[]))
            .refuses(&[":106"]);
        script.request(&fetch(opened, (id, 1), &[])).forwards();
    }
}

#[test]
fn forgotten_partitions_that_are_not_there_are_let_pass() {
    let mut script = script();
    let id = open(&mut script, 13, &[("ok.a", &[0], 0)]);
    let request = forgetting(fetch(13, (id, 1), &[]), &[("no.a", &[0]), ("ok.a", &[5])]);
    script.request(&request).forwards();
    assert_eq!(answered(&mut script, UPSTREAM), (id, vec![]));
}

#[test]
fn denied_partitions_stay_in_the_session_and_are_refused_in_each_answer() {
    for (version, refusal) in [(12, "no.a/3:29"), (13, "#3/3:29"), (18, "#3/3:29")] {
        let mut script = script();
        let topics: Listed<'_> = &[("no.a", &[3], 0), ("ok.a", &[0], 0)];
        script.request(&fetch(version, (0, 0), topics));
        assert_eq!(rewritten(&mut script), (0, 0, vec!["ok.a/0@0".into()]));
        let (id, refused) = answered(&mut script, UPSTREAM);
        assert_eq!(refused, [refusal]);
        // Named or not, the broker never hears of it.
        script.request(&fetch(version, (id, 1), &[]));
        assert_eq!(forwarded(&mut script), (i64::from(UPSTREAM), 1, vec![]));
        let expected = (id, vec![refusal.to_owned()]);
        assert_eq!(answered(&mut script, UPSTREAM), expected);
        script.request(&fetch(
            version,
            (id, 2),
            &[("no.a", &[3], 9), ("ok.a", &[0], 4)],
        ));
        let ticket = (i64::from(UPSTREAM), 2, vec!["ok.a/0@4".into()]);
        assert_eq!(rewritten(&mut script), ticket);
        assert_eq!(answered(&mut script, UPSTREAM), expected);
        assert!(!script.log("denied").is_empty());
        // Forgotten, it is refused no more.
        let request = forgetting(fetch(version, (id, 3), &[]), &[("no.a", &[3])]);
        script.request(&request).forwards();
        assert_eq!(answered(&mut script, UPSTREAM), (id, vec![]));
    }
}

#[test]
fn a_session_of_which_nothing_is_allowed_is_the_gateways_alone() {
    let mut script = script();
    let mut id = 0;
    script.request(&fetch(12, (0, 0), &[("no.a", &[0, 0], 0)]));
    script.replies(|answer| {
        id = answer.int("SessionId");
        assert_eq!(codes(answer), ["no.a/0:29"]);
    });
    script.request(&fetch(12, (id, 1), &[]));
    script.replies(|answer| {
        assert_eq!(answer.int("SessionId"), id);
        assert_eq!(codes(answer), ["no.a/0:29"]);
    });
    // The broker's session begins when there is something to ask for.
    script.request(&fetch(12, (id, 2), &[("ok.a", &[1], 0)]));
    assert_eq!(rewritten(&mut script), (0, 0, vec!["ok.a/1@0".into()]));
    let expected = (id, vec!["no.a/0:29".to_owned()]);
    assert_eq!(answered(&mut script, UPSTREAM), expected);
    script.request(&fetch(12, (id, 3), &[]));
    assert_eq!(forwarded(&mut script).1, 1);
}

#[test]
fn an_unknown_id_is_refused_and_joins_when_it_is_known() {
    let mut script = script();
    script.request(&fetch(
        13,
        (0, 0),
        &[("ok.new", &[0], 2), ("ok.a", &[0], 0)],
    ));
    assert_eq!(rewritten(&mut script).2, ["ok.a/0@0"]);
    let (id, refused) = answered(&mut script, UPSTREAM);
    assert_eq!(refused, ["#99/0:100"]);
    script.cluster.learn_topic(topic_id("ok.new"), "ok.new");
    script.request(&fetch(13, (id, 1), &[]));
    let ticket = (i64::from(UPSTREAM), 1, vec!["?/0@2".into()]);
    assert_eq!(rewritten(&mut script), ticket);
    assert_eq!(answered(&mut script, UPSTREAM), (id, vec![]));
    script.request(&fetch(13, (id, 2), &[]));
    assert_eq!(forwarded(&mut script), (i64::from(UPSTREAM), 2, vec![]));
}

#[test]
fn a_policy_that_changes_takes_effect_within_one_fetch_and_back() {
    let mut script = script();
    let id = open(&mut script, 13, &[("ok.a", &[0], 0), ("ok.b", &[0], 0)]);
    script
        .request(&fetch(13, (id, 1), &[("ok.a", &[0], 8)]))
        .forwards();
    answered(&mut script, UPSTREAM);
    script.apply(&quarantine("ok.a")).unwrap();
    // The client names nothing, and the broker is asked for nothing of what is denied now.
    script.request(&fetch(13, (id, 2), &[]));
    let ticket = (i64::from(UPSTREAM), 2, vec!["-ok.a/0".into()]);
    assert_eq!(rewritten(&mut script), ticket);
    let refused = (id, vec!["#1/0:29".to_owned()]);
    assert_eq!(answered(&mut script, UPSTREAM), refused);
    script.request(&fetch(13, (id, 3), &[]));
    assert_eq!(forwarded(&mut script), (i64::from(UPSTREAM), 3, vec![]));
    assert_eq!(answered(&mut script, UPSTREAM), refused);
    // Allowed again, it rejoins from where the client was.
    script.apply(&document()).unwrap();
    script.request(&fetch(13, (id, 4), &[]));
    let ticket = (i64::from(UPSTREAM), 4, vec!["ok.a/0@8".into()]);
    assert_eq!(rewritten(&mut script), ticket);
    script.broker(|answer| {
        answer.set("SessionId", UPSTREAM);
        deliver(answer, "ok.a", &[batch(8, 1, 0).to_vec()]);
    });
    script
        .passes()
        .answers(|answer| assert_eq!(answer.int("SessionId"), id));
    assert_eq!(script.ranges(), ["0 8-8 1"]);
    script.request(&fetch(13, (id, 5), &[])).forwards();
}

#[test]
fn records_of_a_topic_that_left_the_session_end_the_connection() {
    let mut script = script();
    let id = open(&mut script, 12, &[("ok.a", &[0], 0), ("ok.b", &[0], 0)]);
    let request = forgetting(fetch(12, (id, 1), &[]), &[("ok.b", &[0])]);
    script.request(&request).forwards();
    script.broker(|answer| {
        answer.set("SessionId", UPSTREAM);
        deliver(answer, "ok.b", &[batch(0, 1, 0).to_vec()]);
    });
    script.closes();
    assert!(script.ranges().is_empty());
}

#[test]
fn a_quarantine_answers_a_fetch_that_waits_in_a_session() {
    let mut script = script();
    let id = open(&mut script, 13, &[("ok.a", &[0, 1], 0), ("ok.b", &[0], 0)]);
    script.request(&fetch(13, (id, 1), &[])).forwards();
    let answers = script.apply(&quarantine("ok.a")).unwrap();
    let (_, answer) = opened(ApiKey::FETCH, 13, &answers[0]);
    assert_eq!(answer.int("SessionId"), id);
    assert_eq!(codes(&answer), ["#1/0:29", "#1/1:29"]);
    assert_eq!(answer.array("Responses").len(), 1);
    script.broker(|answer| deliver(answer, "ok.a", &[batch(0, 1, 0).to_vec()]));
    script.drops();
    // The broker counted that answer as received, so its session is not gone on with.
    script.request(&fetch(13, (id, 2), &[]));
    assert_eq!(
        rewritten(&mut script),
        (i64::from(UPSTREAM), 0, vec!["ok.b/0@0".into()])
    );
    assert_eq!(answered(&mut script, UPSTREAM + 1).0, id);
    assert!(script.ranges().is_empty());
}

#[test]
fn a_quarantine_answers_a_fetch_that_waits_to_open_a_session() {
    let mut script = script();
    script.request(&fetch(12, (0, 0), &[("ok.a", &[0], 0), ("ok.b", &[0], 0)]));
    let answers = script.apply(&quarantine("ok.a")).unwrap();
    let (_, answer) = opened(ApiKey::FETCH, 12, &answers[0]);
    assert_eq!(answer.int("SessionId"), 0);
    assert_eq!(codes(&answer), ["ok.a/0:29"]);
    assert_eq!(answer.array("Responses").len(), 2);
    script.broker(|answer| {
        answer.set("SessionId", UPSTREAM);
    });
    script.drops();
}

#[test]
fn what_comes_for_a_topic_whose_right_ended_meanwhile_is_withheld() {
    let mut document = document();
    document["policy"]["rules"] = serde_json::json!([{
        "id": "grant:night", "source": "x:1", "slices": [],
        "cedar": "permit(principal, action, resource is Streamward::Stream) when { context.hour == 0 };"}]);
    let mut script = by("alice", &document);
    let id = open(&mut script, 12, &[("ok.a", &[0], 0)]);
    script.request(&fetch(12, (id, 1), &[])).forwards();
    script.now += 3_600_000;
    script.broker(|answer| {
        answer.set("SessionId", UPSTREAM);
        deliver(answer, "ok.a", &[batch(0, 1, 0).to_vec()]);
    });
    script.answers(|answer| {
        assert_eq!(answer.int("SessionId"), id);
        assert_eq!(codes(answer), ["ok.a/0:29"]);
    });
    assert!(script.ranges().is_empty());
    script.request(&fetch(12, (id, 2), &[]));
    script.replies(|answer| assert_eq!(codes(answer), ["ok.a/0:29"]));
}

#[test]
fn a_session_that_the_broker_has_lost_is_lost_to_the_client() {
    let mut script = script();
    let id = open(&mut script, 12, &[("ok.a", &[0], 0)]);
    script.request(&fetch(12, (id, 1), &[])).forwards();
    script.broker(|answer| {
        answer.set("ErrorCode", 70);
    });
    script.answers(|answer| {
        assert_eq!(answer.int("SessionId"), 0);
        assert_eq!(codes(answer), [":70"]);
    });
    script.request(&fetch(12, (id, 2), &[])).refuses(&[":70"]);
}

#[test]
fn a_broker_without_room_for_a_session_leaves_the_client_without_one() {
    let mut script = script();
    script.request(&fetch(12, (0, 0), &[("ok.a", &[0], 0)]));
    assert_eq!(answered(&mut script, 0), (0, vec![]));
}

#[test]
fn a_session_of_the_broker_that_was_not_asked_for_ends_the_connection() {
    let mut script = script();
    let id = open(&mut script, 12, &[("ok.a", &[0], 0)]);
    script.request(&fetch(12, (id, 1), &[])).forwards();
    script.broker(|answer| {
        answer.set("SessionId", UPSTREAM + 1);
    });
    script.closes();
}

#[test]
fn requests_that_do_not_wait_for_answers_keep_their_places() {
    let mut script = script();
    let id = open(&mut script, 12, &[("ok.a", &[0], 0), ("ok.b", &[0], 0)]);
    script.request(&fetch(12, (id, 1), &[])).forwards();
    assert_eq!(script.apply(&quarantine("ok.b")).unwrap().len(), 1);
    script.broker(|_| ()).drops();
    // The broker is asked anew, and what it makes of it is not known when the next request comes.
    script.request(&fetch(12, (id, 2), &[]));
    assert_eq!(rewritten(&mut script).1, 0);
    script.request(&fetch(12, (id, 3), &[("ok.a", &[0], 6)]));
    assert_eq!(rewritten(&mut script), (0, -1, vec!["ok.a/0@6".into()]));
    script.request(&fetch(12, (id, 4), &[]));
    assert_eq!(rewritten(&mut script), (0, 0, vec!["ok.a/0@6".into()]));
    let last = script.last_correlation_id();
    for (number, upstream) in [
        (last - 2, UPSTREAM + 1),
        (last - 1, 0),
        (last, UPSTREAM + 2),
    ] {
        script.broker_answers(ApiKey::FETCH, 12, number, |answer| {
            answer.set("SessionId", upstream);
        });
    }
    script.answers(|answer| assert_eq!(answer.int("SessionId"), id));
    script.request(&fetch(12, (id, 5), &[]));
    assert_eq!(forwarded(&mut script), (i64::from(UPSTREAM) + 2, 1, vec![]));
}

#[test]
fn sessions_are_bounded() {
    let many: Vec<i32> = (0..i32::try_from(SESSION_PARTITIONS_MAX).unwrap()).collect();
    let mut document = document();
    document["listeners"][0]["limits"]["frame_bytes_max"] = Json::from(10_000_000);
    let mut script = by("alice", &document);
    let more = [&many[..], &[i32::MAX]].concat();
    script.request(&fetch(12, (0, 0), &[("ok.a", &more, 0)]));
    assert_eq!(forwarded(&mut script).1, -1);
    assert_eq!(answered(&mut script, 0).0, 0);
    // One that grows beyond it ends, with an answer to all of it.
    let id = open(&mut script, 12, &[("ok.a", &many, 0)]);
    script.request(&fetch(12, (id, 1), &[("ok.b", &[0], 0)]));
    let (upstream, epoch, listed) = rewritten(&mut script);
    assert_eq!((upstream, epoch), (i64::from(UPSTREAM), -1));
    assert_eq!(listed.len(), SESSION_PARTITIONS_MAX + 1);
    assert_eq!(answered(&mut script, 0).0, 0);
    script.request(&fetch(12, (id, 2), &[])).refuses(&[":70"]);
    // And of many sessions the oldest ends.
    let first = open(&mut script, 12, &[("ok.a", &[0], 0)]);
    for _ in 0..4 {
        open(&mut script, 12, &[("ok.a", &[0], 0)]);
    }
    script
        .request(&fetch(12, (first, 1), &[]))
        .refuses(&[":70"]);
}

#[test]
fn a_partition_that_is_listed_twice_is_in_the_session_once() {
    let mut script = script();
    let id = open(&mut script, 12, &[("ok.a", &[0, 0], 1), ("ok.a", &[0], 2)]);
    script.apply(&quarantine("ok.b")).unwrap();
    script.request(&forgetting(
        fetch(12, (id, 1), &[("ok.b", &[0, 0], 3)]),
        &[("ok.b", &[0, 0])],
    ));
    script.broker(|answer| {
        answer.set("SessionId", UPSTREAM);
    });
    let refuse = fetch(12, (id, 2), &[("ok.b", &[0, 0], 4)]);
    script.request(&refuse);
    assert_eq!(
        answered(&mut script, UPSTREAM),
        (id, vec!["ok.b/0:29".into()])
    );
    script.apply(&document()).unwrap();
    script.request(&fetch(12, (id, 3), &[]));
    assert_eq!(rewritten(&mut script).2, ["ok.b/0@4"]);
}

#[test]
fn a_large_answer_goes_through_under_the_clients_session() {
    let mut script = script();
    let id = open(&mut script, 12, &[("ok.a", &[0], 0)]);
    script.request(&fetch(12, (id, 1), &[])).forwards();
    let mut answer = large_answer(12, "ok.a", script.last_correlation_id());
    // Length, correlation id, tagged fields, throttle time, error code; then the session.
    let at = 4 + 4 + 1 + 4 + 2;
    answer[at..at + 4].copy_from_slice(&UPSTREAM.to_be_bytes());
    for piece in [1, 1_000] {
        let left = through(&mut script, &answer, piece).unwrap();
        assert_eq!(left[at..at + 4], i32::try_from(id).unwrap().to_be_bytes());
        assert!(left[at + 4..] == answer[at + 4..] && left[..at] == answer[..at]);
        if piece == 1 {
            script.request(&fetch(12, (id, 2), &[])).forwards();
            let number = script.last_correlation_id().to_be_bytes();
            answer[4..8].copy_from_slice(&number);
        }
    }
    assert_eq!(script.ranges().len(), 4);
}
