//! Who is calling on a connection, and from where.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use streamward_identity::{Attributes, Identity, Principal, PrincipalKind};
use streamward_policy::{Context, Mechanism};

use crate::committed::Committed;

/// Where a connection came in.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Names this connection in the log.
    pub connection: Arc<str>,
    /// The listener's name.
    pub listener: Arc<str>,
    /// The cluster's name.
    pub cluster: Arc<str>,
    /// The bundle's environment.
    pub environment: Arc<str>,
    /// The client's address, as its proxy says it where there is one.
    pub address: SocketAddr,
    /// The proxy that says it.
    pub proxy: Option<IpAddr>,
    /// What entries say instead of the address, once one had to.
    pub committed: Arc<Committed>,
    /// Is the connection inside TLS?
    pub tls: bool,
    /// What the TLS handshake agreed on; `None`: there was none, or it is not over.
    pub tls_session: Option<Arc<TlsSession>>,
}

/// What a TLS handshake agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsSession {
    /// `1.2` or `1.3`.
    pub version: &'static str,
    /// The cipher suite, as IANA names it.
    pub suite: Arc<str>,
    /// SHA-256 of the client's certificate (DER), if it showed one: `x5t#S256` of RFC 8705.
    pub certificate_sha256: Option<[u8; 32]>,
}

impl Peer {
    /// SHA-256 of the certificate that the client proved in TLS to hold the key of, declared or not.
    pub fn certificate_sha256(&self) -> Option<&[u8; 32]> {
        let tls = self.tls_session.as_ref()?;
        tls.certificate_sha256.as_ref()
    }
}

/// A principal that has proved itself on a connection.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Where it came in.
    pub peer: Peer,
    /// The principal's name.
    pub principal: Arc<str>,
    /// `user` or `service`.
    pub principal_type: &'static str,
    /// The principal's tenant.
    pub tenant: Option<Arc<str>>,
    /// The credential by which it proved itself.
    pub credential: Arc<str>,
    /// Other credentials that the same proof fits; to revoke any of them is to revoke it.
    pub other_credentials: Arc<[String]>,
    /// How it proved itself.
    pub mechanism: Mechanism,
    /// Did it prove a second factor?
    pub mfa: bool,
    /// What is known of its device.
    pub device_posture: Option<Arc<str>>,
    /// Whether the device is in use, lost, retired…
    pub device_status: Option<Arc<str>>,
    /// Roles that the proof asserts beside the declared ones: sorted, each once.
    pub roles: Arc<[String]>,
    /// What the proof said of its holder.
    pub asserted: Arc<Attributes>,
    /// When the proof ends (ms since 1970), as that by a certificate does.
    pub expires_milliseconds: Option<i64>,
    /// When the session ends: with the proof or before it.
    pub session_ends_milliseconds: Option<i64>,
}

/// What a client says that it is (`ApiVersions` 3 and later, KIP-511). Nobody proves it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Software {
    /// Its name, such as `apache-kafka-java`.
    pub name: Option<Arc<str>>,
    /// Its version.
    pub version: Option<Arc<str>>,
}

/// What the log names the gateway itself; no principal can be declared with this name.
pub const GATEWAY: &str = "streamward:gateway";

impl Caller {
    /// The gateway itself, by what somebody's connection made it do: that connection is named, and the address is
    /// nobody's. It has proved itself by nothing, and entries name no credential or mechanism of it.
    pub fn gateway(peer: &Peer) -> Self {
        Self {
            peer: Peer {
                address: SocketAddr::from(([0, 0, 0, 0], 0)),
                proxy: None,
                committed: Arc::default(),
                ..peer.clone()
            },
            principal: GATEWAY.into(),
            principal_type: principal_type(PrincipalKind::Service),
            tenant: None,
            credential: GATEWAY.into(),
            other_credentials: Arc::default(),
            mechanism: Mechanism::Unix,
            mfa: false,
            device_posture: None,
            device_status: None,
            roles: Arc::default(),
            asserted: Arc::default(),
            expires_milliseconds: None,
            session_ends_milliseconds: None,
        }
    }

    /// Who has proved to be this identity.
    pub fn new(peer: &Peer, identity: &Identity, mechanism: Mechanism) -> Self {
        let asserted = &identity.attributes;
        let mut roles = asserted.roles.clone();
        roles.sort_unstable();
        roles.dedup();
        Self {
            peer: peer.clone(),
            principal: identity.principal.id.as_str().into(),
            principal_type: principal_type(identity.principal.kind),
            tenant: None,
            credential: identity.credential.as_str().into(),
            other_credentials: identity.other_credentials.clone().into(),
            mechanism,
            mfa: false,
            device_posture: None,
            device_status: None,
            roles: roles.into(),
            asserted: Arc::new(asserted.clone()),
            expires_milliseconds: identity.expires_milliseconds,
            session_ends_milliseconds: identity.expires_milliseconds,
        }
        .declared_as(&identity.principal)
    }

    /// The same caller with what is declared of its principal, where the proof says nothing else.
    pub fn declared_as(&self, principal: &Principal) -> Self {
        let asserted = &self.asserted;
        let shared = |text: Option<&str>| text.map(Into::into);
        // SECURITY: what is declared of the tenant stands, whatever a proof says.
        let tenant = principal.tenant.as_deref().or(asserted.tenant.as_deref());
        let posture = asserted.device_posture.as_deref();
        Self {
            principal_type: principal_type(principal.kind),
            tenant: shared(tenant),
            mfa: asserted.mfa.unwrap_or(principal.mfa),
            device_posture: shared(posture.or(principal.device_posture.as_deref())),
            device_status: shared(asserted.device_status.as_deref()),
            ..self.clone()
        }
    }

    /// Every credential that the proof fits.
    pub fn credentials(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.credential).chain(self.other_credentials.iter().map(String::as_str))
    }

    /// The attributes on which the policy may look, at this moment.
    pub fn context(&self, software: &Software, now_milliseconds: i64) -> Context {
        let tls = self.peer.tls_session.as_deref();
        let asserted = &self.asserted;
        Context {
            source: self.peer.address.ip(),
            tls: self.peer.tls,
            tls_version: tls.map(|tls| tls.version),
            tls_cipher: tls.map(|tls| tls.suite.clone()),
            mechanism: self.mechanism,
            mfa: self.mfa,
            // That it was shown then says nothing where it does not count.
            mfa_at_milliseconds: asserted.mfa_at_milliseconds.filter(|_| self.mfa),
            issued_at_milliseconds: asserted.issued_at_milliseconds,
            authenticated_at_milliseconds: asserted.authenticated_at_milliseconds,
            device_posture: self.device_posture.clone(),
            device_status: self.device_status.clone(),
            client_software_name: software.name.clone(),
            client_software_version: software.version.clone(),
            roles: self.roles.clone(),
            tenant: asserted.tenant.as_deref().map(Into::into),
            now_milliseconds,
        }
    }
}

/// As the log names it.
pub const fn principal_type(kind: PrincipalKind) -> &'static str {
    match kind {
        PrincipalKind::User => "user",
        PrincipalKind::Service => "service",
    }
}
