//! What others write for a licence, as an SPDX expression in the one spelling that the list has for it.

use spdx::expression::{ExprNode, Operator};
use spdx::{Expression, LicenseItem, LicenseReq, ParseMode};

use super::names;

/// Identifiers as the SPDX list spells them, and those that it had once: `GPL-2.0` and `GPL-2.0+` still stand in many packages.
const MODE: ParseMode =
    ParseMode { allow_deprecated: true, allow_postfix_plus_on_gpl: true, ..ParseMode::STRICT };

/// Licences in one expression at the most. What stands in packages has a dozen.
const MAX_LICENSES: usize = 256;

/// Bytes of a statement at the most: room for as many licences.
const MAX_BYTES: usize = 16 << 10;

/// Stands in the list of the crate, and says that nothing is said.
const NOASSERTION: &str = "NOASSERTION";

/// Licences that had an identifier of their own with an exception, and what the SPDX list says to write instead.
const WITH_EXCEPTION: [(&str, &str); 7] = [
    ("GPL-2.0-with-GCC-exception", "GPL-2.0-only WITH GCC-exception-2.0"),
    ("GPL-2.0-with-autoconf-exception", "GPL-2.0-only WITH Autoconf-exception-2.0"),
    ("GPL-2.0-with-bison-exception", "GPL-2.0-only WITH Bison-exception-2.2"),
    ("GPL-2.0-with-classpath-exception", "GPL-2.0-only WITH Classpath-exception-2.0"),
    ("GPL-2.0-with-font-exception", "GPL-2.0-only WITH Font-exception-2.0"),
    ("GPL-3.0-with-GCC-exception", "GPL-3.0-only WITH GCC-exception-3.1"),
    ("GPL-3.0-with-autoconf-exception", "GPL-3.0-only WITH Autoconf-exception-3.0"),
];

/// The SPDX expression that `text` is, or that it means by a name which one licence in one version has: identifiers as the list
/// spells them today, operators in capitals, no brackets but those that are needed. `None` where it is none, or where several
/// licences go by that name (`BSD`, `GPLv3`): nothing is guessed. Nor is one that refers to another document, which is not there, or
/// to an addition that SPDX 2 has no word for: who reads SPDX 2 refuses the whole document for it.
pub fn expression(text: &str) -> Option<String> {
    parse(text).map(|parsed| written(&parsed)).filter(|written| !refers_elsewhere(written))
}

fn refers_elsewhere(expression: &str) -> bool {
    let mut words = expression.split(|c: char| !is_of_word(c));
    words.any(|word| ["DocumentRef-", "AdditionRef-"].iter().any(|start| word.starts_with(start)))
}

/// As [`expression`], to be looked into.
pub(super) fn parse(text: &str) -> Option<Expression> {
    let text = text.trim();
    if text.len() > MAX_BYTES {
        return None;
    }
    spelled(text).and_then(|text| strict(&text)).or_else(|| strict(names::find(text)?))
}

/// The expression that `text` is as it stands, what is deprecated by its name of today.
pub(super) fn strict(text: &str) -> Option<Expression> {
    let parsed = Expression::parse_mode(text, MODE).ok()?;
    let says_nothing = |id: spdx::LicenseId| id.name == NOASSERTION;
    let is_open = parsed.requirements().any(|one| one.req.license.id().is_some_and(says_nothing));
    if is_open || parsed.requirements().nth(MAX_LICENSES).is_some() {
        return None;
    }
    Expression::parse_mode(&written(&parsed), MODE).ok()
}

/// The text with every identifier as the list spells it: SPDX (2.3, annex D.2) compares them without case. `None` where a word is none.
fn spelled(text: &str) -> Option<String> {
    let mut spelled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c: char| !is_of_word(c)).unwrap_or(rest.len());
        if end == 0 {
            spelled.push(first);
            rest = rest.get(first.len_utf8()..)?;
            continue;
        }
        let (bare, after) = rest.split_at(end);
        let later = after.strip_prefix('+').and_then(|after| Some((names::word_or_later(bare)?, after)));
        let (word, after) = later.or_else(|| Some((word(bare)?, after)))?;
        spelled.push_str(word);
        rest = after;
    }
    Some(spelled)
}

const fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':')
}

/// One operator, identifier or reference as it has to be spelled.
fn word(word: &str) -> Option<&str> {
    let is_reference =
        ["LicenseRef-", "DocumentRef-", "AdditionRef-"].iter().any(|prefix| word.starts_with(prefix));
    if is_reference {
        return Some(word);
    }
    let same = |known: &&str| known.eq_ignore_ascii_case(word);
    let exact = || spdx::license_id(word).map(|id| id.name);
    let operator = || ["AND", "OR", "WITH"].into_iter().find(same);
    let license = || spdx::identifiers::LICENSES.iter().map(|license| license.name).find(same);
    let exception = || spdx::identifiers::EXCEPTIONS.iter().map(|exception| exception.name).find(same);
    exact().or_else(operator).or_else(license).or_else(exception).or_else(|| names::word(word))
}

/// The expression in its one form.
fn written(parsed: &Expression) -> String {
    // Of each subexpression, in the order of the stack that the expression is written for, its form and what joins it.
    let mut stack: Vec<(String, Option<Operator>)> = Vec::new();
    for node in parsed.iter() {
        let form = match node {
            ExprNode::Req(requirement) => (one(&requirement.req), None),
            ExprNode::Op(operator) => {
                let right = stack.pop().unwrap_or_default();
                let left = stack.pop().unwrap_or_default();
                let word = match operator {
                    Operator::And => "AND",
                    Operator::Or => "OR",
                };
                let side = |(form, joined): (String, Option<Operator>)| {
                    if *operator == Operator::And && joined == Some(Operator::Or) {
                        format!("({form})")
                    } else {
                        form
                    }
                };
                (format!("{} {word} {}", side(left), side(right)), Some(*operator))
            }
        };
        stack.push(form);
    }
    stack.pop().unwrap_or_default().0
}

