//! Signing the records of a stream on their way to the broker.

use streamward_wire::kafka::batch::{self, Batch, Compression};

use super::SIGNATURE;
use super::context::{Origin, Run, sequence, signature_aad, structure};
use super::header::{self, Path, Protected};
use super::key::{SIGNATURE_BYTES, SigningKey};
use super::leaf::{Content, leaf};
use super::tree::{Hash, TREE_LEAVES_MAX, Tree};
use crate::batch::{Bounds, Buffers, Edit, rewrite};
use crate::compression::{Codecs, Effort};
use crate::error::{Fault, Refusal};
use crate::limits::Limits;
use crate::record::{Headers, Record, Walk, are_canonical, write_header, write_record};
use crate::scratch::{Parts, Scratch};
use crate::varint;

/// What one signature is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Each {
    /// The records of a batch.
    Batch,
    /// A record.
    Record,
}

/// Who signs what, and for where.
#[derive(Clone, Copy, Debug)]
pub struct Signing<'a> {
    /// Where the stream is at home.
    pub origin: &'a Origin,
    /// The partition, where it is bound.
    pub partition: Option<i32>,
    /// Are timestamps bound?
    pub timestamp: bool,
    /// Signs.
    pub key: &'a SigningKey,
    /// The producer on whose behalf.
    pub producer: &'a str,
    /// The run of batches whose producer is not idempotent.
    pub run: Run,
    /// What one signature is for.
    pub each: Each,
    /// Records are sealed already: nothing makes them smaller.
    pub sealed: bool,
}

/// Buffers that are kept from one batch to the next.
#[derive(Debug, Default)]
pub struct Work {
    leaves: Vec<Hash>,
    tree: Tree,
    protected: Vec<u8>,
    message: Vec<u8>,
    path: Vec<u8>,
    signature: Vec<u8>,
    headers: Vec<u8>,
}

/// Records of a batch whose digests' place is kept for the next one.
const KEPT_LEAVES: usize = 32 * 1024;

impl Work {
    /// Gives back what an unusually large batch needed.
    pub fn give_back(&mut self) {
        self.leaves.clear();
        self.leaves.shrink_to(KEPT_LEAVES);
        self.headers.clear();
        self.headers.shrink_to(KEPT_LEAVES);
    }
}

/// Appends `records`, the content of one partition of a Produce request, with each record signed; at
/// most `bytes_max` of them. `counter` is that of
/// the first record of a producer that isn't idempotent, and afterwards that of the next one.
///
/// # Errors
/// A control batch, and a record that has a header which only this writes; none of them leaves.
pub fn sign_records(
    records: &[u8],
    signing: &Signing<'_>,
    counter: &mut u64,
    limits: &Limits,
    bytes_max: usize,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) -> Result<(), Fault> {
    let start = out.len();
    let mut work = std::mem::take(&mut scratch.signing);
    let mut signer = Signer {
        signing,
        external: signature_aad(signing.origin, signing.partition),
        work: &mut work,
        batch: InBatch::default(),
        signed: [0; SIGNATURE_BYTES],
        counted: *counter,
    };
    let mut at = 0;
    let mut batches = batch::batches(records);
    let mut outcome = Ok(());
    for batch in batches.by_ref() {
        let left = bytes_max.saturating_sub(out.len() - start);
        let place = (&mut at, left);
        outcome = sign_batch(
            batch.ok(),
            records,
            place,
            &mut signer,
            limits,
            scratch,
            out,
        );
        if outcome.is_err() {
            break;
        }
    }
    if outcome.is_ok() && batches.rest() > 0 {
        outcome = Err(Fault::of_batch(0, Refusal::Batch));
    }
    *counter = signer.counted;
    scratch.signing = work;
    outcome
}

fn sign_batch(
    batch: Option<Batch<'_>>,
    records: &[u8],
    (at, bytes_max): (&mut usize, usize),
    signer: &mut Signer<'_, '_>,
    limits: &Limits,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) -> Result<(), Fault> {
    let batch = batch.ok_or(Fault::of_batch(0, Refusal::Batch))?;
    let raw = records.get(*at..*at + batch.bytes);
    let raw = raw.ok_or(Fault::of_batch(batch.base_offset, Refusal::Batch))?;
    *at += batch.bytes;
    if batch.is_control() {
        // SECURITY: brokers alone write these; as one, records would pass unsigned.
        return Err(Fault::of_batch(batch.base_offset, Refusal::Control));
    }
    let bounds = Bounds {
        // What is signed here must be taken again where it is verified.
        edited: if batch.compression() == Compression::None {
            usize::MAX
        } else {
            limits.inflated_bytes_max
        },
        written: bytes_max,
    };
    let buffers = Buffers {
        codecs: &mut scratch.codecs,
        inflated: &mut scratch.inflated,
        edited: &mut scratch.edited,
        parts: &mut scratch.parts,
    };
    rewrite(&batch, raw, limits, signer, bounds, buffers, out).map(drop)
}

/// Refuses a record that would not reach its readers as it is written: at another place of its batch, or with headers
/// in another encoding.
///
/// SECURITY: its signature would hold here and nowhere else, and readers would not get past it.
pub fn stays(record: &Record<'_>, place: usize) -> Result<(), Refusal> {
    let in_place = usize::try_from(record.offset_delta) == Ok(place);
    if in_place && are_canonical(record.headers) {
        Ok(())
    } else {
        Err(Refusal::Unstable)
    }
}

