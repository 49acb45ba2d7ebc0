//! Who is calling: certificates, passwords and tokens, checked against the identity section of a snapshot.
//!
//! Pure functions over bytes: no socket, no clock, no file. A password check costs milliseconds of
//! processor time on purpose; callers run it where it may block.
#![forbid(unsafe_code)]

mod attributes;
pub mod bearer;
pub mod certificate;
mod certificates;
mod decoy;
mod directory;
mod error;
pub mod mapping;
mod password;
pub mod plain;
mod prepare;
pub mod revocation;
mod rfc2253;
pub mod scram;
pub mod scram_server;
mod section;
pub mod spiffe;
pub mod token;
pub mod verifier;

pub use attributes::Attributes;
pub use certificate::Names;
pub use certificates::Issuer;
pub use directory::{Directory, Identity};
pub use error::{IdentityError, OutOfForce, Refusal};
pub use mapping::MappingRules;
pub use password::{Password, read_stored};
pub use plain::Plain;
pub use prepare::prepared_user;
pub use scram_server::{Challenge, ClientFirst};
pub use section::{
    AuthoritySection, Credential, IdentitySection, Principal, PrincipalKind, StoreSection,
    UnknownRevocation,
};
pub use spiffe::SpiffeId;
pub use verifier::{Hash, Verifier};
