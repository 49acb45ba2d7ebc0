//! Share groups (KIP-932): members, and the offsets from which a group shares.

use std::collections::HashMap;

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use super::consumer::refuse_heartbeat;
use super::{describe, in_order_of, merge_topics};
use crate::session::{Close, Head, Session, Shaping, Verdict};

/// A broker takes no longer names of members, in UTF-16 units as Java counts.
const MEMBER_ID_MAX: usize = 36;

impl Session {
    /// Read on the group, Describe on every topic named.
    pub(in crate::session::cold) fn share_group_heartbeat(
        &mut self,
        head: &Head,
        request: &Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        if let Some(code) = self.refused_member(head, request, now)? {
            return refuse_heartbeat(head, code);
        }
        let member = request.str("MemberId").unwrap_or_default();
        if member.is_empty() || member.encode_utf16().count() > MEMBER_ID_MAX {
            return refuse_heartbeat(head, error::INVALID_REQUEST);
        }
        if !self.sees_subscription(head, request, now)? {
            return refuse_heartbeat(head, error::TOPIC_AUTHORIZATION_FAILED);
        }
        self.expect(head, Shaping::Forward);
        Ok(Verdict::Forward)
    }

    /// Describe on each group and on each topic; "all topics" leaves out what may not be seen.
    pub(in crate::session::cold) fn describe_share_offsets(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let mut answer = head.response()?;
        let groups = request.array_mut("Groups").map(std::mem::take);
        let (mut names, mut allowed) = (Vec::new(), Vec::new());
        let (mut denied, mut asked) = (Vec::new(), HashMap::new());
        for mut group in groups.unwrap_or_default() {
            let Some(entry) = group.as_struct_mut() else {
                continue;
            };
            let name = entry.str("GroupId").unwrap_or_default().to_owned();
            names.push(name.clone());
            if self.permitted(head, Action::Describe, ResourceKind::Group, &name, now)? {
                let blank = answer.element("Groups");
                let refused = self.refused_share_topics(head, entry, &blank, now)?;
                asked.insert(name, refused);
                allowed.push(group);
            } else {
                denied.push(describe::refused_group(&answer, "Groups", &name));
            }
        }
        if allowed.is_empty() && !denied.is_empty() {
            answer.set("Groups", denied);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        request.set("Groups", allowed);
        let unchanged = denied.is_empty() && asked.values().all(Vec::is_empty);
        let verdict = if unchanged {
            Verdict::Forward
        } else {
            Verdict::Rewrite(head.rewrite(frame, request, &self.limits)?)
        };
        let api = (head.key, head.version);
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, now| {
                session.shape_share_offsets(api, answer, asked, now)?;
                if let Some(groups) = answer.array_mut("Groups") {
                    groups.extend(denied);
                    in_order_of(&names, groups, "GroupId");
                }
                Ok(())
            })),
        );
        Ok(verdict)
    }

    /// Takes topics that may not be described out of one group's list and gives their answers.
    fn refused_share_topics(
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
            let name = topic.as_struct().and_then(|it| it.str("TopicName"));
            let (kind, name) = (ResourceKind::Stream, name.unwrap_or_default());
            if self.permitted(head, Action::Describe, kind, name, now)? {
                allowed.push(topic);
            } else {
                refused.push(refused_offsets(answer, &topic));
            }
        }
        // An empty list is not "all topics", which is null.
        group.set("Topics", allowed);
        Ok(refused)
    }

    fn shape_share_offsets(
        &mut self,
        api: (ApiKey, i16),
        answer: &mut Struct,
        mut asked: HashMap<String, Vec<Value>>,
        now: i64,
    ) -> Result<(), Close> {
        let Some(groups) = answer.array_mut("Groups") else {
            return Ok(());
        };
        for group in groups.iter_mut().filter_map(Value::as_struct_mut) {
            let topics = group.array_mut("Topics").map(std::mem::take);
            let mut seen = Vec::new();
            for topic in topics.unwrap_or_default() {
                let name = topic.as_struct().and_then(|it| it.str("TopicName"));
                let name = name.unwrap_or_default();
                if self.may_see(api, ResourceKind::Stream, name, now)? {
                    seen.push(topic);
                }
            }
            let refused = group.str("GroupId").and_then(|it| asked.remove(it));
            if group.int("ErrorCode") == 0 {
                seen.extend(refused.unwrap_or_default());
            }
            group.set("Topics", seen);
        }
        Ok(())
    }

    /// Read on the group, Read on each topic.
    pub(in crate::session::cold) fn alter_share_offsets(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        self.change_share_offsets(head, Action::Read, frame, request, now)
    }

    /// Delete on the group, Read on each topic.
    pub(in crate::session::cold) fn delete_share_offsets(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        self.change_share_offsets(head, Action::Delete, frame, request, now)
    }

    fn change_share_offsets(
        &mut self,
        head: &Head,
        action: Action,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let mut answer = head.response()?;
        let group = request.str("GroupId").unwrap_or_default().to_owned();
        if !self.permitted(head, action, ResourceKind::Group, &group, now)? {
            set_error(&mut answer, error::GROUP_AUTHORIZATION_FAILED);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        let topics = request.array_mut("Topics").map(std::mem::take);
        let (mut allowed, mut refused) = (Vec::new(), Vec::new());
        for topic in topics.unwrap_or_default() {
            let name = topic.as_struct().and_then(|it| it.str("TopicName"));
            let (kind, name) = (ResourceKind::Stream, name.unwrap_or_default());
            if self.permitted(head, Action::Read, kind, name, now)? {
                allowed.push(topic);
            } else {
                refused.push(refused_change(&answer, &topic));
            }
        }
        if refused.is_empty() {
            self.expect(head, Shaping::Forward);
            return Ok(Verdict::Forward);
        }
        // Even without any topic left the coordinator has a word on the group.
        request.set("Topics", allowed);
        let rewritten = head.rewrite(frame, request, &self.limits)?;
        // Of the two only this answers by partitions.
        let merges = head.key == ApiKey::ALTER_SHARE_GROUP_OFFSETS;
        self.expect(
            head,
            Shaping::Edit(Box::new(move |_, answer, _| {
                // An error of the group speaks for all.
                if answer.int("ErrorCode") == 0
                    && let Some(responses) = answer.array_mut("Responses")
                {
                    responses.splice(0..0, refused);
                    if merges {
                        merge_topics(responses, "TopicName");
                    }
                }
                Ok(())
            })),
        );
        Ok(Verdict::Rewrite(rewritten))
    }
}

