//! Sealed streams: how large requests and answers become, and what ends while they are on their way.

use std::sync::Arc;

use streamward_records::compression::{Codecs, Effort};
use streamward_wire::kafka::batch::Compression;
use streamward_wire::kafka::error;

use super::fetch::deliver;
use super::sealing::{
    data_key, delivered, fetch, needs, open_key, produce, records, sealed, sealing, values, written,
};
use super::{by, codes};
use crate::sealing::SealingSection;

/// Records of a byte each, which become envelopes of a hundred.
fn tiny(count: usize) -> Vec<u8> {
    let plain = vec![&b"x"[..]; count];
    records(0, &plain)
}

#[test]
fn what_is_sealed_of_one_request_stays_below_its_frames_limit() {
    // A frame may be a mebibyte, a key seal a thousand records.
    let mut script = by("alice", &sealing(|_| {}));
    let mut key = data_key(1);
    key["records_max"] = 1_000_000.into();
    let parts: Vec<Vec<u8>> = (0..6).map(|_| tiny(2_500)).collect();
    script.request(&produce(9, -1, &parts));
    script.keys(Some(&key)).rewrites(|request| {
        let written = written(request);
        let bytes: usize = written.iter().map(Vec::len).sum();
        assert!(bytes <= 1_048_576, "{bytes}");
        assert_eq!(written.len(), 5);
    });
    let denied = script.log("denied");
    assert_eq!(denied.len(), 1);
    assert_eq!(denied[0]["rules"][0], "sealing:too_large");
}

#[test]
fn a_batch_that_no_key_may_seal_is_too_large_and_not_tried_again() {
    let mut script = by("alice", &sealing(|_| {}));
    script.request(&produce(9, -1, &[tiny(1_001)]));
    script
        .keys(Some(&data_key(1)))
        .refuses(&[&format!("ok.a/0:{}", error::MESSAGE_TOO_LARGE)]);
    assert_eq!(script.log("denied")[0]["rules"][0], "sealing:key_limit");
}

#[test]
fn a_stream_that_nobody_knows_how_to_seal_is_not_written_to() {
    let mut script = by("alice", &sealing(|_| {}));
    script.request(&produce(9, -1, &[tiny(1)]));
    script.keys(Some(&data_key(1))).rewrites(|_| {});
    script.broker(|_| {});
    let mut snapshot = (*script.session.snapshot).clone();
    snapshot.sealing = Arc::new(SealingSection {
        rings: Vec::new(),
        streams: snapshot.sealing.streams.clone(),
    });
    script.session.snapshot = Arc::new(snapshot);
    script
        .request(&produce(9, -1, &[tiny(1)]))
        .refuses(&[&format!("ok.a/0:{}", error::KAFKA_STORAGE_ERROR)]);
}

/// A batch of one value, compressed.
fn compressed(value: &[u8]) -> Vec<u8> {
    let plain = records(0, &[value]);
    let mut out = plain[..61].to_vec();
    out[22] |= 4;
    Codecs::default()
        .deflate(Compression::Zstd, Effort::Fast, &plain[61..], &mut out)
        .unwrap();
    let length = i32::try_from(out.len() - 12).unwrap();
    out[8..12].copy_from_slice(&length.to_be_bytes());
    let crc = crc32c::crc32c(&out[21..]);
    out[17..21].copy_from_slice(&crc.to_be_bytes());
    out
}

#[test]
fn of_a_large_answer_whole_batches_leave_and_the_rest_is_fetched_again() {
    let mut script = by("alice", &sealing(|_| {}));
    let mut at_broker = Vec::new();
    script.request(&produce(9, -1, &[compressed(&vec![0; 900_000])]));
    script
        .keys(Some(&data_key(1)))
        .rewrites(|request| at_broker = written(request).remove(0));
    script.broker(|_| {});
    // Each holds what was compressed to almost nothing: together they are more than is opened for one answer.
    let batches = (0..60_i64).map(|offset| {
        let mut batch = at_broker.clone();
        batch[..8].copy_from_slice(&offset.to_be_bytes());
        batch
    });
    let batches: Vec<Vec<u8>> = batches.collect();
    let mut offset = 0;
    while offset < batches.len() {
        let answer = [batches[offset..].concat(), batches[0].clone()];
        let last = offset + batches.len() > 60 + 30;
        script.request(&fetch(11)).forwards();
        script.broker(|it| deliver(it, "ok.a", &answer));
        script.answers(|answer| {
            assert!(
                codes(answer).is_empty(),
                "nothing is wrong with what is left out"
            );
            let delivered = delivered(answer);
            let count = streamward_wire::kafka::batch::batches(&delivered[0]).count();
            assert!(count > 0 && count <= 40, "{count}");
            assert_eq!(delivered[1].is_empty(), !last);
            offset += count;
        });
    }
    assert_eq!(offset, batches.len());
}

#[test]
fn a_violation_is_entered_once_however_often_keys_are_asked_for() {
    let document = sealing(|it| it["on_violation"] = "mark".into());
    let (_, at_broker) = sealed(&document, &[b"one"]);
    let mut script = by("alice", &document);
    script.request(&fetch(11)).forwards();
    let both = [records(0, &[b"injected"]), at_broker].concat();
    script.broker(|answer| deliver(answer, "ok.a", std::slice::from_ref(&both)));
    assert_eq!(needs(&script).len(), 1);
    script.keys(Some(&open_key(1, script.now + 60_000)));
    script.answers(|answer| {
        assert_eq!(values(&delivered(answer)[0]), [&b"injected"[..], b"one"]);
    });
    let counts = &script.session.keys.counts;
    let refused = counts
        .refused_read
        .load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(refused, 1);
    assert_eq!(script.log("denied").len(), 1);
}
