//! Sessions end, and clients prove themselves again before that, on the same connection (KIP-368).

use serde_json::{Value as Json, json};
use streamward_identity::{Attributes, Identity, Refusal};
use streamward_policy::Mechanism;
use streamward_wire::kafka::{ApiKey, Struct, error};

use super::messages::{Names, naming};
use super::{
    Ask, Close, EffectReply, NOW, Script, Verdict, ask, codes, document, identity, opened, script,
    stranger,
};

const OK: Names<'_> = Names {
    topics: &["ok.a"],
    groups: &["ok.g"],
    transactional_id: "ok.t",
};

fn handshake(mechanism: &str) -> Ask {
    ask(ApiKey::SASL_HANDSHAKE, 1, |it| {
        it.set("Mechanism", mechanism);
    })
}

fn proof() -> Ask {
    ask(ApiKey::SASL_AUTHENTICATE, 2, |it| {
        it.set("AuthBytes", bytes::Bytes::from_static(b"\0alice\0password"));
    })
}

fn limited(milliseconds: u64) -> Json {
    let mut document = document();
    document["listeners"][0]["session_lifetime_milliseconds_max"] = json!(milliseconds);
    document
}

/// The password turns out to be of `who`, until `expires`.
fn checked(script: &mut Script, who: &str, expires: Option<i64>) -> Verdict {
    let identity = Identity {
        expires_milliseconds: expires,
        ..identity(&script.snapshot, who)
    };
    outcome(script, Ok(identity))
}

fn outcome(script: &mut Script, outcome: Result<Identity, Refusal>) -> Verdict {
    let user = "alice".to_owned();
    let reply = EffectReply::Password { user, outcome };
    script.session.on_effect(reply, script.now)
}

/// Goes through an exchange; gives what becomes of its last message.
fn authenticate(script: &mut Script, who: &str, expires: Option<i64>) -> Verdict {
    script
        .request(&handshake("PLAIN"))
        .replies(|it| assert_eq!(it.int("ErrorCode"), 0));
    script.request(&proof()).forwards_nothing();
    checked(script, who, expires)
}

fn lifetime(verdict: &Verdict) -> i64 {
    let Verdict::Reply(framed) = verdict else {
        panic!("{verdict:?}");
    };
    let (_, answer) = opened(ApiKey::SASL_AUTHENTICATE, 2, framed);
    assert_eq!(answer.int("ErrorCode"), 0);
    answer.int("SessionLifetimeMs")
}

fn heartbeat() -> Ask {
    naming(ApiKey::HEARTBEAT, 4, OK)
}

#[test]
fn a_session_lives_as_long_as_its_credential_and_no_longer_than_the_listener_says() {
    for (longest, expires, told) in [
        (None, None, 0),
        (None, Some(NOW + 5_000), 5_000),
        (Some(60_000), None, 60_000),
        (Some(60_000), Some(NOW + 5_000), 5_000),
        (Some(60_000), Some(NOW + 90_000), 60_000),
    ] {
        let document = longest.map_or_else(document, limited);
        let mut script = stranger(&document);
        let verdict = authenticate(&mut script, "alice", expires);
        assert_eq!(lifetime(&verdict), told);
        if told == 0 {
            continue;
        }
        script.now = NOW + told - 1;
        script.session.on_tick(script.now).unwrap();
        script.request(&heartbeat()).forwards();
        script.now += 1;
        // What the broker says later is not delivered, and nothing more is taken.
        script.broker(|_| ());
        assert!(matches!(script.closes(), Close::SessionEnded { .. }));
        let ended = script.session.on_tick(script.now);
        assert!(
            matches!(ended, Err(Close::SessionEnded { .. })),
            "{ended:?}"
        );
        script.request(&heartbeat());
        assert!(matches!(script.closes(), Close::SessionEnded { .. }));
    }
}

#[test]
fn a_certificate_has_no_second_session_so_the_listener_does_not_shorten_it() {
    let mut script = stranger(&limited(60_000));
    let identity = Identity {
        expires_milliseconds: Some(NOW + 90_000),
        ..identity(&script.snapshot, "alice")
    };
    let session = &mut script.session;
    session
        .accept(&identity, Mechanism::Certificate, NOW)
        .unwrap();
    session.on_tick(NOW + 89_999).unwrap();
    assert!(session.on_tick(NOW + 90_000).is_err());
}

#[test]
fn a_client_that_authenticates_again_lives_on() {
    let mut script = stranger(&limited(60_000));
    authenticate(&mut script, "alice", None);
    for _ in 0..3 {
        script.now += 50_000;
        let verdict = authenticate(&mut script, "alice", None);
        assert_eq!(lifetime(&verdict), 60_000);
        script.request(&heartbeat()).forwards();
        script.broker(|_| ());
    }
    assert_eq!(script.log("authentication").len(), 4);
    script.now += 60_000;
    script.request(&heartbeat());
    assert!(matches!(script.closes(), Close::SessionEnded { .. }));
}

