//! SASL OAUTHBEARER from the caller's side: RFC 7628 as Kafka speaks it (KIP-255), with its extensions (KIP-342).

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

use crate::error::IdentityError;

/// Length of a token.
pub const TOKEN_BYTES_MAX: usize = 65_536;
/// Extensions beside a token.
pub const EXTENSIONS_MAX: usize = 20;
/// Ends an exchange that the other side has refused (RFC 7628, section 3.2.3).
pub const END: &[u8] = b"\x01";

/// The one message with which a caller shows its token.
pub struct BearerMessage(Zeroizing<Vec<u8>>);

impl fmt::Debug for BearerMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerMessage(***)")
    }
}

impl BearerMessage {
    /// The message that shows this token.
    ///
    /// # Errors
    /// Where the token is no `b64token` (RFC 6750, section 2.1), or an extension can't be sent.
    pub fn new(token: &[u8], extensions: &BTreeMap<String, String>) -> Result<Self, IdentityError> {
        let bad = |problem| Err(IdentityError::BearerMessage(problem));
        if token.is_empty()
            || token.len() > TOKEN_BYTES_MAX
            || !token.iter().copied().all(is_b64token)
        {
            return bad("the token is empty, too long, or holds characters that no token has");
        }
        if extensions.len() > EXTENSIONS_MAX {
            return bad("there are too many extensions");
        }
        let mut message = Zeroizing::new(b"n,,\x01auth=Bearer ".to_vec());
        message.extend_from_slice(token);
        for (name, value) in extensions {
            let named = !name.is_empty() && name.bytes().all(|it| it.is_ascii_alphabetic());
            if !named || name == "auth" || !value.bytes().all(is_value) {
                return bad("an extension has a name or value that can't be sent");
            }
            for part in ["\x01", name, "=", value] {
                message.extend_from_slice(part.as_bytes());
            }
        }
        message.extend_from_slice(b"\x01\x01");
        Ok(Self(message))
    }

    /// The bytes as they are sent.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

fn is_b64token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)
}

/// `VCHAR / SP / HTAB / CR / LF`: a separator (0x01) would smuggle in another key.
fn is_value(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7e | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_sent_as_rfc_7628_says() {
        let extensions = BTreeMap::from([("logicalCluster".to_owned(), "lkc-1".to_owned())]);
        let message = BearerMessage::new(b"a.b-c_d", &extensions).unwrap();
        let expected: &[u8] = b"n,,\x01auth=Bearer a.b-c_d\x01logicalCluster=lkc-1\x01\x01";
        assert_eq!(message.bytes(), expected);
        assert_eq!(format!("{message:?}"), "BearerMessage(***)");
    }

    #[test]
    fn what_would_break_out_of_the_message_is_refused() {
        let none = BTreeMap::new();
        let long = vec![b'a'; TOKEN_BYTES_MAX + 1];
        for token in [b"".as_slice(), b"a b", b"a\x01b", b"a\n", b"a\0", &long] {
            assert!(BearerMessage::new(token, &none).is_err());
        }
        let extended = |name: &str, value: &str| {
            let one = BTreeMap::from([(name.to_owned(), value.to_owned())]);
            BearerMessage::new(b"token", &one)
        };
        for (name, value) in [("auth", "x"), ("", "x"), ("a=b", "x"), ("a", "x\x01auth=y")] {
            assert!(extended(name, value).is_err(), "{name} {value}");
        }
        let many = (b'a'..=b'z').map(|it| (char::from(it).to_string(), String::new()));
        assert!(BearerMessage::new(b"token", &many.collect()).is_err());
    }
}
