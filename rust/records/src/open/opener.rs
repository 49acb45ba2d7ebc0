//! One record after the other: the envelopes in it, and the keys that they select.

use std::sync::Arc;

use streamward_wire::kafka::batch::Compression;

use super::{FoundKey, Keys, Mark, Opened, Opening};
use crate::associated::{Associated, KeyDigest, Place};
use crate::batch::Edit;
use crate::compression::{Codecs, Effort};
use crate::envelope::{Coding, Envelope, Kid};
use crate::error::{Fault, Refusal};
use crate::key::{DataKey, algorithm_of};
use crate::limits::Limits;
use crate::record::{Headers, Record, write_header, write_record};
use crate::scratch::Parts;
use crate::seal::{is_sealed, write_marked};
use crate::varint;

/// Keys that are asked for at one time; records under further ones are opened when these are there.
pub const MISSING_MAX: usize = 64;
/// Faults that are told of the records that one call marks.
const MARKED_MAX: usize = 64;

pub(super) struct Opener<'a, K> {
    pub(super) opening: &'a Opening<'a>,
    pub(super) keys: &'a K,
    pub(super) limits: &'a Limits,
    /// The key that was found last: mostly the next one, too.
    pub(super) last: Option<Last>,
    pub(super) missing: Vec<Kid>,
    pub(super) opened: Opened,
    pub(super) offset: i64,
}

pub(super) struct Last {
    key: Arc<DataKey>,
    /// For which header and which home the associated data of values is set.
    set: Option<(Coding, usize)>,
}

impl<K: Keys> Edit for Opener<'_, K> {
    fn edit(
        &mut self,
        record: &Record<'_>,
        codecs: &mut Codecs,
        parts: &mut Parts,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let start = out.len();
        match self.open(record, codecs, parts, out) {
            // That a key isn't there is told when all records have been looked at.
            Ok(()) | Err(Refusal::KeyNotThere) => Ok(()),
            Err(refusal) if self.opening.mark == Mark::Header => {
                out.truncate(start);
                self.opened.marked_count += 1;
                if self.opened.marked.len() < MARKED_MAX {
                    self.opened.marked.push(Fault {
                        offset: self.offset.saturating_add(record.offset_delta.into()),
                        index: 0,
                        refusal,
                    });
                }
                write_marked(record, refusal, &mut parts.headers, out)
            }
            Err(refusal) => Err(refusal),
        }
    }

    fn too_large(&self) -> Refusal {
        Refusal::Bomb
    }

    fn effort(&self) -> Effort {
        Effort::Fast
    }
}

