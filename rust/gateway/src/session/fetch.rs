//! Fetch: the hot path of reading. Requests are walked where they lie, and so are answers: the batch
//! headers say which offsets leave for the client.
//!
//! Fetch sessions are declined (`docs/adr/0002`): the broker is asked without one, so every fetch lists
//! all its partitions and each is decided anew.

use std::cell::Cell;
use std::ops::Range as Bytes;
use std::sync::Arc;

use streamward_audit::{Range, State};
use streamward_policy::{Action, ResourceKind};
use streamward_wire::WireError;
use streamward_wire::kafka::{
    self, ApiKey, Direction, Field, Leaf, Struct, Value, Visitor, batch, error,
};

use super::cold::{Denial, Naming};
use super::{
    Answer, Close, Exchange, Head, Pending, Session, Shaping, Verdict, new_response, schema,
};
use crate::recorder::Access;

/// Kafka's `FetchMetadata.FINAL_EPOCH`: a fetch outside any session.
const SESSIONLESS_EPOCH: i32 = -1;
/// Kafka's `FETCH_SESSION_ID_NOT_FOUND`.
const FETCH_SESSION_ID_NOT_FOUND: i16 = 70;

/// A topic that is being fetched.
#[derive(Debug)]
pub struct Fetching {
    name: Arc<str>,
    id: [u8; 16],
    /// What counts its records.
    pub access: Option<Arc<Access>>,
    partitions: Vec<i32>,
}

/// What must be known when the records come.
#[derive(Debug)]
pub struct FetchExchange {
    topics: Vec<Fetching>,
    /// Where the answer's next topic is looked for first: brokers keep the order.
    next: Cell<usize>,
    epoch: u64,
    valid_until: i64,
}

struct Topic<'a> {
    naming: Naming<'a>,
    partitions: Vec<i32>,
}

#[derive(Default)]
struct RequestWalk<'a> {
    forgotten: bool,
    follower: bool,
    session_epoch: i64,
    session_at: Option<(usize, usize)>,
    topics: Vec<Topic<'a>>,
}

