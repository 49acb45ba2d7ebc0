//! What stands on a right on the cluster.

use serde_json::json;
use streamward_wire::kafka::{ApiKey, Struct, Value, access, error};

use super::hostile::stands_on_the_cluster;
use super::messages::{Names, naming};
use super::{Ask, Script, ask, by, codes, document, script};

const NAMES: Names<'_> = Names {
    topics: &["ok.a", "ok.b"],
    groups: &["ok.g"],
    transactional_id: "ok.t",
};

/// Each with what it asks of the cluster, and how a denial of a request that names partition 0 of `ok.a` and of
/// `ok.b` shows.
const APIS: [(ApiKey, &str, &[&str]); 12] = [
    (
        ApiKey::WRITE_TXN_MARKERS,
        "Alter",
        &["ok.a/0:31", "ok.b/0:31"],
    ),
    (
        ApiKey::ALTER_REPLICA_LOG_DIRS,
        "Alter",
        &["ok.a/0:31", "ok.b/0:31"],
    ),
    (ApiKey::DESCRIBE_LOG_DIRS, "Describe", &[":31"]),
    (
        ApiKey::ELECT_LEADERS,
        "Alter",
        &[":31", "ok.a/0:31", "ok.b/0:31"],
    ),
    (
        ApiKey::ALTER_PARTITION_REASSIGNMENTS,
        "Alter",
        &[":31", "ok.a/0:31", "ok.b/0:31"],
    ),
    (ApiKey::LIST_PARTITION_REASSIGNMENTS, "Describe", &[":31"]),
    (ApiKey::DESCRIBE_QUORUM, "Describe", &[":31"]),
    (ApiKey::UPDATE_FEATURES, "Alter", &[":31"]),
    (ApiKey::UNREGISTER_BROKER, "Alter", &[":31"]),
    (ApiKey::LIST_CONFIG_RESOURCES, "DescribeConfigs", &[":31"]),
    (ApiKey::ADD_RAFT_VOTER, "Alter", &[":31"]),
    (ApiKey::REMOVE_RAFT_VOTER, "Alter", &[":31"]),
];

fn each(check: impl Fn(ApiKey, i16, &str, &[&str])) {
    for (key, action, denial) in APIS {
        let (first, last) = access::versions(key).unwrap();
        (first..=last).for_each(|version| check(key, version, action, denial));
    }
}

/// What holds where: early versions of two answers have no place at the top.
fn shown<'a>(key: ApiKey, version: i16, denial: &[&'a str]) -> Vec<&'a str> {
    let without_top = match key {
        ApiKey::DESCRIBE_LOG_DIRS => version < 3,
        ApiKey::ELECT_LEADERS => version < 1,
        _ => false,
    };
    let shown = denial
        .iter()
        .filter(|it| !(without_top && it.starts_with(':')));
    shown.copied().collect()
}

/// `alice` with one right on the cluster, and no other.
fn with(action: &str) -> Script {
    let mut document = document();
    let cedar = format!(
        "permit(principal == Streamward::Service::\"alice\", action == Streamward::Action::\"{action}\", \
         resource is Streamward::Cluster);"
    );
    document["policy"]["rules"] =
        json!([{"id": "grant:one", "source": "x:1", "slices": [], "cedar": cedar}]);
    by("alice", &document)
}

#[test]
fn everything_that_stands_on_the_cluster_is_here_or_with_the_callers() {
    for row in access::served() {
        let here = APIS.iter().any(|(key, ..)| *key == row.key);
        let of_caller = matches!(row.access, access::Access::OfCaller(_));
        let stands = stands_on_the_cluster(row.key, row.versions.0);
        assert_eq!(here || of_caller, stands, "{}", row.key.name());
    }
}

#[test]
fn a_right_on_the_cluster_opens_what_stands_on_it_in_every_version() {
    each(|key, version, action, _| {
        let mut script = with(action);
        script.request(&naming(key, version, NAMES)).forwards();
        assert_eq!(script.deeds("access_opened"), [format!("{action} main")]);
    });
}

#[test]
fn another_right_does_not() {
    each(|key, version, action, denial| {
        let other = if action == "Alter" {
            "Describe"
        } else {
            "Create"
        };
        let mut script = with(other);
        script.request(&naming(key, version, NAMES));
        script.refuses(&shown(key, version, denial));
        assert_eq!(script.deeds("denied"), [format!("{action} main")]);
    });
}

