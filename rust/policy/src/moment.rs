//! Time as rules see it, and until when it stays the same.

use crate::reads::Reads;

const MINUTE_MILLISECONDS: i64 = 60_000;
const HOUR_MILLISECONDS: i64 = 60 * MINUTE_MILLISECONDS;
const DAY_MILLISECONDS: i64 = 24 * HOUR_MILLISECONDS;

/// The parts of a time that rules can read, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// 0 to 23.
    pub hour: i64,
    /// Minute of the day, 0 to 1439.
    pub minute: i64,
    /// 1 Monday to 7 Sunday.
    pub weekday: i64,
}

impl Moment {
    pub fn of(now_milliseconds: i64) -> Self {
        let in_day = now_milliseconds.rem_euclid(DAY_MILLISECONDS);
        let days = now_milliseconds.div_euclid(DAY_MILLISECONDS);
        Self {
            hour: in_day / HOUR_MILLISECONDS,
            minute: in_day / MINUTE_MILLISECONDS,
            // 1 January 1970 was a Thursday.
            weekday: (days.rem_euclid(7) + 3) % 7 + 1,
        }
    }
}

/// The span around a time in which everything that `reads` names stays the same: first and end.
pub(crate) fn span(reads: Reads, now_milliseconds: i64) -> Option<(i64, i64)> {
    let length = if reads.contain(Reads::MINUTE) {
        MINUTE_MILLISECONDS
    } else if reads.contain(Reads::HOUR) || reads.contain(Reads::WEEKDAY) {
        HOUR_MILLISECONDS
    } else {
        return None;
    };
    let first = now_milliseconds.saturating_sub(now_milliseconds.rem_euclid(length));
    Some((first, first.saturating_add(length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_the_parts_of_utc() {
        // 2026-07-01T13:37:59.999Z was a Wednesday.
        let moment = Moment::of(1_782_913_079_999);
        assert_eq!(
            moment,
            Moment {
                hour: 13,
                minute: 13 * 60 + 37,
                weekday: 3
            }
        );
        assert_eq!(
            Moment::of(0),
            Moment {
                hour: 0,
                minute: 0,
                weekday: 4
            }
        );
        assert_eq!(
            Moment::of(-1),
            Moment {
                hour: 23,
                minute: 1439,
                weekday: 3
            }
        );
    }

    #[test]
    fn a_span_ends_at_the_next_boundary_of_what_is_read() {
        let now = 1_782_913_079_999;
        let hour = (1_782_910_800_000, 1_782_914_400_000);
        assert_eq!(span(Reads::HOUR, now), Some(hour));
        assert_eq!(span(Reads::WEEKDAY, now), Some(hour));
        assert_eq!(
            span(Reads::ALL, now),
            Some((1_782_913_020_000, 1_782_913_080_000))
        );
        assert_eq!(span(Reads::SOURCE, now), None);
        assert_eq!(
            span(Reads::HOUR, hour.1),
            Some((hour.1, hour.1 + 3_600_000))
        );
        assert_eq!(
            span(Reads::ALL, i64::MAX).map(|span| span.1),
            Some(i64::MAX)
        );
        assert!(span(Reads::ALL, i64::MIN).is_some());
    }
}
