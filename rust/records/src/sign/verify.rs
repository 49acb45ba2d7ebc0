//! Verifying the records of a stream, on their way to a reader and from a producer that signs by itself.

use streamward_wire::kafka::batch::{self, Batch, Compression, crc_matches};

use super::verifier::{LOG_APPEND_TIME, Verifier, Verifying};
use super::write::stays;
use crate::batch::{Bounds, Edit, rewrite};
use crate::compression::{Codecs, Effort};
use crate::error::{Fault, Refusal};
use crate::limits::Limits;
use crate::open::{Budget, Mark};
use crate::record::{Record, Walk, write_record};
use crate::scratch::{Parts, Scratch};
use crate::seal::marked_headers;
use crate::varint;

/// Faults that are told of the records that one call marks.
const MARKED_MAX: usize = 64;

/// What became of records that were verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// They differ from what was read, and stand in the output; else the output is empty.
    pub rewritten: bool,
    /// Batches are left out: the broker cut them, or the budget is spent.
    pub left_out: bool,
    /// How many verified.
    pub count: u64,
    /// The first of those that were marked.
    pub marked: Vec<Fault>,
    /// How many were.
    pub marked_count: u64,
}

/// Verifies `records`, the content of one partition of an answer to Fetch, or of a Produce request where the
/// writer is given. Only what changes is written to `out`. Batches behind which `budget` is spent are left out.
///
/// # Errors
/// The first record that does not verify, unless such are marked.
pub fn verify_records(
    records: &[u8],
    verifying: &Verifying<'_>,
    limits: &Limits,
    budget: &mut Budget,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) -> Result<Verified, Fault> {
    if !verifying.strip {
        let mut own = *budget;
        match check_all(records, verifying, limits, &mut own, scratch) {
            Ok((whole, verified)) if whole == records.len() => {
                *budget = own;
                return Ok(verified);
            }
            Ok((whole, verified)) => {
                *budget = own;
                // SECURITY: the rest of a batch that a broker cut is not verified, so it does not leave.
                out.extend_from_slice(records.get(..whole).unwrap_or_default());
                return Ok(Verified {
                    rewritten: true,
                    left_out: true,
                    ..verified
                });
            }
            Err(fault) if verifying.mark == Mark::Refuse => return Err(fault),
            Err(_) => {}
        }
    }
    let mut rewriter = Rewriter::new(verifying);
    let whole = each_batch(records, verifying, budget, |batch, raw| {
        if batch.is_control() || batch.records == 0 && batch.payload.is_empty() {
            out.extend_from_slice(raw);
            return Ok((raw.len(), 0));
        }
        let bounds = Bounds {
            edited: limits.inflated_bytes_max.max(batch.payload.len()),
            written: usize::MAX,
        };
        let buffers = scratch.buffers();
        let start = out.len();
        let inflated = rewrite(batch, raw, limits, &mut rewriter, bounds, buffers, out)?;
        Ok((out.len() - start, inflated))
    })?;
    rewriter.verified.left_out = whole < records.len();
    Ok(rewriter.verified)
}

