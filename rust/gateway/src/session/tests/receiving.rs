//! Large requests to Produce that go through while they arrive.

use proptest::prelude::*;
use streamward_wire::frame::LENGTH_BYTES;
use streamward_wire::kafka::{ApiKey, Struct, Value};

use super::messages::topic_id;
use super::{Ask, Close, Script, Verdict, ask, batch, document, quarantine, script};
use crate::metrics::Decision;

/// Enough batches of two records that a frame is large.
const BATCHES: u32 = 1_000;

/// A partition with this number and these bytes in it.
fn load(topic: &Struct, index: i64, records: Vec<u8>) -> Value {
    let mut partition = topic.element("PartitionData");
    partition
        .set("Index", index)
        .set("Records", bytes::Bytes::from(records));
    Value::Struct(partition)
}

/// A thousand batches with these attributes.
fn records(attributes: i16) -> Vec<u8> {
    (0..BATCHES).flat_map(|_| batch(0, 2, attributes)).collect()
}

/// Topics with these loads in each, by number of the partition.
fn produce(version: i16, topics: &[&str], loads: &[(i64, Vec<u8>)]) -> Ask {
    ask(ApiKey::PRODUCE, version, |it| {
        let entries = topics.iter().map(|topic| {
            let mut entry = it.element("TopicData");
            entry.set("Name", *topic).set("TopicId", topic_id(topic));
            let partitions = loads.iter().cloned();
            let partitions = partitions.map(|(index, records)| load(&entry, index, records));
            let partitions: Vec<Value> = partitions.collect();
            entry.set("PartitionData", partitions);
            Value::Struct(entry)
        });
        let entries: Vec<Value> = entries.collect();
        it.set("Acks", -1).set("TopicData", entries);
    })
}

fn large(version: i16) -> Ask {
    let loads = [(4, records(0)), (7, Vec::new()), (2, records(0))];
    produce(version, &["ok.a"], &loads)
}

/// The request with its length in front, and bytes that belong to no field behind.
fn framed(ask: &Ask, trailing: usize) -> Vec<u8> {
    let frame = [ask.frame(1), vec![0; trailing]].concat();
    let length = u32::try_from(frame.len()).unwrap().to_be_bytes();
    [&length[..], &frame].concat()
}

/// What leaves of a request that arrives in pieces; what does not go through is left in `unparsed`.
fn through(
    script: &mut Script,
    request: &[u8],
    piece: usize,
) -> (Vec<u8>, Vec<u8>, Result<(), Close>) {
    let (mut unparsed, mut left) = (Vec::new(), Vec::new());
    for arrived in request.chunks(piece) {
        unparsed.extend_from_slice(arrived);
        if !script.session.is_receiving()
            && let Err(close) = script.session.begins_receiving(&unparsed, script.now)
        {
            return (left, unparsed, Err(close));
        }
        while script.session.is_receiving() {
            match script.session.receive(&unparsed, script.now) {
                Ok(0) => break,
                Ok(released) => left.extend(unparsed.drain(..released)),
                Err(close) => return (left, unparsed, Err(close)),
            }
        }
    }
    (left, unparsed, Ok(()))
}

/// What leaves, of a request with which nothing is wrong.
fn passes(script: &mut Script, request: &[u8], piece: usize) {
    let (left, unparsed, outcome) = through(script, request, piece);
    outcome.unwrap();
    assert!(left == request && unparsed.is_empty(), "{piece}");
    assert!(!script.session.is_receiving());
    let judged = script.session.judged();
    let expected = (ApiKey::PRODUCE, Decision::Allowed);
    assert_eq!((judged.key, judged.decision), expected);
}

fn acknowledge(answer: &mut Struct, topic: &str) {
    let mut entry = answer.element("Responses");
    entry.set("Name", topic).set("TopicId", topic_id(topic));
    let partitions = [(4, 0, 100), (7, 0, 5), (2, 6, -1)].map(|(index, code, offset)| {
        let mut partition = entry.element("PartitionResponses");
        partition.set("Index", index).set("ErrorCode", code);
        partition.set("BaseOffset", offset);
        Value::Struct(partition)
    });
    entry.set("PartitionResponses", partitions.to_vec());
    answer.set("Responses", vec![Value::Struct(entry)]);
}

/// Before version 9 nothing stands behind the records: what ends the last batch ends the request.
#[test]
fn the_last_byte_of_a_request_is_never_passed_by() {
    for version in [3, 8, 9, 12, 13] {
        let mut script = script();
        let request = framed(&large(version), 0);
        let (mut unparsed, mut passed) = (request.as_slice(), 0);
        assert!(
            script
                .session
                .begins_receiving(unparsed, script.now)
                .unwrap()
        );
        while script.session.is_receiving() {
            let unseen = script.session.unseen_of_request();
            assert!(unseen < unparsed.len(), "{version}");
            if unseen > 0 {
                script.session.pass_request(unseen);
                unparsed = &unparsed[unseen..];
                assert!(script.session.is_receiving(), "{version}");
            }
            // A header, or less, so that the rest of its batch is passed by.
            let (arrived, _) = unparsed.split_at(unparsed.len().min(64));
            let released = script.session.receive(arrived, script.now).unwrap();
            passed += unseen;
            unparsed = &unparsed[released..];
        }
        assert!(unparsed.is_empty() && passed > 1_000, "{version}");
        assert_eq!(script.session.in_flight(), 1);
    }
}

