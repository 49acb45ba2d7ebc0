//! From proofs to principals.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::HashMap;

use serde_json::{Value, json};
use streamward_identity::{
    Directory, Hash, IdentityError, IdentitySection, Issuer, Names, Refusal, Verifier,
};

fn certificate(id: &str, subject: Option<&str>, san: Option<&str>) -> Value {
    json!({"id": id, "type": "certificate", "subject": subject, "san": san})
}

fn password(id: &str, reference: &str) -> Value {
    json!({"id": id, "type": "password", "verifier": reference})
}

fn principal(id: &str, credentials: &[Value]) -> Value {
    json!({"id": id, "type": "service", "tenant": null, "roles": [], "mfa": false,
        "device_posture": null, "credentials": credentials})
}

fn materials() -> HashMap<String, Vec<u8>> {
    let verifier = |password: &[u8], iterations| {
        let mut text = Verifier::generate(Hash::Sha256, password, iterations).unwrap();
        text.push('\n');
        text.into_bytes()
    };
    HashMap::from([
        ("file:one".to_owned(), verifier(b"one", 4096)),
        ("file:two".to_owned(), verifier(b"two", 5000)),
        ("file:bad".to_owned(), b"SCRAM-SHA-256$hunter2".to_vec()),
        ("file:binary".to_owned(), vec![0xff]),
    ])
}

fn build(principals: &[Value]) -> Result<Directory, IdentityError> {
    let section: IdentitySection =
        serde_json::from_value(json!({ "principals": principals })).unwrap();
    Directory::build(&section, &materials())
}

fn problems(principals: &[Value]) -> Vec<String> {
    match build(principals).unwrap_err() {
        IdentityError::Section(problems) => problems,
        other => vec![other.to_string()],
    }
}

fn presented(subject: &str) -> Names {
    Names {
        subject: subject.to_owned(),
        not_after_milliseconds: 99,
        ..Names::default()
    }
}

#[test]
fn a_certificate_is_known_by_its_subject_or_an_alternative_name() {
    let directory = build(&[
        principal(
            "subject",
            &[certificate("c1", Some("CN=a,O=Example"), None)],
        ),
        principal(
            "uri",
            &[certificate("c2", None, Some("spiffe://example.org/api"))],
        ),
        principal("dns", &[certificate("c3", None, Some("api.example.org"))]),
        principal("email", &[certificate("c4", None, Some("ops@example.org"))]),
    ])
    .unwrap();
    let found = directory
        .by_certificate(&presented("CN=a,O=Example"), &[Issuer::Listener])
        .unwrap();
    assert_eq!(
        (found.principal.id.as_str(), found.credential.as_str()),
        ("subject", "c1")
    );
    assert_eq!(found.expires_milliseconds, Some(99));

    let mut names = presented("CN=nobody");
    names.uri = vec!["spiffe://example.org/api".to_owned()];
    assert_eq!(
        directory
            .by_certificate(&names, &[Issuer::Listener])
            .unwrap()
            .principal
            .id,
        "uri"
    );
    names.uri.clear();
    names.dns = vec!["API.example.org".to_owned()];
    assert_eq!(
        directory
            .by_certificate(&names, &[Issuer::Listener])
            .unwrap()
            .principal
            .id,
        "dns"
    );
    names.dns.clear();
    names.email = vec!["ops@EXAMPLE.org".to_owned()];
    assert_eq!(
        directory
            .by_certificate(&names, &[Issuer::Listener])
            .unwrap()
            .principal
            .id,
        "email"
    );
    names.email = vec!["OPS@example.org".to_owned()];
    let refusal = directory
        .by_certificate(&names, &[Issuer::Listener])
        .unwrap_err();
    assert_eq!(
        refusal,
        Refusal::UnmappedCertificate {
            subject: "CN=nobody".to_owned()
        }
    );
}

