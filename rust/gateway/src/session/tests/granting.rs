//! Keys for programs that seal and open by themselves: who gets them, until when, and what the log says.

use serde_json::{Value as Json, json};

use super::sealing::sealing;
use super::{NOW, Script, by};
use crate::grants::{GrantsSection, Operation, Ruling, Wish};
use crate::session::Close;

const SECTION: GrantsSection = GrantsSection {
    milliseconds: 300_000,
    per_second: 10,
    burst: 10,
};

/// `ok.a` is sealed by whoever writes it, and opened by whoever reads it.
fn document() -> Json {
    sealing(|stream| {
        stream["sealed_by"] = "producer".into();
        stream["opened_by"] = "consumer".into();
    })
}

fn wish(stream: &str, operation: Operation) -> Wish {
    Wish {
        stream: stream.into(),
        operation,
        data_key: false,
        deterministic_key: false,
        keys: Vec::new(),
    }
}

fn ask(script: &mut Script, stream: &str, operation: Operation) -> Ruling {
    let now = script.now;
    script
        .session
        .grant(&wish(stream, operation), SECTION, now)
        .unwrap()
}

#[track_caller]
fn denied(script: &mut Script, stream: &str, operation: Operation, rule: &str) {
    assert!(matches!(ask(script, stream, operation), Ruling::Denied));
    let said = script.log("denied").pop().unwrap();
    assert_eq!(said["api"], "KeyGrant");
    assert_eq!(said["resource"]["name"], stream);
    assert!(said["rules"][0].as_str().unwrap().contains(rule), "{said}");
    assert!(script.session.durable_before_answer() > 0);
}

#[test]
fn whoever_may_write_gets_keys_to_seal_and_the_log_names_them() {
    let mut script = by("alice", &document());
    let Ruling::Granted(granted) = ask(&mut script, "ok.a", Operation::Seal) else {
        panic!("a grant")
    };
    assert_eq!(granted.until, NOW + 300_000);
    let terms = serde_json::to_value(&granted.terms).unwrap();
    assert_eq!(
        terms,
        json!({"tenant": null, "cluster": "main", "data_class": "cardholder", "ring": "ring",
            "value": true, "key": "plain", "headers": [], "partition_bound": false,
            "accepts_from": [], "sealed_by": "producer", "opened_by": "consumer"})
    );
    let kids = ["0a".repeat(16)];
    let asked = wish("ok.a", Operation::Seal);
    script
        .session
        .enter_grant(&asked, &granted, &kids, NOW)
        .unwrap();
    let said = script.log("key_granted").pop().unwrap();
    assert_eq!(
        (&said["action"], &said["decision"]),
        (&json!("Write"), &json!("allow"))
    );
    assert_eq!(said["classes"], json!(["cardholder"]));
    assert_eq!(
        said["key"],
        json!({"ring": "ring", "change": "granted", "granted": kids, "until": (NOW + 300_000).to_string()})
    );
    assert!(script.session.durable_before_answer() > 0);
}

#[test]
fn who_may_not_write_gets_none() {
    denied(
        &mut by("mallory", &document()),
        "ok.a",
        Operation::Seal,
        "default",
    );
    denied(
        &mut by("mallory", &document()),
        "ok.a",
        Operation::Open,
        "default",
    );
    denied(
        &mut by("alice", &document()),
        "no.a",
        Operation::Seal,
        "default",
    );
}

#[test]
fn to_open_takes_the_ring_and_to_seal_does_not() {
    let mut root = by("root", &document());
    assert!(matches!(
        ask(&mut root, "ok.a", Operation::Seal),
        Ruling::Granted(_)
    ));
    denied(&mut root, "ok.a", Operation::Open, "sealing:reader");
    let ciphertext = {
        let mut document = document();
        document["sealing"]["streams"][0]["unreadable"] = "ciphertext".into();
        document
    };
    let mut root = by("root", &ciphertext);
    denied(&mut root, "ok.a", Operation::Open, "sealing:reader");
    let mut alice = by("alice", &ciphertext);
    assert!(matches!(
        ask(&mut alice, "ok.a", Operation::Open),
        Ruling::Granted(_)
    ));
}

