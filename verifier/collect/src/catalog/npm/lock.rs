//! package-lock.json and npm-shrinkwrap.json: lock file versions 2 and 3, and whichever one it is.

use std::collections::{BTreeMap, BTreeSet};

use mcpsign_schemas::canonical::{Json, Limits, Object};
use mcpsign_schemas::inventory::{Completeness, Location, Means, Origin, Package, Scope};
use mcpsign_schemas::untrusted::escape;

use super::installed::{STORE, is_store};
use super::package_json::licenses;
use super::resolve::{Folders, is_place};
use super::{integrity, lock_v1, origin};
use crate::catalog::url::shown;
use crate::catalog::{CatalogError, MAX_BYTES, MAX_EDGES, MAX_PACKAGES, TOO_MANY_EDGES, lines};

/// Reads a lock file: one package for each place where one is installed.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Package>, CatalogError> {
    let json = Json::parse(bytes, Limits::bytes(MAX_BYTES))?;
    let (mut packages, lines) = match version(&json)? {
        1 => (lock_v1::read(&json)?, lock_v1::lines(bytes)),
        _ => {
            let lines = lines::members(bytes, &["packages"]).into_iter();
            (places(&json)?, lines.map(|(place, line)| (place.to_owned(), line)).collect())
        }
    };
    for package in &mut packages {
        let line = lines.get(&package.id).copied();
        package.found =
            std::mem::take(&mut package.found).into_iter().map(|at| Location { line, ..at }).collect();
    }
    Ok(packages)
}

/// `packages`, by place.
fn places(json: &Json) -> Result<Vec<Package>, CatalogError> {
    let Some(Json::Object(entries)) = json.get("packages") else {
        return Err(malformed("packages", "not an object"));
    };
    if entries.len() > MAX_PACKAGES {
        return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
    }
    let entries: BTreeMap<&str, &Json> = entries.iter().collect();
    for (place, entry) in &entries {
        if !is_place(place) || entry.as_object().is_none() {
            return Err(malformed(place, "not a package"));
        }
    }
    let folders = Folders::of(&entries);
    let mut edges = 0;
    let mut packages = Vec::with_capacity(entries.len());
    for (&place, &entry) in &entries {
        if flag(place, entry, "link")? || is_folder(place, entry) {
            continue;
        }
        let mut package = package(place, entry, json)?;
        let own = matches!(package.origin, Origin::Root | Origin::Local { .. });
        for wish in wishes(place, entry, own)? {
            edges += 1;
            if edges > MAX_EDGES {
                return Err(TOO_MANY_EDGES);
            }
            match folders.resolve(place, wish.name) {
                Some(target) => {
                    package.dependencies.insert(target.to_owned());
                }
                None if wish.optional => {}
                None => package.completeness = Completeness::Incomplete,
            }
        }
        packages.push(package);
    }
    let direct = packages.iter().find(|package| package.id.is_empty());
    let direct = direct.map(|root| root.dependencies.clone()).unwrap_or_default();
    for package in &mut packages {
        package.direct = direct.contains(&package.id);
    }
    Ok(packages)
}

/// Whether an entry is that of a folder of npm's store, which holds a package and is none.
fn is_folder(place: &str, entry: &Json) -> bool {
    let store = place.rsplit_once('/').map_or("", |(store, _)| store);
    is_store(store, STORE) && entry.as_object().is_some_and(Object::is_empty)
}

fn version(json: &Json) -> Result<u64, CatalogError> {
    let renew = "`npm install --package-lock-only` of a current npm writes a newer one";
    let (found, hint) = match json.get("lockfileVersion") {
        Some(version) => match version.as_u64() {
            Some(version @ 1..=3) => return Ok(version),
            Some(version @ 4..) => (version.to_string(), "a newer mcpsign may read it"),
            Some(version) => (version.to_string(), renew),
            None => ("(not a number)".to_owned(), renew),
        },
        None => ("(none)".to_owned(), renew),
    };
    Err(CatalogError::Version { found, known: "1 to 3", hint })
}

