//! pyproject.toml (PEP 621, or Poetry's own table), and the wheels and source distributions that a build leaves in `dist/`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr as _;

use mcpsign_schemas::purl::PackageIdentity;
use mcpsign_schemas::untrusted::escape;
use pep440_rs::Version;
use serde::Deserialize;

use super::folder::Folder;
use super::{Found, Launch, Places, ProjectError};
use crate::catalog::pypi::normalized;

const FILE: &str = "pyproject.toml";
/// Where tools keep the environment of a project (uv, Poetry, `python3 -m venv`).
const ENVIRONMENTS: [&str; 2] = [".venv", "venv"];

#[derive(Deserialize)]
struct File {
    project: Option<Head>,
    tool: Option<Tool>,
}

#[derive(Deserialize)]
struct Tool {
    poetry: Option<Poetry>,
}

/// What Poetry read before it knew PEP 621.
#[derive(Deserialize)]
struct Poetry {
    name: Option<String>,
    version: Option<String>,
    #[serde(default)]
    scripts: BTreeMap<String, toml::Value>,
}

/// The version that Poetry's plugins replace when they build.
const POETRY_DYNAMIC: &str = "0.0.0";

#[derive(Deserialize)]
struct Head {
    name: Option<String>,
    version: Option<String>,
    #[serde(default)]
    dynamic: Vec<String>,
    #[serde(default)]
    scripts: BTreeMap<String, String>,
}

/// What pyproject.toml releases.
pub(super) fn find(folder: &Folder, places: &Places<'_>) -> Result<Option<Found>, ProjectError> {
    let Some(bytes) = folder.read(FILE)? else { return Ok(None) };
    let unusable = |why: String| ProjectError::Manifest { path: folder.path.join(FILE), why };
    let file: File = super::toml(&bytes).map_err(unusable)?;
    // Many a pyproject.toml only configures tools.
    let Some(head) = file.project.or_else(|| file.tool?.poetry?.head()) else { return Ok(None) };
    let name = head.name.ok_or_else(|| unusable("`project.name` is missing".into()))?;

    let mut built = Vec::new();
    for place in places.of_releases() {
        for file in place.files()? {
            if let Some(version) = version_of(&file, &name) {
                built.push((version, place.path.join(&file)));
            }
        }
    }
    let version = match head.version {
        Some(version) => version,
        None if head.dynamic.iter().any(|field| field == "version") => carried(&built).map_err(unusable)?,
        None => return Err(unusable("`project.version` is missing, and not in `project.dynamic`".into())),
    };
    let meant =
        Version::from_str(&version).map_err(|_| unusable("`project.version` is no version".into()))?;
    let identity = PackageIdentity::pypi(&name, Some(&version))
        .map_err(|error| unusable(format!("`project.name` or `project.version`: {error}")))?;
    let (current, stale): (Vec<_>, Vec<_>) = built.into_iter().partition(|(version, _)| *version == meant);
    let paths = |built: Vec<(Version, PathBuf)>| built.into_iter().map(|(_, path)| path).collect();
    Ok(Some(Found {
        file: FILE,
        mcp_name: None,
        artifacts: paths(current),
        stale: paths(stale),
        wanted: format!(
            "wheel or sdist of {name} {version} in dist/: `python -m build` or `uv build` makes them"
        ),
        launch: launch(folder, places, &name, &head.scripts),
        identity,
    }))
}

impl Poetry {
    /// The same as PEP 621 has it; none where it only configures, as beside a `[project]` of another tool.
    fn head(self) -> Option<Head> {
        let name = self.name?;
        let version = self.version.filter(|version| version != POETRY_DYNAMIC);
        let dynamic = if version.is_none() { vec!["version".to_owned()] } else { Vec::new() };
        let scripts = self.scripts.into_keys().map(|script| (script, String::new())).collect();
        Some(Head { name: Some(name), version, dynamic, scripts })
    }
}

/// The version of a file that a build of `name` makes: `NAME-VERSION(-BUILD)?-TAGS.whl` or `NAME-VERSION.tar.gz`.
fn version_of(file: &str, name: &str) -> Option<Version> {
    let (found, version) = if let Some(stem) = file.strip_suffix(".whl") {
        let parts: Vec<&str> = stem.split('-').collect();
        match parts.as_slice() {
            [name, version, _, _, _] | [name, version, _, _, _, _] => (*name, *version),
            _ => return None,
        }
    } else {
        file.strip_suffix(".tar.gz")?.rsplit_once('-')?
    };
    (normalized(found) == normalized(name)).then(|| Version::from_str(version).ok()).flatten()
}

/// The version that a build found out: that of everything built.
fn carried(built: &[(Version, PathBuf)]) -> Result<String, String> {
    let mut versions: Vec<&Version> = built.iter().map(|(version, _)| version).collect();
    versions.sort();
    versions.dedup();
    match versions.as_slice() {
        [] => Err("`version` is dynamic, and nothing in dist/ carries it: build the project first".into()),
        [only] => Ok(only.to_string()),
        [first, .., last] => Err(format!(
            "`version` is dynamic, and dist/ holds several, from {first} to {last}: remove the old ones"
        )),
    }
}

/// The console script of the project's own environment: the only one, or the one called like the project.
fn launch(
    folder: &Folder,
    places: &Places<'_>,
    name: &str,
    scripts: &BTreeMap<String, String>,
) -> Result<Launch, String> {
    let script = match scripts.keys().collect::<Vec<_>>().as_slice() {
        [] => return Err("pyproject.toml has no `project.scripts`".into()),
        [only] => only.as_str(),
        _ => scripts
            .keys()
            .find(|script| normalized(script) == normalized(name))
            .ok_or("`project.scripts` names several and none is called like the project")?,
    };
    if script.contains('/') {
        return Err(format!("`project.scripts` names {}, which is no name", escape(script)));
    }
    let roots = [&folder.path, &places.workspace.path];
    let programs = roots.iter().flat_map(|root| {
        ENVIRONMENTS.iter().map(move |environment| root.join(environment).join("bin").join(script))
    });
    let program = programs.into_iter().find(|program| program.is_file());
    let program = program.ok_or_else(|| {
        format!("{} is not installed in .venv: `-- COMMAND` says where it is", escape(script))
    })?;
    let program = program.to_str().ok_or("the project's path is not UTF-8")?.to_owned();
    Ok(Launch { argv: vec![program], ..Launch::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_those_of_a_project_by_name_and_version() {
        let version = |file: &str| version_of(file, "Acme.Files-MCP").map(|version| version.to_string());
        for (file, expected) in [
            ("acme_files_mcp-1.4.0-py3-none-any.whl", Some("1.4.0")),
            ("acme_files_mcp-1.4.0-1-cp311-cp311-linux_x86_64.whl", Some("1.4.0")),
            ("acme_files_mcp-1.4.tar.gz", Some("1.4")),
            ("acme-files-mcp-1.4.0rc1.tar.gz", Some("1.4.0rc1")),
            ("acme_files_mcp_extra-1.4.0.tar.gz", None),
            ("acme_files_mcp-latest.tar.gz", None),
            ("acme_files_mcp-1.4.0.whl", None),
            ("acme_files_mcp-1.4.0.zip", None),
        ] {
            assert_eq!(version(file).as_deref(), expected, "{file}");
        }
    }
}
