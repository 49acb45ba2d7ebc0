//! Copies of what was refused: where they may go, and what becomes of those that may not.

use serde_json::{Value as Json, json};
use streamward_records::Envelope;

use super::sealing::{data_key, needs, produce, records, sealing, values};
use super::{Close, Script, by};
use crate::data_keys::KeyNeed;
use crate::dead_letters::{DEAD_LETTER_SHARE_BYTES_MAX, DeadLetter};

type Change = fn(&mut Json);

pub(super) const TARGET: &str = "ok.dead";
const BAD: &[u8] = b"no JSON";

/// `ok.a` is sealed and holds JSON, and what is refused of it goes to `ok.dead`.
pub(super) fn letters(change: impl FnOnce(&mut Json)) -> Json {
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

pub(super) fn why_not(script: &mut Script) -> Vec<String> {
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

#[test]
fn no_more_is_copied_than_there_is_room_for_and_that_is_entered_once() {
    let mut script = by("alice", &letters(|_| {}));
    let bounds = script.session.dead_letter_bounds.clone();
    let large = vec![b'x'; 50_000];
    let batches = vec![records(0, &[&large]); 8];
    // Of another connection's, so much is on its way.
    let mut others = bounds.reserve("alice", 1).unwrap();
    others.shrink(DEAD_LETTER_SHARE_BYTES_MAX - 4 * 51_000);
    script.request(&produce(9, -1, &batches));
    script.keys(Some(&data_key(1)));
    let copies = script.session.take_dead_letters();
    assert_eq!(copies.len(), 4);
    let expected = "refused records of `ok.a` are not copied: too many copies wait to be written";
    assert_eq!(why_not(&mut script), [expected]);
    drop((copies, others));
    assert!(bounds.is_idle());
    script.request(&produce(9, -1, &batches[..1]));
    assert!(script.session.held_bytes() > 50_000);
    assert_eq!(script.session.take_dead_letters().len(), 1);
}

#[test]
fn without_a_journal_no_copy_leaves_at_the_end() {
    let mut script = by("alice", &letters(|_| {}));
    let now = script.now;
    assert!(script.session.may_copy(&Close::ClientGone, now));
    let what = String::new();
    assert!(!script.session.may_copy(&Close::Unrecorded { what }, now));
}
