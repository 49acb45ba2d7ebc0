//! What can go wrong with a gateway as a whole.

use streamward_audit::AuditError;
use streamward_identity::IdentityError;
use streamward_policy::PolicyError;

/// An error that the operator sees. What a peer does wrong ends its connection instead.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The snapshot document can't be used.
    #[error("the snapshot can't be used: {what}")]
    Snapshot {
        /// What is wrong.
        what: String,
    },
    /// A rule can't be compiled.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// Principals or credentials can't be used.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The journal can't be opened or written.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// A listener can't be bound.
    #[error("listener `{listener}` can't bind `{address}`")]
    Bind {
        /// The listener's name.
        listener: String,
        /// The address.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A certificate or key can't be used.
    #[error("`{reference}` can't be used for TLS: {what}")]
    Tls {
        /// The reference in the snapshot.
        reference: String,
        /// What is wrong.
        what: String,
    },
    /// The gateway's threads can't be started.
    #[error("the gateway's runtime can't start")]
    Runtime(#[source] std::io::Error),
    /// The gateway is not running.
    #[error("the gateway is not running")]
    Stopped,
    /// Where figures are served can't be bound.
    #[error("the metrics endpoint can't bind `{address}`")]
    BindMetrics {
        /// The address.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Figures that are counted elsewhere can't be read.
    #[error("the figures can't be read: {what}")]
    Figures {
        /// What is wrong.
        what: String,
    },
    /// Keys of a token issuer can't be used.
    #[error("the keys can't be used: {what}")]
    Keys {
        /// What is wrong.
        what: String,
    },
    /// What an inventory says of devices can't be used.
    #[error("the devices can't be used: {what}")]
    Devices {
        /// What is wrong.
        what: String,
    },
    /// The change needs a restart.
    #[error("the metrics endpoint changed its address, which needs a restart")]
    MetricsChanged,
    /// The change needs a restart.
    #[error("the log changed its origin or its keys, which needs a restart")]
    LogChanged,
    /// The change needs a restart.
    #[error("listener `{listener}` changed its address or routing, which needs a restart")]
    ListenerChanged {
        /// The listener's name.
        listener: String,
    },
}

impl GatewayError {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Snapshot { .. } => "snapshot.invalid",
            Self::Policy(_) => "policy.invalid",
            Self::Identity(_) => "identity.invalid",
            Self::Audit(error) => error.code(),
            Self::Bind { .. } => "listener.bind",
            Self::BindMetrics { .. } => "metrics.bind",
            Self::Figures { .. } | Self::Keys { .. } | Self::Devices { .. } => "invalid",
            Self::LogChanged => "log.changed",
            Self::MetricsChanged => "metrics.changed",
            Self::Tls { .. } => "tls.invalid",
            Self::Runtime(_) => "runtime",
            Self::Stopped => "stopped",
            Self::ListenerChanged { .. } => "listener.changed",
        }
    }
}
