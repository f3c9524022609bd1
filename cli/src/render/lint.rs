//! What a lint found, for people: worst first.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use mcpsign_schemas::code::Level;

use crate::commands::manifest::lint::{Counts, Linted, Shown};
use crate::output::style::{BOLD, DIM, ERROR, HINT, NOTE, WARNING};
use crate::render::human::{count, field};
use crate::render::untrusted::value;

/// Findings shown; `--format json` has all.
const FINDINGS: usize = 200;

/// Each finding with its place and what stands there; the cure once for each code.
pub(crate) fn human(linted: &Linted) -> String {
    let mut text = String::new();
    let mut cured = BTreeSet::new();
    for shown in linted.findings.iter().take(FINDINGS) {
        one(&mut text, shown);
        let code = shown.issue.code;
        if shown.issue.level > Level::Note && cured.insert(code.id) {
            let _ = writeln!(text, "  {HINT}hint{HINT:#}: {}; `mcpsign explain {code}` says why", code.cure);
        }
        text.push('\n');
    }
    if let Some(more) = linted.findings.len().checked_sub(FINDINGS).filter(|more| *more > 0) {
        let _ = writeln!(text, "… {more} more; `--format json` shows all\n");
    }
    let Counts { error, warning, note } = linted.counts;
    let found = [count(error, "error"), count(warning, "warning"), count(note, "note")].join(", ");
    let _ = writeln!(
        text,
        "{BOLD}{found}{BOLD:#} by {} over {} of a {}, {WARNING}not verified{WARNING:#}; what no rule finds may be there all the same",
        count(linted.rules, "rule"),
        count(linted.items, "item"),
        if linted.source == "replies" { "server's replies" } else { linted.source },
    );
    text
}

fn one(text: &mut String, shown: &Shown) {
    let issue = &shown.issue;
    let (style, word) = match issue.level {
        Level::Error => (ERROR, "error"),
        Level::Warning => (WARNING, "warning"),
        Level::Note => (NOTE, "note"),
    };
    let item = issue.place.as_ref().map(|place| format!("{} `{}`: ", place.kind, value(&place.name)));
    let item = item.unwrap_or_default();
    let _ = writeln!(text, "{style}{word}[{}]{style:#}: {item}{}", issue.code, issue.message);
    if let Some(place) = issue.place.as_ref().filter(|place| !place.pointer.is_empty()) {
        field(text, "at", value(&place.pointer));
    }
    if let Some(excerpt) = &issue.excerpt {
        field(text, "found", excerpt);
    }
    if shown.profiles.len() > 1 {
        let profiles: Vec<String> = shown.profiles.iter().map(|name| value(name).to_string()).collect();
        let _ = writeln!(text, "  {DIM}in the profiles {}{DIM:#}", profiles.join(", "));
    }
}
