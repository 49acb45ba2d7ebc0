//! How much is made of little: sealed, opened, compressed.
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

use std::sync::Arc;

use common::{CODECS, Message, Stream, batch, message, read};
use streamward_records::{DataKey, Fault, FoundKey, Limits, Mark, Refusal, Unopened};
use streamward_wire::kafka::batch::{Compression, batches};

fn tiny(count: usize) -> Vec<Message> {
    let one = Message {
        value: Some(b"x".to_vec()),
        ..Message::default()
    };
    vec![one; count]
}

#[test]
fn sealing_ends_at_the_record_that_is_too_much() {
    for codec in CODECS {
        let stream = Stream {
            sealed_bytes_max: 100_000,
            limits: Limits {
                inflated_bytes_max: 100_000,
                ..Limits::default()
            },
            ..Stream::default()
        };
        let plain = batch(codec, &tiny(5_000));
        let fault = stream.seal(&plain).unwrap_err();
        assert_eq!(fault.refusal, Refusal::TooLarge, "{codec:?}");
        assert!(fault.index > 800 && fault.index < 1_400, "{}", fault.index);
        assert!(
            stream.data_key.sealed() < 1_400,
            "nothing further is sealed"
        );
    }
}

#[test]
fn the_batches_of_a_request_share_what_they_may_take() {
    let plain = batch(CODECS[0], &tiny(100));
    let mut stream = Stream::default();
    let once = stream.seal(&plain).unwrap().len();
    let twice = plain.repeat(2);
    stream.sealed_bytes_max = 2 * once;
    assert_eq!(stream.seal(&twice).unwrap().len(), 2 * once);
    stream.sealed_bytes_max -= 1;
    assert_eq!(stream.seal(&twice).unwrap_err().refusal, Refusal::TooLarge);
}

#[test]
fn what_is_sealed_is_not_refused_as_a_bomb_where_it_is_opened() {
    // The batch does not inflate beyond the limit, one value of it would.
    let mut noise = Vec::new();
    let mut state = 1_u64;
    while noise.len() < 50_000 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        noise.extend((state >> 20).to_be_bytes());
    }
    let messages = [message(b"k", &vec![0; 2 << 20]), message(b"k", &noise)];
    let stream = Stream {
        limits: Limits::default(),
        ..Stream::default()
    };
    for codec in [Compression::Gzip, Compression::Zstd] {
        let sealed = stream.seal(&batch(codec, &messages)).unwrap();
        let (opened, _) = stream.open(&sealed).unwrap();
        assert!(read(&opened) == messages, "{codec:?}");
    }
}

/// A stream of which each batch opens to 500 kB.
fn zeros(count: i64) -> (Stream, Vec<u8>) {
    let stream = Stream::default();
    let plain = batch(Compression::Zstd, &[message(b"k", &vec![0; 500_000])]);
    let one = stream.seal(&plain).unwrap();
    assert!(one.len() < 1_000);
    let all = (0..count).flat_map(|offset| {
        let mut batch = one.clone();
        batch[..8].copy_from_slice(&offset.to_be_bytes());
        batch
    });
    (stream, all.collect())
}

#[test]
fn what_is_opened_for_one_answer_has_an_end_and_the_next_goes_on_there() {
    let (mut stream, sealed) = zeros(150);
    stream.answer_bytes = sealed.len();
    let (mut from, mut answers) = (0, 0);
    while from < sealed.len() {
        let (opened, report) = stream.open(&sealed[from..]).unwrap();
        let count = batches(&opened).count();
        assert!((1..=70).contains(&count), "{count}");
        let each = sealed.len() / 150;
        from += count * each;
        assert_eq!(report.left_out, from < sealed.len());
        answers += 1;
    }
    assert_eq!((from, answers), (sealed.len(), 3));
}

#[test]
fn an_answer_that_opens_to_more_than_it_was_ends_after_whole_batches() {
    let stream = Stream {
        answer_bytes: 0,
        ..Stream::default()
    };
    // As it is in a batch that nobody compressed, of whoever compresses all the same.
    let value: Vec<u8> = (0..700_000_u32)
        .map(|it| (it.wrapping_mul(it) >> 7) as u8)
        .collect();
    let one = stream
        .seal(&batch(CODECS[0], &[message(b"k", &value)]))
        .unwrap();
    let (opened, report) = stream.open(&one.repeat(3)).unwrap();
    assert_eq!((read(&opened).len(), report.left_out), (1, true));
    // The first leaves in any case.
    let large = batch(CODECS[0], &[message(b"k", &value.repeat(3))]);
    let (opened, report) = stream.open(&stream.seal(&large).unwrap()).unwrap();
    assert_eq!((read(&opened).len(), report.left_out), (1, false));
}

#[test]
fn marks_of_what_is_left_out_are_told_when_it_leaves() {
    let stream = Stream {
        answer_bytes: 0,
        mark: Mark::Header,
        ..Stream::default()
    };
    let plain = batch(CODECS[0], &[message(b"k", &vec![7; 700_000])]);
    let (opened, report) = stream.open(&plain.repeat(2)).unwrap();
    assert_eq!(read(&opened).len(), 1);
    assert_eq!((report.marked.len(), report.marked_count), (1, 1));
}

#[test]
fn envelopes_of_one_batch_together_are_no_bomb() {
    let messages = vec![message(b"k", &vec![0; 500_000]); 5];
    let roomy = Stream {
        limits: Limits {
            inflated_bytes_max: 64 << 20,
            inflated_ratio_max: 1 << 20,
            ..Limits::default()
        },
        ..Stream::default()
    };
    let sealed = roomy.seal(&batch(Compression::Zstd, &messages)).unwrap();
    let refused = Stream::default().open(&sealed);
    assert!(
        matches!(
            refused,
            Err(Unopened::Fault(Fault {
                refusal: Refusal::Bomb,
                ..
            }))
        ),
        "{refused:?}"
    );
}

#[test]
fn a_batch_that_needs_more_than_a_key_may_seal_is_told_so_and_one_that_came_late_is_not() {
    let few = |records_max| -> Stream {
        let key = DataKey::new([1; 16], "clinical-care".into(), 7, &[9; 32], records_max);
        let key = Arc::new(key.unwrap());
        let mut stream = Stream::default();
        stream.ring.0.insert([1; 16], FoundKey::Key(key.clone()));
        stream.data_key = key;
        stream
    };
    let plain = batch(CODECS[0], &tiny(10));
    assert_eq!(few(9).seal(&plain).unwrap_err().refusal, Refusal::KeyLimit);
    let late = few(19);
    late.seal(&plain).unwrap();
    assert_eq!(late.seal(&plain).unwrap_err().refusal, Refusal::SpentKey);
    // Headers are sealed by the same key.
    let mut stream = few(15);
    stream.headers = vec![b"h".to_vec().into()];
    let mut messages = tiny(10);
    for message in &mut messages {
        message.headers = vec![(b"h".to_vec(), Some(b"v".to_vec()))];
    }
    let fault = stream.seal(&batch(CODECS[0], &messages)).unwrap_err();
    assert_eq!(fault.refusal, Refusal::KeyLimit);
}
