//! What is sealed opens to itself, and what the writer said of a batch stays.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::panic,
    reason = "tests"
)]

mod common;

use common::{CODECS, Message, Stream, batch, message, read};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use streamward_records::{Envelope, FoundKey, Refusal, Unopened};
use streamward_wire::kafka::batch::batches;

fn messages() -> impl Strategy<Value = Vec<Message>> {
    let bytes = || (vec(any::<u8>(), 0..40), 0..40_usize).prop_map(|(it, times)| it.repeat(times));
    let name = prop_oneof![
        Just(b"name".to_vec()),
        Just(b"trace".to_vec()),
        vec(any::<u8>(), 0..5)
    ];
    let message = (
        option::of(bytes()),
        option::of(bytes()),
        vec((name, option::of(bytes())), 0..4),
    )
        .prop_map(|(key, value, headers)| Message {
            key,
            value,
            headers,
        });
    vec(message, 1..12)
}

/// What must stay of a batch: all of its header but length, checksum and how long the payload is.
fn kept(records: &[u8]) -> Vec<Vec<u8>> {
    let mut at = 0;
    let each = batches(records).map(|it| {
        let bytes = it.unwrap().bytes;
        let header = &records[at..at + 61];
        at += bytes;
        [&header[..8], &header[12..17], &header[21..]].concat()
    });
    each.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn what_is_sealed_opens_to_itself(
        first in messages(), second in messages(), codec in 0..5_usize,
        keys in any::<bool>(), partition in option::of(0..9_i32),
    ) {
        let mut stream = if keys { Stream::with_keys() } else { Stream::default() };
        stream.partition = partition;
        let plain = [batch(CODECS[codec], &first), batch(CODECS[(codec + 1) % 5], &second)].concat();
        let sealed = stream.seal(&plain).unwrap();
        prop_assert_eq!(kept(&plain), kept(&sealed));
        for (before, after) in read(&plain).iter().zip(read(&sealed)) {
            prop_assert_eq!(before.value.is_some(), after.value.is_some());
            prop_assert_eq!(before.key.is_some(), after.key.is_some());
            if let Some(value) = &after.value {
                prop_assert!(Envelope::parse(value).is_ok());
            }
            if !keys {
                prop_assert_eq!(&before.key, &after.key);
            }
        }
        let (opened, report) = stream.open(&sealed).unwrap();
        prop_assert_eq!(report.marked_count, 0);
        prop_assert_eq!(kept(&plain), kept(&opened));
        prop_assert_eq!(read(&opened), read(&plain));
    }

    #[test]
    fn any_change_to_a_sealed_batch_is_refused_or_harmless(
        messages in messages(), codec in 0..5_usize, at in any::<prop::sample::Index>(), bit in 0..8_u32,
    ) {
        let stream = Stream::default();
        let mut sealed = stream.seal(&batch(CODECS[codec], &messages)).unwrap();
        let at = at.index(sealed.len());
        sealed[at] ^= 1_u8 << bit;
        // The checksum does not cover the base offset and the leader's epoch, which are the broker's to set.
        if let Ok((opened, _)) = stream.open(&sealed) {
            let cut = opened.is_empty();
            prop_assert!(cut || at < 8 || (12..16).contains(&at), "{}", at);
        }
    }
}

#[test]
fn equal_keys_seal_to_equal_bytes_and_others_do_not() {
    let stream = Stream::with_keys();
    let plain = batch(
        CODECS[0],
        &[
            message(b"a", b"1"),
            message(b"b", b"1"),
            message(b"a", b"2"),
        ],
    );
    let [one, two] =
        [stream.seal(&plain).unwrap(), stream.seal(&plain).unwrap()].map(|it| read(&it));
    assert_eq!(one[0].key, one[2].key);
    assert_ne!(one[0].key, one[1].key);
    assert_eq!(one[0].key, two[0].key);
    assert_ne!(one[0].value, two[0].value);
}

