//! Committed offsets: fetched, and deleted.

use std::collections::HashMap;

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use super::in_order_of;
use crate::session::cold::{Denial, OFFSET_DELETE};
use crate::session::cold::{Naming, take_denied};
use crate::session::{Close, Head, Session, Shaping, Verdict};

/// Groups whose offsets are asked for, each with the answers for its topics that are refused.
type Refused = HashMap<String, Vec<Value>>;

impl Session {
    /// Describe on the groups and on their topics; "all topics" leaves out what may not be seen.
    pub(in crate::session::cold) fn offset_fetch(
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
        let verdict = self.offsets_verdict(head, frame, request, refused.is_empty())?;
        let api = (head.key, head.version);
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, now| {
                session.shape_offset_topics(api, answer, refused, now)
            })),
        );
        Ok(verdict)
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
        let asked = request.array_mut("Groups").map(std::mem::take);
        let (mut names, mut refused) = (Vec::new(), Refused::new());
        let (mut allowed, mut denied) = (Vec::new(), Vec::new());
        for mut group in asked.unwrap_or_default() {
            let Some(asked) = group.as_struct_mut() else {
                continue;
            };
            let name = asked.str("GroupId").unwrap_or_default().to_owned();
            names.push(name.clone());
            if self.permitted(head, Action::Describe, ResourceKind::Group, &name, now)? {
                let topics = self.offset_fetch_topics(head, asked, &blank, now)?;
                refused.insert(name, topics);
                allowed.push(group);
            } else {
                denied.push(super::describe::refused_group(&answer, "Groups", &name));
            }
        }
        if allowed.is_empty() {
            answer.set("Groups", denied);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        request.set("Groups", allowed);
        let unchanged = denied.is_empty() && refused.values().all(Vec::is_empty);
        let verdict = self.offsets_verdict(head, frame, request, unchanged)?;
        let api = (head.key, head.version);
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, now| {
                session.shape_offset_groups(api, answer, refused, now)?;
                if let Some(list) = answer.array_mut("Groups") {
                    list.extend(denied);
                    in_order_of(&names, list, "GroupId");
                }
                Ok(())
            })),
        );
        Ok(verdict)
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

    fn offsets_verdict(
        &self,
        head: &Head,
        frame: &[u8],
        request: &Struct,
        unchanged: bool,
    ) -> Result<Verdict, Close> {
        if unchanged {
            return Ok(Verdict::Forward);
        }
        head.rewrite(frame, request, &self.limits)
            .map(Verdict::Rewrite)
    }

    fn shape_offset_groups(
        &mut self,
        api: (ApiKey, i16),
        answer: &mut Struct,
        mut refused: Refused,
        now: i64,
    ) -> Result<(), Close> {
        let Some(groups) = answer.array_mut("Groups") else {
            return Ok(());
        };
        for group in groups.iter_mut().filter_map(Value::as_struct_mut) {
            let topics = group.str("GroupId").and_then(|name| refused.remove(name));
            self.shape_offset_topics(api, group, topics.unwrap_or_default(), now)?;
        }
        Ok(())
    }

    fn shape_offset_topics(
        &mut self,
        api: (ApiKey, i16),
        group: &mut Struct,
        refused: Vec<Value>,
        now: i64,
    ) -> Result<(), Close> {
        let failed = group.int("ErrorCode") != 0;
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
        // An error of the group speaks for all its topics.
        if !failed {
            seen.extend(refused);
        }
        *topics = seen;
        Ok(())
    }

    /// Delete on the group, Read on each topic.
    pub(in crate::session::cold) fn offset_delete(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let mut answer = head.response()?;
        let group = request.str("GroupId").unwrap_or_default();
        if !self.permitted(head, Action::Delete, ResourceKind::Group, group, now)? {
            answer.set("ErrorCode", error::GROUP_AUTHORIZATION_FAILED);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        let mut denials = Vec::new();
        for (place, topic) in request.array("Topics").iter().enumerate() {
            let naming = Naming::of(topic, "Name");
            let api = (head.key, head.version);
            if let Err(code) = self.admit(api, Action::Read, &naming, now)? {
                denials.push(Denial { place, code });
            }
        }
        if denials.is_empty() {
            self.expect(head, Shaping::Forward);
            return Ok(Verdict::Forward);
        }
        // Even without any topic left the coordinator has a word on the group.
        let refused = take_denied(request, &OFFSET_DELETE, &answer, &denials);
        let rewritten = head.rewrite(frame, request, &self.limits)?;
        self.expect(
            head,
            Shaping::Edit(Box::new(move |_, answer, _| {
                if answer.int("ErrorCode") == 0
                    && let Some(topics) = answer.array_mut("Topics")
                {
                    topics.splice(0..0, refused);
                    merge_topics(topics, "Name");
                }
                Ok(())
            })),
        );
        Ok(Verdict::Rewrite(rewritten))
    }
}

/// A topic that stands in a list several times stands there once, with all its partitions.
pub(in crate::session::cold) fn merge_topics(topics: &mut Vec<Value>, name: &str) {
    let mut places = HashMap::with_capacity(topics.len());
    let mut merged: Vec<Value> = Vec::with_capacity(topics.len());
    for mut topic in std::mem::take(topics) {
        let key = match Naming::of(&topic, name) {
            Naming::Name(name) => (name.to_owned(), [0; 16]),
            Naming::Id(id) => (String::new(), id),
        };
        let place = *places.entry(key).or_insert(merged.len());
        let Some(first) = merged.get_mut(place).and_then(Value::as_struct_mut) else {
            merged.push(topic);
            continue;
        };
        let more = topic
            .as_struct_mut()
            .and_then(|it| it.array_mut("Partitions"));
        if let (Some(all), Some(more)) = (first.array_mut("Partitions"), more) {
            all.append(more);
        }
    }
    *topics = merged;
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
