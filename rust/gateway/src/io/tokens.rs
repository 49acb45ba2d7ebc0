//! Whose a token is, with what is known now; where that is not enough, with what its issuer says.

use serde_json::{Value, json};
use streamward_identity::token::{Presented, Question, TokenRefusal};
use streamward_identity::{Identity, Refusal};

use super::clock::now_milliseconds;
use super::questions::ANSWER_WITHIN;
use super::{Current, Shared};
use crate::session::TokenCheck;

/// Checks a token. An unknown key, or an opaque token, is asked about once.
pub async fn check(shared: &Shared, check: &TokenCheck) -> Result<Identity, Refusal> {
    let refusal = match by_keys(&current(shared), check) {
        Ok(identity) => return Ok(identity),
        Err(refusal) => refusal,
    };
    let outcome = match refusal.question() {
        None => Err(refusal),
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
    outcome.map_err(Refusal::Token)
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
