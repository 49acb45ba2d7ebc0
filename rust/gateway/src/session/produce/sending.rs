//! What of a Produce request is on its way, until it is acknowledged.

use std::collections::HashMap;
use std::sync::Arc;

use streamward_wire::kafka::{Value, batch};

use crate::recorder::Access;
use crate::session::places::Places;
use crate::session::signing::Counted;

/// What one partition of a request carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// The partition's number.
    pub index: i32,
    /// The counters of its records, where the gateway signs them.
    pub counted: Option<Counted>,
    pub(super) records: u32,
    pub(super) offsets: i64,
    pub(super) bytes: u64,
}

impl Load {
    /// Nothing yet for this partition.
    pub fn of(index: i32) -> Self {
        Self {
            index,
            ..Self::default()
        }
    }

    /// Counts what a batch says that it holds.
    pub fn count(&mut self, batch: &batch::Batch<'_>) {
        let offsets = batch.last_offset.saturating_sub(batch.base_offset);
        self.records = self.records.saturating_add(batch.records);
        self.offsets = self.offsets.saturating_add(offsets.saturating_add(1));
        self.bytes = self.bytes.saturating_add(batch.bytes as u64);
    }
}

/// A topic of a request on its way to the broker.
#[derive(Debug)]
pub struct Sending {
    /// Its name.
    pub name: Arc<str>,
    /// Its id, zero where the request names it.
    pub id: [u8; 16],
    /// What counts its records.
    pub access: Option<Arc<Access>>,
    /// Its partitions.
    pub loads: Vec<Load>,
    places: Places<i32>,
}

impl Sending {
    /// A topic with these partitions; `id` is zero where the request names it.
    pub fn new(
        name: Arc<str>,
        id: [u8; 16],
        access: Option<Arc<Access>>,
        loads: Vec<Load>,
    ) -> Self {
        Self {
            name,
            id,
            access,
            loads,
            places: Places::default(),
        }
    }

    /// What a partition carries that an answer names. The partitions are those that left from the first question on.
    pub(super) fn load(&self, index: i64) -> Option<&Load> {
        let index = i32::try_from(index).ok()?;
        let place = self.places.find(&self.loads, |it| &it.index, &index)?;
        self.loads.get(place)
    }

    /// Notes which counters the records of each partition got.
    pub(in crate::session) fn count(&mut self, counts: &HashMap<i32, Counted>) {
        for load in &mut self.loads {
            load.counted = counts.get(&load.index).copied();
        }
    }
}

/// What must be known when the acknowledgement comes.
#[derive(Debug)]
pub struct ProduceExchange {
    pub(super) topics: Vec<Sending>,
    by_name: Places<Arc<str>>,
    by_id: Places<[u8; 16]>,
    /// Answers to what the broker never saw.
    pub(super) refused: Vec<Value>,
}

impl ProduceExchange {
    /// Topics that are on their way, and answers to those that are not.
    pub fn new(topics: Vec<Sending>, refused: Vec<Value>) -> Self {
        Self {
            topics,
            by_name: Places::default(),
            by_id: Places::default(),
            refused,
        }
    }

    pub(super) fn by_name(&self, name: &str) -> Option<&Sending> {
        let place = self.by_name.find(&self.topics, |it| &it.name, name)?;
        self.topics.get(place)
    }

    pub(super) fn by_id(&self, id: [u8; 16]) -> Option<&Sending> {
        let place = self.by_id.find(&self.topics, |it| &it.id, &id)?;
        self.topics.get(place)
    }
}
