//! Plans: what one message looks like at one version, compiled from the table once.

use std::sync::{LazyLock, OnceLock};

use super::api::{self, Api, ApiKey, Direction, apis};
use super::spec::{Entity, FieldId, Kind, Preset, Row};

/// What one message, or a structure inside it, looks like at one version.
#[derive(Debug)]
pub struct Schema {
    /// The API that the message belongs to.
    pub key: ApiKey,
    /// The version of the message.
    pub version: i16,
    /// Which way the message goes.
    pub direction: Direction,
    /// The name of the API or, inside a message, of the field that holds the structure.
    pub name: &'static str,
    /// Whether tagged fields follow.
    pub flexible: bool,
    /// The fields in the order of their bytes.
    pub fields: Box<[Field]>,
    /// The tagged fields, by ascending tag.
    pub tagged: Box<[Field]>,
    /// Fewest bytes that the structure takes.
    pub(super) size_min: usize,
    /// How deep structures and arrays nest inside, itself included.
    pub(super) depth: usize,
}

/// One field at one version.
#[derive(Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "facts of Kafka's schema, not states"
)]
pub struct Field {
    /// Which field of which message; see the constants in [`super::field`].
    pub id: FieldId,
    /// The name in Kafka's JSON, e.g. `PartitionIndex`.
    pub name: &'static str,
    /// The type, or that of the elements of an array.
    pub kind: Kind,
    /// Whether it is an array of `kind`.
    pub array: bool,
    /// Whether null may stand for it (never for elements of an array).
    pub nullable: bool,
    /// What its value names.
    pub entity: Option<Entity>,
    /// Its tag, if it is a tagged field.
    pub tag: Option<u32>,
    /// Whether Kafka drops a value in a version that lacks the field, rather than refuse to write.
    pub ignorable: bool,
    /// Whether lengths are compact.
    pub(super) compact: bool,
    pub(super) preset: Preset,
    /// Its position in its structure: the fields first, then the tagged fields.
    pub(super) place: usize,
    structure: Option<Schema>,
}

/// The plan of one message at one version, if Kafka serves that; built once and kept.
pub fn schema(key: ApiKey, version: i16, direction: Direction) -> Option<&'static Schema> {
    static CACHE: LazyLock<Vec<Vec<[OnceLock<Schema>; 2]>>> =
        LazyLock::new(|| apis().iter().map(empty_slots).collect());

    let index = api::index(key)?;
    let api = apis().get(index)?;
    let offset = usize::try_from(i32::from(version) - i32::from(api.versions.0)).ok()?;
    let [request, response] = CACHE.get(index)?.get(offset)?;
    let slot = match direction {
        Direction::Request => request,
        Direction::Response => response,
    };
    Some(slot.get_or_init(|| compile(api, version, direction)))
}

fn empty_slots(api: &Api) -> Vec<[OnceLock<Schema>; 2]> {
    (api.versions.0..=api.versions.1)
        .map(|_| [OnceLock::new(), OnceLock::new()])
        .collect()
}

fn compile(api: &Api, version: i16, direction: Direction) -> Schema {
    let message = match direction {
        Direction::Request => &api.request,
        Direction::Response => &api.response,
    };
    let flexible = message.flexible.contains(version);
    let of = Message {
        key: api.key,
        version,
        direction,
        flexible,
    };
    of.structure(api.name, message.fields)
}

/// What all structures of a message share.
#[derive(Clone, Copy)]
pub(super) struct Message {
    pub(super) key: ApiKey,
    pub(super) version: i16,
    pub(super) direction: Direction,
    pub(super) flexible: bool,
}

impl Message {
    pub(super) fn structure(self, name: &'static str, rows: &'static [Row]) -> Schema {
        let present = rows
            .iter()
            .filter(|row| row.versions.contains(self.version));
        let (mut tagged, mut fields): (Vec<Field>, Vec<Field>) = present
            .map(|row| self.field(row))
            .partition(|field| field.tag.is_some());
        tagged.sort_by_key(|field| field.tag);
        for (place, field) in fields.iter_mut().chain(&mut tagged).enumerate() {
            field.place = place;
        }
        let bytes: usize = fields.iter().map(Field::size_min).sum();
        let depth = fields
            .iter()
            .chain(&tagged)
            .map(Field::depth)
            .max()
            .unwrap_or(0);
        Schema {
            key: self.key,
            version: self.version,
            direction: self.direction,
            name,
            flexible: self.flexible,
            size_min: bytes + usize::from(self.flexible),
            depth: depth + 1,
            fields: fields.into(),
            tagged: tagged.into(),
        }
    }

    fn field(self, row: &'static Row) -> Field {
        let nullable = row.nullable.contains(self.version);
        let compact = row
            .flexible
            .map_or(self.flexible, |range| range.contains(self.version));
        let preset = match row.preset {
            Preset::Null if !nullable => Preset::Zero,
            preset => preset,
        };
        Field {
            id: row.id,
            name: row.name,
            kind: row.kind,
            array: row.array,
            nullable,
            entity: row.entity,
            tag: (self.flexible && row.tagged.contains(self.version)).then_some(row.tag),
            ignorable: row.ignorable,
            compact,
            preset,
            place: 0,
            structure: (row.kind == Kind::Struct).then(|| self.structure(row.name, row.fields)),
        }
    }
}

impl Schema {
    /// The field with this name, if this version has it.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.all().find(|field| field.name == name)
    }

    /// All fields: those in the order of their bytes, then the tagged ones.
    pub fn all(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().chain(&self.tagged)
    }

    pub(super) fn len(&self) -> usize {
        self.fields.len() + self.tagged.len()
    }
}

impl Field {
    /// The plan of the structure that the field holds, or of the elements of its array.
    pub fn structure(&self) -> Option<&Schema> {
        self.structure.as_ref()
    }

    /// Fewest bytes that one element of the array takes, or the value if it is no array.
    pub(super) fn element_size_min(&self) -> usize {
        match self.kind {
            Kind::Bool | Kind::Int8 => 1,
            Kind::Int64 | Kind::Float64 => 8,
            Kind::Uuid => 16,
            Kind::Str | Kind::Bytes | Kind::Records if self.compact => 1,
            Kind::Int16 | Kind::Uint16 | Kind::Str => 2,
            Kind::Int32 | Kind::Bytes | Kind::Records => 4,
            Kind::Struct if self.nullable && !self.array => 1,
            Kind::Struct => self.structure.as_ref().map_or(0, |inner| inner.size_min),
        }
    }

    fn size_min(&self) -> usize {
        match (self.array, self.compact) {
            (false, _) => self.element_size_min(),
            (true, true) => 1,
            (true, false) => 4,
        }
    }

    fn depth(&self) -> usize {
        usize::from(self.array) + self.structure.as_ref().map_or(0, |inner| inner.depth)
    }
}
