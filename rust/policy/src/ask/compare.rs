//! What two policies decide otherwise, over all circumstances.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::ask::answer::{
    Applying, Pair, Question, RulingAnswer, Status, Verdicts, Work, ruling_answer,
};
use crate::ask::circumstances::Circumstances;
use crate::ask::expression::Expression;
use crate::ask::index::Index;
use crate::ask::partial::{Thing, Things};
use crate::ask::rule::Reading;
use crate::ask::search::{Found, Ruling, Search};
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
    gained: Option<Map<String, Json>>,
    lost: Option<Map<String, Json>>,
    /// Whether it could not be told: take it for a change.
    is_unknown: bool,
    old: Option<RulingAnswer>,
    new: Option<RulingAnswer>,
}

/// One of both policies.
struct Side<'a> {
    policy: &'a Policy,
    index: &'a Index,
    /// Rules that the other policy does not have, by their places.
    changed: HashSet<usize>,
    resources: Vec<Thing>,
    verdicts: Verdicts,
}

impl<'a> Side<'a> {
    fn new(policy: &'a Policy, other: &Policy, question: &Question) -> Result<Self, PolicyError> {
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
}

/// A principal on one side.
struct Holder<'a> {
    thing: &'a Thing,
    rules: Vec<usize>,
    changed: Vec<usize>,
}

impl<'a> Side<'a> {
    fn holder(&self, id: &str) -> Option<Holder<'a>> {
        let thing = self.index.principals.get(id)?;
        let rules = self.index.rules_of(thing);
        let changed = rules.iter().copied().filter(|it| self.changed.contains(it));
        Some(Holder {
            thing,
            changed: changed.collect(),
            rules,
        })
    }

    /// Whether a rule that the other side lacks may speak of the pair.
    fn touches(&self, holder: Option<&Holder<'_>>, resource: usize) -> bool {
        let mut changed = holder.into_iter().flat_map(|holder| &holder.changed);
        let resource = &self.resources[resource];
        changed.any(|place| self.index.rules[*place].speaks_of_resource(resource))
    }
}

fn same_thing(one: &Thing, other: &Thing) -> bool {
    one.uid == other.uid && one.ancestors == other.ancestors && one.attributes == other.attributes
}

/// What the conditions of two rulings come to, numbered over both policies.
type Key = [(Vec<usize>, Vec<usize>); 2];

#[derive(Clone)]
struct Difference {
    gained: Option<Map<String, Json>>,
    lost: Option<Map<String, Json>>,
    is_unknown: bool,
}

impl Difference {
    fn is_none(&self) -> bool {
        self.gained.is_none() && self.lost.is_none() && !self.is_unknown
    }
}

struct Comparison<'a> {
    old: Side<'a>,
    new: Side<'a>,
    numbers: HashMap<Expression, usize>,
    known: HashMap<Key, Arc<Difference>>,
    same_networks: bool,
    steps: u64,
}

impl Comparison<'_> {
    fn key(&mut self, old: &Ruling, new: &Ruling) -> Key {
        let mut numbers = |conditions: &[Arc<super::search::Condition>]| {
            let mut found: Vec<usize> = conditions
                .iter()
                .map(|condition| {
                    let next = self.numbers.len();
                    let known = self.numbers.get(&condition.expression).copied();
                    known.unwrap_or_else(|| {
                        self.numbers.insert(condition.expression.clone(), next);
                        next
                    })
                })
                .collect();
            found.sort_unstable();
            found.dedup();
            found
        };
        [old, new].map(|it| (numbers(&it.permits), numbers(&it.forbids)))
    }

    fn difference(&mut self, old: &Ruling, new: &Ruling) -> Arc<Difference> {
        let key = self.key(old, new);
        if let Some(known) = self.known.get(&key) {
            return Arc::clone(known);
        }
        let difference = if key[0] == key[1] && self.same_networks {
            Difference {
                gained: None,
                lost: None,
                is_unknown: false,
            }
        } else {
            self.search(old, new)
        };
        let difference = Arc::new(difference);
        self.known.insert(key, Arc::clone(&difference));
        difference
    }

    fn search(&mut self, old: &Ruling, new: &Ruling) -> Difference {
        let sides = vec![
            (old, self.old.index.settled.clone()),
            (new, self.new.index.settled.clone()),
        ];
        let networks = [self.old.policy.networks(), self.new.policy.networks()];
        let mut search = Search::new(sides, &networks);
        let turns = |from: usize, to: usize| {
            move |decided: &[Option<bool>]| match (decided[from], decided[to]) {
                (Some(false), Some(true)) => Some(true),
                (Some(true), _) | (_, Some(false)) => Some(false),
                _ => None,
            }
        };
        let gained = search.find(&turns(0, 1));
        let lost = search.find(&turns(1, 0));
        self.steps += search.steps;
        let shown = |found: &Found, side: usize| match found {
            Found::Yes(known) => known.get(side).map(circumstances),
            _ => None,
        };
        Difference {
            gained: shown(&gained, 1),
            lost: shown(&lost, 0),
            is_unknown: matches!(gained, Found::Unknown) || matches!(lost, Found::Unknown),
        }
    }
}

