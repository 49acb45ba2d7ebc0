//! Masking the records of a stream on their way to a reader who sees only a part of them.

use streamward_wire::kafka::batch;

use crate::MARK;
use crate::batch::{Bounds, Buffers, Edit, rewrite};
use crate::compression::{Codecs, Effort};
use crate::error::{Fault, Refusal};
use crate::limits::Limits;
use crate::open::{Budget, Mark, Opened};
use crate::record::{Header, Headers, Record, write_header, write_record};
use crate::scratch::{Parts, Scratch};
use crate::varint;

/// Faults that are told of the records that one call marks.
const MARKED_MAX: usize = 64;
/// A mark says no more than this many bytes.
const MARK_CODE_BYTES_MAX: usize = 32;

/// What a reader sees of a record.
pub trait Masks {
    /// Appends what is seen of a value.
    ///
    /// # Errors
    /// Nothing may be seen of it.
    fn value(
        &mut self,
        record: &Record<'_>,
        value: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal>;

    /// What is seen of a value of which nothing may be seen, where it is marked.
    fn instead<'v>(&self, _value: &'v [u8]) -> &'v [u8] {
        &[]
    }

    /// Appends what is seen of a record's key; `false`: the record is delivered without one.
    fn key(&mut self, key: &[u8], out: &mut Vec<u8>) -> bool;

    /// Is the header of this name seen? It is as it lies, or not there. What marks a record is always seen.
    fn shows_header(&self, name: &[u8]) -> bool;
}

/// Appends `records`, the content of one partition of an answer to Fetch, with each record masked. Of a value that
/// can't be, nothing leaves: the records are refused, or (`Mark::Header`) it is delivered empty, with a header
/// that says so. A last batch of which only a part is there is left out, as clients do; and so are batches for which
/// `budget` is too small.
///
/// # Errors
/// The first batch or record that can't be read or masked; nothing of `out` may then be shown.
pub fn mask_records(
    records: &[u8],
    masks: &mut impl Masks,
    mark: Mark,
    limits: &Limits,
    budget: &mut Budget,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) -> Result<Opened, Fault> {
    let mut masker = Masker {
        masks,
        mark,
        offset: 0,
        masked: Opened::default(),
    };
    let mut at = 0;
    for batch in batch::batches(records) {
        let batch = batch.map_err(|_| Fault::of_batch(-1, Refusal::Batch))?;
        if !batch.complete {
            break;
        }
        if budget.is_spent() {
            masker.masked.left_out = true;
            break;
        }
        let start = out.len();
        let raw = records.get(at..at + batch.bytes).unwrap_or_default();
        at += batch.bytes;
        // Brokers write control batches; compaction leaves batches without records.
        if batch.is_control() || batch.records == 0 && batch.payload.is_empty() {
            out.extend_from_slice(raw);
            if !budget.spend(raw.len(), 0) {
                out.truncate(start);
                masker.masked.left_out = true;
            }
            continue;
        }
        masker.offset = batch.base_offset;
        let buffers = Buffers {
            codecs: &mut scratch.codecs,
            inflated: &mut scratch.inflated,
            edited: &mut scratch.edited,
            parts: &mut scratch.parts,
        };
        let bounds = Bounds {
            edited: limits.inflated_bytes_max.max(batch.payload.len()),
            written: usize::MAX,
        };
        let marked = (masker.masked.marked.len(), masker.masked.marked_count);
        let inflated = rewrite(&batch, raw, limits, &mut masker, bounds, buffers, out)?;
        if !budget.spend(out.len() - start, inflated) {
            out.truncate(start);
            masker.masked.marked.truncate(marked.0);
            masker.masked.marked_count = marked.1;
            masker.masked.left_out = true;
        }
    }
    Ok(masker.masked)
}

/// Does this header mark its record as not being as it must be?
///
/// SECURITY: without it, who sees masks would take for verified what is not. It is told by its form, so that nothing else
/// of a record leaves under its name.
fn is_mark(header: &Header<'_>) -> bool {
    let is_code = |value: &[u8]| {
        let mut bytes = value.iter();
        value.len() <= MARK_CODE_BYTES_MAX && bytes.all(|it| matches!(it, b'a'..=b'z' | b'_'))
    };
    header.name == MARK.as_bytes() && header.value.is_some_and(is_code)
}

struct Masker<'m, M> {
    masks: &'m mut M,
    mark: Mark,
    /// Of the batch.
    offset: i64,
    masked: Opened,
}

impl<M: Masks> Edit for Masker<'_, M> {
    fn edit(
        &mut self,
        record: &Record<'_>,
        _: &mut Codecs,
        parts: &mut Parts,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let Parts {
            key,
            plain,
            headers,
            ..
        } = parts;
        plain.clear();
        let masked = match record.value {
            Some(value) => self.masks.value(record, value, plain),
            None => Ok(()),
        };
        if let Err(refusal) = masked {
            if self.mark == Mark::Refuse {
                return Err(refusal);
            }
            // SECURITY: what was masked before it failed is no part of a value that conforms.
            plain.clear();
            plain.extend_from_slice(self.masks.instead(record.value.unwrap_or_default()));
            self.mark(record, refusal);
        }
        key.clear();
        let shown = record.key.is_some_and(|it| self.masks.key(it, key));
        self.headers(record, masked.err(), headers)?;
        let value = record.value.map(|_| plain.as_slice());
        write_record(out, record, shown.then_some(key), value, headers)
    }

    fn too_large(&self) -> Refusal {
        Refusal::Bomb
    }

    fn effort(&self) -> Effort {
        Effort::Fast
    }
}

impl<M: Masks> Masker<'_, M> {
    fn mark(&mut self, record: &Record<'_>, refusal: Refusal) {
        self.masked.marked_count += 1;
        if self.masked.marked.len() < MARKED_MAX {
            self.masked.marked.push(Fault {
                offset: self.offset.saturating_add(record.offset_delta.into()),
                index: 0,
                refusal,
            });
        }
    }

    fn headers(
        &self,
        record: &Record<'_>,
        marked: Option<Refusal>,
        block: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let headers = Headers::new(record.headers).ok_or(Refusal::Record)?;
        let shown = headers.filter(|it| is_mark(it) || self.masks.shows_header(it.name));
        let count = i64::try_from(shown.clone().count()).unwrap_or(i64::MAX);
        block.clear();
        varint::write(block, count.saturating_add(i64::from(marked.is_some())));
        for header in shown {
            write_header(block, header.name, header.value);
        }
        if let Some(refusal) = marked {
            write_header(block, MARK.as_bytes(), Some(refusal.code().as_bytes()));
        }
        Ok(())
    }
}
