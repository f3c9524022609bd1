//! Numbers: a token is taken iff reading, printing and reading again loses nothing.

use std::fmt;

/// 2^53−1: the largest integer below which every integer is a binary64 value and no other token denotes it.
const MAX_SAFE: u64 = (1 << 53) - 1;

/// No significand of an ECMAScript number has more digits.
const MAX_DIGITS: usize = 17;

/// Bytes of the longest ECMAScript form: sign, 17 digits, point, `e`, sign, three digits, or five zeros in front.
const LONGEST_FORM: usize = 26;

/// A finite binary64 value whose ECMAScript form is accepted as a token again; never negative zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number(f64);

/// A number that strict JSON refuses: not finite, or an integer literal beyond ±(2^53−1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the number is not exact in binary64")]
pub struct NotExact;

impl Number {
    /// The value.
    pub const fn as_f64(self) -> f64 {
        self.0
    }

    /// The value, if it is an integer in 0..=2^53−1.
    pub fn as_u64(self) -> Option<u64> {
        u64::try_from(self.as_i64()?).ok()
    }

    /// The value, if it is an integer in ±(2^53−1).
    pub fn as_i64(self) -> Option<i64> {
        let safe = self.0.fract() == 0.0 && self.0.abs() <= MAX_SAFE as f64;
        safe.then_some(self.0 as i64)
    }

    /// Reads a token of the JSON grammar; `None` if it is not exact.
    pub(super) fn from_token(token: &str) -> Option<Self> {
        let digits = token.strip_prefix('-').unwrap_or(token);
        if digits.bytes().all(|b| b.is_ascii_digit()) {
            // An integer literal: exact iff it is safe.
            return Self::try_from(token.parse::<i64>().ok()?).ok();
        }
        let mut buffer = ryu_js::Buffer::new();
        // Most tokens stand there as ECMAScript writes them, and the same text is the same value.
        if token.len() <= LONGEST_FORM {
            let number = Self::try_from(token.parse::<f64>().ok()?).ok()?;
            if number.write(&mut buffer) == token {
                return Some(number);
            }
        }
        let decimal = Decimal::of(token)?;
        let number = Self::try_from(decimal.to_f64()?).ok()?;
        (Decimal::of(number.write(&mut buffer)) == Some(decimal)).then_some(number)
    }

    /// The ECMAScript form (`Number::toString`, ECMA-262 §6.1.6.1.20).
    pub(super) fn write(self, buffer: &mut ryu_js::Buffer) -> &str {
        // Not std's shortest form: it rounds ties up where ECMAScript takes the even digit.
        buffer.format_finite(self.0)
    }
}

impl Eq for Number {}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.write(&mut ryu_js::Buffer::new()))
    }
}

impl From<u32> for Number {
    fn from(value: u32) -> Self {
        Self(value.into())
    }
}

impl TryFrom<i64> for Number {
    type Error = NotExact;

    fn try_from(value: i64) -> Result<Self, NotExact> {
        let safe = value.unsigned_abs() <= MAX_SAFE;
        safe.then_some(Self(value as f64)).ok_or(NotExact)
    }
}

impl TryFrom<u64> for Number {
    type Error = NotExact;

    fn try_from(value: u64) -> Result<Self, NotExact> {
        (value <= MAX_SAFE).then_some(Self(value as f64)).ok_or(NotExact)
    }
}

impl TryFrom<f64> for Number {
    type Error = NotExact;

    fn try_from(value: f64) -> Result<Self, NotExact> {
        // ECMAScript prints an integer as a bare literal below 1e21, with an exponent from there on.
        let integer_literal = value.fract() == 0.0 && value.abs() < 1e21;
        if !value.is_finite() || (integer_literal && value.abs() > MAX_SAFE as f64) {
            return Err(NotExact);
        }
        // Adding zero turns -0 into 0 and changes nothing else.
        Ok(Self(value + 0.0))
    }
}

/// The exact value of a token: ± `digits` × 10^`exponent`, `digits` no multiple of ten; zero is all zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: u64,
    exponent: i64,
}

impl Decimal {
    const ZERO: Self = Self { negative: false, digits: 0, exponent: 0 };

