//! `DescribeProducers`: who writes to a partition.

use streamward_policy::{Action, ResourceKind};
use streamward_wire::kafka::{Struct, Value, error};

use crate::session::{Close, Head, Session, Shaping, Verdict};

/// Longest name that Kafka gives a topic, in UTF-16 units as Java counts.
const NAME_UNITS_MAX: usize = 249;

impl Session {
    /// A name must be valid, then Read on the topic; the answer has the order of the request.
    pub(super) fn describe_producers(
        &mut self,
        head: &Head,
        frame: &[u8],
        request: &mut Struct,
        now: i64,
    ) -> Result<Verdict, Close> {
        let mut answer = head.response()?;
        let (mut allowed, mut places) = (Vec::new(), Vec::new());
        for topic in request.array("Topics") {
            let name = topic
                .as_struct()
                .and_then(|it| it.str("Name"))
                .unwrap_or_default();
            let refused = if let Some(why) = invalid_name(name) {
                Some((error::INVALID_TOPIC_EXCEPTION, why))
            } else if self.permitted(head, Action::Read, ResourceKind::Stream, name, now)? {
                None
            } else {
                let code = error::TOPIC_AUTHORIZATION_FAILED;
                let why = error::error_message(code).unwrap_or_default();
                Some((code, why.to_owned()))
            };
            if refused.is_none() {
                allowed.push(topic.clone());
            }
            places.push(refused.map(|(code, why)| refused_topic(&answer, topic, code, &why)));
        }
        if allowed.len() == places.len() {
            self.expect(head, Shaping::Forward);
            return Ok(Verdict::Forward);
        }
        if allowed.is_empty() {
            answer.set("Topics", in_places(places, Vec::new()));
            return Ok(Verdict::Reply(head.reply(&answer)?));
        }
        request.set("Topics", allowed);
        let rewritten = head.rewrite(frame, request, &self.limits)?;
        self.expect(
            head,
            Shaping::Edit(Box::new(move |_, answer, _| {
                let found = answer.array_mut("Topics").map(std::mem::take);
                answer.set("Topics", in_places(places, found.unwrap_or_default()));
                Ok(())
            })),
        );
        Ok(Verdict::Rewrite(rewritten))
    }
}

/// Refusals in their places, and what the broker found in the places between.
pub(super) fn in_places(places: Vec<Option<Value>>, found: Vec<Value>) -> Vec<Value> {
    let mut found = found.into_iter();
    let mut list: Vec<Value> = places
        .into_iter()
        .filter_map(|place| place.or_else(|| found.next()))
        .collect();
    list.extend(found);
    list
}

fn refused_topic(answer: &Struct, topic: &Value, code: i16, why: &str) -> Value {
    let mut refused = answer.element("Topics");
    let Some(topic) = topic.as_struct() else {
        return Value::Struct(refused);
    };
    let partitions = topic.array("PartitionIndexes").iter().map(|index| {
        let mut partition = refused.element("Partitions");
        partition
            .set("PartitionIndex", index.as_int().unwrap_or(-1))
            .set("ErrorCode", code)
            .set("ErrorMessage", why);
        Value::Struct(partition)
    });
    let partitions: Vec<Value> = partitions.collect();
    refused
        .set("Name", topic.str("Name").unwrap_or_default())
        .set("Partitions", partitions);
    Value::Struct(refused)
}

/// Why Kafka gives no topic such a name (`Topic.validate`).
fn invalid_name(name: &str) -> Option<String> {
    let legal = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    let why = match name {
        "" => "the empty string is not allowed".to_owned(),
        "." => "'.' is not allowed".to_owned(),
        ".." => "'..' is not allowed".to_owned(),
        _ if name.encode_utf16().count() > NAME_UNITS_MAX => {
            format!("the length of '{name}' is longer than the max allowed length {NAME_UNITS_MAX}")
        }
        _ if !name.chars().all(legal) => format!(
            "'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
        ),
        _ => return None,
    };
    Some(format!("Topic name is invalid: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_valid_as_kafka_has_it() {
        for name in ["a", "A-z_0.9", "...", &"x".repeat(249)] {
            assert_eq!(invalid_name(name), None, "{name}");
        }
        for name in ["", ".", "..", "a b", "ä", "a/b", &"x".repeat(250)] {
            assert!(invalid_name(name).is_some(), "{name}");
        }
    }
}
