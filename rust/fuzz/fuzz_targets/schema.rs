//! A value that a peer sent, against a schema of each format; and the text of a schema, as a registry may
//! give it. What is valid stays so when its fields are put back as they were, and when they are masked.
#![no_main]

use std::sync::LazyLock;

use streamward_schema::{
    Format, Mask, Masker, Pattern, Patterns, Reason, Reference, Schema, Selection, unframe,
    unframe_header,
};

const AVRO: &str = r#"{"type":"record","name":"R","fields":[{"name":"s","type":"string"},
    {"name":"r","type":["null","R"]},{"name":"l","type":{"type":"array","items":["bytes","long"]}},
    {"name":"m","type":{"type":"map","values":"R"}},{"name":"d","type":{"type":"int","logicalType":"date"}},
    {"name":"f","type":{"type":"fixed","name":"F","size":3}}]}"#;
const PROTOBUF: &str = "syntax=\"proto3\"; message R { string s = 1; R r = 2; repeated int64 l = 3;
    map<string, R> m = 4; bytes b = 5; oneof o { bool x = 6; fixed32 y = 7; } sint32 z = 8; E e = 9; }
    enum E { A = 0; }";
const JSON: &str = r##"{"type":"object","properties":{"s":{"type":"string","pattern":"^a*b?$"},
    "r":{"$ref":"#"},"l":{"type":"array","items":{"type":"integer","multipleOf":3},"uniqueItems":true},
    "m":{"additionalProperties":{"anyOf":[{"format":"date"},{"enum":[1,null,{}]}]}}}}"##;

struct Known {
    schemas: [(Format, Schema); 3],
    fields: Selection,
    patterns: Patterns,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let compile = |format, text| {
        (
            format,
            Schema::compile(format, text, &[]).expect("a schema"),
        )
    };
    Known {
        schemas: [
            compile(Format::Avro, AVRO),
            compile(Format::Protobuf, PROTOBUF),
            compile(Format::Json, JSON),
        ],
        fields: Selection::new([vec!["s"], vec!["r", "s"], vec!["m", "*", "s"]]).expect("paths"),
        patterns: Patterns::compile(&Pattern::ALL).expect("patterns"),
    }
});

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((choice, input)) = input.split_first() else {
        return;
    };
    let known = &*KNOWN;
    let (format, schema) = &known.schemas[usize::from(choice & 3) % 3];
    if choice & 4 != 0 {
        let Ok(text) = std::str::from_utf8(input) else {
            return;
        };
        // What it refers to as `r` stands behind it, as what comes from a registry or a bundle may.
        let (text, referred) = text.split_once('\u{1}').unwrap_or((text, ""));
        let references = [Reference {
            name: "r".to_owned(),
            text: referred.to_owned(),
        }];
        let references = if referred.is_empty() {
            &[]
        } else {
            &references[..]
        };
        if let Ok(schema) = Schema::compile(*format, text, references) {
            assert!(schema.memory_bytes() >= text.len());
            let _ = schema.declared();
            let _ = schema.mask_problem(&["s"], Mask::Redact);
            let _ = schema.validate(b"{\"s\":[1,\"a\"]}");
            let _ = schema.validate(&[2; 16]);
        }
        return;
    }
    let protobuf = *format == Format::Protobuf;
    let _ = unframe(input, protobuf);
    let _ = unframe_header(input, protobuf);
    let _ = schema.validate_content(input, &known.patterns);
    let valid = schema.validate(input).is_ok();
    let key = Masker::key(b"key");
    let masks = [Some(Mask::Redact), Some(Mask::KeepLast), Some(Mask::Redact)];
    let masked = schema.mask(input, &known.fields, &mut Masker::new(&masks, Some(&key)));
    match masked {
        // A mask may break a pattern of the JSON Schema; `check` refuses such a contract.
        Ok(masked) if *format != Format::Json => assert!(schema.validate(&masked).is_ok()),
        Ok(_) => {}
        // A single value may stand where fields are looked for.
        Err(invalid) => assert!(!valid || invalid.reason == Reason::Unmaskable),
    }
});
