//! Records that are signed together: all of them verify, or none does.

use proptest::prelude::*;
use proptest::sample::Index;
use streamward_records::{Each, Mark, Refusal, Signature};
use streamward_wire::kafka::batch::Compression;

use super::common::{CODECS, Message, batch, batch_of, finish, message, payload, read};
use super::stream::{SIGNATURE, Stream, counted};

fn together() -> Stream {
    Stream {
        each: Each::Together,
        timestamp: false,
        ..Stream::default()
    }
}

fn messages(count: usize) -> Vec<Message> {
    (0..count)
        .map(|at| message(&at.to_be_bytes(), b"value"))
        .collect()
}

fn signed(stream: &Stream, count: usize) -> Vec<Message> {
    let plain = counted(batch(Compression::None, &messages(count)));
    read(&stream.sign(&plain).unwrap())
}

fn as_batch(messages: &[Message]) -> Vec<u8> {
    let mut records = batch_of(Compression::None, messages.len() as u32, &payload(messages));
    finish(&mut records);
    counted(records)
}

fn is_marked(message: &Message) -> bool {
    let mut headers = message.headers.iter();
    headers.any(|(name, _)| name == b"streamward.violation")
}

fn refusal(stream: &Stream, messages: &[Message]) -> Option<Refusal> {
    stream
        .verify(&as_batch(messages))
        .err()
        .map(|it| it.refusal)
}

#[test]
fn the_first_record_holds_the_signature_and_others_stay_as_they_were() {
    for codec in CODECS {
        for idempotent in [true, false] {
            let stream = together();
            let mut plain = batch(codec, &messages(40));
            if !idempotent {
                plain = counted(plain);
            }
            let out = stream.sign(&plain).unwrap();
            let records = read(&out);
            assert_eq!(records[0].headers[0].0, SIGNATURE);
            assert_eq!(records[1..], messages(40)[1..]);
            let (_, verified) = stream.verify(&out).unwrap();
            assert_eq!((verified.count, verified.rewritten), (40, false));
            let strips = Stream {
                strip: true,
                ..together()
            };
            let (stripped, verified) = strips.verify(&out).unwrap();
            assert_eq!((read(&stripped), verified.count), (messages(40), 40));
        }
    }
}

#[test]
fn a_batch_of_one_is_signed_as_a_record_is() {
    let stream = together();
    let records = signed(&stream, 1);
    let alone = Stream {
        each: Each::Record,
        ..together()
    };
    assert_eq!(records, signed(&alone, 1));
    let large = signed(&stream, 5_000);
    assert_eq!(large.iter().filter(|it| !it.headers.is_empty()).count(), 1);
    let verified = stream.verify(&as_batch(&large)).unwrap().1;
    assert_eq!(verified.count, 5_000);
}

#[test]
fn long_fields_are_hashed_as_short_ones_are() {
    let stream = together();
    let sizes = [0, 8_191, 8_193, 32_700, 32_767, 32_768, 32_769, 100_000];
    let messages = sizes.map(|bytes| message(&vec![b'k'; bytes / 2], &vec![b'v'; bytes]));
    for codec in CODECS {
        let out = stream.sign(&batch(codec, &messages)).unwrap();
        assert_eq!(stream.verify(&out).unwrap().1.count, 8);
    }
}

#[test]
fn without_one_of_them_none_verifies() {
    let stream = together();
    let records = signed(&stream, 6);
    for left_out in 0..6 {
        let mut some = records.clone();
        some.remove(left_out);
        let expected = if left_out == 0 {
            Refusal::Unsigned
        } else {
            Refusal::Incomplete
        };
        assert_eq!(refusal(&stream, &some), Some(expected), "{left_out}");
    }
    // Nor with one that nobody signed, wherever it lies.
    for at in 0..=6 {
        let mut more = records.clone();
        more.insert(at, message(b"x", b"more"));
        assert!(refusal(&stream, &more).is_some(), "{at}");
    }
    let mut swapped = records.clone();
    swapped.swap(2, 4);
    assert_eq!(refusal(&stream, &swapped), Some(Refusal::InvalidSignature));
}

#[test]
fn two_groups_in_one_batch_are_none() {
    let marks = Stream {
        mark: Mark::Header,
        ..together()
    };
    let records = [signed(&marks, 3), signed(&marks, 3)].concat();
    assert_eq!(refusal(&together(), &records), Some(Refusal::Incomplete));
    let (out, verified) = marks.verify(&as_batch(&records)).unwrap();
    assert_eq!((verified.count, verified.marked_count), (0, 6));
    assert!(read(&out).iter().all(is_marked));
    // A second signature among records that were signed together is nobody's.
    let mut forged = signed(&marks, 3);
    forged[2].headers = forged[0].headers.clone();
    assert_eq!(
        refusal(&together(), &forged),
        Some(Refusal::ForgedSignature)
    );
}

#[test]
fn the_time_that_a_broker_gives_is_not_what_was_signed() {
    for timestamp in [true, false] {
        let stream = Stream {
            timestamp,
            ..together()
        };
        let mut signed = stream
            .sign(&batch(Compression::None, &messages(3)))
            .unwrap();
        signed[22] |= 8;
        finish(&mut signed);
        assert_eq!(stream.verify(&signed).is_ok(), !timestamp);
    }
}

