//! The names in a certificate whose chain somebody else has verified.

use std::fmt::Write;

use aws_lc_rs::digest;
use x509_parser::extensions::{GeneralName, KeyUsage};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;
use x509_parser::time::ASN1Time;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use crate::error::IdentityError;
use crate::rfc2253;
use crate::spiffe::{self, SpiffeId};

/// Longest certificate that is looked at.
pub const CERTIFICATE_BYTES_MAX: usize = 64 * 1024;
/// Most alternative names that are looked at; a certificate with more is refused.
pub const ALTERNATIVE_NAMES_MAX: usize = 256;

/// The names in a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// RFC 4514 name of the subject.
    pub subject: String,
    /// The subject as mapping rules see it; `None`: it can't be written so.
    pub subject_of_java: Option<String>,
    /// DNS names among the alternative names.
    pub dns: Vec<String>,
    /// URIs among the alternative names.
    pub uri: Vec<String>,
    /// Mail addresses among the alternative names.
    pub email: Vec<String>,
    /// Begin of its validity, ms since 1970.
    pub not_before_milliseconds: i64,
    /// Its SPIFFE ID, if it is an X.509-SVID; or why it is none although it claims one.
    pub spiffe: Option<Result<SpiffeId, &'static str>>,
    /// End of its validity, ms since 1970.
    pub not_after_milliseconds: i64,
}

/// RFC 4514 name of the subject of a certificate.
///
/// The relative names stand in reverse order of the certificate, joined by `,`; several attributes
/// of one relative name are joined by `+` in the order of the certificate. Attributes are named
/// `CN`, `L`, `ST`, `O`, `OU`, `C`, `STREET`, `DC` and `UID`, all others by their number. In a
/// value the characters `\ " + , ; < >` and a blank or `#` in front or a blank at the end get a `\`,
/// and NUL becomes `\00`; a bit string is `#` and its hex. That is what Python's `cryptography`
/// prints.
///
/// # Errors
/// Where the bytes are not a certificate that we can name.
pub fn subject(der: &[u8]) -> Result<String, IdentityError> {
    names(der).map(|names| names.subject)
}

/// The names in a certificate. Nothing is verified here.
///
/// # Errors
/// Where the bytes are not a certificate that we can name.
pub fn names(der: &[u8]) -> Result<Names, IdentityError> {
    let bad = IdentityError::Certificate;
    if der.len() > CERTIFICATE_BYTES_MAX {
        return Err(bad("it is too long"));
    }
    let (rest, certificate) =
        X509Certificate::from_der(der).map_err(|_| bad("it is not a certificate"))?;
    if !rest.is_empty() {
        return Err(bad("bytes follow it"));
    }
    let mut names = Names {
        subject: rfc4514(certificate.subject())?,
        not_before_milliseconds: milliseconds(certificate.validity().not_before),
        subject_of_java: rfc2253::name(certificate.subject()),
        not_after_milliseconds: milliseconds(certificate.validity().not_after),
        ..Names::default()
    };
    let alternative = certificate
        .subject_alternative_name()
        .map_err(|_| bad("its alternative names cannot be read"))?;
    let general_names = alternative.map_or(&[][..], |found| &found.value.general_names);
    if general_names.len() > ALTERNATIVE_NAMES_MAX {
        return Err(bad("it has too many alternative names"));
    }
    for name in general_names {
        match name {
            GeneralName::DNSName(name) => names.dns.push((*name).to_owned()),
            GeneralName::URI(name) => names.uri.push((*name).to_owned()),
            GeneralName::RFC822Name(name) => names.email.push((*name).to_owned()),
            GeneralName::Invalid(..) => return Err(bad("an alternative name cannot be read")),
            _ => {}
        }
    }
    let usage = certificate
        .key_usage()
        .map_err(|_| bad("its key usage cannot be read"))?;
    let usage = usage.map(|found| found.value);
    names.spiffe = spiffe::of_leaf(spiffe::Leaf {
        uris: &names.uri,
        signs: usage.is_some_and(KeyUsage::digital_signature),
        issues: usage.is_some_and(|it| it.key_cert_sign() || it.crl_sign()),
    })
    .transpose();
    Ok(names)
}

fn milliseconds(time: ASN1Time) -> i64 {
    time.timestamp().saturating_mul(1000)
}

/// Raw parts of a certificate, as DER.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// `subject`.
    pub subject: Vec<u8>,
    /// `subjectPublicKeyInfo`.
    pub public_key_info: Vec<u8>,
    /// Content of its bit string: what a signature is checked with.
    pub public_key: Vec<u8>,
    /// Begin of its validity, ms since 1970.
    pub not_before_milliseconds: i64,
    /// End of its validity, ms since 1970.
    pub not_after_milliseconds: i64,
}

/// The parts of a certificate by which it is paired with its key and with what it signed. Nothing is verified here.
///
/// # Errors
/// Where the bytes are not a certificate.
pub fn parts(der: &[u8]) -> Result<Parts, IdentityError> {
    let bad = IdentityError::Certificate;
    let (_, certificate) =
        X509Certificate::from_der(der).map_err(|_| bad("it is not a certificate"))?;
    let key = certificate.public_key();
    Ok(Parts {
        subject: certificate.subject().as_raw().to_vec(),
        public_key_info: key.raw.to_vec(),
        public_key: key.subject_public_key.data.to_vec(),
        not_before_milliseconds: milliseconds(certificate.validity().not_before),
        not_after_milliseconds: milliseconds(certificate.validity().not_after),
    })
}

