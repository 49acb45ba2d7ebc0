//! The JSON form of one version of a policy, with the principals that it decides about.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;
use serde::de::IgnoredAny;
use streamward_policy::{PolicySection, PrincipalKind};

use crate::error::ProveError;

/// Largest document that is read.
pub const DOCUMENT_BYTES_MAX: usize = streamward_policy::DOCUMENT_BYTES_MAX;

/// One version of a policy, with everything around its rules that decides.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// Environment that every context has.
    pub environment: String,
    /// Rules, and the names that they refer to.
    pub policy: PolicySection,
    /// Everybody who can be a caller; anybody else is denied before any rule is asked.
    pub(crate) principals: Vec<Caller>,
    /// Groups that the token of a principal may name, by the principal, with the roles that each
    /// stands for.
    #[serde(default)]
    pub assertable: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// Names of the clusters that are asked for; none: any name.
    #[serde(default)]
    pub clusters: Vec<String>,
}

/// What the rules can see of a principal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Caller {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: PrincipalKind,
    #[serde(default)]
    pub tenant: Option<String>,
    #[serde(default)]
    pub roles: Vec<String>,
    // What the evaluator puts into a context that says nothing; here every context is looked at.
    #[serde(default, rename = "mfa")]
    _mfa: IgnoredAny,
    #[serde(default, rename = "device_posture")]
    _device_posture: IgnoredAny,
}

impl Version {
    /// Read a version.
    ///
    /// # Errors
    /// Where it is not of this form.
    pub fn from_json(document: &[u8]) -> Result<Self, ProveError> {
        let bad = ProveError::Document;
        if document.len() > DOCUMENT_BYTES_MAX {
            return Err(bad(format!("more than {DOCUMENT_BYTES_MAX} bytes")));
        }
        serde_json::from_slice(document).map_err(|error| bad(error.to_string()))
    }

    /// Groups that tokens of a principal may name.
    pub(crate) fn groups_of(&self, id: &str) -> impl Iterator<Item = &str> {
        let groups = self.assertable.get(id).into_iter().flatten();
        groups.map(|(group, _)| group.as_str())
    }

    /// Every group with the roles that it stands for, whoever names it.
    pub(crate) fn groups(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut groups: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (group, roles) in self.assertable.values().flatten() {
            let roles = roles.iter().map(String::as_str);
            groups.entry(group).or_default().extend(roles);
        }
        groups
    }

    /// Every role with itself and all that it includes, however far.
    pub(crate) fn closures(&self) -> HashMap<&str, BTreeSet<&str>> {
        let includes: HashMap<&str, &[String]> = self
            .policy
            .roles
            .iter()
            .map(|role| (role.name.as_str(), role.includes.as_slice()))
            .collect();
        let mut closures = HashMap::with_capacity(includes.len());
        for role in includes.keys().copied() {
            let mut found = BTreeSet::from([role]);
            let mut next = vec![role];
            while let Some(at) = next.pop() {
                for included in includes.get(at).copied().unwrap_or_default() {
                    if found.insert(included) {
                        next.push(included);
                    }
                }
            }
            closures.insert(role, found);
        }
        closures
    }
}
