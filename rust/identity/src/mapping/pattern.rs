//! Patterns in Java's syntax, as expressions that take time in proportion to what they read.
//!
//! SECURITY: where both languages have the same sign for different things, a rule that meant one name would give
//! another. So only what is known to mean the same is let through, and what is not is refused by name.

use std::iter::Peekable;
use std::str::Chars;

use regex::{Regex, RegexBuilder};

/// Bytes that a compiled pattern may have.
const PROGRAM_BYTES_MAX: usize = 1 << 20;
/// What `.` leaves out in Java.
const ANY: &str = r"[^\n\r\u{85}\u{2028}\u{2029}]";

/// Compiles a pattern that has been translated.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(pattern)
        .size_limit(PROGRAM_BYTES_MAX)
        .build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "the pattern is too large".to_owned(),
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default().trim();
            let what = last.trim_start_matches("error: ");
            format!("the pattern can't be read: {what}")
        }
    })
}

/// The same pattern in the syntax of the `regex` crate.
pub fn translate(java: &str) -> Result<String, String> {
    let mut rust = String::with_capacity(java.len() + 16);
    let mut characters = java.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => rust.push_str(&escape(characters.next(), true)?),
            '[' => class(&mut characters, &mut rust)?,
            '.' => rust.push_str(ANY),
            '(' => {
                rust.push('(');
                if characters.next_if_eq(&'?').is_some() {
                    if characters.next_if_eq(&':').is_none() {
                        return Err(refused("(?"));
                    }
                    rust.push_str("?:");
                }
            }
            '*' | '+' | '?' | '}' => {
                rust.push(character);
                if characters.peek() == Some(&'+') {
                    return Err(refused(&format!("{character}+")));
                }
            }
            _ => rust.push(character),
        }
    }
    Ok(rust)
}

fn refused(what: &str) -> String {
    format!(
        "`{what}` is not supported: patterns have no look-around, back references, possessive quantifiers or flags"
    )
}

/// What stands for a character after a backslash; `\A` and `\z` only outside of a class.
fn escape(after: Option<char>, outside: bool) -> Result<String, String> {
    let after = after.ok_or("a backslash ends the pattern")?;
    Ok(match after {
        // Java's are of ASCII only.
        'd' => "[0-9]".to_owned(),
        'D' => "[^0-9]".to_owned(),
        'w' => "[0-9A-Za-z_]".to_owned(),
        'W' => "[^0-9A-Za-z_]".to_owned(),
        's' => r"[ \t\n\x0B\f\r]".to_owned(),
        'S' => r"[^ \t\n\x0B\f\r]".to_owned(),
        't' | 'n' | 'r' | 'f' => format!("\\{after}"),
        'A' | 'z' if outside => format!("\\{after}"),
        _ if after.is_alphanumeric() => return Err(refused(&format!("\\{after}"))),
        _ => regex::escape(&after.to_string()),
    })
}

/// A class after its `[`, without classes in it.
fn class(characters: &mut Peekable<Chars<'_>>, rust: &mut String) -> Result<(), String> {
    rust.push('[');
    if characters.next_if_eq(&'^').is_some() {
        rust.push('^');
    }
    let mut last = None;
    let mut first = true;
    while let Some(character) = characters.next() {
        match character {
            ']' if first => return Err("a class is empty".to_owned()),
            ']' => {
                rust.push(']');
                return Ok(());
            }
            '[' => return Err("a class in a class is not supported".to_owned()),
            '\\' => rust.push_str(&escape(characters.next(), false)?),
            '&' | '-' | '~' if last == Some(character) => {
                return Err(format!(
                    "`{character}{character}` in a class is not supported"
                ));
            }
            _ => rust.push(character),
        }
        first = false;
        last = Some(character).filter(|it| *it != '\\');
    }
    Err("a class is not closed".to_owned())
}
