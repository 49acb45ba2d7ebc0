//! The limits as the snapshot declares them, with the defaults that `docs/reference/limits.md` gives reasons for.

use serde::Deserialize;

use super::bucket::Rate;
use super::lockout::LockoutLimits;
use super::quota::Rates;

/// Bounds of the whole gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GatewayLimits {
    /// Bytes that all connections together hold in their buffers.
    pub buffered_bytes_max: usize,
    /// The longest that a client is told to wait.
    pub throttle_milliseconds_max: u64,
}

impl Default for GatewayLimits {
    fn default() -> Self {
        Self {
            buffered_bytes_max: 512 * 1024 * 1024,
            throttle_milliseconds_max: 300_000,
        }
    }
}

/// Bounds of one listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListenerLimits {
    /// Connections at one time.
    pub connections_max: usize,
    /// Of them from one source: an address, or a /64 of IPv6.
    pub connections_per_source_max: usize,
    /// And of one principal, on all listeners.
    pub connections_per_principal_max: usize,
    /// New connections from one source in a second.
    pub source_connections_per_second: u64,
    /// And at once after a pause.
    pub source_connections_burst: u64,
    /// Bytes in one frame.
    pub frame_bytes_max: usize,
    /// Requests of one connection that wait for their answers.
    pub in_flight_max: usize,
    /// And the bytes of those.
    pub in_flight_bytes_max: usize,
    /// Elements of all arrays of one request.
    pub array_elements_max: usize,
    /// Values of one request that is decoded.
    pub values_max: usize,
    /// Tagged fields of one request.
    pub tagged_fields_max: usize,
    /// Resources that one request names.
    pub names_max: usize,
    /// Bytes of Produce requests in a second, of all clients together.
    pub produce_bytes_per_second: Option<u64>,
    /// Bytes of answers to Fetch.
    pub fetch_bytes_per_second: Option<u64>,
    /// Requests.
    pub requests_per_second: Option<u64>,
    /// Milliseconds of these rates that may be spent at once.
    pub rate_burst_milliseconds: u64,
    /// A failed attempt to prove an identity is answered no sooner than this.
    pub failure_delay_milliseconds: u64,
    /// When somebody who guesses passwords has to wait.
    pub lockout: LockoutLimits,
    /// How long what may take.
    pub timeout_milliseconds: Timeouts,
}

impl ListenerLimits {
    /// The rates of all clients together.
    pub fn rates(&self) -> Rates {
        let rate = |per_second: Option<u64>| {
            per_second.map(|per_second| Rate {
                per_second,
                burst_milliseconds: self.rate_burst_milliseconds,
            })
        };
        Rates {
            produce: rate(self.produce_bytes_per_second),
            fetch: rate(self.fetch_bytes_per_second),
            requests: rate(self.requests_per_second),
        }
    }
}

impl Default for ListenerLimits {
    fn default() -> Self {
        Self {
            connections_max: 1_000,
            connections_per_source_max: 500,
            connections_per_principal_max: 500,
            source_connections_per_second: 50,
            source_connections_burst: 500,
            frame_bytes_max: 100 * 1024 * 1024,
            in_flight_max: 64,
            in_flight_bytes_max: 128 * 1024 * 1024,
            array_elements_max: 250_000,
            values_max: 500_000,
            tagged_fields_max: 10_000,
            names_max: 20_000,
            produce_bytes_per_second: None,
            fetch_bytes_per_second: None,
            requests_per_second: None,
            rate_burst_milliseconds: 10_000,
            failure_delay_milliseconds: 250,
            lockout: LockoutLimits::default(),
            timeout_milliseconds: Timeouts::default(),
        }
    }
}

/// How long what may take, in milliseconds; judged once a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// A TLS handshake.
    pub handshake: u64,
    /// Until a peer has proved who it is.
    pub authentication: u64,
    /// A request that has begun, from one byte to the next, or its wait for memory.
    pub request: u64,
    /// The same in whole.
    pub request_total: u64,
    /// A client that takes nothing of its answer.
    pub answer: u64,
    /// A connection on which nothing happens.
    pub idle: u64,
    /// The connection to a broker.
    pub dial: u64,
    /// A broker that owes an answer and sends nothing.
    pub broker: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            handshake: 10_000,
            authentication: 15_000,
            request: 60_000,
            request_total: 600_000,
            answer: 60_000,
            idle: 600_000,
            dial: 10_000,
            broker: 360_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::limits::{QuotaSection, Quotas};

    /// The document that Python writes, byte by byte; its first listener declares no limits.
    fn golden() -> Value {
        serde_json::from_str(include_str!("../../../../tests/golden/snapshot.json")).unwrap()
    }

    #[test]
    fn the_defaults_are_those_that_a_bundle_gets() {
        let listener = golden()["listeners"][0]["limits"].take();
        let limits: ListenerLimits = serde_json::from_value(listener.clone()).unwrap();
        assert_eq!(limits, ListenerLimits::default());
        assert_eq!(listener.as_object().unwrap().len(), 19, "each is written");
        let gateway = golden()["limits"].take();
        let limits: GatewayLimits = serde_json::from_value(gateway).unwrap();
        assert_eq!(limits, GatewayLimits::default());
    }

    #[test]
    fn the_quotas_that_a_bundle_declares_are_read() {
        let quotas: Vec<QuotaSection> = serde_json::from_value(golden()["quotas"].take()).unwrap();
        let quotas = Quotas::build(&quotas, std::iter::empty()).unwrap();
        let found = quotas.of("anyone", Some("payments"), &[]);
        assert_eq!(found.connections_max, Some(20));
        assert_eq!(found.own.requests.map(|rate| rate.per_second), Some(2_000));
        assert_eq!(found.shared.len(), 1);
    }

    #[test]
    fn an_unknown_limit_is_refused() {
        let unknown = serde_json::json!({"connections_maximum": 7});
        assert!(serde_json::from_value::<ListenerLimits>(unknown).is_err());
    }
}
