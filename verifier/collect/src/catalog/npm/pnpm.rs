//! pnpm-lock.yaml, lock file versions 5.3 to 9.

use std::borrow::Borrow;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::Hash;

use mcpsign_schemas::inventory::{Completeness, Location, Means, Origin, Package, Scope};
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;

use super::{integrity, origin};
use crate::catalog::graph::{Wishes, set_direct, set_scopes};
use crate::catalog::url::shown;
use crate::catalog::yaml::{Map, Node, documents};
use crate::catalog::{CatalogError, Cataloger, FileInput, MAX_PACKAGES};

/// pnpm-lock.yaml.
pub static PNPM_LOCK: PnpmLock = PnpmLock;

/// The cataloger of pnpm-lock.yaml.
#[derive(Debug)]
pub struct PnpmLock;

impl Cataloger for PnpmLock {
    fn id(&self) -> &'static str {
        "javascript/pnpm-lock"
    }

    /// At the root alone, as with npm's.
    fn wants(&self, path: &TreePath) -> bool {
        path.as_str() == "pnpm-lock.yaml"
    }

    /// Of the project itself the file has no name: package.json tells it.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let mut reading = Reading::default();
        // pnpm 11 and later write what they need themselves as a document of its own before the project's.
        for document in documents(file.bytes)? {
            let style = Style::of(document.text("lockfileVersion")?)?;
            reading.packages(&document, style)?;
            reading.importers(&document, style)?;
        }
        Ok(reading.finish())
    }
}

/// How keys are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// `/name/1.0.0_peers`.
    V5,
    /// `/name@1.0.0(peers)`.
    V6,
    /// `name@1.0.0(peers)`, edges apart under `snapshots`.
    V9,
}

impl Style {
    fn of(version: Option<&str>) -> Result<Self, CatalogError> {
        match version.map(|version| (version, version.split('.').next().unwrap_or_default())) {
            Some((_, "5")) => Ok(Self::V5),
            Some((_, "6")) => Ok(Self::V6),
            Some((_, "9")) => Ok(Self::V9),
            other => Err(CatalogError::Version {
                found: other.map_or_else(|| "(none)".to_owned(), |(version, _)| escape(version)),
                known: "5.3 to 9",
                hint: "`pnpm install --lockfile-only` of a current pnpm writes a newer one",
            }),
        }
    }

    /// The key without what tells apart copies with other peers.
    fn bare(self, key: &str) -> &str {
        match self {
            Self::V6 | Self::V9 => key.split('(').next().unwrap_or_default(),
            // In a version no underscore is allowed; in names one is.
            Self::V5 => match key.rsplit_once('/') {
                Some((name, version)) => {
                    let version = version.split('_').next().unwrap_or_default();
                    key.get(..name.len() + 1 + version.len()).unwrap_or(key)
                }
                None => key,
            },
        }
    }

    /// Name and version of a registry's package.
    fn parts(self, key: &str) -> Option<(&str, &str)> {
        let bare = self.bare(key);
        match self {
            Self::V9 => origin::split(bare),
            Self::V6 => origin::split(bare.strip_prefix('/').unwrap_or(bare)),
            Self::V5 => bare.strip_prefix('/').unwrap_or(bare).rsplit_once('/'),
        }
    }

    /// The key of what the package `name` is resolved to; of another one where it is installed under this name.
    fn key(self, name: &str, resolved: &str) -> String {
        match self {
            Self::V9 => format!("{name}@{resolved}"),
            Self::V6 => format!("/{name}@{resolved}"),
            Self::V5 => format!("/{name}/{resolved}"),
        }
    }
}

#[derive(Debug, Default)]
struct Reading {
    packages: BTreeMap<String, Package>,
    wishes: Wishes,
}

/// A package: what is said of it, and what of this copy of it.
struct Row<'d> {
    key: &'d str,
    line: u32,
    package: &'d Map<'d>,
    copy: Option<&'d Map<'d>>,
}

