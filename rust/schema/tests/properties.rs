//! What must hold for any bytes and any values.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use proptest::prelude::*;
use streamward_schema::{
    Content, Format, HashDomain, HashSecret, Leaf, Mask, Masker, Reason, Schema, Selection, Visit,
    unframe,
};

const AVRO: &str = r#"{"type":"record","name":"R","fields":[{"name":"s","type":"string"},
  {"name":"r","type":["null","R"]},{"name":"l","type":{"type":"array","items":["bytes","long"]}},
  {"name":"m","type":{"type":"map","values":"R"}}]}"#;
const PROTOBUF: &str = "syntax=\"proto3\"; message R { string s = 1; R r = 2; repeated int64 l = 3;
  map<string, R> m = 4; bytes b = 5; oneof o { bool x = 6; fixed32 y = 7; } sint32 z = 8; }";
const JSON: &str = r##"{"type":"object","properties":{"s":{"type":"string","pattern":"^a*b?$"},
  "r":{"$ref":"#"},"l":{"type":"array","items":{"type":"integer"},"uniqueItems":true}}}"##;

fn all() -> [Schema; 3] {
    [
        Schema::compile(Format::Avro, AVRO, &[]).unwrap(),
        Schema::compile(Format::Protobuf, PROTOBUF, &[]).unwrap(),
        Schema::compile(Format::Json, JSON, &[]).unwrap(),
    ]
}

/// Puts the same content back.
struct Echo;

impl Visit for Echo {
    fn leaf(&mut self, _: u32, leaf: &Leaf<'_>) -> Result<Option<Content<'static>>, Reason> {
        Ok(Some(match &leaf.content {
            Content::Text(text) => Content::Text(text.clone().into_owned().into()),
            Content::Bytes(bytes) => Content::Bytes(bytes.clone().into_owned().into()),
            Content::Integer(number) => Content::Integer(*number),
            Content::Real(number) => Content::Real(*number),
            Content::Boolean(truth) => Content::Boolean(*truth),
        }))
    }
}

/// A valid value of the Protobuf schema.
fn message(depth: u32) -> BoxedStrategy<Vec<u8>> {
    let text = "[a-z]{0,20}".prop_map(|text: String| {
        let mut field = vec![0x0a, u8::try_from(text.len()).unwrap()];
        field.extend(text.bytes());
        field
    });
    if depth == 0 {
        return text.boxed();
    }
    (text, proptest::option::of(message(depth - 1)))
        .prop_map(|(mut value, inner)| {
            if let Some(inner) = inner {
                value.push(0x12);
                let mut length = inner.len();
                while length >= 0x80 {
                    value.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
                    length >>= 7;
                }
                value.push(u8::try_from(length).unwrap());
                value.extend(inner);
            }
            value
        })
        .boxed()
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_valid_and_never_more(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let fields = Selection::new([vec!["s"], vec!["r", "s"], vec!["l"]]).unwrap();
        for schema in all() {
            let valid = schema.validate(&bytes).is_ok();
            let rewritten = schema.rewrite(&bytes, &fields, &mut Echo);
            prop_assert_eq!(rewritten.is_ok(), valid);
            if let Ok(Some(value)) = rewritten {
                prop_assert!(schema.validate(&value).is_ok());
            }
        }
        let _ = unframe(&bytes, true);
    }

    #[test]
    fn any_text_compiles_or_is_refused(text in "[\\[\\]{}\":,a-z0-9 =;<>\"]{0,80}") {
        for format in [Format::Avro, Format::Protobuf, Format::Json] {
            let _ = Schema::compile(format, &text, &[]);
        }
    }

    #[test]
    fn masked_messages_are_valid_and_show_nothing(value in message(5), secret in any::<[u8; 16]>()) {
        let schema = Schema::compile(Format::Protobuf, PROTOBUF, &[]).unwrap();
        prop_assert!(schema.validate(&value).is_ok());
        let paths: Vec<Vec<&str>> = (0..6).map(|depth| {
            let mut path = vec!["r"; depth];
            path.push("s");
            path
        }).collect();
        let fields = Selection::new(paths).unwrap();
        let masks = [Some(Mask::Hash); 6];
        let key = HashSecret::new(&secret).key(&HashDomain::Group("g"));
        let masked = schema.mask(&value, &fields, &mut Masker::new(&masks, &vec![key.clone(); masks.len()])).unwrap();
        prop_assert!(schema.validate(&masked).is_ok());
        // What is put back as it was changes nothing.
        let echoed = schema.rewrite(&value, &fields, &mut Echo).unwrap();
        prop_assert_eq!(echoed.unwrap_or_else(|| value.clone()), value);
    }

    #[test]
    fn a_flipped_bit_never_panics(value in message(4), at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut value = value;
        let at = at.index(value.len());
        value[at] ^= 1 << bit;
        let schema = Schema::compile(Format::Protobuf, PROTOBUF, &[]).unwrap();
        let _ = schema.validate(&value);
    }
}
