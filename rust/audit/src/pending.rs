//! The accesses that run, and what they moved that no roll-up covers yet.

use std::collections::{BTreeMap, HashMap};

use crate::batch::{Batch, Note};
use crate::error::AuditError;
use crate::frame::{self, Range, State};

/// Idle accesses beyond this many are forgotten when a segment ends: a crash then recovers their
/// ranges without the entry that opened them.
const ACCESSES_MAX: usize = 1 << 20;

/// An access that was running when the last writer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingAccess {
    /// Its id, to be used in [`Batch::rolled`] when its roll-up is entered.
    pub access: u64,
    /// The leaf of its `access_opened` entry; none where that was pruned or lost.
    pub opened_entry: Option<Vec<u8>>,
    /// What it moved since its last roll-up; neighbours joined.
    pub ranges: Vec<Range>,
}

#[derive(Debug, Default)]
struct Access {
    opened: Option<u64>,
    /// The generation in which an access frame was last written for it.
    introduced: u64,
    ranges: BTreeMap<(i32, State), Vec<Range>>,
}

impl Access {
    fn add(&mut self, range: &Range) {
        let known = self
            .ranges
            .entry((range.partition, range.state))
            .or_default();
        if !known.last_mut().is_some_and(|last| last.absorb(range)) {
            known.push(*range);
        }
    }
}

/// What recovery would find, kept beside the writing so that each segment can begin with it.
///
/// INVARIANT: the last segment alone tells all that is pending. So a new segment begins with the
/// pending ranges, and a range is never in a segment without its access frame.
#[derive(Debug)]
pub(crate) struct Pending {
    accesses: HashMap<u64, Access>,
    generation: u64,
}

impl Pending {
    pub(crate) fn new() -> Self {
        Self {
            accesses: HashMap::new(),
            generation: 1,
        }
    }

    /// Resolves the batch's links and adds the access frames that this segment lacks.
    pub(crate) fn link(&mut self, batch: &mut Batch, next: u64) -> Result<(), AuditError> {
        for note in &batch.notes {
            match *note {
                Note::Access { at, nth, .. } | Note::Rolled { at, nth, .. } => {
                    if nth >= batch.entries {
                        let what = format!("a frame refers to entry {nth} of {}", batch.entries);
                        return Err(AuditError::Invalid { what });
                    }
                    frame::relink(&mut batch.bytes, at, next + nth as u64);
                }
                Note::Range { access: id, .. } => {
                    let Some(access) = self.accesses.get_mut(&id) else {
                        continue;
                    };
                    if let (Some(opened), true) =
                        (access.opened, access.introduced != self.generation)
                    {
                        frame::put_access(&mut batch.bytes, id, opened);
                        access.introduced = self.generation;
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes over what a written batch says.
    pub(crate) fn apply(&mut self, notes: &[Note], next: u64) {
        for note in notes {
            match *note {
                Note::Access { access, nth, .. } => self.opened(access, next + nth as u64),
                Note::Range { access, ref range } => self.moved(access, range),
                Note::Rolled { access, .. } => self.rolled(access),
            }
        }
    }

    pub(crate) fn opened(&mut self, access: u64, entry: u64) {
        let access = self.accesses.entry(access).or_default();
        access.opened = Some(entry);
        access.introduced = self.generation;
    }

    pub(crate) fn moved(&mut self, access: u64, range: &Range) {
        self.accesses.entry(access).or_default().add(range);
    }

    pub(crate) fn rolled(&mut self, access: u64) {
        if let Some(access) = self.accesses.get_mut(&access) {
            access.ranges.clear();
        }
    }

    /// Nothing staged since can be relied on to be in the segment.
    pub(crate) fn forget_introductions(&mut self) {
        self.generation += 1;
    }

    /// Appends the frames that a new segment must begin with.
    pub(crate) fn carry(&mut self, out: &mut Vec<u8>) {
        self.generation += 1;
        if self.accesses.len() > ACCESSES_MAX {
            let recent = self.generation - 1;
            self.accesses
                .retain(|_, a| !a.ranges.is_empty() || a.introduced >= recent);
        }
        for (id, access) in self
            .accesses
            .iter_mut()
            .filter(|(_, a)| !a.ranges.is_empty())
        {
            if let Some(opened) = access.opened {
                frame::put_access(out, *id, opened);
                access.introduced = self.generation;
            }
            for range in access.ranges.values().flatten() {
                frame::put_range(out, *id, range);
            }
        }
    }

    /// Accesses with ranges, by id: the index of the entry that opened each, and its ranges.
    pub(crate) fn list(&self) -> Vec<(u64, Option<u64>, Vec<Range>)> {
        let mut list: Vec<_> = self
            .accesses
            .iter()
            .filter(|(_, access)| !access.ranges.is_empty())
            .map(|(id, a)| {
                (
                    *id,
                    a.opened,
                    a.ranges.values().flatten().copied().collect(),
                )
            })
            .collect();
        list.sort_unstable_by_key(|(id, _, _)| *id);
        list
    }
}
