//! Sealed, signed, verified, opened and masked, one after the other, as a gateway does it.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use streamward_records::{
    Budget, Each, Limits, MARK, Mark, Masks, Record, Refusal, Scratch, mask_records,
};

use super::common::{self, CODECS, Message, batch, finish, read};
use super::stream::Stream;

fn messages() -> impl Strategy<Value = Vec<Message>> {
    let bytes = |max| vec(any::<u8>(), 0..max);
    // Two of these are sealed.
    let name = prop::sample::select(vec!["name", "ssn", "trace"]);
    let header = (
        name.prop_map(|it| it.as_bytes().to_vec()),
        option::of(bytes(9)),
    );
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
    (
        batch[..8].to_vec(),
        [&batch[12..17], &batch[21..61]].concat(),
    )
}

fn streams(each: Each) -> (common::Stream, Stream) {
    let signing = Stream {
        each,
        strip: true,
        ..Stream::default()
    };
    (common::Stream::with_keys(), signing)
}

/// What a reader gets, if it gets anything.
fn opened((sealing, signing): &(common::Stream, Stream), records: &[u8]) -> Option<Vec<u8>> {
    let (verified, _) = signing.verify(records).ok()?;
    Some(sealing.open(&verified).ok()?.0)
}

/// Shows of a value its length, and one header.
struct Lengths;

impl Masks for Lengths {
    fn value(&mut self, _: &Record<'_>, value: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        out.extend(value.len().to_string().bytes());
        Ok(())
    }

    fn key(&mut self, _: &[u8], _: &mut Vec<u8>) -> bool {
        false
    }

    fn shows_header(&self, name: &[u8]) -> bool {
        name == b"trace"
    }
}

fn masked(records: &[u8]) -> Vec<u8> {
    let (limits, mut budget) = (Limits::default(), Budget::of(usize::MAX));
    let (mut scratch, mut out) = (Scratch::default(), Vec::new());
    let with = (&mut budget, &mut scratch);
    let mark = Mark::Refuse;
    mask_records(
        records,
        &mut Lengths,
        mark,
        &limits,
        with.0,
        with.1,
        &mut out,
    )
    .unwrap();
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_sealed_and_signed_is_read_and_masked_as_it_was(
        messages in messages(),
        codec in prop::sample::select(&CODECS[..]),
        each in prop::sample::select(&[Each::Batch, Each::Record][..]),
    ) {
        let streams = streams(each);
        let plain = batch(codec, &messages);
        let at_broker = streams.1.sign(&streams.0.seal(&plain).unwrap()).unwrap();
        let whole = opened(&streams, &at_broker).unwrap();
        prop_assert_eq!(read(&whole), messages.clone());
        prop_assert_eq!(kept(&whole), kept(&plain));
        let masked = masked(&whole);
        prop_assert_eq!(kept(&masked), kept(&plain));
        let shown = messages.into_iter().map(|it| Message {
            key: None,
            value: it.value.map(|value| value.len().to_string().into_bytes()),
            headers: it.headers.into_iter().filter(|(name, _)| name == b"trace").collect(),
        });
        prop_assert_eq!(read(&masked), shown.collect::<Vec<_>>());
    }

    #[test]
    fn any_change_is_refused_or_harmless(
        messages in messages(),
        each in prop::sample::select(&[Each::Batch, Each::Record][..]),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let streams = streams(each);
        let sealed = streams.0.seal(&batch(CODECS[0], &messages)).unwrap();
        let mut changed = streams.1.sign(&sealed).unwrap();
        let at = at.index(changed.len());
        // Neither the length, nor the bits that make it a batch of a broker's own.
        prop_assume!(!(8..12).contains(&at) && at != 22);
        changed[at] ^= 1 << bit;
        if !(16..21).contains(&at) {
            finish(&mut changed);
        }
        if let Some(whole) = opened(&streams, &changed) {
            prop_assert_eq!(read(&whole), messages);
        }
    }
}

#[test]
fn who_sees_masks_sees_marks_and_nothing_else_under_their_name() {
    let header = |value: &[u8]| vec![(MARK.as_bytes().to_vec(), Some(value.to_vec()))];
    for (value, is_seen) in [
        (&b"unsigned"[..], true),
        (b"contract_invalid", true),
        (b"4111222233334444", false),
        (b"Ann", false),
        (&[b'a'; 33], false),
    ] {
        let message = Message {
            value: Some(b"v".to_vec()),
            headers: header(value),
            ..Message::default()
        };
        let seen = read(&masked(&batch(CODECS[0], &[message]))).remove(0);
        let expected = if is_seen { header(value) } else { Vec::new() };
        assert_eq!(seen.headers, expected, "{value:?}");
    }
}
