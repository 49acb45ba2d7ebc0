//! Producer ids and transactions.

use streamward_wire::kafka::{ApiKey, Value};

use super::messages::{Names, naming};
use super::{ask, batch, by, document, script};

const OK: Names<'_> = Names {
    topics: &["ok.a"],
    groups: &["ok.g"],
    transactional_id: "ok.t",
};
const NO: Names<'_> = Names {
    transactional_id: "no.t",
    ..OK
};

#[test]
fn a_denied_transactional_id_is_refused_at_the_top() {
    for (key, last) in [
        (ApiKey::INIT_PRODUCER_ID, 5),
        (ApiKey::ADD_OFFSETS_TO_TXN, 4),
        (ApiKey::END_TXN, 5),
    ] {
        for version in 0..=last {
            script()
                .request(&naming(key, version, NO))
                .refuses(&[":53"]);
        }
    }
}

#[test]
fn a_denied_transactional_id_refuses_every_partition() {
    let names = Names {
        topics: &["ok.a", "no.a"],
        ..NO
    };
    let expected = ["ok.a/0:53", "no.a/0:53"];
    for version in 0..=3 {
        let request = naming(ApiKey::ADD_PARTITIONS_TO_TXN, version, names);
        script().request(&request).refuses(&expected);
        let request = naming(ApiKey::TXN_OFFSET_COMMIT, version, names);
        script().request(&request).refuses(&expected);
    }
    for version in 3..=12 {
        let mut request = naming(ApiKey::PRODUCE, version, names);
        for topic in request.body.array_mut("TopicData").unwrap() {
            let topic = topic.as_struct_mut().unwrap();
            let partitions = topic.array_mut("PartitionData").unwrap();
            partitions[0]
                .as_struct_mut()
                .unwrap()
                .set("Records", batch(0, 1, 0x10));
        }
        script().request(&request).refuses(&expected);
    }
}

#[test]
fn a_transactional_batch_without_a_transactional_id_is_refused() {
    let mut request = naming(ApiKey::PRODUCE, 9, OK).with("TransactionalId", Value::Null);
    let topic = request.body.array_mut("TopicData").unwrap()[0]
        .as_struct_mut()
        .unwrap();
    let partitions = topic.array_mut("PartitionData").unwrap();
    partitions[0]
        .as_struct_mut()
        .unwrap()
        .set("Records", batch(0, 1, 0x10));
    script().request(&request).refuses(&["ok.a/0:53"]);
}

#[test]
fn partitions_enter_a_transaction_all_or_none() {
    let names = Names {
        topics: &["ok.a", "no.a", "ok.b"],
        ..OK
    };
    for version in 0..=3 {
        let request = naming(ApiKey::ADD_PARTITIONS_TO_TXN, version, names);
        script()
            .request(&request)
            .refuses(&["ok.a/0:55", "no.a/0:29", "ok.b/0:55"]);
    }
}

#[test]
fn a_producer_id_without_a_transaction_is_for_whoever_may_write_somewhere() {
    for version in 0..=5 {
        let request = ask(ApiKey::INIT_PRODUCER_ID, version, |it| {
            it.set("TransactionalId", Value::Null);
        });
        script().request(&request).forwards();
        let mut stranger = by("mallory", &document());
        stranger.request(&request).refuses(&[":31"]);
        stranger.replies(|answer| assert_eq!(answer.int("ProducerId"), -1));
    }
}
