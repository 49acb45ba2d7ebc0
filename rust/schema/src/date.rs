//! The year of a date, and its first day (proleptic Gregorian calendar, UTC).

const DAYS_PER_ERA: i64 = 146_097;
const EPOCH_OFFSET: i64 = 719_468;

/// The year in which a day lies, counted from 1970-01-01.
pub(crate) fn year_of(days: i64) -> i64 {
    let shifted = days.saturating_add(EPOCH_OFFSET);
    let era = shifted.div_euclid(DAYS_PER_ERA);
    let day_of_era = shifted.rem_euclid(DAYS_PER_ERA);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Years begin in March in this reckoning: what lies after December belongs to the next.
    let year = year_of_era + era * 400;
    if day_of_year >= 306 { year + 1 } else { year }
}

/// 1 January of a year, in days since 1970-01-01.
pub(crate) fn first_day(year: i64) -> i64 {
    let before = year - 1;
    let era = before.div_euclid(400);
    let year_of_era = before.rem_euclid(400);
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + 306;
    era * DAYS_PER_ERA + day_of_era - EPOCH_OFFSET
}

/// The same text with its first day and midnight: `2024-05-06` → `2024-01-01`; a time keeps its form,
/// in UTC. `None`: the text isn't a date of RFC 3339.
pub(crate) fn year_only(text: &str) -> Option<String> {
    let year = text.get(..4)?;
    let date = text.get(..10)?;
    let shape = date.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    if !shape {
        return None;
    }
    match text.as_bytes().get(10) {
        None => Some(format!("{year}-01-01")),
        Some(b'T' | b't' | b' ') => Some(format!("{year}-01-01T00:00:00Z")),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_begin_on_their_first_day() {
        assert_eq!(first_day(1970), 0);
        assert_eq!(first_day(2000), 10_957);
        for year in -4_000..8_000 {
            let first = first_day(year);
            assert_eq!(year_of(first), year);
            assert_eq!(year_of(first - 1), year - 1);
        }
    }

    #[test]
    fn texts_keep_their_form() {
        assert_eq!(year_only("2024-05-06").as_deref(), Some("2024-01-01"));
        assert_eq!(
            year_only("2024-05-06T07:08:09+02:00").as_deref(),
            Some("2024-01-01T00:00:00Z")
        );
        for text in [
            "",
            "2024",
            "2024-5-6",
            "24-05-06xx",
            "2024-05-06x",
            "äöü4-05-06",
        ] {
            assert_eq!(year_only(text), None, "{text}");
        }
    }
}
