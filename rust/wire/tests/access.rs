//! The access table against Kafka's schemas: every API and version that a broker serves is decided or left
//! out for a reason, and so is every field of a request that names something.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::collections::BTreeSet;

use streamward_wire::kafka::access::{self, Access, Governed, Row};
use streamward_wire::kafka::{ApiKey, Direction, Entity, Field, Kind, Schema, api, apis, schema};

fn requests(row: &Row) -> impl Iterator<Item = &'static Schema> {
    let key = row.key;
    (row.versions.0..=row.versions.1)
        .map(move |version| schema(key, version, Direction::Request).unwrap())
}

/// Fields that may name something: those with such an entity type, every text, and every id.
fn names(of: &'static Schema, path: &str, found: &mut Vec<(String, &'static Field)>) {
    for field in of.all() {
        let path = format!("{path}{}", field.name);
        if let Some(inner) = field.structure() {
            names(inner, &format!("{path}."), found);
        } else if matches!(field.kind, Kind::Str | Kind::Uuid) {
            found.push((path, field));
        }
    }
}

fn governs(governed: &Governed, path: &str) -> bool {
    governed.whole.iter().any(|whole| whole.field == path)
        || governed
            .groups
            .as_ref()
            .is_some_and(|groups| groups.list == path)
        || governed.topics.as_ref().is_some_and(|topics| {
            path == topics.list
                || path == format!("{}.{}", topics.list, topics.name)
                || path == format!("{}.TopicId", topics.list)
        })
}

fn exempt(key: ApiKey, path: &str, by_last: bool) -> bool {
    let qualified = format!("{}.{path}", key.name());
    let last = path.rsplit('.').next().unwrap();
    access::exemptions()
        .iter()
        .any(|it| it.field == qualified || (by_last && it.field == last))
}

#[test]
fn every_field_that_names_something_is_decided() {
    let mut missing = BTreeSet::new();
    for row in access::served() {
        if matches!(row.access, Access::Local(_)) {
            continue;
        }
        for of in requests(row) {
            let mut found = Vec::new();
            names(of, "", &mut found);
            for (path, field) in found {
                let decided = match &row.access {
                    Access::Governed(governed) => governs(governed, &path),
                    Access::Special(special) => special.fields.contains(&path.as_str()),
                    _ => false,
                };
                // What Kafka marks as a name of ours is never exempt by a name alone.
                let ours = matches!(
                    field.entity,
                    Some(Entity::TopicName | Entity::GroupId | Entity::TransactionalId)
                );
                let excused = exempt(row.key, &path, !ours);
                let qualified = format!("{}.{path}", row.key.name());
                if !decided && !excused {
                    missing.insert(qualified);
                }
            }
        }
    }
    assert_eq!(missing, BTreeSet::new());
}

#[test]
fn what_is_named_by_a_row_or_exempt_exists() {
    let mut paths = BTreeSet::new();
    for row in access::served() {
        for of in requests(row) {
            let mut found = Vec::new();
            names(of, "", &mut found);
            for (path, _) in found {
                paths.insert(path.rsplit('.').next().unwrap().to_owned());
                paths.insert(format!("{}.{path}", row.key.name()));
            }
        }
    }
    for row in access::rows() {
        let Access::Special(special) = &row.access else {
            continue;
        };
        assert!(!special.asks.is_empty() && !special.denial.is_empty());
        for path in special.fields {
            let qualified = format!("{}.{path}", row.key.name());
            assert!(paths.contains(&qualified), "{qualified}");
        }
    }
    for it in access::exemptions() {
        assert!(paths.contains(it.field), "{}", it.field);
        assert!(!it.reason.is_empty());
    }
}

#[test]
fn every_version_that_kafka_has_is_decided_or_refused_for_a_reason() {
    for api in apis() {
        for version in api.versions.0..=api.versions.1 {
            let rows = access::rows().filter(|row| {
                row.key == api.key && row.versions.0 <= version && version <= row.versions.1
            });
            assert_eq!(rows.count(), 1, "{} {version}", api.name);
        }
        if !api.broker_listener {
            assert_eq!(access::versions(api.key), None, "{}", api.name);
        }
    }
    for row in access::rows() {
        if let Access::Refused(why) | Access::Exempt(why) | Access::Local(why) = &row.access {
            assert!(!why.is_empty(), "{}", row.key.name());
        }
    }
}

/// Words in the names of fields that tell where something is.
const PLACES: [&str; 8] = [
    "Host", "Port", "Rack", "Node", "Broker", "Endpoint", "Listener", "Address",
];

/// Fields of an answer that name a node or hold a text that no decision covers.
fn telling(of: &'static Schema, path: &str, found: &mut Vec<(String, &'static Field)>) {
    for field in of.all() {
        let path = format!("{path}.{}", field.name);
        let decided = matches!(
            field.entity,
            Some(Entity::TopicName | Entity::GroupId | Entity::TransactionalId)
        );
        let tells = field.kind == Kind::Str
            || field.entity == Some(Entity::BrokerId)
            || PLACES.iter().any(|word| field.name.contains(word));
        if let Some(inner) = field.structure() {
            telling(inner, &path, found);
        } else if tells && !decided {
            found.push((path, field));
        }
    }
}

