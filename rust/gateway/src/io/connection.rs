//! One connection between a client and a broker: a single task that moves bytes both ways through a
//! [`Session`], with no lock and, for what needs no change, no copy.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use streamward_audit::AuditError;
use streamward_wire::frame::{self, LENGTH_BYTES};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::{oneshot, watch};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::broker::{BrokerStream, Caller, dial};
use super::buffer::{Input, Output};
use super::clock::now_milliseconds;
use super::idle::{Idle, Now};
use super::metering::Metering;
use super::waiting::{Muted, Room};
use super::{Current, Shared, groups, topics};
use crate::cluster::Cluster;
use crate::limits::GUARANTEED_BYTES;
use crate::metrics::{Meter, Mute, Side, Source};
use crate::session::{Answer, Close, Effect, EffectReply, Session, Verdict};

/// What a client sent before it left is on its way to the broker within this time, or given up.
const DELIVERY_SECONDS_MAX: u64 = 10;

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

enum Broker {
    Absent,
    Dialling(Boxed<std::io::Result<BrokerStream>>),
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
    from_client: Input,
    to_broker: Output,
    from_broker: Input,
    to_client: Output,
    client_unflushed: bool,
    broker_unflushed: bool,
    current: Current,
    change: Boxed<Option<watch::Receiver<Current>>>,
    effect: Option<oneshot::Receiver<EffectReply>>,
    durable: Option<(u64, oneshot::Receiver<Result<(), AuditError>>)>,
    ticks: Interval,
    idle: Idle,
    muted: Muted,
    room: Room,
    closing: Option<Close>,
}

fn next_change(mut changes: watch::Receiver<Current>) -> Boxed<Option<watch::Receiver<Current>>> {
    Box::pin(async move { changes.changed().await.ok().map(|()| changes) })
}

