use super::asked::{RETRY_MILLISECONDS, UNKNOWN_KEPT_MAX, VAIN_MAX, VAIN_OF_REGISTRY_MAX};
use super::known::{SCHEMA_MEMORY_BYTES_MAX, SCHEMAS_MAX};
use super::*;

const NOW: i64 = 1_000_000;
const WINDOW: i64 = 30_000;

fn stream(name: &str, stale_milliseconds: i64) -> Arc<Registered> {
    registered(("main", "sha256:1"), name, stale_milliseconds)
}

fn registered(
    (name, digest): (&str, &str),
    stream: &str,
    stale_milliseconds: i64,
) -> Arc<Registered> {
    Arc::new(Registered {
        registry: Arc::new(Registry {
            name: name.into(),
            digest: digest.into(),
        }),
        subjects: vec![format!("{stream}-value")],
        format: Format::Avro,
        admit_undeclared: false,
        cache_milliseconds: 60_000,
        unknown_milliseconds: WINDOW,
        stale_milliseconds,
    })
}

fn of(stale_milliseconds: i64) -> Arc<Registered> {
    stream("orders", stale_milliseconds)
}

fn need(of: &Arc<Registered>, id: u32) -> SchemaNeed {
    let id = SchemaId::Number(id);
    SchemaNeed { of: of.clone(), id }
}

fn alice() -> Arc<str> {
    "alice".into()
}

fn learn(schemas: &Schemas, need: &SchemaNeed, answer: Option<&str>, now: i64) {
    learn_for(schemas, &alice(), need, answer, now);
}

fn learn_for(
    schemas: &Schemas,
    asker: &Arc<str>,
    need: &SchemaNeed,
    answer: Option<&str>,
    now: i64,
) {
    let told = read(need, answer.map(str::as_bytes));
    schemas.learn(need, asker, told, now);
}

fn found(schemas: &Schemas, need: &SchemaNeed, now: i64) -> &'static str {
    found_for(schemas, &alice(), need, now)
}

fn found_for(schemas: &Schemas, asker: &Arc<str>, need: &SchemaNeed, now: i64) -> &'static str {
    match schemas.find(need, asker, now) {
        FoundSchema::Known(_) => "known",
        FoundSchema::Refused(_) => "refused",
        FoundSchema::NotThere => "not there",
        FoundSchema::Trouble => "trouble",
    }
}

