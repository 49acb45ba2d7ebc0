//! Every way in which a token is bad has a reason of its own.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::forge::{NOW, NOW_SECONDS, claims, encode, key_set, signers, with};
use super::*;
use crate::token::{Question, TOKEN_BYTES_MAX, TokenRefusal as No};

/// A good token whose claims have one field set anew; `null` takes it away.
fn claiming(name: &str, value: Value) -> String {
    rs256().issue(&with(claims(), name, value))
}

/// The same for its header.
fn headed(name: &str, value: Value) -> String {
    let header = with(rs256().header(), name, value);
    rs256().token(&header.to_string(), &claims().to_string())
}

fn unknown_kid() -> No {
    No::UnknownKid {
        issuer: "login".into(),
    }
}

/// SECURITY: the classic of the confused verifier: the public key's text used as an HMAC secret.
fn hmac_with_public_key() -> String {
    let n = rs256().jwk["n"].as_str().unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, n.as_bytes());
    let header = with(rs256().header(), "alg", "HS256".into());
    let signed = format!(
        "{}.{}",
        encode(header.to_string()),
        encode(claims().to_string())
    );
    let signature = encode(hmac::sign(&key, signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// Another one's signature, or part of one, under what a good token says.
fn with_signature(change: impl Fn(Vec<u8>) -> Vec<u8>) -> String {
    let token = rs256().issue(&claims());
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = change(URL_SAFE_NO_PAD.decode(signature).unwrap());
    format!("{signed}.{}", encode(signature))
}

fn altered_payload() -> String {
    let token = rs256().issue(&claims());
    let parts: Vec<&str> = token.split('.').collect();
    let payload = encode(with(claims(), "sub", "root".into()).to_string());
    format!("{}.{payload}.{}", parts[0], parts[2])
}

/// What of a token's form is wrong.
fn malformed() -> Vec<(&'static str, String, No)> {
    let good = rs256().issue(&claims());
    let header = rs256().header().to_string();
    let twice = claims()
        .to_string()
        .replace("\"sub\":", "\"sub\":\"root\",\"sub\":");
    let twice_header = header.replace("\"alg\":", "\"alg\":\"none\",\"alg\":");
    vec![
        ("empty", String::new(), No::NotAToken),
        ("opaque", "2YotnFZFEjr1zCsicMWpAA".into(), No::NotAToken),
        (
            "two parts",
            good[..good.rfind('.').unwrap()].into(),
            No::NotAToken,
        ),
        ("four parts", format!("{good}.AAAA"), No::NotAToken),
        (
            "encrypted, five parts",
            format!("{good}.AAAA.AAAA"),
            No::NotAToken,
        ),
        (
            "oversized",
            format!("ey{}.e30.AA", "A".repeat(TOKEN_BYTES_MAX)),
            No::TooLong,
        ),
        ("padded base64", good.replacen('.', "=.", 1), No::Base64),
        (
            "standard base64",
            good.replacen(".ey", ".e+", 1),
            No::Base64,
        ),
        ("trailing newline", format!("{good}\n"), No::Base64),
        (
            "header of 5 KiB",
            headed("x", "x".repeat(5_000).into()),
            No::Header("it is longer than 4 KiB"),
        ),
        (
            "header no JSON",
            rs256().token("{'alg':1}", "{}"),
            No::Header("it is no JSON"),
        ),
        (
            "payload an array",
            rs256().token(&header, "[]"),
            No::Payload("it is no JSON object"),
        ),
        (
            "duplicate claim",
            rs256().token(&header, &twice),
            No::Payload("a name stands twice in it"),
        ),
        (
            "duplicate header",
            rs256().token(&twice_header, &claims().to_string()),
            No::Header("a name stands twice in it"),
        ),
    ]
}

/// What of its signature is wrong.
fn signatures() -> Vec<(&'static str, String, No)> {
    let ecdsa = &signers()[6];
    let stolen_kid = with(ecdsa.header(), "kid", rs256().kid.as_str().into()).to_string();
    let swapped = with(signers()[1].header(), "kid", rs256().kid.as_str().into()).to_string();
    vec![
        ("changed payload", altered_payload(), No::Signature),
        (
            "signature of zeros",
            with_signature(|it| vec![0; it.len()]),
            No::Signature,
        ),
        (
            "signature cut",
            with_signature(|it| it[1..].to_vec()),
            No::Signature,
        ),
        (
            "signature longer",
            with_signature(|it| [it, vec![0]].concat()),
            No::Signature,
        ),
        (
            "signature empty",
            with_signature(|_| Vec::new()),
            No::Signature,
        ),
        (
            "key swapped",
            signers()[1].token(
                &with(rs256().header(), "alg", "RS256".into()).to_string(),
                &claims().to_string(),
            ),
            No::Signature,
        ),
        (
            "RSA key of another",
            signers()[1].token(&swapped, &claims().to_string()),
            No::Signature,
        ),
        (
            "ECDSA under an RSA key",
            ecdsa.token(&stolen_kid, &claims().to_string()),
            No::OtherAlgorithm,
        ),
        (
            "PSS under PKCS1's name",
            signers()[3].token(
                &with(signers()[3].header(), "alg", "RS256".into()).to_string(),
                &claims().to_string(),
            ),
            No::Signature,
        ),
    ]
}

/// What of a header is wrong.
fn headers() -> Vec<(&'static str, String, No)> {
    let unsigned = format!(
        "{}.{}.",
        encode(json!({"alg": "none", "kid": rs256().kid}).to_string()),
        encode(claims().to_string())
    );
    let algorithm = |name: &str| No::Algorithm(name.into());
    let mut table = vec![
        ("alg none", unsigned, algorithm("none")),
        ("alg None", headed("alg", "None".into()), algorithm("None")),
        (
            "alg HS256",
            headed("alg", "HS256".into()),
            algorithm("HS256"),
        ),
        (
            "HMAC with the public key",
            hmac_with_public_key(),
            algorithm("HS256"),
        ),
        (
            "alg in small letters",
            headed("alg", "rs256".into()),
            algorithm("rs256"),
        ),
        (
            "alg of RSA-OAEP",
            headed("alg", "RSA-OAEP".into()),
            algorithm("RSA-OAEP"),
        ),
        (
            "alg ES256K",
            headed("alg", "ES256K".into()),
            algorithm("ES256K"),
        ),
        (
            "no alg",
            headed("alg", Value::Null),
            No::Header("it has no `alg`"),
        ),
        (
            "alg a number",
            headed("alg", json!(256)),
            No::Header("it has no `alg`"),
        ),
        (
            "alg of another key type",
            headed("alg", "ES256".into()),
            No::OtherAlgorithm,
        ),
        ("no kid", headed("kid", Value::Null), No::NoKid),
        (
            "kid empty",
            headed("kid", "".into()),
            No::Header("its `kid` can't be used"),
        ),
        (
            "kid a number",
            headed("kid", json!(1)),
            No::Header("its `kid` can't be used"),
        ),
        ("kid unknown", headed("kid", "other".into()), unknown_kid()),
        (
            "kid in capitals",
            headed("kid", rs256().kid.to_uppercase().into()),
            unknown_kid(),
        ),
        (
            "kid a path",
            headed("kid", "../../dev/null".into()),
            unknown_kid(),
        ),
        (
            "typ of a logout token",
            headed("typ", "logout+jwt".into()),
            No::Type,
        ),
        ("typ a number", headed("typ", json!(1)), No::Type),
    ];
    for name in ["jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "cty"] {
        let value = match name {
            "jwk" => rs256().jwk.clone(),
            "crit" => json!(["exp"]),
            _ => "https://evil.example.com/keys".into(),
        };
        table.push((name, headed(name, value), No::Parameter(name)));
    }
    table
}

/// What of the claims is wrong.
fn stated() -> Vec<(&'static str, String, No)> {
    let unknown = |text: &str| No::UnknownIssuer(text.into());
    vec![
        ("no iss", claiming("iss", Value::Null), No::Missing("iss")),
        (
            "another issuer",
            claiming("iss", "https://evil.example.com".into()),
            unknown("https://evil.example.com"),
        ),
        (
            "issuer with a slash more",
            claiming("iss", "https://login.example.com/".into()),
            unknown("https://login.example.com/"),
        ),
        (
            "issuers in an array",
            claiming("iss", json!(["https://login.example.com"])),
            No::Missing("iss"),
        ),
        ("no aud", claiming("aud", Value::Null), No::Claim("aud")),
        (
            "another audience",
            claiming("aud", "web".into()),
            No::Audience,
        ),
        (
            "audience in capitals",
            claiming("aud", "KAFKA".into()),
            No::Audience,
        ),
        (
            "other audiences",
            claiming("aud", json!(["web", "mail"])),
            No::Audience,
        ),
        ("no audience", claiming("aud", json!([])), No::Audience),
        (
            "audience a number",
            claiming("aud", json!(["kafka", 1])),
            No::Claim("aud"),
        ),
        ("no sub", claiming("sub", Value::Null), No::NoSubject),
        ("sub empty", claiming("sub", "".into()), No::Attribute),
        ("sub a number", claiming("sub", json!(1)), No::Attribute),
        (
            "sub with a line break",
            claiming("sub", "user-1\n".into()),
            No::Attribute,
        ),
        (
            "sub too long",
            claiming("sub", "u".repeat(257).into()),
            No::Attribute,
        ),
        (
            "a subject of nobody",
            claiming("sub", "user-2".into()),
            No::Unmapped {
                issuer: "login".into(),
                subject: "user-2".into(),
            },
        ),
        (
            "bound, no certificate",
            claiming("cnf", json!({"x5t#S256": encode(THUMBPRINT)})),
            No::NoCertificate,
        ),
        (
            "bound by DPoP",
            claiming("cnf", json!({"jkt": "x"})),
            No::OtherBinding,
        ),
        (
            "bound twice",
            claiming("cnf", json!({"x5t#S256": encode(THUMBPRINT), "jkt": "x"})),
            No::OtherBinding,
        ),
        (
            "bound to nothing",
            claiming("cnf", json!({})),
            No::OtherBinding,
        ),
        ("cnf a text", claiming("cnf", "x".into()), No::Claim("cnf")),
        (
            "cnf no base64",
            claiming("cnf", json!({"x5t#S256": "!"})),
            No::Claim("cnf"),
        ),
        (
            "auth_time a text",
            claiming("auth_time", "now".into()),
            No::Claim("auth_time"),
        ),
    ]
}

/// What of its times is wrong.
fn times() -> Vec<(&'static str, String, No)> {
    let later = |seconds: i64| json!(NOW_SECONDS + seconds);
    vec![
        ("no exp", claiming("exp", Value::Null), No::Missing("exp")),
        ("expired", claiming("exp", later(-30)), No::Expired),
        (
            "exp in milliseconds",
            claiming("exp", json!(NOW + 600_000)),
            No::Claim("exp"),
        ),
        (
            "exp a text",
            claiming("exp", "9999999999".into()),
            No::Claim("exp"),
        ),
        ("exp negative", claiming("exp", json!(-1)), No::Claim("exp")),
        ("early", claiming("nbf", later(31)), No::Early),
        ("nbf a text", claiming("nbf", "0".into()), No::Claim("nbf")),
        ("no iat", claiming("iat", Value::Null), No::Missing("iat")),
        ("issued later", claiming("iat", later(31)), No::IssuedLater),
        (
            "lives too long",
            claiming("exp", later(86_400)),
            No::LivesTooLong,
        ),
        (
            "lives for ever",
            claiming("exp", json!(253_402_300_799_i64)),
            No::LivesTooLong,
        ),
    ]
}

#[test]
fn each_bad_token_is_refused_for_its_own_reason() {
    let table: Vec<_> = [malformed(), signatures(), headers(), stated(), times()]
        .into_iter()
        .flatten()
        .collect();
    assert!(table.len() >= 60, "{}", table.len());
    assert!(show(&rs256().issue(&claims())).is_ok());
    for (what, token, reason) in table {
        assert_eq!(show(&token), Err(reason), "{what}");
    }
}

#[test]
fn a_bound_token_is_of_one_certificate() {
    let bound = claiming("cnf", json!({"x5t#S256": encode(THUMBPRINT)}));
    let (directory, keys) = (directory(&section()), keys());
    let show = |token: &str, certificate: Option<[u8; 32]>, require_bound| {
        let presented = Presented {
            certificate_thumbprint: certificate.as_ref(),
            require_bound,
            ..presented(token)
        };
        directory.tokens().by_token(&presented, "", &keys).map(drop)
    };
    assert_eq!(show(&bound, Some(THUMBPRINT), true), Ok(()));
    assert_eq!(
        show(&bound, Some([8; 32]), false),
        Err(No::OtherCertificate)
    );
    let unbound = rs256().issue(&claims());
    assert_eq!(show(&unbound, Some(THUMBPRINT), false), Ok(()));
    assert_eq!(show(&unbound, Some(THUMBPRINT), true), Err(No::Unbound));
    let cut = claiming("cnf", json!({"x5t#S256": encode(&THUMBPRINT[1..])}));
    assert_eq!(
        show(&cut, Some(THUMBPRINT), false),
        Err(No::OtherCertificate)
    );
}

#[test]
fn an_issuer_may_demand_bound_tokens() {
    let mut section = section();
    section["issuers"][0]["require_bound"] = true.into();
    let directory = directory(&section);
    let token = rs256().issue(&claims());
    let outcome = directory.tokens().by_token(&presented(&token), "", &keys());
    assert_eq!(outcome, Err(No::Unbound));
}

#[test]
fn an_algorithm_that_the_issuer_may_not_use_is_refused() {
    let mut section = section();
    section["issuers"][0]["algorithms"] = json!(["ES256"]);
    let directory = directory(&section);
    let show = |token: &str| {
        let outcome = directory.tokens().by_token(&presented(token), "", &keys());
        outcome.map(drop)
    };
    assert_eq!(
        show(&rs256().issue(&claims())),
        Err(No::Algorithm("RS256".into()))
    );
    assert_eq!(show(&signers()[6].issue(&claims())), Ok(()));
}

#[test]
fn a_key_that_says_what_it_is_for_is_used_for_nothing_else() {
    let mut set = key_set(signers());
    set["keys"][0]["alg"] = "RS512".into();
    let directory = directory(&section());
    let token = rs256().issue(&claims());
    let outcome = directory
        .tokens()
        .by_token(&presented(&token), "", &keys_of(&set));
    assert_eq!(outcome, Err(No::OtherAlgorithm));
}

#[test]
fn a_key_whose_name_is_given_twice_is_not_used() {
    let mut set = key_set(signers());
    set["keys"][1]["kid"] = rs256().kid.as_str().into();
    let directory = directory(&section());
    let token = rs256().issue(&claims());
    let outcome = directory
        .tokens()
        .by_token(&presented(&token), "", &keys_of(&set));
    assert_eq!(outcome, Err(No::AmbiguousKid));
}

#[test]
fn without_keys_of_this_issuer_and_this_age_nobody_comes_in() {
    let directory = directory(&section());
    let token = rs256().issue(&claims());
    let by = |keys: &TokenKeys, now| {
        let presented = Presented {
            now_milliseconds: now,
            ..presented(&token)
        };
        directory.tokens().by_token(&presented, "", keys).map(drop)
    };
    let issuer = || "login".to_owned();
    assert_eq!(by(&keys(), NOW), Ok(()));
    assert_eq!(
        by(&keys(), NOW + 1),
        Err(No::StaleKeys { issuer: issuer() })
    );
    let none = Err(No::NoKeys { issuer: issuer() });
    assert_eq!(by(&TokenKeys::default(), NOW), none);
    assert_eq!(by(&keys().with("login", None), NOW), none);
    // Keys that were had before the bundle named another place, or another issuer.
    for (source, issuer) in [
        (
            Source::Jwks {
                url: "https://login.example.com/old".into(),
            },
            "https://login.example.com",
        ),
        (Source::Discovery, "https://old.example.com"),
    ] {
        let other = IssuerKeys {
            issuer: issuer.into(),
            source,
            keys: KeySet::read(key_set(signers()).to_string().as_bytes()).unwrap(),
            stale_milliseconds: NOW + 1,
        };
        assert_eq!(
            by(&TokenKeys::default().with("login", Some(other)), NOW),
            none
        );
    }
}

#[test]
fn what_must_be_asked_is_asked_of_the_issuer_that_the_bundle_declares() {
    let keys = Some(Question::Keys {
        issuer: "login".into(),
    });
    assert_eq!(unknown_kid().question(), keys);
    assert_eq!(
        No::NoKeys {
            issuer: "login".into()
        }
        .question(),
        keys
    );
    assert_eq!(
        No::StaleKeys {
            issuer: "login".into()
        }
        .question(),
        keys
    );
    assert_eq!(No::Signature.question(), None);
    assert_eq!(
        No::UnknownIssuer("https://evil.example.com".into()).question(),
        None
    );
}

#[test]
fn what_a_peer_wrote_can_not_deceive_a_reader_of_the_log() {
    let issuer = format!("\u{202e}\u{1b}[2J\"`{}", "x".repeat(10_000));
    let refusal = show(&claiming("iss", issuer.into()))
        .unwrap_err()
        .to_string();
    assert!(refusal.len() < 300 && refusal.is_ascii(), "{refusal}");
    assert!(!refusal.contains('\u{1b}'));
}
