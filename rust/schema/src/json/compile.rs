//! From the text of a JSON Schema (drafts 6, 7, 2019-09, 2020-12) to rules. What can't be enforced is
//! refused here, loudly; unknown words are annotations, as the specification says.

use std::collections::HashMap;

use super::document::Document;
use super::order::order_of;
use super::pattern::Pattern;
use super::rules::{Compiled, Rule, RuleId};
use super::tree::{Kind, Node};
use super::words::{fail, types_of};
use crate::error::SchemaError;
use crate::limits::{SCHEMA_CONSTANT_BYTES_MAX, SCHEMA_STEPS_MAX, SCHEMA_TYPES_MAX};
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

/// A node of a document.
pub(super) type Place = (usize, u32);

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
        pattern_bytes: 0,
        members: HashMap::new(),
        steps_left: SCHEMA_STEPS_MAX,
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
    let types = order_of(&linker.rules)?;
    Ok(Compiled {
        rules: linker.rules,
        root,
        types,
        pattern_bytes: linker.pattern_bytes,
        shape: std::sync::OnceLock::new(),
    })
}

pub(super) struct Linker<'c, 's> {
    pub documents: &'c [Document<'s>],
    rules: Vec<Rule>,
    known: HashMap<Place, RuleId>,
    open: Vec<(RuleId, Place)>,
    /// For the values of `enum` and `const`: a `$ref` may lead into one, and so to copies of its parts.
    pub constant_bytes_left: usize,
    /// Each expression is compiled once.
    pub patterns: HashMap<String, Pattern>,
    pub pattern_bytes: usize,
    /// Where the members are of objects into which a `$ref` led.
    pub members: HashMap<Place, HashMap<String, u32>>,
    pub steps_left: usize,
}

impl Linker<'_, '_> {
    pub(super) fn rule_of(&mut self, place: Place, line: u32) -> Result<RuleId, SchemaError> {
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
        let hides = document.old && node.get("$ref").is_some();
        for (key, value) in node.members() {
            let word = key.text().unwrap_or_default();
            if UNSUPPORTED.contains(&word.as_ref()) {
                return fail(key, format!("`{word}` is not supported"));
            }
            if hides && !ANNOTATIONS.contains(&word.as_ref()) {
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
}
