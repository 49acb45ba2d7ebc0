//! The client's side of SCRAM (RFC 5802, RFC 7677), with which the gateway proves itself to brokers, and the
//! name in a client's first message, for exchanges that the gateway only passes on.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::{constant_time, digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::{Zeroize, Zeroizing};

use crate::error::IdentityError;
use crate::plain::USER_BYTES_MAX;
use crate::verifier::{Hash, ITERATIONS_MAX, ITERATIONS_MIN, SALT_BYTES_MAX, salted};

/// Longest message of an exchange.
pub const MESSAGE_BYTES_MAX: usize = 4096;
/// Random bytes in a nonce.
const NONCE_BYTES: usize = 24;
/// `n,,`: no channel binding, no authorization id.
const GS2_HEADER: &str = "n,,";
/// The same in base64, as the last message repeats it.
const GS2_HEADER_ENCODED: &str = "biws";

/// Keys that a password and a salt lead to.
struct ClientKeys {
    salt: Vec<u8>,
    iterations: NonZeroU32,
    client: Vec<u8>,
    server: Vec<u8>,
}

impl Drop for ClientKeys {
    fn drop(&mut self) {
        self.client.zeroize();
        self.server.zeroize();
    }
}

/// A name and a password with which to log in. Keeps the keys of the last salt, because to derive them costs
/// milliseconds.
pub struct Scram {
    hash: Hash,
    user: String,
    password: Zeroizing<Vec<u8>>,
    keys: Mutex<Option<Arc<ClientKeys>>>,
}

impl fmt::Debug for Scram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scram")
            .field("user", &self.user)
            .field("password", &"***")
            .finish_non_exhaustive()
    }
}

/// One login that has begun.
pub struct Exchange<'a> {
    scram: &'a Scram,
    nonce: String,
}

/// What the server must prove at the end.
pub struct Expected {
    signature: Vec<u8>,
}

impl Scram {
    /// A login for `SCRAM-SHA-256` or `SCRAM-SHA-512`.
    ///
    /// # Errors
    /// Where the mechanism is another, or the name or the password is empty or too long.
    pub fn new(mechanism: &str, user: &str, password: &[u8]) -> Result<Self, IdentityError> {
        let hash = Hash::of_name(mechanism)
            .ok_or(IdentityError::Scram("the mechanism is not one of SCRAM"))?;
        if user.is_empty() || user.len() > USER_BYTES_MAX || password.is_empty() {
            return Err(IdentityError::Scram(
                "the user name or the password is empty or too long",
            ));
        }
        Ok(Self {
            hash,
            user: user.to_owned(),
            password: Zeroizing::new(password.to_vec()),
            keys: Mutex::new(None),
        })
    }

    /// Begins a login with a nonce that nobody can guess.
    ///
    /// # Errors
    /// Where the platform has no randomness.
    pub fn begin(&self) -> Result<Exchange<'_>, IdentityError> {
        let mut nonce = [0; NONCE_BYTES];
        aws_lc_rs::rand::fill(&mut nonce)
            .map_err(|_| IdentityError::Cryptography("the platform has no random bytes"))?;
        Ok(self.begin_with(STANDARD.encode(nonce)))
    }

    fn begin_with(&self, nonce: String) -> Exchange<'_> {
        Exchange { scram: self, nonce }
    }

    fn keys(&self, salt: &[u8], iterations: NonZeroU32) -> Arc<ClientKeys> {
        let mut kept = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keys) = kept.as_ref()
            && keys.salt == salt
            && keys.iterations == iterations
        {
            return keys.clone();
        }
        let salted = salted(self.hash, iterations, salt, &self.password);
        let key = hmac::Key::new(self.hash.hmac(), &salted);
        let keys = Arc::new(ClientKeys {
            salt: salt.to_vec(),
            iterations,
            client: hmac::sign(&key, b"Client Key").as_ref().to_vec(),
            server: hmac::sign(&key, b"Server Key").as_ref().to_vec(),
        });
        *kept = Some(keys.clone());
        keys
    }
}

