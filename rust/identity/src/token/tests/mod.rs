//! Tokens that are good, and every way in which one is not.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]

mod forge;
mod good;
mod properties;
mod refused;

use std::collections::HashMap;

use serde_json::{Value, json};

use self::forge::{NOW, Signer, key_set, signers};
use super::{IssuerKeys, KeySet, Presented, Source, TokenKeys, TokenRefusal};
use crate::directory::{Directory, Identity};

/// SHA-256 of the certificate that the client shows.
const THUMBPRINT: [u8; 32] = [7; 32];

/// One issuer, and one principal with a subject there.
fn section() -> Value {
    json!({
        "principals": [{"id": "alice", "type": "user", "tenant": "payments", "roles": [],
            "mfa": false, "device_posture": null,
            "credentials": [{"id": "alice-token", "type": "token", "issuer": "login",
                "subject": "user-1"}]}],
        "issuers": [{"name": "login", "issuer": "https://login.example.com",
            "audiences": ["kafka"],
            "algorithms": ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256",
                "ES384", "EdDSA"],
            "source": {"type": "discovery"}, "clock_skew_milliseconds": 30_000,
            "lifetime_milliseconds_max": 86_400_000, "require_bound": false,
            "claims": {"subject": "sub", "roles": null, "role_of": {}, "tenant": null,
                "device_posture": null, "device_status": null, "mfa": null}}]
    })
}

fn directory(section: &Value) -> Directory {
    let section = serde_json::from_value(section.clone()).unwrap();
    Directory::build(&section, &HashMap::new()).unwrap()
}

/// What the issuer's key set holds now.
fn keys() -> TokenKeys {
    keys_of(&key_set(signers()))
}

fn keys_of(set: &Value) -> TokenKeys {
    let keys = IssuerKeys {
        issuer: "https://login.example.com".into(),
        source: Source::Discovery,
        keys: KeySet::read(set.to_string().as_bytes()).unwrap(),
        stale_milliseconds: NOW + 1,
    };
    TokenKeys::default().with("login", Some(keys))
}

fn presented(token: &str) -> Presented<'_> {
    Presented {
        token,
        certificate_thumbprint: None,
        require_bound: false,
        now_milliseconds: NOW,
    }
}

/// Who shows this token, by the section and keys as above.
fn show(token: &str) -> Result<Identity, TokenRefusal> {
    let directory = directory(&section());
    directory.tokens().by_token(&presented(token), "", &keys())
}

fn rs256() -> &'static Signer {
    &signers()[0]
}
