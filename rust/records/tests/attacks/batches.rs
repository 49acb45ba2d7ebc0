//! Batches that can't be read.

use streamward_records::Refusal;
use streamward_records::compression::{Codecs, Effort};

use super::common::{CODECS, Stream, batch, batch_of, message, payload};
use super::forge::{SECRET, fault};

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
    super::common::finish(&mut unknown);
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
        super::common::finish(&mut bomb);
        rows.push(("a bomb", bomb, R::Bomb));
        let mut garbage = batch_of(CODECS[0], 1, b"not compressed at all, whatever it says");
        garbage[22] |= CODECS.iter().position(|it| it == codec).unwrap() as u8;
        super::common::finish(&mut garbage);
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
