//! What Python answers about an id of a registry.

use std::sync::Arc;

use serde::Deserialize;
use streamward_schema::{Format, Reference, Schema};

use super::SchemaNeed;

/// What was told of an id.
#[derive(Debug)]
pub enum Told {
    /// Its schema, compiled, and how many bytes of text that was.
    Schema(Arc<Schema>, usize),
    /// It isn't one of the stream's; why, for a producer.
    Refused(&'static str),
    /// Nothing; why, for the log of the program.
    Nothing(String),
}

pub(super) const UNKNOWN: &str = "its schema id is not registered for this stream";
const OTHER_FORMAT: &str = "its schema is of another format than the contract says";
const UNUSABLE: &str = "its schema can't be enforced";

/// Fields that an answer does not have are `None`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct SchemaAnswer {
    schema: Option<String>,
    format: Option<String>,
    references: Vec<ReferenceAnswer>,
    unknown: bool,
    unusable: bool,
    error: Option<String>,
}

#[derive(Deserialize)]
struct ReferenceAnswer {
    name: String,
    schema: String,
}

/// Reads an answer and compiles the schema in it, which may take a while.
pub fn read(need: &SchemaNeed, answer: Option<&[u8]>) -> Told {
    let Some(bytes) = answer else {
        return Told::Nothing("no answer in time".to_owned());
    };
    let Ok(answer) = serde_json::from_slice::<SchemaAnswer>(bytes) else {
        return Told::Nothing("an answer that can't be read".to_owned());
    };
    if let Some(error) = answer.error {
        return Told::Nothing(error);
    }
    if answer.unknown {
        return Told::Refused(UNKNOWN);
    }
    if answer.unusable {
        return Told::Refused(UNUSABLE);
    }
    let (Some(text), Some(format)) = (answer.schema, answer.format) else {
        return Told::Nothing("an answer without a schema".to_owned());
    };
    if Format::of_name(&format) != Some(need.of.format) {
        return Told::Refused(OTHER_FORMAT);
    }
    let references = answer.references.into_iter().map(|it| Reference {
        name: it.name,
        text: it.schema,
    });
    let references: Vec<Reference> = references.collect();
    let bytes = references.iter().map(|it| it.text.len()).sum::<usize>() + text.len();
    match Schema::compile(need.of.format, &text, &references) {
        Ok(schema) if need.of.admit_undeclared => {
            Told::Schema(Arc::new(schema.admitting_undeclared()), bytes)
        }
        Ok(schema) => Told::Schema(Arc::new(schema), bytes),
        Err(error) => {
            let (registry, id) = (&*need.of.registry, need.id);
            tracing::warn!(schema_registry = registry, schema_id = id, %error, "a schema that can't be enforced");
            Told::Refused(UNUSABLE)
        }
    }
}
