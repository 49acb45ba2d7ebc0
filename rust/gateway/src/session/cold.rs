//! Everything but Produce and Fetch: decided on a decoded request, by the rows of the access table, and
//! by a function of its own where Kafka decides in a way of its own.

mod acls;
mod callers;
mod cluster;
mod config_changes;
mod configs;
mod creation;
mod deletion;
mod groups;
mod metadata;
mod metadata_answer;
mod operations;
mod producers;
mod refusal;
mod targets;
mod telemetry;
mod topic_partitions;
mod topics;
mod transactions;
mod unrecorded;

#[cfg(test)]
pub use self::groups::Topology;
pub use self::groups::{Subscriptions, Topologies};

pub use self::refusal::{Denial, refuse_topics, take_denied};

use std::borrow::Cow;
use std::sync::Arc;

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::access::{
    Access, Governed, Operation, Partitions, Resource, Row, Shape, Topics,
};
use streamward_wire::kafka::{ApiKey, Struct, Value};

use super::authorize::{Permission, action};
use super::{Close, Head, Session, Shaping, Verdict, resource_kind};
use crate::cluster::{Cluster, IDS_AGE_MAX_MILLISECONDS};

/// How Produce names topics and partitions, for answers to what is denied.
pub const PRODUCE: Topics = Topics {
    operation: Operation::Write,
    list: "TopicData",
    name: "Name",
    partitions: Some(Partitions {
        list: "PartitionData",
        index: "Index",
        answer: "PartitionResponses",
        answer_index: "Index",
        error: "ErrorCode",
    }),
    answer: "Responses",
    answer_name: "Name",
};

/// How Fetch does.
pub const FETCH: Topics = Topics {
    operation: Operation::Read,
    list: "Topics",
    name: "Topic",
    partitions: Some(Partitions {
        list: "Partitions",
        index: "Partition",
        answer: "Partitions",
        answer_index: "PartitionIndex",
        error: "ErrorCode",
    }),
    answer: "Responses",
    answer_name: "Topic",
};

/// And the deletion of a group's offsets.
pub const OFFSET_DELETE: Topics = Topics {
    operation: Operation::Read,
    list: "Topics",
    name: "Name",
    partitions: Some(Partitions {
        list: "Partitions",
        index: "PartitionIndex",
        answer: "Partitions",
        answer_index: "PartitionIndex",
        error: "ErrorCode",
    }),
    answer: "Topics",
    answer_name: "Name",
};

/// And the request for the ends of epochs.
const OFFSET_FOR_LEADER_EPOCH: Topics = Topics {
    operation: Operation::Describe,
    list: "Topics",
    name: "Topic",
    partitions: Some(Partitions {
        list: "Partitions",
        index: "Partition",
        answer: "Partitions",
        answer_index: "Partition",
        error: "ErrorCode",
    }),
    answer: "Topics",
    answer_name: "Topic",
};

/// APIs whose answers begin with what is refused; those of the others end with it.
const REFUSED_FIRST: [ApiKey; 3] = [
    ApiKey::OFFSET_COMMIT,
    ApiKey::TXN_OFFSET_COMMIT,
    ApiKey::CREATE_PARTITIONS,
];

/// APIs, beside Produce and Fetch, some of whose versions name by id the topics that they are decided on.
const DECIDED_BY_ID: &[ApiKey] = &[
    ApiKey::OFFSET_COMMIT,
    ApiKey::OFFSET_FETCH,
    ApiKey::TXN_OFFSET_COMMIT,
    ApiKey::SHARE_FETCH,
    ApiKey::SHARE_ACKNOWLEDGE,
];

/// Will the answer name by id topics that the request does not name?
fn answers_by_id(head: &Head, request: &Struct) -> bool {
    head.key == ApiKey::OFFSET_FETCH
        && request
            .structs("Groups")
            .any(|group| group.element("Topics").has("TopicId") && group.get("Topics").is_null())
}

