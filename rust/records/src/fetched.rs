//! Looking at the records of an answer to Fetch, and marking some of them.

use std::collections::BTreeSet;

use streamward_wire::kafka::batch;

use crate::MARK;
use crate::batch::{Bounds, Edit, rewrite};
use crate::compression::{Codecs, Effort};
use crate::error::{Fault, Refusal};
use crate::limits::Limits;
use crate::open::Budget;
use crate::record::{Headers, Record, write_header, write_record};
use crate::scratch::{Parts, Scratch};
use crate::varint;
use crate::visit::visit_batch;

/// Bytes that a mark adds to a record, at most.
const MARK_BYTES: usize = 128;
/// By how many times a batch may grow because its records are compressed anew.
const GROWTH_MAX: usize = 4;

/// Shows each record of `records`, the content of one partition of an answer to Fetch, with its offset and its index in
/// its batch. Gives how
/// many bytes are in whole batches: a last one of which only a part is there is not looked at.
///
/// # Errors
/// The first batch or record that can't be read, or what the visitor answers.
pub fn visit_fetched<E: From<Fault>>(
    records: &[u8],
    limits: &Limits,
    scratch: &mut Scratch,
    visit: &mut impl FnMut((i64, u32), &Record<'_>) -> Result<(), E>,
) -> Result<usize, E> {
    let mut at = 0;
    for batch in batch::batches(records) {
        let batch = batch.map_err(|_| Fault::of_batch(-1, Refusal::Batch))?;
        if !batch.complete {
            break;
        }
        at += batch.bytes;
        // Brokers write control batches; compaction leaves batches without records.
        if batch.is_control() || batch.records == 0 && batch.payload.is_empty() {
            continue;
        }
        visit_batch(&batch, limits, scratch, &mut |index, record| {
            let offset = batch.base_offset.saturating_add(record.offset_delta.into());
            visit((offset, index), record)
        })?;
    }
    Ok(at)
}

/// What edits the batches of an answer to Fetch.
pub(crate) trait EditFetched: Edit {
    /// The next batch begins at this offset.
    fn enter(&mut self, base_offset: i64);

    /// A batch leaves no more, nor what was told of its records since it was entered.
    fn leave_out(&mut self);
}

/// Appends each whole batch of one partition of an answer to Fetch, edited, for as long as the budget allows. Control
/// batches, and those of which compaction left nothing, are as they were. Gives how many bytes are in whole batches.
///
/// # Errors
/// The first batch or record that can't be read or edited.
pub(crate) fn edit_fetched(
    records: &[u8],
    edit: &mut impl EditFetched,
    limits: &Limits,
    budget: &mut Budget,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) -> Result<usize, Fault> {
    let mut at = 0;
    for batch in batch::batches(records) {
        let batch = batch.map_err(|_| Fault::of_batch(-1, Refusal::Batch))?;
        if !batch.complete {
            break;
        }
        edit.enter(batch.base_offset);
        if budget.is_spent() {
            edit.leave_out();
            break;
        }
        let start = out.len();
        let raw = records.get(at..at + batch.bytes).unwrap_or_default();
        at += batch.bytes;
        let inflated = if batch.is_control() || batch.records == 0 && batch.payload.is_empty() {
            out.extend_from_slice(raw);
            0
        } else {
            let bounds = Bounds {
                edited: limits.inflated_bytes_max.max(batch.payload.len()),
                written: usize::MAX,
            };
            rewrite(&batch, raw, limits, edit, bounds, scratch.buffers(), out)?
        };
        if !budget.spend(out.len() - start, inflated) {
            out.truncate(start);
            edit.leave_out();
        }
    }
    Ok(at)
}

/// Appends `records`, the whole batches of one partition of an answer to Fetch, in which the records at these offsets
/// have a header that says what is wrong with them; all others are as they were.
///
/// # Errors
/// The first batch or record that can't be read.
pub fn mark_fetched(
    records: &[u8],
    (offsets, code): (&BTreeSet<i64>, &str),
    limits: &Limits,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) -> Result<(), Fault> {
    let mut at = 0;
    for batch in batch::batches(records) {
        let batch = batch.map_err(|_| Fault::of_batch(-1, Refusal::Batch))?;
        if !batch.complete {
            break;
        }
        let raw = records.get(at..at + batch.bytes).unwrap_or_default();
        at += batch.bytes;
        // SECURITY: which records a batch has is known from them alone, not from the offsets of its header.
        if batch.is_control() || batch.records == 0 && batch.payload.is_empty() {
            out.extend_from_slice(raw);
            continue;
        }
        let mut marker = Marker {
            offsets,
            code,
            base_offset: batch.base_offset,
        };
        let marks = MARK_BYTES.saturating_mul(offsets.len());
        let bounds = Bounds {
            edited: limits.inflated_bytes_max.saturating_add(marks),
            // What was compressed harder than it is here again grows.
            written: raw.len().saturating_mul(GROWTH_MAX).saturating_add(marks),
        };
        rewrite(
            &batch,
            raw,
            limits,
            &mut marker,
            bounds,
            scratch.buffers(),
            out,
        )?;
    }
    Ok(())
}

struct Marker<'m> {
    offsets: &'m BTreeSet<i64>,
    code: &'m str,
    base_offset: i64,
}

impl Edit for Marker<'_> {
    fn edit(
        &mut self,
        record: &Record<'_>,
        _: &mut Codecs,
        parts: &mut Parts,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let offset = self.base_offset.saturating_add(record.offset_delta.into());
        if !self.offsets.contains(&offset) {
            return write_record(out, record, record.key, record.value, record.headers);
        }
        let headers = Headers::new(record.headers).ok_or(Refusal::Record)?;
        let block = &mut parts.headers;
        block.clear();
        varint::write(block, i64::from(headers.left()) + 1);
        block.extend_from_slice(headers.rest());
        write_header(block, MARK.as_bytes(), Some(self.code.as_bytes()));
        write_record(out, record, record.key, record.value, block)
    }

    fn too_large(&self) -> Refusal {
        Refusal::Bomb
    }

    fn effort(&self) -> Effort {
        Effort::Fast
    }
}
