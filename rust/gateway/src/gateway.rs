//! The gateway as a whole: starts, takes snapshots, records for others, drains.

use std::collections::{BTreeMap, HashMap};
use std::net::{SocketAddr, TcpListener as StdListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde::Serialize;
use streamward_audit::log::Sequencer;
use streamward_audit::{Batch, Recovered};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, watch};

use crate::cluster::Cluster;
use crate::devices::Devices;
use crate::entry::{Class, Entry};
use crate::error::GatewayError;
use crate::health::Health;
use crate::io::clock::{now_milliseconds, now_nanoseconds};
use crate::io::dead_letters::Burials;
use crate::io::grants::QUESTIONS_MAX;
use crate::io::listener::{Bound, serve};
use crate::io::passwords::Passwords;
use crate::io::{Current, Shared, beat, http, probe, tls};
use crate::log;
use crate::materials::Materials;
use crate::metrics::{Format, Metrics, Outcome, Published};
use crate::privileges;
use crate::recorder::Recorder;
use crate::recovery;
use crate::renewal::{self, Renewal, Unusable};
use crate::snapshot::{BundleVersion, ListenerSection, Routing, Snapshot};

/// How often running accesses are rolled up.
const ROLL_UP: Duration = Duration::from_secs(1);
/// How often entries are looked for that are older than the bundle keeps.
const PRUNE_MILLISECONDS: i64 = 3_600_000;
/// How often a draining gateway looks whether its connections are gone.
const DRAIN_PAUSE: Duration = Duration::from_millis(20);

/// What is going on, for people and metrics.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// `running`, `draining` or `stopped`.
    pub state: &'static str,
    /// The bundle in force.
    pub bundle: String,
    /// Which applied version of it; `None`: the folder as it was read.
    pub version: Option<BundleVersion>,
    /// Its policy.
    pub policy_version: String,
    /// The containment in force.
    pub overlay_epoch: u64,
    /// Bound addresses.
    pub listeners: Vec<ListenerStatus>,
    /// Open connections.
    pub connections: usize,
    /// Connections refused because there were too many.
    pub connections_refused: u64,
    /// Entries of the log.
    pub entries: u64,
    /// Requests refused.
    pub denied: u64,
    /// Accesses opened.
    pub accesses_opened: u64,
    /// Failed attempts to prove an identity.
    pub authentication_failures: u64,
    /// Records delivered.
    pub records_read: u64,
    /// Records acknowledged.
    pub records_written: u64,
    /// Clusters and whether they have answered.
    pub clusters: Vec<ClusterStatus>,
    /// Why the journal can't be written, if it can't.
    pub journal_error: Option<String>,
    /// Entries that a signed checkpoint covers.
    pub log_size: u64,
    /// Why the log can't keep up with the journal, if it can't.
    pub log_error: Option<String>,
    /// Requests by what became of them.
    pub requests: BTreeMap<&'static str, u64>,
    /// Bytes of clients, in and out.
    pub bytes: BTreeMap<&'static str, u64>,
    /// May clients come? And what is missing, if not.
    pub ready: bool,
    /// What is missing.
    pub missing: Vec<String>,
    /// Where figures are served over the network; `null`: only at the control door.
    pub metrics: Option<String>,
}

/// One bound address.
#[derive(Clone, Debug, Serialize)]
pub struct ListenerStatus {
    /// The listener's name.
    pub name: String,
    /// The address.
    pub address: String,
    /// The broker behind it; `null`: any.
    pub node: Option<i32>,
    /// Does it grant data keys, and speak no Kafka?
    pub grants: bool,
}

/// One cluster.
#[derive(Clone, Debug, Serialize)]
pub struct ClusterStatus {
    /// Its name.
    pub name: String,
    /// Did a broker answer when it was last asked?
    pub reachable: bool,
}

/// A gateway that runs, or is about to.
pub struct Gateway {
    state: Mutex<State>,
    audit_directory: PathBuf,
    workers: usize,
}

enum State {
    Ready(Box<Current>),
    Running(Box<Running>),
    Stopped,
}

struct Running {
    runtime: Option<Runtime>,
    shared: Arc<Shared>,
    bound: Vec<ListenerStatus>,
    metrics: Option<SocketAddr>,
    stop: Arc<AtomicBool>,
    roller: Option<JoinHandle<()>>,
}

