//! The bytes of a signature: a tagged `COSE_Sign1` (RFC 9052, section 4.2) of one encoding only, whose payload, the
//! root of the tree, is detached. The path is that of a COSE receipt of inclusion (`RFC9162_SHA256`).

use super::context::{Run, VERSION};
use super::key::{ALGORITHM_EDDSA, ALGORITHM_ES256, SIGNATURE_BYTES, SignerId};
use super::tree::{HASH_BYTES, Hash, PATH_NODES_MAX, TREE_LEAVES_MAX, root_of};
use crate::cbor::{
    self, ARRAY, BYTES, MAP, NULL, Reader, UNSIGNED, write_bytes, write_head, write_int, write_text,
};
use crate::error::Refusal;

const TAG_18_ARRAY_4: [u8; 2] = [0xd2, 0x84];
const LABEL_ALGORITHM: i64 = 1;
const LABEL_KID: i64 = 4;
/// Which kind of tree: `RFC9162_SHA256`.
const LABEL_TREE: i64 = 395;
const TREE_RFC9162_SHA256: i64 = 1;
/// Proofs that the record is in the tree.
const LABEL_PROOFS: i64 = 396;
/// Among them, those of inclusion.
const LABEL_INCLUSION: i64 = -1;
/// For private use: the version.
const LABEL_VERSION: i64 = -65_537;
/// For private use: the producer on whose behalf is signed.
const LABEL_PRODUCER: i64 = -65_539;
/// For private use: the run of its counters.
const LABEL_RUN: i64 = -65_540;
/// For private use: the counter of the record.
const LABEL_COUNTER: i64 = -65_541;
/// Bytes of a producer's name.
const PRODUCER_BYTES_MAX: usize = 512;

/// The protected header of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protected<'a> {
    /// How it was signed.
    pub algorithm: i64,
    /// Which key signed.
    pub signer: &'a SignerId,
    /// Is there a tree over several records?
    pub tree: bool,
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
    /// The signature itself.
    pub signed: &'a [u8; SIGNATURE_BYTES],
    proof: Option<Proof<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Proof<'a> {
    size: u64,
    index: u64,
    /// Byte strings one behind the other, each with its head.
    path: [&'a [u8]; PATH_NODES_MAX],
    nodes: usize,
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
        let proof = match labels {
            1 => None,
            2 => {
                require(int(&mut reader)?, LABEL_PROOFS)?;
                Some(Proof::read(&mut reader)?)
            }
            _ => return None,
        };
        require(int(&mut reader)?, LABEL_COUNTER)?;
        let counter = reader.expect(UNSIGNED).ok()?;
        require(reader.byte().ok()?, NULL)?;
        let signed = reader.bytes().ok()?.try_into().ok()?;
        require(reader.0.len(), 0)?;
        Some(Self {
            protected,
            counter,
            signed,
            proof,
        })
    }

    /// Reads the protected header.
    pub fn header(&self) -> Result<Protected<'a>, Refusal> {
        let header = Protected::read(self.protected).ok_or(Refusal::MalformedSignature)?;
        self.fits(header.tree).map(|()| header)
    }

    /// There is a path where the protected header says that there is a tree, and only there.
    pub fn fits(&self, tree: bool) -> Result<(), Refusal> {
        if tree == self.proof.is_some() {
            Ok(())
        } else {
            Err(Refusal::MalformedSignature)
        }
    }

    /// What was signed, if the record has this digest.
    pub fn root(&self, leaf: Hash) -> Result<Hash, Refusal> {
        let Some(proof) = &self.proof else {
            return Ok(leaf);
        };
        let mut nodes = [Hash::default(); PATH_NODES_MAX];
        for (node, bytes) in nodes.iter_mut().zip(proof.path) {
            if bytes.len() == HASH_BYTES {
                node.copy_from_slice(bytes);
            }
        }
        let path = nodes.iter().take(proof.nodes);
        root_of(leaf, proof.index, proof.size, path).ok_or(Refusal::InvalidSignature)
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
        let mut path: [&[u8]; PATH_NODES_MAX] = [&[]; PATH_NODES_MAX];
        for node in path.iter_mut().take(nodes) {
            *node = proof.bytes().ok()?;
            require(node.len(), HASH_BYTES)?;
        }
        require(proof.0.len(), 0)?;
        Some(Self {
            size,
            index,
            path,
            nodes,
        })
    }
}

