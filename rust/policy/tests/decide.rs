//! What is allowed, what is not, and why.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use common::{WEDNESDAY, ask, context, may, policy, stream};
use streamward_policy::{Action, Context, Resource, ResourceKind};

const ALLOW_ALL: &str = "permit (principal, action, resource);";

#[test]
fn nothing_is_allowed_unless_a_rule_says_so() {
    let empty = policy(&[]);
    let decision = ask(
        &empty,
        "alice",
        Action::Write,
        stream("payments.x"),
        &context(),
    );
    assert!(!decision.allowed);
    assert_eq!(decision.rules, ["default"]);
    assert_eq!(
        decision.reason,
        "no rule allows `Write` on stream `payments.x`"
    );
    assert_eq!(decision.valid_until_milliseconds, None);

    let all = policy(&[("all", ALLOW_ALL, &[])]);
    for action in Action::ALL {
        for kind in ResourceKind::ALL {
            let on_cluster = kind == ResourceKind::Cluster;
            let at_the_door = matches!(
                action,
                Action::Contain
                    | Action::Reload
                    | Action::Inspect
                    | Action::ManageCredentials
                    | Action::Apply
                    | Action::Erase
                    | Action::ManageKeys
            );
            let decision = ask(
                &all,
                "api",
                action,
                Resource { kind, name: "x" },
                &context(),
            );
            assert_eq!(
                decision.allowed,
                on_cluster || !at_the_door,
                "{action:?} {kind:?}"
            );
        }
    }
}

#[test]
fn who_is_unknown_is_denied() {
    let all = policy(&[("all", ALLOW_ALL, &[])]);
    let decision = ask(&all, "mallory", Action::Read, stream("x"), &context());
    assert!(!decision.allowed);
    assert_eq!(decision.rules, ["default"]);
    assert_eq!(decision.reason, "principal `mallory` is not known");
    assert!(!may(&all, "", Action::Read, "x"));
    assert!(!may(&all, "Alice", Action::Read, "x"));
}

#[test]
fn a_rule_that_denies_beats_those_that_allow() {
    let policy = policy(&[
        ("all", ALLOW_ALL, &[]),
        (
            "also",
            "permit (principal, action == Streamward::Action::\"Read\", resource);",
            &[],
        ),
        (
            "never-bob",
            "forbid (principal == Streamward::User::\"bob\", action, resource);",
            &[],
        ),
    ]);
    let allowed = ask(&policy, "alice", Action::Read, stream("x"), &context());
    assert_eq!(allowed.rules, ["all", "also"]);
    assert_eq!(allowed.reason, "allowed by `all`, `also`");
    let denied = ask(&policy, "bob", Action::Read, stream("x"), &context());
    assert!(!denied.allowed);
    assert_eq!(denied.rules, ["never-bob"]);
    assert_eq!(denied.reason, "denied by `never-bob`");
}

#[test]
fn a_rule_that_fails_denies_and_is_named() {
    let overflow = |effect: &str| {
        format!(
            "{effect} (principal, action, resource) \
             when {{ context.hour + 9223372036854775807 > 0 }};"
        )
    };
    for effect in ["permit", "forbid"] {
        let failing = overflow(effect);
        let policy = policy(&[("all", ALLOW_ALL, &[]), ("failing", &failing, &[])]);
        let decision = ask(&policy, "alice", Action::Read, stream("x"), &context());
        assert!(!decision.allowed, "{effect}");
        assert_eq!(decision.errors, ["failing"]);
        assert_eq!(decision.rules, ["failing"]);
        let start = "rule `failing` could not be evaluated: ";
        assert!(decision.reason.starts_with(start), "{}", decision.reason);
        assert!(decision.reason.contains("overflow"), "{}", decision.reason);
        assert!(!decision.reason.contains('\n'));
        // At midnight the sum holds: the failure is over when its time is.
        let mut midnight = context();
        midnight.now_milliseconds = WEDNESDAY - WEDNESDAY % 86_400_000;
        let decision = ask(&policy, "alice", Action::Read, stream("x"), &midnight);
        assert_eq!(
            (decision.allowed, decision.errors.len()),
            (effect == "permit", 0)
        );
    }
}

