//! What Python answers about an id of a registry.

use std::sync::Arc;

use aws_lc_rs::digest;
use serde::Deserialize;
use streamward_schema::{Format, Reference, Schema};

use super::SchemaNeed;

/// What was told of an id.
#[derive(Debug)]
pub enum Told {
    /// Its schema, compiled, and what names its text.
    Schema(Arc<Schema>, TextDigest),
    /// It isn't one of the stream's.
    Unknown,
    /// Its schema can't be enforced on the stream; why, for a producer.
    Unusable(&'static str),
    /// Nothing that can be used; why, for the log of the program. It says nothing of other ids.
    Trouble(String),
    /// The registry can't be reached: nothing can be told of any id.
    Unreachable(String),
}

/// Of a schema's text, those of its references, and its format; a SHA-256.
pub type TextDigest = [u8; 32];

pub(super) const UNKNOWN: &str = "its schema id is not registered for this stream";
const OTHER_FORMAT: &str = "its schema is of another format than the contract says";
const UNRESOLVED: &str = "its schema id is a GUID, which its registry does not resolve";
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
    unresolved: bool,
    error: Option<String>,
    unreachable: Option<String>,
}

#[derive(Deserialize)]
struct ReferenceAnswer {
    name: String,
    schema: String,
}

/// Reads an answer and compiles the schema in it, which may take a while.
pub fn read(need: &SchemaNeed, answer: Option<&[u8]>) -> Told {
    let Some(bytes) = answer else {
        return Told::Trouble("no answer in time".to_owned());
    };
    let Ok(answer) = serde_json::from_slice::<SchemaAnswer>(bytes) else {
        return Told::Trouble("an answer that can't be read".to_owned());
    };
    if let Some(error) = answer.unreachable {
        return Told::Unreachable(error);
    }
    if let Some(error) = answer.error {
        return Told::Trouble(error);
    }
    if answer.unknown {
        return Told::Unknown;
    }
    if answer.unusable {
        return Told::Unusable(UNUSABLE);
    }
    if answer.unresolved {
        return Told::Unusable(UNRESOLVED);
    }
    let (Some(text), Some(format)) = (answer.schema, answer.format) else {
        return Told::Trouble("an answer without a schema".to_owned());
    };
    if Format::of_name(&format) != Some(need.of.format) {
        return Told::Unusable(OTHER_FORMAT);
    }
    let references = answer.references.into_iter().map(|it| Reference {
        name: it.name,
        text: it.schema,
    });
    let references: Vec<Reference> = references.collect();
    let digest = digest_of(&format, &text, &references);
    match Schema::compile(need.of.format, &text, &references) {
        Ok(schema) if need.of.admit_undeclared => {
            Told::Schema(Arc::new(schema.admitting_undeclared()), digest)
        }
        Ok(schema) => Told::Schema(Arc::new(schema), digest),
        Err(error) => {
            let (registry, id) = (&*need.of.registry.name, need.id);
            tracing::warn!(schema_registry = registry, schema_id = %id, %error, "a schema that can't be enforced");
            Told::Unusable(UNUSABLE)
        }
    }
}

/// References count as a set: registries need not tell them in the same order.
fn digest_of(format: &str, text: &str, references: &[Reference]) -> TextDigest {
    let mut named: Vec<(&str, &str)> = references.iter().map(|it| (&*it.name, &*it.text)).collect();
    named.sort_unstable();
    let mut context = digest::Context::new(&digest::SHA256);
    let parts = named.iter().flat_map(|(name, text)| [*name, *text]);
    for part in [format, text].into_iter().chain(parts) {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    let mut digest = TextDigest::default();
    digest.copy_from_slice(context.finish().as_ref());
    digest
}
