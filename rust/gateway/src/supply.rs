//! What whoever runs a gateway supplies while it runs: keys of token issuers, and answers to questions.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use streamward_identity::token::{IssuerKeys, KeySet, Source};

use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::io::Current;

/// Keys of a token issuer, as JSON (`docs/concepts/boundary.md`).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeySupply {
    /// Name of the issuer.
    name: String,
    /// What `iss` is in its tokens.
    issuer: String,
    /// Where the keys come from.
    source: Source,
    /// Text of the key set (RFC 7517).
    keys: String,
    /// From then on (ms since 1970) they are too old to be trusted.
    stale_milliseconds: i64,
}

impl Gateway {
    /// Puts the keys of one token issuer in force; how many there are that can be used. What can't be
    /// used changes nothing.
    pub fn supply_keys(&self, document: &[u8]) -> Result<usize, GatewayError> {
        let invalid = |what: String| GatewayError::Keys { what };
        let supply: KeySupply =
            serde_json::from_slice(document).map_err(|error| invalid(error.to_string()))?;
        let keys = KeySet::read(supply.keys.as_bytes()).map_err(|what| invalid(what.to_owned()))?;
        let count = keys.len();
        let keys = IssuerKeys {
            issuer: supply.issuer,
            source: supply.source,
            keys,
            stale_milliseconds: supply.stale_milliseconds,
        };
        self.put_in_force("", |now_in_force| {
            let token_keys = now_in_force.token_keys.with(&supply.name, Some(keys));
            Ok(Current {
                token_keys: Arc::new(token_keys),
                ..now_in_force.clone()
            })
        })?;
        Ok(count)
    }

    /// Takes over what an inventory says of devices.
    pub fn supply_devices(&self, document: &[u8]) -> Result<(), GatewayError> {
        self.put_in_force("", |now_in_force| {
            let devices = now_in_force.snapshot.devices.read(document);
            let devices = devices.map_err(|what| GatewayError::Devices { what })?;
            Ok(Current {
                snapshot: Arc::new(now_in_force.snapshot.with_devices(devices)),
                ..now_in_force.clone()
            })
        })?;
        Ok(())
    }

    /// The next thing that the gateway must be told to go on; blocks for at most as long.
    pub fn next_question(&self, within: Duration) -> Result<Option<(u64, Vec<u8>)>, GatewayError> {
        let shared = self.shared().ok_or(GatewayError::Stopped)?;
        Ok(shared.questions.take(within))
    }

    /// Answers a question; `None` where there is no answer. `false`: nobody waits for it any more.
    pub fn answer(&self, id: u64, answer: Option<Vec<u8>>) -> Result<bool, GatewayError> {
        let shared = self.shared().ok_or(GatewayError::Stopped)?;
        Ok(shared.questions.answer(id, answer))
    }
}
