//! What a client wants fetched: the partitions of one request, or of a session.

use std::collections::{BTreeMap, HashMap};

use streamward_wire::kafka::{Struct, Value};

use super::listed::{Listed, Position, Topic};
use crate::session::cold::Naming;

/// One topic that is wanted.
#[derive(Debug)]
pub struct WantedTopic {
    /// Its name, where requests name it so.
    pub name: Option<Box<str>>,
    /// Or its id.
    pub id: [u8; 16],
    /// Its partitions.
    pub partitions: BTreeMap<i32, Position>,
    /// The error that its partitions get, as of the last decision; `None`: it is allowed.
    pub code: Option<i16>,
    /// Does the broker's session hold it?
    pub upstream: bool,
    /// Did it come with the present request?
    pub fresh: bool,
}

impl WantedTopic {
    /// Is it allowed, and the broker's session lacks it?
    pub const fn rejoins(&self) -> bool {
        self.code.is_none() && !self.upstream && !self.fresh
    }

    /// Is it denied, and the broker's session holds it?
    pub const fn leaves(&self) -> bool {
        self.code.is_some() && self.upstream
    }

    /// How it was named.
    pub fn naming(&self) -> Naming<'_> {
        match &self.name {
            Some(name) => Naming::Name(name),
            None => Naming::Id(self.id),
        }
    }
}

/// Topics and partitions, each once, in the order in which they were first named.
#[derive(Debug, Default)]
pub struct Wanted {
    topics: Vec<WantedTopic>,
    by_name: HashMap<Box<str>, usize>,
    by_id: HashMap<[u8; 16], usize>,
    partitions: usize,
}

impl Wanted {
    /// What a request lists.
    pub fn of(listed: &[Topic<'_, Listed>]) -> Self {
        let mut wanted = Self::default();
        wanted.add(listed);
        wanted
    }

    /// How many partitions.
    pub fn partitions(&self) -> usize {
        self.partitions
    }

    /// The topics.
    pub fn topics(&self) -> impl Iterator<Item = &WantedTopic> {
        self.topics.iter()
    }

    /// The topics, to be changed.
    pub fn topics_mut(&mut self) -> impl Iterator<Item = &mut WantedTopic> {
        self.topics.iter_mut()
    }

    /// The topic of this name or id.
    pub fn find(&self, naming: &Naming<'_>) -> Option<&WantedTopic> {
        self.topics.get(self.place(naming)?)
    }

    fn place(&self, naming: &Naming<'_>) -> Option<usize> {
        match naming {
            Naming::Name(name) => self.by_name.get(*name).copied(),
            Naming::Id(id) => self.by_id.get(id).copied(),
        }
    }

    /// Adds what is listed; of a partition that is there already, or is listed twice, the last word counts.
    /// Says whether there are topics that were not there before.
    pub fn add(&mut self, listed: &[Topic<'_, Listed>]) -> bool {
        let before = self.topics.len();
        for topic in listed {
            if topic.partitions.is_empty() {
                continue;
            }
            let place = self
                .place(&topic.naming)
                .unwrap_or_else(|| self.add_topic(&topic.naming));
            let Some(wanted) = self.topics.get_mut(place) else {
                continue;
            };
            for partition in &topic.partitions {
                let known = wanted
                    .partitions
                    .insert(partition.index, partition.position);
                self.partitions += usize::from(known.is_none());
            }
        }
        self.topics.len() > before
    }

    fn add_topic(&mut self, naming: &Naming<'_>) -> usize {
        let place = self.topics.len();
        let name = match naming {
            Naming::Name(name) => {
                self.by_name.insert((*name).into(), place);
                Some((*name).into())
            }
            Naming::Id(id) => {
                self.by_id.insert(*id, place);
                None
            }
        };
        self.topics.push(WantedTopic {
            name,
            id: naming.id(),
            partitions: BTreeMap::new(),
            code: None,
            upstream: false,
            fresh: true,
        });
        place
    }

    /// Forgets partitions; one that is not there is none too many. Says whether a topic is gone.
    pub fn forget(&mut self, forgotten: &[Topic<'_, i32>]) -> bool {
        let mut emptied = false;
        for topic in forgotten {
            let place = self.place(&topic.naming);
            let Some(wanted) = place.and_then(|place| self.topics.get_mut(place)) else {
                continue;
            };
            for index in &topic.partitions {
                self.partitions -= usize::from(wanted.partitions.remove(index).is_some());
            }
            emptied |= wanted.partitions.is_empty();
        }
        if emptied {
            self.topics.retain(|topic| !topic.partitions.is_empty());
            self.by_name.clear();
            self.by_id.clear();
            for (place, topic) in self.topics.iter().enumerate() {
                match topic.naming() {
                    Naming::Name(name) => drop(self.by_name.insert(name.into(), place)),
                    Naming::Id(id) => drop(self.by_id.insert(id, place)),
                }
            }
        }
        emptied
    }

    /// Sets the errors that topics get.
    pub fn refuse(&mut self, denied: &[(&Naming<'_>, i16)]) {
        for (naming, code) in denied {
            let place = self.place(naming);
            if let Some(topic) = place.and_then(|place| self.topics.get_mut(place)) {
                topic.code = Some(*code);
            }
        }
    }

    /// Does the broker's session lack what is allowed, or hold what is not?
    pub fn diverges(&self) -> bool {
        self.topics
            .iter()
            .any(|topic| topic.rejoins() || topic.leaves())
    }

    /// From this request on the broker's session holds what is allowed.
    pub fn sent(&mut self) {
        for topic in &mut self.topics {
            topic.upstream = topic.code.is_none();
            topic.fresh = false;
        }
    }

    /// The answers to what is not allowed: an error for each partition.
    pub fn refused(&self, answer: &Struct) -> Vec<Value> {
        let topics = self.topics.iter();
        let refused = topics.filter_map(|topic| Some(topic.answered(answer, topic.code?)));
        refused.collect()
    }

    /// The answers to all of it: errors, or nothing new.
    pub fn answered(&self, answer: &Struct) -> Vec<Value> {
        let topics = self.topics.iter();
        topics
            .map(|topic| topic.answered(answer, topic.code.unwrap_or(0)))
            .collect()
    }
}

impl WantedTopic {
    fn answered(&self, answer: &Struct, code: i16) -> Value {
        let partitions = self.partitions.keys().copied();
        let name = self.name.as_deref().unwrap_or_default();
        answered(answer, (name, self.id), partitions, code)
    }
}

/// The answer for one topic of which each partition gets this error, or 0: nothing new.
pub fn answered(
    answer: &Struct,
    (name, id): (&str, [u8; 16]),
    partitions: impl Iterator<Item = i32>,
    code: i16,
) -> Value {
    let mut topic = answer.element("Responses");
    topic.set("Topic", name).set("TopicId", id);
    let blank = topic.element("Partitions");
    let partitions = partitions.map(|index| {
        let mut partition = blank.clone();
        partition
            .set("PartitionIndex", index)
            .set("ErrorCode", code)
            .set("HighWatermark", -1)
            .set("Records", Value::Bytes(bytes::Bytes::new()));
        partition
    });
    let partitions: Vec<Struct> = partitions.collect();
    topic.set("Partitions", partitions);
    Value::Struct(topic)
}
