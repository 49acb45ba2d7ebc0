//! The stage that counts: what a request and its answer cost, how long the client is told to wait for it
//! (Kafka's throttle time), and until when its connection is muted.
//!
//! As brokers do since KIP-219, the answer leaves at once with the time in it, and then nothing more is
//! read from the client for that time. A request that wants no answer only mutes.

use std::ops::Range as Bytes;
use std::sync::Arc;

use streamward_wire::frame::LENGTH_BYTES;
use streamward_wire::kafka::{self, ApiKey, Direction, Field, Leaf, Visitor};
use streamward_wire::{Limits, WireError};

use super::{
    Answer, Close, Exchange, Head, Pending, Session, Shaping, UNAUTHENTICATED_VALUES_MAX, Verdict,
};
use crate::frame::Frame;
use crate::limits::{Budget, Count, Ledger, ListenerLimits};

/// The field that tells a client to wait.
const THROTTLE: &str = "ThrottleTimeMs";
/// Bytes of that field.
const THROTTLE_BYTES: usize = 4;

/// What a connection has spent and may still.
#[derive(Default)]
pub struct Throttle {
    ledger: Arc<Ledger>,
    /// Since the peer has proved who it is.
    budget: Option<Budget>,
    /// 0: not muted.
    muted_until: i64,
    /// Resources that the request at hand may still name; `None`: no request is at hand.
    names_left: Option<usize>,
}

impl Exchange {
    /// The API and version of the answer that the client waits for.
    pub(super) const fn client_api(&self) -> (ApiKey, i16) {
        match &self.shaping {
            Shaping::Inquire(inquiry) => inquiry.api(),
            _ => (self.key, self.version),
        }
    }
}

impl Session {
    /// What all connections use together, from now on.
    #[must_use]
    pub fn counted_in(mut self, ledger: Arc<Ledger>) -> Self {
        self.throttle.ledger = ledger;
        self
    }

    /// Where the client calls from.
    pub const fn source(&self) -> std::net::IpAddr {
        self.peer.address.ip()
    }

    /// The limits in force for this connection.
    pub const fn bounds(&self) -> &ListenerLimits {
        &self.bounds
    }

    /// Until when nothing more is read from the client (ms since 1970), if it was told to wait.
    pub fn muted_until(&self, now: i64) -> Option<i64> {
        Some(self.throttle.muted_until).filter(|until| *until > now)
    }

    /// Was the client told to wait, and has that time not passed when last asked by [`Session::unmute`]?
    pub const fn is_muted(&self) -> bool {
        self.throttle.muted_until != 0
    }

    /// Reads on where the time has passed.
    pub fn unmute(&mut self, now: i64) {
        if self.throttle.muted_until <= now {
            self.throttle.muted_until = 0;
        }
    }

    /// The peer has proved to be this principal: its limits hold, and what it owes from before.
    pub(super) fn enter_budget(&mut self, principal: &Arc<str>, now: i64) -> Result<(), Close> {
        let entitlement = self.snapshot.entitlement(principal);
        let listener = (&*self.peer.listener, &self.bounds);
        let ledger = &self.throttle.ledger;
        let Some(budget) = ledger.enter(listener, principal, &entitlement, now) else {
            return Err(Close::OverLimit {
                limit: "connections_per_principal_max",
            });
        };
        // SECURITY: to connect anew is no way around the wait.
        let owed = Count::ALL.map(|count| budget.wait(count, now));
        self.throttle.budget = Some(budget);
        self.mute(owed.into_iter().max().unwrap_or(0), now);
        Ok(())
    }

    /// Other limits may be in force.
    pub(super) fn renew_limits(&mut self, now: i64) {
        let mut listeners = self.snapshot.listeners.iter();
        if let Some(section) = listeners.find(|it| *it.name == *self.peer.listener) {
            self.bounds = section.limits;
        }
        self.limits.frame_bytes_max = self.bounds.frame_bytes_max;
        let Some(caller) = &self.caller else {
            self.request_limits = unauthenticated_limits(&self.limits);
            return;
        };
        self.request_limits = authenticated_limits(&self.limits, &self.bounds);
        if let Some(budget) = &mut self.throttle.budget {
            let entitlement = self.snapshot.entitlement(&caller.principal);
            let listener = (&*self.peer.listener, &self.bounds);
            let ledger = &self.throttle.ledger;
            ledger.declare(budget, listener, &entitlement, now);
        }
    }

