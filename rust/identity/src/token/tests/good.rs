//! Tokens that are taken, what they say, and what issuers say of opaque ones.

use serde_json::{Value, json};

use super::forge::{NOW, NOW_SECONDS, claims, signers, with};
use super::*;
use crate::token::{Claims, Question, TokenRefusal as No};

#[test]
fn every_algorithm_is_taken_with_its_own_key() {
    for signer in signers() {
        let identity = show(&signer.issue(&claims())).unwrap_or_else(|error| {
            panic!("{}: {error}", signer.algorithm);
        });
        assert_eq!(identity.principal.id, "alice");
        assert_eq!(identity.credential, "alice-token");
        // The clock skew counts.
        assert_eq!(identity.expires_milliseconds, Some(NOW + 630_000));
    }
}

#[test]
fn clocks_may_differ_by_what_is_declared() {
    for (name, seconds) in [("exp", -29), ("nbf", 30), ("iat", 30)] {
        let token = rs256().issue(&with(claims(), name, json!(NOW_SECONDS + seconds)));
        assert!(show(&token).is_ok(), "{name}");
    }
}

#[test]
fn times_may_have_fractions_and_types_may_be_left_out() {
    let exact = with(claims(), "exp", json!(1_760_000_600.5));
    let exact = with(exact, "nbf", Value::Null);
    let header = with(rs256().header(), "typ", Value::Null);
    let token = rs256().token(&header.to_string(), &exact.to_string());
    assert_eq!(
        show(&token).unwrap().expires_milliseconds,
        Some(NOW + 630_500)
    );
    for kind in ["JWT", "application/at+jwt", "AT+JWT"] {
        let header = with(rs256().header(), "typ", kind.into()).to_string();
        assert!(show(&rs256().token(&header, &claims().to_string())).is_ok());
    }
    let several = with(claims(), "aud", json!(["web", "kafka"]));
    assert!(show(&rs256().issue(&several)).is_ok());
}

#[test]
fn a_client_may_name_the_principal_and_nobody_else() {
    let (directory, token) = (directory(&section()), rs256().issue(&claims()));
    let show = |id| {
        directory
            .tokens()
            .by_token(&presented(&token), id, &keys())
            .map(drop)
    };
    assert_eq!(show("alice"), Ok(()));
    let principal = "alice".to_owned();
    assert_eq!(show("root"), Err(No::OtherIdentity { principal }));
}

/// A section whose issuer maps every claim.
fn mapped() -> Value {
    let mut section = section();
    section["issuers"][0]["claims"] = json!({"subject": "sub", "roles": "/realm_access/roles",
        "role_of": {"kafka-writers": "writer", "ops": "operator"}, "tenant": "org",
        "device_posture": "device", "device_status": "status", "mfa": {"amr": ["otp", "hwk"], "acr": ["gold"]}});
    section
}

fn read(claims: &Value) -> Result<Claims, No> {
    let directory = directory(&mapped());
    let token = rs256().issue(claims);
    let issuers = directory.tokens().issuers();
    issuers.check(&presented(&token), &keys()).map(|it| it.1)
}

#[test]
fn claims_become_attributes() {
    let mut said = with(claims(), "org", "payments".into());
    said["realm_access"] = json!({"roles": ["kafka-writers", "unknown", "writer"]});
    said["device"] = "compliant".into();
    said["amr"] = json!(["pwd", "otp"]);
    said["auth_time"] = json!(NOW_SECONDS - 60);
    said["status"] = "in use".into();
    let said_of = read(&said).unwrap().attributes;
    assert_eq!(said_of.mfa_at_milliseconds, Some(NOW - 60_000));
    assert_eq!(said_of.device_status.as_deref(), Some("in use"));
    // Of the groups only those that are declared count, and never by the role's own name.
    assert_eq!(said_of.roles, ["writer"]);
    assert_eq!(said_of.tenant.as_deref(), Some("payments"));
    assert_eq!(said_of.device_posture.as_deref(), Some("compliant"));
    assert_eq!(said_of.mfa, Some(true));
    assert_eq!(said_of.authenticated_at_milliseconds, Some(NOW - 60_000));
    assert_eq!(said_of.issued_at_milliseconds, Some(NOW - 10_000));
}

#[test]
fn a_second_factor_is_what_the_bundle_declares_as_one() {
    let said = with(claims(), "org", "payments".into());
    assert_eq!(read(&said).unwrap().attributes.mfa, Some(false));
    assert_eq!(
        read(&with(said.clone(), "acr", "gold".into()))
            .unwrap()
            .attributes
            .mfa,
        Some(true)
    );
    assert_eq!(
        read(&with(said.clone(), "acr", "silver".into()))
            .unwrap()
            .attributes
            .mfa,
        Some(false)
    );
    assert_eq!(
        read(&with(said.clone(), "amr", json!(["pwd"])))
            .unwrap()
            .attributes
            .mfa,
        Some(false)
    );
    assert_eq!(
        read(&with(said.clone(), "amr", json!([1]))),
        Err(No::Claim("amr"))
    );
    assert_eq!(read(&with(said, "acr", json!(1))), Err(No::Claim("acr")));
}

#[test]
fn groups_that_are_no_texts_and_a_tenant_that_is_missing_are_refused() {
    let said = with(claims(), "org", "payments".into());
    let roles = with(said.clone(), "realm_access", json!({"roles": [1]}));
    assert_eq!(read(&roles), Err(No::Claim("groups")));
    let scope = with(said, "realm_access", json!({"roles": "ops kafka-writers"}));
    assert_eq!(read(&scope).unwrap().attributes.roles.len(), 2);
    assert_eq!(read(&claims()), Err(No::NoTenant));
    let directory = directory(&mapped());
    let token = rs256().issue(&with(claims(), "org", "other".into()));
    let principal = "alice".to_owned();
    assert_eq!(
        directory.tokens().by_token(&presented(&token), "", &keys()),
        Err(No::OtherTenant { principal })
    );
}

