//! Which authorities vouch for a client's certificate: their roots, their lists of revoked certificates.
//!
//! Each authority has a verifier of its own, so that a chain tells whose it is, and what one authority has revoked no
//! other brings back. A peer is told the same alert whatever is wrong; the log gets the reason.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, RootCertStore,
    SignatureScheme,
};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use streamward_identity::{Issuer, UnknownRevocation, certificate, revocation};

use super::Current;
use crate::metrics::TlsFailure;
use crate::session::{Close, Session};

/// Why a client's certificate is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Untrusted {
    /// For a person.
    pub reason: String,
    /// For figures.
    pub failure: TlsFailure,
    /// The certificate may still be good: only what says so can't be asked now.
    pub unanswered: bool,
}

/// One authority, as it is declared.
pub struct Declared<'a> {
    /// Who it is.
    pub issuer: Issuer,
    /// Its certificates.
    pub roots: Arc<RootCertStore>,
    /// Its lists of revoked certificates, each with its reference.
    pub lists: Vec<(&'a str, CertificateRevocationListDer<'static>)>,
    /// What becomes of a certificate on which no list says anything.
    pub unknown: UnknownRevocation,
    /// Everything that it consists of.
    pub bytes: Vec<&'a [u8]>,
}

#[derive(Debug)]
struct Authority {
    issuer: Issuer,
    verifier: Arc<dyn ClientCertVerifier>,
    lists: Vec<List>,
}

/// A list of revoked certificates that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// The authority, for a person.
    pub authority: String,
    /// Where it comes from.
    pub reference: String,
    /// When it was to be replaced, ms since 1970.
    pub next_update_milliseconds: i64,
}

/// All authorities that may vouch for clients of a listener.
#[derive(Debug)]
pub struct Trust {
    authorities: Vec<Authority>,
    hints: Vec<DistinguishedName>,
    mandatory: bool,
    fingerprint: [u8; 32],
}

impl Trust {
    /// Makes ready what is declared; at least one authority.
    ///
    /// # Errors
    /// Says what can't be used.
    pub fn build(
        declared: Vec<Declared<'_>>,
        mandatory: bool,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, String> {
        let (mut authorities, mut hints) = (Vec::new(), Vec::new());
        let mut hashed = digest::Context::new(&digest::SHA256);
        for each in declared {
            hashed.update(
                format!("{:?} {:?} {}", each.issuer, each.unknown, each.bytes.len()).as_bytes(),
            );
            for bytes in &each.bytes {
                hashed.update(digest::digest(&digest::SHA256, bytes).as_ref());
            }
            hints.extend(each.roots.subjects());
            authorities.push(authority(each, provider)?);
        }
        if authorities.is_empty() {
            return Err("no authority".to_owned());
        }
        let mut fingerprint = [0; 32];
        fingerprint.copy_from_slice(hashed.finish().as_ref());
        Ok(Self {
            authorities,
            hints,
            mandatory,
            fingerprint,
        })
    }

    /// The authorities at which the chain ends.
    ///
    /// # Errors
    /// Where there is none, or one has revoked it, or can't tell and must.
    pub fn vouch(
        &self,
        chain: &[CertificateDer<'_>],
        now_milliseconds: i64,
    ) -> Result<Vec<Issuer>, Untrusted> {
        let Some((leaf, intermediates)) = chain.split_first() else {
            return Err(untrusted(
                "it shows no certificate",
                TlsFailure::NoCertificate,
            ));
        };
        let now = u64::try_from(now_milliseconds).unwrap_or_default();
        self.vouchers(
            leaf,
            intermediates,
            UnixTime::since_unix_epoch(Duration::from_millis(now)),
        )
    }

    fn vouchers(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<Vec<Issuer>, Untrusted> {
        let mut issuers = Vec::new();
        let mut refused: Option<Untrusted> = None;
        for authority in &self.authorities {
            match authority
                .verifier
                .verify_client_cert(leaf, intermediates, now)
            {
                Ok(_) => issuers.push(authority.issuer.clone()),
                Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {}
                Err(error) => {
                    let found = judged(&error);
                    // SECURITY: what one has revoked, none brings back.
                    if found.failure == TlsFailure::Revoked {
                        return Err(found);
                    }
                    refused = refused.or(Some(found));
                }
            }
        }
        if let Some(refused) = refused.filter(|it| issuers.is_empty() || it.unanswered) {
            return Err(refused);
        }
        if issuers.is_empty() {
            return Err(untrusted(
                "no authority that is declared has signed the certificate",
                TlsFailure::UnknownAuthority,
            ));
        }
        certificate::check_key(leaf).map_err(|what| untrusted(what, TlsFailure::BadCertificate))?;
        Ok(issuers)
    }

    /// Every list of revoked certificates that is asked.
    pub fn lists(&self) -> impl Iterator<Item = &List> {
        self.authorities.iter().flat_map(|it| &it.lists)
    }
}

fn authority(declared: Declared<'_>, provider: &Arc<CryptoProvider>) -> Result<Authority, String> {
    let mut lists = Vec::new();
    let mut crls = Vec::new();
    for (reference, der) in declared.lists {
        let facts = revocation::facts(&der).map_err(|what| format!("`{reference}`: {what}"))?;
        lists.push(List {
            authority: match &declared.issuer {
                Issuer::Listener => "client_ca".to_owned(),
                Issuer::Authority(name) => name.to_string(),
            },
            reference: reference.to_owned(),
            next_update_milliseconds: facts.next_update_milliseconds,
        });
        crls.push(der);
    }
    let mut builder = WebPkiClientVerifier::builder_with_provider(declared.roots, provider.clone());
    if !crls.is_empty() {
        builder = builder.with_crls(crls).enforce_revocation_expiration();
        if declared.unknown == UnknownRevocation::Accept {
            builder = builder.allow_unknown_revocation_status();
        }
    }
    Ok(Authority {
        issuer: declared.issuer,
        verifier: builder.build().map_err(|error| error.to_string())?,
        lists,
    })
}

fn untrusted(reason: &str, failure: TlsFailure) -> Untrusted {
    Untrusted {
        reason: reason.to_owned(),
        failure,
        unanswered: false,
    }
}

/// What an error of verification means, in words of ours.
fn judged(error: &Error) -> Untrusted {
    let revocation = |reason: &str| Untrusted {
        unanswered: true,
        ..untrusted(reason, TlsFailure::RevocationUnknown)
    };
    let certificate = match error {
        Error::InvalidCertificate(certificate) => certificate,
        Error::InvalidCertRevocationList(what) => {
            return revocation(&format!(
                "a list of revoked certificates can't be used: {what:?}"
            ));
        }
        other => return untrusted(&other.to_string(), TlsFailure::BadCertificate),
    };
    let bad = |reason: &str| untrusted(reason, TlsFailure::BadCertificate);
    match certificate {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => untrusted(
            "the certificate, or one of its chain, has expired",
            TlsFailure::Expired,
        ),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => untrusted(
            "the certificate, or one of its chain, is not valid yet",
            TlsFailure::Expired,
        ),
        CertificateError::Revoked => untrusted(
            "the certificate, or one of its chain, is revoked by its authority's list",
            TlsFailure::Revoked,
        ),
        CertificateError::UnknownRevocationStatus => {
            revocation("no list says whether the certificate is revoked")
        }
        CertificateError::ExpiredRevocationList
        | CertificateError::ExpiredRevocationListContext { .. } => {
            revocation("the list of revoked certificates has expired")
        }
        CertificateError::BadSignature => bad("a signature in the certificate's chain is wrong"),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            bad("the certificate is not for clients: its extended key usage lacks `clientAuth`")
        }
        CertificateError::BadEncoding => bad("the certificate can't be read"),
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => bad(
            "a signature in the certificate's chain is of a kind that is too weak, or not known",
        ),
        CertificateError::Other(OtherError(what)) => {
            bad(&format!("the certificate can't be used: {what}"))
        }
        other => bad(&format!("the certificate can't be used: {other}")),
    }
}

/// One alert for everything that is wrong with a certificate (`certificate_unknown`); the reason travels inside.
fn hidden(untrusted: Untrusted) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(untrusted))))
}

