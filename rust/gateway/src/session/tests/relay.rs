//! Authentication that brokers do, on clusters whose brokers see the client itself.

use serde_json::{Value as Json, json};
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use super::{Ask, Close, Script, ask, document, stranger};

const FIRST: &[u8] = b"n,,n=alice,r=abc";
const LAST: &[u8] = b"c=biws,r=abcdef,p=AAAA";

/// The common document, of a cluster to which clients log in themselves. Brokers check `alice`.
fn relaying() -> Json {
    let mut document = document();
    document["clusters"][0]["identity"] = json!("client");
    document["listeners"][0]["mechanisms"] = json!(["PLAIN", "SCRAM-SHA-512"]);
    document["identity"]["principals"][0]["credentials"] =
        json!([{"id": "alice-broker", "type": "broker"}]);
    document
}

fn handshake(mechanism: &str) -> Ask {
    ask(ApiKey::SASL_HANDSHAKE, 1, |it| {
        it.set("Mechanism", mechanism);
    })
}

fn message(bytes: &[u8]) -> Ask {
    ask(ApiKey::SASL_AUTHENTICATE, 2, |it| {
        it.set("AuthBytes", bytes::Bytes::copy_from_slice(bytes));
    })
}

/// The broker goes on with the exchange.
fn accepts(script: &mut Script, lifetime: i64) {
    script.broker(|it| {
        it.set("AuthBytes", bytes::Bytes::from_static(b"next"))
            .set("SessionLifetimeMs", lifetime);
    });
    script.answers(|it| {
        assert_eq!(it.int("ErrorCode"), 0);
        assert_eq!(it.int("SessionLifetimeMs"), lifetime);
    });
}

/// A stranger whose broker takes the mechanism.
fn chosen(mechanism: &str, document: &Json) -> Script {
    let mut script = stranger(document);
    script.request(&handshake(mechanism)).forwards();
    script.broker(|it| {
        it.set(
            "Mechanisms",
            vec![Value::from("OAUTHBEARER"), Value::from(mechanism)],
        );
    });
    script.answers(|it| {
        assert_eq!(it.int("ErrorCode"), 0);
        assert_eq!(it.array("Mechanisms").len(), 2);
        assert_eq!(it.array("Mechanisms")[1].as_str(), Some("SCRAM-SHA-512"));
    });
    script
}

fn refused(answer: &Struct) {
    assert_eq!(
        answer.int("ErrorCode"),
        i64::from(error::SASL_AUTHENTICATION_FAILED)
    );
    assert_eq!(answer.str("ErrorMessage"), Some("authentication failed"));
}

#[test]
fn whom_the_broker_lets_in_is_the_caller() {
    for (mechanism, messages) in [
        ("SCRAM-SHA-512", vec![FIRST, LAST]),
        ("PLAIN", vec![b"\0alice\0secret".as_slice()]),
    ] {
        let mut script = chosen(mechanism, &relaying());
        for bytes in messages {
            assert!(!script.session.authenticated());
            script.request(&message(bytes)).forwards();
            accepts(&mut script, 0);
        }
        assert!(script.session.authenticated());
        let entries = script.log("authentication");
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0]["mechanism"], mechanism);
        assert_eq!(entries[0]["credential"], "alice-broker");
        script
            .request(&super::messages::naming(
                ApiKey::LIST_OFFSETS,
                5,
                super::messages::Names {
                    topics: &["ok.a"],
                    groups: &["ok.g"],
                    transactional_id: "ok.t",
                },
            ))
            .forwards();
    }
}

#[test]
fn the_connection_ends_with_the_session_that_the_broker_granted() {
    let mut script = chosen("PLAIN", &relaying());
    script.request(&message(b"\0alice\0secret")).forwards();
    accepts(&mut script, 60_000);
    script.now += 60_000;
    script
        .request(&ask(ApiKey::METADATA, 9, |_| ()))
        .forwards_nothing();
    assert!(matches!(script.closes(), Close::SessionEnded { .. }));
}

#[test]
fn whom_the_broker_refuses_learns_nothing_and_is_entered() {
    let mut script = chosen("SCRAM-SHA-512", &relaying());
    script.request(&message(FIRST)).forwards();
    script.broker(|it| {
        it.set("ErrorCode", 58)
            .set("ErrorMessage", "user alice is unknown at b0.internal");
    });
    script.answers(refused);
    assert!(!script.session.authenticated());
    let entries = script.log("authentication");
    assert!(entries[0].to_string().contains("the broker refuses it"));
    // Nor is there a second try on this connection.
    script
        .request(&handshake("SCRAM-SHA-512"))
        .forwards_nothing();
}

#[test]
fn whom_the_broker_lets_in_must_be_declared_here() {
    for user in ["root", "nobody"] {
        let mut script = chosen("PLAIN", &relaying());
        let token = format!("\0{user}\0secret");
        script.request(&message(token.as_bytes())).forwards();
        script.broker(|_| ());
        script.answers(refused);
        assert!(!script.session.authenticated(), "{user}");
        script
            .request(&ask(ApiKey::METADATA, 9, |_| ()))
            .forwards_nothing();
    }
}

#[test]
fn the_revoked_stays_out_although_the_broker_lets_it_in() {
    let mut document = relaying();
    document["overlay"] = json!({"epoch": 2, "quarantined": [], "revoked": [
        {"containment": "c-1", "principal": null, "credential": "alice-broker", "expires": null}]});
    let mut script = chosen("PLAIN", &document);
    script.request(&message(b"\0alice\0secret")).forwards();
    script.broker(|_| ());
    script.answers(refused);
    assert!(!script.session.authenticated());
}

#[test]
fn a_message_that_hides_who_it_is_about_goes_nowhere() {
    for (mechanism, bytes) in [
        ("PLAIN", b"root\0alice\0secret".as_slice()),
        ("PLAIN", b"alice"),
        ("SCRAM-SHA-512", b"n,a=root,n=alice,r=abc"),
        ("SCRAM-SHA-512", b"n,,n=alice,r=abc,tokenauth=true"),
        ("SCRAM-SHA-512", b"\xff"),
    ] {
        let mut script = chosen(mechanism, &relaying());
        script.request(&message(bytes)).forwards_nothing();
        assert!(matches!(script.closes(), Close::AuthenticationFailed));
        assert_eq!(script.log("authentication").len(), 1);
    }
}

#[test]
fn a_message_does_not_overtake_the_brokers_answer() {
    let mut script = chosen("SCRAM-SHA-512", &relaying());
    script.request(&message(FIRST)).forwards();
    script.request(&message(LAST)).forwards_nothing();
    assert!(!script.session.authenticated());
}

#[test]
fn a_mechanism_that_is_not_declared_does_not_reach_the_broker() {
    for mechanism in ["OAUTHBEARER", "SCRAM-SHA-256", "GSSAPI", ""] {
        let mut script = stranger(&relaying());
        script.request(&handshake(mechanism)).forwards_nothing();
    }
    // And where brokers see the gateway, only what the gateway itself checks.
    let mut document = document();
    document["listeners"][0]["mechanisms"] = json!(["PLAIN", "SCRAM-SHA-512"]);
    let mut script = stranger(&document);
    script
        .request(&handshake("SCRAM-SHA-512"))
        .forwards_nothing();
}
