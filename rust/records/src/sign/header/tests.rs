//! Signatures have one form only.

use super::super::form::{Form, fill};
use super::super::key::SIGNATURE_BYTES;
use super::*;

const RUN: Run = Run::Counted([9; 16]);

fn protected(producer: &str, payload: Payload) -> Vec<u8> {
    let header = Protected {
        algorithm: ALGORITHM_EDDSA,
        signer: &[7; 16],
        payload,
        producer,
        run: RUN,
    };
    let mut out = Vec::new();
    header.write(&mut out);
    out
}

fn written(payload: Payload, size: usize) -> (Vec<u8>, usize) {
    let (mut form, mut out) = (Form::default(), Vec::new());
    form.set(&protected("shop", payload), size);
    let begun = form.begin(1, 0);
    let path = begun.write(&mut out);
    assert_eq!(out.len(), begun.bytes());
    (out, path)
}

fn in_tree(size: usize, nodes: &[Hash]) -> Vec<u8> {
    let (mut out, path) = written(Payload::Tree, size);
    fill(&mut out[path..], nodes.iter(), &[0; SIGNATURE_BYTES]);
    out
}

fn replaced(bytes: &[u8], part: &[u8], other: &[u8]) -> Vec<u8> {
    let at = bytes.windows(part.len()).position(|it| it == part).unwrap();
    [&bytes[..at], other, &bytes[at + part.len()..]].concat()
}

#[test]
fn a_header_of_another_version_or_with_a_longer_name_is_not_read() {
    let good = protected("shop", Payload::Record);
    assert!(Protected::read(&good).is_some());
    let mut version = Vec::new();
    write_int(&mut version, LABEL_VERSION);
    let (now, next) = ([&version[..], &[1]].concat(), [&version[..], &[2]].concat());
    assert_eq!(Protected::read(&replaced(&good, &now, &next)), None);
    for (length, is_read) in [(PRODUCER_BYTES_MAX, true), (PRODUCER_BYTES_MAX + 1, false)] {
        let long = protected(&"p".repeat(length), Payload::Record);
        assert_eq!(Protected::read(&long).is_some(), is_read);
    }
}

#[test]
fn a_header_says_by_which_digest_a_batch_was_signed() {
    let good = protected("shop", Payload::Batch);
    assert!(Protected::read(&good).is_some_and(|it| it.payload == Payload::Batch));
    assert_eq!(
        Protected::read(&replaced(&good, b"blake3", b"blake2")),
        None
    );
    assert_eq!(Protected::read(&good[..good.len() - 12]), None);
    let fewer = [&[0xa5], &good[1..]].concat();
    assert_eq!(Protected::read(&fewer), None);
    // A tree with a digest is neither.
    let tree = protected("shop", Payload::Tree);
    let label = &good[good.len() - 12..];
    for head in [0xa6, 0xa7] {
        assert_eq!(
            Protected::read(&[&[head], &tree[1..], label].concat()),
            None
        );
    }
}

#[test]
fn a_path_has_one_form_only() {
    let good = in_tree(2, &[[1; HASH_BYTES]]);
    assert!(
        Signature::parse(&good)
            .and_then(|it| it.header().map(drop))
            .is_ok()
    );
    let longest = [[1; HASH_BYTES]; PATH_NODES_MAX];
    assert!(Signature::parse(&in_tree(TREE_LEAVES_MAX, &longest)).is_ok());
    let too_large = in_tree(TREE_LEAVES_MAX + 1, &[[1; HASH_BYTES]; PATH_NODES_MAX + 1]);
    let refused = [
        // One record alone has its signature without a path.
        replaced(&good, &[0x83, 2, 0, 0x81], &[0x83, 1, 0, 0x81]),
        too_large.clone(),
        // More nodes than a way in the largest tree has.
        replaced(&too_large, &[0x19, 1, 1], &[0x19, 1, 0]),
        // A path that is longer than it says, shorter, or with another head before a node.
        replaced(&good, &[0x81, 0x58, 0x20], &[0x80, 0x58, 0x20]),
        replaced(&good, &[0x81, 0x58, 0x20], &[0x82, 0x58, 0x20]),
        replaced(&good, &[0x81, 0x58, 0x20], &[0x81, 0x58, 0x1f]),
        replaced(&good, &[0x81, 0x58, 0x20], &[0x81, 0x78, 0x20]),
        // Two proofs are said to be there, or two kinds of them.
        replaced(&good, &[0xa1, 0x20, 0x81], &[0xa1, 0x20, 0x82]),
        replaced(&good, &[0xa1, 0x20, 0x81], &[0xa2, 0x20, 0x81]),
    ];
    for bytes in refused {
        assert_eq!(Signature::parse(&bytes), Err(Refusal::MalformedSignature));
    }
}

#[test]
fn there_is_a_path_where_the_header_says_so_and_only_there() {
    let (with, alone) = (
        protected("shop", Payload::Tree),
        protected("shop", Payload::Record),
    );
    let path = replaced(&in_tree(2, &[[1; HASH_BYTES]]), &with, &alone);
    // The header's length is in one byte more before it.
    let length = |it: &[u8]| u8::try_from(it.len()).unwrap();
    let path = replaced(&path, &[0x58, length(&with)], &[0x58, length(&alone)]);
    assert!(Signature::parse(&path).is_ok_and(|it| it.header().is_err()));
    let (none, _) = written(Payload::Tree, 1);
    assert!(Signature::parse(&none).is_ok_and(|it| it.header().is_err()));
}

#[test]
fn how_many_were_signed_together_has_one_form_only() {
    let formed = |payload, records| {
        let (mut form, mut out) = (Form::default(), Vec::new());
        form.set_together(&protected("shop", payload), records);
        let begun = form.begin(1, 0);
        begun.write(&mut out);
        assert_eq!(out.len(), begun.bytes());
        out
    };
    for records in [2, 1_000_000, u32::MAX] {
        let bytes = formed(Payload::Batch, records);
        let parsed = Signature::parse(&bytes);
        assert!(parsed.is_ok_and(|it| it.together == Some(records) && it.header().is_ok()));
    }
    let good = formed(Payload::Batch, 2);
    let label = [0x3a, 0, 1, 0, 5];
    let with = |number: &[u8]| {
        let (from, to) = ([&label[..], &[2]].concat(), [&label[..], number].concat());
        replaced(&good, &from, &to)
    };
    let refused = [
        with(&[0]),
        // One alone is signed as such.
        with(&[1]),
        with(&[0x18, 2]),
        with(&[0x1b, 0, 0, 0, 1, 0, 0, 0, 0]),
        replaced(&good, &label, &[0x3a, 0, 1, 0, 6]),
        replaced(&good, &[0xa2, 0x3a], &[0xa1, 0x3a]),
        replaced(&good, &[0xa2, 0x3a], &[0xa3, 0x3a]),
    ];
    for bytes in refused {
        assert_eq!(Signature::parse(&bytes), Err(Refusal::MalformedSignature));
    }
    // With a path, there is no need of others.
    let path = in_tree(2, &[[1; HASH_BYTES]]);
    let both = replaced(&path, &[0xa2], &[0xa3]);
    let counter = [0x3a, 0, 1, 0, 4, 1];
    let both = replaced(&both, &counter, &[&counter[..], &label, &[2]].concat());
    assert_eq!(Signature::parse(&both), Err(Refusal::MalformedSignature));
    for payload in [Payload::Record, Payload::Tree] {
        assert!(Signature::parse(&formed(payload, 2)).is_ok_and(|it| it.header().is_err()));
    }
}
