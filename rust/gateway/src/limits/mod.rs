//! How much anyone may ask of the gateway: connections, bytes and requests a second, memory. Without a socket
//! or a clock: the time comes in with each call.

mod bucket;
mod budget;
mod lockout;
mod memory;
mod quota;
mod section;
mod source;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use self::budget::{Budget, Count};
pub use self::lockout::{LockoutLimits, Lockouts};
pub use self::memory::{GUARANTEED_BYTES, Memory, Share};
pub use self::quota::{Entitlement, QuotaSection, Quotas};
pub use self::section::{GatewayLimits, ListenerLimits, Timeouts};
pub use self::source::{Crowded, Place, source_of};

use self::bucket::Rate;
use self::budget::{Account, Meter};
use self::source::Sources;

/// Principals and quotas that are remembered at one time after their last connection has ended.
const ACCOUNTS_MAX: usize = 100_000;

/// What all connections together use.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Bytes that they hold.
    pub memory: Arc<Memory>,
    sources: Mutex<HashMap<String, Arc<Sources>>>,
    accounts: Mutex<HashMap<Arc<str>, Arc<Account>>>,
    listeners: Mutex<HashMap<String, Arc<Meter>>>,
    shared: Mutex<HashMap<String, Arc<Meter>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ledger {
    /// Takes a place among the connections of this source at this listener.
    pub fn admit(
        &self,
        listener: &str,
        address: IpAddr,
        limits: &ListenerLimits,
        now: i64,
    ) -> Result<Place, Crowded> {
        let sources = lock(&self.sources)
            .entry(listener.to_owned())
            .or_default()
            .clone();
        sources.take(address, limits, now)
    }

    /// The budget of one more connection of a principal at a listener; `None`: it has too many.
    pub fn enter(
        &self,
        listener: (&str, &ListenerLimits),
        principal: &Arc<str>,
        entitlement: &Entitlement,
        now: i64,
    ) -> Option<Budget> {
        let account = self.account(principal, now);
        let most = entitlement
            .connections_max
            .unwrap_or(listener.1.connections_per_principal_max);
        let mut budget = Budget::open(account, most)?;
        self.declare(&mut budget, listener, entitlement, now);
        Some(budget)
    }

    /// Other limits hold for the same connection.
    pub fn declare(
        &self,
        budget: &mut Budget,
        (listener, limits): (&str, &ListenerLimits),
        entitlement: &Entitlement,
        now: i64,
    ) {
        let of_listener = lock(&self.listeners)
            .entry(listener.to_owned())
            .or_default()
            .clone();
        of_listener.set(&limits.rates());
        let mut shared = lock(&self.shared);
        if shared.len() >= ACCOUNTS_MAX {
            shared.retain(|_, meter| Arc::strong_count(meter) > 1 || !meter.is_settled(now));
        }
        let of_shared = entitlement.shared.iter().map(|(id, rates)| {
            let meter = shared.entry(id.clone()).or_default().clone();
            meter.set(rates);
            meter
        });
        let meters = std::iter::once(of_listener).chain(of_shared).collect();
        budget.declare(&entitlement.own, meters);
    }

    /// Takes one grant of data keys from what a principal may have. `Err`: milliseconds until it may have one.
    pub fn grant(
        &self,
        principal: &Arc<str>,
        per_second: u64,
        burst: u64,
        now: i64,
    ) -> Result<(), u64> {
        let account = self.account(principal, now);
        account.grants.set(Some(Rate {
            per_second,
            burst_milliseconds: burst.saturating_sub(1).saturating_mul(1_000) / per_second.max(1),
        }));
        if account.grants.try_spend(now) {
            Ok(())
        } else {
            Err(account.grants.wait(now))
        }
    }

    fn account(&self, principal: &Arc<str>, now: i64) -> Arc<Account> {
        let mut accounts = lock(&self.accounts);
        if accounts.len() >= ACCOUNTS_MAX {
            // INVARIANT: what is owed outlives the connection, or to connect anew would pay it.
            accounts.retain(|_, it| Arc::strong_count(it) > 1 || !it.is_settled(now));
        }
        accounts.entry(principal.clone()).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::quota::Rates;
    use super::*;

    const NOW: i64 = 1_767_571_200_000;

    fn entitlement(produce: u64, connections_max: usize) -> Entitlement {
        let rate = Rate {
            per_second: produce,
            burst_milliseconds: 0,
        };
        Entitlement {
            own: Rates {
                produce: Some(rate),
                ..Rates::default()
            },
            connections_max: Some(connections_max),
            shared: Vec::new(),
        }
    }

    fn enter(ledger: &Ledger, principal: &str, entitlement: &Entitlement) -> Option<Budget> {
        let limits = ListenerLimits::default();
        ledger.enter(("clients", &limits), &principal.into(), entitlement, NOW)
    }

    #[test]
    fn a_principal_has_only_so_many_connections() {
        let ledger = Ledger::default();
        let entitlement = entitlement(1, 2);
        let first = enter(&ledger, "p", &entitlement).unwrap();
        let _second = enter(&ledger, "p", &entitlement).unwrap();
        assert!(enter(&ledger, "p", &entitlement).is_none());
        assert!(enter(&ledger, "q", &entitlement).is_some());
        drop(first);
        assert!(enter(&ledger, "p", &entitlement).is_some());
    }

    #[test]
    fn a_principal_gets_only_so_many_grants_and_others_get_theirs() {
        let ledger = Ledger::default();
        let (first, second): (Arc<str>, Arc<str>) = ("p".into(), "q".into());
        let taken = (0..10).filter(|_| ledger.grant(&first, 2, 3, NOW).is_ok());
        assert_eq!(taken.count(), 3);
        assert_eq!(ledger.grant(&first, 2, 3, NOW), Err(500));
        assert_eq!(ledger.grant(&second, 2, 3, NOW), Ok(()));
        assert_eq!(ledger.grant(&first, 2, 3, NOW + 500), Ok(()));
        assert!(ledger.grant(&first, 2, 3, NOW + 500).is_err());
    }

    #[test]
    fn what_is_owed_outlives_the_connection() {
        let ledger = Ledger::default();
        let entitlement = entitlement(1_000, 2);
        let budget = enter(&ledger, "p", &entitlement).unwrap();
        budget.spend(Count::Produce, 5_000, 3_600_000, NOW);
        drop(budget);
        let again = enter(&ledger, "p", &entitlement).unwrap();
        assert_eq!(again.wait(Count::Produce, NOW), 5_000);
        assert_eq!(again.wait(Count::Fetch, NOW), 0);
        let other = enter(&ledger, "q", &entitlement).unwrap();
        assert_eq!(other.wait(Count::Produce, NOW), 0);
    }

    #[test]
    fn all_of_a_listener_and_all_of_a_shared_quota_spend_together() {
        let ledger = Ledger::default();
        let rates = Rates {
            fetch: Some(Rate {
                per_second: 100,
                burst_milliseconds: 0,
            }),
            ..Rates::default()
        };
        let together = Entitlement {
            shared: vec![("together".into(), rates)],
            ..Entitlement::default()
        };
        let first = enter(&ledger, "p", &together).unwrap();
        let second = enter(&ledger, "q", &together).unwrap();
        let stranger = enter(&ledger, "r", &Entitlement::default()).unwrap();
        first.spend(Count::Fetch, 200, 3_600_000, NOW);
        assert_eq!(second.wait(Count::Fetch, NOW), 2_000);
        assert_eq!(stranger.wait(Count::Fetch, NOW), 0);

        let limits = ListenerLimits {
            requests_per_second: Some(10),
            rate_burst_milliseconds: 0,
            ..ListenerLimits::default()
        };
        let at = |principal: &str| {
            let none = Entitlement::default();
            ledger
                .enter(("busy", &limits), &principal.into(), &none, NOW)
                .unwrap()
        };
        let (first, second) = (at("p"), at("q"));
        first.spend(Count::Requests, 20, 3_600_000, NOW);
        assert_eq!(second.wait(Count::Requests, NOW), 2_000);
    }

    #[test]
    fn other_limits_hold_for_open_connections_at_once() {
        let ledger = Ledger::default();
        let limits = ListenerLimits::default();
        let mut budget = enter(&ledger, "p", &Entitlement::default()).unwrap();
        budget.spend(Count::Produce, 1_000_000, 3_600_000, NOW);
        assert_eq!(budget.wait(Count::Produce, NOW), 0);
        ledger.declare(
            &mut budget,
            ("clients", &limits),
            &entitlement(1_000, 2),
            NOW,
        );
        budget.spend(Count::Produce, 1_000, 3_600_000, NOW);
        assert_eq!(budget.wait(Count::Produce, NOW), 1_000);
        ledger.declare(
            &mut budget,
            ("clients", &limits),
            &Entitlement::default(),
            NOW,
        );
        assert_eq!(budget.wait(Count::Produce, NOW), 0);
    }
}
