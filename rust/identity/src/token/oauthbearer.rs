//! The client's first message of SASL OAUTHBEARER (RFC 7628, section 3.1), with Kafka's extensions
//! (KIP-342): `n,[a=authorization id],^Aauth=Bearer TOKEN^A[name=value^A]…^A`.

use std::fmt;

use super::TOKEN_BYTES_MAX;
use crate::error::IdentityError;
use crate::plain::USER_BYTES_MAX;

/// Longest message.
pub const MESSAGE_BYTES_MAX: usize = TOKEN_BYTES_MAX + 8 * 1024;
/// Most key-value pairs, that of the token included.
pub const PAIRS_MAX: usize = 32;
/// The byte between the pairs, which is also the whole answer to a failure.
pub const SEPARATOR: u8 = 1;
/// What RFC 7628, section 3.2.2, and Kafka answer to a token that isn't taken.
pub const INVALID_TOKEN: &str = r#"{"status":"invalid_token"}"#;

/// The parts of the message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Bearer<'a> {
    /// Whom the caller wants to act as; empty, or the principal that the token is of.
    pub authorization_id: &'a str,
    /// The token, as it was sent.
    pub token: &'a str,
}

impl fmt::Debug for Bearer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bearer")
            .field("authorization_id", &self.authorization_id)
            .field("token", &"***")
            .finish()
    }
}

/// Read the message. Extensions are checked for their form, and nothing is done with them.
///
/// # Errors
/// Names what is wrong, never what stands there.
pub fn parse(message: &[u8]) -> Result<Bearer<'_>, IdentityError> {
    let bad = IdentityError::Bearer;
    if message.len() > MESSAGE_BYTES_MAX {
        return Err(bad("it is too long"));
    }
    let message = std::str::from_utf8(message).map_err(|_| bad("it is not UTF-8"))?;
    let rest = message
        .strip_prefix("n,")
        .ok_or(bad("it does not begin with `n,`"))?;
    let (identity, pairs) = rest
        .split_once(",\u{1}")
        .ok_or(bad("its header has no end"))?;
    let authorization_id = match identity {
        "" => "",
        _ => authorization_id(identity).ok_or(bad("its authorization id can't be used"))?,
    };
    let pairs = pairs
        .strip_suffix("\u{1}\u{1}")
        .ok_or(bad("it has no end"))?;
    let mut token = None;
    for (number, pair) in pairs.split('\u{1}').enumerate() {
        let (name, value) = pair.split_once('=').ok_or(bad("a pair has no `=`"))?;
        if number >= PAIRS_MAX {
            return Err(bad("it has too many pairs"));
        }
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return Err(bad("the name of a pair is not made of letters"));
        }
        if name == "auth" {
            let found = bearer(value).ok_or(bad("it shows no bearer token"))?;
            if token.replace(found).is_some() {
                return Err(bad("it shows two tokens"));
            }
        } else if !value.bytes().all(is_value) {
            return Err(bad("the value of a pair holds other than printable ASCII"));
        }
    }
    let token = token.ok_or(bad("it shows no token"))?;
    if token.len() > TOKEN_BYTES_MAX {
        return Err(bad("its token is longer than 16 KiB"));
    }
    Ok(Bearer {
        authorization_id,
        token,
    })
}

/// SASL's escapes of `,` and `=` (RFC 5801) are not needed for any principal, so none is taken.
fn authorization_id(text: &str) -> Option<&str> {
    let id = text.strip_prefix("a=")?;
    let plain = |byte: u8| byte.is_ascii_graphic() && byte != b',' && byte != b'=';
    (!id.is_empty() && id.len() <= USER_BYTES_MAX && id.bytes().all(plain)).then_some(id)
}

/// The scheme knows no case (RFC 9110, section 11.1); the token is that of RFC 6750, section 2.1.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim_start_matches(' ');
    let body = token.trim_end_matches('=');
    let of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    (scheme.eq_ignore_ascii_case("bearer") && !body.is_empty() && body.bytes().all(of_token))
        .then_some(token)
}

