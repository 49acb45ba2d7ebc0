//! Checks of passwords: first whether the source has to wait, then what the identity store has of the user, then the
//! check itself, of which only so many run at one time.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use streamward_identity::{Challenge, Identity, Password, Refusal, read_stored};
use tokio::sync::Semaphore;

use super::Shared;
use super::clock::now_milliseconds;
use super::questions::{ANSWER_WITHIN, Questions};
use crate::limits::{ListenerLimits, LockoutLimits, Lockouts};
use crate::session::EffectReply;
use crate::snapshot::Snapshot;

/// Checks at one time; each costs milliseconds of a core.
const CHECKS_MAX: usize = 4;
/// Its answers are kept this long, so that clients that all come back at once don't each ask it.
const KEPT_MILLISECONDS: i64 = 2_000;
/// And so many of them.
const KEPT_MAX: usize = 10_000;

/// What the identity store has of a user, and when it said so.
type Kept = (i64, Arc<[Arc<Password>]>);

/// What all checks share.
#[derive(Debug)]
pub struct Passwords {
    /// Who has to wait.
    pub lockouts: Lockouts,
    checks: Arc<Semaphore>,
    kept: Mutex<HashMap<String, Kept>>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            lockouts: Lockouts::default(),
            checks: Arc::new(Semaphore::new(CHECKS_MAX)),
            kept: Mutex::default(),
        }
    }
}

impl Passwords {
    /// The identity store has changed.
    pub fn forget(&self) {
        self.lock().clear();
    }

    /// What the identity store has of a user; of one that it does not know, too, so that both take the same time.
    async fn stored(
        &self,
        questions: &Questions,
        user: &str,
    ) -> Result<Arc<[Arc<Password>]>, Refusal> {
        let now = now_milliseconds();
        if let Some((at, stored)) = self.lock().get(user)
            && now.saturating_sub(*at) < KEPT_MILLISECONDS
        {
            return Ok(stored.clone());
        }
        let question = serde_json::json!({"type": "passwords", "principal": user});
        let answer = questions.ask(question.to_string().into(), ANSWER_WITHIN);
        let answer = answer.await.ok_or_else(|| {
            Refusal::Unanswered("the identity store did not answer in time".into())
        })?;
        let stored =
            read_stored(&answer).map_err(|error| Refusal::Unanswered(error.to_string()))?;
        let stored: Arc<[Arc<Password>]> = stored.into();
        let mut kept = self.lock();
        if kept.len() >= KEPT_MAX {
            kept.retain(|_, (at, _)| now.saturating_sub(*at) < KEPT_MILLISECONDS);
        }
        if kept.len() < KEPT_MAX {
            kept.insert(user.to_owned(), (now, stored.clone()));
        }
        Ok(stored)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One attempt of a client.
pub struct Attempt {
    shared: Arc<Shared>,
    snapshot: Arc<Snapshot>,
    source: IpAddr,
    delay: Duration,
    lockout: LockoutLimits,
}

impl Attempt {
    /// An attempt from this address, held to these limits.
    pub fn new(
        shared: Arc<Shared>,
        snapshot: Arc<Snapshot>,
        source: IpAddr,
        limits: &ListenerLimits,
    ) -> Self {
        Self {
            shared,
            snapshot,
            source,
            delay: Duration::from_millis(limits.failure_delay_milliseconds),
            lockout: limits.lockout,
        }
    }

    /// Whose password is this?
    pub async fn check_password(self, user: String, password: Vec<u8>) -> EffectReply {
        let outcome = self.password(&user, password).await;
        let outcome = self.settled(&user, outcome).await;
        EffectReply::Password { user, outcome }
    }

    /// What does the identity store have of this user?
    pub async fn look_up(self, user: String) -> EffectReply {
        let outcome = match self.may_try(&user) {
            Ok(()) => self.stored(&user).await,
            Err(refusal) => Err(refusal),
        };
        let outcome = outcome.map(|stored| stored.to_vec());
        if outcome.is_err() {
            tokio::time::sleep(self.delay).await;
        }
        EffectReply::Passwords(outcome)
    }

    /// Is this the proof that was asked for?
    pub async fn check_proof(self, challenge: Challenge, message: Vec<u8>) -> EffectReply {
        let user = challenge.user().to_owned();
        // SECURITY: many exchanges that began at once must not each get their guess.
        let outcome = self.may_try(&user).and_then(|()| {
            let directory = &self.snapshot.directory;
            directory.by_proof(challenge, &message, now_milliseconds())
        });
        let outcome = self.settled(&user, outcome).await;
        EffectReply::Proof { user, outcome }
    }

    async fn password(&self, user: &str, password: Vec<u8>) -> Result<Identity, Refusal> {
        let stopped = |what: &str| Refusal::Unanswered(what.to_owned());
        self.may_try(user)?;
        let stored = self.stored(user).await?;
        let checks = self.shared.passwords.checks.clone();
        let permit = checks.acquire_owned().await;
        let permit = permit.map_err(|_| stopped("the gateway is stopping"))?;
        self.may_try(user)?;
        let (directory, user) = (self.snapshot.directory.clone(), user.to_owned());
        let checked = tokio::task::spawn_blocking(move || {
            let outcome = directory.by_password(&user, &password, &stored, now_milliseconds());
            // Who waits out a failure keeps nobody else from being checked.
            drop(permit);
            outcome
        });
        checked
            .await
            .unwrap_or_else(|_| Err(stopped("the check broke off")))
    }

    async fn stored(&self, user: &str) -> Result<Arc<[Arc<Password>]>, Refusal> {
        if self.snapshot.directory.asks_store() {
            let shared = &self.shared;
            shared.passwords.stored(&shared.questions, user).await
        } else {
            Ok(Arc::default())
        }
    }

    fn may_try(&self, user: &str) -> Result<(), Refusal> {
        let lockouts = &self.shared.passwords.lockouts;
        let checked = lockouts.check(self.source, user, now_milliseconds());
        checked.map_err(|milliseconds| Refusal::LockedOut {
            seconds: milliseconds.saturating_add(999) / 1_000,
        })
    }

    /// Counts the outcome, and lets a failure wait.
    async fn settled<T>(&self, user: &str, outcome: Result<T, Refusal>) -> Result<T, Refusal> {
        let (lockouts, now) = (&self.shared.passwords.lockouts, now_milliseconds());
        match &outcome {
            Ok(_) => lockouts.proved(self.source, user, now),
            Err(refusal) => {
                if refusal.is_guess() {
                    lockouts.failed(self.source, user, &self.lockout, now);
                }
                tokio::time::sleep(self.delay).await;
            }
        }
        outcome
    }
}
