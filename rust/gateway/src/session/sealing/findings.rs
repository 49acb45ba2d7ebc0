//! What is wrong with records of an answer to Fetch: found while it is verified, opened and validated, entered once
//! it waits for nothing more, and copied where the bundle says so.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use streamward_policy::Action;
use streamward_records::Fault;
use streamward_wire::kafka::batch::batches;
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use super::Refused;
use crate::session::share::acquired::leave_acquired;
use crate::session::{Close, Session};

/// What looked at the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Signatures.
    Verify,
    /// Envelopes.
    Open,
    /// The contract.
    Validate,
}

/// Something that is wrong with records of a partition.
pub struct Finding {
    pub stage: Stage,
    pub topic: Arc<str>,
    pub partition: i32,
    /// Of the record; -1: nobody knows.
    pub offset: i64,
    pub refused: Refused,
    /// Does its batch not leave? It is marked otherwise.
    pub is_refused: bool,
}

/// Records, and batches, of one partition that are told of by themselves; more are counted.
pub const TOLD_MAX: usize = 64;

/// All that is wrong with the records of an answer.
#[derive(Default)]
pub struct Findings {
    pub list: Vec<Finding>,
    /// Records that were opened.
    pub opened: u64,
    /// Records that are not as their contract says; not all of them are in the list.
    pub invalid: u64,
    /// Batches of share groups that did not leave and are not in the list.
    pub untold: u64,
}

/// Tells of the faults of one partition.
pub struct Told<'f> {
    findings: &'f mut Findings,
    stage: Stage,
    place: (&'f Arc<str>, i32),
    count: usize,
}

impl<'f> Told<'f> {
    /// Of this partition nothing was told yet at this stage.
    pub fn of(findings: &'f mut Findings, stage: Stage, place: (&'f Arc<str>, i32)) -> Self {
        Self {
            findings,
            stage,
            place,
            count: 0,
        }
    }

    /// Tells of a batch's fault, if it has one.
    pub fn is_wrong(&mut self, fault: Option<Fault>) -> bool {
        let Some(fault) = fault else {
            return false;
        };
        if self.count < TOLD_MAX {
            self.findings.fault(self.stage, self.place, fault, true);
        } else {
            self.findings.untold += 1;
        }
        self.count += 1;
        true
    }
}

impl Findings {
    /// A partition that is refused because keys can't be had.
    pub fn keyless(&mut self, topic: &Arc<str>, partition: i32) {
        self.list.push(Finding {
            stage: Stage::Open,
            topic: topic.clone(),
            partition,
            offset: -1,
            refused: Refused {
                code: error::KAFKA_STORAGE_ERROR,
                fault: None,
                told: None,
            },
            is_refused: true,
        });
    }

    /// A fault, of which the batch is refused or the record marked.
    pub fn fault(
        &mut self,
        stage: Stage,
        (topic, partition): (&Arc<str>, i32),
        fault: Fault,
        is_refused: bool,
    ) {
        self.list.push(Finding {
            stage,
            topic: topic.clone(),
            partition,
            offset: fault.offset,
            refused: Refused {
                code: error::CORRUPT_MESSAGE,
                fault: Some(fault),
                told: None,
            },
            is_refused,
        });
    }
}

impl Session {
    /// Enters what was found in an answer that waits for nothing more.
    pub(super) fn enter_findings(
        &mut self,
        api: (ApiKey, i16),
        findings: &Findings,
        now: i64,
    ) -> Result<(), Close> {
        let opened = &self.keys.counts.opened;
        opened.fetch_add(findings.opened, Ordering::Relaxed);
        let untold = &self.keys.counts.refused_read;
        untold.fetch_add(findings.untold, Ordering::Relaxed);
        let invalid = &self.schemas.counts.refused_read;
        invalid.fetch_add(findings.invalid, Ordering::Relaxed);
        for finding in &findings.list {
            let place = (&*finding.topic, finding.partition);
            match (finding.stage, &finding.refused.fault) {
                (Stage::Verify, Some(fault)) => {
                    self.enter_unverified(api, Action::Read, place, fault, now)?;
                }
                (Stage::Open, Some(fault)) => {
                    self.enter_violation(api, Action::Read, place, fault, now)?;
                }
                (Stage::Open, None) => self.enter_keyless(api, Action::Read, place, now)?,
                _ => {
                    let place = match finding.offset {
                        0.. => format!("partition {}, offset {}", place.1, finding.offset),
                        _ => format!("partition {}", place.1),
                    };
                    let what = (place.as_str(), &finding.refused);
                    self.enter_invalid(api, Action::Read, &finding.topic, what, now)?;
                }
            }
        }
        Ok(())
    }
}

/// Where the batch with this offset lies, or else what can't be read as a batch.
pub(super) fn batch_at(records: &[u8], offset: i64) -> Range<usize> {
    let mut at = 0;
    for batch in batches(records).map_while(Result::ok) {
        let end = at + batch.bytes.min(records.len() - at);
        if (batch.base_offset..=batch.last_offset).contains(&offset) {
            return at..end;
        }
        at = end;
    }
    at..records.len()
}

/// Leaves, of a partition of which a record is wrong, the batches before that one: whoever reads gets all that is
/// right, and stops at what is wrong. `false`: there are none.
pub(in crate::session) fn leave_before(partition: &mut Struct, offset: i64) -> bool {
    let Value::Bytes(records) = partition.get("Records") else {
        return false;
    };
    let end = batch_at(records, offset).start;
    if end == 0 || end >= records.len() {
        return false;
    }
    let before = records.slice(..end);
    leave_acquired(partition, &before);
    partition.set("Records", Value::Bytes(before));
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::tests::batch;

    #[test]
    fn a_batch_is_found_by_any_of_its_offsets() {
        let batches = [batch(0, 2, 0), batch(2, 3, 0), batch(5, 1, 0)];
        let records = batches.concat();
        let bytes = batches[0].len();
        assert_eq!(batch_at(&records, 1), 0..bytes);
        assert_eq!(batch_at(&records, 2), bytes..2 * bytes);
        assert_eq!(batch_at(&records, 4), bytes..2 * bytes);
        assert_eq!(batch_at(&records, 5), 2 * bytes..3 * bytes);
        // What is in none, and what is behind the last that can be read.
        assert_eq!(batch_at(&records, 9), 3 * bytes..3 * bytes);
        let mut broken = records;
        broken[bytes + 16] = 1;
        assert_eq!(batch_at(&broken, -1), bytes..3 * bytes);
    }
}
