//! Signing and verifying for programs that do so themselves (`streamward.sdk`): the code that the gateway runs.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use streamward_records as records;
use streamward_records::{
    Content, Limits, Mark, Origin, Refusal, Run, SIGNATURE, Verifying, write_header,
};

use crate::error::{failed, raise};

/// A header of a record: its name, and its value if it has one.
type Header = (Vec<u8>, Option<Vec<u8>>);

/// A private key that signs records: Ed25519 or P-256.
#[pyclass(frozen, module = "streamward._core")]
pub struct RecordSigningKey(records::SigningKey);

#[pymethods]
impl RecordSigningKey {
    /// Of PKCS#8 in DER.
    #[new]
    fn new(pkcs8: &[u8]) -> PyResult<Self> {
        let key = records::SigningKey::from_pkcs8(pkcs8).map(Self);
        key.ok_or_else(|| {
            failed(
                "record.key",
                "neither a key of Ed25519 nor of P-256 (PKCS#8)",
            )
        })
    }

    /// What verifies its signatures.
    fn public(&self) -> RecordVerifyingKey {
        RecordVerifyingKey(self.0.public().clone())
    }

    #[allow(clippy::unused_self, reason = "Python asks an object for it")]
    fn __repr__(&self) -> &'static str {
        "RecordSigningKey(key=***)"
    }
}

/// A public key that verifies records.
#[pyclass(frozen, module = "streamward._core")]
pub struct RecordVerifyingKey(records::VerifyingKey);

#[pymethods]
impl RecordVerifyingKey {
    /// Of `SubjectPublicKeyInfo` in DER; with a principal, what it signs is that producer's and nobody else's.
    #[new]
    #[pyo3(signature = (info, principal = None))]
    fn new(info: &[u8], principal: Option<&str>) -> PyResult<Self> {
        let key = records::VerifyingKey::from_info(info);
        let key =
            key.ok_or_else(|| failed("record.key", "neither a key of Ed25519 nor of P-256"))?;
        Ok(Self(match principal {
            Some(principal) => key.of_producer(principal),
            None => key,
        }))
    }

    /// Its name in signatures, 16 bytes.
    #[getter]
    fn kid<'py>(&self, python: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(python, self.0.id())
    }

    /// `alg` in signatures: -8 or -7.
    #[getter]
    fn algorithm(&self) -> i64 {
        self.0.algorithm()
    }
}

/// Where a signed stream is at home: what is signed for it is verified nowhere else.
#[pyclass(frozen, module = "streamward._core")]
pub struct SignedOrigin(Origin);

#[pymethods]
impl SignedOrigin {
    #[new]
    fn new(tenant: Option<&str>, cluster: &str, stream: &str) -> Self {
        Self(Origin {
            tenant: tenant.map(Into::into),
            cluster: cluster.into(),
            stream: stream.into(),
        })
    }
}

fn refused(refusal: Refusal) -> PyErr {
    let code = match refusal {
        Refusal::Unsigned => "record.unsigned",
        _ => "record.refused",
    };
    raise(code, &refusal)
}

/// Headers as they lie on the wire, without their count.
fn block(headers: &[Header]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in headers {
        write_header(&mut out, name, value.as_deref());
    }
    out
}

fn count(headers: &[Header]) -> PyResult<u32> {
    u32::try_from(headers.len()).map_err(|_| failed("record.headers", "too many headers"))
}

/// The signature of one record, the value of its last header (`docs/reference/signature.md`). `run` has 16 bytes that
/// nobody else has. Raises `CoreError` `record.…`.
#[pyfunction]
#[pyo3(signature = (origin, key, producer, run, counter, *, partition, timestamp, record_key, value, headers))]
#[allow(clippy::too_many_arguments, reason = "what a signature is bound to")]
pub fn sign_record<'py>(
    python: Python<'py>,
    origin: &SignedOrigin,
    key: &RecordSigningKey,
    producer: &str,
    run: &[u8],
    counter: u64,
    partition: Option<i32>,
    timestamp: Option<i64>,
    record_key: Option<&[u8]>,
    value: Option<&[u8]>,
    headers: Vec<Header>,
) -> PyResult<Bound<'py, PyBytes>> {
    let run = run
        .try_into()
        .map_err(|_| failed("record.run", "a run has 16 bytes"))?;
    if headers.iter().any(|(name, _)| name == SIGNATURE.as_bytes()) {
        return Err(refused(Refusal::ForgedSignature));
    }
    let count = count(&headers)?;
    let unstable = |(name, _): &Header| name.contains(&0) || str::from_utf8(name).is_err();
    if count >= Limits::default().headers_max || headers.iter().any(unstable) {
        // Nobody could verify it: libraries cut such names, and readers take no more headers.
        return Err(refused(Refusal::Unstable));
    }
    let content = Content {
        key: record_key,
        value,
        headers: count,
        headers_block: &block(&headers),
    };
    let run = Run::Counted(run);
    let signed = records::sign_record(
        &origin.0, partition, &key.0, producer, run, counter, timestamp, &content,
    );
    Ok(PyBytes::new(python, &signed.map_err(refused)?))
}

