//! Produce to signed streams: the gateway signs each record, or verifies what the producer signed.

use std::collections::HashMap;
use std::sync::Arc;

use streamward_policy::Action;
use streamward_records::{Budget, Fault, Limits, Scratch, Signing, sign_records, verify_records};
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use super::{Counted, SignedTopic};
use crate::caller::Caller;
use crate::session::produce::Sending;
use crate::session::sealing::{Refused, take_out};
use crate::session::{Close, Session};
use crate::signing::SignedBy;

impl Session {
    /// Holds the partitions of a topic to the signatures of whoever writes, where producers sign; takes out those that
    /// are refused, and says why.
    pub(in crate::session) fn verify_topic(
        &mut self,
        api: (ApiKey, i16),
        topic: &mut Struct,
        sending: &mut Sending,
        now: i64,
    ) -> Result<Vec<(i32, Refused)>, Close> {
        let signed = self.signed(&sending.name);
        let Some(signed) = signed.filter(|it| it.signed.stream.by == SignedBy::Producer) else {
            return Ok(Vec::new());
        };
        let writer = self.caller.as_ref().map(|it| it.principal.clone());
        let writer = writer.as_deref().unwrap_or_default();
        let each = |_: &mut Self, index: i32, records: &[u8], scratch: &mut Scratch| {
            let verifying = signed.verifying(index, Some(writer), false);
            let mut out = Vec::new();
            let limits = Limits::default();
            // Nothing of a request is left out.
            let mut budget = Budget::of(usize::MAX);
            verify_records(records, &verifying, &limits, &mut budget, scratch, &mut out)?;
            Ok(None)
        };
        self.each_partition(api, topic, sending, now, each, Self::enter_unverified)
    }

    /// Signs the partitions of a topic, where the gateway signs; takes out those that are refused, and says why. `growth`: by so much they may become larger.
    pub(in crate::session) fn sign_topic(
        &mut self,
        api: (ApiKey, i16),
        topic: &mut Struct,
        sending: &mut Sending,
        growth: &mut usize,
        now: i64,
    ) -> Result<Vec<(i32, Refused)>, Close> {
        let signed = self.signed(&sending.name);
        let Some(signed) = signed.filter(|it| it.signed.stream.by == SignedBy::Gateway) else {
            return Ok(Vec::new());
        };
        let name = sending.name.clone();
        let mut counts = HashMap::new();
        let each = |session: &mut Self, index: i32, records: &[u8], scratch: &mut Scratch| {
            let bytes_max = records.len().saturating_add(*growth);
            let with = (bytes_max, scratch);
            let (out, counted) = session.sign_partition(&signed, &name, index, records, with)?;
            *growth = bytes_max.saturating_sub(out.len());
            counts.insert(index, counted);
            Ok(Some(out))
        };
        let refusals =
            self.each_partition(api, topic, sending, now, each, Self::enter_unverified)?;
        sending.count(&counts);
        Ok(refusals)
    }

    fn sign_partition(
        &mut self,
        topic: &SignedTopic,
        name: &Arc<str>,
        index: i32,
        records: &[u8],
        (bytes_max, scratch): (usize, &mut Scratch),
    ) -> Result<(Vec<u8>, Counted), Refused> {
        let caller = self.caller.clone();
        let (signing, first) = self.signing(topic, caller.as_deref(), name, index)?;
        // A signature in a large record adds little; in small ones buffers grow.
        let mut out = self
            .keys
            .buffers
            .take(records.len() + records.len() / 4 + 512);
        let (mut next, limits) = (first, Limits::default());
        sign_records(
            records, &signing, &mut next, &limits, bytes_max, scratch, &mut out,
        )?;
        self.counters.put(name, index, next);
        Ok((out, Counted::new(first, next)))
    }

    /// How the records of a partition are signed, and the counter of the first.
    pub(in crate::session) fn signing<'a>(
        &mut self,
        topic: &'a SignedTopic,
        caller: Option<&'a Caller>,
        name: &Arc<str>,
        index: i32,
    ) -> Result<(Signing<'a>, u64), Refused> {
        let (Some(key), Some(origin), Some(caller), Some((run, first))) = (
            &topic.signed.key,
            topic.origins.first(),
            caller,
            self.counters.next(name, index),
        ) else {
            return Err(trouble());
        };
        let signing = Signing {
            origin,
            partition: topic.partition(index),
            timestamp: topic.signed.stream.timestamp_bound,
            key,
            producer: &caller.principal,
            run,
            each: topic.signed.each(),
            sealed: self.snapshot.sealing.of(name).is_some_and(|it| it.value),
        };
        Ok((signing, first))
    }

    /// Does the gateway seal and sign the records of a topic, and may do both at once? Fields are sealed behind all else,
    /// and what is signed is what lies there in the end.
    pub(in crate::session) fn signs_what_it_seals(&self, topic: &str) -> bool {
        let sealing = self.snapshot.sealing.of(topic);
        let at_once = sealing.is_some_and(|it| it.fields.is_none());
        let signatures = self.snapshot.signatures.of(topic);
        let signs = signatures.is_some_and(|it| it.stream.by == SignedBy::Gateway);
        signs && at_once && !self.is_sealed_by_producer(topic)
    }

    /// Gives the records of each partition of a topic to `each`; what that answers stands in their place. Takes out
    /// those that it refuses, and has `enter` say why.
    pub(in crate::session) fn each_partition(
        &mut self,
        api: (ApiKey, i16),
        topic: &mut Struct,
        sending: &mut Sending,
        now: i64,
        mut each: impl FnMut(&mut Self, i32, &[u8], &mut Scratch) -> Result<Option<Vec<u8>>, Refused>,
        enter: EnterFault,
    ) -> Result<Vec<(i32, Refused)>, Close> {
        let mut refusals = Vec::new();
        let Some(partitions) = topic.array_mut("PartitionData") else {
            return Ok(refusals);
        };
        let mut scratch = self.keys.scratch();
        for partition in partitions.iter_mut().filter_map(Value::as_struct_mut) {
            let index = i32::try_from(partition.int("Index")).unwrap_or(-1);
            let Value::Bytes(records) = partition.get("Records") else {
                continue;
            };
            match each(self, index, records, &mut scratch) {
                Ok(None) => {}
                Ok(Some(out)) => {
                    let out = self.keys.buffers.share(out);
                    partition.set("Records", Value::Bytes(out));
                }
                Err(refused) => refusals.push((index, refused)),
            }
        }
        self.keys.put_back(scratch);
        take_out(partitions, sending, &refusals);
        for (index, refused) in &refusals {
            let place = (&*sending.name, *index);
            match &refused.fault {
                Some(fault) => enter(self, api, Action::Write, place, fault, now)?,
                None => self.enter_keyless(api, Action::Write, place, now)?,
            }
        }
        Ok(refusals)
    }
}

/// Enters what is wrong with a record of a partition.
type EnterFault =
    fn(&mut Session, (ApiKey, i16), Action, (&str, i32), &Fault, i64) -> Result<(), Close>;

/// There is no key at present: the producer tries again.
const fn trouble() -> Refused {
    Refused {
        code: error::KAFKA_STORAGE_ERROR,
        fault: None,
        told: None,
    }
}
