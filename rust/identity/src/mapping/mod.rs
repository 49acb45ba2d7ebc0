//! From the subject of a certificate to a name, by rules in the syntax of Kafka's
//! `ssl.principal.mapping.rules`: `RULE:pattern/replacement/[LU]` and `DEFAULT`, separated by commas.
//! The first rule whose pattern fits the whole subject gives the name (KIP-371).

mod pattern;
mod replacement;

use regex::Regex;

use self::replacement::Replacement;

/// Longest text of all rules together.
pub const RULES_BYTES_MAX: usize = 16 * 1024;
/// Most rules.
pub const RULES_MAX: usize = 100;
/// Most places of a subject in which a rule replaces what it found; those after them stay as they are.
pub const FINDS_MAX: usize = 100;
/// Longest subject that is mapped, and longest name that comes out.
pub const NAME_BYTES_MAX: usize = 4 * 1024;

/// Rules, ready to be applied.
#[derive(Debug, Clone)]
pub struct MappingRules(Vec<Rule>);

#[derive(Debug, Clone)]
enum Rule {
    /// The subject is the name.
    Default,
    Rewrite(Box<Rewrite>),
}

#[derive(Debug, Clone)]
struct Rewrite {
    /// Fits a subject as a whole.
    whole: Regex,
    /// Finds what is replaced in it.
    found: Regex,
    replacement: Replacement,
    case: Case,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Kept,
    Lower,
    Upper,
}

impl MappingRules {
    /// Reads rules as Kafka does.
    ///
    /// # Errors
    /// Says which rule can't be used, and why: also what Java's expressions have and ours, which take time in
    /// proportion to the subject's length, have not.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > RULES_BYTES_MAX {
            return Err(format!("the rules are longer than {RULES_BYTES_MAX} bytes"));
        }
        let mut rules = Vec::new();
        let mut rest = text.trim_matches(|it| it <= ' ');
        while !rest.is_empty() {
            let (rule, after) = next_rule(rest)?;
            rules.extend(rule);
            rest = after;
            if rules.len() > RULES_MAX {
                return Err(format!("there are more than {RULES_MAX} rules"));
            }
        }
        if rules.is_empty() {
            return Err("there is no rule".to_owned());
        }
        Ok(Self(rules))
    }

    /// The name for a subject as Java writes it (RFC 2253). `None`: no rule fits.
    pub fn apply(&self, subject: &str) -> Option<String> {
        if subject.len() > NAME_BYTES_MAX {
            return None;
        }
        let name = self.0.iter().find_map(|rule| match rule {
            Rule::Default => Some(subject.to_owned()),
            Rule::Rewrite(rewrite) => rewrite.apply(subject),
        });
        name.filter(|name| name.len() <= NAME_BYTES_MAX)
    }
}

/// The first rule of the text, if it isn't empty, and the text after its comma.
fn next_rule(text: &str) -> Result<(Option<Rule>, &str), String> {
    let text = text.trim_start();
    let (rule, after) = if let Some(body) = text.strip_prefix("RULE:") {
        let (rule, after) = rewrite(body)?;
        (Some(rule), after)
    } else if let Some(after) = text.strip_prefix("DEFAULT") {
        (Some(Rule::Default), after)
    } else {
        (None, text)
    };
    let (left, after) = after.split_once(',').unwrap_or((after, ""));
    if left.trim().is_empty() {
        return Ok((rule, after));
    }
    Err(match rule {
        None => format!(
            "`{}` is neither `DEFAULT` nor `RULE:pattern/replacement/`",
            left.trim()
        ),
        Some(_) => format!("`{}` follows a rule without a comma", left.trim()),
    })
}

/// A rule after its `RULE:`, and the text after it.
fn rewrite(body: &str) -> Result<(Rule, &str), String> {
    let unended = || {
        format!(
            "`RULE:{body}` is not `RULE:pattern/replacement/` with `L`, `U` or nothing after it"
        )
    };
    let (pattern, after) = until_slash(body).ok_or_else(unended)?;
    let (replacement, after) = until_slash(after).ok_or_else(unended)?;
    let (case, after) = match after.chars().next() {
        Some('L') => (Case::Lower, &after[1..]),
        Some('U') => (Case::Upper, &after[1..]),
        _ => (Case::Kept, after),
    };
    let wrong = |what: String| format!("`RULE:{pattern}/{replacement}/`: {what}");
    let translated = pattern::translate(pattern).map_err(wrong)?;
    let found = pattern::compile(&translated).map_err(wrong)?;
    let whole = pattern::compile(&format!(r"\A(?:{translated})\z")).map_err(wrong)?;
    let replacement = Replacement::parse(replacement, found.captures_len() - 1).map_err(wrong)?;
    let rewrite = Rewrite {
        whole,
        found,
        replacement,
        case,
    };
    Ok((Rule::Rewrite(Box::new(rewrite)), after))
}

/// What is before the first slash that no backslash precedes, and what is after it.
fn until_slash(text: &str) -> Option<(&str, &str)> {
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => {
                characters.next()?;
            }
            '/' => return Some((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    None
}

impl Rewrite {
    fn apply(&self, subject: &str) -> Option<String> {
        if !self.whole.is_match(subject) {
            return None;
        }
        let name = self.replace_all(subject)?;
        Some(match self.case {
            Case::Kept => name,
            Case::Lower => name.to_lowercase(),
            Case::Upper => name.to_uppercase(),
        })
    }

    /// As Java does: after a find that is not empty the next one may be empty at its end.
    fn replace_all(&self, subject: &str) -> Option<String> {
        let mut name = String::new();
        let (mut from, mut copied) = (0, 0);
        // SECURITY: each search may read all that is left, so their number is bounded too.
        for _ in 0..FINDS_MAX {
            if from > subject.len() {
                break;
            }
            let Some(captures) = self.found.captures_at(subject, from) else {
                break;
            };
            let found = captures.get(0)?;
            name.push_str(subject.get(copied..found.start())?);
            self.replacement.write(&captures, &mut name);
            if name.len() > 2 * NAME_BYTES_MAX {
                return None;
            }
            copied = found.end();
            let next = subject.get(found.end()..).and_then(|it| it.chars().next());
            from = match next {
                _ if !found.is_empty() => found.end(),
                Some(next) => found.end() + next.len_utf8(),
                None => break,
            };
        }
        name.push_str(subject.get(copied..)?);
        Some(name)
    }
}

#[cfg(test)]
mod tests;
