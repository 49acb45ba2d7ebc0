//! The one place where an error of Rust becomes one of Python.

use std::error::Error;

use pyo3::PyErr;
use pyo3::create_exception;
use pyo3::exceptions::PyException;

create_exception!(
    streamward._core,
    CoreError,
    PyException,
    "Its arguments are a stable code and a message: `(code, message)`."
);

/// An error with its chain of causes as one message.
pub fn raise(code: &'static str, error: &dyn Error) -> PyErr {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        // `transparent` errors repeat their source; a person needs it once.
        if !message.contains(&text) {
            message.push_str(": ");
            message.push_str(&text);
        }
        source = cause.source();
    }
    failed(code, &message)
}

/// An error of our own.
pub fn failed(code: &'static str, message: &str) -> PyErr {
    CoreError::new_err((code, message.to_owned()))
}
