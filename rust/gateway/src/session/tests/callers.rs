//! APIs whose meaning is the caller, where brokers take every client for the gateway and where they do not.

use std::sync::Arc;

use serde_json::json;
use streamward_wire::kafka::{ApiKey, Struct, Value, access};

use super::messages::{Names, naming};
use super::{Ask, NOW, Script, ask, by, codes, document, snapshot};

const NAMES: Names<'_> = Names {
    topics: &["ok.a"],
    groups: &["ok.g"],
    transactional_id: "ok.t",
};

const KEYS: [ApiKey; 11] = [
    ApiKey::DESCRIBE_ACLS,
    ApiKey::CREATE_ACLS,
    ApiKey::DELETE_ACLS,
    ApiKey::CREATE_DELEGATION_TOKEN,
    ApiKey::RENEW_DELEGATION_TOKEN,
    ApiKey::EXPIRE_DELEGATION_TOKEN,
    ApiKey::DESCRIBE_DELEGATION_TOKEN,
    ApiKey::DESCRIBE_CLIENT_QUOTAS,
    ApiKey::ALTER_CLIENT_QUOTAS,
    ApiKey::DESCRIBE_USER_SCRAM_CREDENTIALS,
    ApiKey::ALTER_USER_SCRAM_CREDENTIALS,
];

fn each(check: impl Fn(ApiKey, i16, Ask)) {
    for key in KEYS {
        let (first, last) = access::versions(key).unwrap();
        for version in first..=last {
            check(key, version, naming(key, version, NAMES));
        }
    }
}

/// The error codes of an answer, whatever they stand beside.
fn errors(answer: &Struct) -> Vec<String> {
    let code = |it: String| it.rsplit(':').next().unwrap().to_owned();
    codes(answer).into_iter().map(code).collect()
}

/// The same connection, to a cluster whose brokers see the client itself.
fn knowing_clients(mut script: Script) -> Script {
    let mut document = document();
    document["clusters"][0]["identity"] = json!("client");
    let snapshot = Arc::new(snapshot(&document));
    script.session.on_snapshot(snapshot, NOW).unwrap();
    script
}

#[test]
fn every_row_of_the_callers_is_tested_here() {
    let rows = access::served().filter(|row| matches!(row.access, access::Access::OfCaller(_)));
    let keys: Vec<ApiKey> = rows.map(|row| row.key).collect();
    assert_eq!(keys, KEYS);
}

#[test]
fn under_the_gateways_identity_brokers_see_none_of_it_but_quotas_that_are_read() {
    each(|key, version, ask| {
        let mut script = by("root", &document());
        script.request(&ask);
        if key == ApiKey::DESCRIBE_CLIENT_QUOTAS {
            script.forwards();
            return;
        }
        let expected = match key {
            ApiKey::DESCRIBE_ACLS => vec![],
            ApiKey::CREATE_ACLS | ApiKey::DELETE_ACLS => vec!["54"],
            ApiKey::ALTER_CLIENT_QUOTAS | ApiKey::ALTER_USER_SCRAM_CREDENTIALS => vec!["44"],
            // Nobody is called as the request says.
            ApiKey::DESCRIBE_USER_SCRAM_CREDENTIALS => vec!["91"],
            _ => vec!["61"],
        };
        let unknown_filter = key == ApiKey::DESCRIBE_ACLS;
        script.replies(|answer| {
            if !unknown_filter {
                assert_eq!(errors(answer), expected, "{} {version}", key.name());
            }
        });
    });
}

#[test]
fn whoever_lacks_the_right_is_refused_in_both_modes() {
    each(|key, version, ask| {
        for knowing in [false, true] {
            let mut script = by("alice", &document());
            if knowing {
                script = knowing_clients(script);
            }
            script.request(&ask);
            let tokens = key.name().ends_with("DelegationToken");
            if tokens && knowing {
                script.forwards();
                continue;
            }
            script.replies(|answer| {
                let found = errors(answer);
                let expected = if tokens { "61" } else { "31" };
                assert!(!found.is_empty(), "{} {version}", key.name());
                assert!(found.iter().all(|it| it == expected), "{found:?}");
            });
            assert_eq!(script.log("denied").len(), usize::from(!tokens));
        }
    });
}

