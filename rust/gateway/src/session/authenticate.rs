//! The stage that says who is calling: a client certificate, or SASL inside TLS. Nobody is
//! anonymous, and a peer that fails learns nothing but that it failed.

use std::sync::Arc;

use streamward_identity::{Attributes, Identity, Issuer, Names, Refusal, plain, prepared_user};
use streamward_policy::Mechanism;
use streamward_wire::kafka::{ApiKey, Value, error};

use super::relay::Relay;
use super::scram::Scram;
use super::throttle::authenticated_limits;
use super::{Close, Effect, EffectReply, Head, Judged, Session, Verdict};
use crate::caller::{Caller, TlsSession};

/// What every peer is told, whatever was wrong.
pub const FAILED: &str = "authentication failed";

/// How far a SASL exchange has come.
#[derive(Debug)]
pub enum Handshake {
    /// The mechanism is chosen.
    Chosen(Mechanism),
    /// The password or the proof is being checked; this request waits for it.
    Checking(Head, Mechanism),
    /// SCRAM, after its first message.
    Scram(Scram),
    /// The token is being checked; this request waits for it.
    CheckingToken(Head),
    /// The token was not taken, and the client still has to say that it has understood.
    TokenRefused,
    /// The broker carries out the exchange.
    Relayed(Relay),
    /// It has failed for good.
    Refused,
}

impl Session {
    /// The TLS handshake is over; what it agreed on becomes an attribute of the peer.
    pub fn secured(&mut self, tls: TlsSession) {
        self.peer.tls_session = Some(Arc::new(tls));
    }

    /// Proves the peer by its certificate, whose chain TLS has verified to end at these authorities. `Err`: it
    /// can't come in at all.
    pub fn certificate(&mut self, der: &[u8], issuers: &[Issuer], now: i64) -> Result<(), Close> {
        let outcome = streamward_identity::certificate::names(der)
            .map_err(|error| (String::new(), error.to_string()))
            .and_then(|names| self.by_certificate(&names, issuers));
        self.shown(outcome, now)
    }

    /// A certificate was shown, and it has been found out whose it is, or why nobody's.
    pub(super) fn shown(
        &mut self,
        outcome: Result<Identity, (String, String)>,
        now: i64,
    ) -> Result<(), Close> {
        if self.ignores_certificates() {
            // At most it proves whose a token is.
            return Ok(());
        }
        match outcome {
            Ok(identity) => self.certified(identity, now),
            Err((subject, reason)) => {
                if self.takes_tokens() && self.forgives_certificates() {
                    self.unmapped = Some((subject, reason));
                    return Ok(());
                }
                self.enter_failure(&subject, Mechanism::Certificate.name(), &reason, now)?;
                // It may still prove itself by a password, where the listener takes any.
                if !self.forgives_certificates() {
                    return Err(Close::AuthenticationFailed);
                }
                Ok(())
            }
        }
    }

    pub(super) fn by_certificate(
        &self,
        names: &Names,
        issuers: &[Issuer],
    ) -> Result<Identity, (String, String)> {
        let refused =
            |refusal: streamward_identity::Refusal| (names.subject.clone(), refusal.to_string());
        self.snapshot
            .directory
            .by_certificate(names, issuers)
            .map_err(refused)
    }

    /// On a plaintext listener everyone is the principal that it declares.
    pub fn plaintext(&mut self, now: i64) -> Result<(), Close> {
        let name = self.listener.plaintext_principal.clone();
        let found = name.and_then(|name| self.snapshot.directory.principal(&name).cloned());
        let Some(principal) = found else {
            return Err(Close::AuthenticationFailed);
        };
        let identity = Identity {
            principal,
            credential: "plaintext".into(),
            other_credentials: Vec::new(),
            expires_milliseconds: None,
            attributes: Attributes::default(),
        };
        self.accept(&identity, Mechanism::Plaintext, now)
    }

