//! Numbers of JSON, compared exactly: as decimals of any size, never as floats.

use std::cmp::Ordering;

/// Exponents beyond are refused with the value that holds them. It leaves room to add lengths to one.
const EXPONENT_MAX: u64 = 1_000_000_000_000_000;

/// A decimal: its digits have no zeros at either end, and `exponent` is that of the last one. Zero has
/// no digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Decimal {
    negative: bool,
    digits: Vec<u8>,
    exponent: i64,
}

impl Decimal {
    /// The number that a literal of JSON's grammar stands for; `None` where its exponent is too large.
    pub fn parse(literal: &str) -> Option<Self> {
        let (negative, rest) = match literal.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, literal),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (rest, 0),
        };
        if exponent.unsigned_abs() > EXPONENT_MAX {
            return None;
        }
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits: Vec<u8> = whole
            .bytes()
            .chain(fraction.bytes())
            .skip_while(|digit| *digit == b'0')
            .map(|digit| digit.wrapping_sub(b'0'))
            .collect();
        let mut exponent = exponent - i64::try_from(fraction.len()).ok()?;
        while digits.last() == Some(&0) {
            digits.pop();
            exponent += 1;
        }
        if digits.is_empty() {
            return Some(Self {
                negative: false,
                digits,
                exponent: 0,
            });
        }
        Some(Self {
            negative,
            digits,
            exponent,
        })
    }

    /// Whether nothing stands behind the point: `1.0` and `1e2` are whole.
    pub fn is_whole(&self) -> bool {
        self.exponent >= 0
    }

    /// The power of ten of the first digit.
    fn magnitude(&self) -> i64 {
        i64::try_from(self.digits.len()).unwrap_or(i64::MAX) + self.exponent
    }

    fn compare_size(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => self
                .magnitude()
                .cmp(&other.magnitude())
                .then_with(|| self.digits.cmp(&other.digits)),
        }
    }

    /// Whether it is a whole multiple of a divisor above zero.
    pub fn is_multiple_of(&self, divisor: &Self) -> bool {
        let Some(modulus) = divisor.mantissa() else {
            return false;
        };
        let Ok(shift) = u64::try_from(self.exponent - divisor.exponent) else {
            // Its last digit isn't zero and stands behind the divisor's: only zero is a multiple.
            return self.digits.is_empty();
        };
        let modulus = u128::from(modulus);
        let rest = self.digits.iter().fold(0u128, |rest, digit| {
            (rest * 10 + u128::from(*digit)) % modulus
        });
        (rest * power_of_ten(shift, modulus)).is_multiple_of(modulus)
    }

    /// The digits as one number, where they are few enough.
    pub fn mantissa(&self) -> Option<u64> {
        if self.digits.is_empty() || self.digits.len() > 18 {
            return None;
        }
        let value = self
            .digits
            .iter()
            .fold(0u64, |value, digit| value * 10 + u64::from(*digit));
        Some(value)
    }

    pub fn is_above_zero(&self) -> bool {
        !self.negative && !self.digits.is_empty()
    }

    /// One text for every literal of the same number.
    pub fn canonical(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let digits: String = self
            .digits
            .iter()
            .map(|digit| char::from(digit + b'0'))
            .collect();
        format!("{sign}{digits}e{}", self.exponent)
    }
}

/// What 10 to this power leaves behind, by squaring: an exponent has few characters, however large it is.
/// A modulus has at most 18 digits, so that no product overflows.
fn power_of_ten(mut exponent: u64, modulus: u128) -> u128 {
    let (mut result, mut base) = (1 % modulus, 10 % modulus);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % modulus;
        }
        base = base * base % modulus;
        exponent >>= 1;
    }
    result
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.compare_size(other),
            (true, true) => other.compare_size(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(literal: &str) -> Decimal {
        Decimal::parse(literal).unwrap()
    }

    #[test]
    fn numbers_are_compared_by_value() {
        for (small, large) in [
            ("-1", "0"),
            ("0", "1e-4000"),
            ("9007199254740992", "9007199254740993"),
            ("0.1", "0.10000000000000000000000001"),
            ("-2", "-1.9"),
            ("99", "100"),
            ("1.5", "15"),
        ] {
            assert!(of(small) < of(large), "{small} {large}");
        }
        for (one, same) in [("1.0", "1"), ("100", "1e2"), ("-0", "0"), ("0.50", "5E-1")] {
            assert_eq!(of(one), of(same));
            assert_eq!(of(one).canonical(), of(same).canonical());
        }
        assert_eq!(of("1e5000"), of("10e4999"));
        assert!(of("1e5000").is_whole() && !of("1e-5000").is_whole());
        for literal in [
            "1e1000000000000001",
            "1e-99999999999999999999",
            "0e9999999999999999",
            // It has no counterpart above zero.
            "1e-9223372036854775808",
        ] {
            assert_eq!(Decimal::parse(literal), None);
        }
    }

    #[test]
    fn multiples_are_exact() {
        for (number, divisor, whole) in [
            ("0.3", "0.1", true),
            ("4.35", "0.01", true),
            ("4.355", "0.01", false),
            ("7", "2", false),
            ("0", "0.7", true),
            ("1e300", "3", false),
            ("3e300", "3", true),
            ("-9", "3", true),
            // One step for each zero would take days.
            ("1e999999999999999", "7", false),
            ("7e999999999999999", "7", true),
            ("1e999999999999999", "128", true),
            ("1e999999999999999", "999999999999999999", false),
            ("1e-999999999999999", "1", false),
        ] {
            assert_eq!(
                of(number).is_multiple_of(&of(divisor)),
                whole,
                "{number} {divisor}"
            );
        }
        assert!(of("12.0").is_whole() && !of("12.5").is_whole());
    }
}
