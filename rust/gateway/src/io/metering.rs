//! Counts and times what passes through one connection. It sees requests and answers only by the session's
//! number of owed answers: they leave in the order of their requests, so the oldest is always next.

use std::collections::VecDeque;

use streamward_wire::kafka::ApiKey;

use super::clock::now_nanoseconds;
use crate::limits::Count;
use crate::metrics::{Lookup, Meter, Metrics, Mute, Side, Source};
use crate::session::{Judged, Tally};

/// A request whose answer has not begun to leave.
struct Waiting {
    key: ApiKey,
    begun: u64,
    processing: u64,
}

/// The figures of one connection, on their way into those of its listener.
pub struct Metering {
    meter: Meter,
    waiting: VecDeque<Waiting>,
    /// So many of `waiting`, the oldest, have their answer.
    answered: usize,
    /// When the work that is not counted yet began, in nanoseconds.
    since: u64,
    /// When the request came that waits for an effect.
    effect_since: Option<u64>,
    mute: Option<Mute>,
    queued: [usize; 2],
}

impl Metering {
    pub fn new(meter: Meter) -> Self {
        Self {
            meter,
            waiting: VecDeque::new(),
            answered: 0,
            since: now_nanoseconds(),
            effect_since: None,
            mute: None,
            queued: [0; 2],
        }
    }

    /// A turn begins: what came before was waiting, not work.
    pub fn wake(&mut self) {
        self.since = now_nanoseconds();
    }

    /// Nanoseconds of work since it was last asked.
    fn worked(&mut self) -> u64 {
        let now = now_nanoseconds();
        now.saturating_sub(std::mem::replace(&mut self.since, now))
    }

    /// A request was judged. `replied`: its answer is there; `in_flight`: answers that are owed now.
    pub fn request(&mut self, judged: Judged, replied: bool, in_flight: usize) {
        let begun = self.effect_since.take().unwrap_or(self.since);
        let processing = self.worked();
        self.meter.request(judged.key, judged.decision);
        if replied || in_flight > self.owed() {
            self.waiting.push_back(Waiting {
                key: judged.key,
                begun,
                processing,
            });
            self.meter.expected();
        }
        self.settle(in_flight);
    }

    /// A request waits for something of the gateway's own before it is judged.
    pub fn effect(&mut self) {
        self.effect_since = Some(self.since);
        self.worked();
    }

    /// There was work on the answer that is next to leave.
    pub fn answer(&mut self, in_flight: usize) {
        let work = self.worked();
        if let Some(next) = self.waiting.get_mut(self.answered) {
            next.processing = next.processing.saturating_add(work);
        }
        self.settle(in_flight);
    }

    /// An answer is ready.
    pub fn response(&self, source: Source) {
        self.meter.response(source);
    }

    fn owed(&self) -> usize {
        self.waiting.len() - self.answered
    }

    /// Whoever is not owed an answer any more has it.
    pub fn settle(&mut self, in_flight: usize) {
        let before = self.answered;
        while self.owed() > in_flight {
            self.answered += 1;
        }
        if self.answered > before {
            self.meter.settled((self.answered - before) as u64);
        }
    }

    /// Answers leave for the client.
    pub fn left(&mut self) {
        if self.answered == 0 {
            return;
        }
        let now = now_nanoseconds();
        for request in self.waiting.drain(..self.answered) {
            let duration = now.saturating_sub(request.begun);
            self.meter.took(request.key, duration, request.processing);
        }
        self.answered = 0;
    }

    /// Bytes came in.
    pub fn received(&self, from: Side, bytes: usize) {
        self.meter.received(from, bytes);
    }

    /// Bytes came in, and go out again without having been in memory.
    pub fn bypassed(&self, from: Side, bytes: usize) {
        self.meter.received(from, bytes);
        self.meter.bypassed(from, bytes);
    }

    /// Bytes went out.
    pub fn sent(&self, to: Side, bytes: usize) {
        self.meter.sent(to, bytes);
    }

    /// Nothing can move now: what waits, and for what.
    pub fn rest(&mut self, to_client: usize, to_broker: usize, mute: Option<Mute>) {
        let [client, broker] = self.queued;
        if (client, broker) != (to_client, to_broker) {
            self.meter.queued(Side::Client, client, to_client);
            self.meter.queued(Side::Broker, broker, to_broker);
            self.queued = [to_client, to_broker];
        }
        if self.mute == mute {
            return;
        }
        if self.mute.is_some() {
            self.meter.unmuted();
        }
        if let Some(reason) = mute {
            self.meter.muted(reason);
        }
        self.mute = mute;
    }