impl Gateway {
    /// Reads a snapshot; nothing is opened or bound yet.
    pub fn new(
        document: &[u8],
        materials: Materials,
        audit_directory: PathBuf,
        workers: usize,
    ) -> Result<Self, GatewayError> {
        let current = current(Snapshot::build(document, materials)?)?;
        let state = Mutex::new(State::Ready(Box::new(current)));
        Ok(Self {
            state,
            audit_directory,
            workers: workers.clamp(1, 256),
        })
    }

    /// Opens the journal, enters what a crash left, binds every listener and serves.
    pub fn start(&self) -> Result<(), GatewayError> {
        let mut state = self.state();
        let State::Ready(current) = &*state else {
            return Err(GatewayError::Stopped);
        };
        let current = (**current).clone();
        let sockets = bind_all(&current.snapshot)?;
        let figures = http::bind(current.snapshot.metrics.as_ref())?;
        let (journal, recovered, sequencer) = log::open(&self.audit_directory, &current.snapshot)?;
        let recorder = Arc::new(Recorder::new(journal, recovered.access_first));
        recorder.keep_addresses_apart(current.snapshot.log.addresses_apart());
        enter_start(&recorder, &current.snapshot, &recovered, &sequencer)?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(self.workers)
            .thread_name("gateway")
            .enable_all()
            .build()
            .map_err(GatewayError::Runtime)?;
        let clusters = current.snapshot.clusters.iter();
        let clusters = clusters
            .map(|it| (it.name.clone(), Arc::new(Cluster::new(&it.name))))
            .collect();
        let listeners = current.snapshot.listeners.iter();
        let metrics = Metrics::new(listeners.map(|it| it.name.as_str()));
        metrics.snapshot.applied(now_milliseconds());
        let shared = Arc::new(Shared {
            metrics: Arc::new(metrics),
            beat: AtomicI64::new(now_milliseconds()),
            current: watch::Sender::new(current),
            clusters,
            recorder,
            log: sequencer,
            keys: Arc::default(),
            schemas: Arc::default(),
            questions: Arc::default(),
            burials: Burials::default(),
            passwords: Passwords::default(),
            granting: Semaphore::new(QUESTIONS_MAX),
            ledger: Arc::default(),
            next_connection: AtomicU64::new(0),
            connections: AtomicUsize::new(0),
            connections_refused: AtomicU64::new(0),
        });
        let bound = spawn_all(&runtime, &shared, sockets)?;
        runtime.spawn(beat::keep_beating(shared.clone()));
        let metrics = http::spawn(&runtime, &shared, figures)?;
        let stop = Arc::new(AtomicBool::new(false));
        let roller = roll_up_each_second(shared.clone(), stop.clone())?;
        *state = State::Running(Box::new(Running {
            runtime: Some(runtime),
            shared,
            bound,
            metrics,
            stop,
            roller: Some(roller),
        }));
        Ok(())
    }

    /// Puts another snapshot in force. Connections whose rights still hold live on.
    pub fn apply(&self, document: &[u8], materials: Materials) -> Result<Status, GatewayError> {
        let begun = now_nanoseconds();
        let applied = self.build_and_apply(document, materials);
        if let State::Running(running) = &*self.state() {
            let metrics = &running.shared.metrics.snapshot;
            let duration = now_nanoseconds().saturating_sub(begun);
            metrics.apply_duration.observe(duration);
            let outcome = if applied.is_ok() {
                metrics.applied(now_milliseconds());
                Outcome::Success
            } else {
                Outcome::Failure
            };
            metrics.applies.of(outcome).add_one();
        }
        applied
    }

    fn build_and_apply(
        &self,
        document: &[u8],
        materials: Materials,
    ) -> Result<Status, GatewayError> {
        let next = current(Snapshot::build(document, materials)?)?;
        self.put_in_force("policy_applied", |now_in_force| {
            check_unmoved(&now_in_force.snapshot, &next.snapshot)?;
            let known = &now_in_force.snapshot.devices;
            let devices = Devices::clone(&next.snapshot.devices).knowing(known);
            Ok(Current {
                snapshot: Arc::new(next.snapshot.with_devices(devices)),
                draining: now_in_force.draining,
                token_keys: now_in_force.token_keys.clone(),
                ..next
            })
        })
    }

