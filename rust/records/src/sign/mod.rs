//! Signatures of records: a header of each holds a `COSE_Sign1` by which the record is verified alone
//! (`docs/reference/signature.md`).
//!
//! A batch gets one signature for each tree of its records, and each record the path from itself to the root of its
//! tree, so that compaction may take its neighbours away; or, where that does not happen, the first of a batch alone
//! holds a signature, and all of them verify together.

mod context;
mod form;
mod header;
mod key;
mod known;
mod leaf;
mod one;
mod together;
mod tree;
mod verifier;
mod verify;
mod write;

pub use self::context::{Origin, Run, signature_aad};
pub use self::header::Signature;
pub use self::key::{
    ALGORITHM_EDDSA, ALGORITHM_ES256, SIGNATURE_BYTES, SIGNER_BYTES, SignerId, SigningKey,
    VerifyingKey,
};
pub use self::leaf::{Content, leaf};
pub use self::one::{sign_record, signed_together, verify_record, verify_together};
pub use self::tree::{Hash, TREE_LEAVES_MAX, root_of};
pub use self::verifier::{FORGED_MAX, Judged, Verifying};
pub use self::verify::{Verified, verify_records};
pub use self::write::{Each, Signing, sign_records};

pub(crate) use self::verify::Rewriter;
pub(crate) use self::write::{Signer, Work, with_signer};

/// The header of a record that holds its signature, always the last one.
pub const SIGNATURE: &str = "streamward.signature";
