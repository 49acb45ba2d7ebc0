//! The heartbeat of KIP-848.

use streamward_wire::kafka::ApiKey;

use super::super::messages::{Names, naming};
use super::super::{by, document, script};

#[test]
fn a_heartbeat_with_any_denied_topic_is_refused_whole() {
    for version in 0..=1 {
        let names = Names {
            topics: &["ok.a", "no.a"],
            groups: &["ok.g"],
            transactional_id: "",
        };
        let request = naming(ApiKey::CONSUMER_GROUP_HEARTBEAT, version, names);
        script().request(&request).refuses(&[":29"]);
    }
}

#[test]
fn a_subscription_by_regular_expression_is_refused() {
    let names = Names {
        topics: &["ok.a"],
        groups: &["ok.g"],
        transactional_id: "",
    };
    let request = naming(ApiKey::CONSUMER_GROUP_HEARTBEAT, 1, names);
    let request = request.with("SubscribedTopicRegex", ".*");
    by("root", &document()).request(&request).refuses(&[":128"]);
}
