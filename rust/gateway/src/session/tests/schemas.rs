//! Streams whose schemas are in a registry: what is asked for, and what becomes of values meanwhile.

use serde_json::{Value as Json, json};

use streamward_schema::SchemaId;

use super::fetch::deliver;
use super::sealing::{data_key, fetch, produce, records, sealing, written};
use super::{Outcome, Script, by, codes, document};
use crate::contracts::{Contracts, Wrong};
use crate::schemas::{ASKED_MAX, LookUp, SchemaNeed, Schemas, read};
use crate::session::{Answer, Effect, EffectReply, Verdict};

const TEXT: &str = r#"{"schema": "\"string\"", "format": "avro", "references": []}"#;
const UNKNOWN: &str = r#"{"unknown": true}"#;
/// The Avro text `hi` behind the id 7.
const GOOD: &[u8] = b"\0\0\0\0\x07\x04hi";
const SEVEN: SchemaId = SchemaId::Number(7);
const BAD: &[u8] = b"\0\0\0\0\x07\x40hi";

fn registered(document: &mut Json, change: impl FnOnce(&mut Json)) {
    document["contracts"] = json!({"streams": [{"name": "ok.a", "key": null, "on_write": "refuse",
        "on_read": "off", "value": {"format": "avro", "text": "", "references": [], "message": null,
        "admit_undeclared": false, "schema_ids": [], "refused_patterns": [],
        "registry": {"name": "main", "digest": "sha256:1", "ids": "prefix", "subjects": ["ok.a-value"],
            "cache_milliseconds": 60000,
            "unknown_milliseconds": 30000, "stale_milliseconds": 0}}}]});
    change(&mut document["contracts"]["streams"][0]);
}

fn held(change: impl FnOnce(&mut Json)) -> Json {
    let mut document = document();
    registered(&mut document, change);
    document
}

fn needs(script: &Script) -> Vec<SchemaNeed> {
    match &script.outcome {
        Outcome::Verdict(Verdict::Wait(Effect::ObtainSchemas { asker, needs }))
        | Outcome::Answer(Answer::Wait(Effect::ObtainSchemas { asker, needs }), _) => {
            assert_eq!(&**asker, "alice");
            needs.clone()
        }
        other => panic!("{other:?}"),
    }
}

impl Script {
    /// When: what is told of the schemas that a request or an answer waits for.
    fn schemas(&mut self, told: impl Fn(SchemaId) -> Option<&'static str>) -> &mut Self {
        for need in needs(self) {
            let answer = read(&need, told(need.id).map(str::as_bytes));
            self.session
                .schemas
                .learn(&need, &"alice".into(), answer, self.now);
        }
        self.outcome = match &self.outcome {
            Outcome::Verdict(_) => {
                Outcome::of_verdict(self.session.on_effect(EffectReply::Schemas, self.now))
            }
            _ => Outcome::of_answer(self.session.resume_answer(self.now), Vec::new()),
        };
        self
    }
}

#[test]
fn an_id_is_asked_for_once_and_values_are_held_to_its_schema() {
    let mut script = by("alice", &held(|_| {}));
    let parts = [records(0, &[GOOD, GOOD]), records(0, &[GOOD, BAD])];
    script.request(&produce(9, -1, &parts));
    let asked = needs(&script);
    assert_eq!(asked.len(), 1);
    let question: Json = serde_json::from_slice(&asked[0].question()).unwrap();
    let expected = json!({"type": "schema", "registry": "main", "digest": "sha256:1", "subjects": ["ok.a-value"], "id": 7});
    assert_eq!(question, expected);
    script
        .schemas(|_| Some(TEXT))
        .rewrites(|request| assert_eq!(written(request), parts[..1]));
    let denied = script.log("denied");
    assert_eq!(denied.len(), 1);
    assert!(
        denied[0]["reason"]
            .as_str()
            .unwrap()
            .starts_with("partition 1, record 1 of a batch")
    );
    // It is known now.
    script
        .request(&produce(9, -1, &parts[..1]))
        .rewrites(|request| assert_eq!(written(request), parts[..1]));
}

