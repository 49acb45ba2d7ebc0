//! Until when a decision holds: the next time at which something that its rules read is another.

use crate::attributes::{AGES, Begins, age};
use crate::moment;
use crate::reads::Reads;

/// Seconds of age at which a comparison in a rule can turn over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Turns {
    /// Sorted once [`Turns::settle`] was called.
    at: Vec<i64>,
    /// The age is used in another way than in a comparison with a number.
    each_second: bool,
}

impl Turns {
    /// A rule compares the age with this number.
    pub fn compare(&mut self, seconds: i64) {
        // `<` and `>=` turn when the age gets there, `<=` and `>` a second later, `==` both times.
        self.at.extend([seconds, seconds.saturating_add(1)]);
    }

    /// A rule does anything else with the age.
    pub fn use_anyhow(&mut self) {
        self.each_second = true;
    }

    pub fn join(&mut self, other: &Self) {
        self.at.extend(&other.at);
        self.each_second |= other.each_second;
    }

    pub fn settle(&mut self) {
        self.at.retain(|seconds| *seconds > 0);
        self.at.sort_unstable();
        self.at.dedup();
    }

    /// The ages around this one within which nothing turns: from, and until.
    fn around(&self, age: i64) -> (Option<i64>, Option<i64>) {
        if self.each_second {
            return (Some(age).filter(|age| *age > 0), age.checked_add(1));
        }
        let next = self.at.partition_point(|seconds| *seconds <= age);
        let last = next.checked_sub(1).and_then(|last| self.at.get(last));
        (last.copied(), self.at.get(next).copied())
    }
}

/// For each age, when a rule can turn over.
pub(crate) type AgeTurns = [Turns; AGES.len()];

/// The span around `now` in which everything that is read stays the same: its first millisecond and
/// its end. `None`: time plays no part.
pub(crate) fn span(
    reads: Reads,
    turns: &AgeTurns,
    begins: &Begins,
    now: i64,
) -> Option<(i64, i64)> {
    let of_day = moment::span(reads, now);
    let of_ages = turns.iter().zip(begins).filter_map(|(turns, begin)| {
        let begin = (*begin)?;
        let (from, until) = turns.around(age(begin, now));
        let at = |seconds: i64| begin.saturating_add(seconds.saturating_mul(1000));
        let (from, until) = (from.map(at), until.map(at));
        (from.is_some() || until.is_some())
            .then(|| (from.unwrap_or(i64::MIN), until.unwrap_or(i64::MAX)))
    });
    of_day
        .into_iter()
        .chain(of_ages)
        .reduce(|one, other| (one.0.max(other.0), one.1.min(other.1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(compared: &[i64], each_second: bool) -> AgeTurns {
        let mut turns = Turns::default();
        for seconds in compared {
            turns.compare(*seconds);
        }
        if each_second {
            turns.use_anyhow();
        }
        turns.settle();
        [Turns::default(), Turns::default(), turns]
    }

    const BEGIN: i64 = 1_782_913_000_500;

    fn at(turns: &AgeTurns, age_milliseconds: i64) -> Option<(i64, i64)> {
        let begins = [None, None, Some(BEGIN)];
        let span = span(
            Reads::default(),
            turns,
            &begins,
            BEGIN.saturating_add(age_milliseconds),
        );
        span.map(|(from, until)| (from.saturating_sub(BEGIN), until.saturating_sub(BEGIN)))
    }

    #[test]
    fn a_decision_on_an_age_holds_until_the_age_passes() {
        let turns = turns(&[900], false);
        let before = at(&turns, 5_000).map(|span| span.1);
        assert_eq!(before, Some(900_000));
        assert_eq!(at(&turns, 900_000), Some((900_000, 901_000)));
        assert_eq!(at(&turns, 900_999), Some((900_000, 901_000)));
        let after = at(&turns, 901_000);
        assert_eq!(after.map(|span| span.0), Some(901_000));
        // A clock that was set back, or that of the issuer goes ahead: the age is 0.
        assert_eq!(at(&turns, -60_000).map(|span| span.1), Some(900_000));
    }

    #[test]
    fn an_age_that_is_calculated_with_counts_each_second() {
        let turns = turns(&[900], true);
        assert_eq!(at(&turns, 5_400), Some((5_000, 6_000)));
        assert_eq!(at(&turns, 10).map(|span| span.1), Some(1_000));
    }

    #[test]
    fn what_is_unknown_or_unread_has_no_boundary() {
        assert_eq!(at(&turns(&[], false), 5_000), None);
        let span = span(Reads::default(), &turns(&[900], true), &[None; 3], BEGIN);
        assert_eq!(span, None);
    }

    #[test]
    fn the_narrowest_span_counts() {
        let turns = turns(&[10], false);
        let begins = [None, None, Some(BEGIN)];
        let both = span(Reads::MINUTE, &turns, &begins, BEGIN);
        assert_eq!(both.map(|span| span.1), Some(BEGIN + 10_000));
        let later = BEGIN + 3_600_000;
        let minute = moment::span(Reads::MINUTE, later);
        assert_eq!(span(Reads::MINUTE, &turns, &begins, later), minute);
    }
}
