//! AES-256-GCM for what wraps keys in this process: the provider of cryptography that records use, already loaded.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use zeroize::Zeroizing;

use crate::error::failed;

fn parts(key: &[u8], nonce: &[u8]) -> PyResult<(LessSafeKey, Nonce)> {
    let key = UnboundKey::new(&AES_256_GCM, key);
    let key = key.map_err(|_| failed("aead.key", "a key of AES-256-GCM has 32 bytes"))?;
    let wrong = |_| failed("aead.nonce", &format!("a nonce has {NONCE_LEN} bytes"));
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(wrong)?;
    Ok((LessSafeKey::new(key), nonce))
}

/// Ciphertext and tag (NIST SP 800-38D). The nonce must never come again under the key. Raises `CoreError` `aead.…`.
#[pyfunction]
pub fn aead_seal<'py>(
    python: Python<'py>,
    key: &[u8],
    nonce: &[u8],
    plain: &[u8],
    associated: &[u8],
) -> PyResult<Bound<'py, PyBytes>> {
    let (key, nonce) = parts(key, nonce)?;
    // With room for the tag: what grows leaves a copy behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(plain.len() + AES_256_GCM.tag_len()));
    bytes.extend_from_slice(plain);
    let sealed = key.seal_in_place_append_tag(nonce, Aad::from(associated), &mut *bytes);
    sealed.map_err(|_| failed("aead.size", "too much for one nonce"))?;
    Ok(PyBytes::new(python, &bytes))
}

/// What was sealed. Raises `CoreError` `aead.changed` where ciphertext, tag, nonce, key or associated data are not those.
#[pyfunction]
pub fn aead_open<'py>(
    python: Python<'py>,
    key: &[u8],
    nonce: &[u8],
    sealed: &[u8],
    associated: &[u8],
) -> PyResult<Bound<'py, PyBytes>> {
    let (key, nonce) = parts(key, nonce)?;
    let mut bytes = Zeroizing::new(sealed.to_vec());
    let plain = key.open_in_place(nonce, Aad::from(associated), &mut bytes);
    let plain = plain.map_err(|_| failed("aead.changed", "not what was sealed with this key"))?;
    Ok(PyBytes::new(python, plain))
}
