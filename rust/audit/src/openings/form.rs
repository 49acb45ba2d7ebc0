//! What a file of openings is made of: `length u32 | crc32c u32 | JSON`, little-endian; erased, the JSON is blanks.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// The longest value: a name or an address, not a text.
pub const VALUE_BYTES_MAX: usize = 2_048;
pub(super) const OPENING_BYTES_MAX: usize = 16 * 1024;
pub(super) const HEAD_BYTES: usize = 8;
/// Keeps a commitment from meaning anything else than one.
const CONTEXT: &[u8] = b"streamward/commitment/v1\0";

/// What is committed to, as it lies in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Opening {
    /// The member of the leaf that holds the value where it is not committed.
    pub(super) field: String,
    pub(super) salt: String,
    /// Whom it is about.
    pub(super) subject: String,
    /// When it was written (ms since 1970).
    pub(super) time: i64,
    pub(super) value: String,
}

pub(super) fn commitment(salt: &[u8], field: &str, value: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, salt);
    let mut context = hmac::Context::with_key(&key);
    for part in [CONTEXT, field.as_bytes(), b"\0", value.as_bytes()] {
        context.update(part);
    }
    URL_SAFE_NO_PAD.encode(context.sign())
}

/// `payload` must be below [`OPENING_BYTES_MAX`].
pub(super) fn framed(payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD_BYTES + payload.len());
    bytes.extend_from_slice(&u32::try_from(payload.len()).unwrap_or(0).to_le_bytes());
    bytes.extend_from_slice(&crc32c::crc32c(payload).to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// The payload of the frame at the beginning of `bytes`; none where there is no whole one.
pub fn opening_payload(bytes: &[u8]) -> Option<&[u8]> {
    let length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    let crc = u32::from_le_bytes(bytes.get(4..HEAD_BYTES)?.try_into().ok()?);
    if length == 0 || length > OPENING_BYTES_MAX {
        return None;
    }
    let payload = bytes.get(HEAD_BYTES..HEAD_BYTES + length)?;
    // Neither JSON nor erased: to look for the next frame byte by byte stays cheap.
    if !matches!(payload.first(), Some(b'{' | b' ')) {
        return None;
    }
    (crc32c::crc32c(payload) == crc).then_some(payload)
}

/// Whole frames of a file, each with its offset; bytes that are none are passed over.
pub fn opening_frames(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let here = at;
            if let Some(payload) = opening_payload(&bytes[here..]) {
                at += HEAD_BYTES + payload.len();
                return Some((here, payload));
            }
            at += 1;
        }
        None
    })
}

/// Where the first bytes of a file are that are no frame; its length where there are none.
pub(super) fn whole(bytes: &[u8]) -> usize {
    let mut end = 0;
    while let Some(payload) = opening_payload(&bytes[end..]) {
        end += HEAD_BYTES + payload.len();
    }
    end
}

pub(super) fn is_blank(payload: &[u8]) -> bool {
    payload.iter().all(|byte| *byte == b' ')
}
