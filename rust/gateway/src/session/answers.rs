//! What the client is owed, in the order of its requests: answers of ours and of the broker's.

use bytes::Bytes;
use streamward_wire::WireError;
use streamward_wire::kafka::{self, ApiKey, Struct};

use super::fetch::FetchExchange;
use super::inquiry::Inquiry;
use super::message::{correlation_id, decode, encode_response};
use super::produce::ProduceExchange;
use super::{Answer, Close, Head, Session};
use crate::frame::Frame;

/// An answer that the client is owed.
pub(super) enum Pending {
    /// Ready; it only waits for its turn.
    Local(Vec<u8>),
    /// The broker's answer is still to come.
    Upstream(Exchange),
}

/// A request that the broker is working on.
pub(super) struct Exchange {
    pub(super) key: ApiKey,
    pub(super) version: i16,
    pub(super) correlation_id: i32,
    /// Of the request.
    pub(super) bytes: usize,
    pub(super) shaping: Shaping,
}

/// A change of a broker's answer, for APIs that are not on the hot path.
type Edit = Box<dyn FnOnce(&mut Session, &mut Struct, i64) -> Result<(), Close> + Send>;

/// What happens to the broker's answer on its way back.
pub(super) enum Shaping {
    Forward,
    Edit(Edit),
    /// The broker is asked something else, and the answer is composed of what it says.
    Inquire(Inquiry),
    Produce(ProduceExchange),
    Fetch(FetchExchange),
}

impl Session {
    /// The number of the answer that the broker owes next.
    #[cfg(any(feature = "fuzz", test))]
    pub fn awaited(&self) -> Option<i32> {
        let discarded = self.discarded.front().copied();
        discarded.or_else(|| match self.pending.front() {
            Some(Pending::Upstream(exchange)) => Some(exchange.correlation_id),
            _ => None,
        })
    }

    /// Answers that the client is owed.
    pub fn in_flight(&self) -> usize {
        self.pending.len()
            + usize::from(self.streaming.is_some())
            + usize::from(self.held_answer.is_some())
    }

    /// Remembers that the broker owes an answer.
    pub(super) fn expect(&mut self, head: &Head, shaping: Shaping) {
        self.pending.push_back(Pending::Upstream(Exchange {
            key: head.key,
            version: head.version,
            correlation_id: head.correlation_id,
            bytes: 0,
            shaping,
        }));
    }

    /// A response from the broker, without its length.
    pub fn on_response(&mut self, frame: &mut [u8], now: i64) -> Answer {
        self.on_response_frame(&mut Frame::Placed(frame), now)
    }

    /// The same, of a frame whose buffer may have come with it.
    pub fn on_response_frame(&mut self, frame: &mut Frame<'_>, now: i64) -> Answer {
        let Some(correlation_id) = correlation_id(frame) else {
            return Answer::Close(Close::BrokerConfused {
                what: "a response without a correlation id",
            });
        };
        // What was discarded was asked before all that is pending, so it is answered before.
        if let Some(discarded) = self.discarded.pop_front() {
            if discarded == correlation_id {
                return Answer::Drop;
            }
            return Answer::Close(Close::BrokerConfused {
                what: "a response out of order",
            });
        }
        if let Err(close) = self.still_proved(now) {
            return Answer::Close(close);
        }
        let exchange = match self.pending.pop_front() {
            Some(Pending::Upstream(exchange)) if exchange.correlation_id == correlation_id => {
                exchange
            }
            _ => {
                return Answer::Close(Close::BrokerConfused {
                    what: "a response to no request",
                });
            }
        };
        let api = exchange.client_api();
        let answer = self.shape(exchange, frame, now);
        self.spend_answer(api, answer.unwrap_or_else(Answer::Close), frame, now)
    }

    pub(super) fn shape(
        &mut self,
        exchange: Exchange,
        frame: &mut Frame<'_>,
        now: i64,
    ) -> Result<Answer, Close> {
        let Exchange {
            key,
            version,
            correlation_id,
            shaping,
            ..
        } = exchange;
        match shaping {
            Shaping::Forward => Ok(Answer::Forward),
            Shaping::Edit(edit) => {
                let mut answer = self.decode_response(key, version, frame)?;
                edit(self, &mut answer, now)?;
                encode_response(key, version, correlation_id, &answer).map(Answer::Rewrite)
            }
            Shaping::Inquire(inquiry) => self.learnt((key, version), inquiry, frame, now),
            Shaping::Produce(exchange) => {
                self.produced(key, version, correlation_id, &exchange, frame, now)
            }
            Shaping::Fetch(exchange) => {
                self.fetched((key, version), correlation_id, exchange, frame, now)
            }
        }
    }

    /// Answers of our own whose turn has come.
    pub fn next_local(&mut self) -> Option<Vec<u8>> {
        let underway = self.streaming.is_some() || self.held_answer.is_some();
        if underway || !matches!(self.pending.front(), Some(Pending::Local(_))) {
            return None;
        }
        match self.pending.pop_front() {
            Some(Pending::Local(answer)) => Some(answer),
            _ => None,
        }
    }

    pub(super) fn decode_response(
        &self,
        key: ApiKey,
        version: i16,
        frame: &[u8],
    ) -> Result<Struct, Close> {
        let copy = |at| self.keys.buffers.copy(frame.get(at..).unwrap_or_default());
        let at = kafka::response_body_at(key, version, frame, &self.limits);
        self.decode_answer(key, version, at.map(copy))
    }

    /// The same, without a copy where the frame's buffer came with it.
    pub(super) fn decode_response_frame(
        &self,
        key: ApiKey,
        version: i16,
        frame: &mut Frame<'_>,
    ) -> Result<Struct, Close> {
        let at = kafka::response_body_at(key, version, frame, &self.limits);
        let share = |at| frame.share(at, &self.keys.buffers);
        self.decode_answer(key, version, at.map(share))
    }

    fn decode_answer(
        &self,
        key: ApiKey,
        version: i16,
        body: Result<Bytes, WireError>,
    ) -> Result<Struct, Close> {
        let direction = kafka::Direction::Response;
        body.and_then(|body| decode(direction, key, version, &body, &self.limits))
            .map_err(|source| Close::Malformed {
                what: "response",
                source,
            })
    }
}
