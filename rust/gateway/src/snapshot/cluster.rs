//! Clusters of brokers, as they are declared.

use serde::Deserialize;

/// One cluster.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterSection {
    /// Its name.
    pub name: String,
    /// `host:port` of brokers that are asked first.
    pub bootstrap: Vec<String>,
    /// How the gateway speaks to its brokers; `None`: in clear.
    pub tls: Option<UpstreamTls>,
    /// How the gateway logs in to its brokers; `None`: not at all, or by its certificate.
    #[serde(default)]
    pub sasl: Option<UpstreamSasl>,
    /// Whom its brokers see.
    #[serde(default)]
    pub identity: UpstreamIdentity,
    /// With `mapped`, as whom each principal is known to its brokers.
    #[serde(default)]
    pub principals: Vec<MappedSection>,
}

/// As whom one principal is known to brokers: a certificate with its key, a login, or both.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MappedSection {
    /// The principal.
    pub principal: String,
    /// Reference to a certificate.
    pub certificate: Option<String>,
    /// Reference to its key.
    pub key: Option<String>,
    /// A login.
    pub sasl: Option<UpstreamSasl>,
}

/// Whom brokers see when a client comes through the gateway.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UpstreamIdentity {
    /// The gateway.
    #[default]
    Gateway,
    /// The client, which logs in to the broker through the gateway.
    Client,
    /// The client, as which the gateway logs in with a credential that is declared for it.
    Mapped,
}

/// The gateway's own name towards brokers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamSasl {
    /// `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512` or `OAUTHBEARER`.
    pub mechanism: String,
    /// The user name.
    #[serde(default)]
    pub username: Option<String>,
    /// Reference to the user name, where that is lent too.
    #[serde(default)]
    pub username_from: Option<String>,
    /// Reference to the password.
    #[serde(default)]
    pub password: Option<String>,
    /// Reference to the access token (OAUTHBEARER).
    #[serde(default)]
    pub token: Option<String>,
    /// What is sent beside the token (KIP-342).
    #[serde(default)]
    pub extensions: std::collections::BTreeMap<String, String>,
}

/// TLS towards brokers; every field but the name is a reference.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamTls {
    /// Authorities that may have signed a broker's certificate.
    pub ca: String,
    /// The gateway's own certificate chain.
    pub certificate: Option<String>,
    /// And its key.
    pub key: Option<String>,
    /// The name that brokers must prove, if not the host that is dialled.
    pub server_name: Option<String>,
}
