//! The gateway's own login to brokers that ask for SASL, and how long it lasts (KIP-368).

use std::fmt;
use std::io;
use std::time::Duration;

use streamward_identity::bearer::{self, BearerMessage};
use streamward_identity::plain::Message;
use streamward_identity::scram::{MESSAGE_BYTES_MAX, Scram};
use streamward_wire::kafka::{ApiKey, Struct, Value};

use super::broker::BrokerStream;
use super::probe::{ask_versions, exchange, new, newest};
use crate::cluster::Cluster;
use crate::error::GatewayError;
use crate::snapshot::{Snapshot, UpstreamSasl};

/// The version that every broker serves which knows `SaslAuthenticate` (Kafka 1.0).
const HANDSHAKE_VERSION: i16 = 1;
/// The version that tells how long the session lasts (Kafka 2.2).
const AUTHENTICATE_VERSION: i16 = 1;
/// The longest answer of a broker that is read within a login.
const ANSWER_BYTES_MAX: usize = MESSAGE_BYTES_MAX;

/// Name and password, or a token, ready to be used for every connection.
pub enum Login {
    /// SASL PLAIN: the message as it is sent.
    Plain(Message),
    /// SCRAM-SHA-256 or SCRAM-SHA-512.
    Scram(Scram, String),
    /// OAUTHBEARER: the message as it is sent.
    Bearer(BearerMessage),
    /// The lease of this reference has ended: nobody can log in.
    Withheld(String),
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(***)")
    }
}

impl Login {
    /// Reads what the section refers to.
    pub fn build(snapshot: &Snapshot, sasl: &UpstreamSasl) -> Result<Self, GatewayError> {
        let references = [&sasl.username_from, &sasl.password, &sasl.token];
        let mut withheld = references.into_iter().flatten();
        if let Some(reference) = withheld.find(|it| snapshot.materials.is_withheld(it)) {
            return Ok(Self::Withheld(reference.clone()));
        }
        if sasl.mechanism == "OAUTHBEARER" {
            let reference = required(sasl.token.as_deref(), "a token")?;
            let token = snapshot.material(reference)?.trim_ascii();
            return BearerMessage::new(token, &sasl.extensions)
                .map(Self::Bearer)
                .map_err(|error| wrong(reference, &error.to_string()));
        }
        let reference = required(sasl.password.as_deref(), "a password")?;
        let password = snapshot.material(reference)?.trim_ascii_end();
        let username = username(snapshot, sasl)?;
        if sasl.mechanism == "PLAIN" {
            return Message::new(&username, password)
                .map(Self::Plain)
                .map_err(|error| wrong(reference, &error.to_string()));
        }
        Scram::new(&sasl.mechanism, &username, password)
            .map(|scram| Self::Scram(scram, sasl.mechanism.clone()))
            .map_err(|error| wrong(reference, &error.to_string()))
    }

    fn mechanism(&self) -> &str {
        match self {
            Self::Plain(_) => "PLAIN",
            Self::Scram(_, mechanism) => mechanism,
            Self::Bearer(_) | Self::Withheld(_) => "OAUTHBEARER",
        }
    }

