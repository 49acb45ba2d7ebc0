//! The values that labels may have. All are known beforehand: no figure grows with what a peer sends.

use std::fmt;

use streamward_wire::kafka::{self, ApiKey};

use crate::limits::Count;

/// A closed set of values of a label.
pub trait Label: Copy + 'static {
    /// The label's name.
    const NAME: &'static str;
    /// Every value, by index.
    const VALUES: &'static [&'static str];
    /// Which of them it is.
    fn index(self) -> usize;
}

macro_rules! labels {
    ($($(#[$doc:meta])* $enum:ident($name:literal) { $($(#[$note:meta])* $member:ident = $text:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $enum {
            $($(#[$note])* $member,)+
        }

        impl Label for $enum {
            const NAME: &'static str = $name;
            const VALUES: &'static [&'static str] = &[$($text),+];
            fn index(self) -> usize {
                self as usize
            }
        }
    )+};
}

labels! {
    /// What became of a request.
    Decision("decision") {
        /// All of it may happen.
        Allowed = "allowed",
        /// The broker got the part of it that may.
        Partly = "partly",
        /// None of it may; the broker got nothing.
        Denied = "denied",
        /// Not decided: not served, unreadable, before authentication, or it can't be recorded.
        Refused = "refused",
    }

    /// Why a connection was closed before it was heard.
    Refusal("reason") {
        /// The listener has as many as it may have.
        ConnectionsMax = "connections_max",
        /// Its source has.
        ConnectionsPerSourceMax = "connections_per_source_max",
        /// They come too fast from its source.
        SourceConnectionsPerSecond = "source_connections_per_second",
    }

    /// Why a connection ended.
    Ended("reason") {
        /// The client closed it.
        Client = "client_gone",
        /// The broker closed it.
        Broker = "broker_gone",
        /// A frame could not be read.
        Malformed = "malformed",
        /// A request before authentication.
        Unauthenticated = "unauthenticated",
        /// The peer could not prove who it is.
        AuthenticationFailed = "authentication_failed",
        /// The identity store gave no answer.
        Unverifiable = "unverifiable",
        /// An API or version that is not served.
        NotServed = "not_served",
        /// A denied request that wants no answer.
        DeniedSilently = "denied_silently",
        /// The principal or its credential is revoked or no longer declared.
        Revoked = "revoked",
        /// Its session or its credential has ended, and it did not authenticate again in time.
        Session = "session_ended",
        /// The broker's answer did not fit.
        BrokerConfused = "broker_confused",
        /// What happened can't be recorded.
        Unrecorded = "unrecorded",
        /// No broker could be reached.
        Unreachable = "unreachable",
        /// The peer took too long.
        TooSlow = "too_slow",
        /// More than a limit allows.
        OverLimit = "over_limit",
        /// The gateway goes down.
        Draining = "draining",
    }

    /// The limit that ended a connection.
    Limit("limit") {
        /// The principal has as many connections as it may.
        ConnectionsPerPrincipal = "connections_per_principal_max",
        /// The principal asks for data keys faster than it may.
        GrantsPerSecond = "grants_per_second",
        /// A frame of more bytes.
        FrameBytes = "frame_bytes_max",
        /// A request with more elements.
        ArrayElements = "array_elements_max",
        /// A request with more values.
        Values = "values_max",
        /// A request with more tagged fields.
        TaggedFields = "tagged_fields_max",
        /// A request that names more.
        Names = "names_max",
        /// It waited too long for memory.
        BufferedBytes = "buffered_bytes_max",
    }

    /// What took too long.
    Timeout("timeout") {
        /// The TLS handshake.
        Handshake = "handshake",
        /// To prove an identity.
        Authentication = "authentication",
        /// The next byte of a request.
        Request = "request",
        /// A whole request.
        RequestTotal = "request_total",
        /// The client, in taking its answer.
        Answer = "answer",
        /// The next request.
        Idle = "idle",
        /// The broker, in answering.
        Broker = "broker",
    }

    /// Why a TLS handshake failed.
    TlsFailure("reason") {
        /// The client showed no certificate, and must.
        NoCertificate = "no_certificate",
        /// Its certificate is of an authority that nobody declared.
        UnknownAuthority = "unknown_authority",
        /// Its certificate has expired or is not valid yet.
        Expired = "expired",
        /// Its certificate is revoked by its authority.
        Revoked = "revoked",
        /// Whether it is revoked can't be told: no list says it, or the list has expired.
        RevocationUnknown = "revocation_unknown",
        /// Anything else about its certificate.
        BadCertificate = "bad_certificate",
        /// No version, cipher suite or group in common.
        Incompatible = "incompatible",
        /// The client sent an alert: it does not trust the gateway's certificate, say.
        Alert = "alert",
        /// It does not speak TLS, or not properly.
        NotTls = "not_tls",
        /// The server name is of no broker.
        UnknownName = "unknown_name",
        /// It took too long.
        TooSlow = "too_slow",
        /// The listener's own certificate, or its authorities, are withheld: their source is gone.
        Withheld = "withheld",
        /// Anything else.
        Other = "other",
    }

    /// How something ended that can fail.
    Outcome("outcome") {
        /// It succeeded.
        Success = "success",
        /// It did not.
        Failure = "failure",
    }

    /// By what a peer proved, or tried to prove, who it is.
    Proof("mechanism") {
        /// A client certificate.
        Certificate = "certificate",
        /// SASL PLAIN.
        Plain = "PLAIN",
        /// SASL SCRAM-SHA-256.
        ScramSha256 = "SCRAM-SHA-256",
        /// SASL SCRAM-SHA-512.
        ScramSha512 = "SCRAM-SHA-512",
        /// SASL OAUTHBEARER.
        OauthBearer = "OAUTHBEARER",
        /// Nothing: a plaintext listener's one principal.
        Plaintext = "plaintext",
        /// What nobody offers.
        Other = "other",
    }

    /// Who is at the other end.
    Side("peer") {
        /// A client.
        Client = "client",
        /// A broker.
        Broker = "broker",
    }

    /// Who gave an answer.
    Source("source") {
        /// A broker; the gateway may have rewritten it.
        Broker = "broker",
        /// The gateway.
        Gateway = "gateway",
    }

    /// Why a client's socket is not read.
    Mute("reason") {
        /// As many requests wait for their answers as may.
        InFlight = "in_flight",
        /// The client does not take its answers.
        Answers = "answers",
        /// The broker does not take requests.
        Broker = "broker",
        /// Over a declared limit.
        Throttle = "throttle",
        /// There is no memory left for what it sends.
        Memory = "memory",
    }

    /// How a decision was found.
    Lookup("from") {
        /// The connection remembered it.
        Connection = "connection",
        /// The policy or its memory was asked.
        Policy = "policy",
    }

    /// What was served although it could not be recorded.
    Unentered("what") {
        /// A proof of identity.
        Authentication = "authentication",
        /// An access.
        Access = "access",
        /// A refusal.
        Denial = "denial",
    }

    /// APIs of a kind, for what would be too many series by API.
    ApiFamily("family") {
        /// Produce.
        Produce = "produce",
        /// Fetch and `ShareFetch`: waits for records as long as the client says.
        Fetch = "fetch",
        /// What clients ask before anything else.
        Metadata = "metadata",
        /// Consumer, share and streams groups; joining waits for the other members.
        Group = "group",
        /// Transactions.
        Transaction = "transaction",
        /// SASL and ApiVersions.
        Session = "session",
        /// All others.
        Admin = "admin",
    }
}

impl Label for Count {
    const NAME: &'static str = "limit";
    const VALUES: &'static [&'static str] = &[
        Self::Produce.name(),
        Self::Fetch.name(),
        Self::Requests.name(),
    ];
    fn index(self) -> usize {
        self as usize
    }
}

