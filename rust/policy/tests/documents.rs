//! What a document must be, and the JSON of requests and decisions.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use common::{WEDNESDAY, compile, document, policy};
use serde_json::{Value, json};
use streamward_policy::{Policy, PolicyError};

fn problems(document: &Value) -> String {
    compile(document).unwrap_err().to_string()
}

#[test]
fn every_rule_that_fails_is_named_with_its_source() {
    let text = problems(&document(&[
        ("good", "permit (principal, action, resource);", &[]),
        ("syntax", "permit (principal, action resource);", &[]),
        (
            "type",
            "permit (principal, action, resource) when { context.hour == \"9\" };",
            &[],
        ),
        (
            "unsafe",
            "permit (principal, action, resource) \
            when { context.device_posture == \"ok\" };",
            &[],
        ),
        (
            "kind",
            "permit (principal, action, resource) when { resource.level > 1 };",
            &[],
        ),
        (
            "unknown",
            "permit (principal in Streamward::Team::\"x\", action, resource);",
            &[],
        ),
        (
            "literal",
            "permit (principal, action, resource) \
            when { Streamward::Role::\"a\" in Streamward::Role::\"b\" };",
            &[],
        ),
        (
            "template",
            "permit (principal == ?principal, action, resource);",
            &[],
        ),
        (
            "two",
            "permit (principal, action, resource); permit (principal, action, resource);",
            &[],
        ),
        (
            "slice",
            "permit (principal, action, resource);",
            &["nowhere."],
        ),
        ("good", "forbid (principal, action, resource);", &[]),
    ]));
    for id in [
        "syntax", "type", "unsafe", "kind", "unknown", "literal", "template", "two", "slice",
    ] {
        assert!(
            text.contains(&format!("rule `{id}` ({id}.yaml:7): ")),
            "{id}: {text}"
        );
    }
    assert_eq!(text.matches("rule `good`").count(), 1, "{text}");
    assert!(!text.contains('\n'), "{text}");
}

#[test]
fn names_that_nothing_declares_are_refused() {
    for (pointer, value) in [
        ("/principals/0/tenant", json!("nobody")),
        ("/principals/0/roles/0", json!("nobody")),
        ("/principals/1/id", json!("alice")),
        ("/policy/roles/1/includes/0", json!("nobody")),
        ("/policy/roles/0/includes", json!(["lead"])),
        ("/policy/roles/0/name", json!("lead")),
        ("/policy/namespaces/0/tenant", json!("nobody")),
        ("/policy/namespaces/0/prefix", json!("logs.")),
        ("/policy/streams/0/classes/0", json!("nobody")),
        ("/policy/streams/0/prefix", json!("both")),
        ("/policy/streams/0/name", json!(null)),
        ("/policy/streams/0/name", json!("unclassified")),
        ("/policy/streams/2/prefix", json!("logs.")),
        ("/policy/classes/0/name", json!("open")),
        ("/policy/networks/0/addresses/0", json!("10.0.0.1/8")),
        ("/policy/networks/0/name", json!("vpn")),
    ] {
        let mut document = document(&[]);
        assert!(compile(&document).is_ok());
        *document.pointer_mut(pointer).unwrap() = value;
        let error = compile(&document).unwrap_err();
        assert!(
            matches!(error, PolicyError::Section(_)),
            "{pointer}: {error}"
        );
        assert_eq!(error.code(), "policy.invalid");
    }
}

#[test]
fn a_schema_that_does_not_fit_is_refused_at_once() {
    for (from, to) in [
        ("mfa: Bool,", "mfa: String,"),
        ("mfa: Bool,", ""),
        ("hour: Long, ", "hour: Long, moon: Long,"),
        ("classes: Set<String>,", ""),
        ("action Contain, Reload, Inspect", "action Contain, Reload"),
        (
            "entity Group in [Namespace] { name: String };",
            "entity Group { name: String };",
        ),
        ("entity User in [Role, Tenant];", "entity User in [Role];"),
        ("namespace Streamward {", "namespace Other {"),
        ("entity", "entit"),
    ] {
        let mut document = document(&[]);
        let schema = document["policy"]["schema"]
            .as_str()
            .unwrap()
            .replace(from, to);
        assert_ne!(schema, streamward_policy::SCHEMA, "{from}");
        document["policy"]["schema"] = schema.into();
        let error = compile(&document).unwrap_err();
        assert!(matches!(error, PolicyError::Schema(_)), "{to}: {error}");
    }
}

