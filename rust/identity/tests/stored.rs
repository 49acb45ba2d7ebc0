//! Passwords of the identity store: when they hold, how they are asked for, and what strangers can tell.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Value, json};
use streamward_identity::scram::Scram;
use streamward_identity::{
    ClientFirst, Directory, Hash, Identity, IdentityError, OutOfForce, Password, Refusal, Verifier,
    read_stored,
};

const NOW: i64 = 1_767_571_200_000;
const SALT: [u8; 16] = [5; 16];
const OTHER_SALT: [u8; 16] = [6; 16];

fn directory() -> Directory {
    let principal = |id: &str, credentials: Value| {
        json!({"id": id, "type": "service", "tenant": null, "roles": [], "mfa": false,
            "device_posture": null, "credentials": credentials})
    };
    let declared = json!([{"id": "declared", "type": "password", "verifier": "file:v"}]);
    let section = serde_json::from_value(json!({
        "principals": [principal("api", json!([])), principal("both", declared)],
        "store": {"iterations": 4096, "decoy_key": "key"},
    }));
    let verifier = Verifier::derive(Hash::Sha256, b"declared", &OTHER_SALT, 4096).unwrap();
    let materials = HashMap::from([
        ("file:v".to_owned(), verifier.into_bytes()),
        ("key".to_owned(), vec![7; 32]),
    ]);
    Directory::build(&section.unwrap(), &materials).unwrap()
}

fn verifier(hash: Hash, password: &str) -> String {
    Verifier::derive(hash, password.as_bytes(), &SALT, 4096).unwrap()
}

fn row(id: &str, password: &str) -> Value {
    json!({"id": id, "not_before": null, "expires": null, "disabled": false, "issued": NOW - 9,
        "verifiers": [verifier(Hash::Sha256, password), verifier(Hash::Sha512, password)]})
}

fn with(mut row: Value, field: &str, value: Value) -> Value {
    row[field] = value;
    row
}

fn stored(rows: &[Value]) -> Vec<Arc<Password>> {
    read_stored(json!({ "credentials": rows }).to_string().as_bytes()).unwrap()
}

/// A whole exchange of our own client.
fn log_in(
    hash: Hash,
    user: &str,
    password: &str,
    stored: &[Arc<Password>],
) -> Result<Identity, Refusal> {
    let directory = directory();
    let scram = Scram::new(hash.name(), user, password.as_bytes()).unwrap();
    let exchange = scram.begin().unwrap();
    let first = ClientFirst::parse(exchange.first().as_bytes()).unwrap();
    let (challenge, asked) = directory.challenge(first, hash, stored, NOW).unwrap();
    let (last, expected) = exchange.answer(asked.as_bytes()).unwrap();
    let (identity, proof) = directory.by_proof(challenge, last.as_bytes(), NOW)?;
    expected.check(proof.as_bytes()).unwrap();
    Ok(identity)
}

#[test]
fn a_stored_password_lets_in_by_every_mechanism() {
    let stored = stored(&[with(row("k1", "one"), "expires", json!(NOW + 5))]);
    for hash in [Hash::Sha256, Hash::Sha512] {
        let identity = log_in(hash, "api", "one", &stored).unwrap();
        assert_eq!(identity.credential, "k1");
        assert_eq!(identity.expires_milliseconds, Some(NOW + 5));
    }
    let plain = directory().by_password("api", b"one", &stored, NOW);
    assert_eq!(plain.unwrap().credential, "k1");
}

#[test]
fn two_that_hold_at_once_both_let_in() {
    let stored = stored(&[row("k1", "one"), row("k2", "two"), row("k3", "two")]);
    for hash in [Hash::Sha256, Hash::Sha512] {
        assert_eq!(
            log_in(hash, "api", "one", &stored).unwrap().credential,
            "k1"
        );
        let two = log_in(hash, "api", "two", &stored).unwrap();
        assert_eq!(
            (two.credential.as_str(), two.other_credentials.len()),
            ("k2", 1)
        );
    }
}

#[test]
fn a_password_that_does_not_hold_says_why_to_the_log() {
    for (field, value, state) in [
        ("disabled", json!(true), OutOfForce::Disabled),
        ("expires", json!(NOW), OutOfForce::Expired),
        ("not_before", json!(NOW + 1), OutOfForce::Early),
    ] {
        let stored = stored(&[with(row("k1", "one"), field, value)]);
        let expected = Refusal::NotInForce {
            principal: "api".into(),
            credential: "k1".into(),
            state,
        };
        let refusal = log_in(Hash::Sha256, "api", "one", &stored).unwrap_err();
        assert_eq!(refusal, expected);
        let refusal = directory().by_password("api", b"one", &stored, NOW);
        assert_eq!(refusal.unwrap_err(), expected);
        // Who doesn't know the password learns nothing of it, not even in the log.
        let refusal = log_in(Hash::Sha256, "api", "guess", &stored).unwrap_err();
        assert!(
            matches!(refusal, Refusal::WrongPassword { .. }),
            "{refusal}"
        );
    }
}

