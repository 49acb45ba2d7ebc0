//! What must be known of a fetch when its answer comes.

use std::cell::Cell;
use std::sync::Arc;

use streamward_wire::kafka::{Struct, Value};

use super::sessions::FetchSession;
use crate::recorder::Access;
use crate::session::share::ShareKey;

/// A topic that is being fetched.
#[derive(Debug)]
pub struct Fetching {
    /// Its name.
    pub name: Arc<str>,
    /// Its id, where the request names it so.
    pub id: [u8; 16],
    /// What counts its records.
    pub access: Option<Arc<Access>>,
    /// Its partitions, of a fetch without a session.
    pub partitions: Vec<i32>,
}

/// The topics that may be fetched, for as long as the decision holds.
#[derive(Debug)]
pub struct Admitted {
    /// In the order of the request or of the session.
    pub topics: Vec<Fetching>,
    /// Was anything refused?
    pub in_part: bool,
    pub(super) epoch: u64,
    pub(super) valid_until: i64,
}

impl Admitted {
    /// Are the decisions that it rests on those of now?
    pub fn holds(&self, epoch: u64, now: i64) -> bool {
        self.epoch == epoch && now < self.valid_until
    }
}

/// What the broker was asked for in a client's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The changes, in the broker's session of this id.
    Incremental(i32),
    /// All of it, in a session to be opened; this count tells it from others.
    Full(u64),
    /// All of it, outside any session.
    Sessionless,
}

/// Which partitions a fetch is about.
#[derive(Debug)]
pub enum Scope {
    /// Those that it lists.
    Sessionless,
    /// Those that it lists, which become a session if the broker opens one.
    Opening(Option<Box<FetchSession>>),
    /// Those of a session.
    Continuing {
        /// The client's session.
        id: i32,
        /// And what the broker was asked.
        asked: Asked,
    },
    /// Those of a share session.
    Share(Arc<ShareKey>),
}

/// A fetch that the broker is working on.
#[derive(Debug)]
pub struct FetchExchange {
    /// What it may bring.
    pub admitted: Arc<Admitted>,
    /// Where the answer's next topic is looked for first: brokers mostly keep the order.
    next: Cell<usize>,
    /// Which partitions it is about.
    pub scope: Scope,
    /// Answers to what the broker was not asked.
    pub refused: Vec<Value>,
}

impl FetchExchange {
    /// A fetch of what was admitted.
    pub fn new(admitted: Arc<Admitted>, scope: Scope) -> Self {
        Self {
            admitted,
            next: Cell::default(),
            scope,
            refused: Vec::new(),
        }
    }

    /// Can the broker's answer leave as it is, but for the number of its session?
    pub fn passes(&self, epoch: u64, now: i64) -> bool {
        self.admitted.holds(epoch, now) && self.refused.is_empty()
    }

    /// The topics that are fetched.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.admitted.topics.iter().map(|topic| &topic.name)
    }

    /// The topic in this place.
    pub fn get(&self, place: usize) -> Option<&Fetching> {
        self.admitted.topics.get(place)
    }

    /// The place of a topic by name.
    pub fn place_by_name(&self, name: &str) -> Option<usize> {
        let topics = &self.admitted.topics;
        crate::session::find_next(topics, &self.next, |topic| &*topic.name == name)
    }

    /// The place of a topic by id.
    pub fn place_by_id(&self, id: [u8; 16]) -> Option<usize> {
        let topics = &self.admitted.topics;
        crate::session::find_next(topics, &self.next, |topic| topic.id == id)
    }

    /// The topic of an answer's element.
    pub fn find(&self, topic: &Struct) -> Option<&Fetching> {
        if topic.has("Topic") {
            return self.by_name(topic.str("Topic")?);
        }
        self.by_id(topic.uuid("TopicId"))
    }

    pub(super) fn by_name(&self, name: &str) -> Option<&Fetching> {
        self.get(self.place_by_name(name)?)
    }

    pub(super) fn by_id(&self, id: [u8; 16]) -> Option<&Fetching> {
        self.get(self.place_by_id(id)?)
    }
}
