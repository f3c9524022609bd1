//! pyproject.toml: what a project declares (PEP 621, and Poetry's own tables of old).

use std::collections::BTreeMap;

use mcpsign_schemas::inventory::{Completeness, Location, Means, Origin, Package, Scope};
use mcpsign_schemas::purl::{PackageIdentity, Purl};
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::{escape, is_deceptive};
use serde::Deserialize;
use toml::{Spanned, Value};

use super::Requirement;
use super::locked::{malformed, text};
use crate::catalog::lines::Lines;
use crate::catalog::{CatalogError, Cataloger, Document, FileInput, Role};

/// pyproject.toml.
pub static PYPROJECT: PyProject = PyProject;

/// The cataloger of pyproject.toml.
#[derive(Debug)]
pub struct PyProject;

impl Cataloger for PyProject {
    fn id(&self) -> &'static str {
        "python/pyproject"
    }

    /// At the root alone.
    fn wants(&self, path: &TreePath) -> bool {
        path.as_str() == "pyproject.toml"
    }

    fn role(&self) -> Role {
        Role::Manifest
    }

    /// Nothing in a file that only configures tools.
    fn read(&self, file: &FileInput<'_>) -> Result<Vec<Package>, CatalogError> {
        let Some(project) = project(file.bytes)? else { return Ok(Vec::new()) };
        let at = |name: &str, source| CatalogError::Package { at: escape(name), source };
        let mut packages = Vec::new();
        for (number, (wish, scope, line)) in project.wishes.iter().enumerate() {
            let purl = Purl::pypi(&wish.name, None).map_err(|source| at(&wish.name, source))?;
            let mut package = Package::new(format!("{} {number}", wish.name), purl.to_string(), &wish.name);
            package.requested.insert(wish.requested());
            package.scope = *scope;
            package.origin = Origin::Declared;
            package.direct = true;
            package.markers = wish.marker.iter().cloned().collect();
            package.found.insert(Location { line: *line, ..Location::at(&wish.name, Means::Manifest) });
            packages.push(package);
        }
        let purl = Purl::pypi(&project.name, project.version.as_deref())
            .map_err(|source| at(&project.name, source))?;
        let mut root = Package::new("", purl.to_string(), project.name);
        root.version = project.version;
        root.licenses = project.license.into_iter().collect();
        root.origin = Origin::Root;
        root.dependencies = packages.iter().map(|package| package.id.clone()).collect();
        root.completeness =
            if packages.is_empty() { Completeness::Complete } else { Completeness::Incomplete };
        root.found.insert(Location::at("", Means::Manifest));
        packages.push(root);
        Ok(packages)
    }
}

/// The distribution that a project's folder makes: by its pyproject.toml.
pub(crate) fn identity(documents: &[Document]) -> Option<PackageIdentity> {
    let document = documents.iter().find(|document| PYPROJECT.wants(&document.path))?;
    let bytes = document.bytes()?;
    let project = project(bytes).ok()??;
    PackageIdentity::pypi(&project.name, project.version.as_deref()).ok()
}

struct Project {
    name: String,
    version: Option<String>,
    license: Option<String>,
    /// What it asks for, and on which line.
    wishes: Vec<(Requirement, Scope, Option<u32>)>,
}

#[derive(Deserialize)]
struct File {
    project: Option<Head>,
    #[serde(default)]
    tool: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Head {
    name: String,
    version: Option<String>,
    license: Option<Value>,
    #[serde(default)]
    dependencies: Vec<Spanned<String>>,
    #[serde(default)]
    optional_dependencies: BTreeMap<String, Vec<Spanned<String>>>,
}

fn project(bytes: &[u8]) -> Result<Option<Project>, CatalogError> {
    let text = text(bytes, "pyproject.toml")?;
    let file: File =
        toml::from_str(text).map_err(|_| malformed("pyproject.toml", "not of the form of PEP 621"))?;
    let Some(head) = file.project else { return Ok(file.tool.get("poetry").and_then(of_poetry)) };
    let required = head.dependencies.iter().map(|wish| (wish, Scope::Required));
    let extras = head.optional_dependencies.values().flatten().map(|wish| (wish, Scope::Optional));
    let lines = Lines::of(text);
    let mut wishes = Vec::new();
    for (wish, scope) in required.chain(extras) {
        let (wish, line) = (wish.get_ref(), lines.at(wish.span().start));
        let wish = Requirement::parse(wish).ok_or_else(|| malformed(wish, "not a requirement"))?;
        wishes.push((wish, scope, line));
    }
    // Since PEP 639 an expression, before that a table with a text or a file.
    let license = match &head.license {
        Some(Value::String(expression)) => Some(expression.clone()),
        Some(Value::Table(table)) => {
            table.get("text").and_then(Value::as_str).filter(|text| !text.contains('\n')).map(str::to_owned)
        }
        _ => None,
    };
    Ok(Some(Project { name: head.name, version: head.version, license, wishes }))
}

/// Poetry's own tables. Its ranges are not those of PEP 440, and only shown.
fn of_poetry(poetry: &Value) -> Option<Project> {
    let text = |key: &str| poetry.get(key).and_then(Value::as_str).map(str::to_owned);
    let listed = poetry.get("dependencies").and_then(Value::as_table);
    let mut wishes = Vec::new();
    for (name, how) in listed.into_iter().flatten().filter(|(name, _)| *name != "python") {
        let optional = how.get("optional").and_then(Value::as_bool) == Some(true);
        let mut wish = Requirement::parse(name)?;
        let range = how.as_str().or_else(|| how.get("version").and_then(Value::as_str));
        wish.specifier =
            range.filter(|range| !range.chars().any(is_deceptive)).unwrap_or_default().to_owned();
        wish.marker = how.get("markers").and_then(Value::as_str).map(str::to_owned);
        wishes.push((wish, if optional { Scope::Optional } else { Scope::Required }, None));
    }
    Some(Project { name: text("name")?, version: text("version"), license: text("license"), wishes })
}
