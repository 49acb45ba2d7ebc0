//! What is refused on write is copied to the stream that the bundle names for it, where the policy lets whoever
//! wrote it write there, and sealed as that stream asks for.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use streamward_policy::{Action, Decision, ResourceKind};
use streamward_records::{Limits, Mark, Refusal, Scratch, Telling, copy_records};
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use super::{Refused, Sealed, refusal};
use crate::dead_letters::{DEAD_LETTER_SHARE_BYTES_MAX, DeadLetter, DeadLetters, Room};
use crate::sealing::SealedStream;
use crate::session::authorize::Permission;
use crate::session::{Close, Session};

/// How the names of all headers of copies begin; no record brings its own.
pub(super) const HEADERS: &str = "streamward.dead_letter.";
/// Headers of a copy: the stream and the partition that it was meant for, or lies in, why it was refused, and which
/// record of its batch was found wrong first.
pub(super) const STREAM: &str = "streamward.dead_letter.stream";
pub(super) const PARTITION: &str = "streamward.dead_letter.partition";
pub(super) const REASON: &str = "streamward.dead_letter.reason";
pub(super) const RECORD: &str = "streamward.dead_letter.record";
/// Of what was refused on write: who wrote it.
pub(super) const PRINCIPAL: &str = "streamward.dead_letter.principal";
/// Of what was refused on read: where the record lies in its stream.
pub(super) const OFFSET: &str = "streamward.dead_letter.offset";

/// The records of each partition of a topic as the client sent them.
pub type Originals = HashMap<i32, Bytes>;

/// Why there is no copy.
pub(super) enum NotCopied {
    /// No more are taken of this request.
    Full,
    /// None of this stream's records may lie in the target.
    Target(String),
    /// Something about these records.
    Records(String),
}

impl NotCopied {
    /// What the log says of it.
    pub(super) fn decision(self, name: &str) -> Decision {
        let why = match self {
            Self::Full => "too many copies wait to be written".to_owned(),
            Self::Target(why) | Self::Records(why) => why,
        };
        let reason = format!("refused records of `{name}` are not copied: {why}");
        refusal("dead_letter:not_copied", reason)
    }
}

impl Session {
    /// The bounds of copies that all connections of the gateway share.
    #[must_use]
    pub fn with_dead_letters(mut self, bounds: Arc<DeadLetters>) -> Self {
        self.dead_letter_bounds = bounds;
        self
    }

    /// Bytes of the copies that have not been taken yet.
    pub(super) fn dead_letter_bytes(&self) -> usize {
        self.dead_letters.iter().map(|it| it.records.len()).sum()
    }

    /// May copies leave at the end of the connection? Not where the journal takes nothing: what can't be entered
    /// isn't written.
    pub fn may_copy(&mut self, close: &Close, now: i64) -> bool {
        !matches!(close, Close::Unrecorded { .. }) && self.commit(now).is_ok()
    }

    /// Copies that are to be written, each told once.
    pub fn take_dead_letters(&mut self) -> Vec<DeadLetter> {
        std::mem::take(&mut self.dead_letters)
    }

    /// How the stream is sealed that takes what is refused of this one.
    pub(super) fn sealed_letters_of(&self, name: &str) -> Option<&SealedStream> {
        let target = self.snapshot.dead_letters.of(name)?;
        self.snapshot.sealing.of(target)
    }

    /// What a topic's partitions hold, where it is to be copied if it is refused; empty for other topics.
    pub(super) fn originals(&self, name: &str, topic: &Struct) -> Originals {
        if self.snapshot.dead_letters.of(name).is_none() {
            return Originals::new();
        }
        let partitions = topic.structs("PartitionData");
        let each = partitions.filter_map(|partition| {
            let Value::Bytes(records) = partition.get("Records") else {
                return None;
            };
            let index = i32::try_from(partition.int("Index")).ok()?;
            Some((index, records.clone()))
        });
        each.collect()
    }

