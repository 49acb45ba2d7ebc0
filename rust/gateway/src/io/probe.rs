//! Asks a cluster which brokers it has and which versions they serve, so that the first client finds
//! the gateway ready.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use streamward_wire::kafka::{self, ApiKey, Direction, Struct, Value, error};
use streamward_wire::{Limits, WireError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};

use super::Shared;
use super::broker::{BrokerStream, Caller, dial};
use crate::cluster::Cluster;

/// How often a cluster that has answered is asked again.
const REFRESH: Duration = Duration::from_secs(10);
/// How often one that has not.
const RETRY: Duration = Duration::from_millis(300);
/// How long an answer may take.
pub(super) const ANSWER: Duration = Duration::from_secs(5);
/// Versions in which the gateway asks, unless the broker serves older ones only.
const METADATA_VERSION: i16 = 9;
const SETTINGS_VERSION: i16 = 4;
const SETTINGS_OLDEST: i16 = 1;
/// Brokers whose settings are asked for at most; the one that answers is among the first of any real cluster.
const SETTINGS_OF_MAX: usize = 1_000;
/// Kafka's `ConfigResource.Type` of a broker.
const TYPE_BROKER: i16 = 4;
/// The setting by which brokers make topics that somebody asks for.
const AUTO_CREATE: &str = "auto.create.topics.enable";
/// What a TLS server says first to somebody who does not speak TLS: an alert of version 3.x.
const TLS_RECORD: [u8; 2] = [0x15, 0x03];
/// Versions of `ApiVersions`, from the one that names every feature to the one that everything serves which
/// speaks Kafka (KIP-511).
const API_VERSIONS: [i16; 3] = [4, 3, 0];

/// Keeps one cluster's facts fresh, for as long as the gateway runs.
pub async fn keep_fresh(shared: Arc<Shared>, cluster: Arc<Cluster>) {
    let mut reachable = true;
    loop {
        let asked = timeout(ANSWER, ask(&shared, &cluster)).await;
        let asked = asked.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut)));
        cluster.metrics.answered(asked.is_ok());
        match asked {
            Ok(()) => {
                reachable = true;
                sleep(REFRESH).await;
            }
            Err(error) => {
                if reachable {
                    tracing::warn!(cluster = cluster.name, %error, "the cluster can't be reached");
                }
                reachable = false;
                sleep(RETRY).await;
            }
        }
    }
}

async fn ask(shared: &Shared, cluster: &Cluster) -> io::Result<()> {
    let current = shared.current.borrow().clone();
    let mut stream = dial(&current, cluster, None, Caller::Gateway, ANSWER)
        .await?
        .stream;
    let answer = ask_versions(&mut stream).await?;
    if answer.int("ErrorCode") != 0 {
        return Err(io::Error::other(
            "the broker does not say which versions it serves",
        ));
    }
    let version = METADATA_VERSION.min(newest(&answer, ApiKey::METADATA));
    let mut request = new(ApiKey::METADATA, version)?;
    request
        .set("Topics", Vec::<Value>::new())
        .set("AllowAutoTopicCreation", false);
    let metadata = exchange(&mut stream, ApiKey::METADATA, version, &request).await?;
    let mut ids = Vec::new();
    for broker in metadata
        .array("Brokers")
        .iter()
        .filter_map(Value::as_struct)
    {
        let id = i32::try_from(broker.int("NodeId")).unwrap_or(-1);
        ids.push(id);
        cluster.learn_node(
            id,
            broker.str("Host").unwrap_or_default(),
            broker.int("Port"),
        );
    }
    let version = SETTINGS_VERSION.min(newest(&answer, ApiKey::DESCRIBE_CONFIGS));
    cluster.learn_versions(answer);
    if version >= SETTINGS_OLDEST {
        cluster.learn_auto_creates(ask_auto_creates(&mut stream, version, &ids).await?);
    }
    Ok(())
}

