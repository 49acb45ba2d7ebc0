//! Words of a JSON Schema about what is within objects and arrays.

use super::compile::Linker;
use super::rules::{ArrayRule, ObjectRule};
use super::tree::{Kind, Node};
use super::words::{count, fail, members, texts};
use crate::error::SchemaError;

impl Linker<'_, '_> {
    pub(super) fn object_word(
        &mut self,
        document: usize,
        object: &mut ObjectRule,
        word: &str,
        value: Node<'_, '_>,
    ) -> Result<(), SchemaError> {
        match word {
            "properties" => {
                for (key, schema) in members(value)? {
                    let name = key.text().unwrap_or_default().into_owned();
                    let id = self.sub(document, schema)?;
                    object.properties.insert(name, id);
                }
            }
            "patternProperties" => {
                for (key, schema) in members(value)? {
                    let expression = key.text().unwrap_or_default();
                    let expression = self.pattern(key, &expression)?;
                    object
                        .patterns
                        .push((expression, self.sub(document, schema)?));
                }
            }
            "additionalProperties" => object.additional = Some(self.sub(document, value)?),
            "propertyNames" => object.names = Some(self.sub(document, value)?),
            "required" => object.required = texts(value)?,
            "minProperties" => object.min = Some(count(value)?),
            "maxProperties" => object.max = Some(count(value)?),
            "dependentRequired" | "dependentSchemas" | "dependencies" => {
                for (key, depends) in members(value)? {
                    let name = key.text().unwrap_or_default().into_owned();
                    if depends.kind() == Kind::Array && word != "dependentSchemas" {
                        object.dependent_required.push((name, texts(depends)?));
                    } else if word == "dependentRequired" {
                        return fail(depends, "a list of names is missing");
                    } else {
                        object.dependent.insert(name, self.sub(document, depends)?);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn array_word(
        &mut self,
        document: usize,
        array: &mut ArrayRule,
        word: &str,
        around: Node<'_, '_>,
        value: Node<'_, '_>,
    ) -> Result<(), SchemaError> {
        match word {
            "prefixItems" => array.prefix = self.subs(document, value)?,
            "items" if value.kind() == Kind::Array => {
                // Drafts before 2020-12: a schema for each place, and `additionalItems` for the rest.
                array.prefix = value
                    .items()
                    .map(|item| self.sub(document, item))
                    .collect::<Result<_, _>>()?;
                if let Some(rest) = around.get("additionalItems") {
                    array.items = Some(self.sub(document, rest)?);
                }
            }
            "items" => array.items = Some(self.sub(document, value)?),
            "contains" => {
                let least = around.get("minContains").map_or(Ok(1), count)?;
                let most = around.get("maxContains").map(count).transpose()?;
                array.contains = Some((self.sub(document, value)?, least, most));
            }
            "minItems" => array.min = Some(count(value)?),
            "maxItems" => array.max = Some(count(value)?),
            "uniqueItems" => array.unique = value.kind() == Kind::True,
            _ => {}
        }
        Ok(())
    }
}
