//! Opening the records of a stream on their way to a reader who may see them.

mod budget;
mod opener;
mod verified;

use std::sync::Arc;

pub use self::budget::Budget;
pub use self::opener::MISSING_MAX;
use self::opener::Opener;
pub use self::verified::{Unread, open_verified_records};

use crate::associated::{Home, KeyDigest, Place};
use crate::envelope::Kid;
use crate::error::{Fault, Refusal};
use crate::fetched::edit_fetched;
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

/// Faults that are told of the records that one call marks.
const MARKED_MAX: usize = 64;

impl Opened {
    /// The record at this offset was marked.
    pub(crate) fn tell(&mut self, offset: i64, refusal: Refusal) {
        self.marked_count += 1;
        if self.marked.len() < MARKED_MAX {
            self.marked.push(Fault {
                offset,
                index: 0,
                refusal,
            });
        }
    }

    /// A batch does not leave; before it so many records were marked.
    pub(crate) fn leave_out(&mut self, marked_before: u64) {
        self.left_out = true;
        self.marked_count = marked_before;
        let told = usize::try_from(marked_before).unwrap_or(MARKED_MAX);
        self.marked.truncate(told);
    }
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
    let mut opener = Opener::new(opening, keys, limits);
    edit_fetched(records, &mut opener, limits, budget, scratch, out).map_err(Unopened::Fault)?;
    opener.done()
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
    let mut opener = Opener::new(&opening, keys, &limits);
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