/// What was hidden from the peer.
pub fn revealed(error: &Error) -> Option<&Untrusted> {
    match error {
        Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) => {
            inner.downcast_ref()
        }
        _ => None,
    }
}

/// What signs for the peer in the handshake is the key of its certificate, or not.
fn proved(
    result: Result<HandshakeSignatureValid, Error>,
) -> Result<HandshakeSignatureValid, Error> {
    result.map_err(|_| {
        hidden(untrusted("it does not hold the key of the certificate that it shows, or signs in a way that is not taken", TlsFailure::BadCertificate))
    })
}

impl Trust {
    /// All verifiers know the same signatures.
    fn any(&self) -> Result<&Arc<dyn ClientCertVerifier>, Error> {
        let first = self.authorities.first().map(|it| &it.verifier);
        first.ok_or_else(|| Error::General("no authority".to_owned()))
    }
}

impl ClientCertVerifier for Trust {
    fn client_auth_mandatory(&self) -> bool {
        self.mandatory
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.vouchers(end_entity, intermediates, now)
            .map(|_| ClientCertVerified::assertion())
            .map_err(hidden)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        proved(self.any()?.verify_tls12_signature(message, cert, dss))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        proved(self.any()?.verify_tls13_signature(message, cert, dss))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let first = self.authorities.first();
        first.map_or_else(Vec::new, |it| it.verifier.supported_verify_schemes())
    }
}

/// The chain that a client showed, to be judged again when what vouches for it changes.
pub struct Shown {
    chain: Vec<CertificateDer<'static>>,
    judged_by: [u8; 32],
}

impl Shown {
    /// A chain that this has vouched for.
    pub fn new(chain: &[CertificateDer<'_>], trust: &Trust) -> Self {
        let chain = chain.iter().map(|it| it.clone().into_owned());
        Self {
            chain: chain.collect(),
            judged_by: trust.fingerprint,
        }
    }

    /// Is it still vouched for by what is in force? If not, the session enters it, and ends.
    ///
    /// # Errors
    /// Why the connection ends.
    pub fn judge_again(
        &mut self,
        current: &Current,
        session: &mut Session,
        now: i64,
    ) -> Result<(), Close> {
        let listener = session.listener();
        if current.tls.closed.contains_key(listener) {
            return Ok(()); // nothing can be said about it now
        }
        let secured = current.tls.listeners.get(listener);
        let trust = secured.and_then(|it| it.trust.as_deref());
        let judged = self.judge(trust, now);
        judged.map_err(|reason| session.disowned(&reason, now))
    }

    /// Is it still vouched for? A list that has expired or is missing is no reason to end what runs: it says
    /// nothing about this certificate. Whoever comes anew is refused.
    ///
    /// # Errors
    /// Says why not.
    fn judge(&mut self, trust: Option<&Trust>, now_milliseconds: i64) -> Result<(), String> {
        let Some(trust) = trust else {
            return Err("certificates of clients are no longer taken here".to_owned());
        };
        if trust.fingerprint == self.judged_by {
            return Ok(());
        }
        match trust.vouch(&self.chain, now_milliseconds) {
            Err(untrusted) if !untrusted.unanswered => Err(untrusted.reason),
            _ => {
                self.judged_by = trust.fingerprint;
                Ok(())
            }
        }
    }
}
