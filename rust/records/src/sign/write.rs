//! Signing the records of a stream on their way to the broker.

use std::ops::Range;

use streamward_wire::kafka::batch::{Batch, Compression};

use super::SIGNATURE;
use super::context::{Origin, Run, sequence, signature_aad, structure};
use super::form::{Form, fill};
use super::header::{Payload, Protected};
use super::key::SigningKey;
use super::leaf::{Content, Hasher};
use super::tree::{Hash, TREE_LEAVES_MAX, Tree};
use crate::batch::{Bounds, Edit, produced, rewrite};
use crate::compression::{Codecs, Effort};
use crate::error::{Fault, Refusal};
use crate::limits::Limits;
use crate::record::{Header, Headers, Record, are_canonical, write_head, write_record};
use crate::scratch::{Parts, Scratch};
use crate::varint;

/// What one signature is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Each {
    /// The records of a batch, each of which verifies alone.
    Batch,
    /// The records of a batch, which verify only together.
    Together,
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

/// Buffers that are kept from one batch to the next. None of them grows with it: a tree is small.
#[derive(Debug, Default)]
pub struct Work {
    /// Of the records of the present tree: their digests.
    leaves: Vec<Hash>,
    /// And where in their signatures what the tree gives has its place: from the path up to the end.
    places: Vec<Range<usize>>,
    tree: Tree,
    protected: Vec<u8>,
    form: Form,
    message: Vec<u8>,
    hasher: Hasher,
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
    with_signer(signing, counter, scratch, |signer, scratch| {
        for batch in produced(records) {
            let (batch, raw) = batch?;
            let bounds = Bounds {
                // What is signed here must be taken again where it is verified.
                edited: if batch.compression() == Compression::None {
                    usize::MAX
                } else {
                    limits.inflated_bytes_max
                },
                written: bytes_max.saturating_sub(out.len() - start),
            };
            let buffers = scratch.buffers();
            rewrite(&batch, raw, limits, signer, bounds, buffers, out)?;
        }
        Ok(())
    })
}

/// Lends what signs one record after the other.
pub(crate) fn with_signer(
    signing: &Signing<'_>,
    counter: &mut u64,
    scratch: &mut Scratch,
    sign: impl FnOnce(&mut Signer<'_, '_>, &mut Scratch) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut work = std::mem::take(&mut scratch.signing);
    let mut signer = Signer {
        signing,
        external: signature_aad(signing.origin, signing.partition),
        work: &mut work,
        batch: InBatch::default(),
        counted: *counter,
    };
    let outcome = sign(&mut signer, scratch);
    *counter = signer.counted;
    scratch.signing = work;
    outcome
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
    records: usize,
    headers_max: u32,
    base_timestamp: i64,
    /// The place of the next record.
    next: usize,
    /// Of an idempotent producer, the sequence number of the first.
    sequence: Option<i32>,
    /// Of any other, its counter.
    counted: u64,
    run: Option<Run>,
    /// Records under the present signature.
    size: usize,
    /// Does its first record hold it for all of them?
    together: bool,
    /// How many of them have been written.
    taken: usize,
}

impl InBatch {
    fn counter(&self, record: usize, delta: i32) -> u64 {
        match self.sequence {
            Some(first) => sequence(first, delta),
            None => self.counted.saturating_add(record as u64),
        }
    }
}

/// Signs one record after the other.
pub(crate) struct Signer<'a, 'w> {
    signing: &'a Signing<'a>,
    external: Vec<u8>,
    work: &'w mut Work,
    batch: InBatch,
    counted: u64,
}

impl Signer<'_, '_> {
    /// The next record is the first of those that one signature is for.
    fn begin_group(&mut self, first: usize) {
        let wanted = match self.signing.each {
            Each::Batch => TREE_LEAVES_MAX,
            Each::Together => usize::MAX,
            Each::Record => 1,
        };
        let size = self.batch.records.saturating_sub(first).min(wanted);
        self.batch.size = size;
        self.batch.together = size > 1 && self.signing.each == Each::Together;
        let key = self.signing.key.public();
        let header = Protected {
            algorithm: key.algorithm(),
            signer: key.id(),
            payload: match (size, self.batch.together) {
                (1, _) => Payload::Record,
                (_, true) => Payload::Batch,
                (_, false) => Payload::Tree,
            },
            producer: self.signing.producer,
            run: self.batch.run.unwrap_or(self.signing.run),
        };
        let work = &mut *self.work;
        header.write(&mut work.protected);
        if self.batch.together {
            let records = u32::try_from(size).unwrap_or(u32::MAX);
            work.form.set_together(&work.protected, records);
            work.hasher.begin_together();
        } else {
            work.form.set(&work.protected, size);
        }
        work.leaves.clear();
        work.places.clear();
    }

