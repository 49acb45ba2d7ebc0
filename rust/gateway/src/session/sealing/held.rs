//! An answer of the broker's that waits for the keys to open it; nothing overtakes it.

use streamward_wire::frame::LENGTH_BYTES;
use streamward_wire::kafka::ApiKey;

use crate::frame::Frame;
use crate::session::answers::{Exchange, Pending, Shaping};
use crate::session::{Answer, Close, Session};

/// How often keys are asked for on behalf of one answer: an envelope may name one, and its record's key another.
pub const ROUNDS_MAX: u8 = 4;

/// The answer, and what is known of its request.
pub struct HeldAnswer {
    pub exchange: Exchange,
    pub frame: Vec<u8>,
    pub rounds: u8,
}

impl Session {
    /// May this request, which begins with its length, become longer on its way?
    pub fn may_seal(&self, framed: &[u8]) -> bool {
        let key = framed.get(LENGTH_BYTES..).and_then(<[u8]>::first_chunk);
        let grows =
            !self.snapshot.sealing.streams.is_empty() || !self.snapshot.signatures.is_empty();
        grows && key.is_some_and(|it| i16::from_be_bytes(*it) == ApiKey::PRODUCE.0)
    }

    /// Is the answer that comes next one that is opened on its way?
    pub fn opens_next(&self) -> bool {
        let Some(Pending::Upstream(exchange)) = self.pending.front() else {
            return false;
        };
        matches!(&exchange.shaping, Shaping::Fetch(exchange) if self.opens(exchange))
    }

    /// Bytes of the request and of the answer that wait for keys or names, and of copies of what was refused; they stand in no buffer of the connection.
    pub fn held_bytes(&self) -> usize {
        let request = self.waiting.as_ref().map_or(0, Vec::capacity);
        let answer = self.held_answer.as_ref();
        let answer = answer.map_or(0, |it| it.frame.capacity());
        request + answer + self.dead_letter_bytes()
    }

    /// Goes on with the answer that waited. It is as it would be if it came now.
    pub fn resume_answer(&mut self, now: i64) -> Answer {
        let Some(HeldAnswer {
            exchange,
            mut frame,
            rounds,
        }) = self.held_answer.take()
        else {
            return Answer::Drop;
        };
        if let Err(close) = self.still_proved(now) {
            return Answer::Close(close);
        }
        self.rounds = rounds;
        let api = exchange.client_api();
        let answer = self.shape(exchange, &mut Frame::Placed(&mut frame), now);
        self.rounds = 0;
        let answer = answer.unwrap_or_else(Answer::Close);
        // An answer that passes leaves from this copy of it.
        let answer = match answer {
            Answer::Forward => {
                let Ok(length) = i32::try_from(frame.len()) else {
                    return Answer::Close(Close::BrokerConfused {
                        what: "a frame without a length",
                    });
                };
                let mut framed = length.to_be_bytes().to_vec();
                framed.append(&mut frame);
                Answer::Rewrite(framed)
            }
            other => other,
        };
        self.spend_answer(api, answer, &mut Frame::Placed(&mut frame), now)
    }
}
