//! Verifying one record after the other.

use std::ops::RangeInclusive;

use streamward_wire::kafka::batch::Batch;

use super::SIGNATURE;
use super::context::{Origin, Run, sequence, signature_aad, structure};
use super::header::{Payload, Protected, Signature};
use super::key::{SIGNATURE_BYTES, VerifyingKey};
use super::known::Known;
use super::leaf::{Content, Hasher};
use super::tree::Hash;
use crate::error::Refusal;
use crate::open::Mark;
use crate::record::{Headers, Record};

/// Signatures of one call that may turn out false before all further ones count as such: each costs as much as a
/// good one.
pub const FORGED_MAX: u32 = 64;
/// Runs whose counters are compared at one time.
const RUNS_MAX: usize = 256;
/// The bit of a batch that says that its records have the time at which the broker took them.
pub const LOG_APPEND_TIME: i16 = 0x08;

/// Whose signatures count, and for where.
#[derive(Clone, Copy, Debug)]
pub struct Verifying<'a> {
    /// Where the stream is at home, and then the streams whose records may lie here too.
    pub origins: &'a [Origin],
    /// The partition, where it is bound.
    pub partition: Option<i32>,
    /// Are timestamps bound?
    pub timestamp: bool,
    /// The keys that signatures select among.
    pub keys: &'a [VerifyingKey],
    /// On write: who writes, and must have signed.
    pub writer: Option<&'a str>,
    /// Are batches the producers' own? In a mirror they are those of whoever copied the records, so that ids, epochs and
    /// sequences of the producers stand in the signatures alone.
    pub own_batches: bool,
    /// What happens to records that don't verify.
    pub mark: Mark,
    /// Are signatures taken off? They no longer fit records that are opened.
    pub strip: bool,
}

/// Who signed a record, and its place among the producer's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// On whose behalf it was signed.
    pub producer: Box<str>,
    /// Between which records its counter is comparable.
    pub run: Run,
    /// Its counter.
    pub counter: u64,
}

/// What of a batch a signature may speak of.
#[derive(Clone, Copy, Debug, Default)]
pub struct InBatch {
    pub base_offset: i64,
    base_timestamp: i64,
    /// The time of all records, where the broker set it.
    appended: Option<i64>,
    run: Option<Run>,
    base_sequence: i32,
}

impl InBatch {
    fn of(batch: &Batch<'_>) -> Self {
        let appended = batch.attributes & LOG_APPEND_TIME != 0;
        Self {
            base_offset: batch.base_offset,
            base_timestamp: batch.base_timestamp,
            appended: appended.then_some(batch.max_timestamp),
            run: Run::of(batch),
            base_sequence: batch.base_sequence,
        }
    }

    /// The time that a client sees.
    pub(super) fn timestamp(&self, record: &Record<'_>) -> i64 {
        let created = self.base_timestamp.saturating_add(record.timestamp_delta);
        self.appended.unwrap_or(created)
    }
}

/// The headers of a record.
pub struct Found<'r> {
    /// Its signature, if it holds one.
    pub signature: Option<&'r [u8]>,
    /// How many others there are.
    pub others: u32,
    /// And these.
    pub block: &'r [u8],
}

/// The signature that verified last: mostly that of the next record, too.
struct Last {
    protected: Vec<u8>,
    payload: Payload,
    key: usize,
    producer: Box<str>,
    run: Run,
    /// Among the runs that were seen, once its signature has verified.
    seen: Option<usize>,
    verified: Option<(Hash, [u8; SIGNATURE_BYTES], usize)>,
}

struct Seen {
    producer: Box<str>,
    run: Run,
    highest: Option<u64>,
}

/// Verifies one record after the other.
pub struct Verifier<'a> {
    pub verifying: &'a Verifying<'a>,
    external: Vec<Vec<u8>>,
    message: Vec<u8>,
    pub(super) hasher: Hasher,
    known: Known,
    /// How the records of the batch were judged, if they were signed together.
    pub(super) together: Option<Result<(), Refusal>>,
    pub batch: InBatch,
    /// Are records where Kafka put them? Else nothing is known of batches and of what was before.
    in_stream: bool,
    last: Option<Last>,
    seen: Vec<Seen>,
    forged: u32,
}

