//! Protobuf values, whole and malformed.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use streamward_schema::{
    Format, HashDomain, HashSecret, Mask, Masker, Reason, Reference, Schema, Selection, unframe,
};

const PAYMENT: &str = r#"
syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
option java_package = "org.example";
// A payment.
message Payment {
  option deprecated = false;
  reserved 15, 100 to max;
  int64 id = 1;
  string card = 2 [(x.sensitive) = true, json_name = "card"];
  repeated int32 counts = 3;
  Item item = 4;
  map<string, Item> items = 5;
  oneof how { string cash = 6; bool free = 7; }
  enum State { UNKNOWN = 0; PAID = 1; BACK = -1; }
  State state = 8;
  bytes mac = 9;
  google.protobuf.Timestamp at = 10;
  sint32 delta = 11;
  fixed64 stamp = 12;
  repeated Item more = 13;
  message Item { string sku = 1; Item inner = 2; }
  uint32 small = 16;
}
message Second { string name = 1; }
service Pay { rpc Do(Payment) returns (Second) { option idempotency_level = IDEMPOTENT; } }
"#;

fn payment() -> Schema {
    Schema::compile(Format::Protobuf, PAYMENT, &[]).unwrap()
}

fn reason(value: &[u8]) -> Option<Reason> {
    payment()
        .validate(value)
        .err()
        .map(|invalid| invalid.reason)
}

fn whole() -> Vec<u8> {
    let mut value = vec![0x08, 0x96, 0x01, 0x12, 16];
    value.extend(b"4111222233334444");
    value.extend([0x1a, 3, 1, 2, 3, 0x18, 4]);
    value.extend([0x22, 4, 0x0a, 2, b's', b'1']);
    value.extend([0x2a, 7, 0x0a, 1, b'k', 0x12, 2, 0x0a, 0]);
    value.extend([0x38, 1, 0x40, 1, 0x4a, 2, 0xff, 0xfe]);
    value.extend([0x52, 2, 0x08, 5, 0x58, 3]);
    value.extend([0x61, 1, 2, 3, 4, 5, 6, 7, 8]);
    value
}

#[test]
fn a_whole_value_passes() {
    assert_eq!(reason(&whole()), None);
    assert_eq!(reason(&[]), None, "every field of proto3 may be absent");
}

#[test]
fn malformed_values_are_refused_by_their_reason() {
    let cases: [(&[u8], Reason); 33] = [
        (&[0x08], Reason::Truncated),
        (&[0x08, 0x80, 0x00], Reason::NotCanonical),
        (&[0x88, 0x00, 0x01], Reason::NotCanonical),
        (
            &[
                0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02,
            ],
            Reason::OutOfRange,
        ),
        (&[0x00, 0x01], Reason::Malformed),
        // Groups and what no one has assigned.
        (&[0x0b, 0x0c], Reason::Malformed),
        (&[0x0e, 0x01], Reason::Malformed),
        (&[0x0f], Reason::Malformed),
        (&[0x12, 5, b'a'], Reason::Length),
        (
            &[
                0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01,
            ],
            Reason::Length,
        ),
        (&[0x12, 1, 0xff], Reason::NotUtf8),
        (&[0x10, 1], Reason::WrongType),
        (&[0x0a, 1, 1], Reason::WrongType),
        (&[0x20, 1], Reason::WrongType),
        (&[0x08, 1, 0x08, 2], Reason::Duplicate),
        (&[0x22, 0, 0x22, 0], Reason::Duplicate),
        (&[0x32, 0, 0x38, 1], Reason::Duplicate),
        (&[0x38, 1, 0x32, 0], Reason::Duplicate),
        (&[0x38, 2], Reason::NotBoolean),
        (&[0x78, 1], Reason::Undeclared),
        (&[0x22, 2, 0x18, 1], Reason::Undeclared),
        // A key twice: plainly, behind its value, absent and empty.
        (
            &[0x2a, 3, 0x0a, 1, b'k', 0x2a, 3, 0x0a, 1, b'k'],
            Reason::Duplicate,
        ),
        (
            &[0x2a, 3, 0x0a, 1, b'k', 0x2a, 5, 0x12, 0, 0x0a, 1, b'k'],
            Reason::Duplicate,
        ),
        (&[0x2a, 0, 0x2a, 2, 0x0a, 0], Reason::Duplicate),
        // One key in an entry, twice.
        (&[0x2a, 4, 0x0a, 0, 0x0a, 0], Reason::Duplicate),
        (&[0x18, 0xff, 0xff, 0xff, 0xff, 0x7f], Reason::OutOfRange),
        (
            &[0x80, 0x01, 0xff, 0xff, 0xff, 0xff, 0x1f],
            Reason::OutOfRange,
        ),
        (&[0x1a, 2, 1, 0x80], Reason::Truncated),
        (&[0x1a, 2, 0x80, 0x01, 0x18], Reason::Truncated),
        (&[0x61, 1, 2], Reason::Length),
        (&[0x22, 2, 0x12, 1], Reason::Length),
        (&[0x22, 3, 0x0a, 2, b'a'], Reason::Length),
        (&[0x40, 0x80, 0x80, 0x80, 0x80, 0x08], Reason::OutOfRange),
    ];
    for (value, expected) in cases {
        assert_eq!(reason(value), Some(expected), "{value:02x?}");
    }
}