#[test]
fn fields_that_nobody_knows_are_refused() {
    for pointer in [
        "",
        "/policy",
        "/principals/0",
        "/policy/roles/0",
        "/policy/streams/0",
    ] {
        let mut document = document(&[("r", "permit (principal, action, resource);", &[])]);
        let place = document
            .pointer_mut(pointer)
            .unwrap()
            .as_object_mut()
            .unwrap();
        place.insert("surprise".to_owned(), json!(1));
        assert!(
            matches!(compile(&document), Err(PolicyError::Document(_))),
            "{pointer}"
        );
    }
    assert!(Policy::from_json(b"").is_err());
}

fn answer(policy: &Policy, request: &Value) -> Result<Value, PolicyError> {
    let answer = policy.decide_json(&serde_json::to_vec(request).unwrap(), WEDNESDAY)?;
    Ok(serde_json::from_slice(&answer).unwrap())
}

#[test]
fn a_request_in_json_gets_what_it_leaves_out() {
    let policy = policy(&[(
        "all",
        "permit (principal, action, resource) when { context.mfa };",
        &[],
    )]);
    let mut request = json!({"principal": "alice", "action": "Read",
        "resource": {"type": "Stream", "name": "logs.x"}});
    let full = answer(&policy, &request).unwrap();
    assert_eq!(
        full,
        json!({
            "effect": "allow", "rules": ["all"], "errors": [], "reason": "allowed by `all`",
            "policy_version": "sha256:00", "principal": "alice", "action": "Read",
            "resource": {"type": "Stream", "name": "logs.x"},
            "context": {"source": "127.0.0.1", "networks": [], "tls": true, "mfa": true,
                "mechanism": "certificate", "environment": "production",
            "device_posture": "managed",
                "hour": 13, "minute": 817, "weekday": 3},
        })
    );
    request["context"] = full["context"].clone();
    assert_eq!(answer(&policy, &request).unwrap(), full);

    request["principal"] = json!("mallory");
    request["context"] = json!({});
    let unknown = answer(&policy, &request).unwrap();
    assert_eq!(
        (&unknown["effect"], &unknown["context"]["mfa"]),
        (&json!("deny"), &json!(false))
    );
}

#[test]
fn a_context_is_taken_as_it_stands_or_refused() {
    let policy = policy(&[(
        "vpn",
        "permit (principal, action, resource) \
        when { context.networks.contains(\"vpn\") && context.hour == 3 \
        && context.environment == \"test\" };",
        &[],
    )]);
    let with = |context: Value| {
        answer(
            &policy,
            &json!({"principal": "bob", "action": "Read",
            "resource": {"type": "Group", "name": "g"}, "context": context}),
        )
    };
    let good = json!({"networks": ["vpn"], "hour": 3, "environment": "test"});
    let decided = with(good).unwrap();
    assert_eq!(
        (&decided["effect"], &decided["context"]["minute"]),
        (&json!("allow"), &json!(180))
    );
    let minute = with(json!({"minute": 239, "weekday": 7})).unwrap();
    assert_eq!(
        (&minute["context"]["hour"], &minute["context"]["weekday"]),
        (&json!(3), &json!(7))
    );
    assert_eq!(with(json!({"now": 0})).unwrap()["context"]["weekday"], 4);
    for bad in [
        json!({"now": 0, "hour": 3}),
        json!({"hour": 24}),
        json!({"minute": -1}),
        json!({"weekday": 0}),
        json!({"hour": 3, "minute": 240}),
        json!({"mechanism": "GSSAPI"}),
        json!({"source": "localhost"}),
        json!({"networks": ["moon"]}),
        json!({"source": "10.9.0.1", "networks": ["office"]}),
        json!({"moon": "full"}),
    ] {
        let error = with(bad.clone()).unwrap_err();
        assert_eq!(error.code(), "policy.request", "{bad}");
    }
    for (pointer, value) in [
        ("/action", "Fly"),
        ("/resource/type", "Topic"),
        ("/principal", "x"),
    ] {
        let mut request = json!({"principal": "bob", "action": "Read",
            "resource": {"type": "Group", "name": "g"}});
        *request.pointer_mut(pointer).unwrap() = json!(value);
        assert_eq!(answer(&policy, &request).is_ok(), value == "x");
    }
    let long = vec![b' '; streamward_policy::REQUEST_BYTES_MAX + 1];
    assert!(policy.decide_json(&long, 0).is_err());
}
