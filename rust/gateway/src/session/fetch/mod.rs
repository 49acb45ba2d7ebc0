//! Fetch: the hot path of reading. Requests are walked where they lie, and so are answers: the batch
//! headers say which offsets leave for the client.
//!
//! A client's session (KIP-227) is the gateway's; the broker keeps another one for what the client may
//! read of it (`docs/adr/0007`). Each fetch rests on a decision about all topics of its session.

mod admitted;
mod answer;
mod epoch;
mod exchange;
mod listed;
mod request;
mod sessions;
mod wanted;

use std::sync::Arc;

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{self, Direction, Value, error};

pub use self::admitted::{Admitted, Fetching};
pub use self::epoch::{FINAL_EPOCH, INITIAL_EPOCH, next_epoch};
pub use self::exchange::{FetchExchange, Scope};
pub use self::listed::{Listed, Position, Topic};
pub use self::sessions::{FetchSessions, SESSION_PARTITIONS_MAX};
pub use self::wanted::Wanted;

use self::admitted::Asked;
use self::request::{RequestWalk, Ticket, make_changes, make_full};
use self::sessions::{FetchSession, Upstream};
use super::{Close, Head, Session, Shaping, Verdict, schema};

/// The first version that names topics by id.
const FIRST_BY_ID: i16 = 13;

/// A request whose frame is read and not changed yet; a ticket is stamped on it where it is forwarded.
struct Request<'r> {
    head: &'r Head,
    frame: &'r [u8],
    walk: &'r RequestWalk<'r>,
    now: i64,
}

impl Session {
    pub(super) fn fetch(
        &mut self,
        head: &Head,
        frame: &mut [u8],
        now: i64,
    ) -> Result<Verdict, Close> {
        let malformed = |source| Close::Malformed {
            what: "request",
            source,
        };
        let schema = schema(head.key, head.version, Direction::Request).map_err(malformed)?;
        let mut walk = RequestWalk::default();
        let body = &frame[head.body_at..];
        kafka::walk(schema, body, &self.request_limits, &mut walk).map_err(malformed)?;
        if walk.follower {
            return self.refuse_follower(head, &walk);
        }
        let named = walk.topics.iter().map(|topic| topic.naming.id());
        let unresolved = self.fetch_sessions.unresolved(walk.session_id);
        if let Some(wait) = self.resolve_topics(frame, named.chain(unresolved), now) {
            return Ok(wait);
        }
        let session_at = walk.session_at;
        let request = Request {
            head,
            frame,
            walk: &walk,
            now,
        };
        let (ticket, verdict) = match walk.session_epoch {
            _ if session_at.is_none() => self.fetch_outside(&request, 0)?,
            INITIAL_EPOCH | FINAL_EPOCH => self.fetch_anew(&request)?,
            _ => self.fetch_on(&request)?,
        };
        if let (Verdict::Forward, Some(at)) = (&verdict, session_at) {
            ticket.stamp(&mut frame[head.body_at..], at);
        }
        Ok(verdict)
    }

    /// A fetch outside any session. `ends`: the broker's session that ends with it; 0: none.
    fn fetch_outside(
        &mut self,
        request: &Request<'_>,
        ends: i32,
    ) -> Result<(Ticket, Verdict), Close> {
        let ticket = Ticket::ends(ends);
        let api = (request.head.key, request.head.version);
        let mut topics = Vec::with_capacity(request.walk.topics.len());
        let mut denied = Vec::new();
        for topic in &request.walk.topics {
            match self.admit(api, Action::Read, &topic.naming, request.now)? {
                Ok((name, access)) => topics.push(Fetching {
                    form: self.form(&name),
                    name,
                    id: topic.naming.id(),
                    access,
                    partitions: topic.partitions.iter().map(|it| it.index).collect(),
                }),
                Err(code) => denied.push((&topic.naming, code)),
            }
        }
        let admitted = Arc::new(self.admitted(topics, !denied.is_empty(), request.now));
        let exchange = FetchExchange::new(admitted, Scope::Sessionless);
        if !denied.is_empty() {
            let mut wanted = Wanted::of(&request.walk.topics);
            wanted.refuse(&denied);
            let verdict = self.fetch_all(request, &wanted, exchange, ticket)?;
            return Ok((ticket, verdict));
        }
        self.expect(request.head, Shaping::Fetch(exchange));
        Ok((ticket, Verdict::Forward))
    }