#[test]
fn a_failing_rule_and_a_denying_one_are_both_told() {
    let policy = policy(&[
        (
            "failing",
            "permit (principal, action, resource) \
            when { context.minute * 9223372036854775807 > 0 };",
            &[],
        ),
        ("no", "forbid (principal, action, resource);", &[]),
    ]);
    let decision = ask(&policy, "alice", Action::Read, stream("x"), &context());
    assert_eq!(decision.rules, ["no"]);
    assert_eq!(decision.errors, ["failing"]);
}

#[test]
fn a_rule_that_fails_elsewhere_does_no_harm() {
    let failing = "permit (principal, action, resource) \
        when { context.hour + 9223372036854775807 > 0 };";
    let policy = policy(&[("all", ALLOW_ALL, &[]), ("failing", failing, &["logs."])]);
    assert!(may(&policy, "alice", Action::Read, "payments.x"));
    assert!(!may(&policy, "alice", Action::Read, "logs.x"));
}

#[test]
fn roles_include_one_another() {
    let policy = policy(&[
        (
            "readers",
            "permit (principal in Streamward::Role::\"reader\", \
            action == Streamward::Action::\"Read\", resource);",
            &[],
        ),
        (
            "leads",
            "permit (principal in Streamward::Role::\"lead\", \
            action == Streamward::Action::\"Write\", resource);",
            &[],
        ),
    ]);
    assert!(may(&policy, "alice", Action::Read, "x"));
    assert!(may(&policy, "alice", Action::Write, "x"));
    assert!(may(&policy, "bob", Action::Read, "x"));
    assert!(!may(&policy, "bob", Action::Write, "x"));
    assert!(!may(&policy, "api", Action::Read, "x"));
}

#[test]
fn members_of_a_tenant_are_told_apart() {
    let rule = "permit (principal in Streamward::Tenant::\"payments\", action, \
        resource in Streamward::Namespace::\"payments.\");";
    let policy = policy(&[("tenant", rule, &["payments."])]);
    assert!(may(&policy, "api", Action::Read, "payments.x"));
    assert!(!may(&policy, "bob", Action::Read, "payments.x"));
    assert_eq!(policy.tenant_of("api"), Some("payments"));
    assert_eq!(policy.tenant_of("bob"), None);
    assert_eq!(policy.tenant_of("mallory"), None);
    assert_eq!(policy.owner_of("payments.cards.x"), Some("fraud"));
    assert_eq!(policy.owner_of("payments.x"), Some("payments"));
    assert_eq!(policy.owner_of("logs.x"), None);
    assert_eq!(policy.owner_of("payments"), None);
}

#[test]
fn a_name_is_in_every_namespace_that_it_starts_with() {
    let policy = policy(&[
        (
            "outer",
            "permit (principal, action == Streamward::Action::\"Read\", \
            resource in Streamward::Namespace::\"payments.\");",
            &["payments."],
        ),
        (
            "inner",
            "permit (principal, action == Streamward::Action::\"Write\", \
            resource in Streamward::Namespace::\"payments.cards.\");",
            &["payments.cards."],
        ),
    ]);
    assert!(may(&policy, "api", Action::Read, "payments.x"));
    assert!(may(&policy, "api", Action::Read, "payments.cards.x"));
    assert!(may(&policy, "api", Action::Write, "payments.cards.x"));
    assert!(!may(&policy, "api", Action::Write, "payments.x"));
    for outside in [
        "payments-x",
        "payments",
        "payment.x",
        "Payments.x",
        "x.payments.",
        "",
    ] {
        assert!(!may(&policy, "api", Action::Read, outside), "{outside}");
    }
    for kind in [ResourceKind::Group, ResourceKind::Transaction] {
        let resource = Resource {
            kind,
            name: "payments.group",
        };
        assert!(ask(&policy, "api", Action::Read, resource, &context()).allowed);
    }
    let cluster = Resource {
        kind: ResourceKind::Cluster,
        name: "payments.cluster",
    };
    assert!(!ask(&policy, "api", Action::Read, cluster, &context()).allowed);
}

#[test]
fn names_are_data_and_never_syntax() {
    let rule = "permit (principal, action, resource == Streamward::Stream::\"a\");";
    let policy = policy(&[("one", rule, &[])]);
    assert!(may(&policy, "api", Action::Read, "a"));
    for name in ["a\"", "\\u{61}", "*", "a\0", "a ", "\u{202e}a"] {
        assert!(!may(&policy, "api", Action::Read, name), "{name:?}");
    }
    let decision = ask(&policy, "api", Action::Read, stream("a\nb"), &context());
    assert!(!decision.reason.contains('\n'), "{}", decision.reason);
}

