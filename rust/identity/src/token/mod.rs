//! Tokens of OAuth 2.0 and `OpenID` Connect: signed ones (JWT, RFC 7519, as RFC 8725 and RFC 9068 want
//! them checked), and opaque ones about which the issuer is asked (RFC 7662).
//!
//! Pure: the time, the keys and the answers of issuers come in as values. Nothing in a token is ever
//! followed to anywhere.

mod algorithm;
mod claims;
mod holders;
mod issuer;
mod json;
mod jwk;
mod jws;
pub mod oauthbearer;
mod refusal;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub use self::algorithm::Algorithm;
pub use self::claims::Claims;
pub use self::holders::Tokens;
pub use self::issuer::{ClaimNames, IssuerKeys, MfaValues, Source, TokenIssuer, TokenKeys};
pub use self::jwk::{KEY_SET_BYTES_MAX, KeySet};
pub use self::refusal::{Question, TokenRefusal};

use self::claims::Origin;
use self::jws::Jws;

/// Longest token; a peer that shows one has not proved anything yet.
pub const TOKEN_BYTES_MAX: usize = 16 * 1024;
/// Longest answer about an opaque token.
pub const INTROSPECTION_BYTES_MAX: usize = 64 * 1024;

/// A token, and what is known of whoever shows it.
#[derive(Clone, Copy)]
pub struct Presented<'a> {
    /// The token.
    pub token: &'a str,
    /// SHA-256 of the certificate (DER) that the client proved on its connection.
    pub certificate_thumbprint: Option<&'a [u8; 32]>,
    /// The listener takes bound tokens only.
    pub require_bound: bool,
    /// Now, ms since 1970.
    pub now_milliseconds: i64,
}

/// The issuers of a snapshot.
#[derive(Debug, Default)]
pub struct Issuers(Vec<TokenIssuer>);

impl Issuers {
    /// Of the section; names what does not fit.
    pub(crate) fn build(issuers: &[TokenIssuer], problems: &mut Vec<String>) -> Self {
        for (at, issuer) in issuers.iter().enumerate() {
            let others = &issuers[..at];
            let name = &issuer.name;
            if others
                .iter()
                .any(|it| it.name == *name || it.issuer == issuer.issuer)
            {
                problems.push(format!(
                    "token issuer `{name}` or its URL is declared twice"
                ));
            }
            if issuer.audiences.is_empty() || issuer.algorithms.is_empty() {
                problems.push(format!(
                    "token issuer `{name}` needs audiences and algorithms"
                ));
            }
            if issuer.clock_skew_milliseconds < 0 || issuer.lifetime_milliseconds_max <= 0 {
                problems.push(format!(
                    "token issuer `{name}` has a negative length of time"
                ));
            }
        }
        if issuers.iter().filter(|it| it.introspects()).count() > 1 {
            problems
                .push("two token issuers are asked about tokens; nobody knows whose one is".into());
        }
        Self(issuers.to_vec())
    }

    /// The issuer of this name.
    pub fn get(&self, name: &str) -> Option<&TokenIssuer> {
        self.0.iter().find(|it| it.name == name)
    }

    /// Name of the issuer that a signed token claims, and its subject there. Nothing is proved.
    pub(super) fn claimed_subject(&self, token: &str) -> Option<(String, String)> {
        let short = Some(token).filter(|it| it.len() <= TOKEN_BYTES_MAX)?;
        let token = Jws::split(short)?.read().ok()?;
        let claimed = token.claims.get("iss")?.as_str()?;
        let issuer = self.0.iter().find(|it| it.issuer == claimed)?;
        let subject = claims::attribute(&token.claims, &issuer.claims.subject);
        Some((issuer.name.clone(), subject.ok()??))
    }

    /// What a token says, and the issuer that says it.
    ///
    /// # Errors
    /// Why it is not taken. [`TokenRefusal::question`] says what would have to be known first.
    pub fn check(
        &self,
        presented: &Presented<'_>,
        keys: &TokenKeys,
    ) -> Result<(&TokenIssuer, Claims), TokenRefusal> {
        if presented.token.len() > TOKEN_BYTES_MAX {
            return Err(TokenRefusal::TooLong);
        }
        let Some(jws) = Jws::split(presented.token) else {
            return Err(self.opaque());
        };
        let token = jws.read()?;
        let Some(Value::String(claimed)) = token.claims.get("iss") else {
            return Err(TokenRefusal::Missing("iss"));
        };
        let issuer = self.0.iter().find(|it| it.issuer == *claimed);
        let issuer = issuer.ok_or_else(|| TokenRefusal::unknown_issuer(claimed))?;
        if issuer.introspects() {
            return Err(issuer.asks());
        }
        token.verify(issuer, keys, presented.now_milliseconds)?;
        let claims = claims::check(&token.claims, issuer, presented, Origin::Signed)?;
        Ok((issuer, claims))
    }

    /// What the issuer says of a token about which it was asked (RFC 7662, section 2.2).
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn introspected(
        &self,
        name: &str,
        answer: &[u8],
        presented: &Presented<'_>,
    ) -> Result<(&TokenIssuer, Claims), TokenRefusal> {
        let issuer = self.get(name).filter(|it| it.introspects());
        let issuer = issuer.ok_or(TokenRefusal::NotAToken)?;
        if answer.len() > INTROSPECTION_BYTES_MAX {
            return Err(TokenRefusal::Answer("it is too long"));
        }
        let answer = json::object(answer).map_err(TokenRefusal::Answer)?;
        match answer.get("active") {
            Some(Value::Bool(true)) => {}
            Some(Value::Bool(false)) => return Err(TokenRefusal::Inactive),
            _ => return Err(TokenRefusal::Answer("it doesn't say `active`")),
        }
        let claims = claims::check(&answer, issuer, presented, Origin::Introspected)?;
        Ok((issuer, claims))
    }

    fn opaque(&self) -> TokenRefusal {
        let asked = self.0.iter().find(|it| it.introspects());
        asked.map_or(TokenRefusal::NotAToken, TokenIssuer::asks)
    }
}

impl TokenIssuer {
    fn introspects(&self) -> bool {
        matches!(self.source, Source::Introspection { .. })
    }

    fn asks(&self) -> TokenRefusal {
        TokenRefusal::Unasked {
            issuer: self.name.clone(),
        }
    }
}
