//! Fields of a JSON value: found by their names, replaced where they lie.

use std::fmt::Write;

use super::rules::Compiled;
use super::tree::{Kind, Node, Tree};
use crate::edit::Edits;
use crate::error::{Invalid, Reason};
use crate::field::{Content, Leaf, LeafType, Visit};
use crate::limits::Limits;
use crate::selection::At;

impl Compiled {
    /// Reads and validates a whole value; gives what the visitor replaced.
    pub fn walk<V: Visit>(
        &self,
        value: &[u8],
        limits: &Limits,
        at: At<'_>,
        visitor: &mut V,
    ) -> Result<Edits, Invalid> {
        let tree = Tree::parse(value, limits)?;
        self.evaluate(self.root, tree.root())?;
        let mut edits = Edits::default();
        if !at.is_nowhere() || visitor.wants_text() {
            visit(tree.root(), at, visitor, &mut edits)?;
        }
        Ok(edits)
    }
}

/// As deep as the tree is, which is bounded.
fn visit<V: Visit>(
    node: Node<'_, '_>,
    at: At<'_>,
    visitor: &mut V,
    edits: &mut Edits,
) -> Result<(), Invalid> {
    match node.kind() {
        Kind::Array => {
            for item in node.items() {
                visit(item, at, visitor, edits)?;
            }
            Ok(())
        }
        Kind::Object => {
            if let Some(rule) = at.rule() {
                let told = visitor.other(rule);
                told.map_err(|reason| Invalid::new(reason, node.start()))?;
            }
            for (key, value) in node.members() {
                let name = key.text().unwrap_or_default();
                if visitor.wants_text() {
                    let told = visitor.text(&name);
                    told.map_err(|reason| Invalid::new(reason, key.start()))?;
                }
                visit(value, at.child(&name), visitor, edits)?;
            }
            Ok(())
        }
        _ => single(node, at, visitor, edits),
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
    let Some(rule) = at.rule() else {
        return Ok(());
    };
    let (kind, content) = match node.kind() {
        Kind::Text => (LeafType::Text, Content::Text(text.unwrap_or_default())),
        Kind::Number => (LeafType::Number, Content::Text(node.raw().into())),
        Kind::True => (LeafType::Boolean, Content::Boolean(true)),
        Kind::False => (LeafType::Boolean, Content::Boolean(false)),
        // Nothing stands there: nothing is to be masked.
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
