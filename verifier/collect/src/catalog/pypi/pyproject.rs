//! pyproject.toml: what a project declares (PEP 621, and Poetry's own tables of old).

use std::collections::{BTreeMap, HashMap};

use mcpsign_schemas::inventory::{Completeness, Location, Means, Origin, Package, Scope};
use mcpsign_schemas::purl::{PackageIdentity, Purl};
use mcpsign_schemas::tree::TreePath;
use mcpsign_schemas::untrusted::escape;
use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::{Spanned, Value};

use super::Requirement;
use super::locked::{malformed, text};
use super::sources::{Sources, Tools};
use crate::catalog::lines::Lines;
use crate::catalog::{CatalogError, Cataloger, Document, FileInput, MAX_PACKAGES, Role};

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
        let each = project.wishes.iter().flat_map(|(wish, scope, line)| {
            project.sources.applied(wish).into_iter().map(move |(wish, index)| (wish, index, scope, line))
        });
        for (number, (wish, index, scope, line)) in each.enumerate() {
            let purl = wish.purl().map_err(|source| at(&wish.name, source))?;
            let mut package = Package::new(format!("{} {number}", wish.name), purl.to_string(), &wish.name);
            package.requested.insert(wish.requested());
            package.scope = *scope;
            package.origin = Origin::Declared;
            package.direct = true;
            package.markers = wish.marker.iter().cloned().collect();
            package.found.insert(Location { line: *line, ..Location::at(&wish.name, Means::Manifest) });
            if wish.origin().is_none() {
                project.sources.place(&mut package, index)?;
            }
            packages.push(package);
            if packages.len() > MAX_PACKAGES {
                return Err(CatalogError::TooMany { limit: MAX_PACKAGES });
            }
        }
        let purl = Purl::pypi(&project.name, project.version.as_deref())
            .map_err(|source| at(&project.name, source))?;
        let mut root = Package::new("", purl.to_string(), project.name);
        root.version = project.version;
        root.licenses = project.license.into_iter().collect();
        root.origin = Origin::Root;
        root.dependencies = packages.iter().map(|package| package.id.clone()).collect();
        root.completeness = match packages.is_empty() {
            _ if project.is_open => Completeness::Unknown,
            true => Completeness::Complete,
            false => Completeness::Incomplete,
        };
        root.found.insert(Location::at("", Means::Manifest));
        packages.push(root);
        Ok(packages)
    }

    fn passes_over(&self, file: &FileInput<'_>) -> Vec<String> {
        let Ok(Some(project)) = project(file.bytes) else { return Vec::new() };
        let what = "what it depends on is `dynamic`: found while it is built, and not in this file";
        let is_asked = |_: &&str| !project.wishes.is_empty();
        let open = project.is_open.then_some(what).into_iter();
        open.chain(project.sources.gap().filter(is_asked)).map(str::to_owned).collect()
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
    wishes: Vec<Wish>,
    /// Whether there are more, which building it finds.
    is_open: bool,
    /// Where they are from.
    sources: Sources,
}

/// A requirement, what for, and on which line.
type Wish = (Requirement, Scope, Option<u32>);

#[derive(Deserialize)]
struct File {
    project: Option<Head>,
    #[serde(default)]
    tool: Tools,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Head {
    name: String,
    version: Option<String>,
    license: Option<Value>,
    #[serde(default)]
    dynamic: Vec<String>,
    #[serde(default)]
    dependencies: Vec<Spanned<String>>,
    #[serde(default)]
    optional_dependencies: BTreeMap<String, Vec<Spanned<String>>>,
}

fn project(bytes: &[u8]) -> Result<Option<Project>, CatalogError> {
    let text = text(bytes, "pyproject.toml")?;
    let file: File =
        toml::from_str(text).map_err(|_| malformed("pyproject.toml", "not of the form of PEP 621"))?;
    let lines = Lines::of(text);
    let of_tool = || poetry_lines(text, &lines);
    let Some(head) = file.project else { return Ok(of_poetry(&file.tool, &of_tool())) };
    let required = head.dependencies.iter().map(|wish| (wish, Scope::Required));
    let extras = head.optional_dependencies.values().flatten().map(|wish| (wish, Scope::Optional));
    let mut wishes = Vec::new();
    for (wish, scope) in required.chain(extras) {
        let (wish, line) = (wish.get_ref(), lines.at(wish.span().start));
        let wish = Requirement::parse(wish).ok_or_else(|| malformed(wish, "not a requirement"))?;
        wishes.push((wish, scope, line));
    }
    // Poetry of today keeps them in its own table, and says so here.
    let is_dynamic = |key: &str| head.dynamic.iter().any(|dynamic| dynamic == key);
    let poetry = file.tool.get("poetry").filter(|_| is_dynamic("dependencies"));
    let theirs = poetry.and_then(|poetry| poetry_wishes(poetry, &of_tool()));
    let is_open = theirs.is_none() && (is_dynamic("dependencies") || is_dynamic("optional-dependencies"));
    let sources = Sources::of(&file.tool, theirs.is_none());
    wishes.extend(theirs.into_iter().flatten());
    // Since PEP 639 an expression, before that a table with a text or a file.
    let license = match &head.license {
        Some(Value::String(expression)) => Some(expression.clone()),
        Some(Value::Table(table)) => {
            table.get("text").and_then(Value::as_str).filter(|text| !text.contains('\n')).map(str::to_owned)
        }
        _ => None,
    };
    Ok(Some(Project { name: head.name, version: head.version, license, wishes, is_open, sources }))
}

/// Poetry's own tables. Its ranges are not those of PEP 440, and only shown.
fn of_poetry(tools: &Tools, lines: &HashMap<String, u32>) -> Option<Project> {
    let poetry = tools.get("poetry")?;
    let text = |key: &str| poetry.get(key).and_then(Value::as_str).map(str::to_owned);
    let wishes = poetry_wishes(poetry, lines);
    let is_open = wishes.is_none() && poetry.get("dependencies").is_some();
    Some(Project {
        name: text("name")?,
        version: text("version"),
        license: text("license"),
        wishes: wishes.unwrap_or_default(),
        is_open,
        sources: Sources::of(tools, false),
    })
}

/// What Poetry's table of dependencies asks for, where there is one that is understood.
fn poetry_wishes(poetry: &Value, lines: &HashMap<String, u32>) -> Option<Vec<Wish>> {
    let listed = poetry.get("dependencies").and_then(Value::as_table)?;
    let mut wishes = Vec::new();
    for (name, how) in listed.into_iter().filter(|(name, _)| *name != "python") {
        let optional = how.get("optional").and_then(Value::as_bool) == Some(true);
        let wish = Requirement::of_tool(name, how)?;
        wishes.push((
            wish,
            if optional { Scope::Optional } else { Scope::Required },
            lines.get(name).copied(),
        ));
    }
    Some(wishes)
}

/// On which line each dependency of Poetry's table begins.
fn poetry_lines(text: &str, lines: &Lines) -> HashMap<String, u32> {
    #[derive(Deserialize)]
    struct File {
        tool: Tool,
    }
    #[derive(Deserialize)]
    struct Tool {
        poetry: Poetry,
    }
    #[derive(Deserialize)]
    struct Poetry {
        dependencies: BTreeMap<Spanned<String>, IgnoredAny>,
    }
    let keys = toml::from_str(text).map(|file: File| file.tool.poetry.dependencies).unwrap_or_default();
    let placed = keys.into_keys().filter_map(|key| Some((lines.at(key.span().start)?, key.into_inner())));
    placed.map(|(line, name)| (name, line)).collect()
}
