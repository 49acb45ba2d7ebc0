//! Gathers all figures into one text, in the order of the catalogue.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use streamward_audit::SYNC_BOUNDS;

use crate::io::Shared;
use crate::io::clock::now_milliseconds;
use crate::metrics::family::Family;
use crate::metrics::label::Label;
use crate::metrics::process::Process;
use crate::metrics::value::Distribution;
use crate::metrics::{Counters, Decision, Format, ListenerMetrics, Side, Text, catalogue as all};

const NANOSECONDS_PER_MILLISECOND: u64 = 1_000_000;

/// Everything, now.
pub fn scrape(shared: &Shared, format: Format) -> String {
    let mut text = Text::new(format);
    let version = env!("CARGO_PKG_VERSION");
    text.family(&all::BUILD).info(&[("version", version)]);
    connections(&mut text, shared);
    requests_and_bytes(&mut text, shared);
    decisions(&mut text, shared);
    upstream(&mut text, shared);
    in_force(&mut text, shared);
    journal(&mut text, shared);
    log(&mut text, shared);
    followers(&mut text, shared);
    process(&mut text);
    text.finish()
}

/// Requests by what became of them, of all listeners.
pub fn requests(shared: &Shared) -> BTreeMap<&'static str, u64> {
    let mut requests: BTreeMap<_, _> = Decision::VALUES.iter().map(|it| (*it, 0)).collect();
    for (_, listener) in shared.metrics.listeners() {
        for (_, decision, number) in listener.requests() {
            *requests.entry(decision).or_default() += number;
        }
    }
    requests
}

/// Bytes of clients, of all listeners.
pub fn bytes(shared: &Shared) -> BTreeMap<&'static str, u64> {
    let of_clients = |numbers: Vec<(&str, u64)>| -> u64 {
        let clients = numbers.iter().filter(|(side, _)| *side == "client");
        clients.map(|(_, number)| number).sum()
    };
    let mut bytes = BTreeMap::from([("received", 0), ("sent", 0)]);
    for (_, listener) in shared.metrics.listeners() {
        *bytes.entry("received").or_default() += of_clients(listener.received());
        *bytes.entry("sent").or_default() += of_clients(listener.sent());
    }
    bytes
}

fn number(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

fn each_listener(
    text: &mut Text,
    shared: &Shared,
    family: &'static Family,
    of: impl Fn(&ListenerMetrics) -> u64,
) {
    let mut samples = text.family(family);
    for (name, listener) in shared.metrics.listeners() {
        samples.sample(&[("listener", name)], of(listener));
    }
}

/// A sample for each value of a label, zeros included, so that a rate has a beginning.
fn each_value<'a>(
    text: &mut Text,
    shared: &'a Shared,
    family: &'static Family,
    label: &str,
    of: impl Fn(&'a ListenerMetrics) -> Vec<(&'static str, u64)>,
) {
    let mut samples = text.family(family);
    for (name, listener) in shared.metrics.listeners() {
        for (value, number) in of(listener) {
            samples.sample(&[("listener", name), (label, value)], number);
        }
    }
}

fn plain<L: Label>(text: &mut Text, family: &'static Family, counters: &Counters<L>) {
    let mut samples = text.family(family);
    for (value, number) in counters.each() {
        samples.sample(&[(L::NAME, value)], number);
    }
}

fn connections(text: &mut Text, shared: &Shared) {
    each_listener(text, shared, &all::CONNECTIONS_OPEN, |it| it.open.get());
    each_listener(text, shared, &all::CONNECTIONS_ACCEPTED, |it| {
        it.accepted.get()
    });
    each_value(text, shared, &all::CONNECTIONS_REFUSED, "reason", |it| {
        it.refused.each().collect()
    });
    each_value(text, shared, &all::CONNECTIONS_CLOSED, "reason", |it| {
        it.closed.each().collect()
    });
    each_listener(
        text,
        shared,
        &all::CONNECTIONS_MUTED,
        ListenerMetrics::muted,
    );
    each_value(text, shared, &all::CONNECTION_MUTES, "reason", |it| {
        it.mutes.each().collect()
    });
    each_value(text, shared, &all::TLS_HANDSHAKES_FAILED, "reason", |it| {
        it.tls_failed.each().collect()
    });
    authentications(text, shared);
    limits(text, shared);
}

