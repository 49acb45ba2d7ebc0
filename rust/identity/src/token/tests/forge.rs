//! An issuer of tokens, good and bad ones.

use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaEncoding,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// 2025-10-09T00:00:00Z.
pub const NOW: i64 = 1_760_000_000_000;
/// The same in seconds.
pub const NOW_SECONDS: i64 = NOW / 1_000;

/// A private key, the algorithm that it signs with, and its public key.
pub struct Signer {
    pub algorithm: &'static str,
    pub kid: String,
    pub jwk: Value,
    key: Key,
}

enum Key {
    Rsa(Box<RsaKeyPair>, &'static dyn RsaEncoding),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn rsa(algorithm: &'static str, encoding: &'static dyn RsaEncoding) -> Signer {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    // RFC 8017, appendix A.1.1: two integers of known lengths, the exponent being 65537.
    let (n, e) = (encode(&key.public_key().as_ref()[9..265]), "AQAB");
    let kid = format!("key-{algorithm}");
    Signer {
        algorithm,
        jwk: json!({"kty": "RSA", "kid": kid, "use": "sig", "n": n, "e": e}),
        kid,
        key: Key::Rsa(Box::new(key), encoding),
    }
}

fn ec(algorithm: &'static str, curve: &str) -> Signer {
    let signing = match curve {
        "P-256" => &ECDSA_P256_SHA256_FIXED_SIGNING,
        _ => &ECDSA_P384_SHA384_FIXED_SIGNING,
    };
    let key = EcdsaKeyPair::generate(signing).unwrap();
    let point = &key.public_key().as_ref()[1..];
    let (x, y) = point.split_at(point.len() / 2);
    let kid = format!("key-{algorithm}");
    Signer {
        algorithm,
        jwk: json!({"kty": "EC", "crv": curve, "kid": kid, "alg": algorithm,
            "x": encode(x), "y": encode(y)}),
        kid,
        key: Key::Ec(key),
    }
}

fn ed() -> Signer {
    let key = Ed25519KeyPair::generate().unwrap();
    let x = encode(key.public_key());
    Signer {
        algorithm: "EdDSA",
        jwk: json!({"kty": "OKP", "crv": "Ed25519", "kid": "key-EdDSA", "x": x}),
        kid: "key-EdDSA".into(),
        key: Key::Ed(key),
    }
}

/// A key for each algorithm; made once, because RSA keys take their time.
pub fn signers() -> &'static [Signer] {
    static SIGNERS: LazyLock<Vec<Signer>> = LazyLock::new(|| {
        vec![
            rsa("RS256", &RSA_PKCS1_SHA256),
            rsa("RS384", &RSA_PKCS1_SHA384),
            rsa("RS512", &RSA_PKCS1_SHA512),
            rsa("PS256", &RSA_PSS_SHA256),
            rsa("PS384", &RSA_PSS_SHA384),
            rsa("PS512", &RSA_PSS_SHA512),
            ec("ES256", "P-256"),
            ec("ES384", "P-384"),
            ed(),
        ]
    });
    &SIGNERS
}

pub fn key_set(signers: &[Signer]) -> Value {
    let keys: Vec<&Value> = signers.iter().map(|it| &it.jwk).collect();
    json!({ "keys": keys })
}

impl Signer {
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.key {
            Key::Rsa(key, encoding) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(*encoding, &random, message, &mut signature)
                    .unwrap();
                signature
            }
            Key::Ec(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Key::Ed(key) => key.sign(message).as_ref().to_vec(),
        }
    }

    /// A token of this header and these claims, whatever they are.
    pub fn token(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = encode(self.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    pub fn header(&self) -> Value {
        json!({"alg": self.algorithm, "kid": self.kid, "typ": "at+jwt"})
    }

    pub fn issue(&self, claims: &Value) -> String {
        self.token(&self.header().to_string(), &claims.to_string())
    }
}

/// What a good token says.
pub fn claims() -> Value {
    json!({"iss": "https://login.example.com", "aud": "kafka", "sub": "user-1",
        "iat": NOW_SECONDS - 10, "nbf": NOW_SECONDS - 10, "exp": NOW_SECONDS + 600})
}

/// The same object with a field set; `null` takes the field away.
pub fn with(mut object: Value, name: &str, value: Value) -> Value {
    if value.is_null() {
        object.as_object_mut().unwrap().remove(name);
    } else {
        object[name] = value;
    }
    object
}
