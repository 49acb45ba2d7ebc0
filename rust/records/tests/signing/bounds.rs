//! Batches that are not what they say, and bounds: what goes beyond them is neither signed nor verified.

use streamward_records::{
    Budget, Each, Fault, Limits, Origin, Refusal, Scratch, Signature, Verified, Verifying,
    sign_records, verify_records,
};
use streamward_wire::kafka::batch::Compression;

use super::common::{batch, batch_of, finish, message, payload, read};
use super::stream::{Stream, counted, origin};

/// Where a batch says how many records it has, and its first sequence number.
const COUNT: std::ops::Range<usize> = 57..61;
const SEQUENCE: std::ops::Range<usize> = 53..57;

fn plain() -> Vec<u8> {
    batch(
        Compression::None,
        &[message(b"a", b"1"), message(b"b", b"2")],
    )
}

fn by_producer() -> Stream {
    Stream {
        each: Each::Record,
        writer: Some("shop".into()),
        ..Stream::default()
    }
}

fn refused(stream: &Stream, records: &[u8]) -> Refusal {
    stream.verify(records).unwrap_err().refusal
}

fn verified(
    stream: &Stream,
    records: &[u8],
    limits: &Limits,
    mut budget: Budget,
) -> Result<(Vec<u8>, Verified), Fault> {
    let verifying = Verifying {
        origins: std::slice::from_ref(&stream.origin),
        partition: stream.partition,
        timestamp: stream.timestamp,
        keys: &stream.keys,
        writer: stream.writer.as_deref(),
        own_batches: true,
        mark: stream.mark,
        strip: stream.strip,
    };
    let (mut scratch, mut out) = (Scratch::default(), Vec::new());
    let verified = verify_records(
        records,
        &verifying,
        limits,
        &mut budget,
        &mut scratch,
        &mut out,
    )?;
    Ok((out, verified))
}

#[test]
fn a_batch_with_another_checksum_is_refused() {
    let mut signed = Stream::default().sign(&plain()).unwrap();
    signed[20] ^= 1;
    for strip in [false, true] {
        let stream = Stream {
            strip,
            ..Stream::default()
        };
        assert_eq!(refused(&stream, &signed), Refusal::Checksum);
    }
}

#[test]
fn what_lies_behind_the_last_record_of_a_batch_is_refused() {
    let signed = by_producer().sign(&plain()).unwrap();
    let mut messages = read(&signed);
    messages[1].headers.clear();
    let mut forged = batch_of(Compression::None, 1, &payload(&messages));
    forged[..COUNT.start].copy_from_slice(&signed[..COUNT.start]);
    finish(&mut forged);
    for stream in [Stream::default(), by_producer()] {
        assert_eq!(refused(&stream, &forged), Refusal::Count);
    }
}

#[test]
fn a_producer_leaves_nothing_behind_its_last_whole_batch() {
    let (stream, signed) = (by_producer(), by_producer().sign(&plain()).unwrap());
    assert_eq!(stream.verify(&signed).unwrap().1.count, 2);
    for rest in [1, 60, 61, signed.len() - 1] {
        let cut = [&signed[..], &signed[..rest]].concat();
        assert_eq!(refused(&stream, &cut), Refusal::Batch, "{rest}");
        let cut = [&plain()[..], &plain()[..rest.min(plain().len() - 1)]].concat();
        let fault = Stream::default().sign(&cut).unwrap_err();
        assert_eq!(fault.refusal, Refusal::Batch, "{rest}");
    }
}

#[test]
fn no_more_records_are_verified_than_a_batch_may_have() {
    let (stream, signed) = (Stream::default(), Stream::default().sign(&plain()).unwrap());
    let limited = |records_max| {
        let limits = Limits {
            records_max,
            ..Limits::default()
        };
        verified(&stream, &signed, &limits, Budget::of(usize::MAX)).map(|it| it.1.count)
    };
    assert_eq!(limited(2), Ok(2));
    assert_eq!(limited(1).unwrap_err().refusal, Refusal::Count);
}

