//! What is asked, and what is answered.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Action {
    /// Kafka's READ.
    Read,
    /// Kafka's WRITE.
    Write,
    /// Kafka's CREATE.
    Create,
    /// Kafka's DELETE.
    Delete,
    /// Kafka's ALTER.
    Alter,
    /// Kafka's DESCRIBE.
    Describe,
    /// Kafka's `DESCRIBE_CONFIGS`.
    DescribeConfigs,
    /// Kafka's `ALTER_CONFIGS`.
    AlterConfigs,
    /// Kafka's `IDEMPOTENT_WRITE`.
    IdempotentWrite,
    /// Kafka's `CLUSTER_ACTION`.
    ClusterAction,
    /// Kafka's `TWO_PHASE_COMMIT`.
    TwoPhaseCommit,
    /// Revoke or quarantine at the control door, or lift it.
    Contain,
    /// Put a new snapshot into force.
    Reload,
    /// Look at the state of a gateway, or ask it for decisions.
    Inspect,
    /// Add, rotate or end passwords in the identity store.
    ManageCredentials,
    /// Put another version of the bundle into force.
    Apply,
    /// Erase what entries of the log only commit to.
    Erase,
    /// Rotate, revoke and destroy keys.
    ManageKeys,
}

impl Action {
    /// Every action, in the order of the documentation.
    pub const ALL: [Self; 18] = [
        Self::Read,
        Self::Write,
        Self::Create,
        Self::Delete,
        Self::Alter,
        Self::Describe,
        Self::DescribeConfigs,
        Self::AlterConfigs,
        Self::IdempotentWrite,
        Self::ClusterAction,
        Self::TwoPhaseCommit,
        Self::Contain,
        Self::Reload,
        Self::Inspect,
        Self::ManageCredentials,
        Self::Apply,
        Self::Erase,
        Self::ManageKeys,
    ];

    /// Id of the Cedar action.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "Read",
            Self::Write => "Write",
            Self::Create => "Create",
            Self::Delete => "Delete",
            Self::Alter => "Alter",
            Self::Describe => "Describe",
            Self::DescribeConfigs => "DescribeConfigs",
            Self::AlterConfigs => "AlterConfigs",
            Self::IdempotentWrite => "IdempotentWrite",
            Self::ClusterAction => "ClusterAction",
            Self::TwoPhaseCommit => "TwoPhaseCommit",
            Self::Contain => "Contain",
            Self::Reload => "Reload",
            Self::Inspect => "Inspect",
            Self::ManageCredentials => "ManageCredentials",
            Self::Apply => "Apply",
            Self::Erase => "Erase",
            Self::ManageKeys => "ManageKeys",
        }
    }
}

impl FromStr for Action {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|action| action.name() == text);
        found.ok_or_else(|| format!("`{}` is not an action", shortened(text)))
    }
}

/// What kind of thing is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ResourceKind {
    /// A whole cluster.
    Cluster,
    /// A topic.
    Stream,
    /// A consumer group of any protocol.
    Group,
    /// A transactional id.
    Transaction,
}

impl ResourceKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Cluster, Self::Stream, Self::Group, Self::Transaction];

    /// Name of the Cedar entity type, without its namespace.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cluster => "Cluster",
            Self::Stream => "Stream",
            Self::Group => "Group",
            Self::Transaction => "Transaction",
        }
    }
}

impl FromStr for ResourceKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| format!("`{}` is not a type of resource", shortened(text)))
    }
}

/// How the caller proved who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Mechanism {
    /// A client certificate.
    Certificate,
    /// SASL PLAIN.
    Plain,
    /// SASL SCRAM-SHA-256.
    ScramSha256,
    /// SASL SCRAM-SHA-512.
    ScramSha512,
    /// SASL OAUTHBEARER.
    OauthBearer,
    /// Nothing: a plaintext listener that stands for one principal.
    Plaintext,
    /// Peer credentials of a Unix socket.
    Unix,
}

impl Mechanism {
    /// Every mechanism.
    pub const ALL: [Self; 7] = [
        Self::Certificate,
        Self::Plain,
        Self::ScramSha256,
        Self::ScramSha512,
        Self::OauthBearer,
        Self::Plaintext,
        Self::Unix,
    ];

