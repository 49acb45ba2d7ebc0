//! Share fetch and share acknowledge (KIP-932): consumers of one group that get records one by one.
//!
//! A share session is the broker's, by group and member; the gateway keeps for each connection what the sessions
//! that it opened hold, so that every topic of a session is decided in every fetch. Of a session that
//! another connection opened nothing is known here, so nobody may go on with it.

pub mod acquired;
pub mod key;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{Struct, Value, error};

use self::key::ShareKey;

use super::cold::Naming;
use super::fetch::{
    Admitted, FINAL_EPOCH, FetchExchange, INITIAL_EPOCH, Listed, Position, SESSION_PARTITIONS_MAX,
    Scope, Topic, Wanted, next_epoch,
};
use super::{Close, Head, Session, Shaping, Verdict};

/// Share sessions that one connection may hold; all together hold as many partitions as one fetch session may.
const SHARE_SESSIONS_MAX: usize = 1_000;

/// One share session, as far as this connection opened it.
#[derive(Debug)]
struct ShareSession {
    key: Arc<ShareKey>,
    /// What the client's next request must say.
    epoch: i32,
    /// All its partitions, allowed or not; positions mean nothing here.
    wanted: Wanted,
}

/// The share sessions of one connection.
#[derive(Debug, Default)]
pub struct ShareSessions {
    sessions: VecDeque<ShareSession>,
}

impl ShareSessions {
    fn take(&mut self, key: &ShareKey) -> Option<ShareSession> {
        let place = self.sessions.iter().position(|it| *it.key == *key)?;
        self.sessions.remove(place)
    }

    /// Is there room for this one beside the others?
    fn has_room(&self, session: &ShareSession) -> bool {
        let others = self.sessions.iter().map(|it| it.wanted.partitions());
        let partitions = others.sum::<usize>() + session.wanted.partitions();
        self.sessions.len() < SHARE_SESSIONS_MAX && partitions <= SESSION_PARTITIONS_MAX
    }

    /// The broker has no such session, or none at this place any more.
    pub fn lose(&mut self, key: &ShareKey) {
        drop(self.take(key));
    }
}

/// The partitions that a request names, by topic.
fn listed(request: &Struct, list: &str) -> Vec<Topic<'static, Listed>> {
    let topics = request.structs(list).map(|topic| Topic {
        naming: Naming::Id(topic.uuid("TopicId")),
        partitions: indexes(topic)
            .map(|index| Listed {
                index,
                position: Position::default(),
            })
            .collect(),
    });
    topics.collect()
}

fn forgotten(request: &Struct) -> Vec<Topic<'static, i32>> {
    let topics = request.structs("ForgottenTopicsData").map(|topic| Topic {
        naming: Naming::Id(topic.uuid("TopicId")),
        partitions: indexes(topic).collect(),
    });
    topics.collect()
}

/// The numbers of a topic's partitions, be they structures or plain numbers.
fn indexes(topic: &Struct) -> impl Iterator<Item = i32> {
    topic.array("Partitions").iter().map(|partition| {
        let index = match partition {
            Value::Struct(partition) => partition.int("PartitionIndex"),
            other => other.as_int().unwrap_or(-1),
        };
        i32::try_from(index).unwrap_or(-1)
    })
}

/// The partitions of a topic for which a request brings acknowledgements.
fn acknowledging(topic: &Struct) -> BTreeSet<i32> {
    let partitions = topic.structs("Partitions");
    let acknowledging = partitions.filter(|it| !it.array("AcknowledgementBatches").is_empty());
    acknowledging
        .filter_map(|it| i32::try_from(it.int("PartitionIndex")).ok())
        .collect()
}

/// An answer's topic whose partitions get an error, for the fetch, for acknowledgements, or both.
fn refused(
    answer: &Struct,
    id: [u8; 16],
    fetched: &BTreeSet<i32>,
    acknowledged: &BTreeSet<i32>,
    code: i16,
) -> Value {
    let mut topic = answer.element("Responses");
    topic.set("TopicId", id);
    let blank = topic.element("Partitions");
    let partitions = fetched.union(acknowledged).map(|index| {
        let mut partition = blank.clone();
        partition.set("PartitionIndex", *index);
        partition.set("Records", Value::Bytes(bytes::Bytes::new()));
        if fetched.contains(index) {
            partition.set("ErrorCode", code);
        }
        if acknowledged.contains(index) {
            partition.set("AcknowledgeErrorCode", code);
        }
        partition
    });
    let partitions: Vec<Struct> = partitions.collect();
    topic.set("Partitions", partitions);
    Value::Struct(topic)
}