#[test]
fn a_name_of_another_kind_is_another_name() {
    let directory = build(&[principal(
        "uri",
        &[certificate("c", None, Some("spiffe://example.org/api"))],
    )])
    .unwrap();
    for names in [
        presented("spiffe://example.org/api"),
        Names {
            dns: vec!["spiffe://example.org/api".to_owned()],
            ..presented("")
        },
        Names {
            email: vec!["spiffe://example.org/api".to_owned()],
            ..presented("")
        },
        Names {
            uri: vec!["SPIFFE://example.org/api".to_owned()],
            ..presented("")
        },
        presented(""),
    ] {
        assert!(
            directory
                .by_certificate(&names, &[Issuer::Listener])
                .is_err(),
            "{names:?}"
        );
    }
}

#[test]
fn a_certificate_of_two_principals_is_nobodys() {
    let directory = build(&[
        principal("alice", &[certificate("c1", Some("CN=a"), None)]),
        principal("bob", &[certificate("c2", None, Some("b.example.org"))]),
        principal(
            "carol",
            &[
                certificate("c3", Some("CN=c"), None),
                certificate("c4", None, Some("c.example.org")),
            ],
        ),
    ])
    .unwrap();
    let both = Names {
        dns: vec!["b.example.org".to_owned()],
        ..presented("CN=a")
    };
    let refusal = directory
        .by_certificate(&both, &[Issuer::Listener])
        .unwrap_err();
    assert!(refusal.to_string().ends_with("alice, bob"), "{refusal}");

    let twice = Names {
        dns: vec!["c.example.org".to_owned()],
        ..presented("CN=c")
    };
    let identity = directory
        .by_certificate(&twice, &[Issuer::Listener])
        .unwrap();
    assert_eq!(identity.credential, "c3");
    assert_eq!(identity.other_credentials, ["c4"]);
}

#[test]
fn a_password_is_tried_against_every_password_of_its_user() {
    let directory = build(&[
        principal(
            "api",
            &[password("p1", "file:one"), password("p2", "file:two")],
        ),
        principal("other", &[password("p3", "file:two")]),
        principal("certified", &[certificate("c", Some("CN=x"), None)]),
    ])
    .unwrap();
    assert_eq!(
        directory
            .by_password("api", b"one", &[], 0)
            .unwrap()
            .credential,
        "p1"
    );
    let second = directory.by_password("api", b"two", &[], 0).unwrap();
    assert_eq!(
        (second.credential.as_str(), second.expires_milliseconds),
        ("p2", None)
    );
    let principal = || "other".to_owned();
    let wrong = directory.by_password("other", b"one", &[], 0).unwrap_err();
    assert_eq!(
        wrong,
        Refusal::WrongPassword {
            principal: principal()
        }
    );
    let unknown = directory.by_password("nobody", b"one", &[], 0).unwrap_err();
    assert_eq!(unknown, Refusal::UnknownPrincipal);
    assert!(matches!(
        directory.by_password("certified", b"x", &[], 0),
        Err(Refusal::NoPassword { .. })
    ));
    assert!(matches!(
        directory.by_password("api", &[b'x'; 5000], &[], 0),
        Err(Refusal::Malformed(_))
    ));
    assert_eq!(directory.principal("other").unwrap().id, principal());
    assert!(directory.principal("nobody").is_none());
}

#[test]
fn everything_that_does_not_fit_is_named_at_once_and_no_secret() {
    let found = problems(&[
        principal(
            "a",
            &[
                certificate("c1", Some("CN=a"), Some("a.org")),
                certificate("c2", None, None),
                certificate("c3", Some(""), None),
                password("p1", "file:missing"),
                password("p2", "file:bad"),
                password("p3", "file:binary"),
            ],
        ),
        principal("b", &[certificate("d1", Some("CN=b"), None)]),
        principal("c", &[certificate("d2", Some("CN=b"), None)]),
        principal("c", &[certificate("d2", Some("CN=c"), None)]),
        principal("", &[]),
    ]);
    assert_eq!(found.len(), 10, "{found:#?}");
    let all = found.join("\n");
    assert!(
        all.contains("`file:missing`") && all.contains("`d1`"),
        "{all}"
    );
    assert!(!all.contains("hunter2"), "{all}");

    let many: Vec<_> = (0..5)
        .map(|index| password(&format!("p{index}"), "file:one"))
        .collect();
    assert_eq!(problems(&[principal("a", &many)]).len(), 1);
}

