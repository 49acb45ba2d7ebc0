//! SASL PLAIN, RFC 4616.

use crate::error::IdentityError;

/// The parts of a PLAIN message.
pub struct Plain<'a> {
    /// Whom the caller wants to act as; empty, or the same as `user`.
    pub authorization_id: &'a str,
    /// Whose password it is.
    pub user: &'a str,
    /// The password.
    pub password: &'a [u8],
}

/// Read a PLAIN message.
///
/// # Errors
/// Where it is malformed, too long, or asks to act as somebody else.
pub fn parse(message: &[u8]) -> Result<Plain<'_>, IdentityError> {
    let _ = message;
    Err(IdentityError::Plain("not wired yet"))
}
