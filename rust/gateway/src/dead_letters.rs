//! Copies of what was refused, on their way to the stream that the bundle names for them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use streamward_policy::{Action, Decision, Resource, ResourceKind};

use crate::caller::Caller;
use crate::recorder::{Access, Deed, Recorder};

/// Bytes of all copies that wait to be written, of all connections; what is more is not copied.
pub const DEAD_LETTER_BYTES_MAX: usize = 64 << 20;
/// Of these, bytes of copies of what one principal wrote: of one request, and of all of its connections.
pub const DEAD_LETTER_SHARE_BYTES_MAX: usize = 16 << 20;
/// Copies that are written at one time.
pub const DEAD_LETTERS_AT_ONCE: usize = 4;

/// The records of one refused partition, as they are to lie in the stream of dead letters: sealed, if that
/// stream is.
#[derive(Debug)]
pub struct DeadLetter {
    /// The stream that it goes to.
    pub target: Arc<str>,
    /// The partition that its records were meant for, by which one of the target's is chosen.
    pub partition: i32,
    /// One or several batches.
    pub records: Bytes,
    /// The room that they take.
    pub room: Room,
    /// The write to the target, which the policy allowed to whoever wrote the refused records.
    pub access: Arc<Access>,
    /// Who wrote them.
    pub caller: Arc<Caller>,
    /// The data classes of the target.
    pub classes: Arc<[String]>,
    /// The policy that allowed it.
    pub policy_version: String,
    /// The API by which the records came, and its version.
    pub api: (&'static str, i16),
}

impl DeadLetter {
    /// Enters that this copy was not written, and why.
    pub fn enter_lost(&self, recorder: &Recorder, why: &str, now: i64) {
        let decision = Decision {
            allowed: false,
            rules: vec!["dead_letter:not_copied".to_owned()],
            errors: Vec::new(),
            reason: format!("refused records are not copied: {why}"),
            valid_until_milliseconds: None,
        };
        let deed = Deed {
            caller: &self.caller,
            api: self.api.0,
            api_version: self.api.1,
            action: Action::Write,
            resource: Resource {
                kind: ResourceKind::Stream,
                name: &self.target,
            },
            decision: &decision,
            policy_version: &self.policy_version,
            classes: &self.classes,
        };
        if let Err(error) = recorder.denied(&deed, now) {
            recorder.unentered_denial(&error.to_string(), now);
        }
    }
}

/// Bounds the copies that wait.
#[derive(Debug, Default)]
pub struct DeadLetters {
    held: Arc<Mutex<Held>>,
}

#[derive(Debug, Default)]
struct Held {
    bytes: usize,
    /// Of each principal that has any.
    shares: HashMap<Arc<str>, usize>,
}

/// Room for one copy; given back when it is dropped.
#[derive(Debug)]
pub struct Room {
    held: Arc<Mutex<Held>>,
    principal: Arc<str>,
    bytes: usize,
}

fn lock(held: &Mutex<Held>) -> MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Room {
    /// Bytes that the copy may have.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// The copy has only so many bytes: gives back the rest.
    pub fn shrink(&mut self, bytes: usize) {
        let less = self.bytes.saturating_sub(bytes);
        self.bytes -= less;
        lock(&self.held).give_back(&self.principal, less);
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        lock(&self.held).give_back(&self.principal, self.bytes);
    }
}

impl Held {
    fn give_back(&mut self, principal: &Arc<str>, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes);
        if let Some(share) = self.shares.get_mut(principal) {
            *share = share.saturating_sub(bytes);
            if *share == 0 {
                self.shares.remove(principal);
            }
        }
    }
}

impl DeadLetters {
    /// Room for a copy of what this principal wrote, before it is made: at least `least` bytes, and otherwise all that is left
    /// of its share. `None`: too many wait already.
    pub fn reserve(&self, principal: &str, least: usize) -> Option<Room> {
        let mut held = lock(&self.held);
        let share = held.shares.get(principal).copied().unwrap_or_default();
        let left = DEAD_LETTER_SHARE_BYTES_MAX.saturating_sub(share);
        let bytes = left.min(DEAD_LETTER_BYTES_MAX.saturating_sub(held.bytes));
        if bytes == 0 || bytes < least {
            return None;
        }
        let principal: Arc<str> = principal.into();
        held.bytes += bytes;
        *held.shares.entry(principal.clone()).or_default() += bytes;
        Some(Room {
            held: self.held.clone(),
            principal,
            bytes,
        })
    }

    /// Is nothing on its way?
    pub fn is_idle(&self) -> bool {
        lock(&self.held).bytes == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_waits_than_there_is_room_for_and_nobody_takes_all_of_it() {
        let letters = DeadLetters::default();
        let mut first = letters.reserve("alice", 10).unwrap();
        assert_eq!(first.bytes(), DEAD_LETTER_SHARE_BYTES_MAX);
        assert!(letters.reserve("alice", 1).is_none());
        first.shrink(DEAD_LETTER_SHARE_BYTES_MAX - 10);
        assert!(letters.reserve("alice", 11).is_none());
        assert_eq!(letters.reserve("alice", 10).unwrap().bytes(), 10);
        let others: Vec<Room> = (0..DEAD_LETTER_BYTES_MAX / DEAD_LETTER_SHARE_BYTES_MAX - 1)
            .map(|it| letters.reserve(&it.to_string(), 1).unwrap())
            .collect();
        assert_eq!(letters.reserve("late", 1).unwrap().bytes(), 10);
        assert!(letters.reserve("late", 11).is_none());
        drop((first, others));
        assert!(letters.is_idle());
        assert!(lock(&letters.held).shares.is_empty());
    }
}