impl Reading {
    fn packages(&mut self, document: &Map<'_>, style: Style) -> Result<(), CatalogError> {
        let (listed, snapshots) = (document.map("packages")?, document.map("snapshots")?);
        if listed.len() + snapshots.len() + self.packages.len() > 2 * MAX_PACKAGES {
            return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
        }
        let rows = rows(&listed, &snapshots, style)?;
        let keys: HashSet<&str> = rows.iter().map(|row| row.key).collect();
        for row in &rows {
            let mut package = package(row, style)?;
            for (list, optional) in [("dependencies", false), ("optionalDependencies", true)] {
                let Some(copy) = row.copy else { continue };
                for (name, resolved) in pairs(&*copy.map(list)?)? {
                    match target(style, &name, &resolved, &keys) {
                        Some(target) => {
                            if optional {
                                self.wishes.optional.insert((package.id.clone(), target.clone()));
                            }
                            package.dependencies.insert(target);
                        }
                        // A folder of the workspace, or what an optional dependency was not resolved to.
                        None if optional || resolved.starts_with("link:") => {}
                        None => package.completeness = Completeness::Incomplete,
                    }
                }
            }
            self.packages.insert(package.id.clone(), package);
        }
        Ok(())
    }

    /// What each project of the workspace asks for. Those that another one asks for have a name by that, and are packages too.
    fn importers(&mut self, document: &Map<'_>, style: Style) -> Result<(), CatalogError> {
        let importers = document.map("importers")?;
        let keys: HashSet<String> = self.packages.keys().cloned().collect();
        // Without workspace old versions write the one project's wishes at the top.
        let parts = importers.entries().filter_map(|entry| match &entry.value {
            Node::Map(project) => Some((entry.key.as_ref(), Some(entry.line), project)),
            _ => None,
        });
        let projects: Vec<_> = parts.chain([(".", None, document)]).collect();
        let lines: HashMap<&str, Option<u32>> =
            projects.iter().map(|(path, line, _)| (*path, *line)).collect();
        let mut parts: BTreeMap<String, Package> = BTreeMap::new();
        let mut asks: HashMap<&str, BTreeSet<String>> = HashMap::new();
        for (path, _, project) in &projects {
            for (list, scope) in LISTS {
                for (name, resolved) in pairs(&*project.map(list)?)? {
                    let target = match target(style, &name, &resolved, &keys) {
                        Some(target) => Some(target),
                        None => match resolved.strip_prefix("link:").and_then(|to| beside(path, to)) {
                            Some(to) if to == "." => None,
                            Some(to) => lines
                                .get(to.as_str())
                                .map(|line| part(&mut parts, &name, &to, *line))
                                .transpose()?,
                            None if resolved.starts_with("link:") || scope != Scope::Required => None,
                            None => {
                                return Err(malformed(
                                    &name,
                                    "what it is resolved to is no package of this file",
                                ));
                            }
                        },
                    };
                    let Some(target) = target else { continue };
                    self.wishes.asked.push((target.clone(), scope));
                    asks.entry(*path).or_default().insert(target);
                }
            }
        }
        self.wishes.own.extend(asks.get(".").into_iter().flatten().cloned());
        for (path, mut package) in parts {
            package.dependencies = asks.remove(path.as_str()).unwrap_or_default();
            self.packages.insert(package.id.clone(), package);
        }
        Ok(())
    }

    fn finish(self) -> Vec<Package> {
        let mut packages: Vec<Package> = self.packages.into_values().collect();
        set_scopes(&mut packages, &self.wishes);
        set_direct(&mut packages, &self.wishes);
        packages
    }
}