#[test]
fn one_that_holds_is_found_beside_one_that_does_not() {
    let stored = stored(&[
        with(row("old", "one"), "disabled", json!(true)),
        row("new", "one"),
    ]);
    let identity = log_in(Hash::Sha512, "api", "one", &stored).unwrap();
    assert_eq!(
        (
            identity.credential.as_str(),
            identity.other_credentials.len()
        ),
        ("new", 0)
    );
}

#[test]
fn declared_and_stored_passwords_live_beside_each_other() {
    assert_eq!(
        log_in(Hash::Sha256, "both", "declared", &[])
            .unwrap()
            .credential,
        "declared"
    );
    // Its salt is another; but where the stored one has ended, the declared one is asked for.
    let stored = stored(&[with(row("k1", "one"), "expires", json!(NOW - 1))]);
    let identity = log_in(Hash::Sha256, "both", "declared", &stored).unwrap();
    assert_eq!(identity.credential, "declared");
    let plain = directory()
        .by_password("both", b"declared", &stored, NOW)
        .unwrap();
    assert_eq!(plain.credential, "declared");
}

#[test]
fn each_failure_has_its_own_reason() {
    let some = stored(&[row("k1", "one")]);
    let sha_256 = |id: &str| {
        with(
            row(id, "one"),
            "verifiers",
            json!([verifier(Hash::Sha256, "one")]),
        )
    };
    let one_mechanism = stored(&[sha_256("k1")]);
    let refusal = |hash, user, stored: &[Arc<Password>]| {
        log_in(hash, user, "guess", stored).unwrap_err().to_string()
    };
    assert_eq!(
        refusal(Hash::Sha256, "nobody", &some),
        "no principal has this name"
    );
    assert_eq!(
        refusal(Hash::Sha256, "api", &some),
        "wrong password for principal `api`"
    );
    assert_eq!(
        refusal(Hash::Sha512, "api", &one_mechanism),
        "principal `api` has no password for SCRAM-SHA-512"
    );
    let none = directory().by_password("api", b"x", &[], NOW).unwrap_err();
    assert_eq!(none.to_string(), "principal `api` has no password");
    // A password in the store of somebody whom no document declares is nobody's.
    assert!(log_in(Hash::Sha256, "nobody", "one", &some).is_err());
}

#[test]
fn strangers_are_asked_what_users_are_asked_and_the_same_each_time() {
    let question = |user: &str, hash: Hash, stored: &[Arc<Password>]| {
        let first = ClientFirst::parse(format!("n,,n={user},r=abc").as_bytes()).unwrap();
        let (_, asked) = directory().challenge(first, hash, stored, NOW).unwrap();
        let (nonce, rest) = asked.split_once(',').unwrap();
        (nonce.len(), rest.to_owned())
    };
    for hash in [Hash::Sha256, Hash::Sha512] {
        let user = question("api", hash, &stored(&[row("k1", "one")]));
        let stranger = question("nobody", hash, &[]);
        assert_eq!(
            stranger,
            question("nobody", hash, &[]),
            "asked the same each time"
        );
        assert_ne!(
            stranger.1,
            question("somebody", hash, &[]).1,
            "each has a salt of its own"
        );
        assert_eq!((user.0, user.1.len()), (stranger.0, stranger.1.len()));
        assert!(user.1.ends_with("i=4096") && stranger.1.ends_with("i=4096"));
    }
    assert_ne!(
        question("nobody", Hash::Sha256, &[]).1,
        question("nobody", Hash::Sha512, &[]).1
    );
}

#[test]
fn a_store_that_answers_nonsense_is_not_believed() {
    let cheap = verifier(Hash::Sha256, "x").replacen("4096", "4095", 1);
    let twice = json!([verifier(Hash::Sha256, "x"), verifier(Hash::Sha256, "x")]);
    let many: Vec<Value> = (0..5).map(|it| row(&format!("k{it}"), "x")).collect();
    for wrong in [
        json!(null),
        json!({}),
        json!({"credentials": [{}]}),
        json!({"credentials": [with(row("k", "x"), "verifiers", json!([cheap]))]}),
        json!({"credentials": [with(row("k", "x"), "verifiers", json!([]))]}),
        json!({"credentials": [with(row("k", "x"), "verifiers", twice)]}),
        json!({"credentials": [with(row("k", "x"), "more", json!(1))]}),
        json!({ "credentials": many }),
    ] {
        assert!(
            read_stored(wrong.to_string().as_bytes()).is_err(),
            "{wrong}"
        );
    }
    assert!(read_stored(&vec![b' '; 40_000]).is_err());
}

#[test]
fn a_store_without_a_key_for_decoys_is_refused() {
    let section = json!({"principals": [], "store": {"iterations": 4096, "decoy_key": "key"}});
    let section = serde_json::from_value(section).unwrap();
    for key in [None, Some(vec![7; 15])] {
        let materials = key.map(|key| ("key".to_owned(), key)).into_iter().collect();
        let error = Directory::build(&section, &materials).unwrap_err();
        assert!(matches!(error, IdentityError::Section(_)));
    }
}
