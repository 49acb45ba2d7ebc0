//! Produce to sealed streams: each record is sealed, each batch rewritten in place of its payload.

use std::collections::HashSet;
use std::sync::Arc;

use streamward_records::{Fault, Refusal};
use streamward_wire::kafka::{Struct, Value, error};

use super::check::Look;
use crate::data_keys::KeyNeed;
use crate::frame::Frame;
use crate::sealing::{KeySealing, SealedBy, SealedStream};
use crate::session::cold::{Denial, PRODUCE, take_denied};
use crate::session::produce::{ProduceExchange, Sending};
use crate::session::{Close, Effect, Head, Session, Shaping, Verdict, new_response};

/// What a partition is refused with.
#[derive(Clone)]
pub(in crate::session) struct Refused {
    pub code: i16,
    pub fault: Option<Fault>,
    /// What is wrong with a record in the words of its contract, and its index in its batch.
    pub told: Option<(u32, String)>,
}

/// Kafka's error for records that are not taken.
pub(in crate::session) const fn code_of(refusal: Refusal) -> i16 {
    match refusal {
        Refusal::SpentKey | Refusal::KeyNotThere => error::KAFKA_STORAGE_ERROR,
        // Producers make smaller batches of it, or give up and say why.
        Refusal::TooLarge | Refusal::Bomb | Refusal::KeyLimit => error::MESSAGE_TOO_LARGE,
        Refusal::Batch
        | Refusal::Checksum
        | Refusal::Codec
        | Refusal::Inflate
        | Refusal::Record
        | Refusal::Count => error::CORRUPT_MESSAGE,
        _ => error::INVALID_RECORD,
    }
}

