//! Fields of values that are sealed by themselves: found by their schema, put back as the same type.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use streamward_records::{
    DataKey, Envelope, Home, Keys, Kid, Masks, Place, Record, Refusal, SealFields, field_path,
    open_value, seal_value,
};
use streamward_schema::{Content, Leaf, LeafType, Reason, Schema, Selection, Visit};

use crate::contracts::{compile, value_at};
use crate::sealing::{SealedFields, SealingSection};

/// The sealed fields of one stream.
#[derive(Debug)]
pub struct StreamFields {
    schema: Schema,
    schema_ids: Vec<u32>,
    selection: Selection,
    /// What stands for each field in what its envelope is bound to.
    paths: Vec<Vec<u8>>,
}

impl StreamFields {
    fn build(section: &SealedFields) -> Result<Self, String> {
        let schema = compile(&section.schema)?;
        for path in &section.paths {
            let names: Vec<&str> = path.iter().map(String::as_str).collect();
            if let Some(what) = schema.seal_problem(&names) {
                return Err(format!("`{}`: {what}", names.join(".")));
            }
        }
        let selection = Selection::new(&section.paths).map_err(|error| error.to_string())?;
        Ok(Self {
            schema,
            schema_ids: section.schema.schema_ids.clone(),
            selection,
            paths: section.paths.iter().map(|it| field_path(it)).collect(),
        })
    }

    /// Appends a value with what is put into its fields.
    fn rewrite(
        &self,
        work: &mut impl EachField,
        record: &Record<'_>,
        value: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        let mut visitor = Visitor {
            work,
            record_key: record.key,
            refusal: None,
        };
        let at = value_at(&self.schema, &self.schema_ids, value).map_err(|_| Refusal::Schema)?;
        let (frame, inner) = value.split_at_checked(at).ok_or(Refusal::Schema)?;
        let changed = self.schema.rewrite(inner, &self.selection, &mut visitor);
        let changed = changed.map_err(|_| visitor.refusal.unwrap_or(Refusal::Schema))?;
        out.extend_from_slice(frame);
        out.extend_from_slice(changed.as_deref().unwrap_or(inner));
        Ok(())
    }

    fn place(&self, rule: u32) -> Result<Place<'_>, Refusal> {
        let path = self.paths.get(rule as usize).ok_or(Refusal::Schema)?;
        Ok(Place::Field(path))
    }
}

/// What is put into a field.
trait EachField {
    /// `None`: it stays as it is.
    fn field(
        &mut self,
        record_key: Option<&[u8]>,
        rule: u32,
        leaf: &Leaf<'_>,
    ) -> Result<Option<Content<'static>>, Refusal>;
}

/// Goes through the fields of one value, and keeps why one was refused.
struct Visitor<'v, W> {
    work: &'v mut W,
    record_key: Option<&'v [u8]>,
    refusal: Option<Refusal>,
}

impl<W: EachField> Visit for Visitor<'_, W> {
    fn leaf(&mut self, rule: u32, leaf: &Leaf<'_>) -> Result<Option<Content<'static>>, Reason> {
        let put = self.work.field(self.record_key, rule, leaf);
        put.map_err(|refusal| {
            self.refusal = Some(refusal);
            Reason::Unmaskable
        })
    }
}

/// An envelope is a text in texts, and its own bytes in bytes.
fn encoded(kind: LeafType, envelope: Vec<u8>) -> Content<'static> {
    match kind {
        LeafType::Text => Content::Text(URL_SAFE_NO_PAD.encode(envelope).into()),
        _ => Content::Bytes(envelope.into()),
    }
}

fn decoded(leaf: &Leaf<'_>) -> Option<Vec<u8>> {
    match (leaf.kind, &leaf.content) {
        (LeafType::Text, Content::Text(text)) => URL_SAFE_NO_PAD.decode(text.as_bytes()).ok(),
        (LeafType::Bytes, Content::Bytes(bytes)) => Some(bytes.to_vec()),
        _ => None,
    }
}

/// Seals the fields of the values of one partition.
pub struct FieldSealer<'a> {
    /// The fields.
    pub fields: &'a StreamFields,
    /// Where the stream is at home.
    pub home: &'a Home,
    /// The partition, of a stream that asks for it to be bound.
    pub partition: Option<i32>,
    /// What seals.
    pub data_key: &'a DataKey,
    /// How many it has sealed.
    pub drawn: u64,
}

