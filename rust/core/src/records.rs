//! Sealing and opening for programs that do so themselves (`streamward.sdk`): the code that the gateway runs.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use streamward_records as records;
use streamward_records::{Envelope, FoundKey, Home, Keys, Kid, Place, Refusal};

use crate::error::{failed, raise};

/// A data key. Sealing counts its nonces: only whoever had it made may seal with it, and with one object only.
#[pyclass(frozen, module = "streamward._core")]
pub struct DataKey {
    key: Arc<records::DataKey>,
    /// The process that had it made.
    process: u32,
}

impl DataKey {
    /// The key, for sealing.
    fn sealing(&self) -> PyResult<&records::DataKey> {
        // SECURITY: a process that was forked has this counter too, and would use the nonces of the other.
        if self.process == std::process::id() {
            return Ok(&self.key);
        }
        Err(failed(
            "record.inherited_key",
            "the data key is that of the process from which this one was forked",
        ))
    }
}

#[pymethods]
impl DataKey {
    /// A key that may seal `records_max` parts of records (0: it only opens).
    #[new]
    fn new(
        kid: &[u8],
        ring: &str,
        ring_version: u32,
        key: &[u8],
        records_max: u64,
    ) -> PyResult<Self> {
        let kid: Kid = kid
            .try_into()
            .map_err(|_| failed("record.key_id", "a key id has 16 bytes"))?;
        records::DataKey::new(kid, ring.into(), ring_version, key, records_max)
            .map(|key| Self {
                key: Arc::new(key),
                process: std::process::id(),
            })
            .ok_or_else(|| failed("record.key", "a data key has 32 bytes"))
    }

    /// Its name, 16 bytes.
    #[getter]
    fn kid<'py>(&self, python: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(python, self.key.kid())
    }

    /// How often it may still seal.
    #[getter]
    fn left(&self) -> u64 {
        self.key.records_max().saturating_sub(self.key.sealed())
    }

    #[allow(clippy::unused_self, reason = "Python asks an object for it")]
    fn __repr__(&self) -> String {
        format!("DataKey(ring={:?}, key=***)", self.key.ring())
    }
}

/// Where a stream is at home: an envelope opens nowhere else.
#[pyclass(frozen, module = "streamward._core")]
pub struct StreamHome(Home);

#[pymethods]
impl StreamHome {
    #[new]
    fn new(
        tenant: Option<&str>,
        cluster: &str,
        stream: &str,
        data_class: &str,
        ring: &str,
    ) -> Self {
        Self(Home {
            tenant: tenant.map(Arc::from),
            cluster: cluster.into(),
            stream: stream.into(),
            data_class: data_class.into(),
            ring: ring.into(),
        })
    }
}

struct One<'a>(&'a Arc<records::DataKey>);

impl Keys for One<'_> {
    fn find(&self, kid: &Kid) -> FoundKey {
        if self.0.kid() == kid {
            FoundKey::Key(Arc::clone(self.0))
        } else {
            FoundKey::Unknown
        }
    }
}

fn place<'a>(part: &str, header: Option<&'a str>) -> PyResult<Place<'a>> {
    match (part, header) {
        ("value", None) => Ok(Place::Value),
        ("key", None) => Ok(Place::Key),
        ("header", Some(name)) => Ok(Place::Header(name.as_bytes())),
        _ => Err(failed(
            "record.part",
            "a part of a record is `value`, `key`, or `header` with its name",
        )),
    }
}

fn refused(refusal: Refusal) -> PyErr {
    let code = match refusal {
        Refusal::SpentKey => "record.spent_key",
        Refusal::Plaintext => "record.plaintext",
        Refusal::TooLarge => "record.too_large",
        _ => "record.refused",
    };
    raise(code, &refusal)
}

/// One part of a record, sealed (`docs/reference/envelope.md`). Raises `CoreError` `record.…`.
#[pyfunction]
#[pyo3(signature = (home, key, part, content, *, header = None, record_key = None, partition = None))]
#[allow(clippy::too_many_arguments, reason = "what an envelope is bound to")]
pub fn seal_part<'py>(
    python: Python<'py>,
    home: &StreamHome,
    key: &DataKey,
    part: &str,
    content: &[u8],
    header: Option<&str>,
    record_key: Option<&[u8]>,
    partition: Option<i32>,
) -> PyResult<Bound<'py, PyBytes>> {
    let place = place(part, header)?;
    let sealed = records::seal_value(
        &home.0,
        key.sealing()?,
        place,
        partition,
        record_key,
        content,
    );
    Ok(PyBytes::new(python, &sealed.map_err(refused)?))
}

/// What an envelope holds that is at home in one of these places. Raises `CoreError` `record.…`.
#[pyfunction]
#[pyo3(signature = (homes, key, part, envelope, *, header = None, record_key = None, partition = None))]
#[allow(clippy::too_many_arguments, reason = "what an envelope is bound to")]
pub fn open_part<'py>(
    python: Python<'py>,
    homes: Vec<PyRef<'py, StreamHome>>,
    key: &DataKey,
    part: &str,
    envelope: &[u8],
    header: Option<&str>,
    record_key: Option<&[u8]>,
    partition: Option<i32>,
) -> PyResult<Bound<'py, PyBytes>> {
    let homes: Vec<Home> = homes.iter().map(|home| home.0.clone()).collect();
    let place = place(part, header)?;
    let opened = records::open_value(
        &homes,
        &One(&key.key),
        place,
        partition,
        record_key,
        envelope,
    );
    Ok(PyBytes::new(python, &opened.map_err(refused)?))
}

/// The name of the key that an envelope says it is sealed under. Raises `CoreError` `record.…` for what is none.
#[pyfunction]
pub fn envelope_key<'py>(python: Python<'py>, envelope: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let read = Envelope::parse(envelope).map_err(refused)?;
    Ok(PyBytes::new(python, read.kid))
}
