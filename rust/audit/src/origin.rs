//! The log's origin: its name in checkpoints, which never changes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::error::AuditError;
use crate::layout::{create_directories, sync_directory};
use crate::log::note::check_name;
use crate::storage::open_file;

const ORIGIN_BYTES_MAX: u64 = 256;

/// The log's origin as it lies in its file; none where the log has none yet.
fn origin_bytes(directory: &Path) -> Result<Option<Vec<u8>>, AuditError> {
    let path = directory.join("origin");
    let mut text = Vec::new();
    match open_file(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened
            .and_then(|file| file.take(ORIGIN_BYTES_MAX).read_to_end(&mut text))
            .map_err(|source| AuditError::io("read", &path, source))?,
    };
    if text.last() == Some(&b'\n') {
        text.pop();
    }
    Ok(Some(text))
}

/// The checksum of the log's origin; none where the log has none yet.
pub(crate) fn origin_crc(directory: &Path) -> Result<Option<u32>, AuditError> {
    Ok(origin_bytes(directory)?.map(|text| crc32c::crc32c(&text)))
}

/// The log's origin: its name in checkpoints. Errors: `Log` where it has none, `Io`.
pub fn origin(directory: &Path) -> Result<String, AuditError> {
    let damaged = |what| AuditError::log("origin", what);
    let text = origin_bytes(directory)?.ok_or_else(|| damaged("the log has no origin"))?;
    String::from_utf8(text).map_err(|_| damaged("it is not UTF-8"))
}

/// Gives a log that has no origin yet this one. Call it before anything is written.
///
/// Errors: `Invalid` where the log has another one, or this one can't stand in a checkpoint; `Io`.
pub fn declare_origin(directory: &Path, origin: &str) -> Result<(), AuditError> {
    check_name(origin)?;
    if origin.len() as u64 >= ORIGIN_BYTES_MAX {
        let what = format!("an origin has fewer than {ORIGIN_BYTES_MAX} bytes");
        return Err(AuditError::Invalid { what });
    }
    match origin_bytes(directory)? {
        Some(found) if found == origin.as_bytes() => Ok(()),
        Some(found) => Err(AuditError::Invalid {
            what: format!(
                "the log is of origin `{}`, not of `{origin}`: an origin never changes, begin a new \
                 log in another directory",
                String::from_utf8_lossy(&found)
            ),
        }),
        None => {
            create_directories(directory)?;
            save_origin(directory, origin)
        }
    }
}

/// Gives the log an origin of its own, once.
pub(crate) fn create_origin(directory: &Path) -> Result<u32, AuditError> {
    let path = directory.join("origin");
    let mut random = [0; 8];
    File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut random))
        .map_err(|source| AuditError::io("create", &path, source))?;
    let origin = format!("streamward/{:016x}", u64::from_le_bytes(random));
    save_origin(directory, &origin)?;
    Ok(crc32c::crc32c(origin.as_bytes()))
}

fn save_origin(directory: &Path, origin: &str) -> Result<(), AuditError> {
    let path = directory.join("origin");
    let staging = directory.join("origin.new");
    let save = || -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&staging)?;
        writeln!(file, "{origin}")?;
        file.sync_all()?;
        fs::rename(&staging, &path)
    };
    save().map_err(|source| AuditError::io("create", &path, source))?;
    sync_directory(directory)
}
