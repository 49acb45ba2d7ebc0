//! SCRAM with clients: two messages, what is asked in between, and every way in which it fails.

use std::sync::Arc;

use serde_json::{Value as Json, json};
use streamward_identity::scram::{Exchange, Scram};
use streamward_identity::{Hash, Password, Refusal, Verifier, read_stored};
use streamward_wire::kafka::{ApiKey, Value};

use super::{
    Ask, Close, Effect, EffectReply, NOW, Script, Verdict, ask, document, opened, stranger,
};

const ROUNDS: u32 = 4096;

/// The common document with an identity store; `alice` has a password there.
fn with_store() -> Json {
    let mut document = document();
    document["listeners"][0]["mechanisms"] = json!(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]);
    document["identity"]["store"] = json!({"iterations": ROUNDS, "decoy_key": "file:decoy"});
    for principal in document["identity"]["principals"].as_array_mut().unwrap() {
        principal["credentials"] = json!([]);
    }
    document
}

fn stored(change: impl Fn(&mut Json)) -> Vec<Arc<Password>> {
    let verifier = |hash| Verifier::derive(hash, b"pencil", &[5; 16], ROUNDS).unwrap();
    let mut row = json!({"id": "alice-1", "verifiers": [verifier(Hash::Sha256), verifier(Hash::Sha512)],
        "not_before": null, "expires": NOW + 60_000, "disabled": false, "issued": NOW - 1});
    change(&mut row);
    read_stored(json!({"credentials": [row]}).to_string().as_bytes()).unwrap()
}

fn handshake(mechanism: &str) -> Ask {
    ask(ApiKey::SASL_HANDSHAKE, 1, |it| {
        it.set("Mechanism", mechanism);
    })
}

fn message(token: &[u8]) -> Ask {
    let token = bytes::Bytes::copy_from_slice(token);
    ask(ApiKey::SASL_AUTHENTICATE, 2, |it| {
        it.set("AuthBytes", token);
    })
}

/// What the session waits for.
fn waits(script: &mut Script) -> Effect {
    match script.take_verdict() {
        Verdict::Wait(effect) => effect,
        other => panic!("{other:?}"),
    }
}

fn token(verdict: Verdict) -> String {
    let Verdict::Reply(framed) = verdict else {
        panic!("{verdict:?}");
    };
    let (_, answer) = opened(ApiKey::SASL_AUTHENTICATE, 2, &framed);
    assert_eq!(answer.int("ErrorCode"), 0);
    let Value::Bytes(token) = answer.get("AuthBytes") else {
        panic!("no token");
    };
    String::from_utf8(token.to_vec()).unwrap()
}

/// The peer is told that it failed and nothing else; the log says this.
fn refused(script: &mut Script, verdict: Verdict, why: &str) {
    let Verdict::ReplyAndClose(framed, Close::AuthenticationFailed) = verdict else {
        panic!("{verdict:?}");
    };
    let (_, answer) = opened(ApiKey::SASL_AUTHENTICATE, 2, &framed);
    assert_eq!(answer.int("ErrorCode"), 58);
    assert_eq!(answer.str("ErrorMessage"), Some("authentication failed"));
    assert_eq!(*answer.get("AuthBytes"), Value::Bytes(bytes::Bytes::new()));
    let log = script.log("authentication");
    let reason = log[0]["reason"].as_str().unwrap();
    assert!(reason.contains(why), "{reason}");
    assert!(!script.session.authenticated());
}

/// The client's first message is sent, the store answers, the server asks.
fn asked(script: &mut Script, first: &str, stored: Vec<Arc<Password>>) -> String {
    script.request(&message(first.as_bytes()));
    let Effect::LookUpPasswords { user } = waits(script) else {
        panic!("nothing was looked up");
    };
    assert!(first.contains(&user));
    let verdict = script
        .session
        .on_effect(EffectReply::Passwords(Ok(stored)), NOW);
    token(verdict)
}

