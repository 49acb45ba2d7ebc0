//! Producer ids and the first generation of transactions.

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{Struct, Value, error};

use super::Naming;
use crate::session::{Close, Head, Session, Shaping, Verdict};

impl Session {
    /// With a transactional id: Write on it. Without: `IdempotentWrite` on the cluster, or Write on any stream.
    pub(super) fn init_producer_id(
        &mut self,
        head: &Head,
        request: &Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let code = match request.str("TransactionalId") {
            Some(id) => {
                (!self.permitted(head, Action::Write, ResourceKind::Transaction, id, now)?)
                    .then_some(error::TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
            }
            None if self.may_write_somewhere(now)? => None,
            None => {
                let cluster = self.cluster_name();
                let kind = ResourceKind::Cluster;
                (!self.permitted(head, Action::IdempotentWrite, kind, &cluster, now)?)
                    .then_some(error::CLUSTER_AUTHORIZATION_FAILED)
            }
        };
        if let Some(code) = code {
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
        request: &Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let id = request.str("V3AndBelowTransactionalId").unwrap_or_default();
        let transaction =
            self.permitted(head, Action::Write, ResourceKind::Transaction, id, now)?;
        let topics = request.array("V3AndBelowTopics");
        let mut codes = Vec::with_capacity(topics.len());
        for topic in topics {
            let code = if transaction {
                let naming = Naming::of(topic, "Name");
                self.admit((head.key, head.version), Action::Write, &naming, now)?
                    .err()
            } else {
                Some(error::TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
            };
            codes.push(code);
        }
        if transaction && codes.iter().all(Option::is_none) {
            self.expect(head, Shaping::Forward);
            return Ok(Verdict::Forward);
        }
        let mut answer = head.response()?;
        let list = topics.iter().zip(codes).map(|(topic, code)| {
            let code = code.unwrap_or(error::OPERATION_NOT_ATTEMPTED);
            refused_topic(&answer, topic, code)
        });
        let list: Vec<Value> = list.collect();
        answer.set("ResultsByTopicV3AndBelow", list);
        Ok(Verdict::Reply(head.reply(&answer)?))
    }
}

fn refused_topic(answer: &Struct, topic: &Value, code: i16) -> Value {
    let mut refused = answer.element("ResultsByTopicV3AndBelow");
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
