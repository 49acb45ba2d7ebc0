//! Streams with a contract: each record is held to it before it is sealed or leaves, and where the contract says
//! so, once it is opened for a reader.

mod fetched;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use streamward_policy::Action;
use streamward_records::{Fault, Limits, Scratch, visit_records};
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use super::produce::Sending;
use super::sealing::{Refused, code_of, refusal, take_out};
use super::{Close, Effect, Session, Verdict};
use crate::contracts::{Contract, Wrong};
use crate::schemas::{ASKED_MAX, LookUp, SchemaNeed, Schemas};

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self {
            code: code_of(fault.refusal),
            fault: Some(fault),
            told: None,
        }
    }
}

impl Refused {
    /// The registry's trouble, not the client's: it tries again.
    const fn later() -> Self {
        Self {
            code: error::KAFKA_STORAGE_ERROR,
            fault: None,
            told: None,
        }
    }
}

/// Holds records to a contract with the schemas that are at hand, and notes those that aren't.
struct Check<'c> {
    contract: &'c Contract,
    look_up: LookUp<'c>,
    needs: &'c mut Vec<SchemaNeed>,
    /// Schemas may still be asked for.
    may_ask: bool,
}

impl Check<'_> {
    /// What is wrong with a record in the words of its contract; an error where that can't be said now.
    fn record(
        &mut self,
        record: &streamward_records::Record<'_>,
    ) -> Result<Option<String>, Refused> {
        match self.contract.check(record, &self.look_up) {
            Ok(()) => Ok(None),
            Err(Wrong::Record(what)) => Ok(Some(what)),
            Err(Wrong::Ask(need)) if self.may_ask && self.notes(&need) => Ok(None),
            Err(Wrong::Ask(_) | Wrong::Trouble) => Err(Refused::later()),
        }
    }

    /// Has it be asked for, unless too many are.
    fn notes(&mut self, need: &SchemaNeed) -> bool {
        if self.needs.contains(need) {
            return true;
        }
        let fits = self.needs.len() < ASKED_MAX;
        if fits {
            self.needs.push(need.clone());
        }
        fits
    }
}

/// What is refused of a topic, by partition.
pub(super) type Refusals = Vec<(i32, Refused)>;

impl Session {
    /// The schemas of registries that all connections of the gateway share.
    #[must_use]
    pub fn with_schemas(mut self, schemas: Arc<Schemas>) -> Self {
        self.schemas = schemas;
        self
    }

    /// What is refused of each topic, by its contract. `Err`: schemas must be asked for before that can be said.
    pub(super) fn held_to_contracts<'t>(
        &self,
        topics: impl Iterator<Item = (&'t Value, &'t Sending)>,
        now: i64,
    ) -> Result<Vec<Refusals>, Vec<SchemaNeed>> {
        let mut needs = Vec::new();
        let mut scratch = self.keys.scratch();
        let asker = self.asker();
        let look_up = LookUp {
            schemas: &self.schemas,
            asker: &asker,
            now,
        };
        let held = topics.map(|(topic, sending)| {
            let contract = self.snapshot.contracts.on_write(&sending.name);
            let (Some(contract), Some(topic)) = (contract, topic.as_struct()) else {
                return Refusals::new();
            };
            let mut check = Check {
                contract,
                look_up,
                needs: &mut needs,
                may_ask: !self.schemas_asked,
            };
            refused_of(topic, &mut check, &mut scratch)
        });
        let refusals = held.collect();
        self.keys.put_back(scratch);
        if needs.is_empty() {
            Ok(refusals)
        } else {
            Err(needs)
        }
    }

    /// Puts a request aside until these schemas have been asked for.
    pub(super) fn wait_for_schemas(&mut self, frame: &[u8], needs: Vec<SchemaNeed>) -> Verdict {
        self.waiting = Some(frame.to_vec());
        Verdict::Wait(self.obtain_schemas(needs))
    }

    pub(super) fn obtain_schemas(&self, needs: Vec<SchemaNeed>) -> Effect {
        let asker = self.asker();
        Effect::ObtainSchemas { asker, needs }
    }

    /// On whose behalf schemas are asked for.
    fn asker(&self) -> Arc<str> {
        self.principal().unwrap_or_default()
    }

    /// Takes out the partitions of a topic that are refused, and enters why.
    pub(super) fn refuse_invalid(
        &mut self,
        api: (ApiKey, i16),
        topic: &mut Struct,
        sending: &mut Sending,
        refusals: &Refusals,
        now: i64,
    ) -> Result<(), Close> {
        if let Some(partitions) = topic.array_mut("PartitionData") {
            take_out(partitions, sending, refusals);
        }
        for (partition, refused) in refusals {
            let counted = &self.schemas.counts.refused_write;
            counted.fetch_add(1, Ordering::Relaxed);
            let place = match &refused.told {
                Some((index, _)) => format!("partition {partition}, record {index} of a batch"),
                None => format!("partition {partition}"),
            };
            self.enter_invalid(api, Action::Write, &sending.name, (&place, refused), now)?;
        }
        Ok(())
    }

    pub(super) fn enter_invalid(
        &mut self,
        api: (ApiKey, i16),
        action: Action,
        topic: &str,
        (place, refused): (&str, &Refused),
        now: i64,
    ) -> Result<(), Close> {
        let (rule, what) = match (&refused.told, &refused.fault) {
            (Some((_, what)), _) => ("contract:invalid", what.clone()),
            (None, Some(fault)) => ("contract:invalid", fault.refusal.to_string()),
            (None, None) => {
                let what = "the registry of its schemas gives no answer";
                ("contract:registry", what.to_owned())
            }
        };
        let decision = refusal(rule, format!("{place}: {what}"));
        self.enter_refusal(api, action, topic, &decision, now)
    }
}

fn refused_of(topic: &Struct, check: &mut Check<'_>, scratch: &mut Scratch) -> Refusals {
    let mut refusals = Refusals::new();
    let partitions = topic.array("PartitionData").iter();
    for partition in partitions.filter_map(Value::as_struct) {
        let Value::Bytes(records) = partition.get("Records") else {
            continue;
        };
        let visited = visit_records(
            records,
            &Limits::default(),
            scratch,
            &mut |index, record| match check.record(record)? {
                None => Ok(()),
                Some(what) => Err(Refused {
                    code: error::INVALID_RECORD,
                    fault: None,
                    told: Some((index, what)),
                }),
            },
        );
        if let Err(refused) = visited {
            let index = i32::try_from(partition.int("Index")).unwrap_or(-1);
            refusals.push((index, refused));
        }
    }
    refusals
}
