//! `SASLprep` (RFC 4013): names and passwords that look the same are the same.

use stringprep::saslprep;

use crate::error::IdentityError;
use crate::plain::{PASSWORD_BYTES_MAX, USER_BYTES_MAX};

/// A user name as it is looked up.
///
/// # Errors
/// Where it is empty, too long, or holds what no name may hold.
pub fn prepared_user(name: &str) -> Result<String, IdentityError> {
    let bad = IdentityError::Prepared("a user name");
    if name.len() > USER_BYTES_MAX {
        return Err(bad);
    }
    let prepared = saslprep(name).map_err(|_| bad.clone())?;
    // To normalise may make a text longer.
    if prepared.is_empty() || prepared.len() > USER_BYTES_MAX {
        return Err(bad);
    }
    Ok(prepared.into_owned())
}

/// A password as it is hashed.
///
/// # Errors
/// Where it is empty, too long, not UTF-8, or holds what no password may hold.
pub fn prepared_password(password: &[u8]) -> Result<Vec<u8>, IdentityError> {
    let bad = IdentityError::Prepared("a password");
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(bad);
    }
    let text = std::str::from_utf8(password).map_err(|_| bad.clone())?;
    let prepared = saslprep(text).map_err(|_| bad.clone())?;
    if prepared.is_empty() {
        return Err(bad);
    }
    Ok(prepared.into_owned().into_bytes())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_examples_of_rfc_4013_hold() {
        assert_eq!(prepared_user("I\u{ad}X").unwrap(), "IX");
        assert_eq!(prepared_user("user").unwrap(), "user");
        assert_eq!(prepared_user("USER").unwrap(), "USER");
        assert_eq!(prepared_user("\u{aa}").unwrap(), "a");
        assert_eq!(prepared_user("\u{2168}").unwrap(), "IX");
        for wrong in ["\u{7}", "\u{627}1", "", "\u{ad}"] {
            assert!(prepared_user(wrong).is_err(), "{wrong:?}");
        }
        assert!(prepared_user(&"u".repeat(USER_BYTES_MAX + 1)).is_err());
        assert!(prepared_password(&[b'p'; PASSWORD_BYTES_MAX + 1]).is_err());
        assert!(prepared_password(b"\xff").is_err());
    }

    proptest! {
        #[test]
        fn what_is_prepared_stays_as_it_is(text in "\\PC{1,20}") {
            if let Ok(once) = prepared_user(&text) {
                prop_assert_eq!(prepared_user(&once), Ok(once));
            }
        }
    }
}
