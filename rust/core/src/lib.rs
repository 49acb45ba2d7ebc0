//! `streamward._core`: what crosses between Python and Rust (`docs/concepts/boundary.md`). The only crate
//! that knows `PyO3`; it converts, and decides nothing.

mod aead;
mod error;
mod journal;
mod log;
mod memory;
mod prove;
mod records;
mod schema;
mod signing;
mod table;
mod yaml;

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use streamward_gateway::inspect::{self, KeyProblem};
use streamward_gateway::{Format, Gateway as DataPlane};
use streamward_identity::{Hash, Verifier};
use streamward_policy::Policy as Evaluator;

use crate::error::{CoreError, failed, raise};

/// A gateway is never drained longer than this, whatever is asked.
const DRAIN_SECONDS_MAX: f64 = 3600.0;
/// Nobody waits longer for a question.
const QUESTION_SECONDS_MAX: f64 = 60.0;

/// The data plane: a tokio runtime on its own threads. No Python runs on the byte path.
#[pyclass(frozen, module = "streamward._core")]
struct Gateway(DataPlane);

fn json(value: &impl serde::Serialize) -> PyResult<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| failed("internal", &error.to_string()))
}

#[pymethods]
impl Gateway {
    #[new]
    #[pyo3(signature = (snapshot, materials, audit_dir, workers = 2))]
    fn new(
        python: Python<'_>,
        snapshot: &[u8],
        materials: HashMap<String, Vec<u8>>,
        audit_dir: PathBuf,
        workers: usize,
    ) -> PyResult<Self> {
        python
            .detach(|| DataPlane::new(snapshot, materials.into(), audit_dir, workers))
            .map(Self)
            .map_err(|error| raise(error.code(), &error))
    }

    /// Opens the journal and binds every listener.
    fn start(&self, python: Python<'_>) -> PyResult<()> {
        python
            .detach(|| self.0.start())
            .map_err(|error| raise(error.code(), &error))
    }

