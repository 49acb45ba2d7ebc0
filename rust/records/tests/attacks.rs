//! What is done to sealed records by somebody who holds the broker, its disks, or a producer's rights: each row is
//! refused, for a reason of its own, and marked where the stream asks for that.
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

use common::{CODECS, Message, Ring, Stream, batch, batch_of, key, message, payload, read};
use streamward_records::compression::{Codecs, Effort};
use streamward_records::{
    Envelope, Fault, FoundKey, Home, Limits, MARK, Mark, Place, Refusal, Unopened, open_value,
    seal_value,
};
use streamward_wire::kafka::batch::Compression;

const SECRET: &[u8] = b"blood group 0 rhesus negative";

fn sealed() -> Vec<u8> {
    let stream = Stream::default();
    let records = stream
        .seal(&batch(CODECS[0], &[message(b"k", SECRET)]))
        .unwrap();
    read(&records).remove(0).value.unwrap()
}

/// The envelope with its protected header replaced.
fn with_protected(protected: &[u8]) -> Vec<u8> {
    let length = protected.len() as u8;
    let mut bytes = vec![0xd0, 0x83];
    bytes.extend(if length < 24 {
        vec![0x40 | length]
    } else {
        vec![0x58, length]
    });
    bytes.extend(protected);
    bytes.extend(&sealed()[31..]);
    bytes
}

fn with_unprotected(unprotected: &[u8]) -> Vec<u8> {
    let original = sealed();
    [&original[..31], unprotected, &original[46..]].concat()
}

const ALG: [u8; 2] = [0x01, 0x03];
const VERSION: [u8; 6] = [0x3a, 0, 1, 0, 0, 1];

fn kid(byte: u8) -> Vec<u8> {
    [&[0x04, 0x50][..], &[byte; 16]].concat()
}

fn map(count: u8, entries: &[&[u8]]) -> Vec<u8> {
    [&[0xa0 | count][..], &entries.concat()].concat()
}

fn url_kid() -> Vec<u8> {
    [&[0x04, 0x58, 29][..], b"https://attacker.example/key1"].concat()
}

