//! Password verifiers in the text form of RFC 5803, of the keys of SCRAM (RFC 5802, RFC 7677).

use std::fmt;
use std::num::NonZeroU32;

use aws_lc_rs::{constant_time, digest, hmac, pbkdf2};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::{Zeroize, Zeroizing};

use crate::error::IdentityError;
use crate::prepare::prepared_password;

/// Rounds below this are too cheap to guess.
pub const ITERATIONS_MIN: u32 = 4096;
/// Rounds above this would let a verifier stop the gateway.
pub const ITERATIONS_MAX: u32 = 1_000_000;
/// Shortest salt.
pub const SALT_BYTES_MIN: usize = 8;
/// Longest salt.
pub const SALT_BYTES_MAX: usize = 128;
/// Salt of a new verifier.
pub const SALT_BYTES: usize = 16;
/// Longest verifier text.
pub const TEXT_BYTES_MAX: usize = 1024;

/// The hash function of a verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, std::hash::Hash)]
pub enum Hash {
    /// SCRAM-SHA-256.
    Sha256,
    /// SCRAM-SHA-512.
    Sha512,
}

impl Hash {
    /// The hash of a SCRAM mechanism.
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "SCRAM-SHA-256" => Some(Self::Sha256),
            "SCRAM-SHA-512" => Some(Self::Sha512),
            _ => None,
        }
    }

    /// The mechanism, e.g. `SCRAM-SHA-256`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SCRAM-SHA-256",
            Self::Sha512 => "SCRAM-SHA-512",
        }
    }

    pub(crate) fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha512 => &digest::SHA512,
        }
    }

    pub(crate) fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }

    fn pbkdf2(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }

    fn bytes(self) -> usize {
        self.digest().output_len()
    }
}

/// What a password is checked against; cannot be turned back into the password.
pub struct Verifier {
    hash: Hash,
    iterations: NonZeroU32,
    salt: Vec<u8>,
    keys: Keys,
}

/// What SCRAM calls `StoredKey` and `ServerKey`.
pub(crate) struct Keys {
    stored: Vec<u8>,
    server: Vec<u8>,
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.stored.zeroize();
        self.server.zeroize();
    }
}

impl Keys {
    fn derive(hash: Hash, iterations: NonZeroU32, salt: &[u8], password: &[u8]) -> Self {
        let salted = salted(hash, iterations, salt, password);
        let key = hmac::Key::new(hash.hmac(), &salted);
        let stored = digest::digest(hash.digest(), hmac::sign(&key, b"Client Key").as_ref());
        let server = hmac::sign(&key, b"Server Key");
        Self {
            stored: stored.as_ref().to_vec(),
            server: server.as_ref().to_vec(),
        }
    }
}

