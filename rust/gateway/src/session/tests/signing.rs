//! Signed streams: what brokers and readers get, what is refused, and what the log says.

use serde_json::{Value as Json, json};
use streamward_records::{Headers, SIGNATURE, Walk};
use streamward_wire::kafka::batch::batches;

use super::fetch::deliver;
use super::sealing::{data_key, delivered, fetch, produce, records, sealing, values, written};
use super::{Script, by, codes, document};

/// `ok.a` is signed by the gateway.
pub(super) fn signing(document: Json, change: impl FnOnce(&mut Json)) -> Json {
    let mut document = document;
    let stream = json!({"name": "ok.a", "prefix": null, "tenant": null, "home_cluster": null, "by": "gateway",
        "each": "batch", "key": "ours", "keys": [], "partition_bound": true, "timestamp_bound": true,
        "on_violation": "refuse", "accepts_from": []});
    let keys = json!([
        {"name": "ours", "key": "file:record-key", "public": null, "principal": null},
        {"name": "alices", "key": null, "public": "file:record-public", "principal": "alice"}]);
    document["signing"] = json!({"keys": keys, "streams": [stream]});
    change(&mut document["signing"]["streams"][0]);
    document
}

/// `ok.a` is signed by `alice`, whose private key `ours` is in other documents.
pub(super) fn by_producer() -> Json {
    signing(document(), |it| {
        it["by"] = "producer".into();
        it["each"] = "record".into();
        it["key"] = Json::Null;
        it["keys"] = json!(["alices"]);
    })
}

/// What `ok.a` holds at the broker after `alice` wrote these, and who goes on.
pub(super) fn signed(document: &Json, batches: &[Vec<u8>]) -> (Script, Vec<u8>) {
    let mut script = by("alice", document);
    let mut at_broker = Vec::new();
    for records in batches {
        script.request(&produce(9, -1, std::slice::from_ref(records)));
        if document.get("sealing").is_some() && at_broker.is_empty() {
            script.keys(Some(&data_key(1)));
        }
        script.rewrites(|request| at_broker.append(&mut written(request)[0]));
        script.broker(|answer| taken(answer, 0));
    }
    (script, at_broker)
}

/// Errors that brokers answer before they append.
const UNWRITTEN: [i64; 14] = [2, 3, 6, 10, 17, 18, 19, 29, 32, 45, 47, 53, 87, 100];

/// The broker's answer to partition 0 of `ok.a`.
pub(super) fn taken(answer: &mut streamward_wire::kafka::Struct, code: i64) {
    let mut entry = answer.element("Responses");
    entry.set("Name", "ok.a");
    let mut partition = entry.element("PartitionResponses");
    // Where nothing was appended, brokers say no offset.
    let base_offset = if UNWRITTEN.contains(&code) { -1 } else { 0 };
    partition
        .set("Index", 0)
        .set("BaseOffset", base_offset)
        .set("ErrorCode", code);
    entry.set("PartitionResponses", vec![partition]);
    answer.set("Responses", vec![entry]);
}

/// The signature of each record, where it has one.
fn signatures(records: &[u8]) -> Vec<Option<Vec<u8>>> {
    let mut found = Vec::new();
    for batch in batches(records) {
        let batch = batch.unwrap();
        let mut walk = Walk::new(batch.payload, 9);
        for _ in 0..batch.records {
            let mut headers = Headers::new(walk.next_record().unwrap().headers).unwrap();
            let signature = headers.find(|it| it.name == SIGNATURE.as_bytes());
            found.push(signature.and_then(|it| it.value.map(<[u8]>::to_vec)));
        }
    }
    found
}

fn counter(signature: &[u8]) -> u64 {
    streamward_records::Signature::parse(signature)
        .unwrap()
        .counter
}

#[test]
fn what_is_written_is_signed_and_verified_on_the_way_back() {
    let document = signing(document(), |_| {});
    for version in [4, 11, 12, 13, 17] {
        let (mut script, at_broker) = signed(&document, &[records(0, &[b"a", b"b"])]);
        assert!(signatures(&at_broker).iter().all(Option::is_some));
        script.request(&fetch(version)).forwards();
        script.broker(|answer| deliver(answer, "ok.a", std::slice::from_ref(&at_broker)));
        script.answers(|answer| {
            // What can be verified by others, too, keeps its signature.
            assert_eq!(delivered(answer), std::slice::from_ref(&at_broker));
        });
        assert_eq!(script.log("denied").len(), 0);
    }
}

