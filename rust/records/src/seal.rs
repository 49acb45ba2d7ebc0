//! Sealing the records of a stream on their way to the broker.

use streamward_wire::kafka::batch::{self, Compression};

use crate::associated::{Associated, Home, KeyDigest, Place};
use crate::batch::{Buffers, Edit, rewrite};
use crate::compression::{Codecs, Effort};
use crate::envelope::{self, Coding, Envelope, TAG_BYTES};
use crate::error::{Fault, Refusal};
use crate::key::{DataKey, algorithm_of};
use crate::limits::Limits;
use crate::record::{Headers, Record, write_head, write_header, write_record};
use crate::scratch::{Parts, Scratch};
use crate::varint;

/// Content below this is not compressed before it is sealed.
const COMPRESSED_BYTES_MIN: usize = 64;
/// Nor is that of a batch any longer in which so many values in a row did not get smaller.
const FRUITLESS_MAX: u32 = 8;

/// What of each record is sealed, and for where.
#[derive(Clone, Copy, Debug)]
pub struct Sealing<'a> {
    /// Where the stream is at home.
    pub home: &'a Home,
    /// The partition, of a stream that asks for it to be bound.
    pub partition: Option<i32>,
    /// Are values sealed?
    pub value: bool,
    /// The values of these headers are sealed.
    pub headers: &'a [Box<[u8]>],
    /// Seals values and headers.
    pub data_key: &'a DataKey,
    /// Seals keys of records, if they are sealed.
    pub deterministic_key: Option<&'a DataKey>,
    /// What already is an envelope is sealed once more and marked by a header, not refused.
    pub marks: bool,
}

/// The header that marks a record which is not as it must be; its value is [`Refusal::code`].
pub const MARK: &str = "streamward.violation";

/// Appends `records`, the content of one partition of a Produce request, with each record sealed. A control batch is
/// refused, as brokers refuse it from clients.
pub fn seal_records(
    records: &[u8],
    sealing: &Sealing<'_>,
    limits: &Limits,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) -> Result<(), Fault> {
    let mut at = 0;
    let mut batches = batch::batches(records);
    for batch in batches.by_ref() {
        let batch = batch.map_err(|_| Fault::of_batch(0, Refusal::Batch))?;
        let raw = records.get(at..at + batch.bytes);
        let raw = raw.ok_or(Fault::of_batch(batch.base_offset, Refusal::Batch))?;
        at += batch.bytes;
        if batch.is_control() {
            // SECURITY: brokers alone write these; as one, plaintext would pass unsealed.
            return Err(Fault::of_batch(batch.base_offset, Refusal::Control));
        }
        let mut sealer = Sealer {
            sealing,
            compresses: batch.compression() != Compression::None,
            fruitless: 0,
            set: None,
        };
        let buffers = Buffers {
            codecs: &mut scratch.codecs,
            inflated: &mut scratch.inflated,
            edited: &mut scratch.edited,
            parts: &mut scratch.parts,
        };
        rewrite(&batch, raw, limits, &mut sealer, buffers, out)?;
    }
    if batches.rest() > 0 {
        return Err(Fault::of_batch(0, Refusal::Batch));
    }
    Ok(())
}

struct Sealer<'a> {
    sealing: &'a Sealing<'a>,
    /// The producer compressed, so contents are before they are sealed.
    compresses: bool,
    fruitless: u32,
    /// For which coding the associated data of values is set.
    set: Option<Coding>,
}

