//! What is refused on read is copied once to the stream that the bundle names for it, by the gateway itself: whoever
//! reads need not have the right to write.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use streamward_policy::{Action, Decision, Resource, ResourceKind};
use streamward_records::{Refusal, Telling};
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use super::dead_letters::{HEADERS, NotCopied, OFFSET, PARTITION, REASON, RECORD, STREAM, told};
use super::findings::{Finding, Findings, batch_at};
use super::held::ROUNDS_MAX;
use super::produce::{code_of, needs_of};
use crate::caller::Caller;
use crate::dead_letters::{BatchDigest, DeadLetter, digest_of};
use crate::overlay::contained;
use crate::recorder::{Access, Deed};
use crate::session::fetch::FetchExchange;
use crate::session::{Close, Effect, Session};

/// What a broker gave of each partition whose refused batches are copied.
pub(super) type FetchedOriginals = HashMap<(Arc<str>, i32), Bytes>;

/// A refused batch that is to be copied.
struct Due<'f> {
    finding: &'f Finding,
    target: Arc<str>,
    batch: Bytes,
    digest: BatchDigest,
}

impl Session {
    /// What the broker gave of partitions whose refused batches are copied.
    pub(super) fn fetched_originals(
        &self,
        exchange: &FetchExchange,
        answer: &Struct,
    ) -> FetchedOriginals {
        let mut originals = FetchedOriginals::new();
        for topic in answer.structs("Responses") {
            let Some(name) = exchange.find(topic).map(|it| it.name.clone()) else {
                continue;
            };
            if self.letters_of_read(&name).is_none() {
                continue;
            }
            for partition in topic.structs("Partitions") {
                let index = i32::try_from(partition.int("PartitionIndex")).unwrap_or(-1);
                if let Value::Bytes(records) = partition.get("Records") {
                    originals.insert((name.clone(), index), records.clone());
                }
            }
        }
        originals
    }

    /// The stream that takes what is refused of this one on read. What is wrong in a stream of dead letters stays there:
    /// else copies could be copied in a circle.
    fn letters_of_read(&self, name: &str) -> Option<&Arc<str>> {
        let letters = &self.snapshot.dead_letters;
        letters.of(name).filter(|_| !letters.takes(name))
    }

