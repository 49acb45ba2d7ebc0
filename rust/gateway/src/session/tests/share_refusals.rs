//! What a member of a share group gets of a partition in which something is wrong: all the rest, and no lock on what it
//! doesn't get.

use serde_json::{Value as Json, json};
use streamward_wire::kafka::{ApiKey, Struct, Value};

use super::messages::topic_id;
use super::sealing::{delivered, records, sealed, sealing, values};
use super::signing::{signed, signing};
use super::{Ask, Script, ask, by, codes, document};

const GOOD: &[u8] = br#"{"card":"4111222233334444","shop":"s1"}"#;

fn fetch(epoch: i32) -> Ask {
    ask(ApiKey::SHARE_FETCH, 2, |body| {
        body.set("GroupId", "ok.g")
            .set("MemberId", "m")
            .set("ShareSessionEpoch", epoch);
        let mut topic = body.element("Topics");
        let partition = topic.element("Partitions");
        topic
            .set("TopicId", topic_id("ok.a"))
            .set("Partitions", vec![partition]);
        body.set("Topics", vec![topic]);
    })
}

/// Records of partition 0 of `ok.a`, of which the member acquired these ranges.
fn deliver(answer: &mut Struct, records: &[u8], acquired: &[(i64, i64)]) {
    let mut entry = answer.element("Responses");
    entry.set("TopicId", topic_id("ok.a"));
    let mut partition = entry.element("Partitions");
    partition.set("Records", bytes::Bytes::copy_from_slice(records));
    let ranges = acquired.iter().map(|(first, last)| {
        let mut range = partition.element("AcquiredRecords");
        range
            .set("FirstOffset", *first)
            .set("LastOffset", *last)
            .set("DeliveryCount", 1);
        Value::Struct(range)
    });
    let ranges: Vec<Value> = ranges.collect();
    partition.set("AcquiredRecords", ranges);
    entry.set("Partitions", vec![partition]);
    answer.set("Responses", vec![entry]);
}

fn acquired(answer: &Struct) -> Vec<(i64, i64)> {
    let topics = answer.structs("Responses");
    let partitions = topics.flat_map(|it| it.structs("Partitions"));
    let ranges = partitions.flat_map(|it| it.structs("AcquiredRecords"));
    ranges
        .map(|it| (it.int("FirstOffset"), it.int("LastOffset")))
        .collect()
}

/// A batch as it lies at this offset.
fn at(offset: i64, batch: &[u8]) -> Vec<u8> {
    [&offset.to_be_bytes(), &batch[8..]].concat()
}

/// Given three batches at offsets 0-1, 2-3 and 4-5, of which only the second is wrong, and then that one alone.
fn gets_all_but_the_second(mut script: Script, batches: [&[u8]; 3], shown: &[&[u8]], rule: &str) {
    let [first, wrong, last] = batches;
    let wrong = at(2, wrong);
    let all = [at(0, first), wrong.clone(), at(4, last)].concat();
    script.request(&fetch(0)).forwards();
    script.broker(|answer| deliver(answer, &all, &[(0, 2), (3, 5)]));
    script.answers(|answer| {
        assert_eq!(codes(answer), [""; 0], "{rule}");
        let left = [shown, shown].concat();
        assert_eq!(values(&delivered(answer)[0]), left, "{rule}");
        assert_eq!(acquired(answer), [(0, 1), (4, 5)], "{rule}");
    });
    let ranges = script.ranges();
    assert!(
        ranges.iter().any(|it| it.starts_with("0 0-1 2")),
        "{ranges:?}"
    );
    assert!(
        ranges.iter().any(|it| it.starts_with("0 4-5 2")),
        "{ranges:?}"
    );
    assert!(
        !ranges.iter().any(|it| it.starts_with("0 2-")),
        "{ranges:?}"
    );
    let denied = script.log("denied");
    let rules: Vec<&Json> = denied.iter().map(|it| &it["rules"][0]).collect();
    assert_eq!(rules, [rule]);
    let reason = denied[0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("partition 0, offset 2: "), "{reason}");

    script.request(&fetch(1)).forwards();
    script.broker(|answer| deliver(answer, &wrong, &[(2, 3)]));
    script.answers(|answer| {
        assert_eq!(codes(answer), ["#1/0:2"], "{rule}");
        assert!(delivered(answer)[0].is_empty() && acquired(answer).is_empty());
    });
}

