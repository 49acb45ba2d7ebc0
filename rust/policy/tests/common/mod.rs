//! A policy section to change, and short ways to ask.
#![allow(dead_code, reason = "each test file uses a part")]

use std::net::IpAddr;
use std::sync::Arc;

use serde_json::{Value, json};
use streamward_policy::{
    Action, Context, Decision, Mechanism, Policy, PolicyError, Request, Resource, ResourceKind,
    SCHEMA,
};

/// 1 July 2026, a Wednesday, 13:37:59.999 UTC.
pub const WEDNESDAY: i64 = 1_782_913_079_999;
pub const HOUR: i64 = 3_600_000;

/// Rules with their ids, Cedar texts and slices.
pub type Rules<'a> = &'a [(&'a str, &'a str, &'a [&'a str])];

pub fn document(rules: Rules<'_>) -> Value {
    let rules: Vec<_> = rules
        .iter()
        .map(|(id, cedar, slices)| {
            json!({"id": id, "source": format!("{id}.yaml:7"), "cedar": cedar, "slices": slices})
        })
        .collect();
    json!({
        "environment": "production",
        "principals": [
            {"id": "alice", "type": "user", "tenant": "payments", "roles": ["lead"], "mfa": true,
             "device_posture": "managed", "credentials": []},
            {"id": "bob", "type": "user", "tenant": null, "roles": ["reader"], "mfa": false,
             "device_posture": null, "credentials": []},
            {"id": "api", "type": "service", "tenant": "payments", "roles": [], "mfa": false,
             "device_posture": null, "credentials": []},
        ],
        "policy": {
            "version": "sha256:00",
            "schema": SCHEMA,
            "rules": rules,
            "roles": [
                {"name": "reader", "includes": []},
                {"name": "writer", "includes": ["reader"]},
                {"name": "lead", "includes": ["writer"]},
            ],
            "tenants": ["payments", "fraud"],
            "namespaces": [
                {"prefix": "payments.", "tenant": "payments"},
                {"prefix": "payments.cards.", "tenant": "fraud"},
                {"prefix": "logs.", "tenant": null},
            ],
            "streams": [
                {"name": "payments.transactions", "prefix": null, "classes": ["cardholder"]},
                {"name": "payments.cards.issued", "prefix": null, "classes": ["open"]},
                {"name": null, "prefix": "payments.cards.", "classes": ["personal"]},
                {"name": null, "prefix": "logs.", "classes": ["open"]},
                {"name": "unclassified", "prefix": null, "classes": []},
            ],
            "classes": [
                {"name": "cardholder", "level": "restricted"},
                {"name": "personal", "level": "confidential"},
                {"name": "open", "level": "public"},
            ],
            "networks": [
                {"name": "office", "addresses": ["10.0.0.0/8", "2001:db8::/32"]},
                {"name": "vpn", "addresses": ["10.9.0.0/16"]},
            ],
        },
    })
}

pub fn compile(document: &Value) -> Result<Policy, PolicyError> {
    Policy::from_json(&serde_json::to_vec(document).unwrap())
}

pub fn policy(rules: Rules<'_>) -> Policy {
    compile(&document(rules)).unwrap()
}

pub fn context() -> Context {
    Context {
        tls: true,
        ..Context::new(
            IpAddr::from([10, 1, 2, 3]),
            Mechanism::Certificate,
            WEDNESDAY,
        )
    }
}

pub fn stream(name: &str) -> Resource<'_> {
    Resource {
        kind: ResourceKind::Stream,
        name,
    }
}

pub fn ask(
    policy: &Policy,
    principal: &str,
    action: Action,
    resource: Resource<'_>,
    context: &Context,
) -> Arc<Decision> {
    policy.decide(&Request {
        principal,
        action,
        resource,
        context,
    })
}

/// May the principal do this to a stream, in the usual context?
pub fn may(policy: &Policy, principal: &str, action: Action, name: &str) -> bool {
    ask(policy, principal, action, stream(name), &context()).allowed
}
