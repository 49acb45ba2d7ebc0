//! Sealed streams: what brokers and readers get, what waits for keys, and what the log says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use streamward_records::{Envelope, MARK};
use streamward_wire::kafka::{ApiKey, Struct, Value, error};

use super::fetch::deliver;
use super::messages::topic_id;
use super::{Ask, Close, Effect, EffectReply, Outcome, Script, ask, by, codes, document};
use crate::data_keys::KeyNeed;
use crate::session::{Answer, Verdict};

const RING: &str = "ring";

/// `ok.a` is sealed; `alice` is among its readers, and `root` is not.
pub(super) fn sealing(change: impl FnOnce(&mut Json)) -> Json {
    let mut document = document();
    let stream = json!({"name": "ok.a", "prefix": null, "ring": RING, "tenant": null, "home_cluster": null,
        "value": true, "key": "plain", "headers": [], "partition_bound": false, "unreadable": "refuse",
        "on_violation": "refuse", "accepts_from": []});
    document["sealing"] = json!({"streams": [stream], "rings": [{"name": RING, "data_class": "cardholder",
        "access_class": "settling", "readers": {"roles": [], "principals": ["alice"]}}]});
    change(&mut document["sealing"]["streams"][0]);
    document
}

pub(super) fn data_key(kid: u8) -> Json {
    json!({"kid": format!("{kid:02x}").repeat(16), "key": STANDARD.encode([kid; 32]), "ring_version": 1,
        "records_max": 1000, "expires": super::NOW + 1_000_000, "refresh": super::NOW + 800_000})
}

/// The same, for whoever only opens.
pub(super) fn open_key(kid: u8, until: i64) -> Json {
    json!({"ring": RING, "ring_version": 1, "key": STANDARD.encode([kid; 32]), "until": until})
}

fn varint(out: &mut Vec<u8>, value: usize) {
    let mut rest = value << 1;
    while rest >= 0x80 {
        out.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
        rest >>= 7;
    }
    out.push(u8::try_from(rest).unwrap());
}

/// A batch of records without keys.
pub(super) fn records(base_offset: i64, values: &[&[u8]]) -> Vec<u8> {
    records_with(base_offset, values, &[0])
}

/// A batch of records without keys, with these headers as they lie in a record.
pub(super) fn records_with(base_offset: i64, values: &[&[u8]], headers: &[u8]) -> Vec<u8> {
    let mut payload = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let mut body = vec![0, 0];
        varint(&mut body, index);
        body.push(1);
        varint(&mut body, value.len());
        body.extend(*value);
        body.extend(headers);
        varint(&mut payload, body.len());
        payload.extend(body);
    }
    let mut out = super::batch(base_offset, u32::try_from(values.len()).unwrap(), 0).to_vec();
    out.truncate(61);
    out.extend(payload);
    let length = i32::try_from(out.len() - 12).unwrap();
    out[8..12].copy_from_slice(&length.to_be_bytes());
    let crc = crc32c::crc32c(&out[21..]);
    out[17..21].copy_from_slice(&crc.to_be_bytes());
    out
}

pub(super) fn values(records: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for batch in streamward_wire::kafka::batch::batches(records) {
        let batch = batch.unwrap();
        let mut walk = streamward_records::Walk::new(batch.payload, 9);
        for _ in 0..batch.records {
            found.push(walk.next_record().unwrap().value.unwrap().to_vec());
        }
    }
    found
}

pub(super) fn produce(version: i16, acks: i64, partitions: &[Vec<u8>]) -> Ask {
    ask(ApiKey::PRODUCE, version, |it| {
        let mut entry = it.element("TopicData");
        entry.set("Name", "ok.a").set("TopicId", topic_id("ok.a"));
        let list = partitions.iter().enumerate().map(|(index, records)| {
            let mut partition = entry.element("PartitionData");
            partition.set("Index", i64::try_from(index).unwrap());
            partition.set("Records", bytes::Bytes::from(records.clone()));
            partition
        });
        let list: Vec<Struct> = list.collect();
        entry.set("PartitionData", list);
        it.set("Acks", acks).set("TopicData", vec![entry]);
    })
}

pub(super) fn fetch(version: i16) -> Ask {
    let names = super::messages::Names {
        topics: &["ok.a"],
        groups: &["ok.g"],
        transactional_id: "ok.t",
    };
    super::messages::naming(ApiKey::FETCH, version, names)
}

