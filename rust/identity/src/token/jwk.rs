//! Public keys of an issuer: a JSON Web Key Set (RFC 7517), by `kid`.

use std::collections::HashMap;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ParsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::Algorithm;
use super::json::object;

/// Longest key set that is read.
pub const KEY_SET_BYTES_MAX: usize = 512 * 1024;
/// Most keys in one.
pub const KEYS_MAX: usize = 100;
/// Longest `kid`.
pub const KID_BYTES_MAX: usize = 512;
/// Shortest modulus of an RSA key; longer ones than 8192 bits fail when they are used.
const RSA_MODULUS_BYTES_MIN: usize = 256;
const RSA_MODULUS_BYTES_MAX: usize = 1024;

/// A key that signatures are checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PublicKey {
    /// Modulus and exponent, big-endian, without leading zeros.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// An uncompressed point on P-256.
    P256(Vec<u8>),
    /// An uncompressed point on P-384.
    P384(Vec<u8>),
    /// A point on edwards25519.
    Ed25519(Vec<u8>),
}

/// One usable key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Jwk {
    pub key: PublicKey,
    /// The only algorithm that it is for; `None`: any that fits its type.
    pub algorithm: Option<Algorithm>,
}

/// The keys of one issuer at one time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeySet {
    /// `None`: the set names two keys so, and neither can be trusted to be meant.
    keys: HashMap<String, Option<Jwk>>,
}

impl KeySet {
    /// Read a JWK set. Keys for encryption, symmetric ones, unknown ones and those without a `kid` are
    /// left out.
    ///
    /// # Errors
    /// Where it is no key set, too large, or has no key at all that could be used.
    pub fn read(bytes: &[u8]) -> Result<Self, &'static str> {
        if bytes.len() > KEY_SET_BYTES_MAX {
            return Err("it is longer than 512 KiB");
        }
        let set = object(bytes)?;
        let Some(Value::Array(keys)) = set.get("keys") else {
            return Err("it has no array `keys`");
        };
        if keys.len() > KEYS_MAX {
            return Err("it has more than 100 keys");
        }
        let mut found = HashMap::new();
        for key in keys {
            let Some((kid, key)) = key.as_object().and_then(read_key) else {
                continue;
            };
            found
                .entry(kid)
                .and_modify(|both| *both = None)
                .or_insert(Some(key));
        }
        if found.values().all(Option::is_none) {
            return Err(
                "it has no key that can be used: signing, asymmetric, with a `kid` of its own",
            );
        }
        Ok(Self { keys: found })
    }

    /// `None`: no key of this name. `Some(None)`: two of them.
    #[allow(clippy::option_option, reason = "no key, several keys, the key")]
    pub(super) fn get(&self, kid: &str) -> Option<Option<&Jwk>> {
        self.keys.get(kid).map(Option::as_ref)
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

fn read_key(key: &Map<String, Value>) -> Option<(String, Jwk)> {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    let kid = text("kid").filter(|kid| !kid.is_empty() && kid.len() <= KID_BYTES_MAX)?;
    if key.get("use").is_some_and(|usage| usage != "sig") {
        return None;
    }
    if let Some(operations) = key.get("key_ops") {
        operations
            .as_array()?
            .iter()
            .find(|operation| *operation == "verify")?;
    }
    let algorithm = match key.get("alg") {
        None => None,
        Some(name) => Some(Algorithm::of_name(name.as_str()?)?),
    };
    let key = match (text("kty")?, text("crv")) {
        ("RSA", _) => rsa(&number(text("n")?)?, &number(text("e")?)?)?,
        ("EC", Some("P-256")) => PublicKey::P256(point(text("x")?, text("y")?, 32)?),
        ("EC", Some("P-384")) => PublicKey::P384(point(text("x")?, text("y")?, 48)?),
        ("OKP", Some("Ed25519")) => {
            PublicKey::Ed25519(decode(text("x")?).filter(|x| x.len() == 32)?)
        }
        _ => return None,
    };
    let fits = algorithm.is_none_or(|algorithm| algorithm.fits(&key));
    (fits && is_sound(&key)).then(|| (kid.to_owned(), Jwk { key, algorithm }))
}

/// A point must lie on its curve.
fn is_sound(key: &PublicKey) -> bool {
    match key {
        PublicKey::P256(point) => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).is_ok(),
        PublicKey::P384(point) => ParsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point).is_ok(),
        PublicKey::Rsa { .. } | PublicKey::Ed25519(_) => true,
    }
}

