//! Copies of batches for another stream, such as one of dead letters: each record with further headers.

use streamward_wire::kafka::batch::{HEADER_BYTES, crc};

use crate::batch::{Bounds, CHECKED_AT, CRC_AT, Edit, produced, put, rewrite};
use crate::compression::{Codecs, Effort};
use crate::error::{Fault, Refusal};
use crate::limits::Limits;
use crate::record::{Headers, Record, write_header, write_record};
use crate::scratch::{Parts, Scratch};
use crate::varint;

const BASE_OFFSET_AT: usize = 0;
const LEADER_EPOCH_AT: usize = 12;
const ATTRIBUTES_AT: usize = 21;
const LAST_OFFSET_DELTA_AT: usize = 23;
/// Producer id, producer epoch and base sequence, in this order.
const PRODUCER_AT: usize = 43;
const PRODUCER_BYTES: usize = 8 + 2 + 4;
/// Of the attributes, those that say how the records are compressed.
const CODEC_BITS: u8 = 0x07;

/// A header that each record of a copy gets.
pub type Told<'a> = (&'a str, &'a [u8]);

/// What the records of a copy are told beside what they hold.
#[derive(Clone, Copy, Debug)]
pub struct Telling<'a> {
    /// How the names of all headers begin with which copies speak, of this kind or another; records lose those that
    /// they have already.
    pub prefix: &'a str,
    /// Headers that each record gets.
    pub headers: &'a [Told<'a>],
    /// The header that says at which offset a record lay, of batches that came from a broker; `None`: they have none yet.
    pub offset: Option<&'a str>,
}

/// Appends a copy of each batch of `records` to `out`: keys, values, headers and timestamps as they are, the
/// headers of `telling` behind them, and nothing of the producer's idempotence or transaction. Headers that a record has
/// already and whose names begin as those of copies do are left out: nobody else speaks with them. The offsets of a batch are counted anew, for
/// brokers take none of which compaction took records out. At most `bytes_max` are appended.
///
/// # Errors
/// Batches and records that can't be read, and control batches.
pub fn copy_records(
    records: &[u8],
    telling: &Telling<'_>,
    limits: &Limits,
    bytes_max: usize,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) -> Result<(), Fault> {
    let begin = out.len();
    for batch in produced(records) {
        let (batch, raw) = batch?;
        let buffers = scratch.buffers();
        let start = out.len();
        let bounds = Bounds {
            edited: limits.inflated_bytes_max,
            written: bytes_max.saturating_sub(start - begin),
        };
        let mut copying = Copying {
            telling,
            base_offset: batch.base_offset,
            index: 0,
        };
        rewrite(&batch, raw, limits, &mut copying, bounds, buffers, out)?;
        let last = copying.index.saturating_sub(1);
        disown(out.get_mut(start..).unwrap_or_default(), last);
    }
    Ok(())
}

/// Makes a batch one of a producer that is neither idempotent nor in a transaction, with so many offsets as it has
/// records.
fn disown(batch: &mut [u8], last_offset_delta: i32) {
    debug_assert!(batch.len() >= HEADER_BYTES);
    let codec = batch.get(ATTRIBUTES_AT + 1).map_or(0, |it| it & CODEC_BITS);
    put(batch, BASE_OFFSET_AT, &0_i64.to_be_bytes());
    put(batch, LEADER_EPOCH_AT, &(-1_i32).to_be_bytes());
    put(batch, ATTRIBUTES_AT, &[0, codec]);
    put(
        batch,
        LAST_OFFSET_DELTA_AT,
        &last_offset_delta.to_be_bytes(),
    );
    put(batch, PRODUCER_AT, &[0xff; PRODUCER_BYTES]);
    let crc = crc(batch.get(CHECKED_AT..).unwrap_or_default());
    put(batch, CRC_AT, &crc.to_be_bytes());
}

struct Copying<'a> {
    telling: &'a Telling<'a>,
    base_offset: i64,
    /// How many records of the batch were copied.
    index: i32,
}

impl Copying<'_> {
    /// Is this a header that only copies speak with?
    ///
    /// SECURITY: also those that this copy doesn't set: what is copied on read names no principal, and a writer's own
    /// header would pass for it.
    fn is_ours(&self, name: &[u8]) -> bool {
        name.starts_with(self.telling.prefix.as_bytes())
    }
}

impl Edit for Copying<'_> {
    fn edit(
        &mut self,
        record: &Record<'_>,
        _: &mut Codecs,
        parts: &mut Parts,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let headers = Headers::new(record.headers).ok_or(Refusal::Record)?;
        let told = self.telling.headers;
        let offset = self.base_offset.saturating_add(record.offset_delta.into());
        let kept = headers.clone().filter(|it| !self.is_ours(it.name));
        let more = told.len() + usize::from(self.telling.offset.is_some());
        let count = kept.clone().count() + more;
        let block = &mut parts.headers;
        block.clear();
        varint::write(block, i64::try_from(count).map_err(|_| Refusal::TooLarge)?);
        // SECURITY: a record that says itself why it lies among dead letters would deceive who reads them.
        for header in kept {
            write_header(block, header.name, header.value);
        }
        for (name, value) in told {
            write_header(block, name.as_bytes(), Some(value));
        }
        if let Some(name) = self.telling.offset {
            write_header(block, name.as_bytes(), Some(offset.to_string().as_bytes()));
        }
        let counted = Record {
            offset_delta: self.index,
            ..*record
        };
        self.index = self.index.checked_add(1).ok_or(Refusal::Count)?;
        write_record(out, &counted, record.key, record.value, block)
    }

    fn too_large(&self) -> Refusal {
        Refusal::TooLarge
    }

    fn effort(&self) -> Effort {
        Effort::Fast
    }
}