/// What the project asks for under another name than its own, by that name: an address tells no name.
pub(in crate::catalog) fn renamed(bytes: &[u8]) -> Result<HashMap<String, String>, CatalogError> {
    let mut names = HashMap::new();
    for document in documents(bytes)? {
        let style = Style::of(document.text("lockfileVersion")?)?;
        let mut reading = Reading::default();
        reading.packages(&document, style)?;
        let keys: HashSet<&str> = reading.packages.keys().map(String::as_str).collect();
        let importers = document.map("importers")?;
        let project = match importers.get(".") {
            Some(Node::Map(project)) => project,
            _ => &document,
        };
        for (list, _) in LISTS {
            for (name, resolved) in pairs(&*project.map(list)?)? {
                let found = target(style, &name, &resolved, &keys).and_then(|key| reading.packages.get(&key));
                if let Some(package) = found.filter(|package| package.name != name) {
                    names.insert(name, package.name.clone());
                }
            }
        }
    }
    Ok(names)
}

/// Lists of wishes, and what each is for.
const LISTS: [(&str, Scope); 5] = [
    ("dependencies", Scope::Required),
    ("optionalDependencies", Scope::Optional),
    ("devDependencies", Scope::Development),
    ("configDependencies", Scope::Development),
    ("packageManagerDependencies", Scope::Development),
];

/// The id of a part of the workspace, of which the file tells no version.
fn part(
    parts: &mut BTreeMap<String, Package>,
    name: &str,
    path: &str,
    line: Option<u32>,
) -> Result<String, CatalogError> {
    let id = format!("link:{path}");
    if let Entry::Vacant(entry) = parts.entry(path.to_owned()) {
        let origin = Origin::Local { path: Some(path.to_owned()) };
        let mut package = Package::new(id.clone(), origin::purl(name, name, None, &origin)?, name);
        package.origin = origin;
        package.completeness = Completeness::Complete;
        package.found.insert(Location { line, ..Location::at(format!("importers.{path}"), Means::Lockfile) });
        entry.insert(package);
    }
    Ok(id)
}

/// The folder that `to` leads to from `path`, both below the root of the workspace; none outside of it.
fn beside(path: &str, to: &str) -> Option<String> {
    let mut folders: Vec<&str> = path.split('/').filter(|name| *name != ".").collect();
    for name in to.split('/') {
        match name {
            "" | "." => {}
            ".." => _ = folders.pop()?,
            name => folders.push(name),
        }
    }
    Some(if folders.is_empty() { ".".to_owned() } else { folders.join("/") })
}

/// Packages with what is said of each copy: since version 9 apart, before in one entry.
fn rows<'d>(listed: &'d Map<'d>, snapshots: &'d Map<'d>, style: Style) -> Result<Vec<Row<'d>>, CatalogError> {
    let mut known: HashMap<&str, Row<'d>> = HashMap::new();
    for entry in listed.entries() {
        let Node::Map(package) = &entry.value else { return Err(malformed(&entry.key, "not a package")) };
        let copy = (style != Style::V9).then_some(package);
        known.insert(&entry.key, Row { key: &entry.key, line: entry.line, package, copy });
    }
    let mut rows = Vec::new();
    let mut taken = HashSet::new();
    for entry in snapshots.entries().filter(|_| style == Style::V9) {
        let bare = style.bare(&entry.key);
        let row = known.get(bare).ok_or_else(|| malformed(&entry.key, "not one of `packages`"))?;
        let copy = match &entry.value {
            Node::Map(copy) => Some(copy),
            Node::Null => None,
            _ => return Err(malformed(&entry.key, "not a package")),
        };
        taken.insert(bare);
        rows.push(Row { key: &entry.key, line: row.line, package: row.package, copy });
    }
    // In the file and nowhere asked for: there all the same.
    rows.extend(known.into_values().filter(|row| !taken.contains(row.key)));
    Ok(rows)
}

