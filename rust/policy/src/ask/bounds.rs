//! Between which numbers an expression lies, so that what can't overflow is not taken for a failure.

use crate::ask::circumstances::Attribute;
use crate::ask::expression::{Expression, Operator, Test};
use crate::ask::value::Value;

/// The least and the greatest number that an expression can be.
type Bounds = (i64, i64);

/// Of a number that lies within what a clock shows and what is written; `None`: it may be any
/// number, or overflow.
pub(crate) fn bounds(expression: &Expression) -> Option<Bounds> {
    match expression {
        Expression::Literal(Value::Long(it)) => Some((*it, *it)),
        Expression::Context(Attribute::HOUR) => Some((0, 23)),
        Expression::Context(Attribute::MINUTE) => Some((0, 1439)),
        Expression::Context(Attribute::WEEKDAY) => Some((1, 7)),
        Expression::Unary(Test::Negate, it) => {
            let (least, greatest) = bounds(it)?;
            Some((greatest.checked_neg()?, least.checked_neg()?))
        }
        Expression::Binary(operator, sides) => {
            of_two(*operator, bounds(&sides[0])?, bounds(&sides[1])?)
        }
        Expression::If(parts) => {
            let (yes, no) = (bounds(&parts[1])?, bounds(&parts[2])?);
            Some((yes.0.min(no.0), yes.1.max(no.1)))
        }
        _ => None,
    }
}

fn of_two(operator: Operator, left: Bounds, right: Bounds) -> Option<Bounds> {
    match operator {
        Operator::Add => Some((left.0.checked_add(right.0)?, left.1.checked_add(right.1)?)),
        Operator::Subtract => Some((left.0.checked_sub(right.1)?, left.1.checked_sub(right.0)?)),
        Operator::Multiply => {
            let ends = [
                left.0.checked_mul(right.0)?,
                left.0.checked_mul(right.1)?,
                left.1.checked_mul(right.0)?,
                left.1.checked_mul(right.1)?,
            ];
            let rest = &ends[1..];
            let (least, greatest) = (rest.iter().min()?, rest.iter().max()?);
            Some((ends[0].min(*least), ends[0].max(*greatest)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long(it: i64) -> Expression {
        Expression::Literal(Value::Long(it))
    }

    fn of(operator: Operator, left: Expression, right: Expression) -> Expression {
        Expression::Binary(operator, Box::new([left, right]))
    }

    #[test]
    fn what_a_clock_shows_can_not_overflow() {
        let hour = || Expression::Context(Attribute::HOUR);
        let minutes = of(Operator::Multiply, hour(), long(60));
        assert_eq!(bounds(&minutes), Some((0, 1380)));
        assert!(!minutes.may_fail());
        let ago = of(
            Operator::Subtract,
            Expression::Context(Attribute::MINUTE),
            minutes,
        );
        assert_eq!(bounds(&ago), Some((-1380, 1439)));
        let negative = of(Operator::Multiply, ago, long(-2));
        assert_eq!(bounds(&negative), Some((-2878, 2760)));
        let weekday = Expression::Unary(
            Test::Negate,
            Box::new(Expression::Context(Attribute::WEEKDAY)),
        );
        assert_eq!(bounds(&weekday), Some((-7, -1)));
        let either = Expression::If(Box::new([long(1), hour(), weekday]));
        assert_eq!(bounds(&of(Operator::Add, either, long(1))), Some((-6, 24)));
    }

    #[test]
    fn what_may_be_any_number_may_overflow() {
        let age = Attribute::named("mfa_age")
            .map(Expression::Context)
            .unwrap();
        let last = || long(i64::MAX);
        for (what, may_fail) in [
            (of(Operator::Add, age.clone(), long(1)), true),
            (
                of(
                    Operator::Multiply,
                    Expression::Context(Attribute::HOUR),
                    last(),
                ),
                true,
            ),
            (of(Operator::Add, long(1), last()), true),
            (of(Operator::Subtract, long(-2), last()), true),
            (
                Expression::Unary(Test::Negate, Box::new(long(i64::MIN))),
                true,
            ),
            (
                of(Operator::Less, of(Operator::Add, long(0), last()), age),
                false,
            ),
        ] {
            assert_eq!(what.may_fail(), may_fail, "{what:?}");
        }
    }
}