#[test]
fn they_do_not_come_again() {
    let stream = together();
    let plain = counted(batch(Compression::None, &messages(5)));
    let mut counter = 0;
    let first = stream.sign_from(&mut counter, &plain).unwrap();
    let second = stream.sign_from(&mut counter, &plain).unwrap();
    assert_eq!(counter, 10);
    let both = [first.clone(), second.clone()].concat();
    assert_eq!(stream.verify(&both).unwrap().1.count, 10);
    for wrong in [[first.clone(), first.clone()], [second, first]] {
        let fault = stream.verify(&wrong.concat()).unwrap_err();
        assert_eq!(fault.refusal, Refusal::Replayed);
    }
    // In a batch of their own producer, with another sequence.
    let signed = stream
        .sign(&batch(Compression::None, &messages(5)))
        .unwrap();
    let mut moved = signed;
    moved[56] ^= 1;
    finish(&mut moved);
    let fault = stream.verify(&moved).unwrap_err();
    assert_eq!(fault.refusal, Refusal::Replayed);
}

#[test]
fn a_program_that_reads_one_record_alone_does_not_take_it() {
    let stream = together();
    let records = signed(&stream, 4);
    assert_eq!(refusal(&stream, &records[..1]), Some(Refusal::Incomplete));
    let origins = [stream.origin.clone()];
    let verifying = stream.verifying(&origins);
    let first = &records[0];
    let content = streamward_records::Content {
        key: first.key.as_deref(),
        value: first.value.as_deref(),
        headers: 0,
        headers_block: b"",
    };
    let signature = first.headers[0].1.as_ref().unwrap();
    let judged = streamward_records::verify_record(&verifying, signature, 0, &content);
    assert_eq!(judged.unwrap_err(), Refusal::Incomplete);
}

#[test]
fn producers_do_not_sign_so() {
    let stream = Stream {
        writer: Some("shop".into()),
        ..together()
    };
    let fault = stream.verify(&as_batch(&signed(&stream, 3))).unwrap_err();
    assert_eq!(fault.refusal, Refusal::Incomplete);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever is done to the records of a batch: they verify as they were signed, or not at all.
    #[test]
    fn only_what_was_signed_together_verifies(
        count in 2..7_usize,
        changes in prop::collection::vec((any::<Index>(), any::<Index>(), 0..4_u8), 0..4),
    ) {
        let stream = Stream { mark: Mark::Header, ..together() };
        let whole = signed(&stream, count);
        let foreign = read(&stream.sign_from(&mut 100, &counted(batch(Compression::None, &messages(count)))).unwrap());
        let mut records = whole.clone();
        for (from, to, what) in changes {
            if records.is_empty() { break }
            let (from, to) = (from.index(records.len()), to.index(records.len()));
            match what {
                0 => drop(records.remove(from)),
                1 => records.swap(from, to),
                2 => records.insert(to, foreign[from % count].clone()),
                _ => records[from].value = Some(b"w".to_vec()),
            }
        }
        prop_assume!(!records.is_empty());
        let (out, verified) = stream.verify(&as_batch(&records)).unwrap();
        let genuine = records == whole || records == foreign;
        prop_assert_eq!(verified.marked_count == 0, genuine);
        prop_assert_eq!(read(&out).iter().all(is_marked), !genuine);
    }

    #[test]
    fn the_number_of_records_is_read_in_one_encoding_and_within_bounds(at in any::<Index>(), bit in 0..8_u8) {
        let stream = together();
        let records = signed(&stream, 30);
        let mut signature = records[0].headers[0].1.clone().unwrap();
        prop_assert_eq!(Signature::parse(&signature).unwrap().together, Some(30));
        let at = at.index(signature.len());
        signature[at] ^= 1 << bit;
        let mut changed = records.clone();
        changed[0].headers[0].1 = Some(signature);
        prop_assert!(refusal(&stream, &changed).is_some(), "byte {at}");
    }
}

#[test]
fn what_lies_behind_the_last_record_does_not_leave_with_the_others() {
    let stream = together();
    let mut records = signed(&stream, 3);
    records.push(message(b"x", b"hidden"));
    let mut hidden = as_batch(&records);
    hidden[57..61].copy_from_slice(&3_u32.to_be_bytes());
    finish(&mut hidden);
    let fault = stream.verify(&hidden).unwrap_err();
    assert_eq!(fault.refusal, Refusal::Count);
}

#[test]
fn a_record_has_the_offset_that_its_place_gives_it() {
    let stream = together();
    let signed = as_batch(&signed(&stream, 3));
    let mut walk = streamward_records::Walk::new(&signed[61..], 100);
    walk.next_record().unwrap();
    let second = signed.len() - walk.rest().len();
    walk.next_record().unwrap();
    let third = signed.len() - walk.rest().len();
    // Behind length, attributes and time: one byte each.
    let mut swapped = signed.clone();
    swapped.swap(second + 3, third + 3);
    assert_eq!((signed[second + 3], signed[third + 3]), (2, 4));
    finish(&mut swapped);
    let fault = stream.verify(&swapped).unwrap_err();
    assert_eq!(fault.refusal, Refusal::Incomplete);
}
