//! The files of a log directory: their names, the segment header, the origin and the lock.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::error::AuditError;
use crate::frame::u64_at;

/// Bytes in front of a segment's first frame.
pub(crate) const HEADER_BYTES: usize = 32;
/// More than any writer lets a segment grow to; a larger file is not read.
pub(crate) const SEGMENT_FILE_BYTES_MAX: u64 = 1 << 30;
const MAGIC: &[u8; 8] = b"SWJ1\r\n\x1a\n";
const FORMAT: [u8; 2] = 1u16.to_le_bytes();

pub(crate) fn journal_directory(directory: &Path) -> PathBuf {
    directory.join("journal")
}

pub(crate) fn segment_path(directory: &Path, first: u64) -> PathBuf {
    directory.join("journal").join(format!("{first:020}.swj"))
}

/// Where a segment is prepared; it gets its name when it is complete and durable.
pub(crate) fn staging_path(directory: &Path) -> PathBuf {
    directory.join("journal").join("next.new")
}

pub(crate) fn mark_path(directory: &Path) -> PathBuf {
    directory.join("durable")
}

pub(crate) fn entries_path(directory: &Path) -> PathBuf {
    directory.join("entries")
}

/// The names of all segments, ascending; none where there is no journal yet.
pub(crate) fn segments(directory: &Path) -> Result<Vec<u64>, AuditError> {
    let path = journal_directory(directory);
    let failed = |source| AuditError::io("list", &path, source);
    let listing = match fs::read_dir(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listing => listing.map_err(failed)?,
    };
    let mut found = Vec::new();
    for item in listing {
        let name = item.map_err(failed)?.file_name();
        found.extend(name.to_str().and_then(segment_of));
    }
    found.sort_unstable();
    Ok(found)
}

fn segment_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".swj")?;
    let plain = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

pub(crate) fn header(origin_crc: u32, first: u64) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(MAGIC);
    header[8..10].copy_from_slice(&FORMAT);
    header[12..16].copy_from_slice(&origin_crc.to_le_bytes());
    header[16..24].copy_from_slice(&first.to_le_bytes());
    header
}

/// Refuses a header that this log's writer would not have written for this segment.
pub(crate) fn check_header(bytes: &[u8], origin_crc: u32, first: u64) -> Result<(), AuditError> {
    let damaged = |what| Err(AuditError::damaged(first, 0, what));
    let Some(found) = bytes.get(..HEADER_BYTES) else {
        return damaged("the header is cut off");
    };
    let expected = header(origin_crc, first);
    if found[..8] != expected[..8] {
        damaged("this is not a journal segment")
    } else if found[8..12] != expected[8..12] {
        damaged("the format or its flags are unknown")
    } else if found[12..16] != expected[12..16] {
        damaged("the segment belongs to a log of another origin")
    } else if u64_at(found, 16) != Some(first) {
        damaged("the header and the name differ on the first entry")
    } else if found != expected {
        damaged("reserved bytes of the header are set")
    } else {
        Ok(())
    }
}

/// Creates what is missing of the directory, for its owner only.
pub(crate) fn create_directories(directory: &Path) -> Result<(), AuditError> {
    let path = journal_directory(directory);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&path)
        .map_err(|source| AuditError::io("create", &path, source))?;
    sync_directory(directory)
}

pub(crate) fn sync_directory(path: &Path) -> Result<(), AuditError> {
    File::open(path)
        .and_then(|directory| directory.sync_all())
        .map_err(|source| AuditError::io("fsync", path, source))
}

/// Takes the lock of the only writer; it is held as long as the file is open.
pub(crate) fn lock(directory: &Path) -> Result<File, AuditError> {
    let path = directory.join("LOCK");
    let failed = |source| AuditError::io("lock", &path, source);
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(failed)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(rustix::io::Errno::WOULDBLOCK) => {
            let mut text = String::new();
            // Its text only helps the message: a writer that is just starting has none yet.
            let _ = (&file).take(16).read_to_string(&mut text);
            let pid = text.trim().parse().unwrap_or(0);
            return Err(AuditError::Locked {
                pid,
                directory: directory.to_path_buf(),
            });
        }
        Err(error) => return Err(failed(error.into())),
    }
    file.set_len(0).map_err(failed)?;
    file.write_all_at(format!("{}\n", std::process::id()).as_bytes(), 0)
        .map_err(failed)?;
    Ok(file)
}
