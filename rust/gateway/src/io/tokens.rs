//! Whose a token is, with what is known now; where that is not enough, with what its issuer says.

use std::fmt::Write as _;
use std::net::IpAddr;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};
use streamward_identity::token::{Presented, Question, TokenRefusal};
use streamward_identity::{Identity, Refusal};

use super::clock::now_milliseconds;
use super::questions::ANSWER_WITHIN;
use super::{Current, Shared};
use crate::limits::LockoutLimits;
use crate::session::TokenCheck;

/// Of the digest of a token, enough to tell tokens apart.
const NAME_BYTES: usize = 16;

/// Checks a token, unless the source has to wait. Whoever forges tokens of a principal has to, as who guesses its
/// password; both are counted apart.
pub async fn check(
    shared: &Shared,
    check: &TokenCheck,
    source: IpAddr,
    limits: &LockoutLimits,
) -> Result<Identity, Refusal> {
    let lockouts = &shared.passwords.lockouts;
    let name = claimed(&current(shared), check);
    let may_try = || {
        let checked = lockouts.check(source, &name, now_milliseconds());
        checked.map_err(|milliseconds| Refusal::LockedOut {
            seconds: milliseconds.saturating_add(999) / 1_000,
        })
    };
    may_try()?;
    let outcome = match judge(shared, check).await {
        // SECURITY: of many tokens that began at once while their issuer was asked, each is not one more guess.
        Judged::Asked(outcome) => may_try().and(outcome),
        Judged::AtOnce(outcome) => outcome,
    };
    match &outcome {
        Ok(_) => lockouts.proved(source, &name, now_milliseconds()),
        Err(refusal) if refusal.is_guess() => {
            lockouts.failed(source, &name, limits, now_milliseconds());
        }
        Err(_) => {}
    }
    outcome
}

/// What failures with this token count for: the principal that it claims, or else the token itself. So whoever makes
/// up opaque tokens is stopped by what its source may fail in all, from which one that was good before is exempt.
fn claimed(current: &Current, check: &TokenCheck) -> String {
    let tokens = current.snapshot.directory.tokens();
    // A blank stands in no principal's name.
    if let Some(principal) = tokens.claimed(&check.token) {
        return format!("token {principal}");
    }
    let digest = digest(&SHA256, check.token.as_bytes());
    let mut name = "token #".to_owned();
    for byte in digest.as_ref().iter().take(NAME_BYTES) {
        let _ = write!(name, "{byte:02x}");
    }
    name
}

/// What a token was found to be.
enum Judged {
    /// With what was known.
    AtOnce(Result<Identity, Refusal>),
    /// After its issuer was asked; others may have failed meanwhile.
    Asked(Result<Identity, Refusal>),
}

/// An unknown key, or an opaque token, is asked about once.
async fn judge(shared: &Shared, check: &TokenCheck) -> Judged {
    let refusal = match by_keys(&current(shared), check) {
        Ok(identity) => return Judged::AtOnce(Ok(identity)),
        Err(refusal) => refusal,
    };
    let outcome = match refusal.question() {
        None => return Judged::AtOnce(Err(Refusal::Token(refusal))),
        Some(Question::Keys { issuer }) => {
            let question = json!({"type": "token_keys", "issuer": issuer});
            match ask(shared, &question).await {
                // They have been supplied meanwhile, if there are any.
                Some(_) => by_keys(&current(shared), check),
                None => Err(refusal),
            }
        }
        Some(Question::Introspection { issuer }) => {
            let question = json!({
                "type": "introspection", "issuer": issuer, "token": check.token});
            match ask(shared, &question).await {
                Some(answer) => by_answer(&current(shared), &issuer, &answer, check),
                None => Err(refusal),
            }
        }
    };
    Judged::Asked(outcome.map_err(Refusal::Token))
}

async fn ask(shared: &Shared, question: &Value) -> Option<Vec<u8>> {
    let question = question.to_string().into_bytes();
    shared.questions.ask(question, ANSWER_WITHIN).await
}

fn current(shared: &Shared) -> Current {
    shared.current.borrow().clone()
}

fn by_keys(current: &Current, check: &TokenCheck) -> Result<Identity, TokenRefusal> {
    let tokens = current.snapshot.directory.tokens();
    tokens.by_token(
        &presented(check),
        &check.authorization_id,
        &current.token_keys,
    )
}

fn by_answer(
    current: &Current,
    issuer: &str,
    answer: &[u8],
    check: &TokenCheck,
) -> Result<Identity, TokenRefusal> {
    let tokens = current.snapshot.directory.tokens();
    tokens.by_introspection(issuer, answer, &presented(check), &check.authorization_id)
}

fn presented(check: &TokenCheck) -> Presented<'_> {
    Presented {
        token: &check.token,
        certificate_thumbprint: check.certificate_sha256.as_ref(),
        require_bound: check.require_bound,
        now_milliseconds: now_milliseconds(),
    }
}
