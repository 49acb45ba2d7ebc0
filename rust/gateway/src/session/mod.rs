//! One connection, without its sockets: requests and responses in, verdicts out.
//!
//! A frame passes the stages in the order in which bytes travel: `authenticate`, `authorize` (with one module
//! for each API that Kafka decides in a way of its own), `rewrite`. The session owns no clock: the time comes in
//! with each call, so a test is a list of values.

mod answers;
mod api_versions;
mod authenticate;
mod authorize;
mod close;
mod cold;
mod contracts;
mod decisions;
mod fetch;
mod granting;
mod inquiry;
mod message;
mod oauth;
mod pairing;
mod places;
mod produce;
mod reauthentication;
mod receiving;
mod relay;
mod rewrite;
mod scram;
mod sealing;
mod share;
mod signing;
mod standing;
mod streaming;
mod tally;
#[cfg(test)]
mod tests;
mod throttle;
mod verdict;
mod waiting;

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use streamward_audit::{Batch, Range};
use streamward_identity::Identity;
use streamward_wire::Limits;
use streamward_wire::kafka::{self, ApiKey, Struct, access};

use crate::caller::{Caller, Peer, Software};
use crate::cluster::Cluster;
use crate::data_keys::{DataKeys, KeyNeed};
use crate::frame::Frame;
use crate::limits::ListenerLimits;
use crate::recorder::{Access, Recorder};
use crate::schemas::Schemas;
use crate::snapshot::{Durability, ListenerSection, Snapshot, Unrecorded};

pub use self::close::Close;
pub use self::tally::{Judged, Tally};
#[cfg(test)]
pub use self::tests::seeds;
pub use self::verdict::{Answer, Effect, EffectReply, TokenCheck, Verdict};

use self::answers::{Exchange, Pending, Shaping};
use self::decisions::Decisions;
use self::message::{
    Head, copy_fields, correlation_id, decode, encode_response, encode_response_in_parts,
    new_response, resource_kind, schema,
};

/// Largest frame of a peer that has not proved who it is.
pub const UNAUTHENTICATED_FRAME_BYTES_MAX: usize = 64 * 1024;
/// And the most values in one.
const UNAUTHENTICATED_VALUES_MAX: usize = 1_000;
/// Bytes after the end of a message that are let pass, as Kafka does: librdkafka sends three.
const TRAILING_BYTES_MAX: usize = 16;

/// One connection's state.
pub struct Session {
    peer: Peer,
    listener: Arc<ListenerSection>,
    /// The listener's limits as they are now.
    bounds: ListenerLimits,
    snapshot: Arc<Snapshot>,
    /// Grows when rights may have changed; tells whether a decision is of now.
    epoch: u64,
    cluster: Arc<Cluster>,
    /// The broker that the connection leads to; `None`: any of the cluster's.
    node: Option<i32>,
    recorder: Arc<Recorder>,
    limits: Limits,
    request_limits: Limits,
    caller: Option<Arc<Caller>>,
    /// Whom the peer's certificate proves, where that is but the half of it.
    certified: Option<Identity>,
    handshake: Option<authenticate::Handshake>,
    /// When the peer last proved itself.
    authenticated_milliseconds: i64,
    /// Subject of a certificate that nobody has, and what is wrong with it; a token may still follow.
    unmapped: Option<(String, String)>,
    pending: VecDeque<Pending>,
    /// The answer that is on its way through while it arrives.
    streaming: Option<streaming::Streaming>,
    /// The request that is on its way through while it arrives.
    receiving: Option<receiving::Receiving>,
    /// Correlation ids of answers that the client got from us before the broker gave them.
    discarded: VecDeque<i32>,
    decisions: Decisions,
    fetch_sessions: fetch::FetchSessions,
    share_sessions: share::ShareSessions,
    staged: Vec<(Arc<Access>, Range)>,
    batch: Batch,
    durable_before_answer: u64,
    software: Software,
    /// A request that waits until the topics are listed; and whether one goes on after that.
    waiting: Option<Vec<u8>>,
    resumed: bool,
    /// The data keys that are at hand.
    keys: Arc<DataKeys>,
    /// Keys that are to be made ahead of need.
    due: Vec<KeyNeed>,
    dead_letters: Vec<crate::dead_letters::DeadLetter>,
    dead_letter_bounds: Arc<crate::dead_letters::DeadLetters>,
    /// The counters of what is signed on behalf of the caller.
    counters: signing::Counters,
    /// The request has waited for keys.
    keys_asked: bool,
    /// The schemas of registries that are at hand.
    schemas: Arc<Schemas>,
    /// The request has waited for schemas.
    schemas_asked: bool,
    /// The answer that waits for keys.
    held_answer: Option<sealing::HeldAnswer>,
    /// How often the present answer has waited.
    rounds: u8,
    /// What members of consumer groups subscribed to by patterns.
    subscriptions: cold::Subscriptions,
    tally: Tally,
    judged: Judged,
    /// What streams groups need made.
    topologies: cold::Topologies,
    throttle: throttle::Throttle,
}

