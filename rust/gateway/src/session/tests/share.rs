//! Share fetch and share acknowledge (KIP-932): whose session it is, what it holds, and what leaves.

use streamward_wire::kafka::{self, ApiKey, Struct, Value};

use super::fetch::through;
use super::messages::topic_id;
use super::{
    Ask, Script, TOPICS, ask, batch, by, codes, document, open_request, quarantine, response_frame,
    script,
};

/// Topics with these partitions; a number below 0 is acknowledged as well.
type Listed<'a> = &'a [(&'a str, &'a [i32])];

fn share(key: ApiKey, version: i16, epoch: i32, topics: Listed<'_>, acknowledge: bool) -> Ask {
    ask(key, version, |body| {
        body.set("GroupId", "ok.g")
            .set("MemberId", "m")
            .set("ShareSessionEpoch", epoch);
        let list = topics.iter().map(|(name, partitions)| {
            let mut topic = body.element("Topics");
            topic.set("TopicId", topic_id(name));
            let partitions = partitions.iter().map(|index| {
                let mut partition = topic.element("Partitions");
                partition.set("PartitionIndex", *index);
                if acknowledge {
                    let mut batch = partition.element("AcknowledgementBatches");
                    batch
                        .set("LastOffset", 1)
                        .set("AcknowledgeTypes", vec![Value::Int(1)]);
                    partition.set("AcknowledgementBatches", vec![batch]);
                }
                partition
            });
            let partitions: Vec<Struct> = partitions.collect();
            topic.set("Partitions", partitions);
            topic
        });
        let list: Vec<Struct> = list.collect();
        body.set("Topics", list);
    })
}

fn fetch(version: i16, epoch: i32, topics: Listed<'_>) -> Ask {
    share(ApiKey::SHARE_FETCH, version, epoch, topics, false)
}

fn forgetting(mut ask: Ask, topics: Listed<'_>) -> Ask {
    let list = topics.iter().map(|(name, partitions)| {
        let mut topic = ask.body.element("ForgottenTopicsData");
        let partitions: Vec<Value> = partitions.iter().map(|it| Value::from(*it)).collect();
        topic
            .set("TopicId", topic_id(name))
            .set("Partitions", partitions);
        topic
    });
    let list: Vec<Struct> = list.collect();
    ask.body.set("ForgottenTopicsData", list);
    ask
}

fn name_of(topic: &Struct) -> &'static str {
    let known = TOPICS.iter().find(|it| [it.1; 16] == topic.uuid("TopicId"));
    known.map_or("?", |it| it.0)
}

/// What a broker gets: topics with partitions, and those to forget after a minus.
fn shown(request: &Struct) -> Vec<String> {
    let listed = request.structs("Topics").flat_map(|topic| {
        let partitions = topic.structs("Partitions");
        partitions.map(|it| format!("{}/{}", name_of(topic), it.int("PartitionIndex")))
    });
    let forgotten = request.structs("ForgottenTopicsData").flat_map(|topic| {
        let partitions = topic.array("Partitions").iter();
        partitions.map(|it| format!("-{}/{}", name_of(topic), it.as_int().unwrap()))
    });
    listed.chain(forgotten).collect()
}

fn rewritten(script: &mut Script) -> Vec<String> {
    let mut seen = Vec::new();
    script.rewrites(|request| seen = shown(request));
    seen
}

fn answered(script: &mut Script) -> Vec<String> {
    let mut seen = Vec::new();
    script.broker(|_| ());
    script.answers(|answer| seen = codes(answer));
    seen
}

/// Records of partition 0.
fn deliver(answer: &mut Struct, topic: &str, records: &[u8]) {
    let mut entry = answer.element("Responses");
    entry.set("TopicId", topic_id(topic));
    let mut partition = entry.element("Partitions");
    partition.set("Records", bytes::Bytes::copy_from_slice(records));
    let mut acquired = partition.element("AcquiredRecords");
    acquired.set("LastOffset", 1).set("DeliveryCount", 1);
    partition.set("AcquiredRecords", vec![acquired]);
    entry.set("Partitions", vec![partition]);
    answer.set("Responses", vec![entry]);
}

