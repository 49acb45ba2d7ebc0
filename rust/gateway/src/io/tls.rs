//! TLS towards clients and brokers, from the snapshot's references. Version 1.3 only towards clients.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{
    CertificateError, CipherSuite, ClientConfig, Error, ProtocolVersion, RootCertStore,
    ServerConfig, ServerConnection, version,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use super::login::Login;
use crate::caller::TlsSession;
use crate::error::GatewayError;
use crate::metrics::TlsFailure;
use crate::snapshot::{ClientCertificate, ClusterSection, ListenerTls, Snapshot, UpstreamTls};

/// TLS of everything that a snapshot declares.
#[derive(Default)]
pub struct Configurations {
    /// By listener; absent: plaintext.
    pub listeners: HashMap<String, Arc<ServerConfig>>,
    /// By cluster; absent: plaintext.
    pub clusters: HashMap<String, Arc<ClientConfig>>,
    /// By cluster, the reference whose lease has ended: its brokers can't be spoken to.
    pub withheld: HashMap<String, String>,
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

impl Configurations {
    /// Reads every certificate and key that the snapshot refers to.
    pub fn build(snapshot: &Snapshot) -> Result<Self, GatewayError> {
        let mut configurations = Self::default();
        for listener in snapshot.listeners.iter() {
            if let Some(tls) = &listener.tls {
                let configuration = Arc::new(server(snapshot, tls)?);
                configurations
                    .listeners
                    .insert(listener.name.clone(), configuration);
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

fn server(snapshot: &Snapshot, tls: &ListenerTls) -> Result<ServerConfig, GatewayError> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&version::TLS13])
        .map_err(|error| wrong(&tls.certificate, &error))?;
    let builder = match (tls.client_certificate, &tls.client_ca) {
        (ClientCertificate::None, _) => builder.with_no_client_auth(),
        (_, None) => {
            return Err(wrong(
                &tls.certificate,
                "client certificates need a `client_ca`",
            ));
        }
        (asked, Some(reference)) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(
                roots(snapshot, reference)?,
                provider(),
            );
            let verifier = match asked {
                ClientCertificate::Optional => verifier.allow_unauthenticated(),
                _ => verifier,
            };
            builder.with_client_cert_verifier(
                verifier.build().map_err(|error| wrong(reference, &error))?,
            )
        }
    };
    let chain = certificates(snapshot, &tls.certificate)?;
    let mut configuration = builder
        .with_single_cert(chain, key(snapshot, &tls.key)?)
        .map_err(|error| wrong(&tls.key, &error))?;
    // SECURITY: a resumed session would bring back a client's certificate without looking at its dates
    // and authority again.
    configuration.session_storage = Arc::new(NoServerSessionStorage {});
    configuration.send_tls13_tickets = 0;
    Ok(configuration)
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

/// Why a client's handshake failed, for figures.
pub fn failure(error: &io::Error) -> TlsFailure {
    let source = error.get_ref().and_then(|it| it.downcast_ref::<Error>());
    match source {
        Some(Error::NoCertificatesPresented) => TlsFailure::NoCertificate,
        Some(Error::InvalidCertificate(certificate)) => match certificate {
            CertificateError::UnknownIssuer => TlsFailure::UnknownAuthority,
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => TlsFailure::Expired,
            _ => TlsFailure::BadCertificate,
        },
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
    use super::*;

    #[test]
    fn a_failed_handshake_is_told_by_its_cause() {
        let of = |error: Error| failure(&io::Error::new(io::ErrorKind::InvalidData, error));
        let unknown = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        assert_eq!(of(unknown), TlsFailure::UnknownAuthority);
        assert_eq!(
            of(Error::NoCertificatesPresented),
            TlsFailure::NoCertificate
        );
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        assert_eq!(failure(&reset), TlsFailure::Other);
    }
}
