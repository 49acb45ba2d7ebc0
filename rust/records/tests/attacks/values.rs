//! Values that are not the envelope that was written.

use streamward_records::{Fault, Limits, MARK, Mark, Refusal};
use streamward_wire::kafka::batch::Compression;

use super::common::{CODECS, Stream, batch, message, read};
use super::forge::{
    ALG, SECRET, VERSION, fault, kid, map, sealed, url_kid, with_protected, with_unprotected,
};

#[allow(clippy::too_many_lines, reason = "a table")]
/// Values that an attacker puts where an envelope belongs.
fn values() -> Vec<(&'static str, Vec<u8>, Refusal)> {
    use Refusal as R;
    let good = sealed();
    let mut rows = vec![
        ("plaintext", SECRET.to_vec(), R::Plaintext),
        ("an empty value", Vec::new(), R::Plaintext),
        (
            "an envelope of another product",
            b"\x00\x01KROXY".to_vec(),
            R::Plaintext,
        ),
        (
            "an untagged COSE_Encrypt0",
            good[1..].to_vec(),
            R::Plaintext,
        ),
        (
            "a COSE_Sign1",
            [&[0xd2, 0x84][..], &good[2..]].concat(),
            R::Plaintext,
        ),
        (
            "a COSE_Mac0",
            [&[0xd1, 0x84][..], &good[2..]].concat(),
            R::Plaintext,
        ),
        (
            "the tag in a longer form",
            [&[0xd8, 0x10, 0x83][..], &good[2..]].concat(),
            R::Plaintext,
        ),
        ("only the tag", vec![0xd0], R::Truncated),
        (
            "cut in the protected header",
            good[..20].to_vec(),
            R::Truncated,
        ),
        ("cut in the nonce", good[..40].to_vec(), R::Truncated),
        (
            "cut in the ciphertext",
            good[..good.len() - 20].to_vec(),
            R::Truncated,
        ),
        (
            "cut by one byte",
            good[..good.len() - 1].to_vec(),
            R::Truncated,
        ),
        ("a byte more", [&good[..], &[0]].concat(), R::Trailing),
        (
            "two envelopes",
            [&good[..], &good[..]].concat(),
            R::Trailing,
        ),
        (
            "a foreign key id",
            with_protected(&map(3, &[&ALG, &kid(9), &VERSION])),
            R::UnknownKey,
        ),
        (
            "a key id that is a URL",
            with_protected(&map(3, &[&ALG, &url_kid(), &VERSION])),
            R::KeyId,
        ),
        (
            "an empty key id",
            with_protected(&map(3, &[&ALG, &[4, 0x40], &VERSION])),
            R::KeyId,
        ),
        (
            "a key id as text",
            with_protected(&map(3, &[&ALG, &[4, 0x61, b'a'], &VERSION])),
            R::KeyId,
        ),
        (
            "no key id",
            with_protected(&map(2, &[&ALG, &VERSION])),
            R::MissingLabel,
        ),
        (
            "no version",
            with_protected(&map(2, &[&ALG, &kid(1)])),
            R::MissingLabel,
        ),
        (
            "version 0",
            with_protected(&map(3, &[&ALG, &kid(1), &[0x3a, 0, 1, 0, 0, 0]])),
            R::Version,
        ),
        (
            "version 2",
            with_protected(&map(3, &[&ALG, &kid(1), &[0x3a, 0, 1, 0, 0, 2]])),
            R::Version,
        ),
        (
            "no algorithm",
            with_protected(&map(2, &[&kid(1), &VERSION])),
            R::MissingLabel,
        ),
        (
            "AES-128-GCM",
            with_protected(&map(3, &[&[1, 1], &kid(1), &VERSION])),
            R::Algorithm,
        ),
        (
            "AES-CTR without a tag",
            with_protected(&map(3, &[&[1, 0x39, 0xff, 0xfd], &kid(1), &VERSION])),
            R::Algorithm,
        ),
        (
            "algorithm none",
            with_protected(&map(3, &[&[1, 0], &kid(1), &VERSION])),
            R::Algorithm,
        ),
        (
            "the mode of keys in a value",
            with_protected(&map(3, &[&[1, 0x3a, 0, 1, 0, 0], &kid(1), &VERSION])),
            R::Algorithm,
        ),
        (
            "the algorithm twice",
            with_protected(&map(4, &[&ALG, &ALG, &kid(1), &VERSION])),
            R::DuplicateLabel,
        ),
        (
            "the key id twice",
            with_protected(&map(4, &[&ALG, &kid(9), &kid(1), &VERSION])),
            R::DuplicateLabel,
        ),
        (
            "the algorithm at both ends",
            with_protected(&map(4, &[&ALG, &kid(1), &VERSION, &ALG])),
            R::DuplicateLabel,
        ),
        (
            "labels out of order",
            with_protected(&map(3, &[&kid(1), &ALG, &VERSION])),
            R::Malformed,
        ),
        (
            "a critical label that is unknown",
            with_protected(&map(4, &[&ALG, &[2, 0x81, 0x18, 99], &kid(1), &VERSION])),
            R::UnknownLabel,
        ),
        (
            "a label of text",
            with_protected(&map(4, &[&ALG, &kid(1), &VERSION, &[0x61, b'x', 1]])),
            R::UnknownLabel,
        ),
        (
            "a number in a longer form",
            with_protected(&map(3, &[&[0x18, 1, 3], &kid(1), &VERSION])),
            R::Malformed,
        ),
        (
            "a map without a length",
            with_protected(&[&[0xbf][..], &ALG, &kid(1), &VERSION, &[0xff]].concat()),
            R::Malformed,
        ),
        (
            "a map that claims 2^32 entries",
            with_protected(
                &[&[0xba, 0xff, 0xff, 0xff, 0xff][..], &ALG, &kid(1), &VERSION].concat(),
            ),
            R::Truncated,
        ),
        (
            "an array nested for ever",
            with_protected(&[0x81; 200]),
            R::Malformed,
        ),
        (
            "an envelope nested in the header",
            with_protected(&good[..27]),
            R::Malformed,
        ),
        (
            "an empty protected header",
            with_protected(&[]),
            R::Truncated,
        ),
        (
            "another content coding",
            with_protected(&map(4, &[&ALG, &kid(1), &VERSION, &[0x3a, 0, 1, 0, 1, 9]])),
            R::Content,
        ),
        (
            "said to be compressed",
            with_protected(&map(4, &[&ALG, &kid(1), &VERSION, &[0x3a, 0, 1, 0, 1, 1]])),
            R::Moved,
        ),
        ("no nonce", with_unprotected(&[0xa0]), R::MissingLabel),
        (
            "the nonce twice",
            with_unprotected(&[&[0xa2, 5, 0x4c][..], &[0; 12], &[5, 0x4c], &[0; 12]].concat()),
            R::DuplicateLabel,
        ),
        (
            "a nonce of 8 bytes",
            with_unprotected(&[&[0xa1, 5, 0x48][..], &[0; 8]].concat()),
            R::Nonce,
        ),
        (
            "the nonce of another record",
            with_unprotected(&[&[0xa1, 5, 0x4c][..], &[1; 12]].concat()),
            R::Moved,
        ),
        (
            "a key id outside the protected header",
            with_unprotected(&[&[0xa2, 4, 0x50][..], &[1; 16], &[5, 0x4c], &[0; 12]].concat()),
            R::DuplicateLabel,
        ),
        (
            "a partial nonce",
            with_unprotected(&[&[0xa1, 6, 0x4c][..], &[0; 12]].concat()),
            R::UnknownLabel,
        ),
        (
            "only a tag's worth less one",
            [&good[..46], &[0x4f], &[0; 15]].concat(),
            R::Truncated,
        ),
        (
            "no ciphertext, a made-up tag",
            [&good[..46], &[0x50], &[0; 16]].concat(),
            R::Moved,
        ),
        (
            "a length beyond memory",
            [
                &good[..46],
                &[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            ]
            .concat(),
            R::Truncated,
        ),
        (
            "detached content",
            [&good[..46], &[0xf6]].concat(),
            R::Malformed,
        ),
    ];
    let mut flipped = good.clone();
    *flipped.last_mut().unwrap() ^= 1;
    rows.push(("the tag's last bit flipped", flipped, R::Moved));
    let mut flipped = good.clone();
    flipped[50] ^= 0x80;
    rows.push(("a bit of the ciphertext flipped", flipped, R::Moved));
    rows
}

#[test]
fn a_value_that_is_not_the_envelope_is_refused_for_its_own_reason() {
    let rows = values();
    assert!(rows.len() >= 40, "{}", rows.len());
    for (what, value, refusal) in rows {
        for codec in CODECS {
            let stream = Stream::default();
            let messages = [message(b"k", &sealed()), message(b"k", &value)];
            let refused = fault(stream.open(&batch(codec, &messages)));
            assert_eq!(
                refused,
                Fault {
                    offset: 41,
                    index: 1,
                    refusal
                },
                "{what}"
            );
        }
        let stream = Stream {
            mark: Mark::Header,
            ..Stream::default()
        };
        let (opened, report) = stream
            .open(&batch(
                CODECS[0],
                &[message(b"k", &value), message(b"k", &sealed())],
            ))
            .unwrap();
        let opened = read(&opened);
        let mark = (
            MARK.as_bytes().to_vec(),
            Some(refusal.code().as_bytes().to_vec()),
        );
        assert_eq!(opened[0].headers, [mark], "{what}");
        assert_eq!(opened[0].value.as_deref(), Some(&value[..]), "{what}");
        assert_eq!(opened[1].value.as_deref(), Some(SECRET), "{what}");
        assert_eq!(
            (report.marked_count, report.marked[0].refusal),
            (1, refusal),
            "{what}"
        );
    }
}

#[test]
fn a_flip_of_any_bit_of_an_envelope_is_refused() {
    let good = sealed();
    let stream = Stream::default();
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            let records = batch(CODECS[0], &[message(b"k", &bad)]);
            let refused = fault(stream.open(&records));
            assert_ne!(refused.refusal, Refusal::KeyNotThere, "byte {at} bit {bit}");
        }
    }
    for length in 0..good.len() {
        fault(stream.open(&batch(CODECS[0], &[message(b"k", &good[..length])])));
    }
}

#[test]
fn a_bomb_inside_an_envelope_is_refused() {
    let stream = Stream {
        limits: Limits {
            inflated_bytes_max: 64 << 20,
            inflated_ratio_max: 1 << 30,
            ..Limits::default()
        },
        ..Stream::default()
    };
    let bomb = message(b"k", &vec![0; 3 << 20]);
    let sealed = stream.seal(&batch(Compression::Zstd, &[bomb])).unwrap();
    assert!(sealed.len() < 64 << 10);
    assert_eq!(
        fault(Stream::default().open(&sealed)).refusal,
        Refusal::Bomb
    );
}