/// The keys that the last step asked for.
pub(super) fn needs(script: &Script) -> Vec<KeyNeed> {
    match &script.outcome {
        Outcome::Verdict(Verdict::Wait(Effect::ObtainKeys(needs)))
        | Outcome::Answer(Answer::Wait(Effect::ObtainKeys(needs)), _) => needs.clone(),
        other => panic!("{other:?}"),
    }
}

fn learn(script: &Script, need: &KeyNeed, answer: Option<&Json>) {
    let keys = &script.session.keys;
    let answer = answer.map(|it| it.to_string().into_bytes());
    let _ = keys.learn(need, answer.as_deref(), keys.begin(), script.now);
}

impl Script {
    /// When: the keys that a request waits for are there, or are not.
    pub(super) fn keys(&mut self, answer: Option<&Json>) -> &mut Self {
        for need in needs(self) {
            learn(self, &need, answer);
        }
        self.outcome = match &self.outcome {
            Outcome::Verdict(_) => {
                Outcome::of_verdict(self.session.on_effect(EffectReply::Keys, self.now))
            }
            _ => Outcome::of_answer(self.session.resume_answer(self.now), Vec::new()),
        };
        self
    }
}

/// What the broker got of each partition.
pub(super) fn written(request: &Struct) -> Vec<Vec<u8>> {
    let topics = request
        .array("TopicData")
        .iter()
        .filter_map(Value::as_struct);
    let partitions = topics
        .flat_map(|it| it.array("PartitionData"))
        .filter_map(Value::as_struct);
    partitions.map(bytes_of).collect()
}

pub(super) fn delivered(answer: &Struct) -> Vec<Vec<u8>> {
    let topics = answer
        .array("Responses")
        .iter()
        .filter_map(Value::as_struct);
    let partitions = topics
        .flat_map(|it| it.array("Partitions"))
        .filter_map(Value::as_struct);
    partitions.map(bytes_of).collect()
}

fn bytes_of(partition: &Struct) -> Vec<u8> {
    match partition.get("Records") {
        Value::Bytes(bytes) => bytes.to_vec(),
        _ => Vec::new(),
    }
}

/// What `ok.a` holds at the broker after `alice` wrote these.
pub(super) fn sealed(document: &Json, plain: &[&[u8]]) -> (Script, Vec<u8>) {
    let mut script = by("alice", document);
    let mut at_broker = Vec::new();
    script.request(&produce(9, -1, &[records(0, plain)]));
    if matches!(script.verdict(), Verdict::Wait(_)) {
        script.keys(Some(&data_key(1)));
    }
    script.rewrites(|request| at_broker = written(request).remove(0));
    (script, at_broker)
}

#[test]
fn what_is_written_waits_for_a_key_and_is_sealed() {
    for version in [3, 9, 12, 13] {
        let mut script = by("alice", &sealing(|_| {}));
        script.request(&produce(
            version,
            -1,
            &[records(0, &[b"a", b"b"]), records(0, &[b"c"])],
        ));
        assert_eq!(needs(&script), [KeyNeed::Seal(RING.into())]);
        script.keys(Some(&data_key(1))).rewrites(|request| {
            let partitions = written(request);
            assert_eq!(partitions.len(), 2);
            for value in partitions.iter().flat_map(|it| values(it)) {
                assert_eq!(Envelope::parse(&value).unwrap().kid, &[1; 16]);
            }
        });
        // The next one waits no longer.
        script
            .request(&produce(version, -1, &[records(0, &[b"d"])]))
            .rewrites(|_| {});
    }
}

#[test]
fn without_a_key_the_producer_tries_again() {
    for answer in [None, Some(json!({"error": "Vault is sealed"}))] {
        let mut script = by("alice", &sealing(|_| {}));
        script.request(&produce(9, -1, &[records(0, &[b"a"])]));
        script
            .keys(answer.as_ref())
            .refuses(&[&format!("ok.a/0:{}", error::KAFKA_STORAGE_ERROR)]);
        let denied = script.log("denied");
        assert_eq!(denied.len(), 1);
        assert_eq!(denied[0]["rules"][0], "sealing:keys");
        assert_eq!(
            denied[0]["reason"],
            "partition 0: keys of the ring `ring` can't be had at present"
        );
    }
}

