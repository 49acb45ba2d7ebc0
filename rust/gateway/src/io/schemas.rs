//! Asks whoever runs the gateway for schemas of registries. Each is asked for once, however many connections
//! need it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use super::Shared;
use super::clock::now_milliseconds;
use super::questions::ANSWER_WITHIN;
use crate::schemas::{FoundSchema, SchemaNeed, Told, read};

/// Many schemas of one request together wait no longer than this.
const ALL_WITHIN: Duration = Duration::from_secs(10);

/// Obtains these schemas, one after the other, unless somebody else did meanwhile.
pub async fn obtain(shared: &Shared, needs: Vec<SchemaNeed>) {
    let all = async {
        for need in needs {
            obtain_one(shared, need).await;
        }
    };
    let _ = tokio::time::timeout(ALL_WITHIN, all).await;
}

async fn obtain_one(shared: &Shared, need: SchemaNeed) {
    let schemas = &shared.schemas;
    let mut hasher = DefaultHasher::new();
    // Streams take turns, not ids: how much is asked for one stream is counted while it is asked.
    need.of.hash(&mut hasher);
    let turns = schemas.turns.len() as u64;
    let place = usize::try_from(hasher.finish() % turns).unwrap_or(0);
    let Some(turn) = schemas.turns.get(place) else {
        return;
    };
    let _turn = turn.lock().await;
    if !matches!(
        schemas.find(&need, now_milliseconds()),
        FoundSchema::NotThere
    ) {
        return;
    }
    let begun = schemas.begin();
    let answer = shared.questions.ask(need.question(), ANSWER_WITHIN).await;
    let reading = need.clone();
    let told = tokio::task::spawn_blocking(move || read(&reading, answer.as_deref()));
    let told = told.await;
    let told = told.unwrap_or_else(|_| Told::Nothing("the schema could not be read".to_owned()));
    let (registry, id) = (&*need.of.registry, need.id);
    if let Told::Nothing(error) = &told {
        tracing::warn!(schema_registry = registry, schema_id = id, %error, "no answer about a schema");
    }
    schemas.learn(&need, told, begun, now_milliseconds());
}
