//! What is refused on read: all before it leaves, it is copied once, and by the gateway itself.

use serde_json::{Value as Json, json};
use streamward_records::{Envelope, Walk};
use streamward_wire::kafka::batch::batches;

use super::dead_letters::{TARGET, letters, why_not};
use super::fetch::deliver;
use super::sealing::{
    data_key, delivered, fetch, needs, open_key, records, records_with, sealed, values,
};
use super::{Script, by, codes};
use crate::data_keys::KeyNeed;
use crate::dead_letters::{AGAIN_AFTER_MILLISECONDS, DeadLetter};

const GOOD: &[u8] = br#"{"card":"4111222233334444"}"#;

/// `alice`, who wrote one record to `ok.a` and so has the keys, fetches what the broker gives.
pub(super) fn fetched(script: &mut Script, at_broker: &[u8]) -> Vec<DeadLetter> {
    script.request(&fetch(11)).forwards();
    script.broker(|answer| deliver(answer, "ok.a", std::slice::from_ref(&at_broker.to_vec())));
    script.session.take_dead_letters()
}

/// A session that has keys, and the batch that it wrote.
fn begun(document: &Json) -> (Script, Vec<u8>) {
    let (mut script, at_broker) = sealed(document, &[GOOD]);
    script.broker(|_| {});
    (script, at_broker)
}

pub(super) fn headers(letter: &DeadLetter) -> Vec<(String, String)> {
    let batch = batches(&letter.records).next().unwrap().unwrap();
    let record = Walk::new(batch.payload, 99).next_record().unwrap();
    let text = |it: &[u8]| String::from_utf8(it.to_vec()).unwrap();
    let headers = streamward_records::Headers::new(record.headers).unwrap();
    headers
        .map(|it| (text(it.name), text(it.value.unwrap())))
        .collect()
}

#[test]
fn what_is_right_before_it_leaves_and_what_is_wrong_is_copied_once() {
    let (mut script, good) = begun(&letters(|_| {}));
    let injected = records(1, &[b"injected", b"too"]);
    let behind = records(3, &[b"behind"]);
    let all = [good.clone(), injected.clone(), behind].concat();

    let copies = fetched(&mut script, &all);
    script.answers(|answer| {
        assert!(codes(answer).is_empty());
        assert_eq!(values(&delivered(answer)[0]), [GOOD]);
    });
    assert_eq!(script.ranges(), ["0 0-0 1"]);
    assert_eq!(copies.len(), 1);
    let sealed = values(&copies[0].records);
    assert_eq!(sealed.len(), 2);
    assert!(sealed.iter().all(|it| Envelope::parse(it).is_ok()));
    let told = headers(&copies[0]);
    let names: Vec<&str> = told.iter().map(|(name, _)| &name[23..]).collect();
    assert_eq!(names, ["stream", "partition", "reason", "record", "offset"]);
    let said: Vec<&str> = told.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(
        (said[0], said[1], said[3], said[4]),
        ("ok.a", "0", "0", "1")
    );
    assert!(said[2].starts_with("sealing:plaintext: "));

    // The next fetch begins there: it is refused, and not copied again while that is under way, nor once it is done.
    let rest = [injected, records(3, &[b"behind"])].concat();
    assert!(fetched(&mut script, &rest).is_empty());
    script.answers(|answer| assert_eq!(codes(answer), ["ok.a/0:2"]));
    for copy in copies {
        copy.attempt.unwrap().done();
    }
    assert!(fetched(&mut script, &rest).is_empty());
    script.answers(|answer| assert_eq!(codes(answer), ["ok.a/0:2"]));
    assert_eq!(script.ranges(), ["0 0-0 1"]);
    // The log says what was found before the first of these answers left, and who copies.
    let opened = script.log("access_opened");
    let copying = opened.iter().find(|it| it["resource"]["name"] == TARGET);
    let copying = copying.unwrap();
    assert_eq!(
        (&copying["principal"], &copying["action"]),
        (&json!("streamward:gateway"), &json!("Write"))
    );
    assert_eq!(copying["rules"], json!(["dead_letter:copied"]));
    assert!(copying["credential"].is_null() && copying["mechanism"].is_null());
    assert_eq!(
        script.log("denied")[0]["reason"]
            .as_str()
            .unwrap()
            .split(':')
            .next(),
        Some("partition 0, offset 1")
    );
}

#[test]
fn whoever_wrote_can_not_say_in_the_name_of_a_copy_who_did() {
    let (mut script, _) = begun(&letters(|_| {}));
    let forged = super::schemas::headers(&[("streamward.dead_letter.principal", Some(b"alice"))]);
    let copies = fetched(&mut script, &records_with(1, &[b"injected"], &forged));
    let told = headers(&copies[0]);
    let names: Vec<&str> = told.iter().map(|(name, _)| &name[23..]).collect();
    assert_eq!(names, ["stream", "partition", "reason", "record", "offset"]);
}

#[test]
fn a_copy_that_failed_is_made_again_later() {
    let (mut script, _) = begun(&letters(|_| {}));
    let injected = records(1, &[b"injected"]);
    drop(fetched(&mut script, &injected));
    assert!(fetched(&mut script, &injected).is_empty());
    script.now += AGAIN_AFTER_MILLISECONDS;
    assert_eq!(fetched(&mut script, &injected).len(), 1);
}

