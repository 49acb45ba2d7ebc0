//! A walk over a Produce request.

use std::collections::HashSet;
use std::ops::Range;

use streamward_wire::WireError;
use streamward_wire::kafka::{Field, Leaf, Visitor, batch};

use super::sending::Load;
use crate::session::cold::Naming;

/// A topic as the request names it.
pub(super) struct Topic<'a> {
    pub(super) naming: Naming<'a>,
    pub(super) loads: Vec<Load>,
}

/// What a request says, read where it lies.
#[derive(Default)]
pub(super) struct RequestWalk<'a> {
    pub(super) acks: i64,
    pub(super) transactional_id: Option<&'a str>,
    pub(super) transactional: bool,
    pub(super) malformed: bool,
    pub(super) topics: Vec<Topic<'a>>,
}

impl<'a> Visitor<'a> for RequestWalk<'a> {
    fn element(&mut self, field: &'static Field, _index: usize) -> Result<(), WireError> {
        match field.name {
            "TopicData" => {
                self.topics.push(Topic {
                    naming: Naming::Name(""),
                    loads: Vec::new(),
                });
            }
            "PartitionData" => {
                if let Some(topic) = self.topics.last_mut() {
                    topic.loads.push(Load::default());
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn leaf(
        &mut self,
        field: &'static Field,
        leaf: Leaf<'a>,
        _at: Range<usize>,
    ) -> Result<(), WireError> {
        match (field.name, leaf) {
            ("Acks", Leaf::Int(acks)) => self.acks = acks,
            ("TransactionalId", Leaf::Str(id)) => self.transactional_id = id,
            ("Name", Leaf::Str(Some(name))) => self.name(Naming::Name(name)),
            ("TopicId", Leaf::Uuid(id)) => self.name(Naming::Id(id)),
            ("Index", Leaf::Int(index)) => {
                if let Some(load) = self.load() {
                    load.index = i32::try_from(index).unwrap_or(-1);
                }
            }
            ("Records", Leaf::Bytes(Some(records))) => self.records(records),
            _ => {}
        }
        Ok(())
    }
}

impl<'a> RequestWalk<'a> {
    fn name(&mut self, naming: Naming<'a>) {
        if let Some(topic) = self.topics.last_mut() {
            topic.naming = naming;
        }
    }

    fn load(&mut self) -> Option<&mut Load> {
        self.topics.last_mut()?.loads.last_mut()
    }

    /// Is any topic, or any partition of a topic, named twice?
    pub(super) fn names_twice(&self) -> bool {
        let mut topics = HashSet::new();
        let repeated = |load: &Load, indexes: &mut HashSet<i32>| !indexes.insert(load.index);
        self.topics.iter().any(|topic| {
            let mut indexes = HashSet::new();
            let loads = &topic.loads;
            self.topics.len() > 1 && !topics.insert(topic.naming)
                || loads.len() > 1 && loads.iter().any(|load| repeated(load, &mut indexes))
        })
    }

    fn records(&mut self, records: &[u8]) {
        let mut batches = batch::batches(records);
        for batch in batches.by_ref() {
            let Ok(batch) = batch else {
                self.malformed = true;
                return;
            };
            self.malformed |= !batch.complete;
            self.transactional |= batch.is_transactional();
            if let Some(load) = self.load() {
                load.count(&batch);
            }
        }
        self.malformed |= batches.rest() > 0;
    }
}