    /// Makes the copies of what was refused of a topic. `full`: there is no room for more of this request, which
    /// was entered.
    pub(super) fn bury(
        &mut self,
        api: (ApiKey, i16),
        name: &str,
        originals: &Originals,
        refusals: &[(i32, Refused)],
        full: &mut bool,
        now: i64,
    ) -> Result<(), Close> {
        let Some(target) = self.snapshot.dead_letters.of(name).cloned() else {
            return Ok(());
        };
        // The gateway's own trouble passes, and what can't be read, or is too large, can't be copied.
        let is_due = |refused: &Refused| refused.code == error::INVALID_RECORD;
        if *full || !refusals.iter().any(|(_, refused)| is_due(refused)) {
            return Ok(());
        }
        let kind = ResourceKind::Stream;
        // The bundle names it, not the request.
        let naming = self.pause_naming();
        let allowed = self.authorize(api, Action::Write, kind, &target, now);
        self.resume_naming(naming);
        // Refused: the rule that says so is entered. An access that can't be entered moves nothing.
        let Permission::Allowed(Some(access)) = allowed? else {
            return Ok(());
        };
        for (index, refused) in refusals {
            if *full || !is_due(refused) {
                continue;
            }
            let Some(records) = originals.get(index) else {
                continue;
            };
            let (record, reason) = told(refused);
            let principal = self.caller.as_ref().map(|it| it.principal.clone());
            let principal = principal.unwrap_or_default();
            let (partition, record) = (index.to_string(), record.to_string());
            let telling = Telling {
                prefix: HEADERS,
                headers: &[
                    (STREAM, name.as_bytes()),
                    (PARTITION, partition.as_bytes()),
                    (REASON, reason.as_bytes()),
                    (RECORD, record.as_bytes()),
                    (PRINCIPAL, principal.as_bytes()),
                ],
                offset: None,
            };
            match self.copied((name, &target), records, &telling, now) {
                Ok((records, room)) => {
                    let Some(caller) = self.caller.clone() else {
                        continue;
                    };
                    self.dead_letters.push(DeadLetter {
                        target: target.clone(),
                        partition: *index,
                        records,
                        room,
                        access: access.clone(),
                        caller,
                        classes: self.snapshot.policy.classes_of(&target),
                        policy_version: self.snapshot.policy.version().to_owned(),
                        api: (api.0.name(), api.1),
                        attempt: None,
                    });
                }
                Err(not) => {
                    // SECURITY: one entry for all that it holds for, however many partitions a request has.
                    let holds_for_all = matches!(not, NotCopied::Target(_));
                    *full = matches!(not, NotCopied::Full);
                    let decision = not.decision(name);
                    self.enter_refusal(api, Action::Write, &target, &decision, now)?;
                    if holds_for_all {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// The copy of records of a stream as it is to lie in the target, or why there is none.
    pub(super) fn copied(
        &self,
        (name, target): (&str, &str),
        records: &[u8],
        telling: &Telling<'_>,
        now: i64,
    ) -> Result<(Bytes, Room), NotCopied> {
        if let Some(why) = self.less_safe(name, target) {
            return Err(NotCopied::Target(why));
        }
        let how = match self.snapshot.sealing.of(target) {
            None => None,
            // SECURITY: sealed, and nobody knows how: it must not lie there in clear.
            Some(_) => match self.sealed(target) {
                None => {
                    let why = format!("nobody knows how `{target}` is sealed");
                    return Err(NotCopied::Target(why));
                }
                // An envelope is sealed once more, not taken for one of this stream's own.
                Some(sealed) => Some(Sealed {
                    mark: Mark::Header,
                    ..sealed
                }),
            },
        };
        // A copy is never smaller than what it is of, but for its compression. Room comes before the copy.
        let caller = self.caller.as_ref().map(|it| it.principal.clone());
        let room = self
            .dead_letter_bounds
            .reserve(caller.as_deref().unwrap_or_default(), records.len());
        let Some(mut room) = room else {
            return Err(NotCopied::Full);
        };
        let frame_max = self.limits.frame_bytes_max;
        let mut scratch = self.keys.scratch();
        let mut copy = |bytes_max: usize| {
            let sealed = how.as_ref();
            self.copied_with(sealed, records, telling, bytes_max, &mut scratch, now)
        };
        let mut copied = copy(room.bytes().min(frame_max));
        if copied == Err(Some(Refusal::TooLarge)) && room.bytes() < frame_max && room.grow() {
            copied = copy(room.bytes().min(frame_max));
        }
        self.keys.put_back(scratch);
        let copied = copied.map_err(|why| match why {
            // With nothing else waiting, there might be room for it.
            Some(Refusal::TooLarge)
                if room.bytes() < frame_max.min(DEAD_LETTER_SHARE_BYTES_MAX) =>
            {
                NotCopied::Full
            }
            Some(refusal) => NotCopied::Records(refusal.to_string()),
            None => NotCopied::Records("there is no key to seal them with".to_owned()),
        })?;
        room.shrink(copied.len());
        Ok((Bytes::from(copied), room))
    }

    /// Why there is no copy: what is wrong with the records, or `None`: there is no key.
    fn copied_with(
        &self,
        sealed: Option<&Sealed>,
        records: &[u8],
        telling: &Telling<'_>,
        bytes_max: usize,
        scratch: &mut Scratch,
        now: i64,
    ) -> Result<Vec<u8>, Option<Refusal>> {
        let mut plain = Vec::with_capacity(records.len() + records.len() / 8 + 256);
        let limits = Limits::default();
        copy_records(records, telling, &limits, bytes_max, scratch, &mut plain)
            .map_err(|fault| Some(fault.refusal))?;
        if sealed.is_none() {
            return Ok(plain);
        }
        // Partitions are not bound, so it doesn't matter which one it will be.
        self.seal_partition(sealed, 0, &plain, bytes_max, scratch, now)
            .map_err(|refused| refused.fault.map(|it| it.refusal))
    }
}

/// Which record of the batch was found wrong, and the rule with its reason; never a part of a value.
pub(super) fn told(refused: &Refused) -> (u32, String) {
    match (&refused.told, &refused.fault) {
        (Some((index, what)), _) => (*index, format!("contract:invalid: {what}")),
        (None, Some(fault)) => {
            let refusal = fault.refusal;
            let of = if refusal.is_of_signatures() {
                "signing"
            } else {
                "sealing"
            };
            (fault.index, format!("{of}:{}: {refusal}", refusal.code()))
        }
        (None, None) => (0, String::new()),
    }
}
