//! Sealing the records of a stream on their way to the broker.

mod both;
mod part;
mod sealer;

use streamward_wire::kafka::batch::Compression;

use self::both::Both;
use self::part::Part;
pub(crate) use self::part::{marked_headers, write_marked};
use self::sealer::Sealer;

use crate::associated::{Associated, Home, KeyDigest, Place};
use crate::batch::{Bounds, produced, rewrite};
use crate::envelope::Coding;
use crate::error::{Fault, Refusal};
use crate::key::DataKey;
use crate::limits::Limits;
use crate::scratch::Scratch;
use crate::sign::{Signer, Signing, with_signer};

/// What of each record is sealed, and for where.
#[derive(Clone, Copy, Debug)]
pub struct Sealing<'a> {
    /// Where the stream is at home.
    pub home: &'a Home,
    /// The partition, of a stream that asks for it to be bound.
    pub partition: Option<i32>,
    /// Are values sealed?
    pub value: bool,
    /// The values of these headers are sealed.
    pub headers: &'a [Box<[u8]>],
    /// Seals values and headers.
    pub data_key: &'a DataKey,
    /// Seals keys of records, if they are sealed.
    pub deterministic_key: Option<&'a DataKey>,
    /// What already is an envelope is sealed once more and marked by a header, not refused.
    pub marks: bool,
}

/// The header that marks a record which is not as it must be; its value is [`Refusal::code`].
pub const MARK: &str = "streamward.violation";

/// Appends `records`, the content of one partition of a Produce request, with each record sealed; at most
/// `bytes_max` of them. A control batch is refused, as brokers refuse it from clients.
pub fn seal_records(
    records: &[u8],
    sealing: &Sealing<'_>,
    limits: &Limits,
    bytes_max: usize,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) -> Result<(), Fault> {
    seal_and(records, sealing, None, limits, bytes_max, scratch, out)
}

/// The same with each record signed as well, as [`crate::sign_records`] does it, in one walk. `counter` is as there.
#[allow(clippy::too_many_arguments, reason = "those of both")]
pub fn seal_and_sign_records(
    records: &[u8],
    sealing: &Sealing<'_>,
    signing: &Signing<'_>,
    counter: &mut u64,
    limits: &Limits,
    bytes_max: usize,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) -> Result<(), Fault> {
    with_signer(signing, counter, scratch, |signer, scratch| {
        seal_and(
            records,
            sealing,
            Some(signer),
            limits,
            bytes_max,
            scratch,
            out,
        )
    })
}

fn seal_and(
    records: &[u8],
    sealing: &Sealing<'_>,
    mut signer: Option<&mut Signer<'_, '_>>,
    limits: &Limits,
    bytes_max: usize,
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) -> Result<(), Fault> {
    let start = out.len();
    for batch in produced(records) {
        let (batch, raw) = batch?;
        let records_max = sealing.data_key.records_max();
        if sealing.value && u64::from(batch.records) > records_max {
            return Err(Fault::of_batch(batch.base_offset, Refusal::KeyLimit));
        }
        let compresses = batch.compression() != Compression::None;
        let bounds = Bounds {
            // What is sealed here must be taken again where it is opened.
            edited: if compresses {
                limits.inflated_bytes_max
            } else {
                usize::MAX
            },
            written: bytes_max.saturating_sub(out.len() - start),
        };
        let mut sealer = Sealer {
            sealing,
            limits,
            compresses,
            drawn: 0,
            fruitless: 0,
            set: None,
        };
        let buffers = scratch.buffers();
        let rewritten = if let Some(signer) = signer.as_deref_mut() {
            let sealer = &mut sealer;
            let mut both = Both { sealer, signer };
            rewrite(&batch, raw, limits, &mut both, bounds, buffers, out)
        } else {
            rewrite(&batch, raw, limits, &mut sealer, bounds, buffers, out)
        };
        rewritten.map_err(|fault| {
            if fault.refusal == Refusal::SpentKey && sealer.drawn >= records_max {
                // A fresh key would not do either.
                let refusal = Refusal::KeyLimit;
                return Fault { refusal, ..fault };
            }
            fault
        })?;
    }
    Ok(())
}

/// Is this header among those that are sealed?
pub fn is_sealed(headers: &[Box<[u8]>], name: &[u8]) -> bool {
    headers.iter().any(|it| **it == *name)
}

/// One part of a record, for a program that seals by itself: its envelope.
///
/// `record_key` is the record's key as it will lie on the wire; it does not matter for the key itself.
pub fn seal_value(
    home: &Home,
    key: &DataKey,
    place: Place<'_>,
    partition: Option<i32>,
    record_key: Option<&[u8]>,
    content: &[u8],
) -> Result<Vec<u8>, Refusal> {
    let digest = KeyDigest::of(record_key, &mut Vec::new());
    let (mut out, mut protected) = (Vec::new(), Vec::new());
    let part = Part {
        place,
        home,
        partition,
    };
    let buffers = (&mut protected, &mut Associated::default());
    part.seal(key, &digest, Coding::Identity, content, buffers, &mut out)?;
    Ok(out)
}
