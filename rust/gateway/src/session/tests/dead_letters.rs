//! Copies of what was refused: where they may go, and what becomes of those that may not.

use serde_json::{Value as Json, json};
use streamward_records::Envelope;

use super::sealing::{data_key, needs, produce, records, sealing, values};
use super::{Script, by};
use crate::data_keys::KeyNeed;
use crate::dead_letters::DeadLetter;

type Change = fn(&mut Json);

const TARGET: &str = "ok.dead";
const BAD: &[u8] = b"no JSON";

/// `ok.a` is sealed and holds JSON, and what is refused of it goes to `ok.dead`.
fn letters(change: impl FnOnce(&mut Json)) -> Json {
    let mut document = super::contracts::held(|_| {});
    let sealed = sealing(|it| {
        it["on_violation"] = "dead-letter".into();
        it["dead_letter"] = TARGET.into();
    });
    document["sealing"] = sealed["sealing"].clone();
    let mut target = document["sealing"]["streams"][0].clone();
    target["name"] = TARGET.into();
    target["on_violation"] = "refuse".into();
    target["dead_letter"] = Json::Null;
    let streams = document["sealing"]["streams"].as_array_mut().unwrap();
    streams.push(target);
    change(&mut document);
    document
}

/// What `alice` gets copied of a batch that is not as the contract says.
fn copied(document: &Json) -> (Script, Vec<DeadLetter>) {
    let mut script = by("alice", document);
    script.request(&produce(9, -1, &[records(0, &[BAD])]));
    if needs(&script)
        .iter()
        .any(|it| matches!(it, KeyNeed::Seal(_)))
    {
        script.keys(Some(&data_key(1)));
    }
    script.refuses(&["ok.a/0:87"]);
    let letters = script.session.take_dead_letters();
    (script, letters)
}

fn why_not(script: &mut Script) -> Vec<String> {
    let denied = script.log("denied");
    let rule = |it: &&Json| it["rules"][0] == "dead_letter:not_copied";
    let told = denied.iter().filter(rule);
    told.map(|it| it["reason"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_refused_batch_is_copied_sealed() {
    let (mut script, letters) = copied(&letters(|_| {}));
    assert_eq!(why_not(&mut script), [""; 0]);
    assert_eq!(letters.len(), 1);
    let sealed = values(&letters[0].records);
    assert!(Envelope::parse(&sealed[0]).is_ok());
}

#[test]
fn nothing_is_copied_to_where_it_would_be_less_safe() {
    let refused: [(Change, &str); 10] = [
        (
            |it| it["sealing"]["streams"][1]["value"] = false.into(),
            "does not seal whole values",
        ),
        (
            |it| it["sealing"]["streams"][0]["key"] = "deterministic".into(),
            "does not seal keys",
        ),
        (
            |it| it["sealing"]["streams"][0]["headers"] = json!(["name"]),
            "does not seal the same headers",
        ),
        (
            |it| it["sealing"]["streams"][1]["sealed_by"] = "producer".into(),
            "is sealed by its producers",
        ),
        (
            |it| it["sealing"]["streams"][1]["partition_bound"] = true.into(),
            "is bound to its partitions",
        ),
        (
            |it| it["sealing"]["streams"][1]["unreadable"] = "ciphertext".into(),
            "is opened in another way, or shows more to others",
        ),
        (
            |it| it["sealing"]["streams"][1]["opened_by"] = "consumer".into(),
            "is opened in another way, or shows more to others",
        ),
        (
            |it| {
                let ring = json!({"name": "wide", "data_class": "cardholder", "access_class": "all",
                    "readers": {"roles": [], "principals": ["alice", "root"]}});
                let rings = it["sealing"]["rings"].as_array_mut().unwrap();
                rings.push(ring);
                it["sealing"]["streams"][1]["ring"] = "wide".into();
            },
            "is opened for readers for whom the stream is not",
        ),
        (
            |it| {
                super::masking::masking(it, |stream| {
                    stream["unmasked"]["principals"] = json!(["root"]);
                });
            },
            "is opened for readers for whom the stream is not",
        ),
        (
            |it| {
                *it = super::signing::signing(it.clone(), |stream| {
                    stream["name"] = TARGET.into();
                });
            },
            "is signed, and copies are not",
        ),
    ];
    for (change, why) in refused {
        let (mut script, copies) = copied(&letters(change));
        assert!(copies.is_empty(), "{why}");
        let expected = format!("refused records of `ok.a` are not copied: `{TARGET}` {why}");
        assert_eq!(why_not(&mut script), [expected]);
    }
}
