//! Large answers to Fetch, of shares too, let through while they arrive: each batch is entered when its header is
//! there, before any byte of it leaves. What needs rewriting can't change its length any more, so leader
//! hints (KIP-951) are blanked where they lie; the client asks for metadata instead.

use std::ops::Range as Bytes;
use std::sync::Arc;

use streamward_audit::Range;
use streamward_policy::{Action, ResourceKind};
use streamward_wire::WireError;
use streamward_wire::frame::LENGTH_BYTES;
use streamward_wire::kafka::{
    self, ApiKey, Direction, Field, Leaf, Progress, Stream, Visitor, batch,
};

use super::fetch::{FetchExchange, FetchSessions, Fetching};
use super::throttle::announce;
use super::{Close, Exchange, Pending, Session, Shaping, schema};
use crate::recorder::Access;

/// A smaller answer waits until it is whole.
const STREAMED_BYTES_MIN: usize = 64 * 1024;
/// How much of an answer must be there before it is let through: its header and more.
const PREFIX_BYTES: usize = 64;
/// A tag that no version of Fetch defines, in one byte.
const BLANK_TAG: u8 = 0x7f;

/// An answer that is on its way through.
#[derive(Debug)]
pub struct Streaming {
    exchange: FetchExchange,
    stream: Stream,
    /// The header of the frame, which goes first.
    header: usize,
    /// How long it is to tell the client to wait, before any of it leaves.
    wait: i32,
    version: i16,
    topic: Option<usize>,
    partition: i32,
    records_left: usize,
    batch_left: usize,
    blank: Option<Bytes<usize>>,
    /// Share fetch gives its leader hints as an array, which is as long without what it says.
    hints_are_array: bool,
    in_hints: bool,
    hints: Vec<Hint>,
    in_topics: bool,
    error: i64,
    /// Where the broker's session stands in what is read, and which it is.
    session: Option<(usize, i32)>,
}

impl Session {
    /// Is an answer on its way through?
    pub fn is_streaming(&self) -> bool {
        self.streaming.is_some()
    }

    /// Does the frame that begins here go through while it arrives? From then on [`Session::stream`]
    /// takes its bytes.
    pub fn begins_stream(&mut self, unparsed: &[u8], now: i64) -> Result<bool, Close> {
        let (Some(prefix), Some(frame)) = (
            unparsed.first_chunk::<LENGTH_BYTES>(),
            unparsed.get(LENGTH_BYTES..),
        ) else {
            return Ok(false);
        };
        let length = usize::try_from(i32::from_be_bytes(*prefix)).unwrap_or(0);
        if frame.len() < PREFIX_BYTES || length < STREAMED_BYTES_MIN {
            return Ok(false);
        }
        if !self.next_is_fetch(frame, now) {
            return Ok(false);
        }
        let Some(Pending::Upstream(Exchange {
            key,
            version,
            shaping: Shaping::Fetch(exchange),
            ..
        })) = self.pending.pop_front()
        else {
            return Ok(false);
        };
        let malformed = |source| Close::Malformed {
            what: "response",
            source,
        };
        let at = kafka::response_body_at(key, version, frame, &self.limits).map_err(malformed)?;
        let schema = schema(key, version, Direction::Response).map_err(malformed)?;
        let left = length.saturating_sub(at);
        let stream = Stream::new(schema, left, &self.limits).map_err(malformed)?;
        self.spend_on_answer(key, length, now);
        self.streaming = Some(Streaming {
            exchange,
            stream,
            header: LENGTH_BYTES + at,
            wait: self.told_to_wait(key, now),
            version,
            topic: None,
            partition: -1,
            records_left: 0,
            batch_left: 0,
            blank: None,
            hints_are_array: key == kafka::ApiKey::SHARE_FETCH,
            in_hints: false,
            hints: Vec::new(),
            in_topics: false,
            error: 0,
            session: None,
        });
        Ok(true)
    }

    fn next_is_fetch(&self, frame: &[u8], now: i64) -> bool {
        let Some(Pending::Upstream(Exchange {
            correlation_id,
            shaping: Shaping::Fetch(fetch),
            ..
        })) = self.pending.front()
        else {
            return false;
        };
        super::correlation_id(frame) == Some(*correlation_id)
            && self.discarded.is_empty()
            && fetch.passes(self.epoch, now)
            && !self.opens(fetch)
    }

    /// Says how many of these bytes may leave, having entered what they disclose. 0: more must arrive.
    pub fn stream(&mut self, unparsed: &mut [u8]) -> Result<usize, Close> {
        let Some(mut streaming) = self.streaming.take() else {
            return Ok(0);
        };
        if let Some(frame) = unparsed.get_mut(LENGTH_BYTES..)
            && streaming.wait > 0
        {
            let wait = std::mem::take(&mut streaming.wait);
            announce(
                (ApiKey::FETCH, streaming.version),
                frame,
                wait,
                &self.limits,
            );
        }
        let mut released = 0;
        loop {
            let rest = unparsed.get_mut(released..).unwrap_or_default();
            let (bytes, done) = streaming
                .advance(rest, &mut self.staged, &mut self.fetch_sessions)
                .map_err(|source| Close::Malformed {
                    what: "response",
                    source,
                })?;
            released += bytes;
            if done {
                return Ok(released);
            }
            if bytes == 0 {
                self.streaming = Some(streaming);
                return Ok(released);
            }
        }
    }

