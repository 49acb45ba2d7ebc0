//! The JSON forms that cross the boundary: the section with its principals, requests and decisions.

use crate::error::PolicyError;
use crate::policy::Policy;

impl Policy {
    /// Compile `{"environment", "policy", "principals"}`.
    ///
    /// # Errors
    /// As [`Policy::compile`], and where the document is not of this form.
    pub fn from_json(document: &[u8]) -> Result<Self, PolicyError> {
        let _ = document;
        Err(PolicyError::Document("not wired yet".to_owned()))
    }

    /// Answer a decision request in JSON; `now_milliseconds` stands where the request names no time.
    ///
    /// # Errors
    /// Where the request cannot be read. An unknown principal is a denial, not an error.
    pub fn decide_json(
        &self,
        request: &[u8],
        now_milliseconds: i64,
    ) -> Result<Vec<u8>, PolicyError> {
        let _ = (request, now_milliseconds);
        Err(PolicyError::Request("not wired yet".to_owned()))
    }
}