#[test]
fn what_a_share_consumer_gets_is_recorded() {
    for version in 1..=2 {
        let mut script = script();
        script
            .request(&fetch(version, 0, &[("ok.a", &[0])]))
            .forwards();
        script.broker(|answer| deliver(answer, "ok.a", &batch(7, 3, 0)));
        script.passes();
        script.request(&fetch(version, 1, &[])).forwards();
        script.broker(|answer| deliver(answer, "ok.a", &batch(10, 2, 0)));
        script.passes();
        assert_eq!(script.ranges(), ["0 7-11 5"]);
        let acknowledge = share(
            ApiKey::SHARE_ACKNOWLEDGE,
            version,
            2,
            &[("ok.a", &[0])],
            true,
        );
        script.request(&acknowledge).forwards();
        assert_eq!(answered(&mut script), [""; 0]);
        script.request(&fetch(version, 3, &[])).forwards();
        assert_eq!(script.deeds("access_opened"), ["Read ok.g", "Read ok.a"]);
    }
}

#[test]
fn a_group_that_is_denied_is_refused_as_a_whole() {
    for key in [ApiKey::SHARE_FETCH, ApiKey::SHARE_ACKNOWLEDGE] {
        for version in 1..=2 {
            let request = share(key, version, 0, &[("ok.a", &[0])], false);
            script()
                .request(&request.with("GroupId", "no.g"))
                .refuses(&[":30"]);
        }
    }
}

#[test]
fn a_request_without_a_group_or_a_member_is_invalid_as_kafka_says() {
    for key in [ApiKey::SHARE_FETCH, ApiKey::SHARE_ACKNOWLEDGE] {
        for version in 1..=2 {
            let request = || share(key, version, 0, &[("ok.a", &[0])], false);
            // Without a group no right is asked for; a member is looked at after the right to the group.
            script()
                .request(&request().with("GroupId", Value::Null))
                .refuses(&[":42"]);
            let nameless = || request().with("MemberId", Value::Null);
            script().request(&nameless()).refuses(&[":42"]);
            script()
                .request(&nameless().with("GroupId", "no.g"))
                .refuses(&[":30"]);
        }
    }
}

#[test]
fn denied_partitions_are_refused_in_each_answer_and_never_asked_for() {
    let mut script = script();
    let topics: Listed<'_> = &[("no.a", &[0, 1]), ("ok.a", &[0]), ("of.nobody", &[2])];
    script.request(&fetch(2, 0, topics));
    assert_eq!(rewritten(&mut script), ["ok.a/0"]);
    let refused = ["#3/0:29", "#3/1:29", "#99/2:100"];
    assert_eq!(answered(&mut script), refused);
    script.request(&fetch(2, 1, &[])).forwards();
    assert_eq!(answered(&mut script), refused);
    let request = forgetting(fetch(2, 2, &[]), &[("no.a", &[0, 1]), ("of.nobody", &[2])]);
    script.request(&request).forwards();
    assert_eq!(answered(&mut script), [""; 0]);
}

#[test]
fn a_session_of_which_nothing_is_allowed_is_the_brokers_all_the_same() {
    let mut script = script();
    script.request(&fetch(2, 0, &[("no.a", &[0])]));
    assert_eq!(rewritten(&mut script), [""; 0]);
    assert_eq!(answered(&mut script), ["#3/0:29"]);
    script.request(&fetch(2, 1, &[("ok.a", &[0])])).forwards();
    assert_eq!(answered(&mut script), ["#3/0:29"]);
}

#[test]
fn a_policy_that_changes_takes_effect_within_one_fetch_and_back() {
    let mut script = script();
    script.request(&fetch(2, 0, &[("ok.a", &[0, 1]), ("ok.b", &[0])]));
    answered(&mut script);
    script.apply(&quarantine("ok.a")).unwrap();
    script.request(&fetch(2, 1, &[]));
    assert_eq!(rewritten(&mut script), ["-ok.a/0", "-ok.a/1"]);
    assert_eq!(answered(&mut script), ["#1/0:29", "#1/1:29"]);
    script.request(&fetch(2, 2, &[])).forwards();
    assert_eq!(answered(&mut script), ["#1/0:29", "#1/1:29"]);
    script.apply(&document()).unwrap();
    script.request(&fetch(2, 3, &[("ok.a", &[1])]));
    assert_eq!(rewritten(&mut script), ["ok.a/1", "ok.a/0"]);
    script.broker(|answer| deliver(answer, "ok.a", &batch(0, 1, 0)));
    script.passes();
    assert_eq!(script.ranges(), ["0 0-0 1"]);
    script.request(&fetch(2, 4, &[])).forwards();
}