#[test]
fn rights_on_topics_are_none_on_the_cluster() {
    each(|key, version, _, denial| {
        let mut script = script();
        script.request(&naming(key, version, NAMES));
        script.refuses(&shown(key, version, denial));
        script.replies(|answer| {
            let text = error::error_message(error::CLUSTER_AUTHORIZATION_FAILED);
            if answer.has("ErrorMessage") {
                assert_eq!(answer.str("ErrorMessage"), text, "{} {version}", key.name());
            }
        });
    });
}

#[test]
fn nobody_who_is_refused_learns_of_partitions_that_he_did_not_name() {
    for (key, list) in [
        (ApiKey::ELECT_LEADERS, "TopicPartitions"),
        (ApiKey::LIST_PARTITION_REASSIGNMENTS, "Topics"),
        (ApiKey::DESCRIBE_LOG_DIRS, "Topics"),
    ] {
        let version = access::versions(key).unwrap().1;
        let mut script = script();
        script.request(&naming(key, version, NAMES).with(list, Value::Null));
        script.refuses(&[":31"]);
    }
}

#[test]
fn markers_of_transactions_are_for_brokers_too() {
    for version in 1..=2 {
        let mut script = with("ClusterAction");
        script
            .request(&naming(ApiKey::WRITE_TXN_MARKERS, version, NAMES))
            .forwards();
    }
}

#[test]
fn reassignments_that_are_refused_name_what_was_asked() {
    let mut script = script();
    script.request(&naming(ApiKey::LIST_PARTITION_REASSIGNMENTS, 0, NAMES));
    script.replies(|answer| {
        let names: Vec<_> = answer.structs("Topics").map(|it| it.str("Name")).collect();
        assert_eq!(names, [Some("ok.a"), Some("ok.b")]);
    });
}

#[test]
fn where_controllers_listen_is_left_out() {
    let mut script = by("root", &document());
    script
        .request(&naming(ApiKey::DESCRIBE_QUORUM, 2, NAMES))
        .forwards();
    script.broker(|answer| {
        let mut node = answer.element("Nodes");
        let mut listener = node.element("Listeners");
        listener
            .set("Name", "CONTROLLER")
            .set("Host", "c1.internal")
            .set("Port", 9093);
        node.set("NodeId", 7).set("Listeners", vec![listener]);
        answer.set("Nodes", vec![node]);
    });
    script.answers(|answer| {
        let node = answer.structs("Nodes").next().unwrap();
        assert_eq!(node.int("NodeId"), 7);
        assert!(node.array("Listeners").is_empty());
    });
}

fn describe_cluster(version: i16) -> Ask {
    ask(ApiKey::DESCRIBE_CLUSTER, version, |it| {
        it.set("IncludeClusterAuthorizedOperations", true);
    })
}

#[test]
fn a_cluster_is_described_to_everybody_and_its_operations_to_who_may_describe_it() {
    let broker = |answer: &mut Struct| {
        answer.set("ClusterAuthorizedOperations", 0x1ff8);
    };
    for version in 0..=2 {
        for (mut script, bits) in [
            (by("mallory", &document()), 0),
            (with("Alter"), 0),
            (with("Describe"), 1 << 8),
            (by("root", &document()), 0b1_1111_1010_0000),
        ] {
            script.request(&describe_cluster(version)).forwards();
            script.broker(broker);
            script.answers(|answer| assert_eq!(answer.int("ClusterAuthorizedOperations"), bits));
        }
    }
}

#[test]
fn metrics_of_clients_pass_up_to_a_size() {
    let push = |compression: i64, bytes: usize| {
        ask(ApiKey::PUSH_TELEMETRY, 0, |it| {
            it.set("CompressionType", compression)
                .set("Metrics", bytes::Bytes::from(vec![0; bytes]));
        })
    };
    let mut document = document();
    document["listeners"][0]["limits"]["frame_bytes_max"] = 4_000_000.into();
    let mut script = by("mallory", &document);
    script.request(&push(4, 1024 * 1024)).forwards();
    script.broker(|_| ()).passes();
    script.request(&push(0, 1024 * 1024 + 1)).refuses(&[":118"]);
    script.request(&push(5, 0)).refuses(&[":42"]);
    script.request(&push(-1, 0)).refuses(&[":42"]);
    let asks = ask(ApiKey::GET_TELEMETRY_SUBSCRIPTIONS, 0, |_| ());
    script.request(&asks).forwards();
    script.broker(|_| ()).passes();
    assert_eq!(
        codes(&Struct::new(asks.body.schema())),
        Vec::<String>::new()
    );
}
