//! While nothing can be recorded nothing happens: each API's own retriable error, or the end of the connection.

use streamward_wire::kafka::access::{self, Access, Topics};
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use super::{FETCH, Naming, PRODUCE, refuse_topics};
use crate::session::{Close, Head, Session, Verdict};

/// Where an answer says that a request is to be sent again.
enum Form {
    /// In the error code at the top.
    Top,
    /// In every partition.
    Partitions(&'static Topics),
    /// In every partition, named as the row of the access table says.
    Governed,
    /// In every partition of a request to add them to a transaction.
    AddedPartitions,
    /// In every element: the request's array, the answer's, and the field that names one. Versions without
    /// that array have the error at the top.
    Each(&'static str, &'static str, &'static str),
}

/// Records: whoever writes or reads them tries again.
const STORAGE: i16 = error::KAFKA_STORAGE_ERROR;
/// Groups and transactions: clients look for the coordinator and try again.
const COORDINATOR: i16 = error::COORDINATOR_NOT_AVAILABLE;

/// What has no entry has no error that its clients would try again after: the connection ends.
#[rustfmt::skip]
static FORMS: &[(ApiKey, i16, Form)] = &[
    (ApiKey::PRODUCE, STORAGE, Form::Partitions(&PRODUCE)),
    (ApiKey::FETCH, STORAGE, Form::Partitions(&FETCH)),
    (ApiKey::SHARE_FETCH, STORAGE, Form::Top),
    (ApiKey::SHARE_ACKNOWLEDGE, STORAGE, Form::Top),
    (ApiKey::OFFSET_COMMIT, COORDINATOR, Form::Governed),
    (ApiKey::OFFSET_FETCH, COORDINATOR, Form::Each("Groups", "Groups", "GroupId")),
    (ApiKey::FIND_COORDINATOR, COORDINATOR, Form::Each("CoordinatorKeys", "Coordinators", "Key")),
    (ApiKey::JOIN_GROUP, COORDINATOR, Form::Top),
    (ApiKey::HEARTBEAT, COORDINATOR, Form::Top),
    (ApiKey::LEAVE_GROUP, COORDINATOR, Form::Top),
    (ApiKey::SYNC_GROUP, COORDINATOR, Form::Top),
    (ApiKey::DESCRIBE_GROUPS, COORDINATOR, Form::Each("Groups", "Groups", "GroupId")),
    (ApiKey::LIST_GROUPS, COORDINATOR, Form::Top),
    (ApiKey::DELETE_GROUPS, COORDINATOR, Form::Each("GroupsNames", "Results", "GroupId")),
    (ApiKey::OFFSET_DELETE, COORDINATOR, Form::Top),
    (ApiKey::CONSUMER_GROUP_HEARTBEAT, COORDINATOR, Form::Top),
    (ApiKey::CONSUMER_GROUP_DESCRIBE, COORDINATOR, Form::Each("GroupIds", "Groups", "GroupId")),
    (ApiKey::SHARE_GROUP_HEARTBEAT, COORDINATOR, Form::Top),
    (ApiKey::SHARE_GROUP_DESCRIBE, COORDINATOR, Form::Each("GroupIds", "Groups", "GroupId")),
    (ApiKey::STREAMS_GROUP_HEARTBEAT, COORDINATOR, Form::Top),
    (ApiKey::STREAMS_GROUP_DESCRIBE, COORDINATOR, Form::Each("GroupIds", "Groups", "GroupId")),
    (ApiKey::DESCRIBE_SHARE_GROUP_OFFSETS, COORDINATOR, Form::Each("Groups", "Groups", "GroupId")),
    (ApiKey::ALTER_SHARE_GROUP_OFFSETS, COORDINATOR, Form::Top),
    (ApiKey::DELETE_SHARE_GROUP_OFFSETS, COORDINATOR, Form::Top),
    (ApiKey::INIT_PRODUCER_ID, COORDINATOR, Form::Top),
    (ApiKey::ADD_PARTITIONS_TO_TXN, COORDINATOR, Form::AddedPartitions),
    (ApiKey::ADD_OFFSETS_TO_TXN, COORDINATOR, Form::Top),
    (ApiKey::END_TXN, COORDINATOR, Form::Top),
    (ApiKey::TXN_OFFSET_COMMIT, COORDINATOR, Form::Governed),
    (ApiKey::DESCRIBE_TRANSACTIONS, COORDINATOR,
        Form::Each("TransactionalIds", "TransactionStates", "TransactionalId")),
    (ApiKey::LIST_TRANSACTIONS, COORDINATOR, Form::Top),
];

impl Session {
    /// While nothing can be recorded nothing happens: a retriable error, or the end of the connection.
    pub(in crate::session) fn refuse_unrecorded(
        &mut self,
        head: &Head,
        frame: &[u8],
        why: &str,
    ) -> Verdict {
        self.tally.unrecorded();
        let answer = FORMS
            .iter()
            .find(|(key, ..)| *key == head.key)
            .and_then(|(_, code, form)| self.again(head, frame, *code, form));
        match answer.map(|answer| head.reply(&answer)) {
            Some(Ok(answer)) => Verdict::Reply(answer),
            _ => Verdict::Close(Close::Unrecorded {
                what: why.to_owned(),
            }),
        }
    }

    fn again(&self, head: &Head, frame: &[u8], code: i16, form: &Form) -> Option<Struct> {
        let request = self.decode_request(head, frame).ok()?;
        if request.has("Acks") && request.int("Acks") == 0 {
            return None;
        }
        match form {
            Form::Partitions(topics) => refuse_topics(head, &request, topics, code).ok(),
            Form::Governed => {
                let Access::Governed(governed) = &access::row(head.key, head.version)?.access
                else {
                    return None;
                };
                let topics = governed.topics.as_ref()?;
                refuse_topics(head, &request, topics, code).ok()
            }
            Form::AddedPartitions => {
                super::transactions::refuse_partitions(head, &request, code).ok()
            }
            Form::Each(list, answer, name) if request.has(list) => {
                each(head, &request, (list, answer, name), code)
            }
            Form::Top | Form::Each(..) => top(head, code),
        }
    }
}

fn top(head: &Head, code: i16) -> Option<Struct> {
    let mut answer = head.response().ok()?;
    answer.has("ErrorCode").then(|| {
        answer.set("ErrorCode", code);
        answer
    })
}

fn each(
    head: &Head,
    request: &Struct,
    (list, answers, name): (&str, &str, &str),
    code: i16,
) -> Option<Struct> {
    let mut answer = head.response().ok()?;
    let entries = request.array(list).iter().map(|element| {
        let mut entry = answer.element(answers);
        if let Naming::Name(named) = Naming::of(element, name) {
            entry.set(name, named);
        }
        entry
            .set("ErrorCode", code)
            .set("NodeId", -1)
            .set("Port", -1);
        Value::Struct(entry)
    });
    let entries: Vec<Value> = entries.collect();
    answer.set(answers, entries);
    Some(answer)
}

#[cfg(test)]
mod tests {
    use streamward_wire::kafka::{Direction, Entity, Schema, schema};

    use super::*;

    /// Does it name a group or a transaction?
    fn coordinated(of: &Schema) -> bool {
        let ours = [Some(Entity::GroupId), Some(Entity::TransactionalId)];
        of.all()
            .any(|field| ours.contains(&field.entity) || field.structure().is_some_and(coordinated))
    }

    #[test]
    fn clients_of_records_groups_and_transactions_are_told_to_try_again() {
        for row in access::served() {
            let of = schema(row.key, row.versions.1, Direction::Request).unwrap();
            let records = [ApiKey::PRODUCE, ApiKey::FETCH].contains(&row.key);
            let has_form = FORMS.iter().any(|(key, ..)| *key == row.key);
            assert!(
                has_form || !(records || coordinated(of)),
                "{} has no answer while nothing can be recorded",
                row.key.name()
            );
        }
    }
}
