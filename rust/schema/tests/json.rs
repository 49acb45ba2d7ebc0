//! JSON values against JSON Schemas, whole and malformed.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use streamward_schema::{
    Format, HashDomain, HashSecret, Invalid, Limits, Mask, Masker, Pattern, Patterns, Reason,
    Reference, Schema, Selection,
};

fn compile(text: &str) -> Schema {
    Schema::compile(Format::Json, text, &[]).unwrap()
}

fn check(schema: &str, value: &str) -> Option<Reason> {
    compile(schema)
        .validate(value.as_bytes())
        .err()
        .map(|invalid| invalid.reason)
}

#[test]
fn malformed_json_is_refused_by_its_reason() {
    let long = format!("1{}", "0".repeat(300));
    let cases: Vec<(&[u8], Reason)> = vec![
        (b"", Reason::Truncated),
        (b" ", Reason::Truncated),
        (b"{", Reason::Truncated),
        (b"[1,]", Reason::Malformed),
        (b"[1 2]", Reason::Malformed),
        (b"{\"a\":1,}", Reason::Malformed),
        (b"{a:1}", Reason::Malformed),
        (b"{'a':1}", Reason::Malformed),
        (b"{\"a\" 1}", Reason::Malformed),
        (b"01", Reason::Trailing),
        (b"+1", Reason::Malformed),
        (b".5", Reason::Malformed),
        (b"1.", Reason::Truncated),
        (b"1e", Reason::Truncated),
        (b"-", Reason::Truncated),
        (b"NaN", Reason::Malformed),
        (b"Infinity", Reason::Malformed),
        (b"nul", Reason::Malformed),
        (b"\"a", Reason::Truncated),
        (b"\"\n\"", Reason::Malformed),
        (b"\"\\x41\"", Reason::Malformed),
        (b"\"\\u12g4\"", Reason::Malformed),
        (b"\"\\u+123\"", Reason::Malformed),
        (b"\"\\ud800\"", Reason::Malformed),
        (b"\"\\udc00\"", Reason::Malformed),
        (b"\"\\ud800\\u0041\"", Reason::Malformed),
        (b"\"\xff\"", Reason::NotUtf8),
        (b"\"\xed\xa0\x80\"", Reason::NotUtf8),
        (b"\xef\xbb\xbf{}", Reason::Malformed),
        (b"{} {}", Reason::Trailing),
        (b"1//", Reason::Trailing),
        (b"{\"a\":1,\"a\":1}", Reason::Duplicate),
        (b"{\"a\":1,\"\\u0061\":2}", Reason::Duplicate),
        (b"[{\"x\":{\"b\":1,\"b\":1}}]", Reason::Duplicate),
        (long.as_bytes(), Reason::OutOfRange),
    ];
    let any = compile("true");
    for (value, expected) in cases {
        let found = any.validate(value).unwrap_err().reason;
        assert_eq!(found, expected, "{}", String::from_utf8_lossy(value));
    }
}

#[test]
fn many_names_are_compared_too() {
    let mut names: Vec<String> = (0..40).map(|number| format!("\"k{number}\":0")).collect();
    assert!(
        compile("true")
            .validate(format!("{{{}}}", names.join(",")).as_bytes())
            .is_ok()
    );
    names.push("\"k\\u0037\":0".to_owned());
    let doubled = format!("{{{}}}", names.join(","));
    let found = compile("true").validate(doubled.as_bytes()).unwrap_err();
    assert_eq!(found.reason, Reason::Duplicate);
}

#[test]
fn depth_size_and_elements_are_limited() {
    let any = compile("true");
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert!(any.validate(deep(64).as_bytes()).is_ok());
    assert_eq!(
        any.validate(deep(65).as_bytes()).unwrap_err().reason,
        Reason::TooDeep
    );
    assert_eq!(
        any.validate(deep(500_000).as_bytes()).unwrap_err().reason,
        Reason::TooDeep
    );
    let few = any.within(Limits {
        value_bytes_max: 20,
        elements_max: 4,
        ..Limits::default()
    });
    assert!(few.validate(b"[1,2,3]").is_ok());
    assert_eq!(
        few.validate(b"[1,2,3,4]").unwrap_err().reason,
        Reason::TooManyElements
    );
    assert_eq!(
        few.validate(&[b' '; 21]).unwrap_err().reason,
        Reason::TooLarge
    );
}

