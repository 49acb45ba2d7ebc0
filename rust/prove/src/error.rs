//! What can be wrong before anything is proved.

/// Why a question could not be put to the solver at all.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The document is not what it must be.
    #[error("the document cannot be read: {0}")]
    Document(String),
    /// The claim is not what it must be.
    #[error("the claim cannot be read: {0}")]
    Claim(String),
    /// The policy holds something that symbolic analysis does not cover.
    #[error("symbolic analysis does not cover this policy: {0}")]
    NotCovered(String),
}

impl ProveError {
    /// Stable code for callers on the other side of the boundary.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Document(_) => "prove.document",
            Self::Claim(_) => "prove.claim",
            Self::NotCovered(_) => "prove.not_covered",
        }
    }
}

/// Messages of parsers can span lines and carry drawings; a person takes one line.
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
