//! Regular expressions of JSON Schema (ECMA-262), run in linear time.

mod class;

use std::iter::Peekable;
use std::str::Chars;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use crate::limits::{PATTERN_BYTES_MAX, PATTERN_STEP_BYTES, PATTERN_TEXT_BYTES_MAX};

const NEST_MAX: u32 = 64;
/// The smallest size (bytes) that a compiled expression is counted with; the others are each four times as large.
const SIZE_MIN: usize = 4 << 10;
/// Memory (bytes) in which one thread remembers states while it searches, at the least.
const STATES_BYTES_MIN: usize = 64 << 10;

/// A compiled expression. Clones are the same one: each by itself would have states of its own.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    expression: Arc<Regex>,
    /// What its size is counted as.
    pub bytes: usize,
}

impl Pattern {
    pub fn is_match(&self, text: &str) -> bool {
        self.expression.is_match(text)
    }

    /// How many steps it takes to hold it against so many bytes.
    ///
    /// SECURITY: the time is linear in the text, and in the expression too: where its states are too many to be
    /// remembered, each byte is held against each part of it.
    pub fn steps(&self, text_bytes: usize) -> usize {
        text_bytes.saturating_mul(self.bytes / SIZE_MIN) / PATTERN_STEP_BYTES
    }
}

/// Compiles an expression. Look-around and back-references can't run in linear time and are refused.
pub(super) fn compile(expression: &str) -> Result<Pattern, String> {
    if expression.len() > PATTERN_TEXT_BYTES_MAX {
        return Err(format!(
            "a pattern has more than {PATTERN_TEXT_BYTES_MAX} bytes"
        ));
    }
    let translated =
        translate(expression).map_err(|what| format!("the pattern `{expression}`: {what}"))?;
    let mut bytes = SIZE_MIN;
    while bytes <= PATTERN_BYTES_MAX {
        let built = RegexBuilder::new(&translated)
            .size_limit(bytes)
            .dfa_size_limit(bytes.max(STATES_BYTES_MIN))
            .nest_limit(NEST_MAX)
            .build();
        match built {
            Ok(expression) => {
                return Ok(Pattern {
                    expression: Arc::new(expression),
                    bytes,
                });
            }
            Err(regex::Error::CompiledTooBig(_)) => bytes *= 4,
            Err(_) => {
                return Err(format!(
                    "the pattern `{expression}` can't be used: no look-around or back-references, \
                     nothing that isn't in ECMA-262"
                ));
            }
        }
    }
    Err(format!("the pattern `{expression}` is too large"))
}

/// ECMA-262's `.`: everything but what ends a line (section 12.3).
const WITHIN_LINE: &str = r"[^\n\r\x{2028}\x{2029}]";

/// What stands before a sign: a quantifier takes one `?`, and nothing else of its kind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Quantifier,
    Lazy,
    Other,
}

/// Both languages have most signs in common and mean other sets by some: each of these is spelled out.
fn translate(expression: &str) -> Result<String, String> {
    let mut result = String::with_capacity(expression.len() + 16);
    let mut rest = expression.chars().peekable();
    let mut before = Before::Other;
    while let Some(character) = rest.next() {
        let was = std::mem::replace(&mut before, Before::Other);
        match character {
            '\\' => result.push_str(&escape(&mut rest)?.outside()),
            '[' => result.push_str(&class::translate(&mut rest)?),
            '.' => result.push_str(WITHIN_LINE),
            '(' if rest.peek() == Some(&'?') => group(&mut rest, &mut result)?,
            '?' if was == Before::Quantifier => {
                before = Before::Lazy;
                result.push('?');
            }
            '*' | '+' | '?' | '{' if was != Before::Other => {
                return Err("a quantifier stands behind another".to_owned());
            }
            '*' | '+' | '?' => {
                before = Before::Quantifier;
                result.push(character);
            }
            '{' => {
                bounds(&mut rest, &mut result)?;
                before = Before::Quantifier;
            }
            // Literal there without the flag `u`, an error with it.
            ']' | '}' => return Err(format!("`{character}` stands alone")),
            _ => result.push(character),
        }
    }
    Ok(result)
}