fn package(place: &str, entry: &Json, lock: &Json) -> Result<Package, CatalogError> {
    let installed = place.rsplit_once("node_modules/").map(|(_, name)| name);
    let stated = text(place, entry, "name")?;
    let name = match (stated, installed) {
        (Some(name), _) => name,
        (None, Some(name)) => name,
        // npm leaves the name out where package.json has none, and names the project after its folder.
        (None, None) if place.is_empty() => text(place, lock, "name")?.unwrap_or_default(),
        (None, None) => place.rsplit('/').next().unwrap_or_default(),
    };
    let version = text(place, entry, "version")?;
    let resolved = resolved(place, entry)?;
    let from = origin_of(place, installed.is_some(), name, version, resolved);
    if version.is_none() && matches!(from, Origin::Registry { .. }) {
        return Err(malformed(place, "no version"));
    }
    let hashes = match text(place, entry, "integrity")? {
        Some(text) => integrity::parse(text).ok_or_else(|| malformed(place, "`integrity` is no digest"))?,
        None => BTreeMap::new(),
    };
    let scope = if flag(place, entry, "dev")? {
        Scope::Development
    } else if flag(place, entry, "optional")? || flag(place, entry, "devOptional")? {
        Scope::Optional
    } else {
        Scope::Required
    };
    Ok(Package {
        version: version.map(str::to_owned),
        hashes,
        licenses: licenses(entry).into_iter().collect(),
        scope,
        markers: marker(entry).into_iter().collect(),
        bundled: flag(place, entry, "inBundle")?,
        install_script: flag(place, entry, "hasInstallScript")?,
        found: BTreeSet::from([Location::at(place, Means::Lockfile)]),
        completeness: Completeness::Complete,
        origin: from.clone(),
        ..Package::new(place, origin::purl(place, name, version, &from)?, name)
    })
}

/// Where the package at `place` comes from, judged by what npm resolved it to.
fn origin_of(
    place: &str,
    installed: bool,
    name: &str,
    version: Option<&str>,
    resolved: Option<&str>,
) -> Origin {
    if place.is_empty() {
        return Origin::Root;
    }
    if !installed {
        return Origin::Local { path: Some(place.to_owned()) };
    }
    origin::of_address(name, version, resolved)
}

/// On which platforms npm installs it.
pub(super) fn marker(entry: &Json) -> Option<String> {
    let texts = |key: &str| match entry.get(key) {
        Some(Json::String(text)) => vec![text.as_str()],
        Some(Json::Array(list)) => list.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    };
    origin::marker([("os", texts("os")), ("cpu", texts("cpu")), ("libc", texts("libc"))])
}

/// A name that a package asks for.
struct Wish<'j> {
    name: &'j str,
    optional: bool,
}

fn wishes<'j>(place: &str, entry: &'j Json, own: bool) -> Result<Vec<Wish<'j>>, CatalogError> {
    let mut wishes = Vec::new();
    for list in ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"] {
        // Those of others are not installed.
        if list == "devDependencies" && !own {
            continue;
        }
        let names = match entry.get(list) {
            None => continue,
            Some(Json::Object(names)) => names,
            Some(_) => return Err(malformed(place, "a list of dependencies is not an object")),
        };
        let meta = entry.get("peerDependenciesMeta");
        wishes.extend(names.keys().map(|name| {
            let optional_peer = || {
                let meta = meta.and_then(|meta| meta.get(name)).and_then(|meta| meta.get("optional"));
                meta.and_then(Json::as_bool) == Some(true)
            };
            let optional = match list {
                "optionalDependencies" => true,
                "peerDependencies" => optional_peer(),
                _ => false,
            };
            Wish { name, optional }
        }));
    }
    Ok(wishes)
}

pub(super) fn text<'j>(
    place: &str,
    entry: &'j Json,
    key: &'static str,
) -> Result<Option<&'j str>, CatalogError> {
    match entry.get(key) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        // A reader that guesses is worse than one that stops.
        Some(_) => Err(malformed(place, "a name, version, address or digest is not a string")),
    }
}

/// The address that a package was resolved to. npm 6 at times wrote `false` in its place.
pub(super) fn resolved<'j>(place: &str, entry: &'j Json) -> Result<Option<&'j str>, CatalogError> {
    match entry.get("resolved") {
        Some(Json::Bool(false) | Json::Null) => Ok(None),
        _ => text(place, entry, "resolved"),
    }
}

pub(super) fn flag(place: &str, entry: &Json, key: &'static str) -> Result<bool, CatalogError> {
    match entry.get(key) {
        None => Ok(false),
        Some(Json::Bool(value)) => Ok(*value),
        Some(_) => Err(malformed(place, "a flag is neither true nor false")),
    }
}

pub(super) fn malformed(at: &str, what: &'static str) -> CatalogError {
    CatalogError::Malformed { at: escape(&shown(at)), what }
}
