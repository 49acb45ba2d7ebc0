//! What a client asks of whom it talks to: who are you, what can you do, what shall I tell you of myself.

use super::super::build::{refused, special};
use super::super::{Access, ApiKey, Row};

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    refused(ApiKey::SASL_HANDSHAKE, (0, 0), "tokens without a Kafka header follow it"),
    Row { key: ApiKey::SASL_HANDSHAKE, versions: (1, 1), access: Access::Local("says who is calling") },
    Row { key: ApiKey::API_VERSIONS, versions: (0, 4), access: Access::Local("what the gateway decides") },
    Row { key: ApiKey::SASL_AUTHENTICATE, versions: (0, 2), access: Access::Local("says who is calling") },
    Row { key: ApiKey::GET_TELEMETRY_SUBSCRIPTIONS, versions: (0, 0), access: Access::Exempt(
        "asks which of its own metrics the client shall send; Kafka asks for no right") },
    Row { key: ApiKey::PUSH_TELEMETRY, versions: (0, 0), access: special(
        "sends the client's own metrics; Kafka asks for no right; its size is bounded",
        "118 at the top for what is too large, 42 for an unknown compression", &[]) },
];