    /// Puts a snapshot in force; the status afterwards, as JSON.
    fn apply<'py>(
        &self,
        python: Python<'py>,
        snapshot: &[u8],
        materials: HashMap<String, Vec<u8>>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let status = python
            .detach(|| self.0.apply(snapshot, materials.into()))
            .map_err(|error| raise(error.code(), &error))?;
        Ok(PyBytes::new(python, &json(&status)?))
    }

    /// Takes over materials that were read anew, and enters why others could not be; what became of them, as JSON.
    fn supply<'py>(
        &self,
        python: Python<'py>,
        materials: HashMap<String, Vec<u8>>,
        unusable: HashMap<String, String>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let renewal = python
            .detach(|| self.0.supply(materials, unusable))
            .map_err(|error| raise(error.code(), &error))?;
        Ok(PyBytes::new(python, &json(&renewal)?))
    }

    /// Puts an overlay in force; it is when this returns. The status afterwards, as JSON.
    fn overlay<'py>(&self, python: Python<'py>, overlay: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let status = python
            .detach(|| self.0.overlay(overlay))
            .map_err(|error| raise(error.code(), &error))?;
        Ok(PyBytes::new(python, &json(&status)?))
    }

    /// Appends one entry through the only writer; durable when this returns its index.
    fn record(&self, python: Python<'_>, entry: &[u8]) -> PyResult<u64> {
        python
            .detach(|| self.0.record(entry))
            .map_err(|error| raise(error.code(), &error))
    }

    /// Erases what entries commit to at these places; how many there were. Enter first that it is done.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "an argument that crosses from Python is owned"
    )]
    fn erase(&self, python: Python<'_>, places: Vec<u64>) -> PyResult<usize> {
        python
            .detach(|| self.0.erase(&places))
            .map_err(|error| raise(error.code(), &error))
    }

    /// The decision that a live connection would get, as JSON.
    fn decide<'py>(&self, python: Python<'py>, request: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let decision = python
            .detach(|| self.0.decide(request))
            .map_err(|error| raise(error.code(), &error))?;
        Ok(PyBytes::new(python, &decision))
    }

    /// What is going on, as JSON.
    fn status<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let status = python
            .detach(|| self.0.status())
            .ok_or_else(|| failed("stopped", "the gateway is not running"))?;
        Ok(PyBytes::new(python, &json(&status)?))
    }

    /// All figures as text, in the newest format of the `Accept` header; with their `Content-Type`.
    #[pyo3(signature = (accept = ""))]
    fn metrics<'py>(
        &self,
        python: Python<'py>,
        accept: &str,
    ) -> PyResult<(&'static str, Bound<'py, PyBytes>)> {
        let format = Format::accepted(accept);
        let text = python
            .detach(|| self.0.metrics(format))
            .ok_or_else(|| failed("stopped", "the gateway is not running"))?;
        Ok((format.content_type(), PyBytes::new(python, text.as_bytes())))
    }

    /// Is it alive, may clients come, and what is missing, as JSON.
    fn health<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let health = python
            .detach(|| self.0.health())
            .ok_or_else(|| failed("stopped", "the gateway is not running"))?;
        Ok(PyBytes::new(python, &json(&health)?))
    }

    /// Takes over figures that Python counts, so that a scrape need not ask it.
    fn publish(&self, python: Python<'_>, figures: &[u8]) -> PyResult<()> {
        python
            .detach(|| self.0.publish(figures))
            .map_err(|error| raise(error.code(), &error))
    }

    /// Puts the keys of a token issuer in force; how many of them can be used.
    fn supply_keys(&self, python: Python<'_>, keys: &[u8]) -> PyResult<usize> {
        python
            .detach(|| self.0.supply_keys(keys))
            .map_err(|error| raise(error.code(), &error))
    }

    /// Takes over what an inventory says of devices.
    fn supply_devices(&self, python: Python<'_>, devices: &[u8]) -> PyResult<()> {
        python
            .detach(|| self.0.supply_devices(devices))
            .map_err(|error| raise(error.code(), &error))
    }

    /// What the gateway must be told to go on, with its number; waits for at most so many seconds.
    fn next_question<'py>(
        &self,
        python: Python<'py>,
        seconds: f64,
    ) -> PyResult<Option<(u64, Bound<'py, PyBytes>)>> {
        if !(0.0..=QUESTION_SECONDS_MAX).contains(&seconds) {
            return Err(failed("invalid", "`seconds` must lie between 0 and 60"));
        }
        let question = python
            .detach(|| self.0.next_question(Duration::from_secs_f64(seconds)))
            .map_err(|error| raise(error.code(), &error))?;
        Ok(question.map(|(id, question)| (id, PyBytes::new(python, &question))))
    }

    /// Answers a question; `None` where there is no answer. False: nobody waits for it any more.
    #[pyo3(signature = (identifier, answer))]
    fn answer(
        &self,
        python: Python<'_>,
        identifier: u64,
        answer: Option<Vec<u8>>,
    ) -> PyResult<bool> {
        python
            .detach(|| self.0.answer(identifier, answer))
            .map_err(|error| raise(error.code(), &error))
    }

    /// The identity store has changed: what it answered is asked anew.
    fn forget_passwords(&self, python: Python<'_>) -> PyResult<()> {
        python
            .detach(|| self.0.forget_passwords())
            .map_err(|error| raise(error.code(), &error))
    }

    /// Forgets the data keys of a ring, or of all rings: each is asked for anew before it is used.
    #[pyo3(signature = (ring = ""))]
    fn forget_keys(&self, python: Python<'_>, ring: &str) -> PyResult<()> {
        python
            .detach(|| self.0.forget_keys(ring))
            .map_err(|error| raise(error.code(), &error))
    }

    /// Takes no new connection, waits for what is in flight, then stops.
    fn drain(&self, python: Python<'_>, seconds: f64) -> PyResult<()> {
        if !(0.0..=DRAIN_SECONDS_MAX).contains(&seconds) {
            return Err(failed("invalid", "`seconds` must lie between 0 and 3600"));
        }
        python
            .detach(|| self.0.drain(Duration::from_secs_f64(seconds)))
            .map_err(|error| raise(error.code(), &error))
    }
}

/// The evaluator that the gateway runs, for explaining and testing.
#[pyclass(frozen, module = "streamward._core")]
struct Policy(Evaluator);

#[pymethods]
impl Policy {
    #[new]
    #[pyo3(signature = (document, validated = false))]
    fn new(python: Python<'_>, document: &[u8], validated: bool) -> PyResult<Self> {
        python
            .detach(|| {
                if validated {
                    Evaluator::from_validated_json(document)
                } else {
                    Evaluator::from_json(document)
                }
            })
            .map(Self)
            .map_err(|error| raise(error.code(), &error))
    }

