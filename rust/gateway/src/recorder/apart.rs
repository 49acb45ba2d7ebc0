//! Addresses that entries only commit to, so that they can be erased.

use std::net::IpAddr;
use std::sync::atomic::Ordering;

use streamward_audit::{AuditError, Commitment};

use super::Recorder;
use crate::caller::Peer;
use crate::entry::Entry;

/// Of the name of whom an address is about.
const SUBJECT_CHARACTERS_MAX: usize = 256;

impl Recorder {
    /// Whether addresses are kept apart from what is entered from now on.
    pub fn keep_addresses_apart(&self, apart: bool) {
        self.addresses_apart.store(apart, Ordering::Relaxed);
    }

    /// The entry with what the connection's address is committed to, where addresses are kept apart.
    pub(super) fn apart(
        &self,
        entry: Entry,
        peer: &Peer,
        subject: &str,
        now: i64,
    ) -> Result<Entry, AuditError> {
        if !self.addresses_apart.load(Ordering::Relaxed) {
            return Ok(entry);
        }
        // A name that a failed login claims may have any length.
        let subject: String = subject.chars().take(SUBJECT_CHARACTERS_MAX).collect();
        let address = peer.address.ip();
        let commitment = peer.committed.about(&subject, now, || {
            self.commit_address(address, &subject, now)
        })?;
        Ok(entry.withheld(&commitment))
    }

    pub(super) fn commit_address(
        &self,
        address: IpAddr,
        subject: &str,
        now: i64,
    ) -> Result<Commitment, AuditError> {
        self.journal
            .commit("ip", &address.to_string(), subject, now)
    }
}