#[test]
fn a_batch_that_can_not_be_sealed_is_refused_alone_and_entered() {
    let (_, at_broker) = sealed(&sealing(|_| {}), &[b"a"]);
    let mut damaged = records(0, &[b"a"]);
    *damaged.last_mut().unwrap() ^= 1;
    let mut script = by("alice", &sealing(|_| {}));
    script.request(&produce(9, -1, &[records(0, &[b"a"]), damaged, at_broker]));
    script.keys(Some(&data_key(1))).rewrites(|request| {
        assert_eq!(written(request).len(), 1);
    });
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
            assert_eq!(codes(answer), ["ok.a/1:2", "ok.a/2:87"]);
        });
    assert_eq!(script.ranges(), ["0 7-7 1"]);
    let denied = script.log("denied");
    let told: Vec<String> = denied
        .iter()
        .map(|it| it["rules"][0].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(told, ["sealing:checksum", "sealing:already_sealed"]);
    assert_eq!(
        denied[1]["reason"],
        "partition 2, record 0 of a batch: an envelope where plaintext was expected"
    );
}

#[test]
fn without_acknowledgement_it_is_sealed_or_the_connection_ends() {
    let mut script = by("alice", &sealing(|_| {}));
    script.request(&produce(9, 0, &[records(0, &[b"a"])]));
    script.keys(Some(&data_key(1))).rewrites(|request| {
        assert!(Envelope::parse(&values(&written(request)[0])[0]).is_ok());
    });
    assert_eq!(script.session.in_flight(), 0);
    assert_eq!(script.ranges(), ["0 unknown-unknown 1"]);
    let mut damaged = records(0, &[b"a"]);
    *damaged.last_mut().unwrap() ^= 1;
    let close = script.request(&produce(9, 0, &[damaged])).closes();
    assert!(matches!(close, Close::DeniedSilently), "{close:?}");
}

#[test]
fn a_reader_of_the_ring_gets_it_opened() {
    for version in [4, 11, 12, 13, 17] {
        let (mut script, at_broker) = sealed(&sealing(|_| {}), &[b"one", b"two"]);
        script.broker(|_| {});
        script.request(&fetch(version)).forwards();
        script.broker(|answer| deliver(answer, "ok.a", std::slice::from_ref(&at_broker)));
        script.answers(|answer| {
            assert_eq!(values(&delivered(answer)[0]), [b"one", b"two"]);
        });
        assert_eq!(script.ranges(), ["0 0-1 2"]);
        assert_eq!(script.log("access_rollup")[0]["state"], "readable");
    }
}

#[test]
fn a_key_that_is_not_there_is_asked_for_once() {
    let (_, at_broker) = sealed(&sealing(|_| {}), &[b"one"]);
    let mut script = by("alice", &sealing(|_| {}));
    script.request(&fetch(11)).forwards();
    script.broker(|answer| deliver(answer, "ok.a", std::slice::from_ref(&at_broker)));
    assert_eq!(needs(&script), [KeyNeed::Open([1; 16])]);
    assert_eq!(
        (script.session.in_flight(), script.session.next_local()),
        (1, None)
    );
    assert!(script.ranges().is_empty());
    let key = open_key(1, script.now + 60_000);
    script.keys(Some(&key)).answers(|answer| {
        assert_eq!(values(&delivered(answer)[0]), [b"one"]);
    });
    assert_eq!(script.session.in_flight(), 0);
    assert_eq!(script.ranges(), ["0 0-0 1"]);
}

#[test]
fn a_key_that_nobody_knows_is_corruption_and_trouble_is_not() {
    let (_, at_broker) = sealed(&sealing(|_| {}), &[b"one"]);
    let unknown = json!({"unknown": true});
    for (answer, code, rule) in [
        (Some(&unknown), 2, "sealing:unknown_key"),
        (None, 56, "sealing:keys"),
    ] {
        let mut script = by("alice", &sealing(|_| {}));
        script.request(&fetch(11)).forwards();
        script.broker(|answer| deliver(answer, "ok.a", std::slice::from_ref(&at_broker)));
        script.keys(answer).answers(|answer| {
            assert_eq!(codes(answer), [format!("ok.a/0:{code}")]);
            assert!(delivered(answer)[0].is_empty());
        });
        assert!(script.ranges().is_empty());
        let denied = script.log("denied");
        assert_eq!(denied.len(), 1);
        assert_eq!(denied[0]["rules"][0], rule);
    }
}

