//! A compiled schema of any of the formats, and what can be asked of it.

use std::sync::{Arc, OnceLock};

use crate::declared::{Declared, Description};
use crate::error::{Invalid, SchemaError};
use crate::field::{LeafType, Visit};
use crate::injection::{Patterns, Refuse};
use crate::limits::{Limits, SCHEMA_NAME_BYTES_MAX, SCHEMA_REFERENCES_MAX, SCHEMA_TEXT_BYTES_MAX};
use crate::mask::{Mask, Masker};
use crate::selection::{At, Selection};
use crate::{avro, field, json, protobuf};

/// What a value is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Avro's binary encoding.
    Avro,
    /// Protobuf's wire format.
    Protobuf,
    /// JSON, against a JSON Schema.
    Json,
}

impl Format {
    /// The format of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "avro" => Self::Avro,
            "protobuf" => Self::Protobuf,
            "json" => Self::Json,
            _ => return None,
        })
    }
}

/// A schema that another one refers to, by the name that it uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Of an Avro type, an import of Protobuf's, or a `$ref`.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// What becomes of members and fields that a schema doesn't name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Undeclared {
    /// They stay, where the schema allows for them.
    Kept,
    /// They are left out of what is made of the value.
    LeftOut,
}

/// What stands at a path of a schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Types of single values; empty: nothing is declared there, or only what has fields.
    pub kinds: Vec<LeafType>,
    /// Whether something with fields of its own may stand there.
    pub nested: bool,
    /// Of a JSON Schema: what is applied there.
    pub rules: Vec<u32>,
}

#[derive(Debug, Clone)]
enum Compiled {
    Avro(avro::Compiled),
    Protobuf(protobuf::Compiled),
    Json(json::Compiled),
}

/// A compiled schema.
#[derive(Debug, Clone)]
pub struct Schema {
    compiled: Compiled,
    /// Of its text, those that it refers to included.
    text_bytes: usize,
    limits: Limits,
    /// What it declares, once somebody asks.
    described: OnceLock<Arc<Description>>,
}

impl Schema {
    /// Compiles the text of a schema.
    ///
    /// # Errors
    /// `SchemaError` says what is wrong and where.
    pub fn compile(
        format: Format,
        text: &str,
        references: &[Reference],
    ) -> Result<Self, SchemaError> {
        if references.len() > SCHEMA_REFERENCES_MAX {
            let what = format!("the schema refers to more than {SCHEMA_REFERENCES_MAX} others");
            return Err(SchemaError::new(what, 1));
        }
        if references
            .iter()
            .any(|it| it.name.len() > SCHEMA_NAME_BYTES_MAX)
        {
            let what =
                format!("the name of a reference has more than {SCHEMA_NAME_BYTES_MAX} bytes");
            return Err(SchemaError::new(what, 1));
        }
        let text_bytes = text.len() + references.iter().map(|it| it.text.len()).sum::<usize>();
        if text_bytes > SCHEMA_TEXT_BYTES_MAX {
            let what = format!(
                "the schema and what it refers to have more than {SCHEMA_TEXT_BYTES_MAX} bytes"
            );
            return Err(SchemaError::new(what, 1));
        }
        let compiled = match format {
            Format::Avro => Compiled::Avro(avro::compile(text, references)?),
            Format::Protobuf => Compiled::Protobuf(protobuf::compile(text, references)?),
            Format::Json => Compiled::Json(json::compile(text, references)?),
        };
        Ok(Self {
            compiled,
            text_bytes,
            limits: Limits::default(),
            described: OnceLock::new(),
        })
    }