impl<C: AsyncRead + AsyncWrite + Unpin + Send> Connection<C> {
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
            room: Room::new(shared.ledger.memory.clone()),
            shared,
            cluster,
            node,
            session,
            metering: Metering::new(meter),
            client,
            broker: Broker::Absent,
            from_client: Input::new(),
            to_broker: Output::default(),
            from_broker: Input::new(),
            to_client: Output::default(),
            client_unflushed: false,
            broker_unflushed: false,
            current,
            change: next_change(changes),
            effect: None,
            durable: None,
            ticks,
            idle: Idle::default(),
            closing: None,
        }
    }

    /// Runs until one side ends it; says why.
    pub async fn run(mut self) -> Close {
        let close = poll_fn(|context| self.poll(context)).await;
        self.rest();
        if close == Close::ClientGone {
            self.deliver().await;
        }
        if matches!(self.broker, Broker::Open(_)) {
            self.session.end();
            let now = now_milliseconds();
            if let Err(error) = self.session.commit(now) {
                self.session.abandon(&error.to_string(), now);
            }
        }
        let shutdown = poll_fn(|context| Pin::new(&mut self.client).poll_shutdown(context));
        let _ = tokio::time::timeout(Duration::from_secs(1), shutdown).await;
        // What the client has not been shown was not disclosed; what it has been is in the journal.
        close
    }

    /// The client has left, and the broker still gets what it sent: with acks=0 nobody would miss it.
    async fn deliver(&mut self) {
        let delivered = poll_fn(|context| self.poll_deliver(context));
        let within = Duration::from_secs(DELIVERY_SECONDS_MAX);
        if !matches!(tokio::time::timeout(within, delivered).await, Ok(Ok(()))) {
            return;
        }
        let Broker::Open(broker) = &mut self.broker else {
            return;
        };
        // To close with answers unread would reset the connection, and the broker might lose requests.
        let goodbye = async {
            broker.shutdown().await?;
            tokio::io::copy(broker, &mut tokio::io::sink()).await
        };
        let _ = tokio::time::timeout(Duration::from_secs(1), goodbye).await;
    }

    fn poll_deliver(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Close>> {
        loop {
            // SECURITY: whoever is revoked meanwhile is not heard any more, although it has left.
            let mut moved = self.poll_change(context, now_milliseconds())?;
            moved |= self.poll_dial(context)?;
            moved |= self.send_to_broker(context)?;
            if self.to_broker.is_empty() && !self.broker_unflushed {
                return Poll::Ready(Ok(()));
            }
            if !moved {
                return Poll::Pending;
            }
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Close> {
        loop {
            match self.turn(context) {
                Ok(true) => {}
                Ok(false) => return Poll::Pending,
                Err(close) => return Poll::Ready(close),
            }
        }
    }

    /// One turn: everything that can move moves once. `false`: nothing could.
    fn turn(&mut self, context: &mut Context<'_>) -> Result<bool, Close> {
        let now = now_milliseconds();
        self.metering.wake();
        let mut moved = self.poll_change(context, now)?;
        self.muted.poll(&mut self.session, context, now);
        moved |= self.poll_effect(context, now)?;
        moved |= self.poll_dial(context)?;
        moved |= self.parse_answers(now)?;
        moved |= self.parse_requests(now)?;
        // Nothing that this turn discloses or acknowledges leaves before it is written.
        self.session.commit(now)?;
        moved |= self.send_to_client(context)?;
        moved |= self.send_to_broker(context)?;
        moved |= self.receive_from_broker(context)?;
        moved |= self.receive_from_client(context)?;
        self.account();
        self.poll_ticks(context)?;
        if self.to_client.is_empty() && !self.client_unflushed {
            if let Some(close) = self.closing.take() {
                return Err(close);
            }
            let drained = self.session.in_flight() == 0 && self.to_broker.is_empty();
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
        for answer in self
            .session
            .on_snapshot(self.current.snapshot.clone(), now)?
        {
            self.to_client.push_owned(answer);
            self.metering.response(Source::Gateway);
        }
        self.metering.settle(self.session.in_flight());
        Ok(true)
    }

    fn poll_effect(&mut self, context: &mut Context<'_>, now: i64) -> Result<bool, Close> {
        let Some(effect) = &mut self.effect else {
            return Ok(false);
        };
        let Poll::Ready(reply) = Pin::new(effect).poll(context) else {
            return Ok(false);
        };
        self.effect = None;
        let reply = reply.map_err(|_| Close::AuthenticationFailed)?;
        let verdict = self.session.on_effect(reply, now);
        self.count_request(&verdict);
        self.carry_out(verdict, None)?;
        Ok(true)
    }

    fn poll_dial(&mut self, context: &mut Context<'_>) -> Result<bool, Close> {
        if matches!(self.broker, Broker::Absent) && !self.to_broker.is_empty() {
            let (current, cluster, node) = (self.current.clone(), self.cluster.clone(), self.node);
            let within = Duration::from_millis(self.session.bounds().timeout_milliseconds.dial);
            self.broker = Broker::Dialling(Box::pin(async move {
                dial(&current, &cluster, node, Caller::Client, within).await
            }));
        }
        let Broker::Dialling(dialling) = &mut self.broker else {
            return Ok(false);
        };
        match dialling.as_mut().poll(context) {
            Poll::Pending => Ok(false),
            Poll::Ready(Ok(stream)) => {
                self.broker = Broker::Open(stream);
                Ok(true)
            }
            Poll::Ready(Err(error)) => Err(Close::Unreachable {
                what: error.to_string(),
            }),
        }
    }

    fn parse_requests(&mut self, now: i64) -> Result<bool, Close> {
        let mut moved = false;
        while self.takes_requests() {
            if self.session.is_receiving() {
                let released = self.session.receive(self.from_client.unparsed(), now)?;
                if released == 0 {
                    break;
                }
                let place = self.from_client.take_frame(released);
                self.to_broker.push_input(place);
                if !self.session.is_receiving() {
                    self.count_request(&Verdict::Forward);
                    self.idle.request_ended();
                }
                moved = true;
                continue;
            }
            let limits = self.session.request_limits();
            let length =
                frame::complete(self.from_client.unparsed(), limits).map_err(|source| {
                    Close::Malformed {
                        what: "request frame",
                        source,
                    }
                })?;
            let Some(length) = length else {
                let unparsed = self.from_client.unparsed();
                if self.session.begins_receiving(unparsed, now)? {
                    continue;
                }
                break;
            };
            let place = self.from_client.take_frame(length);
            let body = self
                .from_client
                .slice_mut(place.start + LENGTH_BYTES..place.end);
            let verdict = self.session.on_request(body, now);
            self.count_request(&verdict);
            self.idle.request_ended();
            self.carry_out(verdict, Some(place))?;
            moved = true;
        }
        Ok(moved)
    }

    fn count_request(&mut self, verdict: &Verdict) {
        if matches!(verdict, Verdict::Wait(_)) {
            return self.metering.effect();
        }
        let replied = matches!(verdict, Verdict::Reply(_) | Verdict::ReplyAndClose(..));
        let in_flight = self.session.in_flight();
        self.metering
            .request(self.session.judged(), replied, in_flight);
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
        let (to_client, to_broker) = (self.to_client.bytes(), self.to_broker.bytes());
        self.metering.rest(to_client, to_broker, mute);
    }

    fn takes_requests(&self) -> bool {
        self.closing.is_none()
            && self.effect.is_none()
            && !self.current.draining
            && !self.session.is_muted()
            && self.session.has_room()
            // SECURITY: a peer that sends and never reads is not read any further.
            && !self.to_client.is_backed_up()
            && !self.to_broker.is_backed_up()
    }

    fn carry_out(
        &mut self,
        verdict: Verdict,
        place: Option<std::ops::Range<usize>>,
    ) -> Result<(), Close> {
        match verdict {
            Verdict::Forward => {
                if let Some(place) = place {
                    self.to_broker.push_input(place);
                }
            }
            Verdict::Rewrite(frame) => self.to_broker.push_owned(frame),
            Verdict::Reply(frame) => self.reply(frame),
            Verdict::ReplyAndClose(frame, close) => {
                self.reply(frame);
                self.closing = Some(close);
            }
            Verdict::Nothing => {}
            Verdict::Wait(effect) => self.effect = Some(self.start(effect)),
            Verdict::Close(close) => return Err(close),
        }
        Ok(())
    }

    fn reply(&mut self, frame: Vec<u8>) {
        self.to_client.push_owned(frame);
        self.metering.response(Source::Gateway);
    }

    fn start(&self, effect: Effect) -> oneshot::Receiver<EffectReply> {
        let (reply, receiver) = oneshot::channel();
        let (current, cluster) = (self.current.clone(), self.cluster.clone());
        let (user, password) = match effect {
            Effect::CheckPassword { user, password } => (user, password),
            Effect::ListTopics {
                age_max_milliseconds,
            } => {
                tokio::spawn(async move {
                    topics::list(&current, &cluster, age_max_milliseconds).await;
                    let _ = reply.send(EffectReply::Listed);
                });
                return receiver;
            }
            Effect::DescribeStreamsGroup { group } => {
                let node = self.node;
                tokio::spawn(async move {
                    let described = groups::describe_streams(&current, &cluster, node, &group);
                    let described = described.await;
                    let _ = reply.send(EffectReply::Described { group, described });
                });
                return receiver;
            }
            Effect::ResolveTopics(ids) => {
                tokio::spawn(async move {
                    topics::resolve(&current, &cluster, ids).await;
                    let _ = reply.send(EffectReply::Listed);
                });
                return receiver;
            }
        };
        let directory = self.current.snapshot.directory.clone();
        let checks = self.shared.password_checks.clone();
        let delay = Duration::from_millis(self.session.bounds().failure_delay_milliseconds);
        tokio::spawn(async move {
            let Ok(permit) = checks.acquire_owned().await else {
                return;
            };
            let checked = tokio::task::spawn_blocking(move || {
                let outcome = directory.by_password(&user, &password);
                EffectReply::Password { user, outcome }
            });
            let Ok(outcome) = checked.await else { return };
            // Who waits out a failure keeps nobody else from being checked.
            drop(permit);
            if let EffectReply::Password {
                outcome: Err(_), ..
            } = &outcome
            {
                tokio::time::sleep(delay).await;
            }
            let _ = reply.send(outcome);
        });
        receiver
    }

    fn parse_answers(&mut self, now: i64) -> Result<bool, Close> {
        let mut moved = false;
        while self.closing.is_none() && !self.to_client.is_backed_up() {
            if self.session.is_streaming() {
                let released = self.session.stream(self.from_broker.unparsed_mut())?;
                if released == 0 {
                    break;
                }
                let place = self.from_broker.take_frame(released);
                self.to_client.push_input(place);
                if !self.session.is_streaming() {
                    self.metering.response(Source::Broker);
                }
                self.send_locals();
                moved = true;
                continue;
            }
            let length =
                frame::complete(self.from_broker.unparsed(), self.session.response_limits())
                    .map_err(|source| Close::Malformed {
                        what: "response frame",
                        source,
                    })?;
            let Some(length) = length else {
                if self
                    .session
                    .begins_stream(self.from_broker.unparsed(), now)?
                {
                    continue;
                }
                break;
            };
            let place = self.from_broker.take_frame(length);
            let body = self
                .from_broker
                .slice_mut(place.start + LENGTH_BYTES..place.end);
            match self.session.on_response(body, now) {
                Answer::Forward => {
                    self.to_client.push_input(place);
                    self.metering.response(Source::Broker);
                }
                Answer::Rewrite(frame) => {
                    self.to_client.push_owned(frame);
                    self.metering.response(Source::Broker);
                }
                Answer::Ask(frame) => self.to_broker.push_owned(frame),
                Answer::Drop => {}
                Answer::Close(close) => return Err(close),
            }
            self.send_locals();
            moved = true;
        }
        Ok(moved)
    }

    /// Answers of our own follow the broker's where their turn has come.
    fn send_locals(&mut self) {
        // Of all that was owed, what was worked on is the oldest.
        self.metering.answer(self.session.in_flight());
        while let Some(answer) = self.session.next_local() {
            self.reply(answer);
        }
        self.metering.settle(self.session.in_flight());
    }

    /// Is everything durable that must be, before anything more leaves for the client?
    fn poll_durable(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Close>> {
        let journal = self.shared.recorder.journal();
        loop {
            let needed = self.session.durable_before_answer();
            if let Some((position, waiting)) = &mut self.durable {
                let position = *position;
                let done = ready!(Pin::new(waiting).poll(context));
                self.durable = None;
                let failed = |what: String| Poll::Ready(Err(Close::Unrecorded { what }));
                match done {
                    Ok(Ok(())) if position >= needed => return Poll::Ready(Ok(())),
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => return failed(error.to_string()),
                    Err(_) => return failed("the journal is closed".into()),
                }
            } else {
                if journal.durable_position() >= needed {
                    return Poll::Ready(Ok(()));
                }
                let (wake, waiting) = oneshot::channel();
                journal.when_durable(needed, Box::new(move |outcome| drop(wake.send(outcome))));
                self.durable = Some((needed, waiting));
            }
        }
    }

    fn send_to_client(&mut self, context: &mut Context<'_>) -> Result<bool, Close> {
        if self.to_client.is_empty() && !self.client_unflushed {
            return Ok(false);
        }
        match self.poll_durable(context) {
            Poll::Pending => return Ok(false),
            Poll::Ready(done) => done?,
        }
        let sent = send(
            &mut self.client,
            &mut self.to_client,
            &self.from_broker,
            &mut self.client_unflushed,
            context,
        );
        let sent = sent.map_err(|_| Close::ClientGone)?;
        if sent > 0 {
            self.idle.answer_moved();
            self.metering.sent(Side::Client, sent);
            self.metering.left();
        }
        Ok(sent > 0)
    }

    fn send_to_broker(&mut self, context: &mut Context<'_>) -> Result<bool, Close> {
        let Broker::Open(broker) = &mut self.broker else {
            return Ok(false);
        };
        let sent = send(
            broker,
            &mut self.to_broker,
            &self.from_client,
            &mut self.broker_unflushed,
            context,
        )
        .map_err(|_| Close::BrokerGone)?;
        if sent > 0 {
            self.metering.sent(Side::Broker, sent);
        }
        Ok(sent > 0)
    }

    fn receive_from_client(&mut self, context: &mut Context<'_>) -> Result<bool, Close> {
        if !self.takes_requests() {
            return Ok(false);
        }
        let needed = if self.session.is_receiving() {
            None
        } else {
            needed(self.from_client.unparsed())
        };
        let input = (Side::Client, &mut self.from_client);
        let (output, current) = (&self.to_broker, &self.current);
        let Some(room) = self.room.spare(input, output, needed, current, context) else {
            return Ok(false);
        };
        let Some(length) =
            receive(&mut self.client, room, context).map_err(|_| Close::ClientGone)?
        else {
            return Ok(false);
        };
        self.from_client.fill(length);
        self.metering.received(Side::Client, length);
        self.idle.request_moved();
        Ok(true)
    }

    fn receive_from_broker(&mut self, context: &mut Context<'_>) -> Result<bool, Close> {
        if self.to_client.is_backed_up() {
            return Ok(false);
        }
        let Broker::Open(broker) = &mut self.broker else {
            return Ok(false);
        };
        let needed = if self.session.is_streaming() {
            None
        } else {
            needed(self.from_broker.unparsed())
        };
        let input = (Side::Broker, &mut self.from_broker);
        let (output, current) = (&self.to_client, &self.current);
        let Some(room) = self.room.spare(input, output, needed, current, context) else {
            return Ok(false);
        };
        let Some(length) = receive(broker, room, context).map_err(|_| Close::BrokerGone)? else {
            return Ok(false);
        };
        self.from_broker.fill(length);
        self.metering.received(Side::Broker, length);
        self.idle.broker_moved();
        Ok(true)
    }

    /// Tells what the buffers hold now, and gives the turn to grow beyond the budget on.
    fn account(&mut self) {
        if self.room.has_turn() {
            self.from_client.give_back(&self.to_broker);
            self.from_broker.give_back(&self.to_client);
            let largest = self.from_client.capacity().max(self.from_broker.capacity());
            if largest <= GUARANTEED_BYTES {
                self.room.give_turn();
            }
        }
        let inputs = self.from_client.capacity() + self.from_broker.capacity();
        let outputs = self.to_client.owned_bytes() + self.to_broker.owned_bytes();
        self.room.hold(inputs + outputs);
    }

    /// Once a second: has anything taken too long?
    fn poll_ticks(&mut self, context: &mut Context<'_>) -> Result<(), Close> {
        while self.ticks.poll_tick(context).is_ready() {
            self.from_client.rest(&self.to_broker);
            self.from_broker.rest(&self.to_client);
            let begun = self.session.is_receiving() || !self.from_client.is_drained();
            let now = Now {
                unauthenticated: !self.session.authenticated(),
                muted: self.session.is_muted(),
                takes_requests: self.takes_requests(),
                request_begun: begun,
                answer_waits: !self.to_client.is_empty() || self.client_unflushed,
                in_flight: self.session.in_flight() > 0,
                broker_owes: self.session.in_flight() > 0 && self.to_client.is_empty(),
                waits_for_memory: self.room.waits(),
                has_turn: self.room.has_turn(),
            };
            let timeouts = &self.session.bounds().timeout_milliseconds;
            self.idle.tick(&now, timeouts)?;
        }
        Ok(())
    }
}

/// The whole length of the frame that has begun to arrive.
fn needed(unparsed: &[u8]) -> Option<usize> {
    let prefix = unparsed.first_chunk::<LENGTH_BYTES>()?;
    usize::try_from(i32::from_be_bytes(*prefix))
        .ok()
        .map(|length| length + LENGTH_BYTES)
}

/// Writes until the socket is full or nothing is left; returns how many bytes were written.
fn send<S: AsyncWrite + Unpin>(
    stream: &mut S,
    output: &mut Output,
    input: &Input,
    unflushed: &mut bool,
    context: &mut Context<'_>,
) -> std::io::Result<usize> {
    let mut sent = 0;
    while let Some(bytes) = output.next(input) {
        match Pin::new(&mut *stream).poll_write(context, bytes) {
            Poll::Pending => return Ok(sent),
            Poll::Ready(Ok(0)) => return Err(std::io::ErrorKind::WriteZero.into()),
            Poll::Ready(Ok(length)) => {
                output.advance(length);
                *unflushed = true;
                sent += length;
            }
            Poll::Ready(Err(error)) => return Err(error),
        }
    }
    if *unflushed && Pin::new(stream).poll_flush(context)?.is_ready() {
        *unflushed = false;
    }
    Ok(sent)
}

/// Reads once; `None`: nothing is there yet. The end of the stream is an error.
fn receive<S: AsyncRead + Unpin>(
    stream: &mut S,
    room: &mut [u8],
    context: &mut Context<'_>,
) -> std::io::Result<Option<usize>> {
    let mut buffer = ReadBuf::new(room);
    match Pin::new(stream).poll_read(context, &mut buffer) {
        Poll::Pending => Ok(None),
        Poll::Ready(Err(error)) => Err(error),
        Poll::Ready(Ok(())) if buffer.filled().is_empty() => {
            Err(std::io::ErrorKind::UnexpectedEof.into())
        }
        Poll::Ready(Ok(())) => Ok(Some(buffer.filled().len())),
    }
}
