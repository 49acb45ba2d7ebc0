//! From the text of a JSON Schema (drafts 6, 7, 2019-09, 2020-12) to rules. What can't be enforced is
//! refused here, loudly; unknown words are annotations, as the specification says.

use std::collections::{HashMap, HashSet};

use regex::Regex;

use super::document::Document;
use super::rules::{Compiled, Rule, RuleId};
use super::tree::{Kind, Node};
use super::words::{fail, types_of};
use crate::error::SchemaError;
use crate::limits::{SCHEMA_CONSTANT_BYTES_MAX, SCHEMA_TYPES_MAX};
use crate::schema::Reference;

const UNSUPPORTED: [&str; 7] = [
    "unevaluatedProperties",
    "unevaluatedItems",
    "$dynamicRef",
    "$recursiveRef",
    "contentSchema",
    "extends",
    "divisibleBy",
];
/// Words that ask for nothing, so that they may stand beside a `$ref` of draft 7, which hides others.
const ANNOTATIONS: [&str; 12] = [
    "$ref",
    "title",
    "description",
    "default",
    "examples",
    "$comment",
    "$id",
    "definitions",
    "$defs",
    "deprecated",
    "readOnly",
    "$schema",
];

const OBJECT_WORDS: [&str; 10] = [
    "properties",
    "patternProperties",
    "additionalProperties",
    "propertyNames",
    "required",
    "minProperties",
    "maxProperties",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
];
const ARRAY_WORDS: [&str; 6] = [
    "prefixItems",
    "items",
    "contains",
    "minItems",
    "maxItems",
    "uniqueItems",
];

type Place = (usize, u32);

/// Compiles a schema; references are other documents, by name or by their `$id`.
pub(crate) fn compile(text: &str, references: &[Reference]) -> Result<Compiled, SchemaError> {
    let mut documents = vec![Document::read("", text)?];
    for reference in references {
        let read = Document::read(&reference.name, &reference.text);
        documents.push(read.map_err(|error| error.within(&reference.name))?);
    }
    let mut linker = Linker {
        documents: &documents,
        rules: Vec::new(),
        known: HashMap::new(),
        open: Vec::new(),
        constant_bytes_left: SCHEMA_CONSTANT_BYTES_MAX,
        patterns: HashMap::new(),
    };
    let root = linker.rule_of((0, 0), 1)?;
    while let Some((id, place)) = linker.open.pop() {
        let rule = linker.compile(place).map_err(|error| {
            match documents.get(place.0).map(|document| document.name) {
                Some("") | None => error,
                Some(name) => error.within(name),
            }
        })?;
        if let Some(slot) = linker.rules.get_mut(id as usize) {
            *slot = rule;
        }
    }
    let compiled = Compiled {
        rules: linker.rules,
        root,
        shape: std::sync::OnceLock::new(),
    };
    refuse_loops(&compiled)?;
    Ok(compiled)
}

pub(super) struct Linker<'c, 's> {
    documents: &'c [Document<'s>],
    rules: Vec<Rule>,
    known: HashMap<Place, RuleId>,
    open: Vec<(RuleId, Place)>,
    /// For the values of `enum` and `const`: a `$ref` may lead into one, and so to copies of its parts.
    pub constant_bytes_left: usize,
    /// Each expression is compiled once.
    pub patterns: HashMap<String, Regex>,
}

impl Linker<'_, '_> {
    fn rule_of(&mut self, place: Place, line: u32) -> Result<RuleId, SchemaError> {
        if let Some(id) = self.known.get(&place) {
            return Ok(*id);
        }
        if self.rules.len() >= SCHEMA_TYPES_MAX {
            let what = format!("the schema has more than {SCHEMA_TYPES_MAX} parts");
            return Err(SchemaError::new(what, line));
        }
        let id = u32::try_from(self.rules.len()).unwrap_or(u32::MAX);
        self.rules.push(Rule::default());
        self.known.insert(place, id);
        self.open.push((id, place));
        Ok(id)
    }

    fn compile(&mut self, place: Place) -> Result<Rule, SchemaError> {
        let documents = self.documents;
        let Some(document) = documents.get(place.0) else {
            return Err(SchemaError::new("the schema is missing", 1));
        };
        let node = document.tree.node(place.1);
        let mut rule = Rule::default();
        match node.kind() {
            Kind::True => return Ok(rule),
            Kind::False => {
                rule.never = true;
                return Ok(rule);
            }
            Kind::Object => {}
            _ => return fail(node, "a schema is an object, true or false"),
        }
        for (key, value) in node.members() {
            let word = key.text().unwrap_or_default();
            if UNSUPPORTED.contains(&word.as_ref()) {
                return fail(key, format!("`{word}` is not supported"));
            }
            if document.old && node.get("$ref").is_some() && !ANNOTATIONS.contains(&word.as_ref()) {
                return fail(
                    key,
                    format!("draft 7 ignores `{word}` beside `$ref`: use `allOf`"),
                );
            }
            self.word(place.0, &mut rule, &word, node, value)?;
        }
        Ok(rule)
    }

