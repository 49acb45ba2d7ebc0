//! Produce: what is counted, and with which offsets.

use streamward_wire::kafka::{ApiKey, Struct, Value};

use super::messages::{Names, naming, topic_id};
use super::{Ask, Close, ask, batch, codes, script};

const OK: Names<'_> = Names {
    topics: &["ok.a"],
    groups: &["ok.g"],
    transactional_id: "ok.t",
};

/// One topic with these batches of records, each in a partition of its own.
fn produce(version: i16, topic: &str, loads: &[u32]) -> Ask {
    ask(ApiKey::PRODUCE, version, |it| {
        let mut entry = it.element("TopicData");
        entry.set("Name", topic).set("TopicId", topic_id(topic));
        let partitions = loads.iter().enumerate().map(|(index, records)| {
            let mut partition = entry.element("PartitionData");
            partition.set("Index", i64::try_from(index).unwrap());
            partition.set("Records", batch(0, *records, 0));
            partition
        });
        let partitions: Vec<Struct> = partitions.collect();
        entry.set("PartitionData", partitions);
        it.set("Acks", -1).set("TopicData", vec![entry]);
    })
}

/// The broker's word: these partitions, each with an error and a base offset.
fn acknowledge(answer: &mut Struct, topic: &str, places: &[(i64, i64)]) {
    let mut entry = answer.element("Responses");
    entry.set("Name", topic).set("TopicId", topic_id(topic));
    let partitions = places
        .iter()
        .enumerate()
        .map(|(index, (error, base_offset))| {
            let mut partition = entry.element("PartitionResponses");
            partition.set("Index", i64::try_from(index).unwrap());
            partition
                .set("ErrorCode", *error)
                .set("BaseOffset", *base_offset);
            partition
        });
    let partitions: Vec<Struct> = partitions.collect();
    entry.set("PartitionResponses", partitions);
    answer.set("Responses", vec![entry]);
}

#[test]
fn the_offsets_that_were_acknowledged_are_recorded() {
    for version in 3..=13 {
        let mut script = script();
        script
            .request(&produce(version, "ok.a", &[3, 2, 4]))
            .forwards();
        script.broker(|answer| acknowledge(answer, "ok.a", &[(0, 100), (0, 7), (6, -1)]));
        script.passes();
        assert_eq!(script.ranges(), ["0 100-102 3", "1 7-8 2"]);
        assert_eq!(script.deeds("access_opened"), ["Write ok.a"]);
    }
}

#[test]
fn an_acknowledgement_without_an_offset_is_unknown() {
    let mut script = script();
    script.request(&produce(9, "ok.a", &[3])).forwards();
    script
        .broker(|answer| acknowledge(answer, "ok.a", &[(0, -1)]))
        .passes();
    assert_eq!(script.ranges(), ["0 unknown-unknown 3"]);
}

#[test]
fn without_acknowledgement_records_are_counted_and_their_offsets_unknown() {
    let mut script = script();
    script
        .request(&produce(9, "ok.a", &[3]).with("Acks", 0))
        .forwards();
    assert_eq!(script.session.in_flight(), 0);
    assert_eq!(script.ranges(), ["0 unknown-unknown 3"]);
}

#[test]
fn a_denial_without_acknowledgement_ends_the_connection() {
    let no = Names {
        topics: &["no.a"],
        ..OK
    };
    let some = Names {
        topics: &["ok.a", "no.a"],
        ..OK
    };
    let unknown = Names {
        topics: &["of.nobody"],
        ..OK
    };
    for (version, names) in [(3, no), (12, some), (13, unknown)] {
        let mut script = script();
        let request = naming(ApiKey::PRODUCE, version, names).with("Acks", 0);
        script.request(&request).forwards_nothing();
        assert_eq!(script.closes(), Close::DeniedSilently);
        assert!(script.ranges().is_empty());
    }
}

#[test]
fn an_acknowledgement_that_never_came_is_counted_as_unknown() {
    let mut script = script();
    script.request(&produce(9, "ok.a", &[3])).forwards();
    let both = naming(
        ApiKey::PRODUCE,
        9,
        Names {
            topics: &["ok.b", "no.a"],
            ..OK
        },
    );
    script.request(&both).rewrites(|_| ());
    script.session.end();
    assert_eq!(
        script.ranges(),
        ["0 unknown-unknown 3", "0 unknown-unknown 1"]
    );
}