#[test]
fn work_is_limited() {
    // Each level asks for the one below twice: 2^40 steps on one byte.
    let mut defs: Vec<String> = (0..40)
        .map(|level| {
            let below = format!("{{\"$ref\":\"#/$defs/d{}\"}}", level + 1);
            format!("\"d{level}\":{{\"anyOf\":[{{\"allOf\":[{below},false]}},{below}]}}")
        })
        .collect();
    defs.push("\"d40\":{\"type\":\"string\"}".to_owned());
    let schema = format!(
        "{{\"$ref\":\"#/$defs/d0\",\"$defs\":{{{}}}}}",
        defs.join(",")
    );
    assert_eq!(check(&schema, "1"), Some(Reason::TooManySteps));
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn constraints_hold_or_are_named() {
    let named = |word| Some(Reason::Constraint(word));
    for (schema, value, expected) in [
        (r#"{"type":"integer"}"#, "1.0", None),
        (r#"{"type":"integer"}"#, "1.5", Some(Reason::WrongType)),
        (r#"{"type":["string","null"]}"#, "null", None),
        (r#"{"type":"number"}"#, "1", None),
        (r#"{"type":"number"}"#, "true", Some(Reason::WrongType)),
        (r#"{"enum":[1,"a",{"x":[1.0]}]}"#, r#"{"x":[1]}"#, None),
        (r#"{"enum":[1]}"#, "2", named("enum")),
        (r#"{"const":1e2}"#, "100", None),
        (
            r#"{"minimum":9007199254740993}"#,
            "9007199254740992",
            named("minimum"),
        ),
        (r#"{"exclusiveMaximum":3}"#, "3", named("exclusiveMaximum")),
        (r#"{"multipleOf":0.01}"#, "19.99", None),
        (r#"{"multipleOf":0.01}"#, "19.999", named("multipleOf")),
        (r#"{"maxLength":2}"#, r#""äöü""#, named("maxLength")),
        (r#"{"maxLength":1}"#, r#""😀""#, None),
        (r#"{"minLength":2}"#, r#""\u0041""#, named("minLength")),
        (r#"{"pattern":"^[0-9]+$"}"#, r#""12a""#, named("pattern")),
        (r#"{"format":"date"}"#, r#""2023-02-29""#, named("format")),
        (r#"{"format":"made-up"}"#, r#""x""#, None),
        (r#"{"required":["a"]}"#, "{}", Some(Reason::Missing)),
        (r#"{"required":["a"]}"#, r#"{"\u0061":1}"#, None),
        (
            r#"{"properties":{"a":{"type":"string"}}}"#,
            r#"{"a":1}"#,
            Some(Reason::WrongType),
        ),
        (
            r#"{"properties":{"a":true},"additionalProperties":false}"#,
            r#"{"b":1}"#,
            Some(Reason::Undeclared),
        ),
        (
            r#"{"patternProperties":{"^x-":{"type":"string"}},"additionalProperties":false}"#,
            r#"{"x-a":"b"}"#,
            None,
        ),
        (
            r#"{"propertyNames":{"maxLength":1}}"#,
            r#"{"ab":1}"#,
            named("maxLength"),
        ),
        (r#"{"minProperties":1}"#, "{}", named("minProperties")),
        (
            r#"{"dependentRequired":{"a":["b"]}}"#,
            r#"{"a":1}"#,
            named("dependentRequired"),
        ),
        (
            r#"{"dependentSchemas":{"a":{"required":["b"]}}}"#,
            r#"{"a":1}"#,
            Some(Reason::Missing),
        ),
        (
            r#"{"items":{"type":"integer"}}"#,
            r#"[1,"a"]"#,
            Some(Reason::WrongType),
        ),
        (
            r#"{"prefixItems":[{"type":"string"}],"items":false}"#,
            r#"["a",1]"#,
            Some(Reason::Undeclared),
        ),
        (
            r#"{"contains":{"const":1},"maxContains":1}"#,
            "[1,1]",
            named("contains"),
        ),
        (r#"{"contains":{"const":1},"minContains":0}"#, "[]", None),
        (r#"{"uniqueItems":true}"#, "[1,1.0]", named("uniqueItems")),
        (
            r#"{"uniqueItems":true}"#,
            r#"[{"a":1,"b":2},{"b":2,"a":1}]"#,
            named("uniqueItems"),
        ),
        (r#"{"uniqueItems":true}"#, r#"["1",1]"#, None),
        (
            r#"{"anyOf":[{"type":"string"},{"minimum":5}]}"#,
            "3",
            named("anyOf"),
        ),
        (
            r#"{"oneOf":[{"type":"integer"},{"minimum":5}]}"#,
            "7",
            named("oneOf"),
        ),
        (r#"{"not":{"type":"null"}}"#, "null", named("not")),
        (
            r#"{"if":{"type":"string"},"then":{"minLength":2},"else":{"minimum":2}}"#,
            "1",
            named("minimum"),
        ),
        (
            r##"{"$ref":"#/$defs/a%20b","$defs":{"a b":{"type":"null"}}}"##,
            "1",
            Some(Reason::WrongType),
        ),
        (
            r#"{"$schema":"http://json-schema.org/draft-07/schema#","items":[{"type":"null"}],"additionalItems":false}"#,
            "[null,1]",
            Some(Reason::Undeclared),
        ),
        (
            r##"{"properties":{"next":{"$ref":"#"}},"additionalProperties":false}"##,
            r#"{"next":{"next":{"x":1}}}"#,
            Some(Reason::Undeclared),
        ),
        ("false", "1", Some(Reason::Undeclared)),
    ] {
        assert_eq!(check(schema, value), expected, "{schema} {value}");
    }
}

#[test]
fn schemas_that_cannot_be_enforced_are_refused_with_the_line() {
    for (text, what, line) in [
        ("{", "no JSON", 1),
        ("1", "a schema is", 1),
        (
            "{\n\"unevaluatedProperties\":false}",
            "`unevaluatedProperties`",
            2,
        ),
        ("{\"$dynamicRef\":\"#a\"}", "not supported", 1),
        ("{\"type\":\"text\"}", "no type `text`", 1),
        ("{\"$ref\":\"#/nope\"}", "leads to nothing", 1),
        (
            "{\"$ref\":\"https://example.org/x\"}",
            "leads to nothing",
            1,
        ),
        ("{\"$ref\":\"#\"}", "back to itself", 1),
        (
            r##"{"allOf":[{"anyOf":[{"$ref":"#"}]}]}"##,
            "back to itself",
            1,
        ),
        ("{\"pattern\":\"(?=x)\"}", "look-around", 1),
        ("{\"exclusiveMinimum\":true}", "a number is missing", 1),
        ("{\"multipleOf\":0}", "`multipleOf`", 1),
        ("{\"minLength\":-1}", "whole number", 1),
        ("{\"required\":\"a\"}", "list of names", 1),
        ("{\"allOf\":[]}", "list of schemas", 1),
        (
            "{\"$schema\":\"http://json-schema.org/draft-04/schema#\"}",
            "dialect",
            1,
        ),
        (
            r##"{"$schema":"http://json-schema.org/draft-07/schema#","$ref":"#/definitions/a","minimum":1,"definitions":{"a":true}}"##,
            "ignores `minimum`",
            1,
        ),
        ("{\"type\":\"string\",\"type\":\"null\"}", "no JSON", 1),
    ] {
        let error = Schema::compile(Format::Json, text, &[]).unwrap_err();
        assert!(error.to_string().contains(what), "{text}: {error}");
        assert_eq!(error.line, line, "{text}");
    }
}

#[test]
fn references_lead_to_other_documents() {
    let reference = Reference {
        name: "money.json".into(),
        text: r#"{"$id":"https://example.org/money","$defs":{"cents":{"$anchor":"c","type":"integer"}}}"#.into(),
    };
    for target in [
        "money.json#/$defs/cents",
        "https://example.org/money#/$defs/cents",
        "money.json#c",
    ] {
        let text = format!("{{\"items\":{{\"$ref\":\"{target}\"}}}}");
        let schema =
            Schema::compile(Format::Json, &text, std::slice::from_ref(&reference)).unwrap();
        assert!(schema.validate(b"[1]").is_ok());
        assert!(schema.validate(b"[\"a\"]").is_err());
    }
}

const CUSTOMER: &str = r##"{"type":"object","required":["card"],"properties":{
  "card":{"type":"string","minLength":12,"maxLength":19},
  "digits":{"type":"string","pattern":"^[0-9]{16}$"},
  "born":{"type":["string","null"],"format":"date"},
  "level":{"enum":["a","b"]},
  "limit":{"type":"number"},
  "score":{"type":"integer","minimum":1},
  "open":{"type":"boolean"},
  "tags":{"type":"array","items":{"type":"string"}},
  "address":{"type":"object","properties":{"street":{"type":"string"}}},
  "orders":{"type":"array","items":{"$ref":"#/$defs/order"}},
  "names":{"type":"object","additionalProperties":{"type":"string"}},
  "loose":true},
  "$defs":{"order":{"type":"object","properties":{"note":{"type":"string"}}}}}"##;

#[test]
fn masks_change_their_fields_and_nothing_else() {
    let schema = compile(CUSTOMER);
    let fields = Selection::new([
        vec!["card"],
        vec!["born"],
        vec!["limit"],
        vec!["tags"],
        vec!["orders", "note"],
        vec!["names", "*"],
        vec!["open"],
    ])
    .unwrap();
    let masks = [
        Some(Mask::KeepLast),
        Some(Mask::Year),
        Some(Mask::Redact),
        Some(Mask::Redact),
        Some(Mask::Hash),
        Some(Mask::Redact),
        Some(Mask::Redact),
    ];
    let key = HashSecret::new(b"k").key(&HashDomain::Group("g"));
    let value = r#"{ "card" : "4111\u0032222333344\u00345", "born":"1980-07-08","limit":1.50,
      "tags":["x","y"],"orders":[{"note":"n\"1"},{}],"names":{"k":"v"},"open":true,"address":{"street":"s"}}"#;
    let masked = schema
        .mask(
            value.as_bytes(),
            &fields,
            &mut Masker::new(&masks, &vec![key.clone(); masks.len()]),
        )
        .unwrap();
    let masked = String::from_utf8(masked).unwrap();
    let note = masked
        .split("\"note\":\"")
        .nth(1)
        .unwrap()
        .get(..32)
        .unwrap();
    assert!(note.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let expected = format!(
        r#"{{ "card" : "************4445", "born":"1980-01-01","limit":0,
      "tags":["***","***"],"orders":[{{"note":"{note}"}},{{}}],"names":{{"k":"***"}},"open":false,"address":{{"street":"s"}}}}"#
    );
    assert_eq!(masked, expected);
}

#[test]
fn a_mask_on_what_has_fields_shows_nothing() {
    let schema = compile(r#"{"properties":{"a":{}}}"#);
    let fields = Selection::new([["a"]]).unwrap();
    let key = HashSecret::new(b"k").key(&HashDomain::Group("g"));
    let masks = [Some(Mask::Redact)];
    let refused: Invalid = schema
        .mask(
            b"{\"a\":{\"b\":1}}",
            &fields,
            &mut Masker::new(&masks, &vec![key.clone(); masks.len()]),
        )
        .unwrap_err();
    assert_eq!(refused.reason, Reason::Unmaskable);
}

fn masked(schema: &Schema, paths: &[&[&str]], value: &str) -> Result<String, Reason> {
    let fields = Selection::new(paths.iter().map(|it| it.iter())).unwrap();
    let masks = vec![Some(Mask::Redact); paths.len()];
    let masked = schema.mask(value.as_bytes(), &fields, &mut Masker::new(&masks, &[]));
    let masked = masked.map_err(|invalid| invalid.reason)?;
    Ok(String::from_utf8(masked).unwrap())
}

#[test]
fn what_the_schema_does_not_name_is_left_out() {
    let schema = compile(
        r##"{"properties":{"a":{"type":"string"},"any":{},"in":{"$ref":"#/$defs/in"},
        "map":{"additionalProperties":{"type":"string"}},"list":{"items":{"properties":{"a":{}}}}},
        "patternProperties":{"^x-":{"properties":{"b":{}}}},
        "$defs":{"in":{"oneOf":[{"properties":{"c":{}},"required":["c"]},{"properties":{"d":{}},"required":["d"]}]}}}"##,
    );
    for (value, left) in [
        (r#"{"a":"1","u":"2"}"#, r#"{"a":"***"}"#),
        (r#"{"u":"2","a":"1"}"#, r#"{"a":"***"}"#),
        (
            r#"{ "u":1 , "v":{"a":"x"} , "a" : "1" , "w":[3] }"#,
            r#"{ "a" : "***" }"#,
        ),
        (r#"{"u":1,"v":2}"#, "{}"),
        (
            r#"{"\u0061":"1","A":"2","\u0055":3}"#,
            r#"{"\u0061":"***"}"#,
        ),
        (
            r#"{"any":{"u":1},"in":{"c":1,"d2":2}}"#,
            r#"{"any":{},"in":{"c":1}}"#,
        ),
        (
            r#"{"any":[{"u":1},2],"map":{"k":"v"}}"#,
            r#"{"any":[{},2],"map":{"k":"v"}}"#,
        ),
        (
            r#"{"list":[{"a":1,"u":2},{"u":3,"a":4},{}]}"#,
            r#"{"list":[{"a":1},{"a":4},{}]}"#,
        ),
        (r#"{"x-1":{"u":9,"b":1},"y":1}"#, r#"{"x-1":{"b":1}}"#),
        (r#"{"a":null,"u":null}"#, ""),
    ] {
        let seen = masked(&schema, &[&["a"]], value);
        if left.is_empty() {
            assert_eq!(seen, Err(Reason::WrongType), "{value}");
        } else {
            assert_eq!(seen.as_deref(), Ok(left), "{value}");
        }
    }
}

#[test]
fn a_schema_within_itself_names_its_members_at_every_depth() {
    let schema = compile(r##"{"properties":{"a":{},"r":{"$ref":"#"}}}"##);
    let value = r#"{"a":1,"r":{"u":2,"r":{"a":3,"u":4}},"u":5}"#;
    let left = r#"{"a":0,"r":{"r":{"a":3}}}"#;
    assert_eq!(masked(&schema, &[&["a"]], value).as_deref(), Ok(left));
}

#[test]
fn a_text_in_place_of_what_has_masked_fields_is_not_shown() {
    let schema = compile(r#"{"properties":{"holder":{"properties":{"mail":{"type":"string"}}}}}"#);
    let paths: &[&[&str]] = &[&["holder", "mail"]];
    for value in [
        r#"{"holder":"jane@example.org"}"#,
        r#"{"holder":[7]}"#,
        r#"{"holder":true}"#,
    ] {
        assert_eq!(
            masked(&schema, paths, value),
            Err(Reason::Unmaskable),
            "{value}"
        );
    }
    assert!(masked(&schema, paths, r#"{"holder":null}"#).is_ok());
}

#[test]
fn without_a_secret_there_is_no_hash_and_without_a_mask_it_stays() {
    let schema = compile(r#"{"properties":{"a":{"type":"string"},"b":{"type":"object"}}}"#);
    let fields = Selection::new([["a"], ["b"]]).unwrap();
    let masks = [Some(Mask::Hash), None];
    let refused = schema.mask(br#"{"a":"x"}"#, &fields, &mut Masker::new(&masks, &[]));
    assert_eq!(refused.unwrap_err().reason, Reason::Unmaskable);
    let value = br#"{"a":"x","b":{}}"#;
    let masks = [None, None];
    let seen = schema.mask(value, &fields, &mut Masker::new(&masks, &[]));
    assert_eq!(seen.unwrap(), value);
}

#[test]
fn what_cannot_carry_a_mask_is_told() {
    let schema = compile(CUSTOMER);
    for (path, mask, fits) in [
        (&["card"][..], Mask::KeepLast, true),
        (&["card"], Mask::Hash, false),
        (&["card"], Mask::Redact, false),
        (&["digits"], Mask::KeepLast, false),
        (&["born"], Mask::Year, true),
        (&["born"], Mask::Redact, false),
        (&["level"], Mask::Redact, false),
        (&["limit"], Mask::Redact, true),
        (&["limit"], Mask::Hash, false),
        (&["score"], Mask::Redact, false),
        (&["open"], Mask::Redact, true),
        (&["tags"], Mask::Redact, true),
        (&["orders", "note"], Mask::Hash, true),
        (&["names", "*"], Mask::Hash, true),
        (&["names", "someone"], Mask::Hash, true),
        (&["address"], Mask::Redact, false),
        (&["loose"], Mask::Redact, false),
        (&["absent"], Mask::Redact, false),
    ] {
        let problem = schema.mask_problem(path, mask);
        assert_eq!(problem.is_none(), fits, "{path:?} {mask:?} {problem:?}");
    }
}

#[test]
fn injections_are_found_behind_escapes_and_in_names() {
    let patterns = Patterns::compile(&[Pattern::Jndi]).unwrap();
    let any = compile("true");
    for value in [
        r#"{"a":["${jndi:ldap://h/a}"]}"#,
        r#"{"a":"\u0024{jndi:ldap://h/a}"}"#,
        r#"{"${jndi:ldap://h/a}":1}"#,
    ] {
        let refused = any
            .validate_content(value.as_bytes(), &patterns)
            .unwrap_err();
        assert_eq!(refused.reason, Reason::Injection("jndi"));
    }
    assert!(
        any.validate_content(b"{\"a\":\"plain\"}", &patterns)
            .is_ok()
    );
}

#[test]
fn numbers_of_any_exponent_are_whole_and_equal_by_value() {
    let integer = r#"{"type":"integer"}"#;
    assert_eq!(check(integer, "1e5000"), None);
    assert_eq!(check(integer, "1e-5000"), Some(Reason::WrongType));
    let unique = r#"{"uniqueItems":true}"#;
    let doubled = check(unique, "[1e5000, 10e4999]");
    assert_eq!(doubled, Some(Reason::Constraint("uniqueItems")));
    assert_eq!(check(r#"{"const":1e5000}"#, "10E+4999"), None);
    assert_eq!(check(r#"{"minimum":1e4999}"#, "1e5000"), None);
    // One step for each power of ten would take days.
    let multiple = r#"{"multipleOf":7}"#;
    assert_eq!(check(multiple, "7e999999999999999"), None);
    let none = check(multiple, "1e999999999999999");
    assert_eq!(none, Some(Reason::Constraint("multipleOf")));
    assert_eq!(
        check("true", "1e99999999999999999999"),
        Some(Reason::OutOfRange)
    );
}

#[test]
fn alternatives_about_a_large_value_are_paid_by_its_size() {
    let many = |one: &str| {
        let all: Vec<String> = (0..1_000)
            .map(|n| one.replace('N', &n.to_string()))
            .collect();
        format!("{{\"anyOf\":[{},true]}}", all.join(","))
    };
    let text = format!("\"{}\"", "a".repeat(1 << 18));
    let names: Vec<String> = (0..10_000).map(|n| format!("\"k{n}\":0")).collect();
    let object = format!("{{{}}}", names.join(","));
    for (one, value) in [
        (r#"{"const":"bN"}"#, &text),
        (r#"{"enum":["bN",1]}"#, &text),
        (r#"{"maxLength":N}"#, &text),
        (r#"{"pattern":"bc"}"#, &text),
        (r#"{"required":["xN"]}"#, &object),
        (r#"{"maxProperties":N}"#, &object),
    ] {
        assert_eq!(
            check(&many(one), value),
            Some(Reason::TooManySteps),
            "{one}"
        );
        assert_eq!(check(&many(one), "\"short\""), None, "{one}");
    }
}

#[test]
fn constants_and_patterns_of_a_schema_are_bounded() {
    // Each `$ref` leads one level deeper into the same constant.
    let mut inner = format!("\"{}\"", "a".repeat(200_000));
    let mut references = Vec::new();
    for level in 0..40 {
        inner = format!("{{\"const\":{inner}}}");
        references.push(format!("{{\"$ref\":\"#{}\"}}", "/const".repeat(level)));
    }
    let inner = inner.trim_end_matches('}');
    let close = "}".repeat(39);
    let text = format!("{inner}{close},\"anyOf\":[{}]}}", references[1..].join(","));
    let error = Schema::compile(Format::Json, &text, &[]).unwrap_err();
    assert!(error.what.contains("constants"), "{error}");

    let patterns: Vec<String> = (0..300).map(|n| format!("\"x{n}\":true")).collect();
    let text = format!("{{\"patternProperties\":{{{}}}}}", patterns.join(","));
    let error = Schema::compile(Format::Json, &text, &[]).unwrap_err();
    assert!(error.what.contains("256 patterns"), "{error}");
    let same: Vec<String> = (0..300)
        .map(|n| format!("\"p{n}\":{{\"pattern\":\"^a$\"}}"))
        .collect();
    let text = format!("{{\"properties\":{{{}}}}}", same.join(","));
    assert!(Schema::compile(Format::Json, &text, &[]).is_ok());
}
