//! Who is calling by a token: the messages of OAUTHBEARER, and what is told of a token that isn't taken.

use serde_json::{Value as Json, json};
use streamward_identity::Refusal;
use streamward_identity::token::TokenRefusal;
use streamward_wire::kafka::{ApiKey, Struct, Value};

use super::messages::{Names, naming};
use super::{
    Ask, Close, Effect, EffectReply, NOW, Script, Verdict, ask, document, identity, materials,
    opened, stranger,
};
use crate::caller::TlsSession;
use crate::snapshot::Snapshot;

const OK: Names<'_> = Names {
    topics: &["ok.a"],
    groups: &["ok.g"],
    transactional_id: "ok.t",
};

/// A listener to which clients log in by a token.
fn taking_tokens() -> Json {
    let mut document = document();
    document["listeners"][0]["mechanisms"] = json!(["OAUTHBEARER"]);
    document
}

fn handshake() -> Ask {
    ask(ApiKey::SASL_HANDSHAKE, 1, |it| {
        it.set("Mechanism", "OAUTHBEARER");
    })
}

fn message(text: &'static str) -> Ask {
    ask(ApiKey::SASL_AUTHENTICATE, 2, |it| {
        it.set("AuthBytes", bytes::Bytes::from_static(text.as_bytes()));
    })
}

/// A client that shows a token; what is to be found out about it.
fn showing(document: &Json, text: &'static str) -> (Script, Option<super::super::TokenCheck>) {
    let mut script = stranger(document);
    script.request(&handshake()).refuses(&[]);
    let mut frame = message(text).frame(2);
    let verdict = script.session.on_request(&mut frame, NOW);
    let check = match verdict {
        Verdict::Wait(Effect::CheckToken(check)) => Some(check),
        _ => None,
    };
    (script, check)
}

fn answered(framed: &[u8]) -> Struct {
    opened(ApiKey::SASL_AUTHENTICATE, 2, framed).1
}

#[test]
fn a_token_lets_in_and_is_recorded() {
    let (mut script, check) = showing(
        &taking_tokens(),
        "n,a=alice,\u{1}auth=Bearer a.b.c\u{1}traceId=x\u{1}\u{1}",
    );
    let check = check.unwrap();
    assert_eq!(
        (&*check.token, &*check.authorization_id),
        ("a.b.c", "alice")
    );
    assert!(!check.require_bound && check.certificate_sha256.is_none());
    let alice = identity(&script.snapshot, "alice");
    let verdict = script.session.on_effect(EffectReply::Token(Ok(alice)), NOW);
    let Verdict::Reply(framed) = verdict else {
        panic!("{verdict:?}");
    };
    assert_eq!(answered(&framed).int("ErrorCode"), 0);
    script.request(&naming(ApiKey::HEARTBEAT, 4, OK)).forwards();
    let log = script.log("authentication");
    assert_eq!(log.len(), 1);
    assert_eq!(
        (&log[0]["principal"], &log[0]["mechanism"]),
        (&"alice".into(), &"OAUTHBEARER".into())
    );
}