    /// Answers a decision request.
    fn decide<'py>(&self, python: Python<'py>, request: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let now = streamward_gateway::now_milliseconds();
        let decision = python
            .detach(|| self.0.decide_json(request, now))
            .map_err(|error| raise(error.code(), &error))?;
        Ok(PyBytes::new(python, &decision))
    }

    /// Answers a question about all requests: who may do what, under which circumstances.
    fn ask<'py>(&self, python: Python<'py>, question: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let answer = python
            .detach(|| self.0.ask_json(question))
            .map_err(|error| raise(error.code(), &error))?;
        Ok(PyBytes::new(python, &answer))
    }

    /// The resources that rules can tell apart, those of another policy among them.
    #[pyo3(signature = (other = None, prefixes = Vec::new()))]
    fn universe<'py>(
        &self,
        python: Python<'py>,
        other: Option<&Self>,
        prefixes: Vec<String>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let answer = python
            .detach(|| self.0.universe_json(other.map(|other| &other.0), prefixes))
            .map_err(|error| raise(error.code(), &error))?;
        Ok(PyBytes::new(python, &answer))
    }

    /// Says what a newer policy decides otherwise, of all that a question asks.
    fn compare<'py>(
        &self,
        python: Python<'py>,
        newer: &Self,
        question: &[u8],
    ) -> PyResult<Bound<'py, PyBytes>> {
        let answer = python
            .detach(|| self.0.compare_json(&newer.0, question))
            .map_err(|error| raise(error.code(), &error))?;
        Ok(PyBytes::new(python, &answer))
    }

    /// The nearest changes of a request's context that make its decision another.
    fn flips<'py>(&self, python: Python<'py>, request: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let now = streamward_gateway::now_milliseconds();
        let answer = python
            .detach(|| self.0.flips_json(request, now))
            .map_err(|error| raise(error.code(), &error))?;
        Ok(PyBytes::new(python, &answer))
    }
}

/// RFC 5803 text of a new verifier; the salt is random unless it is given.
#[pyfunction]
#[pyo3(signature = (password, iterations = 4096, mechanism = "SCRAM-SHA-256", salt = None))]
fn password_verifier(
    python: Python<'_>,
    password: &[u8],
    iterations: u32,
    mechanism: &str,
    salt: Option<&[u8]>,
) -> PyResult<String> {
    let hash = Hash::of_name(mechanism)
        .ok_or_else(|| failed("identity.invalid", "the mechanism is none of SCRAM"))?;
    python
        .detach(|| match salt {
            Some(salt) => Verifier::derive(hash, password, salt, iterations),
            None => Verifier::generate(hash, password, iterations),
        })
        .map_err(|error| raise("identity.invalid", &error))
}

/// What is wrong with mapping rules for the subjects of certificates; `None`: nothing.
#[pyfunction]
fn mapping_rules_problem(rules: &str) -> Option<String> {
    streamward_identity::MappingRules::parse(rules).err()
}

/// What is wrong with the SPIFFE ID of a workload; `None`: nothing.
#[pyfunction]
fn spiffe_id_problem(spiffe_id: &str) -> Option<&'static str> {
    match streamward_identity::SpiffeId::parse(spiffe_id) {
        Err(what) => Some(what),
        Ok(id) if id.path().is_empty() => Some("it has no path"),
        Ok(_) => None,
    }
}

/// What certificates in PEM say of themselves, as JSON.
#[pyfunction]
fn certificate_facts<'py>(python: Python<'py>, pem: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let facts = inspect::certificates(pem).map_err(|what| failed("invalid", &what))?;
    Ok(PyBytes::new(python, &json(&facts)?))
}

/// What a private key in PEM is, as JSON; the code is `encrypted` where a password protects it.
#[pyfunction]
fn private_key_facts<'py>(python: Python<'py>, pem: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let facts = inspect::private_key(pem).map_err(|problem| match problem {
        KeyProblem::Encrypted => failed("encrypted", "a password protects it"),
        KeyProblem::NoKey => failed("invalid", "it is no private key"),
    })?;
    Ok(PyBytes::new(python, &json(&facts)?))
}

/// What lists of revoked certificates in PEM or DER say of themselves, as JSON.
#[pyfunction]
fn revocation_list_facts<'py>(
    python: Python<'py>,
    content: &[u8],
) -> PyResult<Bound<'py, PyBytes>> {
    let facts = inspect::lists(content).map_err(|what| failed("invalid", &what))?;
    Ok(PyBytes::new(python, &json(&facts)?))
}

/// Does a list bear the name of one of these certificates, and the signature of none of that name?
#[pyfunction]
fn is_forged_revocation_list(content: &[u8], authority: &[u8]) -> PyResult<bool> {
    inspect::is_forged(content, authority).map_err(|what| failed("invalid", &what))
}

/// The Cedar schema that policies are checked against.
#[pyfunction]
fn policy_schema() -> &'static str {
    streamward_policy::SCHEMA
}