/// What the broker is asked instead: nothing of what is denied, and again what is allowed again.
/// `false`: the request may go as it is.
fn restrict(request: &mut Struct, wanted: &Wanted) -> bool {
    let mut changed = false;
    let mut topics = Vec::new();
    for topic in request.structs("Topics") {
        let code = wanted
            .find(&Naming::Id(topic.uuid("TopicId")))
            .and_then(|it| it.code);
        changed |= code.is_some();
        if code.is_none() {
            topics.push(topic.clone());
        }
    }
    let (mut rejoining, mut leaving) = (Vec::new(), Vec::new());
    for topic in wanted.topics() {
        if topic.rejoins() {
            rejoining.push(topic);
        } else if topic.leaves() {
            leaving.push(topic);
        }
    }
    if !changed && rejoining.is_empty() && leaving.is_empty() {
        return false;
    }
    // Of a topic that is named twice, the first.
    let by_id = topics.iter().enumerate().rev();
    let by_id: HashMap<[u8; 16], usize> = by_id
        .map(|(place, it)| (it.uuid("TopicId"), place))
        .collect();
    for wanted in rejoining {
        let named = by_id.get(&wanted.id);
        let named = named.and_then(|place| topics.get_mut(*place));
        let present: BTreeSet<i32> = named.iter().flat_map(|topic| indexes(topic)).collect();
        let mut entry = request.element("Topics");
        entry.set("TopicId", wanted.id);
        let blank = entry.element("Partitions");
        let missing = wanted.partitions.keys().filter(|it| !present.contains(it));
        let missing = missing.map(|index| {
            let mut partition = blank.clone();
            partition.set("PartitionIndex", *index);
            Value::Struct(partition)
        });
        let missing: Vec<Value> = missing.collect();
        if let Some(partitions) = named.and_then(|topic| topic.array_mut("Partitions")) {
            partitions.extend(missing);
        } else {
            entry.set("Partitions", missing);
            topics.push(entry);
        }
    }
    request.set("Topics", topics);
    let leaving = leaving.into_iter().map(|wanted| {
        let mut entry = request.element("ForgottenTopicsData");
        let partitions = wanted.partitions.keys().map(|index| Value::from(*index));
        let partitions: Vec<Value> = partitions.collect();
        entry
            .set("TopicId", wanted.id)
            .set("Partitions", partitions);
        Value::Struct(entry)
    });
    let leaving: Vec<Value> = leaving.collect();
    if let Some(forgotten) = request.array_mut("ForgottenTopicsData") {
        forgotten.extend(leaving);
    }
    true
}

impl Session {
    pub(super) fn share_fetch(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let (key, epoch) = match self.share_request(head, request, now)? {
            Ok(named) => named,
            Err(code) => return refuse(head, code),
        };
        let mut session = match (epoch, self.share_sessions.take(&key)) {
            (INITIAL_EPOCH, _) => ShareSession {
                key: key.clone(),
                epoch,
                wanted: Wanted::default(),
            },
            (_, None) => return refuse(head, error::SHARE_SESSION_NOT_FOUND),
            (FINAL_EPOCH, Some(_)) => return self.share_end(head, frame, request, key, now),
            (_, Some(session)) if session.epoch != epoch => {
                self.share_sessions.sessions.push_back(session);
                return refuse(head, error::INVALID_SHARE_SESSION_EPOCH);
            }
            (_, Some(session)) => session,
        };
        session.wanted.add(&listed(request, "Topics"));
        if !self.share_sessions.has_room(&session) {
            return refuse(head, error::SHARE_SESSION_LIMIT_REACHED);
        }
        session.epoch = next_epoch(epoch);
        // SECURITY: what is acknowledged and forgotten in one request is decided as well.
        let admitted = self.decide_wanted((head.key, head.version), &mut session.wanted, now)?;
        let acknowledged = refused_acknowledgements(request, &session.wanted);
        let gone = forgotten(request);
        let rewritten = restrict(request, &session.wanted);
        session.wanted.forget(&gone);
        let refused = refusals(&head.response()?, &session.wanted, acknowledged);
        session.wanted.sent();
        self.share_sessions.sessions.push_back(session);
        self.share_forward(head, frame, request, (key, admitted), (refused, rewritten))
    }

    /// The last request of a share session: it fetches nothing and may acknowledge.
    fn share_end(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        key: Arc<ShareKey>,
        now: i64,
    ) -> Result<Verdict, Close> {
        let mut wanted = Wanted::of(&listed(request, "Topics"));
        let admitted = self.decide_wanted((head.key, head.version), &mut wanted, now)?;
        let acknowledged = refused_acknowledgements(request, &wanted);
        let refused = refusals(&head.response()?, &Wanted::default(), acknowledged);
        take_refused(request, &wanted);
        let rewritten = admitted.in_part;
        self.share_forward(head, frame, request, (key, admitted), (refused, rewritten))
    }

    fn share_forward(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &Struct,
        (key, admitted): (Arc<ShareKey>, Arc<Admitted>),
        (refused, rewritten): (Vec<Value>, bool),
    ) -> Result<Verdict, Close> {
        let mut exchange = FetchExchange::new(admitted, Scope::Share(key));
        exchange.refused = refused;
        let verdict = if rewritten {
            Verdict::Rewrite(head.rewrite(frame, request, &self.limits)?)
        } else {
            Verdict::Forward
        };
        self.expect(head, Shaping::Fetch(exchange));
        Ok(verdict)
    }

