//! What would have to be otherwise for a decision to be another.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::ask::circumstances::{Attribute, Choice, Circumstances, Slot, Variable};
use crate::ask::domain::Domain;
use crate::ask::pair::Pair;
use crate::ask::partial::Thing;
use crate::ask::search::Ruling;
use crate::ask::value::Value;
use crate::policy::Policy;
use crate::request::{Action, Resource};

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
}

/// The nearest ways to the other decision: none, where circumstances alone don't change it.
pub(crate) fn flips(
    policy: &Policy,
    principal: &Thing,
    action: Action,
    resource: Resource<'_>,
    known: &Circumstances,
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
    let all = ruling.permits.iter().chain(&ruling.forbids);
    let domain = Domain::of(all.map(|condition| &condition.expression));
    let values: Vec<(Variable, Vec<Choice>)> = domain
        .values(&[policy.networks()])
        .into_iter()
        .map(|(variable, choices)| {
            let choices = choices.into_iter().flatten().filter(|it| !holds(it, known));
            (variable, choices.collect())
        })
        .collect();
    let mut attempt = Attempt {
        ruling,
        values: &values,
        wanted: !decided,
        tried: 0,
        found: Vec::new(),
    };
    for together in 1..=TOGETHER_MAX.min(values.len()) {
        attempt.change(0, together, &mut known.clone(), &mut Vec::new());
        if !attempt.found.is_empty() {
            break;
        }
    }
    let found = std::mem::take(&mut attempt.found);
    runs(found, &values)
}

fn holds(choice: &Choice, known: &Circumstances) -> bool {
    let mut parts = choice.iter();
    parts.all(|(attribute, slot)| known.get(*attribute) == slot)
}

/// Places of a variable and of its choice.
type Change = (usize, usize);

struct Attempt<'a> {
    ruling: &'a Ruling,
    values: &'a [(Variable, Vec<Choice>)],
    wanted: bool,
    tried: usize,
    found: Vec<Vec<Change>>,
}

impl Attempt<'_> {
    fn change(
        &mut self,
        first: usize,
        together: usize,
        known: &mut Circumstances,
        changed: &mut Vec<Change>,
    ) {
        if together == 0 {
            self.tried += 1;
            if self.ruling.decide(known) == Some(self.wanted) {
                self.found.push(changed.clone());
            }
            return;
        }
        for variable in first..self.values.len() {
            for place in 0..self.values[variable].1.len() {
                if self.tried > TRIED_MAX {
                    return;
                }
                let choice = &self.values[variable].1[place];
                let before = choice.iter().map(|(it, _)| (*it, known.get(*it).clone()));
                let before: Choice = before.collect();
                known.choose(choice);
                changed.push((variable, place));
                self.change(variable + 1, together - 1, known, changed);
                changed.pop();
                known.choose(&before);
            }
        }
    }
}

fn first_long(choice: &Choice) -> Option<i64> {
    match choice.first() {
        Some((_, Slot::Known(Value::Long(number)))) => Some(*number),
        _ => None,
    }
}

/// Numbers next to each other are told as one run.
fn runs(found: Vec<Vec<Change>>, values: &[(Variable, Vec<Choice>)]) -> Vec<Flip> {
    let mut flips: Vec<Flip> = Vec::new();
    let mut last: Option<Vec<Change>> = None;
    for changes in found {
        let alone = <[Change; 1]>::try_from(changes.as_slice()).ok();
        let end = alone.and_then(|[(variable, place)]| {
            let choices = &values[variable].1;
            first_long(&choices[place])?;
            first_long(choices.get(place + 1)?).map(|next| next.saturating_sub(1))
        });
        let goes_on = alone
            .zip(last.as_deref())
            .is_some_and(|([(variable, place)], last)| {
                let is_number = first_long(&values[variable].1[place]).is_some();
                is_number && place > 0 && *last == [(variable, place - 1)]
            });
        if let Some(flip) = flips.last_mut().filter(|_| goes_on) {
            flip.until = end;
        } else if flips.len() < TOLD_MAX {
            let mut changed = Circumstances::default();
            let mut change = Map::new();
            for (variable, place) in &changes {
                let choice = &values[*variable].1[*place];
                changed.choose(choice);
                if matches!(choice.first(), Some((_, Slot::Absent))) {
                    let name = values[*variable].0.0.name();
                    change.insert(name.to_owned(), Json::Null);
                }
            }
            change.append(&mut changed.to_json());
            flips.push(Flip { change, until: end });
        }
        last = Some(changes);
    }
    flips
}