    /// Signs them, and puts the signature and the paths where there is room for them.
    fn end_group(&mut self, out: &mut [u8]) -> Result<(), Refusal> {
        let work = &mut *self.work;
        let root = if self.batch.together {
            work.hasher.finish_together()
        } else {
            work.tree.build(&work.leaves)
        };
        structure(&mut work.message, &work.protected, &self.external, &root);
        // Without random numbers nothing can be signed: the producer tries again.
        let signed = self.signing.key.sign(&work.message);
        let signed = signed.ok_or(Refusal::KeyNotThere)?;
        for (index, place) in work.places.drain(..).enumerate() {
            let place = out.get_mut(place).unwrap_or_default();
            if self.batch.together {
                fill(place, std::iter::empty(), &signed);
            } else {
                fill(place, work.tree.path(index), &signed);
            }
        }
        self.batch.taken = 0;
        Ok(())
    }

    /// Appends a record with a signature that has room for what the tree gives.
    fn write(
        &mut self,
        record: &Record<'_>,
        headers: &Headers<'_>,
        counter: u64,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let signature = self.work.form.begin(counter, self.batch.taken);
        let signature_bytes = Some(signature.bytes());
        let count = i64::from(headers.left()) + 1;
        let block = headers.rest();
        let headers_bytes = varint::bytes(count)
            + block.len()
            + header_bytes(SIGNATURE.len())
            + varint::length_bytes(signature_bytes)
            + signature.bytes();
        let value_bytes = record.value.map(<[u8]>::len);
        write_head(out, record, record.key, value_bytes, headers_bytes)?;
        out.extend_from_slice(record.value.unwrap_or_default());
        varint::write(out, count);
        out.extend_from_slice(block);
        varint::write_length(out, Some(SIGNATURE.len()));
        out.extend_from_slice(SIGNATURE.as_bytes());
        varint::write_length(out, signature_bytes);
        let path = signature.write(out);
        self.work.places.push(path..out.len());
        Ok(())
    }
}

/// Bytes of a header's name with its length.
fn header_bytes(name: usize) -> usize {
    varint::length_bytes(Some(name)) + name
}

impl Edit for Signer<'_, '_> {
    fn begin(&mut self, batch: &Batch<'_>, _payload: &[u8], limits: &Limits) {
        let run = Run::of(batch);
        self.batch = InBatch {
            records: usize::try_from(batch.records).unwrap_or(usize::MAX),
            headers_max: limits.headers_max,
            base_timestamp: batch.base_timestamp,
            next: 0,
            sequence: run.map(|_| batch.base_sequence),
            counted: self.counted,
            run,
            size: 0,
            together: false,
            taken: 0,
        };
        if run.is_none() {
            self.counted = self.counted.saturating_add(batch.records.into());
        }
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
        stays(record, place)?;
        let headers = Headers::new(record.headers).ok_or(Refusal::Record)?;
        // One is added; what no reader takes must not get into the stream.
        if headers.left() >= self.batch.headers_max {
            return Err(Refusal::Unstable);
        }
        // SECURITY: signatures in this header are this writer's; one from elsewhere could be taken for it.
        let is_ours = |it: Header<'_>| it.name == SIGNATURE.as_bytes();
        if headers.clone().any(is_ours) {
            return Err(Refusal::ForgedSignature);
        }
        if self.batch.taken == 0 {
            self.begin_group(place);
        }
        let counter = self.batch.counter(place, record.offset_delta);
        if self.batch.together && self.batch.taken > 0 {
            write_record(out, record, record.key, record.value, record.headers)?;
        } else {
            self.write(record, &headers, counter, out)?;
        }
        let content = Content::of(record, headers.left(), headers.rest());
        let timestamp = self.batch.base_timestamp;
        let timestamp = timestamp.saturating_add(record.timestamp_delta);
        let bound = self.signing.timestamp.then_some(timestamp);
        let work = &mut *self.work;
        if self.batch.together {
            work.hasher.record(counter, bound, &content);
        } else {
            let leaf = work.hasher.leaf(counter, bound, &content);
            work.leaves.push(leaf);
        }
        self.batch.taken += 1;
        if self.batch.taken == self.batch.size {
            self.end_group(out)?;
        }
        Ok(())
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
