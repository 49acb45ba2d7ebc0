//! Asks a group's coordinator what it has of the group, on a connection of the gateway's own.

use std::io;

use streamward_wire::kafka::{ApiKey, Struct, Value};
use tokio::time::timeout;

use super::Current;
use super::broker::{Caller, dial};
use super::probe::{ANSWER, body, decode, new};
use crate::cluster::Cluster;

/// The version in which the gateway asks.
const VERSION: i16 = 0;

/// What this broker says of a streams group; `None`: nothing.
pub async fn describe_streams(
    current: &Current,
    cluster: &Cluster,
    node: Option<i32>,
    group: &str,
) -> Option<Struct> {
    let asked = timeout(ANSWER, ask(current, cluster, node, group)).await;
    match asked.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut))) {
        Ok(answer) => answer.structs("Groups").next().cloned(),
        Err(error) => {
            tracing::warn!(cluster = cluster.name, %error, "a group can't be described");
            None
        }
    }
}

async fn ask(
    current: &Current,
    cluster: &Cluster,
    node: Option<i32>,
    group: &str,
) -> io::Result<Struct> {
    let key = ApiKey::STREAMS_GROUP_DESCRIBE;
    let mut stream = dial(current, cluster, node, Caller::Gateway, ANSWER)
        .await?
        .stream;
    let mut request = new(key, VERSION)?;
    request.set("GroupIds", vec![Value::from(group)]);
    let answer = body(&mut stream, key, VERSION, &request).await?;
    decode(key, VERSION, &answer)
}
