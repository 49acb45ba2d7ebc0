//! The record for Python: its writer for when no gateway runs, its reader, and what entries only commit to.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use streamward_audit::{AuditError, Journal as AuditJournal, Reader};

use crate::error::{failed, raise};

/// The writer, for when no gateway runs.
#[pyclass(frozen, module = "streamward._core")]
pub(crate) struct Journal(Mutex<Option<AuditJournal>>);

impl Journal {
    fn lock(&self) -> MutexGuard<'_, Option<AuditJournal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with<T: Send>(
        &self,
        python: Python<'_>,
        act: impl FnOnce(&AuditJournal) -> Result<T, AuditError> + Send,
    ) -> PyResult<T> {
        python.detach(|| match self.lock().as_ref() {
            Some(journal) => act(journal).map_err(|error| raise(error.code(), &error)),
            None => Err(failed("journal.closed", "the journal is closed")),
        })
    }
}

#[pymethods]
impl Journal {
    #[new]
    fn new(python: Python<'_>, audit_dir: PathBuf) -> PyResult<Self> {
        let journal = python
            .detach(|| streamward_gateway::open_journal(&audit_dir))
            .map_err(|error| raise(error.code(), &error))?;
        Ok(Self(Mutex::new(Some(journal))))
    }

    /// Appends one entry; durable when this returns its index.
    fn record(&self, python: Python<'_>, entry: &[u8]) -> PyResult<u64> {
        self.with(python, |journal| journal.record(entry))
    }

    /// Keeps a value apart; what stands in a leaf instead.
    fn commit(
        &self,
        python: Python<'_>,
        field: &str,
        value: &str,
        subject: &str,
    ) -> PyResult<String> {
        let now = streamward_gateway::now_milliseconds();
        self.with(python, |journal| {
            let committed = journal.commit(field, value, subject, now)?;
            Ok(committed.as_str().to_owned())
        })
    }

    /// Erases what entries commit to at these places; how many there were.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "an argument that crosses from Python is owned"
    )]
    fn erase(&self, python: Python<'_>, places: Vec<u64>) -> PyResult<usize> {
        self.with(python, |journal| journal.erase(&places))
    }

    /// Lets go of the directory.
    fn close(&self, python: Python<'_>) -> PyResult<()> {
        python.detach(|| match self.lock().take() {
            Some(journal) => journal.close().map_err(|error| raise(error.code(), &error)),
            None => Ok(()),
        })
    }
}

/// Reads entries in order from a cursor; never blocks, never locks.
#[pyclass(frozen, module = "streamward._core")]
pub(crate) struct JournalReader(Mutex<Reader>);

impl JournalReader {
    fn lock(&self) -> MutexGuard<'_, Reader> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl JournalReader {
    #[new]
    #[pyo3(signature = (audit_dir, cursor = ""))]
    fn new(python: Python<'_>, audit_dir: PathBuf, cursor: &str) -> PyResult<Self> {
        let directory: &Path = &audit_dir;
        python
            .detach(|| Reader::open(directory, cursor))
            .map(|reader| Self(Mutex::new(reader)))
            .map_err(|error| raise(error.code(), &error))
    }

    /// The next entries with their indexes; empty when there is nothing new yet.
    fn read<'py>(
        &self,
        python: Python<'py>,
        entries_max: usize,
    ) -> PyResult<Vec<(u64, Bound<'py, PyBytes>)>> {
        let entries = python
            .detach(|| self.lock().read(entries_max))
            .map_err(|error| raise(error.code(), &error))?;
        Ok(entries
            .into_iter()
            .map(|(at, leaf)| (at, PyBytes::new(python, &leaf)))
            .collect())
    }

    /// A descriptor that can be read from when there may be more to read; `None`: look now and then.
    fn growth(&self) -> Option<i32> {
        self.lock().growth()
    }

    /// The place after the last entry that `read` returned.
    #[getter]
    fn cursor(&self) -> String {
        self.lock().cursor()
    }
}

/// Whole openings in the bytes of a file, each with its offset; bytes that are none are passed over.
#[pyfunction]
pub(crate) fn opening_frames<'py>(
    python: Python<'py>,
    content: &[u8],
) -> Vec<(usize, Bound<'py, PyBytes>)> {
    streamward_audit::opening_frames(content)
        .map(|(offset, payload)| (offset, PyBytes::new(python, payload)))
        .collect()
}

/// The opening at the beginning of some bytes; `None` where there is no whole one.
#[pyfunction]
pub(crate) fn opening_payload<'py>(
    python: Python<'py>,
    content: &[u8],
) -> Option<Bound<'py, PyBytes>> {
    streamward_audit::opening_payload(content).map(|payload| PyBytes::new(python, payload))
}
