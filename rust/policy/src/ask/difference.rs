//! Circumstances in which two rulings differ.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::ask::beside::Possible;
use crate::ask::circumstances::{Attribute, Choice, Circumstances, Slot};
use crate::ask::domain::Domain;
use crate::ask::expression::Expression;
use crate::ask::search::{Condition, Found, Ruling, Search};
use crate::ask::value::Value;
use crate::networks::Networks;
use crate::policy::Policy;

/// What the conditions of two rulings come to, numbered over both policies.
pub(crate) type Key = [(Vec<usize>, Vec<usize>); 2];

/// Circumstances on one side that a difference shows itself in.
#[derive(Debug, Clone)]
pub(crate) struct Witness {
    pub context: Map<String, Json>,
    /// Another day than that which is asked about, in days since 1970.
    pub day: Option<i64>,
    /// Groups that the caller's token names.
    pub groups: Vec<String>,
    /// Not the policy differs but what is declared of the principal: the other side sees other values.
    pub by_declaration: bool,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Difference {
    /// The newer policy allows what the older one denied.
    pub gained: Option<Witness>,
    pub lost: Option<Witness>,
    pub is_unknown: bool,
}

impl Difference {
    pub fn is_none(&self) -> bool {
        self.gained.is_none() && self.lost.is_none() && !self.is_unknown
    }
}

/// Differences between two policies by what their rules ask, so that like rights cost one search.
pub(crate) struct Differences<'a> {
    old: &'a Policy,
    new: &'a Policy,
    numbers: HashMap<Expression, usize>,
    known: HashMap<(Key, [Vec<Choice>; 2]), Arc<Difference>>,
    same_networks: bool,
    pub steps: u64,
}

impl<'a> Differences<'a> {
    pub fn new(old: &'a Policy, new: &'a Policy) -> Self {
        Self {
            old,
            new,
            numbers: HashMap::new(),
            known: HashMap::new(),
            same_networks: old.networks() == new.networks(),
            steps: 0,
        }
    }

    pub fn count(&self) -> usize {
        self.known.len()
    }

