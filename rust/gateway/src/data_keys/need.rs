//! Keys that must be asked for, and the questions that ask for them.

use std::sync::Arc;

use streamward_records::{KEY_BYTES, Kid};

/// A key that must be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeyNeed {
    /// One to seal values with, for this ring.
    Seal(Arc<str>),
    /// The one that seals keys of records, of this ring.
    Deterministic(Arc<str>),
    /// One that an envelope names.
    Open(Kid),
    /// Not the key, but what is known of one that an envelope names.
    Facts(Kid),
}

impl KeyNeed {
    /// The question that Python answers.
    pub fn question(&self) -> Vec<u8> {
        let question = match self {
            Self::Seal(ring) => serde_json::json!({"type": "data_key", "ring": &**ring}),
            Self::Deterministic(ring) => serde_json::json!({
                "type": "deterministic_key", "ring": &**ring, "bytes": KEY_BYTES,
            }),
            Self::Open(kid) => serde_json::json!({"type": "open_key", "kid": hex(kid)}),
            Self::Facts(kid) => serde_json::json!({"type": "key_facts", "kid": hex(kid)}),
        };
        question.to_string().into_bytes()
    }
}

/// A kid in hexadecimal digits.
pub fn hex(kid: &Kid) -> String {
    format!("{:032x}", u128::from_be_bytes(*kid))
}

pub(super) fn from_hex(text: &str) -> Option<Kid> {
    let mut kid = Kid::default();
    if text.len() != kid.len() * 2 || !text.bytes().all(|it| it.is_ascii_hexdigit()) {
        return None;
    }
    for (place, byte) in kid.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(place * 2..place * 2 + 2)?, 16).ok()?;
    }
    Some(kid)
}