#[test]
fn where_brokers_know_the_client_they_get_what_he_may_ask() {
    each(|_, _, ask| {
        let mut script = knowing_clients(by("root", &document()));
        script.request(&ask).forwards();
        script.broker(|_| ()).passes();
    });
}

#[test]
fn quotas_that_are_refused_name_whom_they_were_for() {
    let alter = ask(ApiKey::ALTER_CLIENT_QUOTAS, 1, |it| {
        let mut entry = it.element("Entries");
        let mut user = entry.element("Entity");
        user.set("EntityType", "user")
            .set("EntityName", Value::Null);
        entry.set("Entity", vec![user]);
        it.set("Entries", vec![entry]);
    });
    let mut script = by("root", &document());
    script.request(&alter);
    script.replies(|answer| {
        let entry = answer.structs("Entries").next().unwrap();
        let user = entry.structs("Entity").next().unwrap();
        assert_eq!(user.str("EntityType"), Some("user"));
        assert!(user.get("EntityName").is_null());
    });
    let mut script = by("alice", &document());
    script.request(&ask(ApiKey::DESCRIBE_CLIENT_QUOTAS, 1, |_| ()));
    script.replies(|answer| assert!(answer.get("Entries").is_null()));
}

#[test]
fn a_token_that_is_refused_has_no_times_and_the_callers_name() {
    let mut script = by("alice", &document());
    script.request(&ask(ApiKey::CREATE_DELEGATION_TOKEN, 3, |_| ()));
    script.replies(|answer| {
        assert_eq!(answer.str("PrincipalName"), Some("alice"));
        assert_eq!(answer.str("TokenRequesterPrincipalName"), Some("alice"));
        assert_eq!(answer.int("ExpiryTimestampMs"), -1);
        assert!(answer.bytes("Hmac").unwrap().is_empty());
    });
}

fn users(names: &[&str]) -> Ask {
    ask(ApiKey::DESCRIBE_USER_SCRAM_CREDENTIALS, 0, |it| {
        let users = names.iter().map(|name| {
            let mut user = it.element("Users");
            user.set("Name", *name);
            Value::Struct(user)
        });
        let users: Vec<Value> = users.collect();
        it.set("Users", users);
    })
}

fn credentials(answer: &Struct) -> Vec<String> {
    let result = |it: &Struct| {
        let infos = it.structs("CredentialInfos");
        let infos: Vec<String> = infos
            .map(|it| format!("{}x{}", it.int("Mechanism"), it.int("Iterations")))
            .collect();
        let user = it.str("User").unwrap();
        format!("{user} {} {}", it.int("ErrorCode"), infos.join(" "))
    };
    answer.structs("Results").map(result).collect()
}

#[test]
fn passwords_are_described_by_their_rounds_and_never_by_more() {
    let mut script = by("root", &document());
    let everyone = ["alice 0 1x4096", "mallory 0 1x4096", "root 0 1x4096"];
    script.request(&users(&[]));
    script.replies(|answer| assert_eq!(credentials(answer), everyone));
    script.request(&users(&[]).with("Users", Value::Null));
    script.replies(|answer| assert_eq!(credentials(answer), everyone));
    script.request(&users(&["root", "nobody", "alice", "alice"]));
    script.replies(|answer| {
        let expected = ["alice 92 ", "nobody 91 ", "root 0 1x4096"];
        assert_eq!(credentials(answer), expected);
    });
}

/// A filter: kind, name, pattern, principal, operation, permission.
type Filter<'a> = (i64, Option<&'a str>, i64, Option<&'a str>, i64, i64);

fn acls(version: i16, filter: Filter<'_>) -> Ask {
    let (kind, name, pattern, principal, operation, permission) = filter;
    ask(ApiKey::DESCRIBE_ACLS, version, |it| {
        it.set("ResourceTypeFilter", kind)
            .set("ResourceNameFilter", name)
            .set("PatternTypeFilter", pattern)
            .set("PrincipalFilter", principal)
            .set("HostFilter", Value::Null)
            .set("Operation", operation)
            .set("PermissionType", permission);
    })
}

