//! One record after the other: the envelopes in it, and the keys that they select.

use std::sync::Arc;

use streamward_wire::kafka::batch::Compression;

use super::{FoundKey, Keys, Mark, Opened, Opening, Unopened};
use crate::associated::{Associated, KeyDigest, Place};
use crate::batch::Edit;
use crate::compression::{Codecs, Effort};
use crate::envelope::{Alike, Coding, Envelope, Kid};
use crate::error::Refusal;
use crate::fetched::EditFetched;
use crate::key::{DataKey, algorithm_of};
use crate::limits::Limits;
use crate::record::{Headers, Record, write_head, write_header, write_record};
use crate::scratch::Parts;
use crate::seal::{is_sealed, write_marked};
use crate::varint;

/// Keys that are asked for at one time; records under further ones are opened when these are there.
pub const MISSING_MAX: usize = 64;

pub(super) struct Opener<'a, K> {
    opening: &'a Opening<'a>,
    keys: &'a K,
    limits: &'a Limits,
    /// The key that was found last: mostly the next one, too.
    last: Option<Last>,
    /// The header of the envelope of a value that was read last.
    alike: Alike,
    missing: Vec<Kid>,
    opened: Opened,
    /// Of the batch.
    offset: i64,
    /// How many records were marked before it.
    before: u64,
}

pub(super) struct Last {
    key: Arc<DataKey>,
    /// Is it of a ring under which envelopes may lie here?
    is_at_home: bool,
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
        let opened = self.open(record, codecs, parts, out);
        if opened.is_err() {
            out.truncate(start);
        }
        match opened {
            // That a key isn't there is told when all records have been looked at.
            Ok(()) | Err(Refusal::KeyNotThere) => Ok(()),
            Err(refusal) if self.opening.mark == Mark::Header => {
                let offset = self.offset.saturating_add(record.offset_delta.into());
                self.opened.tell(offset, refusal);
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

impl<K: Keys> EditFetched for Opener<'_, K> {
    fn enter(&mut self, base_offset: i64) {
        self.offset = base_offset;
        self.before = self.opened.marked_count;
    }

    fn leave_out(&mut self) {
        self.opened.leave_out(self.before);
    }
}

impl<'a, K: Keys> Opener<'a, K> {
    pub(super) fn new(opening: &'a Opening<'a>, keys: &'a K, limits: &'a Limits) -> Self {
        Self {
            opening,
            keys,
            limits,
            last: None,
            alike: Alike::default(),
            missing: Vec::new(),
            opened: Opened::default(),
            offset: 0,
            before: 0,
        }
    }

    /// What became of all records.
    pub(super) fn done(self) -> Result<Opened, Unopened> {
        if self.missing.is_empty() {
            Ok(self.opened)
        } else {
            Err(Unopened::Missing(self.missing))
        }
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
        // They stand beside the value, which is opened where it is to lie.
        let (own_key, own_headers) = (
            std::mem::take(&mut parts.key),
            std::mem::take(&mut parts.headers),
        );
        let beside = (
            if key {
                Some(own_key.as_slice())
            } else {
                record.key
            },
            if headers {
                own_headers.as_slice()
            } else {
                record.headers
            },
        );
        let written = self.write(record, beside, &digest, codecs, parts, out);
        parts.key = own_key;
        parts.headers = own_headers;
        written
    }

    /// Appends the record with its value opened.
    fn write(
        &mut self,
        record: &Record<'_>,
        (key, headers): (Option<&[u8]>, &[u8]),
        digest: &KeyDigest,
        codecs: &mut Codecs,
        parts: &mut Parts,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let sealed = match record.value {
            Some(sealed) if self.opening.value => sealed,
            value => return write_record(out, record, key, value, headers),
        };
        let envelope = self.alike.parse(sealed)?;
        if envelope.coding == Coding::Identity {
            let bytes = envelope.ciphertext.len();
            write_head(out, record, key, Some(bytes), headers.len())?;
            self.content(&envelope, Place::Value, digest, codecs, parts, out)?;
            out.extend_from_slice(headers);
            return Ok(());
        }
        let mut plain = std::mem::take(&mut parts.plain);
        plain.clear();
        let opened = self.content(&envelope, Place::Value, digest, codecs, parts, &mut plain);
        parts.plain = plain;
        opened?;
        write_record(out, record, key, Some(&parts.plain), headers)
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
        self.content(&envelope, place, digest, codecs, parts, out)
    }

    /// Appends what an envelope holds.
    fn content(
        &mut self,
        envelope: &Envelope<'_>,
        place: Place<'_>,
        digest: &KeyDigest,
        codecs: &mut Codecs,
        parts: &mut Parts,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        // SECURITY: the place says which algorithm is taken, not the envelope.
        if envelope.algorithm != algorithm_of(place) {
            return Err(Refusal::Algorithm);
        }
        let opening = self.opening;
        let last = self.find(envelope.kid)?;
        if !last.is_at_home {
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
        decrypt(opening, last, envelope, place, digest, associated, target)?;
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
            let mut homes = self.opening.homes.iter();
            let is_at_home = homes.any(|home| home.ring == *key.ring());
            self.last = Some(Last {
                key,
                is_at_home,
                set: None,
            });
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
