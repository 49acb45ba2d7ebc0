//! What streams may carry: the `contracts` section of a snapshot, compiled once.

mod held;
mod section;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use streamward_records::{Headers, Record};

use self::held::held;
pub use self::held::{Held, IdHeader, compile, value_at};
pub use self::section::{ContractsSection, OnRead, OnWrite, SchemaSection};
use crate::schemas::{LookUp, Registered, SchemaNeed};

/// What a stream is held to, ready for records.
#[derive(Debug)]
pub struct Contract {
    /// What values are held to.
    pub value: Option<Held>,
    /// What keys are held to.
    pub key: Option<Held>,
    /// When they are written.
    pub on_write: OnWrite,
    /// When they are read.
    pub on_read: OnRead,
}

/// What keeps a record from being taken.
#[derive(Debug)]
pub enum Wrong {
    /// It is not as its contract says; in words for a producer, without a part of it.
    Record(String),
    /// Its schema must be asked for.
    Ask(SchemaNeed),
    /// Its schema can't be had now.
    Trouble,
}

impl From<String> for Wrong {
    fn from(what: String) -> Self {
        Self::Record(what)
    }
}

impl Contract {
    /// What is wrong with a record. One without a value deletes what its key names: there is nothing to
    /// validate in it.
    ///
    /// # Errors
    /// What keeps it from being taken.
    pub fn check(&self, record: &Record<'_>, look_up: &LookUp<'_>) -> Result<(), Wrong> {
        for (held, bytes, header) in [
            (&self.value, record.value, "__value_schema_id"),
            (&self.key, record.key, "__key_schema_id"),
        ] {
            if let (Some(held), Some(bytes)) = (held, bytes) {
                held.check(bytes, id_header(record, header), look_up)?;
            }
        }
        Ok(())
    }
}

fn id_header<'r>(record: &Record<'r>, name: &'static str) -> IdHeader<'r> {
    let headers = Headers::new(record.headers).into_iter().flatten();
    let mut found = headers.filter(|it| it.name == name.as_bytes());
    let content = found.next().map(|it| it.value);
    IdHeader {
        name,
        count: usize::from(content.is_some()) + found.count(),
        content: content.flatten(),
    }
}

/// Compiled contracts, by stream.
#[derive(Debug, Default)]
pub struct Contracts(HashMap<String, Contract>);

impl Contracts {
    /// Compiles a section; says what contradicts itself in it, for whoever wrote the snapshot.
    ///
    /// # Errors
    /// In words.
    pub fn build(section: &ContractsSection) -> Result<Self, String> {
        let mut contracts = HashMap::new();
        for stream in &section.streams {
            let of = |section: &Option<SchemaSection>| {
                let held = section.as_ref().map(held).transpose();
                held.map_err(|what| format!("contract of `{}`: {what}", stream.name))
            };
            let contract = Contract {
                value: of(&stream.value)?,
                key: of(&stream.key)?,
                on_write: stream.on_write,
                on_read: stream.on_read,
            };
            if contracts.insert(stream.name.clone(), contract).is_some() {
                return Err(format!("the contract of `{}` stands twice", stream.name));
            }
        }
        Ok(Self(contracts))
    }

    /// The contract of a topic.
    pub fn of(&self, topic: &str) -> Option<&Contract> {
        self.0.get(topic)
    }

    /// The contract to which records of a topic are held when they are written.
    pub fn on_write(&self, topic: &str) -> Option<&Contract> {
        self.of(topic).filter(|it| it.on_write == OnWrite::Refuse)
    }

    /// And when they are read.
    pub fn on_read(&self, topic: &str) -> Option<&Contract> {
        self.of(topic).filter(|it| it.on_read != OnRead::Off)
    }

    /// What registries are asked for.
    pub fn registered(&self) -> HashSet<Arc<Registered>> {
        let held = self.0.values().flat_map(|it| [&it.value, &it.key]);
        held.flatten()
            .filter_map(Held::registered)
            .cloned()
            .collect()
    }

    /// Is any record held to anything when it is read?
    pub fn reads(&self) -> bool {
        self.0.values().any(|it| it.on_read != OnRead::Off)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn golden() -> ContractsSection {
        let text = include_str!("../../../../tests/golden/snapshot.json");
        let mut document: serde_json::Value = serde_json::from_str(text).unwrap();
        serde_json::from_value(document["contracts"].take()).unwrap()
    }

    #[test]
    fn the_golden_section_is_compiled_and_its_contradictions_are_not() {
        let section = golden();
        assert!(
            Contracts::build(&section)
                .unwrap()
                .of(&section.streams[0].name)
                .is_some()
        );
        let broken: [fn(&mut SchemaSection); 4] = [
            |it| it.format = "xml".into(),
            |it| it.text = "{".into(),
            |it| it.message = Some("M".into()),
            |it| it.refused_patterns = vec!["ldap".into()],
        ];
        for break_it in broken {
            let mut section = golden();
            break_it(section.streams[0].value.as_mut().unwrap());
            assert!(Contracts::build(&section).is_err());
        }
        let mut twice = golden();
        twice.streams.push(twice.streams[0].clone());
        assert!(Contracts::build(&twice).is_err());
    }

    #[test]
    fn values_in_front_of_which_ids_stand_are_held_to_them() {
        let section: SchemaSection = serde_json::from_value(serde_json::json!({
            "format": "json", "text": "{\"type\":\"integer\"}", "references": [], "message": null, "registry": null,
            "admit_undeclared": false, "schema_ids": [7], "refused_patterns": []}))
        .unwrap();
        let held = held(&section).unwrap();
        let schemas = crate::schemas::Schemas::default();
        let look_up = LookUp {
            schemas: &schemas,
            asker: &"alice".into(),
            now: 0,
        };
        let header = IdHeader {
            name: "__value_schema_id",
            count: 0,
            content: None,
        };
        let check = |value: &[u8]| held.check(value, header, &look_up);
        assert!(check(b"\0\0\0\0\x071").is_ok());
        for value in [
            &b"1"[..],
            b"\0\0\0\0\x081",
            b"\0\0\0\0\x07x",
            b"\x01\0\0\0\x071",
            b"",
        ] {
            assert!(matches!(check(value), Err(Wrong::Record(_))), "{value:?}");
        }
    }
}
