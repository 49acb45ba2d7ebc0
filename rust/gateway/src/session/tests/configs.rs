//! Settings of topics and groups, one by one, and of what belongs to the cluster.

use streamward_wire::kafka::{ApiKey, Struct, Value};

use super::{Ask, ask, by, codes, document, script};

const DESCRIBE: (ApiKey, i16, i16) = (ApiKey::DESCRIBE_CONFIGS, 1, 4);
const ALTER: (ApiKey, i16, i16) = (ApiKey::ALTER_CONFIGS, 0, 2);
const ALTER_INCREMENTALLY: (ApiKey, i16, i16) = (ApiKey::INCREMENTAL_ALTER_CONFIGS, 0, 1);

fn of(key: ApiKey, version: i16, resources: &[(i64, &str)]) -> Ask {
    ask(key, version, |it| {
        let resources = resources.iter().map(|(kind, name)| {
            let mut resource = it.element("Resources");
            resource
                .set("ResourceType", *kind)
                .set("ResourceName", *name);
            Value::Struct(resource)
        });
        let resources: Vec<Value> = resources.collect();
        it.set("Resources", resources);
    })
}

fn every(apis: &[(ApiKey, i16, i16)], check: impl Fn(ApiKey, i16)) {
    for (key, first, last) in apis {
        (*first..=*last).for_each(|version| check(*key, version));
    }
}

#[test]
fn each_kind_of_resource_is_decided_on_what_it_belongs_to() {
    every(&[DESCRIBE, ALTER, ALTER_INCREMENTALLY], |key, version| {
        let mut script = script();
        let hers = [(2, "ok.a"), (32, "ok.g")];
        script.request(&of(key, version, &hers)).forwards();
        let mut script = self::script();
        let no = [(2, "no.a"), (32, "no.g"), (4, "0"), (16, "m")];
        script.request(&of(key, version, &no));
        script.refuses(&["no.a:29", "no.g:30", "0:31", "m:31"]);
        assert_eq!(script.log("denied").len(), 3, "the cluster twice");
        let mut script = by("root", &document());
        script.request(&of(key, version, &no)).forwards();
    });
    every(&[DESCRIBE, ALTER_INCREMENTALLY], |key, version| {
        let mut script = script();
        script.request(&of(key, version, &[(8, "0")]));
        script.refuses(&["0:31"]);
        let mut script = by("root", &document());
        script.request(&of(key, version, &[(8, "0")])).forwards();
    });
}

#[test]
fn a_denial_says_what_kafka_says() {
    every(&[DESCRIBE, ALTER, ALTER_INCREMENTALLY], |key, version| {
        let mut script = script();
        script.request(&of(key, version, &[(4, "0"), (2, "no.a")]));
        script.replies(|answer| {
            let list = ["Results", "Responses"].map(|list| answer.structs(list));
            let texts: Vec<_> = list
                .into_iter()
                .flatten()
                .map(|it| (it.int("ResourceType"), it.str("ErrorMessage").unwrap()))
                .collect();
            let expected = [
                (4, "Cluster authorization failed."),
                (2, "Topic authorization failed."),
            ];
            assert_eq!(texts, expected);
        });
    });
}

fn answered(answer: &mut Struct, list: &str, resources: &[(i64, &str)]) {
    let entries = resources.iter().map(|(kind, name)| {
        let mut entry = answer.element(list);
        entry.set("ResourceType", *kind).set("ResourceName", *name);
        Value::Struct(entry)
    });
    let entries: Vec<Value> = entries.collect();
    answer.set(list, entries);
}

fn names(answer: &Struct, list: &str) -> Vec<String> {
    let name = |it: &Struct| it.str("ResourceName").unwrap_or_default().to_owned();
    answer.structs(list).map(name).collect()
}

#[test]
fn what_is_denied_in_part_is_answered_in_kafkas_order() {
    let asked = [(2, "no.a"), (2, "ok.a"), (32, "no.g"), (32, "ok.g")];
    let allowed = [(2, "ok.a"), (32, "ok.g")];
    every(&[DESCRIBE], |key, version| {
        let mut script = script();
        script.request(&of(key, version, &asked));
        script.rewrites(|request| assert_eq!(names(request, "Resources"), ["ok.a", "ok.g"]));
        script.broker(|answer| answered(answer, "Results", &allowed));
        script.answers(|answer| {
            assert_eq!(names(answer, "Results"), ["ok.a", "ok.g", "no.a", "no.g"]);
            assert_eq!(codes(answer), ["no.a:29", "no.g:30"]);
        });
    });
    every(&[ALTER, ALTER_INCREMENTALLY], |key, version| {
        let mut script = script();
        script.request(&of(key, version, &asked));
        script.rewrites(|request| assert_eq!(names(request, "Resources"), ["ok.a", "ok.g"]));
        script.broker(|answer| answered(answer, "Responses", &allowed));
        script.answers(|answer| {
            assert_eq!(names(answer, "Responses"), ["no.a", "ok.a", "no.g", "ok.g"]);
            assert_eq!(codes(answer), ["no.a:29", "no.g:30"]);
        });
    });
}