impl Session {
    /// A session of a peer that has proved nothing yet.
    pub fn new(
        peer: Peer,
        listener: Arc<ListenerSection>,
        snapshot: Arc<Snapshot>,
        cluster: Arc<Cluster>,
        recorder: Arc<Recorder>,
    ) -> Self {
        let limits = Limits {
            frame_bytes_max: listener.limits.frame_bytes_max,
            trailing_bytes_max: TRAILING_BYTES_MAX,
            ..Limits::default()
        };
        let request_limits = throttle::unauthenticated_limits(&limits);
        let bounds = listener.limits;
        Self {
            peer,
            listener,
            bounds,
            snapshot,
            epoch: 0,
            cluster,
            node: None,
            recorder,
            limits,
            request_limits,
            caller: None,
            certified: None,
            handshake: None,
            authenticated_milliseconds: 0,
            unmapped: None,
            pending: VecDeque::new(),
            streaming: None,
            receiving: None,
            discarded: VecDeque::new(),
            decisions: Decisions::default(),
            fetch_sessions: fetch::FetchSessions::default(),
            share_sessions: share::ShareSessions::default(),
            staged: Vec::new(),
            batch: Batch::new(),
            durable_before_answer: 0,
            software: Software::default(),
            waiting: None,
            resumed: false,
            keys: Arc::default(),
            due: Vec::new(),
            dead_letters: Vec::new(),
            dead_letter_bounds: Arc::default(),
            counters: signing::Counters::default(),
            keys_asked: false,
            schemas: Arc::default(),
            schemas_asked: false,
            held_answer: None,
            rounds: 0,
            subscriptions: cold::Subscriptions::default(),
            tally: Tally::default(),
            judged: Judged::default(),
            topologies: cold::Topologies::default(),
            throttle: throttle::Throttle::default(),
        }
    }

    /// Says which broker the connection leads to (its node id); `None`: any of the cluster's.
    pub fn leads_to(&mut self, node: Option<i32>) {
        self.node = node;
    }

    /// The limits of the next frame from the client: narrow until it has proved who it is.
    pub fn request_limits(&self) -> &Limits {
        &self.request_limits
    }

    /// The name of the listener at which the peer came in.
    pub fn listener(&self) -> &str {
        &self.listener.name
    }

    /// Has the peer proved who it is?
    pub fn authenticated(&self) -> bool {
        self.caller.is_some()
    }

    /// What became of the last request.
    pub fn judged(&self) -> Judged {
        self.judged
    }

