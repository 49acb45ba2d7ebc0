//! The heartbeat of KIP-848.
//!
//! A pattern is resolved here, with the rights of the member that has it, and the coordinator gets names; see
//! `docs/adr/0008-patterns-are-resolved-by-the-gateway.md`.

use std::collections::BTreeSet;

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{Struct, Value, error};

use super::subscription::{Member, Subscription};
use crate::cluster::{IDS_AGE_MAX_MILLISECONDS, LISTING_AGE_MAX_MILLISECONDS, Listing};
use crate::session::{Close, Head, Session, Shaping, Verdict};

/// The first version in which a member may subscribe by a pattern.
const FIRST_WITH_PATTERNS: i16 = 1;

impl Session {
    /// Read on the group, Describe on every topic named; of those that fit a pattern the ones that may not
    /// be seen are left out.
    pub(in crate::session::cold) fn consumer_group_heartbeat(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        if let Some(code) = self.refused_member(head, request, now)? {
            return refuse_heartbeat(head, code);
        }
        if !self.sees_subscription(head, request, now)? {
            return refuse_heartbeat(head, error::TOPIC_AUTHORIZATION_FAILED);
        }
        if head.version < FIRST_WITH_PATTERNS {
            self.expect(head, Shaping::Forward);
            return Ok(Verdict::Forward);
        }
        let group = request.str("GroupId").unwrap_or_default().to_owned();
        let member: Member = (
            group,
            request.str("MemberId").unwrap_or_default().to_owned(),
        );
        if request.int("MemberEpoch") < 0 {
            self.subscriptions.take(&member);
            return self.forward_without_pattern(head, frame, request);
        }
        let Some(mut subscription) = self.subscription_of(&member, request) else {
            let asks = self.subscriptions.ask(&member);
            return self.unknown_heartbeat(head, frame, request, asks);
        };
        if let Err(reason) = subscription.update(request) {
            return refuse_pattern(head, request, &reason);
        }
        if !subscription.is_resolved_here() {
            self.subscriptions.put(member, subscription);
            return self.forward_without_pattern(head, frame, request);
        }
        self.resolved_heartbeat(head, frame, request, (member, subscription), now)
    }

    /// What is known of a member's subscription before this heartbeat. `None`: what it does not say now it
    /// said on another connection.
    fn subscription_of(&mut self, member: &Member, request: &Struct) -> Option<Subscription> {
        // Only a member that says everything says how long it may take.
        let whole = request.int("MemberEpoch") == 0 || request.int("RebalanceTimeoutMs") != -1;
        let known = self.subscriptions.take(member);
        if whole {
            return Some(Subscription::default());
        }
        known
    }

    /// A heartbeat of a member that subscribed on another connection keeps it alive. If its coordinator knows
    /// it, it is asked once to say everything again: clients do so after an error that they may repeat.
    fn unknown_heartbeat(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        asks: bool,
    ) -> Result<Verdict, Close> {
        let verdict = self.without_pattern(head, frame, request)?;
        let mut repeat = head.response()?;
        repeat.set("ErrorCode", error::COORDINATOR_LOAD_IN_PROGRESS);
        self.expect(
            head,
            Shaping::Edit(Box::new(move |_, answer, _| {
                if asks && answer.int("ErrorCode") == 0 {
                    *answer = repeat;
                }
                Ok(())
            })),
        );
        Ok(verdict)
    }

    fn resolved_heartbeat(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        (member, mut subscription): (Member, Subscription),
        now: i64,
    ) -> Result<Verdict, Close> {
        let api = (head.key, head.version);
        // Who joins finds what has just been made.
        let age_max = if request.int("MemberEpoch") == 0 {
            IDS_AGE_MAX_MILLISECONDS
        } else {
            LISTING_AGE_MAX_MILLISECONDS
        };
        let listing = if subscription.has_pattern() {
            self.cluster.listing(now, age_max)
        } else {
            Some(Listing::default())
        };
        let Some(listing) = listing else {
            let told = subscription.told().is_some();
            self.subscriptions.put(member, subscription);
            if let Some(verdict) = self.wait_for_listing(frame, age_max) {
                return Ok(verdict);
            }
            if told {
                // Nobody knows which topics there are; until then those stand that the coordinator has.
                let verdict = self.rewrite_subscription(head, frame, request, None)?;
                self.expect(head, Shaping::Forward);
                return Ok(verdict);
            }
            return refuse_heartbeat(head, error::COORDINATOR_NOT_AVAILABLE);
        };
        let names = self.resolve(api, &mut subscription, &listing, now)?;
        let news = subscription.told() != Some(&names);
        let verdict = self.rewrite_subscription(head, frame, request, news.then_some(&names))?;
        subscription.tell(None);
        self.subscriptions.put(member.clone(), subscription);
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, _| {
                let taken = answer.int("ErrorCode") == 0;
                if let Some(subscription) = session.subscriptions.get_mut(&member) {
                    subscription.tell(taken.then_some(names));
                }
                Ok(())
            })),
        );
        Ok(verdict)
    }

    /// The request with names in the place of patterns; `None`: the coordinator has the names already.
    fn rewrite_subscription(
        &self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        names: Option<&BTreeSet<String>>,
    ) -> Result<Verdict, Close> {
        let silent = |field| request.get(field).is_null();
        if names.is_none() && silent("SubscribedTopicRegex") && silent("SubscribedTopicNames") {
            return Ok(Verdict::Forward);
        }
        let names = names.map(|names| {
            let names = names.iter().map(|name| Value::from(name.as_str()));
            names.collect::<Vec<Value>>()
        });
        request.set(
            "SubscribedTopicNames",
            names.map_or(Value::Null, Value::from),
        );
        no_pattern(request);
        head.rewrite(frame, request, &self.limits)
            .map(Verdict::Rewrite)
    }

    /// SECURITY: whatever else a heartbeat says, a pattern stays here.
    fn without_pattern(
        &self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
    ) -> Result<Verdict, Close> {
        let pattern = request.str("SubscribedTopicRegex").unwrap_or_default();
        if pattern.is_empty() {
            return Ok(Verdict::Forward);
        }
        no_pattern(request);
        head.rewrite(frame, request, &self.limits)
            .map(Verdict::Rewrite)
    }

    fn forward_without_pattern(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
    ) -> Result<Verdict, Close> {
        let verdict = self.without_pattern(head, frame, request)?;
        self.expect(head, Shaping::Forward);
        Ok(verdict)
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

/// The coordinator is told that there is no pattern, where it is told anything of patterns.
fn no_pattern(request: &mut Struct) {
    if request.str("SubscribedTopicRegex").is_some() {
        request.set("SubscribedTopicRegex", "");
    }
}

/// The answer to a heartbeat that is refused.
pub(super) fn refuse_heartbeat(head: &Head, code: i16) -> Result<Verdict, Close> {
    let mut answer = head.response()?;
    answer.set("ErrorCode", code);
    Ok(Verdict::Reply(head.reply(&answer)?))
}

fn refuse_pattern(head: &Head, request: &Struct, reason: &str) -> Result<Verdict, Close> {
    let pattern = request.str("SubscribedTopicRegex").unwrap_or_default();
    let mut answer = head.response()?;
    answer
        .set("ErrorCode", error::INVALID_REGULAR_EXPRESSION)
        .set(
            "ErrorMessage",
            format!(
                "SubscribedTopicRegex `{pattern}` is not a valid regular expression: {reason}."
            ),
        );
    Ok(Verdict::Reply(head.reply(&answer)?))
}
