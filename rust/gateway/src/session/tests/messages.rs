//! Messages for tests, built from Kafka's schemas through the tree of values.

use streamward_wire::kafka::{
    ApiKey, Direction, Entity, Field, Kind, Schema, Struct, Value, schema,
};

use super::{TOPICS, id, request_frame};

/// A request.
pub struct Ask {
    pub key: ApiKey,
    pub version: i16,
    pub body: Struct,
}

impl Ask {
    pub fn frame(&self, correlation_id: i32) -> Vec<u8> {
        request_frame(self.key, self.version, correlation_id, &self.body)
    }

    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.body.set(field, value);
        self
    }
}

/// A request with what `fill` puts in.
pub fn ask(key: ApiKey, version: i16, fill: impl FnOnce(&mut Struct)) -> Ask {
    let mut body = Struct::new(schema(key, version, Direction::Request).unwrap());
    fill(&mut body);
    Ask { key, version, body }
}

/// The names that a request gives.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    pub topics: &'a [&'a str],
    pub groups: &'a [&'a str],
    pub transactional_id: &'a str,
}

/// A request that names these, wherever its schema has a place for them: each topic with partition 0.
pub fn naming(key: ApiKey, version: i16, names: Names<'_>) -> Ask {
    let of = schema(key, version, Direction::Request).unwrap();
    ask(key, version, |body| {
        fill(body, of, names);
        if body.has("Acks") {
            body.set("Acks", -1);
        }
        body.set("Key", names.groups[0]);
        let keys = names.groups.iter().map(|name| Value::from(*name));
        body.set("CoordinatorKeys", keys.collect::<Vec<_>>());
        body.set("SubscribedTopicRegex", Value::Null);
        body.set("MemberId", "member");
        body.set("ProtocolType", "consumer");
        body.set("ProtocolName", "range");
        body.set("ForgottenTopicsData", Vec::<Value>::new());
        if key == ApiKey::CONSUMER_GROUP_HEARTBEAT {
            body.set("TopicPartitions", Value::Null);
        }
        if [
            ApiKey::DESCRIBE_CONFIGS,
            ApiKey::ALTER_CONFIGS,
            ApiKey::INCREMENTAL_ALTER_CONFIGS,
        ]
        .contains(&key)
        {
            let of_topic = |name: &&str| {
                let mut resource = body.element("Resources");
                resource.set("ResourceType", 2).set("ResourceName", *name);
                Value::Struct(resource)
            };
            let resources: Vec<Value> = names.topics.iter().map(of_topic).collect();
            body.set("Resources", resources);
        }
    })
}

fn fill(holder: &mut Struct, of: &'static Schema, names: Names<'_>) {
    for field in of.all() {
        let value = if field.array {
            array(holder, field, names)
        } else {
            single(holder, field, names)
        };
        if let Some(value) = value {
            holder.set(field.name, value);
        }
    }
}

fn array(holder: &Struct, field: &'static Field, names: Names<'_>) -> Option<Value> {
    let elements: Vec<Value> = match (field.structure(), field.entity) {
        (None, Some(Entity::TopicName)) => texts(names.topics),
        (None, Some(Entity::GroupId)) => texts(names.groups),
        (None, Some(Entity::TransactionalId)) => texts(&[names.transactional_id]),
        (None, _) if field.kind == Kind::Int32 => vec![Value::Int(0)],
        (None, _) if field.name == "Groups" => texts(names.groups),
        (None, _) => return None,
        (Some(inner), _) => {
            let has = |name: &str| inner.field(name).is_some();
            let topics = has("TopicId")
                || inner
                    .fields
                    .iter()
                    .any(|it| it.entity == Some(Entity::TopicName));
            let groups = inner
                .fields
                .iter()
                .any(|it| it.entity == Some(Entity::GroupId));
            let one = |names: Names<'_>| {
                let mut element = holder.element(field.name);
                fill(&mut element, inner, names);
                Value::Struct(element)
            };
            if topics {
                let each = |topic: &&str| {
                    one(Names {
                        topics: &[*topic],
                        ..names
                    })
                };
                names.topics.iter().map(each).collect()
            } else if groups {
                let each = |group: &&str| {
                    one(Names {
                        groups: &[*group],
                        ..names
                    })
                };
                names.groups.iter().map(each).collect()
            } else {
                vec![one(names)]
            }
        }
    };
    Some(elements.into())
}

