//! A Fetch request as it lies in its frame, and the ones that the broker gets instead.

use std::ops::Range as Bytes;

use streamward_wire::WireError;
use streamward_wire::kafka::{Field, Leaf, Struct, Value, Visitor};

use super::epoch::FINAL_EPOCH;
use super::listed::{Listed, Position, Topic};
use super::wanted::{Wanted, WantedTopic};
use crate::session::cold::Naming;

/// What is read of a request.
#[derive(Debug, Default)]
pub struct RequestWalk<'a> {
    in_forgotten: bool,
    /// A broker that copies, no client.
    pub follower: bool,
    /// The session that it goes on with or ends; 0: none.
    pub session_id: i32,
    /// Its place in the session.
    pub session_epoch: i32,
    /// Where both stand in the body; `None` in versions without sessions.
    pub session_at: Option<(usize, usize)>,
    /// What is to be fetched, or fetched otherwise than before.
    pub topics: Vec<Topic<'a, Listed>>,
    /// What is not to be fetched any more.
    pub forgotten: Vec<Topic<'a, i32>>,
}

impl<'a> RequestWalk<'a> {
    fn name(&mut self, naming: Naming<'a>) {
        if self.in_forgotten {
            if let Some(topic) = self.forgotten.last_mut() {
                topic.naming = naming;
            }
        } else if let Some(topic) = self.topics.last_mut() {
            topic.naming = naming;
        }
    }

    fn listed(&mut self) -> Option<&mut Listed> {
        self.topics.last_mut()?.partitions.last_mut()
    }

    fn position(&mut self, name: &str, value: i64) {
        let Some(Listed { position, .. }) = self.listed() else {
            return;
        };
        let narrow = i32::try_from(value).unwrap_or(-1);
        match name {
            "CurrentLeaderEpoch" => position.current_leader_epoch = narrow,
            "FetchOffset" => position.fetch_offset = value,
            "LastFetchedEpoch" => position.last_fetched_epoch = narrow,
            "LogStartOffset" => position.log_start_offset = value,
            "PartitionMaxBytes" => position.bytes_max = narrow,
            _ => {}
        }
    }
}

impl<'a> Visitor<'a> for RequestWalk<'a> {
    fn array(&mut self, field: &'static Field, _count: Option<usize>) -> Result<(), WireError> {
        match field.name {
            "ForgottenTopicsData" => self.in_forgotten = true,
            "Topics" => self.in_forgotten = false,
            _ => {}
        }
        Ok(())
    }

    fn element(&mut self, field: &'static Field, _index: usize) -> Result<(), WireError> {
        match field.name {
            "Topics" => self.topics.push(Topic::unnamed()),
            "ForgottenTopicsData" => self.forgotten.push(Topic::unnamed()),
            _ => {}
        }
        Ok(())
    }

    fn leaf(
        &mut self,
        field: &'static Field,
        leaf: Leaf<'a>,
        at: Bytes<usize>,
    ) -> Result<(), WireError> {
        match (field.name, leaf) {
            ("ReplicaId", Leaf::Int(id)) => self.follower |= id >= 0,
            ("SessionId", Leaf::Int(id)) => {
                self.session_id = i32::try_from(id).unwrap_or(0);
                self.session_at = Some((at.start, at.start));
            }
            ("SessionEpoch", Leaf::Int(epoch)) => {
                self.session_epoch = i32::try_from(epoch).unwrap_or(-1);
                if let Some((_, epoch_at)) = &mut self.session_at {
                    *epoch_at = at.start;
                }
            }
            ("Topic", Leaf::Str(Some(name))) => self.name(Naming::Name(name)),
            ("TopicId", Leaf::Uuid(id)) => self.name(Naming::Id(id)),
            ("Partitions", Leaf::Int(index)) => {
                if let Some(topic) = self.forgotten.last_mut() {
                    topic.partitions.push(i32::try_from(index).unwrap_or(-1));
                }
            }
            ("Partition", Leaf::Int(index)) => {
                if let Some(topic) = self.topics.last_mut() {
                    topic.partitions.push(Listed {
                        index: i32::try_from(index).unwrap_or(-1),
                        position: Position::default(),
                    });
                }
            }
            (name, Leaf::Int(value)) => self.position(name, value),
            _ => {}
        }
        Ok(())
    }
}