/// How every API and version is decided, as JSON.
#[pyfunction]
fn api_table(python: Python<'_>) -> PyResult<Bound<'_, PyBytes>> {
    Ok(PyBytes::new(python, &json(&table::rows())?))
}

/// Every figure that a scrape holds, as JSON.
#[pyfunction]
fn metric_reference(python: Python<'_>) -> PyResult<Bound<'_, PyBytes>> {
    let reference = streamward_gateway::reference();
    Ok(PyBytes::new(python, &json(&reference)?))
}

/// What the table leaves out, and why, as JSON.
#[pyfunction]
fn api_fields(python: Python<'_>) -> PyResult<Bound<'_, PyBytes>> {
    Ok(PyBytes::new(python, &json(&table::fields())?))
}

/// Logs of the data plane go to standard error as JSON lines; `STREAMWARD_LOG` says how much.
fn log_to_standard_error() {
    use tracing_subscriber::EnvFilter;
    let filter =
        EnvFilter::try_from_env("STREAMWARD_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // Only the first module in a process may install one; a second one is the same.
    let _ = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_writer(std::io::stderr)
        .with_env_filter(filter)
        // SECURITY: where nothing can be written (a full disk), telling so would panic, and end the thread that
        // makes the journal durable.
        .log_internal_errors(false)
        .try_init();
}

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    log_to_standard_error();
    module.add("CoreError", module.py().get_type::<CoreError>())?;
    module.add_class::<Gateway>()?;
    module.add_class::<journal::Journal>()?;
    module.add_class::<journal::JournalReader>()?;
    module.add_function(wrap_pyfunction!(journal::opening_frames, module)?)?;
    module.add_function(wrap_pyfunction!(journal::opening_payload, module)?)?;
    module.add_function(wrap_pyfunction!(memory::give_back_memory, module)?)?;
    module.add_function(wrap_pyfunction!(aead::aead_seal, module)?)?;
    module.add_function(wrap_pyfunction!(aead::aead_open, module)?)?;
    module.add_class::<Policy>()?;
    module.add_class::<schema::Schema>()?;
    module.add_function(wrap_pyfunction!(schema::schema_problem, module)?)?;
    module.add_function(wrap_pyfunction!(schema::unframe, module)?)?;
    module.add_function(wrap_pyfunction!(yaml::plain_document, module)?)?;
    module.add_class::<prove::Prover>()?;
    module.add_class::<records::DataKey>()?;
    module.add_class::<records::StreamHome>()?;
    module.add_class::<signing::RecordSigningKey>()?;
    module.add_class::<signing::RecordVerifyingKey>()?;
    module.add_class::<signing::SignedOrigin>()?;
    module.add_function(wrap_pyfunction!(signing::sign_record, module)?)?;
    module.add_function(wrap_pyfunction!(signing::verify_record, module)?)?;
    module.add_function(wrap_pyfunction!(signing::verify_together, module)?)?;
    module.add_function(wrap_pyfunction!(signing::signed_together, module)?)?;
    module.add_function(wrap_pyfunction!(records::seal_part, module)?)?;
    module.add_function(wrap_pyfunction!(records::open_part, module)?)?;
    module.add_function(wrap_pyfunction!(records::envelope_key, module)?)?;
    module.add_function(wrap_pyfunction!(password_verifier, module)?)?;
    module.add_function(wrap_pyfunction!(mapping_rules_problem, module)?)?;
    module.add_function(wrap_pyfunction!(spiffe_id_problem, module)?)?;
    module.add_function(wrap_pyfunction!(certificate_facts, module)?)?;
    module.add_function(wrap_pyfunction!(private_key_facts, module)?)?;
    module.add_function(wrap_pyfunction!(revocation_list_facts, module)?)?;
    module.add_function(wrap_pyfunction!(is_forged_revocation_list, module)?)?;
    module.add_function(wrap_pyfunction!(policy_schema, module)?)?;
    module.add_function(wrap_pyfunction!(metric_reference, module)?)?;
    module.add_function(wrap_pyfunction!(log::verify_log, module)?)?;
    module.add_function(wrap_pyfunction!(log::prove_entry, module)?)?;
    module.add_function(wrap_pyfunction!(log::check_proof, module)?)?;
    module.add_function(wrap_pyfunction!(log::newest_checkpoint, module)?)?;
    module.add_function(wrap_pyfunction!(log::consistency_proof, module)?)?;
    module.add_function(wrap_pyfunction!(log::cosigned_checkpoint, module)?)?;
    module.add_function(wrap_pyfunction!(log::verifier_key, module)?)?;
    module.add_function(wrap_pyfunction!(api_fields, module)?)?;
    module.add_function(wrap_pyfunction!(api_table, module)?)
}
