//! Failed attempts to prove an identity: how many are entered one by one, and that none is lost.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use serde_json::Value;
use streamward_audit::{Journal, Options, PendingAccess, Range, Reader, State};
use streamward_identity::{Attributes, Identity, Principal};
use streamward_policy::Mechanism;

use super::Recorder;
use super::failures::{FAILURE_SOURCES_MAX, FAILURES_PER_SECOND, FAILURES_PER_SOURCE_AND_SECOND};
use crate::caller::{Caller, Peer};
use crate::committed::COMMITMENT_AGE_MAX_MILLISECONDS;

const NOW: i64 = 1_790_000_000_000;

fn journal(directory: &Path) -> Journal {
    Journal::open(directory, Options::default()).unwrap().0
}

fn peer(host: u32) -> Peer {
    Peer {
        connection: "1".into(),
        listener: "clients".into(),
        cluster: "main".into(),
        environment: "test".into(),
        address: SocketAddr::from(((0x0a00_0000 + host).to_be_bytes(), 50_000)),
        committed: std::sync::Arc::default(),
        tls: true,
        tls_session: None,
        proxy: None,
    }
}

fn address(host: u32) -> IpAddr {
    peer(host).address.ip()
}

fn fail(recorder: &Recorder, host: u32) -> Result<u64, streamward_audit::AuditError> {
    recorder.authentication(
        &peer(host),
        Err(("alice", "PLAIN", "no such password")),
        NOW,
    )
}

/// The entries of failed attempts: those of one attempt each, and the counts.
fn log(directory: &Path, recorder: &Recorder) -> (Vec<Value>, Vec<Value>) {
    recorder
        .journal()
        .record(br#"{"streaming":{"kind":"mark"}}"#)
        .unwrap();
    let mut reader = Reader::open(directory, "").unwrap();
    let entries = reader.read(usize::MAX).unwrap().into_iter();
    entries
        .map(|(_, leaf)| serde_json::from_slice::<Value>(&leaf).unwrap())
        .filter(|event| event["streaming"]["kind"] == "authentication")
        .partition(|event| event["streaming"]["count"].is_null())
}

fn sum(counts: &[Value]) -> u64 {
    let counts = counts.iter();
    counts
        .map(|event| event["streaming"]["count"].as_u64().unwrap())
        .sum()
}

fn by_source(counts: &[Value], source: IpAddr) -> Vec<u64> {
    let source = source.to_string();
    let of_source = counts
        .iter()
        .filter(|event| event["src_endpoint"]["ip"] == source.as_str());
    of_source
        .map(|event| event["streaming"]["count"].as_u64().unwrap())
        .collect()
}

#[test]
fn one_source_gets_so_many_entries_a_second_and_the_rest_is_counted() {
    let directory = tempfile::tempdir().unwrap();
    let recorder = Recorder::new(journal(directory.path()), 1);
    let bound = u64::from(FAILURES_PER_SOURCE_AND_SECOND);
    for attempt in 0..bound + 7 {
        let position = fail(&recorder, 1).unwrap();
        assert_eq!(position > 0, attempt < bound, "only an entry is waited for");
    }
    // Another address still has its own.
    assert!(fail(&recorder, 2).unwrap() > 0);
    recorder.roll_up(NOW + 1_000).unwrap();
    recorder.roll_up(NOW + 2_000).unwrap();
    let (single, counts) = log(directory.path(), &recorder);
    assert_eq!(single.len() as u64, bound + 1);
    assert_eq!(counts.len(), 1, "a count is entered once");
    let count = &counts[0];
    assert_eq!(by_source(&counts, address(1)), [7]);
    assert_eq!(count["src_endpoint"].as_object().unwrap().len(), 1);
    assert_eq!(
        (&count["status_id"], &count["class_uid"]),
        (&2.into(), &3002.into())
    );
    assert_eq!(
        count["streaming"]["reason"],
        "more failed attempts than are entered one by one"
    );
    assert!(count["streaming"]["principal"].is_null());
    // The next second has its own bound.
    assert!(fail(&recorder, 1).unwrap() > 0);
}

#[test]
fn all_sources_together_get_so_many_entries_a_second_and_no_attempt_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    let recorder = Recorder::new(journal(directory.path()), 1);
    let hosts = FAILURES_PER_SECOND + u32::try_from(FAILURE_SOURCES_MAX).unwrap() + 30;
    for host in 0..hosts {
        fail(&recorder, host).unwrap();
    }
    // An address that is told apart goes on being so; one that is not joins the rest.
    fail(&recorder, FAILURES_PER_SECOND).unwrap();
    fail(&recorder, hosts - 1).unwrap();
    recorder.roll_up(NOW + 1_000).unwrap();
    let (single, counts) = log(directory.path(), &recorder);
    assert_eq!(single.len(), FAILURES_PER_SECOND as usize);
    assert_eq!(counts.len(), FAILURE_SOURCES_MAX + 1);
    assert_eq!(by_source(&counts, address(FAILURES_PER_SECOND)), [2]);
    let rest: Vec<_> = counts
        .iter()
        .filter(|event| event["src_endpoint"].is_null())
        .collect();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0]["streaming"]["count"], 31);
    assert_eq!(single.len() as u64 + sum(&counts), u64::from(hosts) + 2);
}

