//! Envelopes of producers are looked at and not opened: what is not one of a living key of the ring is refused.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "tests"
)]

mod common;

use std::collections::HashMap;
use std::sync::Arc;

use common::{CODECS, Message, Stream, batch, message, read};
use streamward_records::{
    Checking, Fault, Kid, KnownKey, KnownKeys, Limits, MISSING_MAX, Refusal, Scratch, Unopened,
    check_records,
};

#[derive(Default)]
struct Facts(HashMap<Kid, KnownKey>);

impl KnownKeys for Facts {
    fn known(&self, kid: &Kid) -> KnownKey {
        self.0.get(kid).cloned().unwrap_or(KnownKey::NotThere)
    }
}

fn of(ring: &str, deterministic: bool) -> KnownKey {
    KnownKey::Of {
        ring: ring.into(),
        deterministic,
    }
}

fn facts() -> Facts {
    Facts(HashMap::from([
        ([1; 16], of("clinical-care", false)),
        ([2; 16], of("clinical-care", true)),
    ]))
}

fn check(records: &[u8], facts: &Facts) -> Result<(), Unopened> {
    let rings: [Arc<str>; 1] = ["clinical-care".into()];
    let headers: [Box<[u8]>; 1] = [b"ssn".to_vec().into()];
    let checking = Checking {
        rings: &rings,
        value: true,
        key: true,
        headers: &headers,
    };
    check_records(
        records,
        &checking,
        facts,
        &Limits::default(),
        &mut Scratch::default(),
    )
}

fn refusal(records: &[u8], facts: &Facts) -> Refusal {
    match check(records, facts) {
        Err(Unopened::Fault(fault)) => fault.refusal,
        other => unreachable!("{other:?}"),
    }
}

fn plain() -> Vec<Message> {
    let mut first = message(b"key", b"value");
    first.headers = vec![
        (b"ssn".to_vec(), Some(b"078-05-1120".to_vec())),
        (b"ssn".to_vec(), None),
        (b"trace".to_vec(), Some(b"1".to_vec())),
    ];
    vec![first, Message::default()]
}

fn sealed() -> Vec<Message> {
    read(
        &Stream::with_keys()
            .seal(&batch(CODECS[0], &plain()))
            .unwrap(),
    )
}

#[test]
fn what_a_producer_sealed_is_taken_in_every_codec_and_nulls_stay_null() {
    for codec in CODECS {
        assert_eq!(check(&batch(codec, &sealed()), &facts()), Ok(()));
    }
}

#[test]
fn each_part_that_must_be_sealed_is_looked_at() {
    let sealed = sealed();
    let mut parts = vec![sealed.clone(); 3];
    parts[0][0].key = plain()[0].key.clone();
    parts[1][0].value = plain()[0].value.clone();
    parts[2][0].headers = plain()[0].headers.clone();
    for messages in parts {
        assert_eq!(
            refusal(&batch(CODECS[0], &messages), &facts()),
            Refusal::Plaintext
        );
    }
    // A key's envelope in the place of a value, and the other way round.
    let mut swapped = sealed;
    let value = swapped[0].value.clone();
    swapped[0].value = swapped[0].key.clone();
    swapped[0].key = value;
    assert_eq!(
        refusal(&batch(CODECS[0], &swapped), &facts()),
        Refusal::Algorithm
    );
}

#[test]
fn the_record_that_is_wrong_is_named() {
    let mut messages = sealed();
    messages[1].value = Some(b"in the clear".to_vec());
    let fault = Fault {
        offset: 0,
        index: 1,
        refusal: Refusal::Plaintext,
    };
    let found = check(&batch(CODECS[4], &messages), &facts());
    // The offset is that of the batch.
    assert!(
        matches!(found, Err(Unopened::Fault(it)) if it.index == fault.index
        && it.refusal == fault.refusal)
    );
}

#[test]
fn a_key_must_be_a_living_one_of_the_ring_and_of_its_purpose() {
    let records = batch(CODECS[0], &sealed());
    for (known, refused) in [
        (KnownKey::Unknown, Refusal::UnknownKey),
        (of("clinical-other", false), Refusal::ForeignRing),
        (of("clinical-care", true), Refusal::Algorithm),
    ] {
        let mut facts = facts();
        facts.0.insert([1; 16], known);
        assert_eq!(refusal(&records, &facts), refused);
    }
}

#[test]
fn what_was_sealed_for_a_value_is_no_key_whatever_is_said_of_who_sealed_it() {
    let mut messages = sealed();
    messages[0].key = messages[0].value.take();
    messages[0].headers.clear();
    let mut facts = facts();
    // The envelope names a key that seals keys of records, and is not of their algorithm.
    facts.0.insert([1; 16], of("clinical-care", true));
    assert_eq!(
        refusal(&batch(CODECS[0], &messages), &facts),
        Refusal::Algorithm
    );
}

#[test]
fn no_more_keys_are_asked_for_than_so_many() {
    let envelope = sealed()[0].value.clone().unwrap();
    let at = envelope.windows(16).position(|it| it == [1; 16]).unwrap();
    let messages: Vec<Message> = (0..=MISSING_MAX)
        .map(|number| {
            let mut value = envelope.clone();
            value[at..at + 8].copy_from_slice(&(number as u64 + 1000).to_be_bytes());
            Message {
                value: Some(value),
                ..Message::default()
            }
        })
        .collect();
    let found = check(&batch(CODECS[0], &messages), &facts());
    assert!(matches!(found, Err(Unopened::Missing(kids)) if kids.len() == MISSING_MAX));
}

#[test]
fn keys_that_nothing_is_known_of_are_asked_for_once() {
    let found = check(&batch(CODECS[0], &sealed()), &Facts::default());
    assert_eq!(found, Err(Unopened::Missing(vec![[2; 16], [1; 16]])));
}

#[test]
fn no_byte_of_the_head_may_be_another() {
    let good = sealed();
    let value = good[0].value.clone().unwrap();
    // Up to the nonce; what is behind it only shows where the envelope is opened.
    for at in 0..34 {
        let mut messages = good.clone();
        let mut changed = value.clone();
        changed[at] ^= 0x01;
        messages[0].value = Some(changed);
        let found = check(&batch(CODECS[0], &messages), &facts());
        assert!(found.is_err(), "byte {at}");
    }
    for cut in 1..value.len() {
        let mut messages = good.clone();
        messages[0].value = Some(value[..cut].to_vec());
        assert!(check(&batch(CODECS[0], &messages), &facts()).is_err());
    }
}
