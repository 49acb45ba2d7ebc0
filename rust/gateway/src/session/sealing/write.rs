//! Sealing what is written to a partition, and signing it where the gateway does that as well.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use streamward_policy::Action;
use streamward_records::{
    Fault, Limits, Refusal, Scratch, Sealing, Signing, seal_and_sign_records, seal_fields,
    seal_records,
};
use streamward_wire::kafka::batch::batches;
use streamward_wire::kafka::{ApiKey, Struct, error};

use super::Sealed;
use super::produce::{Refused, code_of};
use crate::fields::FieldSealer;
use crate::session::produce::Sending;
use crate::session::signing::Counted;
use crate::session::{Close, Session};

impl Session {
    /// Seals the partitions of a topic, and signs them where the gateway does that as well; takes out those that are
    /// refused, and says why. `growth`: by so much they may become larger.
    pub(super) fn seal_topic(
        &mut self,
        api: (ApiKey, i16),
        topic: &mut Struct,
        sending: &mut Sending,
        growth: &mut usize,
        now: i64,
    ) -> Result<Vec<(i32, Refused)>, Close> {
        // `None`: it must be sealed, and nobody knows how.
        let sealed = self.sealed(&sending.name);
        let signed = if self.signs_what_it_seals(&sending.name) {
            self.signed(&sending.name)
        } else {
            None
        };
        let name = sending.name.clone();
        let mut counts = HashMap::new();
        let each = |session: &mut Self, index: i32, records: &[u8], scratch: &mut Scratch| {
            let bytes_max = records.len().saturating_add(*growth);
            let with = (bytes_max, &mut *scratch, now);
            let out = match &signed {
                None => session.seal_partition_and(sealed.as_ref(), index, records, with, None)?,
                Some(signed) => {
                    let caller = session.caller.clone();
                    let (signing, first) =
                        session.signing(signed, caller.as_deref(), &name, index)?;
                    let mut next = first;
                    let also = Some((&signing, &mut next));
                    let out =
                        session.seal_partition_and(sealed.as_ref(), index, records, with, also)?;
                    session.counters.put(&name, index, next);
                    counts.insert(index, Counted::new(first, next));
                    out
                }
            };
            *growth = bytes_max.saturating_sub(out.len());
            Ok(Some(out))
        };
        let refusals =
            self.each_partition(api, topic, sending, now, each, Self::enter_unwritten)?;
        sending.count(&counts);
        Ok(refusals)
    }

    /// Enters why a record can't be sealed, or can't be signed.
    fn enter_unwritten(
        &mut self,
        api: (ApiKey, i16),
        action: Action,
        place: (&str, i32),
        fault: &Fault,
        now: i64,
    ) -> Result<(), Close> {
        match fault.refusal {
            Refusal::Unstable | Refusal::ForgedSignature => {
                self.enter_unverified(api, action, place, fault, now)
            }
            _ => self.enter_violation(api, action, place, fault, now),
        }
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
        let with = (bytes_max, scratch, now);
        self.seal_partition_and(sealed, partition, records, with, None)
    }

    /// `signs`: how records are signed as well, and the counter of the next one.
    fn seal_partition_and(
        &self,
        sealed: Option<&Sealed>,
        partition: i32,
        records: &[u8],
        (bytes_max, scratch, now): (usize, &mut Scratch, i64),
        signs: Option<(&Signing<'_>, &mut u64)>,
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
        // An envelope adds less than a hundred bytes to a value, and a signature adds little to a large record; in small
        // ones buffers grow.
        let part = if signs.is_some() { 3 } else { 8 };
        let mut out = self
            .keys
            .buffers
            .take(records.len() + records.len() / part + 512);
        let limits = Limits::default();
        let done = match signs {
            None => seal_records(records, &sealing, &limits, bytes_max, scratch, &mut out),
            Some((signing, counter)) => seal_and_sign_records(
                records, &sealing, signing, counter, &limits, bytes_max, scratch, &mut out,
            ),
        };
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