impl<K: Keys> Opener<'_, K> {
    /// A batch does not leave; before it so many records were marked.
    pub(super) fn leave_out(&mut self, marked_before: u64) {
        self.opened.left_out = true;
        self.opened.marked_count = marked_before;
        let told = usize::try_from(marked_before).unwrap_or(MARKED_MAX);
        self.opened.marked.truncate(told);
    }

    fn open(
        &mut self,
        record: &Record<'_>,
        codecs: &mut Codecs,
        parts: &mut Parts,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let opening = self.opening;
        let digest = KeyDigest::of(record.key, &mut parts.wire_key);
        let key = match record.key {
            Some(sealed) if opening.key => {
                let mut key = std::mem::take(&mut parts.key);
                key.clear();
                let opened = self.part(sealed, Place::Key, &digest, codecs, parts, &mut key);
                parts.key = key;
                opened?;
                true
            }
            _ => false,
        };
        let headers = self.headers(record, &digest, codecs, parts)?;
        let value = match record.value {
            Some(sealed) if opening.value => {
                let mut plain = std::mem::take(&mut parts.plain);
                plain.clear();
                let opened = self.part(sealed, Place::Value, &digest, codecs, parts, &mut plain);
                parts.plain = plain;
                opened?;
                Some(parts.plain.as_slice())
            }
            other => other,
        };
        let key = if key {
            Some(parts.key.as_slice())
        } else {
            record.key
        };
        let headers = if headers {
            &parts.headers
        } else {
            record.headers
        };
        write_record(out, record, key, value, headers)
    }

    /// Appends what the envelope of one part holds.
    pub(super) fn part(
        &mut self,
        bytes: &[u8],
        place: Place<'_>,
        digest: &KeyDigest,
        codecs: &mut Codecs,
        parts: &mut Parts,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let envelope = Envelope::parse(bytes)?;
        // SECURITY: the place says which algorithm is taken, not the envelope.
        if envelope.algorithm != algorithm_of(place) {
            return Err(Refusal::Algorithm);
        }
        let opening = self.opening;
        let last = self.find(envelope.kid)?;
        if opening
            .homes
            .iter()
            .all(|home| home.ring != *last.key.ring())
        {
            return Err(Refusal::ForeignRing);
        }
        let compressed = envelope.coding == Coding::Zstd;
        let target = if compressed {
            &mut parts.content
        } else {
            &mut *out
        };
        if compressed {
            target.clear();
        }
        let associated = match place {
            Place::Value => &mut parts.of_value,
            _ => &mut parts.of_other,
        };
        decrypt(opening, last, &envelope, place, digest, associated, target)?;
        if compressed {
            codecs
                .inflate(Compression::Zstd, &parts.content, self.limits, out)
                .map_err(|refusal| match refusal {
                    Refusal::Inflate => Refusal::Content,
                    other => other,
                })?;
        }
        Ok(())
    }

    fn find(&mut self, kid: &Kid) -> Result<&mut Last, Refusal> {
        if self.last.as_ref().is_none_or(|last| last.key.kid() != kid) {
            let key = match self.keys.find(kid) {
                FoundKey::Key(key) => key,
                FoundKey::Unknown => return Err(Refusal::UnknownKey),
                FoundKey::Expired => return Err(Refusal::ExpiredKey),
                FoundKey::NotThere => {
                    if self.missing.len() < MISSING_MAX && !self.missing.contains(kid) {
                        self.missing.push(*kid);
                    }
                    return Err(Refusal::KeyNotThere);
                }
            };
            self.last = Some(Last { key, set: None });
        }
        self.last.as_mut().ok_or(Refusal::KeyNotThere)
    }

    /// Puts the headers into `parts.headers` where any of them is sealed; says whether one is.
    fn headers(
        &mut self,
        record: &Record<'_>,
        digest: &KeyDigest,
        codecs: &mut Codecs,
        parts: &mut Parts,
    ) -> Result<bool, Refusal> {
        let opening = self.opening;
        if opening.headers.is_empty() {
            return Ok(false);
        }
        let headers = Headers::new(record.headers).ok_or(Refusal::Record)?;
        if !headers
            .clone()
            .any(|it| is_sealed(opening.headers, it.name))
        {
            return Ok(false);
        }
        let (mut block, mut plain) = (
            std::mem::take(&mut parts.headers),
            std::mem::take(&mut parts.header),
        );
        block.clear();
        varint::write(&mut block, headers.left().into());
        let mut outcome = Ok(());
        for header in headers {
            let sealed = header
                .value
                .filter(|_| is_sealed(opening.headers, header.name));
            let Some(sealed) = sealed else {
                write_header(&mut block, header.name, header.value);
                continue;
            };
            plain.clear();
            let place = Place::Header(header.name);
            outcome = self.part(sealed, place, digest, codecs, parts, &mut plain);
            if outcome.is_err() {
                break;
            }
            write_header(&mut block, header.name, Some(&plain));
        }
        parts.headers = block;
        parts.header = plain;
        outcome.map(|()| true)
    }
}

/// Opens an envelope as that of the stream itself, or else of each stream whose envelopes may lie here.
fn decrypt(
    opening: &Opening<'_>,
    last: &mut Last,
    envelope: &Envelope<'_>,
    place: Place<'_>,
    digest: &KeyDigest,
    associated: &mut Associated,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let key = &*last.key;
    let set = last.set.take().filter(|_| place == Place::Value);
    if let Some((coding, home)) = set
        && coding == envelope.coding
        && key.decrypt(envelope, associated.with(digest), out).is_ok()
    {
        last.set = Some((coding, home));
        return Ok(());
    }
    for (index, home) in opening.homes.iter().enumerate() {
        if home.ring != *key.ring() {
            continue;
        }
        associated.set(
            envelope.protected,
            home,
            key.ring_version(),
            place,
            opening.partition,
        );
        if key.decrypt(envelope, associated.with(digest), out).is_ok() {
            if place == Place::Value {
                last.set = Some((envelope.coding, index));
            }
            return Ok(());
        }
    }
    Err(Refusal::Moved)
}
