//! What a proof says of its holder, and what a client says of itself, reach the policy.

use serde_json::{Value as Json, json};
use streamward_identity::{Attributes, Identity};
use streamward_policy::Mechanism;
use streamward_wire::kafka::ApiKey;

use super::messages::{Names, naming};
use super::{Ask, Close, NOW, Script, ask, document, identity, stranger};

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
