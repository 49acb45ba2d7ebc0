//! What a schema declares, field by field, and which of its types hold themselves.

use std::collections::HashMap;

use crate::limits::SCHEMA_DEPTH_MAX;

/// Fields that are told of one schema, those of its alternatives included.
pub const DECLARED_MAX: usize = 10_000;
/// Names of types and symbols that are told of all of them: each field of a large union has all of its types.
pub const DECLARED_NAMES_MAX: usize = 200_000;

/// A field that a schema declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Names, outermost first; `*` stands for the keys of a map.
    pub path: Vec<String>,
    /// Names of what it may be; more than one for a union.
    pub types: Vec<String>,
    /// Whether a value without it is refused, or a reader without a default for it can't read it.
    pub required: bool,
    /// Whether it is a list.
    pub repeated: bool,
    /// Whether it is of a type that it lies in: what is within it is not told once more.
    pub recursive: bool,
    /// Of Protobuf's fields.
    pub number: Option<u32>,
    /// Of an enumeration.
    pub symbols: Vec<String>,
}

/// All that a schema declares.
#[derive(Debug, Clone, Default)]
pub(crate) struct Description {
    fields: Vec<Declared>,
    places: HashMap<Vec<String>, usize>,
    /// Paths of the outermost fields, or of the value itself, whose type stands within itself.
    recursive: Vec<Vec<String>>,
    /// The path of something of which not all that may be within it is declared.
    open: Option<Vec<String>>,
    told: usize,
    names: usize,
    is_cut: bool,
}

impl Description {
    /// Tells of a field, or of one more alternative of a field. Whether there is room for what is within it.
    pub fn tell(&mut self, declared: Declared) -> bool {
        // Types within types can make endlessly many.
        let names = declared.types.len() + declared.symbols.len();
        if declared.path.len() > SCHEMA_DEPTH_MAX
            || self.told >= DECLARED_MAX
            || self.names + names > DECLARED_NAMES_MAX
        {
            self.is_cut = true;
            return false;
        }
        self.told += 1;
        self.names += names;
        let known = self.places.get(&declared.path);
        if let Some(known) = known.and_then(|at| self.fields.get_mut(*at)) {
            let new = |known: &[String], more: Vec<String>| -> Vec<String> {
                more.into_iter().filter(|it| !known.contains(it)).collect()
            };
            let types = new(&known.types, declared.types);
            known.types.extend(types);
            let symbols = new(&known.symbols, declared.symbols);
            known.symbols.extend(symbols);
            known.repeated |= declared.repeated;
        } else {
            let place = self.fields.len();
            self.places.insert(declared.path.clone(), place);
            self.fields.push(declared);
        }
        true
    }

    /// At `path` stands the type again that stands at its first so many names.
    pub fn again(&mut self, path: &[String], names: usize) {
        let known = self.places.get(path);
        if let Some(known) = known.and_then(|at| self.fields.get_mut(*at)) {
            known.recursive = true;
        }
        let outer = path.get(..names).unwrap_or(path);
        if !self.recursive.iter().any(|it| it == outer) {
            self.recursive.push(outer.to_vec());
        }
    }

    /// At `path` may stand what is not declared.
    pub fn open(&mut self, path: &[String]) {
        self.open.get_or_insert_with(|| path.to_vec());
    }

    /// Where the first of what is not declared may stand.
    pub fn open_at(&self) -> Option<&[String]> {
        self.open.as_deref()
    }

    /// Nothing of it is told: the rest need not be gone through.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// More is declared than can be told.
    pub fn cut(&mut self) {
        self.is_cut = true;
    }

    /// Every field, each before those within it; `Err`: there are more than are told.
    pub fn fields(&self) -> Result<&[Declared], String> {
        if self.is_cut {
            return Err(too_many());
        }
        Ok(&self.fields)
    }

    /// Why a path does not name every value of its field; `None`: it does.
    pub fn problem(&self, path: &[&str]) -> Option<String> {
        if self.is_cut {
            return Some(too_many());
        }
        let within = self.recursive.iter().find(|outer| {
            outer.len() < path.len() && outer.iter().zip(path).all(|(one, other)| one == other)
        })?;
        let place = if within.is_empty() {
            "the value".to_owned()
        } else {
            format!("`{}`", within.join("."))
        };
        Some(format!(
            "it lies in {place}, whose type holds itself: those that lie deeper can't be named"
        ))
    }
}

fn too_many() -> String {
    format!("the schema declares more than {DECLARED_MAX} fields: nobody could name them all")
}
