//! What is signed is verified, and otherwise as it was.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use streamward_records::{Each, Run, TREE_LEAVES_MAX};
use streamward_wire::kafka::batch::Compression;

use super::common::{CODECS, Message, batch, batch_of, message, payload, read};
use super::stream::{SIGNATURE, Stream, counted};

fn messages() -> impl Strategy<Value = Vec<Message>> {
    let bytes = |max| vec(any::<u8>(), 0..max);
    // Names are text without zero bytes; others are refused.
    let name = "[^\\x00]{0,5}".prop_map(String::into_bytes);
    let header = (name, option::of(bytes(9)));
    let message = (
        option::of(bytes(20)),
        option::of(bytes(90)),
        vec(header, 0..4),
    );
    let message = message.prop_map(|(key, value, headers)| Message {
        key,
        value,
        headers,
    });
    vec(message, 1..12)
}

/// The same without the bytes that must differ: length, checksum and records.
fn kept(batch: &[u8]) -> (Vec<u8>, Vec<u8>) {
    (batch[12..17].to_vec(), batch[21..61].to_vec())
}

proptest! {
    #[test]
    fn what_is_signed_is_verified_and_stays_what_it_was(
        messages in messages(),
        codec in prop::sample::select(&CODECS[..]),
        each in prop::sample::select(&[Each::Batch, Each::Record][..]),
        idempotent in any::<bool>(),
    ) {
        let stream = Stream { each, strip: true, ..Stream::default() };
        let mut plain = batch(codec, &messages);
        if !idempotent {
            plain = counted(plain);
        }
        let signed = stream.sign(&plain).unwrap();
        prop_assert_eq!(kept(&signed), kept(&plain));
        for (signed, plain) in read(&signed).iter().zip(&messages) {
            let (last, others) = signed.headers.split_last().unwrap();
            prop_assert_eq!(&last.0[..], SIGNATURE);
            prop_assert_eq!((&signed.key, &signed.value), (&plain.key, &plain.value));
            prop_assert_eq!(others, &plain.headers[..]);
        }
        let (stripped, verified) = stream.verify(&signed).unwrap();
        prop_assert_eq!(verified.count, messages.len() as u64);
        prop_assert_eq!(kept(&stripped), kept(&plain));
        prop_assert_eq!(read(&stripped), messages);
        // Where nothing is taken off, what is read leaves byte for byte.
        let stream = Stream { strip: false, ..stream };
        prop_assert!(!stream.verify(&signed).unwrap().1.rewritten);
    }
}

#[test]
fn a_large_batch_has_several_trees_and_short_paths() {
    let count = TREE_LEAVES_MAX * 2 + 1;
    let messages: Vec<Message> = (0..count)
        .map(|at| message(b"k", &at.to_be_bytes()))
        .collect();
    let stream = Stream::default();
    let signed = stream.sign(&batch(Compression::None, &messages)).unwrap();
    let (_, verified) = stream.verify(&signed).unwrap();
    assert_eq!(verified.count, count as u64);
    for signed in read(&signed) {
        assert!(signed.headers[0].1.as_ref().unwrap().len() < 480);
    }
}

/// Compaction leaves the records that it keeps where they were, in a batch with fewer of them.
fn compacted(signed: &[u8], keep: impl Fn(usize) -> bool) -> Vec<u8> {
    let messages = read(signed);
    let all = payload(&messages);
    let (mut rest, mut left, mut count) = (&all[..], Vec::new(), 0);
    for at in 0..messages.len() {
        let before = rest;
        let mut walk = streamward_records::Walk::new(rest, 100);
        walk.next_record().unwrap();
        rest = walk.rest();
        if keep(at) {
            left.extend(&before[..before.len() - rest.len()]);
            count += 1;
        }
    }
    let mut out = batch_of(Compression::None, count, &left);
    out[..61].copy_from_slice(&signed[..61]);
    out[57..61].copy_from_slice(&count.to_be_bytes());
    super::common::finish(&mut out);
    out
}

