//! Record batches as they lie in a `Records` field, one after the other.

use crate::WireError;

/// Bytes of the header of a batch of magic 2.
pub const HEADER_BYTES: usize = 61;
/// Bytes of base offset and length, which the length itself does not count.
pub const OVERHEAD_BYTES: usize = 12;
const MAGIC_AT: usize = 16;
const CRC_AT: usize = 17;
/// Where the bytes begin that the checksum covers.
const CHECKED_AT: usize = 21;
const MAGIC: i8 = 2;

/// How the records of a batch are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip.
    Gzip,
    /// Snappy, in the framing of the Java library.
    Snappy,
    /// LZ4 frames.
    Lz4,
    /// Zstandard.
    Zstd,
    /// A number that Kafka does not define.
    Unknown,
}

/// The header of one record batch of magic 2, and its records as they lie there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Batch<'a> {
    /// Offset of the first record.
    pub base_offset: i64,
    /// Offset of the last record.
    pub last_offset: i64,
    /// Leader epoch that wrote the batch.
    pub partition_leader_epoch: i32,
    /// Compression, timestamp type, transactional and control bits.
    pub attributes: i16,
    /// How many records the header says there are; it is the writer's word.
    pub records: u32,
    /// Bytes of the whole batch, base offset and length included.
    pub bytes: usize,
    /// CRC-32C of all from the attributes to the end.
    pub crc: u32,
    /// Milliseconds since 1970 of the first record.
    pub base_timestamp: i64,
    /// Milliseconds since 1970 of the latest record.
    pub max_timestamp: i64,
    /// The number of the producer; -1 if it is not idempotent.
    pub producer_id: i64,
    /// The epoch of the producer.
    pub producer_epoch: i16,
    /// The sequence number of the first record.
    pub base_sequence: i32,
    /// The records, compressed as `attributes` says; cut short if the batch is not complete.
    pub payload: &'a [u8],
    /// Whether all of the batch is there. A broker cuts the last batch of a fetch.
    pub complete: bool,
    checked: &'a [u8],
}

impl Batch<'_> {
    /// Whether it holds a marker of a transaction or of the cluster, not a client's records.
    pub fn is_control(&self) -> bool {
        self.attributes & 0x20 != 0
    }

    /// Whether it is part of a transaction.
    pub fn is_transactional(&self) -> bool {
        self.attributes & 0x10 != 0
    }

    /// How the records are compressed.
    pub fn compression(&self) -> Compression {
        match self.attributes & 0x07 {
            0 => Compression::None,
            1 => Compression::Gzip,
            2 => Compression::Snappy,
            3 => Compression::Lz4,
            4 => Compression::Zstd,
            _ => Compression::Unknown,
        }
    }
}

/// Whether the checksum is that of the bytes; never for a batch that is cut short.
pub fn crc_matches(batch: &Batch<'_>) -> bool {
    batch.complete && crc(batch.checked) == batch.crc
}

/// The checksum of what it covers of a batch: CRC-32C, which iSCSI took first (RFC 3720).
pub fn crc(checked: &[u8]) -> u32 {
    crc_fast::crc32_iscsi(checked)
}

/// The batches in a `Records` field.
///
/// A last batch that is cut short but whose header is whole comes with `complete` false. A shorter
/// rest ends the iteration; see [`Batches::rest`]. After an error the iteration ends.
pub fn batches(records: &[u8]) -> Batches<'_> {
    Batches {
        records,
        at: 0,
        failed: false,
    }
}

/// The iterator that [`batches`] returns.
#[derive(Clone)]
pub struct Batches<'a> {
    records: &'a [u8],
    at: usize,
    failed: bool,
}

impl Batches<'_> {
    /// Bytes that are in no batch that was returned. Once the iteration has ended, more than 0
    /// means that the field ends in less than the header of a batch.
    pub fn rest(&self) -> usize {
        self.records.len().saturating_sub(self.at)
    }
}

impl<'a> Iterator for Batches<'a> {
    type Item = Result<Batch<'a>, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let next = first(self.records.get(self.at..)?, self.at).transpose()?;
        match &next {
            Ok(batch) => self.at += batch.bytes.min(self.rest()),
            Err(_) => self.failed = true,
        }
        Some(next)
    }
}

/// The header of the batch that `input` begins with, of which only the header need be there.
/// `None`: less than a header is there.
pub fn header_at_start(input: &[u8]) -> Result<Option<Batch<'_>>, WireError> {
    first(input, 0)
}

fn first(rest: &[u8], at: usize) -> Result<Option<Batch<'_>>, WireError> {
    let Some(magic) = read::<1>(rest, MAGIC_AT).map(i8::from_be_bytes) else {
        return Ok(None);
    };
    if magic != MAGIC {
        return Err(WireError::BatchMagic { at, magic });
    }
    let invalid = |field, value| WireError::BatchHeader { at, field, value };
    let length = read(rest, 8).map_or(0, i32::from_be_bytes);
    let bytes = usize::try_from(length)
        .unwrap_or(0)
        .saturating_add(OVERHEAD_BYTES);
    if bytes < HEADER_BYTES {
        return Err(invalid("length", length.into()));
    }
    if rest.len() < HEADER_BYTES {
        return Ok(None);
    }
    header(rest, bytes)
        .map_err(|(field, value)| invalid(field, value))
        .map(Some)
}

/// Reads the header; all of it is there. An error names the field that has no meaning.
fn header(rest: &[u8], bytes: usize) -> Result<Batch<'_>, (&'static str, i64)> {
    let int16 = |at| read(rest, at).map_or(0, i16::from_be_bytes);
    let int32 = |at| read(rest, at).map_or(0, i32::from_be_bytes);
    let int64 = |at| read(rest, at).map_or(0, i64::from_be_bytes);
    let (base_offset, delta, count) = (int64(0), int32(23), int32(57));
    if base_offset < 0 {
        return Err(("base offset", base_offset));
    }
    if delta < 0 {
        return Err(("last offset delta", delta.into()));
    }
    let end = bytes.min(rest.len());
    Ok(Batch {
        base_offset,
        last_offset: base_offset
            .checked_add(delta.into())
            .ok_or(("base offset", base_offset))?,
        partition_leader_epoch: int32(12),
        attributes: int16(21),
        records: u32::try_from(count).map_err(|_| ("record count", i64::from(count)))?,
        bytes,
        crc: read(rest, CRC_AT).map_or(0, u32::from_be_bytes),
        base_timestamp: int64(27),
        max_timestamp: int64(35),
        producer_id: int64(43),
        producer_epoch: int16(51),
        base_sequence: int32(53),
        payload: rest.get(HEADER_BYTES..end).unwrap_or_default(),
        complete: rest.len() >= bytes,
        checked: rest.get(CHECKED_AT..end).unwrap_or_default(),
    })
}

fn read<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}
