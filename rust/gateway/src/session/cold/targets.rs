//! What a request asks to be removed: topics by name and by id.

use streamward_wire::kafka::{Struct, Value, error};

use super::topics::{DUPLICATE_NAME, repeated};

const NO_ID: [u8; 16] = [0; 16];

/// What one element of a request asks to be removed.
#[derive(Clone, Debug)]
pub enum Target {
    /// By name.
    Name(String),
    /// By id.
    Id([u8; 16]),
}

impl Target {
    /// What the broker said of a topic that could not be removed, or that stands there wrongly.
    pub fn entry(&self, answer: &Struct, code: i16, why: Option<&str>) -> Value {
        let (name, id) = match self {
            Self::Name(name) => (Some(name.as_str()), NO_ID),
            Self::Id(id) => (None, *id),
        };
        entry(answer, name, id, code, why)
    }
}

/// An element of the answer.
pub fn entry(
    answer: &Struct,
    name: Option<&str>,
    id: [u8; 16],
    code: i16,
    why: Option<&str>,
) -> Value {
    let mut entry = answer.element("Responses");
    entry
        .set("Name", name)
        .set("TopicId", id)
        .set("ErrorCode", code)
        .set("ErrorMessage", why);
    Value::Struct(entry)
}

/// What a request asks to be removed, and the answers to what it asks wrongly.
pub fn targets(request: &Struct, answer: &Struct) -> (Vec<Target>, Vec<Value>) {
    let (mut names, mut ids, mut answered) = (Vec::new(), Vec::new(), Vec::new());
    names.extend(request.array("TopicNames").iter().filter_map(Value::as_str));
    for topic in request.structs("Topics") {
        let why = match (topic.str("Name"), topic.uuid("TopicId")) {
            (None, NO_ID) => "Neither topic name nor id were specified.",
            (None, id) => {
                ids.push(id);
                continue;
            }
            (Some(name), NO_ID) => {
                names.push(name);
                continue;
            }
            (Some(_), _) => "You may not specify both topic name and topic id.",
        };
        let (name, id) = (topic.str("Name"), topic.uuid("TopicId"));
        answered.push(entry(answer, name, id, error::INVALID_REQUEST, Some(why)));
    }
    let (twice, ids_twice) = (
        repeated(names.iter().copied()),
        repeated(ids.iter().copied()),
    );
    for name in &twice {
        let target = Target::Name((*name).to_owned());
        answered.push(target.entry(answer, error::INVALID_REQUEST, Some(DUPLICATE_NAME)));
    }
    for id in &ids_twice {
        let why = Some("Duplicate topic id.");
        answered.push(Target::Id(*id).entry(answer, error::INVALID_REQUEST, why));
    }
    let names = names.into_iter().filter(|name| !twice.contains(name));
    let ids = ids.into_iter().filter(|id| !ids_twice.contains(id));
    let targets = names.map(|name| Target::Name(name.to_owned()));
    (targets.chain(ids.map(Target::Id)).collect(), answered)
}