impl Limit {
    /// By the name of the setting; `None`: not one of those.
    pub fn named(name: &str) -> Option<Self> {
        const ALL: [Limit; 8] = [
            Limit::ConnectionsPerPrincipal,
            Limit::GrantsPerSecond,
            Limit::FrameBytes,
            Limit::ArrayElements,
            Limit::Values,
            Limit::TaggedFields,
            Limit::Names,
            Limit::BufferedBytes,
        ];
        ALL.into_iter().find(|it| Self::VALUES[it.index()] == name)
    }
}

impl fmt::Display for Timeout {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Handshake => "TLS handshake",
            Self::Authentication => "authentication",
            Self::Request | Self::RequestTotal => "request",
            Self::Answer => "client, in taking its answer,",
            Self::Idle => "next request",
            Self::Broker => "broker, in answering,",
        })
    }
}

impl Proof {
    /// By the name that a log entry gives it.
    pub fn named(name: &str) -> Self {
        const ALL: [Proof; 6] = [
            Proof::Certificate,
            Proof::Plain,
            Proof::ScramSha256,
            Proof::ScramSha512,
            Proof::OauthBearer,
            Proof::Plaintext,
        ];
        let found = ALL.into_iter().find(|it| Self::VALUES[it.index()] == name);
        found.unwrap_or(Self::Other)
    }
}

