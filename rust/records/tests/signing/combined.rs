//! Sealed, signed, verified, opened and masked, one after the other, as a gateway does it.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use streamward_records::{
    Budget, Each, Fault, FoundKey, Limits, MARK, Mark, Masks, Opened, Record, Refusal, Scratch,
    Signing, Unopened, Unread, Verified, mask_records, open_verified_records,
    seal_and_sign_records,
};

use super::common::{self, CODECS, Message, batch, finish, message, read};
use super::stream::{SIGNATURE, Stream, counted};

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

/// Sealed and signed in one walk.
fn written((sealing, signing): &(common::Stream, Stream), plain: &[u8]) -> Result<Vec<u8>, Fault> {
    let (mut counter, mut out) = (0, Vec::new());
    seal_and_sign_records(
        plain,
        &sealing.sealing(),
        &Signing {
            sealed: true,
            ..signing.signing()
        },
        &mut counter,
        &sealing.limits,
        usize::MAX,
        &mut Scratch::default(),
        &mut out,
    )?;
    Ok(out)
}

/// Verified and opened in one walk.
fn opened_at_once(
    (sealing, signing): &(common::Stream, Stream),
    records: &[u8],
    mut budget: Budget,
) -> Result<(Vec<u8>, Verified, Opened), Unread> {
    let (origins, homes) = ([signing.origin.clone()], [sealing.home.clone()]);
    let mut out = Vec::new();
    let (verified, opened) = open_verified_records(
        records,
        &signing.verifying(&origins),
        &sealing.opening(&homes),
        &sealing.ring,
        &sealing.limits,
        &mut budget,
        &mut Scratch::default(),
        &mut out,
    )?;
    Ok((out, verified, opened))
}

/// The same in two walks.
fn opened_then(
    (sealing, signing): &(common::Stream, Stream),
    records: &[u8],
) -> Option<(Vec<u8>, Verified, Opened)> {
    let (between, verified) = signing.verify(records).ok()?;
    let (out, opened) = sealing.open(&between).ok()?;
    Some((out, verified, opened))
}

/// What a reader gets, if it gets anything: the same in one walk as in two.
fn opened(streams: &(common::Stream, Stream), records: &[u8]) -> Option<Vec<u8>> {
    let at_once = opened_at_once(streams, records, Budget::of(usize::MAX / 8));
    let then = opened_then(streams, records);
    assert_eq!(at_once.as_ref().ok(), then.as_ref());
    at_once.ok().map(|(out, ..)| out)
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
        each in prop::sample::select(&[Each::Batch, Each::Record, Each::Together][..]),
    ) {
        let streams = streams(each);
        let plain = batch(codec, &messages);
        let at_broker = written(&streams, &plain).unwrap();
        // Keys begin anew with each of these, so that nonces are the same.
        let (sealing, signing) = self::streams(each);
        let then = signing.sign(&sealing.seal(&plain).unwrap()).unwrap();
        prop_assert_eq!(read(&at_broker), read(&then));
        prop_assert_eq!(kept(&at_broker), kept(&then));
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
        each in prop::sample::select(&[Each::Batch, Each::Record, Each::Together][..]),
        marks in any::<[bool; 2]>(),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u8,
    ) {
        let mut streams = streams(each);
        let mut changed = written(&streams, &batch(CODECS[0], &messages)).unwrap();
        let mark = |marks| if marks { Mark::Header } else { Mark::Refuse };
        (streams.0.mark, streams.1.mark) = (mark(marks[0]), mark(marks[1]));
        let at = at.index(changed.len());
        // Neither the length, nor the bits that make it a batch of a broker's own.
        prop_assume!(!(8..12).contains(&at) && at != 22);
        changed[at] ^= 1 << bit;
        if !(16..21).contains(&at) {
            finish(&mut changed);
        }
        if let Some(whole) = opened(&streams, &changed) {
            let is_marked = |it: &Message| it.headers.iter().any(|(name, _)| name == MARK.as_bytes());
            let read = read(&whole);
            prop_assert_eq!(read.len(), messages.len());
            for (read, message) in read.iter().zip(&messages) {
                prop_assert!(is_marked(read) || read == message);
            }
            prop_assert!(marks != [false; 2] || !read.iter().any(is_marked));
        }
    }
}

