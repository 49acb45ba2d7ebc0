//! Under which circumstances can be asked: every context that a connection can have.

use serde_json::Value;
use streamward_policy::Mechanism;

use crate::addresses::{Origin, origins};
use crate::error::ProveError;
use crate::expression::{
    address, all, any, at_least, at_most, attribute, choice, contains, equal, has, is_empty,
    literal, strings,
};
use crate::principals::Side;

const AGES: [&str; 3] = ["credential_age", "authentication_age", "mfa_age"];
const HOURS: i64 = 24;
const MINUTES_OF_HOUR: i64 = 60;

/// Conditions that hold for every context of a request, and the places where one can come from
/// (none where nothing looks at that).
///
/// What is read and not bounded here (cipher suites, what clients say of themselves, whether a
/// second factor was shown) may have any value.
pub(crate) fn conditions(
    sides: &[Side<'_>],
    environment: Option<&str>,
) -> Result<(Vec<Value>, Vec<Origin>), ProveError> {
    let reads = |name: &str| sides.iter().any(|side| side.mentions.reads(name));
    let mut conditions = Vec::new();
    for side in sides {
        let name = side.attribute("environment");
        if side.mentions.reads(name) {
            let environment = environment.unwrap_or(&side.version.environment);
            conditions.push(equal(attribute("context", name), literal(environment)));
        }
    }
    if reads("mechanism") {
        let names = strings(Mechanism::ALL.iter().map(|it| it.name()));
        conditions.push(contains(names, attribute("context", "mechanism")));
    }
    if reads("tls_version") {
        let known = contains(
            strings(["1.2", "1.3"].into_iter()),
            attribute("context", "tls_version"),
        );
        let tls = all(vec![attribute("context", "tls"), known]);
        conditions.push(if_known("tls_version", tls));
    }
    for age in AGES.into_iter().filter(|age| reads(age)) {
        let old = at_least(attribute("context", age), 0);
        conditions.push(if_known(age, old));
    }
    conditions.extend(time(&reads));
    let networks = |side: &Side<'_>| side.mentions.reads(side.attribute("networks"));
    let found = if reads("source") || sides.iter().any(networks) {
        let found = places(sides, &networks)?;
        conditions.push(from_any_of(&found, sides, &networks));
        found
    } else {
        Vec::new()
    };
    Ok((conditions, found))
}

/// Cedar takes an attribute that may be absent only behind a question whether it is there.
fn if_known(name: &str, condition: Value) -> Value {
    choice(has("context", name), condition, literal(true))
}

fn places(
    sides: &[Side<'_>],
    networks: &dyn Fn(&Side<'_>) -> bool,
) -> Result<Vec<Origin>, ProveError> {
    let texts = sides.iter().flat_map(|side| &side.mentions.addresses);
    let of_side = sides.iter().map(|side| {
        let declared = side.version.policy.networks.as_slice();
        if networks(side) { declared } else { &[] }
    });
    origins(&texts.cloned().collect(), &of_side.collect::<Vec<_>>())
}

fn from_any_of(
    origins: &[Origin],
    sides: &[Side<'_>],
    networks: &dyn Fn(&Side<'_>) -> bool,
) -> Value {
    let from = |origin: &Origin| {
        let source = attribute("context", "source");
        let mut parts = vec![equal(source, address(&origin.address.to_string()))];
        for (side, names) in sides.iter().zip(&origin.networks) {
            if networks(side) {
                let held = attribute("context", side.attribute("networks"));
                parts.push(if names.is_empty() {
                    is_empty(held)
                } else {
                    equal(held, strings(names.iter().map(String::as_str)))
                });
            }
        }
        all(parts)
    };
    any(origins.iter().map(from).collect())
}

fn time(reads: &dyn Fn(&str) -> bool) -> Vec<Value> {
    let between = |name: &str, lowest: i64, highest: i64| {
        let value = || attribute("context", name);
        all(vec![at_least(value(), lowest), at_most(value(), highest)])
    };
    let mut conditions = Vec::new();
    if reads("weekday") {
        conditions.push(between("weekday", 1, 7));
    }
    let in_hour = |hour: i64| {
        let first = hour.saturating_mul(MINUTES_OF_HOUR);
        let last = first.saturating_add(MINUTES_OF_HOUR - 1);
        let is_hour = equal(attribute("context", "hour"), literal(hour));
        all(vec![is_hour, between("minute", first, last)])
    };
    match (reads("hour"), reads("minute")) {
        (true, true) => conditions.push(any((0..HOURS).map(in_hour).collect())),
        (true, false) => conditions.push(between("hour", 0, HOURS - 1)),
        (false, true) => conditions.push(between("minute", 0, HOURS * MINUTES_OF_HOUR - 1)),
        (false, false) => {}
    }
    conditions
}