/// Shows each whole batch, as long as the budget is not spent; says where the last of them ends. What is shown says how
/// much of the budget it took: bytes that leave, and bytes of records before they were compressed.
fn each_batch(
    records: &[u8],
    verifying: &Verifying<'_>,
    budget: &mut Budget,
    mut show: impl FnMut(&Batch<'_>, &[u8]) -> Result<(usize, usize), Fault>,
) -> Result<usize, Fault> {
    let mut at = 0;
    for batch in batch::batches(records) {
        let batch = batch.map_err(|_| Fault::of_batch(-1, Refusal::Batch))?;
        if !batch.complete || budget.is_spent() {
            break;
        }
        if verifying.writer.is_some() && batch.is_control() {
            // SECURITY: brokers alone write these; as one, records would pass unsigned.
            return Err(Fault::of_batch(batch.base_offset, Refusal::Control));
        }
        let raw = records.get(at..at + batch.bytes).unwrap_or_default();
        let (written, inflated) = show(&batch, raw)?;
        budget.spend(written, inflated);
        at += batch.bytes;
    }
    if verifying.writer.is_some() && at < records.len() {
        return Err(Fault::of_batch(0, Refusal::Batch));
    }
    Ok(at)
}

fn check_all(
    records: &[u8],
    verifying: &Verifying<'_>,
    limits: &Limits,
    budget: &mut Budget,
    scratch: &mut Scratch,
) -> Result<(usize, Verified), Fault> {
    let mut verifier = Verifier::new(verifying);
    let mut found = Verified::default();
    let whole = each_batch(records, verifying, budget, |batch, _| {
        let of_batch = |refusal| Fault::of_batch(batch.base_offset, refusal);
        if batch.is_control() || batch.records == 0 && batch.payload.is_empty() {
            return Ok((0, 0));
        }
        if !crc_matches(batch) {
            return Err(of_batch(Refusal::Checksum));
        }
        if batch.records > limits.records_max {
            return Err(of_batch(Refusal::Count));
        }
        let codec = batch.compression();
        let payload = if codec == Compression::None {
            batch.payload
        } else {
            let inflated = &mut scratch.inflated;
            let codecs = &mut scratch.codecs;
            codecs
                .inflate(codec, batch.payload, limits, inflated)
                .map_err(of_batch)?;
            inflated.as_slice()
        };
        let writes = verifying.writer.is_some();
        if writes && batch.attributes & LOG_APPEND_TIME != 0 {
            // SECURITY: the broker says whose time it is, and gives the records another one.
            return Err(of_batch(Refusal::Unstable));
        }
        verifier.enter(batch, payload, limits);
        if verifier.is_verified() {
            found.count += u64::from(batch.records);
            return Ok((0, payload.len()));
        }
        let mut walk = Walk::new(payload, limits.headers_max);
        for index in 0..batch.records {
            let fault = |delta: i32, refusal| Fault {
                offset: batch.base_offset.saturating_add(delta.into()),
                index,
                refusal,
            };
            if walk.rest().is_empty() {
                return Err(fault(0, Refusal::Count));
            }
            let record = walk.next_record().map_err(|refusal| fault(0, refusal))?;
            if writes {
                stays(&record, index as usize).map_err(|refusal| fault(0, refusal))?;
            }
            let judged = verifier.judge(&record);
            judged.map_err(|refusal| fault(record.offset_delta, refusal))?;
            found.count += 1;
        }
        if walk.rest().is_empty() {
            Ok((0, payload.len()))
        } else {
            Err(of_batch(Refusal::Count))
        }
    })?;
    Ok((whole, found))
}

/// Marks what does not verify, and takes signatures off where they are not to leave.
pub(crate) struct Rewriter<'a> {
    verifier: Verifier<'a>,
    pub(crate) verified: Verified,
    /// How many had verified and how many were marked before the present batch.
    before: (u64, u64),
}

impl<'a> Rewriter<'a> {
    pub(crate) fn new(verifying: &'a Verifying<'a>) -> Self {
        Self {
            verifier: Verifier::new(verifying),
            verified: Verified {
                rewritten: true,
                ..Verified::default()
            },
            before: (0, 0),
        }
    }

    /// The next batch may have to be left out.
    pub(crate) fn remember(&mut self) {
        self.before = (self.verified.count, self.verified.marked_count);
    }

    /// Puts the headers with which a record leaves into `block`.
    pub(crate) fn headers(
        &mut self,
        record: &Record<'_>,
        block: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        block.clear();
        let verifying = self.verifier.verifying;
        match self.verifier.judge(record) {
            Ok(found) => {
                self.verified.count += 1;
                if verifying.strip {
                    varint::write(block, found.others.into());
                    block.extend_from_slice(found.block);
                } else {
                    block.extend_from_slice(record.headers);
                }
                Ok(())
            }
            Err(refusal) if verifying.mark == Mark::Header => {
                self.verified.marked_count += 1;
                if self.verified.marked.len() < MARKED_MAX {
                    let first = self.verifier.batch.base_offset;
                    self.verified.marked.push(Fault {
                        offset: first.saturating_add(record.offset_delta.into()),
                        index: 0,
                        refusal,
                    });
                }
                marked_headers(record, refusal, block)
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// The batch since [`Self::remember`] does not leave.
    pub(crate) fn leave_out(&mut self) {
        self.verified.left_out = true;
        (self.verified.count, self.verified.marked_count) = self.before;
        let told = usize::try_from(self.before.1).unwrap_or(MARKED_MAX);
        self.verified.marked.truncate(told);
    }
}

impl Edit for Rewriter<'_> {
    fn begin(&mut self, batch: &Batch<'_>, payload: &[u8], limits: &Limits) {
        self.verifier.enter(batch, payload, limits);
    }

    fn edit(
        &mut self,
        record: &Record<'_>,
        _codecs: &mut Codecs,
        parts: &mut Parts,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        self.headers(record, &mut parts.headers)?;
        write_record(out, record, record.key, record.value, &parts.headers)
    }

    fn too_large(&self) -> Refusal {
        Refusal::Bomb
    }

    fn effort(&self) -> Effort {
        // What is stripped is opened next, and made smaller then.
        if self.verifier.verifying.strip {
            Effort::None
        } else {
            Effort::Fast
        }
    }
}
