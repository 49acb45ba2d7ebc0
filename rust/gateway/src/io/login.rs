//! The gateway's own login to brokers that ask for SASL.

use std::fmt;
use std::io;

use streamward_identity::plain::Message;
use streamward_identity::scram::{MESSAGE_BYTES_MAX, Scram};
use streamward_wire::kafka::{ApiKey, Struct, Value};

use super::broker::BrokerStream;
use super::probe::{exchange, new};
use crate::error::GatewayError;
use crate::snapshot::{Snapshot, UpstreamSasl};

/// Versions that every broker serves which knows `SaslAuthenticate` (Kafka 1.0).
const HANDSHAKE_VERSION: i16 = 1;
const AUTHENTICATE_VERSION: i16 = 0;

/// Name and password, ready to be used for every connection.
pub enum Login {
    /// SASL PLAIN: the message as it is sent.
    Plain(Message),
    /// SCRAM-SHA-256 or SCRAM-SHA-512.
    Scram(Scram, String),
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(***)")
    }
}

impl Login {
    /// Reads the password that the section refers to.
    pub fn build(snapshot: &Snapshot, sasl: &UpstreamSasl) -> Result<Self, GatewayError> {
        let wrong = |what: String| GatewayError::Snapshot {
            what: format!("reference `{}`: {what}", sasl.password),
        };
        let password = snapshot.material(&sasl.password)?.trim_ascii_end();
        if sasl.mechanism == "PLAIN" {
            let message = Message::new(&sasl.username, password);
            return message
                .map(Self::Plain)
                .map_err(|error| wrong(error.to_string()));
        }
        Scram::new(&sasl.mechanism, &sasl.username, password)
            .map(|scram| Self::Scram(scram, sasl.mechanism.clone()))
            .map_err(|error| wrong(error.to_string()))
    }

    fn mechanism(&self) -> &str {
        match self {
            Self::Plain(_) => "PLAIN",
            Self::Scram(_, mechanism) => mechanism,
        }
    }

    /// Proves the gateway to the broker at the other end.
    ///
    /// # Errors
    /// Where the broker refuses, or can't prove that it knows the password (SCRAM).
    pub async fn log_in(&self, stream: &mut BrokerStream) -> io::Result<()> {
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
        match self {
            Self::Plain(message) => authenticate(stream, message.bytes()).await.map(drop),
            Self::Scram(scram, _) => {
                let exchange = scram.begin().map_err(io::Error::other)?;
                let first = authenticate(stream, exchange.first().as_bytes()).await?;
                let (last, expected) = exchange.answer(&first).map_err(io::Error::other)?;
                let proof = authenticate(stream, last.as_bytes()).await?;
                expected.check(&proof).map_err(io::Error::other)
            }
        }
    }
}

/// Sends one message and gives the broker's.
async fn authenticate(stream: &mut BrokerStream, message: &[u8]) -> io::Result<Vec<u8>> {
    let key = ApiKey::SASL_AUTHENTICATE;
    let mut request: Struct = new(key, AUTHENTICATE_VERSION)?;
    request.set("AuthBytes", bytes::Bytes::copy_from_slice(message));
    let answer = exchange(stream, key, AUTHENTICATE_VERSION, &request).await?;
    if answer.int("ErrorCode") != 0 {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "the broker refuses the gateway's own name and password (`sasl` of the cluster)",
        ));
    }
    match answer.get("AuthBytes") {
        Value::Bytes(message) if message.len() <= MESSAGE_BYTES_MAX => Ok(message.to_vec()),
        _ => Err(io::Error::other("the broker's SASL message is too long")),
    }
}