/// What is settled, without what each policy settles by itself.
fn circumstances(known: &Circumstances) -> Map<String, Json> {
    let mut fields = known.to_json();
    fields.remove("environment");
    fields
}

impl Side<'_> {
    fn answer(
        &mut self,
        applying: Option<&Applying>,
        holder: Option<&Holder<'_>>,
        resource: usize,
        action: Action,
    ) -> Option<RulingAnswer> {
        let (applying, holder) = (applying?, holder?);
        let verdict = self.verdicts.of(&applying.ruling, self.policy);
        let things = Things {
            principal: holder.thing,
            action: self.index.action(action),
            resource: &self.resources[resource],
        };
        let answer = ruling_answer(self.index, applying, &verdict, things);
        (answer.status != Status::Never).then_some(answer)
    }
}

/// Changes that were found, each different one told once.
#[derive(Default)]
struct Changes {
    rows: Vec<(usize, usize, usize, usize)>,
    told: Vec<ChangeAnswer>,
    places: HashMap<(Key, [Vec<usize>; 4]), usize>,
    pairs: u64,
}

/// A principal on both sides; it may be known to one only.
struct Holders<'a> {
    old: Option<Holder<'a>>,
    new: Option<Holder<'a>>,
    stays: bool,
}

impl Side<'_> {
    /// The rules of a principal and a resource, for each action.
    fn applying(
        &self,
        holder: Option<&Holder<'_>>,
        resource: usize,
        actions: &[Action],
    ) -> Vec<Option<Applying>> {
        let Some(holder) = holder else {
            return actions.iter().map(|_| None).collect();
        };
        let resource = &self.resources[resource];
        let pair = Pair::new(self.index, &holder.rules, holder.thing, resource);
        actions.iter().map(|it| pair.applying(*it)).collect()
    }
}

impl<'a> Comparison<'a> {
    fn holders(&self, id: &str) -> Holders<'a> {
        let (old, new) = (self.old.holder(id), self.new.holder(id));
        let both = old.as_ref().zip(new.as_ref());
        let stays = both.is_some_and(|(old, new)| same_thing(old.thing, new.thing));
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
        let befores = self.old.applying(holders.old.as_ref(), resource, actions);
        let afters = self.new.applying(holders.new.as_ref(), resource, actions);
        let empty = Ruling::default();
        for (how, (before, after)) in befores.iter().zip(&afters).enumerate() {
            let [one, other] =
                [before, after].map(|it| it.as_ref().map_or(&empty, |applying| &applying.ruling));
            let difference = self.difference(one, other);
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
            let key = (self.key(one, other), [a, b, c, d]);
            let next = changes.told.len();
            let place = *changes.places.entry(key).or_insert(next);
            if place == next {
                let (old, new) = (holders.old.as_ref(), holders.new.as_ref());
                let action = actions[how];
                changes.told.push(ChangeAnswer {
                    gained: difference.gained.clone(),
                    lost: difference.lost.clone(),
                    is_unknown: difference.is_unknown,
                    old: self.old.answer(before.as_ref(), old, resource, action),
                    new: self.new.answer(after.as_ref(), new, resource, action),
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
            numbers: HashMap::new(),
            known: HashMap::new(),
            same_networks: self.networks() == newer.networks(),
            steps: 0,
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
        let work = Work {
            pairs: changes.pairs,
            searches: comparison.known.len(),
            steps: comparison.steps + comparison.old.verdicts.steps + comparison.new.verdicts.steps,
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
