//! Removing topics, by name and by id: Delete on the cluster or on the topic; Describe decides what a refusal
//! tells.

use std::collections::HashSet;

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use super::targets::{Target, entry, targets};
use crate::session::authorize::Permission;
use crate::session::inquiry::{Next, Question, blank_request};
use crate::session::{Close, Head, Session, Shaping, Verdict};

/// The version of Metadata that is asked: the first that takes ids.
const METADATA_VERSION: i16 = 12;
/// And the newest of `CreatePartitions`.
const CREATE_PARTITIONS_VERSION: i16 = 3;

/// A request for topics to be removed.
struct Deletion {
    head: Head,
    /// Names and ids that stand there once, and each for itself.
    targets: Vec<Target>,
    request: Struct,
    answered: Vec<Value>,
}

/// What becomes of a target.
enum Fate {
    Removed,
    Refused(Value),
    /// May be described and not removed: the answer depends on whether it exists.
    Shown(String),
}

impl Session {
    /// Decides each topic; what only the broker knows is asked of it first.
    pub(super) fn delete_topics(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let answer = head.response()?;
        let (targets, answered) = targets(request, &answer);
        let deletion = Deletion {
            head: *head,
            targets,
            request: request.clone(),
            answered,
        };
        let unknown = deletion.unknown_ids(self);
        let version = self.upstream_version(ApiKey::METADATA, METADATA_VERSION, METADATA_VERSION);
        if let (Some(version), false) = (version, unknown.is_empty()) {
            let api = (ApiKey::METADATA, version);
            let question = about_ids(api, unknown.into_iter())?;
            let then = move |session: &mut Session, found: Struct, now: i64| {
                session.learn_topics(&found);
                Ok(deletion.decide(session, now)?.into_next())
            };
            return self.inquire(head, frame, Question::new(api, question, then));
        }
        match deletion.decide(self, now)? {
            Decided::Answered(answer) => Ok(Verdict::Reply(head.reply(&answer)?)),
            Decided::Ask(question) => self.inquire(head, frame, question),
            Decided::Remove(removal) => {
                let verdict = if removal.whole {
                    Verdict::Forward
                } else {
                    Verdict::Rewrite(head.rewrite(frame, &removal.request, &self.limits)?)
                };
                self.expect(
                    head,
                    Shaping::Edit(Box::new(move |session, answer, _| {
                        removal.removed(session, answer);
                        Ok(())
                    })),
                );
                Ok(verdict)
            }
        }
    }

    fn learn_topics(&self, metadata: &Struct) {
        for topic in metadata.structs("Topics") {
            let name = topic.str("Name").unwrap_or_default();
            self.cluster.learn_topic(topic.uuid("TopicId"), name);
        }
    }

    /// Delete on the cluster, or on the topic; the decision is entered.
    fn deletes(&mut self, api: (ApiKey, i16), name: &str, now: i64) -> Result<bool, Close> {
        let (cluster, on_cluster) = (self.cluster_name(), ResourceKind::Cluster);
        let everything = self.decide(Action::Delete, on_cluster, &cluster, now)?;
        let (kind, name) = if everything.allowed {
            (on_cluster, &*cluster)
        } else {
            (ResourceKind::Stream, name)
        };
        let permission = self.authorize(api, Action::Delete, kind, name, now)?;
        Ok(matches!(permission, Permission::Allowed(_)))
    }
}

/// Which topics are these? A question that never makes any.
fn about_ids(api: (ApiKey, i16), ids: impl Iterator<Item = [u8; 16]>) -> Result<Struct, Close> {
    let mut request = blank_request(api)?;
    let topics = ids.map(|id| {
        let mut topic = request.element("Topics");
        topic.set("Name", Value::Null).set("TopicId", id);
        Value::Struct(topic)
    });
    let topics: Vec<Value> = topics.collect();
    request
        .set("Topics", topics)
        .set("AllowAutoTopicCreation", false);
    Ok(request)
}

/// Do these exist? Only the controller knows at once, so it is asked, without effect, for what it never does: a topic
/// that exists has one partition at least.
fn about_names(
    api: (ApiKey, i16),
    names: impl Iterator<Item = String>,
    timeout_milliseconds: i64,
) -> Result<Struct, Close> {
    let mut request = blank_request(api)?;
    let topics = names.map(|name| {
        let mut topic = request.element("Topics");
        topic
            .set("Name", name)
            .set("Count", 1)
            .set("Assignments", Value::Null);
        Value::Struct(topic)
    });
    let topics: Vec<Value> = topics.collect();
    request
        .set("Topics", topics)
        .set("TimeoutMs", timeout_milliseconds)
        .set("ValidateOnly", true);
    Ok(request)
}

/// What is to be done about a request.
enum Decided {
    Answered(Struct),
    Ask(Question),
    Remove(Removal),
}

/// The part of a request that the broker gets.
struct Removal {
    head: Head,
    request: Struct,
    /// Is it the whole of what the client sent?
    whole: bool,
    names: HashSet<String>,
    answered: Vec<Value>,
}

impl Deletion {
    fn unknown_ids(&self, session: &Session) -> Vec<[u8; 16]> {
        let ids = self.targets.iter().filter_map(|target| match target {
            Target::Id(id) => session.cluster.topic(id).is_none().then_some(*id),
            Target::Name(_) => None,
        });
        ids.collect()
    }