#[test]
fn a_token_that_is_not_taken_is_answered_as_kafka_does_and_tells_nothing() {
    let refusal = Refusal::Token(TokenRefusal::Signature);
    let (mut script, _) = showing(&taking_tokens(), "n,,\u{1}auth=Bearer a.b.c\u{1}\u{1}");
    let verdict = script
        .session
        .on_effect(EffectReply::Token(Err(refusal)), NOW);
    let Verdict::Reply(framed) = verdict else {
        panic!("{verdict:?}");
    };
    let answer = answered(&framed);
    assert_eq!(answer.int("ErrorCode"), 0);
    let said = bytes::Bytes::from_static(br#"{"status":"invalid_token"}"#);
    assert_eq!(answer.get("AuthBytes"), &Value::Bytes(said));
    assert!(!script.session.authenticated());
    script.request(&message("\u{1}")).refuses(&[":58"]);
    script.replies(|answer| {
        assert_eq!(answer.str("ErrorMessage"), Some("authentication failed"));
    });
    script.closes();
    let log = script.log("authentication");
    assert_eq!(log.len(), 1);
    assert_eq!(log[0]["reason"], "the signature of the token is wrong");
    assert!(!log[0].to_string().contains("a.b.c"));
}

#[test]
fn whoever_goes_on_with_a_token_that_was_not_taken_gets_nothing() {
    let refusal = || Refusal::Token(TokenRefusal::Expired);
    let (mut script, _) = showing(&taking_tokens(), "n,,\u{1}auth=Bearer a.b.c\u{1}\u{1}");
    script
        .session
        .on_effect(EffectReply::Token(Err(refusal())), NOW);
    script.request(&naming(ApiKey::METADATA, 9, OK));
    assert!(matches!(script.closes(), Close::Unauthenticated { .. }));
    // Another token on the same connection is not looked at.
    let (mut script, _) = showing(&taking_tokens(), "n,,\u{1}auth=Bearer a.b.c\u{1}\u{1}");
    script
        .session
        .on_effect(EffectReply::Token(Err(refusal())), NOW);
    script
        .request(&message("n,,\u{1}auth=Bearer x.y.z\u{1}\u{1}"))
        .refuses(&[":58"]);
    script.closes();
}

#[test]
fn who_shows_a_bad_token_after_a_good_one_is_closed_at_once() {
    for (outcome, reason) in [
        (Err(Refusal::Token(TokenRefusal::Expired)), "expired"),
        (Ok("root"), "principal"),
    ] {
        let (mut script, _) = showing(&taking_tokens(), "n,,\u{1}auth=Bearer a.b.c\u{1}\u{1}");
        let outcome = outcome.map(|principal| identity(&script.snapshot, principal));
        let alice = identity(&script.snapshot, "alice");
        script.session.on_effect(EffectReply::Token(Ok(alice)), NOW);
        script.now += 2_000;
        script.request(&handshake()).refuses(&[]);
        let mut frame = message("n,,\u{1}auth=Bearer x.y.z\u{1}\u{1}").frame(9);
        let verdict = script.session.on_request(&mut frame, script.now);
        assert!(matches!(verdict, Verdict::Wait(_)), "{verdict:?}");
        let verdict = script
            .session
            .on_effect(EffectReply::Token(outcome), script.now);
        let Verdict::ReplyAndClose(framed, _) = verdict else {
            panic!("{verdict:?}");
        };
        assert_eq!(answered(&framed).int("ErrorCode"), 58);
        let log = script.log("authentication");
        let last = log.last().unwrap();
        assert!(last["reason"].as_str().unwrap().contains(reason), "{last}");
    }
}

#[test]
fn a_message_that_is_none_is_refused_at_once() {
    for text in ["", "\u{1}", "n,,", "\0alice\0password"] {
        let (mut script, check) = showing(&taking_tokens(), text);
        assert!(check.is_none(), "{text:?}");
        let log = script.log("authentication");
        assert!(log[0]["reason"].as_str().unwrap().contains("OAUTHBEARER"));
    }
}

#[test]
fn a_revoked_principal_does_not_come_in_by_a_token() {
    let mut document = taking_tokens();
    document["overlay"]["revoked"] = json!([
        {"containment": "c-1", "principal": "alice", "credential": null, "expires": null}]);
    let (mut script, _) = showing(&document, "n,,\u{1}auth=Bearer a.b.c\u{1}\u{1}");
    let alice = identity(&script.snapshot, "alice");
    script.session.on_effect(EffectReply::Token(Ok(alice)), NOW);
    assert!(!script.session.authenticated());
    let log = script.log("authentication");
    assert!(log[0]["reason"].as_str().unwrap().contains("c-1"));
}

#[test]
fn tokens_are_not_taken_where_they_are_not_offered() {
    let mut script = stranger(&document());
    script.request(&handshake()).refuses(&[":33"]);
    script.closes();
}

/// A connection whose client proved this certificate.
fn certified(document: &Json, certificate: &[u8]) -> Script {
    let mut script = stranger(document);
    script.session.secured(TlsSession {
        version: "1.3",
        suite: "TLS13_AES_128_GCM_SHA256".into(),
        certificate_sha256: Some([7; 32]),
    });
    script
        .session
        .certificate(certificate, &[streamward_identity::Issuer::Listener], NOW)
        .unwrap();
    script
}

#[test]
fn where_tokens_must_be_bound_a_certificate_alone_proves_nothing() {
    let mut document = taking_tokens();
    document["listeners"][0]["bound_tokens"] = true.into();
    document["listeners"][0]["tls"]["client_certificate"] = "required".into();
    let mut script = certified(&document, b"a certificate");
    assert!(!script.session.authenticated());
    script.request(&handshake()).refuses(&[]);
    let mut frame = message("n,,\u{1}auth=Bearer a.b.c\u{1}\u{1}").frame(2);
    let Verdict::Wait(Effect::CheckToken(check)) = script.session.on_request(&mut frame, NOW)
    else {
        panic!("not checked");
    };
    assert!(check.require_bound);
    assert_eq!(check.certificate_sha256, Some([7; 32]));
    assert!(script.log("authentication").is_empty());
}

#[test]
fn a_listener_for_bound_tokens_takes_nothing_else() {
    let refused = |listener: &str, value: Json| {
        let mut document = taking_tokens();
        document["listeners"][0]["bound_tokens"] = true.into();
        document["listeners"][0]["tls"]["client_certificate"] = "required".into();
        let built =
            |document: &Json| Snapshot::build(document.to_string().as_bytes(), materials()).is_ok();
        assert!(built(&document));
        *document["listeners"][0].pointer_mut(listener).unwrap() = value;
        !built(&document)
    };
    assert!(refused("/mechanisms", json!(["OAUTHBEARER", "PLAIN"])));
    assert!(refused("/mechanisms", json!([])));
    assert!(refused("/tls/client_certificate", "optional".into()));
}

#[test]
fn a_certificate_of_nobody_is_a_failure_only_where_no_token_follows() {
    let mut script = certified(&taking_tokens(), b"not a certificate");
    assert!(script.log("authentication").is_empty());
    script.request(&naming(ApiKey::METADATA, 9, OK));
    assert!(matches!(script.closes(), Close::Unauthenticated { .. }));
    assert_eq!(script.log("authentication").len(), 1);
    let mut script = certified(&taking_tokens(), b"not a certificate");
    script.request(&handshake()).refuses(&[]);
    let mut frame = message("n,,\u{1}auth=Bearer a.b.c\u{1}\u{1}").frame(2);
    let verdict = script.session.on_request(&mut frame, NOW);
    assert!(matches!(verdict, Verdict::Wait(_)));
    assert!(script.log("authentication").is_empty());
}

/// The document, of whose `alice` an issuer's tokens are a credential, for this audience.
fn vouched_for(audience: &str) -> Json {
    let mut document = taking_tokens();
    document["identity"]["principals"][0]["credentials"] = json!([
        {"id": "alice-token", "type": "token", "issuer": "login", "subject": "user-1"}]);
    document["identity"]["issuers"] = json!([{
        "name": "login", "issuer": "https://login.example.com", "audiences": [audience],
        "algorithms": ["RS256"], "source": {"type": "discovery"},
        "clock_skew_milliseconds": 30_000, "lifetime_milliseconds_max": 86_400_000,
        "require_bound": false,
        "claims": {"subject": "sub", "roles": null, "role_of": {}, "tenant": null,
            "device_posture": null, "device_status": null, "mfa": null}}]);
    document
}

#[test]
fn other_settings_of_an_issuer_end_what_its_tokens_opened() {
    let (mut script, _) = showing(&vouched_for("kafka"), "n,,\u{1}auth=Bearer a.b.c\u{1}\u{1}");
    let alice = identity(&script.snapshot, "alice");
    script.session.on_effect(EffectReply::Token(Ok(alice)), NOW);
    let mut other_rules = vouched_for("kafka");
    other_rules["policy"]["version"] = "sha256:2".into();
    assert!(script.apply(&other_rules).is_ok());
    let closed = script.apply(&vouched_for("payments"));
    assert!(
        matches!(&closed, Err(Close::Revoked { reason }) if reason.contains("issuer have changed")),
        "{closed:?}"
    );
}