/// `(?:` and `(?<name>`; everything else behind `(?` isn't ECMA-262's, or looks around.
fn group(rest: &mut Peekable<Chars<'_>>, result: &mut String) -> Result<(), String> {
    rest.next();
    match rest.next() {
        Some(':') => result.push_str("(?:"),
        Some('<') if !matches!(rest.peek(), Some('=' | '!') | None) => result.push_str("(?<"),
        _ => return Err("no look-around, no flags".to_owned()),
    }
    Ok(())
}

/// `{n}`, `{n,}` and `{n,m}`.
fn bounds(rest: &mut Peekable<Chars<'_>>, result: &mut String) -> Result<(), String> {
    let mut inner = String::new();
    loop {
        match rest.next() {
            Some('}') => break,
            Some(character @ ('0'..='9' | ',')) => inner.push(character),
            _ => return Err("`{` begins no quantifier".to_owned()),
        }
    }
    let starts = inner.starts_with(|first: char| first.is_ascii_digit());
    if !starts || inner.matches(',').count() > 1 {
        return Err("`{` begins no quantifier".to_owned());
    }
    result.push('{');
    result.push_str(&inner);
    result.push('}');
    Ok(())
}

/// What an escape stands for.
enum Escape {
    Character(char),
    /// The inner part of a class, and whether all others are meant.
    Set(&'static str, bool),
    /// A property of Unicode's, as it was written.
    Property(String),
    Boundary,
}

impl Escape {
    fn outside(self) -> String {
        match self {
            Self::Character(character) => regex::escape(character.encode_utf8(&mut [0; 4])),
            Self::Set(set, false) => format!("[{set}]"),
            Self::Set(set, true) => format!("[^{set}]"),
            Self::Property(text) => text,
            Self::Boundary => r"(?-u:\b)".to_owned(),
        }
    }
}

const DIGITS: &str = "0-9";
const WORD: &str = "A-Za-z0-9_";
/// ECMA-262's `\s`: other than Unicode's, it has U+FEFF and hasn't U+0085.
const BLANKS: &str = r"\t\n\x{b}\x{c}\r\x{20}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}";

/// What stands behind a `\`.
fn escape(rest: &mut Peekable<Chars<'_>>) -> Result<Escape, String> {
    let Some(next) = rest.next() else {
        return Err("it ends with `\\`".to_owned());
    };
    Ok(match next {
        'd' => Escape::Set(DIGITS, false),
        'D' => Escape::Set(DIGITS, true),
        'w' => Escape::Set(WORD, false),
        'W' => Escape::Set(WORD, true),
        's' => Escape::Set(BLANKS, false),
        'S' => Escape::Set(BLANKS, true),
        'b' => Escape::Boundary,
        't' => Escape::Character('\t'),
        'n' => Escape::Character('\n'),
        'v' => Escape::Character('\u{b}'),
        'f' => Escape::Character('\u{c}'),
        'r' => Escape::Character('\r'),
        'x' => Escape::Character(code(rest, 2)?),
        'u' => Escape::Character(code(rest, 4)?),
        'p' | 'P' => property(next, rest)?,
        '0' if !rest.peek().is_some_and(char::is_ascii_digit) => Escape::Character('\0'),
        _ if next.is_ascii_punctuation() => Escape::Character(next),
        _ => return Err(format!("`\\{next}` is not supported")),
    })
}

fn code(rest: &mut Peekable<Chars<'_>>, digits: usize) -> Result<char, String> {
    let text: String = rest.by_ref().take(digits).collect();
    let all = text.len() == digits && text.bytes().all(|it| it.is_ascii_hexdigit());
    let number = u32::from_str_radix(&text, 16).ok().filter(|_| all);
    number
        .and_then(char::from_u32)
        .ok_or_else(|| format!("`{text}` is no code of a character"))
}

fn property(sign: char, rest: &mut Peekable<Chars<'_>>) -> Result<Escape, String> {
    let mut text = format!("\\{sign}");
    if rest.next() != Some('{') {
        return Err(format!("`\\{sign}` names no property"));
    }
    text.push('{');
    for character in rest.by_ref() {
        match character {
            '}' => {
                text.push('}');
                return Ok(Escape::Property(text));
            }
            'A'..='Z' | 'a'..='z' | '0'..='9' | '_' | '=' => text.push(character),
            _ => break,
        }
    }
    Err(format!("`\\{sign}` names no property"))
}

#[cfg(test)]
mod tests;