/// Which session the broker is asked in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The broker's id of the session; 0: none.
    pub id: i32,
    /// The place in it.
    pub epoch: i32,
}

impl Ticket {
    /// Outside any session; ends this one, if it is not 0.
    pub const fn ends(id: i32) -> Self {
        let epoch = FINAL_EPOCH;
        Self { id, epoch }
    }

    /// Writes it over the client's, where they lie.
    pub fn stamp(self, body: &mut [u8], at: (usize, usize)) {
        for (at, value) in [(at.0, self.id), (at.1, self.epoch)] {
            if let Some(place) = body.get_mut(at..at + size_of::<i32>()) {
                place.copy_from_slice(&value.to_be_bytes());
            }
        }
    }

    fn set(self, request: &mut Struct) {
        request
            .set("SessionId", self.id)
            .set("SessionEpoch", self.epoch);
    }
}

/// Makes the request one for all that is wanted and allowed.
pub fn make_full(request: &mut Struct, wanted: &Wanted, ticket: Ticket) {
    ticket.set(request);
    let topics = wanted.topics().filter(|topic| topic.code.is_none());
    let topics: Vec<Struct> = topics.map(|topic| entry(request, topic)).collect();
    request.set("Topics", topics);
    request.set("ForgottenTopicsData", Vec::<Value>::new());
}

/// Fits a request that names changes only to what the broker may be asked: nothing of what is denied, which
/// leaves its session, and all of what is allowed again.
pub fn make_changes(request: &mut Struct, wanted: &Wanted, ticket: Ticket) {
    ticket.set(request);
    let rejoining = wanted.topics().filter(|topic| topic.rejoins());
    let rejoining: Vec<Value> = rejoining
        .map(|topic| Value::Struct(entry(request, topic)))
        .collect();
    let leaving = wanted.topics().filter(|topic| topic.leaves());
    let leaving: Vec<Value> = leaving.map(|topic| forgotten(request, topic)).collect();
    if let Some(topics) = request.array_mut("Topics") {
        topics.retain(|topic| {
            let found = wanted.find(&Naming::of(topic, "Topic"));
            found.is_some_and(|topic| topic.code.is_none() && !topic.rejoins())
        });
        topics.extend(rejoining);
    }
    if let Some(gone) = request.array_mut("ForgottenTopicsData") {
        gone.extend(leaving);
    }
}

/// A request's entry for all partitions of a topic.
fn entry(request: &Struct, wanted: &WantedTopic) -> Struct {
    let mut topic = request.element("Topics");
    topic
        .set("Topic", wanted.name.as_deref())
        .set("TopicId", wanted.id);
    let blank = topic.element("Partitions");
    let partitions = wanted.partitions.iter().map(|(index, position)| {
        let mut partition = blank.clone();
        partition
            .set("Partition", *index)
            .set("CurrentLeaderEpoch", position.current_leader_epoch)
            .set("FetchOffset", position.fetch_offset)
            .set("LastFetchedEpoch", position.last_fetched_epoch)
            .set("LogStartOffset", position.log_start_offset)
            .set("PartitionMaxBytes", position.bytes_max);
        partition
    });
    let partitions: Vec<Struct> = partitions.collect();
    topic.set("Partitions", partitions);
    topic
}

/// And one that forgets them.
fn forgotten(request: &Struct, wanted: &WantedTopic) -> Value {
    let mut topic = request.element("ForgottenTopicsData");
    let partitions = wanted.partitions.keys().map(|index| Value::from(*index));
    let partitions: Vec<Value> = partitions.collect();
    topic
        .set("Topic", wanted.name.as_deref())
        .set("TopicId", wanted.id)
        .set("Partitions", partitions);
    Value::Struct(topic)
}
