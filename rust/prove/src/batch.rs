//! Callers of one question: those to whom the same few rules speak are asked about together.
//!
//! One question about everybody would be as right, and far too large for a solver.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use streamward_policy::PrincipalKind;

use crate::document::{Caller, Version};
use crate::rule::{Head, ReadyRule};

/// Rules in one question, as long as callers can still be asked about apart.
const RULES_MAX: usize = 32;

/// Callers, and the rules that can speak of any of them.
#[derive(Debug, Default)]
pub(crate) struct Batch<'a> {
    pub callers: Vec<&'a Caller>,
    pub newer: Vec<&'a ReadyRule>,
    pub older: Vec<&'a ReadyRule>,
}

/// By the places of rules: those of the newer version, then those of the older.
type Spoken = (Vec<usize>, Vec<usize>);

/// Every caller of a type whom any rule of the newer version allows something.
pub(crate) fn batches<'a>(
    newer: (&'a Version, &[&'a ReadyRule]),
    older: Option<(&'a Version, &[&'a ReadyRule])>,
    kind: PrincipalKind,
) -> Vec<Batch<'a>> {
    let in_newer = Lineages::of(newer.0);
    let in_older = older.map(|(version, _)| Lineages::of(version));
    let mut groups: BTreeMap<Spoken, Vec<&Caller>> = BTreeMap::new();
    for caller in newer.0.principals.iter().filter(|it| it.kind == kind) {
        let own = in_newer.spoken_to(&caller.id, newer.1);
        if own.iter().any(|place| newer.1[*place].permits) {
            let before = in_older.as_ref().zip(older);
            let before = before.map(|(lineages, (_, rules))| lineages.spoken_to(&caller.id, rules));
            let spoken = (own, before.unwrap_or_default());
            groups.entry(spoken).or_default().push(caller);
        }
    }
    let older_rules = older.map(|(_, rules)| rules).unwrap_or_default();
    gathered(groups, newer.1, older_rules)
}

fn gathered<'a>(
    groups: BTreeMap<Spoken, Vec<&'a Caller>>,
    newer: &[&'a ReadyRule],
    older: &[&'a ReadyRule],
) -> Vec<Batch<'a>> {
    let mut batches = Vec::new();
    let mut callers: Vec<&Caller> = Vec::new();
    let mut places = (BTreeSet::new(), BTreeSet::new());
    let mut close = |callers: &mut Vec<&'a Caller>,
                     places: &mut (BTreeSet<usize>, BTreeSet<usize>)| {
        if !callers.is_empty() {
            batches.push(Batch {
                callers: std::mem::take(callers),
                newer: places.0.iter().map(|place| newer[*place]).collect(),
                older: places.1.iter().map(|place| older[*place]).collect(),
            });
        }
        *places = (BTreeSet::new(), BTreeSet::new());
    };
    for ((own, before), group) in groups {
        let more = own.iter().filter(|&it| !places.0.contains(it)).count();
        if places.0.len().saturating_add(more) > RULES_MAX {
            close(&mut callers, &mut places);
        }
        places.0.extend(own);
        places.1.extend(before);
        callers.extend(group);
    }
    close(&mut callers, &mut places);
    batches
}

/// What every principal of a version is in, or can be by what its proof asserts.
struct Lineages<'a> {
    roles: HashMap<&'a str, BTreeSet<&'a str>>,
    tenants: HashMap<&'a str, Option<&'a str>>,
}

impl<'a> Lineages<'a> {
    fn of(version: &'a Version) -> Self {
        let closures = version.closures();
        let (mut roles, mut tenants) = (HashMap::new(), HashMap::new());
        for caller in &version.principals {
            let id = caller.id.as_str();
            let assertable = version.assertable.get(id).into_iter().flatten();
            let assertable = assertable.flat_map(|(_, roles)| roles);
            let held = caller.roles.iter().chain(assertable);
            let held = held.filter_map(|role| closures.get(role.as_str()));
            roles.insert(id, held.flatten().copied().collect());
            tenants.insert(id, caller.tenant.as_deref());
        }
        Self { roles, tenants }
    }

    /// Places of the rules whose heads can fit a principal.
    fn spoken_to(&self, id: &str, rules: &[&ReadyRule]) -> Vec<usize> {
        let fits = |rule: &ReadyRule| match &rule.head {
            Head::Anybody => true,
            Head::Itself(name) => name == id,
            Head::Role(role) => self
                .roles
                .get(id)
                .is_some_and(|it| it.contains(role.as_str())),
            Head::Tenant(tenant) => {
                let own = self.tenants.get(id).copied().flatten();
                own == Some(tenant.as_str())
            }
        };
        let places = rules.iter().enumerate();
        places
            .filter(|(_, rule)| fits(rule))
            .map(|(place, _)| place)
            .collect()
    }
}
