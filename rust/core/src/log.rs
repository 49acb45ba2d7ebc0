//! The transparency log for those who verify it: `streamward_audit::log`, called with the GIL released.

use std::path::PathBuf;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::Serialize;
use serde_json::json;
use streamward_audit::AuditError;
use streamward_audit::log::{
    Note, SigningKey, VerifierKey, encode_hash,
    prove::{self, newest},
    verify::{self, Trust},
};

use crate::error::raise;

fn raised(error: AuditError) -> PyErr {
    raise(error.code(), &error)
}

fn keys(texts: &[String]) -> Result<Vec<VerifierKey>, AuditError> {
    texts.iter().map(|text| text.parse()).collect()
}

/// `{"ok": true, ...}` with what was verified, or `{"ok": false, "place", "what"}`.
fn outcome(
    python: Python<'_>,
    result: Result<impl Serialize, AuditError>,
) -> PyResult<Bound<'_, PyBytes>> {
    let document = match result {
        Ok(report) => {
            let mut document = json!(report);
            document["ok"] = true.into();
            document
        }
        Err(AuditError::Log { place, what }) => {
            json!({"ok": false, "place": place, "what": what})
        }
        Err(AuditError::Damaged {
            segment,
            offset,
            what,
        }) => {
            let place = format!("journal/{segment:020}.swj");
            json!({"ok": false, "place": place, "what": format!("at byte {offset}: {what}")})
        }
        Err(error) => return Err(raised(error)),
    };
    Ok(PyBytes::new(python, document.to_string().as_bytes()))
}

/// Recomputes a log from its entries; JSON says what was verified, or the first place that is wrong.
#[pyfunction]
#[pyo3(signature = (audit_dir, keys, checkpoints = vec![], witnesses = vec![], with_journal = true))]
pub fn verify_log(
    python: Python<'_>,
    audit_dir: PathBuf,
    keys: Vec<String>,
    checkpoints: Vec<Vec<u8>>,
    witnesses: Vec<String>,
    with_journal: bool,
) -> PyResult<Bound<'_, PyBytes>> {
    let trust = Trust {
        keys: self::keys(&keys).map_err(raised)?,
        checkpoints,
        witnesses: self::keys(&witnesses).map_err(raised)?,
    };
    let report = python.detach(|| verify::verify(&audit_dir, &trust, with_journal));
    outcome(python, report)
}

/// That an entry is in the log, as a JSON document that needs nothing but the public key.
#[pyfunction]
pub fn prove_entry(
    python: Python<'_>,
    audit_dir: PathBuf,
    index: u64,
) -> PyResult<Bound<'_, PyBytes>> {
    let proof = python.detach(|| prove::prove(&audit_dir, index));
    let document = serde_json::to_vec(&proof.map_err(raised)?);
    let document =
        document.map_err(|error| crate::error::failed("internal", &error.to_string()))?;
    Ok(PyBytes::new(python, &document))
}

/// Checks such a document; JSON says what it shows, or why it does not hold.
#[pyfunction]
#[pyo3(signature = (document, keys, witnesses = vec![]))]
pub fn check_proof<'py>(
    python: Python<'py>,
    document: &[u8],
    keys: Vec<String>,
    witnesses: Vec<String>,
) -> PyResult<Bound<'py, PyBytes>> {
    let keys = self::keys(&keys).map_err(raised)?;
    let witnesses = self::keys(&witnesses).map_err(raised)?;
    let proved = python.detach(|| prove::check(document, &keys, &witnesses));
    outcome(python, proved)
}

/// The newest checkpoint as JSON; its signatures are not verified.
#[pyfunction]
pub fn newest_checkpoint(python: Python<'_>, audit_dir: PathBuf) -> PyResult<Bound<'_, PyBytes>> {
    let (note, checkpoint) = python.detach(|| newest(&audit_dir)).map_err(raised)?;
    let document = json!({
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": encode_hash(&checkpoint.root),
        "note": note.to_string(),
    });
    Ok(PyBytes::new(python, document.to_string().as_bytes()))
}

/// The hashes, in base64, that show that the tree of `size` leaves begins with that of `old`.
#[pyfunction]
pub fn consistency_proof(
    python: Python<'_>,
    audit_dir: PathBuf,
    old: u64,
    size: u64,
) -> PyResult<Vec<String>> {
    python
        .detach(|| prove::prove_consistency(&audit_dir, old, size))
        .map_err(raised)
}

/// The checkpoint with a witness's signatures that hold; raises where there is none.
#[pyfunction]
pub fn cosigned_checkpoint<'py>(
    python: Python<'py>,
    checkpoint: &[u8],
    signatures: &[u8],
    witness: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    let add = || -> Result<String, AuditError> {
        let mut note = Note::parse(checkpoint)?;
        let key: VerifierKey = witness.parse()?;
        if !note.take_valid(&Note::parse_signatures(signatures)?, &key) {
            let what = format!(
                "the witness `{}` has not signed this checkpoint",
                key.name()
            );
            return Err(AuditError::Invalid { what });
        }
        Ok(note.to_string())
    };
    Ok(PyBytes::new(python, add().map_err(raised)?.as_bytes()))
}

/// The public half of a log's key (PKCS#8), as a verifier key of this name.
#[pyfunction]
pub fn verifier_key(name: &str, key: &[u8]) -> PyResult<String> {
    let key = SigningKey::from_pkcs8(name, key).map_err(raised)?;
    Ok(key.public().to_string())
}
