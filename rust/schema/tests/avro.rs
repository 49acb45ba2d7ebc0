//! Avro values, whole and malformed.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use streamward_schema::{
    Format, HashDomain, HashSecret, Limits, Mask, Masker, Reason, Reference, Schema, Selection,
};

const PAYMENT: &str = r#"{"type":"record","name":"Payment","namespace":"shop","fields":[
  {"name":"id","type":"long"},
  {"name":"card","type":"string"},
  {"name":"note","type":["null","string"],"default":null},
  {"name":"items","type":{"type":"array","items":{"type":"record","name":"Item","fields":[
    {"name":"sku","type":"string"},{"name":"count","type":"int"}]}}},
  {"name":"labels","type":{"type":"map","values":"string"}},
  {"name":"state","type":{"type":"enum","name":"State","symbols":["OPEN","PAID"]}},
  {"name":"mac","type":{"type":"fixed","name":"Mac","size":4}},
  {"name":"day","type":{"type":"int","logicalType":"date"}},
  {"name":"flag","type":"boolean"}]}"#;

/// id 1, card "4111222233334444", note "hi", one item, one label, PAID, mac, 2024-05-06, true.
fn payment() -> Vec<u8> {
    let mut value = vec![2, 32];
    value.extend(b"4111222233334444");
    value.extend([2, 4, b'h', b'i']);
    value.extend([2, 4, b's', b'1', 6, 0]);
    value.extend([2, 2, b'k', 2, b'v', 0]);
    value.push(2);
    value.extend([1, 2, 3, 4]);
    // 19849 days.
    value.extend([0x92, 0xb6, 0x02]);
    value.push(1);
    value
}

fn schema(text: &str) -> Schema {
    Schema::compile(Format::Avro, text, &[]).unwrap()
}

fn reason(text: &str, value: &[u8]) -> Option<Reason> {
    schema(text)
        .validate(value)
        .err()
        .map(|invalid| invalid.reason)
}

#[test]
fn a_whole_value_passes_and_every_part_of_it_fails() {
    let value = payment();
    assert_eq!(reason(PAYMENT, &value), None);
    for length in 0..value.len() {
        assert!(reason(PAYMENT, &value[..length]).is_some(), "{length}");
    }
    assert_eq!(
        reason(PAYMENT, &[value, vec![0]].concat()),
        Some(Reason::Trailing)
    );
}

