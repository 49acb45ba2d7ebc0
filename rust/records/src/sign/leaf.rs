//! What of a record is signed: its digest as a leaf of a tree.

use aws_lc_rs::digest;

use super::tree::{Hash, hash_of, to_hash};
use crate::cbor::{ARRAY, BYTES, NULL, UNSIGNED, write_head, write_int};
use crate::record::Record;
use crate::varint;

const LEAF: u8 = 0;
const ITEMS: u64 = 5;
/// A field of more is not copied to be hashed.
const SHORT_BYTES: usize = 8 * 1024;

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
    leaf_in(&mut Vec::new(), counter, timestamp, content)
}

/// The same, with room for what is hashed in one call.
pub fn leaf_in(
    room: &mut Vec<u8>,
    counter: u64,
    timestamp: Option<i64>,
    content: &Content<'_>,
) -> Hash {
    let mut hashed = Hashed::new(room);
    hashed.room.push(LEAF);
    write_head(hashed.room, ARRAY, ITEMS);
    write_head(hashed.room, UNSIGNED, counter);
    match timestamp {
        None => hashed.room.push(NULL),
        Some(at) => write_int(hashed.room, at),
    }
    for field in [content.key, content.value] {
        match field {
            None => hashed.room.push(NULL),
            Some(bytes) => {
                write_head(hashed.room, BYTES, bytes.len() as u64);
                hashed.add(bytes);
            }
        }
    }
    let headers = content.headers_block;
    let bytes = varint::bytes(content.headers.into()) + headers.len();
    write_head(hashed.room, BYTES, bytes as u64);
    varint::write(hashed.room, content.headers.into());
    hashed.add(headers);
    hashed.finish()
}

/// What is hashed: short fields are put together first, for a context that is fed piece by piece costs more than
/// that; long ones are hashed where they lie.
struct Hashed<'r> {
    room: &'r mut Vec<u8>,
    context: Option<digest::Context>,
}

impl<'r> Hashed<'r> {
    fn new(room: &'r mut Vec<u8>) -> Self {
        room.clear();
        Self {
            room,
            context: None,
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        if bytes.len() <= SHORT_BYTES {
            self.room.extend_from_slice(bytes);
            return;
        }
        let new = || digest::Context::new(&digest::SHA256);
        let context = self.context.get_or_insert_with(new);
        context.update(self.room);
        context.update(bytes);
        self.room.clear();
    }

    fn finish(self) -> Hash {
        match self.context {
            None => hash_of(self.room),
            Some(mut context) => {
                context.update(self.room);
                to_hash(&context.finish())
            }
        }
    }
}
