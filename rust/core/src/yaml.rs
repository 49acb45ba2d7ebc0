//! Documents of a bundle, as Python's values.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyInt, PyList, PyString};
use streamward_yaml::{Value, read};

/// A plain YAML document: what it says, and how many lines stand before its first key.
///
/// `None`: somebody else must read it. `date` makes a day of `2027-01-31`.
#[pyfunction]
pub fn plain_document<'py>(
    python: Python<'py>,
    text: &str,
    date: &Bound<'py, PyAny>,
) -> PyResult<Option<(Bound<'py, PyAny>, usize)>> {
    let Some(document) = read(text) else {
        return Ok(None);
    };
    let value = to_python(python, &document.value, date)?;
    Ok(Some((value, document.line)))
}

fn to_python<'py>(
    python: Python<'py>,
    value: &Value,
    date: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => python.None().into_bound(python),
        Value::Bool(value) => PyBool::new(python, *value).to_owned().into_any(),
        Value::Integer(value) => PyInt::new(python, *value).into_any(),
        Value::Date(text) => date.call1((text,))?,
        Value::Text(text) => PyString::new(python, text).into_any(),
        Value::List(items) => {
            let list = PyList::empty(python);
            for item in items {
                list.append(to_python(python, item, date)?)?;
            }
            list.into_any()
        }
        Value::Mapping(entries) => {
            let fields = PyDict::new(python);
            for (key, value) in entries {
                // Thousands of documents have the same few keys.
                fields.set_item(
                    PyString::intern(python, key),
                    to_python(python, value, date)?,
                )?;
            }
            fields.into_any()
        }
    })
}