impl<'a> Protected<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let tree = match reader.expect(MAP).ok()? {
            5 => false,
            6 => true,
            _ => return None,
        };
        require(int(&mut reader)?, LABEL_ALGORITHM)?;
        let algorithm = int(&mut reader)?;
        require(int(&mut reader)?, LABEL_KID)?;
        let signer = reader.bytes().ok()?.try_into().ok()?;
        if tree {
            require(int(&mut reader)?, LABEL_TREE)?;
            require(int(&mut reader)?, TREE_RFC9162_SHA256)?;
        }
        require(int(&mut reader)?, LABEL_VERSION)?;
        require(int(&mut reader)?, VERSION)?;
        require(int(&mut reader)?, LABEL_PRODUCER)?;
        let producer = reader.text()?;
        require(int(&mut reader)?, LABEL_RUN)?;
        let run = Run::parse(reader.bytes().ok()?)?;
        require(reader.0.len(), 0)?;
        let known = [ALGORITHM_EDDSA, ALGORITHM_ES256].contains(&algorithm);
        (known && producer.len() <= PRODUCER_BYTES_MAX).then_some(Self {
            algorithm,
            signer,
            tree,
            producer,
            run,
        })
    }

    /// Writes it in its one encoding.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.clear();
        write_head(out, MAP, if self.tree { 6 } else { 5 });
        write_int(out, LABEL_ALGORITHM);
        write_int(out, self.algorithm);
        write_int(out, LABEL_KID);
        write_bytes(out, self.signer);
        if self.tree {
            write_int(out, LABEL_TREE);
            write_int(out, TREE_RFC9162_SHA256);
        }
        write_int(out, LABEL_VERSION);
        write_int(out, VERSION);
        write_int(out, LABEL_PRODUCER);
        write_text(out, self.producer);
        write_int(out, LABEL_RUN);
        self.run.write(out);
    }
}

fn require<T: Copy + PartialEq>(found: T, wanted: T) -> Option<()> {
    (found == wanted).then_some(())
}

fn int(reader: &mut Reader<'_>) -> Option<i64> {
    reader.int().ok()
}

/// Where a record lies in its tree, and the nodes beside its way up.
pub struct Path<'p, I> {
    pub size: usize,
    pub index: usize,
    pub nodes: I,
    pub scratch: &'p mut Vec<u8>,
}

/// Writes a signature into `out`; without a path, of one record alone.
pub fn write<'h, I: Iterator<Item = &'h Hash>>(
    out: &mut Vec<u8>,
    protected: &[u8],
    counter: u64,
    path: Option<Path<'_, I>>,
    signed: &[u8; SIGNATURE_BYTES],
) {
    out.clear();
    out.extend_from_slice(&TAG_18_ARRAY_4);
    write_bytes(out, protected);
    if let Some(path) = path {
        write_head(out, MAP, 2);
        write_int(out, LABEL_PROOFS);
        write_head(out, MAP, 1);
        write_int(out, LABEL_INCLUSION);
        write_head(out, ARRAY, 1);
        let nodes = path.scratch;
        nodes.clear();
        let mut count = 0;
        for node in path.nodes {
            write_bytes(nodes, node);
            count += 1;
        }
        let (size, index) = (path.size as u64, path.index as u64);
        let heads = [
            (ARRAY, 3),
            (UNSIGNED, size),
            (UNSIGNED, index),
            (ARRAY, count),
        ];
        let heads = heads.map(|(major, argument)| cbor::head(major, argument));
        let bytes = heads.iter().map(|(_, length)| length).sum::<usize>() + nodes.len();
        write_head(out, BYTES, bytes as u64);
        for (head, length) in &heads {
            out.extend_from_slice(head.get(..*length).unwrap_or_default());
        }
        out.extend_from_slice(nodes);
    } else {
        write_head(out, MAP, 1);
    }
    write_int(out, LABEL_COUNTER);
    write_head(out, UNSIGNED, counter);
    out.push(NULL);
    write_bytes(out, signed);
}

const _: () = assert!(TAG_18_ARRAY_4[1] == ARRAY << 5 | 4);

#[cfg(test)]
mod tests;
