//! A signed token: JWS in compact serialisation (RFC 7515, section 3.1).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::json::object;
use super::jwk::KID_BYTES_MAX;
use super::{Algorithm, TokenIssuer, TokenKeys, TokenRefusal};

/// Longest header, encoded.
const HEADER_BYTES_MAX: usize = 4 * 1024;
/// SECURITY: parameters by which a token would bring its own key, or say where one is (RFC 8725,
/// section 3.10), or have its bytes read in another way. A token that has one is refused.
const REFUSED_PARAMETERS: [&str; 8] = ["jwk", "jku", "x5u", "x5c", "crit", "b64", "zip", "cty"];

/// The three parts, still encoded.
#[derive(Clone, Copy)]
pub(super) struct Jws<'a> {
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
    signed: &'a str,
}

/// The three parts, decoded; nothing is proved yet.
pub(super) struct Token<'a> {
    header: Map<String, Value>,
    pub claims: Map<String, Value>,
    signature: Vec<u8>,
    signed: &'a str,
}

impl<'a> Jws<'a> {
    /// `None`: it has not the form of one, so it may be an opaque token.
    pub fn split(token: &'a str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        // A header is a JSON object, which always begins so.
        let is_jws = !payload.contains('.') && header.starts_with("ey");
        is_jws.then_some(Self {
            header,
            payload,
            signature,
            signed,
        })
    }

    pub fn read(self) -> Result<Token<'a>, TokenRefusal> {
        if self.header.len() > HEADER_BYTES_MAX {
            return Err(TokenRefusal::Header("it is longer than 4 KiB"));
        }
        let decode = |text| {
            URL_SAFE_NO_PAD
                .decode(text)
                .map_err(|_| TokenRefusal::Base64)
        };
        let header = object(&decode(self.header)?).map_err(TokenRefusal::Header)?;
        let claims = object(&decode(self.payload)?).map_err(TokenRefusal::Payload)?;
        Ok(Token {
            header,
            claims,
            signature: decode(self.signature)?,
            signed: self.signed,
        })
    }
}

impl Token<'_> {
    /// It is signed by one of the issuer's keys, with an algorithm that the issuer may use.
    pub fn verify(
        &self,
        issuer: &TokenIssuer,
        keys: &TokenKeys,
        now_milliseconds: i64,
    ) -> Result<(), TokenRefusal> {
        if let Some(name) = REFUSED_PARAMETERS
            .into_iter()
            .find(|name| self.header.contains_key(*name))
        {
            return Err(TokenRefusal::Parameter(name));
        }
        self.check_type()?;
        let algorithm = self.algorithm(issuer)?;
        let kid = match self.header.get("kid") {
            None => return Err(TokenRefusal::NoKid),
            Some(Value::String(kid)) if !kid.is_empty() && kid.len() <= KID_BYTES_MAX => kid,
            Some(_) => return Err(TokenRefusal::Header("its `kid` can't be used")),
        };
        let name = || issuer.name.clone();
        let keys = keys
            .of(issuer)
            .ok_or_else(|| TokenRefusal::NoKeys { issuer: name() })?;
        if keys.stale_milliseconds <= now_milliseconds {
            return Err(TokenRefusal::StaleKeys { issuer: name() });
        }
        let key = match keys.keys.get(kid) {
            None => return Err(TokenRefusal::UnknownKid { issuer: name() }),
            Some(None) => return Err(TokenRefusal::AmbiguousKid),
            Some(Some(key)) => key,
        };
        // SECURITY: the key says what it is for, and not the token (RFC 8725, section 3.1).
        if !algorithm.fits(&key.key) || key.algorithm.is_some_and(|it| it != algorithm) {
            return Err(TokenRefusal::OtherAlgorithm);
        }
        if algorithm.verifies(&key.key, self.signed.as_bytes(), &self.signature) {
            Ok(())
        } else {
            Err(TokenRefusal::Signature)
        }
    }

    /// RFC 8725, section 3.11: what is made for another purpose is not taken for a token of access.
    fn check_type(&self) -> Result<(), TokenRefusal> {
        let known = |found: &str| {
            let found = found.to_ascii_lowercase();
            let found = found.strip_prefix("application/").unwrap_or(&found);
            found == "jwt" || found == "at+jwt"
        };
        match self.header.get("typ") {
            None => Ok(()),
            Some(Value::String(found)) if known(found) => Ok(()),
            Some(_) => Err(TokenRefusal::Type),
        }
    }

    fn algorithm(&self, issuer: &TokenIssuer) -> Result<Algorithm, TokenRefusal> {
        let Some(Value::String(name)) = self.header.get("alg") else {
            return Err(TokenRefusal::Header("it has no `alg`"));
        };
        let algorithm = Algorithm::of_name(name).filter(|it| issuer.algorithms.contains(it));
        algorithm.ok_or_else(|| TokenRefusal::algorithm(name))
    }
}