#[test]
fn what_is_signed_takes_no_more_than_it_may() {
    let (stream, plain) = (Stream::default(), plain());
    let signed = |bytes_max| {
        let signing = streamward_records::Signing {
            origin: &stream.origin,
            partition: stream.partition,
            timestamp: true,
            key: &stream.key,
            producer: "shop",
            run: stream.run,
            each: Each::Batch,
            sealed: false,
        };
        let (limits, mut scratch, mut out) = (Limits::default(), Scratch::default(), Vec::new());
        let done = sign_records(
            &plain,
            &signing,
            &mut 0,
            &limits,
            bytes_max,
            &mut scratch,
            &mut out,
        );
        done.map(|()| out.len())
    };
    let whole = signed(usize::MAX).unwrap();
    assert_eq!(signed(whole), Ok(whole));
    assert_eq!(signed(whole - 1).unwrap_err().refusal, Refusal::TooLarge);
}

#[test]
fn batches_behind_a_spent_budget_are_left_out_unverified() {
    let stream = Stream::default();
    let large = message(b"k", &vec![b'v'; 3 << 19]);
    let mut signed = Vec::new();
    let mut counter = 0;
    for _ in 0..2 {
        let plain = counted(batch(Compression::None, std::slice::from_ref(&large)));
        signed.extend(stream.sign_from(&mut counter, &plain).unwrap());
    }
    let first = signed.len() / 2;
    let stripping = Stream {
        strip: true,
        ..Stream::default()
    };

    // One batch always fits, and it takes all of what this answer may.
    let budget = Budget::of(0);

    let (out, done) = verified(&stripping, &signed, &Limits::default(), budget).unwrap();
    assert!(done.left_out && done.count == 1 && out.len() < first);
    // What leaves as it came is as long as the answer was: it draws on what is inflated alone.
    let (out, done) = verified(&stream, &signed, &Limits::default(), budget).unwrap();
    assert!(!done.left_out && done.count == 2 && out.is_empty());
}

#[test]
fn what_an_idempotent_producer_wrote_elsewhere_is_accepted_with_its_own_numbers() {
    let elsewhere = Origin {
        stream: "elsewhere".into(),
        ..origin()
    };
    let mut copied = Stream {
        origin: elsewhere.clone(),
        ..Stream::default()
    }
    .sign(&plain())
    .unwrap();
    copied[43..57].fill(7);
    finish(&mut copied);
    let accepting = Stream {
        accepted: vec![elsewhere],
        ..Stream::default()
    };
    assert_eq!(accepting.verify(&copied).unwrap().1.count, 2);
}

#[test]
fn counters_of_those_who_count_themselves_never_begin_anew() {
    let (stream, plain) = (Stream::default(), counted(plain()));
    let late = stream.sign_from(&mut (1 << 40), &plain).unwrap();
    let early = stream.sign_from(&mut 0, &plain).unwrap();
    let replayed = [late, early].concat();
    assert_eq!(refused(&stream, &replayed), Refusal::Replayed);
}

#[test]
fn sequence_numbers_begin_anew_behind_the_largest() {
    let (stream, mut plain) = (Stream::default(), plain());
    plain[SEQUENCE].copy_from_slice(&i32::MAX.to_be_bytes());
    finish(&mut plain);

    let signed = stream.sign(&plain).unwrap();

    let counters = read(&signed).into_iter().map(|it| {
        let signature = it.headers.last().unwrap().1.clone().unwrap();
        Signature::parse(&signature).unwrap().counter
    });
    let counters: Vec<u64> = counters.collect();
    assert_eq!(counters, [u64::from(i32::MAX.unsigned_abs()), 0]);
    assert_eq!(stream.verify(&signed).unwrap().1.count, 2);
}
