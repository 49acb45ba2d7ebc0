//! What two policies decide otherwise, over all circumstances and on all days to come.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::ask::answer::{RulingAnswer, Work};
use crate::ask::difference::{Differences, Key, Witness};
use crate::ask::pair::Applying;
use crate::ask::partial::Thing;
use crate::ask::question::Question;
use crate::ask::search::Ruling;
use crate::ask::side::{Holder, Side};
use crate::error::PolicyError;
use crate::policy::Policy;
use crate::request::Action;

#[derive(Serialize)]
struct Answer {
    principals: Vec<String>,
    /// Places of the principal, the resource and the action in the question, and of the change.
    rows: Vec<(usize, usize, usize, usize)>,
    changes: Vec<ChangeAnswer>,
    work: Work,
}

/// How one right changes.
#[derive(Serialize)]
struct ChangeAnswer {
    /// Circumstances in which the new policy allows what the old one denied, and the other way.
    gained: Option<WitnessAnswer>,
    lost: Option<WitnessAnswer>,
    /// Whether it could not be told: take it for a change.
    is_unknown: bool,
    old: Option<RulingAnswer>,
    new: Option<RulingAnswer>,
}

#[derive(Serialize)]
struct WitnessAnswer {
    context: Map<String, Json>,
    day: Option<i64>,
    groups: Vec<String>,
    by_declaration: bool,
}

impl From<&Witness> for WitnessAnswer {
    fn from(witness: &Witness) -> Self {
        Self {
            context: witness.context.clone(),
            day: witness.day,
            groups: witness.groups.clone(),
            by_declaration: witness.by_declaration,
        }
    }
}

fn same_thing(one: &Thing, other: &Thing) -> bool {
    one.uid == other.uid
        && one.ancestors == other.ancestors
        && one.attributes == other.attributes
        && one.by_groups == other.by_groups
}

/// Changes that were found, each different one told once.
#[derive(Default)]
struct Changes {
    rows: Vec<(usize, usize, usize, usize)>,
    told: Vec<ChangeAnswer>,
    places: HashMap<Told, usize>,
    pairs: u64,
}

/// What makes two changes one: what the rulings ask, which rules they are of, and whether something
/// else is declared of the principal.
type Told = (Key, [Vec<usize>; 4], [bool; 2]);

/// A principal on both sides; it may be known to one only.
struct Holders<'a> {
    old: Option<Holder<'a>>,
    new: Option<Holder<'a>>,
    stays: bool,
}

struct Comparison<'a> {
    old: Side<'a>,
    new: Side<'a>,
    differences: Differences<'a>,
}

impl<'a> Comparison<'a> {
    fn holders(&self, id: &str) -> Holders<'a> {
        let (old, new) = (self.old.holder(id), self.new.holder(id));
        let both = old.as_ref().zip(new.as_ref());
        let stays = both.is_some_and(|(old, new)| {
            same_thing(old.thing, new.thing) && old.possible == new.possible
        });
        Holders { old, new, stays }
    }

    /// Whether no change can matter to a principal and a resource.
    fn is_untouched(&self, holders: &Holders<'_>, resource: usize) -> bool {
        let (before, after) = (&self.old.resources[resource], &self.new.resources[resource]);
        holders.stays
            && same_thing(before, after)
            && !self.old.touches(holders.old.as_ref(), resource)
            && !self.new.touches(holders.new.as_ref(), resource)
    }

    fn compare(
        &mut self,
        (who, holders): (usize, &Holders<'_>),
        resource: usize,
        actions: &[Action],
        changes: &mut Changes,
    ) {
        changes.pairs += 1;
        let (old, new) = (holders.old.as_ref(), holders.new.as_ref());
        let befores = self.old.applying(old, resource, actions);
        let afters = self.new.applying(new, resource, actions);
        let possible = [old, new].map(|it| it.map(|holder| &holder.possible));
        let empty = Ruling::default();
        for (how, (before, after)) in befores.iter().zip(&afters).enumerate() {
            let rulings =
                [before, after].map(|it| it.as_ref().map_or(&empty, |applying| &applying.ruling));
            let difference = self.differences.of(rulings, possible);
            if difference.is_none() {
                continue;
            }
            let places = |it: &Option<Applying>| {
                let places = it.as_ref();
                places.map_or_else(Default::default, |it| {
                    (it.permits.clone(), it.forbids.clone())
                })
            };
            let ((a, b), (c, d)) = (places(before), places(after));
            let by_declaration = [&difference.gained, &difference.lost]
                .map(|it| it.as_ref().is_some_and(|it| it.by_declaration));
            let key = self.differences.key(rulings[0], rulings[1]);
            let key = (key, [a, b, c, d], by_declaration);
            let next = changes.told.len();
            let place = *changes.places.entry(key).or_insert(next);
            if place == next {
                let witness = difference.gained.as_ref().or(difference.lost.as_ref());
                let day = witness.and_then(|it| it.day);
                let action = actions[how];
                changes.told.push(ChangeAnswer {
                    gained: difference.gained.as_ref().map(Into::into),
                    lost: difference.lost.as_ref().map(Into::into),
                    is_unknown: difference.is_unknown,
                    old: self.old.answer(before.as_ref(), old, resource, action, day),
                    new: self.new.answer(after.as_ref(), new, resource, action, day),
                });
            }
            changes.rows.push((who, resource, how, place));
        }
    }
}

impl Policy {
    /// Compare with a newer policy over `{"principals", "actions", "resources"}`: every right that
    /// is decided otherwise in some circumstances. Principals may be known to one of both only.
    ///
    /// # Errors
    /// Where the question can't be read, or asks for too much at once.
    pub fn compare_json(&self, newer: &Self, question: &[u8]) -> Result<Vec<u8>, PolicyError> {
        let question = Question::of_json(question)?;
        let actions = question.actions()?;
        let mut comparison = Comparison {
            old: Side::new(self, newer, &question)?,
            new: Side::new(newer, self, &question)?,
            differences: Differences::new(self, newer),
        };
        let principals = question.principals.unwrap_or_else(|| {
            let both = [self, newer].into_iter();
            let mut all: Vec<_> = both
                .flat_map(|it| it.index().principals.keys().cloned())
                .collect();
            all.sort_unstable();
            all.dedup();
            all
        });
        let mut changes = Changes::default();
        for (who, id) in principals.iter().enumerate() {
            let holders = comparison.holders(id);
            for resource in 0..question.resources.len() {
                if !comparison.is_untouched(&holders, resource) {
                    comparison.compare((who, &holders), resource, &actions, &mut changes);
                }
            }
        }
        let sides = [&comparison.old, &comparison.new];
        let of_verdicts: u64 = sides.iter().map(|side| side.verdicts.steps).sum();
        let work = Work {
            pairs: changes.pairs,
            searches: comparison.differences.count(),
            steps: comparison.differences.steps + of_verdicts,
        };
        let answer = Answer {
            principals,
            rows: changes.rows,
            changes: changes.told,
            work,
        };
        serde_json::to_vec(&answer).map_err(|error| PolicyError::Request(error.to_string()))
    }
}
