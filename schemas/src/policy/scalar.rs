//! Plain scalars of YAML 1.2's core schema: what a word without quotes means.

use super::Problem;
use crate::canonical::{Json, Limits};

/// What the plain scalar `text` means.
///
/// # Errors
/// For a number that binary64 does not hold exactly, that readers take for another one, infinities and NaN.
pub(super) fn resolve(text: &str) -> Result<Json, Problem> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Json::Null),
        "true" | "True" | "TRUE" => return Ok(Json::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Json::Bool(false)),
        _ => {}
    }
    let number =
        |token: &str| Json::parse(token.as_bytes(), Limits::bytes(token.len())).map_err(|_| inexact(text));
    for (prefix, radix) in [("0o", 8), ("0x", 16)] {
        if let Some(digits) = text.strip_prefix(prefix)
            && !digits.is_empty()
            && digits.chars().all(|c| c.is_digit(radix))
        {
            let value = u64::from_str_radix(digits, radix).map_err(|_| inexact(text))?;
            return number(&value.to_string());
        }
    }
    let (sign, unsigned) = match text.strip_prefix(['+', '-']) {
        Some(rest) => (if text.starts_with('-') { "-" } else { "" }, rest),
        None => ("", text),
    };
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err(inexact(text));
    }
    match json_number(unsigned) {
        Some(_) if has_leading_nought(unsigned) => {
            Err(Problem::Forbidden("numbers that begin with a nought"))
        }
        Some(token) => number(&format!("{sign}{token}")),
        None => Ok(Json::String(text.into())),
    }
}

/// Octal for readers of YAML 1.1, decimal for those of 1.2.
fn has_leading_nought(number: &str) -> bool {
    number.strip_prefix('0').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn inexact(text: &str) -> Problem {
    Problem::Number(text.chars().take(40).collect())
}

/// `[0-9]+`, `[0-9]+ . [0-9]*` or `. [0-9]+`, with an exponent or without, as JSON writes it; `None` if it is neither.
fn json_number(text: &str) -> Option<String> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let some_digits = |part: &str| !part.is_empty() && digits(part);
    let mantissa_ok = match fraction {
        Some(fraction) => digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty()),
        None => some_digits(whole),
    };
    let exponent_ok = exponent.is_none_or(|e| some_digits(e.strip_prefix(['+', '-']).unwrap_or(e)));
    if !mantissa_ok || !exponent_ok {
        return None;
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let mut token = whole.to_owned();
    if let Some(fraction) = fraction.filter(|fraction| !fraction.is_empty()) {
        token.push('.');
        token.push_str(fraction);
    }
    if let Some(exponent) = exponent {
        token.push('e');
        token.push_str(exponent);
    }
    Some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_what_the_core_schema_says() {
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(resolve(text), Ok(Json::Null), "{text}");
        }
        assert_eq!(resolve("True"), Ok(Json::Bool(true)));
        assert_eq!(resolve("FALSE"), Ok(Json::Bool(false)));
        // YAML 1.1 would have made something else of these.
        for text in [
            "yes",
            "no",
            "on",
            "off",
            "1_000",
            "0b1",
            "2026-01-01",
            "1:30",
            "nUll",
            "0o9",
            "0x",
            "1e",
            ".",
            "-",
            "+",
            "1.2.3",
            "e5",
        ] {
            assert_eq!(resolve(text), Ok(Json::from(text)), "{text}");
        }
    }

    #[test]
    fn numbers_are_exact_or_refused() {
        for (text, json) in [
            ("7", "7"),
            ("-7", "-7"),
            ("+7", "7"),
            ("0o17", "15"),
            ("0xff", "255"),
            ("1.5", "1.5"),
            (".5", "0.5"),
            ("1.", "1"),
            ("1e2", "100"),
            ("0", "0"),
        ] {
            assert_eq!(resolve(text), Ok(Json::parse(json.as_bytes(), Limits::bytes(8)).unwrap()), "{text}");
        }
        for text in [
            "9007199254740992",
            "0.10000000000000001",
            "1e400",
            ".inf",
            "-.INF",
            ".NaN",
            "0xffffffffffffffffff",
        ] {
            assert!(matches!(resolve(text), Err(Problem::Number(_))), "{text}");
        }
        for text in ["007", "-010", "00", "00.5", "01e2"] {
            assert_eq!(resolve(text), Err(Problem::Forbidden("numbers that begin with a nought")), "{text}");
        }
    }
}
