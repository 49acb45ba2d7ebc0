//! Groups: coordinators, offsets, listings and descriptions, and the heartbeats of the newer protocols.
//!
//! Every order of checks and every form of a denial is that of Kafka's own broker (`KafkaApis`).

mod classic;
mod consumer;
mod coordinator;
mod describe;
mod listing;
mod offsets;
mod pattern;
mod share;
mod streams;
mod subscription;
mod topologies;

pub(super) use self::classic::{complete_refusal, malformed};
pub(super) use self::offsets::merge_topics;
pub use self::subscription::Subscriptions;
pub use self::topologies::Topologies;
#[cfg(test)]
pub use self::topologies::Topology;

use std::collections::HashMap;

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{Struct, Value};

use super::operations::NOT_ASKED;
use crate::session::{Close, Session};

/// Kafka's operations on a group, with their bits (`AclOperation.code`).
const GROUP_BITS: &[(Action, u32)] = &[
    (Action::Read, 3),
    (Action::Delete, 6),
    (Action::Describe, 8),
    (Action::DescribeConfigs, 10),
    (Action::AlterConfigs, 11),
];

impl Session {
    /// A group's bit field says what the caller may do, not what the gateway may.
    pub(in crate::session) fn shape_group_operations(
        &mut self,
        answer: &mut Struct,
        now: i64,
    ) -> Result<(), Close> {
        const FIELD: &str = "AuthorizedOperations";
        let Some(groups) = answer.array_mut("Groups") else {
            return Ok(());
        };
        for group in groups.iter_mut().filter_map(Value::as_struct_mut) {
            if !group.has(FIELD) || group.int(FIELD) == NOT_ASKED {
                continue;
            }
            let name = group.str("GroupId").unwrap_or_default().to_owned();
            let bits = self.operations(GROUP_BITS, ResourceKind::Group, &name, now)?;
            group.set(FIELD, bits);
        }
        Ok(())
    }
}

/// Puts an answer's elements in the order in which the request named them.
fn in_order_of(names: &[String], list: &mut [Value], field: &str) {
    let mut places = HashMap::with_capacity(names.len());
    for (place, name) in names.iter().enumerate() {
        places.entry(name.as_str()).or_insert(place);
    }
    list.sort_by_key(|element| {
        let name = element.as_struct().and_then(|it| it.str(field));
        name.and_then(|name| places.get(name).copied())
            .unwrap_or(usize::MAX)
    });
}
