//! Who is calling: SASL, its order, and how a proof ends.

use streamward_identity::Refusal;
use streamward_wire::kafka::{ApiKey, Struct, Value};

use super::messages::{Names, naming};
use super::{
    Ask, Close, EffectReply, NOW, Verdict, ask, by, document, identity, opened, script, stranger,
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

fn proof(token: &[u8]) -> Ask {
    let token = bytes::Bytes::copy_from_slice(token);
    ask(ApiKey::SASL_AUTHENTICATE, 2, |it| {
        it.set("AuthBytes", token);
    })
}

#[test]
fn nobody_gets_anything_before_authentication() {
    for row in streamward_wire::kafka::access::served() {
        if matches!(row.access, streamward_wire::kafka::access::Access::Local(_)) {
            continue;
        }
        let mut script = stranger(&document());
        script.request(&naming(row.key, row.versions.1, OK));
        assert!(
            matches!(script.closes(), Close::Unauthenticated { .. }),
            "{}",
            row.key.name()
        );
    }
}

#[test]
fn a_password_lets_in_and_is_recorded() {
    let mut script = script();
    script.request(&naming(ApiKey::HEARTBEAT, 4, OK)).forwards();
    let log = script.log("authentication");
    assert_eq!(log.len(), 1);
    assert_eq!(
        (&log[0]["principal"], &log[0]["mechanism"]),
        (&"alice".into(), &"PLAIN".into())
    );
}

#[test]
fn an_answer_waits_until_its_authentication_is_on_disk() {
    let script = script();
    assert!(script.session.durable_before_answer() > 0);
}

#[test]
fn a_wrong_password_ends_the_connection_and_tells_nothing() {
    let mut script = stranger(&document());
    script.request(&handshake("PLAIN")).refuses(&[]);
    script.request(&proof(b"\0alice\0wrong"));
    let reply = EffectReply::Password {
        user: "alice".into(),
        outcome: Err(Refusal::UnknownPrincipal),
    };
    let Verdict::ReplyAndClose(framed, Close::AuthenticationFailed) =
        script.session.on_effect(reply, NOW)
    else {
        panic!("let in");
    };
    let (_, answer) = opened(ApiKey::SASL_AUTHENTICATE, 2, &framed);
    assert_eq!(answer.int("ErrorCode"), 58);
    assert_eq!(answer.str("ErrorMessage"), Some("authentication failed"));
    let log = script.log("authentication");
    assert_eq!(log[0]["principal"], "alice");
    assert!(!log[0].to_string().contains("wrong"));
}

#[test]
fn a_proof_without_a_handshake_is_refused() {
    let mut script = stranger(&document());
    script
        .request(&proof(b"\0alice\0password"))
        .refuses(&[":34"]);
    assert_eq!(script.closes(), Close::AuthenticationFailed);
}

#[test]
fn a_second_handshake_is_refused() {
    let mut script = stranger(&document());
    script.request(&handshake("PLAIN"));
    script.request(&handshake("PLAIN")).refuses(&[":34"]);
    script.closes();
    let mut script = self::script();
    script.request(&handshake("PLAIN")).refuses(&[":34"]);
    script.closes();
}

#[test]
fn a_token_that_acts_as_somebody_else_is_refused() {
    let mut script = stranger(&document());
    script.request(&handshake("PLAIN"));
    script
        .request(&proof(b"root\0alice\0password"))
        .refuses(&[":58"]);
    script.closes();
}

#[test]
fn a_mechanism_that_is_not_offered_is_refused_and_told_in_few_words() {
    let mut script = stranger(&document());
    let mechanism = "\u{1}".repeat(20_000);
    script.request(&handshake(&mechanism)).refuses(&[":33"]);
    script.replies(|answer| assert_eq!(answer.array("Mechanisms"), [Value::from("PLAIN")]));
    script.closes();
    let entered = script.log("authentication");
    assert!(entered[0]["mechanism"].as_str().unwrap().len() <= 64);
}

#[test]
fn a_password_is_never_taken_outside_tls() {
    let mut document = document();
    document["environment"] = "development".into();
    document["listeners"][0]["tls"] = serde_json::Value::Null;
    document["listeners"][0]["mechanisms"] = serde_json::json!([]);
    document["listeners"][0]["plaintext_principal"] = "alice".into();
    let mut script = stranger(&document);
    script.request(&handshake("PLAIN")).refuses(&[":33"]);
    script.closes();
}

#[test]
fn versions_are_told_to_everyone_and_are_those_that_are_decided() {
    let mut script = stranger(&document());
    let brokers = |answer: &mut Struct| {
        let keys = [
            (0, 0, 13),
            (1, 4, 99),
            (3, 0, 13),
            (22, 0, 6),
            (30, 1, 3),
            (24, 0, 5),
        ];
        let keys = keys.map(|(key, from, to)| {
            let mut entry = answer.element("ApiKeys");
            entry
                .set("ApiKey", key)
                .set("MinVersion", from)
                .set("MaxVersion", to);
            entry
        });
        answer.set("ApiKeys", keys.to_vec());
        let mut feature = answer.element("FinalizedFeatures");
        feature
            .set("Name", "transaction.version")
            .set("MaxVersionLevel", 2);
        answer.set("FinalizedFeatures", vec![feature]);
        let supported = [("transaction.version", 0), ("metadata.version", 7)];
        let supported = supported.map(|(name, lowest)| {
            let mut feature = answer.element("SupportedFeatures");
            feature.set("Name", name).set("MinVersion", lowest);
            feature
        });
        answer.set("SupportedFeatures", supported.to_vec());
    };
    let of = streamward_wire::kafka::schema(
        ApiKey::API_VERSIONS,
        3,
        streamward_wire::kafka::Direction::Response,
    );
    let mut learnt = Struct::new(of.unwrap());
    brokers(&mut learnt);
    script.cluster.learn_versions(learnt);
    for version in 0..=4 {
        script.request(&ask(ApiKey::API_VERSIONS, version, |it| {
            it.set("ClientSoftwareName", "test")
                .set("ClientSoftwareVersion", "1");
        }));
        script.replies(|answer| {
            let told: Vec<_> = answer
                .structs("ApiKeys")
                .map(|it| (it.int("ApiKey"), it.int("MinVersion"), it.int("MaxVersion")))
                .collect();
            let expected = [
                (0, 0, 13),
                (1, 4, 18),
                (3, 0, 13),
                (17, 1, 1),
                (18, 0, 4),
                (22, 0, 5),
                (24, 0, 3),
                (30, 1, 3),
                (36, 0, 2),
            ];
            assert_eq!(told, expected, "version {version}");
            let features = answer.array("FinalizedFeatures").len();
            assert_eq!(features, usize::from(version >= 3));
            // Clients of version 3 can't read one that begins at 0.
            let features = answer.array("SupportedFeatures").len();
            assert_eq!(
                features,
                usize::from(version >= 3) + usize::from(version >= 4)
            );
        });
    }
}

#[test]
fn software_without_a_name_that_kafka_takes_is_told_nothing() {
    for (name, version) in [
        ("", "1"),
        ("test", ""),
        ("te st", "1"),
        ("test", "1-"),
        (".a", "1"),
    ] {
        let mut script = stranger(&document());
        script.request(&ask(ApiKey::API_VERSIONS, 3, |it| {
            it.set("ClientSoftwareName", name)
                .set("ClientSoftwareVersion", version);
        }));
        script.replies(|answer| {
            assert_eq!(answer.int("ErrorCode"), 42, "{name} {version}");
            assert!(answer.array("ApiKeys").is_empty());
        });
    }
}

#[test]
fn a_client_newer_than_the_gateway_gets_a_version_that_everyone_reads() {
    let mut script = stranger(&document());
    let frame = [
        &[0, 18, 0, 99, 0, 0, 0, 7, 0, 1, b'x'][..],
        &[1, 2, 3, 4, 5],
    ]
    .concat();
    let mut buffer = frame;
    let Verdict::Reply(framed) = script.session.on_request(&mut buffer, NOW) else {
        panic!("no reply");
    };
    let (correlation_id, answer) = opened(ApiKey::API_VERSIONS, 0, &framed);
    assert_eq!((correlation_id, answer.int("ErrorCode")), (7, 35));
    let own = answer.structs("ApiKeys").next().unwrap();
    assert_eq!((own.int("ApiKey"), own.int("MaxVersion")), (18, 4));
}

#[test]
fn a_revoked_principal_does_not_come_in() {
    let mut document = document();
    document["overlay"]["revoked"] = serde_json::json!([
        {"containment": "c-1", "principal": "alice", "credential": null, "expires": null}]);
    let mut script = stranger(&document);
    script.request(&handshake("PLAIN"));
    script.request(&proof(b"\0alice\0password"));
    let reply = EffectReply::Password {
        user: "alice".into(),
        outcome: Ok(identity(&script.snapshot, "alice")),
    };
    let verdict = script.session.on_effect(reply, NOW);
    assert!(
        matches!(verdict, Verdict::ReplyAndClose(_, _)),
        "{verdict:?}"
    );
    assert!(!script.session.authenticated());
    assert!(
        script.log("authentication")[0]["reason"]
            .as_str()
            .unwrap()
            .contains("c-1")
    );
}

#[test]
fn a_credential_that_is_no_longer_declared_ends_its_connections() {
    let mut document = document();
    document["identity"]["principals"][0]["credentials"] = serde_json::json!([]);
    let close = script().apply(&document).unwrap_err();
    assert!(matches!(close, Close::Revoked { .. }));
    document["identity"]["principals"] = serde_json::json!([]);
    assert!(matches!(
        script().apply(&document),
        Err(Close::Revoked { .. })
    ));
}

#[test]
fn a_credential_that_has_changed_ends_its_connections() {
    let mut before = document();
    let certificate = |subject: &str| serde_json::json!({"id": "alice-key", "type": "certificate", "subject": subject, "san": null});
    before["identity"]["principals"][0]["credentials"][0] = certificate("CN=alice");
    let mut after = before.clone();
    after["identity"]["principals"][0]["credentials"][0] = certificate("CN=alice,O=Other");
    let mut script = by("alice", &before);
    assert!(script.apply(&before).is_ok());
    assert!(matches!(script.apply(&after), Err(Close::Revoked { .. })));
}

#[test]
fn attributes_of_a_principal_that_change_are_felt_by_its_connections() {
    let mut before = document();
    before["policy"]["rules"] = serde_json::json!([{
        "id": "grant:mfa", "source": "x:1", "slices": [],
        "cedar": "permit(principal, action, resource) when { context.mfa };"}]);
    before["identity"]["principals"][0]["mfa"] = true.into();
    let mut after = before.clone();
    after["identity"]["principals"][0]["mfa"] = false.into();
    let mut script = by("alice", &before);
    script.request(&naming(ApiKey::HEARTBEAT, 4, OK)).forwards();
    script.broker(|_| ());
    script.apply(&after).unwrap();
    script
        .request(&naming(ApiKey::HEARTBEAT, 4, OK))
        .refuses(&[":30"]);
}

#[test]
fn a_proof_that_has_ended_ends_its_connection() {
    let mut script = stranger(&document());
    script.request(&handshake("PLAIN"));
    script.request(&proof(b"\0alice\0password"));
    let mut alice = identity(&script.snapshot, "alice");
    alice.expires_milliseconds = Some(NOW + 1_000);
    let reply = EffectReply::Password {
        user: "alice".into(),
        outcome: Ok(alice),
    };
    script.session.on_effect(reply, NOW);
    let fetch = naming(ApiKey::FETCH, 12, OK);
    script.request(&fetch).forwards();
    script.now += 1_000;
    // What waited is not released, and nothing more is taken.
    script.broker(|_| ());
    assert!(matches!(script.closes(), Close::SessionEnded { .. }));
    script.request(&fetch);
    assert!(matches!(script.closes(), Close::SessionEnded { .. }));
}

#[test]
fn a_peer_that_proved_nothing_is_held_to_narrow_limits() {
    let mut script = stranger(&document());
    assert!(script.session.request_limits().frame_bytes_max <= 64 * 1024);
    let mut frame = vec![0, 17, 0, 1, 0, 0, 0, 1, 0xff, 0xff];
    frame.extend([0x7f, 0xff]);
    script.raw(frame);
    assert!(matches!(script.closes(), Close::MalformedRequest { .. }));
}
