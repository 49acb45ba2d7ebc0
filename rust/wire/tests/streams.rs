//! A message that arrives in pieces shows the same values as one that is whole.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::ops::Range;

use streamward_wire::kafka::{Field, Leaf, Progress, Schema, Stream, Visitor, walk};
use streamward_wire::{Limits, WireError};

use support::{Random, encoded, message, schemas};

/// What a visitor was shown, as text; record batches by their length, because a stream leaves them out.
#[derive(Default)]
struct Shown(Vec<String>);

impl<'a> Visitor<'a> for Shown {
    fn array(&mut self, field: &'static Field, count: Option<usize>) -> Result<(), WireError> {
        self.0.push(format!("array {} {count:?}", field.name));
        Ok(())
    }
    fn array_end(&mut self, field: &'static Field) -> Result<(), WireError> {
        self.0.push(format!("array end {}", field.name));
        Ok(())
    }
    fn element(&mut self, field: &'static Field, index: usize) -> Result<(), WireError> {
        self.0.push(format!("element {} {index}", field.name));
        Ok(())
    }
    fn element_end(&mut self, field: &'static Field, index: usize) -> Result<(), WireError> {
        self.0.push(format!("element end {} {index}", field.name));
        Ok(())
    }
    fn structure(&mut self, field: &'static Field, present: bool) -> Result<(), WireError> {
        self.0.push(format!("structure {} {present}", field.name));
        Ok(())
    }
    fn structure_end(&mut self, field: &'static Field) -> Result<(), WireError> {
        self.0.push(format!("structure end {}", field.name));
        Ok(())
    }
    fn tagged(&mut self, field: &'static Field, _at: Range<usize>) -> Result<(), WireError> {
        self.0.push(format!("tagged {}", field.name));
        Ok(())
    }
    fn unknown_tag(&mut self, tag: u32, value: &'a [u8]) -> Result<(), WireError> {
        self.0.push(format!("unknown {tag} {value:?}"));
        Ok(())
    }
    fn leaf(
        &mut self,
        field: &'static Field,
        leaf: Leaf<'a>,
        _at: Range<usize>,
    ) -> Result<(), WireError> {
        let text = match (field.kind, leaf) {
            (streamward_wire::kafka::Kind::Records, Leaf::Bytes(bytes)) => {
                format!("records {}", bytes.map_or(0, <[u8]>::len))
            }
            _ => format!("{} {leaf:?}", field.name),
        };
        self.0.push(text);
        Ok(())
    }
}

/// Feeds `body` with a random number of bytes more at each call.
fn streamed(
    schema: &'static Schema,
    body: &[u8],
    random: &mut Random,
) -> Result<Vec<String>, WireError> {
    let limits = Limits::default();
    let mut stream = Stream::new(schema, body.len(), &limits)?;
    let mut shown = Shown::default();
    let (mut consumed, mut arrived) = (0, 0);
    loop {
        let (bytes, progress) = stream.advance(&body[consumed..arrived], &mut shown)?;
        consumed += bytes;
        assert!(consumed <= arrived, "consumed what has not arrived");
        match progress {
            Progress::Done => {
                assert_eq!(stream.left(), body.len() - consumed);
                return Ok(shown.0);
            }
            Progress::Records(length) => {
                shown.0.push(format!("records {length}"));
                stream.skip(length);
                consumed += length;
                arrived = arrived.max(consumed);
            }
            Progress::More => {
                assert!(arrived < body.len(), "asks for more than the message has");
                arrived = (arrived + 1 + random.below(7)).min(body.len());
            }
        }
    }
}

#[test]
fn pieces_show_what_the_whole_shows() {
    for seed in 1..6 {
        for schema in schemas() {
            let mut random = Random(seed);
            let body = encoded(&message(schema, &mut random));
            let mut whole = Shown::default();
            walk(schema, &body, &Limits::default(), &mut whole).unwrap();
            let pieces = streamed(schema, &body, &mut random).unwrap();
            assert_eq!(
                pieces, whole.0,
                "{} {} seed {seed}",
                schema.name, schema.version
            );
        }
    }
}

#[test]
fn a_message_that_ends_early_is_never_done() {
    for schema in schemas() {
        let mut random = Random(7);
        let body = encoded(&message(schema, &mut random));
        for length in 0..body.len() {
            let outcome = streamed(schema, &body[..length], &mut random);
            assert!(
                outcome.is_err(),
                "{} {} at {length}",
                schema.name,
                schema.version
            );
        }
    }
}

#[test]
fn records_longer_than_the_message_are_refused_before_they_arrive() {
    use streamward_wire::kafka::{ApiKey, Direction, Struct, Value, schema};
    let schema = schema(ApiKey::FETCH, 12, Direction::Response).unwrap();
    let mut answer = Struct::new(schema);
    let mut topic = answer.element("Responses");
    let mut partition = topic.element("Partitions");
    partition.set("Records", Value::Bytes(vec![0; 100].into()));
    topic.set("Partitions", vec![Value::Struct(partition)]);
    answer.set("Responses", vec![Value::Struct(topic)]);
    let body = encoded(&answer);
    let mut stream = Stream::new(schema, body.len() - 50, &Limits::default()).unwrap();
    let (mut consumed, mut refused_at) = (0, None);
    for arrived in 0..body.len() - 50 {
        match stream.advance(&body[consumed..arrived], &mut Shown::default()) {
            Ok((bytes, Progress::More)) => consumed += bytes,
            Ok((_, progress)) => panic!("{progress:?} with {arrived} bytes"),
            Err(_) => {
                refused_at = Some(arrived);
                break;
            }
        }
    }
    let records_begin = body.len() - 100 - 3;
    assert!(
        refused_at.is_some_and(|at| at <= records_begin),
        "{refused_at:?}"
    );
}
