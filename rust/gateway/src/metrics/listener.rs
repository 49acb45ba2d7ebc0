//! The figures of one listener. What every request adds to lies in several shards, so that workers do not
//! wait for each other's caches; a connection keeps to one.

use std::sync::Arc;

use streamward_wire::kafka::ApiKey;

use super::label::{
    API_KEYS, ApiFamily, Decision, Ended, Label, Limit, Mute, Refusal, Side, Source, Timeout,
    TlsFailure, api_index, api_name,
};
use crate::limits::Count;

use super::value::{Counter, Counters, Distribution, Gauge, Histogram};

/// Nanoseconds from a request to its answer.
pub const DURATION_BOUNDS: &[u64] = &[
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
    30_000_000_000,
];
/// Nanoseconds of the gateway's own work on a request.
pub const PROCESSING_BOUNDS: &[u64] = &[
    1_000,
    2_500,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    50_000_000,
    250_000_000,
];
const SHARDS: usize = 8;
const DECISIONS: usize = Decision::VALUES.len();
const FAMILIES: [ApiFamily; 7] = [
    ApiFamily::Produce,
    ApiFamily::Fetch,
    ApiFamily::Metadata,
    ApiFamily::Group,
    ApiFamily::Transaction,
    ApiFamily::Session,
    ApiFamily::Admin,
];

/// What every request adds to.
#[derive(Debug)]
#[repr(align(128))]
struct Shard {
    requests: Box<[Counter]>,
    responses: Counters<Source>,
    received: Counters<Side>,
    bypassed: Counters<Side>,
    sent: Counters<Side>,
    in_flight: Gauge,
    queued: [Gauge; 2],
    muted: Gauge,
    duration: Box<[Histogram]>,
    processing: Box<[Histogram]>,
}

impl Default for Shard {
    fn default() -> Self {
        let histograms = |bounds| FAMILIES.map(|_| Histogram::new(bounds)).into();
        Self {
            requests: (0..(API_KEYS + 1) * DECISIONS)
                .map(|_| Counter::default())
                .collect(),
            responses: Counters::default(),
            received: Counters::default(),
            bypassed: Counters::default(),
            sent: Counters::default(),
            in_flight: Gauge::default(),
            queued: Default::default(),
            muted: Gauge::default(),
            duration: histograms(DURATION_BOUNDS),
            processing: histograms(PROCESSING_BOUNDS),
        }
    }
}

/// The figures of one listener.
#[derive(Debug, Default)]
pub struct ListenerMetrics {
    /// Connections that were accepted.
    pub accepted: Counter,
    /// Those that are open.
    pub open: Gauge,
    /// Those that were closed unheard. Others add their reasons to [`Refusal`].
    pub refused: Counters<Refusal>,
    /// Those that ended.
    pub closed: Counters<Ended>,
    /// Of them, by a limit.
    pub over_limit: Counters<Limit>,
    /// And by a time-out.
    pub timed_out: Counters<Timeout>,
    /// Clients that were told to wait.
    pub throttles: Counters<Count>,
    /// And for how many milliseconds in sum.
    pub throttled_milliseconds: Counters<Count>,
    /// TLS handshakes that failed.
    pub tls_failed: Counters<TlsFailure>,
    /// How often a client's socket was not read for a while.
    pub mutes: Counters<Mute>,
    /// Requests refused because they could not be recorded.
    pub unrecorded: Counter,
    shards: [Shard; SHARDS],
}

impl ListenerMetrics {
    fn sum(&self, of: impl Fn(&Shard) -> u64) -> u64 {
        self.shards
            .iter()
            .fold(0, |sum, shard| sum.wrapping_add(of(shard)))
    }

    fn each<L: Label>(&self, of: impl Fn(&Shard) -> &Counters<L>) -> Vec<(&'static str, u64)> {
        let mut sums: Vec<_> = L::VALUES.iter().map(|value| (*value, 0)).collect();
        for shard in &self.shards {
            for (sum, (_, number)) in sums.iter_mut().zip(of(shard).each()) {
                sum.1 += number;
            }
        }
        sums
    }

    /// Requests by API and what became of them; only what there was.
    pub fn requests(&self) -> Vec<(&'static str, &'static str, u64)> {
        let places = (0..=API_KEYS).flat_map(|api| (0..DECISIONS).map(move |it| (api, it)));
        let counted = places.map(|(api, decision)| {
            let number = self.sum(|shard| shard.requests[api * DECISIONS + decision].get());
            (api_name(api), Decision::VALUES[decision], number)
        });
        counted.filter(|(_, _, number)| *number > 0).collect()
    }

    /// Requests that became this, of all APIs.
    pub fn requests_that_were(&self, decision: Decision) -> u64 {
        let name = Decision::VALUES[decision.index()];
        let requests = self.requests();
        let such = requests.iter().filter(|(_, it, _)| *it == name);
        such.map(|(_, _, number)| number).sum()
    }

    /// Answers by who gave them.
    pub fn responses(&self) -> Vec<(&'static str, u64)> {
        self.each(|shard| &shard.responses)
    }

    /// Bytes that came in, by from whom.
    pub fn received(&self) -> Vec<(&'static str, u64)> {
        self.each(|shard| &shard.received)
    }

    /// Those of them that never were in the gateway's memory.
    pub fn bypassed(&self) -> Vec<(&'static str, u64)> {
        self.each(|shard| &shard.bypassed)
    }

    /// Bytes that went out, by to whom.
    pub fn sent(&self) -> Vec<(&'static str, u64)> {
        self.each(|shard| &shard.sent)
    }

    /// Requests whose answers clients wait for.
    pub fn in_flight(&self) -> u64 {
        at_least_zero(self.sum(|shard| shard.in_flight.get()))
    }

