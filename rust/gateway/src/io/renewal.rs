//! A broker may end the gateway's session at a time that it tells (KIP-368): the login is renewed before.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::Current;
use super::broker::{BrokerStream, Caller, Dialled, dial, manner};
use super::clock::now_nanoseconds;
use super::login::Login;
use crate::cluster::Cluster;

/// The part of a session's time after which it is renewed. What is left is for answers that are still due, a
/// long-polling fetch above all.
const RENEW_AFTER_PERCENT: u32 = 70;
/// A session that is shorter is renewed this often, so that no broker keeps the gateway busy with logins.
const INTERVAL_MIN: Duration = Duration::from_millis(500);

/// When a login must be renewed (nanoseconds of this process).
#[derive(Clone, Copy, Debug)]
pub struct Renewal(u64);

impl Renewal {
    /// Before a session of this length ends.
    pub fn within(lifetime: Duration) -> Self {
        let after = lifetime.saturating_mul(RENEW_AFTER_PERCENT) / 100;
        let after = u64::try_from(after.max(INTERVAL_MIN).as_nanos()).unwrap_or(u64::MAX);
        Self(now_nanoseconds().saturating_add(after))
    }

    /// Has the time come?
    pub fn is_due(self) -> bool {
        now_nanoseconds() >= self.0
    }
}

/// Logs in again on a connection on which nothing is owed; where the broker refuses that, or the gateway's
/// name is another by now, on a new one.
pub async fn renew(
    current: &Current,
    cluster: &Cluster,
    node: Option<i32>,
    caller: Caller<'_>,
    mut stream: BrokerStream,
    within: Duration,
) -> std::io::Result<Dialled> {
    if let Some(login) = login_of(current, cluster, caller) {
        match timeout(within, login.log_in(&mut stream, cluster)).await {
            Ok(Ok(lifetime)) => {
                let renewal = lifetime.map(Renewal::within);
                return Ok(Dialled { stream, renewal });
            }
            Ok(Err(error)) => {
                tracing::info!(cluster = cluster.name, %error, "a login is not renewed; dialling anew");
            }
            Err(_) => {}
        }
    }
    drop(stream);
    dial(current, cluster, node, caller, within).await
}

/// How the gateway logs in on behalf of this caller now.
fn login_of(current: &Current, cluster: &Cluster, caller: Caller<'_>) -> Option<Arc<Login>> {
    let mut clusters = current.snapshot.clusters.iter();
    let section = clusters.find(|it| it.name == cluster.name)?;
    manner(current, section, caller).ok()?.login
}
