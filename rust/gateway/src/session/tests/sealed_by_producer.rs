//! Streams that their producers seal: what the broker gets, what is asked of keys, and what is refused.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use streamward_wire::kafka::error;

use super::by;
use super::sealing::{needs, produce, records, sealed, sealing, values, written};
use crate::data_keys::{FACTS_ASKED_MAX, KeyNeed};
use crate::sealing::SealingSection;

const RING: &str = "ring";

/// `ok.a` is sealed by whoever writes to it.
fn by_producer(change: impl FnOnce(&mut Json)) -> Json {
    sealing(|it| {
        it["sealed_by"] = "producer".into();
        change(it);
    })
}

/// A batch as a program seals it; its key is `[1; 16]`.
fn envelopes(plain: &[&[u8]]) -> Vec<u8> {
    sealed(&sealing(|_| {}), plain).1
}

fn facts(ring: &str, purpose: &str) -> Json {
    json!({"ring": ring, "ring_version": 1, "purpose": purpose, "until": super::NOW + 60_000})
}

#[test]
fn what_a_producer_sealed_passes_as_it_came_and_its_key_is_asked_about_once() {
    let at_producer = envelopes(&[b"one", b"two"]);
    let mut script = by("alice", &by_producer(|_| {}));
    script.request(&produce(9, -1, std::slice::from_ref(&at_producer)));
    assert_eq!(needs(&script), [KeyNeed::Facts([1; 16])]);
    script.keys(Some(&facts(RING, "data")));
    script.rewrites(|request| assert_eq!(written(request), std::slice::from_ref(&at_producer)));
    script.broker(|_| {});
    script.request(&produce(9, -1, std::slice::from_ref(&at_producer)));
    script.rewrites(|request| assert_eq!(written(request), std::slice::from_ref(&at_producer)));
    assert_eq!(script.log("denied").len(), 0);
}

#[test]
fn what_is_not_sealed_under_a_living_key_of_the_ring_is_refused_and_entered() {
    let good = envelopes(&[b"one"]);
    let cases = [
        (facts("other", "data"), "sealing:foreign_ring"),
        (facts(RING, "deterministic"), "sealing:algorithm"),
        (json!({"unknown": true}), "sealing:unknown_key"),
    ];
    for (answer, rule) in cases {
        let mut script = by("alice", &by_producer(|_| {}));
        script.request(&produce(9, -1, std::slice::from_ref(&good)));
        script.keys(Some(&answer)).refuses(&["ok.a/0:87"]);
        assert_eq!(script.log("denied")[0]["rules"][0], rule);
    }
    let mut script = by("alice", &by_producer(|_| {}));
    script.request(&produce(9, -1, &[records(0, &[b"one", b"in clear"])]));
    script.refuses(&["ok.a/0:87"]);
    let denied = script.log("denied").remove(0);
    assert_eq!(denied["rules"][0], "sealing:plaintext");
    assert!(!denied.to_string().contains("in clear"));
}

#[test]
fn one_bad_partition_is_taken_out_and_the_others_are_written() {
    let good = envelopes(&[b"one"]);
    let mut script = by("alice", &by_producer(|_| {}));
    script.request(&produce(9, -1, &[good.clone(), records(0, &[b"in clear"])]));
    script.keys(Some(&facts(RING, "data")));
    script.rewrites(|request| assert_eq!(written(request), [good]));
    assert_eq!(script.log("denied").len(), 1);
}

#[test]
fn while_nobody_answers_the_producer_tries_again_and_nothing_is_written() {
    let good = envelopes(&[b"one"]);
    let mut script = by("alice", &by_producer(|_| {}));
    script.request(&produce(9, -1, &[good]));
    script
        .keys(None)
        .refuses(&[&format!("ok.a/0:{}", error::KAFKA_STORAGE_ERROR)]);
    let denied = script.log("denied");
    assert_eq!(denied.len(), 1);
    assert_eq!(denied[0]["rules"][0], "sealing:keys");
}

/// The same envelope under so many keys that nobody knows, `from` the first.
fn foreign(from: usize, count: usize) -> Vec<u8> {
    let sealed = values(&envelopes(&[b"one"])).remove(0);
    let at = sealed.windows(16).position(|it| it == [1; 16]).unwrap();
    let under = |number: usize| {
        let mut value = sealed.clone();
        value[at..at + 8].copy_from_slice(&(number as u64).to_be_bytes());
        value
    };
    let values: Vec<Vec<u8>> = (from..from + count).map(under).collect();
    let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
    records(0, &values)
}

#[test]
fn of_no_more_keys_is_asked_than_so_many_whatever_a_request_names() {
    let many = FACTS_ASKED_MAX - 1;
    let partitions: Vec<Vec<u8>> = (0..4).map(|it| foreign(1_000 * it, many)).collect();
    let mut script = by("alice", &by_producer(|_| {}));
    script.request(&produce(9, -1, &partitions));
    assert_eq!(needs(&script).len(), FACTS_ASKED_MAX);
    // Those that were not asked about are not written either: the producer comes again.
    script.keys(Some(&json!({"unknown": true})));
    let (unknown, later) = (87, error::KAFKA_STORAGE_ERROR);
    script.refuses(&[
        &format!("ok.a/0:{unknown}"),
        &format!("ok.a/1:{unknown}"),
        &format!("ok.a/2:{later}"),
        &format!("ok.a/3:{later}"),
    ]);
}

#[test]
fn a_stream_of_which_nobody_knows_the_ring_is_not_written_to() {
    let good = envelopes(&[b"one"]);
    let mut script = by("alice", &by_producer(|_| {}));
    let mut snapshot = (*script.session.snapshot).clone();
    snapshot.sealing = Arc::new(SealingSection {
        rings: Vec::new(),
        streams: snapshot.sealing.streams.clone(),
    });
    script.session.snapshot = Arc::new(snapshot);
    script
        .request(&produce(9, -1, &[good]))
        .refuses(&[&format!("ok.a/0:{}", error::KAFKA_STORAGE_ERROR)]);
}
