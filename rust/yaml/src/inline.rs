//! What stands within a line: words, numbers, quotes and brackets.

use crate::{DEPTH_MAX, ENTRIES_MAX, Value};

/// Longest key; YAML itself has a bound for those.
const KEY_BYTES_MAX: usize = 128;

/// What is written as a key: letters and what joins them, before anything else.
pub(crate) fn word(text: &str) -> (&str, &str) {
    let is_part = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '.' | '-');
    text.split_at(text.find(|it| !is_part(it)).unwrap_or(text.len()))
}

pub(crate) fn is_key(word: &str) -> bool {
    word.len() <= KEY_BYTES_MAX
        && word.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_')
}

/// A value with all that follows it in its line.
pub(crate) fn within_line(text: &str) -> Option<Value> {
    let (value, rest) = match text.chars().next()? {
        '"' | '\'' | '[' | '{' => enclosed(text, 0)?,
        _ => {
            let text = text.find(" #").map_or(text, |end| &text[..end]);
            let text = text.trim_end_matches(' ');
            if text.contains(": ") || text.ends_with(':') {
                return None;
            }
            (plain(text)?, "")
        }
    };
    let comment = rest.trim_start_matches(' ');
    let ends = comment.is_empty() || (comment.starts_with('#') && rest.starts_with(' '));
    ends.then_some(value)
}

/// What quotes or brackets hold, and what follows them.
fn enclosed(text: &str, depth: usize) -> Option<(Value, &str)> {
    match text.chars().next()? {
        quote @ ('"' | '\'') => {
            let (quoted, rest) = text[1..].split_once(quote)?;
            let is_escaped = (quote == '"' && quoted.contains('\\')) || rest.starts_with(quote);
            (!is_escaped).then(|| (Value::Text(quoted.to_owned()), rest))
        }
        '[' if depth < DEPTH_MAX => {
            let mut items = Vec::new();
            let rest = each(&text[1..], ']', |text| {
                let (item, rest) = within_brackets(text, depth + 1)?;
                items.push(item);
                Some(rest)
            })?;
            Some((Value::List(items), rest))
        }
        '{' if depth < DEPTH_MAX => {
            let mut entries: Vec<(String, Value)> = Vec::new();
            let rest = each(&text[1..], '}', |text| {
                let (key, rest) = word(text);
                let rest = rest.strip_prefix(": ")?.trim_start_matches(' ');
                let stands_twice = entries.iter().any(|(known, _)| known == key);
                if !is_key(key) || stands_twice || entries.len() >= ENTRIES_MAX {
                    return None;
                }
                let (value, rest) = within_brackets(rest, depth + 1)?;
                entries.push((key.to_owned(), value));
                Some(rest)
            })?;
            Some((Value::Mapping(entries), rest))
        }
        _ => None,
    }
}

/// Read what stands between commas up to a closing bracket; what follows that.
fn each<'a>(
    text: &'a str,
    close: char,
    mut read: impl FnMut(&'a str) -> Option<&'a str>,
) -> Option<&'a str> {
    let mut rest = text.trim_start_matches(' ');
    if let Some(rest) = rest.strip_prefix(close) {
        return Some(rest);
    }
    loop {
        rest = read(rest)?.trim_start_matches(' ');
        if let Some(rest) = rest.strip_prefix(close) {
            return Some(rest);
        }
        rest = rest.strip_prefix(',')?.trim_start_matches(' ');
    }
}

fn within_brackets(text: &str, depth: usize) -> Option<(Value, &str)> {
    if text.starts_with(['"', '\'', '[', '{']) {
        return enclosed(text, depth);
    }
    let is_part = |it: char| it.is_ascii_alphanumeric() || " _./@*=()+-".contains(it);
    let end = text.find(|it| !is_part(it))?;
    let (written, rest) = text.split_at(end);
    Some((plain(written.trim_end_matches(' '))?, rest))
}

/// A word without quotes, as YAML 1.2 understands it, where it can't be misunderstood.
fn plain(text: &str) -> Option<Value> {
    let first = text.chars().next()?;
    if first.is_ascii_digit() {
        return of_digits(text);
    }
    if !(first.is_alphabetic() || first == '/') {
        return None;
    }
    match text {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        "null" => Some(Value::Null),
        _ => {
            let mut words = ["true", "false", "null"].iter();
            let is_other = !words.any(|it| text.eq_ignore_ascii_case(it));
            is_other.then(|| Value::Text(text.to_owned()))
        }
    }
}

/// Numbers, dates, durations and addresses; what else begins with a digit may be a number of many kinds.
fn of_digits(text: &str) -> Option<Value> {
    let digits = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
    if digits(text) {
        let is_decimal = text == "0" || !text.starts_with('0');
        let number = text
            .parse()
            .ok()
            .filter(|_| is_decimal && text.len() <= 18)?;
        return Some(Value::Integer(number));
    }
    let is_date = text.len() == 10
        && text.bytes().enumerate().all(|(at, it)| match at {
            4 | 7 => it == b'-',
            _ => it.is_ascii_digit(),
        });
    if is_date {
        return Some(Value::Date(text.to_owned()));
    }
    let is_duration = text
        .strip_suffix(['s', 'm', 'h', 'd', 'w'])
        .is_some_and(digits);
    (is_duration || text.contains('/')).then(|| Value::Text(text.to_owned()))
}
