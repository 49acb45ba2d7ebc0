//! One connection between a client and a broker: a single task that moves bytes both ways through a
//! [`Session`], with no lock and, for what needs no change, no copy.

mod answers;
mod bypass;
mod delivery;
mod effects;
mod requests;
mod sockets;

use std::future::{Future, poll_fn};
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use streamward_audit::AuditError;
use tokio::sync::{oneshot, watch};
use tokio::time::{Interval, MissedTickBehavior, interval};

use self::bypass::Bypass;
pub use self::sockets::Socket;
use super::broker::{BrokerStream, Caller, Dialled, dial};
use super::buffer::Input;
use super::clock::now_milliseconds;
use super::idle::{Idle, Now};
use super::metering::Metering;
use super::output::Output;
use super::renewal::{Renewal, renew};
use super::trust::Shown;
use super::waiting::{Ending, Muted, Room};
use super::{Current, Shared};
use crate::buffers::Buffers;
use crate::cluster::Cluster;
use crate::frame::Frame;
use crate::limits::GUARANTEED_BYTES;
use crate::metrics::{Meter, Mute, Source};
use crate::session::{Close, EffectReply, Session};

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Where a frame is that passes as it came.
enum Whence {
    /// In the buffer of the side that it came from.
    Placed(Range<usize>),
    /// In a buffer of its own, its length included.
    Lent(Bytes),
}

/// The next frame, which what is taken from it need not be copied out of, if it is worth that.
fn lend(
    input: &mut Input,
    length: usize,
    output: &Output,
    buffers: &Buffers,
) -> Option<Frame<'static>> {
    let (bytes, place) = input.lend(length, output, |bytes| buffers.take_filled(bytes))?;
    Some(Frame::Lent(bytes, place))
}

enum Broker {
    Absent,
    Dialling(Boxed<std::io::Result<Dialled>>),
    Open(BrokerStream),
}

/// Both sockets, what lies between them, and what is being waited for.
pub struct Connection<C> {
    shared: Arc<Shared>,
    cluster: Arc<Cluster>,
    node: Option<i32>,
    session: Session,
    metering: Metering,
    client: C,
    broker: Broker,
    /// When the gateway must log in again; its session with the broker ends soon after.
    renewal: Option<Renewal>,
    from_client: Input,
    to_broker: Output,
    from_broker: Input,
    to_client: Output,
    /// Before what is in `to_broker`.
    past_to_broker: Bypass,
    /// Before what is in `to_client`.
    past_to_client: Bypass,
    client_unflushed: bool,
    broker_unflushed: bool,
    current: Current,
    change: Boxed<Option<watch::Receiver<Current>>>,
    effect: Option<oneshot::Receiver<EffectReply>>,
    keys_for_answer: Option<oneshot::Receiver<EffectReply>>,
    durable: Option<(u64, oneshot::Receiver<Result<(), AuditError>>)>,
    ticks: Interval,
    idle: Idle,
    muted: Muted,
    ending: Ending,
    room: Room,
    closing: Option<Close>,
    shown: Option<Shown>,
}

fn next_change(mut changes: watch::Receiver<Current>) -> Boxed<Option<watch::Receiver<Current>>> {
    Box::pin(async move { changes.changed().await.ok().map(|()| changes) })
}

impl<C> Connection<C> {
    /// Counts what was sent and not acknowledged; the connection's last entries, however it ends.
    fn conclude(&mut self) {
        if !matches!(self.broker, Broker::Open(_)) {
            return;
        }
        self.broker = Broker::Absent;
        self.session.end();
        let now = now_milliseconds();
        if let Err(error) = self.session.commit(now) {
            self.session.abandon(&error.to_string(), now);
        }
    }
}

/// A gateway that has waited long enough for brokers gives its connections no more turns.
impl<C> Drop for Connection<C> {
    fn drop(&mut self) {
        self.conclude();
    }
}

