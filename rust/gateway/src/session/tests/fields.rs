//! Streams of which single fields are sealed: what brokers and readers get.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};
use streamward_records::Envelope;

use super::fetch::deliver;
use super::sealing::{data_key, delivered, fetch, produce, records, sealing, values, written};
use super::{Script, by, codes};
use crate::data_keys::KeyNeed;

const CARD: &[u8] = br#"{"shop":"s1", "card":"4111222233334444", "notes":["a","",null]}"#;
const MASKED: &[u8] = br#"{"shop":"s1", "card":"************4444", "notes":["***","***",null]}"#;

fn schema() -> Json {
    json!({"format": "json", "references": [], "message": null, "admit_undeclared": false,
        "schema_ids": [], "refused_patterns": [],
        "text": r#"{"properties":{"shop":{"type":"string"},"card":{"type":"string"},
            "notes":{"items":{"type":["string","null"]}}}}"#})
}

/// Of `ok.a`, the card and each note are sealed; `alice` is a reader of the ring.
fn sealed_fields(change: impl FnOnce(&mut Json)) -> Json {
    sealing(|it| {
        it["value"] = false.into();
        it["fields"] = json!({"paths": [["card"], ["notes"]], "schema": schema()});
        change(it);
    })
}

/// What the broker holds after `alice` wrote these.
fn at_broker(document: &Json, plain: &[&[u8]]) -> (Script, Vec<u8>) {
    let mut script = by("alice", document);
    let mut sealed = Vec::new();
    script.request(&produce(9, -1, &[records(0, plain)]));
    script.keys(Some(&data_key(1)));
    script.rewrites(|request| sealed = written(request).remove(0));
    (script, sealed)
}

/// What a script's principal gets of these records; `Err`: the error of the partition.
fn got(script: &mut Script, records: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    script.request(&fetch(11)).forwards();
    script.broker(|answer| deliver(answer, "ok.a", &[records.to_vec()]));
    if let super::Outcome::Answer(crate::session::Answer::Wait(_), _) = &script.outcome {
        let mut key = data_key(1);
        key["ring"] = "ring".into();
        key["until"] = (script.now + 60_000).into();
        script.keys(Some(&key));
    }
    let mut got = Err(String::new());
    script.answers(|answer| {
        got = match codes(answer).pop() {
            Some(code) => Err(code),
            None => Ok(values(&delivered(answer)[0])),
        };
    });
    got
}

fn batch_of(value: &Json) -> Vec<u8> {
    records(0, &[value.to_string().as_bytes()])
}

#[test]
fn fields_are_sealed_in_place_and_opened_for_readers_of_the_ring() {
    let document = sealed_fields(|_| {});
    let (mut script, sealed) = at_broker(&document, &[CARD, b"{}"]);
    let lies = values(&sealed);
    assert_eq!(lies[1], b"{}");
    let value: Json = serde_json::from_slice(&lies[0]).unwrap();
    assert_eq!(value["shop"], "s1");
    assert_eq!(value["notes"][2], Json::Null);
    for text in [&value["card"], &value["notes"][0], &value["notes"][1]] {
        let envelope = URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap();
        assert_eq!(Envelope::parse(&envelope).unwrap().kid, &[1; 16]);
    }
    script.broker(|_| {});
    assert_eq!(got(&mut script, &sealed).unwrap(), [CARD, b"{}"]);
    assert_eq!(script.ranges(), ["0 0-1 2"]);
    assert_eq!(script.log("access_rollup")[0]["state"], "readable");

    // A gateway that has not the key yet asks for it, once.
    let mut script = by("alice", &document);
    script.request(&fetch(11)).forwards();
    script.broker(|answer| deliver(answer, "ok.a", std::slice::from_ref(&sealed)));
    let super::Outcome::Answer(crate::session::Answer::Wait(effect), _) = &script.outcome else {
        panic!()
    };
    let crate::session::Effect::ObtainKeys(needs) = effect else {
        panic!()
    };
    assert_eq!(*needs, [KeyNeed::Open([1; 16])]);
}