#[test]
fn of_a_request_in_part_only_what_the_broker_took_is_recorded() {
    let mut script = script();
    let names = Names {
        topics: &["no.a", "ok.a"],
        ..OK
    };
    script
        .request(&naming(ApiKey::PRODUCE, 9, names))
        .rewrites(|_| ());
    script.broker(|answer| acknowledge(answer, "ok.a", &[(0, 40)]));
    script.answers(|answer| assert_eq!(codes(answer), ["no.a/0:29"]));
    assert_eq!(script.ranges(), ["0 40-40 1"]);
}

#[test]
fn a_partition_named_twice_is_refused_so_that_nobody_hides_records_behind_a_smaller_batch() {
    let mut twice = produce(9, "ok.a", &[1, 100]);
    let topic = twice.body.array_mut("TopicData").unwrap()[0]
        .as_struct_mut()
        .unwrap();
    let partitions = topic.array_mut("PartitionData").unwrap();
    partitions[1].as_struct_mut().unwrap().set("Index", 0);
    script()
        .request(&twice)
        .refuses(&["ok.a/0:42", "ok.a/0:42"]);
    let names = Names {
        topics: &["ok.a", "ok.b", "ok.a"],
        ..OK
    };
    for version in [3, 13] {
        script()
            .request(&naming(ApiKey::PRODUCE, version, names))
            .forwards_nothing();
    }
}

#[test]
fn a_batch_that_cannot_be_read_is_refused() {
    let whole = batch(0, 3, 0);
    let mut old = whole.to_vec();
    old[16] = 1;
    let two = [whole.as_ref(), &whole[..20]].concat();
    for records in [whole[..whole.len() - 1].to_vec(), old, two] {
        let mut request = produce(9, "ok.a", &[3]);
        let topic = request.body.array_mut("TopicData").unwrap()[0]
            .as_struct_mut()
            .unwrap();
        let partition = topic.array_mut("PartitionData").unwrap()[0]
            .as_struct_mut()
            .unwrap();
        partition.set("Records", bytes::Bytes::from(records));
        script().request(&request).refuses(&["ok.a/0:2"]);
    }
}

#[test]
fn leaders_that_the_broker_hints_at_have_the_gateways_addresses() {
    for version in 10..=13 {
        let mut script = script();
        script.request(&produce(version, "ok.a", &[1])).forwards();
        script.broker(|answer| {
            acknowledge(answer, "ok.a", &[(6, -1)]);
            let nodes = [2, 7].map(|number| {
                let mut node = answer.element("NodeEndpoints");
                node.set("NodeId", number)
                    .set("Host", "b2.internal")
                    .set("Port", 9092);
                Value::Struct(node)
            });
            answer.set("NodeEndpoints", nodes.to_vec());
        });
        script.answers(|answer| {
            assert_eq!(answer.array("NodeEndpoints").len(), 1);
            let node = answer.structs("NodeEndpoints").next().unwrap();
            assert_eq!(
                (node.str("Host"), node.int("Port")),
                (Some("gw.example.com"), 19095)
            );
        });
        assert!(script.ranges().is_empty());
    }
}

#[test]
fn an_answer_beyond_the_largest_offset_harms_nobody() {
    let mut script = script();
    script.request(&produce(9, "ok.a", &[3])).forwards();
    script
        .broker(|answer| acknowledge(answer, "ok.a", &[(0, i64::MAX)]))
        .passes();
    assert_eq!(script.ranges().len(), 1);
}

#[test]
fn what_is_denied_is_refused_for_that_before_its_records_are_looked_at() {
    for version in 3..=12 {
        let names = Names {
            topics: &["no.a", "ok.a"],
            ..OK
        };
        let mut request = naming(ApiKey::PRODUCE, version, names);
        for topic in request.body.array_mut("TopicData").unwrap() {
            let topic = topic.as_struct_mut().unwrap();
            let partitions = topic.array_mut("PartitionData").unwrap();
            let partition = partitions[0].as_struct_mut().unwrap();
            partition.set("Records", batch(0, 1, 0).slice(..30));
        }
        let mut script = script();
        script.request(&request).refuses(&["no.a/0:29", "ok.a/0:2"]);
        assert_eq!(script.deeds("denied"), ["Write no.a"]);
    }
}
