//! SCRAM with clients: two messages of theirs, between which the identity store is asked.

use std::sync::Arc;

use streamward_identity::{Challenge, ClientFirst, Hash, Password, Refusal};
use streamward_policy::Mechanism;

use super::authenticate::Handshake;
use super::{Close, Effect, Head, Session, Verdict};

/// How far an exchange has come.
#[derive(Debug)]
pub enum Scram {
    /// The first message waits for what the identity store has of its user.
    LookingUp {
        /// The request that waits.
        head: Head,
        /// The mechanism.
        mechanism: Mechanism,
        /// What the client said.
        first: ClientFirst,
    },
    /// The client has been asked for its proof.
    Asked {
        /// The mechanism.
        mechanism: Mechanism,
        /// What it was asked.
        challenge: Challenge,
    },
}

impl Session {
    /// The client's first message.
    pub(super) fn scram_first(
        &mut self,
        head: &Head,
        mechanism: Mechanism,
        token: &[u8],
        now: i64,
    ) -> Result<Verdict, Close> {
        let first = match ClientFirst::parse(token) {
            Ok(first) => first,
            Err(error) => {
                let refusal = Refusal::Malformed(error.to_string());
                return self.sasl_refused(head, "", mechanism, &refusal, now);
            }
        };
        let user = first.user().to_owned();
        self.handshake = Some(Handshake::Scram(Scram::LookingUp {
            head: *head,
            mechanism,
            first,
        }));
        Ok(Verdict::Wait(Effect::LookUpPasswords { user }))
    }

    /// Asks for the proof.
    pub(super) fn scram_looked_up(
        &mut self,
        outcome: Result<Vec<Arc<Password>>, Refusal>,
        now: i64,
    ) -> Verdict {
        let Some(Handshake::Scram(Scram::LookingUp {
            head,
            mechanism,
            first,
        })) = self.handshake.take()
        else {
            return Verdict::Close(Close::AuthenticationFailed);
        };
        let verdict = match outcome {
            Ok(stored) => self.scram_ask(&head, mechanism, first, &stored, now),
            Err(refusal) => self.sasl_refused(&head, first.user(), mechanism, &refusal, now),
        };
        self.judge_reply(&head, verdict)
    }

    fn scram_ask(
        &mut self,
        head: &Head,
        mechanism: Mechanism,
        first: ClientFirst,
        stored: &[Arc<Password>],
        now: i64,
    ) -> Result<Verdict, Close> {
        let unverifiable = |what: String| Close::Unverifiable { what };
        let hash = Hash::of_name(mechanism.name())
            .ok_or_else(|| unverifiable("the mechanism is none of SCRAM".into()))?;
        let directory = &self.snapshot.directory;
        let asked = directory.challenge(first, hash, stored, now);
        let (challenge, message) = asked.map_err(|error| unverifiable(error.to_string()))?;
        self.handshake = Some(Handshake::Scram(Scram::Asked {
            mechanism,
            challenge,
        }));
        let mut answer = head.response()?;
        answer.set("AuthBytes", bytes::Bytes::from(message));
        Ok(Verdict::Reply(head.reply(&answer)?))
    }

    /// The client's last message.
    pub(super) fn scram_last(
        &mut self,
        head: &Head,
        scram: Scram,
        token: &[u8],
        now: i64,
    ) -> Result<Verdict, Close> {
        let Scram::Asked {
            mechanism,
            challenge,
        } = scram
        else {
            // No frame is read while one waits; nothing but a mistake of ours leads here.
            let refusal = Refusal::Malformed("a message before its turn".into());
            return self.sasl_refused(head, "", Mechanism::ScramSha256, &refusal, now);
        };
        self.handshake = Some(Handshake::Checking(*head, mechanism));
        Ok(Verdict::Wait(Effect::CheckProof {
            challenge,
            message: token.to_vec(),
        }))
    }
}
