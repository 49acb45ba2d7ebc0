//! Answers to Fetch of sealed streams: each record is opened for a reader who may see it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use streamward_records::{
    Budget, FoundKey, Keys, Kid, Limits, Opened, Opening, Scratch, Unopened, Unread, Verified,
    Verifying, mask_records, open_records, open_verified_records,
};
use streamward_wire::kafka::batch::batches;
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use super::findings::{Findings, Stage, Told, leave_before};
use super::held::ROUNDS_MAX;
use super::{Form, HeldAnswer, Sealed};
use crate::data_keys::{KeyNeed, KeysNow};
use crate::fields::FieldOpener;
use crate::frame::Frame;
use crate::session::answers::Exchange;
use crate::session::fetch::FetchExchange;
use crate::session::share::acquired::{Leave, is_shared, leave_acquired, leave_right, leaves};
use crate::session::signing::{SignedTopic, leave_before_unverified};
use crate::session::{Answer, Close, Effect, Session, Shaping, encode_response_in_parts};

/// The keys that one answer selects among; each is looked up once, so that the whole answer sees the same.
struct Chosen<'k> {
    now: KeysNow<'k>,
    found: std::cell::RefCell<HashMap<Kid, FoundKey>>,
}

impl Keys for Chosen<'_> {
    fn find(&self, kid: &Kid) -> FoundKey {
        let mut found = self.found.borrow_mut();
        let find = || self.now.find(kid);
        found.entry(*kid).or_insert_with(find).clone()
    }
}

impl Session {
    /// Does any of what is fetched have to be verified, opened or masked?
    pub(in crate::session) fn opens(&self, exchange: &FetchExchange) -> bool {
        let snapshot = &self.snapshot;
        !(snapshot.sealing.streams.is_empty() && snapshot.masking.is_empty())
            && exchange.names().any(|name| self.form(name).is_made_anew())
            || self.validates(exchange)
            || self.verifies(exchange)
    }

    /// An answer that holds records of signed, sealed or masked streams: verified, opened, masked, decided again, and
    /// entered as it leaves.
    pub(in crate::session) fn fetched_sealed(
        &mut self,
        (key, version): (ApiKey, i16),
        correlation_id: i32,
        mut exchange: FetchExchange,
        frame: &mut Frame<'_>,
        now: i64,
    ) -> Result<Answer, Close> {
        let mut answer = self.decode_response_frame(key, version, frame)?;
        let originals = self.fetched_originals(&exchange, &answer);
        let mut findings = Findings::default();
        let waits = self.look_at_answer(&exchange, &mut answer, frame.len(), &mut findings, now);
        let waits = waits.or_else(|| self.wait_to_copy(&originals, &findings, now));
        if let Some(effect) = waits {
            let shaping = Shaping::Fetch(exchange);
            let exchange = Exchange {
                key,
                version,
                correlation_id,
                bytes: 0,
                shaping,
            };
            self.held_answer = Some(HeldAnswer {
                exchange,
                frame: frame.to_vec(),
                rounds: self.rounds + 1,
            });
            return Ok(Answer::Wait(effect));
        }
        self.enter_findings((key, version), &findings, now)?;
        self.copy_findings((key, version), &originals, &findings, now)?;
        let budget = Budget::of(frame.len());
        self.mask_answer((key, version), &exchange, &mut answer, budget, now)?;
        self.release_tree((key, version), &mut exchange, &mut answer, now)?;
        let parts = encode_response_in_parts(key, version, correlation_id, &answer, frame.len());
        parts.map(Answer::RewriteParts)
    }

    /// Verifies, opens and validates what is to be. Gives what must be asked for before anything can be said of it.
    fn look_at_answer(
        &self,
        exchange: &FetchExchange,
        answer: &mut Struct,
        bytes: usize,
        findings: &mut Findings,
        now: i64,
    ) -> Option<Effect> {
        let budget = Budget::of(bytes);
        self.verify_answer(exchange, answer, budget, findings);
        let needs = self.open_answer(exchange, answer, budget, findings, now);
        if !needs.is_empty() {
            return Some(Effect::ObtainKeys(needs));
        }
        let may_ask = self.rounds < ROUNDS_MAX;
        let needs = self.validate_answer(exchange, answer, may_ask, findings, now);
        (!needs.is_empty()).then(|| self.obtain_schemas(needs))
    }

