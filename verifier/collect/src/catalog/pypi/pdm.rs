//! pdm.lock, version 4 of the format.

use std::collections::BTreeSet;

use mcpsign_schemas::inventory::{Completeness, Origin, Package, Scope};
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;
use serde::Deserialize;
use toml::Spanned;

use super::Requirement;
use super::locked::{Choice, Names, malformed, markers, package, set_files, set_origin, text};
use crate::catalog::lines::Lines;
use crate::catalog::url::{archive, without_credentials};
use crate::catalog::{CatalogError, Cataloger, FileInput, MAX_EDGES, MAX_PACKAGES, TOO_MANY_EDGES};

/// pdm.lock.
pub static PDM_LOCK: PdmLock = PdmLock;

/// The cataloger of pdm.lock.
#[derive(Debug)]
pub struct PdmLock;

impl Cataloger for PdmLock {
    fn id(&self) -> &'static str {
        "python/pdm-lock"
    }

    /// At the root alone, as with npm's.
    fn wants(&self, path: &TreePath) -> bool {
        path.as_str() == "pdm.lock"
    }

    /// Of the project itself the file has no name: pyproject.toml tells it.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let text = text(file.bytes, "pdm.lock")?;
        let lock: Lock = toml::from_str(text).map_err(|_| malformed("pdm.lock", "not of PDM's form"))?;
        if !lock.metadata.lock_version.starts_with("4.") {
            let (found, hint) =
                (escape(&lock.metadata.lock_version), "`pdm lock` of a current PDM writes a newer one");
            return Err(CatalogError::Version { found, known: "4", hint });
        }
        if lock.package.len() > MAX_PACKAGES {
            return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
        }
        packages(&lock.package, &Lines::of(text))
    }
}

#[derive(Deserialize)]
struct Lock {
    metadata: Metadata,
    #[serde(default)]
    package: Vec<Entry>,
}

#[derive(Deserialize)]
struct Metadata {
    lock_version: String,
}

/// A package, or what an extra of one adds to it.
#[derive(Deserialize)]
struct Entry {
    name: Spanned<String>,
    version: Option<String>,
    groups: Option<BTreeSet<String>>,
    marker: Option<String>,
    #[serde(default)]
    dependencies: Vec<String>,
    #[serde(default)]
    files: Vec<File>,
    git: Option<String>,
    revision: Option<String>,
    url: Option<String>,
    path: Option<String>,
}

#[derive(Deserialize)]
struct File {
    file: Option<String>,
    url: Option<String>,
    hash: String,
}

fn packages(entries: &[Entry], lines: &Lines) -> Result<Vec<Package>, CatalogError> {
    let names = Names::of(entries.iter().map(|entry| entry.name.get_ref().as_str()));
    let mut packages = Vec::with_capacity(entries.len());
    let mut count = 0;
    for (at, entry) in entries.iter().enumerate() {
        let name = entry.name.get_ref();
        let origin = origin(entry);
        if entry.version.is_none() && matches!(origin, Origin::Registry { .. }) {
            return Err(malformed(name, "no version"));
        }
        let line = lines.at(entry.name.span().start);
        let mut package = package(at.to_string(), name, entry.version.as_deref(), line)?;
        let choices: Vec<Choice<'_>> = entry
            .files
            .iter()
            .map(|file| Choice {
                name: file.file.as_deref().or(file.url.as_deref()),
                url: file.url.as_deref(),
                digest: Some(&file.hash),
                digests: None,
            })
            .collect();
        set_files(&mut package, &choices)?;
        set_origin(&mut package, origin)?;
        // Groups are the project's extras or for development, and the file does not say which.
        package.scope = match &entry.groups {
            None => Scope::Unstated,
            Some(groups) if groups.contains("default") => Scope::Required,
            Some(_) => Scope::Optional,
        };
        package.markers = markers(name, entry.marker.as_deref().into_iter())?;
        package.completeness = Completeness::Complete;
        for wish in &entry.dependencies {
            let wish =
                Requirement::parse(wish).ok_or_else(|| malformed(name, "a dependency is no requirement"))?;
            let targets = names.called(&wish.name);
            count += targets.len();
            if count > MAX_EDGES {
                return Err(TOO_MANY_EDGES);
            }
            if targets.is_empty() && wish.marker.is_none() {
                package.completeness = Completeness::Incomplete;
            }
            package.dependencies.extend(targets.iter().map(ToString::to_string));
        }
        packages.push(package);
    }
    Ok(packages)
}

fn origin(entry: &Entry) -> Origin {
    let clean = |url: &str| without_credentials(url).unwrap_or_else(|| "git:".to_owned());
    match (&entry.git, &entry.path, &entry.url) {
        (Some(git), ..) => Origin::Git { url: clean(git), commit: entry.revision.clone() },
        (_, Some(path), _) => Origin::Local { path: Some(path.clone()) },
        (.., Some(url)) => archive(url).unwrap_or(Origin::Local { path: None }),
        _ => Origin::Registry { url: None },
    }
}