fn listed(answer: &Struct) -> Vec<String> {
    let mut found = Vec::new();
    for resource in answer.structs("Resources") {
        for acl in resource.structs("Acls") {
            found.push(format!(
                "{} {} {}:{}:{} {}",
                acl.str("Principal").unwrap(),
                ["", "", "deny", "allow"][usize::try_from(acl.int("PermissionType")).unwrap()],
                resource.int("ResourceType"),
                ["", "", "", "literal", "prefixed"]
                    [usize::try_from(resource.int("PatternType")).unwrap()],
                resource.str("ResourceName").unwrap(),
                acl.int("Operation"),
            ));
        }
    }
    found
}

fn policy() -> serde_json::Value {
    let mut document = document();
    let rule =
        |id: &str, cedar: &str| json!({"id": id, "source": "x:1", "slices": [], "cedar": cedar});
    document["policy"]["rules"] = json!([
        rule(
            "1",
            "permit(principal == Streamward::Service::\"root\", action, resource);"
        ),
        rule(
            "2",
            "permit(principal == Streamward::Service::\"alice\", action == Streamward::Action::\"Read\", \
                   resource is Streamward::Stream) when { resource.name like \"ok.*\" };"
        ),
        rule(
            "3",
            "forbid(principal == Streamward::Service::\"alice\", action == Streamward::Action::\"Read\", \
                   resource == Streamward::Stream::\"ok.secret\");"
        ),
        rule(
            "4",
            "permit(principal == Streamward::Service::\"alice\", action == Streamward::Action::\"Write\", \
                   resource is Streamward::Stream) when { context.mfa };"
        ),
    ]);
    document
}

const ROOT: [&str; 4] = [
    "User:root allow 2:literal:* 2",
    "User:root allow 3:literal:* 2",
    "User:root allow 4:literal:kafka-cluster 2",
    "User:root allow 5:literal:* 2",
];
const PREFIX: &str = "User:alice allow 2:prefixed:ok. 3";
const SECRET: &str = "User:alice deny 2:literal:ok.secret 3";

#[test]
fn acls_are_the_rules_that_kafka_could_have_said() {
    for version in 1..=3 {
        let mut script = by("root", &policy());
        script.request(&acls(version, (1, None, 1, None, 1, 1)));
        script.replies(|answer| {
            let all = [ROOT[0], PREFIX, SECRET, ROOT[1], ROOT[2], ROOT[3]];
            assert_eq!(listed(answer), all);
        });
    }
}

#[test]
fn a_filter_of_acls_is_kafkas() {
    let cases: [(Filter<'_>, &[&str]); 10] = [
        (
            (2, Some("ok.secret"), 2, None, 1, 1),
            &[ROOT[0], PREFIX, SECRET],
        ),
        ((2, Some("ok.secret"), 3, None, 1, 1), &[SECRET]),
        ((2, Some("ok.secret"), 1, None, 1, 1), &[SECRET]),
        ((2, Some("ok."), 4, None, 1, 1), &[PREFIX]),
        ((2, None, 4, None, 1, 1), &[PREFIX]),
        ((2, None, 1, Some("User:alice"), 1, 1), &[PREFIX, SECRET]),
        ((1, None, 1, Some("User:alice"), 1, 2), &[SECRET]),
        ((1, None, 1, Some("alice"), 1, 1), &[]),
        ((1, None, 1, None, 3, 3), &[PREFIX]),
        ((4, Some("kafka-cluster"), 3, None, 2, 3), &[ROOT[2]]),
    ];
    for (filter, expected) in cases {
        let mut script = by("root", &policy());
        script.request(&acls(3, filter));
        script.replies(|answer| assert_eq!(listed(answer), expected, "{filter:?}"));
    }
    let mut script = by("root", &policy());
    script.request(&acls(3, (1, None, 1, None, 1, 1)).with("HostFilter", "10.0.0.1"));
    script.replies(|answer| assert_eq!(listed(answer), Vec::<String>::new()));
    script.request(&acls(3, (0, None, 1, None, 1, 1)));
    script.refuses(&[":42"]);
}

#[test]
fn who_may_not_describe_the_cluster_sees_no_rule() {
    let mut script = by("alice", &policy());
    script.request(&acls(3, (1, None, 1, None, 1, 1)));
    script.refuses(&[":31"]);
    script.replies(|answer| assert_eq!(listed(answer), Vec::<String>::new()));
}