#[test]
fn classes_and_levels_follow_the_declarations() {
    let policy = policy(&[
        ("all", ALLOW_ALL, &[]),
        (
            "restricted",
            "forbid (principal, action, resource is Streamward::Stream) \
            when { resource.level >= 3 };",
            &[],
        ),
        (
            "personal",
            "forbid (principal, action == Streamward::Action::\"Write\", \
            resource in Streamward::DataClass::\"personal\");",
            &[],
        ),
        (
            "named",
            "forbid (principal, action == Streamward::Action::\"Delete\", \
            resource is Streamward::Stream) when { resource.classes.contains(\"open\") };",
            &[],
        ),
    ]);
    let classes = |name: &str| policy.classes_of(name).to_vec();
    for (name, classes_expected, level) in [
        ("payments.transactions", vec!["cardholder"], 3),
        ("payments.cards.issued", vec!["open", "personal"], 2),
        ("payments.cards.other", vec!["personal"], 2),
        ("logs.app", vec!["open"], 0),
        ("unclassified", vec![], 3),
        ("nobody.knows", vec![], 3),
    ] {
        assert_eq!(
            (classes(name), policy.level_of(name)),
            (
                classes_expected.into_iter().map(str::to_owned).collect(),
                level
            ),
            "{name}"
        );
        assert_eq!(may(&policy, "api", Action::Read, name), level < 3, "{name}");
    }
    assert!(!may(&policy, "api", Action::Write, "payments.cards.issued"));
    assert!(may(&policy, "api", Action::Write, "logs.app"));
    assert!(!may(&policy, "api", Action::Delete, "logs.app"));
}

#[test]
fn networks_are_those_that_hold_the_source() {
    let policy = policy(&[(
        "office",
        "permit (principal, action, resource) \
        when { context.networks.contains(\"office\") && !context.networks.contains(\"vpn\") };",
        &[],
    )]);
    for (source, allowed) in [
        ("10.1.2.3", true),
        ("10.9.0.1", false),
        ("10.8.255.255", true),
        ("11.0.0.0", false),
        ("::ffff:10.1.2.3", true),
        ("2001:db8::1", true),
        ("2001:db9::1", false),
        ("::1", false),
    ] {
        let mut context = context();
        context.source = source.parse().unwrap();
        let decision = ask(&policy, "api", Action::Read, stream("x"), &context);
        assert_eq!(decision.allowed, allowed, "{source}");
    }
}

#[test]
fn the_whole_context_can_be_asked() {
    for (condition, allowed) in [
        ("context.source.isInRange(ip(\"10.0.0.0/8\"))", true),
        ("context.source == ip(\"10.1.2.3\")", true),
        ("context.tls", true),
        ("context.mechanism == \"certificate\"", true),
        ("context.mfa", false),
        ("context.environment == \"production\"", true),
        (
            "context.hour == 13 && context.minute == 817 && context.weekday == 3",
            true,
        ),
        ("context has device_posture", false),
        (
            "context has device_posture && context.device_posture == \"managed\"",
            false,
        ),
    ] {
        let rule = format!("permit (principal, action, resource) when {{ {condition} }};");
        let policy = policy(&[("rule", &rule, &[])]);
        assert_eq!(
            may(&policy, "api", Action::Read, "x"),
            allowed,
            "{condition}"
        );
    }
}

