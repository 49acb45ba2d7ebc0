//! What readers see of streams with masked fields: the `masking` section of a snapshot, compiled once.

use std::collections::HashMap;

use aws_lc_rs::hmac;
use serde::Deserialize;
use streamward_records::{Masks, Record, Refusal};
use streamward_schema::{HashDomain, HashSecret, Mask, Masker, Schema, Selection};

use crate::contracts::{SchemaSection, compile, value_at};
use crate::materials::Materials;
use crate::sealing::{KeySealing, Readers, SealedStream};

/// Values of which it is told why they can't be masked.
const TOLD_MAX: usize = 64;

/// Streams with masked fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskingSection {
    /// Each once.
    #[serde(default)]
    pub streams: Vec<MaskedStream>,
}

/// A stream, who sees its fields as they are, and what others see.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskedStream {
    /// The topic.
    pub name: String,
    /// What its values are of; `None`: of nothing that is known, so that nobody gets masks.
    pub schema: Option<SchemaSection>,
    /// Who sees every field as it is.
    pub unmasked: Readers,
    /// Who sees masks; whoever is in neither is refused.
    pub masked: Readers,
    /// The fields that have masks.
    pub fields: Vec<MaskedField>,
    /// What readers with masks see of the keys of records.
    pub key: ShownKey,
    /// The headers that they see, as they are; all others are left out.
    pub headers: Vec<String>,
    /// The group that hashes of keys are of; `None`: they are the stream's own.
    pub key_hash_group: Option<String>,
    /// A reference to the secret of hashes; `None`: there are none.
    pub secret: Option<String>,
    /// What becomes of a value that can't be masked.
    pub on_invalid: OnInvalid,
}

/// A field, and who sees what of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskedField {
    /// Names, outermost first; `*` stands for the keys of a map.
    pub path: Vec<String>,
    /// What all see who are in none of the views.
    pub others: MaskName,
    /// All fields and keys of a group have equal hashes for equal values; `None`: this field's are its own.
    pub hash_group: Option<String>,
    /// What some see instead: the first that has the reader decides.
    pub views: Vec<View>,
}

impl MaskedField {
    /// The mask that a reader sees on it; `None`: the reader sees it as it is.
    fn seen(&self, is_among: impl Fn(&Readers) -> bool) -> Option<MaskName> {
        let view = self.views.iter().find(|it| is_among(&it.readers));
        view.map_or(Some(self.others), |view| view.mask)
    }
}

/// What some readers see of a field.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Who.
    pub readers: Readers,
    /// `None`: it is not masked.
    pub mask: Option<MaskName>,
}

/// The name of a mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct MaskName(Mask);

impl TryFrom<String> for MaskName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let mask = Mask::of_name(&name).map(Self);
        mask.ok_or_else(|| format!("there is no mask `{name}`"))
    }
}

/// What is seen of the keys of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ShownKey {
    /// Nothing: records have no keys.
    Withhold,
    /// A hash: equal keys are equal.
    Hash,
    /// All of it.
    Keep,
}

/// What becomes of a value that can't be masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnInvalid {
    /// The partition is refused.
    Refuse,
    /// It is delivered empty, and marked by a header.
    Mark,
}

/// A stream with masked fields, ready for records.
#[derive(Debug)]
pub struct Masking {
    /// As it was declared.
    pub declared: MaskedStream,
    schema: Option<Schema>,
    selection: Selection,
}

impl Masking {
    fn build(declared: &MaskedStream) -> Result<Self, String> {
        let paths = declared.fields.iter().map(|it| &it.path);
        let selection = Selection::new(paths).map_err(|error| error.to_string())?;
        let schema = declared.schema.as_ref().map(compile).transpose()?;
        let hashes = declared.fields.iter().flat_map(|field| {
            let views = field.views.iter().filter_map(|it| it.mask);
            views.chain([field.others])
        });
        let hashes = hashes.filter(|it| it.0 == Mask::Hash).count() > 0;
        if (hashes || declared.key == ShownKey::Hash) && declared.secret.is_none() {
            return Err("hashes need a `secret`".to_owned());
        }
        for (schema, field) in schema
            .iter()
            .flat_map(|it| declared.fields.iter().map(move |field| (it, field)))
        {
            let path: Vec<&str> = field.path.iter().map(String::as_str).collect();
            let views = field.views.iter().filter_map(|it| it.mask);
            for mask in views.chain([field.others]) {
                if let Some(what) = schema.mask_problem(&path, mask.0) {
                    return Err(format!("`{}`: {what}", path.join(".")));
                }
            }
        }
        Ok(Self {
            declared: declared.clone(),
            schema,
            selection,
        })
    }

    /// Does a reader see as they are keys of records, or a field that others see masked?
    pub fn shows_any(&self, is_among: impl Fn(&Readers) -> bool) -> bool {
        let mut fields = self.declared.fields.iter();
        self.declared.key == ShownKey::Keep || fields.any(|it| it.seen(&is_among).is_none())
    }

