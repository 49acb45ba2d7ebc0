//! Looking at records that their producer sealed: each part is an envelope of a known key, and none is opened.

use std::sync::Arc;

use crate::associated::Place;
use crate::envelope::{Envelope, Kid};
use crate::error::{Fault, Refusal};
use crate::key::algorithm_of;
use crate::limits::Limits;
use crate::open::{MISSING_MAX, Unopened};
use crate::record::{Headers, Record};
use crate::scratch::Scratch;
use crate::seal::is_sealed;
use crate::visit::visit_records;

/// What is known of a key without having it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KnownKey {
    /// It is one of this ring.
    Of {
        /// The ring.
        ring: Arc<str>,
        /// Is it the one that seals keys of records?
        deterministic: bool,
    },
    /// Nobody knows it, or it opens no longer.
    Unknown,
    /// It has not been asked for.
    NotThere,
}

/// What is known of keys.
pub trait KnownKeys {
    /// What is known of the key of this name. Never goes anywhere to look for it.
    fn known(&self, kid: &Kid) -> KnownKey;
}

/// What of each record must be sealed, and under which rings.
#[derive(Clone, Copy, Debug)]
pub struct Checking<'a> {
    /// The ring of the stream, and those of streams whose envelopes may lie here too.
    pub rings: &'a [Arc<str>],
    /// Must values be sealed?
    pub value: bool,
    /// Must keys?
    pub key: bool,
    /// The values of these headers must be.
    pub headers: &'a [Box<[u8]>],
}

/// Checks `records`, the content of one partition of a Produce request, without opening any.
///
/// That an envelope is bound to this stream, and to its record's key, only shows where it is opened; what shows
/// here is that it is whole, of the algorithm of its place, and of a living key of the stream's ring.
///
/// # Errors
/// The first record that is not as it must be; or the names of keys of which something must be known first.
pub fn check_records(
    records: &[u8],
    checking: &Checking<'_>,
    keys: &impl KnownKeys,
    limits: &Limits,
    scratch: &mut Scratch,
) -> Result<(), Unopened> {
    let mut missing: Vec<Kid> = Vec::new();
    visit_records(records, limits, scratch, &mut |index, record| {
        parts(record, checking, |place, bytes| {
            let envelope = Envelope::parse(bytes)?;
            if envelope.algorithm != algorithm_of(place) {
                return Err(Refusal::Algorithm);
            }
            match keys.known(envelope.kid) {
                KnownKey::Unknown => Err(Refusal::UnknownKey),
                KnownKey::Of { ring, .. } if !checking.rings.contains(&ring) => {
                    Err(Refusal::ForeignRing)
                }
                KnownKey::Of { deterministic, .. } if deterministic != (place == Place::Key) => {
                    Err(Refusal::Algorithm)
                }
                KnownKey::Of { .. } => Ok(()),
                KnownKey::NotThere => {
                    if !missing.contains(envelope.kid) && missing.len() < MISSING_MAX {
                        missing.push(*envelope.kid);
                    }
                    Ok(())
                }
            }
        })
        .map_err(|refusal| {
            Unopened::Fault(Fault {
                offset: 0,
                index,
                refusal,
            })
        })
    })?;
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Unopened::Missing(missing))
    }
}

impl From<Fault> for Unopened {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Shows each part of a record that must be sealed. What is null stays null.
fn parts<'r>(
    record: &Record<'r>,
    checking: &Checking<'_>,
    mut look: impl FnMut(Place<'r>, &'r [u8]) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    if let (true, Some(key)) = (checking.key, record.key) {
        look(Place::Key, key)?;
    }
    if let (true, Some(value)) = (checking.value, record.value) {
        look(Place::Value, value)?;
    }
    if checking.headers.is_empty() {
        return Ok(());
    }
    for header in Headers::new(record.headers).ok_or(Refusal::Record)? {
        if let (true, Some(value)) = (is_sealed(checking.headers, header.name), header.value) {
            look(Place::Header(header.name), value)?;
        }
    }
    Ok(())
}
