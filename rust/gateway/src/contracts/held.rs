//! What values are held to: a schema of the bundle, or that of the id in front of them.

use std::sync::Arc;

use streamward_schema::{
    Format, Pattern, Patterns, Reference, Schema, SchemaId, unframe, unframe_header,
};

use super::section::IdsIn;
use super::{SchemaSection, Wrong};
use crate::schemas::{FoundSchema, LookUp, Registered, Registry, SchemaNeed};

/// What a record has in the header that may name the schema of its value or key.
#[derive(Clone, Copy, Debug)]
pub struct IdHeader<'r> {
    /// The name of the header.
    pub name: &'static str,
    /// How often it stands there.
    pub count: usize,
    /// What it holds, where it does.
    pub content: Option<&'r [u8]>,
}

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
    /// The id of each value says which.
    Registry(Arc<Registered>, IdsIn),
}

impl<'r> IdHeader<'r> {
    fn wrong(self, what: &str) -> Wrong {
        Wrong::Record(format!("its header `{}` {what}", self.name))
    }

    /// Does it say which schema it is, where contracts have ids there?
    fn counts(self, ids: IdsIn) -> Result<bool, Wrong> {
        match ids {
            IdsIn::Prefix => self.absent().map(|()| false),
            IdsIn::Header => Ok(true),
            IdsIn::Either => Ok(self.count > 0),
        }
    }

    /// SECURITY: readers that know both take the id of the header (Confluent's `DualSchemaIdDeserializer`), so that they
    /// would read by another schema than the one that was held against the value.
    fn absent(self) -> Result<(), Wrong> {
        if self.count == 0 {
            return Ok(());
        }
        let what = "may name another schema than the id in front, and the contract does not say `ids: header`";
        Err(self.wrong(what))
    }

    /// SECURITY: of several, one reader takes the first and another the last; without a value, some look in front.
    fn content(self) -> Result<&'r [u8], Wrong> {
        match (self.count, self.content) {
            (0, _) => Err(self.wrong("is missing")),
            (1, Some(content)) => Ok(content),
            (1, None) => Err(self.wrong("holds no schema id")),
            _ => Err(self.wrong("stands there more than once")),
        }
    }
}

impl Held {
    /// What is wrong with a value; never a part of it.
    ///
    /// # Errors
    /// Says it in words for a producer.
    pub fn check(
        &self,
        value: &[u8],
        header: IdHeader<'_>,
        look_up: &LookUp<'_>,
    ) -> Result<(), Wrong> {
        match &self.source {
            Source::Text(schema, ids) => {
                if !ids.is_empty() {
                    header.absent()?;
                }
                let at = value_at(schema, ids, value)?;
                self.validate(schema, value.get(at..).unwrap_or_default())
            }
            Source::Registry(of, ids) => {
                let protobuf = of.format == Format::Protobuf;
                let (id, message, at) = if header.counts(*ids)? {
                    let named = unframe_header(header.content()?, protobuf);
                    let named = named.ok_or_else(|| header.wrong("holds no schema id"))?;
                    (named.id, named.message, 0)
                } else {
                    let framed = unframe(value, protobuf).map_err(|it| it.to_string())?;
                    let id = SchemaId::Number(framed.schema_id);
                    (id, framed.message, framed.at)
                };
                let need = SchemaNeed { of: of.clone(), id };
                let value = value.get(at..).unwrap_or_default();
                self.check_registered(&need, &message, value, look_up)
            }
        }
    }

    /// The registry that it names, and for which subjects.
    pub(super) const fn registered(&self) -> Option<&Arc<Registered>> {
        match &self.source {
            Source::Text(..) => None,
            Source::Registry(of, _) => Some(of),
        }
    }

    fn check_registered(
        &self,
        need: &SchemaNeed,
        message: &[u32],
        value: &[u8],
        look_up: &LookUp<'_>,
    ) -> Result<(), Wrong> {
        let schema = match look_up.find(need) {
            FoundSchema::Known(schema) => schema,
            FoundSchema::Refused(why) => return Err(Wrong::Record(why.to_owned())),
            FoundSchema::NotThere => return Err(Wrong::Ask(need.clone())),
            FoundSchema::Trouble => return Err(Wrong::Trouble),
        };
        if schema.is_message(message) {
            return self.validate_named(&schema, value);
        }
        let schema = schema.at_indexes(message);
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
    let of = Arc::new(Registered {
        registry: Arc::new(Registry {
            name: registry.name.clone(),
            digest: registry.digest.clone(),
        }),
        subjects: registry.subjects.clone(),
        format,
        admit_undeclared: section.admit_undeclared,
        cache_milliseconds: registry.cache_milliseconds,
        unknown_milliseconds: registry.unknown_milliseconds,
        stale_milliseconds: registry.stale_milliseconds,
    });
    Ok(Source::Registry(of, registry.ids))
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
