//! Metadata that makes topics: whatever the caller may not create is never made by asking for it.

use std::collections::HashSet;

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use super::metadata_answer::Asked;
use crate::session::inquiry::{Next, Question, blank_request};
use crate::session::{Close, Head, Session, copy_fields};

/// The first version that can ask for topics without making them.
const FIRST_WITHOUT_CREATING: i16 = 4;
/// Topics that brokers keep for themselves (`Topic.isInternal`).
const INTERNAL_TOPICS: [&str; 3] = [
    "__consumer_offsets",
    "__transaction_state",
    "__share_group_state",
];

/// A request for metadata that may make some of its topics, and not others.
struct Creation {
    head: Head,
    api: (ApiKey, i16),
    /// The request without its topics, which asks for nothing to be made.
    question: Struct,
    uncreatable: HashSet<String>,
    refused: Vec<Value>,
}

impl Session {
    /// Create on the cluster, or on the topic.
    pub(super) fn may_create(&mut self, name: &str, now: i64) -> Result<bool, Close> {
        let cluster = self.cluster_name();
        Ok(self
            .decide(Action::Create, ResourceKind::Cluster, &cluster, now)?
            .allowed
            || self
                .decide(Action::Create, ResourceKind::Stream, name, now)?
                .allowed)
    }

    fn refuse_creation(
        &mut self,
        creation: &Creation,
        answer: &mut Struct,
        now: i64,
    ) -> Result<(), Close> {
        // A cluster that makes no topics says of any that it is unknown.
        if self.cluster.auto_creates() == Some(false) {
            return Ok(());
        }
        let blank = answer.element("Topics");
        let mut topics = answer
            .array_mut("Topics")
            .map(std::mem::take)
            .unwrap_or_default();
        for topic in topics.iter_mut().filter_map(Value::as_struct_mut) {
            let name = topic.str("Name").unwrap_or_default().to_owned();
            if !is_missing(topic) || !creation.uncreatable.contains(&name) {
                continue;
            }
            self.authorize(
                creation.api,
                Action::Create,
                ResourceKind::Stream,
                &name,
                now,
            )?;
            *topic = blank.clone();
            topic
                .set("Name", name.as_str())
                .set("ErrorCode", error::TOPIC_AUTHORIZATION_FAILED)
                .set("IsInternal", INTERNAL_TOPICS.contains(&name.as_str()));
        }
        answer.set("Topics", topics);
        Ok(())
    }
}

/// Asks for topics without making any, so that only those are made afterwards that may be.
pub(super) fn ask_what_exists(
    head: &Head,
    request: &Struct,
    topics: &[Value],
    uncreatable: HashSet<String>,
    refused: Vec<Value>,
) -> Result<Question, Close> {
    let api = (ApiKey::METADATA, head.version.max(FIRST_WITHOUT_CREATING));
    let mut question = blank_request(api)?;
    copy_fields(request, &mut question);
    question.set("AllowAutoTopicCreation", false);
    let creation = Creation {
        head: *head,
        api,
        question,
        uncreatable,
        refused,
    };
    let names = topics.iter().filter_map(Value::as_struct);
    let names: Vec<String> = names
        .map(|it| it.str("Name").unwrap_or_default().to_owned())
        .collect();
    let request = creation.about(names.iter().map(String::as_str));
    Ok(Question::new(api, request, move |session, answer, now| {
        creation.existing(session, answer, now)
    }))
}

impl Creation {
    fn about<'a>(&self, names: impl Iterator<Item = &'a str>) -> Struct {
        let mut request = self.question.clone();
        let topics = names.map(|name| {
            let mut topic = request.element("Topics");
            topic.set("Name", name);
            Value::Struct(topic)
        });
        let topics: Vec<Value> = topics.collect();
        request.set("Topics", topics);
        request
    }

    fn existing(self, session: &mut Session, answer: Struct, now: i64) -> Result<Next, Close> {
        let missing = answer.structs("Topics").filter(|topic| is_missing(topic));
        let names = missing.filter_map(|topic| topic.str("Name"));
        let wanted: Vec<String> = names
            .filter(|name| !self.uncreatable.contains(*name))
            .map(str::to_owned)
            .collect();
        // Rights may have ended while the broker looked.
        let mut creatable = Vec::with_capacity(wanted.len());
        for name in wanted {
            if session.creates(self.api, &name, now)? {
                creatable.push(name);
            }
        }
        if creatable.is_empty() {
            return self.answer(session, answer, now);
        }
        let mut request = self.about(creatable.iter().map(String::as_str));
        request.set("AllowAutoTopicCreation", true);
        let then = move |session: &mut Session, made: Struct, now: i64| {
            self.answer(session, joined(answer, &made), now)
        };
        Ok(Next::Ask(Question::new(
            (ApiKey::METADATA, request.schema().version),
            request,
            then,
        )))
    }

    fn answer(self, session: &mut Session, mut found: Struct, now: i64) -> Result<Next, Close> {
        session.shape_metadata(self.api, &mut found, &Asked::Some(HashSet::new()), now)?;
        session.refuse_creation(&self, &mut found, now)?;
        let mut answer = self.head.response()?;
        copy_fields(&found, &mut answer);
        if let Some(topics) = answer.array_mut("Topics") {
            topics.extend(self.refused);
        }
        Ok(Next::Answer(answer))
    }
}

/// The first answer, with what the second says of the topics that it is about.
fn joined(mut first: Struct, second: &Struct) -> Struct {
    let made: HashSet<_> = second.structs("Topics").map(|it| it.str("Name")).collect();
    if let Some(topics) = first.array_mut("Topics") {
        topics.retain(|topic| {
            let name = topic.as_struct().map(|it| it.str("Name"));
            name.is_some_and(|name| !made.contains(&name))
        });
        topics.extend_from_slice(second.array("Topics"));
    }
    first
}

fn is_missing(topic: &Struct) -> bool {
    let code = topic.int("ErrorCode");
    code == i64::from(error::UNKNOWN_TOPIC_OR_PARTITION)
        || code == i64::from(error::INVALID_TOPIC_EXCEPTION)
}
