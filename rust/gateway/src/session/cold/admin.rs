//! What administrators do: make topics, look at settings.

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{Struct, Value, error};

use crate::session::{Close, Head, Session, Shaping, Verdict};

/// Kafka's `ConfigResource.Type`.
const TYPE_TOPIC: i64 = 2;
const TYPE_GROUP: i64 = 32;

impl Session {
    /// Create on the cluster, or on each topic; settings are shown to those who may describe them.
    pub(super) fn create_topics(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let cluster = self.cluster_name();
        let kind = ResourceKind::Cluster;
        let on_cluster = self.decide(Action::Create, kind, &cluster, now)?.allowed
            && self.permitted(head, Action::Create, kind, &cluster, now)?;
        let mut answer = head.response()?;
        let (mut allowed, mut refused) = (Vec::new(), Vec::new());
        for topic in request.array("Topics") {
            let name = topic
                .as_struct()
                .and_then(|it| it.str("Name"))
                .unwrap_or_default();
            if on_cluster
                || self.permitted(head, Action::Create, ResourceKind::Stream, name, now)?
            {
                allowed.push(topic.clone());
                continue;
            }
            let mut entry = answer.element("Topics");
            entry
                .set("Name", name)
                .set("ErrorCode", error::TOPIC_AUTHORIZATION_FAILED)
                .set("ErrorMessage", "Authorization failed.");
            refused.push(Value::Struct(entry));
        }
        if allowed.is_empty() && !refused.is_empty() {
            answer.set("Topics", refused);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        let verdict = if refused.is_empty() {
            Verdict::Forward
        } else {
            request.set("Topics", allowed);
            Verdict::Rewrite(head.rewrite(frame, request, &self.limits)?)
        };
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, now| {
                session.shape_created(answer, now)?;
                if let Some(topics) = answer.array_mut("Topics") {
                    topics.extend(refused);
                }
                Ok(())
            })),
        );
        Ok(verdict)
    }

    fn shape_created(&mut self, answer: &mut Struct, now: i64) -> Result<(), Close> {
        let topics = answer
            .array_mut("Topics")
            .map(std::mem::take)
            .unwrap_or_default();
        let mut shaped = Vec::with_capacity(topics.len());
        for mut topic in topics {
            let Some(entry) = topic.as_struct_mut() else {
                continue;
            };
            let name = entry.str("Name").unwrap_or_default().to_owned();
            self.cluster.learn_topic(entry.uuid("TopicId"), &name);
            let action = Action::DescribeConfigs;
            if entry.has("Configs")
                && entry.int("ErrorCode") == 0
                && !self
                    .decide(action, ResourceKind::Stream, &name, now)?
                    .allowed
            {
                entry
                    .set("TopicConfigErrorCode", error::TOPIC_AUTHORIZATION_FAILED)
                    .set("NumPartitions", -1)
                    .set("ReplicationFactor", -1)
                    .set("Configs", Value::Null);
            }
            shaped.push(topic);
        }
        answer.set("Topics", shaped);
        Ok(())
    }

    /// `DescribeConfigs` on topics and groups. Settings of brokers hold addresses and stay behind the gateway.
    pub(super) fn describe_configs(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let mut answer = head.response()?;
        let (mut allowed, mut refused) = (Vec::new(), Vec::new());
        for element in request.array("Resources") {
            let Some(resource) = element.as_struct() else {
                continue;
            };
            let name = resource.str("ResourceName").unwrap_or_default();
            let (kind, code) = match resource.int("ResourceType") {
                TYPE_TOPIC => (
                    Some(ResourceKind::Stream),
                    error::TOPIC_AUTHORIZATION_FAILED,
                ),
                TYPE_GROUP => (Some(ResourceKind::Group), error::GROUP_AUTHORIZATION_FAILED),
                _ => (None, error::CLUSTER_AUTHORIZATION_FAILED),
            };
            if let Some(kind) = kind
                && self.permitted(head, Action::DescribeConfigs, kind, name, now)?
            {
                allowed.push(element.clone());
                continue;
            }
            let mut entry = answer.element("Results");
            entry
                .set("ErrorCode", code)
                .set("ErrorMessage", Value::Null)
                .set("ResourceType", resource.int("ResourceType"))
                .set("ResourceName", name);
            refused.push(Value::Struct(entry));
        }
        if refused.is_empty() {
            self.expect(head, Shaping::Forward);
            return Ok(Verdict::Forward);
        }
        if allowed.is_empty() {
            answer.set("Results", refused);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        request.set("Resources", allowed);
        self.forward_rest(head, frame, request, "Results", refused)
    }
}
