//! Fields of a JSON value: found by their names, replaced where they lie.

use std::fmt::Write;

use super::rules::Compiled;
use super::shape::Within;
use super::tree::{Kind, Node, Tree};
use crate::edit::Edits;
use crate::error::{Invalid, Reason};
use crate::field::{Content, Leaf, LeafType, Visit};
use crate::limits::Limits;
use crate::schema::Undeclared;
use crate::selection::At;

impl Compiled {
    /// Reads and validates a whole value; gives what the visitor replaced.
    pub fn walk<V: Visit>(
        &self,
        value: &[u8],
        limits: &Limits,
        at: At<'_>,
        undeclared: Undeclared,
        visitor: &mut V,
    ) -> Result<Edits, Invalid> {
        let tree = Tree::parse(value, limits)?;
        self.evaluate(self.root, tree.root())?;
        let mut edits = Edits::default();
        let within = match undeclared {
            Undeclared::Kept => None,
            // SECURITY: without it nobody could tell what the schema names.
            Undeclared::LeftOut => {
                let too_many = Invalid::new(Reason::TooManySteps, 0);
                Some(self.places().ok_or(too_many)?.root())
            }
        };
        if within.is_some() || !at.is_nowhere() || visitor.wants_text() {
            visit(tree.root(), (at, within), visitor, &mut edits)?;
        }
        Ok(edits)
    }
}

/// As deep as the tree is, which is bounded.
fn visit<V: Visit>(
    node: Node<'_, '_>,
    (at, within): (At<'_>, Option<Within<'_>>),
    visitor: &mut V,
    edits: &mut Edits,
) -> Result<(), Invalid> {
    match node.kind() {
        Kind::Array => {
            let within = within.map(Within::entry);
            for item in node.items() {
                visit(item, (at, within), visitor, edits)?;
            }
            Ok(())
        }
        Kind::Object => {
            if let Some(rule) = at.rule() {
                let told = visitor.other(rule);
                told.map_err(|reason| Invalid::new(reason, node.start()))?;
            }
            let mut kept = Kept::default();
            for (key, value) in node.members() {
                let name = key.text().unwrap_or_default();
                let inner = within.map(|within| within.member(&name));
                kept.member(
                    key.start()..value.end(),
                    !matches!(inner, Some(None)),
                    edits,
                );
                if visitor.wants_text() {
                    let told = visitor.text(&name);
                    told.map_err(|reason| Invalid::new(reason, key.start()))?;
                }
                match inner {
                    Some(None) => {}
                    inner => visit(value, (at.child(&name), inner.flatten()), visitor, edits)?,
                }
            }
            kept.end(edits);
            Ok(())
        }
        _ => single(node, at, visitor, edits),
    }
}

/// Takes members out of an object, each with one comma beside it.
#[derive(Default)]
struct Kept {
    /// Where the last member that was kept ends; from there on others are taken out.
    last: Option<usize>,
    /// Where the first that is taken out begins, as long as none was kept.
    leading: Option<std::ops::Range<usize>>,
}

impl Kept {
    fn member(&mut self, place: std::ops::Range<usize>, is_kept: bool, edits: &mut Edits) {
        match (is_kept, self.last) {
            (true, _) => {
                if let Some(leading) = self.leading.take() {
                    edits.push(leading.start..place.start, Vec::new());
                }
                self.last = Some(place.end);
            }
            (false, Some(last)) => {
                edits.push(last..place.end, Vec::new());
                self.last = Some(place.end);
            }
            (false, None) => {
                let start = self.leading.as_ref().map_or(place.start, |it| it.start);
                self.leading = Some(start..place.end);
            }
        }
    }

    fn end(self, edits: &mut Edits) {
        if let Some(leading) = self.leading {
            edits.push(leading, Vec::new());
        }
    }
}

fn single<V: Visit>(
    node: Node<'_, '_>,
    at: At<'_>,
    visitor: &mut V,
    edits: &mut Edits,
) -> Result<(), Invalid> {
    let fail = |reason: Reason| Invalid::new(reason, node.start());
    let text = node.text();
    if let (Some(text), true) = (&text, visitor.wants_text()) {
        visitor.text(text).map_err(fail)?;
    }
    if node.kind() == Kind::Null {
        // Nothing stands there: nothing is to be masked.
        return Ok(());
    }
    let Some(rule) = at.rule() else {
        return at.nothing_below().map_err(fail);
    };
    let (kind, content) = match node.kind() {
        Kind::Text => (LeafType::Text, Content::Text(text.unwrap_or_default())),
        Kind::Number => (LeafType::Number, Content::Text(node.raw().into())),
        Kind::True => (LeafType::Boolean, Content::Boolean(true)),
        Kind::False => (LeafType::Boolean, Content::Boolean(false)),
        _ => return Ok(()),
    };
    let leaf = Leaf {
        kind,
        content,
        at: node.start(),
    };
    let replaced = visitor.leaf(rule, &leaf).map_err(fail)?;
    if let Some(content) = replaced {
        let with = encode(kind, &content).ok_or_else(|| fail(Reason::Unmaskable))?;
        edits.push(node.start()..node.end(), with);
    }
    Ok(())
}

fn encode(kind: LeafType, content: &Content<'_>) -> Option<Vec<u8>> {
    match (kind, content) {
        (LeafType::Text, Content::Text(text)) => Some(quoted(text).into_bytes()),
        (LeafType::Number, Content::Text(text)) => {
            super::number::Decimal::parse(text)?;
            Some(text.as_bytes().to_vec())
        }
        (LeafType::Boolean, Content::Boolean(truth)) => Some(truth.to_string().into_bytes()),
        _ => None,
    }
}

fn quoted(text: &str) -> String {
    let mut result = String::with_capacity(text.len() + 2);
    result.push('"');
    for character in text.chars() {
        match character {
            '"' => result.push_str("\\\""),
            '\\' => result.push_str("\\\\"),
            control if control < ' ' => {
                // Writing to a text can't fail.
                let _ = write!(result, "\\u{:04x}", u32::from(control));
            }
            other => result.push(other),
        }
    }
    result.push('"');
    result
}
