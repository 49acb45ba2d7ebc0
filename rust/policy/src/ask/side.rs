//! One of two policies that are compared.

use std::collections::{HashMap, HashSet};

use crate::ask::answer::{RulingAnswer, ruling_answer};
use crate::ask::beside::Possible;
use crate::ask::index::Index;
use crate::ask::pair::{Applying, Pair};
use crate::ask::partial::{Thing, Things};
use crate::ask::question::Question;
use crate::ask::rule::Reading;
use crate::ask::verdict::{Status, Verdicts};
use crate::error::PolicyError;
use crate::policy::Policy;
use crate::request::Action;

pub(crate) struct Side<'a> {
    pub policy: &'a Policy,
    pub index: &'a Index,
    /// Rules that the other policy does not have, by their places.
    changed: HashSet<usize>,
    pub resources: Vec<Thing>,
    pub verdicts: Verdicts,
}

/// A principal on one side.
pub(crate) struct Holder<'a> {
    pub thing: &'a Thing,
    pub possible: Possible,
    rules: Vec<usize>,
    changed: Vec<usize>,
}

impl<'a> Side<'a> {
    pub fn new(
        policy: &'a Policy,
        other: &Policy,
        question: &Question,
    ) -> Result<Self, PolicyError> {
        let (index, others) = (policy.index(), other.index());
        let same_networks = policy.networks() == other.networks();
        let same_environment = policy.environment() == other.environment();
        let mut by_id: HashMap<&str, Vec<usize>> = HashMap::new();
        for (place, rule) in others.rules.iter().enumerate() {
            by_id.entry(&rule.id).or_default().push(place);
        }
        let stays = |place: &usize| {
            let rule = &index.rules[*place];
            let same = by_id.get(rule.id.as_str()).into_iter().flatten();
            let mut same = same.map(|place| &others.rules[*place]);
            same.any(|other| rule.says_the_same(other))
                && (same_networks || !rule.reads.contains(Reading::NETWORKS))
                && (same_environment || !rule.reads.contains(Reading::ENVIRONMENT))
        };
        let changed = (0..index.rules.len())
            .filter(|place| !stays(place))
            .collect();
        let resources = question.resources()?;
        let resources = resources.into_iter().map(|it| policy.thing_of_resource(it));
        Ok(Self {
            policy,
            index,
            changed,
            resources: resources.collect(),
            verdicts: Verdicts::default(),
        })
    }

    pub fn holder(&self, id: &str) -> Option<Holder<'a>> {
        let thing = self.index.principals.get(id)?;
        let rules = self.index.rules_of(thing);
        let changed = rules.iter().copied().filter(|it| self.changed.contains(it));
        let possible = self.policy.beside().possible.get(id);
        Some(Holder {
            thing,
            possible: possible.cloned().unwrap_or_default(),
            changed: changed.collect(),
            rules,
        })
    }

    /// Whether a rule that the other side lacks may speak of the pair.
    pub fn touches(&self, holder: Option<&Holder<'_>>, resource: usize) -> bool {
        let mut changed = holder.into_iter().flat_map(|holder| &holder.changed);
        let resource = &self.resources[resource];
        changed.any(|place| self.index.rules[*place].speaks_of_resource(resource))
    }

    /// The rules of a principal and a resource, for each action; on whichever day.
    pub fn applying(
        &self,
        holder: Option<&Holder<'_>>,
        resource: usize,
        actions: &[Action],
    ) -> Vec<Option<Applying>> {
        let Some(holder) = holder else {
            return actions.iter().map(|_| None).collect();
        };
        let resource = &self.resources[resource];
        let lasting = &self.index.lasting;
        let pair = Pair::with(self.index, lasting, &holder.rules, holder.thing, resource);
        actions.iter().map(|it| pair.applying(*it)).collect()
    }

    /// What decides on a day; `None`: nothing is allowed then.
    pub fn answer(
        &mut self,
        applying: Option<&Applying>,
        holder: Option<&Holder<'_>>,
        resource: usize,
        action: Action,
        day: Option<i64>,
    ) -> Option<RulingAnswer> {
        let (applying, holder) = (applying?, holder?);
        let verdict = self.verdicts.of(&applying.ruling, self.policy, day);
        let things = Things {
            principal: holder.thing,
            action: self.index.action(action),
            resource: &self.resources[resource],
        };
        let answer = ruling_answer(self.index, applying, &verdict, things);
        (answer.status != Status::Never).then_some(answer)
    }
}
