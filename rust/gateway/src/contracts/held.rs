//! What values are held to: a schema of the bundle, or that of the id in front of them.

use std::sync::Arc;

use streamward_schema::{Format, Pattern, Patterns, Reference, Schema, unframe};

use super::{SchemaSection, Wrong};
use crate::schemas::{FoundSchema, Registered, SchemaNeed, Schemas};

/// A schema and what else values are held to.
#[derive(Debug)]
pub struct Held {
    source: Source,
    /// Of Protobuf, the full name of the message; `None`: any of a registry's, the first of a text's.
    message: Option<String>,
    patterns: Option<Patterns>,
}

#[derive(Debug)]
enum Source {
    /// The schema, and the ids of which one stands in front of each value.
    Text(Schema, Vec<u32>),
    /// The id in front of each value says which.
    Registry(Arc<Registered>),
}

impl Held {
    /// What is wrong with a value; never a part of it.
    ///
    /// # Errors
    /// Says it in words for a producer.
    pub fn check(&self, value: &[u8], schemas: &Schemas, now: i64) -> Result<(), Wrong> {
        match &self.source {
            Source::Text(schema, ids) => {
                let at = value_at(schema, ids, value)?;
                self.validate(schema, value.get(at..).unwrap_or_default())
            }
            Source::Registry(of) => self.check_registered(of, value, schemas, now),
        }
    }

    pub(super) const fn is_framed(&self) -> bool {
        match &self.source {
            Source::Text(_, ids) => !ids.is_empty(),
            Source::Registry(_) => true,
        }
    }

    fn check_registered(
        &self,
        of: &Arc<Registered>,
        value: &[u8],
        schemas: &Schemas,
        now: i64,
    ) -> Result<(), Wrong> {
        let protobuf = of.format == Format::Protobuf;
        let framed = unframe(value, protobuf).map_err(|invalid| invalid.to_string())?;
        let need = SchemaNeed {
            of: of.clone(),
            id: framed.schema_id,
        };
        let schema = match schemas.find(&need, now) {
            FoundSchema::Known(schema) => schema,
            FoundSchema::Refused(why) => return Err(Wrong::Record(why.to_owned())),
            FoundSchema::NotThere => return Err(Wrong::Ask(need)),
            FoundSchema::Trouble => return Err(Wrong::Trouble),
        };
        let value = value.get(framed.at..).unwrap_or_default();
        if schema.is_message(&framed.message) {
            return self.validate_named(&schema, value);
        }
        let schema = schema.at_indexes(&framed.message);
        let schema = schema.ok_or_else(|| "its message index names no message".to_owned())?;
        self.validate_named(&schema, value)
    }

    fn validate_named(&self, schema: &Schema, value: &[u8]) -> Result<(), Wrong> {
        if self.message.is_some() && schema.message_name() != self.message.as_deref() {
            let what = "its message index is not that of the stream's message";
            return Err(Wrong::Record(what.to_owned()));
        }
        self.validate(schema, value)
    }

    fn validate(&self, schema: &Schema, value: &[u8]) -> Result<(), Wrong> {
        let validated = match &self.patterns {
            Some(patterns) => schema.validate_content(value, patterns),
            None => schema.validate(value),
        };
        validated.map_err(|invalid| Wrong::Record(invalid.to_string()))
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

fn source(section: &SchemaSection) -> Result<Source, String> {
    let Some(registry) = &section.registry else {
        return Ok(Source::Text(compile(section)?, section.schema_ids.clone()));
    };
    let format = Format::of_name(&section.format)
        .ok_or_else(|| format!("there is no format `{}`", section.format))?;
    if registry.subjects.is_empty() {
        return Err(format!("no subject of `{}` is named", registry.name));
    }
    Ok(Source::Registry(Arc::new(Registered {
        registry: registry.name.clone(),
        subjects: registry.subjects.clone(),
        format,
        admit_undeclared: section.admit_undeclared,
        cache_milliseconds: registry.cache_milliseconds,
        unknown_milliseconds: registry.unknown_milliseconds,
        stale_milliseconds: registry.stale_milliseconds,
    })))
}

pub(super) fn held(section: &SchemaSection) -> Result<Held, String> {
    let source = source(section)?;
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
        source,
        message: section.message.clone(),
        patterns,
    })
}
