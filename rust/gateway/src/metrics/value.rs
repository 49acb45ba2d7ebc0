//! What figures are made of: numbers that any thread adds to without waiting.
//!
//! `Relaxed` is enough everywhere: a scrape wants each figure, not all of them at one moment.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};

use super::label::Label;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub fn add_one(&self) {
        self.add(1);
    }

    /// So many more.
    pub fn add(&self, number: u64) {
        self.0.fetch_add(number, Ordering::Relaxed);
    }

    /// How many so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that grows and shrinks. What is split over several of them may be below zero in one.
#[derive(Debug, Default)]
pub struct Gauge(AtomicU64);

impl Gauge {
    /// So many more.
    pub fn add(&self, number: u64) {
        self.0.fetch_add(number, Ordering::Relaxed);
    }

    /// So many fewer.
    pub fn subtract(&self, number: u64) {
        self.0.fetch_sub(number, Ordering::Relaxed);
    }

    /// From what was to what is.
    pub fn move_from(&self, before: u64, now: u64) {
        self.0
            .fetch_add(now.wrapping_sub(before), Ordering::Relaxed);
    }

    /// It is this now.
    pub fn set(&self, number: u64) {
        self.0.store(number, Ordering::Relaxed);
    }

    /// What it is, modulo 2^64.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A counter for each value of a label.
#[derive(Debug)]
pub struct Counters<L> {
    counters: Box<[Counter]>,
    label: PhantomData<L>,
}

impl<L: Label> Default for Counters<L> {
    fn default() -> Self {
        Self {
            counters: L::VALUES.iter().map(|_| Counter::default()).collect(),
            label: PhantomData,
        }
    }
}

impl<L: Label> Counters<L> {
    /// The counter of one value.
    pub fn of(&self, value: L) -> &Counter {
        // INVARIANT: `index` is below the number of `VALUES`, as the macro that writes both says.
        &self.counters[value.index()]
    }

    /// Every value of the label with its number.
    pub fn each(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let counters = self.counters.iter().map(Counter::get);
        L::VALUES.iter().copied().zip(counters)
    }

    /// All of them together.
    pub fn total(&self) -> u64 {
        self.counters.iter().map(Counter::get).sum()
    }
}

/// How long things took, in nanoseconds, counted by the bound under which they fall.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// One for each bound, and one for what is above all.
    buckets: Box<[Counter]>,
    sum: Counter,
}

impl Histogram {
    /// An empty one; `bounds` in nanoseconds, ascending.
    pub fn new(bounds: &'static [u64]) -> Self {
        Self {
            bounds,
            buckets: (0..=bounds.len()).map(|_| Counter::default()).collect(),
            sum: Counter::default(),
        }
    }

    /// One that took this long.
    pub fn observe(&self, nanoseconds: u64) {
        let bucket = self.bounds.partition_point(|bound| *bound < nanoseconds);
        self.buckets[bucket].add_one();
        self.sum.add(nanoseconds);
    }

    /// What was observed so far.
    pub fn read(&self) -> Distribution {
        Distribution {
            bounds: self.bounds,
            buckets: self.buckets.iter().map(Counter::get).collect(),
            sum: self.sum.get(),
        }
    }
}

/// What a histogram held at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    /// Upper bounds, inclusive, in nanoseconds.
    pub bounds: &'static [u64],
    /// How many fell under each bound and not under the one before; the last: above all bounds.
    pub buckets: Vec<u64>,
    /// Nanoseconds altogether.
    pub sum: u64,
}

impl Distribution {
    /// Nothing yet.
    pub fn empty(bounds: &'static [u64]) -> Self {
        Self {
            bounds,
            buckets: vec![0; bounds.len() + 1],
            sum: 0,
        }
    }

    /// Adds what another histogram of the same bounds held.
    pub fn merge(&mut self, other: &Self) {
        for (bucket, more) in self.buckets.iter_mut().zip(&other.buckets) {
            *bucket = bucket.saturating_add(*more);
        }
        self.sum = self.sum.saturating_add(other.sum);
    }

    /// How many were observed.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_the_bucket_below_it() {
        let histogram = Histogram::new(&[10, 20]);
        for nanoseconds in [0, 10, 11, 20, 21, u64::from(u32::MAX)] {
            histogram.observe(nanoseconds);
        }
        let read = histogram.read();
        assert_eq!(read.buckets, [2, 2, 2]);
        assert_eq!(read.sum, 62 + u64::from(u32::MAX));
        assert_eq!(read.count(), 6);
    }

    #[test]
    fn parts_of_a_gauge_may_be_below_zero() {
        let (one, other) = (Gauge::default(), Gauge::default());
        one.add(3);
        other.subtract(2);
        one.move_from(3, 1);
        assert_eq!(one.get().wrapping_add(other.get()), u64::MAX);
        other.set(5);
        assert_eq!(one.get().wrapping_add(other.get()), 6);
    }
}
