//! What of a record is signed: its digest as a leaf of a tree.

use std::fmt;

use aws_lc_rs::digest;

use super::tree::{Hash, hash_of, to_hash};
use crate::cbor::{ARRAY, BYTES, NULL, UNSIGNED, write_head, write_int};
use crate::record::Record;
use crate::varint;

/// What digests begin with; nodes of a tree begin with one.
const LEAF: u8 = 0;
const TOGETHER: u8 = 2;
const ITEMS: u64 = 5;
/// A field of more is not copied to be hashed.
const SHORT_BYTES: usize = 8 * 1024;
/// What is hashed at a time of records that are signed together: chunks of 1 KiB, a power of two of them.
const PIECE_BYTES: usize = 32 * 1024;

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

/// Hashes records. Their fields are put together first, for a context that is fed piece by piece costs more than that; a
/// long field of one record is hashed where it lies.
#[derive(Default)]
pub struct Hasher {
    room: Vec<u8>,
    /// Of one record that is longer than the room.
    context: Option<digest::Context>,
    /// Of records that are signed together. It hashes many blocks at a time, which one record does not have.
    together: Option<Box<blake3::Hasher>>,
    is_together: bool,
}

impl fmt::Debug for Hasher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Hasher")
    }
}

impl Hasher {
    /// The digest of one record.
    pub fn leaf(&mut self, counter: u64, timestamp: Option<i64>, content: &Content<'_>) -> Hash {
        self.is_together = false;
        self.context = None;
        self.room.clear();
        self.room.push(LEAF);
        self.record(counter, timestamp, content);
        match self.context.take() {
            None => hash_of(&self.room),
            Some(mut long) => {
                long.update(&self.room);
                to_hash(&long.finish())
            }
        }
    }

    /// What is added now belongs to one digest: of a byte of two and, one behind the other, what each record's own
    /// digest is of.
    pub fn begin_together(&mut self) {
        self.is_together = true;
        let hasher = self.together.get_or_insert_default();
        hasher.reset();
        self.room.clear();
        self.room.push(TOGETHER);
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
        if self.is_together {
            self.add_together(bytes);
        } else if bytes.len() <= SHORT_BYTES {
            self.room.extend_from_slice(bytes);
        } else {
            let new = || digest::Context::new(&digest::SHA256);
            let context = self.context.get_or_insert_with(new);
            context.update(&self.room);
            context.update(bytes);
            self.room.clear();
        }
    }

    /// Hashes whenever so much is there that all lanes of a processor have work, and begins the next piece where they
    /// left off.
    fn add_together(&mut self, mut bytes: &[u8]) {
        while self.room.len() + bytes.len() >= PIECE_BYTES {
            let fits = PIECE_BYTES.saturating_sub(self.room.len());
            let (now, later) = bytes.split_at(fits);
            self.room.extend_from_slice(now);
            bytes = later;
            let (piece, rest) = self.room.split_at(PIECE_BYTES);
            if let Some(hasher) = &mut self.together {
                hasher.update(piece);
            }
            let left = rest.len();
            self.room.copy_within(PIECE_BYTES.., 0);
            self.room.truncate(left);
        }
        self.room.extend_from_slice(bytes);
    }

    /// The digest of what was added since [`Self::begin_together`].
    pub fn finish_together(&mut self) -> Hash {
        let hasher = self.together.get_or_insert_default();
        hasher.update(&self.room);
        self.room.clear();
        hasher.finalize().into()
    }
}
