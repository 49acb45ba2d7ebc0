//! From declarations to a schema: names become numbers, imports become part of it.

use std::collections::{HashMap, HashSet};

use super::parse::{EnumerationText, FieldText, File, Label, MessageText, parse};
use super::scalar::Scalar;
use super::types::{Compiled, Enumeration, Field, FieldType, Message};
use super::wellknown;
use crate::error::SchemaError;
use crate::limits::{
    SCHEMA_DEPTH_MAX, SCHEMA_NAME_BYTES_MAX, SCHEMA_REFERENCES_MAX, SCHEMA_SYMBOLS_MAX,
    SCHEMA_TYPES_MAX,
};
use crate::schema::Reference;

/// Compiles a schema; what it imports is among the references, by the name of the import, or comes
/// with every compiler. Values are of its first message.
pub(crate) fn compile(text: &str, references: &[Reference]) -> Result<Compiled, SchemaError> {
    let mut linker = Linker::default();
    let file = parse(text)?;
    linker.imports(&file, references)?;
    linker.declare(&file)?;
    linker.link()?;
    let prefix = prefix_of(&file.package);
    let outermost: Vec<u32> = file
        .messages
        .iter()
        .filter_map(
            |message| match linker.names.get(&format!("{prefix}{}", message.name)) {
                Some(Named::Message(id)) => Some(*id),
                _ => None,
            },
        )
        .collect();
    let Some(root) = outermost.first().copied() else {
        return Err(SchemaError::new("the schema declares no message", 1));
    };
    Ok(Compiled {
        messages: linker.messages.into(),
        enumerations: linker.enumerations.into(),
        outermost: outermost.into(),
        root,
        admits_undeclared: false,
    })
}

#[derive(Clone, Copy)]
enum Named {
    Message(u32),
    Enumeration(u32),
}

/// A field whose type isn't known yet.
struct Open {
    message: u32,
    scope: String,
    proto3: bool,
    field: FieldText,
    file: Option<String>,
}

#[derive(Default)]
struct Linker {
    messages: Vec<Message>,
    enumerations: Vec<Enumeration>,
    names: HashMap<String, Named>,
    open: Vec<Open>,
    symbols: usize,
    read: HashSet<String>,
    /// The reference that is being read.
    file: Option<String>,
}

impl Linker {
    fn imports(&mut self, file: &File, references: &[Reference]) -> Result<(), SchemaError> {
        // A file is declared before what it imports: names are resolved at the end.
        let mut open = file.imports.clone();
        while let Some((name, line)) = open.pop() {
            if !self.read.insert(name.clone()) {
                continue;
            }
            if self.read.len() > SCHEMA_REFERENCES_MAX {
                let what = format!("more than {SCHEMA_REFERENCES_MAX} files are imported");
                return Err(SchemaError::new(what, line));
            }
            let given = references.iter().find(|reference| reference.name == name);
            let text = match given {
                Some(reference) => reference.text.as_str(),
                None => wellknown::file(&name).ok_or_else(|| {
                    SchemaError::new(
                        format!("`{name}` is imported, but not among the references"),
                        line,
                    )
                })?,
            };
            let imported = parse(text).map_err(|error| error.within(&name))?;
            self.file = Some(name.clone());
            self.declare(&imported)
                .map_err(|error| error.within(&name))?;
            self.file = None;
            open.extend(imported.imports);
        }
        Ok(())
    }

    fn declare(&mut self, file: &File) -> Result<(), SchemaError> {
        let prefix = prefix_of(&file.package);
        for each in &file.enumerations {
            self.enumeration(each, &prefix, file.proto3)?;
        }
        for each in &file.messages {
            self.message(each, &prefix, file.proto3)?;
        }
        Ok(())
    }

    fn has_room(&self, line: u32) -> Result<(), SchemaError> {
        if self.names.len() + self.open.len() >= SCHEMA_TYPES_MAX {
            return Err(SchemaError::too_many_types(line));
        }
        Ok(())
    }

    fn name(&mut self, full: String, named: Named, line: u32) -> Result<(), SchemaError> {
        self.has_room(line)?;
        // SECURITY: each of its parts is a scope, in which every name within is looked for.
        if full.len() > SCHEMA_NAME_BYTES_MAX || full.split('.').count() > SCHEMA_DEPTH_MAX {
            let what = format!(
                "a name has more than {SCHEMA_NAME_BYTES_MAX} bytes or {SCHEMA_DEPTH_MAX} parts"
            );
            return Err(SchemaError::new(what, line));
        }
        if self.names.contains_key(&full) {
            return Err(SchemaError::new(
                format!("`{full}` is declared twice"),
                line,
            ));
        }
        self.names.insert(full, named);
        Ok(())
    }

    fn enumeration(
        &mut self,
        text: &EnumerationText,
        prefix: &str,
        proto3: bool,
    ) -> Result<(), SchemaError> {
        let full = format!("{prefix}{}", text.name);
        if text.symbols.is_empty() {
            return Err(SchemaError::new(
                format!("the enum `{full}` has no symbol"),
                text.line,
            ));
        }
        if proto3 && text.symbols.first().is_none_or(|(number, _)| *number != 0) {
            let what = format!("the first symbol of `{full}` must be 0 in proto3");
            return Err(SchemaError::new(what, text.line));
        }
        self.symbols += text.symbols.len();
        if self.symbols > SCHEMA_SYMBOLS_MAX {
            let what = format!("the schema has more than {SCHEMA_SYMBOLS_MAX} symbols");
            return Err(SchemaError::new(what, text.line));
        }
        let mut symbols = text.symbols.clone();
        symbols.sort_by_key(|(number, _)| *number);
        let id = number(self.enumerations.len());
        self.enumerations.push(Enumeration {
            name: full.clone(),
            symbols,
            closed: !proto3,
        });
        self.name(full, Named::Enumeration(id), text.line)
    }