    /// Opens all that is to be opened. Gives the keys that must be asked for before anything can be said of it.
    fn open_answer(
        &self,
        exchange: &FetchExchange,
        answer: &mut Struct,
        mut budget: Budget,
        findings: &mut Findings,
        now: i64,
    ) -> Vec<KeyNeed> {
        let (mut needs, mut named) = (Vec::new(), HashSet::new());
        let keys = self.keys.clone();
        let chosen = Chosen {
            now: keys.at(now),
            found: std::cell::RefCell::default(),
        };
        let Some(topics) = answer.array_mut("Responses") else {
            return needs;
        };
        let mut scratch = keys.scratch();
        for topic in topics.iter_mut().filter_map(Value::as_struct_mut) {
            let Some(name) = exchange.find(topic).map(|it| it.name.clone()) else {
                continue;
            };
            let form = self.form(&name);
            if !form.is_made_anew() || form == Form::Withheld {
                continue;
            }
            if self.snapshot.sealing.of(&name).is_none() {
                continue;
            }
            let sealed = self.sealed(&name);
            let Some(partitions) = topic.array_mut("Partitions") else {
                continue;
            };
            let signed = if self.opens_what_it_verifies(&name) {
                self.signed(&name)
            } else {
                None
            };
            for partition in partitions.iter_mut().filter_map(Value::as_struct_mut) {
                let Some(sealed) = &sealed else {
                    // SECURITY: sealed, and nobody knows how: it must not leave as if it had been opened.
                    let index = i32::try_from(partition.int("PartitionIndex")).unwrap_or(-1);
                    findings.keyless(&name, index);
                    refuse(partition, error::KAFKA_STORAGE_ERROR);
                    continue;
                };
                let with = (&chosen, &mut budget, &mut scratch);
                let how = (sealed, signed.as_ref());
                let asked = self.open_partition(how, &name, partition, with, findings, now);
                needs.extend(asked.into_iter().filter(|it| named.insert(it.clone())));
            }
        }
        keys.put_back(scratch);
        needs
    }

