//! The format of yarn 2 and later: YAML.

use std::collections::{HashMap, HashSet};

use mcpsign_schemas::inventory::{Completeness, Location, Means, Origin, Package, Scope};

use super::super::origin;
use super::{Listed, link, malformed, place};
use crate::catalog::yaml::{Entry, Map, Node, documents};
use crate::catalog::{CatalogError, MAX_PACKAGES};

/// Between a folder or a patch and the package to which it belongs.
pub(super) const BOUND: &str = "::locator=";

/// Versions of the format: that of yarn 2.0 is 4, that of yarn 4.18 is 10.
const VERSIONS: std::ops::RangeInclusive<u32> = 4..=10;

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Package>, CatalogError> {
    let documents = documents(bytes)?;
    let [document] = documents.as_slice() else { return Err(malformed("yarn.lock", "not one document")) };
    let version = document.map("__metadata")?.text("version")?.map(str::to_owned);
    if version
        .as_deref()
        .and_then(|version| version.parse().ok())
        .is_none_or(|found| !VERSIONS.contains(&found))
    {
        return Err(CatalogError::Version {
            found: version
                .map_or_else(|| "(none)".to_owned(), |version| mcpsign_schemas::untrusted::escape(&version)),
            known: "4 to 10",
            hint: "a newer mcpsign may read it",
        });
    }
    if document.len() > MAX_PACKAGES {
        return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
    }
    let mut descriptors = HashMap::new();
    let mut listed = Vec::with_capacity(document.len());
    for entry in document.entries().filter(|entry| entry.key != "__metadata") {
        let Node::Map(map) = &entry.value else { return Err(malformed(&entry.key, "not a package")) };
        let found = package(entry, map)?;
        for descriptor in entry.key.split(", ") {
            if descriptors.insert(descriptor.to_owned(), found.package.id.clone()).is_some() {
                return Err(malformed(descriptor, "it stands twice"));
            }
        }
        listed.push(found);
    }
    // Who asks for a folder or a patch of its own does not write who it is.
    for entry in document.entries() {
        for descriptor in entry.key.split(", ").filter(|descriptor| descriptor.contains(BOUND)) {
            let bare = descriptor.split(BOUND).next().unwrap_or_default().to_owned();
            if let Some(id) = descriptors.get(descriptor).cloned() {
                descriptors.entry(bare).or_insert(id);
            }
        }
    }
    Ok(link(listed, &descriptors))
}

fn package(entry: &Entry<'_>, map: &Map<'_>) -> Result<Listed, CatalogError> {
    let key = entry.key.as_ref();
    let resolution = map.text("resolution")?.and_then(origin::split);
    let (name, resolved) =
        resolution.ok_or_else(|| malformed(key, "not resolved to a name and a version"))?;
    let stated = map.text("version")?;
    let (from, version) = match resolved.split_once(':') {
        Some(("npm", rest)) => (origin::of_address(name, stated, archive(rest).as_deref()), stated),
        // The registry's package with changes of the project's own, or of yarn's.
        Some(("patch", _)) => (Origin::Registry { url: None }, stated),
        Some(("workspace", ".")) => (Origin::Root, None),
        Some(("workspace", path)) => (Origin::Local { path: Some(path.to_owned()) }, None),
        // Of a folder the version is not looked up.
        Some(("link" | "portal", _)) => (origin::of_address(name, None, Some(resolved)), None),
        _ => (origin::of_address(name, stated, Some(resolved)), stated),
    };
    if version.is_none() && matches!(from, Origin::Registry { .. }) {
        return Err(malformed(key, "no version"));
    }
    let mut package = Package::new(key, origin::purl(key, name, version, &from)?, name);
    package.version = version.map(str::to_owned);
    package.origin = from;
    package.scope = Scope::Unstated;
    package.completeness = Completeness::Complete;
    // `checksum` is that of yarn's own archive, not of the registry's file.
    package.markers = map.text("conditions")?.map(mcpsign_schemas::untrusted::escape).into_iter().collect();
    let place = place(key.split(", "));
    package.found.insert(Location { line: Some(entry.line), ..Location::at(place, Means::Lockfile) });
    let optional = optional(map)?;
    let mut asks = Vec::new();
    for wish in map.map("dependencies")?.entries() {
        let Node::Text(range) = &wish.value else { return Err(malformed(key, "a range is no text")) };
        asks.push((format!("{}@{range}", wish.key), optional.contains(wish.key.as_ref())));
    }
    Ok(Listed { package, asks })
}

/// The address of a registry's file where the registry has it elsewhere than others: `VERSION::__archiveUrl=…`.
fn archive(resolved: &str) -> Option<String> {
    let (_, bindings) = resolved.split_once("::")?;
    let url = bindings.split('&').find_map(|binding| binding.strip_prefix("__archiveUrl="))?;
    Some(url::form_urlencoded::parse(format!("u={url}").as_bytes()).next()?.1.into_owned())
}

/// Names that the package works without.
fn optional(map: &Map<'_>) -> Result<HashSet<String>, CatalogError> {
    let meta = map.map("dependenciesMeta")?;
    let mut names = HashSet::new();
    for entry in meta.entries() {
        if let Node::Map(about) = &entry.value
            && about.text("optional")? == Some("true")
        {
            names.insert(entry.key.clone().into_owned());
        }
    }
    Ok(names)
}
