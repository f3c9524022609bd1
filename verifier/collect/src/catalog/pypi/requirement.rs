//! What `Requires-Dist` says: a name, which versions, when.

use mcpsign_schemas::inventory::Origin;
use mcpsign_schemas::purl::{Purl, PurlError};
use mcpsign_schemas::untrusted::is_deceptive;
use toml::Value;

use crate::catalog::url::{archive, wished, without_credentials};

/// Bytes of one requirement. Real ones, with long lists of markers, stay below one KiB.
const MAX_BYTES: usize = 8 << 10;

/// A dependency as declared (PEP 508). The marker is not evaluated: what holds depends on who installs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The distribution, as written.
    pub name: String,
    /// Which of its extras.
    pub extras: Vec<String>,
    /// Which versions will do, as written; empty for any. Of a direct reference `@ ` and the address without
    /// credentials.
    pub specifier: String,
    /// When it is needed, as written.
    pub marker: Option<String>,
}

impl Requirement {
    /// Reads one; `None` for what is none.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_BYTES || text.chars().any(|c| is_deceptive(c) && c != '\n') {
            return None;
        }
        let text = text.trim();
        let end =
            text.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        if !is_name(name) {
            return None;
        }
        let mut rest = rest.trim_start();
        let mut extras = Vec::new();
        if let Some(listed) = rest.strip_prefix('[') {
            let (list, after) = listed.split_once(']')?;
            for extra in list.split(',').map(str::trim).filter(|extra| !extra.is_empty()) {
                extras.push(is_name(extra).then(|| extra.to_owned())?);
            }
            rest = after.trim_start();
        }
        // In an address a semicolon is part of it unless white space stands before it.
        let (specifier, marker) = match rest.strip_prefix('@') {
            Some(address) => {
                let (address, marker) = split_address(address.trim_start());
                if address.is_empty() {
                    return None;
                }
                (at(address), marker)
            }
            None => {
                let (versions, marker) = match rest.split_once(';') {
                    Some((versions, marker)) => (versions.trim(), Some(marker)),
                    None => (rest.trim(), None),
                };
                (specifier(versions)?, marker)
            }
        };
        let marker = marker.map(|marker| marker.split_whitespace().collect::<Vec<_>>().join(" "));
        Some(Self { name: name.to_owned(), extras, specifier, marker: marker.filter(|m| !m.is_empty()) })
    }

    /// What Poetry's and pipenv's tables ask for: a range, or a table with one or with where else it comes from. Their ranges need
    /// not be those of PEP 440, and are only shown.
    pub(super) fn of_tool(name: &str, how: &Value) -> Option<Self> {
        let text = |key: &str| how.get(key).and_then(Value::as_str);
        let revision = || ["rev", "tag", "branch", "ref"].into_iter().find_map(text);
        let address = match (text("git"), text("url").or_else(|| text("file")), text("path")) {
            (Some(git), ..) => {
                Some(format!("git+{git}{}", revision().map(|at| format!("@{at}")).unwrap_or_default()))
            }
            (None, Some(url), _) => Some(url.to_owned()),
            (None, None, Some(_)) => Some("file:".to_owned()),
            (None, None, None) => None,
        };
        let range = how.as_str().or_else(|| text("version")).filter(|range| *range != "*");
        let extras = how.get("extras").and_then(Value::as_array).into_iter().flatten();
        Some(Self {
            specifier: match address {
                Some(address) => at(&address),
                None => range.filter(|range| !range.chars().any(is_deceptive)).unwrap_or_default().to_owned(),
            },
            extras: extras
                .filter_map(Value::as_str)
                .filter(|extra| is_name(extra))
                .map(str::to_owned)
                .collect(),
            marker: text("markers").filter(|marker| !marker.chars().any(is_deceptive)).map(str::to_owned),
            ..Self::parse(name)?
        })
    }

    /// Where a direct reference leads; `None` to what an index has.
    pub(super) fn origin(&self) -> Option<Origin> {
        let address = self.specifier.strip_prefix("@ ")?;
        Some(match address.strip_prefix("git+") {
            Some(url) => {
                let (url, commit) = match url.rsplit_once('@') {
                    Some((url, commit)) if !commit.contains('/') => (url, Some(commit.to_owned())),
                    _ => (url, None),
                };
                Origin::Git { url: url.to_owned(), commit }
            }
            None => archive(address).unwrap_or(Origin::Local { path: None }),
        })
    }

    /// The package URL of what is asked for, without version: what a direct reference leads to is not the index's of that name.
    pub(super) fn purl(&self) -> Result<Purl, PurlError> {
        let purl = Purl::pypi(&self.name, None)?;
        match self.origin() {
            None => Ok(purl),
            Some(origin) => wished(purl, &origin),
        }
    }

    /// Whether it is installed only for those who ask for an extra of the package that declares it.
    pub fn is_extra(&self) -> bool {
        let words =
            |text: &str| text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).any(|w| w == "extra");
        self.marker.as_deref().is_some_and(words)
    }

    /// Extras, versions and marker, as one range that was asked for.
    pub(super) fn requested(&self) -> String {
        let extras =
            if self.extras.is_empty() { String::new() } else { format!("[{}] ", self.extras.join(",")) };
        let versions = if self.specifier.is_empty() { "*" } else { &self.specifier };
        match &self.marker {
            Some(marker) => format!("{extras}{versions} ; {marker}"),
            None => format!("{extras}{versions}"),
        }
    }
}

