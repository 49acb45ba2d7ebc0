//! What a client asks of whom it talks to: who are you, what can you do, what shall I tell you of myself.

use super::super::build::refused;
use super::super::{Access, ApiKey, Row};

const UNDECIDED: &str = "a compressed body that nobody decides yet";

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    refused(ApiKey::SASL_HANDSHAKE, (0, 0), "tokens without a Kafka header follow it"),
    Row { key: ApiKey::SASL_HANDSHAKE, versions: (1, 1), access: Access::Local("says who is calling") },
    Row { key: ApiKey::API_VERSIONS, versions: (0, 4), access: Access::Local("what the gateway decides") },
    Row { key: ApiKey::SASL_AUTHENTICATE, versions: (0, 2), access: Access::Local("says who is calling") },
    refused(ApiKey::GET_TELEMETRY_SUBSCRIPTIONS, (0, 0), UNDECIDED),
    refused(ApiKey::PUSH_TELEMETRY, (0, 0), UNDECIDED),
];
