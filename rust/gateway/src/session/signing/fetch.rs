//! Answers to Fetch of signed streams: each record is verified before it is opened, or leaves.

use streamward_policy::Action;
use streamward_records::{Budget, Limits, Scratch, verify_records};
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use super::SignedTopic;
use crate::session::fetch::FetchExchange;
use crate::session::sealing::{leave_acquired, refuse};
use crate::session::{Close, Session};

impl Session {
    /// Does any of what is fetched have to be verified?
    pub(in crate::session) fn verifies(&self, exchange: &FetchExchange) -> bool {
        !self.snapshot.signatures.is_empty() && exchange.names().any(|name| self.is_signed(name))
    }

    /// Verifies what lies in signed streams; refuses or marks the rest.
    pub(in crate::session) fn verify_answer(
        &mut self,
        api: (ApiKey, i16),
        exchange: &FetchExchange,
        answer: &mut Struct,
        mut budget: Budget,
        now: i64,
    ) -> Result<(), Close> {
        if !self.verifies(exchange) {
            return Ok(());
        }
        let Some(topics) = answer.array_mut("Responses") else {
            return Ok(());
        };
        let keys = self.keys.clone();
        let mut scratch = keys.scratch();
        for topic in topics.iter_mut().filter_map(Value::as_struct_mut) {
            let Some(name) = exchange.find(topic).map(|it| it.name.clone()) else {
                continue;
            };
            let (Some(signed), Some(partitions)) =
                (self.signed(&name), topic.array_mut("Partitions"))
            else {
                continue;
            };
            // Signatures are taken off records that are opened or masked next: they no longer fit.
            let opens = self.form(&name).is_made_anew();
            for partition in partitions.iter_mut().filter_map(Value::as_struct_mut) {
                let index = i32::try_from(partition.int("PartitionIndex")).unwrap_or(-1);
                let place = (&*name, index);
                let with = (&mut budget, &mut scratch);
                self.verify_partition(api, &signed, place, partition, opens, with, now)?;
            }
        }
        keys.put_back(scratch);
        Ok(())
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "what one partition is verified with"
    )]
    fn verify_partition(
        &mut self,
        api: (ApiKey, i16),
        signed: &SignedTopic,
        (topic, index): (&str, i32),
        partition: &mut Struct,
        opens: bool,
        (budget, scratch): (&mut Budget, &mut Scratch),
        now: i64,
    ) -> Result<(), Close> {
        let Value::Bytes(records) = partition.get("Records") else {
            return Ok(());
        };
        if records.is_empty() {
            return Ok(());
        }
        let verifying = signed.verifying(index, None, opens);
        // What leaves as it came needs no other place.
        let mut out = if opens {
            self.keys.buffers.take(records.len())
        } else {
            Vec::new()
        };
        let limits = Limits::default();
        let faults = match verify_records(records, &verifying, &limits, budget, scratch, &mut out) {
            Ok(verified) => {
                if verified.left_out {
                    leave_acquired(partition, &out);
                }
                if verified.rewritten {
                    let out = self.keys.buffers.share(out);
                    partition.set("Records", Value::Bytes(out));
                }
                verified.marked
            }
            Err(fault) => {
                refuse(partition, error::CORRUPT_MESSAGE);
                vec![fault]
            }
        };
        // An answer that waited for keys is verified again; what is wrong with it was entered then.
        if self.rounds == 0 {
            for fault in &faults {
                self.enter_unverified(api, Action::Read, (topic, index), fault, now)?;
            }
        }
        Ok(())
    }
}
