//! Inside a batch of records: walk, inflate and deflate within bounds, seal and open, sign and verify, mask.
//!
//! Sans-io: bytes and keys go in, bytes come out. What a record says of its key only selects among the keys
//! that are handed in. The layout of an envelope is in `docs/reference/envelope.md`.
#![forbid(unsafe_code)]

mod associated;
mod batch;
mod cbor;
mod check;
pub mod compression;
mod copy;
mod envelope;
mod error;
mod fetched;
mod fields;
mod key;
mod limits;
mod mask;
mod open;
mod record;
mod scratch;
mod seal;
mod sign;
mod varint;
mod visit;

pub use associated::{Home, Place, external_aad, field_path};

pub use check::{Checking, KnownKey, KnownKeys, check_records};
pub use copy::{Telling, Told, copy_records};
pub use envelope::{
    ALGORITHM_A256GCM, ALGORITHM_A256GCM_SIV, Coding, Envelope, KID_BYTES, Kid, VERSION,
};
pub use error::{Fault, Refusal};
pub use fetched::{mark_fetched, visit_fetched};
pub use fields::{SealFields, seal_fields};
pub use key::{DataKey, KEY_BYTES};
pub use limits::Limits;
pub use mask::{Masks, mask_records};
pub use open::{
    Budget, FoundKey, Keys, MISSING_MAX, Mark, Opened, Opening, Unopened, Unread, open_records,
    open_value, open_verified_records,
};
pub use record::{Header, Headers, Record, Walk, write_header};
pub use scratch::Scratch;
pub use seal::{MARK, Sealing, seal_and_sign_records, seal_records, seal_value};
pub use sign::{
    ALGORITHM_EDDSA, ALGORITHM_ES256, Content, Each, FORGED_MAX, Hash, Judged, Origin, Run,
    SIGNATURE, SIGNATURE_BYTES, SIGNER_BYTES, Signature, SignerId, Signing, SigningKey,
    TREE_LEAVES_MAX, Verified, Verifying, VerifyingKey, leaf, root_of, sign_record, sign_records,
    signature_aad, signed_together, verify_record, verify_records, verify_together,
};
pub use visit::visit_records;