#[test]
fn a_resource_that_stands_twice_is_changed_by_nobody() {
    every(&[ALTER, ALTER_INCREMENTALLY], |key, version| {
        let mut script = by("root", &document());
        script.request(&of(key, version, &[(2, "a"), (2, "a")]));
        script.refuses(&["a:42", "a:42"]);
    });
}

#[test]
fn a_kind_that_kafka_does_not_know_is_nobodys() {
    every(&[DESCRIBE, ALTER, ALTER_INCREMENTALLY], |key, version| {
        let mut script = by("root", &document());
        script.request(&of(key, version, &[(99, "x")]));
        script.refuses(&["x:42"]);
    });
    every(&[ALTER], |key, version| {
        let mut script = by("root", &document());
        script.request(&of(key, version, &[(8, "0"), (4, "0")]));
        script.rewrites(|request| assert_eq!(request.array("Resources").len(), 1));
    });
    // Kafka refuses the others with it.
    every(&[DESCRIBE], |key, version| {
        let mut script = by("root", &document());
        script.request(&of(key, version, &[(99, "x"), (4, "0")]));
        script.refuses(&["x:42", "0:42"]);
    });
}

#[test]
fn what_says_where_brokers_listen_is_withheld_as_a_password_is() {
    every(&[DESCRIBE], |key, version| {
        let mut script = by("root", &document());
        script.cluster.learn_node(1, "b1.internal", 9092);
        script.request(&of(key, version, &[(4, "1")])).forwards();
        let settings = [
            ("listeners", "PLAINTEXT://:9092", true),
            ("advertised.listeners", "PLAINTEXT://elsewhere:1", true),
            ("controller.quorum.voters", "1@c1:9093", true),
            ("remote.log.metadata.bootstrap.servers", "x:1", true),
            ("of.a.plugin", "tcp://b1.internal:9092/x", true),
            ("log.retention.hours", "168", false),
        ];
        script.broker(|answer| {
            let mut result = answer.element("Results");
            let configs = settings.map(|(name, value, _)| {
                let mut config = result.element("Configs");
                let mut synonym = config.element("Synonyms");
                synonym.set("Name", name).set("Value", value);
                config
                    .set("Name", name)
                    .set("Value", value)
                    .set("Synonyms", vec![synonym]);
                Value::Struct(config)
            });
            result
                .set("ResourceType", 4)
                .set("Configs", configs.to_vec());
            answer.set("Results", vec![result]);
        });
        script.answers(|answer| {
            let configs = answer.structs("Results").next().unwrap().structs("Configs");
            for (config, (name, value, withheld)) in configs.zip(settings) {
                assert_eq!(config.str("Name"), Some(name));
                let shown = (!withheld).then_some(value);
                assert_eq!(config.str("Value"), shown, "{name}");
                assert_eq!(config.bool("IsSensitive"), withheld);
                let synonym = config.structs("Synonyms").next().unwrap();
                assert_eq!(synonym.str("Value"), shown, "{name}");
            }
        });
    });
}

type Settings<'a> = &'a [(&'a str, Option<&'a str>)];

/// A change of one resource.
fn change(key: ApiKey, version: i16, resource: (i64, &str), settings: Settings<'_>) -> Ask {
    let mut ask = of(key, version, &[resource]);
    let resources = ask.body.array_mut("Resources").unwrap();
    let resource = resources[0].as_struct_mut().unwrap();
    let settings = settings.iter().map(|(name, value)| {
        let mut setting = resource.element("Configs");
        setting.set("Name", *name).set("Value", *value);
        Value::Struct(setting)
    });
    let settings: Vec<Value> = settings.collect();
    resource.set("Configs", settings);
    ask
}