    /// A fetch that lists all its partitions, and becomes a session if there is room for it.
    fn fetch_anew(&mut self, request: &Request<'_>) -> Result<(Ticket, Verdict), Close> {
        let Request {
            head, walk, now, ..
        } = *request;
        let ended = self.fetch_sessions.take(walk.session_id);
        let ends = ended.map_or(0, |session| session.upstream.ends());
        let partitions: usize = walk.topics.iter().map(|it| it.partitions.len()).sum();
        if walk.session_epoch == FINAL_EPOCH
            || partitions == 0
            || partitions > SESSION_PARTITIONS_MAX
        {
            return self.fetch_outside(request, ends);
        }
        let by_id = head.version >= FIRST_BY_ID;
        let mut session = FetchSession::new(Wanted::of(&walk.topics), by_id);
        let api = (head.key, head.version);
        let admitted = self.decide_wanted(api, &mut session.wanted, now)?;
        session.admitted = Some(admitted.clone());
        let ticket = Ticket {
            id: ends,
            epoch: INITIAL_EPOCH,
        };
        if admitted.topics.is_empty() {
            let mut answer = head.response()?;
            answer.set("Responses", session.wanted.refused(&answer));
            answer.set("SessionId", self.fetch_sessions.open(session));
            return Ok((ticket, Verdict::Reply(head.reply(&answer)?)));
        }
        session.wanted.sent();
        let verdict = if admitted.in_part {
            let rewritten = self.rewrite_full(request, &session.wanted, ticket)?;
            let refused = session.wanted.refused(&head.response()?);
            let scope = Scope::Opening(Some(Box::new(session)));
            let mut exchange = FetchExchange::new(admitted, scope);
            exchange.refused = refused;
            self.expect(head, Shaping::Fetch(exchange));
            Verdict::Rewrite(rewritten)
        } else {
            let scope = Scope::Opening(Some(Box::new(session)));
            self.expect(head, Shaping::Fetch(FetchExchange::new(admitted, scope)));
            Verdict::Forward
        };
        Ok((ticket, verdict))
    }

    /// A fetch that goes on in a session, of which it names the changes.
    fn fetch_on(&mut self, request: &Request<'_>) -> Result<(Ticket, Verdict), Close> {
        let Request { head, walk, .. } = *request;
        let refuse = |code| Ok((Ticket::ends(0), Self::refuse_fetch(head, code)?));
        let Some(mut session) = self.fetch_sessions.take(walk.session_id) else {
            return refuse(error::FETCH_SESSION_ID_NOT_FOUND);
        };
        let by_id = head.version >= FIRST_BY_ID;
        if session.epoch != walk.session_epoch || session.by_id != by_id {
            let code = if session.epoch == walk.session_epoch {
                error::FETCH_SESSION_TOPIC_ID_ERROR
            } else {
                error::INVALID_FETCH_SESSION_EPOCH
            };
            self.fetch_sessions.put(session);
            return refuse(code);
        }
        session.epoch = next_epoch(session.epoch);
        let added = session.wanted.add(&walk.topics);
        let changed = session.wanted.forget(&walk.forgotten) || added;
        if session.wanted.partitions() == 0 {
            return self.fetch_outside(request, session.upstream.ends());
        }
        if session.wanted.partitions() > SESSION_PARTITIONS_MAX {
            return self.outgrow(request, session);
        }
        let (ticket, verdict) = self.fetch_session(request, &mut session, changed)?;
        self.fetch_sessions.put(session);
        Ok((ticket, verdict))
    }

