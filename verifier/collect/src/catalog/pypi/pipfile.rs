//! Pipfile.lock: versions and digests by name, nothing of who asks for whom.

use std::collections::HashMap;

use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::inventory::{Completeness, Origin, Package, Scope};
use mcpsign_schemas::tree::TreePath;

use super::locked::{Choice, malformed, markers, package, set_files, set_index, set_origin};
use crate::catalog::url::{archive, without_credentials};
use crate::catalog::{CatalogError, Cataloger, FileInput, MAX_BYTES, MAX_PACKAGES, lines};

/// Pipfile.lock.
pub static PIPFILE_LOCK: PipfileLock = PipfileLock;

/// The cataloger of Pipfile.lock.
#[derive(Debug)]
pub struct PipfileLock;

impl Cataloger for PipfileLock {
    fn id(&self) -> &'static str {
        "python/pipfile-lock"
    }

    /// At the root alone, as with npm's.
    fn wants(&self, path: &TreePath) -> bool {
        path.as_str() == "Pipfile.lock"
    }

    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let json = Json::parse(file.bytes, Limits::bytes(MAX_BYTES))?;
        let root = json.as_object().ok_or_else(|| malformed("Pipfile.lock", "not an object"))?;
        let spec = json.get("_meta").and_then(|meta| meta.get("pipfile-spec")).and_then(Json::as_u64);
        if spec != Some(6) {
            let found = spec.map_or_else(|| "(none)".to_owned(), |spec| spec.to_string());
            return Err(CatalogError::Version {
                found,
                known: "6",
                hint: "`pipenv lock` writes a newer one",
            });
        }
        let mut lines = HashMap::new();
        lines::each_key(file.bytes, |above, key, line| {
            if let [Some(category)] = above {
                lines.entry((*category, key)).or_insert(line);
            }
        });
        let sources = json.get("_meta").and_then(|meta| meta.get("sources")).and_then(Json::as_array);
        let sources: Vec<(&str, &str)> = sources
            .unwrap_or_default()
            .iter()
            .filter_map(|source| source.get("name")?.as_str().zip(source.get("url")?.as_str()))
            .collect();
        let mut packages = Vec::new();
        for (category, listed) in root.iter().filter(|(category, _)| *category != "_meta") {
            let scope = match category {
                "default" => Scope::Required,
                "develop" => Scope::Development,
                _ => Scope::Optional,
            };
            let listed = listed.as_object().ok_or_else(|| malformed(category, "not an object"))?;
            if packages.len() + listed.len() > MAX_PACKAGES {
                return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
            }
            // The project itself is none of what it needs.
            let others =
                listed.iter().filter(|(_, entry)| entry.get("path").and_then(Json::as_str) != Some("."));
            for (name, entry) in others {
                let line = lines.get(&(category, name)).copied();
                let mut package = Package { scope, ..read(category, name, entry, line)? };
                let of = entry.get("index").and_then(Json::as_str);
                let index = sources.iter().find(|(name, _)| of.map_or(sources.len() == 1, |of| of == *name));
                if let Some((_, url)) = index {
                    set_index(&mut package, url)?;
                }
                packages.push(package);
            }
        }
        Ok(packages)
    }
}

fn read(category: &str, name: &str, entry: &Json, line: Option<u32>) -> Result<Package, CatalogError> {
    let text = |key: &'static str| match entry.get(key) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(malformed(name, "a member is no text")),
    };
    let version = match text("version")? {
        None => None,
        Some(version) => {
            Some(version.strip_prefix("==").ok_or_else(|| malformed(name, "the version is not exact"))?)
        }
    };
    let clean = |url: &str| without_credentials(url).unwrap_or_else(|| "git:".to_owned());
    let origin = match (text("git")?, text("path")?, text("file")?) {
        (Some(git), ..) => Origin::Git { url: clean(git), commit: text("ref")?.map(str::to_owned) },
        (_, Some(path), _) => Origin::Local { path: Some(path.to_owned()) },
        (.., Some(url)) => archive(url).unwrap_or(Origin::Local { path: None }),
        _ if version.is_none() => return Err(malformed(name, "no version")),
        _ => Origin::Registry { url: None },
    };
    let mut package = package(format!("{category} {name}"), name, version, line)?;
    set_origin(&mut package, origin)?;
    package.markers = markers(name, text("markers")?.into_iter())?;
    package.completeness = Completeness::Unknown;
    let digests = entry.get("hashes").and_then(Json::as_array).unwrap_or_default().iter();
    let files =
        digests.filter_map(Json::as_str).map(|digest| Choice { digest: Some(digest), ..Choice::default() });
    set_files(&mut package, &files.collect::<Vec<_>>())?;
    Ok(package)
}
