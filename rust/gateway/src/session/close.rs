//! Why a connection ends, in words for the log.

use streamward_wire::WireError;

use crate::metrics::{Ended, Limit, Timeout};

/// Why a connection ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Close {
    /// The client closed it.
    #[error("the client closed the connection")]
    ClientGone,
    /// The broker closed it.
    #[error("the broker closed the connection")]
    BrokerGone,
    /// A frame can't be read.
    #[error("malformed {what}: {source}")]
    Malformed {
        /// Which frame.
        what: &'static str,
        /// What is wrong with it.
        source: WireError,
    },
    /// The body of a request can't be read.
    #[error("malformed `{api}` request, version {version}: {source}")]
    MalformedRequest {
        /// The API.
        api: &'static str,
        /// Its version.
        version: i16,
        /// What is wrong with it.
        source: WireError,
    },
    /// A request before the peer has proved who it is.
    #[error("`{api}` before authentication")]
    Unauthenticated {
        /// The API.
        api: &'static str,
    },
    /// The peer could not prove who it is.
    #[error("authentication failed")]
    AuthenticationFailed,
    /// Who the peer is can't be found out now.
    #[error("who it is can't be found out: {what}")]
    Unverifiable {
        /// Why.
        what: String,
    },
    /// An API or version that the gateway does not decide.
    #[error("API {key} version {version} is not served")]
    NotServed {
        /// The API key.
        key: i16,
        /// The version.
        version: i16,
    },
    /// A refused request that expects no answer (acks=0).
    #[error("a request without acknowledgement was denied")]
    DeniedSilently,
    /// The principal or its credential is revoked, or no longer declared.
    #[error("the principal's rights have ended: {reason}")]
    Revoked {
        /// Why.
        reason: String,
    },
    /// The session, or the credential that it rests on, has ended by its own time.
    #[error("the principal's rights have ended: {reason}")]
    SessionEnded {
        /// Why.
        reason: &'static str,
    },
    /// A broker's answer doesn't fit the request.
    #[error("the broker's answer does not fit: {what}")]
    BrokerConfused {
        /// How.
        what: &'static str,
    },
    /// What happened can't be recorded.
    #[error("the journal can't be written: {what}")]
    Unrecorded {
        /// Why.
        what: String,
    },
    /// No broker can be reached.
    #[error("no broker can be reached: {what}")]
    Unreachable {
        /// Why.
        what: String,
    },
    /// The peer took too long.
    #[error("the {what} took too long")]
    TooSlow {
        /// What took long.
        what: Timeout,
    },
    /// More than a limit allows.
    #[error("over the limit `{limit}`")]
    OverLimit {
        /// The name of the setting.
        limit: &'static str,
    },
    /// The gateway is going down.
    #[error("the gateway is draining")]
    Draining,
}

impl Close {
    /// As figures tell it.
    pub const fn ended(&self) -> Ended {
        match self {
            Self::ClientGone => Ended::Client,
            Self::BrokerGone => Ended::Broker,
            Self::Malformed { .. } | Self::MalformedRequest { .. } => Ended::Malformed,
            Self::Unauthenticated { .. } => Ended::Unauthenticated,
            Self::AuthenticationFailed => Ended::AuthenticationFailed,
            Self::Unverifiable { .. } => Ended::Unverifiable,
            Self::NotServed { .. } => Ended::NotServed,
            Self::DeniedSilently => Ended::DeniedSilently,
            Self::Revoked { .. } => Ended::Revoked,
            Self::SessionEnded { .. } => Ended::Session,
            Self::BrokerConfused { .. } => Ended::BrokerConfused,
            Self::Unrecorded { .. } => Ended::Unrecorded,
            Self::Unreachable { .. } => Ended::Unreachable,
            Self::TooSlow { .. } => Ended::TooSlow,
            Self::OverLimit { .. } => Ended::OverLimit,
            Self::Draining => Ended::Draining,
        }
    }

    /// The limit that was exceeded, if that is why.
    pub fn over_limit(&self) -> Option<Limit> {
        match self {
            Self::OverLimit { limit } => Limit::named(limit),
            Self::Malformed { source, .. } | Self::MalformedRequest { source, .. } => {
                match source {
                    WireError::OverLimit { limit, .. } => Limit::named(limit),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::label::Label;

    #[test]
    fn a_limit_that_ended_a_connection_is_told_by_its_setting() {
        for limit in Limit::VALUES {
            let found = Close::OverLimit { limit }.over_limit();
            assert_eq!(found.map(|it| Limit::VALUES[it.index()]), Some(*limit));
        }
        for limit in ["frame_bytes_max", "array_elements_max", "values_max"] {
            let source = WireError::OverLimit {
                field: "x",
                at: 0,
                limit,
                value: 2,
                max: 1,
            };
            let close = Close::Malformed {
                what: "request frame",
                source,
            };
            let found = close.over_limit().map(|it| Limit::VALUES[it.index()]);
            assert_eq!(found, Some(limit));
        }
        assert_eq!(Close::ClientGone.over_limit(), None);
    }
}