impl Exchange<'_> {
    /// The client's first message.
    pub fn first(&self) -> String {
        format!("{GS2_HEADER}{}", self.bare())
    }

    fn bare(&self) -> String {
        let user = self.scram.user.replace('=', "=3D").replace(',', "=2C");
        format!("n={user},r={}", self.nonce)
    }

    /// The client's last message, for the server's first; and what the server must prove then.
    ///
    /// # Errors
    /// Where the server's message is malformed, does not belong to this exchange, or asks for too little or
    /// too much work.
    pub fn answer(self, server_first: &[u8]) -> Result<(String, Expected), IdentityError> {
        let bad = IdentityError::Scram;
        let text = text(server_first)?;
        let mut parts = text.split(',');
        let nonce = part(parts.next(), "r=")?;
        let salt = STANDARD
            .decode(part(parts.next(), "s=")?)
            .map_err(|_| bad("the salt is not base64"))?;
        let iterations = part(parts.next(), "i=")?
            .parse()
            .map_err(|_| bad("the count is no number"))?;
        // SECURITY: a server that knows less than all of our nonce replays another exchange.
        if !nonce.starts_with(&self.nonce) || nonce.len() == self.nonce.len() {
            return Err(bad("the nonce does not continue ours"));
        }
        // SECURITY: a server that asks for few rounds wants to guess the password from our proof.
        let within = NonZeroU32::new(iterations)
            .filter(|count| (ITERATIONS_MIN..=ITERATIONS_MAX).contains(&count.get()));
        let iterations = within.ok_or(bad("the count is not between 4096 and 1000000"))?;
        if salt.is_empty() || salt.len() > SALT_BYTES_MAX {
            return Err(bad("the salt is empty or too long"));
        }
        let keys = self.scram.keys(&salt, iterations);
        let without_proof = format!("c={GS2_HEADER_ENCODED},r={nonce}");
        let message = format!("{},{text},{without_proof}", self.bare());
        let hash = self.scram.hash;
        let sign = |key: &[u8]| hmac::sign(&hmac::Key::new(hash.hmac(), key), message.as_bytes());
        let stored = digest::digest(hash.digest(), &keys.client);
        let signature = sign(stored.as_ref());
        let pairs = keys.client.iter().zip(signature.as_ref());
        let proof: Vec<u8> = pairs.map(|(key, signed)| key ^ signed).collect();
        let expected = Expected {
            signature: sign(&keys.server).as_ref().to_vec(),
        };
        let last = format!("{without_proof},p={}", STANDARD.encode(proof));
        Ok((last, expected))
    }
}

impl Expected {
    /// Whether the server's last message proves that it knows the password's keys.
    ///
    /// # Errors
    /// Where it does not.
    pub fn check(&self, server_last: &[u8]) -> Result<(), IdentityError> {
        let bad = IdentityError::Scram;
        let signature = part(text(server_last)?.split(',').next(), "v=")?;
        let signature = STANDARD
            .decode(signature)
            .map_err(|_| bad("the server's signature is not base64"))?;
        constant_time::verify_slices_are_equal(&signature, &self.signature)
            .map_err(|_| bad("the server does not know the password"))
    }
}

/// Whom a client's first message names.
///
/// # Errors
/// Where it is malformed, binds a channel, asks to act as somebody else, or logs in with a delegation token,
/// whose owner the name does not tell.
pub fn claimed_user(client_first: &[u8]) -> Result<String, IdentityError> {
    let bad = IdentityError::Scram;
    let mut parts = text(client_first)?.split(',');
    if parts.next() != Some("n") {
        return Err(bad("it asks for channel binding"));
    }
    let authorization_id = match parts.next() {
        Some("") => None,
        other => Some(unescape(part(other, "a=")?)?),
    };
    let user = unescape(part(parts.next(), "n=")?)?;
    part(parts.next(), "r=")?;
    // Kafka's extension for delegation tokens; others change nothing about who it is.
    if parts.any(|part| part.trim_start().starts_with("tokenauth=")) {
        return Err(bad("it logs in with a delegation token"));
    }
    if user.is_empty() || user.len() > USER_BYTES_MAX || user.chars().any(char::is_control) {
        return Err(bad(
            "the user name is empty, too long, or holds control characters",
        ));
    }
    if authorization_id.is_some_and(|id| id != user) {
        return Err(bad("it asks to act as somebody else"));
    }
    Ok(user)
}

pub(crate) fn text(message: &[u8]) -> Result<&str, IdentityError> {
    if message.len() > MESSAGE_BYTES_MAX {
        return Err(IdentityError::Scram("a message is too long"));
    }
    std::str::from_utf8(message).map_err(|_| IdentityError::Scram("a message is not utf-8"))
}

pub(crate) fn part<'a>(part: Option<&'a str>, name: &str) -> Result<&'a str, IdentityError> {
    part.and_then(|part| part.strip_prefix(name))
        .filter(|value| !value.is_empty())
        .ok_or(IdentityError::Scram("a message lacks a part"))
}

