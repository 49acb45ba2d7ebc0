//! Where a log's files are kept: directories of this machine now, an object store some day.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs::{self, DirBuilder};
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use crate::error::AuditError;
use crate::storage::{Disk, Segment, Storage, open_file};

/// Files that wait for their fsync, at most.
const STAGED_MAX: usize = 512;
/// Fsyncs at one time: most file systems make many durable for the price of one.
const SYNC_THREADS: usize = 8;

/// Holds objects under names such as `tile/0/000`. Nothing in it changes but the checkpoint.
pub trait Store: Send + Debug {
    /// An object; none where there is none of this name. Errors: `Io`, `Log` where it is larger.
    fn read(&self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, AuditError>;

    /// Adds an object that no checkpoint covers yet; durable after [`Store::commit`].
    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), AuditError>;

    /// Returns when all that was added is durable, and visible whole.
    fn commit(&mut self) -> Result<(), AuditError>;

    /// Removes an object, or all whose names begin with `name/`; what is not there is removed.
    fn remove(&mut self, name: &str) -> Result<(), AuditError>;

    /// The last parts of the names that begin with `name/`, in no order.
    fn list(&self, name: &str) -> Result<Vec<String>, AuditError>;
}

#[derive(Debug)]
struct Staged {
    file: Arc<dyn Segment>,
    at: PathBuf,
    target: PathBuf,
}

/// A directory of a POSIX file system. Whatever bears its name is whole and durable.
#[derive(Debug)]
pub struct Posix {
    directory: PathBuf,
    storage: Arc<dyn Storage>,
    staged: Vec<Staged>,
    touched: BTreeSet<PathBuf>,
}

impl Posix {
    /// The log in this directory.
    pub fn new(directory: &Path) -> Self {
        Self::on(Arc::new(Disk), directory)
    }

    pub(crate) fn on(storage: Arc<dyn Storage>, directory: &Path) -> Self {
        Self {
            directory: directory.to_path_buf(),
            storage,
            staged: Vec::new(),
            touched: BTreeSet::new(),
        }
    }

    /// Removes what a writer that was killed left unfinished.
    pub(crate) fn clean(&self) -> Result<(), AuditError> {
        let path = self.staging();
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(AuditError::io("remove", &path, error))
            }
            _ => Ok(()),
        }
    }

    fn staging(&self) -> PathBuf {
        self.directory.join("tile.new")
    }

    /// Makes the directories above `target`, and remembers which have to be fsynced.
    fn prepare(&mut self, target: &Path) -> Result<(), AuditError> {
        let Some(parent) = target.parent() else {
            return Ok(());
        };
        if !parent.is_dir() {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(parent)
                .map_err(|source| AuditError::io("create", parent, source))?;
            let above = parent.ancestors().skip(1);
            let above = above.take_while(|path| path.starts_with(&self.directory));
            self.touched.extend(above.map(Path::to_path_buf));
        }
        self.touched.insert(parent.to_path_buf());
        Ok(())
    }
}

impl Store for Posix {
    fn read(&self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, AuditError> {
        let path = self.directory.join(name);
        let failed = |source| AuditError::io("read", &path, source);
        let file = match open_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(failed)?,
        };
        let size = file.metadata().map_err(failed)?.len();
        if size > bytes_max as u64 {
            return Err(AuditError::log(name, "it is larger than it can be"));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
        file.take(bytes_max as u64)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        Ok(Some(bytes))
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), AuditError> {
        if self.staged.len() >= STAGED_MAX {
            self.commit()?;
        }
        let at = self.staging().join(self.staged.len().to_string());
        if self.staged.is_empty() {
            let staging = self.staging();
            let mut made = DirBuilder::new();
            made.recursive(true).mode(0o700);
            let made = made.create(&staging);
            made.map_err(|source| AuditError::io("create", &staging, source))?;
        }
        let write = || {
            let file = self.storage.open(&at)?;
            file.truncate(0)?;
            file.write_all_at(bytes, 0)?;
            Ok(file)
        };
        let file = write().map_err(|source| AuditError::io("write", &at, source))?;
        let target = self.directory.join(name);
        self.staged.push(Staged { file, at, target });
        Ok(())
    }

    fn commit(&mut self) -> Result<(), AuditError> {
        let staged = std::mem::take(&mut self.staged);
        sync_all(&staged)?;
        for Staged { at, target, .. } in &staged {
            self.prepare(target)?;
            let renamed = self.storage.rename(at, target);
            renamed.map_err(|source| AuditError::io("rename", at, source))?;
        }
        for path in std::mem::take(&mut self.touched) {
            let synced = self.storage.sync_directory(&path);
            synced.map_err(|source| AuditError::io("fsync", &path, source))?;
        }
        Ok(())
    }

    fn remove(&mut self, name: &str) -> Result<(), AuditError> {
        let path = self.directory.join(name);
        let removed = if path.is_dir() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(AuditError::io("remove", &path, error))
            }
            _ => Ok(()),
        }
    }

    fn list(&self, name: &str) -> Result<Vec<String>, AuditError> {
        let path = self.directory.join(name);
        let failed = |source| AuditError::io("list", &path, source);
        let listing = match fs::read_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            listing => listing.map_err(failed)?,
        };
        let mut names = Vec::new();
        for item in listing {
            names.push(item.map_err(failed)?.file_name().to_string_lossy().into());
        }
        Ok(names)
    }
}

/// Fsyncs files, several at a time.
fn sync_all(staged: &[Staged]) -> Result<(), AuditError> {
    let sync = |part: &[Staged]| {
        part.iter().try_for_each(|one| {
            let synced = one.file.sync();
            synced.map_err(|source| AuditError::io("fsync", &one.at, source))
        })
    };
    let share = staged.len().div_ceil(SYNC_THREADS).max(1);
    let mut parts = staged.chunks(share);
    let Some(first) = parts.next() else {
        return Ok(());
    };
    thread::scope(|scope| {
        let others: Vec<_> = parts.map(|part| scope.spawn(move || sync(part))).collect();
        let mut result = sync(first);
        for other in others {
            let outcome = other.join().unwrap_or_else(|_| {
                Err(AuditError::log(
                    "tile.new",
                    "a thread that fsyncs ended early",
                ))
            });
            result = result.and(outcome);
        }
        result
    })
}
