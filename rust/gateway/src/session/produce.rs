//! Produce: the hot path of writing. The request is walked, never copied; the broker's acknowledgement
//! says which offsets were written.

use std::collections::{HashMap, HashSet};
use std::ops::Range as Bytes;
use std::sync::Arc;

use streamward_audit::{Range, State};
use streamward_policy::{Action, ResourceKind};
use streamward_wire::WireError;
use streamward_wire::kafka::{self, ApiKey, Direction, Field, Leaf, Value, Visitor, batch, error};

use super::authorize::Permission;
use super::cold::{Denial, Naming};
use super::places::Places;
use super::signing::Counted;
use super::{Answer, Close, Head, Session, Shaping, Verdict, new_response, schema};
use crate::recorder::Access;

/// What one partition of a request carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// The partition's number.
    pub index: i32,
    /// The counters of its records, where the gateway signs them.
    pub counted: Option<Counted>,
    records: u32,
    offsets: i64,
    bytes: u64,
}

impl Load {
    /// Nothing yet for this partition.
    pub fn of(index: i32) -> Self {
        Self {
            index,
            ..Self::default()
        }
    }

    /// Counts what a batch says that it holds.
    pub fn count(&mut self, batch: &batch::Batch<'_>) {
        let offsets = batch.last_offset.saturating_sub(batch.base_offset);
        self.records = self.records.saturating_add(batch.records);
        self.offsets = self.offsets.saturating_add(offsets.saturating_add(1));
        self.bytes = self.bytes.saturating_add(batch.bytes as u64);
    }
}

/// A topic of a request on its way to the broker.
#[derive(Debug)]
pub struct Sending {
    /// Its name.
    pub name: Arc<str>,
    /// Its id, zero where the request names it.
    pub id: [u8; 16],
    /// What counts its records.
    pub access: Option<Arc<Access>>,
    /// Its partitions.
    pub loads: Vec<Load>,
    places: Places<i32>,
}

impl Sending {
    /// A topic with these partitions; `id` is zero where the request names it.
    pub fn new(
        name: Arc<str>,
        id: [u8; 16],
        access: Option<Arc<Access>>,
        loads: Vec<Load>,
    ) -> Self {
        Self {
            name,
            id,
            access,
            loads,
            places: Places::default(),
        }
    }

    /// What a partition carries that an answer names. The partitions are those that left from the first question on.
    fn load(&self, index: i64) -> Option<&Load> {
        let index = i32::try_from(index).ok()?;
        let place = self.places.find(&self.loads, |it| &it.index, &index)?;
        self.loads.get(place)
    }
}

impl Sending {
    /// Notes which counters the records of each partition got.
    pub(super) fn count(&mut self, counts: &HashMap<i32, Counted>) {
        for load in &mut self.loads {
            load.counted = counts.get(&load.index).copied();
        }
    }
}

/// What must be known when the acknowledgement comes.
#[derive(Debug)]
pub struct ProduceExchange {
    topics: Vec<Sending>,
    by_name: Places<Arc<str>>,
    by_id: Places<[u8; 16]>,
    /// Answers to what the broker never saw.
    refused: Vec<Value>,
}

impl ProduceExchange {
    /// Topics that are on their way, and answers to those that are not.
    pub fn new(topics: Vec<Sending>, refused: Vec<Value>) -> Self {
        Self {
            topics,
            by_name: Places::default(),
            by_id: Places::default(),
            refused,
        }
    }
}

struct Topic<'a> {
    naming: Naming<'a>,
    loads: Vec<Load>,
}

#[derive(Default)]
struct RequestWalk<'a> {
    acks: i64,
    transactional_id: Option<&'a str>,
    transactional: bool,
    malformed: bool,
    topics: Vec<Topic<'a>>,
}

