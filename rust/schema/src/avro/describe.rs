//! What a schema declares, for checks and comparisons.

use std::collections::HashSet;

use super::parse::type_name;
use super::types::{Compiled, Field, Logical, Type, TypeId};
use super::walk::leaf_type;
use crate::declared::{Declared, Description};
use crate::schema::Found;

impl Compiled {
    /// What stands at a path: `*` for the keys of a map, arrays and unions are looked through.
    pub fn at(&self, path: &[&str]) -> Found {
        let mut here = self.through(&[self.root]);
        for name in path {
            let mut next = Vec::new();
            for id in here {
                match self.get(id).map(|declared| &declared.kind) {
                    Some(Type::Record(fields)) => {
                        next.extend(fields.iter().find(|field| field.name == *name).map(of));
                    }
                    Some(Type::Map(inner)) => next.push(*inner),
                    _ => {}
                }
            }
            here = self.through(&next);
        }
        let mut found = Found::default();
        for declared in here.iter().filter_map(|id| self.get(*id)) {
            match declared.kind {
                Type::Null => {}
                Type::Record(_) | Type::Map(_) => found.nested = true,
                _ => found.kinds.push(leaf_type(declared)),
            }
        }
        found
    }

    /// The types behind arrays and unions, each once.
    fn through(&self, ids: &[TypeId]) -> Vec<TypeId> {
        let mut open: Vec<TypeId> = ids.to_vec();
        let mut seen = HashSet::new();
        let mut result = Vec::new();
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            match self.get(id).map(|declared| &declared.kind) {
                Some(Type::Array(inner)) => open.push(*inner),
                Some(Type::Union(branches)) => open.extend(branches.iter().rev()),
                _ => result.push(id),
            }
        }
        result
    }

    /// Every field, each before those within it; a record within itself is told once.
    pub fn describe(&self) -> Description {
        let mut all = Description::default();
        self.below(self.root, &mut Vec::new(), &mut Vec::new(), &mut all);
        all
    }

    /// `around`: the types that this one lies in, each with the number of names in front of it.
    fn below(
        &self,
        id: TypeId,
        path: &mut Vec<String>,
        around: &mut Vec<(TypeId, usize)>,
        all: &mut Description,
    ) {
        for inner in self.through(&[id]) {
            if all.is_cut() {
                return;
            }
            if let Some((_, names)) = around.iter().find(|(outer, _)| *outer == inner) {
                all.again(path, *names);
                continue;
            }
            around.push((inner, path.len()));
            match self.get(inner).map(|declared| &declared.kind) {
                Some(Type::Record(fields)) => {
                    for field in fields {
                        if all.is_cut() {
                            break;
                        }
                        path.push(field.name.clone());
                        if all.tell(self.declared(field.kind, path, field.has_default)) {
                            self.below(field.kind, path, around, all);
                        }
                        path.pop();
                    }
                }
                Some(Type::Map(values)) => {
                    path.push("*".to_owned());
                    if all.tell(self.declared(*values, path, true)) {
                        self.below(*values, path, around, all);
                    }
                    path.pop();
                }
                _ => {}
            }
            around.pop();
        }
    }

    fn declared(&self, id: TypeId, path: &[String], has_default: bool) -> Declared {
        let mut types = Vec::new();
        let mut symbols = Vec::new();
        for declared in self.through(&[id]).iter().filter_map(|id| self.get(*id)) {
            if let Type::Enumeration(known) = &declared.kind {
                symbols.extend(known.iter().cloned());
            }
            types.push(match declared.logical {
                Logical::None => type_name(&declared.kind).to_owned(),
                Logical::Date => "date".to_owned(),
                Logical::Timestamp(per_second) => format!("timestamp/{per_second}"),
                Logical::Decimal => "decimal".to_owned(),
                Logical::Uuid => "uuid".to_owned(),
            });
        }
        let repeated = self.is_repeated(id);
        Declared {
            path: path.to_vec(),
            types,
            required: !has_default,
            repeated,
            recursive: false,
            number: None,
            symbols,
        }
    }

    fn is_repeated(&self, id: TypeId) -> bool {
        match self.get(id).map(|declared| &declared.kind) {
            Some(Type::Array(_)) => true,
            Some(Type::Union(branches)) => branches.iter().any(|branch| {
                self.get(*branch)
                    .is_some_and(|declared| matches!(declared.kind, Type::Array(_)))
            }),
            _ => false,
        }
    }
}

fn of(field: &Field) -> TypeId {
    field.kind
}
