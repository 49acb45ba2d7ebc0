//! What a schema declares, for checks and comparisons.

use super::types::{Compiled, Field, FieldType};
use crate::field::LeafType;
use crate::schema::{Declared, Found};

impl Compiled {
    /// What stands at a path: `*` for the keys of a map.
    pub fn at(&self, path: &[&str]) -> Found {
        let mut kind = FieldType::Message(self.root);
        for name in path {
            let FieldType::Message(id) = kind else {
                return Found::default();
            };
            let Some(message) = self.message(id) else {
                return Found::default();
            };
            // Of an entry only the value can be named.
            let wanted = match (message.entry, *name) {
                (true, "*") => "value",
                (true, _) => return Found::default(),
                (false, name) => name,
            };
            match message.fields.iter().find(|field| field.name == wanted) {
                Some(field) => kind = field.kind,
                None => return Found::default(),
            }
        }
        match kind {
            FieldType::Scalar(scalar) => Found {
                kinds: vec![scalar.leaf_type()],
                ..Found::default()
            },
            FieldType::Enumeration(_) => Found {
                kinds: vec![LeafType::Enumeration],
                ..Found::default()
            },
            FieldType::Message(_) => Found {
                nested: true,
                ..Found::default()
            },
        }
    }

    /// Every field, each before those within it; a message within itself is told once.
    pub fn describe(&self) -> Vec<Declared> {
        let mut all = Vec::new();
        self.below(self.root, &mut Vec::new(), &mut Vec::new(), &mut all);
        all
    }

    fn below(
        &self,
        id: u32,
        path: &mut Vec<String>,
        around: &mut Vec<u32>,
        all: &mut Vec<Declared>,
    ) {
        let Some(message) = self.message(id) else {
            return;
        };
        if around.contains(&id) {
            return;
        }
        around.push(id);
        for field in &message.fields {
            if message.entry && field.number == 1 {
                continue;
            }
            let name = if message.entry { "*" } else { &field.name };
            path.push(name.to_owned());
            if Declared::fits(path, all.len()) {
                all.push(self.declared(field, path));
                if let FieldType::Message(inner) = field.kind {
                    self.below(inner, path, around, all);
                }
            }
            path.pop();
        }
        around.pop();
    }

    fn declared(&self, field: &Field, path: &[String]) -> Declared {
        let mut symbols = Vec::new();
        let name = match field.kind {
            FieldType::Scalar(scalar) => scalar.name().to_owned(),
            FieldType::Enumeration(id) => {
                let found = self.enumerations.get(id as usize);
                let known = found
                    .map(|found| found.symbols.as_slice())
                    .unwrap_or_default();
                symbols.extend(known.iter().map(|(_, symbol)| symbol.clone()));
                let name = found.map_or("", |found| &found.name);
                format!("enum {name}")
            }
            FieldType::Message(id) => match self.message(id) {
                Some(message) if message.entry => "map".to_owned(),
                Some(message) => message.name.clone(),
                None => String::new(),
            },
        };
        Declared {
            path: path.to_vec(),
            types: vec![name],
            required: field.required,
            repeated: field.repeated,
            number: Some(field.number),
            symbols,
        }
    }
}
