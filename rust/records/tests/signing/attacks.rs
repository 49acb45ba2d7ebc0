//! What a broker, another producer or another tenant may try with signed records.

use proptest::prelude::*;
use streamward_records::{Each, FORGED_MAX, Mark, Origin, Refusal, Run};
use streamward_wire::kafka::batch::Compression;

use super::common::{Message, batch, batch_of, finish, message, payload, read};
use super::stream::{SIGNATURE, Stream, counted, ed25519, origin};

fn plain() -> Vec<u8> {
    let mut second = message(b"b", b"two");
    second.headers = vec![
        (b"trace".to_vec(), Some(b"9".to_vec())),
        (b"x".to_vec(), None),
    ];
    batch(Compression::None, &[message(b"a", b"one"), second])
}

/// The same batch header around other records.
fn with(signed: &[u8], change: impl FnOnce(&mut Vec<Message>)) -> Vec<u8> {
    let mut messages = read(signed);
    change(&mut messages);
    let mut out = batch_of(
        Compression::None,
        messages.len() as u32,
        &payload(&messages),
    );
    out[..57].copy_from_slice(&signed[..57]);
    finish(&mut out);
    out
}

fn signature(messages: &mut [Message], at: usize) -> &mut Vec<u8> {
    messages[at].headers.last_mut().unwrap().1.as_mut().unwrap()
}

#[test]
fn a_changed_record_is_refused() {
    type Change = fn(&mut Vec<Message>);
    let stream = Stream::default();
    let signed = stream.sign(&plain()).unwrap();
    let table: &[(&str, Refusal, Change)] = &[
        ("another value", Refusal::InvalidSignature, |it| {
            it[1].value = Some(b"2".to_vec())
        }),
        ("no value", Refusal::InvalidSignature, |it| {
            it[1].value = None
        }),
        ("an empty value for none", Refusal::InvalidSignature, |it| {
            it[1].value = Some(vec![])
        }),
        ("another key", Refusal::InvalidSignature, |it| {
            it[1].key = Some(b"c".to_vec())
        }),
        ("no key", Refusal::InvalidSignature, |it| it[1].key = None),
        (
            "key and value in each other's place",
            Refusal::InvalidSignature,
            |it| {
                let Message { key, value, .. } = &mut it[1];
                std::mem::swap(key, value);
            },
        ),
        ("another header", Refusal::InvalidSignature, |it| {
            it[1].headers[0].1 = None
        }),
        ("another header's name", Refusal::InvalidSignature, |it| {
            it[1].headers[0].0 = b"t".to_vec()
        }),
        ("a header more", Refusal::InvalidSignature, |it| {
            it[1].headers.insert(0, (b"y".to_vec(), None))
        }),
        ("a header less", Refusal::InvalidSignature, |it| {
            drop(it[1].headers.remove(0))
        }),
        (
            "headers in another order",
            Refusal::InvalidSignature,
            |it| it[1].headers.swap(0, 1),
        ),
        ("no signature", Refusal::Unsigned, |it| {
            drop(it[1].headers.pop())
        }),
        (
            "a signature that is null",
            Refusal::MalformedSignature,
            |it| it[1].headers[2].1 = None,
        ),
        ("an empty signature", Refusal::MalformedSignature, |it| {
            signature(it, 1).clear()
        }),
        (
            "a signature that is cut short",
            Refusal::MalformedSignature,
            |it| signature(it, 1).truncate(9),
        ),
        (
            "bytes behind the signature",
            Refusal::MalformedSignature,
            |it| signature(it, 1).push(0),
        ),
        (
            "a header behind the signature",
            Refusal::ForgedSignature,
            |it| it[1].headers.push((b"z".to_vec(), None)),
        ),
        ("a signature twice", Refusal::ForgedSignature, |it| {
            let last = it[1].headers[2].clone();
            it[1].headers.push(last);
        }),
        (
            "the neighbour's signature",
            Refusal::InvalidSignature,
            |it| {
                let other = signature(it, 0).clone();
                *signature(it, 1) = other;
            },
        ),
        ("a record twice", Refusal::Replayed, |it| {
            let last = it[1].clone();
            it.push(last);
        }),
        ("records in another order", Refusal::Replayed, |it| {
            it.swap(0, 1)
        }),
        ("an unsigned record put in", Refusal::Unsigned, |it| {
            it.push(message(b"c", b"three"))
        }),
    ];
    for (name, refusal, change) in table {
        // Times of these records are all equal, so that only what is changed is.
        let forged = with(&signed, change);
        let stream = Stream {
            timestamp: false,
            ..Stream::default()
        };
        let own = with(&stream.sign(&plain()).unwrap(), change);
        assert_eq!(stream.verify(&own).unwrap_err().refusal, *refusal, "{name}");
        assert!(
            Stream::default().verify(&forged).is_err(),
            "{name}, with times"
        );
    }
}

