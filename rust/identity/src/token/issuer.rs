//! Who issues tokens, as the identity section of a snapshot declares it, and the keys that are known of
//! each issuer.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Deserialize;

use super::{Algorithm, KeySet};

/// A server that issues tokens (`docs/reference/snapshot.md`, `identity.issuers`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenIssuer {
    /// The document's name; credentials refer to it.
    pub name: String,
    /// What `iss` must be, letter by letter.
    pub issuer: String,
    /// One of them must stand in `aud`.
    pub audiences: Vec<String>,
    /// Signatures that are taken.
    pub algorithms: Vec<Algorithm>,
    /// Where keys come from; keys that were had from elsewhere are not used.
    pub source: Source,
    /// How far clocks may differ.
    pub clock_skew_milliseconds: i64,
    /// Tokens that are made for longer are refused.
    pub lifetime_milliseconds_max: i64,
    /// Only tokens that name the client's certificate (RFC 8705).
    pub require_bound: bool,
    /// Which claims say what.
    pub claims: ClaimNames,
}

/// How tokens of an issuer are checked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Source {
    /// By the keys that `OpenID` Connect Discovery leads to.
    Discovery,
    /// By the keys at this address.
    Jwks {
        /// Where the key set is.
        url: String,
    },
    /// By asking the issuer about each (RFC 7662).
    Introspection {
        /// Where it is asked.
        url: String,
    },
}

/// Which claims say what of the caller. A name that begins with `/` is a JSON pointer (RFC 6901).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimNames {
    /// Names the subject that credentials of type `token` name.
    pub subject: String,
    /// Names the caller's groups.
    pub roles: Option<String>,
    /// Role by group; no other group counts.
    pub role_of: BTreeMap<String, String>,
    /// Names the caller's tenant, which must be that of its principal.
    pub tenant: Option<String>,
    /// Names the state of the caller's device.
    pub device_posture: Option<String>,
    /// Names whether the caller's device is in use, lost, retired…
    pub device_status: Option<String>,
    /// What in `amr` (RFC 8176) or `acr` stands for a second factor.
    pub mfa: Option<MfaValues>,
}

/// Values that stand for a second factor; any one of them will do.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MfaValues {
    /// Methods in `amr`.
    pub amr: Vec<String>,
    /// Classes in `acr`.
    pub acr: Vec<String>,
}

/// The keys of one issuer, as they were supplied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerKeys {
    /// The issuer whose keys they are, as `iss` has it.
    pub issuer: String,
    /// Where they come from.
    pub source: Source,
    /// The keys.
    pub keys: KeySet,
    /// From then on (ms since 1970) they are too old to be trusted.
    pub stale_milliseconds: i64,
}

/// The keys of every issuer whose keys are known, by the issuers' names. Never changed: a change is a
/// new one.
#[derive(Debug, Clone, Default)]
pub struct TokenKeys(HashMap<String, Arc<IssuerKeys>>);

impl TokenKeys {
    /// The same with the keys of one issuer replaced; `None` takes them away.
    #[must_use]
    pub fn with(&self, name: &str, keys: Option<IssuerKeys>) -> Self {
        let mut all = self.0.clone();
        match keys {
            Some(keys) => drop(all.insert(name.to_owned(), Arc::new(keys))),
            None => drop(all.remove(name)),
        }
        Self(all)
    }

    /// Keys that were supplied for this issuer as it is declared now.
    pub(super) fn of(&self, issuer: &TokenIssuer) -> Option<&IssuerKeys> {
        let keys = self.0.get(&issuer.name)?;
        (keys.issuer == issuer.issuer && keys.source == issuer.source).then_some(&**keys)
    }
}
