//! From the JSON text of a schema to its types (Avro 1.12, "Schema Declaration").

use std::collections::{HashMap, HashSet};

use super::types::{Compiled, Declared, Field, Logical, Type, TypeId};
use crate::error::SchemaError;
use crate::json::{Kind, Node, Tree};
use crate::limits::{SCHEMA_NAME_BYTES_MAX, SCHEMA_SYMBOLS_MAX, SCHEMA_TYPES_MAX};
use crate::schema::Reference;

/// The largest `fixed`: one value of it is still a value within the limits.
const FIXED_BYTES_MAX: i64 = 1 << 20;

/// Compiles a schema; the schemas it refers to are read first, in their order.
pub(crate) fn compile(text: &str, references: &[Reference]) -> Result<Compiled, SchemaError> {
    let mut builder = Builder::default();
    for reference in references {
        builder
            .document(&reference.text)
            .map_err(|error| error.within(&reference.name))?;
    }
    let root = builder.document(text)?;
    Ok(Compiled {
        types: builder.types,
        root,
    })
}

#[derive(Default)]
struct Builder {
    types: Vec<Declared>,
    named: HashMap<String, TypeId>,
    fields: usize,
    symbols: usize,
}

impl Builder {
    fn document(&mut self, text: &str) -> Result<TypeId, SchemaError> {
        // A bare name is allowed without quotes by nobody.
        let tree = Tree::of_schema(text)?;
        self.kind(tree.root(), "")
    }

    fn add(&mut self, declared: Declared, line: u32) -> Result<TypeId, SchemaError> {
        self.has_room(line)?;
        let id = u32::try_from(self.types.len()).unwrap_or(u32::MAX);
        self.types.push(declared);
        Ok(id)
    }

    fn has_room(&self, line: u32) -> Result<(), SchemaError> {
        if self.types.len() + self.fields >= SCHEMA_TYPES_MAX {
            return Err(SchemaError::too_many_types(line));
        }
        Ok(())
    }

    fn kind(&mut self, node: Node<'_, '_>, namespace: &str) -> Result<TypeId, SchemaError> {
        match node.kind() {
            Kind::Text => {
                let name = node.text().unwrap_or_default();
                self.by_name(&name, Logical::None, node, namespace)
            }
            Kind::Array => self.union(node, namespace),
            Kind::Object => self.object(node, namespace),
            _ => fail(node, "a type is a name, a list or an object"),
        }
    }

    fn by_name(
        &mut self,
        name: &str,
        logical: Logical,
        node: Node<'_, '_>,
        namespace: &str,
    ) -> Result<TypeId, SchemaError> {
        if let Some(kind) = primitive(name) {
            let declared = Declared {
                kind,
                logical,
                name: None,
            };
            return self.add(declared, node.line());
        }
        let full = full_name(name, None, namespace);
        match self.named.get(&full).or_else(|| self.named.get(name)) {
            Some(id) => Ok(*id),
            None => fail(node, &format!("there is no type `{name}` before this")),
        }
    }

    fn union(&mut self, node: Node<'_, '_>, namespace: &str) -> Result<TypeId, SchemaError> {
        let mut branches = Vec::new();
        let mut seen = HashSet::new();
        for item in node.items() {
            let branch = self.kind(item, namespace)?;
            let Some(declared) = self.types.get(branch as usize) else {
                return fail(item, "the type is unknown");
            };
            if matches!(declared.kind, Type::Union(_)) {
                return fail(item, "a union can't hold a union");
            }
            let key = declared
                .name
                .clone()
                .unwrap_or_else(|| type_name(&declared.kind).to_owned());
            if !seen.insert(key) {
                return fail(item, "a union can't hold the same type twice");
            }
            branches.push(branch);
        }
        if branches.is_empty() {
            return fail(node, "a union needs a branch");
        }
        let declared = Declared {
            kind: Type::Union(branches),
            logical: Logical::None,
            name: None,
        };
        self.add(declared, node.line())
    }

    fn object(&mut self, node: Node<'_, '_>, namespace: &str) -> Result<TypeId, SchemaError> {
        let Some(kind) = node.get("type") else {
            return fail(node, "`type` is missing");
        };
        let Some(word) = kind.text() else {
            return self.kind(kind, namespace);
        };
        match word.as_ref() {
            "record" | "error" | "enum" | "fixed" => self.named(&word, node, namespace),
            "array" | "map" => {
                let member = if word == "array" { "items" } else { "values" };
                let Some(inner) = node.get(member) else {
                    return fail(node, &format!("`{member}` is missing"));
                };
                let inner = self.kind(inner, namespace)?;
                let kind = if word == "array" {
                    Type::Array(inner)
                } else {
                    Type::Map(inner)
                };
                let declared = Declared {
                    kind,
                    logical: Logical::None,
                    name: None,
                };
                self.add(declared, node.line())
            }
            _ => self.by_name(&word, logical(node, &word), kind, namespace),
        }
    }

    fn named(
        &mut self,
        word: &str,
        node: Node<'_, '_>,
        namespace: &str,
    ) -> Result<TypeId, SchemaError> {
        let Some(name) = node.get_text("name") else {
            return fail(node, &format!("the {word} needs a `name`"));
        };
        let own = node.get_text("namespace");
        let full = full_name(&name, own.as_deref(), namespace);
        if full.len() > SCHEMA_NAME_BYTES_MAX {
            // SECURITY: it stands in front of every name within.
            return fail(
                node,
                &format!("a name has more than {SCHEMA_NAME_BYTES_MAX} bytes"),
            );
        }
        if !full.split('.').all(is_name) || primitive(&full).is_some() {
            return fail(node, &format!("`{full}` is no name of Avro's"));
        }
        let inner_namespace = full
            .rsplit_once('.')
            .map_or("", |(space, _)| space)
            .to_owned();
        let declared = Declared {
            kind: Type::Open,
            logical: logical(node, word),
            name: Some(full.clone()),
        };
        let id = self.add(declared, node.line())?;
        if self.named.insert(full.clone(), id).is_some() {
            return fail(node, &format!("`{full}` is declared twice"));
        }
        let kind = match word {
            "enum" => self.symbols(node)?,
            "fixed" => fixed(node)?,
            _ => self.record(node, &inner_namespace)?,
        };
        if let Some(declared) = self.types.get_mut(id as usize) {
            declared.kind = kind;
        }
        Ok(id)
    }

