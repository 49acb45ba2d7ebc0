//! What certificates, keys and lists of revoked certificates say of themselves, for whoever checks a bundle.
//!
//! It is here so that what is checked is read by the same code as what is used.

use std::fmt::Write as _;

use rustls::crypto::aws_lc_rs;
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use serde::Serialize;
use streamward_identity::{certificate, revocation};

/// First byte of DER, which no PEM begins with.
const DER_SEQUENCE: u8 = 0x30;
/// Content of the OID of Ed25519 (RFC 8410), with its tag and length.
const ED25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CertificateFacts {
    /// RFC 4514 name of its subject.
    pub subject: String,
    /// ms since 1970.
    pub begins_milliseconds: i64,
    /// ms since 1970.
    pub ends_milliseconds: i64,
    /// SHA-256 of its public key (`subjectPublicKeyInfo`), in hex.
    pub public_key: String,
}

/// A private key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyFacts {
    /// SHA-256 of its public key (`subjectPublicKeyInfo`), in hex.
    pub public_key: String,
    /// Can it sign as Ed25519 does?
    pub is_ed25519: bool,
}

/// Why a private key can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyProblem {
    /// It is protected by a password.
    Encrypted,
    /// It is none in PEM, or of a kind that is not taken.
    NoKey,
}

/// A list of revoked certificates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListFacts {
    /// When it is to be replaced, ms since 1970; `None`: it does not say so.
    pub next_update_milliseconds: Option<i64>,
}

/// Every certificate in PEM, in order.
///
/// # Errors
/// Where there is none, or one can't be read.
pub fn certificates(pem: &[u8]) -> Result<Vec<CertificateFacts>, String> {
    let facts = |der: CertificateDer<'static>| {
        let parts = certificate::parts(&der).map_err(|error| error.to_string())?;
        Ok(CertificateFacts {
            // An authority may have a name that no client could have.
            subject: certificate::subject(&der).unwrap_or_default(),
            begins_milliseconds: parts.not_before_milliseconds,
            ends_milliseconds: parts.not_after_milliseconds,
            public_key: hex(&certificate::sha256(&parts.public_key_info)),
        })
    };
    ders(pem)?.into_iter().map(facts).collect()
}

fn ders(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let ders: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(pem).collect();
    let ders = ders.map_err(|error| error.to_string())?;
    if ders.is_empty() {
        return Err("no certificate in it".to_owned());
    }
    Ok(ders)
}

/// The first private key in PEM.
///
/// # Errors
/// Where it can't be used.
pub fn private_key(pem: &[u8]) -> Result<KeyFacts, KeyProblem> {
    let Ok(der) = PrivateKeyDer::from_pem_slice(pem) else {
        return Err(if is_encrypted(pem) {
            KeyProblem::Encrypted
        } else {
            KeyProblem::NoKey
        });
    };
    let key = aws_lc_rs::sign::any_supported_type(&der).map_err(|_| {
        // RFC 1421 says so in a header, and the label is the same.
        if is_encrypted(pem) {
            KeyProblem::Encrypted
        } else {
            KeyProblem::NoKey
        }
    })?;
    let public = key.public_key().ok_or(KeyProblem::NoKey)?;
    let is_ed25519 = public.windows(ED25519.len()).any(|it| it == ED25519);
    Ok(KeyFacts {
        public_key: hex(&certificate::sha256(&public)),
        is_ed25519,
    })
}

fn is_encrypted(pem: &[u8]) -> bool {
    let has = |text: &[u8]| pem.windows(text.len()).any(|it| it == text);
    has(b"BEGIN ENCRYPTED PRIVATE KEY") || has(b"Proc-Type: 4,ENCRYPTED")
}

/// Every list of revoked certificates in PEM, or the one in DER.
///
/// # Errors
/// Where there is none, or one can't be read.
pub fn lists(bytes: &[u8]) -> Result<Vec<ListFacts>, String> {
    let facts = |der: CertificateRevocationListDer<'static>| match revocation::facts(&der) {
        Ok(facts) => Ok(Some(facts.next_update_milliseconds)),
        Err(revocation::ENDLESS) => Ok(None),
        Err(error) => Err(error.to_owned()),
    };
    let facts = |der| {
        facts(der).map(|next_update_milliseconds| ListFacts {
            next_update_milliseconds,
        })
    };
    list_ders(bytes)?.into_iter().map(facts).collect()
}

fn list_ders(bytes: &[u8]) -> Result<Vec<CertificateRevocationListDer<'static>>, String> {
    if bytes.first() == Some(&DER_SEQUENCE) {
        return Ok(vec![bytes.to_vec().into()]);
    }
    let lists: Result<Vec<_>, pem::Error> =
        CertificateRevocationListDer::pem_slice_iter(bytes).collect();
    let lists = lists.map_err(|error| error.to_string())?;
    if lists.is_empty() {
        return Err("no list of revoked certificates in it".to_owned());
    }
    Ok(lists)
}

/// Does one of the lists bear the name of one of these certificates, and the signature of none of that name?
///
/// A list of another authority below it can't be judged here; that is done where it is used.
///
/// # Errors
/// Where one can't be read.
pub fn is_forged(list: &[u8], authority: &[u8]) -> Result<bool, String> {
    let signers: Result<Vec<_>, _> = ders(authority)?
        .iter()
        .map(|der| certificate::parts(der))
        .collect();
    let signers = signers.map_err(|error| error.to_string())?;
    for der in list_ders(list)? {
        let list = revocation::signed(&der)?;
        let mut named = signers.iter().filter(|it| it.subject == list.issuer);
        let mut named = named.by_ref().peekable();
        if named.peek().is_some() && !named.any(|signer| is_signed(&list, signer)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_signed(list: &revocation::Signed, signer: &certificate::Parts) -> bool {
    let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
    algorithms.all.iter().any(|algorithm| {
        algorithm
            .verify_signature(&signer.public_key, &list.signed, &list.signature)
            .is_ok()
    })
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
