//! What the broker acknowledges: which offsets were written.

use std::ops::Range as Bytes;

use streamward_audit::{Range, State};
use streamward_wire::WireError;
use streamward_wire::kafka::{self, ApiKey, Direction, Field, Leaf, Visitor, error};

use super::sending::{ProduceExchange, Sending};
use crate::session::{Answer, Close, Session, encode_response, schema};

impl Session {
    pub(in crate::session) fn produced(
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
            return encode_response(key, version, correlation_id, &answer).map(Answer::Rewrite);
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
        encode_response(key, version, correlation_id, &answer).map(Answer::Rewrite)
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
