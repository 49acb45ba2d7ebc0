//! What a schema declares, for checks and comparisons.

use super::types::{Compiled, Field, FieldType};
use crate::declared::{Declared, Description};
use crate::field::LeafType;
use crate::schema::Found;

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
    pub fn describe(&self) -> Description {
        let mut all = Description::default();
        self.below(self.root, &mut Vec::new(), &mut Vec::new(), &mut all);
        all
    }

    /// `around`: the messages that this one lies in, each with the number of names in front of it.
    fn below(
        &self,
        id: u32,
        path: &mut Vec<String>,
        around: &mut Vec<(u32, usize)>,
        all: &mut Description,
    ) {
        let Some(message) = self.message(id) else {
            return;
        };
        if let Some((_, names)) = around.iter().find(|(outer, _)| *outer == id) {
            all.again(path, *names);
            return;
        }
        around.push((id, path.len()));
        for field in &message.fields {
            if all.is_cut() {
                break;
            }
            if message.entry && field.number == 1 {
                continue;
            }
            let name = if message.entry { "*" } else { &field.name };
            path.push(name.to_owned());
            if all.tell(self.declared(field, path))
                && let FieldType::Message(inner) = field.kind
            {
                self.below(inner, path, around, all);
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
            recursive: false,
            number: Some(field.number),
            symbols,
        }
    }
}