    pub(super) fn sub(
        &mut self,
        document: usize,
        node: Node<'_, '_>,
    ) -> Result<RuleId, SchemaError> {
        self.rule_of((document, node.index()), node.line())
    }

    pub(super) fn subs(
        &mut self,
        document: usize,
        node: Node<'_, '_>,
    ) -> Result<Vec<RuleId>, SchemaError> {
        if node.kind() != Kind::Array || node.items().next().is_none() {
            return fail(node, "a list of schemas is missing");
        }
        node.items().map(|item| self.sub(document, item)).collect()
    }

    fn word(
        &mut self,
        document: usize,
        rule: &mut Rule,
        word: &str,
        around: Node<'_, '_>,
        value: Node<'_, '_>,
    ) -> Result<(), SchemaError> {
        match word {
            "type" => rule.types = types_of(value)?,
            "$ref" => rule.reference = Some(self.reference(document, value)?),
            "allOf" => rule.all = self.subs(document, value)?,
            "anyOf" => rule.any = self.subs(document, value)?,
            "oneOf" => rule.one = self.subs(document, value)?,
            "not" => rule.not = Some(self.sub(document, value)?),
            "if" => {
                let test = self.sub(document, value)?;
                let mut branch = |name: &str| {
                    around
                        .get(name)
                        .map(|node| self.sub(document, node))
                        .transpose()
                };
                rule.condition = Some((test, branch("then")?, branch("else")?));
            }
            _ if OBJECT_WORDS.contains(&word) => {
                let object = rule.object.get_or_insert_with(Box::default);
                self.object_word(document, object, word, value)?;
            }
            _ if ARRAY_WORDS.contains(&word) => {
                let array = rule.array.get_or_insert_with(Box::default);
                self.array_word(document, array, word, around, value)?;
            }
            _ => rule.asserted.extend(self.assertion(word, value)?),
        }
        Ok(())
    }

    /// `#`, `#/pointer`, `#anchor`, and any of them behind the name or `$id` of a document.
    fn reference(&mut self, document: usize, node: Node<'_, '_>) -> Result<RuleId, SchemaError> {
        let Some(text) = node.text() else {
            return fail(node, "`$ref` must be a text");
        };
        let (base, fragment) = text.split_once('#').unwrap_or((&text, ""));
        let found = self
            .base(document, base)
            .and_then(|(document, root)| self.fragment(document, root, fragment));
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

    fn fragment(&self, document: usize, root: u32, fragment: &str) -> Option<Place> {
        let known = self.documents.get(document)?;
        if fragment.is_empty() {
            return Some((document, root));
        }
        let Some(pointer) = fragment.strip_prefix('/') else {
            return Some((document, *known.anchors.get(fragment)?));
        };
        let mut node = known.tree.node(root);
        for part in pointer.split('/') {
            let part = unquoted(part)?.replace("~1", "/").replace("~0", "~");
            node = match node.kind() {
                Kind::Array => node.items().nth(part.parse().ok()?)?,
                _ => node.get(&part)?,
            };
        }
        Some((document, node.index()))
    }
}

/// Subschemas that lead back to themselves without going into the value would never end.
fn refuse_loops(compiled: &Compiled) -> Result<(), SchemaError> {
    let mut done = HashSet::new();
    for start in 0..u32::try_from(compiled.rules.len()).unwrap_or(u32::MAX) {
        // Each entry is left a second time, when all below it is done.
        let mut path = HashSet::new();
        let mut open = vec![(start, false)];
        while let Some((id, leaving)) = open.pop() {
            if leaving {
                path.remove(&id);
                done.insert(id);
                continue;
            }
            if done.contains(&id) {
                continue;
            }
            if !path.insert(id) {
                return Err(SchemaError::new("a `$ref` leads back to itself", 1));
            }
            open.push((id, true));
            let next = compiled.rule(id).into_iter().flat_map(Rule::in_place);
            for below in next {
                if path.contains(&below) {
                    return Err(SchemaError::new("a `$ref` leads back to itself", 1));
                }
                open.push((below, false));
            }
        }
    }
    Ok(())
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
