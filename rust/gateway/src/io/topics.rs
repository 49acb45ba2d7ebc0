//! Asks a cluster for the names of its topics, all or by id, on a connection of the gateway's own.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use streamward_wire::kafka::{
    self, ApiKey, Direction, Field, Leaf, Schema, Value, Visitor, field, walk,
};
use streamward_wire::{Limits, WireError};
use tokio::time::timeout;

use super::Current;
use super::broker::{Caller, dial};
use super::clock::now_milliseconds;
use super::probe::{ANSWER, ask_versions, body, invalid, new, newest};
use crate::cluster::Cluster;

/// The first version of Metadata that gives topics' ids beside their names.
const METADATA_VERSION: i16 = 10;
/// And the first that can be asked for topics by id.
const BY_ID_VERSION: i16 = 12;

/// Lists the topics, unless somebody else did while this one waited for its turn.
pub async fn list(current: &Current, cluster: &Cluster, age_max_milliseconds: i64) {
    let _turn = cluster.listing_turn.lock().await;
    let now = now_milliseconds();
    if cluster.listing(now, age_max_milliseconds).is_some() {
        return;
    }
    let asked = timeout(ANSWER, ask(current, cluster)).await;
    match asked.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut))) {
        Ok(names) => cluster.learn_listing(names, now),
        Err(error) => {
            tracing::warn!(cluster = cluster.name, %error, "the topics can't be listed");
        }
    }
}

/// Learns which topics these ids stand for, unless somebody else did while this one waited for its turn.
/// What no broker knows, or can be asked about, is remembered as unknown for a while.
pub async fn resolve(current: &Current, cluster: &Cluster, mut ids: Vec<[u8; 16]>) {
    let _turn = cluster.resolving_turn.lock().await;
    ids.retain(|id| cluster.must_resolve(id, now_milliseconds()));
    if ids.is_empty() {
        return;
    }
    let asked = timeout(ANSWER, ask_by_id(current, cluster, &ids)).await;
    let asked = asked.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut)));
    if let Err(error) = asked {
        tracing::warn!(cluster = cluster.name, %error, "topic ids can't be resolved");
    }
    cluster.learn_unknown(&ids, now_milliseconds());
}

async fn ask_by_id(current: &Current, cluster: &Cluster, ids: &[[u8; 16]]) -> io::Result<()> {
    let mut stream = dial(current, cluster, None, Caller::Gateway, ANSWER)
        .await?
        .stream;
    let versions = ask_versions(&mut stream).await?;
    if newest(&versions, ApiKey::METADATA) < BY_ID_VERSION {
        return Err(io::Error::other("the broker does not tell topics by id"));
    }
    let mut request = new(ApiKey::METADATA, BY_ID_VERSION)?;
    let topics = ids.iter().map(|id| {
        let mut topic = request.element("Topics");
        topic.set("TopicId", *id).set("Name", Value::Null);
        Value::Struct(topic)
    });
    let topics: Vec<Value> = topics.collect();
    request
        .set("Topics", topics)
        .set("AllowAutoTopicCreation", false);
    let answer = body(&mut stream, ApiKey::METADATA, BY_ID_VERSION, &request).await?;
    names(BY_ID_VERSION, &answer, cluster).map(drop)
}

async fn ask(current: &Current, cluster: &Cluster) -> io::Result<Vec<Arc<str>>> {
    let mut stream = dial(current, cluster, None, Caller::Gateway, ANSWER)
        .await?
        .stream;
    let versions = ask_versions(&mut stream).await?;
    let version = METADATA_VERSION.min(newest(&versions, ApiKey::METADATA));
    let mut request = new(ApiKey::METADATA, version)?;
    request
        .set("Topics", Value::Null)
        .set("AllowAutoTopicCreation", false);
    let answer = body(&mut stream, ApiKey::METADATA, version, &request).await?;
    names(version, &answer, cluster)
}

/// The names in an answer, which may hold so many partitions that it is read and never built.
fn names(version: i16, answer: &Bytes, cluster: &Cluster) -> io::Result<Vec<Arc<str>>> {
    let schema = kafka::schema(ApiKey::METADATA, version, Direction::Response);
    let schema: &'static Schema =
        schema.ok_or_else(|| io::Error::other("the table lacks a message"))?;
    let mut topics = Topics {
        cluster,
        last: None,
        all: Vec::new(),
    };
    walk(schema, answer, &Limits::default(), &mut topics).map_err(invalid)?;
    Ok(topics.all)
}

struct Topics<'c> {
    cluster: &'c Cluster,
    last: Option<Arc<str>>,
    all: Vec<Arc<str>>,
}

impl<'a> Visitor<'a> for Topics<'_> {
    fn leaf(
        &mut self,
        field: &'static Field,
        leaf: Leaf<'a>,
        _: Range<usize>,
    ) -> Result<(), WireError> {
        match (field.id, leaf) {
            (field::METADATA_RESPONSE_TOPICS_NAME, Leaf::Str(Some(name))) => {
                let name: Arc<str> = name.into();
                self.last = Some(name.clone());
                self.all.push(name);
            }
            // The id follows its name.
            (field::METADATA_RESPONSE_TOPICS_TOPIC_ID, Leaf::Uuid(id)) => {
                if let Some(name) = self.last.take() {
                    self.cluster.learn_topic(id, &name);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use streamward_wire::kafka::Struct;

    use super::*;

    #[test]
    fn names_and_ids_are_read_from_an_answer() {
        for version in [1, METADATA_VERSION] {
            let schema = kafka::schema(ApiKey::METADATA, version, Direction::Response).unwrap();
            let mut answer = Struct::new(schema);
            let topics = [("a", 1), ("b", 2)].map(|(name, byte)| {
                let mut topic = answer.element("Topics");
                topic.set("Name", name).set("TopicId", [byte; 16]);
                let partition = topic.element("Partitions");
                topic.set("Partitions", vec![partition]);
                topic
            });
            answer.set("Topics", topics.to_vec());
            let mut encoded = Vec::new();
            answer.encode(&mut encoded).unwrap();
            let cluster = Cluster::new("main");
            let names = names(version, &encoded.into(), &cluster).unwrap();
            assert_eq!(names, ["a".into(), "b".into()] as [Arc<str>; 2]);
            let learnt = cluster.topic(&[2; 16]);
            assert_eq!(learnt.as_deref(), (version >= 10).then_some("b"));
        }
    }
}
