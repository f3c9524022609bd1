//! Declared licences as documents want them: one SPDX expression, or names in the words of their source.

use std::collections::BTreeMap;

use spdx::{Expression, ParseMode};

use crate::canonical::Json;
use crate::digest::Sha256Digest;

use super::model::object;

/// Identifiers as the SPDX list spells them, the deprecated ones too: `GPL-2.0` still stands in many packages.
const MODE: ParseMode = ParseMode { allow_deprecated: true, ..ParseMode::STRICT };

/// Stands in SPDX documents where a licence has to be named and none is stated. An identifier of its own, as both the BSI's
/// guideline and the FSCT ask for: `NOASSERTION` is what nobody looked for.
pub(in crate::sbom) const NOT_STATED: &str = "LicenseRef-mcpsign-not-stated";
/// What that means, in the document itself.
const NOT_STATED_TEXT: &str = "The files that were read state no licence for this component.";

/// What is declared of one component.
enum Declared<'a> {
    Nothing,
    Expression(&'a str),
    /// Several statements, or one that is no expression.
    Statements(&'a [&'a str]),
}

fn declared<'a>(statements: &'a [&'a str]) -> Declared<'a> {
    match statements {
        [] => Declared::Nothing,
        [one] if is_expression(one) => Declared::Expression(one),
        several => Declared::Statements(several),
    }
}

fn is_expression(text: &str) -> bool {
    Expression::parse_mode(text, MODE).is_ok()
}

/// CycloneDX's `licenses`; `None` for no licence.
pub(super) fn cyclonedx(statements: &[&str]) -> Option<Json> {
    let entries = match declared(statements) {
        Declared::Nothing => return None,
        Declared::Expression(one) => {
            vec![object([("expression", Json::from(one)), ("acknowledgement", "declared".into())])]
        }
        // Several statements about one package: joining them would decide between AND and OR.
        Declared::Statements(names) => names.iter().map(|name| named(name)).collect(),
    };
    Some(Json::Array(entries))
}

fn named(name: &str) -> Json {
    let license = object([("name", Json::from(name)), ("acknowledgement", "declared".into())]);
    object([("license", license)])
}

/// Licences as SPDX wants them: always an expression, and the texts of the identifiers that only this document knows.
#[derive(Default)]
pub(super) struct SpdxLicenses {
    /// By `LicenseRef-…`.
    pub(super) texts: BTreeMap<String, String>,
}

/// The licence of one component.
pub(super) struct SpdxLicense {
    /// What is declared; `None` where nothing is.
    pub(super) declared: Option<String>,
    /// What a reader has to reckon with: what is declared, several statements together, or that nothing is stated.
    pub(super) concluded: String,
}

impl SpdxLicenses {
    /// The expression for what `statements` say.
    pub(super) fn of(&mut self, statements: &[&str]) -> SpdxLicense {
        let declared = match declared(statements) {
            Declared::Nothing => {
                self.define(NOT_STATED, NOT_STATED_TEXT);
                return SpdxLicense { declared: None, concluded: NOT_STATED.to_owned() };
            }
            Declared::Expression(one) => self.expression(one),
            // Whoever holds to all of them holds to whichever counts.
            Declared::Statements(several) => {
                let each: Vec<String> = several.iter().map(|statement| self.statement(statement)).collect();
                each.join(" AND ")
            }
        };
        SpdxLicense { concluded: declared.clone(), declared: Some(declared) }
    }

    fn statement(&mut self, statement: &str) -> String {
        if is_expression(statement) {
            let expression = self.expression(statement);
            return if expression.contains(' ') { format!("({expression})") } else { expression };
        }
        let digest = Sha256Digest::of(statement.as_bytes()).to_string();
        let id = format!("LicenseRef-mcpsign-{}", &digest[..16]);
        // An empty text is no text to the validators.
        let text = if statement.trim().is_empty() { "(an empty statement)" } else { statement };
        self.define(&id, text);
        id
    }

    /// Every identifier that the document has to explain has its text, though it be only that there is none.
    fn expression(&mut self, expression: &str) -> String {
        let words = expression.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.'));
        for id in words.filter(|word| word.starts_with("LicenseRef-")) {
            self.define(id, &format!("The component calls its licence {id}; its text was not read."));
        }
        expression.to_owned()
    }

    fn define(&mut self, id: &str, text: &str) {
        if !self.texts.contains_key(id) {
            self.texts.insert(id.to_owned(), text.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(declared: &[&str]) -> String {
        let json = cyclonedx(declared).unwrap_or(Json::Null);
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

    #[test]
    fn spdx_has_an_expression_for_everything() {
        let mut licenses = SpdxLicenses::default();
        let mut of = |statements: &[&str]| licenses.of(statements).concluded;
        assert_eq!(of(&["MIT OR Apache-2.0"]), "MIT OR Apache-2.0");
        assert_eq!(of(&[]), NOT_STATED);
        let named = of(&["SEE LICENSE IN LICENSE.md"]);
        assert!(named.starts_with("LicenseRef-mcpsign-"), "{named}");
        assert_eq!(of(&["ISC", "MIT OR X11"]), "ISC AND (MIT OR X11)");
        assert_eq!(of(&["(ISC AND MIT) OR LicenseRef-x"]), "(ISC AND MIT) OR LicenseRef-x");
        assert!(licenses.of(&[]).declared.is_none());
        assert_eq!(licenses.texts[&named], "SEE LICENSE IN LICENSE.md");
        assert_eq!(licenses.texts.keys().filter(|id| *id == "LicenseRef-x" || *id == NOT_STATED).count(), 2);
    }
}
