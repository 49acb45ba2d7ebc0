//! A certificate and SASL on one connection.

use serde_json::{Value as Json, json};
use streamward_identity::{Identity, Names};
use streamward_policy::Mechanism;
use streamward_wire::kafka::{ApiKey, error};

use super::messages::{Names as Named, naming};
use super::{Ask, Close, NOW, Script, ask, document, identity, snapshot, stranger};
use crate::materials::Materials;
use crate::snapshot::Snapshot;

const OK: Named<'_> = Named {
    topics: &["ok.a"],
    groups: &["ok.g"],
    transactional_id: "ok.t",
};

fn handshake() -> Ask {
    ask(ApiKey::SASL_HANDSHAKE, 1, |it| {
        it.set("Mechanism", "PLAIN");
    })
}

/// Alice and root have a certificate beside their passwords.
fn asking_for(authentication: &str) -> Json {
    let mut document = document();
    let listener = &mut document["listeners"][0];
    listener["authentication"] = json!(authentication);
    listener["tls"]["client_ca"] = json!("file:ca");
    listener["tls"]["client_certificate"] = json!("required");
    if authentication == "certificate" {
        listener["mechanisms"] = json!([]);
    }
    for (place, name) in [(0, "alice"), (1, "root")] {
        let credentials = &mut document["identity"]["principals"][place]["credentials"];
        let certificate = json!({"id": format!("{name}-certificate"), "type": "certificate",
            "subject": format!("CN={name}"), "san": null});
        credentials.as_array_mut().unwrap().push(certificate);
    }
    document
}

/// A connection on which the certificate of this subject was shown.
fn showing(document: &Json, subject: &str) -> (Script, Result<(), Close>) {
    let mut script = stranger(document);
    let names = Names {
        subject: subject.to_owned(),
        not_after_milliseconds: NOW + 90_000,
        ..Names::default()
    };
    let outcome = script
        .session
        .by_certificate(&names, &[streamward_identity::Issuer::Listener]);
    let shown = script.session.shown(outcome, NOW);
    (script, shown)
}

fn proves(script: &mut Script, who: &str) -> Result<(), Close> {
    let identity = identity(&script.snapshot, who);
    script
        .session
        .accept(&identity, Mechanism::Plain, script.now)
}

fn reasons(script: &mut Script) -> Vec<String> {
    let log = script.log("authentication");
    let reasons = log.iter().filter_map(|entry| entry["reason"].as_str());
    reasons.map(str::to_owned).collect()
}

#[test]
fn either_takes_a_certificate_that_is_somebodys_and_else_a_login() {
    let document = asking_for("either");
    let (mut script, shown) = showing(&document, "CN=alice");
    shown.unwrap();
    script.request(&naming(ApiKey::HEARTBEAT, 4, OK)).forwards();
    let (mut script, shown) = showing(&document, "CN=nobody");
    shown.unwrap();
    assert!(!script.session.authenticated());
    script
        .request(&handshake())
        .replies(|it| assert_eq!(it.int("ErrorCode"), 0));
}

#[test]
fn certificate_takes_nothing_else() {
    let document = asking_for("certificate");
    let (script, shown) = showing(&document, "CN=alice");
    shown.unwrap();
    assert!(script.session.authenticated());
    let (_, shown) = showing(&document, "CN=nobody");
    assert_eq!(shown, Err(Close::AuthenticationFailed));
}

#[test]
fn sasl_takes_no_certificate_for_an_answer() {
    let (mut script, shown) = showing(&asking_for("sasl"), "CN=alice");
    shown.unwrap();
    assert!(!script.session.authenticated());
    proves(&mut script, "root").unwrap();
    let entries = script.log("authentication");
    assert_eq!(entries.last().unwrap()["principal"], "root");
}

#[test]
fn both_must_be_of_the_same_principal() {
    let document = asking_for("both");
    let (mut script, shown) = showing(&document, "CN=alice");
    shown.unwrap();
    assert!(!script.session.authenticated());
    script.request(&naming(ApiKey::HEARTBEAT, 4, OK));
    assert!(matches!(script.closes(), Close::Unauthenticated { .. }));
    let refused = proves(&mut script, "root");
    assert!(matches!(refused, Err(Close::Revoked { .. })), "{refused:?}");
    assert_eq!(
        reasons(&mut script),
        ["the certificate is of `alice`, and the client logged in as `root`"]
    );
    proves(&mut script, "alice").unwrap();
    script.request(&naming(ApiKey::HEARTBEAT, 4, OK)).forwards();
    // The session ends with the certificate.
    assert!(script.session.on_tick(NOW + 90_000).is_err());
}

#[test]
fn neither_half_is_enough_where_both_are_asked_for() {
    let document = asking_for("both");
    let (_, shown) = showing(&document, "CN=nobody");
    assert_eq!(shown, Err(Close::AuthenticationFailed));
    let mut script = stranger(&document);
    let refused = proves(&mut script, "alice");
    assert!(matches!(refused, Err(Close::Revoked { .. })), "{refused:?}");
    let (mut script, _) = showing(&document, "CN=alice");
    let alice: Identity = identity(&script.snapshot, "alice");
    let accepted = script.session.accept(&alice, Mechanism::Certificate, NOW);
    assert!(matches!(accepted, Err(Close::Revoked { .. })));
    let illegal = i64::from(error::ILLEGAL_SASL_STATE);
    let (mut script, _) = showing(&document, "CN=alice");
    proves(&mut script, "alice").unwrap();
    script
        .request(&handshake())
        .replies(|it| assert_eq!(it.int("ErrorCode"), illegal, "too soon"));
}

#[test]
fn to_revoke_either_half_ends_the_connection() {
    let document = asking_for("both");
    let (mut script, _) = showing(&document, "CN=alice");
    proves(&mut script, "alice").unwrap();
    let mut revoked = document.clone();
    revoked["overlay"] = json!({"epoch": 2, "quarantined": [], "revoked": [
        {"containment": "c", "principal": null, "credential": "alice-certificate", "expires": null}]});
    assert!(matches!(script.apply(&revoked), Err(Close::Revoked { .. })));
    for logged_in in [true, false] {
        let (mut script, _) = showing(&document, "CN=alice");
        if logged_in {
            proves(&mut script, "alice").unwrap();
        }
        let mut other = document.clone();
        other["identity"]["principals"][0]["credentials"][1]["subject"] = json!("CN=other");
        assert!(matches!(script.apply(&other), Err(Close::Revoked { .. })));
    }
}

#[test]
fn a_listener_that_cannot_ask_for_what_it_wants_is_refused() {
    let build = |document: &Json| {
        let materials = Materials::from([("file:v".to_owned(), super::VERIFIER.into())]);
        Snapshot::build(document.to_string().as_bytes(), materials)
    };
    for (authentication, field, value) in [
        ("both", "/tls/client_certificate", json!("optional")),
        ("both", "/mechanisms", json!([])),
        ("sasl", "/mechanisms", json!([])),
        ("certificate", "/tls/client_certificate", json!("optional")),
        ("certificate", "/mechanisms", json!(["PLAIN"])),
    ] {
        let mut document = asking_for(authentication);
        drop(snapshot(&document));
        let place = document.pointer_mut(&format!("/listeners/0{field}"));
        *place.unwrap() = value;
        assert!(build(&document).is_err(), "{authentication} {field}");
    }
}
