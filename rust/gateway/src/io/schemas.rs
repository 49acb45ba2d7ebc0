//! Asks whoever runs the gateway for schemas of registries. Each is asked for once, however many connections
//! need it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard, Semaphore};
use tokio::time::timeout;

use super::Shared;
use super::clock::now_milliseconds;
use super::questions::ANSWER_WITHIN;
use crate::schemas::{FoundSchema, SchemaNeed, Told, read};

/// Many schemas of one request together wait no longer than this.
const ALL_WITHIN: Duration = Duration::from_secs(10);
/// How long a schema may wait for a thread and be compiled there.
const COMPILED_WITHIN: Duration = Duration::from_secs(5);

/// Obtains these schemas on behalf of a principal, one after the other, unless somebody else did meanwhile.
pub async fn obtain(shared: &Shared, asker: &Arc<str>, needs: Vec<SchemaNeed>) {
    let all = async {
        for need in needs {
            obtain_one(shared, asker, need).await;
        }
    };
    let _ = timeout(ALL_WITHIN, all).await;
}

async fn obtain_one(shared: &Shared, asker: &Arc<str>, need: SchemaNeed) {
    let schemas = &shared.schemas;
    // SECURITY: one question at a time for each principal: what it has asked for in vain is counted before it asks
    // again, and a registry that is slow about its ids keeps no one else waiting.
    let Some(_one) = turn(&schemas.askers, asker).await else {
        return;
    };
    let Some(_turn) = turn(&schemas.turns, &need).await else {
        return;
    };
    let found = schemas.find(&need, asker, now_milliseconds());
    if !matches!(found, FoundSchema::NotThere) {
        return;
    }
    let answer = shared.questions.ask(need.question(), ANSWER_WITHIN).await;
    let reading = need.clone();
    let compile = move || read(&reading, answer.as_deref());
    let told = compiled(&schemas.compiling, COMPILED_WITHIN, compile).await;
    let (registry, id) = (&*need.of.registry.name, need.id);
    if let Told::Trouble(error) | Told::Unreachable(error) = &told {
        tracing::warn!(schema_registry = registry, schema_id = %id, %error, "no answer about a schema");
    }
    schemas.learn(&need, asker, told, now_milliseconds());
}

/// Waits for the place of this key among these.
async fn turn(places: &[Mutex<()>], key: impl Hash) -> Option<MutexGuard<'_, ()>> {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    let place = hasher.finish() % u64::try_from(places.len()).ok()?;
    let place = places.get(usize::try_from(place).ok()?)?;
    Some(place.lock().await)
}

/// Has it done in a thread, of which there are only so many. What comes after its time is not looked at; its place
/// is free once the thread has ended, so that hostile schemas never take up more threads than that.
async fn compiled(
    places: &Arc<Semaphore>,
    within: Duration,
    compile: impl FnOnce() -> Told + Send + 'static,
) -> Told {
    let done = async {
        let place = places.clone().acquire_owned().await.ok();
        let working = tokio::task::spawn_blocking(move || {
            let told = compile();
            drop(place);
            told
        });
        let failed = || Told::Trouble("the schema could not be read".to_owned());
        working.await.unwrap_or_else(|_| failed())
    };
    let late = || Told::Trouble("the schema was not compiled in time".to_owned());
    timeout(within, done).await.unwrap_or_else(|_| late())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn what_is_compiled_too_late_is_not_learnt_and_holds_its_thread_until_it_ends() {
        let places = Arc::new(Semaphore::new(1));
        let (end, ended) = mpsc::channel::<()>();
        let slow = move || {
            let _ = ended.recv();
            Told::Unknown
        };
        let late = compiled(&places, Duration::from_millis(50), slow).await;
        assert!(matches!(late, Told::Trouble(_)), "{late:?}");
        assert_eq!(places.available_permits(), 0);
        // Nobody else gets a thread meanwhile.
        let other = compiled(&places, Duration::from_millis(1), || Told::Unknown).await;
        assert!(matches!(other, Told::Trouble(_)), "{other:?}");
        end.send(()).unwrap();
        let next = compiled(&places, Duration::from_secs(60), || Told::Unknown).await;
        assert!(matches!(next, Told::Unknown), "{next:?}");
    }

    #[tokio::test]
    async fn a_panic_is_trouble_and_gives_its_place_back() {
        let places = Arc::new(Semaphore::new(1));
        let told = compiled(&places, Duration::from_secs(60), || panic!("hostile")).await;
        assert!(matches!(told, Told::Trouble(_)), "{told:?}");
        assert_eq!(places.available_permits(), 1);
    }
}
