//! Record batches, against bytes that Kafka's own classes wrote.
#![allow(clippy::unwrap_used, reason = "tests")]

use streamward_wire::WireError;
use streamward_wire::kafka::batch::{Batch, Compression, HEADER_BYTES, batches, crc_matches};

const PLAIN: &[u8] = include_bytes!("../../fuzz/corpus/batch/plain");
const GZIP: &[u8] = include_bytes!("../../fuzz/corpus/batch/gzip_idempotent");
const TRANSACTIONAL: &[u8] = include_bytes!("../../fuzz/corpus/batch/transactional");
const CONTROL: &[u8] = include_bytes!("../../fuzz/corpus/batch/control");
const CUT: &[u8] = include_bytes!("../../fuzz/corpus/batch/four_and_a_cut_one");

fn only(records: &[u8]) -> Batch<'_> {
    let mut all = batches(records);
    let batch = all.next().unwrap().unwrap();
    assert!(all.next().is_none() && all.rest() == 0);
    batch
}

fn with(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut changed = PLAIN.to_vec();
    changed[at..at + bytes.len()].copy_from_slice(bytes);
    changed
}

#[test]
fn a_header_says_what_kafka_wrote() {
    let plain = only(PLAIN);
    assert_eq!(
        (plain.base_offset, plain.last_offset, plain.records),
        (0, 1, 2)
    );
    assert_eq!((plain.bytes, plain.complete), (PLAIN.len(), true));
    assert_eq!(
        (plain.base_timestamp, plain.max_timestamp),
        (1_700_000_000_000, 1_700_000_000_005)
    );
    assert_eq!(
        (plain.producer_id, plain.producer_epoch, plain.base_sequence),
        (-1, -1, -1)
    );
    assert_eq!(plain.compression(), Compression::None);
    assert!(!plain.is_control() && !plain.is_transactional() && crc_matches(&plain));
    assert_eq!(plain.payload, &PLAIN[HEADER_BYTES..]);
    let gzip = only(GZIP);
    assert_eq!((gzip.base_offset, gzip.last_offset), (100, 100));
    assert_eq!(
        (gzip.producer_id, gzip.producer_epoch, gzip.base_sequence),
        (4242, 3, 17)
    );
    assert!(gzip.compression() == Compression::Gzip && crc_matches(&gzip));
    let transactional = only(TRANSACTIONAL);
    assert!(transactional.is_transactional() && !transactional.is_control());
    let control = only(CONTROL);
    assert!(control.is_control() && control.is_transactional() && crc_matches(&control));
}

#[test]
fn a_batch_that_is_cut_short_is_said_to_be() {
    let all: Vec<_> = batches(CUT).collect::<Result<_, _>>().unwrap();
    assert_eq!(
        all.iter().map(|batch| batch.complete).collect::<Vec<_>>(),
        [true, true, true, true, false]
    );
    assert!(!crc_matches(&all[4]) && all[4].records == 2);
    assert_eq!(all[4].payload.len(), 65 - HEADER_BYTES);
}

#[test]
fn a_rest_without_a_whole_header_ends_the_iteration_and_is_counted() {
    for end in 1..HEADER_BYTES {
        let mut all = batches(&PLAIN[..end]);
        assert!(all.next().is_none());
        assert_eq!(all.rest(), end);
    }
    let mut empty = batches(&[]);
    assert!(empty.next().is_none() && empty.rest() == 0);
}

#[test]
fn a_changed_byte_changes_the_checksum() {
    for at in 21..PLAIN.len() {
        let mut changed = PLAIN.to_vec();
        changed[at] ^= 1;
        let found = batches(&changed).next().unwrap();
        assert!(
            found.is_err() || found.is_ok_and(|batch| !crc_matches(&batch)),
            "{at}"
        );
    }
}

#[test]
fn other_formats_are_refused_even_if_short() {
    for magic in [0, 1, 3, 0xff] {
        let changed = with(16, &[magic]);
        for end in [17, 40, changed.len()] {
            let mut all = batches(&changed[..end]);
            assert!(matches!(
                all.next(),
                Some(Err(WireError::BatchMagic { at: 0, .. }))
            ));
            assert!(all.next().is_none());
        }
    }
}

#[test]
fn a_header_that_contradicts_itself_is_refused() {
    let field = |changed: &[u8]| match batches(changed).next() {
        Some(Err(WireError::BatchHeader { field, .. })) => field,
        _ => "none",
    };
    assert_eq!(field(PLAIN), "none");
    assert_eq!(field(&with(0, &[0xff; 8])), "base offset");
    assert_eq!(field(&with(0, &i64::MAX.to_be_bytes())), "base offset");
    assert_eq!(field(&with(8, &48_i32.to_be_bytes())), "length");
    assert_eq!(field(&with(8, &(-1_i32).to_be_bytes())), "length");
    assert_eq!(
        field(&with(23, &(-1_i32).to_be_bytes())),
        "last offset delta"
    );
    assert_eq!(field(&with(57, &(-1_i32).to_be_bytes())), "record count");
    let longest = with(8, &i32::MAX.to_be_bytes());
    assert!(
        batches(&longest)
            .next()
            .unwrap()
            .is_ok_and(|batch| !batch.complete)
    );
}
