//! What brokers and libraries would hand on changed is refused on write, and mirrors verify.

use streamward_records::{Each, Limits, Refusal};
use streamward_wire::kafka::batch::Compression;

use super::common::{Message, batch, batch_of, finish, message, varint};
use super::stream::Stream;

const LOG_APPEND_TIME: u8 = 0x08;

/// A batch of one record with this place in it and this block of headers.
fn one(delta: i64, headers: &[u8]) -> Vec<u8> {
    let mut body = vec![0];
    varint(&mut body, 0);
    varint(&mut body, delta);
    varint(&mut body, -1);
    varint(&mut body, 1);
    body.push(b'v');
    body.extend(headers);
    let mut payload = Vec::new();
    varint(&mut payload, body.len() as i64);
    payload.extend(body);
    batch_of(Compression::None, 1, &payload)
}

/// The refusal of whoever signs it, and of a gateway that a producer gives it to, signed.
fn refused(records: &[u8]) -> Refusal {
    Stream::default().sign(records).unwrap_err().refusal
}

fn by_producer() -> Stream {
    Stream {
        each: Each::Record,
        writer: Some("shop".into()),
        ..Stream::default()
    }
}

#[test]
fn a_record_at_another_place_than_brokers_give_it_is_refused() {
    assert!(Stream::default().sign(&one(0, &[0])).is_ok());
    for delta in [1, -1, 7] {
        assert_eq!(refused(&one(delta, &[0])), Refusal::Unstable, "{delta}");
    }
    let mut signed = by_producer().sign(&plain()).unwrap();
    assert!(by_producer().verify(&signed).is_ok());
    // The second record says that it is the third; what is signed of it stays.
    let second = 61 + 1 + usize::from(signed[61] & 0x7f) / 2;
    let at = (second..signed.len())
        .find(|at| signed[*at..].starts_with(&[0, 14, 2]))
        .unwrap();
    signed[at + 2] = 4;
    finish(&mut signed);
    let fault = by_producer().verify(&signed).unwrap_err();
    assert_eq!((fault.refusal, fault.index), (Refusal::Unstable, 1));
}

fn plain() -> Vec<u8> {
    batch(
        Compression::None,
        &[message(b"a", b"1"), message(b"b", b"2")],
    )
}

#[test]
fn a_producer_that_signs_can_not_say_that_the_broker_gave_the_times() {
    let stream = by_producer();
    let mut signed = stream.sign(&plain()).unwrap();
    assert_eq!(stream.verify(&signed).unwrap().1.count, 2);
    signed[22] |= LOG_APPEND_TIME;
    finish(&mut signed);
    assert_eq!(
        stream.verify(&signed).unwrap_err().refusal,
        Refusal::Unstable
    );
}

#[test]
fn what_was_signed_with_as_many_headers_as_possible_is_read_again() {
    let headers_max = Limits::default().headers_max as usize;
    let stream = Stream::default();
    let with = |count: usize| Message {
        headers: vec![(b"h".to_vec(), None); count],
        ..message(b"k", b"v")
    };
    let most = batch(Compression::None, &[with(headers_max - 1)]);
    let signed = stream.sign(&most).unwrap();
    assert_eq!(stream.verify(&signed).unwrap().1.count, 1);
    let more = batch(Compression::None, &[with(headers_max)]);
    assert_eq!(refused(&more), Refusal::Unstable);
}

#[test]
fn headers_that_are_encoded_anew_on_their_way_are_refused() {
    let table: &[(&str, &[u8])] = &[
        ("a long count", b"\x80\x00"),
        ("a long length of a name", b"\x02\x82\x00h\x01"),
        ("a long length of a value", b"\x02\x02h\x82\x00v"),
        ("a long length of what is not there", b"\x02\x02h\x81\x00"),
        ("a name that is no text", b"\x02\x02\xff\x01"),
        ("a name that ends early for libraries", b"\x02\x04h\x00\x01"),
    ];
    for (name, headers) in table {
        assert_eq!(refused(&one(0, headers)), Refusal::Unstable, "{name}");
    }
    assert!(Stream::default().sign(&one(0, b"\x02\x02h\x01")).is_ok());
}

#[test]
fn a_mirror_verifies_what_another_producer_copied() {
    let signed = Stream::default().sign(&plain()).unwrap();
    let mut copied = signed;
    // The id, epoch and sequence of whoever copies.
    copied[43..57].fill(7);
    finish(&mut copied);
    let mut mirror = Stream::default();
    assert_eq!(
        mirror.verify(&copied).unwrap_err().refusal,
        Refusal::Replayed
    );
    mirror.own_batches = false;
    assert_eq!(mirror.verify(&copied).unwrap().1.count, 2);
    // What was there before is seen there, too.
    let again = [copied.clone(), copied].concat();
    assert_eq!(
        mirror.verify(&again).unwrap_err().refusal,
        Refusal::Replayed
    );
}

#[test]
fn false_signatures_do_not_push_out_what_was_seen() {
    use streamward_records::{Mark, Run};
    let stream = Stream {
        mark: Mark::Header,
        ..Stream::default()
    };
    let own = super::stream::counted(plain());
    let good = stream.sign_from(&mut 4, &own).unwrap();
    let mut records = good.clone();
    for run in 0..300_u16 {
        let mut name = [0; 16];
        name[..2].copy_from_slice(&run.to_be_bytes());
        let other = Stream {
            run: Run::Counted(name),
            ..Stream::default()
        };
        let mut forged = other.sign_from(&mut 0, &own).unwrap();
        // Paths of no tree: what they cost is no check of a signature.
        for index in 0..2 {
            let path = [0x83, 2, index, 0x81];
            let at = forged.windows(4).position(|it| it == path).unwrap();
            forged[at + 2] = 9;
        }
        finish(&mut forged);
        records.extend(forged);
    }
    records.extend(good);
    let (_, verified) = stream.verify(&records).unwrap();
    // The last batch is that which was there at first.
    assert_eq!((verified.count, verified.marked_count), (2, 602));
}
