//! A remembered decision is the decision that would be made.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use common::{HOUR, WEDNESDAY, ask, context, policy, stream};
use proptest::prelude::*;
use streamward_policy::{Action, Context, Mechanism, Policy, Resource, ResourceKind};

const UNLESS_NIGHT: &str =
    "permit (principal, action, resource) when { context.hour >= 6 && context.hour < 14 };";

#[test]
fn a_time_rule_ends_at_its_boundary() {
    let policy = policy(&[("day", UNLESS_NIGHT, &[])]);
    let boundary = WEDNESDAY - WEDNESDAY % HOUR + HOUR;
    let at = |now_milliseconds| {
        let context = Context {
            now_milliseconds,
            ..context()
        };
        ask(&policy, "api", Action::Read, stream("x"), &context)
    };
    let before = at(boundary - 1);
    assert!(before.allowed);
    assert_eq!(before.valid_until_milliseconds, Some(boundary));
    assert!(Arc::ptr_eq(&before, &at(boundary - HOUR)));
    let after = at(boundary);
    assert!(!after.allowed);
    assert_eq!(after.valid_until_milliseconds, Some(boundary + HOUR));
    assert!(at(boundary - 1).allowed, "the clock went back");
}

#[test]
fn deadlines_are_those_of_what_is_read() {
    for (condition, until) in [
        ("context.tls", None),
        (
            "context.weekday < 6",
            Some(WEDNESDAY - WEDNESDAY % HOUR + HOUR),
        ),
        (
            "context.minute < 1000",
            Some(WEDNESDAY - WEDNESDAY % 60_000 + 60_000),
        ),
        (
            "context has mfa_age && context.mfa_age <= 900",
            Some(WEDNESDAY - 60_000 + 900_000),
        ),
        ("context has mfa_age", None),
        (
            "context has credential_age && context.credential_age < 5",
            None,
        ),
        (
            "context.minute < 1000 && context.hour > 1",
            Some(WEDNESDAY + 1),
        ),
    ] {
        let rule = format!("permit (principal, action, resource) when {{ {condition} }};");
        let policy = policy(&[("rule", &rule, &["logs."])]);
        let context = Context {
            mfa_at_milliseconds: Some(WEDNESDAY - 60_000),
            ..context()
        };
        let decision = ask(&policy, "api", Action::Read, stream("logs.x"), &context);
        assert_eq!(decision.valid_until_milliseconds, until, "{condition}");
        let elsewhere = ask(&policy, "api", Action::Read, stream("x"), &context);
        assert_eq!(elsewhere.valid_until_milliseconds, None, "{condition}");
    }
}

#[test]
fn what_no_rule_reads_makes_no_difference_to_the_memory() {
    let rule = "permit (principal, action, resource) when { context.networks.contains(\"vpn\") };";
    let policy = policy(&[("vpn", rule, &[])]);
    let from = |source: [u8; 4], tls| {
        let context = Context {
            source: IpAddr::from(source),
            tls,
            ..context()
        };
        ask(&policy, "api", Action::Read, stream("x"), &context)
    };
    let first = from([10, 9, 0, 1], true);
    assert!(first.allowed);
    assert!(Arc::ptr_eq(&first, &from([10, 9, 0, 2], false)));
    let other = from([10, 8, 0, 1], true);
    assert!(!other.allowed && !Arc::ptr_eq(&first, &other));
}

/// Rules that read every attribute, some of them in one slice only, and some of which fail.
fn rich() -> Policy {
    policy(&[
        (
            "read",
            "permit (principal in Streamward::Role::\"reader\", \
            action == Streamward::Action::\"Read\", resource);",
            &[],
        ),
        (
            "tenant",
            "permit (principal in Streamward::Tenant::\"payments\", action, resource) \
            when { context.tls && context.networks.contains(\"office\") };",
            &["payments."],
        ),
        (
            "cards",
            "forbid (principal, action, resource) when { context.mechanism == \"PLAIN\" \
            && !context.mfa };",
            &["payments.cards."],
        ),
        (
            "posture",
            "forbid (principal is Streamward::User, action, resource) \
            unless { context has device_posture && context.device_posture == \"managed\" };",
            &["payments.cards."],
        ),
        (
            "hours",
            "forbid (principal, action == Streamward::Action::\"Write\", resource) \
            when { context.hour < 6 || context.weekday > 5 };",
            &["payments."],
        ),
        (
            "minute",
            "permit (principal, action == Streamward::Action::\"Create\", resource) \
            when { context.minute > 700 };",
            &["logs."],
        ),
        (
            "source",
            "permit (principal, action, resource) \
            when { context.source.isInRange(ip(\"10.9.0.0/24\")) };",
            &["logs."],
        ),
        (
            "step-up",
            "permit (principal in Streamward::Role::\"writer\", \
            action == Streamward::Action::\"Write\", resource) \
            when { context has mfa_age && context.mfa_age <= 900 };",
            &["logs."],
        ),
        (
            "old-tls",
            "forbid (principal, action == Streamward::Action::\"Read\", resource) \
            unless { context has tls_version && context.tls_version == \"1.3\" };",
            &["logs."],
        ),
        (
            "failing",
            "permit (principal, action == Streamward::Action::\"Alter\", resource) \
            when { context.hour + 9223372036854775800 > 0 };",
            &[],
        ),
    ])
}

