//! The gateway as a whole: starts, takes snapshots, records for others, drains.

mod entries;
mod running;
mod sockets;
mod status;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use streamward_audit::Batch;
use tokio::runtime::Builder;
use tokio::sync::{Semaphore, watch};

use self::entries::{enter_start, policy_entry};
use self::running::{Running, roll_up_each_second};
use self::sockets::{bind_all, check_unmoved, spawn_all};
pub use self::status::Status;
use crate::cluster::Cluster;
use crate::devices::Devices;
use crate::error::GatewayError;
use crate::health::Health;
use crate::io::clock::{now_milliseconds, now_nanoseconds};
use crate::io::dead_letters::Burials;
use crate::io::grants::QUESTIONS_MAX;
use crate::io::passwords::Passwords;
use crate::io::{Current, Shared, beat, http, tls};
use crate::log;
use crate::materials::Materials;
use crate::metrics::{Format, Metrics, Outcome, Published};
use crate::privileges;
use crate::recorder::Recorder;
use crate::renewal::{self, Renewal, Unusable};
use crate::snapshot::Snapshot;

/// How often a draining gateway looks whether its connections are gone.
const DRAIN_PAUSE: Duration = Duration::from_millis(20);

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

fn current(snapshot: Snapshot) -> Result<Current, GatewayError> {
    let tls = Arc::new(tls::Configurations::build(&snapshot)?);
    Ok(Current {
        snapshot: Arc::new(snapshot),
        tls,
        token_keys: Arc::default(),
        draining: false,
    })
}

#[allow(
    clippy::disallowed_methods,
    reason = "the caller's own thread waits, no worker"
)]
fn pause(time: Duration) {
    std::thread::sleep(time);
}
