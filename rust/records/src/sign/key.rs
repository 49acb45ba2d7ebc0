//! Keys that sign, and those that verify.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair, UnparsedPublicKey,
};

use crate::cbor::{MAP, write_bytes, write_head, write_int};

/// `EdDSA` (RFC 9053, section 2.2), with Ed25519.
pub const ALGORITHM_EDDSA: i64 = -8;
/// ECDSA with SHA-256 (RFC 9053, section 2.1), on P-256.
pub const ALGORITHM_ES256: i64 = -7;
/// Bytes of a signature, of either algorithm.
pub const SIGNATURE_BYTES: usize = 64;
/// Bytes of the name of a key that signs.
pub const SIGNER_BYTES: usize = 16;
/// The name of a key that signs: the start of its thumbprint (RFC 9679, SHA-256).
pub type SignerId = [u8; SIGNER_BYTES];

/// `SubjectPublicKeyInfo` (RFC 8410) up to the 32 bytes of an Ed25519 key.
const ED25519_INFO: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
const ED25519_BYTES: usize = 32;
/// The same (RFC 5480) up to the point of a key on P-256, which is not compressed.
const P256_INFO: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\
    \x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
const P256_BYTES: usize = 65;

enum Pair {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
}

/// A private key. Never shown.
pub struct SigningKey {
    pair: Pair,
    public: VerifyingKey,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({:?}, key=***)", self.public)
    }
}

impl SigningKey {
    /// Reads a key of Ed25519 or P-256 (PKCS#8, DER); `None`: it is none of these.
    pub fn from_pkcs8(der: &[u8]) -> Option<Self> {
        if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
            let public = VerifyingKey::ed25519(pair.public_key().as_ref())?;
            let pair = Pair::Ed25519(pair);
            return Some(Self { pair, public });
        }
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).ok()?;
        let public = VerifyingKey::p256(pair.public_key().as_ref())?;
        let pair = Pair::P256(pair);
        Some(Self { pair, public })
    }

    /// What verifies its signatures.
    pub const fn public(&self) -> &VerifyingKey {
        &self.public
    }

    /// Signs. `None`: the system has no random numbers.
    pub(super) fn sign(&self, message: &[u8]) -> Option<[u8; SIGNATURE_BYTES]> {
        let signed = match &self.pair {
            Pair::Ed25519(pair) => pair.sign(message),
            Pair::P256(pair) => pair.sign(&SystemRandom::new(), message).ok()?,
        };
        signed.as_ref().try_into().ok()
    }
}

/// A public key, and whose it is.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    algorithm: i64,
    public: Box<[u8]>,
    id: SignerId,
    principal: Option<Arc<str>>,
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({:032x})", u128::from_be_bytes(self.id))
    }
}

impl VerifyingKey {
    /// Reads a key of Ed25519 or P-256 (`SubjectPublicKeyInfo`, DER); `None`: it is none of these.
    pub fn from_info(der: &[u8]) -> Option<Self> {
        match der.strip_prefix(ED25519_INFO) {
            Some(public) => Self::ed25519(public),
            None => Self::p256(der.strip_prefix(P256_INFO)?),
        }
    }

    fn ed25519(public: &[u8]) -> Option<Self> {
        (public.len() == ED25519_BYTES).then(|| Self::new(ALGORITHM_EDDSA, public))
    }

    fn p256(public: &[u8]) -> Option<Self> {
        let whole = public.len() == P256_BYTES && public.first() == Some(&4);
        whole.then(|| Self::new(ALGORITHM_ES256, public))
    }

    fn new(algorithm: i64, public: &[u8]) -> Self {
        let mut id = SignerId::default();
        let thumbprint = digest::digest(&digest::SHA256, &cose_key(algorithm, public));
        id.copy_from_slice(thumbprint.as_ref().get(..SIGNER_BYTES).unwrap_or_default());
        Self {
            algorithm,
            public: public.into(),
            id,
            principal: None,
        }
    }

    /// The same, of one producer: what it signs is that producer's and nobody else's.
    #[must_use]
    pub fn of_producer(mut self, principal: &str) -> Self {
        self.principal = Some(principal.into());
        self
    }

    /// [`ALGORITHM_EDDSA`] or [`ALGORITHM_ES256`].
    pub const fn algorithm(&self) -> i64 {
        self.algorithm
    }

    /// Its name, by which signatures select it.
    pub const fn id(&self) -> &SignerId {
        &self.id
    }

    /// The producer whose key it is; `None`: a gateway's, which signs for those whom it has authenticated.
    pub fn principal(&self) -> Option<&str> {
        self.principal.as_deref()
    }

    pub(super) fn verifies(&self, message: &[u8], signed: &[u8]) -> bool {
        let algorithm: &dyn signature::VerificationAlgorithm = match self.algorithm {
            ALGORITHM_EDDSA => &signature::ED25519,
            _ => &ECDSA_P256_SHA256_FIXED,
        };
        let key = UnparsedPublicKey::new(algorithm, &self.public);
        key.verify(message, signed).is_ok()
    }
}

/// The `COSE_Key` with what a thumbprint is of (RFC 9679, section 4).
fn cose_key(algorithm: i64, public: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(80);
    if algorithm == ALGORITHM_EDDSA {
        write_head(&mut out, MAP, 3);
        for (label, value) in [(1, 1), (-1, 6)] {
            write_int(&mut out, label);
            write_int(&mut out, value);
        }
        write_int(&mut out, -2);
        write_bytes(&mut out, public);
        return out;
    }
    write_head(&mut out, MAP, 4);
    for (label, value) in [(1, 2), (-1, 1)] {
        write_int(&mut out, label);
        write_int(&mut out, value);
    }
    let point = public.get(1..).unwrap_or_default();
    let (x, y) = point.split_at_checked(32).unwrap_or_default();
    for (label, half) in [(-2, x), (-3, y)] {
        write_int(&mut out, label);
        write_bytes(&mut out, half);
    }
    out
}
