//! What looks as attacks look, or breaks what clients rely on, in what one server shows: `spec/lint.md`.
//!
//! Every text of every item is searched, at any depth, member names included, and as a model reads it: `plain`. A rule
//! is one file below `rules` and one line in [`RULES`]. Finding nothing proves nothing.

mod encoded;
mod issue;
mod languages;
mod mentions;
mod name;
mod phrases;
mod plain;
mod reading;
mod rules;
mod server;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use issue::{Excerpt, Issue, Place};
pub use mentions::Foreign;
pub use rules::RULES;

use crate::canonical::Json;
use crate::code::{Code, Level};
use crate::digest::Sha256Digest;
use crate::manifest::Profile;
use crate::observed::ObservedServer;
use crate::surface::ItemKind;
use issue::Found;
use server::Server;

/// One rule.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Its code, with cause, cure and what it serves.
    pub code: Code,
    check: fn(&Server<'_>, &mut Found),
    #[cfg(test)]
    cases: tests::Cases,
}

/// Every issue of one sighting of a server, worst first.
pub fn server(observed: &ObservedServer) -> Vec<Issue> {
    let server = Server::new(observed);
    let mut issues = Vec::new();
    for rule in RULES {
        let mut found = Found::new(rule.code);
        (rule.check)(&server, &mut found);
        issues.extend(found.into_issues());
    }
    issues.sort_by(|a, b| a.order().cmp(&b.order()));
    issues
}

/// Where one item, taken by itself, gives a model orders or names credentials: rule and pointer.
pub(crate) fn orders(kind: ItemKind, item: &Json) -> Vec<(Code, String)> {
    let server = Server::of_item(kind, item);
    let mut orders = Vec::new();
    for rule in rules::ORDERS {
        let mut found = Found::new(rule.code);
        (rule.check)(&server, &mut found);
        let weighs = found.into_issues().filter(|issue| issue.level > Level::Note);
        orders.extend(weighs.filter_map(|issue| Some((issue.code, issue.place?.pointer))));
    }
    orders
}

/// Every issue of the profiles of a capture or manifest, each once, with the profiles that have it; worst first.
pub fn profiles(profiles: &[Profile], items: &BTreeMap<Sha256Digest, Json>) -> Vec<(Issue, Vec<String>)> {
    let mut all: BTreeMap<Issue, Vec<String>> = BTreeMap::new();
    for profile in profiles {
        for issue in server(&ObservedServer::from_profile(profile, items)) {
            all.entry(issue).or_default().push(profile.name.clone());
        }
    }
    let mut all: Vec<(Issue, Vec<String>)> = all.into_iter().collect();
    all.sort_by(|a, b| a.0.order().cmp(&b.0.order()));
    all
}
