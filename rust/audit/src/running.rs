//! Whether the last writer ended by itself, was killed, or went down with its machine.
//!
//! `AUDIT_DIR/running` names the boot of the system on which a writer runs; a writer that ends with
//! everything on disk removes it.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::error::AuditError;
use crate::layout::sync_directory;

/// Another one after each boot; absent elsewhere than on Linux.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";
/// Where nobody knows which boot it is, each is taken for another one.
const UNKNOWN: &str = "unknown";

/// How the last writer ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with all that it wrote on disk; or there was none.
    #[default]
    Closed,
    /// The process only: what it had written is there.
    Killed,
    /// With its machine: what it had not fsynced may be lost.
    PowerLost,
}

fn path(directory: &Path) -> PathBuf {
    directory.join("running")
}

fn boot() -> String {
    fs::read_to_string(BOOT_ID).map_or_else(|_| UNKNOWN.to_owned(), |id| id.trim().to_owned())
}

/// How the writer before this one ended.
pub(crate) fn last(directory: &Path) -> Result<Ended, AuditError> {
    let path = path(directory);
    let ran = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Ended::Closed),
        ran => ran.map_err(|source| AuditError::io("read", &path, source))?,
    };
    let (ran, now) = (ran.trim(), boot());
    Ok(if ran == now && now != UNKNOWN {
        Ended::Killed
    } else {
        Ended::PowerLost
    })
}

/// A writer runs from now on.
pub(crate) fn begin(directory: &Path) -> Result<(), AuditError> {
    let path = path(directory);
    let write = || {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)?;
        writeln!(file, "{}", boot())?;
        file.sync_all()
    };
    write().map_err(|source| AuditError::io("write", &path, source))?;
    sync_directory(directory)
}

/// It has ended, and all that it wrote is on disk.
pub(crate) fn end(directory: &Path) {
    // If this fails, the next writer believes that more may be lost than is.
    let _ = fs::remove_file(path(directory)).map(|()| sync_directory(directory));
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::{Journal, Options};

    #[test]
    fn a_writer_that_closes_one_that_is_killed_and_a_machine_that_goes_down_are_told_apart() {
        let directory = tempfile::tempdir().unwrap();
        let open = || Journal::open(directory.path(), Options::default()).unwrap();

        let (journal, first) = open();
        journal.record(b"entry").unwrap();
        journal.close().unwrap();
        assert_eq!(first.ended, Ended::Closed);
        let (journal, closed) = open();
        let running = fs::read(path(directory.path())).unwrap();
        journal.close().unwrap();
        assert_eq!(closed.ended, Ended::Closed);

        fs::write(path(directory.path()), &running).unwrap();
        let (journal, killed) = open();
        journal.close().unwrap();
        assert_eq!(killed.ended, Ended::Killed);

        fs::write(path(directory.path()), "another boot\n").unwrap();
        let (_journal, lost) = open();
        assert_eq!(lost.ended, Ended::PowerLost);
        assert!(lost.last_durable_milliseconds.is_some());
    }
}
