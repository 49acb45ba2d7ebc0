//! What is to be proved, and what came of it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::ProveError;

/// Something that the policy must never allow.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Names of actions.
    pub actions: Vec<String>,
    /// Kinds of resource.
    pub resources: Vec<String>,
    /// Kinds of principal; none: all.
    #[serde(default)]
    pub principals: Vec<String>,
    /// A condition in Cedar, about `principal`, `resource` and `context`: the requests that must
    /// be denied.
    pub never: String,
    /// Instead of the environment that the policy is for.
    #[serde(default)]
    pub environment: Option<String>,
}

impl Claim {
    /// Read a claim.
    ///
    /// # Errors
    /// Where it is not of this form.
    pub fn from_json(document: &[u8]) -> Result<Self, ProveError> {
        serde_json::from_slice(document).map_err(|error| ProveError::Claim(error.to_string()))
    }
}

/// What came of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// No request contradicts it.
    Holds,
    /// This decision request does.
    Fails {
        /// In the form of the boundary.
        request: Value,
    },
    /// It is neither proved nor refuted.
    Unknown {
        /// One line.
        why: String,
        /// The rule that it is about, if it is about one.
        rule: Option<String>,
    },
}