#[test]
fn what_was_moved_injected_or_changed_in_a_field_does_not_open() {
    let document = sealed_fields(|_| {});
    let (_, sealed) = at_broker(
        &document,
        &[br#"{"card":"4111222233334444","notes":["n"]}"#],
    );
    let value: Json = serde_json::from_slice(&values(&sealed)[0]).unwrap();
    let text = |field: &Json| field.as_str().unwrap().to_owned();
    let (card, note) = (text(&value["card"]), text(&value["notes"][0]));
    let mut flipped = URL_SAFE_NO_PAD.decode(&card).unwrap();
    *flipped.last_mut().unwrap() ^= 1;
    let cases = [
        (json!({"card": note, "notes": [note]}), "sealing:moved"),
        (json!({"card": "4111222233334444"}), "sealing:plaintext"),
        (json!({"card": ""}), "sealing:plaintext"),
        (
            json!({"card": URL_SAFE_NO_PAD.encode(&flipped)}),
            "sealing:moved",
        ),
        (json!({"card": format!("{card}=")}), "sealing:plaintext"),
        (
            json!({"card": &card[..card.len() - 4]}),
            "sealing:truncated",
        ),
        (json!({"card": 4111}), "sealing:schema"),
    ];
    for (value, rule) in cases {
        let mut script = by("alice", &document);
        assert_eq!(
            got(&mut script, &batch_of(&value)),
            Err("ok.a/0:2".to_owned()),
            "{rule}"
        );
        let denied = script.log("denied").remove(0);
        assert_eq!(denied["rules"][0], rule);
        assert!(!denied.to_string().contains("4111"));
    }
    // Sealed for the same field of a stream at home elsewhere, or for another partition.
    for change in [
        (|it: &mut Json| it["home_cluster"] = "dr".into()) as fn(&mut Json),
        |it| it["partition_bound"] = true.into(),
    ] {
        let mut script = by("alice", &sealed_fields(change));
        assert_eq!(got(&mut script, &sealed), Err("ok.a/0:2".to_owned()));
    }
}

#[test]
fn what_is_sealed_already_or_not_of_the_schema_is_refused_on_write() {
    let document = sealed_fields(|_| {});
    let (mut script, sealed) = at_broker(&document, &[CARD]);
    let again = values(&sealed).remove(0);
    script.broker(|_| {});
    for (value, rule) in [
        (&again[..], "sealing:already_sealed"),
        (br#"{"card":1}"#, "sealing:schema"),
        (b"4111222233334444", "sealing:schema"),
    ] {
        script
            .request(&produce(9, -1, &[records(0, &[value])]))
            .refuses(&["ok.a/0:87"]);
        assert_eq!(script.log("denied").pop().unwrap()["rules"][0], rule);
    }
}

#[test]
fn other_readers_get_a_refusal_ciphertext_or_masks() {
    let (_, sealed) = at_broker(&sealed_fields(|_| {}), &[CARD]);
    let mut script = by("root", &sealed_fields(|_| {}));
    script.request(&fetch(11)).refuses(&["ok.a/0:29"]);

    let mut script = by(
        "root",
        &sealed_fields(|it| it["unreadable"] = "ciphertext".into()),
    );
    script.request(&fetch(11)).forwards();
    script
        .broker(|answer| deliver(answer, "ok.a", std::slice::from_ref(&sealed)))
        .passes();

    // What is not sealed of them can be read.
    assert_eq!(script.ranges(), ["0 0-0 1"]);
    assert_eq!(script.log("access_rollup")[0]["state"], "readable");

    let document = masked_fields("mask", |_| {});
    let mut script = by("root", &document);
    assert_eq!(got(&mut script, &sealed).unwrap(), [MASKED]);
    assert_eq!(script.ranges(), ["0 0-0 1"]);
    assert_eq!(script.log("access_rollup")[0]["state"], "masked");
}

/// Of which the card and the notes are masked for `root`, which is no reader of the ring.
fn masked_fields(unreadable: &str, change: impl FnOnce(&mut Json)) -> Json {
    let mut document = sealed_fields(|it| {
        it["unreadable"] = unreadable.into();
        it["headers"] = json!(["trace"]);
        it["key"] = "deterministic".into();
    });
    document["masking"] = json!({"streams": [{"name": "ok.a", "schema": schema(),
        "unmasked": {"roles": [], "principals": ["alice"]}, "masked": {"roles": [], "principals": ["root"]},
        "fields": [{"path": ["card"], "others": "keep-last", "views": []},
            {"path": ["notes"], "others": "redact", "views": []}],
        "key": "withhold", "headers": [], "secret": null, "on_invalid": "refuse"}]});
    change(&mut document["masking"]["streams"][0]);
    document
}

#[test]
fn masks_hold_for_what_is_not_sealed_of_a_stream_that_leaves_as_ciphertext() {
    // `shop` is not sealed: who sees its mask must not get it as it lies.
    let document = masked_fields("ciphertext", |it| {
        let shop = json!({"path": ["shop"], "others": "redact", "views": []});
        it["fields"].as_array_mut().unwrap().push(shop);
    });
    let (_, sealed) = at_broker(&document, &[CARD]);
    let mut script = by("root", &document);
    let shown = br#"{"shop":"***", "card":"************4444", "notes":["***","***",null]}"#;
    assert_eq!(got(&mut script, &sealed).unwrap(), [shown]);
    assert_eq!(script.ranges(), ["0 0-0 1"]);
    assert_eq!(script.log("access_rollup")[0]["state"], "masked");

    let nobody = masked_fields("ciphertext", |it| it["masked"]["principals"] = json!([]));
    let mut script = by("root", &nobody);
    script.request(&fetch(11)).refuses(&["ok.a/0:29"]);
    assert_eq!(script.log("denied")[0]["rules"][0], "contract:masked");

    // Who may see fields unmasked, and not what is sealed, gets it as it lies.
    let mut script = by(
        "root",
        &masked_fields("ciphertext", |it| {
            it["unmasked"]["principals"] = json!(["alice", "root"]);
            it["masked"]["principals"] = json!([]);
        }),
    );
    script.request(&fetch(11)).forwards();
    script
        .broker(|answer| deliver(answer, "ok.a", std::slice::from_ref(&sealed)))
        .passes();
}

#[test]
fn nothing_that_is_sealed_is_opened_for_others_without_a_mask() {
    let bare: [fn(&mut Json); 4] = [
        |it| {
            it["fields"].as_array_mut().unwrap().pop();
        },
        |it| {
            let root = json!({"roles": [], "principals": ["root"]});
            it["fields"][1]["views"] = json!([{"readers": root, "mask": null}]);
        },
        |it| it["key"] = "keep".into(),
        |it| it["headers"] = json!(["trace"]),
    ];
    for unreadable in ["mask", "ciphertext"] {
        for change in bare {
            let mut script = by("root", &masked_fields(unreadable, change));
            script.request(&fetch(11)).refuses(&["ok.a/0:29"]);
            assert_eq!(script.log("denied")[0]["rules"][0], "sealing:reader");
        }
    }
}

#[test]
fn a_marked_record_is_delivered_as_it_lies() {
    let document = sealed_fields(|it| it["on_violation"] = "mark".into());
    let (_, sealed) = at_broker(&document, &[CARD]);
    let injected = br#"{"card":"injected"}"#;
    let both = [sealed, records(1, &[injected])].concat();
    let mut script = by("alice", &document);
    assert_eq!(got(&mut script, &both).unwrap(), [CARD, injected]);
    assert_eq!(script.log("denied")[0]["rules"][0], "sealing:plaintext");
}

#[test]
fn fields_that_can_not_be_sealed_are_no_snapshot() {
    let broken: [fn(&mut Json); 4] = [
        |it| it["value"] = true.into(),
        |it| it["fields"]["paths"] = json!([["absent"]]),
        |it| {
            it["fields"]["schema"]["text"] = r#"{"properties":{"card":{"type":"integer"}}}"#.into();
        },
        |it| it["fields"]["schema"]["text"] = r#"{"properties":{"card":{"maxLength":19}}}"#.into(),
    ];
    for break_it in broken {
        let document = sealed_fields(break_it).to_string();
        let built = crate::snapshot::Snapshot::build(document.as_bytes(), super::materials());
        assert!(built.is_err());
    }
}
