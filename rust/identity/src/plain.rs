//! SASL PLAIN, RFC 4616: `[authorization id] NUL user NUL password`.

use std::fmt;

use zeroize::Zeroizing;

use crate::error::IdentityError;

/// Length of a user name, or of an authorization id.
pub const USER_BYTES_MAX: usize = 256;
/// Length of a password.
pub const PASSWORD_BYTES_MAX: usize = 1024;

/// The parts of a PLAIN message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Plain<'a> {
    /// Whom the caller wants to act as; empty, or the same as `user`.
    pub authorization_id: &'a str,
    /// Whose password it is.
    pub user: &'a str,
    /// The password: UTF-8, compared byte by byte as it was sent, without `SASLprep`.
    pub password: &'a [u8],
}

impl fmt::Debug for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plain")
            .field("user", &self.user)
            .field("password", &"***")
            .finish()
    }
}

/// A message with which to log in.
pub struct Message(Zeroizing<Vec<u8>>);

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Message(***)")
    }
}

impl Message {
    /// The message of this user, who acts for nobody else.
    ///
    /// # Errors
    /// Where no message can hold the name or the password.
    pub fn new(user: &str, password: &[u8]) -> Result<Self, IdentityError> {
        let parts = [b"".as_slice(), user.as_bytes(), password];
        let message = Zeroizing::new(parts.join(&0));
        parse(&message)?;
        Ok(Self(message))
    }

    /// The bytes as they are sent.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Read a PLAIN message.
///
/// # Errors
/// Where it is malformed, too long, or asks to act as somebody else.
pub fn parse(message: &[u8]) -> Result<Plain<'_>, IdentityError> {
    let bad = |problem| Err(IdentityError::Plain(problem));
    if message.len() > 2 * USER_BYTES_MAX + PASSWORD_BYTES_MAX + 2 {
        return bad("it is too long");
    }
    let mut parts = message.split(|&byte| byte == 0);
    let (Some(authorization_id), Some(user), Some(password), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return bad("it does not have three parts");
    };
    let (Ok(authorization_id), Ok(user), Ok(_)) = (
        std::str::from_utf8(authorization_id),
        std::str::from_utf8(user),
        std::str::from_utf8(password),
    ) else {
        return bad("it is not utf-8");
    };
    if user.is_empty() || user.len() > USER_BYTES_MAX || user.chars().any(char::is_control) {
        return bad("the user name is empty, too long, or holds control characters");
    }
    if password.is_empty() || password.len() > PASSWORD_BYTES_MAX {
        return bad("the password is empty or too long");
    }
    if !authorization_id.is_empty() && authorization_id != user {
        return bad("it asks to act as somebody else");
    }
    Ok(Plain {
        authorization_id,
        user,
        password,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_message_has_three_parts() {
        let plain = parse(b"\0tim\0tanstaaftanstaaf").unwrap();
        assert_eq!((plain.authorization_id, plain.user), ("", "tim"));
        assert_eq!(plain.password, b"tanstaaftanstaaf");
        assert_eq!(parse(b"tim\0tim\0x").unwrap().authorization_id, "tim");
        assert_eq!(parse("\0zoë\0pä".as_bytes()).unwrap().user, "zoë");
        assert!(!format!("{plain:?}").contains("tanst"));
    }

    #[test]
    fn a_message_of_ours_is_read() {
        let message = Message::new("tim", b"tanstaaf").unwrap();
        let plain = parse(message.bytes()).unwrap();
        assert_eq!(
            (plain.user, plain.password),
            ("tim", b"tanstaaf".as_slice())
        );
        assert!(Message::new("t\0im", b"x").is_err() && Message::new("tim", b"").is_err());
        assert!(!format!("{message:?}").contains("tan"));
    }

    #[test]
    fn anything_else_is_refused() {
        let long_user = [b"\0".as_slice(), &[b'u'; USER_BYTES_MAX + 1], b"\0x"].concat();
        let long_password = [b"\0u\0".as_slice(), &[b'p'; PASSWORD_BYTES_MAX + 1]].concat();
        for message in [
            b"".as_slice(),
            b"tim",
            b"\0tim",
            b"\0tim\0",
            b"\0\0x",
            b"\0tim\0x\0",
            b"\0tim\0x\0y",
            b"root\0tim\0x",
            b"\0t\nim\0x",
            b"\0\xff\0x",
            b"\0tim\0\xff",
            &long_user,
            &long_password,
        ] {
            assert!(
                matches!(parse(message), Err(IdentityError::Plain(_))),
                "{message:?}"
            );
        }
        let longest = [
            b"\0".as_slice(),
            &[b'u'; USER_BYTES_MAX],
            b"\0",
            &[b'p'; PASSWORD_BYTES_MAX],
        ]
        .concat();
        assert!(parse(&longest).is_ok());
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(message in prop::collection::vec(prop::num::u8::ANY, 0..64)) {
            if let Ok(plain) = parse(&message) {
                let names = [plain.authorization_id, plain.user].map(str::as_bytes);
                prop_assert_eq!([names[0], names[1], plain.password].join(&0), message);
            }
        }
    }
}
