//! `DescribeTopicPartitions`: pages, cursors, and what they may not tell.

use streamward_wire::kafka::{ApiKey, Struct, Value};

use super::{Ask, ask, codes, script};

const API: ApiKey = ApiKey::DESCRIBE_TOPIC_PARTITIONS;
const ALL_BITS: i64 = 0xdf8;

fn describe(topics: &[&str], cursor: Option<(&str, i64)>, limit: i64) -> Ask {
    ask(API, 0, |it| {
        let topics = topics.iter().map(|name| {
            let mut topic = it.element("Topics");
            topic.set("Name", *name);
            Value::Struct(topic)
        });
        let topics: Vec<Value> = topics.collect();
        it.set("Topics", topics)
            .set("ResponsePartitionLimit", limit);
        if let Some(cursor) = cursor {
            point(it, "Cursor", cursor);
        }
    })
}

fn point(message: &mut Struct, field: &str, (topic, partition): (&str, i64)) {
    let mut cursor = message.element(field);
    cursor
        .set("TopicName", topic)
        .set("PartitionIndex", partition);
    message.set(field, cursor);
}

/// Topics with the first and the last of their partitions, and a cursor.
fn page(answer: &mut Struct, topics: &[(&str, i64, i64)], cursor: Option<(&str, i64)>) {
    let list = topics.iter().map(|(name, first, last)| {
        let mut topic = answer.element("Topics");
        let partitions = (*first..=*last).map(|index| {
            let mut partition = topic.element("Partitions");
            partition.set("PartitionIndex", index);
            Value::Struct(partition)
        });
        let partitions: Vec<Value> = partitions.collect();
        topic
            .set("Name", *name)
            .set("TopicId", [7; 16])
            .set("Partitions", partitions)
            .set("TopicAuthorizedOperations", ALL_BITS);
        Value::Struct(topic)
    });
    let list: Vec<Value> = list.collect();
    answer.set("Topics", list);
    if let Some(cursor) = cursor {
        point(answer, "NextCursor", cursor);
    }
}

/// Topics with their partitions, and the cursor, as one line each.
fn shown(answer: &Struct) -> Vec<String> {
    let mut lines: Vec<String> = answer
        .structs("Topics")
        .map(|topic| {
            let partitions = topic
                .structs("Partitions")
                .map(|it| it.int("PartitionIndex"));
            let partitions: Vec<i64> = partitions.collect();
            format!("{} {partitions:?}", topic.str("Name").unwrap())
        })
        .collect();
    if let Some(cursor) = answer.get("NextCursor").as_struct() {
        let topic = cursor.str("TopicName").unwrap();
        lines.push(format!("next {topic} {}", cursor.int("PartitionIndex")));
    }
    lines
}

#[test]
fn named_topics_are_decided_one_by_one_and_carry_the_callers_operations() {
    let mut script = script();
    script.request(&describe(&["see.a", "no.b", "no.a", "no.a"], None, 2000));
    script.rewrites(|request| assert_eq!(request.array("Topics").len(), 1));
    script.broker(|answer| page(answer, &[("see.a", 0, 1)], None));
    script.answers(|answer| {
        assert_eq!(shown(answer), ["see.a [0, 1]", "no.a []", "no.b []"]);
        assert_eq!(codes(answer), ["no.a:29", "no.b:29"]);
        let topics: Vec<_> = answer.structs("Topics").collect();
        assert_eq!(topics[0].int("TopicAuthorizedOperations"), 1 << 8);
        assert_eq!(topics[1].uuid("TopicId"), [0; 16]);
    });
}

#[test]
fn with_every_named_topic_denied_the_broker_is_not_asked_for_everything() {
    let mut script = script();
    script.request(&describe(&["no.b", "no.a"], None, 2000));
    script.refuses(&["no.a:29", "no.b:29"]);
}

#[test]
fn topics_before_the_cursor_are_left_out_whether_denied_or_not() {
    let mut script = script();
    let request = describe(&["no.a", "ok.a", "ok.b", "zz"], Some(("ok.b", 1)), 10);
    script.request(&request);
    script.rewrites(|request| {
        assert_eq!(request.array("Topics").len(), 1);
        let cursor = request.get("Cursor").as_struct().unwrap();
        assert_eq!(
            (cursor.str("TopicName"), cursor.int("PartitionIndex")),
            (Some("ok.b"), 1)
        );
    });
    script.broker(|answer| page(answer, &[("ok.b", 1, 1)], None));
    script.answers(|answer| assert_eq!(shown(answer), ["ok.b [1]", "zz []"]));
}

