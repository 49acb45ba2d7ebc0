//! Producer ids and transactions.

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{Struct, Value, error};

use super::Naming;
use super::producers::in_places;
use super::refusal::merge_topics;
use crate::session::{Close, Head, Session, Shaping, Verdict};

/// A topic that no broker ever lets into a transaction.
const NEVER_IN_A_TRANSACTION: &str = "__consumer_offsets";
const RESULTS: &str = "ResultsByTopicV3AndBelow";

impl Session {
    /// With a transactional id: Write on it. Without: `IdempotentWrite` on the cluster, or Write on any stream.
    pub(super) fn init_producer_id(
        &mut self,
        head: &Head,
        request: &Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let refused = if let Some(id) = request.str("TransactionalId") {
            let kind = ResourceKind::Transaction;
            (!self.permitted(head, Action::Write, kind, id, now)?)
                .then_some(error::TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
        } else {
            let (cluster, kind) = (self.cluster_name(), ResourceKind::Cluster);
            let action = Action::IdempotentWrite;
            let allowed = self.decide(action, kind, &cluster, now)?.allowed;
            let elsewhere = !allowed && self.may_write_somewhere(now)?;
            (!elsewhere && !self.permitted(head, action, kind, &cluster, now)?)
                .then_some(error::CLUSTER_AUTHORIZATION_FAILED)
        };
        if let Some(code) = refused {
            let mut answer = head.response()?;
            answer
                .set("ErrorCode", code)
                .set("ProducerId", -1)
                .set("ProducerEpoch", -1);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        self.expect(head, Shaping::Forward);
        Ok(Verdict::Forward)
    }

    /// All or nothing: one denied topic keeps the others out of the transaction too.
    pub(super) fn add_partitions_to_txn(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let id = request.str("V3AndBelowTransactionalId").unwrap_or_default();
        let mut answer = head.response()?;
        if !self.permitted(head, Action::Write, ResourceKind::Transaction, id, now)? {
            let code = error::TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
            let answer = refuse_partitions(head, request, code)?;
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        let (mut allowed, mut refused) = (Vec::new(), Vec::new());
        for topic in request.array("V3AndBelowTopics") {
            let naming = Naming::of(topic, "Name");
            match self.admit((head.key, head.version), Action::Write, &naming, now)? {
                Ok(_) => allowed.push(topic.clone()),
                Err(code) => refused.push(refused_topic(&answer, topic, code)),
            }
        }
        if refused.is_empty() {
            self.expect(head, Shaping::Forward);
            return Ok(Verdict::Forward);
        }
        merge_topics(&mut refused, "ResultsByPartition", "PartitionIndex");
        if allowed.is_empty() {
            answer.set(RESULTS, refused);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        self.attempt_none(head, frame, request, allowed, refused)
    }

    /// Of the topics that are allowed the broker says which do not exist, and attempts none: beside them
    /// stands one that it never lets in.
    fn attempt_none(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        mut topics: Vec<Value>,
        refused: Vec<Value>,
    ) -> Result<Verdict, Close> {
        let named = |topic: &Value| {
            let name = topic.as_struct().and_then(|it| it.str("Name"));
            name == Some(NEVER_IN_A_TRANSACTION)
        };
        let added = !topics.iter().any(named);
        if added {
            let mut topic = request.element("V3AndBelowTopics");
            topic
                .set("Name", NEVER_IN_A_TRANSACTION)
                .set("Partitions", vec![Value::Int(0)]);
            topics.push(Value::Struct(topic));
        }
        request.set("V3AndBelowTopics", topics);
        let rewritten = head.rewrite(frame, request, &self.limits)?;
        self.expect(
            head,
            Shaping::Edit(Box::new(move |_, answer, _| {
                let Some(results) = answer.array_mut(RESULTS) else {
                    return Ok(());
                };
                results.retain(|topic| !(added && named(topic)));
                results.iter_mut().for_each(not_attempted);
                results.extend(refused);
                Ok(())
            })),
        );
        Ok(Verdict::Rewrite(rewritten))
    }

    /// Describe on each transactional id; topics without Describe are left out of the answer.
    pub(super) fn describe_transactions(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let mut answer = head.response()?;
        let (mut allowed, mut places) = (Vec::new(), Vec::new());
        for id in request.array("TransactionalIds") {
            let name = id.as_str().unwrap_or_default();
            if self.permitted(head, Action::Describe, ResourceKind::Transaction, name, now)? {
                allowed.push(id.clone());
                places.push(None);
                continue;
            }
            let mut entry = answer.element("TransactionStates");
            entry
                .set("TransactionalId", name)
                .set("ErrorCode", error::TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
            places.push(Some(Value::Struct(entry)));
        }
        if allowed.is_empty() && !places.is_empty() {
            answer.set("TransactionStates", in_places(places, Vec::new()));
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        let verdict = if allowed.len() == places.len() {
            Verdict::Forward
        } else {
            request.set("TransactionalIds", allowed);
            Verdict::Rewrite(head.rewrite(frame, request, &self.limits)?)
        };
        let api = (head.key, head.version);
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, now| {
                let found = answer.array_mut("TransactionStates").map(std::mem::take);
                let mut found = found.unwrap_or_default();
                for state in found.iter_mut().filter_map(Value::as_struct_mut) {
                    let topics = state.array_mut("Topics").map(std::mem::take);
                    let mut seen = Vec::new();
                    for topic in topics.unwrap_or_default() {
                        let name = topic.as_struct().and_then(|it| it.str("Topic"));
                        let name = name.unwrap_or_default();
                        if session.may_see(api, ResourceKind::Stream, name, now)? {
                            seen.push(topic);
                        }
                    }
                    state.set("Topics", seen);
                }
                answer.set("TransactionStates", in_places(places, found));
                Ok(())
            })),
        );
        Ok(verdict)
    }

    /// Transactional ids without Describe are left out of the answer.
    pub(super) fn list_transactions(&mut self, head: &Head) -> Verdict {
        let api = (head.key, head.version);
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, now| {
                let found = answer.array_mut("TransactionStates").map(std::mem::take);
                let mut seen = Vec::new();
                for state in found.unwrap_or_default() {
                    let id = state.as_struct().and_then(|it| it.str("TransactionalId"));
                    let id = id.unwrap_or_default();
                    if session.may_see(api, ResourceKind::Transaction, id, now)? {
                        seen.push(state);
                    }
                }
                answer.set("TransactionStates", seen);
                Ok(())
            })),
        );
        Verdict::Forward
    }
}