    /// Proves the gateway to the broker at the other end, the first time or again. Gives how long the broker
    /// takes it for proved; `None`: as long as the connection lives.
    ///
    /// # Errors
    /// Where the broker refuses, or can't prove that it knows the password (SCRAM).
    pub async fn log_in(
        &self,
        stream: &mut BrokerStream,
        cluster: &Cluster,
    ) -> io::Result<Option<Duration>> {
        if let Self::Withheld(reference) = self {
            return Err(io::Error::other(format!(
                "the lease of `{reference}` has ended, and its store gives no other"
            )));
        }
        let version = self.version(stream, cluster).await?;
        let key = ApiKey::SASL_HANDSHAKE;
        let mut request = new(key, HANDSHAKE_VERSION)?;
        request.set("Mechanism", self.mechanism());
        let answer = exchange(stream, key, HANDSHAKE_VERSION, &request).await?;
        if answer.int("ErrorCode") != 0 {
            let offered = answer.array("Mechanisms").iter().filter_map(Value::as_str);
            let offered = offered.collect::<Vec<_>>().join("`, `");
            return Err(io::Error::other(format!(
                "the broker does not take `{}` but `{offered}`",
                self.mechanism()
            )));
        }
        let last = match self {
            Self::Withheld(_) => return Err(io::ErrorKind::PermissionDenied.into()),
            Self::Plain(message) => authenticate(stream, version, message.bytes()).await?,
            Self::Bearer(message) => {
                let answer = authenticate(stream, version, message.bytes()).await?;
                if !answer.message.is_empty() {
                    // The broker says why, and refuses once we have acknowledged it.
                    authenticate(stream, version, bearer::END).await?;
                    return Err(refused());
                }
                answer
            }
            Self::Scram(scram, _) => {
                let exchange = scram.begin().map_err(io::Error::other)?;
                let first = authenticate(stream, version, exchange.first().as_bytes()).await?;
                let (last, expected) = exchange.answer(&first.message).map_err(io::Error::other)?;
                let proof = authenticate(stream, version, last.as_bytes()).await?;
                expected.check(&proof.message).map_err(io::Error::other)?;
                proof
            }
        };
        Ok(last.lifetime)
    }

    /// The version in which this broker is asked; one of before Kafka 2.2 lets no session end.
    async fn version(&self, stream: &mut BrokerStream, cluster: &Cluster) -> io::Result<i16> {
        let served = match cluster.versions() {
            Some(versions) => versions
                .get(&ApiKey::SASL_AUTHENTICATE)
                .map_or(0, |(_, newest)| *newest),
            None => newest(&ask_versions(stream).await?, ApiKey::SASL_AUTHENTICATE),
        };
        Ok(AUTHENTICATE_VERSION.min(served).max(0))
    }
}

fn wrong(reference: &str, what: &str) -> GatewayError {
    GatewayError::Snapshot {
        what: format!("reference `{reference}`: {what}"),
    }
}

fn required<'s>(reference: Option<&'s str>, what: &str) -> Result<&'s str, GatewayError> {
    reference.ok_or_else(|| GatewayError::Snapshot {
        what: format!("`sasl` of a cluster lacks {what}"),
    })
}

fn username(snapshot: &Snapshot, sasl: &UpstreamSasl) -> Result<String, GatewayError> {
    let Some(reference) = &sasl.username_from else {
        return required(sasl.username.as_deref(), "a user name").map(str::to_owned);
    };
    let bytes = snapshot.material(reference)?.trim_ascii_end();
    let text = std::str::from_utf8(bytes);
    text.map(str::to_owned)
        .map_err(|_| wrong(reference, "the user name is not utf-8"))
}

fn refused() -> io::Error {
    io::Error::new(
        io::ErrorKind::PermissionDenied,
        "the broker refuses the gateway's own login (`sasl` of the cluster)",
    )
}

struct Answer {
    message: Vec<u8>,
    lifetime: Option<Duration>,
}

/// Sends one message and gives the broker's.
async fn authenticate(
    stream: &mut BrokerStream,
    version: i16,
    message: &[u8],
) -> io::Result<Answer> {
    let key = ApiKey::SASL_AUTHENTICATE;
    let mut request: Struct = new(key, version)?;
    request.set("AuthBytes", bytes::Bytes::copy_from_slice(message));
    let answer = exchange(stream, key, version, &request).await?;
    if answer.int("ErrorCode") != 0 {
        return Err(refused());
    }
    let lifetime = u64::try_from(answer.int("SessionLifetimeMs")).unwrap_or(0);
    match answer.get("AuthBytes") {
        Value::Bytes(message) if message.len() <= ANSWER_BYTES_MAX => Ok(Answer {
            message: message.to_vec(),
            lifetime: (lifetime > 0).then(|| Duration::from_millis(lifetime)),
        }),
        _ => Err(io::Error::other("the broker's SASL message is too long")),
    }
}
