//! Copies of what was refused, on their way to the stream that the bundle names for them.

mod section;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest;
use bytes::Bytes;
use streamward_policy::{Action, Decision, Resource, ResourceKind};

pub use self::section::{DeadLettersSection, Targets};
use crate::caller::Caller;
use crate::recorder::{Access, Deed, Recorder};

/// Bytes of all copies that wait to be written, of all connections; what is more is not copied.
pub const DEAD_LETTER_BYTES_MAX: usize = 64 << 20;
/// Of these, bytes of copies of what one principal wrote: of one request, and of all of its connections.
pub const DEAD_LETTER_SHARE_BYTES_MAX: usize = 16 << 20;
/// Most copies are at most so many times as large as what they are of, and so many bytes larger: each record gets some
/// hundreds. For one that is larger, all that is left of its principal's share is taken while it is made.
const COPY_GROWTH: usize = 4;
const COPY_BYTES_MORE: usize = 1 << 20;
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
    /// Of what was refused on read: so that it is copied once, however often it is fetched.
    pub attempt: Option<Attempt>,
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
    copied: Arc<Mutex<Copied>>,
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

    /// Takes all that is left of the principal's share as well. `false`: that is nothing.
    pub fn grow(&mut self) -> bool {
        let mut held = lock(&self.held);
        let more = held.left(&self.principal);
        held.take(&self.principal, more);
        self.bytes += more;
        more > 0
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
    /// How much more there may wait of what this principal wrote.
    fn left(&self, principal: &str) -> usize {
        let share = self.shares.get(principal).copied().unwrap_or_default();
        let left = DEAD_LETTER_SHARE_BYTES_MAX.saturating_sub(share);
        left.min(DEAD_LETTER_BYTES_MAX.saturating_sub(self.bytes))
    }

    fn take(&mut self, principal: &Arc<str>, bytes: usize) {
        self.bytes += bytes;
        *self.shares.entry(principal.clone()).or_default() += bytes;
    }

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
    /// Room for a copy of what this principal wrote, before it is made: at least `least` bytes, and so many as most copies
    /// of `least` bytes need, so that the principal's other connections find room meanwhile. `None`: too many wait already.
    pub fn reserve(&self, principal: &str, least: usize) -> Option<Room> {
        let mut held = lock(&self.held);
        let left = held.left(principal);
        if left == 0 || left < least {
            return None;
        }
        let usual = least
            .saturating_mul(COPY_GROWTH)
            .saturating_add(COPY_BYTES_MORE);
        let bytes = left.min(usual);
        let principal: Arc<str> = principal.into();
        held.take(&principal, bytes);
        Some(Room {
            held: self.held.clone(),
            principal,
            bytes,
        })
    }

    /// May this batch of a stream be copied: was it not, or is it long enough ago that it failed?
    pub fn is_due(&self, batch: &BatchDigest, now: i64) -> bool {
        let copied = self.copied.lock().unwrap_or_else(PoisonError::into_inner);
        copied.again.get(batch).is_none_or(|again| *again <= now)
    }

    /// Begins to copy a batch, unless it was copied or is about to be.
    pub fn begin(&self, batch: BatchDigest, now: i64) -> Option<Attempt> {
        let mut copied = self.copied.lock().unwrap_or_else(PoisonError::into_inner);
        let copied = &mut *copied;
        match copied.again.get_mut(&batch) {
            Some(again) if *again > now => return None,
            Some(again) => *again = i64::MAX,
            None => {
                if copied.order.len() >= COPIED_MAX
                    && let Some(oldest) = copied.order.pop_front()
                {
                    copied.again.remove(&oldest);
                }
                copied.order.push_back(batch);
                copied.again.insert(batch, i64::MAX);
            }
        }
        Some(Attempt {
            copied: self.copied.clone(),
            batch,
            again: now.saturating_add(AGAIN_AFTER_MILLISECONDS),
        })
    }

    /// Is nothing on its way?
    pub fn is_idle(&self) -> bool {
        lock(&self.held).bytes == 0
    }
}

/// Which batch of which partition; the first half of a SHA-256.
pub type BatchDigest = [u8; 16];

/// Batches found wrong on read that are known to be copied; beyond that, the oldest is copied again when it is fetched
/// again.
pub const COPIED_MAX: usize = 65_536;
/// A copy that failed is tried again by the next fetch after this long.
pub const AGAIN_AFTER_MILLISECONDS: i64 = 30_000;

/// What was copied since the gateway began.
#[derive(Debug, Default)]
struct Copied {
    /// From when on each may be copied again; never, while that is under way and once it is done.
    again: HashMap<BatchDigest, i64>,
    /// Oldest first.
    order: VecDeque<BatchDigest>,
}

