//! Authentication on clusters whose brokers must see the client itself: the exchange goes to the broker and
//! back, and the gateway reads who it is about. What the broker lets in must still be declared here.

use streamward_identity::{Identity, plain, scram};
use streamward_policy::Mechanism;
use streamward_wire::kafka::{Struct, Value, error};

use super::authenticate::{FAILED, Handshake};
use super::{Close, Head, Session, Shaping, Verdict};

/// How far an exchange between client and broker has come.
#[derive(Debug)]
pub struct Relay {
    mechanism: Mechanism,
    /// Whom the client's first message names.
    user: Option<String>,
    /// Messages of the client that the broker has answered.
    answered: u8,
}

impl Relay {
    /// Messages that the client sends in all.
    const fn messages(&self) -> u8 {
        match self.mechanism {
            Mechanism::Plain => 1,
            _ => 2,
        }
    }
}

impl Session {
    /// Do the brokers of this cluster see the client itself?
    pub(super) fn relays(&self) -> bool {
        self.snapshot.relays_identity(&self.peer.cluster)
    }

    /// The mechanism goes to the broker; it has been looked at.
    pub(super) fn relay_handshake(&mut self, head: &Head, mechanism: Mechanism) -> Verdict {
        self.handshake = Some(Handshake::Relayed(Relay {
            mechanism,
            user: None,
            answered: 0,
        }));
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, now| {
                answer.set("Mechanisms", session.offered_mechanisms());
                if answer.int("ErrorCode") != 0 {
                    let reason = "the broker does not offer the mechanism";
                    session.enter_failure("", mechanism.name(), reason, now)?;
                    session.handshake = Some(Handshake::Refused);
                }
                Ok(())
            })),
        );
        Verdict::Forward
    }

    /// One message of the client goes to the broker.
    pub(super) fn relay_message(
        &mut self,
        head: &Head,
        mut relay: Relay,
        token: &[u8],
        now: i64,
    ) -> Result<Verdict, Close> {
        // SECURITY: a message that overtakes the broker's answer could be about somebody else.
        if self.in_flight() > 0 {
            self.handshake = Some(Handshake::Refused);
            return Self::sasl_failed(head, error::ILLEGAL_SASL_STATE);
        }
        if relay.user.is_none() {
            let claimed = match relay.mechanism {
                Mechanism::Plain => plain::parse(token).map(|plain| plain.user.to_owned()),
                _ => scram::claimed_user(token),
            };
            match claimed {
                Ok(user) => relay.user = Some(user),
                Err(problem) => {
                    let reason = problem.to_string();
                    self.enter_failure("", relay.mechanism.name(), &reason, now)?;
                    self.handshake = Some(Handshake::Refused);
                    return Self::sasl_failed(head, error::SASL_AUTHENTICATION_FAILED);
                }
            }
        }
        self.handshake = Some(Handshake::Relayed(relay));
        self.expect(
            head,
            Shaping::Edit(Box::new(|session, answer, now| {
                session.relayed(answer, now)
            })),
        );
        Ok(Verdict::Forward)
    }

    /// The broker's answer to one message.
    fn relayed(&mut self, answer: &mut Struct, now: i64) -> Result<(), Close> {
        let Some(Handshake::Relayed(mut relay)) = self.handshake.replace(Handshake::Refused) else {
            return Err(Close::AuthenticationFailed);
        };
        let user = relay.user.clone().unwrap_or_default();
        let mechanism = relay.mechanism;
        if answer.int("ErrorCode") != 0 {
            let said = answer.str("ErrorMessage").unwrap_or_default();
            let reason = format!("the broker refuses it: {said}");
            self.enter_failure(&user, mechanism.name(), &reason, now)?;
            refuse(answer);
            return Ok(());
        }
        relay.answered += 1;
        if relay.answered < relay.messages() {
            self.handshake = Some(Handshake::Relayed(relay));
            return Ok(());
        }
        let mut identity = match self.snapshot.directory.by_broker(&user) {
            Ok(identity) => identity,
            Err(refusal) => {
                self.enter_failure(&user, mechanism.name(), &refusal.to_string(), now)?;
                refuse(answer);
                return Ok(());
            }
        };
        limit_lifetime(&mut identity, answer, now);
        match self.accept(&identity, mechanism, now) {
            Ok(()) => {
                self.handshake = None;
                self.tell_lifetime(answer, now);
            }
            Err(Close::Revoked { .. }) => refuse(answer),
            Err(close) => return Err(close),
        }
        Ok(())
    }
}

/// The session ends no later than the one that the broker granted.
fn limit_lifetime(identity: &mut Identity, answer: &Struct, now: i64) {
    let lifetime = answer.int("SessionLifetimeMs");
    if lifetime > 0 {
        identity.expires_milliseconds = Some(now.saturating_add(lifetime));
    }
}

/// The peer learns that it failed, and nothing more.
fn refuse(answer: &mut Struct) {
    answer
        .set("ErrorCode", error::SASL_AUTHENTICATION_FAILED)
        .set("ErrorMessage", FAILED)
        .set("AuthBytes", Value::Bytes(bytes::Bytes::new()))
        .set("SessionLifetimeMs", 0);
}
