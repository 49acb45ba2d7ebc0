//! Every figure that the gateway gives, in the order of a scrape. `docs/reference/metrics.md` is written
//! from it, and a test compares it with what a scrape really holds.

use serde::Serialize;

use super::family::{Family, counter, gauge, histogram, info};

macro_rules! catalogue {
    ($($(#[$doc:meta])* $family:ident = $value:expr;)+) => {
        $($(#[$doc])* pub const $family: Family = $value;)+
        /// All of them.
        pub const ALL: &[&Family] = &[$(&$family),+];
    };
}

catalogue! {
    /// Version.
    BUILD = info("streamward_build", &["version"], "The version that runs.");

    /// Open.
    CONNECTIONS_OPEN = gauge("streamward_connections_open", &["listener"],
        "Connections of clients that are open.");
    /// Accepted.
    CONNECTIONS_ACCEPTED = counter("streamward_connections_accepted", &["listener"],
        "Connections of clients that were accepted, refused ones included.");
    /// Refused.
    CONNECTIONS_REFUSED = counter("streamward_connections_refused", &["listener", "reason"],
        "Connections that were closed before they were heard.");
    /// Closed.
    CONNECTIONS_CLOSED = counter("streamward_connections_closed", &["listener", "reason"],
        "Connections that ended, and why.");
    /// Muted.
    CONNECTIONS_MUTED = gauge("streamward_connections_muted", &["listener"],
        "Connections whose client is not read from now, because it is ahead of its answers.");
    /// Mutes.
    CONNECTION_MUTES = counter("streamward_connection_mutes", &["listener", "reason"],
        "How often reading from a client was stopped for a while.");
    /// TLS.
    TLS_HANDSHAKES_FAILED = counter("streamward_tls_handshakes_failed", &["listener", "reason"],
        "TLS handshakes with clients that failed.");
    /// Authentications.
    AUTHENTICATIONS = counter("streamward_authentications", &["mechanism", "outcome"],
        "Attempts of clients to prove who they are; failed TLS handshakes are among `certificate`.");
    /// Locked out.
    AUTHENTICATIONS_LOCKED_OUT = counter("streamward_authentications_locked_out", &[],
        "Passwords that were not looked at because too many had failed from the same source.");
    /// Tracked.
    AUTHENTICATION_FAILURES_TRACKED = gauge("streamward_authentication_failures_tracked", &[],
        "Sources, and sources with a name, whose failed attempts are remembered.");

    /// Over a limit.
    LIMITS_EXCEEDED = counter("streamward_limits_exceeded", &["listener", "limit"],
        "Connections that ended because one of these limits was exceeded.");
    /// Time-outs.
    TIMEOUTS = counter("streamward_timeouts", &["listener", "timeout"],
        "Connections that ended because this took too long.");
    /// Throttles.
    THROTTLES = counter("streamward_throttles", &["listener", "limit"],
        "Answers that told their client to wait (and requests without an answer that muted it), by the \
         rate that was exceeded.");
    /// Throttle times.
    THROTTLE_SECONDS = counter("streamward_throttle_seconds", &["listener", "limit"],
        "For how long in sum.");
    /// Buffers.
    BUFFERED_BYTES = gauge("streamward_buffered_bytes", &[],
        "Bytes that the buffers of all connections take.");
    /// The budget.
    BUFFERED_BYTES_MAX = gauge("streamward_buffered_bytes_max", &[],
        "Bytes that they may take; one frame at a time may go beyond it.");
    /// Waits.
    BUFFER_WAITS = counter("streamward_buffer_waits", &[],
        "How often a connection found no memory for what its peer sends.");

    /// Requests.
    REQUESTS = counter("streamward_requests", &["listener", "api", "decision"],
        "Requests of clients by what became of them: allowed, partly (the broker got the allowed part), \
         denied, or refused undecided (not served, unreadable, unauthenticated, not recordable).");
    /// Responses.
    RESPONSES = counter("streamward_responses", &["listener", "source"],
        "Answers to clients, by who gave them.");
    /// In flight.
    REQUESTS_IN_FLIGHT = gauge("streamward_requests_in_flight", &["listener"],
        "Requests whose answers clients wait for.");
    /// Duration.
    REQUEST_DURATION = histogram("streamward_request_duration_seconds", &["listener", "family"],
        "From a request's last byte here to its answer on its way to the client. Fetch and joining a \
         group wait at the broker by design.");
    /// Processing.
    REQUEST_PROCESSING = histogram("streamward_request_processing_seconds", &["listener", "family"],
        "Of that, what the gateway itself was at work on the request and its answer.");
    /// In.
    RECEIVED_BYTES = counter("streamward_received_bytes", &["listener", "peer"],
        "Bytes of Kafka's protocol that came in, TLS taken off.");
    /// Past.
    BYPASSED_BYTES = counter("streamward_bypassed_bytes", &["listener", "peer"],
        "Of the bytes that came in, those that went from socket to socket inside the kernel: the rest of large batches \
         that the gateway need not see, where neither side speaks TLS.");
    /// Out.
    SENT_BYTES = counter("streamward_sent_bytes", &["listener", "peer"],
        "Bytes of Kafka's protocol that went out, before TLS.");
    /// Queues.
    QUEUED_BYTES = gauge("streamward_queued_bytes", &["listener", "peer"],
        "Bytes that wait to be taken by the other end.");
    /// Records.
    RECORDS = counter("streamward_records", &["operation"],
        "Records delivered to clients (read) and acknowledged by brokers (write).");

    /// Decisions.
    DECISIONS = counter("streamward_decisions", &["from"],
        "Questions whether somebody may do something, by where the answer came from.");
    /// Denials.
    DENIALS = counter("streamward_denials", &[],
        "Operations on resources that were denied; one request may ask for several.");
    /// Errors.
    DECISION_ERRORS = counter("streamward_decision_errors", &[],
        "Decisions in which a rule failed, each of which denies. Anything but 0 needs mending.");
    /// Accesses.
    ACCESSES = counter("streamward_accesses_opened", &[],
        "Accesses (identity, resource and operation) that were entered in the log.");

    /// Reachable.
    UPSTREAM_REACHABLE = gauge("streamward_upstream_reachable", &["cluster"],
        "1 if a broker of the cluster answered when it was last asked, else 0.");
    /// Dials.
    UPSTREAM_DIALS = counter("streamward_upstream_dials", &["cluster", "outcome"],
        "Connections to brokers that were opened or could not be, the gateway's own included.");
    /// How long.
    UPSTREAM_DIAL_DURATION = histogram("streamward_upstream_dial_duration_seconds", &["cluster"],
        "How long it took to open a connection to a broker, TLS included, where it succeeded.");

    /// Snapshot.
    SNAPSHOT = info("streamward_snapshot", &["bundle", "environment", "policy_version"],
        "What is in force.");
    /// Since when.
    SNAPSHOT_TIMESTAMP = gauge("streamward_snapshot_applied_timestamp_seconds", &[],
        "When it came into force, in seconds since 1970.");
    /// Applies.
    SNAPSHOT_APPLIES = counter("streamward_snapshot_applies", &["outcome"],
        "Snapshots after the first that came into force, or were refused and changed nothing.");
    /// How long.
    SNAPSHOT_APPLY_DURATION = histogram("streamward_snapshot_apply_duration_seconds", &[],
        "How long it took to compile a snapshot and put it in force.");
    /// Reloads.
    BUNDLE_RELOADS = counter("streamward_bundle_reloads", &["outcome"],
        "Attempts to read the bundle again; one with mistakes in it leaves the old one in force.");
    /// Overlay.
    OVERLAY_EPOCH = gauge("streamward_overlay_epoch", &[],
        "The number of the containments in force; it grows with each change.");
    /// Containments.
    CONTAINMENTS = gauge("streamward_containments", &[],
        "Containments that are open.");

    /// Health.
    JOURNAL_HEALTHY = gauge("streamward_journal_healthy", &[],
        "1 if the log can be written, else 0: requests are refused, or served with a gap.");
    /// Entries.
    JOURNAL_ENTRIES = counter("streamward_journal_entries", &[],
        "Entries of the log, those of earlier runs included.");
    /// Bytes.
    JOURNAL_WRITTEN_BYTES = counter("streamward_journal_written_bytes", &[],
        "Bytes written to the log by this process.");
    /// Lag.
    JOURNAL_UNSYNCED_BYTES = gauge("streamward_journal_unsynced_bytes", &[],
        "Bytes of the log that are written and not yet on disk.");
    /// Syncs.
    JOURNAL_SYNC_DURATION = histogram("streamward_journal_sync_duration_seconds", &[],
        "How long the log's fsyncs took.");
    /// Failures.
    JOURNAL_WRITE_FAILURES = counter("streamward_journal_write_failures", &[],
        "Writes to the log that failed.");
    /// Refused.
    REQUESTS_UNRECORDED = counter("streamward_requests_unrecorded", &["listener"],
        "Requests that were refused because they could not be recorded.");
    /// Gap.
    JOURNAL_UNENTERED = counter("streamward_journal_unentered", &["what"],
        "What a listener that serves on let happen without an entry of its own.");

    /// Sealed and opened.
    SEALED_RECORDS = counter("streamward_sealed_records", &["operation"],
        "Records of sealed streams that were opened for a reader (read) or sealed for a broker (write).");
    /// Not as they must be.
    SEALING_VIOLATIONS = counter("streamward_sealing_violations", &["operation"],
        "Partitions of sealed streams whose records were refused, and records that were marked: plaintext, \
         an envelope from elsewhere, or a batch that can't be read.");
    /// Questions.
    DATA_KEY_QUESTIONS = counter("streamward_data_key_questions", &["outcome"],
        "Data keys that were asked for, and whether there was an answer. Without one, producers and \
         consumers of sealed streams are told to try again.");

    /// Not as their contract says.
    CONTRACT_VIOLATIONS = counter("streamward_contract_violations", &["operation"],
        "Partitions that were refused by a contract, and records that were marked (read): not as the schema says, \
         or of a schema that can't be had.");
    /// Questions.
    SCHEMA_QUESTIONS = counter("streamward_schema_questions", &["outcome"],
        "Schemas that were asked of registries by an id: of the stream (known), not of it (unknown), or without an \
         answer (failure), when clients are told to try again unless what is cached serves on.");
    /// At hand.
    SCHEMAS_CACHED = gauge("streamward_schemas_cached", &[],
        "Ids of registries about which something is remembered.");

    /// Covered.
    LOG_SIZE = counter("streamward_log_checkpointed_entries", &[],
        "Entries of the log that a signed checkpoint covers, those of earlier runs included.");
    /// Checkpoints.
    LOG_CHECKPOINTS = counter("streamward_log_checkpoints", &[],
        "Checkpoints that this process published.");
    /// Lag.
    LOG_BEHIND = gauge("streamward_log_behind_seconds", &[],
        "How long the oldest entry without a checkpoint has been waiting at most; 0 where there is none.");
    /// Trouble.
    LOG_HEALTHY = gauge("streamward_log_healthy", &[],
        "1 if tiles and checkpoints can be written, else 0: entries wait in the journal.");

    /// Followers.
    FOLLOWER_LAG = gauge("streamward_follower_lag_entries", &["follower"],
        "Entries of the log that a follower has not read yet.");
    /// Alerts.
    ALERTS = counter("streamward_alerts", &["severity"],
        "Alerts of the detections since the start.");

    /// CPU.
    PROCESS_CPU = counter("process_cpu_seconds", &[],
        "Total user and system CPU time spent in seconds.");
    /// RSS.
    PROCESS_RESIDENT = gauge("process_resident_memory_bytes", &[], "Resident memory size in bytes.");
    /// VSZ.
    PROCESS_VIRTUAL = gauge("process_virtual_memory_bytes", &[], "Virtual memory size in bytes.");
    /// Descriptors.
    PROCESS_OPEN_FDS = gauge("process_open_fds", &[], "Number of open file descriptors.");
    /// Their limit.
    PROCESS_MAX_FDS = gauge("process_max_fds", &[], "Maximum number of open file descriptors.");
    /// Threads.
    PROCESS_THREADS = gauge("process_threads", &[], "Number of threads.");
    /// Start.
    PROCESS_START = gauge("process_start_time_seconds", &[],
        "Start time of the process since unix epoch in seconds.");
}

/// One figure, for the reference.
#[derive(Debug, Serialize)]
pub struct Described {
    name: String,
    r#type: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
}

/// Every figure by the name that queries use, in the order of a scrape.
pub fn reference() -> Vec<Described> {
    let described = ALL.iter().map(|family| Described {
        name: format!("{}{}", family.name, family.kind.suffix()),
        r#type: family.kind.word(true),
        labels: family.labels,
        help: family.help,
    });
    described.collect()
}

#[cfg(test)]
mod tests {
    use super::super::family::Kind;
    use super::*;

    #[test]
    fn names_follow_prometheus_practice() {
        let mut names = std::collections::HashSet::new();
        for family in ALL {
            let Family {
                name, help, labels, ..
            } = family;
            assert!(names.insert(name), "{name} twice");
            assert!(
                name.starts_with("streamward_") || name.starts_with("process_"),
                "{name}"
            );
            let of_a_name = |it: char| it.is_ascii_lowercase() || it == '_';
            assert!(name.chars().all(of_a_name), "{name}");
            for suffix in ["_total", "_info", "_count", "_sum", "_bucket", "_created"] {
                assert!(!name.ends_with(suffix), "{name}: {suffix} is the format's");
            }
            assert!(help.ends_with('.'), "{name}: a sentence");
            for reserved in ["le", "quantile", "job", "instance"] {
                assert!(!labels.contains(&reserved), "{name}: {reserved}");
            }
            if family.kind == Kind::Histogram {
                assert!(name.ends_with("_seconds"), "{name}: in base units");
            }
        }
    }

    /// SECURITY: what a peer sends must not make series, and a scrape is no way to learn who does what.
    #[test]
    fn no_label_is_of_a_peer() {
        const BOUNDED: &[&str] = &[
            "version",
            "listener",
            "cluster",
            "reason",
            "mechanism",
            "outcome",
            "api",
            "decision",
            "source",
            "family",
            "peer",
            "operation",
            "from",
            "bundle",
            "environment",
            "policy_version",
            "what",
            "follower",
            "severity",
            "limit",
            "timeout",
        ];
        for family in ALL {
            for label in family.labels {
                assert!(BOUNDED.contains(label), "{}: {label}", family.name);
            }
        }
    }
}
