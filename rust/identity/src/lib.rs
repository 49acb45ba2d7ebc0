//! Who is calling: certificates, passwords and tokens, checked against the identity section of a snapshot.
//!
//! Pure functions over bytes: no socket, no clock, no file. A password check costs milliseconds of
//! processor time on purpose; callers run it where it may block.
#![forbid(unsafe_code)]

mod attributes;
pub mod bearer;
pub mod certificate;
mod directory;
mod error;
pub mod plain;
pub mod scram;
mod section;
pub mod token;
pub mod verifier;

pub use attributes::Attributes;
pub use certificate::Names;
pub use directory::{Directory, Identity};
pub use error::{IdentityError, Refusal};
pub use plain::Plain;
pub use section::{Credential, IdentitySection, Principal, PrincipalKind};
pub use verifier::Verifier;
