//! Metadata: what exists, as far as the caller may know, at addresses that are the gateway's.

use std::collections::HashSet;

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use super::Naming;
use crate::session::{Close, Head, Session, Shaping, Verdict};

/// "Not asked for" in Kafka's bit fields of operations.
pub(super) const NOT_ASKED: i64 = -2_147_483_648;

/// Kafka's operations on a topic, with their bits (`AclOperation.code`).
const TOPIC_BITS: &[(Action, u32)] = &[
    (Action::Read, 3),
    (Action::Write, 4),
    (Action::Create, 5),
    (Action::Delete, 6),
    (Action::Alter, 7),
    (Action::Describe, 8),
    (Action::DescribeConfigs, 10),
    (Action::AlterConfigs, 11),
];

/// And on the cluster.
const CLUSTER_BITS: &[(Action, u32)] = &[
    (Action::Create, 5),
    (Action::Alter, 7),
    (Action::Describe, 8),
    (Action::ClusterAction, 9),
    (Action::DescribeConfigs, 10),
    (Action::AlterConfigs, 11),
    (Action::IdempotentWrite, 12),
];

/// The first version that can ask for topics without making them.
const FIRST_WITHOUT_CREATING: i16 = 4;

impl Session {
    /// Describe on each topic: named ones are refused, the rest of a listing is left out.
    pub(super) fn metadata(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        // Up to version 0 an empty list means all topics, later null does.
        let all = matches!(request.get("Topics"), Value::Null)
            || (head.version == 0 && request.array("Topics").is_empty());
        let (mut allowed, mut refused) = (Vec::new(), Vec::new());
        let mut may_create = true;
        let mut ids = HashSet::new();
        let blank = head.response()?;
        for topic in request.array("Topics") {
            ids.extend(topic.as_struct().map(|it| it.uuid("TopicId")));
            let Naming::Name(name) = Naming::of(topic, "Name") else {
                // An id is decided when the broker has said which topic it is.
                allowed.push(topic.clone());
                continue;
            };
            if self.permitted(head, Action::Describe, ResourceKind::Stream, name, now)? {
                may_create &= self.may_create(name, now)?;
                allowed.push(topic.clone());
            } else {
                let mut entry = blank.element("Topics");
                entry
                    .set("Name", name)
                    .set("ErrorCode", error::TOPIC_AUTHORIZATION_FAILED);
                refused.push(Value::Struct(entry));
            }
        }
        // Below version 4 the broker creates without being asked.
        let asks = request.has("AllowAutoTopicCreation");
        let creates = !asks || request.bool("AllowAutoTopicCreation");
        if creates && !may_create && !asks {
            return self.metadata_without_creating(head, frame, &allowed, &refused);
        }
        let changed = !refused.is_empty() || (creates && !may_create);
        if creates && !may_create {
            request.set("AllowAutoTopicCreation", false);
        }
        let mut verdict = Verdict::Forward;
        if changed {
            if allowed.is_empty() && head.version == 0 {
                // Version 0 has no way to ask for no topics; "all" is left out below, topic by topic.
                return self.metadata_of_none(head, frame, request, refused);
            }
            request.set("Topics", allowed);
            verdict = Verdict::Rewrite(head.rewrite(frame, request, &self.limits)?);
        }
        let api = (head.key, head.version);
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, now| {
                session.shape_metadata(api, answer, all, &ids, now)?;
                if let Some(topics) = answer.array_mut("Topics") {
                    topics.extend(refused);
                }
                Ok(())
            })),
        );
        Ok(verdict)
    }

    fn metadata_of_none(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        refused: Vec<Value>,
    ) -> Result<Verdict, Close> {
        request.set("Topics", Vec::<Value>::new());
        let rewritten = head.rewrite(frame, request, &self.limits)?;
        let key = head.key;
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, _| {
                session.rewrite_addresses(key, answer);
                answer.set("Topics", refused);
                Ok(())
            })),
        );
        Ok(Verdict::Rewrite(rewritten))
    }

    /// Asks in the first version that can ask for topics without making them.
    fn metadata_without_creating(
        &mut self,
        head: &Head,
        frame: &[u8],
        allowed: &[Value],
        refused: &[Value],
    ) -> Result<Verdict, Close> {
        let newer = Head {
            version: FIRST_WITHOUT_CREATING,
            ..*head
        };
        let mut request = newer.request()?;
        let topics = allowed.iter().filter_map(Value::as_struct).map(|topic| {
            let mut entry = request.element("Topics");
            entry.set("Name", topic.str("Name").unwrap_or_default());
            Value::Struct(entry)
        });
        let topics: Vec<Value> = topics.collect();
        request
            .set("Topics", topics)
            .set("AllowAutoTopicCreation", false);
        let rewritten = newer.rewrite(frame, &request, &self.limits)?;
        let refused: Vec<(String, i64)> = refused
            .iter()
            .filter_map(Value::as_struct)
            .map(|it| {
                (
                    it.str("Name").unwrap_or_default().into(),
                    it.int("ErrorCode"),
                )
            })
            .collect();
        let api = (newer.key, newer.version);
        self.expect(
            head,
            Shaping::Newer {
                upstream: newer.version,
                edit: Box::new(move |session, answer, now| {
                    session.shape_metadata(api, answer, false, &HashSet::new(), now)?;
                    let blank = answer.element("Topics");
                    let refused = refused.into_iter().map(|(name, code)| {
                        let mut entry = blank.clone();
                        entry.set("Name", name).set("ErrorCode", code);
                        Value::Struct(entry)
                    });
                    if let Some(list) = answer.array_mut("Topics") {
                        list.extend(refused);
                    }
                    Ok(())
                }),
            },
        );
        Ok(Verdict::Rewrite(rewritten))
    }

    fn shape_metadata(
        &mut self,
        api: (ApiKey, i16),
        answer: &mut Struct,
        all: bool,
        ids: &HashSet<[u8; 16]>,
        now: i64,
    ) -> Result<(), Close> {
        self.rewrite_addresses(ApiKey::METADATA, answer);
        let topics = answer
            .array_mut("Topics")
            .map(std::mem::take)
            .unwrap_or_default();
        let mut seen = Vec::with_capacity(topics.len());
        for mut topic in topics {
            let Some(entry) = topic.as_struct_mut() else {
                continue;
            };
            let id = entry.uuid("TopicId");
            let Some(name) = entry.str("Name").map(str::to_owned) else {
                seen.push(topic);
                continue;
            };
            self.cluster.learn_topic(id, &name);
            if all {
                if !self.may_see(api, ResourceKind::Stream, &name, now)? {
                    continue;
                }
            } else {
                let naming = Naming::Name(&name);
                if let Err(code) = self.admit(api, Action::Describe, &naming, now)? {
                    // An id gets no name, and a name, whose right ended meanwhile, no id.
                    let mut refused = answer.element("Topics");
                    if id != [0; 16] && ids.contains(&id) {
                        refused.set("Name", Value::Null).set("TopicId", id);
                    } else {
                        refused.set("Name", name);
                    }
                    refused.set("ErrorCode", code);
                    seen.push(Value::Struct(refused));
                    continue;
                }
            }
            if entry.has("TopicAuthorizedOperations")
                && entry.int("TopicAuthorizedOperations") != NOT_ASKED
            {
                let bits = self.operations(TOPIC_BITS, ResourceKind::Stream, &name, now)?;
                entry.set("TopicAuthorizedOperations", bits);
            }
            seen.push(topic);
        }
        answer.set("Topics", seen);
        self.shape_cluster_operations(answer, now)
    }

    /// The cluster's bit field says what the caller may do, not what the gateway may.
    fn shape_cluster_operations(&mut self, answer: &mut Struct, now: i64) -> Result<(), Close> {
        const FIELD: &str = "ClusterAuthorizedOperations";
        if answer.has(FIELD) && answer.int(FIELD) != NOT_ASKED {
            let name = self.cluster_name();
            let bits = self.operations(CLUSTER_BITS, ResourceKind::Cluster, &name, now)?;
            answer.set(FIELD, bits);
        }
        Ok(())
    }

    pub(super) fn operations(
        &mut self,
        bits: &[(Action, u32)],
        kind: ResourceKind,
        name: &str,
        now: i64,
    ) -> Result<i64, Close> {
        let mut field = 0_i64;
        for (action, bit) in bits {
            if self.decide(*action, kind, name, now)?.allowed {
                field |= 1 << bit;
            }
        }
        Ok(field)
    }

    /// Create on the cluster, or on the topic.
    pub(super) fn may_create(&mut self, name: &str, now: i64) -> Result<bool, Close> {
        let cluster = self.cluster_name();
        Ok(self
            .decide(Action::Create, ResourceKind::Cluster, &cluster, now)?
            .allowed
            || self
                .decide(Action::Create, ResourceKind::Stream, name, now)?
                .allowed)
    }

    /// A broker denies this to nobody; its addresses and operations become the caller's.
    pub(super) fn describe_cluster(&mut self, head: &Head) -> Verdict {
        let key = head.key;
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, now| {
                session.rewrite_addresses(key, answer);
                session.shape_cluster_operations(answer, now)
            })),
        );
        Verdict::Forward
    }
}
