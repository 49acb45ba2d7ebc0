//! What a hostile or huge schema may cost to compile, and a value to hold against it.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use streamward_schema::{
    ERROR_BYTES_MAX, EVALUATION_DEPTH_MAX, Format, PATTERN_TEXT_BYTES_MAX, Reason, Reference,
    SCHEMA_BYTES_MAX, SCHEMA_NAME_BYTES_MAX, SCHEMA_REFERENCES_MAX, SCHEMA_SYMBOLS_MAX,
    SCHEMA_TEXT_BYTES_MAX, SCHEMA_TYPES_MAX, Schema, SchemaError,
};

const FORMATS: [(Format, &str); 3] = [
    (Format::Avro, "\"string\""),
    (Format::Protobuf, "message M {}"),
    (Format::Json, "{}"),
];

fn refused(format: Format, text: &str) -> String {
    Schema::compile(format, text, &[]).unwrap_err().what
}

fn list<T: std::fmt::Display>(items: impl Iterator<Item = T>) -> String {
    let items: Vec<String> = items.map(|item| item.to_string()).collect();
    items.join(",")
}

fn reference(name: String, text: String) -> Reference {
    Reference { name, text }
}

#[test]
fn all_texts_together_and_the_names_of_references_are_bounded_in_every_format() {
    for (format, text) in FORMATS {
        let compile = |references: &[Reference]| -> Result<Schema, SchemaError> {
            Schema::compile(format, text, references)
        };
        let filler = " ".repeat(SCHEMA_BYTES_MAX);
        let many = SCHEMA_TEXT_BYTES_MAX / SCHEMA_BYTES_MAX;
        let large: Vec<_> = (0..many)
            .map(|at| reference(at.to_string(), filler.clone()))
            .collect();
        assert!(
            compile(&large).unwrap_err().what.contains("bytes"),
            "{format:?}"
        );
        let long = reference("n".repeat(SCHEMA_NAME_BYTES_MAX + 1), text.to_owned());
        assert!(
            compile(&[long]).unwrap_err().what.contains("name"),
            "{format:?}"
        );
    }
}

#[test]
fn a_name_that_stands_in_front_of_many_is_bounded() {
    let space = "n".repeat(SCHEMA_NAME_BYTES_MAX);
    let fixed =
        |space: &str| format!(r#"{{"type":"fixed","name":"F","size":1,"namespace":"{space}"}}"#);
    assert!(refused(Format::Avro, &fixed(&space)).contains("bytes"));
    Schema::compile(Format::Avro, &fixed(&space[2..]), &[]).unwrap();

    let message = |package: &str| format!("package {package}; message M {{}}");
    assert!(refused(Format::Protobuf, &message(&space)).contains("bytes"));
    // Each part of it is one more scope in which every name is looked for.
    let parts = vec!["p"; 100].join(".");
    assert!(refused(Format::Protobuf, &message(&parts)).contains("parts"));
    Schema::compile(Format::Protobuf, &message(&space[2..]), &[]).unwrap();
}

#[test]
fn fields_of_types_that_are_known_count_too() {
    let fields = (0..SCHEMA_TYPES_MAX).map(|at| format!(r#"{{"name":"f{at}","type":"E"}}"#));
    let text = format!(
        r#"{{"type":"record","name":"R","fields":[
        {{"name":"e","type":{{"type":"enum","name":"E","symbols":["A"]}}}},{}]}}"#,
        list(fields)
    );
    assert!(refused(Format::Avro, &text).contains("types and fields"));
}