/// A name without the escapes of RFC 5802: `=2C` and `=3D`.
pub(crate) fn unescape(name: &str) -> Result<String, IdentityError> {
    let mut plain = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('=') {
        plain.push_str(before);
        let (escaped, later) = if let Some(later) = after.strip_prefix("2C") {
            (',', later)
        } else if let Some(later) = after.strip_prefix("3D") {
            ('=', later)
        } else {
            return Err(IdentityError::Scram("a name is wrongly escaped"));
        };
        plain.push(escaped);
        rest = later;
    }
    plain.push_str(rest);
    Ok(plain)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The exchange of RFC 7677, section 3.
    const NONCE: &str = "rOprNGfwEbeRWgbNEkqO";
    const SERVER_FIRST: &[u8] = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
        s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    const CLIENT_LAST: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
        p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    const SERVER_LAST: &[u8] = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

    fn login(password: &[u8]) -> Scram {
        Scram::new("SCRAM-SHA-256", "user", password).unwrap()
    }

    #[test]
    fn the_exchange_is_that_of_rfc_7677() {
        let scram = login(b"pencil");
        // The second time the keys are those that were kept.
        for _ in 0..2 {
            let exchange = scram.begin_with(NONCE.into());
            assert_eq!(exchange.first(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
            let (last, expected) = exchange.answer(SERVER_FIRST).unwrap();
            assert_eq!(last, CLIENT_LAST);
            expected.check(SERVER_LAST).unwrap();
        }
        assert!(!format!("{scram:?}").contains("pencil"));
    }

    #[test]
    fn another_password_makes_another_proof_and_another_server_is_found_out() {
        let scram = login(b"pencils");
        let (last, expected) = scram.begin_with(NONCE.into()).answer(SERVER_FIRST).unwrap();
        assert_ne!(last, CLIENT_LAST);
        for wrong in [SERVER_LAST, b"v=", b"v=AAAA", b"e=other-error", b"", b"v=?"] {
            assert!(expected.check(wrong).is_err());
        }
    }

    #[test]
    fn a_server_that_is_up_to_something_gets_no_proof() {
        let ours = "rOprNGfwEbeRWgbNEkqO";
        let long = "A".repeat(MESSAGE_BYTES_MAX);
        for message in [
            String::new(),
            format!("r={ours}x,s=W22ZaJ0SNY7soEsUEjb6gQ=="),
            format!("r={ours},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"),
            "r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096".into(),
            format!("r={ours}x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1"),
            format!("r={ours}x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1000001"),
            format!("r={ours}x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=many"),
            format!("r={ours}x,s=?,i=4096"),
            format!("r={ours}x,s={long},i=4096"),
            format!("m=ext,r={ours}x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"),
        ] {
            let scram = login(b"pencil");
            let answered = scram.begin_with(NONCE.into()).answer(message.as_bytes());
            assert!(answered.is_err(), "{message}");
        }
    }

    #[test]
    fn nonces_are_not_repeated() {
        let scram = login(b"pencil");
        let first = || scram.begin().unwrap().first();
        assert_ne!(first(), first());
    }

    #[test]
    fn a_first_message_names_its_user() {
        let user = |message: &str| claimed_user(message.as_bytes());
        assert_eq!(user("n,,n=alice,r=abc").unwrap(), "alice");
        assert_eq!(user("n,a=alice,n=alice,r=abc").unwrap(), "alice");
        assert_eq!(user("n,,n=a=2Cb=3Dc,r=abc").unwrap(), "a,b=c");
        assert_eq!(user("n,,n=alice,r=abc,tokens=no").unwrap(), "alice");
        for message in [
            "",
            "n",
            "n,,",
            "n,,n=,r=abc",
            "n,,n=alice",
            "n,,n=alice,r=",
            "y,,n=alice,r=abc",
            "p=tls-unique,,n=alice,r=abc",
            "n,a=root,n=alice,r=abc",
            "n,,n=al=ice,r=abc",
            "n,,n=alice=,r=abc",
            "n,,n=al\nice,r=abc",
            "n,,n=alice,r=abc,tokenauth=true",
            "n,,n=alice,r=abc, tokenauth=true",
            "n,,m=ext,n=alice,r=abc",
        ] {
            assert!(user(message).is_err(), "{message}");
        }
    }

    proptest! {
        #[test]
        fn a_name_comes_back_as_it_was(user in "[^\\x00-\\x1f\\x7f-\\u{9f}]{1,40}") {
            let scram = Scram::new("SCRAM-SHA-512", &user, b"x").unwrap();
            let first = scram.begin().unwrap().first();
            prop_assert_eq!(claimed_user(first.as_bytes()).unwrap(), user);
        }

        #[test]
        fn no_bytes_break_it(message in prop::collection::vec(prop::num::u8::ANY, 0..80)) {
            drop(claimed_user(&message));
            drop(login(b"x").begin_with("a".into()).answer(&message));
        }
    }
}