    pub(super) fn share_acknowledge(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let (key, epoch) = match self.share_request(head, request, now)? {
            Ok(named) => named,
            Err(code) => return refuse(head, code),
        };
        if epoch == INITIAL_EPOCH {
            return refuse(head, error::INVALID_SHARE_SESSION_EPOCH);
        }
        let Some(mut session) = self.share_sessions.take(&key) else {
            return refuse(head, error::SHARE_SESSION_NOT_FOUND);
        };
        if epoch != FINAL_EPOCH {
            let expected = session.epoch;
            if expected == epoch {
                session.epoch = next_epoch(epoch);
            }
            self.share_sessions.sessions.push_back(session);
            if expected != epoch {
                return refuse(head, error::INVALID_SHARE_SESSION_EPOCH);
            }
        }
        let mut wanted = Wanted::of(&listed(request, "Topics"));
        let admitted = self.decide_wanted((head.key, head.version), &mut wanted, now)?;
        let answer = head.response()?;
        let denied = wanted.topics().filter_map(|topic| {
            let partitions = topic.partitions.keys().copied().collect();
            let none = BTreeSet::new();
            Some(refused(&answer, topic.id, &partitions, &none, topic.code?))
        });
        let denied: Vec<Value> = denied.collect();
        let verdict = if admitted.in_part {
            take_refused(request, &wanted);
            // The broker counts the request all the same.
            Verdict::Rewrite(head.rewrite(frame, request, &self.limits)?)
        } else {
            Verdict::Forward
        };
        let api = head.key;
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, _| {
                session.rewrite_addresses(api, answer);
                if answer.int("ErrorCode") != i64::from(error::NONE) {
                    session.share_sessions.lose(&key);
                } else if let Some(topics) = answer.array_mut("Responses") {
                    topics.extend(denied);
                }
                Ok(())
            })),
        );
        Ok(verdict)
    }

    /// Whose session it is, and at which place; or the error that the whole request gets.
    #[allow(
        clippy::type_complexity,
        reason = "an outer error ends the connection, an inner one is an answer"
    )]
    fn share_request(
        &mut self,
        head: &Head,
        request: &Struct,
        now: i64,
    ) -> Result<Result<(Arc<ShareKey>, i32), i16>, Close> {
        let Some(group) = request.str("GroupId") else {
            return Ok(Err(error::INVALID_REQUEST));
        };
        if !self.permitted(head, Action::Read, ResourceKind::Group, group, now)? {
            return Ok(Err(error::GROUP_AUTHORIZATION_FAILED));
        }
        let Some(member) = request.str("MemberId") else {
            return Ok(Err(error::INVALID_REQUEST));
        };
        let key = ShareKey {
            group: group.into(),
            member: member.into(),
        };
        let epoch = i32::try_from(request.int("ShareSessionEpoch")).unwrap_or(FINAL_EPOCH);
        Ok(Ok((Arc::new(key), epoch)))
    }
}

/// Denied topics for which a request brings acknowledgements: id, partitions, error.
type Acknowledgements = Vec<([u8; 16], BTreeSet<i32>, i16)>;

fn refused_acknowledgements(request: &Struct, wanted: &Wanted) -> Acknowledgements {
    let topics = request.structs("Topics").filter_map(|topic| {
        let id = topic.uuid("TopicId");
        let code = wanted.find(&Naming::Id(id))?.code?;
        let partitions = acknowledging(topic);
        (!partitions.is_empty()).then_some((id, partitions, code))
    });
    topics.collect()
}

/// Takes what is denied out of a request.
fn take_refused(request: &mut Struct, wanted: &Wanted) {
    let Some(topics) = request.array_mut("Topics") else {
        return;
    };
    topics.retain(|topic| {
        let id = topic.as_struct().map(|topic| topic.uuid("TopicId"));
        let found = id.and_then(|id| wanted.find(&Naming::Id(id)));
        found.is_none_or(|topic| topic.code.is_none())
    });
}

/// The answers to all denied partitions of a share session, and to acknowledgements for denied ones.
fn refusals(answer: &Struct, wanted: &Wanted, acknowledged: Acknowledgements) -> Vec<Value> {
    let mut by_id: HashMap<[u8; 16], BTreeSet<i32>> = HashMap::new();
    for (id, partitions, _) in &acknowledged {
        by_id.entry(*id).or_default().extend(partitions);
    }
    let mut refusals = Vec::new();
    for topic in wanted.topics() {
        let Some(code) = topic.code else { continue };
        let fetched = topic.partitions.keys().copied().collect();
        let both = by_id.remove(&topic.id).unwrap_or_default();
        refusals.push(refused(answer, topic.id, &fetched, &both, code));
    }
    for (id, partitions, code) in acknowledged {
        if by_id.contains_key(&id) {
            refusals.push(refused(answer, id, &BTreeSet::new(), &partitions, code));
        }
    }
    refusals
}

fn refuse(head: &Head, code: i16) -> Result<Verdict, Close> {
    let mut answer = head.response()?;
    answer.set("ErrorCode", code);
    Ok(Verdict::Reply(head.reply(&answer)?))
}
