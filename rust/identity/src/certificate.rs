//! The names in a certificate whose chain somebody else has verified.

use crate::error::IdentityError;

/// The names in a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// RFC 4514 name of the subject.
    pub subject: String,
    /// DNS names among the alternative names.
    pub dns: Vec<String>,
    /// URIs among the alternative names.
    pub uri: Vec<String>,
    /// Mail addresses among the alternative names.
    pub email: Vec<String>,
    /// End of its validity, ms since 1970.
    pub not_after_milliseconds: i64,
}

/// RFC 4514 name of the subject of a certificate.
///
/// # Errors
/// Where the bytes are not a certificate that we can name.
pub fn subject(der: &[u8]) -> Result<String, IdentityError> {
    names(der).map(|names| names.subject)
}

/// The names in a certificate.
///
/// # Errors
/// Where the bytes are not a certificate that we can name.
pub fn names(der: &[u8]) -> Result<Names, IdentityError> {
    let _ = der;
    Err(IdentityError::Certificate("not wired yet"))
}
