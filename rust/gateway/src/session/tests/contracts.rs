//! Streams with a contract: what may be written, who may read, and what the log says.

use serde_json::{Value as Json, json};
use streamward_records::Envelope;
use streamward_wire::kafka::{Struct, Value};

use super::fetch::deliver;
use super::sealing::{data_key, fetch, produce, records, sealing, values, written};
use super::{Close, by, codes, document};

const GOOD: &[u8] = br#"{"card":"4111222233334444"}"#;
const BAD: &[u8] = br#"{"card":1}"#;

/// `ok.a` holds JSON.
fn contract(document: &mut Json, change: impl FnOnce(&mut Json)) {
    document["contracts"] = json!({"streams": [{"name": "ok.a", "key": null, "on_write": "refuse",
        "on_read": "off", "value": {"format": "json", "references": [], "message": null,
        "registry": null, "admit_undeclared": false, "schema_ids": [],
        "text": r#"{"type":"object","properties":{"card":{"type":"string"}},"required":["card"]}"#,
        "refused_patterns": ["jndi"]}}]});
    change(&mut document["contracts"]["streams"][0]);
}

pub(super) fn held(change: impl FnOnce(&mut Json)) -> Json {
    let mut document = document();
    contract(&mut document, change);
    document
}

#[test]
fn what_is_as_the_contract_says_leaves_as_it_came() {
    for version in [3, 9, 12, 13] {
        let mut script = by("alice", &held(|_| {}));
        let batches = [records(0, &[GOOD, GOOD])];
        script
            .request(&produce(version, -1, &batches))
            .rewrites(|request| assert_eq!(written(request), batches));
        assert!(script.log("denied").is_empty());
    }
}

#[test]
fn a_batch_with_a_bad_record_is_refused_alone_with_its_index_and_entered() {
    let injected: &[u8] = br#"{"card":"\u0024{jndi:ldap://h/a}"}"#;
    let parts = [
        records(0, &[GOOD]),
        records(0, &[GOOD, BAD, GOOD]),
        records(0, &[b"no JSON"]),
        records(0, &[injected]),
    ];
    let mut script = by("alice", &held(|_| {}));
    script
        .request(&produce(9, -1, &parts))
        .rewrites(|request| assert_eq!(written(request), parts[..1]));
    script
        .broker(|answer| {
            let mut entry = answer.element("Responses");
            entry.set("Name", "ok.a");
            let mut partition = entry.element("PartitionResponses");
            partition.set("Index", 0).set("BaseOffset", 7);
            entry.set("PartitionResponses", vec![partition]);
            answer.set("Responses", vec![entry]);
        })
        .answers(|answer| {
            assert_eq!(codes(answer), ["ok.a/1:87", "ok.a/2:87", "ok.a/3:87"]);
            let topic = answer
                .array("Responses")
                .iter()
                .filter_map(Value::as_struct)
                .find(|it| it.array("PartitionResponses").len() == 3)
                .unwrap();
            let refused = topic.array("PartitionResponses")[0].as_struct().unwrap();
            let record = refused.array("RecordErrors")[0].as_struct().unwrap();
            assert_eq!(record.int("BatchIndex"), 1);
        });
    assert_eq!(script.ranges(), ["0 7-7 1"]);
    let denied = script.log("denied");
    assert!(denied.iter().all(|it| it["rules"][0] == "contract:invalid"));
    assert_eq!(
        denied[0]["reason"],
        "partition 1, record 1 of a batch: it has another type than declared in `card` at byte 8"
    );
    assert!(!denied.iter().any(|it| it.to_string().contains("ldap")));
}

#[test]
fn a_damaged_batch_is_corruption_and_without_acknowledgement_the_connection_ends() {
    let mut damaged = records(0, &[GOOD]);
    *damaged.last_mut().unwrap() ^= 1;
    let mut script = by("alice", &held(|_| {}));
    script
        .request(&produce(9, -1, &[damaged]))
        .refuses(&["ok.a/0:2"]);
    let close = script
        .request(&produce(9, 0, &[records(0, &[BAD])]))
        .closes();
    assert!(matches!(close, Close::DeniedSilently), "{close:?}");
}

#[test]
fn ids_in_front_of_values_are_held_to_those_of_the_stream() {
    let document = held(|it| it["value"]["schema_ids"] = json!([7]));
    let framed = [b"\0\0\0\0\x07", GOOD].concat();
    let foreign = [b"\0\0\0\0\x08", GOOD].concat();
    let parts = [
        records(0, &[&framed]),
        records(0, &[&foreign]),
        records(0, &[GOOD]),
    ];
    by("alice", &document)
        .request(&produce(9, -1, &parts))
        .rewrites(|request| assert_eq!(written(request), parts[..1]));
}

