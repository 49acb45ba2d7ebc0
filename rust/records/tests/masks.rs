//! What of records leaves for a reader with masks, and what is left out of an answer that is too large.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "tests"
)]

mod common;

use common::{CODECS, Message, batch, message, read};
use streamward_records::{
    Budget, Fault, Limits, MARK, Mark, Masks, Opened, Record, Refusal, Scratch, mask_records,
};
use streamward_wire::kafka::batch::Compression;

/// Shows values in capitals; of those with an `!` it shows half, and then refuses the rest. Headers are seen that
/// begin with an `h`, keys that do not begin with a `k`.
struct Capitals;

impl Masks for Capitals {
    fn value(&mut self, _: &Record<'_>, value: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        let end = value.iter().position(|it| *it == b'!');
        out.extend(value[..end.unwrap_or(value.len())].to_ascii_uppercase());
        end.map_or(Ok(()), |_| Err(Refusal::Unmaskable))
    }

    fn key(&mut self, key: &[u8], out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(key);
        !key.starts_with(b"k")
    }

    fn shows_header(&self, name: &[u8]) -> bool {
        name.starts_with(b"h")
    }
}

fn masked(records: &[u8], mark: Mark, answer: usize) -> Result<(Vec<u8>, Opened), Fault> {
    let limits = Limits {
        // Zeros become almost nothing.
        inflated_ratio_max: 1 << 20,
        ..Limits::default()
    };
    let (mut scratch, mut out) = (Scratch::default(), Vec::new());
    let mut budget = Budget::of(answer);
    let opened = mask_records(
        records,
        &mut Capitals,
        mark,
        &limits,
        &mut budget,
        &mut scratch,
        &mut out,
    )?;
    Ok((out, opened))
}

fn values(records: &[u8]) -> Vec<Option<Vec<u8>>> {
    read(records).into_iter().map(|it| it.value).collect()
}

#[test]
fn keys_values_and_headers_are_what_a_reader_sees_and_nulls_stay_null() {
    let mut first = message(b"key", b"value");
    first.headers = vec![
        (b"h".to_vec(), Some(b"1".to_vec())),
        (b"x".to_vec(), Some(b"2".to_vec())),
        (b"h".to_vec(), None),
    ];
    let messages = [first, Message::default(), message(b"other", b"")];
    for codec in CODECS {
        let (out, opened) = masked(&batch(codec, &messages), Mark::Refuse, 1 << 20).unwrap();
        let mut seen = messages.clone();
        seen[0].key = None;
        seen[0].value = Some(b"VALUE".to_vec());
        seen[0].headers.remove(1);
        assert_eq!(read(&out), seen);
        assert_eq!(opened, Opened::default());
    }
}

#[test]
fn of_a_value_that_fails_on_its_way_not_even_its_beginning_leaves() {
    let records = batch(
        CODECS[0],
        &[message(b"a", b"good"), message(b"b", b"half!")],
    );
    let fault = masked(&records, Mark::Refuse, 1 << 20).unwrap_err();
    assert_eq!((fault.index, fault.refusal), (1, Refusal::Unmaskable));

    let (out, opened) = masked(&records, Mark::Header, 1 << 20).unwrap();
    assert_eq!(values(&out), [Some(b"GOOD".to_vec()), Some(Vec::new())]);
    let mark = (MARK.as_bytes().to_vec(), Some(b"unmaskable".to_vec()));
    assert_eq!(read(&out)[1].headers, [mark]);
    assert_eq!((opened.marked_count, opened.marked[0].offset), (1, 41));
}

#[test]
fn no_more_marks_are_told_than_so_many_and_all_are_counted() {
    let records = batch(CODECS[0], &vec![message(b"a", b"!"); 100]);
    let (_, opened) = masked(&records, Mark::Header, 1 << 20).unwrap();
    assert_eq!((opened.marked_count, opened.marked.len()), (100, 64));
}

#[test]
fn a_batch_that_the_broker_cut_does_not_leave() {
    let whole = batch(CODECS[0], &[message(b"a", b"one")]);
    for rest in [1, 61, whole.len() - 1] {
        let cut = [&whole[..], &whole[..rest]].concat();
        let (out, opened) = masked(&cut, Mark::Refuse, 1 << 20).unwrap();
        assert_eq!(values(&out), [Some(b"ONE".to_vec())]);
        assert!(!opened.left_out);
    }
}

#[test]
fn what_an_answer_has_no_room_for_is_left_out_with_what_was_told_of_it() {
    // An answer may become a mebibyte however short it was.
    let large = |end: &[u8]| [&vec![b'v'; 600_000], end].concat();
    let one = |end: &[u8]| {
        batch(
            CODECS[0],
            &[message(b"a", &large(end)), message(b"b", b"!")],
        )
    };
    let records = [one(b""), one(b""), batch(CODECS[0], &[message(b"a", b"s")])].concat();

    let (out, opened) = masked(&records, Mark::Header, 0).unwrap();

    assert_eq!(
        values(&out).len(),
        2,
        "one batch, and none behind the first that did not fit"
    );
    assert!(opened.left_out);
    assert_eq!((opened.marked_count, opened.marked.len()), (1, 1));
}

#[test]
fn no_more_is_inflated_for_one_answer_than_so_much_however_little_leaves() {
    let value = [&b"!"[..], &vec![0; 17 << 20]].concat();
    let one = batch(Compression::Zstd, &[message(b"a", &value)]);
    let records = [one.clone(), one.clone(), one].concat();

    let (out, opened) = masked(&records, Mark::Header, 0).unwrap();

    // The second took all that was left of 32 MiB.
    assert_eq!(values(&out), [Some(Vec::new()), Some(Vec::new())]);
    assert!(opened.left_out);
}
