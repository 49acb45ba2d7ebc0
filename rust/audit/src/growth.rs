//! Tells whoever follows a journal that there are new entries, so that nobody looks again and again.
//!
//! The writer's mark moves with every fsync, so also with the ranges of running accesses, twenty times a second under
//! traffic. Those who follow want entries: the writer counts them in a file of its own, and that file is watched.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::AuditError;
use crate::layout;
use crate::storage::writer_file;

/// The writer's side: `entries u64`, of which all are durable.
#[derive(Debug)]
pub(crate) struct Counted {
    file: File,
    told: AtomicU64,
}

impl Counted {
    /// Opens it for the writer, which creates it where it is missing.
    pub(crate) fn create(directory: &Path, entries: u64) -> Result<Self, AuditError> {
        let path = layout::entries_path(directory);
        let failed = |source| AuditError::io("write", &path, source);
        let counted = Self {
            file: writer_file(&path).map_err(failed)?,
            told: AtomicU64::new(0),
        };
        counted.write(entries).map_err(failed)?;
        Ok(counted)
    }

    /// Tells that so many are durable, if that is more than was told. To be called behind the mark.
    pub(crate) fn tell(&self, entries: u64) -> io::Result<()> {
        if self.told.load(Ordering::Relaxed) >= entries {
            return Ok(());
        }
        self.write(entries)
    }

    fn write(&self, entries: u64) -> io::Result<()> {
        self.file.write_all_at(&entries.to_le_bytes(), 0)?;
        self.told.store(entries, Ordering::Relaxed);
        Ok(())
    }
}

/// A descriptor that can be read from once the writer has told of new entries.
///
/// It says nothing about a file system on which another machine writes.
#[derive(Debug)]
pub(crate) struct Growth(OwnedFd);

impl Growth {
    /// None where no writer has told anything yet, or the system has no such descriptor (left).
    #[cfg(target_os = "linux")]
    pub(crate) fn of(directory: &Path) -> Option<Self> {
        use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
        let told = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).ok()?;
        add_watch(&told, layout::entries_path(directory), WatchFlags::MODIFY).ok()?;
        Some(Self(told))
    }

    /// None: elsewhere than on Linux, followers look now and then.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn of(_: &Path) -> Option<Self> {
        None
    }

    /// Takes what was told so far: the next thing to be told is about what comes later.
    pub(crate) fn clear(&self) {
        let mut events = [0; 1024];
        while rustix::io::read(&self.0, &mut events).is_ok_and(|read| read == events.len()) {}
    }
}

impl AsFd for Growth {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
