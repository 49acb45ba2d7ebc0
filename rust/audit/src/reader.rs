//! Reads entries in order, beside a writer or without one.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::error::AuditError;
use crate::frame::{self, Frame, Parsed};
use crate::growth::Growth;
use crate::layout::{self, HEADER_BYTES};
use crate::mark::{Mark, MarkFile};
use crate::origin;
use crate::recover::frame_follows;
use crate::storage::open_file;

/// How much is read from a segment with one system call; more than two frames.
const BUFFER_BYTES: usize = 256 * 1024;
/// A read returns early once its entries have this many bytes.
const READ_BYTES_MAX: usize = 16 * 1024 * 1024;
const CURSOR_BYTES_MAX: usize = 64;

/// Follows a journal's entries; never blocks, never locks.
///
/// It yields what is durable, so nothing that it returned is ever taken back. What a writer that
/// was killed left behind its last fsync comes when the next writer has opened the journal. A
/// directory without the writer's mark (a copy) is read up to its last whole frame.
#[derive(Debug)]
pub struct Reader {
    directory: PathBuf,
    segment: Option<Segment>,
    mark_file: Option<MarkFile>,
    mark: Option<Mark>,
    growth: Option<Growth>,
    /// The index of the next entry.
    next: u64,
}

/// The segment being read, and a window on its bytes.
#[derive(Debug)]
struct Segment {
    file: File,
    path: PathBuf,
    first: u64,
    /// Where in the segment `buffer[start]` lies.
    offset: u64,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
}

/// What comes next in a segment.
enum Step {
    Entry(Vec<u8>),
    /// A frame that is not an entry.
    Other,
    /// The bytes end here, at a frame's end.
    End,
    /// The bytes end here, within a frame.
    CutOff,
    Bad(&'static str),
}

impl Segment {
    fn open(directory: &Path, first: u64) -> Result<Option<Self>, AuditError> {
        let path = layout::segment_path(directory, first);
        let file = match open_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(|source| AuditError::io("open", &path, source))?,
        };
        let Some(origin_crc) = origin::origin_crc(directory)? else {
            return Err(AuditError::damaged(
                first,
                0,
                "the log has lost its file `origin`",
            ));
        };
        let buffer = vec![0; BUFFER_BYTES].into_boxed_slice();
        let mut segment = Self {
            file,
            path,
            first,
            offset: 0,
            buffer,
            start: 0,
            end: 0,
        };
        segment.fill(u64::MAX)?;
        layout::check_header(&segment.buffer[..segment.end], origin_crc, first)?;
        // The window may hold bytes that are not durable: it is filled again within its limit.
        segment.offset = HEADER_BYTES as u64;
        segment.drop_window();
        Ok(Some(segment))
    }

    fn drop_window(&mut self) {
        (self.start, self.end) = (0, 0);
    }

    /// Reads more, up to `limit` in the segment; false where there is no more.
    fn fill(&mut self, limit: u64) -> Result<bool, AuditError> {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        let from = self.offset + self.end as u64;
        let room = usize::try_from(limit.saturating_sub(from)).unwrap_or(usize::MAX);
        let end = self.buffer.len().min(self.end.saturating_add(room));
        loop {
            match self.file.read_at(&mut self.buffer[self.end..end], from) {
                Ok(read) => {
                    self.end += read;
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(AuditError::io("read", &self.path, source)),
            }
        }
    }

    /// Reads the next frame that ends at or before `limit`.
    fn step(&mut self, limit: u64) -> Result<Step, AuditError> {
        loop {
            let (step, size) = match frame::parse(&self.buffer[self.start..self.end]) {
                Parsed::Whole(Frame::Entry(leaf), size) => (Step::Entry(leaf.to_vec()), size),
                Parsed::Whole(_, size) => (Step::Other, size),
                Parsed::Bad(what) => return Ok(Step::Bad(what)),
                Parsed::Incomplete => {
                    if self.fill(limit)? {
                        continue;
                    }
                    let at_end = self.start == self.end;
                    return Ok(if at_end { Step::End } else { Step::CutOff });
                }
            };
            self.start += size;
            self.offset += size as u64;
            return Ok(step);
        }
    }

    fn damaged(&self, what: &'static str) -> AuditError {
        AuditError::damaged(self.first, self.offset, what)
    }
}

impl Reader {
    /// Begins behind `cursor`, or with the oldest entry where it is empty.
    ///
    /// Errors: `Cursor` where it is not a place in this journal, `Damaged` with the place, `Io`.
    pub fn open(directory: &Path, cursor: &str) -> Result<Self, AuditError> {
        let mut reader = Self {
            directory: directory.to_path_buf(),
            segment: None,
            mark_file: None,
            mark: None,
            growth: None,
            next: 0,
        };
        if !cursor.is_empty() {
            reader.seek(cursor)?;
        }
        Ok(reader)
    }

