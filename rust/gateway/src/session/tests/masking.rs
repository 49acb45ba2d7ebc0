//! Streams with masked fields: what each reader sees of a record, and what the log says.

use serde_json::{Value as Json, json};
use streamward_records::{Headers, MARK, Walk};
use streamward_wire::kafka::{batch::batches, error};

use super::fetch::{deliver, large_answer, through};
use super::sealing::{data_key, delivered, fetch, produce, records, sealing, values, written};
use super::{Script, by, codes, document};
use crate::session::Close;

const CARD: &[u8] = br#"{"card":"4111222233334444","shop":"s1"}"#;
const MASKED: &[u8] = br#"{"card":"************4444","shop":"s1"}"#;

/// `ok.a` holds JSON; `alice` sees its card, `root` a mask.
pub(super) fn masking(document: &mut Json, change: impl FnOnce(&mut Json)) {
    let schema = json!({"format": "json", "references": [], "message": null, "admit_undeclared": false,
        "schema_ids": [], "refused_patterns": [],
        "text": r#"{"properties":{"card":{"type":"string"},"shop":{"type":"string"}}}"#});
    document["masking"] = json!({"streams": [{"name": "ok.a", "schema": schema,
        "unmasked": {"roles": [], "principals": ["alice"]}, "masked": {"roles": [], "principals": ["root"]},
        "fields": [{"path": ["card"], "others": "keep-last", "views": []}],
        "key": "withhold", "headers": [], "secret": "file:v", "on_invalid": "refuse"}]});
    change(&mut document["masking"]["streams"][0]);
}

fn masked(change: impl FnOnce(&mut Json)) -> Json {
    let mut document = document();
    masking(&mut document, change);
    document
}

/// What a principal gets of these records; `Err`: the error of the partition.
fn seen(script: &mut Script, at_broker: &[u8]) -> Result<Vec<u8>, String> {
    script.request(&fetch(11)).forwards();
    script.broker(|answer| deliver(answer, "ok.a", &[at_broker.to_vec()]));
    let mut got = Err(String::new());
    script.answers(|answer| {
        got = match codes(answer).pop() {
            Some(code) => Err(code),
            None => Ok(delivered(answer).remove(0)),
        };
    });
    got
}

/// A batch of one record with a key and a header.
fn keyed(value: &[u8]) -> Vec<u8> {
    let mut body = vec![0, 0, 0, 6];
    body.extend(b"key");
    body.push(u8::try_from(value.len() * 2).unwrap());
    body.extend(value);
    body.extend([4, 2, b'a', 2, b'1', 2, b'b', 2, b'2']);
    assert!(value.len() < 32 && body.len() < 64);
    let mut payload = vec![u8::try_from(body.len() * 2).unwrap()];
    payload.extend(body);
    let mut out = super::batch(0, 1, 0).to_vec();
    out.truncate(61);
    out.extend(payload);
    let length = i32::try_from(out.len() - 12).unwrap();
    out[8..12].copy_from_slice(&length.to_be_bytes());
    let crc = crc32c::crc32c(&out[21..]);
    out[17..21].copy_from_slice(&crc.to_be_bytes());
    out
}

/// Key, and headers with their values.
fn beside(records: &[u8]) -> (Option<Vec<u8>>, Vec<String>) {
    let batch = batches(records).next().unwrap().unwrap();
    let record = Walk::new(batch.payload, 9).next_record().unwrap();
    let headers = Headers::new(record.headers).unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let shown = |it: streamward_records::Header<'_>| text(it.name) + "=" + &text(it.value.unwrap());
    (record.key.map(<[u8]>::to_vec), headers.map(shown).collect())
}

#[test]
fn each_reader_sees_what_the_contract_gives() {
    let document = masked(|_| {});
    let at_broker = records(5, &[CARD, CARD]);
    let mut script = by("alice", &document);
    script.request(&fetch(11)).forwards();
    script
        .broker(|answer| deliver(answer, "ok.a", std::slice::from_ref(&at_broker)))
        .passes();
    assert_eq!(script.ranges(), ["0 5-6 2"]);
    assert_eq!(script.log("access_rollup")[0]["state"], "readable");

    for version in [4, 11, 12, 13, 17] {
        let mut script = by("root", &document);
        script.request(&fetch(version)).forwards();
        script.broker(|answer| deliver(answer, "ok.a", std::slice::from_ref(&at_broker)));
        script.answers(|answer| {
            let delivered = delivered(answer).remove(0);
            assert_eq!(values(&delivered), [MASKED, MASKED]);
            let batch = batches(&delivered).next().unwrap().unwrap();
            assert_eq!(
                (batch.base_offset, batch.last_offset, batch.records),
                (5, 6, 2)
            );
        });
        assert_eq!(script.ranges(), ["0 5-6 2"]);
        assert_eq!(script.log("access_rollup")[0]["state"], "masked");
    }

    let nobody = masked(|it| it["masked"]["principals"] = json!([]));
    let mut script = by("root", &nobody);
    script.request(&fetch(11)).refuses(&["ok.a/0:29"]);
    assert_eq!(script.log("denied")[0]["rules"][0], "contract:masked");
}

#[test]
fn the_first_view_with_the_reader_decides() {
    let views = |first: Json, second: Json| {
        let reader = |name: &str| json!({"roles": [], "principals": [name]});
        let views = json!([{"readers": reader("alice"), "mask": "redact"},
            {"readers": reader("root"), "mask": first}, {"readers": reader("root"), "mask": second}]);
        masked(move |it| it["fields"][0]["views"] = views)
    };
    let value = |document: &Json| {
        values(&seen(&mut by("root", document), &records(0, &[CARD])).unwrap()).remove(0)
    };
    assert_eq!(value(&views(Json::Null, "redact".into())), CARD);
    assert_eq!(
        value(&views("redact".into(), Json::Null)),
        br#"{"card":"***","shop":"s1"}"#
    );
    let hashed = value(&views("hash".into(), Json::Null));
    assert_eq!(hashed.len(), CARD.len() + 16);
    assert_eq!(hashed, value(&views("hash".into(), Json::Null)));
}

#[test]
fn keys_headers_and_members_without_a_name_are_withheld_unless_they_are_declared() {
    let at_broker = keyed(br#"{"shop":"s1","x":"4111"}"#);
    let get = |document: &Json| seen(&mut by("root", document), &at_broker).unwrap();
    let withheld = get(&masked(|_| {}));
    assert_eq!(values(&withheld), [br#"{"shop":"s1"}"#]);
    assert_eq!(beside(&withheld), (None, vec![]));
    let kept = get(&masked(|it| {
        it["key"] = "keep".into();
        it["headers"] = json!(["b", "c"]);
    }));
    assert_eq!(
        beside(&kept),
        (Some(b"key".to_vec()), vec!["b=2".to_owned()])
    );
    let hashed = get(&masked(|it| it["key"] = "hash".into()));
    let (key, _) = beside(&hashed);
    assert!(
        key.as_ref()
            .is_some_and(|key| key.len() == 32 && *key != b"key")
    );
    assert_eq!(key, beside(&get(&masked(|it| it["key"] = "hash".into()))).0);
}

#[test]
fn of_a_value_that_can_not_be_masked_nothing_leaves() {
    let bad: [&[u8]; 4] = [
        b"4111222233334444",
        br#"{"card":41112222}"#,
        b"",
        br#"{"card":"4111","card":"4111"}"#,
    ];
    for value in bad {
        let at_broker = records(7, &[CARD, value]);
        let mut script = by("root", &masked(|_| {}));
        assert_eq!(seen(&mut script, &at_broker), Err("ok.a/0:2".to_owned()));
        assert!(script.ranges().is_empty());
        let denied = script.log("denied").remove(0);
        assert_eq!(denied["rules"][0], "contract:unmaskable");
        let reason = denied["reason"].as_str().unwrap().to_owned();
        assert!(
            reason.starts_with("partition 0, offset 8: ") && !reason.contains("4111"),
            "{reason}"
        );

        let mut script = by("root", &masked(|it| it["on_invalid"] = "mark".into()));
        let left = seen(&mut script, &at_broker).unwrap();
        assert_eq!(values(&left), [MASKED, b""]);
        let mark = [MARK.as_bytes(), &[20], b"unmaskable"].concat();
        assert!(left.windows(mark.len()).any(|it| it == mark));
        assert_eq!(script.ranges(), ["0 7-8 2"]);
        assert_eq!(script.log("denied")[0]["rules"][0], "contract:unmaskable");
    }
}

#[test]
fn ids_in_front_of_values_stay_and_others_are_refused() {
    let document = masked(|it| it["schema"]["schema_ids"] = json!([7]));
    let framed = [b"\0\0\0\0\x07", CARD].concat();
    let left = seen(&mut by("root", &document), &records(0, &[&framed])).unwrap();
    assert_eq!(values(&left), [[b"\0\0\0\0\x07", MASKED].concat()]);
    let foreign = [b"\0\0\0\0\x08", CARD].concat();
    for value in [&foreign[..], CARD] {
        let refused = seen(&mut by("root", &document), &records(0, &[value]));
        assert_eq!(refused, Err("ok.a/0:2".to_owned()));
    }
}

#[test]
fn without_the_secret_of_hashes_the_reader_tries_again() {
    let document = masked(|it| {
        it["secret"] = "file:gone".into();
        it["fields"][0]["others"] = "hash".into();
    });
    let hashed = masked(|it| {
        it["secret"] = "file:record-public".into();
        it["fields"][0]["others"] = "hash".into();
    });
    for (document, withheld) in [(&document, None), (&hashed, Some("file:record-public"))] {
        let mut script = by("root", document);
        if let Some(reference) = withheld {
            seen(&mut script, &records(0, &[CARD])).unwrap();
            script.withhold(reference);
        }
        let before = script.ranges().len();
        let refused = seen(&mut script, &records(1, &[CARD]));
        assert_eq!(
            refused,
            Err(format!("ok.a/0:{}", error::KAFKA_STORAGE_ERROR))
        );
        assert_eq!(script.ranges().len(), before);
    }
}

#[test]
fn a_sealed_stream_is_opened_before_it_is_masked() {
    let mut document = sealing(|it| it["unreadable"] = "mask".into());
    masking(&mut document, |_| {});
    let mut script = by("alice", &document);
    script.request(&produce(9, -1, &[records(0, &[CARD])]));
    let mut at_broker = Vec::new();
    script.keys(Some(&data_key(1)));
    script.rewrites(|request| at_broker = written(request).remove(0));
    assert!(!at_broker.windows(4).any(|it| it == b"4444"));

    let mut script = by("root", &document);
    script.request(&fetch(11)).forwards();
    script.broker(|answer| deliver(answer, "ok.a", std::slice::from_ref(&at_broker)));
    let mut key = data_key(1);
    key["ring"] = "ring".into();
    key["until"] = (script.now + 60_000).into();
    script.keys(Some(&key)).answers(|answer| {
        assert_eq!(values(&delivered(answer)[0]), [MASKED]);
    });
    assert_eq!(script.ranges(), ["0 0-0 1"]);
    assert_eq!(script.log("access_rollup")[0]["state"], "masked");

    // Plaintext that somebody put there is shown to nobody, in no form.
    let mut script = by("root", &document);
    assert_eq!(
        seen(&mut script, &records(0, &[CARD])),
        Err("ok.a/0:2".to_owned())
    );
    assert_eq!(script.log("denied")[0]["rules"][0], "sealing:plaintext");

    // Who sees fields as they are, and is no reader of the ring, sees masks at most.
    let mut document = document.clone();
    document["masking"]["streams"][0]["unmasked"]["principals"] = json!(["alice", "root"]);
    document["masking"]["streams"][0]["masked"]["principals"] = json!([]);
    let mut script = by("root", &document);
    script.request(&fetch(11)).refuses(&["ok.a/0:29"]);
    assert_eq!(script.log("denied")[0]["rules"][0], "sealing:reader");
}

#[test]
fn masks_open_nothing_where_others_than_readers_of_the_ring_are_refused() {
    let mut document = sealing(|_| {});
    masking(&mut document, |_| {});
    let mut script = by("root", &document);
    script.request(&fetch(11)).refuses(&["ok.a/0:29"]);
    assert_eq!(script.log("denied")[0]["rules"][0], "sealing:reader");
}

#[test]
fn who_sees_masks_no_more_gets_nothing_of_what_waits() {
    let document = masked(|_| {});
    let mut script = by("root", &document);
    script.request(&fetch(11)).forwards();
    let revoked = masked(|it| it["masked"]["principals"] = json!([]));
    script.apply(&revoked).unwrap();
    let batch = records(0, &[CARD]);
    script.broker(|answer| deliver(answer, "ok.a", std::slice::from_ref(&batch)));
    let shown = format!("{:?}", script.outcome);
    assert!(!shown.contains("4111"));
    assert!(script.ranges().is_empty());
}

#[test]
fn the_log_says_readable_of_what_a_reader_sees_without_a_mask() {
    let root = json!({"roles": [], "principals": ["root"]});
    let shows: [fn(&mut Json, Json); 2] = [
        |it, root| it["fields"][0]["views"] = json!([{"readers": root, "mask": null}]),
        |it, _| it["key"] = "keep".into(),
    ];
    for show in shows {
        let mut script = by("root", &masked(|it| show(it, root.clone())));
        seen(&mut script, &records(0, &[CARD])).unwrap();
        assert_eq!(script.ranges(), ["0 0-0 1"]);
        assert_eq!(script.log("access_rollup")[0]["state"], "readable");
    }
}

#[test]
fn masks_that_are_declared_meanwhile_end_a_large_answer_where_it_is() {
    let unmasked = |it: &mut Json| it["unmasked"]["principals"] = json!(["alice", "root"]);
    let mut script = by("root", &masked(unmasked));
    script.request(&fetch(12)).forwards();
    let answer = large_answer(12, "ok.a", script.last_correlation_id());
    through(&mut script, &answer[..1_000], 100).unwrap();
    assert!(script.session.is_streaming());
    // Nothing else has changed.
    let mut next = (*script.snapshot).clone();
    next.masking = super::snapshot(&masked(|_| {})).masking;
    let told = script
        .session
        .on_snapshot(std::sync::Arc::new(next), script.now);
    assert!(matches!(told, Err(Close::Revoked { .. })));
}

#[test]
fn a_section_that_contradicts_itself_is_refused() {
    let broken: [fn(&mut Json); 6] = [
        |it| it["fields"][0]["others"] = "blur".into(),
        |it| it["fields"][0]["path"] = json!(["absent"]),
        |it| it["fields"][0]["others"] = "year".into(),
        |it| it["schema"]["text"] = "{".into(),
        |it| it["fields"] = json!([it["fields"][0], it["fields"][0]]),
        |it| {
            it["secret"] = Json::Null;
            it["key"] = "hash".into();
        },
    ];
    for (place, break_it) in broken.into_iter().enumerate() {
        let document = masked(break_it).to_string();
        let built = crate::snapshot::Snapshot::build(document.as_bytes(), super::materials());
        // A year fits a text, so that one is fine.
        assert_eq!(built.is_err(), place != 2, "{place}");
    }
    let mut twice = masked(|_| {});
    let streams = twice["masking"]["streams"].as_array_mut().unwrap();
    streams.push(streams[0].clone());
    let built = crate::snapshot::Snapshot::build(twice.to_string().as_bytes(), super::materials());
    assert!(built.is_err());
}

#[test]
fn who_sees_masks_is_told_what_was_found_wrong_before() {
    // Neither the contract's mark nor that of a signature is lost where all other headers are.
    let mut contract = masked(|_| {});
    contract["contracts"] = super::contracts::held(|it| {
        it["on_write"] = "off".into();
        it["on_read"] = "mark".into();
    })["contracts"]
        .clone();
    let signature =
        super::signing::signing(masked(|_| {}), |it| it["on_violation"] = "mark".into());
    let bad: &[u8] = br#"{"shop":"s1"}"#;
    for (document, value, mark) in [
        (&contract, bad, "contract_invalid"),
        (&signature, b"{\"card\":\"4111222\"}", "unsigned"),
    ] {
        let mut script = by("root", document);
        let got = seen(&mut script, &keyed(value)).unwrap();
        assert_eq!(beside(&got), (None, vec![format!("{MARK}={mark}")]));
        assert!(!got.windows(4).any(|it| it == b"4111"));
    }
}