    /// Takes over certificates, keys and other materials that were read anew; connections live on. Of which there
    /// are no bytes is withheld. What can't be used is entered as such, and leaves in force what was there; of some,
    /// whoever read them knows it already.
    pub fn supply(
        &self,
        materials: HashMap<String, Vec<u8>>,
        unusable: HashMap<String, String>,
    ) -> Result<Renewal, GatewayError> {
        let state = self.state();
        let State::Running(running) = &*state else {
            return Err(GatewayError::Stopped);
        };
        let in_force = running.shared.current.borrow().clone();
        let now = now_milliseconds();
        let (next, mut renewal) = renewal::renew(&in_force.snapshot, materials, now);
        let unusable = unusable.into_iter().map(|(reference, what)| Unusable {
            references: vec![reference],
            what,
        });
        renewal.refused.extend(unusable);
        for entry in renewal::entries(&renewal, &in_force.snapshot, now) {
            let journal = running.shared.recorder.journal();
            journal.record(&entry.into_leaf()?)?;
        }
        if let Some((snapshot, tls)) = next {
            running.shared.current.send_replace(Current {
                snapshot: Arc::new(snapshot),
                tls: Arc::new(tls),
                ..in_force
            });
        }
        Ok(renewal)
    }

    /// Puts another overlay in force, and nothing else.
    pub fn overlay(&self, section: &[u8]) -> Result<Status, GatewayError> {
        self.put_in_force("", |now_in_force| {
            let snapshot = now_in_force.snapshot.with_overlay(section)?;
            Ok(Current {
                snapshot: Arc::new(snapshot),
                ..now_in_force.clone()
            })
        })
    }

    pub(crate) fn put_in_force(
        &self,
        kind: &str,
        make: impl FnOnce(&Current) -> Result<Current, GatewayError>,
    ) -> Result<Status, GatewayError> {
        let state = self.state();
        let State::Running(running) = &*state else {
            return Err(GatewayError::Stopped);
        };
        let next = make(&running.shared.current.borrow())?;
        let apart = next.snapshot.log.addresses_apart();
        running.shared.recorder.keep_addresses_apart(apart);
        if !kind.is_empty() {
            let recorder = &running.shared.recorder;
            let mut changes = Batch::new();
            let before = running.shared.current.borrow().snapshot.directory.clone();
            let (after, version) = (&next.snapshot.directory, next.snapshot.policy.version());
            privileges::enter_changes(&mut changes, &before, after, version, now_milliseconds())?;
            recorder.journal().write(&mut changes)?;
            // Durable with what was written before it.
            let entry = policy_entry(&next.snapshot);
            recorder.journal().record(&entry.into_leaf()?)?;
            recorder.policy_changed();
        }
        let before = running.shared.current.send_replace(next.clone());
        if !Arc::ptr_eq(&before.snapshot.sealing, &next.snapshot.sealing) {
            // What is no longer declared seals and opens nothing any more.
            let rings = &next.snapshot.sealing.rings;
            let keys = &running.shared.keys;
            keys.retain(|ring| rings.iter().any(|it| it.name == ring));
        }
        if !Arc::ptr_eq(&before.snapshot.contracts, &next.snapshot.contracts) {
            // The same name may stand for another registry now.
            let declared = next.snapshot.contracts.registered();
            running.shared.schemas.retain(&declared);
        }
        Ok(running.status("running"))
    }

    /// Enters something of others through the only writer; durable when it returns. Its index.
    pub fn record(&self, entry: &[u8]) -> Result<u64, GatewayError> {
        let journal = {
            let state = self.state();
            let State::Running(running) = &*state else {
                return Err(GatewayError::Stopped);
            };
            running.shared.recorder.journal().clone()
        };
        Ok(journal.record(entry)?)
    }

    /// Erases what entries commit to at these places; how many there were. Enter first that it is done.
    pub fn erase(&self, places: &[u64]) -> Result<usize, GatewayError> {
        let shared = self.shared().ok_or(GatewayError::Stopped)?;
        Ok(shared.recorder.journal().erase(places)?)
    }

    /// The decision that a live connection would get, as JSON.
    pub fn decide(&self, request: &[u8]) -> Result<Vec<u8>, GatewayError> {
        let policy = {
            let state = self.state();
            let State::Running(running) = &*state else {
                return Err(GatewayError::Stopped);
            };
            running.shared.current.borrow().snapshot.policy.clone()
        };
        Ok(policy.decide_json(request, now_milliseconds())?)
    }

