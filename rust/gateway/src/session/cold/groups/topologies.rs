//! What streams groups need made, as far as a session has to know it.

use std::collections::{BTreeSet, HashMap, HashSet};

use streamward_wire::kafka::{Struct, error};

use super::describe::{internal_topics, source_topics};

/// Groups that one connection speaks for; a client has one.
const GROUPS_MAX: usize = 8;
/// Names that are kept of them.
const NAMES_MAX: usize = 20_000;
/// Members that wait on one connection.
const WAITING_MAX: usize = 64;
/// As many names stand in a status.
const NAMES_SHOWN: usize = 3;

/// Kafka's statuses of members.
const MISSING_SOURCE_TOPICS: i64 = 1;
const MISSING_INTERNAL_TOPICS: i64 = 3;

/// A member's place: its group and its id.
pub type Member = (String, String);

/// The topics that must be there before a group can work.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    sources: BTreeSet<String>,
    internal: BTreeSet<String>,
}

impl Topology {
    /// Of a heartbeat, or of a group's description; empty where it has none.
    pub fn of(holder: &Struct) -> Self {
        let mut all = Self::default();
        let Some(topology) = holder.get("Topology").as_struct() else {
            return all;
        };
        for subtopology in topology.structs("Subtopologies") {
            all.sources.extend(source_topics(subtopology));
            all.internal.extend(internal_topics(subtopology));
        }
        all
    }

    /// Both together.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        self.sources.extend(other.sources.iter().cloned());
        self.internal.extend(other.internal.iter().cloned());
        self
    }

    /// Topics that a coordinator makes if they are missing.
    pub const fn internal(&self) -> &BTreeSet<String> {
        &self.internal
    }

    /// A member's status, with its detail, while these may not be made. Missing sources come first.
    pub fn status(&self, is_there: impl Fn(&str) -> bool, refused: &[String]) -> (i64, String) {
        let missing = |names: &BTreeSet<String>| -> Vec<String> {
            let names = names.iter().filter(|name| !is_there(name));
            names.cloned().collect()
        };
        let sources = missing(&self.sources);
        if !sources.is_empty() {
            let detail = format!("Source topics {} are missing.", summary(&sources));
            return (MISSING_SOURCE_TOPICS, detail);
        }
        let detail = format!(
            "Internal topics are missing: {}; Unauthorized to CREATE on topics {}.",
            summary(&missing(&self.internal)),
            refused.join(", ")
        );
        (MISSING_INTERNAL_TOPICS, detail)
    }

    fn names(&self) -> usize {
        self.sources.len() + self.internal.len()
    }
}

/// A few names and the number of the others, as a coordinator writes it.
fn summary(names: &[String]) -> String {
    let shown = names.iter().take(NAMES_SHOWN).cloned();
    let shown: Vec<String> = shown.collect();
    match names.len().checked_sub(NAMES_SHOWN) {
        Some(more) if more > 0 => format!("{} and {more} additional topics", shown.join(", ")),
        _ => shown.join(", "),
    }
}

/// The topologies of the groups of one connection, and its members that wait for topics.
#[derive(Debug, Default)]
pub struct Topologies {
    groups: HashMap<String, Topology>,
    /// Why the last question for a topology has no answer.
    failure: Option<i16>,
    waiting: HashSet<Member>,
}

impl Topologies {
    /// The topology of a group, if it is known.
    pub fn get(&self, group: &str) -> Option<&Topology> {
        self.groups.get(group)
    }

    /// Learns what a coordinator has of a group, by its entry in a description; none where there is no such
    /// group.
    pub fn learn(&mut self, group: &str, described: Option<&Struct>) {
        let code = described.map(|it| it.int("ErrorCode"));
        match (described, code) {
            (Some(entry), Some(0)) => self.put(group, Topology::of(entry)),
            (_, Some(code)) if code == i64::from(error::GROUP_ID_NOT_FOUND) => {
                self.put(group, Topology::default());
            }
            (_, code) => {
                let code = code.and_then(|code| i16::try_from(code).ok());
                self.failure = Some(code.unwrap_or(error::COORDINATOR_NOT_AVAILABLE));
            }
        }
    }

    /// The error for whoever asked in vain.
    pub fn take_failure(&mut self) -> Option<i16> {
        self.failure.take()
    }

    /// Remembers a topology. Beyond what one connection may speak for all are forgotten, and asked for.
    pub fn put(&mut self, group: &str, topology: Topology) {
        let names: usize = self.groups.values().map(Topology::names).sum();
        let full = self.groups.len() >= GROUPS_MAX || names + topology.names() > NAMES_MAX;
        if full && !self.groups.contains_key(group) {
            self.groups.clear();
        }
        self.groups.insert(group.to_owned(), topology);
    }

    /// The member waits, unknown to its coordinator.
    pub fn hold(&mut self, member: Member) {
        if self.waiting.len() >= WAITING_MAX {
            self.waiting.clear();
        }
        self.waiting.insert(member);
    }

    /// The member waits no longer; did it?
    pub fn free(&mut self, member: &Member) -> bool {
        self.waiting.remove(member)
    }
}
