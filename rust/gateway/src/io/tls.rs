//! TLS towards clients and brokers, from the snapshot's references.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::NoServerSessionStorage;
use rustls::{
    CipherSuite, ClientConfig, Error, ProtocolVersion, RootCertStore, ServerConfig,
    ServerConnection, version,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use streamward_identity::revocation::{self, Facts};
use streamward_identity::{Issuer, UnknownRevocation};

use super::login::Login;
use super::trust::{Declared, Trust, revealed};
use crate::caller::TlsSession;
use crate::error::GatewayError;
use crate::metrics::TlsFailure;
use crate::snapshot::{
    ClientCertificate, ClusterSection, ListenerTls, Snapshot, TlsVersion, UpstreamTls,
};

/// The first byte of a list in DER, and of nothing in PEM.
const DER_SEQUENCE: u8 = 0x30;

/// TLS of everything that a snapshot declares.
#[derive(Default)]
pub struct Configurations {
    /// By listener; absent: plaintext.
    pub listeners: HashMap<String, Secured>,
    /// By cluster; absent: plaintext.
    pub clusters: HashMap<String, Arc<ClientConfig>>,
    /// By cluster, the reference whose lease has ended: its brokers can't be spoken to.
    pub withheld: HashMap<String, String>,
    /// By listener, the reference that has no bytes any more: nobody comes in there, those who are in stay.
    pub closed: HashMap<String, String>,
    /// By cluster and principal, as whom brokers see it; only where they see a credential of its own.
    pub mapped: HashMap<String, HashMap<String, Mapped>>,
    /// By cluster, how the gateway logs in; absent: not by SASL.
    pub logins: HashMap<String, Arc<Login>>,
}

/// As whom brokers see one principal.
pub struct Mapped {
    /// Its login; absent: its certificate proves it.
    pub login: Option<Arc<Login>>,
    /// TLS with its certificate; absent: in clear.
    pub tls: Option<Arc<ClientConfig>>,
}

/// TLS of a listener.
#[derive(Clone)]
pub struct Secured {
    /// Everything that a handshake needs.
    pub configuration: Arc<ServerConfig>,
    /// Who vouches for clients; `None`: no certificate is asked for.
    pub trust: Option<Arc<Trust>>,
}

impl Configurations {
    /// Reads every certificate and key that the snapshot refers to.
    pub fn build(snapshot: &Snapshot) -> Result<Self, GatewayError> {
        let mut configurations = Self::default();
        for listener in snapshot.listeners.iter() {
            if let Some(tls) = &listener.tls {
                if let Some(reference) = withheld_from(snapshot, tls) {
                    configurations
                        .closed
                        .insert(listener.name.clone(), reference.to_owned());
                    continue;
                }
                let secured = server(snapshot, tls)?;
                configurations
                    .listeners
                    .insert(listener.name.clone(), secured);
            }
        }
        for cluster in snapshot.clusters.iter() {
            let mapped = mapped(snapshot, cluster)?;
            configurations.mapped.insert(cluster.name.clone(), mapped);
            if let Some(sasl) = &cluster.sasl {
                let login = Arc::new(Login::build(snapshot, sasl)?);
                configurations.logins.insert(cluster.name.clone(), login);
            }
            if let Some(tls) = &cluster.tls {
                if let Some(reference) = withheld(snapshot, tls) {
                    configurations
                        .withheld
                        .insert(cluster.name.clone(), reference.to_owned());
                    continue;
                }
                let configuration = Arc::new(client(snapshot, tls)?);
                configurations
                    .clusters
                    .insert(cluster.name.clone(), configuration);
            }
        }
        Ok(configurations)
    }
}

/// As whom brokers of a cluster see each principal; those whose certificate is withheld are left out.
fn mapped(
    snapshot: &Snapshot,
    cluster: &ClusterSection,
) -> Result<HashMap<String, Mapped>, GatewayError> {
    let mut found = HashMap::new();
    for section in &cluster.principals {
        let own = cluster.tls.as_ref().map(|tls| UpstreamTls {
            certificate: section.certificate.clone(),
            key: section.key.clone(),
            ..tls.clone()
        });
        if own
            .as_ref()
            .is_some_and(|tls| withheld(snapshot, tls).is_some())
        {
            continue;
        }
        let tls = own.map(|tls| client(snapshot, &tls)).transpose()?;
        let login = section.sasl.as_ref();
        let login = login.map(|sasl| Login::build(snapshot, sasl)).transpose()?;
        let one = Mapped {
            login: login.map(Arc::new),
            tls: tls.map(Arc::new),
        };
        found.insert(section.principal.clone(), one);
    }
    Ok(found)
}

/// The reference that has no bytes any more.
fn withheld<'t>(snapshot: &Snapshot, tls: &'t UpstreamTls) -> Option<&'t str> {
    let references = [Some(&tls.ca), tls.certificate.as_ref(), tls.key.as_ref()];
    let mut references = references.into_iter().flatten().map(String::as_str);
    references.find(|it| snapshot.materials.is_withheld(it))
}