#[test]
fn symbols_of_all_enumerations_are_bounded() {
    let symbols = list((0..=SCHEMA_SYMBOLS_MAX).map(|at| format!("\"S{at}\"")));
    let text = format!(r#"{{"type":"enum","name":"E","symbols":[{symbols}]}}"#);
    assert!(refused(Format::Avro, &text).contains("symbols"));
    let symbols = (0..=SCHEMA_SYMBOLS_MAX).map(|at| format!("S{at}={at};"));
    let symbols = symbols.collect::<Vec<_>>().concat();
    let text = format!("syntax=\"proto3\"; enum E {{ {symbols} }} message M {{}}");
    assert!(refused(Format::Protobuf, &text).contains("symbols"));
}

#[test]
fn imports_are_bounded_before_any_is_read() {
    let imports = (0..=SCHEMA_REFERENCES_MAX).map(|at| format!("import \"{at}\";"));
    let imports = imports.collect::<Vec<_>>().concat();
    assert!(refused(Format::Protobuf, &(imports + "message M {}")).contains("imported"));
}

/// Subschemas of which each only says that a value is of the next one.
fn chain(links: usize) -> String {
    let each = (0..links).map(|at| format!(r##""d{at}":{{"$ref":"#/$defs/d{}"}}"##, at + 1));
    format!(
        r##"{{"$ref":"#/$defs/d0","$defs":{{{},"d{links}":{{"type":"null"}}}}}}"##,
        list(each)
    )
}

#[test]
fn what_looks_at_the_same_value_leads_only_so_deep() {
    let schema = Schema::compile(Format::Json, &chain(EVALUATION_DEPTH_MAX - 2), &[]).unwrap();
    assert_eq!(schema.validate(b"null"), Ok(()));
    assert_eq!(schema.validate(b"1").unwrap_err().reason, Reason::WrongType);
    assert!(refused(Format::Json, &chain(EVALUATION_DEPTH_MAX)).contains("deep"));
    // As many as may be declared: nothing may recurse through them.
    assert!(refused(Format::Json, &chain(SCHEMA_TYPES_MAX - 10)).contains("deep"));
}

#[test]
fn the_way_to_what_is_referred_to_is_bounded() {
    let entries = list(std::iter::repeat_n("true", 50_000));
    let refer = |count| list(std::iter::repeat_n(r##"{"$ref":"#/x/49999"}"##, count));
    let text = |count| format!(r#"{{"x":[{entries}],"allOf":[{}]}}"#, refer(count));
    Schema::compile(Format::Json, &text(10), &[]).unwrap();
    assert!(refused(Format::Json, &text(250)).contains("too far"));
}

#[test]
fn a_schema_of_many_words_or_values_is_gone_through_once() {
    // What looks at every member for each member takes minutes here.
    let words = list((0..40_000).map(|at| format!("\"x{at}\":0")));
    let text = format!(r#"{{"$schema":"http://json-schema.org/draft-07/schema#",{words}}}"#);
    Schema::compile(Format::Json, &text, &[]).unwrap();
    let values = list((0..60_000).map(|at| at * 2));
    let schema = format!(r#"{{"items":{{"enum":[{values}]}}}}"#);
    let schema = Schema::compile(Format::Json, &schema, &[]).unwrap();
    let value = |last| format!("[{},{last}]", list(std::iter::repeat_n(119_998, 40_000)));
    assert_eq!(schema.validate(value(0).as_bytes()), Ok(()));
    let odd = schema.validate(value(1).as_bytes());
    assert_eq!(odd.unwrap_err().reason, Reason::Constraint("enum"));
}

#[test]
fn patterns_are_bounded_by_what_they_take_compiled() {
    let patterns = |each: &dyn Fn(usize) -> String, count| {
        let members = (0..count).map(|at| format!("\"{}\":true", each(at)));
        format!(r#"{{"patternProperties":{{{}}}}}"#, list(members))
    };
    let small = patterns(&|at| format!("^[A-Z]{{2}}-[0-9]{{6}}-x{at}$"), 200);
    Schema::compile(Format::Json, &small, &[]).unwrap();
    let large = patterns(&|at| format!("(?:[a-z]{{60}}x{at}){{20}}"), 200);
    assert!(refused(Format::Json, &large).contains("patterns take"));
    assert!(
        refused(
            Format::Json,
            &patterns(&|_| "(?:(?:a{900}){900}){900}".into(), 1)
        )
        .contains("large")
    );
    let long = "a".repeat(PATTERN_TEXT_BYTES_MAX + 1);
    let error = refused(Format::Json, &patterns(&|_| long.clone(), 1));
    assert!(error.contains("bytes") && error.len() <= ERROR_BYTES_MAX);
}

#[test]
fn holding_a_large_pattern_against_a_large_text_is_paid_by_both() {
    let schema = |pattern: &str| {
        let text = format!(r#"{{"pattern":"{pattern}"}}"#);
        Schema::compile(Format::Json, &text, &[]).unwrap()
    };
    let value = format!("\"{}\"", "a".repeat(1 << 20));
    assert_eq!(schema("^a*$").validate(value.as_bytes()), Ok(()));
    // Which states it may be in can't be remembered: there are more than memory holds.
    let large = schema("(?:a|b)*a(?:a|b){500}c");
    assert_eq!(
        large.validate(b"\"aab\"").unwrap_err().reason,
        Reason::Constraint("pattern")
    );
    let refused = large.validate(value.as_bytes());
    assert_eq!(refused.unwrap_err().reason, Reason::TooManySteps);
}

#[test]
fn an_error_quotes_no_more_than_that() {
    let name = "é".repeat(SCHEMA_BYTES_MAX / 4);
    let error = refused(Format::Avro, &format!("\"{name}\""));
    assert!(error.len() <= ERROR_BYTES_MAX, "{}", error.len());
}

#[test]
fn what_a_schema_takes_grows_with_its_parts_and_patterns() {
    let bytes = |text: &str| {
        Schema::compile(Format::Json, text, &[])
            .unwrap()
            .memory_bytes()
    };
    let plain = bytes(r#"{"type":"string"}"#);
    let parts = format!(
        r#"{{"anyOf":[{}]}}"#,
        list(std::iter::repeat_n("{}", 1_000))
    );
    assert!(bytes(&parts) > plain + 100 * 1_000);
    assert!(bytes(r#"{"pattern":"[a-z]{900}"}"#) > plain + 10_000);
    for (format, text) in FORMATS {
        assert!(Schema::compile(format, text, &[]).unwrap().memory_bytes() >= text.len());
    }
}

#[test]
fn what_is_told_of_a_schema_is_bounded_by_its_names_too() {
    let branch = |at| format!(r#"{{"type":"fixed","name":"F{at}","size":1}}"#);
    let union = list((0..5_000).map(branch));
    let held =
        format!(r#"{{"type":"record","name":"H","fields":[{{"name":"u","type":[{union}]}}]}}"#);
    let fields = (1..50).map(|at| format!(r#"{{"name":"f{at}","type":"H"}}"#));
    let text = format!(
        r#"{{"type":"record","name":"R","fields":[{{"name":"f0","type":{held}}},{}]}}"#,
        list(fields)
    );
    let schema = Schema::compile(Format::Avro, &text, &[]).unwrap();
    assert!(schema.declared().is_err());
}
