//! What would have to be otherwise for a decision to be another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::ask::beside::Asserted;
use crate::ask::circumstances::{Attribute, Choice, Circumstances, Slot, Variable};
use crate::ask::domain::Domain;
use crate::ask::expression::Expression;
use crate::ask::pair::Pair;
use crate::ask::partial::Thing;
use crate::ask::search::Ruling;
use crate::ask::value::Value;
use crate::policy::Policy;
use crate::request::{Action, Mechanism, Resource};

/// Attributes that are changed together at most.
const TOGETHER_MAX: usize = 4;
/// Evaluations for one answer.
const TRIED_MAX: usize = 50_000;
/// Ways that are told.
const TOLD_MAX: usize = 20;

/// One way to the other decision: what to change, and for numbers up to where the change holds.
#[derive(Debug, Serialize)]
pub(crate) struct Flip {
    pub change: Map<String, Json>,
    /// The last value of the same run; `null` where the change isn't a number, or has no end.
    pub until: Option<i64>,
    /// Groups that the caller's token must name, or must not; the roles are part of the change.
    pub groups: BTreeMap<Arc<str>, bool>,
}

/// What can be changed.
enum Part {
    Attribute(Variable, Vec<Choice>),
    /// The token names the group, or doesn't: the other way round than it is.
    Group(Arc<str>),
}

impl Part {
    /// How many other values it can have.
    fn ways(&self) -> usize {
        match self {
            Self::Attribute(_, choices) => choices.len(),
            Self::Group(_) => 1,
        }
    }

    /// Give it one of them.
    fn change(&self, place: usize, known: &mut Circumstances) {
        match self {
            Self::Attribute(_, choices) => choices.get(place).into_iter().for_each(|choice| {
                known.choose(choice);
            }),
            Self::Group(group) => {
                let is_named = known.names(group) == Some(true);
                known.name(group, Some(!is_named));
                if !is_named {
                    // Nothing but a token names a group.
                    known.set(Attribute::MECHANISM, by_token());
                }
            }
        }
    }

    fn number(&self, place: usize) -> Option<i64> {
        match self {
            Self::Attribute(_, choices) => first_long(choices.get(place)?),
            Self::Group(_) => None,
        }
    }
}

/// The nearest ways to the other decision: none, where circumstances alone don't change it.
pub(crate) fn flips(
    policy: &Policy,
    principal: &Thing,
    action: Action,
    resource: Resource<'_>,
    known: &Circumstances,
    asserted: &Asserted,
) -> Vec<Flip> {
    let index = policy.index();
    let resource = policy.thing_of_resource(resource);
    // A request may name another environment than that of the policy.
    let mut settled = Circumstances::default();
    let environment = known.get(Attribute::ENVIRONMENT).clone();
    settled.set(Attribute::ENVIRONMENT, environment);
    settled.set(Attribute::DAY, Slot::Known(Value::Long(0)));
    let rules = index.rules_of(principal);
    let pair = Pair::with(index, &settled, &rules, principal, &resource);
    let Some(applying) = pair.applying(action) else {
        return Vec::new();
    };
    let ruling = &applying.ruling;
    let Some(decided) = ruling.decide(known) else {
        return Vec::new();
    };
    let domain = Domain::of(ruling.conditions());
    let values = domain.values(&[policy.networks()]).into_iter();
    let attributes = values.map(|(variable, choices)| {
        let choices = choices.into_iter().flatten().filter(|it| !holds(it, known));
        Part::Attribute(variable, choices.collect())
    });
    let groups: BTreeSet<&Arc<str>> = ruling.conditions().flat_map(Expression::groups).collect();
    let groups = groups
        .into_iter()
        .map(|group| Part::Group(Arc::clone(group)));
    let parts: Vec<Part> = attributes.chain(groups).collect();
    let mut attempt = Attempt {
        ruling,
        parts: &parts,
        wanted: !decided,
        tried: 0,
        found: Vec::new(),
    };
    for together in 1..=TOGETHER_MAX.min(parts.len()) {
        attempt.change(0, together, known, &mut Vec::new());
        if !attempt.found.is_empty() {
            break;
        }
    }
    let found = std::mem::take(&mut attempt.found);
    runs(found, &parts, |changes| {
        let mut flip = flip(changes, &parts, known);
        if !flip.groups.is_empty() {
            let given = policy.beside().roles_with(asserted, &flip.groups);
            flip.change.insert("roles".to_owned(), given.into());
        }
        flip
    })
}

