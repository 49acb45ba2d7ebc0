//! Making topics and adding partitions to them, as Kafka's controller decides it.

use std::collections::HashSet;

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use crate::session::authorize::Permission;
use crate::session::{Close, Head, Session, Shaping, Verdict};

/// The log of the controllers, which is never a topic of anybody's.
const CLUSTER_METADATA: &str = "__cluster_metadata";
pub(super) const DUPLICATE_NAME: &str = "Duplicate topic name.";

/// Elements of a request that the broker gets, and answers to those that it doesn't.
struct Sorted {
    allowed: Vec<Value>,
    refused: Vec<Value>,
}

impl Session {
    /// Create on the cluster, or on each topic; settings are shown to those who may describe them.
    pub(super) fn create_topics(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let mut answer = head.response()?;
        let api = (head.key, head.version);
        let sorted = sorted(request, &answer, "Topics", |name| {
            if self.creates(api, name, now)? {
                return Ok(None);
            }
            Ok(Some(if name == CLUSTER_METADATA {
                let why = "Creation of internal topic __cluster_metadata is prohibited.";
                (error::INVALID_REQUEST, Some(why))
            } else {
                (
                    error::TOPIC_AUTHORIZATION_FAILED,
                    Some("Authorization failed."),
                )
            }))
        })?;
        if sorted.allowed.is_empty() && !sorted.refused.is_empty() {
            answer.set("Topics", sorted.refused);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        let verdict = self.sorted_verdict(head, frame, request, sorted.allowed)?;
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, now| {
                session.shape_created(answer, now)?;
                if let Some(topics) = answer.array_mut("Topics") {
                    topics.extend(sorted.refused);
                }
                Ok(())
            })),
        );
        Ok(verdict)
    }

    /// Create on the cluster, or on the topic; the decision is entered.
    pub(super) fn creates(
        &mut self,
        api: (ApiKey, i16),
        name: &str,
        now: i64,
    ) -> Result<bool, Close> {
        let (cluster, on_cluster) = (self.cluster_name(), ResourceKind::Cluster);
        let (kind, name) = if self
            .decide(Action::Create, on_cluster, &cluster, now)?
            .allowed
        {
            (on_cluster, &*cluster)
        } else {
            (ResourceKind::Stream, name)
        };
        let permission = self.authorize(api, Action::Create, kind, name, now)?;
        Ok(matches!(permission, Permission::Allowed(_)))
    }

    fn shape_created(&mut self, answer: &mut Struct, now: i64) -> Result<(), Close> {
        let mut topics = answer
            .array_mut("Topics")
            .map(std::mem::take)
            .unwrap_or_default();
        for entry in topics.iter_mut().filter_map(Value::as_struct_mut) {
            let name = entry.str("Name").unwrap_or_default().to_owned();
            self.cluster.learn_topic(entry.uuid("TopicId"), &name);
            let (action, kind) = (Action::DescribeConfigs, ResourceKind::Stream);
            if entry.has("Configs")
                && entry.int("ErrorCode") == 0
                && !self.decide(action, kind, &name, now)?.allowed
            {
                entry
                    .set("TopicConfigErrorCode", error::TOPIC_AUTHORIZATION_FAILED)
                    .set("NumPartitions", -1)
                    .set("ReplicationFactor", -1)
                    .set("Configs", Vec::<Value>::new());
            }
        }
        answer.set("Topics", topics);
        Ok(())
    }

    /// Alter on each topic.
    pub(super) fn create_partitions(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let mut answer = head.response()?;
        let sorted = sorted(request, &answer, "Results", |name| {
            let allowed = self.permitted(head, Action::Alter, ResourceKind::Stream, name, now)?;
            Ok((!allowed).then_some((error::TOPIC_AUTHORIZATION_FAILED, None)))
        })?;
        if sorted.refused.is_empty() {
            self.expect(head, Shaping::Forward);
            return Ok(Verdict::Forward);
        }
        if sorted.allowed.is_empty() {
            answer.set("Results", sorted.refused);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        request.set("Topics", sorted.allowed);
        self.forward_rest(head, frame, request, "Results", sorted.refused)
    }

    /// The request as it came, or what is left of it.
    fn sorted_verdict(
        &self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        allowed: Vec<Value>,
    ) -> Result<Verdict, Close> {
        if allowed.len() == request.array("Topics").len() {
            return Ok(Verdict::Forward);
        }
        request.set("Topics", allowed);
        Ok(Verdict::Rewrite(head.rewrite(
            frame,
            request,
            &self.limits,
        )?))
    }
}

/// Decides each topic of a request; `judge` gives the error and text of a denial. A denied name that stands there
/// twice is answered once, with the error that Kafka has for it.
fn sorted(
    request: &Struct,
    answer: &Struct,
    list: &str,
    mut judge: impl FnMut(&str) -> Result<Option<(i16, Option<&'static str>)>, Close>,
) -> Result<Sorted, Close> {
    let topics = request.array("Topics");
    let repeated = repeated(topics.iter().filter_map(name_of));
    let (mut allowed, mut refused) = (Vec::new(), Vec::new());
    let mut answered = HashSet::new();
    for topic in topics {
        let name = name_of(topic).unwrap_or_default();
        let Some((code, why)) = judge(name)? else {
            allowed.push(topic.clone());
            continue;
        };
        if !answered.insert(name) {
            continue;
        }
        let (code, why) = if repeated.contains(name) {
            (error::INVALID_REQUEST, Some(DUPLICATE_NAME))
        } else {
            (code, why)
        };
        let mut entry = answer.element(list);
        entry
            .set("Name", name)
            .set("ErrorCode", code)
            .set("ErrorMessage", why);
        refused.push(Value::Struct(entry));
    }
    Ok(Sorted { allowed, refused })
}

fn name_of(topic: &Value) -> Option<&str> {
    topic.as_struct()?.str("Name")
}

/// What stands there more than once.
pub(super) fn repeated<T: Copy + Eq + std::hash::Hash>(
    items: impl Iterator<Item = T>,
) -> HashSet<T> {
    let mut seen = HashSet::new();
    items.filter(|item| !seen.insert(*item)).collect()
}
