//! Evaluation with what is known so far: of the entities, and of the circumstances.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::ask::circumstances::{Attribute, Circumstances, Slot};
use crate::ask::expression::{Expression, Operator, Part, Test, fits};
use crate::ask::value::{Range, Uid, Value};

/// One entity of a request, with all that it is in.
#[derive(Debug, Clone)]
pub(crate) struct Thing {
    pub uid: Uid,
    pub ancestors: HashSet<Uid>,
    pub attributes: Vec<(&'static str, Value)>,
    /// What it is in as well where its token names one of these groups.
    pub by_groups: HashMap<Uid, BTreeSet<Arc<str>>>,
}

impl Thing {
    fn is_in(&self, other: &Uid) -> bool {
        self.uid == *other || self.ancestors.contains(other)
    }

    fn attribute(&self, name: &str) -> Option<&Value> {
        let mut attributes = self.attributes.iter();
        attributes.find(|it| it.0 == name).map(|it| &it.1)
    }
}

/// The entities of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Things<'a> {
    pub principal: &'a Thing,
    pub action: &'a Uid,
    pub resource: &'a Thing,
}

/// What an expression comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Known(Value),
    /// It depends on what is open.
    Open,
    Fails,
}

use Outcome::{Fails, Known, Open};

fn truth(it: bool) -> Outcome {
    Known(Value::Bool(it))
}

/// Evaluate; without `things`, what speaks of entities is open.
pub(crate) fn evaluate(
    expression: &Expression,
    things: Option<Things<'_>>,
    known: &Circumstances,
) -> Outcome {
    let next = |it: &Expression| evaluate(it, things, known);
    match expression {
        Expression::Literal(value) => Known(value.clone()),
        Expression::Entity(part) => match things {
            Some(things) => Known(Value::Entity(uid_of(things, *part).clone())),
            None => Open,
        },
        Expression::Context(attribute) => match known.get(*attribute) {
            Slot::Known(value) => Known(value.clone()),
            Slot::Open => Open,
            Slot::Absent => Fails,
        },
        Expression::Has(attribute) => has(*attribute, known),
        Expression::Of(part, name) => match things.map(|it| thing_of(it, *part)) {
            Some(Some(thing)) => thing
                .attribute(name)
                .map_or(Fails, |value| Known(value.clone())),
            Some(None) => Fails,
            None => Open,
        },
        Expression::HasOf(part, name) => match things.map(|it| thing_of(it, *part)) {
            Some(thing) => truth(thing.is_some_and(|it| it.attribute(name).is_some())),
            None => Open,
        },
        Expression::Not(it) => match next(it) {
            Known(Value::Bool(it)) => truth(!it),
            Known(_) => Fails,
            other => other,
        },
        Expression::And(left, right) => connect(left, right, false, &next),
        Expression::Or(left, right) => connect(left, right, true, &next),
        Expression::If(parts) => match next(&parts[0]) {
            Known(Value::Bool(true)) => next(&parts[1]),
            Known(Value::Bool(false)) => next(&parts[2]),
            Known(_) => Fails,
            other => other,
        },
        Expression::Binary(operator, sides) => match (next(&sides[0]), next(&sides[1])) {
            (Known(left), Known(right)) => binary(*operator, &left, &right, things),
            (Fails, _) | (_, Fails) => Fails,
            _ => Open,
        },
        Expression::Unary(test, it) => match next(it) {
            Known(value) => unary(*test, &value),
            other => other,
        },
        Expression::Like(it, pieces) => match next(it) {
            Known(Value::Text(text)) => truth(fits(&text, pieces)),
            Known(_) => Fails,
            other => other,
        },
        Expression::Is(it, kind, within) => match next(it) {
            Known(Value::Entity(uid)) if uid.kind != *kind => truth(false),
            Known(Value::Entity(uid)) => match within.as_deref().map(next) {
                None => truth(true),
                Some(Known(right)) => binary(Operator::In, &Value::Entity(uid), &right, things),
                Some(other) => other,
            },
            Known(_) => Fails,
            other => other,
        },
        Expression::Set(items) => set(items, &next),
        Expression::Names(group) => known.names(group).map_or(Open, truth),
        Expression::Fails => Fails,
        Expression::Opaque => Open,
    }
}

fn uid_of(things: Things<'_>, part: Part) -> &Uid {
    match part {
        Part::Principal => &things.principal.uid,
        Part::Action => things.action,
        Part::Resource => &things.resource.uid,
    }
}