#[test]
fn a_large_request_goes_through_in_any_pieces_and_what_is_acknowledged_is_recorded() {
    for version in [3, 8, 9, 12, 13] {
        for piece in [1, 7, 61, 71, 1_000, 65_537, usize::MAX] {
            let mut script = script();
            passes(&mut script, &framed(&large(version), 0), piece);
            assert_eq!(script.session.in_flight(), 1);
            assert_eq!(script.deeds("access_opened"), ["Write ok.a"]);
            script.broker_answers(ApiKey::PRODUCE, version, 1, |it| acknowledge(it, "ok.a"));
            script.passes();
            assert_eq!(script.ranges(), ["4 100-2099 2000"]);
        }
    }
}

#[test]
fn without_acknowledgement_records_are_counted_when_the_last_of_them_leaves() {
    let request = framed(&large(9).with("Acks", 0), 0);
    let mut script = script();
    let (left, _, outcome) = through(&mut script, &request[..request.len() - 1], 1_000);
    outcome.unwrap();
    assert!(left.len() > request.len() / 2 && script.session.is_receiving());
    assert!(script.ranges().is_empty());
    let mut script = self::script();
    passes(&mut script, &request, 1_000);
    assert_eq!(script.session.in_flight(), 0);
    assert_eq!(script.ranges().len(), 3);
}

#[test]
fn a_few_bytes_after_the_end_leave_with_the_request() {
    for trailing in [1, 3, 16] {
        passes(&mut script(), &framed(&large(9), trailing), 1_000);
    }
    let (_, _, outcome) = through(&mut script(), &framed(&large(9), 17), 1_000);
    assert!(matches!(outcome, Err(Close::MalformedRequest { .. })));
}

/// What has to wait until it is whole, because part of it gets an answer of ours.
#[test]
fn nothing_leaves_of_what_is_denied_or_is_for_several_topics() {
    let loads = [(0, records(0))];
    let transactional = produce(9, &["ok.a"], &loads).with("TransactionalId", "no.t");
    let several = produce(9, &["ok.a", "ok.b"], &loads);
    let denied = produce(9, &["no.a"], &loads);
    let denied_id = produce(13, &["no.a"], &loads);
    let unknown_id = produce(13, &["of.nobody"], &loads);
    for request in [transactional, several, denied, denied_id, unknown_id] {
        let mut script = script();
        let bytes = framed(&request, 0);
        let (left, unparsed, outcome) = through(&mut script, &bytes, 1_000);
        outcome.unwrap();
        assert!(left.is_empty() && unparsed == bytes);
        // Its refusal is entered once, when the whole of it is answered.
        assert!(script.deeds("denied").is_empty());
    }
}

#[test]
fn a_peer_that_has_proved_nothing_sends_nothing() {
    let mut script = super::stranger(&document());
    let (left, _, outcome) = through(&mut script, &framed(&large(9), 0), 1_000);
    outcome.unwrap();
    assert!(left.is_empty() && script.ranges().is_empty());
}

#[test]
fn whoever_is_revoked_sends_nothing_more() {
    let mut script = script();
    let request = framed(&large(9), 0);
    let (left, _, outcome) = through(&mut script, &request[..request.len() / 2], 1_000);
    outcome.unwrap();
    assert!(!left.is_empty());
    let mut document = document();
    document["overlay"] = serde_json::json!({"epoch": 2, "quarantined": [], "revoked": [
        {"containment": "c-1", "principal": "alice", "credential": null, "expires": null}]});
    let applied = script.apply(&document);
    assert!(matches!(applied, Err(Close::Revoked { .. })), "{applied:?}");
}

#[test]
fn transactional_batches_need_the_right_to_the_transaction() {
    const TRANSACTIONAL: i16 = 0x10;
    let request = produce(9, &["ok.a"], &[(0, records(TRANSACTIONAL))]);
    let mut script = script();
    let allowed = produce(9, &["ok.a"], &[(0, records(TRANSACTIONAL))]);
    passes(
        &mut script,
        &framed(&allowed.with("TransactionalId", "ok.t"), 0),
        1_000,
    );
    assert_eq!(script.deeds("access_opened"), ["Write ok.t", "Write ok.a"]);
    let mut script = self::script();
    let (left, _, outcome) = through(&mut script, &framed(&request, 0), 1_000);
    assert!(matches!(outcome, Err(Close::MalformedRequest { .. })));
    assert!(left.len() < 100, "nothing of the batch has left");
}

