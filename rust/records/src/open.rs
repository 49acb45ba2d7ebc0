//! Opening the records of a stream on their way to a reader who may see them.

use std::sync::Arc;

use streamward_wire::kafka::batch::{self, Compression};

use crate::associated::{Associated, Home, KeyDigest, Place};
use crate::batch::{Buffers, Edit, rewrite};
use crate::compression::{Codecs, Effort};
use crate::envelope::{Coding, Envelope, Kid};
use crate::error::{Fault, Refusal};
use crate::key::{DataKey, algorithm_of};
use crate::limits::Limits;
use crate::record::{Headers, Record, write_header, write_record};
use crate::scratch::{Parts, Scratch};
use crate::seal::{is_sealed, write_marked};
use crate::varint;

/// Keys that are asked for at one time; records under further ones are opened when these are there.
pub const MISSING_MAX: usize = 64;
/// Faults that are told of the records that one call marks.
const MARKED_MAX: usize = 64;

/// What is known of a key that an envelope names.
#[derive(Clone, Debug)]
pub enum FoundKey {
    /// It opens.
    Key(Arc<DataKey>),
    /// Nobody knows it.
    Unknown,
    /// It was known, and no longer opens.
    Expired,
    /// It has not been asked for.
    NotThere,
}

/// The keys that records may select among.
pub trait Keys {
    /// The key of this name. Never goes anywhere to look for it.
    fn find(&self, kid: &Kid) -> FoundKey;
}

/// What happens to a record that can't be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Its partition is refused.
    Refuse,
    /// It is delivered as it lies, with a header that says what is wrong.
    Header,
}

/// What of each record is sealed, and for where.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// Where the stream is at home, and then the streams whose envelopes may lie here too.
    pub homes: &'a [Home],
    /// The partition, of a stream that asks for it to be bound.
    pub partition: Option<i32>,
    /// Are values sealed?
    pub value: bool,
    /// Are keys?
    pub key: bool,
    /// The values of these headers are sealed.
    pub headers: &'a [Box<[u8]>],
    /// What happens to records that can't be opened.
    pub mark: Mark,
}

/// What became of records that were opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// The first of those that were marked.
    pub marked: Vec<Fault>,
    /// How many were.
    pub marked_count: u64,
}

/// Why records were not opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unopened {
    /// They are not as they must be.
    Fault(Fault),
    /// These keys are needed.
    Missing(Vec<Kid>),
}

/// Appends `records`, the content of one partition of an answer to Fetch, with each record opened. A last batch of
/// which only a part is there is left out, as clients do.
pub fn open_records(
    records: &[u8],
    opening: &Opening<'_>,
    keys: &impl Keys,
    limits: &Limits,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) -> Result<Opened, Unopened> {
    let mut opener = Opener {
        opening,
        keys,
        limits,
        last: None,
        missing: Vec::new(),
        opened: Opened::default(),
        offset: 0,
    };
    let mut at = 0;
    for batch in batch::batches(records) {
        let batch = batch.map_err(|_| Unopened::Fault(Fault::of_batch(-1, Refusal::Batch)))?;
        if !batch.complete {
            break;
        }
        let raw = records.get(at..at + batch.bytes).unwrap_or_default();
        at += batch.bytes;
        // Compaction leaves batches without records.
        if batch.is_control() || batch.records == 0 && batch.payload.is_empty() {
            out.extend_from_slice(raw);
            continue;
        }
        opener.offset = batch.base_offset;
        let buffers = Buffers {
            codecs: &mut scratch.codecs,
            inflated: &mut scratch.inflated,
            edited: &mut scratch.edited,
            parts: &mut scratch.parts,
        };
        rewrite(&batch, raw, limits, &mut opener, buffers, out).map_err(Unopened::Fault)?;
    }
    if opener.missing.is_empty() {
        Ok(opener.opened)
    } else {
        Err(Unopened::Missing(opener.missing))
    }
}

struct Opener<'a, K> {
    opening: &'a Opening<'a>,
    keys: &'a K,
    limits: &'a Limits,
    /// The key that was found last: mostly the next one, too.
    last: Option<Last>,
    missing: Vec<Kid>,
    opened: Opened,
    offset: i64,
}

struct Last {
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

    fn effort(&self) -> Effort {
        Effort::Fast
    }
}

impl<K: Keys> Opener<'_, K> {
    fn open(
        &mut self,
        record: &Record<'_>,
        codecs: &mut Codecs,
        parts: &mut Parts,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let opening = self.opening;
        let digest = KeyDigest::of(record.key, &mut parts.length);
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
    fn part(
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

/// One part of a record, for a program that opens by itself: what its envelope holds.
pub fn open_value(
    homes: &[Home],
    keys: &impl Keys,
    place: Place<'_>,
    partition: Option<i32>,
    record_key: Option<&[u8]>,
    bytes: &[u8],
) -> Result<Vec<u8>, Refusal> {
    let opening = Opening {
        homes,
        partition,
        value: true,
        key: false,
        headers: &[],
        mark: Mark::Refuse,
    };
    let limits = Limits::default();
    let mut opener = Opener {
        opening: &opening,
        keys,
        limits: &limits,
        last: None,
        missing: Vec::new(),
        opened: Opened::default(),
        offset: 0,
    };
    let mut scratch = Scratch::default();
    let digest = KeyDigest::of(record_key, &mut scratch.parts.length);
    let mut out = Vec::new();
    opener.part(
        bytes,
        place,
        &digest,
        &mut scratch.codecs,
        &mut scratch.parts,
        &mut out,
    )?;
    Ok(out)
}
