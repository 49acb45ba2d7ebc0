//! The policy section of a snapshot, field by field as `docs/reference/snapshot.md` describes it.

use serde::Deserialize;

/// What may be done, with the names that the rules refer to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicySection {
    /// `sha256:` and the digest over the section; named in every decision.
    pub version: String,
    /// Cedar schema text, in Cedar's own syntax.
    pub schema: String,
    /// The rules, each one Cedar policy.
    pub rules: Vec<Rule>,
    /// Roles and what they include.
    pub roles: Vec<Role>,
    /// Names of the tenants.
    pub tenants: Vec<String>,
    /// Name prefixes that belong together.
    pub namespaces: Vec<Namespace>,
    /// Streams, or prefixes of stream names, with their data classes.
    pub streams: Vec<Stream>,
    /// Data classes with their level.
    pub classes: Vec<Class>,
    /// Networks that rules may name.
    pub networks: Vec<Network>,
}

/// One Cedar policy.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Named in every decision that it determines.
    pub id: String,
    /// File and line where the author wrote it.
    pub source: String,
    /// Text of one Cedar policy; not a template.
    pub cedar: String,
    /// Namespace prefixes for which it can matter; empty: for every request.
    pub slices: Vec<String>,
}

/// A role; its members are also in every role that it includes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Name of the role.
    pub name: String,
    /// Names of the roles that it includes.
    pub includes: Vec<String>,
}

/// A prefix of names, owned by a tenant.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Namespace {
    /// Every name that starts with it belongs to the namespace.
    pub prefix: String,
    /// Owner, if there is one.
    pub tenant: Option<String>,
}

/// A declared stream, or all streams of a prefix; exactly one of `name` and `prefix` is given.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// Whole name.
    pub name: Option<String>,
    /// Beginning of the names.
    pub prefix: Option<String>,
    /// Names of the data classes that it carries.
    pub classes: Vec<String>,
}

/// A data class.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Name of the class.
    pub name: String,
    /// How bad it is if it leaks.
    pub level: Level,
}

/// How bad it is if data leaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Meant for everyone.
    Public = 0,
    /// Meant for the company.
    Internal = 1,
    /// Meant for some.
    Confidential = 2,
    /// Regulated or secret; also what nobody classified.
    Restricted = 3,
}

/// A named set of addresses.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Name, as rules use it.
    pub name: String,
    /// Addresses or ranges such as `10.0.0.0/8` and `2001:db8::/32`.
    pub addresses: Vec<String>,
}

/// What the policy needs to know about a principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrincipalFacts {
    /// Unique over users and services.
    pub id: String,
    /// Person or program.
    pub kind: PrincipalKind,
    /// Tenant it belongs to.
    pub tenant: Option<String>,
    /// Roles that are given to it directly.
    pub roles: Vec<String>,
    /// Whether a second factor is declared; used where a decision request in JSON does not say.
    pub mfa: bool,
    /// Declared state of its device; used where a decision request in JSON does not say.
    pub device_posture: Option<String>,
}

/// Person or program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PrincipalKind {
    /// A person.
    User,
    /// A program.
    Service,
}

impl PrincipalKind {
    /// Name of the Cedar entity type, without its namespace.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Service => "Service",
        }
    }
}
