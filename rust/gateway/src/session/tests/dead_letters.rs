//! Copies of what was refused: where they may go, and what becomes of those that may not.

use serde_json::{Value as Json, json};
use streamward_records::Envelope;

use super::sealing::{data_key, needs, produce, records, records_with, sealing, values};
use super::{Close, Script, by};
use crate::data_keys::KeyNeed;
use crate::dead_letters::{DEAD_LETTER_SHARE_BYTES_MAX, DeadLetter};

type Change = fn(&mut Json);

pub(super) const TARGET: &str = "ok.dead";
const BAD: &[u8] = b"no JSON";

/// `ok.a` is sealed and holds JSON, and what is refused of it goes to `ok.dead`.
pub(super) fn letters(change: impl FnOnce(&mut Json)) -> Json {
    let mut document = super::contracts::held(|_| {});
    document["sealing"] = sealing(|_| {})["sealing"].clone();
    let mut target = document["sealing"]["streams"][0].clone();
    target["name"] = TARGET.into();
    let streams = document["sealing"]["streams"].as_array_mut().unwrap();
    streams.push(target);
    copying(&mut document);
    change(&mut document);
    document
}

/// What is refused of `ok.a` goes to `ok.dead`.
pub(super) fn copying(document: &mut Json) {
    let target = json!({"name": TARGET, "prefix": null, "classes": ["cardholder"]});
    let streams = document["policy"]["streams"].as_array_mut().unwrap();
    streams.push(target);
    let stream = json!({"name": "ok.a", "prefix": null, "target": TARGET});
    document["dead_letters"] = json!({"streams": [stream]});
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
    let refused: [(Change, &str); 14] = [
        (
            |it| it["sealing"]["streams"].as_array_mut().unwrap().truncate(1),
            "is not sealed",
        ),
        (
            |it| it["policy"]["streams"][1]["classes"] = json!([]),
            "does not carry the classes of the stream, or is of a lower level",
        ),
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
                let ring = json!({"name": "roles", "data_class": "cardholder", "access_class": "all",
                    "readers": {"roles": ["auditor"], "principals": ["alice"]}});
                let rings = it["sealing"]["rings"].as_array_mut().unwrap();
                rings.push(ring);
                it["sealing"]["streams"][1]["ring"] = "roles".into();
            },
            "is opened for readers for whom the stream is not",
        ),
        (
            |it| {
                let mut contract = it["contracts"]["streams"][0].clone();
                contract["name"] = TARGET.into();
                it["contracts"]["streams"]
                    .as_array_mut()
                    .unwrap()
                    .push(contract);
            },
            "takes only what its contract says",
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
    let most = DEAD_LETTER_SHARE_BYTES_MAX / 2;
    let mut others = bounds.reserve("alice", most).unwrap();
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
fn a_copy_is_made_while_another_connection_of_the_same_principal_makes_one() {
    let mut script = by("alice", &letters(|_| {}));
    let bounds = script.session.dead_letter_bounds.clone();
    let making = bounds.reserve("alice", 1_000).unwrap();
    script.request(&produce(9, -1, &[records(0, &[BAD])]));
    script.keys(Some(&data_key(1)));
    assert_eq!(script.session.take_dead_letters().len(), 1);
    assert_eq!(why_not(&mut script), [""; 0]);
    drop(making);
}

#[test]
fn a_copy_that_grows_more_than_most_do_takes_what_is_left() {
    let mut script = by("alice", &letters(|_| {}));
    script.session.limits.frame_bytes_max = 16 << 20;
    let many = records(0, &vec![&b"x"[..]; 8_000]);
    let mut key = data_key(1);
    key["records_max"] = 1_000_000.into();
    script.request(&produce(9, -1, std::slice::from_ref(&many)));
    script.keys(Some(&key));
    let copies = script.session.take_dead_letters();
    assert!(copies[0].records.len() > (1 << 20) + 4 * many.len());
    assert_eq!(copies[0].room.bytes(), copies[0].records.len());
    // With others waiting there is no room for it, and that is what the log says.
    let others = script.session.dead_letter_bounds.clone();
    let mut others = others
        .reserve("alice", DEAD_LETTER_SHARE_BYTES_MAX / 2)
        .unwrap();
    others.shrink(DEAD_LETTER_SHARE_BYTES_MAX - copies[0].records.len() - (1 << 20));
    script.request(&produce(9, -1, &[many]));
    assert!(script.session.take_dead_letters().is_empty());
    let expected = "refused records of `ok.a` are not copied: too many copies wait to be written";
    assert_eq!(why_not(&mut script), [expected]);
}

#[test]
fn whoever_writes_can_not_say_in_the_name_of_a_copy_where_it_lay() {
    let mut script = by("alice", &letters(|_| {}));
    let forged = super::schemas::headers(&[
        ("streamward.dead_letter.offset", Some(b"4711")),
        ("trace", Some(b"1")),
    ]);
    script.request(&produce(9, -1, &[records_with(0, &[BAD], &forged)]));
    script.keys(Some(&data_key(1)));
    let copies = script.session.take_dead_letters();
    let told = super::dead_letters_read::headers(&copies[0]);
    let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
    let ours = ["stream", "partition", "reason", "record", "principal"];
    let ours = ours.map(|it| format!("streamward.dead_letter.{it}"));
    assert_eq!(names[0], "trace");
    assert_eq!(names[1..], ours);
}

#[test]
fn without_a_journal_no_copy_leaves_at_the_end() {
    let mut script = by("alice", &letters(|_| {}));
    let now = script.now;
    assert!(script.session.may_copy(&Close::ClientGone, now));
    let what = String::new();
    assert!(!script.session.may_copy(&Close::Unrecorded { what }, now));
    // What was written before can't be entered any more.
    script.request(&produce(9, -1, &[records(0, &[b"{\"card\":\"4\"}"])]));
    script.keys(Some(&data_key(1))).rewrites(|_| {});
    script.break_journal();
    script.broker(|answer| super::signing::taken(answer, 0));
    assert!(!script.session.may_copy(&Close::ClientGone, now));
}

#[test]
fn the_key_of_the_target_is_asked_for_with_that_of_the_stream() {
    let document = letters(|it| {
        let mut ring = it["sealing"]["rings"][0].clone();
        ring["name"] = "other".into();
        let rings = it["sealing"]["rings"].as_array_mut().unwrap();
        rings.push(ring);
        it["sealing"]["streams"][1]["ring"] = "other".into();
    });
    let mut script = by("alice", &document);
    script.request(&produce(9, -1, &[records(0, &[BAD])]));
    let wanted = ["ring", "other"].map(|it| KeyNeed::Seal(it.into()));
    assert_eq!(needs(&script), wanted);
}

/// What is copied of these records, which wait for the key that seals a million of them.
fn copied_of(document: &Json, batch: &[u8], code: i16) -> (Script, Vec<DeadLetter>) {
    let mut script = by("alice", document);
    script.request(&produce(9, -1, &[batch.to_vec()]));
    let mut key = data_key(1);
    key["records_max"] = 1_000_000.into();
    script.keys(Some(&key));
    script.refuses(&[&format!("ok.a/0:{code}")]);
    let letters = script.session.take_dead_letters();
    (script, letters)
}

#[test]
fn what_is_corrupt_and_what_a_stream_would_copy_to_itself_is_not_copied_and_no_matter() {
    let mut corrupt = records(0, &[BAD]);
    corrupt[20] ^= 1;
    let to_itself = letters(|it| {
        let stream = json!({"name": null, "prefix": "ok.", "target": "ok.a"});
        it["dead_letters"]["streams"] = json!([stream]);
    });
    for (document, batch, code) in [
        (letters(|_| {}), corrupt, 2),
        (to_itself, records(0, &[BAD]), 87),
    ] {
        let (mut script, copies) = copied_of(&document, &batch, code);
        assert!(copies.is_empty());
        assert_eq!(why_not(&mut script), [""; 0]);
    }
}

#[test]
fn an_envelope_is_sealed_once_more_and_not_taken_for_one_of_the_target() {
    let (_, envelope) = super::sealing::sealed(&sealing(|_| {}), &[b"{}"]);
    let envelope = values(&envelope).remove(0);
    let (mut script, copies) = copied_of(&letters(|_| {}), &records(0, &[BAD, &envelope]), 87);
    assert_eq!(why_not(&mut script), [""; 0]);
    let copies = values(&copies[0].records);
    assert_eq!(copies.len(), 2);
    assert!(copies.iter().all(|it| Envelope::parse(it).is_ok()));
    assert!(copies[1].len() > envelope.len());
}

#[test]
fn a_copy_that_no_broker_takes_is_not_made() {
    // A frame may be a mebibyte; each record of a byte becomes one of some hundreds.
    let many = records(0, &vec![&b"x"[..]; 6_000]);
    let (mut script, copies) = copied_of(&letters(|_| {}), &many, 87);
    assert!(copies.is_empty());
    assert_eq!(why_not(&mut script).len(), 1);
    assert!(script.session.dead_letter_bounds.is_idle());
}