    pub(super) fn accept(
        &mut self,
        identity: &Identity,
        mechanism: Mechanism,
        now: i64,
    ) -> Result<(), Close> {
        let principal = &identity.principal;
        let paired = match self.paired(identity, mechanism) {
            Ok(paired) => paired,
            Err(reason) => {
                self.enter_failure(&principal.id, mechanism.name(), &reason, now)?;
                return Err(Close::Revoked { reason });
            }
        };
        let identity = &*paired;
        let credentials = std::iter::once(&identity.credential).chain(&identity.other_credentials);
        if let Some(containment) =
            self.snapshot
                .overlay
                .revokes(&principal.id, credentials.map(String::as_str), now)
        {
            let reason = format!("revoked by containment `{containment}`");
            self.enter_failure(&principal.id, mechanism.name(), &reason, now)?;
            return Err(Close::Revoked { reason });
        }
        if !self
            .snapshot
            .may_be_shown(&self.peer.cluster, &principal.id)
        {
            let reason = "no credential at the brokers is declared for it";
            self.enter_failure(&principal.id, mechanism.name(), reason, now)?;
            return Err(Close::Revoked {
                reason: reason.into(),
            });
        }
        if let Some((asserted, declared)) = foreign_tenant(identity) {
            let reason = format!("it is of tenant `{asserted}`, and its principal of `{declared}`");
            self.enter_failure(&principal.id, mechanism.name(), &reason, now)?;
            return Err(Close::Revoked { reason });
        }
        if self.changes_principal(identity) {
            let reason = "a client may not change its principal when it authenticates again";
            self.enter_failure(&principal.id, mechanism.name(), reason, now)?;
            return Err(Close::Revoked {
                reason: reason.into(),
            });
        }
        let mut caller = Caller::new(&self.peer, identity, mechanism);
        self.limit_session(&mut caller, now);
        if self.caller.is_none() {
            self.enter_budget(&caller.principal, now)?;
        }
        match self.recorder.authentication(&self.peer, Ok(&caller), now) {
            Ok(position) => {
                self.durable_before_answer = self.durable_before_answer.max(position);
            }
            Err(error) => {
                self.unrecorded(&error)?;
                self.recorder
                    .unentered_authentication(&error.to_string(), now);
            }
        }
        // What waits is decided again by what is known of the caller now.
        self.epoch += 1;
        self.authenticated_milliseconds = now;
        self.decisions.clear();
        self.request_limits = authenticated_limits(&self.limits, &self.bounds);
        self.caller = Some(Arc::new(caller));
        Ok(())
    }

    pub(super) fn enter_failure(
        &mut self,
        claimed: &str,
        mechanism: &str,
        reason: &str,
        now: i64,
    ) -> Result<(), Close> {
        // SECURITY: what a peer claims goes into the log no longer than a name can be.
        let short = |text: &str, characters| text.chars().take(characters).collect::<String>();
        let (claimed, mechanism) = (short(claimed, 256), short(mechanism, 64));
        let reason = short(reason, 512);
        let position = self
            .recorder
            .authentication(&self.peer, Err((&claimed, &mechanism, &reason)), now)
            .map_err(|error| Close::Unrecorded {
                what: error.to_string(),
            })?;
        self.durable_before_answer = self.durable_before_answer.max(position);
        Ok(())
    }

    /// The certificate that the peer showed is vouched for no more: enters it, and ends the connection.
    pub fn disowned(&mut self, reason: &str, now: i64) -> Close {
        let principal = self.caller.as_ref().map(|it| it.principal.clone());
        let claimed = principal.as_deref().unwrap_or_default();
        let entered = self.enter_failure(claimed, Mechanism::Certificate.name(), reason, now);
        entered.err().unwrap_or_else(|| Close::Revoked {
            reason: reason.to_owned(),
        })
    }

    /// Enters that the peer is refused before it proved anything: where it is can't be told.
    pub fn not_located(&mut self, reason: &str, now: i64) -> Result<(), Close> {
        self.enter_failure("", "PROXY", reason, now)
    }

