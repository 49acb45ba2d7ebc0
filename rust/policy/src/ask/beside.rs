//! What questions look at beside the rules: what proofs may assert, how long rules hold, and what is
//! declared of principals.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::ask::circumstances::Circumstances;

/// Part of a policy document; a gateway needs none of it, since it sees each proof and each day.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Beside {
    /// Principal → group that its token may name → roles that the group stands for.
    #[serde(default)]
    assertable: HashMap<String, BTreeMap<String, Vec<String>>>,
    /// Rule → the last day on which it holds, in days since 1970.
    #[serde(default)]
    pub last_days: HashMap<String, i64>,
    /// Principal → the values that attributes of its connections can have.
    #[serde(default)]
    pub possible: HashMap<String, Possible>,
}

/// Values that are as the bundle declares them. `None`: it can be anything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Possible {
    #[serde(default)]
    pub mfa: Option<BTreeSet<bool>>,
    /// `null` among them: it is not known.
    #[serde(default)]
    pub device_posture: Option<BTreeSet<Option<String>>>,
}

/// What is taken for said by the token of one decision.
#[derive(Debug, Default)]
pub(crate) struct Asserted {
    /// Every group that it may name, and whether it does.
    pub groups: BTreeMap<Arc<str>, bool>,
    /// Roles that were given, and that no group stands for.
    pub roles: Vec<String>,
}

impl Beside {
    /// Which groups a token names that gives these roles: as few as it takes.
    pub fn asserted(&self, principal: &str, roles: &[String]) -> Asserted {
        let mut asserted = Asserted::default();
        let mut given: BTreeSet<&str> = BTreeSet::new();
        for (group, stands_for) in self.groups_of(principal) {
            let is_more = stands_for.iter().any(|it| !given.contains(it.as_str()));
            let is_named = is_more && stands_for.iter().all(|it| roles.contains(it));
            if is_named {
                given.extend(stands_for.iter().map(String::as_str));
            }
            asserted.groups.insert(group.into(), is_named);
        }
        let own = roles.iter().filter(|it| !given.contains(it.as_str()));
        asserted.roles = own.cloned().collect();
        asserted
    }

    /// The roles that are given where some groups are named, or not, other than before.
    pub fn roles_with(
        &self,
        asserted: &Asserted,
        changed: &BTreeMap<Arc<str>, bool>,
    ) -> Vec<String> {
        let mut roles: BTreeSet<&str> = asserted.roles.iter().map(String::as_str).collect();
        for (group, was_named) in &asserted.groups {
            if *changed.get(group).unwrap_or(was_named) {
                roles.extend(self.roles(group));
            }
        }
        roles.into_iter().map(str::to_owned).collect()
    }

    /// Groups that a token of a principal may name, with their roles.
    pub fn groups_of(&self, principal: &str) -> impl Iterator<Item = (&str, &[String])> {
        let groups = self.assertable.get(principal).into_iter().flatten();
        groups.map(|(group, roles)| (group.as_str(), roles.as_slice()))
    }

    /// The context of circumstances that were found, as a decision request has it.
    pub fn context(&self, known: &Circumstances) -> Map<String, Json> {
        let mut fields = known.to_json();
        fields.remove("environment");
        let groups = known.groups().into_iter();
        let roles: BTreeSet<&str> = groups.flat_map(|group| self.roles(group)).collect();
        if !roles.is_empty() {
            let roles = roles.into_iter().map(Json::from).collect();
            fields.insert("roles".to_owned(), Json::Array(roles));
        }
        fields
    }

    /// Roles that a group stands for, whoever names it.
    fn roles(&self, group: &str) -> BTreeSet<&str> {
        let everybody = self.assertable.values();
        let named = everybody.filter_map(|groups| groups.get(group));
        named.flatten().map(String::as_str).collect()
    }
}
