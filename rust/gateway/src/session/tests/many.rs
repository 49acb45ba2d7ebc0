//! What a peer names by the ten thousand costs a look at each, not at each for each: were it otherwise, these tests would
//! take minutes.

use bytes::Bytes;
use streamward_wire::kafka::{ApiKey, Struct, Value};

use super::dead_letters::{TARGET, letters, why_not};
use super::sealing::{data_key, records, sealing};
use super::{Ask, Script, ask, by, script};

const MANY: i32 = 50_000;

/// A request with so many partitions of `ok.a`, all with these records, and what the last holds.
fn produce(count: i32, each: &Value, last: &[u8]) -> Ask {
    ask(ApiKey::PRODUCE, 9, |it| {
        let mut entry = it.element("TopicData");
        entry.set("Name", "ok.a");
        let blank = entry.element("PartitionData");
        let partitions = (0..count).map(|index| {
            let mut partition = blank.clone();
            partition.set("Index", index).set("Records", each.clone());
            partition
        });
        let mut partitions: Vec<Struct> = partitions.collect();
        let records = Bytes::copy_from_slice(last);
        partitions.last_mut().unwrap().set("Records", records);
        entry.set("PartitionData", partitions);
        it.set("Acks", -1).set("TopicData", vec![entry]);
    })
}

/// The broker took all of them.
fn taken(answer: &mut Struct, order: impl Iterator<Item = i32>) {
    let mut entry = answer.element("Responses");
    entry.set("Name", "ok.a");
    let blank = entry.element("PartitionResponses");
    let partitions = order.map(|index| {
        let mut partition = blank.clone();
        partition.set("Index", index).set("BaseOffset", 7);
        partition
    });
    let partitions: Vec<Struct> = partitions.collect();
    entry.set("PartitionResponses", partitions);
    answer.set("Responses", vec![entry]);
}

/// So much may come in one frame here.
fn roomy(mut script: Script) -> Script {
    script.session.limits.frame_bytes_max = 64 << 20;
    script
}

#[test]
fn partitions_are_acknowledged_in_any_order() {
    for (count, backwards) in [(1_000, false), (150_000, true)] {
        let mut script = roomy(script());
        let last = records(0, &[b"a", b"b"]);
        let request = produce(count, &Value::Null, &last);
        script.request(&request).forwards();
        script.broker(|answer| {
            if backwards {
                taken(answer, (0..count).rev());
            } else {
                taken(answer, 0..count);
            }
        });
        script.passes();
        assert_eq!(script.ranges(), [format!("{} 7-8 2", count - 1)]);
    }
}

#[test]
fn partitions_are_refused() {
    let mut script = roomy(by("alice", &sealing(|_| {})));
    let nothing = Value::Bytes(Bytes::new());
    script.request(&produce(MANY, &nothing, &records(0, &[b"a"])));
    script.keys(None).replies(|answer| {
        assert_eq!(super::codes(answer).len(), MANY.unsigned_abs() as usize);
    });
}

#[test]
fn partitions_are_refused_that_are_not_copied() {
    let mut document = letters(|_| {});
    let only = "permit(principal == Streamward::Service::\"alice\", action, resource) when { resource != Streamward::Stream::\"ok.dead\" };";
    document["policy"]["rules"][0]["cedar"] = only.into();
    let mut script = roomy(by("alice", &document));
    let bad = records(0, &[b"x"]);
    script.request(&produce(MANY, &Value::Bytes(bad.clone().into()), &bad));
    script.keys(Some(&data_key(1)));
    script.replies(|answer| {
        assert_eq!(super::codes(answer).len(), MANY.unsigned_abs() as usize);
    });
    assert_eq!(why_not(&mut script).len(), 0);
    let denied = script.log("denied");
    assert!(denied.iter().any(|it| it["resource"]["name"] == TARGET));
}
