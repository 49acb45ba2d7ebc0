//! Proofs: the question is made here, the solver is Python's.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use streamward_policy::on_deep_stack;
use streamward_prove::{Answer, Claim, Prover as Symbolic, Solve, Version};

use crate::error::raise;
use crate::json;

/// Proves what a policy, or what a new version of it, can never allow.
#[pyclass(frozen, module = "streamward._core")]
pub(crate) struct Prover(Symbolic);

#[pymethods]
impl Prover {
    #[new]
    #[pyo3(signature = (newer, older = None))]
    fn new(python: Python<'_>, newer: &[u8], older: Option<&[u8]>) -> PyResult<Self> {
        let prover = python.detach(|| {
            on_deep_stack(|| {
                let older = older.map(Version::from_json).transpose()?;
                Symbolic::new(Version::from_json(newer)?, older)
            })
        });
        prover?
            .map(Self)
            .map_err(|error| raise(error.code(), &error))
    }

    /// The verdict on a claim, as JSON; `solve` is given scripts in SMT-LIB.
    fn prove<'py>(
        &self,
        python: Python<'py>,
        claim: &[u8],
        solve: Py<PyAny>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let mut solve = Callable(solve);
        let verdict = python.detach(|| {
            on_deep_stack(|| {
                let claim = Claim::from_json(claim)?;
                self.0.prove(&claim, &mut solve)
            })
        });
        let (verdict, scripts) = verdict?.map_err(|error| raise(error.code(), &error))?;
        let document = serde_json::json!({"verdict": verdict, "scripts": scripts});
        Ok(PyBytes::new(python, &json(&document)?))
    }
}

/// `solve(script)`: `unsat`, `sat` and a model on the lines after it, or `unknown` and why.
struct Callable(Py<PyAny>);

impl Solve for Callable {
    fn solve(&mut self, script: &str) -> Result<Answer, String> {
        let answer: PyResult<String> =
            Python::attach(|python| self.0.call1(python, (script,))?.extract(python));
        let answer = answer.map_err(|error| error.to_string())?;
        let (word, rest) = answer.split_once('\n').unwrap_or((&answer, ""));
        match word {
            "unsat" => Ok(Answer::Unsatisfiable),
            "sat" => Ok(Answer::Satisfiable(rest.to_owned())),
            "unknown" => Ok(Answer::Unknown(rest.to_owned())),
            other => Err(format!("the solver said `{other}`")),
        }
    }
}
