//! Envelopes, and parts of them, in places that they were not sealed for.

use streamward_records::{
    Envelope, FoundKey, Home, MARK, Mark, Place, Refusal, open_value, seal_value,
};

use super::common::{CODECS, Message, Ring, Stream, batch, key, message, read};
use super::forge::{SECRET, fault, sealed};

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
        ..super::common::home()
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
            &[super::common::home()],
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
fn an_old_envelope_in_a_new_record_is_the_followers_business() {
    // SECURITY: replay within one stream, partition and key opens; judged by the producer's counter, not here.
    let stream = Stream::default();
    let value = sealed();
    let replayed = batch(CODECS[0], &[message(b"k", &value), message(b"k", &value)]);
    assert_eq!(read(&stream.open(&replayed).unwrap().0).len(), 2);
    assert!(Envelope::parse(&value).is_ok());
}
