use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;

const NOW: i64 = 1_000_000;

fn made(kid: &str, expires: i64, refresh: i64, records_max: u64) -> Vec<u8> {
    serde_json::json!({
        "kid": kid, "key": STANDARD.encode([7; 32]), "ring_version": 3,
        "records_max": records_max, "expires": expires, "refresh": refresh,
    })
    .to_string()
    .into_bytes()
}

fn learnt(keys: &DataKeys, need: &KeyNeed, answer: &[u8]) {
    keys.learn(need, Some(answer), keys.begin(), NOW).unwrap();
}

#[test]
fn a_key_is_made_ahead_of_need_by_one_and_serves_until_its_end() {
    let (keys, seal) = (DataKeys::default(), KeyNeed::Seal("r".into()));
    assert!(keys.sealing("r", NOW).is_none() && keys.lacks(&seal, NOW));
    learnt(
        &keys,
        &seal,
        &made(&"0a".repeat(16), NOW + 100, NOW + 80, 1 << 20),
    );
    assert!(keys.sealing("r", NOW + 99).is_some() && !keys.lacks(&seal, NOW));
    assert_eq!(keys.is_due("r", NOW + 79), None);
    assert_eq!(keys.is_due("r", NOW + 80), Some(seal.clone()));
    assert_eq!(keys.is_due("r", NOW + 80), None);
    // There is no answer: the key serves on, and another attempt follows.
    keys.learn(&seal, None, keys.begin(), NOW + 80).unwrap_err();
    assert!(keys.sealing("r", NOW + 99).is_some());
    assert_eq!(keys.is_due("r", NOW + 81), None);
    assert_eq!(keys.is_due("r", NOW + 80 + RETRY_MILLISECONDS), Some(seal));
    assert!(keys.sealing("r", NOW + 100).is_none());
    let FoundKey::Key(own) = keys.at(NOW).find(&[10; 16]) else {
        panic!()
    };
    assert_eq!((own.ring_version(), own.records_max()), (3, 1 << 20));
}

#[test]
fn who_was_to_make_a_key_and_is_gone_does_not_keep_others_from_it() {
    let (keys, seal) = (DataKeys::default(), KeyNeed::Seal("r".into()));
    let answer = made(&"0a".repeat(16), NOW + 1_000_000, NOW + 80, 1 << 20);
    learnt(&keys, &seal, &answer);
    assert_eq!(keys.is_due("r", NOW + 80), Some(seal.clone()));
    let until = NOW + 80 + UNDERWAY_MILLISECONDS;
    assert_eq!(keys.is_due("r", until - 1), None);
    assert_eq!(keys.is_due("r", until), Some(seal.clone()));
    assert_eq!(keys.is_due("r", until), None);
}

#[test]
fn what_is_forgotten_is_not_learnt_from_an_earlier_question() {
    let (keys, seal) = (DataKeys::default(), KeyNeed::Seal("r".into()));
    let answer = made(&"0a".repeat(16), NOW + 100, NOW + 80, 9);
    let begun = keys.begin();
    keys.forget("r");
    keys.learn(&seal, Some(&answer), begun, NOW).unwrap();
    assert!(keys.sealing("r", NOW).is_none());
    learnt(&keys, &seal, &answer);
    keys.retain(|ring| ring == "r");
    assert!(keys.sealing("r", NOW).is_some());
    keys.forget("other");
    assert!(keys.sealing("r", NOW).is_some());
    keys.forget("");
    assert!(keys.sealing("r", NOW).is_none());
    assert!(matches!(keys.at(NOW).find(&[10; 16]), FoundKey::NotThere));
}