/// The reference of a listener that has no bytes any more.
fn withheld_from<'s>(snapshot: &'s Snapshot, tls: &'s ListenerTls) -> Option<&'s str> {
    let named = |name: &String| tls.client_authorities.contains(name);
    let authorities = snapshot.identity.authorities.iter();
    let of_authorities = authorities
        .filter(|it| named(&it.name))
        .flat_map(|it| std::iter::once(&it.ca).chain(&it.crls));
    let own = [
        Some(&tls.certificate),
        Some(&tls.key),
        tls.client_ca.as_ref(),
    ];
    let mut references = own.into_iter().flatten().chain(of_authorities);
    let found = references.find(|it| snapshot.materials.is_withheld(it));
    found.map(String::as_str)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "for errors that are at hand by value"
)]
fn wrong(reference: &str, what: &(impl ToString + ?Sized)) -> GatewayError {
    GatewayError::Tls {
        reference: reference.to_owned(),
        what: what.to_string(),
    }
}

fn certificates(
    snapshot: &Snapshot,
    reference: &str,
) -> Result<Vec<CertificateDer<'static>>, GatewayError> {
    let pem = snapshot.material(reference)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let chain = chain.map_err(|error| wrong(reference, &error))?;
    if chain.is_empty() {
        return Err(wrong(reference, "no certificate in it"));
    }
    Ok(chain)
}

fn key(snapshot: &Snapshot, reference: &str) -> Result<PrivateKeyDer<'static>, GatewayError> {
    PrivateKeyDer::from_pem_slice(snapshot.material(reference)?)
        .map_err(|_| wrong(reference, "no private key that can be read"))
}

fn roots(snapshot: &Snapshot, reference: &str) -> Result<Arc<RootCertStore>, GatewayError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(snapshot, reference)? {
        roots
            .add(certificate)
            .map_err(|error| wrong(reference, &error))?;
    }
    Ok(Arc::new(roots))
}

fn lists<'a>(
    snapshot: &Snapshot,
    reference: &'a str,
) -> Result<Vec<(&'a str, CertificateRevocationListDer<'static>)>, GatewayError> {
    let bytes = snapshot.material(reference)?;
    if bytes.first() == Some(&DER_SEQUENCE) {
        return Ok(vec![(reference, bytes.to_vec().into())]);
    }
    let lists: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(bytes).collect();
    let lists = lists.map_err(|error| wrong(reference, &error))?;
    if lists.is_empty() {
        return Err(wrong(reference, "no list of revoked certificates in it"));
    }
    Ok(lists.into_iter().map(|list| (reference, list)).collect())
}

/// What the list of revoked certificates under a reference says of itself; of several, the oldest and the soonest end.
pub fn list_facts(snapshot: &Snapshot, reference: &str) -> Result<Facts, GatewayError> {
    let lists = lists(snapshot, reference)?;
    let facts: Result<Vec<Facts>, _> = lists
        .iter()
        .map(|(_, list)| revocation::facts(list))
        .collect();
    let facts = facts.map_err(|what| wrong(reference, what))?;
    let oldest = facts.iter().map(|it| it.this_update_milliseconds).min();
    let soonest = facts.iter().map(|it| it.next_update_milliseconds).min();
    Ok(Facts {
        this_update_milliseconds: oldest.unwrap_or_default(),
        next_update_milliseconds: soonest.unwrap_or_default(),
    })
}

/// Who vouches for clients of a listener.
fn trust(snapshot: &Snapshot, tls: &ListenerTls) -> Result<Option<Trust>, GatewayError> {
    if tls.client_certificate == ClientCertificate::None {
        return Ok(None);
    }
    let mut declared = Vec::new();
    if let Some(reference) = &tls.client_ca {
        declared.push(Declared {
            issuer: Issuer::Listener,
            roots: roots(snapshot, reference)?,
            lists: Vec::new(),
            unknown: UnknownRevocation::Accept,
            bytes: vec![snapshot.material(reference)?],
        });
    }
    let named = tls.client_authorities.iter();
    let authorities = named.filter_map(|name| {
        snapshot
            .identity
            .authorities
            .iter()
            .find(|it| it.name == *name)
    });
    for authority in authorities {
        let mut bytes = vec![snapshot.material(&authority.ca)?];
        let mut crls = Vec::new();
        for reference in &authority.crls {
            crls.extend(lists(snapshot, reference)?);
            bytes.push(snapshot.material(reference)?);
        }
        declared.push(Declared {
            issuer: Issuer::Authority(authority.name.as_str().into()),
            roots: roots(snapshot, &authority.ca)?,
            lists: crls,
            unknown: authority.unknown_revocation,
            bytes,
        });
    }
    if declared.is_empty() {
        return Err(wrong(
            &tls.certificate,
            "client certificates need a `client_ca` or `client_authorities`",
        ));
    }
    let mandatory = tls.client_certificate == ClientCertificate::Required;
    let trust = Trust::build(declared, mandatory, &provider());
    trust
        .map(Some)
        .map_err(|what| wrong(&tls.certificate, &what))
}