/// The client's last message is sent and checked, as `io` does.
fn answered(script: &mut Script, last: &str) -> Verdict {
    script.request(&message(last.as_bytes()));
    let Effect::CheckProof { challenge, message } = waits(script) else {
        panic!("nothing was checked");
    };
    let user = challenge.user().to_owned();
    let directory = &script.snapshot.directory;
    let outcome = directory.by_proof(challenge, &message, NOW);
    script
        .session
        .on_effect(EffectReply::Proof { user, outcome }, NOW)
}

fn exchange(scram: &Scram) -> Exchange<'_> {
    scram.begin().unwrap()
}

fn log_in(
    mechanism: &str,
    user: &str,
    password: &str,
    stored: Vec<Arc<Password>>,
) -> (Script, Verdict) {
    let mut script = stranger(&with_store());
    script.request(&handshake(mechanism)).refuses(&[]);
    let scram = Scram::new(mechanism, user, password.as_bytes()).unwrap();
    let exchange = exchange(&scram);
    let question = asked(&mut script, &exchange.first(), stored);
    let (last, _) = exchange.answer(question.as_bytes()).unwrap();
    let verdict = answered(&mut script, &last);
    (script, verdict)
}

#[test]
fn a_proof_lets_in_and_the_server_proves_itself() {
    for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-512"] {
        let mut script = stranger(&with_store());
        script.request(&handshake(mechanism)).refuses(&[]);
        let scram = Scram::new(mechanism, "alice", b"pencil").unwrap();
        let exchange = exchange(&scram);
        let question = asked(&mut script, &exchange.first(), stored(|_| ()));
        let (last, expected) = exchange.answer(question.as_bytes()).unwrap();
        let verdict = answered(&mut script, &last);
        expected.check(token(verdict).as_bytes()).unwrap();
        assert!(script.session.authenticated());
        let log = script.log("authentication");
        assert_eq!(log[0]["credential"], "alice-1");
        assert_eq!(log[0]["mechanism"], mechanism);
        // The session lives no longer than the credential.
        script.now = NOW + 60_000;
        script.request(&ask(ApiKey::HEARTBEAT, 4, |it| {
            it.set("GroupId", "ok.g");
        }));
        assert!(matches!(script.closes(), Close::SessionEnded { .. }));
    }
}

#[test]
fn each_credential_that_is_wrong_is_refused_for_its_own_reason() {
    let set = |field: &'static str, value: Json| move |row: &mut Json| row[field] = value.clone();
    let only_256 = |row: &mut Json| {
        row["verifiers"].as_array_mut().unwrap().pop();
    };
    let ok = || stored(|_| ());
    for (mechanism, user, password, stored, why) in [
        ("SCRAM-SHA-256", "alice", "guess", ok(), "wrong password"),
        ("SCRAM-SHA-512", "alice", "guess", ok(), "wrong password"),
        (
            "SCRAM-SHA-256",
            "nobody",
            "pencil",
            ok(),
            "no principal has this name",
        ),
        (
            "SCRAM-SHA-256",
            "nobody",
            "pencil",
            vec![],
            "no principal has this name",
        ),
        (
            "SCRAM-SHA-512",
            "alice",
            "pencil",
            stored(only_256),
            "no password for SCRAM-SHA-512",
        ),
        (
            "SCRAM-SHA-256",
            "alice",
            "pencil",
            vec![],
            "no password for SCRAM-SHA-256",
        ),
        (
            "SCRAM-SHA-256",
            "alice",
            "pencil",
            stored(set("disabled", json!(true))),
            "is disabled",
        ),
        (
            "SCRAM-SHA-512",
            "alice",
            "pencil",
            stored(set("expires", json!(NOW))),
            "has expired",
        ),
        (
            "SCRAM-SHA-256",
            "alice",
            "pencil",
            stored(set("not_before", json!(NOW + 1))),
            "not valid yet",
        ),
    ] {
        let (mut script, verdict) = log_in(mechanism, user, password, stored);
        refused(&mut script, verdict, why);
    }
}

