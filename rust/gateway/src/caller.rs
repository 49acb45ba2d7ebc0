//! Who is calling on a connection, and from where.

use std::net::SocketAddr;
use std::sync::Arc;

use streamward_identity::{Principal, PrincipalKind};
use streamward_policy::{Context, Mechanism};

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
    /// The client's address.
    pub address: SocketAddr,
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
    /// When the proof ends (ms since 1970), as that by a certificate does.
    pub expires_milliseconds: Option<i64>,
}

impl Caller {
    /// The same caller with what is declared of its principal.
    pub fn declared_as(&self, principal: &Principal) -> Self {
        Self {
            principal_type: principal_type(principal.kind),
            tenant: principal.tenant.as_deref().map(Into::into),
            mfa: principal.mfa,
            device_posture: principal.device_posture.as_deref().map(Into::into),
            ..self.clone()
        }
    }

    /// Every credential that the proof fits.
    pub fn credentials(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.credential).chain(self.other_credentials.iter().map(String::as_str))
    }

    /// The attributes on which the policy may look, at this moment.
    pub fn context(&self, now_milliseconds: i64) -> Context {
        Context {
            source: self.peer.address.ip(),
            tls: self.peer.tls,
            mechanism: self.mechanism,
            mfa: self.mfa,
            device_posture: self.device_posture.as_deref().map(str::to_owned),
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
