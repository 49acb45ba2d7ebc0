//! What is told of a schema is all that a value of it can show; what can't be named can't be masked or sealed.

use streamward_schema::{Format, Mask, Schema};

const DEEP: &str = "deeper can't be named";

fn paths(schema: &Schema) -> Vec<String> {
    let Ok(declared) = schema.declared() else {
        return vec!["more than can be told".to_owned()];
    };
    let shown = |it: &streamward_schema::Declared| {
        it.path.join(".") + if it.recursive { " again" } else { "" }
    };
    declared.iter().map(shown).collect()
}

fn problems(schema: &Schema, path: &str) -> [Option<String>; 2] {
    let names: Vec<&str> = path.split('.').collect();
    [
        schema.mask_problem(&names, Mask::Redact),
        schema.seal_problem(&names),
    ]
}

#[test]
fn fields_of_a_type_that_holds_itself_can_be_neither_masked_nor_sealed() {
    let avro = r#"{"type":"record","name":"Order","fields":[{"name":"shop","type":"string"},
        {"name":"tree","type":{"type":"record","name":"Node","fields":[{"name":"card","type":"string"},
            {"name":"by","type":{"type":"record","name":"By","fields":[{"name":"mail","type":"string"}]}},
            {"name":"next","type":["null",{"type":"array","items":"Node"}]}]}}]}"#;
    let protobuf = "syntax=\"proto3\"; message Order { string shop = 1; Node tree = 2; }
        message Node { string card = 1; By by = 2; repeated Node next = 3; }
        message By { string mail = 1; }";
    let json = r##"{"properties":{"shop":{"type":"string"},"tree":{"$ref":"#/$defs/node"}},
        "$defs":{"node":{"properties":{"card":{"type":"string"},
            "by":{"type":"object","properties":{"mail":{"type":"string"}}},
            "next":{"type":"array","items":{"$ref":"#/$defs/node"}}}}}}"##;
    for (format, text, again) in [
        (Format::Avro, avro, "tree.next again"),
        (Format::Protobuf, protobuf, "tree.next again"),
        (Format::Json, json, "tree.next again"),
    ] {
        let schema = Schema::compile(format, text, &[]).unwrap();
        let mut told = paths(&schema);
        told.sort();
        let expected = [
            "shop",
            "tree",
            "tree.by",
            "tree.by.mail",
            "tree.card",
            again,
        ];
        assert_eq!(told, expected, "{format:?}");
        assert_eq!(problems(&schema, "shop"), [None, None], "{format:?}");
        for path in ["tree.card", "tree.by.mail"] {
            for problem in problems(&schema, path) {
                assert!(problem.unwrap().contains(DEEP), "{format:?} {path}");
            }
        }
    }
}

#[test]
fn a_value_that_holds_itself_has_no_field_that_can_be_covered() {
    let text = r##"{"properties":{"card":{"type":"string"},"child":{"$ref":"#"}}}"##;
    let schema = Schema::compile(Format::Json, text, &[]).unwrap();
    assert_eq!(paths(&schema), ["card", "child again"]);
    for problem in problems(&schema, "card") {
        assert!(problem.unwrap().contains(DEEP));
    }
}

#[test]
fn a_type_that_stands_in_two_places_does_not_hold_itself() {
    let text = r#"{"type":"record","name":"Order","fields":[
        {"name":"from","type":{"type":"record","name":"By","fields":[{"name":"mail","type":"string"}]}},
        {"name":"to","type":"By"}]}"#;
    let schema = Schema::compile(Format::Avro, text, &[]).unwrap();
    assert_eq!(paths(&schema), ["from", "from.mail", "to", "to.mail"]);
    assert_eq!(problems(&schema, "to.mail"), [None, None]);
}