    /// What the session did.
    pub fn tally(&self, tally: &Tally, metrics: &Metrics) {
        let add = |counter: &crate::metrics::Counter, number| {
            if number > 0 {
                counter.add(number);
            }
        };
        let lookups = &metrics.decisions.lookups;
        add(lookups.of(Lookup::Connection), tally.remembered);
        add(lookups.of(Lookup::Policy), tally.asked);
        add(&metrics.decisions.errors, tally.errors);
        let listener = self.meter.listener();
        add(&listener.unrecorded, tally.unrecorded);
        let of_count = Count::ALL
            .iter()
            .zip(tally.throttles)
            .zip(tally.throttled_milliseconds);
        for ((count, throttles), milliseconds) in of_count {
            add(listener.throttles.of(*count), throttles);
            add(listener.throttled_milliseconds.of(*count), milliseconds);
        }
    }
}

impl Drop for Metering {
    fn drop(&mut self) {
        self.meter.settled(self.owed() as u64);
        self.rest(0, 0, None);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::metrics::{Decision, ListenerMetrics};

    fn judged(key: ApiKey) -> Judged {
        let decision = Decision::Allowed;
        Judged { key, decision }
    }

    #[test]
    fn every_request_is_timed_once_when_its_answer_leaves() {
        let listener = Arc::new(ListenerMetrics::default());
        let mut metering = Metering::new(Meter::new(listener.clone(), 0));
        metering.wake();
        metering.request(judged(ApiKey::FETCH), false, 1);
        metering.request(judged(ApiKey::PRODUCE), false, 2);
        // acks=0: nobody waits for an answer.
        metering.request(judged(ApiKey::PRODUCE), false, 2);
        // An answer of ours, behind those of the broker.
        metering.request(judged(ApiKey::METADATA), false, 3);
        assert_eq!(listener.in_flight(), 3);
        metering.left();
        assert!(listener.durations().is_empty(), "nothing was answered yet");
        metering.answer(2);
        metering.left();
        assert_eq!(listener.in_flight(), 2);
        assert_eq!(listener.durations()[0].0, "fetch");
        metering.answer(0);
        metering.left();
        metering.left();
        let counts: Vec<_> = listener
            .durations()
            .iter()
            .map(|(family, held)| (*family, held.count()))
            .collect();
        assert_eq!(counts, [("produce", 1), ("fetch", 1), ("metadata", 1)]);
    }

    #[test]
    fn an_answer_at_once_is_timed_as_well() {
        let listener = Arc::new(ListenerMetrics::default());
        let mut metering = Metering::new(Meter::new(listener.clone(), 0));
        metering.request(judged(ApiKey::API_VERSIONS), true, 0);
        metering.left();
        assert_eq!(listener.in_flight(), 0);
        assert_eq!(listener.durations()[0].1.count(), 1);
    }

    #[test]
    fn who_was_told_to_wait_is_counted_by_the_rate_that_was_exceeded() {
        let listener = Arc::new(ListenerMetrics::default());
        let metering = Metering::new(Meter::new(listener.clone(), 0));
        let mut tally = Tally::default();
        tally.throttled(Count::Produce, 20);
        for _ in 0..3 {
            tally.throttled(Count::Requests, 200);
        }
        metering.tally(&tally, &Metrics::default());
        metering.tally(&tally, &Metrics::default());
        let found: Vec<_> = listener.throttles.each().collect();
        let names = [
            "produce_bytes_per_second",
            "fetch_bytes_per_second",
            "requests_per_second",
        ];
        assert_eq!(found, [(names[0], 2), (names[1], 0), (names[2], 6)]);
        let time: Vec<_> = listener.throttled_milliseconds.each().collect();
        assert_eq!(time, [(names[0], 40), (names[1], 0), (names[2], 1_200)]);
    }

    #[test]
    fn a_connection_that_ends_takes_its_gauges_with_it() {
        let listener = Arc::new(ListenerMetrics::default());
        let mut metering = Metering::new(Meter::new(listener.clone(), 3));
        metering.request(judged(ApiKey::FETCH), false, 1);
        metering.rest(10, 20, Some(Mute::Answers));
        assert_eq!(
            (
                listener.in_flight(),
                listener.queued(Side::Broker),
                listener.muted()
            ),
            (1, 20, 1)
        );
        drop(metering);
        assert_eq!(
            (
                listener.in_flight(),
                listener.queued(Side::Broker),
                listener.muted()
            ),
            (0, 0, 0)
        );
    }
}
