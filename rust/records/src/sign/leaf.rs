//! What of a record is signed: its digest as a leaf of a tree.

use aws_lc_rs::digest;

use super::tree::{Hash, finish};
use crate::cbor::{ARRAY, BYTES, NEGATIVE, NULL, UNSIGNED, head};
use crate::record::Record;
use crate::varint;

const LEAF: [u8; 1] = [0];
const ITEMS: u64 = 5;

/// A record as it is signed: what lies on the wire, without the header that holds the signature.
#[derive(Clone, Copy, Debug)]
pub struct Content<'a> {
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its value.
    pub value: Option<&'a [u8]>,
    /// How many headers it has.
    pub headers: u32,
    /// And these, as Kafka writes them.
    pub headers_block: &'a [u8],
}

impl<'a> Content<'a> {
    /// Of a record with these headers, its count and what stands behind it.
    pub const fn of(record: &Record<'a>, headers: u32, headers_block: &'a [u8]) -> Self {
        Self {
            key: record.key,
            value: record.value,
            headers,
            headers_block,
        }
    }
}

/// The digest of a record: of a zero byte and a CBOR array of its counter, its timestamp (ms since 1970; `None`: not
/// bound), key, value and headers.
pub fn leaf(counter: u64, timestamp: Option<i64>, content: &Content<'_>) -> Hash {
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(&LEAF);
    let put = |hash: &mut digest::Context, major, argument| {
        let (bytes, length) = head(major, argument);
        hash.update(bytes.get(..length).unwrap_or_default());
    };
    put(&mut hash, ARRAY, ITEMS);
    put(&mut hash, UNSIGNED, counter);
    match timestamp {
        None => hash.update(&[NULL]),
        Some(past) if past < 0 => put(&mut hash, NEGATIVE, (!past).cast_unsigned()),
        Some(at) => put(&mut hash, UNSIGNED, at.cast_unsigned()),
    }
    for field in [content.key, content.value] {
        match field {
            None => hash.update(&[NULL]),
            Some(bytes) => {
                put(&mut hash, BYTES, bytes.len() as u64);
                hash.update(bytes);
            }
        }
    }
    let mut count = Vec::new();
    let count = if content.headers < 64 {
        // Its zigzag is one byte; a record costs no allocation.
        &[content.headers.to_le_bytes()[0] << 1][..]
    } else {
        varint::write(&mut count, content.headers.into());
        &count
    };
    let bytes = count.len() + content.headers_block.len();
    put(&mut hash, BYTES, bytes as u64);
    hash.update(count);
    hash.update(content.headers_block);
    finish(hash)
}
