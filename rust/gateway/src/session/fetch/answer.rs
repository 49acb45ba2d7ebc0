//! What becomes of a broker's answer to Fetch, and of a fetch whose rights end while it waits.

use std::ops::Range as Bytes;
use std::sync::Arc;

use streamward_audit::{Range, State};
use streamward_policy::{Action, ResourceKind};
use streamward_wire::WireError;
use streamward_wire::kafka::{
    self, ApiKey, Direction, Field, Leaf, Struct, Value, Visitor, batch, error,
};

use super::admitted::Fetching;
use super::exchange::{FetchExchange, Scope};
use super::wanted::answered;
use crate::frame::Frame;
use crate::recorder::Access;
use crate::session::cold::Naming;
use crate::session::{
    Answer, Close, Exchange, Pending, Session, Shaping, encode_response, new_response, schema,
};

impl Session {
    pub(in crate::session) fn fetched(
        &mut self,
        (key, version): (ApiKey, i16),
        correlation_id: i32,
        mut exchange: FetchExchange,
        frame: &mut Frame<'_>,
        now: i64,
    ) -> Result<Answer, Close> {
        let malformed = |source| Close::Malformed {
            what: "response",
            source,
        };
        if self.opens(&exchange) {
            let api = (key, version);
            return self.fetched_sealed(api, correlation_id, exchange, frame, now);
        }
        if exchange.passes(self.epoch, now) {
            let at =
                kafka::response_body_at(key, version, frame, &self.limits).map_err(malformed)?;
            let schema = schema(key, version, Direction::Response).map_err(malformed)?;
            let mut walk = ResponseWalk {
                staged: &mut self.staged,
                exchange: &exchange,
                topic: None,
                partition: -1,
                needs_rewriting: false,
                in_topics: false,
                error: 0,
                session: None,
            };
            kafka::walk(schema, &frame[at..], &self.limits, &mut walk).map_err(malformed)?;
            let (error, session, rewrite) = (walk.error, walk.session, walk.needs_rewriting);
            if let Some((id_at, id)) = session {
                let shown = self.settle(&mut exchange.scope, error, id)?;
                let place = at + id_at..at + id_at + size_of::<i32>();
                if let Some(place) = frame.patch().get_mut(place) {
                    place.copy_from_slice(&shown.to_be_bytes());
                }
            }
            self.lose_share(&exchange.scope, error);
            if !rewrite {
                return Ok(Answer::Forward);
            }
            let mut answer = self.decode_response(key, version, frame)?;
            self.rewrite_addresses(key, &mut answer);
            return encode_response(key, version, correlation_id, &answer).map(Answer::Rewrite);
        }
        let mut answer = self.decode_response(key, version, frame)?;
        self.release_tree((key, version), &mut exchange, &mut answer, now)?;
        encode_response(key, version, correlation_id, &answer).map(Answer::Rewrite)
    }

    fn settle(&mut self, scope: &mut Scope, error: i64, id: i32) -> Result<i32, Close> {
        self.fetch_sessions
            .settle(scope, error, id)
            .map_err(|what| Close::BrokerConfused { what })
    }

    /// A share session to which the broker says an error is not gone on with.
    fn lose_share(&mut self, scope: &Scope, error: i64) {
        if let Scope::Share(key) = scope
            && error != i64::from(error::NONE)
        {
            self.share_sessions.lose(key);
        }
    }

    /// Decides a waiting answer again, takes out what is no longer the caller's, counts the rest, and
    /// adds the answers to what the broker was not asked.
    pub(in crate::session) fn release_tree(
        &mut self,
        api: (ApiKey, i16),
        exchange: &mut FetchExchange,
        answer: &mut Struct,
        now: i64,
    ) -> Result<(), Close> {
        self.rewrite_addresses(api.0, answer);
        let error = answer.int("ErrorCode");
        let id = i32::try_from(answer.int("SessionId")).unwrap_or(-1);
        let id = self.settle(&mut exchange.scope, error, id)?;
        answer.set("SessionId", id);
        self.lose_share(&exchange.scope, error);
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
            let access = match self.admit(api, Action::Read, &naming, now)? {
                Ok((_, access)) => access,
                Err(code) => {
                    withhold(topic, code);
                    continue;
                }
            };
            let state = self.form(&fetching.name).state();
            let partitions = topic.array("Partitions").iter();
            for partition in partitions.filter_map(Value::as_struct) {
                let Value::Bytes(records) = partition.get("Records") else {
                    continue;
                };
                let index = i32::try_from(partition.int("PartitionIndex")).unwrap_or(-1);
                if let Some(access) = &access {
                    let staged = &mut self.staged;
                    disclosed((index, state), records, |range| {
                        staged.push((access.clone(), range));
                    });
                }
            }
        }
        if error == i64::from(error::NONE) {
            topics.append(&mut exchange.refused);
        }
        Ok(())
    }

    /// Answers the fetch that the client waits for, if any of its topics is no longer the caller's:
    /// refusal for those, nothing new for the others. The broker's own answer is dropped when it comes.
    pub(in crate::session) fn refuse_waiting_fetch(
        &mut self,
        now: i64,
    ) -> Result<Option<Vec<u8>>, Close> {
        let Some(Pending::Upstream(Exchange {
            shaping: Shaping::Fetch(exchange),
            ..
        })) = self.pending.front()
        else {
            return Ok(None);
        };
        if let Scope::Share(_) = exchange.scope {
            // The broker's answer holds records that are locked for this member, and says what became of
            // acknowledgements: it is waited for, and decided again when it comes.
            return Ok(None);
        }
        let admitted = exchange.admitted.clone();
        let mut refused = false;
        for topic in &admitted.topics {
            let decided = self.decide(Action::Read, ResourceKind::Stream, &topic.name, now)?;
            refused |= !decided.allowed;
        }
        if !refused {
            return Ok(None);
        }
        let Some(Pending::Upstream(Exchange {
            key,
            version,
            correlation_id,
            shaping: Shaping::Fetch(exchange),
            ..
        })) = self.pending.pop_front()
        else {
            return Ok(None);
        };
        let mut answer = new_response(key, version)?;
        self.answer_waiting((key, version), exchange, &mut answer, now)?;
        self.discarded.push_back(correlation_id);
        encode_response(key, version, correlation_id, &answer).map(Some)
    }

    fn answer_waiting(
        &mut self,
        api: (ApiKey, i16),
        exchange: FetchExchange,
        answer: &mut Struct,
        now: i64,
    ) -> Result<(), Close> {
        match exchange.scope {
            Scope::Sessionless => {
                let mut topics = exchange.refused;
                for topic in &exchange.admitted.topics {
                    let naming = Naming::Name(&topic.name);
                    let admitted = self.admit(api, Action::Read, &naming, now)?;
                    let code = admitted.err().unwrap_or(error::NONE);
                    let partitions = topic.partitions.iter().copied();
                    topics.push(answered(answer, (&topic.name, topic.id), partitions, code));
                }
                answer.set("Responses", topics);
            }
            // Which session the broker opened is not known: the client opens another.
            Scope::Opening(session) => {
                if let Some(mut session) = session {
                    self.decide_wanted(api, &mut session.wanted, now)?;
                    answer.set("Responses", session.wanted.answered(answer));
                }
            }
            Scope::Continuing { id, .. } => {
                if let Some(mut session) = self.fetch_sessions.take(id) {
                    self.decide_wanted(api, &mut session.wanted, now)?;
                    answer.set("Responses", session.wanted.refused(answer));
                    answer.set("SessionId", id);
                    session.upstream.spoil();
                    session.admitted = None;
                    self.fetch_sessions.put(session);
                }
            }
            // Is waited for.
            Scope::Share(_) => {}
        }
        Ok(())
    }
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
        for field in ["AcknowledgeErrorCode", "AcknowledgeErrorMessage"] {
            refused.set(field, partition.get(field).clone());
        }
        *partition = refused;
    }
}

