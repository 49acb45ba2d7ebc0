//! Answers to what is denied of a request, in the form that its API has for it.

use std::collections::{HashMap, HashSet};

use streamward_wire::kafka::access::Topics;
use streamward_wire::kafka::{ApiKey, Struct, Value};

use super::Naming;
use crate::session::{Close, Head};

/// A refused element of a request: its place in the array, and the error that it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denial {
    /// Place in the request's array.
    pub place: usize,
    /// Kafka's error code.
    pub code: i16,
}

/// Takes refused elements out of a request and gives their answers.
pub fn take_denied(
    request: &mut Struct,
    topics: &Topics,
    answer: &Struct,
    denials: &[Denial],
) -> Vec<Value> {
    let from_a_map = request.schema().key == ApiKey::DELETE_RECORDS;
    let Some(list) = request.array_mut(topics.list) else {
        return Vec::new();
    };
    let refused = denials
        .iter()
        .filter_map(|denial| Some(mirror(list.get(denial.place)?, topics, answer, denial.code)));
    let mut refused: Vec<Value> = refused.collect();
    if from_a_map {
        merge_topics(&mut refused, "Partitions", "PartitionIndex");
    }
    let mut place = 0;
    // Both are in the order of the request.
    let mut places = denials.iter().map(|denial| denial.place).peekable();
    list.retain(|_| {
        let denied = places.next_if_eq(&place).is_some();
        place += 1;
        !denied
    });
    refused
}

/// The answer to a request of which every topic gets the same error.
pub fn refuse_topics(
    head: &Head,
    request: &Struct,
    topics: &Topics,
    code: i16,
) -> Result<Struct, Close> {
    let mut answer = head.response()?;
    let list = request.array(topics.list).iter();
    let refused: Vec<Value> = list
        .map(|element| mirror(element, topics, &answer, code))
        .collect();
    answer.set(topics.answer, refused);
    Ok(answer)
}

/// The answer's element for one of the request: the same names, the error, defaults for the rest.
fn mirror(element: &Value, topics: &Topics, answer: &Struct, code: i16) -> Value {
    let mut refused = answer.element(topics.answer);
    match Naming::of(element, topics.name) {
        Naming::Name(name) => refused.set(topics.answer_name, name),
        // A denied id gets no name.
        Naming::Id(id) => refused
            .set(topics.answer_name, Value::Null)
            .set("TopicId", Value::Uuid(id)),
    };
    let Some(partitions) = &topics.partitions else {
        refused.set("ErrorCode", code);
        return Value::Struct(refused);
    };
    let asked = element
        .as_struct()
        .map_or(&[][..], |topic| topic.array(partitions.list));
    let list = asked.iter().map(|partition| {
        let index = match partition {
            Value::Struct(partition) => partition.int(partitions.index),
            other => other.as_int().unwrap_or(-1),
        };
        let mut entry = refused.element(partitions.answer);
        entry
            .set(partitions.answer_index, index)
            .set(partitions.error, code);
        absent_offsets(&mut entry);
        Value::Struct(entry)
    });
    let list: Vec<Value> = list.collect();
    refused.set(partitions.answer, list);
    Value::Struct(refused)
}

/// What Kafka puts where there is no offset.
fn absent_offsets(partition: &mut Struct) {
    for field in ["BaseOffset", "HighWatermark", "LowWatermark"] {
        partition.set(field, -1);
    }
    if partition.has("Records") {
        partition.set("Records", Value::Bytes(bytes::Bytes::new()));
    }
}

/// Topics that stand there several times as one, and so their partitions, where Kafka answers from a map.
pub(super) fn merge_topics(topics: &mut Vec<Value>, partitions: &str, index: &str) {
    let mut places: HashMap<String, usize> = HashMap::with_capacity(topics.len());
    let mut merged: Vec<Value> = Vec::with_capacity(topics.len());
    for mut topic in std::mem::take(topics) {
        let name = topic.as_struct().and_then(|it| it.str("Name"));
        let name = name.unwrap_or_default().to_owned();
        let place = *places.entry(name).or_insert(merged.len());
        let more = topic
            .as_struct_mut()
            .and_then(|it| it.array_mut(partitions));
        let more = more.map(std::mem::take).unwrap_or_default();
        if merged.len() == place {
            merged.push(topic);
        }
        let first = merged.get_mut(place).and_then(Value::as_struct_mut);
        if let Some(all) = first.and_then(|it| it.array_mut(partitions)) {
            all.extend(more);
        }
    }
    for topic in merged.iter_mut().filter_map(Value::as_struct_mut) {
        let mut seen = HashSet::new();
        if let Some(all) = topic.array_mut(partitions) {
            all.retain(|it| seen.insert(it.as_struct().map(|it| it.int(index))));
        }
    }
    *topics = merged;
}