fn limits(text: &mut Text, shared: &Shared) {
    each_value(text, shared, &all::LIMITS_EXCEEDED, "limit", |it| {
        it.over_limit.each().collect()
    });
    each_value(text, shared, &all::TIMEOUTS, "timeout", |it| {
        it.timed_out.each().collect()
    });
    each_value(text, shared, &all::THROTTLES, "limit", |it| {
        it.throttles.each().collect()
    });
    let mut samples = text.family(&all::THROTTLE_SECONDS);
    for (name, listener) in shared.metrics.listeners() {
        for (limit, milliseconds) in listener.throttled_milliseconds.each() {
            let nanoseconds = milliseconds.saturating_mul(NANOSECONDS_PER_MILLISECOND);
            samples.seconds(&[("listener", name), ("limit", limit)], nanoseconds);
        }
    }
    let memory = &shared.ledger.memory;
    text.family(&all::BUFFERED_BYTES)
        .sample(&[], memory.held() as u64);
    let most = shared.current.borrow().snapshot.limits.buffered_bytes_max;
    text.family(&all::BUFFERED_BYTES_MAX)
        .sample(&[], most as u64);
    text.family(&all::BUFFER_WAITS)
        .sample(&[], number(&memory.waits));
}

fn authentications(text: &mut Text, shared: &Shared) {
    let counts = &shared.recorder.counts;
    let mut samples = text.family(&all::AUTHENTICATIONS);
    for (outcome, counters) in [("success", &counts.proved), ("failure", &counts.not_proved)] {
        for (mechanism, number) in counters.each() {
            samples.sample(&[("mechanism", mechanism), ("outcome", outcome)], number);
        }
    }
    let lockouts = &shared.passwords.lockouts;
    text.family(&all::AUTHENTICATIONS_LOCKED_OUT)
        .sample(&[], lockouts.refused.get());
    text.family(&all::AUTHENTICATION_FAILURES_TRACKED)
        .sample(&[], lockouts.tracked.get());
}

fn requests_and_bytes(text: &mut Text, shared: &Shared) {
    let mut samples = text.family(&all::REQUESTS);
    for (name, listener) in shared.metrics.listeners() {
        for (api, decision, number) in listener.requests() {
            let labels = [("listener", name), ("api", api), ("decision", decision)];
            samples.sample(&labels, number);
        }
    }
    each_value(
        text,
        shared,
        &all::RESPONSES,
        "source",
        ListenerMetrics::responses,
    );
    each_listener(
        text,
        shared,
        &all::REQUESTS_IN_FLIGHT,
        ListenerMetrics::in_flight,
    );
    durations(
        text,
        shared,
        &all::REQUEST_DURATION,
        ListenerMetrics::durations,
    );
    durations(
        text,
        shared,
        &all::REQUEST_PROCESSING,
        ListenerMetrics::processing,
    );
    each_value(
        text,
        shared,
        &all::RECEIVED_BYTES,
        "peer",
        ListenerMetrics::received,
    );
    each_value(
        text,
        shared,
        &all::BYPASSED_BYTES,
        "peer",
        ListenerMetrics::bypassed,
    );
    each_value(
        text,
        shared,
        &all::SENT_BYTES,
        "peer",
        ListenerMetrics::sent,
    );
    each_value(text, shared, &all::QUEUED_BYTES, "peer", |it| {
        vec![
            ("client", it.queued(Side::Client)),
            ("broker", it.queued(Side::Broker)),
        ]
    });
    let counts = &shared.recorder.counts;
    text.family(&all::RECORDS)
        .sample(&[("operation", "read")], number(&counts.records_read))
        .sample(&[("operation", "write")], number(&counts.records_written));
    sealing(text, shared);
    contracts(text, shared);
}