#[test]
fn what_a_failing_journal_does_not_take_is_entered_when_it_does() {
    let (failing, working) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut recorder = Recorder::new(journal(failing.path()), 1);
    let bound = FAILURES_PER_SOURCE_AND_SECOND;
    for _ in 0..bound + 5 {
        fail(&recorder, 1).unwrap();
    }
    recorder.journal().clone().close().unwrap();
    recorder.roll_up(NOW + 1_000).unwrap_err();
    for _ in 0..bound {
        fail(&recorder, 1).unwrap_err();
    }
    for _ in 0..3 {
        assert_eq!(fail(&recorder, 1).unwrap(), 0);
    }
    recorder.roll_up(NOW + 2_000).unwrap_err();
    recorder.journal = journal(working.path());
    recorder.roll_up(NOW + 3_000).unwrap();
    let (single, counts) = log(working.path(), &recorder);
    assert!(single.is_empty());
    assert_eq!(by_source(&counts, address(1)), [5 + u64::from(bound) + 3]);
    assert_eq!(sum(&counts), 5 + u64::from(bound) + 3);
}

#[test]
fn addresses_of_one_ipv6_network_are_one_source_and_a_count_says_where_it_came_in() {
    let directory = tempfile::tempdir().unwrap();
    let recorder = Recorder::new(journal(directory.path()), 1);
    let attempts = FAILURES_PER_SOURCE_AND_SECOND + 9;
    for host in 0..attempts {
        let address: IpAddr = format!("2001:db8:0:1::{host:x}").parse().unwrap();
        for listener in ["clients", "partners"] {
            let peer = Peer {
                address: SocketAddr::new(address, 50_000),
                listener: listener.into(),
                ..peer(1)
            };
            let failed = Err(("alice", "PLAIN", "no such password"));
            recorder.authentication(&peer, failed, NOW).unwrap();
        }
    }
    recorder.roll_up(NOW + 1_000).unwrap();
    let (single, counts) = log(directory.path(), &recorder);
    assert_eq!(single.len(), FAILURES_PER_SOURCE_AND_SECOND as usize);
    let network: IpAddr = "2001:db8:0:1::".parse().unwrap();
    assert_eq!(by_source(&counts, network).len(), 2);
    assert_eq!(sum(&counts) + single.len() as u64, u64::from(2 * attempts));
    let mut listeners: Vec<_> = counts
        .iter()
        .map(|it| it["streaming"]["listener"].as_str().unwrap())
        .collect();
    listeners.sort_unstable();
    assert_eq!(listeners, ["clients", "partners"]);
    assert!(
        counts
            .iter()
            .all(|it| it["streaming"]["environment"] == "test")
    );
}

#[test]
fn where_addresses_are_kept_apart_entries_only_commit_to_them_once_a_connection() {
    let directory = tempfile::tempdir().unwrap();
    let recorder = Recorder::new(journal(directory.path()), 1);
    recorder.keep_addresses_apart(true);
    let bound = FAILURES_PER_SOURCE_AND_SECOND;
    let one = peer(1);
    for _ in 0..=bound {
        let outcome = Err(("alice", "PLAIN", "no such password"));
        recorder.authentication(&one, outcome, NOW).unwrap();
    }
    fail(&recorder, 2).unwrap();
    recorder.roll_up(NOW).unwrap();

    let (entered, counts) = log(directory.path(), &recorder);
    let committed = |event: &Value| event["src_endpoint"]["uid"].as_str().unwrap().to_owned();
    let tokens: Vec<_> = entered.iter().map(committed).collect();
    assert!(tokens[..bound as usize].iter().all(|it| *it == tokens[0]));
    assert_ne!(tokens[bound as usize], tokens[0]);
    assert_ne!(committed(&counts[0]), tokens[0]);
    for event in entered.iter().chain(&counts) {
        assert_eq!(event["src_endpoint"].as_object().unwrap().len(), 1);
        assert!(!event.to_string().contains("10.0.0."));
    }
}

