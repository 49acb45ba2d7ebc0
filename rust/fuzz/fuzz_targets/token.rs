//! What a peer shows to log in by a token, what issuers answer, and their key sets. None of it lets anybody
//! in: no key here has signed anything.
#![no_main]

use std::collections::HashMap;
use std::sync::LazyLock;

use streamward_identity::token::{IssuerKeys, KeySet, Presented, Source, TokenKeys, oauthbearer};
use streamward_identity::{Directory, IdentitySection};

/// The public key of RFC 7515, appendix A.3.
const KEYS: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","kid":"k",
    "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}"#;
const SECTION: &str = r#"{"principals":[{"id":"a","type":"user","tenant":null,"roles":[],"mfa":false,
    "device_posture":null,"credentials":[{"id":"c","type":"token","issuer":"i","subject":"s"}]}],
    "issuers":[{"name":"i","issuer":"https://i","audiences":["k"],"algorithms":["ES256"],
    "source":{"type":"discovery"},"clock_skew_milliseconds":0,"lifetime_milliseconds_max":1000,
    "require_bound":false,"claims":{"subject":"sub","roles":"/a/b","role_of":{"g":"r"},"tenant":null,
    "device_posture":"d","device_status":null,"mfa":{"amr":["otp"],"acr":[]}}}]}"#;

static KNOWN: LazyLock<(Directory, TokenKeys)> = LazyLock::new(|| {
    let section: IdentitySection = serde_json::from_str(SECTION).expect("a section");
    let directory = Directory::build(&section, &HashMap::new()).expect("a directory");
    let keys = IssuerKeys {
        issuer: "https://i".into(),
        source: Source::Discovery,
        keys: KeySet::read(KEYS.as_bytes()).expect("a key set"),
        stale_milliseconds: i64::MAX,
    };
    (directory, TokenKeys::default().with("i", Some(keys)))
});

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((kind, message)) = input.split_first() else {
        return;
    };
    match kind % 3 {
        0 => drop(KeySet::read(message)),
        1 => drop(oauthbearer::parse(message)),
        _ => {
            let Ok(token) = std::str::from_utf8(message) else {
                return;
            };
            let presented = Presented {
                token,
                certificate_thumbprint: None,
                require_bound: false,
                now_milliseconds: 0,
            };
            let (directory, keys) = &*KNOWN;
            assert!(directory.tokens().by_token(&presented, "", keys).is_err());
        }
    }
});
