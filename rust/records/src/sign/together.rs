//! Verifying records that were signed as a whole: the first of them holds the signature of all.

use streamward_wire::kafka::batch::Batch;

use super::context::{Run, sequence};
use super::header::Signature;
use super::leaf::Content;
use super::verifier::{Verifier, split};
use crate::error::Refusal;
use crate::limits::Limits;
use crate::record::Walk;

impl Verifier<'_> {
    /// The records that are judged next are those of this batch, and lie in `payload`.
    pub fn enter(&mut self, batch: &Batch<'_>, payload: &[u8], limits: &Limits) {
        self.begin(batch);
        self.together = self.judge_together(payload, batch.records, limits);
    }

    /// Judges the records of a batch before the first of them leaves, for none verifies without the others. `None`: each
    /// verifies alone, or can't be read, which is told by whoever walks next.
    fn judge_together(
        &mut self,
        payload: &[u8],
        records: u32,
        limits: &Limits,
    ) -> Option<Result<(), Refusal>> {
        // SECURITY: not on write: producers sign each record, so that programs can verify it.
        if self.verifying.writer.is_some() {
            return None;
        }
        let mut walk = Walk::new(payload, limits.headers_max);
        let first = { walk }.next_record().ok()?;
        let signature = Signature::parse(split(first.headers).ok()?.signature?).ok()?;
        if signature.together? != records {
            return Some(Err(Refusal::Incomplete));
        }
        let batch = self.batch;
        let contents = (0..records).map(|place| {
            let record = walk.next_record()?;
            // Where it was when it was signed; what compaction leaves has gaps.
            if u32::try_from(record.offset_delta) != Ok(place) {
                return Err(Refusal::Incomplete);
            }
            let found = split(record.headers)?;
            if place > 0 && found.signature.is_some() {
                return Err(Refusal::ForgedSignature);
            }
            let content = Content::of(&record, found.others, found.block);
            Ok((batch.timestamp(&record), content))
        });
        let verified = self.verify_together(&signature, contents);
        if verified.is_ok() && !walk.rest().is_empty() {
            return Some(Err(Refusal::Count));
        }
        Some(verified.and_then(|it| self.is_next(it.run, it.first..=it.last, it.origin, 0)))
    }

    /// Verifies records, each with its time, that were signed together.
    pub(super) fn verify_together<'c>(
        &mut self,
        signature: &Signature<'_>,
        contents: impl Iterator<Item = Result<(i64, Content<'c>), Refusal>>,
    ) -> Result<Whole, Refusal> {
        self.select(signature)?;
        let run = self.run().ok_or(Refusal::InvalidSignature)?;
        let (first, mut last, mut count) = (signature.counter, signature.counter, 0);
        self.hasher.begin_together();
        for content in contents {
            let (timestamp, content) = content?;
            last = counter(first, run, count).ok_or(Refusal::InvalidSignature)?;
            let bound = self.verifying.timestamp.then_some(timestamp);
            self.hasher.record(last, bound, &content);
            count += 1;
        }
        if signature.together != Some(count) {
            return Err(Refusal::Incomplete);
        }
        let digest = self.hasher.finish_together();
        let origin = self.signed(signature, digest)?;
        Ok(Whole {
            run,
            first,
            last,
            origin,
        })
    }
}

/// Records that verify together.
pub struct Whole {
    pub run: Run,
    /// The counter of the first record.
    pub first: u64,
    /// And that of the last.
    pub last: u64,
    /// For which of the places they were signed.
    origin: usize,
}

/// The counter of the record at this place, if that of the first is so. `None`: no producer counts so far.
pub fn counter(first: u64, run: Run, place: u32) -> Option<u64> {
    match run {
        Run::Idempotent { .. } => {
            let first = i32::try_from(first).ok()?;
            Some(sequence(first, i32::try_from(place).ok()?))
        }
        Run::Counted(_) => first.checked_add(place.into()),
    }
}