    fn record(&mut self, node: Node<'_, '_>, namespace: &str) -> Result<Type, SchemaError> {
        let Some(list) = node.get("fields").filter(|list| list.kind() == Kind::Array) else {
            return fail(node, "the record needs a list `fields`");
        };
        let mut fields: Vec<Field> = Vec::new();
        let mut names = HashSet::new();
        for item in list.items() {
            let Some(name) = item.get_text("name").filter(|name| is_name(name)) else {
                return fail(item, "the field needs a `name` of letters, digits and `_`");
            };
            if !names.insert(name.clone().into_owned()) {
                return fail(item, &format!("the field `{name}` stands twice"));
            }
            let Some(kind) = item.get("type") else {
                return fail(item, &format!("the field `{name}` needs a `type`"));
            };
            // A name that is known is a type without being another one.
            self.has_room(item.line())?;
            self.fields += 1;
            let kind = self.kind(kind, namespace)?;
            fields.push(Field {
                name: name.into_owned(),
                kind,
                has_default: item.get("default").is_some(),
            });
        }
        Ok(Type::Record(fields))
    }

    fn symbols(&mut self, node: Node<'_, '_>) -> Result<Type, SchemaError> {
        let Some(list) = node
            .get("symbols")
            .filter(|list| list.kind() == Kind::Array)
        else {
            return fail(node, "the enum needs a list `symbols`");
        };
        let mut symbols = Vec::new();
        let mut seen = HashSet::new();
        for item in list.items() {
            let Some(symbol) = item.text().filter(|symbol| is_name(symbol)) else {
                return fail(item, "a symbol is made of letters, digits and `_`");
            };
            if !seen.insert(symbol.clone().into_owned()) {
                return fail(item, &format!("the symbol `{symbol}` stands twice"));
            }
            self.symbols += 1;
            if self.symbols > SCHEMA_SYMBOLS_MAX {
                return fail(
                    item,
                    &format!("the schema has more than {SCHEMA_SYMBOLS_MAX} symbols"),
                );
            }
            symbols.push(symbol.into_owned());
        }
        if symbols.is_empty() {
            return fail(node, "the enum needs a symbol");
        }
        Ok(Type::Enumeration(symbols))
    }
}

fn fixed(node: Node<'_, '_>) -> Result<Type, SchemaError> {
    let size = node
        .get("size")
        .and_then(|size| size.raw().parse::<i64>().ok());
    match size.filter(|size| (0..=FIXED_BYTES_MAX).contains(size)) {
        Some(size) => Ok(Type::Fixed(u32::try_from(size).unwrap_or(0))),
        None => fail(
            node,
            &format!("`size` must lie between 0 and {FIXED_BYTES_MAX}"),
        ),
    }
}

/// A logical type that isn't known, or doesn't fit, is ignored: so says the specification.
fn logical(node: Node<'_, '_>, word: &str) -> Logical {
    let Some(name) = node.get_text("logicalType") else {
        return Logical::None;
    };
    match (name.as_ref(), word) {
        ("date", "int") => Logical::Date,
        ("timestamp-millis" | "local-timestamp-millis", "long") => Logical::Timestamp(1_000),
        ("timestamp-micros" | "local-timestamp-micros", "long") => Logical::Timestamp(1_000_000),
        ("timestamp-nanos" | "local-timestamp-nanos", "long") => Logical::Timestamp(1_000_000_000),
        ("decimal", "bytes" | "fixed") => Logical::Decimal,
        ("uuid", "string") => Logical::Uuid,
        _ => Logical::None,
    }
}

fn primitive(name: &str) -> Option<Type> {
    Some(match name {
        "null" => Type::Null,
        "boolean" => Type::Boolean,
        "int" => Type::Int,
        "long" => Type::Long,
        "float" => Type::Float,
        "double" => Type::Double,
        "bytes" => Type::Bytes,
        "string" => Type::Text,
        _ => return None,
    })
}

pub(super) fn type_name(kind: &Type) -> &'static str {
    match kind {
        Type::Null => "null",
        Type::Boolean => "boolean",
        Type::Int => "int",
        Type::Long => "long",
        Type::Float => "float",
        Type::Double => "double",
        Type::Bytes => "bytes",
        Type::Text => "string",
        Type::Fixed(_) => "fixed",
        Type::Enumeration(_) => "enum",
        Type::Array(_) => "array",
        Type::Map(_) => "map",
        Type::Union(_) => "union",
        Type::Record(_) | Type::Open => "record",
    }
}

fn full_name(name: &str, own: Option<&str>, outer: &str) -> String {
    if name.contains('.') {
        return name.trim_start_matches('.').to_owned();
    }
    match own.unwrap_or(outer) {
        "" => name.to_owned(),
        namespace => format!("{namespace}.{name}"),
    }
}

fn is_name(name: &str) -> bool {
    let first = name.bytes().next();
    first.is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn fail<T>(node: Node<'_, '_>, what: &str) -> Result<T, SchemaError> {
    Err(SchemaError::new(what, node.line()))
}