/// SECURITY: nothing is said to be in a transaction beside something that is denied.
fn not_attempted(topic: &mut Value) {
    let partitions = topic
        .as_struct_mut()
        .and_then(|it| it.array_mut("ResultsByPartition"));
    let partitions = partitions.into_iter().flatten();
    for partition in partitions.filter_map(Value::as_struct_mut) {
        if partition.int("PartitionErrorCode") == 0 {
            partition.set("PartitionErrorCode", error::OPERATION_NOT_ATTEMPTED);
        }
    }
}

/// The answer to a request of which every partition gets the same error.
pub(super) fn refuse_partitions(head: &Head, request: &Struct, code: i16) -> Result<Struct, Close> {
    let mut answer = head.response()?;
    let topics = request.array("V3AndBelowTopics").iter();
    let list: Vec<Value> = topics
        .map(|topic| refused_topic(&answer, topic, code))
        .collect();
    answer.set(RESULTS, list);
    Ok(answer)
}

fn refused_topic(answer: &Struct, topic: &Value, code: i16) -> Value {
    let mut refused = answer.element(RESULTS);
    let Some(topic) = topic.as_struct() else {
        return Value::Struct(refused);
    };
    refused.set("Name", topic.str("Name").unwrap_or_default());
    let partitions = topic.array("Partitions").iter().map(|index| {
        let mut partition = refused.element("ResultsByPartition");
        partition
            .set("PartitionIndex", index.as_int().unwrap_or(-1))
            .set("PartitionErrorCode", code);
        Value::Struct(partition)
    });
    let partitions: Vec<Value> = partitions.collect();
    refused.set("ResultsByPartition", partitions);
    Value::Struct(refused)
}
