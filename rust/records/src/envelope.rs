//! The bytes of an envelope: a tagged `COSE_Encrypt0` (RFC 9052, section 5.2) of one encoding only.

use crate::cbor::{
    self, ARRAY, BYTES, MAP, NEGATIVE, Reader, TEXT, UNSIGNED, write_bytes, write_head, write_int,
};
use crate::error::Refusal;

/// The version of the envelope that is written, and the only one that is read.
pub const VERSION: i64 = 1;
/// AES-GCM with a key of 256 bits (RFC 9053, section 4.1).
pub const ALGORITHM_A256GCM: i64 = 3;
/// AES-256-GCM-SIV (RFC 8452), which has no number of its own: one for private use.
pub const ALGORITHM_A256GCM_SIV: i64 = -65_537;
/// Bytes of the name of a data key.
pub const KID_BYTES: usize = 16;
/// The name of a data key.
pub type Kid = [u8; KID_BYTES];

/// Bytes of a nonce.
pub const NONCE_BYTES: usize = 12;
/// Bytes of the tag that ends what is encrypted.
pub const TAG_BYTES: usize = 16;

const TAG_16_ARRAY_3: [u8; 2] = [0xd0, 0x83];
const LABEL_ALGORITHM: i64 = 1;
const LABEL_KID: i64 = 4;
const LABEL_NONCE: i64 = 5;
/// For private use: the version of the envelope.
const LABEL_VERSION: i64 = -65_537;
/// For private use: how the content was compressed before it was sealed.
const LABEL_CODING: i64 = -65_538;
const UNPROTECTED_BYTES: usize = 3 + NONCE_BYTES;

/// How the content was compressed before it was sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Coding {
    /// Not at all.
    #[default]
    Identity,
    /// One frame of Zstandard.
    Zstd,
}

/// An envelope, read and not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// The protected header as it lies there.
    pub protected: &'a [u8],
    /// [`ALGORITHM_A256GCM`] or [`ALGORITHM_A256GCM_SIV`].
    pub algorithm: i64,
    /// Which key it is sealed under.
    pub kid: &'a Kid,
    /// How the content was compressed.
    pub coding: Coding,
    /// The nonce.
    pub nonce: &'a [u8; NONCE_BYTES],
    /// What is encrypted, without its tag.
    pub ciphertext: &'a [u8],
    /// The tag.
    pub tag: &'a [u8],
}

/// The protected header that was read last. Mostly the next envelope begins with the same bytes, and then they need
/// not be read again.
#[derive(Debug, Default)]
pub struct Alike {
    /// All that stands before the nonce; none: nothing was read yet.
    start: Vec<u8>,
    /// Where the protected header lies in it, and the name of the key.
    protected_at: usize,
    kid_at: usize,
    algorithm: i64,
    coding: Coding,
}

impl Alike {
    /// Reads an envelope as [`Envelope::parse`] does.
    pub fn parse<'a>(&mut self, bytes: &'a [u8]) -> Result<Envelope<'a>, Refusal> {
        if let Some(envelope) = self.parse_alike(bytes) {
            return envelope;
        }
        let (envelope, header) = Envelope::read(bytes)?;
        let protected_bytes = envelope.protected.len();
        self.protected_at = TAG_16_ARRAY_3.len() + cbor::head_bytes(protected_bytes);
        self.kid_at = self.protected_at + header.kid_at;
        self.algorithm = envelope.algorithm;
        self.coding = envelope.coding;
        self.start.clear();
        let start = bytes.get(..self.protected_at + protected_bytes);
        self.start.extend_from_slice(start.unwrap_or_default());
        Ok(envelope)
    }

    /// `None`: it begins otherwise.
    fn parse_alike<'a>(&self, bytes: &'a [u8]) -> Option<Result<Envelope<'a>, Refusal>> {
        if self.start.is_empty() {
            return None;
        }
        let rest = bytes.strip_prefix(self.start.as_slice())?;
        let protected = bytes.get(self.protected_at..self.start.len())?;
        let kid = bytes.get(self.kid_at..)?.first_chunk()?;
        let sealed = Sealed::parse(rest);
        Some(sealed.map(|sealed| Envelope {
            protected,
            algorithm: self.algorithm,
            kid,
            coding: self.coding,
            nonce: sealed.nonce,
            ciphertext: sealed.ciphertext,
            tag: sealed.tag,
        }))
    }
}