    /// Bytes of the batch that is on its way: it is entered, and nothing about them needs to be seen.
    pub fn unseen_of_answer(&self) -> usize {
        let streaming = self.streaming.as_ref().filter(|it| it.header == 0);
        streaming.map_or(0, |it| it.batch_left)
    }

    /// So many of them left without being seen.
    pub fn pass_answer(&mut self, bytes: usize) {
        if let Some(streaming) = &mut self.streaming {
            streaming.pass(bytes.min(streaming.batch_left));
        }
    }

    /// The rights may have changed while an answer is on its way through: it ends where it is, with
    /// the connection, unless all of it is still the caller's.
    pub(super) fn recheck_streaming(&mut self, now: i64) -> Result<(), Close> {
        let Some(streaming) = &self.streaming else {
            return Ok(());
        };
        // SECURITY: what leaves as it lies must still leave so: masks or keys may have been declared since.
        if self.opens(&streaming.exchange) {
            let reason = "what it reads is opened, masked or held to a contract from now on";
            return Err(Close::Revoked {
                reason: reason.to_owned(),
            });
        }
        let names: Vec<Arc<str>> = streaming.exchange.names().cloned().collect();
        for name in names {
            let decided = self.decide(Action::Read, ResourceKind::Stream, &name, now)?;
            if !decided.allowed {
                let reason = decided.decision.reason.clone();
                // Enters the refusal; what it says is known.
                let _refused = self.admit(
                    (ApiKey::FETCH, 0),
                    Action::Read,
                    &super::cold::Naming::Name(&name),
                    now,
                )?;
                return Err(Close::Revoked { reason });
            }
        }
        Ok(())
    }
}

impl Streaming {
    /// Reads on; says how many bytes may leave and whether the answer has ended.
    fn advance(
        &mut self,
        input: &mut [u8],
        staged: &mut Vec<(Arc<Access>, Range)>,
        sessions: &mut FetchSessions,
    ) -> Result<(usize, bool), WireError> {
        if self.header > 0 {
            let header = self.header.min(input.len());
            self.header -= header;
            return Ok((header, false));
        }
        if self.batch_left > 0 {
            let bytes = self.batch_left.min(input.len());
            self.pass(bytes);
            return Ok((bytes, false));
        }
        if self.records_left > 0 {
            self.enter_batch(input, staged);
            return if self.batch_left > 0 {
                self.advance(input, staged, sessions)
            } else {
                Ok((0, false))
            };
        }
        let mut stream = std::mem::replace(&mut self.stream, Stream::ended());
        let advanced = stream.advance(input, self);
        self.stream = stream;
        let (bytes, progress) = advanced?;
        if let Some((at, id)) = self.session.take() {
            let shown = sessions.settle(&mut self.exchange.scope, self.error, id);
            let shown = shown.map_err(|reason| WireError::Stopped { reason })?;
            if let Some(place) = input.get_mut(at..at + size_of::<i32>()) {
                place.copy_from_slice(&shown.to_be_bytes());
            }
        }
        for hint in self.hints.drain(..) {
            hint.blank(input);
        }
        if let Some(blank) = self.blank.take() {
            blank_hint(input, blank);
        }
        match progress {
            Progress::Records(length) => {
                // SECURITY: records of a topic that nobody asked for have not been decided.
                if length > 0 && self.fetching().is_none() {
                    return Err(NOT_ASKED_FOR);
                }
                self.records_left = length;
                Ok((bytes, false))
            }
            Progress::More => Ok((bytes, false)),
            Progress::Done if self.stream.left() > 0 => Err(WireError::Stopped {
                reason: "bytes after the end of an answer",
            }),
            Progress::Done => Ok((bytes, true)),
        }
    }

    /// Counts bytes of a batch as left.
    fn pass(&mut self, bytes: usize) {
        self.batch_left -= bytes;
        self.records_left -= bytes;
        self.stream.skip(bytes);
    }