#[test]
fn ids_that_are_not_of_the_stream_and_headers_beside_them_are_refused() {
    let mut script = by("alice", &held(|_| {}));
    let foreign = records(0, &[b"\0\0\0\0\x08\x04hi"]);
    script
        .request(&produce(9, -1, &[records(0, &[GOOD]), foreign]))
        .schemas(|id| Some(if id == SEVEN { TEXT } else { UNKNOWN }))
        .rewrites(|request| assert_eq!(written(request).len(), 1));
    let reason = script.log("denied")[0]["reason"].clone();
    let expected =
        "partition 1, record 0 of a batch: its schema id is not registered for this stream";
    assert_eq!(reason, expected);
    for value in [&b"hi"[..], b"\x01\0\0\0\x07\x04hi", b"\0\0\0", b""] {
        let mut script = by("alice", &held(|_| {}));
        script
            .request(&produce(9, -1, &[records(0, &[value])]))
            .refuses(&["ok.a/0:87"]);
    }
}

fn contracts(document: &Json) -> Contracts {
    let section = serde_json::from_value(document["contracts"].clone()).unwrap();
    Contracts::build(&section).unwrap()
}

fn record<'r>(value: &'r [u8], headers: &'r [u8]) -> streamward_records::Record<'r> {
    streamward_records::Record {
        attributes: 0,
        timestamp_delta: 0,
        offset_delta: 0,
        key: None,
        value: Some(value),
        headers,
    }
}

/// Given: a contract whose ids stand there; what it says of a record with this value and these headers.
fn checked(ids: &str, format: &str, value: &[u8], headers: &[u8]) -> Result<(), Wrong> {
    let document = held(|it| {
        it["value"]["registry"]["ids"] = json!(ids);
        it["value"]["format"] = json!(format);
    });
    let contracts = contracts(&document);
    let record = record(value, headers);
    let look_up = LookUp {
        schemas: &Schemas::default(),
        asker: &"alice".into(),
        now: 0,
    };
    contracts.of("ok.a").unwrap().check(&record, &look_up)
}

/// Headers as they lie in a record; of the values, none is longer than 63 bytes.
pub(super) fn headers(all: &[(&str, Option<&[u8]>)]) -> Vec<u8> {
    let short = |length: usize| u8::try_from(2 * length).unwrap();
    let mut bytes = vec![short(all.len())];
    for (name, value) in all {
        bytes.push(short(name.len()));
        bytes.extend(name.bytes());
        bytes.push(value.map_or(1, |it| short(it.len())));
        bytes.extend(value.unwrap_or_default());
    }
    bytes
}

const HEADER: &str = "__value_schema_id";
const GUID: &[u8] = b"\x010123456789abcdef";

#[test]
fn a_header_that_names_another_schema_is_refused() {
    let named = checked("prefix", "avro", GOOD, &headers(&[(HEADER, Some(GUID))]));
    let Err(Wrong::Record(why)) = named else {
        panic!("{named:?}");
    };
    assert!(why.contains("`ids: header`"), "{why}");
    // The header of keys says nothing of values.
    let other = checked(
        "prefix",
        "avro",
        GOOD,
        &headers(&[("__key_schema_id", Some(GUID))]),
    );
    assert!(matches!(other, Err(Wrong::Ask(_))), "{other:?}");
}

#[test]
fn an_id_in_a_header_is_asked_for_where_the_contract_says_so() {
    let of = |ids, value, all: &[(&str, Option<&[u8]>)]| match checked(
        ids,
        "avro",
        value,
        &headers(all),
    ) {
        Err(Wrong::Ask(need)) => need.id.to_string(),
        Err(Wrong::Record(why)) => why,
        other => panic!("{other:?}"),
    };
    let guid = "30313233-3435-3637-3839-616263646566";
    let number: &[u8] = b"\0\0\0\0\x09";
    assert_eq!(of("header", b"\x04hi", &[(HEADER, Some(GUID))]), guid);
    assert_eq!(of("header", b"\x04hi", &[(HEADER, Some(number))]), "9");
    // Readers that know both take the header's, whatever stands in front.
    assert_eq!(of("either", GOOD, &[(HEADER, Some(GUID))]), guid);
    assert_eq!(of("either", GOOD, &[]), "7");
    let said = |ids, all: &[(&str, Option<&[u8]>)], what: &str| {
        let why = of(ids, GOOD, all);
        assert!(why.contains(what), "{why}");
    };
    said("header", &[], "is missing");
    for ids in ["header", "either"] {
        // Of two, one reader takes the first and another the last; without a value, some look in front.
        said(
            ids,
            &[(HEADER, Some(GUID)), (HEADER, Some(number))],
            "more than once",
        );
        said(ids, &[(HEADER, None)], "no schema id");
        for odd in [
            &b""[..],
            b"\x01",
            b"\x02\0\0\0\x09",
            &GUID[..16],
            b"\0\0\0\0\x09\0",
        ] {
            said(ids, &[(HEADER, Some(odd))], "no schema id");
        }
    }
}

