//! From a good token to the principal whose credential names its subject.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Claims, Issuers, Presented, TokenIssuer, TokenKeys, TokenRefusal};
use crate::directory::Identity;
use crate::section::Principal;

/// Who issues tokens, and whose the subjects are.
#[derive(Debug, Default)]
pub struct Tokens {
    issuers: Issuers,
    /// By issuer and subject: the principal and the id of the credential.
    holders: HashMap<(String, String), (Arc<Principal>, String)>,
}

impl Tokens {
    pub(crate) fn build(issuers: &[TokenIssuer], problems: &mut Vec<String>) -> Self {
        Self {
            issuers: Issuers::build(issuers, problems),
            holders: HashMap::new(),
        }
    }

    /// Add the credential of a principal.
    pub(crate) fn add(
        &mut self,
        principal: &Arc<Principal>,
        id: &str,
        issuer: &str,
        subject: &str,
    ) -> Result<(), String> {
        if self.issuers.get(issuer).is_none() {
            return Err(format!(
                "names the token issuer `{issuer}`, which is not declared"
            ));
        }
        if subject.is_empty() {
            return Err("needs a `subject`".to_owned());
        }
        let holder = (Arc::clone(principal), id.to_owned());
        let subject = (issuer.to_owned(), subject.to_owned());
        match self.holders.insert(subject, holder) {
            None => Ok(()),
            Some((_, other)) => Err(format!("has the subject of credential `{other}`")),
        }
    }

    /// The issuers that are declared.
    pub fn issuers(&self) -> &Issuers {
        &self.issuers
    }

    /// Whose this signed token claims to be, of those who are declared. Nothing is proved.
    pub fn claimed(&self, token: &str) -> Option<&str> {
        let subject = self.issuers.claimed_subject(token)?;
        let (principal, _) = self.holders.get(&subject)?;
        Some(&principal.id)
    }

    /// Who shows this signed token; `authorization_id` is empty, or the principal itself.
    ///
    /// # Errors
    /// Why it is not taken. [`TokenRefusal::question`] says what would have to be known first.
    pub fn by_token(
        &self,
        presented: &Presented<'_>,
        authorization_id: &str,
        keys: &TokenKeys,
    ) -> Result<Identity, TokenRefusal> {
        let (issuer, claims) = self.issuers.check(presented, keys)?;
        self.holder(issuer, claims, authorization_id)
    }

    /// Who shows this token, of which the issuer said this.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn by_introspection(
        &self,
        issuer: &str,
        answer: &[u8],
        presented: &Presented<'_>,
        authorization_id: &str,
    ) -> Result<Identity, TokenRefusal> {
        let (issuer, claims) = self.issuers.introspected(issuer, answer, presented)?;
        self.holder(issuer, claims, authorization_id)
    }

    fn holder(
        &self,
        issuer: &TokenIssuer,
        claims: Claims,
        authorization_id: &str,
    ) -> Result<Identity, TokenRefusal> {
        let subject = (issuer.name.clone(), claims.subject);
        let Some((principal, credential)) = self.holders.get(&subject) else {
            let (issuer, subject) = subject;
            return Err(TokenRefusal::Unmapped { issuer, subject });
        };
        let id = || principal.id.clone();
        if !authorization_id.is_empty() && authorization_id != principal.id {
            return Err(TokenRefusal::OtherIdentity { principal: id() });
        }
        let tenant = &claims.attributes.tenant;
        if tenant.is_some() && *tenant != principal.tenant {
            return Err(TokenRefusal::OtherTenant { principal: id() });
        }
        Ok(Identity {
            principal: Arc::clone(principal),
            credential: credential.clone(),
            other_credentials: Vec::new(),
            expires_milliseconds: Some(claims.expires_milliseconds),
            attributes: claims.attributes,
        })
    }
}
