//! A gateway that serves: what it tells, what it does each second, how it ends.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::entries::lifecycle;
use super::status::{ClusterStatus, ListenerStatus, Status};
use crate::error::GatewayError;
use crate::health::Health;
use crate::io::Shared;
use crate::io::clock::now_milliseconds;
use crate::log;

/// How often running accesses are rolled up.
const ROLL_UP: Duration = Duration::from_secs(1);
/// How often entries are looked for that are older than the bundle keeps.
const PRUNE_MILLISECONDS: i64 = 3_600_000;

/// What serves.
pub(super) struct Running {
    pub(super) runtime: Option<Runtime>,
    pub(super) shared: Arc<Shared>,
    pub(super) bound: Vec<ListenerStatus>,
    pub(super) metrics: Option<SocketAddr>,
    pub(super) stop: Arc<AtomicBool>,
    pub(super) roller: Option<JoinHandle<()>>,
}

impl Running {
    pub(super) fn state_name(&self) -> &'static str {
        if self.shared.current.borrow().draining {
            "draining"
        } else {
            "running"
        }
    }

    pub(super) fn status(&self, state: &'static str) -> Status {
        let current = self.shared.current.borrow();
        let counts = &self.shared.recorder.counts;
        let journal = self.shared.recorder.journal();
        let log = self.shared.log.progress();
        let mut clusters: Vec<ClusterStatus> = self
            .shared
            .clusters
            .values()
            .map(|it| ClusterStatus {
                name: it.name.clone(),
                reachable: it.metrics.is_reachable(),
            })
            .collect();
        clusters.sort_by(|left, right| left.name.cmp(&right.name));
        let health = Health::of(&self.shared);
        Status {
            state,
            bundle: current.snapshot.bundle.to_string(),
            version: current.snapshot.version.as_deref().cloned(),
            policy_version: current.snapshot.policy.version().to_owned(),
            overlay_epoch: current.snapshot.overlay.epoch,
            listeners: self.bound.clone(),
            connections: self.shared.connections.load(Ordering::Relaxed),
            connections_refused: self.shared.connections_refused.load(Ordering::Relaxed),
            entries: journal.entries(),
            denied: counts.denied.load(Ordering::Relaxed),
            accesses_opened: counts.accesses_opened.load(Ordering::Relaxed),
            authentication_failures: counts.authentication_failures.load(Ordering::Relaxed),
            records_read: counts.records_read.load(Ordering::Relaxed),
            records_written: counts.records_written.load(Ordering::Relaxed),
            clusters,
            log_size: log.size,
            log_error: log.error,
            journal_error: journal.health().err().map(|error| error.to_string()),
            requests: crate::scrape::requests(&self.shared),
            bytes: crate::scrape::bytes(&self.shared),
            ready: health.ready,
            missing: health.missing(),
            metrics: self.metrics.map(|address| address.to_string()),
        }
    }

    pub(super) fn close(&mut self) -> Result<(), GatewayError> {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(1));
        }
        self.stop.store(true, Ordering::Relaxed);
        if let Some(roller) = self.roller.take() {
            roller.thread().unpark();
            let _ = roller.join();
        }
        let recorder = &self.shared.recorder;
        let now = now_milliseconds();
        recorder.roll_up(now)?;
        let current = self.shared.current.borrow().clone();
        let entry = lifecycle(&current.snapshot, (4, "Stop"), "stopped", now);
        recorder.journal().record(&entry.into_leaf()?)?;
        // Every entry gets its checkpoint; where that fails, the next start does it.
        if let Err(error) = self.shared.log.close() {
            tracing::error!(%error, "the last entries have no checkpoint yet");
        }
        // The lock of the directory goes now, not when the last connection lets go of the journal.
        recorder.journal().clone().close()?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Enters what running accesses moved, and removes what is older than the bundle keeps.
pub(super) fn roll_up_each_second(
    shared: Arc<Shared>,
    stop: Arc<AtomicBool>,
) -> Result<JoinHandle<()>, GatewayError> {
    std::thread::Builder::new()
        .name("roll-up".into())
        .spawn(move || {
            let recorder = &shared.recorder;
            let mut prune_at = now_milliseconds();
            while !stop.load(Ordering::Relaxed) {
                std::thread::park_timeout(ROLL_UP);
                let now = now_milliseconds();
                if let Err(error) = recorder.roll_up(now) {
                    tracing::error!(%error, "what the running accesses moved can't be entered yet");
                }
                if now >= prune_at {
                    prune_at = now.saturating_add(PRUNE_MILLISECONDS);
                    let snapshot = shared.current.borrow().snapshot.clone();
                    let pruned = log::prune(recorder.journal(), &shared.log, &snapshot, now);
                    if let Err(error) = pruned {
                        tracing::error!(%error, "old entries of the log can't be removed yet");
                    }
                }
            }
        })
        .map_err(GatewayError::Runtime)
}
