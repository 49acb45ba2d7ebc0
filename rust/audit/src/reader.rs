//! Reads entries in order, beside a writer or without one.

use std::path::Path;

use crate::error::AuditError;

/// Follows a journal's entries; never blocks, never locks.
pub struct Reader {}

#[allow(missing_docs, unused_variables, clippy::todo, clippy::unused_self)]
impl Reader {
    pub fn open(directory: &Path, cursor: &str) -> Result<Self, AuditError> {
        todo!()
    }
    pub fn read(&mut self, entries_max: usize) -> Result<Vec<(u64, Vec<u8>)>, AuditError> {
        todo!()
    }
    pub fn cursor(&self) -> String {
        todo!()
    }
}
