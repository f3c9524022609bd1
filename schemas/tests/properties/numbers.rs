//! The number rule against a second implementation of it, by long-hand decimals.

use mcpsign_schemas::canonical::{Json, Number};
use proptest::prelude::*;

use crate::{number, parse};

/// The value of a token as a plain decimal: sign, integer digits without leading zeros, `.`, fraction digits
/// without trailing zeros. Exponents of the samples are small enough to be written out.
fn long_hand(token: &str) -> String {
    let (sign, unsigned) = token.strip_prefix('-').map_or(("", token), |rest| ("-", rest));
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let exponent: i32 = exponent.parse().unwrap();
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let zeros = "0".repeat(exponent.unsigned_abs() as usize);
    let digits = if exponent < 0 {
        format!("{zeros}{integer}{fraction}")
    } else {
        format!("{integer}{fraction}{zeros}")
    };
    let point = match exponent {
        ..0 => integer.len(),
        _ => integer.len() + exponent as usize,
    };
    let (integer, fraction) = digits.split_at(point);
    match (integer.trim_start_matches('0'), fraction.trim_end_matches('0')) {
        ("", "") => "0.".into(),
        (integer, fraction) => format!("{sign}{integer}.{fraction}"),
    }
}

fn is_unsafe_integer_literal(token: &str) -> bool {
    let digits = token.trim_start_matches('-');
    let value = digits.parse::<u128>();
    digits.bytes().all(|b| b.is_ascii_digit()) && value.map_or(true, |value| value > (1 << 53) - 1)
}

/// `spec/canonical-json.md`, read word for word.
fn accepted(token: &str) -> Option<String> {
    let value: f64 = token.parse().unwrap();
    let form = ryu_js::Buffer::new().format(value).to_owned();
    let exact = value.is_finite() && long_hand(&form) == long_hand(token);
    let safe = !is_unsafe_integer_literal(token) && !is_unsafe_integer_literal(&form);
    (exact && safe).then_some(form)
}

fn token() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
        1 => "-?(0|[1-9][0-9]{0,3}0{0,18})(\\.0{0,3}[0-9])?([eE][+-]?[0-9]{1,2})?",
        1 => number().prop_map(|number| format!("{:e}", number.as_f64())),
        1 => number().prop_map(|number| number.as_f64().to_string()),
        1 => (0_u64..4000).prop_map(|n| (9_007_199_254_740_991 - 2000 + n).to_string()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_token_is_taken_iff_the_rule_says_so(token in token()) {
        let ours = parse(&token).ok().map(|json| String::from_utf8(json.to_canonical()).unwrap());
        prop_assert_eq!(ours, accepted(&token), "{}", token);
    }

    #[test]
    fn binary64_survives_its_form(number in number()) {
        let again = parse(&number.to_string());
        let bits = again.ok().and_then(|json| json.as_number()).map(|number| number.as_f64().to_bits());
        prop_assert_eq!(bits, Some(number.as_f64().to_bits()));
    }

    #[test]
    fn integers_are_integers(value in any::<i64>()) {
        let safe = value.unsigned_abs() < 1 << 53;
        prop_assert_eq!(Number::try_from(value).is_ok(), safe);
        prop_assert_eq!(parse(&value.to_string()).is_ok(), safe);
        if let Ok(number) = Number::try_from(value) {
            prop_assert_eq!(number.as_i64(), Some(value));
            prop_assert_eq!(number.as_u64(), u64::try_from(value).ok());
            prop_assert_eq!(Json::Number(number).to_canonical(), value.to_string().into_bytes());
        }
    }
}
