//! A compiled Protobuf schema: messages and enumerations in lists, that refer to each other by number.

use std::sync::Arc;

use super::scalar::Scalar;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldType {
    Scalar(Scalar),
    Enumeration(u32),
    Message(u32),
}

#[derive(Debug, Clone)]
pub(super) struct Field {
    pub name: String,
    pub number: u32,
    pub kind: FieldType,
    pub repeated: bool,
    pub required: bool,
    /// Which of the message's `oneof`s it belongs to.
    pub oneof: Option<u32>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Message {
    pub name: String,
    /// By number.
    pub fields: Vec<Field>,
    /// Places of those that a value must have: few, where a message may have thousands of fields.
    pub required: Vec<usize>,
    /// Whether it is an entry of a map: `key` and `value`.
    pub entry: bool,
    /// The messages declared within it, in order.
    pub nested: Vec<u32>,
}

impl Message {
    /// A field and its place, by number.
    pub fn field(&self, number: u32) -> Option<(usize, &Field)> {
        let place = self
            .fields
            .binary_search_by_key(&number, |field| field.number)
            .ok()?;
        Some((place, self.fields.get(place)?))
    }
}

#[derive(Debug, Clone)]
pub(super) struct Enumeration {
    pub name: String,
    /// Number and name, by number.
    pub symbols: Vec<(i32, String)>,
    /// proto2: a number that isn't declared is no value.
    pub closed: bool,
}

/// A compiled schema.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    pub(super) messages: Arc<[Message]>,
    pub(super) enumerations: Arc<[Enumeration]>,
    /// The outermost messages of the schema's own file, in order.
    pub(super) outermost: Arc<[u32]>,
    pub(super) root: u32,
    /// Whether fields that no message declares are taken as they are.
    pub(super) admits_undeclared: bool,
}

impl Compiled {
    /// Messages, fields and symbols.
    pub fn parts(&self) -> usize {
        let fields = self.messages.iter().map(|message| 1 + message.fields.len());
        let symbols = self.enumerations.iter().map(|it| 1 + it.symbols.len());
        fields.chain(symbols).sum()
    }

    pub(super) fn message(&self, id: u32) -> Option<&Message> {
        self.messages.get(id as usize)
    }

    /// The same schema for another message of it, by its full name.
    pub fn of_message(mut self, name: &str) -> Option<Self> {
        let wanted = |message: &Message| !message.entry && message.name == name;
        let place = self.messages.iter().position(wanted)?;
        self.root = u32::try_from(place).ok()?;
        Some(self)
    }

    /// The message that indexes of Confluent's wire format name.
    fn indexed(&self, indexes: &[u32]) -> Option<u32> {
        let mut among: &[u32] = &self.outermost;
        let mut found = None;
        for index in indexes {
            let id = *among.get(*index as usize)?;
            among = &self.message(id)?.nested;
            found = Some(id);
        }
        found
    }

    /// Whether indexes of Confluent's wire format name the message that values are of.
    pub fn is_message(&self, indexes: &[u32]) -> bool {
        self.indexed(indexes) == Some(self.root)
    }

    /// The same schema for the message that these indexes name.
    pub fn at_indexes(&self, indexes: &[u32]) -> Option<Self> {
        let root = self.indexed(indexes)?;
        Some(Self {
            root,
            ..self.clone()
        })
    }

    /// The full name of the message that values are of.
    pub fn message_name(&self) -> &str {
        self.message(self.root).map_or("", |message| &message.name)
    }

    /// Takes fields that no message declares as they are.
    pub fn admitting_undeclared(mut self) -> Self {
        self.admits_undeclared = true;
        self
    }
}
