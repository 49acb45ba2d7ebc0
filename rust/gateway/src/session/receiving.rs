//! Large requests to Produce, let through while they arrive: topic and transactional id are decided on the
//! head of the request, and the header of each batch is read before any byte of it leaves.
//!
//! Only what is allowed goes this way. A request that needs an answer of ours, or a part of which is denied,
//! waits until it is whole (`produce`). What turns out to be malformed further on ends the connection: the
//! broker has got a part of a frame, which it discards.

use std::collections::HashSet;
use std::ops::Range as Bytes;

use streamward_policy::{Action, ResourceKind};
use streamward_wire::WireError;
use streamward_wire::frame::LENGTH_BYTES;
use streamward_wire::kafka::{
    self, ApiKey, Direction, Field, Leaf, Progress, Stream, Visitor, access, batch,
};

use super::authorize::Permission;
use super::cold::Naming;
use super::produce::{Load, Sending};
use super::{Close, Head, Judged, Session, schema};
use crate::metrics::Decision;
use crate::snapshot::Unrecorded;

/// A smaller request waits until it is whole.
const RECEIVED_BYTES_MIN: usize = 64 * 1024;

/// A request that is on its way through.
#[derive(Debug)]
pub struct Receiving {
    head: Head,
    frame_bytes: usize,
    acks: i64,
    /// Transactional batches may pass.
    transactional: bool,
    sending: Sending,
    /// The partitions that have been named.
    indexes: HashSet<i32>,
    stream: Stream,
    /// What has been read and may leave.
    readable: usize,
    records_left: usize,
    batch_left: usize,
    ended: bool,
}

/// What stands before the first records of a request.
#[derive(Default)]
struct Opening<'a> {
    acks: i64,
    transactional_id: Option<&'a str>,
    topics: usize,
    naming: Option<Naming<'a>>,
    index: i32,
}

impl<'a> Visitor<'a> for Opening<'a> {
    fn array(&mut self, field: &'static Field, count: Option<usize>) -> Result<(), WireError> {
        if field.name == "TopicData" {
            self.topics = count.unwrap_or(0);
        }
        Ok(())
    }

    fn leaf(
        &mut self,
        field: &'static Field,
        leaf: Leaf<'a>,
        _at: Bytes<usize>,
    ) -> Result<(), WireError> {
        match (field.name, leaf) {
            ("Acks", Leaf::Int(acks)) => self.acks = acks,
            ("TransactionalId", Leaf::Str(id)) => self.transactional_id = id,
            ("Name", Leaf::Str(Some(name))) => self.naming = Some(Naming::Name(name)),
            ("TopicId", Leaf::Uuid(id)) => self.naming = Some(Naming::Id(id)),
            ("Index", Leaf::Int(index)) => self.index = i32::try_from(index).unwrap_or(-1),
            _ => {}
        }
        Ok(())
    }
}

impl Session {
    /// Is a request on its way through?
    pub fn is_receiving(&self) -> bool {
        self.receiving.is_some()
    }

    /// Does the frame that begins here go through while it arrives? From then on [`Session::receive`]
    /// takes its bytes. `false`: not, or not known yet.
    pub fn begins_receiving(&mut self, unparsed: &[u8], now: i64) -> Result<bool, Close> {
        let (Some(prefix), Some(frame)) = (
            unparsed.first_chunk::<LENGTH_BYTES>(),
            unparsed.get(LENGTH_BYTES..),
        ) else {
            return Ok(false);
        };
        let length = usize::try_from(i32::from_be_bytes(*prefix)).unwrap_or(0);
        if length < RECEIVED_BYTES_MIN || !self.may_receive(now) {
            return Ok(false);
        }
        // Less than a header is there, or one that the whole request will be refused for.
        let Ok(header) = kafka::request_header(frame, &self.request_limits) else {
            return Ok(false);
        };
        let head = Head::of(&header);
        if head.key != ApiKey::PRODUCE || access::row(head.key, head.version).is_none() {
            return Ok(false);
        }
        let Some(body) = frame.get(head.body_at..) else {
            return Ok(false);
        };
        let malformed = |source| refused(&head, source);
        let schema = schema(head.key, head.version, Direction::Request).map_err(malformed)?;
        let left = length.saturating_sub(head.body_at);
        let mut stream = Stream::new(schema, left, &self.request_limits).map_err(malformed)?;
        let mut opening = Opening::default();
        let (opened, records_left) = match stream.advance(body, &mut opening) {
            Ok((opened, Progress::Records(length))) => (opened, length),
            Ok((_, Progress::More | Progress::Done)) => return Ok(false),
            Err(source) => return Err(malformed(source)),
        };
        let (Some(naming), 1) = (opening.naming, opening.topics) else {
            return Ok(false);
        };
        let sending = match self.admit_opening(&head, &naming, opening.transactional_id, now) {
            Ok(Some(sending)) => sending,
            Ok(None) | Err(Close::Unrecorded { .. }) => return Ok(false),
            Err(close) => return Err(close),
        };
        let mut receiving = Receiving {
            head,
            frame_bytes: length,
            acks: opening.acks,
            transactional: opening.transactional_id.is_some(),
            sending,
            indexes: HashSet::new(),
            stream,
            readable: LENGTH_BYTES + head.body_at + opened,
            records_left,
            batch_left: 0,
            ended: false,
        };
        receiving.name(opening.index).map_err(malformed)?;
        self.receiving = Some(receiving);
        self.judged = Judged {
            key: head.key,
            decision: Decision::Allowed,
        };
        self.spend_on_request(head.key, length, now);
        Ok(true)
    }

