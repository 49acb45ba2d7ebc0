//! Envelopes as whoever forges them can make them.

use streamward_records::{Fault, Unopened};

use super::common::{CODECS, Stream, batch, message, read};

pub const SECRET: &[u8] = b"blood group 0 rhesus negative";

pub fn sealed() -> Vec<u8> {
    let stream = Stream::default();
    let records = stream
        .seal(&batch(CODECS[0], &[message(b"k", SECRET)]))
        .unwrap();
    read(&records).remove(0).value.unwrap()
}

/// The envelope with its protected header replaced.
pub fn with_protected(protected: &[u8]) -> Vec<u8> {
    let length = protected.len() as u8;
    let mut bytes = vec![0xd0, 0x83];
    bytes.extend(if length < 24 {
        vec![0x40 | length]
    } else {
        vec![0x58, length]
    });
    bytes.extend(protected);
    bytes.extend(&sealed()[31..]);
    bytes
}

pub fn with_unprotected(unprotected: &[u8]) -> Vec<u8> {
    let original = sealed();
    [&original[..31], unprotected, &original[46..]].concat()
}

pub const ALG: [u8; 2] = [0x01, 0x03];
pub const VERSION: [u8; 6] = [0x3a, 0, 1, 0, 0, 1];

pub fn kid(byte: u8) -> Vec<u8> {
    [&[0x04, 0x50][..], &[byte; 16]].concat()
}

pub fn map(count: u8, entries: &[&[u8]]) -> Vec<u8> {
    [&[0xa0 | count][..], &entries.concat()].concat()
}

pub fn url_kid() -> Vec<u8> {
    [&[0x04, 0x58, 29][..], b"https://attacker.example/key1"].concat()
}

pub fn fault(outcome: Result<(Vec<u8>, streamward_records::Opened), Unopened>) -> Fault {
    match outcome {
        Err(Unopened::Fault(fault)) => fault,
        other => panic!("{other:?}"),
    }
}