fn contracts(text: &mut Text, shared: &Shared) {
    let counts = &shared.schemas.counts;
    text.family(&all::CONTRACT_VIOLATIONS)
        .sample(&[("operation", "read")], number(&counts.refused_read))
        .sample(&[("operation", "write")], number(&counts.refused_write));
    text.family(&all::SCHEMA_QUESTIONS)
        .sample(&[("outcome", "known")], number(&counts.known))
        .sample(&[("outcome", "unknown")], number(&counts.unknown))
        .sample(&[("outcome", "failure")], number(&counts.unanswered));
    let cached = u64::try_from(shared.schemas.kept()).unwrap_or(u64::MAX);
    text.family(&all::SCHEMAS_CACHED).sample(&[], cached);
}

fn sealing(text: &mut Text, shared: &Shared) {
    let counts = &shared.keys.counts;
    text.family(&all::SEALED_RECORDS)
        .sample(&[("operation", "read")], number(&counts.opened))
        .sample(&[("operation", "write")], number(&counts.sealed));
    text.family(&all::SEALING_VIOLATIONS)
        .sample(&[("operation", "read")], number(&counts.refused_read))
        .sample(&[("operation", "write")], number(&counts.refused_write));
    text.family(&all::DATA_KEY_QUESTIONS)
        .sample(&[("outcome", "success")], number(&counts.answered))
        .sample(&[("outcome", "failure")], number(&counts.unanswered));
}

