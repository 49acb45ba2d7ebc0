//! The identity section of a snapshot, field by field as `docs/reference/snapshot.md` describes it.

use serde::Deserialize;

use crate::token::TokenIssuer;

/// Everyone who may call.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentitySection {
    /// Users and services.
    pub principals: Vec<Principal>,
    /// Who issues tokens.
    #[serde(default)]
    pub issuers: Vec<TokenIssuer>,
    /// Where passwords are that no document declares; `None`: there are none.
    #[serde(default)]
    pub store: Option<StoreSection>,
    /// Who may vouch for certificates, and for whose.
    #[serde(default)]
    pub authorities: Vec<AuthoritySection>,
}

/// The identity store, of which only this stands in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreSection {
    /// Rounds of the verifiers that it makes.
    pub iterations: u32,
    /// Reference to the key from which the salts of users that do not exist are derived.
    pub decoy_key: String,
}

/// An authority that signs certificates of clients.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthoritySection {
    /// Unique over all authorities; credentials name it as their issuer.
    pub name: String,
    /// Reference to its certificates.
    pub ca: String,
    /// References to its lists of revoked certificates; without any, nothing is asked.
    #[serde(default)]
    pub crls: Vec<String>,
    /// What becomes of a certificate on which no list says anything.
    #[serde(default)]
    pub unknown_revocation: UnknownRevocation,
    /// SPIFFE trust domains for which it may vouch.
    #[serde(default)]
    pub trust_domains: Vec<String>,
    /// How it turns a subject into a name, in Kafka's syntax.
    #[serde(default)]
    pub mapping_rules: Option<String>,
}

/// What becomes of a certificate on which no list of revoked ones says anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnknownRevocation {
    /// It is refused.
    #[default]
    Refuse,
    /// It is taken.
    Accept,
}

/// A user or a service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Principal {
    /// Unique over users and services.
    pub id: String,
    /// Person or program.
    #[serde(rename = "type")]
    pub kind: PrincipalKind,
    /// Tenant it belongs to.
    pub tenant: Option<String>,
    /// Roles that are given to it directly.
    pub roles: Vec<String>,
    /// Whether a second factor is declared.
    pub mfa: bool,
    /// Declared state of its device.
    pub device_posture: Option<String>,
    /// What proves that somebody is this principal.
    pub credentials: Vec<Credential>,
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

/// What proves that somebody is a principal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Credential {
    /// A client certificate, known by exactly one of its names.
    Certificate {
        /// Unique over all credentials; named in events and revocations.
        id: String,
        /// RFC 4514 name of the subject.
        subject: Option<String>,
        /// A DNS name, URI or mail address among the alternative names.
        san: Option<String>,
        /// The name that the issuer's mapping rules make of the subject.
        #[serde(default)]
        mapped_name: Option<String>,
        /// The authority that must have signed it; `None`: the listener's own `client_ca`.
        #[serde(default)]
        issuer: Option<String>,
    },
    /// A password.
    Password {
        /// Unique over all credentials; named in events and revocations.
        id: String,
        /// Reference to the RFC 5803 verifier among the materials.
        verifier: String,
    },
    /// Tokens that an issuer makes for one subject.
    Token {
        /// Unique over all credentials; named in events and revocations.
        id: String,
        /// Name of the token issuer.
        issuer: String,
        /// What the claim of the subject must be, letter by letter.
        subject: String,
    },
    /// A proof that brokers check, on clusters to which clients log in through the gateway.
    Broker {
        /// Unique over all credentials; named in events and revocations.
        id: String,
    },
}

impl Credential {
    /// Id of the credential.
    pub fn id(&self) -> &str {
        match self {
            Self::Certificate { id, .. }
            | Self::Password { id, .. }
            | Self::Token { id, .. }
            | Self::Broker { id } => id,
        }
    }
}