    /// Enters the batch that begins here, if its header is there.
    fn enter_batch(&mut self, input: &[u8], staged: &mut Vec<(Arc<Access>, Range)>) {
        let records = input.get(..self.records_left).unwrap_or(input);
        let whole = self.records_left;
        let state = self
            .fetching()
            .map(|it| it.form)
            .unwrap_or_default()
            .state();
        let (range, bytes) = match batch::header_at_start(records) {
            Ok(Some(batch)) => {
                let bytes = batch.bytes.min(whole);
                let range = Range {
                    partition: self.partition,
                    first: batch.base_offset,
                    last: batch.last_offset,
                    records: if batch.is_control() { 0 } else { batch.records },
                    bytes: bytes as u64,
                    state,
                };
                (range, bytes)
            }
            Ok(None) if records.len() < whole && records.len() < batch::HEADER_BYTES => {
                return;
            }
            // Less than a header, or bytes that we can't read: disclosed all the same.
            Ok(None) | Err(_) => {
                let bytes = whole as u64;
                let partition = self.partition;
                (
                    Range {
                        partition,
                        first: -1,
                        last: -1,
                        records: 0,
                        bytes,
                        state,
                    },
                    whole,
                )
            }
        };
        self.batch_left = bytes;
        if let Some(access) = self.fetching().and_then(|fetching| fetching.access.clone()) {
            stage(staged, access, range);
        }
    }

    fn fetching(&self) -> Option<&Fetching> {
        self.exchange.get(self.topic?)
    }
}

const NOT_ASKED_FOR: WireError = WireError::Stopped {
    reason: "records of a topic that was not asked for",
};

/// Adds a range to what this turn discloses, joined with the one before it where it goes on from there.
fn stage(staged: &mut Vec<(Arc<Access>, Range)>, access: Arc<Access>, range: Range) {
    if let Some((last_access, last)) = staged.last_mut()
        && Arc::ptr_eq(last_access, &access)
        && last.partition == range.partition
        && range.first >= 0
        && last.last >= 0
        && last.last.checked_add(1) == Some(range.first)
    {
        last.last = range.last;
        last.records = last.records.saturating_add(range.records);
        last.bytes = last.bytes.saturating_add(range.bytes);
        return;
    }
    staged.push((access, range));
}

/// One value of a leader hint, where it lies.
#[derive(Debug)]
enum Hint {
    Number(Bytes<usize>),
    Text(Bytes<usize>),
}

impl Hint {
    /// Leaves its length and takes away what it says: node -1 is nobody's.
    fn blank(self, input: &mut [u8]) {
        match self {
            Self::Number(at) => input.get_mut(at).unwrap_or_default().fill(0xff),
            Self::Text(at) => {
                let text = input.get_mut(at).unwrap_or_default();
                if let Some(value) = text.get_mut(varint_bytes(text)..) {
                    value.fill(b'-');
                }
            }
        }
    }
}

/// The bytes of the varint at the start: up to one without a continuation bit.
fn varint_bytes(bytes: &[u8]) -> usize {
    let last = bytes.iter().position(|byte| byte & 0x80 == 0);
    last.map_or(bytes.len(), |at| at + 1)
}

/// Turns a tagged field into one that no client knows, of the same length and without content.
fn blank_hint(input: &mut [u8], at: Bytes<usize>) {
    let Some(field) = input.get_mut(at) else {
        return;
    };
    let Some((tag, rest)) = field.split_first_mut() else {
        return;
    };
    *tag = BLANK_TAG;
    // The size stays.
    let size = varint_bytes(rest);
    if let Some(value) = rest.get_mut(size..) {
        value.fill(0);
    }
}

impl<'a> Visitor<'a> for Streaming {
    fn array(&mut self, field: &'static Field, _count: Option<usize>) -> Result<(), WireError> {
        self.in_topics = true;
        self.in_hints = self.hints_are_array && field.name == "NodeEndpoints";
        Ok(())
    }

    fn tagged(&mut self, field: &'static Field, at: Bytes<usize>) -> Result<(), WireError> {
        if field.name == "NodeEndpoints" {
            self.blank = Some(at);
        } else if self.blank.is_some() {
            return Err(WireError::Stopped {
                reason: "a tagged field after the leader hints",
            });
        }
        Ok(())
    }

    fn unknown_tag(&mut self, _tag: u32, _value: &'a [u8]) -> Result<(), WireError> {
        if self.blank.is_some() {
            return Err(WireError::Stopped {
                reason: "a tagged field after the leader hints",
            });
        }
        Ok(())
    }

    fn leaf(
        &mut self,
        field: &'static Field,
        leaf: Leaf<'a>,
        at: Bytes<usize>,
    ) -> Result<(), WireError> {
        match (field.name, leaf) {
            ("NodeId" | "Port", Leaf::Int(_)) if self.in_hints => self.hints.push(Hint::Number(at)),
            ("Host", Leaf::Str(_)) if self.in_hints => self.hints.push(Hint::Text(at)),
            ("Topic", Leaf::Str(Some(name))) => self.topic = self.exchange.place_by_name(name),
            ("TopicId", Leaf::Uuid(id)) => self.topic = self.exchange.place_by_id(id),
            ("PartitionIndex", Leaf::Int(index)) => {
                self.partition = i32::try_from(index).unwrap_or(-1);
            }
            ("ErrorCode", Leaf::Int(error)) if !self.in_topics => self.error = error,
            ("SessionId", Leaf::Int(id)) => {
                self.session = Some((at.start, i32::try_from(id).unwrap_or(-1)));
            }
            _ => {}
        }
        Ok(())
    }
}