    /// Bytes that wait for the other end.
    pub fn queued(&self, side: Side) -> u64 {
        at_least_zero(self.sum(|shard| shard.queued[side.index()].get()))
    }

    /// Connections whose client is not read from.
    pub fn muted(&self) -> u64 {
        at_least_zero(self.sum(|shard| shard.muted.get()))
    }

    /// How long requests took, by kind of API; only those that there were.
    pub fn durations(&self) -> Vec<(&'static str, Distribution)> {
        self.distributions(DURATION_BOUNDS, |shard| &shard.duration)
    }

    /// How long the gateway itself was at work on them.
    pub fn processing(&self) -> Vec<(&'static str, Distribution)> {
        self.distributions(PROCESSING_BOUNDS, |shard| &shard.processing)
    }

    fn distributions(
        &self,
        bounds: &'static [u64],
        of: impl Fn(&Shard) -> &[Histogram],
    ) -> Vec<(&'static str, Distribution)> {
        let whole = FAMILIES.map(|family| {
            let mut held = Distribution::empty(bounds);
            for shard in &self.shards {
                held.merge(&of(shard)[family.index()].read());
            }
            (ApiFamily::VALUES[family.index()], held)
        });
        whole
            .into_iter()
            .filter(|(_, held)| held.count() > 0)
            .collect()
    }
}

/// Parts of a gauge are read one after the other, so the sum may be short of what was taken away meanwhile.
fn at_least_zero(sum: u64) -> u64 {
    if sum > u64::MAX / 2 { 0 } else { sum }
}

/// The figures of a listener, for one of its connections. Nothing here allocates, waits or formats.
#[derive(Clone, Debug)]
pub struct Meter {
    listener: Arc<ListenerMetrics>,
    shard: usize,
}

impl Meter {
    /// For the connection of this number.
    pub fn new(listener: Arc<ListenerMetrics>, connection: u64) -> Self {
        let shard = usize::try_from(connection % SHARDS as u64).unwrap_or(0);
        Self { listener, shard }
    }

    /// The listener's figures.
    pub fn listener(&self) -> &ListenerMetrics {
        &self.listener
    }

    fn shard(&self) -> &Shard {
        &self.listener.shards[self.shard]
    }

    /// A request was decided.
    pub fn request(&self, key: ApiKey, decision: Decision) {
        let place = api_index(key) * DECISIONS + decision.index();
        self.shard().requests[place].add_one();
    }

    /// A client waits for an answer.
    pub fn expected(&self) {
        self.shard().in_flight.add(1);
    }

    /// So many clients wait no longer.
    pub fn settled(&self, answers: u64) {
        self.shard().in_flight.subtract(answers);
    }

    /// An answer was given.
    pub fn response(&self, source: Source) {
        self.shard().responses.of(source).add_one();
    }

    /// How long a request took until its answer, and how much of it the gateway itself, in nanoseconds.
    pub fn took(&self, key: ApiKey, duration: u64, processing: u64) {
        let family = ApiFamily::of(key).index();
        self.shard().duration[family].observe(duration);
        self.shard().processing[family].observe(processing);
    }

    /// Bytes came in.
    pub fn received(&self, from: Side, bytes: usize) {
        self.shard().received.of(from).add(bytes as u64);
    }

    /// Bytes came in and stayed in the kernel.
    pub fn bypassed(&self, from: Side, bytes: usize) {
        self.shard().bypassed.of(from).add(bytes as u64);
    }

    /// Bytes went out.
    pub fn sent(&self, to: Side, bytes: usize) {
        self.shard().sent.of(to).add(bytes as u64);
    }

    /// What waits for the other end has changed.
    pub fn queued(&self, to: Side, before: usize, now: usize) {
        self.shard().queued[to.index()].move_from(before as u64, now as u64);
    }

    /// The client is not read from any more.
    pub fn muted(&self, reason: Mute) {
        self.listener.mutes.of(reason).add_one();
        self.shard().muted.add(1);
    }

    /// And now it is again.
    pub fn unmuted(&self) {
        self.shard().muted.subtract(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_of_all_shards_add_up() {
        let listener = Arc::new(ListenerMetrics::default());
        for connection in 0..100 {
            let meter = Meter::new(listener.clone(), connection);
            meter.request(ApiKey::FETCH, Decision::Allowed);
            meter.request(ApiKey(30_000), Decision::Refused);
            meter.expected();
            meter.took(ApiKey::FETCH, 60_000, 2_000);
            meter.received(Side::Client, 10);
            meter.sent(Side::Broker, 9);
            meter.queued(Side::Client, 0, 5);
            meter.queued(Side::Client, 5, 2);
        }
        // Another connection than the one that added it may see it settled: no shard need be above zero.
        Meter::new(listener.clone(), 0).settled(60);
        assert_eq!(
            listener.requests(),
            [("Fetch", "allowed", 100), ("Unknown", "refused", 100)]
        );
        assert_eq!(listener.requests_that_were(Decision::Allowed), 100);
        assert_eq!(listener.in_flight(), 40);
        assert_eq!(listener.queued(Side::Client), 200);
        assert_eq!(listener.received(), [("client", 1000), ("broker", 0)]);
        assert_eq!(listener.sent(), [("client", 0), ("broker", 900)]);
        let durations = listener.durations();
        assert_eq!(durations.len(), 1);
        assert_eq!((durations[0].0, durations[0].1.count()), ("fetch", 100));
        assert_eq!(durations[0].1.sum, 6_000_000);
    }

    #[test]
    fn a_gauge_is_never_shown_below_zero() {
        let listener = Arc::new(ListenerMetrics::default());
        Meter::new(listener.clone(), 1).settled(1);
        assert_eq!(listener.in_flight(), 0);
    }
}