#[test]
fn the_answer_waits_for_the_key_that_seals_the_copy() {
    let change = |it: &mut Json| {
        let mut ring = it["sealing"]["rings"][0].clone();
        ring["name"] = "dead".into();
        it["sealing"]["rings"].as_array_mut().unwrap().push(ring);
        it["sealing"]["streams"][1]["ring"] = "dead".into();
    };
    let (_, good) = begun(&letters(change));
    for has_key in [true, false] {
        let mut script = by("alice", &letters(change));
        let injected = [good.clone(), records(1, &[b"injected"])].concat();
        assert!(fetched(&mut script, &injected).is_empty());
        assert_eq!(needs(&script), [KeyNeed::Open([1; 16])]);
        let key = open_key(1, script.now + 60_000);
        script.keys(Some(&key));
        assert_eq!(needs(&script), [KeyNeed::Seal("dead".into())]);
        let key = data_key(2);
        let copies;
        if has_key {
            script.keys(Some(&key));
            copies = script.session.take_dead_letters();
            assert_eq!(
                Envelope::parse(&values(&copies[0].records)[0]).unwrap().kid,
                &[2; 16]
            );
        } else {
            while matches!(
                &script.outcome,
                super::Outcome::Answer(crate::session::Answer::Wait(_), _)
            ) {
                script.keys(None);
            }
            copies = script.session.take_dead_letters();
            assert!(copies.is_empty());
            let expected =
                "refused records of `ok.a` are not copied: there is no key to seal them with";
            assert_eq!(why_not(&mut script), [expected]);
        }
        // Either way the reader gets what is right, and one entry says what is not.
        script.answers(|answer| assert_eq!(delivered(answer).len(), 1));
        let denied = script.log("denied");
        let plaintext = denied
            .iter()
            .filter(|it| it["rules"][0] == "sealing:plaintext");
        assert_eq!(plaintext.count(), 1);
    }
}

#[test]
fn a_record_that_is_not_of_its_contract_is_copied_as_it_lies() {
    let (mut script, at_broker) = begun(&letters(|it| {
        it["contracts"]["streams"][0]["on_write"] = "off".into();
        it["contracts"]["streams"][0]["on_read"] = "refuse".into();
    }));
    assert!(fetched(&mut script, &at_broker).is_empty());
    let (_, bad) = sealed(
        &letters(|it| it["contracts"]["streams"] = json!([])),
        &[b"no JSON"],
    );
    let copies = fetched(&mut script, &bad);
    script.answers(|answer| assert_eq!(codes(answer), ["ok.a/0:2"]));
    assert!(headers(&copies[0])[2].1.starts_with("contract:invalid: "));
    assert!(values(&copies[0].records)[0].len() > values(&bad)[0].len() + 60);
}

#[test]
fn nothing_is_copied_out_of_a_stream_of_dead_letters_nor_into_one_under_quarantine() {
    // A circle: what is wrong in `ok.a`, which takes the dead letters of `ok.dead`, stays where it is.
    let mut circle = begun(&letters(|it| {
        let back = json!({"name": TARGET, "prefix": null, "target": "ok.a"});
        let streams = it["dead_letters"]["streams"].as_array_mut().unwrap();
        streams.push(back);
    }));
    let injected = records(1, &[b"injected"]);
    assert!(fetched(&mut circle.0, &injected).is_empty());
    circle
        .0
        .answers(|answer| assert_eq!(codes(answer), ["ok.a/0:2"]));

    let mut quarantined = begun(&letters(|it| {
        it["overlay"]["quarantined"] =
            json!([{"stream": TARGET, "containment": "c-1", "expires": null}]);
    }));
    assert!(fetched(&mut quarantined.0, &injected).is_empty());
    quarantined
        .0
        .answers(|answer| assert_eq!(codes(answer), ["ok.a/0:2"]));
    let denied = quarantined.0.log("denied");
    assert!(
        denied
            .iter()
            .any(|it| it["rules"][0] == "containment:c-1" && it["resource"]["name"] == TARGET)
    );
}

#[test]
fn what_can_not_be_read_is_not_copied() {
    let (mut script, _) = begun(&letters(|_| {}));
    let mut damaged = records(1, &[b"injected"]);
    *damaged.last_mut().unwrap() ^= 1;
    assert!(fetched(&mut script, &damaged).is_empty());
    script.answers(|answer| assert_eq!(codes(answer), ["ok.a/0:2"]));
    assert_eq!(script.log("denied").len(), 1);
}

#[test]
fn marks_stay_in_place_and_nothing_is_copied() {
    let (mut script, good) = begun(&letters(|it| {
        it["sealing"]["streams"][0]["on_violation"] = "mark".into();
    }));
    let all = [good, records(1, &[b"injected"]), records(2, &[b"too"])].concat();
    assert!(fetched(&mut script, &all).is_empty());
    script.answers(|answer| {
        let expected: [&[u8]; 3] = [GOOD, b"injected", b"too"];
        assert_eq!(values(&delivered(answer)[0]), expected);
    });
    assert_eq!(script.log("denied").len(), 1);
}
