//! What can be asked for: every name there is, with what is declared of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use streamward_policy::{Level, ResourceKind, Stream};

use crate::expression::{
    all, any, attribute, choice, contains, contains_all, entity, equal, is_empty, literal,
    name_begins, not, strings, var, within,
};
use crate::principals::Side;

/// Conditions that hold for every resource of this kind as the gateway describes it to the rules.
pub(crate) fn conditions(sides: &[Side<'_>], kind: ResourceKind) -> Vec<Value> {
    if kind == ResourceKind::Cluster {
        return clusters(sides);
    }
    let mut conditions = Vec::new();
    let named: BTreeSet<&str> = sides
        .iter()
        .flat_map(|side| side.mentions.of(kind.name()))
        .collect();
    for name in named {
        // The name of an entity is its id; the solver would give the two different values.
        let is_it = equal(var("resource"), entity(kind.name(), name));
        conditions.push(equal(is_it, named_so(name)));
    }
    for side in sides {
        conditions.extend(namespaces(side));
        if kind == ResourceKind::Stream {
            conditions.extend(Carried::of(side).conditions(side));
        }
    }
    conditions
}

fn named_so(name: &str) -> Value {
    equal(attribute("resource", "name"), literal(name))
}

/// Those of the newest version; one cluster is asked for whatever another version declared.
fn clusters(sides: &[Side<'_>]) -> Vec<Value> {
    let declared = sides.first().map(|it| it.version.clusters.as_slice());
    let declared = declared.unwrap_or_default().iter();
    let is = |name: &String| equal(var("resource"), entity("Cluster", name));
    let ways: Vec<Value> = declared.map(is).collect();
    let mut conditions: Vec<Value> = Vec::new();
    if !ways.is_empty() {
        conditions.push(any(ways));
    }
    conditions
}

fn namespaces<'a>(side: &'a Side<'a>) -> impl Iterator<Item = Value> + 'a {
    side.mentioned("Namespace").map(|prefix| {
        let mut declared = side.version.policy.namespaces.iter();
        let is_in = within(var("resource"), side.entity("Namespace", prefix));
        if declared.any(|it| it.prefix == prefix) {
            equal(is_in, name_begins(prefix))
        } else {
            not(is_in)
        }
    })
}

/// The declarations that give a stream its classes.
struct Carried<'a> {
    levels: BTreeMap<&'a str, Level>,
    streams: Vec<&'a Stream>,
}

impl<'a> Carried<'a> {
    fn of(side: &Side<'a>) -> Self {
        let classes = side.version.policy.classes.iter();
        let streams = side.version.policy.streams.iter();
        Self {
            levels: classes.map(|it| (it.name.as_str(), it.level)).collect(),
            streams: streams.filter(|it| side.reach.holds(it)).collect(),
        }
    }

    /// A stream carries the classes of its own declaration and of every prefix that it has.
    fn where_declared(&self, test: impl Fn(&Stream) -> bool) -> Value {
        let declared = self.streams.iter().copied().filter(|it| test(it));
        let (mut names, mut ways) = (Vec::new(), Vec::new());
        for stream in declared {
            match (&stream.name, &stream.prefix) {
                (Some(name), _) => names.push(name.as_str()),
                (None, Some(prefix)) => ways.push(name_begins(prefix)),
                (None, None) => {}
            }
        }
        ways.extend(names.into_iter().map(named_so));
        any(ways)
    }

    fn carries(&self, class: &str) -> Value {
        self.where_declared(|stream| stream.classes.iter().any(|it| it == class))
    }

    fn conditions(&self, side: &Side<'_>) -> Vec<Value> {
        let mut conditions = Vec::new();
        for class in side.mentioned("DataClass") {
            let is_in = within(var("resource"), side.entity("DataClass", class));
            conditions.push(equal(is_in, self.carries(class)));
        }
        let classes = side.attribute("classes");
        if side.mentions.looks_at(classes) {
            conditions.push(self.classes(classes));
        }
        let level = side.attribute("level");
        if side.mentions.looks_at(level) {
            conditions.push(equal(attribute("resource", level), self.level()));
        }
        conditions
    }

    fn classes(&self, attribute_name: &str) -> Value {
        let carried = || attribute("resource", attribute_name);
        if self.levels.is_empty() {
            return is_empty(carried());
        }
        let names = || self.levels.keys().copied();
        let each = names().map(|class| {
            let is_in = contains(carried(), literal(class));
            equal(is_in, self.carries(class))
        });
        let no_other = contains_all(strings(names()), carried());
        all(each.chain([no_other]).collect())
    }

    /// The highest level among the classes; what carries none is as bad as what nobody declared.
    fn level(&self) -> Value {
        let at = |level: Level| {
            let is_at = |class: &String| self.levels.get(class.as_str()) == Some(&level);
            self.where_declared(|stream| stream.classes.iter().any(is_at))
        };
        let ascending = [
            Level::Public,
            Level::Internal,
            Level::Confidential,
            Level::Restricted,
        ];
        let unknown = literal(Level::Restricted as i64);
        ascending.into_iter().fold(unknown, |lower, level| {
            choice(at(level), literal(level as i64), lower)
        })
    }
}