fn thing_of(things: Things<'_>, part: Part) -> Option<&Thing> {
    match part {
        Part::Principal => Some(things.principal),
        Part::Action => None,
        Part::Resource => Some(things.resource),
    }
}

fn has(attribute: Attribute, known: &Circumstances) -> Outcome {
    if !attribute.is_text() && !attribute.is_age() {
        return truth(true);
    }
    match known.get(attribute) {
        Slot::Known(_) => truth(true),
        Slot::Absent => truth(false),
        Slot::Open => Open,
    }
}

/// `&&` (which `false` settles) and `||` (which `true` does), from left to right.
fn connect(
    left: &Expression,
    right: &Expression,
    settles: bool,
    next: &impl Fn(&Expression) -> Outcome,
) -> Outcome {
    match next(left) {
        Known(Value::Bool(it)) if it == settles => truth(it),
        Known(Value::Bool(_)) => match next(right) {
            Known(Value::Bool(it)) => truth(it),
            Known(_) => Fails,
            other => other,
        },
        Known(_) | Fails => Fails,
        // The right side settles it too, unless the left one may yet fail.
        Open => match next(right) {
            Known(Value::Bool(it)) if it == settles && !left.may_fail() => truth(it),
            _ => Open,
        },
    }
}

fn set(items: &[Expression], next: &impl Fn(&Expression) -> Outcome) -> Outcome {
    let mut values = BTreeSet::new();
    let mut is_open = false;
    for item in items {
        match next(item) {
            Known(value) => drop(values.insert(value)),
            Open => is_open = true,
            Fails => return Fails,
        }
    }
    if is_open {
        Open
    } else {
        Known(Value::Set(values))
    }
}

fn binary(operator: Operator, left: &Value, right: &Value, things: Option<Things<'_>>) -> Outcome {
    match (operator, left, right) {
        (Operator::Equal, left, right) => truth(left == right),
        (Operator::Less, Value::Long(left), Value::Long(right)) => truth(left < right),
        (Operator::LessOrEqual, Value::Long(left), Value::Long(right)) => truth(left <= right),
        (Operator::Add, Value::Long(left), Value::Long(right)) => long(left.checked_add(*right)),
        (Operator::Subtract, Value::Long(left), Value::Long(right)) => {
            long(left.checked_sub(*right))
        }
        (Operator::Multiply, Value::Long(left), Value::Long(right)) => {
            long(left.checked_mul(*right))
        }
        (Operator::In, Value::Entity(left), Value::Entity(right)) => is_in(left, right, things),
        (Operator::In, Value::Entity(left), Value::Set(rights)) => {
            let mut outcome = truth(false);
            for right in rights {
                let Value::Entity(right) = right else {
                    return Fails;
                };
                match is_in(left, right, things) {
                    Known(Value::Bool(true)) => return truth(true),
                    Open => outcome = Open,
                    _ => {}
                }
            }
            outcome
        }
        (Operator::Contains, Value::Set(items), item) => truth(items.contains(item)),
        (Operator::ContainsAll, Value::Set(items), Value::Set(others)) => {
            truth(others.is_subset(items))
        }
        (Operator::ContainsAny, Value::Set(items), Value::Set(others)) => {
            truth(!others.is_disjoint(items))
        }
        (Operator::IsInRange, Value::Ip(address), Value::Ip(range)) => {
            truth(address.is_within(*range))
        }
        _ => Fails,
    }
}

fn long(number: Option<i64>) -> Outcome {
    number.map_or(Fails, |number| Known(Value::Long(number)))
}

/// Decisions are made with the entities of the request alone: any other is in itself only.
fn is_in(left: &Uid, right: &Uid, things: Option<Things<'_>>) -> Outcome {
    let Some(things) = things else {
        return if left == right { truth(true) } else { Open };
    };
    let thing = [things.principal, things.resource]
        .into_iter()
        .find(|thing| thing.uid == *left);
    match thing {
        Some(thing) if !thing.is_in(right) && thing.by_groups.contains_key(right) => Open,
        _ => truth(thing.map_or(left == right, |thing| thing.is_in(right))),
    }
}

/// The condition that the token names one of these groups.
pub(crate) fn names_any<'a>(groups: impl IntoIterator<Item = &'a Arc<str>>) -> Expression {
    let groups = groups.into_iter();
    let names = groups.map(|group| Expression::Names(Arc::clone(group)));
    let any = names.reduce(|one, other| Expression::Or(Box::new(one), Box::new(other)));
    any.unwrap_or(Expression::Literal(Value::Bool(false)))
}

