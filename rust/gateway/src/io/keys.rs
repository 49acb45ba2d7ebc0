//! Asks whoever runs the gateway for data keys. Each key is asked for once, however many connections need it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use super::Shared;
use super::clock::now_milliseconds;
use super::questions::ANSWER_WITHIN;
use crate::data_keys::{KeyNeed, hex};

/// Many keys of one request together wait no longer than this.
const ALL_WITHIN: Duration = Duration::from_secs(10);

/// Obtains these keys, one after the other, unless somebody else did meanwhile.
pub async fn obtain(shared: &Shared, needs: &[KeyNeed]) {
    let all = async {
        for need in needs {
            obtain_one(shared, need, false).await;
        }
    };
    let _ = tokio::time::timeout(ALL_WITHIN, all).await;
}

/// Obtains the next key ahead of need.
pub async fn renew(shared: &Shared, need: &KeyNeed) {
    obtain_one(shared, need, true).await;
}

async fn obtain_one(shared: &Shared, need: &KeyNeed, anew: bool) {
    let keys = &shared.keys;
    let mut hasher = DefaultHasher::new();
    need.hash(&mut hasher);
    let turns = keys.turns.len() as u64;
    let place = usize::try_from(hasher.finish() % turns).unwrap_or(0);
    let Some(turn) = keys.turns.get(place) else {
        return;
    };
    let _turn = turn.lock().await;
    if !anew && !keys.lacks(need, now_milliseconds()) {
        return;
    }
    let begun = keys.begin();
    let answer = shared.questions.ask(need.question(), ANSWER_WITHIN).await;
    let answer = answer.map(zeroize::Zeroizing::new);
    let bytes = answer.as_ref().map(|it| it.as_slice());
    if let Err(error) = keys.learn(need, bytes, begun, now_milliseconds()) {
        match need {
            KeyNeed::Seal(ring) | KeyNeed::Deterministic(ring) => {
                tracing::warn!(key_ring = &**ring, %error, "no data key to seal with");
            }
            KeyNeed::Facts(kid) => {
                tracing::warn!(kid = hex(kid), %error, "nothing is known of a key");
            }
            KeyNeed::Open(kid) => {
                tracing::warn!(kid = hex(kid), %error, "no data key to open with");
            }
        }
    }
}
