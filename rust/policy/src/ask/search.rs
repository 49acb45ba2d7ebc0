//! Whether some circumstances lead to an answer: a search over the values that make a difference,
//! which ends a branch as soon as what is settled decides.

use std::sync::Arc;

use crate::ask::circumstances::{Choice, Circumstances, Slot, Variable};
use crate::ask::domain::Domain;
use crate::ask::expression::Expression;
use crate::ask::partial::{Outcome, evaluate};
use crate::ask::value::Value;
use crate::networks::Networks;

/// Steps of one search; more than that, and there is no answer.
const STEPS_MAX: u64 = 200_000;

/// What a rule asks of the circumstances, once its entities are settled. Its number tells it from
/// the other conditions of the same index.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub expression: Expression,
    pub number: usize,
    may_fail: bool,
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Condition {}

impl std::hash::Hash for Condition {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}

impl Condition {
    pub fn new(expression: Expression, number: usize) -> Self {
        let may_fail = expression.may_fail();
        Self {
            expression,
            number,
            may_fail,
        }
    }

    pub fn never_holds(&self) -> bool {
        self.expression == Expression::Literal(Value::Bool(false))
    }

    pub fn may_fail(&self) -> bool {
        self.may_fail
    }
}

/// The rules that speak of one principal, action and resource.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Ruling {
    pub permits: Vec<Arc<Condition>>,
    pub forbids: Vec<Arc<Condition>>,
}

impl Ruling {
    pub fn conditions(&self) -> impl Iterator<Item = &Expression> {
        let all = self.permits.iter().chain(&self.forbids);
        all.map(|condition| &condition.expression)
    }

    /// The decision, as far as it is settled: a rule that fails denies, as does one that forbids.
    pub fn decide(&self, known: &Circumstances) -> Option<bool> {
        let mut is_open = false;
        for forbid in &self.forbids {
            match evaluate(&forbid.expression, None, known) {
                Outcome::Known(Value::Bool(false)) => {}
                Outcome::Open => is_open = true,
                _ => return Some(false),
            }
        }
        let (mut allows, mut may_allow) = (false, false);
        for permit in &self.permits {
            match evaluate(&permit.expression, None, known) {
                Outcome::Known(Value::Bool(it)) => allows |= it,
                Outcome::Open => {
                    is_open |= permit.may_fail;
                    may_allow = true;
                }
                _ => return Some(false),
            }
        }
        match (allows, may_allow) {
            (false, false) => Some(false),
            (true, _) if !is_open => Some(true),
            _ => None,
        }
    }
}

/// A group that decides about an open expression, if one does.
fn open_group(expression: &Expression, known: &Circumstances) -> Option<Arc<str>> {
    if evaluate(expression, None, known) != Outcome::Open {
        return None;
    }
    let next = |it: &Expression| open_group(it, known);
    match expression {
        Expression::Names(group) => Some(Arc::clone(group)),
        Expression::Not(it) => next(it),
        Expression::And(left, right) | Expression::Or(left, right) => {
            next(left).or_else(|| next(right))
        }
        Expression::If(parts) => parts.iter().find_map(next),
        atom => {
            let mut groups = atom.groups().into_iter();
            groups.find(|it| known.names(it).is_none()).cloned()
        }
    }
}

/// How a search ended.
#[derive(Debug, Clone)]
pub(crate) enum Found {
    /// Circumstances that lead there, one for each side.
    Yes(Vec<Circumstances>),
    No,
    /// There may be some; conditions compare in a way that is not known here, or too many values.
    Unknown,
}

/// Rulings that are asked together: of one policy, or of two that are compared.
pub(crate) struct Search<'a> {
    sides: Vec<(&'a Ruling, Circumstances)>,
    values: Vec<(Variable, Vec<Vec<Choice>>)>,
    is_complete: bool,
    pub steps: u64,
}

impl<'a> Search<'a> {
    /// `settled` is known from the start, on each side.
    pub fn new(sides: Vec<(&'a Ruling, Circumstances)>, networks: &[&Networks]) -> Self {
        let domain = Domain::of(sides.iter().flat_map(|(ruling, _)| ruling.conditions()));
        let mut values = domain.values(networks);
        // What is known from the start is not chosen.
        let is_open =
            |known: &Circumstances, variable: Variable| known.get(variable.0) == &Slot::Open;
        values.retain(|(variable, _)| sides.iter().any(|(_, known)| is_open(known, *variable)));
        Self {
            values,
            is_complete: domain.is_complete,
            sides,
            steps: 0,
        }
    }

    /// Look for circumstances under which the decisions are such as `wanted` says: `None` while that
    /// depends on what is open.
    pub fn find(&mut self, wanted: &impl Fn(&[Option<bool>]) -> Option<bool>) -> Found {
        let mut known: Vec<_> = self.sides.iter().map(|side| side.1.clone()).collect();
        let budget = self.steps + STEPS_MAX;
        match self.descend(0, &mut known, wanted, budget) {
            Some(true) => Found::Yes(known),
            Some(false) if self.is_complete => Found::No,
            _ => Found::Unknown,
        }
    }

    fn descend(
        &mut self,
        depth: usize,
        known: &mut [Circumstances],
        wanted: &impl Fn(&[Option<bool>]) -> Option<bool>,
        budget: u64,
    ) -> Option<bool> {
        self.steps += 1;
        if self.steps > budget {
            return None;
        }
        let decided: Vec<_> = self
            .sides
            .iter()
            .zip(known.iter())
            .map(|((ruling, _), known)| ruling.decide(known))
            .collect();
        if let Some(answer) = wanted(&decided) {
            return Some(answer);
        }
        let Some((_, choices)) = self.values.get(depth) else {
            return self.settle_groups(known, wanted, budget);
        };
        let (mut at, count, mut answer) = (0, choices.len(), Some(false));
        while at < count {
            let choice = self.values[depth].1[at].clone();
            for (known, choice) in known.iter_mut().zip(&choice) {
                known.choose(choice);
            }
            match self.descend(depth + 1, known, wanted, budget) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => answer = None,
            }
            for (known, choice) in known.iter_mut().zip(&choice) {
                known.reopen(choice);
            }
            at += 1;
        }
        answer
    }

    /// All else is settled: name, or don't, a group on which something still hangs. Groups on which
    /// nothing does any more are left open, so that many of them cost no more than those that decide.
    fn settle_groups(
        &mut self,
        known: &mut [Circumstances],
        wanted: &impl Fn(&[Option<bool>]) -> Option<bool>,
        budget: u64,
    ) -> Option<bool> {
        let sides = self.sides.iter().zip(known.iter());
        let open: Vec<_> = sides
            .map(|((ruling, _), known)| (*ruling, known))
            .filter(|(ruling, known)| ruling.decide(known).is_none())
            .collect();
        // One rule that forbids settles a side, whatever permits; then one that permits does. So a
        // side costs a step for each group, not for each set of them.
        let forbids = open.iter().map(|(ruling, known)| (&ruling.forbids, known));
        let permits = open.iter().map(|(ruling, known)| (&ruling.permits, known));
        let open = forbids.chain(permits).find_map(|(conditions, known)| {
            let mut all = conditions.iter();
            all.find_map(|it| open_group(&it.expression, known))
        })?;
        let mut answer = Some(false);
        // What names fewer groups is the simpler example.
        for is_named in [false, true] {
            for known in known.iter_mut() {
                known.name(&open, Some(is_named));
            }
            match self.descend(self.values.len(), known, wanted, budget) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => answer = None,
            }
        }
        for known in known.iter_mut() {
            known.name(&open, None);
        }
        answer
    }
}
