//! What of a record is signed: its digest as a leaf of a tree.

use std::fmt;

use aws_lc_rs::digest;

use super::tree::{Hash, hash_of, to_hash};
use crate::cbor::{ARRAY, BYTES, NULL, UNSIGNED, write_head, write_int};
use crate::record::Record;
use crate::varint;

/// What digests begin with; nodes of a tree begin with one. None can be taken for another.
const LEAF: u8 = 0;
const TOGETHER: u8 = 2;
const ITEMS: u64 = 5;
/// A field of more is not copied to be hashed.
const SHORT_BYTES: usize = 8 * 1024;
/// What is put together before it is hashed stays within the fastest cache.
const ROOM_BYTES: usize = 12 * 1024;

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
    Hasher::default().leaf(counter, timestamp, content)
}

/// Hashes records. Short fields are put together first, for a context that is fed piece by piece costs more than
/// that; long ones are hashed where they lie.
#[derive(Default)]
pub struct Hasher {
    room: Vec<u8>,
    context: Option<digest::Context>,
}

impl fmt::Debug for Hasher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Hasher")
    }
}

impl Hasher {
    /// The digest of one record.
    pub fn leaf(&mut self, counter: u64, timestamp: Option<i64>, content: &Content<'_>) -> Hash {
        self.begin(LEAF);
        self.record(counter, timestamp, content);
        self.finish()
    }

    /// What is added now belongs to the digest of records that are signed together: of a byte of two and, one behind
    /// the other, what each record's own digest is of.
    pub fn begin_together(&mut self) {
        self.begin(TOGETHER);
    }

    fn begin(&mut self, what: u8) {
        self.context = None;
        self.room.clear();
        self.room.push(what);
    }

    /// Adds a record.
    pub fn record(&mut self, counter: u64, timestamp: Option<i64>, content: &Content<'_>) {
        write_head(&mut self.room, ARRAY, ITEMS);
        write_head(&mut self.room, UNSIGNED, counter);
        match timestamp {
            None => self.room.push(NULL),
            Some(at) => write_int(&mut self.room, at),
        }
        for field in [content.key, content.value] {
            match field {
                None => self.room.push(NULL),
                Some(bytes) => {
                    write_head(&mut self.room, BYTES, bytes.len() as u64);
                    self.add(bytes);
                }
            }
        }
        let headers = content.headers_block;
        let bytes = varint::bytes(content.headers.into()) + headers.len();
        write_head(&mut self.room, BYTES, bytes as u64);
        varint::write(&mut self.room, content.headers.into());
        self.add(headers);
    }

    fn add(&mut self, bytes: &[u8]) {
        if self.room.len() + bytes.len() <= ROOM_BYTES {
            self.room.extend_from_slice(bytes);
            return;
        }
        let new = || digest::Context::new(&digest::SHA256);
        let context = self.context.get_or_insert_with(new);
        context.update(&self.room);
        self.room.clear();
        if bytes.len() <= SHORT_BYTES {
            self.room.extend_from_slice(bytes);
        } else {
            context.update(bytes);
        }
    }

    /// The digest of what was added since it was begun.
    pub fn finish(&mut self) -> Hash {
        match self.context.take() {
            None => hash_of(&self.room),
            Some(mut context) => {
                context.update(&self.room);
                to_hash(&context.finish())
            }
        }
    }
}
