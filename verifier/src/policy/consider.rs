//! Why which rule decides about a server: for people, never for deciding.

use mcpsign_schemas::policy::Spelled;
use mcpsign_schemas::purl::Purl;

use super::{Policy, Rule};

/// One rule of a policy, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Considered<'p> {
    /// The rule's name.
    pub rule: &'p str,
    /// Whether it decides.
    pub outcome: Outcome<'p>,
}

/// What became of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<'p> {
    /// The first that matches: it decides.
    Decides,
    /// It is for other servers; one sentence says why.
    Other(String),
    /// It is for one of the artifact's names and not for all: none decides. One sentence says which.
    Partly(String),
    /// It was not looked at: this one before it decides, or leaves nothing to decide.
    Behind(&'p str),
}

impl Policy {
    /// Every rule in order, for a server of this name and these package URLs; those that are none match nothing.
    pub fn consider(&self, server: &str, packages: &[String]) -> Vec<Considered<'_>> {
        let parsed: Vec<Option<Purl>> = packages.iter().map(|text| Purl::parse(text).ok()).collect();
        let known: Vec<Spelled<'_>> = parsed.iter().flatten().map(Spelled::of).collect();
        let mut last: Option<&Rule> = None;
        self.rules
            .iter()
            .map(|rule| {
                let outcome = match (last, rule.objection(server, &parsed)) {
                    (Some(before), _) => Outcome::Behind(&before.name),
                    (None, Some(why)) if rule.touches(server, &known) => {
                        last = Some(rule);
                        Outcome::Partly(why)
                    }
                    (None, Some(why)) => Outcome::Other(why),
                    (None, None) => {
                        last = Some(rule);
                        Outcome::Decides
                    }
                };
                Considered { rule: &rule.name, outcome }
            })
            .collect()
    }
}
