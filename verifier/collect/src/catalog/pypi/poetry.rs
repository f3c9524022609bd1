//! poetry.lock, versions 1 and 2 of the format.

use std::collections::{BTreeMap, BTreeSet};

use mcpsign_schemas::inventory::{Completeness, Origin, Package, Scope};
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;
use serde::Deserialize;
use toml::{Spanned, Value};

use super::locked::{self, Choice, Names, malformed, package, set_files, set_index, set_origin, text};
use crate::catalog::lines::Lines;
use crate::catalog::url::{archive, without_credentials};
use crate::catalog::{CatalogError, Cataloger, FileInput, MAX_EDGES, MAX_PACKAGES, TOO_MANY_EDGES};

/// poetry.lock.
pub static POETRY_LOCK: PoetryLock = PoetryLock;

/// The cataloger of poetry.lock.
#[derive(Debug)]
pub struct PoetryLock;

impl Cataloger for PoetryLock {
    fn id(&self) -> &'static str {
        "python/poetry-lock"
    }

    /// At the root alone, as with npm's.
    fn wants(&self, path: &TreePath) -> bool {
        path.as_str() == "poetry.lock"
    }

    /// Of the project itself the file has no name: pyproject.toml tells it.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let text = text(file.bytes, "poetry.lock")?;
        let lock: Lock =
            toml::from_str(text).map_err(|_| malformed("poetry.lock", "not of Poetry's form"))?;
        let version = lock.metadata.lock_version.unwrap_or_else(|| "1.0".to_owned());
        if !(version.starts_with("1.") || version.starts_with("2.")) {
            let hint = "a newer mcpsign may read it";
            return Err(CatalogError::Version { found: escape(&version), known: "1 or 2", hint });
        }
        if lock.package.len() > MAX_PACKAGES {
            return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
        }
        packages(&lock.package, &lock.metadata.files, &Lines::of(text))
    }
}

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Entry>,
    metadata: Metadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Metadata {
    lock_version: Option<String>,
    /// Before version 2 files stood here, by name of the package.
    #[serde(default)]
    files: BTreeMap<String, Vec<File>>,
}

#[derive(Deserialize)]
struct Entry {
    name: Spanned<String>,
    version: String,
    #[serde(default)]
    optional: bool,
    /// Since version 2.1.
    groups: Option<BTreeSet<String>>,
    /// Before version 2.0.
    category: Option<String>,
    /// One marker, or one for each group.
    markers: Option<Value>,
    #[serde(default)]
    files: Vec<File>,
    #[serde(default)]
    dependencies: BTreeMap<String, Value>,
    source: Option<Source>,
}

#[derive(Deserialize)]
struct File {
    file: String,
    hash: String,
}

#[derive(Deserialize)]
struct Source {
    r#type: String,
    url: String,
    resolved_reference: Option<String>,
}

fn packages(
    entries: &[Entry],
    files: &BTreeMap<String, Vec<File>>,
    lines: &Lines,
) -> Result<Vec<Package>, CatalogError> {
    let names = Names::of(entries.iter().map(|entry| entry.name.get_ref().as_str()));
    let mut packages = Vec::with_capacity(entries.len());
    let mut count = 0;
    for (at, entry) in entries.iter().enumerate() {
        let name = entry.name.get_ref();
        let mut package =
            package(at.to_string(), name, Some(&entry.version), lines.at(entry.name.span().start))?;
        let files = if entry.files.is_empty() { files.get(name) } else { Some(&entry.files) };
        let choices: Vec<Choice<'_>> = files
            .into_iter()
            .flatten()
            .map(|file| Choice { name: Some(&file.file), digest: Some(&file.hash), ..Choice::default() })
            .collect();
        set_files(&mut package, &choices)?;
        set_origin(&mut package, origin(entry)?)?;
        if let Some(source) = entry.source.as_ref().filter(|source| source.r#type == "legacy") {
            set_index(&mut package, &source.url)?;
        }
        package.scope = scope(entry);
        package.markers = markers(entry)?;
        package.completeness = Completeness::Complete;
        for (wish, how) in &entry.dependencies {
            let targets = names.called(wish);
            count += targets.len();
            if count > MAX_EDGES {
                return Err(TOO_MANY_EDGES);
            }
            // What an extra that nobody chose asks for is not locked.
            if targets.is_empty() && !is_optional(how) {
                package.completeness = Completeness::Incomplete;
            }
            package.dependencies.extend(targets.iter().map(ToString::to_string));
        }
        packages.push(package);
    }
    Ok(packages)
}

/// Text, a table, or several of them for different platforms.
fn is_optional(how: &Value) -> bool {
    match how {
        Value::Table(table) => {
            table.get("optional").and_then(Value::as_bool) == Some(true)
                || table
                    .get("markers")
                    .and_then(Value::as_str)
                    .is_some_and(|marker| marker.contains("extra =="))
        }
        Value::Array(several) => several.iter().all(is_optional),
        _ => false,
    }
}

fn scope(entry: &Entry) -> Scope {
    let is_main = match (&entry.groups, entry.category.as_deref()) {
        (Some(groups), _) => groups.contains("main"),
        (None, Some(category)) => category == "main",
        // Versions between told nothing.
        (None, None) => return if entry.optional { Scope::Optional } else { Scope::Unstated },
    };
    match (is_main, entry.optional) {
        (true, true) => Scope::Optional,
        (true, false) => Scope::Required,
        (false, _) => Scope::Development,
    }
}

fn markers(entry: &Entry) -> Result<BTreeSet<String>, CatalogError> {
    let name = entry.name.get_ref();
    let no_text = || malformed(name, "a marker is no text");
    match &entry.markers {
        None => Ok(BTreeSet::new()),
        Some(Value::String(marker)) => locked::markers(name, [marker.as_str()].into_iter()),
        // A group without a marker is wanted always.
        Some(Value::Table(each)) if entry.groups.as_ref().is_some_and(|groups| groups.len() > each.len()) => {
            Ok(BTreeSet::new())
        }
        Some(Value::Table(each)) => {
            let texts: Option<Vec<&str>> = each.values().map(Value::as_str).collect();
            locked::markers(name, texts.ok_or_else(no_text)?.into_iter())
        }
        Some(_) => Err(no_text()),
    }
}

fn origin(entry: &Entry) -> Result<Origin, CatalogError> {
    let Some(source) = &entry.source else { return Ok(Origin::Registry { url: None }) };
    let url = || without_credentials(&source.url).unwrap_or_else(|| format!("{}:", source.r#type));
    match source.r#type.as_str() {
        "legacy" => Ok(Origin::Registry { url: None }),
        "git" => Ok(Origin::Git { url: url(), commit: source.resolved_reference.clone() }),
        "url" => Ok(archive(&source.url).unwrap_or(Origin::Local { path: None })),
        "file" | "directory" => Ok(Origin::Local { path: Some(source.url.clone()) }),
        _ => Err(malformed(entry.name.get_ref(), "a source that this version does not know")),
    }
}
