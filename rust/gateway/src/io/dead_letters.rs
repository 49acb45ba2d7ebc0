//! Writes copies of what was refused to their stream, on connections of the gateway's own.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use streamward_audit::{Batch, Range, State};
use streamward_wire::kafka::batch::batches;
use streamward_wire::kafka::{ApiKey, Struct, Value, error};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout_at};

use super::broker::{BrokerStream, Caller, dial};
use super::clock::now_milliseconds;
use super::probe::{ANSWER, ask_versions, exchange, new, newest};
use super::{Current, Shared};
use crate::cluster::Cluster;
use crate::dead_letters::{DEAD_LETTERS_AT_ONCE, DeadLetter, DeadLetters};

/// The version of Metadata that is asked in; older ones make topics that somebody asks for.
const METADATA_VERSION: i16 = 9;
const METADATA_OLDEST: i16 = 4;
/// The last version of Produce that names topics.
const PRODUCE_VERSION: i16 = 12;
/// The first whose records are batches of magic 2.
const PRODUCE_OLDEST: i16 = 3;
/// How long a broker may take for all replicas to have the copy.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(5);
/// All of it: two connections, and a write for each batch.
const WRITTEN_WITHIN: Duration = Duration::from_secs(20);

/// Copies on their way, of all connections.
pub struct Burials {
    /// How much may wait.
    pub waiting: Arc<DeadLetters>,
    turns: Semaphore,
}

impl Default for Burials {
    fn default() -> Self {
        Self {
            waiting: Arc::default(),
            turns: Semaphore::new(DEAD_LETTERS_AT_ONCE),
        }
    }
}

/// Writes a copy, in a task of its own: the answer to whoever was refused does not wait for it. What becomes of it
/// is entered.
pub fn spawn(shared: Arc<Shared>, current: Current, cluster: Arc<Cluster>, letter: DeadLetter) {
    tokio::spawn(async move { deliver(&shared, &current, &cluster, letter).await });
}

async fn deliver(shared: &Shared, current: &Current, cluster: &Cluster, letter: DeadLetter) {
    let Ok(_turn) = shared.burials.turns.acquire().await else {
        return;
    };
    let end = sleep(WRITTEN_WITHIN).deadline();
    match write(shared, current, cluster, &letter, end).await {
        Ok(()) => {
            if let Some(attempt) = letter.attempt {
                attempt.done();
            }
        }
        Err(error) => {
            let bytes = letter.room.bytes();
            tracing::warn!(cluster = cluster.name, bytes, %error, "refused records are not copied");
            letter.enter_lost(&shared.recorder, &error.to_string(), now_milliseconds());
        }
    }
}

async fn write(
    shared: &Shared,
    current: &Current,
    cluster: &Cluster,
    letter: &DeadLetter,
    end: Instant,
) -> io::Result<()> {
    let connect = async {
        let (partition, leader) = place(current, cluster, letter).await?;
        let dialled = dial(current, cluster, Some(leader), Caller::Gateway, ANSWER);
        let mut stream = dialled.await?.stream;
        let versions = ask_versions(&mut stream).await?;
        io::Result::Ok((partition, stream, versions))
    };
    // Until then nothing was written.
    let (partition, mut stream, versions) = timeout_at(end, connect).await??;
    let version = PRODUCE_VERSION.min(newest(&versions, ApiKey::PRODUCE));
    if version < PRODUCE_OLDEST {
        return Err(io::Error::other("the broker takes no batches of records"));
    }
    let mut at = 0;
    // A broker takes one batch of a partition at a time.
    for batch in batches(&letter.records).map_while(Result::ok) {
        let records = letter.records.slice(at..at + batch.bytes);
        at += batch.bytes;
        let unknown = Range {
            partition,
            first: -1,
            last: -1,
            records: batch.records,
            bytes: batch.bytes as u64,
            state: State::Readable,
        };
        let place = (&*letter.target, partition);
        let answer = before(end, produce(&mut stream, version, place, records)).await;
        let (range, outcome) = match answer {
            Ok(base) if base >= 0 => {
                let last = base.saturating_add(batch.last_offset);
                let known = Range {
                    first: base,
                    last,
                    ..unknown
                };
                (Some(known), Ok(()))
            }
            Ok(_) => (Some(unknown), Ok(())),
            Err(Unwritten::Refused(error)) => (None, Err(error)),
            // SECURITY: it may have been written, so the log says so.
            Err(Unwritten::Unknown(error)) => (Some(unknown), Err(error)),
        };
        if let Some(range) = range {
            let mut moved = vec![(letter.access.clone(), range)];
            let now = now_milliseconds();
            let entered = shared.recorder.moved(&mut moved, &mut Batch::new(), now);
            entered.map_err(io::Error::other)?;
        }
        outcome?;
    }
    Ok(())
}