#[test]
fn behind_what_is_not_sealed() {
    let (mut script, good) = sealed(&sealing(|_| {}), &[GOOD, GOOD]);
    script.broker(|_| {});
    let wrong = records(0, &[b"injected", b"too"]);
    gets_all_but_the_second(
        script,
        [&good, &wrong, &good],
        &[GOOD; 2],
        "sealing:plaintext",
    );
}

#[test]
fn behind_what_is_not_signed() {
    for document in [
        signing(document(), |_| {}),
        signing(sealing(|_| {}), |_| {}),
    ] {
        let batches = [0, 4].map(|it| records(it, &[GOOD, GOOD]));
        let (script, both) = signed(&document, &batches);
        let (first, last) = both.split_at(both.len() / 2);
        let wrong = records(0, &[b"injected", b"too"]);
        gets_all_but_the_second(
            script,
            [first, &wrong, last],
            &[GOOD; 2],
            "signing:unsigned",
        );
    }
}

#[test]
fn behind_what_is_not_of_the_contract() {
    let document = super::contracts::held(|it| it["on_read"] = json!("refuse"));
    let (good, wrong) = (records(0, &[GOOD; 2]), records(0, &[b"{}", GOOD]));
    let batches: [&[u8]; 3] = [&good, &wrong, &good];
    gets_all_but_the_second(
        by("alice", &document),
        batches,
        &[GOOD; 2],
        "contract:invalid",
    );
}

#[test]
fn behind_what_has_no_mask() {
    let mut document = document();
    super::masking::masking(&mut document, |_| {});
    let (good, wrong) = (records(0, &[GOOD; 2]), records(0, &[b"{", GOOD]));
    let masked: &[u8] = br#"{"card":"************4444","shop":"s1"}"#;
    let batches: [&[u8]; 3] = [&good, &wrong, &good];
    gets_all_but_the_second(
        by("root", &document),
        batches,
        &[masked; 2],
        "contract:unmaskable",
    );
}

#[test]
fn however_much_is_wrong_each_batch_is_looked_at_once_and_counted() {
    let (mut script, good) = sealed(&sealing(|_| {}), &[GOOD]);
    script.broker(|_| {});
    let wrong = records(0, &[b"injected"]);
    let count = 5_000;
    let mut all: Vec<u8> = (0..count).flat_map(|offset| at(offset, &wrong)).collect();
    all.extend(at(count, &good));
    script.request(&fetch(0)).forwards();
    script.broker(|answer| deliver(answer, &all, &[(0, count)]));
    script.answers(|answer| {
        assert_eq!(values(&delivered(answer)[0]), [GOOD]);
        assert_eq!(acquired(answer), [(count, count)]);
    });
    assert_eq!(script.log("denied").len(), 1);
    let counts = &script.session.keys.counts;
    let refused = counts
        .refused_read
        .load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(refused, count.unsigned_abs());
}

#[test]
fn what_comes_again_is_refused_with_what_it_comes_again_after() {
    let document = signing(document(), |_| {});
    let (mut script, first) = signed(&document, &[records(0, &[GOOD, GOOD])]);
    let written = script.ranges();
    let all = [at(0, &first), at(2, &first)].concat();
    script.request(&fetch(0)).forwards();
    script.broker(|answer| deliver(answer, &all, &[(0, 3)]));
    script.answers(|answer| {
        assert_eq!(codes(answer), ["#1/0:2"]);
        assert!(acquired(answer).is_empty());
    });
    // Also where something else is wrong before it.
    let wrong = records(0, &[b"injected"]);
    let all = [at(0, &wrong), at(1, &first), at(3, &first)].concat();
    script.request(&fetch(1)).forwards();
    script.broker(|answer| deliver(answer, &all, &[(0, 4)]));
    script.answers(|answer| assert_eq!(codes(answer), ["#1/0:2"]));
    assert_eq!(script.ranges(), written);
}