#[test]
fn what_is_known_of_a_caller_can_be_asked_and_what_is_not_does_not_hold() {
    let known = Context {
        tls_version: Some("1.3"),
        tls_cipher: Some("TLS_AES_256_GCM_SHA384".into()),
        client_software_name: Some("librdkafka".into()),
        client_software_version: Some("2.3.0".into()),
        device_status: Some("in_use".into()),
        device_posture: Some("compliant".into()),
        issued_at_milliseconds: Some(WEDNESDAY - 61_999),
        authenticated_at_milliseconds: Some(WEDNESDAY + 5_000),
        mfa_at_milliseconds: Some(WEDNESDAY - 900_000),
        ..context()
    };
    for (attribute, condition) in [
        ("tls_version", "== \"1.3\""),
        ("tls_cipher", "like \"*AES_256*\""),
        ("client_software_name", "== \"librdkafka\""),
        ("client_software_version", "== \"2.3.0\""),
        ("device_status", "== \"in_use\""),
        ("device_posture", "== \"compliant\""),
        ("credential_age", "== 61"),
        ("authentication_age", "== 0"),
        ("mfa_age", "== 900"),
    ] {
        let rule = format!(
            "permit (principal, action, resource) \
            when {{ context has {attribute} && context.{attribute} {condition} }};"
        );
        let policy = policy(&[("rule", &rule, &[])]);
        let allowed = |context| ask(&policy, "api", Action::Read, stream("x"), context).allowed;
        assert!(allowed(&known), "{attribute}");
        assert!(!allowed(&context()), "{attribute}");
    }
}

#[test]
fn a_proof_may_assert_declared_roles_and_no_second_tenant() {
    let policy = policy(&[
        (
            "writer",
            "permit (principal in Streamward::Role::\"writer\", action, resource);",
            &[],
        ),
        (
            "reader",
            "permit (principal in Streamward::Role::\"reader\", \
            action == Streamward::Action::\"Read\", resource);",
            &[],
        ),
        (
            "tenant",
            "permit (principal in Streamward::Tenant::\"fraud\", \
            action == Streamward::Action::\"Delete\", resource);",
            &[],
        ),
    ]);
    let may = |who: &str, action, roles: &[&str], tenant: Option<&str>| {
        let context = Context {
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            tenant: tenant.map(Into::into),
            ..context()
        };
        let probed = !policy.stream_probes(who, action, &context).is_empty();
        let allowed = ask(&policy, who, action, stream("x"), &context).allowed;
        assert_eq!(probed, allowed, "{who} {action:?} {roles:?}");
        allowed
    };
    assert!(!may("api", Action::Write, &[], None));
    assert!(may("api", Action::Write, &["writer"], None));
    assert!(!may("api", Action::Write, &["Writer", "root", ""], None));
    // What a role includes comes with it: writers are readers.
    assert!(may("api", Action::Read, &["writer"], None));
    assert!(!may("mallory", Action::Read, &["writer"], Some("fraud")));
    // Bob has no declared tenant, `api` has another one.
    assert!(!may("bob", Action::Delete, &["reader"], None));
    assert!(may("bob", Action::Delete, &[], Some("fraud")));
    assert!(!may("bob", Action::Delete, &[], Some("nobody's")));
    assert!(!may("api", Action::Delete, &[], Some("fraud")));
}

