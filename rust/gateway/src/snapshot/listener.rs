//! Where clients come in, as it is declared.

use std::net::IpAddr;

use serde::Deserialize;
use streamward_policy::address_range;

use super::routing::Routing;
use crate::grants::GrantsSection;
use crate::limits::ListenerLimits;

/// One listener.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenerSection {
    /// Its name.
    pub name: String,
    /// The cluster behind it.
    pub cluster: String,
    /// The address to bind.
    pub bind: String,
    /// The host that clients are told.
    pub advertise: String,
    /// How a client reaches one broker among several.
    pub routing: Routing,
    /// Who says in front of a connection from where it comes; `None`: nobody.
    #[serde(default)]
    pub proxy_protocol: Option<ProxySection>,
    /// TLS towards clients; `None`: plaintext.
    pub tls: Option<ListenerTls>,
    /// SASL mechanisms that are offered.
    pub mechanisms: Vec<String>,
    /// Clients log in by tokens that are bound to their certificates, which alone prove nothing.
    #[serde(default)]
    pub bound_tokens: bool,
    /// Whom everyone on a plaintext listener is.
    pub plaintext_principal: Option<String>,
    /// `grouped` or `strict`.
    pub durability: Durability,
    /// Which proofs a client must give.
    #[serde(default)]
    pub authentication: Authentication,
    /// What happens when the journal can't be written.
    pub unrecorded: Unrecorded,
    /// How long a client that can authenticate again is let in for; `None`: as long as its credential.
    #[serde(default)]
    pub session_lifetime_milliseconds_max: Option<u64>,
    /// Bounds.
    pub limits: ListenerLimits,
    /// It hands out data keys to programs, and speaks no Kafka; `None`: it speaks Kafka.
    #[serde(default)]
    pub grants: Option<GrantsSection>,
}

/// When ranges of running accesses are on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// At most 50 ms after the answer.
    Grouped,
    /// Before the answer.
    Strict,
}

/// Which proofs a client must give.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Authentication {
    /// A certificate that is somebody's, else SASL.
    #[default]
    Either,
    /// A certificate.
    Certificate,
    /// SASL, whatever certificate is shown.
    Sasl,
    /// A certificate and SASL, of the same principal.
    Both,
}

/// What happens when the journal can't be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unrecorded {
    /// A retriable error.
    Refuse,
    /// Served, and the gap is entered as soon as it can be.
    Serve,
}

/// TLS towards clients; the first three are references.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenerTls {
    /// The server's certificate chain.
    pub certificate: String,
    /// Its key.
    pub key: String,
    /// Authorities that may have signed a client's certificate.
    pub client_ca: Option<String>,
    /// Authorities of the identity section that may have done so, by name; each speaks for its own names only.
    #[serde(default)]
    pub client_authorities: Vec<String>,
    /// Is a client's certificate asked for?
    pub client_certificate: ClientCertificate,
    /// The oldest version that is spoken.
    #[serde(default)]
    pub version_min: TlsVersion,
}

/// Proxies that say in front of a connection from where it comes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProxySection {
    /// Their addresses, in CIDR notation.
    pub addresses: Vec<String>,
}

impl ProxySection {
    /// Is this the address of one of them? A text that is no range holds nobody.
    pub fn holds(&self, address: IpAddr) -> bool {
        let (place, v4) = match address.to_canonical() {
            IpAddr::V4(address) => (u128::from(address.to_bits()), true),
            IpAddr::V6(address) => (address.to_bits(), false),
        };
        let ranges = self.addresses.iter().flat_map(|text| address_range(text));
        ranges
            .into_iter()
            .any(|(first, last, is_v4)| is_v4 == v4 && (first..=last).contains(&place))
    }
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum TlsVersion {
    /// With forward-secret suites only.
    #[serde(rename = "1.2")]
    V1_2,
    /// The default.
    #[default]
    #[serde(rename = "1.3")]
    V1_3,
}

/// Is a client's certificate asked for?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientCertificate {
    /// Never.
    None,
    /// Taken if it is shown.
    Optional,
    /// Nobody gets in without.
    Required,
}
