//! Produce to streams with a contract: each value is held to it before it is sealed or leaves.

use streamward_policy::Action;
use streamward_records::{Fault, Limits, Scratch, visit_records};
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use super::produce::Sending;
use super::sealing::{Refused, code_of, refusal, take_out};
use super::{Close, Session};
use crate::contracts::Held;

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self {
            code: code_of(fault.refusal),
            fault: Some(fault),
            told: None,
        }
    }
}

impl Session {
    /// Holds the partitions of a topic to its contract; takes out those that are refused, and says why.
    pub(super) fn validate_topic(
        &mut self,
        api: (ApiKey, i16),
        topic: &mut Struct,
        sending: &mut Sending,
        now: i64,
    ) -> Result<Vec<(i32, Refused)>, Close> {
        let mut refusals = Vec::new();
        let contracts = self.snapshot.contracts.clone();
        let held = contracts.of(&sending.name).and_then(|it| it.write.as_ref());
        let (Some(held), Some(partitions)) = (held, topic.array_mut("PartitionData")) else {
            return Ok(refusals);
        };
        let mut scratch = self.keys.scratch();
        for partition in partitions.iter().filter_map(Value::as_struct) {
            let index = i32::try_from(partition.int("Index")).unwrap_or(-1);
            let Value::Bytes(records) = partition.get("Records") else {
                continue;
            };
            if let Err(refused) = validate(records, held, &mut scratch) {
                refusals.push((index, refused));
            }
        }
        self.keys.put_back(scratch);
        take_out(partitions, sending, &refusals);
        for (partition, refused) in &refusals {
            let place = format!("partition {partition}");
            let reason = match (&refused.told, &refused.fault) {
                (Some((index, what)), _) => format!("{place}, record {index} of a batch: {what}"),
                (None, Some(fault)) => format!("{place}: {}", fault.refusal),
                (None, None) => place,
            };
            let decision = refusal("contract:invalid", reason);
            self.enter_refusal(api, Action::Write, &sending.name, &decision, now)?;
        }
        Ok(refusals)
    }
}

/// A record without a value deletes what its key names: there is nothing to validate.
fn validate(records: &[u8], held: &Held, scratch: &mut Scratch) -> Result<(), Refused> {
    visit_records(
        records,
        &Limits::default(),
        scratch,
        &mut |index, record| {
            let checked = record.value.map_or(Ok(()), |value| held.check(value));
            checked.map_err(|what| Refused {
                code: error::INVALID_RECORD,
                fault: None,
                told: Some((index, what)),
            })
        },
    )
}