#[test]
fn a_record_from_elsewhere_is_refused() {
    type Change = fn(&mut Stream);
    let signed = Stream::default().sign(&plain()).unwrap();
    let table: &[(&str, Refusal, Change)] = &[
        ("another stream", Refusal::InvalidSignature, |it| {
            it.origin.stream = "other".into()
        }),
        ("another tenant", Refusal::InvalidSignature, |it| {
            it.origin.tenant = Some("evil".into())
        }),
        ("no tenant", Refusal::InvalidSignature, |it| {
            it.origin.tenant = None
        }),
        ("another cluster", Refusal::InvalidSignature, |it| {
            it.origin.cluster = "copy".into()
        }),
        ("another partition", Refusal::InvalidSignature, |it| {
            it.partition = Some(4)
        }),
        (
            "a partition that isn't bound",
            Refusal::InvalidSignature,
            |it| it.partition = None,
        ),
        ("a time that isn't bound", Refusal::InvalidSignature, |it| {
            it.timestamp = false
        }),
        (
            "a key that is not the stream's",
            Refusal::UnknownSigner,
            |it| {
                it.keys = vec![ed25519(9).public().clone()];
            },
        ),
        ("a key that was taken away", Refusal::UnknownSigner, |it| {
            it.keys.clear()
        }),
        ("a key of another producer", Refusal::ForeignSigner, |it| {
            it.keys = vec![it.key.public().clone().of_producer("mallory")];
        }),
        ("another writer", Refusal::ForeignSigner, |it| {
            it.writer = Some("mallory".into())
        }),
    ];
    for (name, refusal, change) in table {
        let mut stream = Stream::default();
        change(&mut stream);
        assert_eq!(
            stream.verify(&signed).unwrap_err().refusal,
            *refusal,
            "{name}"
        );
    }
    // Where it says so, another stream's are taken.
    let mut mirror = Stream::default();
    mirror.origin.stream = "mirror".into();
    mirror.accepted = vec![origin()];
    assert_eq!(mirror.verify(&signed).unwrap().1.count, 2);
    mirror.accepted = vec![Origin {
        stream: "third".into(),
        ..origin()
    }];
    assert!(mirror.verify(&signed).is_err());
}

#[test]
fn times_and_the_place_in_the_producers_row_are_bound() {
    let stream = Stream::default();
    let signed = stream.sign(&plain()).unwrap();
    let table: &[(&str, usize, Refusal)] = &[
        ("base timestamp", 34, Refusal::InvalidSignature),
        ("producer id", 50, Refusal::Replayed),
        ("producer epoch", 52, Refusal::Replayed),
        ("base sequence", 56, Refusal::Replayed),
    ];
    for (name, at, refusal) in table {
        let mut forged = signed.clone();
        forged[*at] ^= 1;
        finish(&mut forged);
        assert_eq!(
            stream.verify(&forged).unwrap_err().refusal,
            *refusal,
            "{name}"
        );
    }
}

#[test]
fn a_batch_that_comes_again_is_refused() {
    let stream = Stream::default();
    for plain in [plain(), counted(plain())] {
        let signed = stream.sign(&plain).unwrap();
        let again = [signed.clone(), signed].concat();
        assert_eq!(
            stream.verify(&again).unwrap_err().refusal,
            Refusal::Replayed
        );
    }
}

#[test]
fn batches_in_another_order_are_refused() {
    let stream = Stream::default();
    let plain = counted(plain());
    let mut counter = 0;
    let first = stream.sign_from(&mut counter, &plain).unwrap();
    let second = stream.sign_from(&mut counter, &plain).unwrap();
    let swapped = [second, first].concat();
    assert_eq!(
        stream.verify(&swapped).unwrap_err().refusal,
        Refusal::Replayed
    );
}