    /// Is there a mask, for this reader, on all that is sealed of a stream? Of values that are sealed as a whole
    /// the schema's fields are known to the check of the bundle alone.
    pub fn covers(&self, stream: &SealedStream, is_among: impl Fn(&Readers) -> bool) -> bool {
        let paths = stream.fields.iter().flat_map(|it| &it.paths);
        let is_masked = |path: &Vec<String>| {
            let mut fields = self.declared.fields.iter();
            fields.any(|it| it.path == *path && it.seen(&is_among).is_some())
        };
        let mut headers = stream.headers.iter();
        let key = stream.key == KeySealing::Plain || self.declared.key != ShownKey::Keep;
        key && !headers.any(|it| self.declared.headers.contains(it))
            && paths.into_iter().all(is_masked)
    }

    /// What a reader sees; `is_among` says whether it is one of these. `None`: what hashes are made with is not
    /// there, so nothing can be shown.
    pub fn view(
        &self,
        materials: &Materials,
        is_among: impl Fn(&Readers) -> bool,
    ) -> Option<Seen<'_>> {
        let secret = match &self.declared.secret {
            Some(reference) => {
                let bytes = materials.get(reference)?.trim_ascii_end();
                Some((!bytes.is_empty()).then(|| HashSecret::new(bytes))?)
            }
            None => None,
        };
        let fields = self.declared.fields.iter();
        let masks = fields.map(|field| field.seen(&is_among).map(|name| name.0));
        let masks: Vec<Option<Mask>> = masks.collect();
        let key_of = |domain| secret.as_ref().and_then(|it| it.key(&domain));
        let stream = &self.declared.name;
        let hashed = self.declared.fields.iter().zip(&masks);
        let keys = hashed.map(|(field, mask)| {
            let own = HashDomain::Field {
                stream,
                path: &field.path,
            };
            let domain = field.hash_group.as_deref().map_or(own, HashDomain::Group);
            key_of(domain).filter(|_| *mask == Some(Mask::Hash))
        });
        let group = self.declared.key_hash_group.as_deref();
        let of_keys = group.map_or(HashDomain::Key { stream }, HashDomain::Group);
        Some(Seen {
            masking: self,
            keys: keys.collect(),
            masks,
            key: key_of(of_keys),
            told: Vec::new(),
        })
    }
}

/// What one reader sees of a stream.
#[derive(Debug)]
pub struct Seen<'m> {
    masking: &'m Masking,
    masks: Vec<Option<Mask>>,
    /// What hashes of fields are made with, in the order of the masks.
    keys: Vec<Option<hmac::Key>>,
    /// What hashes of records' keys are made with.
    key: Option<hmac::Key>,
    /// What was wrong with the first values that could not be masked; nothing of the values.
    pub told: Vec<String>,
}

impl Seen<'_> {
    fn masked(&self, value: &[u8], out: &mut Vec<u8>) -> Result<(), String> {
        let masking = self.masking;
        let (Some(schema), Some(section)) = (&masking.schema, &masking.declared.schema) else {
            return Err("its stream has no schema".to_owned());
        };
        let at = value_at(schema, &section.schema_ids, value)?;
        let (frame, value) = value.split_at_checked(at).unwrap_or((value, &[]));
        let mut visitor = Masker::new(&self.masks, &self.keys);
        let masked = schema.mask(value, &masking.selection, &mut visitor);
        let masked = masked.map_err(|invalid| invalid.to_string())?;
        out.extend_from_slice(frame);
        out.extend_from_slice(&masked);
        Ok(())
    }
}

impl Masks for Seen<'_> {
    fn value(&mut self, _: &Record<'_>, value: &[u8], out: &mut Vec<u8>) -> Result<(), Refusal> {
        self.masked(value, out).map_err(|what| {
            if self.told.len() < TOLD_MAX {
                self.told.push(what);
            }
            Refusal::Unmaskable
        })
    }

    fn key(&mut self, key: &[u8], out: &mut Vec<u8>) -> bool {
        match (self.masking.declared.key, &self.key) {
            (ShownKey::Keep, _) => out.extend_from_slice(key),
            (ShownKey::Hash, Some(hashing)) => {
                out.extend_from_slice(Masker::digest(hashing, key).as_bytes());
            }
            (ShownKey::Hash, None) | (ShownKey::Withhold, _) => return false,
        }
        true
    }

    fn shows_header(&self, name: &[u8]) -> bool {
        let mut shown = self.masking.declared.headers.iter();
        shown.any(|it| it.as_bytes() == name)
    }
}

/// Streams with masked fields, by name.
#[derive(Debug, Default)]
pub struct Maskings(HashMap<String, Masking>);

impl Maskings {
    /// Compiles a section; says what contradicts itself in it, for whoever wrote the snapshot.
    ///
    /// # Errors
    /// In words.
    pub fn build(section: &MaskingSection) -> Result<Self, String> {
        let mut maskings = HashMap::new();
        for stream in &section.streams {
            let of_stream = |what: String| format!("masks of `{}`: {what}", stream.name);
            let masking = Masking::build(stream).map_err(of_stream)?;
            if maskings.insert(stream.name.clone(), masking).is_some() {
                return Err(of_stream("they stand twice".to_owned()));
            }
        }
        Ok(Self(maskings))
    }

    /// What is masked of a topic; `None`: nothing.
    pub fn of(&self, topic: &str) -> Option<&Masking> {
        self.0.get(topic)
    }

    /// Is nothing masked anywhere?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