#[allow(clippy::too_many_lines, reason = "a table")]
/// Values that an attacker puts where an envelope belongs.
fn values() -> Vec<(&'static str, Vec<u8>, Refusal)> {
    use Refusal as R;
    let good = sealed();
    let mut rows = vec![
        ("plaintext", SECRET.to_vec(), R::Plaintext),
        ("an empty value", Vec::new(), R::Plaintext),
        (
            "an envelope of another product",
            b"\x00\x01KROXY".to_vec(),
            R::Plaintext,
        ),
        (
            "an untagged COSE_Encrypt0",
            good[1..].to_vec(),
            R::Plaintext,
        ),
        (
            "a COSE_Sign1",
            [&[0xd2, 0x84][..], &good[2..]].concat(),
            R::Plaintext,
        ),
        (
            "a COSE_Mac0",
            [&[0xd1, 0x84][..], &good[2..]].concat(),
            R::Plaintext,
        ),
        (
            "the tag in a longer form",
            [&[0xd8, 0x10, 0x83][..], &good[2..]].concat(),
            R::Plaintext,
        ),
        ("only the tag", vec![0xd0], R::Truncated),
        (
            "cut in the protected header",
            good[..20].to_vec(),
            R::Truncated,
        ),
        ("cut in the nonce", good[..40].to_vec(), R::Truncated),
        (
            "cut in the ciphertext",
            good[..good.len() - 20].to_vec(),
            R::Truncated,
        ),
        (
            "cut by one byte",
            good[..good.len() - 1].to_vec(),
            R::Truncated,
        ),
        ("a byte more", [&good[..], &[0]].concat(), R::Trailing),
        (
            "two envelopes",
            [&good[..], &good[..]].concat(),
            R::Trailing,
        ),
        (
            "a foreign key id",
            with_protected(&map(3, &[&ALG, &kid(9), &VERSION])),
            R::UnknownKey,
        ),
        (
            "a key id that is a URL",
            with_protected(&map(3, &[&ALG, &url_kid(), &VERSION])),
            R::KeyId,
        ),
        (
            "an empty key id",
            with_protected(&map(3, &[&ALG, &[4, 0x40], &VERSION])),
            R::KeyId,
        ),
        (
            "a key id as text",
            with_protected(&map(3, &[&ALG, &[4, 0x61, b'a'], &VERSION])),
            R::KeyId,
        ),
        (
            "no key id",
            with_protected(&map(2, &[&ALG, &VERSION])),
            R::MissingLabel,
        ),
        (
            "no version",
            with_protected(&map(2, &[&ALG, &kid(1)])),
            R::MissingLabel,
        ),
        (
            "version 0",
            with_protected(&map(3, &[&ALG, &kid(1), &[0x3a, 0, 1, 0, 0, 0]])),
            R::Version,
        ),
        (
            "version 2",
            with_protected(&map(3, &[&ALG, &kid(1), &[0x3a, 0, 1, 0, 0, 2]])),
            R::Version,
        ),
        (
            "no algorithm",
            with_protected(&map(2, &[&kid(1), &VERSION])),
            R::MissingLabel,
        ),
        (
            "AES-128-GCM",
            with_protected(&map(3, &[&[1, 1], &kid(1), &VERSION])),
            R::Algorithm,
        ),
        (
            "AES-CTR without a tag",
            with_protected(&map(3, &[&[1, 0x39, 0xff, 0xfd], &kid(1), &VERSION])),
            R::Algorithm,
        ),
        (
            "algorithm none",
            with_protected(&map(3, &[&[1, 0], &kid(1), &VERSION])),
            R::Algorithm,
        ),
        (
            "the mode of keys in a value",
            with_protected(&map(3, &[&[1, 0x3a, 0, 1, 0, 0], &kid(1), &VERSION])),
            R::Algorithm,
        ),
        (
            "the algorithm twice",
            with_protected(&map(4, &[&ALG, &ALG, &kid(1), &VERSION])),
            R::DuplicateLabel,
        ),
        (
            "the key id twice",
            with_protected(&map(4, &[&ALG, &kid(9), &kid(1), &VERSION])),
            R::DuplicateLabel,
        ),
        (
            "the algorithm at both ends",
            with_protected(&map(4, &[&ALG, &kid(1), &VERSION, &ALG])),
            R::DuplicateLabel,
        ),
        (
            "labels out of order",
            with_protected(&map(3, &[&kid(1), &ALG, &VERSION])),
            R::Malformed,
        ),
        (
            "a critical label that is unknown",
            with_protected(&map(4, &[&ALG, &[2, 0x81, 0x18, 99], &kid(1), &VERSION])),
            R::UnknownLabel,
        ),
        (
            "a label of text",
            with_protected(&map(4, &[&ALG, &kid(1), &VERSION, &[0x61, b'x', 1]])),
            R::UnknownLabel,
        ),
        (
            "a number in a longer form",
            with_protected(&map(3, &[&[0x18, 1, 3], &kid(1), &VERSION])),
            R::Malformed,
        ),
        (
            "a map without a length",
            with_protected(&[&[0xbf][..], &ALG, &kid(1), &VERSION, &[0xff]].concat()),
            R::Malformed,
        ),
        (
            "a map that claims 2^32 entries",
            with_protected(
                &[&[0xba, 0xff, 0xff, 0xff, 0xff][..], &ALG, &kid(1), &VERSION].concat(),
            ),
            R::Truncated,
        ),
        (
            "an array nested for ever",
            with_protected(&[0x81; 200]),
            R::Malformed,
        ),
        (
            "an envelope nested in the header",
            with_protected(&good[..27]),
            R::Malformed,
        ),
        (
            "an empty protected header",
            with_protected(&[]),
            R::Truncated,
        ),
        (
            "another content coding",
            with_protected(&map(4, &[&ALG, &kid(1), &VERSION, &[0x3a, 0, 1, 0, 1, 9]])),
            R::Content,
        ),
        (
            "said to be compressed",
            with_protected(&map(4, &[&ALG, &kid(1), &VERSION, &[0x3a, 0, 1, 0, 1, 1]])),
            R::Moved,
        ),
        ("no nonce", with_unprotected(&[0xa0]), R::MissingLabel),
        (
            "the nonce twice",
            with_unprotected(&[&[0xa2, 5, 0x4c][..], &[0; 12], &[5, 0x4c], &[0; 12]].concat()),
            R::DuplicateLabel,
        ),
        (
            "a nonce of 8 bytes",
            with_unprotected(&[&[0xa1, 5, 0x48][..], &[0; 8]].concat()),
            R::Nonce,
        ),
        (
            "the nonce of another record",
            with_unprotected(&[&[0xa1, 5, 0x4c][..], &[1; 12]].concat()),
            R::Moved,
        ),
        (
            "a key id outside the protected header",
            with_unprotected(&[&[0xa2, 4, 0x50][..], &[1; 16], &[5, 0x4c], &[0; 12]].concat()),
            R::DuplicateLabel,
        ),
        (
            "a partial nonce",
            with_unprotected(&[&[0xa1, 6, 0x4c][..], &[0; 12]].concat()),
            R::UnknownLabel,
        ),
        (
            "only a tag's worth less one",
            [&good[..46], &[0x4f], &[0; 15]].concat(),
            R::Truncated,
        ),
        (
            "no ciphertext, a made-up tag",
            [&good[..46], &[0x50], &[0; 16]].concat(),
            R::Moved,
        ),
        (
            "a length beyond memory",
            [
                &good[..46],
                &[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            ]
            .concat(),
            R::Truncated,
        ),
        (
            "detached content",
            [&good[..46], &[0xf6]].concat(),
            R::Malformed,
        ),
    ];
    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    rows.push(("the tag's last bit flipped", flipped, R::Moved));
    let mut flipped = good.clone();
    flipped[50] ^= 0x80;
    rows.push(("a bit of the ciphertext flipped", flipped, R::Moved));
    rows
}

fn fault(outcome: Result<(Vec<u8>, streamward_records::Opened), Unopened>) -> Fault {
    match outcome {
        Err(Unopened::Fault(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_value_that_is_not_the_envelope_is_refused_for_its_own_reason() {
    let rows = values();
    assert!(rows.len() >= 40, "{}", rows.len());
    for (what, value, refusal) in rows {
        for codec in CODECS {
            let stream = Stream::default();
            let messages = [message(b"k", &sealed()), message(b"k", &value)];
            let refused = fault(stream.open(&batch(codec, &messages)));
            assert_eq!(
                refused,
                Fault {
                    offset: 41,
                    index: 1,
                    refusal
                },
                "{what}"
            );
        }
        let stream = Stream {
            mark: Mark::Header,
            ..Stream::default()
        };
        let (opened, report) = stream
            .open(&batch(
                CODECS[0],
                &[message(b"k", &value), message(b"k", &sealed())],
            ))
            .unwrap();
        let opened = read(&opened);
        let mark = (
            MARK.as_bytes().to_vec(),
            Some(refusal.code().as_bytes().to_vec()),
        );
        assert_eq!(opened[0].headers, [mark], "{what}");
        assert_eq!(opened[0].value.as_deref(), Some(&value[..]), "{what}");
        assert_eq!(opened[1].value.as_deref(), Some(SECRET), "{what}");
        assert_eq!(
            (report.marked_count, report.marked[0].refusal),
            (1, refusal),
            "{what}"
        );
    }
}

#[test]
fn a_flip_of_any_bit_of_an_envelope_is_refused() {
    let good = sealed();
    let stream = Stream::default();
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            let records = batch(CODECS[0], &[message(b"k", &bad)]);
            let refused = fault(stream.open(&records));
            assert_ne!(refused.refusal, Refusal::KeyNotThere, "byte {at} bit {bit}");
        }
    }
    for length in 0..good.len() {
        fault(stream.open(&batch(CODECS[0], &[message(b"k", &good[..length])])));
    }
}

#[test]
fn an_envelope_opens_in_its_own_place_only() {
    type Change = fn(&mut Stream);
    let moves: [(&str, Change, Refusal); 8] = [
        (
            "another stream",
            |it| it.home.stream = "visits".into(),
            Refusal::Moved,
        ),
        (
            "another tenant",
            |it| it.home.tenant = Some("evil".into()),
            Refusal::Moved,
        ),
        ("no tenant", |it| it.home.tenant = None, Refusal::Moved),
        (
            "another cluster",
            |it| it.home.cluster = "dr".into(),
            Refusal::Moved,
        ),
        (
            "another data class",
            |it| it.home.data_class = "public".into(),
            Refusal::Moved,
        ),
        (
            "another ring",
            |it| it.home.ring = "billing".into(),
            Refusal::ForeignRing,
        ),
        (
            "a bound partition",
            |it| it.partition = Some(0),
            Refusal::Moved,
        ),
        (
            "an expired key",
            |it| {
                it.ring.0.insert([1; 16], FoundKey::Expired);
            },
            Refusal::ExpiredKey,
        ),
    ];
    let records = batch(CODECS[2], &[message(b"k", &sealed())]);
    for (what, change, refusal) in moves {
        let mut stream = Stream::default();
        change(&mut stream);
        assert_eq!(fault(stream.open(&records)).refusal, refusal, "{what}");
    }
    // Names that only differ in where one ends and the next begins.
    let mut stream = Stream::default();
    stream.home.cluster = "mai".into();
    stream.home.stream = "npatients".into();
    assert_eq!(fault(stream.open(&records)).refusal, Refusal::Moved);
}

#[test]
fn an_envelope_opens_beside_its_own_key_only() {
    let stream = Stream::default();
    for other in [Some(&b"K"[..]), Some(b""), None] {
        let moved = Message {
            key: other.map(<[u8]>::to_vec),
            ..message(b"", &sealed())
        };
        assert_eq!(
            fault(stream.open(&batch(CODECS[0], &[moved]))).refusal,
            Refusal::Moved
        );
    }
    // An empty key and none are two.
    let none = Message {
        key: None,
        ..message(b"", SECRET)
    };
    let value = read(&stream.seal(&batch(CODECS[0], &[none])).unwrap())
        .remove(0)
        .value
        .unwrap();
    let refused = fault(stream.open(&batch(CODECS[0], &[message(b"", &value)])));
    assert_eq!(refused.refusal, Refusal::Moved);
}

#[test]
fn an_envelope_opens_in_its_own_partition_where_that_is_bound() {
    let stream = Stream {
        partition: Some(3),
        ..Stream::default()
    };
    let sealed = stream
        .seal(&batch(CODECS[0], &[message(b"k", SECRET)]))
        .unwrap();
    assert!(stream.open(&sealed).is_ok());
    let other = Stream {
        partition: Some(4),
        ..Stream::default()
    };
    assert_eq!(fault(other.open(&sealed)).refusal, Refusal::Moved);
}

#[test]
fn the_parts_of_a_record_can_not_be_exchanged() {
    let stream = Stream::with_keys();
    let plain = Message {
        headers: vec![
            (b"name".to_vec(), Some(b"ann".to_vec())),
            (b"ssn".to_vec(), Some(b"078".to_vec())),
        ],
        ..message(b"k", SECRET)
    };
    let good = read(&stream.seal(&batch(CODECS[0], &[plain])).unwrap()).remove(0);
    assert!(
        stream
            .open(&batch(CODECS[0], std::slice::from_ref(&good)))
            .is_ok()
    );
    let mut headers = good.clone();
    let (a, b) = headers.headers.split_at_mut(1);
    std::mem::swap(&mut a[0].1, &mut b[0].1);
    let in_header = Message {
        headers: vec![(b"name".to_vec(), good.value.clone())],
        ..good.clone()
    };
    let as_value = Message {
        value: good.headers[0].1.clone(),
        ..good.clone()
    };
    let key_as_value = Message {
        value: good.key.clone(),
        ..good.clone()
    };
    let value_as_key = Message {
        key: good.value.clone(),
        ..good.clone()
    };
    let plain_key = Message {
        key: Some(b"k".to_vec()),
        ..good.clone()
    };
    let plain_header = Message {
        headers: vec![(b"name".to_vec(), Some(b"eve".to_vec()))],
        ..good.clone()
    };
    let rows = [
        ("headers exchanged", headers, Refusal::Moved),
        ("the value in a header", in_header, Refusal::Moved),
        ("a header as the value", as_value, Refusal::Moved),
        ("the key as the value", key_as_value, Refusal::Algorithm),
        ("the value as the key", value_as_key, Refusal::Algorithm),
        ("a key in plaintext", plain_key, Refusal::Plaintext),
        ("a header in plaintext", plain_header, Refusal::Plaintext),
    ];
    for (what, bad, refusal) in rows {
        assert_eq!(
            fault(stream.open(&batch(CODECS[0], &[bad]))).refusal,
            refusal,
            "{what}"
        );
    }
}

#[test]
fn the_key_of_another_ring_opens_nothing_here() {
    let mut stream = Stream::default();
    stream
        .ring
        .0
        .insert([9; 16], FoundKey::Key(key(9, "billing")));
    let home = Home {
        ring: "billing".into(),
        ..common::home()
    };
    let value = seal_value(
        &home,
        &key(9, "billing"),
        Place::Value,
        None,
        Some(b"k"),
        SECRET,
    )
    .unwrap();
    let refused = fault(stream.open(&batch(CODECS[0], &[message(b"k", &value)])));
    assert_eq!(refused.refusal, Refusal::ForeignRing);
    assert_eq!(
        open_value(
            &[home],
            &stream.ring,
            Place::Value,
            None,
            Some(b"k"),
            &value
        )
        .unwrap(),
        SECRET
    );
    assert_eq!(
        open_value(
            &[common::home()],
            &Ring::default(),
            Place::Value,
            None,
            None,
            &value
        ),
        Err(Refusal::UnknownKey)
    );
}

#[test]
fn an_envelope_is_not_sealed_once_more() {
    let stream = Stream::with_keys();
    let inner = sealed();
    let rows = [
        message(b"k", &inner),
        message(&inner, b"v"),
        Message {
            headers: vec![(b"ssn".to_vec(), Some(inner.clone()))],
            ..message(b"k", b"v")
        },
    ];
    for row in rows {
        for codec in CODECS {
            let refused = stream
                .seal(&batch(codec, &[message(b"k", b"v"), row.clone()]))
                .unwrap_err();
            assert_eq!(
                (refused.refusal, refused.index),
                (Refusal::AlreadySealed, 1)
            );
        }
        let marks = Stream {
            mark: Mark::Header,
            ..Stream::with_keys()
        };
        let marked = read(&marks.seal(&batch(CODECS[0], &[row])).unwrap()).remove(0);
        let (name, code) = marked.headers.last().unwrap();
        assert_eq!(
            (name.as_slice(), code.as_deref()),
            (MARK.as_bytes(), Some(&b"already_sealed"[..]))
        );
    }
}

#[test]
fn a_bomb_inside_an_envelope_is_refused() {
    let stream = Stream {
        limits: Limits {
            inflated_bytes_max: 64 << 20,
            inflated_ratio_max: 1 << 30,
            ..Limits::default()
        },
        ..Stream::default()
    };
    let bomb = message(b"k", &vec![0; 3 << 20]);
    let sealed = stream.seal(&batch(Compression::Zstd, &[bomb])).unwrap();
    assert!(sealed.len() < 64 << 10);
    assert_eq!(
        fault(Stream::default().open(&sealed)).refusal,
        Refusal::Bomb
    );
}

/// Batches that no producer makes.
fn batches() -> Vec<(&'static str, Vec<u8>, Refusal)> {
    use Refusal as R;
    let two = [message(b"k", SECRET), message(b"k", SECRET)];
    let plain = payload(&two);
    let mut rows = vec![
        (
            "one record more than there are",
            batch_of(CODECS[0], 3, &plain),
            R::Count,
        ),
        (
            "one record less than there are",
            batch_of(CODECS[0], 1, &plain),
            R::Count,
        ),
        (
            "a billion records",
            batch_of(CODECS[0], 1_000_000_000, &plain),
            R::Count,
        ),
        (
            "a record cut short",
            batch_of(CODECS[0], 2, &plain[..plain.len() - 1]),
            R::Record,
        ),
        (
            "records and a byte",
            batch_of(CODECS[0], 2, &[&plain[..], &[0]].concat()),
            R::Count,
        ),
        ("a length of -1", batch_of(CODECS[0], 1, &[1]), R::Record),
        (
            "a length of 2^31",
            batch_of(CODECS[0], 1, &[0x80, 0x80, 0x80, 0x80, 0x10, 0]),
            R::Record,
        ),
        (
            "a length without an end",
            batch_of(CODECS[0], 1, &[0xff; 30]),
            R::Record,
        ),
        (
            "a key length of -2",
            batch_of(CODECS[0], 1, &[12, 0, 0, 0, 3, 1, 0]),
            R::Record,
        ),
        (
            "a million headers",
            batch_of(CODECS[0], 1, &[18, 0, 0, 0, 1, 1, 0x80, 0x89, 0x7a, 0]),
            R::Record,
        ),
        (
            "a header without a name",
            batch_of(CODECS[0], 1, &[16, 0, 0, 0, 1, 1, 2, 1, 1]),
            R::Record,
        ),
        (
            "a byte behind the headers",
            batch_of(CODECS[0], 1, &[14, 0, 0, 0, 1, 1, 0, 0]),
            R::Record,
        ),
    ];
    let mut damaged = batch(CODECS[0], &two);
    *damaged.last_mut().unwrap() ^= 1;
    rows.push(("a checksum of other bytes", damaged, R::Checksum));
    let mut unknown = batch(CODECS[0], &two);
    unknown[22] |= 7;
    common::finish(&mut unknown);
    rows.push(("an unknown compression", unknown, R::Codec));
    let mut old = batch(CODECS[0], &two);
    old[16] = 1;
    rows.push(("a message set of magic 1", old, R::Batch));
    for codec in &CODECS[1..] {
        let mut bomb = batch_of(CODECS[0], 1, &[]);
        bomb[22] |= CODECS.iter().position(|it| it == codec).unwrap() as u8;
        Codecs::default()
            .deflate(*codec, Effort::Fast, &vec![0; 3 << 20], &mut bomb)
            .unwrap();
        common::finish(&mut bomb);
        rows.push(("a bomb", bomb, R::Bomb));
        let mut garbage = batch_of(CODECS[0], 1, b"not compressed at all, whatever it says");
        garbage[22] |= CODECS.iter().position(|it| it == codec).unwrap() as u8;
        common::finish(&mut garbage);
        rows.push(("garbage", garbage, R::Inflate));
    }
    rows
}

#[test]
fn a_batch_that_can_not_be_read_is_refused_both_ways() {
    let stream = Stream::default();
    for (what, records, refusal) in batches() {
        let sealed = stream.seal(&records).unwrap_err().refusal;
        assert!(
            sealed == refusal || sealed == Refusal::Bomb && what == "garbage",
            "{what}: {sealed:?}"
        );
        if refusal == Refusal::Count || refusal == Refusal::Record {
            // What is there before it is plaintext.
            fault(stream.open(&records));
        } else {
            let opened = fault(stream.open(&records)).refusal;
            assert!(
                opened == refusal || opened == Refusal::Bomb && what == "garbage",
                "{what}: {opened:?}"
            );
        }
    }
}

#[test]
fn an_old_envelope_in_a_new_record_is_the_followers_business() {
    // SECURITY: replay within one stream, partition and key opens; judged by the producer's counter, not here.
    let stream = Stream::default();
    let value = sealed();
    let replayed = batch(CODECS[0], &[message(b"k", &value), message(b"k", &value)]);
    assert_eq!(read(&stream.open(&replayed).unwrap().0).len(), 2);
    assert!(Envelope::parse(&value).is_ok());
}
