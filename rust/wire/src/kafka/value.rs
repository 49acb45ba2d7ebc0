//! A message as a tree of values, for APIs where speed does not matter.

use std::fmt;
use std::sync::LazyLock;

use bytes::Bytes;

use super::api::{ApiKey, Direction};
use super::schema::{Field, Message, Schema};
use super::spec::{Kind, Preset};

/// One value of a message.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// Null, of any type.
    Null,
    /// True or false.
    Bool(bool),
    /// An integer of any width.
    Int(i64),
    /// A float.
    Float(f64),
    /// A UUID.
    Uuid([u8; 16]),
    /// Text.
    Str(String),
    /// Bytes or record batches.
    Bytes(Bytes),
    /// An array.
    Array(Vec<Value>),
    /// A structure.
    Struct(Struct),
}

/// A tagged field that the version does not define, kept as it came.
#[derive(Clone, PartialEq)]
pub(super) struct UnknownTag {
    pub(super) tag: u32,
    pub(super) value: Bytes,
}

/// A structure: the values of all fields that its version has.
#[derive(Clone)]
pub struct Struct {
    pub(super) schema: &'static Schema,
    /// In the order of [`Field::place`].
    pub(super) values: Vec<Value>,
    /// By ascending tag.
    pub(super) unknown: Vec<UnknownTag>,
}

impl PartialEq for Struct {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.schema, other.schema)
            && self.values == other.values
            && self.unknown == other.unknown
    }
}

/// Values may be credentials or payload, so only their shape is shown.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Bool(_) => f.write_str("Bool"),
            Self::Int(_) => f.write_str("Int"),
            Self::Float(_) => f.write_str("Float"),
            Self::Uuid(_) => f.write_str("Uuid"),
            Self::Str(text) => write!(f, "Str({} bytes)", text.len()),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Array(values) => write!(f, "Array({} elements)", values.len()),
            Self::Struct(structure) => structure.fmt(f),
        }
    }
}

impl fmt::Debug for Struct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Struct({} v{})", self.schema.name, self.schema.version)
    }
}

impl Struct {
    /// A structure with the defaults of Kafka's schema: null only where the schema says so,
    /// otherwise zero, empty or the value that it names.
    pub fn new(schema: &'static Schema) -> Self {
        let values = schema.all().map(preset).collect();
        Self {
            schema,
            values,
            unknown: Vec::new(),
        }
    }

