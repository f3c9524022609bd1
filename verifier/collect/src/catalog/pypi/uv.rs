//! uv.lock: one resolution for all platforms.

use std::collections::BTreeMap;

use mcpsign_schemas::inventory::{Completeness, Origin, Package, Scope};
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::is_deceptive;
use serde::Deserialize;
use toml::Spanned;

use super::locked::{Choice, Names, malformed, only, package, set_files, set_index, set_origin, text};
use super::marker::{Edge, propagate};
use crate::catalog::graph::{Wishes, set_direct, set_scopes};
use crate::catalog::lines::Lines;
use crate::catalog::url::{archive, commit, without_credentials};
use crate::catalog::{CatalogError, Cataloger, FileInput, MAX_EDGES, MAX_PACKAGES, TOO_MANY_EDGES};

/// uv.lock.
pub static UV_LOCK: UvLock = UvLock;

/// The cataloger of uv.lock.
#[derive(Debug)]
pub struct UvLock;

impl Cataloger for UvLock {
    fn id(&self) -> &'static str {
        "python/uv-lock"
    }

    /// At the root alone, as with npm's.
    fn wants(&self, path: &TreePath) -> bool {
        path.as_str() == "uv.lock"
    }

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let text = text(file.bytes, "uv.lock")?;
        let lock: Lock = toml::from_str(text).map_err(|_| malformed("uv.lock", "not of uv's form"))?;
        if lock.version != 1 {
            let hint = "a newer mcpsign may read it";
            return Err(CatalogError::Version { found: lock.version.to_string(), known: "1", hint });
        }
        if lock.package.len() > MAX_PACKAGES {
            return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
        }
        packages(&lock.package, &Lines::of(text))
    }
}