    /// A request is at hand: it may name so many resources.
    pub(super) fn begin_naming(&mut self) {
        self.throttle.names_left = Some(self.bounds.names_max);
    }

    /// The request at hand is decided; what its answer names was not the client's choice.
    pub(super) fn end_naming(&mut self) {
        self.throttle.names_left = None;
    }

    /// What follows is not named by the request at hand, until [`Session::resume_naming`] gets this back.
    pub(super) fn pause_naming(&mut self) -> Option<usize> {
        self.throttle.names_left.take()
    }

    /// What follows is named by the request at hand again.
    pub(super) fn resume_naming(&mut self, naming: Option<usize>) {
        self.throttle.names_left = naming;
    }

    /// The request at hand names one more resource.
    pub(super) fn name_one(&mut self) -> Result<(), Close> {
        let Some(left) = &mut self.throttle.names_left else {
            return Ok(());
        };
        let Some(less) = left.checked_sub(1) else {
            return Err(Close::OverLimit { limit: "names_max" });
        };
        *left = less;
        Ok(())
    }

    /// A request of this length has been judged; its answer says how long to wait, if there is one of ours.
    /// `owed`: answers that the client was owed before.
    pub(super) fn spend_request(
        &mut self,
        head: &Head,
        frame_bytes: usize,
        owed: usize,
        mut verdict: Verdict,
        now: i64,
    ) -> Verdict {
        if let Verdict::Wait(_) = verdict {
            // It is judged, and counted, when what it waits for is there.
            return verdict;
        }
        self.spend_on_request(head.key, frame_bytes, now);
        let api = (head.key, head.version);
        match &mut verdict {
            Verdict::Reply(framed) | Verdict::ReplyAndClose(framed, _) => {
                let wait = self.told_to_wait(head.key, now);
                if let Some(frame) = framed.get_mut(LENGTH_BYTES..) {
                    announce(api, frame, wait, &self.limits);
                }
            }
            Verdict::Forward | Verdict::Rewrite(_) | Verdict::RewriteParts(_)
                if self.pending.len() > owed =>
            {
                self.weigh(frame_bytes);
            }
            Verdict::Forward
            | Verdict::Rewrite(_)
            | Verdict::RewriteParts(_)
            | Verdict::Nothing => {
                self.told_to_wait(head.key, now);
            }
            Verdict::Wait(_) | Verdict::Close(_) => {}
        }
        verdict
    }

    /// Counts a request, before anything of it is answered.
    pub(super) fn spend_on_request(&mut self, key: ApiKey, frame_bytes: usize, now: i64) {
        let Some(budget) = &self.throttle.budget else {
            return;
        };
        let longest = self.snapshot.limits.throttle_milliseconds_max;
        budget.spend(Count::Requests, 1, longest, now);
        if key == ApiKey::PRODUCE {
            let bytes = frame_bytes.saturating_add(LENGTH_BYTES) as u64;
            budget.spend(Count::Produce, bytes, longest, now);
        }
    }

    /// The request that was sent last has this length.
    pub(super) fn weigh(&mut self, frame_bytes: usize) {
        if let Some(Pending::Upstream(exchange)) = self.pending.back_mut() {
            exchange.bytes = frame_bytes;
        }
    }

    /// Bytes of requests that wait for the broker's answers.
    pub(super) fn in_flight_bytes(&self) -> usize {
        let pending = self.pending.iter().map(|it| match it {
            Pending::Upstream(exchange) => exchange.bytes,
            Pending::Local(answer) => answer.len(),
        });
        pending.sum()
    }

    /// The broker has answered: the answer is counted, and says how long to wait.
    pub(super) fn spend_answer(
        &mut self,
        api: (ApiKey, i16),
        mut answer: Answer,
        frame: &mut Frame<'_>,
        now: i64,
    ) -> Answer {
        match &mut answer {
            Answer::Forward => {
                self.spend_on_answer(api.0, frame.len(), now);
                let wait = self.told_to_wait(api.0, now);
                announce(api, frame.patch(), wait, &self.limits);
            }
            Answer::Rewrite(framed) => {
                self.spend_on_answer(api.0, framed.len(), now);
                let wait = self.told_to_wait(api.0, now);
                if let Some(frame) = framed.get_mut(LENGTH_BYTES..) {
                    announce(api, frame, wait, &self.limits);
                }
            }
            Answer::RewriteParts(parts) => {
                self.spend_on_answer(api.0, parts.bytes(), now);
                let wait = self.told_to_wait(api.0, now);
                // The time stands first in answers that hold records.
                if let Some(head) = parts.head_mut().get_mut(LENGTH_BYTES..) {
                    announce(api, head, wait, &self.limits);
                }
            }
            Answer::Ask(_) | Answer::Wait(_) | Answer::Drop | Answer::Close(_) => {}
        }
        answer
    }

