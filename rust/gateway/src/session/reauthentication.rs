//! Sessions end, and clients prove themselves again on the same connection before that (KIP-368): as the same
//! principal, by the same mechanism. What they sent meanwhile goes on.

use streamward_identity::Identity;
use streamward_wire::kafka::{Struct, error};

use super::answers::{Exchange, Pending, Shaping};
use super::{Close, EffectReply, Head, Session, Verdict};
use crate::caller::Caller;

/// A client that authenticates again sooner than this is out of order, as with a broker.
const INTERVAL_MILLISECONDS_MIN: i64 = 1_000;

impl Session {
    /// Why no SASL exchange by this mechanism may begin now, if it may not.
    pub(super) fn out_of_turn(&self, mechanism: &str, now: i64) -> Option<&'static str> {
        if self.handshake.is_some() {
            return Some("a second exchange before the end of the first");
        }
        let caller = self.caller.as_ref()?;
        if !caller.mechanism.is_sasl() {
            return Some("the client has proved itself without SASL");
        }
        if caller.mechanism.name() != mechanism {
            return Some("a client may not change its mechanism when it authenticates again");
        }
        let since = now.saturating_sub(self.authenticated_milliseconds);
        (since < INTERVAL_MILLISECONDS_MIN).then_some("the client authenticates again too soon")
    }

    /// Answers a handshake that is out of turn.
    pub(super) fn refuse_handshake(
        &mut self,
        head: &Head,
        mut answer: Struct,
        (mechanism, reason): (&str, &str),
        now: i64,
    ) -> Result<Verdict, Close> {
        let claimed = self.caller.as_ref().map(|caller| caller.principal.clone());
        self.enter_failure(claimed.as_deref().unwrap_or(""), mechanism, reason, now)?;
        answer.set("ErrorCode", error::ILLEGAL_SASL_STATE);
        Ok(Verdict::ReplyAndClose(
            head.reply(&answer)?,
            Close::AuthenticationFailed,
        ))
    }

    /// SECURITY: what a connection holds (fetch sessions, accesses) is one principal's; nobody else takes it over.
    pub(super) fn changes_principal(&self, identity: &Identity) -> bool {
        let caller = self.caller.as_ref();
        caller.is_some_and(|caller| *caller.principal != *identity.principal.id)
    }

    /// The caller's session ends with its proof, and where clients can authenticate again, after the listener's
    /// maximum.
    pub(super) fn limit_session(&self, caller: &mut Caller, now: i64) {
        let longest = self.listener.session_lifetime_milliseconds_max;
        let longest = longest.filter(|_| caller.mechanism.is_sasl());
        let ends = longest.map(|longest| now.saturating_add_unsigned(longest));
        caller.session_ends_milliseconds =
            caller.expires_milliseconds.into_iter().chain(ends).min();
    }

    /// The answer to the last message of an exchange that has succeeded; it says how long the session lives.
    pub(super) fn proved_answer(
        &self,
        head: &Head,
        last_word: bytes::Bytes,
        now: i64,
    ) -> Result<Verdict, Close> {
        let mut answer = head.response()?;
        answer.set("AuthBytes", last_word);
        self.tell_lifetime(&mut answer, now);
        Ok(Verdict::Reply(head.reply(&answer)?))
    }

    /// Sets how many milliseconds the session lives, so that the client authenticates again in time; 0: no end.
    pub(super) fn tell_lifetime(&self, answer: &mut Struct, now: i64) {
        let ends = self.ends();
        // Never 0 where there is an end.
        let lifetime = ends.map_or(0, |ends| ends.saturating_sub(now).max(1));
        answer.set("SessionLifetimeMs", lifetime);
    }

    /// Goes on with what waited for the effect. An answer to it leaves in its turn.
    pub fn on_effect(&mut self, reply: EffectReply, now: i64) -> Verdict {
        let verdict = self.effect_done(reply, now);
        self.in_turn(verdict)
    }

    /// An answer of ours waits until what was asked before it is answered.
    pub(super) fn in_turn(&mut self, verdict: Verdict) -> Verdict {
        match verdict {
            Verdict::Reply(answer) if self.in_flight() > 0 => {
                self.pending.push_back(Pending::Local(answer));
                Verdict::Nothing
            }
            // The last word would overtake the answers before it.
            Verdict::ReplyAndClose(_, close) if self.in_flight() > 0 => Verdict::Close(close),
            other => other,
        }
    }

    /// Once a second: the session may have ended, and what was allowed for a time may no longer be. Gives the
    /// answers to what waited for it.
    pub fn on_tick(&mut self, now: i64) -> Result<Vec<Vec<u8>>, Close> {
        self.still_proved(now)?;
        self.recheck_streaming(now)?;
        match self.pending.front() {
            Some(Pending::Upstream(Exchange {
                shaping: Shaping::Fetch(fetch),
                ..
            })) if !fetch.holds(self.epoch, now) => self.refuse_waiting(now),
            _ => Ok(Vec::new()),
        }
    }

    /// When the session ends (ms since 1970), if it does.
    pub fn ends(&self) -> Option<i64> {
        self.caller.as_ref()?.session_ends_milliseconds
    }

    /// The session has not ended.
    pub fn still_proved(&self, now: i64) -> Result<(), Close> {
        let Some(caller) = &self.caller else {
            return Ok(());
        };
        let over = |ends: Option<i64>| ends.is_some_and(|ends| ends <= now);
        let reason = if over(caller.expires_milliseconds) {
            "its credential has expired"
        } else if over(caller.session_ends_milliseconds) {
            "its session has ended, and it did not authenticate again"
        } else {
            return Ok(());
        };
        Err(Close::SessionEnded { reason })
    }
}