#[test]
fn plaintext_in_a_sealed_stream_is_refused_on_read() {
    let (mut script, at_broker) = sealed(&sealing(|_| {}), &[b"one"]);
    script.broker(|_| {});
    script.request(&fetch(11)).forwards();
    let injected = records(5, &[b"injected"]);
    script.broker(|answer| deliver(answer, "ok.a", &[at_broker.clone(), injected.clone()]));
    script.answers(|answer| {
        assert_eq!(codes(answer), ["ok.a/1:2"]);
        assert_eq!(values(&delivered(answer)[0]), [b"one"]);
    });
    assert_eq!(script.ranges(), ["0 0-0 1"]);
    let denied = &script.log("denied")[0];
    assert_eq!(
        denied["reason"],
        "partition 1, offset 5: plaintext in a sealed stream"
    );
}

#[test]
fn what_can_not_be_opened_is_marked_where_the_stream_says_so() {
    let document = sealing(|it| it["on_violation"] = "mark".into());
    let (mut script, at_broker) = sealed(&document, &[b"one"]);
    script.broker(|_| {});
    script.request(&fetch(11)).forwards();
    let both = [at_broker, records(5, &[b"injected"])].concat();
    script.broker(|answer| deliver(answer, "ok.a", std::slice::from_ref(&both)));
    script.answers(|answer| {
        let delivered = delivered(answer).remove(0);
        assert_eq!(values(&delivered), [&b"one"[..], b"injected"]);
        let mark = [MARK.as_bytes(), &[18], b"plaintext"].concat();
        assert!(delivered.windows(mark.len()).any(|it| it == mark));
    });
    assert_eq!(script.log("denied")[0]["rules"][0], "sealing:plaintext");
}

#[test]
fn who_is_no_reader_is_refused_or_gets_ciphertext() {
    let document = sealing(|_| {});
    let (_, at_broker) = sealed(&document, &[b"one"]);
    let mut script = by("root", &document);
    script.request(&fetch(11)).refuses(&["ok.a/0:29"]);
    assert_eq!(script.log("denied")[0]["rules"][0], "sealing:reader");

    let document = sealing(|it| it["unreadable"] = "ciphertext".into());
    let mut script = by("root", &document);
    script.request(&fetch(11)).forwards();
    script
        .broker(|answer| deliver(answer, "ok.a", std::slice::from_ref(&at_broker)))
        .passes();
    assert_eq!(script.ranges(), ["0 0-0 1"]);
    assert_eq!(script.log("access_rollup")[0]["state"], "ciphertext");
}

#[test]
fn who_is_no_reader_any_more_gets_nothing_of_what_waits() {
    let document = sealing(|_| {});
    let (_, at_broker) = sealed(&document, &[b"one"]);
    let mut script = by("alice", &document);
    script.request(&fetch(11)).forwards();
    script.broker(|answer| deliver(answer, "ok.a", std::slice::from_ref(&at_broker)));
    let mut revoked = document.clone();
    revoked["sealing"]["rings"][0]["readers"]["principals"] = json!([]);
    assert!(script.apply(&revoked).unwrap().is_empty());
    script
        .keys(Some(&json!({"unknown": true})))
        .answers(|answer| {
            assert_eq!(codes(answer), ["ok.a/0:29"]);
            assert!(delivered(answer)[0].is_empty());
        });
    assert!(script.ranges().is_empty());
}

#[test]
fn what_was_sealed_for_another_stream_does_not_open() {
    let (_, at_broker) = sealed(&sealing(|_| {}), &[b"one"]);
    let elsewhere = sealing(|it| it["home_cluster"] = "dr".into());
    let mut script = by("alice", &elsewhere);
    script.request(&fetch(11)).forwards();
    script.broker(|answer| deliver(answer, "ok.a", std::slice::from_ref(&at_broker)));
    let key = json!({"ring": RING, "ring_version": 1, "key": STANDARD.encode([1; 32]), "until": script.now + 9});
    script.keys(Some(&key)).answers(|answer| {
        assert_eq!(codes(answer), ["ok.a/0:2"]);
    });
    assert_eq!(script.log("denied")[0]["rules"][0], "sealing:moved");
}