    fn open_partition(
        &self,
        (sealed, signed): (&Sealed, Option<&SignedTopic>),
        topic: &Arc<str>,
        partition: &mut Struct,
        (keys, budget, scratch): (&Chosen<'_>, &mut Budget, &mut Scratch),
        findings: &mut Findings,
        now: i64,
    ) -> Vec<KeyNeed> {
        let index = i32::try_from(partition.int("PartitionIndex")).unwrap_or(-1);
        let opening = Opening {
            homes: &sealed.homes,
            partition: sealed.partition_bound.then_some(index),
            value: sealed.value,
            key: sealed.deterministic,
            headers: &sealed.headers,
            mark: sealed.mark,
        };
        let signed = signed.filter(|_| !is_shared(partition));
        let verifying = signed.map(|it| it.verifying(index, None, true));
        let how = (sealed, &opening, verifying.as_ref());
        let before = *budget;
        for leave in leaves(partition) {
            let Value::Bytes(records) = partition.get("Records") else {
                break;
            };
            if records.is_empty() {
                break;
            }
            *budget = before;
            let mut out = self.keys.buffers.take(records.len());
            let with = (keys, &mut *budget, &mut *scratch);
            match open_all(records, how, with, &mut out) {
                Ok((verified, opened)) => {
                    count_opened(findings, (topic, index), &verified, &opened, &out);
                    if verified.left_out || opened.left_out {
                        leave_acquired(partition, &out);
                    }
                    let out = self.keys.buffers.share(out);
                    partition.set("Records", Value::Bytes(out));
                    break;
                }
                Err(Unread::Unverified(fault)) => {
                    leave_before_unverified(partition, fault, (topic, index), *leave, findings);
                }
                Err(Unread::Unopened(Unopened::Fault(fault))) => {
                    let mut told = Told::of(findings, Stage::Open, (topic, index));
                    let left = if *leave == Leave::Right {
                        let mut own = before;
                        leave_right(partition, |batch| {
                            let with = (keys, &mut own, &mut *scratch);
                            let opened = open_all(batch, how, with, &mut Vec::new());
                            told.is_wrong(match opened {
                                Err(Unread::Unopened(Unopened::Fault(fault))) => Some(fault),
                                _ => None,
                            })
                        })
                    } else {
                        told.is_wrong(Some(fault));
                        *leave == Leave::Before && leave_before(partition, fault.offset)
                    };
                    if !left {
                        refuse(partition, error::CORRUPT_MESSAGE);
                    }
                }
                Err(Unread::Unopened(Unopened::Missing(kids))) => {
                    let needs = kids.into_iter().map(KeyNeed::Open);
                    let mut needs: Vec<KeyNeed> = needs.collect();
                    needs.retain(|need| self.keys.lacks(need, now));
                    if !needs.is_empty() && self.rounds < ROUNDS_MAX {
                        return needs;
                    }
                    // The provider's trouble, not the reader's: it tries again.
                    findings.keyless(topic, index);
                    refuse(partition, error::KAFKA_STORAGE_ERROR);
                }
            }
        }
        Vec::new()
    }
}

/// Opens fields, and then all else: envelopes of fields are bound to keys of records as they lie on the wire. Verifies
/// first where that is asked for, which it isn't where there are fields.
fn open_all(
    records: &[u8],
    (sealed, opening, verifying): (&Sealed, &Opening<'_>, Option<&Verifying<'_>>),
    (keys, budget, scratch): (&Chosen<'_>, &mut Budget, &mut Scratch),
    out: &mut Vec<u8>,
) -> Result<(Verified, Opened), Unread> {
    let limits = Limits::default();
    if let Some(verifying) = verifying {
        return open_verified_records(
            records, verifying, opening, keys, &limits, budget, scratch, out,
        );
    }
    let (mut inner, mut marked) = (Vec::new(), Opened::default());
    let records = match &sealed.fields {
        None => records,
        Some(fields) => {
            let mut opener = FieldOpener {
                fields,
                homes: opening.homes,
                partition: opening.partition,
                keys,
                missing: Vec::new(),
            };
            let (mark, mut own) = (opening.mark, *budget);
            let done = mask_records(
                records,
                &mut opener,
                mark,
                &limits,
                &mut own,
                scratch,
                &mut inner,
            );
            if !opener.missing.is_empty() {
                return Err(Unread::Unopened(Unopened::Missing(opener.missing)));
            }
            marked = done.map_err(|fault| Unread::Unopened(Unopened::Fault(fault)))?;
            inner.as_slice()
        }
    };
    let opened = open_records(records, opening, keys, &limits, budget, scratch, out);
    let mut opened = opened.map_err(Unread::Unopened)?;
    opened.marked.append(&mut marked.marked);
    opened.marked_count += marked.marked_count;
    opened.left_out |= marked.left_out;
    Ok((Verified::default(), opened))
}

/// Notes what became of the records of a partition.
fn count_opened(
    findings: &mut Findings,
    place: (&Arc<str>, i32),
    verified: &Verified,
    opened: &Opened,
    out: &[u8],
) {
    for fault in &verified.marked {
        findings.fault(Stage::Verify, place, *fault, false);
    }
    let records = batches(out).map_while(Result::ok);
    let records = records.filter(|it| !it.is_control());
    let records: u64 = records.map(|it| u64::from(it.records)).sum();
    findings.opened += records.saturating_sub(opened.marked_count);
    for fault in &opened.marked {
        findings.fault(Stage::Open, place, *fault, false);
    }
}

/// Takes the records out of a partition and leaves an error.
pub(in crate::session) fn refuse(partition: &mut Struct, code: i16) {
    partition
        .set("ErrorCode", code)
        .set("Records", Value::Bytes(bytes::Bytes::new()))
        // Of a share fetch: without records there is nothing to work on.
        .set("AcquiredRecords", Vec::<Value>::new());
}