#[test]
fn values_of_maps_and_every_alternative_of_a_json_schema_are_told() {
    let cases = [
        (r#"{"additionalProperties":{"type":"string"}}"#, &["*"][..]),
        (r#"{"patternProperties":{"^x-":{"type":"string"}}}"#, &["*"]),
        (
            r#"{"properties":{"a":{"additionalProperties":{"properties":{"card":{"type":"string"}}}}}}"#,
            &["a", "a.*", "a.*.card"],
        ),
        (
            r#"{"properties":{"by":{"anyOf":[{"type":"string"},
                {"properties":{"mail":{"type":"string"}}},
                {"properties":{"phone":{"type":"string"},"mail":{"properties":{"of":{"type":"string"}}}}}]}}}"#,
            &["by", "by.mail", "by.mail.of", "by.phone"],
        ),
        (
            r#"{"oneOf":[{"properties":{"by":{"properties":{"mail":{"type":"string"}}}}},
                {"properties":{"by":{"properties":{"phone":{"type":"string"}}}}}]}"#,
            &["by", "by.mail", "by.phone"],
        ),
        // What only may be there, and of which nothing is said, is shown to nobody with masks.
        (
            r#"{"properties":{"a":{"type":"string"}},"additionalProperties":true}"#,
            &["a"],
        ),
    ];
    for (text, expected) in cases {
        let schema = Schema::compile(Format::Json, text, &[]).unwrap();
        assert_eq!(paths(&schema), expected, "{text}");
    }
    // `*` stands for the names that are declared too, and for what no pattern matches.
    let text = r#"{"properties":{"id":{"properties":{"x":{"type":"string"}}}},
        "patternProperties":{"^x-":{"type":"string"}},"additionalProperties":{"type":"integer"}}"#;
    let schema = Schema::compile(Format::Json, text, &[]).unwrap();
    assert!(schema.mask_problem(&["*"], Mask::Redact).is_some());
    for (additional, fits) in [("string", true), ("integer", false)] {
        let text = format!(
            r#"{{"patternProperties":{{"^x-":{{"type":"string"}}}},"additionalProperties":{{"type":"{additional}"}}}}"#
        );
        let schema = Schema::compile(Format::Json, &text, &[]).unwrap();
        let problem = schema.mask_problem(&["*"], Mask::KeepLast);
        assert_eq!(problem.is_none(), fits, "{additional}");
    }
}

#[test]
fn of_a_schema_with_more_fields_than_can_be_told_none_can_be_masked() {
    // 22 * 22 * 22 fields and more: each of three records has 22 of the next.
    let fields = |kind: &str| {
        let field = |at: usize| format!("{kind} f{at} = {};", at + 1);
        (0..22).map(field).collect::<String>()
    };
    let text = format!(
        "syntax=\"proto3\"; message A {{ {} }} message B {{ {} }} message C {{ {} }}",
        fields("B"),
        fields("C"),
        fields("string"),
    );
    let schema = Schema::compile(Format::Protobuf, &text, &[]).unwrap();
    assert!(schema.declared().is_err());
    for problem in problems(&schema, "f0.f0.f0") {
        assert!(problem.unwrap().contains("declares more than"));
    }
}

#[test]
fn a_json_schema_is_closed_where_all_that_may_stand_there_is_declared() {
    let cases = [
        (
            r#"{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}"#,
            None,
        ),
        (
            r#"{"type":"object","additionalProperties":{"type":"string"}}"#,
            None,
        ),
        (
            r#"{"type":"object","properties":{"a":{"type":"string"}}}"#,
            Some(""),
        ),
        (r#"{"type":"object","additionalProperties":true}"#, Some("")),
        (
            r#"{"type":"object","properties":{"a":{}},"additionalProperties":false}"#,
            Some("a"),
        ),
        (
            r#"{"type":"object","properties":{"a":{"type":"array","items":{"type":"object"}}},"additionalProperties":false}"#,
            Some("a"),
        ),
        (r#"{"type":"array","items":{"type":"string"}}"#, None),
        (r#"{"type":"array"}"#, Some("")),
        (
            r#"{"oneOf":[{"type":"string"},{"type":"object","additionalProperties":false}]}"#,
            None,
        ),
        (
            r#"{"anyOf":[{"type":"object"},{"type":"object","additionalProperties":false}]}"#,
            Some(""),
        ),
    ];
    for (text, open) in cases {
        let schema = Schema::compile(Format::Json, text, &[]).unwrap();
        let found = schema.open_at().map(|path| path.join("."));
        assert_eq!(found.as_deref(), open, "{text}");
    }
}
