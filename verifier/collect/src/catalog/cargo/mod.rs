//! Rust crates: Cargo.lock, versions 1 to 4, and Cargo.toml.
//!
//! Cargo.lock is read by a few lines of our own: the crate made for it takes quadratic time on long lists and panics on
//! some text that is no digest, and this file may be a stranger's.

mod manifest;
mod metadata;
#[cfg(test)]
mod tests;
mod vendored;

use std::collections::{BTreeMap, BTreeSet};

use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::inventory::{Completeness, HashAlgorithm, Location, Means, Origin, Package, Scope};
use mcpsign_schemas::purl::{PackageIdentity, Purl};
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;
use serde::Deserialize;
use toml::Spanned;

pub use manifest::{CARGO_TOML, CargoDependency, CargoManifest};
pub use metadata::narrow;
pub use vendored::{CARGO_VENDORED, CargoVendored};
pub(crate) use vendored::{is_of_no_registry, is_vendored_manifest, name_vendored};

use super::lines::Lines;
use super::named::Named;
use super::url::{commit, is_file, without_credentials};
use super::{CatalogError, Cataloger, Document, FileInput};

/// Bytes of a Cargo.lock. The largest public workspaces, of 2,500 packages, stay below one megabyte.
const MAX_BYTES: usize = 8 << 20;

/// Cargo.lock.
pub static CARGO_LOCK: CargoLock = CargoLock;

/// The cataloger of Cargo.lock.
#[derive(Debug)]
pub struct CargoLock;

/// The crate that a folder says it is: by a well-formed Cargo.toml at its root.
pub(crate) fn identity(documents: &[Document]) -> Option<PackageIdentity> {
    let document = documents.iter().find(|document| CARGO_TOML.wants(&document.path))?;
    CargoManifest::parse(document.bytes()?).ok()?.identity().ok()
}

impl Cataloger for CargoLock {
    fn id(&self) -> &'static str {
        "rust/cargo-lock"
    }

    /// At the root alone, as with npm's.
    fn wants(&self, path: &TreePath) -> bool {
        path.as_str() == "Cargo.lock"
    }

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        read(file.bytes)
    }
}

/// The file. Other tables (`patch`) name nothing that is built.
#[derive(Deserialize)]
struct Lock {
    version: Option<u32>,
    #[serde(default)]
    package: Vec<Entry>,
    /// Version 1 of old kept the project itself apart.
    root: Option<Entry>,
    /// Version 1: checksums by package.
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Entry {
    name: Spanned<String>,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
    replace: Option<String>,
}

fn read(bytes: &[u8]) -> Result<Vec<Package>, CatalogError> {
    if bytes.len() > MAX_BYTES {
        return Err(CatalogError::TooLarge);
    }
    let text = str::from_utf8(bytes).map_err(|_| CatalogError::CargoLock("not UTF-8".into()))?;
    let mut lock: Lock =
        toml::from_str(text).map_err(|error| CatalogError::CargoLock(escape(error.message())))?;
    if let Some(version) = lock.version.filter(|version| !matches!(version, 1..=4)) {
        let hint = "a newer mcpsign may read it";
        return Err(CatalogError::Version { found: version.to_string(), known: "1 to 4", hint });
    }
    lock.package.extend(lock.root.take());
    let names = Names::of(&lock.package)?;
    let lines = Lines::of(text);
    let mut packages = Vec::with_capacity(lock.package.len());
    for entry in &lock.package {
        let mut package = package(entry, &lock.metadata, &names)?;
        let line = lines.at(entry.name.span().start);
        package.found.insert(Location { line, ..Location::at(place(entry), Means::Lockfile) });
        packages.push(package);
    }
    mark_roots(&mut packages);
    Ok(packages)
}

/// Packages by name, for the abbreviated references of versions 2 and up.
struct Names<'l> {
    entries: &'l [Entry],
    named: Named,
}

impl<'l> Names<'l> {
    fn of(entries: &'l [Entry]) -> Result<Self, CatalogError> {
        let mut seen = BTreeSet::new();
        for entry in entries {
            if !seen.insert(entry.id()) {
                return Err(malformed(entry.name(), "the package stands twice"));
            }
        }
        let named = entries.iter().map(|entry| (entry.name().to_owned(), Some(entry.version.as_str())));
        Ok(Self { entries, named: Named::of(named) })
    }

    /// The package that `NAME`, `NAME VERSION` or `NAME VERSION (SOURCE)` means; exactly one.
    fn find(&self, reference: &str) -> Result<&'l Entry, CatalogError> {
        let wrong = || malformed(reference, "not one package of this file");
        let (name, version, source) = parts(reference).ok_or_else(wrong)?;
        let named = self.named.called(name.to_owned(), version)?.iter();
        let mut found: Vec<&Entry> = named
            .filter_map(|at| self.entries.get(*at))
            .filter(|entry| source.is_none_or(|source| entry.source.as_deref().map(bare) == Some(source)))
            .collect();
        if found.len() > 1 && source.is_none() {
            // Version 1 writes no source where it means a package of the workspace.
            found.retain(|entry| entry.source.is_none());
        }
        match found.as_slice() {
            [one] => Ok(one),
            _ => Err(wrong()),
        }
    }
}