#[test]
fn every_field_of_an_answer_that_could_tell_of_a_broker_is_dealt_with() {
    let (mut missing, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for row in access::rows().filter(|row| api(row.key).unwrap().broker_listener) {
        for version in row.versions.0..=row.versions.1 {
            let of = schema(row.key, version, Direction::Response).unwrap();
            let mut found = Vec::new();
            telling(of, row.key.name(), &mut found);
            for (path, field) in found {
                // An address is never dealt with by a name that it shares with others.
                let by_name = !matches!(field.name, "Host" | "Port" | "Value");
                let known = access::answer_fields()
                    .iter()
                    .find(|it| it.field == path || (by_name && it.field == field.name));
                match known {
                    Some(known) => {
                        seen.insert(known.field);
                    }
                    None => {
                        missing.insert(path);
                    }
                }
            }
        }
    }
    assert_eq!(missing, BTreeSet::new());
    for it in access::answer_fields() {
        assert!(seen.contains(it.field), "{} is in no answer", it.field);
        assert!(!it.reason.is_empty());
    }
}

#[test]
fn nothing_is_decided_that_cannot_be_read() {
    for row in access::served() {
        let api = api(row.key).unwrap();
        assert!(api.broker_listener, "{}", api.name);
        assert!(row.versions.0 <= row.versions.1);
        assert!(api.versions.0 <= row.versions.0, "{}", api.name);
        assert!(row.versions.1 <= api.versions.1, "{}", api.name);
        for direction in [Direction::Request, Direction::Response] {
            for version in row.versions.0..=row.versions.1 {
                assert!(schema(row.key, version, direction).is_some());
            }
        }
    }
}

#[test]
fn what_is_refused_or_unknown_has_no_row_that_decides_it() {
    for row in access::rows() {
        for version in row.versions.0..=row.versions.1 {
            let decided = access::row(row.key, version).is_some();
            assert_eq!(decided, row.served(), "{} {version}", row.key.name());
        }
    }
    for api in apis() {
        for version in [i16::MIN, api.versions.0 - 1, api.versions.1 + 1, i16::MAX] {
            assert!(access::row(api.key, version).is_none(), "{}", api.name);
        }
    }
    for key in [i16::MIN, -1, 4, 93, 10_000, i16::MAX] {
        assert!(access::row(ApiKey(key), 0).is_none() && access::versions(ApiKey(key)).is_none());
    }
}

#[test]
fn what_a_row_names_is_in_the_schemas_of_all_its_versions() {
    for row in access::rows() {
        let Access::Governed(governed) = &row.access else {
            continue;
        };
        let answers = (row.versions.0..=row.versions.1)
            .map(|version| schema(row.key, version, Direction::Response).unwrap());
        for (request, answer) in requests(row).zip(answers) {
            let at = format!("{} {}", row.key.name(), request.version);
            for whole in governed.whole {
                if whole.resource == access::Resource::Cluster {
                    continue;
                }
                let field = request.field(whole.field).expect(&at);
                // A null name would be asked of nobody.
                assert!(!field.nullable, "{at}: {}", whole.field);
                if whole.shape == access::Shape::Top {
                    assert!(answer.field("ErrorCode").is_some(), "{at}");
                }
            }
            if let Some(topics) = &governed.topics {
                let list = request.field(topics.list).expect(&at);
                let named = |of: &Schema, name: &str| {
                    of.field(name).is_some() || of.field("TopicId").is_some()
                };
                if let Some(element) = list.structure() {
                    assert!(named(element, topics.name), "{at}");
                }
                let element = answer
                    .field(topics.answer)
                    .and_then(Field::structure)
                    .expect(&at);
                assert!(named(element, topics.answer_name), "{at}");
                let Some(partitions) = &topics.partitions else {
                    assert!(element.field("ErrorCode").is_some(), "{at}");
                    continue;
                };
                let partition = element
                    .field(partitions.answer)
                    .and_then(Field::structure)
                    .expect(&at);
                assert!(partition.field(partitions.answer_index).is_some(), "{at}");
                assert!(partition.field(partitions.error).is_some(), "{at}");
                let asked = list
                    .structure()
                    .and_then(|it| it.field(partitions.list))
                    .expect(&at);
                if let Some(asked) = asked.structure() {
                    assert!(asked.field(partitions.index).is_some(), "{at}");
                }
            }
            if let Some(groups) = &governed.groups {
                assert!(request.field(groups.list).expect(&at).array, "{at}");
                let element = answer
                    .field(groups.answer)
                    .and_then(Field::structure)
                    .expect(&at);
                assert!(element.field(groups.answer_name).is_some(), "{at}");
                assert!(element.field("ErrorCode").is_some(), "{at}");
            }
        }
    }
}
