//! What a session waits for: password checks and questions to the cluster, each in a task of its own.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::oneshot;

use super::Connection;
use crate::io::{groups, tokens, topics};
use crate::session::{Close, Effect, EffectReply};

impl<C: AsyncRead + AsyncWrite + Unpin + Send> Connection<C> {
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

    pub(super) fn start(&self, effect: Effect) -> oneshot::Receiver<EffectReply> {
        let (reply, receiver) = oneshot::channel();
        let (current, cluster) = (self.current.clone(), self.cluster.clone());
        let delay = Duration::from_millis(self.session.bounds().failure_delay_milliseconds);
        let (user, password) = match effect {
            Effect::CheckPassword { user, password } => (user, password),
            Effect::CheckToken(check) => {
                let shared = self.shared.clone();
                tokio::spawn(async move {
                    let outcome = tokens::check(&shared, &check).await;
                    if outcome.is_err() {
                        tokio::time::sleep(delay).await;
                    }
                    let _ = reply.send(EffectReply::Token(outcome));
                });
                return receiver;
            }
            Effect::ListTopics {
                age_max_milliseconds,
            } => {
                tokio::spawn(async move {
                    topics::list(&current, &cluster, age_max_milliseconds).await;
                    let _ = reply.send(EffectReply::Listed);
                });
                return receiver;
            }
            Effect::DescribeStreamsGroup { group } => {
                let node = self.node;
                tokio::spawn(async move {
                    let described = groups::describe_streams(&current, &cluster, node, &group);
                    let described = described.await;
                    let _ = reply.send(EffectReply::Described { group, described });
                });
                return receiver;
            }
            Effect::ResolveTopics(ids) => {
                tokio::spawn(async move {
                    topics::resolve(&current, &cluster, ids).await;
                    let _ = reply.send(EffectReply::Listed);
                });
                return receiver;
            }
        };
        let directory = self.current.snapshot.directory.clone();
        let checks = self.shared.password_checks.clone();
        tokio::spawn(async move {
            let Ok(permit) = checks.acquire_owned().await else {
                return;
            };
            let checked = tokio::task::spawn_blocking(move || {
                let outcome = directory.by_password(&user, &password);
                EffectReply::Password { user, outcome }
            });
            let Ok(outcome) = checked.await else { return };
            // Who waits out a failure keeps nobody else from being checked.
            drop(permit);
            if let EffectReply::Password {
                outcome: Err(_), ..
            } = &outcome
            {
                tokio::time::sleep(delay).await;
            }
            let _ = reply.send(outcome);
        });
        receiver
    }
}
