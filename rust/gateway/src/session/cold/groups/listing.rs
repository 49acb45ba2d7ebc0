//! Groups by the dozen: listed, deleted.

use std::collections::HashSet;

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{Struct, Value};

use crate::session::{Close, Head, Session, Shaping, Verdict};

impl Session {
    /// Describe on the cluster shows all groups, as in Kafka; else those that may not be seen are left out.
    pub(in crate::session::cold) fn list_groups(&mut self, head: &Head) -> Verdict {
        let api = (head.key, head.version);
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, now| {
                let cluster = session.cluster_name();
                if session.may_see(api, ResourceKind::Cluster, &cluster, now)? {
                    return Ok(());
                }
                let groups = answer
                    .array_mut("Groups")
                    .map(std::mem::take)
                    .unwrap_or_default();
                let mut seen = Vec::new();
                for group in groups {
                    let name = group
                        .as_struct()
                        .and_then(|it| it.str("GroupId"))
                        .unwrap_or_default();
                    if session.may_see(api, ResourceKind::Group, name, now)? {
                        seen.push(group);
                    }
                }
                answer.set("Groups", seen);
                Ok(())
            })),
        );
        Verdict::Forward
    }

    /// Delete on each group; one that is named twice is answered once.
    pub(in crate::session::cold) fn delete_groups(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let denied = self.denied_groups(head, Action::Delete, "GroupsNames", request, now)?;
        if denied.is_empty() {
            self.expect(head, Shaping::Forward);
            return Ok(Verdict::Forward);
        }
        let mut answer = head.response()?;
        let mut named = HashSet::new();
        let refused = denied.iter().filter(|group| named.insert(*group));
        let refused: Vec<Value> = refused
            .map(|group| super::describe::refused_group(&answer, "Results", group))
            .collect();
        if request.array("GroupsNames").is_empty() {
            answer.set("Results", refused);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        self.forward_rest(head, frame, request, "Results", refused)
    }
}
