//! What lets go of openings: by their places, or by their age.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::form::{
    HEAD_BYTES, OPENING_BYTES_MAX, Opening, framed, is_blank, opening_frames, opening_payload,
};
use super::{End, Openings};
use crate::error::AuditError;
use crate::locks::lock;
use crate::storage::Segment;

/// When the oldest and the newest opening of a file were written.
struct Times {
    oldest: i64,
    newest: i64,
}

impl Openings {
    /// Overwrites the openings at these places, and returns when that is durable. How many there were; what is
    /// erased or gone already is passed over.
    ///
    /// Errors: `Invalid` for the first place at which there is no opening, once all others are erased; `Io`.
    pub(crate) fn erase(&self, places: &[u64]) -> Result<usize, AuditError> {
        let _upkeep = lock(&self.upkeep);
        let files = self.files.list()?;
        let mut by_file: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for place in places {
            let at = files.partition_point(|first| first <= place);
            if let Some(first) = at.checked_sub(1).and_then(|at| files.get(at)) {
                by_file.entry(*first).or_default().push(*place);
            }
        }
        let (mut erased, mut wrong) = (0, None);
        for (first, places) in by_file {
            let path = self.files.path(first);
            let file = match self.files.open(first, true) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                opened => opened.map_err(|source| AuditError::io("open", &path, source))?,
            };
            for place in places {
                let done = erase_at(&file, place - first);
                match done.map_err(|source| AuditError::io("erase in", &path, source))? {
                    Some(one) => erased += usize::from(one),
                    None => wrong = wrong.or(Some((place, path.clone()))),
                }
            }
            file.sync_data()
                .map_err(|source| AuditError::io("fsync", &path, source))?;
        }
        match wrong {
            None => Ok(erased),
            Some((place, path)) => Err(AuditError::Invalid {
                what: format!(
                    "there is no opening at {place} of `{}`; {erased} others are erased",
                    path.display()
                ),
            }),
        }
    }

    /// The first place that is left if the files go in which every opening is older than `since`; none where
    /// there is no such file. Both times in ms since 1970; no opening counts as written later than `now`.
    pub(crate) fn prunable(&self, since: i64, now: i64) -> Result<Option<u64>, AuditError> {
        let _upkeep = lock(&self.upkeep);
        let open = {
            let mut end = lock(&self.end);
            if end.file.is_some() && end.newest < since {
                // What is written from now on comes into a file of its own, so that this one can go.
                self.close(&mut end)?;
            }
            end.file.as_ref().map(|_| end.first)
        };
        let files = self.files.list()?;
        let (mut below, mut after) = (None, now);
        let times: Vec<_> = files
            .iter()
            .map(|first| self.times(*first))
            .collect::<Result<_, _>>()?;
        let mut latest = vec![now; files.len()];
        // Files were written one after the other: none holds anything newer than the first of the next.
        for (at, times) in times.iter().enumerate().rev() {
            latest[at] = times.as_ref().map_or(i64::MIN, |it| it.newest).min(after);
            after = times.as_ref().map_or(after, |it| it.oldest.min(after));
        }
        for (at, first) in files.iter().enumerate() {
            if Some(*first) == open || latest[at] >= since {
                break;
            }
            let behind = files.get(at + 1).copied();
            below = Some(behind.unwrap_or_else(|| lock(&self.end).next));
        }
        Ok(below)
    }

    /// Makes durable what the file being written holds, and ends it.
    fn close(&self, end: &mut End) -> Result<(), AuditError> {
        if let Some(file) = &end.file {
            let path = self.files.path(end.first);
            file.sync()
                .map_err(|source| AuditError::io("fsync", &path, source))?;
        }
        end.file = None;
        Ok(())
    }

    /// Removes the files below this place.
    pub(crate) fn prune(&self, below: u64) -> Result<(), AuditError> {
        let _upkeep = lock(&self.upkeep);
        for first in self.files.list()?.into_iter().filter(|it| *it < below) {
            self.files.remove(first)?;
        }
        self.files.sync()
    }

    /// None where it holds no opening that is not erased.
    fn times(&self, first: u64) -> Result<Option<Times>, AuditError> {
        let bytes = self.files.read(first)?.unwrap_or_default();
        let (mut times, mut read, mut strange): (Option<Times>, usize, bool) = (None, 0, false);
        let mut meet = |time: i64| {
            let known = times.get_or_insert(Times {
                oldest: time,
                newest: time,
            });
            (known.oldest, known.newest) = (known.oldest.min(time), known.newest.max(time));
        };
        for (_, payload) in opening_frames(&bytes) {
            read += HEAD_BYTES + payload.len();
            match serde_json::from_slice::<Opening>(payload) {
                Ok(opening) => meet(opening.time),
                Err(_) if is_blank(payload) => {}
                Err(_) => strange = true,
            }
        }
        if strange || read < bytes.len() {
            // Of bytes that are no opening only the file can say when they were written.
            meet(self.files.changed_milliseconds(first).unwrap_or(i64::MAX));
        }
        Ok(times)
    }
}

/// Whether there was an opening at this offset that was not erased; none where there is no opening at all.
fn erase_at(file: &File, offset: u64) -> io::Result<Option<bool>> {
    let mut bytes = vec![0; HEAD_BYTES + OPENING_BYTES_MAX];
    let read = read_at(file, &mut bytes, offset)?;
    let Some(found) = opening_payload(&bytes[..read]) else {
        return Ok(None);
    };
    if is_blank(found) {
        return Ok(Some(false));
    }
    let blank = framed(&vec![b' '; found.len()]);
    Segment::write_all_at(file, &blank, offset)?;
    Ok(Some(true))
}

fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut read = 0;
    loop {
        match file.read_at(&mut bytes[read..], offset + read as u64) {
            Ok(0) => return Ok(read),
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