/// The offsets whose bytes stand in a Records field: a range for each stretch without a hole, such as
/// compaction leaves between batches.
pub fn disclosed((partition, state): (i32, State), records: &[u8], mut found: impl FnMut(Range)) {
    let mut stretch: Option<Range> = None;
    let mut told = 0;
    for batch in batch::batches(records) {
        let (first, last, count, bytes) = match batch {
            Ok(batch) => {
                let count = if batch.is_control() { 0 } else { batch.records };
                (batch.base_offset, batch.last_offset, count, batch.bytes)
            }
            // Bytes that we can't read are disclosed all the same: nobody knows which offsets.
            Err(_) => (-1, -1, 0, records.len()),
        };
        // A last batch that is cut short counts as what is there of it.
        let bytes = bytes.min(records.len().saturating_sub(told));
        told = told.saturating_add(bytes);
        match &mut stretch {
            Some(stretch) if first >= 0 && stretch.last.checked_add(1) == Some(first) => {
                stretch.last = last;
                stretch.records = stretch.records.saturating_add(count);
                stretch.bytes = stretch.bytes.saturating_add(bytes as u64);
            }
            _ => {
                let next = Range {
                    partition,
                    first,
                    last,
                    records: count,
                    bytes: bytes as u64,
                    state,
                };
                if let Some(before) = stretch.replace(next) {
                    found(before);
                }
            }
        }
    }
    if let Some(mut stretch) = stretch {
        // Less than a header may follow.
        let rest = records.len().saturating_sub(told);
        stretch.bytes = stretch.bytes.saturating_add(rest as u64);
        found(stretch);
    }
}

struct ResponseWalk<'s, 'e> {
    staged: &'s mut Vec<(Arc<Access>, Range)>,
    exchange: &'e FetchExchange,
    topic: Option<&'e Fetching>,
    partition: i32,
    needs_rewriting: bool,
    in_topics: bool,
    /// Of the answer as a whole.
    error: i64,
    /// Where the broker's session stands, and which it is.
    session: Option<(usize, i32)>,
}

impl<'a> Visitor<'a> for ResponseWalk<'_, '_> {
    fn array(&mut self, field: &'static Field, count: Option<usize>) -> Result<(), WireError> {
        self.in_topics = true;
        if field.name == "NodeEndpoints" && count.unwrap_or(0) > 0 {
            self.needs_rewriting = true;
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
            ("Topic", Leaf::Str(Some(name))) => self.topic = self.exchange.by_name(name),
            ("TopicId", Leaf::Uuid(id)) => self.topic = self.exchange.by_id(id),
            ("PartitionIndex", Leaf::Int(index)) => {
                self.partition = i32::try_from(index).unwrap_or(-1);
            }
            ("ErrorCode", Leaf::Int(error)) if !self.in_topics => self.error = error,
            ("SessionId", Leaf::Int(id)) => {
                self.session = Some((at.start, i32::try_from(id).unwrap_or(-1)));
            }
            ("Records", Leaf::Bytes(Some(records))) if !records.is_empty() => {
                // SECURITY: records of a topic that nobody asked for have not been decided.
                let Some(topic) = self.topic else {
                    return Err(WireError::Stopped {
                        reason: "records of a topic that was not asked for",
                    });
                };
                if let Some(access) = &topic.access {
                    let staged = &mut *self.staged;
                    let stage = |range| staged.push((access.clone(), range));
                    disclosed((self.partition, topic.form.state()), records, stage);
                }
            }
            _ => {}
        }
        Ok(())
    }
}
