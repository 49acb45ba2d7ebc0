//! Who can ask: the declared principals, and what their proofs may assert of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;
use streamward_policy::PrincipalKind;

use crate::document::{Caller, Version};
use crate::expression::{all, any, entity, equal, var, within};
use crate::mentions::Mentions;
use crate::reach::Reach;
use crate::renaming::OLDER;

/// Stands before a group that the proof of the caller names. No name can hold it.
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
    groups: BTreeSet<&'a str>,
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
            for group in lookup.groups_for(role) {
                let can = among(&|seen| seen[place].groups.contains(group));
                let does = within(var("principal"), named_group(group));
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

/// That a token names a group is one fact, whatever each version makes of it.
fn named_group(group: &str) -> Value {
    entity("Role", &format!("{ASSERTED}{group}"))
}

struct Lookup<'a> {
    closures: HashMap<&'a str, BTreeSet<&'a str>>,
    callers: HashMap<&'a str, &'a Caller>,
    version: &'a Version,
    groups: BTreeMap<&'a str, BTreeSet<&'a str>>,
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
            version,
            groups: version.groups(),
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
                groups: BTreeSet::new(),
            };
        };
        let held = caller
            .roles
            .iter()
            .filter_map(|it| self.closures.get(it.as_str()));
        let held = held.flatten().copied().filter(|it| self.roles.contains(it));
        let groups = self.version.groups_of(id);
        Seen {
            is_known: true,
            roles: held.collect(),
            tenant: caller
                .tenant
                .as_deref()
                .filter(|it| self.tenants.contains(it)),
            groups: groups.filter(|it| self.matters(it)).collect(),
        }
    }

    /// Whether a group gives any role that is mentioned.
    fn matters(&self, group: &str) -> bool {
        let mut roles = self.roles.iter();
        roles.any(|role| self.gives(group, role))
    }

    fn gives(&self, group: &str, role: &str) -> bool {
        let roles = self.groups.get(group).into_iter().flatten();
        let mut closures = roles.filter_map(|it| self.closures.get(it));
        closures.any(|closure| closure.contains(role))
    }

    /// Groups whose naming gives this role.
    fn groups_for(&self, role: &str) -> Vec<&'a str> {
        let all = self.groups.keys().copied();
        all.filter(|group| self.gives(group, role)).collect()
    }
}

/// Groups of which the caller's proof may be asked whether it names them.
pub(crate) fn groups(sides: &[Side<'_>]) -> BTreeSet<String> {
    let all = sides.iter().flat_map(|side| side.version.groups());
    all.map(|(group, _)| group.to_owned()).collect()
}
