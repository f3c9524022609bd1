//! Declared licences as documents want them: one SPDX expression, or names in the words of their source.

use std::collections::{BTreeMap, BTreeSet};

use crate::canonical::Json;
use crate::license::expression;
use crate::sbom::named::statement;

use super::model::object;

/// Stands in SPDX documents where a licence has to be named and none is stated. An identifier of its own, as both the BSI's
/// guideline and the FSCT ask for: `NOASSERTION` is what nobody looked for.
pub(in crate::sbom) const NOT_STATED: &str = "LicenseRef-mcpsign-not-stated";
/// What that means, in the document itself.
const NOT_STATED_TEXT: &str = "The files that were read state no licence for this component.";
/// Starts the identifiers of licences that have none of their own.
pub(in crate::sbom) const NAMED: &str = "LicenseRef-mcpsign-";

/// What is declared of one component.
enum Declared<'a> {
    Nothing,
    /// By all that is stated, which may be once or several times the same.
    Expression(String),
    /// By several statements that are expressions.
    Several(Vec<String>),
    /// By statements of which some are none.
    Names(BTreeSet<Name<'a>>),
}

/// One of several statements.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Name<'a> {
    Expression(String),
    /// In the words of its source.
    Words(&'a str),
}

fn declared<'a>(statements: &[&'a str]) -> Declared<'a> {
    let names: BTreeSet<Name<'a>> = statements
        .iter()
        .filter_map(|text| statement(text))
        .map(|text| expression(text).map_or(Name::Words(text), Name::Expression))
        .collect();
    let mut expressions: Vec<String> = Vec::new();
    for name in &names {
        match name {
            Name::Expression(expression) => expressions.push(expression.clone()),
            Name::Words(_) => return Declared::Names(names),
        }
    }
    match expressions.len() {
        0 => Declared::Nothing,
        1 => Declared::Expression(expressions.remove(0)),
        _ => Declared::Several(expressions),
    }
}

/// Whoever holds to all of them holds to whichever counts.
fn together(expressions: &[String]) -> String {
    let joined = expressions.iter().map(|one| format!("({one})")).collect::<Vec<_>>().join(" AND ");
    expression(&joined).unwrap_or(joined)
}

