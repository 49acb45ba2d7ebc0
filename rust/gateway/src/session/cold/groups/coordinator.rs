//! Who coordinates a group, a transaction, a partition of a share group.

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{Struct, Value, error};

use super::in_order_of;
use crate::session::{Close, Head, Session, Shaping, Verdict};

const KEY_TYPE_GROUP: i64 = 0;
const KEY_TYPE_TRANSACTION: i64 = 1;
const KEY_TYPE_SHARE: i64 = 2;

/// The first version in which coordinators of share groups can be asked for.
const FIRST_WITH_SHARE: i16 = 6;

impl Session {
    /// Describe on each group or transactional id, and for a share group's state what only brokers may;
    /// the coordinator's address becomes ours.
    pub(in crate::session::cold) fn find_coordinator(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let (kind, code) = match request.int("KeyType") {
            KEY_TYPE_GROUP => (ResourceKind::Group, error::GROUP_AUTHORIZATION_FAILED),
            KEY_TYPE_TRANSACTION => (
                ResourceKind::Transaction,
                error::TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
            ),
            KEY_TYPE_SHARE if head.version >= FIRST_WITH_SHARE => {
                let (action, cluster) = (Action::ClusterAction, self.cluster_name());
                if self.permitted(head, action, ResourceKind::Cluster, &cluster, now)? {
                    self.expect_addresses(head);
                    return Ok(Verdict::Forward);
                }
                return refuse_all(head, request, error::CLUSTER_AUTHORIZATION_FAILED, true);
            }
            KEY_TYPE_SHARE => return refuse_all(head, request, error::INVALID_REQUEST, false),
            _ => return refuse_all(head, request, error::INVALID_REQUEST, true),
        };
        if head.response()?.has("Coordinators") {
            return self.find_coordinators(head, frame, request, (kind, code), now);
        }
        let key = request.str("Key").unwrap_or_default();
        if !self.permitted(head, Action::Describe, kind, key, now)? {
            return refuse_all(head, request, code, false);
        }
        self.expect_addresses(head);
        Ok(Verdict::Forward)
    }

    fn find_coordinators(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        (kind, code): (ResourceKind, i16),
        now: i64,
    ) -> Result<Verdict, Close> {
        let mut answer = head.response()?;
        let asked = request.array("CoordinatorKeys").iter();
        let asked: Vec<String> = asked
            .filter_map(|key| key.as_str().map(str::to_owned))
            .collect();
        let (mut allowed, mut refused) = (Vec::new(), Vec::new());
        for key in &asked {
            if self.permitted(head, Action::Describe, kind, key, now)? {
                allowed.push(Value::from(key.as_str()));
            } else {
                refused.push(refused_key(&answer, key, code));
            }
        }
        if refused.is_empty() {
            self.expect_addresses(head);
            return Ok(Verdict::Forward);
        }
        if allowed.is_empty() {
            answer.set("Coordinators", refused);
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        request.set("CoordinatorKeys", allowed);
        let rewritten = head.rewrite(frame, request, &self.limits)?;
        let key = head.key;
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, _| {
                session.rewrite_addresses(key, answer);
                if let Some(list) = answer.array_mut("Coordinators") {
                    list.extend(refused);
                    in_order_of(&asked, list, "Key");
                }
                Ok(())
            })),
        );
        Ok(Verdict::Rewrite(rewritten))
    }

    /// Forwards; the answer's only change is that its addresses become ours.
    fn expect_addresses(&mut self, head: &Head) {
        let key = head.key;
        self.expect(
            head,
            Shaping::Edit(Box::new(move |session, answer, _| {
                session.rewrite_addresses(key, answer);
                Ok(())
            })),
        );
    }
}

fn refused_key(answer: &Struct, key: &str, code: i16) -> Value {
    let mut entry = answer.element("Coordinators");
    entry
        .set("Key", key)
        .set("ErrorCode", code)
        .set("NodeId", -1)
        .set("Port", -1);
    Value::Struct(entry)
}

/// One error for all keys of a request. With several keys only some errors come with their text, as a
/// broker has two ways to refuse.
fn refuse_all(head: &Head, request: &Struct, code: i16, with_text: bool) -> Result<Verdict, Close> {
    let mut answer = head.response()?;
    if !answer.has("Coordinators") {
        answer
            .set("ErrorCode", code)
            .set("ErrorMessage", error::error_message(code))
            .set("NodeId", -1)
            .set("Port", -1);
        return Ok(Verdict::Reply(head.reply(&answer)?));
    }
    let keys = request.array("CoordinatorKeys").iter();
    let refused = keys.filter_map(Value::as_str).map(|key| {
        let mut entry = refused_key(&answer, key, code);
        if let (true, Some(entry)) = (with_text, entry.as_struct_mut()) {
            entry.set("ErrorMessage", error::error_message(code));
        }
        entry
    });
    let refused: Vec<Value> = refused.collect();
    answer.set("Coordinators", refused);
    Ok(Verdict::Reply(head.reply(&answer)?))
}
