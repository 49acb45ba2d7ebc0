//! Where openings lie: `openings/PLACE.swo`, and beside them how far places are given out.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use rustix::fs::OFlags;

use crate::error::AuditError;
use crate::storage::{Segment, Storage};

/// Each file has a range of places of its own of this many, of which it never uses up half.
pub(super) const FILE_PLACES: u64 = 1 << 22;
/// More than any file of openings can have; what lies behind it is not read.
pub(super) const FILE_BYTES_READ_MAX: u64 = 8 * 1024 * 1024;
const NEXT: &str = "openings.next";

/// The first place behind `place` at which a file can begin.
pub(super) fn next_file(place: u64) -> u64 {
    place.checked_next_multiple_of(FILE_PLACES).unwrap_or(place)
}

fn name(first: u64) -> String {
    format!("{first:020}.swo")
}

#[cfg(test)]
pub(super) fn path_in(log: &Path, first: u64) -> PathBuf {
    log.join("openings").join(name(first))
}

/// The files of openings of one log.
#[derive(Debug)]
pub(super) struct Files {
    storage: Arc<dyn Storage>,
    log: PathBuf,
    pub(super) folder: PathBuf,
}

impl Files {
    pub(super) fn of(storage: Arc<dyn Storage>, log: &Path) -> Self {
        Self {
            storage,
            log: log.to_path_buf(),
            folder: log.join("openings"),
        }
    }

    pub(super) fn path(&self, first: u64) -> PathBuf {
        self.folder.join(name(first))
    }

    /// The names of all, ascending.
    pub(super) fn list(&self) -> Result<Vec<u64>, AuditError> {
        let failed = |source| AuditError::io("list", &self.folder, source);
        let listing = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            listing => listing.map_err(failed)?,
        };
        let mut found = Vec::new();
        for item in listing {
            let name = item.map_err(failed)?.file_name();
            let digits = name.to_str().and_then(|name| name.strip_suffix(".swo"));
            let plain =
                digits.filter(|it| it.len() == 20 && it.bytes().all(|b| b.is_ascii_digit()));
            found.extend(plain.and_then(|digits| digits.parse::<u64>().ok()));
        }
        found.sort_unstable();
        Ok(found)
    }

    /// The bytes of a file; none where there is no such file any more.
    pub(super) fn read(&self, first: u64) -> Result<Option<Vec<u8>>, AuditError> {
        let path = self.path(first);
        let failed = |source| AuditError::io("read", &path, source);
        let mut bytes = Vec::new();
        match self.open(first, false) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened
                .and_then(|file| file.take(FILE_BYTES_READ_MAX).read_to_end(&mut bytes))
                .map_err(failed)?,
        };
        Ok(Some(bytes))
    }

    /// Opens a file that is there.
    ///
    /// SECURITY: neither a link out of the folder nor something that blocks whoever opens it.
    pub(super) fn open(&self, first: u64, writing: bool) -> io::Result<File> {
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
        let file = File::options()
            .read(true)
            .write(writing)
            .custom_flags(flags.cast_signed())
            .open(self.path(first))?;
        if file.metadata()?.is_file() {
            return Ok(file);
        }
        Err(io::Error::other("it is not a file"))
    }

    /// When a file was last written (ms since 1970).
    pub(super) fn changed_milliseconds(&self, first: u64) -> Option<i64> {
        let changed = fs::symlink_metadata(self.path(first)).ok()?.modified();
        let since = changed.ok()?.duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok()
    }

    /// Below this no place is given out again; none where the log has not said so yet.
    pub(super) fn next(&self) -> Option<u64> {
        let text = fs::read_to_string(self.log.join(NEXT)).ok()?;
        let digits = text.strip_suffix('\n')?;
        digits.parse().ok()
    }

    /// Makes a file; its name, and that its places are given out, are durable when it returns.
    pub(super) fn create(&self, first: u64) -> io::Result<Arc<dyn Segment>> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)?;
        let (next, staged) = (self.log.join(NEXT), self.log.join("openings.next.new"));
        let text = format!("{}\n", first.saturating_add(FILE_PLACES));
        let marker = self.storage.open(&staged)?;
        marker.truncate(0)?;
        marker.write_all_at(text.as_bytes(), 0)?;
        marker.sync()?;
        self.storage.rename(&staged, &next)?;
        self.storage.sync_directory(&self.log)?;
        let file = self.storage.open(&self.path(first))?;
        self.storage.sync_directory(&self.folder)?;
        Ok(file)
    }

    pub(super) fn remove(&self, first: u64) -> Result<(), AuditError> {
        let path = self.path(first);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(AuditError::io("remove", &path, error))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn sync(&self) -> Result<(), AuditError> {
        let synced = self.storage.sync_directory(&self.folder);
        synced.map_err(|source| AuditError::io("fsync", &self.folder, source))
    }
}
