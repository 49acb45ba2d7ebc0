//! Groups: coordinators, offsets, listings, and the heartbeat of KIP-848.

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use super::Naming;
use super::metadata::NOT_ASKED;
use crate::session::{Close, Head, Session, Shaping, Verdict};

/// Kafka's operations on a group, with their bits (`AclOperation.code`).
const GROUP_BITS: &[(Action, u32)] = &[
    (Action::Read, 3),
    (Action::Delete, 6),
    (Action::Describe, 8),
    (Action::DescribeConfigs, 10),
    (Action::AlterConfigs, 11),
];

const KEY_TYPE_GROUP: i64 = 0;
const KEY_TYPE_TRANSACTION: i64 = 1;

impl Session {
    /// Describe on each group or transactional id; the coordinator's address becomes ours.
    pub(super) fn find_coordinator(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let (kind, code) = match request.int("KeyType") {
            KEY_TYPE_GROUP => (ResourceKind::Group, error::GROUP_AUTHORIZATION_FAILED),
            KEY_TYPE_TRANSACTION => (
                ResourceKind::Transaction,
                error::TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
            ),
            _ => (ResourceKind::Cluster, error::CLUSTER_AUTHORIZATION_FAILED),
        };
        let mut answer = head.response()?;
        if !answer.has("Coordinators") {
            let key = request.str("Key").unwrap_or_default().to_owned();
            if kind == ResourceKind::Cluster
                || !self.permitted(head, Action::Describe, kind, &key, now)?
            {
                answer
                    .set("ErrorCode", code)
                    .set("NodeId", -1)
                    .set("Port", -1);
                return Ok(Verdict::Reply(head.reply(&answer)?));
            }
            self.expect_addresses(head);
            return Ok(Verdict::Forward);
        }
        let (mut allowed, mut refused) = (Vec::new(), Vec::new());
        for key in request
            .array("CoordinatorKeys")
            .iter()
            .filter_map(Value::as_str)
        {
            if kind != ResourceKind::Cluster
                && self.permitted(head, Action::Describe, kind, key, now)?
            {
                allowed.push(Value::from(key));
                continue;
            }
            let mut entry = answer.element("Coordinators");
            entry
                .set("Key", key)
                .set("ErrorCode", code)
                .set("NodeId", -1)
                .set("Port", -1);
            refused.push(Value::Struct(entry));
        }
        if refused.is_empty() && kind != ResourceKind::Cluster {
            self.expect_addresses(head);
            return Ok(Verdict::Forward);
        }
        if allowed.is_empty() {
            answer.set("Coordinators", refused);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        request.set("CoordinatorKeys", allowed);
        self.forward_rest(head, frame, request, "Coordinators", refused)
    }

    /// Forwards; the answer's only change is that its addresses become ours.
    pub(super) fn expect_addresses(&mut self, head: &Head) {
        let key = head.key;
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, _| {
                session.rewrite_addresses(key, answer);
                Ok(())
            })),
        );
    }

    /// Describe on the groups and on their topics; "all topics" leaves out what may not be seen.
    pub(super) fn offset_fetch(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let mut answer = head.response()?;
        if answer.has("Groups") {
            return self.offset_fetch_groups(head, frame, request, answer, now);
        }
        let group = request.str("GroupId").unwrap_or_default().to_owned();
        if !self.permitted(head, Action::Describe, ResourceKind::Group, &group, now)? {
            let code = error::GROUP_AUTHORIZATION_FAILED;
            if answer.has("ErrorCode") {
                answer.set("ErrorCode", code);
            } else {
                let topics = request.array("Topics").iter();
                let topics: Vec<Value> = topics
                    .map(|topic| refused_offsets(&answer, topic, code))
                    .collect();
                answer.set("Topics", topics);
            }
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        let refused = self.offset_fetch_topics(head, request, &answer, now)?;
        self.forward_offsets(head, frame, request, vec![(group, refused)])
    }

    fn offset_fetch_groups(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        mut answer: Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let blank = answer.element("Groups");
        let asked = request
            .array_mut("Groups")
            .map(std::mem::take)
            .unwrap_or_default();
        let (mut allowed, mut denied, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for mut group in asked {
            let Some(asked) = group.as_struct_mut() else {
                continue;
            };
            let name = asked.str("GroupId").unwrap_or_default().to_owned();
            if self.permitted(head, Action::Describe, ResourceKind::Group, &name, now)? {
                refused.push((name, self.offset_fetch_topics(head, asked, &blank, now)?));
                allowed.push(group);
            } else {
                let mut entry = blank.clone();
                entry
                    .set("GroupId", name)
                    .set("ErrorCode", error::GROUP_AUTHORIZATION_FAILED);
                denied.push(Value::Struct(entry));
            }
        }
        if allowed.is_empty() {
            answer.set("Groups", denied);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        request.set("Groups", allowed);
        if denied.is_empty() {
            return self.forward_offsets(head, frame, request, refused);
        }
        let rewritten = head.rewrite(frame, request, &self.limits)?;
        let key = (head.key, head.version);
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, now| {
                session.shape_offsets(key, answer, &refused, now)?;
                if let Some(list) = answer.array_mut("Groups") {
                    list.extend(denied);
                }
                Ok(())
            })),
        );
        Ok(Verdict::Rewrite(rewritten))
    }

    /// Takes the denied topics out of one group's list and gives their answers.
    fn offset_fetch_topics(
        &mut self,
        head: &Head,
        group: &mut Struct,
        answer: &Struct,
        now: i64,
    ) -> Result<Vec<Value>, Close> {
        let Some(topics) = group.array_mut("Topics").map(std::mem::take) else {
            return Ok(Vec::new());
        };
        let (mut allowed, mut refused) = (Vec::new(), Vec::new());
        for topic in topics {
            let naming = Naming::of(&topic, "Name");
            match self.admit((head.key, head.version), Action::Describe, &naming, now)? {
                Ok(_) => allowed.push(topic),
                Err(code) => refused.push(refused_offsets(answer, &topic, code)),
            }
        }
        // An empty list is not "all topics", which is null: nothing widens when all are denied.
        group.set("Topics", allowed);
        Ok(refused)
    }

    fn forward_offsets(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &Struct,
        refused: Vec<(String, Vec<Value>)>,
    ) -> Result<Verdict, Close> {
        let unchanged = refused.iter().all(|(_, topics)| topics.is_empty());
        let rewritten = if unchanged {
            None
        } else {
            Some(head.rewrite(frame, request, &self.limits)?)
        };
        let key = (head.key, head.version);
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, now| {
                session.shape_offsets(key, answer, &refused, now)
            })),
        );
        Ok(rewritten.map_or(Verdict::Forward, Verdict::Rewrite))
    }

    fn shape_offsets(
        &mut self,
        api: (ApiKey, i16),
        answer: &mut Struct,
        refused: &[(String, Vec<Value>)],
        now: i64,
    ) -> Result<(), Close> {
        if !answer.has("Groups") {
            let added = refused
                .first()
                .map(|(_, topics)| topics.as_slice())
                .unwrap_or_default();
            return self.shape_offset_topics(api, answer, added, now);
        }
        let Some(groups) = answer.array_mut("Groups") else {
            return Ok(());
        };
        for group in groups.iter_mut().filter_map(Value::as_struct_mut) {
            let found = refused
                .iter()
                .find(|(name, _)| Some(name.as_str()) == group.str("GroupId"));
            let added = found
                .map(|(_, topics)| topics.as_slice())
                .unwrap_or_default();
            self.shape_offset_topics(api, group, added, now)?;
        }
        Ok(())
    }

    fn shape_offset_topics(
        &mut self,
        api: (ApiKey, i16),
        group: &mut Struct,
        refused: &[Value],
        now: i64,
    ) -> Result<(), Close> {
        let Some(topics) = group.array_mut("Topics") else {
            return Ok(());
        };
        let mut seen = Vec::with_capacity(topics.len());
        for topic in std::mem::take(topics) {
            let name = Naming::of(&topic, "Name")
                .resolve(&self.cluster)
                .map(std::borrow::Cow::into_owned);
            if let Some(name) = name
                && self.may_see(api, ResourceKind::Stream, &name, now)?
            {
                seen.push(topic);
            }
        }
        seen.extend_from_slice(refused);
        *topics = seen;
        Ok(())
    }

    /// Describe on the cluster shows all groups, as in Kafka; else those that may not be seen are left out.
    pub(super) fn list_groups(&mut self, head: &Head) -> Verdict {
        let api = (head.key, head.version);
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, now| {
                let cluster = session.cluster_name();
                if session.may_see(api, ResourceKind::Cluster, &cluster, now)? {
                    return Ok(());
                }
                let groups = answer
                    .array_mut("Groups")
                    .map(std::mem::take)
                    .unwrap_or_default();
                let mut seen = Vec::new();
                for group in groups {
                    let name = group
                        .as_struct()
                        .and_then(|it| it.str("GroupId"))
                        .unwrap_or_default();
                    if session.may_see(api, ResourceKind::Group, name, now)? {
                        seen.push(group);
                    }
                }
                answer.set("Groups", seen);
                Ok(())
            })),
        );
        Verdict::Forward
    }

    /// Read on the group, Describe on every topic named. A regular expression would be resolved by the
    /// coordinator with the gateway's own rights, so it is refused.
    pub(super) fn consumer_group_heartbeat(
        &mut self,
        head: &Head,
        request: &Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let mut answer = head.response()?;
        let group = request.str("GroupId").unwrap_or_default();
        if !self.permitted(head, Action::Read, ResourceKind::Group, group, now)? {
            answer.set("ErrorCode", error::GROUP_AUTHORIZATION_FAILED);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        if request
            .str("SubscribedTopicRegex")
            .is_some_and(|regex| !regex.is_empty())
        {
            answer
                .set("ErrorCode", error::INVALID_REGULAR_EXPRESSION)
                .set(
                    "ErrorMessage",
                    "subscriptions by regular expression are not served; subscribe by name",
                );
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        for topic in request
            .array("SubscribedTopicNames")
            .iter()
            .filter_map(Value::as_str)
        {
            if !self.permitted(head, Action::Describe, ResourceKind::Stream, topic, now)? {
                answer.set("ErrorCode", error::TOPIC_AUTHORIZATION_FAILED);
                return Ok(Verdict::Reply(head.reply(&answer)?));
            }
        }
        self.expect(head, Shaping::Forward);
        Ok(Verdict::Forward)
    }

    /// Describe on each group; a group of which any topic may not be seen is refused whole.
    pub(super) fn consumer_group_describe(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let denied = self.denied_groups(head, Action::Describe, "GroupIds", request, now)?;
        let mut answer = head.response()?;
        let refused = denied.into_iter().map(|group| {
            let mut entry = answer.element("Groups");
            entry
                .set("GroupId", group)
                .set("ErrorCode", error::GROUP_AUTHORIZATION_FAILED);
            Value::Struct(entry)
        });
        let refused: Vec<Value> = refused.collect();
        if request.array("GroupIds").is_empty() && !refused.is_empty() {
            answer.set("Groups", refused);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        let unchanged = refused.is_empty();
        let verdict = if unchanged {
            Verdict::Forward
        } else {
            Verdict::Rewrite(head.rewrite(frame, request, &self.limits)?)
        };
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, now| {
                session.shape_group_operations(answer, now)?;
                let blank = answer.element("Groups");
                let Some(groups) = answer.array_mut("Groups") else {
                    return Ok(());
                };
                for group in groups.iter_mut().filter_map(Value::as_struct_mut) {
                    if session.sees_all_topics(group, now)? {
                        continue;
                    }
                    let mut refused = blank.clone();
                    refused
                        .set("GroupId", group.str("GroupId").unwrap_or_default())
                        .set("ErrorCode", error::TOPIC_AUTHORIZATION_FAILED)
                        .set(
                            "ErrorMessage",
                            "a topic of this group may not be described by this principal",
                        );
                    *group = refused;
                }
                groups.extend(refused);
                Ok(())
            })),
        );
        Ok(verdict)
    }

    /// A group's bit field says what the caller may do, not what the gateway may.
    pub(in crate::session) fn shape_group_operations(
        &mut self,
        answer: &mut Struct,
        now: i64,
    ) -> Result<(), Close> {
        const FIELD: &str = "AuthorizedOperations";
        let Some(groups) = answer.array_mut("Groups") else {
            return Ok(());
        };
        for group in groups.iter_mut().filter_map(Value::as_struct_mut) {
            if !group.has(FIELD) || group.int(FIELD) == NOT_ASKED {
                continue;
            }
            let name = group.str("GroupId").unwrap_or_default().to_owned();
            let bits = self.operations(GROUP_BITS, ResourceKind::Group, &name, now)?;
            group.set(FIELD, bits);
        }
        Ok(())
    }

    fn sees_all_topics(&mut self, group: &Struct, now: i64) -> Result<bool, Close> {
        let mut names = Vec::new();
        for member in group.array("Members").iter().filter_map(Value::as_struct) {
            names.extend(
                member
                    .array("SubscribedTopicNames")
                    .iter()
                    .filter_map(Value::as_str),
            );
            for assignment in ["Assignment", "TargetAssignment"] {
                let Some(assignment) = member.get(assignment).as_struct() else {
                    continue;
                };
                let topics = assignment.array("TopicPartitions").iter();
                names.extend(
                    topics
                        .filter_map(Value::as_struct)
                        .filter_map(|topic| topic.str("TopicName")),
                );
            }
        }
        names.sort_unstable();
        names.dedup();
        for name in names {
            if !self
                .decide(Action::Describe, ResourceKind::Stream, name, now)?
                .allowed
            {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The answer for one topic of an offset fetch that is refused.
fn refused_offsets(answer: &Struct, topic: &Value, code: i16) -> Value {
    let mut refused = answer.element("Topics");
    match Naming::of(topic, "Name") {
        Naming::Name(name) => refused.set("Name", name),
        Naming::Id(id) => refused.set("TopicId", Value::Uuid(id)),
    };
    let indexes = topic
        .as_struct()
        .map_or(&[][..], |topic| topic.array("PartitionIndexes"));
    let partitions = indexes.iter().map(|index| {
        let mut partition = refused.element("Partitions");
        partition
            .set("PartitionIndex", index.as_int().unwrap_or(-1))
            .set("CommittedOffset", -1)
            .set("Metadata", "")
            .set("ErrorCode", code);
        Value::Struct(partition)
    });
    let partitions: Vec<Value> = partitions.collect();
    refused.set("Partitions", partitions);
    Value::Struct(refused)
}
