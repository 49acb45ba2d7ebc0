use super::*;

const NOW: i64 = 1_000_000;

fn of(stale_milliseconds: i64) -> Arc<Registered> {
    Arc::new(Registered {
        registry: "main".into(),
        subjects: vec!["orders-value".into()],
        format: Format::Avro,
        admit_undeclared: false,
        cache_milliseconds: 60_000,
        unknown_milliseconds: 30_000,
        stale_milliseconds,
    })
}

fn need(of: &Arc<Registered>, id: u32) -> SchemaNeed {
    SchemaNeed { of: of.clone(), id }
}

fn learn(schemas: &Schemas, need: &SchemaNeed, answer: Option<&str>, now: i64) {
    let told = read(need, answer.map(str::as_bytes));
    schemas.learn(need, told, schemas.begin(), now);
}

const TEXT: &str = r#"{"schema": "\"string\"", "format": "avro"}"#;
const UNKNOWN: &str = r#"{"unknown": true}"#;

fn word(found: &FoundSchema) -> &'static str {
    match found {
        FoundSchema::Known(_) => "known",
        FoundSchema::Refused(_) => "refused",
        FoundSchema::NotThere => "not there",
        FoundSchema::Trouble => "trouble",
    }
}

#[test]
fn a_known_id_serves_until_it_must_be_asked_for_again() {
    let (schemas, of) = (Schemas::default(), of(0));
    let one = need(&of, 1);
    let found = |now| word(&schemas.find(&one, now));
    assert_eq!(found(NOW), "not there");
    learn(&schemas, &one, Some(TEXT), NOW);
    assert_eq!(found(NOW + 59_999), "known");
    assert_eq!(found(NOW + 60_000), "not there");
    // The registry gives no answer: nothing serves, and nothing is asked for a moment.
    learn(&schemas, &one, None, NOW + 60_000);
    assert_eq!(found(NOW + 60_001), "trouble");
    assert_eq!(found(NOW + 60_000 + RETRY_MILLISECONDS), "not there");
}

#[test]
fn while_the_registry_is_down_a_known_id_may_serve_on_and_others_may_not() {
    let (schemas, of) = (Schemas::default(), of(600_000));
    let (one, other) = (need(&of, 1), need(&of, 2));
    learn(&schemas, &one, Some(TEXT), NOW);
    let late = NOW + 60_000;
    assert_eq!(word(&schemas.find(&one, late)), "not there");
    learn(&schemas, &one, Some(r#"{"error": "it is down"}"#), late);
    assert_eq!(word(&schemas.find(&one, late)), "known");
    assert_eq!(word(&schemas.find(&other, late)), "trouble");
    // It is up again, and no longer has it.
    let later = late + RETRY_MILLISECONDS;
    assert_eq!(word(&schemas.find(&one, later)), "not there");
    learn(&schemas, &one, Some(UNKNOWN), later);
    assert_eq!(word(&schemas.find(&one, later)), "refused");
    let end = NOW + 60_000 + 600_000;
    learn(&schemas, &one, Some(TEXT), NOW);
    learn(&schemas, &one, None, end);
    assert_eq!(word(&schemas.find(&one, end)), "trouble");
}

#[test]
fn unknown_ids_are_asked_for_so_often_and_no_more() {
    let (schemas, of) = (Schemas::default(), of(0));
    for id in 0..UNKNOWN_ASKED_MAX {
        assert_eq!(word(&schemas.find(&need(&of, id), NOW)), "not there");
        learn(&schemas, &need(&of, id), Some(UNKNOWN), NOW);
        assert_eq!(word(&schemas.find(&need(&of, id), NOW)), "refused");
    }
    assert_eq!(word(&schemas.find(&need(&of, 999), NOW)), "trouble");
    let other = Arc::new(Registered {
        subjects: vec!["other".into()],
        ..Arc::into_inner(self::of(0)).unwrap()
    });
    assert_eq!(word(&schemas.find(&need(&other, 999), NOW)), "not there");
    let later = NOW + 30_000;
    assert_eq!(word(&schemas.find(&need(&of, 999), later)), "not there");
    assert_eq!(word(&schemas.find(&need(&of, 1), later)), "not there");
    learn(&schemas, &need(&of, 999), Some(UNKNOWN), later);
    assert_eq!(word(&schemas.find(&need(&of, 998), later)), "not there");
}

#[test]
fn no_more_are_kept_than_the_limits_allow() {
    let (schemas, of) = (Schemas::default(), of(0));
    for id in 0..=u32::try_from(SCHEMAS_MAX).unwrap() {
        learn(&schemas, &need(&of, id), Some(TEXT), NOW + i64::from(id));
    }
    assert_eq!(schemas.kept(), SCHEMAS_MAX);
    assert_eq!(word(&schemas.find(&need(&of, 0), NOW)), "not there");
    assert_eq!(word(&schemas.find(&need(&of, 1_000), NOW)), "known");
    assert_eq!(lock(&schemas.held).bytes, SCHEMAS_MAX * 8);
    schemas.forget();
    assert_eq!((schemas.kept(), lock(&schemas.held).bytes), (0, 0));
}

#[test]
fn what_was_asked_before_all_was_forgotten_is_not_learnt() {
    let (schemas, of) = (Schemas::default(), of(0));
    let begun = schemas.begin();
    schemas.forget();
    let told = read(&need(&of, 1), Some(TEXT.as_bytes()));
    schemas.learn(&need(&of, 1), told, begun, NOW);
    assert_eq!(schemas.kept(), 0);
}

#[test]
fn an_answer_that_is_none_is_no_knowledge() {
    let of = of(0);
    for (answer, expected) in [
        (None, "Nothing"),
        (Some("x"), "Nothing"),
        (Some("{}"), "Nothing"),
        (Some(r#"{"schema": "\"string\""}"#), "Nothing"),
        (Some(UNKNOWN), "Refused"),
        (Some(r#"{"schema": "{}", "format": "json"}"#), "Refused"),
        (Some(r#"{"schema": "{", "format": "avro"}"#), "Refused"),
        (Some(r#"{"unusable": true}"#), "Refused"),
        (Some(TEXT), "Schema"),
    ] {
        let told = read(&need(&of, 1), answer.map(str::as_bytes));
        assert!(format!("{told:?}").starts_with(expected), "{answer:?}");
    }
}

#[test]
fn an_id_that_no_registry_can_have_is_never_asked_for() {
    let (schemas, of) = (Schemas::default(), of(0));
    let largest = 0x7fff_ffff;
    assert_eq!(word(&schemas.find(&need(&of, largest), NOW)), "not there");
    for id in [largest + 1, u32::MAX] {
        assert_eq!(word(&schemas.find(&need(&of, id), NOW)), "refused");
    }
}
