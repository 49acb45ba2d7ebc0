//! Whether anything on a connection takes too long, judged once a second.

use crate::limits::Timeouts;
use crate::metrics::Timeout;
use crate::session::Close;

/// Seconds in which nothing of each moved.
#[derive(Debug, Default)]
pub struct Idle {
    all: u32,
    unauthenticated: u32,
    request: u32,
    request_total: u32,
    answer: u32,
    broker: u32,
    memory: u32,
    turn: u32,
}

/// How the connection stands at a tick.
#[derive(Clone, Copy, Debug, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "facts about a connection, in any combination"
)]
pub struct Now {
    /// The peer has not proved who it is.
    pub unauthenticated: bool,
    /// It was told to wait.
    pub muted: bool,
    /// Requests are being read.
    pub takes_requests: bool,
    /// One has begun to arrive.
    pub request_begun: bool,
    /// An answer waits for the client to take it.
    pub answer_waits: bool,
    /// The client waits for an answer.
    pub in_flight: bool,
    /// And it is the broker that owes it.
    pub broker_owes: bool,
    /// A read waits for memory.
    pub waits_for_memory: bool,
    /// This is the connection that others wait for.
    pub has_turn: bool,
}

impl Idle {
    /// Bytes of a request came.
    pub fn request_moved(&mut self) {
        self.all = 0;
        self.request = 0;
    }

    /// A request was whole.
    pub fn request_ended(&mut self) {
        self.request_total = 0;
    }

    /// Bytes of an answer went.
    pub fn answer_moved(&mut self) {
        self.all = 0;
        self.answer = 0;
    }

    /// Bytes of an answer came.
    pub fn broker_moved(&mut self) {
        self.broker = 0;
    }

    /// One more second has passed. `Err`: something has taken too long.
    pub fn tick(&mut self, now: &Now, timeouts: &Timeouts) -> Result<(), Close> {
        let request_stalls = now.request_begun && now.takes_requests && !now.waits_for_memory;
        count(&mut self.unauthenticated, now.unauthenticated);
        count(&mut self.request, request_stalls);
        count(&mut self.answer, now.answer_waits);
        count(&mut self.broker, now.broker_owes);
        count(&mut self.memory, now.waits_for_memory);
        count(&mut self.turn, now.has_turn);
        count(&mut self.all, !now.in_flight && !now.muted);
        if !now.request_begun {
            self.request_total = 0;
        } else if now.takes_requests {
            // What we don't read is not the client's fault.
            self.request_total = self.request_total.saturating_add(1);
        }
        if over(self.memory, timeouts.request) {
            return Err(Close::OverLimit {
                limit: "buffered_bytes_max",
            });
        }
        let slow = [
            (
                self.unauthenticated,
                timeouts.authentication,
                Timeout::Authentication,
            ),
            (self.request, timeouts.request, Timeout::Request),
            (
                self.request_total,
                timeouts.request_total,
                Timeout::RequestTotal,
            ),
            (self.turn, timeouts.request, Timeout::Request),
            (self.answer, timeouts.answer, Timeout::Answer),
            (self.broker, timeouts.broker, Timeout::Broker),
            (self.all, timeouts.idle, Timeout::Idle),
        ];
        match slow.iter().find(|(seconds, most, _)| over(*seconds, *most)) {
            Some((.., what)) => Err(Close::TooSlow { what: *what }),
            None => Ok(()),
        }
    }
}

/// One more second where it goes on, none where it doesn't.
fn count(seconds: &mut u32, goes_on: bool) {
    *seconds = if goes_on {
        seconds.saturating_add(1)
    } else {
        0
    };
}

fn over(seconds: u32, milliseconds: u64) -> bool {
    u64::from(seconds).saturating_mul(1_000) > milliseconds
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUTS: Timeouts = Timeouts {
        handshake: 1_000,
        authentication: 2_000,
        request: 3_000,
        request_total: 9_000,
        answer: 4_000,
        idle: 20_000,
        dial: 1_000,
        broker: 6_000,
    };

    const PROVED: Now = Now {
        unauthenticated: false,
        muted: false,
        takes_requests: true,
        request_begun: false,
        answer_waits: false,
        in_flight: false,
        broker_owes: false,
        waits_for_memory: false,
        has_turn: false,
    };

    /// The seconds after which the connection ends, and why, while `each` happens every second.
    fn ends(now: Now, each: impl Fn(&mut Idle)) -> (u32, String) {
        let mut idle = Idle::default();
        for second in 1..100 {
            if let Err(close) = idle.tick(&now, &TIMEOUTS) {
                return (second, close.to_string());
            }
            each(&mut idle);
        }
        (100, "never".into())
    }

    #[test]
    fn each_wait_has_its_own_time() {
        let nothing = |_: &mut Idle| ();
        let begun = Now {
            request_begun: true,
            ..PROVED
        };
        let waiting = Now {
            in_flight: true,
            ..PROVED
        };
        for (now, seconds, why) in [
            (PROVED, 21, "the next request took too long"),
            (
                Now {
                    unauthenticated: true,
                    ..PROVED
                },
                3,
                "the authentication took too long",
            ),
            (begun, 4, "the request took too long"),
            (
                Now {
                    answer_waits: true,
                    ..waiting
                },
                5,
                "the client, in taking its answer, took too long",
            ),
            (
                Now {
                    broker_owes: true,
                    ..waiting
                },
                7,
                "the broker, in answering, took too long",
            ),
            (
                Now {
                    waits_for_memory: true,
                    ..begun
                },
                4,
                "over the limit `buffered_bytes_max`",
            ),
            (
                Now {
                    has_turn: true,
                    ..waiting
                },
                4,
                "the request took too long",
            ),
            (waiting, 100, "never"),
        ] {
            assert_eq!(ends(now, nothing), (seconds, why.to_owned()), "{now:?}");
        }
    }

    #[test]
    fn a_byte_now_and_then_does_not_keep_a_request_open_for_ever() {
        let begun = Now {
            request_begun: true,
            ..PROVED
        };
        let (seconds, _) = ends(begun, Idle::request_moved);
        assert_eq!(seconds, 10);
        let (seconds, _) = ends(begun, |idle| {
            idle.request_moved();
            idle.request_ended();
        });
        assert_eq!(seconds, 100);
    }

    #[test]
    fn who_was_told_to_wait_is_neither_slow_nor_idle() {
        let muted = Now {
            muted: true,
            takes_requests: false,
            request_begun: true,
            ..PROVED
        };
        assert_eq!(ends(muted, |_| ()).0, 100);
    }
}