impl EachField for FieldSealer<'_> {
    fn field(
        &mut self,
        record_key: Option<&[u8]>,
        rule: u32,
        leaf: &Leaf<'_>,
    ) -> Result<Option<Content<'static>>, Refusal> {
        let content = match (leaf.kind, &leaf.content) {
            (LeafType::Text, Content::Text(text)) => text.as_bytes(),
            (LeafType::Bytes, Content::Bytes(bytes)) => bytes,
            _ => return Err(Refusal::Schema),
        };
        if decoded(leaf).is_some_and(|it| Envelope::parse(&it).is_ok()) {
            return Err(Refusal::AlreadySealed);
        }
        self.drawn += 1;
        let place = self.fields.place(rule)?;
        let sealed = seal_value(
            self.home,
            self.data_key,
            place,
            self.partition,
            record_key,
            content,
        );
        let sealed = sealed.map_err(|refusal| match refusal {
            // A fresh key would not do either.
            Refusal::SpentKey if self.drawn > self.data_key.records_max() => Refusal::KeyLimit,
            other => other,
        })?;
        Ok(Some(encoded(leaf.kind, sealed)))
    }
}

impl SealFields for FieldSealer<'_> {
    fn seal(
        &mut self,
        record: &Record<'_>,
        value: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        self.fields.rewrite(self, record, value, out)
    }
}

/// Opens the fields of the values of one partition.
pub struct FieldOpener<'a, K> {
    /// The fields.
    pub fields: &'a StreamFields,
    /// Where the stream is at home, and then the streams whose envelopes may lie here too.
    pub homes: &'a [Home],
    /// The partition, of a stream that asks for it to be bound.
    pub partition: Option<i32>,
    /// The keys that envelopes select among.
    pub keys: &'a K,
    /// Keys that must be asked for before anything can be said of the values.
    pub missing: Vec<Kid>,
}

impl<K: Keys> EachField for FieldOpener<'_, K> {
    fn field(
        &mut self,
        record_key: Option<&[u8]>,
        rule: u32,
        leaf: &Leaf<'_>,
    ) -> Result<Option<Content<'static>>, Refusal> {
        let bytes = decoded(leaf).ok_or(Refusal::Plaintext)?;
        let envelope = Envelope::parse(&bytes)?;
        let place = self.fields.place(rule)?;
        let opened = open_value(
            self.homes,
            self.keys,
            place,
            self.partition,
            record_key,
            &bytes,
        );
        let plain = match opened {
            Ok(plain) => plain,
            Err(Refusal::KeyNotThere) => {
                let missing = &mut self.missing;
                if missing.len() < streamward_records::MISSING_MAX
                    && !missing.contains(envelope.kid)
                {
                    missing.push(*envelope.kid);
                }
                // That a key isn't there is told when all records have been looked at.
                return Ok(None);
            }
            Err(refusal) => return Err(refusal),
        };
        if leaf.kind == LeafType::Text {
            let text = String::from_utf8(plain).map_err(|_| Refusal::Content)?;
            return Ok(Some(Content::Text(text.into())));
        }
        Ok(Some(Content::Bytes(plain.into())))
    }
}

impl<K: Keys> Masks for FieldOpener<'_, K> {
    fn value(
        &mut self,
        record: &Record<'_>,
        value: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        self.fields.rewrite(self, record, value, out)
    }

    /// As it lies: it tells a reader of the ring nothing that is not theirs.
    fn instead<'v>(&self, value: &'v [u8]) -> &'v [u8] {
        value
    }

    fn key(&mut self, key: &[u8], out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(key);
        true
    }

    fn shows_header(&self, _: &[u8]) -> bool {
        true
    }
}

/// Sealed fields, by stream.
#[derive(Debug, Default)]
pub struct Fields(HashMap<String, Arc<StreamFields>>);

impl Fields {
    /// Compiles what a section says of fields.
    ///
    /// # Errors
    /// In words.
    pub fn build(section: &SealingSection) -> Result<Self, String> {
        let mut all = HashMap::new();
        for stream in &section.streams {
            if let (Some(name), Some(fields)) = (&stream.name, &stream.fields) {
                let built = StreamFields::build(fields);
                let built = built.map_err(|what| format!("sealed fields of `{name}`: {what}"))?;
                all.insert(name.clone(), Arc::new(built));
            }
        }
        Ok(Self(all))
    }

    /// The sealed fields of a topic.
    pub fn of(&self, topic: &str) -> Option<Arc<StreamFields>> {
        self.0.get(topic).cloned()
    }
}