#[test]
fn a_fetch_that_waits_is_decided_again_before_its_records_are_released() {
    let mut script = script();
    script.request(&fetch(2, 0, &[("ok.a", &[0])])).forwards();
    assert!(script.apply(&quarantine("ok.a")).unwrap().is_empty());
    script.broker(|answer| deliver(answer, "ok.a", &batch(0, 1, 0)));
    script.answers(|answer| {
        assert_eq!(codes(answer), ["#1/0:29"]);
        let topic = answer.structs("Responses").next().unwrap();
        let partition = topic.structs("Partitions").next().unwrap();
        assert!(partition.bytes("Records").unwrap().is_empty());
        assert!(partition.array("AcquiredRecords").is_empty());
    });
    assert!(script.ranges().is_empty());
}

#[test]
fn acknowledgements_of_what_is_denied_are_refused() {
    let mut script = script();
    script.request(&fetch(2, 0, &[("ok.a", &[0]), ("ok.b", &[0])]));
    answered(&mut script);
    script.apply(&quarantine("ok.a")).unwrap();
    // With a fetch, also where the partition is forgotten with it.
    let both: Listed<'_> = &[("ok.a", &[0]), ("ok.b", &[0])];
    let request = share(ApiKey::SHARE_FETCH, 2, 1, both, true);
    script.request(&forgetting(request, &[("ok.a", &[0])]));
    assert_eq!(rewritten(&mut script), ["ok.b/0", "-ok.a/0", "-ok.a/0"]);
    script.broker(|_| ());
    script.answers(|answer| {
        let topic = answer.structs("Responses").next().unwrap();
        let partition = topic.structs("Partitions").next().unwrap();
        assert_eq!(partition.int("ErrorCode"), 0);
        assert_eq!(partition.int("AcknowledgeErrorCode"), 29);
    });
    // And alone; the broker counts the request.
    script.request(&share(ApiKey::SHARE_ACKNOWLEDGE, 2, 2, both, true));
    assert_eq!(rewritten(&mut script), ["ok.b/0"]);
    assert_eq!(answered(&mut script), ["#1/0:29"]);
    script.request(&share(
        ApiKey::SHARE_ACKNOWLEDGE,
        2,
        3,
        &[("ok.a", &[0])],
        true,
    ));
    assert_eq!(rewritten(&mut script), [""; 0]);
    // And with the last request of the session.
    script.request(&share(ApiKey::SHARE_FETCH, 2, -1, both, true));
    assert_eq!(rewritten(&mut script), ["ok.b/0"]);
    script.request(&fetch(2, 4, &[])).forwards_nothing();
}

#[test]
fn a_session_belongs_to_the_connection_that_opened_it() {
    let mut script = script();
    for key in [ApiKey::SHARE_FETCH, ApiKey::SHARE_ACKNOWLEDGE] {
        for epoch in [1, -1] {
            let request = share(key, 2, epoch, &[], false);
            script.request(&request).refuses(&[":122"]);
        }
    }
    script.request(&share(ApiKey::SHARE_ACKNOWLEDGE, 2, 0, &[], false));
    script.refuses(&[":123"]);
    script.request(&fetch(2, 0, &[("ok.a", &[0])])).forwards();
    answered(&mut script);
    script.request(&fetch(2, 1, &[]).with("MemberId", "other"));
    script.refuses(&[":122"]);
}

#[test]
fn epochs_are_used_once_and_in_order() {
    let mut script = script();
    script.request(&fetch(2, 0, &[("ok.a", &[0])])).forwards();
    answered(&mut script);
    for wrong in [2, i32::MAX, -2] {
        script.request(&fetch(2, wrong, &[])).refuses(&[":123"]);
        let request = share(ApiKey::SHARE_ACKNOWLEDGE, 2, wrong, &[], false);
        script.request(&request).refuses(&[":123"]);
    }
    script.request(&fetch(2, 1, &[])).forwards();
    answered(&mut script);
    script.request(&fetch(2, 1, &[])).refuses(&[":123"]);
    // What the broker has lost is lost.
    script.request(&fetch(2, 2, &[])).forwards();
    script.broker(|answer| {
        answer.set("ErrorCode", 122);
    });
    script.passes();
    script.request(&fetch(2, 3, &[])).refuses(&[":122"]);
}

