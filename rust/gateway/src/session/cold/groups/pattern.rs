//! Patterns of topics, in the language of brokers (RE2).

use regex::{Regex, RegexBuilder};

/// A pattern that would take more memory than this is refused, in bytes.
const PATTERN_BYTES_MAX: usize = 1 << 20;
/// And one whose groups are nested deeper.
const NESTING_MAX: u32 = 100;

/// What is commonly wrong, in our library's words and in a broker's.
const REASONS: [(&str, &str); 6] = [
    ("unclosed group", "missing closing )"),
    ("unopened group", "unexpected )"),
    ("unclosed character class", "missing closing ]"),
    (
        "repetition operator missing expression",
        "missing argument to repetition operator",
    ),
    (
        "incomplete escape sequence, reached end of pattern prematurely",
        "trailing backslash at end of expression",
    ),
    ("unrecognized escape sequence", "invalid escape sequence"),
];

/// A pattern that a topic's whole name must fit; the error is the reason why it is none.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    let translated = translate(pattern);
    // By itself first, so that nothing in it can close what is put around it.
    build(&translated)?;
    build(&format!(r"\A(?:{translated})\z"))
}

fn build(pattern: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(pattern)
        .size_limit(PATTERN_BYTES_MAX)
        .nest_limit(NESTING_MAX)
        .build();
    built.map_err(|error| {
        let text = error.to_string();
        let reason = text.lines().last().unwrap_or_default();
        let reason = reason.trim_start_matches("error: ");
        let known = REASONS.iter().find(|(ours, _)| *ours == reason);
        known.map_or(reason, |(_, brokers)| *brokers).to_owned()
    })
}

/// Writes a pattern of RE2 so that it means the same here: what stands between `\Q` and `\E` is no pattern,
/// and a class knows no operators.
fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some(next) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix(r"\Q") {
            let (text, after) = quoted.split_once(r"\E").unwrap_or((quoted, ""));
            out.push_str(&regex::escape(text));
            rest = after;
        } else if next == '[' {
            rest = class(rest, &mut out);
        } else {
            rest = copy(rest, &mut out);
        }
    }
    out
}

/// Copies one character, or an escaped one with its escape.
fn copy<'a>(from: &'a str, out: &mut String) -> &'a str {
    let mut characters = from.chars();
    if let Some(first) = characters.next() {
        out.push(first);
        if first == '\\' {
            out.extend(characters.next());
        }
    }
    characters.as_str()
}

/// Copies a class of characters.
fn class<'a>(from: &'a str, out: &mut String) -> &'a str {
    let mut rest = from;
    for start in ["[", "^", "]"] {
        if let Some(after) = rest.strip_prefix(start) {
            out.push_str(start);
            rest = after;
        }
    }
    while let Some(next) = rest.chars().next() {
        match next {
            ']' => return copy(rest, out),
            '[' if rest.starts_with("[:") => match rest.split_once(":]") {
                Some((name, after)) => {
                    out.push_str(name);
                    out.push_str(":]");
                    rest = after;
                }
                None => return copy(rest, out),
            },
            '[' | '&' | '~' => {
                out.push('\\');
                rest = copy(rest, out);
            }
            '-' if out.ends_with('-') && !out.ends_with(r"\-") => {
                out.push('\\');
                rest = copy(rest, out);
            }
            _ => rest = copy(rest, out),
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, name: &str) -> bool {
        compile(pattern).unwrap().is_match(name)
    }

    #[test]
    fn a_pattern_fits_the_whole_name() {
        assert!(fits("orders.*", "orders.eu"));
        assert!(!fits("orders", "orders.eu"));
        assert!(!fits("eu", "orders.eu"));
        assert!(fits("a|b.c", "b.c") && !fits("a|b.c", "a.c"));
        assert!(fits("(?i)ORDERS", "orders"));
        assert!(fits(r"^orders\.\d+$", "orders.12"));
        assert!(fits("[[:alpha:]]+", "orders"));
        assert!(fits("", "") && !fits("", "a"));
    }

    #[test]
    fn quoted_text_is_no_pattern() {
        assert!(fits(r"\Qa.b\E.", "a.bc"));
        assert!(!fits(r"\Qa.b\E", "axb"));
        assert!(fits(r"a\Q.*", "a.*"));
    }

    #[test]
    fn a_class_knows_no_operators() {
        assert!(fits("[a&&b]", "&") && fits("[a&&b]", "a"));
        assert!(fits("[[a]", "[") && fits("[[a]", "a"));
        assert!(fits("[a~~b]+", "a~b"));
        assert!(fits("[+--]", "-") && fits("[+--]", ","));
        assert!(fits("[]a]", "]") && fits("[^]a]", "b") && !fits("[^]a]", "]"));
        assert!(fits("[a-]", "-") && fits(r"[\]]", "]"));
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_its_reason() {
        for pattern in [
            "[a", "(a", "a)", "*", r"a\", "a{2,1}", r"(a)\1", "(?=a)", "a)|(b",
        ] {
            let reason = compile(pattern).unwrap_err();
            assert!(
                !reason.is_empty() && !reason.contains('\n'),
                "{pattern}: {reason}"
            );
        }
    }

    #[test]
    fn a_pattern_has_a_bounded_size() {
        assert!(compile("((a{1000}){1000}){1000}").is_err());
        assert!(compile(&"(".repeat(10_000)).is_err());
        let deep = format!("{}a{}", "(".repeat(1_000), ")".repeat(1_000));
        assert!(compile(&deep).is_err());
        let many: Vec<String> = (0..500)
            .map(|it| format!("orders-of-region-{it}"))
            .collect();
        assert!(fits(&many.join("|"), "orders-of-region-499"));
    }
}