    /// The plan of this structure.
    pub fn schema(&self) -> &'static Schema {
        self.schema
    }

    /// Whether this version has the field.
    pub fn has(&self, name: &str) -> bool {
        self.schema.field(name).is_some()
    }

    /// The value of a field; null if this version lacks it.
    pub fn get(&self, name: &str) -> &Value {
        let field = self.schema.field(name);
        field
            .and_then(|field| self.values.get(field.place))
            .unwrap_or(&Value::Null)
    }

    /// The value of a field, to be changed; `None` if this version lacks it.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        let place = self.schema.field(name)?.place;
        self.values.get_mut(place)
    }

    /// Sets a field. Where this version lacks it nothing happens, as Kafka does with fields that
    /// it calls ignorable; ask [`Struct::has`] where that would lose something. A value of the
    /// wrong type is found when the message is encoded.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        if let Some(place) = self.get_mut(name) {
            *place = value.into();
        }
        self
    }

    /// An integer field; 0 if this version lacks it.
    pub fn int(&self, name: &str) -> i64 {
        self.get(name).as_int().unwrap_or(0)
    }

    /// A boolean field; false if this version lacks it.
    pub fn bool(&self, name: &str) -> bool {
        matches!(self.get(name), Value::Bool(true))
    }

    /// A text field; `None` if it is null or this version lacks it.
    pub fn str(&self, name: &str) -> Option<&str> {
        self.get(name).as_str()
    }

    /// A bytes field; `None` if it is null or this version lacks it.
    pub fn bytes(&self, name: &str) -> Option<&Bytes> {
        match self.get(name) {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// A UUID field; all zero if this version lacks it.
    pub fn uuid(&self, name: &str) -> [u8; 16] {
        match self.get(name) {
            Value::Uuid(uuid) => *uuid,
            _ => [0; 16],
        }
    }

    /// An array field; empty if it is null or this version lacks it.
    pub fn array(&self, name: &str) -> &[Value] {
        match self.get(name) {
            Value::Array(values) => values,
            _ => &[],
        }
    }

    /// The structures in an array field; none if it is null or this version lacks it.
    pub fn structs(&self, name: &str) -> impl Iterator<Item = &Struct> {
        self.array(name).iter().filter_map(Value::as_struct)
    }

    /// An array field, to be changed; `None` if it is null or this version lacks it.
    pub fn array_mut(&mut self, name: &str) -> Option<&mut Vec<Value>> {
        match self.get_mut(name) {
            Some(Value::Array(values)) => Some(values),
            _ => None,
        }
    }

    /// A structure field with all defaults, or a new element for an array field. Where this
    /// version lacks the field the result has no fields at all.
    #[must_use]
    pub fn element(&self, name: &str) -> Struct {
        static NOTHING: LazyLock<Schema> = LazyLock::new(|| {
            let of = Message {
                key: ApiKey(-1),
                version: 0,
                direction: Direction::Request,
                flexible: false,
            };
            of.structure("nothing", &[])
        });
        let schema: &'static Schema = self.schema;
        Struct::new(
            schema
                .field(name)
                .and_then(Field::structure)
                .unwrap_or(&NOTHING),
        )
    }
}

/// What a field holds if nobody sets it.
pub(super) fn preset(field: &'static Field) -> Value {
    match (field.preset, field.structure()) {
        (Preset::Null, _) => Value::Null,
        (Preset::True, _) => Value::Bool(true),
        (Preset::Int(value), _) => Value::Int(value),
        (Preset::Zero, _) if field.array => Value::Array(Vec::new()),
        (Preset::Zero, Some(inner)) => Value::Struct(Struct::new(inner)),
        (Preset::Zero, None) => zero(field.kind),
    }
}

fn zero(kind: Kind) -> Value {
    match kind {
        Kind::Bool => Value::Bool(false),
        Kind::Int8 | Kind::Int16 | Kind::Uint16 | Kind::Int32 | Kind::Int64 => Value::Int(0),
        Kind::Float64 => Value::Float(0.0),
        Kind::Uuid => Value::Uuid([0; 16]),
        Kind::Str => Value::Str(String::new()),
        Kind::Bytes | Kind::Records => Value::Bytes(Bytes::new()),
        Kind::Struct => Value::Null,
    }
}

impl Value {
    /// The integer, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// The text, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The structure, if it is one.
    pub fn as_struct(&self) -> Option<&Struct> {
        match self {
            Self::Struct(structure) => Some(structure),
            _ => None,
        }
    }

    /// The structure, to be changed, if it is one.
    pub fn as_struct_mut(&mut self) -> Option<&mut Struct> {
        match self {
            Self::Struct(structure) => Some(structure),
            _ => None,
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

/// Declares that a type becomes a [`Value`].
macro_rules! from {
    ($($type:ty => |$value:ident| $made:expr),* $(,)?) => {
        $(impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $made
            }
        })*
    };
}

from! {
    i64 => |value| Self::Int(value),
    i32 => |value| Self::Int(value.into()),
    i16 => |value| Self::Int(value.into()),
    i8 => |value| Self::Int(value.into()),
    u16 => |value| Self::Int(value.into()),
    f64 => |value| Self::Float(value),
    bool => |value| Self::Bool(value),
    [u8; 16] => |value| Self::Uuid(value),
    &str => |value| Self::Str(value.to_owned()),
    String => |value| Self::Str(value),
    Bytes => |value| Self::Bytes(value),
    Struct => |value| Self::Struct(value),
    Vec<Value> => |value| Self::Array(value),
    Vec<Struct> => |value| Self::Array(value.into_iter().map(Self::Struct).collect()),
    Option<&str> => |value| value.map_or(Self::Null, Self::from),
    Option<String> => |value| value.map_or(Self::Null, Self::from),
}