    /// Enters a TLS handshake that failed: an unknown authority, an expired certificate, no certificate.
    pub fn tls_failed(&mut self, reason: &str, now: i64) -> Result<(), Close> {
        self.enter_failure("", Mechanism::Certificate.name(), reason, now)
    }

    pub(super) fn sasl(&mut self, head: &Head, frame: &[u8], now: i64) -> Verdict {
        let verdict = match head.key {
            ApiKey::SASL_HANDSHAKE => self.sasl_handshake(head, frame, now),
            ApiKey::SASL_AUTHENTICATE => self.sasl_authenticate(head, frame, now),
            _ => Ok(Verdict::Close(Close::NotServed {
                key: head.key.0,
                version: head.version,
            })),
        };
        verdict.unwrap_or_else(Verdict::Close)
    }

    fn sasl_handshake(&mut self, head: &Head, frame: &[u8], now: i64) -> Result<Verdict, Close> {
        let request = self.decode_request(head, frame)?;
        let mechanism = request.str("Mechanism").unwrap_or_default();
        let mut answer = head.response()?;
        answer.set("Mechanisms", self.offered_mechanisms());
        if let Some(reason) = self.out_of_turn(mechanism, now) {
            return self.refuse_handshake(head, answer, (mechanism, reason), now);
        }
        // SECURITY: a password is taken inside TLS only, whatever the listener says.
        let offered = self.peer.tls
            && self
                .listener
                .mechanisms
                .iter()
                .any(|name| name == mechanism);
        let served = mechanism.parse().ok().filter(|served: &Mechanism| {
            let checked = *served != Mechanism::OauthBearer || !self.relays();
            offered && checked && served.is_sasl()
        });
        let Some(served) = served else {
            self.enter_failure("", mechanism, "the mechanism is not offered", now)?;
            answer.set("ErrorCode", error::UNSUPPORTED_SASL_MECHANISM);
            return Ok(Verdict::ReplyAndClose(
                head.reply(&answer)?,
                Close::AuthenticationFailed,
            ));
        };
        if self.relays() {
            return Ok(self.relay_handshake(head, served));
        }
        self.handshake = Some(Handshake::Chosen(served));
        Ok(Verdict::Reply(head.reply(&answer)?))
    }

    pub(super) fn offered_mechanisms(&self) -> Vec<Value> {
        let offered = self.listener.mechanisms.iter();
        offered.map(|name| Value::from(name.as_str())).collect()
    }

    fn sasl_authenticate(&mut self, head: &Head, frame: &[u8], now: i64) -> Result<Verdict, Close> {
        let request = self.decode_request(head, frame)?;
        let Value::Bytes(token) = request.get("AuthBytes") else {
            return Self::sasl_failed(head, error::SASL_AUTHENTICATION_FAILED);
        };
        match self.handshake.take() {
            Some(Handshake::Chosen(Mechanism::OauthBearer)) => {
                self.bearer_message(head, token, now)
            }
            Some(Handshake::TokenRefused) => {
                self.handshake = Some(Handshake::Refused);
                Self::sasl_failed(head, error::SASL_AUTHENTICATION_FAILED)
            }
            Some(Handshake::Chosen(Mechanism::Plain)) => self.plain(head, token, now),
            Some(Handshake::Chosen(mechanism)) => self.scram_first(head, mechanism, token, now),
            Some(Handshake::Scram(scram)) => self.scram_last(head, scram, token, now),
            Some(Handshake::Relayed(relay)) => self.relay_message(head, relay, token, now),
            other => {
                self.handshake = other;
                Self::sasl_failed(head, error::ILLEGAL_SASL_STATE)
            }
        }
    }

    fn plain(&mut self, head: &Head, token: &[u8], now: i64) -> Result<Verdict, Close> {
        let read = plain::parse(token).and_then(|it| Ok((prepared_user(it.user)?, it.password)));
        match read {
            Ok((user, password)) => {
                let password = password.to_vec();
                self.handshake = Some(Handshake::Checking(*head, Mechanism::Plain));
                Ok(Verdict::Wait(Effect::CheckPassword { user, password }))
            }
            Err(error) => {
                let refusal = Refusal::Malformed(error.to_string());
                self.sasl_refused(head, "", Mechanism::Plain, &refusal, now)
            }
        }
    }

