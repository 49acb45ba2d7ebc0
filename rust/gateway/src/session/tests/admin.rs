//! Making topics, looking at settings.

use streamward_wire::kafka::{ApiKey, Value};

use super::messages::{Names, naming};
use super::{Ask, ask, by, codes, document, script};

fn create(version: i16, topics: &[&str]) -> Ask {
    let names = Names {
        topics,
        groups: &["ok.g"],
        transactional_id: "ok.t",
    };
    naming(ApiKey::CREATE_TOPICS, version, names)
}

#[test]
fn topics_are_created_one_by_one() {
    for version in 2..=7 {
        let mut script = script();
        script.request(&create(version, &["no.a", "ok.a"]));
        script.rewrites(|request| assert_eq!(request.array("Topics").len(), 1));
        script.broker(|_| ());
        script.answers(|answer| assert_eq!(codes(answer), ["no.a:29"]));
    }
}

#[test]
fn settings_of_a_new_topic_are_hidden_from_who_may_not_see_them() {
    let mut document = document();
    document["policy"]["rules"] = serde_json::json!([{
        "id": "grant:create", "source": "x:1", "slices": [],
        "cedar": "permit(principal, action == Streamward::Action::\"Create\", resource is Streamward::Stream);"}]);
    let mut script = by("alice", &document);
    script.request(&create(7, &["ok.a"])).forwards();
    script.broker(|answer| {
        let mut topic = answer.element("Topics");
        topic
            .set("Name", "ok.a")
            .set("NumPartitions", 3)
            .set("TopicId", [8; 16]);
        answer.set("Topics", vec![topic]);
    });
    script.answers(|answer| {
        let topic = answer.structs("Topics").next().unwrap();
        assert_eq!(topic.int("TopicConfigErrorCode"), 29);
        assert_eq!(topic.int("NumPartitions"), -1);
        assert!(topic.get("Configs").is_null());
    });
    assert_eq!(script.cluster.topic(&[8; 16]).as_deref(), Some("ok.a"));
}

#[test]
fn settings_of_brokers_stay_behind_the_gateway() {
    for version in 1..=4 {
        let mut script = by("root", &document());
        let request = ask(ApiKey::DESCRIBE_CONFIGS, version, |it| {
            let resources = [(4, "1"), (8, "1"), (16, "m"), (99, "?")].map(|(kind, name)| {
                let mut resource = it.element("Resources");
                resource.set("ResourceType", kind).set("ResourceName", name);
                Value::Struct(resource)
            });
            it.set("Resources", resources.to_vec());
        });
        script
            .request(&request)
            .refuses(&["1:31", "1:31", "m:31", "?:31"]);
    }
}

#[test]
fn settings_of_topics_and_groups_are_decided_one_by_one() {
    let mut script = script();
    let request = ask(ApiKey::DESCRIBE_CONFIGS, 4, |it| {
        let resources =
            [(2, "ok.a"), (2, "no.a"), (32, "ok.g"), (32, "no.g")].map(|(kind, name)| {
                let mut resource = it.element("Resources");
                resource.set("ResourceType", kind).set("ResourceName", name);
                Value::Struct(resource)
            });
        it.set("Resources", resources.to_vec());
    });
    script.request(&request);
    script.rewrites(|request| assert_eq!(request.array("Resources").len(), 2));
    script.broker(|_| ());
    script.answers(|answer| assert_eq!(codes(answer), ["no.a:29", "no.g:30"]));
}
