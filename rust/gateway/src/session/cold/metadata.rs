//! Metadata: what exists, as far as the caller may know, at addresses that are the gateway's.

use std::collections::HashSet;

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{Struct, Value, error};

use super::Naming;
use super::creation::ask_what_exists;
use super::metadata_answer::{Asked, NO_ID};
use crate::session::{Close, Head, Session, Shaping, Verdict};

/// The first version that names topics by id.
const FIRST_BY_ID: i16 = 12;

impl Session {
    /// Describe on each topic: named ones are refused, the rest of a listing is left out.
    pub(super) fn metadata(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        if let Some(answer) = malformed(head, request)? {
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        let topics = request.array("Topics");
        // Up to version 0 an empty list means all topics, later null does.
        let all = request.get("Topics").is_null() || (head.version == 0 && topics.is_empty());
        let ids = topics.iter().filter_map(Value::as_struct);
        let ids: HashSet<_> = ids.map(|it| it.uuid("TopicId")).collect();
        if !all && ids.iter().all(|id| *id == NO_ID) {
            return self.metadata_by_name(head, frame, request, now);
        }
        let asked = if all { Asked::All } else { Asked::Some(ids) };
        let mut verdict = Verdict::Forward;
        if drop_names(request) {
            verdict = Verdict::Rewrite(head.rewrite(frame, request, &self.limits)?);
        }
        // An id is decided when the broker has said which topic it is.
        self.expect_metadata(head, asked, Vec::new());
        Ok(verdict)
    }

    fn metadata_by_name(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        // Below version 4 the broker creates without being asked.
        let creates =
            !request.has("AllowAutoTopicCreation") || request.bool("AllowAutoTopicCreation");
        let blank = head.response()?;
        let (mut allowed, mut refused) = (Vec::new(), Vec::new());
        let (mut denied, mut uncreatable) = (HashSet::new(), HashSet::new());
        for topic in request.array("Topics") {
            let Naming::Name(name) = Naming::of(topic, "Name") else {
                continue;
            };
            if self.permitted(head, Action::Describe, ResourceKind::Stream, name, now)? {
                if creates && !self.may_create(name, now)? {
                    uncreatable.insert(name.to_owned());
                }
                allowed.push(topic.clone());
            } else if denied.insert(name) {
                refused.push(refused_topic(&blank, name));
            }
        }
        if !uncreatable.is_empty() {
            let question = ask_what_exists(head, request, &allowed, uncreatable, refused)?;
            return self.inquire(head, frame, question);
        }
        let mut verdict = Verdict::Forward;
        if !refused.is_empty() {
            if allowed.is_empty() && head.version == 0 {
                // Version 0 has no way to ask for no topics, so the broker lists all.
                return self.metadata_of_none(head, frame, request, refused);
            }
            request.set("Topics", allowed);
            verdict = Verdict::Rewrite(head.rewrite(frame, request, &self.limits)?);
        }
        self.expect_metadata(head, Asked::Some(HashSet::new()), refused);
        Ok(verdict)
    }

    fn expect_metadata(&mut self, head: &Head, asked: Asked, refused: Vec<Value>) {
        let api = (head.key, head.version);
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, now| {
                session.shape_metadata(api, answer, &asked, now)?;
                if let Some(topics) = answer.array_mut("Topics") {
                    topics.extend(refused);
                }
                Ok(())
            })),
        );
    }

    fn metadata_of_none(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        refused: Vec<Value>,
    ) -> Result<Verdict, Close> {
        request.set("Topics", Vec::<Value>::new());
        let rewritten = head.rewrite(frame, request, &self.limits)?;
        let key = head.key;
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, _| {
                session.rewrite_addresses(key, answer);
                answer.set("Topics", refused);
                Ok(())
            })),
        );
        Ok(Verdict::Rewrite(rewritten))
    }
}

/// Where a request names topics by id, Kafka takes no notice of names. `true`: there were some.
fn drop_names(request: &mut Struct) -> bool {
    let Some(topics) = request.array_mut("Topics") else {
        return false;
    };
    let before = topics.len();
    topics.retain(|topic| {
        let id = topic.as_struct().map(|it| it.uuid("TopicId"));
        id.is_some_and(|id| id != NO_ID)
    });
    let mut dropped = topics.len() < before;
    for topic in topics.iter_mut().filter_map(Value::as_struct_mut) {
        dropped |= topic.str("Name").is_some();
        topic.set("Name", Value::Null);
    }
    dropped
}

/// The entry of a topic that may not be described: its name and no id.
pub(super) fn refused_topic(blank: &Struct, name: &str) -> Value {
    let mut entry = blank.element("Topics");
    entry
        .set("Name", name)
        .set("ErrorCode", error::TOPIC_AUTHORIZATION_FAILED);
    Value::Struct(entry)
}

/// Kafka's answer to a request that names a topic in a way that its version does not have.
fn malformed(head: &Head, request: &Struct) -> Result<Option<Struct>, Close> {
    let topics = || request.structs("Topics");
    let by_id = topics().any(|it| it.uuid("TopicId") != NO_ID);
    let unnamed = topics().any(|it| it.str("Name").is_none());
    let code = if head.version < FIRST_BY_ID && (by_id || unnamed) {
        error::INVALID_REQUEST
    } else if unnamed && !by_id {
        error::UNKNOWN_SERVER_ERROR
    } else {
        return Ok(None);
    };
    let mut answer = head.response()?;
    let entries = topics().map(|topic| {
        let mut entry = answer.element("Topics");
        entry
            .set("Name", topic.str("Name").unwrap_or_default())
            .set("TopicId", topic.uuid("TopicId"))
            .set("ErrorCode", code);
        Value::Struct(entry)
    });
    let entries: Vec<Value> = entries.collect();
    answer.set("Topics", entries).set("ErrorCode", code);
    Ok(Some(answer))
}