    /// The session has become too large: it ends with an answer to all of it, as one does in Kafka whose
    /// place is needed.
    fn outgrow(
        &mut self,
        request: &Request<'_>,
        mut session: FetchSession,
    ) -> Result<(Ticket, Verdict), Close> {
        let api = (request.head.key, request.head.version);
        let admitted = self.decide_wanted(api, &mut session.wanted, request.now)?;
        let ticket = Ticket::ends(session.upstream.ends());
        let exchange = FetchExchange::new(admitted, Scope::Sessionless);
        let verdict = self.fetch_all(request, &session.wanted, exchange, ticket)?;
        Ok((ticket, verdict))
    }

    fn fetch_session(
        &mut self,
        request: &Request<'_>,
        session: &mut FetchSession,
        changed: bool,
    ) -> Result<(Ticket, Verdict), Close> {
        let Request { head, now, .. } = *request;
        // A refusal is counted in each fetch, so only what is allowed throughout is not asked again.
        let held = session
            .admitted
            .take()
            .filter(|admitted| !changed && !admitted.in_part && admitted.holds(self.epoch, now));
        let fresh = held.is_none();
        let admitted = match held {
            Some(admitted) => admitted,
            None => self.decide_wanted((head.key, head.version), &mut session.wanted, now)?,
        };
        session.admitted = Some(admitted.clone());
        let outcome = if admitted.topics.is_empty() {
            // Nothing to ask the broker for; its session has nothing that is still the client's.
            session.upstream.spoil();
            let mut answer = head.response()?;
            answer.set("Responses", session.wanted.refused(&answer));
            answer.set("SessionId", session.id);
            (Ticket::ends(0), Verdict::Reply(head.reply(&answer)?))
        } else if let Upstream::Open { id, epoch } = session.upstream {
            let diverges = fresh && session.wanted.diverges();
            let ticket = Ticket { id, epoch };
            self.fetch_changes(request, session, admitted, (ticket, diverges))?
        } else {
            self.fetch_again(request, session, admitted)?
        };
        if fresh {
            session.wanted.sent();
        }
        Ok(outcome)
    }

    /// Asks the broker for all of a session, of which it holds nothing, or nothing that fits.
    fn fetch_again(
        &mut self,
        request: &Request<'_>,
        session: &mut FetchSession,
        admitted: Arc<Admitted>,
    ) -> Result<(Ticket, Verdict), Close> {
        let (id, ends) = (session.id, session.upstream.ends());
        let (ticket, asked) = if let Upstream::Opening(_) = session.upstream {
            // What the broker makes of it is not known yet, and it would miss what this request says.
            session.upstream = Upstream::Absent;
            (Ticket::ends(0), Asked::Sessionless)
        } else {
            let count = self.fetch_sessions.count();
            session.upstream = Upstream::Opening(count);
            let epoch = INITIAL_EPOCH;
            (Ticket { id: ends, epoch }, Asked::Full(count))
        };
        let scope = Scope::Continuing { id, asked };
        let exchange = FetchExchange::new(admitted, scope);
        let verdict = self.fetch_all(request, &session.wanted, exchange, ticket)?;
        Ok((ticket, verdict))
    }

    /// Asks the broker in its session, which from then on holds what is allowed.
    fn fetch_changes(
        &mut self,
        request: &Request<'_>,
        session: &mut FetchSession,
        admitted: Arc<Admitted>,
        (ticket, diverges): (Ticket, bool),
    ) -> Result<(Ticket, Verdict), Close> {
        let Request { head, frame, .. } = *request;
        let epoch = next_epoch(ticket.epoch);
        session.upstream = Upstream::Open {
            id: ticket.id,
            epoch,
        };
        let in_part = admitted.in_part;
        let scope = Scope::Continuing {
            id: session.id,
            asked: Asked::Incremental(ticket.id),
        };
        let mut exchange = FetchExchange::new(admitted, scope);
        if in_part {
            exchange.refused = session.wanted.refused(&head.response()?);
        }
        let lists_refused = in_part
            && request.walk.topics.iter().any(|topic| {
                let found = session.wanted.find(&topic.naming);
                found.is_none_or(|found| found.code.is_some())
            });
        let verdict = if lists_refused || diverges {
            let mut changes = self.decode_request(head, frame)?;
            make_changes(&mut changes, &session.wanted, ticket);
            Verdict::Rewrite(head.rewrite(frame, &changes, &self.limits)?)
        } else {
            Verdict::Forward
        };
        self.expect(head, Shaping::Fetch(exchange));
        Ok((ticket, verdict))
    }