const TEXT: &str = r#"{"schema": "\"string\"", "format": "avro"}"#;
const UNKNOWN: &str = r#"{"unknown": true}"#;
const UNREACHABLE: &str = r#"{"unreachable": "connection refused"}"#;
/// What a registry may answer that says nothing.
const ODD: [Option<&str>; 5] = [
    None,
    Some("{"),
    Some("{}"),
    Some(r#"{"schema": "\"string\""}"#),
    Some(r#"{"error": "it answered 500"}"#),
];

#[test]
fn a_known_id_serves_until_it_must_be_asked_for_again() {
    let (schemas, of) = (Schemas::default(), of(0));
    let one = need(&of, 1);
    let found = |now| found(&schemas, &one, now);
    assert_eq!(found(NOW), "not there");
    learn(&schemas, &one, Some(TEXT), NOW);
    assert_eq!(found(NOW + 59_999), "known");
    assert_eq!(found(NOW + 60_000), "not there");
    // There is no answer: nothing serves, and nothing is asked for a moment.
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
    assert_eq!(found(&schemas, &one, late), "not there");
    learn(&schemas, &one, Some(UNREACHABLE), late);
    assert_eq!(found(&schemas, &one, late), "known");
    assert_eq!(found(&schemas, &other, late), "trouble");
    // It is up again, and no longer has it.
    let later = late + RETRY_MILLISECONDS;
    assert_eq!(found(&schemas, &one, later), "not there");
    learn(&schemas, &one, Some(UNKNOWN), later);
    assert_eq!(found(&schemas, &one, later), "refused");
    assert_eq!(found(&schemas, &other, later), "not there");
    // Down for too long.
    let (schemas, end) = (Schemas::default(), NOW + 660_000);
    learn(&schemas, &one, Some(TEXT), NOW);
    learn(&schemas, &one, Some(UNREACHABLE), end - 1);
    assert_eq!(found(&schemas, &one, end - 1), "known");
    assert_eq!(found(&schemas, &one, end), "trouble");
}

#[test]
fn an_odd_answer_is_trouble_for_its_id_and_no_other() {
    for odd in ODD {
        let (schemas, of) = (Schemas::default(), of(0));
        let (one, other) = (need(&of, 1), need(&of, 2));
        learn(&schemas, &one, odd, NOW);
        assert_eq!(found(&schemas, &one, NOW), "trouble", "{odd:?}");
        assert_eq!(found(&schemas, &other, NOW), "not there", "{odd:?}");
        learn(&schemas, &other, Some(TEXT), NOW);
        assert_eq!(found(&schemas, &other, NOW), "known", "{odd:?}");
        assert_eq!(found(&schemas, &one, NOW), "trouble", "{odd:?}");
    }
}

#[test]
fn a_registry_that_cannot_be_reached_is_trouble_for_all_of_its_streams_and_no_other_registry() {
    let schemas = Schemas::default();
    let (orders, payments) = (stream("orders", 0), stream("payments", 0));
    let elsewhere = registered(("other", "sha256:1"), "orders", 0);
    learn(&schemas, &need(&orders, 1), Some(UNREACHABLE), NOW);
    assert_eq!(found(&schemas, &need(&orders, 2), NOW), "trouble");
    assert_eq!(found(&schemas, &need(&payments, 2), NOW), "trouble");
    assert_eq!(found(&schemas, &need(&elsewhere, 2), NOW), "not there");
    let later = NOW + RETRY_MILLISECONDS;
    assert_eq!(found(&schemas, &need(&payments, 2), later), "not there");
}

#[test]
fn what_gives_trouble_again_is_asked_less_and_less() {
    let (schemas, of) = (Schemas::default(), of(0));
    let (known, new) = (need(&of, 1), need(&of, 2));
    learn(&schemas, &known, Some(TEXT), NOW);
    for one in [known, new] {
        let mut now = NOW + 60_000;
        for times in 0..8 {
            assert_eq!(found(&schemas, &one, now), "not there");
            learn(&schemas, &one, None, now);
            let waits = RETRY_MILLISECONDS << times.min(4);
            assert_eq!(found(&schemas, &one, now + waits - 1), "trouble", "{times}");
            now += waits;
        }
        learn(&schemas, &one, Some(TEXT), now);
        assert_eq!(found(&schemas, &one, now), "known");
    }
}

#[test]
fn a_known_id_keeps_its_schema_when_what_is_told_of_it_cannot_be() {
    let (schemas, of) = (Schemas::default(), of(600_000));
    let one = need(&of, 1);
    learn(&schemas, &one, Some(TEXT), NOW);
    let late = NOW + 60_000;
    let garbage = r#"{"schema": "\"nothing\"", "format": "avro"}"#;
    let other = r#"{"schema": "\"bytes\"", "format": "avro"}"#;
    for (at, odd) in [garbage, r#"{"unusable": true}"#, other]
        .into_iter()
        .enumerate()
    {
        let now = late + i64::try_from(at).unwrap() * 100_000;
        assert_eq!(found(&schemas, &one, now), "not there");
        learn(&schemas, &one, Some(odd), now);
        assert_eq!(found(&schemas, &one, now), "known", "{odd}");
    }
}

#[test]
fn another_schema_under_a_known_id_never_takes_its_place() {
    let (schemas, of) = (Schemas::default(), of(0));
    let one = need(&of, 1);
    learn(&schemas, &one, Some(TEXT), NOW);
    let (late, other) = (NOW + 60_000, r#"{"schema": "\"bytes\"", "format": "avro"}"#);
    learn(&schemas, &one, Some(other), late);
    assert_eq!(found(&schemas, &one, late), "trouble");
    let counts = &schemas.counts;
    let counted = [&counts.known, &counts.unanswered];
    let counted = counted.map(|it| it.load(std::sync::atomic::Ordering::Relaxed));
    assert_eq!(counted, [1, 1]);
    // The first is told again, or the registry no longer has the id, which is somebody's decision.
    let later = late + RETRY_MILLISECONDS;
    learn(&schemas, &one, Some(TEXT), later);
    assert_eq!(found(&schemas, &one, later), "known");
    learn(&schemas, &one, Some(UNKNOWN), later);
    learn(&schemas, &one, Some(other), later);
    assert_eq!(found(&schemas, &one, later), "known");
}

#[test]
fn references_are_of_a_schema_and_their_order_is_not() {
    let record = |name: &str, field: &str| {
        let fields = format!(r#"[{{\"name\": \"f\", \"type\": \"{field}\"}}]"#);
        format!(
            r#"{{"name": "{name}", "schema": "{{\"type\": \"record\", \"name\": \"{name}\", \"fields\": {fields}}}"}}"#
        )
    };
    let answer = |references: [String; 2]| {
        format!(
            r#"{{"schema": "[\"A\", \"B\"]", "format": "avro", "references": [{}]}}"#,
            references.join(",")
        )
    };
    let (schemas, of) = (Schemas::default(), of(0));
    let one = need(&of, 1);
    for (references, expected) in [
        ([record("A", "int"), record("B", "int")], "known"),
        ([record("B", "int"), record("A", "int")], "known"),
        ([record("A", "int"), record("B", "long")], "trouble"),
    ] {
        let late = NOW + 60_000;
        let now = if expected == "known" { NOW } else { late };
        learn(&schemas, &one, Some(&answer(references)), now);
        assert_eq!(found(&schemas, &one, now), expected);
    }
}

#[test]
fn an_unknown_id_is_refused_and_asked_for_again_later() {
    let (schemas, of) = (Schemas::default(), of(0));
    let one = need(&of, 1);
    for unusable in [
        UNKNOWN,
        r#"{"unusable": true}"#,
        r#"{"schema": "{}", "format": "json"}"#,
        r#"{"schema": "{", "format": "avro"}"#,
    ] {
        let schemas = Schemas::default();
        learn(&schemas, &one, Some(unusable), NOW);
        assert_eq!(found(&schemas, &one, NOW), "refused", "{unusable}");
    }
    learn(&schemas, &one, Some(UNKNOWN), NOW);
    assert_eq!(found(&schemas, &one, NOW + WINDOW - 1), "refused");
    assert_eq!(found(&schemas, &one, NOW + WINDOW), "not there");
    // Another stream's ids are others.
    let other = stream("payments", 0);
    assert_eq!(found(&schemas, &need(&other, 1), NOW), "not there");
}

#[test]
fn an_id_that_no_registry_has_is_never_asked_for() {
    let (schemas, of) = (Schemas::default(), of(0));
    for id in [1 << 31, u32::MAX] {
        assert_eq!(found(&schemas, &need(&of, id), NOW), "refused");
    }
    assert_eq!(found(&schemas, &need(&of, (1 << 31) - 1), NOW), "not there");
    let id = SchemaId::Guid([0xff; 16]);
    assert_eq!(found(&schemas, &SchemaNeed { of, id }, NOW), "not there");
}

/// Given: `asker` has asked for so many ids in vain.
fn flood(schemas: &Schemas, asker: &str, of: &Arc<Registered>, ids: std::ops::Range<u32>) -> u32 {
    let asker: Arc<str> = asker.into();
    let mut times = 0;
    for id in ids {
        let one = need(of, id);
        if found_for(schemas, &asker, &one, NOW) == "not there" {
            times += 1;
            // In every way in which it may be in vain.
            let odd = if id % 2 == 0 { Some(UNKNOWN) } else { None };
            learn_for(schemas, &asker, &one, odd, NOW);
        }
    }
    times
}

#[test]
fn who_asks_in_vain_asks_only_so_much_and_keeps_nobody_else() {
    let (schemas, of) = (Schemas::default(), of(0));
    let good = need(&of, 1);
    learn_for(&schemas, &"bob".into(), &good, Some(TEXT), NOW);
    assert_eq!(flood(&schemas, "mallory", &of, 1_000..6_000), VAIN_MAX);
    let mallory: Arc<str> = "mallory".into();
    assert_eq!(
        found_for(&schemas, &mallory, &need(&of, 9_000), NOW),
        "trouble"
    );
    // What is known serves everybody, is asked for again when its time comes, and others may ask for what is new.
    assert_eq!(found_for(&schemas, &mallory, &good, NOW), "known");
    assert_eq!(
        found_for(&schemas, &mallory, &good, NOW + 60_000),
        "not there"
    );
    let new = need(&of, 9_000);
    assert_eq!(found_for(&schemas, &"bob".into(), &new, NOW), "not there");
    learn_for(&schemas, &"bob".into(), &new, Some(TEXT), NOW);
    assert_eq!(found_for(&schemas, &mallory, &new, NOW), "known");
    let later = NOW + WINDOW;
    assert_eq!(
        found_for(&schemas, &mallory, &need(&of, 9_001), later),
        "not there"
    );
}

#[test]
fn ids_that_are_the_streams_cost_who_asks_nothing() {
    let (schemas, of) = (Schemas::default(), of(0));
    for id in 0..VAIN_MAX * 2 {
        assert_eq!(found(&schemas, &need(&of, id), NOW), "not there", "{id}");
        learn(&schemas, &need(&of, id), Some(TEXT), NOW);
    }
}

#[test]
fn many_who_ask_in_vain_are_bounded_together_and_who_has_not_may_still_ask() {
    let (schemas, of) = (Schemas::default(), of(0));
    let askers = VAIN_OF_REGISTRY_MAX / VAIN_MAX + 10;
    let asked = (0..askers).map(|at| {
        let ids = 10_000 * (at + 1)..10_000 * (at + 1) + 1_000;
        flood(&schemas, &format!("mallory-{at}"), &of, ids)
    });
    let asked: u32 = asked.sum();
    // Each of those who came too late has asked once.
    assert!(
        (VAIN_OF_REGISTRY_MAX..=VAIN_OF_REGISTRY_MAX + 10).contains(&asked),
        "{asked}"
    );
    assert_eq!(found(&schemas, &need(&of, 1), NOW), "not there");
}

#[test]
fn floods_push_nothing_out_that_is_known() {
    let (schemas, of) = (Schemas::default(), of(0));
    let good: Vec<_> = (1..=20).map(|id| need(&of, id)).collect();
    for one in &good {
        learn(&schemas, one, Some(TEXT), NOW);
    }
    for asker in 0..300 {
        flood(
            &schemas,
            &format!("mallory-{asker}"),
            &of,
            1_000 * (asker + 1)..1_000 * (asker + 2),
        );
    }
    assert!(schemas.kept() <= UNKNOWN_KEPT_MAX + good.len());
    assert!(good.iter().all(|one| found(&schemas, one, NOW) == "known"));
    // Not even all that can be remembered as unknown.
    let mut asked = Asked::default();
    for id in 0..u32::try_from(UNKNOWN_KEPT_MAX).unwrap() + 10 {
        asked.refuse(&need(&of, id), "", NOW + i64::from(id));
    }
    assert_eq!(asked.len(), UNKNOWN_KEPT_MAX);
    assert!(asked.get(&need(&of, 0), NOW).is_none());
}

#[test]
fn a_stream_with_many_schemas_displaces_only_its_own() {
    let schemas = Schemas::default();
    let (small, large) = (stream("orders", 0), stream("noise", 0));
    let good: Vec<_> = (1..=50).map(|id| need(&small, id)).collect();
    for one in &good {
        learn(&schemas, one, Some(TEXT), NOW);
    }
    let many = u32::try_from(SCHEMAS_MAX).unwrap();
    for id in 0..many {
        learn(&schemas, &need(&large, id), Some(TEXT), NOW);
    }
    assert_eq!(schemas.kept(), SCHEMAS_MAX);
    assert!(good.iter().all(|one| found(&schemas, one, NOW) == "known"));
    // Those that were not used for the longest, and whose place others take pays for it.
    assert_eq!(found(&schemas, &need(&large, many - 1), NOW), "known");
    assert_eq!(
        found_for(&schemas, &"bob".into(), &need(&large, 0), NOW),
        "not there"
    );
    assert_eq!(found(&schemas, &need(&large, 0), NOW), "trouble");
}

#[test]
fn memory_is_bounded_too() {
    let schemas = Schemas::default();
    let (small, large) = (stream("orders", 0), stream("noise", 0));
    learn(&schemas, &need(&small, 1), Some(TEXT), NOW);
    let text = serde_json::json!({"schema": format!("\"string\"{}", " ".repeat(1 << 19)),
        "format": "avro"});
    let text = text.to_string();
    let many = u32::try_from(SCHEMA_MEMORY_BYTES_MAX >> 19).unwrap() + 8;
    for id in 0..many {
        learn(&schemas, &need(&large, id), Some(&text), NOW);
    }
    assert!(schemas.kept() < usize::try_from(many).unwrap() - 4);
    assert_eq!(found(&schemas, &need(&small, 1), NOW), "known");
}

#[test]
fn another_registry_of_the_same_name_is_asked_anew() {
    let schemas = Schemas::default();
    let before = registered(("main", "sha256:1"), "orders", 0);
    let after = registered(("main", "sha256:2"), "orders", 0);
    let kept = stream("payments", 0);
    learn(&schemas, &need(&before, 1), Some(TEXT), NOW);
    learn(&schemas, &need(&before, 2), Some(UNKNOWN), NOW);
    learn(&schemas, &need(&kept, 1), Some(TEXT), NOW);
    for id in [1, 2] {
        assert_eq!(found(&schemas, &need(&after, id), NOW), "not there");
    }
    schemas.retain(&HashSet::from([after.clone(), kept.clone()]));
    // What is about a registry that is still declared so stays.
    assert_eq!(
        (schemas.kept(), found(&schemas, &need(&kept, 1), NOW)),
        (1, "known")
    );
    // An answer that was on its way is of the registry that gave it.
    learn(&schemas, &need(&before, 1), Some(TEXT), NOW);
    assert_eq!(found(&schemas, &need(&after, 1), NOW), "not there");
}

#[test]
fn a_question_names_the_registry_by_its_digest_and_the_id_as_it_stands_there() {
    let of = of(0);
    let id = SchemaId::Guid(*b"0123456789abcdef");
    let ask = |need: SchemaNeed| -> serde_json::Value {
        serde_json::from_slice(&need.question()).unwrap()
    };
    let mut expected = serde_json::json!({"type": "schema", "registry": "main", "digest": "sha256:1",
        "subjects": ["orders-value"], "id": 7});
    assert_eq!(ask(need(&of, 7)), expected);
    expected["guid"] = "30313233-3435-3637-3839-616263646566".into();
    expected.as_object_mut().unwrap().remove("id");
    assert_eq!(ask(SchemaNeed { of, id }), expected);
}
