//! Masking the records of a stream on their way to a reader who sees only a part of them.

use crate::MARK;
use crate::batch::Edit;
use crate::compression::{Codecs, Effort};
use crate::error::{Fault, Refusal};
use crate::fetched::{EditFetched, edit_fetched};
use crate::limits::Limits;
use crate::open::{Budget, Mark, Opened};
use crate::record::{Header, Headers, Record, write_header, write_record};
use crate::scratch::{Parts, Scratch};
use crate::varint;

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
        before: 0,
        masked: Opened::default(),
    };
    edit_fetched(records, &mut masker, limits, budget, scratch, out)?;
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
    /// How many records were marked before it.
    before: u64,
    masked: Opened,
}

impl<M: Masks> EditFetched for Masker<'_, M> {
    fn enter(&mut self, base_offset: i64) {
        self.offset = base_offset;
        self.before = self.masked.marked_count;
    }

    fn leave_out(&mut self) {
        self.masked.leave_out(self.before);
    }
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
            let offset = self.offset.saturating_add(record.offset_delta.into());
            self.masked.tell(offset, refusal);
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
