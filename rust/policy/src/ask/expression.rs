//! A condition of a rule, in a form that can be evaluated while the circumstances are still open.
//!
//! It is read from the JSON form of a policy that has passed strict validation. What is not known
//! here becomes [`Expression::Opaque`]: no answer is then given for what depends on it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::ask::bounds::bounds;
use crate::ask::circumstances::Attribute;
use crate::ask::value::{Range, Value};

/// Whose entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    Principal,
    Action,
    Resource,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Operator {
    Equal,
    Less,
    LessOrEqual,
    Add,
    Subtract,
    Multiply,
    In,
    Contains,
    ContainsAll,
    ContainsAny,
    IsInRange,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Test {
    IsEmpty,
    IsV4,
    IsV6,
    IsLoopback,
    IsMulticast,
    Negate,
}

/// One piece of a `like` pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Piece {
    Literal(Arc<str>),
    Wildcard,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Expression {
    Literal(Value),
    Entity(Part),
    /// `context.ATTRIBUTE`.
    Context(Attribute),
    /// `context has ATTRIBUTE`.
    Has(Attribute),
    /// An attribute of an entity of the request.
    Of(Part, Arc<str>),
    HasOf(Part, Arc<str>),
    Not(Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    If(Box<[Expression; 3]>),
    Binary(Operator, Box<[Expression; 2]>),
    Unary(Test, Box<Expression>),
    Like(Box<Expression>, Arc<[Piece]>),
    Is(Box<Expression>, Arc<str>, Option<Box<Expression>>),
    Set(Box<[Expression]>),
    /// The caller's token names this group.
    Names(Arc<str>),
    /// It can't be evaluated: the rule fails.
    Fails,
    /// Not known here.
    Opaque,
}

/// Nesting of one condition; Cedar's own parser allows little more.
const DEPTH_MAX: usize = 400;

impl Expression {
    pub fn of_json(json: &Json) -> Self {
        read(json, 0).unwrap_or(Self::Opaque)
    }

    pub fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            Self::Literal(Value::Bool(it)) => Self::Literal(Value::Bool(!it)),
            other => Self::Not(Box::new(other)),
        }
    }

    /// Calls `visit` for this and everything in it, until it says `false` for a part.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Self) -> bool) {
        if visit(self) {
            self.children().for_each(|child| child.walk(visit));
        }
    }

    fn children(&self) -> impl Iterator<Item = &Self> {
        let (some, more): (&[Self], [Option<&Self>; 2]) = match self {
            Self::Not(it) | Self::Unary(_, it) | Self::Like(it, _) => (&[], [Some(it), None]),
            Self::And(left, right) | Self::Or(left, right) => (&[], [Some(left), Some(right)]),
            Self::Is(it, _, within) => (&[], [Some(it), within.as_deref()]),
            Self::If(it) => (it.as_slice(), [None, None]),
            Self::Binary(_, it) => (it.as_slice(), [None, None]),
            Self::Set(it) => (it, [None, None]),
            _ => (&[], [None, None]),
        };
        some.iter().chain(more.into_iter().flatten())
    }

    /// Every group of tokens on which it hangs.
    pub fn groups(&self) -> BTreeSet<&Arc<str>> {
        let mut found = BTreeSet::new();
        self.walk(&mut |it| {
            if let Self::Names(group) = it {
                found.insert(group);
            }
            true
        });
        found
    }

    /// Whether its evaluation may end in an error. Validation leaves nothing but numbers that
    /// overflow, and what is not known here.
    pub fn may_fail(&self) -> bool {
        let mut found = false;
        self.walk(&mut |it| {
            found |= match it {
                Self::Fails | Self::Opaque => true,
                Self::Unary(Test::Negate, _)
                | Self::Binary(Operator::Add | Operator::Subtract | Operator::Multiply, _) => {
                    bounds(it).is_none()
                }
                _ => false,
            };
            !found
        });
        found
    }
}

