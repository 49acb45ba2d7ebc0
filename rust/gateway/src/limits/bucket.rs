//! A rate with a burst: what was spent is paid off as time goes by, and who owes too much has to wait.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

const NANOSECONDS: u64 = 1_000_000_000;
const NANOSECONDS_PER_MILLISECOND: i64 = 1_000_000;

/// So much a second, and so many seconds' worth at once after a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Units (bytes, requests, connections) in a second; at least 1.
    pub per_second: u64,
    /// Milliseconds of that rate that may be spent at once.
    pub burst_milliseconds: u64,
}

/// A token bucket without a lock: it only knows when everything that was spent is paid off (the generic
/// cell rate algorithm). What is spent may be known after the fact, so it may be overdrawn; who spends
/// is told how long to wait until the debt is no more than the burst.
#[derive(Debug, Default)]
pub struct Bucket {
    /// 0: without a limit.
    per_second: AtomicU64,
    burst_nanoseconds: AtomicI64,
    /// When all is paid off; nanoseconds since 1970.
    settled_at: AtomicI64,
}

impl Bucket {
    /// From now on this rate; `None`: without a limit. What is owed at another rate is forgotten.
    pub fn set(&self, rate: Option<Rate>) {
        let per_second = rate.map_or(0, |it| it.per_second.max(1));
        let burst = rate.map_or(0, |it| nanoseconds(it.burst_milliseconds));
        self.burst_nanoseconds.store(burst, Ordering::Relaxed);
        let before = self.per_second.swap(per_second, Ordering::Relaxed);
        if before != per_second {
            // A debt at another rate says nothing of this one.
            self.settled_at.store(0, Ordering::Relaxed);
        }
    }

    /// Is there a limit at all?
    pub fn limits(&self) -> bool {
        self.per_second.load(Ordering::Relaxed) != 0
    }

    /// Spends `units`. The debt never grows beyond what `wait_max_milliseconds` of waiting pays off.
    pub fn spend(&self, units: u64, wait_max_milliseconds: u64, now: i64) {
        let per_second = self.per_second.load(Ordering::Relaxed);
        if per_second == 0 || units == 0 {
            return;
        }
        let cost = u128::from(units) * u128::from(NANOSECONDS) / u128::from(per_second);
        let cost = i64::try_from(cost).unwrap_or(i64::MAX).max(1);
        let now = since_1970(now);
        let latest = now
            .saturating_add(self.burst_nanoseconds.load(Ordering::Relaxed))
            .saturating_add(nanoseconds(wait_max_milliseconds));
        let spent = |settled: i64| Some(settled.max(now).saturating_add(cost).min(latest));
        // `spent` is never `None`, so there is no error to look at.
        let _ = self
            .settled_at
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, spent);
    }

    /// Spends one unit if nothing is owed beyond the burst; `false`: nothing is spent.
    pub fn try_spend(&self, now: i64) -> bool {
        if self.wait(now) > 0 {
            return false;
        }
        self.spend(1, u64::MAX, now);
        true
    }

    /// Milliseconds, rounded up, until what is owed is no more than the burst; 0: nothing to wait for.
    pub fn wait(&self, now: i64) -> u64 {
        if !self.limits() {
            return 0;
        }
        let over = self
            .settled_at
            .load(Ordering::Relaxed)
            .saturating_sub(since_1970(now))
            .saturating_sub(self.burst_nanoseconds.load(Ordering::Relaxed));
        let over = u64::try_from(over).unwrap_or(0);
        over.div_ceil(NANOSECONDS_PER_MILLISECOND.unsigned_abs())
    }

    /// Is nothing owed at all, as in a new one?
    pub fn is_settled(&self, now: i64) -> bool {
        self.settled_at.load(Ordering::Relaxed) <= since_1970(now)
    }
}

fn nanoseconds(milliseconds: u64) -> i64 {
    i64::try_from(milliseconds)
        .unwrap_or(i64::MAX)
        .saturating_mul(NANOSECONDS_PER_MILLISECOND)
}