impl Edit for Sealer<'_> {
    fn edit(
        &mut self,
        record: &Record<'_>,
        codecs: &mut Codecs,
        parts: &mut Parts,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let sealing = self.sealing;
        let mut marked = None;
        if let Err(refusal) = plaintext(record, sealing) {
            if !sealing.marks {
                return Err(refusal);
            }
            marked = Some(refusal);
        }
        let key = match (record.key, sealing.deterministic_key) {
            (Some(key), Some(deterministic)) => {
                seal_key(key, deterministic, sealing, parts)?;
                Some(std::mem::take(&mut parts.key))
            }
            _ => None,
        };
        let wire_key = key.as_deref().or(record.key);
        let digest = KeyDigest::of(wire_key, &mut parts.length);
        let sealed_headers = self.headers(record, &digest, marked, parts)?;
        let headers_bytes = if sealed_headers {
            parts.headers.len()
        } else {
            record.headers.len()
        };
        match record.value {
            Some(value) if sealing.value => {
                self.value(
                    record,
                    wire_key,
                    value,
                    &digest,
                    headers_bytes,
                    codecs,
                    parts,
                    out,
                )?;
            }
            value => {
                write_head(out, record, wire_key, value.map(<[u8]>::len), headers_bytes)?;
                out.extend_from_slice(value.unwrap_or_default());
            }
        }
        out.extend_from_slice(if sealed_headers {
            &parts.headers
        } else {
            record.headers
        });
        if let Some(key) = key {
            parts.key = key;
        }
        Ok(())
    }

    fn effort(&self) -> Effort {
        if self.sealing.value {
            Effort::None
        } else {
            Effort::Fast
        }
    }
}

/// What is to be sealed is no envelope yet: one that is would open to an envelope, from wherever it came.
fn plaintext(record: &Record<'_>, sealing: &Sealing<'_>) -> Result<(), Refusal> {
    let sealed = |bytes: Option<&[u8]>| bytes.is_some_and(|it| Envelope::parse(it).is_ok());
    let key = sealing.deterministic_key.is_some() && sealed(record.key);
    if key || sealing.value && sealed(record.value) {
        return Err(Refusal::AlreadySealed);
    }
    if sealing.headers.is_empty() {
        return Ok(());
    }
    let headers = Headers::new(record.headers).ok_or(Refusal::Record)?;
    for header in headers {
        if is_sealed(sealing.headers, header.name) && sealed(header.value) {
            return Err(Refusal::AlreadySealed);
        }
    }
    Ok(())
}

/// Is this header among those that are sealed?
pub fn is_sealed(headers: &[Box<[u8]>], name: &[u8]) -> bool {
    headers.iter().any(|it| **it == *name)
}

fn seal_key(
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
    let none = KeyDigest::of(None, &mut parts.length);
    part.seal(
        deterministic,
        &none,
        Coding::Identity,
        key,
        (protected, of_other),
        sealed,
    )
}

