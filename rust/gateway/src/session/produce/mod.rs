//! Produce: the hot path of writing. The request is walked, never copied; the broker's acknowledgement
//! says which offsets were written.

mod acknowledge;
mod request;
mod sending;

use std::sync::Arc;

use streamward_audit::{Range, State};
use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{self, ApiKey, Direction, error};

use self::request::RequestWalk;
pub use self::sending::{Load, ProduceExchange, Sending};
use crate::frame::Frame;
use crate::recorder::Access;
use crate::session::authorize::Permission;
use crate::session::cold::{Denial, Naming};
use crate::session::{Close, Head, Session, Shaping, Verdict, new_response, schema};

impl Session {
    pub(in crate::session) fn produce(
        &mut self,
        head: &Head,
        frame: &mut Frame<'_>,
        now: i64,
    ) -> Result<Verdict, Close> {
        let malformed = |source| Close::Malformed {
            what: "request",
            source,
        };
        let schema = schema(head.key, head.version, Direction::Request).map_err(malformed)?;
        let mut walk = RequestWalk::default();
        kafka::walk(
            schema,
            &frame[head.body_at..],
            &self.request_limits,
            &mut walk,
        )
        .map_err(malformed)?;
        let named = walk.topics.iter().map(|topic| topic.naming.id());
        if let Some(wait) = self.resolve_topics(frame, named, now) {
            return Ok(wait);
        }
        let api = (head.key, head.version);
        if walk.transactional {
            let allowed = match walk.transactional_id {
                None => false,
                Some(id) => matches!(
                    self.authorize(api, Action::Write, ResourceKind::Transaction, id, now)?,
                    Permission::Allowed(_)
                ),
            };
            if !allowed {
                let code = error::TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
                return self.refuse_produce(head, frame, walk.acks, code);
            }
        }
        let unfit = if walk.malformed {
            // SECURITY: a batch that we can't read might be one that the broker reads differently.
            Some(error::CORRUPT_MESSAGE)
        } else if walk.names_twice() {
            // SECURITY: of a partition that is named twice the broker takes one load, and we can't know
            // which one its acknowledgement counts.
            Some(error::INVALID_REQUEST)
        } else {
            None
        };
        let (acks, topics) = (walk.acks, walk.topics);
        let mut sending = Vec::with_capacity(topics.len());
        let mut denials = Vec::new();
        for (place, topic) in topics.into_iter().enumerate() {
            match (self.admit(api, Action::Write, &topic.naming, now)?, unfit) {
                (Ok(_), Some(code)) | (Err(code), _) => denials.push(Denial { place, code }),
                (Ok((name, access)), None) => {
                    let id = topic.naming.id();
                    sending.push(Sending::new(name, id, access, topic.loads));
                }
            }
        }
        if unfit.is_some() {
            self.tally.refused = !self.tally.denied;
        }
        if sending.iter().any(|topic| self.transforms(&topic.name)) {
            return self.produce_sealed(head, frame, acks, sending, &denials, now);
        }
        if denials.is_empty() {
            self.sent(head, acks, sending);
            return Ok(Verdict::Forward);
        }
        self.produce_in_part(head, frame, acks, sending, &denials)
    }

    /// A name's owner may do this, or the error that its topic gets.
    #[allow(
        clippy::type_complexity,
        reason = "an outer error ends the connection, an inner one is an answer"
    )]
    pub(in crate::session) fn admit(
        &mut self,
        api: (ApiKey, i16),
        action: Action,
        naming: &Naming<'_>,
        now: i64,
    ) -> Result<Result<(Arc<str>, Option<Arc<Access>>), i16>, Close> {
        let Some(name) = naming.resolve(&self.cluster) else {
            self.tally.denied = true;
            return Ok(Err(error::UNKNOWN_TOPIC_ID));
        };
        match self.authorize(api, action, ResourceKind::Stream, &name, now)? {
            Permission::Allowed(Some(access)) => Ok(Ok((access.name.clone(), Some(access)))),
            Permission::Allowed(None) => Ok(Ok((name.as_ref().into(), None))),
            Permission::Denied => Ok(Err(error::TOPIC_AUTHORIZATION_FAILED)),
        }
    }

    /// Remembers what is under way; without an acknowledgement it is entered now, offsets unknown.
    pub(in crate::session) fn sent(&mut self, head: &Head, acks: i64, topics: Vec<Sending>) {
        if acks != 0 {
            let exchange = ProduceExchange::new(topics, Vec::new());
            self.expect(head, Shaping::Produce(exchange));
            return;
        }
        self.stage_unknown(&topics);
    }

    /// Counts records of which nobody knows whether or where they were written.
    fn stage_unknown(&mut self, topics: &[Sending]) {
        for topic in topics {
            let Some(access) = &topic.access else {
                continue;
            };
            for load in &topic.loads {
                let range = Range {
                    partition: load.index,
                    first: -1,
                    last: -1,
                    records: load.records,
                    bytes: load.bytes,
                    state: State::Readable,
                };
                self.staged.push((access.clone(), range));
            }
        }
    }

    /// The acknowledgement of these will never come.
    pub(in crate::session) fn unacknowledged(&mut self, exchange: &ProduceExchange) {
        self.stage_unknown(&exchange.topics);
    }

    fn refuse_produce(
        &mut self,
        head: &Head,
        frame: &[u8],
        acks: i64,
        code: i16,
    ) -> Result<Verdict, Close> {
        self.tally.refused = !self.tally.denied;
        if acks == 0 {
            return Ok(Verdict::Close(Close::DeniedSilently));
        }
        let request = self.decode_request(head, frame)?;
        let answer = crate::session::cold::refuse_topics(
            head,
            &request,
            &crate::session::cold::PRODUCE,
            code,
        )?;
        Ok(Verdict::Reply(head.reply(&answer)?))
    }

    /// Some topics are denied: the broker gets the rest, the client an answer to all.
    fn produce_in_part(
        &mut self,
        head: &Head,
        frame: &[u8],
        acks: i64,
        sending: Vec<Sending>,
        denials: &[Denial],
    ) -> Result<Verdict, Close> {
        if acks == 0 {
            return Ok(Verdict::Close(Close::DeniedSilently));
        }
        let mut request = self.decode_request(head, frame)?;
        let mut answer = new_response(head.key, head.version)?;
        let refused = crate::session::cold::take_denied(
            &mut request,
            &crate::session::cold::PRODUCE,
            &answer,
            denials,
        );
        if sending.is_empty() {
            answer.set("Responses", refused);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        let rewritten = head.rewrite(frame, &request, &self.limits)?;
        let exchange = ProduceExchange::new(sending, refused);
        self.expect(head, Shaping::Produce(exchange));
        Ok(Verdict::Rewrite(rewritten))
    }
}