fn package(row: &Row<'_>, style: Style) -> Result<Package, CatalogError> {
    let (key, map) = (row.key, row.package);
    let parts = style.parts(key);
    let (name, version) = (map.text("name")?, map.text("version")?);
    let name = name.or_else(|| parts.map(|(name, _)| name)).ok_or_else(|| malformed(key, "no name"))?;
    let resolution = map.map("resolution")?;
    let origin = match (resolution.text("type")?, resolution.text("repo")?) {
        (Some("git"), Some(repo)) => {
            let commit = resolution.text("commit")?.unwrap_or_default();
            origin::of_address(name, None, Some(&format!("git+{repo}#{commit}")))
        }
        (Some("directory"), _) => Origin::Local { path: resolution.text("directory")?.map(str::to_owned) },
        _ => {
            let stated = version.or_else(|| parts.map(|(_, version)| version));
            origin::of_address(name, stated, resolution.text("tarball")?)
        }
    };
    // Only a registry's package has its version in its key, wherever that registry keeps its files: of others it is an address.
    let is_registry = matches!(origin, Origin::Registry { .. });
    let in_key = |version: &&str| is_registry || semver::Version::parse(version).is_ok();
    let version = version.or_else(|| parts.map(|(_, version)| version).filter(in_key));
    if version.is_none() && is_registry {
        return Err(malformed(key, "no version"));
    }
    let mut package = Package::new(key, origin::purl(key, name, version, &origin)?, name);
    package.version = version.map(str::to_owned);
    if let Some(text) = resolution.text("integrity")? {
        package.hashes = integrity::parse(text).ok_or_else(|| malformed(key, "`integrity` is no digest"))?;
    }
    let flag = |name: &'static str| -> Result<bool, CatalogError> {
        let stated = match row.copy.map(|copy| copy.text(name)).transpose()?.flatten() {
            None => map.text(name)?,
            stated => stated,
        };
        Ok(stated == Some("true"))
    };
    package.scope = match (flag("dev")?, flag("optional")?) {
        (true, _) => Scope::Development,
        (false, true) => Scope::Optional,
        (false, false) => Scope::Unstated,
    };
    package.install_script = flag("requiresBuild")?;
    package.markers =
        origin::marker([("os", map.texts("os")?), ("cpu", map.texts("cpu")?), ("libc", map.texts("libc")?)])
            .into_iter()
            .collect();
    package.origin = origin;
    // What a package brings along stands nowhere else.
    let bundles = ["bundledDependencies", "bundleDependencies"]
        .into_iter()
        .filter_map(|list| map.get(list))
        .any(|list| !matches!(list, Node::Text(text) if text == "false"));
    package.completeness = if bundles { Completeness::Incomplete } else { Completeness::Complete };
    let found = Location { line: Some(row.line), ..Location::at(shown(key), Means::Lockfile) };
    package.found = BTreeSet::from([found]);
    Ok(package)
}

/// Names and what each is resolved to: text, or a mapping with the version.
fn pairs(map: &Map<'_>) -> Result<Vec<(String, String)>, CatalogError> {
    let mut pairs = Vec::with_capacity(map.len());
    for entry in map.entries() {
        let resolved = match &entry.value {
            Node::Text(version) => version.as_ref(),
            Node::Map(wish) => {
                wish.text("version")?.ok_or_else(|| malformed(&entry.key, "resolved to no version"))?
            }
            _ => return Err(malformed(&entry.key, "resolved to no version")),
        };
        pairs.push((entry.key.clone().into_owned(), resolved.to_owned()));
    }
    Ok(pairs)
}

/// The key of what `name` is resolved to; the text itself where another package is installed under the name.
fn target<K>(style: Style, name: &str, resolved: &str, keys: &HashSet<K>) -> Option<String>
where
    K: Borrow<str> + Eq + Hash,
{
    let own = style.key(name, resolved);
    if keys.contains(own.as_str()) {
        return Some(own);
    }
    keys.contains(resolved).then(|| resolved.to_owned())
}

fn malformed(at: &str, what: &'static str) -> CatalogError {
    CatalogError::Malformed { at: escape(&shown(at)), what }
}
