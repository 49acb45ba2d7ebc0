//! Copies of what was refused, on their way to the stream that the bundle names for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use streamward_policy::{Action, Decision, Resource, ResourceKind};

use crate::caller::Caller;
use crate::recorder::{Access, Deed, Recorder};

/// Bytes of all copies that wait to be written, of all connections; what is more is not copied.
pub const DEAD_LETTER_BYTES_MAX: usize = 64 << 20;
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
    bytes: Arc<AtomicUsize>,
}

/// Room for one copy; given back when it is dropped.
#[derive(Debug)]
pub struct Room {
    held: Arc<AtomicUsize>,
    bytes: usize,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.held.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

impl DeadLetters {
    /// Room for so many bytes; `None`: too many wait already.
    pub fn admit(&self, bytes: usize) -> Option<Room> {
        let admitted = self
            .bytes
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |held| {
                held.checked_add(bytes)
                    .filter(|it| *it <= DEAD_LETTER_BYTES_MAX)
            });
        admitted.is_ok().then(|| Room {
            held: self.bytes.clone(),
            bytes,
        })
    }

    /// Is nothing on its way?
    pub fn is_idle(&self) -> bool {
        self.bytes.load(Ordering::Acquire) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_waits_than_there_is_room_for() {
        let letters = DeadLetters::default();
        let first = letters.admit(DEAD_LETTER_BYTES_MAX - 10).unwrap();
        assert!(letters.admit(11).is_none());
        let second = letters.admit(10).unwrap();
        drop(first);
        assert!(letters.admit(usize::MAX).is_none());
        assert!(!letters.is_idle());
        drop(second);
        assert!(letters.is_idle());
    }
}
