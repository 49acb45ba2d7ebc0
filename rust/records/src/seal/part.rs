//! One part of a record, sealed by itself.

use super::{MARK, Sealing};
use crate::associated::{Associated, Home, KeyDigest, Place};
use crate::envelope::{self, Coding, TAG_BYTES};
use crate::error::Refusal;
use crate::key::{DataKey, algorithm_of};
use crate::record::{Headers, Record, write_header, write_record};
use crate::scratch::Parts;
use crate::varint;

/// One part of a record, and where it is.
pub(super) struct Part<'a> {
    pub(super) place: Place<'a>,
    pub(super) home: &'a Home,
    pub(super) partition: Option<i32>,
}

impl Part<'_> {
    /// Appends the envelope of this content.
    pub(super) fn seal(
        &self,
        key: &DataKey,
        digest: &KeyDigest,
        coding: Coding,
        content: &[u8],
        (protected, associated): (&mut Vec<u8>, &mut Associated),
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let algorithm = algorithm_of(self.place);
        envelope::protected(protected, algorithm, key.kid(), coding);
        associated.set(
            protected,
            self.home,
            key.ring_version(),
            self.place,
            self.partition,
        );
        let nonce = key.nonce(algorithm)?;
        envelope::write(out, protected, &nonce, content.len() + TAG_BYTES);
        key.encrypt(algorithm, nonce, associated.with(digest), content, out)
    }
}

pub(super) fn seal_key(
    key: &[u8],
    deterministic: &DataKey,
    sealing: &Sealing<'_>,
    parts: &mut Parts,
) -> Result<(), Refusal> {
    let Parts {
        key: sealed,
        other_protected: protected,
        of_other,
        ..
    } = parts;
    let part = Part {
        place: Place::Key,
        home: sealing.home,
        partition: sealing.partition,
    };
    sealed.clear();
    let none = KeyDigest::of(None, &mut parts.wire_key);
    part.seal(
        deterministic,
        &none,
        Coding::Identity,
        key,
        (protected, of_other),
        sealed,
    )
}

/// Appends a record as it is, marked by a header.
pub fn write_marked(
    record: &Record<'_>,
    refusal: Refusal,
    block: &mut Vec<u8>,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    marked_headers(record, refusal, block)?;
    write_record(out, record, record.key, record.value, block)
}

/// Puts the headers of a record into `block`, with the one that marks it behind them.
pub fn marked_headers(
    record: &Record<'_>,
    refusal: Refusal,
    block: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let headers = Headers::new(record.headers).ok_or(Refusal::Record)?;
    block.clear();
    varint::write(block, i64::from(headers.left()) + 1);
    block.extend_from_slice(headers.rest());
    write_header(block, MARK.as_bytes(), Some(refusal.code().as_bytes()));
    Ok(())
}