fn is_value(byte: u8) -> bool {
    byte.is_ascii_graphic() || matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_message_of_each_client_is_read() {
        for (message, authorization_id, token) in [
            ("n,,\u{1}auth=Bearer a.b.c\u{1}\u{1}", "", "a.b.c"),
            (
                "n,a=alice,\u{1}auth=bearer  x~+/==\u{1}\u{1}",
                "alice",
                "x~+/==",
            ),
            (
                "n,,\u{1}auth=BEARER x\u{1}logicalCluster=lkc-1\u{1}traceId=a b\u{1}\u{1}",
                "",
                "x",
            ),
        ] {
            let bearer = parse(message.as_bytes()).unwrap();
            assert_eq!(
                (bearer.authorization_id, bearer.token),
                (authorization_id, token)
            );
            assert!(!format!("{bearer:?}").contains(token));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let long = format!(
            "n,,\u{1}auth=Bearer {}\u{1}\u{1}",
            "t".repeat(TOKEN_BYTES_MAX + 1)
        );
        let padded = format!(
            "n,,\u{1}auth=Bearer t\u{1}x={}\u{1}\u{1}",
            "p".repeat(MESSAGE_BYTES_MAX)
        );
        let many = format!(
            "n,,\u{1}auth=Bearer t{}\u{1}\u{1}",
            "\u{1}x=y".repeat(PAIRS_MAX)
        );
        let id = format!(
            "n,a={},\u{1}auth=Bearer t\u{1}\u{1}",
            "a".repeat(USER_BYTES_MAX + 1)
        );
        for message in [
            "",
            "\u{1}",
            "n,,",
            "n,,\u{1}\u{1}",
            "n,,\u{1}auth=Bearer t\u{1}",
            "n,,auth=Bearer t\u{1}\u{1}",
            "y,,\u{1}auth=Bearer t\u{1}\u{1}",
            "p=tls-unique,,\u{1}auth=Bearer t\u{1}\u{1}",
            "n,a=,\u{1}auth=Bearer t\u{1}\u{1}",
            "n,b=x,\u{1}auth=Bearer t\u{1}\u{1}",
            "n,a=x\ny,\u{1}auth=Bearer t\u{1}\u{1}",
            "n,a=x=2Cy,\u{1}auth=Bearer t\u{1}\u{1}",
            "n,,\u{1}auth=Basic t\u{1}\u{1}",
            "n,,\u{1}auth=Bearer\u{1}\u{1}",
            "n,,\u{1}auth=Bearer \u{1}\u{1}",
            "n,,\u{1}auth=Bearer ==\u{1}\u{1}",
            "n,,\u{1}auth=Bearer a b\u{1}\u{1}",
            "n,,\u{1}auth=Bearer a=b\u{1}\u{1}",
            "n,,\u{1}auth=Bearer ä\u{1}\u{1}",
            "n,,\u{1}auth=Bearer t\u{1}auth=Bearer t\u{1}\u{1}",
            "n,,\u{1}host=x\u{1}\u{1}",
            "n,,\u{1}auth=Bearer t\u{1}x1=y\u{1}\u{1}",
            "n,,\u{1}auth=Bearer t\u{1}=y\u{1}\u{1}",
            "n,,\u{1}auth=Bearer t\u{1}x\u{1}\u{1}",
            "n,,\u{1}auth=Bearer t\u{1}x=\u{7f}\u{1}\u{1}",
            "n,,\u{1}auth=Bearer t\u{1}\u{1}\u{1}",
            &long,
            &padded,
            &many,
            &id,
        ] {
            let outcome = parse(message.as_bytes());
            assert!(
                matches!(outcome, Err(IdentityError::Bearer(_))),
                "{message:?}"
            );
        }
        assert!(parse(b"n,,\x01auth=Bearer t\x01x=\xff\x01\x01").is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(at in 0..40_usize, with in prop::collection::vec(prop::num::u8::ANY, 0..4)) {
            let message = b"n,a=alice,\x01auth=Bearer a.b.c\x01host=x\x01\x01";
            let at = at.min(message.len());
            let changed = [&message[..at], &with, &message[at..]].concat();
            if let Ok(bearer) = parse(&changed) {
                prop_assert!(!bearer.token.is_empty() && bearer.token.is_ascii());
            }
        }
    }
}
