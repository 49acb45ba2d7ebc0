//! An answer of the broker's that waits for the keys to open it; nothing overtakes it.

use crate::session::answers::Exchange;
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
        let answer = self.shape(exchange, &mut frame, now);
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
        self.spend_answer(api, answer, &mut frame, now)
    }
}
