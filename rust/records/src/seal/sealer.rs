//! One record after the other, sealed.

use streamward_wire::kafka::batch::Compression;

use super::part::{Part, seal_key};
use super::{MARK, Sealing, is_sealed};
use crate::associated::{KeyDigest, Place};
use crate::batch::Edit;
use crate::compression::{Codecs, Effort};
use crate::envelope::{self, Coding, Envelope, TAG_BYTES};
use crate::error::Refusal;
use crate::key::algorithm_of;
use crate::limits::Limits;
use crate::record::{Headers, Record, write_head, write_header};
use crate::scratch::Parts;
use crate::varint;

/// Content below this is not compressed before it is sealed.
const COMPRESSED_BYTES_MIN: usize = 64;
/// Nor is that of a batch any longer in which so many values in a row did not get smaller.
const FRUITLESS_MAX: u32 = 8;

pub(super) struct Sealer<'a> {
    pub(super) sealing: &'a Sealing<'a>,
    pub(super) limits: &'a Limits,
    /// The producer compressed, so contents are before they are sealed.
    pub(super) compresses: bool,
    pub(super) fruitless: u32,
    /// Nonces of the data key that went to this batch.
    pub(super) drawn: u64,
    /// For which coding the associated data of values is set.
    pub(super) set: Option<Coding>,
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
        let digest = KeyDigest::of(wire_key, &mut parts.wire_key);
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

    fn too_large(&self) -> Refusal {
        Refusal::TooLarge
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
        self.drawn += 1;
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
        // What inflates beyond the limit would be no more than a bomb to whoever opens it.
        let inflates = value.len() <= self.limits.inflated(content.len());
        // The label that says so takes six bytes.
        if !inflates || content.len() + 6 >= value.len() {
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
            self.drawn += 1;
            write_header(block, header.name, Some(sealed));
        }
        if let Some(refusal) = marked {
            write_header(block, MARK.as_bytes(), Some(refusal.code().as_bytes()));
        }
        Ok(true)
    }
}
