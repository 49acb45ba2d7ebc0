//! What is read is held to its contract once it is opened, where the contract says so.

use std::collections::BTreeSet;

use bytes::Bytes;
use streamward_records::{Fault, Limits, Scratch, mark_fetched, visit_fetched};
use streamward_wire::kafka::{Struct, Value, error};

use super::Check;
use crate::contracts::OnRead;
use crate::schemas::{LookUp, SchemaNeed};
use crate::session::Session;
use crate::session::fetch::FetchExchange;
use crate::session::sealing::{Finding, Findings, Refused, Stage, TOLD_MAX, leave_before, refuse};
use crate::session::share::acquired::{Leave, leave_right, leaves};

/// The header of a marked record says so.
const MARKED: &str = "contract_invalid";

impl Session {
    /// Does the contract of a topic say that what is read is held to it too? Only of what the caller gets in plain.
    fn is_held_on_read(&self, topic: &str) -> bool {
        self.snapshot.contracts.on_read(topic).is_some() && !self.form(topic).stays_sealed()
    }

    /// Does any of what is fetched have to be held to a contract?
    pub(in crate::session) fn validates(&self, exchange: &FetchExchange) -> bool {
        self.snapshot.contracts.reads() && exchange.names().any(|name| self.is_held_on_read(name))
    }

    /// Holds what was opened to the contracts of its streams. Gives the schemas that must be asked for before
    /// anything can be said of it.
    pub(in crate::session) fn validate_answer(
        &self,
        exchange: &FetchExchange,
        answer: &mut Struct,
        may_ask: bool,
        findings: &mut Findings,
        now: i64,
    ) -> Vec<SchemaNeed> {
        let mut needs = Vec::new();
        if !self.snapshot.contracts.reads() {
            return needs;
        }
        let (contracts, schemas) = (self.snapshot.contracts.clone(), self.schemas.clone());
        let asker = self.asker();
        let look_up = LookUp {
            schemas: &schemas,
            asker: &asker,
            now,
        };
        let topics = answer.array_mut("Responses").into_iter().flatten();
        let mut scratch = self.keys.scratch();
        for topic in topics.filter_map(Value::as_struct_mut) {
            let Some(name) = exchange.find(topic).map(|it| it.name.clone()) else {
                continue;
            };
            let Some(contract) = contracts
                .on_read(&name)
                .filter(|_| self.is_held_on_read(&name))
            else {
                continue;
            };
            let partitions = topic.array_mut("Partitions").into_iter().flatten();
            for partition in partitions.filter_map(Value::as_struct_mut) {
                let mut check = Check {
                    contract,
                    look_up,
                    needs: &mut needs,
                    may_ask,
                };
                let index = i32::try_from(partition.int("PartitionIndex")).unwrap_or(-1);
                let found = hold_fetched(partition, &mut check, &mut scratch);
                findings.invalid += u64::try_from(found.len()).unwrap_or(u64::MAX);
                let told = found.into_iter().take(TOLD_MAX).map(|stop| Finding {
                    stage: Stage::Validate,
                    topic: name.clone(),
                    partition: index,
                    offset: stop.offset,
                    refused: stop.refused,
                    is_refused: stop.is_refused,
                });
                findings.list.extend(told);
            }
        }
        self.keys.put_back(scratch);
        needs
    }
}

/// What is wrong with a record, or keeps a partition from being given.
struct Stop {
    /// -1: it is no record's.
    offset: i64,
    refused: Refused,
    is_refused: bool,
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self {
            offset: -1,
            refused,
            is_refused: true,
        }
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self {
            offset: fault.offset,
            is_refused: true,
            refused: Refused {
                code: error::CORRUPT_MESSAGE,
                fault: Some(fault),
                told: None,
            },
        }
    }
}

fn invalid((offset, index): (i64, u32), what: String, is_refused: bool) -> Stop {
    Stop {
        offset,
        refused: Refused {
            code: error::CORRUPT_MESSAGE,
            fault: None,
            told: Some((index, what)),
        },
        is_refused,
    }
}

/// Marks records of a partition, or leaves what may leave where one is refused; says what is wrong.
fn hold_fetched(partition: &mut Struct, check: &mut Check<'_>, scratch: &mut Scratch) -> Vec<Stop> {
    let mut found = Vec::new();
    for leave in leaves(partition) {
        let Value::Bytes(records) = partition.get("Records") else {
            break;
        };
        if records.is_empty() {
            break;
        }
        let records = records.clone();
        match held(&records, check, scratch) {
            Ok((changed, mut marked)) => {
                if let Some(bytes) = changed {
                    partition.set("Records", Value::Bytes(bytes));
                }
                found.append(&mut marked);
                break;
            }
            Err(stop) => {
                // The registry's trouble is of no record: nothing is known of those before.
                let leave = if is_of_a_record(&stop) {
                    *leave
                } else {
                    Leave::Nothing
                };
                let (code, offset) = (stop.refused.code, stop.offset);
                let left = if leave == Leave::Right {
                    leave_right(partition, |batch| {
                        let stop = held(&Bytes::copy_from_slice(batch), check, scratch).err();
                        let stop = stop.filter(is_of_a_record);
                        let is_wrong = stop.is_some();
                        found.extend(stop);
                        is_wrong
                    })
                } else {
                    found.push(stop);
                    leave == Leave::Before && leave_before(partition, offset)
                };
                if !left {
                    refuse(partition, code);
                }
            }
        }
    }
    found
}

/// Is it a record that is wrong, and not the registry's trouble?
fn is_of_a_record(stop: &Stop) -> bool {
    stop.refused.code == error::CORRUPT_MESSAGE
}

/// What leaves of the records of a partition, where it is not all of them as they are, and which are marked.
fn held(
    records: &Bytes,
    check: &mut Check<'_>,
    scratch: &mut Scratch,
) -> Result<(Option<Bytes>, Vec<Stop>), Stop> {
    let marks = check.contract.on_read == OnRead::Mark;
    let limits = Limits::default();
    let mut found = Vec::new();
    let mut offsets = BTreeSet::new();
    let whole = visit_fetched(records, &limits, scratch, &mut |place, record| {
        match check.record(record)? {
            None => {}
            Some(what) if marks => {
                offsets.insert(place.0);
                found.push(invalid(place, what, false));
            }
            Some(what) => return Err(invalid(place, what, true)),
        }
        Ok(())
    })?;
    if offsets.is_empty() {
        return Ok((
            (whole < records.len()).then(|| records.slice(..whole)),
            found,
        ));
    }
    let mut out = Vec::with_capacity(records.len() + 64 * offsets.len());
    mark_fetched(records, (&offsets, MARKED), &limits, scratch, &mut out)?;
    Ok((Some(out.into()), found))
}
