//! What a list of revoked certificates (CRL, RFC 5280, section 5) says of itself.

use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

/// Longest list that is looked at.
pub const LIST_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Why a list without an end can't be used.
pub const ENDLESS: &str = "the list of revoked certificates says no time of the next one";

/// When a list was made, and when it is to be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// ms since 1970.
    pub this_update_milliseconds: i64,
    /// ms since 1970.
    pub next_update_milliseconds: i64,
}

/// What a list in DER says of itself. Nothing is verified here.
///
/// # Errors
/// Where the bytes are no list, or one without an end.
pub fn facts(der: &[u8]) -> Result<Facts, &'static str> {
    let list = read(der)?;
    let next_update = list.next_update().ok_or(ENDLESS)?;
    Ok(Facts {
        this_update_milliseconds: list.last_update().timestamp().saturating_mul(1000),
        next_update_milliseconds: next_update.timestamp().saturating_mul(1000),
    })
}

/// What a list's signature is checked with, as DER where nothing else is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// `issuer`.
    pub issuer: Vec<u8>,
    /// `tbsCertList`.
    pub signed: Vec<u8>,
    /// Bytes of the signature.
    pub signature: Vec<u8>,
}

/// The parts by which a list's signature is checked. Nothing is verified here.
///
/// # Errors
/// Where the bytes are no list.
pub fn signed(der: &[u8]) -> Result<Signed, &'static str> {
    let list = read(der)?;
    Ok(Signed {
        issuer: list.tbs_cert_list.issuer.as_raw().to_vec(),
        signed: list.tbs_cert_list.as_ref().to_vec(),
        signature: list.signature_value.data.to_vec(),
    })
}

fn read(der: &[u8]) -> Result<CertificateRevocationList<'_>, &'static str> {
    if der.len() > LIST_BYTES_MAX {
        return Err("the list of revoked certificates is too long");
    }
    let (rest, list) = CertificateRevocationList::from_der(der)
        .map_err(|_| "it is no list of revoked certificates")?;
    if !rest.is_empty() {
        return Err("bytes follow the list of revoked certificates");
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_list_is_told() {
        assert!(facts(b"").is_err());
        assert!(facts(b"-----BEGIN X509 CRL-----").is_err());
        assert!(facts(&[0x30, 0]).is_err());
    }
}