impl ApiFamily {
    /// Of which kind an API is.
    pub const fn of(key: ApiKey) -> Self {
        match key.0 {
            0 => Self::Produce,
            1 | 78 => Self::Fetch,
            2 | 3 | 10 | 23 | 60 | 75 => Self::Metadata,
            8 | 9 | 11..=16 | 42 | 47 | 68 | 69 | 76 | 77 | 79 | 83..=92 => Self::Group,
            22 | 24..=28 | 61 | 65 | 66 => Self::Transaction,
            17 | 18 | 36 | 71 | 72 => Self::Session,
            _ => Self::Admin,
        }
    }
}

/// API keys that have a place of their own; what is above shares one.
pub const API_KEYS: usize = 128;

/// The place of an API in an array of [`API_KEYS`] and one.
pub fn api_index(key: ApiKey) -> usize {
    usize::try_from(key.0)
        .ok()
        .filter(|index| *index < API_KEYS && kafka::api(key).is_some())
        .unwrap_or(API_KEYS)
}

/// The name of the API at a place.
pub fn api_name(index: usize) -> &'static str {
    let key = i16::try_from(index).unwrap_or(i16::MAX);
    kafka::api(ApiKey(key)).map_or("Unknown", |api| api.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_api_has_a_place_of_its_own_and_the_unknown_share_one() {
        for api in kafka::apis() {
            assert_eq!(api_name(api_index(api.key)), api.name);
        }
        for key in [i16::MIN, -1, 127, 128, 1000, i16::MAX] {
            assert_eq!(api_name(api_index(ApiKey(key))), "Unknown");
        }
    }

    #[test]
    fn a_mechanism_that_a_peer_made_up_is_other() {
        assert_eq!(Proof::named("PLAIN"), Proof::Plain);
        assert_eq!(Proof::named("\n\"GSSAPI"), Proof::Other);
    }

    #[test]
    fn apis_are_of_the_kind_that_their_name_says() {
        for api in kafka::apis() {
            let family = ApiFamily::of(api.key);
            let name = api.name;
            if name.contains("Group") && !name.contains("ConfigResource") {
                assert_eq!(family, ApiFamily::Group, "{name}");
            }
            if name.contains("Txn") && name != "TxnOffsetCommit" || name.contains("Transaction") {
                assert_eq!(family, ApiFamily::Transaction, "{name}");
            }
            if name.starts_with("Sasl") || name.contains("Telemetry") {
                assert_eq!(family, ApiFamily::Session, "{name}");
            }
        }
    }
}