impl<'a> Visitor<'a> for RequestWalk<'a> {
    fn element(&mut self, field: &'static Field, _index: usize) -> Result<(), WireError> {
        match field.name {
            "TopicData" => {
                self.topics.push(Topic {
                    naming: Naming::Name(""),
                    loads: Vec::new(),
                });
            }
            "PartitionData" => {
                if let Some(topic) = self.topics.last_mut() {
                    topic.loads.push(Load::default());
                }
            }
            _ => {}
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
            ("Acks", Leaf::Int(acks)) => self.acks = acks,
            ("TransactionalId", Leaf::Str(id)) => self.transactional_id = id,
            ("Name", Leaf::Str(Some(name))) => self.name(Naming::Name(name)),
            ("TopicId", Leaf::Uuid(id)) => self.name(Naming::Id(id)),
            ("Index", Leaf::Int(index)) => {
                if let Some(load) = self.load() {
                    load.index = i32::try_from(index).unwrap_or(-1);
                }
            }
            ("Records", Leaf::Bytes(Some(records))) => self.records(records),
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

    fn load(&mut self) -> Option<&mut Load> {
        self.topics.last_mut()?.loads.last_mut()
    }

    /// Is any topic, or any partition of a topic, named twice?
    fn names_twice(&self) -> bool {
        let mut topics = HashSet::new();
        let repeated = |load: &Load, indexes: &mut HashSet<i32>| !indexes.insert(load.index);
        self.topics.iter().any(|topic| {
            let mut indexes = HashSet::new();
            let loads = &topic.loads;
            self.topics.len() > 1 && !topics.insert(topic.naming)
                || loads.len() > 1 && loads.iter().any(|load| repeated(load, &mut indexes))
        })
    }

    fn records(&mut self, records: &[u8]) {
        let mut batches = batch::batches(records);
        for batch in batches.by_ref() {
            let Ok(batch) = batch else {
                self.malformed = true;
                return;
            };
            self.malformed |= !batch.complete;
            self.transactional |= batch.is_transactional();
            if let Some(load) = self.load() {
                load.count(&batch);
            }
        }
        self.malformed |= batches.rest() > 0;
    }
}

impl Session {
    pub(super) fn produce(
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
        let named = walk.topics.iter().map(|topic| topic.naming.id());
        if let Some(wait) = self.resolve_topics(frame, named, now) {
            return Ok(wait);
        }
        let api = (head.key, head.version);
        if walk.transactional {
            let allowed = match walk.transactional_id {
                None => false,
                Some(id) => matches!(
                    self.authorize(api, Action::Write, ResourceKind::Transaction, id, now)?,
                    Permission::Allowed(_)
                ),
            };
            if !allowed {
                let code = error::TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
                return self.refuse_produce(head, frame, walk.acks, code);
            }
        }
        let unfit = if walk.malformed {
            // SECURITY: a batch that we can't read might be one that the broker reads differently.
            Some(error::CORRUPT_MESSAGE)
        } else if walk.names_twice() {
            // SECURITY: of a partition that is named twice the broker takes one load, and we can't know
            // which one its acknowledgement counts.
            Some(error::INVALID_REQUEST)
        } else {
            None
        };
        let (acks, topics) = (walk.acks, walk.topics);
        let mut sending = Vec::with_capacity(topics.len());
        let mut denials = Vec::new();
        for (place, topic) in topics.into_iter().enumerate() {
            match (self.admit(api, Action::Write, &topic.naming, now)?, unfit) {
                (Ok(_), Some(code)) | (Err(code), _) => denials.push(Denial { place, code }),
                (Ok((name, access)), None) => {
                    let id = topic.naming.id();
                    sending.push(Sending::new(name, id, access, topic.loads));
                }
            }
        }
        if unfit.is_some() {
            self.tally.refused = !self.tally.denied;
        }
        if sending.iter().any(|topic| self.transforms(&topic.name)) {
            return self.produce_sealed(head, frame, acks, sending, &denials, now);
        }
        if denials.is_empty() {
            self.sent(head, acks, sending);
            return Ok(Verdict::Forward);
        }
        self.produce_in_part(head, frame, acks, sending, &denials)
    }

    /// A name's owner may do this, or the error that its topic gets.
    #[allow(
        clippy::type_complexity,
        reason = "an outer error ends the connection, an inner one is an answer"
    )]
    pub(super) fn admit(
        &mut self,
        api: (ApiKey, i16),
        action: Action,
        naming: &Naming<'_>,
        now: i64,
    ) -> Result<Result<(Arc<str>, Option<Arc<Access>>), i16>, Close> {
        let Some(name) = naming.resolve(&self.cluster) else {
            self.tally.denied = true;
            return Ok(Err(error::UNKNOWN_TOPIC_ID));
        };
        match self.authorize(api, action, ResourceKind::Stream, &name, now)? {
            Permission::Allowed(Some(access)) => Ok(Ok((access.name.clone(), Some(access)))),
            Permission::Allowed(None) => Ok(Ok((name.as_ref().into(), None))),
            Permission::Denied => Ok(Err(error::TOPIC_AUTHORIZATION_FAILED)),
        }
    }

    /// Remembers what is under way; without an acknowledgement it is entered now, offsets unknown.
    pub(super) fn sent(&mut self, head: &Head, acks: i64, topics: Vec<Sending>) {
        if acks != 0 {
            let exchange = ProduceExchange::new(topics, Vec::new());
            self.expect(head, Shaping::Produce(exchange));
            return;
        }
        self.stage_unknown(&topics);
    }

    /// Counts records of which nobody knows whether or where they were written.
    fn stage_unknown(&mut self, topics: &[Sending]) {
        for topic in topics {
            let Some(access) = &topic.access else {
                continue;
            };
            for load in &topic.loads {
                let range = Range {
                    partition: load.index,
                    first: -1,
                    last: -1,
                    records: load.records,
                    bytes: load.bytes,
                    state: State::Readable,
                };
                self.staged.push((access.clone(), range));
            }
        }
    }

    /// The acknowledgement of these will never come.
    pub(super) fn unacknowledged(&mut self, exchange: &ProduceExchange) {
        self.stage_unknown(&exchange.topics);
    }

    fn refuse_produce(
        &mut self,
        head: &Head,
        frame: &[u8],
        acks: i64,
        code: i16,
    ) -> Result<Verdict, Close> {
        self.tally.refused = !self.tally.denied;
        if acks == 0 {
            return Ok(Verdict::Close(Close::DeniedSilently));
        }
        let request = self.decode_request(head, frame)?;
        let answer = super::cold::refuse_topics(head, &request, &super::cold::PRODUCE, code)?;
        Ok(Verdict::Reply(head.reply(&answer)?))
    }

    /// Some topics are denied: the broker gets the rest, the client an answer to all.
    fn produce_in_part(
        &mut self,
        head: &Head,
        frame: &[u8],
        acks: i64,
        sending: Vec<Sending>,
        denials: &[Denial],
    ) -> Result<Verdict, Close> {
        if acks == 0 {
            return Ok(Verdict::Close(Close::DeniedSilently));
        }
        let mut request = self.decode_request(head, frame)?;
        let mut answer = new_response(head.key, head.version)?;
        let refused =
            super::cold::take_denied(&mut request, &super::cold::PRODUCE, &answer, denials);
        if sending.is_empty() {
            answer.set("Responses", refused);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        let rewritten = head.rewrite(frame, &request, &self.limits)?;
        let exchange = ProduceExchange::new(sending, refused);
        self.expect(head, Shaping::Produce(exchange));
        Ok(Verdict::Rewrite(rewritten))
    }

    pub(super) fn produced(
        &mut self,
        key: ApiKey,
        version: i16,
        correlation_id: i32,
        exchange: &ProduceExchange,
        frame: &[u8],
        _now: i64,
    ) -> Result<Answer, Close> {
        let malformed = |source| Close::Malformed {
            what: "response",
            source,
        };
        if !exchange.refused.is_empty() {
            let mut answer = self.decode_response(key, version, frame)?;
            self.acknowledge_tree(exchange, &answer);
            self.rewrite_addresses(key, &mut answer);
            if let Some(list) = answer.array_mut("Responses") {
                list.extend_from_slice(&exchange.refused);
            }
            return super::encode_response(key, version, correlation_id, &answer)
                .map(Answer::Rewrite);
        }
        let at = kafka::response_body_at(key, version, frame, &self.limits).map_err(malformed)?;
        let mut walk = ResponseWalk {
            session: self,
            exchange,
            topic: None,
            partition: -1,
            error: 0,
            nodes: 0,
        };
        let schema = schema(key, version, Direction::Response).map_err(malformed)?;
        let limits = walk.session.limits.clone();
        kafka::walk(schema, &frame[at..], &limits, &mut walk).map_err(malformed)?;
        if walk.nodes == 0 {
            return Ok(Answer::Forward);
        }
        let mut answer = self.decode_response(key, version, frame)?;
        self.rewrite_addresses(key, &mut answer);
        super::encode_response(key, version, correlation_id, &answer).map(Answer::Rewrite)
    }

    fn acknowledge_tree(&mut self, exchange: &ProduceExchange, answer: &kafka::Struct) {
        for topic in answer
            .array("Responses")
            .iter()
            .filter_map(kafka::Value::as_struct)
        {
            let sending = match topic.str("Name") {
                Some(name) if topic.has("Name") => exchange.by_name(name),
                _ => exchange.by_id(topic.uuid("TopicId")),
            };
            let Some(sending) = sending else { continue };
            let partitions = topic.array("PartitionResponses").iter();
            for partition in partitions.filter_map(kafka::Value::as_struct) {
                let error = partition.int("ErrorCode");
                let base_offset = partition.int("BaseOffset");
                self.acknowledge(sending, partition.int("Index"), error, base_offset);
            }
        }
    }

    /// What the broker says of the records of a partition.
    fn acknowledge(&mut self, sending: &Sending, index: i64, error: i64, base_offset: i64) {
        let Some(load) = sending.load(index) else {
            return;
        };
        if nothing_appended(error, base_offset) {
            // Their counters go to those that come next.
            if let Some(counted) = load.counted {
                self.counters.take_back(&sending.name, load.index, counted);
            }
            return;
        }
        let Some(access) = &sending.access else {
            return;
        };
        if load.offsets == 0 {
            return;
        }
        // A retried batch is acknowledged without its offset once the broker has forgotten it. Behind an error that
        // doesn't say that nothing was written, nobody knows whether and where it was.
        let known = error == 0 && base_offset >= 0;
        let last = base_offset.saturating_add(load.offsets).saturating_sub(1);
        self.staged.push((
            access.clone(),
            Range {
                partition: load.index,
                first: if known { base_offset } else { -1 },
                last: if known { last } else { -1 },
                records: load.records,
                bytes: load.bytes,
                state: State::Readable,
            },
        ));
    }
}

