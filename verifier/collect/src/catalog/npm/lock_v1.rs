//! package-lock.json of npm 5 and 6, lock file version 1: packages inside the packages that they are installed for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::inventory::{Completeness, Location, Means, Origin, Package, Scope};

use super::lock::{flag, malformed, resolved, text};
use super::resolve::{Folders, is_place};
use super::{integrity, origin};
use crate::catalog::lines::each_key;
use crate::catalog::{CatalogError, MAX_EDGES, MAX_PACKAGES, TOO_MANY_EDGES};

/// Packages inside each other; each level makes a path longer that Windows could not have beyond 30.
const MAX_DEPTH: usize = 64;

/// Reads the file: one package for each place, and the project itself, of which it does not say what it asks for.
pub(super) fn read(json: &Json) -> Result<Vec<Package>, CatalogError> {
    let mut places = Vec::new();
    collect("", json, 0, &mut places)?;
    let entries: BTreeMap<&str, &Json> =
        places.iter().map(|(place, entry)| (place.as_str(), *entry)).collect();
    let folders = Folders::of(&entries);
    let mut edges = 0;
    let mut packages = Vec::with_capacity(entries.len() + 1);
    for (place, entry) in &entries {
        let mut package = package(place, entry)?;
        let asks = match entry.get("requires") {
            None | Some(Json::Bool(_)) => None,
            Some(Json::Object(asks)) => Some(asks),
            Some(_) => return Err(malformed(place, "`requires` is not an object")),
        };
        for name in asks.into_iter().flat_map(|asks| asks.keys()) {
            edges += 1;
            if edges > MAX_EDGES {
                return Err(TOO_MANY_EDGES);
            }
            match folders.resolve(place, name) {
                Some(target) => {
                    package.dependencies.insert(target.to_owned());
                }
                None => package.completeness = Completeness::Incomplete,
            }
        }
        packages.push(package);
    }
    if let Some(name) = text("", json, "name")? {
        let version = text("", json, "version")?;
        let mut root = Package::new("", origin::purl("", name, version, &Origin::Root)?, name);
        root.version = version.map(str::to_owned);
        root.origin = Origin::Root;
        root.found.insert(Location::at("", Means::Lockfile));
        packages.push(root);
    }
    Ok(packages)
}

/// The line on which each package begins, by its place.
pub(super) fn lines(bytes: &[u8]) -> HashMap<String, u32> {
    let mut found = HashMap::new();
    each_key(bytes, |above, key, line| {
        let mut place = String::new();
        let is_package = above.len() % 2 == 1
            && above.len() < 2 * MAX_DEPTH
            && above.iter().enumerate().all(|(at, above)| match above {
                Some("dependencies") if at % 2 == 0 => true,
                Some(name) if at % 2 == 1 => {
                    place.push_str("node_modules/");
                    place.push_str(name);
                    place.push('/');
                    true
                }
                _ => false,
            });
        if is_package {
            found.entry(format!("{place}node_modules/{key}")).or_insert(line);
        }
    });
    found
}

/// Every package with its place, as later versions write it.
fn collect<'j>(
    folder: &str,
    inside: &'j Json,
    depth: usize,
    places: &mut Vec<(String, &'j Json)>,
) -> Result<(), CatalogError> {
    let listed = match inside.get("dependencies") {
        None => return Ok(()),
        Some(Json::Object(listed)) => listed,
        Some(_) => return Err(malformed(folder, "`dependencies` is not an object")),
    };
    if depth == MAX_DEPTH || places.len() + listed.len() > MAX_PACKAGES {
        return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
    }
    for (name, entry) in listed.iter() {
        let place = match folder {
            "" => format!("node_modules/{name}"),
            folder => format!("{folder}/node_modules/{name}"),
        };
        if !is_place(&place) || entry.as_object().is_none() {
            return Err(malformed(&place, "not a package"));
        }
        collect(&place, entry, depth + 1, places)?;
        places.push((place, entry));
    }
    Ok(())
}

fn package(place: &str, entry: &Json) -> Result<Package, CatalogError> {
    let installed = place.rsplit_once("node_modules/").map_or(place, |(_, name)| name);
    let stated = text(place, entry, "version")?.ok_or_else(|| malformed(place, "no version"))?;
    // Of what comes from elsewhere than the registry the address stands in the version's place.
    let (name, version, resolved) = match stated.strip_prefix("npm:").and_then(origin::split) {
        Some((name, version)) => (name, Some(version), resolved(place, entry)?),
        None if stated.contains([':', '/']) => {
            (installed, origin::served_version(installed, stated), Some(stated))
        }
        None => (installed, Some(stated), resolved(place, entry)?),
    };
    let from = origin::of_address(name, version, resolved);
    let mut package = Package::new(place, origin::purl(place, name, version, &from)?, name);
    package.version = version.map(str::to_owned);
    package.origin = from;
    if let Some(text) = text(place, entry, "integrity")? {
        package.hashes =
            integrity::parse(text).ok_or_else(|| malformed(place, "`integrity` is no digest"))?;
    }
    package.scope = if flag(place, entry, "dev")? {
        Scope::Development
    } else if flag(place, entry, "optional")? {
        Scope::Optional
    } else {
        Scope::Required
    };
    package.bundled = flag(place, entry, "bundled")?;
    package.completeness = Completeness::Complete;
    package.found = BTreeSet::from([Location::at(place, Means::Lockfile)]);
    Ok(package)
}
