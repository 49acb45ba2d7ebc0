//! `DescribeTopicPartitions`: topics page by page, in the order of their names.
//!
//! A page of everything is cut by the caller's own topics: pages of the broker's are asked for until there are
//! enough partitions that may be seen, and the cursor never names a topic that may not.

use std::collections::BTreeSet;

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use super::metadata::refused_topic;
use crate::session::inquiry::{Next, Question, blank_request};
use crate::session::{Close, Head, Session, Shaping, Verdict};

/// The order in which Kafka compares names (Java's, by UTF-16 units).
type Place = (Vec<u16>, i64);

impl Session {
    /// Describe on each topic: named ones are refused, the rest of a listing is left out.
    pub(super) fn describe_topic_partitions(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let cursor = cursor(request, "Cursor");
        if cursor.as_ref().is_some_and(|(_, partition)| *partition < 0) {
            return invalid(head, request);
        }
        if request.array("Topics").is_empty() {
            let listing = Listing {
                head: *head,
                left: request.int("ResponsePartitionLimit").max(1),
                cut: false,
                topics: Vec::new(),
            };
            let question = listing.ask(request.get("Cursor").clone())?;
            return self.inquire(head, frame, question);
        }
        self.partitions_of(head, frame, request, cursor, now)
    }

    /// The topics that the caller names, from the cursor on.
    fn partitions_of(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        cursor: Option<(String, i64)>,
        now: i64,
    ) -> Result<Verdict, Close> {
        let named = request
            .structs("Topics")
            .filter_map(|topic| topic.str("Name"));
        let named: BTreeSet<String> = named.map(str::to_owned).collect();
        if let Some((topic, _)) = &cursor
            && !named.contains(topic)
        {
            return invalid(head, request);
        }
        let from = cursor.as_ref().map(|(topic, _)| utf16(topic));
        let mut answer = head.response()?;
        let (mut allowed, mut refused) = (BTreeSet::new(), Vec::new());
        for name in named {
            if from.as_ref().is_some_and(|from| utf16(&name) < *from) {
                continue;
            }
            if self.permitted(head, Action::Describe, ResourceKind::Stream, &name, now)? {
                allowed.insert(name);
            } else {
                refused.push(refused_topic(&answer, &name));
            }
        }
        // No topic at all would ask for everything.
        if allowed.is_empty() {
            answer.set("Topics", refused);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        let mut verdict = Verdict::Forward;
        if !refused.is_empty() {
            // The broker wants the cursor's topic among the others.
            if cursor.is_some_and(|(topic, _)| !allowed.contains(&topic)) {
                request.set("Cursor", Value::Null);
            }
            let mut topics = request
                .array_mut("Topics")
                .map(std::mem::take)
                .unwrap_or_default();
            topics.retain(|topic| {
                let name = topic.as_struct().and_then(|it| it.str("Name"));
                name.is_some_and(|name| allowed.contains(name))
            });
            request.set("Topics", topics);
            verdict = Verdict::Rewrite(head.rewrite(frame, request, &self.limits)?);
        }
        let api = (head.key, head.version);
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, now| {
                let page = session.visible(api, answer, now)?;
                for name in &page.hidden {
                    let kind = ResourceKind::Stream;
                    session.authorize(api, Action::Describe, kind, name, now)?;
                }
                let blank = answer.clone();
                let hidden = page.hidden.iter().map(|name| refused_topic(&blank, name));
                let topics = page.topics.into_iter().map(Value::Struct);
                let topics: Vec<Value> = topics.chain(hidden).chain(refused).collect();
                answer.set("Topics", topics);
                Ok(())
            })),
        );
        Ok(verdict)
    }

    /// What of an answer may be seen, with the caller's operations.
    fn visible(
        &mut self,
        api: (ApiKey, i16),
        answer: &mut Struct,
        now: i64,
    ) -> Result<Page, Close> {
        let topics = answer
            .array_mut("Topics")
            .map(std::mem::take)
            .unwrap_or_default();
        let mut page = Page::default();
        for mut topic in topics {
            let Some(entry) = topic.as_struct_mut() else {
                continue;
            };
            let name = entry.str("Name").unwrap_or_default().to_owned();
            page.partitions += entry.array("Partitions").len();
            self.cluster.learn_topic(entry.uuid("TopicId"), &name);
            if self.may_see(api, ResourceKind::Stream, &name, now)? {
                self.shape_topic_operations(entry, &name, now)?;
                page.topics.push(entry.clone());
            } else {
                page.hidden.push(name);
            }
        }
        Ok(page)
    }
}

/// One answer of the broker's.
#[derive(Default)]
struct Page {
    topics: Vec<Struct>,
    hidden: Vec<String>,
    /// Of all topics, seen or not.
    partitions: usize,
}

/// A page of everything, while it is being put together.
struct Listing {
    head: Head,
    /// Partitions that it still has room for.
    left: i64,
    /// Has the broker's own limit been applied?
    cut: bool,
    topics: Vec<Struct>,
}

