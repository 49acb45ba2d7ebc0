//! Signed streams: records are signed on behalf of their producer on the way to the broker, or must be by their
//! producer; and verified on the way to a reader (`docs/reference/signature.md`).

mod counters;
mod fetch;
mod produce;

use std::sync::Arc;

use streamward_policy::Action;
use streamward_records::{Fault, Mark, Origin, Verifying};
use streamward_wire::kafka::ApiKey;

pub(super) use self::counters::{Counted, Counters};
pub(super) use self::fetch::leave_before_unverified;

use super::sealing::refusal;
use super::{Close, Session};
use crate::signing::{Signed, SignedStream, Unverified};

/// A signed topic, ready to sign and verify.
pub(super) struct SignedTopic {
    signed: Arc<Signed>,
    /// Its own, and then those of the streams whose records may lie there too.
    origins: Vec<Origin>,
    /// Is it at home on this cluster?
    own_batches: bool,
}

impl SignedTopic {
    fn partition(&self, index: i32) -> Option<i32> {
        self.signed.stream.partition_bound.then_some(index)
    }

    /// How the records of a partition are verified. `writer`: on write, by whom they must be signed.
    pub(super) fn verifying<'a>(
        &'a self,
        index: i32,
        writer: Option<&'a str>,
        strip: bool,
    ) -> Verifying<'a> {
        let marks = writer.is_none() && self.signed.stream.on_violation == Unverified::Mark;
        Verifying {
            origins: &self.origins,
            partition: self.partition(index),
            timestamp: self.signed.stream.timestamp_bound,
            keys: &self.signed.keys,
            writer,
            own_batches: self.own_batches || writer.is_some(),
            mark: if marks { Mark::Header } else { Mark::Refuse },
            strip,
        }
    }
}

impl Session {
    /// How a topic is signed; `None`: it is not.
    pub(super) fn signed(&self, topic: &str) -> Option<SignedTopic> {
        let signatures = &self.snapshot.signatures;
        let signed = signatures.of(topic)?.clone();
        let mut origins = vec![self.origin(topic, &signed.stream)];
        for other in &signed.stream.accepts_from {
            let found = signatures.of(other);
            origins.extend(found.map(|it| self.origin(other, &it.stream)));
        }
        let home = signed.stream.home_cluster.as_deref();
        let own_batches = home.is_none_or(|it| *it == *self.peer.cluster);
        Some(SignedTopic {
            signed,
            origins,
            own_batches,
        })
    }

    /// Are the records of a topic signed?
    pub(super) fn is_signed(&self, topic: &str) -> bool {
        self.snapshot.signatures.of(topic).is_some()
    }

    fn origin(&self, topic: &str, stream: &SignedStream) -> Origin {
        let cluster = stream.home_cluster.as_deref();
        Origin {
            tenant: stream.tenant.as_deref().map(Into::into),
            cluster: cluster.unwrap_or(&self.peer.cluster).into(),
            stream: topic.into(),
        }
    }

    /// Enters what was found wrong with signatures in a partition.
    pub(super) fn enter_unverified(
        &mut self,
        api: (ApiKey, i16),
        action: Action,
        (topic, partition): (&str, i32),
        fault: &Fault,
        now: i64,
    ) -> Result<(), Close> {
        let rule = format!("signing:{}", fault.refusal.code());
        let place = match action {
            Action::Write => format!("record {} of a batch", fault.index),
            _ => format!("offset {}", fault.offset),
        };
        let reason = format!("partition {partition}, {place}: {}", fault.refusal);
        self.enter_refusal(api, action, topic, &refusal(&rule, reason), now)
    }
}
