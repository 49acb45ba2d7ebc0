//! Signatures have one form only.

use super::*;

const RUN: Run = Run::Counted([9; 16]);

fn protected(producer: &str, tree: bool) -> Vec<u8> {
    let header = Protected {
        algorithm: ALGORITHM_EDDSA,
        signer: &[7; 16],
        tree,
        producer,
        run: RUN,
    };
    let mut out = Vec::new();
    header.write(&mut out);
    out
}

fn in_tree(size: usize, nodes: &[Hash]) -> Vec<u8> {
    let (mut out, mut scratch) = (Vec::new(), Vec::new());
    let path = Path {
        size,
        index: 0,
        nodes: nodes.iter(),
        scratch: &mut scratch,
    };
    let protected = protected("shop", true);
    write(&mut out, &protected, 1, Some(path), &[0; SIGNATURE_BYTES]);
    out
}

fn replaced(bytes: &[u8], part: &[u8], other: &[u8]) -> Vec<u8> {
    let at = bytes.windows(part.len()).position(|it| it == part).unwrap();
    [&bytes[..at], other, &bytes[at + part.len()..]].concat()
}

#[test]
fn a_header_of_another_version_or_with_a_longer_name_is_not_read() {
    let good = protected("shop", false);
    assert!(Protected::read(&good).is_some());
    let mut version = Vec::new();
    write_int(&mut version, LABEL_VERSION);
    let (now, next) = ([&version[..], &[1]].concat(), [&version[..], &[2]].concat());
    assert_eq!(Protected::read(&replaced(&good, &now, &next)), None);
    for (length, is_read) in [(PRODUCER_BYTES_MAX, true), (PRODUCER_BYTES_MAX + 1, false)] {
        let long = protected(&"p".repeat(length), false);
        assert_eq!(Protected::read(&long).is_some(), is_read);
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
    let refused = [
        // One record alone has its signature without a path.
        in_tree(1, &[]),
        in_tree(TREE_LEAVES_MAX + 1, &longest),
        in_tree(TREE_LEAVES_MAX, &[[1; HASH_BYTES]; PATH_NODES_MAX + 1]),
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
    let (with, alone) = (protected("shop", true), protected("shop", false));
    let path = replaced(&in_tree(2, &[[1; HASH_BYTES]]), &with, &alone);
    // The header's length is in one byte more before it.
    let length = |it: &[u8]| u8::try_from(it.len()).unwrap();
    let path = replaced(&path, &[0x58, length(&with)], &[0x58, length(&alone)]);
    assert!(Signature::parse(&path).is_ok_and(|it| it.header().is_err()));
    let (mut none, no_path) = (Vec::new(), None::<Path<'_, std::iter::Empty<_>>>);
    write(&mut none, &with, 1, no_path, &[0; SIGNATURE_BYTES]);
    assert!(Signature::parse(&none).is_ok_and(|it| it.header().is_err()));
}