#[test]
fn a_change_that_no_broker_takes_is_refused_before_rights_are_asked() {
    let cases: [((i64, &str), Settings<'_>, &str); 3] = [
        (
            (2, "no.a"),
            &[("a", None), ("b", None)],
            "Null value not supported for : a, b",
        ),
        (
            (2, "no.a"),
            &[("a", Some("1")), ("a", Some("2"))],
            "Error due to duplicate config keys",
        ),
        (
            (4, "x"),
            &[("a", Some("1"))],
            "Node id must be an integer, but it is: x",
        ),
    ];
    every(&[ALTER, ALTER_INCREMENTALLY], |key, version| {
        for (resource, settings, text) in cases {
            let mut script = script();
            script.request(&change(key, version, resource, settings));
            script.replies(|answer| {
                let response = answer.structs("Responses").next().unwrap();
                assert_eq!(response.int("ErrorCode"), 42);
                assert_eq!(response.str("ErrorMessage"), Some(text));
            });
        }
    });
    let key = ApiKey::INCREMENTAL_ALTER_CONFIGS;
    let mut delete = change(key, 1, (2, "ok.a"), &[("a", None)]);
    let resource = &mut delete.body.array_mut("Resources").unwrap()[0];
    let settings = resource.as_struct_mut().unwrap().array_mut("Configs");
    let setting = settings.unwrap()[0].as_struct_mut().unwrap();
    setting.set("ConfigOperation", 1);
    script().request(&delete).forwards();
}

/// Each entry of an answer: the resource, the error, the text.
fn said(answer: &Struct) -> Vec<(String, i64, Option<String>)> {
    let entry = |it: &Struct| {
        let name = it.str("ResourceName").unwrap_or_default().to_owned();
        let text = it.str("ErrorMessage").map(str::to_owned);
        (name, it.int("ErrorCode"), text)
    };
    answer.structs("Responses").map(entry).collect()
}

#[test]
fn settings_of_a_broker_are_changed_by_that_broker() {
    every(&[ALTER, ALTER_INCREMENTALLY], |key, version| {
        let other = "Unexpected broker id, expected 1, but received 7";
        for who in ["alice", "root"] {
            let mut script = by(who, &document());
            script.session.leads_to(Some(1));
            script.request(&of(key, version, &[(4, "7")]));
            let expected = [("7".to_owned(), 42, Some(other.to_owned()))];
            script.replies(|answer| assert_eq!(said(answer), expected));
            // It is the answer to everybody, and nobody was denied a right.
            assert!(script.log("denied").is_empty());
        }
        // All brokers, this one, and one behind a connection that leads to any.
        for (node, name) in [(Some(1), ""), (Some(1), "1"), (None, "7")] {
            let mut script = self::script();
            script.session.leads_to(node);
            script.request(&of(key, version, &[(4, name)]));
            script.refuses(&[&format!("{name}:31")]);
        }
    });
}

/// One setting of each resource, changed by an operation.
fn operate(resources: &[(i64, &str)], version: i16, operation: i64) -> Ask {
    let mut ask = of(ApiKey::INCREMENTAL_ALTER_CONFIGS, version, resources);
    for resource in ask.body.array_mut("Resources").unwrap() {
        let resource = resource.as_struct_mut().unwrap();
        let mut setting = resource.element("Configs");
        setting.set("Name", "a").set("Value", "1");
        setting.set("ConfigOperation", operation);
        resource.set("Configs", vec![setting]);
    }
    ask
}

#[test]
fn an_operation_that_kafka_does_not_have_fails_all_that_a_controller_decides() {
    every(&[ALTER_INCREMENTALLY], |_, version| {
        let asked = [(2, "no.a"), (2, "ok.a"), (8, "0"), (4, "x"), (4, "")];
        for (operation, failure) in [(3, 29), (4, -1), (-1, -1)] {
            let mut script = script();
            script.request(&operate(&asked, version, operation));
            script.rewrites(|request| assert_eq!(names(request, "Resources"), ["ok.a"]));
            script.broker(|answer| answered(answer, "Responses", &[(2, "ok.a")]));
            script.answers(|answer| {
                let said = said(answer);
                assert_eq!(said[0].1, failure, "{operation}");
                assert_eq!(said[0].2.is_some(), failure == 29);
                assert_eq!((said[2].1, &said[2].2), (31, &None));
                assert_eq!(said[3].1, 42);
                let all = if failure == 29 {
                    "Cluster authorization failed.".to_owned()
                } else {
                    format!("Unknown operations type {operation}")
                };
                assert_eq!(said[4].2.as_ref(), Some(&all));
            });
        }
        // Nothing that is hers was in it: the controller has only denials to tell.
        let mut script = script();
        script.request(&operate(&[(2, "no.a")], version, 4));
        script.refuses(&["no.a:29"]);
    });
}
