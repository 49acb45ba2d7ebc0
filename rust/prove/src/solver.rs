//! The solver is the caller's: it is given a script and says what it found.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use cedar_policy_symcc::SmtLibScript as _;
use cedar_policy_symcc::solver::{Decision, DecisionWithModel, Solver, SolverError};

/// What a solver says of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nothing satisfies it.
    Unsatisfiable,
    /// This model does, as SMT-LIB prints it for `(get-model)`.
    Satisfiable(String),
    /// It gave up within its limits; says why.
    Unknown(String),
}

/// Whoever answers scripts in SMT-LIB 2 that end before `(check-sat)`.
pub trait Solve: Send {
    /// Answer one script; nothing of an earlier one is left.
    ///
    /// # Errors
    /// Where the script cannot be read, in one line.
    fn solve(&mut self, script: &str) -> Result<Answer, String>;
}

/// Gathers a script and asks for the answer when it is whole.
pub(crate) struct Gatherer<'a> {
    solve: &'a mut dyn Solve,
    script: Vec<u8>,
    /// Scripts that were asked.
    pub asked: usize,
    /// Why there was no answer.
    pub unknown: Option<String>,
}

impl<'a> Gatherer<'a> {
    pub fn new(solve: &'a mut dyn Solve) -> Self {
        Self {
            solve,
            script: Vec::new(),
            asked: 0,
            unknown: None,
        }
    }

    fn ask(&mut self) -> Result<Answer, SolverError> {
        let script = std::mem::take(&mut self.script);
        let script = String::from_utf8(script)
            .map_err(|_| SolverError::Solver("the script is not text".to_owned()))?;
        self.asked = self.asked.saturating_add(1);
        let answer = self.solve.solve(&script).map_err(SolverError::Solver)?;
        if let Answer::Unknown(why) = &answer {
            self.unknown = Some(why.clone());
        }
        Ok(answer)
    }
}

impl Solver for Gatherer<'_> {
    fn smtlib_input(&mut self) -> &mut (dyn tokio::io::AsyncWrite + Unpin + Send) {
        &mut self.script
    }

    async fn enable_models(&mut self) -> Result<(), SolverError> {
        self.script.set_option("produce-models", "true").await?;
        Ok(())
    }

    async fn check_sat(&mut self) -> Result<Decision, SolverError> {
        Ok(match self.ask()? {
            Answer::Unsatisfiable => Decision::Unsat,
            Answer::Satisfiable(_) => Decision::Sat,
            Answer::Unknown(_) => Decision::Unknown,
        })
    }

    async fn check_sat_with_model(&mut self) -> Result<DecisionWithModel, SolverError> {
        Ok(match self.ask()? {
            Answer::Unsatisfiable => DecisionWithModel::Unsat,
            Answer::Satisfiable(model) => DecisionWithModel::Sat { model },
            Answer::Unknown(_) => DecisionWithModel::Unknown,
        })
    }
}

/// Drive a future that never waits: all that it writes to is memory. `None`: it did wait.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}
