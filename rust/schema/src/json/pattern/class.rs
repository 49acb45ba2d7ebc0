//! Classes of characters. The `regex` crate knows operators there (`&&`, `--`, `~~`, classes within
//! classes) that are plain characters in ECMA-262, so that each part is read and written anew.

use std::fmt;
use std::iter::Peekable;
use std::str::Chars;

use super::{Escape, escape};

/// One part of a class.
enum Part {
    Character(char),
    /// In the language of the `regex` crate.
    Set(String),
}

/// What stands behind a `[`, up to its `]`.
pub(super) fn translate(rest: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    let mut result = "[".to_owned();
    if rest.next_if_eq(&'^').is_some() {
        result.push('^');
    }
    let mut empty = true;
    while let Some(first) = part(rest)? {
        empty = false;
        let mut ahead = rest.clone();
        let ranges = ahead.next() == Some('-') && ahead.peek().is_some_and(|next| *next != ']');
        if !ranges {
            write(&first, &mut result);
            continue;
        }
        rest.next();
        match (first, part(rest)?) {
            (Part::Character(from), Some(Part::Character(to))) if from <= to => {
                write(&Part::Character(from), &mut result);
                result.push('-');
                write(&Part::Character(to), &mut result);
            }
            (Part::Character(from), Some(Part::Character(to))) => {
                return Err(format!("the range `{from}-{to}` is out of order"));
            }
            // With a class at either end there is no range, but all three (annex B.1.2).
            (first, Some(last)) => {
                for each in [first, Part::Character('-'), last] {
                    write(&each, &mut result);
                }
            }
            (_, None) => return Err("a range doesn't end".to_owned()),
        }
    }
    // `[]` and `[^]` are the empty and the full class there: nobody means them.
    if empty {
        return Err("an empty class".to_owned());
    }
    result.push(']');
    Ok(result)
}

/// The next part; `None`: the class ends.
fn part(rest: &mut Peekable<Chars<'_>>) -> Result<Option<Part>, String> {
    Ok(Some(match rest.next() {
        None => return Err("a class doesn't end".to_owned()),
        Some(']') => return Ok(None),
        Some('\\') => match escape(rest)? {
            Escape::Character(character) => Part::Character(character),
            Escape::Boundary => return Err("`\\b` in a class is not supported".to_owned()),
            other => Part::Set(other.outside()),
        },
        Some(character) => Part::Character(character),
    }))
}

fn write(part: &Part, result: &mut String) {
    match part {
        Part::Character(character) => {
            result.push_str(r"\x{");
            // Writing to a text can't fail.
            let _ = fmt::Write::write_fmt(result, format_args!("{:x}", u32::from(*character)));
            result.push('}');
        }
        Part::Set(set) => result.push_str(set),
    }
}
