//! From the broker to the client.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use streamward_wire::frame::{self, LENGTH_BYTES};
use tokio::sync::oneshot;

use super::bypass::Bypass;
use super::sockets::{needed, receive, send};
use super::{Broker, Connection, Socket, Whence, lend};
use crate::metrics::{Side, Source};
use crate::session::{Answer, Close};

impl<C: Socket> Connection<C> {
    pub(super) fn parse_answers(
        &mut self,
        context: &mut Context<'_>,
        now: i64,
    ) -> Result<bool, Close> {
        let mut moved = false;
        while self.closing.is_none()
            && !self.to_client.is_backed_up()
            && self.keys_for_answer.is_none()
        {
            if self.session.is_streaming() {
                let released = self.session.stream(self.from_broker.unparsed_mut())?;
                if released > 0 {
                    let place = self.from_broker.take_frame(released);
                    self.to_client.push_input(place);
                    moved = true;
                }
                if !self.session.is_streaming() {
                    self.metering.response(Source::Broker);
                    moved = true;
                } else if released == 0 {
                    break;
                }
                self.send_locals();
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
            let opens = self.session.opens_next();
            if opens
                && !self
                    .room
                    .may_rewrite(Side::Broker, length, &self.current, context)
            {
                break;
            }
            self.past_to_client.expected = false;
            let lent = opens.then(|| {
                lend(
                    &mut self.from_broker,
                    length,
                    &self.to_client,
                    &self.shared.keys.buffers,
                )
            });
            let (answer, whence) = if let Some(mut frame) = lent.flatten() {
                let answer = self.session.on_response_frame(&mut frame, now);
                (
                    answer,
                    frame.framed(&self.shared.keys.buffers).map(Whence::Lent),
                )
            } else {
                let place = self.from_broker.take_frame(length);
                let body = place.start + LENGTH_BYTES..place.end;
                let body = self.from_broker.slice_mut(body);
                let answer = self.session.on_response(body, now);
                (answer, Some(Whence::Placed(place)))
            };
            self.carry_back(answer, whence)?;
            moved = true;
        }
        Ok(moved)
    }

    /// Does what the session says of an answer, which lies in this place.
    pub(super) fn carry_back(
        &mut self,
        answer: Answer,
        whence: Option<Whence>,
    ) -> Result<(), Close> {
        match answer {
            Answer::Forward => {
                match whence {
                    Some(Whence::Placed(place)) => self.to_client.push_input(place),
                    Some(Whence::Lent(frame)) => self.to_client.push_shared(frame),
                    None => {}
                }
                self.metering.response(Source::Broker);
            }
            Answer::Rewrite(frame) => {
                self.to_client.push_owned(frame);
                self.metering.response(Source::Broker);
            }
            Answer::RewriteParts(parts) => {
                self.to_client.push_parts(parts);
                self.metering.response(Source::Broker);
            }
            Answer::Ask(frame) => self.to_broker.push_owned(frame),
            Answer::Wait(effect) => self.keys_for_answer = Some(self.start(effect)),
            Answer::Drop => {}
            Answer::Close(close) => return Err(close),
        }
        self.send_locals();
        Ok(())
    }

    /// Answers of our own follow the broker's where their turn has come.
    pub(super) fn send_locals(&mut self) {
        // Of all that was owed, what was worked on is the oldest.
        self.metering.answer(self.session.in_flight());
        while let Some(answer) = self.session.next_local() {
            self.reply(answer);
        }
        self.metering.settle(self.session.in_flight());
    }

    /// Is everything durable that must be, before anything more leaves for the client?
    pub(super) fn poll_durable(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Close>> {
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

    pub(super) fn send_to_client(&mut self, context: &mut Context<'_>) -> Result<bool, Close> {
        if !self.owes_client() {
            return Ok(false);
        }
        match self.poll_durable(context) {
            Poll::Pending => return Ok(false),
            Poll::Ready(done) => done?,
        }
        let sent = match self.client.bare() {
            Some(client) if !self.past_to_client.is_empty() => {
                self.past_to_client.give(client, context)
            }
            _ => send(
                &mut self.client,
                &mut self.to_client,
                &self.from_broker,
                &mut self.client_unflushed,
                context,
            ),
        };
        let sent = sent.map_err(|_| Close::ClientGone)?;
        if sent > 0 {
            self.idle.answer_moved();
            self.metering.sent(Side::Client, sent);
            self.metering.left();
        }
        Ok(sent > 0)
    }

    pub(super) fn receive_from_broker(&mut self, context: &mut Context<'_>) -> Result<bool, Close> {
        if self.to_client.is_backed_up() {
            return Ok(false);
        }
        if let Some(moved) = self.take_past_to_client(context)? {
            return Ok(moved);
        }
        let Broker::Open(broker) = &mut self.broker else {
            return Ok(false);
        };
        let needed = if self.session.is_streaming() {
            None
        } else {
            needed(self.from_broker.unparsed())
        };
        let most = self.past_to_client.read_bytes_max(
            self.session.unseen_of_answer(),
            needed,
            self.from_broker.unparsed().len(),
        );
        let input = (Side::Broker, &mut self.from_broker);
        let (output, current) = (&self.to_client, &self.current);
        let Some(room) = self.room.spare(input, output, needed, current, context) else {
            return Ok(false);
        };
        let (room, _) = room.split_at_mut(room.len().min(most));
        let Some(length) = receive(broker, room, context).map_err(|_| Close::BrokerGone)? else {
            return Ok(false);
        };
        self.from_broker.fill(length);
        self.metering.received(Side::Broker, length);
        self.idle.broker_moved();
        Ok(true)
    }

    /// Takes what the session need not see past the gateway's memory. `None`: this is read as usual.
    fn take_past_to_client(&mut self, context: &mut Context<'_>) -> Result<Option<bool>, Close> {
        let unseen = self.session.unseen_of_answer();
        let (Some(_), Broker::Open(broker)) = (self.client.bare(), &self.broker) else {
            return Ok(None);
        };
        let Some(broker) = broker.bare() else {
            return Ok(None);
        };
        if !self.from_broker.is_drained() || !self.past_to_client.is_open_for(unseen) {
            return Ok(None);
        }
        if self.owes_client() {
            // What stands before it goes first.
            return Ok(Some(false));
        }
        let piece = Bypass::piece(unseen);
        // What the other side doesn't take stays in the pipe, and is held as much as what stays in a buffer.
        if !self.room.may_pass(piece, &self.current) {
            return Ok(None);
        }
        let taken = self.past_to_client.take(broker, piece, context);
        let Some(length) = taken.map_err(|_| Close::BrokerGone)? else {
            return Ok(self.past_to_client.is_open_for(unseen).then_some(false));
        };
        self.session.pass_answer(length);
        self.metering.bypassed(Side::Broker, length);
        self.idle.broker_moved();
        Ok(Some(true))
    }
}
