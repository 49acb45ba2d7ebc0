//! What administrators do: look at settings.

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{Struct, Value, error};

use crate::session::{Close, Head, Session, Shaping, Verdict};

/// Kafka's `ConfigResource.Type`.
const TYPE_TOPIC: i64 = 2;
const TYPE_GROUP: i64 = 32;

impl Session {
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