/// Do the brokers make topics that somebody asks for? Each broker knows its own settings only, so it is asked
/// for those of all. `None`: it does not say, for want of a right.
async fn ask_auto_creates(
    stream: &mut BrokerStream,
    version: i16,
    ids: &[i32],
) -> io::Result<Option<bool>> {
    let mut request = new(ApiKey::DESCRIBE_CONFIGS, version)?;
    let resources = ids.iter().take(SETTINGS_OF_MAX).map(|id| {
        let mut resource = request.element("Resources");
        resource
            .set("ResourceType", TYPE_BROKER)
            .set("ResourceName", id.to_string())
            .set("ConfigurationKeys", vec![Value::from(AUTO_CREATE)]);
        Value::Struct(resource)
    });
    let resources: Vec<Value> = resources.collect();
    request.set("Resources", resources);
    let answer = exchange(stream, ApiKey::DESCRIBE_CONFIGS, version, &request).await?;
    let mut settings = answer
        .structs("Results")
        .flat_map(|result| result.structs("Configs"));
    let found = settings.find(|it| it.str("Name") == Some(AUTO_CREATE));
    Ok(found.and_then(|it| it.str("Value")?.parse().ok()))
}

/// Which versions the broker serves. One that does not know the version of this very question says so
/// in a form of its own, and is asked in an older one.
pub(super) async fn ask_versions(stream: &mut BrokerStream) -> io::Result<Struct> {
    let key = ApiKey::API_VERSIONS;
    for version in API_VERSIONS {
        let mut request = new(key, version)?;
        request
            .set("ClientSoftwareName", "streamward")
            .set("ClientSoftwareVersion", "0");
        let body = body(stream, key, version, &request).await?;
        // The error code comes first in every version.
        if !body.starts_with(&error::UNSUPPORTED_VERSION.to_be_bytes()) {
            return decode(key, version, &body);
        }
    }
    Err(io::Error::other(
        "the broker serves no version of ApiVersions",
    ))
}

/// The newest version of an API that the broker serves, by its own answer; -1 where it serves none.
pub(super) fn newest(versions: &Struct, key: ApiKey) -> i16 {
    let served = versions.array("ApiKeys").iter();
    let mut served = served.filter_map(Value::as_struct);
    let found = served.find(|entry| entry.int("ApiKey") == i64::from(key.0));
    found.map_or(-1, |entry| {
        i16::try_from(entry.int("MaxVersion")).unwrap_or(-1)
    })
}

pub(super) fn invalid(error: WireError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

pub(super) fn new(key: ApiKey, version: i16) -> io::Result<Struct> {
    let schema = kafka::schema(key, version, Direction::Request)
        .ok_or_else(|| io::Error::other("the table lacks a message"))?;
    Ok(Struct::new(schema))
}

pub(super) async fn exchange(
    stream: &mut BrokerStream,
    key: ApiKey,
    version: i16,
    request: &Struct,
) -> io::Result<Struct> {
    let body = body(stream, key, version, request).await?;
    decode(key, version, &body)
}

/// The body of the answer to one request.
pub(super) async fn body(
    stream: &mut BrokerStream,
    key: ApiKey,
    version: i16,
    request: &Struct,
) -> io::Result<Bytes> {
    let limits = Limits::default();
    let mut frame = Vec::new();
    kafka::write_request(&mut frame, key, version, 1, Some("streamward"), request)
        .map_err(invalid)?;
    stream.write_all(&frame).await?;
    stream.flush().await?;
    let length = stream.read_i32().await?;
    if length.to_be_bytes().starts_with(&TLS_RECORD) {
        return Err(io::Error::other(
            "the broker speaks TLS: declare `tls` for the cluster",
        ));
    }
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > limits.frame_bytes_max {
        return Err(io::Error::other("the broker's answer is too large"));
    }
    let mut answer = Vec::new();
    stream.take(length as u64).read_to_end(&mut answer).await?;
    let at = kafka::response_body_at(key, version, &answer, &limits).map_err(invalid)?;
    Ok(Bytes::from(answer).slice(at..))
}

pub(super) fn decode(key: ApiKey, version: i16, body: &Bytes) -> io::Result<Struct> {
    let schema = kafka::schema(key, version, Direction::Response)
        .ok_or_else(|| io::Error::other("the table lacks a message"))?;
    Struct::decode(schema, body, &Limits::default()).map_err(invalid)
}
