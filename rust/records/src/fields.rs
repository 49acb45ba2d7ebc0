//! Sealing single fields of values on their way to the broker. Where fields are in a value, the caller knows.

use crate::batch::{Bounds, Edit, produced, rewrite};
use crate::compression::{Codecs, Effort};
use crate::error::{Fault, Refusal};
use crate::limits::Limits;
use crate::record::{Record, write_record};
use crate::scratch::{Parts, Scratch};

/// Seals the fields of values.
pub trait SealFields {
    /// Appends a value with its fields sealed; the record's key is as it will lie on the wire.
    ///
    /// # Errors
    /// The batch is refused.
    fn seal(&mut self, record: &Record<'_>, value: &[u8], out: &mut Vec<u8>)
    -> Result<(), Refusal>;
}

/// Appends `records`, the content of one partition of a Produce request, with fields of each value sealed. A control
/// batch is refused, as brokers refuse it from clients; so is what would take more than `bytes_max`.
///
/// # Errors
/// The first batch or record that can't be read or sealed.
pub fn seal_fields(
    records: &[u8],
    seal: &mut impl SealFields,
    limits: &Limits,
    bytes_max: usize,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) -> Result<(), Fault> {
    let start = out.len();
    for batch in produced(records) {
        let (batch, raw) = batch?;
        let bounds = Bounds {
            edited: limits.inflated_bytes_max,
            written: bytes_max.saturating_sub(out.len() - start),
        };
        let buffers = scratch.buffers();
        rewrite(&batch, raw, limits, &mut Sealer(seal), bounds, buffers, out)?;
    }
    Ok(())
}

struct Sealer<'s, S>(&'s mut S);

impl<S: SealFields> Edit for Sealer<'_, S> {
    fn edit(
        &mut self,
        record: &Record<'_>,
        _: &mut Codecs,
        parts: &mut Parts,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        parts.plain.clear();
        if let Some(value) = record.value {
            self.0.seal(record, value, &mut parts.plain)?;
        }
        let value = record.value.map(|_| parts.plain.as_slice());
        write_record(out, record, record.key, value, record.headers)
    }

    fn too_large(&self) -> Refusal {
        Refusal::TooLarge
    }

    fn effort(&self) -> Effort {
        Effort::Fast
    }
}
