//! No code without somebody who gives it and a test that asserts it.

use std::collections::{BTreeMap, BTreeSet};

use mcpsign_schemas::code::Code;

use crate::support::workspace;
use crate::tidy::git_files;

/// Codes that stand in a text, as constants (`family::NAME`, or by name alone where they are imported) and as ids.
#[derive(Default)]
struct Named {
    constants: BTreeSet<String>,
    ids: BTreeSet<String>,
}

impl Named {
    fn read(&mut self, text: &str) {
        let path = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':');
        for word in text.split(|c| !path(c)) {
            let mut parts = word.rsplit("::");
            let Some(name) = parts.next().filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase()))
            else {
                continue;
            };
            self.constants.insert(name.to_owned());
            if let Some(family) = parts.next() {
                self.constants.insert(format!("{family}::{name}"));
            }
        }
        let id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '/' | '-');
        self.ids.extend(text.split(|c| !id(c)).filter(|word| word.contains('/')).map(str::to_owned));
    }

    /// Some names are those of several families: then it is enough that one of them is there.
    fn has(&self, code: Code) -> bool {
        let (family, name) = constant(code);
        self.ids.contains(code.id)
            || self.constants.contains(&format!("{family}::{name}"))
            || self.constants.contains(&name)
    }
}

fn constant(code: Code) -> (&'static str, String) {
    let (family, what) = code.id.split_once('/').unwrap();
    (family, what.to_uppercase().replace('-', "_"))
}

#[test]
fn every_code_is_given_by_somebody_and_asserted_by_a_test() {
    let (mut given, mut asserted) = (Named::default(), Named::default());
    for path in git_files("*.rs") {
        let Ok(text) = std::fs::read_to_string(workspace().join(&path)) else { continue };
        if path.starts_with("schemas/src/code/") {
            continue;
        }
        if path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("/tests.rs") {
            asserted.read(&text);
        } else {
            let (code, tests) = text.split_once("#[cfg(test)]\n").unwrap_or((&text, ""));
            given.read(code);
            asserted.read(tests);
        }
    }
    for path in git_files("tests/vectors/*/case.json") {
        asserted.read(&std::fs::read_to_string(workspace().join(path)).unwrap_or_default());
    }

    // A rule of the linter stands with its code and its cases.
    let families = |code: &Code| {
        let (family, _) = constant(*code);
        workspace().join(format!("schemas/src/code/{family}.rs")).is_file()
    };
    let mut lonely: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut seen = 0;
    for code in Code::all().filter(families) {
        seen += 1;
        for (named, what) in [(&given, "given by nobody"), (&asserted, "asserted by no test")] {
            if !named.has(code) {
                lonely.entry(what).or_default().push(code.id);
            }
        }
    }
    assert!(seen > 100, "{seen}");
    assert!(lonely.is_empty(), "{lonely:#?}");
}