#[test]
fn a_sealed_stream_is_validated_before_it_is_sealed() {
    let mut document = sealing(|_| {});
    contract(&mut document, |_| {});
    let mut script = by("alice", &document);
    script.request(&produce(9, -1, &[records(0, &[GOOD]), records(0, &[BAD])]));
    script.keys(Some(&data_key(1))).rewrites(|request| {
        let left = written(request);
        assert_eq!(left.len(), 1);
        assert!(Envelope::parse(&values(&left[0])[0]).is_ok());
    });
}

/// What a reader gets of records at these offsets.
fn fetched(document: &Json, batches: &[Vec<u8>], check: impl FnOnce(&Struct)) -> Vec<Json> {
    let mut script = by("alice", document);
    script.request(&fetch(11)).forwards();
    script
        .broker(|answer| deliver(answer, "ok.a", batches))
        .answers(check);
    script.log("denied")
}

fn partitions(answer: &Struct) -> Vec<Struct> {
    let topics = answer.array("Responses").iter();
    let topics = topics.filter_map(Value::as_struct);
    let all = topics.flat_map(|it| it.array("Partitions"));
    all.filter_map(Value::as_struct).cloned().collect()
}

fn lying(partition: &Struct) -> Vec<u8> {
    let Value::Bytes(records) = partition.get("Records") else {
        return Vec::new();
    };
    records.to_vec()
}

#[test]
fn what_is_read_is_held_to_the_contract_only_where_it_says_so() {
    let bad = records(4, &[BAD]);
    let denied = fetched(&held(|_| {}), std::slice::from_ref(&bad), |answer| {
        assert_eq!(lying(&partitions(answer)[0]), bad);
    });
    assert!(denied.is_empty());
}

#[test]
fn a_partition_with_a_bad_record_is_refused_alone_on_read_and_entered() {
    let parts = [records(0, &[GOOD]), records(4, &[GOOD, BAD]), {
        let mut damaged = records(8, &[GOOD]);
        *damaged.last_mut().unwrap() ^= 1;
        damaged
    }];
    let document = held(|it| it["on_read"] = json!("refuse"));
    let denied = fetched(&document, &parts, |answer| {
        let found = partitions(answer);
        let codes: Vec<i64> = found.iter().map(|it| it.int("ErrorCode")).collect();
        assert_eq!(codes, [0, 2, 2]);
        assert_eq!(lying(&found[0]), parts[0]);
        assert!(lying(&found[1]).is_empty());
    });
    let told = denied[0]["reason"].as_str().unwrap();
    assert!(
        told.starts_with("partition 1, offset 5: it has another type"),
        "{told}"
    );
    assert_eq!(denied[0]["rules"][0], "contract:invalid");
    assert_eq!(denied[0]["action"], "Read");
}

#[test]
fn a_bad_record_is_marked_where_the_contract_says_so_and_no_other_is_touched() {
    let document = held(|it| it["on_read"] = json!("mark"));
    let parts = [records(0, &[GOOD]), records(4, &[GOOD, BAD, GOOD])];
    let denied = fetched(&document, &parts, |answer| {
        let found = partitions(answer);
        assert!(found.iter().all(|it| it.int("ErrorCode") == 0));
        assert_eq!(lying(&found[0]), parts[0]);
        let marked = lying(&found[1]);
        assert_eq!(values(&marked), [GOOD, BAD, GOOD]);
        let mark = b"\x28streamward.violation\x20contract_invalid";
        let places = marked.windows(mark.len()).filter(|it| it == mark);
        assert_eq!(places.count(), 1);
        let batch = streamward_wire::kafka::batch::batches(&marked)
            .next()
            .unwrap()
            .unwrap();
        assert_eq!((batch.base_offset, batch.records), (4, 3));
        assert!(streamward_wire::kafka::batch::crc_matches(&batch));
    });
    assert_eq!(denied.len(), 1);
}

#[test]
fn a_batch_of_which_a_part_is_there_is_neither_judged_nor_given() {
    let document = held(|it| it["on_read"] = json!("refuse"));
    let whole = records(0, &[GOOD]);
    let mut cut = whole.clone();
    cut.extend_from_slice(&records(1, &[BAD])[..65]);
    fetched(&document, &[cut], |answer| {
        let found = partitions(answer);
        assert_eq!(found[0].int("ErrorCode"), 0);
        assert_eq!(lying(&found[0]), whole);
    });
}