/// A copy under way. Dropped before it is done, it may be tried again later.
#[derive(Debug)]
pub struct Attempt {
    copied: Arc<Mutex<Copied>>,
    batch: BatchDigest,
    again: i64,
}

impl Attempt {
    /// The copy lies in its stream.
    pub fn done(mut self) {
        self.again = i64::MAX;
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let mut copied = self.copied.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(again) = copied.again.get_mut(&self.batch) {
            *again = self.again;
        }
    }
}

/// Names a batch: the place where it was found, and all of its bytes.
pub fn digest_of(cluster: &str, topic: &str, partition: i32, batch: &[u8]) -> BatchDigest {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [cluster.as_bytes(), topic.as_bytes()] {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    context.update(&partition.to_be_bytes());
    context.update(batch);
    let whole = context.finish();
    let mut half = BatchDigest::default();
    half.iter_mut()
        .zip(whole.as_ref())
        .for_each(|(to, from)| *to = *from);
    half
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_waits_than_there_is_room_for_and_nobody_takes_all_of_it() {
        let letters = DeadLetters::default();
        let mut first = letters.reserve("alice", 10).unwrap();
        assert_eq!(first.bytes(), 10 * COPY_GROWTH + COPY_BYTES_MORE);
        assert!(first.grow());
        assert_eq!(first.bytes(), DEAD_LETTER_SHARE_BYTES_MAX);
        assert!(!first.grow() && letters.reserve("alice", 1).is_none());
        first.shrink(DEAD_LETTER_SHARE_BYTES_MAX - 10);
        assert!(letters.reserve("alice", 11).is_none());
        assert_eq!(letters.reserve("alice", 10).unwrap().bytes(), 10);
        let others: Vec<Room> = (0..DEAD_LETTER_BYTES_MAX / DEAD_LETTER_SHARE_BYTES_MAX - 1)
            .map(|it| {
                letters
                    .reserve(&it.to_string(), DEAD_LETTER_SHARE_BYTES_MAX)
                    .unwrap()
            })
            .collect();
        assert_eq!(letters.reserve("late", 1).unwrap().bytes(), 10);
        assert!(letters.reserve("late", 11).is_none());
        drop((first, others));
        assert!(letters.is_idle());
        assert!(lock(&letters.held).shares.is_empty());
    }

    #[test]
    fn one_connection_of_a_principal_leaves_room_for_its_others() {
        let letters = DeadLetters::default();
        let making: Vec<Room> = (0..8)
            .map(|_| letters.reserve("alice", 100_000).unwrap())
            .collect();
        assert!(making.iter().all(|it| it.bytes() >= 100_000));
        drop(making);
        assert!(letters.is_idle());
    }

    fn numbered(number: usize) -> BatchDigest {
        digest_of("c", "t", 0, &number.to_be_bytes())
    }

    #[test]
    fn a_batch_is_copied_once_and_again_where_that_failed() {
        let letters = DeadLetters::default();
        let batch = numbered(0);
        let attempt = letters.begin(batch, 0).unwrap();
        // Under way, however long that takes.
        assert!(!letters.is_due(&batch, i64::MAX - 1) && letters.begin(batch, 50_000).is_none());
        drop(attempt);
        assert!(!letters.is_due(&batch, AGAIN_AFTER_MILLISECONDS - 1));
        assert!(letters.begin(batch, AGAIN_AFTER_MILLISECONDS - 1).is_none());
        letters
            .begin(batch, AGAIN_AFTER_MILLISECONDS)
            .unwrap()
            .done();
        assert!(letters.begin(batch, i64::MAX - 1).is_none());
        // Elsewhere it is another one.
        for other in [
            digest_of("c", "t", 1, &[0; 8]),
            digest_of("c", "u", 0, &[0; 8]),
            digest_of("ct", "", 0, &[0; 8]),
        ] {
            assert!(letters.begin(other, 0).is_some());
        }
    }

    #[test]
    fn so_many_copies_are_remembered_and_the_oldest_is_forgotten() {
        let letters = DeadLetters::default();
        for number in 0..=COPIED_MAX {
            letters.begin(numbered(number), 0).unwrap().done();
        }
        assert!(letters.is_due(&numbered(0), 0));
        assert!(!letters.is_due(&numbered(1), 0));
        assert_eq!(lock_copied(&letters), (COPIED_MAX, COPIED_MAX));
    }

    fn lock_copied(letters: &DeadLetters) -> (usize, usize) {
        let copied = letters.copied.lock().unwrap();
        (copied.again.len(), copied.order.len())
    }
}
