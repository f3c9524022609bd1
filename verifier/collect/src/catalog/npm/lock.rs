//! package-lock.json and npm-shrinkwrap.json, lock file versions 2 and 3.

use std::collections::{BTreeMap, BTreeSet};

use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::inventory::{Completeness, Location, Means, Origin, Package, Scope};
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::untrusted::escape;

use super::integrity;
use super::package_json::licenses;
use super::resolve::Folders;
use crate::catalog::url::{commit, without_credentials};
use crate::catalog::{CatalogError, MAX_BYTES};

/// Packages of one lock file: five times the largest one seen.
const MAX_PACKAGES: usize = 100_000;

/// Edges of one lock file. Real packages ask for five others on average.
const MAX_EDGES: usize = 500_000;

/// Bytes of a package's place; longer paths than this no Windows installation could have.
const MAX_PLACE: usize = 1024;

/// Reads a lock file: one package for each place where one is installed.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Package>, CatalogError> {
    let json = Json::parse(bytes, Limits::bytes(MAX_BYTES))?;
    version(&json)?;
    let Some(Json::Object(entries)) = json.get("packages") else {
        return Err(malformed("packages", "not an object"));
    };
    if entries.len() > MAX_PACKAGES {
        return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
    }
    let entries: BTreeMap<&str, &Json> = entries.iter().collect();
    for (place, entry) in &entries {
        if place.len() > MAX_PLACE || entry.as_object().is_none() {
            return Err(malformed(place, "not a package"));
        }
    }
    let folders = Folders::of(&entries);
    let mut edges = 0;
    let mut packages = Vec::with_capacity(entries.len());
    for (&place, &entry) in &entries {
        if flag(place, entry, "link")? {
            continue;
        }
        let mut package = package(place, entry, &json)?;
        let own = matches!(package.origin, Origin::Root | Origin::Local { .. });
        for wish in wishes(place, entry, own)? {
            edges += 1;
            if edges > MAX_EDGES {
                return Err(CatalogError::TooMany { limit: MAX_EDGES });
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

fn version(json: &Json) -> Result<(), CatalogError> {
    let found = match json.get("lockfileVersion") {
        Some(version) => match version.as_u64() {
            Some(2 | 3) => return Ok(()),
            Some(version) => version.to_string(),
            None => "(not a number)".to_owned(),
        },
        None => "(none)".to_owned(),
    };
    let hint = "`npm install --package-lock-only` of a current npm writes a newer one";
    Err(CatalogError::Version { found, known: "2 or 3", hint })
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
    let resolved = text(place, entry, "resolved")?;
    let origin = origin(place, installed.is_some(), name, version, resolved);
    if version.is_none() && matches!(origin, Origin::Registry { .. }) {
        return Err(malformed(place, "no version"));
    }
    let hashes = match text(place, entry, "integrity")? {
        Some(text) => integrity::parse(text).ok_or_else(|| malformed(place, "`integrity` is no digest"))?,
        None => BTreeMap::new(),
    };
    let scope = if flag(place, entry, "optional")? || flag(place, entry, "devOptional")? {
        Scope::Optional
    } else if flag(place, entry, "dev")? {
        Scope::Development
    } else {
        Scope::Required
    };
    let purl = purl(place, name, version, &origin)?.to_string();
    Ok(Package {
        version: version.map(str::to_owned),
        hashes,
        licenses: licenses(entry).into_iter().collect(),
        scope,
        origin,
        bundled: flag(place, entry, "inBundle")?,
        install_script: flag(place, entry, "hasInstallScript")?,
        found: BTreeSet::from([Location::at(place, Means::Lockfile)]),
        completeness: Completeness::Complete,
        ..Package::new(place, purl, name)
    })
}

/// Where the package at `place` comes from, judged by what npm resolved it to.
fn origin(place: &str, installed: bool, name: &str, version: Option<&str>, resolved: Option<&str>) -> Origin {
    if place.is_empty() {
        return Origin::Root;
    }
    if !installed {
        return Origin::Local { path: Some(place.to_owned()) };
    }
    let Some(resolved) = resolved else { return Origin::Registry { url: None } };
    if let Some(path) = resolved.strip_prefix("file:") {
        return Origin::Local { path: Some(path.to_owned()) };
    }
    let url = without_credentials(resolved.strip_prefix("git+").unwrap_or(resolved));
    if resolved.starts_with("git+") || resolved.starts_with("git:") {
        // A git address that cannot be shown still makes it no registry package.
        return Origin::Git { url: url.unwrap_or_else(|| "git:".to_owned()), commit: commit(resolved) };
    }
    // Registries serve `NAME/-/BASE-VERSION.tgz`; anything else is somebody's archive.
    let base = name.rsplit('/').next().unwrap_or(name);
    let tail = version.map(|version| format!("/-/{base}-{version}.tgz"));
    match url {
        Some(url) if tail.is_none_or(|tail| !url.ends_with(&tail)) => Origin::Archive { url },
        url => Origin::Registry { url },
    }
}

fn purl(place: &str, name: &str, version: Option<&str>, origin: &Origin) -> Result<Purl, CatalogError> {
    let purl = Purl::npm(name, version).and_then(|purl| match origin {
        // Not the registry's package of that name, whatever it calls itself.
        Origin::Git { url, commit } => {
            let pinned = commit.as_ref().map(|commit| format!("@{commit}")).unwrap_or_default();
            purl.with_qualifier("vcs_url", format!("git+{url}{pinned}"))
        }
        Origin::Archive { url } => purl.with_qualifier("download_url", url.clone()),
        Origin::Root | Origin::Local { .. } | Origin::Registry { .. } | Origin::Declared => Ok(purl),
    });
    purl.map_err(|source| CatalogError::Package { at: escape(place), source })
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

fn text<'j>(place: &str, entry: &'j Json, key: &'static str) -> Result<Option<&'j str>, CatalogError> {
    match entry.get(key) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        // npm writes `"resolved": false`-like values nowhere; a reader that guesses is worse than one that stops.
        Some(_) => Err(malformed(place, "a name, version, address or digest is not a string")),
    }
}

fn flag(place: &str, entry: &Json, key: &'static str) -> Result<bool, CatalogError> {
    match entry.get(key) {
        None => Ok(false),
        Some(Json::Bool(value)) => Ok(*value),
        Some(_) => Err(malformed(place, "a flag is neither true nor false")),
    }
}

fn malformed(at: &str, what: &'static str) -> CatalogError {
    CatalogError::Malformed { at: escape(at), what }
}
