//! What the last segment holds when a journal is opened.

use std::fs;
use std::io::Read;
use std::path::Path;

use crate::error::AuditError;
use crate::frame::{self, FRAME_BYTES_MAX, Frame, PREFIX_BYTES, Parsed};
use crate::layout::{self, HEADER_BYTES, SEGMENT_FILE_BYTES_MAX};
use crate::mark::Mark;
use crate::pending::{Pending, PendingAccess};
use crate::storage::open_file;

/// A segment's frames, as far as they are whole.
#[derive(Debug)]
pub(crate) struct Scan {
    pub(crate) first: u64,
    /// The segment's bytes; everything behind `length` is torn.
    pub(crate) bytes: Vec<u8>,
    pub(crate) length: usize,
    /// The index of the next entry.
    pub(crate) entries: u64,
    pub(crate) pending: Pending,
}

/// Reads a whole segment, bounded.
fn load(directory: &Path, first: u64) -> Result<Vec<u8>, AuditError> {
    let path = layout::segment_path(directory, first);
    let failed = |source| AuditError::io("read", &path, source);
    let file = open_file(&path).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    if size > SEGMENT_FILE_BYTES_MAX {
        return Err(AuditError::damaged(
            first,
            0,
            "the segment is larger than any can be",
        ));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
    file.take(SEGMENT_FILE_BYTES_MAX)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    Ok(bytes)
}

/// Scans the last segment: its frames, its torn tail, or where it is damaged.
pub(crate) fn scan(
    directory: &Path,
    first: u64,
    origin_crc: u32,
    mark: Option<Mark>,
) -> Result<Scan, AuditError> {
    let bytes = load(directory, first)?;
    layout::check_header(&bytes, origin_crc, first)?;
    let (mut at, mut entries) = (HEADER_BYTES, first);
    let mut pending = Pending::new();
    let wrong = loop {
        match frame::parse(&bytes[at..]) {
            Parsed::Whole(found, size) => {
                match found {
                    Frame::Entry(_) => entries += 1,
                    Frame::Access { access, entry } => pending.opened(access, entry),
                    Frame::Range { access, range } => pending.moved(access, &range),
                    Frame::Rolled { access, .. } => pending.rolled(access),
                }
                at += size;
            }
            Parsed::Incomplete => break "a frame is cut off",
            Parsed::Bad(what) => break what,
        }
    };
    check_tail(&bytes, at, first, mark, wrong)?;
    // Whatever was introduced before is not known to be in what a later writer appends.
    pending.forget_introductions();
    Ok(Scan {
        first,
        bytes,
        length: at,
        entries,
        pending,
    })
}

/// A tail is torn, and may be cut, only where it was never durable.
fn check_tail(
    bytes: &[u8],
    at: usize,
    first: u64,
    mark: Option<Mark>,
    wrong: &'static str,
) -> Result<(), AuditError> {
    let damaged = |what| Err(AuditError::damaged(first, at as u64, what));
    match mark {
        Some(mark) if mark.segment > first => Err(AuditError::damaged(
            mark.segment,
            0,
            "the segment is missing",
        )),
        Some(mark) if mark.segment == first => {
            let durable = mark.offset > at as u64;
            match (durable, at == bytes.len()) {
                (true, true) => damaged("the segment ends before what was durable"),
                (true, false) => damaged(wrong),
                (false, _) => Ok(()),
            }
        }
        _ if frame_follows(&bytes[at..]) => damaged(wrong),
        _ => Ok(()),
    }
}

/// True where a whole frame begins behind the bad one that `bytes` begin with.
///
/// Looks only as far as one frame reaches: a power cut leaves nothing whole behind a torn frame
/// unless it lost a page in the middle, and that is for a person to judge.
pub(crate) fn frame_follows(bytes: &[u8]) -> bool {
    let reach = bytes.len().min(2 * FRAME_BYTES_MAX);
    (1..reach.saturating_sub(PREFIX_BYTES))
        .any(|at| matches!(frame::parse(&bytes[at..]), Parsed::Whole(..)))
}

/// The pending accesses with the leaves that opened them.
pub(crate) fn with_leaves(directory: &Path, scan: &Scan) -> Vec<PendingAccess> {
    let list = scan.pending.list();
    let mut wanted: Vec<u64> = list.iter().filter_map(|(_, opened, _)| *opened).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let leaves = leaves(directory, scan, &wanted);
    let leaf = |index: u64| {
        let at = leaves
            .binary_search_by_key(&index, |(found, _)| *found)
            .ok()?;
        leaves.get(at).map(|(_, leaf)| leaf.clone())
    };
    list.into_iter()
        .map(|(access, opened, ranges)| PendingAccess {
            access,
            opened_entry: opened.and_then(leaf),
            ranges,
        })
        .collect()
}

/// The entries with these indices (ascending), from this segment and those before it.
fn leaves(directory: &Path, scan: &Scan, wanted: &[u64]) -> Vec<(u64, Vec<u8>)> {
    let mut found = Vec::new();
    let earlier = layout::segments(directory).unwrap_or_default();
    for (position, first) in earlier.iter().enumerate() {
        let end = earlier.get(position + 1).copied().unwrap_or(u64::MAX);
        let here = &wanted[wanted.partition_point(|w| w < first)..];
        let here = &here[..here.partition_point(|w| *w < end)];
        if here.is_empty() {
            continue;
        }
        if *first == scan.first {
            collect(&scan.bytes[..scan.length], *first, here, &mut found);
            continue;
        }
        match load(directory, *first) {
            Ok(bytes) => collect(&bytes, *first, here, &mut found),
            Err(error) => {
                tracing::warn!(segment = first, %error, "cannot re-read the entry of an access");
            }
        }
    }
    found
}

fn collect(bytes: &[u8], first: u64, wanted: &[u64], found: &mut Vec<(u64, Vec<u8>)>) {
    let (mut at, mut index) = (HEADER_BYTES, first);
    while let Some(Parsed::Whole(frame, size)) = bytes.get(at..).map(frame::parse) {
        if let Frame::Entry(leaf) = frame {
            if wanted.binary_search(&index).is_ok() {
                found.push((index, leaf.to_vec()));
            }
            index += 1;
        }
        at += size;
    }
}

/// Removes what a writer that was killed while it prepared a segment left behind.
pub(crate) fn remove_staging(directory: &Path) -> Result<(), AuditError> {
    let path = layout::staging_path(directory);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(AuditError::io("remove", &path, error))
        }
        _ => Ok(()),
    }
}