#[test]
fn records_that_another_member_asked_for_end_the_connection() {
    let mut script = script();
    script.request(&fetch(2, 0, &[("ok.a", &[0])])).forwards();
    script.broker(|answer| deliver(answer, "ok.b", &batch(0, 1, 0)));
    script.closes();
    assert!(script.ranges().is_empty());
}

#[test]
fn share_sessions_are_bounded() {
    let many: Vec<i32> = (0..20_001).collect();
    let mut document = document();
    document["listeners"][0]["limits"]["frame_bytes_max"] = serde_json::json!(10_000_000);
    let mut script = by("alice", &document);
    script
        .request(&fetch(2, 0, &[("ok.a", &many)]))
        .refuses(&[":133"]);
    for number in 0..=1_000 {
        let member = format!("m{number}");
        let request = fetch(2, 0, &[("ok.a", &[0])]).with("MemberId", member);
        script.request(&request);
        if number < 1_000 {
            script.forwards();
            answered(&mut script);
        } else {
            script.refuses(&[":133"]);
        }
    }
}

/// Leader hints at a broker's own address.
fn hint(answer: &mut Struct) {
    let mut node = answer.element("NodeEndpoints");
    node.set("NodeId", 1)
        .set("Host", "b0.internal")
        .set("Port", 9092);
    answer.set("NodeEndpoints", vec![node]);
}

#[test]
fn leaders_that_the_broker_hints_at_have_the_gateways_addresses() {
    let mut script = script();
    script.request(&fetch(2, 0, &[("ok.a", &[0])])).forwards();
    script.broker(|answer| {
        deliver(answer, "ok.a", &batch(0, 1, 0));
        hint(answer);
    });
    let hosts = |answer: &Struct| {
        let places = answer.structs("NodeEndpoints").map(|it| it.str("Host"));
        assert_eq!(places.collect::<Vec<_>>(), [Some("gw.example.com")]);
    };
    script.answers(hosts);
    script.request(&share(ApiKey::SHARE_ACKNOWLEDGE, 2, 1, &[], false));
    script.broker(hint).answers(hosts);
}

#[test]
fn a_large_answer_goes_through_in_any_pieces_without_leader_hints() {
    for piece in [1, 61, 1_000, usize::MAX] {
        let mut script = script();
        script.request(&fetch(2, 0, &[("ok.a", &[0])])).forwards();
        let of = kafka::schema(ApiKey::SHARE_FETCH, 2, kafka::Direction::Response).unwrap();
        let mut answer = Struct::new(of);
        let records: Vec<u8> = (0..1_000).flat_map(|it| batch(it * 2, 2, 0)).collect();
        deliver(&mut answer, "ok.a", &records);
        hint(&mut answer);
        let number = script.last_correlation_id();
        let frame = response_frame(ApiKey::SHARE_FETCH, 2, number, &answer);
        let length = u32::try_from(frame.len()).unwrap().to_be_bytes();
        let left = through(&mut script, &[&length[..], &frame].concat(), piece).unwrap();
        let (_, seen) = super::opened(ApiKey::SHARE_FETCH, 2, &left);
        let node = seen.structs("NodeEndpoints").next().unwrap();
        assert_eq!((node.int("NodeId"), node.int("Port")), (-1, -1));
        assert_eq!(node.str("Host"), Some("-----------"));
        let topic = seen.structs("Responses").next().unwrap();
        let partition = topic.structs("Partitions").next().unwrap();
        assert_eq!(partition.bytes("Records").unwrap().len(), records.len());
        assert_eq!(script.ranges(), ["0 0-1999 2000"]);
    }
}

#[test]
fn an_id_that_is_new_is_asked_for_before_it_is_shared() {
    let mut script = script();
    script.undecided(&fetch(2, 0, &[("of.nobody", &[0])]));
    script.resolves(&[("ok.new", 99)]);
    let sent = match script.verdict() {
        super::Verdict::Rewrite(framed) => open_request(&framed[4..]),
        other => panic!("{other:?}"),
    };
    assert_eq!(sent, fetch(2, 0, &[("of.nobody", &[0])]).body);
}