#[test]
fn a_value_that_takes_a_key_back_stays_one() {
    let stream = Stream::with_keys();
    let tombstone = Message {
        value: None,
        ..message(b"a", b"")
    };
    let sealed = stream
        .seal(&batch(CODECS[3], std::slice::from_ref(&tombstone)))
        .unwrap();
    assert_eq!(read(&sealed)[0].value, None);
    assert_eq!(read(&stream.open(&sealed).unwrap().0), [tombstone]);
}

#[test]
fn control_batches_and_empty_ones_are_read_as_they_are_and_no_client_writes_a_control_batch() {
    let stream = Stream::default();
    let mut control = batch(CODECS[0], &[message(b"\0\0\0\0", b"\0\0\0\0\0\0")]);
    control[22] |= 0x20;
    common::finish(&mut control);
    let empty = common::batch_of(CODECS[0], 0, &[]);
    let records = [control.clone(), empty].concat();
    assert_eq!(stream.open(&records).unwrap().0, records);
    let refused = stream.seal(&control).unwrap_err();
    assert_eq!(refused.refusal, Refusal::Control);
}

#[test]
fn a_last_batch_that_is_cut_short_is_left_out() {
    let stream = Stream::default();
    let sealed = stream
        .seal(&batch(CODECS[0], &[message(b"a", b"1")]))
        .unwrap();
    let whole = stream.open(&sealed).unwrap().0;
    for length in 0..sealed.len() {
        let records = [&sealed[..], &sealed[..length]].concat();
        assert_eq!(stream.open(&records).unwrap().0, whole, "{length}");
    }
}

#[test]
fn keys_that_are_not_there_are_asked_for_together() {
    let mut stream = Stream::default();
    let mut records = Vec::new();
    for kid in [1, 5, 6] {
        stream.data_key = common::key(kid, "clinical-care");
        stream.ring.0.insert([kid; 16], FoundKey::NotThere);
        records.extend(
            stream
                .seal(&batch(CODECS[0], &[message(b"a", b"1")]))
                .unwrap(),
        );
    }
    let missing = Unopened::Missing(vec![[1; 16], [5; 16], [6; 16]]);
    assert_eq!(stream.open(&records).unwrap_err(), missing);
}

#[test]
fn a_key_seals_no_more_than_it_may_and_no_nonce_comes_twice() {
    let mut stream = Stream::default();
    let key = streamward_records::DataKey::new([1; 16], "clinical-care".into(), 1, &[3; 32], 5);
    stream.data_key = std::sync::Arc::new(key.unwrap());
    let three = batch(
        CODECS[0],
        &[
            message(b"a", b"1"),
            message(b"b", b"2"),
            message(b"c", b"3"),
        ],
    );
    let sealed = read(&stream.seal(&three).unwrap());
    let fault = stream.seal(&three).unwrap_err();
    assert_eq!(
        (fault.refusal, fault.index, fault.offset),
        (Refusal::SpentKey, 2, 42)
    );
    assert_eq!(stream.seal(&three).unwrap_err().refusal, Refusal::SpentKey);
    assert_eq!(stream.data_key.sealed(), 5);
    let nonces = sealed.iter().map(|it| {
        let value = it.value.as_deref().unwrap();
        *Envelope::parse(value).unwrap().nonce
    });
    let mut nonces: Vec<_> = nonces.collect();
    nonces.dedup();
    assert_eq!(nonces.len(), 3);
}

#[test]
fn a_mirror_opens_what_was_sealed_elsewhere_where_that_is_declared() {
    let stream = Stream::default();
    let sealed = stream
        .seal(&batch(
            CODECS[4],
            &[message(b"a", b"1"), message(b"b", b"2")],
        ))
        .unwrap();
    let mut mirror = Stream {
        ring: stream.ring.clone(),
        ..Stream::default()
    };
    mirror.home.stream = "patients-copy".into();
    let Unopened::Fault(fault) = mirror.open(&sealed).unwrap_err() else {
        panic!()
    };
    assert_eq!(fault.refusal, Refusal::Moved);
    mirror.accepted.push(stream.home.clone());
    assert_eq!(read(&mirror.open(&sealed).unwrap().0).len(), 2);
}