/// The signature among headers, and the others.
fn split(headers: &[Header]) -> PyResult<(&[u8], &[Header])> {
    let is_signature = |header: &&Header| header.0 == SIGNATURE.as_bytes();
    let Some((last, others)) = headers.split_last() else {
        return Err(refused(Refusal::Unsigned));
    };
    let found = headers.iter().filter(is_signature).count();
    if found != 1 || last.0 != SIGNATURE.as_bytes() {
        let refusal = if found == 0 {
            Refusal::Unsigned
        } else {
            Refusal::ForgedSignature
        };
        return Err(refused(refusal));
    }
    Ok((last.1.as_deref().unwrap_or_default(), others))
}

/// Whose signatures count, owned.
struct Accepted {
    origins: Vec<Origin>,
    keys: Vec<records::VerifyingKey>,
    partition: Option<i32>,
    timestamp: bool,
}

impl Accepted {
    fn verifying(&self) -> Verifying<'_> {
        Verifying {
            origins: &self.origins,
            partition: self.partition,
            timestamp: self.timestamp,
            keys: &self.keys,
            writer: None,
            own_batches: true,
            mark: Mark::Refuse,
            strip: false,
        }
    }
}

/// Who signed a record: the producer, its run, its counter.
type Judged<'py> = (String, Bound<'py, PyBytes>, u64);

fn told(python: Python<'_>, judged: records::Judged) -> Judged<'_> {
    let run = PyBytes::new(python, &judged.run.to_bytes());
    (judged.producer.into(), run, judged.counter)
}

/// Who signed a record with these headers, its run and its counter. Raises `CoreError` `record.unsigned`,
/// `record.refused`.
#[pyfunction]
#[pyo3(signature = (origins, keys, *, partition, timestamp_bound, timestamp, record_key, value, headers))]
#[allow(clippy::too_many_arguments, reason = "what a signature is bound to")]
pub fn verify_record<'py>(
    python: Python<'py>,
    origins: Vec<PyRef<'py, SignedOrigin>>,
    keys: Vec<PyRef<'py, RecordVerifyingKey>>,
    partition: Option<i32>,
    timestamp_bound: bool,
    timestamp: i64,
    record_key: Option<&[u8]>,
    value: Option<&[u8]>,
    headers: Vec<Header>,
) -> PyResult<Judged<'py>> {
    let (signature, others) = split(&headers)?;
    let accepted = Accepted {
        origins: origins.iter().map(|it| it.0.clone()).collect(),
        keys: keys.iter().map(|it| it.0.clone()).collect(),
        partition,
        timestamp: timestamp_bound,
    };
    let content = Content {
        key: record_key,
        value,
        headers: count(others)?,
        headers_block: &block(others),
    };
    let judged = records::verify_record(&accepted.verifying(), signature, timestamp, &content);
    Ok(told(python, judged.map_err(refused)?))
}

/// Of how many records this signature is, if of several that verify only together. Raises `CoreError`
/// `record.refused`.
#[pyfunction]
pub fn signed_together(signature: &[u8]) -> PyResult<Option<u32>> {
    records::signed_together(signature).map_err(refused)
}

/// A record: its timestamp, its key, its value and its headers.
type Timed = (i64, Option<Vec<u8>>, Option<Vec<u8>>, Vec<Header>);

/// Who signed each of these records, the first of which holds the signature of all. Raises `CoreError`
/// `record.unsigned`, `record.refused`.
#[pyfunction]
#[pyo3(signature = (origins, keys, records, *, partition, timestamp_bound))]
pub fn verify_together<'py>(
    python: Python<'py>,
    origins: Vec<PyRef<'py, SignedOrigin>>,
    keys: Vec<PyRef<'py, RecordVerifyingKey>>,
    records: Vec<Timed>,
    partition: Option<i32>,
    timestamp_bound: bool,
) -> PyResult<Vec<Judged<'py>>> {
    let accepted = Accepted {
        origins: origins.iter().map(|it| it.0.clone()).collect(),
        keys: keys.iter().map(|it| it.0.clone()).collect(),
        partition,
        timestamp: timestamp_bound,
    };
    let Some(first) = records.first() else {
        return Err(refused(Refusal::Unsigned));
    };
    let (signature, others) = split(&first.3)?;
    let mut parts = Vec::with_capacity(records.len());
    for (place, (.., headers)) in records.iter().enumerate() {
        let headers = if place == 0 { others } else { headers };
        if headers.iter().any(|(name, _)| name == SIGNATURE.as_bytes()) {
            return Err(refused(Refusal::ForgedSignature));
        }
        parts.push((count(headers)?, block(headers)));
    }
    let contents = records.iter().zip(&parts);
    let contents = contents.map(|((timestamp, key, value, _), (headers, block))| {
        let content = Content {
            key: key.as_deref(),
            value: value.as_deref(),
            headers: *headers,
            headers_block: block,
        };
        (*timestamp, content)
    });
    let judged = streamward_records::verify_together(&accepted.verifying(), signature, contents);
    let judged = judged.map_err(refused)?.into_iter();
    Ok(judged.map(|it| told(python, it)).collect())
}
