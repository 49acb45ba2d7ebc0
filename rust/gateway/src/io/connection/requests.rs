//! From the client to the broker.

use std::task::Context;

use streamward_wire::frame::{self, LENGTH_BYTES};

use super::bypass::Bypass;
use super::sockets::{needed, receive, send};
use super::{Broker, Connection, Socket, Whence, lend};
use crate::metrics::{Side, Source};
use crate::session::{Close, Verdict};

impl<C: Socket> Connection<C> {
    pub(super) fn parse_requests(
        &mut self,
        context: &mut Context<'_>,
        now: i64,
    ) -> Result<bool, Close> {
        let mut moved = false;
        while self.takes_requests() {
            if self.session.is_receiving() {
                let released = self.session.receive(self.from_client.unparsed(), now)?;
                if released > 0 {
                    let place = self.from_client.take_frame(released);
                    self.to_broker.push_input(place);
                    moved = true;
                }
                if !self.session.is_receiving() {
                    self.count_request(&Verdict::Forward);
                    self.idle.request_ended();
                    moved = true;
                } else if released == 0 {
                    break;
                }
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
            let grows = self.session.may_seal(self.from_client.unparsed());
            if grows
                && !self
                    .room
                    .may_rewrite(Side::Client, length, &self.current, context)
            {
                break;
            }
            self.past_to_broker.expected = false;
            let lent = grows.then(|| {
                lend(
                    &mut self.from_client,
                    length,
                    &self.to_broker,
                    &self.shared.keys.buffers,
                )
            });
            let (verdict, whence) = if let Some(mut frame) = lent.flatten() {
                let verdict = self.session.on_request_frame(&mut frame, now);
                (
                    verdict,
                    frame.framed(&self.shared.keys.buffers).map(Whence::Lent),
                )
            } else {
                let place = self.from_client.take_frame(length);
                let body = place.start + LENGTH_BYTES..place.end;
                let body = self.from_client.slice_mut(body);
                let verdict = self.session.on_request(body, now);
                (verdict, Some(Whence::Placed(place)))
            };
            self.count_request(&verdict);
            self.idle.request_ended();
            self.carry_out(verdict, whence)?;
            moved = true;
        }
        Ok(moved)
    }

    pub(super) fn count_request(&mut self, verdict: &Verdict) {
        if matches!(verdict, Verdict::Wait(_)) {
            return self.metering.effect();
        }
        let replied = matches!(verdict, Verdict::Reply(_) | Verdict::ReplyAndClose(..));
        let in_flight = self.session.in_flight();
        self.metering
            .request(self.session.judged(), replied, in_flight);
    }

    pub(super) fn takes_requests(&self) -> bool {
        self.closing.is_none()
            && self.effect.is_none()
            && !self.current.draining
            && !self.session.is_muted()
            && self.session.has_room()
            // SECURITY: a peer that sends and never reads is not read any further.
            && !self.to_client.is_backed_up()
            && !self.to_broker.is_backed_up()
            // One that has begun to arrive is let through, or the broker would wait for its rest.
            && (self.session.is_receiving() || !self.renewal_is_due())
    }

    pub(super) fn carry_out(
        &mut self,
        verdict: Verdict,
        whence: Option<Whence>,
    ) -> Result<(), Close> {
        match verdict {
            Verdict::Forward => match whence {
                Some(Whence::Placed(place)) => self.to_broker.push_input(place),
                Some(Whence::Lent(frame)) => self.to_broker.push_shared(frame),
                None => {}
            },
            Verdict::Rewrite(frame) => self.to_broker.push_owned(frame),
            Verdict::RewriteParts(parts) => self.to_broker.push_parts(parts),
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

    pub(super) fn reply(&mut self, frame: Vec<u8>) {
        self.to_client.push_owned(frame);
        self.metering.response(Source::Gateway);
    }

    pub(super) fn send_to_broker(&mut self, context: &mut Context<'_>) -> Result<bool, Close> {
        let Broker::Open(broker) = &mut self.broker else {
            return Ok(false);
        };
        if !self.past_to_broker.is_empty()
            && let Some(broker) = broker.bare()
        {
            let sent = self.past_to_broker.give(broker, context);
            let sent = sent.map_err(|_| Close::BrokerGone)?;
            self.metering.sent(Side::Broker, sent);
            return Ok(sent > 0);
        }
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

    pub(super) fn receive_from_client(&mut self, context: &mut Context<'_>) -> Result<bool, Close> {
        if !self.takes_requests() {
            return Ok(false);
        }
        if let Some(moved) = self.take_past_to_broker(context)? {
            return Ok(moved);
        }
        let needed = if self.session.is_receiving() {
            None
        } else {
            needed(self.from_client.unparsed())
        };
        let most = self.past_to_broker.read_bytes_max(
            self.session.unseen_of_request(),
            needed,
            self.from_client.unparsed().len(),
        );
        let input = (Side::Client, &mut self.from_client);
        let (output, current) = (&self.to_broker, &self.current);
        let Some(room) = self.room.spare(input, output, needed, current, context) else {
            return Ok(false);
        };
        let (room, _) = room.split_at_mut(room.len().min(most));
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

    /// Takes what the session need not see past the gateway's memory. `None`: this is read as usual.
    fn take_past_to_broker(&mut self, context: &mut Context<'_>) -> Result<Option<bool>, Close> {
        let unseen = self.session.unseen_of_request();
        let (Some(client), Broker::Open(broker)) = (self.client.bare(), &self.broker) else {
            return Ok(None);
        };
        if broker.bare().is_none()
            || !self.from_client.is_drained()
            || !self.past_to_broker.is_open_for(unseen)
        {
            return Ok(None);
        }
        if self.owes_broker() {
            // What stands before it goes first.
            return Ok(Some(false));
        }
        let piece = Bypass::piece(unseen);
        // What the other side doesn't take stays in the pipe, and is held as much as what stays in a buffer.
        if !self.room.may_pass(piece, &self.current) {
            return Ok(None);
        }
        let taken = self.past_to_broker.take(client, piece, context);
        let Some(length) = taken.map_err(|_| Close::ClientGone)? else {
            return Ok(self.past_to_broker.is_open_for(unseen).then_some(false));
        };
        self.session.pass_request(length);
        self.metering.bypassed(Side::Client, length);
        self.idle.request_moved();
        Ok(Some(true))
    }
}