/// The partition of the target that the copy goes to, and the broker that leads it.
async fn place(
    current: &Current,
    cluster: &Cluster,
    letter: &DeadLetter,
) -> io::Result<(i32, i32)> {
    let key = ApiKey::METADATA;
    let dialled = dial(current, cluster, None, Caller::Gateway, ANSWER);
    let mut stream = dialled.await?.stream;
    let version = METADATA_VERSION.min(newest(&ask_versions(&mut stream).await?, key));
    if version < METADATA_OLDEST {
        return Err(io::Error::other("the broker can't be asked for a topic"));
    }
    let mut request = new(key, version)?;
    let mut topic = request.element("Topics");
    topic.set("Name", &*letter.target);
    request
        .set("Topics", vec![Value::Struct(topic)])
        .set("AllowAutoTopicCreation", false);
    let answer = exchange(&mut stream, key, version, &request).await?;
    let absent = || io::Error::new(io::ErrorKind::NotFound, "there is no such topic");
    let topic = answer.structs("Topics").next().ok_or_else(absent)?;
    let mut partitions: Vec<(i64, i64)> = topic
        .structs("Partitions")
        .map(|it| (it.int("PartitionIndex"), it.int("LeaderId")))
        .collect();
    partitions.sort_unstable();
    let count = i64::try_from(partitions.len()).unwrap_or(i64::MAX);
    let wanted = i64::from(letter.partition).checked_rem_euclid(count);
    let chosen = wanted.and_then(|it| partitions.get(usize::try_from(it).ok()?));
    let (partition, leader) = chosen.ok_or_else(absent)?;
    let fits = |number: &i64| i32::try_from(*number).map_err(io::Error::other);
    Ok((fits(partition)?, fits(leader)?))
}

/// Kafka's errors after which a batch may lie in the log nevertheless: it was appended and too few replicas, or none
/// in time, have it; or nobody knows what went wrong.
const MAYBE_WRITTEN: [i16; 3] = [
    error::REQUEST_TIMED_OUT,
    error::NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    error::UNKNOWN_SERVER_ERROR,
];

#[derive(Debug)]
enum Unwritten {
    /// The broker says that it took nothing.
    Refused(io::Error),
    /// It was asked, and did not answer.
    Unknown(io::Error),
}

/// Waits for the answer to a write until then. Nobody knows what became of a write that is given up.
async fn before(
    end: Instant,
    writing: impl Future<Output = Result<i64, Unwritten>>,
) -> Result<i64, Unwritten> {
    // A timer that is due at once tells the time.
    if sleep(Duration::ZERO).deadline() >= end {
        return Err(Unwritten::Refused(io::ErrorKind::TimedOut.into()));
    }
    let given_up = |_| Err(Unwritten::Unknown(io::ErrorKind::TimedOut.into()));
    timeout_at(end, writing).await.unwrap_or_else(given_up)
}

/// Writes one batch; gives the offset of its first record.
async fn produce(
    stream: &mut BrokerStream,
    version: i16,
    (name, partition): (&str, i32),
    records: Bytes,
) -> Result<i64, Unwritten> {
    let key = ApiKey::PRODUCE;
    let mut request = new(key, version).map_err(Unwritten::Refused)?;
    let mut topic = request.element("TopicData");
    let mut data = topic.element("PartitionData");
    data.set("Index", partition)
        .set("Records", Value::Bytes(records));
    topic
        .set("Name", name)
        .set("PartitionData", vec![Value::Struct(data)]);
    let within = i32::try_from(ACKNOWLEDGED_WITHIN.as_millis()).unwrap_or(i32::MAX);
    request
        .set("TransactionalId", Value::Null)
        .set("Acks", -1)
        .set("TimeoutMs", within)
        .set("TopicData", vec![Value::Struct(topic)]);
    let answer = exchange(stream, key, version, &request).await;
    let answer = answer.map_err(Unwritten::Unknown)?;
    acknowledged(&answer)
}

fn acknowledged(answer: &Struct) -> Result<i64, Unwritten> {
    let topic = answer.structs("Responses").next();
    let partition = topic.and_then(|it| it.structs("PartitionResponses").next());
    let Some(partition) = partition else {
        let error = io::Error::other("the broker's answer names no partition");
        return Err(Unwritten::Unknown(error));
    };
    match partition.int("ErrorCode") {
        0 => Ok(partition.int("BaseOffset")),
        code => {
            let said = io::Error::other(format!("the broker answered with error {code}"));
            Err(match i16::try_from(code) {
                Ok(code) if !MAYBE_WRITTEN.contains(&code) => Unwritten::Refused(said),
                _ => Unwritten::Unknown(said),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use streamward_wire::kafka::{self, Direction};

    use super::*;

    fn answered(code: i16) -> Result<i64, Unwritten> {
        let schema = kafka::schema(ApiKey::PRODUCE, 9, Direction::Response).unwrap();
        let mut answer = Struct::new(schema);
        let mut topic = answer.element("Responses");
        let mut partition = topic.element("PartitionResponses");
        partition.set("ErrorCode", code).set("BaseOffset", 7);
        topic.set("PartitionResponses", vec![partition]);
        answer.set("Responses", vec![topic]);
        acknowledged(&answer)
    }

    #[test]
    fn what_may_lie_in_the_log_after_an_error_is_told_so() {
        assert!(matches!(answered(0), Ok(7)));
        for code in [7, 20, -1] {
            assert!(
                matches!(answered(code), Err(Unwritten::Unknown(_))),
                "{code}"
            );
        }
        for code in [3, 10, 19, 29, 87] {
            assert!(
                matches!(answered(code), Err(Unwritten::Refused(_))),
                "{code}"
            );
        }
    }

    #[tokio::test]
    async fn nobody_knows_what_became_of_a_write_that_was_given_up() {
        let never = std::future::pending::<Result<i64, Unwritten>>();
        let soon = sleep(Duration::from_millis(1)).deadline();
        assert!(matches!(
            before(soon, never).await,
            Err(Unwritten::Unknown(_))
        ));
        // One that was never begun wrote nothing.
        let never = std::future::pending::<Result<i64, Unwritten>>();
        assert!(matches!(
            before(sleep(Duration::ZERO).deadline(), never).await,
            Err(Unwritten::Refused(_))
        ));
    }
}