/// What is known of the batch that is being signed.
#[derive(Clone, Copy, Debug, Default)]
struct InBatch {
    /// The place of the next record.
    next: usize,
    /// Of an idempotent producer, the sequence number of the first.
    sequence: Option<i32>,
    /// Of any other, its counter.
    counted: u64,
    run: Option<Run>,
    /// Records under the present signature.
    size: usize,
}

impl InBatch {
    fn counter(&self, record: usize, delta: i32) -> u64 {
        match self.sequence {
            Some(first) => sequence(first, delta),
            None => self.counted.saturating_add(record as u64),
        }
    }
}

struct Signer<'a, 'w> {
    signing: &'a Signing<'a>,
    external: Vec<u8>,
    work: &'w mut Work,
    batch: InBatch,
    signed: [u8; SIGNATURE_BYTES],
    counted: u64,
}

impl Signer<'_, '_> {
    fn add_leaf(
        &mut self,
        batch: &Batch<'_>,
        walk: &mut Walk<'_>,
        place: usize,
        headers_max: u32,
    ) -> Result<(), Refusal> {
        if walk.rest().is_empty() {
            return Err(Refusal::Count);
        }
        let record = walk.next_record()?;
        stays(&record, place)?;
        let mut headers = Headers::new(record.headers).ok_or(Refusal::Record)?;
        // One is added; what no reader takes must not get into the stream.
        if headers.left() >= headers_max {
            return Err(Refusal::Unstable);
        }
        let content = Content::of(&record, headers.left(), headers.rest());
        // SECURITY: signatures in this header are this writer's; one from elsewhere could be taken for it.
        if headers.any(|it| it.name == SIGNATURE.as_bytes()) {
            return Err(Refusal::ForgedSignature);
        }
        let timestamp = batch.base_timestamp.saturating_add(record.timestamp_delta);
        let counter = self.batch.counter(place, record.offset_delta);
        let bound = self.signing.timestamp.then_some(timestamp);
        self.work.leaves.push(leaf(counter, bound, &content));
        Ok(())
    }

    /// Signs the tree that begins with this record.
    fn begin_tree(&mut self, first: usize) -> Result<(), Refusal> {
        let Work {
            leaves,
            tree,
            protected,
            message,
            ..
        } = &mut *self.work;
        let wanted = match self.signing.each {
            Each::Batch => TREE_LEAVES_MAX,
            Each::Record => 1,
        };
        let under = leaves.get(first..).unwrap_or_default();
        let under = under.get(..wanted).unwrap_or(under);
        self.batch.size = under.len();
        let root = tree.build(under);
        let key = self.signing.key;
        let header = Protected {
            algorithm: key.public().algorithm(),
            signer: key.public().id(),
            tree: under.len() > 1,
            producer: self.signing.producer,
            run: self.batch.run.unwrap_or(self.signing.run),
        };
        header.write(protected);
        structure(message, protected, &self.external, &root);
        // Without random numbers nothing can be signed: the producer tries again.
        self.signed = key.sign(message).ok_or(Refusal::KeyNotThere)?;
        Ok(())
    }
}

impl Edit for Signer<'_, '_> {
    fn begin(&mut self, batch: &Batch<'_>, payload: &[u8], limits: &Limits) -> Result<(), Fault> {
        let run = Run::of(batch);
        self.batch = InBatch {
            next: 0,
            sequence: run.map(|_| batch.base_sequence),
            counted: self.counted,
            run,
            size: 0,
        };
        self.work.leaves.clear();
        let mut walk = Walk::new(payload, limits.headers_max);
        for index in 0..batch.records {
            let added = self.add_leaf(batch, &mut walk, index as usize, limits.headers_max);
            added.map_err(|refusal| Fault {
                offset: batch.base_offset,
                index,
                refusal,
            })?;
        }
        if run.is_none() {
            self.counted = self.counted.saturating_add(batch.records.into());
        }
        Ok(())
    }

    fn edit(
        &mut self,
        record: &Record<'_>,
        _codecs: &mut Codecs,
        _parts: &mut Parts,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let place = self.batch.next;
        self.batch.next += 1;
        let index = match self.signing.each {
            Each::Batch => place % TREE_LEAVES_MAX,
            Each::Record => 0,
        };
        if index == 0 {
            self.begin_tree(place)?;
        }
        let counter = self.batch.counter(place, record.offset_delta);
        let Work {
            tree,
            protected,
            path,
            signature,
            headers: block,
            ..
        } = &mut *self.work;
        let path = (self.batch.size > 1).then(|| Path {
            size: self.batch.size,
            index,
            nodes: tree.path(index),
            scratch: path,
        });
        header::write(signature, protected, counter, path, &self.signed);
        let headers = Headers::new(record.headers).ok_or(Refusal::Record)?;
        block.clear();
        varint::write(block, i64::from(headers.left()) + 1);
        block.extend_from_slice(headers.rest());
        write_header(block, SIGNATURE.as_bytes(), Some(signature));
        write_record(out, record, record.key, record.value, block)
    }

    fn too_large(&self) -> Refusal {
        Refusal::TooLarge
    }

    fn effort(&self) -> Effort {
        if self.signing.sealed {
            Effort::None
        } else {
            Effort::Fast
        }
    }
}