/// A section whose issuer is asked about tokens.
fn asked() -> Directory {
    let mut section = section();
    let url = "https://login.example.com/introspect";
    section["issuers"][0]["source"] = json!({"type": "introspection", "url": url});
    directory(&section)
}

#[test]
fn an_opaque_token_is_what_its_issuer_says() {
    let directory = asked();
    let tokens = directory.tokens();
    let refused = tokens
        .by_token(&presented("opaque"), "", &keys())
        .unwrap_err();
    let issuer = "login".to_owned();
    assert_eq!(refused.question(), Some(Question::Introspection { issuer }));
    // A signed token of such an issuer is not judged by its signature either.
    let signed = rs256().issue(&claims());
    assert_eq!(
        tokens.by_token(&presented(&signed), "", &keys()),
        Err(refused)
    );
    let answer = |said: &Value| {
        let said = said.to_string();
        let presented = presented("opaque");
        tokens
            .by_introspection("login", said.as_bytes(), &presented, "")
            .map(drop)
    };
    let active = with(claims(), "active", true.into());
    assert_eq!(answer(&active), Ok(()));
    assert_eq!(answer(&with(active.clone(), "iss", Value::Null)), Ok(()));
    assert_eq!(answer(&with(active.clone(), "iat", Value::Null)), Ok(()));
    for (name, value, reason) in [
        ("active", json!(false), No::Inactive),
        ("active", Value::Null, No::Answer("it doesn't say `active`")),
        (
            "active",
            json!("true"),
            No::Answer("it doesn't say `active`"),
        ),
        ("iss", json!("https://evil.example.com"), No::Issuer),
        ("aud", json!("web"), No::Audience),
        ("aud", Value::Null, No::Claim("aud")),
        ("exp", Value::Null, No::Missing("exp")),
        ("exp", json!(NOW_SECONDS - 30), No::Expired),
        ("exp", json!(NOW_SECONDS + 86_401), No::LivesTooLong),
        ("nbf", json!(NOW_SECONDS + 31), No::Early),
        ("sub", Value::Null, No::NoSubject),
        ("cnf", json!({"x5t#S256": "AA"}), No::NoCertificate),
    ] {
        assert_eq!(
            answer(&with(active.clone(), name, value)),
            Err(reason),
            "{name}"
        );
    }
    let twice = br#"{"active":false,"active":true}"#;
    let outcome = tokens.by_introspection("login", twice, &presented("opaque"), "");
    assert_eq!(outcome, Err(No::Answer("a name stands twice in it")));
    let other = tokens.by_introspection("other", b"{}", &presented("opaque"), "");
    assert_eq!(other, Err(No::NotAToken));
}

#[test]
fn a_section_that_does_not_fit_together_is_refused() {
    let mut twice = section();
    let issuer = twice["issuers"][0].clone();
    twice["issuers"].as_array_mut().unwrap().push(issuer);
    let mut unknown = section();
    unknown["principals"][0]["credentials"][0]["issuer"] = "other".into();
    let mut shared = section();
    let mut other = shared["principals"][0].clone();
    other["id"] = "bob".into();
    other["credentials"][0]["id"] = "bob-token".into();
    shared["principals"].as_array_mut().unwrap().push(other);
    let mut nothing = section();
    nothing["issuers"][0]["audiences"] = json!([]);
    for section in [twice, unknown, shared, nothing] {
        let section = serde_json::from_value(section).unwrap();
        assert!(Directory::build(&section, &HashMap::new()).is_err());
    }
    let mut symmetric = section();
    symmetric["issuers"][0]["algorithms"] = json!(["HS256"]);
    assert!(serde_json::from_value::<crate::IdentitySection>(symmetric).is_err());
}

#[test]
fn whose_a_token_claims_to_be_is_told_before_anything_is_proved() {
    let (directory, token) = (directory(&section()), rs256().issue(&claims()));
    let claimed = |token: &str| directory.tokens().claimed(token).map(str::to_owned);
    assert_eq!(claimed(&token), Some("alice".to_owned()));
    let (signed, _) = token.rsplit_once('.').unwrap();
    assert_eq!(claimed(&format!("{signed}.AAAA")), Some("alice".to_owned()));
    for other in [
        rs256().issue(&with(claims(), "sub", "user-2".into())),
        rs256().issue(&with(claims(), "iss", "https://example.org".into())),
        rs256().issue(&with(claims(), "sub", json!(["user-1"]))),
        "opaque".to_owned(),
        format!("{token}{}", "A".repeat(20_000)),
    ] {
        assert_eq!(claimed(&other), None, "{other}");
    }
}

#[test]
fn forged_tokens_are_guesses_and_what_the_issuer_signed_is_none() {
    let (issuer, subject) = ("login".to_owned(), "user-2".to_owned());
    for forged in [
        No::NotAToken,
        No::Signature,
        No::OtherCertificate,
        No::Inactive,
    ] {
        assert!(crate::Refusal::Token(forged).is_guess());
    }
    for honest in [
        No::Expired,
        No::Early,
        No::Audience,
        No::NoKeys {
            issuer: issuer.clone(),
        },
        No::UnknownKid {
            issuer: issuer.clone(),
        },
        No::Unmapped { issuer, subject },
    ] {
        assert!(!crate::Refusal::Token(honest).is_guess());
    }
}