#[derive(Debug, Clone, Copy)]
struct Case {
    principal: &'static str,
    action: Action,
    kind: ResourceKind,
    name: &'static str,
}

// Few values of each: contexts must often differ in one of them alone.
prop_compose! {
    fn contexts()(
        source in prop::sample::select(vec!["10.1.1.1", "10.9.0.7", "10.9.1.1", "9.9.9.9",
            "2001:db8::5", "::ffff:10.9.0.7"]),
        tls in prop::bool::ANY,
        mechanism in prop::sample::select(Mechanism::ALL.to_vec()),
        mfa in prop::bool::ANY,
        device_posture in prop::sample::select(vec![None, Some("managed"), Some("lost")]),
        minutes in prop::sample::select(vec![0_i64, 1, 11 * 60]),
        days in prop::sample::select(vec![0_i64, 4]),
        mfa_age in prop::sample::select(vec![None, Some(0_i64), Some(900), Some(901)]),
        roles in prop::sample::select(vec![vec![], vec!["writer"], vec!["reader", "nobody's"]]),
    ) -> Context {
        let now = WEDNESDAY + days * 24 * HOUR + minutes * 60_000;
        Context {
            tls,
            mfa,
            device_posture: device_posture.map(Into::into),
            tls_version: tls.then_some("1.3"),
            mfa_at_milliseconds: mfa_age.map(|seconds| now - seconds * 1000),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            ..Context::new(source.parse().unwrap(), mechanism, now)
        }
    }
}

prop_compose! {
    fn cases()(
        principal in prop::sample::select(vec!["alice", "bob", "api", "mallory"]),
        action in prop::sample::select(vec![Action::Read, Action::Write, Action::Create,
            Action::Alter, Action::Inspect]),
        kind in prop::sample::select(ResourceKind::ALL.to_vec()),
        name in prop::sample::select(vec!["payments.x", "payments.cards.x", "payments-x",
            "logs.x", "x", "payments.transactions"]),
    ) -> Case {
        Case { principal, action, kind, name }
    }
}

/// One policy for all cases: whatever it wrongly remembers of one meets the others.
static REMEMBERING: LazyLock<Policy> = LazyLock::new(rich);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_remembered_decision_is_the_one_that_would_be_made(
        case in cases(), contexts in prop::collection::vec(contexts(), 1..40),
    ) {
        let policy = &*REMEMBERING;
        for context in contexts.iter().chain(contexts.iter().rev()) {
            let resource = Resource { kind: case.kind, name: case.name };
            let decision = ask(policy, case.principal, case.action, resource, context);
            // JSON requests are never answered from memory.
            let remembered = (decision.allowed, decision.reason.clone());
            prop_assert_eq!(anew(policy, case, context), remembered);
            let now = context.now_milliseconds;
            let until = decision.valid_until_milliseconds.unwrap_or(now + HOUR);
            prop_assert!(now < until && until <= now + HOUR);
        }
    }
}

fn anew(policy: &Policy, case: Case, context: &Context) -> (bool, String) {
    let mut request = serde_json::json!({
        "principal": case.principal,
        "action": case.action.name(),
        "resource": {"type": case.kind.name(), "name": case.name},
        "context": {
            "source": context.source,
            "tls": context.tls,
            "mechanism": context.mechanism.name(),
            "mfa": context.mfa,
            "device_posture": context.device_posture.as_deref().unwrap_or("none"),
            "roles": *context.roles,
            "now": context.now_milliseconds,
        },
    });
    let known = request["context"].as_object_mut().unwrap();
    let age = |begin: i64| serde_json::json!((context.now_milliseconds - begin) / 1000);
    let version = context.tls_version.map(serde_json::Value::from);
    known.extend(version.map(|it| ("tls_version".to_owned(), it)));
    let mfa_age = context.mfa_at_milliseconds.map(age);
    known.extend(mfa_age.map(|it| ("mfa_age".to_owned(), it)));
    let answer = policy
        .decide_json(&serde_json::to_vec(&request).unwrap(), 0)
        .unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    (
        answer["effect"] == "allow",
        answer["reason"].as_str().unwrap().to_owned(),
    )
}
