//! What can be wrong with a policy section or a decision request.

use std::fmt;

/// One rule that does not compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleProblem {
    /// Id of the rule, such as `grant:payments-write#1`.
    pub rule: String,
    /// Where the author wrote it, such as `grants.yaml:12`.
    pub source: String,
    /// What is wrong, in one line.
    pub message: String,
}

impl fmt::Display for RuleProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "rule `{}` ({}): {}",
            self.rule, self.source, self.message
        )
    }
}

/// Why a policy could not be compiled, or a request not be read.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The document is not what the snapshot reference describes.
    #[error("the policy document cannot be read: {0}")]
    Document(String),
    /// The Cedar schema does not parse.
    #[error("the cedar schema cannot be used: {0}")]
    Schema(String),
    /// Names that do not fit together: a role, class or tenant that nothing declares.
    #[error("the policy section contradicts itself: {}", .0.join("; "))]
    Section(Vec<String>),
    /// Every rule that does not parse or validate.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Rules(Vec<RuleProblem>),
    /// A decision request that cannot be read.
    #[error("the decision request cannot be read: {0}")]
    Request(String),
}

impl PolicyError {
    /// Stable code for callers on the other side of the boundary.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Request(_) => "policy.request",
            _ => "policy.invalid",
        }
    }
}

/// Messages of parsers can span lines and carry drawings; a person's log takes one line.
pub(crate) fn one_line(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