#[test]
fn what_is_in_flight_goes_on_and_is_answered_first() {
    let mut script = stranger(&limited(60_000));
    authenticate(&mut script, "alice", None);
    script.now += 50_000;
    script.request(&heartbeat()).forwards();
    let first = script.correlation_id;
    let mut again = handshake("PLAIN").frame(first + 1);
    let waits = script.session.on_request(&mut again, script.now);
    assert!(matches!(waits, Verdict::Nothing), "{waits:?}");
    let mut again = proof().frame(first + 2);
    let checks = script.session.on_request(&mut again, script.now);
    assert!(matches!(checks, Verdict::Wait(_)), "{checks:?}");
    let waits = checked(&mut script, "alice", None);
    assert!(matches!(waits, Verdict::Nothing), "{waits:?}");
    assert!(script.session.next_local().is_none());
    script.broker_answers(ApiKey::HEARTBEAT, 4, first, |_| ());
    script.passes();
    let handshake = script.session.next_local().unwrap();
    let (number, answer) = opened(ApiKey::SASL_HANDSHAKE, 1, &handshake);
    assert_eq!((number, answer.int("ErrorCode")), (first + 1, 0));
    let proved = script.session.next_local().unwrap();
    let (number, answer) = opened(ApiKey::SASL_AUTHENTICATE, 2, &proved);
    assert_eq!(number, first + 2);
    assert_eq!(answer.int("SessionLifetimeMs"), 60_000);
}

#[test]
fn nobody_becomes_somebody_else() {
    let mut script = script();
    script.now += 5_000;
    let verdict = authenticate(&mut script, "root", None);
    let Verdict::ReplyAndClose(framed, Close::AuthenticationFailed) = verdict else {
        panic!("{verdict:?}");
    };
    let (_, answer) = opened(ApiKey::SASL_AUTHENTICATE, 2, &framed);
    let failed = i64::from(error::SASL_AUTHENTICATION_FAILED);
    assert_eq!(answer.int("ErrorCode"), failed);
    assert_eq!(answer.int("SessionLifetimeMs"), 0);
    let log = script.log("authentication");
    let reason = "a client may not change its principal when it authenticates again";
    assert_eq!(log.last().unwrap()["reason"], reason);
    assert_eq!(log.last().unwrap()["principal"], "root");
}

fn illegal(answer: &Struct) {
    let code = i64::from(error::ILLEGAL_SASL_STATE);
    assert_eq!(answer.int("ErrorCode"), code);
}

#[test]
fn an_exchange_out_of_turn_ends_the_connection() {
    let mut document = document();
    document["listeners"][0]["mechanisms"] = json!(["PLAIN", "SCRAM-SHA-256"]);
    let by = |seconds: i64, mechanism: &str| {
        let mut script = super::by("alice", &document);
        script.now += seconds * 1_000;
        script.request(&handshake(mechanism)).replies(illegal);
        assert_eq!(script.closes(), Close::AuthenticationFailed);
        let log = script.log("authentication");
        log.last().unwrap()["reason"].clone()
    };
    assert_eq!(by(0, "PLAIN"), "the client authenticates again too soon");
    assert_eq!(
        by(5, "SCRAM-SHA-256"),
        "a client may not change its mechanism when it authenticates again"
    );
    let mut script = super::by("alice", &document);
    script.now += 5_000;
    script.request(&handshake("PLAIN"));
    script.request(&handshake("PLAIN")).replies(illegal);
    // A certificate is shown once, in the handshake of TLS.
    let mut script = stranger(&document);
    let alice = identity(&script.snapshot, "alice");
    let session = &mut script.session;
    session.accept(&alice, Mechanism::Certificate, NOW).unwrap();
    script.now += 5_000;
    script.request(&handshake("PLAIN")).replies(illegal);
}

#[test]
fn a_second_proof_that_fails_ends_the_connection() {
    let mut script = script();
    script.now += 5_000;
    script.request(&handshake("PLAIN"));
    script.request(&proof());
    let principal = "alice".to_owned();
    let verdict = outcome(&mut script, Err(Refusal::WrongPassword { principal }));
    assert!(
        matches!(
            verdict,
            Verdict::ReplyAndClose(_, Close::AuthenticationFailed)
        ),
        "{verdict:?}"
    );
}

/// A rule that holds for 15 minutes after a second factor.
fn step_up() -> Json {
    let mut document = document();
    let rule = "permit(principal, action, resource) \
        when { context has mfa_age && context.mfa_age <= 900 };";
    document["policy"]["rules"] =
        json!([{"id": "r", "source": "x:1", "slices": [], "cedar": rule}]);
    document
}

fn with_factor(script: &Script, at: i64) -> Identity {
    Identity {
        attributes: Attributes {
            mfa: Some(true),
            mfa_at_milliseconds: Some(at),
            ..Attributes::default()
        },
        ..identity(&script.snapshot, "alice")
    }
}

#[test]
fn a_fetch_that_waits_is_refused_when_the_second_factor_is_too_old() {
    let mut script = stranger(&step_up());
    let alice = with_factor(&script, NOW - 890_000);
    script
        .session
        .accept(&alice, Mechanism::Plain, NOW)
        .unwrap();
    let fetch = naming(ApiKey::FETCH, 12, OK).with("MaxWaitMs", 30_000);
    script.request(&fetch).forwards();
    assert!(script.session.on_tick(NOW + 10_000).unwrap().is_empty());
    let answers = script.session.on_tick(NOW + 11_000).unwrap();
    let [framed] = &answers[..] else {
        panic!("{answers:?}");
    };
    let (_, answer) = opened(ApiKey::FETCH, 12, framed);
    assert_eq!(codes(&answer), ["ok.a/0:29"]);
    assert_eq!(script.log("denied").len(), 1);
}

#[test]
fn a_second_proof_brings_what_is_known_of_the_caller_up_to_date() {
    let mut script = stranger(&step_up());
    authenticate(&mut script, "alice", None);
    script.request(&heartbeat()).refuses(&[":30"]);
    script.now += 5_000;
    script.request(&handshake("PLAIN"));
    script.request(&proof());
    let alice = with_factor(&script, script.now);
    outcome(&mut script, Ok(alice));
    script.request(&heartbeat()).forwards();
}
