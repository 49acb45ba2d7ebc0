//! The heartbeat of streams groups (KIP-1071).
//!
//! A coordinator makes the topics that a topology needs inside, and would make them in the gateway's name. So a
//! member that may not make them, while they are missing, does not reach the coordinator; see
//! `docs/adr/0009-topics-of-streams-are-made-for-the-caller.md`.

use std::collections::HashSet;

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{Struct, Value, error};

use super::consumer::refuse_heartbeat;
use super::describe::{internal_topics, source_topics};
use super::topologies::{Member, Topology};
use crate::cluster::{IDS_AGE_MAX_MILLISECONDS, LISTING_AGE_MAX_MILLISECONDS, Listing};
use crate::session::{Close, Head, Session, Shaping, Verdict};

/// Kafka's own topics (`Topic.INTERNAL_TOPICS`).
const KAFKAS_OWN: [&str; 3] = [
    "__consumer_offsets",
    "__transaction_state",
    "__share_group_state",
];
/// The longest name of a topic.
const TOPIC_NAME_MAX: usize = 249;
/// How soon a member that waits comes again: a broker's default, in milliseconds.
const HEARTBEAT_INTERVAL_MILLISECONDS: i64 = 5_000;

impl Session {
    /// Read on the group, Describe on every topic of the topology; Create on the cluster or on each topic
    /// that is to be made.
    pub(in crate::session::cold) fn streams_group_heartbeat(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        if let Some(code) = self.refused_member(head, request, now)? {
            return refuse_heartbeat(head, code);
        }
        if let Some((code, text)) = self.refused_topology(head, request, now)? {
            let mut answer = head.response()?;
            answer.set("ErrorCode", code).set("ErrorMessage", text);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        let member: Member = (
            request.str("GroupId").unwrap_or_default().to_owned(),
            request.str("MemberId").unwrap_or_default().to_owned(),
        );
        if request.int("MemberEpoch") < 0 {
            self.topologies.free(&member);
            self.expect(head, Shaping::Forward);
            return Ok(Verdict::Forward);
        }
        let cluster = self.cluster_name();
        let makes_all = self
            .decide(Action::Create, ResourceKind::Cluster, &cluster, now)?
            .allowed;
        let own = Topology::of(request);
        let topology = if makes_all {
            own
        } else {
            let Some(known) = self.topologies.get(&member.0) else {
                if let Some(code) = self.topologies.take_failure() {
                    return refuse_heartbeat(head, code);
                }
                return Ok(self.wait_for_topology(frame, &member.0));
            };
            own.with(known)
        };
        self.heartbeat_of(head, frame, request, (member, topology), makes_all, now)
    }

    /// What is wrong with a topology, in a broker's order.
    fn refused_topology(
        &mut self,
        head: &Head,
        request: &Struct,
        now: i64,
    ) -> Result<Option<(i16, Option<String>)>, Close> {
        let topics = required_topics(request);
        let own: Vec<&str> = topics
            .iter()
            .map(String::as_str)
            .filter(|name| KAFKAS_OWN.contains(name))
            .collect();
        if !own.is_empty() {
            let text = format!(
                "Use of Kafka internal topics {} in a Kafka Streams topology is prohibited.",
                own.join(",")
            );
            return Ok(Some((error::STREAMS_INVALID_TOPOLOGY, Some(text))));
        }
        let invalid: Vec<&str> = topics
            .iter()
            .map(String::as_str)
            .filter(|name| !is_topic_name(name))
            .collect();
        if !invalid.is_empty() {
            let text = format!(
                "Topic names {} are not valid topic names.",
                invalid.join(",")
            );
            return Ok(Some((error::STREAMS_INVALID_TOPOLOGY, Some(text))));
        }
        for topic in &topics {
            if !self.permitted(head, Action::Describe, ResourceKind::Stream, topic, now)? {
                return Ok(Some((error::TOPIC_AUTHORIZATION_FAILED, None)));
            }
        }
        // SECURITY: a coordinator that knew patterns would resolve them with the gateway's rights.
        let patterns = subtopologies(request).any(|it| !it.array("SourceTopicRegex").is_empty());
        Ok(patterns.then(|| {
            let text = "Regular expressions for source topics are not supported yet.";
            (error::INVALID_REQUEST, Some(text.to_owned()))
        }))
    }

    fn heartbeat_of(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &Struct,
        (member, topology): (Member, Topology),
        makes_all: bool,
        now: i64,
    ) -> Result<Verdict, Close> {
        let mut in_question = Vec::new();
        for topic in topology.internal() {
            if !makes_all && !self.may_create(topic, now)? {
                in_question.push(topic.clone());
            }
        }
        let joins = !request.get("Topology").is_null();
        if !in_question.is_empty() || (joins && !topology.internal().is_empty()) {
            let Some(listing) = self.cluster.listing(now, LISTING_AGE_MAX_MILLISECONDS) else {
                if let Some(verdict) = self.wait_for_listing(frame, LISTING_AGE_MAX_MILLISECONDS) {
                    return Ok(verdict);
                }
                // Nobody knows what a coordinator would make.
                return refuse_heartbeat(head, error::COORDINATOR_NOT_AVAILABLE);
            };
            let refused = self.refused_creations(head, &topology, &listing, makes_all, now)?;
            let fresh = self
                .cluster
                .listing(now, IDS_AGE_MAX_MILLISECONDS)
                .is_some();
            if !refused.is_empty()
                && !fresh
                && let Some(verdict) = self.wait_for_listing(frame, IDS_AGE_MAX_MILLISECONDS)
            {
                // Somebody may have made them meanwhile.
                return Ok(verdict);
            }
            if !refused.is_empty() {
                self.topologies.put(&member.0, topology.clone());
                self.topologies.hold(member);
                return waiting_member(head, request, &topology, &listing, &refused);
            }
        }
        if !makes_all {
            self.topologies.put(&member.0, topology);
        }
        if self.topologies.free(&member) {
            // Its coordinator doesn't know it, or no longer; now it may join.
            return refuse_heartbeat(head, error::FENCED_MEMBER_EPOCH);
        }
        self.expect(head, Shaping::Forward);
        Ok(Verdict::Forward)
    }

    /// Of the topics that a coordinator would make now, those that the caller may not make.
    fn refused_creations(
        &mut self,
        head: &Head,
        topology: &Topology,
        listing: &Listing,
        makes_all: bool,
        now: i64,
    ) -> Result<Vec<String>, Close> {
        let internal = topology.internal().iter();
        let missing = internal.filter(|name| !is_there(listing, name));
        let mut refused = Vec::new();
        for topic in missing {
            let cluster = self.cluster_name();
            let (kind, name) = if makes_all {
                (ResourceKind::Cluster, &*cluster)
            } else {
                (ResourceKind::Stream, topic.as_str())
            };
            if !self.permitted(head, Action::Create, kind, name, now)? {
                refused.push(topic.clone());
            }
        }
        Ok(refused)
    }
}

fn subtopologies(request: &Struct) -> impl Iterator<Item = &Struct> {
    let topology = request.get("Topology").as_struct();
    topology
        .into_iter()
        .flat_map(|it| it.structs("Subtopologies"))
}

/// The topics of a request's topology, each once, in a broker's order.
fn required_topics(request: &Struct) -> Vec<String> {
    let mut seen = HashSet::new();
    let topics = subtopologies(request).flat_map(|subtopology| {
        let sinks = subtopology.array("RepartitionSinkTopics").iter();
        let sinks = sinks.filter_map(|it| it.as_str().map(str::to_owned));
        let sources = source_topics(subtopology);
        sources.chain(sinks).chain(internal_topics(subtopology))
    });
    topics.filter(|name| seen.insert(name.clone())).collect()
}

/// May a topic be called so? (`Topic.isValid`)
fn is_topic_name(name: &str) -> bool {
    let fits = |it: u8| it.is_ascii_alphanumeric() || b"._-".contains(&it);
    !["", ".", ".."].contains(&name) && name.len() <= TOPIC_NAME_MAX && name.bytes().all(fits)
}

fn is_there(listing: &Listing, name: &str) -> bool {
    listing
        .names
        .binary_search_by(|there| (**there).cmp(name))
        .is_ok()
}

/// What a coordinator says to a member for which it may not make topics; it has no tasks yet.
fn waiting_member(
    head: &Head,
    request: &Struct,
    topology: &Topology,
    listing: &Listing,
    refused: &[String],
) -> Result<Verdict, Close> {
    let mut answer = head.response()?;
    let (code, detail) = topology.status(|name| is_there(listing, name), refused);
    let mut status = answer.element("Status");
    status.set("StatusCode", code).set("StatusDetail", detail);
    answer
        .set("MemberId", request.str("MemberId").unwrap_or_default())
        .set("MemberEpoch", request.int("MemberEpoch").max(1))
        .set("HeartbeatIntervalMs", HEARTBEAT_INTERVAL_MILLISECONDS)
        .set(
            "EndpointInformationEpoch",
            request.int("EndpointInformationEpoch"),
        )
        .set("Status", vec![status]);
    if request.int("MemberEpoch") == 0 {
        for tasks in ["ActiveTasks", "StandbyTasks", "WarmupTasks"] {
            answer.set(tasks, Vec::<Value>::new());
        }
    }
    Ok(Verdict::Reply(head.reply(&answer)?))
}