fn single(holder: &Struct, field: &'static Field, names: Names<'_>) -> Option<Value> {
    let topic = names.topics.first().copied().unwrap_or_default();
    let value = match (field.entity, field.kind) {
        (Some(Entity::TopicName), _) if holder.has("TopicId") && field.nullable => {
            Value::from(topic)
        }
        (Some(Entity::TopicName), _) => Value::from(topic),
        (Some(Entity::GroupId), _) => Value::from(names.groups[0]),
        (Some(Entity::TransactionalId), _) => Value::from(names.transactional_id),
        // By id only where there is no name.
        (None, Kind::Uuid) if field.name == "TopicId" && !holder.has("Name") => {
            Value::Uuid(topic_id(topic))
        }
        (None, Kind::Records) => batch(0, 1, 0).into(),
        _ => return None,
    };
    Some(value)
}

/// The id of a topic of these tests; one of nobody for any other name.
pub fn topic_id(name: &str) -> [u8; 16] {
    let known = TOPICS.iter().find(|(topic, _)| *topic == name);
    id(known.map_or(99, |(_, byte)| *byte))
}

fn texts(names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| Value::from(*name)).collect()
}

/// A record batch of magic 2 whose records are not looked into.
pub fn batch(base_offset: i64, records: u32, attributes: i16) -> bytes::Bytes {
    let payload = [7_u8; 10];
    let mut out = Vec::new();
    out.extend(base_offset.to_be_bytes());
    out.extend((49 + i32::try_from(payload.len()).unwrap()).to_be_bytes());
    out.extend([0, 0, 0, 0, 2, 0, 0, 0, 0]);
    out.extend(attributes.to_be_bytes());
    out.extend((i32::try_from(records).unwrap() - 1).to_be_bytes());
    out.extend([0; 16]);
    out.extend((-1_i64).to_be_bytes());
    out.extend((-1_i16).to_be_bytes());
    out.extend((-1_i32).to_be_bytes());
    out.extend(i32::try_from(records).unwrap().to_be_bytes());
    out.extend(payload);
    out.into()
}

/// Every error code but 0 in an answer, as `names/partition:code`; an id is `#` and its first byte.
pub fn codes(answer: &Struct) -> Vec<String> {
    let mut found = Vec::new();
    collect(answer, "", &mut found);
    found
}

fn collect(holder: &Struct, path: &str, found: &mut Vec<String>) {
    let mut path = path.to_owned();
    for field in holder.schema().all() {
        let part = match holder.get(field.name) {
            Value::Str(text) if !text.is_empty() && names_something(field.name) => text.clone(),
            Value::Uuid(id) if field.name == "TopicId" && *id != [0; 16] => format!("#{}", id[0]),
            Value::Int(number) if is_partition(field.name) => number.to_string(),
            _ => continue,
        };
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(&part);
    }
    for field in holder.schema().all() {
        match holder.get(field.name) {
            Value::Int(code) if field.name.ends_with("ErrorCode") && *code != 0 => {
                found.push(format!("{path}:{code}"));
            }
            Value::Array(elements) => {
                let inner = elements.iter().filter_map(Value::as_struct);
                inner.for_each(|it| collect(it, &path, found));
            }
            Value::Struct(inner) => collect(inner, &path, found),
            _ => {}
        }
    }
}

fn names_something(field: &str) -> bool {
    [
        "Name",
        "Topic",
        "TopicName",
        "GroupId",
        "Key",
        "TransactionalId",
        "ResourceName",
    ]
    .contains(&field)
}

fn is_partition(field: &str) -> bool {
    ["PartitionIndex", "PartitionId", "Partition", "Index"].contains(&field)
}
