//! The APIs that Kafka has.

use super::spec::Message;
use super::table::{APIS, REMOVED};

/// The number of an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ApiKey(pub i16);

impl ApiKey {
    /// The name that Kafka gives it, e.g. `Produce`; `Unknown` if it has none.
    pub fn name(self) -> &'static str {
        let removed = || {
            REMOVED
                .iter()
                .find(|(key, _)| *key == self.0)
                .map(|(_, name)| *name)
        };
        api(self)
            .map(|api| api.name)
            .or_else(removed)
            .unwrap_or("Unknown")
    }
}

/// One API, as Kafka serves it.
#[derive(Debug)]
pub struct Api {
    /// Its number.
    pub key: ApiKey,
    /// Its name, e.g. `Produce`.
    pub name: &'static str,
    /// First and last version that a broker serves unless told to serve unstable ones.
    pub versions: (i16, i16),
    /// A further version that Kafka marks as not yet stable. It has no schema here.
    pub unstable_version: Option<i16>,
    /// Whether a broker answers it on a listener for clients.
    pub broker_listener: bool,
    pub(super) request: Message,
    pub(super) response: Message,
}

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Client to broker.
    Request,
    /// Broker to client.
    Response,
}

/// Every API that Kafka serves at any version, by ascending key.
pub fn apis() -> &'static [Api] {
    &APIS
}

/// The API with this key.
pub fn api(key: ApiKey) -> Option<&'static Api> {
    index(key).and_then(|index| APIS.get(index))
}

/// Where an API stands in [`apis`].
pub(super) fn index(key: ApiKey) -> Option<usize> {
    APIS.binary_search_by_key(&key, |api| api.key).ok()
}
