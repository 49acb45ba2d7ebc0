//! The canonical form of an entry, whose bytes are hashed.

use serde_json::{Number, Value};

use crate::error::AuditError;

/// Integers beyond this lose digits in readers that keep numbers as doubles.
const INTEGER_MAX: u64 = 1 << 53;
/// How deep objects and lists may nest.
const DEPTH_MAX: usize = 64;

/// Canonical JSON: keys sorted by their bytes, no blanks, UTF-8, numbers only integers within 2^53.
///
/// Errors: `Invalid` for a larger integer or a fraction (both must be strings, since languages
/// print them differently) and for nesting deeper than 64.
pub fn canonical(value: &Value) -> Result<Vec<u8>, AuditError> {
    let mut out = Vec::with_capacity(512);
    put(&mut out, value, 0)?;
    Ok(out)
}

fn put(out: &mut Vec<u8>, value: &Value, depth: usize) -> Result<(), AuditError> {
    if depth > DEPTH_MAX {
        return Err(invalid(format!("an entry nests deeper than {DEPTH_MAX}")));
    }
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => put_number(out, number)?,
        Value::String(text) => put_string(out, text)?,
        Value::Array(items) => {
            out.push(b'[');
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    out.push(b',');
                }
                put(out, item, depth + 1)?;
            }
            out.push(b']');
        }
        Value::Object(fields) => {
            // Sorted here and not by the map, whose order depends on a feature of `serde_json`.
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(key, _)| key.as_bytes());
            out.push(b'{');
            for (position, (key, item)) in fields.into_iter().enumerate() {
                if position > 0 {
                    out.push(b',');
                }
                put_string(out, key)?;
                out.push(b':');
                put(out, item, depth + 1)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn put_number(out: &mut Vec<u8>, number: &Number) -> Result<(), AuditError> {
    let size = number
        .as_u64()
        .or_else(|| number.as_i64().map(i64::unsigned_abs));
    match size {
        Some(size) if size <= INTEGER_MAX => {
            out.extend_from_slice(number.to_string().as_bytes());
            Ok(())
        }
        Some(_) => Err(invalid(format!(
            "`{number}` is beyond 2^53 and must be a string"
        ))),
        None => Err(invalid(format!(
            "`{number}` is not an integer and must be a string"
        ))),
    }
}

fn put_string(out: &mut Vec<u8>, text: &str) -> Result<(), AuditError> {
    serde_json::to_writer(out, text).map_err(|error| invalid(error.to_string()))
}

fn invalid(what: String) -> AuditError {
    AuditError::Invalid { what }
}

#[cfg(test)]
mod tests {
    use super::canonical;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_and_blanks_left_out() {
        let value = json!({"b": [1, -2, null], "a": {"z": true, "é": "x\n\u{1f}\"", "A": ""}});
        let expected =
            "{\"a\":{\"A\":\"\",\"z\":true,\"é\":\"x\\n\\u001f\\\"\"},\"b\":[1,-2,null]}";
        assert_eq!(
            String::from_utf8(canonical(&value).unwrap()).unwrap(),
            expected
        );
    }

    #[test]
    fn integers_beyond_two_to_the_53_are_refused() {
        assert_eq!(canonical(&json!(1u64 << 53)).unwrap(), b"9007199254740992");
        assert_eq!(
            canonical(&json!(-(1i64 << 53))).unwrap(),
            b"-9007199254740992"
        );
        for value in [json!((1u64 << 53) + 1), json!(u64::MAX), json!(i64::MIN)] {
            let error = canonical(&json!({"offset": value})).unwrap_err();
            assert!(error.to_string().contains("must be a string"), "{error}");
        }
    }

    #[test]
    fn fractions_are_refused() {
        assert!(
            canonical(&json!([1.5]))
                .unwrap_err()
                .to_string()
                .contains("not an integer")
        );
    }

    #[test]
    fn deep_nesting_is_refused() {
        let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
        assert!(
            canonical(&deep)
                .unwrap_err()
                .to_string()
                .contains("nests deeper")
        );
    }
}
