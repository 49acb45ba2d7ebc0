//! Schemas of values, for checks, comparisons and samples: the code that the gateway runs.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde::Serialize;
use streamward_schema::{
    Declared, Format, HashDomain, HashSecret, Mask, Masker, Pattern, Patterns, Reference,
    SchemaError, Selection,
};

use crate::error::failed;
use crate::json;

const INVALID: &str = "schema.invalid";
const VALUE: &str = "schema.value";

/// What is wrong with a schema: in which reference (`None`: itself), on which line, what.
type Problem = (Option<String>, u32, String);

fn compile(
    format: &str,
    text: &str,
    references: Vec<(String, String)>,
    message: Option<&str>,
    undeclared: bool,
) -> Result<streamward_schema::Schema, SchemaError> {
    let unknown = || SchemaError {
        what: format!("there is no format `{format}`"),
        reference: None,
        line: 1,
    };
    let references: Vec<Reference> = references
        .into_iter()
        .map(|(name, text)| Reference { name, text })
        .collect();
    let known = Format::of_name(format).ok_or_else(unknown)?;
    let mut schema = streamward_schema::Schema::compile(known, text, &references)?;
    if let Some(name) = message {
        schema = schema.of_message(name)?;
    }
    Ok(if undeclared {
        schema.admitting_undeclared()
    } else {
        schema
    })
}

/// What keeps a schema from being used; `None`: nothing.
#[pyfunction]
#[pyo3(signature = (value_format, text, references = vec![], message = None))]
pub fn schema_problem(
    python: Python<'_>,
    value_format: &str,
    text: &str,
    references: Vec<(String, String)>,
    message: Option<&str>,
) -> Option<Problem> {
    let compiled = python.detach(|| compile(value_format, text, references, message, false));
    compiled
        .err()
        .map(|error| (error.reference, error.line, error.what))
}

/// The schema id and message indexes in front of a value, and where it begins.
#[pyfunction]
pub fn unframe(value: &[u8], protobuf: bool) -> PyResult<(u32, Vec<u32>, usize)> {
    let framed = streamward_schema::unframe(value, protobuf)
        .map_err(|invalid| failed(VALUE, &invalid.to_string()))?;
    Ok((framed.schema_id, framed.message, framed.at))
}

/// A field of a schema, as JSON.
#[derive(Serialize)]
struct Row<'r> {
    path: &'r [String],
    types: &'r [String],
    required: bool,
    repeated: bool,
    recursive: bool,
    number: Option<u32>,
    symbols: &'r [String],
}

impl<'r> From<&'r Declared> for Row<'r> {
    fn from(declared: &'r Declared) -> Self {
        Self {
            path: &declared.path,
            types: &declared.types,
            required: declared.required,
            repeated: declared.repeated,
            recursive: declared.recursive,
            number: declared.number,
            symbols: &declared.symbols,
        }
    }
}

/// A compiled schema.
#[pyclass(frozen, module = "streamward._core")]
pub struct Schema(streamward_schema::Schema);

fn mask_of(name: &str) -> PyResult<Mask> {
    Mask::of_name(name).ok_or_else(|| failed(INVALID, &format!("there is no mask `{name}`")))
}

fn names(path: &[String]) -> Vec<&str> {
    path.iter().map(String::as_str).collect()
}

#[pymethods]
impl Schema {
    #[new]
    #[pyo3(signature = (value_format, text, references = vec![], message = None, undeclared = false))]
    fn new(
        python: Python<'_>,
        value_format: &str,
        text: &str,
        references: Vec<(String, String)>,
        message: Option<&str>,
        undeclared: bool,
    ) -> PyResult<Self> {
        python
            .detach(|| compile(value_format, text, references, message, undeclared))
            .map(Self)
            .map_err(|error| failed(INVALID, &error.to_string()))
    }

    /// What is wrong with a value; `None`: nothing.
    #[pyo3(signature = (value, patterns = vec![]))]
    fn problem(
        &self,
        python: Python<'_>,
        value: &[u8],
        patterns: Vec<String>,
    ) -> PyResult<Option<String>> {
        let refused: Option<Vec<Pattern>> =
            patterns.iter().map(|name| Pattern::of_name(name)).collect();
        let refused = refused.ok_or_else(|| failed(INVALID, "there is no such pattern"))?;
        let patterns =
            Patterns::compile(&refused).map_err(|error| failed(INVALID, &error.to_string()))?;
        let checked = python.detach(|| {
            if refused.is_empty() {
                self.0.validate(value)
            } else {
                self.0.validate_content(value, &patterns)
            }
        });
        Ok(checked.err().map(|invalid| invalid.to_string()))
    }

    /// The value of a stream with masks (path, name and hash group of each) on its fields, and without what the schema
    /// doesn't name.
    fn mask<'py>(
        &self,
        python: Python<'py>,
        value: &[u8],
        masks: Vec<(Vec<String>, String, Option<String>)>,
        secret: &[u8],
        stream: &str,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let selection = Selection::new(masks.iter().map(|(path, ..)| path))
            .map_err(|error| failed(INVALID, &error.to_string()))?;
        let names: PyResult<Vec<Option<Mask>>> = masks
            .iter()
            .map(|(_, name, _)| mask_of(name).map(Some))
            .collect();
        let names = names?;
        let secret = HashSecret::new(secret);
        let keys = masks.iter().map(|(path, _, group)| {
            let own = HashDomain::Field { stream, path };
            secret.key(&group.as_deref().map_or(own, HashDomain::Group))
        });
        let keys: Vec<_> = keys.collect();
        let masked = python
            .detach(|| {
                self.0
                    .mask(value, &selection, &mut Masker::new(&names, &keys))
            })
            .map_err(|invalid| failed(VALUE, &invalid.to_string()))?;
        Ok(PyBytes::new(python, &masked))
    }

    /// Every declared field, as JSON.
    fn declared<'py>(&self, python: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let declared = python.detach(|| self.0.declared());
        let declared = declared.map_err(|error| failed(INVALID, &error.to_string()))?;
        let rows: Vec<Row<'_>> = declared.iter().map(Row::from).collect();
        Ok(PyBytes::new(python, &json(&rows)?))
    }

    /// Why a field can't carry a mask; `None`: it can.
    fn mask_problem(&self, path: Vec<String>, mask: &str) -> PyResult<Option<String>> {
        Ok(self.0.mask_problem(&names(&path), mask_of(mask)?))
    }

    /// Why a field can't be sealed by itself; `None`: it can.
    fn seal_problem(&self, path: Vec<String>) -> Option<String> {
        self.0.seal_problem(&names(&path))
    }

    /// The path of something that may hold what isn't declared; `None`: there is nothing such.
    fn open_at(&self) -> Option<Vec<String>> {
        self.0.open_at().map(<[String]>::to_vec)
    }

    /// Whether message indexes of Confluent's wire format name the message of this schema.
    fn is_message(&self, indexes: Vec<u32>) -> bool {
        self.0.is_message(&indexes)
    }
}
