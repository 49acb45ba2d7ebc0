//! Mappings and lists that are told by how far their lines are indented.

use crate::inline::{is_key, within_line, word};
use crate::{DEPTH_MAX, Document, ENTRIES_MAX, Value};

/// A line that says something.
struct Line<'a> {
    number: usize,
    indent: usize,
    /// Without the blanks around it.
    content: &'a str,
}

impl Line<'_> {
    fn is_item(&self) -> bool {
        self.content == "-" || self.content.starts_with("- ")
    }
}

struct Reader<'a> {
    lines: Vec<Line<'a>>,
    /// The line that is read next.
    at: usize,
}

pub(crate) fn read(text: &str) -> Option<Document> {
    let mut lines = Vec::new();
    for (number, line) in text.split('\n').enumerate() {
        let content = line.trim_matches(' ');
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        if line.starts_with("---") {
            if content != "---" || number > 0 {
                return None;
            }
            continue;
        }
        let indent = line.len() - line.trim_start_matches(' ').len();
        lines.push(Line {
            number,
            indent,
            content,
        });
    }
    let first = lines.first().filter(|it| it.indent == 0)?;
    let line = first.number;
    let mut reader = Reader { lines, at: 0 };
    let value = reader.mapping(0, 0)?;
    (reader.at == reader.lines.len()).then_some(Document { value, line })
}

impl<'a> Reader<'a> {
    fn next(&self) -> Option<&Line<'a>> {
        self.lines.get(self.at)
    }

    /// What has ended goes on in no deeper line: that would be a second line of a text, or a mistake.
    fn ended(&self, indent: usize) -> Option<()> {
        self.next()
            .is_none_or(|line| line.indent <= indent)
            .then_some(())
    }

    fn mapping(&mut self, indent: usize, depth: usize) -> Option<Value> {
        let mut entries: Vec<(String, Value)> = Vec::new();
        while let Some(line) = self.next().filter(|line| line.indent == indent) {
            let (key, rest) = entry(line.content)?;
            if entries.len() >= ENTRIES_MAX || entries.iter().any(|(known, _)| known == key) {
                return None;
            }
            self.at += 1;
            let value = self.value(rest, indent, depth)?;
            entries.push((key.to_owned(), value));
        }
        self.ended(indent)?;
        Some(Value::Mapping(entries))
    }

    /// What stands behind a key, or in the lines below it.
    fn value(&mut self, rest: &str, indent: usize, depth: usize) -> Option<Value> {
        if !rest.is_empty() {
            let value = within_line(rest)?;
            self.ended(indent)?;
            return Some(value);
        }
        if depth >= DEPTH_MAX {
            return None;
        }
        match self.next().map(|line| (line.indent, line.is_item())) {
            Some((deeper, true)) if deeper >= indent => self.list(deeper, depth + 1),
            Some((deeper, false)) if deeper > indent => self.mapping(deeper, depth + 1),
            _ => Some(Value::Null),
        }
    }

    fn list(&mut self, indent: usize, depth: usize) -> Option<Value> {
        let mut items = Vec::new();
        while let Some(line) = self.lines.get_mut(self.at) {
            if line.indent != indent || !line.is_item() {
                break;
            }
            let content = line.content.strip_prefix("- ")?;
            if entry(content).is_some() {
                if depth >= DEPTH_MAX {
                    return None;
                }
                // The mapping begins behind the dash, and its other keys stand below its first.
                (line.indent, line.content) = (indent + 2, content);
                items.push(self.mapping(indent + 2, depth + 1)?);
            } else {
                self.at += 1;
                items.push(within_line(content)?);
            }
            self.ended(indent)?;
        }
        Some(Value::List(items))
    }
}

/// The key of a line, and what stands behind its colon, without a comment that is all of that.
fn entry(content: &str) -> Option<(&str, &str)> {
    let (key, rest) = word(content);
    let rest = rest.strip_prefix(':')?;
    if !is_key(key) || !(rest.is_empty() || rest.starts_with(' ')) {
        return None;
    }
    let rest = rest.trim_start_matches(' ');
    Some((key, if rest.starts_with('#') { "" } else { rest }))
}