    pub fn key(&mut self, old: &Ruling, new: &Ruling) -> Key {
        let mut numbers = |conditions: &[Arc<Condition>]| {
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

    /// What differs, also by what is declared of the principal on each side.
    pub fn of(
        &mut self,
        rulings: [&Ruling; 2],
        possible: [Option<&Possible>; 2],
    ) -> Arc<Difference> {
        let [old, new] = rulings;
        let declared = match possible {
            [Some(before), Some(after)] if before != after => declared(rulings, [before, after]),
            _ => [Vec::new(), Vec::new()],
        };
        let key = (self.key(old, new), declared);
        if let Some(known) = self.known.get(&key) {
            return Arc::clone(known);
        }
        let mut difference = if key.0[0] == key.0[1] && self.same_networks {
            Difference::default()
        } else {
            let lasting = [self.old, self.new].map(|it| it.index().lasting.clone());
            self.search(rulings, &lasting)
        };
        self.declare(rulings, &key.1, &mut difference);
        let difference = Arc::new(difference);
        self.known.insert(key, Arc::clone(&difference));
        difference
    }

    fn search(&mut self, rulings: [&Ruling; 2], settled: &[Circumstances; 2]) -> Difference {
        let gained = self.turns(rulings, settled, false);
        let lost = self.turns(rulings, settled, true);
        let (old, new) = (self.old, self.new);
        Difference {
            gained: witness(&gained, 1, new),
            lost: witness(&lost, 0, old),
            is_unknown: matches!(gained, Found::Unknown) || matches!(lost, Found::Unknown),
        }
    }

    /// The first day, and circumstances, in which one side denies and the other one allows.
    fn turns(&mut self, rulings: [&Ruling; 2], settled: &[Circumstances; 2], loses: bool) -> Found {
        let conditions = rulings.iter().flat_map(|ruling| ruling.conditions());
        let mut days = Domain::of(conditions).choices(Some(Attribute::DAY));
        if days.is_empty() {
            days.push(Vec::new());
        }
        let mut found = Found::No;
        for day in days {
            let mut on_day = settled.clone();
            for side in &mut on_day {
                side.choose(&day);
            }
            match self.turns_on(rulings, on_day, loses) {
                Found::No => {}
                Found::Unknown => found = Found::Unknown,
                yes @ Found::Yes(_) => return yes,
            }
        }
        found
    }

    fn turns_on(
        &mut self,
        rulings: [&Ruling; 2],
        settled: [Circumstances; 2],
        loses: bool,
    ) -> Found {
        let networks: [&Networks; 2] = [self.old.networks(), self.new.networks()];
        let sides = rulings.into_iter().zip(settled).collect();
        let mut search = Search::new(sides, &networks);
        let found = search.find(&move |decided| {
            let (from, to) = if loses { (1, 0) } else { (0, 1) };
            match (decided[from], decided[to]) {
                (Some(false), Some(true)) => Some(true),
                (Some(true), _) | (_, Some(false)) => Some(false),
                _ => None,
            }
        });
        self.steps += search.steps;
        found
    }

    /// Values that only one side can have, against those of the other one: what a principal does not
    /// get by other rules, it may get by what is said of it.
    fn declare(
        &mut self,
        rulings: [&Ruling; 2],
        values: &[Vec<Choice>; 2],
        difference: &mut Difference,
    ) {
        let [before, after] = values;
        for (old, new) in before
            .iter()
            .flat_map(|old| after.iter().map(move |new| (old, new)))
        {
            let mut settled = [self.old, self.new].map(|it| it.index().lasting.clone());
            settled[0].choose(old);
            settled[1].choose(new);
            let gains = difference.gained.is_none() && !before.contains(new);
            let loses = difference.lost.is_none() && !after.contains(old);
            for (side, policy) in [(1, self.new), (0, self.old)] {
                let is_loss = side == 0;
                if !(if is_loss { loses } else { gains }) {
                    continue;
                }
                let found = self.turns(rulings, &settled, is_loss);
                difference.is_unknown |= matches!(found, Found::Unknown);
                let mut witness = witness(&found, side, policy);
                if let Some(witness) = &mut witness {
                    witness.by_declaration = true;
                }
                let place = if is_loss {
                    &mut difference.lost
                } else {
                    &mut difference.gained
                };
                *place = place.take().or(witness);
            }
        }
    }
}

fn witness(found: &Found, side: usize, policy: &Policy) -> Option<Witness> {
    let Found::Yes(known) = found else {
        return None;
    };
    let known = known.get(side)?;
    Some(Witness {
        context: policy.beside().context(known),
        day: known.day(),
        groups: known.groups().into_iter().map(str::to_owned).collect(),
        by_declaration: false,
    })
}

/// The values that attributes of the principal can have on each side, of those that differ; where it
/// can be anything, the values that the rulings tell apart.
fn declared(rulings: [&Ruling; 2], possible: [&Possible; 2]) -> [Vec<Choice>; 2] {
    let [old, new] = rulings;
    let conditions = || old.conditions().chain(new.conditions());
    let told_apart: BTreeSet<Option<String>> = {
        let posture = Attribute::named("device_posture");
        let domain = Domain::of(conditions());
        let choices = domain.choices(posture);
        let value = |choice: Choice| match choice.into_iter().next() {
            Some((_, Slot::Known(Value::Text(text)))) => Some(text.to_string()),
            _ => None,
        };
        choices.into_iter().map(value).collect()
    };
    let reads = |attribute: Option<Attribute>| {
        let mut reads = false;
        for condition in conditions() {
            condition.walk(&mut |it| {
                reads |= matches!(it, Expression::Context(one) | Expression::Has(one)
                    if Some(*one) == attribute);
                !reads
            });
        }
        reads
    };
    let posture = Attribute::named("device_posture");
    let [before, after] = possible;
    let differs_in_mfa = before.mfa != after.mfa && reads(Some(Attribute::MFA));
    let differs_in_posture = before.device_posture != after.device_posture && reads(posture);
    if !differs_in_mfa && !differs_in_posture {
        return [Vec::new(), Vec::new()];
    }
    possible.map(|it| {
        let anything = BTreeSet::from([false, true]);
        let mfa = it.mfa.as_ref().unwrap_or(&anything);
        let mfa: Vec<Choice> = if differs_in_mfa {
            let slot = |it: &bool| (Attribute::MFA, Slot::Known(Value::Bool(*it)));
            mfa.iter().map(|it| vec![slot(it)]).collect()
        } else {
            vec![Vec::new()]
        };
        let Some(posture) = posture.filter(|_| differs_in_posture) else {
            return mfa;
        };
        let values = it.device_posture.as_ref().unwrap_or(&told_apart);
        let slot = |text: &Option<String>| match text {
            Some(text) => (posture, Slot::Known(Value::text(text))),
            None => (posture, Slot::Absent),
        };
        mfa.iter()
            .flat_map(|mfa| {
                values
                    .iter()
                    .map(|it| [mfa.clone(), vec![slot(it)]].concat())
            })
            .collect()
    })
}
