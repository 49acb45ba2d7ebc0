//! The heartbeat of KIP-848.

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{Struct, Value, error};

use crate::session::{Close, Head, Session, Shaping, Verdict};

impl Session {
    /// Read on the group, Describe on every topic named. A regular expression would be resolved by the
    /// coordinator with the gateway's own rights, so it is refused.
    pub(in crate::session::cold) fn consumer_group_heartbeat(
        &mut self,
        head: &Head,
        request: &Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        if let Some(code) = self.refused_member(head, request, now)? {
            return refuse_heartbeat(head, code);
        }
        if request
            .str("SubscribedTopicRegex")
            .is_some_and(|regex| !regex.is_empty())
        {
            let mut answer = head.response()?;
            answer
                .set("ErrorCode", error::INVALID_REGULAR_EXPRESSION)
                .set(
                    "ErrorMessage",
                    "subscriptions by regular expression are not served; subscribe by name",
                );
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        if !self.sees_subscription(head, request, now)? {
            return refuse_heartbeat(head, error::TOPIC_AUTHORIZATION_FAILED);
        }
        self.expect(head, Shaping::Forward);
        Ok(Verdict::Forward)
    }

    /// Read on the group that a member belongs to.
    pub(super) fn refused_member(
        &mut self,
        head: &Head,
        request: &Struct,
        now: i64,
    ) -> Result<Option<i16>, Close> {
        let group = request.str("GroupId").unwrap_or_default();
        let permitted = self.permitted(head, Action::Read, ResourceKind::Group, group, now)?;
        Ok((!permitted).then_some(error::GROUP_AUTHORIZATION_FAILED))
    }

    /// Describe on every topic that a member subscribes to by name.
    pub(super) fn sees_subscription(
        &mut self,
        head: &Head,
        request: &Struct,
        now: i64,
    ) -> Result<bool, Close> {
        let names = request.array("SubscribedTopicNames").iter();
        for topic in names.filter_map(Value::as_str) {
            if !self.permitted(head, Action::Describe, ResourceKind::Stream, topic, now)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The answer to a heartbeat that is refused.
pub(super) fn refuse_heartbeat(head: &Head, code: i16) -> Result<Verdict, Close> {
    let mut answer = head.response()?;
    answer.set("ErrorCode", code);
    Ok(Verdict::Reply(head.reply(&answer)?))
}
