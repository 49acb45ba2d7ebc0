//! What a decision costs at 50 rules: `cargo run --release -p streamward-policy --example decide`.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "it measures time and prints what it measures"
)]

use std::hint::black_box;
use std::net::IpAddr;
use std::time::Instant;

use serde_json::json;
use streamward_policy::{
    Action, Context, Mechanism, Policy, PolicyError, Request, Resource, ResourceKind, SCHEMA,
};

const RULES: usize = 50;
const MEMOISED: u32 = 2_000_000;
const COLD: u32 = 2_000;

fn document() -> serde_json::Value {
    let rule = |index: usize| {
        let (stream, role) = (
            format!("payments.stream-{index}"),
            format!("role-{}", index % 5),
        );
        let cedar = if index.is_multiple_of(10) {
            "forbid (principal, action, resource is Streamward::Stream) \
             when { resource.level >= 3 && !context.networks.contains(\"office\") };"
                .to_owned()
        } else {
            format!(
                "permit (principal in Streamward::Role::\"{role}\", \
                 action in [Streamward::Action::\"Read\", Streamward::Action::\"Describe\"], \
                 resource == Streamward::Stream::\"{stream}\") when {{ context.tls }};"
            )
        };
        json!({"id": format!("rule-{index}"), "source": "x:1", "cedar": cedar, "slices": []})
    };
    json!({
        "environment": "production",
        "principals": [{"id": "api", "type": "service", "roles": ["role-1"]}],
        "policy": {
            "version": "sha256:00",
            "schema": SCHEMA,
            "rules": (0..RULES).map(rule).collect::<Vec<_>>(),
            "roles": (0..5).map(|it| json!({"name": format!("role-{it}"), "includes": []}))
                .collect::<Vec<_>>(),
            "tenants": [],
            "namespaces": [{"prefix": "payments.", "tenant": null}],
            "streams": [{"name": null, "prefix": "payments.", "classes": ["cardholder"]}],
            "classes": [{"name": "cardholder", "level": "restricted"}],
            "networks": [{"name": "office", "addresses": ["10.0.0.0/8"]}],
        },
    })
}

/// Nanoseconds of one of `count` runs.
fn measure(count: u32, mut run: impl FnMut(u32)) -> f64 {
    let start = Instant::now();
    (0..count).for_each(&mut run);
    start.elapsed().as_secs_f64() * 1e9 / f64::from(count)
}

fn main() -> Result<(), PolicyError> {
    let document = serde_json::to_vec(&document())
        .map_err(|error| PolicyError::Document(error.to_string()))?;
    let start = Instant::now();
    let policy = Policy::from_json(&document)?;
    println!("compile {RULES} rules: {:?}", start.elapsed());
    let context = Context {
        tls: true,
        ..Context::new(
            IpAddr::from([10, 0, 0, 1]),
            Mechanism::Certificate,
            1_782_913_079_999,
        )
    };
    let decide = |name: &str| {
        let resource = Resource {
            kind: ResourceKind::Stream,
            name,
        };
        let request = Request {
            principal: "api",
            action: Action::Read,
            resource,
            context: &context,
        };
        black_box(policy.decide(black_box(&request)))
    };
    let names: Vec<_> = (0..COLD)
        .map(|index| format!("payments.other-{index}"))
        .collect();
    let cold = measure(COLD, |index| drop(decide(&names[index as usize])));
    println!("cold decision at {RULES} rules: {cold:.0} ns");
    println!("allowed: {}", decide("payments.stream-1").allowed);
    let memoised = measure(MEMOISED, |_| drop(decide("payments.stream-1")));
    println!("memoised decision, one resource: {memoised:.0} ns");
    let many = measure(MEMOISED, |index| {
        drop(decide(&names[(index % COLD) as usize]));
    });
    println!("memoised decision, {COLD} resources: {many:.0} ns");
    Ok(())
}
