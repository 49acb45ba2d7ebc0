//! Password credentials: what a password is checked against, and from when until when it holds.

use std::sync::Arc;

use serde::Deserialize;

use crate::error::{IdentityError, OutOfForce};
use crate::verifier::{Hash, Keys, Verifier};

/// Password credentials of one principal in the bundle, and in the identity store: enough to change a
/// password without a gap, and few enough to check them all.
pub const PASSWORDS_MAX: usize = 4;
/// Longest answer of the identity store.
pub const ANSWER_BYTES_MAX: usize = 32 * 1024;

/// A password credential, with a verifier for one SCRAM mechanism or for each.
#[derive(Debug)]
pub struct Password {
    /// Id of the credential.
    pub credential: String,
    /// From when it holds, ms since 1970.
    pub not_before_milliseconds: Option<i64>,
    /// Until when it holds, ms since 1970.
    pub expires_milliseconds: Option<i64>,
    /// Has it been ended before its time?
    pub disabled: bool,
    /// When it was made, ms since 1970, where that is known.
    pub issued_milliseconds: Option<i64>,
    verifiers: Vec<Verifier>,
}

/// A credential as the identity store tells it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    verifiers: Vec<String>,
    not_before: Option<i64>,
    expires: Option<i64>,
    disabled: bool,
    issued: Option<i64>,
}

/// The identity store's answer: everything that it has of one principal.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    credentials: Option<Vec<Row>>,
    /// Why there is none.
    error: Option<String>,
}

impl Password {
    /// A credential of the bundle: it holds as long as it is declared.
    pub(crate) fn declared(credential: &str, verifier: Verifier) -> Self {
        Self {
            credential: credential.to_owned(),
            not_before_milliseconds: None,
            expires_milliseconds: None,
            disabled: false,
            issued_milliseconds: None,
            verifiers: vec![verifier],
        }
    }

    fn stored(row: Row) -> Result<Self, IdentityError> {
        let bad = IdentityError::Verifier;
        let verifiers: Result<Vec<_>, _> =
            row.verifiers.iter().map(|it| Verifier::parse(it)).collect();
        let verifiers = verifiers?;
        let sorts = |hash| verifiers.iter().filter(|it| it.hash() == hash).count();
        if verifiers.is_empty() || sorts(Hash::Sha256) > 1 || sorts(Hash::Sha512) > 1 {
            return Err(bad("there is none, or more than one for a mechanism"));
        }
        Ok(Self {
            credential: row.id,
            not_before_milliseconds: row.not_before,
            expires_milliseconds: row.expires,
            disabled: row.disabled,
            issued_milliseconds: row.issued,
            verifiers,
        })
    }

    /// Does it hold at this time?
    ///
    /// # Errors
    /// Why it does not.
    pub fn in_force(&self, now: i64) -> Result<(), OutOfForce> {
        if self.disabled {
            Err(OutOfForce::Disabled)
        } else if self.expires_milliseconds.is_some_and(|end| end <= now) {
            Err(OutOfForce::Expired)
        } else if self
            .not_before_milliseconds
            .is_some_and(|start| start > now)
        {
            Err(OutOfForce::Early)
        } else {
            Ok(())
        }
    }

    /// The verifier for one mechanism.
    pub(crate) fn verifier(&self, hash: Hash) -> Option<&Verifier> {
        self.verifiers.iter().find(|it| it.hash() == hash)
    }

    /// The verifier against which a password itself is checked: the cheapest one to compute.
    pub(crate) fn plain(&self) -> Option<&Verifier> {
        self.verifier(Hash::Sha256)
            .or_else(|| self.verifier(Hash::Sha512))
    }

    /// Every verifier.
    pub(crate) fn verifiers(&self) -> &[Verifier] {
        &self.verifiers
    }
}

/// Reads what the identity store has of a principal.
///
/// # Errors
/// Where it is too long, says that there is no answer, is not as agreed, or holds a verifier that is too cheap to
/// guess.
pub fn read_stored(answer: &[u8]) -> Result<Vec<Arc<Password>>, IdentityError> {
    let bad = IdentityError::Stored;
    if answer.len() > ANSWER_BYTES_MAX {
        return Err(bad("it is too long".into()));
    }
    let answer: Answer = serde_json::from_slice(answer).map_err(|error| bad(error.to_string()))?;
    let rows = match answer {
        Answer {
            credentials: Some(rows),
            error: None,
        } => rows,
        Answer { error, .. } => return Err(bad(error.unwrap_or_else(|| "it is empty".into()))),
    };
    if rows.len() > PASSWORDS_MAX {
        return Err(bad(format!(
            "there are more than {PASSWORDS_MAX} credentials"
        )));
    }
    let rows = rows.into_iter();
    rows.map(|row| Password::stored(row).map(Arc::new))
        .collect()
}

/// Those whose password this is, and the rounds that it took to find out. Verifiers of one salt cost one
/// derivation together.
pub(crate) fn matching<'a>(
    passwords: impl Iterator<Item = &'a Arc<Password>>,
    password: &[u8],
) -> (Vec<&'a Arc<Password>>, u64) {
    let mut derived: Vec<(&Verifier, Keys)> = Vec::new();
    let (mut found, mut spent) = (Vec::new(), 0);
    for held in passwords {
        let Some(verifier) = held.plain() else {
            continue;
        };
        if !derived.iter().any(|(like, _)| like.asks_as(verifier)) {
            spent += u64::from(verifier.iterations());
            derived.push((verifier, verifier.derive_keys(password)));
        }
        let keys = derived.iter().find(|(like, _)| like.asks_as(verifier));
        if keys.is_some_and(|(_, keys)| verifier.has(keys)) {
            found.push(held);
        }
    }
    (found, spent)
}