#[test]
fn a_connection_commits_anew_for_another_principal_and_after_an_hour() {
    let directory = tempfile::tempdir().unwrap();
    let recorder = Recorder::new(journal(directory.path()), 1);
    recorder.keep_addresses_apart(true);
    let one = peer(1);
    let later = NOW + COMMITMENT_AGE_MAX_MILLISECONDS;
    for (claimed, now) in [
        ("alice", NOW),
        ("bob", NOW),
        ("alice", NOW + 1),
        ("alice", later),
    ] {
        let outcome = Err((claimed, "PLAIN", "no such password"));
        recorder.authentication(&one, outcome, now).unwrap();
    }

    let (entered, _) = log(directory.path(), &recorder);
    let tokens: Vec<_> = entered
        .iter()
        .map(|event| event["src_endpoint"]["uid"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(tokens[0], tokens[2]);
    assert_ne!(tokens[0], tokens[1], "erasing alice's must not erase bob's");
    assert_ne!(tokens[0], tokens[3]);
    let folder = directory.path().join("openings");
    let files = std::fs::read_dir(folder).unwrap();
    let text: String = files
        .map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .collect();
    assert_eq!(text.matches(r#""subject":"alice""#).count(), 2);
    assert_eq!(text.matches(r#""subject":"bob""#).count(), 1);
}

#[test]
fn after_a_power_loss_an_entry_says_since_when_something_may_be_missing() {
    let directory = tempfile::tempdir().unwrap();
    let recorder = Recorder::new(journal(directory.path()), 1);
    recorder.enter_power_loss(NOW - 40, NOW).unwrap();
    recorder.journal().record(b"{}").unwrap();

    let mut reader = Reader::open(directory.path(), "").unwrap();
    let (_, leaf) = reader.read(1).unwrap().remove(0);
    let event: Value = serde_json::from_slice(&leaf).unwrap();
    assert_eq!(event["streaming"]["kind"], "gap");
    assert_eq!(event["start_time"], NOW - 40);
    assert_eq!(event["streaming"]["records"], "unknown");
}

#[test]
fn what_a_crash_left_is_an_upper_bound_where_it_was_read_and_exact_where_written() {
    let directory = tempfile::tempdir().unwrap();
    let recorder = Recorder::new(journal(directory.path()), 1);
    let pending = ["Read", "Write"].map(|action| PendingAccess {
        access: 7,
        opened_entry: Some(format!(r#"{{"streaming":{{"action":"{action}"}}}}"#).into_bytes()),
        ranges: vec![Range {
            partition: 0,
            first: 5,
            last: 9,
            records: 5,
            bytes: 50,
            state: State::Readable,
        }],
    });
    recorder.enter_recovered(&pending, NOW).unwrap();
    recorder.journal().record(b"{}").unwrap();

    let mut reader = Reader::open(directory.path(), "").unwrap();
    let bounds = reader.read(2).unwrap().into_iter().map(|(_, leaf)| {
        let event: Value = serde_json::from_slice(&leaf).unwrap();
        event["streaming"]["bound"].clone()
    });
    assert_eq!(bounds.collect::<Vec<_>>(), ["upper".into(), Value::Null]);
}

fn identified(roles: &[&str]) -> Identity {
    let principal = r#"{"id": "alice", "type": "user", "tenant": null, "roles": ["clerk"], "mfa": false,
        "device_posture": null, "credentials": []}"#;
    Identity {
        principal: serde_json::from_str::<Principal>(principal).unwrap().into(),
        credential: "alice-token".into(),
        other_credentials: Vec::new(),
        expires_milliseconds: Some(NOW + 60_000),
        attributes: Attributes {
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            ..Attributes::default()
        },
    }
}

#[test]
fn roles_that_a_proof_gives_a_session_are_entered_with_it_and_those_of_the_principal_are_not() {
    let directory = tempfile::tempdir().unwrap();
    let recorder = Recorder::new(journal(directory.path()), 1);
    for roles in [&[][..], &["writer", "auditor"]] {
        let caller = Caller::new(&peer(1), &identified(roles), Mechanism::OauthBearer);
        recorder.authentication(&peer(1), Ok(&caller), NOW).unwrap();
    }
    recorder.journal().record(b"{}").unwrap();

    let mut reader = Reader::open(directory.path(), "").unwrap();
    let entries = reader.read(usize::MAX).unwrap().into_iter();
    let entries: Vec<Value> = entries
        .map(|(_, leaf)| serde_json::from_slice(&leaf).unwrap())
        .collect();
    let classes: Vec<_> = entries.iter().map(|it| it["class_uid"].as_u64()).collect();
    assert_eq!(classes, [Some(3002), Some(3002), Some(3003), None]);
    assert_eq!(
        entries[2]["privileges"],
        serde_json::json!(["role:auditor", "role:writer"])
    );
    assert_eq!(entries[2]["streaming"]["roles"][0], "auditor");
    assert_eq!(entries[2]["session"]["expiration_time"], NOW + 60_000);
}
