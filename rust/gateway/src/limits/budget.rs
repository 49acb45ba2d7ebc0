//! What a connection may spend: its principal's own rates, and those that it shares with others.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::bucket::Bucket;
use super::quota::Rates;

/// What is counted by the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Bytes of Produce requests.
    Produce = 0,
    /// Bytes of answers to Fetch.
    Fetch = 1,
    /// Requests.
    Requests = 2,
}

impl Count {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Produce, Self::Fetch, Self::Requests];

    /// The name of the setting.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Produce => "produce_bytes_per_second",
            Self::Fetch => "fetch_bytes_per_second",
            Self::Requests => "requests_per_second",
        }
    }
}

/// A bucket for each thing that is counted.
#[derive(Debug, Default)]
pub struct Meter {
    buckets: [Bucket; 3],
}

impl Meter {
    /// From now on these rates.
    pub fn set(&self, rates: &Rates) {
        let [produce, fetch, requests] = &self.buckets;
        produce.set(rates.produce);
        fetch.set(rates.fetch);
        requests.set(rates.requests);
    }

    /// Is nothing owed?
    pub fn is_settled(&self, now: i64) -> bool {
        self.buckets.iter().all(|it| it.is_settled(now))
    }

    fn bucket(&self, count: Count) -> &Bucket {
        let [produce, fetch, requests] = &self.buckets;
        match count {
            Count::Produce => produce,
            Count::Fetch => fetch,
            Count::Requests => requests,
        }
    }
}

/// What one principal has and owes, over all its connections.
#[derive(Debug, Default)]
pub struct Account {
    connections: AtomicUsize,
    pub(super) meter: Meter,
    /// Requests for data keys.
    pub(super) grants: Bucket,
}

impl Account {
    /// Is nothing owed?
    pub(super) fn is_settled(&self, now: i64) -> bool {
        self.meter.is_settled(now) && self.grants.is_settled(now)
    }
}

/// What one connection may spend; while it lives it counts as one of its principal's.
#[derive(Debug)]
pub struct Budget {
    account: Arc<Account>,
    others: Vec<Arc<Meter>>,
}

impl Budget {
    /// One more connection of this principal; `None`: it has `most` already.
    pub(super) fn open(account: Arc<Account>, most: usize) -> Option<Self> {
        let one_more = |open: usize| (open < most).then_some(open + 1);
        account
            .connections
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more)
            .ok()?;
        Some(Self {
            account,
            others: Vec::new(),
        })
    }

    pub(super) fn declare(&mut self, own: &Rates, others: Vec<Arc<Meter>>) {
        self.account.meter.set(own);
        self.others = others;
    }

    fn buckets(&self, count: Count) -> impl Iterator<Item = &Bucket> {
        let meters = self.others.iter().map(|it| &**it);
        std::iter::once(&self.account.meter)
            .chain(meters)
            .map(move |meter| meter.bucket(count))
    }

    /// Spends `units` of everything that counts them.
    pub fn spend(&self, count: Count, units: u64, wait_max_milliseconds: u64, now: i64) {
        for bucket in self.buckets(count) {
            bucket.spend(units, wait_max_milliseconds, now);
        }
    }

    /// Milliseconds until nothing is owed beyond the bursts.
    pub fn wait(&self, count: Count, now: i64) -> u64 {
        let waits = self.buckets(count).map(|bucket| bucket.wait(now));
        waits.max().unwrap_or(0)
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        self.account.connections.fetch_sub(1, Ordering::Relaxed);
    }
}
