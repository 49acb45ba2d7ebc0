//! What a program asks for.

use serde::Deserialize;

/// Keys that one request names at most.
const KEYS_MAX: usize = 32;
/// Kafka's topics have no longer names.
const STREAM_BYTES_MAX: usize = 249;
/// Characters of a key's name.
const KID_CHARACTERS: usize = 32;

/// What a program wants to do with keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Seal what it writes.
    Seal,
    /// Open what it reads.
    Open,
}

/// The body of a request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// The stream, by its name.
    pub stream: String,
    /// What for.
    pub operation: Operation,
    /// Make a data key, for this program alone.
    #[serde(default)]
    pub data_key: bool,
    /// And the deterministic one.
    #[serde(default)]
    pub deterministic_key: bool,
    /// With `open`: keys that records name. With `seal`: keys that the program holds, and wants to go on with.
    #[serde(default)]
    pub keys: Vec<String>,
}

impl Wish {
    /// Reads the body of a request. `Err` says what is wrong with it.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        let wish: Self = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        if wish.stream.is_empty() || wish.stream.len() > STREAM_BYTES_MAX {
            return Err(format!(
                "`stream` has between 1 and {STREAM_BYTES_MAX} bytes"
            ));
        }
        if wish.keys.len() > KEYS_MAX {
            return Err(format!("`keys` names at most {KEYS_MAX} of them"));
        }
        let is_kid = |text: &String| {
            let lower = |it: u8| it.is_ascii_digit() || (b'a'..=b'f').contains(&it);
            text.len() == KID_CHARACTERS && text.bytes().all(lower)
        };
        if !wish.keys.iter().all(is_kid) {
            return Err("a key is named by 32 hexadecimal digits in lower case".to_owned());
        }
        let makes = wish.data_key || wish.deterministic_key;
        if wish.operation == Operation::Open && makes {
            return Err("`data_key` and `deterministic_key` are for `seal`".to_owned());
        }
        Ok(wish)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_read() {
        let wish = Wish::read(br#"{"stream": "a", "operation": "seal", "data_key": true}"#);
        let wish = wish.unwrap();
        assert_eq!((&*wish.stream, wish.operation), ("a", Operation::Seal));
        assert!(wish.data_key && !wish.deterministic_key && wish.keys.is_empty());
        let kid = "0a".repeat(16);
        let many = vec![kid; KEYS_MAX];
        let body = serde_json::json!({"stream": "a", "operation": "open", "keys": many});
        assert_eq!(
            Wish::read(body.to_string().as_bytes()).unwrap().keys.len(),
            KEYS_MAX
        );
    }

    #[test]
    fn what_is_no_wish_is_refused() {
        let kid = "0a".repeat(16);
        let many = vec![kid.clone(); KEYS_MAX + 1];
        let of = |fields: serde_json::Value| {
            let mut body = serde_json::json!({"stream": "a", "operation": "open"});
            for (name, value) in fields.as_object().unwrap() {
                body[name] = value.clone();
            }
            Wish::read(body.to_string().as_bytes())
        };
        assert!(of(serde_json::json!({})).is_ok());
        for wrong in [
            serde_json::json!({"stream": ""}),
            serde_json::json!({"stream": "a".repeat(STREAM_BYTES_MAX + 1)}),
            serde_json::json!({"stream": null}),
            serde_json::json!({"operation": "Open"}),
            serde_json::json!({"operation": "unmask"}),
            serde_json::json!({"data_key": true}),
            serde_json::json!({"deterministic_key": true}),
            serde_json::json!({"keys": many}),
            serde_json::json!({"keys": [kid.to_uppercase()]}),
            serde_json::json!({"keys": ["../../etc/passwd"]}),
            serde_json::json!({"keys": [7]}),
            serde_json::json!({"ring": "other"}),
        ] {
            assert!(of(wrong.clone()).is_err(), "{wrong}");
        }
        for body in [
            &b""[..],
            b"[]",
            b"{",
            br#"{"stream": "a", "stream": "b", "operation": "open"}"#,
        ] {
            assert!(Wish::read(body).is_err());
        }
        assert!(Wish::read("[".repeat(10_000).as_bytes()).is_err());
    }
}