/// What SCRAM calls `SaltedPassword`.
pub(crate) fn salted(
    hash: Hash,
    iterations: NonZeroU32,
    salt: &[u8],
    password: &[u8],
) -> Zeroizing<Vec<u8>> {
    let mut salted = Zeroizing::new(vec![0; hash.bytes()]);
    pbkdf2::derive(hash.pbkdf2(), iterations, salt, password, &mut salted);
    salted
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
        let bad = IdentityError::Verifier;
        if text.len() > TEXT_BYTES_MAX {
            return Err(bad("it is too long"));
        }
        let mut parts = text.split('$');
        let (Some(mechanism), Some(cost), Some(keys), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(bad("it does not have three parts between `$` signs"));
        };
        let hash = Hash::of_name(mechanism).ok_or(bad(
            "its mechanism is neither SCRAM-SHA-256 nor SCRAM-SHA-512",
        ))?;
        let (count, salt) = cost.split_once(':').ok_or(bad("it has no salt"))?;
        let digits = count.bytes().all(|byte| byte.is_ascii_digit());
        let count = count
            .parse()
            .ok()
            .filter(|_| digits)
            .ok_or(bad("its count is no number"))?;
        let iterations = iterations(count)?;
        let salt = decode(salt)?;
        check_salt(&salt)?;
        let (stored, server) = keys.split_once(':').ok_or(bad("it lacks a key"))?;
        let keys = Keys {
            stored: decode(stored)?,
            server: decode(server)?,
        };
        if keys.stored.len() != hash.bytes() || keys.server.len() != hash.bytes() {
            return Err(bad("a key does not have the length of its hash"));
        }
        Ok(Self {
            hash,
            iterations,
            salt,
            keys,
        })
    }

    /// A verifier that no password matches, so that an unknown user is asked and costs the same.
    pub(crate) fn decoy(hash: Hash, iterations: NonZeroU32, salt: Vec<u8>) -> Self {
        // SECURITY: no hash is known whose digest is all zeros, so no proof fits.
        let keys = Keys {
            stored: vec![0; hash.bytes()],
            server: vec![0; hash.bytes()],
        };
        Self {
            hash,
            iterations,
            salt,
            keys,
        }
    }

    /// The SCRAM mechanism whose verifier it is, e.g. `SCRAM-SHA-256`.
    pub const fn mechanism(&self) -> &'static str {
        self.hash.name()
    }

    /// Whether this is the password, as `SASLprep` leaves it. Costs `iterations` rounds of HMAC; compares in
    /// constant time.
    pub fn matches(&self, password: &[u8]) -> bool {
        self.has(&self.derive_keys(password))
    }

    /// The keys that this password leads to. Costs `iterations` rounds of HMAC.
    pub(crate) fn derive_keys(&self, password: &[u8]) -> Keys {
        Keys::derive(self.hash, self.iterations, &self.salt, password)
    }

    /// Whether the verifier is of these keys; compares in constant time.
    pub(crate) fn has(&self, keys: &Keys) -> bool {
        let equal = constant_time::verify_slices_are_equal;
        let stored = equal(&keys.stored, &self.keys.stored).is_ok();
        let server = equal(&keys.server, &self.keys.server).is_ok();
        stored & server
    }

    /// Would one password lead to the same keys under both? Then one challenge is one of both.
    pub(crate) fn asks_as(&self, other: &Self) -> bool {
        (self.hash, self.iterations, &self.salt) == (other.hash, other.iterations, &other.salt)
    }

    /// What the server signs (`ServerSignature`), where the client's proof over this exchange is right
    /// (RFC 5802, section 3). Takes the same time whether it is or not.
    pub(crate) fn check_proof(&self, auth_message: &[u8], proof: &[u8]) -> Option<Vec<u8>> {
        let sign = |key: &[u8]| hmac::sign(&hmac::Key::new(self.hash.hmac(), key), auth_message);
        let signature = sign(&self.keys.stored);
        let pairs = proof.iter().zip(signature.as_ref());
        let key = Zeroizing::new(pairs.map(|(one, two)| one ^ two).collect::<Vec<u8>>());
        let stored = digest::digest(self.hash.digest(), &key);
        let server = sign(&self.keys.server);
        let proved = constant_time::verify_slices_are_equal(stored.as_ref(), &self.keys.stored);
        // A proof that is too short leads to a key that is too short, and to another hash.
        (proved.is_ok() && proof.len() == self.hash.bytes()).then(|| server.as_ref().to_vec())
    }

    /// The salt that a client is told.
    pub(crate) fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// A digest of its keys, which tells nothing about them.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        let both = Zeroizing::new([&*self.keys.stored, &*self.keys.server].concat());
        let mut print = [0; 32];
        let digest = digest::digest(&digest::SHA256, &both);
        for (to, from) in print.iter_mut().zip(digest.as_ref()) {
            *to = *from;
        }
        print
    }

    /// The hash function.
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    /// Rounds that one check costs.
    pub fn iterations(&self) -> u32 {
        self.iterations.get()
    }

    /// The text form of a new verifier of a password, as `SASLprep` leaves it.
    ///
    /// # Errors
    /// Where the salt or the number of iterations is outside of the bounds, or the password is no text.
    pub fn derive(
        hash: Hash,
        password: &[u8],
        salt: &[u8],
        iterations: u32,
    ) -> Result<String, IdentityError> {
        check_salt(salt)?;
        let iterations = self::iterations(iterations)?;
        let password = Zeroizing::new(prepared_password(password)?);
        let keys = Keys::derive(hash, iterations, salt, &password);
        let (salt, stored) = (STANDARD.encode(salt), STANDARD.encode(&keys.stored));
        let server = STANDARD.encode(&keys.server);
        let mechanism = hash.name();
        Ok(format!("{mechanism}${iterations}:{salt}${stored}:{server}"))
    }

    /// The text form of a new verifier with a random salt of 16 bytes.
    ///
    /// # Errors
    /// Where the number of iterations is outside of the bounds, or the platform has no randomness.
    pub fn generate(hash: Hash, password: &[u8], iterations: u32) -> Result<String, IdentityError> {
        let mut salt = [0; SALT_BYTES];
        aws_lc_rs::rand::fill(&mut salt)
            .map_err(|_| IdentityError::Cryptography("the platform has no random bytes"))?;
        Self::derive(hash, password, &salt, iterations)
    }
}

/// Do as much work as a check of this many rounds.
pub(crate) fn spend(rounds: u64, password: &[u8]) {
    if let Some(rounds) = u32::try_from(rounds).ok().and_then(NonZeroU32::new) {
        drop(Keys::derive(Hash::Sha256, rounds, &[0; 16], password));
    }
}

pub(crate) fn iterations(count: u32) -> Result<NonZeroU32, IdentityError> {
    let within = NonZeroU32::new(count)
        .filter(|count| (ITERATIONS_MIN..=ITERATIONS_MAX).contains(&count.get()));
    within.ok_or(IdentityError::Verifier(
        "its count is not between 4096 and 1000000",
    ))
}

fn check_salt(salt: &[u8]) -> Result<(), IdentityError> {
    if (SALT_BYTES_MIN..=SALT_BYTES_MAX).contains(&salt.len()) {
        Ok(())
    } else {
        Err(IdentityError::Verifier(
            "its salt does not have 8 to 128 bytes",
        ))
    }
}

