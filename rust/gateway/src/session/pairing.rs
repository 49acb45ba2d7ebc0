//! A client that shows a certificate and logs in by SASL on the same connection: which of them says who it is
//! (`authentication` of the listener).

use std::borrow::Cow;

use streamward_identity::Identity;
use streamward_policy::Mechanism;

use super::{Close, Session};
use crate::snapshot::{Authentication, Snapshot};

impl Session {
    /// Does a certificate say nothing here of who it is?
    pub(super) fn ignores_certificates(&self) -> bool {
        match self.listener.authentication {
            Authentication::Either => self.listener.bound_tokens,
            Authentication::Sasl => true,
            Authentication::Certificate | Authentication::Both => false,
        }
    }

    /// May a client whose certificate is nobody's still log in by SASL?
    pub(super) fn forgives_certificates(&self) -> bool {
        self.listener.authentication == Authentication::Either
            && !self.listener.mechanisms.is_empty()
    }

    /// A certificate has been found to be somebody's: that is all, or the half of it.
    pub(super) fn certified(&mut self, identity: Identity, now: i64) -> Result<(), Close> {
        if self.listener.authentication == Authentication::Both {
            self.certified = Some(identity);
            return Ok(());
        }
        self.accept(&identity, Mechanism::Certificate, now)
    }

    /// The identity with the certificate beside which it must stand. `Err`: why it can't be let in.
    pub(super) fn paired<'a>(
        &self,
        identity: &'a Identity,
        mechanism: Mechanism,
    ) -> Result<Cow<'a, Identity>, String> {
        if self.listener.authentication != Authentication::Both {
            return Ok(Cow::Borrowed(identity));
        }
        let name = mechanism.name();
        // SECURITY: here a certificate alone, or no certificate at all, is no proof.
        let certified = self
            .certified
            .as_ref()
            .filter(|_| mechanism.is_sasl())
            .ok_or_else(|| {
                format!("a certificate and SASL are both required, not `{name}` alone")
            })?;
        let (one, other) = (&certified.principal.id, &identity.principal.id);
        if one != other {
            return Err(format!(
                "the certificate is of `{one}`, and the client logged in as `{other}`"
            ));
        }
        let mut paired = identity.clone();
        paired.other_credentials.push(certified.credential.clone());
        let others = certified.other_credentials.iter().cloned();
        paired.other_credentials.extend(others);
        let ends = [identity, certified].map(|it| it.expires_milliseconds);
        paired.expires_milliseconds = ends.into_iter().flatten().min();
        Ok(Cow::Owned(paired))
    }

    /// The certificate that stands beside the client's login is still declared, as it was.
    pub(super) fn still_certified(&self, before: &Snapshot) -> Result<(), Close> {
        let Some(certified) = &self.certified else {
            return Ok(());
        };
        let declared = |snapshot: &Snapshot| {
            let principal = snapshot.directory.principal(&certified.principal.id)?;
            let mut credentials = principal.credentials.iter();
            let found = credentials.find(|it| it.id() == certified.credential);
            found.cloned()
        };
        match (declared(before), declared(&self.snapshot)) {
            (Some(before), Some(now)) if before == now => Ok(()),
            _ => Err(Close::Revoked {
                reason: "the certificate's credential is no longer declared, or has changed".into(),
            }),
        }
    }
}
