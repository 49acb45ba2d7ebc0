//! Password verifiers in the text form of RFC 5803.

use std::fmt;

use crate::error::IdentityError;

/// What a password is checked against; cannot be turned back into the password.
pub struct Verifier {
    iterations: u32,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(***)")
    }
}

impl Verifier {
    /// Read `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, or the same of SHA-512.
    ///
    /// # Errors
    /// Names the part that is wrong, never its value.
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        let _ = text;
        Err(IdentityError::Verifier("not wired yet"))
    }

    /// A verifier that no password matches, so that an unknown user costs the same time.
    pub fn decoy() -> Self {
        Self { iterations: 4096 }
    }

    /// Whether this is the password. Costs `iterations` rounds of HMAC; compares in constant time.
    pub fn matches(&self, password: &[u8]) -> bool {
        let _ = (password, self.iterations);
        false
    }

    /// The text form of a new SCRAM-SHA-256 verifier.
    ///
    /// # Errors
    /// Where the salt or the number of iterations is outside of the bounds.
    pub fn derive(password: &[u8], salt: &[u8], iterations: u32) -> Result<String, IdentityError> {
        let _ = (password, salt, iterations);
        Err(IdentityError::Verifier("not wired yet"))
    }
}
