//! A batch rewritten in place of its payload: what the writer said of it stays, its length, its compressed bytes
//! and its checksum are made anew. No record is merged, split or dropped.

use streamward_wire::kafka::batch::{
    Batch, Batches, Compression, HEADER_BYTES, batches, crc, crc_matches,
};

use crate::compression::{Codecs, Effort};
use crate::error::{Fault, Refusal};
use crate::limits::Limits;
use crate::record::{Record, Walk};
use crate::scratch::Parts;

const LENGTH_AT: usize = 8;
/// What the length does not count.
const OVERHEAD_BYTES: usize = 12;
pub const CRC_AT: usize = 17;
pub const CHECKED_AT: usize = 21;

/// What becomes of one record.
pub trait Edit {
    /// The records that are edited next are those of this batch, and lie in `payload`.
    fn begin(&mut self, _batch: &Batch<'_>, _payload: &[u8], _limits: &Limits) {}

    /// Appends what stands in its place.
    fn edit(
        &mut self,
        record: &Record<'_>,
        codecs: &mut Codecs,
        parts: &mut Parts,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal>;

    /// What is wrong with a batch that would become larger than its bounds.
    fn too_large(&self) -> Refusal;

    /// How hard it is tried to make the records smaller again, of a batch whose writer did.
    fn effort(&self) -> Effort;
}

/// How large a batch may become; each is judged after every record, so nothing is built that is much larger.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Its records, edited and not compressed yet.
    pub edited: usize,
    /// All of it, as it leaves.
    pub written: usize,
}

/// Buffers that a batch passes through.
pub struct Buffers<'s> {
    pub codecs: &'s mut Codecs,
    pub inflated: &'s mut Vec<u8>,
    pub edited: &'s mut Vec<u8>,
    pub parts: &'s mut Parts,
}

/// Each batch of one partition of a Produce request, with its bytes; the first that can't be read, or a rest that is
/// no batch, ends it with a fault. A control batch is one: brokers refuse it from clients.
pub fn produced(records: &[u8]) -> Produced<'_> {
    Produced {
        records,
        batches: batches(records),
        at: 0,
        ended: false,
    }
}

/// The iterator that [`produced`] returns.
pub struct Produced<'a> {
    records: &'a [u8],
    batches: Batches<'a>,
    at: usize,
    ended: bool,
}

impl<'a> Produced<'a> {
    fn whole(&mut self, batch: Batch<'a>) -> Result<(Batch<'a>, &'a [u8]), Fault> {
        let of_batch = |refusal| Fault::of_batch(batch.base_offset, refusal);
        let raw = self.records.get(self.at..self.at + batch.bytes);
        let raw = raw.ok_or_else(|| of_batch(Refusal::Batch))?;
        self.at += batch.bytes;
        if batch.is_control() {
            // SECURITY: brokers alone write these; as one, records would pass as they are.
            return Err(of_batch(Refusal::Control));
        }
        Ok((batch, raw))
    }
}

impl<'a> Iterator for Produced<'a> {
    type Item = Result<(Batch<'a>, &'a [u8]), Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = match self.batches.next() {
            Some(Ok(batch)) => Some(self.whole(batch)),
            None if self.batches.rest() == 0 => None,
            Some(Err(_)) | None => Some(Err(Fault::of_batch(0, Refusal::Batch))),
        };
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

/// Appends `batch`, whose bytes are `raw`, with its records edited. Says how many bytes these took before they were
/// compressed, as they came or as they leave, whichever are more: also what is taken out of them had to be inflated.
pub fn rewrite(
    batch: &Batch<'_>,
    raw: &[u8],
    limits: &Limits,
    edit: &mut impl Edit,
    bounds: Bounds,
    buffers: Buffers<'_>,
    out: &mut Vec<u8>,
) -> Result<usize, Fault> {
    let of_batch = |refusal| Fault::of_batch(batch.base_offset, refusal);
    // SECURITY: the checksum is made anew, so damage on the way here would go unseen for good.
    if !crc_matches(batch) {
        return Err(of_batch(Refusal::Checksum));
    }
    if batch.records > limits.records_max {
        return Err(of_batch(Refusal::Count));
    }
    let Buffers {
        codecs,
        inflated,
        edited,
        parts,
    } = buffers;
    let codec = batch.compression();
    let payload = if codec == Compression::None {
        batch.payload
    } else {
        codecs
            .inflate(codec, batch.payload, limits, inflated)
            .map_err(of_batch)?;
        inflated.as_slice()
    };
    edit.begin(batch, payload, limits);
    let start = out.len();
    let header = raw
        .get(..HEADER_BYTES)
        .ok_or_else(|| of_batch(Refusal::Batch))?;
    out.extend_from_slice(header);
    let edited_bytes = if codec == Compression::None {
        let room = bounds.written.saturating_sub(HEADER_BYTES);
        let most = out.len().saturating_add(room.min(bounds.edited));
        records(batch, payload, limits, edit, (codecs, parts), most, out)?;
        out.len() - start - HEADER_BYTES
    } else {
        edited.clear();
        let most = bounds.edited;
        records(batch, payload, limits, edit, (codecs, parts), most, edited)?;
        codecs
            .deflate(codec, edit.effort(), edited, out)
            .map_err(of_batch)?;
        edited.len()
    };
    if out.len() - start > bounds.written {
        return Err(of_batch(edit.too_large()));
    }
    let length = out.len() - start - OVERHEAD_BYTES;
    let length = i32::try_from(length).map_err(|_| of_batch(Refusal::TooLarge))?;
    put(out, start + LENGTH_AT, &length.to_be_bytes());
    let crc = crc(out.get(start + CHECKED_AT..).unwrap_or_default());
    put(out, start + CRC_AT, &crc.to_be_bytes());
    Ok(edited_bytes.max(payload.len()))
}

/// Edits each record. `most`: what `out` may hold at any time.
fn records(
    batch: &Batch<'_>,
    payload: &[u8],
    limits: &Limits,
    edit: &mut impl Edit,
    (codecs, parts): (&mut Codecs, &mut Parts),
    most: usize,
    out: &mut Vec<u8>,
) -> Result<(), Fault> {
    let mut walk = Walk::new(payload, limits.headers_max);
    for index in 0..batch.records {
        let fault = |delta: i32, refusal| Fault {
            offset: batch.base_offset.saturating_add(delta.into()),
            index,
            refusal,
        };
        if walk.rest().is_empty() {
            return Err(fault(0, Refusal::Count));
        }
        let record = walk.next_record().map_err(|refusal| fault(0, refusal))?;
        edit.edit(&record, codecs, parts, out)
            .map_err(|refusal| fault(record.offset_delta, refusal))?;
        // SECURITY: a record of a few bytes becomes an envelope of a hundred, an envelope of a few a mebibyte.
        if out.len() > most {
            return Err(fault(record.offset_delta, edit.too_large()));
        }
    }
    if walk.rest().is_empty() {
        Ok(())
    } else {
        Err(Fault::of_batch(batch.base_offset, Refusal::Count))
    }
}

pub fn put(out: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = out.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}