fn decode(text: &str) -> Result<Vec<u8>, IdentityError> {
    STANDARD
        .decode(text)
        .map_err(|_| IdentityError::Verifier("a part is not base64"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The user `user` with password `pencil` of RFC 7677, section 3: salt and rounds stand there;
    /// its exchange is recomputed below from the keys.
    const SALT: &str = "W22ZaJ0SNY7soEsUEjb6gQ==";
    const TEXT: &str = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$\
        WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

    #[test]
    fn the_keys_are_those_of_rfc_7677() {
        let text = Verifier::derive(
            Hash::Sha256,
            b"pencil",
            &STANDARD.decode(SALT).unwrap(),
            4096,
        )
        .unwrap();
        assert_eq!(text, TEXT);
        let verifier = Verifier::parse(&text).unwrap();
        let message = "n=user,r=rOprNGfwEbeRWgbNEkqO,\
            r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,\
            c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let sign =
            |key: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message.as_bytes());
        let signature = STANDARD.encode(sign(&verifier.keys.server));
        assert_eq!(signature, "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        // ClientKey = ClientProof XOR ClientSignature; its hash is the StoredKey.
        let proof = STANDARD
            .decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
            .unwrap();
        let signed = sign(&verifier.keys.stored);
        let key: Vec<u8> = proof
            .iter()
            .zip(signed.as_ref())
            .map(|(one, two)| one ^ two)
            .collect();
        assert_eq!(
            digest::digest(&digest::SHA256, &key).as_ref(),
            verifier.keys.stored
        );
    }

    #[test]
    fn only_the_password_matches() {
        let verifier = Verifier::parse(TEXT).unwrap();
        assert!(verifier.matches(b"pencil"));
        assert!(!verifier.matches(b"pencil "));
        assert!(!verifier.matches(b""));
        let decoy = Verifier::decoy(Hash::Sha256, iterations(4096).unwrap(), vec![0; 16]);
        assert!(!decoy.matches(b"pencil"));
        assert_eq!(format!("{verifier:?}"), "Verifier(***)");
    }

    #[test]
    fn a_password_is_prepared_before_it_is_hashed() {
        let derive = |text: &str| Verifier::derive(Hash::Sha512, text.as_bytes(), &[7; 16], 4096);
        // RFC 4013, section 3: a soft hyphen is mapped to nothing, a ligature to its letter.
        assert_eq!(derive("I\u{ad}X").unwrap(), derive("IX").unwrap());
        assert_eq!(derive("\u{aa}").unwrap(), derive("a").unwrap());
        assert!(
            derive("\u{7}").is_err(),
            "a control character is prohibited"
        );
        assert!(
            derive("\u{627}1").is_err(),
            "what is written in two directions too"
        );
    }

    #[test]
    fn a_verifier_of_sha_512_is_read() {
        // Made with hashlib.pbkdf2_hmac("sha512", b"pencil", bytes(range(16)), 4096).
        let text = include_str!("../tests/fixtures/pencil-sha-512.verifier").trim();
        assert!(Verifier::parse(text).unwrap().matches(b"pencil"));
        assert!(!Verifier::parse(text).unwrap().matches(b"pencils"));
    }

    #[test]
    fn salts_are_random() {
        let make = || Verifier::generate(Hash::Sha256, b"x", 4096).unwrap();
        assert_ne!(make(), make());
        assert!(Verifier::parse(&make()).unwrap().matches(b"x"));
    }

    #[test]
    fn what_is_out_of_bounds_is_refused() {
        let with = |from: &str, to: &str| TEXT.replacen(from, to, 1);
        let long_salt = STANDARD.encode([0; SALT_BYTES_MAX + 1]);
        for text in [
            String::new(),
            with("SHA-256", "SHA-1"),
            with("SHA-256", "SHA-512"),
            with("4096", "4095"),
            with("4096", "1000001"),
            with("4096", "99999999999"),
            with("4096", "+4096"),
            with("4096", "-1"),
            with("4096", ""),
            with(SALT, "AAAA"),
            with(SALT, &long_salt),
            with(SALT, "not base64"),
            with("WG5d", "WG5"),
            with("wfPLwcE6", ""),
            format!("{TEXT}$"),
            format!("{TEXT}:AAAA"),
            " ".repeat(TEXT_BYTES_MAX + 1),
        ] {
            let error = Verifier::parse(&text).unwrap_err().to_string();
            assert!(!error.contains("WG5d"), "{error}");
        }
        assert!(Verifier::derive(Hash::Sha256, b"x", &[0; 7], 4096).is_err());
        assert!(Verifier::derive(Hash::Sha256, b"x", &[0; 16], 4095).is_err());
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(at in 0..TEXT.len(), with in "\\PC{0,3}", cut in 0..4_usize) {
            let end = (at + cut).min(TEXT.len());
            let text = format!("{}{with}{}", &TEXT[..at], &TEXT[end..]);
            if let Ok(verifier) = Verifier::parse(&text) {
                prop_assert!((ITERATIONS_MIN..=ITERATIONS_MAX).contains(&verifier.iterations()));
            }
        }
    }
}
