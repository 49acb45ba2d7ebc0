//! The bytes of a signature: a tagged `COSE_Sign1` (RFC 9052, section 4.2) of one encoding only, whose payload, the
//! root of the tree, is detached. The path is that of a COSE receipt of inclusion (`RFC9162_SHA256`). Read here, and
//! written in `form.rs`.

use super::context::{Run, VERSION};
use super::key::{ALGORITHM_EDDSA, ALGORITHM_ES256, SIGNATURE_BYTES, SignerId};
use super::known::Known;
use super::tree::{HASH_BYTES, Hash, PATH_NODES_MAX, TREE_LEAVES_MAX};
use crate::cbor::{
    ARRAY, BYTES, MAP, NULL, Reader, UNSIGNED, write_bytes, write_head, write_int, write_text,
};
use crate::error::Refusal;

pub(super) const TAG_18_ARRAY_4: [u8; 2] = [0xd2, 0x84];
const LABEL_ALGORITHM: i64 = 1;
const LABEL_KID: i64 = 4;
/// Which kind of tree: `RFC9162_SHA256`.
const LABEL_TREE: i64 = 395;
const TREE_RFC9162_SHA256: i64 = 1;
/// Proofs that the record is in the tree.
pub(super) const LABEL_PROOFS: i64 = 396;
/// Among them, those of inclusion.
pub(super) const LABEL_INCLUSION: i64 = -1;
/// For private use: the version.
const LABEL_VERSION: i64 = -65_537;
/// For private use: the producer on whose behalf is signed.
const LABEL_PRODUCER: i64 = -65_539;
/// For private use: the run of its counters.
const LABEL_RUN: i64 = -65_540;
/// For private use: the counter of the record.
pub(super) const LABEL_COUNTER: i64 = -65_541;
/// For private use: how many records were signed together, this one first.
pub(super) const LABEL_TOGETHER: i64 = -65_542;
/// For private use: which digest is signed of records that are signed together.
const LABEL_DIGEST: i64 = -65_543;
const DIGEST_BLAKE3: &str = "blake3";
/// What stands before each node of a path: a byte string of 32.
pub(super) const NODE_HEAD: [u8; 2] = [0x58, 0x20];
/// Bytes of a node with its head.
pub(super) const NODE_BYTES: usize = NODE_HEAD.len() + HASH_BYTES;
/// Bytes of a producer's name.
const PRODUCER_BYTES_MAX: usize = 512;

/// What is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// The digest of a record.
    Record,
    /// The root of a tree of records.
    Tree,
    /// The digest of the records of a batch.
    Batch,
}

/// The protected header of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protected<'a> {
    /// How it was signed.
    pub algorithm: i64,
    /// Which key signed.
    pub signer: &'a SignerId,
    /// What is signed.
    pub payload: Payload,
    /// On whose behalf.
    pub producer: &'a str,
    /// Between which records counters are comparable.
    pub run: Run,
}

/// A signature, read and not verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature<'a> {
    /// The protected header as it lies there.
    pub protected: &'a [u8],
    /// The record's counter.
    pub counter: u64,
    /// Of how many records it is, the first of which holds it; they verify only together.
    pub together: Option<u32>,
    /// The signature itself.
    pub signed: &'a [u8; SIGNATURE_BYTES],
    proof: Option<Proof<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Proof<'a> {
    size: u64,
    index: u64,
    /// Its nodes: byte strings one behind the other, each with its head.
    path: &'a [u8],
}

impl<'a> Signature<'a> {
    /// Reads a signature, all of `bytes`, of the one form that it may have.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Refusal> {
        Self::read(bytes).ok_or(Refusal::MalformedSignature)
    }

    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(bytes.strip_prefix(&TAG_18_ARRAY_4)?);
        let protected = reader.bytes().ok()?;
        let labels = reader.expect(MAP).ok()?;
        let mut label = int(&mut reader)?;
        let mut proof = None;
        if label == LABEL_PROOFS {
            proof = Some(Proof::read(&mut reader)?);
            label = int(&mut reader)?;
        }
        require(label, LABEL_COUNTER)?;
        let counter = reader.expect(UNSIGNED).ok()?;
        let together = if proof.is_none() && labels == 2 {
            require(int(&mut reader)?, LABEL_TOGETHER)?;
            let records = u32::try_from(reader.expect(UNSIGNED).ok()?).ok()?;
            // One record alone is signed as such.
            Some(Some(records).filter(|it| *it > 1)?)
        } else {
            None
        };
        let beside = u64::from(proof.is_some()) + u64::from(together.is_some());
        require(labels, 1 + beside)?;
        require(reader.byte().ok()?, NULL)?;
        let signed = reader.bytes().ok()?.try_into().ok()?;
        require(reader.0.len(), 0)?;
        Some(Self {
            protected,
            counter,
            together,
            signed,
            proof,
        })
    }

    /// Reads the protected header.
    pub fn header(&self) -> Result<Protected<'a>, Refusal> {
        let header = Protected::read(self.protected).ok_or(Refusal::MalformedSignature)?;
        self.fits(header.payload).map(|()| header)
    }

    /// There is a path where the protected header says that there is a tree, a number of records where it says that a
    /// batch was signed, and neither elsewhere.
    pub fn fits(&self, payload: Payload) -> Result<(), Refusal> {
        let found = match (&self.proof, self.together) {
            (Some(_), _) => Payload::Tree,
            (None, Some(_)) => Payload::Batch,
            (None, None) => Payload::Record,
        };
        if found == payload {
            Ok(())
        } else {
            Err(Refusal::MalformedSignature)
        }
    }

    /// What was signed, if the record has this digest.
    pub(super) fn root(&self, leaf: Hash, known: &mut Known) -> Result<Hash, Refusal> {
        if self.together.is_some() {
            return Err(Refusal::Incomplete);
        }
        let Some(proof) = &self.proof else {
            known.no_way();
            return Ok(leaf);
        };
        let nodes = proof.path.chunks_exact(NODE_BYTES);
        let path = nodes.filter_map(<[u8]>::last_chunk);
        known
            .root_of(leaf, proof.index, proof.size, path)
            .ok_or(Refusal::InvalidSignature)
    }
}