#[test]
fn what_is_opened_loses_its_signature_after_it_was_verified() {
    let document = signing(sealing(|_| {}), |_| {});
    let (mut script, at_broker) = signed(&document, &[records(0, &[b"a", b"b"])]);
    assert!(signatures(&at_broker).iter().all(Option::is_some));
    script.request(&fetch(11)).forwards();
    script.broker(|answer| deliver(answer, "ok.a", std::slice::from_ref(&at_broker)));
    script.answers(|answer| {
        let delivered = delivered(answer).remove(0);
        assert_eq!(values(&delivered), [b"a", b"b"]);
        assert_eq!(signatures(&delivered), [None, None]);
    });
}

#[test]
fn what_was_not_signed_for_this_place_is_refused_and_entered() {
    let document = signing(document(), |_| {});
    let (_, at_broker) = signed(&document, &[records(0, &[b"a"])]);
    let forged = records(7, &[b"injected"]);
    let mut script = by("alice", &document);
    script.request(&fetch(11)).forwards();
    // The second partition holds what was signed for the first.
    script.broker(|answer| deliver(answer, "ok.a", &[forged.clone(), at_broker.clone()]));
    script.answers(|answer| {
        assert_eq!(codes(answer), ["ok.a/0:2", "ok.a/1:2"]);
        assert!(delivered(answer).iter().all(Vec::is_empty));
    });
    assert!(script.ranges().is_empty());
    let denied = script.log("denied");
    assert_eq!(denied[0]["rules"][0], "signing:unsigned");
    assert_eq!(
        denied[0]["reason"],
        "partition 0, offset 7: an unsigned record in a signed stream"
    );
    assert_eq!(denied[1]["rules"][0], "signing:invalid_signature");
}

#[test]
fn what_does_not_verify_is_marked_where_the_stream_says_so() {
    let document = signing(document(), |it| it["on_violation"] = "mark".into());
    let (mut script, mut at_broker) = signed(&document, &[records(0, &[b"a"])]);
    at_broker.extend(records(5, &[b"injected"]));
    script.request(&fetch(11)).forwards();
    script.broker(|answer| deliver(answer, "ok.a", std::slice::from_ref(&at_broker)));
    script.answers(|answer| {
        let delivered = delivered(answer).remove(0);
        assert_eq!(values(&delivered), [&b"a"[..], b"injected"]);
        assert!(delivered.windows(8).any(|it| it == b"unsigned"));
    });
    assert_eq!(script.log("denied")[0]["rules"][0], "signing:unsigned");
}

#[test]
fn a_header_for_signatures_is_refused_on_write() {
    let document = signing(document(), |_| {});
    let (mut script, at_broker) = signed(&document, &[records(0, &[b"a"])]);
    script.request(&produce(9, -1, &[at_broker]));
    script.refuses(&["ok.a/0:87"]);
    assert_eq!(
        script.log("denied")[0]["rules"][0],
        "signing:forged_signature"
    );
}

#[test]
fn counters_go_on_and_those_that_the_broker_did_not_take_come_again() {
    let document = signing(document(), |_| {});
    let mut script = by("alice", &document);
    let mut counters = Vec::new();
    for code in [0, 6, 0] {
        script.request(&produce(9, -1, &[records(0, &[b"a", b"b"])]));
        script.rewrites(|request| {
            let signatures = signatures(&written(request)[0]);
            let found = signatures.iter().flatten().map(|it| counter(it));
            counters.push(found.collect::<Vec<_>>());
        });
        script.broker(|answer| taken(answer, code));
    }
    assert_eq!(counters, [[0, 1], [2, 3], [2, 3]]);
}

/// The counters of two records that are written behind two which the broker answered so, and what of these is entered.
fn behind(answer: impl FnOnce(&mut streamward_wire::kafka::Struct)) -> (Vec<u64>, Json) {
    let mut script = by("alice", &signing(document(), |_| {}));
    script.request(&produce(9, -1, &[records(0, &[b"a", b"b"])]));
    script.rewrites(|_| {});
    script.broker(answer);
    let entered = script.ranges();
    script.request(&produce(9, -1, &[records(0, &[b"c", b"d"])]));
    let mut found = Vec::new();
    script.rewrites(|request| {
        let signatures = signatures(&written(request)[0]);
        found.extend(signatures.iter().flatten().map(|it| counter(it)));
    });
    (found, json!(entered))
}