    /// Counts an answer of this length.
    pub(super) fn spend_on_answer(&mut self, key: ApiKey, frame_bytes: usize, now: i64) {
        if let Some(budget) = &self.throttle.budget
            && key == ApiKey::FETCH
        {
            let longest = self.snapshot.limits.throttle_milliseconds_max;
            let bytes = frame_bytes.saturating_add(LENGTH_BYTES) as u64;
            budget.spend(Count::Fetch, bytes, longest, now);
        }
    }

    /// How long the client is told to wait by the answer to such a request; the connection is muted
    /// for that time. 0: it need not.
    pub(super) fn told_to_wait(&mut self, key: ApiKey, now: i64) -> i32 {
        let Some(budget) = &self.throttle.budget else {
            return 0;
        };
        let of_bytes = match key {
            ApiKey::PRODUCE => Some(Count::Produce),
            ApiKey::FETCH => Some(Count::Fetch),
            _ => None,
        };
        let counts = std::iter::once(Count::Requests).chain(of_bytes);
        let waits = counts.map(|count| (budget.wait(count, now), count));
        let Some((wait, count)) = waits.max_by_key(|(wait, _)| *wait) else {
            return 0;
        };
        if wait == 0 {
            return 0;
        }
        self.tally.throttled(count, wait);
        self.mute(wait, now);
        i32::try_from(wait).unwrap_or(i32::MAX)
    }

    fn mute(&mut self, milliseconds: u64, now: i64) {
        if milliseconds > 0 {
            let until = now.saturating_add(i64::try_from(milliseconds).unwrap_or(i64::MAX));
            self.throttle.muted_until = self.throttle.muted_until.max(until);
        }
    }
}

/// Puts the time into an answer, which may already tell to wait longer. Some old versions have no such field:
/// their clients only find that nobody reads what they send.
pub(super) fn announce(api: (ApiKey, i16), frame: &mut [u8], milliseconds: i32, limits: &Limits) {
    if milliseconds == 0 {
        return;
    }
    let place = throttle_at(api, frame, limits)
        .and_then(|at| frame.get_mut(at..)?.first_chunk_mut::<THROTTLE_BYTES>());
    if let Some(place) = place {
        *place = i32::from_be_bytes(*place).max(milliseconds).to_be_bytes();
    }
}

/// Where the time stands in an answer without its length.
fn throttle_at((key, version): (ApiKey, i16), frame: &[u8], limits: &Limits) -> Option<usize> {
    let schema = kafka::schema(key, version, Direction::Response)?;
    let field = schema.fields.iter().position(|it| it.name == THROTTLE)?;
    let body_at = kafka::response_body_at(key, version, frame, limits).ok()?;
    if field == 0 {
        return Some(body_at);
    }
    let mut finder = Finder(None);
    kafka::walk(schema, frame.get(body_at..)?, limits, &mut finder).ok()?;
    finder.0.map(|at| body_at + at)
}

struct Finder(Option<usize>);

impl<'a> Visitor<'a> for Finder {
    fn leaf(
        &mut self,
        field: &'static Field,
        _leaf: Leaf<'a>,
        at: Bytes<usize>,
    ) -> Result<(), WireError> {
        if field.name == THROTTLE {
            self.0 = Some(at.start);
        }
        Ok(())
    }
}

/// The limits of frames of a peer that has proved nothing.
pub(super) fn unauthenticated_limits(limits: &Limits) -> Limits {
    let frame_bytes_max = limits
        .frame_bytes_max
        .min(super::UNAUTHENTICATED_FRAME_BYTES_MAX);
    Limits {
        frame_bytes_max,
        array_elements_max: UNAUTHENTICATED_VALUES_MAX,
        tagged_fields_max: UNAUTHENTICATED_VALUES_MAX,
        values_max: UNAUTHENTICATED_VALUES_MAX,
        ..limits.clone()
    }
}

/// The limits of requests of a peer that has proved who it is.
pub(super) fn authenticated_limits(limits: &Limits, bounds: &ListenerLimits) -> Limits {
    Limits {
        array_elements_max: bounds.array_elements_max,
        tagged_fields_max: bounds.tagged_fields_max,
        values_max: bounds.values_max,
        ..limits.clone()
    }
}
