//! Who can ask: the declared principals, and what their proofs may assert of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;
use streamward_policy::PrincipalKind;

use crate::document::{Caller, Version};
use crate::expression::{all, any, entity, equal, var, within};
use crate::mentions::Mentions;
use crate::reach::Reach;
use crate::renaming::OLDER;

/// Stands before the name of a role that the proof of the caller asserts. No name can hold it.
pub(crate) const ASSERTED: &str = "\u{1}asserted:";

/// One version, and what is spoken of in it.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    pub version: &'a Version,
    pub mentions: &'a Mentions,
    /// Streams that can be asked for with success.
    pub reach: &'a Reach,
    pub is_older: bool,
}

impl<'a> Side<'a> {
    /// Names of a type that are mentioned, as this version declares them.
    pub fn mentioned(&self, kind: &'static str) -> impl Iterator<Item = &'a str> {
        let is_older = self.is_older;
        self.mentions.of(kind).filter_map(move |id| {
            if is_older {
                id.strip_prefix(OLDER)
            } else {
                Some(id).filter(|it| !it.starts_with(OLDER) && !it.starts_with(ASSERTED))
            }
        })
    }

    /// The entity of a name that this version declares.
    pub fn entity(&self, kind: &str, name: &str) -> Value {
        if self.is_older {
            entity(kind, &format!("{OLDER}{name}"))
        } else {
            entity(kind, name)
        }
    }

    /// What the schema calls an attribute of this version.
    pub fn attribute(&self, name: &'static str) -> &'static str {
        let renamed = crate::renaming::ATTRIBUTES.iter();
        let renamed = renamed
            .clone()
            .find(|(new, _)| self.is_older && *new == name);
        renamed.map_or(name, |(_, older)| older)
    }
}

/// What can be told of a principal in one version, by what is mentioned.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Seen<'a> {
    is_known: bool,
    roles: BTreeSet<&'a str>,
    tenant: Option<&'a str>,
    assertable: BTreeSet<&'a str>,
}

/// Conditions that hold for every one of these callers, and for nobody else.
///
/// Principals that nothing tells apart are asked about once, by the first of them.
pub(crate) fn conditions(
    sides: &[Side<'_>],
    kind: PrincipalKind,
    callers: &[&Caller],
) -> Vec<Value> {
    let named = sides.iter().flat_map(|side| side.mentions.of(kind.name()));
    let named: BTreeSet<&str> = named.collect();
    let mut groups: BTreeMap<(Option<&str>, Vec<Seen<'_>>), &str> = BTreeMap::new();
    let lookups: Vec<Lookup<'_>> = sides.iter().map(Lookup::new).collect();
    for caller in callers {
        let id = caller.id.as_str();
        let seen = lookups.iter().map(|it| it.seen(id, kind)).collect();
        let itself = Some(id).filter(|it| named.contains(it));
        groups.entry((itself, seen)).or_insert(id);
    }
    let is = |id: &str| equal(var("principal"), entity(kind.name(), id));
    let among = |test: &dyn Fn(&[Seen<'_>]) -> bool| {
        let found = groups.iter().filter(|((_, seen), _)| test(seen));
        any(found.map(|(_, id)| is(id)).collect())
    };
    let mut conditions = vec![among(&|_| true)];
    for (place, (side, lookup)) in sides.iter().zip(&lookups).enumerate() {
        for role in side.mentioned("Role") {
            let mut ways = vec![among(&|seen| seen[place].roles.contains(role))];
            for asserted in lookup.asserted_into(role) {
                let can = among(&|seen| seen[place].assertable.contains(asserted));
                let does = within(var("principal"), asserted_role(asserted));
                ways.push(all(vec![can, does]));
            }
            let is_in = within(var("principal"), side.entity("Role", role));
            conditions.push(equal(is_in, any(ways)));
        }
        for tenant in side.mentioned("Tenant") {
            let members = among(&|seen| seen[place].tenant == Some(tenant));
            let is_in = within(var("principal"), side.entity("Tenant", tenant));
            conditions.push(equal(is_in, members));
        }
    }
    conditions
}

/// Of an older version: those of the callers whom it does not know are denied.
pub(crate) fn known(version: &Version, kind: PrincipalKind, callers: &[&Caller]) -> Value {
    let known = version.principals.iter().filter(|it| it.kind == kind);
    let known: BTreeSet<&str> = known.map(|it| it.id.as_str()).collect();
    let asked = callers.iter().filter(|it| known.contains(it.id.as_str()));
    let is = |caller: &&Caller| equal(var("principal"), entity(kind.name(), &caller.id));
    any(asked.map(is).collect())
}

pub(crate) fn asserted_role(role: &str) -> Value {
    entity("Role", &format!("{ASSERTED}{role}"))
}

struct Lookup<'a> {
    closures: HashMap<&'a str, BTreeSet<&'a str>>,
    callers: HashMap<&'a str, &'a Caller>,
    assertable: &'a BTreeMap<String, Vec<String>>,
    roles: BTreeSet<&'a str>,
    tenants: BTreeSet<&'a str>,
}

impl<'a> Lookup<'a> {
    fn new(side: &Side<'a>) -> Self {
        let version = side.version;
        Self {
            closures: version.closures(),
            callers: version
                .principals
                .iter()
                .map(|it| (it.id.as_str(), it))
                .collect(),
            assertable: &version.assertable,
            roles: side.mentioned("Role").collect(),
            tenants: side.mentioned("Tenant").collect(),
        }
    }

    fn seen(&self, id: &str, kind: PrincipalKind) -> Seen<'a> {
        let Some(caller) = self.callers.get(id).filter(|it| it.kind == kind) else {
            return Seen {
                is_known: false,
                roles: BTreeSet::new(),
                tenant: None,
                assertable: BTreeSet::new(),
            };
        };
        let held = caller
            .roles
            .iter()
            .filter_map(|it| self.closures.get(it.as_str()));
        let held = held.flatten().copied().filter(|it| self.roles.contains(it));
        let assertable = self
            .assertable
            .get(id)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let assertable = assertable.iter().map(String::as_str);
        Seen {
            is_known: true,
            roles: held.collect(),
            tenant: caller
                .tenant
                .as_deref()
                .filter(|it| self.tenants.contains(it)),
            assertable: assertable.filter(|it| self.matters(it)).collect(),
        }
    }

    /// Whether a role gives any that is mentioned.
    fn matters(&self, asserted: &str) -> bool {
        let closure = self.closures.get(asserted);
        closure.is_some_and(|it| !it.is_disjoint(&self.roles))
    }

    /// Roles whose assertion gives this one.
    fn asserted_into(&self, role: &str) -> Vec<&'a str> {
        let all: BTreeSet<&str> = self
            .assertable
            .values()
            .flatten()
            .map(String::as_str)
            .collect();
        let gives = |it: &&'a str| {
            let closure = self.closures.get(it);
            closure.is_some_and(|closure| closure.contains(role))
        };
        all.into_iter().filter(gives).collect()
    }
}

/// Roles of which the caller's proof may be asked whether it asserts them.
pub(crate) fn assertable_roles(sides: &[Side<'_>]) -> BTreeSet<String> {
    let all = sides
        .iter()
        .flat_map(|side| side.version.assertable.values());
    all.flatten().cloned().collect()
}