#[test]
fn counters_come_again_only_where_nothing_was_appended() {
    for code in UNWRITTEN {
        let (counters, entered) = behind(|answer| taken(answer, code));
        assert_eq!(counters, [0, 1], "{code}");
        assert_eq!(entered, json!([]), "{code}");
    }
    // Appended, or nobody knows: a time-out, too few replicas behind the append, a disk, and what is not known here.
    for code in [7, 20, 56, -1, 999] {
        let (counters, entered) = behind(|answer| taken(answer, code));
        assert_eq!(counters, [2, 3], "{code}");
        assert_eq!(entered.as_array().map(Vec::len), Some(1), "{code}");
    }
}

#[test]
fn a_broker_that_ceased_to_lead_behind_the_append_has_said_the_offset() {
    let (counters, entered) = behind(|answer| {
        taken(answer, 6);
        let topic = answer.array_mut("Responses").unwrap()[0]
            .as_struct_mut()
            .unwrap();
        let partition = topic.array_mut("PartitionResponses").unwrap()[0]
            .as_struct_mut()
            .unwrap();
        partition.set("BaseOffset", 40);
    });
    assert_eq!(counters, [2, 3]);
    assert_eq!(entered.as_array().map(Vec::len), Some(1));
}

#[test]
fn without_a_key_at_present_the_producer_tries_again() {
    let document = signing(document(), |_| {});
    let mut script = by("alice", &document);
    script.withhold("file:record-key");
    script.request(&produce(9, -1, &[records(0, &[b"a"])]));
    script.refuses(&["ok.a/0:56"]);
    let denied = script.log("denied");
    assert_eq!(denied.len(), 1);
    assert_eq!(denied[0]["rules"][0], "signing:keys");
}

#[test]
fn what_a_producer_signs_is_held_to_its_key() {
    // The same key signs for `alice` here, as her program does.
    let (_, by_alice) = signed(
        &signing(document(), |it| it["each"] = "record".into()),
        &[records(0, &[b"a"])],
    );
    let mut script = by("alice", &by_producer());
    script.request(&produce(9, -1, std::slice::from_ref(&by_alice)));
    script.rewrites(|request| assert_eq!(written(request), std::slice::from_ref(&by_alice)));
    script.broker(|answer| taken(answer, 0));
    script.request(&fetch(11)).forwards();
    script.broker(|answer| deliver(answer, "ok.a", std::slice::from_ref(&by_alice)));
    script.answers(|answer| assert_eq!(delivered(answer), std::slice::from_ref(&by_alice)));

    let mut script = by("root", &by_producer());
    script.request(&produce(9, -1, std::slice::from_ref(&by_alice)));
    script.refuses(&["ok.a/0:87"]);
    assert_eq!(
        script.log("denied")[0]["rules"][0],
        "signing:foreign_signer"
    );

    let mut script = by("alice", &by_producer());
    script.request(&produce(9, -1, &[records(0, &[b"a"])]));
    script.refuses(&["ok.a/0:87"]);
    assert_eq!(
        script.log("denied")[0]["reason"],
        "partition 0, record 0 of a batch: an unsigned record in a signed stream"
    );
}

#[test]
fn what_comes_again_is_refused_together_with_what_it_repeats() {
    let document = signing(document(), |_| {});
    let (mut script, first) = signed(&document, &[records(0, &[b"one"])]);
    let mut again = first.clone();
    again[..8].copy_from_slice(&1_i64.to_be_bytes());
    // Were the first to leave, the next fetch would begin behind it.
    script.request(&fetch(11)).forwards();
    script.broker(|answer| deliver(answer, "ok.a", &[[first, again].concat()]));
    script.answers(|answer| {
        assert_eq!(codes(answer), ["ok.a/0:2"]);
        assert!(delivered(answer)[0].is_empty());
    });
    assert_eq!(script.log("denied")[0]["rules"][0], "signing:replayed");
}
