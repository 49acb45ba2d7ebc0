//! Dead letters of streams that are not sealed: held to a contract, or signed.

use serde_json::{Value as Json, json};
use streamward_records::Envelope;

use super::contracts::held;
use super::dead_letters::{TARGET, copying, why_not};
use super::dead_letters_read::{fetched, headers};
use super::sealing::{data_key, delivered, needs, produce, records, sealing, values};
use super::{Outcome, Script, by, codes};
use crate::data_keys::KeyNeed;
use crate::dead_letters::DeadLetter;
use crate::session::Verdict;

type Change = fn(&mut Json);

const GOOD: &[u8] = br#"{"card":"4111222233334444"}"#;
const BAD: &[u8] = b"no JSON";

/// `ok.a` holds JSON, and what is refused of it goes to `ok.dead`; neither is sealed.
fn letters(change: impl FnOnce(&mut Json)) -> Json {
    let mut document = held(|_| {});
    copying(&mut document);
    change(&mut document);
    document
}

/// The same, with a target that is sealed, and opened for `alice`.
fn to_sealed(change: impl FnOnce(&mut Json)) -> Json {
    let sealed = sealing(|it| it["name"] = TARGET.into());
    letters(|it| {
        it["sealing"] = sealed["sealing"].clone();
        change(it);
    })
}

/// What `alice` gets copied of a batch with a record that is not as the contract says.
fn copied(document: &Json) -> (Script, Vec<DeadLetter>) {
    let mut script = by("alice", document);
    script.request(&produce(9, -1, &[records(0, &[GOOD, BAD])]));
    if matches!(script.outcome, Outcome::Verdict(Verdict::Wait(_))) {
        assert_eq!(needs(&script), [KeyNeed::Seal("ring".into())]);
        script.keys(Some(&data_key(1)));
    }
    script.refuses(&["ok.a/0:87"]);
    let letters = script.session.take_dead_letters();
    (script, letters)
}

#[test]
fn what_a_contract_refuses_is_copied_whole_in_clear_where_all_of_it_is() {
    let (mut script, copies) = copied(&letters(|_| {}));
    assert_eq!(why_not(&mut script), [""; 0]);
    assert_eq!(copies.len(), 1);
    assert_eq!(values(&copies[0].records), [GOOD, BAD]);
    let told = headers(&copies[0]);
    assert!(told[2].1.starts_with("contract:invalid: "));
    assert_eq!((told[3].1.as_str(), told[4].1.as_str()), ("1", "alice"));
}

#[test]
fn it_is_sealed_where_the_target_is() {
    let (mut script, copies) = copied(&to_sealed(|_| {}));
    assert_eq!(why_not(&mut script), [""; 0]);
    let sealed = values(&copies[0].records);
    assert!(sealed.iter().all(|it| Envelope::parse(it).is_ok()));
}

#[test]
fn without_a_key_the_batch_is_refused_and_nothing_lies_there_in_clear() {
    let mut script = by("alice", &to_sealed(|_| {}));
    script.request(&produce(9, -1, &[records(0, &[BAD])]));
    script.keys(None).refuses(&["ok.a/0:87"]);
    assert!(script.session.take_dead_letters().is_empty());
    let why = "refused records of `ok.a` are not copied: there is no key to seal them with";
    assert_eq!(why_not(&mut script), [why]);
    assert!(script.session.dead_letter_bounds.is_idle());
}

fn masked(document: &mut Json) {
    super::masking::masking(document, |_| {});
}

#[test]
fn nothing_is_copied_to_where_more_of_it_would_be_seen() {
    let of_classes = "does not carry the classes of the stream, or is of a lower level";
    let wider: Change = |it| {
        masked(it);
        it["sealing"]["rings"][0]["readers"]["principals"] = json!(["alice", "root"]);
    };
    let shown: Change = |it| {
        masked(it);
        it["sealing"]["streams"][0]["unreadable"] = "mask".into();
    };
    let refused: [(Json, &str); 9] = [
        (
            letters(|it| it["policy"]["streams"][1]["classes"] = json!([])),
            of_classes,
        ),
        (
            // Nobody says what lies in the stream, so it is as bad as can be.
            letters(|it| {
                it["policy"]["streams"][0]["classes"] = json!([]);
                it["policy"]["classes"][0]["level"] = "internal".into();
            }),
            of_classes,
        ),
        (letters(masked), "is not sealed"),
        (
            to_sealed(wider),
            "is opened for readers for whom the stream is not",
        ),
        (
            to_sealed(shown),
            "is opened in another way, or shows more to others",
        ),
        (
            to_sealed(|it| it["sealing"]["streams"][0]["value"] = false.into()),
            "does not seal whole values",
        ),
        (
            to_sealed(|it| it["sealing"]["streams"][0]["sealed_by"] = "producer".into()),
            "is sealed by its producers",
        ),
        (
            letters(|it| {
                let mut contract = it["contracts"]["streams"][0].clone();
                contract["name"] = TARGET.into();
                let streams = it["contracts"]["streams"].as_array_mut().unwrap();
                streams.push(contract);
            }),
            "takes only what its contract says",
        ),
        (
            super::signing::signing(letters(|_| {}), |it| it["name"] = TARGET.into()),
            "is signed, and copies are not",
        ),
    ];
    for (document, why) in refused {
        let (mut script, copies) = copied(&document);
        assert!(copies.is_empty(), "{why}");
        let expected = format!("refused records of `ok.a` are not copied: `{TARGET}` {why}");
        assert_eq!(why_not(&mut script), [expected]);
    }
    // Sealed for those who see all of it, it takes what others see masked.
    assert_eq!(copied(&to_sealed(masked)).1.len(), 1);
}

#[test]
fn what_a_contract_refuses_on_read_is_copied_once() {
    let mut script = by(
        "alice",
        &letters(|it| it["contracts"]["streams"][0]["on_read"] = "refuse".into()),
    );
    let injected = records(1, &[BAD, GOOD]);
    let all = [records(0, &[GOOD]), injected.clone()].concat();
    let copies = fetched(&mut script, &all);
    script.answers(|answer| assert_eq!(values(&delivered(answer)[0]), [GOOD]));
    assert_eq!(values(&copies[0].records), [BAD, GOOD]);
    let told = headers(&copies[0]);
    assert_eq!((told[3].1.as_str(), told[4].1.as_str()), ("0", "1"));
    assert!(fetched(&mut script, &injected).is_empty());
    script.answers(|answer| assert_eq!(codes(answer), ["ok.a/0:2"]));
}

#[test]
fn what_is_only_signed_is_copied_with_what_is_wrong_with_its_signature() {
    let document = super::signing::signing(letters(|it| it["contracts"] = json!({})), |_| {});
    let mut script = by("alice", &document);
    let copies = fetched(&mut script, &records(0, &[b"unsigned"]));
    script.answers(|answer| assert_eq!(codes(answer), ["ok.a/0:2"]));
    assert_eq!(values(&copies[0].records), [b"unsigned"]);
    assert!(headers(&copies[0])[2].1.starts_with("signing:unsigned: "));
}
