//! What entries of a connection say instead of its address, where addresses are kept apart.

use std::sync::{Mutex, PoisonError};

use streamward_audit::{AuditError, Commitment};

/// Principals of one connection whose commitments are kept for its next entry.
const SUBJECTS_MAX: usize = 4;
/// A connection commits anew after this long, so that its later entries can be read when the first
/// opening has gone.
pub const COMMITMENT_AGE_MAX_MILLISECONDS: i64 = 3_600_000;

/// The commitments of a connection, one for each principal: what is erased of one is not another's.
#[derive(Debug, Default)]
pub struct Committed(Mutex<Vec<About>>);

#[derive(Debug)]
struct About {
    subject: Box<str>,
    since: i64,
    commitment: Commitment,
}

impl Committed {
    /// The commitment about this subject; `commit` makes it where there is none, or an old one.
    pub fn about(
        &self,
        subject: &str,
        now: i64,
        commit: impl FnOnce() -> Result<Commitment, AuditError>,
    ) -> Result<Commitment, AuditError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|it| {
            now.saturating_sub(it.since).saturating_abs() < COMMITMENT_AGE_MAX_MILLISECONDS
        });
        if let Some(about) = known.iter().find(|it| *it.subject == *subject) {
            return Ok(about.commitment.clone());
        }
        let commitment = commit()?;
        if known.len() >= SUBJECTS_MAX {
            known.remove(0);
        }
        known.push(About {
            subject: subject.into(),
            since: now,
            commitment: commitment.clone(),
        });
        Ok(commitment)
    }
}
