//! The fetch sessions of one connection (KIP-227): the client's, and beside each the one that the
//! broker keeps for what the client may read of it (`docs/adr/0007`).

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use streamward_wire::kafka::error;

use super::admitted::{Admitted, Asked};
use super::epoch::INITIAL_EPOCH;
use super::wanted::Wanted;

/// Sessions that one connection may hold; beyond it the one that was used least recently ends.
pub const SESSIONS_MAX: usize = 4;
/// Partitions in one session; a client that wants more fetches without one.
pub const SESSION_PARTITIONS_MAX: usize = 20_000;

/// What the broker holds of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upstream {
    /// Nothing.
    Absent,
    /// A session that was asked for, by this count, and not answered yet.
    Opening(u64),
    /// A session that goes on at this epoch.
    Open {
        /// The broker's id.
        id: i32,
        /// What comes next.
        epoch: i32,
    },
    /// A session that no longer fits and ends with the next request.
    Stale {
        /// The broker's id.
        id: i32,
    },
}

impl Upstream {
    /// The broker's session that a full request ends; 0: none is known.
    pub const fn ends(self) -> i32 {
        match self {
            Self::Open { id, .. } | Self::Stale { id } => id,
            Self::Absent | Self::Opening(_) => 0,
        }
    }

    /// It must not go on: the broker has counted an answer that the client never got.
    pub fn spoil(&mut self) {
        *self = match self.ends() {
            0 => Self::Absent,
            id => Self::Stale { id },
        };
    }
}

/// One session of a client.
#[derive(Debug)]
pub struct FetchSession {
    /// Chosen here; says nothing about the broker's.
    pub id: i32,
    /// What the client's next request must say.
    pub epoch: i32,
    /// Are topics named by id (version 13 and later)?
    pub by_id: bool,
    /// All its partitions, allowed or not.
    pub wanted: Wanted,
    /// What the broker holds of it.
    pub upstream: Upstream,
    /// The last decision on all its topics.
    pub admitted: Option<Arc<Admitted>>,
}

impl FetchSession {
    /// A session that has no id yet.
    pub fn new(wanted: Wanted, by_id: bool) -> Self {
        Self {
            id: 0,
            epoch: INITIAL_EPOCH + 1,
            by_id,
            wanted,
            upstream: Upstream::Absent,
            admitted: None,
        }
    }
}

/// All sessions of a connection, the one used last at the end.
#[derive(Debug, Default)]
pub struct FetchSessions {
    sessions: VecDeque<FetchSession>,
    /// Ids are this keyed hash of a count, so that nobody guesses the next.
    hash: RandomState,
    count: u64,
}

impl FetchSessions {
    /// Takes a session out, to be changed, or for good.
    pub fn take(&mut self, id: i32) -> Option<FetchSession> {
        let place = self.sessions.iter().position(|session| session.id == id)?;
        self.sessions.remove(place)
    }

    /// Puts it back.
    pub fn put(&mut self, session: FetchSession) {
        self.sessions.push_back(session);
    }

    /// The session of this id.
    pub fn get_mut(&mut self, id: i32) -> Option<&mut FetchSession> {
        self.sessions.iter_mut().find(|session| session.id == id)
    }

    /// The ids in this session that nobody knew when it was decided last.
    pub fn unresolved(&self, id: i32) -> Vec<[u8; 16]> {
        let session = self.sessions.iter().find(|session| session.id == id);
        let in_part = session.filter(|session| {
            let admitted = session.admitted.as_ref();
            admitted.is_none_or(|admitted| admitted.in_part)
        });
        let topics = in_part.into_iter().flat_map(|it| it.wanted.topics());
        let unknown = topics.filter(|topic| topic.code == Some(error::UNKNOWN_TOPIC_ID));
        unknown.map(|topic| topic.id).collect()
    }

    /// A number that was not used before.
    pub fn count(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// Gives a new session its id.
    pub fn open(&mut self, mut session: FetchSession) -> i32 {
        loop {
            let count = self.count();
            let bytes = self.hash.hash_one(count).to_be_bytes();
            let [one, two, three, four, ..] = bytes;
            let id = i32::from_be_bytes([one, two, three, four]) & i32::MAX;
            if id != 0 && self.get_mut(id).is_none() {
                session.id = id;
                break;
            }
        }
        let id = session.id;
        if self.sessions.len() >= SESSIONS_MAX {
            self.sessions.pop_front();
        }
        self.sessions.push_back(session);
        id
    }

    pub(super) fn settle_continuing(
        &mut self,
        (client_id, asked): (i32, Asked),
        error: i64,
        id: i32,
        unasked: &'static str,
    ) -> Result<i32, &'static str> {
        let expected = match asked {
            Asked::Incremental(expected) => id == expected || id == 0,
            Asked::Full(_) => true,
            Asked::Sessionless => id == 0,
        };
        if !expected {
            return Err(unasked);
        }
        let ended = error != 0 || (id == 0 && matches!(asked, Asked::Full(_)));
        if ended {
            // The broker has no such session, or no room for one: the client starts over.
            self.take(client_id);
            return Ok(0);
        }
        let Some(session) = self.get_mut(client_id) else {
            return Ok(0);
        };
        match asked {
            Asked::Full(count) if session.upstream == Upstream::Opening(count) => {
                let epoch = INITIAL_EPOCH + 1;
                session.upstream = Upstream::Open { id, epoch };
            }
            Asked::Incremental(expected) if id == 0 && session.upstream.ends() == expected => {
                session.upstream = Upstream::Absent;
            }
            _ => {}
        }
        Ok(client_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_positive_and_tell_nothing_about_each_other() {
        let mut sessions = FetchSessions::default();
        let mut ids = std::collections::HashSet::new();
        for _ in 0..1_000 {
            let id = sessions.open(FetchSession::new(Wanted::default(), true));
            assert!(id > 0 && ids.insert(id));
        }
        assert_eq!(sessions.sessions.len(), SESSIONS_MAX);
        let near = ids.iter().filter(|id| ids.contains(&(*id + 1))).count();
        assert!(near < 5, "{near} ids follow one another");
    }
}
