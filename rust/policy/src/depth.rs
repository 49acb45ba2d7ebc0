//! How deep a rule's text can nest. Whoever parses, validates or walks a rule calls itself once a level, and a
//! thread that runs out of stack ends the whole process, so that is known before the parser sees the text.

use std::io;
use std::panic::resume_unwind;
use std::thread;

/// Levels of one rule. A grant's rule has one for each of its targets, of which there are at most 1,000.
pub const RULE_DEPTH_MAX: usize = 1_200;
/// Up to so many levels any thread has stack enough.
pub const SHALLOW: usize = 20;
/// Stack of a thread that compiles a deeper rule; what is not used of it costs no memory.
const DEEP_STACK_BYTES: usize = 256 << 20;

/// Works on a thread with stack enough for any rule of at most [`RULE_DEPTH_MAX`] levels; a panic there is one here.
///
/// # Errors
/// Where no thread can be had.
pub fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    thread::scope(|scope| {
        thread::Builder::new()
            .stack_size(DEEP_STACK_BYTES)
            .spawn_scoped(scope, work)
            .map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

/// What stands between a bracket and its counterpart.
#[derive(Debug, Clone, Copy, Default)]
struct Level {
    /// Operators that chain: each holds all that is to its left.
    operators: usize,
    /// Steps of a path since the last operator: `a.b.c` has two.
    steps: usize,
}

impl Level {
    fn depth(self) -> usize {
        self.operators + self.steps + 1
    }
}

/// An upper bound of the levels of a rule's tree: brackets, operators that chain, paths. Never too small; a rule that
/// doesn't parse has one too.
pub fn depth(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut levels, mut around, mut deepest) = (vec![Level::default()], 0_usize, 0);
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        let length = match byte {
            b'"' => string(rest),
            b'/' if rest.starts_with(b"//") => rest.iter().take_while(|it| **it != b'\n').count(),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => rest
                .iter()
                .take_while(|it| it.is_ascii_alphanumeric() || **it == b'_')
                .count(),
            b'&' if rest.starts_with(b"&&") => 2,
            b'|' if rest.starts_with(b"||") => 2,
            _ => 1,
        };
        let token = rest.get(..length).unwrap_or_default();
        if let Some(level) = levels.last_mut() {
            match token {
                b"(" | b"[" | b"{" => {
                    around += level.depth();
                    levels.push(Level::default());
                }
                b"&&" | b"||" | b"+" | b"-" | b"*" | b"!" | b"if" => {
                    level.operators += 1;
                    level.steps = 0;
                }
                b"." => level.steps += 1,
                b"," | b";" => *level = Level::default(),
                _ => {}
            }
        }
        if matches!(token, b")" | b"]" | b"}") && levels.len() > 1 {
            levels.pop();
            // What was called, indexed or made is a step of what stands around it.
            if let Some(level) = levels.last_mut() {
                around -= level.depth();
                level.steps += 1;
            }
        }
        let own = levels.last().map_or(0, |level| level.depth());
        deepest = deepest.max(around + own);
        at += length.max(1);
    }
    deepest
}

/// The length of the string that a text begins with, or all of it where it doesn't end.
fn string(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = text.get(at) {
        at += match byte {
            b'\\' => 2,
            b'"' => return at + 1,
            _ => 1,
        };
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(condition: &str) -> usize {
        depth(&format!(
            "permit (principal, action, resource) when {{ {condition} }};"
        ))
    }

    #[test]
    fn whatever_nests_or_chains_is_counted() {
        let deep = [
            format!("{}true{}", "(".repeat(500), ")".repeat(500)),
            format!("{}1{} == [1]", "[".repeat(500), "]".repeat(500)),
            format!("{}1{} == 1", "{a: ".repeat(500), "}".repeat(500)),
            format!("{}true{}", "!(".repeat(500), ")".repeat(500)),
            format!("true{}", " && true".repeat(500)),
            format!("true{}", " || true".repeat(500)),
            format!("1{} == 1", " + 1".repeat(500)),
            format!("1{} == 1", "-1".repeat(500)),
            format!("1{} == 1", "*1".repeat(500)),
            format!("context{} == 1", ".a".repeat(500)),
            format!("context{} == 1", "[\"a\"]".repeat(500)),
            format!("{}true", "if true then true else ".repeat(500)),
            format!("{}true{}", "true && (".repeat(500), ")".repeat(500)),
            format!("// \"\n{}true{}", "(".repeat(500), ")".repeat(500)),
        ];
        for condition in deep {
            assert!(of(&condition) >= 500, "{}", &condition[..20]);
        }
    }

    #[test]
    fn what_only_stands_side_by_side_is_not() {
        let flat = [
            format!(
                "principal in [{}]",
                "Streamward::Role::\"a\", ".repeat(1000)
            ),
            format!("context.name == \"{}\"", "(&&.".repeat(1000)),
            format!("true // {}\n", "((&& .".repeat(1000)),
            format!("context.name == \"\\\"{}\"", "(".repeat(1000)),
        ];
        for condition in flat {
            assert!(of(&condition) < SHALLOW, "{}", &condition[..20]);
        }
    }

    #[test]
    fn no_text_is_too_odd() {
        for text in ["", "\"", "\"\\", ")))", "((", "/", "//", "é.é&&", "&", "|"] {
            assert!(depth(text) < 10, "{text}");
        }
    }
}