fn durations(
    text: &mut Text,
    shared: &Shared,
    family: &'static Family,
    of: impl Fn(&ListenerMetrics) -> Vec<(&'static str, Distribution)>,
) {
    let mut samples = text.family(family);
    for (name, listener) in shared.metrics.listeners() {
        for (kind, held) in of(listener) {
            samples.histogram(&[("listener", name), ("family", kind)], &held);
        }
    }
}

fn decisions(text: &mut Text, shared: &Shared) {
    let counts = &shared.recorder.counts;
    let decisions = &shared.metrics.decisions;
    plain(text, &all::DECISIONS, &decisions.lookups);
    text.family(&all::DENIALS)
        .sample(&[], number(&counts.denied));
    text.family(&all::DECISION_ERRORS)
        .sample(&[], decisions.errors.get());
    text.family(&all::ACCESSES)
        .sample(&[], number(&counts.accesses_opened));
}

fn upstream(text: &mut Text, shared: &Shared) {
    let mut clusters: Vec<_> = shared.clusters.values().collect();
    clusters.sort_by(|left, right| left.name.cmp(&right.name));
    let mut samples = text.family(&all::UPSTREAM_REACHABLE);
    for cluster in &clusters {
        let reachable = u64::from(cluster.metrics.is_reachable());
        samples.sample(&[("cluster", &cluster.name)], reachable);
    }
    let mut samples = text.family(&all::UPSTREAM_DIALS);
    for cluster in &clusters {
        for (outcome, number) in cluster.metrics.dials.each() {
            samples.sample(&[("cluster", &cluster.name), ("outcome", outcome)], number);
        }
    }
    let mut samples = text.family(&all::UPSTREAM_DIAL_DURATION);
    for cluster in &clusters {
        let held = cluster.metrics.dial_duration.read();
        samples.histogram(&[("cluster", &cluster.name)], &held);
    }
}

fn in_force(text: &mut Text, shared: &Shared) {
    let snapshot = shared.current.borrow().snapshot.clone();
    let metrics = &shared.metrics.snapshot;
    text.family(&all::SNAPSHOT).info(&[
        ("bundle", &snapshot.bundle),
        ("environment", &snapshot.environment),
        ("policy_version", snapshot.policy.version()),
    ]);
    let applied = metrics.applied_milliseconds.get();
    text.family(&all::SNAPSHOT_TIMESTAMP)
        .seconds(&[], applied.saturating_mul(NANOSECONDS_PER_MILLISECOND));
    plain(text, &all::SNAPSHOT_APPLIES, &metrics.applies);
    text.family(&all::SNAPSHOT_APPLY_DURATION)
        .histogram(&[], &metrics.apply_duration.read());
    let mut samples = text.family(&all::BUNDLE_RELOADS);
    for (outcome, number) in &shared.metrics.published().reloads {
        samples.sample(&[("outcome", outcome)], *number);
    }
    text.family(&all::OVERLAY_EPOCH)
        .sample(&[], snapshot.overlay.epoch);
    let active = snapshot.overlay.active(now_milliseconds());
    text.family(&all::CONTAINMENTS).sample(&[], active as u64);
}

fn journal(text: &mut Text, shared: &Shared) {
    let journal = shared.recorder.journal();
    let figures = journal.figures();
    let healthy = u64::from(journal.health().is_ok());
    text.family(&all::JOURNAL_HEALTHY).sample(&[], healthy);
    text.family(&all::JOURNAL_ENTRIES)
        .sample(&[], journal.entries());
    text.family(&all::JOURNAL_WRITTEN_BYTES)
        .sample(&[], figures.written_bytes);
    let unsynced = figures.written_bytes.saturating_sub(figures.durable_bytes);
    text.family(&all::JOURNAL_UNSYNCED_BYTES)
        .sample(&[], unsynced);
    let syncs = Distribution {
        bounds: &SYNC_BOUNDS,
        buckets: figures.syncs.to_vec(),
        sum: figures.sync_nanoseconds,
    };
    text.family(&all::JOURNAL_SYNC_DURATION)
        .histogram(&[], &syncs);
    text.family(&all::JOURNAL_WRITE_FAILURES)
        .sample(&[], figures.write_failures);
    each_listener(text, shared, &all::REQUESTS_UNRECORDED, |it| {
        it.unrecorded.get()
    });
    let unentered = &shared.recorder.counts.unentered;
    plain(text, &all::JOURNAL_UNENTERED, unentered);
}

fn log(text: &mut Text, shared: &Shared) {
    let progress = shared.log.progress();
    text.family(&all::LOG_SIZE).sample(&[], progress.size);
    text.family(&all::LOG_CHECKPOINTS)
        .sample(&[], progress.checkpoints);
    let behind = u64::try_from(progress.behind.as_nanos()).unwrap_or(u64::MAX);
    text.family(&all::LOG_BEHIND).seconds(&[], behind);
    let healthy = u64::from(progress.error.is_none());
    text.family(&all::LOG_HEALTHY).sample(&[], healthy);
}

fn followers(text: &mut Text, shared: &Shared) {
    let published = shared.metrics.published();
    let entries = shared.recorder.journal().entries();
    let mut samples = text.family(&all::FOLLOWER_LAG);
    for (follower, read) in &published.followers {
        let lag = entries.saturating_sub(*read);
        samples.sample(&[("follower", follower)], lag);
    }
    let mut samples = text.family(&all::ALERTS);
    for (severity, number) in &published.alerts {
        samples.sample(&[("severity", severity)], *number);
    }
}

fn process(text: &mut Text) {
    let process = Process::read().unwrap_or_default();
    text.family(&all::PROCESS_CPU).seconds(&[], process.cpu);
    text.family(&all::PROCESS_RESIDENT)
        .sample(&[], process.resident);
    text.family(&all::PROCESS_VIRTUAL)
        .sample(&[], process.virtual_memory);
    text.family(&all::PROCESS_OPEN_FDS)
        .sample(&[], process.open_fds);
    text.family(&all::PROCESS_MAX_FDS)
        .sample(&[], process.max_fds);
    text.family(&all::PROCESS_THREADS)
        .sample(&[], process.threads);
    text.family(&all::PROCESS_START)
        .seconds(&[], process.started);
}
