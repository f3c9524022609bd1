//! Who made, supplies or signs for something, as package metadata and command lines write it.

use serde::{Deserialize, Serialize};

use crate::untrusted::is_deceptive;

/// Bytes of one party at the most. npm's longest real `author` has 300.
const MAX_BYTES: usize = 1024;

/// A person or an organization. At least one member is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Party {
    /// Which of the two.
    pub kind: PartyKind,
    /// Its name.
    pub name: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Its address on the web, `http` or `https`.
    pub url: Option<String>,
}

/// What a party is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartyKind {
    /// A person, or nobody said what.
    Person,
    /// A company, a project, a team.
    Organization,
}

impl Party {
    /// An organization of this name.
    pub fn organization(name: impl Into<String>) -> Self {
        Self { kind: PartyKind::Organization, name: Some(name.into()), email: None, url: None }
    }

    /// Reads `Name <email> (url)`, any of the three left out, or an address of one kind alone; SPDX's `Person: ` and
    /// `Organization: ` may stand before it. Whoever has no name and no e-mail address is an organization.
    ///
    /// `None` for what says nothing, or could not be shown as it is.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > MAX_BYTES || text.chars().any(is_deceptive) {
            return None;
        }
        let (stated, rest) = match (text.strip_prefix("Organization:"), text.strip_prefix("Person:")) {
            (Some(rest), _) => (Some(PartyKind::Organization), rest.trim()),
            (_, Some(rest)) => (Some(PartyKind::Person), rest.trim()),
            (None, None) => (None, text),
        };
        let (email, rest) = between(rest, '<', '>');
        let (url, rest) = between(&rest, '(', ')');
        let mut party = Self {
            kind: PartyKind::Person,
            name: None,
            email: email.filter(|text| is_email(text)),
            url: url.filter(|text| is_url(text)),
        };
        match rest.trim() {
            "" => {}
            alone if is_url(alone) && party.url.is_none() => party.url = Some(alone.to_owned()),
            alone if is_email(alone) && party.email.is_none() => party.email = Some(alone.to_owned()),
            // An address that is not one of those above may hold credentials.
            address if address.contains("://") => {}
            name => party.name = Some(name.to_owned()),
        }
        let by_address = if party.name.is_none() && party.email.is_none() {
            PartyKind::Organization
        } else {
            PartyKind::Person
        };
        party.kind = stated.unwrap_or(by_address);
        (party.name.is_some() || party.email.is_some() || party.url.is_some()).then_some(party)
    }

    /// What it is called: its name, or else an address.
    pub fn shown(&self) -> &str {
        let known = [&self.name, &self.email, &self.url].into_iter().flatten().next();
        known.map_or("", String::as_str)
    }
}

/// What stands between the first `open` and the `close` after it, and the text without it.
fn between(text: &str, open: char, close: char) -> (Option<String>, String) {
    match text.split_once(open).and_then(|(before, rest)| Some((before, rest.split_once(close)?))) {
        Some((before, (inner, after))) => {
            let rest = format!("{} {}", before.trim(), after.trim());
            (Some(inner.trim().to_owned()), rest.trim().to_owned())
        }
        None => (None, text.to_owned()),
    }
}

fn is_email(text: &str) -> bool {
    let fit =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || "<>()@:/".contains(c));
    text.split_once('@').is_some_and(|(user, host)| fit(user) && fit(host))
}

fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let strange = |c: char| c.is_whitespace() || "<>\"{}|\\^`".contains(c);
    // Credentials have no place in a document.
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(strange) && !rest.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_read_as_packages_write_them() {
        let read = |text: &str| {
            let party = Party::parse(text).unwrap();
            (party.kind, party.name, party.email, party.url)
        };
        let some = |text: &str| Some(text.to_owned());
        let (person, organization) = (PartyKind::Person, PartyKind::Organization);
        for (text, expected) in [
            (
                "Ann B <ann@acme.example> (https://acme.example/ann)",
                (person, some("Ann B"), some("ann@acme.example"), some("https://acme.example/ann")),
            ),
            ("Ann B", (person, some("Ann B"), None, None)),
            ("ann@acme.example", (person, None, some("ann@acme.example"), None)),
            ("<ann@acme.example>", (person, None, some("ann@acme.example"), None)),
            ("https://acme.example", (organization, None, None, some("https://acme.example"))),
            (
                "Organization: Acme (https://acme.example)",
                (organization, some("Acme"), None, some("https://acme.example")),
            ),
            ("Person: Ann <no address>", (person, some("Ann"), None, None)),
            ("Acme (the team", (person, some("Acme (the team"), None, None)),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        assert_eq!(Party::parse("Ann <ann@acme.example>").unwrap().shown(), "Ann");
    }

    #[test]
    fn what_says_nothing_or_hides_something_is_nobody() {
        for text in [
            "",
            " ",
            "<>",
            "<x> ()",
            "Organization:",
            "a\u{202e}b",
            "https://u:p@acme.example <x>",
            &"x".repeat(1025),
        ] {
            assert_eq!(Party::parse(text), None, "{text:?}");
        }
    }
}