impl Entry {
    fn name(&self) -> &str {
        self.name.get_ref()
    }

    /// Unique within a lock file; how version 1 refers to it.
    fn id(&self) -> String {
        match &self.source {
            Some(source) => format!("{} {} ({source})", self.name(), self.version),
            None => format!("{} {}", self.name(), self.version),
        }
    }
}

/// Name, version and source of a reference.
fn parts(reference: &str) -> Option<(&str, Option<&str>, Option<&str>)> {
    let mut words = reference.split(' ');
    let (name, version, source) = (words.next()?, words.next(), words.next());
    let source = match source {
        Some(source) => Some(bare(source.strip_prefix('(')?.strip_suffix(')')?)),
        None => None,
    };
    words.next().is_none().then_some((name, version, source))
}

/// A source without the commit that it is pinned to: references leave it out.
fn bare(source: &str) -> &str {
    source.split('#').next().unwrap_or_default()
}

fn package(
    entry: &Entry,
    metadata: &BTreeMap<String, String>,
    names: &Names<'_>,
) -> Result<Package, CatalogError> {
    let id = entry.id();
    let mut dependencies = BTreeSet::new();
    for reference in entry.dependencies.iter().chain(&entry.replace) {
        dependencies.insert(names.find(reference)?.id());
    }
    // Version 1 writes `<none>` where there is no checksum.
    let old = metadata.get(&format!("checksum {id}")).filter(|old| *old != "<none>");
    let mut hashes = BTreeMap::new();
    if let Some(checksum) = entry.checksum.as_ref().or(old) {
        let digest: Sha256Digest =
            checksum.parse().map_err(|_| malformed(&id, "`checksum` is no SHA-256"))?;
        hashes.insert(HashAlgorithm::Sha256, digest.to_string());
    }
    let (origin, qualifier) = origin(entry.source.as_deref())
        .ok_or_else(|| malformed(&id, "a source that this version does not know"))?;
    let purl = Purl::cargo(entry.name(), Some(&entry.version)).and_then(|purl| match qualifier {
        Some((key, value)) => purl.with_qualifier(key, value),
        None => Ok(purl),
    });
    let purl = purl.map_err(|source| CatalogError::Package { at: escape(&id), source })?;
    Ok(Package {
        version: Some(entry.version.clone()),
        hashes,
        // Features, targets, build and development dependencies are one list there.
        scope: Scope::Unstated,
        origin,
        dependencies,
        completeness: Completeness::Complete,
        ..Package::new(id, purl.to_string(), entry.name())
    })
}

/// Where in the file: without the source, which may hold credentials.
fn place(entry: &Entry) -> String {
    format!("{} {}", entry.name(), entry.version)
}

/// Where a package comes from, and what tells it from the default registry's of that name.
fn origin(source: Option<&str>) -> Option<(Origin, Option<(&'static str, String)>)> {
    let Some(source) = source else { return Some((Origin::Local { path: None }, None)) };
    let (kind, address) = source.split_once('+')?;
    match kind {
        "registry" | "sparse" => {
            let address = address_of(address)?;
            let other =
                (!Purl::is_default_registry("cargo", &address)).then_some(("repository_url", address));
            Some((Origin::Registry { url: None }, other))
        }
        "git" => {
            let (url, commit) = (address_of(address)?, commit(address));
            let pinned = commit.as_ref().map_or_else(|| url.clone(), |commit| format!("{url}@{commit}"));
            Some((Origin::Git { url, commit }, Some(("vcs_url", format!("git+{pinned}")))))
        }
        // The path itself is of the machine that locked.
        "path" => Some((Origin::Local { path: None }, None)),
        _ => None,
    }
}

/// An address fit to be shown: of what lies on one machine, that it does.
fn address_of(address: &str) -> Option<String> {
    if is_file(address) { Some("file:".to_owned()) } else { without_credentials(address) }
}

/// The workspace's packages are those without source; the project is what none of the others asks for. Where each is
/// asked for (development dependencies may run in circles), all are.
fn mark_roots(packages: &mut [Package]) {
    let is_local = |package: &Package| matches!(package.origin, Origin::Local { .. });
    let mut asked = BTreeSet::new();
    for package in packages.iter().filter(|package| is_local(package)) {
        asked.extend(package.dependencies.iter().filter(|id| **id != package.id).cloned());
    }
    let circular =
        packages.iter().filter(|package| is_local(package)).all(|package| asked.contains(&package.id));
    let mut direct = BTreeSet::new();
    for package in packages.iter_mut().filter(|package| matches!(package.origin, Origin::Local { .. })) {
        if circular || !asked.contains(&package.id) {
            package.origin = Origin::Root;
        }
        direct.extend(package.dependencies.iter().cloned());
    }
    for package in packages {
        package.direct = package.origin != Origin::Root && direct.contains(&package.id);
    }
}

fn malformed(at: &str, what: &'static str) -> CatalogError {
    CatalogError::Malformed { at: escape(at), what }
}
