//! Answers to Fetch of signed streams: each record is verified before it is opened, or leaves.

use std::sync::Arc;

use streamward_records::{Budget, Fault, Limits, Refusal, Scratch, Verifying, verify_records};
use streamward_wire::kafka::{Struct, Value, error};

use super::SignedTopic;
use crate::session::Session;
use crate::session::fetch::FetchExchange;
use crate::session::sealing::{Findings, Form, Stage, Told, leave_before, refuse};
use crate::session::share::acquired::{Leave, is_shared, leave_acquired, leave_right, leaves};

impl Session {
    /// Does any of what is fetched have to be verified?
    pub(in crate::session) fn verifies(&self, exchange: &FetchExchange) -> bool {
        !self.snapshot.signatures.is_empty() && exchange.names().any(|name| self.is_signed(name))
    }

    /// Are the records of a topic opened as they are verified, in one walk? Sealed fields are opened before all else, and
    /// of a share group each batch is looked at by itself where one is wrong.
    pub(in crate::session) fn opens_what_it_verifies(&self, topic: &str) -> bool {
        let form = self.form(topic);
        let opens = form.is_made_anew() && form != Form::Withheld;
        let sealing = self.snapshot.sealing.of(topic);
        opens && sealing.is_some_and(|it| it.fields.is_none()) && self.is_signed(topic)
    }

    /// Verifies what lies in signed streams, unless it is opened as well; refuses or marks the rest.
    pub(in crate::session) fn verify_answer(
        &self,
        exchange: &FetchExchange,
        answer: &mut Struct,
        mut budget: Budget,
        findings: &mut Findings,
    ) {
        if !self.verifies(exchange) {
            return;
        }
        let Some(topics) = answer.array_mut("Responses") else {
            return;
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
            let at_once = self.opens_what_it_verifies(&name);
            // Signatures are taken off records that are opened or masked next: they no longer fit.
            let opens = self.form(&name).is_made_anew();
            for partition in partitions.iter_mut().filter_map(Value::as_struct_mut) {
                if at_once && !is_shared(partition) {
                    continue;
                }
                let index = i32::try_from(partition.int("PartitionIndex")).unwrap_or(-1);
                let with = (&mut budget, &mut scratch);
                let how = (&signed, opens);
                self.verify_partition(how, (&name, index), partition, with, findings);
            }
        }
        keys.put_back(scratch);
    }

    fn verify_partition(
        &self,
        (signed, opens): (&SignedTopic, bool),
        place: (&Arc<str>, i32),
        partition: &mut Struct,
        (budget, scratch): (&mut Budget, &mut Scratch),
        findings: &mut Findings,
    ) {
        let verifying = signed.verifying(place.1, None, opens);
        let (before, limits) = (*budget, Limits::default());
        for leave in leaves(partition) {
            let Value::Bytes(records) = partition.get("Records") else {
                return;
            };
            if records.is_empty() {
                return;
            }
            *budget = before;
            // What leaves as it came needs no other place.
            let mut out = if opens {
                self.keys.buffers.take(records.len())
            } else {
                Vec::new()
            };
            match verify_records(records, &verifying, &limits, budget, scratch, &mut out) {
                Ok(verified) => {
                    if verified.left_out {
                        leave_acquired(partition, &out);
                    }
                    if verified.rewritten {
                        let out = self.keys.buffers.share(out);
                        partition.set("Records", Value::Bytes(out));
                    }
                    for fault in verified.marked {
                        findings.fault(Stage::Verify, place, fault, false);
                    }
                    return;
                }
                Err(fault) if permitted(*leave, &fault) == Leave::Right => {
                    let mut told = Told::of(findings, Stage::Verify, place);
                    let mut own = before;
                    let left = leave_right(partition, |batch| {
                        let with = (&mut own, &mut *scratch);
                        told.is_wrong(fault_of(batch, &verifying, with))
                    });
                    if !left {
                        refuse(partition, error::CORRUPT_MESSAGE);
                    }
                }
                Err(fault) => leave_before_unverified(partition, fault, place, *leave, findings),
            }
        }
    }
}

/// What may leave beside a record that does not verify.
///
/// SECURITY: that a record comes again is known beside the first one only: were that to leave, the next fetch would
/// begin behind it, and take the second for the first.
fn permitted(leave: Leave, fault: &Fault) -> Leave {
    match fault.refusal {
        Refusal::Replayed => Leave::Nothing,
        _ => leave,
    }
}

/// A record does not verify: what is before its batch leaves, if it may, or nothing.
pub(in crate::session) fn leave_before_unverified(
    partition: &mut Struct,
    fault: Fault,
    place: (&Arc<str>, i32),
    leave: Leave,
    findings: &mut Findings,
) {
    Told::of(findings, Stage::Verify, place).is_wrong(Some(fault));
    let may_leave = permitted(leave, &fault) == Leave::Before;
    if !(may_leave && leave_before(partition, fault.offset)) {
        refuse(partition, error::CORRUPT_MESSAGE);
    }
}

/// What is wrong with one batch.
fn fault_of(
    batch: &[u8],
    verifying: &Verifying<'_>,
    (budget, scratch): (&mut Budget, &mut Scratch),
) -> Option<Fault> {
    let limits = Limits::default();
    verify_records(batch, verifying, &limits, budget, scratch, &mut Vec::new()).err()
}