/// Does this answer say for certain that the broker appended nothing?
///
/// SECURITY: a broker answers some errors when it has appended already: a time-out, too few replicas behind the append,
/// trouble with a disk, and with `acks=all` also that it stopped to lead meanwhile; then it says the offset. A counter
/// that were given out again would make what was appended count as replayed, and no reader would get past it.
fn nothing_appended(error: i64, base_offset: i64) -> bool {
    let refusal = i16::try_from(error).is_ok_and(|code| REFUSED_UNWRITTEN.contains(&code));
    refusal && base_offset < 0
}

/// Errors that brokers answer to Produce before they append.
const REFUSED_UNWRITTEN: [i16; 14] = [
    error::CORRUPT_MESSAGE,
    error::UNKNOWN_TOPIC_OR_PARTITION,
    error::NOT_LEADER_OR_FOLLOWER,
    error::MESSAGE_TOO_LARGE,
    error::INVALID_TOPIC_EXCEPTION,
    error::RECORD_LIST_TOO_LARGE,
    error::NOT_ENOUGH_REPLICAS,
    error::TOPIC_AUTHORIZATION_FAILED,
    error::INVALID_TIMESTAMP,
    error::OUT_OF_ORDER_SEQUENCE_NUMBER,
    error::INVALID_PRODUCER_EPOCH,
    error::TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    error::INVALID_RECORD,
    error::UNKNOWN_TOPIC_ID,
];