#[test]
fn each_record_is_verified_without_its_neighbours() {
    let messages: Vec<Message> = (0..20_u8).map(|at| message(&[at], b"value")).collect();
    let plain = batch(Compression::None, &messages);
    for each in [Each::Batch, Each::Record] {
        let stream = Stream {
            each,
            ..Stream::default()
        };
        let signed = stream.sign(&plain).unwrap();
        for kept in 0..messages.len() {
            let one = compacted(&signed, |at| at == kept);
            assert_eq!(stream.verify(&one).unwrap().1.count, 1, "{kept}");
        }
        let some = compacted(&signed, |at| at % 3 == 0);
        assert_eq!(stream.verify(&some).unwrap().1.count, 7);
    }
}

#[test]
fn counters_go_on_from_batch_to_batch() {
    let stream = Stream::default();
    let plain = counted(batch(
        Compression::None,
        &[message(b"a", b"1"), message(b"b", b"2")],
    ));
    let mut counter = 5;
    let mut both = stream.sign_from(&mut counter, &plain).unwrap();
    assert_eq!(counter, 7);
    let first = both.clone();
    both.extend(stream.sign_from(&mut counter, &plain).unwrap());
    assert_eq!(counter, 9);
    assert_eq!(stream.verify(&both).unwrap().1.count, 4);
    // Those of an idempotent producer are Kafka's own.
    stream
        .sign_from(
            &mut counter,
            &batch(Compression::None, &[message(b"a", b"1")]),
        )
        .unwrap();
    assert_eq!(counter, 9);
    // Another run begins anew.
    let other = Stream {
        run: Run::Counted([8; 16]),
        ..Stream::default()
    };
    let mut runs = first;
    runs.extend(other.sign(&plain).unwrap());
    assert_eq!(stream.verify(&runs).unwrap().1.count, 4);
}

#[test]
fn keys_that_are_known_verify_whichever_signed() {
    let old = Stream::default();
    let mut new = Stream {
        key: super::stream::ed25519(2),
        ..Stream::default()
    };
    new.keys = vec![new.key.public().clone(), old.key.public().clone()];
    let plain = batch(Compression::Zstd, &[message(b"a", b"1")]);
    for signed in [old.sign(&plain).unwrap(), new.sign(&plain).unwrap()] {
        assert_eq!(new.verify(&signed).unwrap().1.count, 1);
    }
}

#[test]
fn a_broker_may_give_records_its_own_time_where_it_is_not_bound() {
    let plain = batch(Compression::None, &[message(b"a", b"1")]);
    for timestamp in [true, false] {
        let stream = Stream {
            timestamp,
            ..Stream::default()
        };
        let mut signed = stream.sign(&plain).unwrap();
        signed[22] |= 8;
        super::common::finish(&mut signed);
        assert_eq!(stream.verify(&signed).is_ok(), !timestamp);
    }
}

#[test]
fn control_batches_and_what_compaction_emptied_pass() {
    let stream = Stream::default();
    let mut control = batch(Compression::None, &[message(b"\0\0\0\0", b"\0\0\0\0\0\0")]);
    control[22] |= 0x20;
    super::common::finish(&mut control);
    let empty = batch_of(Compression::None, 0, b"");
    for records in [control.clone(), empty] {
        assert_eq!(stream.verify(&records).unwrap().0, records);
        let strips = Stream {
            strip: true,
            ..Stream::default()
        };
        assert_eq!(strips.verify(&records).unwrap().0, records);
    }
    assert!(stream.sign(&control).is_err());
}

#[test]
fn a_batch_that_the_broker_cut_does_not_leave() {
    let stream = Stream::default();
    let signed = stream
        .sign(&batch(Compression::None, &[message(b"a", b"1")]))
        .unwrap();
    let mut cut = signed.clone();
    cut.extend(&signed[..signed.len() - 3]);
    assert_eq!(stream.verify(&cut).unwrap().0, signed);
}
