//! What operators ask of the cluster as a whole: each request stands on one right on the cluster.

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::access::{Shape, Topics, Whole};
use streamward_wire::kafka::{Struct, Value, error};

use super::refuse_topics;
use crate::session::{Close, Head, Session, Shaping, Verdict};

/// The answer to a request that stands on a right on the cluster which the caller lacks.
pub(super) fn refuse_whole(head: &Head, request: &Struct, whole: &Whole) -> Result<Struct, Close> {
    let code = whole.resource.denial_code();
    let mut answer = match whole.shape {
        Shape::TopAndEvery(topics) => {
            let mut answer = refuse_topics(head, request, topics, code)?;
            explain_partitions(&mut answer, topics, code);
            answer
        }
        Shape::Top | Shape::EveryTopic => head.response()?,
    };
    refuse_at_the_top(&mut answer, code);
    Ok(answer)
}

/// The error code and its text at the top of an answer, where it has a place for them.
pub(super) fn refuse_at_the_top(answer: &mut Struct, code: i16) {
    answer
        .set("ErrorCode", code)
        .set("ErrorMessage", error::error_message(code));
}

fn explain_partitions(answer: &mut Struct, topics: &Topics, code: i16) {
    let Some(partitions) = &topics.partitions else {
        return;
    };
    let list = answer.array_mut(topics.answer).into_iter().flatten();
    for topic in list.filter_map(Value::as_struct_mut) {
        let list = topic.array_mut(partitions.answer).into_iter().flatten();
        for partition in list.filter_map(Value::as_struct_mut) {
            partition.set("ErrorMessage", error::error_message(code));
        }
    }
}

impl Session {
    /// Decides an operation on the cluster; the decision is entered either way.
    pub(super) fn may_on_cluster(
        &mut self,
        head: &Head,
        action: Action,
        now: i64,
    ) -> Result<bool, Close> {
        let cluster = self.cluster_name();
        self.permitted(head, action, ResourceKind::Cluster, &cluster, now)
    }

    /// Alter on the cluster; a refusal shows on every partition of every directory.
    pub(super) fn alter_replica_log_dirs(
        &mut self,
        head: &Head,
        request: &Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        if self.may_on_cluster(head, Action::Alter, now)? {
            self.expect(head, Shaping::Forward);
            return Ok(Verdict::Forward);
        }
        let mut answer = head.response()?;
        let mut results = Vec::new();
        for directory in request.structs("Dirs") {
            for topic in directory.structs("Topics") {
                let mut result = answer.element("Results");
                result.set("TopicName", topic.str("Name").unwrap_or_default());
                let list = refused_partitions(&result, topic.array("Partitions"));
                result.set("Partitions", list);
                results.push(Value::Struct(result));
            }
        }
        answer.set("Results", results);
        Ok(Verdict::Reply(head.reply(&answer)?))
    }

    /// Alter or `ClusterAction` on the cluster: brokers ask it of each other, and operators who end a
    /// transaction that hangs.
    pub(super) fn write_txn_markers(
        &mut self,
        head: &Head,
        request: &Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let cluster = self.cluster_name();
        let action = Action::ClusterAction;
        let by_action = self
            .decide(action, ResourceKind::Cluster, &cluster, now)?
            .allowed;
        let action = if by_action { action } else { Action::Alter };
        if self.may_on_cluster(head, action, now)? {
            self.expect(head, Shaping::Forward);
            return Ok(Verdict::Forward);
        }
        let mut answer = head.response()?;
        let markers = request.structs("Markers").map(|marker| {
            let mut refused = answer.element("Markers");
            let topics = marker.structs("Topics").map(|topic| {
                let mut entry = refused.element("Topics");
                entry.set("Name", topic.str("Name").unwrap_or_default());
                let list = refused_partitions(&entry, topic.array("PartitionIndexes"));
                entry.set("Partitions", list);
                Value::Struct(entry)
            });
            let topics: Vec<Value> = topics.collect();
            refused
                .set("ProducerId", marker.int("ProducerId"))
                .set("Topics", topics);
            Value::Struct(refused)
        });
        let markers: Vec<Value> = markers.collect();
        answer.set("Markers", markers);
        Ok(Verdict::Reply(head.reply(&answer)?))
    }

    /// Describe on the cluster. Where controllers listen is nobody's business in front of a gateway: no
    /// client reaches them through it.
    pub(super) fn describe_quorum(&mut self, head: &Head, now: i64) -> Result<Verdict, Close> {
        if !self.may_on_cluster(head, Action::Describe, now)? {
            let mut answer = head.response()?;
            refuse_at_the_top(&mut answer, error::CLUSTER_AUTHORIZATION_FAILED);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        self.expect(
            head,
            Shaping::Edit(Box::new(|_, answer, _| {
                let nodes = answer.array_mut("Nodes").into_iter().flatten();
                for node in nodes.filter_map(Value::as_struct_mut) {
                    node.set("Listeners", Vec::<Value>::new());
                }
                Ok(())
            })),
        );
        Ok(Verdict::Forward)
    }
}

/// The partitions of a topic, each refused for the cluster's sake.
fn refused_partitions(topic: &Struct, indexes: &[Value]) -> Vec<Value> {
    let refused = indexes.iter().map(|index| {
        let mut partition = topic.element("Partitions");
        partition
            .set("PartitionIndex", index.as_int().unwrap_or(-1))
            .set("ErrorCode", error::CLUSTER_AUTHORIZATION_FAILED);
        Value::Struct(partition)
    });
    refused.collect()
}