    /// Begins with the entry `index`; it may be the one that comes next.
    ///
    /// Errors: `Damaged` with the place where the journal does not reach so far, or begins behind it.
    pub fn open_at(directory: &Path, index: u64) -> Result<Self, AuditError> {
        let mut reader = Self::open(directory, "")?;
        let segments = layout::segments(directory)?;
        let place = segments.partition_point(|first| *first <= index);
        let Some(first) = place.checked_sub(1).and_then(|at| segments.get(at)) else {
            return match segments.first() {
                None if index == 0 => Ok(reader),
                oldest => Err(AuditError::damaged(
                    oldest.copied().unwrap_or(0),
                    0,
                    "the journal begins behind the entry that is needed",
                )),
            };
        };
        reader.look_at_mark()?;
        reader.segment = Segment::open(directory, *first)?;
        reader.next = *first;
        while reader.next < index {
            if reader.next_entry()?.is_none() {
                return Err(AuditError::damaged(
                    *first,
                    reader.segment.as_ref().map_or(0, |segment| segment.offset),
                    "the journal ends before the entry that is needed",
                ));
            }
        }
        Ok(reader)
    }

    /// The next entries with their indices, at most `entries_max`; none where there is nothing new
    /// yet. After damage every further call reports it again.
    pub fn read(&mut self, entries_max: usize) -> Result<Vec<(u64, Vec<u8>)>, AuditError> {
        let mut entries = Vec::new();
        let mut bytes = 0;
        // Before the look: what is written after it is told again.
        if let Some(growth) = &self.growth {
            growth.clear();
        }
        self.look_at_mark()?;
        while entries.len() < entries_max && bytes < READ_BYTES_MAX {
            match self.next_entry() {
                Ok(Some(entry)) => {
                    bytes += entry.1.len();
                    entries.push(entry);
                }
                Ok(None) => break,
                // What was read is good, and the next call meets the same error first.
                Err(_) if !entries.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        Ok(entries)
    }

    /// The place behind the last entry that [`Self::read`] returned, for [`Self::open`].
    pub fn cursor(&self) -> String {
        let place = self.segment.as_ref();
        place.map_or(String::new(), |s| {
            format!("{}:{}:{}", s.first, s.offset, self.next)
        })
    }

    /// The segment being read, and the index of the next entry.
    pub(crate) fn place(&self) -> (u64, u64) {
        (self.segment.as_ref().map_or(0, |it| it.first), self.next)
    }

    /// A descriptor that can be read from when there may be more than [`Self::read`] last found; it
    /// is the reader's, to be waited for only. None where the system can't tell: look now and then.
    pub fn growth(&mut self) -> Option<RawFd> {
        use std::os::fd::AsFd;
        if self.growth.is_none() {
            self.growth = Growth::of(&self.directory);
        }
        Some(self.growth.as_ref()?.as_fd().as_raw_fd())
    }

    fn look_at_mark(&mut self) -> Result<(), AuditError> {
        if self.mark_file.is_none() {
            self.mark_file = MarkFile::find(&self.directory)?;
        }
        let mark = self.mark_file.as_ref().and_then(MarkFile::read);
        self.mark = mark.or(self.mark);
        Ok(())
    }

    /// Where reading must stop in the segment `first`; none where no mark says.
    fn limit(&self, first: u64) -> Option<u64> {
        match self.mark {
            Some(mark) if mark.segment == first => Some(mark.offset),
            Some(mark) if mark.segment < first => Some(0),
            _ => None,
        }
    }

    fn next_entry(&mut self) -> Result<Option<(u64, Vec<u8>)>, AuditError> {
        loop {
            let Some(first) = self.segment.as_ref().map(|segment| segment.first) else {
                if self.open_oldest()? {
                    continue;
                }
                return Ok(None);
            };
            let limit = self.limit(first);
            let Some(segment) = self.segment.as_mut() else {
                return Ok(None);
            };
            if limit.is_some_and(|limit| segment.offset >= limit) {
                return Ok(None);
            }
            match segment.step(limit.unwrap_or(u64::MAX))? {
                Step::Entry(leaf) => {
                    let index = self.next;
                    self.next += 1;
                    return Ok(Some((index, leaf)));
                }
                Step::Other => {}
                end => {
                    if !self.end_of_bytes(&end)? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// At the end of a segment's bytes: goes on to the next (true), waits (false), or finds damage.
    fn end_of_bytes(&mut self, end: &Step) -> Result<bool, AuditError> {
        let Some(segment) = self.segment.as_mut() else {
            return Ok(false);
        };
        let what = match end {
            Step::Bad(what) => what,
            _ => "a frame is cut off",
        };
        match self.mark {
            Some(mark) if mark.segment == segment.first => {
                return Err(segment.damaged(match end {
                    Step::End => "the segment ends before what was durable",
                    _ => what,
                }));
            }
            Some(_) if !matches!(end, Step::End) => return Err(segment.damaged(what)),
            Some(_) => {}
            None if matches!(end, Step::End) => {}
            None => return self.end_without_mark(what),
        }
        self.open_next()
    }

    /// No mark, and no whole frame: a torn tail in the last segment, damage elsewhere.
    fn end_without_mark(&mut self, what: &'static str) -> Result<bool, AuditError> {
        let last = layout::segments(&self.directory)?.last().copied();
        let Some(segment) = self.segment.as_mut() else {
            return Ok(false);
        };
        while segment.end < segment.buffer.len() && segment.fill(u64::MAX)? {}
        let follows = frame_follows(&segment.buffer[segment.start..segment.end]);
        // A writer may cut the torn bytes and write others in their place.
        segment.drop_window();
        if follows || last != Some(segment.first) {
            return Err(segment.damaged(what));
        }
        Ok(false)
    }

    fn open_oldest(&mut self) -> Result<bool, AuditError> {
        let Some(first) = layout::segments(&self.directory)?.first().copied() else {
            return match self.mark {
                Some(mark) => Err(AuditError::damaged(
                    mark.segment,
                    0,
                    "all segments are missing",
                )),
                None => Ok(false),
            };
        };
        self.segment = Segment::open(&self.directory, first)?;
        self.next = first;
        Ok(self.segment.is_some())
    }

    /// From the clean end of one segment to the beginning of the next, whose name is known.
    fn open_next(&mut self) -> Result<bool, AuditError> {
        let here = self.segment.as_ref().map(|segment| segment.first);
        let last = layout::segments(&self.directory)?.last().copied();
        if last.max(self.mark.map(|mark| mark.segment)) <= here {
            return Ok(false);
        }
        let next = if here == Some(self.next) {
            None
        } else {
            Segment::open(&self.directory, self.next)?
        };
        if next.is_none() {
            return Err(AuditError::damaged(self.next, 0, "the segment is missing"));
        }
        self.segment = next;
        Ok(true)
    }

    /// Goes to a cursor's place and makes sure that it is one.
    fn seek(&mut self, cursor: &str) -> Result<(), AuditError> {
        let shown: String = cursor.chars().take(CURSOR_BYTES_MAX).collect();
        let refused = |what| AuditError::Cursor {
            cursor: shown.clone(),
            what,
        };
        let (first, offset, index) =
            parse_cursor(cursor).ok_or_else(|| refused("it must be `segment:offset:index`"))?;
        let mut segment = Segment::open(&self.directory, first)?
            .ok_or_else(|| refused("the segment is not there (pruned, or of another log)"))?;
        let mut next = first;
        while segment.offset < offset {
            match segment.step(offset)? {
                Step::Entry(_) => next += 1,
                Step::Other => {}
                Step::End => return Err(refused("the segment ends before it")),
                Step::CutOff => return Err(refused("no frame ends there")),
                Step::Bad(what) => return Err(segment.damaged(what)),
            }
        }
        if segment.offset != offset || next != index {
            return Err(refused("its offset and its index do not belong together"));
        }
        self.next = next;
        self.segment = Some(segment);
        Ok(())
    }
}

fn parse_cursor(cursor: &str) -> Option<(u64, u64, u64)> {
    if cursor.len() > CURSOR_BYTES_MAX {
        return None;
    }
    let mut parts = cursor.split(':').map(|part| {
        let plain = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if plain { part.parse().ok() } else { None }
    });
    let place = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(place)
}