/// One licence by its name of today.
fn one(requirement: &LicenseReq) -> String {
    let LicenseItem::Spdx { id, or_later } = &requirement.license else { return requirement.to_string() };
    let instead = WITH_EXCEPTION.iter().find(|(old, _)| *old == id.name && requirement.addition.is_none());
    if let Some((_, instead)) = instead {
        return (*instead).to_owned();
    }
    let today = Some(*id).filter(|id| id.is_gnu() && id.is_deprecated());
    let id = today.and_then(|old| spdx::gnu_license_id(old.name, *or_later)).unwrap_or(*id);
    let license = LicenseItem::Spdx { id, or_later: *or_later };
    LicenseReq { license, addition: requirement.addition.clone() }.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_each(cases: &[(&str, &str)]) {
        for (text, expected) in cases {
            assert_eq!(expression(text).as_deref(), Some(*expected), "{text}");
            // It is what it is: what we write means itself, to us and to whoever is strict.
            assert_eq!(expression(expected).as_deref(), Some(*expected), "{text}");
            let deprecated_too = ParseMode { allow_deprecated: true, ..ParseMode::STRICT };
            assert!(Expression::parse_mode(expected, deprecated_too).is_ok(), "{expected}");
        }
    }

    #[test]
    fn expressions_have_one_spelling() {
        assert_each(&[
            ("MIT", "MIT"),
            (" mit\n", "MIT"),
            ("apache-2.0 or mit", "Apache-2.0 OR MIT"),
            ("(MIT OR Apache-2.0)", "MIT OR Apache-2.0"),
            ("((MIT)OR(ISC AND(0BSD)))", "MIT OR ISC AND 0BSD"),
            ("(MIT OR ISC) AND 0BSD AND (X11 AND Zlib)", "(MIT OR ISC) AND 0BSD AND X11 AND Zlib"),
            ("MIT OR ISC OR 0BSD", "MIT OR ISC OR 0BSD"),
            ("Apache-2.0 with llvm-Exception", "Apache-2.0 WITH LLVM-exception"),
            ("apache-1.1+", "Apache-1.1+"),
            ("GPL-2.0", "GPL-2.0-only"),
            ("gpl-2.0+", "GPL-2.0-or-later"),
            ("LGPL-2.1 OR GFDL-1.3+", "LGPL-2.1-only OR GFDL-1.3-or-later"),
            ("GPL-2.0-with-classpath-exception", "GPL-2.0-only WITH Classpath-exception-2.0"),
            ("GPL-3.0 WITH GCC-exception-3.1", "GPL-3.0-only WITH GCC-exception-3.1"),
            ("mit AND LicenseRef-Shop", "MIT AND LicenseRef-Shop"),
        ]);
    }

    #[test]
    fn names_that_one_licence_has_are_that_licence() {
        assert_each(&[
            ("MIT License", "MIT"),
            ("The MIT License (MIT).", "MIT"),
            ("Expat", "MIT"),
            ("Apache 2.0", "Apache-2.0"),
            ("Apache License, Version  2.0", "Apache-2.0"),
            ("BSD 3-Clause \"New\" or \"Revised\" License", "BSD-3-Clause"),
            ("GNU General Public License v3.0 or later", "GPL-3.0-or-later"),
            ("GNU General Public License v2.0 only", "GPL-2.0-only"),
            ("GPL-2+ or Expat", "GPL-2.0-or-later OR MIT"),
            ("GPLv3+", "GPL-3.0-or-later"),
            ("License :: OSI Approved :: MIT License", "MIT"),
            ("License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
            ("License :: CC0 1.0 Universal (CC0 1.0) Public Domain Dedication", "CC0-1.0"),
        ]);
    }

    #[test]
    fn nothing_is_guessed() {
        for text in [
            "",
            "DocumentRef-x:LicenseRef-Shop",
            "MIT OR (ISC AND DocumentRef-x:LicenseRef-Shop)",
            "MIT WITH AdditionRef-x",
            "()",
            "BSD",
            "BSD License",
            "Apache",
            "Apache License",
            "Apache Software License",
            "GPL",
            "GPLv3",
            "gnu gpl v2",
            "LGPLv2+",
            "MITRE",
            "mit-style",
            "MIT/Apache-2.0",
            "MIT, ISC",
            "MIT ISC",
            "MIT +",
            "MIT WITH MIT",
            "MIT AND NOASSERTION",
            "NOASSERTION",
            "NONE",
            "UNLICENSED",
            "Public Domain",
            "Proprietary",
            "SEE LICENSE IN LICENSE.md",
            "License :: OSI Approved :: BSD License",
            "License :: OSI Approved :: Apache Software License",
            "License :: OSI Approved :: GNU General Public License v3 (GPLv3)",
            "License :: Public Domain",
            "License :: OSI Approved",
            "License :: OSI Approved :: Apache 2.0",
            "GPL-2.0-or-later+",
            "MIT\u{a0}é",
        ] {
            assert_eq!(expression(text), None, "{text}");
        }
        assert_eq!(expression(&vec!["ISC"; MAX_LICENSES + 1].join(" OR ")), None);
        assert!(expression(&vec!["ISC"; MAX_LICENSES].join(" OR ")).is_some());
        assert_eq!(expression(&"(".repeat(MAX_BYTES)), None);
    }
}