#[test]
fn what_turns_out_to_be_malformed_ends_the_connection_before_it_leaves() {
    let sound = records(0);
    let mut old = batch(0, 2, 0).to_vec();
    old[16] = 1;
    let mut long = batch(0, 2, 0).to_vec();
    long[8..12].copy_from_slice(&1_000_i32.to_be_bytes());
    let cut = batch(0, 2, 0)[..40].to_vec();
    for end in [old, long, cut] {
        let loads = [(0, [sound.clone(), end.clone()].concat())];
        for piece in [1, 1_000, usize::MAX] {
            let mut script = script();
            let request = framed(&produce(9, &["ok.a"], &loads), 0);
            let (left, _, outcome) = through(&mut script, &request, piece);
            assert!(
                matches!(outcome, Err(Close::MalformedRequest { .. })),
                "{piece}"
            );
            // A tagged field's count after the records, the topic and the message.
            assert!(left.len() <= request.len() - end.len() - 3, "{piece}");
            script.session.end();
            assert!(
                script.ranges().is_empty(),
                "no broker takes a part of a frame"
            );
        }
    }
}

#[test]
fn a_partition_that_is_named_twice_ends_the_connection() {
    let loads = [(3, records(0)), (3, records(0))];
    let request = framed(&produce(9, &["ok.a"], &loads), 0);
    let (left, _, outcome) = through(&mut script(), &request, 1_000);
    assert!(matches!(outcome, Err(Close::MalformedRequest { .. })));
    assert!(left.len() < request.len());
}

#[test]
fn a_quarantine_ends_a_large_request_where_it_is() {
    let mut script = script();
    let request = framed(&large(9), 0);
    let half = request.len() / 2;
    let (left, _, outcome) = through(&mut script, &request[..half], 1_000);
    outcome.unwrap();
    assert!(!left.is_empty() && script.session.is_receiving());
    script.apply(&quarantine("ok.a")).unwrap();
    let closed = script.session.receive(&request[half..], script.now);
    assert!(matches!(closed, Err(Close::Revoked { .. })), "{closed:?}");
    assert_eq!(script.deeds("denied"), ["Write ok.a"]);
    assert!(script.ranges().is_empty());
}

proptest! {
    /// The way that a request takes depends on its size and on how it arrives; what it may do must not.
    #[test]
    fn what_passes_in_pieces_would_have_passed_whole(
        place in 0_usize..400,
        from_end in any::<bool>(),
        byte in any::<u8>(),
        version in prop::sample::select(vec![3_i16, 9, 12, 13]),
        piece in prop::sample::select(vec![61_usize, 1_000, 65_537]),
    ) {
        let mut request = framed(&large(version), 0);
        let end = request.len();
        let place = LENGTH_BYTES + place;
        let place = if from_end { end - place } else { place };
        request[place] = byte;
        let mut script = script();
        let (left, unparsed, outcome) = through(&mut script, &request, piece);
        prop_assert!(request.starts_with(&left));
        let whole = unparsed.is_empty() && outcome.is_ok();
        if whole {
            let mut frame = request.split_off(LENGTH_BYTES);
            let mut other = self::script();
            let verdict = other.session.on_request(&mut frame, other.now);
            prop_assert!(matches!(verdict, Verdict::Forward), "{:?}", verdict);
            prop_assert_eq!(other.session.in_flight(), script.session.in_flight());
            prop_assert_eq!(other.deeds("access_opened"), script.deeds("access_opened"));
        }
    }
}

#[test]
fn a_large_request_ends_where_its_stream_begins_to_be_sealed_or_held_to_a_contract() {
    let sealed = super::sealing::sealing(|_| {});
    let held = super::contracts::held(|_| {});
    for after in [sealed, held] {
        let mut script = script();
        let frame = framed(&large(9), 0);
        let half = frame.len() / 2;
        let (left, mut unparsed, outcome) = through(&mut script, &frame[..half], half);
        outcome.unwrap();
        assert!(script.session.is_receiving() && !left.is_empty());
        let mut snapshot = (*script.session.snapshot).clone();
        let after = super::snapshot(&after);
        // Nothing else changes: the rights are those of before.
        snapshot.sealing = after.sealing.clone();
        snapshot.contracts = after.contracts.clone();
        script
            .session
            .on_snapshot(std::sync::Arc::new(snapshot), script.now)
            .unwrap();
        unparsed.extend_from_slice(&frame[half..]);
        let close = script.session.receive(&unparsed, script.now).unwrap_err();
        assert!(matches!(close, Close::Revoked { .. }), "{close:?}");
    }
}

#[test]
fn a_contract_that_changes_alone_is_noticed() {
    let mut script = script();
    let epoch = script.session.epoch;
    let mut snapshot = (*script.session.snapshot).clone();
    snapshot.contracts = super::snapshot(&super::contracts::held(|_| {}))
        .contracts
        .clone();
    script
        .session
        .on_snapshot(std::sync::Arc::new(snapshot), script.now)
        .unwrap();
    assert_eq!(script.session.epoch, epoch + 1);
}