    fn decide(mut self, session: &mut Session, now: i64) -> Result<Decided, Close> {
        let answer = self.head.response()?;
        let (mut removed, mut shown) = (Vec::new(), Vec::new());
        for target in std::mem::take(&mut self.targets) {
            match self.fate(session, &answer, &target, now)? {
                Fate::Removed => removed.push(target),
                Fate::Refused(entry) => self.answered.push(entry),
                Fate::Shown(name) => shown.push(name),
            }
        }
        self.targets = removed;
        let version =
            session.upstream_version(ApiKey::CREATE_PARTITIONS, 0, CREATE_PARTITIONS_VERSION);
        let (Some(version), false) = (version, shown.is_empty()) else {
            return self.remove();
        };
        let api = (ApiKey::CREATE_PARTITIONS, version);
        let question = about_names(api, shown.into_iter(), self.request.int("TimeoutMs"))?;
        Ok(Decided::Ask(Question::new(
            api,
            question,
            move |_, found, _| {
                self.answer_shown(&found)?;
                Ok(self.remove()?.into_next())
            },
        )))
    }

    fn fate(
        &self,
        session: &mut Session,
        answer: &Struct,
        target: &Target,
        now: i64,
    ) -> Result<Fate, Close> {
        let name = match target {
            Target::Name(name) => name.clone(),
            Target::Id(id) => {
                let Some(name) = session.cluster.topic(id) else {
                    let code = error::UNKNOWN_TOPIC_ID;
                    let why = error::error_message(code);
                    return Ok(Fate::Refused(target.entry(answer, code, why)));
                };
                (*name).to_owned()
            }
        };
        let api = (self.head.key, self.head.version);
        if session.deletes(api, &name, now)? {
            return Ok(Fate::Removed);
        }
        let code = error::TOPIC_AUTHORIZATION_FAILED;
        let why = error::error_message(code);
        let describe = session.decide(Action::Describe, ResourceKind::Stream, &name, now)?;
        Ok(match (target, describe.allowed) {
            (Target::Name(_), true) => Fate::Shown(name),
            (Target::Id(id), true) => Fate::Refused(entry(answer, Some(&name), *id, code, why)),
            (_, false) => Fate::Refused(target.entry(answer, code, why)),
        })
    }

    /// A name that may be described is unknown or refused, by whether it exists.
    fn answer_shown(&mut self, found: &Struct) -> Result<(), Close> {
        let answer = self.head.response()?;
        for topic in found.structs("Results") {
            let code = i16::try_from(topic.int("ErrorCode")).unwrap_or(error::UNKNOWN_SERVER_ERROR);
            let name = topic.str("Name").unwrap_or_default();
            let code = match code {
                error::UNKNOWN_TOPIC_OR_PARTITION | error::INVALID_TOPIC_EXCEPTION => {
                    error::UNKNOWN_TOPIC_OR_PARTITION
                }
                _ => error::TOPIC_AUTHORIZATION_FAILED,
            };
            let target = Target::Name(name.to_owned());
            let entry = target.entry(&answer, code, error::error_message(code));
            self.answered.push(entry);
        }
        Ok(())
    }

    fn remove(mut self) -> Result<Decided, Close> {
        if self.targets.is_empty() && !self.answered.is_empty() {
            let mut answer = self.head.response()?;
            answer.set("Responses", self.answered);
            return Ok(Decided::Answered(answer));
        }
        let whole = self.answered.is_empty();
        let names = self.targets.iter().filter_map(|target| match target {
            Target::Name(name) => Some(name.clone()),
            Target::Id(_) => None,
        });
        let names: HashSet<String> = names.collect();
        if self.request.has("TopicNames") {
            let list = self.targets.iter().filter_map(|target| match target {
                Target::Name(name) => Some(Value::from(name.as_str())),
                Target::Id(_) => None,
            });
            let list: Vec<Value> = list.collect();
            self.request.set("TopicNames", list);
        } else {
            let topics = self.targets.iter().map(|target| {
                let mut topic = self.request.element("Topics");
                match target {
                    Target::Name(name) => topic.set("Name", name.as_str()),
                    Target::Id(id) => topic.set("Name", Value::Null).set("TopicId", *id),
                };
                Value::Struct(topic)
            });
            let topics: Vec<Value> = topics.collect();
            self.request.set("Topics", topics);
        }
        Ok(Decided::Remove(Removal {
            head: self.head,
            request: self.request,
            whole,
            names,
            answered: self.answered,
        }))
    }
}

impl Decided {
    fn into_next(self) -> Next {
        match self {
            Self::Answered(answer) => Next::Answer(answer),
            Self::Ask(question) => Next::Ask(question),
            Self::Remove(removal) => {
                let api = (removal.head.key, removal.head.version);
                let request = removal.request.clone();
                Next::Ask(Question::new(
                    api,
                    request,
                    move |session, mut answer, _| {
                        removal.removed(session, &mut answer);
                        Ok(Next::Answer(answer))
                    },
                ))
            }
        }
    }
}

impl Removal {
    /// Forgets what is gone, and adds the refusals.
    fn removed(self, session: &Session, answer: &mut Struct) {
        let gone = |topic: &&Struct| topic.int("ErrorCode") == 0;
        let mut names = HashSet::new();
        for topic in answer.structs("Responses").filter(gone) {
            session.cluster.forget_topic(&topic.uuid("TopicId"));
            let name = topic.str("Name").filter(|it| self.names.contains(*it));
            names.extend(name);
        }
        session.cluster.forget_names(&names);
        if let Some(list) = answer.array_mut("Responses") {
            list.extend(self.answered);
        }
    }
}