impl Session {
    /// Seals what goes to sealed streams and signs what goes to signed ones, having waited for the keys; the rest of the
    /// request goes as it is.
    pub(in crate::session) fn produce_sealed(
        &mut self,
        head: &Head,
        frame: &mut Frame<'_>,
        acks: i64,
        sending: Vec<Sending>,
        denials: &[Denial],
        now: i64,
    ) -> Result<Verdict, Close> {
        if acks == 0 && !denials.is_empty() {
            return Ok(Verdict::Close(Close::DeniedSilently));
        }
        if let Some(wait) = self.wait_for_keys(frame, &sending, now) {
            return Ok(wait);
        }
        let mut request = self.decode_request_frame(head, frame)?;
        let answer = new_response(head.key, head.version)?;
        let mut refused = take_denied(&mut request, &PRODUCE, &answer, denials);
        let mut checked = match self.look_at(frame, &request, &sending, now) {
            Look::Done(checked) => checked,
            Look::Wait(verdict) => return Ok(verdict),
        };
        let mut kept = Vec::with_capacity(sending.len());
        let topics = request
            .array_mut(PRODUCE.list)
            .map(std::mem::take)
            .unwrap_or_default();
        let by_contract = match self.held_to_contracts(topics.iter().zip(&sending), now) {
            Ok(refusals) => refusals,
            Err(needs) => return Ok(self.wait_for_schemas(frame, needs)),
        };
        let mut left = Vec::with_capacity(topics.len());
        // By so many bytes the request may grow until brokers no longer take it.
        let mut growth = self.limits.frame_bytes_max.saturating_sub(frame.len());
        let mut full = false;
        for ((mut topic, mut sending), mut refusals) in
            topics.into_iter().zip(sending).zip(by_contract)
        {
            let api = (head.key, head.version);
            if let Some(tree) = topic.as_struct_mut() {
                let originals = self.originals(&sending.name, tree);
                self.refuse_invalid(api, tree, &mut sending, &refusals, now)?;
                refusals.extend(self.verify_topic(api, tree, &mut sending, now)?);
                if self.is_sealed_by_producer(&sending.name) {
                    refusals.extend(self.refuse_checked(
                        api,
                        tree,
                        &mut sending,
                        &mut checked,
                        now,
                    )?);
                } else if self.snapshot.sealing.of(&sending.name).is_some() {
                    let refused = self.seal_topic(api, tree, &mut sending, &mut growth, now)?;
                    refusals.extend(refused);
                }
                if !self.signs_what_it_seals(&sending.name) {
                    refusals.extend(self.sign_topic(api, tree, &mut sending, &mut growth, now)?);
                }
                if !refusals.is_empty() {
                    let name = sending.name.clone();
                    self.bury(api, &name, &originals, &refusals, &mut full, now)?;
                    refused.push(answered(&answer, tree, &refusals));
                }
            }
            if !sending.loads.is_empty() {
                left.push(topic);
                kept.push(sending);
            }
        }
        if !refused.is_empty() && acks == 0 {
            return Ok(Verdict::Close(Close::DeniedSilently));
        }
        if left.is_empty() {
            let mut answer = answer;
            self.tally.refused = !self.tally.denied;
            answer.set("Responses", refused);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        request.set(PRODUCE.list, left);
        let rewritten = head.rewrite_in_parts(frame, &request, &self.limits)?;
        if acks == 0 {
            self.sent(head, acks, kept);
        } else {
            let exchange = ProduceExchange::new(kept, refused);
            self.expect(head, Shaping::Produce(exchange));
        }
        Ok(Verdict::RewriteParts(rewritten))
    }

    /// Puts the request aside where a key is to be asked for; makes the next ones ahead of need.
    fn wait_for_keys(&mut self, frame: &[u8], sending: &[Sending], now: i64) -> Option<Verdict> {
        let mut needs = Vec::new();
        for topic in sending {
            if let Some(stream) = self.snapshot.sealing.of(&topic.name) {
                let ring: Arc<str> = stream.ring.as_str().into();
                needs.extend(needs_of(stream));
                self.due.extend(self.keys.is_due(&ring, now));
            }
            needs.extend(
                self.sealed_letters_of(&topic.name)
                    .into_iter()
                    .flat_map(needs_of),
            );
        }
        if self.keys_asked {
            return None;
        }
        needs.retain(|need| self.keys.lacks(need, now));
        if needs.is_empty() {
            return None;
        }
        self.waiting = Some(frame.to_vec());
        Some(Verdict::Wait(Effect::ObtainKeys(needs)))
    }
}

/// The keys without which nothing can be sealed for a stream; none where its producers do that.
pub(super) fn needs_of(stream: &SealedStream) -> impl Iterator<Item = KeyNeed> {
    let ring: Arc<str> = stream.ring.as_str().into();
    let sealed_here = stream.sealed_by == SealedBy::Gateway;
    let deterministic = sealed_here && stream.key == KeySealing::Deterministic;
    let deterministic = deterministic.then(|| KeyNeed::Deterministic(ring.clone()));
    let seal = sealed_here.then_some(KeyNeed::Seal(ring));
    seal.into_iter().chain(deterministic)
}

/// Leaves the partitions that are not refused.
pub(in crate::session) fn take_out(
    partitions: &mut Vec<Value>,
    sending: &mut Sending,
    refusals: &[(i32, Refused)],
) {
    let refused: HashSet<i64> = refusals.iter().map(|(it, _)| i64::from(*it)).collect();
    partitions.retain(|it| {
        it.as_struct()
            .is_some_and(|it| !refused.contains(&it.int("Index")))
    });
    sending
        .loads
        .retain(|it| !refused.contains(&i64::from(it.index)));
}

/// The answer to the partitions of a topic that are refused.
fn answered(answer: &Struct, topic: &Struct, refusals: &[(i32, Refused)]) -> Value {
    let mut told = answer.element("Responses");
    told.set("Name", topic.get("Name").clone());
    told.set("TopicId", topic.get("TopicId").clone());
    let partitions = refusals.iter().map(|(index, refused)| {
        let mut partition = told.element("PartitionResponses");
        partition
            .set("Index", *index)
            .set("ErrorCode", refused.code)
            .set("BaseOffset", -1)
            .set("LogAppendTimeMs", -1)
            .set("LogStartOffset", -1);
        let of_fault = |fault: &Fault| (fault.index, fault.refusal.to_string());
        let told_of = refused.fault.as_ref().map(of_fault);
        if let Some((index, what)) = refused.told.clone().or(told_of) {
            if refused.code == error::INVALID_RECORD && partition.has("RecordErrors") {
                let mut record = partition.element("RecordErrors");
                record
                    .set("BatchIndex", i64::from(index))
                    .set("BatchIndexErrorMessage", what.as_str());
                partition.set("RecordErrors", vec![Value::Struct(record)]);
            }
            partition.set("ErrorMessage", what.as_str());
        }
        Value::Struct(partition)
    });
    let partitions: Vec<Value> = partitions.collect();
    told.set("PartitionResponses", partitions);
    Value::Struct(told)
}
