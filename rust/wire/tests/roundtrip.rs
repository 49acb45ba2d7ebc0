//! Properties that hold for every message of every API at every version.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use std::ops::Range;

use bytes::Bytes;
use proptest::prelude::*;
use streamward_wire::kafka::{Field, Leaf, Struct, Value, Visitor, walk};
use streamward_wire::{Limits, WireError};
use support::{Random, encoded, message, schemas};

/// Collects every leaf, and checks that each lies where the walk says.
struct Leaves<'a> {
    found: Vec<(&'static str, Value)>,
    end: usize,
    body: &'a [u8],
}

impl<'a> Visitor<'a> for Leaves<'a> {
    fn leaf(
        &mut self,
        field: &'static Field,
        leaf: Leaf<'a>,
        at: Range<usize>,
    ) -> Result<(), WireError> {
        assert!(
            at.start >= self.end && at.end <= self.body.len(),
            "leaves ascend"
        );
        self.end = at.end;
        let value = match leaf {
            Leaf::Bool(held) => Value::Bool(held),
            Leaf::Int(held) => Value::Int(held),
            Leaf::Float(held) => Value::Float(held),
            Leaf::Uuid(held) => Value::Uuid(held),
            Leaf::Str(held) => {
                if let Some(held) = held {
                    assert!(self.body[at].ends_with(held.as_bytes()));
                }
                Value::from(held)
            }
            Leaf::Bytes(held) => {
                if let Some(held) = held {
                    assert!(self.body[at].ends_with(held));
                }
                held.map_or(Value::Null, |held| {
                    Value::Bytes(Bytes::copy_from_slice(held))
                })
            }
        };
        self.found.push((field.name, value));
        Ok(())
    }
}

/// The leaves of a tree; tagged fields that hold their default are not on the wire.
fn leaves(tree: &Struct, found: &mut Vec<(&'static str, Value)>) {
    let presets = Struct::new(tree.schema());
    for field in tree.schema().all() {
        let held = tree.get(field.name);
        if field.tag.is_some() && held == presets.get(field.name) {
            continue;
        }
        match held {
            Value::Array(values) => values.iter().for_each(|value| leaf(field, value, found)),
            Value::Null if field.array => {}
            held => leaf(field, held, found),
        }
    }
}

fn leaf(field: &'static Field, held: &Value, found: &mut Vec<(&'static str, Value)>) {
    match held {
        Value::Struct(inner) => leaves(inner, found),
        Value::Null if field.structure().is_some() => {}
        held => found.push((field.name, held.clone())),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_is_decoded_is_what_was_encoded(seed: u64) {
        for schema in schemas() {
            let given = message(schema, &mut Random(seed));
            let body = encoded(&given);
            let read = Struct::decode(schema, &body, &Limits::default()).unwrap();
            prop_assert!(read == given, "{} v{} seed {seed}", schema.name, schema.version);
            prop_assert_eq!(encoded(&read), body);
        }
    }

    #[test]
    fn a_walk_shows_the_leaves_of_the_tree(seed: u64) {
        for schema in schemas() {
            let given = message(schema, &mut Random(seed));
            let body = encoded(&given);
            let mut visitor = Leaves { found: vec![], end: 0, body: &body };
            walk(schema, &body, &Limits::default(), &mut visitor).unwrap();
            let mut expected = vec![];
            leaves(&given, &mut expected);
            prop_assert!(visitor.found == expected, "{} v{}", schema.name, schema.version);
        }
    }
}

#[test]
fn a_message_that_is_cut_anywhere_is_an_error() {
    for (seed, schema) in schemas().enumerate() {
        let body = encoded(&message(schema, &mut Random(seed.try_into().unwrap())));
        for end in 0..body.len().min(400) {
            let cut = body.slice(..end);
            assert!(
                Struct::decode(schema, &cut, &Limits::default()).is_err(),
                "{schema:?} {end}"
            );
        }
        let longer = Bytes::from([&body[..], &[0]].concat());
        assert_eq!(
            Struct::decode(schema, &longer, &Limits::default()),
            Err(WireError::Trailing {
                at: body.len(),
                left: 1
            })
        );
    }
}

#[test]
fn a_message_of_defaults_is_shortest_and_comes_back() {
    for schema in schemas() {
        let given = Struct::new(schema);
        let body = encoded(&given);
        assert_eq!(
            Struct::decode(schema, &body, &Limits::default()).unwrap(),
            given
        );
    }
}
