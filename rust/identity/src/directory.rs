//! From what a caller proved to who it is.

use std::collections::HashMap;
use std::sync::Arc;

use crate::certificate::Names;
use crate::error::{IdentityError, Refusal};
use crate::section::{IdentitySection, Principal};

/// Who a caller turned out to be.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The principal.
    pub principal: Arc<Principal>,
    /// Id of the credential that proved it.
    pub credential: String,
    /// When the proof ends, ms since 1970: the end of a certificate's validity.
    pub expires_milliseconds: Option<i64>,
}

/// Everyone who may call, ready to be looked up.
#[derive(Debug)]
pub struct Directory {
    principals: HashMap<String, Arc<Principal>>,
}

impl Directory {
    /// Build from a section; `materials` hold the verifiers by their references.
    ///
    /// # Errors
    /// Names everything that does not fit.
    pub fn build(
        section: &IdentitySection,
        materials: &HashMap<String, Vec<u8>>,
    ) -> Result<Self, IdentityError> {
        let _ = materials;
        let principals = section.principals.iter();
        let principals = principals.map(|it| (it.id.clone(), Arc::new(it.clone()))).collect();
        Ok(Self { principals })
    }

    /// Who holds this certificate, whose chain is verified.
    ///
    /// # Errors
    /// Where nobody does, or more than one.
    pub fn by_certificate(&self, names: &Names) -> Result<Identity, Refusal> {
        Err(Refusal::UnmappedCertificate { subject: names.subject.clone() })
    }

    /// Who has this password. Costs milliseconds of processor time, for unknown users as well.
    ///
    /// # Errors
    /// Where the user is unknown or the password wrong.
    pub fn by_password(&self, user: &str, password: &[u8]) -> Result<Identity, Refusal> {
        let _ = (user, password);
        Err(Refusal::UnknownPrincipal)
    }

    /// The principal of this id.
    pub fn principal(&self, id: &str) -> Option<&Arc<Principal>> {
        self.principals.get(id)
    }
}
