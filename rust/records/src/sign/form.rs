//! Writing signatures. Those of one tree differ in their counters and paths alone, and are written before the tree is
//! whole: what only that gives is filled in afterwards.

use super::header::{
    LABEL_COUNTER, LABEL_INCLUSION, LABEL_PROOFS, LABEL_TOGETHER, NODE_BYTES, NODE_HEAD,
    TAG_18_ARRAY_4,
};
use super::key::SIGNATURE_BYTES;
use super::tree::{HASH_BYTES, Hash, path_nodes};
use crate::cbor::{
    ARRAY, BYTES, MAP, NULL, UNSIGNED, head_bytes_of, write_bytes, write_head, write_int,
};

/// What stands before the signature itself: a byte string of 64.
const SIGNATURE_HEAD: [u8; 2] = [0x58, 64];
const _: () = assert!(SIGNATURE_HEAD[1] as usize == SIGNATURE_BYTES);

/// The form of all signatures of one tree.
#[derive(Debug, Default)]
pub struct Form {
    /// What all of them begin with.
    front: Vec<u8>,
    /// The label of the counter.
    counter: Vec<u8>,
    /// What stands behind the counter.
    back: Vec<u8>,
    size: usize,
}

/// A signature of this form, of which the place and the counter are known.
#[derive(Clone, Copy, Debug)]
pub struct Begun<'f> {
    form: &'f Form,
    counter: u64,
    index: usize,
    nodes: usize,
}

impl Form {
    /// Sets what is the same for all records of a tree of so many; of one alone there is no path.
    pub fn set(&mut self, protected: &[u8], size: usize) {
        self.set_any(protected, size, None);
    }

    /// The same for the first of so many records that are signed together: there is no tree.
    pub fn set_together(&mut self, protected: &[u8], records: u32) {
        self.set_any(protected, 1, Some(records));
    }

    fn set_any(&mut self, protected: &[u8], size: usize, together: Option<u32>) {
        self.size = size;
        let Self {
            front,
            counter,
            back,
            ..
        } = self;
        front.clear();
        back.clear();
        front.extend_from_slice(&TAG_18_ARRAY_4);
        write_bytes(front, protected);
        if let Some(records) = together {
            write_head(front, MAP, 2);
            write_int(back, LABEL_TOGETHER);
            write_head(back, UNSIGNED, records.into());
        } else if size > 1 {
            write_head(front, MAP, 2);
            write_int(front, LABEL_PROOFS);
            write_head(front, MAP, 1);
            write_int(front, LABEL_INCLUSION);
            write_head(front, ARRAY, 1);
        } else {
            write_head(front, MAP, 1);
        }
        counter.clear();
        write_int(counter, LABEL_COUNTER);
    }

    /// The signature of the record at this place of its tree.
    pub fn begin(&self, counter: u64, index: usize) -> Begun<'_> {
        Begun {
            form: self,
            counter,
            index,
            nodes: path_nodes(index, self.size),
        }
    }
}

impl Begun<'_> {
    /// Of the proof: an array of size, index and nodes.
    fn proof_bytes(&self) -> usize {
        let heads = [3, self.form.size, self.index, self.nodes];
        let heads = heads.iter().map(|it| head_bytes_of(*it as u64));
        heads.sum::<usize>() + self.nodes * NODE_BYTES
    }

    /// How long it is.
    pub fn bytes(&self) -> usize {
        let proof = if self.form.size > 1 {
            let bytes = self.proof_bytes();
            head_bytes_of(bytes as u64) + bytes
        } else {
            0
        };
        let counter = self.form.counter.len() + head_bytes_of(self.counter) + self.form.back.len();
        let signed = 1 + SIGNATURE_HEAD.len() + SIGNATURE_BYTES;
        self.form.front.len() + proof + counter + signed
    }

    /// Appends it, with zeros where [`fill`] puts what the tree gives. Says where its path begins.
    pub fn write(&self, out: &mut Vec<u8>) -> usize {
        out.extend_from_slice(&self.form.front);
        if self.form.size > 1 {
            write_head(out, BYTES, self.proof_bytes() as u64);
            write_head(out, ARRAY, 3);
            write_head(out, UNSIGNED, self.form.size as u64);
            write_head(out, UNSIGNED, self.index as u64);
            write_head(out, ARRAY, self.nodes as u64);
        }
        let path = out.len();
        out.resize(path + self.nodes * NODE_BYTES, 0);
        out.extend_from_slice(&self.form.counter);
        write_head(out, UNSIGNED, self.counter);
        out.extend_from_slice(&self.form.back);
        out.push(NULL);
        out.extend_from_slice(&SIGNATURE_HEAD);
        out.extend_from_slice(&[0; SIGNATURE_BYTES]);
        path
    }
}

/// Puts the nodes of a path and the signature itself where they belong in `written`, which begins with the path and
/// ends with the signature.
pub fn fill<'h>(
    written: &mut [u8],
    path: impl Iterator<Item = &'h Hash>,
    signed: &[u8; SIGNATURE_BYTES],
) {
    for (place, node) in written.chunks_exact_mut(NODE_BYTES).zip(path) {
        let (head, rest) = place.split_at_mut(NODE_BYTES - HASH_BYTES);
        head.copy_from_slice(&NODE_HEAD);
        rest.copy_from_slice(node);
    }
    if let Some(place) = written.last_chunk_mut() {
        *place = *signed;
    }
}
