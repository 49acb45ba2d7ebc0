//! Where connections come from: how many are open and how fast new ones come, by source.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::bucket::{Bucket, Rate};
use super::section::ListenerLimits;

/// Sources that are told apart at one time on one listener; more share one count.
pub const SOURCES_MAX: usize = 20_000;
/// How long after looking for sources that can be forgotten it is done again.
const SWEEP_MILLISECONDS: i64 = 1_000;
/// What an IPv6 network hands to one customer or host at least: its addresses are one source.
const PREFIX_BITS: u32 = 64;

/// Whom an address stands for: itself, or its /64 where it is IPv6, written as the first address in it.
///
/// SECURITY: whoever has one IPv6 address has 2^64 of them; to count each would be to count none.
pub fn source_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let prefix = u128::from(address) & (u128::MAX << (u128::BITS - PREFIX_BITS));
            IpAddr::V6(Ipv6Addr::from(prefix))
        }
    }
}

#[derive(Debug, Default)]
struct Source {
    open: usize,
    new: Bucket,
}

/// The sources of one listener.
#[derive(Debug, Default)]
pub struct Sources(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    /// `None` stands for those beyond [`SOURCES_MAX`].
    sources: HashMap<Option<IpAddr>, Source>,
    swept_milliseconds: i64,
}

impl Table {
    /// The place of a source; those of whom nothing is left to remember make room for it.
    fn key(&mut self, source: IpAddr, now: i64) -> Option<IpAddr> {
        let known = self.sources.contains_key(&Some(source));
        if known || self.sources.len() < SOURCES_MAX {
            return Some(source);
        }
        // SECURITY: who comes from ever new addresses must not make each of them cost a sweep.
        if now.saturating_sub(self.swept_milliseconds) >= SWEEP_MILLISECONDS {
            self.swept_milliseconds = now;
            self.sources
                .retain(|_, source| source.open > 0 || !source.new.is_settled(now));
        }
        Some(source).filter(|_| self.sources.len() < SOURCES_MAX)
    }
}

/// Why a connection is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crowded {
    /// The source has as many open as it may.
    Open,
    /// They come faster than they may.
    New,
}

/// A place that a connection takes among those of its source, until it is dropped.
#[derive(Debug)]
pub struct Place {
    sources: Arc<Sources>,
    source: Option<IpAddr>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut table = self.sources.lock();
        if let Some(source) = table.sources.get_mut(&self.source) {
            source.open = source.open.saturating_sub(1);
        }
    }
}

impl Sources {
    /// Takes a place for a connection from this address, if its source still has one.
    pub fn take(
        self: &Arc<Self>,
        address: IpAddr,
        limits: &ListenerLimits,
        now: i64,
    ) -> Result<Place, Crowded> {
        let mut table = self.lock();
        let key = table.key(source_of(address), now);
        let source = table.sources.entry(key).or_default();
        if source.open >= limits.connections_per_source_max {
            return Err(Crowded::Open);
        }
        let per_second = limits.source_connections_per_second;
        source.new.set(Some(Rate {
            per_second,
            burst_milliseconds: limits
                .source_connections_burst
                .saturating_sub(1)
                .saturating_mul(1_000)
                / per_second.max(1),
        }));
        if !source.new.try_spend(now) {
            return Err(Crowded::New);
        }
        source.open += 1;
        Ok(Place {
            sources: self.clone(),
            source: key,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_767_571_200_000;

    fn limits(open: usize, per_second: u64, burst: u64) -> ListenerLimits {
        ListenerLimits {
            connections_per_source_max: open,
            source_connections_per_second: per_second,
            source_connections_burst: burst,
            ..ListenerLimits::default()
        }
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_source_is_an_address_or_a_network_of_64_bits() {
        for (of, expected) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2::", "2001:db8:1:2::"),
            ("::1", "::"),
        ] {
            assert_eq!(source_of(address(of)), address(expected), "{of}");
        }
    }

    #[test]
    fn one_source_has_only_so_many_and_others_have_theirs() {
        let sources = Arc::new(Sources::default());
        let limits = limits(2, 1_000, 1_000);
        let first = sources.take(address("2001:db8::1"), &limits, NOW).unwrap();
        let _second = sources.take(address("2001:db8::2"), &limits, NOW).unwrap();
        let third = sources.take(address("2001:db8::3"), &limits, NOW);
        assert_eq!(third.unwrap_err(), Crowded::Open);
        let _other = sources.take(address("2001:db8:0:1::1"), &limits, NOW);
        drop(first);
        assert!(sources.take(address("2001:db8::3"), &limits, NOW).is_ok());
    }

    #[test]
    fn new_ones_come_only_so_fast() {
        let sources = Arc::new(Sources::default());
        let limits = limits(1_000, 10, 5);
        let from = address("192.0.2.7");
        let taken = (0..20)
            .filter(|_| sources.take(from, &limits, NOW).is_ok())
            .count();
        assert_eq!(taken, 5);
        assert_eq!(sources.take(from, &limits, NOW).unwrap_err(), Crowded::New);
        assert!(sources.take(from, &limits, NOW + 100).is_ok());
        assert!(sources.take(from, &limits, NOW + 100).is_err());
        assert!(sources.take(address("192.0.2.8"), &limits, NOW).is_ok());
    }

    #[test]
    fn more_sources_than_are_told_apart_share_one_count() {
        let sources = Arc::new(Sources::default());
        let limits = limits(3, 1, 3);
        let nth =
            |number: usize| IpAddr::V4(std::net::Ipv4Addr::from(u32::try_from(number).unwrap()));
        let held: Vec<Place> = (0..SOURCES_MAX)
            .map(|number| sources.take(nth(number), &limits, NOW).unwrap())
            .collect();
        let shared: Vec<_> = (SOURCES_MAX..SOURCES_MAX + 5)
            .map(|number| sources.take(nth(number), &limits, NOW))
            .collect();
        assert_eq!(shared.iter().filter(|it| it.is_ok()).count(), 3);
        assert!(sources.lock().sources.len() <= SOURCES_MAX + 1);
        drop((held, shared));
        let later = NOW + 10_000;
        assert!(sources.take(nth(SOURCES_MAX + 9), &limits, later).is_ok());
        assert_eq!(sources.lock().sources.len(), 1);
    }
}