fn two_batches(streams: &(common::Stream, Stream)) -> Vec<u8> {
    let plain = counted(batch(
        CODECS[0],
        &[message(b"a", b"1"), message(b"b", b"2")],
    ));
    let (mut out, mut counter, limits) = (Vec::new(), 0, Limits::default());
    for _ in 0..2 {
        seal_and_sign_records(
            &plain,
            &streams.0.sealing(),
            &streams.1.signing(),
            &mut counter,
            &limits,
            usize::MAX,
            &mut Scratch::default(),
            &mut out,
        )
        .unwrap();
    }
    assert_eq!(counter, 4);
    out
}

#[test]
fn of_a_batch_that_is_cut_nothing_leaves_in_one_walk_either() {
    let streams = streams(Each::Batch);
    let at_broker = two_batches(&streams);
    let cut = &at_broker[..at_broker.len() - 1];
    let (out, verified, opened) =
        opened_at_once(&streams, cut, Budget::of(usize::MAX / 8)).unwrap();
    assert!(verified.left_out && !opened.left_out);
    assert_eq!((read(&out).len(), verified.count), (2, 2));
}

#[test]
fn what_the_budget_leaves_out_is_not_told_of() {
    let mut streams = streams(Each::Batch);
    let large = counted(batch(CODECS[0], &[message(b"a", &vec![b'v'; 3 << 19])]));
    let mut counter = 0;
    let sealed = [0; 2].map(|_| streams.0.seal(&large).unwrap());
    let signed = sealed.map(|it| streams.1.sign_from(&mut counter, &it).unwrap());
    streams.1.mark = Mark::Header;
    // Signed for elsewhere, so that each record is marked.
    streams.1.partition = Some(4);
    streams.0.mark = Mark::Header;
    let found = opened_at_once(&streams, &signed.concat(), Budget::of(0));
    let (out, verified, opened) = found.unwrap();
    assert!(opened.left_out && verified.left_out);
    assert_eq!(
        (
            read(&out).len(),
            verified.marked_count,
            verified.marked.len()
        ),
        (1, 1, 1)
    );
}

#[test]
fn it_is_told_whether_a_record_does_not_verify_or_does_not_open() {
    let mut streams = streams(Each::Batch);
    let at_broker = two_batches(&streams);
    let budget = || Budget::of(usize::MAX / 8);
    streams.1.partition = Some(4);
    let found = opened_at_once(&streams, &at_broker, budget()).unwrap_err();
    assert!(matches!(found, Unread::Unverified(it) if it.refusal == Refusal::InvalidSignature));
    streams.1.partition = Some(3);
    streams.0.home.stream = "other".into();
    let found = opened_at_once(&streams, &at_broker, budget()).unwrap_err();
    assert!(matches!(found, Unread::Unopened(Unopened::Fault(it)) if it.refusal == Refusal::Moved));
    streams.0.home = common::home();
    streams.0.ring.0.insert([1; 16], FoundKey::NotThere);
    let found = opened_at_once(&streams, &at_broker, budget()).unwrap_err();
    assert!(matches!(found, Unread::Unopened(Unopened::Missing(it)) if it == [[1; 16]]));
}

#[test]
fn a_record_that_can_not_be_signed_is_not_sealed_either() {
    let streams = streams(Each::Batch);
    let mut forged = message(b"a", b"1");
    forged.headers = vec![(SIGNATURE.to_vec(), None)];
    let plain = batch(CODECS[0], &[message(b"a", b"1"), forged]);
    let fault = written(&streams, &plain).unwrap_err();
    assert_eq!((fault.refusal, fault.index), (Refusal::ForgedSignature, 1));
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