    /// What is going on.
    pub fn status(&self) -> Option<Status> {
        match &*self.state() {
            State::Running(running) => Some(running.status(running.state_name())),
            _ => None,
        }
    }

    /// All figures, as text. `None`: the gateway is not running.
    pub fn metrics(&self, format: Format) -> Option<String> {
        let shared = self.shared()?;
        Some(crate::scrape::scrape(&shared, format))
    }

    /// Is it alive, and may clients come? `None`: the gateway is not running.
    pub fn health(&self) -> Option<Health> {
        let shared = self.shared()?;
        Some(Health::of(&shared))
    }

    /// Takes over figures that are counted elsewhere, as JSON (`docs/concepts/boundary.md`).
    pub fn publish(&self, figures: &[u8]) -> Result<(), GatewayError> {
        let shared = self.shared().ok_or(GatewayError::Stopped)?;
        let published = Published::read(figures).map_err(|what| GatewayError::Figures { what })?;
        shared.metrics.publish(published);
        Ok(())
    }

    /// The identity store has changed: what it answered is asked anew.
    pub fn forget_passwords(&self) -> Result<(), GatewayError> {
        let shared = self.shared().ok_or(GatewayError::Stopped)?;
        shared.passwords.forget();
        Ok(())
    }

    /// Forgets the data keys of a ring (of an empty name: of all rings): each is asked for anew before it is used.
    pub fn forget_keys(&self, ring: &str) -> Result<(), GatewayError> {
        let shared = self.shared().ok_or(GatewayError::Stopped)?;
        shared.keys.forget(ring);
        Ok(())
    }

    pub(crate) fn shared(&self) -> Option<Arc<Shared>> {
        match &*self.state() {
            State::Running(running) => Some(running.shared.clone()),
            _ => None,
        }
    }