#[test]
fn a_first_message_that_is_wrong_looks_nothing_up() {
    for (first, why) in [
        ("", "no header"),
        ("p=tls-unique,,n=alice,r=abc", "channel binding"),
        ("n,a=root,n=alice,r=abc", "somebody else"),
        ("n,,n=alice,r=", "lacks a part"),
        ("n,,n=alice,r=abc,tokenauth=true", "delegation token"),
        ("n,,m=x,n=alice,r=abc", "extension"),
        ("\0alice\0pencil", "no header"),
    ] {
        let mut script = stranger(&with_store());
        script.request(&handshake("SCRAM-SHA-256")).refuses(&[]);
        script.request(&message(first.as_bytes()));
        let verdict = script.take_verdict();
        refused(&mut script, verdict, why);
    }
}

#[test]
fn a_last_message_of_another_exchange_is_refused() {
    let scram = Scram::new("SCRAM-SHA-256", "alice", b"pencil").unwrap();
    // What a client once sent, overheard.
    let mut script = stranger(&with_store());
    script.request(&handshake("SCRAM-SHA-256")).refuses(&[]);
    let exchange = exchange(&scram);
    let first = exchange.first();
    let question = asked(&mut script, &first, stored(|_| ()));
    let (overheard, _) = exchange.answer(question.as_bytes()).unwrap();
    assert!(matches!(
        answered(&mut script, &overheard),
        Verdict::Reply(_)
    ));
    // The same first message again, and the same proof for another question.
    let mut script = stranger(&with_store());
    script.request(&handshake("SCRAM-SHA-256")).refuses(&[]);
    asked(&mut script, &first, stored(|_| ()));
    let verdict = answered(&mut script, &overheard);
    refused(&mut script, verdict, "nonce");
}

#[test]
fn who_must_wait_or_can_not_be_looked_up_is_not_asked() {
    let begun = || {
        let mut script = stranger(&with_store());
        script.request(&handshake("SCRAM-SHA-256")).refuses(&[]);
        script.request(&message(b"n,,n=alice,r=abc"));
        waits(&mut script);
        script
    };
    let mut script = begun();
    let locked = EffectReply::Passwords(Err(Refusal::LockedOut { seconds: 8 }));
    let verdict = script.session.on_effect(locked, NOW);
    refused(&mut script, verdict, "too many failed attempts");
    // The store is down: the client is not told that it failed, so that it tries again.
    let mut script = begun();
    let down = EffectReply::Passwords(Err(Refusal::Unanswered(
        "the identity store is down".into(),
    )));
    let verdict = script.session.on_effect(down, NOW);
    assert!(
        matches!(verdict, Verdict::Close(Close::Unverifiable { .. })),
        "{verdict:?}"
    );
    assert!(!script.session.authenticated());
    let log = script.log("authentication");
    assert_eq!(log[0]["principal"], "alice");
    assert!(log[0]["reason"].as_str().unwrap().contains("store is down"));
}

#[test]
fn an_exchange_has_two_messages_and_no_more() {
    let (mut script, verdict) = log_in("SCRAM-SHA-256", "alice", "pencil", stored(|_| ()));
    assert!(matches!(verdict, Verdict::Reply(_)));
    script
        .request(&message(b"n,,n=root,r=abc"))
        .refuses(&[":34"]);
    assert_eq!(script.closes(), Close::AuthenticationFailed);
}

#[test]
fn another_snapshot_ends_no_session_of_a_stored_credential() {
    let (mut script, _) = log_in("SCRAM-SHA-256", "alice", "pencil", stored(|_| ()));
    script.apply(&with_store()).unwrap();
    let mut revoked = with_store();
    revoked["overlay"] = json!({"epoch": 2, "quarantined": [], "revoked": [
        {"containment": "c-1", "principal": null, "credential": "alice-1", "expires": null}]});
    assert!(matches!(script.apply(&revoked), Err(Close::Revoked { .. })));
    // Without a store there is nothing left that speaks for it.
    let (mut script, _) = log_in("SCRAM-SHA-256", "alice", "pencil", stored(|_| ()));
    let mut without = with_store();
    without["identity"]["store"] = Json::Null;
    assert!(matches!(script.apply(&without), Err(Close::Revoked { .. })));
}
