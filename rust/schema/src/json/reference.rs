//! Where the `$ref`s of a JSON Schema lead.

use super::compile::{Linker, Place};
use super::rules::RuleId;
use super::tree::{Kind, Node};
use super::words::fail;
use crate::error::SchemaError;

impl Linker<'_, '_> {
    /// `#`, `#/pointer`, `#anchor`, and any of them behind the name or `$id` of a document.
    pub(super) fn reference(
        &mut self,
        document: usize,
        node: Node<'_, '_>,
    ) -> Result<RuleId, SchemaError> {
        let Some(text) = node.text() else {
            return fail(node, "`$ref` must be a text");
        };
        let (base, fragment) = text.split_once('#').unwrap_or((&text, ""));
        let found = match self.base(document, base) {
            Some((document, root)) => self.fragment(document, root, fragment, node)?,
            None => None,
        };
        match found {
            Some(place) => self.rule_of(place, node.line()),
            None => fail(
                node,
                format!("`{text}` leads to nothing that is known here"),
            ),
        }
    }

    fn base(&self, document: usize, base: &str) -> Option<Place> {
        if base.is_empty() {
            return Some((document, 0));
        }
        for (number, each) in self.documents.iter().enumerate() {
            if !each.name.is_empty() && each.name == base {
                return Some((number, 0));
            }
            if let Some(index) = each.ids.get(base) {
                return Some((number, *index));
            }
        }
        None
    }

    fn fragment(
        &mut self,
        document: usize,
        root: u32,
        fragment: &str,
        from: Node<'_, '_>,
    ) -> Result<Option<Place>, SchemaError> {
        if fragment.is_empty() {
            return Ok(Some((document, root)));
        }
        let Some(pointer) = fragment.strip_prefix('/') else {
            let known = self.documents.get(document);
            let index = known.and_then(|known| known.anchors.get(fragment));
            return Ok(index.map(|index| (document, *index)));
        };
        let mut at = (document, root);
        for part in pointer.split('/') {
            let part = unquoted(part).map(|part| part.replace("~1", "/").replace("~0", "~"));
            let child = match part {
                Some(part) => self.child(at, &part, from)?,
                None => None,
            };
            match child {
                Some(child) => at.1 = child,
                None => return Ok(None),
            }
        }
        Ok(Some(at))
    }

    /// SECURITY: a `$ref` is a few bytes, and may lead through an object or array of any size: of an object the
    /// members are gone through once, and of arrays the entries are counted.
    fn child(
        &mut self,
        at: Place,
        part: &str,
        from: Node<'_, '_>,
    ) -> Result<Option<u32>, SchemaError> {
        let documents = self.documents;
        let Some(document) = documents.get(at.0) else {
            return Ok(None);
        };
        let node = document.tree.node(at.1);
        if node.kind() != Kind::Array {
            let members = self.members.entry(at).or_insert_with(|| {
                let members = node.members();
                let named = members.filter_map(|(key, value)| Some((key.text()?, value.index())));
                named
                    .map(|(name, index)| (name.into_owned(), index))
                    .collect()
            });
            return Ok(members.get(part).copied());
        }
        let Ok(place) = part.parse::<usize>() else {
            return Ok(None);
        };
        self.steps_left = match self.steps_left.checked_sub(place) {
            Some(left) => left,
            None => return fail(from, "its `$ref`s lead too far into lists"),
        };
        Ok(node.items().nth(place).map(Node::index))
    }
}

/// `%41` is `A`: fragments are parts of URIs.
fn unquoted(part: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