    /// Name, as rules and events use it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
            Self::OauthBearer => "OAUTHBEARER",
            Self::Plaintext => "plaintext",
            Self::Unix => "unix",
        }
    }
}

impl Mechanism {
    /// Is it one that a client names in `SaslHandshake`?
    pub fn is_sasl(self) -> bool {
        matches!(
            self,
            Self::Plain | Self::ScramSha256 | Self::ScramSha512 | Self::OauthBearer
        )
    }
}

impl FromStr for Mechanism {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL
            .into_iter()
            .find(|mechanism| mechanism.name() == text);
        found.ok_or_else(|| format!("`{}` is not a mechanism", shortened(text)))
    }
}

/// The beginning of a name that stands in a message.
pub(crate) fn shortened(text: &str) -> String {
    const SHOWN_CHARACTERS_MAX: usize = 80;
    let shown = text.chars().filter(|character| !character.is_control());
    shown.take(SHOWN_CHARACTERS_MAX).collect()
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource<'a> {
    /// Its kind.
    pub kind: ResourceKind,
    /// Its name on the wire.
    pub name: &'a str,
}

/// Circumstances of a connection at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Address of the peer; the networks that hold it are computed.
    pub source: IpAddr,
    /// Whether the connection is encrypted.
    pub tls: bool,
    /// How the caller proved who it is.
    pub mechanism: Mechanism,
    /// Whether a second factor is known.
    pub mfa: bool,
    /// State of the caller's device, where it is known.
    pub device_posture: Option<Arc<str>>,
    /// Whether the device is in use, lost, retired…, where it is known.
    pub device_status: Option<Arc<str>>,
    /// `1.2` or `1.3`, where there is TLS.
    pub tls_version: Option<&'static str>,
    /// The cipher suite, by its name at IANA, where there is TLS.
    pub tls_cipher: Option<Arc<str>>,
    /// What the client says it is (KIP-511). Never proved: good to refuse by, not to allow by.
    pub client_software_name: Option<Arc<str>>,
    /// The version that it says it has.
    pub client_software_version: Option<Arc<str>>,
    /// When the credential or token was issued, ms since 1970.
    pub issued_at_milliseconds: Option<i64>,
    /// When the caller last proved itself to whoever issued the token, ms since 1970.
    pub authenticated_at_milliseconds: Option<i64>,
    /// When a second factor was shown, ms since 1970.
    pub mfa_at_milliseconds: Option<i64>,
    /// Roles that the proof asserts beside the declared ones; undeclared names mean nothing.
    pub roles: Arc<[String]>,
    /// The tenant that the proof asserts; means nothing where another one is declared.
    pub tenant: Option<Arc<str>>,
    /// Milliseconds since 1970, UTC.
    pub now_milliseconds: i64,
}

impl Context {
    /// A context of which nothing more is known: no TLS, no second factor.
    pub fn new(source: IpAddr, mechanism: Mechanism, now_milliseconds: i64) -> Self {
        Self {
            source,
            tls: false,
            mechanism,
            mfa: false,
            device_posture: None,
            device_status: None,
            tls_version: None,
            tls_cipher: None,
            client_software_name: None,
            client_software_version: None,
            issued_at_milliseconds: None,
            authenticated_at_milliseconds: None,
            mfa_at_milliseconds: None,
            roles: Arc::default(),
            tenant: None,
            now_milliseconds,
        }
    }
}

/// May this principal do this, now and from there?
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Id of the principal.
    pub principal: &'a str,
    /// What it wants to do.
    pub action: Action,
    /// What it wants to do it to.
    pub resource: Resource<'a>,
    /// The circumstances.
    pub context: &'a Context,
}

/// The answer. A denial is a value, not an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether it may happen. False unless a rule allows it, none forbids it and none failed.
    pub allowed: bool,
    /// Rules that decided, in order of their ids; `default` where none did.
    pub rules: Vec<String>,
    /// Rules that failed to evaluate, in order of their ids; each such denies.
    pub errors: Vec<String>,
    /// One line for a person.
    pub reason: String,
    /// From this time on (ms since 1970) the answer may be another; `None`: the time plays no part.
    pub valid_until_milliseconds: Option<i64>,
}