/// CycloneDX's `licenses`; `None` for no licence.
pub(super) fn cyclonedx(statements: &[&str]) -> Option<Json> {
    let expression = |expression: &str, acknowledgement: &str| {
        object([("expression", Json::from(expression)), ("acknowledgement", acknowledgement.into())])
    };
    let entries = match declared(statements) {
        Declared::Nothing => return None,
        Declared::Expression(one) => vec![expression(&one, "declared")],
        Declared::Several(several) => vec![expression(&together(&several), "concluded")],
        Declared::Names(names) => names
            .iter()
            .map(|name| match name {
                Name::Expression(expression) => named(expression),
                Name::Words(words) => named(words),
            })
            .collect(),
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
    /// Whether it is declared so; else it is what we make of several statements, or of none.
    pub(super) is_declared: bool,
    /// What a reader has to reckon with: what is declared, several statements together, or that nothing is stated.
    pub(super) concluded: String,
}

impl SpdxLicenses {
    /// The expression for what `statements` say.
    pub(super) fn of(&mut self, statements: &[&str]) -> SpdxLicense {
        let (is_declared, concluded) = match declared(statements) {
            Declared::Nothing => {
                self.define(NOT_STATED, NOT_STATED_TEXT);
                (false, NOT_STATED.to_owned())
            }
            Declared::Expression(one) => (true, self.explained(one)),
            Declared::Several(several) => (false, self.explained(together(&several))),
            Declared::Names(names) => {
                let is_one = names.len() == 1;
                let each = names.into_iter().map(|name| match name {
                    Name::Expression(expression) => self.explained(expression),
                    Name::Words(words) => self.named(words),
                });
                (is_one, together(&each.collect::<Vec<_>>()))
            }
        };
        SpdxLicense { is_declared, concluded }
    }

    /// An identifier for what has none, with its words as the text.
    fn named(&mut self, words: &str) -> String {
        let id = named_id(words);
        self.define(&id, words);
        id
    }

    /// Every identifier that the document has to explain has its text, though it be only that there is none.
    fn explained(&mut self, expression: String) -> String {
        let words = expression.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.'));
        for id in words.filter(|word| word.starts_with("LicenseRef-")) {
            self.define(id, &format!("The component calls its licence {id}; its text was not read."));
        }
        expression
    }

    fn define(&mut self, id: &str, text: &str) {
        if !self.texts.contains_key(id) {
            self.texts.insert(id.to_owned(), text.to_owned());
        }
    }
}

/// The identifier that stands for these words, and no others.
pub(in crate::sbom) fn named_id(words: &str) -> String {
    format!("{NAMED}{}", super::short(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(declared: &[&str]) -> String {
        let json = cyclonedx(declared).unwrap_or(Json::Null);
        String::from_utf8(json.to_canonical()).unwrap()
    }

    #[test]
    fn expressions_are_expressions_and_all_else_is_a_name() {
        let expression = |expression: &str, acknowledgement: &str| {
            format!(r#"[{{"acknowledgement":"{acknowledgement}","expression":"{expression}"}}]"#)
        };
        assert_eq!(text(&[]), "null");
        for nothing in ["", " ", "NONE", "NOASSERTION"] {
            assert_eq!(text(&[nothing]), "null");
        }
        for (stated, written) in [
            ("MIT", "MIT"),
            ("MIT OR Apache-2.0", "MIT OR Apache-2.0"),
            ("GPL-2.0", "GPL-2.0-only"),
            ("(ISC AND MIT) OR LicenseRef-x", "ISC AND MIT OR LicenseRef-x"),
            (
                "GPL-3.0-or-later WITH Classpath-exception-2.0",
                "GPL-3.0-or-later WITH Classpath-exception-2.0",
            ),
            ("License :: OSI Approved :: MIT License", "MIT"),
        ] {
            assert_eq!(text(&[stated]), expression(written, "declared"));
        }
        for name in ["UNLICENSED", "SEE LICENSE IN LICENSE.md", "MIT/Apache-2.0", "BSD"] {
            let expected = format!(r#"[{{"license":{{"acknowledgement":"declared","name":"{name}"}}}}]"#);
            assert_eq!(text(&[name]), expected);
        }
        assert_eq!(text(&["MIT", "MIT License", "mit"]), expression("MIT", "declared"));
        assert_eq!(text(&["MIT OR X11", "ISC"]), expression("ISC AND (MIT OR X11)", "concluded"));
        assert_eq!(text(&["BSD", "mit"]).matches("\"name\"").count(), 2);
    }

    #[test]
    fn spdx_has_an_expression_for_everything() {
        let mut licenses = SpdxLicenses::default();
        let mut of = |statements: &[&str]| {
            let license = licenses.of(statements);
            (license.concluded, license.is_declared)
        };
        let is = |text: &str, is_declared: bool| (text.to_owned(), is_declared);
        assert_eq!(of(&["MIT OR Apache-2.0"]), is("MIT OR Apache-2.0", true));
        assert_eq!(of(&[]), is(NOT_STATED, false));
        let (named, is_declared) = of(&["SEE LICENSE IN LICENSE.md"]);
        assert!(named.starts_with(NAMED) && is_declared, "{named}");
        assert_eq!(of(&["ISC", "MIT OR X11"]), is("ISC AND (MIT OR X11)", false));
        assert_eq!(
            of(&["SEE LICENSE IN LICENSE.md", "MIT OR X11"]),
            is(&format!("(MIT OR X11) AND {named}"), false)
        );
        assert_eq!(of(&["(ISC AND MIT) OR LicenseRef-x"]), is("ISC AND MIT OR LicenseRef-x", true));
        assert_eq!(licenses.texts[&named], "SEE LICENSE IN LICENSE.md");
        assert_eq!(licenses.texts.keys().filter(|id| *id == "LicenseRef-x" || *id == NOT_STATED).count(), 2);
    }
}