const fn since_1970(milliseconds: i64) -> i64 {
    milliseconds.saturating_mul(NANOSECONDS_PER_MILLISECOND)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_767_571_200_000;
    const HOUR: u64 = 3_600_000;

    fn bucket(per_second: u64, burst_milliseconds: u64) -> Bucket {
        let bucket = Bucket::default();
        bucket.set(Some(Rate {
            per_second,
            burst_milliseconds,
        }));
        bucket
    }

    #[test]
    fn without_a_limit_nobody_waits() {
        let bucket = Bucket::default();
        bucket.set(None);
        bucket.spend(u64::MAX, HOUR, NOW);
        assert_eq!(bucket.wait(NOW), 0);
        assert!(bucket.is_settled(NOW));
    }

    #[test]
    fn a_burst_is_free_and_what_goes_beyond_is_waited_for() {
        let bucket = bucket(1_000, 2_000);
        bucket.spend(2_000, HOUR, NOW);
        assert_eq!(bucket.wait(NOW), 0);
        bucket.spend(500, HOUR, NOW);
        assert_eq!(bucket.wait(NOW), 500);
        assert_eq!(bucket.wait(NOW + 499), 1);
        assert_eq!(bucket.wait(NOW + 500), 0);
        assert!(!bucket.is_settled(NOW + 2_499));
        assert!(bucket.is_settled(NOW + 2_500));
    }

    #[test]
    fn nobody_waits_longer_than_the_longest_wait() {
        let bucket = bucket(1, 1_000);
        bucket.spend(u64::MAX, 5_000, NOW);
        assert_eq!(bucket.wait(NOW), 5_000);
    }

    #[test]
    fn another_rate_forgets_the_debt_and_the_same_one_does_not() {
        let bucket = bucket(1, 0);
        bucket.spend(60, HOUR, NOW);
        bucket.set(Some(Rate {
            per_second: 1,
            burst_milliseconds: 0,
        }));
        assert_eq!(bucket.wait(NOW), 60_000);
        bucket.set(Some(Rate {
            per_second: 1_000,
            burst_milliseconds: 0,
        }));
        assert_eq!(bucket.wait(NOW), 0);
    }

    #[test]
    fn what_can_not_be_spent_costs_nothing() {
        let bucket = bucket(2, 1_000);
        let admitted = (0..10).filter(|_| bucket.try_spend(NOW)).count();
        // Two within the burst, and one that overdraws it.
        assert_eq!(admitted, 3);
        assert!(bucket.try_spend(NOW + 500));
        assert!(!bucket.try_spend(NOW + 500));
    }

    #[test]
    fn many_threads_spend_no_more_than_one() {
        let bucket = bucket(1_000, 0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1_000).for_each(|_| bucket.spend(1, HOUR, NOW)));
            }
        });
        assert_eq!(bucket.wait(NOW), 4_000);
    }

    proptest! {
        /// Whoever waits as told gets the burst, the rate, and one more request, over any time.
        #[test]
        fn the_rate_holds_for_whoever_waits(
            per_second in 1_u64..1_000_000_000,
            burst in 0_u64..20_000,
            requests in prop::collection::vec((1_u64..200_000_000, 0_i64..2_000), 1..60),
        ) {
            let bucket = bucket(per_second, burst);
            let (mut now, mut spent, mut largest) = (NOW, 0_u128, 0_u128);
            for (units, pause) in requests {
                now += i64::try_from(bucket.wait(now)).unwrap() + pause;
                prop_assert_eq!(bucket.wait(now), 0);
                bucket.spend(units, u64::MAX, now);
                spent += u128::from(units);
                largest = largest.max(u128::from(units));
            }
            let elapsed = u128::try_from(now - NOW).unwrap() + u128::from(burst) + 1;
            let allowed = u128::from(per_second) * elapsed / 1_000 + largest + 60;
            prop_assert!(spent <= allowed, "{spent} > {allowed}");
        }

        /// Whoever stays below the rate never waits.
        #[test]
        fn nobody_waits_below_the_rate(per_second in 1_u64..1_000_000, seconds in 1_i64..100) {
            let bucket = bucket(per_second, 1_000);
            for second in 0..seconds {
                bucket.spend(per_second, HOUR, NOW + second * 1_000);
                prop_assert_eq!(bucket.wait(NOW + second * 1_000), 0);
            }
        }

        /// No number and no time makes it panic or wait for ever.
        #[test]
        fn any_numbers_are_survived(
            per_second: u64, burst: u64, units: u64, wait_max in 0_u64..1_000_000_000, now: i64,
        ) {
            let bucket = bucket(per_second, burst);
            bucket.spend(units, wait_max, now);
            prop_assert!(bucket.wait(now) <= wait_max.saturating_add(1));
        }
    }
}