impl Listing {
    /// Asks for as much as the broker gives.
    fn ask(self, cursor: Value) -> Result<Question, Close> {
        let api = (self.head.key, self.head.version);
        let mut request = blank_request(api)?;
        request
            .set("ResponsePartitionLimit", i64::from(i32::MAX))
            .set("Cursor", cursor);
        let from = self::cursor(&request, "Cursor").map(place);
        Ok(Question::new(api, request, move |session, answer, now| {
            self.add(session, answer, from, now)
        }))
    }

    fn add(
        mut self,
        session: &mut Session,
        mut answer: Struct,
        from: Option<Place>,
        now: i64,
    ) -> Result<Next, Close> {
        let api = (self.head.key, self.head.version);
        let next = cursor(&answer, "NextCursor");
        let next_cursor = answer.get("NextCursor").clone();
        let page = session.visible(api, &mut answer, now)?;
        if next.is_some() && !self.cut {
            // The broker's own limit is the page's size.
            let most = i64::try_from(page.partitions).unwrap_or(i64::MAX);
            self.left = self.left.min(most.max(1));
            self.cut = true;
        }
        for topic in page.topics {
            if let Some(cursor) = self.take(topic, &answer) {
                return Ok(self.finish(answer, cursor));
            }
        }
        let Some(next) = next else {
            return Ok(self.finish(answer, Value::Null));
        };
        if from.is_some_and(|from| place(next.clone()) <= from) {
            return Err(Close::BrokerConfused {
                what: "a cursor that goes back",
            });
        }
        if self.left == 0 && session.may_see(api, ResourceKind::Stream, &next.0, now)? {
            return Ok(self.finish(answer, next_cursor));
        }
        let mut blank = blank_request(api)?;
        self::set_cursor(&mut blank, "Cursor", &next.0, next.1);
        Ok(Next::Ask(self.ask(blank.get("Cursor").clone())?))
    }

    /// Takes as many of a topic's partitions as there is room for; the cursor, if there are more.
    fn take(&mut self, mut topic: Struct, answer: &Struct) -> Option<Value> {
        let name = topic.str("Name").unwrap_or_default().to_owned();
        let mut partitions = topic
            .array_mut("Partitions")
            .map(std::mem::take)
            .unwrap_or_default();
        let room = usize::try_from(self.left).unwrap_or(usize::MAX);
        let rest = if self.left == 0 {
            partitions.first().map_or(0, index)
        } else if partitions.len() > room {
            let rest = partitions.get(room).map_or(0, index);
            partitions.truncate(room);
            rest
        } else {
            -1
        };
        let taken = i64::try_from(partitions.len()).unwrap_or(i64::MAX);
        if self.left > 0 {
            self.left = self.left.saturating_sub(taken);
            // A topic that the broker gives in two pages is one topic.
            let before = self.topics.last_mut();
            let before = before.filter(|before| before.str("Name") == Some(&name));
            if let Some(list) = before.and_then(|before| before.array_mut("Partitions")) {
                list.extend(partitions);
            } else {
                topic.set("Partitions", partitions);
                self.topics.push(topic);
            }
        }
        (rest >= 0).then(|| {
            let mut holder = answer.clone();
            set_cursor(&mut holder, "NextCursor", &name, rest);
            holder.get("NextCursor").clone()
        })
    }

    fn finish(self, mut answer: Struct, cursor: Value) -> Next {
        let topics = self.topics.into_iter().map(Value::Struct);
        let topics: Vec<Value> = topics.collect();
        answer.set("Topics", topics).set("NextCursor", cursor);
        Next::Answer(answer)
    }
}

fn index(partition: &Value) -> i64 {
    partition
        .as_struct()
        .map_or(0, |it| it.int("PartitionIndex"))
}

fn cursor(message: &Struct, field: &str) -> Option<(String, i64)> {
    let cursor = message.get(field).as_struct()?;
    let topic = cursor.str("TopicName").unwrap_or_default();
    Some((topic.to_owned(), cursor.int("PartitionIndex")))
}

fn set_cursor(message: &mut Struct, field: &str, topic: &str, partition: i64) {
    let mut cursor = message.element(field);
    cursor
        .set("TopicName", topic)
        .set("PartitionIndex", partition);
    message.set(field, cursor);
}

fn place((topic, partition): (String, i64)) -> Place {
    (utf16(&topic), partition)
}

fn utf16(name: &str) -> Vec<u16> {
    name.encode_utf16().collect()
}

/// Kafka's answer to a cursor that can't be: an error for each topic.
fn invalid(head: &Head, request: &Struct) -> Result<Verdict, Close> {
    let mut answer = head.response()?;
    let topics = request.structs("Topics").map(|topic| {
        let mut entry = answer.element("Topics");
        entry
            .set("Name", topic.str("Name").unwrap_or_default())
            .set("ErrorCode", error::INVALID_REQUEST);
        Value::Struct(entry)
    });
    let topics: Vec<Value> = topics.collect();
    answer.set("Topics", topics);
    Ok(Verdict::Reply(head.reply(&answer)?))
}