/// SECURITY: with an exponent of 1 everybody can sign; a short modulus can be factored.
fn rsa(n: &[u8], e: &[u8]) -> Option<PublicKey> {
    let sound = (RSA_MODULUS_BYTES_MIN..=RSA_MODULUS_BYTES_MAX).contains(&n.len())
        && (1..=4).contains(&e.len())
        && e.last().is_some_and(|last| last % 2 == 1)
        && e != [1];
    sound.then(|| PublicKey::Rsa {
        n: n.to_vec(),
        e: e.to_vec(),
    })
}

fn number(text: &str) -> Option<Vec<u8>> {
    let bytes = decode(text)?;
    let leading = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(leading..).map(<[u8]>::to_vec)
}

fn point(x: &str, y: &str, length: usize) -> Option<Vec<u8>> {
    let (x, y) = (decode(x)?, decode(y)?);
    (x.len() == length && y.len() == length).then(|| [&[4], x.as_slice(), &y].concat())
}

fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use serde_json::json;

    /// The public keys of RFC 7515, appendix A.3, and of RFC 8037, appendix A.2.
    fn p256() -> Value {
        json!({"kty": "EC", "crv": "P-256", "kid": "ec",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})
    }

    fn ed25519() -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "kid": "ed",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
    }

    fn rsa_key(bytes: usize, exponent: &str) -> Value {
        let n = URL_SAFE_NO_PAD.encode(vec![0xff; bytes]);
        json!({"kty": "RSA", "kid": "rsa", "n": n, "e": exponent})
    }

    fn read(keys: &[Value]) -> Result<KeySet, &'static str> {
        KeySet::read(json!({ "keys": keys }).to_string().as_bytes())
    }

    fn with(mut key: Value, name: &str, value: Value) -> Value {
        key[name] = value;
        key
    }

    #[test]
    fn keys_are_found_by_their_names() {
        let set = read(&[p256(), ed25519(), rsa_key(256, "AQAB")]).unwrap();
        assert_eq!((set.len(), set.is_empty()), (3, false));
        assert!(set.get("ec").unwrap().is_some());
        assert!(set.get("EC").is_none());
        let leading_zero = URL_SAFE_NO_PAD.encode([vec![0], vec![0xff; 256]].concat());
        let padded = with(rsa_key(256, "AQAB"), "n", leading_zero.into());
        assert_eq!(read(&[padded]), read(&[rsa_key(256, "AQAB")]));
    }

    #[test]
    fn of_two_keys_with_one_name_neither_is_used() {
        let twin = with(ed25519(), "kid", "ec".into());
        let set = read(&[p256(), twin, ed25519()]).unwrap();
        assert_eq!(set.get("ec"), Some(None));
        assert!(read(&[p256(), p256()]).is_err());
    }

    #[test]
    fn what_is_not_for_signatures_is_left_out() {
        let wrong_point = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a1";
        for key in [
            with(p256(), "use", "enc".into()),
            with(p256(), "key_ops", json!(["sign"])),
            with(p256(), "key_ops", json!("verify")),
            with(p256(), "alg", "HS256".into()),
            with(p256(), "alg", "ES384".into()),
            with(p256(), "alg", "none".into()),
            with(p256(), "alg", json!(1)),
            with(p256(), "kid", "".into()),
            with(p256(), "kid", json!(1)),
            with(p256(), "kid", "k".repeat(KID_BYTES_MAX + 1).into()),
            with(p256(), "y", wrong_point.into()),
            with(p256(), "crv", "secp256k1".into()),
            with(p256(), "x", "AAAA".into()),
            with(ed25519(), "crv", "X25519".into()),
            with(ed25519(), "x", "AAAA".into()),
            json!({"kty": "oct", "kid": "hmac", "k": "c2VjcmV0"}),
            rsa_key(255, "AQAB"),
            rsa_key(1025, "AQAB"),
            rsa_key(256, "AQ"),
            rsa_key(256, "Ag"),
            rsa_key(256, ""),
            rsa_key(256, "AQAAAAAB"),
            json!("no object"),
        ] {
            assert!(read(std::slice::from_ref(&key)).is_err(), "{key}");
        }
        let good = with(with(p256(), "use", "sig".into()), "alg", "ES256".into());
        assert_eq!(read(&[good]).unwrap().len(), 1);
    }

    #[test]
    fn a_set_is_bounded() {
        let many: Vec<Value> = (0..=KEYS_MAX)
            .map(|it| with(p256(), "kid", it.to_string().into()))
            .collect();
        assert!(read(&many).is_err());
        assert_eq!(read(&many[1..]).unwrap().len(), KEYS_MAX);
        assert!(KeySet::read(&vec![b' '; KEY_SET_BYTES_MAX + 1]).is_err());
        assert!(KeySet::read(br#"{"keys":{}}"#).is_err());
        assert!(KeySet::read(br#"{"keys":[],"keys":[]}"#).is_err());
    }
}