#[derive(Deserialize)]
struct Lock {
    version: u32,
    #[serde(default)]
    package: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Entry {
    name: Spanned<String>,
    /// Of a project whose version is found while it is built there is none.
    version: Option<String>,
    source: Source,
    #[serde(default)]
    dependencies: Vec<Reference>,
    #[serde(default)]
    optional_dependencies: BTreeMap<String, Vec<Reference>>,
    #[serde(default)]
    dev_dependencies: BTreeMap<String, Vec<Reference>>,
    sdist: Option<File>,
    #[serde(default)]
    wheels: Vec<File>,
}

#[derive(Deserialize, PartialEq)]
struct Source {
    registry: Option<String>,
    git: Option<String>,
    url: Option<String>,
    path: Option<String>,
    directory: Option<String>,
    editable: Option<String>,
    r#virtual: Option<String>,
}

#[derive(Deserialize)]
struct Reference {
    name: String,
    version: Option<String>,
    source: Option<Source>,
    marker: Option<String>,
}

#[derive(Deserialize)]
struct File {
    url: Option<String>,
    path: Option<String>,
    filename: Option<String>,
    hash: Option<String>,
}

impl Source {
    /// The folder of a project's own code.
    fn folder(&self) -> Option<&str> {
        [&self.r#virtual, &self.editable, &self.directory].into_iter().find_map(|path| path.as_deref())
    }

    fn origin(&self) -> Option<Origin> {
        match (self.folder(), &self.git, &self.url, &self.path, &self.registry) {
            (Some("."), ..) => Some(Origin::Root),
            (Some(path), ..) => Some(Origin::Local { path: Some(path.to_owned()) }),
            (_, Some(git), ..) => {
                let url = without_credentials(git).unwrap_or_else(|| "git:".to_owned());
                Some(Origin::Git { url, commit: commit(git) })
            }
            (_, _, Some(url), ..) => archive(url),
            (.., Some(path), _) => Some(Origin::Local { path: Some(path.clone()) }),
            (.., Some(_)) => Some(Origin::Registry { url: None }),
            _ => None,
        }
    }
}

fn packages(entries: &[Entry], lines: &Lines) -> Result<Vec<Package>, CatalogError> {
    let names = Names::of(entries.iter().map(|entry| entry.name.get_ref().as_str()));
    let mut packages = Vec::with_capacity(entries.len());
    for (at, entry) in entries.iter().enumerate() {
        packages.push(read(at, entry, lines.at(entry.name.span().start))?);
    }
    let mut wishes = Wishes::default();
    let mut edges: Vec<Vec<Edge<'_>>> = vec![Vec::new(); entries.len()];
    let mut count = 0;
    for (at, entry) in entries.iter().enumerate() {
        let is_own = entry.source.folder().is_some();
        let is_root = entry.source.folder() == Some(".");
        let lists = [(Scope::Required, &entry.dependencies)].into_iter();
        let extras = entry.optional_dependencies.values().map(|list| (Scope::Optional, list));
        let groups = entry.dev_dependencies.values().map(|list| (Scope::Development, list));
        for (scope, reference) in lists
            .chain(extras)
            .chain(groups)
            .flat_map(|(scope, list)| list.iter().map(move |one| (scope, one)))
        {
            // Of one name there may be as many as there are packages.
            count += names.called(&reference.name).len();
            if count > MAX_EDGES {
                return Err(TOO_MANY_EDGES);
            }
            let targets = find(entries, &names, reference)?;
            for target in targets {
                if reference.marker.as_deref().is_some_and(|marker| marker.chars().any(is_deceptive)) {
                    return Err(malformed(&reference.name, "a marker with invisible characters"));
                }
                let id = target.to_string();
                if is_own {
                    wishes.asked.push((id.clone(), scope));
                }
                if is_root {
                    wishes.own.insert(id.clone());
                }
                // Of others uv locks only those extras that somebody asks for.
                if let Some(package) = packages.get_mut(at) {
                    package.dependencies.insert(id);
                }
                if let Some(edges) = edges.get_mut(at) {
                    edges.push((target, reference.marker.as_deref()));
                }
            }
        }
    }
    let roots: Vec<usize> = entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.source.folder().is_some())
        .map(|(at, _)| at)
        .collect();
    for (package, markers) in packages.iter_mut().zip(propagate(&roots, &edges)) {
        package.markers = markers;
    }
    set_scopes(&mut packages, &wishes);
    set_direct(&mut packages, &wishes);
    Ok(packages)
}

fn read(at: usize, entry: &Entry, line: Option<u32>) -> Result<Package, CatalogError> {
    let name = entry.name.get_ref();
    let origin =
        entry.source.origin().ok_or_else(|| malformed(name, "a source that this version does not know"))?;
    let is_own = matches!(origin, Origin::Root | Origin::Local { .. });
    if entry.version.is_none() && !is_own {
        return Err(malformed(name, "no version"));
    }
    let mut package = package(at.to_string(), name, entry.version.as_deref(), line)?;
    let files: Vec<Choice<'_>> = entry
        .wheels
        .iter()
        .chain(&entry.sdist)
        .map(|file| Choice {
            name: file.filename.as_deref().or(file.url.as_deref()).or(file.path.as_deref()),
            url: file.url.as_deref(),
            digest: file.hash.as_deref(),
            digests: None,
        })
        .collect();
    set_files(&mut package, &files)?;
    let file = only(&files);
    let origin = match origin {
        Origin::Registry { .. } => {
            Origin::Registry { url: file.and_then(|file| file.name).and_then(without_credentials) }
        }
        other => other,
    };
    set_origin(&mut package, origin)?;
    if let Some(index) = &entry.source.registry {
        set_index(&mut package, index)?;
    }
    if is_own {
        package.scope = Scope::Required;
    }
    package.completeness = Completeness::Complete;
    Ok(package)
}

/// Every package that a reference means: one, unless the file leaves open which.
fn find(entries: &[Entry], names: &Names, reference: &Reference) -> Result<Vec<usize>, CatalogError> {
    let fits = |entry: &Entry| {
        reference.version.as_ref().is_none_or(|version| entry.version.as_ref() == Some(version))
            && reference.source.as_ref().is_none_or(|source| entry.source == *source)
    };
    let found: Vec<usize> = names
        .called(&reference.name)
        .iter()
        .copied()
        .filter(|at| entries.get(*at).is_some_and(fits))
        .collect();
    if found.is_empty() { Err(malformed(&reference.name, "not a package of this file")) } else { Ok(found) }
}