    /// Nothing stands against a request of this caller as such.
    fn may_receive(&self, now: i64) -> bool {
        let Some(caller) = &self.caller else {
            return false;
        };
        let overlay = &self.snapshot.overlay;
        (self.listener.unrecorded == Unrecorded::Serve || self.recorder.journal().health().is_ok())
            && overlay
                .revokes(&caller.principal, caller.credentials(), now)
                .is_none()
            && self.still_proved(now).is_ok()
    }

    /// Decides what the request stands on. `None`: something is denied or unknown, so the whole request
    /// gets an answer of ours, and its refusal is entered then.
    fn admit_opening(
        &mut self,
        head: &Head,
        naming: &Naming<'_>,
        transactional_id: Option<&str>,
        now: i64,
    ) -> Result<Option<Sending>, Close> {
        let api = (head.key, head.version);
        let Some(name) = naming.resolve(&self.cluster) else {
            return Ok(None);
        };
        let (write, stream) = (Action::Write, ResourceKind::Stream);
        // What is sealed gets longer, what is validated is taken or refused: both wait until they are whole.
        if self.transforms(&name) || !self.decide(write, stream, &name, now)?.allowed {
            return Ok(None);
        }
        if let Some(id) = transactional_id {
            let kind = ResourceKind::Transaction;
            if !self.decide(write, kind, id, now)?.allowed {
                return Ok(None);
            }
            self.authorize(api, write, kind, id, now)?;
        }
        match self.authorize(api, write, stream, &name, now)? {
            Permission::Denied => Ok(None),
            Permission::Allowed(access) => {
                let name = name.as_ref().into();
                Ok(Some(Sending::new(name, naming.id(), access, Vec::new())))
            }
        }
    }

    /// Says how many of these bytes may leave for the broker. 0: more must arrive.
    pub fn receive(&mut self, unparsed: &[u8], now: i64) -> Result<usize, Close> {
        let Some(mut receiving) = self.receiving.take() else {
            return Ok(0);
        };
        self.still_receivable(&mut receiving, now)?;
        let mut released = 0;
        while !receiving.ended {
            let rest = unparsed.get(released..).unwrap_or_default();
            let bytes = receiving
                .advance(rest)
                .map_err(|source| refused(&receiving.head, source))?;
            if bytes == 0 && !receiving.ended {
                self.receiving = Some(receiving);
                return Ok(released);
            }
            released += bytes;
        }
        let Receiving {
            head,
            frame_bytes,
            acks,
            sending,
            ..
        } = receiving;
        self.sent(&head, acks, vec![sending]);
        if acks == 0 {
            self.told_to_wait(head.key, now);
        } else {
            self.weigh(frame_bytes);
        }
        Ok(released)
    }

    /// Bytes of the batch that is on its way: nothing about them needs to be seen.
    pub fn unseen_of_request(&self) -> usize {
        let receiving = self.receiving.as_ref().filter(|it| it.readable == 0);
        // SECURITY: a request's last byte is always seen, for with it the request is entered as sent. Before version 9
        // it is a byte of a batch.
        receiving.map_or(0, |it| {
            it.batch_left.min(it.stream.left().saturating_sub(1))
        })
    }

    /// So many of them left without being seen.
    pub fn pass_request(&mut self, bytes: usize) {
        if let Some(receiving) = &mut self.receiving {
            receiving.pass(bytes.min(receiving.batch_left));
        }
    }

