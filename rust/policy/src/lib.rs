//! Who may do what: the policy section of a snapshot, compiled to Cedar, with memoised decisions.
//!
//! Everything that is not known is denied: a principal, a rule that fails to evaluate, a request
//! that no rule allows. The crate owns no clock and no socket; the time of a request stands in its
//! context.
#![forbid(unsafe_code)]

mod acls;
mod ask;
mod attributes;
mod compile;
mod conditions;
mod depth;
mod document;
mod entities;
mod error;
mod evaluate;
mod form;
mod memo;
mod moment;
mod networks;
mod policy;
mod prefixes;
mod probes;
mod reads;
mod request;
mod rules;
mod scope;
mod section;
mod span;
mod streams;

pub use acls::{ACLS_MAX, Acl};
pub use ask::context_attributes;
pub use depth::{RULE_DEPTH_MAX, depth, on_deep_stack};
pub use document::{DOCUMENT_BYTES_MAX, REQUEST_BYTES_MAX};
pub use error::{PolicyError, RuleProblem};
pub use networks::{ADDRESSES_MAX, NETWORKS_MAX, range as address_range};
pub use policy::Policy;
pub use reads::looks_into_named_entity;
pub use request::{Action, Context, Decision, Mechanism, Request, Resource, ResourceKind};
pub use rules::{RULE_BYTES_MAX, RULES_MAX};
pub use section::{
    Class, Level, Namespace, Network, PolicySection, PrincipalFacts, PrincipalKind, Role, Rule,
    Stream,
};

/// The Cedar schema of this version of Streamward, for the `schema` field of a snapshot.
///
/// Compiling uses the schema of the snapshot, which is covered by its digest, never this constant.
pub const SCHEMA: &str = include_str!("streamward.cedarschema");
