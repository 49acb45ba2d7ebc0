//! The row types of the generated table: what Kafka's JSON says, before a version is chosen.

/// "And all later versions."
pub(super) const LATER: i16 = i16::MAX;

/// Names one field at one place of one message; see the constants in [`super::field`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldId(pub u16);

/// What a name or number in a message stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entity {
    /// The name of a topic.
    TopicName,
    /// The name of a consumer, share or streams group.
    GroupId,
    /// The name of a transactional producer.
    TransactionalId,
    /// The number of a producer.
    ProducerId,
    /// The number of a broker.
    BrokerId,
}

/// The type of a field, or of its elements if it is an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One byte, 0 or 1.
    Bool,
    /// One byte, signed.
    Int8,
    /// Two bytes, signed.
    Int16,
    /// Two bytes, unsigned.
    Uint16,
    /// Four bytes, signed.
    Int32,
    /// Eight bytes, signed.
    Int64,
    /// Eight bytes, IEEE 754.
    Float64,
    /// Sixteen bytes.
    Uuid,
    /// UTF-8 text with its length.
    Str,
    /// Bytes with their length.
    Bytes,
    /// Record batches with their length.
    Records,
    /// Fields inside a field.
    Struct,
}

/// The value of a field that nobody set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Preset {
    /// Zero, false, empty, or a structure of presets.
    Zero,
    /// Null.
    Null,
    /// True.
    True,
    /// A number.
    Int(i64),
}

/// An inclusive range of versions; empty if the first is above the last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Versions(i16, i16);

impl Versions {
    /// Whether `version` lies in the range.
    pub(super) const fn contains(self, version: i16) -> bool {
        self.0 <= version && version <= self.1
    }
}

/// One direction of an API, or a header.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) flexible: Versions,
    pub(super) fields: &'static [Row],
}

impl Message {
    pub(super) const fn new(first: i16, last: i16, fields: &'static [Row]) -> Self {
        Self {
            flexible: Versions(first, last),
            fields,
        }
    }
}

/// One field, for all versions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) id: FieldId,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) array: bool,
    pub(super) versions: Versions,
    pub(super) nullable: Versions,
    pub(super) tagged: Versions,
    pub(super) tag: u32,
    /// Where it differs from the message: the versions in which lengths are compact.
    pub(super) flexible: Option<Versions>,
    pub(super) preset: Preset,
    pub(super) ignorable: bool,
    pub(super) entity: Option<Entity>,
    pub(super) fields: &'static [Row],
}

/// A field that is neither nullable nor tagged, whose preset is zero.
pub(super) const fn row(id: u16, name: &'static str, kind: Kind, first: i16, last: i16) -> Row {
    Row {
        id: FieldId(id),
        name,
        kind,
        array: false,
        versions: Versions(first, last),
        nullable: Versions(0, -1),
        tagged: Versions(0, -1),
        tag: 0,
        flexible: None,
        preset: Preset::Zero,
        ignorable: false,
        entity: None,
        fields: &[],
    }
}

impl Row {
    pub(super) const fn array(mut self) -> Self {
        self.array = true;
        self
    }

    pub(super) const fn null(mut self, first: i16, last: i16) -> Self {
        self.nullable = Versions(first, last);
        self
    }

    pub(super) const fn tag(mut self, tag: u32, first: i16, last: i16) -> Self {
        self.tag = tag;
        self.tagged = Versions(first, last);
        self
    }

    #[cfg(test)]
    pub(super) const fn flexible(mut self, first: i16, last: i16) -> Self {
        self.flexible = Some(Versions(first, last));
        self
    }

    pub(super) const fn null_default(mut self) -> Self {
        self.preset = Preset::Null;
        self
    }

    pub(super) const fn true_default(mut self) -> Self {
        self.preset = Preset::True;
        self
    }

    pub(super) const fn int(mut self, value: i64) -> Self {
        self.preset = Preset::Int(value);
        self
    }

    pub(super) const fn ignorable(mut self) -> Self {
        self.ignorable = true;
        self
    }

    pub(super) const fn of(mut self, entity: Entity) -> Self {
        self.entity = Some(entity);
        self
    }

    pub(super) const fn fields(mut self, fields: &'static [Row]) -> Self {
        self.fields = fields;
        self
    }
}