    /// Rights may end while a request arrives: what has left of it is a part that no broker takes.
    fn still_receivable(&mut self, receiving: &mut Receiving, now: i64) -> Result<(), Close> {
        self.still_proved(now)?;
        let api = (receiving.head.key, receiving.head.version);
        let name = receiving.sending.name.clone();
        if self.transforms(&name) {
            // SECURITY: what has left of it is plaintext that nobody has held to the contract. A client that asks
            // again is sealed or judged.
            let reason = format!("`{name}` is sealed or held to a contract from now on");
            return Err(Close::Revoked { reason });
        }
        let (write, stream) = (Action::Write, ResourceKind::Stream);
        match self.authorize(api, write, stream, &name, now)? {
            Permission::Allowed(access) => receiving.sending.access = access,
            Permission::Denied => {
                let reason = self
                    .decide(write, stream, &name, now)?
                    .decision
                    .reason
                    .clone();
                return Err(Close::Revoked { reason });
            }
        }
        Ok(())
    }
}

impl Receiving {
    /// Reads on; says how many bytes may leave.
    fn advance(&mut self, input: &[u8]) -> Result<usize, WireError> {
        if self.readable > 0 {
            let bytes = self.readable.min(input.len());
            self.readable -= bytes;
            return Ok(bytes);
        }
        if self.records_left > 0 && self.batch_left == 0 {
            self.enter_batch(input)?;
        }
        if self.batch_left > 0 {
            let bytes = self.batch_left.min(input.len());
            self.pass(bytes);
            return Ok(bytes);
        }
        if self.records_left > 0 {
            return Ok(0);
        }
        let mut stream = std::mem::replace(&mut self.stream, Stream::ended());
        let advanced = stream.advance(input, self);
        self.stream = stream;
        let (bytes, progress) = advanced?;
        match progress {
            Progress::Records(length) => self.records_left = length,
            Progress::More => {}
            // Kafka ignores a few bytes after the end, and so do we: they leave with the rest.
            Progress::Done if self.stream.left() > 0 => {
                self.readable = bytes + self.stream.left();
                self.stream = Stream::ended();
                return self.advance(input);
            }
            Progress::Done => self.ended = true,
        }
        Ok(bytes)
    }

    /// Counts bytes of a batch as left.
    fn pass(&mut self, bytes: usize) {
        self.batch_left -= bytes;
        self.records_left -= bytes;
        self.stream.skip(bytes);
    }

    /// Reads the header of the batch that begins here, if it is there.
    fn enter_batch(&mut self, input: &[u8]) -> Result<(), WireError> {
        let records = input.get(..self.records_left).unwrap_or(input);
        let Some(batch) = batch::header_at_start(records)? else {
            if records.len() == self.records_left {
                return Err(stopped(
                    "less than a record batch at the end of the records",
                ));
            }
            return Ok(());
        };
        if batch.bytes > self.records_left {
            return Err(stopped("a record batch that goes beyond its records"));
        }
        // SECURITY: what Kafka would answer can't be answered any more; nothing of the batch has left.
        if batch.is_transactional() && !self.transactional {
            return Err(stopped("a transactional batch without a transactional id"));
        }
        if let Some(load) = self.sending.loads.last_mut() {
            load.count(&batch);
        }
        self.batch_left = batch.bytes;
        Ok(())
    }

    /// The records that follow are for this partition.
    fn name(&mut self, index: i32) -> Result<(), WireError> {
        // SECURITY: of a partition that is named twice the broker takes one load, and we can't know
        // which one its acknowledgement counts.
        if !self.indexes.insert(index) {
            return Err(stopped("a partition that is named twice"));
        }
        self.sending.loads.push(Load::of(index));
        Ok(())
    }
}

impl<'a> Visitor<'a> for Receiving {
    fn leaf(
        &mut self,
        field: &'static Field,
        leaf: Leaf<'a>,
        _at: Bytes<usize>,
    ) -> Result<(), WireError> {
        if let ("Index", Leaf::Int(index)) = (field.name, leaf) {
            self.name(i32::try_from(index).unwrap_or(-1))?;
        }
        Ok(())
    }
}

const fn stopped(reason: &'static str) -> WireError {
    WireError::Stopped { reason }
}

fn refused(head: &Head, source: WireError) -> Close {
    Close::MalformedRequest {
        api: head.key.name(),
        version: head.version,
        source,
    }
}