/// What stands behind the protected header.
struct Sealed<'a> {
    nonce: &'a [u8; NONCE_BYTES],
    ciphertext: &'a [u8],
    tag: &'a [u8],
}

impl<'a> Sealed<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let mut reader = Reader(bytes);
        let nonce = unprotected(&mut reader)?;
        let sealed = reader.bytes()?;
        if !reader.0.is_empty() {
            return Err(Refusal::Trailing);
        }
        let at = sealed
            .len()
            .checked_sub(TAG_BYTES)
            .ok_or(Refusal::Truncated)?;
        let (ciphertext, tag) = sealed.split_at_checked(at).ok_or(Refusal::Truncated)?;
        Ok(Self {
            nonce,
            ciphertext,
            tag,
        })
    }
}

impl<'a> Envelope<'a> {
    /// Reads an envelope, all of `bytes`, of the one form that it may have.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Refusal> {
        Self::read(bytes).map(|(envelope, _)| envelope)
    }

    fn read(bytes: &'a [u8]) -> Result<(Self, Protected<'a>), Refusal> {
        if bytes.len() < TAG_16_ARRAY_3.len() && TAG_16_ARRAY_3.starts_with(bytes) {
            let empty = bytes.is_empty();
            return Err(if empty {
                Refusal::Plaintext
            } else {
                Refusal::Truncated
            });
        }
        let rest = bytes
            .strip_prefix(&TAG_16_ARRAY_3)
            .ok_or(Refusal::Plaintext)?;
        let mut reader = Reader(rest);
        let protected = reader.bytes()?;
        let header = Protected::parse(protected)?;
        let sealed = Sealed::parse(reader.0)?;
        let envelope = Self {
            protected,
            algorithm: header.algorithm,
            kid: header.kid,
            coding: header.coding,
            nonce: sealed.nonce,
            ciphertext: sealed.ciphertext,
            tag: sealed.tag,
        };
        Ok((envelope, header))
    }
}

struct Protected<'a> {
    algorithm: i64,
    kid: &'a Kid,
    /// Where it lies in the header.
    kid_at: usize,
    coding: Coding,
}

impl<'a> Protected<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let mut reader = Reader(bytes);
        let count = reader.expect(MAP)?;
        let (mut algorithm, mut kid, mut version, mut coding) = (None, None, None, None);
        let (mut before, mut kid_at): (&[u8], _) = (&[], 0);
        for _ in 0..count {
            let start = reader.0;
            let label = label(&mut reader)?;
            let key = start
                .get(..start.len() - reader.0.len())
                .unwrap_or_default();
            let twice = match label {
                LABEL_ALGORITHM => algorithm.replace(reader.int()?).is_some(),
                LABEL_KID => {
                    let named = reader.bytes().map_err(of_kid)?;
                    kid_at = bytes.len() - reader.0.len() - named.len();
                    kid.replace(named).is_some()
                }
                LABEL_VERSION => version.replace(reader.int()?).is_some(),
                LABEL_CODING => coding.replace(reader.int()?).is_some(),
                _ => return Err(Refusal::UnknownLabel),
            };
            if twice {
                return Err(Refusal::DuplicateLabel);
            }
            if key <= before {
                return Err(Refusal::Malformed);
            }
            before = key;
        }
        if !reader.0.is_empty() {
            return Err(Refusal::Malformed);
        }
        let missing = Refusal::MissingLabel;
        if version.ok_or(missing)? != VERSION {
            return Err(Refusal::Version);
        }
        let algorithm = algorithm.ok_or(missing)?;
        if ![ALGORITHM_A256GCM, ALGORITHM_A256GCM_SIV].contains(&algorithm) {
            return Err(Refusal::Algorithm);
        }
        // SECURITY: a key is named by its number, never by a place to ask (CVE-2026-105941 elsewhere).
        let kid = kid.ok_or(missing)?.try_into().map_err(|_| Refusal::KeyId)?;
        let coding = match coding {
            None => Coding::Identity,
            Some(1) => Coding::Zstd,
            Some(_) => return Err(Refusal::Content),
        };
        Ok(Self {
            algorithm,
            kid,
            kid_at,
            coding,
        })
    }
}

/// A label. Texts are labels that envelopes don't have.
fn label(reader: &mut Reader<'_>) -> Result<i64, Refusal> {
    let (major, argument) = reader.head()?;
    let number = i64::try_from(argument).map_err(|_| Refusal::UnknownLabel)?;
    match major {
        UNSIGNED => Ok(number),
        NEGATIVE => Ok(!number),
        TEXT => Err(Refusal::UnknownLabel),
        _ => Err(Refusal::Malformed),
    }
}

