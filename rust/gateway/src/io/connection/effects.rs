//! What a session waits for: password checks and questions to the cluster, each in a task of its own.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::oneshot;

use super::{Connection, Socket};
use crate::io::passwords::Attempt;
use crate::io::{dead_letters, groups, keys, schemas, tokens, topics};
use crate::session::{Close, Effect, EffectReply};

impl<C: Socket> Connection<C> {
    pub(super) fn poll_effect(
        &mut self,
        context: &mut Context<'_>,
        now: i64,
    ) -> Result<bool, Close> {
        let Some(effect) = &mut self.effect else {
            return Ok(false);
        };
        let Poll::Ready(reply) = Pin::new(effect).poll(context) else {
            return Ok(false);
        };
        self.effect = None;
        let reply = reply.map_err(|_| Close::AuthenticationFailed)?;
        let verdict = self.session.on_effect(reply, now);
        self.count_request(&verdict);
        self.carry_out(verdict, None)?;
        Ok(true)
    }

    /// Goes on with the answer that waits for keys.
    pub(super) fn poll_keys(&mut self, context: &mut Context<'_>, now: i64) -> Result<bool, Close> {
        let Some(waiting) = &mut self.keys_for_answer else {
            return Ok(false);
        };
        let Poll::Ready(_) = Pin::new(waiting).poll(context) else {
            return Ok(false);
        };
        self.keys_for_answer = None;
        let answer = self.session.resume_answer(now);
        self.carry_back(answer, None)?;
        Ok(true)
    }

    /// Makes the next keys while those at hand still serve; nobody waits for them.
    pub(super) fn renew_keys(&mut self) {
        for need in self.session.take_due() {
            let shared = self.shared.clone();
            tokio::spawn(async move { keys::renew(&shared, &need).await });
        }
    }

    /// Sends copies of what was refused on their way; nobody waits for them.
    pub(super) fn send_dead_letters(&mut self) {
        for letter in self.session.take_dead_letters() {
            let (current, cluster) = (self.current.clone(), self.cluster.clone());
            dead_letters::spawn(self.shared.clone(), current, cluster, letter);
        }
    }

    pub(super) fn start(&self, effect: Effect) -> oneshot::Receiver<EffectReply> {
        let (reply, receiver) = oneshot::channel();
        let (current, cluster) = (self.current.clone(), self.cluster.clone());
        let attempt = || {
            let snapshot = self.current.snapshot.clone();
            let (source, bounds) = (self.session.source(), self.session.bounds());
            Attempt::new(self.shared.clone(), snapshot, source, bounds)
        };
        match effect {
            Effect::CheckPassword { user, password } => {
                let attempt = attempt();
                tokio::spawn(async move {
                    let _ = reply.send(attempt.check_password(user, password).await);
                });
            }
            Effect::LookUpPasswords { user } => {
                let attempt = attempt();
                tokio::spawn(async move {
                    let _ = reply.send(attempt.look_up(user).await);
                });
            }
            Effect::CheckProof { challenge, message } => {
                let attempt = attempt();
                tokio::spawn(async move {
                    let _ = reply.send(attempt.check_proof(challenge, message).await);
                });
            }
            Effect::CheckToken(check) => {
                let shared = self.shared.clone();
                let (source, bounds) = (self.session.source(), self.session.bounds());
                let (lockout, delay) = (bounds.lockout, bounds.failure_delay_milliseconds);
                let delay = Duration::from_millis(delay);
                tokio::spawn(async move {
                    let outcome = tokens::check(&shared, &check, source, &lockout).await;
                    if outcome.is_err() {
                        tokio::time::sleep(delay).await;
                    }
                    let _ = reply.send(EffectReply::Token(outcome));
                });
            }
            Effect::ListTopics {
                age_max_milliseconds,
            } => {
                tokio::spawn(async move {
                    topics::list(&current, &cluster, age_max_milliseconds).await;
                    let _ = reply.send(EffectReply::Listed);
                });
            }
            Effect::DescribeStreamsGroup { group } => {
                let node = self.node;
                tokio::spawn(async move {
                    let described = groups::describe_streams(&current, &cluster, node, &group);
                    let described = described.await;
                    let _ = reply.send(EffectReply::Described { group, described });
                });
            }
            Effect::ObtainKeys(needs) => {
                let shared = self.shared.clone();
                tokio::spawn(async move {
                    keys::obtain(&shared, &needs).await;
                    let _ = reply.send(EffectReply::Keys);
                });
            }
            Effect::ObtainSchemas { asker, needs } => {
                let shared = self.shared.clone();
                tokio::spawn(async move {
                    schemas::obtain(&shared, &asker, needs).await;
                    let _ = reply.send(EffectReply::Schemas);
                });
            }
            Effect::ResolveTopics(ids) => {
                tokio::spawn(async move {
                    topics::resolve(&current, &cluster, ids).await;
                    let _ = reply.send(EffectReply::Listed);
                });
            }
        }
        receiver
    }
}