fn read(json: &Json, depth: usize) -> Option<Expression> {
    let fields = json.as_object().filter(|_| depth < DEPTH_MAX)?;
    let (operator, operands) = fields.iter().next().filter(|_| fields.len() == 1)?;
    let next = |json: &Json| read(json, depth + 1);
    let boxed = |json: &Json| next(json).map(Box::new);
    let field = |name: &str| operands.get(name);
    let sides = || Some((next(field("left")?)?, next(field("right")?)?));
    let binary = |operator| {
        let (left, right) = sides()?;
        Some(Expression::Binary(operator, Box::new([left, right])))
    };
    let swapped = |operator| {
        let (left, right) = sides()?;
        // Both sides are evaluated whatever the other one is; only the order of failures differs.
        Some(Expression::Binary(operator, Box::new([right, left])))
    };
    let unary = |test, json: Option<&Json>| Some(Expression::Unary(test, boxed(json?)?));
    match operator.as_str() {
        "Value" => Value::of_literal(operands).map(Expression::Literal),
        "Var" => match operands.as_str()? {
            "principal" => Some(Expression::Entity(Part::Principal)),
            "action" => Some(Expression::Entity(Part::Action)),
            "resource" => Some(Expression::Entity(Part::Resource)),
            _ => None,
        },
        "!" => boxed(field("arg")?).map(Expression::Not),
        "neg" => unary(Test::Negate, field("arg")),
        "isEmpty" => unary(Test::IsEmpty, field("arg").or_else(|| operands.get(0))),
        "&&" => Some(Expression::And(
            boxed(field("left")?)?,
            boxed(field("right")?)?,
        )),
        "||" => Some(Expression::Or(
            boxed(field("left")?)?,
            boxed(field("right")?)?,
        )),
        "if-then-else" => Some(Expression::If(Box::new([
            next(field("if")?)?,
            next(field("then")?)?,
            next(field("else")?)?,
        ]))),
        "==" => binary(Operator::Equal),
        "!=" => binary(Operator::Equal).map(|it| Expression::Not(Box::new(it))),
        "<" => binary(Operator::Less),
        "<=" => binary(Operator::LessOrEqual),
        ">" => swapped(Operator::Less),
        ">=" => swapped(Operator::LessOrEqual),
        "+" => binary(Operator::Add),
        "-" => binary(Operator::Subtract),
        "*" => binary(Operator::Multiply),
        "in" => binary(Operator::In),
        "contains" => binary(Operator::Contains),
        "containsAll" => binary(Operator::ContainsAll),
        "containsAny" => binary(Operator::ContainsAny),
        "." => access(operands),
        "has" => presence(operands),
        "like" => Some(Expression::Like(
            boxed(field("left")?)?,
            pieces(field("pattern")?)?,
        )),
        "is" => Some(Expression::Is(
            boxed(field("left")?)?,
            field("entity_type")?.as_str()?.into(),
            match field("in") {
                Some(within) => Some(boxed(within)?),
                None => None,
            },
        )),
        "Set" => {
            let items: Option<Vec<_>> = operands.as_array()?.iter().map(next).collect();
            items.map(|items| Expression::Set(items.into()))
        }
        "ip" => {
            let text = operands.get(0)?.get("Value")?.as_str()?;
            Range::parse(text).map(|it| Expression::Literal(Value::Ip(it)))
        }
        "isInRange" if operands.as_array()?.len() == 2 => {
            let sides = [next(operands.get(0)?)?, next(operands.get(1)?)?];
            Some(Expression::Binary(Operator::IsInRange, Box::new(sides)))
        }
        "isIpv4" => unary(Test::IsV4, operands.get(0)),
        "isIpv6" => unary(Test::IsV6, operands.get(0)),
        "isLoopback" => unary(Test::IsLoopback, operands.get(0)),
        "isMulticast" => unary(Test::IsMulticast, operands.get(0)),
        _ => None,
    }
}

enum Owner {
    Context,
    Part(Part),
}

fn owner(operands: &Json) -> Option<(Owner, &str)> {
    let owner = match operands.get("left")?.get("Var")?.as_str()? {
        "context" => Owner::Context,
        "principal" => Owner::Part(Part::Principal),
        "resource" => Owner::Part(Part::Resource),
        _ => return None,
    };
    Some((owner, operands.get("attr")?.as_str()?))
}

fn access(operands: &Json) -> Option<Expression> {
    let (owner, name) = owner(operands)?;
    Some(match owner {
        Owner::Context => Expression::Context(Attribute::named(name)?),
        Owner::Part(part) => Expression::Of(part, name.into()),
    })
}

fn presence(operands: &Json) -> Option<Expression> {
    let (owner, name) = owner(operands)?;
    Some(match owner {
        Owner::Context => match Attribute::named(name) {
            Some(attribute) => Expression::Has(attribute),
            None => Expression::Literal(Value::Bool(false)),
        },
        Owner::Part(part) => Expression::HasOf(part, name.into()),
    })
}

fn pieces(json: &Json) -> Option<Arc<[Piece]>> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut literal = String::new();
    for piece in json.as_array()? {
        if piece.as_str() == Some("Wildcard") {
            if !literal.is_empty() {
                pieces.push(Piece::Literal(std::mem::take(&mut literal).into()));
            }
            pieces.push(Piece::Wildcard);
        } else {
            literal.push_str(piece.get("Literal")?.as_str()?);
        }
    }
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal.into()));
    }
    Some(pieces.into())
}

/// Whether a text fits a pattern.
pub(crate) fn fits(text: &str, pieces: &[Piece]) -> bool {
    if let [Piece::Literal(beginning), Piece::Wildcard] = pieces {
        return text.starts_with(beginning.as_ref());
    }
    // As many steps as there are characters and pieces: the set of places that are reached.
    let text: Vec<char> = text.chars().collect();
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for piece in pieces {
        match piece {
            Piece::Wildcard => {
                let mut any = false;
                for place in &mut reached {
                    any |= *place;
                    *place = any;
                }
            }
            Piece::Literal(literal) => {
                let literal: Vec<char> = literal.chars().collect();
                let mut after = vec![false; text.len() + 1];
                for (place, _) in reached.iter().enumerate().filter(|(_, it)| **it) {
                    if text[place..].starts_with(&literal) {
                        after[place + literal.len()] = true;
                    }
                }
                reached = after;
            }
        }
    }
    reached[text.len()]
}