    /// What happened since this was last asked.
    pub fn take_tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }

    /// May the client send another request, or does it wait for too many answers?
    pub fn has_room(&self) -> bool {
        self.pending.len() < self.bounds.in_flight_max
            && (self.pending.len() < 2 || self.in_flight_bytes() < self.bounds.in_flight_bytes_max)
            && !self.inquires()
    }

    /// Keys that should be made ahead of need, each told once.
    pub fn take_due(&mut self) -> Vec<KeyNeed> {
        std::mem::take(&mut self.due)
    }

    /// The limits of frames from the broker.
    pub fn response_limits(&self) -> &Limits {
        &self.limits
    }

    /// The journal's position that must be durable before anything further leaves for the client.
    pub fn durable_before_answer(&self) -> u64 {
        self.durable_before_answer
    }

    /// A request from the client, without its length.
    pub fn on_request(&mut self, frame: &mut [u8], now: i64) -> Verdict {
        self.on_request_frame(&mut Frame::Placed(frame), now)
    }

    /// The same, of a frame whose buffer may have come with it.
    pub fn on_request_frame(&mut self, frame: &mut Frame<'_>, now: i64) -> Verdict {
        self.judged = Judged::default();
        self.tally.begin();
        let header = match kafka::request_header(frame, &self.request_limits) {
            Ok(header) => header,
            Err(source) => {
                return Verdict::Close(Close::Malformed {
                    what: "request header",
                    source,
                });
            }
        };
        let head = Head::of(&header);
        let (bytes, owed) = (frame.len(), self.pending.len());
        self.begin_naming();
        let verdict = self.judge(&head, frame, now);
        self.end_naming();
        self.judged = Judged::of(head.key, &verdict, &self.tally);
        match self.spend_request(&head, bytes, owed, verdict, now) {
            Verdict::Close(Close::Malformed { source, .. }) => {
                let (api, version) = (head.key.name(), head.version);
                Verdict::Close(Close::MalformedRequest {
                    api,
                    version,
                    source,
                })
            }
            other => self.in_turn(other),
        }
    }

    fn judge(&mut self, head: &Head, frame: &mut Frame<'_>, now: i64) -> Verdict {
        if head.key == ApiKey::API_VERSIONS {
            return self.api_versions(head, frame);
        }
        let Some(row) = access::row(head.key, head.version) else {
            return Verdict::Close(Close::NotServed {
                key: head.key.0,
                version: head.version,
            });
        };
        if let access::Access::Local(_) = row.access {
            return self.sasl(head, frame, now);
        }
        let Some(caller) = self.caller.clone() else {
            if let Err(close) = self.no_token_came(now) {
                return Verdict::Close(close);
            }
            return Verdict::Close(Close::Unauthenticated {
                api: head.key.name(),
            });
        };
        if self.listener.unrecorded == Unrecorded::Refuse
            && let Err(error) = self.recorder.journal().health()
        {
            return self.refuse_unrecorded(head, frame, &error.to_string());
        }
        if let Some(containment) =
            self.snapshot
                .overlay
                .revokes(&caller.principal, caller.credentials(), now)
        {
            return Verdict::Close(Close::Revoked {
                reason: format!("containment `{containment}`"),
            });
        }
        if let Err(close) = self.still_proved(now) {
            return Verdict::Close(close);
        }
        let outcome = match head.key {
            ApiKey::PRODUCE => self.produce(head, frame, now),
            ApiKey::FETCH => self.fetch(head, frame.patch(), now),
            _ => self.cold(head, row, frame, now),
        };
        match outcome {
            Ok(verdict) => verdict,
            Err(Close::Unrecorded { what }) => self.refuse_unrecorded(head, frame, &what),
            Err(close) => Verdict::Close(close),
        }
    }

    /// Writes what this turn discloses and acknowledges, before any of it leaves.
    pub fn commit(&mut self, now: i64) -> Result<(), Close> {
        if self.staged.is_empty() {
            return Ok(());
        }
        match self.recorder.moved(&mut self.staged, &mut self.batch, now) {
            Ok(position) => {
                if self.listener.durability == Durability::Strict {
                    self.durable_before_answer = self.durable_before_answer.max(position);
                }
                Ok(())
            }
            Err(error) if self.listener.unrecorded == Unrecorded::Serve => {
                self.recorder
                    .gap(self.staged.drain(..), &error.to_string(), now);
                self.batch.clear();
                Ok(())
            }
            Err(error) => Err(Close::Unrecorded {
                what: error.to_string(),
            }),
        }
    }

    /// The connection has ended. What was sent and never acknowledged may have been written: it is counted,
    /// with offsets that nobody knows. What waited to be entered before it left has not left. To be called
    /// before the last [`Session::commit`].
    pub fn end(&mut self) {
        self.staged.retain(|(access, _)| access.writes());
        for pending in std::mem::take(&mut self.pending) {
            if let Pending::Upstream(Exchange {
                shaping: Shaping::Produce(exchange),
                ..
            }) = pending
            {
                self.unacknowledged(&exchange);
            }
        }
    }

    /// The last [`Session::commit`] failed: what brokers may have written is counted towards the gap.
    pub fn abandon(&mut self, why: &str, now: i64) {
        if !self.staged.is_empty() {
            self.recorder.gap(self.staged.drain(..), why, now);
        }
    }

    fn decode_request(&self, head: &Head, frame: &[u8]) -> Result<Struct, Close> {
        self.decode_body(head, &self.keys.buffers.copy(&frame[head.body_at..]))
    }

    /// The same, without a copy where the frame's buffer came with it.
    fn decode_request_frame(&self, head: &Head, frame: &mut Frame<'_>) -> Result<Struct, Close> {
        self.decode_body(head, &frame.share(head.body_at, &self.keys.buffers))
    }

    fn decode_body(&self, head: &Head, body: &Bytes) -> Result<Struct, Close> {
        decode(
            kafka::Direction::Request,
            head.key,
            head.version,
            body,
            &self.request_limits,
        )
        .map_err(|source| Close::Malformed {
            what: "request",
            source,
        })
    }

    /// The name of the cluster as a resource.
    fn cluster_name(&self) -> Arc<str> {
        self.peer.cluster.clone()
    }
}