#[test]
fn a_key_that_nobody_knows_is_asked_for_once() {
    let (keys, open) = (DataKeys::default(), KeyNeed::Open([9; 16]));
    assert!(keys.lacks(&open, NOW));
    learnt(&keys, &open, br#"{"unknown": true}"#);
    assert!(!keys.lacks(&open, NOW));
    assert!(matches!(keys.at(NOW).find(&[9; 16]), FoundKey::Unknown));
    assert!(keys.lacks(&open, NOW + UNKNOWN_MILLISECONDS));
}

#[test]
fn an_answer_that_is_none_is_trouble_and_tells_no_key() {
    let keys = DataKeys::default();
    let key = STANDARD.encode([7; 32]);
    let answers = [
        String::new(),
        "{}".into(),
        r#"{"error": "Vault is sealed"}"#.into(),
        format!(
            r#"{{"kid": "zz", "key": "{key}", "ring_version": 1, "records_max": 1, "expires": 1}}"#
        ),
        format!(
            r#"{{"kid": "{}", "key": "AAAA", "ring_version": 1, "records_max": 1, "expires": 1}}"#,
            "0a".repeat(16)
        ),
        format!(
            r#"{{"kid": "{}", "key": "{key}", "ring_version": 1}}"#,
            "0a".repeat(16)
        ),
        format!(r#"{{"key": "{key}", "key": "{key}"}}"#),
    ];
    for answer in answers {
        for need in [KeyNeed::Seal("r".into()), KeyNeed::Open([9; 16])] {
            let what = keys
                .learn(&need, Some(answer.as_bytes()), keys.begin(), NOW)
                .unwrap_err();
            assert!(!what.contains(&key), "{what}");
            assert!(!keys.lacks(&need, NOW) && keys.lacks(&need, NOW + RETRY_MILLISECONDS));
        }
    }
}

fn kid(number: usize) -> Kid {
    (number as u128).to_be_bytes()
}

const UNKNOWN: &[u8] = br#"{"unknown": true}"#;

#[test]
fn keys_that_nobody_knows_are_asked_for_so_often_and_no_more() {
    let (keys, stream): (_, Arc<str>) = (DataKeys::default(), "s".into());
    let mut asked = 0;
    for number in 0..100 {
        for need in keys.facts_of(&stream, vec![kid(number)], NOW) {
            learnt(&keys, &need, UNKNOWN);
            asked += 1;
        }
    }
    assert_eq!(asked, UNKNOWN_ASKED_MAX);
    let later = NOW + UNKNOWN_MILLISECONDS;
    assert_eq!(keys.facts_of(&"other".into(), vec![kid(99)], NOW).len(), 1);
    let many: Vec<Kid> = (200..300).map(kid).collect();
    assert_eq!(keys.facts_of(&stream, many, later).len(), FACTS_ASKED_MAX);
}

#[test]
fn keys_that_are_known_count_for_nothing_and_are_not_forgotten_for_unknown_ones() {
    let (keys, stream): (_, Arc<str>) = (DataKeys::default(), "s".into());
    let known = serde_json::json!({"ring": "r", "purpose": "data", "until": NOW + 1_000_000});
    let known = known.to_string().into_bytes();
    for number in 0..100 {
        let needs = keys.facts_of(&stream, vec![kid(number)], NOW);
        assert_eq!(needs, [KeyNeed::Facts(kid(number))]);
        learnt(&keys, &needs[0], &known);
    }
    for number in 1_000..=1_000 + OPENING_KEYS_MAX {
        learnt(&keys, &KeyNeed::Facts(kid(number)), UNKNOWN);
    }
    assert!(matches!(keys.at(NOW).known(&kid(0)), KnownKey::Of { .. }));
    assert_eq!(
        keys.at(NOW).known(&kid(1_000 + OPENING_KEYS_MAX)),
        KnownKey::Unknown
    );
    for number in 200..200 + OPENING_KEYS_MAX {
        learnt(&keys, &KeyNeed::Facts(kid(number)), &known);
    }
    let held = lock(&keys.held);
    assert_eq!(
        (held.facts.len(), held.unknown.len() <= OPENING_KEYS_MAX),
        (OPENING_KEYS_MAX, true)
    );
}