#[test]
fn malformed_values_are_refused_by_their_reason() {
    let cases: [(&str, &[u8], Reason); 22] = [
        (r#""long""#, &[], Reason::Truncated),
        (r#""long""#, &[0x80, 0x00], Reason::NotCanonical),
        (r#""long""#, &[0xff; 10], Reason::OutOfRange),
        (
            r#""int""#,
            &[0xff, 0xff, 0xff, 0xff, 0x1f],
            Reason::OutOfRange,
        ),
        (r#""boolean""#, &[2], Reason::NotBoolean),
        (r#""string""#, &[2, 0xff], Reason::NotUtf8),
        (r#""string""#, &[1], Reason::Length),
        (r#""string""#, &[4, b'a'], Reason::Length),
        (
            r#""bytes""#,
            &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            Reason::Length,
        ),
        (r#""double""#, &[0; 7], Reason::Length),
        (r#""null""#, &[0], Reason::Trailing),
        (r#"["null","int"]"#, &[4], Reason::NoBranch),
        (r#"["null","int"]"#, &[1], Reason::NoBranch),
        (
            r#"{"type":"enum","name":"E","symbols":["A"]}"#,
            &[2],
            Reason::NoSymbol,
        ),
        (
            r#"{"type":"enum","name":"E","symbols":["A"]}"#,
            &[1],
            Reason::NoSymbol,
        ),
        (
            r#"{"type":"fixed","name":"F","size":2}"#,
            &[1],
            Reason::Length,
        ),
        // 2^40 values that take no bytes.
        (
            r#"{"type":"array","items":"null"}"#,
            &[0x80, 0x80, 0x80, 0x80, 0x80, 0x40, 0],
            Reason::TooManyElements,
        ),
        // The smallest count there is, which has no opposite.
        (
            r#"{"type":"array","items":"null"}"#,
            &[
                0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0,
            ],
            Reason::TooManyElements,
        ),
        // One entry, said to have two bytes, has one.
        (
            r#"{"type":"array","items":"int"}"#,
            &[1, 4, 2, 0],
            Reason::BlockSize,
        ),
        (
            r#"{"type":"array","items":"int"}"#,
            &[1, 1, 2, 0],
            Reason::BlockSize,
        ),
        (
            r#"{"type":"map","values":"int"}"#,
            &[4, 2, b'k', 2, 2, b'k', 2, 0],
            Reason::Duplicate,
        ),
        // A record that is within itself takes no bytes.
        (
            r#"{"type":"record","name":"R","fields":[{"name":"r","type":"R"}]}"#,
            &[],
            Reason::TooDeep,
        ),
    ];
    for (text, value, expected) in cases {
        assert_eq!(reason(text, value), Some(expected), "{text} {value:?}");
    }
}

#[test]
fn depth_size_and_elements_are_limited() {
    let list = r#"{"type":"record","name":"L","fields":[{"name":"next","type":["null","L"]}]}"#;
    assert_eq!(reason(list, &[2, 2, 2, 0]), None);
    assert_eq!(reason(list, &[2; 1_000]), Some(Reason::TooDeep));
    let limits = Limits {
        value_bytes_max: 8,
        elements_max: 3,
        ..Limits::default()
    };
    let small = schema(r#"{"type":"array","items":"int"}"#).within(limits);
    assert!(small.validate(&[4, 2, 2, 0]).is_ok());
    let many = small.validate(&[6, 2, 2, 2, 0]).unwrap_err();
    assert_eq!(many.reason, Reason::TooManyElements);
    assert_eq!(
        small.validate(&[0; 9]).unwrap_err().reason,
        Reason::TooLarge
    );
}

#[test]
fn an_error_names_the_field_and_no_content() {
    let mut value = payment();
    let at = value.len() - 1;
    value[at] = 7;
    let told = schema(PAYMENT).validate(&value).unwrap_err().to_string();
    assert_eq!(
        told,
        format!("a boolean is neither 0 nor 1 in `flag` at byte {at}")
    );
}

#[test]
fn masks_change_their_fields_and_nothing_else() {
    let schema = schema(PAYMENT);
    let fields = Selection::new([
        vec!["card"],
        vec!["note"],
        vec!["items", "sku"],
        vec!["labels", "*"],
        vec!["mac"],
        vec!["day"],
        vec!["id"],
    ])
    .unwrap();
    let masks = [
        Some(Mask::KeepLast),
        Some(Mask::Redact),
        Some(Mask::Hash),
        Some(Mask::Redact),
        Some(Mask::Hash),
        Some(Mask::Year),
        Some(Mask::Hash),
    ];
    let key = HashSecret::new(b"a secret").key(&HashDomain::Group("g"));
    let masked = schema
        .mask(
            &payment(),
            &fields,
            &mut Masker::new(&masks, &vec![key.clone(); masks.len()]),
        )
        .unwrap();
    schema.validate(&masked).unwrap();
    let has = |part: &[u8]| masked.windows(part.len()).any(|window| window == part);
    assert!(has(b"\x20************4444"));
    assert!(!has(b"4111") && !has(b"hi") && !has(b"s1"));
    assert!(has(b"\x02\x06***"), "the union keeps its branch");
    // 2024-01-01 is day 19723.
    assert!(masked.ends_with(&[0x96, 0xb4, 0x02, 1]));
    let again = schema
        .mask(
            &payment(),
            &fields,
            &mut Masker::new(&masks, &vec![key.clone(); masks.len()]),
        )
        .unwrap();
    assert_eq!(masked, again);
    let other = HashSecret::new(b"another secret").key(&HashDomain::Group("g"));
    let differs = schema
        .mask(
            &payment(),
            &fields,
            &mut Masker::new(&masks, &vec![other; masks.len()]),
        )
        .unwrap();
    assert_ne!(masked, differs);
}

#[test]
fn a_block_that_says_its_size_says_the_new_one() {
    let schema = schema(
        r#"{"type":"array","items":{"type":"record","name":"R","fields":[
        {"name":"s","type":"string"}]}}"#,
    );
    let fields = Selection::new([["s"]]).unwrap();
    let value = [3, 8, 2, b'a', 2, b'b', 0];
    let key = HashSecret::new(b"k").key(&HashDomain::Group("g"));
    let masked = schema
        .mask(
            &value,
            &fields,
            &mut Masker::new(&[Some(Mask::Redact)], &[key]),
        )
        .unwrap();
    assert_eq!(masked, b"\x03\x10\x06***\x06***\0");
    schema.validate(&masked).unwrap();
}

#[test]
fn schemas_are_refused_with_the_line() {
    for (text, what, line) in [
        ("", "no JSON", 1),
        ("{\n\"type\":\"record\"}", "needs a `name`", 1),
        (
            "{\"type\":\"array\",\n\"items\":\n\"Foo\"}",
            "no type `Foo`",
            3,
        ),
        (r#"["int","int"]"#, "same type twice", 1),
        (r#"["int",["null"]]"#, "union can't hold a union", 1),
        (r"[]", "needs a branch", 1),
        (
            r#"{"type":"enum","name":"E","symbols":["A","A"]}"#,
            "stands twice",
            1,
        ),
        (
            r#"{"type":"enum","name":"E","symbols":["a-b"]}"#,
            "a symbol",
            1,
        ),
        (r#"{"type":"fixed","name":"F","size":-1}"#, "`size`", 1),
        (
            r#"{"type":"record","name":"R","fields":[{"name":"1","type":"int"}]}"#,
            "`name`",
            1,
        ),
        (
            r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}"#,
            "stands twice",
            1,
        ),
        (r#"{"type":"int","type":"long"}"#, "no JSON", 1),
        (
            r#"{"type":"record","name":"int","fields":[]}"#,
            "no name",
            1,
        ),
    ] {
        let error = Schema::compile(Format::Avro, text, &[]).unwrap_err();
        assert!(error.to_string().contains(what), "{text}: {error}");
        assert_eq!(error.line, line, "{text}");
    }
    let deep = "[".repeat(100_000);
    assert!(Schema::compile(Format::Avro, &deep, &[]).is_err());
}

#[test]
fn references_and_namespaces_are_resolved() {
    let reference = Reference {
        name: "shop.Money".into(),
        text: r#"{"type":"record","name":"Money","namespace":"shop","fields":[
            {"name":"cents","type":"long"}]}"#
            .into(),
    };
    let text = r#"{"type":"record","name":"shop.Order","fields":[
        {"name":"total","type":"Money"},{"name":"fee","type":["null","shop.Money"]}]}"#;
    let schema = Schema::compile(Format::Avro, text, &[reference]).unwrap();
    assert!(schema.validate(&[2, 2, 4]).is_ok());
    assert!(Schema::compile(Format::Avro, text, &[]).is_err());
    let paths: Vec<String> = schema
        .declared()
        .unwrap()
        .iter()
        .map(|field| field.path.join("."))
        .collect();
    assert_eq!(paths, ["total", "total.cents", "fee", "fee.cents"]);
}

#[test]
fn what_cannot_carry_a_mask_is_told() {
    let schema = schema(PAYMENT);
    for (path, mask, fits) in [
        (&["card"][..], Mask::KeepLast, true),
        (&["card"], Mask::Hash, true),
        (&["note"], Mask::Redact, true),
        (&["items", "sku"], Mask::Hash, true),
        (&["labels", "*"], Mask::Redact, true),
        (&["mac"], Mask::Hash, true),
        (&["day"], Mask::Year, true),
        (&["id"], Mask::Hash, true),
        (&["items", "count"], Mask::Hash, false),
        (&["id"], Mask::KeepLast, false),
        (&["id"], Mask::Year, false),
        (&["state"], Mask::Redact, false),
        (&["flag"], Mask::Hash, false),
        (&["items"], Mask::Redact, false),
        (&["labels"], Mask::Redact, false),
        (&["nothing"], Mask::Redact, false),
        (&["items", "*"], Mask::Redact, false),
    ] {
        assert_eq!(
            schema.mask_problem(path, mask).is_none(),
            fits,
            "{path:?} {mask:?}"
        );
    }
    assert_eq!(schema.seal_problem(&["card"]), None);
    assert!(schema.seal_problem(&["id"]).is_some());
}