fn of_kid(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Malformed => Refusal::KeyId,
        other => other,
    }
}

/// The header that isn't protected holds the nonce, and nothing else.
fn unprotected<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8; NONCE_BYTES], Refusal> {
    let count = reader.expect(MAP)?;
    let mut nonce = None;
    for _ in 0..count {
        match label(reader)? {
            LABEL_NONCE if nonce.is_some() => return Err(Refusal::DuplicateLabel),
            LABEL_NONCE => nonce = Some(reader.bytes()?),
            // All of them stand in the protected header.
            LABEL_ALGORITHM | LABEL_KID | LABEL_VERSION | LABEL_CODING => {
                return Err(Refusal::DuplicateLabel);
            }
            _ => return Err(Refusal::UnknownLabel),
        }
    }
    let nonce = nonce.ok_or(Refusal::MissingLabel)?;
    nonce.try_into().map_err(|_| Refusal::Nonce)
}

/// The protected header of an envelope.
pub fn protected(out: &mut Vec<u8>, algorithm: i64, kid: &Kid, coding: Coding) {
    out.clear();
    write_head(out, MAP, if coding == Coding::Identity { 3 } else { 4 });
    write_int(out, LABEL_ALGORITHM);
    write_int(out, algorithm);
    write_int(out, LABEL_KID);
    write_bytes(out, kid);
    write_int(out, LABEL_VERSION);
    write_int(out, VERSION);
    if coding == Coding::Zstd {
        write_int(out, LABEL_CODING);
        write_int(out, 1);
    }
}

/// Appends an envelope up to what is encrypted, of which so many bytes are to follow, tag included.
pub fn write(out: &mut Vec<u8>, protected: &[u8], nonce: &[u8; NONCE_BYTES], sealed_bytes: usize) {
    out.extend_from_slice(&TAG_16_ARRAY_3);
    write_bytes(out, protected);
    write_head(out, MAP, 1);
    write_int(out, LABEL_NONCE);
    write_bytes(out, nonce);
    write_head(out, BYTES, sealed_bytes as u64);
}

/// Bytes of a whole envelope around so much content.
pub const fn bytes(protected: &[u8], content_bytes: usize) -> usize {
    let sealed = content_bytes + TAG_BYTES;
    TAG_16_ARRAY_3.len()
        + cbor::head_bytes(protected.len())
        + protected.len()
        + UNPROTECTED_BYTES
        + cbor::head_bytes(sealed)
        + sealed
}

// An array's head and the tag's are written as one constant.
const _: () = assert!(TAG_16_ARRAY_3[1] == ARRAY << 5 | 3);

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(kid: Kid, coding: Coding, content_bytes: usize) -> Vec<u8> {
        let (mut header, mut out) = (Vec::new(), Vec::new());
        protected(&mut header, ALGORITHM_A256GCM, &kid, coding);
        write(
            &mut out,
            &header,
            &[7; NONCE_BYTES],
            content_bytes + TAG_BYTES,
        );
        out.resize(out.len() + content_bytes + TAG_BYTES, 9);
        assert_eq!(out.len(), bytes(&header, content_bytes));
        out
    }

    #[test]
    fn an_envelope_is_read_alike_whatever_was_read_before() {
        let whole = [
            envelope([1; KID_BYTES], Coding::Identity, 5),
            envelope([1; KID_BYTES], Coding::Identity, 500),
            envelope([2; KID_BYTES], Coding::Identity, 5),
            envelope([1; KID_BYTES], Coding::Zstd, 5),
        ];
        let mut forms: Vec<Vec<u8>> = whole.to_vec();
        for good in &whole {
            for at in 0..good.len().min(80) {
                forms.push(good[..at].to_vec());
                for bit in 0..8 {
                    let mut bad = good.clone();
                    bad[at] ^= 1 << bit;
                    forms.push(bad);
                }
            }
            forms.push([good.as_slice(), &[0]].concat());
        }
        let mut alike = Alike::default();
        for before in &whole {
            for form in &forms {
                assert!(alike.parse(before).is_ok());
                assert_eq!(alike.parse(form), Envelope::parse(form), "{form:02x?}");
                // What was wrong is not taken for the one that others are like.
                assert_eq!(alike.parse(before), Envelope::parse(before));
            }
        }
    }
}
