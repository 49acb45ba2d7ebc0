//! What the gateway knows of the brokers behind it, learnt from what they answer.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use streamward_wire::kafka::{ApiKey, Struct, Value};

use crate::metrics::ClusterMetrics;

/// Topic ids kept at most; beyond it the table starts anew and clients ask for metadata again.
const TOPIC_IDS_MAX: usize = 200_000;
/// Ids that no broker knew when it was asked, kept at most; beyond it the table starts anew.
const UNKNOWN_IDS_MAX: usize = 10_000;
/// An id that no broker knew is asked for again after this time.
pub const UNKNOWN_AGE_MAX_MILLISECONDS: i64 = 1_000;
/// Brokers kept at most.
const NODES_MAX: usize = 10_000;

/// A listing of topics that is older is made anew before patterns are held against it (milliseconds).
pub const LISTING_AGE_MAX_MILLISECONDS: i64 = 10_000;
/// And before an id that nobody knows is called unknown, or a member joins.
pub const IDS_AGE_MAX_MILLISECONDS: i64 = 1_000;

/// The lowest and highest version that brokers serve of each API.
pub type Versions = HashMap<ApiKey, (i16, i16)>;

/// Where a broker listens, as it says itself. Never shown to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

/// The names of all topics of a cluster, as the gateway sees them: nobody gets them undecided.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// In order.
    pub names: Arc<[Arc<str>]>,
    /// Grows when the names change.
    pub generation: u64,
    /// When it was asked for (ms since 1970).
    asked_at: i64,
}

/// One cluster's brokers, topic ids and API versions.
#[derive(Debug, Default)]
pub struct Cluster {
    /// The cluster's name in the bundle.
    pub name: String,
    /// Its figures.
    pub metrics: ClusterMetrics,
    nodes: RwLock<BTreeMap<i32, Endpoint>>,
    topics: RwLock<HashMap<[u8; 16], Arc<str>>>,
    /// Ids that no broker knew, and when that was (ms since 1970).
    unknown: RwLock<HashMap<[u8; 16], i64>>,
    versions: RwLock<Option<Arc<Versions>>>,
    features: RwLock<Option<Struct>>,
    listing: RwLock<Option<Listing>>,
    /// Whoever asks for ids holds it, so that many who want to know the same ask once.
    pub resolving_turn: tokio::sync::Mutex<()>,
    /// Whoever lists the topics holds it, so that many who want to know ask once.
    pub listing_turn: tokio::sync::Mutex<()>,
    auto_creates: RwLock<Option<bool>>,
}

impl Cluster {
    /// A cluster of which nothing is known yet.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// Learns where a broker listens.
    pub fn learn_node(&self, id: i32, host: &str, port: i64) {
        let Ok(port) = u16::try_from(port) else {
            return;
        };
        if id < 0 || host.is_empty() {
            return;
        }
        let endpoint = Endpoint {
            host: host.to_owned(),
            port,
        };
        if self.node(id).as_ref() == Some(&endpoint) {
            return;
        }
        let mut nodes = self.nodes.write().unwrap_or_else(PoisonError::into_inner);
        if nodes.len() < NODES_MAX || nodes.contains_key(&id) {
            nodes.insert(id, endpoint);
        }
    }