    /// The same schema with other limits on values.
    #[must_use]
    pub fn within(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The same schema for another message than the first (Protobuf), by its full name.
    ///
    /// # Errors
    /// `SchemaError` where it has no such message, or isn't Protobuf.
    pub fn of_message(self, name: &str) -> Result<Self, SchemaError> {
        let found = match self.compiled {
            Compiled::Protobuf(schema) => schema.of_message(name),
            _ => None,
        };
        match found {
            Some(schema) => Ok(Self {
                compiled: Compiled::Protobuf(schema),
                text_bytes: self.text_bytes,
                limits: self.limits,
                described: OnceLock::new(),
            }),
            None => Err(SchemaError::new(format!("it has no message `{name}`"), 1)),
        }
    }

    /// The same schema (Protobuf), and fields that it doesn't declare are taken as they are. The other
    /// formats say it themselves: Avro has no such fields, JSON Schema has `additionalProperties`.
    #[must_use]
    pub fn admitting_undeclared(mut self) -> Self {
        if let Compiled::Protobuf(schema) = self.compiled {
            self.compiled = Compiled::Protobuf(schema.admitting_undeclared());
        }
        self
    }

    /// About how much memory it takes: its texts, its parts, its compiled patterns.
    pub fn memory_bytes(&self) -> usize {
        const PART_BYTES: usize = 256;
        let (parts, patterns) = match &self.compiled {
            Compiled::Avro(schema) => (schema.parts(), 0),
            Compiled::Protobuf(schema) => (schema.parts(), 0),
            Compiled::Json(schema) => (schema.parts(), schema.pattern_bytes),
        };
        self.text_bytes + parts * PART_BYTES + patterns
    }

    /// What values are written in.
    pub fn format(&self) -> Format {
        match self.compiled {
            Compiled::Avro(_) => Format::Avro,
            Compiled::Protobuf(_) => Format::Protobuf,
            Compiled::Json(_) => Format::Json,
        }
    }

    /// Whether message indexes of Confluent's wire format name the message that values are of.
    pub fn is_message(&self, indexes: &[u32]) -> bool {
        match &self.compiled {
            Compiled::Protobuf(schema) => schema.is_message(indexes),
            _ => indexes.is_empty(),
        }
    }

    /// The same schema for the message that indexes of Confluent's wire format name; `None`: there is none.
    /// Both share what was compiled.
    #[must_use]
    pub fn at_indexes(&self, indexes: &[u32]) -> Option<Self> {
        match &self.compiled {
            Compiled::Protobuf(schema) => Some(Self {
                compiled: Compiled::Protobuf(schema.at_indexes(indexes)?),
                text_bytes: self.text_bytes,
                limits: self.limits,
                described: OnceLock::new(),
            }),
            _ => None,
        }
    }

    /// The full name of the message that values are of (Protobuf).
    pub fn message_name(&self) -> Option<&str> {
        match &self.compiled {
            Compiled::Protobuf(schema) => Some(schema.message_name()),
            _ => None,
        }
    }

    /// Whether the bytes are one value of the schema, and nothing else.
    ///
    /// # Errors
    /// `Invalid` says why not.
    pub fn validate(&self, value: &[u8]) -> Result<(), Invalid> {
        self.walk(value, At::NOWHERE, Undeclared::Kept, &mut field::Nothing)
            .map(|_| ())
    }

    /// As `validate`, and none of its texts holds one of the patterns.
    ///
    /// # Errors
    /// `Invalid` says why not.
    pub fn validate_content(&self, value: &[u8], patterns: &Patterns) -> Result<(), Invalid> {
        self.walk(value, At::NOWHERE, Undeclared::Kept, &mut Refuse(patterns))
            .map(|_| ())
    }

    /// Validates the value and shows the selected fields to a visitor; gives the value with what it
    /// replaced, or `None` where it replaced nothing. Fields that are absent or null are not shown.
    ///
    /// # Errors
    /// `Invalid` where the value isn't of the schema, or the visitor refuses it.
    pub fn rewrite<V: Visit>(
        &self,
        value: &[u8],
        fields: &Selection,
        visitor: &mut V,
    ) -> Result<Option<Vec<u8>>, Invalid> {
        let edits = self.walk(value, fields.root(), Undeclared::Kept, visitor)?;
        Ok((!edits.is_empty()).then(|| edits.apply(value)))
    }

    /// The value with masks on the selected fields, and without what the schema doesn't name: members of
    /// JSON objects, fields of Protobuf messages. Nobody could say of these what they hold.
    ///
    /// # Errors
    /// `Invalid` where the value isn't of the schema, or a mask doesn't fit what stands there: nothing
    /// may then be shown of it.
    pub fn mask(
        &self,
        value: &[u8],
        fields: &Selection,
        masker: &mut Masker<'_>,
    ) -> Result<Vec<u8>, Invalid> {
        let edits = self.walk(value, fields.root(), Undeclared::LeftOut, masker)?;
        Ok(edits.apply(value))
    }

    fn walk<V: Visit>(
        &self,
        value: &[u8],
        at: At<'_>,
        undeclared: Undeclared,
        visitor: &mut V,
    ) -> Result<crate::edit::Edits, Invalid> {
        match &self.compiled {
            Compiled::Avro(schema) => schema.walk(value, &self.limits, at, visitor),
            Compiled::Protobuf(schema) => schema.walk(value, &self.limits, at, undeclared, visitor),
            Compiled::Json(schema) => schema.walk(value, &self.limits, at, undeclared, visitor),
        }
    }

    fn at(&self, path: &[&str]) -> Found {
        match &self.compiled {
            Compiled::Avro(schema) => schema.at(path),
            Compiled::Protobuf(schema) => schema.at(path),
            Compiled::Json(schema) => schema.at(path),
        }
    }

    /// Why a field can't carry a mask; `None`: it can, whatever value it has.
    pub fn mask_problem(&self, path: &[&str], mask: Mask) -> Option<String> {
        let found = match self.single_problem(path) {
            Ok(found) => found,
            Err(what) => return Some(what),
        };
        let name = mask.name();
        if let Some(kind) = found.kinds.iter().find(|kind| !mask.fits(**kind)) {
            return Some(format!("`{name}` can't be put on {}", kind.words()));
        }
        let Compiled::Json(schema) = &self.compiled else {
            return None;
        };
        if !schema.names_within_limits() {
            return Some("the schema is too large to be masked by".to_owned());
        }
        let admitted = found.kinds.iter().all(|kind| {
            let samples = samples(mask, *kind);
            samples
                .iter()
                .any(|masked| schema.admits(&found.rules, masked))
        });
        let what = format!("what `{name}` puts there is no value of the schema");
        (!admitted).then_some(what)
    }

    /// Why a field can't be sealed by itself; `None`: it is a text or bytes.
    pub fn seal_problem(&self, path: &[&str]) -> Option<String> {
        let found = match self.single_problem(path) {
            Ok(found) => found,
            Err(what) => return Some(what),
        };
        let other = found
            .kinds
            .iter()
            .find(|kind| !matches!(kind, LeafType::Text | LeafType::Bytes));
        if let Some(other) = other {
            let words = other.words();
            return Some(format!("only texts and bytes can be sealed, not {words}"));
        }
        let Compiled::Json(schema) = &self.compiled else {
            return None;
        };
        let admitted = ENVELOPE_CHARACTERS.iter().all(|count| {
            let envelope = "A9-_".repeat(count / 4);
            schema.admits(&found.rules, &format!("\"{envelope}\""))
        });
        (!admitted).then(|| "the text of an envelope is no value of the schema".to_owned())
    }

    fn single_problem(&self, path: &[&str]) -> Result<Found, String> {
        let found = self.at(path);
        if found.nested {
            return Err("it has fields of its own: name these".to_owned());
        }
        if found.kinds.is_empty() {
            return Err("the schema declares no such field".to_owned());
        }
        // SECURITY: what can't be named would be seen as it is.
        match self.described().problem(path) {
            Some(what) => Err(what),
            None => Ok(found),
        }
    }

    /// Every field that the schema declares, each before those within it.
    ///
    /// # Errors
    /// `SchemaError` where there are more than can be told.
    pub fn declared(&self) -> Result<&[Declared], SchemaError> {
        let told = self.described().fields();
        told.map_err(|what| SchemaError::new(what, 1))
    }

    /// Where a value may hold what the schema does not declare; `None`: nowhere. Fields of Protobuf messages that
    /// aren't declared are another matter: who compiles says whether they are admitted.
    pub fn open_at(&self) -> Option<&[String]> {
        self.described().open_at()
    }

    fn described(&self) -> &Description {
        self.described.get_or_init(|| {
            Arc::new(match &self.compiled {
                Compiled::Avro(schema) => schema.describe(),
                Compiled::Protobuf(schema) => schema.describe(),
                Compiled::Json(schema) => schema.describe(),
            })
        })
    }
}

/// Of envelopes as texts, around nothing and around much.
const ENVELOPE_CHARACTERS: [usize; 2] = [96, 8_000];

/// What a mask puts in place of JSON values; one of each form that it keeps.
fn samples(mask: Mask, kind: LeafType) -> &'static [&'static str] {
    match (mask, kind) {
        (Mask::Redact, LeafType::Number) => &["0"],
        (Mask::Redact, LeafType::Boolean) => &["false"],
        (Mask::Redact, _) => &["\"***\""],
        (Mask::Hash, _) => &["\"0123456789abcdef0123456789abcdef\""],
        // It keeps the length, which the schema may bound.
        (Mask::KeepLast, _) => &[
            "\"****1234\"",
            "\"************1234\"",
            "\"******6789\"",
            "\"*****6789\"",
            "\"******************3000\"",
        ],
        (Mask::Year, _) => &["\"2024-01-01\"", "\"2024-01-01T00:00:00Z\""],
    }
}

impl LeafType {
    /// For a person.
    fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Uuid => "a UUID",
            Self::Bytes => "bytes",
            Self::Fixed(_) => "bytes of a fixed length",
            Self::Decimal => "a decimal",
            Self::Integer { .. } => "a whole number",
            Self::Date => "a date",
            Self::Timestamp { .. } => "a time",
            Self::Real | Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Enumeration => "an enumeration",
        }
    }
}
