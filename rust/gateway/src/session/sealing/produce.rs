//! Produce to sealed streams: each record is sealed, each batch rewritten in place of its payload.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use streamward_records::{Fault, Limits, Refusal, Scratch, Sealing, seal_fields, seal_records};
use streamward_wire::kafka::batch::batches;
use streamward_wire::kafka::{Struct, Value, error};

use super::Sealed;
use super::check::Look;
use crate::data_keys::KeyNeed;
use crate::fields::FieldSealer;
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
        frame: &[u8],
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
        let mut request = self.decode_request(head, frame)?;
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
                    let sealed = self.sealed(&sending.name);
                    let sealed = sealed.as_ref();
                    let sealed =
                        self.seal_topic(api, sealed, tree, &mut sending, &mut growth, now)?;
                    refusals.extend(sealed);
                }
                refusals.extend(self.sign_topic(api, tree, &mut sending, &mut growth, now)?);
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

    /// Seals the partitions of a topic; takes out those that are refused, and says why. `sealed`: how; `None`: it
    /// must be, and nobody knows how. `growth`: by so much they may become larger.
    fn seal_topic(
        &mut self,
        api: (streamward_wire::kafka::ApiKey, i16),
        sealed: Option<&Sealed>,
        topic: &mut Struct,
        sending: &mut Sending,
        growth: &mut usize,
        now: i64,
    ) -> Result<Vec<(i32, Refused)>, Close> {
        let each = |session: &mut Self, index: i32, records: &[u8], scratch: &mut Scratch| {
            let bytes_max = records.len().saturating_add(*growth);
            let out = session.seal_partition(sealed, index, records, bytes_max, scratch, now)?;
            *growth = bytes_max.saturating_sub(out.len());
            Ok(Some(out))
        };
        self.each_partition(api, topic, sending, now, each, Self::enter_violation)
    }

    pub(super) fn seal_partition(
        &self,
        sealed: Option<&Sealed>,
        partition: i32,
        records: &[u8],
        bytes_max: usize,
        scratch: &mut Scratch,
        now: i64,
    ) -> Result<Vec<u8>, Refused> {
        let trouble = Refused {
            code: error::KAFKA_STORAGE_ERROR,
            fault: None,
            told: None,
        };
        let Some((sealed, home)) = sealed.and_then(|it| Some((it, it.homes.first()?))) else {
            return Err(trouble);
        };
        let data_key = self.keys.sealing(&home.ring, now);
        let deterministic_key = self.keys.deterministic(&home.ring, now);
        let Some(data_key) = data_key else {
            return Err(trouble);
        };
        if sealed.deterministic && deterministic_key.is_none() {
            return Err(trouble);
        }
        let sealing = Sealing {
            home,
            partition: sealed.partition_bound.then_some(partition),
            value: sealed.value,
            headers: &sealed.headers,
            data_key: &data_key,
            deterministic_key: deterministic_key
                .as_deref()
                .filter(|_| sealed.deterministic),
            marks: sealed.mark == streamward_records::Mark::Header,
        };
        // An envelope adds less than a hundred bytes to a value.
        let mut out = self
            .keys
            .buffers
            .take(records.len() + records.len() / 8 + 256);
        let limits = Limits::default();
        let done = seal_records(records, &sealing, &limits, bytes_max, scratch, &mut out);
        done.map_err(refused_for)?;
        if let Some(fields) = &sealed.fields {
            // After the keys of records, which the envelopes of fields are bound to as they lie on the wire.
            let mut fields = FieldSealer {
                fields,
                home,
                partition: sealing.partition,
                data_key: &data_key,
                drawn: 0,
            };
            let whole = std::mem::take(&mut out);
            let done = seal_fields(&whole, &mut fields, &limits, bytes_max, scratch, &mut out);
            done.map_err(refused_for)?;
        }
        let records = batches(&out).map_while(Result::ok);
        let records = records.map(|it| u64::from(it.records)).sum();
        let sealed = &self.keys.counts.sealed;
        sealed.fetch_add(records, Ordering::Relaxed);
        Ok(out)
    }
}

fn refused_for(fault: Fault) -> Refused {
    let code = code_of(fault.refusal);
    let own = code == error::KAFKA_STORAGE_ERROR;
    Refused {
        code,
        fault: (!own).then_some(fault),
        told: None,
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