#[test]
fn a_cursor_at_a_denied_topic_goes_on_behind_it() {
    let mut script = script();
    script.request(&describe(&["no.a", "ok.a"], Some(("no.a", 3)), 10));
    script.rewrites(|request| {
        assert!(request.get("Cursor").is_null());
        assert_eq!(request.array("Topics").len(), 1);
    });
    script.broker(|answer| page(answer, &[("ok.a", 0, 0)], None));
    script.answers(|answer| assert_eq!(shown(answer), ["ok.a [0]", "no.a []"]));
}

#[test]
fn a_cursor_that_cannot_be_is_an_error_for_every_topic() {
    let topics = ["no.a", "ok.a"];
    for cursor in [("zz", 0), ("ok.a", -1)] {
        let request = describe(&topics, Some(cursor), 10);
        script().request(&request).refuses(&["no.a:42", "ok.a:42"]);
    }
}

#[test]
fn a_page_of_everything_is_cut_by_the_callers_own_topics() {
    let mut script = script();
    script.request(&describe(&[], None, 3));
    script.asks(API, |request| assert!(request.array("Topics").is_empty()));
    let topics = [
        ("no.a", 0, 9),
        ("ok.a", 0, 1),
        ("ok.b", 0, 1),
        ("ok.c", 0, 0),
    ];
    script.told(|answer| page(answer, &topics, None));
    script.answers(|answer| {
        assert_eq!(shown(answer), ["ok.a [0, 1]", "ok.b [0]", "next ok.b 1"]);
        assert!(!answer.to_json().contains("no."));
    });
}

#[test]
fn a_cursor_never_names_a_hidden_topic() {
    let mut script = script();
    script.request(&describe(&[], None, 2));
    script.asks(API, |_| ());
    // The broker's own limit is 4, and its cursor hidden.
    script.told(|answer| {
        page(
            answer,
            &[("no.a", 0, 1), ("ok.a", 0, 1)],
            Some(("pay.a", 0)),
        );
    });
    script.asks(API, |request| {
        let cursor = request.get("Cursor").as_struct().unwrap();
        assert_eq!(cursor.str("TopicName"), Some("pay.a"));
    });
    script.told(|answer| page(answer, &[("pay.a", 0, 1), ("see.a", 0, 1)], None));
    script.answers(|answer| {
        assert_eq!(shown(answer), ["ok.a [0, 1]", "next see.a 0"]);
        assert!(!answer.to_json().contains("pay.a"));
    });
}

#[test]
fn without_a_visible_topic_behind_it_a_page_has_no_cursor() {
    let mut script = script();
    script.request(&describe(&[], Some(("ok.a", 1)), 1));
    script.asks(API, |request| {
        let cursor = request.get("Cursor").as_struct().unwrap();
        assert_eq!(cursor.int("PartitionIndex"), 1);
    });
    script.told(|answer| page(answer, &[("ok.a", 1, 1)], Some(("pay.a", 0))));
    script.asks(API, |_| ());
    script.told(|answer| page(answer, &[("pay.a", 0, 0)], Some(("pay.b", 0))));
    script.asks(API, |_| ());
    script.told(|answer| page(answer, &[("pay.b", 0, 0)], None));
    script.answers(|answer| assert_eq!(shown(answer), ["ok.a [1]"]));
}

#[test]
fn a_topic_in_two_of_the_brokers_pages_is_one_topic() {
    let mut script = script();
    script.request(&describe(&[], None, 2000));
    script.asks(API, |_| ());
    script.told(|answer| page(answer, &[("no.a", 0, 0), ("ok.a", 0, 1)], Some(("ok.a", 2))));
    script.asks(API, |_| ());
    script.told(|answer| page(answer, &[("ok.a", 2, 4)], None));
    // The broker's own limit is 3, which holds for the client as well.
    script.answers(|answer| assert_eq!(shown(answer), ["ok.a [0, 1, 2]", "next ok.a 3"]));
}

#[test]
fn a_broker_that_goes_round_in_circles_ends_the_connection() {
    let mut script = script();
    script.request(&describe(&[], None, 10));
    script.asks(API, |_| ());
    script.told(|answer| page(answer, &[("no.a", 0, 0)], Some(("no.b", 0))));
    script.asks(API, |_| ());
    script.told(|answer| page(answer, &[("no.a", 0, 0)], Some(("no.b", 0))));
    script.closes();
}
