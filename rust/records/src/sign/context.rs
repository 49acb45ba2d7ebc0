//! What a signature is bound to beside the record, and who signed.

use std::sync::Arc;

use streamward_wire::kafka::batch::Batch;

use crate::cbor::{ARRAY, NULL, write_bytes, write_head, write_int, write_text};

/// The version of the signature that is written, and the only one that is read.
pub const VERSION: i64 = 1;
/// The first item of the associated data.
const CONTEXT: &str = "streamward.signature";
/// What RFC 9052 calls the structure of a `COSE_Sign1`.
const STRUCTURE: &str = "Signature1";
const ITEMS: u64 = 6;
/// Sequences of idempotent producers begin anew behind this.
const SEQUENCE_MAX: i64 = i32::MAX as i64;

/// Where a stream is at home: what is signed for it is verified nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The tenant that the stream belongs to, if to one.
    pub tenant: Option<Arc<str>>,
    /// The cluster, by its name in the bundle.
    pub cluster: Arc<str>,
    /// The stream, by the name that the cluster knows.
    pub stream: Arc<str>,
}

/// The `external_aad` (RFC 9052, section 4.4) of a signature.
pub fn signature_aad(origin: &Origin, partition: Option<i32>) -> Vec<u8> {
    let mut external = Vec::with_capacity(96);
    write_head(&mut external, ARRAY, ITEMS);
    write_text(&mut external, CONTEXT);
    write_int(&mut external, VERSION);
    match &origin.tenant {
        Some(tenant) => write_text(&mut external, tenant),
        None => external.push(NULL),
    }
    write_text(&mut external, &origin.cluster);
    write_text(&mut external, &origin.stream);
    match partition {
        Some(partition) => write_int(&mut external, partition.into()),
        None => external.push(NULL),
    }
    external
}

/// The bytes that are signed (`Sig_structure` of RFC 9052, section 4.4).
pub fn structure(out: &mut Vec<u8>, protected: &[u8], external: &[u8], payload: &[u8]) {
    out.clear();
    write_head(out, ARRAY, 4);
    write_text(out, STRUCTURE);
    write_bytes(out, protected);
    write_bytes(out, external);
    write_bytes(out, payload);
}

/// Between which records of a producer counters are comparable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Run {
    /// Of an idempotent producer: its id and epoch. Counters are Kafka's sequence numbers.
    Idempotent {
        /// The producer's id.
        producer_id: i64,
        /// Its epoch.
        producer_epoch: i16,
    },
    /// Of a connection or a program that counts by itself: any 16 bytes that nobody else has.
    Counted([u8; COUNTED_BYTES]),
}

/// Bytes of the name of a run that counts by itself.
pub const COUNTED_BYTES: usize = 16;
const IDEMPOTENT_BYTES: usize = 10;

impl Run {
    /// The run of a batch, if its producer is idempotent.
    pub fn of(batch: &Batch<'_>) -> Option<Self> {
        (batch.producer_id >= 0 && batch.base_sequence >= 0).then_some(Self::Idempotent {
            producer_id: batch.producer_id,
            producer_epoch: batch.producer_epoch,
        })
    }

    /// A run that nobody else has. `None`: the system has no random numbers.
    pub fn random() -> Option<Self> {
        let mut name = [0; COUNTED_BYTES];
        aws_lc_rs::rand::fill(&mut name).ok()?;
        Some(Self::Counted(name))
    }

    /// Its name: 10 bytes of an idempotent producer, else 16.
    pub fn to_bytes(self) -> Vec<u8> {
        match self {
            Self::Idempotent {
                producer_id,
                producer_epoch,
            } => [
                &producer_id.to_be_bytes()[..],
                &producer_epoch.to_be_bytes(),
            ]
            .concat(),
            Self::Counted(name) => name.to_vec(),
        }
    }

    pub(super) fn write(self, out: &mut Vec<u8>) {
        write_bytes(out, &self.to_bytes());
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        if let Ok(name) = bytes.try_into() {
            return Some(Self::Counted(name));
        }
        let bytes: [u8; IDEMPOTENT_BYTES] = bytes.try_into().ok()?;
        let (id, epoch) = bytes.split_at_checked(8)?;
        Some(Self::Idempotent {
            producer_id: i64::from_be_bytes(id.try_into().ok()?),
            producer_epoch: i16::from_be_bytes(epoch.try_into().ok()?),
        })
    }
}

/// The sequence number of a record of an idempotent producer, so many offsets behind the first of its batch.
pub fn sequence(batch_first: i32, delta: i32) -> u64 {
    let wrapped = (i64::from(batch_first) + i64::from(delta)) % (SEQUENCE_MAX + 1);
    wrapped.unsigned_abs()
}
