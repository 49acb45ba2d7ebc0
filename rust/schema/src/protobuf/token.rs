//! The words of a `.proto` text.

use crate::error::SchemaError;

/// A word and the line on which it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token<'t> {
    pub word: Word<'t>,
    pub line: u32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Word<'t> {
    /// A name, dots included.
    Name(&'t str),
    Number(&'t str),
    /// Without its quotes, escapes as they stand.
    Text(&'t str),
    Sign(char),
}

/// Every word; comments are left out.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, SchemaError> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let (mut at, mut line) = (0usize, 1u32);
    while let Some(&byte) = bytes.get(at) {
        let rest = text.get(at..).unwrap_or_default();
        if byte == b'\n' {
            line += 1;
            at += 1;
        } else if byte.is_ascii_whitespace() {
            at += 1;
        } else if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("/*") {
            let Some(length) = rest.find("*/") else {
                return Err(SchemaError::new("a comment is not closed", line));
            };
            line += lines(rest.get(..length).unwrap_or_default());
            at += length + 2;
        } else if byte == b'"' || byte == b'\'' {
            let inner = quoted(rest)
                .ok_or_else(|| SchemaError::new("a text is not closed on its line", line))?;
            found.push(Token {
                word: Word::Text(inner),
                line,
            });
            at += inner.len() + 2;
        } else {
            let (word, length) = plain(rest)
                .ok_or_else(|| SchemaError::new("a character that no `.proto` file holds", line))?;
            found.push(Token { word, line });
            at += length;
        }
    }
    Ok(found)
}

fn lines(text: &str) -> u32 {
    u32::try_from(text.matches('\n').count()).unwrap_or(u32::MAX)
}

fn quoted(rest: &str) -> Option<&str> {
    let quote = rest.bytes().next()?;
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            b'\n' => return None,
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            _ if byte == quote => return rest.get(1..at),
            _ => {}
        }
    }
    None
}

fn plain(rest: &str) -> Option<(Word<'_>, usize)> {
    let first = rest.bytes().next()?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.';
    let length = rest.bytes().take_while(|byte| is_name(*byte)).count();
    let word = rest.get(..length).unwrap_or_default();
    if first.is_ascii_digit() {
        return Some((Word::Number(word), length));
    }
    if length > 0 && word != "." {
        return Some((Word::Name(word), length));
    }
    if first.is_ascii_punctuation() {
        return Some((Word::Sign(char::from(first)), 1));
    }
    None
}
