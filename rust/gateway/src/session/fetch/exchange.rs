//! What must be known of a fetch when its answer comes.

use std::sync::Arc;

use streamward_wire::kafka::{Struct, Value};

use super::admitted::{Admitted, Asked, Fetching};
use super::epoch::INITIAL_EPOCH;
use super::sessions::{FetchSession, FetchSessions, Upstream};
use crate::session::places::Places;
use crate::session::share::key::ShareKey;

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
    by_name: Places<Arc<str>>,
    by_id: Places<[u8; 16]>,
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
            by_name: Places::default(),
            by_id: Places::default(),
            scope,
            refused: Vec::new(),
        }
    }

    /// Can the broker's answer leave as it is, but for the number of its session?
    pub fn passes(&self, epoch: u64, now: i64) -> bool {
        self.admitted.holds(epoch, now) && self.refused.is_empty()
    }

    /// Does what was decided still hold?
    pub fn holds(&self, epoch: u64, now: i64) -> bool {
        self.admitted.holds(epoch, now)
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
        self.by_name.find(topics, |topic| &topic.name, name)
    }

    /// The place of a topic by id.
    pub fn place_by_id(&self, id: [u8; 16]) -> Option<usize> {
        let topics = &self.admitted.topics;
        self.by_id.find(topics, |topic| &topic.id, &id)
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

impl FetchSessions {
    /// Takes from a broker's answer what it says of its session, and gives the id that the client sees.
    /// `Err`: the answer does not fit what was asked.
    pub fn settle(&mut self, scope: &mut Scope, error: i64, id: i32) -> Result<i32, &'static str> {
        const UNASKED: &str = "a session that was not asked for";
        match scope {
            Scope::Sessionless | Scope::Share(_) => (id == 0).then_some(0).ok_or(UNASKED),
            Scope::Opening(session) => {
                let (Some(mut session), true) = (session.take(), error == 0 && id != 0) else {
                    return Ok(0);
                };
                session.upstream = Upstream::Open {
                    id,
                    epoch: INITIAL_EPOCH + 1,
                };
                Ok(self.open(*session))
            }
            Scope::Continuing {
                id: client_id,
                asked,
            } => self.settle_continuing((*client_id, *asked), error, id, UNASKED),
        }
    }
}
