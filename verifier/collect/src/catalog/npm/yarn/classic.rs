//! The format of yarn 1: lines of its own syntax.

use std::borrow::Cow;
use std::collections::HashMap;

use mcpsign_schemas::inventory::{Completeness, HashAlgorithm, Location, Means, Package, Scope};

use super::super::{integrity, origin};
use super::{Listed, link, malformed, place, real_name};
use crate::catalog::{CatalogError, MAX_PACKAGES};

/// An entry as it stands.
#[derive(Default)]
struct Entry<'t> {
    line: u32,
    descriptors: Vec<Cow<'t, str>>,
    members: HashMap<&'static str, Cow<'t, str>>,
    /// `NAME@RANGE`, and whether it works without.
    asks: Vec<(String, bool)>,
}

/// What an entry says that counts; the rest (`uid`, `registry`) does not.
const MEMBERS: [&str; 3] = ["version", "resolved", "integrity"];

pub(super) fn read(text: &str) -> Result<Vec<Package>, CatalogError> {
    let entries = entries(text)?;
    let mut descriptors = HashMap::new();
    let mut listed = Vec::with_capacity(entries.len());
    for entry in entries {
        let found = package(&entry)?;
        for descriptor in entry.descriptors {
            if descriptors.insert(descriptor.clone().into_owned(), found.package.id.clone()).is_some() {
                return Err(malformed(&descriptor, "it stands twice"));
            }
        }
        listed.push(found);
    }
    Ok(link(listed, &descriptors))
}

fn entries(text: &str) -> Result<Vec<Entry<'_>>, CatalogError> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    // Whether what is asked for in the current list is optional; none outside lists.
    let mut list: Option<bool> = None;
    for (number, line) in text.lines().enumerate() {
        let number = u32::try_from(number + 1).unwrap_or(u32::MAX);
        let wrong = |what: &str| CatalogError::Line { line: number, what: what.to_owned() };
        let indent = line.len() - line.trim_start_matches(' ').len();
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        if indent == 0 {
            let keys = content.strip_suffix(':').ok_or_else(|| wrong("no entry begins here"))?;
            let descriptors = words(keys).ok_or_else(|| wrong("no entry begins here"))?;
            if entries.len() == MAX_PACKAGES {
                return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
            }
            entries.push(Entry { line: number, descriptors, ..Entry::default() });
            list = None;
            continue;
        }
        let entry = entries.last_mut().ok_or_else(|| wrong("a member of nothing"))?;
        match (indent, content.strip_suffix(':')) {
            (2, Some("dependencies")) => list = Some(false),
            (2, Some("optionalDependencies")) => list = Some(true),
            (2, Some(_)) => return Err(wrong("a list that is not known")),
            (2 | 4, None) => {
                let parts = words(content).ok_or_else(|| wrong("not a name and a value"))?;
                let [name, value] = parts.as_slice() else { return Err(wrong("not a name and a value")) };
                match (indent, list) {
                    (2, _) => {
                        list = None;
                        let known = MEMBERS.into_iter().find(|known| name == known);
                        if known.is_some_and(|known| entry.members.insert(known, value.clone()).is_some()) {
                            return Err(wrong("it stands twice"));
                        }
                    }
                    (_, Some(optional)) => entry.asks.push((format!("{name}@{value}"), optional)),
                    (_, None) => return Err(wrong("a dependency outside a list")),
                }
            }
            _ => return Err(wrong("an unexpected indentation")),
        }
    }
    Ok(entries)
}

/// Words between blanks and commas, in quotes where they hold either.
fn words(text: &str) -> Option<Vec<Cow<'_, str>>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = if rest.starts_with('"') {
            let mut escaped = false;
            let close = rest.char_indices().skip(1).find(|(_, c)| {
                let closes = *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                closes
            });
            close?.0 + 1
        } else {
            rest.find([' ', ',', '"']).unwrap_or(rest.len())
        };
        let (word, after) = rest.split_at_checked(end)?;
        words.push(match word.starts_with('"') {
            // JSON's escapes.
            true => Cow::Owned(serde_json::from_str(word).ok()?),
            false => Cow::Borrowed(word),
        });
        rest = after.strip_prefix(',').unwrap_or(after).trim_start();
        if end == 0 {
            return None;
        }
    }
    (!words.is_empty()).then_some(words)
}

fn package(entry: &Entry<'_>) -> Result<Listed, CatalogError> {
    let first = entry.descriptors.first().map(AsRef::as_ref).unwrap_or_default();
    let name = real_name(first).ok_or_else(|| malformed(first, "not a name and a range"))?;
    let member = |key: &str| entry.members.get(key).map(AsRef::as_ref);
    let version = member("version").ok_or_else(|| malformed(first, "no version"))?;
    let resolved = member("resolved");
    let range = origin::split(first).map(|(_, range)| range);
    // Folders are resolved to nothing.
    let local = range
        .filter(|range| resolved.is_none() && (range.starts_with("file:") || range.starts_with("link:")));
    let from = origin::of_address(name, Some(version), resolved.or(local));
    let place = place(entry.descriptors.iter().map(AsRef::as_ref));
    let mut package = Package::new(first, origin::purl(first, name, Some(version), &from)?, name);
    package.version = Some(version.to_owned());
    package.origin = from;
    package.scope = Scope::Unstated;
    package.completeness = Completeness::Complete;
    if let Some(text) = member("integrity") {
        package.hashes =
            integrity::parse(text).ok_or_else(|| malformed(first, "`integrity` is no digest"))?;
    } else if let Some((_, sha1)) = resolved.and_then(|url| url.split_once(".tgz#")) {
        // Of old the address ended in the digest.
        if sha1.len() == 40 && sha1.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            package.hashes.insert(HashAlgorithm::Sha1, sha1.to_owned());
        }
    }
    package.found.insert(Location { line: Some(entry.line), ..Location::at(place, Means::Lockfile) });
    Ok(Listed { package, asks: entry.asks.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_between_blanks_and_commas() {
        let of = |text| words(text).map(|words| words.join("|"));
        assert_eq!(of(r#""a@>= 1, <2", b@^1"#).as_deref(), Some("a@>= 1, <2|b@^1"));
        assert_eq!(of(r#"version "1\"0""#).as_deref(), Some("version|1\"0"));
        for text in ["", "\"open", "\"\\x\"", ",", "a,,b"] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn what_yarn_does_not_write_is_refused() {
        for (text, line) in [
            ("a@1:\n  version \"1\"\n\nb\n", 4),
            ("  version \"1\"\n", 1),
            ("a@1:\n  version\n", 2),
            ("a@1:\n    b \"1\"\n", 2),
            ("a@1:\n  version \"1\"\n  version \"2\"\n", 3),
            ("a@1:\n  strange:\n", 2),
            ("a@1:\n   version \"1\"\n", 2),
        ] {
            let found = read(text);
            assert!(
                matches!(&found, Err(CatalogError::Line { line: at, .. }) if *at == line),
                "{text}: {found:?}"
            );
        }
        for text in [
            "a@1:\n  version \"1\"\n\na@1:\n  version \"2\"\n",
            "a@1:\n",
            "a:\n  version \"1\"\n",
            "a@1:\n  version \"1\"\n  integrity sha512-AA\n",
        ] {
            assert!(matches!(read(text), Err(CatalogError::Malformed { .. })), "{text}");
        }
    }
}
