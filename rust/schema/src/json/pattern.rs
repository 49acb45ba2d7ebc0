//! Regular expressions of JSON Schema (ECMA-262), run in linear time.

use regex::{Regex, RegexBuilder};

const COMPILED_BYTES_MAX: usize = 1 << 20;
const NEST_MAX: u32 = 64;

/// Compiles an expression. Look-around and back-references can't run in linear time and are refused.
pub(super) fn compile(expression: &str) -> Result<Regex, String> {
    let translated = translate(expression)?;
    RegexBuilder::new(&translated)
        .size_limit(COMPILED_BYTES_MAX)
        .dfa_size_limit(COMPILED_BYTES_MAX)
        .nest_limit(NEST_MAX)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => {
                format!("the pattern `{expression}` is too large")
            }
            _ => format!(
                "the pattern `{expression}` can't be used: no look-around or back-references, \
                 nothing that isn't in ECMA-262"
            ),
        })
}

/// ECMA-262's classes are those of ASCII; the `regex` crate's are Unicode's.
fn translate(expression: &str) -> Result<String, String> {
    let mut result = String::with_capacity(expression.len() + 16);
    let mut within = false;
    let mut characters = expression.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                let Some(next) = characters.next() else {
                    return Err(format!("the pattern `{expression}` ends with `\\`"));
                };
                match (next, within) {
                    ('d', true) => result.push_str("0-9"),
                    ('d', false) => result.push_str("[0-9]"),
                    ('w', true) => result.push_str("A-Za-z0-9_"),
                    ('w', false) => result.push_str("[A-Za-z0-9_]"),
                    ('D', false) => result.push_str("[^0-9]"),
                    ('W', false) => result.push_str("[^A-Za-z0-9_]"),
                    ('b', false) => result.push_str(r"(?-u:\b)"),
                    // Not in ECMA-262: there they would be letters.
                    ('A' | 'z' | 'Z' | 'G' | 'a' | 'B' | 'x' | 'c' | 'k' | '0'..='9', _)
                    | ('D' | 'W' | 'b', true) => {
                        return Err(format!(
                            "`\\{next}` in the pattern `{expression}` is not supported"
                        ));
                    }
                    _ => {
                        result.push('\\');
                        result.push(next);
                    }
                }
            }
            '[' if within => result.push_str("\\["),
            '[' => {
                within = true;
                result.push('[');
                // `[]` and `[^]` are the empty and the full class there.
                let mut ahead = characters.clone();
                let first = ahead.next();
                let empty = first == Some(']') || (first == Some('^') && ahead.next() == Some(']'));
                if empty {
                    return Err(format!("an empty class in the pattern `{expression}`"));
                }
            }
            ']' => {
                within = false;
                result.push(']');
            }
            // These are operators of classes in the `regex` crate only.
            '&' | '~' if within => {
                result.push('\\');
                result.push(character);
            }
            _ => result.push(character),
        }
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_of_ascii() {
        let digits = compile(r"^\d+$").unwrap();
        assert!(digits.is_match("123") && !digits.is_match("١٢٣"));
        assert!(!digits.is_match("123\n"));
        assert!(compile(r"^[\w-]+$").unwrap().is_match("a-b_1"));
        assert!(compile(r"^[a&&b]$").unwrap().is_match("&"));
        assert!(compile(r"^[[]$").unwrap().is_match("["));
        assert!(compile(r"\/").unwrap().is_match("/"));
    }

    #[test]
    fn what_has_no_bound_is_refused() {
        for expression in [
            r"(?=a)",
            r"(a)\1",
            r"(?<!x)y",
            "[]",
            "[^]",
            "(a{1000}){1000}",
            "\\",
            "(",
        ] {
            assert!(compile(expression).is_err(), "{expression}");
        }
    }
}