    /// Takes no new connection or request, waits for what is in flight, and stops.
    pub fn drain(&self, wait: Duration) -> Result<(), GatewayError> {
        let shared = {
            let state = self.state();
            let State::Running(running) = &*state else {
                return Err(GatewayError::Stopped);
            };
            running.shared.clone()
        };
        // Until the last connection is gone the journal takes entries, and status says `draining`.
        shared
            .current
            .send_modify(|current| current.draining = true);
        let deadline =
            now_milliseconds().saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
        let busy =
            || shared.connections.load(Ordering::Relaxed) > 0 || !shared.burials.waiting.is_idle();
        while busy() && now_milliseconds() < deadline {
            pause(DRAIN_PAUSE);
        }
        match std::mem::replace(&mut *self.state(), State::Stopped) {
            State::Running(mut running) => running.close(),
            _ => Err(GatewayError::Stopped),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    fn state_name(&self) -> &'static str {
        if self.shared.current.borrow().draining {
            "draining"
        } else {
            "running"
        }
    }

    fn status(&self, state: &'static str) -> Status {
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

    fn close(&mut self) -> Result<(), GatewayError> {
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

fn current(snapshot: Snapshot) -> Result<Current, GatewayError> {
    let tls = Arc::new(tls::Configurations::build(&snapshot)?);
    Ok(Current {
        snapshot: Arc::new(snapshot),
        tls,
        token_keys: Arc::default(),
        draining: false,
    })
}

/// The sockets of a listener: its bootstrap address, and one per broker where it routes by port.
fn addresses(listener: &ListenerSection) -> Vec<(u16, Option<i32>)> {
    match &listener.routing {
        Routing::Sni { port, .. } => vec![(*port, None)],
        Routing::Ports {
            bootstrap_port,
            nodes,
        } => {
            let brokers = (0..nodes.count).map(|offset| {
                (
                    nodes.first_port.saturating_add(offset),
                    Some(nodes.first_id + i32::from(offset)),
                )
            });
            std::iter::once((*bootstrap_port, None))
                .chain(brokers)
                .collect()
        }
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "the caller's own thread waits, no worker"
)]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

struct Socket {
    listener: String,
    node: Option<i32>,
    grants: bool,
    bound: StdListener,
}

fn bind_all(snapshot: &Snapshot) -> Result<Vec<Socket>, GatewayError> {
    let mut sockets = Vec::new();
    for listener in snapshot.listeners.iter() {
        for (port, node) in addresses(listener) {
            let socket = StdListener::bind((listener.bind.as_str(), port))
                .and_then(|socket| socket.set_nonblocking(true).map(|()| socket))
                .map_err(|source| GatewayError::Bind {
                    listener: listener.name.clone(),
                    address: format!("{}:{port}", listener.bind),
                    source,
                })?;
            sockets.push(Socket {
                listener: listener.name.clone(),
                node,
                grants: listener.grants.is_some(),
                bound: socket,
            });
        }
    }
    Ok(sockets)
}

fn spawn_all(
    runtime: &Runtime,
    shared: &Arc<Shared>,
    sockets: Vec<Socket>,
) -> Result<Vec<ListenerStatus>, GatewayError> {
    let _inside = runtime.enter();
    let mut bound = Vec::new();
    let mut open = HashMap::<String, Arc<AtomicUsize>>::new();
    for Socket {
        listener,
        node,
        grants,
        bound: socket,
    } in sockets
    {
        let failed = |source| GatewayError::Bind {
            listener: listener.clone(),
            address: "a bound address".into(),
            source,
        };
        let address = socket.local_addr().map_err(failed)?.to_string();
        let socket = TcpListener::from_std(socket).map_err(failed)?;
        let open = open.entry(listener.clone()).or_default().clone();
        bound.push(ListenerStatus {
            name: listener.clone(),
            address,
            node,
            grants,
        });
        runtime.spawn(serve(
            shared.clone(),
            Bound {
                listener,
                node,
                socket,
                open,
            },
        ));
    }
    for cluster in shared.clusters.values() {
        runtime.spawn(probe::keep_fresh(shared.clone(), cluster.clone()));
    }
    Ok(bound)
}

/// Listeners can't move while they are bound.
fn check_unmoved(old: &Snapshot, new: &Snapshot) -> Result<(), GatewayError> {
    let place = |listener: &ListenerSection| {
        (
            listener.name.clone(),
            listener.bind.clone(),
            listener.routing.clone(),
        )
    };
    let before: Vec<_> = old.listeners.iter().map(place).collect();
    let after: Vec<_> = new.listeners.iter().map(place).collect();
    let moved = after.iter().find(|it| !before.contains(it));
    if old.metrics != new.metrics {
        return Err(GatewayError::MetricsChanged);
    }
    if old.log.needs_restart(&new.log) {
        return Err(GatewayError::LogChanged);
    }
    match moved.or_else(|| before.iter().find(|it| !after.contains(it))) {
        Some((listener, ..)) => Err(GatewayError::ListenerChanged {
            listener: listener.clone(),
        }),
        None => Ok(()),
    }
}

fn roll_up_each_second(
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

fn lifecycle(snapshot: &Snapshot, activity: (u32, &str), reason: &str, now: i64) -> Entry {
    Entry::new("lifecycle", Class::ApplicationLifecycle, activity, now)
        .with("environment", &*snapshot.environment)
        .with("policy_version", snapshot.policy.version())
        .with("reason", reason)
}

fn policy_entry(snapshot: &Snapshot) -> Entry {
    let version = match &snapshot.version {
        Some(it) => format!("version {} ({}) of ", it.number, it.content),
        None => String::new(),
    };
    Entry::new(
        "policy_applied",
        Class::ConfigStateChange,
        (1, "Log"),
        now_milliseconds(),
    )
    .with("environment", &*snapshot.environment)
    .with("policy_version", snapshot.policy.version())
    .with(
        "reason",
        format!("{version}bundle `{}` is in force", snapshot.bundle),
    )
}

fn enter_start(
    recorder: &Recorder,
    snapshot: &Snapshot,
    recovered: &Recovered,
    sequencer: &Sequencer,
) -> Result<(), GatewayError> {
    let behind = sequencer.found_behind();
    recovery::enter(recorder, recovered, behind, Some(&snapshot.environment))?;
    let now = now_milliseconds();
    recorder.write_entry(lifecycle(snapshot, (3, "Start"), "started", now))?;
    let journal = recorder.journal();
    journal.record(&policy_entry(snapshot).into_leaf()?)?;
    log::enter_rotation(journal, sequencer, snapshot, now)
}
