//! What a proof says of its holder, and what a client says of itself, reach the policy.

use serde_json::{Value as Json, json};
use streamward_identity::{Attributes, Identity};
use streamward_policy::Mechanism;
use streamward_wire::kafka::ApiKey;

use super::messages::{Names, naming};
use super::{Ask, Close, NOW, Script, ask, codes, document, identity, opened, stranger};

const OK: Names<'_> = Names {
    topics: &["ok.a"],
    groups: &["ok.g"],
    transactional_id: "ok.t",
};

/// One rule allows everything where the condition holds.
fn only_when(head: &str, condition: &str) -> Json {
    let mut document = document();
    let rule = format!("permit({head}, action, resource) when {{ {condition} }};");
    document["policy"]["rules"] =
        json!([{"id": "r", "source": "x:1", "slices": [], "cedar": rule}]);
    document
}

/// A connection of `alice`, whose proof asserts this.
fn asserting(document: &Json, attributes: Attributes) -> (Script, Result<(), Close>) {
    let mut script = stranger(document);
    let identity = Identity {
        attributes,
        ..identity(&script.snapshot, "alice")
    };
    let accepted = script
        .session
        .accept(&identity, Mechanism::Certificate, NOW);
    (script, accepted)
}

fn heartbeat() -> Ask {
    naming(ApiKey::HEARTBEAT, 4, OK)
}

#[test]
fn a_role_that_the_proof_asserts_counts_beside_the_declared_ones() {
    let mut document = only_when("principal in Streamward::Role::\"writer\"", "true");
    document["policy"]["roles"] = json!([
        {"name": "writer", "includes": []}, {"name": "lead", "includes": ["writer"]}]);
    for (roles, allowed) in [
        (vec![], false),
        (vec!["lead"], true),
        (vec!["Lead", "root"], false),
    ] {
        let attributes = Attributes {
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            ..Attributes::default()
        };
        let (mut script, accepted) = asserting(&document, attributes);
        accepted.unwrap();
        let check = script.request(&heartbeat());
        if allowed {
            check.forwards();
        } else {
            check.refuses(&[":30"]);
        }
    }
}

#[test]
fn a_second_factor_is_as_old_as_the_proof_says_and_no_answer_outlives_it() {
    let fresh = "context has mfa_age && context.mfa_age <= 900";
    let document = only_when("principal", fresh);
    let (mut unknown, accepted) = asserting(&document, Attributes::default());
    accepted.unwrap();
    unknown.request(&heartbeat()).refuses(&[":30"]);
    let shown = Attributes {
        mfa: Some(true),
        mfa_at_milliseconds: Some(NOW - 600_000),
        ..Attributes::default()
    };
    let denied = Attributes {
        mfa: Some(false),
        ..shown.clone()
    };
    let (mut refuted, accepted) = asserting(&document, denied);
    accepted.unwrap();
    refuted.request(&heartbeat()).refuses(&[":30"]);
    let (mut script, accepted) = asserting(&document, shown);
    accepted.unwrap();
    script.request(&heartbeat()).forwards();
    script.broker(|_| ());
    script.now = NOW + 300_999;
    script.request(&heartbeat()).forwards();
    script.broker(|_| ());
    script.now = NOW + 301_000;
    script.request(&heartbeat()).refuses(&[":30"]);
}

#[test]
fn another_tenant_than_the_declared_one_is_nobody() {
    let mut document = only_when("principal", "true");
    document["policy"]["tenants"] = json!(["payments", "fraud"]);
    document["identity"]["principals"][0]["tenant"] = json!("payments");
    let of = |tenant: &str| Attributes {
        tenant: Some(tenant.to_owned()),
        ..Attributes::default()
    };
    let (_, accepted) = asserting(&document, of("payments"));
    accepted.unwrap();
    let (mut script, refused) = asserting(&document, of("fraud"));
    assert!(matches!(refused, Err(Close::Revoked { .. })), "{refused:?}");
    let log = script.log("authentication");
    let reason = "it is of tenant `fraud`, and its principal of `payments`";
    assert_eq!(log.last().unwrap()["reason"], reason);
}