#[test]
fn a_value_whose_id_is_in_a_header_is_held_to_its_schema_from_the_first_byte() {
    let document = held(|it| it["value"]["registry"]["ids"] = json!("header"));
    let contracts = contracts(&document);
    let (schemas, asker) = (Schemas::default(), "alice".into());
    let all = headers(&[(HEADER, Some(GUID))]);
    let check = |value| {
        let record = record(value, &all);
        let look_up = LookUp {
            schemas: &schemas,
            asker: &asker,
            now: 0,
        };
        contracts.of("ok.a").unwrap().check(&record, &look_up)
    };
    let Err(Wrong::Ask(need)) = check(b"\x04hi") else {
        panic!("it is not asked for");
    };
    schemas.learn(&need, &asker, read(&need, Some(TEXT.as_bytes())), 0);
    assert!(check(b"\x04hi").is_ok());
    assert!(matches!(check(GOOD), Err(Wrong::Record(_))));
    // An id that the registry doesn't resolve is nobody's.
    schemas.learn(&need, &asker, read(&need, Some(UNKNOWN.as_bytes())), 0);
    assert!(matches!(check(b"\x04hi"), Err(Wrong::Record(_))));
}

#[test]
fn without_an_answer_the_producer_is_told_to_try_again() {
    let mut script = by("alice", &held(|_| {}));
    script
        .request(&produce(9, -1, &[records(0, &[GOOD])]))
        .schemas(|_| None)
        .refuses(&["ok.a/0:56"]);
    assert_eq!(script.log("denied")[0]["rules"][0], "contract:registry");
}

#[test]
fn no_request_has_more_asked_for_than_that() {
    let many: Vec<Vec<u8>> = (0..=u8::try_from(ASKED_MAX).unwrap())
        .map(|id| vec![0, 0, 0, 1, id, 4, b'h', b'i'])
        .collect();
    let many: Vec<&[u8]> = many.iter().map(Vec::as_slice).collect();
    let mut script = by("alice", &held(|_| {}));
    script.request(&produce(9, -1, &[records(0, &many)]));
    assert_eq!(needs(&script).len(), ASKED_MAX);
    // The client comes again, and finds most of them known.
    script.schemas(|_| Some(TEXT)).refuses(&["ok.a/0:56"]);
    script.request(&produce(9, -1, &[records(0, &many)]));
    assert_eq!(needs(&script).len(), 1);
    script
        .schemas(|_| Some(TEXT))
        .rewrites(|request| assert_eq!(written(request).len(), 1));
}

#[test]
fn a_sealed_stream_waits_for_keys_and_schemas_and_for_each_once() {
    let mut document = sealing(|_| {});
    registered(&mut document, |_| {});
    let mut script = by("alice", &document);
    script.request(&produce(9, -1, &[records(0, &[GOOD])]));
    script.keys(Some(&data_key(1))).schemas(|_| Some(TEXT));
    script.rewrites(|request| assert_eq!(written(request).len(), 1));
    let mut script = by("alice", &document);
    script.request(&produce(9, -1, &[records(0, &[GOOD])]));
    script.keys(None).schemas(|_| None).refuses(&["ok.a/0:56"]);
}

#[test]
fn an_answer_waits_for_schemas_too_and_refuses_without_them() {
    let document = held(|it| it["on_read"] = json!("refuse"));
    let parts = [
        records(0, &[GOOD]),
        records(0, &[b"\0\0\0\0\x08\x04hi"]),
        records(0, &[BAD]),
    ];
    for (seven, expected) in [
        (Some(TEXT), ["ok.a/1:2", "ok.a/2:2"].as_slice()),
        (None, &["ok.a/0:56", "ok.a/1:56", "ok.a/2:56"]),
    ] {
        let mut script = by("alice", &document);
        script.request(&fetch(11)).forwards();
        script.broker(|answer| deliver(answer, "ok.a", &parts));
        script.schemas(|id| {
            if id == SEVEN {
                seven
            } else {
                seven.map(|_| UNKNOWN)
            }
        });
        script.answers(|answer| assert_eq!(codes(answer), expected));
    }
}
