//! SASL OAUTHBEARER (RFC 7628): a token says who is calling. Whether it is good is found out by an effect,
//! because the issuer may have to be asked.

use bytes::Bytes;
use streamward_identity::token::oauthbearer;
use streamward_identity::{Identity, Refusal};
use streamward_policy::Mechanism;
use streamward_wire::kafka::{Value, error};

use super::authenticate::Handshake;
use super::verdict::TokenCheck;
use super::{Close, Effect, Head, Judged, Session, Verdict};

const OAUTHBEARER: Mechanism = Mechanism::OauthBearer;

impl Session {
    /// May clients log in by a token here?
    pub(super) fn takes_tokens(&self) -> bool {
        let mut mechanisms = self.listener.mechanisms.iter();
        !self.relays() && mechanisms.any(|it| it == OAUTHBEARER.name())
    }

    /// A certificate of nobody is no failure where a token may say who it is; it is one when none comes.
    pub(super) fn no_token_came(&mut self, now: i64) -> Result<(), Close> {
        match self.unmapped.take() {
            Some((subject, reason)) => {
                self.enter_failure(&subject, Mechanism::Certificate.name(), &reason, now)
            }
            None => Ok(()),
        }
    }

    /// The client's first message.
    pub(super) fn bearer_message(
        &mut self,
        head: &Head,
        message: &[u8],
        now: i64,
    ) -> Result<Verdict, Close> {
        self.unmapped = None;
        match oauthbearer::parse(message) {
            Ok(bearer) => {
                let check = TokenCheck {
                    token: bearer.token.to_owned(),
                    authorization_id: bearer.authorization_id.to_owned(),
                    certificate_sha256: self.peer.certificate_sha256().copied(),
                    require_bound: self.listener.bound_tokens,
                };
                self.handshake = Some(Handshake::CheckingToken(*head));
                Ok(Verdict::Wait(Effect::CheckToken(check)))
            }
            Err(problem) => {
                self.handshake = Some(Handshake::Refused);
                self.enter_failure("", OAUTHBEARER.name(), &problem.to_string(), now)?;
                Self::sasl_failed(head, error::SASL_AUTHENTICATION_FAILED)
            }
        }
    }

    /// Goes on when it is known whose the token is, or why it isn't taken.
    pub(super) fn token_checked(
        &mut self,
        outcome: Result<Identity, Refusal>,
        now: i64,
    ) -> Verdict {
        let Some(Handshake::CheckingToken(head)) = self.handshake.take() else {
            return Verdict::Close(Close::AuthenticationFailed);
        };
        let verdict = match outcome {
            Ok(identity) => match self.accept(&identity, OAUTHBEARER, now) {
                Ok(()) => self.proved_answer(&head, Bytes::new(), now),
                Err(Close::Revoked { .. }) => self.refuse_token(&head),
                Err(close) => Err(close),
            },
            Err(refusal) => self
                .enter_failure("", OAUTHBEARER.name(), &refusal.to_string(), now)
                .and_then(|()| self.refuse_token(&head)),
        };
        let verdict = verdict.unwrap_or_else(Verdict::Close);
        self.judged = Judged::of(head.key, &verdict, &self.tally);
        verdict
    }

    /// RFC 7628, section 3.2.3: the client is shown that its token isn't taken, answers by one byte, and
    /// only then fails. Kafka's brokers do it so. Who was let in before and shows a bad token now is not
    /// heard any further.
    fn refuse_token(&mut self, head: &Head) -> Result<Verdict, Close> {
        if self.caller.is_some() {
            self.handshake = Some(Handshake::Refused);
            return Self::sasl_failed(head, error::SASL_AUTHENTICATION_FAILED);
        }
        self.handshake = Some(Handshake::TokenRefused);
        let said = Bytes::from_static(oauthbearer::INVALID_TOKEN.as_bytes());
        let mut answer = head.response()?;
        answer.set("AuthBytes", Value::Bytes(said));
        Ok(Verdict::Reply(head.reply(&answer)?))
    }
}
