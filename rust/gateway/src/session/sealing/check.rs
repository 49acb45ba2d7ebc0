//! Produce to streams that their producers seal: envelopes are looked at, and nothing is opened.

use std::collections::HashMap;
use std::sync::Arc;

use streamward_policy::Action;
use streamward_records::{Checking, Limits, Unopened, check_records};
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use super::{Refused, code_of, take_out};
use crate::data_keys::{FACTS_ASKED_MAX, KeyNeed};
use crate::session::cold::PRODUCE;
use crate::session::produce::Sending;
use crate::session::{Close, Effect, Session, Verdict};

/// What was found in each partition of streams that their producers seal; those without a mistake are not in it.
pub(super) type Checked = HashMap<(Arc<str>, i32), Refused>;

/// What the check of a whole request came to.
pub(super) enum Look {
    /// All is known.
    Done(Checked),
    /// Something must be learnt of keys before.
    Wait(Verdict),
}

impl Session {
    /// Does whoever writes to this topic seal it?
    pub(in crate::session) fn is_sealed_by_producer(&self, topic: &str) -> bool {
        let stream = self.snapshot.sealing.of(topic);
        stream.is_some_and(|it| it.sealed_by == crate::sealing::SealedBy::Producer)
    }

    /// Looks at all envelopes of a request. Nothing is entered yet: it may have to be looked at again.
    pub(super) fn look_at(
        &mut self,
        frame: &[u8],
        request: &Struct,
        sending: &[Sending],
        now: i64,
    ) -> Look {
        let mut checked = Checked::new();
        let mut needs: Vec<KeyNeed> = Vec::new();
        let topics = request.structs(PRODUCE.list);
        let mut scratch = self.keys.scratch();
        for (topic, sending) in topics.zip(sending) {
            if !self.is_sealed_by_producer(&sending.name) {
                continue;
            }
            let sealed = self.sealed(&sending.name);
            for partition in topic.structs("PartitionData") {
                let index = i32::try_from(partition.int("Index")).unwrap_or(-1);
                let Value::Bytes(records) = partition.get("Records") else {
                    continue;
                };
                let place = (sending.name.clone(), index);
                let Some(sealed) = &sealed else {
                    checked.insert(place, trouble());
                    continue;
                };
                let rings: Vec<Arc<str>> = sealed.homes.iter().map(|it| it.ring.clone()).collect();
                let checking = Checking {
                    rings: &rings,
                    value: sealed.value,
                    key: sealed.deterministic,
                    headers: &sealed.headers,
                };
                let keys = self.keys.at(now);
                let limits = Limits::default();
                match check_records(records, &checking, &keys, &limits, &mut scratch) {
                    Ok(()) => {}
                    Err(Unopened::Fault(fault)) => {
                        let refused = Refused {
                            code: code_of(fault.refusal),
                            fault: Some(fault),
                            told: None,
                        };
                        checked.insert(place, refused);
                    }
                    Err(Unopened::Missing(kids)) => {
                        checked.insert(place, trouble());
                        needs.extend(self.keys.facts_of(&sending.name, kids, now));
                    }
                }
            }
        }
        self.keys.put_back(scratch);
        needs.retain(|need| self.keys.lacks(need, now));
        needs.truncate(FACTS_ASKED_MAX);
        if needs.is_empty() || self.keys_asked {
            return Look::Done(checked);
        }
        self.waiting = Some(frame.to_vec());
        Look::Wait(Verdict::Wait(Effect::ObtainKeys(needs)))
    }

    /// Takes out the partitions of a topic in which something was found, and enters it.
    pub(super) fn refuse_checked(
        &mut self,
        api: (ApiKey, i16),
        topic: &mut Struct,
        sending: &mut Sending,
        checked: &mut Checked,
        now: i64,
    ) -> Result<Vec<(i32, Refused)>, Close> {
        let mut refusals = Vec::new();
        let Some(partitions) = topic.array_mut("PartitionData") else {
            return Ok(refusals);
        };
        for load in &sending.loads {
            if let Some(refused) = checked.remove(&(sending.name.clone(), load.index)) {
                refusals.push((load.index, refused));
            }
        }
        take_out(partitions, sending, &refusals);
        for (index, refused) in &refusals {
            let place = (&*sending.name, *index);
            match &refused.fault {
                Some(fault) => self.enter_violation(api, Action::Write, place, fault, now)?,
                None => self.enter_keyless(api, Action::Write, place, now)?,
            }
        }
        Ok(refusals)
    }
}

/// The gateway's own trouble: the producer tries again.
const fn trouble() -> Refused {
    Refused {
        code: error::KAFKA_STORAGE_ERROR,
        fault: None,
        told: None,
    }
}
