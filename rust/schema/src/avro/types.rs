//! A compiled Avro schema: types in a list, that refer to each other by number.

/// The number of a type.
pub(super) type TypeId = u32;

/// What a value can be.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Type {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    Text,
    Fixed(u32),
    Enumeration(Vec<String>),
    Array(TypeId),
    Map(TypeId),
    Union(Vec<TypeId>),
    Record(Vec<Field>),
    /// A name whose declaration hasn't been read yet; none is left after compiling.
    Open,
}

/// What a type stands for beside its encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Logical {
    None,
    Date,
    Timestamp(i64),
    Decimal,
    Uuid,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub name: String,
    pub kind: TypeId,
    pub has_default: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Declared {
    pub kind: Type,
    pub logical: Logical,
    /// The full name of a record, enumeration or fixed.
    pub name: Option<String>,
}

/// A compiled schema.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    pub(super) types: Vec<Declared>,
    pub(super) root: TypeId,
}

impl Compiled {
    /// Types and fields.
    pub fn parts(&self) -> usize {
        let fields = self.types.iter().map(|declared| match &declared.kind {
            Type::Record(fields) => fields.len(),
            Type::Enumeration(symbols) => symbols.len(),
            _ => 0,
        });
        self.types.len() + fields.sum::<usize>()
    }

    pub(super) fn get(&self, id: TypeId) -> Option<&Declared> {
        self.types.get(id as usize)
    }
}
