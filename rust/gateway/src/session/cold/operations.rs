//! Kafka's bit fields of authorized operations: they say what the caller may do, not what the gateway may.

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{ApiKey, Struct};

use crate::session::authorize::Permission;
use crate::session::{Close, Head, Session, Shaping, Verdict};

/// "Not asked for" in Kafka's bit fields of operations.
pub const NOT_ASKED: i64 = -2_147_483_648;

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

impl Session {
    /// The bits of a topic that an answer shows, if they were asked for.
    pub(super) fn shape_topic_operations(
        &mut self,
        topic: &mut Struct,
        name: &str,
        now: i64,
    ) -> Result<(), Close> {
        const FIELD: &str = "TopicAuthorizedOperations";
        if topic.has(FIELD) && topic.int(FIELD) != NOT_ASKED {
            let bits = self.operations(TOPIC_BITS, ResourceKind::Stream, name, now)?;
            topic.set(FIELD, bits);
        }
        Ok(())
    }

    /// The bits of the cluster: none at all for whoever may not describe it.
    pub(super) fn shape_cluster_operations(
        &mut self,
        api: (ApiKey, i16),
        answer: &mut Struct,
        now: i64,
    ) -> Result<(), Close> {
        const FIELD: &str = "ClusterAuthorizedOperations";
        if !answer.has(FIELD) || answer.int(FIELD) == NOT_ASKED {
            return Ok(());
        }
        let (name, kind) = (self.cluster_name(), ResourceKind::Cluster);
        let bits = match self.authorize(api, Action::Describe, kind, &name, now)? {
            Permission::Allowed(_) => self.operations(CLUSTER_BITS, kind, &name, now)?,
            Permission::Denied => 0,
        };
        answer.set(FIELD, bits);
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

    /// A broker denies this to nobody; its addresses and operations become the caller's.
    pub(super) fn describe_cluster(&mut self, head: &Head) -> Verdict {
        let api = (head.key, head.version);
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, now| {
                session.rewrite_addresses(api.0, answer);
                session.shape_cluster_operations(api, answer, now)
            })),
        );
        Verdict::Forward
    }
}