#[test]
fn numbers_below_zero_are_written_with_64_bits() {
    assert_eq!(
        reason(&[
            0x40, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01
        ]),
        None
    );
    assert_eq!(reason(&[0x58, 1]), None);
    // proto3: a number that no symbol has is kept.
    assert_eq!(reason(&[0x40, 99]), None);
}

#[test]
fn depth_is_limited() {
    let mut value = Vec::new();
    for _ in 0..40 {
        let mut outer = vec![0x12, u8::try_from(value.len()).unwrap()];
        outer.extend(&value);
        value = outer;
    }
    let item = Schema::compile(
        Format::Protobuf,
        "syntax=\"proto3\"; message I { string s = 1; I i = 2; }",
        &[],
    )
    .unwrap();
    assert!(item.validate(&value).is_ok());
    for _ in 0..30 {
        let mut outer = vec![0x12];
        let length = value.len();
        if length >= 128 {
            outer.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
            outer.push(u8::try_from(length >> 7).unwrap());
        } else {
            outer.push(u8::try_from(length).unwrap());
        }
        outer.extend(&value);
        value = outer;
    }
    assert_eq!(item.validate(&value).unwrap_err().reason, Reason::TooDeep);
}

#[test]
fn undeclared_fields_are_admitted_only_where_asked_for() {
    let open = payment().admitting_undeclared();
    assert!(open.validate(&[0x78, 1]).is_ok());
    assert!(open.validate(&[0x7a, 2, 1, 2]).is_ok());
    assert_eq!(
        open.validate(&[0x7a, 3, 1, 2]).unwrap_err().reason,
        Reason::Length
    );
    assert_eq!(
        open.validate(&[0x7b, 0x7c]).unwrap_err().reason,
        Reason::Malformed
    );
}

#[test]
fn proto2_requires_fields_and_closes_enumerations() {
    let schema = Schema::compile(
        Format::Protobuf,
        "syntax = 'proto2'; message M { required int32 a = 1; optional E e = 2; } enum E { X = 1; }",
        &[],
    )
    .unwrap();
    assert!(schema.validate(&[0x08, 1, 0x10, 1]).is_ok());
    let missing = schema.validate(&[]).unwrap_err();
    assert_eq!(
        (missing.reason, missing.to_string().contains("`a`")),
        (Reason::Missing, true)
    );
    assert_eq!(
        schema.validate(&[8, 1, 16, 2]).unwrap_err().reason,
        Reason::NoSymbol
    );
}

#[test]
fn masks_within_messages_change_every_length_around_them() {
    let schema = payment();
    let fields = Selection::new([
        vec!["card"],
        vec!["item", "sku"],
        vec!["items", "*", "sku"],
        vec!["more", "inner", "sku"],
        vec!["mac"],
        vec!["counts"],
    ])
    .unwrap();
    let masks = [
        Some(Mask::KeepLast),
        Some(Mask::Hash),
        Some(Mask::Redact),
        Some(Mask::Hash),
        Some(Mask::Redact),
        Some(Mask::Redact),
    ];
    let key = HashSecret::new(b"k").key(&HashDomain::Group("g"));
    let mut value = whole();
    value.extend([0x6a, 7, 0x12, 5, 0x0a, 3, b'a', b'b', b'c']);
    let masked = schema
        .mask(
            &value,
            &fields,
            &mut Masker::new(&masks, &vec![key.clone(); masks.len()]),
        )
        .unwrap();
    schema.validate(&masked).unwrap();
    let has = |part: &[u8]| masked.windows(part.len()).any(|window| window == part);
    assert!(has(b"\x12\x10************4444"));
    assert!(!has(b"s1") && !has(b"abc"));
    assert!(has(b"\x2a\x0a\x0a\x01k\x12\x05\x0a\x03***"));
    assert!(has(&[0x6a, 36, 0x12, 34, 0x0a, 32]));
    assert!(has(&[0x1a, 3, 0, 0, 0, 0x18, 0]));
}

