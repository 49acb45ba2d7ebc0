//! Looking at the records of a stream without changing them.

use streamward_wire::kafka::batch::{self, Batch, Compression, crc_matches};

use crate::error::{Fault, Refusal};
use crate::limits::Limits;
use crate::record::{Record, Walk};
use crate::scratch::Scratch;

/// Shows each record of `records`, the content of one partition of a Produce request, with its index in
/// its batch. A control batch is refused, as brokers refuse it from clients.
///
/// # Errors
/// The first batch or record that can't be read, or what the visitor answers.
pub fn visit_records<E: From<Fault>>(
    records: &[u8],
    limits: &Limits,
    scratch: &mut Scratch,
    visit: &mut impl FnMut(u32, &Record<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut batches = batch::batches(records);
    for batch in batches.by_ref() {
        let batch = batch.map_err(|_| Fault::of_batch(0, Refusal::Batch))?;
        // SECURITY: brokers alone write these; as one, a record would be held to nothing.
        if batch.is_control() {
            return Err(Fault::of_batch(batch.base_offset, Refusal::Control).into());
        }
        visit_batch(&batch, limits, scratch, visit)?;
    }
    if batches.rest() > 0 {
        return Err(Fault::of_batch(0, Refusal::Batch).into());
    }
    Ok(())
}

/// Shows each record of a batch with its index in it.
pub(crate) fn visit_batch<E: From<Fault>>(
    batch: &Batch<'_>,
    limits: &Limits,
    scratch: &mut Scratch,
    visit: &mut impl FnMut(u32, &Record<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let of_batch = |refusal| Fault::of_batch(batch.base_offset, refusal);
    // SECURITY: a broker refuses a wrong checksum; what is looked at must be what it takes.
    if !crc_matches(batch) {
        return Err(of_batch(Refusal::Checksum).into());
    }
    if batch.records > limits.records_max {
        return Err(of_batch(Refusal::Count).into());
    }
    let codec = batch.compression();
    let payload = if codec == Compression::None {
        batch.payload
    } else {
        let inflated = &mut scratch.inflated;
        scratch
            .codecs
            .inflate(codec, batch.payload, limits, inflated)
            .map_err(of_batch)?;
        inflated.as_slice()
    };
    let mut walk = Walk::new(payload, limits.headers_max);
    for index in 0..batch.records {
        let fault = |refusal| Fault {
            offset: batch.base_offset,
            index,
            refusal,
        };
        if walk.rest().is_empty() {
            return Err(fault(Refusal::Count).into());
        }
        let record = walk.next_record().map_err(fault)?;
        visit(index, &record)?;
    }
    if !walk.rest().is_empty() {
        return Err(of_batch(Refusal::Count).into());
    }
    Ok(())
}