/// A direct reference without credentials.
fn at(address: &str) -> String {
    format!("@ {}", without_credentials(address).unwrap_or_else(|| "(an address)".to_owned()))
}

fn split_address(text: &str) -> (&str, Option<&str>) {
    match text.split_once([' ', '\t', '\n']) {
        Some((address, rest)) => (address, rest.trim_start().strip_prefix(';')),
        None => (text, None),
    }
}

/// Versions, old metadata in parentheses.
fn specifier(text: &str) -> Option<String> {
    let bare = match text.strip_prefix('(') {
        Some(inner) => inner.strip_suffix(')')?.trim(),
        None => text,
    };
    let fit = bare.is_empty() || bare.starts_with(['<', '>', '=', '!', '~']);
    fit.then(|| bare.to_owned())
}

/// PEP 508's names, which are those of distributions and of extras.
pub(super) fn is_name(text: &str) -> bool {
    let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        let found = Requirement::parse(text)?;
        Some(format!("{}|{}|{}", found.name, found.requested(), found.is_extra()))
    }

    #[test]
    fn requirements_as_they_are_written() {
        for (text, expected) in [
            ("mcp>=1.0.0", "mcp|>=1.0.0|false"),
            ("mcp", "mcp|*|false"),
            ("Mcp [cli, ws] (>=1.0,<2)", "Mcp|[cli,ws] >=1.0,<2|false"),
            ("tzdata>=2024; sys_platform == 'win32'", "tzdata|>=2024 ; sys_platform == 'win32'|false"),
            ("pytest; extra == \"dev\"", "pytest|* ; extra == \"dev\"|true"),
            ("x; python_version<'3' and extra=='a'", "x|* ; python_version<'3' and extra=='a'|true"),
            (
                "a @ git+https://user:pw@git.example/o/r.git@main ; python_version > '3'",
                "a|@ git+https://git.example/o/r.git@main ; python_version > '3'|false",
            ),
            ("a@https://host.example/a;b.whl", "a|@ https://host.example/a;b.whl|false"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_none() {
        for text in [
            "",
            "-a",
            "a b",
            "a[b",
            "a[-]",
            "a (>=1",
            "a @",
            "a\u{202e}b",
            "a>=1\u{1b}",
            "\u{e9}t\u{e9}",
            "a/b",
        ] {
            assert_eq!(Requirement::parse(text), None, "{text:?}");
        }
        assert_eq!(Requirement::parse(&format!("a; {}", "x".repeat(MAX_BYTES))), None);
    }
}