fn holds(choice: &Choice, known: &Circumstances) -> bool {
    let mut parts = choice.iter();
    parts.all(|(attribute, slot)| known.get(*attribute) == slot)
}

/// Places of a part and of its choice.
type Change = (usize, usize);

struct Attempt<'a> {
    ruling: &'a Ruling,
    parts: &'a [Part],
    wanted: bool,
    tried: usize,
    found: Vec<Vec<Change>>,
}

impl Attempt<'_> {
    fn change(
        &mut self,
        first: usize,
        together: usize,
        known: &Circumstances,
        changed: &mut Vec<Change>,
    ) {
        if together == 0 {
            self.tried += 1;
            if self.ruling.decide(known) == Some(self.wanted) {
                self.found.push(changed.clone());
            }
            return;
        }
        for (at, part) in self.parts.iter().enumerate().skip(first) {
            for place in 0..part.ways() {
                if self.tried > TRIED_MAX {
                    return;
                }
                let mut other = known.clone();
                part.change(place, &mut other);
                changed.push((at, place));
                self.change(at + 1, together - 1, &other, changed);
                changed.pop();
            }
        }
    }
}

fn by_token() -> Slot {
    Slot::Known(Value::text(Mechanism::OauthBearer.name()))
}

/// One way, told; without where it ends, and without the roles.
fn flip(changes: &[Change], parts: &[Part], known: &Circumstances) -> Flip {
    let mut other = Circumstances::default();
    let (mut change, mut groups) = (Map::new(), BTreeMap::new());
    for (part, place) in changes {
        match &parts[*part] {
            Part::Attribute(variable, choices) => {
                other.choose(&choices[*place]);
                if matches!(choices[*place].first(), Some((_, Slot::Absent))) {
                    change.insert(variable.0.name().to_owned(), Json::Null);
                }
            }
            Part::Group(group) => {
                let is_named = known.names(group) == Some(true);
                groups.insert(Arc::clone(group), !is_named);
                if !is_named && *known.get(Attribute::MECHANISM) != by_token() {
                    other.set(Attribute::MECHANISM, by_token());
                }
            }
        }
    }
    change.append(&mut other.to_json());
    Flip {
        change,
        until: None,
        groups,
    }
}

fn first_long(choice: &Choice) -> Option<i64> {
    match choice.first() {
        Some((_, Slot::Known(Value::Long(number)))) => Some(*number),
        _ => None,
    }
}

/// Numbers next to each other are told as one run.
fn runs(found: Vec<Vec<Change>>, parts: &[Part], flip: impl Fn(&[Change]) -> Flip) -> Vec<Flip> {
    let mut flips: Vec<Flip> = Vec::new();
    let mut last: Option<Vec<Change>> = None;
    for changes in found {
        let alone = <[Change; 1]>::try_from(changes.as_slice()).ok();
        let end = alone.and_then(|[(part, place)]| {
            parts[part].number(place)?;
            let next = parts[part].number(place + 1)?;
            Some(next.saturating_sub(1))
        });
        let goes_on = alone
            .zip(last.as_deref())
            .is_some_and(|([(part, place)], last)| {
                let is_number = parts[part].number(place).is_some();
                is_number && place > 0 && *last == [(part, place - 1)]
            });
        if let Some(flip) = flips.last_mut().filter(|_| goes_on) {
            flip.until = end;
        } else if flips.len() < TOLD_MAX {
            let until = end;
            flips.push(Flip {
                until,
                ..flip(&changes)
            });
        }
        last = Some(changes);
    }
    flips
}