impl<'a> Proof<'a> {
    /// Exactly one, of a tree of at least two records: one alone has its signature without a path.
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        require(reader.expect(MAP).ok()?, 1)?;
        require(int(reader)?, LABEL_INCLUSION)?;
        require(reader.expect(ARRAY).ok()?, 1)?;
        let mut proof = Reader(reader.bytes().ok()?);
        require(proof.expect(ARRAY).ok()?, 3)?;
        let size = proof.expect(UNSIGNED).ok()?;
        let index = proof.expect(UNSIGNED).ok()?;
        let nodes = usize::try_from(proof.expect(ARRAY).ok()?).ok()?;
        if nodes > PATH_NODES_MAX || !(2..=TREE_LEAVES_MAX as u64).contains(&size) {
            return None;
        }
        let path = proof.0;
        require(path.len(), nodes * NODE_BYTES)?;
        let mut heads = path.chunks_exact(NODE_BYTES);
        heads
            .all(|it| it.starts_with(&NODE_HEAD))
            .then_some(Self { size, index, path })
    }
}

impl<'a> Protected<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let labels = reader.expect(MAP).ok()?;
        let mut payload = Payload::Record;
        require(int(&mut reader)?, LABEL_ALGORITHM)?;
        let algorithm = int(&mut reader)?;
        require(int(&mut reader)?, LABEL_KID)?;
        let signer = reader.bytes().ok()?.try_into().ok()?;
        let mut label = int(&mut reader)?;
        if label == LABEL_TREE {
            require(int(&mut reader)?, TREE_RFC9162_SHA256)?;
            payload = Payload::Tree;
            label = int(&mut reader)?;
        }
        require(label, LABEL_VERSION)?;
        require(int(&mut reader)?, VERSION)?;
        require(int(&mut reader)?, LABEL_PRODUCER)?;
        let producer = reader.text()?;
        require(int(&mut reader)?, LABEL_RUN)?;
        let run = Run::parse(reader.bytes().ok()?)?;
        if payload == Payload::Record && labels == 6 {
            require(int(&mut reader)?, LABEL_DIGEST)?;
            require(reader.text()?, DIGEST_BLAKE3)?;
            payload = Payload::Batch;
        }
        require(labels, payload.labels())?;
        require(reader.0.len(), 0)?;
        let known = [ALGORITHM_EDDSA, ALGORITHM_ES256].contains(&algorithm);
        (known && producer.len() <= PRODUCER_BYTES_MAX).then_some(Self {
            algorithm,
            signer,
            payload,
            producer,
            run,
        })
    }

    /// Writes it in its one encoding.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.clear();
        write_head(out, MAP, self.payload.labels());
        write_int(out, LABEL_ALGORITHM);
        write_int(out, self.algorithm);
        write_int(out, LABEL_KID);
        write_bytes(out, self.signer);
        if self.payload == Payload::Tree {
            write_int(out, LABEL_TREE);
            write_int(out, TREE_RFC9162_SHA256);
        }
        write_int(out, LABEL_VERSION);
        write_int(out, VERSION);
        write_int(out, LABEL_PRODUCER);
        write_text(out, self.producer);
        write_int(out, LABEL_RUN);
        self.run.write(out);
        if self.payload == Payload::Batch {
            write_int(out, LABEL_DIGEST);
            write_text(out, DIGEST_BLAKE3);
        }
    }
}

impl Payload {
    /// How many labels a protected header has.
    const fn labels(self) -> u64 {
        match self {
            Self::Record => 5,
            Self::Tree | Self::Batch => 6,
        }
    }
}

fn require<T: Copy + PartialEq>(found: T, wanted: T) -> Option<()> {
    (found == wanted).then_some(())
}

fn int(reader: &mut Reader<'_>) -> Option<i64> {
    reader.int().ok()
}

const _: () = assert!(TAG_18_ARRAY_4[1] == ARRAY << 5 | 4);
const _: () = assert!(NODE_HEAD[0] == BYTES << 5 | 0x18 && NODE_HEAD[1] as usize == HASH_BYTES);

#[cfg(test)]
mod tests;