    /// `None` for a value with more digits or a larger exponent than any ECMAScript form has.
    fn of(token: &str) -> Option<Self> {
        let unsigned = token.strip_prefix('-').unwrap_or(token);
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));

        let (mut digits, mut count, mut zeros) = (0, 0, 0);
        let mut power = i64::try_from(integer.len()).ok()?; // of ten, of the digit read last
        let mut last = 0; // the power of the last digit that was not zero
        for digit in integer.bytes().chain(fraction.bytes()).map(|b| b - b'0') {
            power -= 1;
            if digit == 0 {
                zeros += usize::from(count > 0);
                continue;
            }
            count += zeros + 1;
            if count > MAX_DIGITS {
                return None;
            }
            for _ in 0..=zeros {
                digits *= 10;
            }
            digits += u64::from(digit);
            (zeros, last) = (0, power);
        }
        if digits == 0 {
            return Some(Self::ZERO); // whatever the exponent
        }
        // An exponent beyond i64 cannot be balanced by a mantissa that fits into memory.
        let exponent = exponent.parse::<i64>().ok()?.checked_add(last)?;
        Some(Self { negative: token.starts_with('-'), digits, exponent })
    }

    /// The nearest binary64 value; `None` if it is infinite, or zero for a value that is not.
    fn to_f64(self) -> Option<f64> {
        // At most 17 digits: outside this range nothing is representable, and std is given no absurd exponent.
        if !(-400..=400).contains(&self.exponent) {
            return None;
        }
        let sign = if self.negative { "-" } else { "" };
        let value = format!("{sign}{}e{}", self.digits, self.exponent).parse::<f64>().ok()?;
        (value.is_finite() && (value != 0.0 || self.digits == 0)).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(token: &str) -> Option<String> {
        Number::from_token(token).map(|number| number.to_string())
    }

    #[test]
    fn exact_tokens_pass_in_ecmascript_form() {
        for (token, expected) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.0e-5", "0"),
            ("1.0", "1"),
            ("1e2", "100"),
            ("0.1", "0.1"),
            ("1e21", "1e+21"),
            ("1E-7", "1e-7"),
            ("0.000001", "0.000001"),
            ("9007199254740991", "9007199254740991"),
            ("-9007199254740991.000", "-9007199254740991"),
            ("5e-324", "5e-324"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
            ("1424953923781206.2", "1424953923781206.2"),
            ("0e99999999999999999999", "0"),
        ] {
            assert_eq!(form(token).as_deref(), Some(expected), "{token}");
        }
    }

    #[test]
    fn tokens_that_would_change_are_refused() {
        for token in [
            "9007199254740992",
            "-9007199254740992",
            "9007199254740992.0",
            "9007199254740993",
            "9223372036854775807",
            "99999999999999999999999999",
            "1e20",
            "123e18",
            "0.10000000000000001",
            "1424953923781206.3",
            "1424953923781206.25",
            "4.9e-324",
            "1e-400",
            "1e400",
            "-1e400",
            "1.7976931348623159e308",
            "1e99999999999999999999",
            "1e-99999999999999999999",
        ] {
            assert_eq!(form(token), None, "{token}");
        }
    }

    #[test]
    fn long_mantissas_are_balanced_by_exponents_exactly() {
        let zeros = "0".repeat(1_000_000);
        assert_eq!(form(&format!("0.{zeros}1e1000001")).as_deref(), Some("1"));
        assert_eq!(form(&format!("1{zeros}e-1000000")).as_deref(), Some("1"));
        assert_eq!(form(&format!("0.1{zeros}")).as_deref(), Some("0.1"));
        assert_eq!(form(&format!("0.1{zeros}1")), None);
        assert_eq!(form(&format!("1e{zeros}2")).as_deref(), Some("100"));
        assert_eq!(form(&format!("0e{}", "9".repeat(1_000_000))).as_deref(), Some("0"));
        assert_eq!(form(&format!("1e-{}", "9".repeat(1_000_000))), None);
    }

    #[test]
    fn conversions_keep_the_invariant() {
        assert_eq!(Number::try_from(f64::NAN), Err(NotExact));
        assert_eq!(Number::try_from(f64::NEG_INFINITY), Err(NotExact));
        assert_eq!(Number::try_from(9_007_199_254_740_992_u64), Err(NotExact));
        assert_eq!(Number::try_from(i64::MIN), Err(NotExact));
        assert_eq!(Number::try_from(1e20), Err(NotExact));
        assert_eq!(Number::try_from(-0.0).map(|n| n.as_f64().is_sign_negative()), Ok(false));
        assert_eq!(Number::try_from(1e21).map(|n| (n.as_i64(), n.as_u64())), Ok((None, None)));
        assert_eq!(Number::try_from(-3_i64).map(|n| (n.as_i64(), n.as_u64())), Ok((Some(-3), None)));
        assert_eq!(Number::try_from(0.5).map(Number::as_i64), Ok(None));
        assert_eq!(Number::from(u32::MAX).as_u64(), Some(4_294_967_295));
    }
}
