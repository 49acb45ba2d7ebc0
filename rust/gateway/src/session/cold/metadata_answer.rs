//! The broker's answer to Metadata, as far as it is for the caller.

use std::collections::HashSet;

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{ApiKey, Struct, Value};

use super::Naming;
use crate::session::{Close, Session};

/// Stands for a topic that is named otherwise.
pub(super) const NO_ID: [u8; 16] = [0; 16];

/// What an answer was asked for.
pub(super) enum Asked {
    /// Everything: what may not be seen is left out.
    All,
    /// Some topics by name, or some by id, which get no name where they are denied.
    Some(HashSet<[u8; 16]>),
}

impl Session {
    /// Decides an answer topic by topic, and makes its addresses and operations the caller's.
    pub(super) fn shape_metadata(
        &mut self,
        api: (ApiKey, i16),
        answer: &mut Struct,
        asked: &Asked,
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
            match asked {
                Asked::All => {
                    if !self.may_see(api, ResourceKind::Stream, &name, now)? {
                        continue;
                    }
                }
                Asked::Some(ids) => {
                    let naming = Naming::Name(&name);
                    if let Err(code) = self.admit(api, Action::Describe, &naming, now)? {
                        // An id gets no name, and a name, whose right ended meanwhile, no id.
                        let mut refused = answer.element("Topics");
                        if id != NO_ID && ids.contains(&id) {
                            refused.set("Name", Value::Null).set("TopicId", id);
                        } else {
                            refused.set("Name", name);
                        }
                        refused.set("ErrorCode", code);
                        seen.push(Value::Struct(refused));
                        continue;
                    }
                }
            }
            self.shape_topic_operations(entry, &name, now)?;
            seen.push(topic);
        }
        answer.set("Topics", seen);
        show_reachable_controller(answer);
        self.shape_cluster_operations(api, answer, now)
    }
}

/// Any broker passes on what is for the controller; one without an address here is of no use to a client.
fn show_reachable_controller(answer: &mut Struct) {
    let controller = answer.int("ControllerId");
    let nodes = answer.structs("Brokers").map(|node| node.int("NodeId"));
    let nodes: Vec<i64> = nodes.collect();
    if let (true, false, Some(first)) =
        (controller >= 0, nodes.contains(&controller), nodes.first())
    {
        answer.set("ControllerId", *first);
    }
}
