//! How far the journal is durable, for readers: `segment u64 | offset u64 | crc32c u32`.
//!
//! Written after each fsync and rarely fsynced itself: a stale mark is a true one, only lower.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::error::AuditError;
use crate::frame::u64_at;
use crate::layout;
use crate::storage::{open_file, writer_file};

const MARK_BYTES: usize = 20;
/// A reader may meet a mark half written; it looks again this often.
const ATTEMPTS: usize = 3;

/// Everything before this place was fsynced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    pub(crate) segment: u64,
    pub(crate) offset: u64,
}

/// The file that holds the mark.
#[derive(Debug)]
pub(crate) struct MarkFile(File);

impl MarkFile {
    /// Opens it for the writer, which creates it where it is missing.
    pub(crate) fn create(directory: &Path) -> Result<Self, AuditError> {
        let path = layout::mark_path(directory);
        writer_file(&path)
            .map(Self)
            .map_err(|source| AuditError::io("open", &path, source))
    }

    /// Opens it for a reader; none where no writer has made one.
    pub(crate) fn find(directory: &Path) -> Result<Option<Self>, AuditError> {
        let path = layout::mark_path(directory);
        match open_file(&path) {
            Ok(file) => Ok(Some(Self(file))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(AuditError::io("open", &path, source)),
        }
    }

    /// The mark; none where it was never written or does not match its checksum.
    pub(crate) fn read(&self) -> Option<Mark> {
        (0..ATTEMPTS).find_map(|_| {
            let mut bytes = [0; MARK_BYTES];
            self.0.read_exact_at(&mut bytes, 0).ok()?;
            let crc = crc32c::crc32c(&bytes[..16]).to_le_bytes();
            if bytes[16..] != crc {
                return None;
            }
            Some(Mark {
                segment: u64_at(&bytes, 0)?,
                offset: u64_at(&bytes, 8)?,
            })
        })
    }

    pub(crate) fn write(&self, mark: Mark) -> io::Result<()> {
        let mut bytes = [0; MARK_BYTES];
        bytes[..8].copy_from_slice(&mark.segment.to_le_bytes());
        bytes[8..16].copy_from_slice(&mark.offset.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..16]).to_le_bytes();
        bytes[16..].copy_from_slice(&crc);
        self.0.write_all_at(&bytes, 0)
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}