#[test]
fn a_quarantine_counts_before_the_policy() {
    let mut document = document();
    document["overlay"] = json!({"epoch": 2, "revoked": [], "quarantined": [
        {"containment": "c-1", "stream": "ok.a", "expires": null}]});
    for operation in [Operation::Seal, Operation::Open] {
        denied(&mut by("alice", &document), "ok.a", operation, "c-1");
    }
}

#[test]
fn what_the_gateway_does_itself_nobody_gets_keys_for() {
    let document = sealing(|stream| stream["sealed_by"] = "producer".into());
    let mut script = by("alice", &document);
    assert!(matches!(
        ask(&mut script, "ok.a", Operation::Seal),
        Ruling::Granted(_)
    ));
    assert!(matches!(
        ask(&mut script, "ok.a", Operation::Open),
        Ruling::ByGateway
    ));
    assert!(matches!(
        ask(&mut script, "ok.b", Operation::Seal),
        Ruling::Unsealed { .. }
    ));
}

#[test]
fn a_grant_ends_with_the_proof_of_who_asks() {
    let mut script = by("alice", &document());
    let caller = script.session.caller.take().unwrap();
    let mut ending = (*caller).clone();
    ending.session_ends_milliseconds = Some(NOW + 1_000);
    script.session.caller = Some(ending.into());
    let Ruling::Granted(granted) = ask(&mut script, "ok.a", Operation::Open) else {
        panic!("a grant")
    };
    assert_eq!(granted.until, NOW + 1_000);
}

#[test]
fn nobody_gets_a_key_before_it_is_known_who_that_is() {
    let mut script = super::stranger(&document());
    let asked = wish("ok.a", Operation::Seal);
    assert!(matches!(
        script.session.grant(&asked, SECTION, NOW),
        Err(Close::Unauthenticated { .. })
    ));
}

#[test]
fn a_key_that_can_not_be_recorded_is_given_to_nobody() {
    let mut script = by("alice", &document());
    let Ruling::Granted(granted) = ask(&mut script, "ok.a", Operation::Seal) else {
        panic!("a grant")
    };
    script.break_journal();
    let asked = wish("ok.a", Operation::Seal);
    let entered = script.session.enter_grant(&asked, &granted, &[], NOW);
    assert!(matches!(entered, Err(Close::Unrecorded { .. })));
    let stranger = wish("no.a", Operation::Seal);
    assert!(matches!(
        script.session.grant(&stranger, SECTION, NOW),
        Err(Close::Unrecorded { .. })
    ));
}

#[test]
fn a_listener_grants_keys_over_mutual_tls_of_version_1_3_only() {
    let grants = json!({"milliseconds": 300_000, "per_second": 10, "burst": 10});
    let build = |change: &dyn Fn(&mut Json)| {
        let mut document = document();
        let listener = &mut document["listeners"][0];
        listener["grants"] = grants.clone();
        listener["mechanisms"] = json!([]);
        listener["authentication"] = "certificate".into();
        listener["tls"]["client_ca"] = "file:ca".into();
        listener["tls"]["client_certificate"] = "required".into();
        change(listener);
        let bytes = document.to_string();
        crate::snapshot::Snapshot::build(bytes.as_bytes(), super::materials())
    };
    assert!(build(&|_| {}).is_ok());
    let wrong: [&dyn Fn(&mut Json); 7] = [
        &|it| it["tls"]["client_certificate"] = "optional".into(),
        &|it| it["tls"]["version_min"] = "1.2".into(),
        &|it| it["authentication"] = "either".into(),
        &|it| it["unrecorded"] = "serve".into(),
        &|it| it["grants"]["milliseconds"] = 3_600_000.into(),
        &|it| it["grants"]["burst"] = 0.into(),
        &|it| {
            it["tls"] = Json::Null;
            it["plaintext_principal"] = "alice".into();
        },
    ];
    for change in wrong {
        assert!(build(change).is_err());
    }
}