/// Every topic id in a request.
fn topic_ids(holder: &Struct, ids: &mut Vec<[u8; 16]>) {
    for field in holder.schema().all() {
        match holder.get(field.name) {
            Value::Uuid(id) if field.name == "TopicId" => ids.push(*id),
            Value::Struct(inner) => topic_ids(inner, ids),
            Value::Array(elements) => {
                let inner = elements.iter().filter_map(Value::as_struct);
                inner.for_each(|inner| topic_ids(inner, ids));
            }
            _ => {}
        }
    }
}

/// How a request names a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Naming<'a> {
    /// By name.
    Name(&'a str),
    /// By id.
    Id([u8; 16]),
}

impl<'a> Naming<'a> {
    /// How an element of an array of topics names its topic.
    pub fn of(element: &'a Value, name: &str) -> Self {
        match element {
            Value::Str(name) => Self::Name(name),
            Value::Struct(topic) => match topic.str(name) {
                Some(name) => Self::Name(name),
                None => Self::Id(topic.uuid("TopicId")),
            },
            _ => Self::Name(""),
        }
    }

    /// The topic's name; `None` where nobody knows the id.
    pub fn resolve(&self, cluster: &Cluster) -> Option<Cow<'a, str>> {
        match self {
            Self::Name(name) => Some(Cow::Borrowed(name)),
            Self::Id(id) => cluster.topic(id).map(|name| Cow::Owned((*name).to_owned())),
        }
    }

    /// The id, zero where the request gives a name.
    pub const fn id(&self) -> [u8; 16] {
        match self {
            Self::Name(_) => [0; 16],
            Self::Id(id) => *id,
        }
    }
}

impl Session {
    pub(super) fn cold(
        &mut self,
        head: &Head,
        row: &'static Row,
        frame: &[u8],
        now: i64,
    ) -> Result<Verdict, Close> {
        let mut request = self.decode_request(head, frame)?;
        if let Some(verdict) = groups::malformed(head, &request)? {
            return Ok(verdict);
        }
        if self
            .cluster
            .listing(now, IDS_AGE_MAX_MILLISECONDS)
            .is_none()
            && answers_by_id(head, &request)
            && let Some(verdict) = self.wait_for_listing(frame, IDS_AGE_MAX_MILLISECONDS)
        {
            return Ok(verdict);
        }
        if DECIDED_BY_ID.contains(&head.key) {
            let mut ids = Vec::new();
            topic_ids(&request, &mut ids);
            if let Some(wait) = self.resolve_topics(frame, ids.into_iter(), now) {
                return Ok(wait);
            }
        }
        match &row.access {
            Access::Governed(governed) => self.governed(head, governed, frame, &mut request, now),
            Access::Exempt(_) => {
                self.expect(head, Shaping::Forward);
                Ok(Verdict::Forward)
            }
            Access::OfCaller(of) => self.of_caller(head, of, &request, now),
            Access::Special(_) | Access::Local(_) => self.special(head, frame, &mut request, now),
            Access::Refused(_) => Ok(Verdict::Close(Close::NotServed {
                key: head.key.0,
                version: head.version,
            })),
        }
    }