fn server(snapshot: &Snapshot, tls: &ListenerTls) -> Result<Secured, GatewayError> {
    let versions: &[_] = match tls.version_min {
        TlsVersion::V1_3 => &[&version::TLS13],
        // All suites of rustls have a key exchange of their own for each session.
        TlsVersion::V1_2 => &[&version::TLS13, &version::TLS12],
    };
    let builder = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(versions)
        .map_err(|error| wrong(&tls.certificate, &error))?;
    let trust = trust(snapshot, tls)?.map(Arc::new);
    let builder = match &trust {
        None => builder.with_no_client_auth(),
        Some(trust) => builder.with_client_cert_verifier(trust.clone()),
    };
    let chain = certificates(snapshot, &tls.certificate)?;
    let mut configuration = builder
        .with_single_cert(chain, key(snapshot, &tls.key)?)
        .map_err(|error| wrong(&tls.key, &error))?;
    // SECURITY: a resumed session would bring back a client's certificate without looking at its dates
    // and authority again.
    configuration.session_storage = Arc::new(NoServerSessionStorage {});
    configuration.send_tls13_tickets = 0;
    // SECURITY: without it two sessions of TLS 1.2 may have the same secret (triple handshake, RFC 7627).
    configuration.require_ems = true;
    Ok(Secured {
        configuration: Arc::new(configuration),
        trust,
    })
}

fn client(snapshot: &Snapshot, tls: &UpstreamTls) -> Result<ClientConfig, GatewayError> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])
        .map_err(|error| wrong(&tls.ca, &error))?;
    let builder = builder.with_webpki_verifier(
        WebPkiServerVerifier::builder_with_provider(roots(snapshot, &tls.ca)?, provider())
            .build()
            .map_err(|error| wrong(&tls.ca, &error))?,
    );
    match (&tls.certificate, &tls.key) {
        (Some(certificate), Some(reference)) => builder
            .with_client_auth_cert(
                certificates(snapshot, certificate)?,
                key(snapshot, reference)?,
            )
            .map_err(|error| wrong(reference, &error)),
        (None, None) => Ok(builder.with_no_client_auth()),
        (Some(reference), None) | (None, Some(reference)) => {
            Err(wrong(reference, "a certificate and its key come together"))
        }
    }
}

/// What the handshake agreed on.
pub fn agreed(connection: &ServerConnection) -> TlsSession {
    let suite = connection.negotiated_cipher_suite().map(|it| it.suite());
    let suite = suite.as_ref().and_then(CipherSuite::as_str);
    let certificates = connection.peer_certificates();
    TlsSession {
        version: match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => "1.3",
            _ => "1.2",
        },
        // IANA's names don't tell the version.
        suite: suite
            .unwrap_or_default()
            .replacen("TLS13_", "TLS_", 1)
            .into(),
        certificate_sha256: certificates
            .and_then(<[_]>::first)
            .map(|it| streamward_identity::certificate::sha256(it)),
    }
}

fn of_tls(error: &io::Error) -> Option<&Error> {
    error.get_ref().and_then(|it| it.downcast_ref::<Error>())
}

/// Why a client's handshake failed, for the log; the peer is not told.
pub fn reason(error: &io::Error) -> String {
    match of_tls(error).and_then(revealed) {
        Some(untrusted) => untrusted.reason.clone(),
        None => error.to_string(),
    }
}

/// Why a client's handshake failed, for figures.
pub fn failure(error: &io::Error) -> TlsFailure {
    let source = of_tls(error);
    if let Some(untrusted) = source.and_then(revealed) {
        return untrusted.failure;
    }
    match source {
        Some(Error::NoCertificatesPresented) => TlsFailure::NoCertificate,
        Some(Error::InvalidCertificate(_)) => TlsFailure::BadCertificate,
        Some(Error::PeerIncompatible(_)) => TlsFailure::Incompatible,
        Some(Error::AlertReceived(_)) => TlsFailure::Alert,
        Some(
            Error::InvalidMessage(_)
            | Error::InappropriateMessage { .. }
            | Error::InappropriateHandshakeMessage { .. }
            | Error::PeerMisbehaved(_),
        ) => TlsFailure::NotTls,
        _ => TlsFailure::Other,
    }
}

#[cfg(test)]
mod tests {
    use rustls::CertificateError;

    use super::*;

    #[test]
    fn a_failed_handshake_is_told_by_its_cause() {
        let of = |error: Error| failure(&io::Error::new(io::ErrorKind::InvalidData, error));
        let bad = Error::InvalidCertificate(CertificateError::BadEncoding);
        assert_eq!(of(bad), TlsFailure::BadCertificate);
        assert_eq!(
            of(Error::NoCertificatesPresented),
            TlsFailure::NoCertificate
        );
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        assert_eq!(failure(&reset), TlsFailure::Other);
    }
}