#[test]
fn what_is_signed_under_a_downgraded_algorithm_is_refused() {
    let stream = Stream::default();
    let signed = stream.sign(&plain()).unwrap();
    // `alg` is the third byte of the protected header: -7, another one, and none at all.
    for (algorithm, refusal) in [
        (0x26, Refusal::UnknownSigner),
        (0x28, Refusal::MalformedSignature),
        (0x00, Refusal::MalformedSignature),
    ] {
        let forged = with(&signed, |it| {
            let signature = signature(it, 1);
            let at = signature
                .windows(3)
                .position(|it| it == [0xa6, 1, 0x27])
                .unwrap();
            signature[at + 2] = algorithm;
        });
        assert_eq!(stream.verify(&forged).unwrap_err().refusal, refusal);
    }
}

#[test]
fn a_producer_can_not_write_the_header_that_the_gateway_writes() {
    let mut forged = message(b"a", b"1");
    forged.headers = vec![(SIGNATURE.to_vec(), Some(b"mine".to_vec()))];
    let fault = Stream::default().sign(&batch(Compression::None, &[message(b"", b""), forged]));
    let fault = fault.unwrap_err();
    assert_eq!((fault.refusal, fault.index), (Refusal::ForgedSignature, 1));
}

#[test]
fn marked_records_are_delivered_as_they_lie_and_said_to_be_unverified() {
    let stream = Stream {
        mark: Mark::Header,
        timestamp: false,
        ..Stream::default()
    };
    let signed = stream.sign(&plain()).unwrap();
    let forged = with(&signed, |it| it.push(message(b"c", b"three")));
    let (out, verified) = stream.verify(&forged).unwrap();
    assert_eq!((verified.count, verified.marked_count), (2, 1));
    assert_eq!(verified.marked[0].refusal, Refusal::Unsigned);
    let read = read(&out);
    let mark = (b"streamward.violation".to_vec(), Some(b"unsigned".to_vec()));
    assert_eq!(read[2].headers, [mark]);
    assert_eq!(read[0].headers.len(), 1);
}

#[test]
fn forged_signatures_cost_no_more_than_so_many_checks() {
    let stream = Stream {
        mark: Mark::Header,
        each: Each::Record,
        timestamp: false,
        ..Stream::default()
    };
    let count = FORGED_MAX as usize * 2;
    let messages: Vec<Message> = (0..count).map(|_| message(b"k", b"v")).collect();
    let signed = stream.sign(&batch(Compression::None, &messages)).unwrap();
    // All but the last are false: after so many, that one counts as false as well.
    let forged = with(&signed, |it| {
        for one in it.iter_mut().take(count - 1) {
            one.value = Some(b"w".to_vec());
        }
    });
    assert_eq!(stream.verify(&forged).unwrap().1.marked_count, count as u64);
}

#[test]
fn runs_of_different_producers_do_not_disturb_each_other() {
    let stream = Stream::default();
    let other = Stream {
        producer: "till".into(),
        run: Run::Counted([9; 16]),
        ..Stream::default()
    };
    let plain = counted(plain());
    let mixed = [
        stream.sign_from(&mut 4, &plain).unwrap(),
        other.sign_from(&mut 0, &plain).unwrap(),
        stream.sign_from(&mut 6, &plain).unwrap(),
        other.sign_from(&mut 2, &plain).unwrap(),
    ];
    assert_eq!(stream.verify(&mixed.concat()).unwrap().1.count, 8);
}

proptest! {
    #[test]
    fn any_bit_that_is_flipped_is_seen(place in any::<prop::sample::Index>(), bit in 0..8_u8, each in 0..3_usize) {
        let each = [Each::Batch, Each::Record, Each::Together][each];
        let stream = Stream { each, ..Stream::default() };
        let signed = stream.sign(&plain()).unwrap();
        let mut flipped = signed.clone();
        // All that clients see of records: times, producer and records, with a checksum that fits.
        let bytes = flipped.len() - 61;
        let at = 61 + place.index(bytes);
        flipped[at] ^= 1 << bit;
        finish(&mut flipped);
        // A record's attributes have no meaning, and its offset says only where it lies.
        let seen = stream.verify(&flipped).is_err();
        prop_assert!(seen || read(&flipped) == read(&signed), "byte {at}");
    }
}