    fn special(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        match head.key {
            ApiKey::METADATA => self.metadata(head, frame, request, now),
            ApiKey::SHARE_FETCH => self.share_fetch(head, frame, request, now),
            ApiKey::SHARE_ACKNOWLEDGE => self.share_acknowledge(head, frame, request, now),
            ApiKey::DESCRIBE_CLUSTER => Ok(self.describe_cluster(head)),
            ApiKey::DESCRIBE_TOPIC_PARTITIONS => {
                self.describe_topic_partitions(head, frame, request, now)
            }
            ApiKey::CREATE_TOPICS => self.create_topics(head, frame, request, now),
            ApiKey::CREATE_PARTITIONS => self.create_partitions(head, frame, request, now),
            ApiKey::DELETE_TOPICS => self.delete_topics(head, frame, request, now),
            ApiKey::OFFSET_FOR_LEADER_EPOCH => {
                self.offset_for_leader_epoch(head, frame, request, now)
            }
            ApiKey::DESCRIBE_PRODUCERS => self.describe_producers(head, frame, request, now),
            ApiKey::DESCRIBE_TRANSACTIONS => self.describe_transactions(head, frame, request, now),
            ApiKey::LIST_TRANSACTIONS => Ok(self.list_transactions(head)),
            ApiKey::DESCRIBE_CONFIGS => self.describe_configs(head, frame, request, now),
            ApiKey::ALTER_CONFIGS | ApiKey::INCREMENTAL_ALTER_CONFIGS => {
                self.alter_configs(head, frame, request, now)
            }
            ApiKey::ALTER_REPLICA_LOG_DIRS => self.alter_replica_log_dirs(head, request, now),
            ApiKey::WRITE_TXN_MARKERS => self.write_txn_markers(head, request, now),
            ApiKey::DESCRIBE_QUORUM => self.describe_quorum(head, now),
            ApiKey::PUSH_TELEMETRY => self.push_telemetry(head, request),
            ApiKey::FIND_COORDINATOR => self.find_coordinator(head, frame, request, now),
            ApiKey::OFFSET_FETCH => self.offset_fetch(head, frame, request, now),
            ApiKey::LIST_GROUPS => Ok(self.list_groups(head)),
            ApiKey::OFFSET_DELETE => self.offset_delete(head, frame, request, now),
            ApiKey::DELETE_GROUPS => self.delete_groups(head, frame, request, now),
            ApiKey::DESCRIBE_GROUPS
            | ApiKey::CONSUMER_GROUP_DESCRIBE
            | ApiKey::SHARE_GROUP_DESCRIBE
            | ApiKey::STREAMS_GROUP_DESCRIBE => self.describe_groups(head, frame, request, now),
            ApiKey::CONSUMER_GROUP_HEARTBEAT => {
                self.consumer_group_heartbeat(head, frame, request, now)
            }
            ApiKey::SHARE_GROUP_HEARTBEAT => self.share_group_heartbeat(head, request, now),
            ApiKey::STREAMS_GROUP_HEARTBEAT => {
                self.streams_group_heartbeat(head, frame, request, now)
            }
            ApiKey::DESCRIBE_SHARE_GROUP_OFFSETS => {
                self.describe_share_offsets(head, frame, request, now)
            }
            ApiKey::ALTER_SHARE_GROUP_OFFSETS => {
                self.alter_share_offsets(head, frame, request, now)
            }
            ApiKey::DELETE_SHARE_GROUP_OFFSETS => {
                self.delete_share_offsets(head, frame, request, now)
            }
            ApiKey::INIT_PRODUCER_ID => self.init_producer_id(head, request, now),
            ApiKey::ADD_PARTITIONS_TO_TXN => self.add_partitions_to_txn(head, frame, request, now),
            _ => Ok(Verdict::Close(Close::NotServed {
                key: head.key.0,
                version: head.version,
            })),
        }
    }

    fn governed(
        &mut self,
        head: &Head,
        governed: &'static Governed,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        for whole in governed.whole {
            let name: Arc<str> = match (whole.field, request.str(whole.field)) {
                ("", _) => self.cluster_name(),
                (_, Some(name)) => name.into(),
                (_, None) => continue,
            };
            let kind = resource_kind(whole.resource);
            if self.permitted(head, action(whole.operation), kind, &name, now)? {
                continue;
            }
            if whole.resource == Resource::Cluster {
                let answer = cluster::refuse_whole(head, request, whole)?;
                return Ok(Verdict::Reply(head.reply(&answer)?));
            }
            let code = whole.resource.denial_code();
            let answer = if let (Shape::EveryTopic, Some(topics)) = (whole.shape, &governed.topics)
            {
                refuse_topics(head, request, topics, code)?
            } else {
                let mut answer = head.response()?;
                answer.set("ErrorCode", code);
                groups::complete_refusal(head, &mut answer);
                answer
            };
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        if let Some(topics) = &governed.topics {
            return self.governed_topics(head, topics, frame, request, now);
        }
        if governed.groups.is_some() {
            return self.special(head, frame, request, now);
        }
        self.expect(head, Shaping::Forward);
        Ok(Verdict::Forward)
    }

