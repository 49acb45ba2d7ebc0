//! Answers to Fetch of streams with masked fields, for readers who see masks.

use streamward_policy::Action;
use streamward_records::{Budget, Fault, Limits, Mark, Refusal, Scratch, mask_records};
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use super::fetch::refuse;
use super::findings::{TOLD_MAX, leave_before};
use super::{Form, refusal};
use crate::masking::{OnInvalid, Seen};
use crate::session::fetch::FetchExchange;
use crate::session::share::acquired::{Leave, leave_acquired, leave_right, leaves};
use crate::session::{Close, Session};

impl Session {
    /// Puts masks on all that the caller sees masked, once it is opened.
    pub(super) fn mask_answer(
        &mut self,
        api: (ApiKey, i16),
        exchange: &FetchExchange,
        answer: &mut Struct,
        mut budget: Budget,
        now: i64,
    ) -> Result<(), Close> {
        let snapshot = self.snapshot.clone();
        let Some(topics) = answer.array_mut("Responses") else {
            return Ok(());
        };
        for topic in topics.iter_mut().filter_map(Value::as_struct_mut) {
            let Some(name) = exchange.find(topic).map(|it| it.name.clone()) else {
                continue;
            };
            let form = self.form(&name);
            if form == Form::Withheld {
                let partitions = topic.array_mut("Partitions").into_iter().flatten();
                for partition in partitions.filter_map(Value::as_struct_mut) {
                    refuse(partition, error::TOPIC_AUTHORIZATION_FAILED);
                }
            }
            if !form.is_masked() {
                continue;
            }
            let masking = snapshot.masking.of(&name);
            let is_among = |readers: &_| self.is_among(readers);
            let mut seen = masking.and_then(|it| it.view(&snapshot.materials, is_among));
            let mark = match masking.map(|it| it.declared.on_invalid) {
                Some(OnInvalid::Mark) => Mark::Header,
                _ => Mark::Refuse,
            };
            let partitions = topic.array_mut("Partitions").into_iter().flatten();
            for partition in partitions.filter_map(Value::as_struct_mut) {
                let index = i32::try_from(partition.int("PartitionIndex")).unwrap_or(-1);
                let Some(seen) = &mut seen else {
                    // What hashes are made with is withheld: the gateway's trouble, not the reader's.
                    refuse(partition, error::KAFKA_STORAGE_ERROR);
                    continue;
                };
                let with = (&mut *seen, mark, &mut budget);
                self.mask_partition(api, with, (&name, index), partition, now)?;
            }
        }
        Ok(())
    }

    fn mask_partition(
        &mut self,
        api: (ApiKey, i16),
        (seen, mark, budget): (&mut Seen<'_>, Mark, &mut Budget),
        (topic, index): (&str, i32),
        partition: &mut Struct,
        now: i64,
    ) -> Result<(), Close> {
        seen.told.clear();
        let (mut faults, before) = (Vec::new(), *budget);
        let limits = Limits::default();
        for leave in leaves(partition) {
            let Value::Bytes(records) = partition.get("Records") else {
                break;
            };
            if records.is_empty() {
                break;
            }
            *budget = before;
            let mut out = self.keys.buffers.take(records.len());
            let mut scratch = self.keys.scratch();
            let masked = mask_records(records, seen, mark, &limits, budget, &mut scratch, &mut out);
            self.keys.put_back(scratch);
            match masked {
                Ok(masked) => {
                    if masked.left_out {
                        leave_acquired(partition, &out);
                    }
                    let out = self.keys.buffers.share(out);
                    partition.set("Records", Value::Bytes(out));
                    faults.extend(masked.marked);
                    break;
                }
                Err(fault) => {
                    let left = if *leave == Leave::Right {
                        seen.told.clear();
                        let (mut own, mut scratch) = (before, self.keys.scratch());
                        let left = leave_right(partition, |batch| {
                            let with = (&mut *seen, mark, &mut own);
                            let fault = fault_of(batch, with, &mut scratch);
                            faults.extend(fault);
                            fault.is_some()
                        });
                        self.keys.put_back(scratch);
                        left
                    } else {
                        faults.push(fault);
                        *leave == Leave::Before && leave_before(partition, fault.offset)
                    };
                    if !left {
                        refuse(partition, error::CORRUPT_MESSAGE);
                    }
                }
            }
        }
        let mut told = std::mem::take(&mut seen.told).into_iter();
        for fault in faults.into_iter().take(TOLD_MAX) {
            let told = match fault.refusal {
                Refusal::Unmaskable => told.next(),
                _ => None,
            };
            let told = told.unwrap_or_else(|| fault.refusal.to_string());
            let reason = format!("partition {index}, offset {}: {told}", fault.offset);
            let decision = refusal("contract:unmaskable", reason);
            self.enter_refusal(api, Action::Read, topic, &decision, now)?;
        }
        Ok(())
    }
}

/// What is wrong with one batch, and is told as that; marks are told when it leaves.
fn fault_of(
    batch: &[u8],
    (seen, mark, budget): (&mut Seen<'_>, Mark, &mut Budget),
    scratch: &mut Scratch,
) -> Option<Fault> {
    let before = seen.told.len();
    let (limits, mut out) = (Limits::default(), Vec::new());
    let masked = mask_records(batch, seen, mark, &limits, budget, scratch, &mut out);
    let fault = masked.err();
    let told = match fault {
        Some(fault) if fault.refusal == Refusal::Unmaskable => seen.told.pop(),
        _ => None,
    };
    seen.told.truncate(before);
    seen.told.extend(told);
    fault
}