/// SHA-256 of a certificate's DER: its thumbprint, `x5t#S256` of RFC 8705 before it is written as base64url.
pub fn sha256(der: &[u8]) -> [u8; 32] {
    let mut thumbprint = [0; 32];
    thumbprint.copy_from_slice(digest::digest(&digest::SHA256, der).as_ref());
    thumbprint
}

/// Fewest bits of an RSA key that is taken.
pub const RSA_BITS_MIN: usize = 2048;
/// And most: to check a signature of a longer one takes a peer's word for how long we work.
pub const RSA_BITS_MAX: usize = 8192;

/// Is the key of a certificate of a kind and strength that is taken: RSA of 2048 bits or more, P-256, P-384, P-521,
/// Ed25519?
///
/// # Errors
/// Says what is wrong with it.
pub fn check_key(der: &[u8]) -> Result<(), &'static str> {
    let (_, certificate) = X509Certificate::from_der(der).map_err(|_| "it is not a certificate")?;
    let key = certificate.public_key();
    match key.algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.113549.1.1.1" => match key.parsed() {
            Ok(PublicKey::RSA(rsa)) if rsa.key_size() < RSA_BITS_MIN => {
                Err("the certificate's key is too weak: RSA of less than 2048 bits")
            }
            Ok(PublicKey::RSA(rsa)) if rsa.key_size() <= RSA_BITS_MAX => Ok(()),
            _ => Err("the certificate's RSA key can't be used"),
        },
        "1.2.840.10045.2.1" => {
            let curve = key
                .algorithm
                .parameters
                .as_ref()
                .and_then(|it| it.as_oid().ok());
            match curve.map(|it| it.to_id_string()).as_deref() {
                Some("1.2.840.10045.3.1.7" | "1.3.132.0.34" | "1.3.132.0.35") => Ok(()),
                _ => Err("the certificate's key is on a curve that is too weak, or not known"),
            }
        }
        "1.3.101.112" => Ok(()),
        _ => Err("the certificate's key is of a kind that is not taken"),
    }
}

fn rfc4514(name: &X509Name<'_>) -> Result<String, IdentityError> {
    let mut parts = Vec::new();
    for relative in name.iter_rdn() {
        let attributes: Result<Vec<_>, _> = relative.iter().map(attribute).collect();
        parts.push(attributes?.join("+"));
    }
    parts.reverse();
    Ok(parts.join(","))
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> Result<String, IdentityError> {
    let number = attribute.attr_type().to_id_string();
    let name = keyword(&number).unwrap_or(&number);
    Ok(format!("{name}={}", value(attribute)?))
}

/// The short name of a type of attributes, as RFC 2253 and RFC 4514 list them.
pub(crate) fn keyword(number: &str) -> Option<&'static str> {
    Some(match number {
        "2.5.4.3" => "CN",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.6" => "C",
        "2.5.4.9" => "STREET",
        "0.9.2342.19200300.100.1.25" => "DC",
        "0.9.2342.19200300.100.1.1" => "UID",
        _ => return None,
    })
}

/// Tags of the types of strings that are not UTF-8 or a part of it.
const BIT_STRING: u32 = 3;
const UNIVERSAL_STRING: u32 = 28;
const BMP_STRING: u32 = 30;

fn value(attribute: &AttributeTypeAndValue<'_>) -> Result<String, IdentityError> {
    let bad = || IdentityError::Certificate("a name in it is not text");
    let any = attribute.attr_value();
    let bytes = any.data;
    let text = match any.header.tag().0 {
        BIT_STRING if bytes.is_empty() => return Ok(String::new()),
        BIT_STRING => return Ok(hex(bytes)),
        BMP_STRING => {
            let (units, rest) = bytes.as_chunks::<2>();
            let units: Vec<u16> = units.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
            String::from_utf16(&units)
                .ok()
                .filter(|_| rest.is_empty())
                .ok_or_else(bad)?
        }
        UNIVERSAL_STRING => {
            let (units, rest) = bytes.as_chunks::<4>();
            let characters = units
                .iter()
                .map(|unit| char::from_u32(u32::from_be_bytes(*unit)));
            let text: Option<String> = characters.collect();
            text.filter(|_| rest.is_empty()).ok_or_else(bad)?
        }
        _ => std::str::from_utf8(bytes).map_err(|_| bad())?.to_owned(),
    };
    Ok(escaped(&text))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(1 + 2 * bytes.len());
    text.push('#');
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 2);
    if text.starts_with('#') || (text.starts_with(' ') && text.len() > 1) {
        escaped.push('\\');
    }
    for character in text.chars() {
        match character {
            '\\' | '"' | '+' | ',' | ';' | '<' | '>' => escaped.extend(['\\', character]),
            '\0' => escaped.push_str("\\00"),
            _ => escaped.push(character),
        }
    }
    if text.ends_with(' ') {
        escaped.pop();
        escaped.push_str("\\ ");
    }
    escaped
}