    /// The batches that are refused and not copied yet.
    fn due_copies<'f>(
        &self,
        originals: &FetchedOriginals,
        findings: &'f Findings,
        now: i64,
    ) -> Vec<Due<'f>> {
        let refused = findings.list.iter().filter(|it| it.is_refused);
        let due = refused
            .filter(|it| is_of_the_record(it))
            .filter_map(|finding| {
                let target = self.letters_of_read(&finding.topic)?.clone();
                let records = originals.get(&(finding.topic.clone(), finding.partition))?;
                let place = batch_at(records, finding.offset);
                let batch = records.get(place.clone()).filter(|it| !it.is_empty())?;
                let cluster = &self.peer.cluster;
                let digest = digest_of(cluster, &finding.topic, finding.partition, batch);
                let is_due = self.dead_letter_bounds.is_due(&digest, now);
                is_due.then(|| Due {
                    finding,
                    target,
                    batch: records.slice(place),
                    digest,
                })
            });
        due.collect()
    }

    /// The keys that copies are sealed with, where they are to be asked for before the answer leaves.
    pub(super) fn wait_to_copy(
        &self,
        originals: &FetchedOriginals,
        findings: &Findings,
        now: i64,
    ) -> Option<Effect> {
        if self.rounds >= ROUNDS_MAX {
            return None;
        }
        let due = self.due_copies(originals, findings, now);
        let targets = due
            .iter()
            .filter_map(|it| self.snapshot.sealing.of(&it.target));
        let mut needs = Vec::new();
        for need in targets.flat_map(needs_of) {
            if self.keys.lacks(&need, now) && !needs.contains(&need) {
                needs.push(need);
            }
        }
        (!needs.is_empty()).then_some(Effect::ObtainKeys(needs))
    }

    /// Makes the copies of batches that are refused, each once.
    pub(super) fn copy_findings(
        &mut self,
        api: (ApiKey, i16),
        originals: &FetchedOriginals,
        findings: &Findings,
        now: i64,
    ) -> Result<(), Close> {
        for due in self.due_copies(originals, findings, now) {
            let Some(attempt) = self.dead_letter_bounds.begin(due.digest, now) else {
                continue;
            };
            let gateway = Arc::new(Caller::gateway(&self.peer));
            let letter = match self.copy_of(&due, now) {
                Ok((records, room)) => {
                    let access = self.access_of_copies(&gateway, api, &due, now)?;
                    DeadLetter {
                        partition: due.finding.partition,
                        records,
                        room,
                        access,
                        classes: self.snapshot.policy.classes_of(&due.target),
                        target: due.target,
                        caller: gateway,
                        policy_version: self.snapshot.policy.version().to_owned(),
                        api: (api.0.name(), api.1),
                        attempt: Some(attempt),
                    }
                }
                Err(decision) => {
                    let target = &due.target;
                    self.enter_refusal_of(&gateway, api, Action::Write, target, &decision, now)?;
                    continue;
                }
            };
            self.dead_letters.push(letter);
        }
        Ok(())
    }

    /// The copy of one batch as it is to lie in the target, or what the log says instead.
    fn copy_of(
        &self,
        due: &Due<'_>,
        now: i64,
    ) -> Result<(Bytes, crate::dead_letters::Room), Decision> {
        let overlay = &self.snapshot.overlay;
        if let Some(containment) = overlay.quarantines(&due.target, now) {
            let ends = overlay.quarantine_ends(&due.target, now);
            return Err(contained(&containment, "the stream is quarantined", ends));
        }
        let Finding {
            topic,
            partition,
            refused,
            ..
        } = due.finding;
        let (record, reason) = told(refused);
        let (partition, record) = (partition.to_string(), record.to_string());
        let telling = Telling {
            prefix: HEADERS,
            headers: &[
                (STREAM, topic.as_bytes()),
                (PARTITION, partition.as_bytes()),
                (REASON, reason.as_bytes()),
                (RECORD, record.as_bytes()),
            ],
            offset: Some(OFFSET),
        };
        let copied = self.copied((topic, &due.target), &due.batch, &telling, now);
        copied.map_err(|not: NotCopied| not.decision(topic))
    }

    /// The gateway's own access to the target, entered before the answer leaves.
    fn access_of_copies(
        &mut self,
        gateway: &Caller,
        api: (ApiKey, i16),
        due: &Due<'_>,
        now: i64,
    ) -> Result<Arc<Access>, Close> {
        let source = &due.finding.topic;
        let decision = Decision {
            allowed: true,
            rules: vec!["dead_letter:copied".to_owned()],
            errors: Vec::new(),
            reason: format!("the bundle names it for what is refused of `{source}`"),
            valid_until_milliseconds: None,
        };
        let kind = ResourceKind::Stream;
        let deed = Deed {
            caller: gateway,
            api: api.0.name(),
            api_version: api.1,
            action: Action::Write,
            resource: Resource {
                kind,
                name: &due.target,
            },
            decision: &decision,
            policy_version: self.snapshot.policy.version(),
            classes: &self.snapshot.policy.classes_of(&due.target),
        };
        match self.recorder.access(&deed, now) {
            Ok(access) => {
                let opened = access.opened_position;
                self.durable_before_answer = self.durable_before_answer.max(opened);
                Ok(access)
            }
            Err(error) => {
                self.unrecorded(&error)?;
                let error = error.to_string();
                Ok(self.recorder.unentered_access(&deed, &error, now))
            }
        }
    }
}

/// Is it the record that is wrong, and can its batch be read? A key that is no longer there is no record's fault.
fn is_of_the_record(finding: &Finding) -> bool {
    match (&finding.refused.told, &finding.refused.fault) {
        (Some(_), _) => true,
        (None, Some(fault)) => {
            code_of(fault.refusal) == error::INVALID_RECORD && fault.refusal != Refusal::ExpiredKey
        }
        (None, None) => false,
    }
}