impl ProduceExchange {
    fn by_name(&self, name: &str) -> Option<&Sending> {
        let place = self.by_name.find(&self.topics, |it| &it.name, name)?;
        self.topics.get(place)
    }

    fn by_id(&self, id: [u8; 16]) -> Option<&Sending> {
        let place = self.by_id.find(&self.topics, |it| &it.id, &id)?;
        self.topics.get(place)
    }
}

struct ResponseWalk<'s, 'e> {
    session: &'s mut Session,
    exchange: &'e ProduceExchange,
    topic: Option<&'e Sending>,
    partition: i64,
    error: i64,
    nodes: usize,
}

impl<'a> Visitor<'a> for ResponseWalk<'_, '_> {
    fn array(&mut self, field: &'static Field, count: Option<usize>) -> Result<(), WireError> {
        if field.name == "NodeEndpoints" {
            self.nodes += count.unwrap_or(0);
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
            ("Name", Leaf::Str(Some(name))) => self.topic = self.exchange.by_name(name),
            ("TopicId", Leaf::Uuid(id)) => self.topic = self.exchange.by_id(id),
            ("Index", Leaf::Int(index)) => self.partition = index,
            ("ErrorCode", Leaf::Int(code)) => self.error = code,
            ("BaseOffset", Leaf::Int(base_offset)) => {
                if let Some(topic) = self.topic {
                    self.session
                        .acknowledge(topic, self.partition, self.error, base_offset);
                }
            }
            _ => {}
        }
        Ok(())
    }
}
