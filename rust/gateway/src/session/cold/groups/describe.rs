//! Descriptions of groups, of each kind of group.

use std::collections::HashSet;

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use crate::session::authorize::Permission;
use crate::session::{Close, Head, Session, Shaping, Verdict};

/// What a broker says of a group that is hidden for its topics.
const HIDDEN_FOR_TOPICS: &str =
    "The group has described topic(s) that the client is not authorized to describe.";
/// And of a streams group.
const HIDDEN_FOR_TOPOLOGY: &str =
    "The described group uses topics that the client is not authorized to describe.";

impl Session {
    /// Describe on each group. A group of a newer kind that uses any topic which may not be described is
    /// replaced by an error.
    pub(in crate::session::cold) fn describe_groups(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let list = match head.key {
            ApiKey::DESCRIBE_GROUPS => "Groups",
            _ => "GroupIds",
        };
        let denied = self.denied_groups(head, Action::Describe, list, request, now)?;
        let mut answer = head.response()?;
        let refused = denied.iter();
        let refused: Vec<Value> = refused
            .map(|group| refused_group(&answer, "Groups", group))
            .collect();
        if request.array(list).is_empty() && !refused.is_empty() {
            answer.set("Groups", refused);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        let verdict = if refused.is_empty() {
            Verdict::Forward
        } else {
            Verdict::Rewrite(head.rewrite(frame, request, &self.limits)?)
        };
        let api = (head.key, head.version);
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, now| {
                session.shape_group_operations(answer, now)?;
                session.hide_groups(api, answer, now)?;
                if let Some(groups) = answer.array_mut("Groups") {
                    groups.splice(0..0, refused);
                }
                Ok(())
            })),
        );
        Ok(verdict)
    }

    /// Replaces groups that use a topic which the caller may not describe.
    fn hide_groups(
        &mut self,
        api: (ApiKey, i16),
        answer: &mut Struct,
        now: i64,
    ) -> Result<(), Close> {
        if api.0 == ApiKey::DESCRIBE_GROUPS {
            // What members of this protocol say of topics is theirs, and opaque to brokers.
            return Ok(());
        }
        let blank = answer.element("Groups");
        let Some(groups) = answer.array_mut("Groups") else {
            return Ok(());
        };
        for group in groups.iter_mut().filter_map(Value::as_struct_mut) {
            let (topics, why) = if api.0 == ApiKey::STREAMS_GROUP_DESCRIBE {
                (topics_of_topology(group), HIDDEN_FOR_TOPOLOGY)
            } else {
                (assigned_topics(group), HIDDEN_FOR_TOPICS)
            };
            if self.sees_all(api, &topics, now)? {
                self.hide_subscriptions(api, group, now)?;
                continue;
            }
            let mut hidden = blank.clone();
            hidden
                .set("GroupId", group.str("GroupId").unwrap_or_default())
                .set("ErrorCode", error::TOPIC_AUTHORIZATION_FAILED)
                .set("ErrorMessage", why)
                .set("Topology", Value::Null);
            *group = hidden;
        }
        Ok(())
    }

    fn sees_all(
        &mut self,
        api: (ApiKey, i16),
        topics: &HashSet<String>,
        now: i64,
    ) -> Result<bool, Close> {
        for topic in topics {
            let permission =
                self.authorize(api, Action::Describe, ResourceKind::Stream, topic, now)?;
            if matches!(permission, Permission::Denied) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// SECURITY: what a member's regular expression found stands here as names, by that member's rights;
    /// whoever describes the group must not learn names by it.
    fn hide_subscriptions(
        &mut self,
        api: (ApiKey, i16),
        group: &mut Struct,
        now: i64,
    ) -> Result<(), Close> {
        let Some(members) = group.array_mut("Members") else {
            return Ok(());
        };
        for member in members.iter_mut().filter_map(Value::as_struct_mut) {
            let Some(names) = member.array_mut("SubscribedTopicNames") else {
                continue;
            };
            let mut seen = Vec::with_capacity(names.len());
            for name in std::mem::take(names) {
                let topic = name.as_str().unwrap_or_default();
                if self.may_see(api, ResourceKind::Stream, topic, now)? {
                    seen.push(name);
                }
            }
            *names = seen;
        }
        Ok(())
    }
}

/// The entry of a group that may not be described or deleted.
pub(super) fn refused_group(answer: &Struct, list: &str, group: &str) -> Value {
    let mut entry = answer.element(list);
    entry
        .set("GroupId", group)
        .set("ErrorCode", error::GROUP_AUTHORIZATION_FAILED);
    Value::Struct(entry)
}

/// Topics of the members' assignments, those of now and those that are aimed at.
fn assigned_topics(group: &Struct) -> HashSet<String> {
    let members = group.structs("Members");
    let assignments = members.flat_map(|member| {
        let both = ["Assignment", "TargetAssignment"].into_iter();
        both.filter_map(|field| member.get(field).as_struct())
    });
    let topics = assignments.flat_map(|assignment| assignment.structs("TopicPartitions"));
    let names = topics.filter_map(|topic| topic.str("TopicName"));
    names.map(str::to_owned).collect()
}

/// Topics that a streams group reads and writes.
fn topics_of_topology(holder: &Struct) -> HashSet<String> {
    let Some(topology) = holder.get("Topology").as_struct() else {
        return HashSet::new();
    };
    let mut names = HashSet::new();
    for subtopology in topology.structs("Subtopologies") {
        let sinks = subtopology.array("RepartitionSinkTopics").iter();
        names.extend(sinks.filter_map(|it| it.as_str().map(str::to_owned)));
        names.extend(source_topics(subtopology));
        names.extend(internal_topics(subtopology));
    }
    names
}

/// Topics that a part of a topology reads and that somebody else has to make.
pub(super) fn source_topics(subtopology: &Struct) -> impl Iterator<Item = String> {
    let topics = subtopology.array("SourceTopics").iter();
    topics.filter_map(|topic| topic.as_str().map(str::to_owned))
}

/// Topics that brokers make for a part of a topology.
pub(super) fn internal_topics(subtopology: &Struct) -> impl Iterator<Item = String> {
    let lists = ["RepartitionSourceTopics", "StateChangelogTopics"].into_iter();
    let topics = lists.flat_map(|list| subtopology.structs(list));
    topics.filter_map(|topic| topic.str("Name").map(str::to_owned))
}