impl<C: Socket> Connection<C> {
    /// A connection whose client has been accepted.
    pub fn new(
        shared: Arc<Shared>,
        cluster: Arc<Cluster>,
        node: Option<i32>,
        session: Session,
        meter: Meter,
        client: C,
    ) -> Self {
        let mut changes = shared.current.subscribe();
        let current = changes.borrow().clone();
        // Whatever changed since the session was made is looked at first.
        changes.mark_changed();
        let mut ticks = interval(Duration::from_secs(1));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            muted: Muted::new(),
            ending: Ending::default(),
            room: Room::new(shared.ledger.memory.clone()),
            shared,
            cluster,
            node,
            session,
            metering: Metering::new(meter),
            client,
            broker: Broker::Absent,
            renewal: None,
            from_client: Input::new(),
            to_broker: Output::default(),
            from_broker: Input::new(),
            to_client: Output::default(),
            past_to_broker: Bypass::default(),
            past_to_client: Bypass::default(),
            client_unflushed: false,
            broker_unflushed: false,
            current,
            change: next_change(changes),
            effect: None,
            keys_for_answer: None,
            durable: None,
            ticks,
            idle: Idle::default(),
            closing: None,
            shown: None,
        }
    }

    /// The same, of a client that showed a certificate.
    pub fn shown(mut self, shown: Option<Shown>) -> Self {
        self.shown = shown;
        self
    }

    /// Runs until one side ends it; says why.
    pub async fn run(mut self) -> Close {
        let close = poll_fn(|context| self.poll(context)).await;
        self.rest();
        if close == Close::ClientGone {
            self.deliver().await;
        }
        self.conclude();
        let shutdown = poll_fn(|context| Pin::new(&mut self.client).poll_shutdown(context));
        let _ = tokio::time::timeout(Duration::from_secs(1), shutdown).await;
        // What the client has not been shown was not disclosed; what it has been is in the journal.
        close
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Close> {
        loop {
            match self.turn(context) {
                Ok(true) => {}
                Ok(false) => return Poll::Pending,
                Err(close) => {
                    // What was refused is copied also where that ends the connection.
                    if self.session.may_copy(&close, now_milliseconds()) {
                        self.send_dead_letters();
                    }
                    return Poll::Ready(close);
                }
            }
        }
    }

    /// One turn: everything that can move moves once. `false`: nothing could.
    fn turn(&mut self, context: &mut Context<'_>) -> Result<bool, Close> {
        let now = now_milliseconds();
        self.metering.wake();
        // SECURITY: nothing moves after the session's end, not even what waits in a buffer.
        self.ending.poll(&self.session, context, now)?;
        let mut moved = self.poll_change(context, now)?;
        self.muted.poll(&mut self.session, context, now);
        moved |= self.poll_effect(context, now)?;
        moved |= self.poll_keys(context, now)?;
        moved |= self.poll_dial(context)?;
        moved |= self.parse_answers(context, now)?;
        moved |= self.parse_requests(context, now)?;
        self.renew_keys();
        // Nothing that this turn discloses or acknowledges leaves before it is written.
        self.session.commit(now)?;
        self.send_dead_letters();
        moved |= self.send_to_client(context)?;
        moved |= self.send_to_broker(context)?;
        moved |= self.receive_from_broker(context)?;
        moved |= self.receive_from_client(context)?;
        self.account();
        self.poll_ticks(context)?;
        if !self.owes_client() {
            if let Some(close) = self.closing.take() {
                return Err(close);
            }
            let drained = self.session.in_flight() == 0 && !self.owes_broker();
            if self.current.draining && drained && self.effect.is_none() {
                return Err(Close::Draining);
            }
        }
        if !moved {
            self.rest();
        }
        Ok(moved)
    }

    fn poll_change(&mut self, context: &mut Context<'_>, now: i64) -> Result<bool, Close> {
        let Poll::Ready(changes) = self.change.as_mut().poll(context) else {
            return Ok(false);
        };
        let Some(mut changes) = changes else {
            return Err(Close::Draining);
        };
        self.current = changes.borrow_and_update().clone();
        self.change = next_change(changes);
        self.judge_again(now)?;
        let snapshot = self.current.snapshot.clone();
        let answers = self.session.on_snapshot(snapshot, now)?;
        self.push_answers(answers);
        Ok(true)
    }

    /// Answers of ours to what need not wait any longer.
    fn push_answers(&mut self, answers: Vec<Vec<u8>>) {
        for answer in answers {
            self.to_client.push_owned(answer);
            self.metering.response(Source::Gateway);
        }
        self.metering.settle(self.session.in_flight());
    }

    /// Is the certificate that the client showed still vouched for?
    fn judge_again(&mut self, now: i64) -> Result<(), Close> {
        let Some(shown) = &mut self.shown else {
            return Ok(());
        };
        shown.judge_again(&self.current, &mut self.session, now)
    }

    fn poll_dial(&mut self, context: &mut Context<'_>) -> Result<bool, Close> {
        self.begin_renewal();
        if matches!(self.broker, Broker::Absent) && !self.to_broker.is_empty() {
            let (current, cluster, node) = (self.current.clone(), self.cluster.clone(), self.node);
            let within = Duration::from_millis(self.session.bounds().timeout_milliseconds.dial);
            let principal = self.session.principal();
            self.broker = Broker::Dialling(Box::pin(async move {
                let caller = Caller::Client(principal.as_deref());
                dial(&current, &cluster, node, caller, within).await
            }));
        }
        let Broker::Dialling(dialling) = &mut self.broker else {
            return Ok(false);
        };
        match dialling.as_mut().poll(context) {
            Poll::Pending => Ok(false),
            Poll::Ready(Ok(dialled)) => {
                self.broker = Broker::Open(dialled.stream);
                self.renewal = dialled.renewal;
                Ok(true)
            }
            Poll::Ready(Err(error)) => Err(Close::Unreachable {
                what: error.to_string(),
            }),
        }
    }

    /// Must the gateway log in to the broker again before more is asked of it?
    fn renewal_is_due(&self) -> bool {
        matches!(self.broker, Broker::Open(_)) && self.renewal.is_some_and(Renewal::is_due)
    }

    /// Log in again once the broker owes nothing: what is in flight is answered first, and what clients ask
    /// meanwhile waits. No request is lost.
    fn begin_renewal(&mut self) {
        let owed = self.session.in_flight() > 0
            || self.session.is_receiving()
            || self.session.is_streaming()
            || self.owes_broker()
            || !self.from_broker.unparsed().is_empty();
        if owed || !self.renewal_is_due() {
            return;
        }
        let Broker::Open(stream) = std::mem::replace(&mut self.broker, Broker::Absent) else {
            return;
        };
        self.renewal = None;
        let (current, cluster, node) = (self.current.clone(), self.cluster.clone(), self.node);
        let within = Duration::from_millis(self.session.bounds().timeout_milliseconds.dial);
        let principal = self.session.principal();
        self.broker = Broker::Dialling(Box::pin(async move {
            let caller = Caller::Client(principal.as_deref());
            renew(&current, &cluster, node, caller, stream, within).await
        }));
    }

    /// Is anything on its way to the client?
    fn owes_client(&self) -> bool {
        !self.to_client.is_empty() || self.client_unflushed || !self.past_to_client.is_empty()
    }

    /// Is anything on its way to the broker?
    fn owes_broker(&self) -> bool {
        !self.to_broker.is_empty() || self.broker_unflushed || !self.past_to_broker.is_empty()
    }

    /// Nothing more can move: what there is to count is counted.
    fn rest(&mut self) {
        let tally = self.session.take_tally();
        self.metering.tally(&tally, &self.shared.metrics);
        let mute = if !self.session.has_room() {
            Some(Mute::InFlight)
        } else if self.to_client.is_backed_up() {
            Some(Mute::Answers)
        } else if self.to_broker.is_backed_up() {
            Some(Mute::Broker)
        } else if self.session.is_muted() {
            Some(Mute::Throttle)
        } else if self.room.waits() {
            Some(Mute::Memory)
        } else {
            None
        };
        let to_client = self.to_client.bytes() + self.past_to_client.bytes();
        let to_broker = self.to_broker.bytes() + self.past_to_broker.bytes();
        self.metering.rest(to_client, to_broker, mute);
    }

    /// Tells what the buffers hold now, and gives the turn to grow beyond the budget on.
    fn account(&mut self) {
        let buffers = &self.shared.keys.buffers;
        for spent in self
            .to_client
            .take_spent()
            .chain(self.to_broker.take_spent())
        {
            buffers.give(spent);
        }
        if self.room.has_turn() {
            self.from_client.give_back(&self.to_broker);
            self.from_broker.give_back(&self.to_client);
            let largest = self.from_client.capacity().max(self.from_broker.capacity());
            // What was sealed or opened beyond the budget is still there until it is sent.
            let owned = self
                .to_client
                .owned_bytes()
                .max(self.to_broker.owned_bytes());
            if largest.max(owned) <= GUARANTEED_BYTES {
                self.room.give_turn();
            }
        }
        let inputs = self.from_client.capacity() + self.from_broker.capacity();
        let outputs = self.to_client.owned_bytes() + self.to_broker.owned_bytes();
        let pipes = self.past_to_client.bytes() + self.past_to_broker.bytes();
        self.room
            .hold(inputs + outputs + pipes + self.session.held_bytes());
    }

    /// Once a second: has anything taken too long?
    fn poll_ticks(&mut self, context: &mut Context<'_>) -> Result<(), Close> {
        while self.ticks.poll_tick(context).is_ready() {
            let answers = self.session.on_tick(now_milliseconds())?;
            if !answers.is_empty() {
                self.push_answers(answers);
                // Another turn enters and sends them.
                context.waker().wake_by_ref();
            }
            self.from_client.rest(&self.to_broker);
            self.from_broker.rest(&self.to_client);
            let begun = self.session.is_receiving() || !self.from_client.is_drained();
            let now = Now {
                unauthenticated: !self.session.authenticated(),
                muted: self.session.is_muted(),
                takes_requests: self.takes_requests(),
                request_begun: begun,
                answer_waits: self.owes_client(),
                in_flight: self.session.in_flight() > 0,
                broker_owes: self.session.in_flight() > 0 && !self.owes_client(),
                waits_for_memory: self.room.waits(),
                has_turn: self.room.has_turn(),
            };
            let timeouts = &self.session.bounds().timeout_milliseconds;
            self.idle.tick(&now, timeouts)?;
        }
        Ok(())
    }
}