fn set_error(holder: &mut Struct, code: i16) {
    holder
        .set("ErrorCode", code)
        .set("ErrorMessage", error::error_message(code));
}

/// The answer for one topic whose offsets may not be seen.
fn refused_offsets(answer: &Struct, topic: &Value) -> Value {
    let mut refused = answer.element("Topics");
    let Some(topic) = topic.as_struct() else {
        return Value::Struct(refused);
    };
    refused.set("TopicName", topic.str("TopicName").unwrap_or_default());
    let partitions = topic.array("Partitions").iter().map(|index| {
        let mut partition = refused.element("Partitions");
        partition
            .set("PartitionIndex", index.as_int().unwrap_or(-1))
            .set("StartOffset", -1)
            .set("Lag", -1);
        set_error(&mut partition, error::TOPIC_AUTHORIZATION_FAILED);
        Value::Struct(partition)
    });
    let partitions: Vec<Value> = partitions.collect();
    refused.set("Partitions", partitions);
    Value::Struct(refused)
}

/// The answer for one topic whose offsets may not be changed. A denied name gets no id, although a broker
/// gives one.
fn refused_change(answer: &Struct, topic: &Value) -> Value {
    let mut refused = answer.element("Responses");
    let Some(topic) = topic.as_struct() else {
        return Value::Struct(refused);
    };
    refused.set("TopicName", topic.str("TopicName").unwrap_or_default());
    if !refused.has("Partitions") {
        set_error(&mut refused, error::TOPIC_AUTHORIZATION_FAILED);
        return Value::Struct(refused);
    }
    let partitions = topic.structs("Partitions").map(|asked| {
        let mut partition = refused.element("Partitions");
        partition.set("PartitionIndex", asked.int("PartitionIndex"));
        set_error(&mut partition, error::TOPIC_AUTHORIZATION_FAILED);
        Value::Struct(partition)
    });
    let partitions: Vec<Value> = partitions.collect();
    refused.set("Partitions", partitions);
    Value::Struct(refused)
}
