//! What a rule puts in place of what it found, as Java's `Matcher.appendReplacement` reads it.

use regex::Captures;

/// Text and numbers of groups, in order.
#[derive(Debug, Clone)]
pub struct Replacement(Vec<Part>);

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    Group(usize),
}

impl Replacement {
    /// Reads a replacement for a pattern with so many groups. A group that a pattern with groups lacks is text, as
    /// in Kafka.
    pub fn parse(text: &str, groups: usize) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\\' => literal.push(
                    characters
                        .next()
                        .ok_or("a backslash ends the replacement")?,
                ),
                '$' => {
                    let digit = characters.next().and_then(|it| it.to_digit(10));
                    let digit = digit
                        .ok_or("a `$` needs the number of a group after it, or a `\\` before it")?;
                    let mut group = digit as usize;
                    if group > groups {
                        if groups == 0 {
                            return Err(format!("`${group}` is a group that the pattern lacks"));
                        }
                        literal.push('$');
                        literal.push_str(&group.to_string());
                        continue;
                    }
                    // The longest number that is a group's; the digits after it are text.
                    while let Some(digit) = characters.peek().and_then(|it| it.to_digit(10)) {
                        let longer = group.saturating_mul(10).saturating_add(digit as usize);
                        if longer > groups {
                            break;
                        }
                        group = longer;
                        characters.next();
                    }
                    if !literal.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut literal)));
                    }
                    parts.push(Part::Group(group));
                }
                _ => literal.push(character),
            }
        }
        parts.push(Part::Text(literal));
        Ok(Self(parts))
    }

    /// Appends it for one find.
    pub fn write(&self, captures: &Captures<'_>, name: &mut String) {
        for part in &self.0 {
            match part {
                Part::Text(text) => name.push_str(text),
                Part::Group(group) => {
                    name.push_str(captures.get(*group).map_or("", |found| found.as_str()));
                }
            }
        }
    }
}