#[test]
fn what_a_client_says_it_is_can_be_refused_by() {
    let banned = "!(context has client_software_name \
        && context.client_software_name == \"sarama\")";
    let document = only_when("principal", banned);
    let (mut script, accepted) = asserting(&document, Attributes::default());
    accepted.unwrap();
    script.request(&heartbeat()).forwards();
    script.broker(|_| ());
    script.request(&ask(ApiKey::API_VERSIONS, 3, |it| {
        it.set("ClientSoftwareName", "sarama")
            .set("ClientSoftwareVersion", "1.45.0");
    }));
    script.request(&heartbeat()).refuses(&[":30"]);
}

/// Everybody whose device is in order may do everything.
fn on_a_good_device(covers: &str) -> Json {
    let good = "context has device_posture && context.device_posture == \"compliant\" \
        && context has device_status && context.device_status == \"in_use\"";
    let mut document = only_when("principal", good);
    document["devices"] = json!({"covers": covers, "age_milliseconds_max": 60_000});
    document
}

fn read(script: &mut Script, as_of: i64, posture: &str) -> Vec<Vec<u8>> {
    let inventory = json!({"as_of_milliseconds": as_of,
        "devices": {"alice": {"posture": posture, "status": "in_use"}}});
    let devices = &script.snapshot.devices;
    let devices = devices.read(inventory.to_string().as_bytes()).unwrap();
    script.snapshot = script.snapshot.with_devices(devices).into();
    let snapshot = script.snapshot.clone();
    script.session.on_snapshot(snapshot, script.now).unwrap()
}

#[test]
fn an_inventory_alone_says_what_a_device_is_like_until_it_is_too_old() {
    let asserted = || Attributes {
        device_posture: Some("compliant".into()),
        device_status: Some("in_use".into()),
        ..Attributes::default()
    };
    let (mut script, accepted) = asserting(&on_a_good_device("everyone"), asserted());
    accepted.unwrap();
    // Nobody has read it yet, and what the token says does not stand in for it.
    script.request(&heartbeat()).refuses(&[":30"]);
    read(&mut script, NOW - 1_000, "compliant");
    script.request(&heartbeat()).forwards();
    script.broker(|_| ());
    script.now = NOW + 59_000;
    script.request(&heartbeat()).refuses(&[":30"]);
    read(&mut script, NOW + 50_000, "compliant");
    script.request(&heartbeat()).forwards();
    script.broker(|_| ());
    read(&mut script, NOW + 50_000, "jailbroken");
    script.request(&heartbeat()).refuses(&[":30"]);
    // Of programs another inventory says nothing.
    let (mut script, accepted) = asserting(&on_a_good_device("users"), asserted());
    accepted.unwrap();
    script.request(&heartbeat()).forwards();
}

#[test]
fn a_fetch_that_waits_is_refused_when_the_device_gets_out_of_order_or_nobody_knows() {
    let fetch = naming(ApiKey::FETCH, 12, OK).with("MaxWaitMs", 30_000);
    let waiting = || {
        let document = on_a_good_device("everyone");
        let (mut script, accepted) = asserting(&document, Attributes::default());
        accepted.unwrap();
        read(&mut script, NOW, "compliant");
        script.request(&fetch).forwards();
        script
    };
    let refused = |answers: Vec<Vec<u8>>| {
        let (_, answer) = opened(ApiKey::FETCH, 12, &answers[0]);
        assert_eq!(codes(&answer), ["ok.a/0:29"]);
    };
    let mut script = waiting();
    assert!(read(&mut script, NOW + 1, "compliant").is_empty());
    refused(read(&mut script, NOW + 2, "lost"));
    let mut script = waiting();
    assert!(script.session.on_tick(NOW + 59_999).unwrap().is_empty());
    refused(script.session.on_tick(NOW + 60_000).unwrap());
}

#[test]
fn an_inventory_that_cannot_be_read_changes_nothing() {
    let devices = crate::devices::Devices::default();
    let long = "x".repeat(crate::devices::TEXT_BYTES_MAX + 1);
    for document in [
        json!([]),
        json!({"devices": {}}),
        json!({"as_of_milliseconds": 1, "devices": {"a": {"owner": "b"}}}),
        json!({"as_of_milliseconds": 1, "devices": {"a": {"status": long}}}),
    ] {
        assert!(devices.read(document.to_string().as_bytes()).is_err());
    }
}