    /// Decides one named resource; the decision is entered either way.
    pub(super) fn permitted(
        &mut self,
        head: &Head,
        action: Action,
        kind: ResourceKind,
        name: &str,
        now: i64,
    ) -> Result<bool, Close> {
        let permission = self.authorize((head.key, head.version), action, kind, name, now)?;
        Ok(matches!(permission, Permission::Allowed(_)))
    }

    fn governed_topics(
        &mut self,
        head: &Head,
        topics: &'static Topics,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let mut denials = Vec::new();
        for (place, element) in request.array(topics.list).iter().enumerate() {
            let naming = Naming::of(element, topics.name);
            let admitted = self.admit(
                (head.key, head.version),
                action(topics.operation),
                &naming,
                now,
            )?;
            if let Err(code) = admitted {
                denials.push(Denial { place, code });
            }
        }
        if denials.is_empty() {
            self.expect(head, Shaping::Forward);
            return Ok(Verdict::Forward);
        }
        let mut answer = head.response()?;
        let refused = take_denied(request, topics, &answer, &denials);
        if request.array(topics.list).is_empty() {
            answer.set(topics.answer, refused);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        self.forward_rest(head, frame, request, topics.answer, refused)
    }

    /// Whoever may act for a broker may ask for any topic; Describe on each for everybody else.
    fn offset_for_leader_epoch(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let (cluster, kind) = (self.cluster_name(), ResourceKind::Cluster);
        let action = Action::ClusterAction;
        if self.decide(action, kind, &cluster, now)?.allowed
            && self.permitted(head, action, kind, &cluster, now)?
        {
            self.expect(head, Shaping::Forward);
            return Ok(Verdict::Forward);
        }
        self.governed_topics(head, &OFFSET_FOR_LEADER_EPOCH, frame, request, now)
    }

    /// Takes the groups that are denied out of a request's array of names.
    fn denied_groups(
        &mut self,
        head: &Head,
        action: Action,
        list: &str,
        request: &mut Struct,
        now: i64,
    ) -> Result<Vec<String>, Close> {
        let mut denied = Vec::new();
        let mut allowed = Vec::new();
        for name in request.array(list).iter().filter_map(Value::as_str) {
            if self.permitted(head, action, ResourceKind::Group, name, now)? {
                allowed.push(Value::from(name));
            } else {
                denied.push(name.to_owned());
            }
        }
        if !denied.is_empty() {
            request.set(list, allowed);
        }
        Ok(denied)
    }

    /// Sends what is left of a request, and adds the refusals to its answer.
    fn forward_rest(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &Struct,
        answer: &'static str,
        refused: Vec<Value>,
    ) -> Result<Verdict, Close> {
        let rewritten = head.rewrite(frame, request, &self.limits)?;
        let key = head.key;
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, response, now| {
                session.rewrite_addresses(key, response);
                session.shape_group_operations(response, now)?;
                if let Some(list) = response.array_mut(answer) {
                    let end = if REFUSED_FIRST.contains(&key) {
                        0
                    } else {
                        list.len()
                    };
                    list.splice(end..end, refused);
                    if REFUSED_FIRST.contains(&key) {
                        groups::merge_topics(list, "Name");
                    }
                }
                Ok(())
            })),
        );
        Ok(Verdict::Rewrite(rewritten))
    }
}
