//! A copy for another stream: what the records were, why they lie there, and nothing of the producer's state.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "tests"
)]

mod common;

use common::{CODECS, Message, batch, batch_of, finish, message, payload, read};
use streamward_records::{Limits, Refusal, Scratch, Telling, copy_records};
use streamward_wire::kafka::batch::batches;

const TOLD: [(&str, &[u8]); 2] = [("copy.why", b"plaintext"), ("copy.who", b"alice")];
const ROOM: usize = 1 << 20;

fn copy(records: &[u8], bytes_max: usize) -> Result<Vec<u8>, Refusal> {
    let (mut scratch, mut out) = (Scratch::default(), Vec::new());
    copy_records(
        records,
        &Telling {
            prefix: "copy.",
            headers: &TOLD,
            offset: None,
        },
        &Limits::default(),
        bytes_max,
        &mut scratch,
        &mut out,
    )
    .map(|()| out)
    .map_err(|fault| fault.refusal)
}

fn told() -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let each = TOLD
        .iter()
        .map(|(name, value)| (name.as_bytes().to_vec(), Some(value.to_vec())));
    each.collect()
}

#[test]
fn records_stay_what_they_are_and_say_why_they_lie_there() {
    let trace = (b"trace".to_vec(), Some(b"1".to_vec()));
    let near = (b"copy".to_vec(), None);
    let mut messages = vec![message(b"ann", b"one"), Message::default()];
    // One that this copy sets, one that only another kind of copy does, and one that none does yet.
    let forged = ["copy.why", "copy.where", "copy."];
    let forged = forged.map(|name| (name.as_bytes().to_vec(), Some(b"forged".to_vec())));
    messages[0].headers = [forged.to_vec(), vec![trace.clone(), near.clone()]].concat();
    for codec in CODECS {
        let copied = copy(&batch(codec, &messages), ROOM).unwrap();
        let found = read(&copied);
        assert_eq!(
            found[0].headers,
            [vec![trace.clone(), near.clone()], told()].concat()
        );
        assert_eq!(found[1].headers, told());
        assert_eq!(
            (&found[0].key, &found[0].value),
            (&messages[0].key, &messages[0].value)
        );
        assert_eq!((&found[1].key, &found[1].value), (&None, &None));
    }
}

#[test]
fn nothing_of_the_producer_s_state_is_copied() {
    let original = batch(CODECS[3], &[message(b"k", b"v"), message(b"k", b"w")]);
    let copied = copy(&original, ROOM).unwrap();
    let before = batches(&original).next().unwrap().unwrap();
    let after = batches(&copied).next().unwrap().unwrap();
    assert!(before.is_transactional() && before.producer_id == 4711);
    assert!(!after.is_transactional());
    assert_eq!((after.base_offset, after.partition_leader_epoch), (0, -1));
    let producer = (after.producer_id, after.producer_epoch, after.base_sequence);
    assert_eq!(producer, (-1, -1, -1));
    assert_eq!(after.compression(), before.compression());
    assert_eq!(after.records, before.records);
    let times =
        |it: &streamward_wire::kafka::batch::Batch<'_>| (it.base_timestamp, it.max_timestamp);
    assert_eq!(times(&after), times(&before));
}

#[test]
fn what_can_t_be_read_or_is_too_large_is_not_copied() {
    let good = batch(CODECS[0], &[message(b"k", b"v")]);
    assert_eq!(copy(&good, good.len()), Err(Refusal::TooLarge));
    let mut control = good.clone();
    control[22] |= 0x20;
    finish(&mut control);
    assert_eq!(copy(&control, ROOM), Err(Refusal::Control));
    let mut damaged = good.clone();
    *damaged.last_mut().unwrap() ^= 1;
    assert_eq!(copy(&damaged, ROOM), Err(Refusal::Checksum));
    assert_eq!(copy(&good[..40], ROOM), Err(Refusal::Batch));
    let short = batch_of(CODECS[0], 2, &payload(&[message(b"k", b"v")]));
    assert_eq!(copy(&short, ROOM), Err(Refusal::Count));
}

#[test]
fn what_came_from_a_broker_says_where_it_lay_and_is_counted_anew() {
    let messages: Vec<_> = (0..4).map(|_| message(b"k", b"v")).collect();
    let (gone, all) = (payload(&messages[..2]), payload(&messages));
    for codec in CODECS {
        // As compaction leaves it: the first two records are gone, and offsets stay.
        let mut compacted = batch_of(codec, 2, &all[gone.len()..]);
        compacted[23..27].copy_from_slice(&3_i32.to_be_bytes());
        finish(&mut compacted);
        let telling = Telling {
            prefix: "copy.",
            headers: &TOLD,
            offset: Some("copy.where"),
        };
        let (mut scratch, mut out) = (Scratch::default(), Vec::new());
        let limits = Limits::default();
        copy_records(&compacted, &telling, &limits, ROOM, &mut scratch, &mut out).unwrap();
        let lay = read(&out).into_iter().map(|it| it.headers.last().cloned());
        let expected =
            ["42", "43"].map(|it| (b"copy.where".to_vec(), Some(it.as_bytes().to_vec())));
        assert_eq!(lay.flatten().collect::<Vec<_>>(), expected);
        // Brokers take a batch only with as many offsets as it has records.
        let copied = batches(&out).next().unwrap().unwrap();
        assert_eq!(
            (copied.base_offset, copied.last_offset, copied.records),
            (0, 1, 2)
        );
    }
}