    /// Asks the broker for all that is wanted and allowed.
    fn fetch_all(
        &mut self,
        request: &Request<'_>,
        wanted: &Wanted,
        mut exchange: FetchExchange,
        ticket: Ticket,
    ) -> Result<Verdict, Close> {
        let head = request.head;
        let mut answer = head.response()?;
        let refused: Vec<Value> = wanted.refused(&answer);
        if exchange.admitted.topics.is_empty() {
            answer.set("Responses", refused);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        exchange.refused = refused;
        let rewritten = self.rewrite_full(request, wanted, ticket)?;
        self.expect(head, Shaping::Fetch(exchange));
        Ok(Verdict::Rewrite(rewritten))
    }

    fn rewrite_full(
        &self,
        request: &Request<'_>,
        wanted: &Wanted,
        ticket: Ticket,
    ) -> Result<Vec<u8>, Close> {
        let Request { head, frame, .. } = *request;
        let mut full = self.decode_request(head, frame)?;
        make_full(&mut full, wanted, ticket);
        head.rewrite(frame, &full, &self.limits)
    }

    /// Decides on every topic that is wanted, and enters each decision.
    pub(super) fn decide_wanted(
        &mut self,
        api: (kafka::ApiKey, i16),
        wanted: &mut Wanted,
        now: i64,
    ) -> Result<Arc<Admitted>, Close> {
        let mut topics = Vec::new();
        let mut in_part = false;
        for topic in wanted.topics_mut() {
            match self.admit(api, Action::Read, &topic.naming(), now)? {
                Ok((name, access)) => {
                    topic.code = None;
                    topics.push(Fetching {
                        form: self.form(&name),
                        name,
                        id: topic.id,
                        access,
                        partitions: Vec::new(),
                    });
                }
                Err(code) => {
                    topic.code = Some(code);
                    in_part = true;
                }
            }
        }
        Ok(Arc::new(self.admitted(topics, in_part, now)))
    }

    fn admitted(&self, topics: Vec<Fetching>, in_part: bool, now: i64) -> Admitted {
        let ends = topics.iter().filter_map(|topic| {
            let held = self
                .decisions
                .get(Action::Read, ResourceKind::Stream, &topic.name, now);
            held.map(|decided| decided.valid_until)
        });
        let valid_until = ends.chain(self.ends()).min().unwrap_or(i64::MAX);
        Admitted {
            topics,
            in_part,
            epoch: self.epoch,
            valid_until,
        }
    }

    /// Replicas are copied among brokers: no client has a right to it, which Kafka says of each partition.
    fn refuse_follower(&self, head: &Head, walk: &RequestWalk<'_>) -> Result<Verdict, Close> {
        let mut wanted = Wanted::of(&walk.topics);
        for topic in wanted.topics_mut() {
            let known = topic.naming().resolve(&self.cluster).is_some();
            topic.code = Some(if known {
                error::TOPIC_AUTHORIZATION_FAILED
            } else {
                error::UNKNOWN_TOPIC_ID
            });
        }
        let mut answer = head.response()?;
        answer.set("Responses", wanted.refused(&answer));
        Ok(Verdict::Reply(head.reply(&answer)?))
    }

    fn refuse_fetch(head: &Head, code: i16) -> Result<Verdict, Close> {
        let mut answer = head.response()?;
        if !answer.has("ErrorCode") {
            return Ok(Verdict::Close(Close::NotServed {
                key: head.key.0,
                version: head.version,
            }));
        }
        answer.set("ErrorCode", code);
        Ok(Verdict::Reply(head.reply(&answer)?))
    }
}