    /// Enters why somebody is refused, and tells the peer that it failed.
    pub(super) fn sasl_refused(
        &mut self,
        head: &Head,
        user: &str,
        mechanism: Mechanism,
        refusal: &Refusal,
        now: i64,
    ) -> Result<Verdict, Close> {
        self.handshake = Some(Handshake::Refused);
        let reason = refusal.to_string();
        self.enter_failure(user, mechanism.name(), &reason, now)?;
        if let Refusal::Unanswered(_) = refusal {
            // To be told that authentication failed would keep a client from trying again.
            return Err(Close::Unverifiable { what: reason });
        }
        Self::sasl_failed(head, error::SASL_AUTHENTICATION_FAILED)
    }

    /// Lets in whoever has proved itself; `token` is the last word of the exchange.
    fn sasl_proved(
        &mut self,
        head: &Head,
        (identity, mechanism): (&Identity, Mechanism),
        token: String,
        now: i64,
    ) -> Result<Verdict, Close> {
        match self.accept(identity, mechanism, now) {
            Ok(()) => self.proved_answer(head, bytes::Bytes::from(token), now),
            Err(Close::Revoked { .. }) => {
                Self::sasl_failed(head, error::SASL_AUTHENTICATION_FAILED)
            }
            Err(close) => Err(close),
        }
    }

    pub(super) fn sasl_failed(head: &Head, code: i16) -> Result<Verdict, Close> {
        let mut answer = head.response()?;
        answer.set("ErrorCode", code).set("ErrorMessage", FAILED);
        Ok(Verdict::ReplyAndClose(
            head.reply(&answer)?,
            Close::AuthenticationFailed,
        ))
    }

    /// Goes on with what waited for the effect.
    pub(super) fn effect_done(&mut self, reply: EffectReply, now: i64) -> Verdict {
        let (user, outcome) = match reply {
            EffectReply::Password { user, outcome } => {
                (user, outcome.map(|identity| (identity, String::new())))
            }
            EffectReply::Proof { user, outcome } => (user, outcome),
            EffectReply::Passwords(outcome) => return self.scram_looked_up(outcome, now),
            EffectReply::Token(outcome) => return self.token_checked(outcome, now),
            EffectReply::Listed => return self.resume(true, now),
            EffectReply::Keys => {
                self.keys_asked = true;
                return self.resume_transformed(now);
            }
            EffectReply::Schemas => {
                self.schemas_asked = true;
                return self.resume_transformed(now);
            }
            EffectReply::Described { group, described } => {
                self.topologies.learn(&group, described.as_ref());
                // It may still have to know which topics are there.
                return self.resume(false, now);
            }
        };
        let Some(Handshake::Checking(head, mechanism)) = self.handshake.take() else {
            return Verdict::Close(Close::AuthenticationFailed);
        };
        let verdict = match outcome {
            Ok((identity, token)) => self.sasl_proved(&head, (&identity, mechanism), token, now),
            Err(refusal) => self.sasl_refused(&head, &user, mechanism, &refusal, now),
        };
        self.judge_reply(&head, verdict)
    }

    /// What becomes of a request that has waited.
    pub(super) fn judge_reply(&mut self, head: &Head, verdict: Result<Verdict, Close>) -> Verdict {
        let verdict = verdict.unwrap_or_else(Verdict::Close);
        self.judged = Judged::of(head.key, &verdict, &self.tally);
        verdict
    }
}

/// The tenant that the proof asserts, and the declared one, where these differ: what an issuer says of one
/// tenant's members proves nobody of another.
fn foreign_tenant(identity: &Identity) -> Option<(&str, &str)> {
    let asserted = identity.attributes.tenant.as_deref()?;
    let declared = identity.principal.tenant.as_deref()?;
    (asserted != declared).then_some((asserted, declared))
}
