//! The counters of producers that don't number their batches themselves: one for each partition that a connection
//! writes to.

use std::collections::HashMap;
use std::sync::Arc;

use streamward_records::Run;

/// Partitions whose counters are kept for one connection; beyond that, another run begins.
const PARTITIONS_MAX: usize = 10_000;

/// The counters that the records of one partition of a request got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    first: u64,
    next: u64,
}

impl Counted {
    /// From the first up to the one behind the last.
    pub const fn new(first: u64, next: u64) -> Self {
        Self { first, next }
    }
}

/// The counters of a connection.
#[derive(Debug, Default)]
pub struct Counters {
    run: Option<Run>,
    next: HashMap<(Arc<str>, i32), u64>,
}

impl Counters {
    /// The run, and the next counter of a partition. `None`: the system has no random numbers.
    pub fn next(&mut self, topic: &Arc<str>, partition: i32) -> Option<(Run, u64)> {
        let place = (topic.clone(), partition);
        if self.next.len() >= PARTITIONS_MAX && !self.next.contains_key(&place) {
            *self = Self::default();
        }
        let run = match self.run {
            Some(run) => run,
            None => *self.run.insert(Run::random()?),
        };
        Some((run, self.next.get(&place).copied().unwrap_or(0)))
    }

    /// Says how far the counters of a partition have come.
    pub fn put(&mut self, topic: &Arc<str>, partition: i32, next: u64) {
        self.next.insert((topic.clone(), partition), next);
    }

    /// Takes back the counters of records that the broker did not take, unless later ones were given out: so a batch that
    /// is tried again leaves no gap.
    pub fn take_back(&mut self, topic: &Arc<str>, partition: i32, counted: Counted) {
        let place = (topic.clone(), partition);
        if let Some(next) = self.next.get_mut(&place)
            && *next == counted.next
        {
            *next = counted.first;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_broker_did_not_take_is_counted_again_unless_more_followed() {
        let (mut counters, topic) = (Counters::default(), Arc::from("t"));
        let (run, first) = counters.next(&topic, 0).unwrap();
        assert_eq!(first, 0);
        counters.put(&topic, 0, 5);
        counters.take_back(&topic, 0, Counted::new(0, 5));
        assert_eq!(counters.next(&topic, 0), Some((run, 0)));
        counters.put(&topic, 0, 5);
        counters.put(&topic, 0, 9);
        counters.take_back(&topic, 0, Counted::new(0, 5));
        assert_eq!(counters.next(&topic, 0), Some((run, 9)));
        assert_eq!(counters.next(&topic, 1), Some((run, 0)));
    }

    #[test]
    fn beyond_so_many_partitions_another_run_begins() {
        let (mut counters, topic) = (Counters::default(), Arc::from("t"));
        let run = counters.next(&topic, 0).unwrap().0;
        for partition in 0..i32::try_from(PARTITIONS_MAX).unwrap() {
            counters.put(&topic, partition, 1);
        }
        assert_eq!(counters.next(&topic, 3), Some((run, 1)));
        let (other, first) = counters.next(&topic, -1).unwrap();
        assert!(other != run && first == 0);
    }
}
