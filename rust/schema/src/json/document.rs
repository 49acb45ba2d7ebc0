//! The text of a JSON Schema, and where its `$id`s and anchors lead.

use std::collections::HashMap;

use super::tree::Tree;
use super::words::fail;
use crate::error::SchemaError;

/// A text, and where its `$id`s and anchors lead.
pub(super) struct Document<'s> {
    pub name: &'s str,
    pub tree: Tree<'s>,
    pub old: bool,
    pub anchors: HashMap<String, u32>,
    pub ids: HashMap<String, u32>,
}

impl<'s> Document<'s> {
    pub fn read(name: &'s str, text: &'s str) -> Result<Self, SchemaError> {
        let tree = Tree::of_schema(text)?;
        let root = tree.root();
        let dialect = root.get_text("$schema").unwrap_or_default();
        let old = match dialect
            .trim_end_matches('#')
            .rsplit("json-schema.org/")
            .next()
        {
            Some("draft-06/schema" | "draft-07/schema") => true,
            Some("" | "draft/2019-09/schema" | "draft/2020-12/schema") => false,
            _ => return fail(root, format!("the dialect `{dialect}` is not supported")),
        };
        let (mut anchors, mut ids) = (HashMap::new(), HashMap::new());
        let mut open = vec![root];
        while let Some(node) = open.pop() {
            if let Some(anchor) = node.get_text("$anchor") {
                anchors.insert(anchor.into_owned(), node.index());
            }
            if let Some(id) = node.get_text("$id") {
                ids.insert(id.trim_end_matches('#').to_owned(), node.index());
            }
            open.extend(node.items());
            open.extend(node.members().map(|(_, value)| value));
        }
        Ok(Self {
            name,
            tree,
            old,
            anchors,
            ids,
        })
    }
}