impl<'a> Verifier<'a> {
    pub fn new(verifying: &'a Verifying<'a>) -> Self {
        let external = verifying.origins.iter();
        let external = external.map(|it| signature_aad(it, verifying.partition));
        Self {
            verifying,
            external: external.collect(),
            message: Vec::new(),
            hasher: Hasher::default(),
            known: Known::default(),
            together: None,
            batch: InBatch::default(),
            in_stream: false,
            last: None,
            seen: Vec::new(),
            forged: 0,
        }
    }

    /// The records that are judged next are those of this batch, in which each verifies alone, or all were judged so.
    pub(super) fn begin(&mut self, batch: &Batch<'_>) {
        self.batch = InBatch::of(batch);
        self.in_stream = true;
        self.together = None;
    }

    /// Who signed last.
    pub fn producer(&self) -> &str {
        self.last.as_ref().map_or("", |it| &it.producer)
    }

    /// Has the whole of the batch that was entered verified already?
    pub fn is_verified(&self) -> bool {
        self.together == Some(Ok(()))
    }

    /// Verifies a record of the batch that was entered.
    pub fn judge<'r>(&mut self, record: &Record<'r>) -> Result<Found<'r>, Refusal> {
        let found = split(record.headers)?;
        match self.together {
            Some(judged) => judged?,
            None => self.judge_alone(record, &found)?,
        }
        Ok(found)
    }

    /// Verifies a record by the signature that it holds.
    fn judge_alone(&mut self, record: &Record<'_>, found: &Found<'_>) -> Result<(), Refusal> {
        let signature = Signature::parse(found.signature.ok_or(Refusal::Unsigned)?)?;
        let timestamp = self.batch.timestamp(record);
        let content = Content::of(record, found.others, found.block);
        self.verify(&signature, timestamp, &content, record.offset_delta)?;
        Ok(())
    }

    pub fn verify(
        &mut self,
        signature: &Signature<'_>,
        timestamp: i64,
        content: &Content<'_>,
        offset_delta: i32,
    ) -> Result<Run, Refusal> {
        self.select(signature)?;
        let bound = self.verifying.timestamp.then_some(timestamp);
        let leaf = self.hasher.leaf(signature.counter, bound, content);
        let root = signature.root(leaf, &mut self.known)?;
        let origin = self.signed(signature, root)?;
        // SECURITY: ways to a root that nobody signed would push out those that are of use.
        self.known.keep(&root);
        let run = self.run().ok_or(Refusal::InvalidSignature)?;
        if self.in_stream {
            let counters = signature.counter..=signature.counter;
            self.is_next(run, counters, origin, offset_delta)?;
        }
        Ok(run)
    }

    /// The run of the signature that was selected last.
    pub(super) fn run(&self) -> Option<Run> {
        self.last.as_ref().map(|it| it.run)
    }

    /// Are these the next counters of a run, and its batch, if it is the producer's own, the one that they were signed
    /// for? `offset_delta`: of the record that has the first of them.
    pub(super) fn is_next(
        &mut self,
        run: Run,
        counters: RangeInclusive<u64>,
        origin: usize,
        offset_delta: i32,
    ) -> Result<(), Refusal> {
        let (first, last) = counters.into_inner();
        if origin == 0 && self.verifying.own_batches && matches!(run, Run::Idempotent { .. }) {
            let expected = sequence(self.batch.base_sequence, offset_delta);
            if self.batch.run != Some(run) || expected != first {
                return Err(Refusal::Replayed);
            }
        }
        if let Some(seen) = self.seen_run() {
            let again = |highest: u64| {
                // Sequence numbers begin anew behind the largest.
                let anew = highest.saturating_sub(first) > u64::from(u32::MAX >> 2)
                    && matches!(run, Run::Idempotent { .. });
                first <= highest && !anew
            };
            if seen.highest.is_some_and(again) {
                return Err(Refusal::Replayed);
            }
            seen.highest = Some(last);
        }
        Ok(())
    }

    /// Finds the key that the signature names.
    pub(super) fn select(&mut self, signature: &Signature<'_>) -> Result<(), Refusal> {
        let same = |last: &Last| last.protected == signature.protected;
        if let Some(last) = self.last.as_ref().filter(|it| same(it)) {
            return signature.fits(last.payload);
        }
        let header: Protected<'_> = signature.header()?;
        let fits =
            |it: &VerifyingKey| it.id() == header.signer && it.algorithm() == header.algorithm;
        let keys = self.verifying.keys;
        let key = keys.iter().position(fits).ok_or(Refusal::UnknownSigner)?;
        let owner = keys.get(key).and_then(VerifyingKey::principal);
        let writer = self.verifying.writer;
        if owner.is_some_and(|it| it != header.producer)
            || writer.is_some_and(|it| it != header.producer)
        {
            return Err(Refusal::ForeignSigner);
        }
        let mut protected = self.last.take().map(|it| it.protected).unwrap_or_default();
        protected.clear();
        protected.extend_from_slice(signature.protected);
        self.last = Some(Last {
            protected,
            payload: header.payload,
            key,
            producer: header.producer.into(),
            run: header.run,
            seen: None,
            verified: None,
        });
        Ok(())
    }

    /// What was seen of the run whose signature verified last.
    ///
    /// SECURITY: what does not verify is never remembered: it could push out what was.
    fn seen_run(&mut self) -> Option<&mut Seen> {
        let last = self.last.as_mut()?;
        let at = last.seen.unwrap_or_else(|| {
            let known = |it: &Seen| it.run == last.run && it.producer == last.producer;
            self.seen.iter().position(known).unwrap_or_else(|| {
                if self.seen.len() >= RUNS_MAX {
                    self.seen.clear();
                }
                self.seen.push(Seen {
                    producer: last.producer.clone(),
                    run: last.run,
                    highest: None,
                });
                self.seen.len() - 1
            })
        });
        last.seen = Some(at);
        self.seen.get_mut(at)
    }

    /// Says for which of the places the root was signed.
    pub(super) fn signed(
        &mut self,
        signature: &Signature<'_>,
        root: Hash,
    ) -> Result<usize, Refusal> {
        let last = self.last.as_mut().ok_or(Refusal::InvalidSignature)?;
        if let Some((verified, signed, origin)) = &last.verified
            && *verified == root
            && signed == signature.signed
        {
            return Ok(*origin);
        }
        if self.forged >= FORGED_MAX {
            return Err(Refusal::InvalidSignature);
        }
        let key = self.verifying.keys.get(last.key);
        let key = key.ok_or(Refusal::UnknownSigner)?;
        for (origin, external) in self.external.iter().enumerate() {
            structure(&mut self.message, signature.protected, external, &root);
            if key.verifies(&self.message, signature.signed) {
                last.verified = Some((root, *signature.signed, origin));
                return Ok(origin);
            }
        }
        self.forged += 1;
        Err(Refusal::InvalidSignature)
    }
}

pub(super) fn split(headers: &[u8]) -> Result<Found<'_>, Refusal> {
    let mut walk = Headers::new(headers).ok_or(Refusal::Record)?;
    let (count, all) = (walk.left(), walk.rest());
    let mut found = Found {
        signature: None,
        others: count,
        block: all,
    };
    loop {
        let before = walk.rest();
        let Some(header) = walk.next() else { break };
        if header.name != SIGNATURE.as_bytes() {
            continue;
        }
        if walk.left() > 0 || found.signature.is_some() {
            return Err(Refusal::ForgedSignature);
        }
        found = Found {
            signature: Some(header.value.unwrap_or_default()),
            others: count - 1,
            block: all.get(..all.len() - before.len()).unwrap_or_default(),
        };
    }
    Ok(found)
}