impl<'a> Visitor<'a> for RequestWalk<'a> {
    fn array(&mut self, field: &'static Field, _count: Option<usize>) -> Result<(), WireError> {
        match field.name {
            "ForgottenTopicsData" => self.forgotten = true,
            "Topics" => self.forgotten = false,
            _ => {}
        }
        Ok(())
    }

    fn element(&mut self, field: &'static Field, _index: usize) -> Result<(), WireError> {
        if field.name == "Topics" {
            self.topics.push(Topic {
                naming: Naming::Name(""),
                partitions: Vec::new(),
            });
        }
        Ok(())
    }

    fn leaf(
        &mut self,
        field: &'static Field,
        leaf: Leaf<'a>,
        at: Bytes<usize>,
    ) -> Result<(), WireError> {
        match (field.name, leaf) {
            ("ReplicaId", Leaf::Int(id)) => self.follower |= id >= 0,
            ("SessionId", Leaf::Int(_)) => {
                self.session_at = Some((at.start, at.start));
            }
            ("SessionEpoch", Leaf::Int(epoch)) => {
                self.session_epoch = epoch;
                if let Some((_, epoch_at)) = &mut self.session_at {
                    *epoch_at = at.start;
                }
            }
            _ if self.forgotten => {}
            ("Topic", Leaf::Str(Some(name))) => self.name(Naming::Name(name)),
            ("TopicId", Leaf::Uuid(id)) => self.name(Naming::Id(id)),
            ("Partition", Leaf::Int(index)) => {
                if let Some(topic) = self.topics.last_mut() {
                    topic.partitions.push(i32::try_from(index).unwrap_or(-1));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl<'a> RequestWalk<'a> {
    fn name(&mut self, naming: Naming<'a>) {
        if let Some(topic) = self.topics.last_mut() {
            topic.naming = naming;
        }
    }
}

impl Session {
    pub(super) fn fetch(
        &mut self,
        head: &Head,
        frame: &mut [u8],
        now: i64,
    ) -> Result<Verdict, Close> {
        let malformed = |source| Close::Malformed {
            what: "request",
            source,
        };
        let schema = schema(head.key, head.version, Direction::Request).map_err(malformed)?;
        let mut walk = RequestWalk::default();
        kafka::walk(
            schema,
            &frame[head.body_at..],
            &self.request_limits,
            &mut walk,
        )
        .map_err(malformed)?;
        if walk.follower {
            return Self::refuse_fetch(head, error::CLUSTER_AUTHORIZATION_FAILED);
        }
        if walk.session_epoch > 0 {
            return Self::refuse_fetch(head, FETCH_SESSION_ID_NOT_FOUND);
        }
        let session_at = walk.session_at;
        let mut fetching = Vec::with_capacity(walk.topics.len());
        let mut denials = Vec::new();
        let api = (head.key, head.version);
        for (place, topic) in walk.topics.into_iter().enumerate() {
            match self.admit(api, Action::Read, &topic.naming, now)? {
                Ok((name, access)) => fetching.push(Fetching {
                    name,
                    id: topic.naming.id(),
                    access,
                    partitions: topic.partitions,
                }),
                Err(code) => denials.push(Denial { place, code }),
            }
        }
        if let Some((id_at, epoch_at)) = session_at {
            let body = &mut frame[head.body_at..];
            body[id_at..id_at + 4].copy_from_slice(&0_i32.to_be_bytes());
            body[epoch_at..epoch_at + 4].copy_from_slice(&SESSIONLESS_EPOCH.to_be_bytes());
        }
        let exchange = self.fetch_exchange(fetching, now);
        if denials.is_empty() {
            self.expect(head, Shaping::Fetch(exchange));
            return Ok(Verdict::Forward);
        }
        self.fetch_in_part(head, frame, exchange, &denials)
    }

    fn fetch_exchange(&self, topics: Vec<Fetching>, now: i64) -> FetchExchange {
        let ends = topics.iter().filter_map(|topic| {
            let held = self
                .decisions
                .get(Action::Read, ResourceKind::Stream, &topic.name, now);
            held.map(|decided| decided.valid_until)
        });
        let proof = self.caller.as_ref().and_then(|it| it.expires_milliseconds);
        let valid_until = ends.chain(proof).min().unwrap_or(i64::MAX);
        FetchExchange {
            topics,
            next: Cell::default(),
            epoch: self.epoch,
            valid_until,
        }
    }

    fn refuse_fetch(head: &Head, code: i16) -> Result<Verdict, Close> {
        let mut answer = head.response()?;
        if !answer.has("ErrorCode") {
            return Ok(Verdict::Close(Close::NotServed {
                key: head.key.0,
                version: head.version,
            }));
        }
        answer.set("ErrorCode", code);
        Ok(Verdict::Reply(head.reply(&answer)?))
    }

    fn fetch_in_part(
        &mut self,
        head: &Head,
        frame: &[u8],
        exchange: FetchExchange,
        denials: &[Denial],
    ) -> Result<Verdict, Close> {
        let mut request = self.decode_request(head, frame)?;
        let mut answer = new_response(head.key, head.version)?;
        let refused = super::cold::take_denied(&mut request, &super::cold::FETCH, &answer, denials);
        if exchange.topics.is_empty() {
            answer.set("Responses", refused);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        // Kafka answers a fetch with a denied partition at once; waiting for more would only delay it.
        request.set("MaxWaitMs", 0);
        let rewritten = head.rewrite(frame, &request, &self.limits)?;
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, now| {
                session.release_tree(&exchange, answer, now)?;
                if let Some(list) = answer.array_mut("Responses") {
                    list.extend(refused);
                }
                Ok(())
            })),
        );
        Ok(Verdict::Rewrite(rewritten))
    }

    pub(super) fn fetched(
        &mut self,
        key: ApiKey,
        version: i16,
        correlation_id: i32,
        exchange: &FetchExchange,
        frame: &[u8],
        now: i64,
    ) -> Result<Answer, Close> {
        let malformed = |source| Close::Malformed {
            what: "response",
            source,
        };
        if exchange.holds(self.epoch, now) {
            let at =
                kafka::response_body_at(key, version, frame, &self.limits).map_err(malformed)?;
            let schema = schema(key, version, Direction::Response).map_err(malformed)?;
            let mut walk = ResponseWalk {
                staged: &mut self.staged,
                exchange,
                topic: None,
                partition: -1,
                needs_rewriting: false,
            };
            kafka::walk(schema, &frame[at..], &self.limits, &mut walk).map_err(malformed)?;
            if !walk.needs_rewriting {
                return Ok(Answer::Forward);
            }
            let mut answer = self.decode_response(key, version, frame)?;
            self.rewrite_addresses(key, &mut answer);
            return super::encode_response(key, version, correlation_id, &answer)
                .map(Answer::Rewrite);
        }
        let mut answer = self.decode_response(key, version, frame)?;
        self.release_tree(exchange, &mut answer, now)?;
        super::encode_response(key, version, correlation_id, &answer).map(Answer::Rewrite)
    }

    /// Decides a waiting answer again, takes out what is no longer the caller's, and counts the rest.
    fn release_tree(
        &mut self,
        exchange: &FetchExchange,
        answer: &mut Struct,
        now: i64,
    ) -> Result<(), Close> {
        self.rewrite_addresses(ApiKey::FETCH, answer);
        if answer.int("SessionId") != 0 {
            return Err(Close::BrokerConfused {
                what: "a session that was not asked for",
            });
        }
        let Some(topics) = answer.array_mut("Responses") else {
            return Ok(());
        };
        for topic in topics.iter_mut().filter_map(Value::as_struct_mut) {
            let Some(fetching) = exchange.find(topic) else {
                return Err(Close::BrokerConfused {
                    what: "records of a topic that was not asked for",
                });
            };
            let naming = Naming::Name(&fetching.name);
            let access = match self.admit((ApiKey::FETCH, 0), Action::Read, &naming, now)? {
                Ok((_, access)) => access,
                Err(code) => {
                    withhold(topic, code);
                    continue;
                }
            };
            let partitions = topic.array("Partitions").iter();
            for partition in partitions.filter_map(Value::as_struct) {
                let Value::Bytes(records) = partition.get("Records") else {
                    continue;
                };
                let index = i32::try_from(partition.int("PartitionIndex")).unwrap_or(-1);
                if let (Some(access), Some(range)) = (&access, disclosed(index, records)) {
                    self.staged.push((access.clone(), range));
                }
            }
        }
        Ok(())
    }

    /// Answers the fetch that the client waits for, if any of its topics is no longer the caller's:
    /// refusal for those, nothing new for the others. The broker's own answer is dropped when it comes.
    pub(super) fn refuse_waiting_fetch(&mut self, now: i64) -> Result<Option<Vec<u8>>, Close> {
        let Some(Pending::Upstream(Exchange {
            key,
            version,
            correlation_id,
            shaping,
        })) = self.pending.pop_front()
        else {
            return Ok(None);
        };
        let Shaping::Fetch(exchange) = shaping else {
            self.pending.push_front(Pending::Upstream(Exchange {
                key,
                version,
                correlation_id,
                shaping,
            }));
            return Ok(None);
        };
        let mut codes = Vec::with_capacity(exchange.topics.len());
        for topic in &exchange.topics {
            let admitted = self.admit(
                (key, version),
                Action::Read,
                &Naming::Name(&topic.name),
                now,
            )?;
            codes.push(admitted.err());
        }
        if codes.iter().all(Option::is_none) {
            let shaping = Shaping::Fetch(exchange);
            self.pending.push_front(Pending::Upstream(Exchange {
                key,
                version,
                correlation_id,
                shaping,
            }));
            return Ok(None);
        }
        let mut answer = new_response(key, version)?;
        let topics = exchange.topics.iter().zip(codes);
        let list = topics.map(|(topic, code)| waiting_topic(&answer, topic, code.unwrap_or(0)));
        let list: Vec<Value> = list.collect();
        answer.set("Responses", list);
        self.discarded.push_back(correlation_id);
        super::encode_response(key, version, correlation_id, &answer).map(Some)
    }
}

/// The answer for one topic of a fetch that is answered before the broker did.
fn waiting_topic(answer: &Struct, fetching: &Fetching, code: i16) -> Value {
    let mut topic = answer.element("Responses");
    topic
        .set("Topic", &*fetching.name)
        .set("TopicId", Value::Uuid(fetching.id));
    let partitions = fetching.partitions.iter().map(|index| {
        let mut partition = topic.element("Partitions");
        partition
            .set("PartitionIndex", *index)
            .set("ErrorCode", code);
        partition
            .set("HighWatermark", -1)
            .set("Records", Value::Bytes(bytes::Bytes::new()));
        Value::Struct(partition)
    });
    let partitions: Vec<Value> = partitions.collect();
    topic.set("Partitions", partitions);
    Value::Struct(topic)
}

/// Takes the records out of a topic's answer and leaves the refusal.
fn withhold(topic: &mut Struct, code: i16) {
    let blank = topic.element("Partitions");
    let Some(partitions) = topic.array_mut("Partitions") else {
        return;
    };
    for partition in partitions.iter_mut().filter_map(Value::as_struct_mut) {
        let mut refused = blank.clone();
        refused
            .set("PartitionIndex", partition.int("PartitionIndex"))
            .set("ErrorCode", code)
            .set("HighWatermark", -1)
            .set("Records", Value::Bytes(bytes::Bytes::new()));
        *partition = refused;
    }
}

impl FetchExchange {
    fn find(&self, topic: &Struct) -> Option<&Fetching> {
        if topic.has("Topic") {
            return self.by_name(topic.str("Topic")?);
        }
        self.by_id(topic.uuid("TopicId"))
    }

    /// Are the decisions that it rests on those of now?
    pub fn holds(&self, epoch: u64, now: i64) -> bool {
        self.epoch == epoch && now < self.valid_until
    }

    /// The topics that are fetched.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.topics.iter().map(|topic| &topic.name)
    }

    /// The topic in this place.
    pub fn get(&self, place: usize) -> Option<&Fetching> {
        self.topics.get(place)
    }

    /// The place of a topic by name.
    pub fn place_by_name(&self, name: &str) -> Option<usize> {
        super::find_next(&self.topics, &self.next, |topic| &*topic.name == name)
    }

    /// The place of a topic by id.
    pub fn place_by_id(&self, id: [u8; 16]) -> Option<usize> {
        super::find_next(&self.topics, &self.next, |topic| topic.id == id)
    }

    fn by_name(&self, name: &str) -> Option<&Fetching> {
        self.get(self.place_by_name(name)?)
    }

    fn by_id(&self, id: [u8; 16]) -> Option<&Fetching> {
        self.get(self.place_by_id(id)?)
    }
}

/// The offsets whose bytes stand in a Records field.
fn disclosed(partition: i32, records: &[u8]) -> Option<Range> {
    let mut range: Option<Range> = None;
    for batch in batch::batches(records) {
        let Ok(batch) = batch else {
            // Bytes that we can't read are disclosed all the same: nobody knows which offsets.
            let bytes = records.len() as u64;
            let unknown = Range {
                partition,
                first: -1,
                last: -1,
                records: 0,
                bytes,
                state: State::Readable,
            };
            return Some(unknown);
        };
        let whole = range.get_or_insert(Range {
            partition,
            first: batch.base_offset,
            last: batch.last_offset,
            records: 0,
            bytes: 0,
            state: State::Readable,
        });
        whole.last = whole.last.max(batch.last_offset);
        if !batch.is_control() {
            whole.records = whole.records.saturating_add(batch.records);
        }
    }
    if let Some(whole) = &mut range {
        // A last batch that is cut short counts as what is there of it.
        whole.bytes = records.len() as u64;
    }
    range
}

struct ResponseWalk<'s, 'e> {
    staged: &'s mut Vec<(Arc<Access>, Range)>,
    exchange: &'e FetchExchange,
    topic: Option<&'e Fetching>,
    partition: i32,
    needs_rewriting: bool,
}

impl<'a> Visitor<'a> for ResponseWalk<'_, '_> {
    fn array(&mut self, field: &'static Field, count: Option<usize>) -> Result<(), WireError> {
        if field.name == "NodeEndpoints" && count.unwrap_or(0) > 0 {
            self.needs_rewriting = true;
        }
        Ok(())
    }

    fn leaf(
        &mut self,
        field: &'static Field,
        leaf: Leaf<'a>,
        _at: Bytes<usize>,
    ) -> Result<(), WireError> {
        match (field.name, leaf) {
            ("Topic", Leaf::Str(Some(name))) => self.topic = self.exchange.by_name(name),
            ("TopicId", Leaf::Uuid(id)) => self.topic = self.exchange.by_id(id),
            ("PartitionIndex", Leaf::Int(index)) => {
                self.partition = i32::try_from(index).unwrap_or(-1);
            }
            ("SessionId", Leaf::Int(id)) if id != 0 => {
                return Err(WireError::Stopped {
                    reason: "a session that was not asked for",
                });
            }
            ("Records", Leaf::Bytes(Some(records))) if !records.is_empty() => {
                // SECURITY: records of a topic that nobody asked for have not been decided.
                let Some(topic) = self.topic else {
                    return Err(WireError::Stopped {
                        reason: "records of a topic that was not asked for",
                    });
                };
                if let (Some(access), Some(range)) =
                    (&topic.access, disclosed(self.partition, records))
                {
                    self.staged.push((access.clone(), range));
                }
            }
            _ => {}
        }
        Ok(())
    }
}
