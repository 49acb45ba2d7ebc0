//! What streams may carry: the `contracts` section of a snapshot, compiled once.

use std::collections::HashMap;

use serde::Deserialize;
use streamward_schema::{Format, Pattern, Patterns, Reference, Schema, unframe};

/// Contracts by the name of their stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractsSection {
    /// The streams that are held to one.
    #[serde(default)]
    pub streams: Vec<ContractSection>,
}

/// The contract of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractSection {
    /// The topic.
    pub name: String,
    /// What values are held to when they are written; `None`: to nothing.
    pub write: Option<SchemaSection>,
}

/// A schema, its text and those that it refers to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemaSection {
    /// `avro`, `protobuf` or `json`.
    pub format: String,
    /// The schema.
    pub text: String,
    /// What it refers to.
    pub references: Vec<ReferenceSection>,
    /// Of Protobuf, the full name of the message; `None`: the first.
    pub message: Option<String>,
    /// Are fields of Protobuf messages taken that are not declared?
    pub admit_undeclared: bool,
    /// Ids of which one stands in front of each value (Confluent's wire format); none: values begin at once.
    pub schema_ids: Vec<u32>,
    /// Patterns of injections that no text may hold.
    pub refused_patterns: Vec<String>,
}

/// A schema that another one refers to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceSection {
    /// By which it is referred to.
    pub name: String,
    /// The schema.
    pub text: String,
}

/// What a stream is held to, ready for records.
#[derive(Debug)]
pub struct Contract {
    /// What values are held to when they are written.
    pub write: Option<Held>,
}

/// A schema and what else values are held to.
#[derive(Debug)]
pub struct Held {
    schema: Schema,
    schema_ids: Vec<u32>,
    patterns: Option<Patterns>,
}

impl Held {
    /// What is wrong with a value; never a part of it.
    ///
    /// # Errors
    /// Says it in words for a producer.
    pub fn check(&self, value: &[u8]) -> Result<(), String> {
        let at = value_at(&self.schema, &self.schema_ids, value)?;
        let value = value.get(at..).unwrap_or_default();
        match &self.patterns {
            Some(patterns) => self.schema.validate_content(value, patterns),
            None => self.schema.validate(value),
        }
        .map_err(|invalid| invalid.to_string())
    }
}

/// Where the value begins, behind the id of one of these schemas; without any, at once.
///
/// # Errors
/// Says in words what stands there instead.
pub fn value_at(schema: &Schema, schema_ids: &[u32], value: &[u8]) -> Result<usize, String> {
    if schema_ids.is_empty() {
        return Ok(0);
    }
    let protobuf = schema.format() == Format::Protobuf;
    let framed = unframe(value, protobuf).map_err(|invalid| invalid.to_string())?;
    if !schema_ids.contains(&framed.schema_id) {
        return Err("its schema id is not one of the stream's".to_owned());
    }
    if !schema.is_message(&framed.message) {
        return Err("its message index is not that of the stream's message".to_owned());
    }
    Ok(framed.at)
}

/// Compiled contracts, by stream.
#[derive(Debug, Default)]
pub struct Contracts(HashMap<String, Contract>);

impl Contracts {
    /// Compiles a section; says what contradicts itself in it, for whoever wrote the snapshot.
    ///
    /// # Errors
    /// In words.
    pub fn build(section: &ContractsSection) -> Result<Self, String> {
        let mut contracts = HashMap::new();
        for stream in &section.streams {
            let write = stream.write.as_ref().map(held).transpose();
            let contract = Contract {
                write: write.map_err(|what| format!("contract of `{}`: {what}", stream.name))?,
            };
            if contracts.insert(stream.name.clone(), contract).is_some() {
                return Err(format!("the contract of `{}` stands twice", stream.name));
            }
        }
        Ok(Self(contracts))
    }

    /// The contract of a topic.
    pub fn of(&self, topic: &str) -> Option<&Contract> {
        self.0.get(topic)
    }
}

/// Compiles a schema.
///
/// # Errors
/// Says in words what is wrong with it.
pub fn compile(section: &SchemaSection) -> Result<Schema, String> {
    let format = Format::of_name(&section.format)
        .ok_or_else(|| format!("there is no format `{}`", section.format))?;
    let references: Vec<Reference> = section
        .references
        .iter()
        .map(|it| Reference {
            name: it.name.clone(),
            text: it.text.clone(),
        })
        .collect();
    let mut schema =
        Schema::compile(format, &section.text, &references).map_err(|error| error.to_string())?;
    if let Some(name) = &section.message {
        schema = schema.of_message(name).map_err(|error| error.to_string())?;
    }
    if section.admit_undeclared {
        schema = schema.admitting_undeclared();
    }
    Ok(schema)
}

fn held(section: &SchemaSection) -> Result<Held, String> {
    let schema = compile(section)?;
    let patterns: Option<Vec<Pattern>> = section
        .refused_patterns
        .iter()
        .map(|name| Pattern::of_name(name))
        .collect();
    let patterns = patterns.ok_or("there is no such pattern")?;
    let patterns = if patterns.is_empty() {
        None
    } else {
        Some(Patterns::compile(&patterns).map_err(|error| error.to_string())?)
    };
    Ok(Held {
        schema,
        schema_ids: section.schema_ids.clone(),
        patterns,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn golden() -> ContractsSection {
        let text = include_str!("../../../tests/golden/snapshot.json");
        let mut document: serde_json::Value = serde_json::from_str(text).unwrap();
        serde_json::from_value(document["contracts"].take()).unwrap()
    }

    #[test]
    fn the_golden_section_is_compiled_and_its_contradictions_are_not() {
        let section = golden();
        assert!(
            Contracts::build(&section)
                .unwrap()
                .of(&section.streams[0].name)
                .is_some()
        );
        let broken: [fn(&mut SchemaSection); 4] = [
            |it| it.format = "xml".into(),
            |it| it.text = "{".into(),
            |it| it.message = Some("M".into()),
            |it| it.refused_patterns = vec!["ldap".into()],
        ];
        for break_it in broken {
            let mut section = golden();
            break_it(section.streams[0].write.as_mut().unwrap());
            assert!(Contracts::build(&section).is_err());
        }
        let mut twice = golden();
        twice.streams.push(twice.streams[0].clone());
        assert!(Contracts::build(&twice).is_err());
    }

    #[test]
    fn values_in_front_of_which_ids_stand_are_held_to_them() {
        let section: SchemaSection = serde_json::from_value(serde_json::json!({
            "format": "json", "text": "{\"type\":\"integer\"}", "references": [], "message": null,
            "admit_undeclared": false, "schema_ids": [7], "refused_patterns": []}))
        .unwrap();
        let held = held(&section).unwrap();
        assert_eq!(held.check(b"\0\0\0\0\x071"), Ok(()));
        for value in [
            &b"1"[..],
            b"\0\0\0\0\x081",
            b"\0\0\0\0\x07x",
            b"\x01\0\0\0\x071",
            b"",
        ] {
            assert!(held.check(value).is_err(), "{value:?}");
        }
    }
}