    /// Where a broker listens, if it has been seen.
    pub fn node(&self, id: i32) -> Option<Endpoint> {
        self.nodes
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&id)
            .cloned()
    }

    /// Does a text name the address of a broker?
    pub fn is_told_by(&self, text: &str) -> bool {
        let nodes = self.nodes.read().unwrap_or_else(PoisonError::into_inner);
        nodes
            .values()
            .any(|node| text.contains(&format!("{}:{}", node.host, node.port)))
    }

    /// Learns which topic an id stands for. An id never changes its topic.
    pub fn learn_topic(&self, id: [u8; 16], name: &str) {
        if id == [0; 16] || name.is_empty() || self.topic(&id).is_some() {
            return;
        }
        let mut topics = self.topics.write().unwrap_or_else(PoisonError::into_inner);
        if topics.len() >= TOPIC_IDS_MAX {
            topics.clear();
        }
        topics.insert(id, name.into());
    }

    /// The topic of an id. `None`: nobody knows it, so nobody may use it.
    pub fn topic(&self, id: &[u8; 16]) -> Option<Arc<str>> {
        self.topics
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id)
            .cloned()
    }

    /// Must a broker be asked which topic this id stands for?
    pub fn must_resolve(&self, id: &[u8; 16], now: i64) -> bool {
        if *id == [0; 16] || self.topic(id).is_some() {
            return false;
        }
        let unknown = self.unknown.read().unwrap_or_else(PoisonError::into_inner);
        unknown
            .get(id)
            .is_none_or(|since| now.saturating_sub(*since) >= UNKNOWN_AGE_MAX_MILLISECONDS)
    }

    /// Learns that no broker knew these ids at this time; those that are known are left out.
    pub fn learn_unknown(&self, ids: &[[u8; 16]], now: i64) {
        let mut unknown = self.unknown.write().unwrap_or_else(PoisonError::into_inner);
        for id in ids {
            if self.topic(id).is_some() {
                unknown.remove(id);
                continue;
            }
            if unknown.len() >= UNKNOWN_IDS_MAX {
                unknown.clear();
            }
            unknown.insert(*id, now);
        }
    }

    /// Learns the names of all topics, asked for at this time.
    pub fn learn_listing(&self, mut names: Vec<Arc<str>>, asked_at: i64) {
        names.sort_unstable();
        names.dedup();
        let mut known = self.listing.write().unwrap_or_else(PoisonError::into_inner);
        let listing = known.get_or_insert_default();
        if *listing.names != *names {
            listing.names = names.into();
            listing.generation += 1;
        }
        listing.asked_at = asked_at;
    }

    /// The names of all topics, unless they are older than this.
    pub fn listing(&self, now: i64, age_max_milliseconds: i64) -> Option<Listing> {
        let known = self.listing.read().unwrap_or_else(PoisonError::into_inner);
        let listing = known.as_ref()?;
        let age = now.saturating_sub(listing.asked_at);
        (age < age_max_milliseconds).then(|| listing.clone())
    }

    /// Forgets a topic that is gone.
    pub fn forget_topic(&self, id: &[u8; 16]) {
        self.topics
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(id);
    }

    /// Forgets every id of topics that are gone, where only their names are known.
    pub fn forget_names(&self, names: &HashSet<&str>) {
        if names.is_empty() {
            return;
        }
        self.topics
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|_, known| !names.contains(&**known));
    }

    /// Do the brokers make topics that somebody asks for (`auto.create.topics.enable`)? `None`: they have
    /// not said.
    pub fn auto_creates(&self) -> Option<bool> {
        *self
            .auto_creates
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Learns whether the brokers make topics that somebody asks for.
    pub fn learn_auto_creates(&self, auto_creates: Option<bool>) {
        *self
            .auto_creates
            .write()
            .unwrap_or_else(PoisonError::into_inner) = auto_creates;
    }

    /// A broker's own ApiVersions answer, for the features that it names.
    pub fn features(&self) -> Option<Struct> {
        self.features
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Learns which versions the brokers serve, from an ApiVersions answer.
    pub fn learn_versions(&self, answer: Struct) {
        let number = |value: i64| i16::try_from(value).unwrap_or(-1);
        let keys = answer
            .array("ApiKeys")
            .iter()
            .filter_map(Value::as_struct)
            .map(|entry| {
                let versions = (
                    number(entry.int("MinVersion")),
                    number(entry.int("MaxVersion")),
                );
                (ApiKey(number(entry.int("ApiKey"))), versions)
            });
        let versions = keys.collect();
        *self
            .features
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Some(answer);
        *self
            .versions
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(versions));
    }

    /// The versions that the brokers serve; `None` until a broker has answered.
    pub fn versions(&self) -> Option<Arc<Versions>> {
        self.versions
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_id_keeps_its_first_name() {
        let cluster = Cluster::new("main");
        cluster.learn_topic([1; 16], "orders");
        cluster.learn_topic([1; 16], "other");
        assert_eq!(cluster.topic(&[1; 16]).as_deref(), Some("orders"));
        assert_eq!(cluster.topic(&[2; 16]), None);
    }

    #[test]
    fn a_listing_is_of_now_or_none_and_tells_whether_it_changed() {
        let cluster = Cluster::new("main");
        assert!(cluster.listing(0, 10).is_none());
        cluster.learn_listing(vec!["b".into(), "a".into(), "b".into()], 1_000);
        let first = cluster.listing(1_000, 10).unwrap();
        assert_eq!(*first.names, ["a".into(), "b".into()] as [Arc<str>; 2]);
        assert!(cluster.listing(1_010, 10).is_none());
        cluster.learn_listing(vec!["a".into(), "b".into()], 12_000);
        assert_eq!(
            cluster.listing(12_000, 10).unwrap().generation,
            first.generation
        );
        cluster.learn_listing(vec!["a".into()], 13_000);
        assert_ne!(
            cluster.listing(13_000, 10).unwrap().generation,
            first.generation
        );
    }

    #[test]
    fn a_topic_that_is_gone_is_forgotten_by_id_and_by_name() {
        let cluster = Cluster::new("main");
        for (byte, name) in [(1, "orders"), (2, "orders"), (3, "other")] {
            cluster.learn_topic([byte; 16], name);
        }
        cluster.forget_topic(&[3; 16]);
        assert_eq!(cluster.topic(&[3; 16]), None);
        cluster.forget_names(&["orders"].into());
        assert_eq!(cluster.topic(&[1; 16]), None);
        assert_eq!(cluster.topic(&[2; 16]), None);
    }

    #[test]
    fn an_id_that_nobody_knew_is_asked_for_again_later() {
        let cluster = Cluster::new("main");
        let (one, two, later) = ([1; 16], [2; 16], UNKNOWN_AGE_MAX_MILLISECONDS);
        assert!(cluster.must_resolve(&one, 0) && !cluster.must_resolve(&[0; 16], 0));
        cluster.learn_topic(two, "orders");
        cluster.learn_unknown(&[one, two], 0);
        assert!(!cluster.must_resolve(&one, later - 1) && cluster.must_resolve(&one, later));
        assert!(!cluster.must_resolve(&two, later));
        cluster.forget_topic(&two);
        assert!(cluster.must_resolve(&two, 0));
    }

    #[test]
    fn ids_of_nobody_are_bounded() {
        let cluster = Cluster::new("main");
        let ids: Vec<[u8; 16]> = (0..100_000_u128).map(u128::to_be_bytes).collect();
        cluster.learn_unknown(&ids, 0);
        assert!(cluster.unknown.read().unwrap().len() <= UNKNOWN_IDS_MAX);
    }

    #[test]
    fn negative_node_ids_mean_none_and_are_not_learnt() {
        let cluster = Cluster::new("main");
        cluster.learn_node(-1, "", -1);
        cluster.learn_node(-1, "host", 9092);
        assert_eq!(cluster.node(-1), None);
    }
}
