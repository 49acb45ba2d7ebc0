//! What can go wrong with the record, by how a caller would react.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why the record could not be written or read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AuditError {
    /// Another process (or journal in this one) writes this directory.
    #[error("the journal in `{directory}` is locked by process {pid}: stop it or ask it")]
    Locked {
        /// The writer's process id; 0 where its lock file does not say.
        pid: u32,
        /// The directory whose lock is held.
        directory: PathBuf,
    },
    /// The bytes on disk are not what a writer wrote.
    #[error("segment `{segment:020}.swj` is damaged at byte {offset}: {what}")]
    Damaged {
        /// The index of the first entry of the segment, which is its name.
        segment: u64,
        /// Where in the segment the first bad byte's frame begins.
        offset: u64,
        /// What is wrong there.
        what: &'static str,
    },
    /// The operating system refused; it may work again later (no space, no permission).
    #[error("cannot {what} `{path}`")]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// The operating system's words.
        #[source]
        source: Arc<io::Error>,
    },
    /// An fsync failed: what the kernel holds can't be trusted, so nothing is written until the
    /// journal is opened anew.
    #[error("an fsync of `{path}` failed, the journal refuses until it is opened again")]
    Poisoned {
        /// The segment whose fsync failed.
        path: PathBuf,
        /// The operating system's words.
        #[source]
        source: Arc<io::Error>,
    },
    /// The journal was closed.
    #[error("the journal is closed")]
    Closed,
    /// An entry over the limit of a frame.
    #[error("an entry of {bytes} bytes is over the limit of {bytes_max}")]
    TooLarge {
        /// The size that was asked for.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// A value that the caller gave has no place in the record.
    #[error("{what}")]
    Invalid {
        /// What is wrong with it.
        what: String,
    },
    /// A file of the transparency log is not what the log published.
    #[error("the log is damaged at `{place}`: {what}")]
    Log {
        /// The file, relative to the log's directory, or the entry.
        place: String,
        /// What is wrong there.
        what: String,
    },
    /// A key that can't sign checkpoints.
    #[error("{what}")]
    Key {
        /// What is wrong with it.
        what: String,
    },
    /// A cursor that does not lie behind a frame of this journal.
    #[error("cursor `{cursor}` is not a place in this journal: {what}")]
    Cursor {
        /// The cursor's text.
        cursor: String,
        /// What does not fit.
        what: &'static str,
    },
}

impl AuditError {
    /// A stable code for programs, such as `journal.locked`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "journal.locked",
            Self::Damaged { .. } => "journal.damaged",
            Self::Io { .. } => "journal.io",
            Self::Poisoned { .. } => "journal.poisoned",
            Self::Closed => "journal.closed",
            Self::TooLarge { .. } => "journal.too_large",
            Self::Invalid { .. } => "journal.invalid",
            Self::Log { .. } => "log.damaged",
            Self::Key { .. } => "log.key",
            Self::Cursor { .. } => "journal.cursor",
        }
    }

    pub(crate) fn io(what: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io {
            what,
            path: path.to_path_buf(),
            source: Arc::new(source),
        }
    }

    pub(crate) fn log(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Log {
            place: place.into(),
            what: what.into(),
        }
    }

    pub(crate) fn damaged(segment: u64, offset: u64, what: &'static str) -> Self {
        Self::Damaged {
            segment,
            offset,
            what,
        }
    }
}