/// What is left of `left in right` where that hangs on the groups of the caller.
fn membership(
    left: &Expression,
    right: &Expression,
    things: Things<'_>,
    known: &Circumstances,
) -> Option<Expression> {
    let Known(Value::Entity(left)) = evaluate(left, Some(things), known) else {
        return None;
    };
    if left != things.principal.uid {
        return None;
    }
    let rights = match evaluate(right, Some(things), known) {
        Known(Value::Entity(right)) => vec![right],
        Known(Value::Set(rights)) => rights
            .into_iter()
            .filter_map(|right| match right {
                Value::Entity(right) => Some(right),
                _ => None,
            })
            .collect(),
        _ => return None,
    };
    let groups = rights
        .iter()
        .filter_map(|right| things.principal.by_groups.get(right));
    let groups: BTreeSet<&Arc<str>> = groups.flatten().collect();
    Some(names_any(groups))
}

fn unary(test: Test, value: &Value) -> Outcome {
    match (test, value) {
        (Test::IsEmpty, Value::Set(items)) => truth(items.is_empty()),
        (Test::Negate, Value::Long(number)) => long(number.checked_neg()),
        (Test::IsV4, Value::Ip(range)) => truth(range.address.is_ipv4()),
        (Test::IsV6, Value::Ip(range)) => truth(range.address.is_ipv6()),
        (Test::IsLoopback, Value::Ip(range)) => within(*range, &LOOPBACK),
        (Test::IsMulticast, Value::Ip(range)) => within(*range, &MULTICAST),
        _ => Fails,
    }
}

const LOOPBACK: [&str; 2] = ["127.0.0.0/8", "::1"];
const MULTICAST: [&str; 2] = ["224.0.0.0/4", "ff00::/8"];

/// Ranges of addresses that Cedar has names for.
pub(crate) fn named_ranges() -> impl Iterator<Item = Range> {
    let names = LOOPBACK.iter().chain(&MULTICAST);
    names.filter_map(|text| Range::parse(text))
}

fn within(range: Range, ranges: &[&str]) -> Outcome {
    let mut ranges = ranges.iter().filter_map(|text| Range::parse(text));
    truth(ranges.any(|named| range.is_within(named)))
}

/// The expression with everything put in that the entities settle.
pub(crate) fn residual(
    expression: &Expression,
    things: Things<'_>,
    known: &Circumstances,
) -> Expression {
    match evaluate(expression, Some(things), known) {
        Known(value) => return Expression::Literal(value),
        Fails => return Expression::Fails,
        Open => {}
    }
    let membership = match expression {
        Expression::Binary(Operator::In, sides) => membership(&sides[0], &sides[1], things, known),
        Expression::Is(it, _, Some(within)) => membership(it, within, things, known),
        _ => None,
    };
    if let Some(left) = membership {
        return left;
    }
    let next = |it: &Expression| residual(it, things, known);
    let boxed = |it: &Expression| Box::new(next(it));
    match expression {
        Expression::Not(it) => Expression::Not(boxed(it)),
        Expression::And(left, right) => match next(left) {
            Expression::Literal(Value::Bool(true)) => next(right),
            left => match next(right) {
                Expression::Literal(Value::Bool(true)) => left,
                right => Expression::And(Box::new(left), Box::new(right)),
            },
        },
        Expression::Or(left, right) => match next(left) {
            Expression::Literal(Value::Bool(false)) => next(right),
            left => match next(right) {
                Expression::Literal(Value::Bool(false)) => left,
                right => Expression::Or(Box::new(left), Box::new(right)),
            },
        },
        Expression::If(parts) => match next(&parts[0]) {
            Expression::Literal(Value::Bool(true)) => next(&parts[1]),
            Expression::Literal(Value::Bool(false)) => next(&parts[2]),
            condition => Expression::If(Box::new([condition, next(&parts[1]), next(&parts[2])])),
        },
        Expression::Binary(operator, sides) => {
            Expression::Binary(*operator, Box::new([next(&sides[0]), next(&sides[1])]))
        }
        Expression::Unary(test, it) => Expression::Unary(*test, boxed(it)),
        Expression::Like(it, pieces) => Expression::Like(boxed(it), Arc::clone(pieces)),
        Expression::Is(it, kind, within) => {
            Expression::Is(boxed(it), Arc::clone(kind), within.as_deref().map(boxed))
        }
        Expression::Set(items) => Expression::Set(items.iter().map(next).collect()),
        other => other.clone(),
    }
}
