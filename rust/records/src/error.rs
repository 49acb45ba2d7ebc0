//! Why a batch or a record is not taken.

use thiserror::Error;

/// One reason for each way in which records can be other than they must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The header of the batch can't be read, or says what can't be.
    #[error("a record batch that can't be read")]
    Batch,
    /// On write: a control batch, which no client may write.
    #[error("a control batch from a client")]
    Control,
    /// The checksum is not that of the bytes.
    #[error("a record batch whose checksum is of other bytes")]
    Checksum,
    /// The compression has a number that Kafka does not define.
    #[error("a record batch of an unknown compression")]
    Codec,
    /// Compressed records that can't be inflated.
    #[error("compressed records that can't be inflated")]
    Inflate,
    /// Inflated, they would be larger than the limit.
    #[error("records that inflate beyond the limit")]
    Bomb,
    /// A record of the batch can't be read.
    #[error("a record that can't be read")]
    Record,
    /// The batch holds more or fewer records than it says.
    #[error("a record batch with another number of records than it says")]
    Count,
    /// Not an envelope.
    #[error("plaintext in a sealed stream")]
    Plaintext,
    /// On write: what is to be sealed is an envelope already.
    #[error("an envelope where plaintext was expected")]
    AlreadySealed,
    /// The envelope ends too early.
    #[error("an envelope that is cut short")]
    Truncated,
    /// Bytes follow the envelope.
    #[error("bytes behind the end of an envelope")]
    Trailing,
    /// Not encoded as RFC 8949, section 4.2 asks for, or not of the form that an envelope has.
    #[error("an envelope that is not encoded as it must be")]
    Malformed,
    /// A label of a header stands twice.
    #[error("an envelope with a label that stands twice")]
    DuplicateLabel,
    /// A header has a label that envelopes don't have.
    #[error("an envelope with an unknown label")]
    UnknownLabel,
    /// A header lacks a label.
    #[error("an envelope that lacks a label")]
    MissingLabel,
    /// A version of the envelope that is not known here.
    #[error("an envelope of an unknown version")]
    Version,
    /// Another algorithm than the place asks for.
    #[error("an envelope of an algorithm that is not taken here")]
    Algorithm,
    /// The key id is not 16 bytes.
    #[error("an envelope whose key id is none")]
    KeyId,
    /// Nobody knows the key.
    #[error("an envelope of an unknown key")]
    UnknownKey,
    /// The key is not of the stream's ring.
    #[error("an envelope of another ring's key")]
    ForeignRing,
    /// The time is over in which the key opens.
    #[error("an envelope of a key that no longer opens")]
    ExpiredKey,
    /// The nonce is not of the right length.
    #[error("an envelope whose nonce is none")]
    Nonce,
    /// Changed, or sealed for another place: stream, tenant, record key, partition.
    #[error("an envelope that was changed or moved here from elsewhere")]
    Moved,
    /// What was compressed before it was sealed can't be inflated.
    #[error("an envelope whose content can't be inflated")]
    Content,
    /// On read: a value of which nothing may be shown, because it can't be masked.
    #[error("a value that can't be masked, for it is not as its schema says")]
    Unmaskable,
    /// A value in which fields are sealed, and which is not as its schema says.
    #[error("a value that is not as its schema says")]
    Schema,
    /// The key may seal no further record.
    #[error("a data key that is used up")]
    SpentKey,
    /// The batch needs more than one key may seal, so no other key would do either.
    #[error("a batch of more records than one data key may seal (`records_max` of its ring)")]
    KeyLimit,
    /// Larger than records may be once they are sealed.
    #[error("records that are too large once they are sealed")]
    TooLarge,
    /// The keys that are needed are not there yet.
    #[error("a key that is not there yet")]
    KeyNotThere,
    /// On write to a signed stream: a record that brokers or libraries would hand on other than it was signed.
    #[error("a record that would reach its readers changed: its signature would not hold")]
    Unstable,
    /// A record of a signed stream has no signature.
    #[error("an unsigned record in a signed stream")]
    Unsigned,
    /// On write: a header that only the gateway writes. On read: it stands twice, or before others.
    #[error("a header for signatures that does not belong there")]
    ForgedSignature,
    /// A signature that is not encoded as it must be.
    #[error("a signature that is not encoded as it must be")]
    MalformedSignature,
    /// The key that signed is none of the stream's.
    #[error("a signature by a key that is none of the stream's")]
    UnknownSigner,
    /// The key is not that of the producer whom the signature names, or who writes.
    #[error("a signature by another producer's key")]
    ForeignSigner,
    /// Changed, or signed for another place: stream, tenant, cluster, partition, time, position.
    #[error("a signature of another record, or of another place")]
    InvalidSignature,
    /// Signed together with others of its batch, which are not there as they were signed.
    #[error("a record of a batch that was signed as a whole, and is no longer whole")]
    Incomplete,
    /// A record whose counter is not above that of a record of its producer before it.
    #[error("a signed record that comes again, or out of its order")]
    Replayed,
}

impl Refusal {
    /// Is it about a signature, and not about an envelope or a batch?
    pub const fn is_of_signatures(self) -> bool {
        matches!(
            self,
            Self::Unsigned
                | Self::ForgedSignature
                | Self::MalformedSignature
                | Self::UnknownSigner
                | Self::ForeignSigner
                | Self::InvalidSignature
                | Self::Incomplete
                | Self::Replayed
        )
    }

    /// A stable word for entries and figures.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Control => "control",
            Self::Checksum => "checksum",
            Self::Codec => "codec",
            Self::Inflate => "inflate",
            Self::Bomb => "bomb",
            Self::Record => "record",
            Self::Count => "count",
            Self::Plaintext => "plaintext",
            Self::AlreadySealed => "already_sealed",
            Self::Truncated => "truncated",
            Self::Trailing => "trailing",
            Self::Malformed => "malformed",
            Self::DuplicateLabel => "duplicate_label",
            Self::UnknownLabel => "unknown_label",
            Self::MissingLabel => "missing_label",
            Self::Version => "version",
            Self::Algorithm => "algorithm",
            Self::KeyId => "key_id",
            Self::UnknownKey => "unknown_key",
            Self::ForeignRing => "foreign_ring",
            Self::ExpiredKey => "expired_key",
            Self::Nonce => "nonce",
            Self::Moved => "moved",
            Self::Content => "content",
            Self::Unmaskable => "unmaskable",
            Self::Schema => "schema",
            Self::SpentKey => "spent_key",
            Self::KeyLimit => "key_limit",
            Self::TooLarge => "too_large",
            Self::KeyNotThere => "key_not_there",
            Self::Unstable => "unstable",
            Self::Unsigned => "unsigned",
            Self::ForgedSignature => "forged_signature",
            Self::MalformedSignature => "malformed_signature",
            Self::UnknownSigner => "unknown_signer",
            Self::ForeignSigner => "foreign_signer",
            Self::InvalidSignature => "invalid_signature",
            Self::Incomplete => "incomplete",
            Self::Replayed => "replayed",
        }
    }
}

/// Where records are not as they must be, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("offset {offset}, record {index} of its batch: {refusal}")]
pub struct Fault {
    /// The offset as it lies in the batch (on write, relative to the batch's own base).
    pub offset: i64,
    /// The place of the record in its batch; 0 where the batch as such is meant.
    pub index: u32,
    /// Why.
    pub refusal: Refusal,
}

impl Fault {
    /// A fault of a batch as such.
    pub const fn of_batch(offset: i64, refusal: Refusal) -> Self {
        Self {
            offset,
            index: 0,
            refusal,
        }
    }
}