    fn message(
        &mut self,
        text: &MessageText,
        prefix: &str,
        proto3: bool,
    ) -> Result<u32, SchemaError> {
        let full = format!("{prefix}{}", text.name);
        let id = number(self.messages.len());
        self.messages.push(Message {
            name: full.clone(),
            ..Message::default()
        });
        self.name(full.clone(), Named::Message(id), text.line)?;
        let scope = format!("{full}.");
        for each in &text.enumerations {
            self.enumeration(each, &scope, proto3)?;
        }
        let mut nested = Vec::new();
        for each in &text.messages {
            nested.push(self.message(each, &scope, proto3)?);
        }
        if let Some(message) = self.messages.get_mut(id as usize) {
            message.nested = nested;
        }
        let mut names = HashSet::new();
        let mut numbers = HashSet::new();
        for field in &text.fields {
            if !names.insert(&field.name) || !numbers.insert(field.number) {
                let what = format!("the name or number of `{}` stands twice", field.name);
                return Err(SchemaError::new(what, field.line));
            }
            self.has_room(field.line)?;
            self.open.push(Open {
                message: id,
                scope: scope.clone(),
                proto3,
                field: FieldText {
                    name: field.name.clone(),
                    kind: field.kind.clone(),
                    key: field.key.clone(),
                    ..*field
                },
                file: self.file.clone(),
            });
        }
        Ok(id)
    }

    fn link(&mut self) -> Result<(), SchemaError> {
        for open in std::mem::take(&mut self.open) {
            let field = self.field(&open).map_err(|error| match &open.file {
                Some(name) => error.within(name),
                None => error,
            })?;
            if let Some(message) = self.messages.get_mut(open.message as usize) {
                message.fields.push(field);
            }
        }
        for message in &mut self.messages {
            message.fields.sort_by_key(|field| field.number);
            let places = message.fields.iter().enumerate();
            let required = places.filter(|(_, field)| field.required);
            message.required = required.map(|(place, _)| place).collect();
        }
        Ok(())
    }

    fn field(&mut self, open: &Open) -> Result<Field, SchemaError> {
        let text = &open.field;
        if open.proto3 && text.label == Label::Required {
            let what = format!("`{}` can't be required in proto3", text.name);
            return Err(SchemaError::new(what, text.line));
        }
        let kind = self.resolve(&text.kind, &open.scope, text.line)?;
        let kind = match &text.key {
            Some(key) => self.entry(key, kind, text.line)?,
            None => kind,
        };
        Ok(Field {
            name: text.name.clone(),
            number: text.number,
            kind,
            repeated: text.label == Label::Repeated || text.key.is_some(),
            required: text.label == Label::Required,
            oneof: text.oneof,
        })
    }

    /// The message that a map is a list of.
    fn entry(&mut self, key: &str, value: FieldType, line: u32) -> Result<FieldType, SchemaError> {
        let Some(key) = Scalar::of_name(key).filter(|scalar| scalar.is_key()) else {
            return Err(SchemaError::new(
                format!("`{key}` can't be the key of a map"),
                line,
            ));
        };
        let field = |name: &str, number: u32, kind: FieldType| Field {
            name: name.to_owned(),
            number,
            kind,
            repeated: false,
            required: false,
            oneof: None,
        };
        let id = number(self.messages.len());
        self.messages.push(Message {
            name: String::new(),
            fields: vec![
                field("key", 1, FieldType::Scalar(key)),
                field("value", 2, value),
            ],
            entry: true,
            ..Message::default()
        });
        Ok(FieldType::Message(id))
    }

    /// Looks for a name in the innermost scope first, then outwards.
    fn resolve(&self, name: &str, scope: &str, line: u32) -> Result<FieldType, SchemaError> {
        if let Some(scalar) = Scalar::of_name(name) {
            return Ok(FieldType::Scalar(scalar));
        }
        let mut scope = if name.starts_with('.') { "" } else { scope };
        let plain = name.trim_start_matches('.');
        loop {
            match self.names.get(&format!("{scope}{plain}")) {
                Some(Named::Message(id)) => return Ok(FieldType::Message(*id)),
                Some(Named::Enumeration(id)) => return Ok(FieldType::Enumeration(*id)),
                None if scope.is_empty() => {
                    return Err(SchemaError::new(format!("there is no type `{name}`"), line));
                }
                None => {
                    let outer = scope.strip_suffix('.').unwrap_or(scope);
                    let end = outer.rfind('.').map_or(0, |at| at + 1);
                    scope = scope.get(..end).unwrap_or_default();
                }
            }
        }
    }
}

fn prefix_of(package: &str) -> String {
    if package.is_empty() {
        String::new()
    } else {
        format!("{package}.")
    }
}

/// Bounded by `SCHEMA_TYPES_MAX`.
fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use crate::protobuf;

    #[test]
    fn only_required_fields_are_looked_for_after_a_message() {
        let optional = (1..=5_000).map(|number| format!("optional string f{number} = {number};"));
        let optional = optional.collect::<Vec<_>>().join(" ");
        let text =
            format!("syntax = \"proto2\"; message M {{ {optional} required int32 r = 6000; }}");
        let compiled = protobuf::compile(&text, &[]).unwrap();
        assert_eq!(compiled.messages[0].required, [5_000]);
    }
}
