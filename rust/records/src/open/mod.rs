//! Opening the records of a stream on their way to a reader who may see them.

mod budget;
mod opener;

use std::sync::Arc;

use streamward_wire::kafka::batch;

pub use self::budget::Budget;
pub use self::opener::MISSING_MAX;
use self::opener::Opener;

use crate::associated::{Home, KeyDigest, Place};
use crate::batch::{Bounds, Buffers, rewrite};
use crate::envelope::{Alike, Kid};
use crate::error::{Fault, Refusal};
use crate::key::DataKey;
use crate::limits::Limits;
use crate::scratch::Scratch;

/// What is known of a key that an envelope names.
#[derive(Clone, Debug)]
pub enum FoundKey {
    /// It opens.
    Key(Arc<DataKey>),
    /// Nobody knows it.
    Unknown,
    /// It was known, and no longer opens.
    Expired,
    /// It has not been asked for.
    NotThere,
}

/// The keys that records may select among.
pub trait Keys {
    /// The key of this name. Never goes anywhere to look for it.
    fn find(&self, kid: &Kid) -> FoundKey;
}

/// What happens to a record that can't be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Its partition is refused.
    Refuse,
    /// It is delivered as it lies, with a header that says what is wrong.
    Header,
}

/// What of each record is sealed, and for where.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// Where the stream is at home, and then the streams whose envelopes may lie here too.
    pub homes: &'a [Home],
    /// The partition, of a stream that asks for it to be bound.
    pub partition: Option<i32>,
    /// Are values sealed?
    pub value: bool,
    /// Are keys?
    pub key: bool,
    /// The values of these headers are sealed.
    pub headers: &'a [Box<[u8]>],
    /// What happens to records that can't be opened.
    pub mark: Mark,
}

/// What became of records that were opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// The first of those that were marked.
    pub marked: Vec<Fault>,
    /// How many were.
    pub marked_count: u64,
    /// Batches are left out: the budget is spent.
    pub left_out: bool,
}

/// Why records were not opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unopened {
    /// They are not as they must be.
    Fault(Fault),
    /// These keys are needed.
    Missing(Vec<Kid>),
}

/// Appends `records`, the content of one partition of an answer to Fetch, with each record opened. A last batch of
/// which only a part is there is left out, as clients do; and so are batches for which `budget` is too small.
pub fn open_records(
    records: &[u8],
    opening: &Opening<'_>,
    keys: &impl Keys,
    limits: &Limits,
    budget: &mut Budget,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) -> Result<Opened, Unopened> {
    let mut opener = Opener {
        opening,
        keys,
        limits,
        last: None,
        alike: Alike::default(),
        missing: Vec::new(),
        opened: Opened::default(),
        offset: 0,
    };
    let mut at = 0;
    for batch in batch::batches(records) {
        let batch = batch.map_err(|_| Unopened::Fault(Fault::of_batch(-1, Refusal::Batch)))?;
        if !batch.complete {
            break;
        }
        if budget.is_spent() {
            opener.opened.left_out = true;
            break;
        }
        let start = out.len();
        let raw = records.get(at..at + batch.bytes).unwrap_or_default();
        at += batch.bytes;
        // Compaction leaves batches without records.
        if batch.is_control() || batch.records == 0 && batch.payload.is_empty() {
            out.extend_from_slice(raw);
            if !budget.spend(raw.len(), 0) {
                out.truncate(start);
                opener.opened.left_out = true;
            }
            continue;
        }
        opener.offset = batch.base_offset;
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
        let before = opener.opened.marked_count;
        let inflated = rewrite(&batch, raw, limits, &mut opener, bounds, buffers, out)
            .map_err(Unopened::Fault)?;
        if !budget.spend(out.len() - start, inflated) {
            out.truncate(start);
            opener.leave_out(before);
        }
    }
    if opener.missing.is_empty() {
        Ok(opener.opened)
    } else {
        Err(Unopened::Missing(opener.missing))
    }
}

/// One part of a record, for a program that opens by itself: what its envelope holds.
pub fn open_value(
    homes: &[Home],
    keys: &impl Keys,
    place: Place<'_>,
    partition: Option<i32>,
    record_key: Option<&[u8]>,
    bytes: &[u8],
) -> Result<Vec<u8>, Refusal> {
    let opening = Opening {
        homes,
        partition,
        value: true,
        key: false,
        headers: &[],
        mark: Mark::Refuse,
    };
    let limits = Limits::default();
    let mut opener = Opener {
        opening: &opening,
        keys,
        limits: &limits,
        last: None,
        alike: Alike::default(),
        missing: Vec::new(),
        opened: Opened::default(),
        offset: 0,
    };
    let mut scratch = Scratch::default();
    let digest = KeyDigest::of(record_key, &mut scratch.parts.wire_key);
    let mut out = Vec::new();
    opener.part(
        bytes,
        place,
        &digest,
        &mut scratch.codecs,
        &mut scratch.parts,
        &mut out,
    )?;
    Ok(out)
}
