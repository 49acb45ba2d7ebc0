//! The names in a certificate whose chain somebody else has verified.

use std::fmt::Write;

use aws_lc_rs::digest;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use crate::error::IdentityError;

/// Longest certificate that is looked at.
pub const CERTIFICATE_BYTES_MAX: usize = 64 * 1024;
/// Most alternative names that are looked at; a certificate with more is refused.
pub const ALTERNATIVE_NAMES_MAX: usize = 256;

/// The names in a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// RFC 4514 name of the subject.
    pub subject: String,
    /// DNS names among the alternative names.
    pub dns: Vec<String>,
    /// URIs among the alternative names.
    pub uri: Vec<String>,
    /// Mail addresses among the alternative names.
    pub email: Vec<String>,
    /// Begin of its validity, ms since 1970.
    pub not_before_milliseconds: i64,
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
        not_before_milliseconds: certificate
            .validity()
            .not_before
            .timestamp()
            .saturating_mul(1000),
        not_after_milliseconds: certificate
            .validity()
            .not_after
            .timestamp()
            .saturating_mul(1000),
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
    Ok(names)
}

/// SHA-256 of a certificate's DER: its thumbprint, `x5t#S256` of RFC 8705 before it is written as base64url.
pub fn sha256(der: &[u8]) -> [u8; 32] {
    let mut thumbprint = [0; 32];
    thumbprint.copy_from_slice(digest::digest(&digest::SHA256, der).as_ref());
    thumbprint
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
    let name = match number.as_str() {
        "2.5.4.3" => "CN",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.6" => "C",
        "2.5.4.9" => "STREET",
        "0.9.2342.19200300.100.1.25" => "DC",
        "0.9.2342.19200300.100.1.1" => "UID",
        _ => &number,
    };
    Ok(format!("{name}={}", value(attribute)?))
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