#[test]
fn fields_that_are_not_declared_are_left_out_of_what_is_masked() {
    let text =
        r#"syntax = "proto3"; message M { string s = 1; M inner = 2; map<string, M> m = 3; }"#;
    let schema = Schema::compile(Format::Protobuf, text, &[]).unwrap();
    let schema = schema.admitting_undeclared();
    let fields = Selection::new([vec!["s"], vec!["inner", "s"]]).unwrap();
    let secret = [0x4a, 6, b's', b'e', b'c', b'r', b'e', b't'];
    let inner = [&[0x0a, 1, b'b'][..], &secret].concat();
    let entry = [&[0x0a, 1, b'k', 0x12, 8][..], &secret, &secret].concat();
    let message = |tag: u8, content: &[u8]| {
        let mut bytes = vec![tag, u8::try_from(content.len()).unwrap()];
        bytes.extend(content);
        bytes
    };
    let value = [
        &secret[..],
        &[0x0a, 1, b'a'],
        &message(0x12, &inner),
        &message(0x1a, &entry),
        &[0x50, 7, 0x59, 1, 2, 3, 4, 5, 6, 7, 8, 0x65, 1, 2, 3, 4],
    ]
    .concat();
    let masks = [Some(Mask::Redact); 2];
    let masked = schema
        .mask(&value, &fields, &mut Masker::new(&masks, &[]))
        .unwrap();
    let expected = [
        &b"\x0a\x03***\x12\x05\x0a\x03***"[..],
        &[0x1a, 5, 0x0a, 1, b'k', 0x12, 0],
    ]
    .concat();
    assert_eq!(masked, expected);
}

#[test]
fn messages_are_chosen_by_name_and_by_index() {
    let second = payment().of_message("shop.Second").unwrap();
    assert!(second.validate(&[0x0a, 1, b'x']).is_ok());
    assert_eq!(second.message_name(), Some("shop.Second"));
    assert!(second.is_message(&[1]) && !second.is_message(&[0]));
    let item = payment().of_message("shop.Payment.Item").unwrap();
    let framed = unframe(&[0, 0, 0, 0, 7, 4, 0, 0, 0x0a, 0], true).unwrap();
    assert!(item.is_message(&framed.message));
    assert!(!item.is_message(&[]) && !item.is_message(&[0, 1]) && !item.is_message(&[9]));
    assert!(payment().of_message("Second").is_err());
}

#[test]
fn schemas_are_refused_with_the_line() {
    for (text, what, line) in [
        ("", "no message", 1),
        ("edition = \"2023\";", "editions", 1),
        ("syntax = \"proto4\";", "`proto4`", 1),
        ("message M {\n Foo a = 1;\n}", "no type `Foo`", 2),
        ("message M {\n int32 a = 1;\n int32 b = 1;\n}", "twice", 3),
        ("message M { int32 a = 0; }", "number of a field", 1),
        ("message M { int32 a = 19000; }", "number of a field", 1),
        ("message M { int32 a = 536870912; }", "number of a field", 1),
        ("message M { optional group G = 1 { } }", "groups", 1),
        ("message M { map<double, int32> a = 1; }", "key of a map", 1),
        ("message M {} message M {}", "declared twice", 1),
        (
            "import \"a.proto\"; message M {}",
            "not among the references",
            1,
        ),
        (
            "syntax = \"proto3\"; enum E { A = 1; } message M { E e = 1; }",
            "must be 0",
            1,
        ),
        (
            "syntax = \"proto3\"; message M { required int32 a = 1; }",
            "required in proto3",
            1,
        ),
        ("extend M { int32 a = 1; } message M {}", "extensions", 1),
        ("message M { /* ", "comment", 1),
        ("message M { int32 a = 1 ", "`;` is missing", 1),
        ("message M {", "`}` is missing", 1),
        ("message M { \u{e4} }", "character", 1),
    ] {
        let error = Schema::compile(Format::Protobuf, text, &[]).unwrap_err();
        assert!(error.to_string().contains(what), "{text}: {error}");
        assert_eq!(error.line, line, "{text}");
    }
    let deep = "message M {".repeat(50_000);
    assert!(Schema::compile(Format::Protobuf, &deep, &[]).is_err());
}

#[test]
fn imports_are_found_among_the_references() {
    let references = [
        Reference {
            name: "money.proto".into(),
            text: "syntax=\"proto3\"; package money; import \"unit.proto\";
                message Money { int64 cents = 1; unit.Unit unit = 2; }"
                .into(),
        },
        Reference {
            name: "unit.proto".into(),
            text: "syntax=\"proto3\"; package unit; import \"money.proto\"; enum Unit { EUR = 0; }"
                .into(),
        },
    ];
    let text = "syntax=\"proto3\"; package shop; import public \"money.proto\";
        message Order { money.Money total = 1; .money.Money fee = 2; }";
    let schema = Schema::compile(Format::Protobuf, text, &references).unwrap();
    assert!(schema.validate(&[0x0a, 2, 0x08, 1]).is_ok());
    let told: Vec<_> = schema
        .declared()
        .unwrap()
        .iter()
        .map(|field| (field.path.join("."), field.number))
        .collect();
    assert_eq!(told[1], ("total.cents".to_owned(), Some(1)));
}