impl Sealer<'_> {
    /// Writes all of a record up to its headers.
    #[allow(clippy::too_many_arguments, reason = "what one record consists of")]
    fn value(
        &mut self,
        record: &Record<'_>,
        key: Option<&[u8]>,
        value: &[u8],
        digest: &KeyDigest,
        headers_bytes: usize,
        codecs: &mut Codecs,
        parts: &mut Parts,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let sealing = self.sealing;
        let coding = self.compress(value, codecs, &mut parts.content)?;
        let data_key = sealing.data_key;
        let algorithm = algorithm_of(Place::Value);
        if self.set != Some(coding) {
            let protected = &mut parts.protected;
            envelope::protected(protected, algorithm, data_key.kid(), coding);
            let version = data_key.ring_version();
            parts.of_value.set(
                protected,
                sealing.home,
                version,
                Place::Value,
                sealing.partition,
            );
            self.set = Some(coding);
        }
        let content = if coding == Coding::Zstd {
            &parts.content
        } else {
            value
        };
        let bytes = envelope::bytes(&parts.protected, content.len());
        write_head(out, record, key, Some(bytes), headers_bytes)?;
        let nonce = data_key.nonce(algorithm)?;
        envelope::write(out, &parts.protected, &nonce, content.len() + TAG_BYTES);
        let associated = parts.of_value.with(digest);
        data_key.encrypt(algorithm, nonce, associated, content, out)
    }

    /// Compresses where the producer did, and where it makes the content smaller.
    fn compress(
        &mut self,
        value: &[u8],
        codecs: &mut Codecs,
        content: &mut Vec<u8>,
    ) -> Result<Coding, Refusal> {
        if !self.compresses || value.len() < COMPRESSED_BYTES_MIN || self.fruitless >= FRUITLESS_MAX
        {
            return Ok(Coding::Identity);
        }
        content.clear();
        codecs.deflate(Compression::Zstd, Effort::Fast, value, content)?;
        // The label that says so takes six bytes.
        if content.len() + 6 >= value.len() {
            self.fruitless += 1;
            return Ok(Coding::Identity);
        }
        self.fruitless = 0;
        Ok(Coding::Zstd)
    }

    /// Puts the headers into `parts.headers` where any of them changes; says whether one does.
    fn headers(
        &mut self,
        record: &Record<'_>,
        digest: &KeyDigest,
        marked: Option<Refusal>,
        parts: &mut Parts,
    ) -> Result<bool, Refusal> {
        let sealing = self.sealing;
        if sealing.headers.is_empty() && marked.is_none() {
            return Ok(false);
        }
        let headers = Headers::new(record.headers).ok_or(Refusal::Record)?;
        let changes = headers
            .clone()
            .any(|it| is_sealed(sealing.headers, it.name));
        if !changes && marked.is_none() {
            return Ok(false);
        }
        let Parts {
            headers: block,
            header: sealed,
            other_protected: protected,
            of_other,
            ..
        } = parts;
        block.clear();
        varint::write(block, (headers.left() + u32::from(marked.is_some())).into());
        for header in headers {
            let Some(value) = header
                .value
                .filter(|_| is_sealed(sealing.headers, header.name))
            else {
                write_header(block, header.name, header.value);
                continue;
            };
            let place = Place::Header(header.name);
            let part = Part {
                place,
                home: sealing.home,
                partition: sealing.partition,
            };
            sealed.clear();
            let buffers = (&mut *protected, &mut *of_other);
            part.seal(
                sealing.data_key,
                digest,
                Coding::Identity,
                value,
                buffers,
                sealed,
            )?;
            write_header(block, header.name, Some(sealed));
        }
        if let Some(refusal) = marked {
            write_header(block, MARK.as_bytes(), Some(refusal.code().as_bytes()));
        }
        Ok(true)
    }
}

/// One part of a record, and where it is.
struct Part<'a> {
    place: Place<'a>,
    home: &'a Home,
    partition: Option<i32>,
}

impl Part<'_> {
    /// Appends the envelope of this content.
    fn seal(
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

/// One part of a record, for a program that seals by itself: its envelope.
///
/// `record_key` is the record's key as it will lie on the wire; it does not matter for the key itself.
pub fn seal_value(
    home: &Home,
    key: &DataKey,
    place: Place<'_>,
    partition: Option<i32>,
    record_key: Option<&[u8]>,
    content: &[u8],
) -> Result<Vec<u8>, Refusal> {
    let digest = KeyDigest::of(record_key, &mut Vec::new());
    let (mut out, mut protected) = (Vec::new(), Vec::new());
    let part = Part {
        place,
        home,
        partition,
    };
    let buffers = (&mut protected, &mut Associated::default());
    part.seal(key, &digest, Coding::Identity, content, buffers, &mut out)?;
    Ok(out)
}

/// Appends a record as it is, marked by a header.
pub fn write_marked(
    record: &Record<'_>,
    refusal: Refusal,
    block: &mut Vec<u8>,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let headers = Headers::new(record.headers).ok_or(Refusal::Record)?;
    block.clear();
    varint::write(block, i64::from(headers.left()) + 1);
    block.extend_from_slice(headers.rest());
    write_header(block, MARK.as_bytes(), Some(refusal.code().as_bytes()));
    write_record(out, record, record.key, record.value, block)
}
