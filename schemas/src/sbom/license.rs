//! Declared licences as CycloneDX wants them.

use spdx::{Expression, ParseMode};

use crate::canonical::Json;

use super::cyclonedx::object;

/// Identifiers as the SPDX list spells them, the deprecated ones too: `GPL-2.0` still stands in many packages.
const MODE: ParseMode = ParseMode { allow_deprecated: true, ..ParseMode::STRICT };

/// `licenses` of a component: one SPDX expression, or names in the words of their source. `None` for no licence.
pub(super) fn licenses<'a>(declared: impl ExactSizeIterator<Item = &'a str>) -> Option<Json> {
    let all: Vec<&str> = declared.collect();
    let entries = match all.as_slice() {
        [] => return None,
        [one] if Expression::parse_mode(one, MODE).is_ok() => {
            vec![object([("expression", Json::from(*one)), ("acknowledgement", "declared".into())])]
        }
        // Several statements about one package: joining them would decide between AND and OR.
        names => names.iter().map(|name| named(name)).collect(),
    };
    Some(Json::Array(entries))
}

fn named(name: &str) -> Json {
    let license = object([("name", Json::from(name)), ("acknowledgement", "declared".into())]);
    object([("license", license)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(declared: &[&str]) -> String {
        let json = licenses(declared.iter().copied()).unwrap_or(Json::Null);
        String::from_utf8(json.to_canonical()).unwrap()
    }

    #[test]
    fn valid_expressions_are_expressions_and_all_else_is_a_name() {
        assert_eq!(text(&[]), "null");
        for expression in [
            "MIT",
            "MIT OR Apache-2.0",
            "GPL-2.0",
            "(ISC AND MIT) OR LicenseRef-x",
            "GPL-3.0-or-later WITH Classpath-exception-2.0",
        ] {
            let expected = format!(r#"[{{"acknowledgement":"declared","expression":"{expression}"}}]"#);
            assert_eq!(text(&[expression]), expected);
        }
        for name in ["UNLICENSED", "SEE LICENSE IN LICENSE.md", "MIT/Apache-2.0", "", "mit"] {
            let expected = format!(r#"[{{"license":{{"acknowledgement":"declared","name":"{name}"}}}}]"#);
            assert_eq!(text(&[name]), expected);
        }
        assert!(text(&["MIT", "ISC"]).matches("\"name\"").count() == 2);
    }
}
