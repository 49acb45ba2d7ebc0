//! Formats of JSON Schema that are asserted; all others only describe.

use std::net::{Ipv4Addr, Ipv6Addr};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Date,
    Time,
    DateTime,
    Uuid,
    Ipv4,
    Ipv6,
}

impl Format {
    pub fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "date" => Self::Date,
            "time" => Self::Time,
            "date-time" => Self::DateTime,
            "uuid" => Self::Uuid,
            "ipv4" => Self::Ipv4,
            "ipv6" => Self::Ipv6,
            _ => return None,
        })
    }

    pub fn holds(self, text: &str) -> bool {
        match self {
            Self::Date => is_date(text),
            Self::Time => is_time(text),
            Self::DateTime => {
                let parts = (text.get(..10), text.get(10..11), text.get(11..));
                let (Some(date), Some("T" | "t"), Some(time)) = parts else {
                    return false;
                };
                is_date(date) && is_time(time)
            }
            Self::Uuid => is_uuid(text),
            Self::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
            Self::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
        }
    }
}

/// Two digits between bounds.
fn two(text: &str, at: usize, least: u8, most: u8) -> Option<u8> {
    let digits = text.get(at..at + 2)?;
    let both = digits.bytes().all(|byte| byte.is_ascii_digit());
    let value: u8 = if both {
        digits.parse().ok()?
    } else {
        return None;
    };
    (least..=most).contains(&value).then_some(value)
}

/// RFC 3339 `full-date`.
fn is_date(text: &str) -> bool {
    let year = text
        .get(..4)
        .filter(|year| year.bytes().all(|byte| byte.is_ascii_digit()));
    let Some(year) = year.and_then(|year| year.parse::<u16>().ok()) else {
        return false;
    };
    let dashes = text.len() == 10 && text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
    let (Some(month), Some(day)) = (two(text, 5, 1, 12), two(text, 8, 1, 31)) else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    dashes && day <= last
}

/// RFC 3339 `full-time`: with an offset; second 60 only where a leap second may be, at 23:59 UTC.
fn is_time(text: &str) -> bool {
    let parts = (
        two(text, 0, 0, 23),
        two(text, 3, 0, 59),
        two(text, 6, 0, 60),
    );
    let (Some(hour), Some(minute), Some(second)) = parts else {
        return false;
    };
    if text.get(2..3) != Some(":") || text.get(5..6) != Some(":") {
        return false;
    }
    let mut rest = text.get(8..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix('.') {
        let behind = fraction.trim_start_matches(|character: char| character.is_ascii_digit());
        if behind.len() == fraction.len() {
            return false;
        }
        rest = behind;
    }
    let Some(offset) = offset_minutes(rest) else {
        return false;
    };
    let minutes = (i32::from(hour) * 60 + i32::from(minute) - offset).rem_euclid(24 * 60);
    second < 60 || minutes == 24 * 60 - 1
}

fn offset_minutes(text: &str) -> Option<i32> {
    if text == "Z" || text == "z" {
        return Some(0);
    }
    let sign = match text.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    if text.len() != 6 || text.get(3..4) != Some(":") {
        return None;
    }
    let minutes = i32::from(two(text, 1, 0, 23)?) * 60 + i32::from(two(text, 4, 0, 59)?);
    Some(sign * minutes)
}

/// RFC 9562, in its usual form.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_hold_or_do_not() {
        for (format, text, holds) in [
            (Format::Date, "2024-02-29", true),
            (Format::Date, "2023-02-29", false),
            (Format::Date, "2024-2-29", false),
            (Format::Date, "٢٠24-02-29", false),
            (Format::DateTime, "2024-02-29T12:00:00Z", true),
            (Format::DateTime, "2024-02-29T12:00:00.123+05:30", true),
            (Format::DateTime, "1998-12-31T23:59:60Z", true),
            (Format::DateTime, "1998-12-31T15:59:60.1-08:00", true),
            (Format::DateTime, "1998-12-31T22:59:60Z", false),
            (Format::DateTime, "2024-02-29 12:00:00Z", false),
            (Format::DateTime, "2024-02-29T12:00:00", false),
            (Format::Time, "12:00:00.Z", false),
            (Format::Uuid, "2eb8aa08-aa98-11ea-b4aa-73b441d16380", true),
            (Format::Uuid, "2eb8aa08aa9811eab4aa73b441d16380", false),
            (Format::Ipv4, "127.0.0.1", true),
            (Format::Ipv4, "127.0.0.01", false),
            (Format::Ipv6, "::1", true),
            (Format::Ipv6, "::1%eth0", false),
        ] {
            assert_eq!(format.holds(text), holds, "{text}");
        }
    }
}