#[test]
fn a_field_that_nobody_knows_is_refused() {
    let parse = serde_json::from_value::<IdentitySection>;
    let mut entry = principal("a", &[]);
    assert!(parse(json!({"principals": [entry.clone()]})).is_ok());
    entry["admin"] = json!(true);
    assert!(parse(json!({"principals": [entry]})).is_err());
    let mut credential = password("p", "file:one");
    credential["plain"] = json!("x");
    assert!(parse(json!({"principals": [principal("a", &[credential])]})).is_err());
    assert!(parse(json!({"principals": [], "extra": 1})).is_err());
}

/// A directory with two authorities beside the listener's own, and who each certificate is.
fn of_authorities() -> Directory {
    let signed = |id: &str, key: &str, name: &str, issuer: Option<&str>| {
        let mut credential = json!({"id": id, "type": "certificate", "subject": null, "san": null, "issuer": issuer});
        credential[key] = json!(name);
        credential
    };
    let section = json!({
        "authorities": [
            {"name": "corporate", "ca": "file:corporate.pem",
             "mapping_rules": "RULE:^CN=(.*?),OU=people.*$/$1/L"},
            {"name": "mesh", "ca": "file:mesh.pem", "trust_domains": ["example.org"]}],
        "principals": [
            principal("own", &[signed("c-own", "subject", "CN=own", None)]),
            principal("alice", &[signed("c-alice", "mapped_name", "alice", Some("corporate"))]),
            principal("corp", &[signed("c-corp", "subject", "CN=corp", Some("corporate"))]),
            principal("api", &[signed("c-api", "san", "spiffe://example.org/api", Some("mesh"))]),
            principal("old", &[signed("c-old", "san", "spiffe://old.example/api", None)])],
    });
    let section: IdentitySection = serde_json::from_value(section).unwrap();
    Directory::build(&section, &materials()).unwrap()
}

fn svid(id: &str) -> Names {
    let parsed = streamward_identity::SpiffeId::parse(id).unwrap();
    Names {
        uri: vec![id.to_owned()],
        spiffe: Some(Ok(parsed)),
        ..presented("CN=svid")
    }
}

fn mapped(subject: &str) -> Names {
    Names {
        subject_of_java: Some(subject.to_owned()),
        ..presented(subject)
    }
}

#[test]
fn an_authority_speaks_only_for_its_own_names() {
    let directory = of_authorities();
    let authority = |name: &str| Issuer::Authority(name.into());
    let who = |names: &Names, issuer: Issuer| {
        let found = directory.by_certificate(names, &[issuer]);
        found.map(|it| it.credential)
    };
    let (corporate, mesh) = (authority("corporate"), authority("mesh"));
    assert_eq!(
        who(&presented("CN=own"), Issuer::Listener).unwrap(),
        "c-own"
    );
    assert_eq!(
        who(&presented("CN=corp"), corporate.clone()).unwrap(),
        "c-corp"
    );
    let alice = mapped("CN=Alice,OU=people,O=x");
    assert_eq!(who(&alice, corporate.clone()).unwrap(), "c-alice");
    let api = svid("spiffe://example.org/api");
    assert_eq!(who(&api, mesh.clone()).unwrap(), "c-api");
    let old = svid("spiffe://old.example/api");
    assert_eq!(who(&old, Issuer::Listener).unwrap(), "c-old");

    let reason = |names: &Names, issuer: &Issuer| who(names, issuer.clone()).unwrap_err();
    for issuer in [&corporate, &mesh, &authority("nobody")] {
        let refusal = reason(&presented("CN=own"), issuer);
        assert!(
            matches!(refusal, Refusal::NotVouchedFor { ref credential, .. } if credential == "c-own"),
            "{refusal}"
        );
    }
    assert!(matches!(
        reason(&presented("CN=corp"), &Issuer::Listener),
        Refusal::NotVouchedFor { .. }
    ));
    assert!(matches!(
        reason(&alice, &Issuer::Listener),
        Refusal::UnmappedCertificate { .. }
    ));
    assert!(matches!(
        reason(&alice, &mesh),
        Refusal::UnmappedCertificate { .. }
    ));
    let unfit = mapped("CN=Alice,OU=robots,O=x");
    assert!(matches!(
        reason(&unfit, &corporate),
        Refusal::NoMappingRule { .. }
    ));
    for issuer in [&Issuer::Listener, &corporate] {
        assert!(matches!(
            reason(&api, issuer),
            Refusal::WrongTrustDomain { .. }
        ));
    }
    assert!(matches!(
        reason(&old, &mesh),
        Refusal::WrongTrustDomain { .. }
    ));
    let root = mapped("CN=root,OU=people,O=x");
    assert!(matches!(
        reason(&root, &corporate),
        Refusal::UnmappedCertificate { .. }
    ));
}