#[test]
fn a_denial_says_which_circumstance_a_rule_asks_for() {
    let policy = policy(&[
        (
            "step-up",
            "@requires(\"mfa_max_age: 15m; tls_min: 1.3\")
            permit (principal in Streamward::Role::\"reader\", \
            action == Streamward::Action::\"Read\", resource is Streamward::Stream) \
            when { resource.name like \"logs.*\" } \
            when { context has mfa_age && context.mfa_age <= 900 } \
            when { context has tls_version && context.tls_version == \"1.3\" };",
            &[],
        ),
        (
            "unnamed",
            "permit (principal, action == Streamward::Action::\"Write\", resource) \
            when { context.mfa } unless { context.hour < 20 };",
            &[],
        ),
        (
            "class",
            "@requires(\"mfa_max_age: 5m\") forbid (principal, \
            action == Streamward::Action::\"Delete\", resource) \
            unless { context has mfa_age && context.mfa_age <= 300 };",
            &[],
        ),
    ]);
    let asked = |who, action, name, context: &Context| {
        ask(&policy, who, action, stream(name), context)
            .reason
            .clone()
    };
    let read = |name, context: &Context| asked("bob", Action::Read, name, context);
    let none = context();
    assert_eq!(
        read("logs.x", &none),
        "no rule allows `Read` on stream `logs.x` as things are: \
        `step-up` requires `mfa_max_age: 15m`, `tls_min: 1.3`"
    );
    let old = Context {
        tls_version: Some("1.3"),
        mfa_at_milliseconds: Some(WEDNESDAY - 901_000),
        ..context()
    };
    assert_eq!(
        read("logs.x", &old),
        "no rule allows `Read` on stream `logs.x` as things are: \
        `step-up` requires `mfa_max_age: 15m`"
    );
    // The rule speaks of other streams, and of other people.
    assert_eq!(read("x", &none), "no rule allows `Read` on stream `x`");
    let other = asked("api", Action::Read, "logs.x", &none);
    assert_eq!(other, "no rule allows `Read` on stream `logs.x`");
    assert_eq!(
        asked("api", Action::Write, "x", &none),
        "no rule allows `Write` on stream `x` as things are: `unnamed` requires `mfa`, `hour`"
    );
    assert_eq!(
        asked("api", Action::Delete, "x", &none),
        "denied by `class`, which requires `mfa_max_age: 5m`"
    );
}

#[test]
fn a_head_of_any_form_finds_whom_and_what_it_speaks_of() {
    let principals = [
        ("principal", "alice bob api"),
        ("principal == Streamward::User::\"bob\"", "bob"),
        ("principal in Streamward::User::\"bob\"", "bob"),
        ("principal in Streamward::Role::\"reader\"", "alice bob"),
        ("principal in Streamward::Role::\"writer\"", "alice"),
        ("principal in Streamward::Tenant::\"payments\"", "alice api"),
        ("principal is Streamward::Service", "api"),
        (
            "principal is Streamward::User in Streamward::Tenant::\"payments\"",
            "alice",
        ),
    ];
    let resources = [
        (
            "resource",
            "payments.transactions payments.cards.issued other",
        ),
        (
            "resource == Streamward::Stream::\"payments.cards.issued\"",
            "payments.cards.issued",
        ),
        (
            "resource is Streamward::Stream",
            "payments.transactions payments.cards.issued other",
        ),
        (
            "resource in Streamward::Namespace::\"payments.\"",
            "payments.transactions payments.cards.issued",
        ),
        (
            "resource in Streamward::DataClass::\"cardholder\"",
            "payments.transactions",
        ),
        (
            "resource is Streamward::Stream in Streamward::Namespace::\"payments.cards.\"",
            "payments.cards.issued",
        ),
        ("resource is Streamward::Group", ""),
    ];
    for (principal, who) in principals {
        for (resource, what) in resources {
            let head = format!("permit ({principal}, action, {resource});");
            let policy = policy(&[("a", &head, &[])]);
            for caller in ["alice", "bob", "api", "nobody"] {
                for name in ["payments.transactions", "payments.cards.issued", "other"] {
                    let expected = who.split(' ').any(|it| it == caller)
                        && what.split(' ').any(|it| it == name);
                    let found = may(&policy, caller, Action::Read, name);
                    assert_eq!(found, expected, "{head} {caller} {name}");
                }
            }
        }
    }
}

#[test]
fn whether_somebody_may_do_something_somewhere_is_asked_with_few_names() {
    let policy = policy(&[
        (
            "a",
            r#"permit (principal == Streamward::User::"bob",
                action == Streamward::Action::"Write", resource == Streamward::Stream::"logs.a");"#,
            &[],
        ),
        (
            "b",
            r#"permit (principal in Streamward::Role::"lead",
                action in [Streamward::Action::"Read", Streamward::Action::"Write"],
                resource is Streamward::Stream) when { resource.name like "fraud.*" };"#,
            &[],
        ),
        (
            "c",
            r#"forbid (principal, action, resource == Streamward::Stream::"fraud.");"#,
            &[],
        ),
        (
            "d",
            r"permit (principal is Streamward::Service, action, resource is Streamward::Stream)
                when { resource.level < 3 };",
            &[],
        ),
    ]);
    let asked = |who: &str| policy.stream_probes(who, Action::Write, &context());
    assert_eq!(asked("bob"), ["logs.a"]);
    assert_eq!(
        policy.stream_probes("bob", Action::Read, &context()),
        [""; 0]
    );
    assert_eq!(asked("nobody"), [""; 0]);
    // Its one name is denied; that of another is not.
    assert!(asked("alice").len() <= 4);
    let somewhere = |who: &str| {
        asked(who)
            .iter()
            .any(|name| may(&policy, who, Action::Write, name))
    };
    assert!(somewhere("alice") && somewhere("bob") && somewhere("api"));
    assert!(asked("api").contains(&"logs.".to_owned()));
}