#[test]
fn a_certificate_of_two_authorities_is_what_both_say() {
    let directory = of_authorities();
    let both = [Issuer::Listener, Issuer::Authority("corporate".into())];
    let found = directory
        .by_certificate(&presented("CN=own"), &both)
        .unwrap();
    assert_eq!(found.credential, "c-own");
    let two = mapped("CN=own,OU=people,O=x");
    let two = Names {
        subject: "CN=own".to_owned(),
        subject_of_java: Some("CN=Alice,OU=people".to_owned()),
        ..two
    };
    let refusal = directory.by_certificate(&two, &both).unwrap_err();
    assert!(
        matches!(refusal, Refusal::AmbiguousCertificate { .. }),
        "{refusal}"
    );
    // The trust domain must be of each.
    let mesh = [Issuer::Authority("mesh".into()), Issuer::Listener];
    let refusal = directory
        .by_certificate(&svid("spiffe://example.org/api"), &mesh)
        .unwrap_err();
    assert!(
        matches!(refusal, Refusal::WrongTrustDomain { .. }),
        "{refusal}"
    );
}

#[test]
fn what_claims_to_be_an_svid_must_be_one() {
    let names = Names {
        uri: vec!["spiffe://example.org/api".to_owned()],
        spiffe: Some(Err("it has more than one URI among its alternative names")),
        ..presented("CN=own")
    };
    let refusal = of_authorities()
        .by_certificate(&names, &[Issuer::Listener])
        .unwrap_err();
    assert!(matches!(refusal, Refusal::NotAnSvid { .. }), "{refusal}");
}

#[test]
fn authorities_that_do_not_fit_are_told() {
    let problems = |authorities: Value, credential: Value| {
        let section =
            json!({"authorities": authorities, "principals": [principal("a", &[credential])]});
        let section: IdentitySection = serde_json::from_value(section).unwrap();
        match Directory::build(&section, &materials()) {
            Err(IdentityError::Section(problems)) => problems.join("\n"),
            other => format!("{other:?}"),
        }
    };
    let authority = |rules: Value, domains: Value| json!({"name": "x", "ca": "file:x", "mapping_rules": rules, "trust_domains": domains});
    let plain = || authority(Value::Null, json!([]));
    let mapped = json!({"id": "c", "type": "certificate", "subject": null, "san": null, "mapped_name": "a", "issuer": "x"});
    let subject =
        json!({"id": "c", "type": "certificate", "subject": "CN=a", "san": null, "issuer": "y"});
    assert!(problems(json!([plain(), plain()]), subject.clone()).contains("declared twice"));
    assert!(
        problems(json!([plain()]), subject.clone()).contains("issuer `y`, which is not declared")
    );
    assert!(problems(json!([plain()]), mapped.clone()).contains("no mapping rules"));
    let broken = authority(json!("RULE:(/x/"), json!([]));
    assert!(problems(json!([broken]), mapped).contains("can't be read"));
    let domain = authority(Value::Null, json!(["Example.org"]));
    assert!(problems(json!([domain]), subject).contains("trust domain `Example.org`"));
}
